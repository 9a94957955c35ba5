"""What happens when a client and a server really meet?

Sections: RFC 9846 2 (handshake), 6.2 (alerts).
Leaves out, so far: several names, ALPN, client certificates and reload; see notebooks 06 and 08.
"""

from __future__ import annotations

import re
import socket
import ssl
import sys
import threading
import time
import warnings
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Protocol

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.utils import CryptographyDeprecationWarning

from .authority import Credential
from .check import BadInput, TlslearnError


class HasCertificate(Protocol):
    """Whatever carries a certificate: an Authority, a Credential."""

    @property
    def certificate(self) -> x509.Certificate: ...


Anchor = x509.Certificate | HasCertificate
_PEM = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)


class Address(NamedTuple):
    """Host and port; prints as host:port."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @classmethod
    def parse(cls, text: str | tuple[str, int], *, default_port: int | None = None) -> Address:
        """From "host:port", "[::1]:port" or a pair; "host" alone where there is a default. Raises BadInput."""
        if isinstance(text, str):
            found = re.fullmatch(r"(?:\[([0-9A-Fa-f:.]+)\]|([^:\[\]/\s]+))(?::([0-9]{1,5}))?", text)
            pair: tuple[object, ...] = (
                (found[1] or found[2], int(found[3]) if found[3] else default_port) if found else ()
            )
        else:
            pair = tuple(text) if isinstance(text, Iterable) else ()
        match pair:
            case (str(host), int(port)) if host and 0 < port < 65536:
                return cls(host, port)
        raise BadInput("not an address", value=text, fix="Write host:port, as in localhost:8443, without https://.")


@dataclass
class Seen:
    """What the server saw of one connection; `alert` is the client's last word where the handshake failed."""

    version: str | None = None
    cipher: str | None = None
    alert: str | None = None
    error: str | None = None
    request: str | None = None


@dataclass(frozen=True)
class Evidence:
    """What is known of a connection that failed. None stands for "not known"."""

    hostname: str | None = None
    chain: tuple[x509.Certificate, ...] | None = None
    trust_anchors: tuple[x509.Certificate, ...] | None = None


@dataclass(frozen=True, repr=False)
class Connection:
    """Facts of a handshake that succeeded. Times are in seconds."""

    address: Address
    hostname: str
    version: str
    cipher: str
    chain: tuple[x509.Certificate, ...]
    alpn: str | None
    resumed: bool
    tcp_seconds: float = field(compare=False)
    tls_seconds: float = field(compare=False)

    def __repr__(self) -> str:
        return f"<Connection to {self.hostname}: {self.version}, {self.cipher}, {len(self.chain)} presented>"


def anchors(trust: Iterable[Anchor]) -> tuple[x509.Certificate, ...]:
    """The certificates of whatever is trusted. Raises BadInput for what carries none."""
    if isinstance(trust, x509.Certificate) or not isinstance(trust, Iterable):
        raise BadInput("no list of anchors", value=type(trust).__name__, fix="Give a list, as in trust=[root].")
    found = []
    for one in trust:
        certificate = getattr(one, "certificate", one)
        if not isinstance(certificate, x509.Certificate):
            raise BadInput("not a certificate to trust", value=type(one).__name__, fix="Give certificates.")
        found.append(certificate)
    return tuple(found)


def load_anchors(path: str | PathLike[str]) -> tuple[x509.Certificate, ...]:
    """The certificates of a PEM file, such as a root's or the bundle of certifi.

    What cryptography cannot read in a large bundle is left out. Raises BadInput where nothing is left, or no such file.
    Source: RFC 7468 5.
    """
    try:
        text = Path(path).read_text(encoding="latin-1")
    except OSError as error:
        raise BadInput("cannot read the trust anchors", value=str(path), fix=f"{error.strerror}.") from error
    found = readable(ssl.PEM_cert_to_DER_cert(block) for block in _PEM.findall(text))
    if not found:
        fix = "Give a PEM file with -----BEGIN CERTIFICATE----- in it."
        raise BadInput("no certificate in the file of trust anchors", value=str(path), fix=fix)
    return found


def readable(ders: Iterable[bytes]) -> tuple[x509.Certificate, ...]:
    """Those of a trust store (DER each) that cryptography reads: stores hold roots older than today's rules."""
    found = []
    for der in ders:
        try:
            found.append(_read(der))
        except _UNREADABLE:
            continue
    return tuple(found)


# Not every kind of nonsense is a ValueError to cryptography.
_UNREADABLE = (ValueError, x509.InvalidVersion)


def _read(der: bytes) -> x509.Certificate:
    """Both names are looked at here: cryptography takes them apart, and refuses them, when they are asked for."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CryptographyDeprecationWarning)
        certificate = x509.load_der_x509_certificate(der)
        _ = certificate.subject, certificate.issuer
    return certificate


def client_context(trust: Iterable[Anchor] | None = None, *, key_log: str | None = None) -> ssl.SSLContext:
    """A client's SSLContext with Python's own defaults that trusts these anchors and no others.

    None trusts what the system trusts. Unlike `ssl.create_default_context`, it writes the session's secrets to a
    file when asked by `key_log` and never because SSLKEYLOGFILE is set. Source: Python documentation, ssl.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if sys.version_info >= (3, 13):  # what create_default_context adds from that version on
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN | ssl.VERIFY_X509_STRICT
    if trust is None:
        context.load_default_certs(ssl.Purpose.SERVER_AUTH)
    for certificate in anchors(trust or ()):
        context.load_verify_locations(cadata=certificate.public_bytes(Encoding.DER))
    if key_log is not None:
        context.keylog_filename = key_log
    return context


# Seconds after which a server that waits for clients looks whether its block has ended.
_LOOK_UP = 1.0


def serve(credential: Credential, *, answer: bytes = b"Welcome to the bookshop.\n", timeout: float = 10.0) -> Server:
    """A TLS server on 127.0.0.1 that answers every HTTP request alike, for a `with` block.

    It gives a client `timeout` seconds for each step. When the block ends, also by an error, its threads have ended
    and its sockets are closed.
    """
    return Server(credential, answer=answer, timeout=_positive(timeout))


def _positive(seconds: float) -> float:
    if not isinstance(seconds, int | float) or not 0 < seconds <= threading.TIMEOUT_MAX:
        raise BadInput("not a time to wait", value=seconds, fix="Give seconds, more than 0.")
    return seconds


class Server:
    """See `serve`. `address` and `url` say where, `credential` what is presented, `log` what was seen."""

    def __init__(self, credential: Credential, *, answer: bytes, timeout: float) -> None:
        self.credential, self.answer, self.timeout = credential, answer, timeout
        self._context = credential.server_context()
        self._log: list[Seen] = []
        self._threads: set[threading.Thread] = set()
        self._open: set[socket.socket] = set()
        self._changed = threading.Condition()
        self._shaking: set[threading.Thread] = set()
        self._ending = False

    def __enter__(self) -> Server:
        self._ending = False
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._listener.settimeout(_LOOK_UP)
        self.address = Address(*self._listener.getsockname())
        self._accepting = threading.Thread(target=self._accept, name=f"tlslearn server {self.address}", daemon=True)
        self._accepting.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ending = True
        with suppress(OSError):  # wakes accept() at once; without it, accept() looks up by itself
            socket.create_connection(self.address, timeout=1).close()
        self._accepting.join()
        self._listener.close()
        with self._changed:
            handles, threads = list(self._open), list(self._threads)
        for handle in handles:
            _shut(handle, socket.SHUT_RDWR)
        for thread in threads:
            thread.join()

    @property
    def url(self) -> str:
        return f"https://localhost:{self.address.port}/"

    @property
    def log(self) -> list[Seen]:
        """One entry a connection, oldest first. Waits until no handshake is under way."""
        with self._changed:
            self._changed.wait_for(lambda: not self._shaking, self.timeout)
            return list(self._log)

    def __repr__(self) -> str:
        return f"<Server presenting {self.credential!r}>"

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
        """Start a thread for this client. Whatever is open is noted first, so that the end of the block finds it."""
        seen = Seen()
        try:
            # wrap_socket takes the socket away. The handle stays: to end the connection from outside, and gently.
            handle = connection.dup()
        except OSError as error:
            connection.close()
            seen.error = str(error)
            self._log.append(seen)
            return
        thread = threading.Thread(target=self._attend, args=(connection, handle, seen), daemon=True)
        with self._changed:
            self._log.append(seen)
            self._shaking.add(thread)
            self._threads.add(thread)
            self._open.add(handle)
        thread.start()

    def _attend(self, connection: socket.socket, handle: socket.socket, seen: Seen) -> None:
        try:
            connection.settimeout(self.timeout)
            with (
                connection,
                self._context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False) as tls,
            ):
                if self._shake_hands(tls, seen):
                    self._answer(tls, seen)
                else:
                    _close_gently(handle)
        except OSError as error:  # the client left, or said nothing for too long
            seen.error = str(error)
        finally:
            self._settled()
            with self._changed:
                self._threads.discard(threading.current_thread())
                self._open.discard(handle)
            handle.close()

    def _shake_hands(self, tls: ssl.SSLSocket, seen: Seen) -> bool:
        """Did the handshake succeed? The log entry tells all about it when this returns."""
        try:
            tls.do_handshake()
            seen.version, seen.cipher = tls.version(), (tls.cipher() or ("",))[0]
            return True
        except OSError as error:
            seen.error = getattr(error, "reason", None) or str(error)
            seen.alert = alert_name(error)
            return False
        finally:
            self._settled()

    def _settled(self) -> None:
        """The handshake of this thread is over, whatever came of it."""
        with self._changed:
            self._shaking.discard(threading.current_thread())
            self._changed.notify_all()

    def _answer(self, tls: ssl.SSLSocket, seen: Seen) -> None:
        request = b""
        while b"\r\n\r\n" not in request and len(request) < 65536:
            chunk = tls.recv(4096)
            if not chunk:
                return
            request += chunk
        seen.request = request.split(b"\r\n", 1)[0].decode("latin-1")
        head = f"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {len(self.answer)}\r\n"
        tls.sendall(f"{head}Connection: close\r\n\r\n".encode() + self.answer)
        tls.unwrap()


def alert_name(error: BaseException) -> str | None:
    """The alert that ended a handshake, by its RFC 9846 6.2 name, as "unknown_ca"; None where there was none."""
    reason = getattr(error, "reason", None) or ""
    found = re.fullmatch(r"(?:(?:SSLV3|TLSV1|TLSV13)_ALERT|TLSV1(?=_UN))_(\w+)", str(reason))
    return found[1].lower() if found else None


def connect(
    address: str | tuple[str, int],
    *,
    trust: Iterable[Anchor] | None = None,
    hostname: str | None = None,
    timeout: float = 10.0,
    listen: float = 0.0,
) -> Connection:
    """Shake hands with a server, check it, close, and return the facts.

    `hostname` is the name the certificate must cover; without it, the host of the address. Raises what `ssl` raised,
    unchanged, with `.evidence` beside it (an `Evidence`). `listen` is how many seconds to wait for a server that
    refuses the client last, as TLS 1.3 allows; its alert is raised. When the certificate was refused, the chain for it
    is fetched over a second connection that verifies nothing and sends nothing of the caller's. Raises BadInput for an
    address or host name that is none, TlslearnError for a certificate that cryptography cannot read.
    """
    where = Address.parse(address)
    host = _asked_for(where.host)
    name = host if hostname is None else _asked_for(hostname)
    trusted = None if trust is None else anchors(trust)
    try:
        return _shake(client_context(trusted), where, name, _positive(timeout), listen)
    except OSError as error:
        refused = isinstance(error, ssl.SSLCertVerificationError)
        chain = chain_as_sent(where, name, timeout) if refused else None
        setattr(error, "evidence", Evidence(name, chain, trusted))  # noqa: B010  (no such field is declared on it)
        raise


def chain_as_sent(address: Address, hostname: str, timeout: float) -> tuple[x509.Certificate, ...] | None:
    """What the server presents, for diagnosis only: nothing is checked. None where it cannot be had or read."""
    unchecked = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    unchecked.check_hostname = False
    unchecked.verify_mode = ssl.CERT_NONE
    try:
        return _shake(unchecked, address, hostname, timeout).chain
    except (OSError, TlslearnError):
        return None


def _asked_for(hostname: str) -> str:
    """A name that can be looked up and verified. One in Unicode is turned into its A-labels, as `ssl` does."""
    try:
        if not isinstance(hostname, str) or not hostname or "\0" in hostname:
            raise ValueError("no name, or one that C would read in part")
        return hostname.encode("idna").decode()
    except ValueError as error:
        raise BadInput("not a host name", value=hostname, fix="Give the bare name, as in localhost.") from error


def _shake(context: ssl.SSLContext, address: Address, hostname: str, timeout: float, listen: float = 0.0) -> Connection:
    begin = time.perf_counter()
    with socket.create_connection(address, timeout) as connection:
        connected = time.perf_counter()
        with context.wrap_socket(connection, server_hostname=hostname) as tls:
            shaken = time.perf_counter()
            cipher = tls.cipher()
            seen = Connection(
                address=address,
                hostname=hostname,
                version=tls.version() or "unknown",
                cipher=cipher[0] if cipher else "unknown",
                chain=_presented(tls),
                alpn=tls.selected_alpn_protocol(),
                resumed=bool(tls.session_reused),
                tcp_seconds=connected - begin,
                tls_seconds=shaken - connected,
            )
            if listen:
                _listen(tls, listen)
            # A server still writes its tickets, and must not meet a reset: its handshake would have failed for it.
            _close_gently(tls)
            return seen


def _presented(tls: ssl.SSLSocket) -> tuple[x509.Certificate, ...]:
    """The chain as sent. Public from Python 3.13 on; before, only the object below the socket has it."""
    ders: Sequence[bytes]
    if sys.version_info >= (3, 13):
        ders = tls.get_unverified_chain()
    else:
        import _ssl

        below = tls._sslobj.get_unverified_chain()  # type: ignore[attr-defined]
        ders = [certificate.public_bytes(_ssl.ENCODING_DER) for certificate in below]
    try:
        return tuple(_read(der) for der in ders)
    except _UNREADABLE as error:
        fix = "Look at it with `openssl s_client -showcerts`."
        raise TlslearnError("a certificate that cannot be read", value=str(error), fix=fix) from error


def _listen(tls: ssl.SSLSocket, seconds: float) -> None:
    """Wait for a late refusal: in TLS 1.3 a server judges the client after the client's own handshake has succeeded.

    Raises the alert. A server that says nothing, or closes, is content.
    """
    tls.settimeout(seconds)
    try:
        tls.recv(1)
    except OSError as error:
        if alert_name(error):
            raise


def _close_gently(connection: socket.socket) -> None:
    """Close without losing what was sent last: a reset would throw away an alert the other end has not read yet.

    What comes is thrown away, for a second of silence and _DRAIN pieces at most.
    """
    connection.settimeout(1)
    _shut(connection, socket.SHUT_WR)
    with suppress(OSError):
        for _ in range(_DRAIN):
            if not connection.recv(4096):
                break


_DRAIN = 64


def _shut(connection: socket.socket, how: int) -> None:
    with suppress(OSError):  # already closed from the other end
        connection.shutdown(how)
