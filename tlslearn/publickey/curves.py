"""How does one add points on a curve y**2 = x**3 + ax + b over the whole numbers modulo a prime?

Sections: SEC 1 (group law, encoding, keys); SP 800-56A (checking a public key).
Leaves out: binary fields, and projective coordinates, which save the division in each addition.
For learning only: not constant-time (the additions tell the scalar), so never use it with a real key.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import isqrt
from random import Random
from typing import Literal, NamedTuple

from ..check import BadInput
from .arithmetic import inverse, square_root
from .errors import Number, require, require_bytes
from .primes import SYSTEM_RANDOM, is_probable_prime, require_prime

LARGEST_LISTED = 1 << 16  # the field size up to which points are listed one by one


@dataclass(frozen=True, repr=False)
class Curve:
    """y**2 = x**3 + ax + b modulo the prime p, with a point G = (Gx, Gy) of prime order n; h * n points in all."""

    name: str
    p: int
    a: int
    b: int
    Gx: int
    Gy: int
    n: int
    h: int = 1
    source: str = ""

    def __post_init__(self) -> None:
        """Raise BadInput unless the parameters fit together: part of SEC 1 3.1.1.2.1.

        Left out is the MOV condition, that n divides no p**k - 1 with a small k. That n is not p is asked of curves
        too large to list only: on a smaller one d is found by counting anyway, and its picture is as good as any.
        """
        require_prime("the modulus p", self.p, 5)
        require("a", self.a, 0, self.p - 1)
        require("b", self.b, 0, self.p - 1)
        _require_smooth(self.p, self.a, self.b)
        require("Gx", self.Gx, 0, self.p - 1)
        require("Gy", self.Gy, 0, self.p - 1)
        require_prime("the order n", self.n)
        require("the cofactor h", self.h, 1)
        _require_not_anomalous(self.p, self.n)
        if abs(self.p + 1 - self.n * self.h) > 2 * isqrt(self.p) + 1:
            raise BadInput("n * h is no possible number of points", value=self.h, fix="It is near p + 1 (Hasse).")
        if not (self.n * self.G).is_infinity:
            raise BadInput(
                "G does not have order n", value=Number(self.n), fix="Count the additions from G to infinity."
            )

    def __repr__(self) -> str:
        return f"Curve({self.name}: y² = x³ + {Number(self.a)!r}x + {Number(self.b)!r} mod {Number(self.p)!r})"

    @property
    def G(self) -> Point:
        return Point(self, self.Gx, self.Gy)

    @property
    def infinity(self) -> Point:
        """The neutral element: P + infinity is P."""
        return Point(self, None, None)

    @property
    def size(self) -> int:
        """Length of a coordinate in bytes."""
        return (self.p.bit_length() + 7) // 8

    def points(self) -> Iterator[Point]:
        """Every point but infinity, by x and then y. Raises BadInput for a field too large to walk through."""
        require("the modulus p", self.p, 5, LARGEST_LISTED, fix="Such a curve has too many points to list.")
        for x, y in _solutions(self.p, self.a, self.b):
            yield Point(self, x, y)

    def decode(self, data: bytes) -> Point:
        """The point in 04 x y, or 02 x and 03 x (y even, odd). Infinity and all else: BadInput. SEC 1."""
        require_bytes("the encoded point", data)
        form, size = data[:1], self.size
        if form == b"\x04" and len(data) == 1 + 2 * size:
            return Point(self, int.from_bytes(data[1 : 1 + size], "big"), int.from_bytes(data[1 + size :], "big"))
        if form not in (b"\x02", b"\x03") or len(data) != 1 + size:
            raise BadInput(f"no point of {self.name}", value=bytes(data), fix=f"04 x y, or 02/03 x, {size} bytes each.")
        x = int.from_bytes(data[1:], "big")
        require("x", x, 0, self.p - 1)
        y = square_root(x**3 + self.a * x + self.b, self.p)
        return Point(self, x, y if y % 2 == data[0] % 2 else self.p - y)

    def public_key(self, d: int) -> Point:
        """Q = d * G. Raises BadInput unless 1 <= d < n. SEC 1."""
        self.require_private_key(d)
        return d * self.G

    def generate(self, rng: Random = SYSTEM_RANDOM) -> KeyPair:
        """A random private key d and its public key Q = d * G."""
        d = rng.randrange(1, self.n)
        return KeyPair(d, d * self.G)

    def require_private_key(self, d: int) -> None:
        """Raise BadInput unless 1 <= d < n."""
        require("the private key d", d, 1, self.n - 1)

    def require_public_key(self, Q: Point) -> None:
        """Raise BadInput unless Q is a point of this curve, not infinity, with n * Q = infinity. SP 800-56A.

        Being on the curve is checked when a Point is made. With h = 1 every point has order n.
        """
        if not isinstance(Q, Point) or Q.curve != self:
            raise BadInput(f"no point of {self.name}", value=Q, fix="Use a public key of the same curve.")
        if Q.is_infinity:
            raise BadInput("the public key is the point at infinity", value=Q, fix="End the exchange: no d gives it.")
        if self.h != 1 and not (self.n * Q).is_infinity:
            raise BadInput(
                "the public key does not have order n", value=Q, fix="End the exchange: it can leak d mod h."
            )


@dataclass(frozen=True, repr=False)
class Point:
    """A point of a curve; x and y are None for infinity. Raises BadInput when (x, y) is not on the curve.

    P + Q, P - Q, -P and k * P do what the textbook says.
    """

    curve: Curve
    x: int | None
    y: int | None

    def __post_init__(self) -> None:
        if self.x is None or self.y is None:
            if self.x is not self.y:
                raise BadInput("half a point", value=(self.x, self.y), fix="Infinity has neither x nor y.")
            return
        require("x", self.x, 0, self.curve.p - 1)
        require("y", self.y, 0, self.curve.p - 1)
        if (self.y * self.y - (self.x * self.x + self.curve.a) * self.x - self.curve.b) % self.curve.p:
            raise BadInput(
                f"the point is not on {self.curve.name}",
                value=(Number(self.x), Number(self.y)),
                fix="y**2 has to equal x**3 + ax + b modulo p.",
            )

    @property
    def is_infinity(self) -> bool:
        return self.x is None

    def __repr__(self) -> str:
        place = "infinity" if self.x is None or self.y is None else f"{Number(self.x)!r}, {Number(self.y)!r}"
        return f"Point({place} on {self.curve.name})"

    def __neg__(self) -> Point:
        return self if self.y is None else Point(self.curve, self.x, -self.y % self.curve.p)

    def __add__(self, other: Point) -> Point:
        """The third point of the line through both, mirrored. SEC 1."""
        if self.curve != other.curve:
            raise BadInput("points of different curves", value=other, fix="Both have to be on the same curve.")
        if self.x is None or other.x is None:
            return other if self.x is None else self
        if self == -other:
            return self.curve.infinity  # the line is vertical: it meets the curve nowhere else
        m, p = slope(self, other), self.curve.p
        x = (m * m - self.x - other.x) % p
        return Point(self.curve, x, (m * (self.x - x) - coordinates(self)[1]) % p)

    def __sub__(self, other: Point) -> Point:
        return self + -other

    def __rmul__(self, k: int) -> Point:
        """k * P: P added k times, for any whole k; a negative k adds -P."""
        require("the scalar", k)
        result = self.curve.infinity
        for step in double_and_add(abs(k), self if k >= 0 else -self):
            result = step.point
        return result

    def encode(self, compressed: bool = False) -> bytes:
        """04 x y, or 02 x and 03 x (y even, odd). Raises BadInput for infinity, which is no key. SEC 1."""
        x, y = coordinates(self)
        x_bytes, y_bytes = x.to_bytes(self.curve.size, "big"), y.to_bytes(self.curve.size, "big")
        return bytes([2 + y % 2]) + x_bytes if compressed else b"\x04" + x_bytes + y_bytes


class KeyPair(NamedTuple):
    """The private scalar d and the public point Q = d * G."""

    d: int
    Q: Point

    def __repr__(self) -> str:
        return f"KeyPair(d: not shown, Q={self.Q!r})"


class PointStep(NamedTuple):
    """One operation of the scalar multiplication, and the point it leads to."""

    operation: Literal["double", "add"]
    point: Point


def coordinates(P: Point) -> tuple[int, int]:
    """(x, y). Raises BadInput for infinity, which has none."""
    if P.x is None or P.y is None:
        raise BadInput("the point at infinity has no coordinates", value=P, fix="Use another point.")
    return P.x, P.y


def slope(P: Point, Q: Point) -> int:
    """Slope modulo p of the line through P and Q, or of the tangent when they are the same point. SEC 1.

    Raises BadInput when the line is vertical.
    """
    (x1, y1), (x2, y2), p = coordinates(P), coordinates(Q), P.curve.p
    if x1 == x2 and y1 == y2:
        return (3 * x1 * x1 + P.curve.a) * inverse(2 * y1, p) % p
    return (y2 - y1) * inverse(x2 - x1, p) % p


def double_and_add(k: int, P: Point) -> Iterator[PointStep]:
    """The steps of k * P (k at least 0): a doubling for each bit of k, an addition for each bit that is 1.

    arithmetic.square_and_multiply, with another group.
    """
    require("the scalar", k, 0)
    result = P.curve.infinity
    for bit in f"{k:b}":
        result = result + result
        yield PointStep("double", result)
        if bit == "1":
            result = result + P
            yield PointStep("add", result)


def _require_smooth(p: int, a: int, b: int) -> None:
    if (4 * a**3 + 27 * b**2) % p == 0:
        raise BadInput("the curve is singular", value=(a, b), fix="4a**3 + 27b**2 must not be 0 mod p; take another b.")


def _require_not_anomalous(p: int, n: int) -> None:
    if n == p and p > LARGEST_LISTED:
        raise BadInput("the order n is the modulus p", value=Number(n), fix="There d is easy to find; take another b.")


def _solutions(p: int, a: int, b: int) -> Iterator[tuple[int, int]]:
    roots: dict[int, list[int]] = {}
    for y in range(p):
        roots.setdefault(y * y % p, []).append(y)
    for x in range(p):
        for y in roots.get((x**3 + a * x + b) % p, ()):
            yield x, y


def small_curve(p: int, a: int, b: int) -> Curve:
    """The curve with these parameters, its points counted one by one, G the first point of the largest prime order.

    For lessons: p is at most 65536. Raises BadInput when the curve is singular or has no point but infinity.
    """
    require("the modulus p", p, 5, LARGEST_LISTED)
    require_prime("the modulus p", p)
    require("a", a)
    require("b", b)
    a, b = a % p, b % p
    _require_smooth(p, a, b)
    solutions = list(_solutions(p, a, b))
    total = len(solutions) + 1
    n = max((n for n in range(2, total + 1) if total % n == 0 and is_probable_prime(n)), default=0)
    for x, y in solutions:  # a point of order n exists for every prime n that divides the total (Cauchy)
        try:
            return Curve(f"a curve mod {p}", p, a, b, x, y, n, total // n, "points counted one by one")
        except BadInput:
            continue  # this point has another order
    raise BadInput("the curve has no point but infinity", value=(p, a, b), fix="Take another b.")
