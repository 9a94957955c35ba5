"""Does what notebook 06 tells of libraries, contexts and commands hold when they are asked?"""

from __future__ import annotations

import ftplib
import http.client
import imaplib
import poplib
import shlex
import smtplib
import socket
import ssl
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import httpx
import judges
import pytest
from certificates import issued, root
from cryptography.hazmat.primitives.serialization import Encoding

from tlslearn import Authority, Credential, live
from tlslearn.course import notebook
from tlslearn.course.checks import n06
from tlslearn.gallery import connections

STRANGER = Authority.create("Anybody at all").issue(["localhost"])
Mail = Callable[[int, ssl.SSLContext | None], Any]


def ftp(connection: socket.socket) -> bool:
    """As much of FTP as comes before TLS (RFC 4217 4)."""
    connection.sendall(b"220 files.test\r\n")
    connection.recv(1000)  # AUTH TLS
    connection.sendall(b"234 Go ahead\r\n")
    return True


def starttls(port: int, context: ssl.SSLContext | None) -> None:
    smtplib.SMTP("localhost", port, timeout=1).starttls(context=context)


def ftps(port: int, context: ssl.SSLContext | None) -> None:
    client = ftplib.FTP_TLS(context=context, timeout=1)
    client.connect("localhost", port)
    client.auth()


# What each does where a stranger answers; after the handshake they wait in vain for a greeting.
MAIL: dict[str, tuple[Mail, Any]] = {
    "smtplib, STARTTLS": (starttls, connections.smtp),
    "smtplib": (lambda port, context: smtplib.SMTP_SSL("localhost", port, context=context, timeout=1), None),
    "imaplib": (lambda port, context: imaplib.IMAP4_SSL("localhost", port, ssl_context=context, timeout=1), None),
    "poplib": (lambda port, context: poplib.POP3_SSL("localhost", port, context=context, timeout=1), None),
    "ftplib": (ftps, ftp),
}


@pytest.mark.parametrize("name", MAIL)
def test_the_mail_modules_take_any_certificate_until_they_get_a_context(name: str) -> None:
    act, preface = MAIL[name]
    for context in (None, ssl.create_default_context()):
        with live.serve(STRANGER, preface=preface, timeout=3) as server:
            try:
                act(server.address.port, context)
                refused = False
            except ssl.SSLCertVerificationError:
                refused = True
            except OSError:  # no greeting came
                refused = False
            (seen,) = server.log
        assert refused == (context is not None)
        assert (seen.version is None) == refused


def test_http_client_verifies() -> None:
    with live.serve(STRANGER) as server, pytest.raises(ssl.SSLCertVerificationError):
        http.client.HTTPSConnection("localhost", server.address.port, timeout=5).request("GET", "/")


def test_urlopen_keeps_its_first_context_from_312_on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """So a variable that is set later is overlooked; a context made later sees it."""
    file = tmp_path / "root.pem"
    file.write_bytes(root().certificate.public_bytes(Encoding.PEM))
    monkeypatch.setattr("urllib.request._opener", None)
    with live.serve(issued()) as server:
        with pytest.raises(URLError):
            urlopen(server.url, timeout=5)
        monkeypatch.setenv("SSL_CERT_FILE", str(file))
        assert urlopen(server.url, context=ssl.create_default_context(), timeout=5).status == 200
        if sys.version_info >= (3, 12):
            with pytest.raises(URLError):
                urlopen(server.url, timeout=5)
        else:
            assert urlopen(server.url, timeout=5).status == 200


def test_a_context_in_use_takes_a_renewed_certificate(tmp_path: Path) -> None:
    """`load_cert_chain` again: the next handshake presents the new one."""
    first, renewed = issued(), root().issue(["localhost"])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    client = live.client_context([root()])
    for credential in (first, renewed):
        context.load_cert_chain(*credential.write(tmp_path, overwrite=True))
        assert n06.meet(client, context, "localhost").leaf == credential.certificate.public_bytes(Encoding.DER)
    assert first.fingerprint != renewed.fingerprint


def renewal(first: str, then: str, folder: Path) -> tuple[ssl.SSLContext, Credential, Credential]:
    """A context in use that has loaded a certificate of each kind, in this order."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    old, new = (root().issue(["localhost"], kind=kind) for kind in (first, then))
    for credential in (old, new):
        context.load_cert_chain(*credential.write(folder, overwrite=True))
    return context, old, new


def test_a_context_keeps_the_old_certificate_beside_one_with_a_key_of_another_kind(tmp_path: Path) -> None:
    client = live.client_context([root()])
    context, old, _ = renewal("p256", "rsa2048", tmp_path)
    assert n06.meet(client, context, "localhost").leaf == old.certificate.public_bytes(Encoding.DER)
    context, _, new = renewal("p256", "p256", tmp_path)
    assert n06.meet(client, context, "localhost").leaf == new.certificate.public_bytes(Encoding.DER)


def test_a_load_that_fails_leaves_the_context_in_use_without_a_key(tmp_path: Path) -> None:
    chain, key = issued().write(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key)
    client = live.client_context([root()])
    assert n06.meet(client, context, "localhost").leaf
    chain.write_bytes(root().issue(["localhost"]).certificate.public_bytes(Encoding.PEM))
    with pytest.raises(ssl.SSLError, match="KEY_VALUES_MISMATCH"):
        context.load_cert_chain(chain, key)
    met = n06.meet(client, context, "localhost")
    assert met.leaf is None and met.errors["server"].reason == "NO_SHARED_CIPHER"


@pytest.mark.parametrize(
    ("ca", "leaf", "reason"),
    [
        ("p256", "p256", "KEY_VALUES_MISMATCH"),
        ("rsa2048", "p256", "NO_CERTIFICATE_ASSIGNED"),
        ("p256", "rsa2048", "NO_CERTIFICATE_ASSIGNED"),
    ],
)
def test_what_the_wrong_order_is_called(ca: str, leaf: str, reason: str, tmp_path: Path) -> None:
    above = Authority.create("A root", kind=ca)
    shop = above.issue(["localhost"], kind=leaf)
    chain, key = shop.write(tmp_path)
    chain.write_bytes(b"".join(one.public_bytes(Encoding.PEM) for one in (above.certificate, shop.certificate)))
    with pytest.raises(ssl.SSLError, match=reason):
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(chain, key)


def test_the_variable_replaces_openssls_file_and_leaves_its_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What lies in the folder is still trusted by ssl; for httpx the file stands alone."""
    mine, theirs = Authority.create("Mine"), Authority.create("Theirs")
    file, folder = tmp_path / "mine.pem", tmp_path / "folder"
    file.write_bytes(mine.certificate.public_bytes(Encoding.PEM))
    folder.mkdir()
    pem = folder / "theirs.pem"
    pem.write_bytes(theirs.certificate.public_bytes(Encoding.PEM))
    judges.need("openssl")
    hashed = subprocess.run(["openssl", "x509", "-hash", "-noout", "-in", pem], capture_output=True, text=True)
    pem.rename(folder / f"{hashed.stdout.strip()}.0")
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    monkeypatch.setenv("SSL_CERT_DIR", str(folder))
    server = theirs.issue(["localhost"]).server_context()
    assert n06.meet(ssl.create_default_context(), server, "localhost").leaf
    assert n06.meet(httpx.create_ssl_context(), server, "localhost").leaf is None


def test_a_servers_context_begins_no_clients_handshake() -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    assert not context.check_hostname and context.verify_mode == ssl.CERT_NONE
    with pytest.raises(ssl.SSLError, match="Cannot create a client socket"):
        context.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname="localhost")


def test_only_the_clients_purpose_exchanged_trusts_the_systems_roots() -> None:
    """The quiet fault of the first solution's last paragraph."""
    with n06.decoy_in_the_system_store():
        context = ssl.create_default_context(ssl.Purpose.SERVER_AUTH)
        context.load_verify_locations(cadata=root().certificate.public_bytes(Encoding.DER))
    assert len(context.get_ca_certs()) == 2


@pytest.mark.parametrize(
    ("callback", "reason"),
    [
        (lambda *_: 1 / 0, "SSLV3_ALERT_HANDSHAKE_FAILURE"),
        (lambda *_: ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME, "TLSV1_UNRECOGNIZED_NAME"),
    ],
)
def test_what_a_client_hears_of_a_callback(callback: Callable[..., Any], reason: str) -> None:
    context = issued().server_context()
    context.sni_callback = callback
    met = n06.meet(live.client_context([root()]), context, "localhost")
    assert met.errors["client"].reason == reason


def test_false_from_a_callback_is_alert_0() -> None:
    """RFC 9846 6.1: close_notify."""
    context = issued().server_context()
    context.sni_callback = lambda *_: False  # type: ignore[assignment, return-value]
    assert ssl.AlertDescription(0).name == "ALERT_DESCRIPTION_CLOSE_NOTIFY"
    assert n06.meet(live.client_context([root()]), context, "localhost").leaf is None


def test_the_openssl_commands(tmp_path: Path) -> None:
    """Both accept the shop and refuse the stranger."""
    judges.need("openssl")
    prose = next(cell.source for cell in notebook.read(notebook.find("06")).cells if cell.json["id"] == "application")
    (block,) = (text for language, text in notebook.FENCED.findall(prose) if not language)
    commands = block.replace("\\\n", " ").strip().splitlines()
    assert len(commands) == 2
    (tmp_path / "root.pem").write_bytes(root().certificate.public_bytes(Encoding.PEM))
    for command, host, preface in zip(
        commands, ("shop.example:443", "mail.example:587"), (None, connections.smtp), strict=True
    ):
        for credential, status in ((issued(), 0), (STRANGER, 1)):
            with live.serve(credential, preface=preface, timeout=5) as server:
                asked = command.replace(host, f"127.0.0.1:{server.address.port}").replace("</dev/null", "")
                words = shlex.split(asked.replace("shop.example", "localhost").replace("mail.example", "localhost"))
                done = subprocess.run(words, cwd=tmp_path, stdin=subprocess.DEVNULL, capture_output=True, timeout=30)
            assert done.returncode == status, done.stderr
