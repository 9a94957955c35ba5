"""Does an authority copy nothing blindly from a stranger's request, and say everything that is wrong with it?"""

from __future__ import annotations

import pickle
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cryptography_vectors
import pytest
from certificates import (
    KINDS,
    assert_is_leaf,
    issuing,
    key,
    refusal_of_cryptography,
    root,
    ssl_code,
)
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import AttributeOID, ExtendedKeyUsageOID
from judges import need

from tlslearn import Authority, BadInput, Credential, TlslearnError, csr, keys, names
from tlslearn.authority import Refused
from tlslearn.authority.profile import key_usage
from tlslearn.check import SOURCES

Request = x509.CertificateSigningRequest
CA, LEAF = x509.BasicConstraints(ca=True, path_length=None), x509.BasicConstraints(ca=False, path_length=None)
REQUESTS = Path(cryptography_vectors.__file__).parent / "x509" / "requests"


def request(
    *wanted: str,
    private_key: Any = None,
    subject: str = "",
    others: tuple[x509.ExtensionType, ...] = (),
    password: bytes | None = None,
) -> Request:
    """A request as strangers write them: any subject, extensions and attributes."""
    private_key = private_key or key("p256", "leaf")
    builder = x509.CertificateSigningRequestBuilder(x509.Name.from_rfc4514_string(subject))
    if wanted:
        san = x509.SubjectAlternativeName([names.general_name(one) for one in wanted])
        builder = builder.add_extension(san, critical=False)
    for extension in others:
        builder = builder.add_extension(extension, critical=False)
    if password is not None:
        builder = builder.add_attribute(AttributeOID.CHALLENGE_PASSWORD, password)
    hashed = hashes.SHA256() if isinstance(private_key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) else None
    return builder.sign(private_key, hashed)


def tampered(good: Request) -> Request:
    """One bit of the signature is flipped."""
    data = bytearray(good.public_bytes(Encoding.DER))
    data[-1] ^= 1
    return x509.load_der_x509_csr(bytes(data))


def with_key_of_another(good: Request, other: ec.EllipticCurvePrivateKey) -> Request:
    """The same request with a public key that whoever signed it does not own."""
    form = (keys.Encoding.X962, keys.PublicFormat.UncompressedPoint)
    own, theirs = (one.public_bytes(*form) for one in (good.public_key(), other.public_key()))  # type: ignore[union-attr]
    data = good.public_bytes(Encoding.DER)
    assert data.count(own) == 1
    return x509.load_der_x509_csr(data.replace(own, theirs))


def failures(authority: Authority, asked: Request, **more: Any) -> list[tuple[str, str]]:
    """What was found and the section, of each failed check; every one has its rule and what was wanted."""
    with pytest.raises(Refused) as caught:
        authority.sign(asked, **more)
    for check in caught.value.failures:
        assert check.state == "fail" and check.about == "request" and check.rule and check.wanted
        assert check.source in SOURCES.values() and check.source in str(caught.value)
    return [(check.found, check.source) for check in caught.value.failures]


class TestSigned:
    @pytest.mark.parametrize("ca_kind", KINDS)
    @pytest.mark.parametrize("kind", KINDS)
    def test_every_kind_below_every_kind(self, kind: str, ca_kind: str) -> None:
        """The certificate holds the applicant's key and names, in the profile of the authority's own leaves."""
        made = issuing(ca_kind, "p256").sign(csr.create(key(kind, "leaf"), ["localhost", "127.0.0.1"]))
        assert_is_leaf(made, issuer=issuing(ca_kind, "p256").certificate, usage=ExtendedKeyUsageOID.SERVER_AUTH)
        assert keys.spki_sha256(made) == keys.spki_sha256(key(kind, "leaf"))
        assert names.presented(made) == ["localhost", "127.0.0.1"]
        credential = Credential(made, key(kind, "leaf"), issuing(ca_kind, "p256")._presented)
        assert ssl_code(credential, [root()], strict=True) == 0

    def test_nothing_else_is_copied(self) -> None:
        """Subject, usages, policies and password of the request have no part in the certificate."""
        wishes = (
            LEAF,
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING, ExtendedKeyUsageOID.OCSP_SIGNING]),
            x509.CertificatePolicies([x509.PolicyInformation(x509.ObjectIdentifier("2.23.140.1.1"), None)]),
            x509.OCSPNoCheck(),
            x509.SubjectKeyIdentifier(b"mine"),
            x509.UnrecognizedExtension(x509.ObjectIdentifier("2.999.1"), b"\x05\x00"),
        )
        asked = request("shop.test", subject="O=Bank,CN=shop.test", others=wishes, password=b"secret")
        made = issuing().sign(asked)
        assert made.subject.rfc4514_string() == "CN=shop.test"
        plain = issuing().issue(["shop.test"], key=key("p256", "leaf")).certificate
        assert list(made.extensions) == list(plain.extensions)
        assert b"secret" not in made.public_bytes(Encoding.DER)

    def test_given_names_take_the_place_of_the_requests(self) -> None:
        """The authority has verified these names; what the request asks for beside them, or lacks, does not matter."""
        for asked in (request("evil.com", "shop.test"), request(subject="CN=shop.test"), request("shop.test")):
            made = issuing().sign(asked, names=["shop.test", "www.shop.test"])
            assert names.presented(made) == ["shop.test", "www.shop.test"]

    def test_purpose_and_times_are_the_authoritys(self) -> None:
        """They are said in the call, and nowhere in the request."""
        begin = issuing().certificate.not_valid_before_utc
        made = issuing().sign(csr.create(key("p256", "leaf"), ["shop.test"]), purpose="client", not_before=begin)
        assert_is_leaf(made, issuer=issuing().certificate, usage=ExtendedKeyUsageOID.CLIENT_AUTH)
        assert made.not_valid_before_utc == begin

    def test_a_name_stands_once(self) -> None:
        """A request that names a host twice gets it once."""
        assert names.presented(issuing().sign(request("shop.test", "shop.test"))) == ["shop.test"]

    def test_clients_may_have_mail_addresses_and_uris(self) -> None:
        """Of hosts that the authority may vouch for, though its constraints say nothing of these forms of name."""
        asked = request("reader@shop.test", "spiffe://shop.test/orders")
        made = issuing().sign(asked, purpose="client")
        (san,) = (one.value for one in made.extensions if isinstance(one.value, x509.SubjectAlternativeName))
        assert [one.value for one in san] == ["reader@shop.test", "spiffe://shop.test/orders"]
        forms = [("RFC822Name reader@shop.test", "RFC 5280 4.2.1.6"), ("UniformResourceIdentifier", "RFC 5280 4.2.1.6")]
        for (found, section), (wanted, wanted_section) in zip(failures(issuing(), asked), forms, strict=True):
            assert found.startswith(wanted) and section == wanted_section
        elsewhere = request("reader@bank.com", "spiffe://bank.com/orders")
        assert [section for _, section in failures(issuing(), elsewhere, purpose="client")] == ["RFC 5280 4.2.1.10"] * 2

    @pytest.mark.judge("openssl")
    def test_a_request_of_the_openssl_command(self, tmp_path: Path) -> None:
        """Made by another tool, signed here, and matched with its key by that tool again."""
        openssl = need("openssl")
        line = [openssl, "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        line += ["-subj", "/O=Bookshop/CN=shop.test", "-addext", "subjectAltName=DNS:shop.test,IP:127.0.0.1"]
        subprocess.run([*line, "-keyout", "key.pem", "-out", "a.csr"], cwd=tmp_path, check=True, capture_output=True)
        made = issuing().sign(csr.load(tmp_path / "a.csr"))
        assert names.presented(made) == ["shop.test", "127.0.0.1"]
        (tmp_path / "a.pem").write_bytes(made.public_bytes(Encoding.PEM))
        sides = ([openssl, "x509", "-in", "a.pem", "-noout", "-pubkey"], [openssl, "pkey", "-in", "key.pem", "-pubout"])
        public = [subprocess.run(side, cwd=tmp_path, check=True, capture_output=True).stdout for side in sides]
        assert public[0] == public[1] != b""
        credential = Credential(made, keys.load(tmp_path / "key.pem"), issuing()._presented)
        assert refusal_of_cryptography(credential, [root()], "shop.test") is None


def weak() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 1024)


# What is asked, a part of what is found, and the section of the rule.
REFUSED: dict[str, tuple[Callable[[], Request], str, str]] = {
    "a changed signature": (lambda: tampered(request("shop.test")), "signature", "RFC 2986 3"),
    "another's key": (
        lambda: with_key_of_another(request("shop.test"), ec.generate_private_key(ec.SECP256R1())),
        "signature",
        "RFC 2986 3",
    ),
    "a weak key": (lambda: request("shop.test", private_key=weak()), "1024", "RFC 9325 4.5"),
    "a strange curve": (
        lambda: request("shop.test", private_key=ec.generate_private_key(ec.SECP256K1())),
        "secp256k1",
        "RFC 9325 4.5",
    ),
    "CA:TRUE": (lambda: request("shop.test", others=(CA,)), "CA: TRUE", "RFC 5280 4.2.1.9"),
    "keyCertSign": (
        lambda: request("shop.test", others=(key_usage(key_cert_sign=True),)),
        "keyCertSign",
        "RFC 5280 4.2.1.3",
    ),
    "no names": (lambda: request(subject="CN=shop.test"), "no ", "RFC 5280 4.2.1.6"),
    "a name outside": (lambda: request("shop.test", "evil.com"), "evil.com", "RFC 5280 4.2.1.10"),
    "a name that only looks inside": (lambda: request("shop.test.evil.com"), "evil.com", "RFC 5280 4.2.1.10"),
    "an address outside": (lambda: request("8.8.8.8"), "8.8.8.8", "RFC 5280 4.2.1.10"),
    "a wildcard outside": (lambda: request("*.com"), "*.com", "RFC 5280 4.2.1.10"),
    "an e-mail address": (lambda: request("shop.test", "a@shop.test"), "a@shop.test", "RFC 5280 4.2.1.6"),
}


class TestRefused:
    @pytest.mark.parametrize("what", REFUSED)
    def test_one_thing_wrong_is_one_failed_check(self, what: str) -> None:
        """Each refusal names the value found and the section of its rule."""
        make, found, section = REFUSED[what]
        ((told, source),) = failures(issuing(), make())
        assert found in told and source == section

    def test_everything_wrong_is_told_at_once(self) -> None:
        """Not the first failure only: the applicant mends all of it in one go."""
        asked = tampered(request("evil.com", "8.8.8.8", "shop.test", private_key=weak(), others=(CA,)))
        sections = [section for _, section in failures(issuing(), asked)]
        assert sorted(sections) == sorted(
            ["RFC 2986 3", "RFC 9325 4.5", "RFC 5280 4.2.1.9", "RFC 5280 4.2.1.10", "RFC 5280 4.2.1.10"]
        )

    def test_every_authority_above_has_its_say(self) -> None:
        """A name has to be within the constraints of this authority and of all above it; each says so for itself."""
        narrow = root().intermediate("Narrow CA", permitted=["shop.test"])
        assert names.presented(narrow.sign(request("www.shop.test"))) == ["www.shop.test"]
        ((found, _),) = failures(narrow, request("bank.test"))
        assert found == "DNSName bank.test is not permitted"
        with pytest.raises(Refused) as caught:
            narrow.sign(request("evil.com"))
        assert [check.wanted.split(" may ")[0] for check in caught.value.failures] == ["Narrow CA", "Lab Root"]

    def test_excluded_names_are_refused(self) -> None:
        """An authority without an address among its names excludes all of them, and so does what it signs."""
        hosts = Authority.create("Hosts", permitted=["shop.test"])
        assert [section for _, section in failures(hosts, request("127.0.0.1"))] == ["RFC 5280 4.2.1.10"]

    def test_an_authority_without_constraints_signs_for_the_world(self) -> None:
        """Then nothing is left but what the request itself must keep to."""
        open_root = Authority.create("Open", permitted=None)
        assert names.presented(open_root.sign(request("evil.com"))) == ["evil.com"]
        assert len(failures(open_root, request("evil.com", others=(CA,)))) == 1

    def test_given_names_are_held_to_the_constraints_too(self) -> None:
        """Who verifies names is still held to what the authority may vouch for."""
        assert [section for _, section in failures(issuing(), request("a.test"), names=["b.test", "evil.com"])] == [
            "RFC 5280 4.2.1.10"
        ]

    def test_given_names_forgive_nothing_else(self) -> None:
        """A request for CA:TRUE is refused whatever the authority would have put in."""
        assert len(failures(issuing(), request("a.test", others=(CA,)), names=["a.test"])) == 1

    def test_a_kept_authority_signs_no_demo_key(self, tmp_path: Path) -> None:
        """The private key is known to everybody. An authority that lives in a lesson alone signs it."""
        asked = csr.create(keys.demo("known"), ["shop.test"])
        kept = Authority.load(root().intermediate("Kept").save(tmp_path / "ca"))
        assert failures(kept, asked) == [("a demo key", "RFC 5280 8")]
        assert len(failures(kept, csr.create(keys.demo("known"), ["evil.com"]))) == 2
        assert list(kept.issued()) == []
        assert names.presented(issuing().sign(asked)) == ["shop.test"]

    def test_thousands_of_failures_are_counted_and_not_all_told(self) -> None:
        """Each is in `failures`; the text names the first ones."""
        asked = request(*(f"host{number}.com" for number in range(2_000)))
        with pytest.raises(Refused, match="1,990 more") as caught:
            issuing().sign(asked)
        assert len(caught.value.failures) == 2_000 and len(str(caught.value)) < 5_000

    def test_a_refusal_crosses_processes(self) -> None:
        """With all its checks: errors are pickled on the way."""
        with pytest.raises(Refused) as caught:
            issuing().sign(request("evil.com", others=(CA,)))
        again = pickle.loads(pickle.dumps(caught.value))
        assert again.failures == caught.value.failures and str(again) == str(caught.value)


BAD: list[tuple[Callable[[], object], str]] = [
    (lambda: issuing().sign(b"-----BEGIN CERTIFICATE REQUEST-----"), "bytes"),  # type: ignore[arg-type]
    (lambda: issuing().sign(issuing().certificate), "Certificate"),  # type: ignore[arg-type]
    (lambda: issuing().sign(request("a.test"), names="a.test"), "'a.test'"),
    (lambda: issuing().sign(request("a.test"), names=[]), r"\[\]"),
    (lambda: issuing().sign(request("a.test"), names=["https://a.test"]), "https://a.test"),
    (lambda: issuing().sign(request("a.test"), purpose="mail"), "'mail'"),  # type: ignore[arg-type]
]


@pytest.mark.parametrize(("call", "value"), BAD)
def test_bad_input_names_the_value(call: Callable[[], object], value: str) -> None:
    """What is no request, name or purpose is told before anything is signed."""
    with pytest.raises(BadInput, match=value):
        call()


@pytest.mark.parametrize("path", sorted(REQUESTS.glob("*.pem")) + sorted(REQUESTS.glob("*.der")), ids=lambda p: p.name)
def test_odd_requests_are_refused_and_never_crash(path: Path) -> None:
    """cryptography's collection of requests: none is signed by a lab, and none raises anything but our own errors."""
    with pytest.raises(TlslearnError):
        issuing().sign(csr.load(path))
