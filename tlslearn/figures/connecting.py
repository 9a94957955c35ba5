"""The picture at the head of notebook 06: which files each end needs, and what is said before the first word of data.

Sections: RFC 9846 2 (handshake), RFC 6066 3 (server name).
Leaves out: what each check is worth, which the notebook finds out; key agreement, which is notebook 09.
"""

from __future__ import annotations

from .picture import Picture
from .svg import Drawing

Held = tuple[tuple[str, str, str], ...]
# What is in each end's hands: file, what it holds, where it comes from.
CLIENT: Held = (("root.pem", "whom to trust", "came by another channel"),)
SERVER: Held = (
    ("fullchain.pem", "what to present", "leaf first, then the issuing CA"),
    ("key.pem", "what proves it", "stays on this machine"),
)
# What travels, in order: who speaks, and what.
STEPS = (
    ("client", "I want shop.test"),
    ("server", "my chain, and a signature by its key"),
    ("client", "data, if the client is content"),
)
ASKED = ("Does the chain lead to my root?", "Is it in its time?", "Is it for shop.test?")


def files_at_both_ends() -> Picture:
    """Notebook 06: the files of both ends and the three steps between them."""
    drawing = Drawing(820)
    for x, end in ((120, "client"), (700, "server")):
        drawing.text(x, 26, end, "head", "middle")
    for x, held in ((10, CLIENT), (590, SERVER)):
        for row, (file, purpose, source) in enumerate(held):
            y = 44 + row * 92
            drawing.box(x, y, 220, 78, "good" if held is CLIENT else "plain")
            drawing.text(x + 110, y + 24, file, "head", "middle")
            drawing.text(x + 110, y + 45, purpose, anchor="middle")
            drawing.text(x + 110, y + 65, source, "label", "middle")
    drawing.box(10, 136, 220, 78, "strong")
    for row, question in enumerate(ASKED):
        drawing.text(120, 160 + row * 20, question, "small", "middle")
    for row, (speaker, said) in enumerate(STEPS):
        y = 78 + row * 52
        drawing.text(410, y - 8, f"{row + 1}: {said}", "small", "middle")
        drawing.line(f"M240 {y} L580 {y}" if speaker == "client" else f"M580 {y} L240 {y}", "way", arrow=True)
    told = [f"The {end} has {_listed(files)}." for end, files in (("client", CLIENT), ("server", SERVER))]
    steps = " ".join(f"{number}, the {who}: {said}." for number, (who, said) in enumerate(STEPS, 1))
    alt = f"{' '.join(told)} What is said: {steps} Before the data the client asks: {' '.join(ASKED)}"
    return Picture(alt=alt, twin=alt, svg=str(drawing))


def _listed(files: Held) -> str:
    return " and ".join(f"{file} ({purpose}; {source})" for file, purpose, source in files)
