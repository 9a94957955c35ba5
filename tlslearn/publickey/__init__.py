"""What is inside a public key? The arithmetic, RSA, Diffie-Hellman and elliptic curves, in Python to be read.

Sections: named at the head of each module. Start with `arithmetic`, then `rsa`, then `curves` and `ecdsa`.
Leaves out: speed and secrecy.
For learning only: nothing here is constant-time, so never protect anything with it; that is what `cryptography` is for.

A `verify` returns nothing, or raises InvalidSignature. What cannot be used at all raises BadInput, which names the
value and what to give instead; MalformedSignature is both.
"""

from __future__ import annotations

from . import (
    arithmetic,
    attacks,
    curves,
    diffie_hellman,
    ecdh,
    ecdsa,
    ed25519,
    factoring,
    hashes,
    named_curves,
    pkcs1v15,
    primes,
    pss,
    rsa,
    x25519,
)
from .arithmetic import batch_gcd, extended_gcd, gcd, inverse, power, square_and_multiply
from .curves import Curve, Point, small_curve
from .errors import DecryptionFailed, InvalidSignature, MalformedSignature
from .named_curves import named
from .primes import is_probable_prime, random_prime

__all__ = [
    "Curve",
    "DecryptionFailed",
    "InvalidSignature",
    "MalformedSignature",
    "Point",
    "arithmetic",
    "attacks",
    "batch_gcd",
    "curves",
    "diffie_hellman",
    "ecdh",
    "ecdsa",
    "ed25519",
    "extended_gcd",
    "factoring",
    "gcd",
    "hashes",
    "inverse",
    "is_probable_prime",
    "named",
    "named_curves",
    "pkcs1v15",
    "power",
    "primes",
    "pss",
    "random_prime",
    "rsa",
    "small_curve",
    "square_and_multiply",
    "x25519",
]
