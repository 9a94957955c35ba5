"""Which rules are looked at on each certificate of a path, one function a rule?

Sections: RFC 5280 4.1, 4.2, 6.1.3, 6.1.4; RFC 9525 6; RFC 9846 4.3.3, 4.5.1; RFC 9325 4.5.
Leaves out: certificate policies and their tree (RFC 5280 6.1.2 (a), RFC 9618). Who demands them by a critical extension
is refused.

State "fail": a client must refuse. State "lint": a rule for authorities that clients ignore; some judges do not.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Literal, get_args

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.x509.oid import ExtendedKeyUsageOID

from .. import keys, names
from ..check import SOURCES, Check, State
from . import constraints, crls
from .paths import End
from .records import UNREADABLE, Question, Record, Signed

Role = Literal["leaf", "CA", "anchor"]
ISSUERS: tuple[Role, ...] = ("CA", "anchor")
Text = str | Callable[[], str]  # a text that takes time to make is made when it is read


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
    above: tuple[tuple[Record, constraints.Constraints], ...]  # the certificates above that constrain names


# What a rule answers: the state, what was found, what was wanted and by which section, the last two where they are not
# the rule's own. None: the rule does not apply at this place.
Answer = tuple[State, Text] | tuple[State, Text, Text] | tuple[State, Text, Text, Text]
Look = Callable[[Place], Answer | None]

# On what an answer hangs: on the path, or on the certificate and the question alone. A lint is a rule that never
# refuses, on whatever it hangs; it is looked at when somebody reads the checks.
Kind = Literal["path", "certificate", "lint"]


@dataclass(frozen=True, eq=False)
class Rule:
    """What must hold (`says`), by which section, the function that looks, and on what."""

    says: str
    section: str
    wanted: str
    look: Look
    roles: tuple[Role, ...]
    kind: Kind


# In the order in which they are told. The tests take them away one by one and look for the verdict that changes.
RULES: dict[str, Rule] = {}


Rules = dict[tuple[Role, Kind], list[Rule]]


def look(place: Place, rules: Rules, known: dict[Record, list[tuple[Rule, Answer]]]) -> list[tuple[Rule, Answer]]:
    """What the rules that may refuse answer here. Those about the certificate alone are asked once: `known` keeps what
    they answered for the next path. (Kept by the record itself, the answers, which hold it, would make a circle.)"""
    if place.record not in known:
        known[place.record] = ask(place, rules, "certificate")
    return ask(place, rules, "path") + known[place.record]


def ask(place: Place, rules: Rules, kind: Kind) -> list[tuple[Rule, Answer]]:
    """What every rule of a kind that applies at this place answers."""
    applying = rules[place.role, kind]
    place.question.work.rules += len(applying)
    return [(rule, answer) for rule in applying if (answer := rule.look(place)) is not None]


def rules_now() -> Rules:
    """By role and kind, those that stand in RULES."""
    return _arranged(tuple(RULES.values()))


@lru_cache(maxsize=8)
def _arranged(rules: tuple[Rule, ...]) -> Rules:
    places = product(get_args(Role), get_args(Kind))
    return {(role, kind): [one for one in rules if one.kind == kind and role in one.roles] for role, kind in places}


def told(place: Place, rule: Rule, answer: Answer) -> Check:
    """The answer as a record that can be read."""
    state, found, *own = answer
    wanted, section = own[0] if own else rule.wanted, own[1] if len(own) > 1 else rule.section
    texts = [text if isinstance(text, str) else text() for text in (found, wanted, section)]
    return Check(rule.says, place.about, state, *texts)


def _rule(
    says: str, cited: str, wanted: str = "", roles: tuple[Role, ...] = get_args(Role), *, kind: Kind = "certificate"
) -> Callable[[Look], Look]:
    """Adds the function to RULES under its name; `cited` is a row of SOURCES."""

    def add(look: Look) -> Look:
        RULES[look.__name__] = Rule(says, SOURCES[cited], wanted, look, roles, kind)
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


@_rule("the path ends at a trust anchor", "trust anchor", "a trust anchor", kind="path")
def trust_anchor(place: Place) -> Answer | None:
    """Source: RFC 5280 6.1.1 (d)."""
    if place.end is None:
        return None
    record, end, limit = place.record, place.end, place.question.work.limit

    def found() -> str:
        return _ENDS[end].format(subject=record.subject_text, issuer=record.issuer_text)

    if end == "trusted":
        return "pass", found
    return "fail", f"{found()}; the search ended at its limit, {limit}" if limit else found


@_rule("the issuer's key signed the certificate", "signature", "a signature by the issuer's key", kind="path")
def signature(place: Place) -> Answer | None:
    """Source: RFC 5280 6.1.3 (a)(1)."""
    issuer = place.issuer
    if issuer is None:
        return None
    if place.signed == "good":
        return "pass", lambda: f"signed by {issuer.subject_text}"
    if place.signed == "unsupported":
        return "fail", f"signed by {issuer.subject_text} in a way that is not verified here"
    return "fail", "the signature does not match the bytes of the certificate"


@_rule("the issuer's name is the subject of the next certificate", "issuer name", kind="path")
def issuer_name(place: Place) -> Answer | None:
    """Source: RFC 5280 6.1.3 (a)(4), compared as 7.1 says."""
    record, issuer = place.record, place.issuer
    if issuer is None:
        return None
    if record.issuer is not None and record.issuer == issuer.subject:
        return "pass", lambda: record.issuer_text
    return "fail", record.issuer_text, issuer.subject_text


@_rule("the certificate is not revoked", "CRL", "a current CRL that does not list it", kind="path")
def revocation(place: Place) -> Answer | None:
    """Source: RFC 5280 6.1.3 (a)(3), 6.3.3. Not asked: said once, at the leaf."""
    if not place.question.crls:
        return ("skip", "not checked: no CRL was given") if place.role == "leaf" else None
    if place.issuer is None:
        return None
    good, found = crls.revocation(place.record, place.issuer, place.question)
    return "pass" if good else "fail", found


@_rule("no more CAs follow than allowed", "path length", roles=ISSUERS, kind="path")
def path_length(place: Place) -> Answer | None:
    """Source: RFC 5280 6.1.4 (l) and (m), 4.2.1.9; self-issued intermediates and the leaf are not counted."""
    found = place.record.extension(x509.BasicConstraints)
    if found is None or found.path_length is None:
        return None
    state: State = "pass" if place.cas_below <= found.path_length else "fail"
    return state, f"{place.cas_below} below it", f"{found.path_length} at most"


@_rule(
    "the names are within the constraints above",
    "names within constraints",
    "names that all above may vouch for",
    kind="path",
)
def name_constraints(place: Place) -> Answer | None:
    """Source: RFC 5280 6.1.3 (b) and (c); of self-issued certificates the leaf alone is held to them."""
    if not place.above or (place.record.self_issued and place.role != "leaf"):
        return None
    found = constraints.violations(place.record, place.above, place.question.work)
    more = [f"{len(found) - names.SHOWN:,} more"] if len(found) > names.SHOWN else []
    return ("fail", "; ".join([*found[: names.SHOWN], *more])) if found else ("pass", "all of them")


# What hangs on the certificate alone.

_GENERALIZED = re.compile(rb"\x18\x0f(\d{4})")  # tag and length, then a text that begins with the year


def _before_2050(validity: bytes) -> bool:
    return b"\x18" in validity and any(year < b"2050" for year in _GENERALIZED.findall(validity))


@_rule("the certificate is in its time", "validity")
def validity(place: Place) -> Answer | None:
    """To the second, both ends included. Source: RFC 5280 4.1.2.5, 6.1.3 (a)(2); a trust anchor's, as clients do."""
    record, question = place.record, place.question
    times = record.validity
    if times is None:
        return "fail", "unreadable", question.moment
    odd = place.role != "anchor" and _before_2050(record.fields["validity"])
    note = ", a year before 2050 as GeneralizedTime" if odd else ""
    state: State = "fail" if not times[0] <= question.at <= times[1] else "lint" if odd else "pass"
    return state, lambda: f"{str(times[0])[:19]} to {str(times[1])[:19]} UTC{note}", question.moment


@_rule("the certificate covers the host", "host name", "a host name or an address to compare", ("leaf",))
def host(place: Place) -> Answer | None:
    """Source: RFC 9525 6.3, 6.4."""
    record, wanted = place.record, place.question.hostname
    if not wanted:
        return "skip", "not checked: no name was asked about"
    state: State = "pass" if names.covers(record.extension(x509.SubjectAlternativeName) or (), wanted) else "fail"
    return state, lambda: names.check_host(record.certificate, wanted).found, wanted, lambda: names.section_of(wanted)


@_rule("fields and extensions can be read", "extensions", "well-formed, each once")
def readable(place: Place) -> Answer | None:
    """Source: RFC 5280 4.2. What is malformed or stands twice may mean one thing here and another elsewhere."""
    record = place.record
    _ = record.public_key, record.validity, record.extensions  # read on demand, and only then faulty
    if record.faults:
        return "fail", "; ".join([f"{what}: {why}" for what, why in record.faults.items()])
    return "pass", "all of them"


# What path validation here looks at. A critical extension that is not among them is refused.
_PROCESSED = frozenset(
    (
        x509.AuthorityKeyIdentifier.oid,
        x509.SubjectKeyIdentifier.oid,
        x509.KeyUsage.oid,
        x509.SubjectAlternativeName.oid,
        x509.BasicConstraints.oid,
        x509.NameConstraints.oid,
        x509.ExtendedKeyUsage.oid,
    )
)


@_rule("critical extensions are all understood", "extensions", "none but those that are processed here")
def critical_extensions(place: Place) -> Answer | None:
    """Source: RFC 5280 4.2, 6.1.4 (o). The policy extensions are not processed here, so a critical one refuses."""
    found = [one for one in place.record.extensions if one.critical and one.oid not in _PROCESSED]
    if not found:
        return "pass", "no other"
    return "fail", f"{', '.join([one.oid.dotted_string for one in found])} not processed"


@_rule("the certificate is of version 3", "version", "v3")
def version(place: Place) -> Answer | None:
    """Source: RFC 5280 4.1.2.1, 6.1.4 (k): only version 3 has extensions, by which a CA says that it is one."""
    if place.record.certificate.version is x509.Version.v3:
        return "pass", "v3"
    if place.record.extensions:
        return "fail", "v1, with extensions"
    return "lint" if place.role == "leaf" else "fail", "v1"


@_rule("the issuer has a name", "issuer", "a name")
def named_issuer(place: Place) -> Answer | None:
    """Source: RFC 5280 4.1.2.4: without it anybody's certificate would fit."""
    record = place.record
    return "pass" if record.issuer else "fail", lambda: record.issuer_text


def _said(record: Record) -> str:
    found = record.extension(x509.BasicConstraints)
    if found is None:
        return "no extension that can be read" if "extensions" in record.faults else "no basic constraints"
    return "CA: TRUE" if found.ca else "CA: FALSE"


@_rule("an issuer is a CA", "issuer is a CA", "CA: TRUE, critical", ISSUERS)
def issuer_is_ca(place: Place) -> Answer | None:
    """Source: RFC 5280 6.1.4 (k), 4.2.1.9."""
    said = _said(place.record)
    if not place.record.is_ca:
        return "fail", f"found but unfit: {said}"
    critical = place.record.critical(x509.BasicConstraints)
    return ("pass", said) if critical else ("lint", f"{said}, not critical")


@_rule("the leaf is not a CA", "basic constraints", "CA: FALSE, or nothing", ("leaf",))
def leaf_is_no_ca(place: Place) -> Answer | None:
    """Source: RFC 5280 4.2.1.9. Clients refuse one that would serve a connection: its key should do nothing else."""
    return "fail" if place.record.is_ca and place.question.purpose != "any" else "pass", _said(place.record)


@_rule("an issuer's key may sign certificates", "issuer may sign", "key usage: keyCertSign", ISSUERS)
def issuer_may_sign(place: Place) -> Answer | None:
    """Source: RFC 5280 6.1.4 (n), 4.2.1.3: an authority must say what its key is for, and clients ask it if it does."""
    usage = place.record.extension(x509.KeyUsage)
    if usage is None:
        return "lint", "no key usage"
    return ("pass", "keyCertSign") if usage.key_cert_sign else ("fail", "found but unfit: no keyCertSign")


@_rule("the leaf's key usage fits", "certificate selection", "digitalSignature", ("leaf",))
def leaf_key_usage(place: Place) -> Answer | None:
    """Source: RFC 9846 4.5.1.2 (the key must sign), RFC 5280 4.2.1.9 (no keyCertSign without CA)."""
    usage = place.record.extension(x509.KeyUsage)
    if usage is None:
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
def extended_key_usage(place: Place) -> Answer | None:
    """Source: RFC 5280 4.2.1.12. Clients ask it of the CAs above, too; for a leaf, "any purpose" is not enough."""
    usage = place.record.extension(x509.ExtendedKeyUsage)
    if usage is None or place.question.purpose == "any":
        return None

    def found() -> str:
        told = ["any" if one == _ANY else names.printable(one._name) for one in usage]
        return ", ".join(told[: names.SHOWN]) or "no purpose"

    asked, wanted = _USAGES[place.question.purpose]
    good = asked in usage or (place.role != "leaf" and _ANY in usage)
    return "pass" if good else "fail", found, wanted


@_rule("name constraints stand in a CA, critical", "name constraints", "critical, and not in a leaf")
def constraints_form(place: Place) -> Answer | None:
    """Source: RFC 5280 4.2.1.10: critical, and in CA certificates alone."""
    if not place.record.has(x509.NameConstraints):
        return None
    if place.role == "leaf" and not place.record.is_ca:
        return "fail", "name constraints in a leaf"
    critical = place.record.critical(x509.NameConstraints)
    return ("pass", "critical") if critical else ("lint", "not critical; obeyed all the same")


@_rule("the key is strong enough", "key length", keys.STRONG)
def key_strength(place: Place) -> Answer | None:
    """Source: RFC 9325 4.5 (RSA of 2048 bits and more); curves and kinds of key that TLS 1.3 signs with."""
    good, found = keys.strength(place.record.public_key)
    return "pass" if good else "fail", found


@_rule(
    "the signature's hash is strong enough", "receiving a certificate", "SHA-256, SHA-384 or SHA-512", ("leaf", "CA")
)
def signature_strength(place: Place) -> Answer | None:
    """Source: RFC 9846 4.5.1.3. A trust anchor's own signature proves nothing, and is not asked."""
    one = place.record.certificate
    try:
        algorithm, how = one.signature_hash_algorithm, one.signature_algorithm_parameters
    except UNREADABLE:
        return "fail", "an algorithm that is not known here"
    if algorithm is None:
        return "pass", "the hash is part of the algorithm"
    if type(how) is padding.PSS and not _as_in_tls(how, algorithm):
        return "fail", f"{algorithm.name} in RSASSA-PSS with a salt or mask that TLS does not know"
    return "pass" if algorithm.name in ("sha256", "sha384", "sha512") else "fail", algorithm.name


def _as_in_tls(how: padding.PSS, algorithm: hashes.HashAlgorithm) -> bool:
    """Whether the salt is as long as the hash, and the mask made with the same hash. Source: RFC 9846 4.3.3."""
    return how._salt_length == algorithm.digest_size and how.mgf._algorithm.name == algorithm.name


# What never refuses.


@_rule("the serial number is positive, of 20 bytes at most", "serial number", "1 to 20 bytes, positive", kind="lint")
def serial(place: Place) -> Answer | None:
    """Source: RFC 5280 4.1.2.2; users of certificates must handle others gracefully."""
    number = place.record.serial or 0
    size = number.bit_length() // 8 + 1
    if number <= 0:
        return "lint", "negative" if number else "zero"
    return "lint" if size > 20 else "pass", f"{size} bytes"


@_rule(
    "the subject alternative name is in form",
    "subject alternative name",
    "names; critical without a subject alone",
    ("leaf",),
    kind="lint",
)
def alternative_names(place: Place) -> Answer | None:
    """Source: RFC 5280 4.2.1.6, of leaves."""
    if place.question.purpose == "any":
        return None
    held = place.record.extension(x509.SubjectAlternativeName)
    if held is None:
        return "lint", "no subject alternative name"
    critical, subject = place.record.critical(x509.SubjectAlternativeName), place.record.subject
    forms = [(constraints.form_of(one), one.value) for one in held]
    odd = sum([constraints.malformed(*one) for one in forms if one[0] in (constraints.DNS, constraints.ADDRESS)])
    trouble = {
        "empty": not len(held),
        "critical beside a subject": critical and subject,
        "not critical without a subject": not critical and not subject,
        f"{odd} names that are none": odd,
    }
    told = ", ".join([text for text, holds in trouble.items() if holds])
    return ("lint", told) if told else ("pass", f"{len(held)} names")


@_rule("the subject key identifier is there", "subject key identifier", "there in a CA, not critical", kind="lint")
def subject_key_identifier(place: Place) -> Answer | None:
    """Source: RFC 5280 4.2.1.2."""
    if place.record.critical(x509.SubjectKeyIdentifier):
        return "lint", "critical"
    if place.role == "leaf" and not place.record.is_ca:
        return None
    return ("lint", "none") if place.record.key_identifier is None else ("pass", "there")


@_rule("the authority key identifier fits", "authority key identifier", "the issuer's, not critical", kind="lint")
def authority_key_identifier(place: Place) -> Answer | None:
    """Source: RFC 5280 4.2.1.1, 4.2.1.2: they help to build paths, and path validation does not compare them."""
    record, found = place.record, place.record.extension(x509.AuthorityKeyIdentifier)
    if record.critical(x509.AuthorityKeyIdentifier):
        return "lint", "critical"
    if found is None:
        return None if place.role == "anchor" or record.self_issued else ("lint", "none")
    above = place.issuer and place.issuer.key_identifier
    fits = None in (above, found.key_identifier) or found.key_identifier == above
    if place.issuer and found.authority_cert_serial_number is not None:
        fits = fits and found.authority_cert_serial_number == place.issuer.serial
    if not fits:
        return "lint", "not the issuer's"
    return ("lint", "no key identifier") if found.key_identifier is None else ("pass", "fits")


_POLICIES = {
    x509.ObjectIdentifier("2.5.29.33"): "policy mappings",
    x509.PolicyConstraints.oid: "policy constraints",
    x509.InhibitAnyPolicy.oid: "inhibit anyPolicy",
}


@_rule("certificate policies agree along the path", "policy constraints", "a policy that all accept", kind="lint")
def policies(place: Place) -> Answer | None:
    """Source: RFC 5280 4.2.1.11. Policy trees are left out, and this says so where they would matter."""
    found = [_POLICIES[one.oid] for one in place.record.extensions if one.oid in _POLICIES]
    return ("skip", f"not checked: {', '.join(found)}") if found else None
