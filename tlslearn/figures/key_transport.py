"""What an RSA key did in TLS and does no longer: a server that answers "well padded?" decrypts for a stranger.

Sections: RFC 8017 7.2 (PKCS#1 v1.5 encryption), RFC 9846 1.3 (static RSA removed).
Leaves out: the arithmetic of the attack; appendix a1 runs it on a small key.
"""

from __future__ import annotations

from .picture import Picture
from .svg import Drawing

_STEPS = (
    ("in", "c · 2^e mod n", "asks about m · 2"),
    ("out", "badly padded", "m · 2 does not begin with 00 02"),
    ("in", "c · x^e mod n, some x later", "asks about m · x"),
    ("out", "well padded", "m · x does: m lies in narrow ranges"),
)


def padding_oracle() -> Picture:
    """A ladder: the attacker asks about changed copies of a ciphertext, the server's error tells a little each time."""
    drawing = Drawing(820)
    drawing.text(14, 26, "attacker, without a key", "head")
    drawing.text(400, 26, "server", "head", "middle")
    drawing.text(530, 26, "what it means", "head")
    y = 44.0
    for way, words, told in _STEPS:
        drawing.box(110, y, 240, 30, "plain" if way == "in" else "bad")
        drawing.text(230, y + 20, words, "small", "middle")
        drawing.line(
            f"M354 {y + 15:.0f} L404 {y + 15:.0f}" if way == "in" else f"M106 {y + 15:.0f} L56 {y + 15:.0f}", arrow=True
        )
        drawing.text(530, y + 20, told, "small")
        y += 42
    drawing.paragraph(110, y + 16, "… and again, until the range holds one number.", 600, "small")
    lines = [f"{'attacker asks' if way == 'in' else 'server answers'}: {words}; {told}" for way, words, told in _STEPS]
    alt = (
        "A padding oracle. "
        + ". ".join(lines)
        + ". Repeated until one number is left: the secret of the old recording."
    )
    return Picture(alt=alt, twin="\n".join(lines), svg=str(drawing))
