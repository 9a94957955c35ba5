"""What comes of asking a server for one page with the client of this room?

Sections: none; RFC 9110 for the request.
Leaves out: the handshake; see `client`. Everything about HTTP but one request.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from .. import live
from .channel import Refused, Told
from .client import Client, Offer, Settled
from .running import Flight


@dataclass
class Visit:
    """What came of one request: what was `settled`, the `page`, every flight, and the `error` that ended it, if any."""

    settled: Settled
    flights: list[Flight] = field(default_factory=list)
    page: bytes = b""
    error: Refused | Told | OSError | None = None

    @property
    def key_log(self) -> str:
        return "".join(f"{line}\n" for line in self.settled.key_log)


def visit(
    address: str | tuple[str, int],
    *,
    trust: Iterable[live.Anchor],
    hostname: str | None = None,
    path: str = "/",
    offer: Offer | None = None,
    timeout: float = 10.0,
) -> Visit:
    """Ask a server for one page, by the client above, and keep all that went over the connection.

    A refusal of either end is told, not raised. Raises OSError where no connection is made, BadInput for an address
    that is none.
    """
    where = live.Address.parse(address)
    name = hostname or where.host
    with socket.create_connection(where, timeout) as transport:
        client = Client(transport, trust=trust, hostname=name, offer=offer)
        found = Visit(client.settled)
        try:
            client.handshake()
            client.send(f"GET {path} HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n".encode())
            for data in iter(client.receive, b""):
                found.page += data
            client.close()
        except (Refused, Told, OSError) as error:
            found.error = error
        for sender, parts in groupby(client.channel.flights, key=lambda one: one[0]):
            found.flights.append(Flight(sender, b"".join(data for _, data in parts)))
    return found


def fetch(address: str | tuple[str, int], *, trust: Iterable[live.Anchor], **terms: Any) -> tuple[Settled, bytes]:
    """One page from a server: what was settled, and all that came back. It takes what `visit` takes.

    Raises Refused, Told, OSError, BadInput for an address that is none.
    """
    found = visit(address, trust=trust, **terms)
    if found.error is not None:
        raise found.error
    return found.settled, found.page
