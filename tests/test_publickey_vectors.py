"""Does `publickey` agree with published test vectors? A sample; `python tests/publickey_vectors.py` runs all."""

from __future__ import annotations

import pytest

pytest.importorskip("cryptography_vectors", reason="the package cryptography-vectors is not installed")

from publickey_vectors import FAMILIES, count

SAMPLE = 100  # every 100th vector of a family, and at least the first


@pytest.mark.parametrize("name", FAMILIES)
def test_agrees_with_the_vectors(name: str) -> None:
    agreed, run = count(name, SAMPLE)
    assert run >= 1
    assert agreed == run
