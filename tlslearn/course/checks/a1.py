"""Checkers and predictions of appendix a1.

Sections: RFC 8017 8.2.2 and 9.2 (PKCS#1 v1.5 signatures), RFC 5246 7.4.7.1 (the padding oracle).
Leaves out: how a check is run and counted; see `exercise`.
"""

from __future__ import annotations

import functools
import random
from collections.abc import Callable
from dataclasses import dataclass
from math import gcd, prod
from secrets import randbelow
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import rsa

from ...publickey import pkcs1v15, random_prime
from ...publickey.rsa import generate
from ..answers import attempt
from ..exercise import NotYet, call, exercise, show
from ..prediction import Option, prediction

prediction(
    "a1-fermat",
    "561 = 3 · 11 · 17 is composite. Of the bases 1 to 560, how many leave 1 all the same?",
    (
        Option(
            "a",
            "none: a composite cannot leave 1",
            "the theorem holds backwards too",
            "primes leave 1; that says nothing about composites. Count.",
        ),
        Option(
            "b",
            "a few, by bad luck",
            "a test that fails, fails rarely",
            "for most composites, yes. 561 was chosen with care. Count.",
        ),
        Option("c", "more than half", None, "Run the next cell: what have the bases in common that do not?"),
    ),
    "c",
)
prediction(
    "a1-rho",
    "A modulus of 32 bits takes some hundred steps. How many does one of 64 bits take?",
    (
        Option(
            "a",
            "about twice as many",
            "work grows with the length",
            "each single bit makes the modulus twice as large. Count.",
        ),
        Option(
            "b",
            "about four times as many",
            "work grows with the square of the length",
            "that is how multiplying grows. How many places has the walk to go to? Count.",
        ),
        Option("c", "about the square of it", None, "Run the next cell, and look at the last dot against the third."),
    ),
    "c",
)
prediction(
    "a1-shared",
    "Two 2048-bit keys have the same p and different q. What does a stranger need who has both public keys?",
    (
        Option(
            "a",
            "the work of factoring 2048 bits",
            "2048 bits are 2048 bits",
            "for each modulus alone. The stranger has two. Run the next cell.",
        ),
        Option(
            "b",
            "half of that work, since p is known twice",
            "a secret used twice is half a secret",
            "nobody knows p yet. What do the two moduli have in common?",
        ),
        Option("c", "one gcd", None, "Run the next cell: the server's key is there for comparison."),
    ),
    "c",
)
prediction(
    "a1-tail",
    "The check compares the padding and the hash, and looks at nothing after it; e is 3. What can a stranger sign?",
    (
        Option(
            "a",
            "nothing: the hash is compared, and d is secret",
            "the private key is the only way to a signature",
            "a signature is any number whose cube looks right to the check. Read on to the forgery.",
        ),
        Option(
            "b",
            "only orders that were signed before",
            "forging is replaying",
            "an old signature is not needed here. Look for it in the cells below.",
        ),
        Option("c", "any order", None, "Read on to the forgery: which bytes of the block are free?"),
    ),
    "c",
)


@exercise(
    "a1-shared",
    title="Which keys of the fleet fall?",
    form="factor_shared(moduli)",
    hints=(
        "`gcd(n, other)` is 1 for two sound keys and a prime for two that share one.",
        "Compare each modulus with each different one; the same modulus twice shares everything and shows nothing.",
        "When p is found, the other prime is `n // p`; `min` and `max` put them in order.",
    ),
)
def shared(answer: Callable[..., Any]) -> None:
    a, c, d, *rest, b = _different_primes(10)  # a is the smallest, b the largest: a pair must be put in order
    sound = [rest[0] * rest[1], rest[2] * rest[3], rest[4] * rest[5]]
    _fleet(answer, [sound[0], a * b, sound[1], c * b, sound[2]], (a, b, c), "five keys, of which two share a prime")
    _fleet(answer, sound, (), "three sound keys")
    _fleet(answer, [*sound, sound[0]], (), "sound keys, one of them on two devices")
    _fleet(answer, [a * b, a * c, sound[0], a * d], (a, b, c, d), "four keys, of which three have the same prime")
    ring = [b * c, c * d, d * b, sound[1]]
    _fleet(answer, ring, (b, c, d), "three keys in a ring: both primes of each are used elsewhere")


def _different_primes(count: int) -> list[int]:
    found: set[int] = set()
    while len(found) < count:
        found.add(random_prime(64))
    return sorted(found)


def _fleet(answer: Callable[..., Any], moduli: list[int], weak: tuple[int, ...], what: str) -> None:
    """Compare the answer for this fleet; each of its moduli that is a product of two of the `weak` primes falls."""
    came = call(answer, list(moduli))
    if not isinstance(came, dict):
        raise NotYet(f"a {type(came).__name__}", "a dict from modulus to (p, q)", "Begin with found = {} and fill it.")
    wanted = {n: pair for n in moduli if (pair := _pair(n, weak))}
    if any(n not in moduli for n in came):
        raise NotYet("a dict with keys that are no modulus of the list", "moduli as keys", "Write found[n] = (p, q).")
    found, falling = f"{len(came)} of them for {what}", f"{len(wanted)} that fall"
    if missing := [n for n in wanted if n not in came]:
        raise NotYet(found, falling, _what_was_missed(missing, moduli))
    if extra := [pair for n, pair in came.items() if n not in wanted]:
        raise NotYet(found, falling, _too_many(extra))
    for n, pair in wanted.items():
        if came[n] != pair:
            raise _wrong_pair(came[n], what)


def _pair(n: int, weak: tuple[int, ...]) -> tuple[int, int] | None:
    found = sorted(p for p in weak if n % p == 0)
    return (found[0], found[1]) if len(found) == 2 else None


def _what_was_missed(missing: list[int], moduli: list[int]) -> str:
    others = {n: prod(set(moduli) - {n}) for n in missing}
    if all(gcd(n, others[n]) == n for n in missing):
        return "With the product of all others the gcd is n itself, here. Compare the moduli in pairs."
    return "Compare each modulus with every other, not with its neighbour alone. Of two that share, both fall."


def _too_many(pairs: list[Any]) -> str:
    if any(isinstance(pair, tuple | list) and 1 in pair for pair in pairs):
        return "One pair has a factor of 1: the gcd was 1, or n itself. Which two moduli did you compare?"
    return "Leave out what shares nothing."


def _wrong_pair(pair: Any, what: str) -> NotYet:
    if not isinstance(pair, tuple):
        return NotYet(f"a value of type {type(pair).__name__}", "a tuple (p, q)", "Put both primes in round brackets.")
    if len(pair) == 2 and 1 in pair:
        return NotYet(
            f"a pair with a factor of 1, for {what}",
            "two primes",
            "The gcd was n itself: with n, or with a product that holds both of its primes. Compare in pairs.",
        )
    if len(pair) == 2 and pair[0] > pair[1]:
        return NotYet(f"(larger, smaller) for {what}", "(smaller, larger)", "Sort the two primes.")
    return NotYet(f"a wrong pair for {what}", "(p, q) with p · q = n", "The other prime is n // p.")


@exercise(
    "a1-verify",
    title="Repair the check",
    form="verify(n, e, message, signature)",
    hints=(
        "Do not read the block that the signature opens to. Build the block that it should open to.",
        "`encode_v15(message, size)` of this notebook builds it; size is the length of n in bytes, rounded up.",
        "Before the power: the signature must be as long as n, and its number smaller than n.",
    ),
)
def verify(answer: Callable[..., Any]) -> None:
    for bits in (2048, 1024, 1026):  # the last one fills no whole number of bytes
        key, message = _key(bits), f"ship {random.randrange(2, 100)} copies of Emma".encode()
        good = key.sign(pkcs1v15.encode(message, key.size))
        outcome = attempt(answer, key.n, 3, message, good)
        if outcome.error is not None:
            raise _good_refused(outcome.error, outcome.line, bits)
        if outcome.value is not None:
            raise NotYet(f"{show(outcome.value)} for a good signature", "nothing", "Raise, or return nothing at all.")
        for what, block, next_step in _forged_blocks(message, key.size):
            _must_refuse(answer, key, message, key.sign(block), what, next_step)
        longer = b"\x00" + good
        _must_refuse(
            answer, key, message, longer, "a signature with a 00 in front", "How long must a signature be for this n?"
        )
        other, above = _number_above_n(key)
        _must_refuse(answer, key, other, above, "a number above n", "Must the number be below something?")


@dataclass(frozen=True)
class _Key:
    """An RSA key with e = 3, as numbers; `size` is the length of n in bytes."""

    n: int
    d: int
    size: int

    def sign(self, block: bytes) -> bytes:
        """The signature that opens to this block, whatever is in it."""
        return pow(int.from_bytes(block, "big"), self.d, self.n).to_bytes(self.size, "big")


@functools.cache
def _key(bits: int) -> _Key:
    """A key that leaves room above n, so that some signatures still fit their length when n is added to them."""
    while True:
        numbers = rsa.generate_private_key(3, bits).private_numbers()
        if numbers.public_numbers.n < 3 << (bits - 2):
            return _Key(numbers.public_numbers.n, numbers.d, (bits + 7) // 8)


def _good_refused(error: BaseException, line: str, bits: int) -> NotYet:
    if isinstance(error, InvalidSignature):
        next_step = "Print the opened block and yours side by side. Does your block take its size from n?"
    else:
        next_step = f"Look at {line}" if line else "Call it yourself with the signature of this notebook."
    return NotYet(f"{type(error).__name__} for a good signature, {bits}-bit key", "nothing raised", next_step)


def _forged_blocks(message: bytes, size: int) -> list[tuple[str, bytes, str]]:
    """Blocks that are almost right, each with the step that is missing where it is accepted."""
    whole = pkcs1v15.encode(message, size)
    tail = whole[whole.index(b"\x00", 2) :]  # 00 DigestInfo
    other_filler = b"\x00\x01" + b"\x5a" * (size - len(tail) - 2) + tail
    other_name = pkcs1v15.encode(message, size, "sha3_256")[:-32] + whole[-32:]
    early = (b"\x00\x01" + b"\xff" * 8 + tail).ljust(size, b"\x5a")
    return [
        (
            "another message's signature",
            pkcs1v15.encode(message + b"!", size),
            "Compare with the hash of this message.",
        ),
        ("bytes behind the hash", early, "Which bytes of the opened block does nobody look at?"),
        ("5A bytes in place of FF", other_filler, "The filler is a part of the block; compare it as well."),
        ("the name of another hash", other_name, "The 19 bytes before the hash name it; compare them too."),
    ]


def _number_above_n(key: _Key) -> tuple[bytes, bytes]:
    """A message, and its signature with n added, which still is as long as n."""
    count = 0
    while True:
        message = f"ship {(count := count + 1)} copies of Emma".encode()
        number = int.from_bytes(key.sign(pkcs1v15.encode(message, key.size)), "big") + key.n
        if number < 256**key.size:
            return message, number.to_bytes(key.size, "big")


def _must_refuse(
    answer: Callable[..., Any], key: _Key, message: bytes, signature: bytes, what: str, next_step: str
) -> None:
    outcome = attempt(answer, key.n, 3, message, signature)
    if isinstance(outcome.error, InvalidSignature):
        return
    if outcome.error is not None:
        came, next_step = f"{type(outcome.error).__name__} for {what}", "Let every reason raise InvalidSignature."
    elif outcome.value is None:
        came = f"nothing raised for {what}"
    else:
        came, next_step = f"{show(outcome.value)} for {what}", "A caller may forget to look at a result. Let it raise."
    raise NotYet(came, "InvalidSignature", next_step)


@exercise(
    "a1-oracle",
    title="Read the recorded message",
    form="read(n, e, c, oracle)",
    hints=(
        "Ask about c, then about the ciphertext of the double, of the fourfold: c * pow(2, e, n) % n each time.",
        "Yes is a 0 and no is a 1: the answers are the binary digits of m/n, the highest first.",
        "With as many digits as n has bits, m is digits * n / 2**bits rounded up; -(-a // b) rounds up exactly.",
    ),
)
def oracle(answer: Callable[..., Any]) -> None:
    for m in (1234, 3232, 1, 2021):
        _read(answer, 3233, 17, 413, m, "the small key of this notebook")
    fixed = generate(64, rng=random.Random(7))
    _read(answer, fixed.n, fixed.e, fixed.d, fixed.n // 3, "a 64-bit key")
    key = generate(512)
    _read(answer, key.n, key.e, key.d, key.n - 1 - randbelow(key.n // 4), "a large number and a 512-bit key")
    _read(answer, key.n, key.e, key.d, randbelow(key.n // 4), "a smaller number and a 512-bit key")


def _read(answer: Callable[..., Any], n: int, e: int, d: int, m: int, what: str) -> None:
    asked: list[int] = []
    limit = 4 * n.bit_length()

    def server(c: int) -> bool:
        if not isinstance(c, int):
            raise NotYet(f"a question with a {type(c).__name__}", "a whole number", "Compute modulo n, with % and pow.")
        asked.append(c)
        if len(asked) > limit:
            raise NotYet(
                f"over {limit} questions, {what}", "about one for each bit of n", "Halve what is left each time."
            )
        return 2 * pow(c, d, n) < n

    came = call(answer, n, e, pow(m, e, n), server)
    if came == m and isinstance(came, int):
        return
    raise _misread(came, m, n, len({c % n for c in asked}), what)


def _misread(came: Any, m: int, n: int, different: int, what: str) -> NotYet:
    if not isinstance(came, int):
        return NotYet(f"{_kind(came)} for {what}", "a whole number", "Keep to //, % and pow: floats hold 53 bits.")
    if different < 2:
        return NotYet(f"the same question every time, {what}", "one for each bit", "Multiply c by pow(2, e, n).")
    if different < n.bit_length() - 1:
        return NotYet(
            f"a wrong number after {different} questions, {what}",
            f"about {n.bit_length()} questions",
            "How many halvings does it take until one number is left?",
        )
    if abs(came - m) <= max(n.bit_length(), n >> 40):
        return NotYet(
            f"a number that is off by a little, for {what}",
            "the number itself",
            "Something was rounded on the way: a float keeps 53 bits, `//` drops a half. Round once, at the end.",
        )
    if abs(came - (n - m)) <= n.bit_length():
        return NotYet(f"n minus the number, {what}", "the number itself", "Yes means the lower half, so the digit 0.")
    return NotYet(f"a wrong number for {what}", "the number itself", "Double the number inside: 2 encrypts as 2**e.")


def _kind(value: Any) -> str:
    return "nothing" if value is None else f"a {type(value).__name__}"
