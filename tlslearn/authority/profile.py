"""What does a certificate of this course say, field by field and extension by extension?

Sections: RFC 5280 4.1 (fields), 4.2 (extensions).
Leaves out: who may have one, which `policy` decides, and certificate policies.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from secrets import randbits
from typing import Any, Literal

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from .. import keys, names
from ..chain import records
from ..check import BadInput

Purpose = Literal["server", "client"]
Extension = x509.Extension[Any]

# A lab root that escapes from its lab can vouch for nothing outside: names that never reach the public DNS
# (RFC 6761, RFC 2606) and addresses that never leave the machine.
LAB_NAMES = ("localhost", "test", "example", "127.0.0.0/8", "::1/128")

USAGE: dict[Purpose, x509.ObjectIdentifier] = {
    "server": ExtendedKeyUsageOID.SERVER_AUTH,
    "client": ExtendedKeyUsageOID.CLIENT_AUTH,
}
_FIRST = datetime(1950, 1, 1, tzinfo=UTC)  # two-digit years begin there (RFC 5280 4.1.2.5.1)


@dataclass
class Draft:
    """A certificate before it is signed; whoever breaks one thing on purpose changes it here."""

    issuer: x509.Name
    subject: x509.Name
    public_key: keys.PublicKey
    start: datetime
    end: datetime
    serial: int
    extensions: list[Extension]

    def leave(self, kind: type[x509.ExtensionType]) -> None:
        self.extensions = [one for one in self.extensions if not isinstance(one.value, kind)]

    def put(self, value: x509.ExtensionType, *, critical: bool) -> None:
        """In the place of one of its kind, or as the last."""
        kinds = [type(one.value) for one in self.extensions]
        place = kinds.index(type(value)) if type(value) in kinds else len(kinds)
        made = x509.Extension(value.oid, critical, value)
        self.extensions = [*self.extensions[:place], made, *self.extensions[place + 1 :]]

    def name(self, entries: Sequence[x509.GeneralName], *, critical: bool | None = None) -> None:
        """The names; unless told otherwise, critical where there is no subject. Source: RFC 5280 4.2.1.6."""
        wanted = not list(self.subject) if critical is None else critical
        self.put(x509.SubjectAlternativeName(entries), critical=wanted)

    @property
    def names(self) -> list[x509.GeneralName]:
        held = [one.value for one in self.extensions if isinstance(one.value, x509.SubjectAlternativeName)]
        return list(held[0]) if held else []

    def sign(self, private_key: keys.PrivateKey, *, same_bytes: bool) -> x509.Certificate:
        """Signed with the hash that suits the key; `same_bytes`, for lessons that show them: without randomness."""
        parts = (self.issuer, self.subject, self.public_key, self.serial, self.start, self.end, self.extensions)
        ecdsa = isinstance(private_key, ec.EllipticCurvePrivateKey)
        return x509.CertificateBuilder(*parts).sign(
            private_key, keys.signing_hash(private_key), ecdsa_deterministic=same_bytes if ecdsa else None
        )


def ca(
    subject: x509.Name,
    issuer: x509.Name,
    public_key: keys.PublicKey,
    validity: tuple[datetime, datetime],
    *,
    path_length: int | None,
    permitted: Sequence[str] | None,
) -> Draft:
    """Source: RFC 5280 4.2.1.9 (basic constraints), 4.2.1.3 (key usage), 4.2.1.2 (key identifier)."""
    draft = Draft(issuer, subject, public_key, *validity, new_serial(), [])
    draft.put(x509.BasicConstraints(ca=True, path_length=path_length), critical=True)
    draft.put(key_usage(key_cert_sign=True, crl_sign=True), critical=True)
    draft.put(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
    if permitted is not None:
        draft.put(_name_constraints(permitted), critical=True)
    return draft


def leaf_extensions(purpose: Purpose, issuer: x509.AuthorityKeyIdentifier) -> list[Extension]:
    """What all leaves of an authority for one purpose have in common.

    Source: RFC 5280 4.2.1.9, 4.2.1.3, 4.2.1.12, 4.2.1.1.
    """
    told: list[tuple[x509.ExtensionType, bool]] = [
        (x509.BasicConstraints(ca=False, path_length=None), True),
        (key_usage(digital_signature=True), True),
        (x509.ExtendedKeyUsage([USAGE[purpose]]), False),
        (issuer, False),
    ]
    return [x509.Extension(value.oid, critical, value) for value, critical in told]


def key_identifier(issuer: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    """The issuer's own subject key identifier, or, where it has none, what it would be. Source: RFC 5280 4.2.1.1."""
    held = records.Record(issuer).key_identifier
    usual = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.public_key())  # type: ignore[arg-type]
    return usual if held is None else x509.AuthorityKeyIdentifier(held, None, None)


def hold_purpose(purpose: Purpose) -> None:
    if purpose not in USAGE:
        raise BadInput("no such purpose", value=purpose, fix=f"Use one of {', '.join(USAGE)}.")


def key_usage(
    *,
    digital_signature: bool = False,
    content_commitment: bool = False,
    key_cert_sign: bool = False,
    crl_sign: bool = False,
) -> x509.KeyUsage:
    """The bits that certificates for TLS have, or must not have; the other five are never set here."""
    no = False
    return x509.KeyUsage(digital_signature, content_commitment, no, no, no, key_cert_sign, crl_sign, no, no)


def pem(certificates: Iterable[x509.Certificate]) -> bytes:
    return b"".join(certificate.public_bytes(Encoding.PEM) for certificate in certificates)


def fingerprint(certificate: x509.Certificate) -> str:
    return certificate.fingerprint(hashes.SHA256()).hex(":").upper()


def leaf_subject(entries: Sequence[x509.GeneralName]) -> x509.Name:
    """The first host name as the common name.

    One holds 64 characters at most (RFC 5280 A.1), and OpenSSL holds one that looks like a host name to the constraints
    on DNS names, 127.0.0.1 too. Nobody needs it: where no name fits, it is left out, and then the names are critical
    (RFC 5280 4.2.1.6).
    """
    fitting = (one.value for one in entries if isinstance(one, x509.DNSName) and len(one.value) <= 64)
    first = next(fitting, None)
    return x509.Name([]) if first is None else common_name(first)


def subject(text: str) -> x509.Name:
    if not isinstance(text, str) or not text.strip() or len(text) > 64:
        raise BadInput("not a name for an authority", value=text, fix="Give 1 to 64 characters, as in 'Lab Root'.")
    return common_name(text)


def common_name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])


def validity(
    valid_for: timedelta,
    issuer: x509.Certificate | None,
    not_before: datetime | None = None,
    not_after: datetime | None = None,
) -> tuple[datetime, datetime]:
    """First and last second, aware UTC. What was not asked for stays within the issuer's own validity."""
    for moment in (not_before, not_after):
        if moment is not None and (not isinstance(moment, datetime) or moment.utcoffset() is None):
            raise BadInput("not a time with an offset", value=moment, fix="Use datetime.now(UTC) or tzinfo=UTC.")
    if not isinstance(valid_for, timedelta) or valid_for <= timedelta(0):
        raise BadInput("not a time to be valid for", value=valid_for, fix="Give it as in timedelta(days=30).")
    try:
        # An hour back, so that a client whose clock is a little slow can connect at once.
        start = (not_before or datetime.now(UTC) - timedelta(hours=1)).astimezone(UTC).replace(microsecond=0)
        end = (not_after or start + timedelta(hours=1) + valid_for).astimezone(UTC).replace(microsecond=0)
    except OverflowError as error:
        asked = not_after or not_before or valid_for
        raise BadInput("not within the years 1 to 9999", value=asked, fix="Give a shorter time.") from error
    if issuer is not None:
        start = start if not_before else max(start, issuer.not_valid_before_utc)
        end = end if not_after else min(end, issuer.not_valid_after_utc)
    if end <= start:
        raise BadInput("the validity ends before it begins", value=f"{start} to {end}", fix="Move not_after.")
    if start < _FIRST:
        raise BadInput("a time no certificate can hold", value=str(start), fix=f"Begin in {_FIRST.year} or later.")
    return start, end


def new_serial() -> int:
    """Positive, 16 bytes long every time, 126 random bits (64 are asked for by the Baseline Requirements, 7.1)."""
    return 1 << 126 | randbits(126)


def held_serial(serial: int) -> int:
    """Source: RFC 5280 4.1.2.2: positive, 20 bytes at most, and the first bit is the sign."""
    if not isinstance(serial, int) or not 0 < serial < 1 << 159:
        raise BadInput("not a serial number", value=serial, fix="Give a whole number from 1 to 2**159 - 1.")
    return serial


def key_or_new(key: keys.PrivateKey | None, kind: keys.Kind) -> keys.PrivateKey:
    if key is None:
        return keys.generate(kind)
    if not isinstance(key, keys.PrivateKey):
        raise BadInput("not a private key", value=type(key).__name__, fix="Pass what keys.generate() returned.")
    return key


def listed(wanted: Sequence[str]) -> list[str]:
    """A string alone would be taken letter by letter."""
    if isinstance(wanted, str) or not isinstance(wanted, Iterable) or not (found := list(wanted)):
        raise BadInput("no list of names", value=wanted, fix='Give one name or more, as in ["localhost"].')
    return found


def named(wanted: Sequence[str], purpose: Purpose) -> list[x509.GeneralName]:
    """The names as they stand in a certificate; a server's are host names and addresses. Source: RFC 5280 4.2.1.6."""
    read = names.host_name if purpose == "server" else names.general_name
    return list(dict.fromkeys(read(text) for text in listed(wanted)))


def _name_constraints(permitted: Sequence[str]) -> x509.NameConstraints:
    """Source: RFC 5280 4.2.1.10. A form of name without a permitted entry is unconstrained there, so it is excluded."""
    inside = [_subtree(text) for text in listed(permitted)]
    outside: list[x509.GeneralName] = []
    if not any(isinstance(entry, x509.IPAddress) for entry in inside):
        outside += [x509.IPAddress(ipaddress.ip_network(every)) for every in ("0.0.0.0/0", "::/0")]
    if not any(isinstance(entry, x509.DNSName) for entry in inside):
        raise BadInput("no host name permitted", value=list(permitted), fix='Permit at least one, as in ["example"].')
    return x509.NameConstraints(inside, outside or None)


def _subtree(text: str) -> x509.GeneralName:
    """A host name, which stands for all below it too, or a network; a single address is a network of one."""
    if not isinstance(text, str) or "/" not in text:
        name = names.host_name(text)
        if isinstance(name, x509.DNSName):
            if name.value.startswith("*."):
                fix = "Leave *. out: a name covers what is below it."
                raise BadInput("a wildcard in a constraint", value=text, fix=fix)
            return name
    try:
        return x509.IPAddress(ipaddress.ip_network(text))
    except ValueError as error:
        raise BadInput("not a network", value=text, fix="Write it as in 127.0.0.0/8.") from error
