"""Where does Ed25519 differ from ECDSA? No nonce to lose, no inverse, one formula for every addition.

Sections: RFC 8032 5.1 (Ed25519), 5.1.7 (verify).
Leaves out: Ed25519ctx, Ed25519ph and Ed448.
For learning only: not constant-time, so never sign with a real key here.
"""

from __future__ import annotations

from hashlib import sha512

from ..check import BadInput
from .arithmetic import inverse, power, square_root
from .errors import InvalidSignature, MalformedSignature, require_bytes

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493  # the order of B
D = -121665 * inverse(121666, P) % P  # of the curve -x**2 + y**2 = 1 + D * x**2 * y**2

EdwardsPoint = tuple[int, int, int]  # (X, Y, Z), for the point (X/Z, Y/Z): no division until the end
NEUTRAL: EdwardsPoint = (0, 1, 1)


def add(first: EdwardsPoint, second: EdwardsPoint) -> EdwardsPoint:
    """The sum, by the one formula that also doubles and handles the neutral point.

    The same sum as RFC 8032 5.1.4, with three coordinates.
    """
    (x1, y1, z1), (x2, y2, z2) = first, second
    a, b = z1 * z2 % P, z1 * z2 * z1 * z2 % P
    c, d = x1 * x2 % P, y1 * y2 % P
    e = D * c * d % P
    f, g = b - e, b + e
    return a * f * ((x1 + y1) * (x2 + y2) - c - d) % P, a * g * (d + c) % P, f * g % P


def multiply(k: int, point: EdwardsPoint) -> EdwardsPoint:
    """k * point, by double and add, for k at least 0."""
    result = NEUTRAL
    for bit in f"{k:b}":
        result = add(result, result)
        if bit == "1":
            result = add(result, point)
    return result


def encode(point: EdwardsPoint) -> bytes:
    """y as 32 bytes, little-endian; the lowest bit of x in the top bit. RFC 8032 5.1.2."""
    X, Y, Z = point
    x, y = X * inverse(Z, P) % P, Y * inverse(Z, P) % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def decode(data: bytes) -> EdwardsPoint:
    """The point in 32 bytes. Raises BadInput for y >= P, for no point of the curve, and for x = -0. RFC 8032 5.1.3."""
    require_bytes("the encoded point", data)
    y, sign = int.from_bytes(data, "little") & ((1 << 255) - 1), int.from_bytes(data, "little") >> 255
    wrong = BadInput("no point of Ed25519", value=bytes(data), fix="Give the 32 bytes of a public key, unchanged.")
    if len(data) != 32 or y >= P:
        raise wrong
    x_squared = (y * y - 1) * inverse(D * y * y + 1, P) % P
    if power(x_squared, (P - 1) // 2, P) == P - 1 or (x_squared == 0 and sign):
        raise wrong
    x = square_root(x_squared, P)
    return (x if x % 2 == sign else P - x), y, 1


B: EdwardsPoint = decode((4 * inverse(5, P) % P).to_bytes(32, "little"))  # y = 4/5, x even


def _hash_to_int(*parts: bytes) -> int:
    return int.from_bytes(sha512(b"".join(parts)).digest(), "little")


def _expand(seed: bytes) -> tuple[int, bytes]:
    """(s, prefix): the clamped scalar, and the secret that stands in for randomness. RFC 8032 5.1.5."""
    require_bytes("the private key", seed)
    if len(seed) != 32:
        raise BadInput("the private key has the wrong length", value=f"{len(seed)} bytes", fix="Give exactly 32 bytes.")
    h = sha512(seed).digest()
    return int.from_bytes(h[:32], "little") & ~7 & ((1 << 254) - 1) | (1 << 254), h[32:]


def public_key(seed: bytes) -> bytes:
    """The public key of a 32-byte private key, 32 bytes. RFC 8032 5.1.5."""
    return encode(multiply(_expand(seed)[0], B))


def sign(seed: bytes, message: bytes) -> bytes:
    """64 bytes, R and S. The nonce r is a hash of secret and message: nothing random can go wrong. RFC 8032 5.1.6."""
    require_bytes("the message", message)
    s, prefix = _expand(seed)
    r = _hash_to_int(prefix, message) % L
    R = encode(multiply(r, B))
    k = _hash_to_int(R, public_key(seed), message) % L
    return R + ((r + k * s) % L).to_bytes(32, "little")


def verify(public: bytes, message: bytes, signature: bytes) -> None:
    """Raise InvalidSignature unless S * B == R + k * A. RFC 8032 5.1.7, the stricter of its two equations.

    S has to be below L: without that, S + L would be a second signature. Raises BadInput for a bad public key.
    """
    require_bytes("the message", message)
    require_bytes("the signature", signature)
    A = decode(public)
    S = int.from_bytes(signature[32:], "little")
    if len(signature) != 64 or S >= L:
        raise MalformedSignature(
            "not 64 bytes with S below L", value=f"{len(signature)} bytes", fix="Give R and S as made."
        )
    k = _hash_to_int(signature[:32], public, message) % L
    minus_A = (P - A[0], A[1], A[2])
    if encode(add(multiply(S, B), multiply(k, minus_A))) != signature[:32]:  # R is compared as bytes
        raise InvalidSignature(
            "the signature does not belong to this message and key", fix="Check the message byte by byte, and the key."
        )
