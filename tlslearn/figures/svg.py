"""How is a diagram drawn so that it reads in a light and a dark theme, in grey, and without colour vision?

Sections: none.
Leaves out: layout. Each diagram places its own boxes.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Literal
from xml.etree import ElementTree

Kind = Literal["plain", "good", "bad", "missing", "quiet", "strong", "planned"]

# One style sheet. Colours from Okabe and Ito's palette; what they say is always said by a sign or a line as well.
_STYLE = """
text { font: 14px system-ui, 'DejaVu Sans', sans-serif; fill: #1b1b1b }
.small { font-size: 12px }
.label { font-size: 12px; fill: #565656 }
.head { font-size: 15px; font-weight: 600 }
.box { fill: #ffffff; stroke: #6b6b6b; stroke-width: 1.5 }
.good { fill: #e3f4ee; stroke: #007a5a; stroke-width: 2.5 }
.bad { fill: #fdebe1; stroke: #c04a00; stroke-width: 3 }
.missing { fill: none; stroke: #c04a00; stroke-width: 3; stroke-dasharray: 7 5 }
.quiet { fill: #f2f2f2; stroke: #b5b5b5; stroke-width: 1 }
.strong { fill: #e4eefb; stroke: #0059a3; stroke-width: 2.5 }
.planned { fill: #fafafa; stroke: #8a8a8a; stroke-width: 1.2; stroke-dasharray: 3 4 }
.line { stroke: #6b6b6b; stroke-width: 1.6; fill: none }
.way { stroke: #0059a3; stroke-width: 3.2; fill: none }
.broken { stroke: #c04a00; stroke-width: 2.4; stroke-dasharray: 6 5; fill: none }
.point { fill: #565656 }
.ring { fill: none; stroke: #6b6b6b; stroke-width: 1.6 }
.grid { stroke: #dcdcdc; stroke-width: 1; fill: none }
.trace { stroke: #0059a3; stroke-width: 1.3; stroke-dasharray: 5 3; fill: none }
.bar { fill: #0059a3 }
.plate { fill: #ffffff; fill-opacity: 0.85 }
@media (prefers-color-scheme: dark) {
text { fill: #e8e8e8 } .label { fill: #b8b8b8 }
.box { fill: #262626; stroke: #a8a8a8 } .good { fill: #10362b; stroke: #3cc39b }
.bad { fill: #45210c; stroke: #ff8f4a } .missing { stroke: #ff8f4a } .quiet { fill: #1c1c1c; stroke: #5c5c5c }
.strong { fill: #132c47; stroke: #6bb1f5 } .planned { fill: #1c1c1c; stroke: #8a8a8a }
.line { stroke: #a8a8a8 } .way { stroke: #6bb1f5 } .broken { stroke: #ff8f4a }
.point { fill: #b8b8b8 } .ring { stroke: #a8a8a8 } .grid { stroke: #333333 }
.trace { stroke: #6bb1f5 } .bar { fill: #6bb1f5 }
.plate { fill: #1c1c1c }
}
"""


class Drawing:
    """A small SVG image, in pixels, that grows downwards; `str()` is its source."""

    def __init__(self, width: int, height: int = 0, style: str = "") -> None:
        """`style` is what one drawing needs beyond the sheet that all share."""
        self.width, self.height = width, height
        self._root = ElementTree.Element("svg", xmlns="http://www.w3.org/2000/svg")
        ElementTree.SubElement(self._root, "style").text = _STYLE + style
        markers = ElementTree.SubElement(self._root, "defs")
        for name, kind in (("arrow", "line"), ("way-arrow", "way")):
            shape = {
                "id": name,
                "viewBox": "0 0 8 8",
                "refX": "7",
                "refY": "4",
                "markerWidth": "7",
                "markerHeight": "7",
            }
            marker = ElementTree.SubElement(
                markers, "marker", shape | {"orient": "auto", "markerUnits": "userSpaceOnUse"}
            )
            ElementTree.SubElement(marker, "path", {"d": "M1 1 L7 4 L1 7", "class": kind})

    def box(
        self, x: float, y: float, width: float, height: float, kind: str = "plain", *, behind: bool = False
    ) -> None:
        """`behind` puts it under what is drawn already, for a box as high as its text."""
        place = {"x": _n(x), "y": _n(y), "width": _n(width), "height": _n(height), "rx": "7"}
        rect = ElementTree.Element("rect", place | {"class": "box" if kind == "plain" else kind})
        self._root.insert(2 if behind else len(self._root), rect)  # after the style sheet and the arrows
        self._reach(y + height)

    def dot(self, x: float, y: float, radius: float, kind: str = "point") -> None:
        """A circle around (x, y)."""
        place = {"cx": _n(x), "cy": _n(y), "r": _n(radius), "class": kind}
        ElementTree.SubElement(self._root, "circle", place)
        self._reach(y + radius)

    def text(self, x: float, y: float, words: str, kind: str = "", anchor: str = "start") -> None:
        shape = {"x": _n(x), "y": _n(y), "text-anchor": anchor} | ({"class": kind} if kind else {})
        ElementTree.SubElement(self._root, "text", shape).text = words
        self._reach(y + 6)

    def letters(self, placed: Sequence[tuple[float, str]], y: float, kind: str) -> None:
        """Single letters on one line, each centred on its own x: one element, however many there are."""
        shape = {"x": " ".join(_n(x) for x, _ in placed), "y": _n(y), "text-anchor": "middle", "class": kind}
        ElementTree.SubElement(self._root, "text", shape).text = "".join(letter for _, letter in placed)
        self._reach(y + 6)

    def spread(self, x: float, y: float, words: str, step: float, kind: str) -> None:
        """Words of two characters, each in the middle of its cell of `step` pixels, whatever font there is."""
        pitch, glyph = step / 3, 7.2  # a word and the space after it are three characters
        start, length = x + (step - pitch - glyph) / 2, (len(words) - 1) * pitch + glyph
        shape = {"x": _n(start), "y": _n(y), "textLength": _n(length), "class": kind}
        ElementTree.SubElement(self._root, "text", shape).text = words
        self._reach(y + 6)

    def paragraph(self, x: float, y: float, words: str, width: float, kind: str = "", anchor: str = "start") -> float:
        """Text broken into lines that fit `width`; returns where the next line would stand."""
        size = {"small": 6.4, "label": 6.4, "head": 9.0}.get(kind, 7.4)
        for line in textwrap.wrap(words, max(int(width / size), 8)):
            self.text(x, y, line, kind, anchor)
            y += 16 if kind in ("small", "label") else 19
        return y

    def line(self, points: str, kind: str = "line", arrow: bool = False) -> None:
        """`points` is a path's data: "M10 10 L50 10"."""
        shape = {"d": points, "class": kind}
        if arrow:
            shape["marker-end"] = "url(#way-arrow)" if kind == "way" else "url(#arrow)"
        ElementTree.SubElement(self._root, "path", shape)

    def _reach(self, y: float) -> None:
        self.height = max(self.height, int(y) + 12)

    def __str__(self) -> str:
        self._root.set("viewBox", f"0 0 {self.width} {self.height}")
        self._root.set("width", str(self.width))
        self._root.set("height", str(self.height))
        return ElementTree.tostring(self._root, encoding="unicode")


def _n(number: float) -> str:
    """Numbers without a trailing .0, so that a drawing is the same bytes on every Python."""
    return f"{number:.1f}".removesuffix(".0")
