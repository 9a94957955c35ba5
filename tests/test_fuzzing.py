"""Does each target hold for some thousand inputs, and would the fuzzer tell if one did not? `make bench` has more."""

from __future__ import annotations

import importlib
import os
import platform
import subprocess
import sys
import zlib
from pathlib import Path

import chains
import conversations
import fuzz_handshake
import mutations
import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from fuzzing import FIXED, TARGETS, Target, missing, run
from judges import in_ci

from tlslearn import der

# Where the test extra brings it, CI must have it.
DEMANDED = in_ci() and (sys.platform, platform.machine()) == ("linux", "x86_64") and sys.version_info < (3, 14)

pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(missing()) and not DEMANDED, reason=str(missing()))]

RUNS = 2_000
HERE = Path(__file__).parent


@pytest.mark.parametrize("name", TARGETS)
def test_no_input_breaks_it(name: str) -> None:
    """As many inputs as said, and none of them is a finding."""
    outcome = run(TARGETS[name], runs=RUNS, seed=1)
    assert outcome.failing is None, f"{outcome.failing!r}\n{outcome.told[-3000:]}"
    assert outcome.executions >= RUNS


@pytest.mark.skipif(not chains.WITHOUT_CHANCE, reason="OpenSSL before 3.2 signs with random numbers alone")
def test_the_first_inputs_are_the_same_in_each_process() -> None:
    """Of every target, and what it asks about besides: keys, times, serial numbers and signatures are fixed."""
    script = "import test_fuzzing; print(test_fuzzing.first_inputs())"
    line = [sys.executable, "-c", script]
    told = [
        subprocess.run(line, cwd=HERE, env=os.environ | FIXED, capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    ]
    assert told[0] == told[1] and told[0].count("'") == 2 * (len(TARGETS) + 1)


def first_inputs() -> dict[str, int]:
    """Of each target, one number for all of them, and one for the chains that `mutations` mangles."""
    found = {name: getattr(importlib.import_module(one.module), one.seeds)() for name, one in TARGETS.items()}
    found["bases"] = [
        one.public_bytes(Encoding.DER) for leaf, cas, roots in mutations.bases() for one in (leaf, *cas, *roots)
    ]
    return {name: zlib.crc32(b"".join(inputs)) for name, inputs in found.items()}


def test_each_conversation_is_kept() -> None:
    assert len(fuzz_handshake.kept()) == len(conversations.MADE), "write them again: python tests/fuzz_handshake.py"


def breaks_on_text(data: bytes) -> None:
    """A fault that is planted: text is taken from an element without looking whether it is text."""
    try:
        node = der.parse(data)
    except der.Malformed:
        return
    if node.name == "UTF8String":
        node.content.decode()


def one_string() -> list[bytes]:
    return [der.encode(0x0C, b"abc")]


def test_a_fault_is_found() -> None:
    """The planted one is, with the input that shows it."""
    outcome = run(Target("test_fuzzing", "breaks_on_text", "one_string"), runs=200_000, seed=1)
    assert outcome.failing is not None and "UnicodeDecodeError" in outcome.told
    with pytest.raises(UnicodeDecodeError):
        breaks_on_text(outcome.failing)


def test_a_fuzzer_that_does_not_start_is_no_success() -> None:
    """A target that cannot be loaded is an error, not a run without findings; and none is without an end."""
    with pytest.raises(RuntimeError, match="no_such_module"):
        run(Target("no_such_module", "a", "b"), runs=1)
    with pytest.raises(ValueError, match="no end"):
        run(TARGETS["der"])
