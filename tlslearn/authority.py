"""Who may vouch for a name, and what does the vouching look like?

Sections: RFC 5280 4 (certificate profile), 4.2.1.10 (name constraints).
Leaves out, so far: signing requests, CRLs, OCSP and a CA kept on disk, which come with notebooks 04 and 12.
"""

from __future__ import annotations

import ipaddress
import ssl
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from os import PathLike
from pathlib import Path
from secrets import randbits
from typing import Literal, get_args

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from . import files, keys, names
from .check import BadInput

Purpose = Literal["server", "client"]
Fault = Literal["expired", "not-yet-valid", "signature-changed"]

# A lab root that escapes from its lab can vouch for nothing outside: names that never reach the public DNS
# (RFC 6761, RFC 2606) and addresses that never leave the machine.
LAB_NAMES = ("localhost", "test", "example", "127.0.0.0/8", "::1/128")

_USAGE = {"server": ExtendedKeyUsageOID.SERVER_AUTH, "client": ExtendedKeyUsageOID.CLIENT_AUTH}


@dataclass(frozen=True, repr=False)
class Credential:
    """A leaf certificate with its private key and the intermediates that go with it: what a server presents."""

    certificate: x509.Certificate
    private_key: keys.PrivateKey
    intermediates: tuple[x509.Certificate, ...] = ()

    @property
    def chain(self) -> tuple[x509.Certificate, ...]:
        """The certificates to present: leaf first, each followed by its issuer, without the root."""
        return (self.certificate, *self.intermediates)

    def write(self, directory: str | PathLike[str], *, overwrite: bool = False) -> tuple[Path, Path]:
        """Write `fullchain.pem` and `key.pem` (mode 0600), the two files that servers ask for; returns their paths.

        Raises BadInput, before anything is written, where one of them exists (unless `overwrite`).
        """
        chain, key = Path(directory, "fullchain.pem"), Path(directory, "key.pem")
        for path in (chain, key):
            if path.exists() and not overwrite:
                raise BadInput("file exists", value=str(path), fix="Choose another folder, or say overwrite=True.")
        keys.save(self.private_key, key, overwrite=overwrite)
        files.write_atomically(chain, self._chain_pem(), mode=0o644, overwrite=overwrite)
        return chain, key

    def server_context(self) -> ssl.SSLContext:
        """An SSLContext that presents this credential and trusts nobody, for `ssl` servers.

        `ssl` reads keys from files alone, so they stand in a private temporary folder for that moment.
        """
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with tempfile.TemporaryDirectory(prefix="tlslearn-") as folder:
            both = files.write_atomically(Path(folder, "both.pem"), keys.pem(self.private_key) + self._chain_pem())
            context.load_cert_chain(both)
        return context

    def _chain_pem(self) -> bytes:
        return b"".join(certificate.public_bytes(Encoding.PEM) for certificate in self.chain)

    def __repr__(self) -> str:
        above = " ← ".join(names.short(certificate.issuer) for certificate in self.chain)
        return f"<Credential {', '.join(names.presented(self.certificate)) or 'without names'} ← {above}>"


@dataclass(frozen=True, repr=False, eq=False)
class Authority:
    """A certificate authority: a certificate, its private key, and the authority above it (None for a root)."""

    certificate: x509.Certificate
    private_key: keys.PrivateKey
    issuer: Authority | None = None

    @classmethod
    def create(
        cls,
        subject: str,
        *,
        kind: keys.Kind = "p256",
        valid_for: timedelta = timedelta(days=30),
        permitted: Sequence[str] | None = LAB_NAMES,
        key: keys.PrivateKey | None = None,
        not_before: datetime | None = None,
        not_after: datetime | None = None,
    ) -> Authority:
        """A new root. It can vouch for the `permitted` names and networks alone; None lifts that constraint.

        `not_before` and `not_after` as for `issue`. Raises BadInput for an empty subject, a kind of key there is not,
        or a validity without length.
        Source: RFC 5280 4.2.1.9 (basic constraints), 4.2.1.3 (key usage), 4.2.1.10 (name constraints).
        """
        private_key = _key_or_new(key, kind)
        name = _subject(subject)
        start, end = _validity(valid_for, None, not_before, not_after)
        builder = _ca_builder(name, name, private_key, start, end, path_length=None, permitted=permitted)
        return cls(_sign(builder, private_key), private_key)

    def intermediate(
        self,
        subject: str,
        *,
        kind: keys.Kind = "p256",
        path_length: int = 0,
        permitted: Sequence[str] | None = None,
        valid_for: timedelta = timedelta(days=30),
        key: keys.PrivateKey | None = None,
        not_before: datetime | None = None,
        not_after: datetime | None = None,
    ) -> Authority:
        """A CA below this one; `path_length` says how many more CAs may stand below it.

        Raises BadInput as `create` does. Source: RFC 5280 4.2.1.9.
        """
        private_key = _key_or_new(key, kind)
        self._hold_path_length(path_length)
        start, end = _validity(valid_for, self.certificate, not_before, not_after)
        above = self.certificate.subject
        builder = _ca_builder(
            _subject(subject), above, private_key, start, end, path_length=path_length, permitted=permitted
        ).add_extension(self._key_identifier(), critical=False)
        return Authority(_sign(builder, self.private_key), private_key, self)

    def issue(
        self,
        names: Sequence[str],
        *,
        purpose: Purpose = "server",
        kind: keys.Kind = "p256",
        key: keys.PrivateKey | None = None,
        not_before: datetime | None = None,
        not_after: datetime | None = None,
        serial: int | None = None,
        one_thing_wrong: Fault | None = None,
    ) -> Credential:
        """A leaf for these host names and addresses, with its key and chain; valid a week unless told otherwise.

        `not_before` and `not_after` are aware datetimes, exact to the second. Raises BadInput for a name that is
        none or that this authority may not vouch for, a validity without an offset or length, an unknown fault.
        Source: RFC 5280 4.2.1.6 (names), 4.2.1.12 (purpose), 4.1.2.5 (validity).
        """
        if one_thing_wrong is not None and one_thing_wrong not in get_args(Fault):
            fix = f"Use one of {', '.join(get_args(Fault))}."
            raise BadInput("no such fault", value=one_thing_wrong, fix=fix)
        if one_thing_wrong in _SHIFTS and (not_before or not_after):
            raise BadInput(
                "this fault sets the times itself", value=one_thing_wrong, fix="Give the times or the fault."
            )
        private_key = _key_or_new(key, kind)
        start, end = _validity(timedelta(days=7), self.certificate, not_before, not_after)
        if one_thing_wrong in _SHIFTS:
            start, end = (moment + _SHIFTS[one_thing_wrong] for moment in (start, end))
        builder = self._leaf_builder(self._permitted(names), private_key, purpose).not_valid_before(start)
        builder = builder.not_valid_after(end).serial_number(_serial() if serial is None else _held_serial(serial))
        credential = Credential(_sign(builder, self.private_key), private_key, self._presented())
        if one_thing_wrong == "signature-changed":
            return replace(credential, certificate=_change_signature(credential.certificate))
        return credential

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the whole certificate, as browsers and openssl show it: 32 bytes in hex, colons between."""
        return self.certificate.fingerprint(hashes.SHA256()).hex(":").upper()

    def __repr__(self) -> str:
        kind = "root" if self.issuer is None else f"below {names.short(self.issuer.certificate.subject)}"
        return f"<Authority {names.short(self.certificate.subject)}, {kind}>"

    def _presented(self) -> tuple[x509.Certificate, ...]:
        return () if self.issuer is None else (self.certificate, *self.issuer._presented())

    def _room_below(self) -> int | None:
        """How many CAs may stand below this one, by its own path length and those above; None: as many as you like."""
        own = self.certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.path_length
        above = None if self.issuer is None else self.issuer._room_below()
        return min((room for room in (own, None if above is None else above - 1) if room is not None), default=None)

    def _hold_path_length(self, wanted: int) -> None:
        room = self._room_below()
        if not isinstance(wanted, int) or wanted < 0:
            raise BadInput("not a path length", value=wanted, fix="Give 0 or more.")
        if room is not None and wanted >= room:
            subject = names.short(self.certificate.subject)
            fix = f"{subject} leaves room for {room} below it (RFC 5280 4.2.1.9): give it a greater path_length."
            raise BadInput("path length too great for the authority above", value=wanted, fix=fix)

    def _key_identifier(self) -> x509.AuthorityKeyIdentifier:
        own = self.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
        return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own.value)

    def _leaf_builder(
        self, entries: list[x509.GeneralName], private_key: keys.PrivateKey, purpose: Purpose
    ) -> x509.CertificateBuilder:
        if purpose not in _USAGE:
            raise BadInput("no such purpose", value=purpose, fix=f"Use one of {', '.join(_USAGE)}.")
        # A common name holds 64 characters at most (RFC 5280 A.1), and OpenSSL holds one that looks like a host name to
        # the constraints on DNS names, 127.0.0.1 too. Nobody needs it: where no name fits, it is left out, and then the
        # names are critical (RFC 5280 4.2.1.6).
        fitting = [one.value for one in entries if isinstance(one, x509.DNSName) and len(one.value) <= 64]
        subject = _common_name(fitting[0]) if fitting else x509.Name([])
        return (
            x509.CertificateBuilder(self.certificate.subject, subject, private_key.public_key())
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_key_usage(digital_signature=True), critical=True)
            .add_extension(x509.ExtendedKeyUsage([_USAGE[purpose]]), critical=False)
            .add_extension(x509.SubjectAlternativeName(entries), critical=not list(subject))
            .add_extension(self._key_identifier(), critical=False)
        )

    def _permitted(self, wanted: Sequence[str]) -> list[x509.GeneralName]:
        """The names as SAN entries, each within the name constraints of this authority and of all above it."""
        entries: list[x509.GeneralName] = [names.host_name(name) for name in _listed(wanted)]
        above: Authority | None = self
        while above is not None:
            for entry in entries:
                _hold_to_constraints(entry, above.certificate)
            above = above.issuer
        return entries


# How far the validity of a credential is moved, for the two faults that are about time. Both stay clear of the
# minute in which they are made, so that a slow machine sees the same.
_SHIFTS: Mapping[str | None, timedelta] = {"expired": timedelta(days=-30), "not-yet-valid": timedelta(days=30)}


def _subject(text: str) -> x509.Name:
    if not isinstance(text, str) or not text.strip() or len(text) > 64:
        raise BadInput("not a name for an authority", value=text, fix="Give 1 to 64 characters, as in 'Lab Root'.")
    return _common_name(text)


def _common_name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])


def _validity(
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
    # An hour back, so that a client whose clock is a little slow can connect at once.
    start = not_before or datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
    try:
        end = not_after or start + timedelta(hours=1) + valid_for
    except OverflowError as error:
        raise BadInput("an end after the year 9999", value=valid_for, fix="Give a shorter time.") from error
    if issuer is not None:
        start = start if not_before else max(start, issuer.not_valid_before_utc)
        end = end if not_after else min(end, issuer.not_valid_after_utc)
    if end <= start:
        raise BadInput("the validity ends before it begins", value=f"{start} to {end}", fix="Move not_after.")
    if start < _FIRST:
        raise BadInput("a time no certificate can hold", value=str(start), fix=f"Begin in {_FIRST.year} or later.")
    return start, end


# Two-digit years begin there (RFC 5280 4.1.2.5.1).
_FIRST = datetime(1950, 1, 1, tzinfo=UTC)


def _serial() -> int:
    """Positive, 16 bytes long every time, 126 random bits (64 are asked for by the Baseline Requirements, 7.1)."""
    return 1 << 126 | randbits(126)


def _held_serial(serial: int) -> int:
    """Source: RFC 5280 4.1.2.2: positive, 20 bytes at most, and the first bit is the sign."""
    if not isinstance(serial, int) or not 0 < serial < 1 << 159:
        raise BadInput("not a serial number", value=serial, fix="Give a whole number from 1 to 2**159 - 1.")
    return serial


def _key_or_new(key: keys.PrivateKey | None, kind: keys.Kind) -> keys.PrivateKey:
    if key is None:
        return keys.generate(kind)
    if not isinstance(key, keys.PrivateKey):
        raise BadInput("not a private key", value=type(key).__name__, fix="Pass what keys.generate() returned.")
    return key


def _key_usage(**set_bits: bool) -> x509.KeyUsage:
    bits = dict.fromkeys(
        (
            "digital_signature",
            "content_commitment",
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "key_cert_sign",
            "crl_sign",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    return x509.KeyUsage(**(bits | set_bits))


def _ca_builder(
    subject: x509.Name,
    issuer: x509.Name,
    private_key: keys.PrivateKey,
    start: datetime,
    end: datetime,
    *,
    path_length: int | None,
    permitted: Sequence[str] | None,
) -> x509.CertificateBuilder:
    public_key = private_key.public_key()
    builder = (
        x509.CertificateBuilder(issuer, subject, public_key, _serial(), start, end)
        .add_extension(x509.BasicConstraints(ca=True, path_length=path_length), critical=True)
        .add_extension(_key_usage(key_cert_sign=True, crl_sign=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
    )
    return builder if permitted is None else builder.add_extension(_name_constraints(permitted), critical=True)


def _name_constraints(permitted: Sequence[str]) -> x509.NameConstraints:
    """Source: RFC 5280 4.2.1.10. A form of name without a permitted entry is unconstrained there, so it is excluded."""
    inside = [_subtree(text) for text in _listed(permitted)]
    outside: list[x509.GeneralName] = []
    if not any(isinstance(entry, x509.IPAddress) for entry in inside):
        outside += [x509.IPAddress(ipaddress.ip_network(every)) for every in ("0.0.0.0/0", "::/0")]
    if not any(isinstance(entry, x509.DNSName) for entry in inside):
        raise BadInput("no host name permitted", value=list(permitted), fix='Permit at least one, as in ["example"].')
    return x509.NameConstraints(inside, outside or None)


def _listed(wanted: Sequence[str]) -> list[str]:
    """A string alone would be taken letter by letter."""
    if isinstance(wanted, str) or not isinstance(wanted, Iterable) or not (listed := list(wanted)):
        raise BadInput("no list of names", value=wanted, fix='Give one name or more, as in ["localhost"].')
    return listed


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


def _hold_to_constraints(entry: x509.GeneralName, certificate: x509.Certificate) -> None:
    try:
        permitted = certificate.extensions.get_extension_for_class(x509.NameConstraints).value.permitted_subtrees
    except x509.ExtensionNotFound:
        return
    if not any(_within(entry, subtree) for subtree in permitted or ()):
        allowed = ", ".join(str(subtree.value) for subtree in permitted or ())
        authority = names.short(certificate.subject)
        fix = f"{authority} may vouch for {allowed} and what lies below them (RFC 5280 4.2.1.10)."
        raise BadInput("name outside what the authority is permitted", value=str(entry.value), fix=fix)


def _within(entry: x509.GeneralName, subtree: x509.GeneralName) -> bool:
    if isinstance(entry, x509.IPAddress):
        return isinstance(subtree, x509.IPAddress) and entry.value in subtree.value  # type: ignore[operator]
    if not isinstance(subtree, x509.DNSName):
        return False
    return f".{entry.value}".lower().endswith(f".{subtree.value}".lower())


def _sign(builder: x509.CertificateBuilder, private_key: keys.PrivateKey) -> x509.Certificate:
    # Lessons that show bytes want the same bytes every time; a random key keeps its random nonce.
    same_bytes = True if isinstance(private_key, ec.EllipticCurvePrivateKey) and keys.is_demo(private_key) else None
    return builder.sign(private_key, keys.signing_hash(private_key), ecdsa_deterministic=same_bytes)


def _change_signature(certificate: x509.Certificate) -> x509.Certificate:
    """The same certificate with the lowest bit of its last byte, which is the signature's, flipped."""
    data = bytearray(certificate.public_bytes(Encoding.DER))
    data[-1] ^= 1
    return x509.load_der_x509_certificate(bytes(data))
