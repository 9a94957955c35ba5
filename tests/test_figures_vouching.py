"""Does the table of verdicts show what was given, and mark where the judges disagree?"""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from tlslearn import BadInput
from tlslearn.figures import Picture, becoming_an_authority, verdicts

SVG = "{http://www.w3.org/2000/svg}"
ROWS = {"all is well": ("", ""), "no keyUsage": ("", "code 92"), "no name": ("code 62", "code 62")}


def table() -> Picture:
    return verdicts(ROWS, ["lenient", "strict"], title="left out")


def test_the_twin_holds_every_verdict() -> None:
    assert table().twin.splitlines() == [
        "   left out     lenient    strict",
        "   all is well  ✓          ✓",
        "≠  no keyUsage  ✓          ✗ code 92",
        "   no name      ✗ code 62  ✗ code 62",
    ]


def test_the_drawing_holds_every_verdict() -> None:
    """A sign says what the colour says, so that both are read without colours."""
    image = ElementTree.fromstring(table().svg or "")
    kinds = [rect.get("class") for rect in image.iter(f"{SVG}rect")]
    assert kinds == ["good", "good", "good", "bad", "bad", "bad"]
    shown = [text.text for text in image.iter(f"{SVG}text")]
    assert shown.count("✓") == 3 and shown.count("✗ code 62") == 2 and shown.count("≠") == 1
    assert {*ROWS, "lenient", "strict", "left out"} <= set(shown)


def test_words_say_where_the_judges_disagree() -> None:
    assert table().alt == "Table of verdicts: left out. 3 chains, 2 judges. They disagree on 1: no keyUsage."
    agreed = verdicts({"all is well": ("", "")}, ["lenient", "strict"], title="left out")
    assert agreed.alt.endswith("They disagree on 0.")


def test_a_verdict_too_few_is_named() -> None:
    with pytest.raises(BadInput, match="no name"):
        verdicts({"no name": ("",)}, ["lenient", "strict"], title="left out")


def test_the_opening_tells_what_is_copied() -> None:
    picture = becoming_an_authority()
    assert picture.alt.count("copied") == 5 and "CA:FALSE" in picture.alt
    for part in ("signature", "public key", "names", "CA:TRUE, other wishes"):
        assert part in picture.alt and part in (picture.svg or "")
