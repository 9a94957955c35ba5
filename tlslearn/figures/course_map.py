"""Where am I in the course, and which way leads on? Every notebook as a box, drawn from the table of contents.

Sections: none.
Leaves out: what was solved in a notebook; the caller says how far each one is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from .picture import Picture
from .svg import Drawing

_WIDTH, _HEIGHT, _ACROSS, _DOWN = 148, 74, 38, 16


class Stop(Protocol):
    """What is needed of a notebook."""

    @property
    def number(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def after(self) -> tuple[str, ...]: ...
    @property
    def short_path(self) -> bool: ...


def course_map(stops: Sequence[Stop], *, here: Sequence[str], done: Mapping[str, tuple[int, int]]) -> Picture:
    """The notebooks, left to right in the order one can take them; `here` are the numbers of those that exist, `done`
    how many exercises of how many are solved in each."""
    columns = _columns(stops)
    places = {
        stop.number: (14 + column * (_WIDTH + _ACROSS), 62 + row * (_HEIGHT + _DOWN))
        for column, rows in enumerate(columns)
        for row, stop in enumerate(rows)
    }
    drawing = Drawing(14 * 2 + len(columns) * (_WIDTH + _ACROSS) - _ACROSS)
    drawing.text(14, 26, "The course", "head")
    drawing.line("M14 42 L54 42", "way")
    drawing.text(62, 46, "the way for 90 minutes", "label")
    drawing.line("M230 42 L270 42", "line")
    drawing.text(278, 46, "comes before", "label")
    drawing.box(384, 34, 40, 15, "planned")
    drawing.text(432, 46, "in preparation", "label")
    for stop in stops:
        for before in stop.after:
            short = stop.short_path and next(one for one in stops if one.number == before).short_path
            _way(drawing, places[before], places[stop.number], short)
    for stop in stops:
        _stop(drawing, stop, places[stop.number], here, done)
    words = ", then ".join(stop.number for stop in stops if stop.short_path)
    alt = f"Map of the course: {len(stops)} notebooks, {len(here)} of them ready. The way for 90 minutes is {words}."
    return Picture(alt=alt, twin=_twin(stops, here, done), svg=str(drawing))


def _columns(stops: Sequence[Stop]) -> list[list[Stop]]:
    """A notebook stands one column to the right of the last one it needs; the short path comes first in a column."""
    depth: dict[str, int] = {}
    for stop in stops:  # a notebook never comes before one it needs: a test of the table sees to that
        depth[stop.number] = 1 + max((depth[before] for before in stop.after), default=-1)
    columns: list[list[Stop]] = [[] for _ in range(max(depth.values()) + 1)]
    for stop in sorted(stops, key=lambda one: not one.short_path):
        columns[depth[stop.number]].append(stop)
    return columns


def _way(drawing: Drawing, start: tuple[int, int], end: tuple[int, int], short: bool) -> None:
    x, y = start[0] + _WIDTH, start[1] + _HEIGHT // 2
    to_x, to_y = end[0] - 3, end[1] + _HEIGHT // 2
    bend = min(40, (to_x - x) // 2)
    curve = f"M{x} {y} C{x + bend} {y} {to_x - bend} {to_y} {to_x} {to_y}"
    drawing.line(curve, "way" if short else "line", arrow=True)


def _stop(
    drawing: Drawing, stop: Stop, place: tuple[int, int], here: Sequence[str], done: Mapping[str, tuple[int, int]]
) -> None:
    x, y = place
    solved, total = done.get(stop.number, (0, 0))
    ready = stop.number in here
    kind = "planned" if not ready else "good" if total and solved == total else "strong" if stop.short_path else "plain"
    drawing.box(x, y, _WIDTH, _HEIGHT, kind)
    drawing.text(x + 9, y + 17, stop.number, "head")
    if total:
        drawing.text(x + _WIDTH - 9, y + 17, f"{solved} of {total} solved", "label", "end")
    drawing.paragraph(x + 9, y + 33, stop.title.removeprefix("Appendix: "), _WIDTH - 8, "small")


def _twin(stops: Sequence[Stop], here: Sequence[str], done: Mapping[str, tuple[int, int]]) -> str:
    lines = ["The course (* the way for 90 minutes, - in preparation)"]
    for stop in stops:
        mark = "*" if stop.short_path else " "
        ready = " " if stop.number in here else "-"
        after = f"after {', '.join(stop.after)}" if stop.after else "first"
        solved, total = done.get(stop.number, (0, 0))
        counted = f"; {solved} of {total} solved" if total else ""
        lines.append(f"{mark}{ready} {stop.number}  {stop.title} ({after}{counted})")
    return "\n".join(lines)
