"""Is this number prime, and how does one find a large prime?

Sections: FIPS 186-5 (random primes, Miller-Rabin).
Leaves out: proofs of primality; a composite passes with at most a stated probability.
For learning only: not constant-time, so never make a real key with it.
"""

from __future__ import annotations

import secrets
from random import Random

from ..check import BadInput
from .arithmetic import power
from .errors import Number, require

# The operating system's generator. A seeded random.Random may stand in where an output must repeat, never for a key.
SYSTEM_RANDOM: Random = secrets.SystemRandom()

ROUNDS = 40  # a composite number passes with probability at most 4**-40, about 8e-25
QUICK_ROUNDS = 10  # 4**-10, about one in a million: for parameters that somebody hands over in a lesson

# No composite below this limit passes all of these bases, so the answer there is exact:
# Sorenson and Webster, Strong pseudoprimes to twelve prime bases.
EXACT_BELOW = 3_317_044_064_679_887_385_961_981
EXACT_BASES = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41)


def sieve(limit: int) -> list[int]:
    """Every prime below the limit, smallest first (Eratosthenes)."""
    require("the limit", limit, 0, 10_000_000)
    alive = bytearray([1]) * limit
    alive[:2] = bytes(min(limit, 2))
    for i in range(2, int(limit**0.5) + 1):
        if alive[i]:
            alive[i * i :: i] = bytes(len(range(i * i, limit, i)))
    return [i for i in range(limit) if alive[i]]


SMALL_PRIMES = sieve(1000)


def is_witness(a: int, n: int) -> bool:
    """True when the base a proves that the odd n is composite, the step that Miller-Rabin repeats. FIPS 186-5.

    Modulo a prime, 1 has no square roots but 1 and -1. So a**(n-1), reached by squaring, must get to 1 through -1.
    For a composite n at most a quarter of the bases from 1 to n-1 fail to prove it. A multiple of n proves nothing.
    Raises BadInput unless n is odd and at least 3.
    """
    require("the base a", a)
    require("n", n, 3)
    if n % 2 == 0:
        raise BadInput("n is even", value=Number(n), fix="Give an odd n: of the even numbers only 2 is prime.")
    if a % n == 0:  # no base at all
        return False
    s = ((n - 1) & -(n - 1)).bit_length() - 1  # n - 1 == odd * 2**s
    value = power(a, (n - 1) >> s, n)
    if value in (1, n - 1):
        return False
    for _ in range(s - 1):
        value = value * value % n
        if value == n - 1:
            return False
    return True


def is_probable_prime(n: int, rounds: int = ROUNDS, rng: Random = SYSTEM_RANDOM) -> bool:
    """Miller-Rabin: False is certain; a composite n gets True with probability at most 4**-rounds, whoever chose n.

    Below EXACT_BELOW both answers are certain. Raises BadInput unless n is an int and rounds at least 1.
    """
    require("n", n, 0)
    require("the number of rounds", rounds, 1)
    if n < 2 or any(n % p == 0 for p in SMALL_PRIMES):
        return n in SMALL_PRIMES
    if n < EXACT_BELOW:
        return not any(is_witness(a, n) for a in EXACT_BASES)
    return not any(is_witness(rng.randrange(2, n - 1), n) for _ in range(rounds))


def require_prime(name: str, n: int, low: int = 2, rounds: int = QUICK_ROUNDS) -> None:
    """Raise BadInput unless n is a (probable) prime of at least `low`."""
    require(name, n, low)
    if not is_probable_prime(n, rounds):
        raise BadInput(f"{name} is not prime", value=Number(n), fix="Give a prime; random_prime(bits) finds one.")


def random_prime(bits: int, rng: Random = SYSTEM_RANDOM) -> int:
    """A random prime of exactly that many bits (at least 2). FIPS 186-5.

    From three bits on the two highest bits are 1, so that the product of two such primes has 2 * bits bits.
    Below 5 bits there is only one: 3, 7, 13.
    """
    require("the number of bits", bits, 2)
    top = 0b11 << (bits - 2)
    while True:
        candidate = top | rng.getrandbits(bits) | (bits > 2)
        if is_probable_prime(candidate, rng=rng):
            return candidate
