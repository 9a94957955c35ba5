"""How is an authority kept on disk, so that nothing it signed is ever forgotten?

Sections: RFC 5280 4.1.2.2 (a serial number is used once).
Leaves out: revocation, for which the list is kept; it comes with notebook 12.
"""

from __future__ import annotations

import warnings
from base64 import b64encode
from collections.abc import Iterator, Sequence
from itertools import pairwise
from os import PathLike
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding

from .. import files, keys, names
from ..chain.records import Record
from ..check import BadInput
from .profile import fingerprint, pem

CERTIFICATE, ISSUERS, KEY, JOURNAL = "certificate.pem", "issuers.pem", "key.pem", "issued.jsonl"


def folder(path: str | PathLike[str]) -> Path:
    if not isinstance(path, str | PathLike) or "\0" in str(path):
        raise BadInput("not a path", value=path, fix="Name a folder.")
    return Path(path)


def save(
    folder: Path,
    certificate: x509.Certificate,
    issuers: Sequence[x509.Certificate],
    private_key: keys.PrivateKey,
    passphrase: str | bytes | None,
) -> Path:
    """A new folder with all of it; the certificate comes last, and `load` wants each of them."""
    if keys.is_demo(private_key):
        raise BadInput("a demo key is known to everybody", value=str(folder), fix="Create the authority without key=….")
    above = {ISSUERS: (pem(issuers), 0o644)} if issuers else {}
    private, journal = (keys.pem(private_key, passphrase), 0o600), (b"", 0o600)
    own = (pem([certificate]), 0o644)
    return files.write_folder(folder, {KEY: private, JOURNAL: journal, **above, CERTIFICATE: own})


def load(
    folder: Path, passphrase: str | bytes | None
) -> tuple[x509.Certificate, keys.PrivateKey, tuple[x509.Certificate, ...]]:
    """Certificate, key and the certificates above; raises BadInput where they are missing or do not belong together."""
    if missing := [name for name in (CERTIFICATE, KEY, JOURNAL) if not (folder / name).is_file()]:
        raise BadInput("no authority is kept here", value=str(folder), fix=f"It lacks {', '.join(missing)}.")
    certificate, *more = _certificates(folder / CERTIFICATE)
    above = _certificates(folder / ISSUERS) if (folder / ISSUERS).exists() else []
    private_key = keys.load(folder / KEY, passphrase)
    if more or keys.spki_sha256(private_key) != keys.spki_sha256(certificate) or not Record(certificate).is_ca:
        fix = f"{CERTIFICATE} holds one certificate, a CA's, of the key in {KEY}: put back the files that it had."
        raise BadInput("certificate and key are not an authority's", value=str(folder), fix=fix)
    for below, issuer in pairwise([certificate, *above]):
        try:
            below.verify_directly_issued_by(issuer)
        except (ValueError, TypeError, InvalidSignature) as error:
            fix = f"{ISSUERS} holds the issuer of {CERTIFICATE}, then that one's issuer, up to the root."
            shown = f"{names.short(issuer.subject)} above {names.short(below.subject)}"
            raise BadInput("not the issuer", value=shown, fix=fix) from error
    return certificate, private_key, tuple(above)


def _certificates(path: Path) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError) as error:
        raise BadInput("no certificate can be read", value=str(path), fix="Put back the PEM file it was.") from error


def record(folder: Path, certificate: x509.Certificate, *, serial_asked: bool) -> None:
    """One line more in the journal, on the disk before the certificate is handed out.

    A disk takes milliseconds for that, more than all the rest; but what is on no list cannot be revoked.
    """
    entry = {
        "serial": f"{certificate.serial_number:x}",
        "subject": certificate.subject.rfc4514_string(),
        "names": names.presented(certificate),
        "not_before": certificate.not_valid_before_utc.isoformat(),
        "not_after": certificate.not_valid_after_utc.isoformat(),
        "fingerprint": fingerprint(certificate),
        "certificate": b64encode(certificate.public_bytes(Encoding.DER)).decode(),
    }

    def unused() -> None:
        if any(one["serial"] == entry["serial"] for one in _entries(folder / JOURNAL)):
            raise BadInput("serial number used before", value=certificate.serial_number, fix="Give another, or none.")

    import json  # here and below: for authorities that are kept, alone

    files.append_line(folder / JOURNAL, json.dumps(entry), first=unused if serial_asked else None)


def issued(folder: Path) -> Iterator[dict[str, Any]]:
    """What stands in the journal now, one entry at a time, oldest first."""
    journal = folder / JOURNAL
    with files.locked(journal):  # so that no line is read while half of it is written
        end = journal.stat().st_size
    yield from _entries(journal, end)


def _entries(journal: Path, end: int | None = None) -> Iterator[dict[str, Any]]:
    """A line that a crash cut short, so that its certificate never left the house, is left out and told."""
    import json

    with journal.open("rb") as file:
        for number, line in enumerate(file, 1):
            if end is not None and file.tell() > end:
                return
            try:
                yield json.loads(line)
            except ValueError:
                warnings.warn(f"{journal}: line {number} is not whole; it was left out", stacklevel=2)
