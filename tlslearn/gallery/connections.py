"""Servers whose version, suite, protocol or manner is the fault, and those that turn their clients away.

Sections: RFC 9846 4.5.1, 6.2; RFC 5246 7.2.2; RFC 7301 3.2.
Leaves out: versions and suites that today's OpenSSL cannot be talked into.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from .. import live
from ..authority import Fault, Purpose
from .exhibits import Exhibit, Visit, caller, lab, rsa_key

_HELLO = 16384  # bytes: more than a ClientHello
_ALERT_RECORD = b"\x15\x03\x03\x00\x02\x02"  # a fatal alert in clear; its number follows


def _serve(**terms: Any) -> Callable[[], live.Server]:
    return lambda: live.serve(lab().issue(), **terms)


def _instead(act: Callable[[socket.socket], object]) -> Callable[[], live.Server]:
    """A server that does this in place of TLS."""

    def preface(connection: socket.socket) -> bool:
        act(connection)
        return False

    return _serve(preface=preface)


def _say(data: bytes, *, first: bool = False) -> Callable[[], live.Server]:
    """Plain bytes: at once (`first`), or as an answer to whatever comes."""

    def act(connection: socket.socket) -> None:
        if not first:
            connection.recv(_HELLO)
        connection.sendall(data)
        if first:  # what a client has sent meanwhile is read, so that closing does not reset the connection
            _read_out(connection)

    return _instead(act)


def _read_out(connection: socket.socket) -> None:
    """A client that did not like what it read may have reset the connection by now; whichever comes first, it ended."""
    with suppress(ConnectionError):
        connection.recv(_HELLO)


def _close(connection: socket.socket) -> None:
    connection.recv(_HELLO)


def _reset(connection: socket.socket) -> None:
    connection.recv(_HELLO)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _wait(connection: socket.socket) -> None:
    """Say nothing until the client gives up."""
    while connection.recv(_HELLO):
        continue


def smtp(connection: socket.socket) -> bool:
    """As much of SMTP as comes before STARTTLS (RFC 3207 4)."""
    connection.sendall(b"220 mail.test ESMTP\r\n")
    while line := _line(connection):
        if line.upper().startswith(b"STARTTLS"):
            connection.sendall(b"220 Go ahead\r\n")
            return True
        if line.upper().startswith((b"EHLO", b"HELO")):
            connection.sendall(b"250-mail.test\r\n250 STARTTLS\r\n")
        elif not line.isascii() or line[:1] < b" ":  # somebody speaks TLS at once, and has had the greeting for answer
            _read_out(connection)
            return False
        else:
            connection.sendall(b"502 Not before STARTTLS\r\n")
    return False


def _line(connection: socket.socket) -> bytes:
    line = b""
    while not line.endswith(b"\n") and len(line) < 1000:
        one = b""
        with suppress(ConnectionError):  # hung up without a word
            one = connection.recv(1)
        if not one:
            return b""
        line += one
        if line[0] < 32:  # no text: it need not end with a line
            return line
    return line


def _mutual(**terms: Any) -> Callable[[], live.Server]:
    return lambda: live.serve(lab().issue(), trust=[lab().root], **terms)


def _with(fault: Fault | None = None, *, server: bool = False, other: bool = False) -> Visit:
    """A client that brings a certificate."""

    def made() -> dict[str, Any]:
        if fault is None and not server and not other:
            return {"credential": caller()}
        authority = lab().other if other else lab().issuing
        purpose: Purpose = "server" if server else "client"
        return {"credential": authority.issue(["till.test"], purpose=purpose, one_thing_wrong=fault)}

    return Visit(terms=made)


_HTTP = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
_ANY_SUITE = "DEFAULT@SECLEVEL=0"  # without it OpenSSL 3 has none left for versions that are dead
_REFUSED = "CERTIFICATE_VERIFY_FAILED"
_NO_TLS = "the server speaks no TLS"

EXHIBITS = (
    Exhibit("tls-v1-0", "version", "The server speaks TLS 1.0 at most, which is dead (RFC 8996).",
            "TLSV1_ALERT_PROTOCOL_VERSION", "UNSUPPORTED_PROTOCOL",
            _serve(versions="TLSv1.0", ciphers=_ANY_SUITE), "alerts", mended="A server that speaks TLS 1.2 and 1.3."),
    Exhibit("tls-v1-1", "version", "The server speaks TLS 1.1 at most, which is dead (RFC 8996).",
            "TLSV1_ALERT_PROTOCOL_VERSION", "UNSUPPORTED_PROTOCOL",
            _serve(versions="TLSv1.1", ciphers=_ANY_SUITE), "alerts", mended="A server that speaks TLS 1.2 and 1.3."),
    Exhibit("tls-v1-2", "version", "The server speaks TLS 1.2 alone: nothing is wrong.", None, None,
            _serve(versions="TLSv1.2")),
    Exhibit("tls-v1-2-for-a-1-3-client", "version", "The server speaks TLS 1.2 alone, and the client 1.3 alone.",
            "TLSV1_ALERT_PROTOCOL_VERSION", "UNSUPPORTED_PROTOCOL", _serve(versions="TLSv1.2"), "alerts",
            visit=Visit(terms=lambda: {"versions": "TLSv1.3"}), mended="One version that both speak."),
    Exhibit("static-rsa", "cipher", "The server takes RSA key transport alone, without forward secrecy.",
            "SSLV3_ALERT_HANDSHAKE_FAILURE", "NO_SHARED_CIPHER",
            lambda: live.serve(lab().issue(key=rsa_key()), versions="TLSv1.2", ciphers="AES128-GCM-SHA256"),
            "RSA key transport", mended="Suites with (EC)DHE."),
    Exhibit("cbc", "cipher", "The server takes a suite without AEAD alone; Python still offers it.", None, None,
            lambda: live.serve(lab().issue(key=rsa_key()), versions="TLSv1.2", ciphers="ECDHE-RSA-AES128-SHA256"),
            "alerts", mended="Suites with AEAD."),
    Exhibit("http", "protocol", f"Plain HTTP answers on this port: {_NO_TLS}.", "WRONG_VERSION_NUMBER", None,
            _say(_HTTP), mended="TLS on this port, or the right port."),
    Exhibit("ssh", "protocol", f"An SSH server answers on this port: {_NO_TLS}.", "WRONG_VERSION_NUMBER", None,
            _say(b"SSH-2.0-OpenSSH_9.2\r\n", first=True), mended="The right port."),
    Exhibit("smtp-starttls", "protocol", "A mail server waits for STARTTLS, and the client begins with TLS.",
            "WRONG_VERSION_NUMBER", None, _serve(preface=smtp), mended="A client that says STARTTLS first."),
    Exhibit("alpn-mismatch", "protocol", "Both ends name protocols, and none is the same: the handshake succeeds.",
            None, None, _serve(alpn=["h2"]), "ALPN", visit=Visit(terms=lambda: {"alpn": ["http/1.1"]}),
            mended="A protocol that both speak.", note="A server of Python's says nothing; others send an alert."),
    Exhibit("internal-error", "connection", "The server fails inside, and says so.", "TLSV1_ALERT_INTERNAL_ERROR",
            None, _say(_ALERT_RECORD + b"\x50"), "alerts", mended="What the server's log tells."),
    Exhibit("unrecognized-name", "connection", "The server knows no host of the name that the client asks for.",
            "TLSV1_UNRECOGNIZED_NAME", None, _say(_ALERT_RECORD + b"\x70"), "alerts",
            mended="The host in the server's configuration, or the right address."),
    Exhibit("access-denied", "connection", "The server turns this client away.", "TLSV1_ALERT_ACCESS_DENIED", None,
            _say(_ALERT_RECORD + b"\x31"), "alerts", mended="A client that may come."),
    Exhibit("closes", "connection", "The server closes when it has heard the ClientHello, without an alert.",
            "UNEXPECTED_EOF_WHILE_READING", None, _instead(_close), mended="What the server's log tells."),
    Exhibit("truncated", "connection", "The server's first record ends in the middle.",
            "UNEXPECTED_EOF_WHILE_READING", None, _say(b"\x16\x03\x03\x00\x7a\x02\x00\x00\x76\x03\x03"),
            mended="What stands between client and server."),
    Exhibit("resets", "connection", "The connection is reset when the ClientHello has been sent.",
            "ConnectionResetError", None, _instead(_reset), side="connection",
            mended="What stands between client and server."),
    Exhibit("silent", "connection", "The server takes the connection and says nothing.", "TimeoutError", None,
            _instead(_wait), visit=Visit(terms=lambda: {"timeout": 0.3}), mended="What the server waits for."),
    Exhibit("client-cert-missing", "client", "The server demands a certificate of the client, which has none.",
            "TLSV13_ALERT_CERTIFICATE_REQUIRED", "PEER_DID_NOT_RETURN_A_CERTIFICATE", _mutual(), "Certificate",
            side="client", mended="A client certificate from an authority that the server trusts.",
            note="In TLS 1.3 the client's own handshake has succeeded by then."),
    Exhibit("client-cert-missing-1-2", "client", "The same in TLS 1.2, where the handshake itself fails.",
            "SSLV3_ALERT_HANDSHAKE_FAILURE", "PEER_DID_NOT_RETURN_A_CERTIFICATE", _mutual(versions="TLSv1.2"),
            "Certificate", side="client", mended="A client certificate from an authority that the server trusts."),
    Exhibit("client", "client", "The server demands a certificate, and gets a good one: nothing is wrong.", None, None,
            _mutual(), visit=_with()),
    Exhibit("client-of-another-ca", "client", "The client's certificate is from an authority that the server does not "
            "trust.", "TLSV1_ALERT_UNKNOWN_CA", _REFUSED, _mutual(), "trust anchor", side="client",
            visit=_with(other=True), mended="A certificate from the authority that the server trusts."),
    Exhibit("client-with-a-servers", "client", "The client presents a certificate that is for servers.",
            "SSLV3_ALERT_UNSUPPORTED_CERTIFICATE", _REFUSED, _mutual(), "extended key usage", side="client",
            visit=_with(server=True), mended="A certificate for clients."),
    Exhibit("client-expired", "client", "The client's certificate has expired.", "SSLV3_ALERT_CERTIFICATE_EXPIRED",
            _REFUSED, _mutual(), "validity", side="client", visit=_with("expired"), mended="A new one."),
    Exhibit("client-revoked", "client", "The client's certificate was taken back, and the server has the list.",
            "SSLV3_ALERT_CERTIFICATE_REVOKED", _REFUSED, lambda: _mutual(crls=[lab().crl(caller())])(), "CRL",
            side="client", visit=_with(), mended="A new key and a new certificate."),
)  # fmt: skip
