"""What breaks when padding, randomness or a check is left out?

Sections: Boneh, Twenty Years of Attacks on the RSA Cryptosystem; RFC 8017 9.2 and 7.2 (what the padding is for).
Leaves out: side channels, fault attacks and lattices.
For learning only: on one's own keys.
"""

from __future__ import annotations

from ..check import BadInput
from .arithmetic import chinese_remainder, gcd, integer_root, inverse
from .curves import Curve
from .ecdsa import Signature, bits_to_int
from .errors import Number, require
from .hashes import digest, digest_info
from .rsa import PrivateKey, PublicKey, from_primes


def forge_from_signature(key: PublicKey, signature: int) -> int:
    """The number m that any chosen number signs, textbook fashion: m = signature**e mod n. No private key needed."""
    return key.apply(signature)


def forge_product(key: PublicKey, first: int, second: int) -> int:
    """The textbook signature of m1 * m2 mod n, from those of m1 and m2: powers of a product are products of powers."""
    return first * second % key.n


def small_exponent_message(key: PublicKey, ciphertext: int) -> int:
    """The unpadded message m when m**e is below n: then nothing was reduced, and the e-th root is the message."""
    m = integer_root(ciphertext, key.e)
    if m**key.e != ciphertext:
        raise BadInput("no whole root", value=Number(ciphertext), fix="m**e went past n: this message was long enough.")
    return m


def broadcast_message(keys: list[PublicKey], ciphertexts: list[int]) -> int:
    """The unpadded message sent to e different keys with the same e: their remainders together give m**e (Hastad)."""
    if len({key.e for key in keys}) != 1 or len(keys) < keys[0].e:
        raise BadInput(
            "too few keys with one exponent", value=len(keys), fix="As many keys as the exponent are needed."
        )
    combined = chinese_remainder(ciphertexts, [key.n for key in keys])
    m = integer_root(combined, keys[0].e)
    if m ** keys[0].e != combined:
        raise BadInput("no whole root", value=Number(combined), fix="The messages were padded, or not the same.")
    return m


def cube_root_forgery(key: PublicKey, message: bytes, hash_name: str = "sha256") -> bytes:
    """A signature without the private key, for a verifier that reads 00 01 FF…FF 00 DigestInfo and ignores the rest.

    With e = 3 the cube of a rounded-up root starts as wanted; what follows is left to chance. pkcs1v15.verify refuses
    it. Raises BadInput when e is not 3 or n too short. Found by Bleichenbacher (CVE-2006-4339).
    """
    if key.e != 3:
        raise BadInput(
            "the exponent is not 3", value=Number(key.e), fix="Roots of higher degree leave too little room."
        )
    start = b"\x00\x01" + b"\xff" * 8 + b"\x00" + digest_info(hash_name, message)
    free_bits = 8 * (key.size - len(start))
    require("the number of free bits", free_bits, 0, fix="Take a longer modulus.")
    wanted = int.from_bytes(start, "big") << free_bits
    root = integer_root(wanted - 1, 3) + 1
    if root**3 >> free_bits != wanted >> free_bits:
        raise BadInput("too little room after the hash", value=f"{free_bits} bits", fix="Take a longer modulus.")
    return root.to_bytes(key.size, "big")


def key_from_shared_prime(key: PublicKey, other: PublicKey) -> PrivateKey:
    """The private key of `key`, when both moduli have one prime in common. Raises BadInput when they have none."""
    p = gcd(key.n, other.n)
    if p in (1, key.n):
        raise BadInput(
            "the moduli share no single prime", value=Number(p), fix="Try another pair, or batch_gcd on many."
        )
    return from_primes(p, key.n // p, key.e)


def private_key_from_reused_nonce(
    curve: Curve,
    first: tuple[bytes, Signature],
    second: tuple[bytes, Signature],
    hash_name: str = "sha256",
) -> int:
    """d, from two messages signed with the same k: two equations in the two unknowns k and d.

    s1*k = z1 + r*d and s2*k = z2 + r*d, so k = (z1 - z2) / (s1 - s2) and d = (s1*k - z1) / r, all modulo n.
    Raises BadInput when r differs (k was not the same) or when both messages have the same hash modulo n.
    The same r can also come from k and n - k, which gives a wrong d: check d against the public key.
    """
    (message1, signature1), (message2, signature2), n = first, second, curve.n
    if signature1.r != signature2.r:
        raise BadInput(
            "r differs", value=(signature1, signature2), fix="The same k gives the same r: find such a pair."
        )
    z1, z2 = (bits_to_int(digest(hash_name, m), n) for m in (message1, message2))
    if (z1 - z2) % n == 0:
        raise BadInput("the hash is the same twice", value=Number(z1), fix="Take signatures of two different messages.")
    if (signature1.s - signature2.s) % n == 0:
        raise BadInput("s is the same twice", value=signature1, fix="The nonces were not the same, but k and n - k.")
    k = (z1 - z2) * inverse(signature1.s - signature2.s, n) % n
    return (signature1.s * k - z1) * inverse(signature1.r, n) % n
