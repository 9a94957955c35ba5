"""Is what an authority signs accepted by every judge that knows its kind of key, and only under its own root?"""

from __future__ import annotations

import ssl
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, get_args

import chromium
import pytest
from certificates import (
    impostor,
    issued,
    issuing,
    key,
    openssl_refusal,
    pem,
    presenting,
    refusal_of_cryptography,
    root,
    ssl_code,
    ssl_code_of_client,
)
from judges import need

from tlslearn import Authority, Credential, keys, live

KINDS = get_args(keys.Kind)
HOST = "localhost"

# What a judge lacks is asked of the judge itself, below; these are the kinds for which it may say so.
MAY_LACK = {
    "openssl verify": ("mldsa44", "mldsa65", "mldsa87"),
    "openssl verify -x509_strict": ("mldsa44", "mldsa65", "mldsa87"),
    "ssl": ("mldsa44", "mldsa65", "mldsa87"),
    "ssl, strict": ("mldsa44", "mldsa65", "mldsa87"),
    "cryptography": ("ed25519",),
    "certtool": ("mldsa44", "mldsa65", "mldsa87"),
    "gnutls-cli": ("mldsa44", "mldsa65", "mldsa87"),
    "Chromium": ("ed25519", "mldsa44", "mldsa65", "mldsa87"),
}


def made_here(kind: str) -> None:
    """Skips where this version of cryptography makes no such key."""
    try:
        key(kind, "leaf")
    except ValueError as error:
        pytest.skip(str(error))


@cache
def lacks_openssl(kind: str) -> str | None:
    name = kind.upper().replace("MLDSA", "ML-DSA-") if kind.startswith(("ed", "mldsa")) else "RSA"
    done = subprocess.run([need("openssl"), "genpkey", "-algorithm", name], capture_output=True, text=True)
    return None if done.returncode == 0 else f"openssl makes no such key: {done.stderr.splitlines()[0]}"


@cache
def lacks_ssl(kind: str) -> str | None:
    """It loads a key of the kind, beside the certificate that goes with it, or it does not."""
    try:
        issued(kind).server_context()
    except ssl.SSLError as error:
        return f"{ssl.OPENSSL_VERSION} loads no such key: {error.reason}"
    return None


@cache
def lacks_cryptography(kind: str) -> str | None:
    """Its verifier has a list of the algorithms that a CA may have, and says when one is not on it."""
    told = refusal_of_cryptography(issued(kind), [root(kind)]) or ""
    return told if "Forbidden public key algorithm" in told else None


@cache
def lacks_certtool(kind: str) -> str | None:
    name = "ecdsa" if kind in ("p256", "p384") else "rsa" if kind.startswith("rsa") else kind
    line = [need("certtool"), "--generate-privkey", f"--key-type={name}"]
    done = subprocess.run(line, capture_output=True, text=True)
    return None if done.returncode == 0 else f"certtool makes no such key: {done.stderr.splitlines()[0]}"


def certtool_accepts(folder: Path, credential: Credential, trust: Authority, hostname: str) -> bool:
    (folder / "root.pem").write_bytes(pem(trust.certificate))
    (folder / "chain.pem").write_bytes(pem(*credential.chain))
    command = [need("certtool"), "--verify", "--load-ca-certificate", "root.pem", "--infile", "chain.pem"]
    done = subprocess.run([*command, "--verify-hostname", hostname], cwd=folder, capture_output=True, text=True)
    assert (done.returncode == 0) == ("Chain verification output: Verified." in done.stdout), done.stdout + done.stderr
    return done.returncode == 0


def gnutls_cli_accepts(folder: Path, credential: Credential, trust: Authority, hostname: str) -> bool:
    (folder / "root.pem").write_bytes(pem(trust.certificate))
    with live.serve(credential) as server:
        command = [need("gnutls-cli"), "--x509cafile", "root.pem", "--port", str(server.address.port)]
        command += ["--verify-hostname", hostname, "localhost"]
        done = subprocess.run(command, cwd=folder, capture_output=True, stdin=subprocess.DEVNULL, timeout=60)
    trusted = b"- Status: The certificate is trusted." in done.stdout
    assert trusted == (done.returncode == 0), done.stdout
    return trusted


Accepts = Callable[[Path, Credential, Authority, str], bool]
Lacks = Callable[[str], str | None]
JUDGES: dict[str, tuple[Accepts, Lacks]] = {
    "openssl verify": (
        lambda folder, one, trust, _: not openssl_refusal(folder, one, trust, strict=False),
        lacks_openssl,
    ),
    "openssl verify -x509_strict": (
        lambda folder, one, trust, _: not openssl_refusal(folder, one, trust),
        lacks_openssl,
    ),
    "ssl": (lambda _, one, trust, host: not ssl_code(one, [trust], host), lacks_ssl),
    "ssl, strict": (lambda _, one, trust, host: not ssl_code(one, [trust], host, strict=True), lacks_ssl),
    "cryptography": (lambda _, one, trust, host: not refusal_of_cryptography(one, [trust], host), lacks_cryptography),
    "certtool": (certtool_accepts, lacks_certtool),
    "gnutls-cli": (gnutls_cli_accepts, lambda kind: lacks_certtool(kind) or lacks_ssl(kind)),
}
NO_HOST = ("openssl verify", "openssl verify -x509_strict")  # not told the host here


def lacks(judge: str, kind: str) -> str | None:
    """Why this judge cannot be asked about this kind of key; None where it can."""
    reason = JUDGES[judge][1](kind)
    assert reason is None or kind in MAY_LACK[judge], reason
    return reason


@pytest.mark.judge("openssl")
@pytest.mark.judge("certtool")
@pytest.mark.judge("gnutls-cli")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("judge", JUDGES)
def test_accepted(tmp_path: Path, judge: str, kind: str) -> None:
    """Leaf, intermediate and root of one kind: accepted under the root, for its name and address; refused for another
    name, under a root of the same name, and with one bit of the leaf's signature flipped."""
    made_here(kind)
    if reason := lacks(judge, kind):
        pytest.skip(f"{judge}: {reason}")
    accepts = JUDGES[judge][0]
    good, changed = issued(kind), issued(kind, fault="signature-changed")
    for host in (HOST, "127.0.0.1"):
        assert accepts(tmp_path, good, root(kind), host)
    assert judge in NO_HOST or not accepts(tmp_path, good, root(kind), "other.test")
    assert not accepts(tmp_path, good, impostor(kind), HOST)
    assert not accepts(tmp_path, changed, root(kind), HOST)
    assert not accepts(tmp_path, presenting(good), root(kind), HOST), "without its intermediate"


# Leaf, issuing CA and root, each of another kind; all judges know them.
MIXED = [("rsa2048", "p256", "p384"), ("p256", "p384", "rsa3072"), ("p384", "rsa2048", "p256")]
MIXED_WITH_ED25519 = [("ed25519", "p256", "p256"), ("p256", "ed25519", "p256"), ("p256", "p256", "ed25519")]


@pytest.mark.judge("openssl")
@pytest.mark.judge("certtool")
@pytest.mark.judge("gnutls-cli")
@pytest.mark.parametrize("kinds", MIXED + MIXED_WITH_ED25519)
@pytest.mark.parametrize("judge", JUDGES)
def test_mixed_kinds_are_accepted(tmp_path: Path, judge: str, kinds: tuple[str, str, str]) -> None:
    """A leaf of one kind may stand below an issuing CA of another and a root of a third."""
    leaf, middle, top = kinds
    credential = issued(leaf, ca_kind=middle, root_kind=top)
    if judge == "cryptography" and "ed25519" in (middle, top):
        assert "Forbidden public key algorithm" in (refusal_of_cryptography(credential, [root(top)]) or "")
    else:
        assert JUDGES[judge][0](tmp_path, credential, root(top), HOST)


@pytest.mark.parametrize("kind", KINDS)
def test_clients_are_accepted(tmp_path: Path, kind: str) -> None:
    """A server that asks for a certificate accepts a client's, refuses a server's (26) and an impostor's."""
    made_here(kind)
    client = issued(kind, purpose="client")
    if not lacks("cryptography", kind):
        assert refusal_of_cryptography(client, [root(kind)], purpose="client") is None
        assert refusal_of_cryptography(client, [impostor(kind)], purpose="client")
        assert refusal_of_cryptography(client, [root(kind)])
        assert refusal_of_cryptography(issued(kind), [root(kind)], purpose="client")
    if not lacks("ssl", kind):
        assert ssl_code_of_client(client, [root(kind)]) == 0
        assert ssl_code_of_client(issued(kind), [root(kind)]) == 26
        assert ssl_code_of_client(client, [impostor(kind)]) == 20
    if not lacks("openssl verify", kind):
        assert openssl_refusal(tmp_path, client, root(kind), purpose="sslclient") == ""
        assert "unsuitable certificate purpose" in openssl_refusal(tmp_path, client, root(kind))


TRUSTED = ("rsa2048", "rsa3072", "rsa4096", "p256", "p384")  # kinds of roots that certutil takes


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A browser that trusts the lab's roots of the kinds it knows, and nothing else of ours."""
    roots = {kind: root(kind).certificate for kind in TRUSTED}
    with chromium.trusting(tmp_path_factory.mktemp("home"), roots) as opened:
        yield opened


def visit(browser: Any, credential: Credential, host: str = HOST) -> tuple[str, str]:
    """What the page says, or the browser's error; and the error of the server."""
    with live.serve(credential, answer=b"in the lab") as server:
        said = chromium.says(browser, f"https://{host}:{server.address.port}/")
    return said, next((seen.error for seen in server.log if seen.error), "")


@pytest.mark.slow
@pytest.mark.judge("chromium")
@pytest.mark.judge("certutil")
@pytest.mark.parametrize("kind", KINDS)
def test_chromium_accepts(browser: Any, kind: str) -> None:
    """The page is shown for the name and the address; not where another key has signed the leaf."""
    made_here(kind)
    ca = kind if kind in TRUSTED else "p256"
    good = issued(kind, ca_kind=ca, root_kind=ca)
    if reason := lacks_ssl(kind):
        pytest.skip(f"no server to visit: {reason}")
    said, error = visit(browser, good)
    if kind in MAY_LACK["Chromium"] and error == "NO_SUITABLE_SIGNATURE_ALGORITHM":
        pytest.skip(f"Chromium offers no way to verify such a key: {error}, {said}")
    assert said == visit(browser, good, "127.0.0.1")[0] == "in the lab"
    other = replace(issuing(ca, ca), private_key=key(ca, "impostor")).issue([HOST], key=key(kind, "leaf"))
    assert visit(browser, other)[0] == "ERR_CERT_AUTHORITY_INVALID"


@pytest.mark.slow
@pytest.mark.judge("chromium")
@pytest.mark.judge("certutil")
def test_chromium_refuses(browser: Any) -> None:
    """What has one thing wrong is refused for that, below the same root."""
    for fault, error in (
        ("expired", "ERR_CERT_DATE_INVALID"),
        ("wrong-host", "ERR_CERT_COMMON_NAME_INVALID"),
        ("name-outside-constraints", "ERR_CERT_INVALID"),
        ("incomplete-chain", "ERR_CERT_AUTHORITY_INVALID"),
    ):
        assert visit(browser, root().issue([HOST], one_thing_wrong=fault))[0] == error  # type: ignore[arg-type]
