"""Do the pictures of appendix a1 show what was computed, and say it in words as well?"""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from tlslearn.check import BadInput
from tlslearn.figures import PICTURES, factoring_cost, pollards_rho, rsa_in_depth
from tlslearn.figures.factoring import RSA_STAGES
from tlslearn.publickey.factoring import rho

COUNTED = {16: 6, 32: 165, 64: 47_247}


def texts(svg: str) -> str:
    return " ".join(" ".join(ElementTree.fromstring(svg).itertext()).split())


def numbers(svg: str) -> list[int]:
    words = (element.text or "" for element in ElementTree.fromstring(svg).iter() if element.tag.endswith("text"))
    return [int(word) for word in words if word.isdecimal()]


def test_the_opening_picture_names_every_stage_and_its_fault() -> None:
    picture = PICTURES["rsa-in-depth"]()
    assert picture.svg == rsa_in_depth().svg and picture.svg is not None
    drawn = texts(picture.svg)
    for stage, fault in RSA_STAGES.items():
        assert stage in drawn and f"{stage}: {fault}" in picture.alt
        assert all(word in drawn for word in fault.split())


def test_the_rho_is_the_walk_that_is_computed() -> None:
    picture = pollards_rho(101)
    walk = [2]
    while (following := (walk[-1] * walk[-1] + 1) % 101) not in walk:
        walk.append(following)
    enters = walk.index(following)
    assert picture.svg is not None and numbers(picture.svg) == walk
    assert picture.twin.splitlines()[1:] == [
        f"tail of {enters}: {' '.join(map(str, walk[:enters]))}",
        f"loop of {len(walk) - enters}: {' '.join(map(str, walk[enters:]))}",
    ]
    assert rho(101 * 103).factor == 101  # the factor that the notebook finds with this walk


@pytest.mark.parametrize(("modulus", "start", "c"), [(101, 2, 1), (89, 2, 1), (109, 2, 1), (97, 5, 3), (2, 0, 1)])
def test_no_number_of_a_rho_lies_on_another_or_outside(modulus: int, start: int, c: int) -> None:
    picture = pollards_rho(modulus, start, c)
    assert picture.svg is not None
    root = ElementTree.fromstring(picture.svg)
    width, height = float(root.get("width", "0")), float(root.get("height", "0"))
    boxes = [element for element in root.iter() if element.tag.endswith("rect")]
    corners = [(float(box.get("x", "")), float(box.get("y", ""))) for box in boxes]
    assert all(0 <= x <= width - 30 and 0 <= y <= height - 26 for x, y in corners)
    apart = [(abs(x1 - x2), abs(y1 - y2)) for i, (x1, y1) in enumerate(corners) for x2, y2 in corners[:i]]
    assert all(x > 30 or y > 26 for x, y in apart)


def test_another_walk_has_another_twin_and_the_same_walk_the_same_bytes() -> None:
    assert pollards_rho(101).twin != pollards_rho(101, c=3).twin
    assert pollards_rho(101).svg == pollards_rho(101).svg


@pytest.mark.parametrize("modulus", [1, 0, 1_000_003])
def test_a_walk_that_cannot_be_drawn_is_refused(modulus: int) -> None:
    with pytest.raises(BadInput):
        pollards_rho(modulus)


def test_the_cost_chart_says_what_was_counted_and_where_the_keys_of_today_lie() -> None:
    picture = factoring_cost(COUNTED)
    assert picture.png is not None and picture.png.startswith(b"\x89PNG")
    assert "16 bits 6 · 32 bits 165 · 64 bits 47,247" in picture.twin
    assert "<img alt=" in picture.html and picture.twin.splitlines()[0] in picture.alt
    for bits, power in re.findall(r"(\d+) bits about 10\^(\d+)", picture.twin):
        assert len(str(2 ** (int(bits) // 4))) - 1 <= int(power) <= len(str(2 ** (int(bits) // 4)))
    assert picture.twin != factoring_cost(COUNTED | {64: 47_248}).twin


@pytest.mark.parametrize("counted", [{}, {16: 6}, {16: 6, 32: 0}, {16: 6, 1: 5}])
def test_a_chart_of_nothing_is_refused(counted: dict[int, int]) -> None:
    with pytest.raises(BadInput):
        factoring_cost(counted)
