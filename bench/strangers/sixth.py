"""The same question as in `first`, by a seventh hand: 94 failures that Python people meet, and good ones among them.

Sections: none.
Leaves out: the fixes and the place in the chain; the cause, what is said besides it and the exit status count.
The judges were written before the doctor was asked, and the truths settled with ssl, load_cert_chain, openssl verify
and s_client. Its first run, on 2026-11-25 at b87fe61, is the measure of the doctor as it is: of 81 failures 78 right or
honestly unsure by the judges (96.3 %) and all 81 by reading (76 right, 5 unsure), no wrong one; of 13 good ones all 13.
After it three judges were widened (pathlen, strict-bc, key-alone), and the Java keystore is made of bytes.
"""

from __future__ import annotations

import base64
import contextlib
import datetime as dt
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
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import pkcs7, pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID as Eku
from cryptography.x509.oid import NameOID

# fmt: off
SEED, LIFE = 61_2026, 60.0
RNG = random.Random(SEED)
NOW = dt.datetime.now(dt.UTC).replace(microsecond=0)
D = Path()  # a folder of its own for each run
PEM, DER = serialization.Encoding.PEM, serialization.Encoding.DER
EKUS = {"server": Eku.SERVER_AUTH, "client": Eku.CLIENT_AUTH, "mail": Eku.EMAIL_PROTECTION}
LOCAL = ("localhost", "127.0.0.1")
Handler = Callable[[socket.socket], None]
Start = Callable[[], int]

@dataclass(frozen=True)
class Pair:
    cert: x509.Certificate
    key: Any

    @property
    def pem(self) -> bytes:
        return self.cert.public_bytes(PEM)

    def key_pem(self, password: bytes | None = None, fmt: str = "PKCS8") -> bytes:
        how = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
        return bytes(self.key.private_bytes(PEM, getattr(serialization.PrivateFormat, fmt), how))

@dataclass(frozen=True)
class Case:
    name: str
    truth: str
    judge: str
    setup: Callable[[], list[str]]
    trust: str = "root.pem"
    three: bool = False  # status 3 is an honest answer
    zero: bool = False  # status 0 with a matching warning or lint is right: this Python's client accepts it
    good: bool = False

def new_key(kind: str = "p256") -> Any:
    if kind.startswith("rsa"):
        return rsa.generate_private_key(65537, int(kind[3:]))
    if kind == "ed":
        return ed25519.Ed25519PrivateKey.from_private_bytes(RNG.randbytes(32))
    return ec.derive_private_key(RNG.randrange(1, 2**250), ec.SECP256K1() if kind == "k1" else ec.SECP256R1())

def general(name: str) -> x509.GeneralName:
    with contextlib.suppress(ValueError):
        return x509.IPAddress(ipaddress.ip_address(name))
    return x509.DNSName(name.removeprefix("DNS:"))

def make(cn: str, by: Pair | None = None, ca: bool = False, **o: Any) -> Pair:
    key, drop = o.get("key") or new_key(o.get("kind", "p256")), o.get("drop", ())
    name = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, o.get("org", "Quarry Ltd")),
                      x509.NameAttribute(NameOID.COMMON_NAME, cn)])
    start, end = o.get("days", (-30, 300))
    b = x509.CertificateBuilder().subject_name(name).issuer_name(by.cert.subject if by else name)
    b = b.public_key(key.public_key()).serial_number(RNG.getrandbits(120) + 1)
    b = b.not_valid_before(NOW + dt.timedelta(days=start)).not_valid_after(NOW + dt.timedelta(days=end))
    b = b.add_extension(x509.BasicConstraints(ca, o.get("pathlen")), o.get("bc_critical", True))
    signs = ca and o.get("sign", True)
    b = b.add_extension(x509.KeyUsage(not signs, False, False, False, False, signs, ca, False, False), True)
    if "ski" not in drop:
        b = b.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
    if by is not None and "aki" not in drop:
        b = b.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(by.key.public_key()), False)
    if not ca:
        b = b.add_extension(x509.ExtendedKeyUsage([EKUS[o.get("eku", "server")]]), False)
        if san := o.get("san", ("shop.example",)):
            b = b.add_extension(x509.SubjectAlternativeName([general(n) for n in san]), False)
    for ext in o.get("extra", ()):
        b = b.add_extension(ext, True)
    return Pair(b.sign(by.key if by else key, hashes.SHA256()), key)

def sh(*args: str) -> str:
    done = subprocess.run(args, input=b"", capture_output=True, timeout=60)
    return (done.stdout + done.stderr).decode(errors="replace")

def put(name: str, data: bytes) -> str:
    (D / name).write_bytes(data)
    return str(D / name)

def pems(*pairs: Pair) -> bytes:
    return b"".join(p.pem for p in pairs)

def command(cn: str, by: Pair, ext: str, *how: str) -> Pair:
    """Let the openssl command sign, as people do: with another digest, or without extensions."""
    pair, stem = make(cn), f"cmd{RNG.getrandbits(40)}"
    key, ca, ca_key = put(f"{stem}.k", pair.key_pem()), put(f"{stem}.ca", by.pem), put(f"{stem}.cak", by.key_pem())
    csr, out = f"{D}/{stem}.csr", f"{D}/{stem}.crt"
    extra = ["-extfile", put(f"{stem}.ext", ext.encode())] if ext else []
    sh("openssl", "req", "-new", "-key", key, "-subj", f"/O=Quarry Ltd/CN={cn}", "-out", csr)
    sh("openssl", "x509", "-req", "-in", csr, "-CA", ca, "-CAkey", ca_key, "-days", "200", "-out", out, *extra, *how)
    return Pair(x509.load_pem_x509_certificate(Path(out).read_bytes()), pair.key)

def serve(handler: Handler) -> int:
    sock = socket.create_server(("127.0.0.1", 0))
    sock.settimeout(1)
    end = time.monotonic() + LIFE

    def one(conn: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError), conn:
            handler(conn)

    def loop() -> None:
        with sock:
            while time.monotonic() < end:
                with contextlib.suppress(OSError):
                    threading.Thread(target=one, args=(sock.accept()[0],), daemon=True).start()
    threading.Thread(target=loop, daemon=True).start()
    return int(sock.getsockname()[1])

def context(*chain: Pair, ciphers: str = "", dh: str = "", mtls: ssl.VerifyMode | None = None, low: Any = None,
            high: Any = None) -> ssl.SSLContext:
    ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if ciphers:
        ctx.set_ciphers(ciphers + ":@SECLEVEL=0")
    ctx.minimum_version, ctx.maximum_version = low or ctx.minimum_version, high or ctx.maximum_version
    ctx.load_cert_chain(put(f"srv{RNG.getrandbits(40)}.pem", pems(*chain) + chain[0].key_pem()))
    if mtls is not None:
        ctx.load_verify_locations(str(D / "root.pem"))
        ctx.verify_mode = mtls
    if dh:
        ctx.load_dh_params(dh)
    return ctx

def answer(conn: socket.socket, ctx: ssl.SSLContext) -> None:
    with ctx.wrap_socket(conn, server_side=True) as end:
        end.recv(2000)
        end.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")

def tls(*chain: Pair, **o: Any) -> Start:
    ctx = context(*chain, **o)
    return lambda: serve(lambda conn: answer(conn, ctx))

def chat(greet: bytes, script: dict[bytes, bytes], junk: bytes = b"",
         up: tuple[bytes, ssl.SSLContext] | None = None) -> Start:
    """A server of lines: greets, answers what it knows, answers junk with junk; `up` is the word that starts TLS."""
    def handler(conn: socket.socket) -> None:
        conn.sendall(greet)
        while data := conn.recv(4096):
            word = next((w for w in script if w in data.upper()), None) if data[0] != 0x16 else None
            conn.sendall(script[word].replace(b"%t", data.split(b" ")[0][:8]) if word else junk)
            if up and word == up[0]:
                return answer(conn, up[1])
            if data[0] == 0x16:
                return
    return lambda: serve(handler)

def after_hello(data: bytes, end: str = "close") -> Start:
    """Read the ClientHello, send these bytes, then close, reset, or say nothing more."""
    def handler(conn: socket.socket) -> None:
        conn.recv(8192)
        conn.sendall(data)
        time.sleep(8 if end == "hang" else 0)
        if end == "reset":
            conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return lambda: serve(handler)

def closed() -> int:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        return int(sock.getsockname()[1])

CASES: list[Case] = []

def live(name: str, truth: str, judge: str, start: Start, *more: str, at: str = "localhost", **o: Any) -> None:
    CASES.append(Case(name, truth, judge, lambda: [f"{at}:{start()}", *more], **o))

def files(name: str, truth: str, judge: str, parts: Sequence[bytes | tuple[Pair, ...]], *more: str,
          host: str = "shop.example", **o: Any) -> None:
    """A part is bytes, or the certificates of these pairs; the first pair's key then goes to the real judges only."""
    if isinstance(parts[0], tuple):
        put(f"{name}.key", parts[0][0].key_pem())
    data = [pems(*part) if isinstance(part, tuple) else part for part in parts]
    args = [*(put(f"{name}{i or ''}.pem", d) for i, d in enumerate(data)), *(["--host", host] if host else []), *more]
    CASES.append(Case(name, truth, judge, lambda: args, **o))

NAME = r"cover|match|not valid for|not (issued )?for|(another|different|wrong) (name|host)|asked for"
NOCA = (r"\bno CA\b|not an? (CA|authority)|(may|must) not (sign|issue)|not allowed to (sign|issue)|basic ?constraints"
        r"|CA ?[:=] ?false|no authority|keyCertSign|key ?usage")
UNTRUST = r"not (in the )?trust|untrusted|unknown (root|CA|issuer|author)|self.?signed|no trust|nobody trusts|not known"
GAP = r"missing|not (sent|present|there|given|included)|incomplete|absent|does not (send|present)|left out|lack|without"
OLD = r"expired|no longer valid|out of date|ended|ran out|not after|is over|past"
PLAIN = r"plain|not (speak )?TLS|no TLS|unencrypted|without TLS|clear ?text|speaks (HTTP|\w+), not"
OTHERKEY = r"(another|other|different) key|signature|not signed (by|with)|did not sign|same name|key ?id|identifier"
SUITES = r"cipher|suite|no common|nothing in common|algorithm|key exchange|parameters"
PURPOSE = r"purpose|usage|clientAuth|serverAuth|email|(for|not for) (clients?|servers?)|(clients?|servers?) only"
CONSTRAIN = r"constrain|permit|exclud|may not vouch|not allow"
WEAK = r"1024|too (small|short|weak)|weak|key size"
SHA1 = r"sha-?1|digest|hash|weak sign|too weak"
PART = (r"partial|intermediate|not (a )?(self.?signed|root)|no root|root.*(missing|not)|missing|3\.13|leaf|end.?entity"
        r"|issuer|not an? CA")
PAIRING = r"key.*(match|belong|another|other|different|not)|pair"
BROKEN = (r"damag|corrupt|cut|truncat|incomplete|base64|broken|malformed|not (valid )?PEM|unreadable|no certificate"
          r"|cannot (be )?(read|decod|pars)|not a certificate|BEGIN|END\b")
LINES = r"line ?break|new ?line|same line|glued|own line|one line|joined|\\n|escaped|" + BROKEN

class Pki:
    def __init__(self) -> None:
        self.root = make("Quarry Root CA", ca=True, days=(-900, 3000))
        self.sub = make("Quarry Issuing CA 1", self.root, ca=True, pathlen=0, days=(-500, 1500))
        self.box = make("Contoso TLS Inspection Root", ca=True, org="Contoso IT")
        self.leaf, self.shop = self.local(), make("shop.example", self.sub)
        put("root.pem", self.root.pem)

    def local(self, **o: Any) -> Pair:
        return make("localhost", o.pop("by", self.sub), **{"san": LOCAL, **o})

    def ca(self, cn: str, by: Pair | None = None, **o: Any) -> Pair:
        return make(cn, by or self.root, ca=True, **o)

def live_chain(p: Pki) -> None:
    live("expired", "the certificate expired two days ago", OLD, tls(p.local(days=(-92, -2)), p.sub))
    live("early", "the certificate is not valid yet (starts in 5 hours)",
         r"not (yet|valid before)|future|begins|starts|too early|clock", tls(p.local(days=(0.21, 90)), p.sub))
    live("no-intermediate", "the server does not send the intermediate Quarry Issuing CA 1", GAP, tls(p.leaf))
    live("stale-intermediate", "after a renewal the server sends another intermediate than the one that signed",
         GAP + r"|wrong intermediate|not signed by|did not sign|other", tls(p.leaf, p.ca("Quarry Issuing CA 2")))
    boxed = make("localhost", p.box, san=LOCAL, org="Contoso IT")
    live("inspection", "a corporate TLS inspection root, not trusted by this client, signed the chain",
         UNTRUST + "|inspect|intercept|proxy", tls(boxed, p.box))
    stale = p.ca("Quarry Issuing CA 0", days=(-900, -10))
    live("intermediate-expired", "the intermediate expired; the server's own certificate is valid",
         rf"(intermediate|CA 0).*({OLD})|({OLD}).*(intermediate|CA 0)", tls(p.local(by=stale), stale))
    fake = make("Kubernetes Ingress Controller Fake Certificate", org="Acme Co", san=("ingress.local",))
    live("ingress-fake", "the ingress answers with its default fake certificate: self-signed and for another name",
         UNTRUST + "|fake|default|" + NAME, tls(fake))
    twin, gone = make("Quarry Root CA", ca=True, drop=("ski",)), ("aki", "ski")
    live("recreated-ca", "the CA was made anew under the same name: the client has the root with the old key", OTHERKEY,
         tls(p.local(by=twin, drop=gone)))
    both = p.local(san=("old.shop.example",), days=(-400, -35))
    live("expired-and-name", "the certificate expired, and is for another name", OLD + "|" + NAME, tls(both, p.sub))

def live_rules(p: Pki) -> None:
    live("wildcard-depth", "*.shop.example does not cover the two labels of api.eu.shop.example", NAME + "|wildcard",
         tls(p.local(san=("*.shop.example",)), p.sub), "--host", "api.eu.shop.example")
    live("ip-as-dns", "the IP address is written as a DNS name in the certificate", NAME + r"|\bDNS\b",
         tls(p.local(san=("DNS:127.0.0.1",)), p.sub), at="127.0.0.1")
    live("port-in-san", "the name in the certificate is written with a port, localhost:8443", NAME + "|port",
         tls(p.local(san=("localhost:8443",)), p.sub))
    nc = p.ca("Quarry Plant CA", extra=[x509.NameConstraints([x509.DNSName("plant.example")], None)])
    live("name-constraint", "the intermediate's name constraints do not permit localhost", CONSTRAIN,
         tls(p.local(by=nc), nc))
    live("client-eku", "the extended key usage is for clients only", PURPOSE, tls(p.local(eku="client"), p.sub))
    deep = p.ca("Quarry Team CA", p.sub)
    live("pathlen", "the path length 0 of the intermediate does not allow a further CA below it",
         r"path ?len|too (many|long|deep)|no further CA|more CAs", tls(p.local(by=deep), deep, p.sub))
    nosign = p.ca("Quarry Mute CA", sign=False)
    live("ca-no-certsign", "the intermediate's key usage lacks keyCertSign", NOCA, tls(p.local(by=nosign), nosign))
    odd = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.55555.7"), b"\x05\x00")
    live("critical-ext", "a critical extension that clients do not know", "critical", tls(p.local(extra=[odd]), p.sub))
    live("strict-aki", "no authority key identifier: Python 3.13 and later refuse, this one accepts",
         r"authority ?key ?id|\bAKI\b", tls(p.local(drop=("aki",)), p.sub), zero=True)
    put("lax.pem", (lax := make("Quarry Lax Root", ca=True, bc_critical=False)).pem)
    live("strict-bc", "the root's basic constraints are not critical: Python 3.13 and later refuse, this one accepts",
         r"basic ?constraints.*critical|critical.*basic ?constraints|not critical",
         tls(p.local(by=lax)), trust="lax.pem", zero=True)

def live_protocol(p: Pki) -> None:
    v, r, need = ssl.TLSVersion, p.local(kind="rsa2048"), ssl.CERT_REQUIRED
    live("tls10", "the server speaks TLS 1.0 only", r"version|TLS ?v?1\.[01]|too old|protocol",
         tls(r, p.sub, ciphers="ALL", low=v.TLSv1, high=v.TLSv1))
    live("static-rsa", "the server offers only suites with RSA key exchange, which Python's client does not offer",
         SUITES, tls(r, p.sub, ciphers="AES256-GCM-SHA384:AES128-SHA", high=v.TLSv1_2), three=True)
    live("k1-curve", "the server's key is on secp256k1, which TLS clients do not offer", SUITES + "|curve|group|256k1"
         "|signature", tls(p.local(kind="k1"), p.sub, high=v.TLSv1_2), three=True)
    sh("openssl", "dhparam", "-dsaparam", "-out", f"{D}/dh1024.pem", "1024")
    live("small-dh", "the server's Diffie-Hellman group of 1024 bits is too small",
         rf"(diffie|\bDH|group|ephemeral|key exchange).*({WEAK})|({WEAK}).*(diffie|\bDH)",
         tls(r, p.sub, ciphers="DHE-RSA-AES256-GCM-SHA384", high=v.TLSv1_2, dh=f"{D}/dh1024.pem"))
    hello = b"\x16\x03\x03\x00\x2a\x02\x00\x00\x26\x03\x03" + RNG.randbytes(32) + b"\x00\xc0\x2f\x00"
    live("legacy-renegotiation", "the server does not support secure renegotiation (RFC 5746)", r"renegotiat|5746",
         after_hello(hello, "hang"))
    client = r"client.*certificate|certificate.*(from|of) (the |this )?client|mutual|mTLS"
    live("mtls13", "the server requires a client certificate (TLS 1.3)", client, tls(p.leaf, p.sub, mtls=need))
    live("mtls12", "the server requires a client certificate (TLS 1.2)", client,
         tls(p.leaf, p.sub, mtls=need, high=v.TLSv1_2))
    live("sni-refused", "the server knows no such name and refuses (alert unrecognized_name)",
         r"unrecogni[sz]ed|SNI|does not know|name", after_hello(b"\x15\x03\x03\x00\x02\x02\x70"))
    live("internal-error", "the server failed in itself: alert internal_error", "internal.?error|server.*(fail|itself)",
         after_hello(b"\x15\x03\x03\x00\x02\x02\x50"), three=True)
    stall = r"stall|time.?out|timed out|no more|stopped|middle|silen|rest of|did not|no answer|not answer|nothing|MTU"
    live("mtu", "the handshake stalls: the first bytes come, the rest of the server's flight never does", stall,
         after_hello(b"\x16\x03\x03\x0f\x00\x02\x00\x00\x4d\x03\x03" + RNG.randbytes(300), "hang"), three=True)
    live("eof", "the server closes at the ClientHello (no backend, or it expects the PROXY protocol)",
         r"close|hung up|EOF|end of", after_hello(b""), three=True)
    live("reset", "something resets the connection at the ClientHello (a firewall)", r"reset|closed|broke|abort",
         after_hello(b"", "reset"), three=True)
    live("silent", "the port accepts and never says anything", stall, after_hello(b"", "hang"), three=True)

def live_plain(p: Pki) -> None:
    bad = b"HTTP/1.1 400 Bad Request\r\nServer: nginx/1.24.0\r\nConnection: close\r\n\r\n<html>400</html>"
    live("plain-http", "the port speaks plain HTTP", PLAIN + "|HTTP", chat(b"", {b"GET": bad, b"HEAD": bad}, bad))
    h2 = bytes.fromhex("000012" "0400" "00000000" "000300000064" "000400100000" "000600004000")
    live("grpc-insecure", "a gRPC server's insecure port: HTTP/2 without TLS", PLAIN + "|HTTP/2|gRPC", chat(h2, {}))
    live("ssh", "an SSH server", PLAIN + "|SSH", chat(b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n", {}))
    live("amqp", "RabbitMQ's plain AMQP port", PLAIN + "|AMQP|RabbitMQ", chat(b"", {}, b"AMQP\x00\x00\x09\x01"))
    bye = bytes.fromhex("3024020100781f0a0102040004008a16") + b"1.3.6.1.4.1.1466.20036"
    live("ldap-389", "an LDAP server's plain port, which needs StartTLS", PLAIN + "|LDAP", chat(b"", {}, bye))
    live("refused", "nothing listens on the port", "refused|nothing listens|not listening", closed, three=True)
    live("no-such-host", "the host name does not resolve", r"resol|DNS|no such|no address|unknown|not (found|known)",
         lambda: 443, at="db.nosuch.invalid", three=True)

def live_starttls(p: Pki) -> None:
    hi, go, no = b"220 mail.example ESMTP Postfix\r\n", b"220 2.0.0 Ready to start TLS\r\n", b"502 5.5.2 Error\r\n"
    ehlo = b"250-mail.example\r\n250-STARTTLS\r\n250 HELP\r\n"
    live("smtp-expired", "the mail server's certificate, shown after STARTTLS, expired", OLD,
         chat(hi, {b"EHLO": ehlo, b"STARTTLS": go}, no, (b"STARTTLS", context(p.local(days=(-100, -3)), p.sub))))
    live("smtp-no-starttls", "the mail server does not offer STARTTLS", "STARTTLS|not offer|" + PLAIN,
         chat(hi, {b"EHLO": b"250-mail.example\r\n250 SIZE 10240000\r\n"}, no))
    refuse = r"454|refus|unavailable|not (available|offer|support)|declin|reject|AUTH|does not|without TLS|switched off"
    live("smtp-454", "the mail server offers STARTTLS but refuses it: 454, its TLS is not configured", refuse,
         chat(hi, {b"EHLO": ehlo, b"STARTTLS": b"454 4.7.0 TLS not available due to local problem\r\n"}, no))
    imap = {b"CAPABILITY": b"* CAPABILITY IMAP4rev1 STARTTLS\r\n%t OK done\r\n", b"STARTTLS": b"%t OK begin TLS\r\n"}
    live("imap-name", "the IMAP server's certificate is for imap.old.example, not for localhost", NAME,
         chat(b"* OK [CAPABILITY IMAP4rev1 STARTTLS] Dovecot ready.\r\n", imap, b"* BAD\r\n",
              (b"STARTTLS", context(p.local(san=("imap.old.example",)), p.sub))))
    pop = {b"CAPA": b"+OK\r\nSTLS\r\n.\r\n", b"STLS": b"+OK begin\r\n"}
    live("pop3-self", "the POP3 server's certificate is self-signed and not trusted", UNTRUST,
         chat(b"+OK Dovecot ready.\r\n", pop, b"-ERR\r\n", (b"STLS", context(p.local(by=None)))))
    live("ftp-refuses", "the FTP server refuses AUTH TLS", refuse, chat(b"220 (vsFTPd 3.0.5)\r\n",
         {b"AUTH": b"530 Please login with USER and PASS.\r\n"}, b"500 Unknown command.\r\n"))
    pg, db = b"\x04\xd2\x16\x2f", context(p.local(san=("db.internal.example",)), p.sub)
    live("postgres-no", "the PostgreSQL server has SSL switched off", refuse + r"|\bN\b|" + PLAIN,
         chat(b"", {pg: b"N"}), "--starttls", "postgres")
    live("postgres-name", "the PostgreSQL server's certificate is for db.internal.example", NAME,
         chat(b"", {pg: b"S"}, b"", (pg, db)), "--starttls", "postgres")
    live("starttls-on-tls", "asked for STARTTLS where the server speaks TLS at once", r"speaks TLS|at once|directly"
         "|implicit|greet|STARTTLS|silen", tls(p.leaf, p.sub), "--starttls", "imap", three=True)

def file_keys(p: Pki) -> None:
    s, chain = p.shop, pems(p.shop, p.sub)
    files("key-mismatch", "the key is not the one of the certificate", PAIRING, [chain, make("x").key_pem()])
    files("key-encrypted", "the private key is encrypted and no passphrase is given",
          r"encrypt|pass ?(phrase|word)|locked|protected", [chain, s.key_pem(b"pw")], three=True, zero=True)
    public = s.key.public_key().public_bytes(PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    files("public-key", "the key file holds the public key, not the private one", r"public|no private|not (a|the) p",
          [chain, public])
    files("openssh-key", "the private key is in OpenSSH format, which Python's ssl does not read", "ssh",
          [chain, s.key_pem(fmt="OpenSSH")], zero=True)
    files("key-alone", "only a private key was given, no certificate",
          r"no certificate|only a? ?(private )?key|without a cert|holds a private key", [s.key_pem()])
    csr = x509.CertificateSigningRequestBuilder().subject_name(s.cert.subject).sign(s.key, hashes.SHA256())
    files("csr", "a certificate request (CSR) in place of the certificate", "request|CSR", [csr.public_bytes(PEM)])
    files("order", "the chain file begins with the root: Python loads the first certificate as the server's",
          r"order|first|begins|leaf.*(first|last)|sorted", [pems(p.root, p.sub, s), s.key_pem()], zero=True)
    small = make("shop.example", p.sub, kind="rsa1024")
    files("rsa-1024", "the RSA key of 1024 bits is too small", WEAK, [pems(small, p.sub), small.key_pem()])

def file_forms(p: Pki) -> None:
    s, sub, key = p.shop.pem, p.sub.pem, p.shop.key_pem()
    files("der", "the certificate is in DER: Python's load_cert_chain reads PEM only", r"\bDER\b|binary",
          [p.shop.cert.public_bytes(DER), key, sub], zero=True)
    pw = serialization.BestAvailableEncryption(b"pw")
    pfx = pkcs12.serialize_key_and_certificates(b"x", p.shop.key, p.shop.cert, [p.sub.cert], pw)
    files("pfx", "a PKCS#12 file (pfx), which has to be turned into PEM", r"PKCS ?#?12|pfx|p12", [pfx], three=True)
    p7 = pkcs7.serialize_certificates([p.shop.cert, p.sub.cert], PEM)
    files("p7b", "a PKCS#7 bundle from Windows: Python's ssl does not read it", r"PKCS ?#?7|p7b", [p7, key], zero=True)
    files("utf16", "the PEM is in UTF-16, as PowerShell writes it", r"UTF-?16|encoding|PowerShell|Unicode",
          [(s + sub).decode().encode("utf-16"), key], zero=True)
    files("glued", "two PEM blocks are glued together without a line break", LINES, [s.rstrip() + sub, key], zero=True)
    files("cut-off", "the certificate's PEM block has no END line: the file is cut off", BROKEN, [s[:400], key])
    files("indented", "the PEM is indented, as in YAML: OpenSSL does not read it", "indent|space|white|" + BROKEN,
          [b"".join(b"    " + x for x in (s + sub).splitlines(True)), key], zero=True)
    files("literal-n", "the line breaks are the two characters \\n, as from an environment variable", LINES,
          [(s + sub).replace(b"\n", b"\\n"), key], zero=True)
    files("twice-base64", "the PEM is base64-encoded once more, as in a Kubernetes secret", "base64|encoded|secret",
          [base64.b64encode(s + sub), key])
    jks = b"\xfe\xed\xfe\xed\0\0\0\2" + RNG.randbytes(600)
    files("jks", "a Java keystore", "java|JKS|keystore", [jks], three=True)
    CASES.append(Case("no-file", "the file does not exist", r"no such|not exist|not found|cannot (be )?(read|open)",
                      lambda: [f"{D}/nosuch.pem", "--host", "shop.example"]))

def file_trust(p: Pki) -> None:
    both, nothing = [pems(p.shop, p.sub), p.shop.key_pem()], r"no certificate|empty|not a certificate|nothing|"
    old = make("Quarry Old Root", ca=True, days=(-4000, -20))
    for name, data in (("page.pem", b"<!DOCTYPE html>\n<html>Please sign in</html>\n"), ("old.pem", old.pem),
                       ("sub.pem", p.sub.pem), ("leaf.pem", p.shop.pem), ("root.der", p.root.cert.public_bytes(DER))):
        put(name, data)
    files("trust-html", "the trust file is a web page", nothing + "html|web page", both, trust="page.pem")
    files("trust-intermediate", "only the intermediate is trusted, no root: Python before 3.13 does not accept that",
          PART, both, trust="sub.pem", zero=True)
    files("trust-leaf", "the leaf, not a CA, is in the trust file: Python before 3.13 does not accept that",
          PART, both, trust="leaf.pem", zero=True)
    files("trust-der", "the trust file is in DER: load_verify_locations(cafile) reads PEM only", r"\bDER\b|binary",
          both, trust="root.der", zero=True)
    files("root-expired", "the trusted root expired", rf"(root|anchor).*({OLD})|({OLD}).*(root|anchor)",
          [(make("shop.example", old),)], trust="old.pem")

def file_rules(p: Pki) -> None:
    def shop(by: Pair = p.sub, **o: Any) -> Pair:
        return make("shop.example", by, **o)
    files("other-ip", "the certificate is for 172.17.0.2; the host is 172.17.0.3", NAME,
          [(shop(san=("172.17.0.2",)), p.sub)], host="172.17.0.3")
    files("mail-eku", "an S/MIME certificate used for a server", PURPOSE, [(shop(eku="mail"), p.sub)])
    files("server-as-client", "a certificate for servers only, used as a client certificate", PURPOSE,
          [(p.shop, p.sub)], "--purpose", "client", host="")
    files("v1-no-san", "signed without extensions: no subject alternative name (this Python falls back to the CN)",
          r"common name|\bCN\b|\bSAN\b|subjectAlt|no (subject )?alt|no names?|version|" + NAME,
          [(command("shop.example", p.sub, ""), p.sub)], zero=True)
    v1 = command("Quarry V1 CA", p.root, "")
    files("v1-ca", "the intermediate was signed without extensions: it is no CA", NOCA + "|version", [(shop(v1), v1)])
    ext = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\nsubjectKeyIdentifier=hash\n"
    sha1 = command("Quarry Sha CA", p.root, ext, "-sha1")
    files("sha1-ca", "the intermediate is signed with SHA-1", SHA1, [(shop(sha1), sha1)])
    der = p.shop.cert.public_bytes(DER)
    bad = Pair(x509.load_der_x509_certificate(der[:-3] + bytes([der[-3] ^ 1]) + der[-2:]), p.shop.key)
    files("bad-signature", "the certificate's signature is damaged", OTHERKEY + "|altered|changed", [(bad, p.sub)])
    files("rekeyed-ca", "the intermediate in the file has the right name but another key than the one that signed",
          OTHERKEY + "|" + GAP, [(p.shop, p.ca("Quarry Issuing CA 1", pathlen=0))])
    files("at-later", "at that later time (2031) the certificate has expired", OLD, [(p.shop, p.sub)], "--at",
          "2031-01-31T12:00:00Z")

def good_cases(p: Pki) -> None:
    g: dict[str, Any] = {"good": True}
    live("good-13", "valid, TLS 1.3 only", "", tls(p.leaf, p.sub, low=ssl.TLSVersion.TLSv1_3), **g)
    live("good-ip", "valid for the address", "", tls(p.leaf, p.sub), at="127.0.0.1", **g)
    live("good-optional-mtls", "valid; a client certificate is asked for but not required", "",
         tls(p.leaf, p.sub, mtls=ssl.CERT_OPTIONAL), **g)
    live("good-order", "valid for Python: the extra root and the order do no harm", "", tls(p.leaf, p.root, p.sub), **g)
    legacy = make("Quarry Legacy Root", ca=True, days=(-4000, -9))
    cross = make("Quarry Root CA", legacy, ca=True, key=p.root.key, days=(-900, -9))
    live("good-cross", "valid: the expired cross certificate is not needed", "", tls(p.leaf, p.sub, cross), **g)
    up = (b"STARTTLS", context(p.leaf, p.sub))
    hi = {b"EHLO": b"250-mail\r\n250 STARTTLS\r\n", b"STARTTLS": b"220 go\r\n"}
    live("good-smtp", "valid after STARTTLS", "", chat(b"220 mail ESMTP\r\n", hi, b"502 no\r\n", up), **g)
    put("own.pem", (own := p.local(by=None)).pem)
    live("good-self", "valid: the self-signed certificate is in the trust file", "", tls(own), trust="own.pem", **g)
    s, key = pems(p.shop, p.sub), p.shop.key_pem()
    files("good-crlf", "valid, with Windows line ends", "", [x.replace(b"\n", b"\r\n") for x in (s, key)], **g)
    files("good-bom", "valid: OpenSSL reads over the byte order mark", "", [b"\xef\xbb\xbf" + s, key], **g)
    files("good-haproxy", "valid: certificate, key and chain in one file", "", [p.shop.pem + key + p.sub.pem], **g)
    files("good-ed25519", "valid, with an Ed25519 key", "", [(make("shop.example", p.sub, kind="ed"), p.sub)], **g)
    idn = make("b", p.sub, san=("xn--bcher-kva.example",))
    files("good-idn", "valid: the name asked for, in Unicode", "", [(idn, p.sub)], host="bücher.example",
          **g)
    files("good-client", "valid as a client certificate", "", [(make("alice", p.sub, eku="client"), p.sub)],
          "--purpose", "client", host="", **g)

def doctor(case: Case) -> dict[str, Any]:
    argv = [sys.executable, "-m", "tlslearn", "doctor", *case.setup(), "--trust", f"{D}/{case.trust}", "--json"]
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run([*argv, "--timeout", "2"], capture_output=True, text=True, env=env, timeout=55)
    data = json.loads(done.stdout) if done.stdout.strip().startswith("{") else {}
    return {"status": done.returncode, "data": data, "stderr": done.stderr}

def verdict(case: Case, got: dict[str, Any]) -> str:
    data, status = got["data"], got["status"]

    def hit(*what: Any) -> bool:
        return re.search(case.judge, " ".join(str(w) for w in what if w), re.I) is not None
    if "Traceback" in got["stderr"] or case.good:
        return {0: "right", 3: "no use"}.get(status, "WRONG")
    if status == 0:
        lints = [c for c in data.get("checks", []) if c.get("state") == "lint"]
        return "right" if case.zero and hit(data.get("warnings"), lints) else "WRONG"
    if status == 2:
        return "right" if hit(got["stderr"], data.get("cause")) else "no use"
    if hit(data.get("cause")):
        return "right"
    if status == 3 and case.three:
        return "cannot tell"
    return "no use" if status == 3 or hit(data.get("also")) else "WRONG"

def run() -> bool:
    """Ask about every case; whether at least 95 % are right or honestly unsure, and none confidently wrong."""
    global D
    CASES.clear()
    with tempfile.TemporaryDirectory(prefix="tlslearn-") as folder, ThreadPoolExecutor(3) as pool:
        D = Path(folder)
        p = Pki()
        for build in (live_chain, live_rules, live_protocol, live_plain, live_starttls):
            build(p)
        for build in (file_keys, file_forms, file_trust, file_rules, good_cases):
            build(p)
        answers = list(pool.map(doctor, CASES))
    results = [verdict(case, got) for case, got in zip(CASES, answers, strict=True)]
    for case, got, result in zip(CASES, answers, results, strict=True):
        said = got["data"].get("cause") or got["stderr"].strip()[-300:]
        print(f"{result:11}  {case.name:24} {case.truth}\n    exit {got['status']}: {said}", flush=True)
    for kind in ("right", "cannot tell", "no use", "WRONG"):
        print(f"{kind:11} {results.count(kind):3} of {len(results)}, {results.count(kind) / len(results):.1%}")
    fine = results.count("right") + results.count("cannot tell")
    return fine >= 0.95 * len(results) and "WRONG" not in results
