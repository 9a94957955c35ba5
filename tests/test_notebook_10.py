"""Does what notebook 10 tells of clients, servers and commands hold when they are asked?"""

from __future__ import annotations

import shlex
import ssl
import subprocess
from itertools import combinations

import judges
import pytest
from certificates import issued, root
from misbehaving import Hello, Met, Server, meet

from tlslearn import handshake, live, wire
from tlslearn.course import notebook
from tlslearn.course.checks import n10
from tlslearn.figures import three_checks
from tlslearn.handshake.client import Offer
from tlslearn.handshake.signatures import CONTEXT


def source(id: str) -> str:
    return next(cell.source for cell in notebook.read(notebook.find("10")).cells if cell.json["id"] == id)


def test_the_openssl_command_tells_static_rsa() -> None:
    """It hears an alert where a server takes no static RSA, as those of `ssl` do by default, or no TLS 1.2; it succeeds
    where one takes it."""
    judges.need("openssl")
    (block,) = (text for language, text in notebook.FENCED.findall(source("application")) if not language)
    (command,) = block.strip().splitlines()
    static = {"versions": "TLSv1.2", "ciphers": "AES128-GCM-SHA256@SECLEVEL=0"}
    refusals = (({"versions": "TLSv1.2"}, b"handshake failure"), ({"versions": "TLSv1.3"}, b"protocol version"))
    for terms, alert in ((static, b""), *refusals):
        with live.serve(issued("rsa2048"), timeout=5, **terms) as server:
            asked = command.replace("shop.example:443", f"127.0.0.1:{server.address.port}").replace("</dev/null", "")
            done = subprocess.run(shlex.split(asked), stdin=subprocess.DEVNULL, capture_output=True, timeout=30)
        assert done.returncode == bool(alert), done.stderr
        assert alert in done.stderr


@pytest.mark.parametrize(
    ("ciphers", "is_signed"), [("ECDHE-RSA-AES128-GCM-SHA256", True), ("AES128-GCM-SHA256", False)]
)
def test_with_ecdhe_alone_the_server_signs_its_random(ciphers: str, is_signed: bool) -> None:
    client, server = live.client_context([root("rsa2048")]), issued("rsa2048").server_context()
    for context in (client, server):
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers(f"{ciphers}@SECLEVEL=0")
    opened = handshake.decrypt(handshake.run(client, server, "localhost"))
    assert bool(opened.find(wire.ServerKeyExchange)) == is_signed
    assert opened.failures == []


def answer(found: wire.ServerHello) -> Met:
    """The package's client, which offers what the exercise's does but TLS 1.2, before such an answer."""
    listed = [(one.extension_type, one.data) for one in found.extensions]
    echo = None if found.legacy_session_id_echo == n10.hello().legacy_session_id else found.legacy_session_id_echo
    hello = Hello(found.random, found.legacy_version, echo, found.cipher_suite, extensions=listed)
    return meet(Server(answer=hello), offer=Offer(suites=(0x1301, 0x1303)))


@pytest.mark.parametrize("case", n10._CASES, ids=lambda case: case[0])
def test_the_packages_client_says_the_alerts_of_the_exercise(case: n10.Case) -> None:
    """It offers no TLS 1.2, and so refuses a good answer of that version; shares of zeros are refused by the way."""
    _, found, wanted, _ = case
    refused = answer(found).error
    assert isinstance(refused, handshake.Refused)
    if wanted:
        assert refused.alert == wanted
    elif found.version == wire.TLS_1_2:
        assert refused.alert == "protocol_version"
    else:
        assert "key share" in str(refused)


def test_cases_and_signed_contents_differ() -> None:
    assert all(one[1].raw != other[1].raw for one, other in combinations(n10._CASES, 2))
    assert CONTEXT["server"] == b" " * 64 + b"TLS 1.3, server CertificateVerify\0"


def test_the_picture_names_the_messages_in_their_order() -> None:
    """RFC 9846 2, figure 1."""
    said = [three_checks().alt.index(f"{name}:") for name in ("Certificate", "CertificateVerify", "Finished")]
    assert said == sorted(said)
