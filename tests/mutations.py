"""Certificates changed where it matters: elements of the signed part are mangled, and the result is signed again.

Sections: none.
Leaves out: what must hold of the verdict; `differences` says that.

Bytes choose everything, so that hypothesis shrinks them and a fuzzer learns which of them lead somewhere new.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from ipaddress import ip_address, ip_network
from typing import Any

from chains import HOST, NOW, Chain, chain, key, resigned
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID as Usage

from tlslearn import der
from tlslearn.chain import NAME_NOT_CHECKED, Verdict, validate

TAGS = (0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0C, 0x13, 0x16, 0x17, 0x18, 0x1E, 0x30, 0x31)
TAGS += (0x80, 0x81, 0x82, 0x86, 0x87, 0x88, 0xA0, 0xA1, 0xA3, 0xA4)
SIGNERS = ("ca", "root", "root")  # of leaf, intermediate, root
ASKED: tuple[dict[str, Any], ...] = (
    {"hostname": HOST},
    {"hostname": "x.c.test"},
    {"hostname": "10.1.2.3"},
    {"hostname": HOST, "purpose": "client"},
    {"hostname": NAME_NOT_CHECKED, "purpose": "client"},
    {"hostname": NAME_NOT_CHECKED, "purpose": "any"},
)


class Choices:
    """Numbers from bytes; zeros when they are used up."""

    def __init__(self, data: bytes) -> None:
        self._left = iter(data)

    def below(self, limit: int) -> int:
        number = next(self._left, 0)
        return (number if limit <= 256 else number << 8 | next(self._left, 0)) % limit

    def bytes(self, most: int) -> bytes:
        return bytes(self.below(256) for _ in range(self.below(most + 1)))


@dataclass
class Element:
    """A DER element that can be changed: its content, or what is inside it."""

    tag: int
    content: bytes
    inside: list[Element] | None

    @classmethod
    def of(cls, node: der.Node) -> Element:
        children = list(node.children)
        if node.tag == 0x04:  # as extensions wrap their values
            with suppress(der.Malformed):
                children = [node.inside()]
        return cls(node.tag, node.content, [cls.of(child) for child in children] or None)

    def encode(self) -> bytes:
        return der.encode(self.tag, self.content if self.inside is None else [one.encode() for one in self.inside])

    def all(self) -> list[Element]:
        return [self, *(one for child in self.inside or () for one in child.all())]

    def mangle(self, others: list[Element], choose: Choices) -> None:
        """One change: of the tag, of some bytes, of what is inside; `others` may be put inside too."""
        how = choose.below(8)
        if how == 0:
            self.tag = TAGS[choose.below(len(TAGS))]
        elif self.inside is None:
            self.content = _mangled(self.content, how, choose)
        else:
            place = choose.below(len(self.inside) + 1)
            more = others[choose.below(len(others))] if how < 6 else Element(0x82, choose.bytes(4), None)
            if how < 3:
                self.inside = self.inside[:place] + self.inside[place + 1 :]
            elif how == 3:
                self.inside.reverse()
            elif not any(one is self for one in more.all()):  # nothing holds itself
                self.inside.insert(place, more)


def _mangled(content: bytes, how: int, choose: Choices) -> bytes:
    place = choose.below(len(content) + 1)
    before, after = content[:place], content[place:]
    if how < 4 and after:
        return before + bytes([after[0] ^ 1 << choose.below(8)]) + after[1:]
    return before + choose.bytes(3) + after[how == 6 :] if how < 7 else choose.bytes(8)


def mutated(certificate: x509.Certificate, signer: str, choose: Choices) -> x509.Certificate | None:
    """The certificate with one to three changes, under a good signature; None where it is no certificate any more."""
    body = Element.of(der.parse(certificate.tbs_certificate_bytes))
    for _ in range(1 + choose.below(3)):
        elements = body.all()
        elements[choose.below(len(elements))].mangle(elements, choose)
    try:
        return x509.load_der_x509_certificate(resigned(body.encode(), key(signer)))
    except (ValueError, x509.InvalidVersion):  # also: a tag that is none
        return None


@cache
def bases() -> tuple[Chain, ...]:
    """Good chains that hold what there is to be mangled."""
    hosts = [x509.DNSName(HOST), x509.DNSName("*.c.test"), x509.IPAddress(ip_address("10.1.2.3"))]
    mail = [x509.RFC822Name("a@b.test"), x509.UniformResourceIdentifier("https://x.test/")]
    both = {"eku": (x509.ExtendedKeyUsage([Usage.SERVER_AUTH, Usage.CLIENT_AUTH]), False)}
    permitted = [x509.DNSName("test"), x509.IPAddress(ip_network("10.0.0.0/8"))]
    excluded = [x509.DNSName("b.test"), x509.IPAddress(ip_network("10.9.0.0/16"))]
    narrow = {"nc": (x509.NameConstraints(permitted, excluded), True), "bc": (x509.BasicConstraints(True, 0), True)}
    mailed = {"nc": (x509.NameConstraints([*permitted, x509.RFC822Name("b.test")], None), True)}
    return (
        chain({"put": {"san": (x509.SubjectAlternativeName(hosts), False)} | both}, {"put": narrow}),
        chain({"put": {"san": (x509.SubjectAlternativeName([*hosts, *mail]), False)} | both}, {"put": mailed}),
        chain({"put": both}, {"put": both}, {"put": narrow | {"bc": (x509.BasicConstraints(True, 1), True)}}),
    )


def verdict(data: bytes) -> Verdict | None:
    """What is said of a chain with one certificate mangled, all of it chosen by the bytes; None where there is none."""
    choose = Choices(data)
    parts = [*bases()[choose.below(len(bases()))]]
    certificates = [parts[0], parts[1][0], parts[2][0]]
    place, asked = choose.below(3), ASKED[choose.below(len(ASKED))]
    changed = mutated(certificates[place], SIGNERS[place], choose)
    if changed is None:
        return None
    certificates[place] = changed
    return validate(certificates[0], certificates[1:2], certificates[2:], at=NOW, **asked)
