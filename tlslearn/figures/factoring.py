"""RSA in pictures: where a key breaks, why Pollard's walk looks like a rho, and how its work grows with the key.

Sections: Pollard, A Monte Carlo method for factorization, BIT 15 (1975).
Leaves out: better methods, such as the number field sieve, and security levels.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from math import cos, log10, pi, sin

from ..check import BadInput
from .picture import Picture
from .svg import Drawing

# From the first random bit to an answer over the network: what stands there, and what breaks it.
RSA_STAGES = {
    "random bits": "are there enough of them?",
    "primes p and q": "can a composite pass the test?",
    "key n = p · q": "is n long enough?",
    "padding": "does the check read all of it?",
    "answer": "what does an error tell?",
}

TODAY = (2048, 3072, 4096)  # bits of the moduli that certificates have now
MOST_NODES = 28  # a longer walk cannot be read in the drawing


def rsa_in_depth() -> Picture:
    """Appendix a1: five stages of a key's life, and the question at each."""
    drawing, across = Drawing(820), 163
    for column, (stage, fault) in enumerate(RSA_STAGES.items()):
        x = 6 + column * across
        drawing.box(x, 14, across - 26, 46, "strong")
        drawing.text(x + (across - 26) / 2, 42, stage, anchor="middle")
        if column:
            drawing.line(f"M{x - 24} 37 L{x - 3} 37", "way", arrow=True)
        drawing.line(f"M{x + (across - 26) / 2} 100 L{x + (across - 26) / 2} 66", "broken", arrow=True)
        drawing.box(x, 104, across - 26, 92, "bad")
        drawing.paragraph(x + 9, 126, fault, across - 42, "small")
    lines = [f"{stage}: {fault}" for stage, fault in RSA_STAGES.items()]
    alt = f"Five stages of RSA and the question at each. {'. '.join(lines)}."
    return Picture(alt=alt, twin="\n".join(lines), svg=str(drawing))


def pollards_rho(modulus: int, start: int = 2, c: int = 1) -> Picture:
    """The walk x -> x*x + c modulo `modulus`, drawn: a tail that leads into a loop, as in the letter rho.

    Raises BadInput for a modulus below 2 and for a walk of more nodes than can be read (28).
    """
    from ..publickey.factoring import rho_sequence, tail_and_loop  # here, so that other pictures load without it

    tail, loop = tail_and_loop(rho_sequence(modulus, start, c))
    if len(tail) + len(loop) > MOST_NODES:
        walk = f"{len(tail) + len(loop)} numbers"
        raise BadInput("the walk is too long to draw", value=walk, fix="Take a smaller modulus, or another start.")
    drawing = Drawing(480)
    radius = max(70, 9 * len(loop))
    middle = (300.0, radius + 34.0)
    # The loop is entered at the lower left; from there it runs clockwise, as one would write the letter.
    entry = [_on_circle(middle, radius, 0.375 + i / len(loop)) for i in range(len(loop))]
    down = [(entry[0][0] - 8 * i, entry[0][1] + 43 * i) for i in range(len(tail), 0, -1)]
    _walk(drawing, [*zip(tail, down, strict=True), *zip(loop, entry, strict=True)], entry[0])
    drawing.text(middle[0], middle[1] + 5, f"loop of {len(loop)}", "label", "middle")
    if tail:
        drawing.text(down[0][0] + 26, down[0][1] + 5, f"start; tail of {len(tail)}", "label")
    twin = "\n".join(
        [
            f"x → x·x + {c} modulo {modulus}, from {start}",
            f"tail of {len(tail)}: {' '.join(map(str, tail)) or 'none'}",
            f"loop of {len(loop)}: {' '.join(map(str, loop))}",
        ]
    )
    alt = f"A walk in the shape of the letter rho. {'. '.join(twin.splitlines())}."
    return Picture(alt=alt, twin=twin, svg=str(drawing))


def _on_circle(middle: tuple[float, float], radius: float, turn: float) -> tuple[float, float]:
    """The point after that part of a full turn, clockwise from the right."""
    return middle[0] + radius * cos(2 * pi * turn), middle[1] + radius * sin(2 * pi * turn)


def _walk(drawing: Drawing, nodes: Sequence[tuple[int, tuple[float, float]]], entry: tuple[float, float]) -> None:
    """Numbers in boxes, an arrow from each to the next, and from the last back to where the loop begins."""
    places = [place for _, place in nodes]
    for (x1, y1), (x2, y2) in zip(places, [*places[1:], entry], strict=True):
        length = max(((x2 - x1) ** 2 + (y2 - y1) ** 2) ** 0.5, 1)
        dx, dy = (x2 - x1) / length, (y2 - y1) / length
        drawing.line(
            f"M{x1 + 15 * dx:.1f} {y1 + 15 * dy:.1f} L{x2 - 17 * dx:.1f} {y2 - 17 * dy:.1f}", "way", arrow=True
        )
    for number, (x, y) in nodes:
        drawing.box(x - 15, y - 13, 30, 26)
        drawing.text(x, y + 4, str(number), "small", "middle")


def factoring_cost(counted: Mapping[int, int], today: Sequence[int] = TODAY) -> Picture:
    """Steps of Pollard's rho against the bits of the modulus, on a log scale, with the key sizes of `today`.

    `counted` maps bits to steps that were really taken. The line is the fourth root of the modulus, 2**(bits/4).
    Raises BadInput without at least two sizes, or for counts below 1.
    """
    if len(counted) < 2 or min(counted.values()) < 1 or min(counted) < 2:
        raise BadInput("nothing to draw", value=dict(counted), fix="Give at least two sizes, each with its steps.")
    sizes = sorted(counted)
    lines = [
        "Steps of Pollard's rho, counted: " + " · ".join(f"{bits} bits {counted[bits]:,}" for bits in sizes),
        "Fourth root of the modulus, far to the right: "
        + " · ".join(f"{bits} bits {_power_of_ten(bits)}" for bits in today),
    ]
    alt = f"Chart of the work to take an RSA modulus apart, log scale. {'. '.join(lines)}."
    return Picture(alt=alt, twin="\n".join(lines), png=_draw_cost(counted, sizes, today))


def _log_steps(bits: int) -> float:
    """The power of ten of the expected steps; the steps themselves are too large for a float."""
    return bits / 4 * log10(2)


def _power_of_ten(bits: int) -> str:
    return f"about 10^{_log_steps(bits):.0f}"


def _draw_cost(counted: Mapping[int, int], sizes: Sequence[int], today: Sequence[int]) -> bytes:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8.2, 4.4), dpi=110, layout="constrained")
    FigureCanvasAgg(figure)
    axis = figure.subplots()
    near = axis.inset_axes((0.09, 0.52, 0.33, 0.42))
    powers = [log10(counted[bits]) for bits in sizes]
    far = max([*today, *sizes])
    for panel, end in ((axis, far), (near, sizes[-1] + 8)):
        panel.plot([0, end], [0, _log_steps(end)], color="#6b6b6b", linestyle="--", linewidth=1.2)
        panel.plot(sizes, powers, "o", color="#0072B2", markersize=5)
        panel.yaxis.set_major_formatter(lambda power, _: f"$10^{{{power:.0f}}}$")
        for side in ("top", "right"):
            panel.spines[side].set_visible(False)
    near.set_title("the corner at the lower left", fontsize=9)
    near.set_xticks(sizes)
    near.tick_params(labelsize=8)
    for bits in today:
        power = _log_steps(bits)
        axis.plot([bits, bits], [0, power], color="#D55E00", linestyle=":", linewidth=1.4)
        axis.plot([bits], [power], "D", color="#D55E00", markersize=6)
        axis.annotate(f"$10^{{{power:.0f}}}$", (bits, power), (-8, 4), textcoords="offset points", ha="right")
    axis.set_xticks([0, 1024, *today])
    axis.set_xlabel("bits of the modulus")
    axis.set_ylabel("steps")
    axis.set_title("Dots: counted. Dashed: the fourth root of the modulus. Diamonds: keys of today.", fontsize=10)
    out = io.BytesIO()
    figure.savefig(out, format="png", metadata={"Software": None})
    return out.getvalue()
