"""How is a key made, kept and told from another?

Sections: RFC 5958 (PKCS#8), RFC 7468 (PEM), RFC 7292 (PKCS#12), RFC 5280 4.1.2.7 (subject public key info).
Leaves out: OpenSSH's own form, Java's keystores, and keys in hardware.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from os import PathLike
from pathlib import Path
from typing import Literal, get_args

from cryptography import x509
from cryptography.exceptions import InternalError, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
    load_der_public_key,
    load_pem_private_key,
    pkcs12,
)

from . import files
from .check import BadInput

try:
    from cryptography.hazmat.primitives.asymmetric.mldsa import (
        MLDSA44PrivateKey,
        MLDSA44PublicKey,
        MLDSA65PrivateKey,
        MLDSA65PublicKey,
        MLDSA87PrivateKey,
        MLDSA87PublicKey,
    )
except ImportError:  # it came with cryptography 47; before, nothing is a key of these kinds

    class _Absent:
        @staticmethod
        def generate() -> PrivateKey:
            raise UnsupportedAlgorithm("ML-DSA")

    MLDSA44PrivateKey = MLDSA65PrivateKey = MLDSA87PrivateKey = _Absent  # type: ignore[assignment,misc]
    MLDSA44PublicKey = MLDSA65PublicKey = MLDSA87PublicKey = _Absent  # type: ignore[assignment,misc]

Kind = Literal["rsa2048", "rsa3072", "rsa4096", "p256", "p384", "ed25519", "mldsa44", "mldsa65", "mldsa87"]
PrivateKey = (
    rsa.RSAPrivateKey
    | ec.EllipticCurvePrivateKey
    | ed25519.Ed25519PrivateKey
    | MLDSA44PrivateKey
    | MLDSA65PrivateKey
    | MLDSA87PrivateKey
)
PublicKey = (
    rsa.RSAPublicKey
    | ec.EllipticCurvePublicKey
    | ed25519.Ed25519PublicKey
    | MLDSA44PublicKey
    | MLDSA65PublicKey
    | MLDSA87PublicKey
)

_MAKE: dict[Kind, Callable[[], PrivateKey]] = {
    "rsa2048": lambda: rsa.generate_private_key(65537, 2048),
    "rsa3072": lambda: rsa.generate_private_key(65537, 3072),
    "rsa4096": lambda: rsa.generate_private_key(65537, 4096),
    "p256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "p384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "ed25519": ed25519.Ed25519PrivateKey.generate,
    "mldsa44": MLDSA44PrivateKey.generate,
    "mldsa65": MLDSA65PrivateKey.generate,
    "mldsa87": MLDSA87PrivateKey.generate,
}

# SPKI hashes of the keys that anybody can make again from their label; see `demo`.
_DEMO: set[bytes] = set()


def generate(kind: Kind = "p256") -> PrivateKey:
    """A new random private key. Raises BadInput for a kind there is not, or not in this cryptography (ML-DSA).

    Source: FIPS 186-5 (RSA, P-256 and P-384, Ed25519), FIPS 204 (ML-DSA).
    """
    if kind not in get_args(Kind):
        raise BadInput("no such kind of key", value=kind, fix=f"Use one of {', '.join(get_args(Kind))}.")
    try:
        return _MAKE[kind]()
    except UnsupportedAlgorithm as error:
        fix = "Upgrade cryptography: ML-DSA came with version 47."
        raise BadInput("a kind of key that this cryptography has not", value=kind, fix=fix) from error


def signing_hash(key: PrivateKey) -> hashes.SHA256 | hashes.SHA384 | hashes.SHA512 | None:
    """The hash that goes with a key's signatures: SHA-256 for RSA and P-256, SHA-384 for P-384, SHA-512 for P-521.

    None for Ed25519 and ML-DSA, which hash by themselves. Source: Baseline Requirements 7.1.3.2.2.
    """
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return hashes.SHA512() if key.key_size > 384 else hashes.SHA384() if key.key_size > 256 else hashes.SHA256()
    return hashes.SHA256() if isinstance(key, rsa.RSAPrivateKey) else None


_CURVES = (ec.SECP256R1, ec.SECP384R1, ec.SECP521R1)
_STRONG = ed25519.Ed25519PublicKey | ed448.Ed448PublicKey | MLDSA44PublicKey | MLDSA65PublicKey | MLDSA87PublicKey
STRONG = "RSA of 2048 bits, P-256, P-384, P-521, Ed25519, Ed448, ML-DSA"


def strength(public: object) -> tuple[bool, str]:
    """Is a public key strong enough to sign in TLS 1.3, and what is it, for people? `STRONG` says what would be.

    Takes any public key of cryptography's, and None for one that cannot be read.
    Source: RFC 9325 4.5 (RSA of 2048 bits and more); curves and kinds of key that TLS 1.3 signs with.
    """
    if isinstance(public, ec.EllipticCurvePublicKey):
        return isinstance(public.curve, _CURVES), f"curve {public.curve.name}"
    if isinstance(public, rsa.RSAPublicKey):
        return public.key_size >= 2048, f"RSA, {public.key_size} bits"
    if isinstance(public, dsa.DSAPublicKey):
        return False, "DSA, which TLS 1.3 does not know"
    kind = type(public).__name__.removesuffix("PublicKey").replace("MLDSA", "ML-DSA-")
    return isinstance(public, _STRONG), "no key that can be read" if public is None else kind


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
    """Write a private key as PKCS#8 PEM, mode 0600 from the first byte; with a passphrase, encrypted as `pem` says.

    Raises BadInput where the file exists (unless `overwrite`), the folder does not, the passphrase is empty, or the
    key is a demo key. Source: RFC 5958, RFC 7468 10 and 11.
    """
    data = pem(key, passphrase)
    if is_demo(key):
        raise BadInput("a demo key is known to everybody", value=str(path), fix="Save a key from keys.generate().")
    return files.write_atomically(path, data, overwrite=overwrite)


def pem(key: PrivateKey, passphrase: str | bytes | None = None) -> bytes:
    """A private key as PKCS#8 PEM, in memory; with a passphrase, encrypted (PBES2).

    Measured with cryptography 46 and 50: AES-256-CBC under a key that PBKDF2 makes with 2,048 rounds of HMAC-SHA-256.
    So few slow a guesser down but little; the passphrase has to be long. Raises BadInput for an empty passphrase or
    what is no private key. Source: RFC 5958 3, RFC 8018 6.2.
    """
    if not isinstance(key, PrivateKey):
        raise BadInput("not a private key", value=type(key).__name__, fix="Pass what keys.generate() returned.")
    encryption: KeySerializationEncryption = NoEncryption()
    if passphrase is not None:
        encryption = BestAvailableEncryption(_passphrase_bytes(passphrase))
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)


def load(path: str | PathLike[str], passphrase: str | bytes | None = None) -> PrivateKey:
    """Read the one private key of a file: PKCS#8, the older forms PKCS#1 and SEC 1 (all as PEM or DER), or PKCS#12.

    Of a PKCS#12 store the key alone is returned; its certificates stay where they are. Raises BadInput that tells
    apart: no such file, something else in it, several keys, passphrase missing, wrong or not needed, a damaged file.
    Source: RFC 5958, RFC 8017 A.1.2, RFC 5915, RFC 7292; RFC 1421 4.6.1.3 (DEK-Info).
    """
    data = files.read(path)
    secret = None if passphrase is None else _passphrase_bytes(passphrase)
    try:
        key = _read_key(data, secret, str(path))
    except TypeError as error:  # cryptography's way to say: passphrase missing, or given and not needed
        raise _without_passphrase(str(path)) if secret is None else _not_encrypted(str(path)) from error
    except UnsupportedAlgorithm as error:
        raise BadInput("kind of key not used here", value=str(path), fix=_KINDS_TO_LOAD) from error
    except BadInput:
        raise
    except _DAMAGED as error:
        fix = "The passphrase is wrong, or the file damaged."
        if secret is None:
            fix = "It may be cut off, or hold a kind of key that cryptography does not read."
        raise BadInput("private key cannot be read", value=str(path), fix=fix) from error
    if not isinstance(key, PrivateKey):
        raise BadInput("kind of key not used here", value=f"{path}: {type(key).__name__}", fix=_KINDS_TO_LOAD)
    return key


# InternalError: OpenSSL complained where cryptography did not expect it. InvalidVersion: of a certificate in a store.
_DAMAGED = (ValueError, InternalError, x509.InvalidVersion)
_KINDS_TO_LOAD = "Use RSA, ECDSA, Ed25519 or ML-DSA."


def _read_key(data: bytes, secret: bytes | None, path: str) -> object:
    found = [(label, block) for label, block in pem_blocks(data) if label.endswith("PRIVATE KEY")]
    several = len(found) or sum(data.count(bag) for bag in _KEY_BAGS)
    if several > 1:
        fix = f"It holds {several}: put the one that is meant into a file of its own."
        raise BadInput("several private keys in this file", value=path, fix=fix)
    if found:
        _refuse_unread_forms(*found[0], path)
        return load_pem_private_key(found[0][1], secret)
    if _PKCS12.match(data):
        return _read_pkcs12(data, secret, path)
    held = what_is(data)
    if "private key" not in held:
        raise BadInput("no private key in this file", value=path, fix=f"It holds {held}: give the key's file.")
    return load_der_private_key(data, secret)


def _refuse_unread_forms(label: str, block: bytes, path: str) -> None:
    if label == "OPENSSH PRIVATE KEY":
        fix = "TLS wants PKCS#8: read it with cryptography's load_ssh_private_key, then keys.save it."
        raise BadInput("a key in OpenSSH's own form", value=path, fix=fix)
    found = _DEK_INFO.search(block)
    cipher = found[1].decode("ascii") if found else ""
    if found and cipher not in _DEK_CIPHERS:
        fix = f"{cipher}: write it as PKCS#8 with openssl pkcs8 -topk8 -in {path}"
        raise BadInput("a key under a cipher that is not read here", value=path, fix=fix)
    if b"DEK-Info" in block and (not found or len(found[2]) != _DEK_CIPHERS[cipher]):
        # cryptography would not refuse an initialization vector of a wrong length: it would panic
        raise BadInput("private key cannot be read", value=path, fix="Its line DEK-Info is damaged: get it again.")


_DEK_INFO = re.compile(rb"\nDEK-Info: ([A-Z0-9-]{1,40}),([0-9A-F]*)\r?\n")
# Those that cryptography undoes, with the hexadecimal digits of their initialization vector.
_DEK_CIPHERS = {"AES-128-CBC": 32, "AES-256-CBC": 32, "DES-EDE3-CBC": 16}

# A SEQUENCE that begins with version 3 (RFC 7292 4); in the forms of a bare key the version is 0 or 1. Some tools write
# it with an indefinite length (0x80).
_PKCS12 = re.compile(rb"\x30(?:[\x00-\x80]|\x81.|\x82..|\x83...|\x84....)\x02\x01\x03", re.DOTALL)


# The object identifiers keyBag and pkcs8ShroudedKeyBag (RFC 7292 4.2), DER; cryptography returns the first such key.
_KEY_BAGS = (bytes.fromhex("060b2a864886f70d010c0a0101"), bytes.fromhex("060b2a864886f70d010c0a0102"))


def _read_pkcs12(data: bytes, secret: bytes | None, path: str) -> object:
    """A store may be protected by the empty passphrase, or by none: both open without one."""
    try:
        key = pkcs12.load_key_and_certificates(data, None)[0]
        if secret is not None:
            raise _not_encrypted(path)
    except BadInput:
        raise
    except _DAMAGED as error:
        if secret is None:
            raise _without_passphrase(path) from error
        key = pkcs12.load_key_and_certificates(data, secret)[0]
    if key is None:
        raise BadInput("no private key in this file", value=path, fix="It holds certificates: give the key's file.")
    return key


def _without_passphrase(path: str) -> BadInput:
    return BadInput("encrypted key", value=path, fix="Give passphrase=…")


def _not_encrypted(path: str) -> BadInput:
    fix = "Leave the passphrase out; the file should be encrypted but is not."
    return BadInput("key without encryption", value=path, fix=fix)


def pem_blocks(data: bytes) -> list[tuple[str, bytes]]:
    """The complete PEM blocks of a file, each with its label: ("CERTIFICATE", b"-----BEGIN…"). Source: RFC 7468 2."""
    return [(found[1].decode("ascii"), found[0]) for found in _PEM.finditer(data)]


_PEM = re.compile(rb"-----BEGIN ([A-Z0-9 ]{1,40})-----(?:(?!-----BEGIN ).)*?-----END \1-----", re.DOTALL)


def what_is(data: bytes) -> str:
    """What a file holds, for people who gave it by mistake: "a certificate", "a public key", "nothing known here"."""
    labels = dict.fromkeys(label for label, _ in pem_blocks(data))
    if labels:
        return " and ".join(_called(label) for label in labels)
    cut = _PEM_BEGIN.search(data)
    if cut:
        return f"the beginning of {_called(cut[1].decode('ascii'))}, without its end"
    if _PKCS12.match(data):
        return "a PKCS#12 store"
    return next((name for begin, name in _BEGINS.items() if data.startswith(begin)), None) or _what_der_is(data)


_PEM_BEGIN = re.compile(rb"-----BEGIN ([A-Z0-9 ]{1,40})-----")
_LABELS = {"CERTIFICATE REQUEST": "a certificate signing request", "X509 CRL": "a CRL", "PKCS7": "PKCS#7 certificates"}
_BEGINS = {
    b"ssh-": "an OpenSSH public key",
    b"ecdsa-sha2-": "an OpenSSH public key",
    b"PuTTY-User-Key-File": "a key of PuTTY",
    b"\xfe\xed\xfe\xed": "a Java keystore",
    b"\xff\xfe": "text in UTF-16",
    b"\xfe\xff": "text in UTF-16",
}


def _called(label: str) -> str:
    known = next((name for end, name in _LABELS.items() if label.endswith(end)), None)
    if known:
        return known
    words = " ".join(_SPELT.get(word, word.lower()) for word in label.split())
    return words if words.endswith("s") else f"{'an' if words[:1] in 'aeioEOR' else 'a'} {words}"


_SPELT = {"RSA": "RSA", "EC": "EC", "DSA": "DSA", "DH": "DH", "OPENSSH": "OpenSSH", "PKCS12": "PKCS#12 store"}


def _what_der_is(data: bytes) -> str:
    kinds: dict[str, Callable[[bytes], object]] = {
        "a certificate": x509.load_der_x509_certificate,
        "a certificate signing request": x509.load_der_x509_csr,
        "a CRL": x509.load_der_x509_crl,
        "a public key": load_der_public_key,
        "a private key": lambda given: load_der_private_key(given, None),
    }
    for name, load_it in kinds.items():
        try:
            load_it(data)
        except (TypeError, Warning):  # of a private key: it is encrypted; or it is odd, where warnings are made errors
            return name
        except UnsupportedAlgorithm:  # of keys: the form is known, the algorithm is not
            return name
        except _DAMAGED:
            continue
        return name
    return "nothing known here"


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
