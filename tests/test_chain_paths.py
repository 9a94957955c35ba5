"""Are all paths found, in a sensible order, with work that stays bounded whatever is presented?"""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from typing import Any

import pytest
from chains import HOST, NOW, Chain, Maker, chain, changed_signature, dns, intermediate, key, ladder, leaf, name, root
from cryptography import x509

from tlslearn.chain import (
    MOST_CERTIFICATES,
    MOST_NAMES,
    MOST_SIGNATURES,
    MOST_STEPS,
    NAME_NOT_CHECKED,
    Verdict,
    candidate_paths,
    validate,
)


def asked(made: Chain, **given: Any) -> Verdict:
    return validate(*made, **({"hostname": HOST, "at": NOW} | given))


def subjects(paths: list[tuple[x509.Certificate, ...]]) -> list[list[str]]:
    return [[str(next(iter(one.subject)).value) for one in path] for path in paths]


def signed(subject: str, issuer: str, **changes: Any) -> x509.Certificate:
    """A CA certificate for the key named like its subject, signed with the key named like its issuer."""
    return Maker(subject, issuer, key(issuer), key(subject), True, **changes).sign()


def cross_signed() -> Chain:
    """New Root is trusted itself, and presented cross-signed by Old Root, which is trusted too."""
    below = signed("Issuing", "New Root")
    end = Maker("leaf", "Issuing", key("Issuing"), key("leaf"), False).sign()
    anchors = [signed("New Root", "New Root"), signed("Old Root", "Old Root")]
    return Chain(end, [below, signed("New Root", "Old Root")], anchors)


class TestCandidatePaths:
    def test_one_path(self) -> None:
        """Leaf first, trust anchor last."""
        made = chain()
        assert candidate_paths(*made) == [(made.leaf, *made.intermediates, *made.anchors)]

    def test_cross_signed_root(self) -> None:
        """Both ways up are found, the shorter first; in whatever order the certificates are given."""
        made = cross_signed()
        wanted = [["leaf", "Issuing", "New Root"], ["leaf", "Issuing", "New Root", "Old Root"]]
        assert subjects(candidate_paths(*made)) == wanted
        assert subjects(candidate_paths(made.leaf, made.intermediates[::-1], made.anchors[::-1])) == wanted
        assert subjects(candidate_paths(made.leaf, made.intermediates, made.anchors[1:])) == wanted[1:]

    def test_what_is_fit_comes_first(self) -> None:
        """Of two certificates for one authority the one that is in its time leads."""
        expired, good = intermediate(end=NOW - timedelta(hours=1)), intermediate()
        paths = candidate_paths(leaf(), [expired, good], [root()])
        assert [path[1] for path in paths] == [good, expired]

    def test_no_path(self) -> None:
        """Without the intermediate, with another root, with a changed leaf: no path."""
        made = chain()
        assert candidate_paths(made.leaf, [], made.anchors) == []
        assert candidate_paths(made.leaf, made.intermediates, []) == []
        assert candidate_paths(made.leaf, made.intermediates, [root(signer=key("x"), public=key("x"))]) == []
        assert candidate_paths(changed_signature(made.leaf), made.intermediates, made.anchors) == []

    def test_the_leaf_may_be_trusted_itself(self) -> None:
        """Whoever trusts the leaf needs no more."""
        made = chain()
        assert candidate_paths(made.leaf, made.intermediates, [made.leaf]) == [(made.leaf,)]

    def test_a_renewed_self_signed_certificate(self) -> None:
        """Same name and key as a trusted one: signed by it, as far as signatures tell."""
        old, new = signed("Own", "Own"), signed("Own", "Own", serial=2)
        assert candidate_paths(new, [], [old]) == [(new, old)]

    def test_what_is_given_twice_is_found_once(self) -> None:
        """The same certificate among intermediates and anchors, and twice, makes one path."""
        made = chain()
        again = [*made.intermediates, *made.intermediates, *made.anchors, made.leaf]
        assert len(candidate_paths(made.leaf, again, [*made.anchors, *made.anchors])) == 1

    def test_a_name_in_other_letters_is_the_same(self) -> None:
        """RFC 5280 7.1: letter case and spaces do not tell names apart; a letter more does."""
        odd = intermediate(names=(name(" issuing   CA"), name("root")))
        assert len(candidate_paths(leaf(), [odd], [root()])) == 1
        assert candidate_paths(leaf(), [intermediate(subject="Issuing CAs")], [root()]) == []


class TestNoIssuer:
    """ "No issuer found" is four findings, not one."""

    def test_nobody_of_that_name(self) -> None:
        """The intermediate is missing."""
        verdict = asked(Chain(leaf(), [], [root()]))
        assert verdict.issuer_problem == "nobody of that name" and len(verdict.path) == 1

    def test_that_name_but_another_key(self) -> None:
        """An authority of that name is known, and another key signed."""
        made = chain()
        verdict = asked(Chain(made.leaf, made.intermediates, [root(signer=key("x"), public=key("x"))]))
        assert verdict.issuer_problem == "that name but another key" and len(verdict.path) == 2

    def test_another_root_of_that_name(self) -> None:
        """The root that was sent is not the one of its name that is trusted."""
        made = chain()
        known = [root(signer=key("x"), public=key("x"))]
        verdict = asked(Chain(made.leaf, [*made.intermediates, *made.anchors], known))
        assert verdict.issuer_problem == "that name but another key" and len(verdict.path) == 3

    def test_found_but_unfit(self) -> None:
        """A leaf that signs leaves: name and key fit, and it is no CA."""
        first = leaf(subject="Mallory", public=key("mallory"))
        second = leaf(issuer="Mallory", signer=key("mallory"))
        verdict = asked(Chain(second, [first, intermediate()], [root()]))
        assert verdict.issuer_problem == "found but unfit" and len(verdict.path) == 4

    def test_found_but_not_trusted(self) -> None:
        """A root that was sent and that nobody trusts; a leaf that signed itself."""
        made = chain()
        other = [signed("Other", "Other")]
        verdict = asked(Chain(made.leaf, [*made.intermediates, *made.anchors], other))
        assert verdict.issuer_problem == "found but not trusted"
        assert (
            asked(Chain(leaf(issuer="leaf", signer=key("leaf")), [], other)).issuer_problem == "found but not trusted"
        )

    def test_a_circle(self) -> None:
        """Two authorities that vouch for one another lead nowhere, and the search ends."""
        end = Maker("leaf", "One", key("One"), key("leaf"), False).sign()
        verdict = asked(Chain(end, [signed("One", "Two"), signed("Two", "One")], [root()]))
        assert verdict.issuer_problem == "found but not trusted" and len(verdict.path) == 3

    def test_nothing_is_wrong(self) -> None:
        """A valid path has no such problem."""
        assert asked(chain()).issuer_problem is None


class TestChoice:
    """The first valid path is taken; where there is none, the one on which the fewest rules fail."""

    def test_around_an_expired_cross_certificate(self) -> None:
        """An expired certificate for an authority does no harm beside a good one."""
        expired = [intermediate(end=NOW - timedelta(hours=hours)) for hours in range(1, 20)]
        verdict = asked(Chain(leaf(), [*expired, intermediate()], [root()]))
        assert verdict.ok and verdict.work.signatures <= 2 + len(expired)

    def test_around_name_constraints(self) -> None:
        """Only the last of many certificates for one authority and key permits the leaf's name."""
        no = [(x509.NameConstraints([x509.DNSName(f"{number}.other")], None), True) for number in range(300)]
        between = [intermediate(put={"nc": entry}) for entry in no]
        between.append(intermediate(put={"nc": (x509.NameConstraints([x509.DNSName("test")], None), True)}))
        verdict = asked(Chain(leaf(), between, [root()]))
        assert verdict.ok and verdict.work.paths == 301 and verdict.path[1] == between[-1]

    def test_the_path_with_the_fewest_failures_is_told(self) -> None:
        """Of an intermediate that is expired and no CA, and one that is expired alone, the second is told."""
        bad = intermediate(end=NOW - timedelta(hours=1), leave=("bc",))
        worse = intermediate(end=NOW - timedelta(hours=2))
        verdict = asked(Chain(leaf(), [bad, worse], [root()]))
        assert verdict.path[1] == worse and [check.about for check in verdict.failures] == ["intermediate 1"]


@cache
def namesakes(count: int) -> tuple[x509.Certificate, ...]:
    """CA certificates of one name, each with a key of its own; the key identifier of the real one in each."""
    real = intermediate()
    ski = (x509.SubjectKeyIdentifier.from_public_key(real.public_key()), False)
    return tuple(intermediate(public=key(f"false {number}"), put={"ski": ski}) for number in range(count))


class TestBoundedWork:
    """Stated limits hold, and what is within them is answered. Work is counted, never timed."""

    def test_an_ordinary_chain(self) -> None:
        """One signature for each certificate below the anchor, and no search."""
        verdict = asked(chain())
        assert (verdict.work.signatures, verdict.work.paths, verdict.work.limit) == (2, 1, "")

    @pytest.mark.slow
    def test_a_thousand_namesakes_with_other_keys(self) -> None:
        """Each key is asked once, and the real one is found."""
        made = Chain(leaf(), [*namesakes(1000), intermediate()], [root()])
        verdict = asked(made)
        assert verdict.ok and verdict.work.signatures <= 1002 and verdict.work.limit == ""
        assert asked(Chain(leaf(), list(namesakes(1000)), [root()])).work.signatures <= 1001

    @pytest.mark.slow
    def test_a_thousand_namesakes_with_the_same_key(self) -> None:
        """Self-issued certificates for one key: every order of them is a path by name; none is walked."""
        own = [
            Maker("Issuing CA", "Issuing CA", key("ca"), key("ca"), True, serial=number + 1).sign()
            for number in range(1000)
        ]
        verdict = asked(Chain(leaf(), [*own, intermediate()], [root()]))
        assert verdict.ok and verdict.work.limit == "" and verdict.work.signatures < 10
        assert not asked(Chain(leaf(), own, [root()])).ok

    def test_everybody_signs_everybody(self) -> None:
        """A complete graph of 12 authorities has millions of paths; the search ends at a limit, or before."""
        crowd = [f"Crowd {number}" for number in range(12)]
        between = [signed(one, other) for one in crowd for other in crowd if one != other]
        end = Maker("leaf", crowd[0], key(crowd[0]), key("leaf"), False).sign()
        lost = asked(Chain(end, between, [root()]))
        assert not lost.ok and lost.work.signatures <= len(between) + 2
        found = asked(Chain(end, [*between, signed(crowd[-1], "root", leave=("bc",))], [signed("root", "root")]))
        assert not found.ok and 0 < found.work.certificates <= MOST_CERTIFICATES + 14 and found.work.steps <= MOST_STEPS
        good = asked(Chain(end, [*between, signed(crowd[-1], "root")], [signed("root", "root")]))
        assert good.ok and good.work.paths == 1

    def test_the_limit_on_signatures(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """At the limit the search ends, says so, and accepts nothing it did not verify."""
        monkeypatch.setattr("tlslearn.chain.paths.MOST_SIGNATURES", 20)
        verdict = asked(Chain(leaf(), [*namesakes(1000)[:50], intermediate()], [root()]))
        assert not verdict.ok and verdict.work.signatures == 20
        assert "its limit" in verdict.failures[0].found and verdict.work.limit

    def test_the_limit_on_names(self) -> None:
        """More names under constraints than the limit are a refusal that says so."""
        many = dns(HOST, *(f"h{number}.test" for number in range(10_000)))
        nc = {"nc": (x509.NameConstraints([x509.DNSName("test")], None), True)}
        made = chain({"put": {"san": (many, False)}}, {"put": nc}, {"put": nc})
        verdict = asked(made)
        assert verdict.ok and 20_000 <= verdict.work.names <= MOST_NAMES
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("tlslearn.chain.constraints.MOST_NAMES", 1000)
            held = asked(made)
        assert {check.rule for check in held.failures} == {"the names are within the constraints above"}
        assert held.work.names <= 1_010 and "names held" in held.work.limit

    def test_work_grows_with_the_length_of_the_chain_and_not_faster(self) -> None:
        """One signature and one step a certificate."""
        for length in (1, 5, 20, 60):
            verdict = asked(ladder(length))
            assert verdict.ok and len(verdict.path) == length + 2
            assert (verdict.work.signatures, verdict.work.steps) == (length + 1, length + 1)

    def test_the_limits_are_those_that_are_stated(self) -> None:
        """The numbers in the text of `candidate_paths` and of the issue: a thousand namesakes stay within."""
        assert 1_000 < MOST_SIGNATURES <= 5_000 and MOST_CERTIFICATES > 3_000 and MOST_STEPS <= 100_000


def test_a_name_that_is_not_checked_is_a_warning() -> None:
    """The verdict says what it did not look at."""
    verdict = asked(chain(), hostname=NAME_NOT_CHECKED)
    assert verdict.ok and "no name was asked about" in " ".join(check.found for check in verdict.warnings)
