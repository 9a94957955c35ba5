"""Is there a path from this leaf to a trust anchor on which every rule holds?

Sections: RFC 5280 6.1 (path validation), 6.2 (using it).
Leaves out: policy trees, and fetching anything; what is not given is not there.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from itertools import accumulate
from typing import Final, Literal, get_args

from cryptography import x509

from .. import names
from ..check import BadInput
from . import checks, constraints
from .paths import End, Path, Search
from .records import UNREADABLE, NameKey, Question, Record, Work, name_key
from .verdict import Looked, Verdict

Purpose = Literal["server", "client", "any"]
_PURPOSES = get_args(Purpose)


class _NameNotChecked:
    """Says that no host name is asked about; a verdict shows it as a warning."""

    def __repr__(self) -> str:
        return "chain.NAME_NOT_CHECKED"


NAME_NOT_CHECKED: Final = _NameNotChecked()


def candidate_paths(
    leaf: x509.Certificate, intermediates: Iterable[x509.Certificate], trust_anchors: Iterable[x509.Certificate]
) -> list[tuple[x509.Certificate, ...]]:
    """All paths from the leaf to a trust anchor: leaf first, each signed by the next, the anchor last.

    Those whose issuers are CAs and in their time come first, then the shorter. Names and signatures alone decide what
    is a path; `validate` asks the rest. The limits on work (MOST_SIGNATURES, MOST_STEPS, MOST_CERTIFICATES) hold: what
    is beyond them is not told. Raises BadInput for what is no certificate.
    """
    search = Search(_many(intermediates), _many(trust_anchors), _moment(None), Work())
    return [tuple([record.certificate for record in path]) for path in search.paths(search.record(_one(leaf)))]


def validate(
    leaf: x509.Certificate,
    intermediates: Iterable[x509.Certificate],
    trust_anchors: Iterable[x509.Certificate],
    *,
    hostname: str | _NameNotChecked,
    at: datetime | None = None,
    purpose: Purpose = "server",
    crls: Iterable[x509.CertificateRevocationList] = (),
) -> Verdict:
    """Every check on every certificate of the first valid path, or of the one on which the fewest checks fail.

    `hostname`: a name or an address, or NAME_NOT_CHECKED. `at`: an aware datetime, now unless told. `crls`: where any
    are given, each certificate below the anchor needs a usable one that leaves it out.
    Raises BadInput for a value that cannot be used; certificates, however malformed, get a verdict.
    Source: RFC 5280 6.1.
    """
    question = Question(_moment(at), _hostname(hostname), _purpose(purpose), _crls(crls))
    between, anchors = _many(intermediates), _many(trust_anchors)
    search = Search(between, anchors, question.at, question.work)
    start = search.record(_one(leaf))
    known: dict[Record, list[tuple[checks.Rule, checks.Answer]]] = {}
    best: tuple[int, list[Looked]] | None = None
    for path in search.paths(start):
        looked = _looked(path, "trusted", search, question, known)
        failed = sum([answer[0] == "fail" for _, answers in looked for _, answer in answers])
        if best is None or failed < best[0]:
            best = failed, looked
        if not failed:
            break
    if best is None:
        best = 1, _looked(*search.furthest(start), search, question, known)
    return Verdict(tuple(best[1]), question, between, anchors)


def _looked(
    path: Path,
    end: End,
    search: Search,
    question: Question,
    known: dict[Record, list[tuple[checks.Rule, checks.Answer]]],
) -> list[Looked]:
    """What the rules answer at each place of the path, leaf first."""
    looked: list[Looked] = []
    above: tuple[tuple[Record, constraints.Constraints], ...] = ()
    below = [0, *accumulate([int(index > 0 and not record.self_issued) for index, record in enumerate(path)])]
    rules, issuer = checks.rules_now(), None
    for index in range(len(path) - 1, -1, -1):
        record = path[index]
        about, role = _role(record, index, last=issuer is None, end=end)
        signed = None if issuer is None else search.signed(record, issuer)
        ending = end if issuer is None else None
        place = checks.Place(record, about, role, question, issuer, signed, ending, below[index], above)
        looked.append((place, checks.look(place, rules, known)))
        held = constraints.constraints_of(record)
        above = above if held is None else (*above, (record, held))
        issuer = record
    return looked[::-1]


def _role(record: Record, index: int, *, last: bool, end: End) -> tuple[str, checks.Role]:
    if index == 0:  # also where it is its own anchor: it is looked at as a leaf all the same
        return "leaf", "leaf"
    if last and end == "trusted":
        return "trust anchor", "anchor"
    return ("root", "CA") if last and end in ("self-signed", "another root") else (f"intermediate {index}", "CA")


def _one(given: object) -> x509.Certificate:
    """A certificate, or what holds one (an Authority, a Credential)."""
    found = getattr(given, "certificate", given)
    if not isinstance(found, x509.Certificate):
        fix = "Pass an x509.Certificate, as x509.load_pem_x509_certificate returns it."
        raise BadInput("not a certificate", value=given, fix=fix)
    return found


def _many(given: Iterable[object]) -> tuple[x509.Certificate, ...]:
    return tuple([_one(one) for one in _listed(given, "certificates")])


def _moment(at: datetime | None) -> datetime:
    """In UTC and whole seconds, as certificates give theirs."""
    at = datetime.now(UTC) if at is None else at
    if not isinstance(at, datetime) or at.utcoffset() is None:
        raise BadInput("not a time with an offset", value=at, fix="Use datetime.now(UTC) or tzinfo=UTC.")
    try:
        return at.astimezone(UTC).replace(microsecond=0)
    except OverflowError:
        raise BadInput("a time that UTC cannot hold", value=at, fix="Use a year from 2 to 9998.") from None


def _hostname(hostname: str | _NameNotChecked) -> str:
    """The name in its ASCII form without a last dot; "" for NAME_NOT_CHECKED."""
    if isinstance(hostname, _NameNotChecked):
        return ""
    if not isinstance(hostname, str):
        fix = "Give a host name or an address, or chain.NAME_NOT_CHECKED."
        raise BadInput("not a host name", value=hostname, fix=fix)
    wanted = hostname.removesuffix(".")
    if wanted.startswith("*."):
        raise BadInput("a wildcard is no host", value=hostname, fix="Give the name that is connected to.")
    return str(names.host_name(wanted).value)


def _purpose(purpose: Purpose) -> Purpose:
    if purpose not in _PURPOSES:
        raise BadInput("no such purpose", value=purpose, fix=f"Use one of {', '.join(_PURPOSES)}.")
    return purpose


def _crls(
    given: Iterable[x509.CertificateRevocationList],
) -> tuple[tuple[NameKey, x509.CertificateRevocationList], ...]:
    """Each with its issuer's name. One whose issuer cannot be read is nobody's."""
    found = []
    for one in _listed(given, "CRLs"):
        if not isinstance(one, x509.CertificateRevocationList):
            raise BadInput("not a CRL", value=one, fix="Pass what x509.load_pem_x509_crl returns.")
        with suppress(*UNREADABLE):
            found.append((name_key(one.issuer.public_bytes()), one))
    return tuple(found)


def _listed(given: object, what: str) -> Iterable[object]:
    if isinstance(given, str | bytes) or not isinstance(given, Iterable):
        raise BadInput(f"not a list of {what}", value=given, fix="Give a list, which may be empty.")
    return given
