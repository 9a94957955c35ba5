"""What does one certificate say, read once, where parts of it may be malformed?

Sections: RFC 5280 4.1 (fields), 4.2 (extensions), 7.1 (comparing names).
Leaves out: judging; a part that cannot be read is told as such, and a rule decides what follows.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, Literal, TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import dsa, ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from .. import names
from . import plain

T = TypeVar("T")
E = TypeVar("E", bound=x509.ExtensionType)
NameKey = tuple[frozenset[tuple[bytes, str]], ...]  # one set an RDN, one pair an attribute: its OID, DER, and value
Signed = Literal["good", "wrong", "unsupported"]

UNREADABLE = names.UNREADABLE

_CURVES = ("secp256r1", "secp384r1", "secp521r1")  # of TLS 1.3; an ECDSA signature over others is not verified
_RSASSA_PSS = bytes.fromhex("06092a864886f70d01010a")  # the OID of a key for RSASSA-PSS alone (RFC 4055 1.2)
_CONSTRAINTS_OID, _NOBODYS_OID = x509.NameConstraints.oid, x509.ObjectIdentifier("2.5.29.127")
_CONSTRAINTS, _NOBODYS = bytes.fromhex("0603551d1e"), bytes.fromhex("0603551d7f")  # the same, DER
# All of a key but its modulus: rsaEncryption, 2,048 bits, the exponent 65537. Lengths stand in it, so it fits no other.
_RSA_2048 = bytes.fromhex("30820122300d06092a864886f70d01010105000382010f003082010a0282010100")
_F4 = bytes.fromhex("0203010001")
_NAMED_CURVE = bytes.fromhex("06072a8648ce3d020106")  # id-ecPublicKey, then an OID (RFC 5480 2.1.1)

# Stated limits: no input, however made, causes more work than this. `Verdict.work` tells what was spent.
MOST_SIGNATURES = 1_500  # verified while paths are looked for, in all
MOST_STEPS = 100_000  # from a certificate to one that signed it, while paths are looked for, in all
MOST_CERTIFICATES = 4_000  # on the complete paths that are checked before the best of them is told
MOST_NAMES = 100_000  # names held to a CA's name constraints, in all paths
LARGEST_MODULUS, LARGEST_EXPONENT = 8_192, 32  # bits of an RSA key: beyond, one signature takes milliseconds
LONGEST_NORMALIZED = 1_000  # signs of an attribute in a name: normalizing takes the square of their number


@dataclass
class Work:
    """What a verdict has cost, and which limit, if any, ended the search early."""

    signatures: int = 0
    steps: int = 0
    paths: int = 0
    certificates: int = 0
    rules: int = 0  # looked at, on whatever certificate
    names: int = 0
    limit: str = ""


@dataclass
class Question:
    """What is asked of a path: by whom, when (whole seconds), for what. `hostname` "": no name is asked about."""

    at: datetime
    hostname: str
    purpose: Literal["server", "client", "any"]
    crls: tuple[tuple[NameKey, x509.CertificateRevocationList], ...] = ()  # by their issuers' names
    work: Work = field(default_factory=Work)

    def moment(self) -> str:
        return f"{str(self.at)[:19]} UTC within it"


# The string types that attributes have, by their tags.
_STRINGS = dict.fromkeys((0x0C, 0x12, 0x13, 0x14, 0x16, 0x1A), "utf-8") | {0x1C: "utf-32-be", 0x1E: "utf-16-be"}


def name_key(der: bytes) -> NameKey:
    """A name, DER, in the form in which equal names are equal: case folded, spaces compressed, order of RDNs kept.

    Raises one of UNREADABLE for what is no name.
    Source: RFC 5280 7.1 (with the preparation of RFC 4518 2).
    """
    rdns = []
    for rdn in _inside(der, 0):
        pairs = [_attribute(der, *_inside(der, one)) for one in _inside(der, rdn)]
        rdns.append(frozenset(pairs))
        if not pairs or len(rdns[-1]) < len(pairs):
            raise ValueError("a relative distinguished name that is empty, or holds something twice")
    return tuple(rdns)


def _attribute(der: bytes, kind: int, value: int) -> tuple[bytes, str]:
    begin, end = _content(der, value)
    if der[value] == 0x03:  # the bits of a unique identifier: like no text, for those lose their control signs
        return der[kind:value], f"\0{der[begin:end].hex()}"
    return der[kind:value], _prepared(der[begin:end].decode(_STRINGS[der[value]]))


def _prepared(value: str) -> str:
    if not (value.isascii() and value.isprintable()):
        spaced = "".join(" " if sign.isspace() else sign for sign in value)
        # Control and format signs are mapped to nothing (RFC 4518 2.2), so that nothing invisible tells names apart.
        value = "".join(sign for sign in spaced if unicodedata.category(sign) not in ("Cc", "Cf")).casefold()
        value = unicodedata.normalize("NFKC", value) if len(value) <= LONGEST_NORMALIZED else value
    return " ".join(value.casefold().split())


class lazy(Generic[T]):
    """A property that is computed once; functools' own takes a lock each time before Python 3.12."""

    def __init__(self, compute: Callable[[Any], T]) -> None:
        self.compute, self.__doc__ = compute, compute.__doc__

    def __get__(self, record: object, owner: type) -> T:
        found = record.__dict__[self.compute.__name__] = self.compute(record)
        return found


class Record:
    """A certificate, its fields and extensions. A field that cannot be read is None and is named in `faults`."""

    def __init__(
        self, certificate: x509.Certificate, *, trusted: bool = False, read: dict[bytes, NameKey] | None = None
    ) -> None:
        """`read`: names that were read before, by their DER; most stand in two certificates."""
        self.certificate, self.trusted = certificate, trusted
        self.faults: dict[str, str] = {}
        self.subtrees: tuple[list[plain.Subtree], list[plain.Subtree]] | None = None  # known with the extensions
        self.known: dict[object, Any] = {}  # what was found out about it, so that no second path asks again
        self.whole = certificate.public_bytes(Encoding.DER)
        self.body, self.fields = _opened(self.whole)
        read = {} if read is None else read
        self.subject = self._name("subject", read)
        self.issuer = self._name("issuer", read)
        # Subject and issuer are the same entity (RFC 5280 6.1): such certificates serve the change of a key.
        self.self_issued = self.subject is not None and self.subject == self.issuer

    def _read(self, what: str, read: Callable[[], T]) -> T | None:
        try:
            return read()
        except (Warning, *UNREADABLE):
            found, fault = names.read(read)
        if fault:
            self.faults[what] = fault
        return found

    def _name(self, what: str, read: dict[bytes, NameKey]) -> NameKey | None:
        der = self.fields[what]
        key = read.get(der)
        if key is None:
            key = self._read(what, lambda: name_key(der))
            if key is not None:
                read[der] = key
        return key

    @lazy
    def subject_text(self) -> str:
        return names.read(lambda: names.short(self.certificate.subject))[0] or "(unreadable)"

    @lazy
    def issuer_text(self) -> str:
        return names.read(lambda: names.short(self.certificate.issuer))[0] or "(unreadable)"

    @lazy
    def public_key(self) -> object | None:
        return self._read("public key", self._verifying_key)

    def _verifying_key(self) -> object:
        """The key; what would be verified otherwise than it asks, or at too high a price, is as good as unreadable."""
        key = self.certificate.public_key()
        if self.spki.startswith(_RSA_2048) and self.spki.endswith(_F4):  # nearly every RSA key: nothing to be refused
            return key
        if isinstance(key, rsa.RSAPublicKey):
            if _RSASSA_PSS in self.spki[:20]:
                raise ValueError("for RSASSA-PSS alone, and the terms that it may set are not read here")
            bits, exponent = key.key_size, key.public_numbers().e
            if exponent < 3 or exponent % 2 == 0:  # RFC 8017 3.1
                raise ValueError("RSA with an exponent that is none")
            if bits > LARGEST_MODULUS or exponent.bit_length() > LARGEST_EXPONENT:
                raise ValueError(
                    f"RSA of {bits:,} bits with an exponent of {exponent.bit_length():,}: too large for here"
                )
        elif isinstance(key, ec.EllipticCurvePublicKey) and _NAMED_CURVE not in self.spki[:16]:
            raise ValueError("a curve given by its numbers, not by its name")
        return key

    @property
    def spki(self) -> bytes:
        """The public key as SubjectPublicKeyInfo, DER, as it stands."""
        return self.fields["key"]

    @lazy
    def validity(self) -> tuple[datetime, datetime] | None:
        one = self.certificate
        return self._read("validity", lambda: (one.not_valid_before_utc, one.not_valid_after_utc))

    @lazy
    def serial(self) -> int | None:
        return self._read("serial number", lambda: self.certificate.serial_number)

    @lazy
    def extensions(self) -> list[x509.Extension[x509.ExtensionType]]:
        """Where one of them is malformed or stands twice, none can be read and `faults` says so.

        The value of plain name constraints is left as bytes; `subtrees` and `extension` read it.
        """
        return self._beside_subtrees() or list(self._read("extensions", lambda: self.certificate.extensions) or ())

    def _beside_subtrees(self) -> list[x509.Extension[x509.ExtensionType]]:
        """All extensions, where name constraints are among them and plain; otherwise none, and nothing is said of them.

        cryptography makes an object of each subtree, a network's by way of text, which takes longer than all else in a
        certificate. Under an OID that it does not know it leaves the bytes as they are, and judges all the rest.
        """
        if self.whole.count(_CONSTRAINTS) != 1 or _NOBODYS in self.whole:
            return []
        held = names.read(self._renamed)[0] or []
        for place, one in enumerate(held):
            if type(one.value) is x509.UnrecognizedExtension and one.oid == _NOBODYS_OID:
                self.subtrees = plain.subtrees(one.value.value)
                held[place] = x509.Extension(_CONSTRAINTS_OID, one.critical, one.value)
        return held if self.subtrees else []

    def _renamed(self) -> list[x509.Extension[x509.ExtensionType]]:
        if self.certificate.serial_number <= 0:  # of which cryptography warns, once is enough
            return []
        return list(x509.load_der_x509_certificate(self.whole.replace(_CONSTRAINTS, _NOBODYS)).extensions)

    @lazy
    def _by_type(self) -> dict[type, x509.Extension[x509.ExtensionType]]:
        found = {type(one.value): one for one in self.extensions}
        if self.subtrees:
            found[x509.NameConstraints] = next(one for one in self.extensions if one.oid == _CONSTRAINTS_OID)
        return found

    def has(self, kind: type[x509.ExtensionType]) -> bool:
        return kind in self._by_type

    def extension(self, kind: type[E]) -> E | None:
        found = self._by_type.get(kind)
        if found is None:
            return None
        if type(found.value) is not kind:  # bytes so far
            return self.certificate.extensions.get_extension_for_class(kind).value
        return found.value

    def critical(self, kind: type[x509.ExtensionType]) -> bool:
        found = self._by_type.get(kind)
        return found is not None and found.critical

    @property
    def key_identifier(self) -> bytes | None:
        found = self.extension(x509.SubjectKeyIdentifier)
        return None if found is None else found.digest

    @property
    def issuer_key_identifier(self) -> bytes | None:
        found = self.extension(x509.AuthorityKeyIdentifier)
        return None if found is None else found.key_identifier

    @lazy
    def is_ca(self) -> bool:
        found = self.extension(x509.BasicConstraints)
        return found is not None and found.ca

    def in_time(self, at: datetime) -> bool:
        """Both ends belong to the validity (RFC 5280 4.1.2.5); `at` has no parts of a second, as they have none."""
        return self.validity is not None and self.validity[0] <= at <= self.validity[1]

    def unfit(self, at: datetime) -> int:
        """How much, as far as it tells itself, speaks against it as an issuer: no CA, not to sign, not in its time."""
        usage = self.extension(x509.KeyUsage)
        return (not self.is_ca) + (usage is not None and not usage.key_cert_sign) + (not self.in_time(at))


def signed_by(child: Record, issuer: Record) -> Signed:
    """Does the issuer's key verify the child's signature? "unsupported": in a way that is not verified here.

    The algorithm stands twice in a certificate, and must be the same (RFC 5280 4.1.1.2).
    Source: RFC 5280 6.1.3 (a)(1).
    """
    one, key = child.certificate, issuer.public_key
    try:
        how, signature = one.signature_algorithm_parameters, one.signature
        if isinstance(key, rsa.RSAPublicKey) and type(how) in (padding.PKCS1v15, padding.PSS):
            key.verify(signature, child.body, how, one.signature_hash_algorithm)  # type: ignore[arg-type]
        elif isinstance(key, ec.EllipticCurvePublicKey) and type(how) is ec.ECDSA:
            if key.curve.name not in _CURVES:
                return "unsupported"
            key.verify(signature, child.body, how)
        elif key is not None and issuer.certificate.public_key_algorithm_oid == one.signature_algorithm_oid:
            key.verify(signature, child.body)  # type: ignore[attr-defined]  # Ed25519, Ed448, ML-DSA
        else:
            # A known algorithm that is not for this kind of key: another key signed.
            known = how is not None and not isinstance(key, dsa.DSAPublicKey | None)
            return "wrong" if known else "unsupported"
    except InvalidSignature:
        return "wrong"
    except UNREADABLE:
        return "unsupported"
    octets = child.whole[-len(signature) - 1] == 0  # the bit string has no unused bits, which nothing else would cover
    return "good" if octets and algorithm_stands_twice(child) else "wrong"


def algorithm_stands_twice(child: Record) -> bool:
    """Whether the algorithm that follows the signed body is the one inside."""
    begin = _content(child.whole, 0)[0] + len(child.body)
    return child.whole.startswith(child.fields["algorithm"], begin)


_FIELDS = ("serial number", "algorithm", "issuer", "validity", "subject", "key")


def _opened(whole: bytes) -> tuple[bytes, dict[str, bytes]]:
    """The signed part of a certificate and, by name, the fields with which it begins (RFC 5280 4.1), DER each."""
    start = _content(whole, 0)[0]
    at, end = _content(whole, start)
    if whole[at] == 0xA0:  # the version, which version 1 leaves out
        at = _content(whole, at)[1]
    fields = {}
    for name in _FIELDS:
        length = whole[at + 1]
        after = at + 2 + length if length < 0x80 else _content(whole, at)[1]
        fields[name] = whole[at:after]
        at = after
    return whole[start:end], fields


def _inside(der: bytes, start: int) -> list[int]:
    """Where the elements inside the one at `start` begin."""
    at, end = _content(der, start)
    found = []
    while at < end:
        found.append(at)
        length = der[at + 1]  # most are short, and a call takes longer than this
        at = at + 2 + length if length < 0x80 else _content(der, at)[1]
    return found


def _content(der: bytes, start: int) -> tuple[int, int]:
    """Where the content of the element at `start` begins and ends; the bytes are known to be DER."""
    length, begin = der[start + 1], start + 2
    if length < 0x80:
        return begin, begin + length
    begin += length - 0x80
    return begin, begin + int.from_bytes(der[start + 2 : begin], "big")
