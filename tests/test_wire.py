"""Is every byte of a handshake read, named and put back, and is what is no TLS refused with its place?"""

from __future__ import annotations

import pickle
import ssl
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from certificates import client_credentials, handshake_flights, issued, root
from hypothesis import given, settings
from hypothesis import strategies as st

from tlslearn import live, wire
from tlslearn.wire import names
from tlslearn.wire.reading import Reader

KINDS = ("p256", "ed25519", "rsa2048")


@cache
def flights(version: str, kind: str, mutual: bool = False) -> tuple[bytes, bytes]:
    """What the client and the server sent, in clear records as long as they are clear."""
    client = live.client_context([root(kind)])
    server = issued(kind=kind).server_context()
    for context in (client, server):
        context.minimum_version = context.maximum_version = getattr(ssl.TLSVersion, version)
    if mutual:
        server.verify_mode = ssl.CERT_REQUIRED
        server.load_verify_locations(cadata=ssl.PEM_cert_to_DER_cert(_pem(root(kind))))
        client_credentials(client, issued(kind=kind, purpose="client"))
    return handshake_flights(client, server)


def _pem(authority: Any) -> str:
    from cryptography.hazmat.primitives.serialization import Encoding

    return authority.certificate.public_bytes(Encoding.PEM).decode()


def in_clear(stream: bytes) -> bytes:
    """The handshake bytes before the first ChangeCipherSpec or protected record."""
    found = b""
    for record in wire.records(stream):
        if record.type != "handshake":
            break
        found += record.fragment
    return found
