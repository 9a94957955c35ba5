"""Conversations for the tests of `wire` and `handshake`: both ends in memory, over versions, keys, groups and roles.

Sections: RFC 9846 2.
Leaves out: judging them.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable
from functools import cache
from typing import Any

from certificates import client_credentials, issued, root
from cryptography.hazmat.primitives.serialization import Encoding

from tlslearn import handshake, live

SAY = (b"GET /orders", b"2 copies")


def contexts(
    version: str | None = None, kind: str = "p256", *, mutual: bool = False, curve: str | None = None
) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """`curve`: the one group that the server takes."""
    client, server = live.client_context([root(kind)]), issued(kind).server_context()
    if version:
        client.minimum_version = client.maximum_version = getattr(ssl.TLSVersion, version)
    if curve:
        server.set_ecdh_curve(curve)
    if mutual:
        server.verify_mode = ssl.CERT_REQUIRED
        server.load_verify_locations(cadata=root(kind).certificate.public_bytes(Encoding.DER))
        client_credentials(client, issued(kind, purpose="client"))
    return client, server


def talk(version: str | None = None, kind: str = "p256", **more: Any) -> handshake.Transcript:
    return handshake.run(*contexts(version, kind, **more), "localhost", say=SAY, close=True)


def resumed(version: str) -> handshake.Transcript:
    client, server = contexts(version)
    first = handshake.run(client, server, "localhost", say=SAY)
    return handshake.run(client, server, "localhost", say=SAY, session=first.session, close=True)


def hybrid() -> handshake.Transcript:
    """pyOpenSSL brings its own OpenSSL, which offers and takes X25519MLKEM768."""
    from OpenSSL import SSL

    server = SSL.Context(SSL.TLS_METHOD)
    credential = issued()
    server.use_privatekey(credential.private_key)
    server.use_certificate(credential.certificate)
    for one in credential.intermediates:
        server.add_extra_chain_cert(one)
    return handshake.run(SSL.Context(SSL.TLS_METHOD), server, "localhost", say=SAY, close=True)


def asked_late() -> handshake.Transcript:
    """A client that asks for a certificate after the handshake (RFC 9846 4.7.2)."""
    client, server = contexts("TLSv1_3")
    client.post_handshake_auth = True
    client_credentials(client, issued(purpose="client"))
    server.post_handshake_auth = True
    server.verify_mode = ssl.CERT_REQUIRED
    server.load_verify_locations(cadata=root().certificate.public_bytes(Encoding.DER))
    return handshake.run(client, server, "localhost", say=SAY, close=True, ask_late=True)


MADE: dict[str, Callable[[], handshake.Transcript]] = {
    "1.3, P-256": lambda: talk("TLSv1_3"),
    "1.3, Ed25519": lambda: talk("TLSv1_3", "ed25519"),
    "1.3, RSA": lambda: talk("TLSv1_3", "rsa2048"),
    "1.3, P-384": lambda: talk("TLSv1_3", "p384"),
    "1.3, mutual": lambda: talk("TLSv1_3", mutual=True),
    "1.3, retry": lambda: talk("TLSv1_3", curve="secp521r1"),
    "1.3, resumed": lambda: resumed("TLSv1_3"),
    "1.3, hybrid": hybrid,
    "1.3, certificate asked for late": asked_late,
    "1.2, P-256": lambda: talk("TLSv1_2"),
    "1.2, RSA": lambda: talk("TLSv1_2", "rsa2048"),
    "1.2, Ed25519": lambda: talk("TLSv1_2", "ed25519"),
    "1.2, mutual": lambda: talk("TLSv1_2", mutual=True),
    "1.2, mutual, RSA": lambda: talk("TLSv1_2", "rsa2048", mutual=True),
    "1.2, resumed": lambda: resumed("TLSv1_2"),
}


@cache
def made(name: str) -> handshake.Transcript:
    return MADE[name]()
