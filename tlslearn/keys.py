"""How is a key made, kept and told from another?

Sections: RFC 5958 (PKCS#8), RFC 7468 (PEM), RFC 5280 4.1.2.7 (subject public key info).
Leaves out, so far: loading PKCS#12 and the older PEM forms, which come with notebook 03.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from os import PathLike
from pathlib import Path
from typing import Literal, get_args

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from . import files
from .check import BadInput

Kind = Literal["rsa2048", "rsa3072", "rsa4096", "p256", "p384", "ed25519"]
PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey

_MAKE: dict[Kind, Callable[[], PrivateKey]] = {
    "rsa2048": lambda: rsa.generate_private_key(65537, 2048),
    "rsa3072": lambda: rsa.generate_private_key(65537, 3072),
    "rsa4096": lambda: rsa.generate_private_key(65537, 4096),
    "p256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "p384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "ed25519": ed25519.Ed25519PrivateKey.generate,
}

# SPKI hashes of the keys that anybody can make again from their label; see `demo`.
_DEMO: set[bytes] = set()


def generate(kind: Kind = "p256") -> PrivateKey:
    """A new random private key. Raises BadInput for a kind there is not.

    Source: FIPS 186-5 (RSA, P-256 and P-384, Ed25519).
    """
    if kind not in _MAKE:
        raise BadInput("no such kind of key", value=kind, fix=f"Use one of {', '.join(get_args(Kind))}.")
    return _MAKE[kind]()


def demo(label: str, kind: Kind = "p256") -> PrivateKey:
    """The same key for the same label, for lessons that show bytes. Not secret: whoever knows the label has the key.

    Such a key is refused by `save`. Raises BadInput for RSA, whose primes cannot be had from a label in one step.
    """
    seed = hashlib.sha512(f"tlslearn demo key {kind} {label}".encode()).digest()
    key: PrivateKey
    if kind == "ed25519":
        key = ed25519.Ed25519PrivateKey.from_private_bytes(seed[:32])
    elif kind in ("p256", "p384"):
        curve = ec.SECP256R1() if kind == "p256" else ec.SECP384R1()
        # 1 … n-1, both ends included; the orders are a little below 2^256 and 2^384.
        order = _ORDER[kind]
        key = ec.derive_private_key(int.from_bytes(seed, "big") % (order - 1) + 1, curve)
    else:
        raise BadInput("no demo key of that kind", value=kind, fix="Use p256, p384 or ed25519.")
    _DEMO.add(spki_sha256(key))
    return key


# SEC 2 v2.0, 2.4.2 and 2.5.1: the orders n of the base points.
_ORDER = {
    "p256": 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    "p384": int("FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973", 16),
}


def is_demo(key: PrivateKey | PublicKey) -> bool:
    """Was this key made by `demo` in this process?"""
    return spki_sha256(key) in _DEMO


def spki_sha256(key: PrivateKey | PublicKey | x509.Certificate | x509.CertificateSigningRequest) -> bytes:
    """SHA-256 of the SubjectPublicKeyInfo, 32 bytes: the same for a key, its request and all its certificates.

    Not the certificate's fingerprint, which is SHA-256 of the whole certificate. Source: RFC 5280 4.1.2.7.
    """
    if isinstance(key, PublicKey):
        public = key
    elif isinstance(key, PrivateKey | x509.Certificate | x509.CertificateSigningRequest):
        public = key.public_key()  # type: ignore[assignment]
    else:
        raise BadInput("not a key, request or certificate", value=type(key).__name__, fix="Pass the object itself.")
    return hashlib.sha256(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()


def save(
    key: PrivateKey, path: str | PathLike[str], passphrase: str | bytes | None = None, *, overwrite: bool = False
) -> Path:
    """Write a private key as PKCS#8 PEM, mode 0600 from the first byte; with a passphrase, encrypted.

    Raises BadInput where the file exists (unless `overwrite`), the folder does not, the passphrase is empty, or the
    key is a demo key. Source: RFC 5958, RFC 7468 10 and 11.
    """
    data = pem(key, passphrase)
    if is_demo(key):
        raise BadInput("a demo key is known to everybody", value=str(path), fix="Save a key from keys.generate().")
    return files.write_atomically(path, data, overwrite=overwrite)


def pem(key: PrivateKey, passphrase: str | bytes | None = None) -> bytes:
    """A private key as PKCS#8 PEM, in memory. Raises BadInput for an empty passphrase or what is no private key."""
    if not isinstance(key, PrivateKey):
        raise BadInput("not a private key", value=type(key).__name__, fix="Pass what keys.generate() returned.")
    encryption: KeySerializationEncryption = NoEncryption()
    if passphrase is not None:
        encryption = BestAvailableEncryption(_passphrase_bytes(passphrase))
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)


def load(path: str | PathLike[str], passphrase: str | bytes | None = None) -> PrivateKey:
    """Read a private key from a PEM file.

    Raises BadInput that tells apart: no such file, no private key in it, passphrase missing, wrong or not needed.
    """
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise BadInput("cannot read the key file", value=str(path), fix=f"{error.strerror}.") from error
    secret = None if passphrase is None else _passphrase_bytes(passphrase)
    if b"PRIVATE KEY-----" not in data:
        fix = "It holds a certificate: give the key's file." if b"BEGIN CERTIFICATE" in data else "Give a PEM key file."
        raise BadInput("no private key in this file", value=str(path), fix=fix)
    if b"BEGIN OPENSSH PRIVATE KEY" in data:
        raise BadInput("a key in OpenSSH's own form", value=str(path), fix="TLS wants PKCS#8: ssh-keygen -p -m PKCS8.")
    try:
        key = load_pem_private_key(data, secret)
    except TypeError as error:  # cryptography's way to say: passphrase missing, or given and not needed
        needed = passphrase is None
        fix = "Give passphrase=…" if needed else "Leave the passphrase out; the file should be encrypted but is not."
        raise BadInput("encrypted key" if needed else "key without encryption", value=str(path), fix=fix) from error
    except ValueError as error:
        fix = "The file may be cut off." if secret is None else "The passphrase is wrong, or the file damaged."
        raise BadInput("private key cannot be read", value=str(path), fix=fix) from error
    except UnsupportedAlgorithm as error:
        raise BadInput("kind of key not used here", value=str(path), fix=_KINDS_TO_LOAD) from error
    if not isinstance(key, PrivateKey):
        raise BadInput("kind of key not used here", value=type(key).__name__, fix=_KINDS_TO_LOAD)
    return key


_KINDS_TO_LOAD = "Use RSA, P-256, P-384 or Ed25519."


def _passphrase_bytes(passphrase: str | bytes) -> bytes:
    """The passphrase itself never stands in an error: errors end up in logs."""
    if not isinstance(passphrase, str | bytes):
        raise BadInput("a passphrase is text or bytes", value=type(passphrase).__name__, fix="Give str, bytes or None.")
    data = passphrase.encode() if isinstance(passphrase, str) else passphrase
    if not data:
        # An empty one would be taken for "no encryption" by some tools and refused by others.
        raise BadInput("empty passphrase", fix="Give one, or None to save without encryption.")
    if len(data) > _LONGEST_PASSPHRASE:
        fix = f"Give {_LONGEST_PASSPHRASE} bytes at most."
        raise BadInput("passphrase too long", value=f"{len(data)} bytes", fix=fix)
    return data


_LONGEST_PASSPHRASE = 1023  # OpenSSL's limit
