"""Does hostile input get an answer for bounded work, and never anything undeclared? Work is counted, never timed."""

from __future__ import annotations

import pytest
from chains import HOST, NOW, Chain, chain, flipped, intermediate, key, leaf, resigned, rewritten, root, unknown
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from differences import assert_holds
from hostile import ALL
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mutations import verdict

from tlslearn import der
from tlslearn.chain import (
    MOST_CERTIFICATES,
    MOST_NAMES,
    MOST_SIGNATURES,
    MOST_STEPS,
    RULES,
    Verdict,
    validate,
)

pytestmark = pytest.mark.filterwarnings("ignore:Parsed a serial number", "ignore:Attribute's length")


def asked(made: Chain) -> Verdict:
    return validate(*made, hostname=HOST, at=NOW)


@pytest.mark.slow
@pytest.mark.parametrize("label", ALL)
def test_bounded_work(label: str) -> None:
    """An answer or a clear refusal; the work is within the limits that are stated, and what is told stays short."""
    hostile = ALL[label]
    made = hostile.make()
    found = asked(made)
    work = found.work
    assert found.ok is hostile.ok and hostile.says in str(found)
    assert work.signatures <= MOST_SIGNATURES and work.steps <= MOST_STEPS
    assert work.names <= MOST_NAMES + len(found.path)
    assert work.certificates <= MOST_CERTIFICATES + max(len(found.path), 1)
    along = sum(rule.kind == "path" for rule in RULES.values())
    distinct = 1 + len(made.intermediates) + len(made.anchors)  # each is looked at alone once, however many paths
    assert work.rules <= (work.certificates + len(found.path)) * along + distinct * len(RULES)
    assert len(str(found)) < 10_000 * len(found.path)


# Each extension that is read here, with the label under which the ordinary certificates hold it.
KINDS = {
    "2.5.29.19": "bc",
    "2.5.29.15": "ku",
    "2.5.29.17": "san",
    "2.5.29.35": "aki",
    "2.5.29.14": "ski",
    "2.5.29.37": "eku",
    "2.5.29.30": "nc",
    "2.5.29.36": "pc",
    "2.5.29.32": "cp",
    "2.5.29.31": "cdp",
    "1.3.6.1.5.5.7.1.1": "aia",
}


@pytest.mark.parametrize("exponent", [1, 65537, 65539, 0x203010001, (1 << 255) + 0x203010001])
def test_the_short_way_for_ordinary_rsa_keys_is_theirs_alone(exponent: int) -> None:
    """A long exponent that ends as 65537 is written is refused, also where the length is that of an ordinary key."""
    body = der.encode(0x30, [der.encode(0x02, b"\0" + b"\xff" * 256), der.encode(0x02, octets_of(exponent))])
    for algorithm in ("06092a864886f70d0101010500", "06092a864886f70d010101"):
        key_info = der.encode(0x30, [der.encode(0x30, bytes.fromhex(algorithm)), der.encode(0x03, b"\0" + body)])
        found = asked(Chain(rewritten(leaf(), key("ca"), key=key_info), [intermediate()], [root()]))
        refused = RULES["readable"].says in [one.rule for one in found.failures]
        assert refused is (exponent not in (65537, 65539))


def octets_of(number: int) -> bytes:
    return number.to_bytes(number.bit_length() // 8 + 1, "big")


class TestMalformedExtensions:
    """In a leaf, a CA and a trust anchor: refused, with the certificate that is meant."""

    @pytest.mark.parametrize("oid", KINDS)
    @pytest.mark.parametrize("value", [b"", b"\x00", b"\x30\x80", b"\x30\x03\x02\x01", b"\xff" * 40, b"\x05\x00"])
    @pytest.mark.parametrize("critical", [True, False])
    def test_each_where_it_stands(self, oid: str, value: bytes, critical: bool) -> None:
        """The certificate is named, and cryptography agrees or is explained."""
        odd = {"put": {"odd": (unknown(oid, value), critical)}, "leave": (KINDS[oid],)}
        for place, made in (
            ("leaf", chain(odd)),
            ("intermediate 1", chain(None, odd)),
            ("trust anchor", chain(None, None, odd)),
        ):
            found = asked(made)
            assert (RULES["readable"].says, place) in [(one.rule, one.about) for one in found.failures]
            assert_holds(found)

    def test_twice_the_same(self) -> None:
        """RFC 5280 4.2: "A certificate MUST NOT include more than one instance of a particular extension." """
        body = leaf(put={"odd": (unknown("2.5.29.99"), False)}).tbs_certificate_bytes
        twice = body.replace(bytes.fromhex("0603551d63"), bytes.fromhex("0603551d11"))
        found = asked(Chain(x509.load_der_x509_certificate(resigned(twice, key("ca"))), [intermediate()], [root()]))
        assert RULES["readable"].says in [one.rule for one in found.failures]

    def test_what_cryptography_raises_unannounced(self) -> None:
        """A TLS feature of an unknown number is a KeyError on access; here it is an extension that cannot be read."""
        odd = unknown("1.3.6.1.5.5.7.1.24", b"\x30\x03\x02\x01\x63")
        assert RULES["readable"].says in [one.rule for one in asked(chain({"put": {"odd": (odd, False)}})).failures]

    @pytest.mark.parametrize("where", ["subject", "issuer"])
    def test_names_that_are_no_text(self, where: str) -> None:
        """RFC 5280 4.1.2.4: a UTF8String whose bytes are not UTF-8 is no name."""
        text = {"subject": b"leaf", "issuer": b"Issuing CA"}[where]
        body = leaf().tbs_certificate_bytes.replace(text, b"\xff\xfe".ljust(len(text), b"\xff"), 1)
        found = asked(Chain(x509.load_der_x509_certificate(resigned(body, key("ca"))), [intermediate()], [root()]))
        assert not found.ok and where in " ".join(one.found for one in found.failures)
        assert_holds(found)


def loaded(der: bytes) -> x509.Certificate | None:
    """None for bytes that cryptography does not take for a certificate at all."""
    try:
        return x509.load_der_x509_certificate(der)
    except (ValueError, x509.InvalidVersion):
        return None


SLOW = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@given(st.integers(0, 2_000), st.integers(0, 7), st.integers(0, 2))
@SLOW
def test_any_bit_flipped(position: int, bit: int, place: int) -> None:
    """One bit of one certificate, under the old signature: refused in leaf and intermediate, whatever it was."""
    good = [leaf(), intermediate(), root()]
    der = flipped(good[place], position % len(good[place].public_bytes(Encoding.DER)), 1 << bit)
    parts = [*good]
    parts[place] = loaded(der) or parts[place]
    found = asked(Chain(parts[0], [parts[1]], [parts[2]]))
    if parts[place] != good[place] and place < 2:
        assert not found.ok
    assert_holds(found)


@given(st.binary(min_size=4, max_size=40))
@SLOW
def test_mangled_and_signed_again(data: bytes) -> None:
    """What an authority did sign, with anything in it: cryptography agrees on acceptance, or the difference is told."""
    if (found := verdict(data)) is not None:
        assert_holds(found)


def test_the_mutations_reach_all_places() -> None:
    """A fuzz test that mangles nothing would find nothing: most outcomes there are occur among a few hundred inputs."""
    outcomes = set()
    for number in range(1_500):
        found = verdict(number.to_bytes(2, "big") * 9)
        if found is not None:
            outcomes |= {(one.rule, one.about) for one in found.failures} or {("valid", "")}
    rules = {rule for rule, _ in outcomes}
    assert len(rules) >= 10 and {about for _, about in outcomes} >= {"leaf", "intermediate 1", "trust anchor"}
