"""How does PKCS#1 v1.5 turn a message into the number that RSA signs or encrypts, and what is checked on the way back?

Sections: RFC 8017 7.2 (encryption), 8.2 and 9.2 (signatures).
Leaves out: BER variants and signatures whose DigestInfo lacks its NULL; both are refused here.
For learning only: not constant-time; a server that decrypts like this has the padding oracle of 1998.
"""

from __future__ import annotations

from random import Random

from ..check import BadInput
from .errors import DecryptionFailed, InvalidSignature, MalformedSignature, require_bytes
from .hashes import digest_info
from .primes import SYSTEM_RANDOM
from .rsa import PrivateKey, PublicKey

SHORTEST_PADDING = 8  # bytes; RFC 8017 7.2.1 and 9.2


def encode(message: bytes, length: int, hash_name: str = "sha256") -> bytes:
    """00 01 FF…FF 00 DigestInfo, `length` bytes in all. Raises BadInput when it does not fit. RFC 8017 9.2."""
    info = digest_info(hash_name, message)
    if length < len(info) + SHORTEST_PADDING + 3:
        raise BadInput(
            f"the modulus is too short for {hash_name}",
            value=f"{length} bytes",
            fix=f"{len(info) + SHORTEST_PADDING + 3} bytes are needed; take a longer key or a shorter hash.",
        )
    return b"\x00\x01" + b"\xff" * (length - len(info) - 3) + b"\x00" + info


def sign(key: PrivateKey, message: bytes, hash_name: str = "sha256") -> bytes:
    """The signature, as long as the modulus. RFC 8017 8.2.1."""
    encoded = encode(message, key.public.size, hash_name)
    return key.apply(int.from_bytes(encoded, "big")).to_bytes(key.public.size, "big")


def open_signature(key: PublicKey, signature: bytes) -> bytes:
    """signature**e mod n as bytes, `key.size` of them. Raises MalformedSignature. RFC 8017 8.2.2, steps 1 and 2."""
    require_bytes("the signature", signature)
    number = int.from_bytes(signature, "big")
    if len(signature) != key.size:
        raise MalformedSignature(
            "the signature has the wrong length", value=f"{len(signature)} bytes", fix=f"This key's have {key.size}."
        )
    if number >= key.n:
        raise MalformedSignature(
            "the signature is not below n", value="n or more", fix="Ask for the original signature."
        )
    return key.apply(number).to_bytes(key.size, "big")


def verify(key: PublicKey, message: bytes, signature: bytes, hash_name: str = "sha256") -> None:
    """Raise InvalidSignature unless the signature holds. RFC 8017 8.2.2.

    The expected bytes are built and all of them compared. A check that reads the padding and stops after the hash
    leaves room for bytes that nobody looks at, and with e = 3 a forger needs no more: see attacks.cube_root_forgery.
    """
    expected = encode(message, key.size, hash_name)
    if open_signature(key, signature) != expected:
        raise InvalidSignature(
            "the signature does not belong to this message and key",
            value=hash_name,
            fix="Check the message byte by byte, the key, the hash function and the padding (v1.5, not PSS).",
        )


def encrypt(key: PublicKey, message: bytes, rng: Random = SYSTEM_RANDOM, padding: bytes | None = None) -> bytes:
    """00 02, random bytes other than 0, 00, message: then RSA. As long as the modulus. RFC 8017 7.2.1.

    `padding` replaces the random bytes, for test vectors. Raises BadInput when the message or padding does not fit.
    """
    require_bytes("the message", message)
    require_bytes("the padding", b"" if padding is None else padding)
    room = key.size - 3 - len(message)
    if room < SHORTEST_PADDING:
        raise BadInput(
            "the message is too long for this key",
            value=f"{len(message)} bytes",
            fix=f"At most {key.size - SHORTEST_PADDING - 3}: encrypt a symmetric key, and the message with that.",
        )
    filler = bytes(rng.randrange(1, 256) for _ in range(room)) if padding is None else padding
    if len(filler) != room or 0 in filler:
        raise BadInput("unusable padding", value=f"{len(filler)} bytes", fix=f"Give {room} bytes, none of them zero.")
    return key.apply(int.from_bytes(b"\x00\x02" + filler + b"\x00" + message, "big")).to_bytes(key.size, "big")


def decrypt(key: PrivateKey, ciphertext: bytes) -> bytes:
    """The message. Raises DecryptionFailed, with the same text whatever was wrong. RFC 8017 7.2.2.

    That the caller sees *whether* it failed is already enough to decrypt: Bleichenbacher, CRYPTO 1998.
    """
    require_bytes("the ciphertext", ciphertext)
    size, number = key.public.size, int.from_bytes(ciphertext, "big")
    failed = DecryptionFailed(
        "the ciphertext does not open", fix="Check that it was made for this key, with v1.5 padding."
    )
    if len(ciphertext) != size or number >= key.n:
        raise failed
    encoded = key.apply(number).to_bytes(size, "big")
    separator = encoded.find(b"\x00", 2)
    if encoded[:2] != b"\x00\x02" or separator < 2 + SHORTEST_PADDING:
        raise failed
    return encoded[separator + 1 :]
