"""Certificates with one thing out of the ordinary, made by hand: what no Authority would sign.

Sections: RFC 5280 4 (what the ordinary ones look like).
Leaves out: saying what follows; the tests do.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

NOW = datetime.now(UTC).replace(microsecond=0)
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
    """One P-256 key for each role, made once a run."""
    return ec.generate_private_key(ec.SECP256R1())


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
        return builder.sign(self.signer, self.hashed)


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
    signature = signer.sign(body, ec.ECDSA(hashes.SHA256()))
    return _element(0x30, body + bytes.fromhex("300a06082a8648ce3d040302") + _element(0x03, b"\0" + signature))


def with_serial(certificate: x509.Certificate, serial: bytes, signer: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    """The certificate with these bytes for a serial number, signed again; no builder would write them."""
    parts = _parts(certificate)
    parts[1] = _element(0x02, serial)
    return x509.load_der_x509_certificate(resigned(_element(0x30, b"".join(parts)), signer))


def with_constraint_fields(
    certificate: x509.Certificate, field: str, signer: ec.EllipticCurvePrivateKey
) -> x509.Certificate:
    """The certificate with `minimum` 1 or `maximum` 9 in the one subtree of its name constraints, signed again."""
    (entry,) = certificate.extensions.get_extension_for_class(x509.NameConstraints).value.permitted_subtrees or ()
    base = _element(0x82, str(entry.value).encode())
    tree = _element(0x30, base)
    more = _element(0x30, base + {"minimum": b"\x80\x01\x01", "maximum": b"\x81\x01\x09"}[field])
    parts = _parts(certificate)
    old, new = (_element(0x04, _element(0x30, _element(0xA0, one))) for one in (tree, more))
    extensions = b""
    rest = _split(_split(parts[-1])[1])[1]
    while rest:
        size = sum(map(len, _split(rest)[:2]))
        content = _split(rest[:size])[1]
        extensions += _element(0x30, content.replace(old, new))
        rest = rest[size:]
    parts[-1] = _element(0xA3, _element(0x30, extensions))
    return x509.load_der_x509_certificate(resigned(_element(0x30, b"".join(parts)), signer))


def version_1(
    certificate: x509.Certificate, signer: ec.EllipticCurvePrivateKey, *, extensions: bool = False
) -> x509.Certificate:
    """The certificate without its version and, unless told otherwise, without its extensions, signed again."""
    parts = _parts(certificate)[1:]
    return x509.load_der_x509_certificate(
        resigned(_element(0x30, b"".join(parts if extensions else parts[:-1])), signer)
    )


def _parts(certificate: x509.Certificate) -> list[bytes]:
    """The fields of the signed part, DER: version, serial number, …, extensions."""
    content = _split(certificate.tbs_certificate_bytes)[1]
    parts = []
    while content:
        size = sum(map(len, _split(content)[:2]))
        parts.append(content[:size])
        content = content[size:]
    return parts


def _split(der: bytes) -> tuple[bytes, bytes]:
    """Header and content of the first element."""
    begin = 2 + (der[1] & 0x7F if der[1] & 0x80 else 0)
    length = int.from_bytes(der[2:begin], "big") if der[1] & 0x80 else der[1]
    return der[:begin], der[begin : begin + length]


def _element(tag: int, content: bytes) -> bytes:
    length = len(content)
    if length < 0x80:
        return bytes([tag, length]) + content
    size = (length.bit_length() + 7) // 8
    return bytes([tag, 0x80 | size]) + length.to_bytes(size, "big") + content
