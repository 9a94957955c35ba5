"""Does the lab server live and end as it should, whatever its clients do, and does the client tell what it saw?"""

from __future__ import annotations

import socket
import ssl
import struct
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from certificates import Odd, handshake, impostor, issued, key, root, signed_again
from cryptography.hazmat.primitives.serialization import Encoding

from tlslearn import BadInput, TlslearnError, live


def attending() -> list[threading.Thread]:
    return [one for one in threading.enumerate() if one.name.startswith("tlslearn server") or "_attend" in one.name]


def raw(server: live.Server) -> socket.socket:
    return socket.create_connection(server.address, timeout=10)


def garbage(server: live.Server) -> None:
    with raw(server) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        while client.recv(4096):
            continue


def reset(server: live.Server) -> None:
    client = raw(server)
    client.sendall(b"\x16\x03\x01")
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


def half_open(server: live.Server) -> None:
    with raw(server) as client:
        client.sendall(b"\x16\x03\x01\x02")
        client.shutdown(socket.SHUT_WR)
        while client.recv(4096):
            continue


def hello_and_away(server: live.Server) -> None:
    """The first flight, and not a word more."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    end = live.client_context([root()]).wrap_bio(incoming, outgoing, server_hostname="localhost")
    with pytest.raises(ssl.SSLWantReadError):
        end.do_handshake()
    with raw(server) as client:
        client.sendall(outgoing.read())


def nothing(server: live.Server) -> None:
    raw(server).close()


class TestServer:
    def test_it_answers_every_request_alike(self) -> None:
        """A page comes over TLS, and the log has the version, the cipher suite and the request."""
        with live.serve(issued(), answer=b"Hello.\n") as server:
            for path in ("", "books?id=1"):
                assert (
                    urlopen(server.url + path, context=live.client_context([root()]), timeout=10).read() == b"Hello.\n"
                )
        assert [seen.request for seen in server.log] == ["GET / HTTP/1.1", "GET /books?id=1 HTTP/1.1"]
        assert {(seen.version, seen.alert, bool(seen.cipher)) for seen in server.log} == {("TLSv1.3", None, True)}

    def test_it_is_on_loopback_alone(self) -> None:
        """The server listens on 127.0.0.1, at a port that the system chose, and two servers do not meet."""
        with live.serve(issued()) as one, live.serve(issued()) as other:
            assert one.address.host == other.address.host == "127.0.0.1"
            assert one.address.port != other.address.port
            assert one.url == f"https://localhost:{one.address.port}/"

    @pytest.mark.parametrize("raised", [None, ZeroDivisionError, KeyboardInterrupt])
    def test_it_ends_with_its_block(self, raised: type[BaseException] | None) -> None:
        """After the block, also after an error or an interrupt in it, no thread and no socket is left."""
        before = set(threading.enumerate())
        clients = []
        try:
            with live.serve(issued()) as server:
                clients = [raw(server) for _ in range(3)]  # they never say a word
                live.connect(server.address, trust=[root()])
                if raised:
                    raise raised
        except (ZeroDivisionError, KeyboardInterrupt) as error:
            assert type(error) is raised
        assert set(threading.enumerate()) == before and attending() == []
        for client in clients:
            with client:
                assert client.recv(1) == b""
        with pytest.raises(ConnectionRefusedError):
            raw(server)

    def test_it_can_be_entered_again(self) -> None:
        """One server object serves a second block as it served the first, and keeps its log."""
        server = live.serve(issued())
        for _ in range(2):
            with server:
                live.connect(server.address, trust=[root()], hostname="localhost")
        assert len(server.log) == 2

    def test_fifty_clients_at_once(self) -> None:
        """Fifty clients that come together are all answered, and all stand in the log."""
        gate = threading.Barrier(50)

        def client(number: int) -> bytes:
            gate.wait(timeout=20)
            return urlopen(server.url, context=context, timeout=20).read()

        context = live.client_context([root()])
        with live.serve(issued(), answer=b"yes") as server, ThreadPoolExecutor(50) as pool:
            assert list(pool.map(client, range(50))) == [b"yes"] * 50
        assert [seen.version for seen in server.log] == ["TLSv1.3"] * 50

    @pytest.mark.parametrize("bad", [garbage, reset, half_open, hello_and_away, nothing])
    def test_a_bad_client_stops_nobody(self, bad: Callable[[live.Server], None]) -> None:
        """After every kind of bad client a good one is served, and the log says of the bad one what was wrong."""
        with live.serve(issued()) as server:
            for _ in range(3):
                bad(server)
            assert live.connect(server.address, trust=[root()], hostname="localhost").version == "TLSv1.3"
        assert len(server.log) == 4
        assert all(seen.version is None and seen.error and not seen.request for seen in server.log[:3])
        assert server._shaking == set()

    def test_silent_clients_stop_nobody_and_are_sent_away(self) -> None:
        """A client that says nothing is ended after the time-out; good clients are served meanwhile."""
        with live.serve(issued(), timeout=0.2) as server:
            silent = [raw(server) for _ in range(3)]
            live.connect(server.address, trust=[root()], hostname="localhost")
            for client in silent:
                with client:
                    assert client.recv(1) == b""
            assert sum("timed out" in (seen.error or "") for seen in server.log) == 3

    def test_one_that_goes_silent_after_the_handshake(self) -> None:
        """A client that shakes hands and asks nothing is ended too; its log entry tells of the handshake."""
        context = live.client_context([root()])
        with live.serve(issued(), timeout=0.2) as server, raw(server) as connection:
            with context.wrap_socket(connection, server_hostname="localhost") as client:
                assert client.recv(1) == b""
            assert server.log[0].version == "TLSv1.3" and server.log[0].request is None

    def test_a_failing_accept_is_told_and_survived(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Where the system refuses a connection's handle, that stands in the log and the next client is served."""
        real, failures = socket.socket.dup, [OSError(24, "Too many open files")]

        def dup(connection: socket.socket) -> socket.socket:
            if failures and not isinstance(connection, ssl.SSLSocket):
                raise failures.pop()
            return real(connection)

        monkeypatch.setattr(socket.socket, "dup", dup)
        with live.serve(issued()) as server:
            with raw(server) as refused:
                assert refused.recv(1) == b""
            live.connect(server.address, trust=[root()], hostname="localhost")
        assert [seen.error for seen in server.log] == ["[Errno 24] Too many open files", server.log[1].error]
        assert server.log[1].version == "TLSv1.3"

    @pytest.mark.parametrize(
        ("fault", "hostname", "alert"),
        [
            (None, "localhost", None),
            ("expired", "localhost", "certificate_expired"),
            ("not-yet-valid", "localhost", "bad_certificate"),
            ("signature-changed", "localhost", "decrypt_error"),
            (None, "other.test", "bad_certificate"),
        ],
    )
    def test_it_sees_the_alert_of_each_fault(self, fault: str | None, hostname: str, alert: str | None) -> None:
        """The client's alert for each fault reaches the log, and for none none."""
        with live.serve(issued(fault=fault)) as server:
            if alert is None:
                live.connect(server.address, trust=[root()], hostname=hostname)
            else:
                with pytest.raises(ssl.SSLCertVerificationError):
                    live.connect(server.address, trust=[root()], hostname=hostname)
            assert server.log[0].alert == alert
            assert (server.log[0].version is None) is (alert is not None)

    def test_an_unknown_root(self) -> None:
        """Whoever trusts an impostor says unknown_ca."""
        with live.serve(issued()) as server:
            with pytest.raises(ssl.SSLCertVerificationError):
                live.connect(server.address, trust=[impostor()], hostname="localhost")
            assert server.log[0].alert == "unknown_ca"

    def test_repr_has_no_secret(self) -> None:
        """The text of a server names what it presents, no more."""
        assert repr(live.serve(issued())) == f"<Server presenting {issued()!r}>"


class TestConnect:
    def test_facts_of_a_good_handshake(self) -> None:
        """A connection tells who presented what, over which version and suite."""
        with live.serve(issued()) as server:
            connection = live.connect(server.address, trust=[root()], hostname="localhost")
        assert (connection.address, connection.hostname) == (server.address, "localhost")
        assert connection.chain == issued().chain
        assert connection.version == "TLSv1.3" and connection.cipher.startswith("TLS_")
        assert connection.alpn is None and connection.resumed is False
        assert repr(connection) == f"<Connection to localhost: TLSv1.3, {connection.cipher}, 2 presented>"

    @pytest.mark.parametrize("address", [str, tuple, lambda address: address])
    def test_addresses_in_every_form(self, address: Any) -> None:
        """Text, a pair or an Address name the same server; without a host name the address is verified."""
        with live.serve(issued()) as server:
            assert live.connect(address(server.address), trust=[root()]).hostname == "127.0.0.1"

    def test_evidence_of_a_refusal(self) -> None:
        """A refusal is what ssl raised, with host name, chain as sent and anchors beside it; nothing more was sent."""
        with live.serve(issued()) as server:
            with pytest.raises(ssl.SSLCertVerificationError) as caught:
                live.connect(server.address, trust=iter([impostor()]), hostname="localhost")
            log = server.log
        assert caught.value.verify_code == 20
        agreed = "TLS_AES_256_GCM_SHA384"  # what OpenSSL's servers choose first
        assert caught.value.evidence == live.Evidence("localhost", issued().chain, (impostor().certificate,), agreed)
        assert [seen.request for seen in log] == [None, None]

    def test_evidence_without_a_chain(self) -> None:
        """Where no certificate was seen, the evidence says so, and the error is what it was."""
        with socket.create_server(("127.0.0.1", 0)) as closed:
            address = closed.getsockname()
        with pytest.raises(ConnectionRefusedError) as caught:
            live.connect(address, trust=[root()], hostname="localhost")
        assert caught.value.evidence == live.Evidence("localhost", None, (root().certificate,))

    def test_the_system_is_not_trusted_unless_asked(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        """Without `trust` the system's anchors hold; with `trust` they do not."""
        bundle = tmp_path / "bundle.pem"
        bundle.write_bytes(root().certificate.public_bytes(Encoding.PEM))
        monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
        with live.serve(issued()) as server:
            assert live.connect(server.address, hostname="localhost").version
            for trust in ([], [impostor()]):
                with pytest.raises(ssl.SSLCertVerificationError):
                    live.connect(server.address, trust=trust, hostname="localhost")

    def test_a_certificate_that_cannot_be_read(self) -> None:
        """What ssl accepts and cryptography cannot take apart is an error of the package, not of another."""
        version = bytes.fromhex("a003020102")
        good = root().issue(["localhost"], key=key("p256", "leaf")).certificate
        odd = signed_again(good, version, version[:-1] + b"\7", key("p256", "root"))  # type: ignore[arg-type]
        with live.serve(Odd(odd)) as server:  # type: ignore[arg-type]
            with pytest.raises(TlslearnError, match="cannot be read"):
                live.connect(server.address, trust=[root()], hostname="localhost")
            with pytest.raises(ssl.SSLCertVerificationError) as caught:
                live.connect(server.address, trust=[impostor()], hostname="localhost")
        assert caught.value.evidence.chain is None


class TestClientContext:
    def test_it_trusts_these_and_no_others(self) -> None:
        """The anchors given are all that the context trusts, each once; none means none."""
        for trust in ([root()], [root().certificate, impostor()], [root(), root().certificate], []):
            wanted = {one.public_bytes(Encoding.DER) for one in live.anchors(trust)}
            assert set(live.client_context(trust).get_ca_certs(binary_form=True)) == wanted
            assert len(live.client_context(trust).get_ca_certs()) == len(wanted)

    def test_it_is_as_strict_as_pythons_own(self) -> None:
        """All but the anchors is as `ssl.create_default_context` sets it on this Python."""
        ours, default = live.client_context([root()]), ssl.create_default_context()
        for setting in (
            "verify_mode",
            "check_hostname",
            "verify_flags",
            "minimum_version",
            "options",
            "security_level",
        ):
            assert getattr(ours, setting) == getattr(default, setting), setting
        assert ours.verify_mode == ssl.CERT_REQUIRED and ours.check_hostname
        assert bool(ours.verify_flags & ssl.VERIFY_X509_STRICT) is (sys.version_info >= (3, 13))

    def test_sslkeylogfile_is_not_obeyed(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        """The variable that makes Python's default context write secrets does not make ours."""
        monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "leak"))
        assert live.client_context([root()]).keylog_filename is None
        assert handshake(live.client_context([root()]), issued().server_context()) == (None, None)
        assert list(tmp_path.iterdir()) == []
        assert ssl.create_default_context().keylog_filename == str(tmp_path / "leak")

    def test_key_log_when_asked(self, tmp_path: Path) -> None:
        """Asked for, the secrets of a session are written, by their names of RFC 9850."""
        context = live.client_context([root()], key_log=str(tmp_path / "log"))
        assert handshake(context, issued().server_context()) == (None, None)
        labels = {line.split()[0] for line in (tmp_path / "log").read_text().splitlines() if not line.startswith("#")}
        assert {"CLIENT_HANDSHAKE_TRAFFIC_SECRET", "SERVER_HANDSHAKE_TRAFFIC_SECRET"} <= labels


class TestLoadAnchors:
    def pem(self, *authorities: Any) -> bytes:
        return b"".join(one.certificate.public_bytes(Encoding.PEM) for one in authorities)

    def test_every_certificate_of_a_bundle(self, tmp_path: Path) -> None:
        """All certificates of a bundle are read, in order, whatever is written around them in whatever encoding."""
        path = tmp_path / "bundle.pem"
        path.write_bytes(
            b"# Gr\xfc\xdfe\r\n" + self.pem(root()).replace(b"\n", b"\r\n") + b"# next\n" + self.pem(impostor())
        )
        assert live.load_anchors(path) == (root().certificate, impostor().certificate)

    def test_what_cannot_be_read_is_left_out(self, tmp_path: Path) -> None:
        """One block that is no certificate does not cost the others."""
        path = tmp_path / "bundle.pem"
        path.write_bytes(self.pem(root()).replace(b"MII", b"AAA", 1) + self.pem(impostor()))
        assert live.load_anchors(path) == (impostor().certificate,)

    @pytest.mark.parametrize(
        ("content", "problem"),
        [
            (None, "cannot read"),
            (b"", "no certificate"),
            (b"hello", "no certificate"),
            (b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "no certificate"),
            (b"-----BEGIN CERTIFICATE-----\n?\n-----END CERTIFICATE-----\n", "no certificate"),
            (b"-----BEGIN CERTIFICATE-----\nAAAA\n", "no certificate"),
        ],
    )
    def test_a_file_without_anchors(self, tmp_path: Path, content: bytes | None, problem: str) -> None:
        """A file that is not there, or without a certificate, is named with what to give instead."""
        path = tmp_path / "bundle.pem"
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(BadInput, match=problem) as caught:
            live.load_anchors(path)
        assert caught.value.value == str(path) and caught.value.fix

    def test_the_roots_of_certifi(self) -> None:
        """A real bundle is read whole."""
        certifi = pytest.importorskip("certifi")
        blocks = Path(certifi.where()).read_text(encoding="utf-8").count("BEGIN CERTIFICATE")
        assert len(live.load_anchors(certifi.where())) == blocks > 50


class TestAddress:
    @pytest.mark.parametrize(
        ("text", "host", "port"),
        [
            ("localhost:8443", "localhost", 8443),
            ("127.0.0.1:1", "127.0.0.1", 1),
            ("[::1]:65535", "::1", 65535),
            ("a.test", "a.test", 443),
            ("[2001:db8::1]", "2001:db8::1", 443),
            (("a.test", 5), "a.test", 5),
        ],
    )
    def test_parse(self, text: Any, host: str, port: int) -> None:
        """Host and port are taken from every form, and the text of the address leads back to it."""
        address = live.Address.parse(text, default_port=443)
        assert address == (host, port)
        assert live.Address.parse(str(address)) == address

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "localhost",
            "localhost:",
            "localhost:0",
            "localhost:65536",
            "localhost:https",
            "localhost:٤٤٣",
            ":443",
            "::1:443",
            "https://localhost:443",
            "localhost:443/",
            "local host:443",
            "localhost:443\n",
            ("localhost", 0),
            ("localhost", "443"),
            ("", 443),
            ("::1", 443, 0, 0),
            5,
            None,
        ],
    )
    def test_everything_else_is_refused(self, text: Any) -> None:
        """What is no address, or has no port where one is needed, is refused with its value."""
        with pytest.raises(BadInput, match="host:port") as caught:
            live.Address.parse(text)
        assert repr(text) in str(caught.value)


BAD: list[tuple[Callable[[], object], str]] = [
    (lambda: live.client_context(root().certificate), "Certificate"),  # type: ignore[arg-type]
    (lambda: live.client_context(5), "int"),  # type: ignore[arg-type]
    (lambda: live.client_context(["root.pem"]), "str"),  # type: ignore[list-item]
    (lambda: live.client_context([None]), "NoneType"),  # type: ignore[list-item]
    (lambda: live.connect("localhost"), "'localhost'"),
    (lambda: live.connect("a..b:443"), "'a..b'"),
    (lambda: live.connect("localhost:443", hostname=""), "''"),
    (lambda: live.connect("localhost:443", hostname=".test"), "'.test'"),
    (lambda: live.connect("localhost:443", hostname="a\0b"), "'a\\x00b'"),
    (lambda: live.connect("localhost:443", hostname="a" * 64), "aaa"),
    (lambda: live.connect("localhost:443", hostname=5), "5"),  # type: ignore[arg-type]
    (lambda: live.connect("localhost:443", timeout=0), "0"),
    (lambda: live.connect("localhost:443", timeout=-1), "-1"),
    (lambda: live.serve(issued(), timeout=0), "0"),
    (lambda: live.serve(issued(), timeout=float("nan")), "nan"),
    (lambda: live.serve(issued(), timeout=None), "None"),  # type: ignore[arg-type]
]


@pytest.mark.parametrize(("call", "value"), BAD)
def test_bad_input_names_the_value_and_the_fix(call: Callable[[], object], value: str) -> None:
    """Bad input raises BadInput before any connection is made, with the value and what to give instead."""
    with pytest.raises(BadInput) as caught:
        call()
    assert value in str(caught.value) and caught.value.fix


@pytest.mark.parametrize(
    ("reason", "alert"),
    [
        ("SSLV3_ALERT_BAD_CERTIFICATE", "bad_certificate"),
        ("TLSV1_ALERT_UNKNOWN_CA", "unknown_ca"),
        ("TLSV13_ALERT_CERTIFICATE_REQUIRED", "certificate_required"),
        ("CERTIFICATE_VERIFY_FAILED", None),
        ("WRONG_VERSION_NUMBER", None),
        (None, None),
    ],
)
def test_alert_name(reason: str | None, alert: str | None) -> None:
    """An alert is told by its name in RFC 9846 6.2, and only an alert is."""
    error = ssl.SSLError(1, "text")
    error.reason = reason  # type: ignore[assignment]
    assert live.alert_name(error) == alert and live.alert_name(ValueError("SSLV3_ALERT_BAD_CERTIFICATE")) is None
