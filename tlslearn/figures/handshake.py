"""Where does each box of notebook 01 sit in a TLS 1.3 handshake? Drawn from one table of messages.

Sections: RFC 9846 2 (the flights), 4.5.2 and 4.5.3 (CertificateVerify, Finished).
Leaves out: bytes; those are notebook 09.
"""

from __future__ import annotations

from dataclasses import dataclass

from .picture import Picture
from .svg import Drawing


@dataclass(frozen=True)
class Message:
    """One message: who sends it, its RFC name, the box at work in it, what for, and whether it goes in clear."""

    sender: str
    name: str
    box: str
    purpose: str
    clear: bool


MESSAGES = (
    Message("client", "ClientHello", "agreement", "a fresh public key", True),
    Message("server", "ServerHello", "agreement", "a fresh public key; now both have the secret", True),
    Message("server", "Certificate", "a name for a key", "whose the signing key is", False),
    Message("server", "CertificateVerify", "signature, hash", "over the hash of all that was said so far", False),
    Message("server", "Finished", "MAC, hash", "over the hash of all that was said so far", False),
    Message("client", "Finished", "MAC, hash", "over the hash of all that was said so far", False),
    Message("both", "application data", "AEAD", "unread and unchanged, each record counted", False),
)


def boxes_in_handshake() -> Picture:
    """A ladder of the messages, with the box that does the work beside each."""
    drawing = Drawing(820)
    drawing.text(70, 26, "client", "head", "middle")
    drawing.text(420, 26, "server", "head", "middle")
    drawing.text(540, 26, "the box at work", "head")
    y = 44.0
    for message in MESSAGES:
        drawing.box(88, y, 314, 30, "plain" if message.clear else "strong")
        drawing.text(245, y + 20, message.name, anchor="middle")
        if message.sender in ("server", "both"):
            drawing.line(f"M86 {y + 15:.0f} L36 {y + 15:.0f}", arrow=True)
        if message.sender in ("client", "both"):
            drawing.line(f"M404 {y + 15:.0f} L454 {y + 15:.0f}", arrow=True)
        drawing.text(540, y + 12, message.box, "head")
        drawing.text(540, y + 28, message.purpose, "small")
        y += 42
    drawing.box(88, y + 4, 22, 14)
    drawing.text(118, y + 16, "in clear", "label")
    drawing.box(190, y + 4, 22, 14, "strong")
    drawing.text(220, y + 16, "inside AEAD, under keys from the agreement", "label")
    twin = "\n".join(
        f"{one.sender:6}  {one.name:17}  {'in clear ' if one.clear else 'encrypted'}  {one.box}: {one.purpose}"
        for one in MESSAGES
    )
    told = ". ".join(" ".join(line.split()) for line in twin.splitlines())
    alt = f"The messages of a TLS 1.3 handshake and the box at work in each. {told}."
    return Picture(alt=alt, twin=twin, svg=str(drawing))
