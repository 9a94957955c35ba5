"""How does one certificate come to vouch for another?

Sections: RFC 5280 4.2.1.9 (authorities and their path length), 4.2.1.10 (name constraints).
Leaves out: CRLs and OCSP, which come with notebook 12.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from .. import files, keys, names
from ..check import BadInput
from . import faults, kept, policy, profile
from .faults import Fault
from .profile import LAB_NAMES, Draft, Purpose


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

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the whole leaf, as browsers and openssl show it: 32 bytes in hex, colons between."""
        return profile.fingerprint(self.certificate)

    def write(self, directory: str | PathLike[str], *, overwrite: bool = False) -> tuple[Path, Path]:
        """Write `fullchain.pem` and `key.pem` (mode 0600), the two files that servers ask for; returns their paths.

        Raises BadInput, before anything is written, where one of them exists (unless `overwrite`).
        """
        chain, key = Path(directory, "fullchain.pem"), Path(directory, "key.pem")
        for path in (chain, key):
            if path.exists() and not overwrite:
                raise BadInput("file exists", value=str(path), fix="Choose another folder, or say overwrite=True.")
        keys.save(self.private_key, key, overwrite=overwrite)
        files.write_atomically(chain, profile.pem(self.chain), mode=0o644, overwrite=overwrite)
        return chain, key

    def server_context(self) -> ssl.SSLContext:
        """An SSLContext that presents this credential and trusts nobody, for `ssl` servers.

        `ssl` reads keys from files alone, so they stand in a private temporary folder for that moment.
        """
        import tempfile  # which draws in archives, and who only issues needs it not

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        if isinstance(self.private_key, rsa.RSAPrivateKey) and self.private_key.key_size < 2048:
            context.set_ciphers("DEFAULT:@SECLEVEL=0")  # at its ordinary level OpenSSL does not even load such a key
        with tempfile.TemporaryDirectory(prefix="tlslearn-") as folder:
            both = keys.pem(self.private_key) + profile.pem(self.chain)
            context.load_cert_chain(files.write_atomically(Path(folder, "both.pem"), both))
        return context

    def __repr__(self) -> str:
        above = " ← ".join(names.short(certificate.issuer) for certificate in self.chain)
        return f"<Credential {', '.join(names.presented(self.certificate)) or 'without names'} ← {above}>"


@dataclass(frozen=True, repr=False, eq=False)
class Authority:
    """A certificate authority: a certificate, its private key, and the certificates above, the root last (none for a
    root). One that is kept in a `directory` lists there whatever its key signs."""

    certificate: x509.Certificate
    private_key: keys.PrivateKey
    issuers: tuple[x509.Certificate, ...] = ()
    directory: Path | None = None

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
        or a validity without an offset or length.
        Source: RFC 5280 4.2.1.9 (basic constraints), 4.2.1.3 (key usage), 4.2.1.10 (name constraints).
        """
        private_key = profile.key_or_new(key, kind)
        name, times = profile.subject(subject), profile.validity(valid_for, None, not_before, not_after)
        draft = profile.ca(name, name, private_key.public_key(), times, path_length=None, permitted=permitted)
        return cls(draft.sign(private_key, same_bytes=keys.is_demo(private_key)), private_key)

    @classmethod
    def load(cls, directory: str | PathLike[str], passphrase: str | bytes | None = None) -> Authority:
        """An authority that `save` has kept. Raises BadInput where a file is missing, unreadable or of another CA."""
        folder = kept.folder(directory)
        return cls(*kept.load(folder, passphrase), folder)

    def save(self, directory: str | PathLike[str], passphrase: str | bytes | None = None) -> Path:
        """Keep this authority in a new folder: certificate, key (mode 0600), issuers, and the list of what it signs.

        From then on each certificate is listed on the disk before it is handed out, by this object and by those that
        `load` returns, in any number of processes at once; what it signed before is not listed.
        Raises BadInput for an authority that is kept already, whose list would be split, a demo key, an empty
        passphrase, a folder that has something in it; then nothing is written.
        """
        if self.directory is not None:
            raise BadInput(
                "kept already", value=str(self.directory), fix="Load it from there, or copy all of the folder."
            )
        folder = kept.save(kept.folder(directory), self.certificate, self.issuers, self.private_key, passphrase)
        object.__setattr__(self, "directory", folder)  # frozen for callers: whatever else is set would not fit the key
        return folder

    def issued(self) -> Iterator[dict[str, Any]]:
        """What a kept authority has signed, oldest first, read from its journal as you go.

        Each entry holds serial (hex), subject, names, not_before and not_after (ISO 8601), fingerprint, and the
        certificate (DER in Base64). A line cut short by a crash is left out with a warning. Raises BadInput where the
        authority is not kept.
        """
        if self.directory is None:
            raise BadInput("this authority is not kept, so it has no list", value=self, fix="Save it first.")
        return kept.issued(self.directory)

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
        self._hold_path_length(path_length)
        return self._below(
            subject,
            private_key=profile.key_or_new(key, kind),
            path_length=path_length,
            permitted=permitted,
            times=profile.validity(valid_for, self.certificate, not_before, not_after),
        )

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

        `not_before` and `not_after` are aware datetimes, exact to the second. `one_thing_wrong` breaks one rule on
        purpose: see FAULTS. Raises BadInput for a name that is none or that this authority may not vouch for, a
        validity without an offset or length, a serial number that a kept authority has used, an unknown fault.
        Source: RFC 5280 4.2.1.6 (names), 4.2.1.12 (purpose), 4.1.2.5 (validity).
        """
        profile.hold_purpose(purpose)
        if one_thing_wrong is not None:
            given = {"the times": not_before or not_after, "the serial number": serial, "the key": key}
            key = faults.key_for(one_thing_wrong, key, given)
        private_key = profile.key_or_new(key, kind)
        entries = self._permitted(names, purpose)
        draft = self._leaf(entries, private_key.public_key(), purpose, (not_before, not_after))
        if serial is not None:
            draft.serial = profile.held_serial(serial)
        if one_thing_wrong is not None:
            certificate, presented = faults.issue(self, draft, private_key, one_thing_wrong)
            return Credential(certificate, private_key, tuple(presented))
        return Credential(self._signed(draft, serial_asked=serial is not None), private_key, self._presented)

    def sign(
        self,
        request: x509.CertificateSigningRequest,
        *,
        names: Sequence[str] | None = None,
        purpose: Purpose = "server",
        not_before: datetime | None = None,
        not_after: datetime | None = None,
    ) -> x509.Certificate:
        """A leaf for the key of a stranger's request. Copies that key and the permitted names, and nothing else.

        `names`: those that you have verified; they take the place of the request's own. Raises Refused with every
        check that failed: no proof of possession, a weak key, no names or names outside what this authority and those
        above may vouch for, a request to become a CA, and, where the authority is kept, a demo key.
        Source: RFC 2986 3, RFC 5280 4.2.1.6, 4.2.1.9, 4.2.1.10.
        """
        profile.hold_purpose(purpose)
        entries, failures = policy.judged(request, names, self._limits, purpose, kept=self.directory is not None)
        if failures:
            raise policy.Refused(failures)
        key: Any = request.public_key()
        return self._signed(self._leaf(entries, key, purpose, (not_before, not_after)))

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the whole certificate, as browsers and openssl show it: 32 bytes in hex, colons between."""
        return profile.fingerprint(self.certificate)

    def __repr__(self) -> str:
        kind = f"below {names.short(self.issuers[0].subject)}" if self.issuers else "root"
        return f"<Authority {names.short(self.certificate.subject)}, {kind}>"

    # What is the same for every certificate of an authority is looked up and built once.

    @cached_property
    def _path(self) -> tuple[x509.Certificate, ...]:
        return (self.certificate, *self.issuers)

    @cached_property
    def _presented(self) -> tuple[x509.Certificate, ...]:
        """What stands above a leaf in the chain that a server presents: all but the root."""
        return self._path[:-1]

    @cached_property
    def _subject(self) -> x509.Name:
        return self.certificate.subject

    @cached_property
    def _limits(self) -> list[policy.Limit]:
        return policy.limits(self._path)

    @cached_property
    def _identifier(self) -> x509.AuthorityKeyIdentifier:
        return profile.key_identifier(self.certificate)

    @cached_property
    def _extensions(self) -> dict[Purpose, list[profile.Extension]]:
        return {purpose: profile.leaf_extensions(purpose, self._identifier) for purpose in profile.USAGE}

    @cached_property
    def _same_bytes(self) -> bool:
        """Lessons that show bytes want the same bytes every time; a random key keeps its random nonce."""
        return keys.is_demo(self.private_key)

    def _room_below(self) -> int | None:
        """How many CAs may stand below this one, by its own path length and those above; None: as many as you like."""
        held = (one.extensions.get_extension_for_class(x509.BasicConstraints).value.path_length for one in self._path)
        return min((room - above for above, room in enumerate(held) if room is not None), default=None)

    def _hold_path_length(self, wanted: int) -> None:
        room = self._room_below()
        if not isinstance(wanted, int) or wanted < 0:
            raise BadInput("not a path length", value=wanted, fix="Give 0 or more.")
        if room is not None and wanted >= room:
            subject = names.short(self.certificate.subject)
            fix = f"{subject} leaves room for {room} below it (RFC 5280 4.2.1.9): give it a greater path_length."
            raise BadInput("path length too great for the authority above", value=wanted, fix=fix)

    def _permitted(self, wanted: Sequence[str], purpose: Purpose) -> list[x509.GeneralName]:
        """The names as SAN entries, each within the name constraints of this authority and of all above it."""
        entries = profile.named(wanted, purpose)
        for entry in entries:
            for check in policy.outside(entry, self._limits, purpose):
                fix = f"{check.wanted} ({check.source})."
                raise BadInput("name outside what the authority is permitted", value=str(entry.value), fix=fix)
        return entries

    def _leaf(
        self,
        entries: list[x509.GeneralName],
        public_key: keys.PublicKey,
        purpose: Purpose,
        times: tuple[datetime | None, datetime | None],
    ) -> Draft:
        subject = profile.leaf_subject(entries)
        start, end = profile.validity(timedelta(days=7), self.certificate, *times)
        serial = profile.new_serial()
        draft = Draft(self._subject, subject, public_key, start, end, serial, self._extensions[purpose])
        draft.name(entries)
        return draft

    def _below(
        self,
        subject: str,
        *,
        private_key: keys.PrivateKey | None = None,
        path_length: int | None = None,
        permitted: Sequence[str] | None = None,
        times: tuple[datetime, datetime] | None = None,
        change: Callable[[Draft], None] | None = None,
    ) -> Authority:
        private_key = private_key or keys.generate()
        name, public_key = profile.subject(subject), private_key.public_key()
        times = times or profile.validity(timedelta(days=30), self.certificate)
        draft = profile.ca(name, self._subject, public_key, times, path_length=path_length, permitted=permitted)
        draft.put(self._identifier, critical=False)
        if change is not None:
            change(draft)
        return Authority(self._signed(draft), private_key, self._path)

    def _signed(self, draft: Draft, *, serial_asked: bool = False) -> x509.Certificate:
        """The one place where this key is used, for whatever is below this authority."""
        if self.directory is not None and keys.is_demo(draft.public_key):
            raise BadInput("a demo key is known to everybody", value=str(self.directory), fix="Give a key of its own.")
        certificate = draft.sign(self.private_key, same_bytes=self._same_bytes)
        if self.directory is not None:
            kept.record(self.directory, certificate, serial_asked=serial_asked)
        return certificate
