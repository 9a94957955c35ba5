"""Does each fault break one rule and no other, and what do the judges say to it?"""

from __future__ import annotations

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any, get_args

import pytest
from certificates import issuing, key, refusal_of_cryptography, root, ssl_code
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from OpenSSL import SSL, crypto

from tlslearn import Authority, BadInput, Credential, chain, keys
from tlslearn.authority import FAULTS, Fault
from tlslearn.authority.faults import _LEAF
from tlslearn.check import SOURCES

LAB, ADDRESS = "localhost", "127.0.0.1"


@dataclass(frozen=True)
class Row:
    """What `chain.validate` finds, as "certificate: rule state"; the verify codes of OpenSSL 3.0, as it comes and as
    Python 3.13 sets it; whether cryptography's verifier accepts; and the codes of OpenSSL 4.0 where they differ."""

    found: str
    lax: int
    strict: int
    cryptography: bool
    newer: tuple[int, int] | None = None
    second: str = ""  # what follows of itself, found by another rule

    def codes(self, version: tuple[int, ...], *, strict: bool) -> set[int]:
        """The code that this version gives; for one between the two that were measured, either of theirs."""
        old, new = (self.lax, self.strict)[strict], (self.newer or (self.lax, self.strict))[strict]
        return {old} if version[:2] == (3, 0) else {new} if version[0] == 4 else {old, new}


# Measured with OpenSSL 3.0.22 and 4.0.3 and cryptography 50.0.2.
TABLE: dict[Fault, Row] = {
    "expired": Row("leaf: validity fail", 10, 10, False),
    "not-yet-valid": Row("leaf: validity fail", 9, 9, False),
    "signature-changed": Row("leaf: signature fail", 7, 7, False),
    "rsa1024": Row("leaf: key_strength fail", 66, 66, True),
    "serial-zero": Row("leaf: serial lint", 0, 0, True),
    "serial-too-long": Row("leaf: serial lint", 0, 0, True),
    "wrong-host": Row("leaf: host fail", 62, 62, False),
    "wildcard-only": Row("leaf: host fail", 62, 62, False),
    # OpenSSL 3.0 falls back on the common name; the host rule fails because there is no name to compare.
    "no-san": Row("leaf: alternative_names lint", 0, 0, False, second="leaf: host fail"),
    "san-critical": Row("leaf: alternative_names lint", 0, 0, False),
    "san-not-critical": Row("leaf: alternative_names lint", 0, 88, False, newer=(0, 0)),
    "address-as-dns-name": Row("leaf: host fail", 64, 64, False),
    "eku-client-only": Row("leaf: extended_key_usage fail", 26, 26, False),
    "no-digital-signature": Row("leaf: leaf_key_usage fail", 26, 26, True),
    "leaf-is-ca": Row("leaf: leaf_is_no_ca fail", 0, 0, False),
    "leaf-may-sign": Row("leaf: leaf_key_usage fail", 0, 82, False),
    "name-outside-constraints": Row("leaf: name_constraints fail", 47, 47, False),
    "unknown-critical-extension": Row("leaf: critical_extensions fail", 34, 34, False),
    "no-authority-key-identifier": Row("leaf: authority_key_identifier lint", 0, 85, False),
    "wrong-authority-key-identifier": Row("leaf: authority_key_identifier lint", 20, 20, True),
    "issuer-is-no-ca": Row("intermediate 1: issuer_is_ca fail", 79, 79, False),
    "issuer-may-not-sign": Row("intermediate 1: issuer_may_sign fail", 79, 79, False),
    "issuer-without-key-usage": Row("intermediate 1: issuer_may_sign lint", 0, 92, False),
    "issuer-not-marked-critical": Row("intermediate 1: issuer_is_ca lint", 0, 89, False, newer=(0, 0)),
    "issuer-expired": Row("intermediate 1: validity fail", 10, 10, False),
    "path-length-exceeded": Row("intermediate 2: path_length fail", 25, 25, False),
    "incomplete-chain": Row("leaf: trust_anchor fail", 20, 20, False),
    "reversed-chain": Row("", 0, 0, True),  # a rule for who sends (RFC 9846 4.5.1); whoever receives puts it in order
    "untrusted-root": Row("leaf: trust_anchor fail", 20, 20, False),
    "impostor": Row("leaf: trust_anchor fail", 20, 20, False),
    "self-signed": Row("leaf: trust_anchor fail", 18, 18, False),
}
# Faults that a CA has which is made below the authority: that one needs room for it.
WITH_CA = [fault for fault in TABLE if TABLE[fault].found.startswith("intermediate") or fault == "reversed-chain"]

# Faults of the host that was asked for, and of servers alone.
OF_SERVERS = ("wrong-host", "wildcard-only", "no-san", "address-as-dns-name", "eku-client-only")


@cache
def open_root() -> Authority:
    return Authority.create("Open Root", key=key("p256", "open root"), permitted=None)


@cache
def upper() -> Authority:
    """An intermediate with room for two below it."""
    return root().intermediate("Upper CA", path_length=2, key=key("p256", "upper"))


def anchor_of(fault: Fault) -> Authority:
    return open_root() if fault == "address-as-dns-name" else root()


def host_of(fault: Fault) -> str:
    return ADDRESS if fault == "address-as-dns-name" else LAB


@cache
def faulty(fault: Fault) -> Credential:
    return anchor_of(fault).issue([host_of(fault)], one_thing_wrong=fault)


def found_by_chain(credential: Credential, fault: Fault, **more: Any) -> set[str]:
    """What is not as it should be, as "certificate: rule state"."""
    anchors = [anchor_of(fault).certificate]
    verdict = chain.validate(
        credential.certificate, credential.intermediates, anchors, **({"hostname": host_of(fault)} | more)
    )
    names = {rule.says: name for name, rule in chain.RULES.items()}
    return {f"{check.about}: {names[check.rule]} {check.state}" for check in verdict.checks if _odd(check)}


def _odd(check: Any) -> bool:
    return check.state in ("fail", "lint")


def expected(fault: Fault) -> set[str]:
    return {text for text in (TABLE[fault].found, TABLE[fault].second) if text}


class TestTable:
    def test_it_is_complete(self) -> None:
        """Each fault has its row, its sentence with a section of the table of sources, and its place in the type."""
        assert set(TABLE) == set(FAULTS) == set(get_args(Fault))
        for told in FAULTS.values():
            sentence, _, section = told.removesuffix("].").rpartition(" [")
            assert sentence[0].isupper() and section in SOURCES.values()

    @pytest.mark.parametrize("fault", TABLE)
    def test_chain_finds_one_rule_broken(self, fault: Fault) -> None:
        """Our own path validation finds the one rule at the one certificate, and nothing else to complain about."""
        assert found_by_chain(faulty(fault), fault) == expected(fault)

    @pytest.mark.parametrize("strict", [False, True])
    @pytest.mark.parametrize("fault", TABLE)
    def test_what_ssl_says(self, fault: Fault, strict: bool) -> None:
        """Python's ssl refuses with the code that its OpenSSL has for it, or accepts."""
        code = ssl_code(faulty(fault), [anchor_of(fault)], host_of(fault), strict=strict)
        assert code in TABLE[fault].codes(ssl.OPENSSL_VERSION_INFO, strict=strict), ssl.OPENSSL_VERSION

    @pytest.mark.parametrize("strict", [False, True])
    @pytest.mark.parametrize("fault", [fault for fault in TABLE if "host" not in TABLE[fault].found])
    def test_what_another_openssl_says(self, fault: Fault, strict: bool) -> None:
        """pyOpenSSL brings cryptography's OpenSSL, of another version; host names are not among what it checks here."""
        number = SSL.OPENSSL_VERSION_NUMBER
        version = (number >> 28, number >> 20 & 0xFF)
        code = pyopenssl_code(faulty(fault), anchor_of(fault), strict=strict)
        assert code in TABLE[fault].codes(version, strict=strict), version

    @pytest.mark.parametrize("fault", TABLE)
    def test_what_cryptography_says(self, fault: Fault) -> None:
        """cryptography's verifier accepts or refuses as the table says."""
        refusal = refusal_of_cryptography(faulty(fault), [anchor_of(fault)], host_of(fault))
        assert (refusal is None) is TABLE[fault].cryptography, refusal

    @pytest.mark.parametrize("fault", TABLE)
    def test_chain_and_cryptography_differ_with_a_reason(self, fault: Fault) -> None:
        """Where the two verdicts are not the same, ours says why."""
        credential = faulty(fault)
        verdict = chain.validate(
            credential.certificate, credential.intermediates, [anchor_of(fault)], hostname=host_of(fault)
        )
        assert verdict.reference.differs is (verdict.ok is not TABLE[fault].cryptography)
        assert bool(verdict.reference.why) is verdict.reference.differs and verdict.reference.why != "not explained"

    def test_the_same_leaf_without_the_fault_is_good(self) -> None:
        """Every judge accepts it: so what they refuse is the fault."""
        for authority in (root(), upper(), open_root()):
            anchor = open_root() if authority is open_root() else root()
            good = authority.issue([LAB, ADDRESS])
            for host in (LAB, ADDRESS):
                verdict = chain.validate(good.certificate, good.intermediates, [anchor], hostname=host)
                assert verdict.ok and not any(_odd(check) for check in verdict.checks)
                assert ssl_code(good, [anchor], host, strict=True) == ssl_code(good, [anchor], host) == 0
                assert refusal_of_cryptography(good, [anchor], host) is None
            assert pyopenssl_code(good, anchor, strict=True) == 0


def pyopenssl_code(credential: Credential, trust: Authority, *, strict: bool) -> int:
    """The first verify code of a client of pyOpenSSL's against a server with this credential; 0 where it accepts."""
    codes: list[int] = []

    def verified(connection: object, certificate: object, code: int, depth: int, good: int) -> bool:
        codes.extend([] if good else [code])
        return bool(good)

    client = SSL.Context(SSL.TLS_METHOD)
    client.set_verify(SSL.VERIFY_PEER, verified)
    store = client.get_cert_store()
    assert store is not None
    store.add_cert(crypto.X509.from_cryptography(trust.certificate))
    if strict:
        store.set_flags(crypto.X509StoreFlags.X509_STRICT | crypto.X509StoreFlags.PARTIAL_CHAIN)
    server = SSL.Context(SSL.TLS_METHOD)
    server.set_cipher_list(b"DEFAULT:@SECLEVEL=0")  # so that it presents a weak key
    server.use_privatekey(credential.private_key)
    server.use_certificate(credential.certificate)
    for certificate in credential.intermediates:
        server.add_extra_chain_cert(certificate)
    ends = [SSL.Connection(client, None), SSL.Connection(server, None)]
    ends[0].set_connect_state()
    ends[1].set_accept_state()
    done = [exchange(ends[turn % 2], ends[1 - turn % 2]) for turn in range(8)]
    assert codes or all(done[-2:]), "neither accepted nor refused"
    return codes[0] if codes else 0


def exchange(end: SSL.Connection, other: SSL.Connection) -> bool:
    """One end goes as far as it can and hands over what it has to say; True where its handshake is done."""
    done = False
    try:
        end.do_handshake()
        done = True
    except SSL.WantReadError:
        done = False  # it waits for the other end
    except SSL.Error:
        done = False  # it refused, or was told so; the verify codes say why
    try:
        other.bio_write(end.bio_read(1 << 16))
    except SSL.WantReadError:
        return done  # it had nothing to say
    return done


class TestAnywhere:
    @pytest.mark.parametrize("kind", ["rsa2048", "p384", "ed25519"])
    @pytest.mark.parametrize("fault", TABLE)
    def test_whatever_the_kind_of_key(self, fault: Fault, kind: Any) -> None:
        """The same rule, and the same code of ssl, below authorities and with leaves of other kinds."""
        permitted = None if fault == "address-as-dns-name" else ("localhost",)
        authority = Authority.create("Root", key=key(kind, "root"), permitted=permitted)
        leaf_key = None if fault == "rsa1024" else key(kind, "leaf")
        credential = authority.issue([host_of(fault)], key=leaf_key, one_thing_wrong=fault)
        code = ssl_code(credential, [authority], host_of(fault))
        assert code in TABLE[fault].codes(ssl.OPENSSL_VERSION_INFO, strict=False)
        verdict = chain.validate(credential.certificate, credential.intermediates, [authority], hostname=host_of(fault))
        names = {rule.says: name for name, rule in chain.RULES.items()}
        told = {f"{one.about}: {names[one.rule]} {one.state}" for one in verdict.checks if _odd(one)}
        assert told == expected(fault)

    @pytest.mark.parametrize("fault", [fault for fault in TABLE if fault != "address-as-dns-name"])
    def test_below_an_intermediate(self, fault: Fault) -> None:
        """An intermediate makes the same fault, one step further down."""
        credential = upper().issue([LAB], one_thing_wrong=fault)
        told = expected(fault)
        if fault == "impostor":
            assert keys.spki_sha256(credential.intermediates[0]) == keys.spki_sha256(upper().certificate)
        assert found_by_chain(credential, fault) == told

    @pytest.mark.parametrize("fault", [one for one in TABLE if one not in (*WITH_CA, "address-as-dns-name")])
    def test_below_a_ca_without_room(self, fault: Fault) -> None:
        """Faults of the leaf and of what is sent need no room below the authority."""
        assert found_by_chain(issuing().issue([LAB], one_thing_wrong=fault), fault) == expected(fault)

    @pytest.mark.parametrize("fault", WITH_CA)
    def test_a_ca_without_room_cannot_make_another(self, fault: Fault) -> None:
        """It would break its path length as well, so it says who can."""
        with pytest.raises(BadInput, match="Lab Issuing CA leaves room for 0 below it"):
            issuing().issue([LAB], one_thing_wrong=fault)

    @pytest.mark.parametrize("fault", [fault for fault in TABLE if fault not in OF_SERVERS])
    def test_clients_have_the_same_faults(self, fault: Fault) -> None:
        """Asked as a client's certificate, it breaks the same rule; a client has no host to compare."""
        credential = root().issue([LAB], purpose="client", one_thing_wrong=fault)
        told = found_by_chain(credential, fault, purpose="client", hostname=chain.NAME_NOT_CHECKED)
        assert told == expected(fault)

    def test_times_are_out_by_weeks(self) -> None:
        """Not by seconds: a slow machine, or one whose clock is a day off, sees the same."""
        now = datetime.now(UTC)
        assert (now - faulty("expired").certificate.not_valid_after_utc).days > 20
        assert (faulty("not-yet-valid").certificate.not_valid_before_utc - now).days > 20
        assert (now - faulty("issuer-expired").intermediates[0].not_valid_after_utc).days > 20

    def test_one_bit_is_changed(self) -> None:
        """A changed signature is one bit away from a good one."""
        changed = faulty("signature-changed").certificate
        der = bytearray(changed.public_bytes(keys.Encoding.DER))
        der[-1] ^= 1
        x509.load_der_x509_certificate(bytes(der)).verify_directly_issued_by(root().certificate)
        with pytest.raises(InvalidSignature):
            changed.verify_directly_issued_by(root().certificate)

    @pytest.mark.filterwarnings("ignore:Parsed a serial number")
    @pytest.mark.parametrize("fault", sorted(_LEAF))
    def test_one_thing_differs_from_a_good_leaf(self, fault: Fault) -> None:
        """Of subject, issuer, times, serial form and extensions, what the fault is about differs, and nothing else."""
        host, authority, leaf_key = host_of(fault), anchor_of(fault), key("p256", "leaf")
        good, bad = (
            authority.issue([host], key=leaf_key, **more).certificate  # type: ignore[arg-type]
            for more in ({}, {"one_thing_wrong": fault})
        )
        parts: dict[str, Callable[[x509.Certificate], object]] = {
            "subject": lambda one: one.subject,
            "issuer": lambda one: one.issuer,
            "times": lambda one: (one.not_valid_after_utc - datetime.now(UTC)).days,
            "length of the serial": lambda one: one.serial_number.bit_length(),
            **{
                kind.__name__: lambda one, kind=kind: [each for each in one.extensions if isinstance(each.value, kind)]
                for kind in (
                    *(x509.BasicConstraints, x509.KeyUsage, x509.ExtendedKeyUsage, x509.SubjectAlternativeName),
                    *(x509.AuthorityKeyIdentifier, x509.SubjectKeyIdentifier, x509.UnrecognizedExtension),
                )
            },
        }
        differing = {name for name, part in parts.items() if part(good) != part(bad)}
        # Where the names or the issuer change, what says them again changes with them; a CA has a key identifier.
        together = (
            {"subject", "SubjectAlternativeName"},
            {"issuer", "AuthorityKeyIdentifier"},
            {"BasicConstraints", "SubjectKeyIdentifier"},
        )
        assert len(differing) == 1 or differing in together


# The call, the fault, and what it says that is needed.
NEEDS: list[tuple[Callable[[], object], str]] = [
    (lambda: root().issue([ADDRESS], one_thing_wrong="wrong-host"), "a host name"),
    (lambda: root().issue([ADDRESS], one_thing_wrong="wildcard-only"), "a host name"),
    (lambda: root().issue([ADDRESS], one_thing_wrong="no-san"), "a host name of 64"),
    (lambda: root().issue([f"{'a' * 60}.test"], one_thing_wrong="no-san"), "a host name of 64"),
    (lambda: root().issue([ADDRESS], one_thing_wrong="san-critical"), "a host name of 64"),
    (lambda: root().issue([ADDRESS], one_thing_wrong="self-signed"), "a host name of 64"),
    (lambda: open_root().issue([LAB], one_thing_wrong="address-as-dns-name"), "an address among the names"),
    (lambda: root().issue([ADDRESS], one_thing_wrong="address-as-dns-name"), "permitted=None"),
    (lambda: open_root().issue([LAB], one_thing_wrong="name-outside-constraints"), "name constraints"),
    (lambda: root().issue([LAB], purpose="client", one_thing_wrong="eku-client-only"), 'purpose="server"'),
]


@pytest.mark.parametrize(("call", "needed"), NEEDS)
def test_what_cannot_be_broken_alone_is_told(call: Callable[[], object], needed: str) -> None:
    """A fault that would be none here, or not the only one, is refused with what it needs."""
    with pytest.raises(BadInput, match="not the only thing wrong") as caught:
        call()
    assert needed in caught.value.fix


OWN: list[tuple[dict[str, Any], str]] = [
    ({"one_thing_wrong": "expired", "not_after": datetime.now(UTC)}, "Give the times or the fault"),
    ({"one_thing_wrong": "not-yet-valid", "not_before": datetime.now(UTC)}, "Give the times or the fault"),
    ({"one_thing_wrong": "serial-zero", "serial": 7}, "Give the serial number or the fault"),
    ({"one_thing_wrong": "serial-too-long", "serial": 7}, "Give the serial number or the fault"),
    ({"one_thing_wrong": "rsa1024", "key": keys.generate()}, "Give the key or the fault"),
    ({"one_thing_wrong": "brocken"}, "expired, not-yet-valid"),
]


@pytest.mark.parametrize(("wish", "fix"), OWN)
def test_what_a_fault_sets_is_not_given(wish: dict[str, Any], fix: str) -> None:
    """A value that the fault would replace is refused, and so is a fault that there is not."""
    with pytest.raises(BadInput) as caught:
        root().issue([LAB], **wish)
    assert fix in caught.value.fix and wish["one_thing_wrong"] in str(caught.value)


def test_three_faults_have_one_message_of_cryptographys() -> None:
    """A missing intermediate, an unknown root and a self-signed leaf: its verifier says the same, ours does not."""
    three: tuple[Fault, ...] = ("incomplete-chain", "untrusted-root", "self-signed")
    assert len({refusal_of_cryptography(faulty(fault), [root()]) for fault in three}) == 1
    told = set()
    for fault in three:
        credential = faulty(fault)
        verdict = chain.validate(credential.certificate, credential.intermediates, [root()], hostname=LAB)
        told.update(check.found for check in verdict.failures)
    assert len(told) == 3


def test_a_kept_authority_lists_what_its_key_signed(tmp_path: Any) -> None:
    """Below another signer nothing is listed: the authority's key had no part in it."""
    kept = Authority.create("Kept Root", key=key("p256", "kept"))
    kept.save(tmp_path / "ca")
    for fault in ("untrusted-root", "impostor", "self-signed"):
        kept.issue([LAB], one_thing_wrong=fault)  # type: ignore[arg-type]
    assert list(kept.issued()) == []
    below = kept.issue([LAB], one_thing_wrong="issuer-expired")
    assert [entry["subject"] for entry in kept.issued()] == ["CN=Issuing CA"]
    assert below.certificate.issuer.rfc4514_string() == "CN=Issuing CA"
