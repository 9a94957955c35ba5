"""Does the doctor name the cause of what a live server does, through every library, and what this machine adds?"""

from __future__ import annotations

import asyncio
import smtplib
import socket
import ssl
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import chains
import pytest
from broken_servers import EXHIBITS, FORM
from certificates import issued, root
from test_doctor import assert_diagnosis

from tlslearn import Authority, BadInput, doctor, gallery, live
from tlslearn.doctor import plain, surroundings
from tlslearn.gallery.connections import smtp
from tlslearn.gallery.exhibits import STRICT_BY_DEFAULT

PATIENCE = 1.0  # seconds that a silent server is waited for


def kinds(name: str) -> tuple[str | None, str]:
    if name in FORM and STRICT_BY_DEFAULT:
        return "strict", "strict"
    return EXHIBITS.get(name, (None, "good"))


@pytest.mark.parametrize(
    ("crls", "brings", "says"),
    [
        (lambda lab: [lab.crl(days=-1)], {}, "that of the server's own list"),
        (lambda lab: [lab.crl(days=30)], {}, "or the server's own list"),
        (lambda lab: [lab.crl(by=lab.other)], {}, "or lacks its list"),
        (lambda lab: [], {"one_thing_wrong": "not-yet-valid"}, "not valid yet"),
    ],
    ids=["the list is old", "the list is of the future", "no list", "not valid yet"],
)
def test_a_refused_client_is_not_blamed_for_the_servers_list(
    crls: Callable[[gallery.exhibits.Lab], Any], brings: dict[str, Any], says: str
) -> None:
    """OpenSSL sends the same alerts for a CRL that is out of its time, or missing, as for such a certificate."""
    lab = gallery.exhibits.lab()
    with live.serve(lab.issue(), trust=[lab.root], crls=crls(lab)) as server, pytest.raises(ssl.SSLError) as refused:
        client = lab.issue("till.test", purpose="client", **brings)
        live.connect(server.address, trust=[lab.root], hostname="localhost", credential=client, request="/")
    found = doctor.explain(refused.value)
    assert found.kind == "client refused" and says in found.cause and found.notebook == "08"


# What TLS asks of a server's chain and leaf stands in RFC 9846, what certificates may be in RFC 5280: both are cited.
ASIDE = ("incomplete-chain", "leaf-may-sign")


@pytest.mark.parametrize("name", list(gallery.EXHIBITS))
class TestTheGallery:
    def test_explain_and_examine(self, name: str) -> None:
        """The cause is named from the exception, and by looking at the server; never another one with confidence."""
        explained, examined = kinds(name)
        with gallery.open(name) as shown:
            outcome = shown.visit()
            found = doctor.explain(outcome.error, server=shown.server) if outcome.error else None
            looked = doctor.examine(str(shown.address), trust=shown.trust, hostname=shown.hostname, timeout=PATIENCE)
        assert (found and found.kind) == explained
        assert looked.kind == examined, looked.cause
        for one in (found, looked):
            if one is not None:
                assert_diagnosis(one, one.kind)

    def test_the_rule_is_the_exhibits(self, name: str) -> None:
        """Where the doctor has a check for the cause, it is of the standard that the exhibit cites."""
        exhibit = gallery.EXHIBITS[name]
        with gallery.open(name) as shown:
            outcome = shown.visit()
            found = doctor.explain(outcome.error, server=shown.server) if outcome.error else None
        if found is not None and found.failed is not None:
            number = found.failed.source.split()[1]
            assert exhibit.source.split()[1] == number or name in ASIDE


def through_smtplib(server: live.Server) -> None:
    with smtplib.SMTP("127.0.0.1", server.address.port, timeout=10) as mail:
        mail._host = "localhost"  # the name to verify; a lab resolves none
        mail.starttls(context=live.client_context([root()]))


def through_aiohttp(server: live.Server) -> None:
    import aiohttp

    async def ask() -> None:
        async with aiohttp.ClientSession() as session:
            await session.get(server.url, ssl=live.client_context([root()]))

    asyncio.run(ask())


class TestOtherLibraries:
    @pytest.mark.parametrize(("fault", "row"), [("expired", "expired"), ("wrong-host", "host"), ("impostor", None)])
    def test_aiohttp(self, fault: str, row: str | None) -> None:
        pytest.importorskip("aiohttp")
        with live.serve(issued(fault=fault)) as server:
            with pytest.raises(Exception) as caught:  # its own class, around what ssl raised
                through_aiohttp(server)
            found = doctor.explain(caught.value, server=server)
        assert_diagnosis(found, row or "wrong intermediate")

    @pytest.mark.parametrize(("fault", "row"), [("expired", "expired"), ("wrong-host", "host")])
    def test_smtplib(self, fault: str, row: str) -> None:
        with live.serve(issued(fault=fault), preface=smtp) as server:
            with pytest.raises(ssl.SSLError) as caught:
                through_smtplib(server)
            found = doctor.explain(caught.value, server=server)
        assert_diagnosis(found, row)

    def test_a_mail_server_that_hangs_up(self) -> None:
        with pytest.raises(smtplib.SMTPServerDisconnected) as caught:
            raise smtplib.SMTPServerDisconnected("Connection unexpectedly closed")
        assert_diagnosis(doctor.explain(caught.value), "closed")

    def test_files_that_do_not_fit(self, tmp_path: Path) -> None:
        """A program's own certificate and key, before any connection."""
        chain, _ = issued().write(tmp_path)
        (tmp_path / "other").mkdir()
        _, other = Authority.create("Another").issue(["localhost"]).write(tmp_path / "other")
        with pytest.raises(ssl.SSLError) as caught:
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(chain, other)
        assert_diagnosis(doctor.explain(caught.value), "own files")


def reason(name: str) -> ssl.SSLError:
    """An error as `ssl` makes it, with a reason that no server here can be talked into."""
    error = ssl.SSLError(1, f"[SSL: {name}] …")
    error.reason = name
    return error


class TestReasons:
    @pytest.mark.parametrize(
        ("name", "row"),
        [
            ("DH_KEY_TOO_SMALL", "weak exchange"),
            ("UNSAFE_LEGACY_RENEGOTIATION_DISABLED", "legacy renegotiation"),
            ("TLSV1_ALERT_NO_APPLICATION_PROTOCOL", "no common protocol"),
            ("UNSUPPORTED_PROTOCOL", "versions"),
            ("NO_SHARED_CIPHER", "no common terms"),
            ("TLSV1_ALERT_DECRYPT_ERROR", "alert"),
            ("SOMETHING_NEW", "cannot tell"),
        ],
    )
    def test_a_reason(self, name: str, row: str) -> None:
        assert_diagnosis(doctor.explain(reason(name)), row)

    def test_the_codes_that_only_strict_clients_give(self) -> None:
        """Also on a Python that is not strict by itself: the lint of `chain` says at which certificate and why."""
        credential = issued(fault="no-authority-key-identifier")
        context = live.client_context([root()])
        context.verify_flags |= ssl.VERIFY_X509_STRICT
        with live.serve(credential) as server:
            with (
                pytest.raises(ssl.SSLCertVerificationError) as caught,
                socket.create_connection(server.address, 10) as bare,
            ):
                context.wrap_socket(bare, server_hostname="localhost")
            found = doctor.explain(caught.value, server=server)
        assert_diagnosis(found, "strict")
        assert found.place == "leaf" and found.failed is not None and found.failed.source == "RFC 5280 4.2.1.1"


class TestTheClock:
    def test_when_everything_is_outside_its_time(self) -> None:
        """Leaf, CA and anchor all over at once: the clock is accused, not the server's owner."""
        past = datetime.now(UTC) - timedelta(days=900)
        old = _of_another_time(past)
        error = _refused(old[0], old[1])
        assert_diagnosis(doctor.explain(error), "clock")

    def test_one_that_is_over_is_not_the_clocks_fault(self) -> None:
        with live.serve(issued(fault="expired")) as server:
            found = doctor.examine(str(server.address), trust=[root()], hostname="localhost")
        assert_diagnosis(found, "expired")


def _of_another_time(end: datetime) -> tuple[Any, list[Any]]:
    """A leaf and its root, both over at that moment."""
    times = {"start": end - timedelta(days=30), "end": end}
    return chains.leaf(issuer="Root", signer=chains.key("root"), **times), [chains.root(**times)]


def _refused(leaf: Any, anchors: list[Any]) -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "certificate has expired")
    error.verify_code = 10
    error.evidence = live.Evidence("a.test", (leaf,), tuple(anchors))  # type: ignore[attr-defined]
    return error


SPEAKERS: dict[str, list[tuple[bytes, bytes]]] = {  # what is said, and what is waited for before it
    "imap": [(b"", b"* OK ready\r\n"), (b"1 STARTTLS\r\n", b"1 OK begin\r\n")],
    "pop3": [(b"", b"+OK ready\r\n"), (b"STLS\r\n", b"+OK begin\r\n")],
    "ftp": [(b"", b"220-files.test FTP\r\n220 ready\r\n"), (b"AUTH TLS\r\n", b"234 begin\r\n")],
    "postgres": [(b"\0\0\0\x08\x04\xd2\x16\x2f", b"S")],
}


def speaker(protocol: str) -> Callable[[socket.socket], bool]:
    def preface(connection: socket.socket) -> bool:
        for asked, said in SPEAKERS[protocol]:
            if asked and connection.recv(len(asked)) != asked:
                return False
            connection.sendall(said)
        return True

    return preface


class TestStartTls:
    @pytest.mark.parametrize("protocol", ["smtp", *SPEAKERS])
    def test_asked_for_by_name(self, protocol: str) -> None:
        preface = smtp if protocol == "smtp" else speaker(protocol)
        with live.serve(issued(), preface=preface) as server:
            found = doctor.examine(str(server.address), trust=[root()], hostname="localhost", starttls=protocol)
            assert_diagnosis(found, "good")
        with live.serve(issued(fault="expired"), preface=preface) as server:
            found = doctor.examine(str(server.address), trust=[root()], hostname="localhost", starttls=protocol)
            assert_diagnosis(found, "expired")

    def test_by_its_greeting(self) -> None:
        with live.serve(issued(), preface=smtp) as server:
            found = doctor.examine(str(server.address), trust=[root()], hostname="localhost", timeout=PATIENCE)
        assert_diagnosis(found, "good")
        assert any("STARTTLS" in one for one in found.warnings)

    def test_files_are_told_from_mail_by_the_greeting(self) -> None:
        """Both greet with 220; on a port of no known use the words behind it tell."""
        with live.serve(issued(), preface=speaker("ftp")) as server:
            found = doctor.examine(str(server.address), trust=[root()], hostname="localhost", timeout=PATIENCE)
        assert_diagnosis(found, "good")
        assert any("A file server (FTP) answers" in one for one in found.warnings)

    def test_not_where_it_is_forbidden(self) -> None:
        with live.serve(issued(), preface=smtp) as server:
            found = doctor.examine(
                str(server.address), trust=[root()], hostname="localhost", timeout=PATIENCE, starttls="no"
            )
        assert_diagnosis(found, "starttls")

    def test_a_server_that_does_not_go_on(self) -> None:
        def deaf(connection: socket.socket) -> bool:
            connection.sendall(b"220 mail\r\n")
            connection.recv(100)
            connection.sendall(b"250 mail\r\n")
            connection.recv(100)
            connection.sendall(b"502 no\r\n")
            return False

        with live.serve(issued(), preface=deaf) as server:
            found = doctor.examine(str(server.address), trust=[root()], hostname="localhost", starttls="smtp")
        assert_diagnosis(found, "no starttls")
        assert "502 no" in found.cause

    def test_another_protocol(self) -> None:
        with pytest.raises(BadInput, match=r"gopher.*smtp"):
            doctor.examine("localhost:70", trust=[root()], starttls="gopher")

    def test_the_ports_are_known(self) -> None:
        assert plain.BY_PORT[587] == plain.BY_PORT[25] == "smtp" and plain.BY_PORT[5432] == "postgres"


class TestSurroundings:
    @pytest.mark.parametrize("name", ["SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
    def test_a_variable_is_told_with_its_file(self, name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setenv(name, str(tmp_path / "nothing.pem"))
        (told,) = [one for one in surroundings.notes() if one.startswith(name)]
        assert "nothing.pem, but it is not there" in told

    def test_a_machine_without_roots(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
        monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path / "none"))
        for platform, word in (("linux", "ca-certificates"), ("darwin", "Install Certificates.command")):
            monkeypatch.setattr(sys, "platform", platform)
            assert any(word in one for one in surroundings.notes())

    def test_a_proxy(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HTTPS_PROXY", "http://proxy.test:3128")
        assert any(one.startswith("HTTPS_PROXY") for one in surroundings.notes())

    def test_told_where_nobody_named_anchors_and_the_way_is_broken(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with live.serve(issued()) as server:
            found = doctor.examine(str(server.address), hostname="localhost")
            assert found.ok is False and any("private CA" in one for one in found.warnings)
            named = doctor.examine(str(server.address), trust=[Authority.create("Other")], hostname="localhost")
            assert not any("private CA" in one for one in named.warnings)


class TestProbe:
    @pytest.mark.parametrize("version", ["TLSv1.0", "TLSv1.2", "TLSv1.3"])
    def test_a_server_of_one_version(self, version: str) -> None:
        ciphers = "DEFAULT@SECLEVEL=0" if version == "TLSv1.0" else None
        with live.serve(issued(), versions=version, ciphers=ciphers) as server:
            found = doctor.probe(server.address, hostname="localhost")
        assert [one for one, suites in found.items() if suites] == [version]

    def test_the_suites_that_it_takes_and_no_others(self) -> None:
        with live.serve(issued(), ciphers="ECDHE-ECDSA-AES128-GCM-SHA256") as server:
            found = doctor.probe(server.address, hostname="localhost")
        assert found["TLSv1.2"] == ["ECDHE-ECDSA-AES128-GCM-SHA256"]
        assert set(found["TLSv1.3"]) == {
            "TLS_AES_128_GCM_SHA256",
            "TLS_AES_256_GCM_SHA384",
            "TLS_CHACHA20_POLY1305_SHA256",
        }

    def test_after_starttls(self) -> None:
        with live.serve(issued(), versions="TLSv1.3", preface=smtp) as server:
            found = doctor.probe(server.address, hostname="localhost", starttls="smtp")
        assert found["TLSv1.3"] and not found["TLSv1.2"]

    def test_nobody_there(self) -> None:
        with socket.socket() as bound:
            bound.bind(("127.0.0.1", 0))
            with pytest.raises(OSError):
                doctor.probe(live.Address(*bound.getsockname()), hostname="localhost", timeout=1)
