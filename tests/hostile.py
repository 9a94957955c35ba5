"""Chains that are made to cost much: what a peer may send and a caller may load, each with the answer it must get.

Sections: none.
Leaves out: counting and timing; `test_chain_hostile` counts the work, `bench chain` takes the time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from itertools import permutations
from typing import Any

from chains import HOST, NOW, PARTS, Chain, Maker, dns, intermediate, key, leaf, name, root
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from tlslearn import der

MANY = 1_000


@dataclass(frozen=True)
class Hostile:
    """How it is made, whether it is valid all the same, and what the verdict says if it is not (part of a text)."""

    make: Callable[[], Chain]
    ok: bool
    says: str = ""


@dataclass(frozen=True)
class Public:
    """A public key that nobody has the private key of, in the place where a `Maker` wants a private one."""

    key: Any

    def public_key(self) -> Any:
        return self.key


def big_rsa(number: int, bits: int, exponent: int) -> Public:
    return Public(rsa.RSAPublicNumbers(exponent, (1 << bits) - 2 * number - 1).public_key())


def names(count: int, suffix: str = "test") -> x509.SubjectAlternativeName:
    return dns(HOST, *(f"h{number}.{suffix}" for number in range(count)))


def trees(count: int, suffix: str = "test") -> list[x509.GeneralName]:
    return [x509.DNSName(HOST), *(x509.DNSName(f"h{number}.{suffix}") for number in range(count))]


def constrained(
    permitted: list[x509.GeneralName] | None, excluded: list[x509.GeneralName] | None = None
) -> dict[str, Any]:
    return {"nc": (x509.NameConstraints(permitted, excluded), True)}


def many_names(san: x509.SubjectAlternativeName, *above: dict[str, Any], upper: dict[str, Any] | None = None) -> Chain:
    put = above[0] if above else {}
    return Chain(leaf(put={"san": (san, False)}), [intermediate(put=put)], [root(put=upper or {})])


def deep(depth: int) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "x")] * depth)


def deep_directories() -> Chain:
    """Directory names of every depth as constraints, and hundreds of deep ones held to them."""
    put = constrained([x509.DirectoryName(deep(depth)) for depth in range(150, 2, -1)])
    san = x509.SubjectAlternativeName([x509.DNSName(HOST), *[x509.DirectoryName(deep(150))] * 100])
    end = leaf(names=(deep(200), intermediate().subject), put={"san": (san, False)})
    return Chain(end, [intermediate(put=put)], [root()])


def namesakes(public: Callable[[int], Any]) -> Chain:
    """Many certificates of the issuer's name and its key identifier, each for a key of its own; the real one last."""
    ski = (x509.SubjectKeyIdentifier.from_public_key(key("ca").public_key()), False)
    false = [intermediate(public=public(number), put={"ski": ski}) for number in range(MANY)]
    return Chain(leaf(), [*false, intermediate()], [root()])


def rsa_namesakes(bits: int, exponent: int) -> Chain:
    """The same with RSA keys, and a leaf whose signature looks like one by each of them: all have to be tried."""
    algorithm = der.encode(0x30, bytes.fromhex("06092a864886f70d01010b0500"))  # sha256WithRSAEncryption
    parts = [part.bytes for part in der.parse(leaf().tbs_certificate_bytes)]
    parts[PARTS.index("algorithm")] = algorithm
    signature = der.encode(0x03, b"\0" + b"\1" * (bits // 8))
    end = x509.load_der_x509_certificate(der.encode(0x30, [der.encode(0x30, parts), algorithm, signature]))
    made = namesakes(lambda number: big_rsa(number, bits, exponent))
    return Chain(end, made.intermediates, made.anchors)


def same_key(**leaf_changes: Any) -> Chain:
    """Many certificates for the issuer's own key, all expired: as many complete paths, none of them valid."""
    late = [intermediate(end=NOW - timedelta(seconds=number + 1)) for number in range(MANY)]
    return Chain(leaf(**leaf_changes), late, [root()])


def self_issued() -> Chain:
    own = [Maker("Issuing CA", "Issuing CA", key("ca"), key("ca"), True, serial=one + 1).sign() for one in range(MANY)]
    return Chain(leaf(), [*own, intermediate()], [root()])


def crowd(size: int) -> Chain:
    """Everybody signs everybody, and one of them is signed by the root, as no CA."""
    between = [
        Maker(one, other, key(other), key(one), True).sign()
        for one, other in permutations([f"Crowd {number}" for number in range(size)], 2)
    ]
    last = f"Crowd {size - 1}"
    between.append(Maker(last, "Root", key("root"), key(last), True, leave=("bc",)).sign())
    return Chain(Maker("leaf", "Crowd 0", key("Crowd 0"), key("leaf"), False).sign(), between, [root()])


def twins(length: int) -> Chain:
    """Each rung twice, one of them expired: two to the power of `length` paths, a single one of them valid."""
    above, signer, between = "Root", key("root"), []
    for number in range(length):
        subject, own = f"CA {number}", key(f"rung {number}")
        between += [
            Maker(subject, above, signer, own, True, end=NOW - timedelta(days=0.5)).sign(),
            Maker(subject, above, signer, own, True).sign(),
        ]
        above, signer = subject, own
    return Chain(Maker("leaf", above, signer, key("leaf"), False).sign(), between, [root()])


def late_twins(length: int) -> Chain:
    """The same, and the leaf is for another host: no path is valid, and there are too many to look at each."""
    made = twins(length)
    below, signer = f"CA {length - 1}", key(f"rung {length - 1}")
    other = Maker("leaf", below, signer, key("leaf"), False, put={"san": (dns("b.test"), False)}).sign()
    return Chain(other, made.intermediates, made.anchors)


def long_ladder(length: int) -> Chain:
    above, signer, between = "Root", key("root"), []
    for number in range(length):
        subject, own = f"CA {number}", key(f"rung {number % 2}")
        between.append(Maker(subject, above, signer, own, True).sign())
        above, signer = subject, own
    return Chain(Maker("leaf", above, signer, key("leaf"), False).sign(), between, [root()])


def marks(count: int) -> Chain:
    """A subject of combining signs in the order that takes longest to put right."""
    text = x509.NameAttribute(x509.NameOID.COMMON_NAME, "\u0316\u0300" * count, _validate=False)
    above = x509.Name([text])
    return Chain(leaf(names=(name("leaf"), above)), [intermediate(names=(above, name("Root")))], [root()])


ALL: dict[str, Hostile] = {
    "10,000 names": Hostile(lambda: many_names(names(10_000)), True),
    "10,000 names, none the host": Hostile(
        lambda: many_names(dns(*(f"h{number}.test" for number in range(10_000)))), False, "more"
    ),
    "10,000 names, 10,000 subtrees permitted": Hostile(
        lambda: many_names(names(10_000), constrained(trees(10_000))), True
    ),
    "10,000 names, all outside 10,000 subtrees": Hostile(
        lambda: many_names(names(10_000, "other"), constrained(trees(10_000)), upper=constrained(trees(10_000))),
        False,
        "is not permitted by",
    ),
    "100 directory names 150 deep, 148 subtrees": Hostile(deep_directories, True),
    "1,000 namesakes, P-256": Hostile(lambda: namesakes(lambda number: key(f"false {number}")), True),
    "1,000 namesakes, P-521": Hostile(lambda: namesakes(lambda number: ec.generate_private_key(ec.SECP521R1())), True),
    "1,000 namesakes, RSA 8192": Hostile(lambda: rsa_namesakes(8192, 2**32 - 5), False, "does not match the bytes"),
    "1,000 namesakes, RSA with an exponent as long": Hostile(
        lambda: rsa_namesakes(3072, 2**3071 + 1), False, "in a way that is not verified here"
    ),
    "1,000 expired issuers of one key": Hostile(same_key, False, "the certificate is in its time"),
    "1,000 expired issuers, 10,000 names": Hostile(
        lambda: same_key(put={"san": (names(10_000), False)}), False, "the certificate is in its time"
    ),
    "1,000 self-issued certificates of one key": Hostile(self_issued, True),
    "everybody of 38 signs everybody": Hostile(lambda: crowd(38), False, "found but unfit"),
    "60 rungs, each twice": Hostile(lambda: twins(60), True),
    "60 rungs, each twice, another host": Hostile(lambda: late_twins(60), False, "covers the host"),
    "a ladder of 1,000": Hostile(lambda: long_ladder(1_000), True),
    "a ladder of 2,000": Hostile(lambda: long_ladder(2_000), False, "its limit"),
    "a name of 100,000 combining signs": Hostile(lambda: marks(50_000), True),
}
