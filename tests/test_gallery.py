"""Is every exhibit wrong in one thing, and do both ends say of it what its table says?"""

from __future__ import annotations

import html
import re
import socket
import ssl
import struct
import subprocess
import tempfile
import threading
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import judges
import pytest
from certificates import STRICT
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from tlslearn import BadInput, chain, gallery, live
from tlslearn.check import SOURCES
from tlslearn.gallery.exhibits import STRICT_BY_DEFAULT, answer_of

NAMES = list(gallery.EXHIBITS)
VERIFIED = [name for name, one in gallery.EXHIBITS.items() if isinstance(one.expected, int | None)]
# What badssl.com calls the same (of its categories certificate, client certificate, cipher suite, protocol, upgrade).
OF_BADSSL = {
    *("expired", "wrong.host", "self-signed", "untrusted-root", "revoked", "no-common-name", "incomplete-chain"),
    *("1000-sans", "rsa2048", "client", "client-cert-missing", "http", "cbc", "static-rsa"),
    *("tls-v1-0", "tls-v1-1", "tls-v1-2"),
}


@pytest.mark.parametrize("name", NAMES)
class TestEveryExhibit:
    def test_both_ends_say_what_the_table_says(self, name: str) -> None:
        exhibit = gallery.EXHIBITS[name]
        with gallery.open(name) as shown:
            outcome = shown.visit()
        assert (outcome.answer, outcome.server_saw) == exhibit.here
        assert (outcome.connection is None) == (outcome.answer is not None)

    def test_it_is_told_whole(self, name: str) -> None:
        exhibit = gallery.EXHIBITS[name]
        assert exhibit.category in gallery.CATEGORIES and exhibit.says.endswith(".")
        assert not exhibit.rule or exhibit.rule in SOURCES
        wrong = "nothing is wrong" not in exhibit.says
        assert bool(exhibit.mended) == (wrong or name == "root-sent")
        assert exhibit.expected is None or wrong


class TestTheWhole:
    def test_there_are_many_and_of_each_category_some(self) -> None:
        assert len(NAMES) >= 40
        assert {one.category for one in gallery.EXHIBITS.values()} == set(gallery.CATEGORIES)
        assert set(NAMES) >= OF_BADSSL

    def test_some_that_seem_broken_are_accepted(self) -> None:
        """A judge that says nothing has not looked at everything."""
        seeming = [one for one in gallery.EXHIBITS.values() if one.expected is None and one.mended]
        assert len(seeming) >= 5

    def test_table(self) -> None:
        rows = gallery.table(["expired", "no-common-name"])
        assert rows[0][:4] == ("expired", "time", "verify code 10", "certificate_expired")
        assert rows[1][2:4] == ("accepted", "–")
        assert len(gallery.table()) == len(NAMES)

    def test_an_unknown_name(self) -> None:
        with pytest.raises(BadInput, match=r"wrong-word.*expired"):
            gallery.open("wrong-word")

    def test_all_at_once_and_nothing_left_behind(self) -> None:
        before = threading.active_count()
        with gallery.serve_all() as shown:
            assert len({one.address for one in shown}) == len(NAMES)
        assert threading.active_count() == before

    @pytest.mark.parametrize("name", ["smtp-starttls", "ssh"])
    def test_who_hangs_up_on_a_greeting_is_no_error(self, name: str) -> None:
        """A client that expected TLS resets the connection when it reads a greeting, sometimes before it is heard."""
        with gallery.open(name) as shown:
            client = socket.create_connection(shown.address, 5)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            assert client.recv(3)[:2] in (b"22", b"SS")
            client.close()
        assert [seen.error for seen in shown.server.log] == [None]

    @pytest.mark.slow
    def test_the_same_each_time(self) -> None:
        """Twenty visits to each exhibit that hangs on who speaks first."""
        racing = (
            "client-cert-missing",
            "client-expired",
            "resets",
            "closes",
            "ssh",
            "smtp-starttls",
            "internal-error",
            "expired",
        )
        for name in racing:
            for _ in range(20):
                with gallery.open(name) as shown:
                    outcome = shown.visit()
                assert (outcome.answer, outcome.server_saw) == gallery.EXHIBITS[name].here, name


class TestDrawn:
    def test_the_same_for_a_seed_everywhere(self) -> None:
        assert [one.exhibit.name for one in gallery.draw(3, seed=1325)] == [
            *("signature-changed", "incomplete-chain", "http"),
        ]
        assert gallery.draw(9, seed=1) == gallery.draw(10, seed=1)[:9] != gallery.draw(9, seed=2)

    def test_each_once_and_all_fail_on_every_python(self) -> None:
        drawn = [one.exhibit for one in gallery.draw(45, seed=1)]
        assert len({one.name for one in drawn}) == 45
        assert not any(one.expected is None or one.strict for one in drawn)
        assert not {"silent", "no-san"} & {one.name for one in drawn}

    def test_its_name_is_not_shown(self) -> None:
        (one,) = gallery.draw(1, seed=1325)
        outcome = one.visit()
        assert (outcome.answer, outcome.server_saw) == one.exhibit.here
        assert one.exhibit.name not in repr(one) + repr(outcome)

    @pytest.mark.parametrize("count", [0, -1, 1000])
    def test_not_so_many(self, count: int) -> None:
        with pytest.raises(BadInput, match="Draw 1 to 45"):
            gallery.draw(count, seed=1)


class TestPage:
    def test_it_lists_what_is_served_and_hands_out_the_root(self) -> None:
        before = threading.active_count()
        with gallery.serve_page(["expired", "http"]) as (address, shown):
            page = urlopen(address, timeout=10).read().decode()
            root = x509.load_pem_x509_certificate(urlopen(f"{address}gallery-root.pem", timeout=10).read())
            with pytest.raises(HTTPError, match="404"):
                urlopen(f"{address}other", timeout=10)
            for one in shown:
                assert f'href="https://localhost:{one.address.port}/"' in page and html.escape(one.exhibit.says) in page
        assert live.anchors(shown[0].trust) == (root,)
        assert threading.active_count() == before


class TestStrict:
    @pytest.mark.parametrize("name", VERIFIED)
    def test_what_the_flags_of_3_13_change(self, name: str) -> None:
        """Each server once without and once with VERIFY_X509_STRICT, whatever this Python's default."""
        exhibit = gallery.EXHIBITS[name]
        wanted = {False: exhibit.expected, True: exhibit.strict[0] if exhibit.strict else exhibit.expected}
        with gallery.open(name) as shown:
            for strict, answer in wanted.items():
                assert _answer(shown, strict) == answer, f"strict {strict}"

    def test_this_python(self) -> None:
        flags = ssl.create_default_context().verify_flags
        assert bool(flags & ssl.VERIFY_X509_STRICT) == STRICT_BY_DEFAULT


def _answer(shown: gallery.Shown, strict: bool) -> int | str | None:
    terms = shown.exhibit.visit.terms()
    context = live.client_context(shown.trust)
    context.verify_flags = context.verify_flags | STRICT if strict else context.verify_flags & ~STRICT
    live.trust.terms(terms.get("alpn", ()), terms.get("versions"), terms.get("ciphers"), terms.get("crls", ())).apply(
        context
    )
    if "credential" in terms:
        live.trust.present(context, terms["credential"])
    try:
        live.client._shake(context, shown.address, shown.hostname, 5.0, request="/")
    except OSError as error:
        return answer_of(error)
    return None


class TestOtherJudges:
    @pytest.mark.parametrize("name", VERIFIED)
    def test_openssl_gives_the_same_code(self, name: str) -> None:
        """`openssl s_client -verify_return_error`: the same library, asked in another way."""
        program = judges.need("openssl")
        exhibit = gallery.EXHIBITS[name]
        with gallery.open(name) as shown, tempfile.TemporaryDirectory() as folder:
            command = [program, "s_client", "-connect", str(shown.address), "-verify_return_error", "-brief"]
            command += _options(shown, Path(folder))
            done = subprocess.run(command, input="", capture_output=True, text=True, timeout=30)
        told = re.findall(r"verify error:num=(\d+)", done.stdout + done.stderr)
        wanted = [] if exhibit.expected is None else [str(exhibit.expected)]
        assert told[:1] == wanted, done.stderr
        assert (done.returncode == 0) == (exhibit.expected is None)

    @pytest.mark.parametrize("name", [name for name in VERIFIED if gallery.EXHIBITS[name].category != "client"])
    def test_the_rules_agree_or_the_table_says_who_differs(self, name: str) -> None:
        """`chain.validate` on what was sent: it fails where `ssl` refuses; where it is stricter, a note says so."""
        exhibit = gallery.EXHIBITS[name]
        terms = exhibit.visit.terms()
        with gallery.open(name) as shown:
            sent = live.chain_as_sent(shown.address, shown.hostname, 5.0)
            trust = live.anchors(shown.trust)
        assert sent is not None
        verdict = chain.validate(sent[0], sent[1:], trust, hostname=shown.hostname, crls=terms.get("crls", ()))
        if exhibit.category == "revocation":
            assert not verdict.ok
        elif exhibit.expected is not None and name != "wrong-authority-key-identifier":
            assert not verdict.ok, "ssl refuses it"
        elif not verdict.ok:
            assert exhibit.note or exhibit.strict, verdict.failures


def _options(shown: gallery.Shown, folder: Path) -> list[str]:
    """What a Visit says, in the words of openssl."""
    anchors = folder / "anchors.pem"
    crls = list(shown.exhibit.visit.terms().get("crls", ()))
    pem = b"".join(one.public_bytes(Encoding.PEM) for one in live.anchors(shown.trust))
    anchors.write_bytes(pem + b"".join(one.public_bytes(Encoding.PEM) for one in crls))
    is_address = shown.hostname[0].isdigit()
    options = ["-CAfile", str(anchors), "-verify_ip" if is_address else "-verify_hostname", shown.hostname]
    options += ["-noservername"] if is_address else ["-servername", shown.hostname]
    options += ["-crl_check"] if crls else []
    terms = shown.exhibit.visit.terms()
    if "credential" in terms:
        certificate, key = terms["credential"].write(folder)
        options += ["-cert", str(certificate), "-key", str(key), "-cert_chain", str(certificate)]
    if "alpn" in terms:
        options += ["-alpn", ",".join(terms["alpn"])]
    return options
