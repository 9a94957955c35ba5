"""How does PSS, the RSA padding of TLS 1.3, randomise a signature and still let anyone check it?

Sections: RFC 8017 8.1, 9.1 and B.2.1.
Leaves out: guessing the salt's length from the signature; TLS fixes it to the length of the hash.
For learning only: not constant-time, so never sign with a real key here.
"""

from __future__ import annotations

from random import Random

from ..check import BadInput
from .errors import InvalidSignature, Number, require, require_bytes
from .hashes import digest, digest_size
from .pkcs1v15 import open_signature
from .primes import SYSTEM_RANDOM
from .rsa import PrivateKey, PublicKey

TRAILER = b"\xbc"  # RFC 8017 9.1.1, step 12


def mgf1(seed: bytes, length: int, hash_name: str) -> bytes:
    """`length` bytes of mask: the hashes of seed and counter, one after the other. RFC 8017 B.2.1."""
    blocks = range(-(-length // digest_size(hash_name)))
    return b"".join(digest(hash_name, seed + i.to_bytes(4, "big")) for i in blocks)[:length]


def _xor(a: bytes, b: bytes) -> bytes:
    return bytes(x ^ y for x, y in zip(a, b, strict=True))


def _clear_top(block: bytes, bits: int) -> bytes:
    """Set all but the lowest `bits` bits to zero, so that the number stays below the modulus."""
    return (int.from_bytes(block, "big") & ((1 << bits) - 1)).to_bytes(len(block), "big")


def _require_room(em_bits: int, hash_name: str, salt_length: int) -> None:
    require("the salt's length", salt_length, 0)
    needed = digest_size(hash_name) + salt_length + 2
    if (em_bits + 7) // 8 < needed:
        raise BadInput(
            f"the modulus is too short for {hash_name} and a salt of {Number(salt_length)!r} bytes",
            value=f"{(em_bits + 7) // 8} bytes",
            fix=f"{Number(needed)!r} bytes are needed; take a longer key or a shorter salt.",
        )


def encode(message: bytes, em_bits: int, salt: bytes, hash_name: str = "sha256", mgf_hash: str | None = None) -> bytes:
    """masked(00…00 01 salt) || H || BC, below 2**em_bits, where H hashes message and salt. RFC 8017 9.1.1."""
    require_bytes("the salt", salt)
    _require_room(em_bits, hash_name, len(salt))
    length = (em_bits + 7) // 8
    h = digest(hash_name, bytes(8) + digest(hash_name, message) + salt)
    block = (b"\x01" + salt).rjust(length - len(h) - 1, b"\x00")
    mask = mgf1(h, len(block), mgf_hash or hash_name)
    return _clear_top(_xor(block, mask), em_bits - 8 * (len(h) + 1)) + h + TRAILER


def recover_salt(encoded: bytes, em_bits: int, salt_length: int, hash_name: str, mgf_hash: str | None = None) -> bytes:
    """Unmask the block and return the salt at its end, checked by no one yet. RFC 8017 9.1.2, steps 5 to 11."""
    h = encoded[-digest_size(hash_name) - 1 : -1]
    masked = encoded[: -len(h) - 1]
    block = _clear_top(_xor(masked, mgf1(h, len(masked), mgf_hash or hash_name)), em_bits - 8 * (len(h) + 1))
    return block[len(block) - salt_length :]


def sign(
    key: PrivateKey,
    message: bytes,
    hash_name: str = "sha256",
    *,
    salt_length: int | None = None,
    salt: bytes | None = None,
    mgf_hash: str | None = None,
    rng: Random = SYSTEM_RANDOM,
) -> bytes:
    """The signature, as long as the modulus. RFC 8017 8.1.1.

    `salt_length` is in bytes, by default that of the hash. `salt` fixes the salt itself, for test vectors.
    """
    if salt is None:
        salt_length = digest_size(hash_name) if salt_length is None else salt_length
        _require_room(key.n.bit_length() - 1, hash_name, salt_length)
        salt = rng.randbytes(salt_length)
    encoded = encode(message, key.n.bit_length() - 1, salt, hash_name, mgf_hash)
    return key.apply(int.from_bytes(encoded, "big")).to_bytes(key.public.size, "big")


def verify(
    key: PublicKey,
    message: bytes,
    signature: bytes,
    hash_name: str = "sha256",
    *,
    salt_length: int | None = None,
    mgf_hash: str | None = None,
) -> None:
    """Raise InvalidSignature unless the signature holds, with a salt of exactly that length. RFC 8017 8.1.2.

    The salt is read out of the signature, the whole block built again from it, and every byte compared: padding,
    leading zeros, hash and trailer cannot be forgotten one by one.
    """
    em_bits, salt_length = key.n.bit_length() - 1, digest_size(hash_name) if salt_length is None else salt_length
    _require_room(em_bits, hash_name, salt_length)
    opened = open_signature(key, signature)
    encoded = opened[-((em_bits + 7) // 8) :]  # one byte shorter than n when em_bits is a multiple of 8
    salt = recover_salt(encoded, em_bits, salt_length, hash_name, mgf_hash)
    if opened != encode(message, em_bits, salt, hash_name, mgf_hash).rjust(key.size, b"\x00"):
        raise InvalidSignature(
            f"the signature does not belong to this message and key, or its salt is not {salt_length} bytes long",
            value=hash_name,
            fix="Check the message byte by byte, the key, the hash function and salt_length.",
        )
