"""Does the small client get a page from servers that others wrote, over suites, groups and kinds of key?"""

from __future__ import annotations

import ctypes
import fcntl
import re
import socket
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import product
from pathlib import Path

import pytest
from certificates import impostor, issued, root
from cryptography.hazmat.primitives.serialization import Encoding
from judges import in_ci, need

from tlslearn import handshake, wire
from tlslearn.handshake.client import P256, SUITES, X25519, Offer

KINDS = ("p256", "p384", "ed25519", "rsa2048")
OFFERS = [(X25519,), (P256,), (X25519, P256), (P256, X25519)]
SCHEMES = {"p256": 0x0403, "p384": 0x0503, "ed25519": 0x0807, "rsa2048": 0x0804}


@contextmanager
def running(command: list[str], ready: str) -> Iterator[str]:
    """A server program, until the block ends; gives the line in which `ready` stands."""
    server = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.PIPE, text=True
    )
    assert server.stdout is not None
    try:
        line = next((line for line in server.stdout if ready in line), "")
        assert line, f"{command[0]} did not start"
        threading.Thread(target=server.stdout.read, daemon=True).start()  # so that it never waits for us
        yield line
    finally:
        server.kill()
        server.communicate()


@contextmanager
def openssl(folder: Path, kind: str, *more: str) -> Iterator[str]:
    leaf, key = issued(kind).write(folder)  # of this file it takes the leaf alone
    above = folder / "above.pem"
    above.write_bytes(b"".join(one.public_bytes(Encoding.PEM) for one in issued(kind).intermediates))
    asked = [
        "s_server",
        "-accept",
        "127.0.0.1:0",
        "-cert",
        leaf,
        "-cert_chain",
        above,
        "-key",
        key,
        "-www",
        *more,
    ]
    with running([need("openssl"), *map(str, asked)], "ACCEPT") as line:
        yield "127.0.0.1:" + line.rpartition(":")[2].strip()


NEW_NETWORK, SET_FLAGS, UP = 0x40000000, 0x8914, 0x41  # CLONE_NEWNET, SIOCSIFFLAGS, IFF_UP and IFF_RUNNING


def in_a_network_of_its_own(act: Callable[[], None]) -> None:
    """Run `act` in a thread whose network is loopback alone, its own: for a server that binds to every address.

    Needs root's rights: skipped without them, but in CI.
    """

    def apart() -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.unshare(NEW_NETWORK):
            raise PermissionError(ctypes.get_errno(), "no network of its own")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as loopback:
            fcntl.ioctl(loopback, SET_FLAGS, struct.pack("16sh22x", b"lo", UP))
        act()

    with ThreadPoolExecutor(1) as pool:
        try:
            pool.submit(apart).result()
        except PermissionError as error:
            if in_ci():
                raise
            pytest.skip(str(error))


@contextmanager
def gnutls(folder: Path, kind: str, priority: str) -> Iterator[str]:
    """It cannot be told to listen on loopback alone, nor to choose a port: so the network around it is loopback."""
    chain, key = issued(kind).write(folder)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    asked = ["--http", "--port", port, "--x509certfile", chain, "--x509keyfile", key, "--priority", priority]
    with running([need("gnutls-serv"), *map(str, asked)], "HTTP Server listening"):
        wait_for(port)
        yield f"127.0.0.1:{port}"


def wait_for(port: int) -> None:
    until = time.monotonic() + 10
    while time.monotonic() < until:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    pytest.fail("gnutls-serv does not listen")


def ask(address: str, kind: str, offer: Offer) -> tuple[handshake.Settled, bytes]:
    return handshake.fetch(address, trust=[root(kind)], hostname="localhost", offer=offer)


def assert_settled(settled: handshake.Settled, kind: str, suite: int, groups: tuple[int, ...]) -> None:
    assert settled.cipher_suite == suite and settled.group in groups and settled.scheme == SCHEMES[kind]
    assert settled.chain == issued(kind).chain and settled.verdict is not None and settled.verdict.ok


@pytest.mark.parametrize("kind", KINDS)
class TestOpenssl:
    def test_suites_and_groups(self, kind: str, tmp_path: Path) -> None:
        with openssl(tmp_path, kind) as address:
            for suite, groups in product(SUITES, OFFERS):
                settled, page = ask(address, kind, Offer(suites=[suite], groups=groups))
                assert_settled(settled, kind, suite, groups[:1])
                assert b"200 ok" in page and wire.names.CIPHER_SUITES[suite].encode() in page

    def test_a_retry(self, kind: str, tmp_path: Path) -> None:
        """A server that takes P-256 alone says HelloRetryRequest to a share of X25519."""
        with openssl(tmp_path, kind, "-groups", "P-256") as address:
            for suite in SUITES:
                settled, page = ask(address, kind, Offer(suites=[suite]))
                assert_settled(settled, kind, suite, (P256,))
                assert b"200 ok" in page

    def test_an_impostor(self, kind: str, tmp_path: Path) -> None:
        with openssl(tmp_path, kind) as address, pytest.raises(handshake.Refused) as refused:
            handshake.fetch(address, trust=[impostor(kind)], hostname="localhost")
        assert refused.value.alert == "unknown_ca"


class TestOpensslTerms:
    def test_a_protocol(self, tmp_path: Path) -> None:
        with openssl(tmp_path, "p256", "-alpn", "http/1.1") as address:
            assert ask(address, "p256", Offer(alpn=["h2", "http/1.1"]))[0].alpn == "http/1.1"

    def test_a_request_for_a_certificate(self, tmp_path: Path) -> None:
        with openssl(tmp_path, "p256", "-verify", "1") as address:
            assert b"200 ok" in ask(address, "p256", Offer())[1]

    def test_a_demand_for_a_certificate(self, tmp_path: Path) -> None:
        """The client has none, says so, and hears what that means after its own handshake (RFC 9846 4.5.1.3)."""
        with openssl(tmp_path, "p256", "-Verify", "1") as address, pytest.raises(handshake.Told) as told:
            ask(address, "p256", Offer())
        assert told.value.alert == "certificate_required"

    @pytest.mark.parametrize("count", ["0", "7"])
    def test_tickets(self, count: str, tmp_path: Path) -> None:
        with openssl(tmp_path, "p256", "-num_tickets", count) as address:
            found = handshake.visit(address, trust=[root("p256")], hostname="localhost")
        opened = handshake.decrypt(found.flights, found.key_log)
        assert found.error is None and len(opened.find(wire.NewSessionTicket)) == int(count)

    def test_no_tls_1_3(self, tmp_path: Path) -> None:
        """Without a version in common OpenSSL itself goes."""
        with openssl(tmp_path, "p256", "-no_tls1_3") as address, pytest.raises(handshake.Told) as told:
            ask(address, "p256", Offer())
        assert told.value.alert == "protocol_version"

    def test_no_group_in_common(self, tmp_path: Path) -> None:
        with openssl(tmp_path, "p256", "-groups", "P-521") as address, pytest.raises(handshake.Told) as told:
            ask(address, "p256", Offer())
        assert told.value.alert == "handshake_failure"

    def test_no_suite_in_common(self, tmp_path: Path) -> None:
        taken = "TLS_AES_256_GCM_SHA384"
        with openssl(tmp_path, "p256", "-ciphersuites", taken) as address, pytest.raises(handshake.Told) as told:
            ask(address, "p256", Offer(suites=[0x1301]))
        assert told.value.alert == "handshake_failure"


CIPHERS = {0x1301: "AES-128-GCM", 0x1302: "AES-256-GCM", 0x1303: "CHACHA20-POLY1305"}


@pytest.mark.parametrize("kind", KINDS)
class TestGnutls:
    def test_suites_and_groups(self, kind: str, tmp_path: Path) -> None:
        in_a_network_of_its_own(lambda: self.assert_suites_and_groups(kind, tmp_path))

    def assert_suites_and_groups(self, kind: str, tmp_path: Path) -> None:
        with gnutls(tmp_path, kind, "NORMAL:-VERS-ALL:+VERS-TLS1.3") as address:
            for suite, groups in product(SUITES, OFFERS):
                settled, page = ask(address, kind, Offer(suites=[suite], groups=groups))
                assert_settled(settled, kind, suite, groups)
                shown = re.sub(rb"<[^>]+>|&nbsp;", b" ", page).decode()
                assert "200 OK" in shown and CIPHERS[suite] in shown

    def test_a_retry(self, kind: str, tmp_path: Path) -> None:
        in_a_network_of_its_own(lambda: self.assert_a_retry(kind, tmp_path))

    def assert_a_retry(self, kind: str, tmp_path: Path) -> None:
        priority = "NORMAL:-VERS-ALL:+VERS-TLS1.3:-GROUP-ALL:+GROUP-SECP256R1"
        with gnutls(tmp_path, kind, priority) as address:
            for suite in SUITES:
                settled, page = ask(address, kind, Offer(suites=[suite]))
                assert_settled(settled, kind, suite, (P256,))
                assert b"200 OK" in page
