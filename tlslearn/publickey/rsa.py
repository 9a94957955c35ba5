"""What is an RSA key, and what do its two bare operations do?

Sections: RFC 8017 3.1 and 3.2 (keys), 5.1 and 5.2 (the operations); FIPS 186-5 (making a key).
Leaves out: padding, without which none of this is secure: see pkcs1v15 and pss. Also left out: speed by way of p and q.
For learning only: not constant-time, so never sign or decrypt with a real key here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from ..check import BadInput
from .arithmetic import gcd, inverse, power
from .errors import SHOWN_WHOLE, InvalidSignature, MalformedSignature, Number, require
from .primes import SYSTEM_RANDOM, random_prime, require_prime

NUMBERS_TRIED = (2, 3, 5)  # a wrong d rarely undoes e on all three


@dataclass(frozen=True, repr=False)
class PublicKey:
    """(n, e): the modulus, a product of two odd primes, and the public exponent. RFC 8017 3.1."""

    n: int
    e: int = 65537

    def __post_init__(self) -> None:
        require("the modulus n", self.n, 15, fix="The smallest product of two odd primes is 15.")
        if self.n % 2 == 0:
            raise BadInput(
                "the modulus n is even", value=Number(self.n), fix="n has to be a product of two odd primes."
            )
        require("the public exponent e", self.e, 3, self.n - 1)
        if self.e % 2 == 0:
            raise BadInput(
                "the public exponent e is even", value=Number(self.e), fix="No d undoes an even e; take 65537."
            )

    @property
    def size(self) -> int:
        """Length of the modulus in bytes, the k of RFC 8017: a signature or ciphertext is this long."""
        return (self.n.bit_length() + 7) // 8

    def apply(self, m: int) -> int:
        """m**e mod n, for 0 <= m < n: encrypts, or opens a signature. RFC 8017 5.1.1 (RSAEP), 5.2.2 (RSAVP1)."""
        require("the number m", m, 0, self.n - 1)
        return power(m, self.e, self.n)

    def __repr__(self) -> str:
        return f"rsa.PublicKey(n={Number(self.n)!r}, e={Number(self.e)!r})"


@dataclass(frozen=True, repr=False)
class PrivateKey:
    """(n, d), with e, and with the primes p and q where they are known. RFC 8017 3.2, first and second form.

    Raises BadInput unless d undoes e. With p and q that is certain, if both are prime, which `from_primes` tests and
    this does not; without them it is tried on a few numbers, and a wrong d that passes them all stays unnoticed.
    """

    n: int
    e: int
    d: int
    p: int | None = None
    q: int | None = None
    public: PublicKey = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "public", PublicKey(self.n, self.e))
        require("the private exponent d", self.d, 1, self.n - 1)
        if self.p is None and self.q is None:
            # Python's own pow: the same as `apply` does, some times faster
            undone = all(pow(pow(m, self.e, self.n), self.d, self.n) == m for m in NUMBERS_TRIED)
        else:
            p, q = _two_factors(self.n, self.p, self.q)
            undone = self.e * self.d % (p - 1) == 1 == self.e * self.d % (q - 1)
        if not undone:
            raise BadInput("d does not undo e", value=Number(self.e), fix="d is the inverse of e modulo lcm(p-1, q-1).")

    def apply(self, c: int) -> int:
        """c**d mod n, for 0 <= c < n: decrypts, or makes a signature. RFC 8017 5.1.2 (RSADP), 5.2.1 (RSASP1)."""
        require("the number c", c, 0, self.n - 1)
        return power(c, self.d, self.n)

    def __repr__(self) -> str:
        if self.n.bit_length() > SHOWN_WHOLE:  # a key this long might be worth keeping secret
            return f"rsa.PrivateKey({self.n.bit_length()} bits, e={Number(self.e)!r}, d not shown)"
        return f"rsa.PrivateKey(n={self.n}, e={self.e}, d={self.d}, p={self.p}, q={self.q})"


def _two_factors(n: int, p: int | None, q: int | None) -> tuple[int, int]:
    """(p, q). Raises BadInput unless both are given, differ, are at least 3, and have the product n."""
    if p is None or q is None:
        raise BadInput("one prime without the other", value="p" if q is None else "q", fix="Give both, or neither.")
    require("p", p, 3)
    require("q", q, 3)
    if p * q != n:
        raise BadInput("p times q is not n", value=Number(p * q), fix="Give the two primes of this modulus.")
    if p == q:
        raise BadInput(
            "p and q are the same prime", value=Number(p), fix="Anyone can take a square root; take two primes."
        )
    return p, q


def from_primes(p: int, q: int, e: int = 65537) -> PrivateKey:
    """The key with these two primes. Raises BadInput unless p and q are different odd primes that go with e."""
    require_prime("p", p, 3)
    require_prime("q", q, 3)
    _two_factors(p * q, p, q)
    order = (p - 1) * (q - 1) // gcd(p - 1, q - 1)  # the least common multiple of p - 1 and q - 1
    if gcd(e, order) != 1:
        raise BadInput("e shares a factor with p-1 or q-1", value=Number(e), fix="Take another e, or other primes.")
    PublicKey(p * q, e)  # says what is wrong with e before an inverse is looked for
    return PrivateKey(p * q, e, inverse(e, order), p, q)


def generate(bits: int = 2048, e: int = 65537, rng: Random = SYSTEM_RANDOM) -> PrivateKey:
    """A new key whose modulus has exactly that many bits (even, at least 16). FIPS 186-5.

    Raises BadInput for other sizes, and when no primes of that size go with e.
    """
    require("the number of bits", bits, 16)
    require("the public exponent e", e, 3)
    if bits % 2 or e % 2 == 0:
        raise BadInput("bits has to be even and e odd", value=(bits, Number(e)), fix="2048 and 65537 are usual.")
    apart = 1 << max(bits // 2 - 100, 1)  # primes too near each other are found from the square root of n
    for _ in range(1000):
        p, q = random_prime(bits // 2, rng), random_prime(bits // 2, rng)
        if abs(p - q) > apart and e < p * q and gcd(e, (p - 1) * (q - 1)) == 1:
            return from_primes(max(p, q), min(p, q), e)
    raise BadInput("found no primes that go with e", value=Number(e), fix="Take more bits, or another e.")


def sign_number(key: PrivateKey, m: int) -> int:
    """The textbook signature of a number: m**d mod n. Forgeable by anyone; see attacks. RFC 8017 5.2.1."""
    return key.apply(m)


def verify_number(key: PublicKey, m: int, signature: int) -> None:
    """Raise InvalidSignature unless signature**e mod n is m, BadInput when m is no number. RFC 8017 5.2.2."""
    require("the number m", m)
    if not isinstance(signature, int) or not 0 <= signature < key.n:
        raise MalformedSignature(
            "the signature is not a number below n", value=signature, fix="Give the number itself."
        )
    if key.apply(signature) != m:
        raise InvalidSignature("signature**e mod n is not m", value=Number(m), fix="Check the message and the key.")
