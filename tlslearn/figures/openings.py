"""The picture at the head of each notebook: its whole idea at one glance.

Sections: RFC 9846 2 (handshake), RFC 5280 6.1 (path validation).
Leaves out: everything that the notebook then tells.
"""

from __future__ import annotations

from collections.abc import Mapping

from .picture import Picture
from .svg import Drawing

# What each box answers: who, unchanged, unread, recently. Drawn here, told in notebook 01.
QUESTIONS = ("who", "unchanged", "unread", "recent")
BOXES = {
    "hash": ("", "against accidents", "", ""),
    "MAC": ("someone with the key", "yes", "", ""),
    "AEAD": ("someone with the key", "yes", "yes", ""),
    "agreement": ("", "", "makes the key", "when the keys are new"),
    "signature": ("the holder of the key", "yes", "", ""),
}


def two_ends() -> Picture:
    """Notebook 00: the server presents a chain, the client trusts an anchor; they must meet."""
    drawing = Drawing(820)
    drawing.text(150, 26, "the client trusts", "head", "middle")
    drawing.text(640, 26, "the server presents", "head", "middle")
    drawing.box(30, 44, 240, 52, "good")
    drawing.text(150, 66, "root certificate", anchor="middle")
    drawing.text(150, 85, "came by another channel", "label", "middle")
    drawing.box(520, 44, 240, 52, "missing")
    drawing.text(640, 66, "root: not sent", anchor="middle")
    drawing.text(640, 85, "being sent would prove nothing", "label", "middle")
    drawing.box(520, 126, 240, 44)
    drawing.text(640, 153, "intermediate certificate", anchor="middle")
    drawing.box(520, 200, 240, 44)
    drawing.text(640, 227, "leaf certificate: localhost", anchor="middle")
    drawing.line("M640 198 L640 174", arrow=True)
    drawing.text(652, 190, "issued by", "label")
    drawing.line("M516 148 C400 148 400 70 276 70", "way", arrow=True)
    drawing.paragraph(330, 156, "issued by: does the chain lead to an anchor?", 170, "small")
    drawing.box(30, 200, 240, 44)
    drawing.text(150, 227, "asks for: localhost", anchor="middle")
    drawing.line("M276 222 L514 222", "way", arrow=True)
    drawing.text(395, 214, "same name?  in its time?", "small", "middle")
    alt = (
        "The server presents a leaf and an intermediate certificate. The client trusts a root certificate that came by "
        "another channel. The chain must lead from the leaf to that root, and the leaf must cover the name asked for."
    )
    return Picture(alt=alt, twin=alt, svg=str(drawing))


def five_questions() -> Picture:
    """Notebook 01, its head: the table of `five_boxes` before anything is in it."""
    drawing = _table({box: ("?",) * len(QUESTIONS) for box in BOXES})
    boxes, questions = (", ".join(names[:-1]) for names in ([*BOXES], QUESTIONS))
    alt = (
        f"Five boxes and four questions, as an empty table. The boxes are {boxes} and {[*BOXES][-1]}. "
        f"The questions are {questions}, {QUESTIONS[-1]}."
    )
    return Picture(alt=alt, twin=alt, svg=str(drawing))


def five_boxes() -> Picture:
    """Notebook 01, its end: which box answers which question."""
    lines = [
        f"{box}: "
        + "; ".join(f"{question}: {answer or 'no'}" for question, answer in zip(QUESTIONS, answers, strict=True))
        for box, answers in BOXES.items()
    ]
    alt = "Five boxes and the four questions each answers or not. " + ". ".join(lines) + "."
    return Picture(alt=alt, twin="\n".join(lines), svg=str(_table(BOXES)))


def _table(answers: Mapping[str, tuple[str, ...]]) -> Drawing:
    drawing, left, across, down = Drawing(820), 130, 168, 46
    for column, question in enumerate(QUESTIONS):
        drawing.text(left + column * across + across / 2, 26, f"{question}?", "head", "middle")
    for row, (box, given) in enumerate(answers.items()):
        y = 40 + row * down
        drawing.text(left - 14, y + 24, box, "head", "end")
        for column, answer in enumerate(given):
            x = left + column * across
            kind = {"yes": "good", "?": "plain", "": "quiet"}.get(answer, "strong")
            drawing.box(x + 4, y, across - 8, down - 8, kind)
            drawing.text(x + across / 2, y + 24, {"yes": "✓ yes", "": "·"}.get(answer, answer), "small", "middle")
    return drawing


# A step that is easy, its way back that is not, and what is built on it.
ONE_WAY = (
    ("RSA", "primes p, q", "their product n", "signatures"),
    ("Diffie–Hellman", "exponent x", "g to the power x", "a shared secret"),
    ("curves", "number d", "d points G, added up", "both, with short keys"),
)


def one_way_steps() -> Picture:
    """Notebook 02: three steps that are easy in one direction."""
    drawing = Drawing(820)
    drawing.text(305, 26, "secret", "head", "middle")
    drawing.text(635, 26, "public", "head", "middle")
    for row, (name, secret, public, use) in enumerate(ONE_WAY):
        y = 44 + row * 76
        drawing.text(14, y + 22, name, "head")
        drawing.text(14, y + 42, use, "label")
        drawing.box(210, y, 190, 54, "good")
        drawing.text(305, y + 32, secret, anchor="middle")
        drawing.box(540, y, 190, 54)
        drawing.text(635, y + 32, public, anchor="middle")
        drawing.line(f"M406 {y + 16} L534 {y + 16}", "way", arrow=True)
        drawing.text(470, y + 11, "easy", "label", "middle")
        drawing.line(f"M534 {y + 38} L406 {y + 38}", "broken")
        drawing.text(470, y + 54, "✗ nobody can, today", "label", "middle")
    twin = "\n".join(
        f"{name}, for {use}: from {secret} to {public} is easy, back nobody can, on the computers of today"
        for name, secret, public, use in ONE_WAY
    )
    alt = f"Three steps that are easy in one direction, with large numbers. {'. '.join(twin.splitlines())}."
    return Picture(alt=alt, twin=twin, svg=str(drawing))
