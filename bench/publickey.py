"""How slow is arithmetic that one can read? `publickey` beside Python's pow() and beside `cryptography`.

Sections: none.
Leaves out: key generation, whose time is left to luck.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from random import Random
from statistics import median

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

from tlslearn import publickey

from . import rounds

POWER, POW, RSA = "publickey.power", "pow()", "cryptography, RSA signature"
MULTIPLY, ECDH = "publickey, k * Q", "cryptography, ECDH"
Subjects = dict[str, Callable[[], object]]


def private_powers() -> Subjects:
    """The private operation of RSA with 2048 bits. `cryptography` pads and blinds as well, and works modulo p and q."""
    key = rsa.generate_private_key(65537, 2048)
    numbers = key.private_numbers()
    d, n = numbers.d, numbers.public_numbers.n
    m = Random(7).randrange(n)
    if publickey.power(m, d, n) != pow(m, d, n):
        raise AssertionError("publickey.power and pow() disagree")
    digest = bytes(32)
    return {
        POWER: lambda: publickey.power(m, d, n),
        POW: lambda: pow(m, d, n),
        RSA: lambda: key.sign(digest, padding.PKCS1v15(), utils.Prehashed(hashes.SHA256())),
    }


def multiples() -> Subjects:
    """A multiple of a point that is not the generator, on P-256."""
    curve = publickey.named("P-256")
    k = Random(7).randrange(1, curve.n)
    own, peer = ec.derive_private_key(k, ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1()).public_key()
    numbers = peer.public_numbers()
    Q = publickey.Point(curve, numbers.x, numbers.y)
    if (k * Q).x != int.from_bytes(own.exchange(ec.ECDH(), peer), "big"):
        raise AssertionError("publickey and cryptography disagree about k * Q")
    return {MULTIPLY: lambda: k * Q, ECDH: lambda: own.exchange(ec.ECDH(), peer)}


def run(count: int) -> bool:
    print("x to the power of d, modulo n, 2048 bits")
    timings = rounds.interleaved(private_powers(), count)
    rounds.print_table(timings, POW)
    _say_magnitude(timings, POWER, POW)
    _say_magnitude(timings, POW, RSA)
    print("k times a point of P-256")
    timings = rounds.interleaved(multiples(), count)
    rounds.print_table(timings, ECDH)
    _say_magnitude(timings, MULTIPLY, ECDH)
    return True


def _say_magnitude(timings: rounds.Timings, name: str, base: str) -> None:
    ratio = median(rounds.ratios(timings, name, base))
    print(f"{name} : {base} is about {ratio:.3g}, nearest power of ten {10 ** round(math.log10(ratio))}")
