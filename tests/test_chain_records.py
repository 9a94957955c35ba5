"""Where chain reads bytes itself, does it read what cryptography reads? Are names compared as RFC 5280 7.1 says?"""

from __future__ import annotations

from contextlib import suppress

import pytest
from chains import intermediate, key, leaf, name, rewritten, root
from cryptography import x509
from cryptography.x509.name import _ASN1Type
from hypothesis import given
from hypothesis import strategies as st

from tlslearn import der
from tlslearn.chain.records import LONGEST_NORMALIZED, UNREADABLE, Record, name_key

pytestmark = pytest.mark.filterwarnings("ignore:Parsed a serial number", "ignore:Attribute's length")
COMMON, ORGANIZATION = x509.NameOID.COMMON_NAME, x509.NameOID.ORGANIZATION_NAME


def encoded(*values: str | bytes, kind: _ASN1Type = _ASN1Type.UTF8String) -> bytes:
    """A name of one attribute for each value, DER."""
    attributes = [x509.NameAttribute(ORGANIZATION, value, kind, _validate=False) for value in values]
    return x509.Name(attributes).public_bytes()


def test_published_certificates_are_read_alike() -> None:
    """Fields and names of all of certifi and cryptography-vectors; what only one of both can read is told."""
    import published

    for data in published.certificates():
        certificate = x509.load_der_x509_certificate(data)
        record = Record(certificate)
        assert record.body == certificate.tbs_certificate_bytes
        with suppress(der.Malformed):  # a name whose value is broken inside, which cryptography reads later
            parts = list(der.parse(record.body))
            first = parts[0].tag == 0xA0
            assert list(record.fields.values()) == [part.bytes for part in parts[first : first + 6]]
        for which in ("subject", "issuer"):
            try:
                theirs: x509.Name | None = getattr(certificate, which)
            except UNREADABLE:
                theirs = None
            ours = getattr(record, which)
            assert (ours is None) is (theirs is None) and (ours is None) is (which in record.faults)
            if theirs is not None:
                assert [len(rdn) for rdn in ours] == [len(list(rdn)) for rdn in theirs.rdns]
                assert ours == name_key(theirs.public_bytes())


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Lab", "LAB", True),
        ("Lab  Root", " lab root ", True),
        ("Straße", "STRASSE", True),
        ("Ｌａｂ", "lab", True),  # of full width
        ("La\u00adb", "lab", True),
        ("La\u200bb", "lab", True),
        ("Cafe\u0301", "café", True),
        ("Lab", "Labs", False),
        ("Lab", "Lаb", False),  # the second letter is Cyrillic
        ("a", "b", False),
    ],
)
def test_names_are_compared_as_the_section_says(one: str, other: str, same: bool) -> None:
    """RFC 5280 7.1 and RFC 4518 2: case, blanks, invisible signs and forms of one letter tell no names apart."""
    assert (name_key(encoded(one)) == name_key(encoded(other))) is same
    assert (name_key(encoded(one)) == name_key(encoded(other, kind=_ASN1Type.BMPString))) is same


def test_order_and_grouping_tell_names_apart() -> None:
    """RFC 5280 7.1: RDNs in the same order, each with the same attributes in any order."""
    assert name_key(encoded("a", "b")) != name_key(encoded("b", "a"))
    pair = [x509.NameAttribute(ORGANIZATION, "a"), x509.NameAttribute(COMMON, "b")]
    together = [x509.Name([x509.RelativeDistinguishedName(order)]) for order in (pair, pair[::-1])]
    assert name_key(together[0].public_bytes()) == name_key(together[1].public_bytes())
    assert name_key(together[0].public_bytes()) != name_key(x509.Name(pair).public_bytes())
    assert name_key(encoded("a")) != name_key(name("a").public_bytes())


def test_bits_are_no_text() -> None:
    """A unique identifier is a bit string; its hex as a text is another name."""
    oid = x509.NameOID.X500_UNIQUE_IDENTIFIER
    bits = x509.Name([x509.NameAttribute(oid, b"\0\1", _ASN1Type.BitString)]).public_bytes()
    for text in ("0001", "\0" + "0001", "\0" + "000001"):
        written = x509.Name([x509.NameAttribute(oid, text, _ASN1Type.UTF8String, _validate=False)]).public_bytes()
        assert name_key(bits) != name_key(written)


@pytest.mark.parametrize(
    "broken",
    [
        der.encode(0x30, der.encode(0x31, b"")),
        der.encode(0x30, der.encode(0x31, der.encode(0x30, bytes.fromhex("0603550403") + der.encode(0x0C, b"\xff")))),
        der.encode(0x30, der.encode(0x31, der.encode(0x30, bytes.fromhex("0603550403") + der.encode(0x02, b"\1")))),
    ],
    ids=["an RDN of nothing", "no UTF-8", "a number"],
)
def test_what_is_no_name_is_unreadable(broken: bytes) -> None:
    """It is None, the fault is named, and there is a text all the same."""
    made = Record(rewritten(leaf(), key("ca"), subject=broken))
    assert made.subject is None and "subject" in made.faults and made.subject_text == "(unreadable)"
    with pytest.raises(UNREADABLE):
        name_key(broken)


def test_a_long_attribute_is_not_normalized() -> None:
    """Normalizing takes the square of the signs; beyond the limit a name is compared without it, and stays bounded."""
    short, long = ("e\u0301" * count for count in (LONGEST_NORMALIZED // 2, LONGEST_NORMALIZED))
    assert name_key(encoded(short)) == name_key(encoded("é" * (LONGEST_NORMALIZED // 2)))
    assert name_key(encoded(long)) != name_key(encoded("é" * LONGEST_NORMALIZED))
    assert name_key(encoded(long)) == name_key(encoded(long.upper()))


@given(st.lists(st.text(min_size=1), min_size=1, max_size=3))
def test_any_text_is_a_name(values: list[str]) -> None:
    """The key is the same for the name in capitals, where those have small letters of their own."""
    text = [value.encode("utf-8", "ignore").decode() or "x" for value in values]
    own = name_key(encoded(*text))
    assert len(own) == len(text) and own == name_key(encoded(*text))
    assert own == name_key(encoded(*(f"  {value} " for value in text)))


def test_a_certificate_says_what_it_is() -> None:
    """Roles as far as a certificate tells them itself."""
    assert Record(root()).self_issued and Record(root()).is_ca
    assert not Record(leaf()).self_issued and not Record(leaf()).is_ca
    assert Record(leaf()).issuer == Record(intermediate()).subject
