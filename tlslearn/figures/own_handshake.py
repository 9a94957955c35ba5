"""Pictures of notebook 09: what it does with a handshake, what noticed each flipped bit, a hello inside a hello.

Sections: RFC 9846 2 (flights), RFC 9849 3.2 (Encrypted ClientHello).
Leaves out: flipping the bits, which the notebook does.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from ..check import BadInput
from .byte_map import LETTERS, STYLE, TINTS, share
from .picture import Picture
from .svg import Drawing, Kind

# Sender, its messages, and whether they travel in clear; then what the notebook does with them.
FLIGHTS: tuple[tuple[str, tuple[tuple[str, bool], ...], str], ...] = (
    ("client", (("ClientHello", True),), "1  read it, field by field"),
    (
        "server",
        (
            ("ServerHello", True),
            ("EncryptedExtensions", False),
            ("Certificate", False),
            ("CertificateVerify", False),
            ("Finished", False),
        ),
        "2  derive the keys · 3  open it",
    ),
    ("client", (("Finished", False),), ""),
)
OVER_ALL = ("4  flip a bit of each byte: who notices?", "5  listen without keys: what is left to see?")


def own_handshake() -> Picture:
    """Notebook 09, its head: three flights, what of them is in clear, and five things to do."""
    drawing, y, told = Drawing(820), 16.0, []
    for sender, messages, task in FLIGHTS:
        drawing.text(10, y + 28, sender, "head")
        x = 80.0
        for name, in_clear in messages:
            wide = 24 + 7.4 * len(name)
            drawing.box(x, y + 6, wide, 34, "plain" if in_clear else "strong")
            drawing.text(x + wide / 2, y + 28, name, "small", "middle")
            x += wide + 8
        if task:
            drawing.text(80, y + 60, task, "small")
        y += 76 if task else 54
        clear = [name for name, in_clear in messages if in_clear]
        sealed = [name for name, in_clear in messages if not in_clear]
        parts = [f"{', '.join(names)} {how}" for names, how in ((clear, "in clear"), (sealed, "sealed")) if names]
        told.append(f"{sender}: {'; '.join(parts)}{f' ({task})' if task else ''}")
    for text in OVER_ALL:
        drawing.text(80, y + 12, text, "small")
        y += 22
    drawing.box(560, y - 40, 16, 14)
    drawing.text(584, y - 29, "in clear", "label")
    drawing.box(560, y - 18, 16, 14, "strong")
    drawing.text(584, y - 7, "sealed with keys of both ends", "label")
    alt = f"A handshake of TLS 1.3 and what is done with it. {'. '.join(told)}. {' '.join(OVER_ALL)}"
    return Picture(alt=alt, twin=alt, svg=str(drawing))


_LEFT, _COLUMNS, _CELL, _HEIGHT = 168, 64, 10, 17


def flips(records: Sequence[tuple[str, Sequence[str]]], *, order: Sequence[str], title: str) -> Picture:
    """One cell a byte, one block of rows a record (name, and what noticed a flip in each of its bytes).

    Colours and letters follow `order`, which names every outcome. The twin has a line a record: outcomes with a rough
    share of its bytes, for lengths differ between libraries. Raises BadInput for an outcome that `order` lacks.
    """
    unknown = {one for _, outcomes in records for one in outcomes} - set(order)
    if unknown or not records:
        raise BadInput("no place in the chart", value=sorted(unknown), fix="Name every outcome in order.")
    drawing = Drawing(820, style=STYLE)
    drawing.text(8, 24, title, "head")
    y = 40.0
    for name, outcomes in records:
        drawing.text(_LEFT - 10, y + 13, name, "small", "end")
        y = _draw_cells(drawing, outcomes, order, y) + 5
    counts = {one: sum(outcomes.count(one) for _, outcomes in records) for one in order}
    for number, (one, count) in enumerate(counts.items()):
        top = y + 10 + number * 24
        drawing.line(f"M{_LEFT} {top:.0f}h26v18h-26z", f"f{number % len(TINTS)}")
        drawing.letters([(_LEFT + 13, LETTERS[number])], top + 13, "tag")
        drawing.text(_LEFT + 34, top + 14, f"{one}, {count} of {sum(counts.values())}", "small")
    lines = [f"{name}: {_told(outcomes, order)}" for name, outcomes in records]
    return Picture(
        alt=f"Map of bytes. {title} {'. '.join(lines)}.",
        twin="\n  ".join([title, *lines]),
        svg=str(drawing),
        varies=True,
    )


def _draw_cells(drawing: Drawing, outcomes: Sequence[str], order: Sequence[str], y: float) -> float:
    """Rows of one record, a run of bytes with one outcome as one shape; returns where they end."""
    rows = [outcomes[start : start + _COLUMNS] for start in range(0, len(outcomes), _COLUMNS)]
    for row in rows:
        x, letters = float(_LEFT), []
        for one, run in groupby(row):
            number, wide = order.index(one), _CELL * len(list(run))
            drawing.line(f"M{x:.0f} {y:.0f}h{wide}v{_HEIGHT}h-{wide}z", f"f{number % len(TINTS)}")
            letters.append((x + wide / 2, LETTERS[number]))
            x += wide
        drawing.letters(letters, y + 13, "tag")
        y += _HEIGHT
    return y


def _told(outcomes: Sequence[str], order: Sequence[str]) -> str:
    found = [(one, outcomes.count(one) / len(outcomes)) for one in order if one in outcomes]
    return "; ".join(one if part == 1 else f"{one} ({share(part)})" for one, part in found)


# What stands in each of the two hellos of RFC 9849 3.2, and where it comes from.
OUTER = (("server name", "provider.example: the same for all its customers"), ("key share", "as ever"))
INNER = (("server name", "shop.example"), ("ALPN and the rest", "as it is meant"))


def encrypted_hello() -> Picture:
    """Notebook 09: a ClientHello sealed for the server's provider inside another that may be read."""
    drawing = Drawing(820)
    rows: tuple[tuple[str, tuple[tuple[str, str], ...], float, Kind], ...] = (
        ("ClientHelloOuter, in clear", OUTER, 20, "plain"),
        ("encrypted_client_hello: ClientHelloInner, sealed", INNER, 44, "strong"),
    )
    drawing.box(8, 8, 560, 200)
    y = 32.0
    for name, fields, x, kind in rows:
        if kind == "strong":
            drawing.box(28, y - 12, 520, 96, kind)
            y += 12
        drawing.text(x, y, name, "head")
        for field, value in fields:
            y += 26
            drawing.text(x + 12, y, field)
            drawing.text(x + 160, y, value, "small")
        y += 30
    drawing.text(600, 48, "DNS", "head")
    below = drawing.paragraph(600, 72, "the provider's public key for hellos, in an entry of type HTTPS", 200, "small")
    drawing.line(f"M640 {below + 4:.0f} L640 160 L554 160", "way", arrow=True)
    drawing.text(652, 148, "seals the inner one", "small")
    listed = [", ".join(f"{field}: {value}" for field, value in fields) for fields in (OUTER, INNER)]
    twin = (
        f"ClientHelloOuter, in clear ({listed[0]}), carries ClientHelloInner ({listed[1]}), sealed with the provider's "
        "public key, which the client has, mostly from DNS"
    )
    return Picture(alt=f"A hello inside a hello. {twin}.", twin=twin, svg=str(drawing))
