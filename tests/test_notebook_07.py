"""Does what notebook 07 tells of judges, alerts, commands and its ten servers hold when they are asked?"""

from __future__ import annotations

import ast
import shlex
import ssl
import subprocess
from pathlib import Path

import judges
import pytest
import requests
from certificates import issued, root
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from tlslearn import gallery, live
from tlslearn.course import notebook
from tlslearn.course.answers import NotYet
from tlslearn.course.checks import n06, n07
from tlslearn.course.exercise import EXERCISES, judge
from tlslearn.gallery.exhibits import lab

BOOK = notebook.read(notebook.find("07"))
REASONS = {one.expected for one in gallery.EXHIBITS.values() if isinstance(one.expected, str)}


def cell(id: str) -> str:
    return next(one.source for one in BOOK.cells if one.json["id"] == id)


def test_the_notebook_draws_the_ten_that_are_judged() -> None:
    (call,) = (
        node
        for node in ast.walk(ast.parse(cell("ten")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "gallery.draw"
    )
    assert ast.unparse(call) == f"gallery.draw({n07.COUNT}, seed={n07.SEED})"


def test_no_reply_gives_the_name_away() -> None:
    """For every number and every wrong name."""
    task = EXERCISES.find("07-ten")
    for number, one in enumerate(gallery.draw(n07.COUNT, seed=n07.SEED), 1):
        for name in gallery.EXHIBITS:
            if not n07._agrees(name, one.exhibit):
                with pytest.raises(NotYet) as turned_down:
                    judge(task, {number: name})
                words = str(turned_down.value).replace(f"{name} for number", "").replace(f"With {name} ", "")
                assert f" {one.exhibit.name} " not in words.replace(".", " ").replace(",", " ")


@pytest.mark.parametrize("reason", sorted(REASONS))
def test_an_alert_is_known_by_the_beginning_of_its_reason(reason: str) -> None:
    """As the package knows it, by its whole."""
    error = ssl.SSLError(1, reason)
    error.reason = reason
    assert reason.startswith(("SSLV3_ALERT", "TLSV1")) == (live.alert_name(error) is not None)


def test_a_client_may_refuse_by_a_reason_of_its_own(tmp_path: Path) -> None:
    """A Diffie-Hellman group of 1024 bits: no verify code, and no alert that came in."""
    judges.need("openssl")
    group = tmp_path / "dh.pem"
    subprocess.run(["openssl", "dhparam", "-dsaparam", "-out", group, "1024"], capture_output=True, check=True)
    context = root().issue(["localhost"], kind="rsa2048").server_context()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("DHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0")
    context.load_dh_params(group)
    met = n06.meet(live.client_context([root()]), context, "localhost")
    assert met.errors["client"].reason == "DH_KEY_TOO_SMALL"


def test_a_chain_with_another_key_is_no_issuer_and_one_with_the_same_is_a_signature_that_fails() -> None:
    """The leaf names its signer's key: OpenSSL tries another one only where nothing is named (RFC 5280 4.2.1.1)."""
    for name, code, same in (("impostor", 20, False), ("signature-changed", 7, True)):
        outcome = n07.visited(name)
        sent = n07._sent(outcome)
        assert outcome.answer == code and sent is not None
        named = sent[0].extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
        has = sent[1].extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
        assert (named == has) == same


def test_who_reads_a_common_name(tmp_path: Path) -> None:
    """ssl does on OpenSSL 3, unless told otherwise; requests tells it, cryptography never looks."""
    file = tmp_path / "root.pem"
    file.write_bytes(lab().root.certificate.public_bytes(Encoding.PEM))
    with gallery.open("no-san") as shown:
        context = live.client_context(shown.trust)
        context.hostname_checks_common_name = False
        with pytest.raises(ssl.SSLCertVerificationError) as refused:
            live.client._shake(context, shown.address, shown.hostname, 5.0)
        assert refused.value.verify_code == 62
        session = requests.Session()
        session.trust_env = False
        with pytest.raises(requests.exceptions.SSLError):
            session.get(shown.server.url, verify=str(file), timeout=5)
        sent = live.chain_as_sent(shown.address, shown.hostname, 5.0)
        assert sent is not None
        verifier = PolicyBuilder().store(Store([lab().root.certificate]))
        with pytest.raises(VerificationError):
            verifier.build_server_verifier(x509.DNSName(shown.hostname)).verify(sent[0], list(sent[1:]))
        if ssl.OPENSSL_VERSION_INFO < (4,):
            assert shown.visit().answer is None


def test_the_openssl_commands(tmp_path: Path) -> None:
    """The first shows the chain as sent, whatever it is; the second accepts the shop and refuses another."""
    judges.need("openssl")
    (block,) = (text for language, text in notebook.FENCED.findall(cell("application")) if not language)
    commands = [line for line in block.replace("\\\n", " ").strip().splitlines() if line.startswith("openssl")]
    assert len(commands) == 2
    (tmp_path / "root.pem").write_bytes(root().certificate.public_bytes(Encoding.PEM))
    with live.serve(issued()) as server:
        shown, accepted = (_run(command, server.address, tmp_path) for command in commands)
    assert shown.stdout.count("BEGIN CERTIFICATE") == len(issued().chain) and accepted.returncode == 0
    with gallery.open("untrusted-root-sent") as other:
        shown, accepted = (_run(command, other.address, tmp_path) for command in commands)
    assert shown.stdout.count("BEGIN CERTIFICATE") == 3 and accepted.returncode == 1


def _run(command: str, address: live.Address, folder: Path) -> subprocess.CompletedProcess[str]:
    asked = command.replace("shop.example:443", str(address)).replace("shop.example", "localhost")
    words = shlex.split(asked.replace("</dev/null", ""))
    return subprocess.run(words, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30)
