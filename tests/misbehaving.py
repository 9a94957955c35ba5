"""A TLS 1.3 server out of the package's own parts, in which a test may change any one thing.

Sections: RFC 9846 4, 5.
Leaves out: doing right by itself: it checks nothing that the client says, and reads what it needs alone.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from certificates import issued, root
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from tlslearn import handshake, wire
from tlslearn.handshake import schedule
from tlslearn.handshake.client import P256, SHARES, X25519, Client, Offer
from tlslearn.handshake.protection import Protection, of_traffic_secret, suite_of
from tlslearn.handshake.signatures import signed_content
from tlslearn.wire.reading import number, vector
from tlslearn.wire.records import HEADER

CLEAR, SEALED = "clear", "sealed"
PAGE = b"HTTP/1.1 200 OK\r\n\r\n2 copies"
Extensions = list[tuple[int, bytes]]


class Gone(Exception):
    """The client has gone, or has said why it goes."""


def block(listed: Extensions) -> bytes:
    return vector(b"".join(number(kind, 2) + vector(data, 2) for kind, data in listed), 2)


def versions(version: int = wire.TLS_1_3) -> tuple[int, bytes]:
    return 43, number(version, 2)


def share_of(group: int, key: bytes) -> tuple[int, bytes]:
    return 51, number(group, 2) + vector(key, 2)


@dataclass
class Hello:
    """A ServerHello or HelloRetryRequest in its fields; None is filled in as it should be."""

    random: bytes = bytes(range(32))
    legacy_version: int = wire.TLS_1_2
    session_id: bytes | None = None
    suite: int | None = None
    compression: int = 0
    extensions: Extensions | None = None

    def raw(self, server: Server, extensions: Extensions) -> bytes:
        echo = server.hello.legacy_session_id if self.session_id is None else self.session_id
        body = number(self.legacy_version, 2) + self.random + vector(echo, 1)
        body += number(server.suite if self.suite is None else self.suite, 2) + number(self.compression, 1)
        return wire.frame(2, body + block(extensions if self.extensions is None else self.extensions))


def retry(*listed: tuple[int, bytes], **fields: Any) -> Hello:
    return Hello(random=wire.RETRY_RANDOM, extensions=list(listed), **fields)


Change = Callable[[bytes], bytes]
Send = Callable[["Server", bytes], None]


@dataclass
class Server:
    """Its pieces in order are retry…, hello, ccs, encrypted_extensions, request, certificate, verify, finished.

    `change` alters a message before it is sent and counted in the transcript; `send` sends a piece in another way;
    `stop` ends the connection before a piece; `after` is what is done once the client has finished.
    """

    suite: int = 0x1301
    group: int = X25519
    answer: Hello = field(default_factory=Hello)
    retries: list[Hello] = field(default_factory=list)
    extensions: Extensions = field(default_factory=list)
    request: bytes | None = None
    chain: list[bytes] | None = None
    entry_extensions: Extensions = field(default_factory=list)
    signing_key: Any = None
    scheme: int = 0x0403
    signed_by: str = "server"
    leave_out: set[str] = field(default_factory=set)
    change: dict[str, Change] = field(default_factory=dict)
    send: dict[str, Send] = field(default_factory=dict)
    stop: str = ""
    after: Callable[[Server], None] | None = None
    key_share: bytes | None = None

    heard: list[str] = field(default_factory=list)
    updates: int = 0  # KeyUpdates of the client
    asked: bytes = b""

    def serve(self, transport: socket.socket) -> None:
        self.transport = transport
        self.stream = bytearray()
        self.transcript: list[bytes] = []
        self.reading: Protection | None = None
        self.writing: Protection | None = None
        with suppress(Gone, OSError):
            self._shake()
            (self.after or Server.answer_page)(self)
        with suppress(Gone, OSError):
            while True:  # until the client has gone, so that nothing it says is lost
                self.take()
        transport.close()

    def _shake(self) -> None:
        self._hello()
        for one in self.retries:
            first = wire.message(self.transcript[0])
            self.transcript[:1] = [schedule.message_hash(first.raw, self._hash_name)]
            self.emit("retry", one.raw(self, []))
            self._hello()
        share = SHARES[self.group]()
        theirs = {one.group: one.key_exchange for one in self.hello.extension(51)}
        public = share.public if self.key_share is None else self.key_share
        self.emit("hello", self.answer.raw(self, [versions(), share_of(self.group, public)]))
        self.emit("ccs", b"")
        tree = schedule.Schedule(self._hash_name, share.agree(theirs.get(self.group) or share.public))
        self.handshake_secrets = tree.handshake_traffic(self.hash())
        self.keys(*self.handshake_secrets)
        self.emit("encrypted_extensions", wire.frame(8, block(self.extensions)))
        if self.request is not None:
            self.emit("request", wire.frame(13, self.request))
        self._authenticate()
        secrets = tree.application_traffic(self.hash())
        self.writing = of_traffic_secret(suite_of(self.suite), secrets[1])
        self._client_finishes()
        self.keys(*secrets)

    @property
    def _hash_name(self) -> str:
        return suite_of(self.suite).hash_name

    def hash(self) -> bytes:
        return schedule.transcript_hash(self.transcript, self._hash_name)

    def keys(self, client: bytes, server: bytes) -> None:
        self.secrets = {"client": client, "server": server}
        self.reading, self.writing = (of_traffic_secret(suite_of(self.suite), one) for one in (client, server))

    def _authenticate(self) -> None:
        chain = [one.public_bytes(Encoding.DER) for one in issued("p256").chain] if self.chain is None else self.chain
        entries = b"".join(
            vector(one, 3) + block(self.entry_extensions if not at else []) for at, one in enumerate(chain)
        )
        self.emit("certificate", wire.frame(11, b"\0" + vector(entries, 3)))
        key = self.signing_key or issued("p256").private_key
        content = signed_content(self.signed_by, self.hash())
        signature = key.sign(content, ec.ECDSA(hashes.SHA256()))
        self.emit("verify", wire.frame(15, number(self.scheme, 2) + vector(signature, 2)))
        mac = schedule.finished(self.secrets["server"], self.hash(), self._hash_name)
        self.emit("finished", wire.frame(20, mac))

    def emit(self, piece: str, raw: bytes) -> None:
        if piece == self.stop:
            self.transport.shutdown(socket.SHUT_WR)
            raise Gone
        if piece in self.leave_out:
            return
        if piece == "ccs":
            self.send.get(piece, lambda server, raw: server.clear(20, b"\x01"))(self, raw)
            return
        raw = self.change.get(piece, lambda raw: raw)(raw)
        self.transcript.append(raw)
        self.send.get(piece, lambda server, raw: server.out(22, raw))(self, raw)

    def out(self, content_type: int, content: bytes, padding: int = 0) -> None:
        """Under the keys there are."""
        if self.writing is None:
            self.clear(content_type, content)
        else:
            self.sealed(content + bytes([content_type]) + bytes(padding))

    def clear(self, content_type: int, content: bytes, version: int = wire.TLS_1_2) -> None:
        self.transport.sendall(wire.record(content_type, content, version=version))

    def sealed(self, inner: bytes, length: int | None = None) -> None:
        """A record with exactly this inner plaintext."""
        head = b"\x17\x03\x03" + number(len(inner) + 16 if length is None else length, 2)
        sealed = self.writing._aead.encrypt(self.writing.nonce, inner, head)
        self.writing.sequence += 1
        self.transport.sendall(head + sealed)

    def take(self) -> tuple[int, bytes]:
        """The next content of the client's. Raises Gone for an alert, which is kept, and at the end."""
        while not wire.records_end(self.stream):
            data = self.transport.recv(65536)
            if not data:
                raise Gone
            self.stream += data
        size = HEADER + int.from_bytes(self.stream[3:5], "big")
        (record,) = wire.records(bytes(self.stream[:size]))
        del self.stream[:size]
        if record.content_type == 20:
            self.heard.append("change_cipher_spec")
            return self.take()
        is_sealed = record.content_type == 23
        content_type, content = self.reading.open(record) if is_sealed else (record.content_type, record.fragment)
        if content_type == 21:
            self.heard.append(f"{SEALED if is_sealed else CLEAR} {wire.alert(content).name}")
            raise Gone
        if content_type == 22 and self.asked:
            self.heard.append(wire.message(content).name)
        return content_type, content

    def _hello(self) -> None:
        _, raw = self.take()
        self.hello = wire.message(raw)
        self.transcript.append(raw)

    def _client_finishes(self) -> None:
        while True:
            _, raw = self.take()
            self.transcript.append(raw)
            if raw[0] == 20:
                return

    def hear_request(self) -> None:
        content_type = 0
        while content_type != 23:
            content_type, content = self.take()
            if content_type == 22 and content[0] == 24:
                self.updates += 1
                self.secrets["client"] = schedule.next_traffic_secret(self.secrets["client"], self._hash_name)
                self.reading = of_traffic_secret(suite_of(self.suite), self.secrets["client"])
        self.asked += content

    def update(self, request: int = 0) -> None:
        """A KeyUpdate, and the new keys."""
        self.out(22, wire.frame(24, bytes([request])))
        self.secrets["server"] = schedule.next_traffic_secret(self.secrets["server"], self._hash_name)
        self.writing = of_traffic_secret(suite_of(self.suite), self.secrets["server"])

    def answer_page(self) -> None:
        self.hear_request()
        self.out(23, PAGE)
        self.out(21, b"\x01\0")


@dataclass
class Met:
    """What came of it at both ends."""

    error: Exception | None
    page: bytes
    client: Client
    server: Server


def meet(server: Server, *, offer: Offer | None = None, hostname: str = "localhost", **more: Any) -> Met:
    """The client of the package and this server over a pair of sockets; each waits ten seconds at most."""
    ours, theirs = socket.socketpair()
    ours.settimeout(10)
    theirs.settimeout(10)
    thread = threading.Thread(target=server.serve, args=(theirs,), daemon=True)
    thread.start()
    client = Client(ours, trust=[root("p256")], hostname=hostname, offer=offer, **more)
    error, page = None, b""
    with ours:
        try:
            client.handshake()
            client.send(b"GET /")
            for data in iter(client.receive, b""):
                page += data
            client.close()
        except (handshake.Refused, handshake.Told, OSError) as found:
            error = found
    thread.join(20)
    assert not thread.is_alive(), "the server came to no end"
    return Met(error, page, client, server)


__all__ = ["P256", "X25519", "Gone", "Hello", "Met", "Server", "block", "meet", "retry", "share_of", "versions"]
