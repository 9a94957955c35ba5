"""What do DER bytes say? A tree of tags, lengths and contents, each with its place in the bytes.

Sections: ITU-T X.690 (02/2021) 8.1 (tag, length), 8.2 to 8.23 (contents), 10 and 11 (what DER asks beyond BER).
Leaves out: what only the schema can tell: the type behind a tag such as [0], defaults, the order of a SET. And REAL.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial

from .check import BadInput

DEEPEST = 64  # levels of nesting; the deepest of some 640 published certificates has 9
LONGEST_TAG = 5  # octets: a tag number of 28 bits; certificates and keys have none that takes a second octet
LONGEST_ARC = 19  # octets of one number of an OID: enough for 128 bits, which a UUID has (ITU-T X.667)
SHOWN_WHOLE, SHOWN_PART = 20, 8  # bytes in a dump: a key identifier is shown whole, a private key never
_CUT_OFF = "It was cut off, or a length is wrong: fetch it again, whole."

Octets = bytes  # X.690's word; a Node has a property that is called bytes
Value = int | str | Octets | datetime | None


class Malformed(BadInput):
    """Bytes that are not DER: at `offset`, `wanted` had to stand and `found` does; `section` of X.690 says so."""

    def __init__(self, offset: int, wanted: str, found: str, section: str, fix: str = "") -> None:
        self.offset, self.wanted, self.found, self.section = offset, wanted, found, section
        problem = f"not DER at byte {offset}: wanted {wanted} (X.690 {section}), found {found}"
        super().__init__(problem, fix=fix or "It may be BER, or damaged: have it written again as DER.")
        self._again = partial(type(self), offset, wanted, found, section, fix)  # type: ignore[assignment]


def parse(data: bytes) -> Node:
    """The one element that `data` is, with all that is inside it. The work grows as the number of bytes does.

    Raises Malformed for a length that is indefinite, not minimal or too large, bytes after the end, a tag that is not
    in its one form, more than 64 levels; BadInput for what is not bytes. Contents are looked at when they are asked
    for. Source: ITU-T X.690 8.1, 10.1, 10.2.
    """
    if not isinstance(data, bytes | bytearray | memoryview):
        raise BadInput("DER is bytes", value=type(data).__name__, fix="Give bytes, such as Path.read_bytes() returns.")
    whole = bytes(data)
    if whole.lstrip().startswith(b"-----BEGIN "):
        fix = "PEM is DER in base64: decode what stands between the BEGIN and END lines."
        raise Malformed(0, "a tag", "a line of PEM", "8.1.2", fix)
    return _parse(whole, 0, len(whole))


def encode(tag: int, content: bytes | Node | Iterable[bytes | Node]) -> bytes:
    """One element: `tag` (the identifier octets as a number), the length in its shortest form, the content.

    The content is bytes, or elements in their order, each a Node or its bytes. Raises BadInput for a tag that `parse`
    would refuse. Source: ITU-T X.690 8.1.2, 8.1.3, 10.1.
    """
    width = max((tag.bit_length() + 7) // 8, 1)
    if tag <= 0 or _read_tag(tag.to_bytes(width, "big"), 0, width)[1] != width:
        raise BadInput("no such tag", value=tag, fix="Give the identifier octets of one element, as 0x30 or 0xA0.")
    parts = [content] if isinstance(content, bytes | bytearray | memoryview | Node) else content
    body = b"".join(part.bytes if isinstance(part, Node) else part for part in parts)
    return tag.to_bytes(width, "big") + _length_octets(len(body)) + body


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Node:
    """One element: where it stands in the bytes that were parsed, and what is inside it.

    `offset` counts bytes from the start of the whole data to the tag; `tag` is the identifier octets as a number
    (0x30 for a SEQUENCE); `header` is the bytes of tag and length, `length` those of the content. `children` is ()
    where the element is primitive. `str()` is a dump, one line an element.
    """

    whole: Octets
    offset: int
    tag: int
    header: int
    length: int
    children: tuple[Node, ...] = ()

    @property
    def constructed(self) -> bool:
        """Does it hold elements (True) or a value? Bit 6 of the first identifier octet. Source: X.690 8.1.2.5."""
        return bool(self.whole[self.offset] & 0x20)

    @property
    def end(self) -> int:
        """Offset of the first byte after it."""
        return self.offset + self.header + self.length

    @property
    def content(self) -> Octets:
        return self.whole[self.offset + self.header : self.end]

    @property
    def bytes(self) -> Octets:
        """Tag, length and content, as they were read."""
        return self.whole[self.offset : self.end]

    @property
    def name(self) -> str:
        """The ASN.1 type of a universal tag, else class and number, as in "[0]" or "[APPLICATION 3]"."""
        if self.tag in _TYPES:
            return _TYPES[self.tag].name
        number = self.tag & 0x1F if self.tag < 0x100 else _high_number(self.tag)
        return f"[{_CLASSES[self.whole[self.offset] >> 6]}{number}]"

    @property
    def value(self) -> Value:
        """The content as its type says: int, bool, None, text, an OID as "2.5.4.3", an aware UTC datetime; else bytes.

        A BIT STRING gives its bits as bytes, without the octet that counts the unused ones. A UTCTime is of 1950 to
        2049 (RFC 5280 4.1.2.5.1). Raises Malformed where the content is not of its type.
        """
        type_ = _TYPES.get(self.tag)
        if type_ is None or type_.read is None:
            return self.content
        try:
            return type_.read(self.content)
        except ValueError as error:
            wanted = f"{type_.wanted} as content of {type_.name}"
            raise Malformed(self.offset, wanted, _hex(self.content) or "nothing", type_.section) from error

    def walk(self) -> Iterator[tuple[int, Node]]:
        """(depth, element) for it, at depth 0, and for all elements inside, in the order of their bytes."""
        ahead = [(0, self)]
        while ahead:
            depth, node = ahead.pop()
            yield depth, node
            ahead.extend((depth + 1, child) for child in reversed(node.children))

    def inside(self) -> Node:
        """The element that an OCTET STRING or BIT STRING wraps, with offsets that still count from the whole data.

        Raises Malformed where the content is not one element. Source: X.690 8.6, 8.7.
        """
        if self.tag not in (_OCTET_STRING, _BIT_STRING):
            raise Malformed(self.offset, "an OCTET STRING or BIT STRING", self.name, "8.7", "Only those wrap bytes.")
        start = self.offset + self.header
        if self.tag == _BIT_STRING:
            if self.content[:1] != b"\0":
                raise Malformed(start, "whole bytes, so 00 unused bits", _hex(self.content[:1]) or "nothing", "8.6.2")
            start += 1
        return _parse(self.whole, start, self.end)

    def encode(self) -> Octets:
        """The element built again from tags and values alone: the same bytes, since DER has one form for each."""
        return encode(self.tag, [child.encode() for child in self] if self.constructed else self.content)

    def __getitem__(self, index: int) -> Node:
        return self.children[index]

    def __iter__(self) -> Iterator[Node]:
        return iter(self.children)

    def __len__(self) -> int:
        return len(self.children)

    def __bool__(self) -> bool:
        return True  # an element without elements inside is still one

    def __repr__(self) -> str:
        inside = f", {len(self)} inside" if self.constructed else ""
        return f"<{self.name} at byte {self.offset}: {self.header} + {self.length} bytes{inside}>"

    def __str__(self) -> str:
        wide, wider = len(str(self.end)), len(f"{self.header}+{self.length}")
        lines = (
            f"{node.offset:{wide}}  {f'{node.header}+{node.length}':{wider}}  {'  ' * depth}{node.name} {_short(node)}"
            for depth, node in self.walk()
        )
        return "\n".join(line.rstrip() for line in lines)


def _parse(whole: bytes, start: int, end: int) -> Node:
    """The element that fills whole[start:end]. Elements that go on wait on a stack, so that nothing calls itself."""
    waiting: list[tuple[Node, list[Node]]] = []
    at = start
    while True:
        node = _read_header(whole, at, waiting[-1][0].end if waiting else end)
        if node.constructed and node.length:
            if len(waiting) == DEEPEST - 1:
                fix = "No key, request or certificate is so deep: do not trust where this comes from."
                raise Malformed(at, f"at most {DEEPEST} levels, this reader's limit", "one more", "8.1", fix)
            waiting.append((node, []))
            at += node.header
            continue
        at = node.end
        while waiting:
            waiting[-1][1].append(node)
            if at < waiting[-1][0].end:
                break
            node, children = waiting.pop()
            node = replace(node, children=tuple(children))
        else:
            if at != end:
                fix = f"The element is {at - start} bytes long: cut there, or parse what follows for itself."
                raise Malformed(at, "the end", f"{end - at} bytes more", "8.1.1.1", fix)
            return node


def _read_header(whole: bytes, at: int, limit: int) -> Node:
    """The element at `at`, so far without what is inside. `limit` is where the element around it ends."""
    tag, width = _read_tag(whole, at, limit)
    length, more = _read_length(whole, at + width, limit)
    node = Node(whole, at, tag, width + more, length)
    if node.end > limit:
        found = f"{limit - at - node.header} before {_end_at(whole, limit)}"
        raise Malformed(at, f"{length} bytes of content", found, "8.1.3", _CUT_OFF)
    return node


def _read_tag(whole: bytes, at: int, limit: int) -> tuple[int, int]:
    """The identifier octets as a number, and how many there are. Source: X.690 8.1.2."""
    first, width = _octet(whole, at, limit, "a tag"), 1
    if first & 0x1F == 0x1F:  # the number follows, seven bits an octet, the last octet without bit 8
        while _octet(whole, at + width, limit, "the rest of a tag") & 0x80 and width < LONGEST_TAG:
            width += 1
        width += 1
    tag = int.from_bytes(whole[at : at + width], "big")
    if width > LONGEST_TAG:
        raise Malformed(at, f"a tag of at most {LONGEST_TAG} bytes, this reader's limit", "a longer one", "8.1.2.4")
    if width > 1 and (whole[at + 1] == 0x80 or _high_number(tag) < 0x1F):
        raise Malformed(at, "a tag in as few bytes as it takes", _hex(whole[at : at + width]), "8.1.2.2, 8.1.2.4")
    if tag in (0x00, 0x20):
        raise Malformed(at, "a tag", f"{tag:02x}: 0 marks the end of an indefinite length, in BER", "8.1.5")
    if tag ^ 0x20 in _TYPES:
        name, form = _TYPES[tag ^ 0x20].name, "primitive" if first & 0x20 else "constructed"
        raise Malformed(at, f"{name} in its {form} form", f"{tag:02x}", "8.2 to 8.23, 10.2")
    return tag, width


def _high_number(tag: int) -> int:
    """The number in a tag of several octets: seven bits of each but the first."""
    number, shift, octets = 0, 0, tag
    while octets > 0xFF:
        number |= (octets & 0x7F) << shift
        octets, shift = octets >> 8, shift + 7
    return number


def _read_length(whole: bytes, at: int, limit: int) -> tuple[int, int]:
    """The length, and how many octets say it. Source: X.690 8.1.3, 10.1."""
    first = _octet(whole, at, limit, "a length")
    if first < 0x80:
        return first, 1
    if first == 0x80:
        raise Malformed(at, "a length", "80, an indefinite length, which only BER has", "10.1")
    if first == 0xFF:
        raise Malformed(at, "a length", "ff, which is reserved", "8.1.3.5")
    count = first & 0x7F
    _octet(whole, at + count, limit, "the rest of a length")
    octets = whole[at + 1 : at + 1 + count]
    length = int.from_bytes(octets, "big")
    if octets[0] == 0 or length < 0x80:
        raise Malformed(at, "a length in as few bytes as it takes", _hex(whole[at : at + 1 + count]), "10.1")
    return length, 1 + count


def _octet(whole: bytes, at: int, limit: int, wanted: str) -> int:
    if at >= limit:
        raise Malformed(limit, wanted, _end_at(whole, limit), "8.1.1.1", _CUT_OFF)
    return whole[at]


def _end_at(whole: bytes, limit: int) -> str:
    return "the end of the data" if limit == len(whole) else "the end of the element around it"


def _length_octets(length: int) -> bytes:
    """The shortest form. Source: X.690 8.1.3.4, 8.1.3.5, 10.1."""
    if length < 0x80:
        return bytes([length])
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([0x80 | len(octets)]) + octets


def _boolean(content: bytes) -> bool:
    if content not in (b"\x00", b"\xff"):
        raise ValueError
    return content == b"\xff"


def _integer(content: bytes) -> int:
    # Nine equal bits in front would mean that one octet less says the same.
    if not content or (len(content) > 1 and content[0] in (0x00, 0xFF) and not (content[0] ^ content[1]) & 0x80):
        raise ValueError
    return int.from_bytes(content, "big", signed=True)


def _bits(content: bytes) -> bytes:
    unused = content[0] if content else 8
    if unused > 7 or content[-1] & ((1 << unused) - 1):  # a count above 0 without bits after it fails this as well
        raise ValueError
    return content[1:]


def _null(content: bytes) -> None:
    if content:
        raise ValueError


def _oid(content: bytes) -> str:
    """Seven bits an octet, bit 8 says that the number goes on; the first number holds two, as 40 * first + second."""
    numbers, number, octets = [], 0, 0
    for octet in content:
        if (octets == 0 and octet == 0x80) or octets == LONGEST_ARC:
            raise ValueError
        number, octets = number << 7 | octet & 0x7F, octets + 1
        if not octet & 0x80:
            numbers.append(number)
            number = octets = 0
    if octets or not numbers:
        raise ValueError
    first = min(numbers[0] // 40, 2)
    return ".".join(map(str, (first, numbers[0] - 40 * first, *numbers[1:])))


def _text(codec: str, allowed: str, content: bytes) -> str:
    text = content.decode(codec)
    if not re.fullmatch(allowed, text, re.DOTALL):
        raise ValueError
    return text


def _utc_time(content: bytes) -> datetime:
    if not re.fullmatch(rb"\d{12}Z", content):
        raise ValueError
    return _generalized_time((b"19" if content >= b"50" else b"20") + content)


def _generalized_time(content: bytes) -> datetime:
    found = re.fullmatch(rb"(\d{14})(?:\.(\d*[1-9]))?Z", content)
    if not found:
        raise ValueError
    moment = datetime.strptime(found[1].decode(), "%Y%m%d%H%M%S")
    microseconds = (found[2] or b"")[:6].ljust(6, b"0")  # a datetime holds no more
    return moment.replace(microsecond=int(microseconds), tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class _Type:
    """A universal type: its name, how its content is read (None: left as bytes), what it must be made of, and where."""

    name: str
    read: Callable[[bytes], Value] | None = None
    wanted: str = ""
    section: str = ""


_BIT_STRING, _OCTET_STRING, _OBJECT_IDENTIFIER = 0x03, 0x04, 0x06
_NO_MORE_THAN_NEEDED = "at least one byte and no more than it takes"

_PRINTABLE = "[A-Za-z0-9 '()+,./:=?-]*"

# The universal types met in certificates, by their tag, in the one form that DER leaves them: 0x20 is set where they
# hold elements.
_TYPES = {
    0x01: _Type("BOOLEAN", _boolean, "00 or ff", "11.1"),
    0x02: _Type("INTEGER", _integer, _NO_MORE_THAN_NEEDED, "8.3.2"),
    _BIT_STRING: _Type("BIT STRING", _bits, "a count of unused bits, 0 to 7, and these bits 0", "8.6.2, 11.2.1"),
    _OCTET_STRING: _Type("OCTET STRING"),
    0x05: _Type("NULL", _null, "no content", "8.8.2"),
    _OBJECT_IDENTIFIER: _Type(
        "OBJECT IDENTIFIER", _oid, f"numbers in as few bytes as they take, at most {LONGEST_ARC}", "8.19.2"
    ),
    0x0A: _Type("ENUMERATED", _integer, _NO_MORE_THAN_NEEDED, "8.4"),
    0x0C: _Type("UTF8String", partial(_text, "utf-8", ".*"), "text in UTF-8", "8.23"),
    0x12: _Type("NumericString", partial(_text, "ascii", "[0-9 ]*"), "digits and spaces", "8.23"),
    0x13: _Type(
        "PrintableString", partial(_text, "ascii", _PRINTABLE), "letters, digits, space and '()+,-./:=?", "8.23"
    ),
    0x14: _Type("T61String", partial(_text, "latin-1", ".*")),  # not T.61 itself: Latin-1 has a letter for any byte
    0x16: _Type("IA5String", partial(_text, "ascii", ".*"), "ASCII", "8.23"),
    0x17: _Type("UTCTime", _utc_time, "YYMMDDhhmmssZ", "11.8"),
    0x18: _Type("GeneralizedTime", _generalized_time, "YYYYMMDDhhmmssZ", "11.7"),
    0x1A: _Type("VisibleString", partial(_text, "ascii", "[ -~]*"), "ASCII without control characters", "8.23"),
    0x1C: _Type("UniversalString", partial(_text, "utf-32-be", ".*"), "four bytes a character", "8.23"),
    0x1E: _Type("BMPString", partial(_text, "utf-16-be", "[\0-\uffff]*"), "two bytes a character", "8.23"),
    0x30: _Type("SEQUENCE"),
    0x31: _Type("SET"),
}
_CLASSES = ("UNIVERSAL ", "APPLICATION ", "", "PRIVATE ")


def _hex(data: bytes) -> str:
    """Hexadecimal, of a long value the first bytes and the count alone."""
    if len(data) <= SHOWN_WHOLE:
        return data.hex(" ")
    return f"{data[:SHOWN_PART].hex(' ')} … ({len(data)} bytes)"


def _quoted(text: str) -> str:
    """In quotes, with control characters escaped: a certificate may hold what moves a terminal's cursor."""
    return repr(text) if len(text) <= 64 else f"{text[:48]!r} … ({len(text)} characters)"


def _short(node: Node) -> str:
    """The value in a dump. Text behind a context tag, such as the names in a certificate, is shown as text."""
    if node.constructed:
        return ""
    try:
        value = node.value
    except Malformed as error:
        return f"✗ {error.found}, wanted {error.wanted}"
    if node.tag == _OBJECT_IDENTIFIER and node.length <= SHOWN_WHOLE:
        return " ".join(dict.fromkeys((str(value), oid_name(str(value)))))
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, int) and node.length <= 8:
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat(" ").replace("+00:00", " UTC")
    if isinstance(value, str) and node.tag != _OBJECT_IDENTIFIER:
        return _quoted(value)
    if node.tag & 0xC0 == 0x80 and re.fullmatch(rb"[ -~]+", node.content):
        return _quoted(node.content.decode("ascii"))
    return "" if value is None else _hex(value if isinstance(value, bytes) else node.content)


def oid_name(dotted: str) -> str:
    """The name of an object identifier in its RFC, as "commonName" for "2.5.4.3"; one that is not known comes back."""
    return _NAMES.get(dotted, dotted)


# What occurs in certificates, requests, key files and PKCS#12: an arc, then its numbers, each with its name. Names
# are those of the RFCs (5280, 3279, 5480, 8410, 9881, 8018, 7914, 7292, 2985, 6962), without id-ce- and the like.
_ARCS = """
2.5.4 3 commonName 4 surname 5 serialNumber 6 countryName 7 localityName 8 stateOrProvinceName 9 streetAddress
2.5.4 10 organizationName 11 organizationalUnitName 12 title 42 givenName 46 dnQualifier 97 organizationIdentifier
0.9.2342.19200300.100.1 1 userid 25 domainComponent
2.5.29 14 subjectKeyIdentifier 15 keyUsage 17 subjectAltName 18 issuerAltName 19 basicConstraints 20 cRLNumber
2.5.29 30 nameConstraints 31 cRLDistributionPoints 32 certificatePolicies 32.0 anyPolicy 35 authorityKeyIdentifier
2.5.29 36 policyConstraints 37 extKeyUsage 37.0 anyExtendedKeyUsage 54 inhibitAnyPolicy
1.3.6.1.5.5.7 1.1 authorityInfoAccess 1.24 tlsfeature 2.1 cps 2.2 unotice 3.1 serverAuth 3.2 clientAuth 3.3 codeSigning
1.3.6.1.5.5.7 3.4 emailProtection 3.8 timeStamping 3.9 OCSPSigning 48.1 ocsp 48.2 caIssuers
1.3.6.1.4.1 11129.2.4.2 signedCertificateTimestampList 11591.4.11 scrypt
2.23.140.1 1 ev-guidelines 2.1 domain-validated 2.2 organization-validated
1.2.840.113549.1.1 1 rsaEncryption 5 sha1WithRSAEncryption 8 mgf1 10 rsassaPss
1.2.840.113549.1.1 11 sha256WithRSAEncryption 12 sha384WithRSAEncryption 13 sha512WithRSAEncryption
1.2.840.10045 2.1 ecPublicKey 3.1.7 secp256r1 4.1 ecdsa-with-SHA1
1.2.840.10045.4.3 2 ecdsa-with-SHA256 3 ecdsa-with-SHA384 4 ecdsa-with-SHA512
1.3.132.0 34 secp384r1 35 secp521r1
1.3.101 110 X25519 112 Ed25519 113 Ed448
2.16.840.1.101.3.4 1.2 aes128-CBC-PAD 1.42 aes256-CBC-PAD 2.1 sha256 2.2 sha384 2.3 sha512
2.16.840.1.101.3.4.3 17 ml-dsa-44 18 ml-dsa-65 19 ml-dsa-87
1.2.840.113549 1.5.12 PBKDF2 1.5.13 PBES2 2.7 hmacWithSHA1 2.9 hmacWithSHA256 2.11 hmacWithSHA512 3.7 des-EDE3-CBC
1.2.840.113549.1 7.1 data 7.2 signedData 7.6 encryptedData
1.2.840.113549.1.9 1 emailAddress 7 challengePassword 14 extensionRequest 20 friendlyName 21 localKeyId
1.2.840.113549.1.9 22.1 x509Certificate
1.2.840.113549.1.12.1 3 pbeWithSHAAnd3-KeyTripleDES-CBC 6 pbewithSHAAnd40BitRC2-CBC
1.2.840.113549.1.12.10.1 1 keyBag 2 pkcs8ShroudedKeyBag 3 certBag
"""


def _names() -> Iterator[tuple[str, str]]:
    for arc, *pairs in map(str.split, _ARCS.strip().splitlines()):
        yield from ((f"{arc}.{number}", name) for number, name in zip(pairs[::2], pairs[1::2], strict=True))


_NAMES = dict(_names())
