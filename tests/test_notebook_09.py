"""Does what notebook 09 tells of handshakes, libraries and commands hold when they are asked?"""

from __future__ import annotations

import ssl
import subprocess
from collections.abc import Iterator
from contextlib import suppress

import pytest
from certificates import issued, root
from cryptography.hazmat.primitives.serialization import Encoding
from judges import need

from tlslearn import handshake, wire
from tlslearn.course.checks import n09

NEW = 0x11EC  # X25519MLKEM768


def contexts() -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """As the notebook makes them, client first."""
    client = ssl.create_default_context(cadata=root("ed25519").certificate.public_bytes(Encoding.DER))
    client.minimum_version = ssl.TLSVersion.TLSv1_3
    server = issued("ed25519").server_context()
    for context in (client, server):
        context.set_ecdh_curve("prime256v1")
        context.set_alpn_protocols(["http/1.1"])
    return client, server


def shake(client: ssl.SSLContext, server: ssl.SSLContext, number: int = -1, at: int = 0, mask: int = 0) -> list[bytes]:
    """The four flights, with some bits of one byte flipped; the last is empty where an end waits. Raises SSLError."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = (
        (client.wrap_bio(to_client, to_server, server_hostname="localhost"), to_server),
        (server.wrap_bio(to_server, to_client, server_side=True), to_client),
    )
    flights = []
    for turn in range(4):
        end, pipe = ends[turn % 2]
        with suppress(ssl.SSLWantReadError):
            end.do_handshake()
        flights.append(pipe.read())
        arrives = bytearray(flights[-1])
        if turn == number:
            arrives[at] ^= mask
        pipe.write(bytes(arrives))
    return flights


def flipped_in_clear() -> Iterator[tuple[int, wire.Record, int, int]]:
    """Flight, record, place in it, and a bit, for each bit of what travels in clear, and of each sealed header."""
    for number, flight in enumerate(shake(*contexts())[:3]):
        for record in wire.records(flight):
            sealed = record.type == "application_data"
            for place in range(5 if sealed else len(record.raw)):
                yield from ((number, record, place, 1 << bit) for bit in range(8))


def test_only_versions_of_records_in_clear_go_unnoticed() -> None:
    """All eight bits of each byte, where the notebook flips one (RFC 9846 5.1)."""
    unnoticed = set()
    client, server = contexts()
    for number, record, place, mask in flipped_in_clear():
        with suppress(ssl.SSLError):
            if shake(client, server, number, record.start + place, mask)[3]:
                unnoticed.add((record.type, place))
    assert {("handshake", 2)} <= unnoticed <= {(kind, place) for kind in NOT_SEALED for place in (1, 2)}
    if ssl.OPENSSL_VERSION_INFO < (3, 1):
        assert unnoticed == {("handshake", 2)}


NOT_SEALED = ("handshake", "change_cipher_spec")


def test_openssl_sends_one_share_and_since_3_5_two() -> None:
    client = ssl.create_default_context()
    found = shares(handshake.run(client, issued().server_context(), "localhost").flights[0].data)
    assert found == ([29] if ssl.OPENSSL_VERSION_INFO < (3, 5) else [NEW, 29])


def test_after_a_wrong_guess_the_server_asks_again() -> None:
    """RFC 9846 2.1: a server that takes P-256 alone, and a client that guesses otherwise."""
    client = ssl.create_default_context(cadata=root("ed25519").certificate.public_bytes(Encoding.DER))
    said = handshake.decrypt(handshake.run(client, contexts()[1], "localhost")).messages
    assert [one.title for one in said[:4]] == ["ClientHello", "HelloRetryRequest", "ClientHello", "ServerHello"]
    assert [share.group for share in said[2].extension(wire.extensions.KEY_SHARE)] == [0x0017]


def test_the_client_offers_the_one_curve_it_was_told() -> None:
    """Python promises `set_ecdh_curve` for servers; the notebook's bytes count on it at the client, too."""
    (hello,) = wire.messages(wire.records(shake(*contexts())[0])[0].fragment)
    assert hello.extension(wire.extensions.SUPPORTED_GROUPS) == (0x0017,)


def test_so_does_the_openssl_that_cryptography_brings() -> None:
    SSL = pytest.importorskip("OpenSSL.SSL")
    hello = handshake.run(SSL.Context(SSL.TLS_METHOD), issued().server_context(), "localhost").flights[0].data
    assert shares(hello) == [NEW, 29]


def shares(flight: bytes) -> list[int]:
    (hello,) = wire.messages(wire.records(flight)[0].fragment)
    return [share.group for share in hello.extension(wire.extensions.KEY_SHARE)]


@pytest.mark.parametrize("option", ["-msg", "-keylogfile", "-verify_return_error", "-CAfile"])
def test_s_client_knows_the_options(option: str) -> None:
    told = subprocess.run([need("openssl"), "s_client", "-help"], capture_output=True, text=True, check=True)
    assert f" {option} " in told.stderr + told.stdout


class TestCheckers:
    def test_the_hellos_are_what_they_are_called(self) -> None:
        for told, stream, name in n09._hellos():
            opened = handshake.decrypt([handshake.Flight("client", stream)])
            (hello,) = opened.messages
            assert isinstance(hello, wire.ClientHello)
            assert hello.extension(wire.extensions.SERVER_NAME) == (name and [name]), told

    def test_the_records_open_for_the_package(self) -> None:
        """What the checker of 09-open seals, with the protection that the course's own client uses."""
        key, iv = bytes(range(32)), bytes(range(12))
        suite = handshake.protection.suite_of(0x1302)
        assert suite is not None
        for told, said, _ in n09._conversations():
            protection = handshake.protection.Protection(suite, key, iv)
            sealed = [one for one in wire.records(n09._sealed(key, iv, said)) if one.content_type == 23]
            wanted = [(kind, content) for kind, content, _ in said if kind != 20]
            assert [protection.open(one) for one in sealed] == wanted, told
