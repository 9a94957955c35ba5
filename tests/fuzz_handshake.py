"""What must hold for whatever bytes come over a connection, or out of a capture? Targets, as in `fuzz_targets`.

Sections: none.
Leaves out: the fuzzing; see `fuzzing`.

An input of `check_decrypt` is a whole conversation with its secrets, so that a finding is the same in every process:
the length of the key log in two bytes and the log, then flights, each the sender (even: client), two bytes of length,
and its bytes. Conversations are random at both ends, so the first inputs are taken from a file, to be the same in each
process: `python tests/fuzz_handshake.py` has them all again, with keys that nobody keeps, and writes it.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from pathlib import Path

from tlslearn import handshake, wire
from tlslearn.check import BadInput
from tlslearn.handshake import capture, telling
from tlslearn.wire.messages import Spoken

VERSIONS = (None, wire.TLS_1_2, wire.TLS_1_3)
SUITES = (0x1301, 0xC02B, 0x009E, 0x009C)  # how a key exchange of TLS 1.2 is read depends on it
KEPT = Path(__file__).with_name("conversations.bin")


def check_wire(data: bytes) -> None:
    """The first byte chooses what was agreed on. Bytes are refused as Malformed, or read so that every byte is in a
    field, and what is known is written again as it was; nothing else."""
    choice, data = data[:1], data[1:]
    spoken = Spoken(VERSIONS[sum(choice) % 3], SUITES[sum(choice) // 3 % 4])
    try:
        for record in wire.records(data):
            assert record.fields[-1].end == record.end and wire.named({}, record.content_type)
    except wire.Malformed as error:
        assert 0 <= error.offset <= len(data)
    try:
        found = wire.messages(data, version=spoken.version, cipher_suite=spoken.cipher_suite)
    except wire.Malformed as error:
        assert 0 <= error.offset <= len(data)
        return
    assert b"".join(message.raw for message in found) == data
    for message in found:
        assert (message.fields[0].start, message.fields[-1].end) == (message.start, message.end)
        places = [(field.start, field.end) for top in message.fields for field in top.leaves()]
        assert places == sorted(places) and message.title and repr(message)
        assert all(field.text is not None for top in message.fields for _, field in top.walk())
        if message.name != "certificate_status":  # whose kind of status is not kept
            assert wire.encode(message) == message.raw


def check_decrypt(data: bytes) -> None:
    """Whatever is sent: it is told as no TLS, or every byte of it is in a record or left over, and it can be told."""
    flights, key_log = split(data)
    try:
        opened = handshake.decrypt(flights, key_log)
    except wire.Malformed:
        assert telling.described(capture.Conversation(tuple(flights)), key_log)["error"]
        return
    for sender in ("client", "server"):
        records = b"".join(one.record.raw for one in opened.records if one.sender == sender)
        sent = b"".join(flight.data for flight in flights if flight.sender == sender)
        assert sent.startswith(records) and len(sent) - len(records) <= opened.rest[sender]
        told = [one.content or b"" for one in opened.records if (one.sender, one.content_type) == (sender, 23)]
        assert b"".join(told) == opened.data[sender]
    assert [said for one in opened.records for said in one.said] == opened.said
    text = telling.text(telling.described(capture.Conversation(tuple(flights)), key_log))
    assert all(sign.isprintable() or sign == "\n" for sign in text)


def check_capture(data: bytes) -> None:
    """A file is refused with BadInput, or holds conversations with something said in them."""
    try:
        found = capture.conversations(data)
    except BadInput:
        return
    for one in found:
        assert one.flights and all(flight.data for flight in one.flights)
        assert all(count > 0 for count in one.missing.values())


def split(data: bytes) -> tuple[list[handshake.Flight], str]:
    size = int.from_bytes(data[:2], "big")
    key_log, at, flights = data[2 : 2 + size].decode("ascii", "replace"), 2 + size, []
    while at + 3 <= len(data):
        length = int.from_bytes(data[at + 1 : at + 3], "big")
        flights.append(handshake.Flight("server" if data[at] % 2 else "client", data[at + 3 : at + 3 + length]))
        at += 3 + length
    return flights, key_log


def joined(flights: Iterable[handshake.Flight], key_log: str) -> bytes:
    """The other way round."""
    out = [len(key_log).to_bytes(2, "big"), key_log.encode()]
    for flight in flights:
        out += [bytes([flight.sender == "server"]), len(flight.data).to_bytes(2, "big"), flight.data]
    return b"".join(out)


def kept() -> list[bytes]:
    """One for each row of `conversations.MADE`, as it was when they were written."""
    data, found = zlib.decompress(KEPT.read_bytes()), []
    while data:
        end = 4 + int.from_bytes(data[:4], "big")
        found.append(data[4:end])
        data = data[end:]
    return found


def keep() -> None:
    import conversations

    made = [joined(one.flights, one.key_log) for one in map(conversations.made, conversations.MADE)]
    KEPT.write_bytes(zlib.compress(b"".join(len(one).to_bytes(4, "big") + one for one in made), 9))


def messages_and_records() -> list[bytes]:
    found = []
    for one in kept():
        opened = handshake.decrypt(*split(one))
        choice = bytes([1 + 3 * (opened.cipher_suite == 0xC02B)]) if opened.version == wire.TLS_1_2 else b"\2"
        found += [choice + message.raw for message in opened.messages]
        found += [choice + one.record.raw for one in opened.records[:3]]
    return found


def conversations_with_secrets() -> list[bytes]:
    from rfc8448 import TRACES
    from test_rfc8448 import Reading

    published = [joined(trace.flights, Reading(trace).key_log) for trace in TRACES.values()]
    return published + kept()


def captures() -> list[bytes]:
    from test_capture import FLIGHTS, PACKETS, pcap_of, pcapng_of

    return [
        capture.pcap([FLIGHTS]),
        capture.pcap([FLIGHTS, split(kept()[0])[0][:2]]),
        pcap_of(PACKETS, order=">"),
        pcap_of([bytes(12) + b"\x81\0\0\x07\x08\0" + one for one in PACKETS], 1),
        pcapng_of(PACKETS, key_log="CLIENT_RANDOM 00 00"),
        pcapng_of(PACKETS, ">"),
    ]


if __name__ == "__main__":
    keep()
