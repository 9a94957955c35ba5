"""Chains with one thing out of the ordinary, how each is asked about, and which rules must say so.

Sections: RFC 5280 4, 6; RFC 9525 6.
Leaves out: asking; `test_chain_rules` asks chain, cryptography and openssl. What an adversary would try is in
`adversaries`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from typing import Any

from chains import (
    HOST,
    NOW,
    Chain,
    chain,
    changed_signature,
    dns,
    intermediate,
    key,
    ladder,
    leaf,
    name,
    root,
    unknown,
    usage,
    version_1,
    with_serial,
)
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID as Usage

from tlslearn.chain import NAME_NOT_CHECKED

Entry = tuple[x509.ExtensionType, bool]


def constraints(permitted: list[x509.GeneralName] | None, excluded: list[x509.GeneralName] | None = None) -> Entry:
    return x509.NameConstraints(permitted, excluded), True


def purposes(*oids: x509.ObjectIdentifier, critical: bool = False) -> Entry:
    return x509.ExtendedKeyUsage(oids), critical


def put(**entries: Entry) -> dict[str, Any]:
    return {"put": entries}


@dataclass(frozen=True)
class Case:
    """A chain, how it is asked about, and the rules that say "fail" and "lint" of it, each with the certificate."""

    made: Callable[[], Chain]
    fails: set[tuple[str, str]] = field(default_factory=set)
    lints: set[tuple[str, str]] = field(default_factory=set)
    asked: dict[str, Any] = field(default_factory=dict)
    agrees: bool | None = True  # cryptography's verifier gives the same answer; None: its versions differ
    rfc: str = ""  # the rule that decides, with its section


def one(rule: str, about: str = "leaf") -> set[tuple[str, str]]:
    return {(rule, about)}


@cache
def weak(kind: str) -> Any:
    return {
        "rsa1024": lambda: rsa.generate_private_key(65537, 1024),
        "p224": lambda: ec.generate_private_key(ec.SECP224R1()),
        "dsa": lambda: dsa.generate_private_key(2048),
        "ed25519": ed25519.Ed25519PrivateKey.generate,
    }[kind]()


def crl(*revoked: int, **changes: Any) -> x509.CertificateRevocationList:
    given = {"issuer": "Issuing CA", "signer": "ca", "start": -1, "end": 1} | changes
    builder = x509.CertificateRevocationListBuilder(name(given["issuer"]))
    builder = builder.last_update(NOW + timedelta(days=given["start"])).next_update(NOW + timedelta(days=given["end"]))
    for number in revoked:
        entry = x509.RevokedCertificateBuilder().serial_number(number).revocation_date(NOW).build()
        builder = builder.add_revoked_certificate(entry)
    for extension in given.get("extensions", ()):
        builder = builder.add_extension(extension, critical=given.get("critical", True))
    return builder.sign(key(given["signer"]), hashes.SHA256())


def with_crls(*crls: x509.CertificateRevocationList) -> dict[str, Any]:
    return {"crls": (*crls, crl(issuer="Root", signer="root"))}


def serial(content: bytes) -> Chain:
    return Chain(with_serial(leaf(), content, key("ca")), [intermediate()], [root()])


OTHER_DNS = [x509.DNSName("other")]
OWN = leaf()
UPPER = (name("ISSUING  ca"), name("ROOT"))
CASES: dict[str, Case] = {
    "good": Case(chain),
    "good, for any purpose": Case(chain, asked={"purpose": "any"}),
    "good, the host in capitals": Case(chain, asked={"hostname": "A.TEST"}),
    "good, ten intermediates": Case(lambda: ladder(10), agrees=False),
    "nobody": Case(lambda: Chain(leaf(), [], [root()]), one("trust_anchor")),
    "another key": Case(
        lambda: Chain(leaf(), [intermediate()], [root(signer=key("x"), public=key("x"))]),
        one("trust_anchor", "intermediate 1"),
    ),
    "self-signed leaf": Case(lambda: Chain(leaf(issuer="leaf", signer=key("leaf")), [], [root()]), one("trust_anchor")),
    "changed leaf": Case(lambda: Chain(changed_signature(leaf()), [intermediate()], [root()]), one("signature")),
    "changed intermediate": Case(
        lambda: Chain(leaf(), [changed_signature(intermediate())], [root()]), one("signature", "intermediate 1")
    ),
    "issuer of another name": Case(lambda: chain({"issuer": "Nobody"}), one("issuer_name")),
    "name in other letters": Case(lambda: chain(ca_with={"names": UPPER}), agrees=False),
    "expired leaf": Case(lambda: chain({"end": NOW - timedelta(seconds=1)}), one("validity")),
    "last second": Case(lambda: chain({"end": NOW})),
    "first second": Case(lambda: chain({"start": NOW})),
    "one second early": Case(lambda: chain({"start": NOW + timedelta(seconds=1)}), one("validity")),
    "expired intermediate": Case(
        lambda: chain(ca_with={"end": NOW - timedelta(days=0.5)}), one("validity", "intermediate 1")
    ),
    "expired anchor": Case(
        lambda: chain(root_with={"end": NOW - timedelta(days=0.5)}), one("validity", "trust anchor")
    ),
    "another host": Case(chain, one("host"), asked={"hostname": "b.test"}),
    "no such address": Case(chain, one("host"), asked={"hostname": "127.0.0.1"}),
    "name not asked": Case(chain, asked={"hostname": NAME_NOT_CHECKED}),
    "on no CRL": Case(chain, asked=with_crls(crl(7))),
    "revoked": Case(chain, one("revocation"), asked=with_crls(crl(0x1234)), agrees=False),
    "revoked, and an older CRL does not know yet": Case(
        chain, one("revocation"), asked=with_crls(crl(7), crl(0x1234)), agrees=False
    ),
    "CRL that is a delta and does not say so": Case(
        chain,
        one("revocation"),
        asked=with_crls(crl(extensions=[x509.DeltaCRLIndicator(1)], critical=False)),
        agrees=False,
    ),
    "no CRL of the issuer": Case(chain, one("revocation"), asked=with_crls(), agrees=False),
    "CRL of yesterday": Case(chain, one("revocation"), asked=with_crls(crl(end=-0.5)), agrees=False),
    "CRL of tomorrow": Case(chain, one("revocation"), asked=with_crls(crl(start=0.5)), agrees=False),
    "CRL by another key": Case(chain, one("revocation"), asked=with_crls(crl(signer="x")), agrees=False),
    "CRL with more in it": Case(
        chain, one("revocation"), asked=with_crls(crl(extensions=[x509.DeltaCRLIndicator(1)])), agrees=False
    ),
    "issuer may not sign CRLs": Case(
        lambda: chain(ca_with=put(ku=(usage("key_cert_sign"), True))),
        one("revocation"),
        asked=with_crls(crl()),
        agrees=False,
    ),
    "malformed extension": Case(
        lambda: chain(put(odd=(unknown("2.5.29.32", b"\x30\x05\x01"), False))),
        one("readable"),
        {("alternative_names", "leaf"), ("authority_key_identifier", "leaf")},
        {"hostname": NAME_NOT_CHECKED},
    ),
    "unknown critical extension": Case(lambda: chain(put(odd=(unknown(), True))), one("critical_extensions")),
    "two critical extensions, one unknown": Case(
        lambda: chain(put(odd=(unknown(), False), other=(unknown("1.2.3.5"), True))), one("critical_extensions")
    ),
    "unknown critical extension above": Case(
        lambda: chain(ca_with=put(odd=(unknown(), True))), one("critical_extensions", "intermediate 1")
    ),
    "unknown critical extension in the anchor": Case(
        lambda: chain(root_with=put(odd=(unknown(), True))), one("critical_extensions", "trust anchor")
    ),
    "unknown extension": Case(lambda: chain(put(odd=(unknown(), False)))),
    "policy constraints": Case(
        lambda: chain(ca_with=put(pc=(x509.PolicyConstraints(0, None), True))),
        one("critical_extensions", "intermediate 1"),
    ),
    "policy constraints, not critical": Case(lambda: chain(ca_with=put(pc=(x509.PolicyConstraints(0, None), False)))),
    "serial of 20 bytes": Case(lambda: chain({"serial": 1 << 158})),
    "serial of 21 bytes": Case(lambda: serial(b"\1" * 21), lints=one("serial")),
    "serial 0": Case(lambda: serial(b"\0"), lints=one("serial")),
    "negative serial": Case(lambda: serial(b"\x92\x34"), lints=one("serial"), agrees=False),
    "negative serial, with a CRL": Case(
        lambda: serial(b"\x92\x34"), one("revocation"), one("serial"), with_crls(crl())
    ),
    "leaf of version 1": Case(
        lambda: Chain(version_1(leaf(), key("ca")), [intermediate()], [root()]),
        lints={("version", "leaf"), ("alternative_names", "leaf"), ("authority_key_identifier", "leaf")},
        asked={"hostname": NAME_NOT_CHECKED, "purpose": "client"},
        agrees=False,
    ),
    "issuer of version 1, with extensions": Case(
        lambda: Chain(leaf(), [version_1(intermediate(), key("root"), extensions=True)], [root()]),
        one("version", "intermediate 1"),
    ),
    "issuer of version 1": Case(
        lambda: Chain(leaf(), [version_1(intermediate(), key("root"))], [root()]),
        {("version", "intermediate 1"), ("issuer_is_ca", "intermediate 1")},
        {
            (rule, "intermediate 1")
            for rule in ("issuer_may_sign", "subject_key_identifier", "authority_key_identifier")
        },
    ),
    "no issuer": Case(lambda: Chain(leaf(issuer=""), [intermediate(subject="")], [root()]), one("named_issuer")),
    "issuer without basic constraints": Case(
        lambda: chain(ca_with={"leave": ("bc",)}), one("issuer_is_ca", "intermediate 1")
    ),
    "issuer is no CA": Case(
        lambda: chain(ca_with=put(bc=(x509.BasicConstraints(False, None), True))), one("issuer_is_ca", "intermediate 1")
    ),
    "anchor is no CA": Case(lambda: chain(root_with={"leave": ("bc",)}), one("issuer_is_ca", "trust anchor")),
    "basic constraints not critical": Case(
        lambda: chain(ca_with=put(bc=(x509.BasicConstraints(True, None), False))),
        lints=one("issuer_is_ca", "intermediate 1"),
        agrees=False,
    ),
    "leaf is a CA": Case(
        lambda: chain(put(bc=(x509.BasicConstraints(True, None), True))),
        one("leaf_is_no_ca"),
        one("subject_key_identifier"),
    ),
    "leaf is a CA, for any purpose": Case(
        lambda: chain(put(bc=(x509.BasicConstraints(True, None), True))),
        lints=one("subject_key_identifier"),
        asked={"purpose": "any"},
    ),
    "path length kept": Case(lambda: chain(ca_with=put(bc=(x509.BasicConstraints(True, 0), True)))),
    "path length exceeded": Case(
        lambda: Chain(
            *(ladder(2).leaf, ladder(2).intermediates, [root(put={"bc": (x509.BasicConstraints(True, 1), True)})])
        ),
        one("path_length", "trust anchor"),
    ),
    "issuer without keyCertSign": Case(
        lambda: chain(ca_with=put(ku=(usage("crl_sign"), True))), one("issuer_may_sign", "intermediate 1")
    ),
    "issuer without key usage": Case(
        lambda: chain(ca_with={"leave": ("ku",)}), lints=one("issuer_may_sign", "intermediate 1"), agrees=False
    ),
    "leaf with keyCertSign": Case(
        lambda: chain(put(ku=(usage("digital_signature", "key_cert_sign"), True))), one("leaf_key_usage")
    ),
    "leaf for key transport": Case(
        lambda: chain(put(ku=(usage("key_encipherment"), True))), lints=one("leaf_key_usage")
    ),
    "leaf for CRLs": Case(lambda: chain(put(ku=(usage("crl_sign"), True))), one("leaf_key_usage"), agrees=False),
    "client leaf for key transport": Case(
        lambda: chain(put(ku=(usage("key_encipherment"), True), eku=purposes(Usage.CLIENT_AUTH))),
        one("leaf_key_usage"),
        asked={"purpose": "client"},
        agrees=False,
    ),
    "client": Case(lambda: chain(put(eku=purposes(Usage.CLIENT_AUTH))), asked={"purpose": "client"}),
    "server as a client": Case(chain, one("extended_key_usage"), asked={"purpose": "client"}),
    "client as a server": Case(lambda: chain(put(eku=purposes(Usage.CLIENT_AUTH))), one("extended_key_usage")),
    "leaf for anything": Case(
        lambda: chain(put(eku=purposes(Usage.ANY_EXTENDED_KEY_USAGE))), one("extended_key_usage")
    ),
    "leaf without purposes": Case(lambda: chain({"leave": ("eku",)})),
    "critical purposes": Case(lambda: chain(put(eku=purposes(Usage.SERVER_AUTH, critical=True))), agrees=False),
    "issuer for anything": Case(lambda: chain(ca_with=put(eku=purposes(Usage.ANY_EXTENDED_KEY_USAGE)))),
    "issuer of clients": Case(
        lambda: chain(ca_with=put(eku=purposes(Usage.CLIENT_AUTH))), one("extended_key_usage", "intermediate 1")
    ),
    "anchor of clients": Case(
        lambda: chain(root_with=put(eku=purposes(Usage.CLIENT_AUTH))), one("extended_key_usage", "trust anchor")
    ),
    "critical names": Case(lambda: chain(put(san=(dns(HOST), True))), lints=one("alternative_names"), agrees=False),
    "names not critical, no subject": Case(
        lambda: chain({"subject": ""}), lints=one("alternative_names"), agrees=False
    ),
    "names critical, no subject": Case(lambda: chain({"subject": "", **put(san=(dns(HOST), True))})),
    "no names": Case(lambda: chain({"leave": ("san",)}), one("host"), one("alternative_names")),
    "a name that is none": Case(lambda: chain(put(san=(dns(HOST, "a b"), False))), lints=one("alternative_names")),
    "name not permitted": Case(lambda: chain(ca_with=put(nc=constraints(OTHER_DNS))), one("name_constraints")),
    "name not permitted by the anchor": Case(
        lambda: chain(root_with=put(nc=constraints(OTHER_DNS))), one("name_constraints")
    ),
    "name excluded": Case(
        lambda: chain(ca_with=put(nc=constraints(None, [x509.DNSName("test")]))), one("name_constraints")
    ),
    "constraints not critical": Case(
        lambda: chain(ca_with=put(nc=(x509.NameConstraints([x509.DNSName("test")], None), False))),
        lints=one("constraints_form", "intermediate 1"),
    ),
    "constraints in a leaf": Case(lambda: chain(put(nc=constraints([x509.DNSName("test")]))), one("constraints_form")),
    "issuer without key identifier": Case(
        lambda: chain(ca_with={"leave": ("ski",)}), lints=one("subject_key_identifier", "intermediate 1")
    ),
    "no authority key identifier": Case(
        lambda: chain({"leave": ("aki",)}), lints=one("authority_key_identifier"), agrees=False
    ),
    "another authority key identifier": Case(
        lambda: chain(put(aki=(x509.AuthorityKeyIdentifier(b"12345678", None, None), False))),
        lints=one("authority_key_identifier"),
    ),
    "critical authority key identifier": Case(
        lambda: chain(put(aki=(x509.AuthorityKeyIdentifier(b"12345678", None, None), True))),
        lints=one("authority_key_identifier"),
        agrees=False,
    ),
    "authority key identifier without one, in the anchor": Case(
        lambda: chain(root_with=put(aki=(x509.AuthorityKeyIdentifier(None, [x509.DNSName("x")], 1), False))),
        lints=one("authority_key_identifier", "trust anchor"),
        agrees=False,
    ),
    "weak RSA leaf": Case(lambda: chain({"public": weak("rsa1024")}), one("key_strength"), agrees=False),
    "P-224 leaf": Case(lambda: chain({"public": weak("p224")}), one("key_strength"), agrees=False),
    "DSA leaf": Case(lambda: chain({"public": weak("dsa")}), one("key_strength"), agrees=False),
    "weak RSA anchor": Case(
        lambda: chain(
            ca_with={"signer": weak("rsa1024")}, root_with={"signer": weak("rsa1024"), "public": weak("rsa1024")}
        ),
        one("key_strength", "trust anchor"),
    ),
    "Ed25519 leaf": Case(lambda: chain({"public": weak("ed25519")})),
    "Ed25519 throughout": Case(
        lambda: chain(
            {"signer": weak("ed25519"), "hashed": None},
            {"public": weak("ed25519")},
        ),
        agrees=False,
    ),
    "SHA-224": Case(lambda: chain({"hashed": hashes.SHA224()}), one("signature_strength")),
    "SHA-512": Case(lambda: chain({"hashed": hashes.SHA512()})),
    "leaf as its own anchor": Case(lambda: Chain(OWN, [], [OWN])),
    "intermediate as anchor": Case(lambda: Chain(leaf(), [], [intermediate()])),
}
