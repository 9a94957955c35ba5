"""Are DER bytes read as X.690 says, refused where they are not DER, and built again as they were?"""

from __future__ import annotations

import pickle
import re
import ssl
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import published
import pytest
from certificates import issued
from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
)
from fuzz_targets import check_der
from hypothesis import given, settings
from hypothesis import strategies as st
from judges import need

from tlslearn import BadInput, der, keys

# cryptography looks at a name when it is asked for, and then refuses this one: an attribute with a broken tag in it.
REFUSED_LATER = {"name_attribute_unsupported_tag.pem"}


def of(text: str) -> bytes:
    return bytes.fromhex(text)


def certificate() -> bytes:
    return issued().certificate.public_bytes(Encoding.DER)


class TestOneElement:
    def test_a_sequence(self) -> None:
        """Tag, length, content, places and children of SEQUENCE { INTEGER 5, NULL }."""
        node = der.parse(of("3005 020105 0500"))
        assert (node.offset, node.tag, node.header, node.length, node.end) == (0, 0x30, 2, 5, 7)
        assert node.constructed and node.name == "SEQUENCE" and len(node) == 2 and list(node) == [node[0], node[1]]
        number, null = node
        assert (number.offset, number.end, number.content, number.bytes) == (2, 5, b"\x05", of("020105"))
        assert (number.value, null.value, number.children, number.constructed) == (5, None, (), False)
        assert [(depth, element.name) for depth, element in node.walk()] == [
            (0, "SEQUENCE"),
            (1, "INTEGER"),
            (1, "NULL"),
        ]

    def test_a_length_in_several_bytes(self) -> None:
        """From 128 bytes on the length takes more than one byte, and the header grows."""
        for size, header in ((0, 2), (127, 2), (128, 3), (255, 3), (256, 4), (65_535, 4), (65_536, 5)):
            node = der.parse(der.encode(0x04, bytes(size)))
            assert (node.header, node.length, node.value) == (header, size, bytes(size))

    @pytest.mark.parametrize(
        ("tag", "name", "constructed"),
        [
            ("80", "[0]", False),
            ("a3", "[3]", True),
            ("61", "[APPLICATION 1]", True),
            ("de", "[PRIVATE 30]", False),
            ("09", "[UNIVERSAL 9]", False),
            ("9f1f", "[31]", False),
            ("bf8148", "[200]", True),
            ("bfffffff7f", f"[{2**28 - 1}]", True),
        ],
    )
    def test_tags(self, tag: str, name: str, constructed: bool) -> None:
        """Class, number and form of a tag, also where the number takes bytes of its own."""
        node = der.parse(of(tag + "00"))
        assert (node.name, node.constructed, node.tag) == (name, constructed, int(tag, 16))
        assert der.encode(node.tag, b"") == of(tag + "00")

    def test_what_is_wrapped(self) -> None:
        """An element inside an OCTET STRING or a BIT STRING keeps its place in the whole data."""
        data = of("300c 0402 0500 0306 00 0403000102")
        octets, bits = der.parse(data)
        assert (octets.inside().offset, octets.inside().name) == (4, "NULL")
        assert (bits.inside().offset, bits.inside().end, bits.inside().value) == (9, 14, of("000102"))
        assert (bits.offset, bits.value) == (6, of("0403000102"))

    def test_it_cannot_be_changed_and_is_true(self) -> None:
        """A node is a value, and also without children not False."""
        node = der.parse(of("0500"))
        assert node and len(node) == 0
        with pytest.raises(AttributeError):
            node.tag = 0x30  # type: ignore[misc]
        with pytest.raises(IndexError):
            node[0]


REFUSED = [
    # bytes, offset, wanted, section
    ("", 0, "a tag", "8.1.1.1"),
    ("30", 1, "a length", "8.1.1.1"),
    ("3082 01", 3, "the rest of a length", "8.1.1.1"),
    ("0402 01", 0, "2 bytes of content", "8.1.3"),
    ("3003 0402 01", 2, "2 bytes of content", "8.1.3"),
    ("3003 040201 ff", 2, "2 bytes of content", "8.1.3"),
    ("3001 02 0100", 3, "a length", "8.1.1.1"),
    ("3080 0000", 1, "a length", "10.1"),
    ("2480 0401ff 0000", 0, "OCTET STRING in its primitive form", "8.2 to 8.23, 10.2"),
    ("3081 00", 1, "a length in as few bytes as it takes", "10.1"),
    ("0481 7f" + "00" * 127, 1, "a length in as few bytes as it takes", "10.1"),
    ("0482 00ff" + "00" * 255, 1, "a length in as few bytes as it takes", "10.1"),
    ("04ff" + "01" * 127, 1, "a length", "8.1.3.5"),
    ("0500 00", 2, "the end", "8.1.1.1"),
    ("0500 0500", 2, "the end", "8.1.1.1"),
    ("0000", 0, "a tag", "8.1.5"),
    ("3002 0000", 2, "a tag", "8.1.5"),
    ("2000", 0, "a tag", "8.1.5"),
    ("2200", 0, "INTEGER in its primitive form", "8.2 to 8.23, 10.2"),
    ("1000", 0, "SEQUENCE in its constructed form", "8.2 to 8.23, 10.2"),
    ("9f1e 00", 0, "a tag in as few bytes as it takes", "8.1.2.2, 8.1.2.4"),
    ("9f801f 00", 0, "a tag in as few bytes as it takes", "8.1.2.2, 8.1.2.4"),
    ("9f", 1, "the rest of a tag", "8.1.1.1"),
    ("9f81", 2, "the rest of a tag", "8.1.1.1"),
    ("9f8181818101 00", 0, "a tag of at most 5 bytes, this reader's limit", "8.1.2.4"),
    ("3080" * 40, 1, "a length", "10.1"),
]


class TestWhatIsRefused:
    @pytest.mark.parametrize(("data", "offset", "wanted", "section"), REFUSED)
    def test_with_its_place(self, data: str, offset: int, wanted: str, section: str) -> None:
        """Each rule of X.690 8.1 and 10 that is broken is named, with the byte where it breaks."""
        with pytest.raises(der.Malformed) as caught:
            der.parse(of(data))
        error = caught.value
        assert (error.offset, error.wanted, error.section) == (offset, wanted, section)
        assert f"byte {offset}" in str(error) and error.found in str(error) and f"X.690 {section}" in str(error)
        assert isinstance(error, BadInput)

    def test_a_certificate_cut_anywhere(self) -> None:
        """However much is missing at the end, or stands behind it, nothing is read as if it were whole."""
        data = certificate()
        for size in range(len(data)):
            with pytest.raises(der.Malformed):
                der.parse(data[:size])
        with pytest.raises(der.Malformed, match="cut there") as caught:
            der.parse(data + b"\0")
        assert caught.value.offset == len(data)

    def test_nesting(self) -> None:
        """64 levels are read, 65 are refused at the tag of the last."""
        data = b""
        for _ in range(der.DEEPEST):
            data = der.encode(0x30, data)
        assert max(depth for depth, _ in der.parse(data).walk()) == der.DEEPEST - 1 and der.parse(data).encode() == data
        with pytest.raises(der.Malformed, match="64 levels"):
            der.parse(der.encode(0x30, der.encode(0x30, data)))

    def test_pem_is_not_der(self) -> None:
        """Whoever gives the text of a PEM file is told what it is."""
        for before in ("", "\n  "):
            with pytest.raises(der.Malformed, match="base64"):
                der.parse((before + ssl.DER_cert_to_PEM_cert(certificate())).encode())

    @pytest.mark.parametrize("data", ["3000", None, 48, [48, 0]])
    def test_what_is_not_bytes(self, data: object) -> None:
        """Text and numbers are refused with their type; bytearray and memoryview are bytes."""
        with pytest.raises(BadInput, match=type(data).__name__):
            der.parse(data)  # type: ignore[arg-type]
        assert der.parse(bytearray(of("0500"))).bytes == der.parse(memoryview(of("0500"))).bytes == of("0500")

    @pytest.mark.parametrize(
        ("data", "offset"),
        [
            ("0500", 2),  # a NULL wraps nothing
            ("0300", 4),  # no octet that counts unused bits
            ("0303 020500", 4),  # two unused bits
            ("0302 0005", 6),
            ("0400", 4),
            ("0403 0500ff", 6),
            ("0404 05000500", 6),
            ("0402 ff00", 4),
            ("0402 0401", 4),
        ],
    )
    def test_nothing_is_wrapped(self, data: str, offset: int) -> None:
        """What wraps no element, or more than one, is refused, with the place in the whole data."""
        with pytest.raises(der.Malformed) as caught:
            der.parse(der.encode(0x30, of(data)))[0].inside()
        assert caught.value.offset == offset

    def test_the_error_crosses_processes(self) -> None:
        """Pickled and back, it says the same."""
        error = der.Malformed(3, "a tag", "ff", "8.1.2", "Mend it.")
        again = pickle.loads(pickle.dumps(error))
        assert str(again) == str(error) and (again.offset, again.found, again.fix) == (3, "ff", "Mend it.")


def value(text: str) -> der.Value:
    return der.parse(of(text)).value


class TestValues:
    @pytest.mark.parametrize(
        ("data", "expected"),
        [
            ("0101ff", True),
            ("010100", False),
            ("020100", 0),
            ("0201ff", -1),
            ("02020080", 128),
            ("0a0105", 5),
            ("0500", None),
            ("0400", b""),
            ("030100", b""),
            ("03020780", b"\x80"),
            ("0603550403", "2.5.4.3"),
            ("0603883703", "2.999.3"),  # the example of X.690 8.19.5
            ("060100", "0.0"),
            ("060127", "0.39"),
            ("060128", "1.0"),
            ("0c03e282ac", "€"),
            ("13024142", "AB"),
            ("160140", "@"),
            ("1402e9e8", "éè"),
            ("1e0420ac0041", "€A"),
            ("1c040001f600", "\U0001f600"),
            ("170d3439313233313233353935395a", datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC)),
            ("170d3530303130313030303030305a", datetime(1950, 1, 1, tzinfo=UTC)),
            ("180f32303530303130313030303030305a", datetime(2050, 1, 1, tzinfo=UTC)),
            ("181132303530303130313030303030302e355a", datetime(2050, 1, 1, microsecond=500_000, tzinfo=UTC)),
            ("8002ff00", b"\xff\x00"),
            ("3000", b""),
        ],
    )
    def test_by_type(self, data: str, expected: object) -> None:
        """Each type gives Python's own value for it; a context tag, whose type only the schema knows, gives bytes."""
        assert value(data) == expected and type(value(data)) is type(expected)

    @pytest.mark.parametrize(
        "data",
        [
            "0100",  # BOOLEAN
            "010101",
            "0102ffff",
            "0200",  # INTEGER
            "02020001",
            "0202ff80",
            "0a020001",
            "0300",  # BIT STRING
            "03020801",
            "03020701",
            "030101",
            "030107",
            "050100",  # NULL
            "0600",  # OBJECT IDENTIFIER
            "060180",
            "0603550480",
            "0603558003",
            "06028001",
            "06025584",
            "0615" + "2a" + "ff" * 19 + "01",
            "0c01ff",  # text
            "0c03eda080",
            "120141",
            "130140",
            "160180",
            "1a0109",
            "1c0400110000",
            "1e0141",
            "1e04d83dde00",
            "170d3235303030303030303030305a",  # times
            "170d3235313330313030303030305a",
            "170b323530313031303030305a",
            "17113235303130313030303030302b30303030",
            "180e3230353030313031303030303030",
            "181132303530303130313030303030302e305a",
            "180f30303030303130313030303030305a",
            "180f32303530303130313030303036305a",
        ],
    )
    def test_content_that_is_not_of_its_type(self, data: str) -> None:
        """It is parsed, since its structure is sound; the value is refused with its place, the dump marks it."""
        node = der.parse(of(data))
        with pytest.raises(der.Malformed) as caught:
            _ = node.value
        assert caught.value.offset == 0 and node.name in str(caught.value)
        assert "✗" in str(node) and node.encode() == node.bytes

    @given(st.integers())
    def test_integers(self, number: int) -> None:
        """Written in as few bytes as two's complement takes, any integer is read back."""
        size = (number if number >= 0 else ~number).bit_length() // 8 + 1
        assert der.parse(der.encode(0x02, number.to_bytes(size, "big", signed=True))).value == number

    @given(st.datetimes(datetime(1950, 1, 1), datetime(2049, 12, 31)))
    def test_times(self, moment: datetime) -> None:
        """Both kinds of time hold the same moment."""
        moment = moment.replace(microsecond=0, tzinfo=UTC)
        short, long = f"{moment:%y%m%d%H%M%SZ}".encode(), f"{moment:%Y%m%d%H%M%SZ}".encode()
        assert der.parse(der.encode(0x17, short)).value == der.parse(der.encode(0x18, long)).value == moment

    @given(st.text())
    def test_text(self, text: str) -> None:
        """UTF-8, and UTF-32 in a UniversalString."""
        assert der.parse(der.encode(0x0C, text.encode())).value == text
        assert der.parse(der.encode(0x1C, text.encode("utf-32-be"))).value == text

    def test_a_certificate(self) -> None:
        """Serial number, dates, key and name are what cryptography reads."""
        parsed = issued().certificate
        _, serial, algorithm, _, validity, subject, spki, *_ = der.parse(parsed.public_bytes(Encoding.DER))[0]
        assert serial.value == parsed.serial_number
        assert [end.value for end in validity] == [parsed.not_valid_before_utc, parsed.not_valid_after_utc]
        assert algorithm[0].value == parsed.signature_algorithm_oid.dotted_string
        assert [pair[0][1].value for pair in subject] == ["localhost"]
        point = parsed.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        assert spki[1].value == point

    def test_a_key_inside_a_key(self) -> None:
        """PKCS#8 wraps the key in an OCTET STRING; the private number stands at the place that the tree says."""
        key = keys.demo("der")
        data = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        inner = der.parse(data)[2].inside()
        secret = inner[1]
        number = key.private_numbers().private_value  # type: ignore[union-attr]
        assert int.from_bytes(data[secret.offset + secret.header : secret.end], "big") == number
        assert der.oid_name(str(der.parse(data)[1][1].value)) == "secp256r1"


elements = st.recursive(
    st.tuples(st.sampled_from([0x02, 0x04, 0x0C, 0x80, 0x41, 0x9F8148]), st.binary(max_size=300)),
    lambda inside: st.tuples(st.sampled_from([0x30, 0x31, 0xA0, 0x7F8148]), st.lists(inside, max_size=4)),
    max_leaves=20,
)


def built(element: tuple[int, bytes | list[object]]) -> bytes:
    tag, content = element
    return der.encode(tag, content if isinstance(content, bytes) else [built(part) for part in content])  # type: ignore[arg-type]


def as_tuples(node: der.Node) -> tuple[int, bytes | list[object]]:
    return node.tag, [as_tuples(child) for child in node] if node.constructed else node.content


class TestEncode:
    @given(elements)
    def test_there_and_back(self, element: tuple[int, bytes | list[object]]) -> None:
        """What is encoded is parsed as what it was, and encodes to the same bytes."""
        data = built(element)
        node = der.parse(data)
        assert as_tuples(node) == element and node.encode() == data

    def test_nodes_and_bytes(self) -> None:
        """Content is bytes, one node, or nodes and bytes in their order."""
        five = der.parse(of("020105"))
        assert der.encode(0x30, five) == der.encode(0x30, [five]) == der.encode(0x30, of("020105")) == of("3003020105")
        assert der.encode(0x04, (part for part in (five, b"\x05\x00"))) == of("04050201050500")
        assert der.encode(0x04, bytearray(b"a")) == der.encode(0x04, memoryview(b"a")) == of("040161")
        assert der.encode(0x30, []) == der.encode(0x30, b"") == of("3000")

    @pytest.mark.parametrize("tag", [-1, 0, 0x10, 0x22, 0x3030, 0x9F1E, 0x1F, 0x9F, 1 << 50])
    def test_no_such_tag(self, tag: int) -> None:
        """A tag that would be refused when read is refused when written."""
        with pytest.raises(BadInput):
            der.encode(tag, b"")


class TestPublishedCertificates:
    def test_each_is_read_and_built_again(self) -> None:
        """All that cryptography loads, from certifi and its own vectors: the same bytes, and every value read."""
        refused, odd = set(), set()
        for data, name in published.certificates().items():
            try:
                node = der.parse(data)
            except der.Malformed:
                refused.add(name)
                continue
            assert node.encode() == data, name
            check_der(data)
            odd |= {name for _, element in node.walk() if "✗" in der._short(element)}
        assert refused == REFUSED_LATER
        assert odd == {"invalid_utf8_common_name.pem"}
        assert len(published.certificates()) > 600

    def test_what_cryptography_refuses_later(self) -> None:
        """The one that is refused here and not there is refused there as soon as its name is asked for."""
        for data, name in published.certificates().items():
            if name in REFUSED_LATER:
                with pytest.raises(ValueError, match="parsing asn1"):
                    _ = x509.load_der_x509_certificate(data).subject

    @pytest.mark.judge("openssl")
    def test_openssl_sees_the_same_elements(self, tmp_path: Path) -> None:
        """`openssl asn1parse` gives each element the same depth, offset, length and name."""
        sample = [*list(published.certificates())[::40], certificate(), encrypted_key()]
        compared = 0
        for data in sample:
            (tmp_path / "one.der").write_bytes(data)
            node = der.parse(data)
            assert [line(depth, element) for depth, element in node.walk()] == asn1parse(tmp_path / "one.der")
            compared += 1
        assert compared > 15


def encrypted_key() -> bytes:
    return keys.demo("der").private_bytes(Encoding.DER, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret"))


def line(depth: int, node: der.Node) -> tuple[int, int, int, int, str]:
    names = {"OBJECT IDENTIFIER": "OBJECT"}
    name = f"cont {node.name}" if node.name.startswith("[") else names.get(node.name, node.name).upper()
    return node.offset, depth, node.header, node.length, name


def asn1parse(path: Path) -> list[tuple[int, int, int, int, str]]:
    command = [need("openssl"), "asn1parse", "-inform", "DER", "-in", str(path)]
    shown = subprocess.run(command, capture_output=True, check=True).stdout.decode("latin-1")
    found = re.findall(
        r"^ *(\d+):d=(\d+) +hl=(\d+) +l= *(\d+) (?:cons|prim): ([A-Z0-9 ]+\b|cont \[ \d+ \])", shown, re.M
    )
    return [(*map(int, numbers), re.sub(r"\[ (\d+) \]", r"[\1]", name.strip())) for *numbers, name in found]  # type: ignore[misc]


class TestHostileInput:
    @given(st.binary(max_size=200))
    def test_any_bytes(self, data: bytes) -> None:
        """Refused as malformed, or sound; nothing else."""
        check_der(data)

    @given(st.data())
    @settings(max_examples=300)
    def test_a_certificate_with_some_bytes_changed(self, data: st.DataObject) -> None:
        """Changed, cut out or put in: refused as malformed, or sound."""
        changed = bytearray(data.draw(st.sampled_from(sorted(published.certificates())[::20])))
        for _ in range(data.draw(st.integers(1, 4))):
            at = data.draw(st.integers(0, len(changed) - 1))
            changed[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
        check_der(bytes(changed))

    def test_deep_nesting_is_little_work(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A megabyte of opening tags is given up at the 65th."""
        read = count_headers(monkeypatch)
        data = b"".join(b"\x30\x83" + (1_000_000 - end).to_bytes(3, "big") for end in range(5, 5_000, 5))
        with pytest.raises(der.Malformed, match="levels"):
            der.parse(data.ljust(1_000_000, b"\0"))
        assert len(read) == der.DEEPEST

    @pytest.mark.parametrize("size", [1_000, 10_000, 100_000])
    def test_work_grows_with_the_bytes(self, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
        """As many headers are read as there are elements, whatever the depth; no byte is looked at again."""
        read = count_headers(monkeypatch)
        data = b"\x05\x00" * (size // 2)
        for _ in range(der.DEEPEST - 1):
            data = der.encode(0x30, data)
        node = der.parse(data)
        assert len(read) == sum(1 for _ in node.walk()) == der.DEEPEST - 1 + size // 2
        assert node.children[0].whole is data, "one copy of the bytes, not one an element"

    def test_a_megabyte(self) -> None:
        """One long value of each type: shown in one short line."""
        for tag in (0x02, 0x04, 0x06, 0x0C, 0x13, 0x80):
            node = der.parse(der.encode(tag, b"A" * 1_000_000))
            assert len(str(node)) < 200 and node.value


def count_headers(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    read: list[int] = []
    reader = der._read_header

    def counted(whole: bytes, at: int, limit: int) -> der.Node:
        read.append(at)
        return reader(whole, at, limit)

    monkeypatch.setattr(der, "_read_header", counted)
    return read


class TestDump:
    def test_lines(self) -> None:
        """Offset, header and length, name by depth, short value; an OID with its name."""
        data = of("3019 0603550403 0c0141 020105 0201ff a0020500 0101ff")
        data = of("30") + bytes([len(data) - 2]) + data[2:]
        assert str(der.parse(data)).splitlines() == [
            " 0  2+21  SEQUENCE",
            " 2  2+3     OBJECT IDENTIFIER 2.5.4.3 commonName",
            " 7  2+1     UTF8String 'A'",
            "10  2+1     INTEGER 5",
            "13  2+1     INTEGER -1",
            "16  2+2     [0]",
            "18  2+0       NULL",
            "20  2+1     BOOLEAN TRUE",
        ]

    def test_the_whole_of_a_certificate(self) -> None:
        """Names and dates can be read in it, also behind a context tag."""
        shown = str(der.parse(certificate()))
        assert "commonName" in shown and "'localhost'" in shown and " UTC" in shown and "subjectAltName" in shown
        names = next(
            node for _, node in der.parse(certificate()).walk() if node.tag == 0x04 and b"localhost" in node.content
        )
        assert "[2] 'localhost'" in str(names.inside())

    def test_a_private_key_is_never_shown_whole(self) -> None:
        """Of a long value some bytes are shown and the count."""
        for kind in ("p256", "p384", "ed25519"):
            key = keys.demo("shown", kind)
            data = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
            secret = der.parse(data)[2].content if kind == "ed25519" else der.parse(data)[2].inside()[1].content
            shown = str(der.parse(data)) + str(der.parse(data)[2].inside())
            assert secret[-20:].hex(" ") not in shown and f"({len(secret)} bytes)" in shown
            assert load_der_private_key(data, None)

    def test_what_moves_a_cursor_is_escaped(self) -> None:
        """Control characters in a name reach no terminal."""
        shown = str(der.parse(der.encode(0x0C, b"\x1b[2J\r\n\xe2\x80\xae")))
        assert shown.isprintable() and "\\x1b" in shown

    def test_repr_is_one_line(self) -> None:
        """What stands in a list of nodes says type and place."""
        node = der.parse(of("3002 0500"))
        assert repr(node) == "<SEQUENCE at byte 0: 2 + 2 bytes, 1 inside>"
        assert repr(node[0]) == "<NULL at byte 2: 2 + 0 bytes>"


class TestNamesOfObjectIdentifiers:
    def test_known_and_unknown(self) -> None:
        """An OID without a name comes back as it is."""
        assert der.oid_name("2.5.29.17") == "subjectAltName" and der.oid_name("1.2.3.4") == "1.2.3.4"
        assert len(der._NAMES) > 60 and len(set(der._NAMES.values())) == len(der._NAMES)

    def test_each_is_what_cryptography_calls_it(self) -> None:
        """Where cryptography has a name for the OID, it is the same but for the prefix and the case."""
        known = {oid: x509.ObjectIdentifier(oid)._name for oid in der._NAMES}
        differ = {
            oid: (der.oid_name(oid), name)
            for oid, name in known.items()
            if name != "Unknown OID" and plain(name) != plain(der.oid_name(oid))
        }
        assert differ == CALLED_OTHERWISE
        assert sum(name != "Unknown OID" for name in known.values()) > 40

    @pytest.mark.judge("openssl")
    def test_openssl_knows_them(self, tmp_path: Path) -> None:
        """asn1parse puts a name to each of them, so none is a slip of the pen."""
        data = der.encode(0x30, [oid_bytes(oid) for oid in der._NAMES])
        (tmp_path / "oids.der").write_bytes(data)
        command = [need("openssl"), "asn1parse", "-inform", "DER", "-in", str(tmp_path / "oids.der")]
        shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        told = re.findall(r"OBJECT +:(.+)", shown)
        unnamed = {oid for oid, name in zip(der._NAMES, told, strict=True) if name == oid}
        assert unnamed <= UNKNOWN_TO_OPENSSL_3_0, unnamed


# Here as in RFC 5480 2.1.1, RFC 5280 4.2.1.12 and 4.2.1.4, without the prefix; beside it cryptography's name.
CALLED_OTHERWISE = {
    "1.2.840.10045.2.1": ("ecPublicKey", "id-ecPublicKey"),
    "1.3.6.1.5.5.7.2.1": ("cps", "id-qt-cps"),
    "1.3.6.1.5.5.7.2.2": ("unotice", "id-qt-unotice"),
    "2.5.29.37": ("extKeyUsage", "extendedKeyUsage"),
}
# ML-DSA, and the policies of the CA/Browser Forum.
UNKNOWN_TO_OPENSSL_3_0 = {f"2.16.840.1.101.3.4.3.{number}" for number in (17, 18, 19)} | {
    "2.23.140.1.1",
    "2.23.140.1.2.1",
    "2.23.140.1.2.2",
}


def plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def oid_bytes(dotted: str) -> bytes:
    first, second, *rest = map(int, dotted.split("."))
    return der.encode(0x06, b"".join(base_128(number) for number in (40 * first + second, *rest)))


def base_128(number: int) -> bytes:
    octets = [number & 0x7F]
    while number := number >> 7:
        octets.append(0x80 | number & 0x7F)
    return bytes(reversed(octets))


def test_oids_are_written_as_they_are_read() -> None:
    """The encoder of this file and the reader agree, so that the judge above was asked what was meant."""
    assert [der.parse(oid_bytes(oid)).value for oid in der._NAMES] == list(der._NAMES)
