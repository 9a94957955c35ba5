"""Several names, client certificates, protocols, versions, tickets, reload: does each end see what was agreed to?"""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from urllib.request import urlopen

import pytest
from certificates import impostor, issued, issuing, root, signed_again
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from tlslearn import Authority, BadInput, Credential, chain, live
from tlslearn.live.server import Seen


@cache
def named(*hosts: str) -> Credential:
    return issuing().issue(list(hosts))


@cache
def caller(name: str = "till.test", authority: Callable[[], Authority] = issuing) -> Credential:
    return authority().issue([name], purpose="client")


def crl(*revoked: Credential) -> x509.CertificateRevocationList:
    now = datetime.now(UTC)
    builder = x509.CertificateRevocationListBuilder(issuing().certificate.subject)
    builder = builder.last_update(now - timedelta(hours=1)).next_update(now + timedelta(hours=1))
    for one in revoked:
        entry = x509.RevokedCertificateBuilder(one.certificate.serial_number, now - timedelta(minutes=1))
        builder = builder.add_revoked_certificate(entry.build())
    return builder.sign(issuing().private_key, hashes.SHA256())


def connect(server: live.Server, hostname: str = "localhost", **more: Any) -> live.Connection:
    return live.connect(server.address, trust=[root()], hostname=hostname, **more)


def who(seen: Seen) -> bytes:
    return (seen.client.subject.rfc4514_string() if seen.client else "nobody").encode()


class TestSeveralNames:
    @pytest.mark.parametrize(
        ("asked", "presented"), [("a.test", 0), ("b.test", 1), ("shop.c.test", 2), ("B.TEST", 1), ("localhost", 3)]
    )
    def test_the_first_that_covers_the_name_is_presented(self, asked: str, presented: int) -> None:
        credentials = [named("a.test"), named("b.test"), named("*.c.test", "b.test"), named("localhost", "a.test")]
        with live.serve(*credentials) as server:
            assert connect(server, asked).chain == credentials[presented].chain
            assert server.log[0].sni == asked

    def test_a_name_that_none_covers_gets_the_first(self) -> None:
        """The client then sees what is wrong; an alert of the server's would tell it less."""
        with live.serve(named("a.test"), named("b.test")) as server:
            with pytest.raises(ssl.SSLCertVerificationError) as refused:
                connect(server, "x.test")
            assert refused.value.verify_code == 62
            assert (server.log[0].sni, server.log[0].alert) == ("x.test", "bad_certificate")

    def test_an_address_is_no_server_name(self) -> None:
        """RFC 6066 3: literal addresses are not permitted in SNI."""
        with live.serve(named("a.test"), named("127.0.0.1")) as server:
            with pytest.raises(ssl.SSLCertVerificationError):
                connect(server, "127.0.0.1")
            assert server.log[0].sni is None


class TestClientCertificates:
    def test_the_server_learns_who_calls(self) -> None:
        with live.serve(issued(), trust=[root()], answer=who) as server:
            assert connect(server, credential=caller(), request="/").answer == b"CN=till.test"
            assert server.log[0].client == caller().certificate

    @pytest.mark.parametrize(("version", "fails_at"), [("TLSv1.2", "handshake"), ("TLSv1.3", "first read")])
    def test_a_client_without_one_learns_of_it_when_the_version_lets_it(self, version: str, fails_at: str) -> None:
        """RFC 9846 4.5.1: the client of TLS 1.3 has ended its handshake before the server judges its certificate."""
        with live.serve(issued(), trust=[root()]) as server:
            if fails_at == "first read":
                assert connect(server, versions=version).version == version
            with pytest.raises(ssl.SSLError) as refused:
                connect(server, versions=version, request="/")
            wanted = {"TLSv1.2": "handshake_failure", "TLSv1.3": "certificate_required"}
            assert live.alert_name(refused.value) == wanted[version]
            assert {seen.error for seen in server.log} == {"PEER_DID_NOT_RETURN_A_CERTIFICATE"}

    def test_where_it_is_optional_nobody_is_a_client_too(self) -> None:
        with live.serve(issued(), trust=[root()], client="optional", answer=who) as server:
            assert connect(server, request="/").answer == b"nobody"
            assert connect(server, credential=caller(), request="/").answer == b"CN=till.test"

    @pytest.mark.parametrize(
        ("made", "alert", "error"),
        [
            (lambda: caller(authority=impostor), "unknown_ca", "CERTIFICATE_VERIFY_FAILED"),
            (lambda: issued(), "unsupported_certificate", "CERTIFICATE_VERIFY_FAILED"),
            (
                lambda: issuing().issue(["till.test"], purpose="client", one_thing_wrong="expired"),
                "certificate_expired",
                "CERTIFICATE_VERIFY_FAILED",
            ),
        ],
        ids=["another CA", "a server's certificate", "expired"],
    )
    def test_a_wrong_one_is_refused_with_its_alert(
        self, made: Callable[[], Credential], alert: str, error: str
    ) -> None:
        with live.serve(issued(), trust=[root()]) as server:
            with pytest.raises(ssl.SSLError) as refused:
                connect(server, credential=made(), request="/")
            assert live.alert_name(refused.value) == alert
            assert server.log[0].error == error and server.log[0].client is None

    def test_one_that_only_openssl_can_read_is_refused_and_told(self) -> None:
        """A common name as BIT STRING: OpenSSL takes it; where nobody can say who calls, nobody is answered."""
        ca_key, made = issuing().private_key, caller()
        assert isinstance(ca_key, ec.EllipticCurvePrivateKey)
        odd = signed_again(made.certificate, b"\x0c\x09till.test", b"\x03\x09\x00ill.test", ca_key)
        presented = replace(made, certificate=x509.load_der_x509_certificate(odd))
        with live.serve(issued(), trust=[root()], answer=who) as server:
            assert connect(server, credential=presented, request="/").answer == b""
            assert connect(server, credential=made, request="/").answer == b"CN=till.test"
            seen = server.log[0]
        assert seen.client is None and seen.request is None
        assert seen.error is not None and seen.error.startswith("the client's certificate cannot be read")

    def test_a_revoked_client_is_refused_where_a_crl_says_so(self) -> None:
        other = caller("other.test")
        with live.serve(issued(), trust=[root()], crls=[crl(caller())], answer=who) as server:
            with pytest.raises(ssl.SSLError) as refused:
                connect(server, credential=caller(), request="/")
            assert live.alert_name(refused.value) == "certificate_revoked"
            assert connect(server, credential=other, request="/").answer == b"CN=other.test"

    def test_a_ticket_outlives_a_revocation(self) -> None:
        """Resumption asks for no certificate, and looks at none again: the CRL comes too late for this client."""
        with live.serve(issued(), trust=[root()], answer=who) as server:
            first = connect(server, credential=caller(), request="/")
            server.load_crls([crl(caller())])
            with pytest.raises(ssl.SSLError) as refused:
                connect(server, credential=caller(), request="/")
            assert live.alert_name(refused.value) == "certificate_revoked"
            again = live.connect(server.address, hostname="localhost", resume=first, request="/")
            assert again.resumed and again.answer == b"CN=till.test"
            assert [seen.resumed for seen in server.log] == [False, False, True]

    def test_a_reload_keeps_the_lists_and_ends_the_tickets(self) -> None:
        """New contexts have new ticket keys, and must not forget who was revoked meanwhile."""
        with live.serve(issued(), trust=[root()], answer=who) as server:
            first = connect(server, credential=caller(), request="/")
            server.load_crls([crl(caller())])
            server.reload(issued())
            with pytest.raises(ssl.SSLError) as refused:
                live.connect(server.address, hostname="localhost", resume=first, request="/")
            assert live.alert_name(refused.value) == "certificate_revoked"
            assert connect(server, credential=caller("other.test"), request="/").answer == b"CN=other.test"

    @pytest.mark.parametrize(
        ("made", "code"),
        [(lambda: None, None), (lambda: caller(authority=impostor), 20), (lambda: issued(), 26), (caller, 23)],
        ids=["none", "another CA", "a server's certificate", "revoked"],
    )
    def test_the_log_says_what_is_wrong_with_a_client(
        self, made: Callable[[], Credential | None], code: int | None
    ) -> None:
        with live.serve(issued(), trust=[root()], crls=[crl(caller())]) as server:
            with pytest.raises(ssl.SSLError):
                connect(server, credential=made(), request="/")
            assert server.log[0].verify_code == code


class TestTerms:
    @pytest.mark.parametrize(
        ("server_speaks", "client_speaks", "agreed"),
        [(["h2", "http/1.1"], ["http/1.1"], "http/1.1"), (["http/1.1"], ["h2"], None), ([], ["h2"], None)],
    )
    def test_alpn(self, server_speaks: list[str], client_speaks: list[str], agreed: str | None) -> None:
        """Two Python ends that share no protocol shake hands all the same."""
        with live.serve(issued(), alpn=server_speaks) as server:
            assert connect(server, alpn=client_speaks).alpn == agreed
            assert server.log[0].alpn == agreed

    @pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
    def test_versions(self, version: str) -> None:
        with live.serve(issued(), versions=version) as server:
            assert connect(server).version == version

    def test_no_common_version(self) -> None:
        with live.serve(issued(), versions="TLSv1.2") as server:
            with pytest.raises(ssl.SSLError) as refused:
                connect(server, versions="TLSv1.3")
            assert live.alert_name(refused.value) == "protocol_version"
            assert server.log[0].error == "UNSUPPORTED_PROTOCOL"

    def test_a_cipher_suite_of_1_2(self) -> None:
        with live.serve(issued(), versions="TLSv1.2", ciphers="ECDHE+CHACHA20") as server:
            assert connect(server).cipher == "ECDHE-ECDSA-CHACHA20-POLY1305"

    def test_the_verified_chain_ends_at_the_anchor(self) -> None:
        with live.serve(issued()) as server:
            found = connect(server)
        assert found.verified == (*issued().chain, root().certificate)

    def test_a_refusal_is_told_twice_by_ssl_and_by_the_rules(self) -> None:
        """What `ssl` said is unchanged; what `chain.validate` finds stands below it."""
        with live.serve(issued(fault="expired")) as server, pytest.raises(ssl.SSLCertVerificationError) as refused:
            connect(server)
        told = chain.validate(*_presented(issued(fault="expired")), [root()], hostname="localhost").failures
        assert refused.value.verify_code == 10
        assert [note.split(";")[0] for note in refused.value.__notes__] == [str(one).split(";")[0] for one in told]

    def test_on_the_other_loopback(self) -> None:
        if not _has_ipv6():
            pytest.skip("this machine has no ::1")
        with live.serve(named("::1"), host="::1") as server:
            assert live.connect(server.address, trust=[root()]).chain == named("::1").chain


def _presented(credential: Credential) -> tuple[x509.Certificate, tuple[x509.Certificate, ...]]:
    return credential.certificate, credential.intermediates


def _has_ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


class TestAnswers:
    def test_a_status_of_ones_own(self) -> None:
        with live.serve(issued(), answer=lambda seen: (403, b"not you")) as server:
            with pytest.raises(OSError, match="403"):
                urlopen(server.url, context=live.client_context([root()]), timeout=10)
            assert connect(server, request="/a").answer == b"not you"
            assert server.log[-1].request == "GET /a HTTP/1.1" and server.log[-1].error is None

    def test_an_answer_that_fails_is_told_to_both_ends(self) -> None:
        def broken(seen: Seen) -> bytes:
            raise RuntimeError("the stock is gone")

        with live.serve(issued(), answer=broken) as server:
            assert b"server's log" in (connect(server, request="/").answer or b"")
            assert server.log[0].error == "RuntimeError: the stock is gone"


class TestPreface:
    def test_tls_begins_where_the_preface_ends(self) -> None:
        def greet(connection: socket.socket) -> bool:
            connection.sendall(b"220 hello\r\n")
            wanted = connection.recv(100) == b"STARTTLS\r\n"
            connection.sendall(b"220 go ahead\r\n" if wanted else b"221 bye\r\n")
            return wanted

        with live.serve(issued(), preface=greet) as server:
            with socket.create_connection(server.address, timeout=10) as bare:
                assert bare.recv(100) == b"220 hello\r\n"
                bare.sendall(b"STARTTLS\r\n")
                assert bare.recv(100) == b"220 go ahead\r\n"
                with live.client_context([root()]).wrap_socket(bare, server_hostname="localhost") as tls:
                    tls.sendall(b"GET / HTTP/1.1\r\n\r\n")
                    assert b"bookshop" in b"".join(iter(lambda: tls.recv(4096), b""))
            with socket.create_connection(server.address, timeout=10) as bare:
                assert bare.recv(100) == b"220 hello\r\n"
                bare.sendall(b"QUIT\r\n")
                assert bare.recv(100) == b"221 bye\r\n"
                assert bare.recv(1) == b""
            assert [seen.version for seen in server.log] == ["TLSv1.3", None]


class TestReload:
    def test_new_connections_see_the_new_chain_and_old_ones_live_on(self) -> None:
        old, new = named("localhost"), issuing().issue(["localhost"])
        context = live.client_context([root()])
        with live.serve(old) as server, socket.create_connection(server.address, timeout=10) as bare:
            with context.wrap_socket(bare, server_hostname="localhost") as open_before:
                server.reload(new)
                assert connect(server).chain == new.chain
                open_before.sendall(b"GET / HTTP/1.1\r\n\r\n")
                assert b"bookshop" in b"".join(iter(lambda: open_before.recv(4096), b""))
            assert server.credential is new

    def test_nobody_is_dropped(self) -> None:
        """Two hundred requests while the credential changes: each is answered, each sees one of the two."""
        pair = named("localhost"), issuing().issue(["localhost"])
        done = threading.Event()

        def change() -> int:
            turns = 0
            while not done.is_set() or turns < 20:
                server.reload(pair[turns % 2])
                turns += 1
                done.wait(0.001)
            return turns

        with live.serve(pair[0], answer=b"yes") as server, ThreadPoolExecutor(9) as pool:
            changing = pool.submit(change)
            found = list(pool.map(lambda number: connect(server, request="/"), range(200)))
            done.set()
            assert changing.result() >= 20
        assert [one.answer for one in found] == [b"yes"] * 200
        assert {one.chain for one in found} <= {one.chain for one in pair}

    def test_a_credential_that_cannot_be_loaded_changes_nothing(self) -> None:
        good, other = named("localhost"), named("a.test")
        with live.serve(good) as server:
            with pytest.raises(ssl.SSLError, match=r"(?i)key"):
                server.reload(Credential(good.certificate, other.private_key, good.intermediates))
            assert connect(server).chain == good.chain

    def test_a_ticket_of_before_is_not_taken(self) -> None:
        with live.serve(named("localhost")) as server:
            first = connect(server, request="/")
            assert live.connect(server.address, hostname="localhost", resume=first).resumed
            server.reload(named("localhost"))
            assert not live.connect(server.address, hostname="localhost", resume=first).resumed


@pytest.mark.parametrize(
    ("call", "value"),
    [
        (lambda: live.serve(issued(), client="maybe"), "maybe"),
        (lambda: live.serve(issued(), host="0.0.0.0"), "0.0.0.0"),
        (lambda: live.serve(issued(), versions="TLSv1.4"), "TLSv1.4"),
        (lambda: live.serve(issued(), ciphers="NONE-SUCH"), "NONE-SUCH"),
        (lambda: live.serve(issued(), alpn="h2"), "h2"),
        (lambda: live.connect(("localhost", 1), request="no path"), "no path"),
        (lambda: live.connect(("localhost", 1), request="/\r\nX: y"), "X: y"),
    ],
)
def test_bad_input_names_the_value_and_the_fix(call: Callable[[], object], value: str) -> None:
    with pytest.raises(BadInput) as refused:
        call()
    assert value in str(refused.value) and refused.value.fix


def test_a_session_keeps_its_own_context() -> None:
    with live.serve(issued()) as server:
        first = connect(server)
        with pytest.raises(BadInput, match='request="/"'):
            live.connect(server.address, hostname="localhost", resume=first)
        second = connect(server, request="/")
        with pytest.raises(BadInput, match="belongs to its context"):
            connect(server, resume=second)
