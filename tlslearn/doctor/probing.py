"""Which versions and cipher suites does a server take? Asked one by one, and only when somebody wants to know.

Sections: RFC 9846 4.3.1 (versions), B.4 (suites); RFC 8996 (versions that are dead).
Leaves out: groups and signature schemes, and suites that this machine's OpenSSL lacks.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import suppress

from .. import live
from ..check import TlslearnError
from . import plain

VERSIONS = ("TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3")
_MOST_SUITES = 64  # of one version; each costs a handshake


def probe(address: live.Address, *, hostname: str, timeout: float = 10.0, starttls: str = "") -> dict[str, list[str]]:
    """Each version with the suites that the server takes, in the order in which it picks them; [] where it takes none.

    Nothing is verified and nothing sent but handshakes, a few dozen of them. Raises BadInput for a `starttls` that is
    not known here, OSError where nobody answers at all.
    """
    preface = plain.starter(starttls) if starttls else None
    socket.create_connection(address, timeout).close()
    found = {version: list(_suites(version, address, hostname, timeout, preface)) for version in VERSIONS[:3]}
    return found | {"TLSv1.3": _suites_1_3(address, hostname, timeout, preface)}


Preface = Callable[[socket.socket], None] | None


def _suites(version: str, address: live.Address, hostname: str, timeout: float, preface: Preface) -> Iterator[str]:
    """The server picks one of those offered; the offer shrinks until it picks none."""
    left = ""
    for _ in range(_MOST_SUITES):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # no data is sent, and nothing believed
        live.terms((), version, f"ALL:COMPLEMENTOFALL{left}:@SECLEVEL=0", ()).apply(context)
        try:
            picked = _picked(context, address, hostname, timeout, preface)
        except (OSError, TlslearnError):
            return
        yield picked
        left += f":!{picked}"


def _picked(context: ssl.SSLContext, address: live.Address, hostname: str, timeout: float, preface: Preface) -> str:
    with socket.create_connection(address, timeout) as bare:
        if preface is not None:
            preface(bare)
        with context.wrap_socket(bare, server_hostname=hostname) as tls:
            return (tls.cipher() or ("",))[0]


def _suites_1_3(address: live.Address, hostname: str, timeout: float, preface: Preface) -> list[str]:
    """`ssl` cannot choose suites of TLS 1.3; the course's own client can. It may refuse what follows: the suite is
    settled by then."""
    from .. import handshake
    from ..wire.names import CIPHER_SUITES

    left, found = list(handshake.SUITES), []
    while left:
        with socket.create_connection(address, timeout) as bare:
            if preface is not None:
                preface(bare)
            client = handshake.Client(bare, trust=(), hostname=hostname, offer=handshake.Offer(suites=tuple(left)))
            with suppress(OSError, TlslearnError):
                client.handshake()
        picked = client.settled.cipher_suite
        if picked not in left:
            break
        found.append(CIPHER_SUITES[picked])
        left.remove(picked)
    return found
