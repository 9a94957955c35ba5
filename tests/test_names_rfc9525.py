"""Which host does a name cover by RFC 9525, and what is the reason where it does not?"""

from __future__ import annotations

import ipaddress

import pytest
from chains import dns, leaf
from cryptography import x509
from cryptography.x509 import verification
from hypothesis import given
from hypothesis import strategies as st

from tlslearn import BadInput, names

ONE_LABEL = "the wildcard stands for exactly one label"
MISPLACED = "a wildcard counts as the whole first label alone"
REASONS = [
    ("a.test", "b.test", "another name"),
    ("a.test", "x.a.test", "another name"),
    ("*.a.test", "a.test", ONE_LABEL),
    ("*.a.test", "x.y.a.test", ONE_LABEL),
    ("*.a.test", "b.test", "another name"),
    ("*.a.test", "xa.test", "another name"),
    ("x*.a.test", "xy.a.test", MISPLACED),
    ("*x.a.test", "yx.a.test", MISPLACED),
    ("*.*.test", "x.a.test", MISPLACED),
    ("x.*.test", "x.a.test", MISPLACED),
    ("*", "test", MISPLACED),
    ("**.test", "a.test", MISPLACED),
    ("a.test.", "a.test", "not a host name"),
    (".a.test", "x.a.test", "not a host name"),
    ("a b.test", "a.test", "not a host name"),
    ("", "a.test", "not a host name"),
    ("127.0.0.1", "127.0.0.1", "an address written as a name covers nothing"),
    ("a.test", "127.0.0.1", "a name, and the host is an address"),
]


def holding(*entries: x509.GeneralName) -> x509.Certificate:
    return leaf(put={"san": (x509.SubjectAlternativeName(entries), False)})


@pytest.mark.parametrize(("presented", "host", "reason"), REASONS)
def test_each_refusal_has_its_reason(presented: str, host: str, reason: str) -> None:
    """RFC 9525 6.3 and 6.4, one sentence a row; what looks like a match is explained in the check too."""
    certificate = leaf(put={"san": (dns(presented), False)})
    assert names.refusals(certificate, host) == [(presented, reason)]
    check = names.check_host(certificate, host)
    assert check.state == "fail"
    assert (f"({reason})" in check.found) is reason.startswith(("the wild", "a wild", "not a", "an address written"))


@pytest.mark.parametrize(
    ("entry", "host", "reason"),
    [
        (x509.IPAddress(ipaddress.ip_address("127.0.0.1")), "a.test", "an address, and the host is a name"),
        (x509.IPAddress(ipaddress.ip_address("127.0.0.1")), "127.0.0.2", "another address"),
        (x509.IPAddress(ipaddress.ip_address("::ffff:7f00:1")), "127.0.0.1", "another address"),
        (x509.UniformResourceIdentifier("https://a.test"), "a.test", "of another kind than host names and addresses"),
    ],
)
def test_other_entries(entry: x509.GeneralName, host: str, reason: str) -> None:
    """Addresses match octet for octet; other forms are not for hosts."""
    assert [why for _, why in names.refusals(holding(entry), host)] == [reason]


@pytest.mark.parametrize(
    ("presented", "host"), [("*.a.test", "x.a.test"), ("*.A.test", "X.a.TEST"), ("a.test", "a.test.")]
)
def test_what_covers_has_no_refusals(presented: str, host: str) -> None:
    """A wildcard stands for one whole label; letter case and the last dot of the host do not count."""
    certificate = leaf(put={"san": (dns("other.test", presented), False)})
    assert names.refusals(certificate, host) == [] and names.check_host(certificate, host).state == "pass"


@pytest.mark.parametrize("host", ["*.test", "", ".", "*", "a..test", "a.test..", "https://a.test"])
def test_what_is_no_host_is_covered_by_nothing(host: str) -> None:
    """A wildcard in the question is not answered by one in the certificate."""
    assert names.check_host(leaf(put={"san": (dns("*.test", "a.test"), False)}), host).state == "fail"


class TestInternationalNames:
    @pytest.mark.parametrize(
        ("text", "wanted"),
        [
            ("bücher.test", "xn--bcher-kva.test"),
            ("BÜCHER.test", "xn--bcher-kva.test"),
            ("bu\u0308cher.test", "xn--bcher-kva.test"),
            ("straße.test", "xn--strae-oqa.test"),
            ("例え.test", "xn--r8jz45g.test"),
            ("a.test", "a.test"),
        ],
    )
    def test_labels_become_a_labels(self, text: str, wanted: str) -> None:
        """IDNA 2008: ß stays a letter of its own; composed and decomposed letters are the same."""
        assert names.ascii_form(text) == wanted
        assert names.check_host(leaf(put={"san": (dns(wanted), False)}), text).state == "pass"

    @pytest.mark.parametrize("text", ["☃.test", "a\u200db.test", "\u0308a.test", "a。b", "xn--ü.test", "a\u00a0b.test"])
    def test_other_signs_are_refused(self, text: str) -> None:
        """Pictures, joiners, spaces, a mark in first place: no label. A check for such a host fails."""
        with pytest.raises(BadInput) as caught:
            names.ascii_form(text)
        assert caught.value.fix
        assert names.check_host(leaf(), text).state == "fail"

    @given(st.text(max_size=20))
    def test_any_text(self, text: str) -> None:
        """ASCII or a declared error; the check never raises."""
        try:
            assert names.ascii_form(text).isascii()
        except BadInput as error:
            assert error.fix
        assert names.check_host(LEAF, text).state == "fail"


LEAF = leaf()
PATTERNS = st.lists(st.sampled_from(["*", "a", "b", "test", "x*"]), min_size=1, max_size=4).map(".".join)
HOSTS = st.lists(st.sampled_from(["a", "b", "test"]), min_size=1, max_size=4).map(".".join)


@given(PATTERNS, HOSTS)
def test_cryptography_matches_the_same(presented: str, host: str) -> None:
    """The verifier of cryptography, asked about the same name, gives the same answer."""
    certificate = leaf(put={"san": (dns(presented), False)})
    builder = verification.PolicyBuilder().store(verification.Store([certificate]))
    try:
        builder.build_server_verifier(x509.DNSName(host)).verify(certificate, [])
        accepted = True
    except verification.VerificationError:
        accepted = False
    assert (names.check_host(certificate, host).state == "pass") is accepted


def test_thousands_of_names_make_a_short_text() -> None:
    """Ten are shown, the rest is counted."""
    many = leaf(put={"san": (dns(*(f"h{number}.test" for number in range(2_000))), False)})
    assert names.check_host(many, "a.test").found.endswith("h9.test, 1,990 more")


def test_an_extension_that_python_cannot_take_apart() -> None:
    """cryptography raises KeyError for a TLS feature of an unknown number; such a certificate covers nothing."""
    odd = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.5.5.7.1.24"), b"\x30\x03\x02\x01\x63")
    assert names.presented(leaf(put={"odd": (odd, False)})) == []
