"""Is a verdict told well, and does bad input get a declared error?"""

from __future__ import annotations

import pickle
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from chains import (
    HOST,
    NOW,
    Chain,
    chain,
    changed_signature,
    dns,
    intermediate,
    leaf,
)

from tlslearn import Authority, BadInput, TlslearnError
from tlslearn.chain import NAME_NOT_CHECKED, PathInvalid, Verdict, candidate_paths, validate
from tlslearn.chain import verdict as told


def asked(made: Chain, **given: Any) -> Verdict:
    return validate(*made, **({"hostname": HOST, "at": NOW} | given))


class TestVerdict:
    def test_a_valid_path(self) -> None:
        """Nothing is raised; what was not looked at is a warning, and the repr says how it went."""
        verdict = asked(chain())
        verdict.raise_for_failures()
        assert verdict.ok and verdict.failures == [] and [one.state for one in verdict.warnings] == ["skip"]
        assert repr(verdict).startswith("<Verdict valid: leaf ← Issuing CA ← Root;")
        assert str(verdict).startswith("✓ valid\n") and "no CRL was given" in str(verdict)

    def test_every_failure_is_told_not_the_first_alone(self) -> None:
        """Expired, changed and for another host: three failures of the leaf, each with its section."""
        made = chain({"end": NOW - timedelta(hours=1)})
        verdict = asked(Chain(changed_signature(made.leaf), made.intermediates, made.anchors), hostname="b.test")
        assert [one.source for one in verdict.failures] == ["RFC 5280 6.1.3 (a)(1)", "RFC 5280 4.1.2.5", "RFC 9525 6.3"]
        assert all(one.about == "leaf" and one.found and one.wanted for one in verdict.failures)
        assert str(verdict).startswith("✗ not valid\n") and str(verdict).count("✗") == 4

    def test_it_raises_with_all_failures(self) -> None:
        """The error holds the failed checks, names them, and survives the way to another process."""
        verdict = asked(chain(), hostname="b.test")
        with pytest.raises(PathInvalid, match="covers the host") as caught:
            verdict.raise_for_failures()
        assert caught.value.failures == tuple(verdict.failures) and isinstance(caught.value, TlslearnError)
        again = pickle.loads(pickle.dumps(caught.value))
        assert again.failures == caught.value.failures and str(again) == str(caught.value)

    def test_html_holds_text_of_certificates_as_text(self) -> None:
        """A certificate cannot put markup into a notebook."""
        made = chain({"subject": "<b>leaf</b>"}, {"subject": "Issuing CA"})
        html = asked(made, hostname="b.test")._repr_html_()
        assert "<table>" in html and "✗" in html and "<b>" not in html
        odd = chain({"issuer": "<i>x</i>"}, {"subject": "<i>x</i>"})
        assert "<i>" not in asked(odd)._repr_html_() and "&lt;i&gt;" in asked(odd)._repr_html_()

    def test_checks_of_every_certificate(self) -> None:
        """Leaf first; each certificate has its checks, and each check its section."""
        verdict = asked(chain())
        assert list(dict.fromkeys(one.about for one in verdict.checks)) == ["leaf", "intermediate 1", "trust anchor"]
        assert all(one.source.startswith("RFC ") for one in verdict.checks)

    def test_the_reference_is_asked_when_it_is_read(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Not before, and once."""
        calls: list[Verdict] = []
        real = told._asked
        monkeypatch.setattr(told, "_asked", lambda verdict: calls.append(verdict) or real(verdict))
        verdict = asked(chain())
        assert calls == [] and verdict.reference.ok and verdict.reference.ok and len(calls) == 1

    @pytest.mark.parametrize(
        ("given", "reason"),
        [
            ({"purpose": "any"}, "any purpose"),
            ({"hostname": NAME_NOT_CHECKED}, "wants a name"),
            ({"hostname": "a_b.test"}, "invalid domain name"),
        ],
    )
    def test_what_the_reference_cannot_be_asked(self, given: dict[str, Any], reason: str) -> None:
        """None, with the reason, is no verdict."""
        reference = asked(chain({"put": {"san": (dns("*.test"), False)}}), **({"hostname": HOST} | given)).reference
        assert reference.ok is None and reason in reference.reason and not reference.differs

    def test_no_anchor_at_all(self) -> None:
        """Nobody is trusted: not valid, and the reference cannot be asked."""
        verdict = asked(Chain(leaf(), [intermediate()], []))
        assert not verdict.ok and verdict.reference.ok is None


class TestInput:
    def test_an_authority_and_a_credential_are_taken_as_they_are(self) -> None:
        """What holds a certificate stands for it."""
        lab = Authority.create("Lab Root")
        below = lab.intermediate("Lab Issuing CA")
        credential = below.issue([HOST])
        assert validate(credential, credential.intermediates, [lab], hostname=HOST).ok  # type: ignore[arg-type, list-item]

    @pytest.mark.parametrize(
        ("hostname", "state"),
        [("a.test.", "pass"), ("A.Test", "pass"), ("bücher.test", "pass"), ("BÜCHER.test", "pass"), ("b.test", "fail")],
    )
    def test_hosts_in_every_way_of_writing(self, hostname: str, state: str) -> None:
        """A last dot, capitals, and letters outside ASCII are the same host."""
        made = chain({"put": {"san": (dns(HOST, "xn--bcher-kva.test"), False)}})
        (check,) = [one for one in asked(made, hostname=hostname).checks if one.rule.endswith("covers the host")]
        assert check.state == state

    def test_a_time_in_another_zone_is_the_same_moment(self) -> None:
        """To the second, whatever the offset."""
        end = NOW + timedelta(hours=1)
        made = chain({"end": end})
        zone = timezone(timedelta(hours=-7))
        assert asked(made, at=end.astimezone(zone)).ok
        assert not asked(made, at=(end + timedelta(seconds=1)).astimezone(zone)).ok
        assert asked(made, at=end + timedelta(microseconds=999_999)).ok

    @pytest.mark.parametrize(
        "wrong",
        [
            {"leaf": None},
            {"leaf": b"der"},
            {"intermediates": None},
            {"intermediates": "pem"},
            {"intermediates": [None]},
            {"trust_anchors": [b"der"]},
            {"trust_anchors": 5},
            {"hostname": None},
            {"hostname": ""},
            {"hostname": "https://a.test"},
            {"hostname": "*.test"},
            {"hostname": "a b.test"},
            {"hostname": "☃.test"},
            {"hostname": b"a.test"},
            {"at": "now"},
            {"at": datetime(2026, 1, 1)},
            {"at": datetime.max.replace(tzinfo=timezone(timedelta(hours=-1)))},
            {"at": datetime.min.replace(tzinfo=timezone(timedelta(hours=1)))},
            {"purpose": "email"},
            {"purpose": None},
            {"crls": None},
            {"crls": [1]},
            {"crls": b"der"},
        ],
        ids=str,
    )
    def test_bad_input_is_refused(self, wrong: dict[str, Any]) -> None:
        """The value, the rule and the fix; never a traceback from within."""
        made = chain()
        good = {"leaf": made.leaf, "intermediates": made.intermediates, "trust_anchors": made.anchors, "hostname": HOST}
        with pytest.raises(BadInput) as caught:
            validate(**(good | wrong))
        assert caught.value.fix

    def test_the_host_has_to_be_said(self) -> None:
        """Nobody forgets the name by leaving it out."""
        with pytest.raises(TypeError, match="hostname"):
            validate(*chain())  # type: ignore[call-arg]

    @pytest.mark.parametrize("wrong", [(None, [], []), (b"", [], []), (leaf(), None, []), (leaf(), [], [3])])
    def test_candidate_paths_too(self, wrong: Any) -> None:
        """The same of the other function."""
        with pytest.raises(BadInput):
            candidate_paths(*wrong)
