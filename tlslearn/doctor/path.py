"""Up from the leaf: who signed this certificate, is it in time, and where does the way to a trust anchor break?

Sections: RFC 5280 6.1.1 (trust anchor), 6.1.3 (signature, validity, issuer), RFC 9525 6.3 (host name).
Leaves out: every other rule of path validation. The whole list, and choosing among paths, comes with notebook 05.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes

from .. import names
from ..check import Check, source
from ..live import Evidence
from .diagnosis import Link

End = Literal[
    "trusted",
    "no issuer",
    "another key",
    "wrong intermediate",
    "changed",
    "self-signed leaf",
    "untrusted root",
    "another root",
    "unchecked",
    "circle",
    "unknown",
    "no chain",
]
# Ends of a step at which nothing is broken: the way goes on, or has arrived.
_ON_THE_WAY = ("no chain", "trusted", "unchecked")


@dataclass
class Walk:
    """Where the way up ended, at which certificate (`place`), and what was seen on it."""

    end: End
    place: str = ""
    last: x509.Certificate | None = None
    path: list[x509.Certificate] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)


def walk(evidence: Evidence, at: datetime) -> Walk:
    """Follow the issuers from the leaf; every certificate on the way gets its checks. Never raises for a bad chain."""
    found = Walk("no chain")
    if not evidence.chain:
        return found
    known = evidence.trust_anchors
    current: x509.Certificate | None = evidence.chain[0]
    while current is not None:
        step = len(found.path)
        role = _role(current, step, known or ())
        issuer, end = _step_up(current, step, evidence.chain, known, at)
        if issuer is not None and issuer in (*found.path, current):
            issuer, end = None, "circle"
        checks = _own_checks(current, role, evidence.hostname, at)
        if known is None or current not in known:
            checks.append(_issuer_check(current, role, end))
        if found.end in _ON_THE_WAY:  # the first break stays the place
            found.end, found.place, found.last = end, role, current
        found.checks += checks
        found.path.append(current)
        found.links.append(_link(current, role, checks, trusted=current in (known or ())))
        current = issuer
    found.links += _beyond(found)
    return found


def _role(certificate: x509.Certificate, step: int, known: Iterable[x509.Certificate]) -> str:
    if step == 0:  # also where it is its own anchor: its names are looked at all the same
        return "leaf"
    if certificate in known:
        return "trust anchor"
    return "root" if certificate.issuer == certificate.subject else f"intermediate {step}"


def _beyond(found: Walk) -> list[Link]:
    """What belongs above the last certificate: the issuer that nobody has, or the trusted one with another key."""
    above = names.short(found.path[-1].issuer)
    return {
        "no issuer": [Link("not found", above, "missing", "no trust anchor of this name")],
        "another key": [Link("trust anchor", above, "trusted", "trusted by the client: the same name, another key")],
        "wrong intermediate": [Link("presented", above, "broken", "sent by the server: the same name, another key")],
        "another root": [Link("trust anchor", above, "trusted", "trusted by the client: the same name, another key")],
    }.get(found.end, [])


def _step_up(
    current: x509.Certificate,
    step: int,
    presented: tuple[x509.Certificate, ...],
    known: tuple[x509.Certificate, ...] | None,
    at: datetime,
) -> tuple[x509.Certificate | None, End]:
    """The certificate to go on with, if any, and how the step ended; "trusted" means: nothing wrong so far."""
    if known is not None and current in known:
        return None, "trusted"
    others = (*(known or ()), *presented[1:])
    namesakes = [one for one in others if one.subject == current.issuer and one != current]
    if current.issuer == current.subject and _verifies(current, current):
        if known is None:
            return None, "unknown"
        same_name = any(one in known for one in namesakes)
        return None, "self-signed leaf" if step == 0 else "another root" if same_name else "untrusted root"
    signers = [one for one in namesakes if _verifies(current, one)]
    if signers:
        return _best(signers, known or (), at), "trusted"
    if namesakes and not _checkable(current):
        return namesakes[0], "unchecked"
    for one in namesakes:
        # The same key identifier says: this is the key that should have signed. So the certificate was changed.
        if _identifiers_agree(current, one):
            return one, "changed"
    if namesakes:
        return None, "another key" if any(one in (known or ()) for one in namesakes) else "wrong intermediate"
    return None, "no issuer" if known is not None else "unknown"


def _best(signers: list[x509.Certificate], known: tuple[x509.Certificate, ...], at: datetime) -> x509.Certificate:
    """Of several certificates for the issuer's key (cross-signed), one that is in its time, and trusted, or the next to
    one that is."""
    names_known = {one.subject for one in known}
    return min(signers, key=lambda one: (not _in_time(one, at), one not in known, one.issuer not in names_known))


def _in_time(certificate: x509.Certificate, at: datetime) -> bool:
    """Both ends belong to the validity period (RFC 5280 4.1.2.5)."""
    return certificate.not_valid_before_utc <= at.replace(microsecond=0) <= certificate.not_valid_after_utc


def _checkable(certificate: x509.Certificate) -> bool:
    """Is the algorithm of the signature one that cryptography still verifies? SHA-1 and MD5 are not."""
    try:
        return not isinstance(certificate.signature_hash_algorithm, hashes.SHA1 | hashes.MD5)
    except UnsupportedAlgorithm:
        return False


def _verifies(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, TypeError, *names.UNREADABLE):  # wrong key, wrong algorithm for it, key that can't sign
        return False
    return True


def _identifiers_agree(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        wanted = certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
        there = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    except (x509.ExtensionNotFound, *names.UNREADABLE):
        return False
    return wanted == there


def _own_checks(certificate: x509.Certificate, role: str, hostname: str | None, at: datetime) -> list[Check]:
    checks = [names.check_host(certificate, hostname)] if role == "leaf" and hostname else []
    first, last = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    return [
        *checks,
        Check(
            rule="the certificate is in its time",
            about=role,
            state="pass" if _in_time(certificate, at) else "fail",
            found=f"{first:%Y-%m-%d %H:%M:%S} to {last:%Y-%m-%d %H:%M:%S} UTC",
            wanted=f"{at:%Y-%m-%d %H:%M:%S} UTC within it",
            source=source("validity"),
        ),
    ]


_ISSUER_RULE: dict[End, tuple[str, str]] = {
    "trusted": ("the issuer's key signed the certificate", "signature"),
    "changed": ("the issuer's key signed the certificate", "signature"),
    "another key": ("the issuer's key signed the certificate", "signature"),
    "wrong intermediate": ("the issuer's key signed the certificate", "signature"),
    "no issuer": ("the path ends at a trust anchor", "trust anchor"),
    "self-signed leaf": ("the path ends at a trust anchor", "trust anchor"),
    "untrusted root": ("the path ends at a trust anchor", "trust anchor"),
    "another root": ("the path ends at a trust anchor", "trust anchor"),
    "circle": ("the path ends at a trust anchor", "trust anchor"),
    "unchecked": ("the issuer's key signed the certificate", "signature"),
    "unknown": ("the path ends at a trust anchor", "trust anchor"),
}

_ISSUER_FOUND: dict[End, str] = {
    "trusted": "signed by {issuer}",
    "changed": "the signature does not fit the bytes of the certificate",
    "another key": "signed with another key than that of the {issuer} known here",
    "wrong intermediate": "signed with another key than that of the {issuer} that the server sent",
    "no issuer": "nobody called {issuer} was found",
    "self-signed leaf": "signed by itself, and not trusted",
    "untrusted root": "a root that the server sent, and that is not trusted",
    "another root": "a root that the server sent; the one that is trusted has another key",
    "circle": "{issuer} was met before: the certificates vouch for one another in a circle",
    "unchecked": "signed by {issuer} in a way that is not verified here, such as with SHA-1",
    "unknown": "issued by {issuer}; what the client trusts is not known here",
}


def _issuer_check(certificate: x509.Certificate, role: str, end: End) -> Check:
    rule, cited = _ISSUER_RULE[end]
    return Check(
        rule=rule,
        about=role,
        state="pass" if end == "trusted" else "skip" if end in ("unknown", "unchecked") else "fail",
        found=_ISSUER_FOUND[end].format(issuer=names.short(certificate.issuer)),
        wanted="a signature by the key of a certificate that is trusted, or that leads to one",
        source=source(cited),
    )


def _link(certificate: x509.Certificate, role: str, checks: list[Check], *, trusted: bool) -> Link:
    covered = names.presented(certificate)
    name = covered[0] if role == "leaf" and covered else names.short(certificate.subject)
    if any(check.state == "fail" for check in checks):
        first_what_failed = sorted(checks, key=lambda check: check.state != "fail")
        return Link(role, name, "broken", "; ".join(_brief(check) for check in first_what_failed))
    if trusted:
        return Link(role, name, "trusted", "trusted by the client")
    return Link(role, name, "sound", ", ".join(_brief(check) for check in checks))


def _brief(check: Check) -> str:
    """A check in a few words; no date among them, so that the same fault reads the same tomorrow."""
    if check.rule.startswith("the certificate covers"):
        return "covers the host" if check.state == "pass" else f"covers {check.found}, not {check.wanted}"
    if check.rule.startswith("the certificate is in"):
        return "in its time" if check.state == "pass" else "outside its time"
    return check.found


def days_outside(certificate: x509.Certificate, at: datetime) -> str:
    """How far a moment lies outside the validity, in words without a date: "23 days ago", "in less than a day"."""
    if at < certificate.not_valid_before_utc:
        return f"in {_days(certificate.not_valid_before_utc - at)}"
    return f"{_days(at - certificate.not_valid_after_utc)} ago"


def _days(span: timedelta) -> str:
    """A moment on the very border, where judges differ, is less than a day outside."""
    return {0: "less than a day", 1: "a day"}.get(max(span, timedelta(0)).days, f"{span.days} days")
