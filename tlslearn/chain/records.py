"""What does one certificate say, read once, where parts of it may be malformed?

Sections: RFC 5280 4.1 (fields), 4.2 (extensions), 7.1 (comparing names).
Leaves out: judging; a part that cannot be read is told as such, and a rule decides what follows.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Literal, TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from .. import names

T = TypeVar("T")
E = TypeVar("E", bound=x509.ExtensionType)
NameKey = tuple[tuple[tuple[str, str], ...], ...]  # one tuple an RDN, one pair an attribute
Signed = Literal["good", "wrong", "unsupported"]

UNREADABLE = (TypeError, OverflowError, x509.InvalidVersion, *names.UNREADABLE)

# Stated limits: no input, however made, causes more work than this. `Verdict.work` tells what was spent.
MOST_SIGNATURES = 2_500  # verified while paths are looked for, in all
MOST_STEPS = 20_000  # certificates stepped to while paths are looked for, in all
MOST_PATHS = 100  # complete paths that are checked before the best of them is told
MOST_NAMES = 100_000  # names held to a CA's name constraints, in all paths


@dataclass
class Work:
    """What a verdict has cost, and which limit, if any, ended the search early."""

    signatures: int = 0
    steps: int = 0
    paths: int = 0
    names: int = 0
    limit: str = ""


@dataclass
class Question:
    """What is asked of a path: by whom, when, for what. `hostname` "" means that no name is asked about."""

    at: datetime
    hostname: str
    purpose: Literal["server", "client", "any"]
    crls: tuple[x509.CertificateRevocationList, ...] = ()
    work: Work = field(default_factory=Work)


def name_key(name: x509.Name) -> NameKey:
    """A name in the form in which equal names are equal: case folded, spaces compressed, order of RDNs kept.

    Source: RFC 5280 7.1 (with the preparation of RFC 4518 2).
    """
    return tuple(
        tuple(sorted((attribute.oid.dotted_string, _prepared(attribute.value)) for attribute in rdn))
        for rdn in name.rdns
    )


def _prepared(value: str | bytes) -> str:
    if isinstance(value, bytes):
        return f"#{value.hex()}"
    if not (value.isascii() and value.isprintable()):
        spaced = "".join(" " if sign.isspace() else sign for sign in value)
        # Control and format signs are mapped to nothing (RFC 4518 2.2), so that nothing invisible tells names apart.
        shown = "".join(sign for sign in spaced if unicodedata.category(sign) not in ("Cc", "Cf"))
        value = unicodedata.normalize("NFKC", shown.casefold())
    return " ".join(value.casefold().split())


class Record:
    """A certificate, its fields and extensions. A field that cannot be read is None and is named in `faults`."""

    def __init__(self, certificate: x509.Certificate) -> None:
        self.certificate = certificate
        self.faults: dict[str, str] = {}
        self.subject = self._name("subject", lambda: certificate.subject)
        self.issuer = self._name("issuer", lambda: certificate.issuer)

    def _read(self, what: str, read: Callable[[], T]) -> T | None:
        try:
            return read()
        except UNREADABLE as error:
            self.faults[what] = names.printable(str(error)) or type(error).__name__
            return None

    def _name(self, what: str, read: Callable[[], x509.Name]) -> NameKey | None:
        name = self._read(what, read)
        return None if name is None else name_key(name)

    @cached_property
    def subject_text(self) -> str:
        return "(unreadable)" if self.subject is None else names.short(self.certificate.subject)

    @cached_property
    def issuer_text(self) -> str:
        return "(unreadable)" if self.issuer is None else names.short(self.certificate.issuer)

    @cached_property
    def self_issued(self) -> bool:
        """Subject and issuer are the same entity (RFC 5280 6.1); such certificates serve the change of a key."""
        return self.subject is not None and self.subject == self.issuer

    @cached_property
    def public_key(self) -> object | None:
        return self._read("public key", self.certificate.public_key)

    @cached_property
    def spki(self) -> bytes:
        """The public key as SubjectPublicKeyInfo, DER; b"" where it cannot be read."""
        key = self.public_key
        return b"" if key is None else key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)  # type: ignore[attr-defined]

    @cached_property
    def validity(self) -> tuple[datetime, datetime] | None:
        one = self.certificate
        return self._read("validity", lambda: (one.not_valid_before_utc, one.not_valid_after_utc))

    @cached_property
    def extensions(self) -> list[x509.Extension[x509.ExtensionType]]:
        """Where one of them is malformed or stands twice, none can be read and `faults` says so."""
        return self._read("extensions", lambda: list(self.certificate.extensions)) or []

    @cached_property
    def _by_type(self) -> dict[type, x509.Extension[x509.ExtensionType]]:
        return {type(one.value): one for one in self.extensions}

    def extension(self, kind: type[E]) -> E | None:
        found = self._by_type.get(kind)
        return found.value if found is not None else None  # type: ignore[return-value]

    def critical(self, kind: type[x509.ExtensionType]) -> bool:
        found = self._by_type.get(kind)
        return found is not None and found.critical

    @cached_property
    def key_identifier(self) -> bytes | None:
        found = self.extension(x509.SubjectKeyIdentifier)
        return None if found is None else found.digest

    @cached_property
    def issuer_key_identifier(self) -> bytes | None:
        found = self.extension(x509.AuthorityKeyIdentifier)
        return None if found is None else found.key_identifier

    @cached_property
    def is_ca(self) -> bool:
        found = self.extension(x509.BasicConstraints)
        return found is not None and found.ca

    def in_time(self, at: datetime) -> bool:
        """Both ends belong to the validity (RFC 5280 4.1.2.5), which has no parts of a second."""
        return self.validity is not None and self.validity[0] <= at.replace(microsecond=0) <= self.validity[1]

    def unfit(self, at: datetime) -> list[str]:
        """Why this certificate cannot be an issuer, as far as it tells itself; [] where nothing speaks against it."""
        usage = self.extension(x509.KeyUsage)
        reasons = {
            "no CA": not self.is_ca,
            "a key that may not sign certificates": usage is not None and not usage.key_cert_sign,
            "outside its time": not self.in_time(at),
        }
        return [reason for reason, holds in reasons.items() if holds]


def signed_by(child: Record, issuer: Record) -> Signed:
    """Does the issuer's key verify the child's signature? "unsupported": in a way that is not verified here (SHA-1).

    Source: RFC 5280 6.1.3 (a)(1), 4.1.1.2 (the algorithm stands twice, and the same).
    """
    try:
        child.certificate.verify_directly_issued_by(issuer.certificate)
        return "good"
    except InvalidSignature:
        return "wrong"
    except UNREADABLE:
        # It raises where names differ in a byte, which RFC 5280 7.1 allows; then the key is asked alone.
        return _verified_by_key(child.certificate, issuer.public_key)


def _verified_by_key(one: x509.Certificate, key: object | None) -> Signed:
    try:
        how = one.signature_algorithm_parameters
        signature, body = one.signature, one.tbs_certificate_bytes
        if isinstance(key, rsa.RSAPublicKey) and isinstance(how, padding.PKCS1v15 | padding.PSS):
            if (hashed := one.signature_hash_algorithm) is None:
                return "unsupported"
            key.verify(signature, body, how, hashed)
        elif isinstance(key, ec.EllipticCurvePublicKey) and isinstance(how, ec.ECDSA):
            key.verify(signature, body, how)
        elif isinstance(key, ed25519.Ed25519PublicKey | ed448.Ed448PublicKey) and how is None:
            key.verify(signature, body)
        else:
            return "unsupported" if key is None or isinstance(key, dsa.DSAPublicKey) else "wrong"
    except InvalidSignature:
        return "wrong"
    except UNREADABLE:
        return "unsupported"
    return "good" if _algorithm_stands_twice(one) else "wrong"


def _algorithm_stands_twice(one: x509.Certificate) -> bool:
    """Whether the algorithm outside the signed body is the one inside, which follows version and serial number."""
    body, whole = one.tbs_certificate_bytes, one.public_bytes(Encoding.DER)
    outside = whole[whole.index(body) + len(body) :]
    algorithm = outside[: 2 + outside[1]]  # shorter than 128 bytes: length in one byte
    start = 2 + (body[1] & 0x7F if body[1] & 0x80 else 0)
    start += 5 if body[start] == 0xA0 else 0  # [0] version, 5 bytes
    start += 2 + body[start + 1]  # serial number
    return body.startswith(algorithm, start)
