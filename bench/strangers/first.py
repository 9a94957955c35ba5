"""Does `tlslearn doctor` name the right cause of faults that somebody made who has never read how it works?

Sections: none.
Leaves out: the fixes, the place in the chain and the other checks; only the cause sentence and the exit status count.
Its first run found 77 of 83 right or honestly unsure (92.8 %); the doctor was mended after it.
The seed fixes keys, serial numbers and garbage; RSA keys and what the openssl command makes differ in each run.
"""

from __future__ import annotations

import datetime
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
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs7, pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID as Eku
from cryptography.x509.oid import NameOID

SEED, ENOUGH, AT_ONCE = 20260, 0.95, 3
LIFE = 60  # seconds after which a server ends, asked or not
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
DOCTOR = [sys.executable, "-m", "tlslearn", "doctor"]
PEM = serialization.Encoding.PEM
DER = serialization.Encoding.DER
PKCS8 = serialization.PrivateFormat.PKCS8
CLEAR = serialization.NoEncryption()
NOT_TLS = r"not (speak |talk )?TLS|no TLS|plain|without TLS|something else|other than TLS|another protocol"

Handler = Callable[[socket.socket], None]


@dataclass(frozen=True)
class Pair:
    cert: x509.Certificate
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True)
class Case:
    """A server (or none), the arguments ('@' is its address) and what a right cause says."""

    name: str
    say: str  # a right cause sentence matches this, in any case of letters
    serve: Handler | None = None
    ask: tuple[str, ...] = ("@",)
    unsure: bool = False  # "cannot tell" is an honest answer
    fine: bool = False  # "good" is a right answer too
    good: bool = False  # "good" is the only right answer
    trust: str = "root"


class Lab:
    """A root, an intermediate and a folder; every certificate of every case comes from here."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.random, self.count = folder, random.Random(SEED), 0
        self.now = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
        self.root = self.issue("Stranger Root", ca=True)
        self.mid = self.issue("Stranger Issuing", self.root, ca=True)
        self.leaf = self.issue("localhost", self.mid)
        self.write("root.pem", pem(self.root))

    def key(self) -> ec.EllipticCurvePrivateKey:
        return ec.derive_private_key(self.random.randrange(1, P256_ORDER), ec.SECP256R1())

    def write(self, name: str, data: bytes) -> str:
        (self.folder / name).write_bytes(data)
        return str(self.folder / name)

    def issue(
        self,
        name: str,
        by: Pair | None = None,
        *,
        key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | None = None,
        days: tuple[float, float] = (-2, 90),
        sans: tuple[str, ...] = ("localhost",),
        ca: bool = False,
        path: int | None = None,
        usage: str | None = None,
        eku: tuple[x509.ObjectIdentifier, ...] = (Eku.SERVER_AUTH,),
        extra: tuple[tuple[x509.ExtensionType, bool], ...] = (),
    ) -> Pair:
        key = key or self.key()
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        builder = x509.CertificateBuilder(
            issuer_name=by.cert.subject if by else subject,
            subject_name=subject,
            public_key=key.public_key(),
            serial_number=self.random.getrandbits(120) | 1,
            not_valid_before=self.now + datetime.timedelta(days=days[0]),
            not_valid_after=self.now + datetime.timedelta(days=days[1]),
        )
        signer = by.key if by else key
        for value, critical in (*_extensions(key, signer, sans, ca, path, usage, eku), *extra):
            builder = builder.add_extension(value, critical)
        return Pair(builder.sign(signer, hashes.SHA256()), key)

    def tls(self, leaf: Pair, *others: Pair, **options: object) -> Handler:
        """A TLS server's handler: the leaf, then the others in this order."""
        self.count += 1
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_ciphers(str(options.get("ciphers", "DEFAULT@SECLEVEL=0")))
        for wanted in ("minimum_version", "maximum_version", "verify_mode", "sni_callback"):
            if wanted in options:
                setattr(context, wanted, options[wanted])
        if context.verify_mode != ssl.CERT_NONE:
            context.load_verify_locations(str(self.folder / "root.pem"))
        chain = self.write(f"chain{self.count}.pem", pem(leaf, *others))
        context.load_cert_chain(chain, self.write(f"key{self.count}.pem", key_pem(leaf)))
        return lambda connection: _speak_tls(context, connection)


def _extensions(
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey,
    signer: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey,
    sans: tuple[str, ...],
    ca: bool,
    path: int | None,
    usage: str | None,
    eku: tuple[x509.ObjectIdentifier, ...],
) -> Iterator[tuple[x509.ExtensionType, bool]]:
    yield x509.BasicConstraints(ca, path), True
    yield x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False
    yield x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), False
    wanted = (usage if usage is not None else "key_cert_sign crl_sign" if ca else "digital_signature").split()
    names = "digital_signature content_commitment key_encipherment data_encipherment key_agreement key_cert_sign"
    flags = {flag: flag in wanted for flag in f"{names} crl_sign encipher_only decipher_only".split()}
    yield x509.KeyUsage(**flags), True
    if not ca:
        if sans:
            yield x509.SubjectAlternativeName([_san(san) for san in sans]), False
        yield x509.ExtendedKeyUsage(eku), False
    elif eku != (Eku.SERVER_AUTH,):
        yield x509.ExtendedKeyUsage(eku), False


def _san(text: str) -> x509.GeneralName:
    return x509.IPAddress(ipaddress.ip_address(text[3:])) if text.startswith("ip:") else x509.DNSName(text)


def pem(*pairs: Pair) -> bytes:
    return b"".join(pair.cert.public_bytes(PEM) for pair in pairs)


def key_pem(pair: Pair) -> bytes:
    return pair.key.private_bytes(PEM, PKCS8, CLEAR)


def _altered(pair: Pair) -> Pair:
    """The same with one bit of the signature changed."""
    data = bytearray(pair.cert.public_bytes(DER))
    data[-1] ^= 1
    return Pair(x509.load_der_x509_certificate(bytes(data)), pair.key)


def _speak_tls(context: ssl.SSLContext, connection: socket.socket) -> None:
    with context.wrap_socket(connection, server_side=True) as secure:
        secure.recv(1000)


def _say(*parts: bytes, listen: bool = False) -> Handler:
    """Sends each part; before each but the first, and with `listen` before that too, waits to be spoken to."""

    def handler(connection: socket.socket) -> None:
        for place, part in enumerate(parts):
            if (place or listen) and not connection.recv(4000):
                return
            connection.sendall(part)
        connection.recv(4000)

    return handler


def _stall(first: bytes = b"") -> Handler:
    def handler(connection: socket.socket) -> None:
        if first:
            connection.recv(4000)
            connection.sendall(first)
        connection.settimeout(15)
        while connection.recv(4000):
            pass

    return handler


def _reset(connection: socket.socket) -> None:
    connection.recv(4000)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _echo(connection: socket.socket) -> None:
    while data := connection.recv(4000):
        connection.sendall(data)


def _dialogue(greeting: bytes, answers: dict[bytes, bytes], then: Handler | None = None) -> Handler:
    """Greets, answers lines by what they contain; after STARTTLS that was granted goes on with `then`."""

    def handler(connection: socket.socket) -> None:
        connection.sendall(greeting)
        while line := connection.recv(4000):
            if then and b"STARTTLS" in line.upper():
                connection.sendall(b"220 go ahead\r\n")
                return then(connection)
            found = [answer for word, answer in answers.items() if word in line.upper()]
            tag = line.split()[0] if line.split() else b""
            connection.sendall(found[0].replace(b"TAG", tag) if found else b"500 what?\r\n")

    return handler


@contextmanager
def serving(handler: Handler | None) -> Iterator[str]:
    """A server on a free port of 127.0.0.1, or none: a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"127.0.0.1:{listener.getsockname()[1]}"
        if handler is None:
            listener.close()
            yield address
            return
        listener.settimeout(0.2)
        over = threading.Event()
        thread = threading.Thread(target=_accept, args=(listener, handler, over), daemon=True)
        thread.start()
        try:
            yield address
        finally:
            over.set()
            thread.join()


def _accept(listener: socket.socket, handler: Handler, over: threading.Event) -> None:
    end = time.monotonic() + LIFE
    while not over.is_set() and time.monotonic() < end:
        with suppress(TimeoutError):
            connection, _ = listener.accept()
            connection.settimeout(8)
            threading.Thread(target=_handle, args=(handler, connection), daemon=True).start()


def _handle(handler: Handler, connection: socket.socket) -> None:
    with connection, suppress(OSError):
        handler(connection)


def times(lab: Lab) -> Iterator[Case]:
    """Certificates outside their time."""
    expired = r"expired|ran out|no longer valid|ended|was valid until|too old"
    leaf = lab.issue("localhost", lab.mid, days=(-90, -1))
    yield Case("leaf expired yesterday", expired, lab.tls(leaf, lab.mid))
    leaf = lab.issue("localhost", lab.mid, days=(-4000, -3000), sans=("ip:127.0.0.1",))
    yield Case("leaf expired years ago, by address", expired, lab.tls(leaf, lab.mid), ("@", "--host", "127.0.0.1"))
    leaf = lab.issue("localhost", lab.mid, days=(3, 90))
    early = r"not yet|valid (only )?from|starts|begins|future|not before|too early"
    yield Case("leaf not valid yet", early, lab.tls(leaf, lab.mid))
    old = lab.issue("Old Issuing", lab.root, ca=True, days=(-900, -5))
    leaf = lab.issue("localhost", old)
    yield Case("intermediate expired", rf"Old Issuing.*({expired})|intermediate.*({expired})", lab.tls(leaf, old))
    root = lab.issue("Old Root", ca=True, days=(-900, -5))
    leaf = lab.issue("localhost", root)
    trust = lab.write("old.pem", pem(root))
    yield Case("trusted root expired", rf"(root|anchor).*({expired})", lab.tls(leaf), trust=trust)
    files = (lab.write("full.pem", pem(lab.leaf, lab.mid)), "--at", "2031-01-01T00:00:00Z", "--host", "localhost")
    yield Case("files judged at a time after their end", expired, None, files)


def names(lab: Lab) -> Iterator[Case]:
    """Certificates for another name."""
    say = r"cover|name|match|for another|not for"

    def case(what: str, sans: tuple[str, ...], host: str, more: str = say) -> Case:
        return Case(what, more, lab.tls(lab.issue("x.example", lab.mid, sans=sans), lab.mid), ("@", "--host", host))

    yield case("another host", ("shop.example",), "bank.example")
    yield case("wildcard over two labels", ("*.shop.example",), "a.b.shop.example")
    yield case("wildcard for the bare domain", ("*.shop.example",), "shop.example")
    yield case("partial wildcard", ("w*.shop.example",), "www.shop.example")
    yield case("address asked, only DNS names", ("localhost",), "127.0.0.1")
    yield case("address written as a DNS name", ("127.0.0.1",), "127.0.0.1", rf"{say}|dNSName|address")
    leaf = lab.issue("shop.example", lab.mid, sans=())
    more = r"alternative|\bSAN\b|common name|no (DNS )?names?|cover"
    yield Case("only a common name", more, lab.tls(leaf, lab.mid), ("@", "--host", "shop.example"))


def chains(lab: Lab) -> Iterator[Case]:
    """Chains that lead nowhere, or to somebody else."""
    untrusted = r"not trust|no trust|untrusted|unknown|self-signed|signed itself|signed by itself|does not know"
    missing = r"missing|not sen[dt]|incomplete|did not send|without|lacks|leaves out|not present"
    yield Case("intermediate not sent", missing, lab.tls(lab.leaf))
    upper = lab.issue("Upper", lab.root, ca=True)
    lower = lab.issue("Lower", upper, ca=True)
    leaf = lab.issue("localhost", lower)
    yield Case("upper of two intermediates not sent", missing, lab.tls(leaf, lower))
    yield Case("self-signed leaf", untrusted, lab.tls(lab.issue("localhost")))
    other = lab.issue("Other Root", ca=True)
    leaf = lab.issue("localhost", other)
    yield Case("unknown root sent along", untrusted, lab.tls(leaf, other))
    wrong = rf"{missing}|another|wrong|not the issuer|unrelated|no certificate.*signed|issuer|did not sign"
    yield Case("somebody else's intermediate", wrong, lab.tls(lab.leaf, lab.issue("Elsewhere", lab.root, ca=True)))
    key = r"another key|other key|different key|key.*(differ|not)|signature|did not sign|not signed"
    again = lab.issue("Stranger Issuing", lab.root, ca=True)
    yield Case("intermediate of the same name, another key", key, lab.tls(lab.leaf, again))
    impostor = lab.issue("Stranger Root", ca=True)
    leaf = lab.issue("localhost", impostor)
    yield Case("root of the same name, another key", key, lab.tls(leaf, impostor))
    bad = r"signature|not signed|did not sign|altered|changed|tampered"
    yield Case("leaf's signature altered", bad, lab.tls(_altered(lab.leaf), lab.mid))
    middle = _altered(lab.mid)
    yield Case("intermediate's signature altered", bad, lab.tls(lab.leaf, middle))


def constraints(lab: Lab) -> Iterator[Case]:
    """Certificates used for what they are not for."""
    fake = lab.issue("not-a-ca.example", lab.mid)
    say = r"no CA|not a CA|isn't a CA|CA: FALSE|may not (sign|issue)|basic constraints"
    yield Case("issued by a leaf", say, lab.tls(lab.issue("localhost", fake), fake, lab.mid))
    mute = lab.issue("Mute", lab.root, ca=True, usage="crl_sign")
    say = r"keyCertSign|key usage|may not sign|not allowed to (sign|issue)|sign certificates"
    yield Case("intermediate without keyCertSign", say, lab.tls(lab.issue("localhost", mute), mute))
    short = lab.issue("Short", lab.root, ca=True, path=0)
    below = lab.issue("Below", short, ca=True)
    say = r"path ?len|length|too (long|many)|at most|more (CAs|intermediates|certificates)|CA below|below it"
    yield Case("path length exceeded", say, lab.tls(lab.issue("localhost", below), below, short))
    say = r"constraint|permit|exclud|allowed|may (only|not) issue"
    for what, kept, out in (("permitted", ["shop.example"], None), ("excluded", None, ["localhost"])):
        allowed, denied = ([x509.DNSName(n) for n in names] if names else None for names in (kept, out))
        ca = lab.issue(f"Only {what}", lab.root, ca=True, extra=((x509.NameConstraints(allowed, denied), True),))
        yield Case(f"name constraints: {what}", say, lab.tls(lab.issue("localhost", ca), ca))
    say = r"purpose|usage|clientAuth|serverAuth|for clients|client certificate|not for (a )?server"
    yield Case("leaf for clients only", say, lab.tls(lab.issue("localhost", lab.mid, eku=(Eku.CLIENT_AUTH,)), lab.mid))
    mail = lab.issue("Mail CA", lab.root, ca=True, eku=(Eku.EMAIL_PROTECTION,))
    yield Case("intermediate for mail only", rf"{say}|emailProtection", lab.tls(lab.issue("localhost", mail), mail))
    leaf = lab.issue("localhost", lab.mid, usage="crl_sign")
    yield Case("leaf's key usage is cRLSign alone", rf"{say}|digitalSignature", lab.tls(leaf, lab.mid))
    strange = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.55555.7"), b"\x05\x00")
    leaf = lab.issue("localhost", lab.mid, extra=((strange, True),))
    yield Case("unknown critical extension", r"critical|extension", lab.tls(leaf, lab.mid))
    leaf = lab.issue("localhost", lab.mid, key=rsa.generate_private_key(65537, 1024))
    yield Case("RSA key of 1024 bits", r"1024|weak|short|small|bits", lab.tls(leaf, lab.mid))
    yield Case("signed with SHA-1", r"SHA-?1|weak|hash|digest", lab.tls(_sha1(lab), lab.mid))


def _sha1(lab: Lab) -> Pair:
    key = lab.key()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    request = x509.CertificateSigningRequestBuilder(name).sign(key, hashes.SHA256())
    lab.write("sha1.csr", request.public_bytes(PEM))
    lab.write(
        "sha1.ext", b"subjectAltName=DNS:localhost\nbasicConstraints=critical,CA:FALSE\nkeyUsage=digitalSignature\n"
    )
    lab.write("sha1.ca", pem(lab.mid) + key_pem(lab.mid))
    command = (
        "openssl x509 -req -sha1 -in sha1.csr -CA sha1.ca -CAkey sha1.ca -set_serial 99 -days 30 -extfile sha1.ext"
    )
    made = subprocess.run(command.split(), cwd=lab.folder, capture_output=True, check=True).stdout
    return Pair(x509.load_pem_x509_certificate(made), key)


def handshakes(lab: Lab) -> Iterator[Case]:
    """TLS that does not come to an agreement."""
    for version, label in ((ssl.TLSVersion.TLSv1, "1.0"), (ssl.TLSVersion.TLSv1_1, "1.1")):
        handler = lab.tls(lab.leaf, lab.mid, minimum_version=version, maximum_version=version)
        yield Case(f"TLS {label} only", r"version|TLS 1\.[01]|protocol|old", handler)
    suites = "ECDHE-ECDSA-NULL-SHA@SECLEVEL=0"
    handler = lab.tls(lab.leaf, lab.mid, ciphers=suites, maximum_version=ssl.TLSVersion.TLSv1_2)
    yield Case("no suite in common", r"suite|cipher|in common|agree", handler, unsure=True)
    demand = r"client certificate|certificate (of|from) the client|client.*certificate|mutual|certificate required"
    for version, label in ((ssl.TLSVersion.TLSv1_3, "1.3"), (ssl.TLSVersion.TLSv1_2, "1.2")):
        handler = lab.tls(
            lab.leaf, lab.mid, verify_mode=ssl.CERT_REQUIRED, minimum_version=version, maximum_version=version
        )
        yield Case(f"client certificate demanded, TLS {label}", demand, handler)

    def unknown(*_: object) -> int:
        return ssl.AlertDescription.ALERT_DESCRIPTION_UNRECOGNIZED_NAME

    say = r"unrecognized|name|SNI|does not know"
    yield Case("alert: unrecognized name", say, lab.tls(lab.leaf, lab.mid, sni_callback=unknown))
    refused = r"alert|refus|reject|handshake.failure|broke off|agree|in common"
    for code, what in ((40, "handshake failure"), (80, "internal error"), (49, "access denied")):
        say = rf"{refused}|{what.replace(' ', '.')}|fault of its own"
        yield Case(f"alert: {what}", say, _say(bytes((21, 3, 3, 0, 2, 2, code)), listen=True), unsure=True)
    begun = b"\x16\x03\x03\x00\x7a\x02\x00\x00\x76\x03\x03" + lab.random.randbytes(20)
    silent = r"time|answer|silent|nothing|respond|wait|second|hang|stall|stop"
    yield Case("stalls within its hello", silent, _stall(begun), unsure=True)
    closed = r"clos|ended|EOF|hung up|broke|reset|cut|without"
    yield Case("closes within its hello", closed, _half(begun), unsure=True)


def _half(first: bytes) -> Handler:
    def handler(connection: socket.socket) -> None:
        connection.recv(4000)
        connection.sendall(first)

    return handler


def plains(lab: Lab) -> Iterator[Case]:
    """Something else than TLS on the port, or nothing."""
    http = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\nplain HTTP only\n"
    yield Case("HTTP", rf"HTTP|{NOT_TLS}", _half(http))
    yield Case("SSH", rf"SSH|{NOT_TLS}", _say(b"SSH-2.0-OpenSSH_9.2p1\r\n"))
    mysql = b"\x4a\x00\x00\x00\x0a8.0.36\x00" + lab.random.randbytes(60)
    yield Case("MySQL", rf"MySQL|{NOT_TLS}", _say(mysql), unsure=True)
    yield Case("Redis", rf"Redis|{NOT_TLS}", _half(b"-ERR Protocol error\r\n"), unsure=True)
    yield Case("random bytes", NOT_TLS, _half(lab.random.randbytes(64)), unsure=True)
    yield Case("echo", rf"echo|hello|unexpected|{NOT_TLS}", _echo, unsure=True)
    silent = r"time|answer|silent|nothing|respond|wait|second|says no"
    yield Case("accepts and says nothing", silent, _stall(), unsure=True)
    yield Case("closes at once", r"clos|ended|EOF|hung up|broke|reset", lambda connection: None, unsure=True)
    yield Case("resets after the hello", r"reset|broke|clos|cut", _reset, unsure=True)
    yield Case("nobody listens", r"refused|listen|nothing (runs|there)", None)
    say = r"resolv|DNS|lookup|no address|not found|unknown|no such|name"
    yield Case("a host that does not exist", say, None, ("no-such-host.invalid:443",))
    talk = {b"EHLO": b"250-mx\r\n250 SIZE 1000\r\n", b"STARTTLS": b"502 no\r\n", b"QUIT": b"221 bye\r\n"}
    plain = _dialogue(b"220 mx.example ESMTP\r\n", talk)
    yield Case("SMTP without STARTTLS", r"STARTTLS", plain)
    yield Case("SMTP, STARTTLS switched off", rf"SMTP|STARTTLS|{NOT_TLS}", plain, ("@", "--starttls", "no"))
    talk = {b"EHLO": b"250-mx\r\n250 STARTTLS\r\n", b"QUIT": b"221 bye\r\n"}
    leaf = lab.issue("localhost", lab.mid, days=(-90, -1))
    handler = _dialogue(b"220 mx.example ESMTP\r\n", talk, lab.tls(leaf, lab.mid))
    # Mended after the first run: "ended" is as right here as it is in `times`.
    yield Case("SMTP with STARTTLS, expired", r"expired|ran out|no longer valid|ended", handler)
    talk = {b"CAPABILITY": b"* CAPABILITY IMAP4rev1\r\nTAG OK\r\n", b"STARTTLS": b"TAG BAD no\r\n"}
    handler = _dialogue(b"* OK IMAP4rev1 ready\r\n", talk)
    yield Case("IMAP refuses STARTTLS", r"STARTTLS|refus", handler, ("@", "--starttls", "imap"))
    say = r"refus|STARTTLS|does not offer|no TLS|SSL|without TLS|declin|switched off"
    yield Case("PostgreSQL says N", say, _say(b"N", listen=True), ("@", "--starttls", "postgres"))


def files(lab: Lab) -> Iterator[Case]:
    """Files that are damaged, or are something else; each is asked for localhost."""
    full, key = pem(lab.leaf, lab.mid), key_pem(lab.leaf)
    der, host = lab.leaf.cert.public_bytes(DER), ("--host", "localhost")
    lines = pem(lab.leaf).splitlines(keepends=True)
    request = x509.CertificateSigningRequestBuilder(lab.leaf.cert.subject).sign(lab.leaf.key, hashes.SHA256())
    p12 = pkcs12.serialize_key_and_certificates(
        b"x", lab.leaf.key, lab.leaf.cert, [lab.mid.cert], serialization.BestAvailableEncryption(b"secret")
    )
    p7b = pkcs7.serialize_certificates([lab.leaf.cert, lab.mid.cert], PEM)
    public = lab.leaf.key.public_key().public_bytes(PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    crl = x509.CertificateRevocationListBuilder(lab.root.cert.subject, lab.now, lab.now + datetime.timedelta(days=9))
    unread = r"cannot be read|not readable|damaged|truncat|incomplete|cut|broken|BEGIN|END|base64|not valid|unreadable"
    none = r"no certificate|not a certificate|no PEM|neither"
    for name, data, say, unsure in (
        ("cut.pem", b"".join(lines[: len(lines) // 2]), unread, False),
        ("cut.der", der[:-40], rf"{unread}|{none}|short|DER", False),
        ("bad64.pem", b"".join([lines[0], b"!!!!####\n", *lines[2:]]), rf"{unread}|{none}", False),
        ("oneline.pem", full.replace(b"\n", b"\\n"), rf"{unread}|{none}|newline|line", False),
        ("request.pem", request.public_bytes(PEM), r"request|CSR", False),
        ("only.key", key, rf"{none}|private key|only a key", False),
        ("server.p12", p12, rf"PKCS|p12|pfx|password|{none}", True),
        ("bundle.p7b", p7b, r"PKCS|p7b|no certificate", True),
        ("public.pem", public, rf"public key|{none}", False),
        ("empty.pem", b"", rf"empty|{none}", False),
        ("page.crt", b"<!DOCTYPE html><html>404 Not Found</html>", rf"HTML|page|{none}", False),
        ("root.crl", crl.sign(lab.root.key, hashes.SHA256()).public_bytes(PEM), rf"CRL|revocation|{none}", False),
    ):
        path = lab.write(name, data)
        yield Case(f"file {name}", say, None, (path, *host), unsure=unsure, fine=name.endswith("p7b"))


def together(lab: Lab) -> Iterator[Case]:
    """Sound files that do not go together."""
    chain, host = lab.write("fullchain.pem", pem(lab.leaf, lab.mid)), ("--host", "localhost")
    locked = lab.leaf.key.private_bytes(PEM, PKCS8, serialization.BestAvailableEncryption(b"secret"))
    say = r"key.*(match|belong|another|not|fit|differ)|(match|belong|another|fit).*key"
    yield Case("files: another key", say, None, (chain, lab.write("other.key", key_pem(lab.mid)), *host))
    say = r"encrypt|pass(word|phrase)|locked"
    yield Case("files: key with a password", say, None, (chain, lab.write("locked.key", locked), *host), unsure=True)
    turned = lab.write("turned.pem", pem(lab.root, lab.mid, lab.leaf))
    yield Case("files: root first", r"order|first", None, (turned, *host), fine=True)
    yield Case("files: no such file", r"no such|not found|exist|cannot be read", None, (chain + "x.pem", *host))
    alone = lab.write("alone.pem", pem(lab.leaf))
    yield Case(
        "files: no intermediate", r"missing|incomplete|not (there|given|sent)|without|lacks", None, (alone, *host)
    )


def goods(lab: Lab) -> Iterator[Case]:
    """Nothing is wrong with these."""
    host = ("--host", "localhost")
    yield Case("good: server", "", lab.tls(lab.leaf, lab.mid), good=True)
    upper = lab.issue("Upper", lab.root, ca=True)
    lower = lab.issue("Lower", upper, ca=True)
    handler = lab.tls(lab.issue("localhost", lower), upper, lower)
    yield Case("good enough: intermediates in the wrong order", r"order", handler, fine=True)
    leaf = lab.issue("localhost", lab.mid, sans=("ip:127.0.0.1",))
    yield Case("good: address", "", lab.tls(leaf, lab.mid, lab.root), ("@", "--host", "127.0.0.1"), good=True)
    talk = {b"EHLO": b"250-mx\r\n250 STARTTLS\r\n", b"QUIT": b"221 bye\r\n"}
    handler = _dialogue(b"220 mx.example ESMTP\r\n", talk, lab.tls(lab.leaf, lab.mid))
    yield Case("good: SMTP with STARTTLS", "", handler, good=True)
    der = [lab.write(f"{name}.pem", pair.cert.public_bytes(DER)) for name, pair in (("l", lab.leaf), ("m", lab.mid))]
    yield Case("good: DER in files called .pem", "", None, (*der, *host), good=True)
    crlf = lab.write("crlf.pem", pem(lab.leaf, lab.mid).replace(b"\n", b"\r\n"))
    key = lab.write("good.key", key_pem(lab.leaf))
    yield Case("good: CRLF, with its key", "", None, (crlf, key, *host), good=True)


def examine(lab: Lab, case: Case) -> tuple[str, int, str]:
    """Asks the doctor: the verdict, the exit status and the cause."""
    with serving(case.serve) as address:
        trust = str(lab.folder / "root.pem") if case.trust == "root" else case.trust
        asked = [address if part == "@" else part for part in case.ask]
        if "@" in case.ask and "--host" not in case.ask:
            asked += ["--host", "localhost"]
        command = [*DOCTOR, *asked, "--trust", trust, "--timeout", "2", "--json"]
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
        done = subprocess.run(command, capture_output=True, text=True, timeout=LIFE, env=environment)
    try:
        cause = str(json.loads(done.stdout)["cause"])
    except (ValueError, KeyError):
        cause = done.stderr.strip() or done.stdout.strip()
    return judge(case, done.returncode, cause), done.returncode, cause


def judge(case: Case, status: int, cause: str) -> str:
    """WRONG is a confident answer that misses the cause, or "good" where it is not; "no use" is a needless 3."""
    if "Traceback" in cause:
        return "WRONG"
    if status == 0 or case.good:
        return "right" if status == 0 and (case.good or case.fine) else "WRONG"
    said = re.search(case.say, cause, re.IGNORECASE | re.DOTALL) is not None
    if status == 3:  # honest too where the sentence says what is the matter: a request holds no certificate to judge
        return "cannot tell" if case.unsure or said else "no use"
    return "right" if said else "WRONG"


def run() -> bool:
    """Ask about every case; whether at least 95 % are right or honestly unsure, and none confidently wrong."""
    with tempfile.TemporaryDirectory() as folder:
        lab = Lab(Path(folder))
        groups = (times, names, chains, constraints, handshakes, plains, files, together, goods)
        cases = [case for group in groups for case in group(lab)]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            results = list(pool.map(lambda case: examine(lab, case), cases))
    for case, (verdict, status, cause) in zip(cases, results, strict=True):
        print(f"{verdict:<12}{status}  {case.name:<46}{cause}")
    counts = {
        word: sum(verdict == word for verdict, *_ in results) for word in ("right", "cannot tell", "no use", "WRONG")
    }
    for word, count in counts.items():
        print(f"{word:<12}{count:>3} of {len(cases)}, {count / len(cases):.1%}")
    honest = (counts["right"] + counts["cannot tell"]) / len(cases)
    return not counts["WRONG"] and honest >= ENOUGH
