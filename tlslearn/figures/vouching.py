"""What does an authority decide about a request, and which verifier refuses what?

Sections: RFC 2986 3 (the request), RFC 5280 4.2.1 (extensions).
Leaves out: how a chain is judged; the verdicts are given.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence

from ..check import BadInput
from .picture import Picture
from .svg import Drawing

# What stands in a request, the question that an authority asks about it, and what becomes of it.
REQUEST = (
    ("signature", "made with the key below?", "checked, not copied", "plain"),
    ("public key", "strong enough?", "copied", "good"),
    ("names", "within your policy?", "copied", "good"),
    ("CA:TRUE, other wishes", "whose decision is that?", "✗ yours: not copied", "missing"),
)
CHAIN = (("root certificate", "signs CAs alone"), ("issuing CA", "no CA below it, perhaps names"))
WRITTEN = ("key and names: copied", "CA:FALSE, purpose, dates,", "serial number: written by you")


def becoming_an_authority() -> Picture:
    """Notebook 04: what comes in from a stranger, what is asked, and what goes out."""
    drawing = Drawing(820)
    drawing.text(113, 26, "a stranger's request", "head", "middle")
    drawing.text(384, 26, "you ask", "head", "middle")
    drawing.text(690, 26, "your chain", "head", "middle")
    for row, (part, question, fate, kind) in enumerate(REQUEST):
        y = 44 + row * 58
        drawing.box(14, y, 198, 44, kind)
        drawing.text(113, y + 27, part, anchor="middle")
        drawing.line(f"M216 {y + 22} L280 {y + 22}", arrow=True)
        drawing.text(384, y + 19, question, anchor="middle")
        drawing.text(384, y + 36, fate, "label", "middle")
        if fate == "copied":
            drawing.line(f"M482 {y + 22} C540 {y + 22} 520 222 572 222", "way", arrow=True)
    for row, (name, limit) in enumerate(CHAIN):
        y = 44 + row * 68
        drawing.box(580, y, 220, 46, "strong")
        drawing.text(690, y + 20, name, anchor="middle")
        drawing.text(690, y + 37, limit, "label", "middle")
        drawing.line(f"M690 {y + 48} L690 {y + 65}", arrow=True)
        drawing.text(700, y + 62, "signs", "label")
    drawing.box(580, 180, 220, 82)
    drawing.text(690, 202, "leaf certificate", anchor="middle")
    for row, line in enumerate(WRITTEN):
        drawing.text(690, 221 + row * 16, line, "label", "middle")
    asked = ". ".join(f"{part}: {question} {fate.removeprefix('✗ ')}" for part, question, fate, _ in REQUEST)
    chain = "; ".join(f"{name}: {limit}" for name, limit in CHAIN)
    alt = f"A request comes to an authority. {asked}. The authority's chain: {chain}; leaf: {' '.join(WRITTEN)}."
    return Picture(alt=alt, twin=alt, svg=str(drawing))


LONGEST_LABEL = 42  # characters that fit before the columns; the twin has all of them


def verdicts(rows: Mapping[str, Sequence[str]], judges: Sequence[str], *, title: str) -> Picture:
    """A table of verdicts: a row a chain, a column a judge; "" where a judge accepts, else a word on why not.

    Rows on which the judges disagree are marked. Raises BadInput for a row that has not one verdict for each judge.
    """
    for label, found in rows.items():
        if len(found) != len(judges):
            raise BadInput("not one verdict for each judge", value=label, fix=f"Give {len(judges)}.")
    signs = {label: [f"✗ {why}" if why else "✓" for why in found] for label, found in rows.items()}
    split = [label for label, found in rows.items() if len({bool(why) for why in found}) > 1]
    left, across = 356, (806 - 356) / len(judges)
    drawing = Drawing(820)
    drawing.text(14, 26, title, "head")
    for column, judge in enumerate(judges):
        drawing.text(left + (column + 0.5) * across, 48, judge, "small", "middle")
    for row, (label, found) in enumerate(signs.items()):
        y = 60 + row * 30
        drawing.text(14, y + 19, "≠" if label in split else "", "head")
        drawing.text(34, y + 19, textwrap.shorten(label, LONGEST_LABEL, placeholder=" …"))
        for column, sign in enumerate(found):
            drawing.box(left + column * across + 4, y, across - 8, 26, "good" if sign == "✓" else "bad")
            drawing.text(left + (column + 0.5) * across, y + 18, sign, "small", "middle")
    lines = [("", title, *judges)]
    lines += [("≠" if label in split else "", label, *found) for label, found in signs.items()]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    twin = "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in lines)
    alt = f"Table of verdicts: {title}. {len(rows)} chains, {len(judges)} judges. They disagree on {len(split)}"
    alt += f": {'; '.join(split)}." if split else "."
    return Picture(alt=alt, twin=twin, svg=str(drawing))
