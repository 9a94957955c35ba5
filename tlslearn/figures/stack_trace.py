"""The stack trace for TLS as a picture: the chain, the broken link, the rule, what each end saw, and the fixes.

Sections: those of the diagnosis.
Leaves out: nothing; the twin is the diagnosis in words.
"""

from __future__ import annotations

from ..doctor.diagnosis import SIGNS, Diagnosis, Link
from .picture import Picture
from .svg import Drawing

_BOX = {"sound": "plain", "broken": "bad", "missing": "missing", "trusted": "good"}
_WIDTH, _ROW, _GAP = 820, 44, 20
_LONGEST = 34  # signs of a name that fit into its box; the twin has the whole


def stack_trace(diagnosis: Diagnosis) -> Picture:
    """Drawn from the diagnosis; the twin is its text."""
    drawing = Drawing(_WIDTH)
    y = drawing.paragraph(12, 26, f"{diagnosis.sign} {diagnosis.cause}", _WIDTH - 40, "head") + 2
    for number, link in enumerate(diagnosis.links):
        if number:
            _signed_by(drawing, y, broken="missing" in (link.state, diagnosis.links[number - 1].state))
            y += _GAP
        y = _link(drawing, link, y)
    y += 26
    for label, text in diagnosis.lines():
        drawing.text(12, y, label, "label")
        y = drawing.paragraph(112, y, text, _WIDTH - 130, "small") + 7
    return Picture(alt=f"Stack trace for TLS. {diagnosis.cause}", twin=str(diagnosis), svg=str(drawing))


def _link(drawing: Drawing, link: Link, y: float) -> float:
    drawing.box(12, y, 300, _ROW, _BOX[link.state])
    drawing.text(24, y + 17, link.role, "label")
    drawing.text(24, y + 35, link.name if len(link.name) <= _LONGEST else f"{link.name[:_LONGEST]}…")
    if SIGNS[link.state].strip():
        drawing.text(294, y + 28, SIGNS[link.state], "head", "middle")
    end = drawing.paragraph(328, y + 27, link.note, _WIDTH - 344, "small")
    return max(y + _ROW, end - 8)


def _signed_by(drawing: Drawing, y: float, *, broken: bool) -> None:
    drawing.line(f"M60 {y + 2:.0f} L60 {y + _GAP - 2:.0f}", "broken" if broken else "line", arrow=not broken)
    drawing.text(72, y + 15, "issued by", "label")
