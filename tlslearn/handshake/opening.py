"""What did both ends say once the key log opens it, and does every signature and MAC hold?

Sections: RFC 9846 4.1 (transcript hash), 4.5.2, 4.5.3, 4.7 (after the handshake), 5.2; RFC 5246 7.4.3, 7.4.8, 7.4.9.
Leaves out: 0-RTT data, binders, and suites without AEAD: told as not opened.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

from .. import wire
from ..check import Check, State, source
from ..names import UNREADABLE
from ..wire import Record
from ..wire.messages import Spoken
from . import schedule
from .protection import NotOpened, Protection, Suite, of_main_secret, of_traffic_secret, suite_of
from .running import Flight, Sender, Transcript
from .schedule import KeyLog
from .signatures import signed_content, verifies


@dataclass(frozen=True)
class Said:
    """One handshake message, alert or change of cipher, with its sender and the `epoch` of the keys it came under."""

    sender: Sender
    epoch: str  # "plaintext", "handshake", "application"; in TLS 1.2 "protected"
    what: wire.Message | wire.Alert | str

    def __repr__(self) -> str:
        return f"<{self.sender}, {self.epoch}: {self.what!r}>"


@dataclass(frozen=True)
class Carried:
    """One record and what it carried: the `content_type` that its sender meant, its `content` in clear (None where no
    secret opened it), and what was `said` when it had come."""

    sender: Sender
    epoch: str  # as in Said; "closed" where it was not opened
    record: Record
    content_type: int
    content: bytes | None = field(repr=False)
    said: tuple[Said, ...] = field(repr=False)

    @property
    def type(self) -> str:
        return wire.named(wire.names.CONTENT_TYPES, self.content_type)


@dataclass
class Opened:
    """A conversation read with its secrets: what was `said` in order, the application `data` of each end, the `checks`
    of every signature and MAC, and `closed`, the records that no secret opened, with the reason of the first; `rest`
    counts the bytes at the end that are no whole record or message."""

    said: list[Said] = field(default_factory=list)
    records: list[Carried] = field(default_factory=list, repr=False)
    data: dict[Sender, bytes] = field(default_factory=lambda: {"client": b"", "server": b""})
    checks: list[Check] = field(default_factory=list)
    closed: dict[Sender, int] = field(default_factory=lambda: {"client": 0, "server": 0})
    why_closed: str = ""
    rest: dict[Sender, int] = field(default_factory=dict)
    version: int | None = None
    cipher_suite: int | None = None

    @property
    def messages(self) -> list[wire.Message]:
        return [one.what for one in self.said if isinstance(one.what, wire.Message)]

    def find(self, kind: type[wire.Message], sender: Sender | None = None) -> list[wire.Message]:
        """The messages of a kind, of one sender or of both."""
        return [
            one.what for one in self.said if isinstance(one.what, kind) and (sender is None or one.sender == sender)
        ]

    @property
    def failures(self) -> list[Check]:
        return [check for check in self.checks if check.state == "fail"]


def decrypt(conversation: Transcript | Iterable[Flight], key_log: str | None = None) -> Opened:
    """Read a conversation, from a transcript or from flights and the text of a key log.

    Flights may be cut anywhere and must be in the order in which they were sent. Records that do not open are counted,
    and so is everything of that end behind them. Raises wire.Malformed for what is no TLS. Source: RFC 9846 4, 5.
    """
    if isinstance(conversation, Transcript):
        key_log = conversation.key_log if key_log is None else key_log
        conversation = conversation.flights
    reading = _Reading(schedule.key_log(key_log or ""))
    for flight in conversation:
        reading.take(flight.sender, flight.data if flight.delivered is None else flight.delivered)
    reading.opened.data = {sender: bytes(end.data) for sender, end in reading.ends.items()}
    reading.opened.rest = {sender: len(end.stream) + len(end.pending) for sender, end in reading.ends.items()}
    return reading.opened


class _Direction:
    """What one end has said so far, and under which keys it goes on."""

    def __init__(self, sender: Sender) -> None:
        self.sender = sender
        self.epoch = "plaintext"
        self.stream = bytearray()  # bytes that are no whole record yet
        self.pending = bytearray()  # handshake bytes that are no whole message yet
        self.data = bytearray()
        self.protection: Protection | None = None
        self.secret = b""
        self.closed = False
        self.certificate: x509.Certificate | None = None
        self.finished = False


class _Reading:
    """Both directions, and what they share: the suite and the transcript."""

    def __init__(self, keys: KeyLog) -> None:
        self.keys = keys
        self.opened = Opened()
        self.ends: dict[Sender, _Direction] = {"client": _Direction("client"), "server": _Direction("server")}
        self.transcript = _Messages()
        self.before_request = _Messages()  # the transcript up to the client's Finished
        self.suite: Suite | None = None
        self.client_random = self.server_random = b""

    def take(self, sender: Sender, data: bytes) -> None:
        end = self.ends[sender]
        end.stream += data
        if wire.records_end(end.stream):
            found = wire.records(bytes(end.stream), partial=True)
            del end.stream[: found[-1].end]
            for record in found:
                self._record(end, record)

    @property
    def _is_1_2(self) -> bool:
        return self.opened.version is not None and self.opened.version < wire.TLS_1_3

    def _record(self, end: _Direction, record: Record) -> None:
        begin = len(self.opened.said)
        is_change = record.type == "change_cipher_spec"
        sealed = not is_change and (record.type == "application_data" or end.epoch == "protected")
        epoch = end.epoch if sealed else "plaintext"
        opened = self._opened(end, record) if sealed else (record.content_type, record.fragment)
        if opened is None:
            self.opened.closed[end.sender] += 1
            self.opened.records.append(Carried(end.sender, "closed", record, record.content_type, None, ()))
            return
        if is_change:
            self._change_cipher(end)
        else:  # in TLS 1.3 an alert may come in clear when no keys were agreed on
            self._content(end, epoch, *opened)
        said = tuple(self.opened.said[begin:])
        self.opened.records.append(Carried(end.sender, epoch, record, *opened, said))

    def _opened(self, end: _Direction, record: Record) -> tuple[int, bytes] | None:
        """Content type and content of a protected record; None where no secret opens it, and for all behind it."""
        if end.closed:
            return None
        try:
            if end.protection is None:
                raise NotOpened("no secret for these records", fix="Give the key log of this connection.")
            return end.protection.open_1_2(record) if self._is_1_2 else end.protection.open(record)
        except NotOpened as error:
            end.closed = True
            self.opened.why_closed = self.opened.why_closed or str(error)
            return None

    def _content(self, end: _Direction, epoch: str, content_type: int, content: bytes) -> None:
        if content_type == 22:
            end.pending += content
            while (size := _message_size(end.pending)) is not None:
                raw = bytes(end.pending[:size])
                del end.pending[:size]
                self._message(end, epoch, wire.message(raw, 0, Spoken(self.opened.version, self.opened.cipher_suite)))
        elif content_type == 23:
            end.data += content
        elif content_type == 21:
            self._say(end, epoch, wire.alert(content))
        else:
            self._say(end, epoch, f"content type {content_type}, {len(content)} bytes")

    def _say(self, end: _Direction, epoch: str, what: wire.Message | wire.Alert | str) -> None:
        self.opened.said.append(Said(end.sender, epoch, what))

    def _change_cipher(self, end: _Direction) -> None:
        self._say(end, "plaintext", "change_cipher_spec")
        if self._is_1_2:  # RFC 9846 5: in TLS 1.3 it is there for the sake of old boxes on the way, and says nothing
            end.epoch = "protected"
            secret = self.keys.get(("CLIENT_RANDOM", self.client_random))
            if self.suite is not None and secret is not None:
                both = of_main_secret(self.suite, secret, self.client_random, self.server_random)
                end.protection, end.secret = both[end.sender], secret

    def _message(self, end: _Direction, epoch: str, found: wire.Message) -> None:
        """Judge the message by those before it, then count it among them, then change keys where it says so."""
        self._say(end, epoch, found)
        if isinstance(found, wire.Certificate):
            end.certificate = _leaf(found)
        elif isinstance(found, wire.ServerKeyExchange):
            content = self.client_random + self.server_random + found.params
            self._judge_signature(end, found, content, "ServerKeyExchange")
        elif isinstance(found, wire.CertificateVerify):
            self._certificate_verify(end, found)
        elif isinstance(found, wire.Finished):
            self._judge_finished(end, found)
        elif isinstance(found, wire.CertificateRequest) and end.epoch == "application":
            self.transcript = self.before_request.copy()  # RFC 9846 4.5: the handshake's own messages, and the request
        self._count(end, found)
        if isinstance(found, wire.ClientHello):
            self.client_random = found.random
        elif isinstance(found, wire.ServerHello):
            self._server_hello(found)
        elif isinstance(found, wire.Finished) and not end.finished and not self._is_1_2:
            self._after_finished(end)
        elif isinstance(found, wire.KeyUpdate) and self.suite is not None and end.secret:
            self._protect(end, schedule.next_traffic_secret(end.secret, self.suite.hash_name))

    def _count(self, end: _Direction, found: wire.Message) -> None:
        """Into the transcript, with what belongs to the handshake (RFC 9846 4.1, 4.5; RFC 5246 7.4.9)."""
        if isinstance(found, wire.ClientHello) and self._is_1_2:  # a handshake anew, inside the first
            self.transcript = _Messages()
        after = end.epoch == "application" and isinstance(found, wire.NewSessionTicket)
        if not after and found.name not in ("key_update", "hello_request"):
            self.transcript.add(found.raw)

    def _server_hello(self, found: wire.ServerHello) -> None:
        self.opened.version, self.opened.cipher_suite = found.version, found.cipher_suite
        self.suite = suite_of(found.cipher_suite)
        self.server_random = found.random
        if found.is_retry and self.suite is not None:
            first, *rest = self.transcript.first
            self.transcript = _Messages(schedule.message_hash(first, self.suite.hash_name), *rest)
        elif not self._is_1_2:
            for end in self.ends.values():
                end.epoch = "handshake"
                self._protect_logged(end, f"{end.sender.upper()}_HANDSHAKE_TRAFFIC_SECRET")

    def _after_finished(self, end: _Direction) -> None:
        end.finished, end.epoch = True, "application"
        self._protect_logged(end, f"{end.sender.upper()}_TRAFFIC_SECRET_0")
        if end.sender == "client":
            self.before_request = self.transcript.copy()

    def _protect_logged(self, end: _Direction, label: str) -> None:
        self._protect(end, self.keys.get((label, self.client_random), b""))

    def _protect(self, end: _Direction, secret: bytes) -> None:
        end.secret = secret
        known = self.suite is not None and secret
        end.protection = of_traffic_secret(self.suite, secret) if self.suite is not None and known else None

    def _certificate_verify(self, end: _Direction, found: wire.CertificateVerify) -> None:
        content = b""
        if end.certificate is not None:
            content = b"".join(self.transcript.first) if self._is_1_2 else signed_content(end.sender, self._hash())
        self._judge_signature(end, found, content, f"CertificateVerify{', TLS 1.2' * self._is_1_2}")
        end.certificate = None  # one signature for each

    def _judge_signature(
        self, end: _Direction, found: wire.CertificateVerify | wire.ServerKeyExchange, content: bytes, cited: str
    ) -> None:
        scheme = wire.named(wire.names.SIGNATURE_SCHEMES, found.algorithm)
        key = _public_key(end.certificate)
        state: State
        if key is None:
            state, why = "skip", "no certificate whose key could be read"
        else:
            why = verifies(key, found.algorithm, found.signature, content, is_1_2=self._is_1_2)
            state = "fail" if why else "pass"
        what = "ServerKeyExchange" if isinstance(found, wire.ServerKeyExchange) else "CertificateVerify"
        rule = f"the {end.sender}'s {what} is signed by the key of its certificate"
        self._check(rule, end, state, f"{scheme}: {why}" if why else scheme, "a signature that fits", cited)

    def _judge_finished(self, end: _Direction, found: wire.Finished) -> None:
        if self.suite is None or not end.secret:
            return self._check(_COVERS.format(end.sender), end, "skip", "no secret for it", "its MAC", "Finished")
        name = self.suite.hash_name
        if self._is_1_2:
            wanted = schedule.finished_1_2(end.secret, end.sender, self._hash(), name)
        else:
            wanted = schedule.finished(end.secret, self._hash(), name)
        state: State = "pass" if hmac.compare_digest(wanted, found.verify_data) else "fail"
        cited = f"Finished{', TLS 1.2' * self._is_1_2}"
        shown = f"{len(found.verify_data)} bytes" if state == "pass" else "another MAC"
        self._check(_COVERS.format(end.sender), end, state, shown, "the MAC of these messages", cited)

    def _hash(self) -> bytes:
        return self.transcript.hash(self.suite.hash_name if self.suite else "sha256")

    def _check(self, rule: str, end: _Direction, state: State, found: str, wanted: str, cited: str) -> None:
        self.opened.checks.append(Check(rule, end.sender, state, found, wanted, source(cited)))


class _Messages:
    """The transcript: a hash that grows with each message, so that it costs the same whenever it is asked for."""

    def __init__(self, *messages: bytes) -> None:
        self.first: list[bytes] = []  # word for word, as TLS 1.2 signs them; no handshake is as long as the bound
        self.size = 0
        self.hashes = {name: hashlib.new(name) for name in ("sha256", "sha384")}
        for message in messages:
            self.add(message)

    def add(self, message: bytes) -> None:
        self.size += len(message)
        if self.size <= _LONGEST_SIGNED:
            self.first.append(message)
        for hashed in self.hashes.values():
            hashed.update(message)

    def copy(self) -> _Messages:
        """For TLS 1.3, where hashes alone are signed."""
        made = _Messages()
        made.hashes = {name: hashed.copy() for name, hashed in self.hashes.items()}
        return made

    def hash(self, name: str) -> bytes:
        return self.hashes[name].copy().digest()


_LONGEST_SIGNED = 1 << 18
_COVERS = "the {}'s Finished covers every message before it"


def _message_size(pending: bytearray) -> int | None:
    """Bytes of the first handshake message; None where it is not whole yet."""
    if len(pending) < 4:
        return None
    size = 4 + int.from_bytes(pending[1:4], "big")
    return size if len(pending) >= size else None


def _leaf(found: wire.Certificate) -> x509.Certificate | None:
    if not found.certificate_list:
        return None
    try:
        return x509.load_der_x509_certificate(found.certificate_list[0].cert_data)
    except UNREADABLE:
        return None


def _public_key(certificate: x509.Certificate | None) -> object | None:
    try:
        return None if certificate is None else certificate.public_key()
    except (ValueError, UnsupportedAlgorithm):
        return None
