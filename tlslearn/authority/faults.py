"""What does a certificate look like that breaks one rule, and no other?

Sections: those that FAULTS cites; names are badssl.com's where it has one.
Leaves out: a SHA-1 signature, which cryptography does not make any more, and what only DER written by hand can break.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.utils import CryptographyDeprecationWarning

from .. import keys
from ..check import BadInput, source
from . import policy, profile
from .profile import Draft

if TYPE_CHECKING:
    from .issuing import Authority

_Leaf = Literal["expired", "not-yet-valid", "signature-changed", "rsa1024", "serial-zero", "serial-too-long"]
_Names = Literal["wrong-host", "wildcard-only", "no-san", "san-critical", "san-not-critical", "address-as-dns-name"]
_Usage = Literal["eku-client-only", "no-digital-signature", "leaf-is-ca", "leaf-may-sign", "name-outside-constraints"]
_Extensions = Literal["unknown-critical-extension", "no-authority-key-identifier", "wrong-authority-key-identifier"]
_Issuer = Literal["issuer-is-no-ca", "issuer-may-not-sign", "issuer-without-key-usage", "issuer-not-marked-critical"]
_Chain = Literal["issuer-expired", "path-length-exceeded", "incomplete-chain", "reversed-chain"]
_Trust = Literal["untrusted-root", "impostor", "self-signed"]
Fault = Literal[_Leaf, _Names, _Usage, _Extensions, _Issuer, _Chain, _Trust]

# Each fault with the row of SOURCES that holds its rule. "The leaf" is the certificate that a server presents first.
_TOLD: dict[Fault, tuple[str, str]] = {
    "expired": ("The leaf's last second has passed", "validity"),
    "not-yet-valid": ("The leaf's first second is yet to come", "validity"),
    "signature-changed": ("One bit of the signature on the leaf is flipped", "signature"),
    "rsa1024": ("The leaf's key is RSA with 1024 bits", "key length"),
    "serial-zero": ("The leaf's serial number is 0, which is not positive", "serial number"),
    "serial-too-long": ("The leaf's serial number has 21 bytes, one too many", "serial number"),
    "wrong-host": ("The leaf is for another host", "host name"),
    "wildcard-only": ("The leaf is for every host one label below, and not for the host itself", "host name"),
    "no-san": ("The leaf names its host in the subject's common name alone", "subject alternative name"),
    "san-critical": ("The leaf's names are critical though it has a subject", "subject alternative name"),
    "san-not-critical": ("The leaf has no subject, and its names are not critical", "subject alternative name"),
    "address-as-dns-name": ("The leaf holds an IP address written as a DNS name", "host address"),
    "eku-client-only": ("The leaf is for clients, and a server presents it", "extended key usage"),
    "no-digital-signature": ("The leaf's key may not sign a handshake", "certificate selection"),
    "leaf-is-ca": ("The leaf says that it is a CA", "basic constraints"),
    "leaf-may-sign": ("The leaf's key may sign certificates though it is no CA", "key usage"),
    "name-outside-constraints": ("One of the leaf's names is not the authority's to vouch for", "name constraints"),
    "unknown-critical-extension": ("The leaf has a critical extension that nobody knows", "extensions"),
    "no-authority-key-identifier": ("The leaf does not say by which key it is signed", "authority key identifier"),
    "wrong-authority-key-identifier": ("The leaf says that another key has signed it", "authority key identifier"),
    "issuer-is-no-ca": ("The issuing certificate says that it is no CA", "issuer is a CA"),
    "issuer-may-not-sign": ("The issuing CA's key may not sign certificates", "issuer may sign"),
    "issuer-without-key-usage": ("The issuing CA does not say what its key is for", "key usage"),
    "issuer-not-marked-critical": ("The issuing CA's basic constraints are not critical", "basic constraints"),
    "issuer-expired": ("The issuing CA's last second has passed", "validity"),
    "path-length-exceeded": ("One more CA stands in the chain than the one above allows", "path length"),
    "incomplete-chain": ("The server does not send the issuing CA's certificate", "Certificate"),
    "reversed-chain": ("The server sends the certificates above the leaf in reverse order", "Certificate"),
    "untrusted-root": ("A root that nobody trusts has signed the leaf", "trust anchor"),
    "impostor": ("Another key has signed the leaf, in the authority's name", "trust anchor"),
    "self-signed": ("The leaf has signed itself", "trust anchor"),
}
FAULTS: dict[Fault, str] = {fault: f"{told} [{source(rule)}]." for fault, (told, rule) in _TOLD.items()}

# What some faults set by themselves, and what some cannot be made without.
_OWN: dict[Fault, str] = {
    **dict.fromkeys(("expired", "not-yet-valid"), "the times"),
    **dict.fromkeys(("serial-zero", "serial-too-long"), "the serial number"),
    "rsa1024": "the key",
}
_NEEDS: dict[Fault, str] = {
    **dict.fromkeys(("wrong-host", "wildcard-only"), "a host name"),
    **dict.fromkeys(("no-san", "san-critical", "self-signed"), "a host name of 64 characters at most, for the subject"),
    "address-as-dns-name": "an address among the names, and an authority with permitted=None",
    "name-outside-constraints": "an authority with name constraints",
    "eku-client-only": 'purpose="server"',
}


def key_for(fault: Fault, key: keys.PrivateKey | None, given: Mapping[str, object]) -> keys.PrivateKey | None:
    """The leaf's key, where the fault makes one. Raises BadInput for no such fault, and for what it sets itself."""
    if fault not in FAULTS:
        raise BadInput("no such fault", value=fault, fix=f"Use one of {', '.join(FAULTS)}.")
    own = _OWN.get(fault, "")
    if given.get(own) is not None:
        raise BadInput(f"this fault sets {own} itself", value=fault, fix=f"Give {own} or the fault.")
    return rsa.generate_private_key(65537, 1024) if fault == "rsa1024" else key


def issue(
    authority: Authority, draft: Draft, private_key: keys.PrivateKey, fault: Fault
) -> tuple[x509.Certificate, Sequence[x509.Certificate]]:
    """The leaf that was drafted, with its one fault, and what to present above it; for some, a CA made for it.

    Raises BadInput where the fault cannot be made of this, or would break another rule with it.
    """
    before = replace(draft)
    _LEAF.get(fault, _nothing)(draft)
    outside = any(check for name in draft.names for check in policy.outside(name, authority._limits, "client"))
    if (fault in _LEAF and draft == before) or outside != (fault == "name-outside-constraints"):
        raise BadInput("not the only thing wrong", value=fault, fix=f"It needs {_NEEDS.get(fault, 'other names')}.")
    if fault in ("untrusted-root", "impostor", "self-signed"):
        signer = private_key if fault == "self-signed" else keys.generate()
        draft.put(_identifier(signer.public_key()), critical=False)
        return draft.sign(signer, same_bytes=False), authority._presented if fault == "impostor" else ()
    issuer = _issuer(authority, fault)
    if issuer is not authority:
        draft.issuer = issuer._subject
        draft.put(issuer._identifier, critical=False)
    # cryptography warns that a later version will not read the serial number 0.
    with warnings.catch_warnings(action="ignore", category=CryptographyDeprecationWarning):
        certificate, presented = issuer._signed(draft), issuer._presented
    if fault == "signature-changed":
        certificate = _change_signature(certificate)
    return certificate, {"incomplete-chain": (), "reversed-chain": presented[::-1]}.get(fault, presented)


def _issuer(authority: Authority, fault: Fault) -> Authority:
    """Who signs the leaf: the authority itself, or a CA below it, made for this fault."""
    if fault == "path-length-exceeded":
        return authority.intermediate("Issuing CA")._below("One CA Too Many")
    if fault in _ISSUER:
        authority._hold_path_length(0)
        return authority._below("Issuing CA", change=_ISSUER[fault])
    least = {"incomplete-chain": 1, "reversed-chain": 2}.get(fault, 0)  # to be presented above the leaf
    while (missing := least - len(authority._presented)) > 0:
        authority = authority.intermediate(f"Lab CA {missing}", path_length=missing - 1)
    return authority


def _nothing(draft: Draft) -> None:
    """For faults that lie elsewhere than in the leaf's fields."""


def _shift(draft: Draft, days: int) -> None:
    """Clear of the minute in which it is made, so that a slow machine sees the same."""
    draft.start, draft.end = (moment + timedelta(days=days) for moment in (draft.start, draft.end))


def _rename(draft: Draft, prefix: str) -> None:
    """Its host names, and nothing else, each with something before it."""
    hosts = [name.value.removeprefix("*.") for name in draft.names if isinstance(name, x509.DNSName)]
    if hosts:
        entries = [x509.DNSName(prefix + host) for host in hosts]
        draft.subject = profile.leaf_subject(entries)
        draft.name(entries)


def _without_san(draft: Draft) -> None:
    if list(draft.subject):
        draft.leave(x509.SubjectAlternativeName)


def _without_subject(draft: Draft) -> None:
    draft.subject = x509.Name([])
    draft.name(draft.names, critical=False)


def _into_ca(draft: Draft) -> None:
    """With the key identifier that a CA must have, so that nothing else is wrong with it."""
    draft.put(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    draft.put(x509.SubjectKeyIdentifier.from_public_key(draft.public_key), critical=False)


def _self_signed(draft: Draft) -> None:
    draft.issuer = draft.subject if list(draft.subject) else draft.issuer


def _change_signature(certificate: x509.Certificate) -> x509.Certificate:
    """The same certificate with the lowest bit of its last byte, which is the signature's, flipped."""
    data = bytearray(certificate.public_bytes(Encoding.DER))
    data[-1] ^= 1
    return x509.load_der_x509_certificate(bytes(data))


_usage = profile.key_usage
_identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key
_UNKNOWN = x509.UnrecognizedExtension(x509.ObjectIdentifier("2.999.1"), b"\x05\x00")  # 2.999 is the arc for examples
_OUTSIDE = x509.DNSName("outside.invalid")  # RFC 6761 6.4: nobody's

_LEAF: dict[Fault, Callable[[Draft], None]] = {
    "expired": lambda draft: _shift(draft, -30),
    "not-yet-valid": lambda draft: _shift(draft, 30),
    "serial-zero": lambda draft: setattr(draft, "serial", 0),
    "serial-too-long": lambda draft: setattr(draft, "serial", 1 << 160 | draft.serial),
    "wrong-host": lambda draft: _rename(draft, "wrong."),
    "wildcard-only": lambda draft: _rename(draft, "*."),
    "no-san": _without_san,
    "san-critical": lambda draft: draft.name(draft.names, critical=True),
    "san-not-critical": _without_subject,
    "address-as-dns-name": lambda draft: draft.name([x509.DNSName(str(one.value)) for one in draft.names]),
    "eku-client-only": lambda draft: draft.put(x509.ExtendedKeyUsage([profile.USAGE["client"]]), critical=False),
    "no-digital-signature": lambda draft: draft.put(_usage(content_commitment=True), critical=True),
    "leaf-is-ca": _into_ca,
    "leaf-may-sign": lambda draft: draft.put(_usage(digital_signature=True, key_cert_sign=True), critical=True),
    "name-outside-constraints": lambda draft: draft.name([*draft.names, _OUTSIDE]),
    "unknown-critical-extension": lambda draft: draft.put(_UNKNOWN, critical=True),
    "no-authority-key-identifier": lambda draft: draft.leave(x509.AuthorityKeyIdentifier),
    "wrong-authority-key-identifier": lambda draft: draft.put(_identifier(draft.public_key), critical=False),
    "untrusted-root": lambda draft: setattr(draft, "issuer", profile.common_name("Untrusted Root")),
    "self-signed": _self_signed,
}
_ISSUER: dict[Fault, Callable[[Draft], None]] = {
    "issuer-is-no-ca": lambda draft: draft.put(x509.BasicConstraints(ca=False, path_length=None), critical=True),
    "issuer-may-not-sign": lambda draft: draft.put(_usage(crl_sign=True), critical=True),
    "issuer-without-key-usage": lambda draft: draft.leave(x509.KeyUsage),
    "issuer-not-marked-critical": lambda draft: draft.put(x509.BasicConstraints(True, None), critical=False),
    "issuer-expired": lambda draft: _shift(draft, -60),
}
