"""The picture at the head of notebook 07: six steps from a failure to a fix that is proved, and what each end can tell.

Sections: RFC 9846 6.2 (alerts).
Leaves out: the failures themselves, which the notebook makes.
"""

from __future__ import annotations

from .picture import Picture
from .svg import Drawing

# Each step and its question. The third is the longest.
STEPS = (
    ("predict", "What will each end say?"),
    ("run", "One server, with one fault"),
    ("read", "What did each end see?"),
    ("name", "Which certificate, which check?"),
    ("fix", "At which end?"),
    ("prove", "Is the impostor still refused?"),
)
READ = 2
# What there is to read, where, and how it looks.
ENDS = (
    ("client", "an exception", "verify code, or reason", "box"),
    ("on the wire", "the chain as sent", "certificates, leaf first", "strong"),
    ("server", "a log", "an alert, or its own error", "box"),
)
_LEFT, _WIDE, _GAP = 8, 124, 12


def clinic() -> Picture:
    """Notebook 07: predict, run, read both ends, name the check, fix, prove."""
    drawing = Drawing(820)
    for number, (step, question) in enumerate(STEPS):
        x = _LEFT + number * (_WIDE + _GAP)
        drawing.box(x, 10, _WIDE, 84, "good" if number == len(STEPS) - 1 else "strong" if number == READ else "plain")
        drawing.text(x + _WIDE / 2, 34, f"{number + 1}  {step}", "head", "middle")
        drawing.paragraph(x + _WIDE / 2, 58, question, _WIDE - 8, "small", "middle")
        if number:
            drawing.line(f"M{x - _GAP} 52 L{x - 1} 52", arrow=True)
    read = _LEFT + READ * (_WIDE + _GAP) + _WIDE / 2
    for column, (end, what, how, kind) in enumerate(ENDS):
        x = _LEFT + column * 210
        drawing.line(f"M{read} 96 L{x + 95} 138", arrow=True)
        drawing.box(x, 142, 190, 78, "plain" if kind == "box" else kind)
        drawing.text(x + 95, 163, end, "label", "middle")
        drawing.text(x + 95, 185, what, "head", "middle")
        drawing.text(x + 95, 206, how, "small", "middle")
    steps = " ".join(f"{number}, {step}: {_ended(question)}" for number, (step, question) in enumerate(STEPS, 1))
    ends = "; ".join(f"{end}: {what} ({how})" for end, what, how, _ in ENDS)
    alt = f"Six steps. {steps} What there is to read in step {READ + 1}: {ends}."
    return Picture(alt=alt, twin=alt, svg=str(drawing))


def _ended(words: str) -> str:
    return words if words.endswith("?") else f"{words}."
