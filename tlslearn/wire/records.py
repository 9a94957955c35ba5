"""Where does each record begin and end, and what does it carry?

Sections: RFC 9846 5.1 (record layer), 5.2 (length of protected records), 6 (alerts).
Leaves out: decryption; see `handshake`.
"""

from __future__ import annotations

from dataclasses import dataclass

from .names import ALERT_LEVELS, ALERTS, CONTENT_TYPES, VERSIONS
from .reading import Field, Malformed, Reader, named

HEADER = 5  # bytes: type, version, length
# RFC 9846 5.2 allows 2^14 + 256 bytes, RFC 5246 6.2.3 allows 2^14 + 2048.
LONGEST = (1 << 14) + 2048


@dataclass(frozen=True)
class Record:
    """One record: `fragment` as it travels, `start` to `end` its place in the data, header included."""

    content_type: int
    legacy_record_version: int
    fragment: bytes
    start: int
    fields: tuple[Field, ...]

    @property
    def end(self) -> int:
        return self.start + HEADER + len(self.fragment)

    @property
    def type(self) -> str:
        return named(CONTENT_TYPES, self.content_type)

    @property
    def header(self) -> bytes:
        """The five bytes in front; of a protected record of TLS 1.3 they are the AEAD's additional data."""
        size = len(self.fragment).to_bytes(2, "big")
        return bytes([self.content_type]) + self.legacy_record_version.to_bytes(2, "big") + size

    @property
    def raw(self) -> bytes:
        return self.header + self.fragment

    def __repr__(self) -> str:
        return f"<Record {self.type}, {len(self.fragment)} bytes at {self.start}>"


@dataclass(frozen=True)
class Alert:
    """The last word of one end, or its warning. Source: RFC 9846 6."""

    level: int
    description: int

    @property
    def name(self) -> str:
        return named(ALERTS, self.description)

    def __repr__(self) -> str:
        return f"<Alert {named(ALERT_LEVELS, self.level)} {self.name}>"


def records(data: bytes, *, partial: bool = False) -> list[Record]:
    """The records of one direction of a connection, in order. `partial`: a last one that is cut off is left out.

    Raises Malformed for bytes that are no records. Source: RFC 9846 5.1.
    """
    found: list[Record] = []
    at = 0
    while at < len(data):
        if partial and _cut_off(data, at):
            break
        found.append(_record(data, at))
        at = found[-1].end
    return found


def records_end(data: bytes | bytearray) -> bool:
    """Whether the bytes hold one whole record at least, or a header that is none: nobody waits for the rest of it."""
    return not _cut_off(data, 0)


def _cut_off(data: bytes | bytearray, at: int) -> bool:
    if len(data) - at < HEADER:
        return True
    length = int.from_bytes(data[at + 3 : at + HEADER], "big")
    return data[at + 1] == 3 and length <= LONGEST and len(data) - at - HEADER < length


def _record(data: bytes, at: int) -> Record:
    reader = Reader(data, at, len(data), "a record")
    content_type = reader.number(1, "type", CONTENT_TYPES)
    version = reader.number(2, "legacy_record_version", VERSIONS)
    if version >> 8 != 3:
        raise reader.fail("a version 3.x, which each record of TLS has", f"{version:#06x}", at + 1)
    length = reader.number(2, "length")
    if length > LONGEST:
        raise reader.fail(f"{LONGEST} bytes at most in a record", str(length), at + 3)
    fragment = reader.take(length, "fragment")
    return Record(content_type, version, fragment, at, tuple(reader.fields))


def alert(fragment: bytes) -> Alert:
    """A record of type alert in the clear. Raises Malformed where it is not of two bytes."""
    if len(fragment) != 2:
        raise Malformed("an alert", 0, wanted="2 bytes", found=str(len(fragment)))
    return Alert(fragment[0], fragment[1])
