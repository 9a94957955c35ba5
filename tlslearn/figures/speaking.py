"""The picture at the head of notebook 10: the steps of a client, and whom each of its three checks stops.

Sections: RFC 9846 2 (handshake), 4.5 (authentication messages).
Leaves out: the bytes and the keys, which are notebook 09's.
"""

from __future__ import annotations

from .picture import Picture
from .svg import Drawing

STEPS = ("write a ClientHello", "read the answer", "derive keys", "verify the server", "get a page")
# What the server sends, what the client asks of it, and who has no answer.
CHECKS = (
    ("Certificate", "Whose key is it?", "a stranger with its own chain"),
    ("CertificateVerify", "Is its holder here, now?", "who has copied the chain"),
    ("Finished", "Have both seen the same?", "a server with a wrong Finished"),
)
_COLUMNS = (120, 390, 675)


def three_checks() -> Picture:
    """Notebook 10: five steps in a row; the fourth opened, one line a check."""
    drawing = Drawing(820)
    for place, step in enumerate(STEPS):
        x = 8 + place * 164
        drawing.box(x, 14, 140, 44, "strong" if place == 3 else "plain")
        drawing.text(x + 70, 41, step, "small", "middle")
        if place:
            drawing.line(f"M{x - 22} 36 L{x - 3} 36", arrow=True)
    drawing.line("M570 60 L570 84", "way", arrow=True)
    for x, head in zip(_COLUMNS, ("the server sends", "the client asks", "left out, this one walks in"), strict=True):
        drawing.text(x, 108, head, "head", "middle")
    for row, (message, question, stopped) in enumerate(CHECKS):
        y = 122 + row * 54
        for x, wide, words, kind in zip(
            _COLUMNS, (200, 240, 260), (message, question, stopped), ("plain", "good", "bad"), strict=True
        ):
            drawing.box(x - wide / 2, y, wide, 42, kind)
            drawing.text(x, y + 26, words, anchor="middle")
        drawing.line(f"M222 {y + 21} L266 {y + 21}", arrow=True)
        drawing.line(f"M512 {y + 21} L541 {y + 21}")
    told = " ".join(f"{message}: {question} Left out, {stopped} walks in." for message, question, stopped in CHECKS)
    alt = f"The steps of a client: {', '.join(STEPS)}. The server is verified by three messages. {told}"
    return Picture(alt=alt, twin=alt, svg=str(drawing))
