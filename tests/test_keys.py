"""Are keys made, kept and read back as they were, and does nothing of them leak?"""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
import traceback
from base64 import encodebytes
from pathlib import Path
from typing import Any, get_args

import pytest
from certificates import issued, key, root
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ed448
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from judges import need

from tlslearn import BadInput, csr, keys

QUICK = ("rsa2048", "p256", "p384", "ed25519")


def secret(private: Any) -> bytes:
    return private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


class TestGenerate:
    @pytest.mark.parametrize("kind", QUICK)
    def test_each_kind_is_what_it_says(self, kind: str) -> None:
        """The name of a kind says algorithm and size, and no two keys are the same."""
        one = key(kind, "leaf")
        curve = getattr(getattr(one, "curve", None), "name", None)
        assert (getattr(one, "key_size", None), curve) == {
            "rsa2048": (2048, None),
            "p256": (256, "secp256r1"),
            "p384": (384, "secp384r1"),
            "ed25519": (None, None),
        }[kind]
        assert secret(one) != secret(key(kind, "issuing"))

    @pytest.mark.parametrize("kind", ["rsa1024", "RSA2048", "", None, 2048])
    def test_no_other_kind(self, kind: Any) -> None:
        """A kind there is not is refused with all kinds there are."""
        with pytest.raises(BadInput) as caught:
            keys.generate(kind)
        assert repr(kind) in str(caught.value)
        assert all(one in caught.value.fix for one in get_args(keys.Kind))


class TestSaveAndLoad:
    @pytest.mark.parametrize("passphrase", [None, "correct horse", "häßlich", b"\x00\xff", "x" * 1023])
    @pytest.mark.parametrize("kind", QUICK)
    def test_round_trip(self, tmp_path: Path, kind: str, passphrase: str | bytes | None) -> None:
        """What was saved is read back the same, and is encrypted exactly where a passphrase was given."""
        path = keys.save(key(kind, "leaf"), tmp_path / "key.pem", passphrase)
        assert secret(keys.load(path, passphrase)) == secret(key(kind, "leaf"))
        assert path.read_bytes().startswith(
            b"-----BEGIN PRIVATE KEY" if passphrase is None else b"-----BEGIN ENCRYPTED PRIVATE KEY"
        )

    @pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX")
    def test_mode_is_0600_whatever_the_umask(self, tmp_path: Path) -> None:
        """Owner alone reads the key, also with an open umask and over a file that all could read."""
        before = os.umask(0)
        try:
            path = keys.save(key("p256", "leaf"), tmp_path / "key.pem")
            path.chmod(0o644)
            keys.save(key("p256", "leaf"), path, overwrite=True)
        finally:
            os.umask(before)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600

    def test_nothing_is_overwritten_unless_told(self, tmp_path: Path) -> None:
        """A file that exists stays as it is; with `overwrite=True` the new key is there; no other file is left."""
        path = keys.save(key("p256", "leaf"), tmp_path / "key.pem")
        with pytest.raises(BadInput, match=re.escape(str(path))):
            keys.save(key("p256", "issuing"), path)
        assert secret(keys.load(path)) == secret(key("p256", "leaf"))
        keys.save(key("p256", "issuing"), path, overwrite=True)
        assert secret(keys.load(path)) == secret(key("p256", "issuing"))
        assert [one.name for one in tmp_path.iterdir()] == ["key.pem"]

    def test_openssl_reads_what_was_saved(self, tmp_path: Path) -> None:
        """The openssl command reads the encrypted key with the passphrase, and not with another."""
        path = keys.save(key("p384", "leaf"), tmp_path / "key.pem", "correct horse")
        command = [need("openssl"), "pkey", "-in", str(path), "-pubout", "-passin"]
        good = subprocess.run([*command, "pass:correct horse"], capture_output=True)
        wanted = key("p384", "leaf").public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        assert good.stdout == wanted
        assert subprocess.run([*command, "pass:wrong"], capture_output=True).returncode != 0

    @pytest.mark.parametrize("value", ["secret", None, b"\x30", 5])
    def test_only_private_keys_are_saved(self, tmp_path: Path, value: Any) -> None:
        """What is no private key is refused by its type, not by its value, and no file is made."""
        for other in (value, key("p256", "leaf").public_key()):
            with pytest.raises(BadInput) as caught:
                keys.save(other, tmp_path / "key.pem")
            assert caught.value.value == type(other).__name__ and "keys.generate()" in caught.value.fix
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize(
        ("passphrase", "says"), [("", "empty"), (b"", "empty"), ("x" * 1024, "1023"), (5, "text or bytes")]
    )
    def test_bad_passphrases(self, tmp_path: Path, passphrase: Any, says: str) -> None:
        """A passphrase that is empty, too long or no text is refused for saving and for loading."""
        path = keys.save(key("p256", "leaf"), tmp_path / "there.pem")
        for call in (
            lambda: keys.save(key("p256", "leaf"), tmp_path / "new.pem", passphrase),
            lambda: keys.load(path, passphrase),
        ):
            with pytest.raises(BadInput, match=says):
                call()
        assert [one.name for one in tmp_path.iterdir()] == ["there.pem"]


PASSPHRASE = "a passphrase that must not leak"


def unreadable(name: str) -> bytes:
    """The bytes of a key file with one thing wrong, by its name."""
    plain, locked = keys.pem(key("p256", "leaf")), keys.pem(key("p256", "leaf"), PASSPHRASE)
    other = {"ed448": ed448.Ed448PrivateKey.generate, "dsa": lambda: dsa.generate_private_key(1024)}
    if name in other:
        return other[name]().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    oid = bytes.fromhex("06082a8648ce3d030107")  # P-256; one byte on, and it is a curve that nobody knows
    strange = secret(key("p256", "leaf")).replace(oid, oid[:-1] + b"\x77")
    return {
        "empty": b"",
        "certificate": root().certificate.public_bytes(Encoding.PEM),
        "public key": key("p256", "leaf").public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        "certificate as DER": root().certificate.public_bytes(Encoding.DER),
        "request": csr.create(key("p256", "leaf"), ["a.test"]).public_bytes(Encoding.PEM),
        "request as DER": csr.create(key("p256", "leaf"), ["a.test"]).public_bytes(Encoding.DER),
        "public key as DER": key("p256", "leaf")
        .public_key()
        .public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        "public key of OpenSSH": key("p256", "leaf").public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH),
        "text": b"key = secret\n",
        "two": plain + plain,
        "locked as DER": key("p256", "leaf").private_bytes(
            Encoding.DER, PrivateFormat.PKCS8, BestAvailableEncryption(PASSPHRASE.encode())
        ),
        "der": secret(key("p256", "leaf")),
        "der, cut off": secret(key("p256", "leaf"))[:60],
        "cut off": plain[: len(plain) // 2] + b"\n-----END PRIVATE KEY-----\n",
        "no end": plain[:-20],
        "no base64": b"-----BEGIN PRIVATE KEY-----\n!!!!\n-----END PRIVATE KEY-----\n",
        "locked": locked,
        "openssh": key("ed25519", "leaf").private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()),
        "curve": b"-----BEGIN PRIVATE KEY-----\n%s-----END PRIVATE KEY-----\n" % encodebytes(strange),
        "plain": plain,
    }[name]


class TestUnreadable:
    @pytest.mark.parametrize(
        ("name", "passphrase", "problem", "fix"),
        [
            ("empty", None, "this file is empty", "Make it again"),
            ("certificate", None, "no private key in this file", "holds a certificate: give the key's file"),
            ("certificate as DER", None, "no private key in this file", "holds a certificate"),
            ("request", None, "no private key in this file", "holds a certificate signing request"),
            ("request as DER", None, "no private key in this file", "holds a certificate signing request"),
            ("public key", None, "no private key in this file", "holds a public key"),
            ("public key as DER", None, "no private key in this file", "holds a public key"),
            ("public key of OpenSSH", None, "no private key in this file", "holds an OpenSSH public key"),
            ("text", None, "no private key in this file", "holds nothing known here"),
            ("two", None, "several private keys in this file", "It holds 2"),
            ("locked as DER", None, "encrypted key", "Give passphrase="),
            ("locked as DER", "wrong", "private key cannot be read", "passphrase is wrong"),
            ("der", PASSPHRASE, "key without encryption", "Leave the passphrase out"),
            ("der, cut off", None, "no private key in this file", "nothing known here"),
            ("cut off", None, "private key cannot be read", "cut off"),
            ("no end", None, "private key cannot be read", "cut off"),
            ("no base64", None, "private key cannot be read", "cut off"),
            ("locked", None, "encrypted key", "Give passphrase="),
            ("locked", "wrong", "private key cannot be read", "passphrase is wrong"),
            ("plain", PASSPHRASE, "key without encryption", "Leave the passphrase out"),
            ("openssh", None, "OpenSSH", "load_ssh_private_key"),
            ("ed448", None, "kind of key not used here", "Ed25519"),
            ("dsa", None, "kind of key not used here", "Ed25519"),
            ("curve", None, "kind of key not used here", "ECDSA"),
        ],
    )
    def test_each_file_tells_what_is_wrong(
        self, tmp_path: Path, name: str, passphrase: str | None, problem: str, fix: str
    ) -> None:
        """Every unreadable file is refused with what is wrong with it and what to do."""
        path = tmp_path / "key.pem"
        path.write_bytes(unreadable(name))
        with pytest.raises(BadInput) as caught:
            keys.load(path, passphrase)
        assert problem in caught.value.problem and fix in caught.value.fix
        assert str(path) in str(caught.value)

    def test_a_file_that_is_not_there(self, tmp_path: Path) -> None:
        """A missing file and a folder are named, with the system's reason."""
        for path in (tmp_path / "nowhere.pem", tmp_path):
            with pytest.raises(BadInput, match=re.escape(str(path))) as caught:
                keys.load(path)
            assert caught.value.problem == "cannot read the file" and len(caught.value.fix) > 5

    def test_a_certificate_above_the_key_is_no_hindrance(self, tmp_path: Path) -> None:
        """A file with chain and key, as servers keep it, is read."""
        (tmp_path / "both.pem").write_bytes(unreadable("certificate") + unreadable("plain"))
        assert secret(keys.load(tmp_path / "both.pem")) == secret(key("p256", "leaf"))

    @pytest.mark.parametrize("name", ["locked", "plain", "cut off", "curve"])
    def test_no_error_tells_a_secret(self, tmp_path: Path, name: str) -> None:
        """Neither passphrase nor key bytes stand in an error, with all the errors that it came from."""
        path = tmp_path / "key.pem"
        path.write_bytes(unreadable(name))
        with pytest.raises(BadInput) as caught:
            keys.load(path, f"not {PASSPHRASE}" if name == "locked" else PASSPHRASE)
        text = "".join(traceback.format_exception(caught.value)) + repr(vars(caught.value))
        body = unreadable("plain").decode().splitlines()[1]
        assert not any(part in text for part in (PASSPHRASE, body[:16], secret(key("p256", "leaf")).hex()[:16]))

    def test_no_bad_passphrase_is_told(self) -> None:
        """A passphrase that is refused is told by its length or type."""
        for passphrase in ("x" * 5000, ["hunter2"]):
            with pytest.raises(BadInput) as caught:
                keys.pem(key("p256", "leaf"), passphrase)  # type: ignore[arg-type]
            assert "xxx" not in str(caught.value) and "hunter2" not in str(caught.value)


DEMO = """
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from tlslearn import keys
for kind in ("p256", "p384", "ed25519"):
    print(keys.demo("lesson", kind).private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()).hex())
"""


class TestDemo:
    def test_same_label_same_key_in_every_process(self) -> None:
        """Two processes make the same key from a label, byte for byte; another label or kind gives another."""
        told = [subprocess.run([sys.executable, "-c", DEMO], capture_output=True, text=True, check=True) for _ in "ab"]
        here = [secret(keys.demo("lesson", kind)).hex() for kind in ("p256", "p384", "ed25519")]
        assert told[0].stdout.split() == told[1].stdout.split() == here and len(set(here)) == 3
        assert secret(keys.demo("lesson")) != secret(keys.demo("Lesson"))

    @pytest.mark.parametrize("kind", ["rsa2048", "p521", None])
    def test_no_other_kind(self, kind: Any) -> None:
        """A kind whose key cannot be had from a label is refused."""
        with pytest.raises(BadInput, match="p256, p384 or ed25519") as caught:
            keys.demo("lesson", kind)
        assert caught.value.value == kind

    @pytest.mark.parametrize("kind", ["p256", "p384", "ed25519"])
    def test_a_demo_key_is_never_saved(self, tmp_path: Path, kind: Any) -> None:
        """A key that anybody can make is refused by `save`, also after a detour over PEM; a generated one is not."""
        demo = keys.demo("saved?", kind)
        detour: Any = load_pem_private_key(keys.pem(demo), None)
        for one in (demo, detour):
            with pytest.raises(BadInput, match="known to everybody"):
                keys.save(one, tmp_path / "key.pem")
        assert list(tmp_path.iterdir()) == [] and keys.is_demo(demo) and not keys.is_demo(key(kind, "leaf"))


class TestSpki:
    def test_one_hash_for_key_and_certificate(self) -> None:
        """Private key, public key and certificate of one pair have one hash, and it is not the fingerprint."""
        private, certificate = key("p256", "leaf"), issued().certificate
        found = {keys.spki_sha256(one) for one in (private, private.public_key(), certificate)}
        assert len(found) == 1 and keys.spki_sha256(root().certificate) not in found
        assert len(*found) == 32 and certificate.fingerprint(hashes.SHA256()) not in found

    def test_it_is_openssls(self, tmp_path: Path) -> None:
        """The hash is that of the DER that the openssl command writes."""
        (tmp_path / "leaf.pem").write_bytes(issued().certificate.public_bytes(Encoding.PEM))
        openssl = need("openssl")
        public = subprocess.run(
            [openssl, "x509", "-in", "leaf.pem", "-noout", "-pubkey"], cwd=tmp_path, capture_output=True
        )
        der = subprocess.run([openssl, "pkey", "-pubin", "-outform", "DER"], input=public.stdout, capture_output=True)
        digest = subprocess.run([openssl, "dgst", "-sha256", "-binary"], input=der.stdout, capture_output=True)
        assert digest.stdout == keys.spki_sha256(issued().certificate)

    @pytest.mark.parametrize("value", ["key", None, b"\x30"])
    def test_nothing_else_has_one(self, value: Any) -> None:
        """What is no key, request or certificate is refused by its type."""
        with pytest.raises(BadInput, match=type(value).__name__):
            keys.spki_sha256(value)
