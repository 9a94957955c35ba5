"""Who says what when, what of it does a listener on the way see, and from which secret does each key come?

Sections: RFC 9846 2 (flights), 5.1, 5.2 (what is protected), 7.1 (key schedule).
Leaves out: the bytes; see `annotated`. Names and keys are those of the parser's own tables.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby

from .. import wire
from ..check import BadInput
from ..handshake import Opened, Said, Transcript, decrypt
from ..handshake.opening import Carried
from ..handshake.schedule import STAGES
from .picture import Picture
from .svg import Drawing, Kind

_KEYS = {
    "plaintext": "in clear",
    "handshake": "under handshake keys",
    "application": "under application keys",
    "protected": "protected",
    "closed": "protected, not opened",
}
_LOOKS: dict[str, Kind] = {"plaintext": "plain", "closed": "quiet"}  # all else is "strong"
_LEFT, _WIDE = 120, 520


@dataclass
class _Step:
    """What one end sends in a row under the same keys."""

    sender: str
    keys: str
    names: list[str] = field(default_factory=list)
    records: int = 0
    size: int = 0

    @property
    def words(self) -> str:
        counted = [(name, len(list(same))) for name, same in groupby(self.names)]
        return ", ".join(f"{count} × {name}" if count > 1 else name for name, count in counted) or "part of a message"

    @property
    def sizes(self) -> str:
        return f"{self.size:,} bytes in {self.records} record{'s' * (self.records > 1)}"


def flights(conversation: Transcript | Opened, *, title: str = "") -> Picture:
    """A ladder of a conversation: each flight by its messages, in clear or under which keys.

    A transcript is opened with its own secrets; give `handshake.decrypt(transcript.flights)` to see what one without
    them sees. Sizes differ from run to run and stand in the drawing alone. Raises BadInput where nothing was said.
    """
    opened = decrypt(conversation) if isinstance(conversation, Transcript) else conversation
    steps = list(_steps(opened))
    if not steps:
        raise BadInput("nothing was said", value=conversation, fix="Give a conversation with records in it.")
    drawing = Drawing(820)
    y = 26.0
    if title:
        drawing.text(8, y, title, "head")
        y += 30
    drawing.text(60, y, "client", "head", "middle")
    drawing.text(_LEFT + _WIDE + 60, y, "server", "head", "middle")
    y += 14
    for step in steps:
        y = _draw_step(drawing, step, y)
    width = max(len(_KEYS[step.keys]) for step in steps)
    lines = [f"{step.sender}  {_KEYS[step.keys]:{width}}  {step.words}" for step in steps]
    twin = "\n".join([title, *lines] if title else lines)
    told = ". ".join(f"{step.sender}, {_KEYS[step.keys]}: {step.words}" for step in steps)
    return Picture(alt=f"The flights of a connection. {told}.", twin=twin, svg=str(drawing), varies=True)


def _steps(opened: Opened) -> Iterator[_Step]:
    for (sender, keys), run in groupby(opened.records, key=lambda one: (one.sender, one.epoch)):
        step = _Step(sender, keys)
        for carried in run:
            step.names += _named(carried)
            step.records += 1
            step.size += len(carried.record.raw)
        yield step


def _named(carried: Carried) -> list[str]:
    if carried.content is None:
        return [f"{carried.type} record"]
    said = [_title(one) for one in carried.said]
    return said or (["application data"] if carried.content_type == 23 else [])


def _title(said: Said) -> str:
    if isinstance(said.what, wire.Message):
        return said.what.title
    return f"alert {said.what.name}" if isinstance(said.what, wire.Alert) else said.what


def _draw_step(drawing: Drawing, step: _Step, y: float) -> float:
    """One box with its arrow; returns where the next begins."""
    below = drawing.paragraph(_LEFT + 12, y + 22, step.words, _WIDE - 24, "small")
    drawing.text(_LEFT + 12, below + 2, f"{_KEYS[step.keys]}, {step.sizes}", "label")
    height = below + 12 - y
    drawing.box(_LEFT, y, _WIDE, height, _LOOKS.get(step.keys, "strong"), behind=True)
    middle = y + height / 2
    points = (_LEFT - 8, 36) if step.sender == "server" else (_LEFT + _WIDE + 8, _LEFT + _WIDE + 84)
    drawing.line(f"M{points[0]} {middle:.1f} L{points[1]} {middle:.1f}", arrow=True)
    return y + height + 10


_INTO = {"psk": "PSK, or zeros", "shared": "(EC)DHE shared secret", "": "zeros"}


def key_schedule(values: Mapping[str, bytes] | None = None) -> Picture:
    """The tree of secrets of TLS 1.3, drawn from `schedule.STAGES`.

    `values` puts bytes beside names: "early", "handshake", "main", and labels such as "c hs traffic"; the first eight
    are shown in the drawing alone, as they differ from run to run. Raises BadInput for another name.
    Source: RFC 9846 7.1.
    """
    known = {*STAGES, *(branch.label for _, branches in STAGES.values() for branch in branches)}
    for name in values or {}:
        if name not in known:
            raise BadInput("no such secret", value=name, fix=f"Use one of {', '.join(sorted(known))}.")
    drawing, y, lines = Drawing(820), 14.0, []
    for number, (stage, (into, branches)) in enumerate(STAGES.items()):
        salt = "zeros" if number == 0 else "derived"
        drawing.text(20, y + 34, _INTO[into], "small")
        drawing.line(f"M170 {y + 30} L214 {y + 30}", arrow=True)
        drawing.box(220, y + 8, 190, 44, "good")
        drawing.text(315, y + 27, f"{stage} secret", "head", "middle")
        drawing.text(315, y + 44, _beginning(values, stage) or "HKDF-Extract", "label", "middle")
        lines.append(f"{stage} secret = HKDF-Extract(salt: {salt}, {_INTO[into]})")
        for row, branch in enumerate(branches):
            at = y + 8 + row * 50
            drawing.line(f"M414 {y + 30} L446 {y + 30} L446 {at + 22} L474 {at + 22}", arrow=True)
            drawing.box(480, at, 326, 42, "strong")
            drawing.text(492, at + 18, f'"{branch.label}"', "small")
            drawing.text(492, at + 34, _beginning(values, branch.label) or branch.logged or _RESUMES, "label")
            drawing.text(796, at + 18, f"… {branch.last}", "label", "end")
            name = branch.logged or _RESUMES
            lines.append(f'  Derive-Secret("{branch.label}", ClientHello … {branch.last}) = {name}')
        bottom, y = y + 56, y + max(50 * len(branches) + 14, 104)
        if number < len(STAGES) - 1:
            drawing.line(f"M315 {bottom} L315 {y + 4}", arrow=True)
            drawing.text(325, y - 18, 'Derive-Secret "derived"', "label")
    drawing.paragraph(20, y + 24, _LEAVES, 780, "small")
    twin = "\n".join([*lines, _LEAVES])
    alt = f"The key schedule of TLS 1.3. {'; '.join(' '.join(line.split()) for line in lines)}."
    return Picture(alt=alt, twin=twin, svg=str(drawing), varies=bool(values))


_LEAVES = (
    'Each traffic secret gives a key and an IV by HKDF-Expand-Label, with the labels "key" and "iv". One of the '
    'handshake also gives the key of a Finished ("finished"), one of the application the next of its kind '
    '("traffic upd").'
)
_RESUMES = "secret of the tickets"


def _beginning(values: Mapping[str, bytes] | None, name: str) -> str:
    value = (values or {}).get(name, b"")
    return value[:8].hex(" ") + " …" if value else ""
