"""Which handshake messages stand in these bytes, and what does each field of them say?

Sections: RFC 9846 4 (TLS 1.3); RFC 5246 7.4 and RFC 8422 5 (TLS 1.2).
Leaves out: whether a message may stand where it stands, and whether it is true; see `handshake`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from . import extensions, names
from .extensions import Extension
from .reading import Field, Reader, named

TLS_1_2, TLS_1_3 = 0x0303, 0x0304

# RFC 9846 4.2.3: SHA-256 of "HelloRetryRequest" stands where a ServerHello has random bytes.
RETRY_RANDOM = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")
# The same section: the last eight random bytes of a server that could do 1.3 and agrees to less.
DOWNGRADE_TO_1_2, DOWNGRADE_BELOW = b"DOWNGRD\x01", b"DOWNGRD\x00"


@dataclass(frozen=True, kw_only=True)
class Message:
    """A handshake message: `raw` with its header of four bytes, `start` its place, `fields` each byte of it."""

    type: int
    raw: bytes
    start: int = 0
    fields: tuple[Field, ...] = ()

    @property
    def name(self) -> str:
        return named(names.HANDSHAKE_TYPES, self.type)

    @property
    def title(self) -> str:
        """As the RFCs write it in their text: ClientHello, EncryptedExtensions."""
        return "".join(part.capitalize() for part in self.name.split("_"))

    @property
    def end(self) -> int:
        return self.start + len(self.raw)

    def extension(self, kind: int) -> Any:
        """What the extension of that number says; None where it is absent or not known here."""
        return next((one.value for one in getattr(self, "extensions", ()) if one.extension_type == kind), None)

    def __repr__(self) -> str:
        return f"<{self.title}, {len(self.raw)} bytes at {self.start}>"


@dataclass(frozen=True, kw_only=True, repr=False)
class Unknown(Message):
    """A message that is not read here; its bytes are kept."""

    body: bytes


@dataclass(frozen=True, kw_only=True, repr=False)
class ClientHello(Message):
    """Source: RFC 9846 4.2.2."""

    legacy_version: int
    random: bytes
    legacy_session_id: bytes
    cipher_suites: tuple[int, ...]
    legacy_compression_methods: bytes
    extensions: tuple[Extension, ...]


@dataclass(frozen=True, kw_only=True, repr=False)
class ServerHello(Message):
    """Source: RFC 9846 4.2.3; with RETRY_RANDOM it is a HelloRetryRequest (4.2.4)."""

    legacy_version: int
    random: bytes
    legacy_session_id_echo: bytes
    cipher_suite: int
    legacy_compression_method: int
    extensions: tuple[Extension, ...]

    @property
    def is_retry(self) -> bool:
        return self.random == RETRY_RANDOM

    @property
    def title(self) -> str:
        return "HelloRetryRequest" if self.is_retry else "ServerHello"

    @property
    def version(self) -> int:
        """The version agreed to: in TLS 1.3 by an extension, before by its own field."""
        selected = self.extension(extensions.SUPPORTED_VERSIONS)
        return self.legacy_version if selected is None else int(selected)


@dataclass(frozen=True, kw_only=True, repr=False)
class EncryptedExtensions(Message):
    """Source: RFC 9846 4.4.1."""

    extensions: tuple[Extension, ...]


@dataclass(frozen=True, kw_only=True, repr=False)
class CertificateRequest(Message):
    """Source: RFC 9846 4.4.2; of TLS 1.2, RFC 5246 7.4.4: `schemes` and `authorities` stand outside of extensions."""

    certificate_request_context: bytes = b""
    certificate_types: tuple[int, ...] = ()
    schemes: tuple[int, ...]
    authorities: tuple[bytes, ...] = ()
    extensions: tuple[Extension, ...] = ()


@dataclass(frozen=True)
class CertificateEntry:
    """A certificate, DER, and what was sent with it. Source: RFC 9846 4.5.1."""

    cert_data: bytes
    extensions: tuple[Extension, ...] = ()


@dataclass(frozen=True, kw_only=True, repr=False)
class Certificate(Message):
    """Source: RFC 9846 4.5.1; of TLS 1.2, RFC 5246 7.4.2, without context and extensions."""

    certificate_request_context: bytes = b""
    certificate_list: tuple[CertificateEntry, ...]


@dataclass(frozen=True, kw_only=True, repr=False)
class CertificateVerify(Message):
    """Source: RFC 9846 4.5.2; RFC 5246 7.4.8."""

    algorithm: int
    signature: bytes


@dataclass(frozen=True, kw_only=True, repr=False)
class Finished(Message):
    """Source: RFC 9846 4.5.3; RFC 5246 7.4.9."""

    verify_data: bytes


@dataclass(frozen=True, kw_only=True, repr=False)
class NewSessionTicket(Message):
    """Source: RFC 9846 4.7.1; of TLS 1.2, RFC 5077 3.3, with lifetime and ticket alone."""

    ticket_lifetime: int
    ticket_age_add: int = 0
    ticket_nonce: bytes = b""
    ticket: bytes
    extensions: tuple[Extension, ...] = ()


@dataclass(frozen=True, kw_only=True, repr=False)
class KeyUpdate(Message):
    """Source: RFC 9846 4.7.3."""

    request_update: int


@dataclass(frozen=True, kw_only=True, repr=False)
class ServerKeyExchange(Message):
    """TLS 1.2 with (EC)DHE: `params` is what was signed, `public` the server's share. Source: RFC 8422 5.4, RFC 5246
    7.4.3."""

    params: bytes
    group: int | None
    public: bytes
    algorithm: int
    signature: bytes


@dataclass(frozen=True, kw_only=True, repr=False)
class ClientKeyExchange(Message):
    """TLS 1.2: the client's share, or with RSA key transport the encrypted premaster secret. Source: RFC 8422 5.7."""

    exchange: bytes


@dataclass(frozen=True, kw_only=True, repr=False)
class Empty(Message):
    """hello_request, server_hello_done, end_of_early_data: the type says all."""


@dataclass(frozen=True, kw_only=True, repr=False)
class CertificateStatus(Message):
    """TLS 1.2: a stapled OCSP response. Source: RFC 6066 8."""

    response: bytes


@dataclass(frozen=True)
class Spoken:
    """What the messages before have settled, and how the next is therefore read."""

    version: int | None = None
    cipher_suite: int | None = None

    @property
    def is_1_2(self) -> bool:
        return self.version is not None and self.version < TLS_1_3

    @property
    def suite_name(self) -> str:
        return named(names.CIPHER_SUITES, self.cipher_suite or 0)


def messages(data: bytes, *, version: int | None = None, cipher_suite: int | None = None) -> list[Message]:
    """The handshake messages in the joined fragments of one direction.

    `version` and `cipher_suite` are what was agreed to before these bytes; a ServerHello among them settles both.
    Raises Malformed with the offset. Source: RFC 9846 4.
    """
    spoken = Spoken(version, cipher_suite)
    found: list[Message] = []
    at = 0
    while at < len(data):
        found.append(message(data, at, spoken))
        at = found[-1].end
        last = found[-1]
        if isinstance(last, ServerHello):
            spoken = Spoken(last.version, last.cipher_suite)
    return found


def whole(data: bytes) -> int:
    """How many of the bytes are complete messages; the rest waits for more."""
    at = 0
    while len(data) - at >= 4:
        end = at + 4 + int.from_bytes(data[at + 1 : at + 4], "big")
        if end > len(data):
            break
        at = end
    return at


def message(data: bytes, at: int = 0, spoken: Spoken | None = None) -> Message:
    """The message that begins at `at`. Raises Malformed."""
    spoken = spoken or Spoken()
    reader = Reader(data, at, len(data), "a handshake message")
    kind = reader.number(1, "msg_type", names.HANDSHAKE_TYPES)
    reader.what = named(names.HANDSHAKE_TYPES, kind)
    length = reader.number(3, "length")
    if length > reader.left:
        raise reader.fail(f"{length} bytes of {reader.what}", str(reader.left))
    reader.end = reader.at + length
    build, values = _body(reader, kind, spoken)
    reader.finish(reader.what)
    raw = data[at : reader.end]
    return build(type=kind, raw=raw, start=at, fields=tuple(reader.fields), **values)


Body = tuple[type[Message], dict[str, Any]]


def _body(reader: Reader, kind: int, spoken: Spoken) -> Body:
    parse = (_OF_1_2 if spoken.is_1_2 else _OF_1_3).get(kind) or _OF_BOTH.get(kind)
    if parse is None:
        return Unknown, {"body": reader.rest("unknown")}
    return parse(reader, spoken)


def _client_hello(reader: Reader, spoken: Spoken) -> Body:
    return ClientHello, {
        "legacy_version": reader.number(2, "legacy_version", names.VERSIONS),
        "random": reader.take(32, "random"),
        "legacy_session_id": reader.opaque(1, "legacy_session_id"),
        "cipher_suites": reader.numbers(2, 2, "cipher_suites", names.CIPHER_SUITES),
        "legacy_compression_methods": reader.opaque(1, "legacy_compression_methods", least=1),
        # TLS 1.2 lets them out altogether (RFC 5246 7.4.1.2)
        "extensions": extensions.read(reader, "client_hello") if reader.left else (),
    }


def _server_hello(reader: Reader, spoken: Spoken) -> Body:
    version = reader.number(2, "legacy_version", names.VERSIONS)
    random = reader.take(32, "random")
    retry = random == RETRY_RANDOM
    return ServerHello, {
        "legacy_version": version,
        "random": random,
        "legacy_session_id_echo": reader.opaque(1, "legacy_session_id_echo"),
        "cipher_suite": reader.number(2, "cipher_suite", names.CIPHER_SUITES),
        "legacy_compression_method": reader.number(1, "legacy_compression_method"),
        "extensions": extensions.read(reader, "server_hello", retry=retry) if reader.left else (),
    }


def _encrypted_extensions(reader: Reader, spoken: Spoken) -> Body:
    return EncryptedExtensions, {"extensions": extensions.read(reader, "encrypted_extensions")}


def _certificate_request(reader: Reader, spoken: Spoken) -> Body:
    context = reader.opaque(1, "certificate_request_context")
    found = extensions.read(reader, "certificate_request")
    said = {one.extension_type: one.value for one in found}
    return CertificateRequest, {
        "certificate_request_context": context,
        "schemes": said.get(extensions.SIGNATURE_ALGORITHMS) or (),
        "authorities": said.get(47) or (),
        "extensions": found,
    }


def _certificate_request_1_2(reader: Reader, spoken: Spoken) -> Body:
    types = reader.numbers(1, 1, "certificate_types", names.CLIENT_CERTIFICATE_TYPES)
    schemes = reader.numbers(2, 2, "supported_signature_algorithms", names.SIGNATURE_SCHEMES)
    authorities = []
    with reader.vector(2, "certificate_authorities") as entries:
        while entries.left:
            authorities.append(entries.opaque(2, "DistinguishedName", least=1))
    return CertificateRequest, {"certificate_types": types, "schemes": schemes, "authorities": tuple(authorities)}


def _certificate(reader: Reader, spoken: Spoken) -> Body:
    context = b"" if spoken.is_1_2 else reader.opaque(1, "certificate_request_context")
    found = []
    with reader.vector(3, "certificate_list") as entries:
        while entries.left:
            with entries.struct("CertificateEntry") as entry:
                data = entry.opaque(3, "cert_data", least=1)
                found.append(CertificateEntry(data, () if spoken.is_1_2 else extensions.read(entry, "certificate")))
    return Certificate, {"certificate_request_context": context, "certificate_list": tuple(found)}


def _certificate_verify(reader: Reader, spoken: Spoken) -> Body:
    return CertificateVerify, {
        "algorithm": reader.number(2, "algorithm", names.SIGNATURE_SCHEMES),
        "signature": reader.opaque(2, "signature"),
    }


def _finished(reader: Reader, spoken: Spoken) -> Body:
    return Finished, {"verify_data": reader.rest("verify_data")}


def _ticket(reader: Reader, spoken: Spoken) -> Body:
    return NewSessionTicket, {
        "ticket_lifetime": reader.number(4, "ticket_lifetime"),
        "ticket_age_add": reader.number(4, "ticket_age_add"),
        "ticket_nonce": reader.opaque(1, "ticket_nonce"),
        "ticket": reader.opaque(2, "ticket", least=1),
        "extensions": extensions.read(reader, "new_session_ticket"),
    }


def _ticket_1_2(reader: Reader, spoken: Spoken) -> Body:
    return NewSessionTicket, {
        "ticket_lifetime": reader.number(4, "ticket_lifetime_hint"),
        "ticket": reader.opaque(2, "ticket"),
    }


def _key_update(reader: Reader, spoken: Spoken) -> Body:
    return KeyUpdate, {"request_update": reader.number(1, "request_update", names.KEY_UPDATES)}


def _server_key_exchange(reader: Reader, spoken: Spoken) -> Body:
    suite, begin = spoken.suite_name, reader.at
    if "_ECDHE_" in suite:
        curve_type = reader.number(1, "curve_type", names.CURVE_TYPES)
        if curve_type != 3:  # RFC 8422 5.4: named curves alone
            raise reader.fail("named_curve (3)", str(curve_type), begin)
        group: int | None = reader.number(2, "namedcurve", names.GROUPS)
        public = reader.opaque(1, "public", least=1)
    elif "_DHE_" in suite:
        reader.opaque(2, "dh_p", least=1)
        reader.opaque(2, "dh_g", least=1)
        group, public = None, reader.opaque(2, "dh_Ys", least=1)
    else:
        return Unknown, {"body": reader.rest("unknown")}
    params = reader.data[begin : reader.at]
    algorithm = reader.number(2, "algorithm", names.SIGNATURE_SCHEMES)
    signature = reader.opaque(2, "signature")
    return ServerKeyExchange, {
        "params": params,
        "group": group,
        "public": public,
        "algorithm": algorithm,
        "signature": signature,
    }


def _client_key_exchange(reader: Reader, spoken: Spoken) -> Body:
    suite = spoken.suite_name
    if "_ECDHE_" in suite:
        return ClientKeyExchange, {"exchange": reader.opaque(1, "ecdh_Yc", least=1)}
    if "_DHE_" in suite or "_RSA_" in suite:
        name = "dh_Yc" if "_DHE_" in suite else "EncryptedPreMasterSecret"
        return ClientKeyExchange, {"exchange": reader.opaque(2, name, least=1)}
    return Unknown, {"body": reader.rest("unknown")}


def _empty(reader: Reader, spoken: Spoken) -> Body:
    return Empty, {}


def _certificate_status(reader: Reader, spoken: Spoken) -> Body:
    reader.number(1, "status_type", names.STATUS_TYPES)
    return CertificateStatus, {"response": reader.opaque(3, "OCSPResponse")}


Parser = Callable[[Reader, Spoken], Body]
_OF_BOTH: dict[int, Parser] = {
    1: _client_hello,
    2: _server_hello,
    11: _certificate,
    15: _certificate_verify,
    20: _finished,
}
_OF_1_3: dict[int, Parser] = {
    4: _ticket,
    5: _empty,
    8: _encrypted_extensions,
    13: _certificate_request,
    24: _key_update,
}
_OF_1_2: dict[int, Parser] = {
    0: _empty,
    4: _ticket_1_2,
    12: _server_key_exchange,
    13: _certificate_request_1_2,
    14: _empty,
    16: _client_key_exchange,
    22: _certificate_status,
}
