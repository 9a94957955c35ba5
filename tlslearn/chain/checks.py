"""Which rules are looked at on each certificate of a path, one function a rule?

Sections: RFC 5280 4.1, 4.2, 6.1.3, 6.1.4; RFC 9525 6; RFC 9846 4.5.1; RFC 9325 4.5.
Leaves out: certificate policies and their tree (RFC 5280 6.1.2 (a), RFC 9618). Who demands them by a critical extension
is refused.

State "fail": a client must refuse. State "lint": a rule for authorities that clients ignore; some judges do not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from .. import names
from ..check import SOURCES, Check, State
from . import constraints, crls
from .paths import End
from .records import UNREADABLE, Question, Record, Signed

Role = Literal["leaf", "CA", "anchor"]


@dataclass(frozen=True)
class Place:
    """A certificate at its place in a path; `issuer` is the next one up, None for the last."""

    record: Record
    about: str
    role: Role
    question: Question
    issuer: Record | None
    signed: Signed | None  # by the issuer; None where there is none
    end: End | None  # how the path ends, at its last certificate; None below it
    cas_below: int  # intermediates between this certificate and the leaf that are not self-issued
    above: tuple[tuple[str, constraints.Constraints], ...]  # name constraints of the certificates above

    @property
    def certificate(self) -> x509.Certificate:
        return self.record.certificate

    def found(self, rule: str, cited: str, wanted: str, state: State, found: str) -> Check:
        return Check(rule, self.about, state, found, wanted, SOURCES[cited])


Rule = Callable[[Place], Check | None]


def signature(place: Place) -> Check | None:
    """Source: RFC 5280 6.1.3 (a)(1)."""
    if place.issuer is None:
        return None
    tell = partial(
        place.found, "the issuer's key signed the certificate", "signature", "a signature by the issuer's key"
    )
    if place.signed == "good":
        return tell("pass", f"signed by {place.issuer.subject_text}")
    if place.signed == "unsupported":
        return tell("fail", f"signed by {place.issuer.subject_text} in a way that is not verified here")
    return tell("fail", "the signature does not match the bytes of the certificate")


def issuer_name(place: Place) -> Check | None:
    """Source: RFC 5280 6.1.3 (a)(4), compared as 7.1 says."""
    if place.issuer is None:
        return None
    same = place.record.issuer is not None and place.record.issuer == place.issuer.subject
    wanted = f"the subject of its issuer, {place.issuer.subject_text}"
    return place.found(
        "the issuer's name is its subject",
        "issuer name",
        wanted,
        "pass" if same else "fail",
        place.record.issuer_text if same else f"issued by {place.record.issuer_text}",
    )


_ENDS: dict[End, str] = {
    "trusted": "{subject} is one",
    "nobody": "nobody of that name: no {issuer} among the intermediates and trust anchors",
    "another key": "that name but another key: the {issuer} known here did not sign it",
    "self-signed": "{subject} is signed by itself, and not trusted",
    "circle": "{issuer} was met before: the certificates vouch for one another in a circle",
}


def trust_anchor(place: Place) -> Check | None:
    """Source: RFC 5280 6.1.1 (d)."""
    if place.end is None:
        return None
    found = _ENDS[place.end].format(subject=place.record.subject_text, issuer=place.record.issuer_text)
    limit = place.question.work.limit
    if limit and place.end != "trusted":
        found += f"; the search ended at its limit, {limit}"
    state: State = "pass" if place.end == "trusted" else "fail"
    return place.found("the path ends at a trust anchor", "trust anchor", "a trust anchor", state, found)


def validity(place: Place) -> Check | None:
    """To the second, both ends included. Source: RFC 5280 4.1.2.5, 6.1.3 (a)(2); a trust anchor's as all clients do."""
    times, at = place.record.validity, place.question.at
    found = "unreadable" if times is None else f"{times[0]:%Y-%m-%d %H:%M:%S} to {times[1]:%Y-%m-%d %H:%M:%S} UTC"
    state: State = "pass" if place.record.in_time(at) else "fail"
    wanted = f"{at:%Y-%m-%d %H:%M:%S} UTC within it"
    return place.found("the certificate is in its time", "validity", wanted, state, found)


def revocation(place: Place) -> Check | None:
    """Source: RFC 5280 6.1.3 (a)(3), 6.3.3. Not asked: said once, at the leaf."""
    tell = partial(place.found, "the certificate is not revoked", "CRL", "a current CRL that does not list it")
    if not place.question.crls:
        return tell("skip", "not checked: no CRL was given") if place.role == "leaf" else None
    if place.issuer is None:
        return None
    good, found = crls.revocation(place.record, place.issuer, place.question)
    return tell("pass" if good else "fail", found)


def version(place: Place) -> Check | None:
    """Source: RFC 5280 4.1.2.1, 6.1.4 (k): a CA certificate of version 1 cannot say that it is one."""
    good = place.certificate.version is x509.Version.v3
    state: State = "pass" if good else "lint" if place.role == "leaf" else "fail"
    return place.found("the certificate is of version 3", "version", "v3", state, place.certificate.version.name)


def serial(place: Place) -> Check | None:
    """Source: RFC 5280 4.1.2.2; users of certificates must handle others gracefully."""
    number = place.certificate.serial_number
    length = number.bit_length() // 8 + 1  # bytes, the sign bit included
    return place.found(
        "the serial number is positive, of 20 bytes at most",
        "serial number",
        "1 to 20 bytes, positive",
        "pass" if number > 0 and length <= 20 else "lint",
        f"{length} bytes" if number > 0 else "zero" if number == 0 else "negative",
    )


def named_issuer(place: Place) -> Check | None:
    """Source: RFC 5280 4.1.2.4: without it anybody's certificate would fit."""
    good = bool(place.record.issuer)
    state: State = "pass" if good else "fail"
    return place.found("the issuer has a name", "issuer", "a name", state, place.record.issuer_text)


def readable(place: Place) -> Check | None:
    """Source: RFC 5280 4.2. What is malformed or stands twice may mean one thing here and another elsewhere."""
    record = place.record
    _ = record.public_key, record.validity, record.extensions  # read on demand, and only then faulty
    found = "; ".join(f"{what}: {why}" for what, why in record.faults.items()) or "all of them"
    state: State = "fail" if record.faults else "pass"
    return place.found("fields and extensions can be read", "extensions", "well-formed, each once", state, found)


PROCESSED = (
    x509.AuthorityKeyIdentifier,
    x509.SubjectKeyIdentifier,
    x509.KeyUsage,
    x509.SubjectAlternativeName,
    x509.BasicConstraints,
    x509.NameConstraints,
    x509.ExtendedKeyUsage,
)


def critical_extensions(place: Place) -> Check | None:
    """Source: RFC 5280 4.2, 6.1.4 (o). The policy extensions are not processed here, so a critical one refuses."""
    critical = [one for one in place.record.extensions if one.critical]
    unknown = [one.oid.dotted_string for one in critical if not isinstance(one.value, PROCESSED)]
    return place.found(
        "critical extensions are all understood",
        "extensions",
        "none but those that are processed here",
        "fail" if unknown else "pass",
        f"{', '.join(unknown)} not processed" if unknown else f"{len(critical)} of them",
    )


_POLICY = {"2.5.29.33": "policy mappings", "2.5.29.36": "policy constraints", "2.5.29.54": "inhibit anyPolicy"}


def policies(place: Place) -> Check | None:
    """Source: RFC 5280 4.2.1.11. Policy trees are left out, and this says so where they would matter."""
    found = [_POLICY[one.oid.dotted_string] for one in place.record.extensions if one.oid.dotted_string in _POLICY]
    if not found:
        return None
    return place.found(
        "certificate policies agree along the path",
        "policy constraints",
        "a policy that all accept",
        "skip",
        f"not checked: {', '.join(found)}",
    )


def key_identifiers(place: Place) -> Check | None:
    """Source: RFC 5280 4.2.1.1, 4.2.1.2: they help to build paths, and path validation does not compare them."""
    record, above = place.record, place.issuer and place.issuer.key_identifier
    own, wanted = record.key_identifier, record.issuer_key_identifier
    trouble = [
        "no subject key identifier" * (place.role != "leaf" and own is None),
        "no authority key identifier" * (place.role != "anchor" and wanted is None and not record.self_issued),
        "not the issuer's" * (None not in (wanted, above) and wanted != above),
        "subject key identifier critical" * record.critical(x509.SubjectKeyIdentifier),
        "authority key identifier critical" * record.critical(x509.AuthorityKeyIdentifier),
    ]
    told = ", ".join(filter(None, trouble))
    return place.found(
        "key identifiers are there and fit",
        "subject key identifier" if "subject" in told else "authority key identifier",
        "as the issuer's, not critical",
        "lint" if told else "pass",
        told or "they fit",
    )


def basic_constraints(place: Place) -> Check | None:
    """Source: RFC 5280 6.1.4 (k), 4.2.1.9. A leaf that is a CA is refused where it would serve a connection."""
    found = place.record.extension(x509.BasicConstraints)
    said = "no basic constraints" if found is None else f"CA: {str(found.ca).upper()}"
    if place.role == "leaf":
        wrong = place.record.is_ca and place.question.purpose != "any"
        tell = partial(place.found, "the leaf is not a CA", "basic constraints", "CA: FALSE, or nothing")
        return tell("fail" if wrong else "pass", said)
    tell = partial(place.found, "an issuer is a CA", "issuer is a CA", "CA: TRUE, critical")
    if not place.record.is_ca:
        return tell("fail", f"found but unfit: {said}")
    critical = place.record.critical(x509.BasicConstraints)
    return tell("pass" if critical else "lint", said if critical else f"{said}, not critical")


def path_length(place: Place) -> Check | None:
    """Source: RFC 5280 6.1.4 (l) and (m), 4.2.1.9; self-issued intermediates and the leaf are not counted."""
    found = place.record.extension(x509.BasicConstraints)
    if place.role == "leaf" or found is None or found.path_length is None:
        return None
    return place.found(
        "no more CAs follow than allowed",
        "path length",
        f"{found.path_length} below it at most",
        "pass" if place.cas_below <= found.path_length else "fail",
        f"{place.cas_below} below it",
    )


def ca_key_usage(place: Place) -> Check | None:
    """Source: RFC 5280 6.1.4 (n), 4.2.1.3: an authority must say what its key is for, and clients ask it if it does."""
    if place.role == "leaf":
        return None
    usage = place.record.extension(x509.KeyUsage)
    tell = partial(place.found, "an issuer's key may sign certificates", "issuer may sign", "key usage: keyCertSign")
    if usage is None:
        return tell("lint", "no key usage")
    return tell(*(("pass", "keyCertSign") if usage.key_cert_sign else ("fail", "found but unfit: no keyCertSign")))


def leaf_key_usage(place: Place) -> Check | None:
    """Source: RFC 9846 4.5.1.2 (the key must sign), RFC 5280 4.2.1.9 (no keyCertSign without CA)."""
    usage = place.record.extension(x509.KeyUsage)
    if place.role != "leaf" or usage is None:
        return None
    tell = partial(place.found, "the leaf's key usage fits", "certificate selection", "digitalSignature")
    if usage.key_cert_sign and not place.record.is_ca:
        return tell("fail", "keyCertSign, and no CA")
    if usage.digital_signature or place.question.purpose == "any":
        return tell("pass", "digitalSignature" if usage.digital_signature else "not asked about")
    if place.question.purpose == "server" and (usage.key_encipherment or usage.key_agreement):
        return tell("lint", "no digitalSignature: fit for key transport and fixed keys of TLS 1.2 alone")
    return tell("fail", "no digitalSignature")


_USAGES = {"server": ExtendedKeyUsageOID.SERVER_AUTH, "client": ExtendedKeyUsageOID.CLIENT_AUTH}
_NAMES = {"server": "serverAuth", "client": "clientAuth"}


def extended_key_usage(place: Place) -> Check | None:
    """Source: RFC 5280 4.2.1.12. Clients ask it of the CAs above, too; for a leaf, "any purpose" is not enough."""
    usage, purpose = place.record.extension(x509.ExtendedKeyUsage), place.question.purpose
    if usage is None or purpose == "any":
        return None
    allowed = [_USAGES[purpose], *([ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE] * (place.role != "leaf"))]
    good = any(one in usage for one in allowed)
    told = [getattr(one, "_name", one.dotted_string) for one in usage]
    return place.found(
        f"the certificate may serve a {purpose}",
        "extended key usage",
        _NAMES[purpose],
        "pass" if good else "fail",
        ", ".join(told[:5]) or "no purpose",
    )


def alternative_names(place: Place) -> Check | None:
    """Source: RFC 5280 4.2.1.6, of leaves."""
    if place.role != "leaf" or place.question.purpose == "any":
        return None
    record = place.record
    held, critical = record.extension(x509.SubjectAlternativeName), record.critical(x509.SubjectAlternativeName)
    odd = [one for one in held or () if isinstance(one, x509.DNSName) and not _is_pattern(one.value)]
    trouble = [
        "no subject alternative name" * (held is None),
        "empty" * (held is not None and not len(held)),
        "critical beside a subject" * (critical and bool(record.subject)),
        "not critical without a subject" * (held is not None and not critical and not record.subject),
        f"{len(odd)} DNS names that are none" * bool(odd),
    ]
    told = ", ".join(filter(None, trouble))
    return place.found(
        "the subject alternative name is in form",
        "subject alternative name",
        "host names and addresses; critical where there is no subject, and only there",
        "lint" if told else "pass",
        told or f"{len(held or ())} names",
    )


def _is_pattern(name: str) -> bool:
    return names.is_host_name(name.removeprefix("*."))


def constraints_form(place: Place) -> Check | None:
    """Source: RFC 5280 4.2.1.10: critical, and in CA certificates alone."""
    if place.record.extension(x509.NameConstraints) is None:
        return None
    tell = partial(place.found, "name constraints stand in a CA, critical", "name constraints", "a CA's, critical")
    if place.role == "leaf" and not place.record.is_ca:
        return tell("fail", "name constraints in a leaf")
    critical = place.record.critical(x509.NameConstraints)
    return tell("pass" if critical else "lint", "critical" if critical else "not critical; obeyed all the same")


def name_constraints(place: Place) -> Check | None:
    """Source: RFC 5280 6.1.3 (b) and (c); of self-issued certificates the leaf alone is held to them."""
    if not place.above or (place.record.self_issued and place.role != "leaf"):
        return None
    found = constraints.violations(place.record, place.above, place.question.work)
    return place.found(
        "the names are within the constraints above",
        "names within constraints",
        "names that every authority above may vouch for",
        "fail" if found else "pass",
        "; ".join([*found[:3], *([f"{len(found) - 3:,} more"] * (len(found) > 3))]) or "all of them",
    )


_CURVES = (ec.SECP256R1, ec.SECP384R1, ec.SECP521R1)


def key_strength(place: Place) -> Check | None:
    """Source: RFC 9325 4.5 (RSA of 2048 bits and more); curves and kinds of key that TLS 1.3 signs with."""
    key = place.record.public_key
    if isinstance(key, rsa.RSAPublicKey):
        good, told = key.key_size >= 2048, f"RSA, {key.key_size} bits"
    elif isinstance(key, ec.EllipticCurvePublicKey):
        good, told = isinstance(key.curve, _CURVES), f"curve {key.curve.name}"
    elif isinstance(key, dsa.DSAPublicKey):
        good, told = False, "DSA, which TLS 1.3 does not know"
    else:
        kind = type(key).__name__.removesuffix("PublicKey")
        good = isinstance(key, ed25519.Ed25519PublicKey | ed448.Ed448PublicKey) or kind.startswith("MLDSA")
        told = "no key that can be read" if key is None else kind
    wanted = "RSA of 2048 bits, P-256, P-384, P-521, Ed25519, Ed448, ML-DSA"
    return place.found("the key is strong enough", "key length", wanted, "pass" if good else "fail", told)


_WEAK = ("md2", "md4", "md5", "sha1")


def signature_strength(place: Place) -> Check | None:
    """Source: RFC 9846 4.5.1.3. A trust anchor's own signature proves nothing, and is not asked."""
    if place.role == "anchor":
        return None
    try:
        algorithm = place.certificate.signature_hash_algorithm
        told = "the hash is part of the algorithm" if algorithm is None else algorithm.name
        weak = told in _WEAK
    except (UnsupportedAlgorithm, *UNREADABLE):
        told, weak = "an algorithm that is not known here", True
    return place.found(
        "the signature's hash is strong enough",
        "receiving a certificate",
        "no MD5, no SHA-1",
        "fail" if weak else "pass",
        told,
    )


def host(place: Place) -> Check | None:
    """Source: RFC 9525 6.3, 6.4."""
    if place.role != "leaf":
        return None
    if place.question.hostname:
        return names.check_host(place.certificate, place.question.hostname)
    rule, wanted = "the certificate covers the host", "a host name or an address to compare"
    return place.found(rule, "host name", wanted, "skip", "not checked: no name was asked about")


# In the order in which they are told. The tests take them away one by one and look for the verdict that changes.
RULES: dict[str, Rule] = {
    "trust anchor": trust_anchor,
    "signature": signature,
    "issuer name": issuer_name,
    "validity": validity,
    "host": host,
    "revocation": revocation,
    "readable": readable,
    "critical extensions": critical_extensions,
    "version": version,
    "serial": serial,
    "named issuer": named_issuer,
    "basic constraints": basic_constraints,
    "path length": path_length,
    "CA key usage": ca_key_usage,
    "leaf key usage": leaf_key_usage,
    "extended key usage": extended_key_usage,
    "alternative names": alternative_names,
    "name constraints": name_constraints,
    "constraints form": constraints_form,
    "key identifiers": key_identifiers,
    "policies": policies,
    "key strength": key_strength,
    "signature strength": signature_strength,
}
