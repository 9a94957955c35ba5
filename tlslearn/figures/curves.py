"""What does an elliptic curve over a small field look like, how are two of its points added, and how long are the keys?

Sections: SEC 1 version 2, 2.2.1 (group law); NIST SP 800-57 Part 1 Rev. 5, Table 2 (security strengths).
Leaves out: the smooth curve of the textbooks; modulo p there are dots and no curve.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..check import BadInput
from .picture import Picture
from .svg import Drawing

if TYPE_CHECKING:
    from ..publickey import Curve, Point

Pair = tuple[int, int]  # (x, y)
LARGEST_DRAWN = 61  # with more rows than that the dots run into each other
_SIDE, _LEFT, _TOP = 440, 44, 20


@dataclass(frozen=True)
class Chord:
    """Slope modulo p of the line through two points, the third point on it, and that one mirrored."""

    slope: int
    third: Pair
    total: Pair


@dataclass(frozen=True)
class Addition:
    """P + Q as the drawing needs it; `chord` is None where the line is vertical and the sum infinity."""

    P: Pair
    Q: Pair
    chord: Chord | None


@dataclass(frozen=True)
class _Field:
    """Where the point (x, y) stands in the drawing, in pixels; y grows upwards."""

    p: int

    @property
    def step(self) -> float:
        return _SIDE / self.p

    def at(self, x: float, y: float) -> tuple[float, float]:
        return _LEFT + (x + 0.5) * self.step, _TOP + _SIDE - (y + 0.5) * self.step


def curve_points(
    p: int,
    a: int,
    b: int,
    *,
    add: tuple[Pair | Point, Pair | Point] | None = None,
    G: Pair | Point | None = None,
    multiples: int | None = None,
) -> Picture:
    """The points of y² = x³ + ax + b modulo p as dots. A point is a pair (x, y) or has x and y.

    `add=(P, Q)` draws the line through both (the tangent when they are equal), its third point and the sum. `G` numbers
    its multiples G, 2G, … up to `multiples`, or up to the last before infinity.
    Raises BadInput for a field too large to draw, a singular curve, and a point that is not on it.
    """
    if p > LARGEST_DRAWN:
        raise BadInput("too many points to draw", value=p, fix=f"Use a prime p of at most {LARGEST_DRAWN}.")
    from ..publickey import small_curve

    curve = small_curve(p, a, b)
    points = [_pair(point) for point in curve.points()]
    addition = None if add is None else _add(_on(curve, add[0]), _on(curve, add[1]))
    walk = [] if G is None else _walk(_on(curve, G), multiples)
    drawing, field = Drawing(820), _Field(p)
    _draw_field(drawing, field)
    if addition is not None:
        _draw_line(drawing, field, addition)
    for x, y in points:
        drawing.dot(*field.at(x, y), min(5.0, field.step / 3), "point")
    _draw_walk(drawing, field, walk)
    if addition is not None:
        _draw_addition(drawing, field, addition)
    lines = _told(curve, points, addition, walk)
    _draw_words(drawing, lines)
    return Picture(alt=_alt(lines), twin="\n".join(lines), svg=str(drawing))


def _on(curve: Curve, point: Pair | Point) -> Point:
    from ..publickey import Point

    x, y = point if isinstance(point, tuple) else (point.x, point.y)
    if x is None or y is None:
        raise BadInput("infinity has no place in the picture", value=point, fix="Give a point with x and y.")
    return Point(curve, x, y)


def _pair(point: Point) -> Pair:
    from ..publickey.curves import coordinates

    return coordinates(point)


def _add(P: Point, Q: Point) -> Addition:
    from ..publickey.curves import slope

    total = P + Q
    chord = None if total.is_infinity else Chord(slope(P, Q), _pair(-total), _pair(total))
    return Addition(_pair(P), _pair(Q), chord)


def _walk(G: Point, multiples: int | None) -> list[Pair]:
    """G, 2G, …, as many as asked for; the walk ends before infinity."""
    walk: list[Pair] = []
    here = G
    while not here.is_infinity and (multiples is None or len(walk) < multiples):
        walk.append(_pair(here))
        here = here + G
    return walk


def _draw_field(drawing: Drawing, field: _Field) -> None:
    p = field.p
    drawing.box(_LEFT, _TOP, _SIDE, _SIDE, "quiet")
    ends = -0.5, p - 0.5
    rules = [_path(field, (at, ends[0]), (at, ends[1])) for at in range(p)]
    rules += [_path(field, (ends[0], at), (ends[1], at)) for at in range(p)]
    drawing.line(" ".join(rules), "grid")
    every = 1 if p <= 23 else 5
    for at in range(0, p, every):
        x, y = field.at(at, at)
        drawing.text(x, _TOP + _SIDE + 17, str(at), "label", "middle")
        drawing.text(_LEFT - 8, y + 4, str(at), "label", "end")
    drawing.text(_LEFT + _SIDE / 2, _TOP + _SIDE + 36, "x", "label", "middle")
    drawing.text(12, _TOP + _SIDE / 2, "y", "label")


def _path(field: _Field, start: tuple[float, float], end: tuple[float, float]) -> str:
    (x1, y1), (x2, y2) = field.at(*start), field.at(*end)
    return f"M{x1:.1f} {y1:.1f} L{x2:.1f} {y2:.1f}"


def _step(p: int, chord: Chord | None) -> Pair:
    """From one point of the line to the next, (dx, dy) with dy = slope * dx modulo p, chosen so that the line wraps as
    seldom as it can; (0, 1) for a vertical line."""
    if chord is None:
        return 0, 1
    steps = [(dx, (chord.slope * dx + p // 2) % p - p // 2) for dx in range(1, p)]
    return min(steps, key=lambda step: (step[0] + abs(step[1]), step))


def line_points(p: int, addition: Addition) -> list[Pair]:
    """The p points of the line through P and Q modulo p, in the order in which the drawn path meets them from P."""
    (dx, dy), (x, y) = _step(p, addition.chord), addition.P
    return [((x + t * dx) % p, (y + t * dy) % p) for t in range(p)]


def _draw_line(drawing: Drawing, field: _Field, addition: Addition) -> None:
    """The line leaves the square on one side and comes back on the other; a dot on each of its p points."""
    p, step, dots = field.p, _step(field.p, addition.chord), line_points(field.p, addition)
    # A wrap is drawn by shifting the same piece by p and cutting off what lies outside.
    shifts = [(across, up) for across in (0, -p) for up in (-p, 0, p)]
    pieces = [_clip(p, (x + across, y + up), step) for x, y in dots for across, up in shifts]
    drawing.line(" ".join(_path(field, *piece) for piece in pieces if piece is not None), "trace")
    for x, y in dots:
        drawing.dot(*field.at(x, y), 2.5, "bar")


def _clip(p: int, start: Pair, step: Pair) -> tuple[tuple[float, float], tuple[float, float]] | None:
    """The part of start … start + step inside the square, or None. Liang and Barsky's way of cutting."""
    low, high = 0.0, 1.0
    for at, by in zip(start, step, strict=True):
        if by == 0:
            if not -0.5 <= at <= p - 0.5:
                return None
            continue
        enter, leave = sorted(((-0.5 - at) / by, (p - 0.5 - at) / by))
        low, high = max(low, enter), min(high, leave)
    if high - low < 1e-9:
        return None
    (x, y), (dx, dy) = start, step
    return (x + low * dx, y + low * dy), (x + high * dx, y + high * dy)


def _draw_addition(drawing: Drawing, field: _Field, addition: Addition) -> None:
    marks = {addition.Q: ("strong", "Q"), addition.P: ("strong", "P" if addition.P != addition.Q else "P = Q")}
    chord = addition.chord
    if chord is not None:
        _draw_mirror(drawing, field, chord)
        marks.setdefault(chord.third, ("missing", "third"))
        marks[chord.total] = ("good", "P + Q")
    for (x, y), (kind, name) in marks.items():
        drawing.dot(*field.at(x, y), max(7.0, field.step / 3), kind)
        _label(drawing, field, (x, y), name)


def _draw_mirror(drawing: Drawing, field: _Field, chord: Chord) -> None:
    middle = field.p / 2
    drawing.line(_path(field, (-0.5, middle), (field.p - 0.5, middle)))
    drawing.text(_LEFT + _SIDE + 6, field.at(0, middle)[1] + 4, "mirror", "label")
    (x, start), (_, end) = chord.third, chord.total
    if start != end:
        inset = 0.7 if end > start else -0.7
        drawing.line(_path(field, (x, start + inset / 2), (x, end - inset)), "way", arrow=True)


def _label(drawing: Drawing, field: _Field, point: Pair, name: str) -> None:
    """The name beside its point, on a plate of its own, to the left where the right edge is near."""
    x, y = field.at(*point)
    width = 9 * len(name) + 6
    near_edge = x + 14 + width > _LEFT + _SIDE
    left = x - 12 - width if near_edge else x + 12
    drawing.box(left, y - 20, width, 18, "plate")
    drawing.text(left + width / 2, y - 6, name, "head", "middle")


def _draw_walk(drawing: Drawing, field: _Field, walk: list[Pair]) -> None:
    size = max(8.0, min(11.0, field.step / 2.2))
    for number, point in enumerate(walk, 1):
        x, y = field.at(*point)
        drawing.dot(x, y, size, "good" if number == 1 else "strong")
        drawing.text(x, y + 4, "G" if number == 1 else str(number), "small", "middle")


def _told(curve: Curve, points: list[Pair], addition: Addition | None, walk: list[Pair]) -> list[str]:
    """The picture in words: the first line names the curve, the last of all lists every point."""
    lines = [f"{equation(curve.a, curve.b)} modulo {curve.p}: {len(points)} points, and infinity"]
    if addition is not None:
        lines += _told_addition(addition)
    if walk:
        lines.append("multiples: " + ", ".join(f"{n if n > 1 else ''}G = {_at(one)}" for n, one in enumerate(walk, 1)))
    return [*lines, "points: " + " ".join(_at(point) for point in points)]


def _told_addition(addition: Addition) -> list[str]:
    P, Q, chord = _at(addition.P), _at(addition.Q), addition.chord
    lines = [f"P = {P}, Q = {Q}"]
    if chord is None:
        return [*lines, "the line through them is vertical and meets no third point", "P + Q = infinity"]
    kind = "tangent at P" if P == Q else "line through P and Q"
    lines.append(f"the {kind} has slope {chord.slope} and meets the third point {_at(chord.third)}")
    return [*lines, f"mirrored: P + Q = {_at(chord.total)}"]


def equation(a: int, b: int) -> str:
    """y² = x³ + ax + b, with the terms that are there: "y² = x³ + 2x + 2", "y² = x³ + x"."""
    terms = ["x³"]
    if a:
        terms.append("x" if a == 1 else f"{a}x")
    if b:
        terms.append(str(b))
    return "y² = " + " + ".join(terms)


def _at(point: Pair) -> str:
    return f"({point[0]}, {point[1]})"


def _alt(lines: list[str]) -> str:
    """All but the long lists, which the twin has."""
    told = [line for line in lines[:-1] if not line.startswith("multiples: ")]
    numbered = ". The multiples of G are numbered" if len(told) < len(lines) - 1 else ""
    return f"Dots on a square grid. {'; '.join(told)}{numbered}."


def _draw_words(drawing: Drawing, lines: list[str]) -> None:
    """Everything but the list of points, which the picture shows."""
    x, y = _LEFT + _SIDE + 24.0, _TOP + 16.0
    width = drawing.width - x - 8
    y = drawing.paragraph(x, y, lines[0], width, "head") + 8
    for line in lines[1:-1]:
        y = drawing.paragraph(x, y, line, width, "small") + 8


@dataclass(frozen=True)
class Strength:
    """One row of NIST SP 800-57 Part 1 Rev. 5, Table 2: bits of security, and the smallest keys that give them.

    `curve` is the smallest key of the row's range; `example` names keys of this course that fall into the row.
    """

    bits: int
    rsa: int
    curve: int
    example: str


STRENGTHS = (
    Strength(112, 2048, 224, "RSA 2048"),
    Strength(128, 3072, 256, "P-256, RSA 3072"),
    Strength(192, 7680, 384, "P-384"),
    Strength(256, 15360, 512, "P-521"),
)


def security_levels() -> Picture:
    """Bars of RSA and curve key lengths for the same strength, in bits, to one scale."""
    drawing = Drawing(820)
    drawing.text(14, 26, "strength", "head")
    drawing.text(150, 26, "key length in bits, all to one scale", "head")
    y, scale = 44.0, 560 / STRENGTHS[-1].rsa
    for row in STRENGTHS:
        drawing.text(14, y + 18, f"{row.bits} bits", "head")
        drawing.paragraph(14, y + 36, row.example, 112, "label")
        for number, (name, length) in enumerate((("RSA", row.rsa), ("curve", row.curve))):
            top = y + 28 * number
            drawing.box(150, top, length * scale, 20, "quiet" if number == 0 else "strong")
            drawing.text(158 + length * scale, top + 15, f"{name} {length}", "small")
        y += 82
    drawing.text(14, y + 4, "NIST SP 800-57 Part 1 Rev. 5, Table 2", "label")
    lines = [
        f"{row.bits} bits of security: RSA {row.rsa}, curve {row.curve} ({row.rsa // row.curve} times shorter); "
        f"{row.example}"
        for row in STRENGTHS
    ]
    alt = f"Key lengths for the same strength as bars. {'. '.join(lines)}. From NIST SP 800-57 Part 1 Rev. 5, Table 2."
    return Picture(alt=alt, twin="\n".join([*lines, "NIST SP 800-57 Part 1 Rev. 5, Table 2"]), svg=str(drawing))


# Each step of the appendix, how it goes, and the question that a careless version forgets to ask.
QUESTIONS = (
    ("add two points", "a line, a third point, a mirror", "and if the line is vertical?"),
    ("multiply", "double and add", "are the steps the same for every key?"),
    ("agree: ECDH", "your key times their point", "where does their point lie?"),
    ("sign: ECDSA", "a point of its own each time", "which r and s are allowed?"),
)


def curves_in_depth() -> Picture:
    """Appendix a2: four steps, each with the question that must not be forgotten."""
    drawing = Drawing(820)
    for row, (step, how, question) in enumerate(QUESTIONS):
        y = 20 + row * 72
        drawing.box(34, y, 300, 46, "strong")
        drawing.text(46, y + 19, step, "head")
        drawing.text(46, y + 37, how, "small")
        drawing.line(f"M338 {y + 23} L396 {y + 23}", "line", arrow=True)
        drawing.box(400, y, 330, 46)
        drawing.text(565, y + 28, question, anchor="middle")
    lines = [f"{step} ({how}): {question}" for step, how, question in QUESTIONS]
    alt = f"Four steps on a curve and the question at each. {' '.join(lines)}"
    return Picture(alt=alt, twin="\n".join(lines), svg=str(drawing))
