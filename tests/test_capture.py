"""Does a conversation come out of a file as it went in, whoever wrote the file and in whatever order packets came?"""

from __future__ import annotations

import stat
import struct
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from conversations import MADE, made
from hypothesis import given, settings
from hypothesis import strategies as st

from tlslearn import BadInput, handshake
from tlslearn.handshake import capture
from tlslearn.handshake.capture import Conversation, conversations, pcap, read

SAID = (b"\x16\x03\x01\0\x05\x01hell", b"\x16\x03\x03\0\x05\x02back", b"\x17\x03\x03\0\x02ok")
FLIGHTS = [handshake.Flight(sender, data) for sender, data in zip(("client", "server", "client"), SAID, strict=True)]


def packets_of(data: bytes) -> list[bytes]:
    found, at = [], 24
    while at < len(data):
        size = struct.unpack_from("<I", data, at + 8)[0]
        found.append(data[at + 16 : at + 16 + size])
        at += 16 + size
    return found


def pcap_of(packets: list[bytes], link: int = capture.RAW, order: str = "<") -> bytes:
    head = struct.pack(f"{order}IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, link)
    return head + b"".join(struct.pack(f"{order}4I", 0, 0, len(one), len(one)) + one for one in packets)


def block(kind: int, body: bytes, order: str = "<") -> bytes:
    size = struct.pack(f"{order}I", 12 + len(body) + -len(body) % 4)
    return struct.pack(f"{order}I", kind) + size + body + bytes(-len(body) % 4) + size


def pcapng_of(packets: list[bytes], order: str = "<", link: int = capture.RAW, key_log: str = "") -> bytes:
    out = block(0x0A0D0D0A, struct.pack(f"{order}IHHq", 0x1A2B3C4D, 1, 0, -1), order)
    out += block(1, struct.pack(f"{order}HHI", link, 0, 0), order)
    if key_log:
        secrets = struct.pack(f"{order}II", 0x544C534B, len(key_log)) + key_log.encode()
        out += block(10, secrets, order) + block(5, b"statistics, which are of no use", order)
    return out + b"".join(
        block(6, struct.pack(f"{order}5I", 0, 0, 0, len(one), len(one)) + one, order) for one in packets
    )


def said(one: Conversation) -> list[tuple[str, bytes]]:
    return [(flight.sender, flight.data) for flight in one.flights]


PACKETS = packets_of(pcap([FLIGHTS]))
PLAIN = said(Conversation(tuple(FLIGHTS)))


class TestWriting:
    @pytest.mark.parametrize("name", MADE)
    def test_what_is_read_is_what_was_written(self, name: str, tmp_path: Path) -> None:
        written, secrets = made(name).capture(tmp_path / "shop.pcap")
        (found,) = read(written)
        opened = handshake.decrypt(found.flights, secrets.read_text())
        assert opened.data == handshake.decrypt(made(name)).data and not opened.why_closed
        assert (found.client, found.server, found.missing) == ("127.0.0.1:49152", "127.0.0.1:443", {})

    @pytest.mark.skipif(sys.platform == "win32", reason="has no such modes")
    def test_both_files_are_private(self, tmp_path: Path) -> None:
        for path in made("1.3, P-256").capture(tmp_path / "shop.pcap"):
            assert stat.S_IMODE(path.stat().st_mode) == 0o600

    @pytest.mark.parametrize("taken", ["shop.pcap", "shop.keys"])
    def test_nothing_is_written_over(self, taken: str, tmp_path: Path) -> None:
        """Where one name is taken, neither file is made, and what was there is left."""
        (tmp_path / taken).write_text("mine")
        with pytest.raises(BadInput, match="exists"):
            made("1.3, P-256").capture(tmp_path / "shop.pcap")
        assert [path.name for path in tmp_path.iterdir()] == [taken] and (tmp_path / taken).read_text() == "mine"
        made("1.3, P-256").capture(tmp_path / "shop.pcap", overwrite=True)
        assert len(read(tmp_path / "shop.pcap")) == 1

    def test_the_key_log_keeps_its_name(self, tmp_path: Path) -> None:
        with pytest.raises(BadInput, match="key log"):
            made("1.3, P-256").capture(tmp_path / "shop.keys")

    def test_checksums(self) -> None:
        """RFC 1071: the ones' complement sum over all, checksum included, has no bit left over."""
        for packet in PACKETS:
            assert sum16(packet[:20]) == 0xFFFF
            pseudo = packet[12:20] + b"\0\x06" + (len(packet) - 20).to_bytes(2, "big")
            assert sum16(pseudo + packet[20:]) == 0xFFFF

    def test_long_flights_are_cut_into_segments(self) -> None:
        flight = handshake.Flight("client", b"\x16\x03\x01" + bytes(5000))
        assert sum(len(one) > 40 for one in packets_of(pcap([[flight]]))) == 4
        assert said(conversations(pcap([[flight]]))[0]) == [("client", flight.data)]

    def test_a_changed_flight_is_captured_as_it_arrived(self) -> None:
        flight = handshake.Flight("client", SAID[0], delivered=SAID[2])
        assert said(conversations(pcap([[flight]]))[0]) == [("client", SAID[2])]

    def test_too_many(self) -> None:
        with pytest.raises(BadInput, match="several files"):
            pcap([[]] * 20_000)


def sum16(data: bytes) -> int:
    total = sum(data[0::2]) * 256 + sum(data[1::2])
    while total > 0xFFFF:
        total = total % 0x10000 + total // 0x10000
    return total


class TestReading:
    @pytest.mark.parametrize("order", "<>")
    def test_both_formats_in_both_orders(self, order: str) -> None:
        for data in (pcap_of(PACKETS, order=order), pcapng_of(PACKETS, order)):
            assert [said(one) for one in conversations(data)] == [PLAIN]

    def test_a_key_log_inside_the_capture(self) -> None:
        transcript = made("1.3, P-256")
        data = pcapng_of(packets_of(pcap([transcript.flights])), key_log=transcript.key_log)
        (found,) = conversations(data)
        assert handshake.decrypt(found.flights, found.key_log).data["client"]

    @pytest.mark.parametrize(
        ("link", "front"),
        [(0, b"\x02\0\0\0"), (1, bytes(12) + b"\x08\0"), (1, bytes(12) + b"\x81\0\0\x07\x08\0"), (113, bytes(16))],
    )
    def test_link_types(self, link: int, front: bytes) -> None:
        assert said(conversations(pcap_of([front + one + bytes(6) for one in PACKETS], link))[0]) == PLAIN

    def test_a_link_type_that_is_not_known(self) -> None:
        with pytest.raises(BadInput, match="link type"):
            conversations(pcap_of(PACKETS, link=105))

    def test_ipv6(self) -> None:
        """RFC 8200 3, with an options header in front of TCP (4.3)."""
        hosts = {False: bytes(15) + b"\1", True: bytes(15) + b"\2"}
        packets = []
        for one in PACKETS:
            tcp, back = one[20:], one[20:22] == b"\x01\xbb"
            head = struct.pack("!IHBB", 6 << 28, 8 + len(tcp), 0, 64) + hosts[back] + hosts[not back]
            packets.append(head + b"\x06\0" + bytes(6) + tcp)
        (found,) = conversations(pcap_of(packets))
        assert said(found) == PLAIN and found.client == "[0000:0000:0000:0000:0000:0000:0000:0001]:49152"

    @settings(max_examples=60, deadline=None)
    @given(st.data())
    def test_order_and_copies_do_not_matter(self, data: st.DataObject) -> None:
        """Segments late, twice, and cut elsewhere when they are sent again, round the end of the count too."""
        start = data.draw(st.sampled_from([1000, (1 << 32) - 3, (1 << 32) - 1]))
        whole = b"\x16\x03\x01\0\x40\x01" + bytes(range(63))
        cuts = sorted({0, len(whole), *data.draw(st.lists(st.integers(1, len(whole) - 1), max_size=8))})
        pieces = [(at, whole[at:end]) for at, end in pairwise(cuts)]
        again = [(at, whole[at : at + 7]) for at in data.draw(st.lists(st.integers(0, len(whole) - 1), max_size=4))]
        sent = data.draw(st.permutations(pieces + again))
        ports = (capture.CLIENT_PORT, 443)
        packets = [capture._packet(ports, start - 1, 0, capture.SYN, b"")]
        packets += [capture._packet(ports, (start + at) % (1 << 32), 0, capture.ACK, part) for at, part in sent]
        (found,) = conversations(pcap_of(packets))
        assert said(found) == [("client", whole)] and found.missing == {}

    def test_a_gap_is_told(self) -> None:
        data = pcap([[handshake.Flight("client", b"\x16\x03\x01" + bytes(5000))]])
        packets = packets_of(data)
        del packets[4]
        (found,) = conversations(pcap_of(packets))
        assert found.missing == {"client": 1460} and len(found.flights[0].data) == 1460

    def test_a_capture_that_begins_late(self) -> None:
        """Without the packets that open the connection, whoever says hello is the client."""
        (found,) = conversations(pcap_of(PACKETS[3:]))
        assert said(found) == PLAIN
        (found,) = conversations(pcap_of([PACKETS[4], PACKETS[3], PACKETS[5]]))
        assert found.client == "127.0.0.1:49152"

    def test_the_same_ports_again(self) -> None:
        (one, other) = conversations(pcap_of(PACKETS + PACKETS))
        assert said(one) == said(other) == PLAIN

    def test_several_conversations_and_what_is_no_tls(self) -> None:
        http = [handshake.Flight("client", b"GET / HTTP/1.1\r\n\r\n")]
        found = conversations(pcap([FLIGHTS, http, FLIGHTS]))
        assert [one.client for one in found] == ["127.0.0.1:49152", "127.0.0.1:49154"]

    def test_the_last_packet_may_be_cut_off(self) -> None:
        """As while the capture is still running."""
        data = pcap([FLIGHTS])
        assert said(conversations(data[:-50])[0]) == PLAIN

    def test_records_of_one_end(self, tmp_path: Path) -> None:
        for sender in ("client", "server"):
            path = tmp_path / sender
            path.write_bytes(made("1.3, P-256").stream(sender))
            (found,) = read(path)
            assert {flight.sender for flight in found.flights} == {sender} and found.client == ""
            assert handshake.decrypt(found.flights).messages

    @pytest.mark.parametrize(
        "data", [b"GET / HTTP/1.1\r\n", pcap([]), pcap([[FLIGHTS[0]]])[:24], b"\x16", b"0\x82\1\0"]
    )
    def test_what_holds_no_tls(self, data: bytes, tmp_path: Path) -> None:
        path = tmp_path / "shop.bin"
        path.write_bytes(data)
        with pytest.raises(BadInput, match=r"shop\.bin.*Give a pcap"):
            read(path)

    @pytest.mark.parametrize(
        "data",
        [
            pcap([FLIGHTS])[:20],
            block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)) + block(6, bytes(20)),
            block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)) + bytes(12),
        ],
    )
    def test_a_damaged_capture(self, data: bytes) -> None:
        with pytest.raises(BadInput, match="damaged"):
            conversations(data)

    def test_no_such_file(self, tmp_path: Path) -> None:
        with pytest.raises(BadInput, match="cannot read"):
            read(tmp_path / "none.pcap")

    @settings(max_examples=300, deadline=None)
    @given(st.sampled_from([pcap([FLIGHTS]), pcapng_of(PACKETS), pcapng_of(PACKETS, ">", 1)]), st.data())
    def test_changed_bytes_are_read_or_refused(self, good: bytes, data: st.DataObject) -> None:
        changed = bytearray(good)
        for _ in range(data.draw(st.integers(1, 6))):
            changed[data.draw(st.integers(0, len(good) - 1))] = data.draw(st.integers(0, 255))
        changed = changed[: data.draw(st.integers(1, len(good)))]
        try:
            found = conversations(bytes(changed))
        except BadInput:
            return
        assert all(one.flights for one in found)
