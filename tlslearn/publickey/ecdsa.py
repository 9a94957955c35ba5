"""How does ECDSA sign with a curve, and why must its nonce k never repeat?

Sections: FIPS 186-5 (sign, verify); RFC 6979 3.2 (k from message and key); RFC 3279 and X.690 (DER).
Leaves out: recovering the public key from a signature, and rules of single protocols, such as "low s".
For learning only: not constant-time, and a few leaked bits of each k give d away: never sign with a real key.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from random import Random

from ..check import BadInput
from .arithmetic import inverse
from .curves import Curve, Point, coordinates
from .errors import InvalidSignature, MalformedSignature, Number, require, require_bytes
from .hashes import digest, digest_size
from .primes import SYSTEM_RANDOM

NONCES_TRIED = 100  # r or s is 0 about twice in n tries: on a real curve never, on one of 13 points often


@dataclass(frozen=True, repr=False)
class Signature:
    """The pair (r, s). Raises BadInput unless both are whole numbers; their range is for `verify` to judge."""

    r: int
    s: int

    def __post_init__(self) -> None:
        require("r", self.r)
        require("s", self.s)

    def __repr__(self) -> str:
        return f"Signature(r={Number(self.r)!r}, s={Number(self.s)!r})"

    def encode(self) -> bytes:
        """DER: SEQUENCE { INTEGER r, INTEGER s }. Raises BadInput when one is negative or very long. RFC 3279."""
        require("r", self.r, 0)
        require("s", self.s, 0)
        content = b"".join(
            _tagged(0x02, number.to_bytes(number.bit_length() // 8 + 1, "big")) for number in (self.r, self.s)
        )
        return _tagged(0x30, content)

    @classmethod
    def decode(cls, der: bytes) -> Signature:
        """Read strict DER. Raises MalformedSignature for every other encoding and for any byte too many.

        Two encodings of one signature would be two names for one thing: BER variants are refused.
        """
        require_bytes("the signature", der)
        content, rest = _read(bytes(der), 0x30)
        r, after_r = _read(content, 0x02)
        s, after_s = _read(after_r, 0x02)
        if rest or after_s:
            raise MalformedSignature("bytes left over after the signature", value=rest or after_s, fix="Cut them off.")
        return cls(_integer(r), _integer(s))


def _tagged(tag: int, content: bytes) -> bytes:
    """Tag, length, content. Two integers of a 521-bit curve need up to 136 bytes, so lengths stay below 256."""
    require("the length of the signature", len(content), 0, 255)
    length = bytes([len(content)]) if len(content) < 128 else bytes([0x81, len(content)])
    return bytes([tag]) + length + content


def _read(data: bytes, tag: int) -> tuple[bytes, bytes]:
    """(content, what follows) of the first element. X.690: the length in as few bytes as possible."""
    if len(data) < 2 or data[0] != tag:
        raise MalformedSignature(f"no DER element with tag {tag:#04x}", value=data[:4], fix="Expected SEQUENCE {r, s}.")
    start, length = 2, data[1]
    if length == 0x81 and len(data) > 2 and data[2] >= 128:
        start, length = 3, data[2]
    elif length >= 128:
        raise MalformedSignature("a length that is not DER", value=data[:4], fix="Give it in as few bytes as possible.")
    if len(data) < start + length:
        raise MalformedSignature("the signature is cut off", value=f"{len(data)} bytes", fix="Give all of its bytes.")
    return data[start : start + length], data[start + length :]


def _integer(content: bytes) -> int:
    """X.690: two's complement, and the first nine bits not all alike."""
    if not content or (len(content) > 1 and content[0] in (0x00, 0xFF) and content[0] >> 7 == content[1] >> 7):
        raise MalformedSignature(
            "an integer that is not DER", value=content[:4], fix="Drop the superfluous first byte."
        )
    return int.from_bytes(content, "big", signed=True)


def bits_to_int(data: bytes, n: int) -> int:
    """The leftmost bits of the data, as many as n has, as a number. RFC 6979; FIPS 186-5."""
    surplus = max(0, 8 * len(data) - n.bit_length())
    return int.from_bytes(data, "big") >> surplus


def deterministic_nonces(curve: Curve, d: int, message: bytes, hash_name: str = "sha256") -> Iterator[int]:
    """Nonces k that depend on nothing but key and message, the first one to be used first. RFC 6979 3.2.

    The letters are the RFC's: V and K are the state of a generator made of HMAC, x and h1 what it is fed with.
    """
    curve.require_private_key(d)
    size, length = (curve.n.bit_length() + 7) // 8, digest_size(hash_name)
    x, h1 = d.to_bytes(size, "big"), digest(hash_name, message)
    seed = x + (bits_to_int(h1, curve.n) % curve.n).to_bytes(size, "big")
    V, K = b"\x01" * length, b"\x00" * length
    for separator in (b"\x00" + seed, b"\x01" + seed):
        K = hmac.digest(K, V + separator, hash_name)
        V = hmac.digest(K, V, hash_name)
    while True:
        T = b""
        while len(T) < size:
            V = hmac.digest(K, V, hash_name)
            T += V
        k = bits_to_int(T, curve.n)
        if 1 <= k < curve.n:
            yield k
        K = hmac.digest(K, V + b"\x00", hash_name)
        V = hmac.digest(K, V, hash_name)


def random_nonces(curve: Curve, rng: Random = SYSTEM_RANDOM) -> Iterator[int]:
    """Nonces 1 <= k < n from a generator. Any bias, even of a few bits, gives d away after enough signatures."""
    while True:
        yield rng.randrange(1, curve.n)


def sign(
    curve: Curve, d: int, message: bytes, hash_name: str = "sha256", *, nonces: Iterable[int] | None = None
) -> Signature:
    """The signature of the message under the private key d. FIPS 186-5.

    By default k follows RFC 6979. `nonces` replaces it: `random_nonces(curve)`, or `[k]` to see what k does.
    Raises BadInput when d or k is out of range, or when every k gives r = 0 or s = 0.
    """
    curve.require_private_key(d)
    z, n = bits_to_int(digest(hash_name, message), curve.n), curve.n
    candidates = deterministic_nonces(curve, d, message, hash_name) if nonces is None else nonces
    for k in islice(candidates, NONCES_TRIED):
        require("the nonce k", k, 1, n - 1)
        r = coordinates(k * curve.G)[0] % n
        s = inverse(k, n) * (z + r * d) % n
        if r and s:
            return Signature(r, s)
    raise BadInput("no nonce gave a signature", value=curve, fix="With this k r or s is 0: take another k.")


def verify(Q: Point, message: bytes, signature: Signature | bytes, hash_name: str = "sha256") -> None:
    """Raise InvalidSignature unless the signature (a pair, or DER bytes) holds for the public key Q. FIPS 186-5.

    r and s outside 1 … n-1 are refused first: with r = s = 0 everything below would agree (CVE-2022-21449).
    Raises BadInput when Q is no usable public key.
    """
    if not isinstance(Q, Point):
        raise BadInput("no public key", value=Q, fix="Give a Point; curve.decode(bytes) makes one.")
    curve, n = Q.curve, Q.curve.n
    curve.require_public_key(Q)
    pair = signature if isinstance(signature, Signature) else Signature.decode(signature)
    for name, value in (("r", pair.r), ("s", pair.s)):
        if not 1 <= value < n:
            raise MalformedSignature(f"{name} is out of range", value=Number(value), fix="It lies between 1 and n-1.")
    z, w = bits_to_int(digest(hash_name, message), n), inverse(pair.s, n)
    R = (z * w % n) * curve.G + (pair.r * w % n) * Q
    if R.is_infinity or coordinates(R)[0] % n != pair.r:
        raise InvalidSignature(
            "the signature does not belong to this message and key",
            value=pair,
            fix="Check the message byte by byte, the key, the curve and the hash function.",
        )
