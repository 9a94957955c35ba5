"""Which names may stand in a certificate, and which hosts do they cover?"""

from __future__ import annotations

import ipaddress
from typing import Any

import pytest
from certificates import key, refusal_of_cryptography, root, ssl_code, without_constraints
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from tlslearn import BadInput, Credential, names


def holding(*entries: x509.GeneralName, subject: str = "leaf") -> x509.Certificate:
    """A leaf whose subject alternative name holds these entries, in that order; none at all for no entry."""
    good = root().issue(["localhost"], key=key("p256", "leaf")).certificate
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, subject)])
    builder = x509.CertificateBuilder(
        good.issuer, name, good.public_key(), 1, good.not_valid_before_utc, good.not_valid_after_utc
    )
    if entries:
        builder = builder.add_extension(x509.SubjectAlternativeName(entries), critical=False)
    for extension in good.extensions:
        if not isinstance(extension.value, x509.SubjectAlternativeName):
            builder = builder.add_extension(extension.value, extension.critical)
    return builder.sign(root().private_key, hashes.SHA256())


def changed(certificate: x509.Certificate, old: bytes, new: bytes) -> x509.Certificate:
    der = certificate.public_bytes(Encoding.DER)
    assert old in der and len(old) == len(new)
    return x509.load_der_x509_certificate(der.replace(old, new))


class TestGeneralName:
    @pytest.mark.parametrize(
        "text",
        ["localhost", "a.test", "A.Test", "*.a.test", "_srv.a.test", "xn--bcher-kva.example", "1.a.test", "a" * 63],
    )
    def test_host_names(self, text: str) -> None:
        """A host name becomes a DNS name as it was written."""
        assert names.general_name(text) == x509.DNSName(text)

    @pytest.mark.parametrize("text", ["127.0.0.1", "::1", "2001:db8::1", "::ffff:127.0.0.1"])
    def test_addresses(self, text: str) -> None:
        """An address becomes an address entry, never a DNS name (RFC 5280 4.2.1.6)."""
        assert names.general_name(text) == x509.IPAddress(ipaddress.ip_address(text))

    @pytest.mark.parametrize(
        "text",
        [
            "",
            " ",
            "https://",
            "https:///a",
            "://a.test",
            "1a://a.test",
            "https://a.test/ü",
            "https://a.test/%4",
            "https://a.test/a b",
            "https://a.test/<a>",
            "https://user@a.test/",
            "https://user:secret@a.test/",
            "https://a..test/",
            "https://*.a.test/",
            "https://[a.test]/",
            "https://[::1/",
            "https://[127.0.0.1]/",
            "https://256.0.0.1/",
            "https://a.test:http/",
            "https://ü\u2603.test/",
            "a.test:443",
            "a.test/",
            "a b.test",
            "a.test ",
            "a.test\n",
            "a..test",
            ".test",
            "a.test.",
            "*",
            "*.",
            "a.*.test",
            "*a.test",
            "-a.test",
            "a-.test",
            "a" * 64,
            ".".join(["a" * 60] * 5),
            "@a.test",
            "user@",
            "user@a@a.test",
            "us er@a.test",
            ".user@a.test",
            "us..er@a.test",
            "bücher@a.test",
            '"us er"@a.test',
            "user@a..test",
            "user@*.a.test",
            "user@[127.0.0.1]",
            "user@::1",
            "user@a.test>",
            "a" * 65 + "@a.test",
            "a\0.test",
            "☃.example",
            "bü cher.example",
            "ü" * 60 + ".example",
            "١٢٧.0.0.1",
            "256.0.0.1",
            "1.2.3",
            "127.0.0.1/8",
            "[::1]",
            "fe80::1%eth0",
            ":::",
            5,
            None,
            b"a.test",
        ],
    )
    def test_everything_else_is_refused(self, text: Any) -> None:
        """What is neither name nor address is refused with its value and a fix."""
        with pytest.raises(BadInput) as caught:
            names.general_name(text)
        assert repr(text) in str(caught.value) and caught.value.fix.endswith((".", "]."))

    @pytest.mark.parametrize(
        ("text", "host"),
        [
            ("bücher.example", "xn--bcher-kva.example"),
            ("BÜCHER.Example", "xn--bcher-kva.Example"),
            ("*.bücher.example", "*.xn--bcher-kva.example"),
            ("例え.テスト", "xn--r8jz45g.xn--zckzah"),
        ],
    )
    def test_internationalized_names(self, text: str, host: str) -> None:
        """A label outside ASCII becomes its A-label, in a host name, an e-mail address and a URI (RFC 5280 7)."""
        assert names.general_name(text) == names.host_name(text) == x509.DNSName(host)
        if not text.startswith("*"):
            assert names.general_name(f"orders@{text}") == x509.RFC822Name(f"orders@{host}")
            uri = names.general_name(f"https://{text}:8443/a?b#c")
            assert uri == x509.UniformResourceIdentifier(f"https://{host}:8443/a?b#c")

    def test_an_authority_writes_them_so(self) -> None:
        """A server may be named in Unicode; its certificate holds the A-label, and covers both forms."""
        certificate = root().issue(["bücher.test"], key=key("p256", "leaf")).certificate
        assert names.presented(certificate) == ["xn--bcher-kva.test"]
        assert names.check_host(certificate, "BÜCHER.test").state == "pass"

    @pytest.mark.parametrize("text", ["orders@a.test", "a.b+c@a.test", "a!#$%&'*/=?^_`{|}~-@a.test", "Orders@A.test"])
    def test_mail(self, text: str) -> None:
        """An e-mail address becomes an entry of its kind, as it was written."""
        assert names.general_name(text) == x509.RFC822Name(text)

    @pytest.mark.parametrize(
        "text",
        [
            "https://a.test",
            "HTTPS://A.test/a%20b?c=d&e=@#f",
            "spiffe://shop.example/bank",
            "https://127.0.0.1:8443/",
            "https://[::1]:8443/",
            "ldap://a.test:/",
        ],
    )
    def test_uris(self, text: str) -> None:
        """A URI becomes an entry of its kind, as it was written."""
        assert names.general_name(text) == x509.UniformResourceIdentifier(text)

    @pytest.mark.parametrize("text", ["orders@a.test", "https://a.test"])
    def test_a_server_has_neither(self, text: str) -> None:
        """Where a host is wanted, e-mail addresses and URIs are refused, and an authority issues no server for them."""
        for call in (lambda: names.host_name(text), lambda: root().issue([text], key=key("p256", "leaf"))):
            with pytest.raises(BadInput, match="no scheme") as caught:
                call()
            assert caught.value.value == text

    @given(st.text(max_size=20) | st.from_regex(r"[a-zü]{1,5}(@|://)[a-zü.*\[\]:%]{1,9}[@/?#%]?[a-z]{0,3}"))
    def test_any_text_is_a_name_or_refused(self, text: str) -> None:
        """Whatever the text, the answer is an entry for exactly that name, or BadInput; ASCII stays as it is."""
        try:
            entry = names.general_name(text)
        except BadInput as error:
            assert error.value == text
        else:
            assert str(entry.value).isascii() and names.general_name(str(entry.value)) == entry
            if text.isascii():
                assert entry.value == (ipaddress.ip_address(text) if isinstance(entry, x509.IPAddress) else text)


DNS, ADDRESS = x509.DNSName, lambda text: x509.IPAddress(ipaddress.ip_address(text))
COVERED = [
    ([DNS("a.test")], "a.test", True),
    ([DNS("a.test")], "A.TEST", True),
    ([DNS("A.test")], "a.test", True),
    ([DNS("a.test"), DNS("b.test")], "b.test", True),
    ([DNS("a.test")], "b.test", False),
    ([DNS("a.test")], "www.a.test", False),
    ([DNS("www.a.test")], "a.test", False),
    ([DNS("*.a.test")], "www.a.test", True),
    ([DNS("*.a.test")], "WWW.a.test", True),
    ([DNS("*.a.test")], "a.test", False),
    ([DNS("*.a.test")], "x.www.a.test", False),
    ([DNS("*.a.test")], "wwwa.test", False),
    ([ADDRESS("127.0.0.1")], "127.0.0.1", True),
    ([ADDRESS("127.0.0.1")], "127.0.0.2", False),
    ([ADDRESS("127.0.0.1")], "localhost", False),
    ([DNS("localhost")], "127.0.0.1", False),
    ([ADDRESS("::1")], "0:0:0:0:0:0:0:1", True),
    ([ADDRESS("::1")], "::2", False),
    ([DNS("127.0.0.1")], "127.0.0.1", False),
    ([x509.UniformResourceIdentifier("https://a.test")], "a.test", False),
    ([x509.RFC822Name("a@a.test")], "a.test", False),
]


class TestCheckHost:
    @pytest.mark.parametrize(("entries", "host", "covered"), COVERED)
    def test_the_rule_and_ssl_agree(self, entries: list[x509.GeneralName], host: str, covered: bool) -> None:
        """The check says what RFC 9525 says, and Python's ssl, asked the same, gives the same answer."""
        certificate = holding(*entries, subject="no host name")
        check = names.check_host(certificate, host)
        assert (check.state == "pass") is covered and check.wanted == host
        anchor = without_constraints(root())
        code = ssl_code(Credential(certificate, key("p256", "leaf")), [anchor], host)
        assert (code == 0) is covered and code in (0, 62, 64)

    @pytest.mark.parametrize("entries", [(), (x509.RFC822Name("a@a.test"),)])
    def test_a_common_name_is_never_looked_at(self, entries: tuple[x509.GeneralName, ...]) -> None:
        """A certificate with the host in its common name alone covers nothing (RFC 9525 2), as for cryptography."""
        certificate = holding(*entries, subject="a.test")
        assert names.check_host(certificate, "a.test").state == "fail"
        assert names.check_host(certificate, "a.test").found == "no names"
        assert refusal_of_cryptography(Credential(certificate, key("p256", "leaf")), [root()], "a.test")

    def test_a_dot_at_the_end_is_the_same_name(self) -> None:
        """An absolute name is the same host as the relative one."""
        assert names.check_host(holding(DNS("a.test")), "a.test.").state == "pass"

    def test_addresses_cite_their_own_section(self) -> None:
        """Names and addresses have a section each."""
        certificate = holding(DNS("a.test"))
        sources = [names.check_host(certificate, host).source for host in ("a.test", "::1")]
        assert sources == ["RFC 9525 6.3", "RFC 9525 6.4"]

    @pytest.mark.parametrize(("old", "new"), [(b"\x55\x1d\x25", b"\x55\x1d\x11"), (b"a.test", b"\xff.test")])
    def test_what_cannot_be_read_covers_nothing(self, old: bytes, new: bytes) -> None:
        """An extension that stands twice, or bytes that are no name, are no error: they cover no host."""
        broken = changed(holding(DNS("a.test")), old, new)
        assert names.presented(broken) == []
        assert names.check_host(broken, "a.test").state == "fail"


class TestTexts:
    def test_presented(self) -> None:
        """DNS names come first, then addresses; other forms of name are left out."""
        certificate = holding(ADDRESS("::1"), DNS("b.test"), x509.RFC822Name("a@a.test"), DNS("a.test"))
        assert names.presented(certificate) == ["b.test", "a.test", "::1"]

    def test_short(self) -> None:
        """The common name is enough; without one the whole name is told; without any that is said."""
        organization = x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "Lab")
        common = x509.NameAttribute(x509.NameOID.COMMON_NAME, "Lab Root")
        assert names.short(x509.Name([organization, common])) == "Lab Root"
        assert names.short(x509.Name([organization])) == "O=Lab"
        assert names.short(x509.Name([])) == "(no name)"

    def test_a_certificate_cannot_command_the_terminal(self) -> None:
        """Control signs and signs that turn the direction of text are shown as escapes, not sent."""
        evil = "\x1b[2J\r\n\u202eexample"
        assert names.printable(evil) == "\\x1b[2J\\r\\n\\u202eexample"
        assert names.short(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, evil)])).isprintable()
        assert names.presented(changed(holding(DNS("a.test")), b"a.test", b"\x1b.test")) == ["\\x1b.test"]
        assert names.printable("Bücherei 書店") == "Bücherei 書店"
