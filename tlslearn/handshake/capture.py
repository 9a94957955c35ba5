"""How does a conversation get into a file that Wireshark opens, and out of a file that somebody else made?

Sections: RFC 791 3.1, RFC 1071 (IPv4), RFC 9293 3.1 (TCP), RFC 9850 (key log); the file formats pcap and pcapng.
Leaves out: IP fragments, and TLS that begins in the middle of another protocol (STARTTLS).
"""

from __future__ import annotations

import heapq
import os
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from .. import files
from ..check import BadInput, TlslearnError
from .running import ENDS, Flight, Sender, Transcript

RAW = 101  # LINKTYPE_RAW: each packet begins with its IP header, and nothing stands in front
SYN, ACK, PSH, FIN = 0x02, 0x10, 0x08, 0x01
LONGEST_SEGMENT = 1460  # bytes, as on an Ethernet: a reader has to put flights together again
CLIENT_PORT, SERVER_PORT = 49152, 443
LOOPBACK = bytes([127, 0, 0, 1])
MOST_CONVERSATIONS = 65536 - CLIENT_PORT


def save(transcript: Transcript, path: str | os.PathLike[str], *, overwrite: bool = False) -> tuple[Path, Path]:
    """Write a pcap to `path` and the key log beside it, as `<stem>.keys`; both mode 0600. Returns both paths.

    Raises BadInput for a file that exists (unless `overwrite`); then none is written.
    """
    target = Path(path)
    beside = target.with_suffix(".keys")
    if beside == target:
        raise BadInput("this name is the key log's", value=str(path), fix="Name the capture, as in shop.pcap.")
    existed = beside.exists()
    secrets = files.write_atomically(beside, transcript.key_log, overwrite=overwrite)
    try:
        return files.write_atomically(target, pcap([transcript.flights]), overwrite=overwrite), secrets
    except TlslearnError:
        if not existed:
            secrets.unlink(missing_ok=True)
        raise


def pcap(conversations: Iterable[Iterable[Flight]]) -> bytes:
    """A capture of link type LINKTYPE_RAW (101): one TCP connection each, 127.0.0.1 to port 443, in order.

    What was changed on the way stands as it arrived. Times are not known: packet n bears n milliseconds.
    """
    packets: list[bytes] = []
    for number, flights in enumerate(conversations):
        if number == MOST_CONVERSATIONS:
            raise BadInput("too many conversations for one capture", value=number, fix="Write several files.")
        packets += _connection(CLIENT_PORT + number, flights)
    out = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, RAW)]
    for number, packet in enumerate(packets):
        out += [struct.pack("<IIII", number // 1000, number % 1000 * 1000, len(packet), len(packet)), packet]
    return b"".join(out)


def _connection(port: int, flights: Iterable[Flight]) -> Iterator[bytes]:
    """Its packets: three to open, segments with the data, two to close."""
    ports: dict[Sender, tuple[int, int]] = {"client": (port, SERVER_PORT), "server": (SERVER_PORT, port)}
    sent: dict[Sender, int] = {"client": 1_000_000, "server": 5_000_000}

    def packet(sender: Sender, flags: int, data: bytes = b"") -> bytes:
        other = sent[ENDS[sender == "client"]] if flags & ACK else 0
        made = _packet(ports[sender], sent[sender], other, flags, data)
        sent[sender] += len(data) + bool(flags & (SYN | FIN))  # each of the two counts as a byte (RFC 9293 3.4)
        return made

    yield packet("client", SYN)
    yield packet("server", SYN | ACK)
    yield packet("client", ACK)
    for flight in flights:
        data = flight.data if flight.delivered is None else flight.delivered
        for at in range(0, len(data), LONGEST_SEGMENT):
            yield packet(flight.sender, PSH | ACK, data[at : at + LONGEST_SEGMENT])
    yield packet("client", FIN | ACK)
    yield packet("server", FIN | ACK)


def _packet(ports: tuple[int, int], sequence: int, acknowledged: int, flags: int, data: bytes) -> bytes:
    tcp = struct.pack("!HHIIBBHHH", *ports, sequence, acknowledged, 5 << 4, flags, 65535, 0, 0) + data
    pseudo = LOOPBACK + LOOPBACK + struct.pack("!BBH", 0, 6, len(tcp))  # RFC 9293 3.1
    tcp = tcp[:16] + _checksum(pseudo + tcp) + tcp[18:]
    ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(tcp), 0, 0x4000, 64, 6, 0) + LOOPBACK + LOOPBACK
    return ip[:10] + _checksum(ip) + ip[12:] + tcp


def _checksum(data: bytes) -> bytes:
    """Source: RFC 1071."""
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return bytes([~total >> 8 & 0xFF, ~total & 0xFF])


@dataclass(frozen=True)
class Conversation:
    """One connection that carries TLS: `flights` in order, both addresses ("" where the file has none), the secrets
    that a pcapng itself holds, and how many bytes are `missing` before the first that could not be put in order."""

    flights: tuple[Flight, ...] = field(repr=False)
    client: str = ""
    server: str = ""
    key_log: str = field(default="", repr=False)
    missing: dict[Sender, int] = field(default_factory=dict)


def read(path: str | os.PathLike[str]) -> list[Conversation]:
    """The TLS conversations of a pcap, a pcapng, or a file of TLS records as one end sent them.

    Raises BadInput for a file that is none of them, and for one without TLS in it.
    """
    return conversations(files.read(path), str(path))


def conversations(data: bytes, name: str = "these bytes") -> list[Conversation]:
    """The same from the bytes of such a file; `name` is for errors."""
    try:
        found = _conversations(data)
    except struct.error as error:
        raise BadInput("a damaged capture", value=name, fix="Make it again, or copy it again.") from error
    if not found:
        raise BadInput("no TLS in this file", value=name, fix="Give a pcap, a pcapng or a file of TLS records.")
    return found


def _conversations(data: bytes) -> list[Conversation]:
    secrets: list[str] = []
    if data[:4] in _PCAP:
        packets = _of_pcap(data)
    elif data[:4] == _SECTION:
        packets = _of_pcapng(data, secrets)
    else:
        return [Conversation(_of_records(data))] if _is_tls(data) else []
    seen: dict[frozenset[str], _Connection] = {}
    order: list[_Connection] = []
    for link, frame in packets:
        segment = _segment(link, frame)
        if segment is None or segment.source == segment.target:
            continue
        ends = frozenset((segment.source, segment.target))
        if ends not in seen or seen[ends].is_over(segment):
            seen[ends] = _Connection(segment)
            order.append(seen[ends])
        seen[ends].take(segment)
    told = [connection.told("".join(secrets)) for connection in order]
    return [one for one in told if one.flights and _is_tls(one.flights[0].data)]


def _is_tls(data: bytes) -> bool:
    return data[:1] in (b"\x14", b"\x15", b"\x16", b"\x17") and data[1:2] == b"\x03"


def _of_records(data: bytes) -> tuple[Flight, ...]:
    """One end's records: the server's where the first message is its hello."""
    return (Flight("server" if data[:1] == b"\x16" and data[5:6] == b"\x02" else "client", data),)


_PCAP = {  # the first four bytes: the order of the bytes, with times in micro- or nanoseconds
    b"\xd4\xc3\xb2\xa1": "<",
    b"\x4d\x3c\xb2\xa1": "<",
    b"\xa1\xb2\xc3\xd4": ">",
    b"\xa1\xb2\x3c\x4d": ">",
}
_SECTION, _LITTLE = b"\n\r\r\n", b"\x4d\x3c\x2b\x1a"
_TLS_KEY_LOG = 0x544C534B


def _of_pcap(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Link type and bytes of each packet; a last one that is cut off, as in a capture still running, is left out."""
    order, at = _PCAP[data[:4]], 24
    link = struct.unpack_from(f"{order}I", data, 20)[0] & 0xFFFF
    while at + 16 <= len(data):
        size = struct.unpack_from(f"{order}I", data, at + 8)[0]
        if at + 16 + size <= len(data):
            yield link, data[at + 16 : at + 16 + size]
        at += 16 + size


def _of_pcapng(data: bytes, secrets: list[str]) -> Iterator[tuple[int, bytes]]:
    """The same from blocks; key logs among them are added to `secrets`."""
    links: list[int] = []
    order, at = "<", 0
    while at + 12 <= len(data):
        if data[at : at + 4] == _SECTION:
            order, links = "<" if data[at + 8 : at + 12] == _LITTLE else ">", []
        kind, size = struct.unpack_from(f"{order}II", data, at)
        if size < 12:
            raise struct.error("a block shorter than its own head")
        body = data[at + 8 : at + size - 4]
        if kind == 1:  # Interface Description
            links.append(struct.unpack_from(f"{order}H", body)[0])
        elif kind == 6:  # Enhanced Packet
            number, _, _, length = struct.unpack_from(f"{order}4I", body)
            yield _link(links, number), body[20 : 20 + length]
        elif kind == 3:  # Simple Packet
            yield _link(links, 0), body[4 : 4 + struct.unpack_from(f"{order}I", body)[0]]
        elif kind == 10:  # Decryption Secrets
            what, length = struct.unpack_from(f"{order}II", body)
            secrets += [body[8 : 8 + length].decode("ascii", "replace") + "\n"] * (what == _TLS_KEY_LOG)
        at += size


def _link(links: list[int], number: int) -> int:
    if number >= len(links):
        raise struct.error("a packet of an interface that is not described")
    return links[number]


# Bytes in front of the IP header, by link type: null, loop, Ethernet, raw, Linux cooked (first and second form).
_HEADERS = {0: 4, 108: 4, 1: 14, 12: 0, 14: 0, RAW: 0, 228: 0, 229: 0, 113: 16, 276: 20}
_VLAN = (b"\x81\x00", b"\x88\xa8")


@dataclass(frozen=True)
class _Segment:
    """Part of one direction: `source` and `target` as host:port."""

    source: str
    target: str
    sequence: int
    flags: int
    data: bytes


def _segment(link: int, frame: bytes) -> _Segment | None:
    """The TCP segment in a packet; None for other packets. Raises BadInput for a link type that is not known here."""
    if link not in _HEADERS:
        raise BadInput("no such link type here", value=link, fix="Capture on Ethernet, loopback, or raw IP.")
    at = _HEADERS[link]
    while link == 1 and frame[at - 2 : at] in _VLAN:
        at += 4
    packet = frame[at:]
    version = packet[0] >> 4 if packet else 0
    try:
        if version == 4:
            return _of_ipv4(packet)
        return _of_ipv6(packet) if version == 6 else None
    except (struct.error, IndexError):  # cut short by the one who captured it: what is missing will be told
        return None


def _of_ipv4(packet: bytes) -> _Segment | None:
    total, _, fragment, _, protocol = struct.unpack_from("!HHHBB", packet, 2)
    if protocol != 6 or fragment & 0x1FFF:
        return None
    hosts = [".".join(map(str, packet[at : at + 4])) for at in (12, 16)]
    return _of_tcp(hosts, packet[(packet[0] & 15) * 4 : total or len(packet)])  # 0: filled in later, by the card


def _of_ipv6(packet: bytes) -> _Segment | None:
    length, protocol = struct.unpack_from("!HB", packet, 4)
    body = packet[40 : 40 + length if length else len(packet)]
    while protocol in (0, 43, 60):  # options and routing (RFC 8200 4.1)
        protocol, body = body[0], body[(body[1] + 1) * 8 :]
    hosts = [f"[{packet[at : at + 16].hex(':', 2)}]" for at in (8, 24)]
    return _of_tcp(hosts, body) if protocol == 6 else None


def _of_tcp(hosts: list[str], body: bytes) -> _Segment:
    source, target, sequence, _, offset, flags = struct.unpack_from("!HHIIBB", body)
    return _Segment(f"{hosts[0]}:{source}", f"{hosts[1]}:{target}", sequence, flags, body[(offset >> 4) * 4 :])


class _Half:
    """One direction: `place` counts the bytes put in order, `waiting` holds those that came too early."""

    def __init__(self) -> None:
        self.first: int | None = None  # the sequence number of its first byte
        self.place = 0
        self.waiting: list[tuple[int, bytes]] = []

    def take(self, sequence: int, data: bytes) -> bytes:
        """What goes on now. What was sent twice is taken once; the first to come is believed."""
        if self.first is None:
            self.first = sequence
        behind = (self.first + self.place - sequence) % (1 << 32)  # the count goes round
        place = self.place - (behind - (1 << 32) if behind >> 31 else behind)
        heapq.heappush(self.waiting, (place, data))
        out = []
        while self.waiting and self.waiting[0][0] <= self.place:
            place, data = heapq.heappop(self.waiting)
            out.append(data[self.place - place :])
            self.place += len(out[-1])
        return b"".join(out)


class _Connection:
    def __init__(self, segment: _Segment) -> None:
        self.ends = {segment.source: _Half(), segment.target: _Half()}
        self.client = segment.target if segment.flags & SYN and segment.flags & ACK else segment.source
        self.opened = bool(segment.flags & SYN)
        self.said: list[tuple[str, list[bytes]]] = []

    def is_over(self, segment: _Segment) -> bool:
        """Whether a new connection begins between the same ports."""
        return bool(self.said) and segment.flags & (SYN | ACK) == SYN

    def take(self, segment: _Segment) -> None:
        half = self.ends[segment.source]
        if segment.flags & SYN:
            half.first = (segment.sequence + 1) % (1 << 32)
            return
        data = half.take(segment.sequence, segment.data) if segment.data else b""
        if data and self.said and self.said[-1][0] == segment.source:
            self.said[-1][1].append(data)
        elif data:
            self.said.append((segment.source, [data]))

    def told(self, key_log: str) -> Conversation:
        said = [(source, b"".join(parts)) for source, parts in self.said]
        client = self.client
        if not self.opened and said:  # the beginning was not captured: who says hello first?
            client = next((source for source, data in said if data[:1] == b"\x16" and data[5:6] == b"\x01"), client)
        (server,) = self.ends.keys() - {client}
        names: dict[str, Sender] = {client: "client", server: "server"}
        gaps = {names[end]: half.waiting[0][0] - half.place for end, half in self.ends.items() if half.waiting}
        flights = tuple(Flight(names[source], data) for source, data in said)
        return Conversation(flights, client, server, key_log, gaps)
