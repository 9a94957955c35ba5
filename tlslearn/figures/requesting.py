"""The picture at the head of notebook 03: what stays with its owner, what travels, what comes back.

Sections: RFC 2986 3 (certification request).
Leaves out: how the CA finds out whose the name is; that is notebook 11.
"""

from __future__ import annotations

from .picture import Picture
from .svg import Drawing

# What each of the two papers holds, line by line, in the order in which they travel.
PAPERS = (
    ("request", ("public key", "names", "signed with the private key")),
    ("certificate", ("the same public key", "names that the CA confirmed", "signed by the CA")),
)
# What the CA asks, and who can answer.
QUESTIONS = (
    ("Did the private key sign this?", "yes", "the signature says so"),
    ("Are the names the sender's?", "", "the request cannot say"),
)


def key_stays() -> Picture:
    """Notebook 03: the private key stays, the request travels, the certificate comes back."""
    drawing = Drawing(820)
    drawing.text(120, 26, "bookshop", "head", "middle")
    drawing.text(690, 26, "CA", "head", "middle")
    drawing.box(20, 44, 200, 72, "good")
    drawing.text(120, 70, "private key", anchor="middle")
    drawing.text(120, 90, "a file with mode 0600", "label", "middle")
    drawing.text(120, 106, "it never travels", "label", "middle")
    for row, (paper, lines) in enumerate(PAPERS):
        y = 44 + row * 118
        drawing.box(300, y, 220, 94, "strong" if row else "plain")
        drawing.text(410, y + 24, paper, "head", "middle")
        for number, line in enumerate(lines):
            drawing.text(410, y + 46 + 18 * number, line, "small", "middle")
        there = y + 47
        drawing.line(f"M226 {there} L294 {there}" if row == 0 else f"M294 {there} L226 {there}", "way", arrow=True)
        drawing.line(f"M526 {there} L578 {there}" if row == 0 else f"M578 {there} L526 {there}", "way", arrow=True)
    drawing.box(20, 184, 200, 50)
    drawing.text(120, 206, "server", anchor="middle")
    drawing.text(120, 224, "has key and certificate", "label", "middle")
    drawing.text(260, 84, "signs", "label", "middle")
    drawing.line("M120 120 L120 180", arrow=True)
    for number, (question, answer, told) in enumerate(QUESTIONS):
        y = 44 + number * 66
        drawing.box(584, y, 224, 56, "good" if answer else "missing")
        drawing.text(696, y + 22, question, "small", "middle")
        drawing.text(696, y + 44, f"{'✓' if answer else '?'} {told}", "label", "middle")
    drawing.box(584, 184, 224, 50)
    drawing.text(696, 206, "looks elsewhere, then signs", anchor="middle")
    drawing.text(696, 224, "see notebook 11", "label", "middle")
    told = "; ".join(f"{paper}: {', '.join(lines)}" for paper, lines in PAPERS)
    asked = " ".join(f"{question} {told[:1].upper()}{told[1:]}." for question, _, told in QUESTIONS)
    alt = f"The private key stays with the bookshop. Two papers travel. {told}. What the CA asks: {asked}"
    return Picture(alt=alt, twin=alt, svg=str(drawing))
