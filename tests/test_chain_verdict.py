"""Is a verdict told well, does bad input get a declared error, and hostile input an answer?"""

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
    flipped,
    intermediate,
    key,
    leaf,
    resigned,
    root,
)
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tlslearn import Authority, BadInput, TlslearnError
from tlslearn.chain import NAME_NOT_CHECKED, PathInvalid, Verdict, candidate_paths, validate
from tlslearn.chain import verdict as told

pytestmark = pytest.mark.filterwarnings("ignore:Parsed a serial number")


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
        [({"purpose": "any"}, "any purpose"), ({"hostname": NAME_NOT_CHECKED}, "wants a name")],
    )
    def test_what_the_reference_cannot_be_asked(self, given: dict[str, Any], reason: str) -> None:
        """None, with the reason, is no verdict."""
        reference = asked(chain(), **given).reference
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


class TestHostile:
    """An answer, whatever the bytes; the fuzzing is bounded, and the seed is hypothesis's own."""

    def test_ten_thousand_names(self) -> None:
        """They are looked through, and a text stays short."""
        made = chain({"put": {"san": (dns(*(f"h{number}.test" for number in range(10_000))), False)}})
        verdict = asked(made)
        assert [one.rule for one in verdict.failures] == ["the certificate covers the host"]
        assert "9,990 more" in verdict.failures[0].found and len(str(verdict)) < 3_000
        assert asked(made, hostname="h9999.test").ok

    def test_thousands_of_constraints_and_names(self) -> None:
        """Names are looked up, not compared one by one: the work is the number of names."""
        trees = [x509.DNSName(f"h{number}.test") for number in range(5_000)]
        names = dns(HOST, *(f"h{number}.test" for number in range(5_000)))
        nc = {"nc": (x509.NameConstraints([*trees, x509.DNSName(HOST)], None), True)}
        verdict = asked(chain({"put": {"san": (names, False)}}, {"put": nc}))
        assert verdict.ok and verdict.work.names == 5_002

    def test_deep_names(self) -> None:
        """A directory name of hundreds of parts, held to as many constraints of every depth."""
        part = x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "x")
        trees: list[x509.GeneralName] = [x509.DirectoryName(x509.Name([part] * depth)) for depth in range(2, 300)]
        nc = {"nc": (x509.NameConstraints(trees, None), True)}
        made = chain({"names": (x509.Name([part] * 400), intermediate().subject)}, {"put": nc})
        assert asked(made).ok

    @pytest.mark.parametrize(
        "oid",
        ["2.5.29.19", "2.5.29.15", "2.5.29.17", "2.5.29.30", "2.5.29.35", "2.5.29.14", "2.5.29.37", "2.5.29.36"],
    )
    @pytest.mark.parametrize("value", [b"", b"\x00", b"\x30\x80", b"\x30\x03\x02\x01", b"\xff" * 40, b"\x05\x00"])
    def test_malformed_extensions(self, oid: str, value: bytes) -> None:
        """In a leaf, a CA and a trust anchor: refused, with the certificate that is meant."""
        odd = {"put": {"odd": (x509.UnrecognizedExtension(x509.ObjectIdentifier(oid), value), True)}}
        kind = {"2.5.29.19": "bc", "2.5.29.15": "ku", "2.5.29.17": "san", "2.5.29.35": "aki"}
        kind |= {"2.5.29.14": "ski", "2.5.29.37": "eku"}
        odd["leave"] = (kind[oid],) if oid in kind else ()  # type: ignore[assignment]
        for place, made in (
            ("leaf", chain(odd)),
            ("intermediate 1", chain(None, odd)),
            ("trust anchor", chain(None, None, odd)),
        ):
            verdict = asked(made)
            assert "fields and extensions can be read" in [one.rule for one in verdict.failures if one.about == place]
            assert_agrees_or_explained(verdict)

    def test_names_that_cannot_be_read(self) -> None:
        """Bytes that are no text in the subject or the issuer: an answer."""
        made = chain(
            {
                "subject": "leaf",
                "put": {"odd": (x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3"), b"\5\0"), False)},
            }
        )
        body = made.leaf.tbs_certificate_bytes.replace(b"leaf", b"\xff\xfe\xff\xfe", 1)
        verdict = asked(
            Chain(x509.load_der_x509_certificate(resigned(body, key("ca"))), made.intermediates, made.anchors)
        )
        assert not verdict.ok and "subject" in " ".join(one.found for one in verdict.failures)

    def test_what_cryptography_raises_unannounced(self) -> None:
        """A TLS feature of an unknown number is a KeyError on access; here it is an extension that cannot be read."""
        odd = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.5.5.7.1.24"), b"\x30\x03\x02\x01\x63")
        verdict = asked(chain({"put": {"odd": (odd, False)}}))
        assert "fields and extensions can be read" in [one.rule for one in verdict.failures]

    @given(st.integers(0, 2_000), st.integers(0, 7), st.sampled_from(["leaf", "intermediate", "root"]))
    @settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    def test_any_bit_flipped(self, position: int, bit: int, place: str) -> None:
        """One bit of one certificate: refused in leaf and intermediate; and never anything undeclared."""
        parts = list(GOOD)
        index = ["leaf", "intermediate", "root"].index(place)
        der = flipped(parts[index], position % len(parts[index].public_bytes(Encoding.DER)), 1 << bit)
        parts[index] = loaded(der) or parts[index]
        verdict = asked(Chain(parts[0], [parts[1]], [parts[2]]))
        if parts[index] != GOOD[index] and place != "root":
            assert not verdict.ok
        assert_agrees_or_explained(verdict)

    @given(st.data())
    @settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    def test_changed_and_signed_again(self, data: st.DataObject) -> None:
        """Bytes that an authority did sign, with anything in them: agreement on acceptance, or the difference told."""
        parts = list(GOOD)
        index, signer = data.draw(st.sampled_from([(0, "ca"), (1, "root")]))
        body = bytearray(parts[index].tbs_certificate_bytes)
        for _ in range(data.draw(st.integers(1, 3))):
            body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
        parts[index] = loaded(resigned(bytes(body), key(signer))) or parts[index]
        verdict = asked(Chain(parts[0], [parts[1]], [parts[2]]))
        assert_agrees_or_explained(verdict)
        assert verdict.checks


NC = {"nc": (x509.NameConstraints([x509.DNSName("test")], [x509.DNSName("b.test")]), True)}
GOOD = (leaf(), intermediate(put=NC), root())


def loaded(der: bytes) -> x509.Certificate | None:
    """None for bytes that cryptography does not take for a certificate at all."""
    try:
        return x509.load_der_x509_certificate(der)
    except (ValueError, x509.InvalidVersion):
        return None


def assert_agrees_or_explained(verdict: Verdict) -> None:
    """What is accepted here and refused there is never unexplained; a repr and a text can always be made."""
    reference = verdict.reference
    assert reference.ok is not None
    assert reference.why != "not explained", (reference, str(verdict))
    assert reference.differs is (reference.ok is not verdict.ok)
    assert repr(verdict) and str(verdict) and verdict._repr_html_()
