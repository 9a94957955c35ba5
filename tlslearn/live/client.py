"""What does a client learn from a handshake, and what is left in its hands when one fails?

Sections: RFC 9846 2 (handshake), 4.5.1 (client certificates), 4.7.1 (tickets); RFC 9110 9.3.1 (GET).
Leaves out: explaining a failure in one sentence; the doctor does.
"""

from __future__ import annotations

import socket
import ssl
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from cryptography import x509

from ..authority import Credential
from ..check import BadInput, TlslearnError
from ..names import UNREADABLE
from .server import positive
from .sockets import Address, alert_name, close_gently
from .trust import Anchor, Crl, Terms, anchors, client_context, present, read, terms


@dataclass(frozen=True)
class Evidence:
    """What is known of a connection that failed. None stands for "not known"; `cipher` is the suite that client and
    server had agreed on before."""

    hostname: str | None = None
    chain: tuple[x509.Certificate, ...] | None = None
    trust_anchors: tuple[x509.Certificate, ...] | None = None
    cipher: str | None = None


@dataclass(frozen=True, repr=False)
class Connection:
    """Facts of a handshake that succeeded: `chain` as presented, `verified` as OpenSSL built it, anchor last; `group`
    where this Python tells it (3.15 does), else None. Times are in seconds. `answer` is what came for the `request`."""

    address: Address
    hostname: str
    version: str
    cipher: str
    chain: tuple[x509.Certificate, ...]
    alpn: str | None
    resumed: bool
    tcp_seconds: float = field(compare=False)
    tls_seconds: float = field(compare=False)
    verified: tuple[x509.Certificate, ...] = ()
    group: str | None = None
    answer: bytes | None = None
    context: ssl.SSLContext | None = field(default=None, compare=False)
    session: ssl.SSLSession | None = field(default=None, compare=False)

    def __repr__(self) -> str:
        how = ", resumed" if self.resumed else f", {len(self.chain)} presented"
        return f"<Connection to {self.hostname}: {self.version}, {self.cipher}{how}>"


def connect(
    address: str | tuple[str, int],
    *,
    trust: Iterable[Anchor] | None = None,
    hostname: str | None = None,
    credential: Credential | None = None,
    request: str | None = None,
    alpn: Iterable[str] = (),
    versions: tuple[str, str] | str | None = None,
    ciphers: str | None = None,
    crls: Iterable[Crl] = (),
    resume: Connection | None = None,
    preface: Callable[[socket.socket], None] | None = None,
    timeout: float = 10.0,
    listen: float = 0.0,
) -> Connection:
    """Shake hands with a server, check it, close, and return the facts.

    `hostname`: what the certificate must cover; the host of the address unless told. `credential`: presented if the
    server asks. `request`: a path such as "/" to GET. `resume`: an earlier connection, whose ticket is offered under
    its own trust and terms. `preface`: what is said in clear before TLS. `listen`: seconds to wait for a late refusal.

    Raises what `ssl` raised, with `.evidence` beside it (an `Evidence`) and what `chain.validate` finds wrong as notes.
    The chain of a refused certificate is fetched over a second connection that verifies nothing and sends nothing of
    the caller's. Raises BadInput for values that cannot be used, TlslearnError for a certificate that cannot be read.
    """
    where = Address.parse(address)
    name = _asked_for(where.host if hostname is None else hostname)
    trusted = None if trust is None else anchors(trust)
    _require_path(request)
    context = _context(trusted, credential, terms(alpn, versions, ciphers, crls), resume)
    try:
        session = resume.session if resume else None
        return _shake(context, where, name, positive(timeout), listen, request, session, preface)
    except OSError as error:
        refused, before = isinstance(error, ssl.SSLCertVerificationError), getattr(error, "evidence", Evidence())
        chain = chain_as_sent(where, name, timeout, preface) if refused else before.chain
        _carry(error, Evidence(name, chain, trusted, before.cipher))
        _add_notes(error, chain, trusted, name)
        raise


def _context(
    trusted: tuple[x509.Certificate, ...] | None,
    credential: Credential | None,
    agreed: Terms,
    resume: Connection | None,
) -> ssl.SSLContext:
    if resume is not None:
        if trusted is not None or credential is not None or agreed != Terms():
            raise BadInput(
                "a session belongs to its context", value=resume, fix="Say trust and terms at the first one."
            )
        if resume.context is None or resume.session is None or not resume.session.has_ticket:
            raise BadInput("no ticket to resume with", value=resume, fix='Give the first connection request="/".')
        return resume.context
    context = client_context(trusted)
    agreed.apply(context)
    if credential is not None:
        present(context, credential)
    return context


def _add_notes(
    error: OSError,
    presented: tuple[x509.Certificate, ...] | None,
    trusted: tuple[x509.Certificate, ...] | None,
    name: str,
) -> None:
    """What `ssl` said stays as it is; below it, what fails by the rules."""
    if presented and trusted is not None:
        from .. import chain  # what connects without trouble does without

        for check in chain.validate(presented[0], presented[1:], trusted, hostname=name).failures:
            error.add_note(str(check))


def chain_as_sent(
    address: Address, hostname: str, timeout: float, preface: Callable[[socket.socket], None] | None = None
) -> tuple[x509.Certificate, ...] | None:
    """What the server presents, for diagnosis only: nothing is checked. None where it cannot be had or read."""
    unchecked = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    unchecked.check_hostname = False
    unchecked.verify_mode = ssl.CERT_NONE
    try:
        return _shake(unchecked, address, hostname, timeout, preface=preface).chain
    except OSError as error:  # the certificates may have come before it
        return getattr(error, "evidence", Evidence()).chain
    except TlslearnError:
        return None


def _require_path(request: str | None) -> None:
    """What is sent must be one line."""
    if request is not None and not (request.isascii() and request.isprintable() and request.startswith("/")):
        raise BadInput("not a path to ask for", value=request, fix='Give a path such as "/".')


def _asked_for(hostname: str) -> str:
    """A name that can be looked up and verified. One in Unicode is turned into its A-labels, as `ssl` does."""
    try:
        if not isinstance(hostname, str) or not hostname or "\0" in hostname:
            raise ValueError("no name, or one that C would read in part")
        return hostname.encode("idna").decode()
    except ValueError as error:
        raise BadInput("not a host name", value=hostname, fix="Give the bare name, as in localhost.") from error


def _shake(
    context: ssl.SSLContext,
    address: Address,
    hostname: str,
    timeout: float,
    listen: float = 0.0,
    request: str | None = None,
    session: ssl.SSLSession | None = None,
    preface: Callable[[socket.socket], None] | None = None,
) -> Connection:
    begin = time.perf_counter()
    with socket.create_connection(address, timeout) as connection:
        connected = time.perf_counter()
        if preface is not None:
            preface(connection)
        tls = context.wrap_socket(connection, server_hostname=hostname, session=session, do_handshake_on_connect=False)
        with tls:
            _handshake(tls)
            shaken = time.perf_counter()
            found = _facts(tls, address, hostname, connected - begin, shaken - connected)
            if listen:
                _listen(tls, listen)
            if request is not None:
                found = replace(found, answer=_get(tls, request, hostname))
            # In TLS 1.3 tickets follow the handshake: the session holds one after an answer.
            found = replace(found, session=tls.session, context=context)
            if request is not None:
                with suppress(OSError):  # a server may close without a word
                    tls.unwrap()
            # A server still writes its tickets, and must not meet a reset: its handshake would have failed for it.
            close_gently(tls)
            return found


def _handshake(tls: ssl.SSLSocket) -> None:
    """What was agreed before a refusal is lost with the socket: it goes with the error."""
    try:
        tls.do_handshake()
    except OSError as error:
        cipher = tls.cipher()
        try:
            chain = _chain(tls, "get_unverified_chain") or None
        except (TlslearnError, ValueError):  # not readable, or the socket is closed by now
            chain = None
        _carry(error, Evidence(chain=chain, cipher=cipher[0] if cipher else None))
        raise


def _carry(error: OSError, evidence: Evidence) -> None:
    setattr(error, "evidence", evidence)  # noqa: B010  (no such field is declared on it)


def _facts(tls: ssl.SSLSocket, address: Address, hostname: str, tcp_seconds: float, tls_seconds: float) -> Connection:
    cipher = tls.cipher()
    group = getattr(tls, "group", None)
    return Connection(
        address=address,
        hostname=hostname,
        version=tls.version() or "unknown",
        cipher=cipher[0] if cipher else "unknown",
        chain=_chain(tls, "get_unverified_chain"),
        alpn=tls.selected_alpn_protocol(),
        resumed=bool(tls.session_reused),
        tcp_seconds=tcp_seconds,
        tls_seconds=tls_seconds,
        verified=_chain(tls, "get_verified_chain") if tls.context.verify_mode else (),
        group=group() if group else None,
    )


def _get(tls: ssl.SSLSocket, path: str, hostname: str) -> bytes:
    """The body of the answer to one GET; all of what came where it is no HTTP."""
    tls.sendall(f"GET {path} HTTP/1.1\r\nHost: {hostname}\r\nConnection: close\r\n\r\n".encode())
    answer = b"".join(iter(lambda: tls.recv(65536), b""))
    head, end, body = answer.partition(b"\r\n\r\n")
    return body if end and head.startswith(b"HTTP/") else answer


def _chain(tls: ssl.SSLSocket, asked: str) -> tuple[x509.Certificate, ...]:
    """A chain, leaf first. Public from Python 3.13 on; before, only the object below the socket has it."""
    ders: Sequence[bytes]
    if sys.version_info >= (3, 13):
        ders = getattr(tls, asked)()
    else:
        import _ssl

        below = getattr(tls._sslobj, asked)() or ()  # type: ignore[attr-defined]
        ders = [certificate.public_bytes(_ssl.ENCODING_DER) for certificate in below]
    try:
        return tuple(read(der) for der in ders)
    except UNREADABLE as error:
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
