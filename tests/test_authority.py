"""Are the certificates accepted by every judge, and refused as soon as one thing is wrong with them?"""

from __future__ import annotations

import os
import ssl
import stat
import subprocess
import tempfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any, get_args

import pytest
from certificates import (
    KINDS,
    assert_is_ca,
    assert_is_leaf,
    extension,
    handshake,
    issued,
    issuing,
    key,
    openssl_refusal,
    pem,
    presenting,
    refusal_of_cryptography,
    root,
    ssl_code,
    without_constraints,
)
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID
from judges import need

from tlslearn import Authority, BadInput, Credential, chain, keys, live, names


class TestOneThingWrong:
    @pytest.mark.parametrize(("hostname", "code"), [("other.test", 62), ("127.0.0.2", 64), ("localhost.test", 62)])
    def test_another_host_is_refused(self, hostname: str, code: int) -> None:
        """A name or address that the leaf does not hold is refused: 62 for names, 64 for addresses."""
        assert ssl_code(issued(), [root()], hostname) == code
        assert "subject" in (refusal_of_cryptography(issued(), [root()], hostname) or "")

    @pytest.mark.parametrize("hostname", ["localhost", "127.0.0.1"])
    def test_the_hosts_of_the_leaf_are_accepted(self, hostname: str) -> None:
        """Name and address of the leaf are both accepted."""
        assert ssl_code(issued(), [root()], hostname) == 0
        assert refusal_of_cryptography(issued(), [root()], hostname) is None

    def test_a_missing_intermediate_is_refused(self) -> None:
        """Without its intermediate the leaf leads nowhere."""
        assert ssl_code(presenting(issued()), [root()]) == 20
        assert refusal_of_cryptography(presenting(issued()), [root()])

    @pytest.mark.parametrize("outside", ["shop.test.evil.com", "nottest", "8.8.8.8", "2001:db8::1"])
    def test_judges_refuse_names_outside_the_constraints(self, tmp_path: Path, outside: str) -> None:
        """A lab root that signs for the world is refused with 47, whether it signs itself or an intermediate does."""
        for authority, above in ((root(), ()), (issuing(), (issuing().certificate,))):
            rogue = presenting(without_constraints(authority).issue([outside]), *above)
            assert ssl_code(rogue, [root()], outside) == 47
            assert refusal_of_cryptography(rogue, [root()], outside)
            need("openssl")
            assert "permitted subtree violation" in openssl_refusal(tmp_path, rogue, root())
        twin = without_constraints(root())
        assert ssl_code(twin.issue([outside]), [twin], outside) == 0

    @pytest.mark.parametrize("inside", ["localhost", "a.test", "b.a.example", "*.a.test", "127.255.0.1", "::1"])
    def test_names_within_the_constraints_are_accepted(self, inside: str) -> None:
        """Each kind of name that the lab root permits by itself is issued and accepted."""
        credential = root().issue([inside])
        assert ssl_code(credential, [root()], inside.replace("*", "www"), strict=True) == 0
        assert refusal_of_cryptography(credential, [root()], inside.replace("*", "www")) is None

    def test_names_of_an_intermediate_are_narrower(self) -> None:
        """An intermediate's own constraint binds as well as the root's: at issue, and for ssl."""
        narrow = root().intermediate("Narrow CA", permitted=["shop.test"])
        assert ssl_code(narrow.issue(["a.shop.test"]), [root()], "a.shop.test", strict=True) == 0
        for name in ("other.test", "127.0.0.1"):
            with pytest.raises(BadInput, match=r"Narrow CA may vouch for shop\.test"):
                narrow.issue([name])
            rogue = presenting(without_constraints(narrow).issue([name]), narrow.certificate)
            assert ssl_code(rogue, [root()], name) in (47, 48)

    def test_one_authority_too_many_is_refused(self) -> None:
        """`intermediate` keeps to the path length above, and ssl refuses (25) what does not."""
        with pytest.raises(BadInput, match="Lab Issuing CA leaves room for 0 below it"):
            issuing().intermediate("Below")
        two = root().intermediate("Two", path_length=1)
        below = two.intermediate("Below")
        assert ssl_code(below.issue(["localhost"]), [root()], strict=True) == 0
        with pytest.raises(BadInput, match="Two leaves room for 1 below it"):
            two.intermediate("Below", path_length=1)
        unlimited = Authority.create("Lab Issuing CA", key=issuing().private_key)
        deep = unlimited.intermediate("Below").issue(["localhost"])
        rogue = presenting(deep, deep.intermediates[0], issuing().certificate)
        assert ssl_code(rogue, [root()]) == 25


class TestProfile:
    @pytest.mark.parametrize("kind", KINDS)
    def test_authorities(self, kind: str) -> None:
        """Root and intermediate hold to the profile, and the intermediate names its issuer's key."""
        assert_is_ca(root(kind).certificate, path_length=None)
        assert_is_ca(issuing(kind).certificate, path_length=0)
        assert extension(root(kind).certificate, x509.NameConstraints).critical
        issuing(kind).certificate.verify_directly_issued_by(root(kind).certificate)
        identifier = extension(issuing(kind).certificate, x509.AuthorityKeyIdentifier).value.key_identifier
        assert identifier == extension(root(kind).certificate, x509.SubjectKeyIdentifier).value.digest

    @pytest.mark.parametrize("purpose", ["server", "client"])
    def test_leaves(self, purpose: Any) -> None:
        """A leaf holds to the profile, with the key purpose that was asked for and no other."""
        usage = {"server": ExtendedKeyUsageOID.SERVER_AUTH, "client": ExtendedKeyUsageOID.CLIENT_AUTH}[purpose]
        assert_is_leaf(issued(purpose=purpose).certificate, issuer=issuing().certificate, usage=usage)

    @pytest.mark.parametrize("name", [f"{'a' * 60}.shop.test", "127.0.0.1", "::1"])
    def test_what_is_no_common_name(self, name: str) -> None:
        """A name over 64 signs or an address leaves the subject empty and the SAN critical; every judge accepts it."""
        credential = root().issue([name])
        assert not list(credential.certificate.subject)
        assert_is_leaf(credential.certificate, issuer=root().certificate, usage=ExtendedKeyUsageOID.SERVER_AUTH)
        assert ssl_code(credential, [root()], name, strict=True) == 0
        assert refusal_of_cryptography(credential, [root()], name) is None

    def test_names_in_other_scripts(self) -> None:
        """A name outside ASCII is issued as its A-labels; a name that is given twice stands once."""
        credential = root().issue(["bücher.example", "xn--bcher-kva.example"])
        assert names.presented(credential.certificate) == ["xn--bcher-kva.example"]
        assert ssl_code(credential, [root()], "xn--bcher-kva.example", strict=True) == 0

    @pytest.mark.parametrize("kind", get_args(keys.Kind))
    def test_the_hash_suits_the_key(self, kind: Any) -> None:
        """SHA-384 for P-384, SHA-256 for P-256 and RSA; the other kinds have their own."""
        wanted = {"p384": "sha384", "ed25519": None, "mldsa44": None, "mldsa65": None, "mldsa87": None}
        try:
            private_key = key(kind, "root")
        except BadInput as error:  # ML-DSA came with cryptography 47
            pytest.skip(str(error))
        hashed = Authority.create("R", key=private_key).certificate.signature_hash_algorithm
        assert (hashed and hashed.name) == wanted.get(kind, "sha256")

    def test_serials(self) -> None:
        """Serials are positive, of one length and never twice the same; one asked for is used."""
        serials = {root().issue(["localhost"], key=key("p256", "leaf")).certificate.serial_number for _ in range(20)}
        assert len(serials) == 20 and {serial.bit_length() for serial in serials} == {127}
        assert root().issue(["localhost"], serial=2**159 - 1).certificate.serial_number == 2**159 - 1

    def test_chain_is_leaf_first_without_the_root(self) -> None:
        """The chain goes up from the leaf, each certificate followed by its issuer, and leaves the root out."""
        two = root().intermediate("Two", path_length=1)
        chain = two.intermediate("One").issue(["localhost"]).chain
        assert [one.subject.rfc4514_string() for one in chain] == ["CN=localhost", "CN=One", "CN=Two"]
        for lower, upper in zip(chain, [*chain[1:], root().certificate], strict=True):
            lower.verify_directly_issued_by(upper)

    def test_fingerprint_is_that_of_openssl(self, tmp_path: Path) -> None:
        """The fingerprint is written as the openssl command writes it."""
        (tmp_path / "root.pem").write_bytes(pem(root().certificate))
        command = [need("openssl"), "x509", "-in", "root.pem", "-noout", "-fingerprint", "-sha256"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
        assert done.stdout.strip().split("=")[1] == root().fingerprint
        assert issued().fingerprint == issued().certificate.fingerprint(hashes.SHA256()).hex(":").upper()

    def test_demo_keys_sign_the_same_bytes(self) -> None:
        """With a demo key and all else fixed the certificate has the same bytes twice; with a random key it has not."""
        begin = root().certificate.not_valid_before_utc
        wish: dict[str, Any] = {"not_before": begin, "not_after": begin + timedelta(days=1), "serial": 7}
        for key_of_authority, same in ((keys.demo("authority"), True), (key("p256", "root"), False)):
            authority = replace(root(), private_key=key_of_authority)
            first, second = (authority.issue(["localhost"], key=keys.demo("leaf"), **wish) for _ in range(2))
            assert (first.certificate == second.certificate) is same


class TestTime:
    START = datetime.now(UTC).replace(microsecond=0) + timedelta(days=400)
    END = START + timedelta(seconds=8)

    @pytest.fixture
    def authority(self) -> Authority:
        return Authority.create("Long Root", valid_for=timedelta(days=9000))

    @pytest.fixture
    def credential(self, authority: Authority) -> Credential:
        return authority.issue(["localhost"], not_before=self.START, not_after=self.END)

    def test_times_are_kept_to_the_second(self, authority: Authority, credential: Credential) -> None:
        """What was asked for is in the certificate, whatever zone it was said in; parts of a second are cut off."""
        east = timezone(timedelta(hours=5, minutes=30))
        other = authority.issue(
            ["localhost"],
            not_before=self.START.replace(microsecond=999_999).astimezone(east),
            not_after=self.END.astimezone(east),
        )
        for one in (credential, other):
            assert (one.certificate.not_valid_before_utc, one.certificate.not_valid_after_utc) == (self.START, self.END)

    @pytest.mark.parametrize(
        ("moment", "inside"),
        [
            (START - timedelta(seconds=1), False),
            (START, True),
            (START + timedelta(seconds=1), True),
            (END - timedelta(seconds=1), True),
            (END, True),
            (END + timedelta(seconds=1), False),
        ],
    )
    def test_both_ends_belong_to_it(
        self, authority: Authority, credential: Credential, moment: datetime, inside: bool
    ) -> None:
        """RFC 5280 4.1.2.5: valid from the first second to the last, for cryptography and for `chain.validate`."""
        assert (refusal_of_cryptography(credential, [authority], at=moment) is None) is inside
        verdict = chain.validate(credential.certificate, [], [authority], hostname="localhost", at=moment)
        assert verdict.ok is inside
        assert [check.about for check in verdict.failures] == ([] if inside else ["leaf"])

    def test_openssl_at_both_ends(self, tmp_path: Path, authority: Authority, credential: Credential) -> None:
        """The openssl command, asked for a moment, agrees one second outside and one second inside both ends."""
        (tmp_path / "root.pem").write_bytes(pem(authority.certificate))
        (tmp_path / "leaf.pem").write_bytes(pem(credential.certificate))
        for seconds, ok in ((-1, False), (1, True), (7, True), (9, False)):
            moment = int((self.START + timedelta(seconds=seconds)).timestamp())
            command = [need("openssl"), "verify", "-attime", str(moment), "-CAfile", "root.pem", "leaf.pem"]
            done = subprocess.run(command, cwd=tmp_path, capture_output=True)
            assert (done.returncode == 0) is ok, seconds

    def test_authorities_keep_the_times_that_were_asked_for(self) -> None:
        """A lesson that shows bytes or dates can give a root and an intermediate fixed ones, long past or to come."""
        day, other = datetime(2016, 1, 1, tzinfo=UTC), datetime(2026, 9, 1, tzinfo=UTC)
        top = Authority.create("Dated Root", not_before=day, not_after=other)
        for one in (top, top.intermediate("Dated CA", not_before=day, not_after=other)):
            assert (one.certificate.not_valid_before_utc, one.certificate.not_valid_after_utc) == (day, other)
        with pytest.raises(BadInput, match="ends before it begins"):
            Authority.create("Dated Root", not_before=other, not_after=day)

    def test_a_leaf_stays_within_its_issuer(self) -> None:
        """Unless times are asked for, a leaf begins and ends no sooner and no later than its issuer."""
        short = Authority.create("Short Root", valid_for=timedelta(hours=2))
        below = short.intermediate("Below")
        for certificate in (below.certificate, below.issue(["localhost"]).certificate):
            assert short.certificate.not_valid_before_utc <= certificate.not_valid_before_utc
            assert certificate.not_valid_after_utc == short.certificate.not_valid_after_utc

    def test_valid_at_once_and_for_as_long_as_was_asked(self) -> None:
        """A certificate is valid now, began an hour ago for slow clocks, and ends when it should."""
        before = datetime.now(UTC).replace(microsecond=0)
        made = Authority.create("R", valid_for=timedelta(days=3)).certificate
        after = datetime.now(UTC)
        assert before <= made.not_valid_before_utc + timedelta(hours=1) <= after
        assert made.not_valid_after_utc - made.not_valid_before_utc == timedelta(days=3, hours=1)


NOW = datetime.now(UTC)
# The call, the value that the error names, and a part of the fix.
BAD: list[tuple[Any, str, str]] = [
    (lambda: Authority.create(""), "''", "1 to 64"),
    (lambda: Authority.create("   "), "'   '", "1 to 64"),
    (lambda: Authority.create("x" * 65), "xxx", "1 to 64"),
    (lambda: Authority.create(None), "None", "1 to 64"),  # type: ignore[arg-type]
    (lambda: Authority.create("R", kind="dsa1024"), "'dsa1024'", "rsa2048"),  # type: ignore[arg-type]
    (lambda: Authority.create("R", valid_for=timedelta(0)), "timedelta(0)", "timedelta(days=30)"),
    (lambda: Authority.create("R", valid_for=timedelta(days=-1)), "days=-1", "timedelta(days=30)"),
    (lambda: Authority.create("R", valid_for=timedelta.max), "days=999999999", "shorter"),
    (lambda: Authority.create("R", valid_for=30), "30", "timedelta(days=30)"),  # type: ignore[arg-type]
    (lambda: Authority.create("R", permitted="example"), "'example'", '["localhost"]'),
    (lambda: Authority.create("R", permitted=[]), "[]", '["localhost"]'),
    (lambda: Authority.create("R", permitted=["127.0.0.0/8"]), "127.0.0.0/8", '["example"]'),
    (lambda: Authority.create("R", permitted=["example", "127.0.0.1/8"]), "'127.0.0.1/8'", "127.0.0.0/8"),
    (lambda: Authority.create("R", permitted=["*.example"]), "'*.example'", "Leave *. out"),
    (lambda: Authority.create("R", permitted=[5]), "5", "host name or address"),  # type: ignore[list-item]
    (lambda: Authority.create("R", key="secret"), "'str'", "keys.generate()"),  # type: ignore[arg-type]
    (lambda: root().intermediate("I", path_length=-1), "-1", "0 or more"),
    (lambda: root().intermediate("I", path_length=None), "None", "0 or more"),  # type: ignore[arg-type]
    (lambda: root().issue([]), "[]", '["localhost"]'),
    (lambda: root().issue("localhost"), "'localhost'", '["localhost"]'),
    (lambda: root().issue(None), "None", '["localhost"]'),  # type: ignore[arg-type]
    (lambda: root().issue([5]), "5", '["localhost"]'),  # type: ignore[list-item]
    (lambda: root().issue(["https://localhost"]), "'https://localhost'", "no scheme"),
    (lambda: root().issue(["evil.com"]), "'evil.com'", "Lab Root may vouch for localhost"),
    (lambda: root().issue(["8.8.8.8"]), "'8.8.8.8'", "127.0.0.0/8"),
    (lambda: root().issue(["localhost"], purpose="mail"), "'mail'", "server, client"),  # type: ignore[arg-type]
    (lambda: root().issue(["localhost"], kind="p521"), "'p521'", "p384"),  # type: ignore[arg-type]
    (lambda: root().issue(["localhost"], key=key("p256", "leaf").public_key()), "PublicKey", "keys.generate()"),
    (lambda: root().issue(["localhost"], serial=0), "0", "from 1 to"),
    (lambda: root().issue(["localhost"], serial=-1), "-1", "from 1 to"),
    (lambda: root().issue(["localhost"], serial=2**159), str(2**159), "from 1 to"),
    (lambda: root().issue(["localhost"], one_thing_wrong="old"), "'old'", "expired"),  # type: ignore[arg-type]
    (lambda: root().issue(["localhost"], one_thing_wrong="expired", not_after=NOW), "'expired'", "or the fault"),
    (lambda: root().issue(["localhost"], not_before=datetime(2030, 1, 1)), "2030", "UTC"),
    (lambda: root().issue(["localhost"], not_after=datetime(2030, 1, 1)), "2030", "UTC"),
    (lambda: root().issue(["localhost"], not_after="2030"), "'2030'", "UTC"),  # type: ignore[arg-type]
    (lambda: root().issue(["localhost"], not_before=NOW, not_after=NOW), str(NOW.year), "not_after"),
    (lambda: root().issue(["localhost"], not_after=NOW - timedelta(days=9)), str(NOW.year), "not_after"),
    (lambda: root().issue(["localhost"], not_before=datetime(1949, 1, 1, tzinfo=UTC)), "1949", "1950"),
]


@pytest.mark.parametrize(("call", "value", "fix"), BAD)
def test_bad_input_names_the_value_and_the_fix(call: Any, value: str, fix: str) -> None:
    """Bad input raises BadInput with the value that is bad and what to give instead."""
    with pytest.raises(BadInput) as caught:
        call()
    assert value in str(caught.value) and fix in caught.value.fix


class TestCredential:
    def test_written_files_serve(self, tmp_path: Path) -> None:
        """`write` leaves the two files that a server loads, the key readable for its owner alone."""
        chain, private = issued().write(tmp_path)
        assert sorted(path.name for path in tmp_path.iterdir()) == ["fullchain.pem", "key.pem"]
        assert tuple(x509.load_pem_x509_certificates(chain.read_bytes())) == issued().chain
        if os.name == "posix":
            assert stat.S_IMODE(private.stat().st_mode) == 0o600
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(chain, private)
        assert handshake(live.client_context([root()]), context) == (None, None)

    @pytest.mark.parametrize("there", ["fullchain.pem", "key.pem"])
    def test_nothing_is_overwritten(self, tmp_path: Path, there: str) -> None:
        """Where one of the two files exists, neither is written; `overwrite=True` writes both."""
        (tmp_path / there).write_text("mine")
        with pytest.raises(BadInput, match=there):
            issued().write(tmp_path)
        assert [path.read_text() for path in tmp_path.iterdir()] == ["mine"]
        issued().write(tmp_path, overwrite=True)
        assert keys.spki_sha256(keys.load(tmp_path / "key.pem")) == keys.spki_sha256(issued().certificate)

    def test_a_missing_folder_is_named(self, tmp_path: Path) -> None:
        """A folder that is not there is named, and not made."""
        with pytest.raises(BadInput, match="nowhere"):
            issued().write(tmp_path / "nowhere")
        assert not list(tmp_path.iterdir())

    def test_a_server_context_leaves_no_key_behind(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """The key stands in a file only while it is loaded, and that file was private."""
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
        issued().server_context()
        assert list(tmp_path.iterdir()) == []

    def test_a_server_context_trusts_nobody(self) -> None:
        """A server presents and does not trust: its context has no anchor and asks for no certificate."""
        context = issued().server_context()
        assert context.get_ca_certs() == [] and context.verify_mode == ssl.CERT_NONE

    def test_no_repr_tells_a_secret(self) -> None:
        """The texts name subject and issuers; nothing of the private key is in them."""
        private = key("p256", "leaf").private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        texts = [repr(issued()), repr(issuing()), repr(root()), str(issued())]
        assert texts[0] == "<Credential localhost, 127.0.0.1 ← Lab Issuing CA ← Lab Root>"
        assert texts[1:3] == ["<Authority Lab Issuing CA, below Lab Root>", "<Authority Lab Root, root>"]
        secret = f"{key('p256', 'leaf').private_numbers().private_value:x}"
        assert not any(part in text for text in texts for part in (secret[:8], private.hex()[:8], "PRIVATE"))
