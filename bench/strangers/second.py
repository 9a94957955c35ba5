"""The same question as in `first`, by a third hand: 193 servers and files, each with what is wrong with it.

Sections: none.
Leaves out: the fixes and the place in the chain; the cause, what is said besides it and the exit status count.
The judges were written before the doctor was asked. Its first run, on 2026-11-25, found 181 of 193 right or honestly
unsure (93.8 %) and four wrong; after it six judges were widened (marked below), and the doctor mended.
The seed fixes serial numbers and garbage; the keys are new in each run.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hmac
import ipaddress
import json
import os
import random
import re
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa, x25519
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from cryptography.hazmat.primitives.serialization import pkcs7, pkcs12
from cryptography.x509.oid import AuthorityInformationAccessOID as Aia
from cryptography.x509.oid import ExtendedKeyUsageOID as Eku
from cryptography.x509.oid import NameOID

SEED = 20261125
RNG = random.Random(SEED)
HERE = Path(__file__).parents[2]
TMP = Path()  # a folder of its own for each run
NOW = dt.datetime.now(dt.UTC).replace(microsecond=0)
SHOP = "shop.example"
OK, OLD, NEW = (-48.0, 24.0 * 90), (-9600.0, -720.0), (240.0, 2400.0)  # hours from now
LONG = (-24.0 * 4000, 24.0 * 4000)
Handler = Callable[[socket.socket], None]
Start = Callable[[], list[str]]


# ---------------------------------------------------------------- certificates
@dataclass(frozen=True)
class Id:
    name: x509.Name
    der: bytes
    key: Any

    @property
    def pem(self) -> bytes:
        return ssl.DER_cert_to_PEM_cert(self.der).encode()

    def key_pem(self, password: bytes = b"") -> bytes:
        lock = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
        return bytes(self.key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, lock))


def tlv(tag: int, body: bytes) -> bytes:
    size = len(body)
    return bytes([tag]) + (bytes([size]) if size < 128 else b"\x82" + struct.pack(">H", size)) + body


def save(data: bytes, suffix: str = ".pem") -> str:
    handle, path = tempfile.mkstemp(suffix=suffix, dir=TMP)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
    return path


def openssl(*args: str, stdin: bytes = b"") -> bytes:
    return subprocess.run(["openssl", *args], input=stdin, capture_output=True, check=True, timeout=60).stdout


def new_key(kind: str) -> Any:
    if kind.startswith("rsa"):
        return rsa.generate_private_key(65537, int(kind[3:] or 2048))
    if kind == "ed25519":
        return ed25519.Ed25519PrivateKey.generate()
    return ec.generate_private_key(ec.SECP256K1() if kind == "k1" else ec.SECP256R1())


def general(text: str) -> x509.GeneralName:
    kind, _, rest = text.partition("!")
    if kind == "ip":
        return x509.IPAddress(ipaddress.ip_address(rest))
    return {"mail": x509.RFC822Name, "uri": x509.UniformResourceIdentifier}.get(kind, x509.DNSName)(rest or text)


def issue(cn: str, by: Id | None = None, *, ca: bool = False, **o: Any) -> Id:
    """A certificate; `o` bends it: days, sans, kind, key, bc, pathlen, ku, eku, extra, aki, signer, weak, patch."""
    key = o["key"] if "key" in o else new_key(o.get("kind", "ec"))
    cn = o.get("subject", cn)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, cn)] if cn else [])
    begin, end = o.get("days", LONG if ca else OK)
    signer = o.get("signer") or (by.key if by else key)
    ski = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    issuer_id = x509.AuthorityKeyIdentifier.from_issuer_public_key(by.key.public_key() if by else key.public_key())
    build = x509.CertificateBuilder(by.name if by else name, name, key.public_key(), RNG.getrandbits(120) | 1 << 120)
    build = build.not_valid_before(NOW + dt.timedelta(hours=begin)).not_valid_after(NOW + dt.timedelta(hours=end))
    build = build.add_extension(ski, False).add_extension(o.get("aki", issuer_id), False)
    if o.get("bc", True):
        is_ca = o.get("is_ca", ca)
        build = build.add_extension(x509.BasicConstraints(is_ca, o.get("pathlen") if is_ca else None), True)
    wanted = o.get("ku", ("key_cert_sign", "crl_sign") if ca else ("digital_signature", "key_encipherment"))
    names = "digital_signature content_commitment key_encipherment data_encipherment key_agreement key_cert_sign"
    bits = {bit: bit in wanted for bit in (names + " crl_sign encipher_only decipher_only").split()}
    build = build.add_extension(x509.KeyUsage(**bits), True)
    if eku := o.get("eku", () if ca else (Eku.SERVER_AUTH,)):
        build = build.add_extension(x509.ExtendedKeyUsage(eku), False)
    if sans := o.get("sans", () if ca else (SHOP, "localhost", "ip!127.0.0.1")):
        build = build.add_extension(x509.SubjectAlternativeName(map(general, sans)), not cn)
    for extension, critical in o.get("extra", ()):
        build = build.add_extension(extension, critical)
    cert = build.sign(signer, None if isinstance(signer, ed25519.Ed25519PrivateKey) else hashes.SHA256())
    der = cert.public_bytes(serialization.Encoding.DER)
    if o.get("weak") or o.get("patch"):
        der = resign(cert, signer, o.get("weak", ""), o.get("patch", lambda tbs: tbs))
    return Id(name, der, key)


def resign(cert: x509.Certificate, signer: Any, weak: str, patch: Callable[[bytes], bytes]) -> bytes:
    """Change the signed bytes and sign again: for what the library refuses to make."""
    tbs, der = cert.tbs_certificate_bytes, cert.public_bytes(serialization.Encoding.DER)
    algorithm = der[4 + len(tbs) : len(der) - len(tlv(3, b"\0" + cert.signature))]
    if weak:
        oid, other = bytes.fromhex("2a864886f70d01010b"), bytes.fromhex("2a864886f70d0101")
        other += b"\x05" if weak == "sha1" else b"\x04"
        algorithm, tbs = algorithm.replace(oid, other), tbs.replace(oid, other, 1)
        signature = openssl(
            "dgst", f"-{weak}", "-sign", save(Id(cert.issuer, der, signer).key_pem()), save(tbs, ".tbs")
        )
    else:
        tbs = patch(tbs)
        signature = signer.sign(tbs, ec.ECDSA(hashes.SHA256()))
    return tlv(0x30, tbs + algorithm + tlv(3, b"\0" + signature))


def serial(value: bytes) -> Callable[[bytes], bytes]:
    """Replaces the 16-byte serial number of a TBSCertificate by another of the same length or less."""

    def patch(tbs: bytes) -> bytes:
        body = tbs[4:]
        assert body[5:7] == b"\x02\x10"
        return tlv(0x30, body[:5] + tlv(2, value) + body[23:])

    return patch


def swap_dates(tbs: bytes) -> bytes:
    at = tbs.index(b"\x30\x1e\x17\x0d")
    return tbs[: at + 2] + tbs[at + 17 : at + 32] + tbs[at + 2 : at + 17] + tbs[at + 32 :]


def chain(**spec: dict[str, Any]) -> dict[str, Id]:
    """root, (up,) low, leaf, and relatives of theirs that a careless server might send instead."""
    ids = {"root": issue("Acme Root", ca=True, **spec.get("root", {}))}
    if "up" in spec:
        ids["up"] = issue("Acme Policy CA", ids["root"], ca=True, **spec["up"])
    ids["low"] = issue("Acme Issuing CA", ids.get("up", ids["root"]), ca=True, **spec.get("low", {}))
    ids["leaf"] = issue(SHOP, ids["low"], **spec.get("leaf", {}))
    ids["low2"] = issue("Acme Issuing CA", ids["root"], ca=True)
    ids["alien"] = issue("Acme Billing CA", ids["root"], ca=True)
    ids["root2"] = issue("Acme Root", ca=True)
    ids["stray"] = issue("Unrelated Trust Root", ca=True)
    ids["direct"] = issue(SHOP, ids["root"])
    ids["alone"] = issue(SHOP, None)
    ids["proxy"] = issue("Megacorp TLS Inspection CA", ca=True)
    ids["forged"] = issue(SHOP, ids["proxy"])
    ids["legacy"] = issue("Legacy Root", ca=True, days=(-24.0 * 4000, -24.0))
    ids["cross"] = issue("Acme Root", ids["legacy"], ca=True, key=ids["root"].key)
    ids["ring"] = issue("Acme Root", ids["low"], ca=True, key=ids["root"].key)
    return ids


# ---------------------------------------------------------------- servers
def listen(handle: Handler, seconds: float = 60, most: int = 20) -> int:
    """Serves at most `most` connections for at most `seconds` on a free port of 127.0.0.1."""
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(1)

    def one(conn: socket.socket) -> None:
        conn.settimeout(15)
        with conn, contextlib.suppress(OSError, ValueError, IndexError, struct.error, StopIteration):
            handle(conn)

    def loop() -> None:
        stop, served = time.monotonic() + seconds, 0
        with server:
            while time.monotonic() < stop and served < most:
                with contextlib.suppress(TimeoutError):
                    conn = server.accept()[0]
                    served += 1
                    threading.Thread(target=one, args=(conn,), daemon=True).start()

    threading.Thread(target=loop, daemon=True).start()
    return int(server.getsockname()[1])


def exactly(conn: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        part = conn.recv(size - len(data))
        if not part:
            raise ConnectionError("closed")
        data += part
    return data


def record(conn: socket.socket) -> bytes:
    head = exactly(conn, 5)
    return head + exactly(conn, int.from_bytes(head[3:], "big"))


def finish(conn: socket.socket, end: str = "close") -> None:
    """Ends a connection: with FIN, with RST, or by holding it open in silence."""
    if end == "reset":
        conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return
    if end == "close":
        conn.shutdown(socket.SHUT_WR)
    with contextlib.suppress(TimeoutError):
        while conn.recv(4096):
            pass


def say(data: bytes = b"", *, wait: bool = True, end: str = "close") -> Handler:
    def handle(conn: socket.socket) -> None:
        if wait:
            conn.recv(4096)
        conn.sendall(data)
        finish(conn, end)

    return handle


def alert(code: int) -> Handler:
    return say(bytes([21, 3, 3, 0, 2, 2, code]))


def echo(conn: socket.socket) -> None:
    while data := conn.recv(4096):
        conn.sendall(data)


def talk(banner: bytes, answers: dict[bytes, bytes], last: bytes = b"", other: bytes = b"500 what?\r\n") -> Handler:
    """A line protocol; returns after the answer to `last`, so that TLS may follow. %t is an IMAP tag."""

    def handle(conn: socket.socket) -> None:
        conn.sendall(banner)
        while True:
            line = b""
            while not line.endswith(b"\n"):
                line += exactly(conn, 1)
            word = next((w for w in answers if w in line.upper()), b"")
            conn.sendall(answers.get(word, other).replace(b"%t", line.split()[0] if line.split() else b"*"))
            if word and word == last:
                return

    return handle


def postgres(conn: socket.socket) -> None:
    exactly(conn, 8)
    conn.sendall(b"S")


TLS_NO = b"500 5.5.1 Command unrecognized\r\n"
SMTP = talk(b"220 mx ESMTP\r\n", {b"EHLO": b"250-mx\r\n250 STARTTLS\r\n", b"STARTTLS": b"220 Go\r\n"}, b"STARTTLS")
SMTP_PLAIN = talk(b"220 mx.example ESMTP\r\n", {b"EHLO": b"250-mx\r\n250 8BITMIME\r\n", b"STARTTLS": TLS_NO})
SMTP_454 = talk(
    b"220 mx ESMTP\r\n", {b"EHLO": b"250-mx\r\n250 STARTTLS\r\n", b"STARTTLS": b"454 4.7.0 TLS not available\r\n"}
)
IMAP_HELLO = b"* OK [CAPABILITY IMAP4rev1 STARTTLS] imap.example ready\r\n"
CAPA = {b"CAPABILITY": b"* CAPABILITY IMAP4rev1 STARTTLS\r\n%t OK done\r\n", b"STARTTLS": b"%t OK begin\r\n"}
IMAP = talk(IMAP_HELLO, CAPA, b"STARTTLS", b"%t BAD\r\n")
IMAP_NO = {b"CAPABILITY": b"* CAPABILITY IMAP4rev1\r\n%t OK done\r\n", b"STARTTLS": b"%t BAD unknown command\r\n"}
IMAP_PLAIN = talk(b"* OK [CAPABILITY IMAP4rev1] imap.example ready\r\n", IMAP_NO, other=b"%t BAD\r\n")
POP = talk(b"+OK pop.example ready\r\n", {b"CAPA": b"+OK\r\nSTLS\r\n.\r\n", b"STLS": b"+OK begin\r\n"}, b"STLS")
POP_PLAIN = talk(b"+OK pop.example ready\r\n", {b"CAPA": b"+OK\r\nUSER\r\n.\r\n"}, other=b"-ERR unknown\r\n")
FTP_TLS = {b"FEAT": b"211-F\r\n AUTH TLS\r\n211 End\r\n", b"AUTH": b"234 Go\r\n"}
FTP = talk(b"220 ftp.example FTP ready\r\n", FTP_TLS, b"AUTH")
FTP_PLAIN = talk(b"220 ftp.example FTP ready\r\n", {b"AUTH": b"502 AUTH not implemented\r\n"})


def context(ids: list[Id], hook: Callable[[ssl.SSLContext], object] | None = None) -> ssl.SSLContext:
    ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ctx.set_ciphers("ALL:@SECLEVEL=0")
    ctx.load_cert_chain(save(b"".join(i.pem for i in ids)), save(ids[0].key_pem()))
    if hook:
        hook(ctx)
    return ctx


def tls(ctx: ssl.SSLContext, before: Handler | None = None) -> Handler:
    def handle(conn: socket.socket) -> None:
        if before:
            before(conn)
        with ctx.wrap_socket(conn, server_side=True) as secure:
            secure.recv(4096)
            secure.sendall(b"HTTP/1.0 200 OK\r\n\r\n")

    return handle


def expand(secret: bytes, label: bytes, size: int, seen: bytes = b"") -> bytes:
    info = struct.pack(">HB", size, 6 + len(label)) + b"tls13 " + label + bytes([len(seen)]) + seen
    return HKDFExpand(hashes.SHA256(), size, info).derive(secret)


def sha(*parts: bytes) -> bytes:
    digest = hashes.Hash(hashes.SHA256())
    digest.update(b"".join(parts))
    return digest.finalize()


def message(kind: int, body: bytes) -> bytes:
    return bytes([kind]) + len(body).to_bytes(3, "big") + body


def session_and_share(hello: bytes) -> tuple[bytes, bytes]:
    """Of a ClientHello: legacy_session_id, and the X25519 share."""
    at = 38
    session, share = hello[at + 1 : at + 1 + hello[at]], b""
    at += 1 + len(session)
    at += 2 + int.from_bytes(hello[at : at + 2], "big") + 2 + 2
    while at < len(hello):
        kind, size = struct.unpack(">HH", hello[at : at + 4])
        if kind == 51:
            place = hello.index(b"\x00\x1d\x00\x20", at)
            share = hello[place + 4 : place + 36]
        at += 4 + size
    return session, share


def mini13(ders: list[bytes], key: Any, flaw: str = "") -> Handler:
    """A TLS 1.3 server just large enough to be wrong: X25519, AES-128-GCM, ECDSA with P-256."""

    def handle(conn: socket.socket) -> None:
        hello = record(conn)[5:]
        session, share = session_and_share(hello)
        mine = x25519.X25519PrivateKey.generate()
        shared = mine.exchange(x25519.X25519PublicKey.from_public_bytes(share))
        extensions = b"\0\x2b\0\2\3\4" + b"\0\x33\0\x24\0\x1d\0\x20" + mine.public_key().public_bytes_raw()
        suite = b"\x13\x99" if flaw == "suite" else b"\x13\x01"
        body = b"\3\3" + RNG.randbytes(32) + bytes([len(session)]) + session + suite + b"\0"
        server_hello = message(2, body + struct.pack(">H", len(extensions)) + extensions)
        conn.sendall(b"\x16\3\3" + struct.pack(">H", len(server_hello)) + server_hello)
        early = hmac.digest(bytes(32), bytes(32), "sha256")
        secret = hmac.digest(expand(early, b"derived", 32, sha()), shared, "sha256")
        mac = expand(secret, b"s hs traffic", 32, sha(hello, server_hello))
        alpn = b"\0\x10\0\5\0\3\2h2"
        entries = b"".join(len(d).to_bytes(3, "big") + d + b"\0\0" for d in ders)
        flight = message(8, struct.pack(">H", len(alpn)) + alpn if flaw == "alpn" else b"\0\0")
        flight += message(11, b"\0" + len(entries).to_bytes(3, "big") + entries)
        if flaw != "cut":
            signed = b" " * 64 + b"TLS 1.3, server CertificateVerify\0" + sha(hello, server_hello, flight)
            signature = bytearray(key.sign(signed, ec.ECDSA(hashes.SHA256())))
            signature[-1] ^= flaw == "verify"
            flight += message(15, b"\4\3" + struct.pack(">H", len(signature)) + signature)
            proof = hmac.digest(expand(mac, b"finished", 32), sha(hello, server_hello, flight), "sha256")
            flight += message(20, bytes(32) if flaw == "finished" else proof)
        head = b"\x17\3\3" + struct.pack(">H", len(flight) + 17)
        gcm, nonce = AESGCM(expand(mac, b"key", 16)), expand(mac, b"iv", 12)
        conn.sendall(head + gcm.encrypt(nonce, flight + b"\x16", head))
        finish(conn, "close" if flaw == "cut" else "hold")

    return handle


def flip(port: int, kind: int, first: int | None) -> Handler:
    """A middlebox: passes records on, and flips a bit in the first one of that type (and handshake message)."""

    def handle(conn: socket.socket) -> None:
        with socket.create_connection(("127.0.0.1", port), 5) as far:
            threading.Thread(target=pump, args=(conn, far), daemon=True).start()
            done = False
            with contextlib.suppress(ConnectionError):
                while True:
                    data = bytearray(record(far))
                    if not done and data[0] == kind and first in (None, data[5]):
                        done = True
                        data[14 + int.from_bytes(data[12:15], "big") if first == 11 else -1] ^= 1
                    conn.sendall(data)
            finish(conn)

    return handle


def pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(4096):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)


# ---------------------------------------------------------------- cases
@dataclass(frozen=True)
class Case:
    """flags: g good; u 'cannot tell' is fair; n exit 0 with a matching note is fair; m: n, and no note is no lie."""

    name: str
    truth: str
    judge: str
    start: Start
    flags: str


WORDS = {
    "EXP": r"expire|ended|out of date|no longer valid|past its|is over|ran out|not after|too old",
    "EARLY": r"not yet|begin|starts|in the future|too early|not before",
    "NAME": r"(not|n.t|never|only|neither|no|nor) (\w+ ){0,3}(cover|match|name|for|valid|hold|list|stand)|hostname"
    r"|(other|another|wrong|different|no) (host|name|address)|mismatch|(covers|names|is for) ",
    "MISS": r"miss|not sen[dt]|n.t sen[dt]|not present|lack|incomplete|without (the|its|an?y?)\b|absent|left out|alone"
    r"|(only|just) (the|its|a)|no intermediate|not include|not there",
    "UNTR": r"not (\w+ ){0,2}trust|untrusted|trusts? (no|only)|unknown|not (in|among|one of)|not know|n.t (know|trust)"
    r"|no trust|not.{0,40}trust",
    "SIG": r"signature|not sign|n.t sign|(other|different|wrong|second) key|signed with|key.{0,40}(not|differ)|damaged",
    "LEAF": r"leaf|shop|server|this certificate|the certificate|host",
    "LOW": r"issuing|intermediate",
    "POLICY": r"policy ca|upper|intermediate 2|intermediate",
    "ROOT": r"root|anchor",
    "PLAIN": r"plain|unencrypted|(not|no|n.t|without|instead of|never|refuse\w*|decline\w*|reject\w*) (\w+ ){0,4}"
    r"(start)?(tls|stls|ssl)|rather than tls|answers? (in|with|as)|speaks|talks",
    "CLOSE": r"clos|reset|cut|hung up|hangs up|drop|ended|ends|broke|breaks|went away|end of|abort"
    r"|without (an? )?answer",
    "STALL": r"time.?out|timed|in time|seconds|no answer|silen|not (answer|reply|finish|say|speak|send|complete)"
    r"|n.t (answer|reply|finish|speak)"
    r"|hang|stall|nothing|waited|never (answer|repl|finish|sa|spoke)|stops|stopped|quiet",
    "AGREE": r"suite|cipher|common|agree|handshake.failure|alert 40|no shared",
    "BROKEN": r"damag|corrupt|broken|not (\w+ ){0,2}(parse|read|decode|valid|tls|der|pem|under)"
    r"|cannot be (read|decod|pars)"
    r"|can.t (\w+ ){0,2}(read|pars|decod)|garbage|malformed|trailing|extra bytes|bytes (after|behind|follow)"
    r"|truncat|\bcut\b|incomplete|asn",
    "KEYPAIR": r"key.{0,60}(not|n.t|other|different|another|mismatch)|(not|other|different|mismatch).{0,60}key",
    "ISCA": r"not (an? |\w+ ){0,3}(ca\b|auth|issu|sign)|ca flag|basic ?constraints|ca:? ?false"
    r"|may not|must not|n.t a ca",
    "PURPOSE": r"purpose|extended ?key ?usage|eku|usage|server ?auth|client ?auth|for servers|for (tls )?clients"
    r"|meant|may (only|not)",
}
CASES: list[Case] = []


def add(text: str, judge: str, start: Start, flags: str = "") -> None:
    name, _, truth = text.partition(": ")
    CASES.append(Case(name, truth, re.sub(r"\b[A-Z]{3,}\b", lambda m: WORDS.get(m[0], m[0]), judge), start, flags))


def chosen(ids: dict[str, Id], text: str) -> list[Id]:
    return [ids[name] for name in text.split()]


def options(ids: dict[str, Id], trust: str, host: str, args: Iterable[str]) -> list[str]:
    return [*args, *(("--host", host) if host else ()), "--trust", save(ids[trust].pem)]


def srv(
    send: str = "leaf low", *, trust: str = "root", host: str = SHOP, hook: Any = None, before: Handler | None = None,
    args: tuple[str, ...] = (), at: str = "127.0.0.1", **spec: dict[str, Any],
) -> Start:  # fmt: skip
    def start() -> list[str]:
        ids = chain(**spec)
        port = listen(tls(context(chosen(ids, send), hook), before))
        return [f"{at}:{port}", *options(ids, trust, host, args)]

    return start


def raw(handle: Handler, *args: str, host: str = SHOP) -> Start:
    return lambda: [f"127.0.0.1:{listen(handle)}", *options(chain(), "root", host, args)]


def mini(send: str = "leaf low", flaw: str = "", key: str = "leaf", change: Any = lambda der: der) -> Start:
    def start() -> list[str]:
        ids = chain()
        ders = [change(i.der) for i in chosen(ids, send)]
        return [f"127.0.0.1:{listen(mini13(ders, ids[key].key, flaw))}", *options(ids, "root", SHOP, ())]

    return start


def flipped(kind: int, first: int | None, version: ssl.TLSVersion) -> Start:
    def start() -> list[str]:
        ids = chain()
        inner = listen(tls(context(chosen(ids, "leaf low"), lambda c: setattr(c, "maximum_version", version))))
        return [f"127.0.0.1:{listen(flip(inner, kind, first))}", *options(ids, "root", SHOP, ())]

    return start


def files(*parts: Any, trust: str = "root", host: str = SHOP, args: tuple[str, ...] = (), **spec: Any) -> Start:
    """Each part is one file: names of certificates (or key:name), or a function of the certificates."""

    def text(ids: dict[str, Id], part: Any) -> bytes:
        if callable(part):
            return bytes(part(ids))
        return b"".join(ids[t[4:]].key_pem() if t.startswith("key:") else ids[t].pem for t in part.split())

    def start() -> list[str]:
        ids = chain(**spec)
        return [*(save(text(ids, part)) for part in parts), *options(ids, trust, host, args)]

    return start


def edit(change: Callable[[bytes], bytes], names: str = "leaf low") -> Callable[[dict[str, Id]], bytes]:
    return lambda ids: change(b"".join(i.pem for i in chosen(ids, names)))


def only(version: ssl.TLSVersion, ciphers: str = "ALL:@SECLEVEL=0", curve: str = "", dh: bool = False) -> Any:
    def hook(ctx: ssl.SSLContext) -> None:
        ctx.minimum_version = ctx.maximum_version = version
        ctx.set_ciphers(ciphers)
        if curve:
            ctx.set_ecdh_curve(curve)
        if dh:
            ctx.load_dh_params(save(openssl("dhparam", "-dsaparam", "1024")))

    return hook


def demand(version: ssl.TLSVersion) -> Any:
    def hook(ctx: ssl.SSLContext) -> None:
        ctx.minimum_version = ctx.maximum_version = version
        ctx.load_verify_locations(save(issue("Staff CA", ca=True).pem))
        ctx.verify_mode = ssl.CERT_REQUIRED

    return hook


def picky(ctx: ssl.SSLContext) -> None:
    def choose(_: object, name: str | None, __: object) -> int | None:
        return None if name == SHOP else ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME

    ctx.sni_callback = choose


def closed() -> list[str]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    return [f"127.0.0.1:{port}", *options(chain(), "root", "", ())]


def csr(ids: dict[str, Id]) -> bytes:
    built = x509.CertificateSigningRequestBuilder().subject_name(ids["leaf"].name)
    return built.sign(ids["leaf"].key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def crl(ids: dict[str, Id]) -> bytes:
    built = x509.CertificateRevocationListBuilder().issuer_name(ids["low"].name).last_update(NOW)
    built = built.next_update(NOW + dt.timedelta(days=9))
    return built.sign(ids["low"].key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def public(ids: dict[str, Id], how: str = "spki") -> bytes:
    E, P, F = serialization.Encoding, serialization.PublicFormat, serialization.PrivateFormat
    if how == "ssh-private":
        return bytes(ids["leaf"].key.private_bytes(E.PEM, F.OpenSSH, serialization.NoEncryption()))
    key = ids["leaf"].key.public_key()
    form = (E.OpenSSH, P.OpenSSH) if how == "ssh" else (E.PEM, P.SubjectPublicKeyInfo)
    return bytes(key.public_bytes(*form))


def bundle(ids: dict[str, Id], how: str) -> bytes:
    certs = [x509.load_der_x509_certificate(i.der) for i in chosen(ids, "leaf low")]
    if how == "p7":
        return pkcs7.serialize_certificates(certs, serialization.Encoding.PEM)
    lock = serialization.BestAvailableEncryption(b"changeit")
    return pkcs12.serialize_key_and_certificates(b"shop", ids["leaf"].key, certs[0], certs[1:], lock)


PAST, AHEAD = {"days": OLD}, {"days": NEW}
V = ssl.TLSVersion
CLIENT = "client.{0,30}cert|cert.{0,40}(client|from (you|this))|(asks|demands|requires|wants|insists).{0,40}certificate"
PG = ("--starttls", "postgres")
MYSQL = b"J\0\0\0\n8.0.36\0\x08\0\0\0abcdefgh\0"
UNKNOWN = [(x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.55555.1"), b"\5\0"), True)]


def limits(yes: Iterable[str] = (), no: Iterable[str] = ()) -> dict[str, Any]:
    def name(text: str) -> x509.GeneralName:
        return x509.IPAddress(ipaddress.ip_network(text[4:])) if text.startswith("net!") else x509.DNSName(text)

    return {"extra": [(x509.NameConstraints([*map(name, yes)] or None, [*map(name, no)] or None), True)]}


# fmt: off
def time_cases() -> None:
    add("leaf-expired: the leaf expired a month ago", "EXP & LEAF", srv(leaf=PAST))
    add("leaf-hour: the leaf expired an hour ago", "EXP & LEAF", srv(leaf={"days": (-900.0, -1.0)}))
    add("leaf-early: the leaf is not yet valid", "EARLY & LEAF", srv(leaf=AHEAD))
    add("leaf-soon: the leaf begins in an hour", "EARLY & LEAF", srv(leaf={"days": (1.0, 900.0)}))
    add("low-expired: the intermediate expired", "EXP & LOW", srv(low=PAST))
    add("low-early: the intermediate is not yet valid", "EARLY & LOW", srv(low=AHEAD))
    add("up-expired: the upper of two intermediates expired", "EXP & POLICY", srv("leaf low up", up=PAST))
    add("root-expired: the trusted root expired", "EXP & ROOT", srv(root=PAST))
    add("root-early: the trusted root is not yet valid", "EARLY & ROOT", srv(root=AHEAD))
    add("two-expired: leaf and intermediate expired", "EXP", srv(leaf=PAST, low=PAST))
    add("dates-swapped: the leaf ends before it begins", "EXP|EARLY|before", srv(leaf={"patch": swap_dates}))
    bad = {**PAST, "sans": ("a.b",)}
    add("old-and-wrong: the leaf expired and has another name", "(EXP|NAME) & LEAF", srv(leaf=bad))
    add("cross-good: an expired cross root is sent; clients know the new root", "", srv("leaf low cross"), "g")
    add("cross-old: the client knows only the expired cross root",
        "EXP & ROOT|legacy", srv("leaf low cross", trust="legacy"))


def name_cases() -> None:
    def named(text: str, *sans: str, host: str = SHOP, flags: str = "", judge: str = "NAME", **leaf: Any) -> None:
        add(text, judge, srv(host=host, leaf={"sans": sans, **leaf}), flags)

    named("name-wrong: the leaf is for another host", "www.other.example")
    named("name-www: www was asked, the leaf has the bare name", SHOP, host="www." + SHOP)
    named("name-ip: an address was asked, the leaf has only names", SHOP, host="")
    named("name-ip-other: the leaf is for another address", "ip!10.0.0.7", host="")
    as_dns = "NAME|dns|as a host name"  # widened
    named("name-ip-as-dns: the address stands in a dNSName", "127.0.0.1", host="", judge=as_dns)
    named("name-wild-deep: a wildcard stands for one label, not two", "*.example.test", host="a.b.example.test")
    named("name-wild-apex: a wildcard does not cover the bare domain", "*.example.test", host="example.test")
    named("name-wild-star: a lone star covers nothing", "*", host="localhost")
    named("name-wild-inner: a star in a middle label covers nothing", "a.*.example.test", host="a.b.example.test")
    named("name-cn-only: the name stands only in the CN", judge="NAME|CN\\b|common ?name|SAN", flags="m")
    named("name-cn-san: the CN fits, but the SAN has another name", "other.example")
    named("name-idn-other: another IDN", "xn--bcher-kva.example", host="m\u00fcnchen.example")
    named("name-idn-good: the IDN fits", "xn--bcher-kva.example", host="b\u00fccher.example", flags="g", judge="")
    named("name-dot: the SAN ends in a dot", SHOP + ".", judge="NAME|dot")
    named("name-host-dot: the host was given with its final dot", SHOP, host=SHOP + ".", flags="g", judge="dot|NAME")
    named("name-upper-good: the SAN is upper case, which is fine", SHOP.upper(), flags="g", judge="")
    named("name-host-upper-good: the host is upper case", SHOP, host=SHOP.upper(), flags="g", judge="")
    named("name-wild-good: the wildcard fits", "*.example.test", host="a.example.test", flags="g", judge="")
    named("name-ip-good: the address fits", "ip!127.0.0.1", host="", flags="g", judge="")
    named("name-kinds: the name stands in a URI and not as dNSName", "uri!https://shop.example/", subject="x")
    named("name-url: a URL stands in the dNSName", "https://" + SHOP, judge="NAME|url")
    named("name-none: empty subject, no SAN", subject="", judge="NAME|empty|no subject")
    named("name-empty-good: empty subject and a critical SAN are fine", SHOP, subject="", flags="g", judge="")
    named("name-space: a blank stands before the name in the SAN", " " + SHOP, judge="NAME|space|blank")
    sni = "SNI|(server|host|unrecogni[sz]ed|wrong|such|without a|this|that).?name|not know"
    add("sni-good: the right host is served if the name is asked for", "", srv(hook=picky), "g")
    add("sni-none: the server refuses callers without its name", sni, srv(hook=picky, host=""), "u")
    add("sni-refused: the server does not know this host", sni, srv(hook=picky, host="localhost"), "u")


def chain_cases() -> None:
    U: dict[str, Any] = {"up": {}}
    aia = x509.AccessDescription(Aia.CA_ISSUERS, general("uri!http://aia.invalid/low.der"))
    aia_leaf = {"extra": [(x509.AuthorityInformationAccess([aia]), False)]}
    bad_aki = {"aki": x509.AuthorityKeyIdentifier(b"\1" * 20, None, None)}
    alien_key = {"signer": new_key("ec")}
    add("good-two: leaf and intermediate", "", srv(), "g")
    add("good-three: two intermediates", "", srv("leaf low up", **U), "g")
    add("good-direct: signed by the root", "", srv("direct"), "g")
    add("good-root-sent: the root is sent along", "", srv("leaf low root"), "g")
    add("good-ed25519: an Ed25519 key", "", srv(leaf={"kind": "ed25519"}), "g")
    add("good-sha1-root: a trusted root may be signed with SHA-1", "", srv(root={"kind": "rsa", "weak": "sha1"}), "g")
    add("leaf-alone: the intermediate is not sent", "MISS", srv("leaf"))
    add("leaf-alone-aia: the intermediate is not sent; the leaf says where it is", "MISS", srv("leaf", leaf=aia_leaf))
    add("miss-low: the lower of two is not sent", "MISS", srv("leaf up", **U))
    add("miss-up: the upper of two is not sent", "MISS", srv("leaf low", **U))
    add("miss-both: both intermediates are not sent", "MISS", srv("leaf", **U))
    add("wrong-low: one is sent that did not sign the leaf", "MISS|wrong|other|SIG|unrelated", srv("leaf alien"))
    add("low-renewed: same name, other key", "SIG", srv("leaf low2"))
    add("root-renewed: the trusted root has the same name, another key", "SIG & ROOT", srv(trust="root2"))
    add("self-signed: the leaf signed itself", "self|its own|itself|UNTR", srv("alone"))
    add("private-ca: the client does not trust this CA", "UNTR", srv("leaf low", trust="stray"))
    add("private-ca-root: the same, root sent", "UNTR", srv("leaf low root", trust="stray"))
    add("proxy: a proxy's CA signed for the host", "UNTR|proxy|inspect|intercept", srv("forged proxy"))
    add("proxy-alone: a proxy's CA signed; only the leaf came", "UNTR|MISS|proxy|inspect|intercept", srv("forged"))
    add("order: leaf, upper, lower", "order", srv("leaf up low", **U), "m")
    add("twice: the leaf comes twice", "twice|duplicate|again|repeat|same|more than once", srv("leaf leaf low"), "m")
    add("stray: an unrelated one is sent", "unrelated|not (need|belong|part|us)|extra", srv("leaf low stray"), "m")
    add("ring: the CAs sign each other, no root", "UNTR|loop|circ|each other|MISS", srv("leaf low ring", trust="stray"))
    add("leaf-forged: the leaf's signature is another key's", "SIG & LEAF", srv(leaf=alien_key))
    add("low-forged: the intermediate's signature is another key's", "SIG & LOW", srv(low=alien_key))
    add("aki: the leaf's authority key identifier is not its issuer's", "identifier|aki|akid", srv(leaf=bad_aki))
    add("trust-low: the intermediate is trusted, no root", "ROOT|self-signed|issuer|UNTR", srv(trust="low"), "n")
    add("leaf-last: the intermediate comes first", "order|first|before|instead|as (its|the|a) ", mini("low leaf"))
    add("no-cert: an empty certificate list", "no certificate|empty|without|any certificate", mini(""), "u")
    add("der-cut: the leaf is cut in the middle", "BROKEN", mini("leaf", change=lambda der: der[: len(der) // 2]), "u")
    add("der-tail: bytes after the leaf", "BROKEN", mini("leaf", change=lambda der: der + b"\0\0\0"), "u")


def extension_cases() -> None:
    ku = {"ku": ("crl_sign",)}
    add("low-no-ca: the intermediate says CA:FALSE", "ISCA", srv(low={"is_ca": False}))
    add("low-no-bc: the intermediate has no basicConstraints", "ISCA", srv(low={"bc": False}))
    add("low-ku: the intermediate may not sign certificates", "ISCA|PURPOSE|cert.?sign", srv(low=ku))
    add("root-ku: the root may not sign certificates", "ISCA|PURPOSE|cert.?sign", srv(root=ku))
    add("root-no-ca: the trusted root is no CA", "ISCA", srv(root={"is_ca": False}))
    add("pathlen-up: pathlen 0 and yet a CA below", "path ?len|below|depth", srv("leaf low up", up={"pathlen": 0}))
    add("pathlen-root: pathlen 0 in the root", "path ?len|below|depth", srv(root={"pathlen": 0}))
    permit = "constrain|permit|allow|may (only|not)|only (for|names?|sign|issue)"
    add("nc-permit: the CA may only name corp.example", permit, srv(low=limits(["corp.example"])))
    add("nc-exclude: the root excludes the host", "constrain|exclu|forbid|may not", srv(root=limits(no=[SHOP])))
    add("nc-ip: the CA is for 10.0.0.0/8", permit, srv(low=limits(["net!10.0.0.0/8"]), host=""))
    add("eku-leaf: the leaf is for clients", "PURPOSE", srv(leaf={"eku": (Eku.CLIENT_AUTH,)}))
    add("eku-code: the leaf is for code signing", "PURPOSE|code", srv(leaf={"eku": (Eku.CODE_SIGNING,)}))
    add("eku-low: the intermediate is for clients", "PURPOSE & LOW", srv(low={"eku": (Eku.CLIENT_AUTH,)}))
    add("eku-root: the root is for mail", "(PURPOSE|mail) & ROOT", srv(root={"eku": (Eku.EMAIL_PROTECTION,)}))
    add("ku-leaf: the leaf's key may only sign CRLs", "PURPOSE|signature", srv(leaf=ku))
    add("critical-leaf: unknown critical extension", "critical|extension", srv(leaf={"extra": UNKNOWN}))
    add("critical-low: the same in the intermediate", "(critical|extension) & LOW", srv(low={"extra": UNKNOWN}))
    add("serial-negative: negative serial", "serial|negative", srv(leaf={"patch": serial(b"\x85" * 9)}), "m")
    add("serial-zero: the serial is 0", "serial|zero", srv(leaf={"patch": serial(b"\0")}), "m")
    staple = {"extra": [(x509.TLSFeature([x509.TLSFeatureType.status_request]), False)]}
    add("staple: must-staple, but nothing is stapled", "stapl|ocsp|tls.?feature", srv(leaf=staple), "m")
    weak, rsa_key = {"kind": "rsa1024"}, {"kind": "rsa"}
    add("rsa1024-leaf: the leaf's key is too short", "short|weak|small|1024", srv(leaf=weak))
    add("rsa1024-low: the intermediate's key is too short", "short|weak|small|1024", srv(low=weak))
    add("sha1-leaf: SHA-1 signed the leaf", "sha-?1|weak|hash|digest", srv(leaf={"weak": "sha1"}, low=rsa_key))
    add("md5-low: MD5 signed the intermediate", "md5|weak|hash|digest", srv(low={"weak": "md5"}, root=rsa_key))
    add("k1: secp256k1 is not for TLS", "curve|group|AGREE|algorithm|secp256k1|256k1|k1", srv(leaf={"kind": "k1"}), "u")


def tls_cases() -> None:
    R: dict[str, Any] = {"leaf": {"kind": "rsa"}}
    V12, V13 = V.TLSv1_2, V.TLSv1_3
    add("tls10: TLS 1.0 only", "version|1\\.0|1\\.2|old", srv(hook=only(V.TLSv1)))
    add("tls11: TLS 1.1 only", "version|1\\.1|1\\.2|old", srv(hook=only(V.TLSv1_1)))
    add("krsa: only a suite that no client offers", "AGREE", srv(hook=only(V12, "AES128-SHA:@SECLEVEL=0"), **R), "u")
    add("anon: only anonymous suites", "AGREE|anonym", srv(hook=only(V12, "ADH-AES256-GCM-SHA384:@SECLEVEL=0")), "u")
    add("group: no common curve", "group|curve|AGREE", srv(hook=only(V12, "ECDHE:@SECLEVEL=0", "secp224r1")), "u")
    dhe = only(V12, "DHE-RSA-AES256-GCM-SHA384:@SECLEVEL=0", dh=True)
    add("dh1024: the DH key is too small", "dh|diffie|small|short|weak|1024", srv(hook=dhe, **R), "u")
    add("mtls13: the server demands a client certificate", CLIENT, srv(hook=demand(V13)), "n")
    add("mtls12: the same in TLS 1.2", CLIENT, srv(hook=demand(V12)), "u")
    for code, words in {
        40: "AGREE", 70: "version", 112: "SNI|(server|host|unrecogni[sz]ed|such).?name", 80: "internal",
        49: "access|denied|refus", 120: "alpn|protocol", 71: "security|suite|strong|weak",
        48: "unknown.ca|authority|client", 116: "client|certificate", 50: "decode|read",
    }.items():  # fmt: skip
        add(f"alert-{code}: the server answers with alert {code}", f"{words}|alert {code}", raw(alert(code)), "u")
    add("alert-close: close_notify at once", "CLOSE", raw(say(b"\x15\3\3\0\2\1\0")), "u")
    add("stall: accepts and says nothing", "STALL", raw(say(end="hold")), "u")
    add("stall-half: half a record, then silence", "STALL", raw(say(b"\x16\3\3\0\x7a\2\0", end="hold")), "u")
    add("reset: RST after the ClientHello", "CLOSE", raw(say(end="reset")), "u")
    add("reset-first: RST at once", "CLOSE", raw(say(wait=False, end="reset")), "u")
    add("fin: closes after the ClientHello", "CLOSE", raw(say()), "u")
    add("fin-first: closes at once", "CLOSE", raw(say(wait=False)), "u")
    add("fin-mid: closes after its certificate", "CLOSE", mini(flaw="cut"), "u")


def other_cases() -> None:
    V12, V13 = V.TLSv1_2, V.TLSv1_3
    add("http: plain HTTP", "http", raw(say(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\nNo\r\n")))
    add("http-proxy: an HTTP proxy", "http|proxy", raw(say(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")))
    add("ssh: SSH", "ssh", raw(say(b"SSH-2.0-OpenSSH_9.6\r\n", wait=False)))
    add("mysql: MySQL", "PLAIN|mysql|mariadb", raw(say(MYSQL, wait=False, end="hold")))
    add("redis: Redis without TLS", "PLAIN|redis", raw(say(b"-ERR unknown command\r\n")))
    add("garbage: random bytes", "PLAIN|BROKEN|garbage", raw(say(RNG.randbytes(300))))
    add("huge: a record of 65535 bytes", "PLAIN|BROKEN|record|long|large", raw(say(b"\x16\3\3\xff\xff\2\2")), "u")
    add("echo: an echo server", "PLAIN|BROKEN|echo|own|unexpected|itself", raw(echo), "u")
    add("suite: chooses what was not offered", "suite|cipher|offer|BROKEN|protocol|illegal", mini(flaw="suite"), "u")
    add("alpn: answers ALPN unasked", "alpn|extension|protocol|unasked|rule", mini(flaw="alpn"), "u")
    add("mac: a record is damaged on the way", "record|mac\\b|BROKEN|decrypt|chang|alter", flipped(23, None, V13), "u")
    add("cert-flip: a bit of the leaf is flipped on the way", "SIG|BROKEN|chang|alter", flipped(22, 11, V12), "u")
    add("ske-flip: the ServerKeyExchange is damaged", "SIG|BROKEN|chang|alter|prove|proof", flipped(22, 12, V12), "u")
    proof = "SIG|BROKEN|prove|proof|CertificateVerify"
    add("verify: CertificateVerify is broken", proof, mini(flaw="verify"), "u")
    add("verify-key: the server has another key than its leaf", proof + "|KEYPAIR", mini(key="low"), "u")
    add("finished: Finished is broken", "finished|BROKEN|digest|decrypt|alter|chang|mac\\b", mini(flaw="finished"), "u")
    add("closed: nothing listens", "refuse|closed|nothing|no (server|service|one)|listen", closed, "u")
    nowhere = "resolv|unknown|dns|not (be )?found|no (such )?(address|host|name)|look|not exist"
    add("no-host: unknown host", nowhere, lambda: ["nosuch.invalid:443"], "u")


def starttls_cases() -> None:
    add("smtp-good: SMTP with STARTTLS", "", srv(before=SMTP), "g")
    add("smtp-old: SMTP with STARTTLS, leaf expired", "EXP", srv(before=SMTP, leaf=PAST))
    add("imap-name: IMAP, other name", "NAME", srv(before=IMAP, leaf={"sans": ("x.example",)}))
    add("pop-self: POP3, self-signed", "self|its own|itself|UNTR", srv("alone", before=POP))
    add("ftp-alone: FTP, intermediate missing", "MISS", srv("leaf", before=FTP))
    add("pg-ca: PostgreSQL, CA not trusted", "UNTR", srv(before=postgres, trust="stray", args=PG))
    add("smtp-plain: SMTP without STARTTLS", "PLAIN|offer|does not go on", raw(SMTP_PLAIN))  # widened
    add("smtp-454: STARTTLS fails for now", "454|not available|tempor|PLAIN", raw(SMTP_454))
    add("imap-plain: IMAP without STARTTLS", "PLAIN|offer|does not go on", raw(IMAP_PLAIN))  # widened
    add("pop-plain: POP3 without STLS", "PLAIN|offer|does not go on", raw(POP_PLAIN))  # widened
    add("ftp-plain: FTP without TLS", "PLAIN|offer|does not go on", raw(FTP_PLAIN))  # widened
    add("pg-plain: PostgreSQL without TLS", "PLAIN|offer|does not go on", raw(say(b"N"), *PG))  # widened
    direct = srv(args=("--starttls", "smtp"))
    add("implicit: --starttls smtp, but TLS comes first", "STALL|direct|implicit|greet|from the", direct, "un")


def bent(text: str, judge: str, change: Callable[[bytes], bytes], flags: str = "", names: str = "leaf low") -> None:
    add(text, judge, files(edit(change, names)), flags)


def file_cases() -> None:
    add("f-good: chain and key", "", files("leaf low", "key:leaf"), "g")
    add("f-key: the key is another's", "KEYPAIR", files("leaf low", "key:alone"))
    add("f-key-low: the key is the intermediate's", "KEYPAIR", files("leaf low", "key:low"))
    add("f-keys: two keys, the first fits", "keys|two|several|KEYPAIR", files("leaf low", "key:leaf key:alone"), "m")
    add("f-keys-2: two keys, the second fits", "keys|two|several|KEYPAIR", files("leaf low", "key:alone key:leaf"), "n")
    locked = files("leaf low", lambda ids: ids["leaf"].key_pem(b"secret"))
    add("f-locked: the key is encrypted", "encrypt|password|passphrase|locked", locked, "un")
    add("f-p12: PKCS#12 with a password", "pkcs.?12|p12|pfx|password", files(lambda i: bundle(i, "p12")), "u")
    add("f-p7: PKCS#7 with an expired leaf", "pkcs.?7|p7b|EXP", files(lambda i: bundle(i, "p7"), leaf=PAST), "u")
    add("f-csr: a request", "request|csr", files(csr), "u")
    add("f-crl: a CRL", "crl|revocation", files(crl), "u")
    add("f-public: a public key", "public key", files(public), "u")
    add("f-ssh: an OpenSSH public key", "ssh", files(lambda i: public(i, "ssh")), "u")
    add("f-ssh-key: an OpenSSH private key, no certificate", "key|ssh", files(lambda i: public(i, "ssh-private")), "u")
    add("f-key-only: only a key", "key", files("key:leaf"), "u")
    add("f-html: an HTML page", "html|web page", files(lambda i: b"<!DOCTYPE html><html><body>404</body></html>"), "u")
    add("f-empty: an empty file", "empty|nothing|no certificate", files(lambda i: b""), "u")


def damage_cases() -> None:
    def flipped_leaf(ids: dict[str, Id]) -> bytes:
        return ids["leaf"].der[:-4] + bytes([ids["leaf"].der[-4] ^ 1]) + ids["leaf"].der[-3:]

    jks = bytes.fromhex("feedfeed00000002") + bytes(80)
    bent("f-cut: the PEM has no END", "end|cut|truncat|incomplete|BROKEN", lambda p: p[:-400], "u", "leaf")
    bent("f-cut-low: the second PEM is cut", "end|cut|truncat|BROKEN|MISS", lambda p: p[:-300], "u")
    bent("f-utf16: UTF-16", "utf-?16|encoding|unicode", lambda p: p.decode().encode("utf-16"), "un")
    bent("f-bom-good: a BOM before PEM", "bom|byte order", lambda p: b"\xef\xbb\xbf" + p, "g")
    bent("f-crlf-good: Windows line ends", "", lambda p: p.replace(b"\n", b"\r\n"), "g")
    bent("f-pasted: blanks before each line", "space|indent|blank", lambda p: re.sub(rb"(?m)^", b"   ", p), "un")
    bent("f-oneline: \\n written as two characters", "line|\\\\n|BROKEN", lambda p: p.replace(b"\n", b"\\n"), "u")
    bent("f-dashes: a dash of BEGIN is lost", "begin|BROKEN|dash|no certificate", lambda p: p[1:], "u", "leaf")
    bent("f-base64: a letter is lost", "BROKEN|base ?64", lambda p: p[:200] + p[201:], "u", "leaf")
    add("f-flip: the leaf's signature is damaged", "SIG|BROKEN", files(flipped_leaf, "low"))
    add("f-der-cut: DER, cut", "BROKEN", files(lambda i: i["leaf"].der[:300]), "u")
    add("f-der-tail: DER with a tail", "BROKEN", files(lambda i: i["leaf"].der + b"\r\n\r\n", "low"), "un")
    add("f-jks: a Java key store", "jks|java|key ?store|BROKEN|no certificate", files(lambda i: jks), "u")


def question_cases() -> None:
    def at(days: int) -> tuple[str, str]:
        return "--at", f"{NOW + dt.timedelta(days):%Y-%m-%dT%H:%M:%SZ}"

    def wrong_trust() -> list[str]:
        return [*files("leaf low")()[:-1], save(issue("x").key_pem())]

    purpose = ("--purpose", "client")
    for_clients = {"eku": (Eku.CLIENT_AUTH,), "sans": ("mail!a@b.example",)}
    add("f-alone: only the leaf", "MISS", files("leaf"))
    add("f-name: another host", "NAME", files("leaf low", host="www.other.example"))
    add("f-old: expired", "EXP", files("leaf low", leaf=PAST))
    add("f-at-good: it was valid then", "", files("leaf low", leaf=PAST, args=at(-60)), "g")
    add("f-at: it will have expired", "EXP", files("leaf low", args=at(200)))
    add("f-client: for servers, wanted for clients", "PURPOSE", files("leaf low", host="", args=purpose))
    add("f-client-good: for clients", "", files("leaf low", host="", args=purpose, leaf=for_clients), "g")
    add("f-order: the intermediate first", "order|first", files("low leaf"), "m")
    add("f-trust-key: the trust file holds a key", "key|no certificate|trust", wrong_trust, "u")
    gone = [str(TMP / "gone.pem"), "--host", SHOP]
    add("f-none: no such file", "no such|not (exist|found|there)|missing|cannot|no file", lambda: gone, "u")


# fmt: on
# ---------------------------------------------------------------- the run
def matches(judge: str, text: str) -> bool:
    return all(re.search(part, text, re.IGNORECASE) for part in judge.split(" & "))


def verdict(case: Case) -> tuple[Case, str, int, str, list[str]]:
    args = case.start()
    command = [sys.executable, "-m", "tlslearn", "doctor", *args, "--json", "--timeout", "2"]
    env = {**os.environ, "PYTHONPATH": str(HERE)}
    try:
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=90, cwd=HERE, env=env)
    except subprocess.TimeoutExpired:
        return case, "WRONG", -1, "no end after 90 s", args
    try:
        found = json.loads(done.stdout)
    except ValueError:
        found = {"cause": (done.stderr or done.stdout).strip()[-400:]}

    def flat(value: object) -> str:
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False) if value else ""

    cause = " / ".join(filter(None, (flat(found.get("cause")), flat(found.get("also")))))
    lint = [check for check in found.get("checks", ()) if check["state"] == "lint"]
    notes = flat([*found.get("warnings", ()), *lint])
    status, hit = done.returncode, matches(case.judge, cause) and bool(case.judge)
    said = f"{cause} [notes: {notes}]" if notes else cause
    if "Traceback" in done.stderr or status not in (0, 1, 2, 3):
        result = "WRONG"
    elif status == 0:
        noted = matches(case.judge, f"{cause} {notes}")
        fine = "g" in case.flags or (noted and set("nm") & set(case.flags))
        result = "right" if fine else "no use" if "m" in case.flags else "WRONG"
    elif hit:
        result = "right"
    elif status == 1:
        result = "WRONG"
    else:
        result = "cannot tell" if "u" in case.flags else "no use"
    return case, result, status, said, args


FILLS = (time_cases, name_cases, chain_cases, extension_cases, tls_cases, other_cases, starttls_cases, file_cases)


def run() -> bool:
    """Ask about every case; whether at least 95 % are right or honestly unsure, and none confidently wrong."""
    global TMP
    CASES.clear()
    count = {"right": 0, "cannot tell": 0, "no use": 0, "WRONG": 0}
    with tempfile.TemporaryDirectory(prefix="tlslearn-") as folder, ThreadPoolExecutor(3) as pool:
        TMP = Path(folder)
        for fill in (*FILLS, damage_cases, question_cases):
            fill()
        for case, result, status, said, args in pool.map(verdict, CASES):
            count[result] += 1
            print(f"{result:11}  {case.name:18} exit {status}: {said}", flush=True)
            if result != "right":
                print(f"    truth: {case.truth}\n    judge: {case.judge}\n    args:  {' '.join(args)}", flush=True)
    total = sum(count.values())
    print("; ".join(f"{key} {n} ({n / total:.1%})" for key, n in count.items()), f"of {total}")
    return not count["WRONG"] and (count["right"] + count["cannot tell"]) / total >= 0.95
