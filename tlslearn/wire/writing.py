"""How is a message put on the wire again from what it says? The push side of `messages`.

Sections: RFC 9846 4; RFC 5246 7.4.
Leaves out: choosing what to say; see `handshake`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from .extensions import Extension
from .messages import (
    TLS_1_2,
    Certificate,
    CertificateRequest,
    CertificateStatus,
    CertificateVerify,
    ClientHello,
    ClientKeyExchange,
    Empty,
    EncryptedExtensions,
    Finished,
    KeyUpdate,
    Message,
    NewSessionTicket,
    ServerHello,
    ServerKeyExchange,
    Unknown,
    message,
)
from .reading import number, vector

ALERT, HANDSHAKE, CHANGE_CIPHER_SPEC, APPLICATION_DATA = 21, 22, 20, 23


def record(content_type: int, fragment: bytes, *, version: int = TLS_1_2) -> bytes:
    """A record. Source: RFC 9846 5.1: the version says 1.2; that of a first hello should say 1.0."""
    return number(content_type, 1) + number(version, 2) + vector(fragment, 2)


def frame(kind: int, body: bytes) -> bytes:
    """A handshake message of this type. Source: RFC 9846 4."""
    return number(kind, 1) + vector(body, 3)


def client_hello(
    random: bytes, session_id: bytes, cipher_suites: Iterable[int], extensions: Iterable[Extension]
) -> ClientHello:
    """A ClientHello of TLS 1.3. Source: RFC 9846 4.2.2."""
    suites = b"".join(number(suite, 2) for suite in cipher_suites)
    listed = vector(b"".join(one.raw for one in extensions), 2)
    body = number(TLS_1_2, 2) + random + vector(session_id, 1) + vector(suites, 2) + b"\x01\0" + listed
    found = message(frame(1, body))
    assert isinstance(found, ClientHello)
    return found


def encode(found: Message) -> bytes:
    """The message built again from its fields: the same bytes as `raw`."""
    return frame(found.type, _BODIES[type(found)](found))


def _extensions(found: Any) -> bytes:
    return vector(b"".join(one.raw for one in found.extensions), 2)


def _optional(found: Any) -> bytes:
    """A hello of TLS 1.2 may end before its extensions; an empty list and none are told apart by the fields."""
    listed = any(field.name == "extensions" for field in found.fields)
    return _extensions(found) if listed else b""


def _client_hello(found: ClientHello) -> bytes:
    suites = b"".join(number(suite, 2) for suite in found.cipher_suites)
    head = number(found.legacy_version, 2) + found.random + vector(found.legacy_session_id, 1)
    return head + vector(suites, 2) + vector(found.legacy_compression_methods, 1) + _optional(found)


def _server_hello(found: ServerHello) -> bytes:
    head = number(found.legacy_version, 2) + found.random + vector(found.legacy_session_id_echo, 1)
    return head + number(found.cipher_suite, 2) + number(found.legacy_compression_method, 1) + _optional(found)


def _certificate(found: Certificate) -> bytes:
    is_1_3 = any(field.name == "certificate_request_context" for field in found.fields)
    entries = b"".join(
        vector(entry.cert_data, 3) + (_extensions(entry) if is_1_3 else b"") for entry in found.certificate_list
    )
    return (vector(found.certificate_request_context, 1) if is_1_3 else b"") + vector(entries, 3)


def _certificate_request(found: CertificateRequest) -> bytes:
    if any(field.name == "certificate_request_context" for field in found.fields):
        return vector(found.certificate_request_context, 1) + _extensions(found)
    schemes = b"".join(number(scheme, 2) for scheme in found.schemes)
    authorities = b"".join(vector(one, 2) for one in found.authorities)
    return vector(bytes(found.certificate_types), 1) + vector(schemes, 2) + vector(authorities, 2)


def _ticket(found: NewSessionTicket) -> bytes:
    if any(field.name == "ticket_lifetime_hint" for field in found.fields):
        return number(found.ticket_lifetime, 4) + vector(found.ticket, 2)
    head = number(found.ticket_lifetime, 4) + number(found.ticket_age_add, 4) + vector(found.ticket_nonce, 1)
    return head + vector(found.ticket, 2) + _extensions(found)


def _client_key_exchange(found: ClientKeyExchange) -> bytes:
    return vector(found.exchange, 1 if found.fields[-1].name == "ecdh_Yc" else 2)


_BODIES: dict[type[Message], Callable[[Any], bytes]] = {
    ClientHello: _client_hello,
    ServerHello: _server_hello,
    EncryptedExtensions: _extensions,
    CertificateRequest: _certificate_request,
    Certificate: _certificate,
    CertificateVerify: lambda found: number(found.algorithm, 2) + vector(found.signature, 2),
    Finished: lambda found: found.verify_data,
    NewSessionTicket: _ticket,
    KeyUpdate: lambda found: number(found.request_update, 1),
    ServerKeyExchange: lambda found: found.params + number(found.algorithm, 2) + vector(found.signature, 2),
    ClientKeyExchange: _client_key_exchange,
    CertificateStatus: lambda found: b"\x01" + vector(found.response, 3),
    Empty: lambda found: b"",
    Unknown: lambda found: found.body,
}
