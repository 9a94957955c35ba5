"""Are keys made, kept and read back as they were, and does nothing of them leak?"""

from __future__ import annotations

import errno
import os
import re
import stat
import subprocess
import sys
import tempfile
import traceback
from base64 import b64decode, encodebytes
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, get_args

import pytest
from certificates import issued, key, root
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from judges import need

import tlslearn
from tlslearn import BadInput, TlslearnError, csr, der, keys

QUICK = ("rsa2048", "p256", "p384", "ed25519")
PYTHONPATH = str(Path(tlslearn.__file__).parents[1])

# What writing a key asks the system for, in its order.
STAGES = [
    *((tempfile, "mkstemp"), (os, "fdopen"), (os, "fsync"), (Path, "chmod"), (os, "link")),
    *((os, "replace"), (Path, "unlink")),
]


def watch(patch: pytest.MonkeyPatch, module: Any, name: str, seen: Callable[[str], object]) -> None:
    """Calls `seen` before and after each call of module.name."""
    real = getattr(module, name)

    def watched(*args: Any, **options: Any) -> Any:
        seen(name)
        try:
            return real(*args, **options)
        finally:
            seen(name)

    patch.setattr(module, name, watched)


def look(folder: Path) -> list[tuple[str, int]]:
    return [(path.name, stat.S_IMODE(path.stat().st_mode)) for path in folder.iterdir()]


def stop(wrong: BaseException) -> Any:
    raise wrong


def no_links(old: object, new: object) -> None:
    raise OSError(errno.EPERM, "no hard links here")


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

    @pytest.mark.parametrize("kind", ["mldsa44", "mldsa65", "mldsa87"])
    def test_ml_dsa_where_cryptography_has_it(self, tmp_path: Path, kind: Any) -> None:
        """An ML-DSA key is made, saved and read back, or refused with what to upgrade (FIPS 204)."""
        if not hasattr(keys.MLDSA44PrivateKey, "from_seed_bytes"):
            with pytest.raises(BadInput, match="Upgrade cryptography"):
                keys.generate(kind)
            return
        made = keys.generate(kind)
        assert secret(keys.load(keys.save(made, tmp_path / "key.pem", "secret"), "secret")) == secret(made)
        assert keys.strength(made.public_key()) == (True, kind.replace("mldsa", "ML-DSA-"))
        assert keys.signing_hash(made) is None and len(keys.spki_sha256(made)) == 32

    def test_a_kind_that_the_library_cannot_make(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Where cryptography, or the OpenSSL below it, has no ML-DSA, that is no traceback."""

        def missing() -> None:
            raise UnsupportedAlgorithm("ML-DSA-44 is not supported")

        monkeypatch.setitem(keys._MAKE, "mldsa44", missing)
        with pytest.raises(BadInput, match="Upgrade cryptography") as caught:
            keys.generate("mldsa44")
        assert caught.value.value == "mldsa44"

    @pytest.mark.parametrize("kind", ["rsa1024", "RSA2048", "", None, 2048])
    def test_no_other_kind(self, kind: Any) -> None:
        """A kind there is not is refused with all kinds there are."""
        with pytest.raises(BadInput) as caught:
            keys.generate(kind)
        assert repr(kind) in str(caught.value)
        assert all(one in caught.value.fix for one in get_args(keys.Kind))


class TestSigningHash:
    @pytest.mark.parametrize(
        ("curve", "name"), [(ec.SECP256R1(), "sha256"), (ec.SECP384R1(), "sha384"), (ec.SECP521R1(), "sha512")]
    )
    def test_a_curve_has_a_hash_of_its_strength(self, curve: ec.EllipticCurve, name: str) -> None:
        """Baseline Requirements 7.1.3.2.2."""
        assert getattr(keys.signing_hash(ec.generate_private_key(curve)), "name", None) == name

    @pytest.mark.parametrize(("kind", "name"), [("rsa2048", "sha256"), ("ed25519", None)])
    def test_the_others(self, kind: str, name: str | None) -> None:
        """RSA takes SHA-256; Ed25519 hashes by itself (RFC 8032 5.1)."""
        assert getattr(keys.signing_hash(key(kind, "leaf")), "name", None) == name


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

    @pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX")
    @pytest.mark.parametrize("links", [True, False])
    def test_mode_is_0600_at_every_stage(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool) -> None:
        """With an open umask, every file in the folder is private whenever the system is asked for anything."""
        seen: list[tuple[str, int]] = []
        for module, name in STAGES:
            watch(monkeypatch, module, name, lambda _: seen.extend(look(tmp_path)))
        if not links:
            monkeypatch.setattr(os, "link", no_links)
        before = os.umask(0)
        try:
            keys.save(key("p256", "leaf"), tmp_path / "key.pem")
        finally:
            os.umask(before)
        assert {mode for _, mode in [*seen, *look(tmp_path)]} == {0o600}
        assert len({name for name, _ in seen}) == 2, "the temporary file and the key were both looked at"

    @pytest.mark.parametrize("wrong", [KeyboardInterrupt(), OSError(errno.ENOSPC, "no room"), MemoryError()], ids=repr)
    @pytest.mark.parametrize("stage", ["mkstemp", "fsync", "chmod", "link"])
    @pytest.mark.parametrize("there", [True, False])
    def test_an_interrupted_save_leaves_nothing(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stage: str, wrong: BaseException, there: bool
    ) -> None:
        """Whatever goes wrong at whatever stage: no half of a key, no temporary file; an older key is still there."""
        path = tmp_path / "key.pem"
        if there:
            keys.save(key("p256", "issuing"), path)
        with monkeypatch.context() as patch:
            for module, name in STAGES:
                if name == stage or (there and stage == "link" and name == "replace"):
                    watch(patch, module, name, lambda _: stop(wrong))
            with pytest.raises(TlslearnError if isinstance(wrong, OSError) else type(wrong)):
                keys.save(key("p256", "leaf"), path, overwrite=there)
        assert [one.name for one in tmp_path.iterdir()] == ["key.pem"] * there
        if there:
            assert secret(keys.load(path)) == secret(key("p256", "issuing"))

    @pytest.mark.parametrize("stage", ["os.fsync", "os.link"])
    def test_a_killed_save_leaves_no_key(self, tmp_path: Path, stage: str) -> None:
        """A process that ends between two steps leaves at most a private temporary file, never the name with half."""
        script = (
            f"import os\nfrom tlslearn import keys\n{stage} = lambda *_: os._exit(9)\nkeys.save(keys.generate(), 'k')"
        )
        done = subprocess.run(
            [sys.executable, "-c", script], cwd=tmp_path, env={**os.environ, "PYTHONPATH": PYTHONPATH}
        )
        assert done.returncode == 9 and not (tmp_path / "k").exists()
        (left,) = tmp_path.iterdir()
        assert left.name.startswith(".tlslearn-") and (os.name != "posix" or stat.S_IMODE(left.stat().st_mode) == 0o600)

    def test_nothing_is_overwritten_unless_told(self, tmp_path: Path) -> None:
        """A file that exists stays as it is; with `overwrite=True` the new key is there; no other file is left."""
        path = keys.save(key("p256", "leaf"), tmp_path / "key.pem")
        with pytest.raises(BadInput, match=re.escape(str(path))):
            keys.save(key("p256", "issuing"), path)
        assert secret(keys.load(path)) == secret(key("p256", "leaf"))
        keys.save(key("p256", "issuing"), path, overwrite=True)
        assert secret(keys.load(path)) == secret(key("p256", "issuing"))
        assert [one.name for one in tmp_path.iterdir()] == ["key.pem"]

    def test_a_folder_that_may_not_be_written(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """The folder's refusal is told with the path and what to do."""
        monkeypatch.setattr(tempfile, "mkstemp", lambda **_: stop(PermissionError(errno.EACCES, "Permission denied")))
        with pytest.raises(TlslearnError, match="Permission denied") as caught:
            keys.save(key("p256", "leaf"), tmp_path / "key.pem")
        assert caught.value.value == str(tmp_path / "key.pem") and "Name a folder" in caught.value.fix

    @pytest.mark.parametrize("kind", ["rsa2048", "p256", "ed25519"])
    def test_how_a_key_is_encrypted(self, tmp_path: Path, kind: str) -> None:
        """What `pem` says of the encryption is what stands in the bytes (RFC 8018 6.2, A.2), read with `der`."""
        (_, block), *_ = keys.pem_blocks(keys.pem(key(kind, "leaf"), "secret"))
        scheme, (derivation, cipher) = der.parse(b64decode(b"".join(block.splitlines()[1:-1])))[0]
        salt, rounds, function = derivation[1]
        assert [der.oid_name(str(one.value)) for one in (scheme, derivation[0], function[0], cipher[0])] == [
            *("PBES2", "PBKDF2", "hmacWithSHA256", "aes256-CBC-PAD")
        ]
        assert (len(salt.content), rounds.value) == (16, 2048) and "2,048 rounds of HMAC-SHA-256" in str(
            keys.pem.__doc__
        )

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


@cache
def exported(*command: str) -> bytes:
    """What the openssl command makes of the P-256 or RSA key of the leaf (and its certificate), by its options."""
    kind = "rsa2048" if command[0] == "rsa" else "p256"
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "key.pem").write_bytes(keys.pem(key(kind, "leaf")))
        Path(folder, "leaf.pem").write_bytes(issued().certificate.public_bytes(Encoding.PEM))
        given = ("-inkey", "key.pem", "-in", "leaf.pem") if command[0] == "pkcs12" else ("-in", "key.pem")
        done = subprocess.run([need("openssl"), *command, *given, "-out", "out"], cwd=folder, capture_output=True)
        assert done.returncode == 0, done.stderr
        return Path(folder, "out").read_bytes()


LOCK = ("-passout", f"pass:{PASSPHRASE}")


class TestOtherForms:
    @pytest.mark.parametrize(
        ("command", "begins"),
        [
            (("rsa", "-traditional"), b"-----BEGIN RSA PRIVATE KEY"),
            (("rsa", "-traditional", "-outform", "DER"), b"\x30\x82"),
            (("ec",), b"-----BEGIN EC PRIVATE KEY"),
            (("ec", "-outform", "DER"), b"\x30\x77"),
            (("pkcs8", "-topk8", "-nocrypt", "-outform", "DER"), b"\x30\x81"),
            (("pkcs12", "-export", "-passout", "pass:"), b"\x30\x82"),
            (("pkcs12", "-export", "-passout", "pass:", "-keypbe", "NONE", "-certpbe", "NONE", "-nomac"), b"\x30\x82"),
        ],
        ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
    )
    def test_without_encryption(self, tmp_path: Path, command: tuple[str, ...], begins: bytes) -> None:
        """PKCS#1, SEC 1, PKCS#8 and PKCS#12 as openssl writes them; a passphrase that nothing needs is told."""
        path, wanted = tmp_path / "key", key("rsa2048" if command[0] == "rsa" else "p256", "leaf")
        path.write_bytes(exported(*command))
        assert path.read_bytes().startswith(begins) and secret(keys.load(path)) == secret(wanted)
        with pytest.raises(BadInput, match="key without encryption"):
            keys.load(path, PASSPHRASE)

    @pytest.mark.parametrize(
        "command",
        [
            ("rsa", "-traditional", "-aes128", *LOCK),
            ("rsa", "-traditional", "-aes256", *LOCK),
            ("rsa", "-traditional", "-des3", *LOCK),
            ("ec", "-aes256", *LOCK),
            ("ec", "-des3", *LOCK),
            ("pkcs8", "-topk8", "-scrypt", *LOCK),
            ("pkcs8", "-topk8", "-outform", "DER", *LOCK),
            ("pkcs8", "-topk8", "-v1", "PBE-SHA1-3DES", *LOCK),
            ("pkcs12", "-export", *LOCK),
            ("pkcs12", "-export", "-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-3DES", "-macalg", "sha1", *LOCK),
        ],
        ids=lambda command: " ".join(command[:-2]),
    )
    def test_encrypted(self, tmp_path: Path, command: tuple[str, ...]) -> None:
        """The same with a passphrase, in the older ways too: read with it, and told when it is missing or wrong."""
        path, wanted = tmp_path / "key", key("rsa2048" if command[0] == "rsa" else "p256", "leaf")
        path.write_bytes(exported(*command))
        assert secret(keys.load(path, PASSPHRASE)) == secret(wanted)
        for passphrase, problem in ((None, "encrypted key"), ("wrong", "private key cannot be read")):
            with pytest.raises(BadInput) as caught:
                keys.load(path, passphrase)
            assert caught.value.problem == problem and caught.value.value == str(path)

    @pytest.mark.parametrize("option", ["-aes192", "-camellia128"])
    def test_a_cipher_that_is_not_read(self, tmp_path: Path, option: str) -> None:
        """An older file under another cipher is told by the cipher's name, with the command that helps."""
        path = tmp_path / "key.pem"
        path.write_bytes(exported("ec", option, *LOCK))
        with pytest.raises(BadInput, match="cipher that is not read here") as caught:
            keys.load(path, PASSPHRASE)
        assert option[1:4].upper() in caught.value.fix and f"openssl pkcs8 -topk8 -in {path}" in caught.value.fix

    @pytest.mark.parametrize(
        "line", [b"AES-128-CBC,00", b"AES-128-CBC", b"AES-128-CBC," + b"0" * 34, b"aes,zz", b"\xff"]
    )
    def test_a_damaged_line_of_an_older_file(self, tmp_path: Path, line: bytes) -> None:
        """A wrong DEK-Info line, on which cryptography would panic, is told as damage."""
        (tmp_path / "key.pem").write_bytes(
            re.sub(rb"(DEK-Info: ).*", rb"\g<1>" + line, exported("ec", "-aes128", *LOCK), count=1)
        )
        with pytest.raises(BadInput, match="private key cannot be read") as caught:
            keys.load(tmp_path / "key.pem", PASSPHRASE)
        assert "DEK-Info" in caught.value.fix

    def test_a_store_without_a_key_and_one_with_two(self, tmp_path: Path) -> None:
        """PKCS#12 that holds certificates alone, and with several keys, of which cryptography would take the first."""
        one = tmp_path / "certificates.p12"
        one.write_bytes(exported("pkcs12", "-export", "-nokeys", *LOCK))
        with pytest.raises(BadInput, match="It holds certificates"):
            keys.load(one, PASSPHRASE)
        whole = der.parse(exported("pkcs12", "-export", *LOCK))
        outer = der.parse(whole[1][1][0].content)  # the authenticated safe: one part for certificates, one for keys
        parts = [part.bytes for part in outer]
        twice = der.encode(0x04, der.encode(0x30, [*parts, parts[-1]]))
        content = der.encode(0x30, [whole[1][0], der.encode(0xA0, twice)])
        two = tmp_path / "two.p12"
        two.write_bytes(der.encode(0x30, [whole[0], content, whole[2]]))
        with pytest.raises(BadInput, match="several private keys") as caught:
            keys.load(two, PASSPHRASE)
        assert caught.value.value == str(two) and "It holds 2" in caught.value.fix

    @pytest.mark.parametrize("change", [lambda pem: pem.replace(b"\n", b"\r\n"), lambda pem: b"\xef\xbb\xbf" + pem])
    def test_as_windows_saves_it(self, tmp_path: Path, change: Callable[[bytes], bytes]) -> None:
        """Ends of lines and the mark of UTF-8 do not matter."""
        (tmp_path / "key.pem").write_bytes(change(exported("ec", "-aes128", *LOCK)))
        assert secret(keys.load(tmp_path / "key.pem", PASSPHRASE)) == secret(key("p256", "leaf"))

    @given(st.data())
    @settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    def test_damaged_files(self, data: st.DataObject) -> None:
        """Bytes changed or cut in any form: a key or BadInput, and never more than that. Counts of rounds are left as
        they are, since a changed one may ask for hours of work."""
        forms = [keys.pem(key("p256", "leaf")), secret(key("p256", "leaf")), secret(key("ed25519", "leaf"))]
        forms += [exported("rsa", "-traditional"), exported("ec", "-aes128", *LOCK), exported("ec", "-outform", "DER")]
        whole = bytearray(data.draw(st.sampled_from(forms)))
        for _ in range(data.draw(st.integers(1, 3))):
            at, new = data.draw(st.integers(0, len(whole) - 1)), data.draw(st.binary(max_size=3))
            whole[at : at + data.draw(st.integers(0, 3))] = new
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "key")
            path.write_bytes(whole + b"\n")
            for passphrase in (None, PASSPHRASE):
                try:
                    assert isinstance(keys.load(path, passphrase), keys.PrivateKey)
                except BadInput as error:
                    assert str(path) in str(error) and PASSPHRASE not in str(error)


class TestWhatIs:
    @pytest.mark.parametrize(
        ("data", "held"),
        [
            (b"-----BEGIN X509 CRL-----\n-----END X509 CRL-----\n", "a CRL"),
            (b"-----BEGIN PKCS7-----\n-----END PKCS7-----\n", "PKCS#7 certificates"),
            (b"-----BEGIN EC PARAMETERS-----\n-----END EC PARAMETERS-----\n", "EC parameters"),
            (b"-----BEGIN OPENSSH PRIVATE KEY-----\n", "the beginning of an OpenSSH private key, without its end"),
            (
                b"-----BEGIN CERTIFICATE-----\n-----BEGIN CERTIFICATE-----\n",
                "the beginning of a certificate, without its end",
            ),
            (b"PuTTY-User-Key-File-3: ssh-rsa", "a key of PuTTY"),
            (b"\xfe\xed\xfe\xed\0\0\0\2", "a Java keystore"),
            (b"\x30\x80\x02\x01\x03", "a PKCS#12 store"),
            (b"\x30\x03\x02\x01\x00", "nothing known here"),
        ],
    )
    def test_files_given_by_mistake(self, data: bytes, held: str) -> None:
        """A file is told by what it holds, whole or not."""
        assert keys.what_is(data) == held

    def test_several_things_in_one_file(self) -> None:
        """All that a file holds is told, each once."""
        chain = b"".join(one.public_bytes(Encoding.PEM) for one in issued().chain)
        assert keys.what_is(chain + keys.pem(key("p256", "leaf"))) == "a certificate and a private key"


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

    @pytest.mark.parametrize(
        "name", ["locked", "locked as DER", "plain", "der", "two", "cut off", "der, cut off", "curve"]
    )
    def test_no_error_tells_a_secret(self, tmp_path: Path, name: str) -> None:
        """Neither passphrase nor key bytes stand in an error, with all the errors that it came from."""
        path = tmp_path / "key.pem"
        path.write_bytes(unreadable(name))
        with pytest.raises(BadInput) as caught:
            keys.load(path, f"not {PASSPHRASE}" if name.startswith("locked") else PASSPHRASE)
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
