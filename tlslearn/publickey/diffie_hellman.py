"""How do two people agree on a secret in the open, and who might they really be talking to?

Sections: RFC 7919 (groups, the other side's value); SP 800-56A (the secret).
Leaves out: deriving keys from the secret, and any proof of who sent a value: that is what certificates are for.
For learning only: not constant-time, so never agree on a real key here.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from random import Random
from typing import NamedTuple

from ..check import BadInput
from .arithmetic import power
from .errors import Number, require, require_name
from .primes import SYSTEM_RANDOM, require_prime


class KeyPair(NamedTuple):
    """The secret exponent, and the value to send."""

    private: int
    public: int

    def __repr__(self) -> str:
        return f"KeyPair(private: not shown, public={Number(self.public)!r})"


@dataclass(frozen=True)
class Group:
    """The powers of g modulo the prime p; q, where given, is the prime number of different powers."""

    p: int
    g: int
    q: int | None = None
    name: str = "a group"

    def __post_init__(self) -> None:
        require_prime("the modulus p", self.p, 5)
        require("the generator g", self.g, 2, self.p - 2)
        if self.q is not None:
            require_prime("the order q", self.q)
            if power(self.g, self.q, self.p) != 1:
                raise BadInput("g does not have order q", value=Number(self.g), fix="g**q mod p has to be 1.")

    def __repr__(self) -> str:
        return f"Group(p={Number(self.p)!r}, g={Number(self.g)!r}, name={self.name!r})"

    def public_key(self, private: int) -> int:
        """g**private mod p, for 1 <= private <= p-2 (below q where q is known)."""
        require("the private exponent", private, 1, self.p - 2 if self.q is None else self.q - 1)
        return power(self.g, private, self.p)

    def generate(self, rng: Random = SYSTEM_RANDOM) -> KeyPair:
        """A random pair."""
        private = rng.randrange(2, (self.p - 1 if self.q is None else self.q))
        return KeyPair(private, self.public_key(private))

    def require_public_key(self, value: int) -> None:
        """Raise BadInput unless 1 < value < p-1 and, where q is known, value**q mod p is 1.

        With 0, 1 or p-1 the secret is known to everyone; a value of small order tells the private exponent modulo
        that order. RFC 7919; SP 800-56A.
        """
        require(
            "the other side's value", value, 2, self.p - 2, fix="0, 1 and p-1 give the secret away: end the exchange."
        )
        if self.q is not None and power(value, self.q, self.p) != 1:
            raise BadInput("the other side's value is outside the group", value=Number(value), fix="End the exchange.")

    def shared_secret(self, private: int, other_public: int) -> bytes:
        """other_public**private mod p, as bytes of the length of p, leading zeros kept. SP 800-56A.

        Raises BadInput when that is 1 or p-1: two values that anyone can try.
        """
        require("the private exponent", private, 1, self.p - 2 if self.q is None else self.q - 1)
        self.require_public_key(other_public)
        secret = power(other_public, private, self.p)
        if secret in (1, self.p - 1):  # only possible where q is not known; 0 is not possible modulo a prime
            raise BadInput("the shared secret is 1 or p-1", value=Number(other_public), fix="End the exchange.")
        return secret.to_bytes((self.p.bit_length() + 7) // 8, "big")


class PersonInTheMiddle(NamedTuple):
    """What someone who can change messages makes of an exchange: one value for both, and a secret with each."""

    public: int
    secret_with_alice: bytes
    secret_with_bob: bytes


def person_in_the_middle(group: Group, alice: int, bob: int, rng: Random = SYSTEM_RANDOM) -> PersonInTheMiddle:
    """Answer the values of Alice and of Bob with one's own. Each then shares a secret, though not with the other."""
    private, public = group.generate(rng)
    return PersonInTheMiddle(public, group.shared_secret(private, alice), group.shared_secret(private, bob))


# Bits of p, and the X in p = 2**b - 2**(b-64) + (floor(2**(b-130) * e) + X) * 2**64 - 1. RFC 7919.
# Digits of Euler's number e, and the smallest X that works, leave nobody a free choice to hide a weakness in.
FFDHE = {
    "ffdhe2048": (2048, 560316),
    "ffdhe3072": (3072, 2625351),
    "ffdhe4096": (4096, 5736041),
}


def euler_digits(bits: int) -> int:
    """floor(2**bits * e), by adding up 1/k! with 64 bits to spare against rounding."""
    total, term, k = 0, 1 << (bits + 64), 0
    while term:
        total, k = total + term, k + 1
        term //= k
    return total >> 64


def named(name: str) -> Group:
    """The group of RFC 7919 with that name: p = 2q + 1 with p and q prime, g = 2. Raises BadInput for no such name."""
    require_name("no such group", name, FFDHE, f"Use one of {', '.join(FFDHE)}, or Group(p, g).")
    return _make(name)


@cache
def _make(name: str) -> Group:
    bits, x = FFDHE[name]
    p = (1 << bits) - (1 << (bits - 64)) + ((euler_digits(bits - 130) + x) << 64) - 1
    return Group(p, 2, (p - 1) // 2, name)
