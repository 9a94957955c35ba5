"""The same question as in `first`, by a fourth hand: 101 reports of operators, made again here or as files.

Sections: none.
Leaves out: the fixes and the place in the chain; the cause, what is said besides it and the exit status count.
The judges were written before the doctor was asked. Its first run, on 2026-11-25, found 94 of 101 right or honestly
unsure (93.1 %) by them and 93 by reading, three of them wrong; after it the doctor was mended, and what is said of
strict clients counts as a note. Where Python takes an anchor that is no root (from 3.13 on), a note is right.
The seed fixes elliptic keys and serial numbers; RSA keys and what the openssl command makes differ in each run.
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
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import pkcs7, pkcs12
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import ExtendedKeyUsageOID as Eku
from cryptography.x509.oid import NameOID

SEED = 20261125
LIFE = 60.0
NOW = dt.datetime.now(dt.UTC).replace(microsecond=0)
CURVE_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
PRIME_1024 = (
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B"
    "302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7EDEE386BFB5A899FA5AE9F24117C4B1FE6"
    "49286651ECE65381FFFFFFFFFFFFFFFF"
)
EXT = "basicConstraints=critical,CA:FALSE\nsubjectAltName=DNS:localhost\n"
PSS = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
LOCK = threading.Lock()
ENV = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
RANDOM = random.Random(SEED)
USAGES = "digital_signature content_commitment key_encipherment data_encipherment key_agreement key_cert_sign crl_sign"


class Pair(NamedTuple):
    cert: x509.Certificate
    key: Key


def new_key() -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(RANDOM.randrange(2, CURVE_ORDER), ec.SECP256R1())


def rsa_key(bits: int = 2048) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, bits)


def dn(text: str, kind: _ASN1Type = _ASN1Type.UTF8String) -> x509.Name:
    parts = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Corp", kind)] if text else []
    return x509.Name([*parts, *([x509.NameAttribute(NameOID.COMMON_NAME, text, kind)] if text else [])])


def usage(text: str) -> x509.KeyUsage:
    return x509.KeyUsage(*(name in text.split() for name in [*USAGES.split(), "", ""]))


def names(texts: Sequence[str]) -> x509.SubjectAlternativeName:
    """Names as they are written: `IP:` and `URI:` in front as openssl wants it, all others DNS."""
    made: list[x509.GeneralName] = []
    for text in texts:
        kind, _, rest = text.partition(":")
        if kind == "IP":
            made.append(x509.IPAddress(ipaddress.ip_address(rest)))
        else:
            made.append(x509.UniformResourceIdentifier(rest) if kind == "URI" else x509.DNSName(text))
    return x509.SubjectAlternativeName(made)


def issue(
    name: str,
    by: Pair | None = None,
    san: Sequence[str] = ("localhost", "IP:127.0.0.1"),
    days: tuple[float, float] = (-30, 60),
    ca: bool = False,
    key: Key | None = None,
    drop: str = "",
    more: Sequence[tuple[x509.ExtensionType, bool]] = (),
    **odd: Any,
) -> Pair:
    """One certificate; `drop` names what a sloppy tool leaves out, `odd` what it does its own way."""
    key = key or new_key()
    signer = by.key if by else key
    issuer = odd.get("issuer") or (by.cert.subject if by else dn(name))
    ku, aki = odd.get("ku", "key_cert_sign crl_sign" if ca else "digital_signature"), odd.get("aki")
    eku = x509.ExtendedKeyUsage(odd.get("eku", [Eku.SERVER_AUTH]))
    build = x509.CertificateBuilder(issuer, dn(name), key.public_key())
    build = build.serial_number(RANDOM.getrandbits(120) | 1)
    build = build.not_valid_before(NOW + dt.timedelta(days[0])).not_valid_after(NOW + dt.timedelta(days[1]))
    extensions: dict[str, tuple[x509.ExtensionType, bool]] = {
        "bc": (x509.BasicConstraints(ca, odd.get("path") if ca else None), "critical" not in drop),
        "ku": (usage(ku), True),
        "ski": (x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False),
        "aki": (aki or x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), False),
    }
    if not ca:
        extensions |= {"san": (names(san), not name), "eku": (eku, False)} if san else {}
    for label, (extension, critical) in extensions.items():
        build = build if label in drop.split() else build.add_extension(extension, critical)
    for extension, critical in more:
        build = build.add_extension(extension, critical)
    digest = None if isinstance(signer, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    return Pair(build.sign(signer, digest, rsa_padding=odd.get("pad")), key)


def pem(*pairs: Pair) -> bytes:
    return b"".join(pair.cert.public_bytes(serialization.Encoding.PEM) for pair in pairs)


def key_pem(pair: Pair, password: bytes | None = None) -> bytes:
    lock = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    return pair.key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, lock)


def by_openssl(name: str, by: Pair | None, digest: str = "-sha256", extensions: str = "") -> Pair:
    """What cryptography does not make: SHA-1 and MD5 signatures, and version 1 (no extensions)."""
    key = rsa_key()
    with tempfile.TemporaryDirectory() as folder:
        at = Path(folder)
        (at / "key").write_bytes(key_pem(Pair(ROOT.cert, key)))
        (at / "ca").write_bytes(pem(by) + key_pem(by) if by else b"")
        (at / "ext").write_text(extensions)
        sign = ["-CA", "ca", "-CAkey", "ca", "-CAcreateserial"] if by else ["-signkey", "key"]
        ext = ["-extfile", "ext"] if extensions else []
        for run in (
            ["req", "-new", "-key", "key", "-subj", f"/O=Corp/CN={name}", "-out", "csr"],
            ["x509", "-req", "-in", "csr", *sign, digest, *ext, "-days", "90", "-out", "crt"],
        ):
            subprocess.run(["openssl", *run], cwd=at, check=True, capture_output=True, timeout=30)
        return Pair(x509.load_pem_x509_certificate((at / "crt").read_bytes()), key)


ROOT = issue("Corp Root CA", days=(-900, 2000), ca=True)
INTER = issue("Corp Issuing CA 1", ROOT, days=(-400, 900), ca=True, path=0)
LEAF = issue("localhost", INTER)
SHOP = issue("shop.corp.test", INTER, san=("shop.corp.test", "www.shop.corp.test"))


class Box:
    """One case: its folder, its servers, and the end of both."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.over = threading.Event()
        self.ends = time.monotonic() + LIFE

    def write(self, name: str, data: bytes) -> str:
        (self.folder / name).write_bytes(data)
        return str(self.folder / name)

    def listen(self, handle: Callable[[socket.socket], object]) -> int:
        listener = socket.create_server(("127.0.0.1", 0))
        listener.settimeout(0.3)
        threading.Thread(target=self.accept, args=(listener, handle), daemon=True).start()
        return int(listener.getsockname()[1])

    def accept(self, listener: socket.socket, handle: Callable[[socket.socket], object]) -> None:
        with listener:
            for _ in range(400):
                if self.over.is_set() or time.monotonic() > self.ends:
                    return
                with contextlib.suppress(TimeoutError):
                    client, _ = listener.accept()
                    client.settimeout(6)
                    threading.Thread(target=self.guard, args=(client, handle), daemon=True).start()

    @staticmethod
    def guard(client: socket.socket, handle: Callable[[socket.socket], object]) -> None:
        """The handler, and an end that lets the client read the last words, an alert perhaps."""
        with client.dup() as spare, contextlib.suppress(OSError, ValueError):
            with client, contextlib.suppress(OSError, ValueError):
                handle(client)
            spare.settimeout(2)
            spare.shutdown(socket.SHUT_WR)
            while spare.recv(4096):
                pass


Setup = Callable[[ssl.SSLContext], object]
Prelude = Callable[[socket.socket], bool]


def serve(
    box: Box,
    chain: Sequence[Pair],
    at: str = "localhost",
    host: str = "",
    trust: Sequence[Pair] = (ROOT,),
    setup: Setup | None = None,
    before: Prelude | None = None,
    more: Sequence[str] = (),
) -> list[str]:
    """A TLS server with this chain; the arguments for the doctor."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    context.load_cert_chain(box.write("served.pem", pem(*chain) + key_pem(chain[0])))
    if setup:
        setup(context)

    def handle(client: socket.socket) -> None:
        if before and not before(client):
            return
        with context.wrap_socket(client, server_side=True) as tls:
            tls.recv(4096)
            tls.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    found = [f"{at}:{box.listen(handle)}", *(["--host", host] if host else []), *more]
    return [*found, "--trust", box.write("trust.pem", pem(*trust))]


def talks(box: Box, before: Prelude, more: Sequence[str] = ()) -> list[str]:
    return [f"localhost:{box.listen(before)}", *more, "--trust", box.write("trust.pem", pem(ROOT))]


def talk(box: Box, greet: bytes = b"", reply: bytes = b"", end: str = "") -> list[str]:
    """A server without TLS, or with a broken one: it greets, hears once, replies, and ends in its way."""

    def handle(client: socket.socket) -> bool:
        client.sendall(greet)
        if end != "slam":
            client.recv(4096)
            client.sendall(reply)
        while end == "hang" and client.recv(4096):
            pass
        return False

    return talks(box, handle)


def lines(greeting: str, answers: dict[str, str], start: str) -> Prelude:
    """A dialogue by lines until the command `start` is granted; commands match by a word in the line."""

    def before(client: socket.socket) -> bool:
        client.sendall(greeting.encode() + b"\r\n")
        for _ in range(12):
            line = b""
            while not line.endswith(b"\n"):
                byte = client.recv(1)
                if not byte:
                    return False
                line += byte
            words = line.decode("latin-1").upper().split()
            answer = next((text for word, text in answers.items() if word in words), "500 unknown command")
            client.sendall(answer.replace("TAG", words[0] if words else "*").encode() + b"\r\n")
            if start in words and not answer.startswith(("5", "4", "TAG NO", "-ERR")):
                return True
        return False

    return before


def postgres_off(client: socket.socket) -> bool:
    asked = client.recv(8) == struct.pack("!ii", 8, 80877103)
    client.sendall(b"N" if asked else b"")
    return bool(asked and client.recv(4096) and False)


EHLO = "250-mx.corp.test\r\n250-STARTTLS\r\n250 SIZE 1024000"
NOT_NOW = "454 4.7.0 TLS not available due to local problem"
SMTP = lines("220 mx.corp.test ESMTP Postfix", {"EHLO": EHLO, "STARTTLS": "220 2.0.0 Ready"}, "STARTTLS")
NO_SMTP = lines("220 mx.corp.test ESMTP Postfix", {"EHLO": EHLO.replace("STARTTLS", "DSN"), "QUIT": "221 bye"}, "-")
OFF_SMTP = lines("220 mx.corp.test ESMTP Postfix", {"EHLO": EHLO, "STARTTLS": NOT_NOW}, "STARTTLS")
IMAP_WORDS = {"CAPABILITY": "* CAPABILITY IMAP4rev1 STARTTLS\r\nTAG OK done", "STARTTLS": "TAG OK begin TLS"}
IMAP = lines("* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] Dovecot ready.", IMAP_WORDS, "STARTTLS")
NO_FTP = lines("220 (vsFTPd 3.0.5)", {"AUTH": "530 Please login with USER and PASS.", "FEAT": "211 End"}, "-")


def old(suites: str, version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2, group: str = "") -> Setup:
    """An old device: this version and these suites only."""

    def setup(context: ssl.SSLContext) -> None:
        context.minimum_version = context.maximum_version = version
        context.set_ciphers(suites + ":@SECLEVEL=0")
        with tempfile.NamedTemporaryFile() as file:
            body = base64.b64encode(bytes.fromhex(f"30818702818100{group}020102")).decode()
            Path(file.name).write_text(f"-----BEGIN DH PARAMETERS-----\n{body}\n-----END DH PARAMETERS-----\n")
            if group:
                context.load_dh_params(file.name)

    return setup


def mutual(high: ssl.TLSVersion, mode: ssl.VerifyMode = ssl.CERT_REQUIRED) -> Setup:
    def setup(context: ssl.SSLContext) -> None:
        context.maximum_version = high
        context.verify_mode = mode
        context.load_verify_locations(cadata=pem(ROOT).decode())

    return setup


def strict_sni(known: str, alert: int) -> Setup:
    return lambda context: setattr(context, "sni_callback", lambda _s, name, _c: None if name == known else alert)


def files(
    box: Box, given: dict[str, bytes], host: str = "shop.corp.test", trust: Sequence[Pair] = (ROOT,), more: str = ""
) -> list[str]:
    found = [box.write(name, data) for name, data in given.items()]
    return [*found, *(["--host", host] if host else []), *more.split(), "--trust", box.write("trust.pem", pem(*trust))]


def chain_file(box: Box, change: Callable[[bytes], bytes], host: str = "shop.corp.test") -> list[str]:
    return files(box, {"fullchain.pem": change(pem(SHOP, INTER)), "privkey.pem": key_pem(SHOP)}, host)


def key_file(box: Box, key: bytes) -> list[str]:
    return files(box, {"fullchain.pem": pem(SHOP, INTER), "privkey.pem": key})


def bag(pair: Pair, alias: str) -> bytes:
    """As `openssl pkcs12` writes what keytool kept."""
    subject, issuer = pair.cert.subject.rfc4514_string(), pair.cert.issuer.rfc4514_string()
    head = f"Bag Attributes\n    friendlyName: {alias}\n    localKeyID: 54 69 6D 65\n"
    return f"{head}subject={subject}\nissuer={issuer}\n".encode() + pem(pair)


def request(pair: Pair) -> bytes:
    made = x509.CertificateSigningRequestBuilder(pair.cert.subject).sign(pair.key, hashes.SHA256())
    return made.public_bytes(serialization.Encoding.PEM)


def flipped(pair: Pair) -> bytes:
    """A byte in the middle of the signed part has changed: a letter of a name."""
    der = pair.cert.public_bytes(serialization.Encoding.DER)
    return ssl.DER_cert_to_PEM_cert(der.replace(b"www.shop.corp", b"wwv.shop.corp")).encode()


LOCKED = serialization.BestAvailableEncryption(b"changeit")
PUBLIC = serialization.PublicFormat.SubjectPublicKeyInfo
PPK = b"PuTTY-User-Key-File-3: ecdsa-sha2-nistp256\nEncryption: none\nComment: shop\nPublic-Lines: 1\nAAAA\n"
# Cases: name, flags, truth, judge, how. Flags: g nothing is wrong; u an honest 'cannot tell' will do; n exit 0 with a
# matching warning will do, because the client of this Python takes it; w the same for files that a server does not take
# but that have a good chain in them (exit 0 with no warning is wrong there).
PLAIN = r"\b(no|not|without|other than|instead of)\b.{0,40}\bTLS|plain|unencrypted|clear ?text"
SELF = r"self.?signed|sign(s|ed)( by)? itself|its own (key|issuer)|issued itself|by itself"
NAME = r"\b(cover|match|name|certified|made for|issued (for|to))"
ENDED = r"expired|ended|ran out|run out|no longer valid|past its|is over|too old|outdated"
NO_SAN = r"subject ?alt|\bSAN\b|common ?name|\bCN\b|no (host )?name"
EARLY = r"not yet|future|begin|start|too early|before its"
OTHER_KEY = r"(another|other|different|wrong|old|new|same) (private )?key|key.{0,50}\b(not|differ|other)|signature"
OTHER_KEY += r"|key identifier|does not (fit|belong)|mismatch|another name"
Build = Callable[[Box], list[str]]
TLS10, _, TLS12, TLS13 = (ssl.TLSVersion(0x0301 + step) for step in range(4))
CLOSED = r"clos|hung up|ended|EOF|broke|cut|dropp|reset|abort|interrupt|stopp"
SILENT = r"silen|no answer|not answer|nothing|no reply|not reply|not respond|time|waited|greet|says"

# fmt: off
CASES: list[tuple[str, str, str, str, Build]] = [
    ("leaf-only", "", "nginx serves cert.pem instead of fullchain.pem: the intermediate is not sent",
     r"intermediate|incomplete|Issuing CA 1", lambda b: serve(b, [LEAF])),
    ("gap-above", "", "of two intermediates the upper one, Corp Policy CA, is not sent",
     r"Policy CA|missing|incomplete", lambda b: serve(b, [issue("localhost", sub := issue("Dept CA", issue(
         "Corp Policy CA", ROOT, ca=True), ca=True)), sub])),
    ("leaf-twice", "", "fullchain.pem holds the leaf twice and no intermediate",
     r"intermediate|incomplete|Issuing CA 1", lambda b: serve(b, [LEAF, LEAF])),
    ("old-chain-file", "", "after renewal by Issuing CA 1 the chain file still holds Issuing CA 2",
     r"Issuing CA 1|missing|wrong intermediate", lambda b: serve(b, [LEAF, issue("Corp Issuing CA 2", ROOT, ca=True)])),
    ("rekeyed-intermediate", "", "the sent intermediate has the right name but another key than the one that signed",
     OTHER_KEY, lambda b: serve(b, [LEAF, issue("Corp Issuing CA 1", ROOT, ca=True)])),
    ("openssl-req-x509", "", "a self-signed server certificate that the client does not trust",
     SELF, lambda b: serve(b, [issue("localhost")])),
    ("proxy-inspects", "", "a TLS-inspecting proxy signs with its own root, which the client does not have",
     r"Zscaler|not trust|not know|unknown|self.?signed|intercept|inspect", lambda b: serve(b, [issue(
         "localhost", z := issue("Zscaler Root CA", ca=True)), z])),
    ("mkcert-again", "", "the CA was made anew with the same name: the trusted root has another key",
     OTHER_KEY, lambda b: serve(b, [issue("localhost", issue("Corp Root CA", ca=True))])),
    ("certbot-no-reload", "", "the leaf has expired (renewed on disk, the server was not reloaded)",
     ENDED, lambda b: serve(b, [issue("localhost", INTER, days=(-93, -3)), INTER])),
    ("old-intermediate", "", "the intermediate has expired, the leaf has not",
     rf"(intermediate|Issuing).*({ENDED})|({ENDED}).*(intermediate|Issuing)", lambda b: serve(b, [issue(
         "localhost", i := issue("Corp Issuing CA 0", ROOT, days=(-800, -2), ca=True)), i])),
    ("root-ran-out", "", "the trusted root has expired",
     rf"(root|anchor|Lab).*({ENDED})|({ENDED}).*(root|anchor|Lab)", lambda b: serve(b, [issue(
         "localhost", r := issue("Lab Root", days=(-3650, -1), ca=True))], trust=[r])),
    ("dst-x3", "", "the client knows only the old, expired root; the chain leads there by a cross-signed new root",
     rf"(root|anchor|X3).*({ENDED})|({ENDED}).*(root|anchor|X3)", lambda b: serve(b, [issue("localhost", x1 := issue(
         "ISRG X1", x3 := issue("DST X3", days=(-7000, -40), ca=True), ca=True)), x1], trust=[x3])),
    ("starts-tomorrow", "", "the leaf is not valid before tomorrow (the CA's clock or time zone is ahead)",
     EARLY, lambda b: serve(b, [issue("localhost", INTER, days=(0.9, 90)), INTER])),
    ("leaf-as-ca", "", "the issuer is a server certificate (CA:FALSE) and may not sign others",
     r"not a(n authority| CA| certificate authority)|CA:? ?FALSE|basic ?constraints|not (allowed|permitted) to"
     r"|may not (sign|issue)|no (CA|authority)", lambda b: serve(b, [issue("localhost", SHOP), SHOP, INTER])),
    ("v1-intermediate", "", "the intermediate was signed without -extfile: version 1, so no CA",
     r"version 1|v1\b|basic ?constraints|not a(n authority| CA| certificate authority)|no (CA|authority)|extension",
     lambda b: serve(b, [issue("localhost", v := by_openssl("Old CA", ROOT)), v])),
    ("v1-root", "n", "the root is version 1, without extensions: Python 3.13 and later refuse it",
     r"version 1|v1\b|extension|basic ?constraints|3\.13|strict", lambda b: serve(b, [issue(
         "localhost", v := by_openssl("Old Root", None))], trust=[v])),
    ("easy-rsa-critical", "n", "basicConstraints of the CA is not critical: Python 3.13 and later refuse it",
     r"critical", lambda b: serve(b, [issue("localhost", r := issue("Easy-RSA CA", ca=True, drop="critical"))],
        trust=[r])),
    ("no-aki", "n", "the leaf has no authority key identifier: Python 3.13 and later refuse it",
     r"authority ?key ?id|AKI", lambda b: serve(b, [issue("localhost", INTER, drop="aki"), INTER])),
    ("ca-without-certsign", "", "the CA's keyUsage does not allow it to sign certificates",
     r"key ?usage|cert ?sign|sign certificates", lambda b: serve(b, [issue(
         "localhost", i := issue("Sign CA", ROOT, ca=True, ku="digital_signature crl_sign")), i])),
    ("pathlen", "", "the intermediate has pathLen 0 but a further CA stands below it",
     r"path ?len|path length|pathLenConstraint|below|no (further|other|more)", lambda b: serve(b, [issue(
         "localhost", t := issue("Team CA", INTER, ca=True)), t, INTER])),
    ("name-constraints", "", "the CA may vouch only for corp.test, the leaf names localhost",
     r"constrain|permit|allowed|vouch|limited", lambda b: serve(b, [issue("localhost", i := issue("NC", ROOT, ca=True,
         more=[(x509.NameConstraints([x509.DNSName("corp.test")], None), True)])), i])),
    ("xca-no-ips", "", "the CA excludes all IP addresses, the leaf names one",
     r"constrain|exclu|forbid|allowed", lambda b: serve(b, [issue("localhost", i := issue("XCA", ROOT, ca=True, more=[(
         x509.NameConstraints(None, [x509.IPAddress(ipaddress.ip_network("0.0.0.0/0"))]), True)])), i])),
    ("build-client-full", "", "the server uses a certificate made for TLS clients only",
     r"client.?(auth|only|cert)|for (TLS )?clients|server ?auth|extended ?key|purpose|EKU", lambda b: serve(b, [issue(
         "localhost", INTER, eku=[Eku.CLIENT_AUTH]), INTER])),
    ("client-only-ca", "", "the intermediate is limited to client authentication",
     r"(intermediate|User CA).*(client|server ?auth|extended|purpose|EKU)|(client|purpose|server ?auth).*User CA",
     lambda b: serve(b, [issue("localhost", i := issue("User CA", ROOT, ca=True, more=[(
         x509.ExtendedKeyUsage([Eku.CLIENT_AUTH]), False)])), i])),
    ("any-purpose", "", "only anyExtendedKeyUsage, no serverAuth: OpenSSL refuses it",
     r"any|server ?auth|extended ?key|purpose|EKU", lambda b: serve(b, [issue(
         "localhost", INTER, eku=[Eku.ANY_EXTENDED_KEY_USAGE]), INTER])),
    ("nonrepudiation", "", "the leaf's keyUsage allows neither signatures in TLS nor key exchange",
     r"key ?usage|digital ?sign", lambda b: serve(b, [issue("localhost", INTER, ku="content_commitment"), INTER])),
    ("rsa-1024", "", "the device's RSA key has 1024 bits, too few for this client",
     r"1024|too (small|short|weak)|weak", lambda b: serve(b, [issue("localhost", INTER, key=rsa_key(1024)), INTER])),
    ("sha1", "", "the leaf is signed with SHA-1",
     r"SHA-?1\b|weak|digest|hash", lambda b: serve(b, [by_openssl("localhost", INTER, "-sha1", EXT), INTER])),
    ("aki-of-another", "", "the authority key identifier in the leaf is not the issuer's, though the key is",
     r"key ?identifier|AKI|AKID|SKI", lambda b: serve(b, [issue(
         "localhost", INTER, aki=x509.AuthorityKeyIdentifier(b"\1" * 20, None, None)), INTER])),
    ("aki-serial", "", "the leaf's authority key identifier holds the serial number of the CA before its renewal",
     r"serial|key ?identifier|AKI", lambda b: serve(b, [issue("localhost", INTER, aki=x509.AuthorityKeyIdentifier(
         None, [x509.DirectoryName(ROOT.cert.subject)], 4711)), INTER])),
    ("unknown-critical", "", "the leaf has a critical extension that clients do not know",
     r"critical|extension", lambda b: serve(b, [issue("localhost", INTER, more=[(x509.UnrecognizedExtension(
         x509.ObjectIdentifier("1.3.6.1.4.1.99999.7"), b"\5\0"), True)]), INTER])),
    ("trust-intermediate", "n", "the CA file holds only the intermediate, and this Python wants a root",
     r"intermediate|no root|partial|3\.13|not (a )?self|Corp Root", lambda b: serve(b, [LEAF, INTER], trust=[INTER])),
    ("trust-leaf", "n", "the CA file holds the CA-signed leaf itself, and this Python wants the root",
     r"leaf itself|partial|Issuing CA 1|intermediate|3\.13|pinned|no root", lambda b: serve(b, [LEAF], trust=[LEAF])),
    ("chain-order", "n", "the root comes before the intermediate",
     r"order|sequence|before", lambda b: serve(b, [LEAF, ROOT, INTER])),
    ("expired-elsewhere", "", "the leaf has expired and names another host as well",
     rf"{ENDED}|{NAME}", lambda b: serve(b, [issue("old", INTER, ("old.corp.test",), (-200, -90)), INTER])),
    # Names
    ("cn-only", "n", "the name stands in the common name only, there is no subjectAltName",
     NO_SAN, lambda b: serve(b, [issue("localhost", INTER, ()), INTER])),
    ("registry-cn", "", "a trusted self-signed certificate without subjectAltName",
     NO_SAN, lambda b: serve(b, [c := issue("registry", san=())], trust=[c])),
    ("k8s-api-ip", "", "the certificate lists other addresses than 127.0.0.1",
     NAME + "|address", lambda b: serve(b, [issue("kube-apiserver", INTER, (
         "kubernetes", "IP:10.0.0.1", "IP:192.168.49.2")), INTER], "127.0.0.1")),
    ("ip-as-dns", "", "the IP address was written as a DNS name",
     r"DNS|as (a )?(host )?name|kind", lambda b: serve(b, [issue("nas", INTER, ("127.0.0.1",)), INTER], "127.0.0.1")),
    ("url-in-san", "", "the subjectAltName holds a URL instead of a DNS name",
     r"URI|URL|https:|subject ?alt|DNS|" + NAME, lambda b: serve(b, [issue(
         "nas", INTER, ("URI:https://localhost",)), INTER])),
    ("wildcard-local", "", "*.local: a wildcard directly under a top-level label is refused", r"\*|wildcard|" + NAME,
     lambda b: serve(b, [issue("home", INTER, ("*.local",)), INTER], host="nas.local")),
    ("ingress-fake", "", "the ingress shows its self-signed default certificate, for no host of ours",
     rf"{SELF}|Fake|{NAME}", lambda b: serve(b, [issue("Kubernetes Ingress Controller Fake Certificate",
         san=("ingress.local",))], host="kuard.corp.test")),
    # Versions, suites, clients' certificates, alerts
    ("tls-1.0", "", "the server speaks no newer version than TLS 1.0", r"TLS ?1\.[0-2]|version|TLSv1", lambda b: serve(
        b, [LEAF, INTER], setup=old("ALL", TLS10))),
    ("rsa-exchange", "u", "the server offers only RSA key exchange, which Python's client does not",
     r"cipher|suite|key exchange|forward|agree|in common", lambda b: serve(b, [issue(
         "localhost", INTER, key=rsa_key()), INTER], setup=old("AES256-GCM-SHA384"))),
    ("dh-1024", "", "the Diffie-Hellman group has 1024 bits", r"Diffie|\bDHE?\b|1024", lambda b: serve(b, [issue(
        "localhost", INTER, key=rsa_key()), INTER], setup=old("DHE-RSA-AES256-GCM-SHA384", group=PRIME_1024))),
    ("brainpool", "u", "the key is on a brainpool curve that the client does not offer", r"brainpool|curve|cipher",
     lambda b: serve(b, [issue("localhost", INTER, key=ec.generate_private_key(ec.BrainpoolP256R1())), INTER])),
    ("mtls-1.3", "", "the server demands a certificate of the client (TLS 1.3)", MUTUAL := r"client.{0,16}certificate"
     r"|certificate.{0,16}client|certificate.?required|mutual", lambda b: serve(b, [LEAF, INTER], setup=mutual(TLS13))),
    ("mtls-1.2", "", "the server demands a certificate of the client (TLS 1.2)", MUTUAL, lambda b: serve(
        b, [LEAF, INTER], setup=mutual(TLS12))),
    ("haproxy-strict-sni", "", "the server knows no certificate for this name: alert unrecognized_name",
     r"unrecogni[sz]ed|SNI|server.?name|" + NAME, lambda b: serve(b, [SHOP, INTER], setup=strict_sni("x", 112))),
    ("caddy-by-address", "u", "without a server name (an address) the server has no certificate: alert internal_error",
     r"SNI|server.?name|internal.?error|name", lambda b: serve(b, [LEAF], "127.0.0.1", setup=strict_sni("x", 80))),
    ("alert-failure", "u", "the server refuses the handshake: alert handshake_failure",
     r"handshake.?failure|cipher|in common|agree|client cert", lambda b: talk(b, reply=b"\x15\3\3\0\2\2\x28")),
    # Not TLS, or not there
    ("http-on-443", "", "listen 443 without ssl: plain HTTP", "HTTP|" + PLAIN, lambda b: talk(
        b, reply=b"HTTP/1.1 400 Bad Request\r\nServer: nginx/1.24.0\r\nConnection: close\r\n\r\n")),
    ("proxy-port", "", "the port is that of an HTTP proxy", "HTTP|proxy|" + PLAIN, lambda b: talk(
        b, reply=b"HTTP/1.0 407 Proxy Authentication Required\r\nProxy-Authenticate: NTLM\r\nVia: squid\r\n\r\n")),
    ("ssh-port", "", "an SSH server answers", "SSH|" + PLAIN, lambda b: talk(b, b"SSH-2.0-OpenSSH_9.6\r\n")),
    ("mysql-port", "", "a MySQL server answers, not in TLS", "MySQL|MariaDB|" + PLAIN, lambda b: talk(
        b, b"\x4a\0\0\0\x0a8.0.36\0\x08\0\0\0abcdefgh\0\xff\xf7\xff\2\0\xff\xdf\x15" + bytes(10) + b"ijklmnopqrst\0")),
    ("slam", "u", "the server closes at once (a backend is down)", CLOSED, lambda b: talk(b, end="slam")),
    ("silent", "u", "the port accepts and says nothing", SILENT, lambda b: talk(b, end="hang")),
    ("refused", "u", "nothing listens on the port", r"refus|listen", lambda b: ["127.0.0.1:9", *talk(b)[1:]]),
    ("no-such-host", "u", "the host name does not exist", r"resolv|DNS|no address|not (be )?(found|known)|unknown|look",
     lambda b: ["no-such-host.invalid:443", *talk(b)[1:]]),
    # STARTTLS
    ("smtp-no-starttls", "", "the server does not offer STARTTLS", r"STARTTLS|no TLS", lambda b: talks(b, NO_SMTP)),
    ("smtp-454", "", "the mail server offers STARTTLS and then refuses it: 454", r"454|STARTTLS|refus|not available",
     lambda b: talks(b, OFF_SMTP)),
    ("imap-name", "", "behind STARTTLS the certificate names another host", NAME, lambda b: serve(
        b, [SHOP, INTER], before=IMAP)),
    ("ftp-no-tls", "", "the FTP server refuses AUTH TLS", r"AUTH|FTP|TLS|refus|530", lambda b: talks(b, NO_FTP)),
    ("postgres-off", "", "PostgreSQL with ssl=off", r"Postgre|\bN\b|TLS|SSL|refus", lambda b: talks(
        b, postgres_off, ["--starttls", "postgres"])),
    ("starttls-on-465", "u", "TLS at once, but the client waits for a greeting", SILENT + "|from the start|implicit",
     lambda b: serve(b, [LEAF, INTER], more=["--starttls", "smtp"])),
    # Files
    ("old-key", "", "the private key is not that of the certificate", OTHER_KEY, lambda b: key_file(b, key_pem(LEAF))),
    ("csr", "", "a certificate request instead of a certificate", r"request|CSR", lambda b: files(
        b, {"shop.crt": request(SHOP), "privkey.pem": key_pem(SHOP)})),
    ("utf-16", "w", "PowerShell wrote the PEM file in UTF-16", r"UTF.?16|encod|wide", lambda b: chain_file(
        b, lambda text: text.decode().replace("\n", "\r\n").encode("utf-16"))),
    ("yaml-indent", "w", "every line of the PEM file is indented, as in YAML", r"indent|space|BEGIN|column|tab",
     lambda b: chain_file(b, lambda text: b"    " + text.replace(b"\n", b"\n    "))),
    ("glued", "w", "no line break between END and BEGIN after cat", r"line|glue|together|END CERT|BEGIN CERT|hyphen",
     lambda b: chain_file(b, lambda text: text.replace(b"-----\n-----BEGIN", b"----------BEGIN"))),
    ("cut-off", "", "the paste lost the end of the file", r"\bEND\b|truncat|incomplete|\bcut|not complete"
     "|broke|ends (early|before)|missing", lambda b: files(b, {"shop.crt": pem(SHOP)[:-160]})),
    ("altered", "", "a byte of the leaf was altered: the signature is void", r"signature|alter|tamper|change|damag"
     "|not signed", lambda b: files(b, {"fullchain.pem": flipped(SHOP) + pem(INTER)})),
    ("word-dashes", "", "a word processor made dashes of hyphens", r"dash|hyphen|BEGIN|marker", lambda b: chain_file(
        b, lambda text: text.decode().replace("-----", "\u2013\u2013\u2013").encode())),
    ("backslash-n", "", "line breaks are the two characters backslash and n", r"\\n|new ?line|line.?(break|end)|escap"
     "|one line|single line|backslash", lambda b: chain_file(b, lambda text: text.replace(b"\n", b"\\n"))),
    ("base64-twice", "", "base64 around the PEM, as in a Kubernetes secret", r"base.?64|twice|double|again|secret",
     lambda b: chain_file(b, base64.b64encode)),
    ("p7b", "w", "a PKCS #7 bundle, which servers do not read", r"PKCS ?#?7|p7b", lambda b: files(b, {
        "shop.p7b": pkcs7.serialize_certificates([SHOP.cert, INTER.cert], serialization.Encoding.PEM)})),
    ("pfx", "", "a PKCS #12 file with a password instead of PEM", r"PKCS ?#?12|pfx|p12", lambda b: files(b, {
        "shop.pfx": pkcs12.serialize_key_and_certificates(b"s", SHOP.key, SHOP.cert, None, LOCKED)})),
    ("jks", "", "a Java keystore instead of PEM", r"JKS|Java|keystore", lambda b: files(
        b, {"shop.jks": bytes.fromhex("feedfeed0000000200000001") + RANDOM.randbytes(900)})),
    ("encrypted-key", "nu", "the key is encrypted with a passphrase", r"encrypt|pass|protected|locked",
     lambda b: key_file(b, key_pem(SHOP, b"secret"))),
    ("ppk", "", "a PuTTY key instead of a PEM key", r"PuTTY|ppk", lambda b: key_file(b, PPK)),
    ("public-key", "", "the public key instead of the private one", r"public", lambda b: key_file(
        b, SHOP.key.public_key().public_bytes(serialization.Encoding.PEM, PUBLIC))),
    ("html", "", "the download is a login page", r"HTML|web ?page", lambda b: files(
        b, {"shop.crt": b"<!DOCTYPE html>\n<html><head><title>Sign in</title></head></html>\n"})),
    ("keytool-order", "w", "the file begins with the root, so a server takes that as its certificate",
     r"order|first|begin|start", lambda b: files(b, {"shop.pem": key_pem(SHOP) + bag(ROOT, "root") + bag(
         INTER, "ca") + bag(SHOP, "shop")})),
    ("staging", "", "issued by the staging CA, trusted by nobody", r"staging|not trust|not know|unknown|missing",
     lambda b: files(b, {"fullchain.pem": pem(issue("shop", s := issue("(STAGING) Riddling Rhubarb R12", issue(
         "(STAGING) Pear X1", ca=True), ca=True), ("shop.corp.test",)), s)})),
    ("le-no-clientauth", "", "a client's certificate without clientAuth", r"client.?auth|purpose|extended ?key|EKU",
     lambda b: files(b, {"fullchain.pem": pem(SHOP, INTER)}, "", more="--purpose client")),
    # Nothing is wrong
    ("good-fullchain", "g", "nothing", "", lambda b: serve(b, [LEAF, INTER])),
    ("good-mkcert", "g", "nothing", "", lambda b: serve(b, [issue("dev", ROOT, days=(-1, 820))], "127.0.0.1")),
    ("good-stray", "g", "nothing: a needless certificate", "", lambda b: serve(b, [LEAF, INTER, SHOP])),
    ("good-cross", "g", "nothing: the new root is trusted", "", lambda b: serve(b, [issue("localhost", x := issue(
        "ISRG X1", ca=True)), issue("ISRG X1", issue("DST", days=(-99, -9), ca=True), ca=True, key=x.key)], trust=[x])),
    ("good-ed25519", "g", "nothing", "", lambda b: serve(b, [issue(
        "localhost", INTER, key=ed25519.Ed25519PrivateKey.from_private_bytes(RANDOM.randbytes(32))), INTER])),
    ("good-pss", "g", "nothing: signed with RSASSA-PSS", "", lambda b: serve(b, [issue("localhost", r := issue(
        "AD CS", ca=True, key=rsa_key(), pad=PSS), pad=PSS)], trust=[r])),
    ("good-wildcard", "g", "nothing", "", lambda b: serve(
        b, [issue("", INTER, ("*.apps.test",)), INTER], host="wiki.apps.test")),
    ("good-idn", "g", "nothing", "", lambda b: serve(
        b, [issue("b", INTER, ("xn--bcher-kva.corp.test",)), INTER], host="b\u00fccher.corp.test")),
    ("good-optional-mtls", "g", "nothing", "", lambda b: serve(
        b, [LEAF, INTER], setup=mutual(TLS13, ssl.CERT_OPTIONAL))),
    ("good-smtp", "g", "nothing", "", lambda b: serve(b, [LEAF, INTER], before=SMTP)),
    ("good-dn-types", "g", "nothing: the issuer's name is a PrintableString in the leaf", "", lambda b: serve(b, [issue(
        "localhost", INTER, issuer=dn("Corp Issuing CA 1", _ASN1Type.PrintableString)), INTER])),
    ("good-own-self-signed", "g", "nothing", "", lambda b: serve(b, [c := issue("localhost")], trust=[c])),
    ("good-crlf", "g", "nothing", "", lambda b: chain_file(b, lambda text: text.replace(b"\n", b"\r\n"))),
    ("good-bom", "g", "nothing: OpenSSL 3 skips the byte order mark", "", lambda b: chain_file(
        b, lambda text: b"\xef\xbb\xbf" + text)),
    ("good-bags", "g", "nothing", "", lambda b: files(
        b, {"shop.pem": bag(SHOP, "shop") + bag(INTER, "ca") + key_pem(SHOP)})),
    ("good-two-roots", "g", "nothing: an old root has its name", "", lambda b: serve(b, [LEAF, INTER], trust=[issue(
        "Corp Root CA", days=(-4000, -1), ca=True), ROOT])),
]
# fmt: on


def texts(value: Any) -> str:
    if isinstance(value, dict):
        value = list(value.values())
    return " ".join(map(texts, value)) if isinstance(value, list) else str(value or "")


def verdict(flags: str, judge: str, status: int, said: dict[str, Any], errors: str) -> str:
    """right, cannot tell, no use or WRONG."""
    if status not in (0, 1, 3) or "Traceback" in errors:
        return "WRONG"
    if "g" in flags:
        return {0: "right", 3: "no use"}.get(status, "WRONG")
    in_cause = bool(re.search(judge, texts(said.get("cause")), re.I))
    lint = [check for check in said.get("checks", []) if check["state"] == "lint"]
    in_notes = bool(re.search(judge, texts([said.get("also"), said.get("warnings"), lint]), re.I))
    if status == 0:
        noted = ("n" in flags or "w" in flags) and (in_cause or in_notes)
        return "right" if noted else "no use" if "n" in flags else "WRONG"
    if in_cause or (status == 1 and in_notes):
        return "right"
    if status == 3:
        return "cannot tell" if "u" in flags else "no use"
    return "no use" if re.fullmatch(r".{0,30}(verification|handshake) failed\.?", texts(said.get("cause"))) else "WRONG"


def ask(case: tuple[str, str, str, str, Build]) -> tuple[str, str]:
    name, flags, truth, judge, how = case
    with tempfile.TemporaryDirectory() as folder:
        box = Box(Path(folder))
        try:
            with LOCK:
                RANDOM.seed(f"{SEED} {name}")
                arguments = how(box)
            command = [sys.executable, "-m", "tlslearn", "doctor", *arguments, "--json", "--timeout", "2"]
            done = subprocess.run(command, cwd=folder, env=ENV, capture_output=True, text=True, timeout=LIFE)
            said = json.loads(done.stdout) if done.stdout.startswith("{") else {"cause": done.stdout}
            result = verdict(flags, judge, done.returncode, said, done.stderr)
            shown = (
                f"exit {done.returncode}: {texts(said.get('cause')) or '-'} | also: {texts(said.get('also')) or '-'}"
            )
            shown += f" | warnings: {texts(said.get('warnings')) or '-'} {done.stderr.strip()[-300:]}"
        except (subprocess.TimeoutExpired, json.JSONDecodeError) as error:
            result, shown = "WRONG", repr(error)
        finally:
            box.over.set()
    return result, f"{result:11} {name:22} {truth}\n{'':12}{shown}"


def run() -> bool:
    """Ask about every case; whether at least 95 % are right or honestly unsure, and none confidently wrong."""
    counts: Counter[str] = Counter()
    with ThreadPoolExecutor(3) as pool:
        for result, line in pool.map(ask, CASES):
            counts[result] += 1
            print(line, flush=True)
    for result in ("right", "cannot tell", "no use", "WRONG"):
        print(f"{result:11} {counts[result]:4} of {len(CASES)}, {counts[result] / len(CASES):.1%}")
    return counts["right"] + counts["cannot tell"] >= 0.95 * len(CASES) and not counts["WRONG"]
