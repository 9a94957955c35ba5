"""Certificates with one thing out of the ordinary, made by hand: what no Authority would sign.

Sections: RFC 5280 4 (what the ordinary ones look like), RFC 6979 (signatures without chance).
Leaves out: saying what follows; the tests do.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import sha256
from typing import Any

from cryptography import x509
from cryptography.hazmat.backends.openssl import backend
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from tlslearn import der

# The fuzzer sets a fixed moment, so that it starts from the same bytes each time; tests may look at the clock as well.
MOMENT = "TLSLEARN_TESTS_AT"
NOW = datetime.fromisoformat(os.environ.get(MOMENT, "") or str(datetime.now(UTC))).replace(microsecond=0)
# From OpenSSL 3.2 on; before, each run signs with other numbers.
WITHOUT_CHANCE = backend.ecdsa_deterministic_supported()
ECDSA_SHA256 = ec.ECDSA(hashes.SHA256(), deterministic_signing=WITHOUT_CHANCE)
HOST = "a.test"
BITS = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


@cache
def key(role: str) -> ec.EllipticCurvePrivateKey:
    """One P-256 key for each role, the same in each run."""
    return ec.derive_private_key(int.from_bytes(sha256(role.encode()).digest(), "big") >> 1, ec.SECP256R1())


def name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)] if text else [])


def usage(*bits: str) -> x509.KeyUsage:
    return x509.KeyUsage(**{bit: bit in bits for bit in BITS})


def dns(*texts: str) -> x509.SubjectAlternativeName:
    return x509.SubjectAlternativeName([x509.DNSName(text) for text in texts])


def unknown(oid: str = "1.2.3.4", value: bytes = b"\x05\x00") -> x509.UnrecognizedExtension:
    return x509.UnrecognizedExtension(x509.ObjectIdentifier(oid), value)


@dataclass
class Maker:
    """A certificate to be: change a field, `leave` out an ordinary extension, or `put` another in its place.

    `put` maps a label ("bc", "ku", "eku", "san", "aki", "ski", or any other) to (extension, critical).
    """

    subject: str
    issuer: str
    signer: Any  # private key
    public: Any  # private key whose public half the certificate holds
    ca: bool
    leave: tuple[str, ...] = ()
    put: dict[str, tuple[x509.ExtensionType, bool]] = field(default_factory=dict)
    start: datetime = NOW - timedelta(days=1)
    end: datetime = NOW + timedelta(days=10)
    serial: int = 0x1234
    hashed: hashes.HashAlgorithm | None = field(default_factory=hashes.SHA256)
    names: tuple[x509.Name, x509.Name] | None = None  # subject and issuer as they shall be written
    rsa_padding: Any = None  # PKCS #1 v1.5 unless told

    def sign(self) -> x509.Certificate:
        subject, issuer = self.names or (name(self.subject), name(self.issuer))
        public = self.public.public_key()
        builder = x509.CertificateBuilder(issuer, subject, public, self.serial, self.start, self.end)
        signer = self.signer.public_key()
        entries: dict[str, tuple[x509.ExtensionType, bool]] = {
            "bc": (x509.BasicConstraints(self.ca, None), True),
            "ku": (usage("key_cert_sign", "crl_sign") if self.ca else usage("digital_signature"), True),
            "aki": (x509.AuthorityKeyIdentifier.from_issuer_public_key(signer), False),
        }
        if self.ca:
            entries["ski"] = (x509.SubjectKeyIdentifier.from_public_key(public), False)
        else:
            entries["eku"] = (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)
            entries["san"] = (dns(HOST), False)
        for label, (value, critical) in (entries | self.put).items():
            if label not in self.leave:
                builder = builder.add_extension(value, critical)
        fixed = WITHOUT_CHANCE if isinstance(self.signer, ec.EllipticCurvePrivateKey) else None
        return builder.sign(self.signer, self.hashed, rsa_padding=self.rsa_padding, ecdsa_deterministic=fixed)


@dataclass(frozen=True)
class Chain:
    leaf: x509.Certificate
    intermediates: list[x509.Certificate]
    anchors: list[x509.Certificate]

    def __iter__(self) -> Any:
        return iter((self.leaf, self.intermediates, self.anchors))


def root(**changes: Any) -> x509.Certificate:
    return Maker(**(_ordinary("Root", "Root", "root", "root", True) | changes)).sign()


def intermediate(**changes: Any) -> x509.Certificate:
    return Maker(**(_ordinary("Issuing CA", "Root", "root", "ca", True) | changes)).sign()


def leaf(**changes: Any) -> x509.Certificate:
    return Maker(**(_ordinary("leaf", "Issuing CA", "ca", "leaf", False) | changes)).sign()


def _ordinary(subject: str, issuer: str, signer: str, public: str, ca: bool) -> dict[str, Any]:
    return {"subject": subject, "issuer": issuer, "signer": key(signer), "public": key(public), "ca": ca}


def chain(
    leaf_with: dict[str, Any] | None = None,
    ca_with: dict[str, Any] | None = None,
    root_with: dict[str, Any] | None = None,
) -> Chain:
    """Leaf, one intermediate, root; ordinary but for the changes."""
    return Chain(leaf(**(leaf_with or {})), [intermediate(**(ca_with or {}))], [root(**(root_with or {}))])


def ladder(length: int, **leaf_changes: Any) -> Chain:
    """A leaf below `length` intermediates, each with a key of its own."""
    above, signer, between = "Root", key("root"), []
    for number in range(length):
        subject, own = f"CA {number}", key(f"rung {number}")
        between.append(Maker(subject, above, signer, own, True).sign())
        above, signer = subject, own
    return Chain(Maker("leaf", above, signer, key("leaf"), False, **leaf_changes).sign(), between, [root()])


def flipped(certificate: x509.Certificate, position: int, bit: int = 1) -> bytes:
    """DER of the certificate with one bit changed."""
    data = bytearray(certificate.public_bytes(Encoding.DER))
    data[position] ^= bit
    return bytes(data)


def changed_signature(certificate: x509.Certificate) -> x509.Certificate:
    return x509.load_der_x509_certificate(flipped(certificate, -1))


def resigned(body: bytes, signer: ec.EllipticCurvePrivateKey) -> bytes:
    """DER of a certificate with this signed part, under a good ECDSA signature with SHA-256."""
    signature = signer.sign(body, ECDSA_SHA256)
    algorithm = der.encode(0x30, bytes.fromhex("06082a8648ce3d040302"))
    return der.encode(0x30, [body, algorithm, der.encode(0x03, b"\0" + signature)])


PARTS = ("version", "serial", "algorithm", "issuer", "validity", "subject", "key", "extensions")


def rewritten(
    certificate: x509.Certificate, signer: ec.EllipticCurvePrivateKey, **changes: bytes | None
) -> x509.Certificate:
    """The certificate with these parts of its signed body, DER each, in place of its own (None: left out), signed
    again: what no builder would write."""
    held = dict(zip(PARTS, der.parse(certificate.tbs_certificate_bytes), strict=True))
    parts: dict[str, Any] = held | changes
    body = der.encode(0x30, [part for part in parts.values() if part is not None])
    return x509.load_der_x509_certificate(resigned(body, signer))


def with_serial(certificate: x509.Certificate, serial: bytes, signer: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    return rewritten(certificate, signer, serial=der.encode(0x02, serial))


def version_1(
    certificate: x509.Certificate, signer: ec.EllipticCurvePrivateKey, *, extensions: bool = False
) -> x509.Certificate:
    """The certificate without its version and, unless told otherwise, without its extensions."""
    changes: dict[str, bytes | None] = {"version": None} | ({} if extensions else {"extensions": None})
    return rewritten(certificate, signer, **changes)


def raw_constraints(*permitted: bytes, excluded: tuple[bytes, ...] = ()) -> tuple[x509.ExtensionType, bool]:
    """Name constraints from subtrees as they shall be written: the DER of a name, and of what follows it."""
    trees = [[der.encode(0x30, subtree) for subtree in one] for one in (permitted, excluded)]
    value = der.encode(0x30, [der.encode(0xA0 + tag, one) for tag, one in enumerate(trees) if one])
    return unknown("2.5.29.30", value), True
