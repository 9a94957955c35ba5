"""Checkers and predictions of notebook 09.

Sections: RFC 9846 5.1 to 5.4 (records), RFC 6066 3 (server name).
Leaves out: how a check is run and counted; see `exercise`.
"""

from __future__ import annotations

import random
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ... import wire
from ...wire.extensions import Extension
from ..answers import Outcome, attempt, show
from ..exercise import NotYet, exercise
from ..prediction import Option, prediction

prediction(
    "09-hello",
    "The first record is the ClientHello. How much of it can somebody on the way read?",
    (
        Option(
            "a",
            "nothing: this is TLS",
            "TLS encrypts from the first byte on",
            "under which key? Nobody has agreed on one yet.",
        ),
        Option(
            "b",
            "all but the server's name",
            "the name goes encrypted",
            "the server reads it from this message, to choose its certificate, and has no key yet either.",
        ),
        Option("c", "all of it", None, "Run the next cell, and read it."),
    ),
    "c",
)
prediction(
    "09-share",
    "You replace the client's key share on the way. Who notices first?",
    (
        Option(
            "a",
            "the server: the hello does not fit its signature",
            "a ClientHello is signed",
            "with which key? This client has none. Look who says something first.",
        ),
        Option(
            "b",
            "the client, when the signature of the server does not fit",
            "the signature is the first check",
            "it would not fit; but the signature comes in a sealed record. What has to happen before it is seen?",
        ),
        Option("c", "the client, when the first sealed record does not open", None, "Run the next cell."),
        Option(
            "d",
            "nobody, until data is sent",
            "the handshake is not protected",
            "all messages but the two hellos are sealed already. Run the next cell.",
        ),
    ),
    "c",
)
prediction(
    "09-random",
    "A bit flips in the client's random, which carries no meaning. What notices?",
    (
        Option(
            "a",
            "nothing: any random bytes will do",
            "what has no meaning is not protected",
            "any will do, but both ends must have heard the same. What is made of all that they heard?",
        ),
        Option(
            "b",
            "the signature in CertificateVerify",
            "the signature is the first check",
            "it covers the random, and would not fit. Does the client get to see it?",
        ),
        Option("c", "a record that does not open", None, "Run the next cells: which record is it, and why?"),
        Option(
            "d",
            "the MAC in Finished, which covers every message",
            "Finished is what notices",
            "it covers the random. But what is made of the random before Finished can be read?",
        ),
    ),
    "c",
)
prediction(
    "09-listener",
    "Somebody records your connection to the shop, in TLS 1.3, and has no keys. What do they learn?",
    (
        Option(
            "a",
            "nothing but that you are connected",
            "encrypted means invisible",
            "what did you read above without a key? And a box has a size, whatever is in it.",
        ),
        Option("b", "the server's name, and how long each message is", None, "Run the next cell."),
        Option(
            "c",
            "that, and the server's certificate",
            "the certificate travels in clear",
            "it did up to TLS 1.2. Compare the two lines of the next cell.",
        ),
    ),
    "b",
)


# What a box on the way reads.

_WALK = "Lengths in front of fields differ from client to client: go from field to field with vector."


@exercise(
    "09-sni",
    title="What a box on the way reads",
    form="sni(stream)",
    hints=(
        "Three steps: the handshake bytes out of the records, the block of extensions out of the hello, the name out "
        "of extension 0. The notebook did the second.",
        'Join first: `b"".join(content for header, content in records(stream) if header[0] == 22)`. Then walk to the '
        "block as above.",
        "The name stands behind a length of 2 bytes at offset 3 of the extension: `vector(data, 3, 2)`. Where no "
        "extension 0 is met, return None.",
    ),
)
def sni(answer: Callable[..., Any]) -> None:
    for told, stream, wanted in _hellos():
        outcome = attempt(answer, stream)
        if told == "a hello" and outcome.value != wanted and attempt(answer, stream[5:]).value == wanted:
            advice = "Begin inside the record: records(stream) takes the header of 5 bytes off."
            raise NotYet("the record's header taken for a part of the hello", "the name", advice)
        if outcome.error is not None:
            raise NotYet(*_of_sni_error(outcome, told, wanted))
        if outcome.value != wanted:
            raise NotYet(*_of_sni_value(outcome.value, told, wanted, stream))


def _hellos() -> list[tuple[str, bytes, str | None]]:
    """What is told of it, the stream, the name."""
    name = f"shop{random.randrange(100, 1000)}.test"
    others = [
        wire.extensions.alpn([b"decoy.test", b"h2"]),
        Extension(35, b"\0\0ticket.test"),
        wire.extensions.supported_groups([29]),
    ]
    own = wire.extensions.server_name(name)
    plain = _hello(bytes(32), [own, *others])
    late = _hello(b"", [*others, own])
    nobody = _hello(bytes(32), others)
    many = _hello(bytes(32), [*others, own], suites=200)
    cut = b"".join(wire.record(22, part) for part in (many[:2], many[2:90], many[90:]))
    return [
        ("a hello", wire.record(22, plain), name),
        ("a hello with the name last", wire.record(22, _hello(bytes(32), [*others, own])), name),
        ("a hello without session id", wire.record(22, late), name),
        ("a hello with many cipher suites", wire.record(22, many), name),
        ("a hello that names nobody", wire.record(22, nobody), None),
        ("a hello in three records", cut, name),
        ("a hello and what came after it", wire.record(22, plain) + wire.record(20, b"\1") + _sealed_looking(), name),
    ]


def _hello(session_id: bytes, extensions: list[Extension], *, suites: int = 3) -> bytes:
    return wire.client_hello(secrets.token_bytes(32), session_id, range(0x1301, 0x1301 + suites), extensions).raw


def _sealed_looking() -> bytes:
    return wire.record(23, secrets.token_bytes(53))


def _of_sni_error(outcome: Outcome, told: str, wanted: str | None) -> tuple[str, str, str]:
    came = f"{type(outcome.error).__name__} for {told}"
    if wanted is None:
        return came, "None", "Some clients name nobody: then no extension 0 is met."
    if "records" in told:
        return came, "the name", "A message may be cut into records anywhere. Join their contents before you read."
    return came, "the name", f"Look at {outcome.line}" if outcome.line else _WALK


def _of_sni_value(came: Any, told: str, wanted: str | None, stream: bytes) -> tuple[str, str, str]:
    shown = f"{show(came, 60)} for {told}"
    if isinstance(came, bytes) and wanted is not None and came.decode("ascii", "replace") == wanted:
        return f"bytes, for {told}", "text", "Decode it: .decode()"
    if wanted is None and came == "":
        return shown, "None", "Where nobody is named, return None and not an empty text."
    if wanted is None:
        return shown, "None", "It names nobody. What looks like a name stands in other extensions."
    if isinstance(came, str | bytes) and came in ("decoy.test", b"decoy.test", "ticket.test", b"ticket.test"):
        return shown, "the name in extension 0", "Names stand in other extensions too: look at the number of each."
    if isinstance(came, str) and came.endswith(wanted):
        advice = "In front of the name stand the length of the list, a type, and a length: 5 bytes in all."
        return f"bytes in front of the name, for {told}", "the name alone", advice
    if came is None and told == "a hello":
        return shown, "the name", "Nothing came back. Does the function return the name, or only find it?"
    if came is None and "three" in told:
        return shown, "the name", "A message may be cut into records anywhere. Join their contents before you read."
    if "last" in told:
        return shown, "the name", "Extensions come in any order: go through all of them."
    return shown, "the name", _WALK


# Opening what one end said.


@exercise(
    "09-open",
    title="Repair a colleague's decryption",
    form="open_all(key, iv, stream)",
    hints=(
        "Four faults. Which nonce does the second record have? What else is under the tag? Which records are sealed? "
        "What is inside besides the content?",
        "The nonce is `iv` XOR the number of the sealed record, from 0 on; the associated data is the header. Skip "
        "what has not the type 23.",
        'Take the zeros off first, then the type: `inner = ….rstrip(b"\\0")`, then `(inner[-1], inner[:-1])`.',
    ),
)
def open_all(answer: Callable[..., Any]) -> None:
    for told, said, key_length in _conversations():
        key, iv = _secrets(key_length)
        stream = _sealed(key, iv, said)
        wanted = [(kind, content) for kind, content, _ in said if kind != 20]
        outcome = attempt(answer, key, iv, stream)
        if outcome.error is not None:
            raise NotYet(*_of_open_error(answer, outcome, told, said))
        came = outcome.value
        if not isinstance(came, list):
            raise NotYet(f"a {type(came).__name__}", "a list of pairs", "Return a list.")
        if [tuple(one) if isinstance(one, list | tuple) else one for one in came] != wanted:
            raise NotYet(*_of_open_value(came, wanted, told))
    _refuses_what_was_changed(answer)


Said = tuple[tuple[int, bytes, int], ...]  # type, content, zeros of padding


def _conversations() -> list[tuple[str, Said, int]]:
    return [
        ("one record", ((22, b"\x08\0\0\2\0\0", 0),), 32),
        ("two records", ((22, b"\x08\0\0\2\0\0", 0), (22, b"\x14\0\0\1.", 0)), 16),
        ("a change_cipher_spec alone", ((20, b"\1", 0),), 32),
        ("a change_cipher_spec before two records", ((20, b"\1", 0), (22, b"first", 0), (23, b"second", 0)), 32),
        ("a record with padding", ((23, b"card 4000", 40), (23, b"", 9)), 32),
        ("content that ends in zeros", ((23, b"sum\0\0\0", 3), (23, b"\0\0", 0)), 32),
        ("300 records", tuple((23, bytes([number % 251 + 1]), 0) for number in range(300)), 16),
    ]


def _mixed(iv: bytes, count: int) -> bytes:
    """The nonce of a record. Source: RFC 9846 5.3."""
    return bytes(a ^ b for a, b in zip(iv, count.to_bytes(12, "big"), strict=True))


@dataclass(frozen=True)
class _Sealing:
    """How records are sealed; by default as TLS 1.3 does it."""

    nonce: Callable[[bytes, int], bytes] = _mixed
    has_header: bool = True  # under the tag
    counts_all: bool = False  # a change_cipher_spec, too


_RIGHT = _Sealing()
# Other ways to seal: an answer that opens what was sealed so makes that very mistake.
_MISTAKES: dict[str, _Sealing] = {
    "A change_cipher_spec is not counted: count the sealed records alone.": _Sealing(counts_all=True),
    "The header is under the tag as well: give it as associated data.": _Sealing(has_header=False),
    "The nonce of the second record is another one: mix its number into the iv.": _Sealing(lambda iv, count: iv),
    "The first record has the number 0.": _Sealing(lambda iv, count: _mixed(iv, count + 1)),
    "The number alone is no nonce: it is XORed with the iv.": _Sealing(lambda iv, count: count.to_bytes(12, "big")),
    "The number is 12 bytes wide: number.to_bytes(12, 'big'). With 8 bytes `zip` cuts the nonce to 8.": _Sealing(
        lambda iv, count: _mixed(iv, count << 32)[:8]
    ),
    "The number goes to the end of the nonce: 'big', not 'little'.": _Sealing(
        lambda iv, count: _mixed(iv, int.from_bytes(count.to_bytes(12, "little"), "big"))
    ),
    "The number is XORed with the iv, not added to it.": _Sealing(
        lambda iv, count: (int.from_bytes(iv, "big") + count).to_bytes(12, "big")
    ),
}


def _secrets(key_length: int) -> tuple[bytes, bytes]:
    """A key and an iv, with the first bit 0 and the last 1: it can be added to, and that is never the same as XOR."""
    iv = secrets.token_bytes(12)
    return secrets.token_bytes(key_length), bytes([iv[0] & 0x7F]) + iv[1:11] + bytes([iv[11] | 1])


def _sealed(key: bytes, iv: bytes, said: Said, how: _Sealing = _RIGHT) -> bytes:
    stream, count = b"", 0
    for kind, content, zeros in said:
        if kind == 20:
            stream += wire.record(20, content)
            count += how.counts_all
            continue
        inner = content + bytes([kind]) + bytes(zeros)
        header = b"\x17\x03\x03" + (len(inner) + 16).to_bytes(2, "big")
        stream += header + AESGCM(key).encrypt(how.nonce(iv, count), inner, header if how.has_header else None)
        count += 1
    return stream


def _mistake(answer: Callable[..., Any], said: Said) -> str:
    """The advice for a mistake that opens what was sealed with it; "" where none does."""
    for advice, how in _MISTAKES.items():
        key, iv = _secrets(16)
        if attempt(answer, key, iv, _sealed(key, iv, said, how)).error is None:
            return advice
    return ""


def _of_open_error(answer: Callable[..., Any], outcome: Outcome, told: str, said: Said) -> tuple[str, str, str]:
    came = f"{type(outcome.error).__name__} for {told}"
    if isinstance(outcome.error, InvalidTag):
        if told == "a change_cipher_spec alone":
            return came, "no pair", "A change_cipher_spec is not sealed: look at the type in its header."
        rules = (
            "Two things must be right: the nonce (the iv XOR the number, in 12 bytes; the first sealed record has the "
            "number 0, and a change_cipher_spec has none) and the associated data (the header, all 5 bytes)."
        )
        return came, "opened records", _mistake(answer, said) or rules
    if told == "300 records":
        return came, "opened records", "The number has more than one byte: number.to_bytes(12, 'big')."
    return came, "opened records", f"Look at {outcome.line}" if outcome.line else "Call it yourself and look."


def _of_open_value(came: list[Any], wanted: list[tuple[int, bytes]], told: str) -> tuple[str, str, str]:
    expected = f"{show(wanted, 60)}, for {told}"
    if len(came) != len(wanted):
        advice = "One pair for each sealed record, and none for change_cipher_spec."
        return f"{len(came)} pairs for {told}", f"{len(wanted)}", advice
    kinds, contents = zip(*((one[0], one[1]) if _is_pair(one) else (None, one) for one in came), strict=True)
    if not all(map(_is_pair, came)):
        return f"{show(came, 60)}", expected, "Each entry is a pair: type, content."
    if wanted and set(kinds) == {23} and wanted[0][0] != 23:
        return f"the type 23 for {told}", f"{wanted[0][0]}, the type inside", "The type in the header is for show."
    if any(len(content) < len(right) for content, (_, right) in zip(contents, wanted, strict=True)):
        advice = "Zeros behind the type are padding; zeros before it are content. Take off the zeros, then the type."
        return f"content cut short, for {told}", expected, advice
    if any(len(content) > len(right) for content, (_, right) in zip(contents, wanted, strict=True)):
        advice = "The last byte that is no zero is the type; what stands behind it is padding."
        return f"more than the content, for {told}", expected, advice
    return f"{show(came, 60)}", expected, "Compare type and content with what was sent."


def _is_pair(one: Any) -> bool:
    return isinstance(one, list | tuple) and len(one) == 2 and isinstance(one[1], bytes)


def _refuses_what_was_changed(answer: Callable[..., Any]) -> None:
    key, iv = secrets.token_bytes(32), secrets.token_bytes(12)
    said: Said = ((23, b"first", 0), (23, b"second", 0), (23, b"third", 0))
    parts = [record.raw for record in wire.records(_sealed(key, iv, said))]
    flipped = bytearray(b"".join(parts))
    flipped[-20] ^= 1
    for told, stream in (("a changed byte", bytes(flipped)), ("a record left out", parts[0] + parts[2])):
        outcome = attempt(answer, key, iv, stream)
        if not isinstance(outcome.error, InvalidTag):
            came = f"{show(outcome.value, 40)} for a stream with {told}" if outcome.error is None else "another error"
            advice = "What does not open is an error: neither skip it nor catch it."
            raise NotYet(came, "InvalidTag", advice)
