"""Does a room hold what it promises for bytes that nobody thought of? Bounded fuzzing that follows the code's branches.

Sections: none.
Leaves out: what must hold; that is in `fuzz_targets`, one line in the table below for each.

Run as a program, this file is what the fuzzer takes over: it must not import the package before it is instrumented.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

LONGEST_INPUT = 8192  # bytes
SLOWEST_INPUT = 10  # seconds for one input: more is a finding
FIXED = {"PYTHONHASHSEED": "0", "TLSLEARN_TESTS_AT": "2026-07-01T00:00:00+00:00"}  # the moment: see `chains`


class Target(NamedTuple):
    """Where a target stands: the module, its function of bytes, and its function that gives the first inputs."""

    module: str
    function: str
    seeds: str


TARGETS = {
    "der": Target("fuzz_targets", "check_der", "certificates_and_keys"),
    "chain": Target("fuzz_targets", "check_chain", "choices"),
    "wire": Target("fuzz_handshake", "check_wire", "messages_and_records"),
    "handshake": Target("fuzz_handshake", "check_decrypt", "conversations_with_secrets"),
    "capture": Target("fuzz_handshake", "check_capture", "captures"),
    "doctor": Target("fuzz_targets", "check_files", "files_of_people"),
}


@dataclass(frozen=True)
class Outcome:
    """How many inputs were tried, and the one that failed, if there is one, with what was said of it."""

    executions: int
    failing: bytes | None
    told: str


def missing() -> str | None:
    """Why no fuzzing can be done here; None where it can."""
    if importlib.util.find_spec("atheris") is None:
        return "atheris is not installed; it comes with the test extra on Linux, x86-64, Python before 3.14"
    return None


def run(target: Target, *, seconds: int = 0, runs: int = 0, seed: int = 0) -> Outcome:
    """Fuzz in a process of its own until `seconds` or `runs` (0: no bound) are over or an input fails.

    The first inputs are the same for the same commit and the same lock file: fixed keys, a fixed moment, signatures
    without chance. What follows depends on `seed`, and on the branches of this version of Python. A finding is kept
    whole in the outcome; FIXED in the environment gives what stands around it again. Raises RuntimeError where the
    fuzzer did not come to its end.
    """
    if not seconds and not runs:
        raise ValueError("give seconds or runs: fuzzing has no end of its own")
    with tempfile.TemporaryDirectory(prefix="tlslearn-fuzz-") as folder:
        corpus, failed = Path(folder, "corpus"), Path(folder, "failed")
        corpus.mkdir()
        failed.mkdir()
        bounds = [f"-max_total_time={seconds}"] * bool(seconds) + [f"-runs={runs}"] * bool(runs)
        options = [f"-seed={seed}", f"-max_len={LONGEST_INPUT}", f"-timeout={SLOWEST_INPUT}", "-print_final_stats=1"]
        command = [sys.executable, __file__, *target, str(corpus), *bounds, *options, f"-artifact_prefix={failed}/"]
        surroundings = os.environ | FIXED
        limit = seconds + 600
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=limit, env=surroundings, check=False
        )
        told = done.stdout + done.stderr
        failing = next((path.read_bytes() for path in failed.iterdir()), None)
    counted = re.findall(r"number_of_executed_units: (\d+)", told)
    if not counted or bool(done.returncode) is not (failing is not None):
        raise RuntimeError(f"the fuzzer ended with {done.returncode}:\n{told[-3000:]}")
    return Outcome(int(counted[-1]), failing, told)


def fuzz(target: Target, corpus: Path, options: list[str]) -> None:
    """What the process of its own does: it does not return."""
    import atheris

    with atheris.instrument_imports(include=["tlslearn"]):
        module = importlib.import_module(target.module)
    for number, seed in enumerate(getattr(module, target.seeds)()):
        (corpus / f"seed-{number:04}").write_bytes(seed)
    atheris.Setup([sys.argv[0], str(corpus), *options], getattr(module, target.function))
    atheris.Fuzz()


if __name__ == "__main__":
    fuzz(Target(*sys.argv[1:4]), Path(sys.argv[4]), sys.argv[5:])
