"""What does an extension say, in the message in which it stands?

Sections: RFC 9846 4.3; RFC 6066 3 (server_name), 8 (status_request); RFC 7301 3.1 (ALPN); RFC 6962 3.3 (SCTs).
Leaves out: reading what is meant for somebody else's key (Encrypted ClientHello) or is not known here: kept as bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from ..check import BadInput
from . import names
from .reading import Reader, named, number, vector

SERVER_NAME, SUPPORTED_GROUPS, SIGNATURE_ALGORITHMS, ALPN = 0, 10, 13, 16
PRE_SHARED_KEY, EARLY_DATA, SUPPORTED_VERSIONS, COOKIE, PSK_MODES, KEY_SHARE = 41, 42, 43, 44, 45, 51


@dataclass(frozen=True)
class Extension:
    """One extension: `data` as it travels, `value` what it says (None where that is not known here)."""

    extension_type: int
    data: bytes
    value: Any = None

    @property
    def name(self) -> str:
        return named(names.EXTENSIONS, self.extension_type)

    @property
    def raw(self) -> bytes:
        return number(self.extension_type, 2) + vector(self.data, 2)


@dataclass(frozen=True)
class KeyShare:
    """A public value of one side. Source: RFC 9846 4.3.8."""

    group: int
    key_exchange: bytes

    @property
    def raw(self) -> bytes:
        return number(self.group, 2) + vector(self.key_exchange, 2)

    def __repr__(self) -> str:
        return f"<KeyShare {named(names.GROUPS, self.group)}, {len(self.key_exchange)} bytes>"


@dataclass(frozen=True)
class PskIdentity:
    """A ticket that a client offers. Source: RFC 9846 4.3.11."""

    identity: bytes
    obfuscated_ticket_age: int


@dataclass(frozen=True)
class OfferedPsks:
    """The tickets that a client offers, and for each a MAC under its key. Source: RFC 9846 4.3.11."""

    identities: tuple[PskIdentity, ...]
    binders: tuple[bytes, ...]


def read(reader: Reader, message: str, *, retry: bool = False) -> tuple[Extension, ...]:
    """The list of extensions at the reader; what they say depends on the `message`, by its RFC name."""
    found: list[Extension] = []
    with reader.vector(2, "extensions") as inner:
        while inner.left:
            with inner.struct("extension") as one:
                found.append(_one(one, message, retry))
    return tuple(found)


def _one(reader: Reader, message: str, retry: bool) -> Extension:
    kind = reader.number(2, "extension_type", names.EXTENSIONS)
    begin = reader.at + 2
    with reader.vector(2, "extension_data") as inside:
        end = inside.end
        parse = _PARSERS.get(kind)
        value = None if parse is None else parse(inside, message, retry)
        if inside.left and value is None:  # not known here, or in a form that is not known in this message
            inside.rest(named(names.EXTENSIONS, kind))
    return Extension(kind, reader.data[begin:end], value)


Parser = Callable[[Reader, str, bool], Any]


def _server_name(reader: Reader, message: str, retry: bool) -> list[str] | None:
    """RFC 6066 3: the server answers with an empty one."""
    if not reader.left:
        return []
    found = []
    with reader.vector(2, "server_name_list", least=1) as entries:
        while entries.left:
            entries.number(1, "name_type", names.NAME_TYPES)
            # ASCII by RFC 6066 3; what is not is shown, and not lost: the bytes stay in the extension
            found.append(entries.opaque(2, "host_name", least=1).decode("ascii", "backslashreplace"))
    return found


def _groups(reader: Reader, message: str, retry: bool) -> tuple[int, ...]:
    return reader.numbers(2, 2, "named_groups", names.GROUPS)


def _schemes(reader: Reader, message: str, retry: bool) -> tuple[int, ...]:
    return reader.numbers(2, 2, "supported_signature_algorithms", names.SIGNATURE_SCHEMES)


def _alpn(reader: Reader, message: str, retry: bool) -> tuple[bytes, ...]:
    found = []
    with reader.vector(2, "protocol_name_list", least=2) as entries:
        while entries.left:
            found.append(entries.opaque(1, "protocol_name", least=1))
    return tuple(found)


def _versions(reader: Reader, message: str, retry: bool) -> tuple[int, ...] | int:
    if message == "client_hello":
        return reader.numbers(1, 2, "versions", names.VERSIONS)
    return reader.number(2, "selected_version", names.VERSIONS)


def _key_share(reader: Reader, message: str, retry: bool) -> tuple[KeyShare, ...] | KeyShare | int:
    """RFC 9846 4.3.8: a list from the client, one from the server, and a group alone in a HelloRetryRequest."""
    if retry:
        return reader.number(2, "selected_group", names.GROUPS)
    if message != "client_hello":
        return _share(reader)
    found = []
    with reader.vector(2, "client_shares") as shares:
        while shares.left:
            with shares.struct("KeyShareEntry") as entry:
                found.append(_share(entry))
    return tuple(found)


def _share(reader: Reader) -> KeyShare:
    return KeyShare(reader.number(2, "group", names.GROUPS), reader.opaque(2, "key_exchange", least=1))


def _psk_modes(reader: Reader, message: str, retry: bool) -> tuple[int, ...]:
    return reader.numbers(1, 1, "ke_modes", names.PSK_MODES)


def _pre_shared_key(reader: Reader, message: str, retry: bool) -> OfferedPsks | int:
    if message != "client_hello":
        return reader.number(2, "selected_identity")
    identities, binders = [], []
    with reader.vector(2, "identities", least=7) as entries:
        while entries.left:
            with entries.struct("PskIdentity") as entry:
                identities.append(
                    PskIdentity(entry.opaque(2, "identity", least=1), entry.number(4, "obfuscated_ticket_age"))
                )
    with reader.vector(2, "binders", least=33) as entries:
        while entries.left:
            binders.append(entries.opaque(1, "PskBinderEntry", least=32))
    return OfferedPsks(tuple(identities), tuple(binders))


def _early_data(reader: Reader, message: str, retry: bool) -> int | None:
    return reader.number(4, "max_early_data_size") if message == "new_session_ticket" else None


def _cookie(reader: Reader, message: str, retry: bool) -> bytes:
    return reader.opaque(2, "cookie", least=1)


def _status(reader: Reader, message: str, retry: bool) -> bytes | int | None:
    """RFC 6066 8: asked for in a ClientHello, answered in the entry of a certificate (RFC 9846 4.5.1.1)."""
    if not reader.left:
        return None
    kind = reader.number(1, "status_type", names.STATUS_TYPES)
    if message == "certificate":
        return reader.opaque(3, "OCSPResponse", least=1)
    if kind == 1:
        reader.opaque(2, "responder_id_list")
        reader.opaque(2, "request_extensions")
    else:
        reader.rest("unknown")
    return kind


def _scts(reader: Reader, message: str, retry: bool) -> tuple[bytes, ...]:
    found = []
    if reader.left:
        with reader.vector(2, "sct_list") as entries:
            while entries.left:
                found.append(entries.opaque(2, "SerializedSCT", least=1))
    return tuple(found)


def _authorities(reader: Reader, message: str, retry: bool) -> tuple[bytes, ...]:
    found = []
    with reader.vector(2, "authorities") as entries:
        while entries.left:
            found.append(entries.opaque(2, "DistinguishedName", least=1))
    return tuple(found)


_PARSERS: dict[int, Parser] = {
    SERVER_NAME: _server_name,
    1: lambda reader, message, retry: reader.number(1, "max_fragment_length"),
    5: _status,
    SUPPORTED_GROUPS: _groups,
    11: lambda reader, message, retry: reader.numbers(1, 1, "ec_point_formats", names.POINT_FORMATS),
    SIGNATURE_ALGORITHMS: _schemes,
    ALPN: _alpn,
    18: _scts,
    27: lambda reader, message, retry: reader.numbers(1, 2, "algorithms", names.COMPRESSIONS),
    28: lambda reader, message, retry: reader.number(2, "record_size_limit"),
    34: _schemes,
    PRE_SHARED_KEY: _pre_shared_key,
    EARLY_DATA: _early_data,
    SUPPORTED_VERSIONS: _versions,
    COOKIE: _cookie,
    PSK_MODES: _psk_modes,
    47: _authorities,
    50: _schemes,
    KEY_SHARE: _key_share,
    65281: lambda reader, message, retry: reader.opaque(1, "renegotiated_connection"),
}


# The push side, for whoever writes a ClientHello.


def server_name(host: str) -> Extension:
    """RFC 6066 3. Raises BadInput for a name outside ASCII."""
    if not host.isascii() or not host:
        raise BadInput("not a host name in ASCII", value=host, fix="Give its A-label form, which starts with xn--.")
    return Extension(SERVER_NAME, vector(b"\0" + vector(host.encode(), 2), 2), [host])


def supported_groups(groups: Iterable[int]) -> Extension:
    listed = tuple(groups)
    return Extension(SUPPORTED_GROUPS, vector(_numbers(listed), 2), listed)


def signature_algorithms(schemes: Iterable[int]) -> Extension:
    listed = tuple(schemes)
    return Extension(SIGNATURE_ALGORITHMS, vector(_numbers(listed), 2), listed)


def alpn(protocols: Iterable[bytes]) -> Extension:
    listed = tuple(protocols)
    return Extension(ALPN, vector(b"".join(vector(one, 1) for one in listed), 2), listed)


def supported_versions(versions: Iterable[int]) -> Extension:
    listed = tuple(versions)
    return Extension(SUPPORTED_VERSIONS, vector(_numbers(listed), 1), listed)


def key_share(shares: Iterable[KeyShare]) -> Extension:
    listed = tuple(shares)
    return Extension(KEY_SHARE, vector(b"".join(share.raw for share in listed), 2), listed)


def cookie(value: bytes) -> Extension:
    return Extension(COOKIE, vector(value, 2), value)


def _numbers(values: Iterable[int]) -> bytes:
    return b"".join(number(value, 2) for value in values)
