"""Are names held to name constraints as RFC 5280 4.2.1.10 says, form by form, hostile ones included?"""

from __future__ import annotations

import ipaddress
from typing import Any

import pytest
from chains import HOST, NOW, Chain, Maker, chain, intermediate, key, leaf, raw_constraints, resigned, root, unknown
from cryptography import x509
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tlslearn import der
from tlslearn.chain import NAME_NOT_CHECKED, Verdict, validate
from tlslearn.chain.constraints import DNS, Subtrees
from tlslearn.chain.plain import subtrees
from tlslearn.chain.records import UNREADABLE, Record

Names = list[x509.GeneralName]
dns, mail, uri = x509.DNSName, x509.RFC822Name, x509.UniformResourceIdentifier


def address(text: str) -> x509.IPAddress:
    return x509.IPAddress(ipaddress.ip_network(text) if "/" in text else ipaddress.ip_address(text))


def directory(*parts: str, extra: str = "") -> x509.DirectoryName:
    attributes = [x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, part) for part in parts]
    tail = [x509.NameAttribute(x509.NameOID.COMMON_NAME, extra)] if extra else []
    return x509.DirectoryName(x509.Name([*attributes, *tail]))


def held(
    names: Names, permitted: Names | None = None, excluded: Names | None = None, subject: x509.Name | None = None
) -> Verdict:
    """The verdict on a leaf with these alternative names, below a CA with these constraints; no host is asked about."""
    above = {"nc": (x509.NameConstraints(permitted, excluded), True)}
    changes: dict[str, Any] = {"subject": ""} if subject is None else {"names": (subject, ISSUER)}
    changes["put"] = {"san": (x509.SubjectAlternativeName(names), subject is None)} if names else {}
    changes["leave"] = () if names else ("san",)
    return validate(*chain(changes, {"put": above}), hostname=NAME_NOT_CHECKED, at=NOW)


def raw_mail(text: str) -> x509.RFC822Name:
    """As it stands in a certificate by another hand: the class itself takes nothing that is no address."""
    return x509.RFC822Name._init_without_validation(text)


ISSUER = intermediate().subject
registered = x509.RegisteredID(x509.ObjectIdentifier("1.2.3"))

# Names of the leaf, permitted, excluded: whether that is allowed.
TABLE: dict[str, tuple[Names, Names | None, Names | None, bool]] = {
    "the name itself": ([dns("a.test")], [dns("a.test")], None, True),
    "a name below": ([dns("x.y.a.test")], [dns("a.test")], None, True),
    "in capitals": ([dns("X.A.TEST")], [dns("a.Test")], None, True),
    "a name that only ends alike": ([dns("xa.test")], [dns("a.test")], None, False),
    "a name above": ([dns("test")], [dns("a.test")], None, False),
    "one of two outside": ([dns("a.test"), dns("b.test")], [dns("a.test")], None, False),
    "either of two subtrees": ([dns("a.test"), dns("b.test")], [dns("a.test"), dns("b.test")], None, True),
    "excluded": ([dns("x.a.test")], None, [dns("a.test")], False),
    "excluded beats permitted": ([dns("x.a.test")], [dns("test")], [dns("a.test")], False),
    "excluded, another name": ([dns("b.test")], [dns("test")], [dns("a.test")], True),
    "wildcard inside": ([dns("*.a.test")], [dns("a.test")], None, True),
    "wildcard over the subtree": ([dns("*.test")], [dns("a.test")], None, False),
    "wildcard that reaches what is excluded": ([dns("*.test")], None, [dns("a.test")], False),
    "wildcard that reaches one label, not two": ([dns("*.test")], None, [dns("x.a.test")], True),
    "wildcard below what is excluded": ([dns("*.x.a.test")], None, [dns("a.test")], False),
    "everything excluded": ([dns("a.test")], None, [dns("")], False),
    "an empty constraint admits nobody": ([dns("a.test")], [dns("")], None, False),
    "a constraint with a first dot": ([dns("x.a.test")], [dns(".a.test")], None, False),
    "a constraint with a last dot, excluded": ([dns("b.test")], None, [dns("a.test.")], False),
    "a name with a last dot": ([dns("a.test.")], [dns("a.test")], None, False),
    "a name with a last dot, excluded": ([dns("a.test.")], None, [dns("a.test")], False),
    "a name with an empty label": ([dns("x..a.test")], [dns("a.test")], None, False),
    "a name that is none": ([dns("a b.a.test")], [dns("a.test")], None, False),
    "a name with a wildcard inside": ([dns("x.*.a.test")], [dns("a.test")], None, False),
    "no name of the form": ([mail("a@b.test")], [dns("a.test")], None, True),
    "mail at a host": ([mail("a@b.test")], [mail("b.test")], None, True),
    "mail at a host, in capitals": ([mail("a@B.TEST")], [mail("b.test")], None, True),
    "mail below a host": ([mail("a@x.b.test")], [mail("b.test")], None, False),
    "mail in a domain": ([mail("a@x.b.test")], [raw_mail(".b.test")], None, True),
    "mail at the host of a domain": ([mail("a@b.test")], [raw_mail(".b.test")], None, False),
    "one mailbox": ([mail("a@b.test")], [mail("a@b.test")], None, True),
    "another mailbox": ([mail("x@b.test")], [mail("a@b.test")], None, False),
    "a mailbox in other letters": ([mail("A@b.test")], [mail("a@b.test")], None, False),
    "mail excluded": ([mail("a@x.b.test")], None, [raw_mail(".b.test")], False),
    "all mail excluded": ([mail("a@b.test")], None, [raw_mail("")], False),
    "mail without a host": ([raw_mail("a")], [mail("b.test")], None, False),
    "mail without a host, excluded": ([raw_mail("a")], None, [mail("b.test")], False),
    "URI at a host": ([uri("https://u@b.test:44/x")], [uri("b.test")], None, True),
    "URI below a host": ([uri("https://x.b.test/")], [uri("b.test")], None, False),
    "URI in a domain": ([uri("https://x.b.test/")], [uri(".b.test")], None, True),
    "URI at the host of a domain": ([uri("https://b.test/")], [uri(".b.test")], None, False),
    "URI excluded": ([uri("https://b.test/")], None, [uri("b.test")], False),
    "URI at an address": ([uri("https://127.0.0.1/")], None, [uri("b.test")], False),
    "URI at an IPv6 address": ([uri("https://[::1]/")], None, [uri("b.test")], False),
    "URI that is none": ([uri("https://[::1/")], None, [uri("b.test")], False),
    "URI without a host": ([uri("urn:b.test")], None, [uri("c.test")], False),
    "address inside": ([address("10.1.2.3")], [address("10.0.0.0/8")], None, True),
    "address outside": ([address("11.1.2.3")], [address("10.0.0.0/8")], None, False),
    "address excluded": ([address("10.1.2.3")], None, [address("10.0.0.0/8")], False),
    "IPv6 inside": ([address("2001:db8::1")], [address("2001:db8::/32")], None, True),
    "IPv6 where IPv4 is permitted": ([address("2001:db8::1")], [address("0.0.0.0/0")], None, False),
    "IPv4 mapped": ([address("::ffff:10.0.0.1")], [address("10.0.0.0/8")], None, False),
    "directory name below": ([directory("a", "b")], [directory("a")], None, True),
    "directory name in other letters": ([directory("A  x", "b")], [directory("a X")], None, True),
    "directory name above": ([directory("a")], [directory("a", "b")], None, False),
    "directory name, other order": ([directory("b", "a")], [directory("a")], None, False),
    "directory name excluded": ([directory("a", "b")], None, [directory("a")], False),
    "directory name hidden by a sign nobody sees": ([directory("e\u00advil")], None, [directory("evil")], False),
    "a form that nobody constrains": ([registered], [dns("a.test")], None, True),
    "a form that is constrained and not understood": ([registered], [registered], None, False),
    "such a form, and no name of it": ([dns("a.test")], None, [registered], True),
}


@pytest.mark.parametrize("label", TABLE)
def test_the_table(label: str) -> None:
    """Each row is one sentence of the section, or a way around it; the rule alone decides."""
    names, permitted, excluded, allowed = TABLE[label]
    verdict = held(names, permitted, excluded)
    failed = [check.rule for check in verdict.failures]
    assert failed == ([] if allowed else ["the names are within the constraints above"])


@pytest.mark.parametrize("label", TABLE)
def test_nothing_passes_that_cryptography_refuses(label: str) -> None:
    """Where cryptography's verifier implements the form, it accepts no less and no more; what it lacks it says."""
    names, permitted, excluded, _ = TABLE[label]
    hosted = [*names, dns(HOST)]
    above = [*permitted, dns(HOST)] if permitted and any(isinstance(one, dns) for one in permitted) else permitted
    changes = {"put": {"san": (x509.SubjectAlternativeName(hosted), False)}}
    nc = {"nc": (x509.NameConstraints(above, excluded), True)}
    verdict = validate(*chain(changes, {"put": nc}), hostname=HOST, at=NOW)
    assert verdict.reference.why != "not explained"
    if verdict.ok and verdict.reference.ok is False:
        assert "constraints on other than" in verdict.reference.why or "lint" in label, verdict.reference


class TestSubjects:
    """The subject is a directory name too, and may hold an e-mail address."""

    LAB = x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "Lab")
    MAIL = x509.NameAttribute(x509.NameOID.EMAIL_ADDRESS, "a@b.test")

    @pytest.mark.parametrize(("permitted", "allowed"), [("Lab", True), ("lab ", True), ("Labs", False)])
    def test_the_subject_is_held(self, permitted: str, allowed: bool) -> None:
        """A subject outside the permitted directory names is refused; letter case does not tell names apart."""
        assert held([dns("a.test")], [directory(permitted)], None, x509.Name([self.LAB])).ok is allowed

    @pytest.mark.parametrize(("names", "refused"), [([], True), ([dns("a.test")], True), ([mail("a@c.test")], False)])
    def test_mail_in_the_subject(self, names: Names, refused: bool) -> None:
        """An address in the subject counts where the alternative name holds none of its form."""
        verdict = held(names, None, [mail("b.test")], x509.Name([self.LAB, self.MAIL]))
        assert ("the names are within the constraints above" in [one.rule for one in verdict.failures]) is refused


ONLY_A = {"nc": (x509.NameConstraints([dns("a.test")], None), True)}
ONLY_B = {"nc": (x509.NameConstraints([dns("b.test")], None), True)}


class TestPaths:
    """Constraints bind everything below, along the whole path."""

    @pytest.mark.parametrize(("first", "second", "ok"), [("a", "a", True), ("a", "b", False), ("b", "a", False)])
    def test_each_authority_must_permit(self, first: str, second: str, ok: bool) -> None:
        """Two authorities above one another: what both permit passes, no more."""
        named = {"a": ONLY_A, "b": ONLY_B}
        made = chain(None, {"put": named[second]}, {"put": named[first]})
        assert validate(*made, hostname=HOST, at=NOW).ok is ok

    def test_self_issued_intermediates_are_not_held_and_a_self_issued_leaf_is(self) -> None:
        """RFC 5280 6.1.3 (b): a change of key may keep its name; the last certificate is held in any case."""
        only = {"nc": (x509.NameConstraints([directory("elsewhere")], None), True)}
        old = Maker("CA", "Root", key("root"), key("old"), True, put=only).sign()
        new = Maker("CA", "CA", key("old"), key("new"), True).sign()
        end = Maker("", "CA", key("new"), key("leaf"), False).sign()
        assert validate(end, [old, new], [root()], hostname=HOST, at=NOW).ok
        own = Maker("CA", "CA", key("new"), key("leaf"), False).sign()
        failed = validate(own, [old, new], [root()], hostname=HOST, at=NOW).failures
        assert [(one.about, one.rule) for one in failed] == [("leaf", "the names are within the constraints above")]

    def test_the_constraints_of_the_anchor_are_obeyed(self) -> None:
        """RFC 5280 6.2 leaves it open; all clients do."""
        made = Chain(leaf(), [intermediate()], [root(put=ONLY_B)])
        assert not validate(*made, hostname=HOST, at=NOW).ok

    @pytest.mark.parametrize("field", [b"\x80\x01\x01", b"\x81\x01\x09"], ids=["minimum", "maximum"])
    def test_minimum_and_maximum_are_not_dropped_unseen(self, field: bytes) -> None:
        """What cryptography does not show is noticed by the bytes, and nothing of the constraint is relied on."""
        above = intermediate(put={"nc": raw_constraints(der.encode(0x82, b"a.test") + field)})
        verdict = validate(leaf(), [above], [root()], hostname=HOST, at=NOW)
        assert [one.rule for one in verdict.failures] == ["the names are within the constraints above"]
        assert "not understood" in verdict.failures[0].found


LABELS = st.lists(st.sampled_from(["a", "b", "xn--c"]), min_size=1, max_size=5).map(".".join)


@given(LABELS, st.lists(LABELS, max_size=4))
def test_domains_by_definition(name: str, subtrees: list[str]) -> None:
    """A name is in a subtree when it is it, or ends with a dot and it: the set of suffixes gives the same answer."""
    wanted = any(f".{name}".endswith(f".{one}") for one in subtrees)
    found = Subtrees([dns(one) for one in subtrees])
    assert found.holds(DNS, name, whole=True) is wanted
    assert found.holds(DNS, f"*.{name}", whole=True) is wanted
    reached = wanted or any(one.partition(".")[2] == name for one in subtrees if "." in one)
    assert found.holds(DNS, f"*.{name}", whole=False) is reached


# What is read from the bytes, beside what cryptography reads of them.

V4, V6 = b"\x0a\0\0\0\xff\0\0\0", bytes(16) + b"\xff" * 15 + b"\xf0"
PLAIN = [(0x82, b"a.test"), (0x82, b"B_c.test"), (0x87, V4), (0x87, bytes(8)), (0x87, V6)]
ODD = [
    *((0x82, text) for text in (b"", b"*.a.test", b"a test", b"\xc3\xa4.test")),
    *((0x87, octets) for octets in (b"", V4[:7], b"\x0a\0\0\1\xff\0\0\0", b"\x0a\0\0\0\xff\0\xff\0", V6[1:])),
    (0x81, b"b.test"),
    (0x88, b"\x2a\x03"),
]
NAMES = st.sampled_from(PLAIN) | st.sampled_from([*PLAIN, *ODD])
TREES = st.lists(NAMES.map(lambda one: der.encode(0x30, der.encode(*one))), max_size=4)
HALVES = st.lists(st.tuples(st.sampled_from([0xA0, 0xA0, 0xA1, 0xA1, 0xA2, 0x30]), TREES), max_size=3)
WRITTEN = HALVES.map(lambda halves: der.encode(0x30, [der.encode(tag, trees) for tag, trees in halves]))
CHANGES = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 255), st.booleans()), max_size=2)


def theirs(value: bytes) -> x509.NameConstraints | None:
    """As cryptography reads them, None where it does not."""
    made = intermediate(put={"nc": (unknown("2.5.29.30", value), True)})
    try:
        return made.extensions.get_extension_for_class(x509.NameConstraints).value
    except UNREADABLE:
        return None


@given(WRITTEN, CHANGES)
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_what_is_read_from_the_bytes_is_what_cryptography_reads(
    value: bytes, changes: list[tuple[int, int, bool]]
) -> None:
    """Well-formed, odd and damaged: where an answer is given it is cryptography's, and nothing is dropped."""
    data = bytearray(value)
    for place, octet, instead in changes:
        data[place % len(data) : place % len(data) + instead] = bytes([octet])
    found, known = subtrees(bytes(data)), theirs(bytes(data))
    if found is not None:
        assert known is not None and known.public_bytes() == data
        for ours, read in zip(found, (known.permitted_subtrees, known.excluded_subtrees), strict=True):
            assert vars(Subtrees(ours)) == vars(Subtrees(read))


@pytest.mark.parametrize("critical", [True, False])
@pytest.mark.parametrize("half", ["permitted", "excluded"])
def test_plain_constraints_are_read_from_the_bytes(half: str, critical: bool) -> None:
    """Or the bench measures something else. The other extensions are there, each in its place, as is the value."""
    trees: dict[str, Any] = {"permitted_subtrees": None, "excluded_subtrees": None}
    trees[f"{half}_subtrees"] = [dns("a.test"), address("10.0.0.0/8"), address("2001:db8::/32")]
    value = x509.NameConstraints(**trees)
    record = Record(intermediate(put={"nc": (value, critical), "odd": (unknown("2.5.29.99"), critical)}))
    told = [(one.oid, one.critical) for one in record.certificate.extensions]
    assert [(one.oid, one.critical) for one in record.extensions] == told
    assert record.subtrees is not None
    assert record.extension(x509.NameConstraints) == value
    assert record.critical(x509.NameConstraints) is critical


def test_odd_ones_are_left_to_cryptography() -> None:
    assert [subtrees(der.encode(0x30, der.encode(0xA0, der.encode(0x30, der.encode(*one))))) for one in ODD] == [
        None
    ] * len(ODD)


@pytest.mark.parametrize("other", ["2.5.29.30", "2.5.29.127"])
def test_constraints_that_stand_twice_or_beside_what_they_are_renamed_to(other: str) -> None:
    """No extension hides behind another."""
    body = intermediate(put={**ONLY_A, "odd": (unknown("2.5.29.99"), True)}).tbs_certificate_bytes
    oid = der.encode(0x06, bytes.fromhex("551d") + bytes([int(other.rpartition(".")[2])]))
    above = x509.load_der_x509_certificate(resigned(body.replace(bytes.fromhex("0603551d63"), oid), key("root")))
    failed = {one.rule for one in validate(leaf(), [above], [root()], hostname=HOST, at=NOW).failures}
    assert (
        "critical extensions are all understood" if other[-1] == "7" else "fields and extensions can be read"
    ) in failed
