"""What answers here when nobody speaks TLS to it, and how is it asked to begin TLS?

Sections: RFC 3207 4 (SMTP), RFC 9051 6.2.1 (IMAP), RFC 2595 4 (POP3), RFC 4217 4 (FTP); PostgreSQL documentation,
SSLRequest.
Leaves out: speaking these protocols any further, and LDAP, whose request is in BER.
"""

from __future__ import annotations

import re
import socket
import struct
from collections.abc import Callable

from .. import live, names
from ..check import BadInput, TlslearnError

# Ports on which TLS begins after a word in clear (IANA's registry of service names).
BY_PORT = {21: "ftp", 25: "smtp", 110: "pop3", 143: "imap", 587: "smtp", 5432: "postgres"}
_LONGEST = 8_192  # bytes of an answer that are read
_SHOWN = 60  # characters of it that are told


class NoStartTls(TlslearnError):
    """The server does not go on with TLS after it was asked to."""

    def __init__(self, said: str) -> None:
        super().__init__("no TLS after STARTTLS", value=said, fix="Look at the port, and at the server's settings.")
        self.said = said


def starter(protocol: str) -> Callable[[socket.socket], None]:
    """What to do on a bare connection before TLS. Raises BadInput for a protocol that is not known here."""
    if protocol not in _STARTERS:
        fix = f"Use one of {', '.join(_STARTERS)}, or no to begin with TLS."
        raise BadInput("no such protocol with STARTTLS", value=protocol, fix=fix)
    return _STARTERS[protocol]


def what_answers(address: live.Address, timeout: float) -> tuple[str, str]:
    """Who is there, in words, and its protocol with STARTTLS, "" for one without: from what it says by itself, else
    from its answer to a request of HTTP. ("", "") where it says nothing that can be told."""
    for asked in (b"", b"HEAD / HTTP/1.0\r\n\r\n"):
        said = _said(address, asked, timeout)
        for greeting, told, protocol in _GREETINGS:
            if greeting.match(said):
                return f"{told} answers", protocol
        if said and asked:
            shown = names.printable(said[:_SHOWN].decode("latin-1"))
            return f"Something answers «{shown}»", ""
    return "", ""


# How what speaks first greets; of 220 a word further on tells mail and files apart, where it is there.
_GREETINGS = (
    (re.compile(rb"HTTP/\S+ 407"), "A proxy that asks for a name and a password (HTTP)", ""),
    (re.compile(rb"HTTP/"), "A web server without TLS (HTTP)", ""),
    (re.compile(rb"SSH-"), "An SSH server", ""),
    (re.compile(rb"\* OK"), "A mail server (IMAP)", "imap"),
    (re.compile(rb"\+OK"), "A mail server (POP3)", "pop3"),
    (re.compile(rb"220(?!.*E?SMTP).*(FTP|FileZilla)", re.IGNORECASE), "A file server (FTP)", "ftp"),
    (re.compile(rb"(?s)...\0\n[5-9]|...\0\n1\d\."), "A database (MySQL or MariaDB)", ""),
    (re.compile(rb"-(ERR|NOAUTH|DENIED) "), "A database (Redis)", ""),
    (re.compile(rb"(421|5\d\d)[ -]"), "A server of mail or files that turns this client away (SMTP or FTP)", ""),
    (re.compile(rb"220"), "A mail server (SMTP)", "smtp"),
)


def _said(address: live.Address, asked: bytes, timeout: float) -> bytes:
    try:
        with socket.create_connection(address, timeout) as connection:
            # Who speaks first does so at once; others would be waited for in vain.
            connection.settimeout(timeout if asked else min(timeout, 1.0))
            connection.sendall(asked)
            return connection.recv(_LONGEST)
    except OSError:
        return b""


def _smtp(connection: socket.socket) -> None:
    _expect(connection, b"220", b"", more=True)
    _expect(connection, b"250", b"EHLO client.test\r\n", more=True)
    _expect(connection, b"220", b"STARTTLS\r\n")


def _imap(connection: socket.socket) -> None:
    _expect(connection, b"* OK", b"")
    _expect(connection, b"1 OK", b"1 STARTTLS\r\n")


def _pop3(connection: socket.socket) -> None:
    _expect(connection, b"+OK", b"")
    _expect(connection, b"+OK", b"STLS\r\n")


def _ftp(connection: socket.socket) -> None:
    _expect(connection, b"220", b"", more=True)
    _expect(connection, b"234", b"AUTH TLS\r\n")


def _postgres(connection: socket.socket) -> None:
    connection.sendall(struct.pack("!ii", 8, 80877103))
    if (said := connection.recv(1)) != b"S":
        raise NoStartTls(names.printable(said.decode("latin-1")))


_STARTERS: dict[str, Callable[[socket.socket], None]] = {
    "smtp": _smtp,
    "imap": _imap,
    "pop3": _pop3,
    "ftp": _ftp,
    "postgres": _postgres,
}


def _expect(connection: socket.socket, wanted: bytes, asked: bytes, *, more: bool = False) -> None:
    """Send a line, and read the answer to its end; `more`: a hyphen behind its number says that lines follow.

    No byte behind the answer is read: it would be TLS. Raises NoStartTls for another answer.
    """
    connection.sendall(asked)
    line = _line(connection)
    while more and line[3:4] == b"-" and line.startswith(wanted):
        line = _line(connection)
    if not line.startswith(wanted):
        raise NoStartTls(names.printable(line.strip()[:_SHOWN].decode("latin-1")))


def _line(connection: socket.socket) -> bytes:
    line = b""
    while not line.endswith(b"\n") and len(line) < _LONGEST:
        one = connection.recv(1)
        if not one:
            break
        line += one
    return line
