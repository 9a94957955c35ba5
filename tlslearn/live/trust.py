"""Whom does an end trust, and which versions, suites and protocols will it speak? Contexts for both ends.

Sections: RFC 7301 3.1 (ALPN); RFC 5280 6.3 (CRLs); Python documentation, ssl.
Leaves out: the system's store, but for loading it when nobody else is named.
"""

from __future__ import annotations

import re
import ssl
import sys
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Protocol

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.utils import CryptographyDeprecationWarning

from .. import files
from ..authority import Credential
from ..check import BadInput
from ..names import UNREADABLE

_PEM = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)


class HasCertificate(Protocol):
    """Whatever carries a certificate: an Authority, a Credential."""

    @property
    def certificate(self) -> x509.Certificate: ...


Anchor = x509.Certificate | HasCertificate
Crl = x509.CertificateRevocationList


def anchors(trust: Iterable[Anchor]) -> tuple[x509.Certificate, ...]:
    """The certificates of whatever is trusted. Raises BadInput for what carries none."""
    if isinstance(trust, x509.Certificate) or not isinstance(trust, Iterable):
        raise BadInput("no list of anchors", value=type(trust).__name__, fix="Give a list, as in trust=[root].")
    found = []
    for one in trust:
        certificate = getattr(one, "certificate", one)
        if not isinstance(certificate, x509.Certificate):
            raise BadInput("not a certificate to trust", value=type(one).__name__, fix="Give certificates.")
        found.append(certificate)
    return tuple(found)


def load_anchors(path: str | PathLike[str]) -> tuple[x509.Certificate, ...]:
    """The certificates of a PEM file, such as a root's or the bundle of certifi.

    What cryptography cannot read in a large bundle is left out. Raises BadInput where nothing is left, or no such file.
    Source: RFC 7468 5.
    """
    try:
        text = Path(path).read_text(encoding="latin-1")
    except OSError as error:
        raise BadInput("cannot read the trust anchors", value=str(path), fix=f"{error.strerror}.") from error
    found = readable(ssl.PEM_cert_to_DER_cert(block) for block in _PEM.findall(text))
    if not found:
        fix = "Give a PEM file with -----BEGIN CERTIFICATE----- in it."
        raise BadInput("no certificate in the file of trust anchors", value=str(path), fix=fix)
    return found


def readable(ders: Iterable[bytes]) -> tuple[x509.Certificate, ...]:
    """Those of a trust store (DER each) that cryptography reads: stores hold roots older than today's rules."""
    found = []
    for der in ders:
        try:
            found.append(read(der))
        except UNREADABLE:
            continue
    return tuple(found)


def read(der: bytes) -> x509.Certificate:
    """Both names are looked at here: cryptography takes them apart, and refuses them, when they are asked for."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CryptographyDeprecationWarning)
        certificate = x509.load_der_x509_certificate(der)
        _ = certificate.subject, certificate.issuer
    return certificate


@dataclass(frozen=True)
class Terms:
    """What an end will agree to, beside whom it trusts: `alpn` by preference, the first and last of `versions`, the
    `ciphers` of TLS 1.2 in OpenSSL's words, and `crls` that each certificate judged must not stand on."""

    alpn: tuple[str, ...] = ()
    versions: tuple[str, str] | None = None
    ciphers: str | None = None
    crls: tuple[Crl, ...] = ()

    def apply(self, context: ssl.SSLContext) -> None:
        """Raises BadInput for what this Python's OpenSSL does not know."""
        if self.alpn:
            context.set_alpn_protocols(list(self.alpn))
        if self.versions:
            first, last = (_version(text) for text in self.versions)
            with warnings.catch_warnings():  # versions that are dead are asked for to see them refused
                warnings.simplefilter("ignore", DeprecationWarning)
                context.minimum_version, context.maximum_version = first, last
        if self.ciphers is not None:
            try:
                context.set_ciphers(self.ciphers)
            except ssl.SSLError as error:
                fix = "Ask `openssl ciphers` which there are."
                raise BadInput("no such cipher suites here", value=self.ciphers, fix=fix) from error
        if self.crls:
            _load_crls(context, self.crls)
            context.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF


def terms(
    alpn: Iterable[str], versions: tuple[str, str] | str | None, ciphers: str | None, crls: Iterable[Crl]
) -> Terms:
    """The terms as a caller gives them; one version stands for the first and the last."""
    if isinstance(alpn, str):
        raise BadInput("no list of protocols", value=alpn, fix='Give a list, as in ["h2", "http/1.1"].')
    pair = (versions, versions) if isinstance(versions, str) else versions
    return Terms(tuple(alpn), pair, ciphers, tuple(crls))


_VERSIONS = {
    f"TLSv1.{minor}": version
    for minor, version in enumerate(
        (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)
    )
}


def _version(text: str) -> ssl.TLSVersion:
    """From the name that `SSLSocket.version()` gives. It says TLSv1 for 1.0."""
    found = _VERSIONS.get("TLSv1.0" if text == "TLSv1" else text)
    if found is None:
        raise BadInput("no such version of TLS", value=text, fix=f"Use one of {', '.join(_VERSIONS)}.")
    return found


def _load_crls(context: ssl.SSLContext, crls: Iterable[Crl]) -> None:
    """`ssl` reads CRLs from files alone."""
    import tempfile  # here and below, for it draws in archives, which few who trust anchors need

    with tempfile.TemporaryDirectory(prefix="tlslearn-") as folder:
        data = b"".join(crl.public_bytes(Encoding.PEM) for crl in crls)
        context.load_verify_locations(files.write_atomically(Path(folder, "crls.pem"), data))


def client_context(trust: Iterable[Anchor] | None = None, *, key_log: str | None = None) -> ssl.SSLContext:
    """A client's SSLContext with Python's own defaults that trusts these anchors and no others.

    None trusts what the system trusts. Unlike `ssl.create_default_context`, it writes the session's secrets to a
    file when asked by `key_log` and never because SSLKEYLOGFILE is set. Source: Python documentation, ssl.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if sys.version_info >= (3, 13):  # what create_default_context adds from that version on
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN | ssl.VERIFY_X509_STRICT
    if trust is None:
        context.load_default_certs(ssl.Purpose.SERVER_AUTH)
    add_anchors(context, anchors(trust or ()))
    if key_log is not None:
        context.keylog_filename = key_log
    return context


def add_anchors(context: ssl.SSLContext, trusted: Iterable[x509.Certificate]) -> None:
    for certificate in trusted:
        context.load_verify_locations(cadata=certificate.public_bytes(Encoding.DER))


def present(context: ssl.SSLContext, credential: Credential) -> None:
    """Let a client's context present this credential when a server asks. `ssl` reads keys from files alone."""
    import tempfile

    with tempfile.TemporaryDirectory(prefix="tlslearn-") as folder:
        context.load_cert_chain(*credential.write(folder))
