"""How do a few shared bytes become every key of a connection?

Sections: RFC 9846 7.1 (key schedule), 7.2, 7.3 (traffic keys), 4.5.3 (Finished); RFC 5869 2 (HKDF); RFC 5246 5, 6.3,
7.4.9 (TLS 1.2); RFC 9850 (key log).
Leaves out: agreeing on the shared bytes; see `client`. Written to be read: not constant-time.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass, field

from ..check import BadInput
from ..wire.reading import number, vector


def extract(salt: bytes, secret: bytes, name: str) -> bytes:
    """HKDF-Extract: `secret` concentrated into one block of the hash `name`. Source: RFC 5869 2.2."""
    return hmac.digest(salt or bytes(hashlib.new(name).digest_size), secret, name)


def expand(secret: bytes, info: bytes, length: int, name: str) -> bytes:
    """HKDF-Expand: as many bytes as wanted, block by block. Source: RFC 5869 2.3."""
    if length > 255 * hashlib.new(name).digest_size:
        raise BadInput("too long for HKDF", value=length, fix="255 blocks of the hash are the most.")
    block, out = b"", b""
    for counter in range(1, 256):
        if len(out) >= length:
            break
        block = hmac.digest(secret, block + info + bytes([counter]), name)
        out += block
    return out[:length]


def expand_label(secret: bytes, label: str, context: bytes, length: int, name: str) -> bytes:
    """HKDF-Expand-Label: what a key is for is part of how it is made. Source: RFC 9846 7.1."""
    info = number(length, 2) + vector(b"tls13 " + label.encode(), 1) + vector(context, 1)
    return expand(secret, info, length, name)


def derive_secret(secret: bytes, label: str, transcript_hash: bytes, name: str) -> bytes:
    """Derive-Secret, from the hash of the messages so far. Source: RFC 9846 7.1."""
    return expand_label(secret, label, transcript_hash, len(transcript_hash), name)


@dataclass(frozen=True)
class Branch:
    """A secret that Derive-Secret makes: its `label`, its name in a key log ("" where it has none), and the last
    message of the transcript that goes into it ("" for none)."""

    label: str
    logged: str
    last: str


# RFC 9846 7.1, from above: each stage of the tree, what is extracted into it, and what is derived from it.
STAGES: dict[str, tuple[str, tuple[Branch, ...]]] = {
    "early": ("psk", ()),
    "handshake": (
        "shared",
        (
            Branch("c hs traffic", "CLIENT_HANDSHAKE_TRAFFIC_SECRET", "ServerHello"),
            Branch("s hs traffic", "SERVER_HANDSHAKE_TRAFFIC_SECRET", "ServerHello"),
        ),
    ),
    "main": (
        "",
        (
            Branch("c ap traffic", "CLIENT_TRAFFIC_SECRET_0", "server Finished"),
            Branch("s ap traffic", "SERVER_TRAFFIC_SECRET_0", "server Finished"),
            Branch("exp master", "EXPORTER_SECRET", "server Finished"),
            Branch("res master", "", "client Finished"),
        ),
    ),
}


@dataclass
class Schedule:
    """The tree of secrets of TLS 1.3: `shared` is the result of the key exchange, `psk` that of a ticket.

    Source: RFC 9846 7.1.
    """

    hash_name: str
    shared: bytes
    psk: bytes = b""
    early: bytes = field(init=False)
    handshake: bytes = field(init=False)
    main: bytes = field(init=False)

    def __post_init__(self) -> None:
        nothing = hashlib.new(self.hash_name).digest()  # Hash of no message at all
        zeros = bytes(len(nothing))
        self.early = extract(zeros, self.psk or zeros, self.hash_name)
        salt = derive_secret(self.early, "derived", nothing, self.hash_name)
        self.handshake = extract(salt, self.shared, self.hash_name)
        salt = derive_secret(self.handshake, "derived", nothing, self.hash_name)
        self.main = extract(salt, zeros, self.hash_name)

    def derive(self, stage: str, label: str, transcript_hash: bytes) -> bytes:
        """The secret of a branch, such as "c hs traffic" of the stage "handshake"."""
        return derive_secret(getattr(self, stage), label, transcript_hash, self.hash_name)

    def handshake_traffic(self, transcript_hash: bytes) -> tuple[bytes, bytes]:
        """Client's and server's secret, from the hash of ClientHello … ServerHello."""
        return self._traffic("handshake", transcript_hash)

    def application_traffic(self, transcript_hash: bytes) -> tuple[bytes, bytes]:
        """Client's and server's secret, from the hash of ClientHello … server Finished."""
        return self._traffic("main", transcript_hash)

    def _traffic(self, stage: str, transcript_hash: bytes) -> tuple[bytes, bytes]:
        client, server = (self.derive(stage, branch.label, transcript_hash) for branch in STAGES[stage][1][:2])
        return client, server


def next_traffic_secret(secret: bytes, name: str) -> bytes:
    """After a KeyUpdate. Source: RFC 9846 7.2."""
    return expand_label(secret, "traffic upd", b"", len(secret), name)


def finished(traffic_secret: bytes, transcript_hash: bytes, name: str) -> bytes:
    """verify_data of TLS 1.3: a MAC over all messages so far. Source: RFC 9846 4.5.3."""
    key = expand_label(traffic_secret, "finished", b"", len(traffic_secret), name)
    return hmac.digest(key, transcript_hash, name)


def prf(secret: bytes, label: bytes, seed: bytes, length: int, name: str) -> bytes:
    """The pseudorandom function of TLS 1.2. Source: RFC 5246 5."""
    out, block = b"", label + seed
    while len(out) < length:
        block = hmac.digest(secret, block, name)
        out += hmac.digest(secret, block + label + seed, name)
    return out[:length]


def finished_1_2(main_secret: bytes, sender: str, transcript_hash: bytes, name: str) -> bytes:
    """verify_data of TLS 1.2, 12 bytes. Source: RFC 5246 7.4.9."""
    return prf(main_secret, f"{sender} finished".encode(), transcript_hash, 12, name)


KeyLog = dict[tuple[str, bytes], bytes]  # label and client random to secret


def key_log(text: str) -> KeyLog:
    """The lines of a key log file; what is no line of one is passed over. Source: RFC 9850 2."""
    found: KeyLog = {}
    for line in text.splitlines():
        label, *rest = line.split() if line.strip() and not line.startswith("#") else [""]
        try:
            random, secret = (bytes.fromhex(part) for part in rest)
        except ValueError:
            continue
        found[label, random] = secret
    return found


def transcript_hash(messages: Iterable[bytes], name: str) -> bytes:
    """Hash of the messages in a row, headers included. Source: RFC 9846 4.1."""
    return hashlib.new(name, b"".join(messages)).digest()


def message_hash(client_hello: bytes, name: str) -> bytes:
    """What stands for the first ClientHello in the transcript after a HelloRetryRequest. Source: RFC 9846 4.1."""
    return b"\xfe\0\0" + vector(hashlib.new(name, client_hello).digest(), 1)
