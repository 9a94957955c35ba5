"""How do a client's messages become records on a connection, and what may not come back?

Sections: RFC 9846 5.1, 5.2 (records), 5 (change_cipher_spec), 6 (alerts), 4.7.3 (KeyUpdate).
Leaves out: what the messages say; see `client`. For learning.
"""

from __future__ import annotations

import socket
import struct
from contextlib import suppress
from functools import partial
from typing import NoReturn

from .. import wire
from ..check import SOURCES, TlslearnError
from ..wire.records import HEADER
from . import schedule
from .protection import Protection, of_traffic_secret
from .running import Sender

CHANGE_CIPHER_SPEC, ALERT, HANDSHAKE, APPLICATION_DATA = 20, 21, 22, 23
FIRST_VERSION = 0x0301  # of the record with the first hello, for old servers (RFC 9846 5.1)
LONGEST_FRAGMENT = 1 << 14  # RFC 9846 5.1
LONGEST_PROTECTED = LONGEST_FRAGMENT + 256  # RFC 9846 5.2
TAG = 16  # bytes that each AEAD of the client's suites adds
MOST_IDLE = 100  # records without use since the last data
LONGEST_MESSAGE = 1 << 18  # a chain of more bytes than that is no chain
_ALERTS = {name: number for number, name in wire.names.ALERTS.items()}


class Refused(TlslearnError):
    """The client ended the handshake: `alert` is what it told the server, `source` the section it goes by."""

    def __init__(self, problem: str, *, alert: str, cited: str) -> None:
        self.alert, self.source = alert, SOURCES[cited]
        super().__init__(problem, fix=f"The client says {alert} and goes ({self.source}).")
        self._again = partial(type(self), problem, alert=alert, cited=cited)  # type: ignore[assignment]


class Told(TlslearnError):
    """The server ended the conversation with an `alert`, or without one (None).

    `in_clear`: it came unsealed although there were keys, so that anybody on the way may have sent it (RFC 9846 6).
    """

    def __init__(self, alert: str | None, *, in_clear: bool = False) -> None:
        self.alert = alert
        said = f"with the alert {alert}" if alert else "without a word"
        doubt = ", in clear: anybody on the way may have said so" if in_clear else ""
        super().__init__(f"the server ended the conversation {said}{doubt}", fix="Look into the server's log.")
        self._again = partial(type(self), alert, in_clear=in_clear)  # type: ignore[assignment]


class Channel:
    """Records over a socket, under no keys at first. `flights` keeps all that went over it."""

    def __init__(self, transport: socket.socket) -> None:
        self.transport = transport
        self.flights: list[tuple[Sender, bytes]] = []
        self.reading: Protection | None = None
        self.writing: Protection | None = None
        self.finished = False  # the handshake: from then on nothing may come in clear, and no change of cipher
        self._stream = bytearray()
        self._pending = bytearray()
        self._idle = 0

    def send(self, content_type: int, content: bytes) -> None:
        """In as many records as it takes; the first hello's says 1.0 (RFC 9846 5.1: SHOULD)."""
        version = wire.TLS_1_2 if self.flights else FIRST_VERSION
        for at in range(0, max(len(content), 1), LONGEST_FRAGMENT):
            part = content[at : at + LONGEST_FRAGMENT]
            sealed = self.writing is not None and content_type != CHANGE_CIPHER_SPEC
            in_clear = wire.record(content_type, part, version=version)
            data = self.writing.seal(content_type, part) if self.writing and sealed else in_clear
            self.flights.append(("client", data))
            self.transport.sendall(data)

    def message(self) -> bytes:
        """The next handshake message, whole, whatever records it came in. Raises Told, Refused."""
        while (size := self._size()) is None:
            content_type, content = self.content()
            if content_type != HANDSHAKE:
                self.refuse("something else inside the handshake", "unexpected_message", "record layer")
            self._pending += content
        raw = bytes(self._pending[:size])
        del self._pending[:size]
        return raw

    def keep(self, content: bytes) -> None:
        """Handshake content that somebody else has read."""
        self._pending += content

    @property
    def has_message(self) -> bool:
        return self._size() is not None

    @property
    def between_messages(self) -> bool:
        """Whether nothing of a next message has come yet: keys change at such a place alone (RFC 9846 5.1)."""
        return not self._pending

    def _size(self) -> int | None:
        if len(self._pending) < 4:
            return None
        size = 4 + int.from_bytes(self._pending[1:4], "big")
        if size > LONGEST_MESSAGE:
            self.refuse(f"a message of {size} bytes, more than this client reads", "illegal_parameter", "alerts")
        return size if len(self._pending) >= size else None

    def content(self) -> tuple[int, bytes]:
        """The next content, of the handshake or of the application. Raises Told for an alert, and for the end."""
        while True:
            record = self._record()
            if record.content_type == CHANGE_CIPHER_SPEC and record.fragment == b"\x01" and not self.finished:
                self.idle()
                continue  # RFC 9846 5: it says nothing, and is dropped
            content_type, content = self._opened(record)
            if content_type not in (ALERT, HANDSHAKE, APPLICATION_DATA):  # 0: nothing but padding (RFC 9846 5.4)
                self.refuse(f"content of type {content_type}", "unexpected_message", "record protocol")
            if self._pending and content_type != HANDSHAKE:
                self.refuse("something else inside a handshake message", "unexpected_message", "record layer")
            if not content and content_type != APPLICATION_DATA:
                self.refuse("a handshake record or an alert without content", "unexpected_message", "record padding")
            if content_type == APPLICATION_DATA and content:
                self._idle = 0
            if content_type != ALERT:
                return content_type, content
            alert = wire.alert(content).name
            if alert != "user_canceled":  # after which the server goes on until its close_notify (RFC 9846 6.1)
                raise Told(alert, in_clear=self.reading is not None and record.content_type == ALERT)
            self.idle()

    def idle(self) -> None:
        """Count what leads nowhere: a server may not keep us busy with it for ever."""
        self._idle += 1
        if self._idle > MOST_IDLE:
            self.refuse("records without end that say nothing", "unexpected_message", "alerts")

    def _opened(self, record: wire.Record) -> tuple[int, bytes]:
        if self.reading is None:
            return record.content_type, record.fragment
        if record.content_type != APPLICATION_DATA:
            if record.content_type == ALERT and not self.finished:  # it may be true, and says that it was in clear
                return record.content_type, record.fragment
            self.refuse("a record in clear after the keys were agreed on", "unexpected_message", "record protocol")
        content_type, content = self.reading.open(record)
        if len(record.fragment) - TAG > LONGEST_FRAGMENT + 1:  # padding counts (RFC 9846 5.4)
            self.refuse(f"content of {len(record.fragment) - TAG} bytes", "record_overflow", "record padding")
        return content_type, content

    def _record(self) -> wire.Record:
        """The next record. Its header is judged before the rest is waited for; its version is ignored (5.1)."""
        content_type, version, size = struct.unpack("!BHH", self._receive(HEADER))
        if content_type not in (CHANGE_CIPHER_SPEC, ALERT, HANDSHAKE, APPLICATION_DATA):
            self.refuse(f"a record of type {content_type}: no TLS?", "unexpected_message", "record protocol")
        if size > (LONGEST_PROTECTED if self.reading else LONGEST_FRAGMENT):
            self.refuse(f"a record of {size} bytes", "record_overflow", "record protection")
        return wire.Record(content_type, version, self._receive(size), 0, ())

    def _receive(self, size: int) -> bytes:
        while len(self._stream) < size:
            data = self.transport.recv(65536)
            if not data:
                raise Told(None)
            self.flights.append(("server", data))
            self._stream += data
        found = bytes(self._stream[:size])
        del self._stream[:size]
        return found

    def update_keys(self, secrets: dict[str, bytes], sender: str) -> None:
        """The next traffic secret of that sender. Source: RFC 9846 7.2."""
        protection = self.reading if sender == "server" else self.writing
        assert protection is not None
        secrets[sender] = schedule.next_traffic_secret(secrets[sender], protection.suite.hash_name)
        renewed = of_traffic_secret(protection.suite, secrets[sender])
        if sender == "server":
            self.reading = renewed
        else:
            self.writing = renewed

    def refuse(self, problem: str, alert: str, cited: str) -> NoReturn:
        """Tell the server why, and end it. Source: RFC 9846 6.2."""
        with suppress(OSError):  # it may be gone already
            self.send(ALERT, bytes([2, _ALERTS[alert]]))
        raise Refused(problem, alert=alert, cited=cited)
