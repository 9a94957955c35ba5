"""What came out of validating a path, and what does cryptography's own verifier say to it?

Sections: RFC 5280 6.1 (what a valid path is).
Leaves out: nothing that was looked at; whoever wants one sentence asks the doctor.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import pairwise
from typing import Literal, get_args

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ed448, ed25519
from cryptography.x509 import verification

from .. import names
from ..check import Check, TlslearnError
from .checks import Answer, Place, Rule, ask, rules_now, told
from .paths import Path
from .records import UNREADABLE, Question, Record, Work, algorithm_stands_twice

Looked = tuple[Place, list[tuple[Rule, Answer]]]  # what the rules that may refuse answered at a place
IssuerProblem = Literal["nobody of that name", "that name but another key", "found but unfit", "found but not trusted"]


class PathInvalid(TlslearnError):
    """The path is not valid. `failures` holds every check that failed."""

    def __init__(self, failures: Sequence[Check]) -> None:
        self.failures = tuple(failures)
        first = "; ".join(f"{check.about}: {check.rule}, found {check.found} [{check.source}]" for check in failures)
        super().__init__(f"the path is not valid: {first}", fix="Mend what failed, or do not trust this leaf.")
        self._again = partial(type(self), self.failures)  # type: ignore[assignment]


@dataclass(frozen=True)
class Reference:
    """The verdict of cryptography's verifier: `ok` True, False, or None where it cannot be asked; `reason` in its own
    words. `differs` where its answer is not ours, and `why`."""

    ok: bool | None
    reason: str
    differs: bool = False
    why: str = ""


@dataclass(frozen=True, repr=False)
class Verdict:
    """All that was looked at on the best path there was: `path`, leaf first, the trust anchor last where one was
    reached; `checks` of every certificate of it; `work`, the signatures verified and the names compared."""

    looked: tuple[Looked, ...]
    question: Question
    intermediates: tuple[x509.Certificate, ...] = ()
    trust_anchors: tuple[x509.Certificate, ...] = ()

    @property
    def records(self) -> Path:
        return tuple([place.record for place, _ in self.looked])

    @property
    def path(self) -> tuple[x509.Certificate, ...]:
        return tuple([record.certificate for record in self.records])

    @cached_property
    def _answers(self) -> list[tuple[Place, Rule, Answer]]:
        """Those of the lints too."""
        rules = rules_now()
        return [(place, *one) for place, answers in self.looked for one in (*answers, *ask(place, rules, "lint"))]

    @cached_property
    def checks(self) -> tuple[Check, ...]:
        return tuple([told(*one) for one in self._answers])

    @property
    def work(self) -> Work:
        return self.question.work

    @property
    def ok(self) -> bool:
        """Whether nothing failed. What was not asked did not fail: see `warnings`."""
        return "fail" not in [answer[0] for _, answers in self.looked for _, answer in answers]

    @property
    def failures(self) -> list[Check]:
        return [told(*one) for one in self._answers if one[2][0] == "fail"]

    @property
    def warnings(self) -> list[Check]:
        """What was not checked, and the rules for authorities that clients ignore."""
        return [told(*one) for one in self._answers if one[2][0] in ("skip", "lint")]

    @property
    def issuer_problem(self) -> IssuerProblem | None:
        """Why there is no issuer to rely on; None where there is."""
        found = [check.found for check in self.failures]
        return next(
            (problem for problem in get_args(IssuerProblem) for text in found if text.startswith(problem)), None
        )

    def raise_for_failures(self) -> None:
        """Raises PathInvalid, with all failed checks, unless the path is valid."""
        if not self.ok:
            raise PathInvalid(self.failures)

    @cached_property
    def reference(self) -> Reference:
        """What cryptography's verifier says to the same question; asked when this is first read."""
        ok, reason = _asked(self)
        if ok is None or ok == self.ok:
            return Reference(ok, reason)
        return Reference(ok, reason, True, _why_stricter(self) if ok else _why_laxer(self))

    def __repr__(self) -> str:
        lints = len(self.warnings)
        state = "valid" if self.ok else f"not valid, {len(self.failures)} failed"
        above = " ← ".join(record.subject_text for record in self.records)
        return f"<Verdict {state}: {above}; {len(self._answers)} checks, {lints} warnings>"

    def __str__(self) -> str:
        """The result, then what failed, then what was not looked at or is odd."""
        told = [*self.failures, *self.warnings]
        return "\n".join([("✓ valid" if self.ok else "✗ not valid"), *(f"  {check}" for check in told)])

    def _repr_html_(self) -> str:
        import html  # with the names of all entities, for notebooks alone

        head = "<tr><th></th><th>certificate</th><th>rule</th><th>found</th><th>section</th></tr>"
        rows = "".join(
            "<tr>" + "".join(f"<td>{html.escape(text)}</td>" for text in _cells(check)) + "</tr>"
            for check in (*self.failures, *self.warnings, *(one for one in self.checks if one.state == "pass"))
        )
        return f"<p>{'✓ valid' if self.ok else '✗ not valid'}</p><table>{head}{rows}</table>"


def _cells(check: Check) -> tuple[str, str, str, str, str]:
    return check.sign, check.about, check.rule, check.found, check.source


def _asked(verdict: Verdict) -> tuple[bool | None, str]:
    question = verdict.question
    if not verdict.trust_anchors:
        return None, "it wants one trust anchor or more"
    if question.purpose == "any":
        return None, "it knows servers and clients, not any purpose"
    if question.purpose == "server" and not question.hostname:
        return None, "it wants a name to compare"
    leaf, between = verdict.path[0], list(verdict.intermediates)
    try:
        builder = verification.PolicyBuilder().store(verification.Store(list(verdict.trust_anchors)))
        builder = builder.time(question.at)
        verifier: verification.ClientVerifier | verification.ServerVerifier
        if question.purpose == "client":
            verifier = builder.build_client_verifier()
        else:
            verifier = builder.build_server_verifier(names.host_name(question.hostname))
    except ValueError as error:  # a host name that it takes for none, such as one with an underscore
        return None, f"{error} for it"
    try:
        verifier.verify(leaf, between)
    except verification.VerificationError as error:
        return False, str(error)
    except UNREADABLE as error:
        return False, f"{type(error).__name__}: {error}"
    return True, "accepted"


def _why_stricter(verdict: Verdict) -> str:
    rules = dict.fromkeys(f"{check.rule} ({check.about}: {check.found})" for check in verdict.failures)
    return f"cryptography's verifier does not ask for this: {'; '.join(rules)}"


def _why_laxer(verdict: Verdict) -> str:
    """What cryptography's verifier refuses though RFC 5280 lets it pass: rules for public authorities, and the forms of
    name and kinds of key that it does not implement."""
    reasons = [
        f"{check.about}: {check.found} ({check.rule})" for check in verdict.checks if check.state == "lint"
    ] + _not_supported(verdict)
    return "it refuses what clients ignore: " + "; ".join(reasons) if reasons else "not explained"


def _not_supported(verdict: Verdict) -> list[str]:
    records = verdict.records
    reasons = {
        "keys other than RSA and the NIST curves": any(
            isinstance(one.public_key, ed25519.Ed25519PublicKey | ed448.Ed448PublicKey) for one in records
        ),
        "a critical extended key usage": any(one.critical(x509.ExtendedKeyUsage) for one in records),
        "constraints on other than DNS names, addresses and e-mail": any(_other_forms(one) for one in records),
        "names that are equal by RFC 5280 7.1 and not byte by byte": any(
            one.fields["issuer"] != above.fields["subject"] for one, above in pairwise(records)
        ),
        "a trust anchor whose own signature has two algorithms": not algorithm_stands_twice(records[-1]),
        "self-issued intermediates, which it counts for a path length": any(one.self_issued for one in records[1:-1]),
        "more than 8 intermediates": len(records) > 10,
    }
    return [reason for reason, holds in reasons.items() if holds]


def _other_forms(record: Record) -> bool:
    value = record.extension(x509.NameConstraints)
    held = [] if value is None else [*(value.permitted_subtrees or ()), *(value.excluded_subtrees or ())]
    return not all(isinstance(one, x509.DNSName | x509.IPAddress | x509.RFC822Name) for one in held)
