"""How is a record sealed and opened, and which algorithms does a cipher suite name?

Sections: RFC 9846 5.2, 5.3 (records of TLS 1.3), B.4 (suites); RFC 5246 6.2.3.3 and RFC 5288 3, RFC 7905 2 (TLS 1.2).
Leaves out: suites without AEAD (CBC, RC4); their records stay closed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESCCM, AESGCM, ChaCha20Poly1305

from ..check import TlslearnError
from ..wire import Record
from ..wire.names import CIPHER_SUITES
from .schedule import expand_label, prf

APPLICATION_DATA = 23


class Aead(Protocol):
    """What the AEADs of cryptography have in common."""

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None, /) -> bytes: ...
    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None, /) -> bytes: ...


@dataclass(frozen=True)
class Suite:
    """A cipher suite with AEAD: the hash of its key derivation, the length of its key, and the AEAD of a key."""

    name: str
    hash_name: str
    key_length: int
    aead: Callable[[bytes], Aead]
    explicit_nonce: int = 0  # bytes of the nonce that travel, in TLS 1.2 with GCM and CCM


def suite_of(number: int) -> Suite | None:
    """From the suite's name in the registry; None for one without AEAD, or unknown."""
    name = CIPHER_SUITES.get(number, "")
    hash_name = "sha384" if name.endswith("SHA384") else "sha256"
    is_1_3 = "_WITH_" not in name
    explicit = 0 if is_1_3 or "CHACHA20" in name else 8
    if "_GCM_" in name:
        return Suite(name, hash_name, 32 if "AES_256" in name else 16, AESGCM, explicit)
    if "_CCM" in name:
        tag = 8 if "_CCM_8" in name else 16
        return Suite(name, hash_name, 32 if "AES_256" in name else 16, lambda key: AESCCM(key, tag), explicit)
    if "CHACHA20" in name:
        return Suite(name, hash_name, 32, ChaCha20Poly1305)
    return None


class NotOpened(TlslearnError):
    """A protected record whose tag does not fit: another key, another place in the order, or changed bytes."""


@dataclass
class Protection:
    """One direction's key and its count of records; opens or seals one record after the other.

    Source: RFC 9846 5.2, 5.3.
    """

    suite: Suite
    key: bytes
    iv: bytes
    sequence: int = 0

    def __post_init__(self) -> None:
        self._aead = self.suite.aead(self.key)

    @property
    def nonce(self) -> bytes:
        """The IV, with the number of the record mixed in: each nonce is used once. Source: RFC 9846 5.3."""
        count = self.sequence.to_bytes(len(self.iv), "big")
        return bytes(a ^ b for a, b in zip(self.iv, count, strict=True))

    def open(self, record: Record) -> tuple[int, bytes]:
        """Content type and content; the zeros of padding are taken off. Type 0: there was nothing else (RFC 9846 5.4).

        Raises NotOpened.
        """
        inner = self._decrypt(self.nonce, record.fragment, record.header, record)
        self.sequence += 1
        content = inner.rstrip(b"\0")
        return (content[-1], content[:-1]) if content else (0, b"")

    def seal(self, content_type: int, content: bytes) -> bytes:
        """A whole record that protects this content. Source: RFC 9846 5.2."""
        length = len(content) + 1 + 16
        header = bytes([APPLICATION_DATA]) + b"\x03\x03" + length.to_bytes(2, "big")
        sealed = self._aead.encrypt(self.nonce, content + bytes([content_type]), header)
        self.sequence += 1
        return header + sealed

    def open_1_2(self, record: Record) -> tuple[int, bytes]:
        """The same in TLS 1.2: the type stands in the header, and part of the nonce in front. Source: RFC 5288 3."""
        explicit = self.suite.explicit_nonce
        nonce = self.iv + record.fragment[:explicit] if explicit else self.nonce
        tag = 8 if self.suite.name.endswith("_CCM_8") else 16
        length = len(record.fragment) - explicit - tag
        if length < 0:
            raise NotOpened("a record too short for its tag", value=record, fix="See whether it is whole.")
        about = self.sequence.to_bytes(8, "big") + record.header[:3] + length.to_bytes(2, "big")
        content = self._decrypt(nonce, record.fragment[explicit:], about, record)
        self.sequence += 1
        return record.content_type, content

    def _decrypt(self, nonce: bytes, sealed: bytes, about: bytes, record: Record) -> bytes:
        try:
            return self._aead.decrypt(nonce, sealed, about)
        except (InvalidTag, ValueError) as error:  # ValueError: shorter than a tag
            fix = "Is it the key log of this connection, and is no record missing before it?"
            raise NotOpened(f"record {self.sequence} does not open", value=record, fix=fix) from error


def of_traffic_secret(suite: Suite, secret: bytes) -> Protection:
    """Source: RFC 9846 7.3."""
    key = expand_label(secret, "key", b"", suite.key_length, suite.hash_name)
    return Protection(suite, key, expand_label(secret, "iv", b"", 12, suite.hash_name))


def of_main_secret(suite: Suite, secret: bytes, client_random: bytes, server_random: bytes) -> dict[str, Protection]:
    """Both directions of TLS 1.2. Source: RFC 5246 6.3."""
    iv = 12 - suite.explicit_nonce
    block = prf(secret, b"key expansion", server_random + client_random, 2 * (suite.key_length + iv), suite.hash_name)
    parts, at = [], 0
    for length in (suite.key_length, suite.key_length, iv, iv):
        parts.append(block[at : at + length])
        at += length
    return {"client": Protection(suite, parts[0], parts[2]), "server": Protection(suite, parts[1], parts[3])}
