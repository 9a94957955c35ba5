"""Does what notebook 08 tells of tickets, certificates, headers and commands hold when they are asked?"""

from __future__ import annotations

import shlex
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from threading import Thread
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import judges
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from tlslearn import Authority, handshake, live
from tlslearn.course import notebook
from tlslearn.course.checks import n08

BANK_ROOT, CALLERS = Authority.create("Bank Root"), n08._callers()


def at_bank() -> ssl.SSLContext:
    """A server's context that demands a certificate of the callers' CA, and hands out tickets."""
    context = BANK_ROOT.issue(["bank.example"]).server_context()
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(cadata=CALLERS.certificate.public_bytes(Encoding.DER))
    return context


def test_a_certificate_that_names_no_use_passes_as_a_clients() -> None:
    """RFC 5280 4.2.1.12 restricts where the extension is there."""
    bare = n08._certificate([x509.DNSName(n08.TILL)])
    with pytest.raises(x509.ExtensionNotFound):
        bare.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    client = live.client_context([BANK_ROOT])
    live.trust.present(client, replace(n08._caller(n08.TILL), certificate=bare))
    assert handshake.run(client, at_bank(), "bank.example", say=(b"pay", b"paid")).complete


def test_a_ticket_outlives_the_callers_certificate_and_is_renewed() -> None:
    end = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=3)
    client, server = live.client_context([BANK_ROOT]), at_bank()
    live.trust.present(client, CALLERS.issue([n08.TILL], purpose="client", not_after=end))
    talk: dict[str, Any] = {"say": (b"pay", b"paid"), "close": True}
    first = handshake.run(client, server, "bank.example", **talk)
    assert first.complete and first.session is not None
    while datetime.now(UTC) <= end + timedelta(seconds=1):
        time.sleep(0.2)
    refused = handshake.run(client, server, "bank.example", **talk)
    assert [getattr(one, "verify_code", None) for one in refused.errors.values()].count(10) == 1
    session = first.session
    for _ in range(2):  # each time with the ticket of the time before
        again = handshake.run(client, server, "bank.example", session=session, **talk)
        assert again.complete and again.session is not None and again.session.id != session.id
        session = again.session


def test_a_program_reads_an_underscore_as_a_hyphen() -> None:
    """RFC 3875 4.1.18, which WSGI follows: so a proxy that removes Client-Cert must remove Client_Cert."""
    seen: dict[str, Any] = {}

    def program(environ: dict[str, Any], start: Any) -> list[bytes]:
        seen.update(environ)
        start("200 OK", [])
        return []

    class Silent(WSGIRequestHandler):
        def log_message(self, *_: object) -> None: ...

    with make_server("127.0.0.1", 0, program, handler_class=Silent) as server:
        thread = Thread(target=server.handle_request)
        thread.start()
        HTTPConnection("127.0.0.1", server.server_port, timeout=5).request("GET", "/", headers={"Client_Cert": ":x:"})
        thread.join(5)
    assert seen["HTTP_CLIENT_CERT"] == ":x:"


@contextmanager
def running(command: list[str], folder: Path) -> Iterator[str]:
    """An openssl server, and the port that it took."""
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=folder, stdin=pipe, stdout=pipe, stderr=subprocess.STDOUT, text=True) as server:
        assert server.stdout is not None
        try:
            yield next(line for line in server.stdout if line.startswith("ACCEPT")).rpartition(":")[2].strip()
        finally:
            server.kill()


def test_the_openssl_commands_present_the_whole_chain(tmp_path: Path) -> None:
    """Both ends below an intermediate: the good caller is answered, one of another CA is not."""
    judges.need("openssl")
    prose = next(cell.source for cell in notebook.read(notebook.find("08")).cells if cell.json["id"] == "application")
    (block,) = (text for language, text in notebook.FENCED.findall(prose) if not language)
    serve, call = block.replace("\\\n", " ").strip().splitlines()
    for name, authority in (("bank-root", BANK_ROOT), ("callers", CALLERS)):
        (tmp_path / f"{name}.pem").write_bytes(authority.certificate.public_bytes(Encoding.PEM))
    BANK_ROOT.intermediate("Bank Issuing CA").issue(["bank.example"]).write(tmp_path)
    callers = {"paid": CALLERS, "refused": Authority.create("Bank Callers CA")}
    with running(shlex.split(serve.replace("-accept 8443", "-accept 127.0.0.1:0")), tmp_path) as port:
        for told, authority in callers.items():
            credential = authority.intermediate("Tills").issue([n08.TILL], purpose="client")
            (tmp_path / told).mkdir()
            chain, key = credential.write(tmp_path / told)
            asked = call.replace("localhost:8443", f"127.0.0.1:{port}")
            words = shlex.split(asked.replace("till.pem", str(chain)).replace("till.key", str(key)))
            done = subprocess.run(
                [*words, "-ign_eof"],
                cwd=tmp_path,
                input="GET / HTTP/1.0\r\n\r\n",
                capture_output=True,
                text=True,
                timeout=30,
            )
            assert "Verify return code: 0 (ok)" in done.stdout, done.stderr
            assert ("200 ok" in done.stdout) == (told == "paid"), done.stderr
