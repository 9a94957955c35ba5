"""Which certificate, which link, which rule: what `chain` found, as a drawing and as rows of the table of causes.

Sections: RFC 5280 6.1 (path validation); each check carries its own.
Leaves out: the walking, which `chain` does, and the words, which are in `causes`.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial

from cryptography import x509

from .. import chain, names
from ..chain.records import Record, signed_by
from ..chain.validation import Purpose
from ..check import BadInput, Check, source
from ..live import Evidence
from .causes import CAUSES
from .diagnosis import Link
from .wording import listed

_RULES = {rule.says: name for name, rule in chain.RULES.items()}
RANK = {kind: rank for rank, kind in enumerate(CAUSES)}


@dataclass(frozen=True)
class Fault:
    """A check that failed, the row of CAUSES it leads to, and the certificate it is about."""

    kind: str
    check: Check
    record: Record

    @property
    def found(self) -> str:
        """Without how `chain` begins; the sentences say it themselves."""
        return self.check.found.removeprefix("found but unfit: ")


@dataclass
class Walk:
    """What was found on the way up. `end`: the row that says where it is broken, or "trusted", "unknown", "no chain";
    `presented`: all that came along, for `hostname`; `places`: the certificates of the path, leaf first, by their
    roles; of the `faults` the first decides. `now`: `at` is the present. `alone`: a server sent its leaf and nothing
    else."""

    end: str
    at: datetime
    now: bool = True
    presented: tuple[x509.Certificate, ...] = ()
    hostname: str | None = None
    places: dict[str, Record] = field(default_factory=dict)
    links: list[Link] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    alone: bool = False

    @classmethod
    def nothing(cls) -> Walk:
        """Of what did not come as far as a chain."""
        return cls("no chain", datetime.now(UTC))

    @property
    def clock(self) -> bool:
        """Whether all certificates up to a trust anchor are outside their time, to the same side."""
        times = [record.validity for record in self.places.values()]
        if self.end != "trusted" or len(times) < 2 or not all(times):
            return False
        return all(self.at > end for _, end in filter(None, times)) or all(
            self.at < begin for begin, _ in filter(None, times)
        )

    def lint(self, rule: str) -> Fault | None:
        """The first certificate that breaks this rule, of those that clients may overlook too."""
        broken = [one for one in self.checks if one.state in ("lint", "fail") and _RULES.get(one.rule) == rule]
        return Fault("strict", broken[0], self.places[broken[0].about]) if broken else None

    @property
    def last(self) -> Record:
        """The end of the way up."""
        return [*self.places.values()][-1]

    @property
    def path(self) -> list[x509.Certificate]:
        return [record.certificate for record in self.places.values()]

    @property
    def strangers(self) -> list[x509.Certificate]:
        """What came along and has no part in the path, each once."""
        path = self.path
        return [one for one in dict.fromkeys(self.presented) if one not in path]

    @property
    def ca_first(self) -> bool:
        """Whether a CA's certificate stands where the leaf should, and a leaf behind it."""
        first, *others = [Record(one) for one in self.presented]
        return first.is_ca and any(not one.is_ca and one.issuer == first.subject for one in others)

    @property
    def stranger_names(self) -> str:
        return listed(sorted(names.short(one.subject) for one in self.strangers))

    @property
    def no_root(self) -> str:
        """What is to be said of an anchor that is no root. Source: Python documentation, ssl.create_default_context."""
        name = self.last.subject_text
        more = "clients without VERIFY_X509_PARTIAL_CHAIN, as Python's before 3.13, ask for the root above it"
        return f"{name} is trusted here and no root: {more}"

    @property
    def must_staple(self) -> str:
        """What is to be said of a leaf that demands a stapled OCSP response; "" where it does not. Source: RFC 7633."""
        demands = self.places["leaf"].extension(x509.TLSFeature) if "leaf" in self.places else None
        if demands is None or x509.TLSFeatureType.status_request not in demands:
            return ""
        return (
            "the leaf demands an OCSP response in each handshake (must-staple); Python asks for none, nor did this look"
        )

    def out_of_order(self, given: Sequence[x509.Certificate]) -> str:
        """How the certificates of the path that stand in this file or flight should follow one another; "" if they do.

        Source: RFC 9846 4.5.1.
        """
        path = self.path
        wanted = [one for one in path if one in given]
        displaced = bool(wanted) and wanted[0] == path[0] != given[0]
        if not displaced and [one for one in dict.fromkeys(given) if one in wanted] == wanted:
            return ""
        return ", ".join(link.name for one, link in zip(path, self.links, strict=False) if one in wanted)


# Programs and devices that open TLS on the way, with a root of their own, as they call themselves in certificates.
_OPENS_TLS = re.compile(
    r"(?i)\b(avast|avg|kaspersky|eset|bitdefender|norton|mcafee|dr\.?web|adguard|zscaler|netskope|forti(net|gate)|sophos"
    r"|palo alto|blue ?coat|cisco umbrella|check point|forcepoint|barracuda|untangle|squid|mitmproxy|charles proxy"
    r"|fiddler|burp|portswigger)\b"
)
_NOBODY = ("no issuer", "unrelated", "untrusted root")


def walk(evidence: Evidence, at: datetime, purpose: Purpose = "server") -> Walk:
    """Ask `chain` about the certificates that were presented, leaf first. Never raises for a bad chain."""
    found = Walk("no chain", at, presented=evidence.chain or (), hostname=evidence.hostname)
    if evidence.chain:
        found.end = "trusted"
        with warnings.catch_warnings(action="ignore"):  # about certificates: here they are told in other ways
            verdict = _verdict(evidence, at, purpose)
            roles = dict.fromkeys(check.about for check in verdict.checks)
            found.places = dict(zip(roles, verdict.records, strict=True))
            for check in verdict.checks:
                _sort_in(check, found, evidence, verdict)
        if found.strangers:
            found.faults = [replace(one, kind="unrelated") if one.kind == "no issuer" else one for one in found.faults]
        if _OPENS_TLS.search(f"{found.last.issuer_text} {found.last.subject_text}"):
            found.faults = [replace(one, kind="interception") if one.kind in _NOBODY else one for one in found.faults]
        found.faults.sort(key=lambda fault: RANK[fault.kind])
        found.end = next((fault.kind for fault in found.faults if CAUSES[fault.kind].broken), found.end)
        found.links = [_link(about, found, evidence) for about in found.places] + _beyond(found)
    return found


def _verdict(evidence: Evidence, at: datetime, purpose: Purpose) -> chain.Verdict:
    leaf, *others = evidence.chain or ()
    own = Record(leaf)
    anchors = list(evidence.trust_anchors or ())
    if own.self_issued:  # it is its own word, also with an anchor's name and key: OpenSSL wants the very certificate
        anchors = [one for one in anchors if one == leaf or Record(one).spki != own.spki]
    ask = partial(chain.validate, leaf, others, anchors, at=at, purpose=purpose)
    try:
        return ask(hostname=evidence.hostname or chain.NAME_NOT_CHECKED)
    except BadInput:  # a client may ask for what is no host name
        return ask(hostname=chain.NAME_NOT_CHECKED)


def _sort_in(check: Check, found: Walk, evidence: Evidence, verdict: chain.Verdict) -> None:
    """Keep the check, and the fault where it is one. What is not known here, or not verified, is skipped, not wrong."""
    record, kind, rule = found.places[check.about], "", _RULES[check.rule]
    if rule == "host" and evidence.hostname:  # `chain` is not asked about what is no host name, which nobody covers
        check = names.check_host(record.certificate, evidence.hostname)
        if names.by_too_wide_a_wildcard(record.certificate, evidence.hostname):
            check = replace(check, state="fail", found=f"{check.found} (a wildcard for a whole top-level domain)")
    # Path validation does not compare key identifiers, but OpenSSL does where it looks for the issuer.
    if check.state == "fail" or (rule == "authority_key_identifier" and check.found == "not the issuer's"):
        kind = _kind(rule, check, found, evidence, verdict)
    if kind in ("another key", "wrong intermediate"):  # there is a certificate of the name: its key did not sign
        check = replace(check, rule=chain.RULES["signature"].says, source=source("signature"))
    elif kind == "unknown":
        told = f"issued by {record.issuer_text}; what the client trusts is not known here"
        check, kind, found.end = replace(check, state="skip", found=told), "", kind
    elif kind == "not verified" or check.found == "an algorithm that is not known here":
        check, kind = replace(check, state="skip"), kind if kind == "not verified" else ""
    found.checks.append(check)
    found.faults += [Fault(kind, check, record)] if kind else []


def _kind(rule: str, check: Check, found: Walk, evidence: Evidence, verdict: chain.Verdict) -> str:
    """The row of CAUSES that a failed check leads to."""
    record = found.places[check.about]
    if rule == "trust_anchor":
        return "not verified" if verdict.work.limit else _end(check, record, evidence)
    if rule == "signature":
        above = verdict.records[verdict.records.index(record) + 1]
        return "not verified" if signed_by(record, above) == "unsupported" else "changed"
    if rule == "host":
        covered = names.presented(record.certificate)
        if names.by_too_wide_a_wildcard(record.certificate, evidence.hostname or ""):
            return "wide wildcard"
        return "no names" if not covered else "host form" if evidence.hostname in covered else "host"
    if rule == "validity" and record.validity:
        if record.validity[0] > record.validity[1]:
            return "never valid"
        late = {"trust anchor": "expired anchor", "leaf": "expired"}.get(check.about, "expired CA")
        return late if found.at > record.validity[1] else "not yet valid"
    return {"validity": "readable"}.get(rule, rule if rule in CAUSES else "another rule")


def _end(check: Check, last: Record, evidence: Evidence) -> str:
    """How a way ends that does not lead to an anchor; `chain` says which of its problems it is."""
    known, own_word = evidence.trust_anchors, last.self_issued and signed_by(last, last) == "good"
    if known is None and (own_word or check.found.startswith("nobody of that name")):
        return "unknown"
    if own_word and check.about == "leaf":
        return "self-signed leaf"
    if check.found.startswith("that name but another key"):
        trusted = any(Record(one).subject == last.issuer for one in known or ())
        return "another root" if own_word else "another key" if trusted else "wrong intermediate"
    return "no issuer" if check.found.startswith("nobody") else "untrusted root" if own_word else "circle"


def _beyond(found: Walk) -> list[Link]:
    """What belongs above the last certificate: the issuer that nobody has, or the one of that name with another key."""
    above = found.last.issuer_text
    trusted = Link("trust anchor", above, "trusted", "trusted by the client: the same name, another key")
    nobody = Link("not found", above, "missing", "no trust anchor of this name")
    beyond = {
        "no issuer": nobody,
        "unrelated": nobody,
        "interception": nobody,
        "another key": trusted,
        "another root": trusted,
        "wrong intermediate": Link("came along", above, "broken", "the same name, another key"),
    }
    return [beyond[fault.kind] for fault in found.faults if fault.kind in beyond]


def _link(about: str, found: Walk, evidence: Evidence) -> Link:
    record, name = found.places[about], name_of(found.places[about], about)
    here = {_RULES[check.rule]: check for check in found.checks if check.about == about}
    sound = [told for rule in _TOLD if rule in here and (told := _in_short(rule, here[rule]))]
    faults = [_note(one) for one in found.faults if one.check.about == about and one.kind != "not verified"]
    if faults:
        return Link(about, name, "broken", "; ".join([*faults, *sound]))
    if record.certificate in (evidence.trust_anchors or ()):
        return Link(about, name, "trusted", "trusted by the client")
    return Link(about, name, "sound", ", ".join(sound))


def name_of(record: Record, about: str) -> str:
    """A certificate for people: a leaf by the first name it covers, others by their subject."""
    covered = names.presented(record.certificate) if about == "leaf" else []
    return covered[0] if covered else record.subject_text


def _note(fault: Fault) -> str:
    """A fault in a few words; no date among them, so that the same fault reads the same tomorrow."""
    check, note = fault.check, CAUSES[fault.kind].note
    if not note:
        return f"fails: {check.rule} ({fault.found})"
    return note.format(issuer=fault.record.issuer_text, found=fault.found, wanted=check.wanted)


# What is told of a link that holds, in this order; of the other rules nothing.
_TOLD = ("host", "validity", "signature", "trust_anchor")


def _in_short(rule: str, check: Check) -> str:
    if check.state == "pass":
        return {"host": "covers the host", "validity": "in its time", "signature": check.found}.get(rule, "")
    return check.found if check.state == "skip" and rule != "host" else ""


def days_outside(record: Record, at: datetime, *, now: bool) -> str:
    """How far a moment lies outside the validity, in words without a date: "23 days ago", "in less than a day"."""
    begin, end = record.validity or (at, at)
    # A moment on the very border, where judges differ, is less than a day outside.
    days = max(begin - at, at - end, timedelta(0)).days
    span = {0: "less than a day", 1: "a day"}.get(days, f"{days:,} days")
    if now:
        return f"in {span}" if at < begin else f"{span} ago"
    return f"{span} {'after' if at < begin else 'before'} the time asked about"
