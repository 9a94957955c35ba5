"""Does the doctor name the right cause, place and rule, whoever raised the error, and never fail itself?"""

from __future__ import annotations

import asyncio
import html
import http.client
import json
import re
import socket
import ssl
import subprocess
import sys
import threading
import urllib.error
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import broken
import chains
import pytest
from broken import TABLE
from broken_servers import REACHED
from certificates import (
    Odd,
    handshake,
    impostor,
    issued,
    issuing,
    key,
    presenting,
    root,
    signed_again,
    ssl_code,
)
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from judges import need
from misbehaving import Server as Misbehaving

from tlslearn import Authority, BadInput, Credential, chain, doctor, live
from tlslearn import handshake as memory
from tlslearn.check import SOURCES
from tlslearn.doctor.causes import CAUSES
from tlslearn.doctor.diagnosis import Diagnosis, Link
from tlslearn.doctor.kinds import kind_of, of_success, stricter
from tlslearn.doctor.path import walk
from tlslearn.doctor.telling import diagnose

NOW = datetime.now(UTC)


def own_word(names: tuple[str, ...] = ("localhost",), days: int = 5) -> Credential:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Own Word")])
    private = key("p256", "leaf")
    start = NOW - timedelta(days=30)
    builder = x509.CertificateBuilder(name, name, private.public_key(), 1, start, start + timedelta(days=30 + days))
    entries = [x509.DNSName(one) for one in names]
    builder = builder.add_extension(x509.SubjectAlternativeName(entries), critical=False)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    return Credential(builder.sign(private, hashes.SHA256()), private)


def address_as_name() -> Credential:
    """127.0.0.1 among the host names, where no client that asks for an address looks."""
    good = root().issue(["127.0.0.10"], key=key("p256", "leaf"))
    builder = x509.CertificateBuilder(
        root().certificate.subject, good.certificate.subject, key("p256", "leaf").public_key()
    )
    builder = builder.serial_number(7).not_valid_before(NOW - timedelta(1)).not_valid_after(NOW + timedelta(1))
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName("127.0.0.1")]), critical=True)
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(root().private_key.public_key())
    builder = builder.add_extension(identifier, critical=False)
    return Credential(builder.sign(root().private_key, hashes.SHA256()), key("p256", "leaf"))


@cache
def ended_root() -> Authority:
    """A root whose time is over, as it lies in some client's list."""
    name, private = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Ended Root")]), key("p256", "ended root")
    start = NOW - timedelta(days=60)
    builder = x509.CertificateBuilder(name, name, private.public_key(), 9, start, start + timedelta(days=30))
    usage = root().certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    builder = builder.add_extension(usage, critical=True)
    identifier = x509.SubjectKeyIdentifier.from_public_key(private.public_key())
    return Authority(builder.add_extension(identifier, critical=False).sign(private, hashes.SHA256()), private)


def circle() -> Credential:
    """Two authorities that vouch for one another, and for the leaf."""
    one, two = Authority.create("One"), Authority.create("Two")
    by_two = replace(two).intermediate("One", key=one.private_key).certificate
    by_one = replace(one).intermediate("Two", key=two.private_key).certificate
    return presenting(one.issue(["localhost"]), by_two, by_one)


@cache
def two_levels() -> tuple[Authority, Authority]:
    """A lower intermediate CA, and the upper one that issued it."""
    upper = root().intermediate("Lab Upper CA", path_length=1)
    return upper.intermediate("Lab Lower CA"), upper


# What is presented, what is trusted, the host asked for; the row of CAUSES, the place, the rule's section.
FAULTS: dict[str, tuple[Callable[[], Credential], Callable[[], Authority], str, str, str, str]] = {
    "unknown issuer": (
        lambda: issued(),
        lambda: Authority.create("Other Root"),
        "localhost",
        "no issuer",
        "intermediate 1",
        "trust anchor",
    ),
    "missing intermediate": (
        lambda: presenting(issued()),
        root,
        "localhost",
        "leaf alone",
        "leaf",
        "trust anchor",
    ),
    "impostor": (lambda: issued(), impostor, "localhost", "another key", "intermediate 1", "signature"),
    "impostor that sends its root": (
        lambda: presenting(issued(), issuing().certificate, root().certificate),
        impostor,
        "localhost",
        "another root",
        "root",
        "trust anchor",
    ),
    "root sent": (
        lambda: presenting(issued(), issuing().certificate, root().certificate),
        lambda: Authority.create("Other Root"),
        "localhost",
        "untrusted root",
        "root",
        "trust anchor",
    ),
    "the CA's certificate first": (
        lambda: Credential(issuing().certificate, issuing().private_key, (issued().certificate, root().certificate)),
        root,
        "localhost",
        "CA first",
        "leaf",
        "basic constraints",
    ),
    "another CA's intermediate": (
        lambda: presenting(issued(), root().intermediate("Other Issuing").certificate),
        root,
        "localhost",
        "unrelated",
        "leaf",
        "trust anchor",
    ),
    "the root without the intermediate": (
        lambda: presenting(issued(), root().certificate),
        root,
        "localhost",
        "unrelated",
        "leaf",
        "trust anchor",
    ),
    "upper intermediate missing": (
        lambda: presenting(two_levels()[0].issue(["localhost"]), two_levels()[0].certificate),
        root,
        "localhost",
        "no issuer",
        "intermediate 1",
        "trust anchor",
    ),
    "self-signed": (own_word, root, "localhost", "self-signed leaf", "leaf", "trust anchor"),
    "changed byte": (lambda: issued(fault="signature-changed"), root, "localhost", "changed", "leaf", "signature"),
    "circle": (circle, root, "localhost", "circle", "intermediate 2", "trust anchor"),
    "wrong host": (lambda: issued(), root, "other.test", "host", "leaf", "host name"),
    "wrong address": (lambda: issued(), root, "127.0.0.2", "host", "leaf", "host address"),
    "address as a name": (
        lambda: address_as_name(),
        root,
        "127.0.0.1",
        "host form",
        "leaf",
        "host address",
    ),
    "another intermediate of the name": (
        lambda: presenting(issued(), root().intermediate("Lab Issuing CA").certificate),
        root,
        "localhost",
        "wrong intermediate",
        "leaf",
        "signature",
    ),
    "expired root in the client's list": (
        lambda: ended_root().issue(["localhost"], not_before=NOW - timedelta(1), not_after=NOW + timedelta(1)),
        lambda: ended_root(),
        "localhost",
        "expired anchor",
        "trust anchor",
        "validity",
    ),
    "expired": (lambda: issued(fault="expired"), root, "localhost", "expired", "leaf", "validity"),
    "not yet valid": (lambda: issued(fault="not-yet-valid"), root, "localhost", "not yet valid", "leaf", "validity"),
}
# Causes that are not about a chain; each is reached by the test named here.
ELSEWHERE = {
    "good": "TestExamine.test_nothing_wrong",
    "good for this client": "TestExamine.test_what_a_stricter_client_refuses",
    "chain not known": "TestExplain.test_each_fault_without_a_chain",
    "another chain": "TestExplain.test_a_chain_that_does_not_show_the_fault",
    "partial chain": "TestExplain.test_an_intermediate_as_the_only_anchor",
    "client certificate": "TestServersAlert.test_a_client_certificate_that_was_demanded",
    "closed": "TestExamine.test_a_port_that_hangs_up",
    "verify code": "TestExplain.test_a_code_without_a_row_is_told_as_it_is",
    "not TLS": "TestExamine.test_plain_http",
    "refused": "TestExamine.test_a_closed_port",
    "no such host": "test_errors_from_before_tls",
    "timeout": "TestExamine.test_a_silent_port",
    "cannot tell": "test_errors_from_before_tls",
    "not opened": "test_bytes_changed_on_the_way",
    "expired CA": "TestExplain.test_one_certificate_of_the_path_expired",
    "final dot": "TestExamine.test_a_final_dot",
    "after the terms": "TestServersAlert.test_a_client_certificate_that_was_demanded_in_tls_1_2",
    "insufficient": "TestServersAlert.test_an_alert_to_the_first_words",
    "nothing to refuse": "TestServersAlert.test_an_alert_to_the_first_words",
    "no name sent": "TestServersAlert.test_an_alert_to_the_first_words",
    "not proven": "TestServersAlert.test_a_server_that_breaks_the_rules",
    "not the same": "TestServersAlert.test_a_server_that_breaks_the_rules",
    "against the rules": "TestServersAlert.test_a_server_that_breaks_the_rules",
}


def words(row: str) -> re.Pattern[str]:
    """The sentence of a row of CAUSES, whatever stands in its fields."""
    pattern = re.sub(r"\\\{\w+\\\}", ".+", re.escape(CAUSES[row].sentence))
    return re.compile(pattern, re.DOTALL)


def assert_diagnosis(found: Diagnosis, row: str) -> None:
    """One row and no other, whole sentences without an empty field, and data that JSON can hold."""
    assert [name for name in CAUSES if words(name).fullmatch(found.cause)] == [row], found.cause
    assert found.ok is CAUSES[row].ok
    text = str(found)
    assert text.startswith(f"{found.sign} ") and "Traceback" not in text
    for sentence in (found.cause, found.fix_server, found.fix_client, found.avoid):
        assert "{" not in sentence and "  " not in sentence and " ." not in sentence and " ," not in sentence
    assert " ".join(found.cause.split()) in " ".join(text.split())
    again = json.loads(json.dumps(found.as_dict()))
    assert again["schema"] == 2 and again["cause"] == found.cause and len(again["checks"]) == len(found.checks)
    assert html.escape(found.cause) in found._repr_html_()


def by_urllib(server: live.Server, context: ssl.SSLContext, host: str) -> None:
    handler = urllib.request.HTTPSHandler(context=context)
    urllib.request.build_opener(handler).open(server.url, timeout=10)


def by_http_client(server: live.Server, context: ssl.SSLContext, host: str) -> None:
    connection = http.client.HTTPSConnection("localhost", server.address.port, context=context, timeout=10)
    try:
        connection.request("GET", "/")
    finally:
        connection.close()


def by_requests(server: live.Server, context: ssl.SSLContext, host: str) -> None:
    requests = pytest.importorskip("requests")

    class Adapter(requests.adapters.HTTPAdapter):  # type: ignore[misc]
        def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
            super().init_poolmanager(*args, **kwargs, ssl_context=context)

        def cert_verify(self, *args: Any) -> None:
            """Leaves the context as it is; the adapter's own would add the roots of certifi."""

    with requests.Session() as session:
        session.trust_env = False
        session.mount("https://", Adapter())
        session.get(server.url, timeout=10)


def by_httpx(server: live.Server, context: ssl.SSLContext, host: str) -> None:
    httpx = pytest.importorskip("httpx")
    with httpx.Client(verify=context, trust_env=False) as client:
        client.get(server.url)


def by_asyncio(server: live.Server, context: ssl.SSLContext, host: str) -> None:
    async def connect() -> None:
        _, writer = await asyncio.open_connection("127.0.0.1", server.address.port, ssl=context, server_hostname=host)
        writer.close()

    asyncio.run(connect())


def by_socket(server: live.Server, context: ssl.SSLContext, host: str) -> None:
    with socket.create_connection(server.address, 10) as raw:
        context.wrap_socket(raw, server_hostname=host).close()


CLIENTS = [by_urllib, by_http_client, by_requests, by_httpx, by_asyncio, by_socket]


def failure(client: Callable[..., None], *args: Any) -> BaseException:
    with pytest.raises(Exception) as caught:  # each client has a class of its own for it
        client(*args)
    return caught.value


class TestExplain:
    @pytest.mark.parametrize("fault", FAULTS)
    @pytest.mark.parametrize("client", CLIENTS)
    def test_each_fault_through_each_client(self, client: Callable[..., None], fault: str) -> None:
        """Whichever client met the fault, the diagnosis has its cause, place, rule and both ends."""
        make, trust, host, row, place, section = FAULTS[fault]
        if host != "localhost" and client not in (by_asyncio, by_socket):
            make, host = lambda: root().issue(["other.test"]), "localhost"  # these clients ask for the host of the URL
            row, section = "host", "host name"
        context = live.client_context([trust()])
        with live.serve(make()) as server:
            error = failure(client, server, context, host)
            found = doctor.explain(error, server=server)
        assert_diagnosis(found, row)
        assert found.place == place and found.failed is not None
        assert found.failed.source == SOURCES[section]
        assert found.client_saw.startswith("verify code ") and "," in found.client_saw
        assert found.server_saw.startswith("alert ") or client is by_asyncio  # asyncio drops the alert it should send
        mine = issued().certificate.subject.rfc4514_string()[3:]
        assert found.links[0].name in (mine, "other.test", "127.0.0.1", "Lab Issuing CA")
        assert sum(link.state in ("broken", "missing") for link in found.links) >= 1

    @pytest.mark.parametrize("fault", FAULTS)
    def test_each_fault_through_connect(self, fault: str) -> None:
        """`live.connect` carries its evidence: the same diagnosis with the server or without, the alert aside."""
        make, trust, host, row, place, section = FAULTS[fault]
        with live.serve(make()) as server:
            with pytest.raises(ssl.SSLCertVerificationError) as caught:
                live.connect(server.address, trust=[trust()], hostname=host)
            error = caught.value
            both, alone = doctor.explain(error, server=server), doctor.explain(error)
        assert_diagnosis(alone, row)
        assert (alone.place, alone.failed and alone.failed.source) == (place, SOURCES[section])
        assert both.server_saw.startswith("alert ") and alone.server_saw == ""
        # The checks tell the second at which they were made, which may be the next one.
        looked = [[(check.rule, check.about, check.state) for check in one.checks] for one in (both, alone)]
        assert looked[0] == looked[1]
        assert replace(both, server_saw="", checks=alone.checks, failed=alone.failed) == alone

    @pytest.mark.parametrize("fault", FAULTS)
    def test_each_fault_without_a_chain(self, fault: str) -> None:
        """Without server and evidence the code alone leads to a whole sentence, and nothing is made up."""
        make, trust, host, row, _, _ = FAULTS[fault]
        context = live.client_context([trust()])
        error, _ = handshake(context, make().server_context(), host)
        assert isinstance(error, ssl.SSLCertVerificationError)
        found = doctor.explain(ssl_error_alone(error))
        unknown = dict.fromkeys(
            ("no issuer", "leaf alone", "another key", "circle", "wrong intermediate", "unrelated"), "chain not known"
        )
        rows = unknown | {"another root": "untrusted root", "changed": "verify code", "host form": "host"}
        rows |= {"CA first": "verify code"}
        rows |= {"expired anchor": "expired"}
        assert_diagnosis(found, rows.get(row, row))
        assert found.place == "connection" and not found.links and not found.checks

    def test_one_certificate_of_the_path_expired(self) -> None:
        """Where an intermediate expired, the place is the intermediate, and the sentence says so."""
        old = Authority(expired_authority(), issuing().private_key, (root().certificate,))
        with live.serve(
            old.issue(["localhost"], not_before=NOW - timedelta(1), not_after=NOW + timedelta(1))
        ) as server:
            found = doctor.examine(server.address, trust=[root()], hostname="localhost")  # type: ignore[arg-type]
        assert_diagnosis(found, "expired CA")
        assert found.place == "intermediate 1" and "Old CA, the certificate of a CA (intermediate 1)" in found.cause
        assert [link.state for link in found.links] == ["sound", "broken", "trusted"]

    def test_a_chain_that_does_not_show_the_fault(self) -> None:
        """Where the refusal and the chain do not go together, no certificate is accused."""
        for code in (7, 9, 10, 18, 20):
            error = refusal(code)
            error.evidence = live.Evidence("localhost", (LEAF, MIDDLE), (ROOT,))  # type: ignore[attr-defined]
            assert_diagnosis(doctor.explain(error), "another chain")

    def test_an_intermediate_as_the_only_anchor(self) -> None:
        """Code 2 with a way to what the client trusts: the client asks for a root above it."""
        error = refusal(2)
        error.evidence = live.Evidence("localhost", (LEAF, MIDDLE), (MIDDLE,))  # type: ignore[attr-defined]
        found = doctor.explain(error)
        assert_diagnosis(found, "partial chain")
        assert "Lab Issuing CA, which is no root" in found.cause

    def test_a_changed_name_is_no_question_of_the_name(self) -> None:
        """OpenSSL compares the name before the signature; the broken signature is the cause all the same."""
        error = refusal(62)
        forged = changed(LEAF, b"\x82\x09localhost", b"\x82\x09locXlhost")
        error.evidence = live.Evidence("localhost", (forged, MIDDLE), (ROOT,))  # type: ignore[attr-defined]
        assert_diagnosis(doctor.explain(error), "changed")

    def test_the_cited_rule_is_the_causes(self) -> None:
        """Where more than one check failed at a certificate, the rule that is cited belongs to the sentence."""
        with live.serve(presenting(issued(fault="expired"))) as server:
            found = doctor.examine(str(server.address), trust=[root()], hostname="localhost")
        assert_diagnosis(found, "leaf alone")
        assert found.failed is not None and found.failed.source == SOURCES["trust anchor"]

    def test_a_code_without_a_row_is_told_as_it_is(self) -> None:
        """A refusal that the table does not know is told by its code, and nothing of the chain is called broken."""
        error = ssl.SSLCertVerificationError(1, "certificate rejected")
        error.verify_code = 28
        error.evidence = live.Evidence("localhost", issued().chain, (root().certificate,))  # type: ignore[attr-defined]
        found = doctor.explain(error)
        assert_diagnosis(found, "verify code")
        assert "verify code 28" in found.cause and found.failed is None

    def test_where_openssl_is_stricter_than_the_rule(self) -> None:
        """A wildcard below a top-level name covers the host by RFC 9525 and not for OpenSSL, and that is said."""
        with live.serve(root().issue(["*.test"])) as server:
            found = doctor.examine(server.address, trust=[root()], hostname="a.test")  # type: ignore[arg-type]
        assert_diagnosis(found, "wide wildcard")

    def test_a_leaf_as_the_only_anchor(self) -> None:
        """Without VERIFY_X509_PARTIAL_CHAIN OpenSSL says 20, as if nobody were known."""
        client = live.client_context([issued().certificate])
        client.verify_flags &= ~getattr(ssl, "VERIFY_X509_PARTIAL_CHAIN", 0)
        error, _ = handshake(client, issued().server_context())
        assert isinstance(error, ssl.SSLCertVerificationError) and error.verify_code == 20
        evidence = live.Evidence("localhost", issued().chain, (issued().certificate,))
        found = walk(evidence, NOW)
        kind, _ = kind_of(error, found)
        assert_diagnosis(diagnose(kind, evidence, found), "partial chain")

    @pytest.mark.parametrize("value", ["CERTIFICATE_VERIFY_FAILED", None, ValueError])
    def test_only_exceptions_are_explained(self, value: Any) -> None:
        """What is no exception is refused with what to pass."""
        with pytest.raises(BadInput, match=r"doctor\.explain") as caught:
            doctor.explain(value)
        assert caught.value.value == value


def ssl_error_alone(error: ssl.SSLCertVerificationError) -> ssl.SSLCertVerificationError:
    """The same error without the traceback that knows the context."""
    return error.with_traceback(None)


def expired_authority() -> x509.Certificate:
    good = root().intermediate("Old CA", key=issuing().private_key).certificate
    begin = NOW - timedelta(days=20)
    builder = x509.CertificateBuilder(good.issuer, good.subject, good.public_key(), 7, begin, begin + timedelta(days=9))
    for extension in good.extensions:
        builder = builder.add_extension(extension.value, extension.critical)
    return builder.sign(root().private_key, hashes.SHA256())  # type: ignore[arg-type]


def refusal(code: int = 10) -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_code, error.verify_message, error.reason = code, "", "CERTIFICATE_VERIFY_FAILED"
    return error


class Wrapper(Exception):
    pass


def wrapped(*layers: Callable[[BaseException], BaseException], inner: BaseException | None = None) -> BaseException:
    error = inner or refusal()
    for layer in layers:
        error = layer(error)
    return error


def raised_from(cause: BaseException | None, context: BaseException | None = None) -> BaseException:
    error = Wrapper("outer")
    error.__cause__, error.__context__ = cause, context
    return error


class TestUnwrapping:
    @pytest.mark.parametrize(
        "error",
        [
            refusal(),
            urllib.error.URLError(refusal()),
            Wrapper("text", refusal()),
            Wrapper(Wrapper(urllib.error.URLError(refusal()))),
            raised_from(refusal()),
            raised_from(None, refusal()),
            raised_from(Wrapper(refusal()), ConnectionRefusedError("unrelated")),
            wrapped(urllib.error.URLError, raised_from, Wrapper, raised_from),
            ExceptionGroup("tasks", [ValueError("other"), ExceptionGroup("inner", [refusal()])]),
        ],
    )
    def test_it_is_found_however_deep(self, error: BaseException) -> None:
        """The reason is found through reasons, arguments, causes, contexts and groups."""
        assert_diagnosis(doctor.explain(error), "expired")

    @pytest.mark.parametrize(
        "unrelated", [ConnectionRefusedError("x"), socket.gaierror(-2, "x"), TimeoutError(), refusal(62)]
    )
    def test_what_happened_before_does_not_mislead(self, unrelated: BaseException) -> None:
        """What the error followed by chance counts less than the error itself, its reason and its cause."""
        error = refusal()
        error.__context__ = unrelated
        assert_diagnosis(doctor.explain(error), "expired")
        assert_diagnosis(doctor.explain(raised_from(refusal(), unrelated)), "expired")
        wrapper = urllib.error.URLError(refusal())
        wrapper.__context__ = unrelated
        assert_diagnosis(doctor.explain(wrapper), "expired")

    def test_a_circle_of_errors_ends(self) -> None:
        """Errors that name one another as their cause are each looked at once."""
        one, two = Wrapper("one"), Wrapper("two")
        one.__cause__, two.__cause__, one.args = two, one, (one, two)
        assert_diagnosis(doctor.explain(one), "cannot tell")


@pytest.mark.parametrize(
    ("error", "row"),
    [
        (ConnectionRefusedError(111, "Connection refused"), "refused"),
        (socket.gaierror(-2, "Name or service not known"), "no such host"),
        (TimeoutError("_ssl.c:989: The handshake operation timed out"), "timeout"),
        (ConnectionResetError(104, "Connection reset by peer"), "closed"),
        (ssl.SSLEOFError(8, "EOF occurred in violation of protocol (_ssl.c:1006)"), "closed"),
        (ValueError("{braces} and <tags>"), "cannot tell"),
        (KeyboardInterrupt(), "cannot tell"),
    ],
)
def test_errors_from_before_tls(error: BaseException, row: str) -> None:
    """What has nothing to do with a certificate is told as what it is, or as what cannot be told."""
    found = doctor.explain(error) if "{" not in str(error) else None
    if found is None:
        assert doctor.explain(error).cause == "Cannot tell from this error alone: ValueError: {braces} and <tags>."
        assert "<tags>" not in doctor.explain(error)._repr_html_()
        return
    assert_diagnosis(found, row)
    assert "_ssl.c" not in found.cause


@contextmanager
def listening(handle: Callable[[socket.socket], object]) -> Iterator[int]:
    """A server that is not a TLS server, for one client; yields its port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.settimeout(10)
                handle(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            thread.join()


class TestExamine:
    def test_nothing_wrong(self) -> None:
        """A good server is called good: every check passed, revocation alone was not looked at."""
        with live.serve(issued()) as server:
            found = doctor.examine(f"127.0.0.1:{server.address.port}", trust=[root()], hostname="localhost")
        assert_diagnosis(found, "good")
        assert found.failed is None and found.links[-1] == Link(
            "trust anchor", "Lab Root", "trusted", "trusted by the client"
        )
        assert [check.rule for check in found.checks if check.state != "pass"] == ["the certificate is not revoked"]
        assert found.client_saw.startswith("TLSv1.3, ") and not found.avoid and "read on" not in str(found)

    def test_what_a_stricter_client_refuses(self) -> None:
        """A common name alone is taken by OpenSSL 3.0; the diagnosis says who will not take it."""
        mine = own_word(())
        evidence = live.Evidence("Own Word", mine.chain, (mine.certificate,))
        found = walk(evidence, NOW)
        told = diagnose(of_success(found), evidence, found, about=stricter(found)[0])
        assert_diagnosis(told, "good for this client")
        assert "a common name does not count" in told.cause and not told.ok

    def test_a_chain_out_of_order_with_a_stranger(self) -> None:
        """Neither decides, and both are told."""
        lower, upper = two_levels()
        chain = (upper.certificate, lower.certificate, *unrelated(1))
        with live.serve(presenting(lower.issue(["localhost"]), *chain)) as server:
            found = doctor.examine(str(server.address), trust=[root()], hostname="localhost")
        assert_diagnosis(found, "good")
        order, stranger = found.warnings
        assert order.endswith("followed by its issuer: localhost, Lab Lower CA, Lab Upper CA")
        assert stranger.endswith("not part of this chain: Stranger 0")

    def test_a_final_dot(self) -> None:
        """The certificate covers the host, and OpenSSL does not find it: the dot is named."""
        with live.serve(issued()) as server:
            found = doctor.examine(str(server.address), trust=[root()], hostname="localhost.")
        assert_diagnosis(found, "final dot")

    def test_an_intermediate_is_trusted_and_no_root(self) -> None:
        """Python's default takes it from 3.13 on, and then the warning says who does not."""
        with live.serve(issued()) as server:
            found = doctor.examine(str(server.address), trust=[issuing()], hostname="localhost")
        takes_it = sys.version_info >= (3, 13)
        assert_diagnosis(found, "good" if takes_it else "partial chain")
        assert any("is trusted here and no root" in one for one in found.warnings) is takes_it

    def test_a_leaf_sent_twice_that_demands_a_staple(self) -> None:
        """Nothing of it decides; it is told, for servers and for files."""
        demand = x509.TLSFeature([x509.TLSFeatureType.status_request])
        leaf = chains.leaf(**broken.put("tls feature", demand))
        chain = (chains.intermediate(), leaf)
        with live.serve(Credential(leaf, chains.key("leaf"), chain)) as server:
            found = doctor.examine(str(server.address), trust=[chains.root()], hostname=chains.HOST)
        assert_diagnosis(found, "good")
        twice, staple = found.warnings
        assert "more than once: leaf" in twice and "must-staple" in staple

    @pytest.mark.parametrize("fault", FAULTS)
    def test_every_fault(self, fault: str) -> None:
        """An address with a fault gives the same diagnosis as the exception it raises."""
        make, trust, host, row, place, section = FAULTS[fault]
        with live.serve(make()) as server:
            found = doctor.examine(str(server.address), trust=[trust()], hostname=host)
        assert_diagnosis(found, row)
        assert (found.place, found.failed and found.failed.source) == (place, SOURCES[section])

    @pytest.mark.parametrize("form", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
    def test_the_systems_anchors(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str) -> None:
        """Without `trust` the system's anchors are gone by, in a bundle or in a folder, for good servers and bad."""
        monkeypatch.delenv("SSL_CERT_FILE", raising=False)
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
        monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path / "none"))
        place = tmp_path / ("bundle.pem" if form == "SSL_CERT_FILE" else f"{subject_hash(root().certificate)}.0")
        place.write_bytes(root().certificate.public_bytes(Encoding.PEM))
        monkeypatch.setenv(form, str(place if form == "SSL_CERT_FILE" else tmp_path))
        with live.serve(issued()) as server:
            good = doctor.examine(str(server.address), hostname="localhost")
            bad = doctor.examine(str(server.address), hostname="other.test")
        assert_diagnosis(good, "good")
        assert_diagnosis(bad, "host")
        for found in (good, bad):
            assert found.links[-1].state == "trusted" and found.links[-1].name == "Lab Root"

    def test_plain_http(self) -> None:
        """A port that answers in plain HTTP is told as no TLS."""

        def answer(connection: socket.socket) -> None:
            connection.recv(4096)
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")

        with listening(answer) as port:
            found = doctor.examine(f"127.0.0.1:{port}", trust=[root()])
        assert_diagnosis(found, "not TLS")

    def test_a_closed_port(self) -> None:
        """A port on which nobody listens is told as refused."""
        with socket.create_server(("127.0.0.1", 0)) as closed:
            port = closed.getsockname()[1]
        assert_diagnosis(doctor.examine(f"127.0.0.1:{port}", trust=[root()]), "refused")

    def test_a_silent_port(self) -> None:
        """A port that takes the connection and says nothing is no fault that can be told: cannot tell."""

        def hear_all(connection: socket.socket) -> None:
            while connection.recv(4096):
                continue

        with listening(hear_all) as port:
            found = doctor.examine(f"127.0.0.1:{port}", trust=[root()], timeout=0.2)
        assert_diagnosis(found, "timeout")

    @pytest.mark.parametrize("handle", [lambda connection: None, lambda connection: connection.recv(4096)])
    def test_a_port_that_hangs_up(self, handle: Callable[[socket.socket], object]) -> None:
        """A port that hangs up at once, or after the first words, is answered without a traceback."""
        with listening(handle) as port:
            found = doctor.examine(f"127.0.0.1:{port}", trust=[root()])
        assert_diagnosis(found, "closed")

    def test_a_certificate_that_cannot_be_read(self) -> None:
        """What ssl accepts and cryptography cannot read is answered with cannot tell."""
        version = bytes.fromhex("a003020102")
        good = root().issue(["localhost"], key=key("p256", "leaf")).certificate
        odd = signed_again(good, version, version[:-1] + b"\7", root().private_key)  # type: ignore[arg-type]
        with live.serve(Odd(odd)) as server:  # type: ignore[arg-type]
            found = doctor.examine(str(server.address), trust=[root()], hostname="localhost")
        assert_diagnosis(found, "cannot tell")
        assert "cannot be read" in found.cause

    @pytest.mark.parametrize(
        ("target", "says"),
        [
            ("https://localhost:443", "host:port"),
            ("localhost:99999", "host:port"),
            ("", "host:port"),
            (None, "host:port"),
            (Path("chain.pem"), "looks like a file"),
            ("chain.pem", "looks like a file"),
            ("./localhost", "looks like a file"),
            ("a..b", "host name"),
        ],
    )
    def test_bad_addresses(self, target: Any, says: str) -> None:
        """What is no address is refused with what to give."""
        with pytest.raises(BadInput, match=says) as caught:
            doctor.examine(target, trust=[root()])
        assert caught.value.fix


def subject_hash(certificate: x509.Certificate) -> str:
    """The name of the certificate's file in a hashed folder; OpenSSL alone knows how it is made."""
    pem = certificate.public_bytes(Encoding.PEM)
    command = [need("openssl"), "x509", "-noout", "-subject_hash"]
    return subprocess.run(command, input=pem, capture_output=True, check=True).stdout.decode().strip()


class TestServersAlert:
    def test_an_alert_of_the_server(self) -> None:
        """Where the server ended it, its alert is the cause."""
        server = issued().server_context()
        server.minimum_version = ssl.TLSVersion.TLSv1_3
        client = live.client_context([root()])
        client.maximum_version = ssl.TLSVersion.TLSv1_2
        error, _ = handshake(client, server)
        found = doctor.explain(error)  # type: ignore[arg-type]
        assert_diagnosis(found, "versions")
        assert "protocol_version" in found.cause

    @pytest.mark.parametrize(
        ("code", "row"),
        [
            (40, "no common terms"),
            (46, "nothing to refuse"),
            (48, "nothing to refuse"),
            (70, "versions"),
            (71, "insufficient"),
            (80, "alert"),
            (112, "no name sent"),
            (116, "client certificate"),
            (120, "no common protocol"),
        ],
    )
    def test_an_alert_to_the_first_words(self, code: int, row: str) -> None:
        """This client presents no certificate and, by address, sends no name: no sentence says that it did."""

        def refuse(connection: socket.socket) -> None:
            connection.recv(4096)
            connection.sendall(bytes((21, 3, 3, 0, 2, 2, code)))
            connection.recv(4096)

        with listening(refuse) as port:
            found = doctor.examine(f"127.0.0.1:{port}", trust=[root()])
        assert_diagnosis(found, row)

    def test_a_client_certificate_that_was_demanded_in_tls_1_2(self) -> None:
        """handshake_failure alone says nothing; that a suite was agreed on before tells it from one that never was."""
        with live.serve(issued(), trust=[root()], versions="TLSv1.2") as server:
            found = doctor.examine(str(server.address), trust=[root()], hostname="localhost")
        assert_diagnosis(found, "after the terms")
        with live.serve(issued(), versions="TLSv1.2", ciphers="ECDHE-RSA-AES128-GCM-SHA256") as server:
            found = doctor.examine(str(server.address), trust=[root()], hostname="localhost")
        assert_diagnosis(found, "no common terms")

    def test_an_expired_server_that_demands_a_client_certificate(self) -> None:
        """In TLS 1.2 the second connection is refused as well; the chain has come by then, so the place is known."""
        with live.serve(issued(fault="expired"), trust=[root()], versions="TLSv1.2") as server:
            found = doctor.examine(str(server.address), trust=[root()], hostname="localhost")
        assert_diagnosis(found, "expired")
        assert found.place == "leaf" and len(found.links) == 3

    @pytest.mark.parametrize(
        ("piece", "row"),
        [("verify", "not proven"), ("finished", "not the same"), ("certificate", "against the rules")],
    )
    def test_a_server_that_breaks_the_rules(self, piece: str, row: str) -> None:
        """A CertificateVerify or Finished with one bit changed, and a list of no certificates."""
        change = {piece: lambda raw: raw[:-1] + bytes([raw[-1] ^ 1])}
        server = Misbehaving(chain=[]) if piece == "certificate" else Misbehaving(change=change)
        with listening(server.serve) as port:
            found = doctor.examine(f"127.0.0.1:{port}", trust=[root()], hostname="localhost")
        assert_diagnosis(found, row)

    def test_a_client_certificate_that_was_demanded(self) -> None:
        """In TLS 1.3 the refusal comes when the client's handshake has succeeded; it is waited for."""
        context = issued().server_context()
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(cadata=root().certificate.public_bytes(Encoding.DER))

        def demand(connection: socket.socket) -> None:
            with pytest.raises(ssl.SSLError), context.wrap_socket(connection, server_side=True) as tls:
                tls.recv(1)

        with listening(demand) as port:
            found = doctor.examine(f"127.0.0.1:{port}", trust=[root()], hostname="localhost")
        assert_diagnosis(found, "client certificate")

    def test_what_the_server_saw_is_the_failure(self) -> None:
        """Of several connections, the one that failed is told; where none failed, that is said."""
        with live.serve(issued()) as server:
            live.connect(server.address, trust=[root()], hostname="localhost")
            assert doctor.explain(refusal(), server=server).server_saw == "a handshake that succeeded"
            error = failure(urlopen, server.url)
            live.connect(server.address, trust=[root()], hostname="localhost")
            assert doctor.explain(error, server=server).server_saw == "alert unknown_ca"

    def test_a_server_that_saw_nobody(self) -> None:
        """Without a connection there is nothing to tell of the server."""
        with live.serve(issued()) as server:
            assert doctor.explain(refusal(), server=server).server_saw == ""


def unrelated(count: int) -> list[x509.Certificate]:
    return [Authority.create(f"Stranger {number}").certificate for number in range(count)]


def changed(certificate: x509.Certificate, old: bytes, new: bytes) -> x509.Certificate:
    return x509.load_der_x509_certificate(certificate.public_bytes(Encoding.DER).replace(old, new))


LEAF, MIDDLE, ROOT = issued().certificate, issuing().certificate, root().certificate
ODD: dict[str, tuple[list[x509.Certificate], list[x509.Certificate] | None, str]] = {
    "good": ([LEAF, MIDDLE], [ROOT], "trusted"),
    "good, with the root": ([LEAF, MIDDLE, ROOT], [ROOT], "trusted"),
    "no chain": ([], [ROOT], "no chain"),
    "nobody trusted": ([LEAF, MIDDLE], [], "no issuer"),
    "trust unknown": ([LEAF, MIDDLE], None, "unknown"),
    "trust unknown, root sent": ([LEAF, MIDDLE, ROOT], None, "unknown"),
    "trust unknown, self-signed": ([own_word().certificate], None, "unknown"),
    "wrong order": ([LEAF, ROOT, MIDDLE], [ROOT], "trusted"),
    "ten strangers": ([LEAF, *unrelated(10)], [ROOT], "unrelated"),
    "ten strangers and the right one": ([LEAF, *unrelated(10), MIDDLE], [ROOT], "trusted"),
    "duplicates": ([LEAF, LEAF, MIDDLE, MIDDLE, ROOT, ROOT], [ROOT, ROOT], "trusted"),
    "duplicates, untrusted": ([LEAF, MIDDLE, MIDDLE, ROOT, ROOT], unrelated(1), "untrusted root"),
    "circle": (list(circle().chain), [ROOT], "circle"),
    "circle, trust unknown": (list(circle().chain), None, "circle"),
    "leaf that is its own anchor": ([own_word().certificate], [own_word().certificate], "self-signed leaf"),
    "pinned leaf": ([LEAF], [LEAF], "trusted"),
    "pinned intermediate": ([LEAF, MIDDLE], [MIDDLE], "trusted"),
    "leaf twice": ([LEAF, LEAF], [ROOT], "no issuer"),
    "only a root": ([ROOT], [ROOT], "trusted"),
    "impostor": ([LEAF, MIDDLE], [impostor().certificate], "another key"),
    "both roots trusted": ([LEAF, MIDDLE], [impostor().certificate, ROOT], "trusted"),
}


class TestOddChains:
    @pytest.mark.parametrize("hostname", ["localhost", "127.0.0.1", None])
    @pytest.mark.parametrize("name", ODD)
    def test_the_way_up_ends_where_it_should(self, name: str, hostname: str | None) -> None:
        """Any chain has an end, no certificate is met twice, and the way to a trusted end has no failed check."""
        sent, trust, end = ODD[name]
        found = walk(live.Evidence(hostname, tuple(sent), None if trust is None else tuple(trust)), NOW)
        assert found.end == end
        assert len(set(found.path)) == len(found.path) <= len(sent) + 1
        way = [chain.RULES[rule].says for rule in ("signature", "issuer_name", "trust_anchor")]
        failed = [check for check in found.checks if check.state == "fail" and check.rule in way]
        assert bool(failed) is (end not in ("trusted", "unknown", "no chain"))

    @pytest.mark.parametrize("name", ODD)
    @pytest.mark.parametrize("code", [2, 7, 9, 10, 18, 19, 20, 21, 22, 26, 62, 64, 999])
    def test_every_code_on_every_chain_is_answered(self, name: str, code: int) -> None:
        """Whatever OpenSSL said about whatever chain, there is a diagnosis in whole sentences."""
        chain, trust, _ = ODD[name]
        error = refusal(code)
        anchors = None if trust is None else tuple(trust)
        error.evidence = live.Evidence("localhost", tuple(chain) or None, anchors)  # type: ignore[attr-defined]
        found = doctor.explain(error)
        assert found.ok is not True and found.cause.endswith(".") and str(found) and json.dumps(found.as_dict())
        assert "  " not in found.cause and " ." not in found.cause

    def test_cross_signed(self) -> None:
        """Of two certificates for the issuer's key, the way goes over the one that leads to a trust anchor."""
        elsewhere = Authority.create("Elsewhere").intermediate("Lab Issuing CA", key=issuing().private_key).certificate
        for above in ([elsewhere, MIDDLE], [MIDDLE, elsewhere]):
            found = walk(live.Evidence("localhost", (LEAF, *above), (ROOT,)), NOW)
            assert (found.end, found.path) == ("trusted", [LEAF, MIDDLE, ROOT])

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            (b"\x55\x1d\x25", b"\x55\x1d\x23"),  # an extension twice
            (b"\x82\x09localhost", b"\x82\x09\xffocalhost"),  # a name that is none
            (bytes.fromhex("2a8648ce3d040302"), bytes.fromhex("2a8648ce3d040377")),  # a signature nobody knows
            (bytes.fromhex("2a8648ce3d030107"), bytes.fromhex("2a8648ce3d030177")),  # a curve nobody knows
        ],
    )
    def test_what_cannot_be_read_in_a_certificate(self, old: bytes, new: bytes) -> None:
        """Extensions, keys and signatures that cannot be taken apart are no traceback, at no place in the chain."""
        for sent in ((changed(LEAF, old, new), MIDDLE), (LEAF, changed(MIDDLE, old, new))):
            error = refusal(20)
            error.evidence = live.Evidence("localhost", sent, (ROOT,))  # type: ignore[attr-defined]
            assert str(doctor.explain(error)).startswith(("✗ ", "? "))

    def test_an_algorithm_that_is_not_verified_is_not_called_wrong(self) -> None:
        """A signature that cannot be verified here is told as not looked at, and nobody is accused."""
        sent = (
            changed(LEAF, bytes.fromhex("300a06082a8648ce3d040302"), bytes.fromhex("300a06082a8648ce3d040377")),
            MIDDLE,
        )
        found = walk(live.Evidence("localhost", sent, (ROOT,)), NOW)
        assert found.end == "trusted" and len(found.path) == 3
        signature = chain.RULES["signature"].says
        assert [check.state for check in found.checks if check.rule == signature] == ["skip", "pass"]

    def test_a_trusted_leaf_is_still_held_to_its_name(self) -> None:
        """Trusting a certificate itself does not make it cover every host."""
        mine = own_word(("a.test",))
        assert ssl_code(mine, [mine], "localhost") == 62
        with live.serve(mine) as server:
            found = doctor.examine(str(server.address), trust=[mine], hostname="localhost")
        assert_diagnosis(found, "host")
        assert found.place == "leaf" and found.failed is not None and found.links[0].state == "broken"

    def test_a_certificate_cannot_command_the_terminal(self) -> None:
        """Names with control signs are shown as escapes, in text and in HTML."""
        evil = Authority.create("\x1b[2J\nok <b>").intermediate("I").issue(["localhost"])
        with live.serve(evil) as server:
            found = doctor.examine(str(server.address), trust=[root()], hostname="localhost")
        assert "\x1b" not in str(found) and "\\x1b[2J\\nok <b>" in found.cause
        assert "<b>" not in found._repr_html_()


@pytest.mark.parametrize("changed", [0, 1, 2])
def test_bytes_changed_on_the_way(changed: int) -> None:
    """A bit of the client's random bytes, of the server's tag, of the client's: told of either end's error."""
    places = {0: 20, 1: -1, 2: -1}

    def flip(number: int, flight: memory.Flight) -> bytes:
        data = bytearray(flight.data)
        if number == changed:
            data[places[changed]] ^= 1
        return bytes(data)

    client, server = live.client_context([root()]), issued().server_context()
    for context in (client, server):
        context.minimum_version = ssl.TLSVersion.TLSv1_3
    errors = memory.run(client, server, "localhost", change=flip).errors
    for sender in ("server", "client") if changed == 2 else ("client", "server"):
        if sender in errors:
            assert_diagnosis(doctor.explain(errors[sender]), "not opened")
    assert errors


def test_every_cause_is_reached() -> None:
    """Each row of CAUSES is the expected answer of a test here, and no test expects a row there is not."""
    here = {row for _, _, _, row, _, _ in FAULTS.values()}
    files = {case.kind for case in TABLE.values()} | {"no anchors"}  # the last in TestAnchors of test_doctor_files
    assert here | set(ELSEWHERE) | files | REACHED == set(CAUSES) and not here & set(ELSEWHERE)
    for test in ELSEWHERE.values():
        place: Any = globals()
        first, *rest = test.split(".")
        assert callable(getattr(place[first], rest[0]) if rest else place[first]), test


def test_every_certificate_cited_has_its_checks() -> None:
    """`failed` is the failure at the place diagnosed, also where another certificate failed before it."""
    with live.serve(issued(fault="expired")) as server:
        found = doctor.examine(str(server.address), trust=[impostor()], hostname="other.test")
    assert [check.about for check in found.checks if check.state == "fail"] == ["leaf", "leaf", "intermediate 1"]
    assert found.place == "intermediate 1" and found.failed is not None and found.failed.about == "intermediate 1"


def test_the_readme_shows_what_is_printed() -> None:
    """The example at the head of the README is what the doctor says today."""
    readme = Path(__file__).resolve().parents[1] / "README.md"
    if not readme.exists():
        pytest.skip("a wheel carries the tests, not the README")
    shown = readme.read_text(encoding="utf-8").partition("bookshop-root.pem\n")[2].partition("```")[0]
    shop = Authority.create("Bookshop Root").intermediate("Bookshop Issuing CA").issue(["localhost"])
    with live.serve(shop) as server:
        namesake = [Authority.create("Bookshop Root")]
        assert str(doctor.examine(str(server.address), trust=namesake, hostname="localhost")) == shown.strip()
