"""Do the pictures of curves show what the arithmetic says, and say it in words as well?"""

from __future__ import annotations

import html
import re
from xml.etree import ElementTree

import pytest

from tlslearn import figures
from tlslearn.check import BadInput
from tlslearn.figures import Picture
from tlslearn.figures.curves import STRENGTHS, Addition, Chord, curve_points, curves_in_depth, equation, line_points
from tlslearn.publickey import Point, small_curve

SVG = "{http://www.w3.org/2000/svg}"
TINY = (17, 2, 2)
GRID = 440  # the square's side in pixels, at (44, 20)


def dots(picture: Picture, kind: str) -> list[tuple[float, float]]:
    """Where the circles of a kind stand, in pixels."""
    root = ElementTree.fromstring(picture.svg or "")
    return [
        (float(circle.attrib["cx"]), float(circle.attrib["cy"]))
        for circle in root.iter(f"{SVG}circle")
        if circle.attrib["class"] == kind
    ]


def on_grid(place: tuple[float, float], p: int) -> tuple[int, int]:
    """Pixels back to the point (x, y)."""
    step = GRID / p
    return round((place[0] - 44) / step - 0.5), round((20 + GRID - place[1]) / step - 0.5)


def assert_sound(picture: Picture) -> None:
    root = ElementTree.fromstring(picture.svg or "")
    width, height = float(root.attrib["width"]), float(root.attrib["height"])
    for element in root:
        x, y = (float(element.attrib.get(name, element.attrib.get(f"c{name}", 0))) for name in "xy")
        assert 0 <= x <= width and 0 <= y <= height, element.attrib
        if element.tag == f"{SVG}text" and element.attrib.get("text-anchor") == "start":
            assert x + 5.5 * len(element.text or "") <= width, element.text
    assert picture.alt and picture.twin and html.escape(picture.alt) in picture.html


@pytest.mark.parametrize(
    "picture",
    [
        curve_points(*TINY),
        curve_points(*TINY, add=((5, 1), (6, 3))),
        curve_points(*TINY, G=(5, 1)),
        curve_points(61, 0, 8),
        figures.security_levels(),
        curves_in_depth(),
    ],
)
def test_picture_is_sound(picture: Picture) -> None:
    """Well-formed, nothing outside its frame, with words for those who cannot see it."""
    assert_sound(picture)


def test_every_point_is_drawn_once_and_at_its_place() -> None:
    """The dots are the solutions of the equation, no more and no fewer."""
    for p, a, b in (TINY, (23, 1, 1), (43, 0, 7)):
        drawn = [on_grid(place, p) for place in dots(curve_points(p, a, b), "point")]
        wanted = [(x, y) for x in range(p) for y in range(p) if (y * y - x**3 - a * x - b) % p == 0]
        assert sorted(drawn) == wanted


def test_sum_and_third_point_are_those_of_the_group() -> None:
    """What the picture calls P + Q is what the arithmetic calls so, for every pair of points."""
    curve = small_curve(*TINY)
    points = list(curve.points())
    for P in points:
        for Q in points:
            twin, total = curve_points(*TINY, add=(P, Q)).twin, P + Q
            if total.is_infinity:
                assert "P + Q = infinity" in twin
            else:
                assert f"mirrored: P + Q = ({total.x}, {total.y})" in twin
                assert f"third point ({total.x}, {-total.y % 17})" in twin  # type: ignore[operator]


def test_line_goes_through_all_its_points() -> None:
    """The drawn line passes P, Q and the third point, and each of its p points solves y = slope * x + c."""
    for p, slope in ((17, 2), (17, 13), (43, 22), (61, 1)):
        addition = Addition((5, 1), (6, (1 + slope) % p), Chord(slope, (0, 0), (0, 0)))
        found = line_points(p, addition)
        assert sorted(found) == sorted({(x, (1 + slope * (x - 5)) % p) for x in range(p)})
    assert line_points(17, Addition((5, 1), (5, 16), None)) == [(5, (1 + y) % 17) for y in range(17)]


def test_line_stays_inside_the_square() -> None:
    """A line that leaves on one side comes back on the other."""
    picture = curve_points(43, 0, 7, add=((2, 12), (2, 12)))
    paths = [one.attrib["d"] for one in ElementTree.fromstring(picture.svg or "").iter(f"{SVG}path")]
    trace = max((path for path in paths if path.startswith("M") and path.count("M") > 1), key=len)
    numbers = [float(number) for number in re.findall(r"[\d.]+", trace)]
    assert all(44 - 1 <= x <= 44 + GRID + 1 for x in numbers[::2])
    assert all(20 - 1 <= y <= 20 + GRID + 1 for y in numbers[1::2])


def test_multiples_are_numbered_in_order() -> None:
    """Number k stands at k * G, up to the last before infinity or up to the number asked for."""
    twin = curve_points(*TINY, G=(5, 1)).twin
    curve = small_curve(*TINY)
    G = Point(curve, 5, 1)
    for k in range(2, 19):
        assert f"{k}G = ({(k * G).x}, {(k * G).y})" in twin
    assert "19G" not in twin
    assert "3G" in curve_points(*TINY, G=G, multiples=3).twin and "4G" not in curve_points(*TINY, G=G, multiples=3).twin


def test_twin_follows_the_data() -> None:
    """Another curve, another point or another number of multiples is told in other words."""
    twins = [
        curve_points(*TINY).twin,
        curve_points(17, 2, 3).twin,
        curve_points(*TINY, add=((5, 1), (6, 3))).twin,
        curve_points(*TINY, add=((5, 1), (5, 1))).twin,
        curve_points(*TINY, G=(5, 1)).twin,
        curve_points(*TINY, G=(5, 1), multiples=4).twin,
    ]
    assert len(set(twins)) == len(twins)
    assert curve_points(*TINY, add=((5, 1), (6, 3))).svg == curve_points(*TINY, add=((5, 1), (6, 3))).svg


@pytest.mark.parametrize(
    "wrong",
    [
        {"p": 67, "a": 2, "b": 2},
        {"p": 15, "a": 2, "b": 2},
        {"p": 17, "a": 0, "b": 0},
        {"p": 17, "a": 2, "b": 2, "add": ((5, 1), (5, 2))},
        {"p": 17, "a": 2, "b": 2, "add": ((5, 1), small_curve(17, 2, 2).infinity)},
        {"p": 17, "a": 2, "b": 2, "G": (1, 1)},
    ],
)
def test_what_cannot_be_drawn_is_refused_with_a_way_out(wrong: dict[str, int]) -> None:
    """Too large, not prime, singular, or a point that is not on the curve."""
    with pytest.raises(BadInput) as refused:
        curve_points(**wrong)  # type: ignore[arg-type]
    assert refused.value.fix


def test_equation_leaves_out_what_is_zero() -> None:
    """y² = x³ + x, not y² = x³ + 1x + 0."""
    assert [equation(2, 2), equation(0, 7), equation(1, 0), equation(0, 0)] == [
        "y² = x³ + 2x + 2",
        "y² = x³ + 7",
        "y² = x³ + x",
        "y² = x³",
    ]


def test_bars_of_key_lengths_are_to_one_scale() -> None:
    """A bar is as long as the key it stands for, RSA or curve."""
    root = ElementTree.fromstring(figures.security_levels().svg or "")
    widths = [float(bar.attrib["width"]) for bar in root.iter(f"{SVG}rect")]
    lengths = [length for row in STRENGTHS for length in (row.rsa, row.curve)]
    scale = widths[-2] / lengths[-2]
    assert widths == pytest.approx([length * scale for length in lengths], abs=0.06)


def test_curve_keys_are_twice_the_strength() -> None:
    """The best known attack takes about the square root of the order, so a curve needs two bits for one."""
    assert all(row.curve == 2 * row.bits for row in STRENGTHS)
