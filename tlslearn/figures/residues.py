"""Arithmetic on a clock, drawn: what multiplying does to the hours, and which rows of the times table hold a 1.

Sections: none.
Leaves out: the arithmetic of large numbers; it is the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import cos, gcd, pi, sin

from ..check import BadInput
from .picture import Picture
from .svg import Drawing

_RADIUS, _FIELD = 116, 330


def clocks(modulus: int, factors: Sequence[int]) -> Picture:
    """A clock of `modulus` hours for each factor; an arrow leads from every hour to its product with the factor.

    Raises BadInput for a modulus that cannot be drawn (2 to 24) or without a factor.
    """
    if not 2 <= modulus <= 24 or not factors:
        raise BadInput(
            "cannot be drawn as clocks", value=(modulus, list(factors)), fix="Use 2 to 24 hours, one factor."
        )
    drawing = Drawing(max(_FIELD * len(factors), 400))
    lines = []
    for number, factor in enumerate(factors):
        middle = number * _FIELD + _FIELD / 2
        _clock(drawing, modulus, factor, middle)
        images = [factor * hour % modulus for hour in range(modulus)]
        hit = sorted(set(images))
        every = "every hour once" if len(hit) == modulus else f"only {', '.join(map(str, hit))}"
        drawing.text(middle, 344, f"times {factor}: {every}", "small", "middle")
        lines.append(f"times {factor} modulo {modulus}: {' '.join(map(str, images))} ({every})")
    alt = f"Clocks of {modulus} hours. An arrow leads from each hour to its product. {'; '.join(lines)}."
    return Picture(alt=alt, twin="\n".join(lines), svg=str(drawing))


def _clock(drawing: Drawing, modulus: int, factor: int, middle: float) -> None:
    def at(hour: float, radius: float) -> str:
        angle = 2 * pi * hour / modulus - pi / 2
        return f"{middle + radius * cos(angle):.1f} {178 + radius * sin(angle):.1f}"

    drawing.text(middle, 22, f"times {factor}, modulo {modulus}", "head", "middle")
    for hour in range(modulus):
        image = factor * hour % modulus
        if image != hour:
            # Bent to one side, so that an arrow there and one back lie side by side.
            bend = at((hour + image) / 2 if abs(hour - image) * 2 <= modulus else (hour + image + modulus) / 2, 14)
            drawing.line(f"M{at(hour, _RADIUS)} Q{bend} {at(image, _RADIUS - 4)}", "line", arrow=True)
        else:
            x, y = map(float, at(hour, _RADIUS - 12).split())
            drawing.dot(x, y, 6, "ring")
        x, y = map(float, at(hour, _RADIUS + 16).split())
        drawing.text(x, y + 5, str(hour), anchor="middle")


def times_table(modulus: int) -> Picture:
    """The times table modulo `modulus`, without the row of 0; a product of 1 is marked: row and column are inverses.

    Raises BadInput for a modulus that cannot be drawn (2 to 16).
    """
    if not 2 <= modulus <= 16:
        raise BadInput("cannot be drawn as a table", value=modulus, fix="Use 2 to 16.")
    drawing, cell, left = Drawing(max(modulus * 40 + 330, 480)), 36, 60
    for a in range(1, modulus):
        drawing.text(left + (a - 0.5) * cell, 26, str(a), "head", "middle")
        drawing.text(left - 18, 36 + (a - 0.3) * cell, str(a), "head", "middle")
        for b in range(1, modulus):
            product = a * b % modulus
            kind = "good" if product == 1 else "quiet" if product == 0 else "plain"
            drawing.box(left + (b - 1) * cell + 2, 34 + (a - 1) * cell + 2, cell - 4, cell - 4, kind)
            drawing.text(left + (b - 0.5) * cell, 36 + (a - 0.3) * cell, str(product), anchor="middle")
    inverses = {a: pow(a, -1, modulus) for a in range(1, modulus) if gcd(a, modulus) == 1}
    none = [a for a in range(1, modulus) if a not in inverses]
    y = drawing.paragraph(
        left + modulus * cell, 60, "Green: the product is 1, row and column are inverses.", 230, "small"
    )
    if none:
        words = f"Rows without a 1: {', '.join(map(str, none))}. Each shares a factor with {modulus}."
        drawing.paragraph(left + modulus * cell, y + 10, words, 230, "small")
    pairs = ", ".join(f"{a}·{b}" for a, b in inverses.items() if a <= b)
    twin = f"Products of 1 modulo {modulus}: {pairs}\nRows without a 1: {', '.join(map(str, none)) or 'none'}"
    return Picture(alt=f"Times table modulo {modulus}. {'. '.join(twin.splitlines())}.", twin=twin, svg=str(drawing))
