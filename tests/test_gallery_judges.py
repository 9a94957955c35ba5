"""One server, many judges: what do curl, GnuTLS and Chromium say to each exhibit, and why do they differ?"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import chromium
import judges
import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from tlslearn import gallery, live

NAMES = list(gallery.EXHIBITS)
VERSIONS = ("tls-v1-0", "tls-v1-1")


def files(shown: gallery.Shown, folder: Path) -> dict[str, Path]:
    """What the visit brings, as files."""
    terms = shown.exhibit.visit.terms()
    found = {"anchors": folder / "anchors.pem"}
    found["anchors"].write_bytes(_pem(live.anchors(shown.trust)))
    if "crls" in terms:
        found["crls"] = folder / "crls.pem"
        found["crls"].write_bytes(_pem(terms["crls"]))
    if "credential" in terms:
        found["certificate"], found["key"] = terms["credential"].write(folder)
    return found


def _pem(some: object) -> bytes:
    return b"".join(one.public_bytes(Encoding.PEM) for one in some)  # type: ignore[attr-defined]


# curl's exit status: 0 an answer, 35 no handshake, 52 an empty answer, 56 an error while it read, 60 a bad certificate.
def curl_says(name: str) -> set[int]:
    """curl uses OpenSSL here, so it says what `ssl` says, but where a reason stands beside it."""
    exhibit = gallery.EXHIBITS[name]
    if name in OTHERWISE_CURL:
        return {OTHERWISE_CURL[name][0]}
    if exhibit.expected is None:
        return {0}
    if isinstance(exhibit.expected, int):
        return {60}
    late = exhibit.side == "client" and exhibit.visit.terms().get("versions") != "TLSv1.2" and "1-2" not in name
    return {56} if late else {35}


OTHERWISE_CURL = {
    "signature-changed": (35, "a signature that does not fit is no fault of the certificate to curl"),
    "static-rsa": (0, "curl offers RSA key transport still, Python does not"),
    "alpn-mismatch": (52, "curl offers h2, gets it, and does not understand the answer of HTTP/1.1"),
    "silent": (28, "curl's own word for a time-out"),
}


@pytest.mark.judge("curl")
@pytest.mark.parametrize("name", NAMES)
def test_curl(name: str, tmp_path: Path) -> None:
    program = judges.need("curl")
    with gallery.open(name) as shown:
        brought = files(shown, tmp_path)
        port = shown.address.port
        command = [program, "-sS", "--max-time", "2", "--cacert", str(brought["anchors"])]
        command += ["--resolve", f"localhost:{port}:127.0.0.1"]
        command += ["--crlfile", str(brought["crls"])] if "crls" in brought else []
        command += ["--cert", str(brought["certificate"]), "--key", str(brought["key"])] if "key" in brought else []
        command += ["--tlsv1.3"] if shown.exhibit.visit.terms().get("versions") == "TLSv1.3" else []
        done = subprocess.run([*command, f"https://{shown.hostname}:{port}/"], capture_output=True, timeout=30)
    assert {done.returncode} == curl_says(name), done.stderr


# GnuTLS has its own code and its own mind. True: it shakes hands.
OTHERWISE_GNUTLS = {
    "rsa1024": (True, "short keys pass at its default level"),
    "tls-v1-0": (True, "it still speaks what is dead"),
    "tls-v1-1": (True, "it still speaks what is dead"),
    "tls-v1-2-for-a-1-3-client": (True, "nobody told it to insist on 1.3"),
    "cbc": (False, "it offers no such suite with SHA-256"),
}
# Its command takes CRLs of the trust anchors themselves alone, and `silent` would take its own, longer patience.
NOT_ASKED_GNUTLS = ("revoked", "crl-expired", "no-crl", "silent")


@pytest.mark.judge("gnutls-cli")
@pytest.mark.parametrize("name", [name for name in NAMES if name not in NOT_ASKED_GNUTLS])
def test_gnutls(name: str, tmp_path: Path) -> None:
    program = judges.need("gnutls-cli")
    exhibit = gallery.EXHIBITS[name]
    with gallery.open(name) as shown:
        brought = files(shown, tmp_path)
        command = [program, "--x509cafile", str(brought["anchors"]), "-p", str(shown.address.port)]
        if "key" in brought:
            command += ["--x509certfile", str(brought["certificate"]), "--x509keyfile", str(brought["key"])]
        asked = "GET / HTTP/1.0\r\n\r\n"
        done = subprocess.run([*command, shown.hostname], input=asked, capture_output=True, text=True, timeout=30)
    wanted, _why = OTHERWISE_GNUTLS.get(name, (exhibit.expected is None, ""))
    assert (done.returncode == 0) == wanted, done.stdout + done.stderr


# What Chromium calls what `ssl` gives a code for; and where it has another mind, the reason.
BY_CODE = {
    **dict.fromkeys((9, 10), "ERR_CERT_DATE_INVALID"),
    **dict.fromkeys((62, 64), "ERR_CERT_COMMON_NAME_INVALID"),
    **dict.fromkeys((7, 18, 19, 20), "ERR_CERT_AUTHORITY_INVALID"),
    **dict.fromkeys((25, 26, 34, 47, 79), "ERR_CERT_INVALID"),
}
PAGE = "Welcome to the bookshop.\n"
OTHERWISE_CHROMIUM = {
    "no-san": ("ERR_CERT_COMMON_NAME_INVALID", "it looks at no common name"),
    "no-digital-signature": ("ERR_SSL_KEY_USAGE_INCOMPATIBLE", "it has an error of its own for the key usage"),
    "wrong-authority-key-identifier": (PAGE, "identifiers are hints to it, as RFC 5280 has them"),
    "rsa1024": (PAGE, "for a root that was added by hand it takes shorter keys"),
    "ed25519-ca": ("ERR_CERT_INVALID", "it verifies no Ed25519 signatures on certificates"),
    "san-not-critical": ("ERR_CERT_INVALID", "it holds to RFC 5280 4.2.1.6 here"),
    **dict.fromkeys(("revoked", "crl-expired", "no-crl"), (PAGE, "nobody gave it a list")),
    "tls-v1-2-for-a-1-3-client": (PAGE, "nobody told it to insist on 1.3"),
    "static-rsa": (
        "ERR_SSL_KEY_USAGE_INCOMPATIBLE",
        "it offers key transport, and the leaf's key may sign alone",
    ),
    "cbc": ("ERR_SSL_VERSION_OR_CIPHER_MISMATCH", "it offers no such suite with SHA-256"),
    "alpn-mismatch": ("ERR_HTTP2_PROTOCOL_ERROR", "it offers h2, gets it, and does not understand HTTP/1.1"),
    **dict.fromkeys(("tls-v1-0", "tls-v1-1"), ("ERR_SSL_VERSION_OR_CIPHER_MISMATCH", "one error for both")),
    **dict.fromkeys(
        ("http", "ssh", "smtp-starttls", "internal-error", "access-denied"),
        ("ERR_SSL_PROTOCOL_ERROR", "one error for all that is no handshake"),
    ),
    "unrecognized-name": ("ERR_SSL_UNRECOGNIZED_NAME_ALERT", "the alert, by its name"),
    **dict.fromkeys(("closes", "truncated"), ("ERR_CONNECTION_CLOSED", "the end, by its name")),
    "resets": ("ERR_CONNECTION_RESET", "the reset, by its name"),
}
# It has no client certificate, and `silent` would take its own, longer patience.
NOT_ASKED_CHROMIUM = {"silent"} | {name for name, one in gallery.EXHIBITS.items() if one.category == "client"}


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    anchors = {one for exhibit in gallery.EXHIBITS.values() for one in live.anchors(exhibit.visit.trust())}
    roots = {f"root {number}": certificate for number, certificate in enumerate(anchors)}
    with chromium.trusting(tmp_path_factory.mktemp("home"), roots) as opened:
        yield opened


@pytest.mark.slow
@pytest.mark.judge("chromium")
@pytest.mark.judge("certutil")
@pytest.mark.parametrize("name", [name for name in NAMES if name not in NOT_ASKED_CHROMIUM])
def test_chromium(browser: Any, name: str) -> None:
    expected = gallery.EXHIBITS[name].expected
    agreed = PAGE if expected is None else BY_CODE.get(expected, "") if isinstance(expected, int) else ""
    wanted, _why = OTHERWISE_CHROMIUM.get(name, (agreed, ""))
    with gallery.open(name) as shown:
        assert chromium.says(browser, f"https://{shown.hostname}:{shown.address.port}/") == wanted


def test_every_difference_has_its_reason() -> None:
    for name, (_, why) in (*OTHERWISE_CURL.items(), *OTHERWISE_GNUTLS.items(), *OTHERWISE_CHROMIUM.items()):
        assert name in gallery.EXHIBITS and why
