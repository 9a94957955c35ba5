# Each target makes its own environment first: `make lab`, `make test PYTHON=python3.13`.
PYTHON ?= python3
VENV ?= .venv

# A Python that nobody named does not replace the one that an environment already has.
with_env = @"$(PYTHON)" bootstrap.py --venv "$(VENV)" $(if $(filter file,$(origin PYTHON)),--keep)

.PHONY: env lab test refresh bench lock

env:  ; $(with_env)
lab:  ; $(with_env) -- -m tlslearn lab $(LAB_ARGS)
test: ; $(with_env) --test -- -m tlslearn test $(TEST_ARGS)

refresh: ; $(with_env) --test -- -m tlslearn.course.refresh $(NOTEBOOKS)
bench:   ; $(with_env) --test -- -m bench $(BENCH_ARGS)
lock:    ; $(with_env) --lock $(LOCK_ARGS)
