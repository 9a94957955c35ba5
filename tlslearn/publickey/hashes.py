"""Which hash functions may stand in a signature, and how does a PKCS#1 v1.5 signature name them?

Sections: RFC 8017 9.2 (DigestInfo) and B.1; the SHA-3 identifiers are from NIST's Computer Security Objects Register.
Leaves out: the hash functions themselves, which hashlib computes, and MD5, broken for signatures since 2004.
For learning only: SHA-1 is here to read old test vectors; no new signature should use it.
"""

from __future__ import annotations

import hashlib

from .errors import require_bytes, require_name

_NIST_HASHES = bytes.fromhex("6086480165030402")  # 2.16.840.1.101.3.4.2, then one number for the hash

OBJECT_IDENTIFIERS: dict[str, bytes] = {"sha1": bytes.fromhex("2b0e03021a")} | {
    name: _NIST_HASHES + bytes([number])
    for number, name in enumerate(
        ("sha256", "sha384", "sha512", "sha224", "sha512_224", "sha512_256",
         "sha3_224", "sha3_256", "sha3_384", "sha3_512"), start=1
    )
}  # fmt: skip


def require_hash(name: str) -> None:
    """Raise BadInput unless the name is one of OBJECT_IDENTIFIERS and this Python's hashlib has it."""
    known = sorted(set(OBJECT_IDENTIFIERS) & hashlib.algorithms_available)
    require_name("no such hash function", name, known, f"Use one of {', '.join(known)}.")


def digest(name: str, message: bytes) -> bytes:
    """The hash of the message, as bytes; digest_size(name) of them."""
    require_hash(name)
    require_bytes("the message", message)
    return hashlib.new(name, message).digest()


def digest_size(name: str) -> int:
    """The length of a hash in bytes."""
    require_hash(name)
    return hashlib.new(name).digest_size


def digest_info(name: str, message: bytes) -> bytes:
    """The DER bytes of DigestInfo: which hash function, and its value. RFC 8017 9.2, step 2.

    Every length is below 128, so each is one byte.
    """
    value, identifier = digest(name, message), OBJECT_IDENTIFIERS[name]
    algorithm = bytes([0x06, len(identifier)]) + identifier + b"\x05\x00"  # OBJECT IDENTIFIER, then NULL
    content = bytes([0x30, len(algorithm)]) + algorithm + bytes([0x04, len(value)]) + value
    return bytes([0x30, len(content)]) + content
