"""Do the pictures of paths show the paths that there are, and where there is none, its end?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from xml.etree import ElementTree

import pytest
from cryptography import x509

from tlslearn import Authority, BadInput, chain, figures
from tlslearn.figures import Picture
from tlslearn.figures.chains import QUESTIONS

TEXT = "{http://www.w3.org/2000/svg}text"
NOW = datetime.now(UTC).replace(microsecond=0)


@cache
def lab() -> dict[str, x509.Certificate]:
    """New Root is trusted itself, and cross-signed by Old Root, which ends sooner."""
    old, new = (Authority.create(name, valid_for=timedelta(days=days)) for name, days in (("Old Root", 9), ("New", 90)))
    made = {"old": old, "new": new, "cross": old.intermediate("New", key=new.private_key, path_length=1)}
    issuing = new.intermediate("Issuing CA", valid_for=timedelta(days=60))
    leaf = issuing.issue(["a.test"], not_after=NOW + timedelta(days=50))
    return {name: one.certificate for name, one in (made | {"issuing": issuing}).items()} | {"leaf": leaf.certificate}


def drawn(sent: str, trusted: str, days: int | None = None) -> Picture:
    held = lab()
    at = None if days is None else NOW + timedelta(days=days)
    return figures.chain_paths(
        held["leaf"], [held[name] for name in sent.split()], [held[name] for name in trusted.split()], at=at
    )


def texts(picture: Picture) -> list[str]:
    return [text.text or "" for text in ElementTree.fromstring(picture.svg or "").iter(TEXT)]


def test_each_path_has_its_line() -> None:
    """As many lines as candidate_paths finds, each certificate drawn once however many paths go through it."""
    picture = drawn("issuing cross", "old new")
    assert picture.twin.splitlines() == [
        "2 ways from a.test to a trust anchor",
        "a.test → Issuing CA → New (trust anchor)",
        "a.test → Issuing CA → New → Old Root (trust anchor)",
    ]
    assert texts(picture).count("Issuing CA") == 1
    assert texts(picture).count("New") == 2 and texts(picture).count("trust anchor") == 2


def test_the_order_of_what_is_given_does_not_matter() -> None:
    assert drawn("cross issuing", "new old") == drawn("issuing cross", "old new")


@pytest.mark.parametrize(
    ("sent", "trusted", "end"),
    [
        ("", "new", "a.test → ✗ nobody of that name"),
        ("issuing", "old", "a.test → Issuing CA → ✗ nobody of that name"),
        ("issuing new", "old", "a.test → Issuing CA → New → ✗ found but not trusted"),
    ],
)
def test_where_no_way_leads_to_an_anchor(sent: str, trusted: str, end: str) -> None:
    """How far one comes, why no further, and the anchor that nobody reached."""
    picture = drawn(sent, trusted)
    head, way, *rest = picture.twin.splitlines()
    assert head.startswith("0 ways") and way.startswith(end)
    assert rest == [f"not reached: {'New' if trusted == 'new' else 'Old Root'} (trust anchor)"]
    assert end.rpartition("✗ ")[2] in texts(picture)


def test_certificates_outside_their_time_are_marked() -> None:
    """With a time, both ends included; without one, nothing is said of time."""
    late = "a.test → Issuing CA → New ✗ outside its time → Old Root (trust anchor) ✗ outside its time"
    assert late in drawn("issuing cross", "old new", days=10).twin
    assert "outside" not in drawn("issuing cross", "old new", days=8).twin + drawn("issuing cross", "old new").twin


def test_what_a_certificate_says_cannot_break_it() -> None:
    """Markup in a name is text, and a long name stays in its box."""
    root = Authority.create("<b>" + "long" * 15)
    picture = figures.chain_paths(root.issue(["a.test"]).certificate, [], [root.certificate])
    assert all(len(text) <= 30 for text in texts(picture)[:-1]) and "<b>long" in "".join(texts(picture))


def test_bad_input_is_told_as_by_chain() -> None:
    with pytest.raises(BadInput, match="not a certificate"):
        figures.chain_paths("leaf", [], [])  # type: ignore[arg-type]


def test_the_questions_are_the_picture() -> None:
    """Every question of the table stands in the drawing and in its twin."""
    picture = figures.chain_questions()
    for role, _, asked in QUESTIONS:
        assert role in texts(picture) and set(asked) <= set(texts(picture))
        assert all(question in picture.twin for question in asked)


def test_the_library_finds_the_same_paths() -> None:
    held = lab()
    found = chain.candidate_paths(held["leaf"], [held["issuing"], held["cross"]], [held["old"], held["new"]])
    assert drawn("issuing cross", "old new").twin.count("→") == sum(len(way) - 1 for way in found)
