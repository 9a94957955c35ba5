"""Do the commands and counts that notebook 03 tells hold when the openssl command is asked?"""

from __future__ import annotations

import os
import stat
import subprocess
from base64 import b64decode
from pathlib import Path

import judges
import pytest
from cryptography import x509

from tlslearn import der, keys
from tlslearn.course import notebook


@pytest.fixture(autouse=True)
def usual_umask() -> object:
    before = os.umask(0o022)
    yield
    os.umask(before)


def run(folder: Path, command: str) -> str:
    """What a line for the shell prints; it must succeed, each part of a pipe too."""
    done = subprocess.run(
        ["bash", "-eo", "pipefail", "-c", command], cwd=folder, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def commands() -> list[str]:
    prose = next(cell.source for cell in notebook.read(notebook.find("03")).cells if cell.json["id"] == "application")
    blocks = [text for language, text in notebook.FENCED.findall(prose) if not language]
    return "".join(blocks).strip().splitlines()


def count(path: Path) -> object:
    """The iteration count in an encrypted PKCS#8 file in PEM (RFC 8018 A.2)."""
    inside = b64decode("".join(path.read_text().splitlines()[1:-1]))
    return der.parse(inside)[0][1][0][1][1].value


def test_the_commands_make_a_request_that_holds(tmp_path: Path) -> None:
    """Made, verified, and the same public key by its hash."""
    judges.need("openssl")
    made, asked, verified, hashed, dumped = commands()
    run(tmp_path, made)
    run(tmp_path, asked)
    assert stat.S_IMODE((tmp_path / "key.pem").stat().st_mode) == 0o600
    request = x509.load_pem_x509_csr((tmp_path / "shop.csr").read_bytes())
    names = request.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["shop.example"] and not list(request.subject)
    assert "verify OK" in run(tmp_path, verified)
    assert run(tmp_path, hashed).strip().endswith(keys.spki_sha256(request).hex())
    assert "Extension Request" in run(tmp_path, dumped)


def test_what_protects_a_passphrase(tmp_path: Path) -> None:
    """The usual count, a higher one and scrypt: as the notebook says, and keys.load opens all three."""
    openssl = judges.need("openssl")
    run(
        tmp_path, "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -aes256 -pass pass:old -out usual.pem"
    )
    for name, option in (("high", "-iter 600000"), ("scrypt", "-scrypt")):
        run(tmp_path, f"openssl pkcs8 -topk8 {option} -in usual.pem -passin pass:old -passout pass:new -out {name}.pem")
    found = {name: keys.load(tmp_path / f"{name}.pem", "new") for name in ("high", "scrypt")}
    assert {keys.spki_sha256(key) for key in found.values()} == {
        keys.spki_sha256(keys.load(tmp_path / "usual.pem", "old"))
    }
    assert count(tmp_path / "high.pem") == 600_000
    if run(tmp_path, f"{openssl} version").startswith("OpenSSL 3.0"):
        assert count(tmp_path / "usual.pem") == 2048


def test_a_text_dump_shows_the_private_key_unless_told_not_to(tmp_path: Path) -> None:
    judges.need("openssl")
    run(tmp_path, "openssl genpkey -algorithm ED25519 -out key.pem")
    assert "priv:" in run(tmp_path, "openssl pkey -in key.pem -text -noout")
    assert "priv:" not in run(tmp_path, "openssl pkey -in key.pem -text_pub -noout")
