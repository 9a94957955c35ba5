"""What an adversary, or a careless authority, would try: look-alikes, crafted names, odd encodings, keys and numbers.

Sections: RFC 5280 4.1, 4.2, 6.1, 7; RFC 9525 6.3; each case says the rule it tries to get around.
Leaves out: constraints of names form by form, which `test_chain_constraints` holds, and cost, which `hostile` does.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from ipaddress import ip_network
from itertools import count
from typing import Any

from chain_cases import Case, constraints, one, put
from chains import (
    HOST,
    NOW,
    Chain,
    Maker,
    chain,
    dns,
    flipped,
    intermediate,
    key,
    leaf,
    name,
    raw_constraints,
    rewritten,
    root,
    unknown,
    usage,
    version_1,
)
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tlslearn import der
from tlslearn.chain import NAME_NOT_CHECKED

UNREADABLE = {("readable", "leaf"), ("host", "leaf")}
NO_NAMES = {("alternative_names", "leaf"), ("authority_key_identifier", "leaf")}
UNFIT = {("readable", "intermediate 1"), ("issuer_is_ca", "intermediate 1")}
NO_EXTENSIONS = {
    (rule, "intermediate 1") for rule in ("issuer_may_sign", "subject_key_identifier", "authority_key_identifier")
}
NOT_ASKED = {"hostname": NAME_NOT_CHECKED, "purpose": "client"}
CLIENT = {"eku": (x509.ExtendedKeyUsage([x509.oid.ExtendedKeyUsageOID.CLIENT_AUTH]), False)}


def san(*entries: bytes, critical: bool = False) -> dict[str, Any]:
    """A subject alternative name as it shall be written: DER of each entry."""
    return put(san=(unknown("2.5.29.17", der.encode(0x30, list(entries))), critical))


def host_and(tag: int, content: bytes) -> dict[str, Any]:
    return san(der.encode(0x82, HOST.encode()), der.encode(tag, content))


def narrow(*permitted: bytes, excluded: tuple[bytes, ...] = ()) -> dict[str, Any]:
    return put(nc=raw_constraints(*permitted, excluded=excluded))


def times(begin: tuple[int, datetime], end: tuple[int, datetime]) -> Chain:
    """A leaf with these dates, each as UTCTime (0x17) or GeneralizedTime (0x18)."""
    form = {0x17: "%y%m%d%H%M%SZ", 0x18: "%Y%m%d%H%M%SZ"}
    dates = [der.encode(tag, moment.strftime(form[tag]).encode()) for tag, moment in (begin, end)]
    return Chain(rewritten(leaf(), key("ca"), validity=der.encode(0x30, dates)), [intermediate()], [root()])


@cache
def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def spki(algorithm: str, *content: bytes, parameters: bytes = b"\x05\x00") -> bytes:
    """A public key as it shall be written: hex of the algorithm's OID, and the elements in the bit string."""
    return der.encode(
        0x30, [der.encode(0x30, bytes.fromhex(algorithm) + parameters), der.encode(3, b"\0" + b"".join(content))]
    )


def integer(number: int) -> bytes:
    return der.encode(2, number.to_bytes(number.bit_length() // 8 + 1, "big"))


RSA, PSS, EC = "06092a864886f70d010101", "06092a864886f70d01010a", "06072a8648ce3d0201"
P256 = bytes.fromhex("06082a8648ce3d030107")


def rsa_spki(modulus: int, exponent: int, algorithm: str = RSA) -> bytes:
    numbers = der.encode(0x30, integer(modulus) + integer(exponent))
    return spki(algorithm, numbers, parameters=b"" if algorithm == PSS else b"\x05\x00")


def leaf_key(key_info: bytes) -> Chain:
    return Chain(rewritten(leaf(), key("ca"), key=key_info), [intermediate()], [root()])


def modulus() -> int:
    return rsa_key().public_key().public_numbers().n


def point(role: str) -> bytes:
    return key(role).public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def explicit_curve() -> bytes:
    """P-256 with its numbers written out (RFC 3279 2.3.5) instead of its name."""
    p = 2**256 - 2**224 + 2**192 + 2**96 - 1
    b = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
    n = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    generator = ec.derive_private_key(1, ec.SECP256R1()).public_key()
    field = der.encode(0x30, bytes.fromhex("06072a8648ce3d0101") + integer(p))
    curve = der.encode(0x30, [der.encode(4, (p - 3).to_bytes(32, "big")), der.encode(4, b.to_bytes(32, "big"))])
    base = der.encode(4, generator.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))
    return der.encode(0x30, [integer(1), field, curve, base, integer(n), integer(1)])


def pss_signed(salt: int) -> Chain:
    above = intermediate(public=rsa_key())
    changes: Any = {
        "issuer": "Issuing CA",
        "signer": rsa_key(),
        "rsa_padding": padding.PSS(padding.MGF1(hashes.SHA256()), salt),
    }
    return Chain(leaf(**changes), [above], [root()])


def pss_key() -> Chain:
    """A CA whose key is for RSASSA-PSS alone, and whose signature is PKCS #1 v1.5 all the same."""
    above = rewritten(intermediate(public=rsa_key()), key("root"), key=rsa_spki(modulus(), 65537, PSS))
    return Chain(leaf(signer=rsa_key()), [above], [root()])


def two_algorithms(where: str) -> Chain:
    """The algorithm beside the signature is not the one in the signed part."""
    other = der.encode(0x30, bytes.fromhex("06082a8648ce3d040303"))
    parts = {
        "leaf": rewritten(leaf(), key("ca"), algorithm=other if where == "leaf" else ECDSA),
        "intermediate": rewritten(intermediate(), key("root"), algorithm=other if where == "intermediate" else ECDSA),
        "root": rewritten(root(), key("root"), algorithm=other if where == "root" else ECDSA),
    }
    return Chain(parts["leaf"], [parts["intermediate"]], [parts["root"]])


ECDSA = der.encode(0x30, bytes.fromhex("06082a8648ce3d040302"))


def basic(ca: bytes, length: bytes = b"", *, critical: bool = True) -> dict[str, Any]:
    return put(bc=(unknown("2.5.29.19", der.encode(0x30, ca + length)), critical))


TRUE = b"\x01\x01\xff"


def rollover(path_length: int, self_issued: int) -> Chain:
    """A CA with a path length, then new keys under its own name, then a CA below."""
    first = Maker(
        "CA", "Root", key("root"), key("old 0"), True, put={"bc": (x509.BasicConstraints(True, path_length), True)}
    )
    between = [first.sign()]
    for number in range(self_issued):
        between.append(Maker("CA", "CA", key(f"old {number}"), key(f"old {number + 1}"), True).sign())
    below = Maker("Below", "CA", key(f"old {self_issued}"), key("below"), True).sign()
    end = Maker("leaf", "Below", key("below"), key("leaf"), False).sign()
    return Chain(end, [*between, below], [root()])


def impostor() -> Chain:
    """A leaf that was issued honestly signs another one, and names itself as the issuer."""
    first = leaf(subject="Mallory", public=key("mallory"))
    return Chain(leaf(issuer="Mallory", signer=key("mallory")), [first, intermediate()], [root()])


def twin_of_the_root(**changes: Any) -> Chain:
    """The client trusts Root; presented is another Root, with its name and key identifier, that signed all below."""
    same = {"ski": (x509.SubjectKeyIdentifier.from_public_key(key("root").public_key()), False)}
    false = root(signer=key("false"), public=key("false"), put=same)
    return Chain(leaf(), [intermediate(signer=key("false"), **changes), false], [root()])


OTHER = der.encode(0xA0, bytes.fromhex("060a2b060104018237140203") + der.encode(0xA0, der.encode(0x0C, b"a")))
INTERNATIONAL_MAIL = der.encode(
    0xA0, bytes.fromhex("06082b06010505070809") + der.encode(0xA0, der.encode(0x0C, "ü@b.test".encode()))
)

POLICIES = x509.CertificatePolicies([x509.PolicyInformation(x509.ObjectIdentifier("2.5.29.32.0"), None)])


@cache
def own() -> x509.Certificate:
    """A leaf that is its own issuer."""
    return leaf(issuer="leaf", signer=key("leaf"))


def strange_algorithm() -> bytes:
    """A leaf whose signature is of an algorithm that nobody knows, in both places."""
    strange = der.encode(0x30, bytes.fromhex("0603550407"))
    body = der.parse(leaf().tbs_certificate_bytes)
    parts = [strange if number == 2 else part.bytes for number, part in enumerate(body)]
    return der.encode(0x30, [der.encode(0x30, parts), strange, der.encode(0x03, b"\0signature")])


def unused_bits() -> bytes:
    """A leaf, changed outside its signed part: the last bit of the signature, a zero, is declared unused."""
    made = next(one for one in (leaf(serial=number) for number in count(1)) if not one.signature[-1] & 1)
    return flipped(made, -len(made.signature) - 1)


NAMES = {
    "NUL after the host": Case(
        lambda: chain(san(der.encode(0x82, b"a.test\0.evil.test"))),
        one("host"),
        one("alternative_names"),
        rfc="RFC 5280 4.2.1.6: a dNSName is in the preferred name syntax; nothing ends it but its length.",
    ),
    "letters outside ASCII": Case(
        lambda: chain(san(der.encode(0x82, "bücher.test".encode()))),
        one("host"),
        one("alternative_names"),
        {"hostname": "bücher.test"},
        rfc="RFC 5280 7.2: an internationalized name is held as A-labels, for an IA5String has ASCII alone.",
    ),
    "a last dot": Case(
        lambda: chain(san(der.encode(0x82, b"a.test."))),
        one("host"),
        one("alternative_names"),
        rfc="RFC 5280 4.2.1.6: the preferred name syntax has no last dot.",
    ),
    "a blank as a name": Case(
        lambda: chain(host_and(0x82, b" ")),
        lints=one("alternative_names"),
        rfc="RFC 5280 4.2.1.6: a dNSName of one blank must not be used.",
    ),
    "an underscore": Case(
        lambda: chain(host_and(0x82, b"a_b.test")),
        lints=one("alternative_names"),
        rfc="RFC 5280 4.2.1.6: letters, digits and hyphens; clients let an underscore pass, and cover a host by it.",
    ),
    "an underscore, constrained": Case(
        lambda: chain(host_and(0x82, b"a_b.test"), narrow(der.encode(0x82, b"test"))),
        one("name_constraints"),
        one("alternative_names"),
        rfc="RFC 5280 4.2.1.10: what is no name in form is not held to a constraint, and not let through.",
    ),
    "two labels for one wildcard": Case(
        lambda: chain(put(san=(dns("*.test"), False))),
        one("host"),
        asked={"hostname": "x.a.test"},
        rfc="RFC 9525 6.3: a wildcard stands for one label.",
    ),
    "a wildcard in a label": Case(
        lambda: chain(san(der.encode(0x82, b"f*.test"))),
        one("host"),
        one("alternative_names"),
        {"hostname": "foo.test"},
        rfc="RFC 9525 6.3: a wildcard is the whole of a label.",
    ),
    "a wildcard in the middle": Case(
        lambda: chain(san(der.encode(0x82, b"a.*.test"))),
        one("host"),
        one("alternative_names"),
        {"hostname": "a.b.test"},
        rfc="RFC 9525 6.3: a wildcard is the first label.",
    ),
    "a wildcard for an address": Case(
        lambda: chain(san(der.encode(0x82, b"*.0.0.1"))),
        one("host"),
        asked={"hostname": "127.0.0.1"},
        rfc="RFC 9525 6.4: an address is compared with addresses, octet by octet.",
    ),
    "an address of 8 bytes": Case(
        lambda: chain(host_and(0x87, bytes([10, 0, 0, 0, 255, 0, 0, 0]))),
        lints=one("alternative_names"),
        rfc="RFC 5280 4.2.1.6: an IPv4 address has exactly four octets; a range is for name constraints.",
    ),
    "an address of 8 bytes, excluded": Case(
        lambda: chain(
            host_and(0x87, bytes([10, 0, 0, 0, 255, 0, 0, 0])),
            narrow(excluded=(der.encode(0x87, bytes([10, 0, 0, 0, 255, 0, 0, 0])),)),
        ),
        one("name_constraints"),
        one("alternative_names"),
        rfc="RFC 5280 4.2.1.10: what is no address is not held to a constraint, and not let through.",
    ),
    "an address of 8 bytes, permitted beside directory names": Case(
        lambda: chain(
            host_and(0x87, bytes([10, 0, 0, 0, 255, 0, 0, 0])),
            put(
                nc=constraints(
                    [x509.DNSName("test"), x509.IPAddress(ip_network("10.0.0.0/8")), x509.DirectoryName(name("leaf"))]
                )
            ),
        ),
        one("name_constraints"),
        one("alternative_names"),
        rfc="RFC 5280 4.2.1.10: each form by its own rules.",
    ),
    "an address of 5 bytes": Case(
        lambda: chain(host_and(0x87, b"12345")),
        UNREADABLE,
        NO_NAMES,
        agrees=False,
        rfc="RFC 5280 4.2.1.6: four octets or sixteen.",
    ),
    "an IPv4 address in IPv6": Case(
        lambda: chain(san(der.encode(0x87, bytes(10) + b"\xff\xff\x7f\0\0\1"))),
        one("host"),
        asked={"hostname": "127.0.0.1"},
        rfc="RFC 9525 6.4: the same octets, not the same host.",
    ),
    "an address as a DNS name": Case(
        lambda: chain(san(der.encode(0x82, b"127.0.0.1"))),
        one("host"),
        asked={"hostname": "127.0.0.1"},
        rfc="RFC 9525 6.4: an address is covered by an iPAddress entry.",
    ),
    "no entry at all": Case(
        lambda: chain(san()),
        one("host"),
        one("alternative_names"),
        rfc="RFC 5280 4.2.1.6: the sequence must contain at least one entry.",
    ),
    "another kind of name alone": Case(
        lambda: chain(san(OTHER)),
        one("host"),
        rfc="RFC 9525 6: host names and addresses identify a server; an otherName does not.",
    ),
    "the common name alone, constrained": Case(
        lambda: chain({"subject": "evil.test", "leave": ("san",)}, narrow(der.encode(0x82, b"a.test"))),
        one("host"),
        one("alternative_names"),
        {"hostname": "evil.test"},
        rfc="RFC 9525 2: a common name identifies no host, so there is nothing that constraints would hold.",
    ),
}

CONSTRAINED = {
    "a mask with holes": Case(
        lambda: chain(None, narrow(der.encode(0x87, bytes([10, 0, 0, 0, 255, 0, 255, 0])))),
        UNFIT,
        NO_EXTENSIONS,
        agrees=False,
        rfc="RFC 5280 4.2.1.10: in the style of RFC 4632, whose masks are ones and then zeros.",
    ),
    "a range with bits of a host": Case(
        lambda: chain(None, narrow(der.encode(0x87, bytes([10, 1, 2, 3, 255, 0, 0, 0])))),
        UNFIT,
        NO_EXTENSIONS,
        agrees=False,
        rfc="RFC 5280 4.2.1.10: a range of addresses in the style of RFC 4632: a prefix, then zeros.",
    ),
    "a range of 4 bytes": Case(
        lambda: chain(host_and(0x87, bytes([10, 0, 0, 1])), narrow(der.encode(0x87, bytes([10, 0, 0, 1])))),
        UNFIT,
        NO_EXTENSIONS,
        rfc="RFC 5280 4.2.1.10: eight octets.",
    ),
    "neither permitted nor excluded": Case(
        lambda: chain(None, put(nc=(unknown("2.5.29.30", b"\x30\x00"), True))),
        UNFIT,
        NO_EXTENSIONS,
        rfc="RFC 5280 4.2.1.10: one of both must be present.",
    ),
    "no subtree in a list": Case(
        lambda: chain(None, put(nc=(unknown("2.5.29.30", b"\x30\x02\xa0\x00"), True))),
        UNFIT,
        NO_EXTENSIONS,
        rfc="RFC 5280 4.2.1.10: GeneralSubtrees has one subtree or more.",
    ),
    "every directory name excluded": Case(
        lambda: chain(None, narrow(excluded=(der.encode(0xA4, b"\x30\x00"),))),
        one("name_constraints"),
        agrees=None,
        rfc="RFC 5280 4.2.1.10: every subject begins with the empty sequence.",
    ),
    "every directory name excluded, and no subject": Case(
        lambda: chain({"subject": "", **put(san=(dns(HOST), True))}, narrow(excluded=(der.encode(0xA4, b"\x30\x00"),))),
        agrees=None,
        rfc="RFC 5280 4.2.1.10: held to it is a subject that is not empty.",
    ),
    "permitted and excluded in two CAs": Case(
        lambda: chain(None, narrow(der.encode(0x82, b"a.test")), narrow(excluded=(der.encode(0x82, b"test"),))),
        one("name_constraints"),
        rfc="RFC 5280 6.1.4 (g): excluded subtrees add up along the path.",
    ),
    "the CA's own names": Case(
        lambda: chain(None, put(san=(dns("b.test"), False)), narrow(der.encode(0x82, b"a.test"))),
        one("name_constraints", "intermediate 1"),
        rfc="RFC 5280 4.2.1.10: all subsequent certificates, not leaves alone.",
    ),
    "a self-issued CA's own names": Case(
        lambda: Chain(
            Maker("leaf", "CA", key("new"), key("leaf"), False).sign(),
            [
                Maker(
                    "CA", "Root", key("root"), key("old"), True, put=narrow(der.encode(0x82, b"a.test"))["put"]
                ).sign(),
                Maker("CA", "CA", key("old"), key("new"), True, put={"san": (dns("b.test"), False)}).sign(),
            ],
            [root()],
        ),
        rfc="RFC 5280 6.1.3 (b): a self-issued certificate is not held to constraints unless it is the last.",
    ),
    "internationalized mail": Case(
        lambda: chain(san(der.encode(0x82, HOST.encode()), INTERNATIONAL_MAIL), narrow(der.encode(0x81, b"b.test"))),
        one("name_constraints"),
        agrees=False,
        rfc="RFC 9598 6: constraints on e-mail hold SmtpUTF8Mailbox too; what is not compared is not let through.",
    ),
    "mail with two signs @": Case(
        lambda: chain(host_and(0x81, b"a@evil.test@b.test"), narrow(der.encode(0x81, b"b.test"))),
        one("name_constraints"),
        rfc="RFC 5280 4.2.1.6: a Mailbox, Local-part@Domain.",
    ),
    "an excluded mailbox in capitals": Case(
        lambda: chain(host_and(0x81, b"ROOT@b.test"), narrow(excluded=(der.encode(0x81, b"root@b.test"),))),
        one("name_constraints"),
        agrees=False,
        rfc="RFC 5280 4.1.2.6: in a subject case tells no mailboxes apart; what is excluded is so in any case.",
    ),
    "a URI that two readers read differently": Case(
        lambda: chain(host_and(0x86, b"https://evil.test\\@b.test/"), narrow(der.encode(0x86, b"b.test"))),
        one("name_constraints"),
        rfc="RFC 5280 4.2.1.6: a URI follows RFC 3986, which has no backslash.",
    ),
}

AUTHORITIES = {
    "a leaf as an issuer": Case(
        impostor,
        {("issuer_is_ca", "intermediate 1"), ("issuer_may_sign", "intermediate 1")},
        {("subject_key_identifier", "intermediate 1")},
        {"hostname": HOST},
        rfc="RFC 5280 6.1.4 (k): an issuer has cA TRUE, or its key does not verify certificates.",
    ),
    "another root of the name": Case(
        twin_of_the_root,
        one("trust_anchor", "root"),
        one("authority_key_identifier", "intermediate 1"),
        rfc="RFC 5280 6.1.1 (d): the anchor's key signs, and not that of a certificate with its name.",
    ),
    "the root's key under another name": Case(
        lambda: Chain(leaf(), [intermediate(issuer="Another Root")], [root()]),
        one("issuer_name", "intermediate 1"),
        rfc="RFC 5280 6.1.3 (a)(4): name and key must both be those of the issuer.",
    ),
    "a CA with an empty name": Case(
        lambda: Chain(leaf(issuer=""), [intermediate(subject="")], [root()]),
        one("named_issuer"),
        rfc="RFC 5280 4.1.2.6: the subject of a CA must not be empty.",
    ),
    "a root of version 1": Case(
        lambda: Chain(leaf(), [intermediate()], [version_1(root(), key("root"))]),
        {("version", "trust anchor"), ("issuer_is_ca", "trust anchor")},
        {("issuer_may_sign", "trust anchor"), ("subject_key_identifier", "trust anchor")},
        rfc="RFC 5280 6.1.4 (k): without extensions none can say that it is a CA; asked of the anchor as clients do.",
    ),
    "a leaf of version 1, with extensions": Case(
        lambda: Chain(version_1(leaf(), key("ca"), extensions=True), [intermediate()], [root()]),
        one("version"),
        rfc="RFC 5280 4.1.2.9: extensions must only appear in version 3.",
    ),
    "a root without key identifier": Case(
        lambda: chain(root_with={"leave": ("ski", "aki")}),
        lints=one("subject_key_identifier", "trust anchor"),
        rfc="RFC 5280 4.2.1.2: it must appear in the certificates of CAs; path validation does not ask.",
    ),
    "an authority key identifier by issuer and serial number alone": Case(
        lambda: chain(put(aki=(x509.AuthorityKeyIdentifier(None, [x509.DirectoryName(name("Root"))], 0x1234), False))),
        lints=one("authority_key_identifier"),
        rfc="RFC 5280 4.2.1.1: keyIdentifier must be included; path validation does not ask.",
    ),
    "critical key identifiers": Case(
        lambda: chain(None, put(ski=(x509.SubjectKeyIdentifier.from_public_key(key("ca").public_key()), True))),
        lints=one("subject_key_identifier", "intermediate 1"),
        agrees=False,
        rfc="RFC 5280 4.2.1.2: not critical; it is understood all the same.",
    ),
    "a self-signed leaf as its own anchor": Case(
        lambda: Chain(own(), [], [own()]),
        rfc="RFC 5280 6.1: whoever trusts the certificate itself needs no path.",
    ),
    "a self-signed CA as a leaf and as its own anchor": Case(
        lambda: Chain(root(put={"san": (dns(HOST), False)}), [], [root(put={"san": (dns(HOST), False)})]),
        {("leaf_is_no_ca", "leaf"), ("leaf_key_usage", "leaf")},
        rfc="RFC 5280 4.2.1.9: a CA's key signs certificates; clients refuse one that serves connections.",
    ),
    "a leaf signed by itself beside a trusted one of its name": Case(
        lambda: Chain(leaf(issuer="leaf", signer=key("x"), public=key("x")), [], [own()]),
        one("trust_anchor"),
        rfc="RFC 5280 6.1.1 (d): a name is not enough.",
    ),
}

LENGTHS = {
    "path length 0 and a change of key": Case(
        lambda: Chain(
            Maker("leaf", "CA", key("new"), key("leaf"), False).sign(),
            [
                Maker(
                    "CA", "Root", key("root"), key("old"), True, put={"bc": (x509.BasicConstraints(True, 0), True)}
                ).sign(),
                Maker("CA", "CA", key("old"), key("new"), True).sign(),
            ],
            [root()],
        ),
        rfc="RFC 5280 6.1.4 (l): self-issued certificates are not counted.",
        agrees=False,
    ),
    "path length 0, a change of key, and a CA below": Case(
        lambda: rollover(0, 2),
        one("path_length", "intermediate 4"),
        rfc="RFC 5280 6.1.4 (l): a CA below is counted, also where its issuer has changed its key.",
    ),
    "path length 1, changes of key, and a CA below": Case(
        lambda: rollover(1, 3),
        agrees=False,
        rfc="RFC 5280 4.2.1.9: the number of intermediates that are not self-issued.",
    ),
    "a larger path length below a smaller one": Case(
        lambda: Chain(
            Maker("leaf", "C", key("C"), key("leaf"), False).sign(),
            [
                Maker(
                    "A", "Root", key("root"), key("A"), True, put={"bc": (x509.BasicConstraints(True, 0), True)}
                ).sign(),
                Maker("B", "A", key("A"), key("B"), True, put={"bc": (x509.BasicConstraints(True, 9), True)}).sign(),
                Maker("C", "B", key("B"), key("C"), True).sign(),
            ],
            [root()],
        ),
        one("path_length", "intermediate 3"),
        rfc="RFC 5280 6.1.4 (m): a path length below can only make the number smaller.",
    ),
    "path length of the anchor": Case(
        lambda: chain(root_with=put(bc=(x509.BasicConstraints(True, 0), True))),
        one("path_length", "trust anchor"),
        rfc="RFC 5280 6.2: an anchor may be limited; clients obey.",
    ),
    "a negative path length": Case(
        lambda: chain(None, basic(TRUE, b"\x02\x01\xff")),
        UNFIT,
        NO_EXTENSIONS,
        rfc="RFC 5280 4.2.1.9: greater than or equal to zero.",
    ),
    "a path length of 20 bytes": Case(
        lambda: chain(None, basic(TRUE, der.encode(2, b"\x7f" * 20))),
        UNFIT,
        NO_EXTENSIONS,
        rfc="RFC 5280 4.2.1.9: INTEGER (0..MAX); nobody has so many CAs.",
    ),
    "a path length and no CA": Case(
        lambda: chain(None, basic(b"", b"\x02\x01\x00")),
        UNFIT,
        NO_EXTENSIONS,
        rfc="RFC 5280 4.2.1.9: pathLenConstraint only where cA is asserted.",
    ),
    "FALSE written out": Case(
        lambda: chain(basic(b"\x01\x01\x00")),
        UNREADABLE,
        NO_NAMES,
        rfc="RFC 5280 4.1: DER, which leaves out what is the default.",
    ),
    "TRUE that is not 0xFF": Case(
        lambda: chain(None, basic(b"\x01\x01\x01")),
        UNFIT,
        NO_EXTENSIONS,
        rfc="RFC 5280 4.1: DER, in which TRUE is 0xFF.",
    ),
}

ENCODINGS = {
    "dates before 2050 as GeneralizedTime": Case(
        lambda: times((0x18, NOW - timedelta(days=1)), (0x17, NOW + timedelta(days=1))),
        lints=one("validity"),
        agrees=False,
        rfc="RFC 5280 4.1.2.5: CAs must use UTCTime through 2049; applications must be able to process either.",
    ),
    "dates after 2049": Case(
        lambda: times((0x17, NOW - timedelta(days=1)), (0x18, datetime(2050, 1, 1))),
        rfc="RFC 5280 4.1.2.5: dates in 2050 or later are GeneralizedTime.",
    ),
    "no end that is known": Case(
        lambda: times((0x17, NOW - timedelta(days=1)), (0x18, datetime(9999, 12, 31, 23, 59, 59))),
        rfc="RFC 5280 4.1.2.5: 99991231235959Z says that there is none.",
    ),
    "UTCTime of 1950": Case(
        lambda: times((0x17, datetime(1950, 1, 1)), (0x17, NOW + timedelta(days=1))),
        rfc="RFC 5280 4.1.2.5.1: a year from 50 on is of the last century.",
    ),
    "UTCTime of 49 as an end": Case(
        lambda: times((0x17, NOW - timedelta(days=1)), (0x17, datetime(2049, 12, 31))),
        rfc="RFC 5280 4.1.2.5.1: a year below 50 is of this century.",
    ),
    "an end before the beginning": Case(
        lambda: times((0x17, NOW + timedelta(days=1)), (0x17, NOW - timedelta(days=1))),
        one("validity"),
        rfc="RFC 5280 4.1.2.5: from notBefore through notAfter.",
    ),
    "two algorithms in the leaf": Case(
        lambda: two_algorithms("leaf"),
        one("signature"),
        rfc="RFC 5280 4.1.1.2: the same algorithm identifier twice.",
    ),
    "two algorithms in the intermediate": Case(
        lambda: two_algorithms("intermediate"),
        one("signature", "intermediate 1"),
        rfc="RFC 5280 4.1.1.2: the same algorithm identifier twice.",
    ),
    "two algorithms in the anchor": Case(
        lambda: two_algorithms("root"),
        agrees=False,
        rfc="RFC 5280 6.1.1 (d): of an anchor, name and key are input; its own signature is not.",
    ),
    "unused bits in the signature": Case(
        lambda: Chain(x509.load_der_x509_certificate(unused_bits()), [intermediate()], [root()]),
        one("signature"),
        agrees=False,
        rfc="RFC 5280 4.1.1.3: the signature's octets as a BIT STRING; a count of unused bits that nothing covers"
        " would give one certificate two fingerprints.",
    ),
    "an unknown signature algorithm": Case(
        lambda: Chain(x509.load_der_x509_certificate(strange_algorithm()), [intermediate()], [root()]),
        {("signature", "leaf"), ("signature_strength", "leaf")},
        rfc="RFC 5280 4.1.1.2: others may be supported; what is not is not verified.",
    ),
    "an unknown kind of key": Case(
        lambda: leaf_key(spki("0603550405", b"\x30\x00")),
        {("readable", "leaf"), ("key_strength", "leaf")},
        agrees=False,
        rfc="RFC 5280 4.1.2.7: the algorithm says how the key is used.",
    ),
    "critical policy constraints": Case(
        lambda: chain(None, put(pc=(x509.PolicyConstraints(0, None), True))),
        one("critical_extensions", "intermediate 1"),
        rfc="RFC 5280 6.1.4 (o): a critical extension that is not processed refuses.",
    ),
    "critical policy mappings": Case(
        lambda: chain(None, put(pm=(unknown("2.5.29.33", bytes.fromhex("300e300c060455040101060455040102")), True))),
        one("critical_extensions", "intermediate 1"),
        rfc="RFC 5280 6.1.4 (o): a critical extension that is not processed refuses.",
    ),
    "critical inhibit anyPolicy": Case(
        lambda: chain(None, put(ia=(x509.InhibitAnyPolicy(0), True))),
        one("critical_extensions", "intermediate 1"),
        rfc="RFC 5280 6.1.4 (o): a critical extension that is not processed refuses.",
    ),
    "critical policies": Case(
        lambda: chain(put(cp=(POLICIES, True))),
        one("critical_extensions"),
        rfc="RFC 5280 4.2.1.4: who cannot interpret them, qualifiers included, must reject.",
    ),
    "policies": Case(
        lambda: chain(put(cp=(POLICIES, False)), put(cp=(POLICIES, False))),
        rfc="RFC 5280 4.2: an extension that is not critical may be ignored.",
    ),
    "a key usage without a use": Case(
        lambda: chain(put(ku=(usage(), True))),
        one("leaf_key_usage"),
        agrees=False,
        rfc="RFC 5280 4.2.1.3: at least one bit must be set; the key of a server must sign.",
    ),
}

KEYS = {
    "RSA with exponent 1": Case(
        lambda: leaf_key(rsa_spki(modulus(), 1)),
        {("readable", "leaf"), ("key_strength", "leaf")},
        agrees=False,
        rfc="RFC 8017 3.1: e is at least 3.",
    ),
    "RSA with an even exponent": Case(
        lambda: leaf_key(rsa_spki(modulus(), 65536)),
        {("readable", "leaf"), ("key_strength", "leaf")},
        agrees=False,
        rfc="RFC 8017 3.1: e has no factor in common with p - 1 and q - 1, which are even.",
    ),
    "RSA with exponent 3": Case(
        lambda: leaf_key(rsa_spki(modulus(), 3)),
        rfc="RFC 8017 3.1: from 3 on; rarely used, and not refused.",
    ),
    "RSA with a modulus of 16,384 bits": Case(
        lambda: leaf_key(rsa_spki((1 << 16383) | 1, 65537)),
        {("readable", "leaf"), ("key_strength", "leaf")},
        agrees=False,
        rfc="No section: a stated limit. One signature with such a key takes milliseconds, and a peer may send many.",
    ),
    "RSA with an exponent as long as its modulus": Case(
        lambda: leaf_key(rsa_spki(modulus(), modulus() - 2)),
        {("readable", "leaf"), ("key_strength", "leaf")},
        agrees=False,
        rfc="No section: a stated limit. One signature with such a key takes milliseconds, and a peer may send many.",
    ),
    "an RSA key for PSS alone": Case(
        pss_key,
        {("readable", "intermediate 1"), ("key_strength", "intermediate 1"), ("signature", "leaf")},
        rfc="RFC 4055 1.2: such a key must not sign with PKCS #1 v1.5.",
    ),
    "PSS with the salt of TLS": Case(
        lambda: pss_signed(32),
        rfc="RFC 9846 4.3.3: a salt as long as the hash.",
    ),
    "PSS without salt": Case(
        lambda: pss_signed(0),
        one("signature_strength"),
        rfc="RFC 9846 4.3.3: a salt as long as the hash.",
    ),
    "a curve by its numbers": Case(
        lambda: leaf_key(spki(EC, point("leaf"), parameters=explicit_curve())),
        {("readable", "leaf"), ("key_strength", "leaf")},
        agrees=False,
        rfc="RFC 5480 2.1.1: specifiedCurve must not be used; with numbers of one's own a key is forged.",
    ),
    "a point off its curve": Case(
        lambda: leaf_key(spki(EC, point("leaf")[:-1] + bytes([point("leaf")[-1] ^ 1]), parameters=P256)),
        {("readable", "leaf"), ("key_strength", "leaf")},
        agrees=False,
        rfc="RFC 5480 2.2: the key is a point of the curve.",
    ),
    "P-192": Case(
        lambda: Chain(leaf(public=ec.generate_private_key(ec.SECP192R1())), [intermediate()], [root()]),
        one("key_strength"),
        agrees=False,
        rfc="RFC 9846 4.3.3: TLS 1.3 signs with P-256, P-384 and P-521.",
    ),
}

ADVERSARIES: dict[str, Case] = NAMES | CONSTRAINED | AUTHORITIES | LENGTHS | ENCODINGS | KEYS
