"""How does a TLS server live through whatever its clients do, and what does it see of each?

Sections: RFC 9846 4.5.1 (client certificates), 6.2 (alerts); RFC 6066 3 (server name); RFC 7301 3.1 (ALPN).
Leaves out: more than one request a connection; the answer is a lab's.
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from types import TracebackType
from typing import Literal, get_args

from cryptography import x509

from .. import names
from ..authority import Credential
from ..check import BadInput
from ..names import UNREADABLE
from .sockets import Address, alert_name, close_gently, shut
from .trust import Anchor, Crl, Terms, add_anchors, anchors, read, terms

Client = Literal["required", "optional"]


@dataclass
class Seen:
    """What the server saw of one connection; `alert` is the client's last word where the handshake failed, and
    `verify_code` OpenSSL's number for what is wrong with the client's certificate, where that is why."""

    version: str | None = None
    cipher: str | None = None
    alert: str | None = None
    error: str | None = None
    request: str | None = None
    sni: str | None = None
    alpn: str | None = None
    resumed: bool = False
    verify_code: int | None = None
    client: x509.Certificate | None = field(default=None, repr=False)


Answer = bytes | Callable[[Seen], "bytes | tuple[int, bytes]"]
Presented = list[tuple[Credential, ssl.SSLContext]]
# What happens on the bare connection before TLS. True: go on with TLS. False: that was all.
Preface = Callable[[socket.socket], bool]


@dataclass(frozen=True)
class Manner:
    """How a server treats its clients, whichever certificate it presents."""

    answer: Answer
    timeout: float
    terms: Terms
    trust: tuple[x509.Certificate, ...] = ()
    client: Client | None = None
    preface: Preface | None = None

    def context(self, credential: Credential) -> ssl.SSLContext:
        context = credential.server_context()
        self.terms.apply(context)
        if self.client is not None:
            context.verify_mode = ssl.CERT_REQUIRED if self.client == "required" else ssl.CERT_OPTIONAL
            add_anchors(context, self.trust)
        return context


# Seconds after which a server that waits for clients looks whether its block has ended.
_LOOK_UP = 1.0
_MOST_AT_ONCE = 1_000  # threads; more clients than that wait their turn
_LOOPBACK = ("127.0.0.1", "::1")


def serve(
    credential: Credential,
    *more: Credential,
    answer: Answer = b"Welcome to the bookshop.\n",
    trust: Iterable[Anchor] | None = None,
    client: Client = "required",
    crls: Iterable[Crl] = (),
    alpn: Iterable[str] = (),
    versions: tuple[str, str] | str | None = None,
    ciphers: str | None = None,
    timeout: float = 10.0,
    preface: Preface | None = None,
    host: str = "127.0.0.1",
) -> Server:
    """A TLS server on loopback that answers one HTTP request a connection, for a `with` block.

    Of several credentials it presents the first that covers the name asked for (SNI), else the first. `answer` is the
    body, or a function of what was `Seen` that returns a body, or status and body. `trust` are the anchors for client
    certificates; without them no client is asked. Each client has `timeout` seconds for each step. When the block
    ends, also by an error, its threads have ended and its sockets are closed. Raises BadInput for terms that cannot be.
    Source: RFC 6066 3, RFC 9846 4.5.1.
    """
    if client not in get_args(Client):
        raise BadInput("no such demand on clients", value=client, fix=f"Use one of {', '.join(get_args(Client))}.")
    if host not in _LOOPBACK:
        raise BadInput("not a loopback address", value=host, fix=f"Use one of {', '.join(_LOOPBACK)}.")
    trusted = () if trust is None else anchors(trust)
    agreed = terms(alpn, versions, ciphers, crls)
    manner = Manner(answer, positive(timeout), agreed, trusted, None if trust is None else client, preface)
    return Server((credential, *more), manner, host)


def positive(seconds: float) -> float:
    if not isinstance(seconds, int | float) or not 0 < seconds <= threading.TIMEOUT_MAX:
        raise BadInput("not a time to wait", value=seconds, fix="Give seconds, more than 0.")
    return seconds


class Server:
    """See `serve`. `address` and `url` say where, `credential` what is presented first, `log` what was seen."""

    def __init__(self, credentials: Sequence[Credential], manner: Manner, host: str) -> None:
        self.manner, self._host = manner, host
        self._log: list[Seen] = []
        self._open: set[socket.socket] = set()
        self._changed = threading.Condition()
        self._shaking: set[socket.socket] = set()
        self._here = threading.local()  # the log entry of the connection that a thread attends to
        self._ending = False
        self.reload(*credentials)

    def reload(self, credential: Credential, *more: Credential) -> None:
        """Present these to new connections. Those under way go on as they began; tickets of before are not taken."""
        presented = [(one, self.manner.context(one)) for one in (credential, *more)]
        presented[0][1].sni_callback = partial(self._choose, presented)
        self._presented = presented  # in one step, so that no connection meets half of it

    def load_crls(self, crls: Iterable[Crl]) -> None:
        """Hold the clients of new full handshakes to these as well, also after a reload. Whoever resumes with a ticket
        is not looked at."""
        more = tuple(crls)
        for _, context in self._presented:
            Terms(crls=more).apply(context)
        known = self.manner.terms
        self.manner = replace(self.manner, terms=replace(known, crls=(*known.crls, *more)))

    @property
    def credential(self) -> Credential:
        return self._presented[0][0]

    def __enter__(self) -> Server:
        from concurrent.futures import ThreadPoolExecutor  # with logging takes longer to import than all of this room

        self._ending = False
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        self._listener = socket.create_server((self._host, 0), family=family, backlog=512)
        self._listener.settimeout(_LOOK_UP)
        self.address = Address(*self._listener.getsockname()[:2])
        name = f"tlslearn server {self.address}"
        self._workers = ThreadPoolExecutor(_MOST_AT_ONCE, thread_name_prefix=name)
        self._accepting = threading.Thread(target=self._accept, name=name, daemon=True)
        self._accepting.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ending = True
        try:
            with suppress(OSError):  # wakes accept() at once; without it, accept() looks up by itself
                socket.create_connection(self.address, timeout=1).close()
            self._accepting.join()
        finally:  # a second Ctrl-C leaves nothing open either
            self._listener.close()
            with self._changed:
                handles = list(self._open)
            for handle in handles:
                shut(handle, socket.SHUT_RDWR)
            self._workers.shutdown()

    @property
    def url(self) -> str:
        return f"https://localhost:{self.address.port}/"

    @property
    def log(self) -> list[Seen]:
        """One entry a connection, oldest first. Waits until no handshake is under way."""
        with self._changed:
            self._changed.wait_for(lambda: not self._shaking, self.manner.timeout)
            return list(self._log)

    def __repr__(self) -> str:
        return f"<Server presenting {', '.join(repr(one) for one, _ in self._presented)}>"

    def _choose(self, presented: Presented, tls: ssl.SSLObject, name: str | None, context: ssl.SSLContext) -> None:
        """Called in the midst of a handshake, with the name that the client asks for (RFC 6066 3)."""
        self._here.seen.sni = name
        if name is None or len(presented) == 1:
            return
        for credential, own in presented:
            if names.check_host(credential.certificate, name).state == "pass":
                tls.context = own
                return

    def _accept(self) -> None:
        while not self._ending:
            try:
                connection, _ = self._listener.accept()
            except TimeoutError:
                continue
            except OSError as error:  # a client that has left already, or no handles left in this process
                self._log.append(Seen(error=str(error)))
                time.sleep(0.05)
                continue
            if self._ending:
                connection.close()
            else:
                self._receive(connection)

    def _receive(self, connection: socket.socket) -> None:
        """Hand this client to a thread. Whatever is open is noted first, so that the end of the block finds it."""
        seen = Seen()
        try:
            # wrap_socket takes the socket away. The handle stays: to end the connection from outside, and gently.
            handle = connection.dup()
        except OSError as error:
            connection.close()
            seen.error = str(error)
            self._log.append(seen)
            return
        with self._changed:
            self._log.append(seen)
            self._shaking.add(handle)
            self._open.add(handle)
        self._workers.submit(self._attend, connection, handle, seen)

    def _attend(self, connection: socket.socket, handle: socket.socket, seen: Seen) -> None:
        self._here.seen = seen
        try:
            connection.settimeout(self.manner.timeout)
            # A ticket and an answer are two small writes: the second would wait for a late acknowledgement, 40 ms.
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            context = self._presented[0][1]
            with connection:
                if self.manner.preface is None or self.manner.preface(connection):
                    with context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False) as tls:
                        if self._shake_hands(tls, handle, seen):
                            self._answer(tls, seen)
                        else:
                            close_gently(handle)
        except OSError as error:  # the client left, or said nothing for too long
            seen.error = str(error)
        finally:
            self._settled(handle)
            with self._changed:
                self._open.discard(handle)
            handle.close()

    def _shake_hands(self, tls: ssl.SSLSocket, handle: socket.socket, seen: Seen) -> bool:
        """Did the handshake succeed? The log entry tells all about it when this returns."""
        try:
            tls.do_handshake()
            seen.version, seen.cipher = tls.version(), (tls.cipher() or ("",))[0]
            seen.alpn, seen.resumed = tls.selected_alpn_protocol(), bool(tls.session_reused)
            presented = tls.getpeercert(binary_form=True) if self.manner.client else None
            seen.client = read(presented) if presented else None
            return True
        except OSError as error:
            seen.error = getattr(error, "reason", None) or str(error)
            seen.alert = alert_name(error)
            seen.verify_code = getattr(error, "verify_code", None)
            return False
        except UNREADABLE as error:  # OpenSSL took it; a caller that nobody here can name is refused
            seen.error = f"the client's certificate cannot be read: {error}"
            return False
        finally:
            self._settled(handle)

    def _settled(self, handle: socket.socket) -> None:
        """The handshake of this connection is over, whatever came of it."""
        with self._changed:
            self._shaking.discard(handle)
            self._changed.notify_all()

    def _answer(self, tls: ssl.SSLSocket, seen: Seen) -> None:
        request = b""
        while b"\r\n\r\n" not in request and len(request) < 65536:
            chunk = tls.recv(4096)
            if not chunk:
                return
            request += chunk
        seen.request = request.split(b"\r\n", 1)[0].decode("latin-1")
        status, body = self._body(seen)
        head = f"HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {len(body)}\r\n"
        tls.sendall(f"{head}Connection: close\r\n\r\n".encode() + body)
        with suppress(ssl.SSLEOFError, ConnectionError):  # answered; most clients then leave without a word
            tls.unwrap()

    def _body(self, seen: Seen) -> tuple[str, bytes]:
        """Status and body. An error in a function of the caller's is told to the client and in the log."""
        from http import HTTPStatus

        if isinstance(self.manner.answer, bytes):
            return "200 OK", self.manner.answer
        try:
            found = self.manner.answer(seen)
        except Exception as error:
            seen.error = f"{type(error).__name__}: {error}"
            found = 500, b"The answer could not be made; see the server's log.\n"
        status, body = (200, found) if isinstance(found, bytes) else found
        return f"{status} {HTTPStatus(status).phrase}", body
