"""Does Wireshark's dissector find the same in two hundred conversations? Record by record, name by name, byte by byte.

tshark reads them all from one capture in one call; what it was asked for is compared as sequences, one a conversation
and sender.
"""

from __future__ import annotations

import random
import re
import subprocess
from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from certificates import issued
from conversations import contexts
from cryptography import x509
from judges import need

from tlslearn import handshake, wire
from tlslearn.handshake import capture
from tlslearn.wire import extensions

SESSIONS = 210
KINDS = ("p256", "p384", "ed25519", "rsa2048")
CURVES = {
    "TLSv1_3": (None, "X25519", "prime256v1", "secp384r1", "secp521r1", "X448"),
    "TLSv1_2": (None, "prime256v1", "X25519"),
}
SUITES_1_2 = {
    "rsa": ("ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-RSA-CHACHA20-POLY1305",
            "DHE-RSA-AES128-GCM-SHA256", "AES128-GCM-SHA256"),
    "ec": ("ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305"),
}  # fmt: skip
SUITES_1_3 = ("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256")
PROTOCOLS = ["h2", "http/1.1", "shop"]


@dataclass(frozen=True)
class Session:
    wish: str
    transcript: handshake.Transcript


def make(draw: random.Random, number: int) -> Session:
    # digits, which tshark's dissectors for what follows TLS do not stumble over
    say = tuple(draw.randbytes(draw.choice([1, 20, 700, 17_000])).hex().encode() for _ in range(2))
    if number % 6 == 5:
        return hybrid(draw, say)
    version, kind = draw.choice(["TLSv1_3", "TLSv1_2"]), draw.choice(KINDS)
    wish: dict[str, Any] = {"curve": draw.choice(CURVES[version]), "mutual": draw.random() < 0.3}
    client, server = contexts(version, kind, **wish)
    if version == "TLSv1_2":
        suite = draw.choice(SUITES_1_2["rsa" if kind.startswith("rsa") else "ec"])
        client.set_ciphers(suite)
        server.set_ciphers(suite)
        wish["suite"] = suite
    if draw.random() < 0.5:
        client.set_alpn_protocols(draw.sample(PROTOCOLS, 2))
        server.set_alpn_protocols(PROTOCOLS)
        wish["alpn"] = True
    found = handshake.run(client, server, "localhost", say=say, close=True)
    if draw.random() < 0.3:
        wish["resumed"] = True
        found = handshake.run(client, server, "localhost", say=say, session=found.session, close=True)
    return Session(f"{version} {kind} {wish}", found)


def hybrid(draw: random.Random, say: tuple[bytes, ...]) -> Session:
    """pyOpenSSL brings an OpenSSL that offers X25519MLKEM768, and lets the suite of 1.3 be chosen."""
    from OpenSSL import SSL

    kind, suite = draw.choice(KINDS), draw.choice(SUITES_1_3)
    server, client = SSL.Context(SSL.TLS_METHOD), SSL.Context(SSL.TLS_METHOD)
    credential = issued(kind)
    server.use_privatekey(credential.private_key)
    server.use_certificate(credential.certificate)
    for one in credential.intermediates:
        server.add_extra_chain_cert(one)
    if hasattr(client, "set_tls13_ciphersuites"):
        client.set_tls13_ciphersuites(suite.encode())
    found = handshake.run(client, server, "localhost", say=say, close=True)
    return Session(f"hybrid {kind} {suite}", found)


@cache
def sessions() -> tuple[Session, ...]:
    draw = random.Random(9846)
    return tuple(make(draw, number) for number in range(SESSIONS))


# What is compared: tshark's field, and the same from what was opened.
FIELDS = {
    "content types": "tls.record.content_type",
    "outer types": "tls.record.opaque_type",
    "record lengths": "tls.record.length",
    "handshake types": "tls.handshake.type",
    "message lengths": "tls.handshake.length",
    "randoms": "tls.handshake.random",
    "session ids": "tls.handshake.session_id",
    "suites": "tls.handshake.ciphersuite",
    "extensions": "tls.handshake.extension.type",
    "SNI": "tls.handshake.extensions_server_name",
    "ALPN": "tls.handshake.extensions_alpn_str",
    "groups": "tls.handshake.extensions_supported_group",
    "share groups": "tls.handshake.extensions_key_share_group",
    "certificates": "tls.handshake.certificate",
    "serials": "x509af.serialNumber",
    "alerts": "tls.alert_message.desc",
}
Told = dict[tuple[int, str, str], list[str]]  # conversation, sender, what: the values in order


def ours() -> Told:
    told: Told = defaultdict(list)
    for number, one in enumerate(sessions()):
        opened = handshake.decrypt(one.transcript)
        assert opened.why_closed == "" and not opened.failures, one.wish
        for carried in opened.records:
            for what, value in of_record(carried):
                told[number, carried.sender, what].append(value)
        for said in opened.said:
            if isinstance(said.what, wire.Message):
                for what, value in of_message(said.what):
                    told[number, said.sender, what].append(value)
            elif isinstance(said.what, wire.Alert):
                told[number, said.sender, "alerts"].append(str(said.what.description))
    return told


def of_record(carried: handshake.opening.Carried) -> list[tuple[str, str]]:
    record = carried.record
    is_1_3 = record.type == "application_data" and carried.epoch in ("handshake", "application")
    outer = [("outer types", str(record.content_type))] if is_1_3 else []
    return [("content types", str(carried.content_type)), ("record lengths", str(len(record.fragment))), *outer]


def of_message(message: wire.Message) -> list[tuple[str, str]]:
    found = [("handshake types", str(message.type)), ("message lengths", str(len(message.raw) - 4))]
    found += [("extensions", str(one.extension_type)) for one in getattr(message, "extensions", ())]
    if isinstance(message, wire.ClientHello):
        found += [("randoms", message.random.hex()), ("session ids", message.legacy_session_id.hex())]
        found += [("suites", f"0x{suite:04x}") for suite in message.cipher_suites]
        found += [("groups", f"0x{one:04x}") for one in message.extension(extensions.SUPPORTED_GROUPS) or ()]
    elif isinstance(message, wire.ServerHello):
        found += [("randoms", message.random.hex()), ("session ids", message.legacy_session_id_echo.hex())]
        found += [("suites", f"0x{message.cipher_suite:04x}")]
    elif isinstance(message, wire.Certificate):
        for entry in message.certificate_list:
            serial = x509.load_der_x509_certificate(entry.cert_data).serial_number
            size = serial.bit_length() // 8 + 1  # as in DER: one bit more for the sign
            found += [("certificates", entry.cert_data.hex()), ("serials", serial.to_bytes(size, "big").hex())]
            found += [("extensions", str(one.extension_type)) for one in entry.extensions]
    for kind, what in ((extensions.SERVER_NAME, "SNI"), (extensions.ALPN, "ALPN")):
        for value in message.extension(kind) or ():
            found.append((what, value if isinstance(value, str) else value.decode()))
    share = message.extension(extensions.KEY_SHARE)
    shares = share if isinstance(share, tuple) else [share] if isinstance(share, wire.KeyShare) else []
    return found + [("share groups", str(one.group)) for one in shares]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("tshark")
    (folder / "all.pcap").write_bytes(capture.pcap(one.transcript.flights for one in sessions()))
    (folder / "all.keys").write_text("".join(one.transcript.key_log for one in sessions()))
    return folder / "all.pcap", folder / "all.keys"


def tshark(files: tuple[Path, Path], *asked: str) -> str:
    captured, secrets = files
    command = [need("tshark"), "-r", str(captured), "-o", f"tls.keylog_file:{secrets}", "-o", "tcp.check_checksum:TRUE"]
    command += ["-o", "ip.check_checksum:TRUE", *asked]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def theirs(files: tuple[Path, Path]) -> Told:
    names = [part for field in ("tcp.stream", "tcp.srcport", *FIELDS.values()) for part in ("-e", field)]
    rows = tshark(files, "-Y", "tls", "-T", "fields", "-E", "separator=|", "-E", "aggregator=,", *names)
    told: Told = defaultdict(list)
    for row in rows.splitlines():
        stream, port, *values = row.split("|")
        for what, value in zip(FIELDS, values, strict=True):
            if value:
                told[int(stream), "server" if port == "443" else "client", what] += value.replace(":", "").split(",")
    return told


def test_the_same_is_found(files: tuple[Path, Path]) -> None:
    """Types, lengths, randoms, SNI, ALPN, groups, certificates and serials, of each conversation and each sender."""
    mine, other = ours(), theirs(files)
    compared: Counter[str] = Counter()
    for number, one in enumerate(sessions()):
        for sender in ("client", "server"):
            for what in FIELDS:
                found, wanted = (told.get((number, sender, what), []) for told in (mine, other))
                assert normal(what, found) == normal(what, wanted), (one.wish, sender, what)
                compared[what] += len(wanted)
    assert len(sessions()) >= 200 and set(compared) == set(FIELDS) and min(compared.values()) > 100, compared


def normal(what: str, values: list[str]) -> list[int] | list[str]:
    """Numbers as numbers: versions of tshark write some in decimal, some in hexadecimal digits."""
    if what in ("suites", "groups", "share groups"):
        return [int(value, 0) for value in values]
    return [value for value in values if value]


def test_the_same_is_decrypted(files: tuple[Path, Path]) -> None:
    """Application data of both ends, as tshark follows the stream; and no checksum of ours is wrong."""
    follow = [part for number in range(SESSIONS) for part in ("-z", f"follow,tls,raw,{number}")]
    told = tshark(files, "-q", *follow)
    found: dict[int, dict[str, bytes]] = {}
    for part in told.split("Follow: tls,raw")[1:]:
        number = int(re.search(r"tcp\.stream eq (\d+)", part)[1])  # type: ignore[index]
        lines = re.findall(r"^(\t?)([0-9a-f]+)$", part, re.MULTILINE)
        first, second = (
            ("server", "client") if re.search(r"Node 0: .*:443$", part, re.MULTILINE) else ("client", "server")
        )
        found[number] = {
            sender: bytes.fromhex("".join(text for tab, text in lines if bool(tab) is indented))
            for sender, indented in ((first, False), (second, True))
        }
    assert len(found) == SESSIONS
    for number, one in enumerate(sessions()):
        assert found[number] == handshake.decrypt(one.transcript).data, one.wish
    wrong = "ip.checksum.status != 1 || tcp.checksum.status != 1"
    assert tshark(files, "-Y", wrong) == ""


def test_the_sessions_are_of_every_kind() -> None:
    """Versions, kinds of key, client certificates, resumption, retries, hybrid groups: none is missing."""
    wishes = " ".join(one.wish for one in sessions())
    assert all(word in wishes for word in ("TLSv1_3", "TLSv1_2", "hybrid", *KINDS, "'resumed': True", "'mutual': True"))
    opened = [handshake.decrypt(one.transcript) for one in sessions()]
    retries = sum(any(hello.is_retry for hello in one.find(wire.ServerHello)) for one in opened)
    resumed = sum(not one.find(wire.Certificate) for one in opened)
    mutual = sum(bool(one.find(wire.Certificate, "client")) for one in opened)
    assert retries > 20 and resumed > 20 and mutual > 20
    assert len({one.cipher_suite for one in opened}) >= 9
