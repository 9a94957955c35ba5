"""Certificate files as people bring them, each with one thing out of order, and the row of CAUSES that has to be named.

Sections: RFC 5280, RFC 7468; the certificates are those of `chains`.
Leaves out: what is said about them besides; the tests look.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from random import Random
from typing import Any

from chains import (
    HOST,
    NOW,
    WITHOUT_CHANCE,
    Maker,
    changed_signature,
    dns,
    intermediate,
    key,
    leaf,
    name,
    resigned,
    root,
    unknown,
    usage,
    version_1,
)
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    pkcs7,
    pkcs12,
)
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID

from tlslearn.publickey import random_prime

ADDRESS = "http://ca.test/issuing.cer"
LONG_AGO = {"start": NOW - timedelta(days=40), "end": NOW - timedelta(days=30)}
LATER = {"start": NOW + timedelta(days=30, hours=1), "end": NOW + timedelta(days=40)}


@dataclass(frozen=True)
class Case:
    """Files, the row they lead to, and what else is asked: anchors (the root of `chains` unless told), host, …"""

    make: Callable[[], dict[str, bytes]]
    kind: str
    trust: Callable[[], Sequence[x509.Certificate]] = field(default=lambda: [root_()])
    host: str | None = HOST
    asked: dict[str, Any] = field(default_factory=dict)
    says: tuple[str, ...] = ()  # parts of the text that have to be there
    place: str | None = None


@cache
def root_() -> x509.Certificate:
    return root()


@cache
def ca() -> x509.Certificate:
    return intermediate()


@cache
def good() -> x509.Certificate:
    return leaf()


@cache
def rsa_1024() -> rsa.RSAPrivateKey:
    """From the same primes in each run."""
    p, q = (random_prime(512, Random(seed)) for seed in ("p", "q"))
    d = rsa.rsa_recover_private_exponent(65537, p, q)
    parts = rsa.rsa_crt_dmp1(d, p), rsa.rsa_crt_dmq1(d, q), rsa.rsa_crt_iqmp(p, q)
    return rsa.RSAPrivateNumbers(p, q, d, *parts, rsa.RSAPublicNumbers(65537, p * q)).private_key()


def pem(*certificates: x509.Certificate) -> bytes:
    return b"".join(one.public_bytes(Encoding.PEM) for one in certificates)


def der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)


def key_pem(role: str, passphrase: bytes | None = None) -> bytes:
    closed = BestAvailableEncryption(passphrase) if passphrase else NoEncryption()
    return key(role).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, closed)


def request() -> x509.CertificateSigningRequest:
    return x509.CertificateSigningRequestBuilder(name("leaf")).sign(
        key("leaf"), hashes.SHA256(), ecdsa_deterministic=WITHOUT_CHANCE
    )


def crl() -> x509.CertificateRevocationList:
    builder = x509.CertificateRevocationListBuilder(name("Root"), NOW, NOW + timedelta(1))
    return builder.sign(key("root"), hashes.SHA256(), ecdsa_deterministic=WITHOUT_CHANCE)


def container() -> bytes:
    closed = BestAvailableEncryption(b"secret")
    return pkcs12.serialize_key_and_certificates(b"shop", key("leaf"), good(), [ca()], closed)


def address() -> dict[str, Any]:
    access = x509.AccessDescription(AuthorityInformationAccessOID.CA_ISSUERS, x509.UniformResourceIdentifier(ADDRESS))
    return {"put": {"aia": (x509.AuthorityInformationAccess([access]), False)}}


@cache
def own_word() -> x509.Certificate:
    return self_signed()


@cache
def other_root() -> x509.Certificate:
    return root(subject="Other", issuer="Other", signer=key("other root"), public=key("other root"))


def self_signed(**changes: Any) -> x509.Certificate:
    return leaf(subject="own", issuer="own", signer=key("leaf"), **changes)


def put(label: str, value: x509.ExtensionType, critical: bool = False) -> dict[str, Any]:
    return {"put": {label: (value, critical)}}


def swapped(data: bytes, old: bytes, new: bytes) -> x509.Certificate:
    assert old in data and len(old) == len(new)
    return x509.load_der_x509_certificate(data.replace(old, new))


def circle() -> list[x509.Certificate]:
    one, two = key("one"), key("two")
    return [
        leaf(issuer="One", signer=one),
        Maker("One", "Two", two, one, True).sign(),
        Maker("Two", "One", one, two, True).sign(),
    ]


def full(*, leaf_with: dict[str, Any] | None = None, ca_with: dict[str, Any] | None = None) -> dict[str, bytes]:
    """A server's file in order: the leaf, then its issuer; ordinary but for the changes."""
    return {
        "fullchain.pem": pem(leaf(**leaf_with) if leaf_with else good(), intermediate(**ca_with) if ca_with else ca())
    }


def ordinary(**files: bytes) -> dict[str, bytes]:
    """A good chain beside other files; an underscore in a name stands for its dot."""
    return full() | {label.replace("_", "."): data for label, data in files.items()}


def nobody() -> list[x509.Certificate]:
    return []


def constrained(*permitted: str) -> dict[str, Any]:
    return put("nc", x509.NameConstraints([x509.DNSName(one) for one in permitted], None), True)


READABLE: dict[str, Case] = {
    "in order": Case(full, "valid", says=("up to the trust anchor Root", "not revoked")),
    "with the root": Case(lambda: {"all.pem": pem(good(), ca(), root_())}, "valid"),
    "out of order": Case(
        lambda: {"all.pem": pem(root_(), ca(), good())},
        "valid",
        says=("all.pem is out of order", "each followed by its issuer: a.test, Issuing CA, Root"),
    ),
    "intermediates out of order": Case(
        lambda: {"all.pem": pem(_below_two()[0], _below_two()[2], _below_two()[1])}, "valid", says=("out of order",)
    ),
    "in several files": Case(lambda: {"chain.pem": pem(ca()), "cert.pem": pem(good())}, "valid"),
    "DER": Case(lambda: {"leaf.cer": der(good()), "ca.crt": der(ca())}, "valid"),
    "PKCS#7 in DER": Case(
        lambda: {"all.p7b": pkcs7.serialize_certificates([root_(), ca(), good()], Encoding.DER)}, "valid"
    ),
    "PKCS#7 in PEM": Case(
        lambda: {"all.p7b": pkcs7.serialize_certificates([ca(), good()], Encoding.PEM)},
        "valid",
        says=("all.p7b is PKCS#7; servers and Python want PEM",),
    ),
    "line ends and words between": Case(
        lambda: {"all.pem": b"subject=leaf\r\n" + full()["fullchain.pem"].replace(b"\n", b"\r\n") + b"\r\nthe end"},
        "valid",
    ),
    "a byte order mark": Case(lambda: _written_as("utf-8-sig"), "valid"),
    "OpenSSL's trusted form": Case(lambda: {"ca.pem": pem(ca()), "leaf.pem": _openssl_trusted(good())}, "valid"),
    "with its key": Case(lambda: ordinary(key_pem=key_pem("leaf")), "valid"),
    "with its key in DER": Case(
        lambda: ordinary(key_der=key("leaf").private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())),
        "wrong form",
        says=("key.der is DER, and has to be PEM",),
    ),
    "PKCS#7 with its key": Case(
        lambda: {
            "all.p7b": pkcs7.serialize_certificates([good(), ca()], Encoding.PEM),
            "key.pem": key_pem("leaf"),
        },
        "wrong form",
        says=("all.p7b is PKCS#7, and has to be PEM",),
        place="files",
    ),
    "out of order, with its key": Case(
        lambda: {"all.pem": pem(ca(), good()), "key.pem": key_pem("leaf")},
        "wrong form",
        says=("in all.pem the leaf has to stand first", "out of order"),
    ),
    "key, parameters and chain in one file": Case(
        lambda: {
            "all.pem": b"-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"
            + key("leaf").private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
            + full()["fullchain.pem"]
        },
        "valid",
    ),
    "with a key that is encrypted": Case(
        lambda: ordinary(key_pem=key_pem("leaf", b"secret")), "key not read", says=("key.pem is encrypted",)
    ),
    "with a public key for the private one": Case(
        lambda: ordinary(
            key_pem=key("leaf").public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        ),
        "key not read",
        says=("key.pem holds a public key, and no private one",),
    ),
    "with a key of PuTTY": Case(
        lambda: ordinary(key_ppk=b"PuTTY-User-Key-File-3: ecdsa-sha2-nistp256\nEncryption: none\n"),
        "key not read",
        says=("key.ppk holds a key of PuTTY",),
    ),
    "with its key and another behind it": Case(
        lambda: ordinary(key_pem=key_pem("leaf") + key_pem("other")),
        "valid",
        says=("key.pem holds 2 private keys; the first is taken",),
    ),
    "DER with a line break behind it": Case(
        lambda: {"leaf.der": der(good()) + b"\r\n", "ca.der": der(ca())},
        "valid",
        says=("leaf.der has white space trailing behind its end (2 bytes), which Python refuses",),
    ),
    "a leaf that demands a staple": Case(
        lambda: full(leaf_with=put("feature", x509.TLSFeature([x509.TLSFeatureType.status_request]))),
        "valid",
        says=("must-staple",),
    ),
    "with the keys of two servers": Case(
        lambda: ordinary(key_pem=key_pem("leaf"), other_pem=key_pem("other")), "valid"
    ),
    "with its request": Case(
        lambda: ordinary(request_pem=request().public_bytes(Encoding.PEM)),
        "valid",
        says=("a certificate signing request",),
    ),
    "with a stranger": Case(
        lambda: ordinary(more_pem=pem(root(subject="Stranger", issuer="Stranger"))),
        "valid",
        says=("not part of this chain: Stranger",),
    ),
    "with all certificates twice": Case(lambda: {"all.pem": pem(good(), good(), ca(), ca())}, "valid"),
    "names that differ in case": Case(
        lambda: full(leaf_with={"issuer": "issuing  ca"}),
        "valid",  # RFC 5280 7.1
    ),
    "for a client": Case(
        lambda: full(leaf_with=put("eku", x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]))),
        "valid",
        host=None,
        asked={"purpose": "client"},
        says=("valid for clients",),
    ),
    "for any purpose": Case(full, "valid", host=None, asked={"purpose": "any"}, says=("no host name compared",)),
    "a CA for any purpose": Case(lambda: {"ca.pem": pem(ca())}, "valid", host=None, asked={"purpose": "any"}),
    "at a time when it was good": Case(
        lambda: full(leaf_with=LONG_AGO, ca_with=LONG_AGO),
        "valid",
        trust=lambda: [root(**LONG_AGO)],
        asked={"at": NOW - timedelta(days=35)},
    ),
    "an intermediate that is trusted": Case(
        lambda: {"leaf.pem": pem(good())},
        "valid",
        trust=lambda: [ca()],
        says=("Issuing CA is trusted here and no root",),
    ),
    "a leaf that is trusted": Case(lambda: {"own.pem": pem(own_word())}, "valid", trust=lambda: [own_word()]),
    "two leaves, one of which covers the host": Case(
        lambda: full() | {"b.pem": pem(leaf(public=key("b"), **put("san", dns("b.test"))))}, "valid"
    ),
    "an old leaf behind its successor": Case(
        lambda: {"all.pem": pem(good(), leaf(**LONG_AGO), ca())}, "valid", says=("can be the leaf",)
    ),
    "what a strict client may refuse": Case(
        lambda: full(ca_with={"leave": ("ku",)}), "valid", says=("strictly intermediate 1: an issuer's key may sign",)
    ),
    "no host named": Case(full, "name not checked", host=None, says=("--host NAME", "It covers a.test")),
}

FILES: dict[str, Case] = {
    "empty": Case(lambda: {"leaf.pem": b""}, "no certificate file", says=("leaf.pem is empty",), place="files"),
    "blank": Case(lambda: {"leaf.pem": b" \r\n\n"}, "no certificate file", says=("is empty",)),
    "a web page": Case(lambda: {"leaf.pem": b"\n<!DOCTYPE html><html>404"}, "no certificate file", says=("web page",)),
    "text": Case(lambda: {"leaf.pem": b"ask Ann for it"}, "no certificate file", says=("text without",)),
    "a dash too few": Case(
        lambda: {"leaf.pem": pem(good()).replace(b"-----", b"----")}, "no certificate file", says=("text without",)
    ),
    "bytes": Case(lambda: {"leaf.der": bytes(range(1, 99))}, "no certificate file", says=("neither text nor DER",)),
    "an empty file beside a good one": Case(lambda: ordinary(more_pem=b""), "no certificate file"),
    "PEM in Base64 once more": Case(
        lambda: {"all.pem": base64.encodebytes(full()["fullchain.pem"])},
        "damaged file",
        says=("base64 -d", "signed by Issuing CA"),
    ),
    "dashes for hyphens": Case(
        lambda: {"all.pem": full()["fullchain.pem"].replace(b"-----", "\N{EN DASH}\N{EM DASH}-".encode())},
        "damaged file",
        says=("as a word processor makes them", "signed by Issuing CA"),
    ),
    "a key in OpenSSH's own form": Case(
        lambda: ordinary(key_pem=key("leaf").private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())),
        "key not read",
        says=("OpenSSH's own form, which servers do not read",),
        place="leaf",
    ),
    "UTF-16": Case(lambda: _written_as("utf-16"), "damaged file", says=("UTF-16",)),
    "Base64 alone": Case(
        lambda: {"leaf.cer": base64.encodebytes(der(good())), "ca.pem": pem(ca())}, "damaged file", says=("lacks the",)
    ),
    "line breaks in two characters": Case(
        lambda: {"all.pem": full()["fullchain.pem"].replace(b"\n", b"\\n")}, "damaged file", says=("two characters",)
    ),
    "joined without a line break": Case(
        lambda: {"all.pem": pem(good()).rstrip() + pem(ca())}, "damaged file", says=("joined with another",)
    ),
    "all in one line": Case(
        lambda: {"all.pem": full()["fullchain.pem"].replace(b"\n", b" ")}, "damaged file", says=("joined with another",)
    ),
    "indented": Case(
        lambda: {"all.pem": b"  " + full()["fullchain.pem"].replace(b"\n", b"\n  ")}, "damaged file", says=("indented",)
    ),
    "PEM without its end": Case(
        lambda: {"all.pem": full()["fullchain.pem"][:-60]},
        "damaged file",
        says=("all.pem is cut off: lines BEGIN: 2, lines END: 1, whole blocks: 1",),
    ),
    "PEM without its beginning": Case(lambda: {"leaf.pem": pem(good())[60:]}, "damaged file", says=("is cut off",)),
    "PEM in which a line is missing": Case(
        lambda: {"leaf.pem": b"".join(pem(good()).splitlines(True)[:-3] + pem(good()).splitlines(True)[-1:])},
        "damaged file",
        says=("is not DER at byte",),
    ),
    "PEM with a sign that is no Base64": Case(
        lambda: {"leaf.pem": pem(good()).replace(b"MI", b"M?", 1)}, "damaged file", says=("is not Base64",)
    ),
    "DER cut short": Case(lambda: {"leaf.der": der(good())[:-9]}, "damaged file", says=("is not DER at byte",)),
    "DER with more behind it": Case(
        lambda: {"leaf.der": der(good()) + b"\n?"}, "damaged file", says=("is not DER at byte",)
    ),
    "DER of something else": Case(lambda: {"leaf.der": b"0\x03\x02\x01\x07"}, "not read", says=("leaf.der",)),
    "a date that is none": Case(lambda: {"leaf.pem": _dated_nonsense()}, "not read", says=("block 1, CERTIFICATE",)),
    "a key alone": Case(lambda: {"key.pem": key_pem("leaf")}, "no leaf", says=("key.pem holds a private key",)),
    "a request alone": Case(
        lambda: {"leaf.csr": request().public_bytes(Encoding.DER)}, "no leaf", says=("a certificate signing request",)
    ),
    "a request in PEM": Case(
        lambda: {"leaf.csr": request().public_bytes(Encoding.PEM)}, "no leaf", says=("a certificate signing request",)
    ),
    "a CRL alone": Case(lambda: {"ca.crl": crl().public_bytes(Encoding.DER)}, "no leaf", says=("holds a CRL",)),
    "a public key alone": Case(
        lambda: {"k.der": key("leaf").public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)},
        "no leaf",
        says=("a public key",),
    ),
    "PKCS#12": Case(lambda: {"shop.p12": container()}, "no leaf", says=("PKCS#12",)),
    "a Java keystore": Case(
        lambda: {"shop.jks": b"\xfe\xed\xfe\xed" + bytes(9)}, "no certificate file", says=("a Java keystore",)
    ),
    "a CA instead of the leaf": Case(lambda: {"ca.pem": pem(ca())}, "no leaf", says=("covers no host",)),
    "a list of roots": Case(
        lambda: {"roots.pem": pem(*(root(subject=f"R{one}", issuer=f"R{one}") for one in range(12)))},
        "no leaf",
        says=("2 more",),
    ),
    "two leaves": Case(
        lambda: full() | {"b.pem": pem(leaf(subject="b", **put("san", dns("b.test"))))},
        "leaf not clear",
        host=None,
        says=("leaf, b",),
    ),
    "the key of another": Case(
        lambda: ordinary(key_pem=key_pem("other")), "key mismatch", says=("key.pem holds another key", "RFC 9846 4.5.2")
    ),
    "the key of the CA": Case(lambda: ordinary(key_pem=key_pem("ca")), "key mismatch", place="leaf"),
    "the right key, behind another in its file": Case(
        lambda: ordinary(key_pem=key_pem("other") + key_pem("leaf")),
        "key mismatch",
        says=("and the right one behind it: servers take the first",),
    ),
    "the key of another, and expired": Case(
        lambda: full(leaf_with=LONG_AGO) | {"key.pem": key_pem("other")},
        "key mismatch",
        says=("also The leaf a.test ended",),
    ),
}

CHAINS: dict[str, Case] = {
    "missing intermediate": Case(
        lambda: {"leaf.pem": pem(leaf(**address()))},
        "no issuer",
        says=("Issuing CA", "key identifier", f"published at {ADDRESS} (not fetched)"),
        place="leaf",
    ),
    "a virus scanner": Case(
        lambda: full(
            leaf_with={"issuer": "Avast Web/Mail Shield Root"}, ca_with={"subject": "Avast Web/Mail Shield Root"}
        ),
        "interception",
        trust=lambda: [other_root()],
        place="intermediate 1",
    ),
    "unknown root": Case(full, "no issuer", trust=lambda: [other_root()], place="intermediate 1"),
    "nobody trusted": Case(full, "no issuer", trust=nobody),
    "root not trusted": Case(
        lambda: {"all.pem": pem(good(), ca(), root_())},
        "untrusted root",
        trust=nobody,
        place="root",
        says=("proves nothing",),
    ),
    "self-signed": Case(lambda: {"own.pem": pem(self_signed())}, "self-signed leaf", place="leaf"),
    "self-signed, with its key": Case(
        lambda: {"own.pem": pem(self_signed()), "key.pem": key_pem("leaf")}, "self-signed leaf"
    ),
    "self-signed, another one trusted": Case(
        lambda: {"own.pem": pem(self_signed())}, "self-signed leaf", trust=lambda: [self_signed(serial=7)]
    ),
    "a root of that name": Case(
        full, "another key", trust=lambda: [root(public=key("thief"), signer=key("thief"))], place="intermediate 1"
    ),
    "a root of that name, and the root along": Case(
        lambda: {"all.pem": pem(good(), ca(), root_())},
        "another root",
        trust=lambda: [root(public=key("thief"), signer=key("thief"))],
    ),
    "intermediate of that name": Case(
        lambda: full(ca_with={"public": key("renewed")}),
        "wrong intermediate",
        says=("missing Issuing CA, key identifier",),
    ),
    "changed leaf": Case(lambda: {"all.pem": pem(changed_signature(good()), ca())}, "changed", place="leaf"),
    "changed intermediate": Case(
        lambda: {"all.pem": pem(good(), changed_signature(ca()))}, "changed", place="intermediate 1"
    ),
    "changed name": Case(
        lambda: {"all.pem": pem(swapped(der(good()), b"a.test", b"b.test"), ca())}, "changed", host="b.test"
    ),
    "circle": Case(lambda: {"all.pem": pem(*circle())}, "circle"),
    "issuer renamed": Case(lambda: full(leaf_with={"issuer": "Issuing CA G2"}), "issuer_name", place="leaf"),
    "key identifier of another": Case(
        lambda: full(leaf_with=put("aki", x509.AuthorityKeyIdentifier(b"another", None, None))),
        "authority_key_identifier",
        place="leaf",
    ),
    "a way of signing that nobody knows": Case(
        lambda: {"all.pem": pem(_signed_in_a_new_way(), ca())}, "not verified", says=("not verified here",)
    ),
    "a way of signing that nobody knows, and another host": Case(
        lambda: {"all.pem": pem(_signed_in_a_new_way(), ca())}, "host", host="b.test", says=("also Cannot tell",)
    ),
    "CA:FALSE above": Case(
        lambda: full(ca_with=put("bc", x509.BasicConstraints(False, None), True)),
        "issuer_is_ca",
        place="intermediate 1",
    ),
    "no basic constraints above": Case(lambda: full(ca_with={"leave": ("bc",)}), "issuer_is_ca"),
    "a leaf that issues": Case(lambda: {"all.pem": pem(*_below_a_leaf())}, "issuer_is_ca"),
    "no keyCertSign above": Case(
        lambda: full(ca_with=put("ku", usage("crl_sign"), True)), "issuer_may_sign", place="intermediate 1"
    ),
    "path length": Case(lambda: {"all.pem": pem(*_below_two(0))}, "path_length", says=("1 below it, 0 at most",)),
    "outside the constraints": Case(lambda: full(ca_with=constrained("b.test")), "name_constraints", place="leaf"),
    "constraints in a leaf": Case(lambda: full(leaf_with=constrained("a.test")), "another rule"),
    "for clients alone": Case(
        lambda: full(leaf_with=put("eku", x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]))),
        "extended_key_usage",
        says=("clientAuth, not serverAuth",),
    ),
    "a server's, for a client": Case(full, "extended_key_usage", host=None, asked={"purpose": "client"}),
    "an intermediate for clients alone": Case(
        lambda: full(ca_with=put("eku", x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]))),
        "extended_key_usage",
        place="intermediate 1",
    ),
    "key usage": Case(lambda: full(leaf_with=put("ku", usage("data_encipherment"), True)), "leaf_key_usage"),
    "RSA of 1024 bits": Case(lambda: full(leaf_with={"public": rsa_1024()}), "key_strength", says=("RSA, 1024 bits",)),
    "SHA-224": Case(lambda: full(leaf_with={"hashed": hashes.SHA224()}), "signature_strength"),
    "a critical extension": Case(lambda: full(leaf_with=put("x", unknown(), True)), "critical_extensions"),
    "an extension twice": Case(lambda: {"all.pem": pem(_twice(), ca())}, "readable", place="leaf"),
    "version 1 above": Case(
        lambda: {"all.pem": pem(good(), version_1(ca(), key("root")))}, "version", place="intermediate 1"
    ),
    "a CA that serves": Case(
        lambda: {"all.pem": pem(leaf(**put("bc", x509.BasicConstraints(True, None), True)), ca())}, "leaf_is_no_ca"
    ),
    "host": Case(full, "host", host="b.test", says=("covers a.test; the client asked for b.test",)),
    "wildcard too deep": Case(lambda: full(leaf_with=put("san", dns("*.test"))), "host", host="a.b.test"),
    "address as a name": Case(lambda: full(leaf_with=put("san", dns("192.0.2.1"))), "host form", host="192.0.2.1"),
    "common name alone": Case(lambda: full(leaf_with={"subject": HOST, "leave": ("san",)}), "no names"),
    "expired": Case(lambda: full(leaf_with=LONG_AGO), "expired", place="leaf", says=("ended 30 days ago",)),
    "an end before its beginning": Case(
        lambda: {"all.pem": _never_valid()}, "never valid", place="leaf", says=("ends before it begins",)
    ),
    "a wildcard for a top-level domain": Case(
        lambda: full(leaf_with=put("san", dns("*.test"))), "wide wildcard", place="leaf"
    ),
    "the serial number of another issuer": Case(
        lambda: full(leaf_with=put("aki", x509.AuthorityKeyIdentifier(None, [x509.DNSName("x")], 7))),
        "authority_key_identifier",
        place="leaf",
    ),
    "expired intermediate": Case(lambda: full(ca_with=LONG_AGO), "expired CA", place="intermediate 1"),
    "expired root": Case(full, "expired anchor", trust=lambda: [root(**LONG_AGO)], place="trust anchor"),
    "not yet valid": Case(lambda: full(leaf_with=LATER), "not yet valid", says=("begins in 30 days",)),
    "asked about a later time": Case(
        full,
        "expired",
        asked={"at": datetime(2126, 1, 1, tzinfo=UTC)},
        says=("before the time asked about", "also Issuing CA, the certificate of a CA (intermediate 1), ended"),
    ),
    "asked about an earlier time": Case(full, "not yet valid", asked={"at": NOW - timedelta(days=3)}),
    "expired, and for another host": Case(
        lambda: full(leaf_with=LONG_AGO), "host", host="b.test", says=("also The leaf a.test ended",)
    ),
    "expired, and a missing intermediate": Case(
        lambda: {"leaf.pem": pem(leaf(**LONG_AGO))}, "no issuer", says=("also The leaf a.test ended",)
    ),
    "an old leaf before its successor": Case(
        lambda: {"all.pem": pem(leaf(**LONG_AGO), good(), ca())}, "expired", says=("the first is taken",)
    ),
}

TABLE = READABLE | FILES | CHAINS


@cache
def _below_two(path_length: int | None = None) -> list[x509.Certificate]:
    """A leaf, its issuer, and the CA above that."""
    limit = put("bc", x509.BasicConstraints(True, path_length), True)
    upper = intermediate(**limit)
    lower = Maker("Lower CA", "Issuing CA", key("ca"), key("lower"), True).sign()
    return [leaf(issuer="Lower CA", signer=key("lower")), lower, upper]


@cache
def _below_a_leaf() -> list[x509.Certificate]:
    """What the holder of an ordinary leaf can sign."""
    return [leaf(issuer="leaf", signer=key("leaf"), public=key("thief"), subject="thief"), good(), ca()]


@cache
def _twice() -> x509.Certificate:
    """Key usage twice: its number stands in the place of the extended key usage's. The signature is made anew."""
    from certificates import signed_again

    return x509.load_der_x509_certificate(signed_again(good(), b"\x55\x1d\x25", b"\x55\x1d\x0f", key("ca")))


def _written_as(encoding: str) -> dict[str, bytes]:
    return {"all.pem": full()["fullchain.pem"].decode().encode(encoding)}


def _never_valid() -> bytes:
    """A leaf whose first and last second have changed places, signed so."""
    body = good().tbs_certificate_bytes
    first, last = (f"{one:%y%m%d%H%M%SZ}".encode() for one in (good().not_valid_before_utc, good().not_valid_after_utc))
    start, end = body.index(first), body.index(last)
    turned = body[:start] + last + body[start + len(first) : end] + first + body[end + len(last) :]
    return pem(x509.load_der_x509_certificate(resigned(turned, key("ca"))), ca())


def _dated_nonsense() -> bytes:
    """DER in order, with a month 99 for the end of the validity."""
    when = f"{good().not_valid_after_utc:%y%m%d}".encode()
    data = der(good()).replace(when, when[:2] + b"99" + when[4:])
    return b"-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(data) + b"-----END CERTIFICATE-----\n"


@cache
def _signed_in_a_new_way() -> x509.Certificate:
    return swapped(der(good()), bytes.fromhex("300a06082a8648ce3d040302"), bytes.fromhex("300a06082a8648ce3d040377"))


def _openssl_trusted(certificate: x509.Certificate) -> bytes:
    """What `openssl x509 -trustout` writes: the certificate, then a list of purposes."""
    whole = base64.encodebytes(der(certificate) + bytes.fromhex("300c300a06082b06010505070301"))
    return b"-----BEGIN TRUSTED CERTIFICATE-----\n" + whole + b"-----END TRUSTED CERTIFICATE-----\n"
