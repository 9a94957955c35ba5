"""Does the small client make every check that RFC 9846 asks of a client, and say the alert that it names?"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from dataclasses import replace

import pytest
from certificates import impostor, issued, issuing, key, root, signed_again
from cryptography.hazmat.primitives.serialization import Encoding
from misbehaving import P256, PAGE, X25519, Hello, Server, block, meet, retry, share_of, versions

from tlslearn import BadInput, handshake, wire
from tlslearn.check import SOURCES
from tlslearn.handshake import schedule
from tlslearn.handshake.channel import MOST_IDLE
from tlslearn.handshake.client import Offer
from tlslearn.wire.reading import number, vector

Made = Callable[[], Server]
GROUP_P256 = (51, number(P256, 2))
LONGEST = 1 << 14


def hello(*extra: tuple[int, bytes], share: tuple[int, bytes] | None = None, **fields: object) -> Server:
    """A server whose ServerHello has these fields; with `extra` or `share` its extensions are put together here."""
    if extra or share:
        fields["extensions"] = [versions(), share or share_of(X25519, bytes([9]) + bytes(31)), *extra]
    return Server(answer=Hello(**fields))


def flipped(at: int = -1) -> Callable[[bytes], bytes]:
    def change(raw: bytes) -> bytes:
        data = bytearray(raw)
        data[at] ^= 1
        return bytes(data)

    return change


def body(content: bytes) -> Callable[[bytes], bytes]:
    """The same type with another body."""
    return lambda raw: wire.frame(raw[0], content)


def longer(by: bytes) -> Callable[[bytes], bytes]:
    return lambda raw: wire.frame(raw[0], raw[4:] + by)


def with_more(more: bytes) -> Callable[[Server, bytes], None]:
    """Another message in the same record."""
    return lambda server, raw: server.out(22, raw + more)


def first(content_type: int, content: bytes) -> Callable[[Server, bytes], None]:
    """Another record before it."""

    def send(server: Server, raw: bytes) -> None:
        server.out(content_type, content)
        server.out(22, raw)

    return send


def instead(act: Callable[[Server], None]) -> Callable[[Server, bytes], None]:
    return lambda server, raw: act(server)


def split(between: Callable[[Server], None]) -> Callable[[Server, bytes], None]:
    """Something between two halves of a message."""

    def send(server: Server, raw: bytes) -> None:
        server.out(22, raw[:7])
        between(server)
        server.out(22, raw[7:])

    return send


def raw_bytes(data: bytes) -> Callable[[Server, bytes], None]:
    return lambda server, raw: server.transport.sendall(data)


def later(act: Callable[[Server], None]) -> Made:
    """After the handshake, once the client has asked for its page."""

    def after(server: Server) -> None:
        server.hear_request()
        act(server)

    return lambda: Server(after=after)


def old_keys_after_update(server: Server) -> None:
    server.out(22, wire.frame(24, b"\0"))
    server.out(23, b"under the keys of before")


def flood(server: Server) -> None:
    for _ in range(10_000):
        server.update()


def change_ciphers(server: Server) -> None:
    for _ in range(10_000):
        server.clear(20, b"\1")


def reflected(server: Server) -> Callable[[bytes], bytes]:
    """A Finished under the client's own secret."""

    def change(raw: bytes) -> bytes:
        return wire.frame(20, schedule.finished(server.secrets["client"], server.hash(), "sha256"))

    return change


def mirror() -> Server:
    server = Server()
    server.change["finished"] = reflected(server)
    return server


SPOILED = issued("p256").certificate.public_bytes(Encoding.DER)
SPOILED = SPOILED[:-1] + bytes([SPOILED[-1] ^ 1])
REST = [one.public_bytes(Encoding.DER) for one in issued("p256").intermediates]
P256_IDENTIFIER = bytes.fromhex("06082a8648ce3d030107")
UNKNOWN_CURVE = issued("p256").certificate.public_bytes(Encoding.DER)
UNKNOWN_CURVE = UNKNOWN_CURVE.replace(P256_IDENTIFIER, P256_IDENTIFIER[:-1] + b"\x77")
USAGE = bytes.fromhex("0603551d0f0101ff0404")  # a critical key usage, and the octets of its bits
CANNOT_SIGN = signed_again(
    issued("p256").certificate,
    USAGE + bytes.fromhex("03020780"),  # digitalSignature
    USAGE + bytes.fromhex("03020308"),  # keyAgreement
    issuing("p256").private_key,
)
OF_IMPOSTOR = impostor().issue(["localhost"])
SIGNATURES = (13, vector(number(0x0403, 2), 2))
TICKET = wire.frame(4, number(7200, 4) + number(1, 4) + b"\1\1" + vector(b"ticket", 2) + vector(b"", 2))
SMALL_ORDER = {  # RFC 7748 6.1: shares that make the shared secret zero, whatever the other's key
    "0": bytes(32),
    "1": b"\x01" + bytes(31),
    "p": bytes.fromhex("ed" + "ff" * 30 + "7f"),
    "p + 1": bytes.fromhex("ee" + "ff" * 30 + "7f"),
    "order 8": bytes.fromhex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
    "order 8, the other": bytes.fromhex("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"),
}
GOOD_POINT = share_of(P256, b"\x04" + bytes(64))

# What the server does, with the alert that the client must send for it.
FAULTS: dict[str, tuple[str, Made]] = {
    # ServerHello: RFC 9846 4.2.3, 4.3.1
    "downgrade to 1.2, told by the sentinel": (
        "illegal_parameter",
        lambda: hello(random=bytes(24) + b"DOWNGRD\x01", extensions=[]),
    ),
    "downgrade below 1.2, told by the sentinel": (
        "illegal_parameter",
        lambda: hello(random=bytes(24) + b"DOWNGRD\x00", extensions=[], legacy_version=0x0302),
    ),
    "TLS 1.2 and no more": ("protocol_version", lambda: hello(extensions=[])),
    "TLS 1.0": ("protocol_version", lambda: hello(extensions=[], legacy_version=0x0301)),
    "a version before 1.3 in the extension": ("illegal_parameter", lambda: hello(extensions=[versions(0x0303)])),
    "a version of the future": ("illegal_parameter", lambda: hello(extensions=[versions(0x0305)])),
    "a GREASE version": ("illegal_parameter", lambda: hello(extensions=[versions(0x7A7A)])),
    "legacy_version 1.3": ("protocol_version", lambda: hello(legacy_version=0x0304)),
    "legacy_version 1.1": ("protocol_version", lambda: hello(legacy_version=0x0302)),
    "another session id": ("illegal_parameter", lambda: hello(session_id=bytes(32))),
    "no session id": ("illegal_parameter", lambda: hello(session_id=b"")),
    "a suite of 1.3 that was not offered": ("illegal_parameter", lambda: hello(suite=0x1304)),
    "a suite of 1.2": ("illegal_parameter", lambda: hello(suite=0xC02B)),
    "a GREASE suite": ("illegal_parameter", lambda: hello(suite=0x4A4A)),
    "compression": ("illegal_parameter", lambda: hello(compression=1)),
    "an extension nobody asked for": ("unsupported_extension", lambda: hello((0x7777, b""))),
    "a ticket nobody offered is taken": ("unsupported_extension", lambda: hello((41, b"\0\0"))),
    "a cookie in a ServerHello": ("unsupported_extension", lambda: hello((44, vector(b"abc", 2)))),
    "server_name in a ServerHello": ("illegal_parameter", lambda: hello((0, b""))),
    "an extension twice": ("illegal_parameter", lambda: hello(versions())),
    "no key share": ("missing_extension", lambda: hello(extensions=[versions()])),
    "bytes behind a ServerHello's extensions": ("decode_error", lambda: Server(change={"hello": longer(b"\0")})),
    "bytes behind an extension's content": (
        "decode_error",
        lambda: hello(extensions=[(43, b"\x03\x04\0"), share_of(X25519, bytes(32))]),
    ),
    "a ServerHello cut short": ("decode_error", lambda: Server(change={"hello": body(b"\x03\x03" + bytes(20))})),
    "a message in clear behind the ServerHello": (
        "unexpected_message",
        lambda: Server(send={"hello": with_more(wire.frame(8, b"\0\0"))}),
    ),
    "a flight that goes on in clear in the record of the ServerHello": (
        "unexpected_message",
        lambda: Server(
            send={"hello": with_more(wire.frame(8, b"\0\0")), "encrypted_extensions": lambda server, raw: None}
        ),
    ),
    "no ServerHello first": ("unexpected_message", lambda: Server(leave_out={"hello"})),
    "a ClientHello for an answer": (
        "unexpected_message",
        lambda: Server(send={"hello": lambda server, raw: server.out(22, server.hello.raw)}),
    ),
    "a message of 16 MB": (
        "illegal_parameter",
        lambda: Server(send={"hello": raw_bytes(wire.record(22, b"\x02\xff\xff\xff"))}),
    ),
    # shares: 4.3.8, 7.4.2
    "a share of a group that was offered without one": ("illegal_parameter", lambda: hello(share=GOOD_POINT)),
    "a good share under the name of another group": (
        "illegal_parameter",
        lambda: hello(share=share_of(P256, b"\x09" + bytes(31))),
    ),
    "a share of a group that was not offered": (
        "illegal_parameter",
        lambda: hello(share=share_of(0x18, b"\x04" + bytes(96))),
    ),
    "an X25519 share of 31 bytes": ("illegal_parameter", lambda: hello(share=share_of(X25519, bytes(31)))),
    "an X25519 share of 33 bytes": ("illegal_parameter", lambda: hello(share=share_of(X25519, b"\x09" + bytes(32)))),
    **{
        f"an X25519 share of small order ({name})": ("illegal_parameter", lambda share=share: Server(key_share=share))
        for name, share in SMALL_ORDER.items()
    },
    # retries: 4.2.4
    "a second retry": (
        "unexpected_message",
        lambda: Server(group=P256, retries=[retry(versions(), GROUP_P256), retry(versions(), (44, vector(b"a", 2)))]),
    ),
    "a retry that changes nothing": ("illegal_parameter", lambda: Server(retries=[retry(versions())])),
    "a retry for the group of the share": (
        "illegal_parameter",
        lambda: Server(retries=[retry(versions(), (51, number(X25519, 2)))]),
    ),
    "a retry for a group not offered": (
        "illegal_parameter",
        lambda: Server(retries=[retry(versions(), (51, number(0x18, 2)))]),
    ),
    "a retry without a version": ("missing_extension", lambda: Server(retries=[retry(GROUP_P256)])),
    "a retry with another version": (
        "illegal_parameter",
        lambda: Server(retries=[retry(versions(0x0303), GROUP_P256)]),
    ),
    "a retry with legacy_version 1.1": (
        "protocol_version",
        lambda: Server(retries=[retry(versions(), GROUP_P256, legacy_version=0x0302)]),
    ),
    "a retry with a suite not offered": (
        "illegal_parameter",
        lambda: Server(retries=[retry(versions(), GROUP_P256, suite=0x1305)]),
    ),
    "a retry with another session id": (
        "illegal_parameter",
        lambda: Server(retries=[retry(versions(), GROUP_P256, session_id=b"x")]),
    ),
    "another suite after the retry": (
        "illegal_parameter",
        lambda: Server(group=P256, retries=[retry(versions(), GROUP_P256, suite=0x1303)]),
    ),
    "another group after the retry": (
        "illegal_parameter",
        lambda: Server(retries=[retry(versions(), GROUP_P256)], group=X25519),
    ),
    "an extension nobody asked for in a retry": (
        "unsupported_extension",
        lambda: Server(retries=[retry(versions(), GROUP_P256, (0x7777, b""))]),
    ),
    "an empty cookie": ("decode_error", lambda: Server(retries=[retry(versions(), (44, b"\0\0"))])),
    "a point that is not on the curve": (
        "illegal_parameter",
        lambda: Server(group=P256, retries=[retry(versions(), GROUP_P256)], key_share=b"\x04" + bytes(63) + b"\x01"),
    ),
    "a compressed point": (
        "illegal_parameter",
        lambda: Server(group=P256, retries=[retry(versions(), GROUP_P256)], key_share=b"\x02" + bytes(31) + b"\x05"),
    ),
    "the point at infinity": (
        "illegal_parameter",
        lambda: Server(group=P256, retries=[retry(versions(), GROUP_P256)], key_share=b"\0"),
    ),
    # EncryptedExtensions: 4.4.1
    "an extension nobody asked for, encrypted": ("unsupported_extension", lambda: Server(extensions=[(0x7777, b"")])),
    "a protocol though none was offered": ("unsupported_extension", lambda: Server(extensions=[(16, b"\0\x03\x02h2")])),
    "a key share where it may not be": (
        "illegal_parameter",
        lambda: Server(extensions=[share_of(X25519, bytes(32))]),
    ),
    "an encrypted extension twice": ("illegal_parameter", lambda: Server(extensions=[(0, b""), (0, b"")])),
    "a server_name that says something": (
        "decode_error",
        lambda: Server(extensions=[(0, vector(b"\0" + vector(b"a", 2), 2))]),
    ),
    "EncryptedExtensions cut short": ("decode_error", lambda: Server(change={"encrypted_extensions": body(b"\0\x05")})),
    "no EncryptedExtensions": ("unexpected_message", lambda: Server(leave_out={"encrypted_extensions"})),
    "EncryptedExtensions in clear": (
        "unexpected_message",
        lambda: Server(send={"encrypted_extensions": lambda server, raw: server.clear(22, raw)}),
    ),
    # CertificateRequest: 4.4.2
    "a request without signature algorithms": ("missing_extension", lambda: Server(request=b"\0" + block([]))),
    "a request with a context": ("illegal_parameter", lambda: Server(request=b"\1x" + block([SIGNATURES]))),
    "a request with supported versions": (
        "illegal_parameter",
        lambda: Server(request=b"\0" + block([SIGNATURES, (43, b"\x03\x04")])),
    ),
    "a request with an extension twice": ("illegal_parameter", lambda: Server(request=b"\0" + block([SIGNATURES] * 2))),
    "two requests": (
        "unexpected_message",
        lambda: Server(
            request=b"\0" + block([SIGNATURES]), send={"request": lambda server, raw: server.out(22, raw + raw)}
        ),
    ),
    # Certificate: 4.5.1
    "an empty Certificate": ("decode_error", lambda: Server(chain=[])),
    "an empty certificate in it": ("decode_error", lambda: Server(chain=[b""])),
    "a context in a server's Certificate": (
        "illegal_parameter",
        lambda: Server(change={"certificate": lambda raw: wire.frame(11, b"\1x" + raw[5:])}),
    ),
    "bytes that are no certificate": ("bad_certificate", lambda: Server(chain=[b"no certificate"])),
    "an extension of an entry nobody asked for": (
        "unsupported_extension",
        lambda: Server(entry_extensions=[(18, b"")]),
    ),
    "a key share beside a certificate": (
        "illegal_parameter",
        lambda: Server(entry_extensions=[share_of(X25519, bytes(32))]),
    ),
    "a certificate whose signature does not hold": ("bad_certificate", lambda: Server(chain=[SPOILED, *REST])),
    "a key on a curve that nobody knows": ("unsupported_certificate", lambda: Server(chain=[UNKNOWN_CURVE, *REST])),
    "a key that may not sign": ("unsupported_certificate", lambda: Server(chain=[CANNOT_SIGN, *REST])),
    "an expired certificate": (
        "certificate_expired",
        lambda: Server(chain=[one.public_bytes(Encoding.DER) for one in issued("p256", fault="expired").chain]),
    ),
    "a chain of somebody else": (
        "unknown_ca",
        lambda: Server(chain=[OF_IMPOSTOR.certificate.public_bytes(Encoding.DER)], signing_key=OF_IMPOSTOR.private_key),
    ),
    "no Certificate": ("unexpected_message", lambda: Server(leave_out={"certificate"})),
    # CertificateVerify: 4.5.2
    "a changed signature": ("decrypt_error", lambda: Server(change={"verify": flipped()})),
    "a signature by another key": ("decrypt_error", lambda: Server(signing_key=key("p256", "impostor"))),
    "a signature for a client": ("decrypt_error", lambda: Server(signed_by="client")),
    "a scheme that was not offered": ("illegal_parameter", lambda: Server(scheme=0x0603)),
    "a scheme for certificates alone": ("illegal_parameter", lambda: Server(scheme=0x0401)),
    "SHA-1": ("illegal_parameter", lambda: Server(scheme=0x0203)),
    "a scheme for another kind of key": ("illegal_parameter", lambda: Server(scheme=0x0804)),
    "a scheme for another curve": ("illegal_parameter", lambda: Server(scheme=0x0503)),
    "no CertificateVerify": ("unexpected_message", lambda: Server(leave_out={"verify"})),
    # Finished: 4.5.3
    "a changed Finished": ("decrypt_error", lambda: Server(change={"finished": flipped()})),
    "a Finished of the client's secret": ("decrypt_error", mirror),
    "a short Finished": ("decode_error", lambda: Server(change={"finished": body(bytes(12))})),
    "no Finished but a ticket": ("unexpected_message", lambda: Server(change={"finished": lambda raw: TICKET})),
    "a message behind Finished in its record": (
        "unexpected_message",
        lambda: Server(send={"finished": with_more(TICKET)}),
    ),
    "tickets, the first of them behind Finished in its record": (
        "unexpected_message",
        lambda: Server(
            send={"finished": with_more(TICKET)}, after=lambda server: (server.out(22, TICKET), server.answer_page())
        ),
    ),
    "a message after Finished under the old keys": (
        "bad_record_mac",
        lambda: Server(send={"finished": lambda server, raw: (server.out(22, raw), server.out(22, TICKET))}),
    ),
    "KeyUpdate before Finished": (
        "unexpected_message",
        lambda: Server(send={"finished": first(22, wire.frame(24, b"\0"))}),
    ),
    # records: 5
    "an answer in HTTP": (
        "unexpected_message",
        lambda: Server(send={"hello": raw_bytes(b"HTTP/1.1 400 Bad Request\r\n")}),
    ),
    "a record of an unknown type": ("unexpected_message", lambda: Server(send={"hello": first(24, b"\1")})),
    "a protected record of an unknown type": (
        "unexpected_message",
        lambda: Server(send={"encrypted_extensions": first(24, b"\1")}),
    ),
    "data before the ServerHello": ("unexpected_message", lambda: Server(send={"hello": first(23, b"early")})),
    "data before Finished": ("unexpected_message", lambda: Server(send={"finished": first(23, b"early")})),
    "a handshake record of no bytes in clear": ("unexpected_message", lambda: Server(send={"hello": first(22, b"")})),
    "a handshake record of no bytes": (
        "unexpected_message",
        lambda: Server(send={"encrypted_extensions": first(22, b"")}),
    ),
    "an alert of no bytes": ("unexpected_message", lambda: Server(send={"encrypted_extensions": first(21, b"")})),
    "an alert of one byte": ("decode_error", lambda: Server(send={"encrypted_extensions": first(21, b"\2")})),
    "two alerts in a record": ("decode_error", lambda: Server(send={"hello": first(21, b"\2\x28\1\0")})),
    "nothing but padding": (
        "unexpected_message",
        lambda: Server(send={"encrypted_extensions": instead(lambda server: server.sealed(bytes(40)))}),
    ),
    "a record too long in clear": (
        "record_overflow",
        lambda: Server(send={"hello": raw_bytes(b"\x16\x03\x03" + number(LONGEST + 1, 2))}),
    ),
    "a protected record too long": (
        "record_overflow",
        lambda: Server(send={"encrypted_extensions": raw_bytes(b"\x17\x03\x03" + number(LONGEST + 257, 2))}),
    ),
    "content too long": ("record_overflow", later(lambda server: server.sealed(bytes(LONGEST + 1) + b"\x17"))),
    "content too long with its padding": (
        "record_overflow",
        later(lambda server: server.sealed(b"page\x17" + bytes(LONGEST))),
    ),
    "a record that does not open": (
        "bad_record_mac",
        lambda: Server(send={"encrypted_extensions": raw_bytes(b"\x17\x03\x03\0\x20" + bytes(32))}),
    ),
    "a record shorter than a tag": (
        "bad_record_mac",
        lambda: Server(send={"encrypted_extensions": raw_bytes(b"\x17\x03\x03\0\x02ab")}),
    ),
    "a record sent twice": (
        "bad_record_mac",
        later(lambda server: (server.out(23, b"a"), setattr(server.writing, "sequence", 0), server.out(23, b"a"))),
    ),
    "data inside a handshake message": (
        "unexpected_message",
        lambda: Server(send={"certificate": split(lambda server: server.out(23, b"data"))}),
    ),
    "an alert inside a handshake message": (
        "unexpected_message",
        lambda: Server(send={"certificate": split(lambda server: server.out(21, b"\1\0"))}),
    ),
    "a change of cipher that says 2": (
        "unexpected_message",
        lambda: Server(send={"ccs": lambda server, raw: server.clear(20, b"\2")}),
    ),
    "a change of cipher of two bytes": (
        "unexpected_message",
        lambda: Server(send={"hello": lambda server, raw: server.clear(20, b"\1\1")}),
    ),
    "a protected change of cipher": (
        "unexpected_message",
        lambda: Server(send={"encrypted_extensions": first(20, b"\1")}),
    ),
    "a change of cipher after the handshake": ("unexpected_message", later(lambda server: server.clear(20, b"\1"))),
    "changes of cipher without end": (
        "unexpected_message",
        lambda: Server(send={"certificate": instead(change_ciphers)}),
    ),
    # afterwards: 4.7
    "a ticket in a record of another type": (
        "unexpected_message",
        later(lambda server: (server.out(24, TICKET), server.out(23, PAGE), server.out(21, b"\1\0"))),
    ),
    "a ticket in a change of cipher": (
        "unexpected_message",
        later(lambda server: (server.out(20, TICKET), server.out(23, PAGE), server.out(21, b"\1\0"))),
    ),
    "a record in clear": ("unexpected_message", later(lambda server: server.clear(22, TICKET))),
    "an alert in clear": ("unexpected_message", later(lambda server: server.clear(21, b"\1\0"))),
    "a CertificateRequest after the handshake": (
        "unexpected_message",
        later(lambda server: server.out(22, wire.frame(13, b"\1x" + block([SIGNATURES])))),
    ),
    "a ServerHello after the handshake": (
        "unexpected_message",
        later(lambda server: server.out(22, server.transcript[1])),
    ),
    "a HelloRequest": ("unexpected_message", later(lambda server: server.out(22, wire.frame(0, b"")))),
    "EndOfEarlyData": ("unexpected_message", later(lambda server: server.out(22, wire.frame(5, b"")))),
    "a message of an unknown type": ("unexpected_message", later(lambda server: server.out(22, wire.frame(99, b"x")))),
    "a ticket cut short": (
        "decode_error",
        later(lambda server: server.out(22, TICKET[:1] + b"\0\0\x05" + TICKET[4:9])),
    ),
    "a ticket of no bytes": (
        "decode_error",
        later(lambda server: server.out(22, wire.frame(4, bytes(8) + b"\0" + b"\0\0" + b"\0\0"))),
    ),
    "a KeyUpdate of another kind": ("illegal_parameter", later(lambda server: server.out(22, wire.frame(24, b"\2")))),
    "a KeyUpdate of two bytes": ("decode_error", later(lambda server: server.out(22, wire.frame(24, b"\0\0")))),
    "a message behind KeyUpdate in its record": (
        "unexpected_message",
        later(lambda server: server.out(22, wire.frame(24, b"\0") + TICKET)),
    ),
    "the old keys after KeyUpdate": ("bad_record_mac", later(old_keys_after_update)),
    "KeyUpdates without end": ("unexpected_message", later(flood)),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_server_that_misbehaves_is_refused(name: str) -> None:
    """With the alert that RFC 9846 names, under the keys there are, and a reason with its section; nothing was said to
    it before the handshake was done."""
    alert, made = FAULTS[name]
    met = meet(made())
    assert isinstance(met.error, handshake.Refused), met.error
    assert met.error.alert == alert and met.error.problem and met.error.source in SOURCES.values()
    in_clear = met.client.channel.writing is None
    assert met.server.heard[-1] == f"{'clear' if in_clear else 'sealed'} {alert}"
    assert met.client.channel.finished or not met.server.asked
    assert met.page in (b"", b"a")


def test_every_fault_is_one() -> None:
    """The same server without a fault is accepted."""
    met = meet(Server())
    assert met.error is None and met.page == PAGE
    assert len(FAULTS) > 100


OTHER_HOST = "shop.localhost"
PIECES = ("hello", "ccs", "encrypted_extensions", "certificate", "verify", "finished")


class TestRefusals:
    def test_another_host(self) -> None:
        met = meet(Server(), hostname=OTHER_HOST)
        assert isinstance(met.error, handshake.Refused) and met.error.source == "RFC 9846 4.5.1.2"
        assert isinstance(met.error, handshake.Refused) and met.error.alert == "certificate_unknown"
        assert met.client.settled.verdict is not None and OTHER_HOST in str(met.error)

    def test_a_protocol_that_was_not_offered(self) -> None:
        offer = Offer(alpn=["h2"])
        for said in (b"\0\x04\x03evi", b"\0\x06\x02h2\x02h2"):
            met = meet(Server(extensions=[(16, said)]), offer=offer)
            assert isinstance(met.error, handshake.Refused) and met.error.alert == "illegal_parameter"

    @pytest.mark.parametrize("piece", PIECES)
    def test_a_flight_cut_short(self, piece: str) -> None:
        """Wherever the server falls silent, it is told as such, and nothing was said to it."""
        met = meet(Server(stop=piece))
        assert isinstance(met.error, handshake.Told) and met.error.alert is None and not met.server.asked

    def test_a_page_cut_short(self) -> None:
        """RFC 9846 6.1: without close_notify nobody knows whether it was all."""
        met = meet(later(lambda server: (server.out(23, b"2 co"), server.transport.shutdown(socket.SHUT_WR)))())
        assert isinstance(met.error, handshake.Told) and met.error.alert is None and met.page == b"2 co"

    @pytest.mark.parametrize("piece", ["hello", "encrypted_extensions", "certificate", "finished"])
    @pytest.mark.parametrize("level", [1, 2])
    @pytest.mark.parametrize("description", [0, 40, 80, 112, 255])
    def test_an_alert_at_any_point(self, piece: str, level: int, description: int) -> None:
        """RFC 9846 6: whatever its level, it is the end."""
        met = meet(Server(send={piece: first(21, bytes([level, description]))}))
        assert isinstance(met.error, handshake.Told) and not met.server.asked
        assert met.error.alert == wire.named(wire.names.ALERTS, description)

    @pytest.mark.parametrize("piece", ["encrypted_extensions", "finished"])
    def test_an_alert_in_clear_where_there_are_keys(self, piece: str) -> None:
        """It ends the conversation, and the error says that anybody may have sent it (RFC 9846 6)."""
        met = meet(Server(send={piece: lambda server, raw: server.clear(21, b"\x02\x28")}))
        assert isinstance(met.error, handshake.Told) and met.error.alert == "handshake_failure"
        assert "anybody" in str(met.error) and "anybody" in str(met.error.__reduce__()[0]())

    def test_an_alert_in_clear_before_there_are_keys(self) -> None:
        met = meet(Server(send={"hello": lambda server, raw: server.clear(21, b"\x02\x28")}))
        assert isinstance(met.error, handshake.Told) and "anybody" not in str(met.error)

    def test_an_alert_after_the_handshake(self) -> None:
        met = meet(later(lambda server: server.out(21, b"\x02\x50"))())
        assert isinstance(met.error, handshake.Told) and met.error.alert == "internal_error"

    @pytest.mark.parametrize("description", [0, 80])
    def test_nothing_counts_after_an_alert(self, description: int) -> None:
        """RFC 9846 6.1 for the goodbye, 6 for the others."""
        met = meet(later(lambda server: (server.out(21, bytes([1, description])), server.out(23, b"more")))())
        for _ in range(2):
            if description:
                with pytest.raises(handshake.Told):
                    met.client.receive()
            else:
                assert met.client.receive() == b""
        assert met.page == b""


def pieces_of(size: int) -> dict[str, Callable[[Server, bytes], None]]:
    def send(server: Server, raw: bytes) -> None:
        for at in range(0, len(raw), size):
            server.out(22, raw[at : at + size])

    return dict.fromkeys(("hello", "encrypted_extensions", "certificate", "verify", "finished"), send)


def together() -> Server:
    """All messages under the handshake keys in one record."""
    kept: list[bytes] = []
    server = Server()
    for piece in ("encrypted_extensions", "certificate", "verify"):
        server.send[piece] = lambda server, raw: kept.append(raw)
    server.send["finished"] = lambda server, raw: server.out(22, b"".join(kept) + raw)
    return server


def padded() -> Server:
    pad = lambda server, raw: server.out(22, raw, padding=77)  # noqa: E731
    return Server(
        send=dict.fromkeys(("encrypted_extensions", "certificate", "verify", "finished"), pad),
        after=lambda server: (server.hear_request(), server.out(23, PAGE, 500), server.out(21, b"\1\0", 9)),
    )


def canceled(server: Server, raw: bytes) -> None:
    server.out(21, b"\1\x5a")
    server.out(22, raw)


def often_new_keys(server: Server) -> None:
    """More often than a server may send what says nothing, with data under each (RFC 9846 4.7.3 sets no limit)."""
    server.hear_request()
    for at in range(len(PAGE)):
        for _ in range(MOST_IDLE // len(PAGE) + 1):
            server.update()
        server.out(23, PAGE[at : at + 1])
    server.out(21, b"\1\0")


GREASE = (0x3A3A, b"\0")
ACCEPTED: dict[str, Made] = {
    "messages in pieces of one byte": lambda: Server(send=pieces_of(1)),
    "messages in pieces of 100 bytes": lambda: Server(send=pieces_of(100)),
    "all messages in one record": together,
    "padding": padded,
    "no change of cipher": lambda: Server(leave_out={"ccs"}),
    "several changes of cipher": lambda: Server(
        send={"finished": lambda server, raw: (server.clear(20, b"\1"), server.out(22, raw))}
    ),
    "an odd record version": lambda: Server(send={"hello": lambda server, raw: server.clear(22, raw, 0x0301)}),
    "a retry for P-256": lambda: Server(group=P256, retries=[retry(versions(), GROUP_P256)]),
    "a retry with a cookie": lambda: Server(retries=[retry(versions(), (44, vector(b"abc", 2)))]),
    "a retry for P-256 with a cookie": lambda: Server(
        group=P256, retries=[retry((44, vector(b"abc", 2)), GROUP_P256, versions())]
    ),
    "SHA-384": lambda: Server(suite=0x1302),
    "ChaCha20": lambda: Server(suite=0x1303),
    "groups for another time": lambda: Server(extensions=[(10, vector(number(0x11EC, 2), 2))]),
    "an empty server_name": lambda: Server(extensions=[(0, b"")]),
    "a request": lambda: Server(request=b"\0" + block([SIGNATURES])),
    "a request with what nobody knows": lambda: Server(request=b"\0" + block([GREASE, SIGNATURES, (0x7777, b"x")])),
    "user_canceled, and on": lambda: Server(send={"certificate": canceled}),
    "several tickets": lambda: Server(
        after=lambda server: (server.out(22, TICKET), server.out(22, TICKET * 3), server.answer_page())
    ),
    "a ticket in pieces": lambda: Server(
        after=lambda server: (server.out(22, TICKET[:5]), server.out(22, TICKET[5:]), server.answer_page())
    ),
    "a ticket with GREASE": lambda: Server(
        after=lambda server: (
            server.out(22, wire.frame(4, bytes(8) + b"\0" + vector(b"t", 2) + block([GREASE]))),
            server.answer_page(),
        )
    ),
    "data of no bytes": lambda: Server(
        after=lambda server: (
            server.hear_request(),
            server.out(23, b""),
            server.out(23, PAGE),
            server.out(23, b"", 30),
            server.out(21, b"\1\0"),
        )
    ),
    "new keys": lambda: Server(after=lambda server: (server.update(), server.answer_page())),
    "new keys for each piece of data": lambda: Server(after=often_new_keys),
    "data behind the goodbye": lambda: Server(after=lambda server: (server.answer_page(), server.out(23, b"more"))),
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_what_may_be_is_accepted(name: str) -> None:
    """By the client, and by whoever reads the conversation with its secrets afterwards."""
    met = meet(ACCEPTED[name]())
    assert met.error is None and met.page == PAGE
    assert met.server.heard.count("change_cipher_spec") == 1 and met.server.heard[-1] == "sealed close_notify"
    flights = [handshake.Flight(sender, data) for sender, data in met.client.channel.flights]
    opened = handshake.decrypt(flights, "\n".join(met.client.settled.key_log))
    assert opened.why_closed == "" and [check.state for check in opened.checks] == ["pass"] * 3
    assert opened.data["server"].startswith(PAGE) and opened.data["client"] == b"GET /"


class TestKeyUpdate:
    def test_the_client_follows_when_asked(self) -> None:
        """RFC 9846 4.7.3: once, however often it was asked, before its next data; and it reads under the new keys."""

        def after(server: Server) -> None:
            server.hear_request()
            for request in (1, 1, 0):
                server.update(request)
            server.out(23, b"once")
            server.hear_request()
            server.answer_page()

        asked: list[bytes] = []
        server = Server(after=after)
        ours, theirs = socket.socketpair()
        thread = threading.Thread(target=server.serve, args=(theirs,), daemon=True)
        thread.start()
        ours.settimeout(10)
        with ours:
            client = handshake.Client(ours, trust=[root("p256")], hostname="localhost")
            client.handshake()
            client.send(b"first")
            asked.append(client.receive())
            client.send(b"second")
            client.send(b"third")
            asked.append(client.receive())
            client.close()
        thread.join(20)
        assert asked == [b"once", PAGE] and server.asked == b"firstsecondthird" and server.updates == 1


class TestOffer:
    def test_the_hello(self) -> None:
        """SNI for a name, none for an address; one share, for the first group."""
        met = meet(Server(), offer=Offer(alpn=["h2", "http/1.1"]))
        said = met.server.hello
        assert said.extension(0) == ["localhost"] and said.extension(16) == (b"h2", b"http/1.1")
        assert [one.group for one in said.extension(51)] == [X25519] and said.extension(43) == (wire.TLS_1_3,)
        assert met.client.settled.alpn is None
        assert meet(Server(), hostname="127.0.0.1").server.hello.extension(0) is None

    def test_the_first_hello_goes_in_a_record_of_1_0_and_no_other(self) -> None:
        """RFC 9846 5.1."""
        met = meet(Server(group=P256, retries=[retry(versions(), GROUP_P256)]))
        sent = wire.records(b"".join(data for sender, data in met.client.channel.flights if sender == "client"))
        assert [one.legacy_record_version for one in sent] == [0x0301] + [wire.TLS_1_2] * (len(sent) - 1)

    def test_a_protocol_is_agreed_on(self) -> None:
        met = meet(Server(extensions=[(16, b"\0\x03\x02h2")]), offer=Offer(alpn=["h2", "http/1.1"]))
        assert met.error is None and met.client.settled.alpn == "h2"

    def test_the_second_hello_is_the_first_with_another_share(self) -> None:
        """RFC 9846 4.2.2: nothing else changes, but for the cookie."""
        met = meet(Server(group=P256, retries=[retry(versions(), GROUP_P256, (44, vector(b"abc", 2)))]))
        second, hello = met.server.hello, met.client.channel.flights[0][1]
        first = wire.message(hello[5:])
        assert isinstance(first, wire.ClientHello)
        assert (first.random, first.legacy_session_id, first.cipher_suites) == (
            second.random, second.legacy_session_id, second.cipher_suites,
        )  # fmt: skip
        others = [one for one in second.extensions if one.extension_type not in (44, 51)]
        assert others == [one for one in first.extensions if one.extension_type != 51]
        assert [one.group for one in second.extension(51)] == [P256] and second.extension(44) == b"abc"

    def test_grease_is_offered_and_not_taken(self) -> None:
        """RFC 8701 3: a server that takes it is refused."""
        offer = Offer(suites=(0x4A4A, 0x1301), groups=(X25519, 0x1A1A))
        assert meet(Server(), offer=offer).error is None
        for server in (
            Server(answer=Hello(suite=0x4A4A)),
            Server(retries=[retry(versions(), (51, number(0x1A1A, 2)))]),
        ):
            met = meet(server, offer=offer)
            assert isinstance(met.error, handshake.Refused) and met.error.alert == "illegal_parameter"

    @pytest.mark.parametrize(
        "offer", [Offer(groups=(0x18,)), Offer(groups=()), Offer(suites=(0xC02B,)), Offer(groups=(0x1A1A, X25519))]
    )
    def test_what_the_client_cannot_do(self, offer: Offer) -> None:
        with socket.socket() as transport, pytest.raises(BadInput):
            handshake.Client(transport, trust=[root()], hostname="localhost", offer=offer)

    @pytest.mark.parametrize("hostname", ["", "https://localhost", "a b", None])
    def test_what_is_no_host(self, hostname: str) -> None:
        with socket.socket() as transport, pytest.raises(BadInput):
            handshake.Client(transport, trust=[root()], hostname=hostname)

    def test_the_key_log_opens_what_was_said(self) -> None:
        """The client's own secrets, and what went over the connection, are a conversation like any other."""
        met = meet(Server())
        flights = [handshake.Flight(sender, data) for sender, data in met.client.channel.flights]
        found = handshake.decrypt(flights, "\n".join(met.client.settled.key_log))
        assert found.data == {"client": b"GET /", "server": PAGE} and not found.failures and len(found.checks) == 3


class TestErrors:
    def test_they_say_who_went_and_why(self) -> None:
        met = meet(Server(answer=Hello(compression=1)))
        assert "compression" in str(met.error) and "illegal_parameter" in str(met.error) and "4.2.3" in str(met.error)
        again = replace(met).error
        assert again is not None and again.__reduce__()[0]().alert == "illegal_parameter"  # type: ignore[operator]

    def test_a_server_that_says_nothing(self) -> None:
        """A time limit on the socket is an OSError, told as such."""
        ours, theirs = socket.socketpair()
        ours.settimeout(0.2)
        with ours, theirs, pytest.raises(TimeoutError):
            handshake.Client(ours, trust=[root()], hostname="localhost").handshake()
