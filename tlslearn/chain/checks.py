"""Which rules are looked at on each certificate of a path, one function a rule?

Sections: RFC 5280 4.1, 4.2, 6.1.3, 6.1.4; RFC 9525 6; RFC 9846 4.5.1; RFC 9325 4.5.
Leaves out: certificate policies and their tree (RFC 5280 6.1.2 (a), RFC 9618). Who demands them by a critical extension
is refused.

State "fail": a client must refuse. State "lint": a rule for authorities that clients ignore; some judges do not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.x509.oid import ExtendedKeyUsageOID

from .. import keys, names
from ..check import SOURCES, Check, State
from . import constraints, crls
from .paths import End
from .records import UNREADABLE, Question, Record, Signed

Role = Literal["leaf", "CA", "anchor"]


@dataclass(slots=True)
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


# What a rule answers: the state and what was found, and what was wanted where the question decides it; or a whole
# Check. None: the rule does not apply at this place.
Answer = tuple[State, str] | tuple[State, str, str] | Check | None


@dataclass(frozen=True)
class Rule:
    """What must hold (`says`), by which section, and the function that looks."""

    says: str
    section: str
    wanted: str
    look: Callable[[Place], Answer]

    def check(self, about: str, answer: tuple[State, str] | tuple[State, str, str] | Check) -> Check:
        if isinstance(answer, Check):
            return answer
        return Check(self.says, about, answer[0], answer[1], (*answer, self.wanted)[2], self.section)


@dataclass(slots=True)
class Finding:
    """An answer that a rule gave at a place; it is made a Check when somebody reads it."""

    rule: Rule
    about: str
    answer: tuple[State, str] | tuple[State, str, str] | Check

    @property
    def state(self) -> State:
        return self.answer.state if isinstance(self.answer, Check) else self.answer[0]

    @property
    def check(self) -> Check:
        return self.rule.check(self.about, self.answer)


# In the order in which they are told. The tests take them away one by one and look for the verdict that changes.
RULES: dict[str, Rule] = {}


def look(place: Place) -> list[Finding]:
    """What every rule that applies at this place answers."""
    answers = [(rule, rule.look(place)) for rule in RULES.values()]
    return [Finding(rule, place.about, answer) for rule, answer in answers if answer is not None]


def _rule(says: str, cited: str, wanted: str = "") -> Callable[[Callable[[Place], Answer]], Callable[[Place], Answer]]:
    """Adds the function to RULES under its name; `cited` is a row of SOURCES."""

    def add(look: Callable[[Place], Answer]) -> Callable[[Place], Answer]:
        RULES[look.__name__] = Rule(says, SOURCES[cited], wanted, look)
        return look

    return add


_ENDS: dict[End, str] = {
    "trusted": "{subject} is one",
    "nobody": "nobody of that name: no {issuer} among the intermediates and trust anchors",
    "another key": "that name but another key: the {issuer} known here did not sign it",
    "another root": "that name but another key: {subject} is signed by itself, the trusted one has another key",
    "self-signed": "found but not trusted: {subject} is signed by itself",
    "circle": "found but not trusted: {issuer} was met before, they vouch for one another in a circle",
}


@_rule("the path ends at a trust anchor", "trust anchor", "a trust anchor")
def trust_anchor(place: Place) -> Answer:
    """Source: RFC 5280 6.1.1 (d)."""
    if place.end is None:
        return None
    found = _ENDS[place.end].format(subject=place.record.subject_text, issuer=place.record.issuer_text)
    if place.end == "trusted":
        return "pass", found
    limit = place.question.work.limit
    return "fail", f"{found}; the search ended at its limit, {limit}" if limit else found


@_rule("the issuer's key signed the certificate", "signature", "a signature by the issuer's key")
def signature(place: Place) -> Answer:
    """Source: RFC 5280 6.1.3 (a)(1)."""
    if place.issuer is None:
        return None
    by = f"signed by {place.issuer.subject_text}"
    if place.signed == "good":
        return "pass", by
    changed = "the signature does not match the bytes of the certificate"
    return "fail", f"{by} in a way that is not verified here" if place.signed == "unsupported" else changed


@_rule("the issuer's name is the subject of the next certificate", "issuer name")
def issuer_name(place: Place) -> Answer:
    """Source: RFC 5280 6.1.3 (a)(4), compared as 7.1 says."""
    if place.issuer is None:
        return None
    same = place.record.issuer is not None and place.record.issuer == place.issuer.subject
    return "pass" if same else "fail", place.record.issuer_text, place.issuer.subject_text


@_rule("the certificate is in its time", "validity")
def validity(place: Place) -> Answer:
    """To the second, both ends included. Source: RFC 5280 4.1.2.5, 6.1.3 (a)(2); a trust anchor's, as clients do."""
    times = place.record.validity
    found = "unreadable" if times is None else f"{times[0].isoformat(' ')[:19]} to {times[1].isoformat(' ')[:19]} UTC"
    return "pass" if place.record.in_time(place.question.at) else "fail", found, place.question.moment


@_rule("the certificate covers the host", "host name", "a host name or an address to compare")
def host(place: Place) -> Answer:
    """Source: RFC 9525 6.3, 6.4."""
    if place.role != "leaf":
        return None
    if place.question.hostname:
        return names.check_host(place.record.certificate, place.question.hostname)
    return "skip", "not checked: no name was asked about"


@_rule("the certificate is not revoked", "CRL", "a current CRL that does not list it")
def revocation(place: Place) -> Answer:
    """Source: RFC 5280 6.1.3 (a)(3), 6.3.3. Not asked: said once, at the leaf."""
    if not place.question.crls:
        return ("skip", "not checked: no CRL was given") if place.role == "leaf" else None
    if place.issuer is None:
        return None
    good, found = crls.revocation(place.record, place.issuer, place.question)
    return "pass" if good else "fail", found


@_rule("fields and extensions can be read", "extensions", "well-formed, each once")
def readable(place: Place) -> Answer:
    """Source: RFC 5280 4.2. What is malformed or stands twice may mean one thing here and another elsewhere."""
    record = place.record
    _ = record.public_key, record.validity, record.extensions  # read on demand, and only then faulty
    found = "; ".join(f"{what}: {why}" for what, why in record.faults.items())
    return ("fail", found) if found else ("pass", "all of them")


# What path validation here looks at. A critical extension that is not among them is refused.
_PROCESSED: frozenset[type] = frozenset(
    (
        x509.AuthorityKeyIdentifier,
        x509.SubjectKeyIdentifier,
        x509.KeyUsage,
        x509.SubjectAlternativeName,
        x509.BasicConstraints,
        x509.NameConstraints,
        x509.ExtendedKeyUsage,
    )
)


@_rule("critical extensions are all understood", "extensions", "none but those that are processed here")
def critical_extensions(place: Place) -> Answer:
    """Source: RFC 5280 4.2, 6.1.4 (o). The policy extensions are not processed here, so a critical one refuses."""
    critical = [one for one in place.record.extensions if one.critical]
    unknown = [one.oid.dotted_string for one in critical if type(one.value) not in _PROCESSED]
    return ("fail", f"{', '.join(unknown)} not processed") if unknown else ("pass", f"{len(critical)} of them")


@_rule("the certificate is of version 3", "version", "v3")
def version(place: Place) -> Answer:
    """Source: RFC 5280 4.1.2.1, 6.1.4 (k): a CA certificate of version 1 cannot say that it is one."""
    found = place.record.certificate.version
    good = found is x509.Version.v3
    return "pass" if good else "lint" if place.role == "leaf" else "fail", found.name


@_rule("the serial number is positive, of 20 bytes at most", "serial number", "1 to 20 bytes, positive")
def serial(place: Place) -> Answer:
    """Source: RFC 5280 4.1.2.2; users of certificates must handle others gracefully."""
    held = place.record.serial
    odd = "negative" if held[0] & 0x80 else "" if any(held) else "zero"
    return "lint" if odd or len(held) > 20 else "pass", odd or f"{len(held)} bytes"


@_rule("the issuer has a name", "issuer", "a name")
def named_issuer(place: Place) -> Answer:
    """Source: RFC 5280 4.1.2.4: without it anybody's certificate would fit."""
    return "pass" if place.record.issuer else "fail", place.record.issuer_text


def _said(record: Record) -> str:
    found = record.extension(x509.BasicConstraints)
    if found is None:
        return "no extension that can be read" if "extensions" in record.faults else "no basic constraints"
    return f"CA: {str(found.ca).upper()}"


@_rule("an issuer is a CA", "issuer is a CA", "CA: TRUE, critical")
def issuer_is_ca(place: Place) -> Answer:
    """Source: RFC 5280 6.1.4 (k), 4.2.1.9."""
    if place.role == "leaf":
        return None
    said = _said(place.record)
    if not place.record.is_ca:
        return "fail", f"found but unfit: {said}"
    critical = place.record.critical(x509.BasicConstraints)
    return ("pass", said) if critical else ("lint", f"{said}, not critical")


@_rule("the leaf is not a CA", "basic constraints", "CA: FALSE, or nothing")
def leaf_is_no_ca(place: Place) -> Answer:
    """Source: RFC 5280 4.2.1.9. Clients refuse one that would serve a connection: its key should do nothing else."""
    if place.role != "leaf":
        return None
    return "fail" if place.record.is_ca and place.question.purpose != "any" else "pass", _said(place.record)


@_rule("no more CAs follow than allowed", "path length")
def path_length(place: Place) -> Answer:
    """Source: RFC 5280 6.1.4 (l) and (m), 4.2.1.9; self-issued intermediates and the leaf are not counted."""
    found = place.record.extension(x509.BasicConstraints)
    if place.role == "leaf" or found is None or found.path_length is None:
        return None
    state: State = "pass" if place.cas_below <= found.path_length else "fail"
    return state, f"{place.cas_below} below it", f"{found.path_length} at most"


@_rule("an issuer's key may sign certificates", "issuer may sign", "key usage: keyCertSign")
def issuer_may_sign(place: Place) -> Answer:
    """Source: RFC 5280 6.1.4 (n), 4.2.1.3: an authority must say what its key is for, and clients ask it if it does."""
    if place.role == "leaf":
        return None
    usage = place.record.extension(x509.KeyUsage)
    if usage is None:
        return "lint", "no key usage"
    return ("pass", "keyCertSign") if usage.key_cert_sign else ("fail", "found but unfit: no keyCertSign")


@_rule("the leaf's key usage fits", "certificate selection", "digitalSignature")
def leaf_key_usage(place: Place) -> Answer:
    """Source: RFC 9846 4.5.1.2 (the key must sign), RFC 5280 4.2.1.9 (no keyCertSign without CA)."""
    usage = place.record.extension(x509.KeyUsage)
    if place.role != "leaf" or usage is None:
        return None
    if usage.key_cert_sign and not place.record.is_ca:
        return "fail", "keyCertSign, and no CA"
    if usage.digital_signature or place.question.purpose == "any":
        return "pass", "digitalSignature" if usage.digital_signature else "no purpose was asked about"
    if place.question.purpose == "server" and (usage.key_encipherment or usage.key_agreement):
        return "lint", "no digitalSignature: fit for key transport and fixed keys of TLS 1.2 alone"
    return "fail", "no digitalSignature"


_USAGES = {
    "server": (ExtendedKeyUsageOID.SERVER_AUTH, "serverAuth"),
    "client": (ExtendedKeyUsageOID.CLIENT_AUTH, "clientAuth"),
}
_ANY = ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE


@_rule("the certificate may be used for this purpose", "extended key usage")
def extended_key_usage(place: Place) -> Answer:
    """Source: RFC 5280 4.2.1.12. Clients ask it of the CAs above, too; for a leaf, "any purpose" is not enough."""
    usage = place.record.extension(x509.ExtendedKeyUsage)
    if usage is None or place.question.purpose == "any":
        return None
    asked, wanted = _USAGES[place.question.purpose]
    good = asked in usage or (place.role != "leaf" and _ANY in usage)
    told = ["any" if one == _ANY else names.printable(one._name) for one in usage]
    return "pass" if good else "fail", ", ".join(told[: names.SHOWN]) or "no purpose", wanted


@_rule("the subject alternative name is in form", "subject alternative name", "names; critical without a subject alone")
def alternative_names(place: Place) -> Answer:
    """Source: RFC 5280 4.2.1.6, of leaves."""
    if place.role != "leaf" or place.question.purpose == "any":
        return None
    held = place.record.extension(x509.SubjectAlternativeName)
    critical = place.record.critical(x509.SubjectAlternativeName)
    if held is None:
        return "lint", "no subject alternative name"
    dns = [one.value.removeprefix("*.") for one in held if isinstance(one, x509.DNSName)]
    odd = sum(not names.is_host_name(one) for one in dns)
    trouble = [
        "empty" * (not len(held)),
        "critical beside a subject" * (critical and bool(place.record.subject)),
        "not critical without a subject" * (not critical and not place.record.subject),
        f"{odd} DNS names that are none" * bool(odd),
    ]
    told = ", ".join(filter(None, trouble))
    return ("lint", told) if told else ("pass", f"{len(held)} names")


@_rule("the names are within the constraints above", "names within constraints", "names that all above may vouch for")
def name_constraints(place: Place) -> Answer:
    """Source: RFC 5280 6.1.3 (b) and (c); of self-issued certificates the leaf alone is held to them."""
    if not place.above or (place.record.self_issued and place.role != "leaf"):
        return None
    found = constraints.violations(place.record, place.above, place.question.work)
    more = [f"{len(found) - names.SHOWN:,} more"] if len(found) > names.SHOWN else []
    return ("fail", "; ".join([*found[: names.SHOWN], *more])) if found else ("pass", "all of them")


@_rule("name constraints stand in a CA, critical", "name constraints", "critical, and not in a leaf")
def constraints_form(place: Place) -> Answer:
    """Source: RFC 5280 4.2.1.10: critical, and in CA certificates alone."""
    if place.record.extension(x509.NameConstraints) is None:
        return None
    if place.role == "leaf" and not place.record.is_ca:
        return "fail", "name constraints in a leaf"
    critical = place.record.critical(x509.NameConstraints)
    return ("pass", "critical") if critical else ("lint", "not critical; obeyed all the same")


@_rule("the subject key identifier is there", "subject key identifier", "there in a CA, not critical")
def subject_key_identifier(place: Place) -> Answer:
    """Source: RFC 5280 4.2.1.2."""
    if place.record.critical(x509.SubjectKeyIdentifier):
        return "lint", "critical"
    missing = place.role != "leaf" and place.record.key_identifier is None
    return None if place.role == "leaf" else ("lint" if missing else "pass", "none" if missing else "there")


@_rule("the authority key identifier fits", "authority key identifier", "the issuer's, not critical")
def authority_key_identifier(place: Place) -> Answer:
    """Source: RFC 5280 4.2.1.1, 4.2.1.2: they help to build paths, and path validation does not compare them."""
    record, wanted = place.record, place.record.issuer_key_identifier
    if record.critical(x509.AuthorityKeyIdentifier):
        return "lint", "critical"
    if wanted is None:
        if record.extension(x509.AuthorityKeyIdentifier) is None and (place.role == "anchor" or record.self_issued):
            return None
        return "lint", "none"
    above = place.issuer and place.issuer.key_identifier
    fits = above is None or wanted == above
    return "pass" if fits else "lint", "fits" if fits else "not the issuer's"


_POLICY = {"2.5.29.33": "policy mappings", "2.5.29.36": "policy constraints", "2.5.29.54": "inhibit anyPolicy"}


@_rule("certificate policies agree along the path", "policy constraints", "a policy that all accept")
def policies(place: Place) -> Answer:
    """Source: RFC 5280 4.2.1.11. Policy trees are left out, and this says so where they would matter."""
    found = [_POLICY[one.oid.dotted_string] for one in place.record.extensions if one.oid.dotted_string in _POLICY]
    return ("skip", f"not checked: {', '.join(found)}") if found else None


@_rule("the key is strong enough", "key length", keys.STRONG)
def key_strength(place: Place) -> Answer:
    """Source: RFC 9325 4.5 (RSA of 2048 bits and more); curves and kinds of key that TLS 1.3 signs with."""
    good, found = keys.strength(place.record.public_key)
    return "pass" if good else "fail", found


@_rule("the signature's hash is strong enough", "receiving a certificate", "SHA-256, SHA-384 or SHA-512")
def signature_strength(place: Place) -> Answer:
    """Source: RFC 9846 4.5.1.3. A trust anchor's own signature proves nothing, and is not asked."""
    if place.role == "anchor":
        return None
    try:
        algorithm = place.record.certificate.signature_hash_algorithm
    except (UnsupportedAlgorithm, *UNREADABLE):
        return "fail", "an algorithm that is not known here"
    if algorithm is None:
        return "pass", "the hash is part of the algorithm"
    return "pass" if algorithm.name in ("sha256", "sha384", "sha512") else "fail", algorithm.name
