"""Checkers and predictions of appendix a2.

Sections: RFC 6090 3 and 10.3 (curves, invalid curves), RFC 9846 4.3.8.2 (points in TLS), RFC 6979 2.4 (ECDSA).
Leaves out: how a check is run and counted; see `exercise`.
"""

from __future__ import annotations

import random
from collections import namedtuple
from collections.abc import Callable, Iterator
from secrets import token_bytes
from typing import Any

from cryptography.exceptions import InvalidSignature

from ...publickey import Curve, Point, named
from ...publickey.arithmetic import square_root
from ...publickey.curves import coordinates
from ...publickey.ecdsa import bits_to_int, sign
from ...publickey.hashes import digest
from ..answers import attempt
from ..exercise import NotYet, call, exercise, show
from ..prediction import Option, prediction

Pair = tuple[int, int] | None  # (x, y), or None for infinity

prediction(
    "a2-steps",
    "How often does multiply call add for a key of 256 bits?",
    (
        Option(
            "a",
            "as often as the key says, about 2²⁵⁶ times",
            "multiplying is adding k times",
            "what it means is not how it is done. See what the loop walks through.",
        ),
        Option(
            "b",
            "256 times, once for each bit",
            "every bit costs the same",
            "look at the `if` in the loop, then run the next cell.",
        ),
        Option(
            "c",
            "between 257 and 512 times",
            None,
            "Run the next cell: who else would like to know the number?",
        ),
    ),
    "c",
)
prediction(
    "a2-off-curve",
    "Somebody sends a pair (x, y) that is not on the curve. What comes of it?",
    (
        Option(
            "a",
            "a division soon fails, so the attempt is noticed",
            "wrong input stops the arithmetic",
            "which line of `add` would notice? Run the next cell.",
        ),
        Option(
            "b",
            "a useless secret, and no harm",
            "nonsense in, nonsense out",
            "useless to the shop. Is it useless to the sender as well? Run the next cell.",
        ),
        Option(
            "c",
            "the arithmetic goes on, on another curve of the sender's choice",
            None,
            "Run the next cell: what does the sender choose it for?",
        ),
    ),
    "c",
)
prediction(
    "a2-other-s",
    "Somebody without any key sends (r, n - s) instead of (r, s). What does cryptography say?",
    (
        Option(
            "a",
            "refused: a changed signature is a wrong signature",
            "a signature has one form",
            "put n − s into the equation of `verify`, or run the next cell.",
        ),
        Option(
            "b",
            "good: it is a second signature of the same order",
            None,
            "Run the next cell, and ask what this means for whoever takes a signature for a name.",
        ),
        Option(
            "c",
            "good, and with it other orders can be signed",
            "a second signature is a forgery",
            "the cell below tries both orders.",
        ),
    ),
    "b",
)
prediction(
    "a2-signed-twice",
    "One order is signed twice with Ed25519 and twice with the ECDSA above. Which pair is equal?",
    (
        Option(
            "a",
            "both: same key, same order, same signature",
            "signing is a function of key and message",
            "of which of the two is that true? Look for randbelow.",
        ),
        Option(
            "b",
            "neither: a signature needs a random nonce",
            "a nonce must be random",
            "it must be secret and never the same for two messages. Is there another way to that?",
        ),
        Option("c", "the Ed25519 pair", None, "Run the next cell: where does its nonce come from?"),
    ),
    "c",
)


def _pair(point: Point) -> Pair:
    return None if point.x is None or point.y is None else (point.x, point.y)


def _point(curve: Curve, pair: object) -> Point:
    if pair is None:
        return curve.infinity
    if not isinstance(pair, tuple) or len(pair) != 2:
        raise TypeError(f"add takes two points, each (x, y) or None, not {show(pair)}")
    return Point(curve, *pair)


LENGTH = 16  # of toy65521; its order is a little below 2**16
FULL, FULL_TOO = 0x8001, 0xFE00  # two keys of 16 bits, with few and with many ones
SHORT = 0x0003
MANY = 100 * LENGTH  # calls of add; more than that means that P was added k times


@exercise(
    "a2-ladder",
    title="The same steps for every key",
    form="ladder(k, P, length, add)",
    hints=(
        "Walk through `length` places, the highest first: `for place in reversed(range(length))`. A bit is "
        "`k >> place & 1`.",
        "`here` and `ahead` always differ by P, so their sum belongs to 2j + 1, whatever the next bit is.",
        "Compute the sum first, in both cases; then double the one that the bit asks for.",
    ),
)
def ladder(answer: Callable[..., Any]) -> None:
    curve = named("toy65521")
    for k in (FULL, FULL_TOO, SHORT, 1, 0, curve.n - 1):
        _expect_multiple(curve, k, _traced(answer, curve, k)[0], f"k = {k:#x}")
    for _ in range(5):
        k = random.randrange(curve.n)
        _expect_multiple(curve, k, _traced(answer, curve, k)[0], "a random key")
    _same_rhythm(*(_traced(answer, curve, k)[1] for k in (FULL, FULL_TOO, SHORT)))
    longer = _traced(answer, curve, FULL, LENGTH + 4)
    _expect_multiple(curve, FULL, longer[0], f"k = {FULL:#x} with length = {LENGTH + 4}")


def _traced(answer: Callable[..., Any], curve: Curve, k: int, length: int = LENGTH) -> tuple[Any, str]:
    """What the answer returned, and its calls of `add`: D for two equal points, A for different ones."""
    calls: list[str] = []

    def add(P: Pair, Q: Pair) -> Pair:
        calls.append("D" if P == Q else "A")
        if len(calls) > MANY:
            came, next_step = (
                f"more than {MANY} calls of add",
                "For a real key that never ends: double, as `multiply` does.",
            )
            raise NotYet(came, f"a few calls for each of {length} bits", next_step)
        return _pair(_point(curve, P) + _point(curve, Q))

    return call(answer, k, _pair(curve.G), length, add), "".join(calls)


def _expect_multiple(curve: Curve, k: int, came: object, which: str) -> None:
    if came == _pair(k * curve.G):
        return
    next_step = "Try it on the curve `tiny`, where `walk[k - 1]` is k·G."
    if came == _pair((k + 1) * curve.G):
        next_step = "That is (k + 1)·P: `ahead`, not `here`."
    elif came == _pair(int(f"{k:0{LENGTH}b}"[::-1], 2) * curve.G):
        next_step = "That is the key read backwards. Begin with the highest bit."
    elif k == 0:
        next_step = "0·P is infinity, None. Where does `here` begin?"
    shown = "another point" if which == "a random key" else show(came)
    raise NotYet(f"{shown} for {which}", "k·P", next_step)


def _same_rhythm(few: str, many: str, short: str) -> None:
    """The calls for two keys of full length and for one with leading zeros."""
    same = "the same calls for every key of that length"
    if not few:
        raise NotYet("no call of add", "k·P, made with add", "Use the add that you are given.")
    if len(few) != len(many):
        came = f"{len(few)} calls of add for k = {FULL:#x}, {len(many)} for k = {FULL_TOO:#x}"
        raise NotYet(came, same, "A bit that is 0 has to cost as much as a 1.")
    if len(short) != len(few):
        came = f"{len(short)} calls of add for k = {SHORT:#x}, {len(few)} for k = {FULL:#x}"
        raise NotYet(came, same, "Zeros in front are bits too: walk through `length` places.")
    if few != many or few != short:
        other = many if few != many else short
        came = f"calls {few[:8]}… for one key and {other[:8]}… for another (A adds, D doubles)"
        raise NotYet(came, same, "The number is right. Now make them in the same order in both branches.")


Fields = namedtuple("Fields", "p a b G n")  # as the notebook's Curve; -3 stands for p - 3, as there


def _fields(curve: Curve) -> Fields:
    return Fields(curve.p, curve.a - curve.p if curve.a > curve.p // 2 else curve.a, curve.b, _pair(curve.G), curve.n)


@exercise(
    "a2-door",
    title="Repair the door",
    form="decode(E, data)",
    hints=(
        "Four questions: is it as long as it must be, is its first byte 4, are x and y below p, is the equation true?",
        "`len(data) != 1 + 2 * size` comes before everything that looks into `data`.",
        "(y * y - x**3 - E.a * x - E.b) % E.p is 0 on the curve, and on no other.",
    ),
)
def door(answer: Callable[..., Any]) -> None:
    for curve in (named("P-256"), named("toy65521")):
        zero = Point(curve, 0, square_root(curve.b, curve.p))  # x = 0 is a coordinate like any other
        for point in (curve.G, 2 * curve.G, random.randrange(3, curve.n) * curve.G, zero):
            outcome = attempt(answer, _fields(curve), point.encode())
            if isinstance(outcome.error, ValueError):
                raise NotYet(f"ValueError for a good point on {curve.name}", "(x, y)", "Is every good point let in?")
            came = call(answer, _fields(curve), point.encode()) if outcome.error else outcome.value
            if came != _pair(point):
                raise NotYet(f"{show(came)} for a good point", "(x, y)", "Return both numbers as a tuple.")
        for data, what, next_step in _strangers(curve):
            _must_raise(answer, (_fields(curve), data), ValueError, what, next_step)


def _strangers(curve: Curve) -> Iterator[tuple[bytes, str, str]]:
    """Bytes that are no point of the curve, what they are, and what to do."""
    size, good = curve.size, (random.randrange(3, curve.n) * curve.G).encode()
    x, y = good[1 : 1 + size], good[1 + size :]
    yield good[:-1] + bytes([good[-1] ^ 1]), "a point with another y", "Does y² equal x³ + ax + b modulo p?"
    yield b"\x04" + x + bytes(size), "the point (x, 0), which has order 2", "Put x and y into the equation."
    yield b"\x02" + x, "the short form, 02 and x", "Look at the length before you cut the bytes."
    yield b"\x05" + x + y, "a first byte of 05", "Compare the first byte with 4."
    yield good + b"\x00", "one byte too many", "The length has to be right exactly."
    yield b"\x04" + x + token_bytes(1) + y, "a y with a byte in front", "The length has to be right exactly."
    yield b"\x00", "infinity, the byte 00", "Look at the length first."
    yield b"", "no bytes at all", "Ask for the length before you ask for the first byte."
    small = Point(curve, 0, min(root := square_root(curve.b, curve.p), curve.p - root))
    disguised = b"\x04" + curve.p.to_bytes(size, "big") + small.encode()[1 + size :]
    yield disguised, "x = p, another name for x = 0", "Compare both coordinates with p."
    if curve.p < 2**17:  # the small curve has points whose y + p still fits; on P-256 nobody finds one
        low = next(point for point in curve.points() if coordinates(point)[1] < 256**size - curve.p)
        low_x, low_y = coordinates(low)
        lifted = b"\x04" + low_x.to_bytes(size, "big") + (low_y + curve.p).to_bytes(size, "big")
        yield lifted, "y + p for y", "Compare y with p as well."


def _must_raise(
    answer: Callable[..., Any], given: tuple[Any, ...], wanted: type[Exception], what: str, next_step: str
) -> None:
    outcome = attempt(answer, *given)
    if isinstance(outcome.error, wanted):
        return
    expected = wanted.__name__
    if isinstance(outcome.error, AssertionError):
        raise NotYet(f"AssertionError for {what}", expected, "python -O leaves out every assert. Use if and raise.")
    if outcome.error is not None:
        raise NotYet(f"{type(outcome.error).__name__} for {what}", expected, next_step)
    silent = (None, False) if wanted is ValueError else (False,)  # accept returns nothing when all is well
    if any(outcome.value is result for result in silent):
        raise NotYet(f"{outcome.value} for {what}", expected, "Raise: a result can be overlooked.")
    raise NotYet(f"no error for {what}", expected, next_step)


@exercise(
    "a2-accept",
    title="Repair a verifier",
    form="accept(n, z, r, s, combine)",
    hints=(
        "Follow s = 0 through the lines: what is w, what does combine return, what is x?",
        "r and s are numbers modulo n, so each has many names. Which one is allowed?",
        "First `1 <= r < n` and `1 <= s < n`; and a sum that is infinity has no x, so it is refused as well.",
    ),
)
def accept(answer: Callable[..., Any]) -> None:
    _accept_on_p256(answer)
    _accept_on_tiny(answer)


def _accept_on_p256(answer: Callable[..., Any]) -> None:
    curve = named("P-256")
    keys, message, n = curve.generate(), token_bytes(20), curve.n
    made, z = sign(curve, keys.d, message), bits_to_int(digest("sha256", message), curve.n)
    r, s = made.r, min(made.s, n - made.s)  # the smaller one first, so that a reply does not depend on chance

    def combine(u: int, v: int) -> Pair:
        return _pair(u * curve.G + v * keys.Q)

    _must_accept(answer, (n, z, r, s, combine), "a good signature", "Compare the x of the sum, modulo n, with r.")
    other = "Both s and n - s lie in the range. Refuse only what is outside it."
    _must_accept(answer, (n, z, r, n - s, combine), "the twin (r, n - s)", other)
    for wrong_z, wrong_r, wrong_s, what, next_step in (
        (z, 0, 0, "r = 0 and s = 0", "Which numbers may r and s be? Ask that first."),
        (z, 0, n, "r = 0 and s = n", "s = n is 0 in disguise: compare s with n as well."),
        (z, r + n, s, "(r + n, s)", "Refuse it: to reduce it modulo n gives one signature many names."),
        (z, r, s + n, "(r, s + n)", "A good signature got a second name. What is the largest s?"),
        (z, r, s - n, "(r, s - n), a negative s", "What is the smallest s?"),
        (z + 1, r, s, "the signature of another order", "Compare the x of the sum, modulo n, with r."),
    ):
        _must_raise(answer, (n, wrong_z, wrong_r, wrong_s, combine), InvalidSignature, what, next_step)


def _must_accept(answer: Callable[..., Any], given: tuple[Any, ...], what: str, next_step: str) -> None:
    outcome = attempt(answer, *given)
    if outcome.error is not None:
        raise NotYet(f"{type(outcome.error).__name__} for {what}", "no error", next_step)


def _accept_on_tiny(answer: Callable[..., Any]) -> None:
    """Every r and s there are, and some that are not, on a curve of 19 points."""
    curve = named("toy17")
    Q, z, n = curve.generate().Q, random.randrange(1, curve.n), curve.n
    sums = {(u, v): _pair(u * curve.G + v * Q) for u in range(n) for v in range(n)}

    def combine(u: int, v: int) -> Pair:
        return sums[u % n, v % n]

    for r in range(-1, n + 2):
        for s in range(-1, n + 2):
            in_range = 1 <= r < n and 1 <= s < n
            R = combine(z * pow(s, -1, n), r * pow(s, -1, n)) if in_range else None
            given = (n, z, r, s, combine)
            if R is not None and R[0] % n == r:
                _must_accept(answer, given, "a good signature on a tiny curve", "Compare x, modulo n, with r.")
            else:
                what = "a signature whose sum is infinity" if in_range and R is None else "a wrong one on a tiny curve"
                _must_raise(answer, given, InvalidSignature, what, "`R` can be None: refuse it before you take R[0].")
