"""Which bytes say what? A message with its bytes on the left and its fields on the right, and its fields for a map.

Sections: none; the fields come from `wire`, under the names of RFC 9846.
Leaves out: reading the bytes.
"""

from __future__ import annotations

import html
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from .. import wire
from ..wire.reading import TEXTS

Part = wire.Message | wire.Record
_IN_TEXT, _IN_HTML, _IN_ROW = 8, 256, 8  # bytes of a field that are shown, and bytes in a row
_RANDOM = "…"  # stands for what differs from run to run


def byte_fields(message: wire.Message, *, opened: Collection[str] = ("extensions",)) -> list[tuple[int, int, str]]:
    """The fields of a message as `byte_map` takes them, for the bytes `message.raw`.

    Of fields named in `opened` the parts stand for themselves, the length in front in no field. An extension bears
    its own name.
    """

    def parts(field: wire.Field) -> Iterator[tuple[int, int, str]]:
        if field.name in opened and field.inside:
            for inner in field.inside:
                yield from parts(inner)
        elif field.end > field.start:
            yield field.start - message.start, field.end - message.start, _name(field)

    return [part for field in message.fields for part in parts(field)]


def _name(field: wire.Field) -> str:
    return field.inside[0].meaning if field.name == "extension" else field.name


@dataclass(frozen=True)
class _Row:
    """`at` is the offset in the part; of a vector `data` is the length in front alone."""

    depth: int
    at: int
    data: bytes
    name: str
    value: str


@dataclass(frozen=True, repr=False)
class Annotated:
    """Messages or records, field by field. Text first; in a notebook a table without script or colours of its own."""

    parts: tuple[Part, ...]
    exact: bool = True

    def __repr__(self) -> str:
        return "\n\n".join(self._text(part) for part in self.parts)

    def _text(self, part: Part) -> str:
        rows = list(_rows(part, self.exact))
        if not self.exact:
            return "\n".join([_head(part, False), *(f"  {'  ' * row.depth}{row.name}  {row.value}" for row in rows)])
        lines = [f"{row.at:5}  {_short(row.data):25}  {'  ' * row.depth}{row.name}  {row.value}" for row in rows]
        return "\n".join(line.rstrip() for line in [_head(part, True), *lines])

    def _repr_html_(self) -> str:
        return "".join(self._table(part) for part in self.parts)

    def _table(self, part: Part) -> str:
        left = "text-align:left;vertical-align:top"
        rows = "".join(
            f'<tr><td style="{left};white-space:nowrap"><code{"" if self.exact else _VARIES}>{_long(row)}</code></td>'
            f'<td style="{left};padding-left:{1 + row.depth}em">{html.escape(row.name)}</td>'
            f'<td style="{left}">{html.escape(row.value)}</td></tr>'
            for row in _rows(part, self.exact)
        )
        head = f'<tr><th style="{left}">bytes</th><th style="{left}">field</th><th style="{left}">value</th></tr>'
        caption = f'<caption style="text-align:left">{html.escape(_head(part, self.exact))}</caption>'
        return f"<table>{caption}<thead>{head}</thead><tbody>{rows}</tbody></table>"


_VARIES = ' class="varies"'  # by which the comparison of outputs knows what to leave out


def annotated(*parts: Part, exact: bool = True) -> Annotated:
    """Show messages or records of `wire` with their bytes.

    With `exact=False`, for bytes that differ from run to run, numbers without a name, random bytes and sizes are left
    out of the text, and the bytes in the table are marked as not to be compared.
    """
    return Annotated(parts, exact)


def _head(part: Part, exact: bool) -> str:
    name = part.title if isinstance(part, wire.Message) else f"record of type {part.type}"
    return f"{name}, {len(part.raw)} bytes" if exact else name


def _rows(part: Part, exact: bool) -> Iterator[_Row]:
    for top in part.fields:
        for depth, field in top.walk():
            end = field.inside[0].start if field.inside else field.end  # of a vector its length alone
            data = part.raw[field.start - part.start : end - part.start]
            yield _Row(depth, field.start - part.start, data, _name(field), _value(field, exact))


def _value(field: wire.Field, exact: bool) -> str:
    """Bytes are counted, as they stand on the left; without `exact` neither is told, nor a number without a name."""
    if field.value in (None, b"") or field.meaning or field.name in TEXTS:
        return field.text
    if not exact:
        return _RANDOM
    if isinstance(field.value, bytes) and len(field.value) > _IN_TEXT:
        return f"{len(field.value)} bytes"
    return field.text


def _short(data: bytes) -> str:
    return data[:_IN_TEXT].hex(" ") + ("…" if len(data) > _IN_TEXT else "")


def _long(row: _Row) -> str:
    shown = row.data[:_IN_HTML]
    lines = [shown[at : at + _IN_ROW].hex(" ") for at in range(0, len(shown), _IN_ROW)]
    if len(row.data) > _IN_HTML:
        lines.append(f"… {len(row.data) - _IN_HTML} bytes more")
    return f"{row.at:05}  " + f"<br>{'&nbsp;' * 7}".join(lines)
