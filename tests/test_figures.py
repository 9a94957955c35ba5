"""Is every picture well made, the same every time, told in words, and does its twin follow the data?"""

from __future__ import annotations

import base64
import re
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree

import pytest
from certificates import impostor, issued, root

from tlslearn import Authority, BadInput, doctor, live
from tlslearn.course import contents
from tlslearn.doctor.diagnosis import Diagnosis, Link
from tlslearn.figures import (
    PICTURES,
    Picture,
    bars,
    boxes_in_handshake,
    chain_paths,
    course_map,
    five_boxes,
    handshake,
    openings,
    stack_trace,
    verdicts,
)

SVG = "{http://www.w3.org/2000/svg}"


def diagnosis(trust: Authority, hostname: str = "localhost") -> Diagnosis:
    with live.serve(issued()) as server, pytest.raises(OSError) as caught:
        live.connect(server.address, trust=[trust], hostname=hostname)
    return doctor.explain(caught.value)


def whole_course(**changes: Any) -> Picture:
    wish: dict[str, Any] = {"here": ["00", "01"], "done": {"00": (1, 2)}}
    return course_map(contents.NOTEBOOKS, **(wish | changes))


DRAWN = PICTURES | {
    "boxes_in_handshake": boxes_in_handshake,
    "course_map": whole_course,
    "verdicts": lambda: verdicts({"a chain": ("", "code 62")}, ["one", "another"], title="left out"),
    "chain_paths": lambda: chain_paths(
        issued().certificate, issued().intermediates, [root().certificate, impostor().certificate]
    ),
    "stack_trace of an impostor": lambda: stack_trace(diagnosis(impostor())),
    "stack_trace of a wrong host": lambda: stack_trace(diagnosis(root(), "other.test")),
}


def drawn(picture: Picture) -> ElementTree.Element:
    assert picture.svg is not None
    return ElementTree.fromstring(picture.svg)


def image_in(page: str) -> list[tuple[str, str | None]]:
    """The attributes of the one image of a piece of HTML."""
    found: list[list[tuple[str, str | None]]] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            if tag == "img":
                found.append(attrs)

    Reader().feed(page)
    (attributes,) = found
    return attributes


@pytest.mark.parametrize("name", DRAWN)
class TestEveryDrawing:
    def test_it_is_whole(self, name: str) -> None:
        """A drawing is well-formed, as large as it says, loads nothing from elsewhere, and follows a dark theme."""
        picture = DRAWN[name]()
        image = drawn(picture)
        width, height = (int(image.get(side, "0")) for side in ("width", "height"))
        assert image.get("viewBox") == f"0 0 {width} {height}" and width > 100 < height + 100
        assert "prefers-color-scheme: dark" in (picture.svg or "")
        assert not re.search(r"(?:href|src)=|url\((?!#)|<script|@import", picture.svg or "")
        for rect in image.iter(f"{SVG}rect"):
            x, y, wide, high = (float(rect.get(side, "nan")) for side in ("x", "y", "width", "height"))
            assert x >= 0 <= y and x + wide <= width and y + high <= height
        for text in image.iter(f"{SVG}text"):
            assert 0 <= float(text.get("x", "nan")) <= width and 0 < float(text.get("y", "nan")) <= height
            assert text.text is not None

    def test_words_stand_for_it(self, name: str) -> None:
        """The alternative text is whole sentences, and notebook and page have alternative text, twin and image."""
        picture = DRAWN[name]()
        assert len(picture.alt) > 20 and picture.alt.endswith((".", "?"))
        assert picture.twin.strip() and repr(picture) == picture.twin
        bundle = picture._repr_mimebundle_()
        assert bundle == {"text/plain": picture.twin, "text/html": picture.html}
        attributes = dict(image_in(picture.html))
        assert attributes["alt"] == picture.alt
        media, _, data = str(attributes["src"]).removeprefix("data:").partition(";base64,")
        assert (media, base64.b64decode(data)) == picture.image == ("image/svg+xml", (picture.svg or "").encode())

    def test_it_is_the_same_every_time(self, name: str) -> None:
        """The same data gives the same bytes, though keys and certificates be new."""
        assert DRAWN[name]() == DRAWN[name]()


class TestStackTrace:
    def test_the_picture_says_what_the_text_says(self) -> None:
        """The twin is the diagnosis in words; the drawing holds each link, the rule, both ends and the fixes."""
        found = diagnosis(impostor())
        picture = stack_trace(found)
        assert picture.twin == str(found) and found.cause in picture.alt
        shown = " ".join(" ".join(text.itertext()) for text in drawn(picture).iter(f"{SVG}text"))
        for link in found.links:
            assert link.role in shown and link.name in shown and link.note in shown
        for label, text in found.lines():
            assert label in shown and text in shown

    def test_it_follows_the_diagnosis(self) -> None:
        """Another diagnosis is another picture, and the broken link is drawn broken."""
        one, other = (stack_trace(diagnosis(root(), host)) for host in ("other.test", "127.0.0.2"))
        assert one.twin != other.twin and one.svg != other.svg and one.alt != other.alt
        kinds = [rect.get("class") for rect in drawn(one).iter(f"{SVG}rect")]
        assert kinds == ["bad", "box", "good"]

    def test_a_long_note_pushes_the_rest_down(self) -> None:
        """A certificate of forty names does not write over the link below it."""
        found = diagnosis(root(), "other.test")
        long = replace(found.links[0], note=", ".join(f"host{number}.test" for number in range(40)))
        image = drawn(stack_trace(replace(found, links=(long, *found.links[1:]))))
        boxes = [float(rect.get("y", "")) for rect in image.iter(f"{SVG}rect")]
        notes = [float(text.get("y", "")) for text in image.iter(f"{SVG}text") if text.get("x") == "328"]
        of_the_first = len(notes) - (len(found.links) - 1)  # each of the others has one line
        assert of_the_first >= 4
        assert all(y < boxes[1] for y in notes[:of_the_first]) and all(y > boxes[1] for y in notes[of_the_first:])

    def test_a_long_name_stays_in_its_box(self) -> None:
        """A name too long for its box is shortened in the drawing, not in the twin."""
        found = diagnosis(root(), "other.test")
        long = replace(found, links=(replace(found.links[0], name="a" * 63 + ".test"),))
        picture = stack_trace(long)
        assert "a" * 63 + ".test" in picture.twin
        assert max(len(text.text or "") for text in drawn(picture).iter(f"{SVG}text") if text.get("x") == "24") < 40

    def test_what_a_certificate_says_cannot_break_it(self) -> None:
        """Markup and control signs in a name are shown, and the drawing stays well-formed."""
        evil = Authority.create('\x1b\x00</text><script>"&')
        with live.serve(evil.issue(["localhost"])) as server:
            found = doctor.examine(str(server.address), trust=[root()], hostname="localhost")
        picture = stack_trace(found)
        assert any('</text><script>"&' in (text.text or "") for text in drawn(picture).iter(f"{SVG}text"))
        assert "<script" not in (picture.svg or "") and "<script" not in picture.html

    def test_without_links(self) -> None:
        """A diagnosis that knows no chain has a picture too."""
        picture = stack_trace(doctor.explain(ConnectionRefusedError(111, "refused")))
        assert "Nobody answers" in picture.twin and not list(drawn(picture).iter(f"{SVG}rect"))

    def test_every_state_of_a_link_has_a_look(self) -> None:
        """Sound, broken, missing and trusted are told apart without colour: by sign or by line."""
        states = ("sound", "broken", "missing", "trusted")
        links = tuple(Link("role", state, state, "note") for state in states)  # type: ignore[arg-type]
        picture = stack_trace(replace(diagnosis(root(), "other.test"), links=links))
        classes = [rect.get("class") for rect in drawn(picture).iter(f"{SVG}rect")]
        assert len(set(classes)) == 4


class TestTwinsFollowTheData:
    def test_boxes_in_handshake(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """One message more is one line more."""
        before = boxes_in_handshake()
        more = handshake.Message("server", "EncryptedExtensions", "AEAD", "what else is agreed", False)
        monkeypatch.setattr(handshake, "MESSAGES", (*handshake.MESSAGES, more))
        after = boxes_in_handshake()
        assert len(after.twin.splitlines()) == len(before.twin.splitlines()) + 1
        assert "EncryptedExtensions" in after.twin and "EncryptedExtensions" in after.alt and after.svg != before.svg

    def test_five_boxes(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Another answer in the table is another line in the twin."""
        before = five_boxes()
        monkeypatch.setitem(openings.BOXES, "hash", ("", "yes", "", ""))
        after = five_boxes()
        assert before.twin != after.twin and before.alt != after.alt and before.svg != after.svg

    def test_course_map(self) -> None:
        """Every notebook is in the map; progress and readiness show in twin and drawing."""
        plain, further, more = whole_course(), whole_course(done={"00": (2, 2)}), whole_course(here=["00", "01", "02"])
        assert len(plain.twin.splitlines()) == 1 + len(contents.NOTEBOOKS)
        assert all(stop.title in plain.twin for stop in contents.NOTEBOOKS)
        assert "1 of 2 solved" in plain.twin and "2 of 2 solved" in further.twin
        assert len({plain.twin, further.twin, more.twin}) == len({plain.svg, further.svg, more.svg}) == 3


COUNTS = {"key": {"RSA": 80, "P-256": 20, "P-384": 12}}


def twin(counts: dict[str, dict[str, int]]) -> str:
    return bars(counts, title="Roots").twin


class TestBars:
    @pytest.fixture(autouse=True)
    def matplotlib(self) -> None:
        pytest.importorskip("matplotlib")

    def test_it_is_a_picture_with_words(self) -> None:
        """A chart is a PNG with alternative text, and the same bytes for the same counts."""
        picture = bars(COUNTS, title="Roots", note="version 1")
        media, data = picture.image
        assert media == "image/png" and data.startswith(b"\x89PNG\r\n\x1a\n")
        assert (
            picture.alt == "Bar charts. Roots key: most often RSA, over 100 in all" and "version 1" not in picture.twin
        )
        assert bars(COUNTS, title="Roots", note="version 1") == picture
        assert bars(COUNTS, title="Roots", note="version 2").png != picture.png

    @pytest.mark.parametrize("change", [{"RSA": 83}, {"RSA": 77}, {"P-256": 22}, {"P-384": 0}, {"Ed25519": 3}])
    def test_the_twin_outlives_small_changes(self, change: dict[str, int]) -> None:
        """A newer data set with nearly the same counts has the same twin, and another picture."""
        newer = {"key": COUNTS["key"] | change}
        assert twin(newer) == twin(COUNTS)
        assert bars(newer, title="Roots").png != bars(COUNTS, title="Roots").png

    @pytest.mark.parametrize(
        ("change", "says"),
        [
            ({"P-256": 200}, "most often P-256"),
            ({"P-256": 79}, "no single leader"),
            ({"RSA": 1000}, "over 1000 in all"),
            ({"RSA": 30}, "over 10 in all"),
        ],
    )
    def test_the_twin_follows_large_ones(self, change: dict[str, int], says: str) -> None:
        """Another leader, or another power of ten, is another twin."""
        newer = {"key": COUNTS["key"] | change}
        assert says in twin(newer) and twin(newer) != twin(COUNTS)

    def test_each_panel_has_its_line(self) -> None:
        """Panels are told in the order given; one bar alone leads; few are told as few."""
        text = twin({"b": {"only": 3}, "a": {"x": 0, "y": 0}})
        assert text.splitlines() == [
            "Roots",
            "  b: most often only, under 10 in all",
            "  a: no single leader, under 10 in all",
        ]

    @pytest.mark.parametrize(("panels", "value"), [({}, "{}"), ({"key": {}}, "'key'"), ({"key": {"RSA": -1}}, "'key'")])
    def test_nothing_to_draw(self, panels: dict[str, dict[str, int]], value: str) -> None:
        """No panel, no counts or a negative one is refused with the panel's name."""
        with pytest.raises(BadInput, match="nothing to draw") as caught:
            bars(panels, title="Roots")
        assert value in str(caught.value)


def test_figures_load_no_matplotlib() -> None:
    """Neither the room nor a drawing loads matplotlib, which costs more than all the rest."""
    script = "import sys\nfrom tlslearn import figures\nfigures.five_boxes()\nprint('matplotlib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
