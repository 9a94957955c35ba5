"""How does X25519 agree on a secret with x coordinates alone?

Sections: RFC 7748 5 (the function), 6.1 (the exchange).
Leaves out: X448. The steps are the same for every key, yet Python's own integers are not constant-time.
For learning only: never agree on a real key here.
"""

from __future__ import annotations

from random import Random

from ..check import BadInput
from .arithmetic import power
from .errors import require_bytes
from .primes import SYSTEM_RANDOM

P = 2**255 - 19
A24 = 121665  # (486662 - 2) / 4, of the curve v**2 = u**3 + 486662*u**2 + u
BASE = (9).to_bytes(32, "little")


def _require_32(name: str, data: bytes) -> None:
    require_bytes(name, data)
    if len(data) != 32:
        raise BadInput(f"{name} has the wrong length", value=f"{len(data)} bytes", fix="Give exactly 32 bytes.")


def clamp(private: bytes) -> int:
    """The scalar in 32 random bytes: a multiple of 8, bit 254 set, bit 255 clear. RFC 7748 5, decodeScalar25519.

    With a multiple of 8 a point of small order tells nothing about the key; the fixed top bit gives every key the same
    step count.
    """
    _require_32("the private key", private)
    return int.from_bytes(private, "little") & ~7 & ((1 << 255) - 1) | (1 << 254)


def ladder_step(u: int, here: tuple[int, int], ahead: tuple[int, int]) -> tuple[tuple[int, int], tuple[int, int]]:
    """From (kP, (k+1)P) to (2kP, (2k+1)P); u belongs to P, the points are fractions X/Z. RFC 7748 5."""
    (x2, z2), (x3, z3) = here, ahead
    a, b, c, d = x2 + z2, x2 - z2, x3 + z3, x3 - z3
    da, cb, e = d * a, c * b, a * a - b * b
    return (a * a * b * b % P, e * (a * a + A24 * e) % P), ((da + cb) ** 2 % P, u * (da - cb) ** 2 % P)


def x25519(private: bytes, public: bytes) -> bytes:
    """The function X25519, 32 bytes from 32 and 32: the Montgomery ladder, one step a bit. RFC 7748 5."""
    _require_32("the public value", public)
    k = clamp(private)
    u = (int.from_bytes(public, "little") & ((1 << 255) - 1)) % P  # the top bit is ignored, a number above P reduced
    here, ahead = (1, 0), (u, 1)
    for t in range(254, -1, -1):
        if k >> t & 1:
            ahead, here = ladder_step(u, ahead, here)
        else:
            here, ahead = ladder_step(u, here, ahead)
    return (here[0] * power(here[1], P - 2, P) % P).to_bytes(32, "little")


def generate(rng: Random = SYSTEM_RANDOM) -> tuple[bytes, bytes]:
    """(private, public), 32 bytes each."""
    private = rng.randbytes(32)
    return private, x25519(private, BASE)


def shared_secret(private: bytes, other_public: bytes) -> bytes:
    """32 bytes that both sides get. Raises BadInput when they are all zero: then everyone knows them. RFC 7748 6.1."""
    secret = x25519(private, other_public)
    if secret == bytes(32):
        raise BadInput("a public value of small order", value=bytes(other_public), fix="End the exchange.")
    return secret
