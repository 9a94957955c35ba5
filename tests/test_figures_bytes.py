"""Does the map of bytes show each byte in its field, in little space, and say in words what it shows?"""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from certificates import issued
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tlslearn import BadInput, der, keys
from tlslearn.course import outputs
from tlslearn.figures import Picture, byte_map
from tlslearn.figures.byte_map import LETTERS, MOST_BYTES

SVG = "{http://www.w3.org/2000/svg}"
SANITIZE = Path(__file__).with_name("nbval_sanitize.cfg")
FIELDS = [(0, 2, "header"), (2, 5, "number"), (6, 8, "header")]
DATA = bytes(range(0x30, 0x3A))
LEFT = 44  # pixels before the first cell; a cell is 26 wide, or what 768 pixels leave for it


def drawn(picture: Picture) -> ElementTree.Element:
    return ElementTree.fromstring(picture.svg or "")


def texts(picture: Picture, kind: str) -> list[str]:
    return [text.text or "" for text in drawn(picture).iter(f"{SVG}text") if text.get("class") == kind]


def painted(picture: Picture) -> dict[tuple[int, int], str]:
    """The class of the path that covers each pixel column and row, by the upper left corner of each byte's cell."""
    found = {}
    for path in drawn(picture).iter(f"{SVG}path"):
        for x, y, wide in re.findall(r"M(\d+) (\d+)h(\d+)v", path.get("d", "")):
            found.update({(at, int(y)): path.get("class", "") for at in range(int(x), int(x) + int(wide))})
    return found


def of_certificate(data: bytes) -> list[tuple[int, int, str]]:
    """The parts of a certificate, as notebooks draw them; the headers around them are in no field."""
    body, algorithm, signature = der.parse(data)
    names = ("version", "serial", "algorithm", "issuer", "validity", "subject", "key", "extensions")
    parts = [*zip(names, body, strict=True), ("algorithm", algorithm), ("signature", signature)]
    return [(part.offset, part.end, name) for name, part in parts]


def test_every_byte_is_in_its_colour() -> None:
    """Equal labels look alike, others do not, and what no field covers is grey."""
    picture = byte_map(DATA, FIELDS, title="Ten bytes", columns=5)
    cells = painted(picture)
    rows = sorted({y for _, y in cells})[:2]
    colours = [cells[LEFT + 26 * column + 13, row] for row in rows for column in range(5)]
    assert colours == ["f0", "f0", "f1", "f1", "f1", "rest", "f0", "f0", "rest", "rest"]
    assert texts(picture, "tag")[:2] == ["AB", "A"]
    assert texts(picture, "hex") == ["30 31 32 33 34", "35 36 37 38 39"]


def test_the_twin_has_a_line_a_field() -> None:
    """Label, first byte and count; what is in no field last. The alternative text has the totals."""
    picture = byte_map(DATA, FIELDS, title="Ten bytes")
    assert picture.twin.splitlines() == [
        "Ten bytes, 10 bytes",
        "  byte 0: header, 2 bytes",
        "  byte 2: number, 3 bytes",
        "  byte 6: header, 2 bytes",
        "  in no field: 3 bytes",
    ]
    assert picture.alt == "Map of bytes. Ten bytes, 10 bytes. header: 4 bytes; number: 3 bytes; in no field: 3 bytes."
    moved = byte_map(DATA, [(0, 3, "header"), (3, 10, "number")], title="Ten bytes")
    assert moved.alt == "Map of bytes. Ten bytes, 10 bytes. header: 3 bytes; number: 7 bytes."
    assert moved.twin != picture.twin and moved.svg != picture.svg and moved.alt != picture.alt


def test_the_legend_counts() -> None:
    """Each label once, with its letter and its bytes."""
    shown = texts(byte_map(DATA, FIELDS, title="Ten bytes", note="A note."), "small")
    assert shown == ["header, 4 bytes", "number, 3 bytes", "in no field, 3 bytes"]
    assert "A note." in texts(byte_map(DATA, FIELDS, title="Ten bytes", note="A note."), "label")


def test_new_keys_do_not_move_the_rough_twin() -> None:
    """Without `exact`, twin and alternative text are the same for every key; the image is marked as one that varies."""
    pictures = []
    for _ in range(40):
        data = keys.generate().private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        data += bytes(len(pictures) % 3)
        pictures.append(byte_map(data, [(0, 29, "PKCS#8"), (29, len(data), "key")], title="A key", exact=False))
    assert {picture.twin for picture in pictures} == {
        "A key\n  PKCS#8: over an eighth of the bytes\n  key: over half of the bytes"
    }
    assert len({picture.alt for picture in pictures}) == 1 and len({picture.svg for picture in pictures}) == 40


@pytest.mark.parametrize(
    ("covered", "said"),
    [
        (101, "over half"),
        (100, "over an eighth"),
        (26, "over an eighth"),
        (25, "under an eighth"),
        (1, "under an eighth"),
    ],
)
def test_shares_are_rough_and_true(covered: int, said: str) -> None:
    """Of 200 bytes; what is left over is told in the same words."""
    twin = byte_map(bytes(200), [(0, covered, "some")], title="A", exact=False).twin.splitlines()
    rest = "over half" if covered < 100 else "over an eighth"
    assert twin == ["A", f"  some: {said} of the bytes", f"  in no field: {rest} of the bytes"]


def test_an_order_of_labels_that_others_follow() -> None:
    """For data whose fields stand in another order elsewhere; a label that does not occur is not told."""
    fields = [(0, 10, "a"), (10, 20, "b"), (20, 200, "c")]
    twin = byte_map(bytes(200), fields, title="A", exact=False, order=("c", "x", "b")).twin.splitlines()
    assert [line.split(":")[0].strip() for line in twin[1:]] == ["c", "b", "a"]


def test_letters_stand_in_their_runs() -> None:
    """One place a letter, none for what is grey: under the first byte where there is hex, else in the middle."""
    for columns, middle in ((32, 10.5 * 24), (64, 15 * 12), (128, 15 * 6)):
        picture = byte_map(bytes(64), [(10, 20, "a")], title="A", columns=columns)
        row, _ = (text for text in drawn(picture).iter(f"{SVG}text") if text.get("class") == "tag")
        assert row.text == "A" and [float(x) for x in row.get("x", "").split()] == [LEFT + middle]


def test_the_comparison_leaves_out_what_varies_and_no_more() -> None:
    """Two images of two keys are equal to nbval, two texts are not, and an exact map is compared whole."""
    rules = outputs.read_rules(SANITIZE)

    def shown(picture: Picture) -> list[dict[str, object]]:
        return [{"output_type": "display_data", "metadata": {}, "data": picture._repr_mimebundle_()}]

    def picture(data: bytes, title: str = "A", exact: bool = False) -> list[dict[str, object]]:
        return shown(byte_map(data, [(0, 1, "one")], title=title, exact=exact))

    assert outputs.equal(picture(b"\x01\x02"), picture(b"\x03\x04"), rules)
    assert not outputs.equal(picture(b"\x01\x02"), picture(b"\x01\x02", title="B"), rules)
    assert not outputs.equal(picture(b"\x01\x02", exact=True), picture(b"\x03\x04", exact=True), rules)


@pytest.mark.parametrize("columns", [1, 8, 16, 32, 34, 48, 64, 128])
def test_it_is_whole(columns: int) -> None:
    """At each width: well-formed, nothing outside, loads nothing, follows a dark theme; hex where there is room."""
    data = issued("rsa2048").certificate.public_bytes(Encoding.DER)
    picture = byte_map(data, of_certificate(data), title="A certificate", columns=columns)
    image = drawn(picture)
    width, height = (int(image.get(side, "0")) for side in ("width", "height"))
    assert image.get("viewBox") == f"0 0 {width} {height}" and width == 820
    assert "prefers-color-scheme: dark" in (picture.svg or "")
    assert not re.search(r"(?:href|src)=|url\((?!#)|<script|@import", picture.svg or "")
    for text in image.iter(f"{SVG}text"):
        places = [float(x) for x in text.get("x", "nan").split()]
        assert all(0 <= x <= width for x in places) and 0 < float(text.get("y", "nan")) <= height
        assert places[0] + float(text.get("textLength", "0")) <= width
    assert all(x <= width and y <= height for x, y in painted(picture))
    assert bool(texts(picture, "hex")) is (columns <= 34)
    assert "".join(texts(picture, "hex")).replace(" ", "") in ("", data.hex())


def test_it_stays_small() -> None:
    """A certificate of a kilobyte takes well under 60 kB in a notebook, even with a field for each byte."""
    data = issued("rsa2048").certificate.public_bytes(Encoding.DER)
    assert 700 < len(data) < 1100
    assert len(byte_map(data, of_certificate(data), title="A certificate").html) < 25_000
    each = [(at, at + 1, f"check {at % 11}") for at in range(1024)]
    assert len(byte_map(bytes(1024), each, title="Each byte").html) < 60_000


def test_neighbours_differ_in_colour() -> None:
    """With more labels than colours a colour comes back, but not beside itself; the letters are all different."""
    fields = [(at, at + 1, f"field {at % 7 * at}") for at in range(60)]
    picture = byte_map(bytes(60), fields, title="Many", columns=60)
    cells = painted(picture)
    row = min(y for _, y in cells)
    colours = [cells[LEFT + 12 * at + 6, row] for at in range(60)]
    labels = [label for _, _, label in fields]
    assert all(labels[at] == labels[at + 1] or colours[at] != colours[at + 1] for at in range(59))
    (letters, *legend) = texts(picture, "tag")
    assert len(set(legend)) == len(legend) == len(set(labels)) > 20
    assert dict(zip(labels, letters, strict=True)).keys() == set(labels) and len(set(letters)) == len(set(labels))


def test_a_field_without_a_label_is_grey() -> None:
    """What is named "" is drawn as what no field covers."""
    picture = byte_map(b"abc", [(0, 1, "a"), (1, 3, "")], title="Three")
    assert texts(picture, "small") == ["a, 1 byte", "in no field, 2 bytes"]
    assert picture.twin.splitlines()[1:] == ["  byte 0: a, 1 byte", "  byte 1: in no field, 2 bytes"]


def test_what_is_left_has_the_name_that_is_given() -> None:
    """`rest` names the grey bytes in drawing, twin and alternative text."""
    for exact in (True, False):
        picture = byte_map(DATA, FIELDS, title="Ten bytes", rest="nobody looks", exact=exact)
        assert "nobody looks, 3 bytes" in texts(picture, "small") and "in no field" not in picture.twin + picture.alt
        assert "nobody looks" in picture.twin and "nobody looks" in picture.alt


def test_words_cannot_break_it() -> None:
    """Markup in a label or title is shown as it is; a very long label is shortened in the drawing alone."""
    label = "</text><script>" + "x" * 200
    picture = byte_map(b"abc", [(0, 3, label)], title='<b>"&', note="<i>")
    assert "<script" not in (picture.svg or "") and "<script" not in picture.html and label in picture.twin
    assert any("…" in text for text in texts(picture, "small")) and '<b>"&' in texts(picture, "head")


@pytest.mark.parametrize(
    ("data", "fields", "columns", "value"),
    [
        (b"", [], 32, "0"),
        (bytes(MOST_BYTES + 1), [], 32, str(MOST_BYTES + 1)),
        (b"abc", [], 0, "0"),
        (b"abc", [], 129, "129"),
        (b"abc", [(0, 4, "a")], 32, "(0, 4, 'a')"),
        (b"abc", [(-1, 2, "a")], 32, "(-1, 2, 'a')"),
        (b"abc", [(1, 1, "a")], 32, "(1, 1, 'a')"),
        (b"abc", [(0, 2, "a"), (1, 3, "b")], 32, "(1, 3, 'b')"),
        (b"abc", [(2, 3, "a"), (0, 1, "b")], 32, "(0, 1, 'b')"),
        (bytes(100), [(at, at + 1, str(at)) for at in range(len(LETTERS) + 1)], 32, str(len(LETTERS) + 1)),
    ],
)
def test_what_cannot_be_drawn(data: bytes, fields: list[tuple[int, int, str]], columns: int, value: str) -> None:
    """Fields out of order or place, and more than can be told apart, are refused with the value."""
    with pytest.raises(BadInput) as caught:
        byte_map(data, fields, title="No", columns=columns)
    assert value in str(caught.value)
