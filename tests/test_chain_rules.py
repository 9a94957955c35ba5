"""Does each rule see the one thing that is wrong, and nothing else? Is no rule dead, and do others agree?"""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from adversaries import ADVERSARIES
from chain_cases import CASES, HOST, NOW
from chains import Chain
from cryptography.hazmat.primitives.serialization import Encoding
from differences import assert_holds
from judges import need

from tlslearn import names
from tlslearn.chain import RULES, Verdict, validate
from tlslearn.check import SOURCES

pytestmark = pytest.mark.filterwarnings("ignore:Parsed a serial number")  # the odd ones are meant


ALL = CASES | ADVERSARIES


@cache
def made(label: str) -> Chain:
    return ALL[label].made()


def asked(label: str) -> Verdict:
    given: dict[str, Any] = {"hostname": HOST, "at": NOW} | ALL[label].asked
    return validate(*made(label), **given)


@cache
def found(label: str) -> tuple[bool, frozenset[tuple[str, str]]]:
    """The outcome with all rules in force."""
    return outcome(asked(label))


LABELS = {rule.says: label for label, rule in RULES.items()}


def told(verdict: Verdict, state: str) -> set[tuple[str, str]]:
    """The rules in this state, by the label in RULES, each with its certificate."""
    return {(LABELS[check.rule], check.about) for check in verdict.checks if check.state == state}


@pytest.mark.parametrize("label", ALL)
def test_each_fault_is_seen_and_nothing_else(label: str) -> None:
    """One thing out of the ordinary: the rule for it says so, of that certificate, and every other rule passes."""
    case = ALL[label]
    verdict = asked(label)
    assert told(verdict, "fail") == case.fails
    assert told(verdict, "lint") == case.lints
    assert verdict.ok is (not case.fails)


@pytest.mark.parametrize("label", ALL)
def test_cryptography_agrees_or_the_difference_is_explained(label: str) -> None:
    """What cryptography refuses for a reason of security is refused here too; the rest is said, with the reason."""
    case = ALL[label]
    verdict = asked(label)
    assert_holds(verdict)
    if verdict.reference.ok is None:
        assert "wants" in verdict.reference.reason or "any purpose" in verdict.reference.reason
    elif case.agrees is not None:
        assert verdict.reference.differs is not case.agrees, verdict.reference


# What `openssl verify -x509_strict` refuses, and neither a lint nor a failure here says so.
OPENSSL_REFUSES = {
    "last second": "to OpenSSL the last second is past; RFC 5280 4.1.2.5 counts it in",
    "issuer for anything": "OpenSSL 3.0 does not take anyExtendedKeyUsage of a CA for the purpose; 4.2.1.12 does",
    "two algorithms in the anchor": "OpenSSL looks at the anchor's own signature algorithm; 6.1.1 (d) does not",
}
# Rules that refuse what it accepts, and why that is meant.
OPENSSL_ACCEPTS = {
    "readable": "4.2: it ignores malformed extensions that it does not need, and is no strict reader of DER",
    "critical_extensions": "6.1.5: it processes policies",
    "constraints_form": "4.2.1.10: name constraints must stand in CAs alone; it ignores them in a leaf",
    "name_constraints": "4.2.1.6: it compares names that are not in form; mailboxes it tells apart by case",
    "key_strength": "RFC 9325 4.5: weak keys are for its security level, which `verify` has at 1",
    "signature_strength": "RFC 9846 4.5.1.3: the same of hashes, and of salts",
    "revocation": "CRLs are not given to it here",
}


@pytest.mark.judge("openssl")
@pytest.mark.parametrize("label", [label for label, case in ALL.items() if "crls" not in case.asked])
def test_openssl_agrees_or_the_difference_is_explained(label: str, tmp_path: Path) -> None:
    """`openssl verify -x509_strict` asks what CAs must obey as well: that is a lint here; the rest stands above."""
    verdict, accepted = asked(label), openssl_accepts(label, tmp_path)
    if verdict.ok and not accepted:
        assert told(verdict, "lint") or label in OPENSSL_REFUSES
    if accepted and not verdict.ok:
        assert {rule for rule, _ in told(verdict, "fail")} & OPENSSL_ACCEPTS.keys()


def openssl_accepts(label: str, folder: Path) -> bool:
    """Its verdict on the same question; whoever is trusted ends the path, as here."""
    asked_of, given = made(label), {"hostname": HOST, "purpose": "server"} | ALL[label].asked
    files = {"leaf": [asked_of.leaf], "between": asked_of.intermediates, "trusted": asked_of.anchors}
    for name, held in files.items():
        (folder / name).write_bytes(b"".join(one.public_bytes(Encoding.PEM) for one in held))
    command = [need("openssl"), "verify", "-x509_strict", "-partial_chain", "-attime", str(int(NOW.timestamp()))]
    command += ["-trusted", str(folder / "trusted"), "-purpose", PURPOSES[given["purpose"]]]
    command += ["-untrusted", str(folder / "between")] * bool(asked_of.intermediates)
    if isinstance(given["hostname"], str):
        host = str(names.host_name(given["hostname"]).value)
        command += ["-verify_ip" if host[-1].isdigit() else "-verify_hostname", host]
    done = subprocess.run([*command, str(folder / "leaf")], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0 or "verification failed" in done.stderr or "unable to load" in done.stderr, done.stderr
    return done.returncode == 0


PURPOSES = {"server": "sslserver", "client": "sslclient", "any": "any"}


def outcome(verdict: Verdict) -> tuple[bool, frozenset[tuple[str, str]]]:
    return verdict.ok, frozenset((check.rule, check.state) for check in verdict.checks if check.state != "pass")


def without(rule: str, patch: pytest.MonkeyPatch) -> tuple[list[str], list[str]]:
    """The cases whose outcome is another one when the rule is taken away, and those of them that become valid."""
    before = {label: found(label) for label in ALL}
    patch.delitem(RULES, rule)
    after = {label: outcome(asked(label)) for label in ALL}
    changed = [label for label in ALL if before[label] != after[label]]
    return changed, [label for label in changed if after[label][0] and not before[label][0]]


@pytest.mark.parametrize("rule", RULES)
def test_no_rule_is_dead(rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the rule taken away the verdict on one case or more changes; a rule that may refuse turns one to valid."""
    changed, valid = without(rule, monkeypatch)
    assert changed
    assert bool(valid) is (RULES_THEN[rule].kind != "lint")


RULES_THEN = dict(RULES)


def test_each_adversary_is_answered_by_a_rule() -> None:
    """Each case names the section that decides it, or says that a limit of ours does."""
    assert [label for label, case in ADVERSARIES.items() if not case.rfc.startswith(("RFC ", "No section: "))] == []


def test_every_rule_cites_the_table() -> None:
    """A section stands in one table, so that one edit corrects them all."""
    assert {rule.section for rule in RULES.values()} <= set(SOURCES.values())
