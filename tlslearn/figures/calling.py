"""The picture at the head of notebook 08: what each end brings, and what the server asks before it acts.

Sections: RFC 9846 4.4.2 (certificate request), RFC 5280 6.1 (path validation).
Leaves out: in which order the two ends learn of it; that is the notebook's surprise.
"""

from __future__ import annotations

from .picture import Picture
from .svg import Drawing

# What each end has: which file, and what for.
ENDS = (
    ("the till calls", (("fullchain.pem and key.pem", "its own: to be known"), ("bank-root.pem", "to know the bank"))),
    (
        "the bank answers",
        (("fullchain.pem and key.pem", "its own: to be known"), ("callers.pem", "to know its callers")),
    ),
)
# The questions about the caller, in the order in which they are asked.
GATES = (
    (
        "Who is calling?",
        "the first question",
        ("a chain to my CA?", "for clients?", "in its time?", "not revoked?"),
    ),
    ("What may they do?", "the second question", ("is this name on my list?",)),
)


def who_is_calling() -> Picture:
    """Notebook 08: two certificates cross, and then two questions are asked about the caller."""
    drawing = Drawing(820)
    for column, (title, held) in enumerate(ENDS):
        x = 20 + column * 540
        drawing.text(x + 120, 26, title, "head", "middle")
        for row, (file, purpose) in enumerate(held):
            drawing.box(x, 44 + row * 60, 240, 48, "good" if row else "plain")
            drawing.text(x + 120, 64 + row * 60, file, anchor="middle")
            drawing.text(x + 120, 82 + row * 60, purpose, "label", "middle")
    drawing.line("M554 68 L266 128", "way", arrow=True)
    drawing.line("M266 68 L554 128", "way", arrow=True)
    drawing.text(410, 58, "each presents its chain and signs", "label", "middle")
    drawing.text(410, 152, "each checks the other's", "label", "middle")
    for row, (question, turn, asked) in enumerate(GATES):
        y = 176 + row * 62
        drawing.text(20, y + 22, question, "head")
        drawing.text(20, y + 40, turn, "label")
        for place, one in enumerate(asked):
            x = 200 + place * 153
            width = 146 if len(asked) > 1 else 190
            drawing.box(x, y, width, 46, "strong" if row else "plain")
            drawing.paragraph(x + width / 2, y + (28 if len(one) * 6.4 < width else 20), one, width, "small", "middle")
            if place:
                drawing.line(f"M{x - 6} {y + 23} L{x - 1} {y + 23}")
    drawing.line("M732 226 L732 261 L396 261", arrow=True)
    has = ". ".join(
        f"{title[:1].upper()}{title[1:]}, and has {' and '.join(f'{file} ({what_for})' for file, what_for in held)}"
        for title, held in ENDS
    )
    asks = " ".join(f"{question} {' '.join(asked)}" for question, _, asked in GATES)
    alt = f"{has}. Each presents its chain and signs, and checks the other's. About the caller: {asks}"
    return Picture(alt=alt, twin=alt, svg=str(drawing))
