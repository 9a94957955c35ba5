"""How does one calculate on a clock with n hours: divide, raise to a power, take a root?

Sections: none of its own; see Knuth, The Art of Computer Programming.
Leaves out: speed. Python's own pow() and math.gcd() give the same answers from C.
For learning only: not constant-time (the number of steps tells the exponent), so never use it with a real key.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod
from typing import Literal, NamedTuple

from ..check import BadInput
from .errors import Number, require


class EuclidRow(NamedTuple):
    """One line of the table: `a*x + b*y == remainder`; `quotient` is the one that made this line."""

    quotient: int
    remainder: int
    x: int
    y: int


class Step(NamedTuple):
    """One multiplication of the fast power, and the value it leads to."""

    operation: Literal["square", "multiply"]
    value: int


def gcd(a: int, b: int) -> int:
    """Greatest common divisor, by Euclid: a pair has the same divisors as (b, a mod b). gcd(0, 0) is 0."""
    require("a", a)
    require("b", b)
    while b:
        a, b = b, a % b
    return abs(a)


def euclid_rows(a: int, b: int) -> Iterator[EuclidRow]:
    """The table of the extended Euclidean algorithm, line by line; the last line holds the gcd."""
    require("a", a, 0)
    require("b", b, 0)
    before, now = EuclidRow(0, a, 1, 0), EuclidRow(0, b, 0, 1)
    yield before
    while now.remainder:
        yield now
        q = before.remainder // now.remainder
        row = EuclidRow(q, before.remainder - q * now.remainder, before.x - q * now.x, before.y - q * now.y)
        before, now = now, row


def extended_gcd(a: int, b: int) -> tuple[int, int, int]:
    """(g, x, y) with a*x + b*y == g, the greatest common divisor of a and b (both at least 0)."""
    *_, last = euclid_rows(a, b)
    return last.remainder, last.x, last.y


def inverse(a: int, modulus: int) -> int:
    """The x below the modulus with a*x % modulus == 1. Raises BadInput when there is none.

    The same walk as `euclid_rows`; only the column of x is kept, which is all that an inverse needs.
    """
    require("the number to invert", a)
    require("the modulus", modulus, 2)
    remainder, next_remainder, x, next_x = modulus, a % modulus, 0, 1
    while next_remainder:
        quotient = remainder // next_remainder
        remainder, next_remainder = next_remainder, remainder - quotient * next_remainder
        x, next_x = next_x, x - quotient * next_x
    if remainder != 1:
        raise BadInput(
            f"there is no inverse modulo {Number(modulus)!r}",
            value=Number(a),
            fix=f"Both share the factor {Number(remainder)!r}; choose a number without a common factor.",
        )
    return x % modulus


def square_and_multiply(base: int, exponent: int, modulus: int) -> Iterator[Step]:
    """The steps of base**exponent % modulus: a square for each bit of the exponent, a multiply for each bit that is 1.

    Bits are read from the left. The first square is 1*1, so that every bit is treated alike.
    """
    require("the base", base)
    require("the modulus", modulus, 1)
    require("the exponent", exponent, 0, fix="Raise the inverse of the base to the positive exponent instead.")
    value = 1
    for bit in f"{exponent:b}":
        value = value * value % modulus
        yield Step("square", value)
        if bit == "1":
            value = value * base % modulus
            yield Step("multiply", value)


def power(base: int, exponent: int, modulus: int) -> int:
    """base**exponent % modulus, by squares and multiplies; pow(base, exponent, modulus) gives the same."""
    for step in square_and_multiply(base, exponent, modulus):
        value = step.value
    return value


def chinese_remainder(residues: Sequence[int], moduli: Sequence[int]) -> int:
    """The number below the product of the moduli that leaves each residue. Moduli must share no factor."""
    if not (isinstance(residues, Sequence) and isinstance(moduli, Sequence)):
        raise BadInput("residues or moduli are no list", value=(residues, moduli), fix="Give two lists of numbers.")
    if not moduli or len(residues) != len(moduli):
        raise BadInput(
            "residues and moduli do not pair up",
            value=(len(residues), len(moduli)),
            fix="Give one residue for each modulus, and at least one of each.",
        )
    for residue, modulus in zip(residues, moduli, strict=True):
        require("a residue", residue)
        require("a modulus", modulus, 2)
    whole = prod(moduli)
    return sum(r * (whole // m) * inverse(whole // m, m) for r, m in zip(residues, moduli, strict=True)) % whole


def integer_root(value: int, k: int) -> int:
    """The largest r with r**k <= value, by halving the interval: floats would lose all but 53 bits."""
    require("the number under the root", value, 0)
    require("the degree of the root", k, 1)
    low, high = 0, 1 << (value.bit_length() // k + 1)
    while low < high - 1:
        middle = (low + high) // 2
        low, high = (middle, high) if middle**k <= value else (low, middle)
    return low


def square_root(a: int, p: int) -> int:
    """An r with r*r % p == a % p, for an odd prime p; p - r is the other one. Raises BadInput when there is none.

    Tonelli and Shanks: split p - 1 into an odd part and 2**s, then mend the guess one power of two at a time.
    """
    require("the number under the root", a)
    require("the modulus", p, 3)
    if p % 2 == 0 or power(a, (p - 1) // 2, p) not in (0, 1):
        raise BadInput(f"no square root modulo {Number(p)!r}", value=Number(a), fix="Half of all numbers have none.")
    s = ((p - 1) & -(p - 1)).bit_length() - 1
    odd = (p - 1) >> s
    # A number that is no square; the smallest is below 2 * ln(p)**2 (Bach), if the extended Riemann hypothesis is true.
    z = next((z for z in range(2, min(p, p.bit_length() ** 2 + 2)) if power(z, (p - 1) // 2, p) == p - 1), 0)
    c, root, rest = power(z, odd, p), power(a, (odd + 1) // 2, p), power(a, odd, p)
    for i in range(s - 2, -1, -1):
        if power(rest, 1 << i, p) == p - 1:
            root, rest = root * c % p, rest * c * c % p
        c = c * c % p
    if root * root % p != a % p:  # only when p is not prime
        raise BadInput("the modulus of a square root is not prime", value=Number(p), fix="Give an odd prime.")
    return root


def batch_gcd(moduli: Sequence[int]) -> list[int]:
    """For each modulus the part it shares with the product of all others; 1 means that it shares nothing.

    The product modulo n*n, divided by n, is the product of the others modulo n: one product serves every modulus,
    where comparing pairs takes a gcd for each pair. Bernstein, How to find smooth parts of integers.
    """
    for n in moduli:
        require("a modulus", n, 2)
    whole = prod(moduli)
    return [gcd(n, whole % (n * n) // n) for n in moduli]
