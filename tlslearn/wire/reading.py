"""How are numbers and vectors read from bytes so that every field knows where it stood?

Sections: RFC 9846 3.3 (numbers), 3.4 (vectors).
Leaves out: what the fields mean.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from ..check import BadInput, TlslearnError

SHOWN = 16  # bytes of a longer value that its text shows
TEXTS = ("host_name", "protocol_name")  # fields that are text, in ASCII


class Malformed(BadInput):
    """Bytes that are no TLS: at `offset` (in the data given) stands `found` where `wanted` should."""

    def __init__(self, what: str, offset: int, *, wanted: str, found: str) -> None:
        self.offset, self.wanted, self.found = offset, wanted, found
        fix = f"Wanted {wanted}, found {found}. See whether the bytes are whole and begin where you think."
        TlslearnError.__init__(self, f"{what} cannot be read at byte {offset}", fix=fix)
        self._again = partial(type(self), what, offset, wanted=wanted, found=found)  # type: ignore[assignment]


@dataclass(frozen=True, slots=True)
class Field:
    """Bytes `start` to `end` (half-open) under their RFC name; `meaning` is the name of a number; `inside` the parts of
    a vector or struct, which do not cover the length in front of it."""

    name: str
    start: int
    end: int
    value: object = None
    meaning: str = ""
    inside: tuple[Field, ...] = ()

    @property
    def text(self) -> str:
        """The value for people: a name and its number, hexadecimal digits, or text."""
        if isinstance(self.value, bytes):
            if self.name in TEXTS:
                return self.value.decode("ascii", "backslashreplace")
            more = f"… {len(self.value)} bytes" if len(self.value) > SHOWN else ""
            return (self.value[:SHOWN].hex(" ") + more) or "(empty)"
        if isinstance(self.value, int) and self.meaning:
            is_code = self.end - self.start == 2 and self.name != "extension_type"  # which IANA counts in decimal
            return f"{self.meaning} ({self.value:#06x})" if is_code else f"{self.meaning} ({self.value})"
        return "" if self.value is None else str(self.value)

    def leaves(self) -> Iterator[Field]:
        """The fields that hold no others, in order."""
        if not self.inside:
            yield self
        for field in self.inside:
            yield from field.leaves()

    def walk(self, depth: int = 0) -> Iterator[tuple[int, Field]]:
        yield depth, self
        for field in self.inside:
            yield from field.walk(depth + 1)


class Reader:
    """Reads forward from `start` to `end` of the data and notes each field; nothing is read twice."""

    __slots__ = ("at", "data", "end", "fields", "what")

    def __init__(self, data: bytes, start: int, end: int, what: str) -> None:
        self.data, self.at, self.end, self.what = data, start, end, what
        self.fields: list[Field] = []

    @property
    def left(self) -> int:
        return self.end - self.at

    def fail(self, wanted: str, found: str, at: int | None = None) -> Malformed:
        return Malformed(self.what, self.at if at is None else at, wanted=wanted, found=found)

    def _bytes(self, size: int, name: str) -> bytes:
        if self.left < size:
            raise self.fail(f"{size} bytes of {name}", f"{self.left}")
        self.at += size
        return self.data[self.at - size : self.at]

    def take(self, size: int, name: str) -> bytes:
        """An opaque field of so many bytes."""
        start = self.at
        value = self._bytes(size, name)
        self.fields.append(Field(name, start, self.at, value))
        return value

    def rest(self, name: str) -> bytes:
        return self.take(self.left, name)

    def number(self, size: int, name: str, names: Mapping[int, str] | None = None) -> int:
        """Big-endian, of `size` bytes; where there are `names`, told by its own."""
        start = self.at
        value = int.from_bytes(self._bytes(size, name), "big")
        meaning = "" if names is None else named(names, value)
        self.fields.append(Field(name, start, self.at, value, meaning))
        return value

    @contextmanager
    def vector(self, size: int, name: str, *, least: int = 0) -> Iterator[Reader]:
        """What a length of `size` bytes in front limits; read to its end, or it is malformed."""
        start = self.at
        length = int.from_bytes(self._bytes(size, f"the length of {name}"), "big")
        if length > self.left:
            raise self.fail(f"{length} bytes of {name}, as its length says", f"{self.left}")
        if length < least:
            raise self.fail(f"{least} bytes of {name} or more", f"{length}", start)
        inner = Reader(self.data, self.at, self.at + length, self.what)
        yield inner
        inner.finish(name)
        self.at = inner.end
        self.fields.append(Field(name, start, self.at, inside=tuple(inner.fields)))

    def finish(self, name: str) -> None:
        if self.left:
            raise self.fail(f"the end of {name}", f"{self.left} bytes more")

    def opaque(self, size: int, name: str, *, least: int = 0) -> bytes:
        """The bytes behind a length of `size` bytes."""
        start = self.at
        length = int.from_bytes(self._bytes(size, f"the length of {name}"), "big")
        if length < least:
            raise self.fail(f"{least} bytes of {name} or more", f"{length}", start)
        if length > self.left:
            raise self.fail(f"{length} bytes of {name}, as its length says", f"{self.left}")
        value = self._bytes(length, name)
        self.fields.append(Field(name, start, self.at, value))
        return value

    def numbers(self, size: int, unit: int, name: str, names: Mapping[int, str], *, least: int = 1) -> tuple[int, ...]:
        """A vector of numbers of `unit` bytes each."""
        with self.vector(size, name, least=least * unit) as inner:
            if inner.left % unit:
                raise inner.fail(f"a multiple of {unit} bytes in {name}", f"{inner.left}")
            return tuple(inner.number(unit, name.removesuffix("s"), names) for _ in range(inner.left // unit))

    @contextmanager
    def struct(self, name: str) -> Iterator[Reader]:
        """Fields that belong together and have no length of their own."""
        inner = Reader(self.data, self.at, self.end, self.what)
        yield inner
        self.fields.append(Field(name, self.at, inner.at, inside=tuple(inner.fields)))
        self.at = inner.at


def named(names: Mapping[int, str], value: int) -> str:
    """The name of a value; GREASE values are named as such (RFC 8701 2), others that the table lacks are unknown."""
    return names.get(value) or ("GREASE" if is_grease(value) else "unknown")


def is_grease(value: int) -> bool:
    """0x0a0a, 0x1a1a, … 0xfafa, and 0x0b, 0x2a, … of one byte (RFC 8701 2)."""
    if value > 0xFF:
        return value & 0x0F0F == 0x0A0A and value >> 8 == value & 0xFF
    return value in (0x0B, 0x2A, 0x49, 0x68, 0x87, 0xA6, 0xC5, 0xE4)


def number(value: int, size: int) -> bytes:
    """The push side of Reader.number."""
    return value.to_bytes(size, "big")


def vector(content: bytes, size: int) -> bytes:
    """The push side of Reader.vector. Raises BadInput for content that its length cannot tell."""
    if len(content) >= 1 << 8 * size:
        fix = f"Give less than {1 << 8 * size} bytes."
        raise BadInput(f"too long for a length of {size} bytes", value=f"{len(content)} bytes", fix=fix)
    return number(len(content), size) + content
