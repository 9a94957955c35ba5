"""Checkers and predictions of notebook 02.

Sections: RFC 8017 8.2.2 and 9.2 (PKCS#1 v1.5), RFC 9846 4.3.8.1 (Diffie-Hellman), RFC 6979 2.4 (ECDSA).
Leaves out: how a check is run and counted; see `exercise`.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from hashlib import sha256
from math import gcd
from typing import Any

from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

from ..answers import Outcome, attempt
from ..exercise import NotYet, call, exercise, show
from ..prediction import Option, prediction

prediction(
    "02-undo",
    "On a clock with 10 hours you multiply by 3, a friend by 4. Who can undo it with another multiplication?",
    (
        Option(
            "a",
            "both: multiplication can always be undone",
            "a clock divides like the number line",
            "run the next cell, and follow the arrows from 1 and from 6 on the second clock.",
        ),
        Option("b", "only you", None, "Look at the clocks: what is different about 4?"),
        Option(
            "c",
            "neither: there are no fractions on a clock",
            "undoing needs fractions",
            "a whole number can do what a fraction does. Look for 3 times something that is 1.",
        ),
    ),
    "b",
)
prediction(
    "02-forge",
    "You own the signatures of 6 and 7, without padding. Which other code can you sign with nothing but these two?",
    (
        Option(
            "a",
            "none: that would need d",
            "no key, no signature",
            "d was applied twice already. What can you do with the two results?",
        ),
        Option(
            "b", "13, their sum", "powers keep sums", "(6 + 7) to a power is not the sum of the powers. Try another."
        ),
        Option("c", "42, their product", None, "Run the next cell, and see how little it takes."),
    ),
    "c",
)
prediction(
    "02-same-k",
    "A device draws the same k twice, for two different messages. What does a reader of both signatures learn?",
    (
        Option(
            "a",
            "that k was used twice, no more",
            "a repeat is only a blemish",
            "that much shows at once: r is the same. Now count the equations.",
        ),
        Option(
            "b",
            "the difference of the two messages",
            "as with a nonce of AEAD",
            "the messages are public anyway. Look at what else stands in the equations.",
        ),
        Option("c", "the private key", None, "Run the next cell, and count the unknowns."),
    ),
    "c",
)


@exercise(
    "02-inverse",
    title="Build the inverse",
    form="inverse(a, n)",
    hints=(
        "Keep two rows, each a pair: a remainder, and how many times `a` it is. Begin with (n, 0) and (a, 1).",
        "The next row is the upper one minus `times` the lower one, in both places; `times` is the whole quotient.",
        "When a remainder is 0, look at the row above: 1 there means that its second number, modulo n, is the answer.",
    ),
)
def inverse(answer: Callable[..., Any]) -> None:
    large = random.getrandbits(512) | 1  # shallow enough for a recursive answer, far too large to try all
    cases = [(3, 10), (17, 60), (1, 2), (9, 10), (7, 47), *_coprime(6, 10**4), *_coprime(2, large)]
    for a, n in cases:
        came, shown = _in_time(answer, a, n), _pair(a, n)
        if not isinstance(came, int) or came * a % n != 1:
            raise NotYet(
                _number(came, n), f"the number that makes 1 of {shown}", "Multiply your answer by a: what is left?"
            )
        if not 0 < came < n:
            raise NotYet(
                f"{_number(came, n)} for {shown}: the right number, but outside 1 to n − 1",
                "the remainder",
                "Take your answer modulo n.",
            )
    # A 3 whose inverse is asked for as 3 + n: the clock does not mind, the answer should not either.
    if call(answer, 13, 10) != 7:
        raise NotYet("another answer for 13 than for 3, modulo 10", "7 for both", "Begin with a modulo n.")
    for a, n in ((4, 10), (6, 9), (0, 7)):
        outcome = attempt(answer, a, n)
        _needs_value_error(outcome, f"{a} modulo {n}, which has no inverse", "Look at the last remainder before 0.")


def _in_time(answer: Callable[..., Any], a: int, n: int) -> Any:
    try:
        return call(answer, a, n, seconds=2)
    except NotYet as reply:
        if "was stopped" not in reply.came:
            raise
        advice = "It has to work for numbers of 150 digits: keep two rows of the table instead of trying one by one."
        raise NotYet(reply.came, "an answer at once", advice) from reply


def _coprime(count: int, limit: int) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    while len(found) < count:
        n = limit if limit > 10**6 else random.randrange(11, limit)
        a = random.randrange(2, n)
        if gcd(a, n) == 1:
            found.append((a, n))
    return found


def _pair(a: int, n: int) -> str:
    """Small examples are told; those drawn by chance are not, so that a message stays the same from try to try."""
    return f"{a} modulo {n}" if n in (2, 10, 47, 60) else "a number drawn at random"


def _number(came: object, n: int) -> str:
    return show(came) if n in (2, 10, 47, 60) or not isinstance(came, int) else "another number"


def _needs_value_error(outcome: Outcome, what: str, next_step: str) -> None:
    if outcome.error is None:
        came = outcome.value if isinstance(outcome.value, int) and abs(outcome.value) < 100 else "a number"
        raise NotYet(f"{came if outcome.value is not None else None} for {what}", "ValueError", next_step)
    if not isinstance(outcome.error, ValueError):
        advice = "Ask for the remainder before you divide by it, and raise ValueError yourself."
        raise NotYet(f"{type(outcome.error).__name__} for {what}", "ValueError", advice)


_SHA256_NAME = bytes.fromhex("3031300d060960864801650304020105000420")


def _padded(message: bytes) -> bytes:
    tail = _SHA256_NAME + sha256(message).digest()
    return b"\x00\x01" + b"\xff" * (253 - len(tail)) + b"\x00" + tail


@exercise(
    "02-verify",
    title="Repair a verifier that accepts too much",
    form="verify(message, signature, n, e)",
    hints=(
        "What else than the hash has to be right in the 256 bytes?",
        "There is exactly one right pattern for a message. Build it, and compare the whole.",
        "A signature has 256 bytes and is a number below n; anything else is a second form of it.",
    ),
)
def verify(answer: Callable[..., Any]) -> None:
    key = rsa.generate_private_key(65537, 2048)
    # e = 3 makes the forgeries below possible; such keys are rare today, and verifiers have to cope with them.
    small = rsa.generate_private_key(3, 2048)
    message = b"ship 2 copies of Emma %d" % random.randrange(1000)
    while sha256(message).digest()[-1] % 2 == 0:  # an odd number has a cube root modulo a power of 2
        message += b"!"
    for private in (key, small):
        numbers = private.public_key().public_numbers()
        signature = private.sign(message, padding.PKCS1v15(), SHA256())
        _expect(answer, True, message, signature, numbers, "a good signature, made by cryptography", "")
        _expect(answer, False, message + b" ", signature, numbers, "another message", "Hash the message that is given.")
    numbers = small.public_key().public_numbers()
    for what, forged, next_step in _forgeries(small, message):
        _expect(answer, False, message, forged, numbers, what, next_step)


def _forgeries(key: rsa.RSAPrivateKey, message: bytes) -> list[tuple[str, bytes, str]]:
    """Signatures that open to almost the right pattern; the last ones are the right number in another form."""
    n, d = key.public_key().public_numbers().n, key.private_numbers().d
    right = _padded(message)
    tail = _SHA256_NAME + sha256(message).digest()
    good = pow(int.from_bytes(right, "big"), d, n)

    def opens_to(pattern: bytes) -> bytes:
        return pow(int.from_bytes(pattern, "big"), d, n).to_bytes(256, "big")

    short = b"\x00\x01" + b"\xff" * 8 + b"\x00" + tail
    cube = _cube_root(int.from_bytes(sha256(message).digest(), "big"), 256).to_bytes(256, "big")
    nameless = b"\x00\x01" + b"\xff" * 221 + b"\x00" + sha256(message).digest()
    spoilt = right[:100] + b"\xfe" + right[101:]
    return [
        ("a forged number whose cube ends with the hash", cube, "Look at the bytes before the hash as well."),
        ("a pattern without the name of the hash", opens_to(nameless), "The name of the hash is part of the pattern."),
        ("a pattern with one wrong byte among the FFs", opens_to(spoilt), "Every FF has to be there."),
        (
            "a short pattern with free bytes behind the hash",
            opens_to(short + bytes(256 - len(short))),
            "The hash has to be the end: as many FFs as fit.",
        ),
        (
            "a good signature with a zero byte in front",
            b"\x00" + good.to_bytes(256, "big"),
            "Look at the length first.",
        ),
        *_plus_n(good, n),
    ]


def _plus_n(good: int, n: int) -> list[tuple[str, bytes, str]]:
    if good + n >= 1 << 2048:
        return []
    return [("a good signature plus n", (good + n).to_bytes(256, "big"), "A signature is a number below n.")]


def _cube_root(value: int, bits: int) -> int:
    """x with x**3 = value modulo 2**bits, for odd values: bit by bit, each is decided by the last difference."""
    x = 1
    for bit in range(1, bits):
        if (x**3 - value) >> bit & 1:
            x |= 1 << bit
    return x


def _expect(
    answer: Callable[..., Any],
    wanted: bool,
    message: bytes,
    signature: bytes,
    numbers: rsa.RSAPublicNumbers,
    what: str,
    next_step: str,
) -> None:
    came = call(answer, message, signature, numbers.n, numbers.e)
    if not isinstance(came, bool):
        raise NotYet(f"{show(came)} for {what}", str(wanted), "Return True or False in every case.")
    if came != wanted:
        hint = next_step or "Open it with pow(…, e, n), the n and e that are given, and compare with padded(message)."
        raise NotYet(f"{came} for {what}", str(wanted), hint)


@exercise(
    "02-shared",
    title="Refuse the numbers that give it away",
    form="shared(p, private, received)",
    hints=(
        "What are the powers of 0, of 1, and of p − 1, which is −1?",
        "Python can compare twice in one go: `1 < received < p - 1`.",
        "Check first, and only then compute with the private exponent.",
    ),
)
def shared(answer: Callable[..., Any]) -> None:
    for p in (23, 2**127 - 1):
        private = random.randrange(3, p - 1, 2)  # odd, so that each power of p − 1 is the same
        other = pow(5, random.randrange(2, p - 2), p)
        other = other if 1 < other < p - 1 else 5
        came = call(answer, p, private, other)
        if came != pow(other, private, p):
            raise NotYet("another number than received to the power private", "the shared secret", "pow(…, …, p).")
        for received, told in ((0, "0"), (1, "1"), (p - 1, "p − 1"), (p, "p"), (p + 5, "p + 5"), (-3, "−3")):
            outcome = attempt(answer, p, private, received)
            _needs_value_error(outcome, f"the received number {told}", _why[told])


_why = {
    "0": "Every power of 0 is 0: the secret is known.",
    "1": "Every power of 1 is 1: the secret is known.",
    "p − 1": "p − 1 is −1: its powers are 1 and −1, one of two.",
    "p": "p is 0 on this clock: refuse what is not below p − 1.",
    "p + 5": "Values above p are the same numbers in disguise: refuse them.",
    "−3": "A public value is positive.",
}


@exercise(
    "02-stolen-key",
    title="Find the careless device",
    form="stolen_key(log, n)",
    hints=(
        "The same k gives the same r: find two entries that share it.",
        "s₁·k = z₁ + r·d and s₂·k = z₂ + r·d. Subtract one from the other: what is left is k and known numbers.",
        "k = (z₁ − z₂) · (s₁ − s₂)⁻¹, then d = (s₁·k − z₁) · r⁻¹; `pow(x, -1, n)` is the inverse.",
    ),
)
def stolen_key(answer: Callable[..., Any]) -> None:
    n = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # P-256's order, SEC 2 2.4.2
    d = random.randrange(1, n)
    clean = [_entry(n, d, random.randrange(1, n)) for _ in range(6)]
    if call(answer, list(clean), n) is not None:
        raise NotYet("a key, out of a log in which no r repeats", "None", "Look for two entries with the same r first.")
    k = random.randrange(1, n)
    first = _entry(n, d, k)
    if call(answer, [*clean, first, first], n) is not None:
        raise NotYet("a key, out of one signature written twice", "None", "Two equal equations are one: z must differ.")
    log = [first, *clean, _entry(n, d, k)]
    outcome = attempt(answer, log, n)
    if isinstance(outcome.error, OverflowError) or isinstance(outcome.value, float):
        raise NotYet("a fraction", "the private key", "`/` is no division on a clock: multiply with pow(x, -1, n).")
    came = call(answer, log, n) if outcome.error else outcome.value
    if came is None:
        raise NotYet(
            "None for a log with a repeated r, far apart", "the private key", "Compare each entry with all before."
        )
    if isinstance(came, int) and came % n == d and came != d:
        raise NotYet("the right number, but outside 1 to n − 1", "the private key d", "Take your answer modulo n.")
    if came != d:
        what = "k, the nonce" if came == k else "another number than d" if isinstance(came, int) else show(came)
        raise NotYet(what, "the private key d, between 1 and n − 1", "Put k into one equation, and solve it for d.")


def _entry(n: int, d: int, k: int) -> tuple[int, int, int]:
    """(r, s, z): on paper r comes from the point k·G; any fixed function of k has what the exercise needs."""
    z, r = random.randrange(1, n), pow(3, k, n)
    return r, (z + r * d) * pow(k, -1, n) % n, z
