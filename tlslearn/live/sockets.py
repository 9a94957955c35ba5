"""Where does a server stand, how does a connection end so that nothing said is lost, and what was its last word?

Sections: RFC 9846 6.2 (alerts).
Leaves out: TLS itself.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Iterable
from contextlib import suppress
from typing import NamedTuple

from ..check import BadInput


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


def alert_name(error: BaseException) -> str | None:
    """The alert that ended a handshake, by its RFC 9846 6.2 name, as "unknown_ca"; None where there was none."""
    reason = getattr(error, "reason", None) or ""
    if found := re.fullmatch(r"(?:(?:SSLV3|TLSV1|TLSV13)_ALERT|TLSV1(?=_UN))_(\w+)", str(reason)):
        return found[1].lower()
    # Of alerts that Python's own table lacks (no_application_protocol) only OpenSSL's words are left.
    found = re.match(r"\[SSL\] (?:sslv3|tlsv1|tlsv13) alert ([a-z ]+[a-z])", str(error)) if not reason else None
    return found[1].replace(" ", "_") if found else None


def close_gently(connection: socket.socket) -> None:
    """Close without losing what was sent last: a reset would throw away an alert the other end has not read yet.

    What comes is thrown away, for a second of silence and _DRAIN pieces at most.
    """
    connection.settimeout(1)
    shut(connection, socket.SHUT_WR)
    with suppress(OSError):
        for _ in range(_DRAIN):
            if not connection.recv(4096):
                break


_DRAIN = 64


def shut(connection: socket.socket, how: int) -> None:
    with suppress(OSError):  # already closed from the other end
        connection.shutdown(how)
