"""Which byte belongs to what? A certificate, a key file or a message laid out in rows, coloured and lettered by field.

Sections: none.
Leaves out: finding the fields; `der` gives their places, and so does whoever reads another format.
"""

from __future__ import annotations

import string
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from ..check import BadInput
from .picture import Picture
from .svg import Drawing

Field = tuple[int, int, str]  # first byte, first byte after it, label; "" is drawn grey, as is what no field covers

MOST_BYTES, MOST_COLUMNS = 8192, 128
LETTERS = string.ascii_uppercase + string.ascii_lowercase + string.digits
_LEFT, _WIDTH, _WIDEST_CELL, _NARROWEST_WITH_HEX = 44, 820, 26, 22
_NARROWEST_WITH_TAG = 9

# Okabe and Ito's colours, thinned until text on them reads; there are more labels than colours, hence the letters.
TINTS = ("fbdfa6", "c6e4f7", "b4e2d4", "f6f0a0", "b3cfe8", "f3c8a6", "edcfe0", "d9d2c5")
_DARK = ("5c4000", "1d4b66", "0b4d3a", "55510c", "14365c", "622d06", "55304a", "46402f")
STYLE = (
    "path { stroke: #fff; stroke-width: 1.5 } .rest { fill: #e4e4e4 }"
    + "".join(f" .f{number} {{ fill: #{colour} }}" for number, colour in enumerate(TINTS))
    + " .hex { font: 12px 'DejaVu Sans Mono', Menlo, Consolas, monospace } .tag { font-size: 11px; font-weight: 700 }"
    + " @media (prefers-color-scheme: dark) { path { stroke: #111 } .rest { fill: #3a3a3a }"
    + "".join(f" .f{number} {{ fill: #{colour} }}" for number, colour in enumerate(_DARK))
    + " }"
)


def byte_map(
    data: bytes,
    fields: Sequence[Field],
    *,
    title: str,
    note: str = "",
    columns: int = 32,
    exact: bool = True,
    rest: str = "in no field",
    order: Sequence[str] = (),
) -> Picture:
    """The bytes in rows of `columns`, each run of a field in the colour and under the letter of its label.

    `fields` are (start, end, label), half-open, in order and without overlap; equal labels look alike, what is left
    between is grey and called `rest`. Hexadecimal is shown where a cell has room for it, up to 34 columns. The twin has
    a line a field; with `exact=False`, for data that differs from run to run, a line a label with a rough share of the
    bytes. Labels stand in legend and twin as they first occur, after those that `order` names.
    Raises BadInput for a field that is empty, overlaps or leaves the data, and for more than can be drawn.
    """
    _refuse_what_cannot_be_drawn(data, fields, columns)
    used = dict.fromkeys(label for _, _, label in fields if label)
    labels = list(dict.fromkeys([*(label for label in order if label in used), *used]))
    if len(labels) > len(LETTERS):
        raise BadInput("too many labels to tell apart", value=len(labels), fix=f"Use {len(LETTERS)} at most.")
    owner = _owner_of_each_byte(len(data), fields)
    looks = _looks(owner, labels)
    drawing = Drawing(_WIDTH, style=STYLE)
    drawing.text(8, 24, title, "head")
    y = drawing.paragraph(8, 44, note, _WIDTH - 16, "label") if note else 32.0
    bottom = _draw_rows(drawing, data, owner, looks, columns, y)
    _draw_legend(drawing, owner, looks, bottom + 14, rest)
    head = f"{title}, {_counted(len(data))}" if exact else title
    told = _totals(owner, labels, rest) if exact else _shares(owner, labels, rest)
    twin = "\n  ".join([head, *(_exact(fields, owner, rest) if exact else told)])
    return Picture(alt=f"Map of bytes. {head}. {'; '.join(told)}.", twin=twin, svg=str(drawing), varies=not exact)


def _refuse_what_cannot_be_drawn(data: bytes, fields: Sequence[Field], columns: int) -> None:
    if not 0 < len(data) <= MOST_BYTES:
        raise BadInput("cannot be drawn byte by byte", value=len(data), fix=f"Give 1 to {MOST_BYTES} bytes.")
    if not 1 <= columns <= MOST_COLUMNS:
        raise BadInput("no such number of columns", value=columns, fix=f"Use 1 to {MOST_COLUMNS}.")
    reached = 0
    for field in fields:
        start, end, _ = field
        if not reached <= start < end <= len(data):
            fix = f"Give (start, end, label) in order: this one within {reached} and {len(data)}, and not empty."
            raise BadInput("no place for this field", value=field, fix=fix)
        reached = end


def _owner_of_each_byte(size: int, fields: Sequence[Field]) -> list[str]:
    owner = [""] * size
    for start, end, label in fields:
        owner[start:end] = [label] * (end - start)
    return owner


def _exact(fields: Sequence[Field], owner: Sequence[str], rest: str) -> list[str]:
    lines = [f"byte {start}: {label or rest}, {_counted(end - start)}" for start, end, label in fields]
    between = len(owner) - sum(end - start for start, end, _ in fields)
    return lines + ([f"{rest}: {_counted(between)}"] if between else [])


def _totals(owner: Sequence[str], labels: Sequence[str], rest: str) -> list[str]:
    return [f"{label or rest}: {_counted(owner.count(label))}" for label in (*labels, "") if label in owner]


def _shares(owner: Sequence[str], labels: Sequence[str], rest: str) -> list[str]:
    """So coarse that a signature which is two bytes longer does not move them."""
    parts = {label or rest: owner.count(label) / len(owner) for label in (*labels, "") if label in owner}
    return [f"{label}: {share(part)} of the bytes" for label, part in parts.items()]


def share(part: float) -> str:
    return "over half" if part > 1 / 2 else "over an eighth" if part > 1 / 8 else "under an eighth"


def _counted(count: int) -> str:
    return f"{count} byte" if count == 1 else f"{count} bytes"


def _runs(owner: Sequence[str], columns: int) -> Iterator[tuple[int, int, int, str]]:
    """(row, first column, length, label) of each run of bytes with one owner that stands in one row."""
    for row, start in enumerate(range(0, len(owner), columns)):
        column = 0
        for label, bytes_ in groupby(owner[start : start + columns]):
            length = sum(1 for _ in bytes_)
            yield row, column, length, label
            column += length


@dataclass(frozen=True)
class _Look:
    letter: str
    kind: str  # a class of STYLE


def _looks(owner: Sequence[str], labels: Sequence[str]) -> dict[str, _Look]:
    """A letter for each label, and a colour that no label beside it has, as long as there are colours."""
    beside: dict[str, set[str]] = {label: set() for label in (*labels, "")}
    for one, other in pairwise(owner):
        beside[one].add(other)
        beside[other].add(one)
    looks = {"": _Look("", "rest")}
    for number, label in enumerate(labels):
        taken = {looks[other].kind for other in beside[label] if other in looks and other != label}
        kinds = [f"f{(number + more) % len(TINTS)}" for more in range(len(TINTS))]
        looks[label] = _Look(LETTERS[number], next((kind for kind in kinds if kind not in taken), kinds[0]))
    return looks


def _draw_rows(
    drawing: Drawing, data: bytes, owner: Sequence[str], looks: Mapping[str, _Look], columns: int, y: float
) -> float:
    """Draws all rows from `y` down; returns where they end. One path a label, one text a row: it has to stay small."""
    cell = min((_WIDTH - _LEFT - 8) // columns, _WIDEST_CELL)
    with_hex = cell >= _NARROWEST_WITH_HEX
    height, tag_at = (32, 27) if with_hex else (17, 13)
    paths: dict[str, list[str]] = {label: [] for label in looks}
    tags: dict[int, list[tuple[float, str]]] = {}
    for row, column, length, label in _runs(owner, columns):
        x, wide = _LEFT + column * cell, length * cell
        paths[label].append(f"M{x} {y + row * height:.0f}h{wide}v{height}h-{wide}z")
        if label and wide >= _NARROWEST_WITH_TAG:
            middle = x + (cell if with_hex else wide) / 2
            tags.setdefault(row, []).append((middle, looks[label].letter))
    for label, pieces in paths.items():
        if pieces:
            drawing.line("".join(pieces), looks[label].kind)
    for row, start in enumerate(range(0, len(data), columns)):
        top = y + row * height
        if with_hex or row % 4 == 0:
            drawing.text(_LEFT - 8, top + 14, str(start), "label", "end")
        if with_hex:
            drawing.spread(_LEFT, top + 14, data[start : start + columns].hex(" "), cell, "hex")
        if row in tags:
            drawing.letters(tags[row], top + tag_at, "tag")
    return y + -(-len(data) // columns) * height


def _draw_legend(drawing: Drawing, owner: Sequence[str], looks: Mapping[str, _Look], y: float, rest: str) -> None:
    """The labels with their counts, in as many columns as the longest leaves room for."""
    shown = sorted((label for label in looks if label in owner), key=lambda label: not label)  # the grey one last
    words = [f"{_shortened(label or rest)}, {_counted(owner.count(label))}" for label in shown]
    across = min(max((_WIDTH - 16) // (44 + 7 * max(map(len, words))), 1), 4)
    wide, rows = (_WIDTH - 16) // across, -(-len(words) // across)
    for number, (label, text) in enumerate(zip(shown, words, strict=True)):
        x, top = 8 + number // rows * wide, y + number % rows * 24
        drawing.line(f"M{x} {top:.0f}h26v18h-26z", looks[label].kind)
        if label:
            drawing.letters([(x + 13, looks[label].letter)], top + 13, "tag")
        drawing.text(x + 34, top + 14, text, "small")


def _shortened(label: str) -> str:
    return label if len(label) <= 90 else f"{label[:88]}…"
