"""What is said when a number cannot be used, or when a signature does not hold?

Sections: none of its own.
Leaves out: every judgement; the rooms that look raise these.
For learning only: nothing in this package is constant-time, so never protect anything with it.
"""

from __future__ import annotations

from collections.abc import Collection

from ..check import BadInput, TlslearnError

SHOWN_WHOLE = 64  # bits; a longer number would fill the screen, so its ends and its length are shown instead


class InvalidSignature(TlslearnError):
    """The signature does not hold for this message and this key. Every `verify` returns nothing or raises this."""


class MalformedSignature(InvalidSignature, BadInput):
    """Not a signature at all: wrong length, wrong encoding, number out of range. Bad input and no signature at once."""


class DecryptionFailed(TlslearnError):
    """The ciphertext does not open. One text for every reason: whoever learns the reason can decrypt step by step."""


class Number(int):
    """An int whose repr stays short; equal to the number it was made from."""

    def __repr__(self) -> str:
        if self.bit_length() <= SHOWN_WHOLE:
            return int.__repr__(self)
        sign, digits = ("-" if self < 0 else ""), f"{abs(self):x}"
        return f"{sign}0x{digits[:8]}…{digits[-8:]} ({self.bit_length()} bits)"


def require(name: str, value: int, low: int | None = None, high: int | None = None, *, fix: str = "") -> None:
    """Raise BadInput unless `value` is an int with low <= value <= high (None: no limit on that side)."""
    if not isinstance(value, int):
        raise BadInput(
            f"{name} is not an int", value=value, fix="Give a whole number; int.from_bytes turns bytes into one."
        )
    if (low is not None and value < low) or (high is not None and value > high):
        limits = f"at least {Number(low or 0)!r}" + ("" if high is None else f" and at most {Number(high)!r}")
        raise BadInput(f"{name} is out of range", value=Number(value), fix=fix or f"It has to be {limits}.")


def require_name(problem: str, value: object, known: Collection[str], fix: str) -> None:
    """Raise BadInput unless `value` is a str and one of the known names; a list could not even be looked up."""
    if not isinstance(value, str) or value not in known:
        raise BadInput(problem, value=value, fix=fix)


def require_bytes(name: str, value: object) -> None:
    """Raise BadInput unless `value` is bytes or bytearray; a str has no bytes before it has an encoding."""
    if not isinstance(value, bytes | bytearray):
        raise BadInput(
            f"{name} is not bytes", value=type(value).__name__, fix='Give bytes, as in b"…" or text.encode().'
        )
