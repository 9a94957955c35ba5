"""Does a request say what it should and prove what it can, and is all else that it asks for seen?"""

from __future__ import annotations

import ipaddress
import re
import subprocess
import warnings
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import cryptography_vectors
import pytest
from certificates import KINDS, issued, key
from chains import usage
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from judges import need

from tlslearn import BadInput, Check, csr, der, keys, names

NAMES = [
    "shop.example",
    "*.shop.example",
    "bücher.example",
    "127.0.0.1",
    "::1",
    "orders@shop.example",
    "spiffe://a.test/b",
]
SAN = x509.SubjectAlternativeName([x509.DNSName("a.test")])
EXTENSIONS = "1.2.840.113549.1.9.14"


def signing_key() -> ec.EllipticCurvePrivateKey:
    found = key("p256", "leaf")
    assert isinstance(found, ec.EllipticCurvePrivateKey)
    return found


@cache
def good(kind: str = "p256") -> x509.CertificateSigningRequest:
    return csr.create(key(kind, "leaf"), ["a.test", "b.test"], subject="a.test")


def made(
    *extensions: tuple[x509.ExtensionType, bool], subject: str = "", private: Any = None, hashed: Any = None
) -> x509.CertificateSigningRequest:
    """A request with these extensions, as no `create` would make it."""
    builder = x509.CertificateSigningRequestBuilder(x509.Name.from_rfc4514_string(subject))
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return builder.sign(private or signing_key(), hashed or hashes.SHA256())


def attribute(oid: str, *values: bytes) -> bytes:
    """Source: RFC 2986 4.1."""
    return der.encode(0x30, [_oid(oid), der.encode(0x31, sorted(values))])


def _oid(dotted: str) -> bytes:
    name = x509.Name([x509.NameAttribute(x509.ObjectIdentifier(dotted), "x")])
    return der.parse(name.public_bytes())[0][0][0].bytes


def asked(*extensions: x509.ExtensionType) -> bytes:
    """A list of extensions, DER (RFC 5280 4.1)."""
    return der.encode(
        0x30, [der.encode(0x30, [_oid(one.oid.dotted_string), der.encode(4, one.public_bytes())]) for one in extensions]
    )


def by_hand(*attributes: bytes, subject: bytes = b"\x30\x00", spki: bytes = b"") -> x509.CertificateSigningRequest:
    """A request written element by element and signed well, for what no builder would write."""
    public = signing_key().public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    body = der.encode(0x30, [b"\x02\x01\x00", subject, spki or public, der.encode(0xA0, sorted(attributes))])
    signature = signing_key().sign(body, ec.ECDSA(hashes.SHA256()))
    algorithm = der.encode(0x30, _oid("1.2.840.10045.4.3.2"))
    return x509.load_der_x509_csr(der.encode(0x30, [body, algorithm, der.encode(3, b"\0" + signature)]))


def found(request: x509.CertificateSigningRequest, state: str) -> dict[str, str]:
    """The rules in that state, with what they found."""
    return {check.rule: check.found for check in csr.check(request) if check.state == state}


def assert_only(request: x509.CertificateSigningRequest, state: str, rule: str, text: str) -> None:
    """One rule is in that state, all others pass, and it tells `text`."""
    others = {check.rule: check.state for check in csr.check(request) if check.state != "pass"}
    assert others == {rule: state} and text in found(request, state)[rule]


POSSESSION = "the applicant holds the private key"
STRENGTH = "the key is strong enough"
READABLE = "every part can be read"
ONCE = "each attribute stands once"
FORM = "the names are there and in form"
COMMON = "the common name is one of the names"
NO_CA = "the request is not for a CA"
USAGE = "the key usage asked for is a leaf's"
NOTHING_ELSE = "nothing is asked for but names"


class TestCreate:
    @pytest.mark.parametrize("kind", [*KINDS, "mldsa65"])
    def test_each_kind_of_key_signs_for_itself(self, kind: str) -> None:
        """The request holds the key and the names, passes every rule, and cryptography finds it signed."""
        try:
            request = csr.create(key(kind, "leaf"), NAMES)
        except BadInput as error:
            pytest.skip(f"{error.problem}: {kind}")
        assert request.is_signature_valid and {check.state for check in csr.check(request)} == {"pass"}
        assert keys.spki_sha256(request) == keys.spki_sha256(key(kind, "leaf"))

    def test_names_are_of_their_kinds(self) -> None:
        """Each name stands once, as an entry of its kind; nothing else is asked for (RFC 5280 4.2.1.6)."""
        (extension,) = csr.create(signing_key(), [*NAMES, "shop.example"]).extensions
        assert list(extension.value) == [
            x509.DNSName("shop.example"),
            x509.DNSName("*.shop.example"),
            x509.DNSName("xn--bcher-kva.example"),
            x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
            x509.IPAddress(ipaddress.ip_address("::1")),
            x509.RFC822Name("orders@shop.example"),
            x509.UniformResourceIdentifier("spiffe://a.test/b"),
        ]

    def test_without_a_subject_the_names_are_critical(self) -> None:
        """No common name unless asked for; and the names are critical exactly where there is no subject."""
        request = csr.create(signing_key(), ["a.test"])
        assert list(request.subject) == [] and [one.critical for one in request.extensions] == [True]
        named = csr.create(signing_key(), ["a.test"], subject="O=Bookshop,C=DE")
        assert named.subject.rfc4514_string() == "O=Bookshop,C=DE"
        assert [one.critical for one in named.extensions] == [False]

    @pytest.mark.parametrize(
        ("subject", "common"),
        [
            ("a.test", "a.test"),
            ("bücher.example", "xn--bcher-kva.example"),
            ("::1", "::1"),
            ("CN=a.test,O=Bookshop", "a.test"),
            ("CN=A.test", "A.test"),
        ],
    )
    def test_a_common_name_is_one_of_the_names(self, subject: str, common: str) -> None:
        """A common name is one of the names, in the form in which it stands there."""
        request = csr.create(signing_key(), ["a.test", "bücher.example", "::1"], subject=subject)
        assert [one.value for one in request.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)] == [common]
        assert found(request, "lint") == {}


LONG = f"{'a' * 60}.example"


BAD: list[tuple[Callable[[], object], str, str]] = [
    (lambda: csr.create("key", ["a.test"]), "'str'", "keys.generate()"),  # type: ignore[arg-type]
    (lambda: csr.create(signing_key().public_key(), ["a.test"]), "PublicKey", "keys.generate()"),  # type: ignore[arg-type]
    (lambda: csr.create(signing_key(), "a.test"), "'a.test'", '["shop.example"]'),
    (lambda: csr.create(signing_key(), []), "[]", '["shop.example"]'),
    (lambda: csr.create(signing_key(), None), "None", '["shop.example"]'),  # type: ignore[arg-type]
    (lambda: csr.create(signing_key(), [5]), "5", "host name or address"),  # type: ignore[list-item]
    (lambda: csr.create(signing_key(), ["a.test/"]), "'a.test/'", "no scheme"),
    (lambda: csr.create(signing_key(), ["a.test"], subject="b.test"), "'b.test'", "Give it as a name too"),
    (lambda: csr.create(signing_key(), ["a.test"], subject="CN=b.test,O=x"), "'b.test'", "Give it as a name too"),
    (lambda: csr.create(signing_key(), ["a.test"], subject="Bookshop Ltd"), "'Bookshop Ltd'", '"O=Bookshop,C=DE"'),
    (lambda: csr.create(signing_key(), ["a.test"], subject=""), "''", '"O=Bookshop,C=DE"'),
    (lambda: csr.create(signing_key(), ["a.test"], subject="C=Germany"), "'C=Germany'", '"O=Bookshop,C=DE"'),
    (lambda: csr.create(signing_key(), ["a.test"], subject="what=ever"), "'what=ever'", '"O=Bookshop,C=DE"'),
    (lambda: csr.create(signing_key(), ["a.test"], subject=5), "5", '"O=Bookshop,C=DE"'),  # type: ignore[arg-type]
    (lambda: csr.create(signing_key(), [LONG], subject=LONG), repr(LONG), "64 characters"),
    (lambda: csr.check(issued().certificate), "'Certificate'", "csr.load()"),  # type: ignore[arg-type]
    (lambda: csr.describe(b"0"), "'bytes'", "csr.load()"),  # type: ignore[arg-type]
]


@pytest.mark.parametrize(("call", "value", "fix"), BAD)
def test_bad_input_names_the_value_and_the_fix(call: Callable[[], object], value: str, fix: str) -> None:
    """Bad input raises BadInput with the value that is bad and what to give instead."""
    with pytest.raises(BadInput) as caught:
        call()
    assert value in str(caught.value) and fix in caught.value.fix


class TestSignature:
    def test_a_key_that_one_does_not_own(self) -> None:
        """The public key of another in a request that one signs oneself: the proof of possession alone fails."""
        theirs = key("p256", "root").public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        attributes = attribute(EXTENSIONS, asked(SAN))
        assert {check.state for check in csr.check(by_hand(attributes))} == {"pass"}
        assert_only(by_hand(attributes, spki=theirs), "fail", POSSESSION, "does not match the request and its key")

    def test_a_request_that_was_changed(self) -> None:
        """A name changed on the way: the signature was over the other name."""
        changed = good().public_bytes(Encoding.DER).replace(b"b.test", b"c.test")
        assert_only(x509.load_der_x509_csr(changed), "fail", POSSESSION, "does not match")

    def test_a_signature_is_whole_bytes(self) -> None:
        """A last bit that is said not to count changes the bytes of the request, and cryptography lets it pass."""
        for _ in range(64):
            data = bytearray(csr.create(signing_key(), ["a.test"]).public_bytes(Encoding.DER))
            if data[-1] & 1 == 0:
                break
        at = len(data) - len(x509.load_der_x509_csr(bytes(data)).signature) - 1
        data[at] = 1
        changed = x509.load_der_x509_csr(bytes(data))
        assert changed.is_signature_valid and POSSESSION in found(changed, "fail")
        assert not openssl_verifies(changed)

    @pytest.mark.parametrize("kind", KINDS)
    def test_openssl_agrees(self, kind: str) -> None:
        """Good, and with a byte flipped at thirty places: `openssl req -verify` gives the same answer for each."""
        whole = good(kind).public_bytes(Encoding.DER)
        assert openssl_verifies(good(kind)) and POSSESSION not in found(good(kind), "fail")
        body = len(good(kind).tbs_certrequest_bytes)
        places = [*range(8, body, body // 20), *range(body, len(whole), (len(whole) - body) // 10)]
        answers = {}
        for place in places:
            changed = bytearray(whole)
            changed[place] ^= 4
            try:
                request = x509.load_der_x509_csr(bytes(changed))
            except (ValueError, x509.InvalidVersion):
                continue
            answers[place] = POSSESSION not in found(request, "fail"), openssl_verifies(request)
        assert len(answers) > 15 and set(answers.values()) == {(False, False)}

    def test_a_hash_that_is_not_verified(self) -> None:
        """SHA-1 and MD4 are told by name or as unknown; cryptography does not verify them any more."""
        assert "sha1, which is not verified" in found(vector("rsa_sha1.pem"), "fail")[POSSESSION]
        assert found(vector("rsa_md4.pem"), "fail")[POSSESSION] == "a signature that is not verified here"


def openssl_verifies(request: x509.CertificateSigningRequest) -> bool:
    command = [need("openssl"), "req", "-verify", "-noout", "-inform", "DER"]
    done = subprocess.run(command, input=request.public_bytes(Encoding.DER), capture_output=True)
    return b"verify OK" in done.stdout + done.stderr and done.returncode == 0


class TestRules:
    @pytest.mark.parametrize(
        ("private", "text"),
        [
            (lambda: rsa.generate_private_key(65537, 1024), "RSA, 1024 bits"),
            (lambda: ec.generate_private_key(ec.SECP256K1()), "curve secp256k1"),
        ],
    )
    def test_a_weak_key(self, private: Callable[[], Any], text: str) -> None:
        """RFC 9325 4.5: RSA of 2048 bits or more; and the curves that TLS 1.3 signs with."""
        assert_only(made((SAN, False), private=private()), "fail", STRENGTH, text)

    def test_dsa_and_unknown_kinds_of_key(self) -> None:
        """A key that TLS 1.3 has no use for, and one that cannot be read at all."""
        assert found(vector("dsa_sha1.pem"), "fail")[STRENGTH] == "DSA, which TLS 1.3 does not know"
        unknown = der.encode(0x30, [der.encode(0x30, _oid("1.2.3.4")), der.encode(3, b"\0\1")])
        failed = found(by_hand(attribute(EXTENSIONS, asked(SAN)), spki=unknown), "fail")
        assert failed[STRENGTH] == "no key that can be read" and "public key" in failed[READABLE]
        assert failed[POSSESSION] == "a signature that is not verified here"

    @pytest.mark.parametrize(
        ("second", "text"), [(EXTENSIONS, "extensionRequest 2 times"), ("1.3.6.1.4.1.311.2.1.14", "2 times")]
    )
    def test_two_lists_of_extensions(self, second: str, text: str) -> None:
        """Whoever reads the first list sees other names than whoever reads the second: refused."""
        other = x509.SubjectAlternativeName([x509.DNSName("bank.example")])
        request = by_hand(attribute(EXTENSIONS, asked(SAN)), attribute(second, asked(other)))
        assert_only(request, "fail", ONCE, text)

    @pytest.mark.parametrize(
        ("attributes", "part", "skipped"),
        [
            ([attribute(EXTENSIONS, b"\x04\x00")], "extensions", {FORM, NO_CA, USAGE}),
            ([attribute(EXTENSIONS)], "extensions", {ONCE, FORM, NO_CA, USAGE}),
            ([attribute(EXTENSIONS, asked(SAN), asked(SAN))], "extensions", {ONCE, FORM, NO_CA, USAGE}),
            ([attribute(EXTENSIONS, asked(SAN, SAN))], "extensions", {FORM, NO_CA, USAGE}),
            ([attribute(EXTENSIONS, asked(SAN)), attribute("1.2.840.113549.1.9.7")], "attributes", {ONCE}),
        ],
        ids=["no list", "no value", "two values", "an extension twice", "a password without value"],
    )
    def test_what_cannot_be_read(self, attributes: list[bytes], part: str, skipped: set[str]) -> None:
        """The part is told as unreadable, and what hangs on it as not checked, never as good."""
        request = by_hand(*attributes)
        assert part in found(request, "fail")[READABLE] and set(found(request, "skip")) == skipped
        assert "(unreadable)" in csr.describe(request) or part == "attributes"

    def test_a_subject_that_is_no_text(self) -> None:
        """Bytes that are no UTF-8 in the subject: told, and the common name is not checked."""
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "abcd")]).public_bytes()
        request = by_hand(attribute(EXTENSIONS, asked(SAN)), subject=subject.replace(b"abcd", b"\xff\xfe\xff\xfe"))
        assert "subject" in found(request, "fail")[READABLE] and COMMON in found(request, "skip")
        assert csr.describe(request).startswith("subject        (unreadable)\n")

    @pytest.mark.parametrize("extensions", [[], [(x509.BasicConstraints(ca=False, path_length=None), True)]])
    def test_without_names(self, extensions: list[tuple[x509.ExtensionType, bool]]) -> None:
        """The article's request: a common name and no subject alternative name. No client would look at it."""
        request = made(*extensions, subject="CN=a.test")
        assert found(request, "fail") == {FORM: "no subject alternative name"}
        assert found(request, "lint")[COMMON] == "a.test"

    @pytest.mark.parametrize(
        "entry",
        [
            x509.DNSName("https://a.test"),
            x509.DNSName("a..test"),
            x509.DNSName("a.*.test"),
            x509.DNSName("127.0.0.1"),
            x509.DNSName("a b.test"),
            x509.DNSName(""),
            x509.RFC822Name("a..b@c.test"),
            x509.RFC822Name("a@*.test"),
            x509.UniformResourceIdentifier("https://a..test/"),
            x509.UniformResourceIdentifier("https://a b/"),
        ],
        ids=repr,
    )
    def test_names_that_are_none(self, entry: x509.GeneralName) -> None:
        """A name that does not have the form of its kind is told with its kind (RFC 5280 4.2.1.6)."""
        request = made((x509.SubjectAlternativeName([x509.DNSName("a.test"), entry]), False))
        assert_only(request, "fail", FORM, "no names: ")
        assert "a.test," not in found(request, "fail")[FORM]

    @pytest.mark.parametrize(
        ("entry", "text"),
        [
            (x509.UniformResourceIdentifier("urn:uuid:f81d4fae"), "URI urn:uuid:f81d4fae"),
            (x509.RegisteredID(x509.ObjectIdentifier("1.2.3")), "registered ID 1.2.3"),
            (x509.DirectoryName(x509.Name.from_rfc4514_string("O=Bank")), "directory name O=Bank"),
            (x509.OtherName(x509.ObjectIdentifier("1.2.3"), b"\5\0"), "other name 1.2.3"),
        ],
    )
    def test_names_of_other_kinds(self, entry: x509.GeneralName, text: str) -> None:
        """Kinds of name that are not looked at are told; whoever copies permitted names leaves them out."""
        assert_only(made((x509.SubjectAlternativeName([entry]), False)), "lint", FORM, text)

    def test_a_common_name_apart(self) -> None:
        """RFC 9525 2: a common name that is not among the names would be overlooked."""
        request = made((SAN, False), subject="CN=bank.example,O=x")
        assert_only(request, "lint", COMMON, "bank.example")
        assert found(made((SAN, False), subject="CN=A.TEST"), "lint") == {}

    def test_asking_to_be_a_ca(self) -> None:
        """CA: TRUE fails; CA: FALSE is but surplus."""
        wanted = x509.BasicConstraints(ca=True, path_length=None)
        request = made((SAN, False), (wanted, True))
        assert found(request, "fail") == {NO_CA: "CA: TRUE"} and found(request, "lint") == {
            NOTHING_ELSE: "basicConstraints"
        }
        humble = made((SAN, False), (x509.BasicConstraints(ca=False, path_length=None), True))
        assert_only(humble, "lint", NOTHING_ELSE, "basicConstraints")

    @pytest.mark.parametrize(
        ("bits", "state"),
        [
            (("digital_signature", "key_encipherment"), "pass"),
            (("digital_signature", "key_cert_sign"), "fail"),
            (("crl_sign",), "lint"),
            (("key_cert_sign", "crl_sign"), "fail"),
        ],
    )
    def test_key_usage(self, bits: tuple[str, ...], state: str) -> None:
        """RFC 5280 4.2.1.3: keyCertSign goes with CA: TRUE alone."""
        checks = {check.rule: check for check in csr.check(made((SAN, False), (usage(*bits), True)))}
        assert checks[USAGE].state == state
        assert [one.rule for one in checks.values() if one.state == "fail"] == ([USAGE] if state == "fail" else [])

    def test_surplus_extensions_and_attributes(self) -> None:
        """What is asked for beside names is told by name, a password for revocation too, which anybody can read."""
        purpose = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
        assert_only(made((SAN, False), (purpose, False)), "lint", NOTHING_ELSE, "extKeyUsage")
        unknown = made((SAN, False), (x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\5\0"), True))
        assert_only(unknown, "lint", NOTHING_ELSE, "1.2.3.4")
        password = attribute("1.2.840.113549.1.9.7", der.encode(12, b"hunter2"))
        request = by_hand(attribute(EXTENSIONS, asked(SAN)), password)
        assert_only(request, "lint", NOTHING_ELSE, "challengePassword")
        assert "hunter2" not in str(csr.check(request)) + csr.describe(request)

    def test_each_rule_is_alive_and_cites_a_section(self) -> None:
        """Every check is about the request and has a section; the rules of this file are all there are."""
        checks = csr.check(good())
        assert [check.rule for check in checks] == [
            *(POSSESSION, STRENGTH, READABLE, ONCE, FORM, COMMON, NO_CA, USAGE, NOTHING_ELSE)
        ]
        assert all(
            isinstance(one, Check) and one.about == "request" and one.source.startswith("RFC ") for one in checks
        )


class TestHostile:
    def test_ten_thousand_names(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Each name is looked at once, good or odd, and ten are shown; the common name costs nothing more."""
        count = 10_000
        entries = [x509.DNSName(f"{'-' if index % 2 else ''}{index}.test") for index in range(count)]
        request = made((x509.SubjectAlternativeName(entries), False), subject="CN=0.test")
        looked = 0
        real = names.is_host_name

        def counting(text: str) -> bool:
            nonlocal looked
            looked += 1
            return real(text)

        monkeypatch.setattr(names, "is_host_name", counting)
        told = found(request, "fail")[FORM]
        assert looked == count and told.endswith("4,990 more") and len(told) < 300
        assert csr.describe(request).count("\n") == 4 and len(csr.describe(request)) < 500

    def test_long_texts_are_cut(self) -> None:
        """One name or subject of a hundred thousand signs does not fill the screen."""
        long = "a" * 100_000
        subject = der.parse(x509.Name.from_rfc4514_string("O=abcd").public_bytes())
        organization = der.encode(0x30, [subject[0][0][0], der.encode(12, long.encode())])
        name = der.encode(0x30, der.encode(0x31, organization))
        names_asked = attribute(EXTENSIONS, asked(x509.SubjectAlternativeName([x509.DNSName(long)])))
        with warnings.catch_warnings(action="ignore"):  # cryptography warns of the length
            request = by_hand(names_asked, subject=name)
            assert len(csr.describe(request)) < 1_000 and max(len(one.found) for one in csr.check(request)) < 1_000

    def test_nothing_commands_the_terminal(self) -> None:
        """Control signs in a subject or a name are shown as escapes."""
        request = made((SAN, False), subject="O=\x1b[2J\u202e")
        assert "\\x1b[2J\\u202e" in csr.describe(request)
        assert all(line.isprintable() for line in csr.describe(request).splitlines())

    @given(st.data())
    @settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    def test_mutated_requests(self, data: st.DataObject) -> None:
        """Bytes flipped, cut, doubled: every request that cryptography takes gets its checks and a description, also
        where a program makes errors of warnings; the proof of possession never passes where cryptography refuses it."""
        whole = bytearray(data.draw(st.sampled_from(corpus())))
        for _ in range(data.draw(st.integers(1, 4))):
            at, new = data.draw(st.integers(0, len(whole) - 1)), data.draw(st.binary(max_size=3))
            whole[at : at + data.draw(st.integers(0, 3))] = new
        try:
            request = x509.load_der_x509_csr(bytes(whole))
        except (ValueError, x509.InvalidVersion):
            return
        with warnings.catch_warnings(action="error"):
            states = {check.rule: check.state for check in csr.check(request)}
            assert all(line.isprintable() for line in csr.describe(request).splitlines())
        assert states[POSSESSION] == "fail" or request.is_signature_valid

    @given(st.data())
    @settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    def test_well_signed_nonsense(self, data: st.DataObject) -> None:
        """Attributes of any content under a good signature: an answer, and it is never the signature that fails."""
        values = st.lists(st.binary(max_size=12) | st.just(asked(SAN)), max_size=3)
        oids = st.sampled_from([EXTENSIONS, "1.3.6.1.4.1.311.2.1.14", "1.2.840.113549.1.9.7", "1.2.3"])
        drawn = data.draw(st.lists(st.tuples(oids, values), max_size=3))
        try:
            request = by_hand(*(attribute(oid, *(der.encode(0x30, one) for one in some)) for oid, some in drawn))
        except ValueError:
            return
        assert POSSESSION not in found(request, "fail") and len(csr.describe(request).splitlines()) == 5


@cache
def corpus() -> list[bytes]:
    own = [csr.create(key(kind, "leaf"), NAMES, subject="O=Shop,CN=shop.example") for kind in KINDS]
    return [request.public_bytes(Encoding.DER) for request in [*own, *vectors().values()]]


@cache
def vectors() -> dict[str, x509.CertificateSigningRequest]:
    """The requests of cryptography's own tests, by file name; one of a version that there is not is left out."""
    folder = Path(cryptography_vectors.__file__).parent / "x509" / "requests"
    return {path.name: csr.load(path) for path in sorted(folder.iterdir()) if path.name != "bad-version.pem"}


def vector(name: str) -> x509.CertificateSigningRequest:
    return vectors()[name]


class TestVectors:
    def test_all_of_them_are_there(self) -> None:
        """The folder of the installed package is the one that is meant."""
        assert len(vectors()) >= 20

    @pytest.mark.parametrize("name", vectors())
    def test_every_request_gets_its_checks(self, name: str) -> None:
        """The proof of possession is cryptography's verdict; what cannot be read is told, not raised."""
        request = vector(name)
        assert (POSSESSION not in found(request, "fail")) is request.is_signature_valid
        assert len(csr.check(request)) == 9 and len(csr.describe(request).splitlines()) == 5
        unreadable = [part for part in ("subject", "extensions", "attributes") if not _readable(request, part)]
        assert all(part in found(request, "fail")[READABLE] for part in unreadable)

    def test_a_version_that_there_is_not(self) -> None:
        """Version 2 is refused on loading, with what to do."""
        path = Path(cryptography_vectors.__file__).parent / "x509" / "requests" / "bad-version.pem"
        with pytest.raises(BadInput, match="version that there is not") as caught:
            csr.load(path)
        assert str(path) in str(caught.value) and "RFC 2986 4.1" in caught.value.fix


def _readable(request: x509.CertificateSigningRequest, part: str) -> bool:
    try:
        list(getattr(request, part))
    except (ValueError, x509.DuplicateExtension, UnsupportedAlgorithm):
        return False
    return True


class TestLoad:
    @pytest.mark.parametrize(
        "form", ["PEM", "DER", "old header", "text around it", "lines of Windows", "a key above it"]
    )
    def test_forms(self, tmp_path: Path, form: str) -> None:
        """PEM with either header (RFC 7468 7) and anything around it, and DER."""
        plain = good().public_bytes(Encoding.PEM)
        (tmp_path / "request").write_bytes(
            {
                "PEM": plain,
                "DER": good().public_bytes(Encoding.DER),
                "old header": plain.replace(b"CERTIFICATE REQUEST", b"NEW CERTIFICATE REQUEST"),
                "text around it": b"Certificate Request:\n    Data:\n" + plain + b"\nthe end\n",
                "lines of Windows": plain.replace(b"\n", b"\r\n"),
                "a key above it": keys.pem(signing_key()) + plain,
            }[form]
        )
        assert csr.load(tmp_path / "request") == good()

    @pytest.mark.parametrize(
        ("name", "problem", "fix"),
        [
            ("nothing", "this file is empty", "Make it again"),
            ("certificate", "no certificate signing request", "It holds a certificate: give the request's file."),
            ("certificate as DER", "cannot be read", "It holds a certificate."),
            ("key", "no certificate signing request", "It holds a private key"),
            ("encrypted key", "no certificate signing request", "It holds an encrypted private key"),
            ("key as DER", "cannot be read", "It holds a private key."),
            ("two", "several requests", "a file of its own"),
            ("cut off", "cannot be read", "It holds the beginning of a certificate signing request, without its end."),
            ("DER, cut off", "cannot be read", "It holds nothing known here."),
            ("damaged", "cannot be read", "cut off: have it sent again"),
            ("text", "cannot be read", "nothing known here"),
            ("UTF-16", "cannot be read", "It holds text in UTF-16."),
        ],
    )
    def test_something_else(self, tmp_path: Path, name: str, problem: str, fix: str) -> None:
        """Another file, given by mistake, is told by what it holds; what is damaged, as damaged."""
        plain, whole = good().public_bytes(Encoding.PEM), good().public_bytes(Encoding.DER)
        path = tmp_path / "request.pem"
        path.write_bytes(
            {
                "nothing": b"",
                "certificate": issued().certificate.public_bytes(Encoding.PEM),
                "certificate as DER": issued().certificate.public_bytes(Encoding.DER),
                "key": keys.pem(signing_key()),
                "encrypted key": keys.pem(signing_key(), "secret"),
                "key as DER": b"".join(der.parse(_pkcs8()).bytes for _ in "a"),
                "two": plain + plain,
                "cut off": plain[:100],
                "DER, cut off": whole[:100],
                "damaged": plain.replace(b"\nMII", b"\nAAA").replace(b"\nMIH", b"\nAAA"),
                "text": b"please sign this\n",
                "UTF-16": plain.decode().encode("utf-16"),
            }[name]
        )
        with pytest.raises(BadInput) as caught:
            csr.load(path)
        assert problem in caught.value.problem and fix in caught.value.fix and caught.value.value == str(path)

    def test_a_file_that_is_not_there(self, tmp_path: Path) -> None:
        """A missing file, a folder and what is no path are named."""
        for path in (tmp_path / "nowhere", tmp_path, 5, "a\0b"):
            with pytest.raises(BadInput, match=re.escape(repr(str(path)) if isinstance(path, Path) else repr(path))):
                csr.load(path)  # type: ignore[arg-type]


def _pkcs8() -> bytes:
    from cryptography.hazmat.primitives.serialization import NoEncryption, PrivateFormat

    return signing_key().private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


class TestDescribe:
    def test_five_lines(self) -> None:
        """Subject, names, key, signature and what else is asked for; nothing that changes from run to run."""
        assert csr.describe(good()) == (
            "subject        CN=a.test\n"
            "names          DNS a.test, DNS b.test\n"
            "public key     curve secp256r1\n"
            "signature      a signature by the key in the request\n"
            "also asks for  (nothing)"
        )

    def test_an_empty_request(self) -> None:
        """What is missing is told as missing."""
        assert csr.describe(by_hand()).splitlines()[:2] == ["subject        (none)", "names          (none)"]

    def test_openssl_reads_the_same_names(self) -> None:
        """The openssl command finds each name, of its kind."""
        command = [need("openssl"), "req", "-noout", "-text", "-inform", "DER"]
        request = csr.create(signing_key(), NAMES)
        text = subprocess.run(command, input=request.public_bytes(Encoding.DER), capture_output=True, text=False)
        assert (
            b"DNS:shop.example, DNS:*.shop.example, DNS:xn--bcher-kva.example, IP Address:127.0.0.1, "
            b"IP Address:0:0:0:0:0:0:0:1, email:orders@shop.example, URI:spiffe://a.test/b"
        ) in text.stdout
