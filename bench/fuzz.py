"""Is there an input that breaks a room's promise? Each target of tests/fuzzing.py, for so many seconds.

Sections: none.
Leaves out: the few thousand inputs of every test run; see tests/test_fuzzing.py.
"""

from __future__ import annotations

import sys

from . import rounds

sys.path.insert(0, str(rounds.ROOT / "tests"))  # as pytest does: its files import one another by their bare names

import fuzzing


def run(seconds: int) -> bool:
    """True when nothing was found. Raises CannotMeasure where there is no fuzzer."""
    if reason := fuzzing.missing():
        raise rounds.CannotMeasure(reason)
    good = True
    for name, target in fuzzing.TARGETS.items():
        outcome = fuzzing.run(target, seconds=seconds)
        found = "no finding" if outcome.failing is None else f"a finding: {outcome.failing.hex()}"
        print(f"{name:12} {outcome.executions:,} inputs in {seconds} s, {found}", flush=True)
        if outcome.failing is not None:
            good = False
            print(outcome.told[-3000:], flush=True)
    return good
