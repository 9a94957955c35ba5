"""The same question as in `first`, by a fifth hand: 82 servers and files as they come to a support desk.

Sections: none.
Leaves out: the fixes and the place in the chain; the cause, what is said besides it and the exit status count.
CASES holds each case's truth and judge, fixed before the doctor was asked. Its first run, on 2026-11-25, found 78 of 82
right (95.1 %) by them and 77 by reading, one of them wrong; after it one judge was widened (live-pathlen), one made
stricter (file-trust-glued), and the doctor mended. RSA keys and signatures do not come from the seed.
"""

from __future__ import annotations

import base64
import hashlib
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
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, pkcs7, pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

SEED = 20261125
RNG = random.Random(SEED)
NOW = datetime.now(UTC).replace(microsecond=0)
WORK = Path()  # a folder of its own for each run
HOST = "shop.test"
Handler = Callable[[socket.socket], None]
Tweak = Callable[[ssl.SSLContext], None]
Setup = tuple[Handler | None, dict[str, str | bytes], list[str]]

# name | flags | truth | judge. Flags: good (exit 0 only), unsure (3 is fine), warn (0 with a matching warning is fine).
CASES = r"""
live-good-idn | good | The host is given in Unicode, the certificate has its A-label. |
live-good-shuffled | good | Intermediates in wrong order, a stranger between; Python sorts that out. |
live-good-sni | good | A fake certificate by default, the right one by SNI. |
live-good-cross | good | The new root is cross-signed by the old one that the client trusts. |
live-good-constraint-dns | good | The constraint permits shop.test; addresses are not constrained at all. |
live-good-smtp | good | STARTTLS on an odd port. |
live-no-intermediate | | The server does not send its intermediate. | (?=.*<ISS>)(?=.*<LACK>)
live-sub-expired | | The intermediate is expired, the leaf is not. | (?=.*<PAST>)(?=.*(intermediate|issuing old))
live-ip-as-dns | | The address is in the SAN, but as a DNS name. | (?=.*(IP|address))(?=.*(DNS|name|SAN|entry|cover))
live-ip-no-name | | Called by address; the SAN has DNS names only. | \bIP\b|address|127\.0\.0\.1
live-san-url | | The SAN holds a URL in place of a host name. | cover|match|URL|https
live-new-root | | The root has a new key; the client has the old root of that name. | <OTHERKEY>
live-old-generation | | The intermediate sent is the old generation: same name, other key. | <OTHERKEY>
live-fake-default | | The load balancer's self-signed certificate. | self-?sign|signed (by )?itself|default|fake
live-sni-refused | | unrecognized_name. | unrecogni[sz]ed.?name|does not know|knows no|no (site|host)|SNI|server name
live-sni-other-site | | By SNI the server gives another site's certificate. | cover|match|name|another (site|host)
live-client-cert-13 | | A client certificate is demanded, by TLS 1.3. | <MTLS>
live-client-cert-12 | unsure | A client certificate is demanded, by TLS 1.2. | <MTLS>
live-client-cert-expired | | A client certificate is demanded, but first the server's is expired. | <PAST>
live-small-dh | | The server's Diffie-Hellman group has 1024 bits. | \bDHE?\b|Diffie|DH_KEY|1024
live-odd-curve | unsure | Only brainpoolP256r1, which no client offers. | curve|group|cipher|suite|in common|parameters
live-permitted | | The intermediate may only vouch for corp.test. | constrain|permit|may (only|not)|allow|restrict
live-pathlen | | A CA with path length 0 has a CA below it. | path.?len|too (long|deep|many)|depth|more CAs
live-issuer-no-ca | | Signed by no CA. | \b(not?|isn.t) (an? )?(\w+ )?(CA|author)|not (sign|issue)|CA.?FALSE|basic.?con
live-no-certsign | | The intermediate's key usage lacks keyCertSign. | key.?usage|certsign|certificate sign|may not sign
live-bad-signature | | The leaf's signature is damaged. | signature|sign.*(wrong|not)|damag|alter|tamper|chang
live-trust-sub | | No root in the trust file. | (?=.*(intermediate|issuing|root|not self))(?=.*(trust|root|anchor))
live-plain-http | | The port speaks plain HTTP. | HTTP|plain|<NOTLS>
live-mysql | | MySQL, which starts TLS by a protocol of its own. | MySQL|MariaDB|plain|greet|<NOTLS>
live-smtp-expired | | STARTTLS found by the greeting; the certificate is expired. | <PAST>
live-smtp-none | | The mail server offers no STARTTLS. | (?=.*TLS)(?=.*(offer|support|refus|not|without|plain|no ))
live-imap-no-sub | | IMAP: the intermediate is missing behind STARTTLS. | (?=.*<ISS>)(?=.*<LACK>)
live-pop3-refused | | POP3: STLS is answered with -ERR. | (?=.*(STLS|TLS))(?=.*(refus|reject|not|den|ERR|declin|no ))
live-ftp-host | | FTP: AUTH TLS works, the certificate is for another host. | cover|match|name
live-postgres-off | | PostgreSQL says N. | (?=.*(TLS|SSL))(?=.*(refus|not|off|without|declin|no |disab|\bN\b))
live-close | | Closed after the ClientHello without a word. | clos|hung up|EOF|ended|end of|without (an )?answer
live-stall | | The server accepts and is silent. | silen|time.?out|timed out|no(t)? (answer|reply|byte)|nothing|within
live-stall-middle | | The first flight stops halfway. | silen|time.?out|timed out|stall|stopp|within|no more|middle
live-bad-record | | A byte of the encrypted flight is damaged. | damag|alter|chang|corrupt|MAC|decrypt|tamper|garbl
live-bad-exchange | unsure | TLS 1.2: the key exchange's signature is damaged. | signature|damag|alter|corrupt|tamper
live-good-stale-root | good | The server sends the old root, which nobody needs; the client has the new one. |
file-good-two-roots | good | The trust file has the old root and the new one of the same name. |
file-good-two-subs | good | The chain has the old generation of the intermediate beside the new one. |
file-good-crlf | good | Windows line ends and bag attributes, which OpenSSL passes over. |
file-good-at | good | Expired today, but the question is about the year before. |
file-good-client | good | A client's certificate, asked for as one. |
file-good-ipv6 | good | An IPv6 address, written the long way. |
file-good-cross | good | The chain ends in a cross-sign of an expired root; the client has the new root. |
file-good-ec-params | good | EC PARAMETERS stand before the key. |
file-good-self-trusted | good | A self-signed server certificate that is itself the trust file. |
file-bom | warn | A byte order mark: OpenSSL 3 skips it, others do not. | BOM|byte.?order|mark|UTF-8
file-utf16 | warn | PowerShell wrote the PEM as UTF-16. | UTF-?16|encod|byte.?order|BOM
file-base64-twice | warn | The whole PEM is base64-encoded once more. | base64|encoded (twice|again|once more)
file-indent | warn | Every line is indented: no start line. | indent|space|blank|column|start of (the |a )?line
file-backslash-n | warn | Backslash and n in place of line ends. | \\n|line (end|break)|newline|backslash|one line
file-glued | warn | Two certificates glued: END and BEGIN share a line. | <GLUED>
file-der-cut | | A DER file cut off after 300 bytes. | damag|broke|incompl|trunc|cut|not? .*(read|parse)|corrupt|short
file-pkcs7 | warn unsure | A PKCS#7 bundle; servers want certificates one by one. | PKCS ?#?7|p7b|bundle
file-pkcs12 | unsure | A PKCS#12 file behind a password. | PKCS ?#?12|p12|pfx|password
file-jks | unsure | A Java keystore. | JKS|Java|key ?store
file-crl | | A revocation list in place of the certificate. | CRL|revocation
file-ppk | | The key is in PuTTY's format. | PuTTY|PPK
file-openssh-key | warn | The key is in OpenSSH's format, which TLS servers do not read. | OpenSSH|ssh
file-key-locked | warn unsure | The key is encrypted with a passphrase. | encrypt|pass ?(phrase|word)|locked
file-trusted-form | warn | TRUSTED CERTIFICATE is read by OpenSSL only. | TRUSTED|OpenSSL|only
file-old-key | | Renewed certificate, old key. | key.*(match|belong|fit|other|different|not|pair)|mismatch
file-reversed | warn | The intermediate stands first in the chain file. | order|first|revers|before|starts with
file-old-and-new | warn | The new leaf stands behind the old one. | two|more than one|several|first|<PAST>|order|both|2
file-old-generation | | The chain has the intermediate's old generation. | <OTHERKEY>
file-at-after-sub | | Then the intermediate, not the leaf, is expired. | (?=.*<PAST>)(?=.*(intermediate|issuing|short))
file-root-expired | | The trusted root itself is expired. | (?=.*<PAST>)(?=.*(root|anchor|trust))
file-cross-old-only | | The client has the expired root of the cross-sign only. | (?=.*<PAST>)(?=.*(root|anchor|trust))
file-client-as-server-only | | For clients; it is for servers only. | serverAuth|server|purpose|client|EKU|extended key
file-excluded-ip | | The intermediate excludes IPv4; the leaf has an address. | constrain|exclu|forbid|may not|allowed
file-permitted-dn | | Only names of another organisation are permitted. | constrain|permit|director|allow|may (only|not)
file-ip-in-cn | | The address is in the common name only. | common name|\bCN\b|address|\bIP\b|SAN|alternative|cover
file-cn-only | warn | No SAN: browsers refuse, Python 3.11 does not. | common name|\bCN\b|SAN|alternative
file-partial-wildcard | | A wildcard inside a label (sh*.test.example). | wildcard|\*|cover|match|label
file-critical | | An unknown critical extension. | critical|extension
file-aki-other | | The key identifier names another issuer key. | key.?id|AKI|authority key|identifier|other key
file-trust-empty | | The trust file is empty. | empty|no certificate|nothing|no (trust )?anchor
file-trust-glued | | The trust file's two roots are glued. | <GLUED>|dash|trust.*(read|broken|damag)
"""
MACROS = {
    "ISS": r"(intermediate|issuing|issuer|E1)",
    "LACK": r"(not sen[dt]|does not|did not|missing|lack|without|absent|left out|incompl|only)",
    "PAST": r"(expir|ended|ran out|no longer|out of (its )?time|too old)",
    "GLUED": r"(line break|newline|same line|one line|line end|own line|glued|END.*BEGIN|line of its own)",
    "MTLS": r"(client.{0,30}certificate|certificate.{0,30}client|mutual|mTLS)",
    "NOTLS": r"(no TLS|not (speak )?TLS|without TLS|(an|some)?other protocol)",
    "OTHERKEY": r"(other|differ|wrong|not (by|with)|did not|old|same name).*(key|sign|gener)|key.*(other|differ|not)",
}


class Id(NamedTuple):
    cert: x509.Certificate
    key: Any


def general(name: str) -> x509.GeneralName:
    with suppress(ValueError):
        return x509.IPAddress(ipaddress.ip_network(name) if "/0" in name else ipaddress.ip_address(name))
    return x509.DNSName(name.removeprefix("dns:"))


def issue(
    cn: str,
    by: Id | None = None,
    ca: bool = False,
    names: Sequence[str] = (),
    days: tuple[float, float] = (-10, 80),
    eku: x509.ObjectIdentifier = ExtendedKeyUsageOID.SERVER_AUTH,
    key: Any = None,
    more: Sequence[tuple[x509.ExtensionType, bool]] = (),
) -> Id:
    """Sign a certificate with `by`, or with its own key; `more` replaces extensions of its kind."""
    key = key or ec.derive_private_key(RNG.getrandbits(250) + 2, ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, cn)])
    signer = by.key if by else key
    made = x509.CertificateBuilder().subject_name(subject).issuer_name(by.cert.subject if by else subject)
    made = made.public_key(key.public_key()).serial_number(RNG.getrandbits(120) + 1)
    made = made.not_valid_before(NOW + timedelta(days=days[0])).not_valid_after(NOW + timedelta(days=days[1]))
    extensions: list[tuple[x509.ExtensionType, bool]] = [
        (x509.BasicConstraints(ca, None), True),
        (x509.KeyUsage(not ca, False, False, False, False, ca, ca, False, False), True),
        (x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False),
        (x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), False),
    ]
    if names:
        extensions.append((x509.SubjectAlternativeName([general(name) for name in names]), False))
    if not ca:
        extensions.append((x509.ExtendedKeyUsage([eku]), False))
    for extension, critical in {one[0].oid: one for one in [*extensions, *more]}.values():
        made = made.add_extension(extension, critical)
    return Id(made.sign(signer, hashes.SHA256()), key)


def leaf(*names: str, **more: Any) -> Id:
    return issue((names or [HOST])[0].removeprefix("dns:"), **{"by": SUB, "names": names or [HOST], **more})


def sub(cn: str = "Harbour Issuing X9", **more: Any) -> Id:
    return issue(cn, **{"by": ROOT, "ca": True, "days": (-300, 700), **more})


END_CA = [(x509.BasicConstraints(True, 0), True)]
ROOT = issue("Harbour Root", ca=True, days=(-900, 2000))
ROOT_OLD = issue("Harbour Root", ca=True, days=(-2500, 300))
ROOT_DEAD = issue("Lighthouse Root", ca=True, days=(-4000, -20))
ROOT_CROSS = issue("Pier Root", ca=True, days=(-4000, 200))
LANTERN = issue("Lantern Root", ca=True, days=(-900, 2000))
SUB_TOP = sub("Harbour Policy P1")
SUB = sub("Harbour Issuing E1", more=END_CA)
SUB_OLD = sub("Harbour Issuing E1", days=(-900, 100), more=END_CA)
GOOD = leaf()


def chain(*ids: Id) -> str:
    return "".join(one.cert.public_bytes(Encoding.PEM).decode() for one in ids)


def key_pem(one: Id) -> str:
    return str(one.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode())


def openssl(*args: str, given: str = "") -> bytes:
    return subprocess.run(["openssl", *args], input=given.encode(), capture_output=True, check=True).stdout


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 4]) + data[at + 1 :]


def serve(handler: Handler) -> int:
    """Listen on a free port for 60 seconds and 40 connections at most."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.5)

    def one(conn: socket.socket) -> None:
        with conn, suppress(OSError, EOFError):
            conn.settimeout(8)
            handler(conn)

    def loop() -> None:
        end, count = time.monotonic() + 60, 0
        while time.monotonic() < end and count < 40:
            with suppress(TimeoutError):
                conn, _ = listener.accept()
                count += 1
                threading.Thread(target=one, args=(conn,), daemon=True).start()
        listener.close()

    threading.Thread(target=loop, daemon=True).start()
    return int(listener.getsockname()[1])


def hush(conn: socket.socket) -> None:
    while conn.recv(65536):
        pass


def drain(conn: socket.socket) -> None:
    with suppress(OSError):
        conn.shutdown(socket.SHUT_WR)
        hush(conn)


def context(ids: Sequence[Id], tweak: Tweak | None = None) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.set_ciphers("ALL:@SECLEVEL=0")
    path = WORK / f"server-{ids[0].cert.serial_number:x}-{len(ids)}.pem"
    path.write_text(key_pem(ids[0]) + chain(*ids))
    made.load_cert_chain(path)
    if tweak:
        tweak(made)
    return made


def tls(*ids: Id, tweak: Tweak | None = None, before: Handler | None = None) -> Handler:
    made = context(ids, tweak)

    def handle(conn: socket.socket) -> None:
        if before:
            before(conn)
        with made.wrap_socket(conn, server_side=True, do_handshake_on_connect=False) as secured:
            try:
                secured.do_handshake()
                if secured.recv(4096):
                    secured.sendall(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
            except OSError:
                drain(secured)

    return handle


def edited(edit: Callable[[bytes], bytes], then: Handler = drain, tweak: Tweak | None = None) -> Handler:
    made = context([GOOD, SUB], tweak)

    def handle(conn: socket.socket) -> None:
        given, sent = ssl.MemoryBIO(), ssl.MemoryBIO()
        end = made.wrap_bio(given, sent, server_side=True)
        while not sent.pending:
            given.write(conn.recv(65536))
            with suppress(ssl.SSLWantReadError):
                end.do_handshake()
        conn.sendall(edit(sent.read()))
        then(conn)

    return handle


def say(answer: bytes, first: bytes = b"") -> Handler:
    def handle(conn: socket.socket) -> None:
        conn.sendall(first)
        conn.recv(65536)
        conn.sendall(answer)
        drain(conn)

    return handle


def talk(greeting: str, replies: dict[str, str], last: str = "") -> Handler:
    """A line protocol in plain text; returns after answering `last`, raises EOFError at the end."""

    def handle(conn: socket.socket) -> None:
        conn.sendall(greeting.encode() + b"\r\n")
        for line in conn.makefile("rb", buffering=0):
            words = [*line.decode("latin-1").upper().split(), "", ""]
            word = next((word for word in words[:2] if word in replies), "")
            conn.sendall(replies[word].replace("TAG", words[0]).encode() + b"\r\n")
            if last and word == last:
                return
        raise EOFError

    return handle


def live(handler: Handler, host: str = HOST, trust: Id | None = None, extra: Sequence[str] = ()) -> Setup:
    return handler, {"trust.pem": chain(trust or ROOT)}, ["--host", host, *extra]


def files(*parts: str | bytes, names: Sequence[str] = (), host: str | None = HOST, **more: Any) -> Setup:
    named = dict(zip([*names, *(f"{at}.pem" for at in range(len(names), len(parts)))], parts, strict=True))
    named["trust.pem"] = more.get("trust", chain(ROOT))
    return None, named, [*(["--host", host] if host else []), *more.get("extra", ())]


def sni(choose: Callable[..., int | None]) -> Tweak:
    return lambda made: setattr(made, "sni_callback", choose)


def tuned(version: int = 2, suites: str = "ALL", curve: str = "", dh: str = "", demand: bool = False) -> Tweak:
    def tweak(made: ssl.SSLContext) -> None:
        made.minimum_version = made.maximum_version = ssl.TLSVersion(0x0301 + version)
        made.set_ciphers(suites + ":@SECLEVEL=0")
        if curve:
            made.set_ecdh_curve(curve)
        if dh:
            (WORK / "dh.pem").write_bytes(openssl("dhparam", "-dsaparam", dh))
            made.load_dh_params(str(WORK / "dh.pem"))
        if demand:
            made.verify_mode = ssl.CERT_REQUIRED
            made.load_verify_locations(cadata=chain(LANTERN))

    return tweak


def live_chains() -> dict[str, Setup]:
    cross = issue("Harbour Root", ROOT_CROSS, ca=True, key=ROOT.key, days=(-300, 190))
    dead = sub("Harbour Issuing Old", days=(-300, -2))
    bounds = [[(x509.NameConstraints([x509.DNSName(name)], None), True)] for name in ("corp.test", HOST)]
    corp, shop = (sub("Harbour Issuing N2", more=bound) for bound in bounds)
    policy = sub("Harbour Policy", more=END_CA)
    deep = sub("Harbour Issuing D4", by=policy)
    no_ca, no_sign = leaf("gate.test"), sub("Harbour Issuing K3", more=[(x509.KeyUsage(True, *[False] * 8), True)])
    der = GOOD.cert.public_bytes(Encoding.DER)
    return {
        "live-good-idn": live(tls(leaf("xn--bcher-kva.test"), SUB), "bücher.test"),
        "live-good-shuffled": live(tls(leaf(by=(inner := sub(by=SUB_TOP))), LANTERN, SUB_TOP, inner)),
        "live-good-cross": live(tls(GOOD, SUB, cross), trust=ROOT_CROSS),
        "live-good-constraint-dns": live(tls(leaf(HOST, "127.0.0.1", by=shop), shop), "127.0.0.1"),
        "live-good-stale-root": live(tls(GOOD, SUB, ROOT_OLD)),
        "live-no-intermediate": live(tls(GOOD)),
        "live-sub-expired": live(tls(leaf(by=dead), dead)),
        "live-new-root": live(tls(GOOD, SUB, ROOT), trust=ROOT_OLD),
        "live-old-generation": live(tls(GOOD, SUB_OLD)),
        "live-permitted": live(tls(leaf(by=corp), corp)),
        "live-pathlen": live(tls(leaf(by=deep), deep, policy)),
        "live-issuer-no-ca": live(tls(leaf(by=no_ca), no_ca, SUB)),
        "live-no-certsign": live(tls(leaf(by=no_sign), no_sign)),
        "live-bad-signature": live(tls(Id(x509.load_der_x509_certificate(flipped(der, -2)), GOOD.key), SUB)),
        "live-trust-sub": live(tls(GOOD, SUB), trust=SUB),
    }


def live_handshakes() -> dict[str, Setup]:
    heavy = leaf(key=rsa.generate_private_key(65537, 2048))
    mysql = b"\x4a\0\0\0\x0a8.0.36\0" + RNG.randbytes(12) + b"\0\xff\xf7\xff\x02\0" + b"mysql_native_password\0"
    return {
        "live-client-cert-13": live(tls(GOOD, SUB, tweak=tuned(3, demand=True))),
        "live-client-cert-12": live(tls(GOOD, SUB, tweak=tuned(demand=True))),
        "live-client-cert-expired": live(tls(leaf(days=(-90, -1)), SUB, tweak=tuned(demand=True))),
        "live-small-dh": live(tls(heavy, SUB, tweak=tuned(suites="DHE+AESGCM", dh="1024"))),
        "live-odd-curve": live(tls(GOOD, SUB, tweak=tuned(curve="brainpoolP256r1"))),
        "live-plain-http": live(say(b"HTTP/1.1 400 Bad Request\r\nServer: nginx\r\nConnection: close\r\n\r\n")),
        "live-mysql": live(say(b"", mysql)),
        "live-close": live(say(b"")),
        "live-stall": live(hush),
        "live-stall-middle": live(edited(lambda flight: flight[: len(flight) // 2], then=hush)),
        "live-bad-record": live(edited(lambda flight: flipped(flight, -30))),
        "live-bad-exchange": live(edited(lambda flight: flipped(flight, -12), tweak=tuned())),
    }


def live_starttls() -> dict[str, Setup]:
    hello = "220 mx.test ESMTP Postfix"
    smtp = talk(hello, {"EHLO": "250-mx.test\r\n250 STARTTLS", "STARTTLS": "220 go", "": "502 no"}, "STARTTLS")
    no_tls = talk(hello, {"EHLO": "250-mx.test\r\n250 8BITMIME", "": "502 no"})
    able = "CAPABILITY IMAP4rev1 STARTTLS"
    lines = {"CAPABILITY": f"* {able}\r\nTAG OK done", "STARTTLS": "TAG OK begin", "": "TAG BAD what"}
    imap = talk(f"* OK [{able}] Dovecot ready.", lines, "STARTTLS")
    pop = talk("+OK Dovecot ready.", {"CAPA": "+OK\r\nSTLS\r\n.", "STLS": "-ERR no TLS configured", "": "-ERR what"})
    lines = {"AUTH": "234 go ahead", "FEAT": "211-Feat\r\n AUTH TLS\r\n211 End", "": "502 no"}
    ftp = talk("220 ProFTPD", lines, "AUTH")
    fake = issue("Ingress Controller Fake Certificate", names=["ingress.local"])
    right, pay = context([GOOD, SUB]), context([leaf("pay.test"), SUB])
    to_right = sni(lambda conn, name, _: setattr(conn, "context", right) if name == HOST else None)
    to_pay = sni(lambda conn, *_: setattr(conn, "context", pay))
    unknown = ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
    return {
        "live-good-sni": live(tls(fake, tweak=to_right)),
        "live-ip-as-dns": live(tls(leaf("dns:127.0.0.1"), SUB), "127.0.0.1"),
        "live-ip-no-name": live(tls(GOOD, SUB), "127.0.0.1"),
        "live-san-url": live(tls(leaf("https://shop.test"), SUB)),
        "live-fake-default": live(tls(fake)),
        "live-sni-refused": live(tls(GOOD, SUB, tweak=sni(lambda *_: unknown))),
        "live-sni-other-site": live(tls(GOOD, SUB, tweak=to_pay)),
        "live-good-smtp": live(tls(GOOD, SUB, before=smtp), extra=["--starttls", "smtp"]),
        "live-smtp-expired": live(tls(leaf(days=(-90, -5)), SUB, before=smtp)),
        "live-smtp-none": live(no_tls, extra=["--starttls", "smtp"]),
        "live-imap-no-sub": live(tls(GOOD, before=imap)),
        "live-pop3-refused": live(pop, extra=["--starttls", "pop3"]),
        "live-ftp-host": live(tls(leaf("ftp.test"), SUB, before=ftp), extra=["--starttls", "ftp"]),
        "live-postgres-off": live(say(b"N"), extra=["--starttls", "postgres"]),
    }


def good_files() -> dict[str, Setup]:
    full = chain(GOOD, SUB)
    old = leaf(days=(-400, -310), by=(elder := sub("Harbour Issuing E0", days=(-800, 90))))
    user = leaf("alice", eku=ExtendedKeyUsageOID.CLIENT_AUTH)
    cross = issue("Harbour Root", ROOT_DEAD, ca=True, key=ROOT.key, days=(-900, -20))
    alone = issue(HOST, names=[HOST])
    params = b"-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"
    plain = GOOD.key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    bags = f"Bag Attributes\n    localKeyID: 01\nsubject=CN = {HOST}\n{chain(GOOD)}Bag Attributes: none\n{chain(SUB)}"
    return {
        "file-good-two-roots": files(full, key_pem(GOOD), trust=chain(ROOT_OLD, ROOT)),
        "file-good-two-subs": files(chain(GOOD, SUB_OLD, SUB), key_pem(GOOD)),
        "file-good-crlf": files(bags.replace("\n", "\r\n"), key_pem(GOOD).replace("\n", "\r\n")),
        "file-good-at": files(chain(old, elder), extra=["--at", f"{NOW + timedelta(days=-350):%Y-%m-%dT%H:%M:%SZ}"]),
        "file-good-client": files(chain(user, SUB), key_pem(user), host=None, extra=["--purpose", "client"]),
        "file-good-ipv6": files(chain(leaf("2001:db8::5"), SUB), host="2001:0db8:0:0:0:0:0:5"),
        "file-good-cross": files(chain(GOOD, SUB, cross)),
        "file-good-ec-params": files(full, params + plain),
        "file-good-self-trusted": files(chain(alone), key_pem(alone), trust=chain(alone)),
    }


def format_files() -> dict[str, Setup]:
    full, key = chain(GOOD, SUB), key_pem(GOOD)
    der = GOOD.cert.public_bytes(Encoding.DER)
    secret = serialization.BestAvailableEncryption(b"hunter2")
    locked = GOOD.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, secret)
    store = pkcs12.serialize_key_and_certificates(b"shop", GOOD.key, GOOD.cert, [SUB.cert], secret)
    entry = struct.pack(">IIIIH", 0xFEEDFEED, 2, 1, 2, 4) + b"shop" + struct.pack(">QH", 0, 5) + b"X.509"
    entry += struct.pack(">I", len(der)) + der
    java = entry + hashlib.sha1("changeit".encode("utf-16-be") + b"Mighty Aphrodite" + entry).digest()
    revoked = x509.CertificateRevocationListBuilder().issuer_name(SUB.cert.subject).last_update(NOW)
    crl = revoked.next_update(NOW + timedelta(days=7)).sign(SUB.key, hashes.SHA256())
    body = base64.encodebytes(RNG.randbytes(104)).decode()
    ppk = f"PuTTY-User-Key-File-3: ecdsa-sha2-nistp256\nEncryption: none\nComment: shop\nPublic-Lines: 2\n{body}"
    trusted = openssl("x509", "-trustout", "-addtrust", "serverAuth", given=chain(GOOD))
    return {
        "file-bom": files("\ufeff" + full, key),
        "file-utf16": files(full.encode("utf-16"), key),
        "file-base64-twice": files(base64.b64encode(full.encode()), key),
        "file-indent": files("".join(f"    {line}\n" for line in full.splitlines()), key),
        "file-backslash-n": files(full.replace("\n", "\\n"), key),
        "file-glued": files(chain(GOOD).strip() + chain(SUB), key),
        "file-der-cut": files(der[:300], names=["shop.cer"]),
        "file-pkcs7": files(pkcs7.serialize_certificates([GOOD.cert, SUB.cert], Encoding.PEM), names=["shop.p7b"]),
        "file-pkcs12": files(store, names=["shop.pfx"]),
        "file-jks": files(java, names=["shop.jks"]),
        "file-crl": files(crl.public_bytes(Encoding.PEM), key),
        "file-ppk": files(full, ppk, names=["shop.pem", "shop.ppk"]),
        "file-openssh-key": files(full, GOOD.key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())),
        "file-key-locked": files(full, locked),
        "file-trusted-form": files(trusted.decode() + chain(SUB), key),
    }


def chain_files() -> dict[str, Setup]:
    full, key = chain(GOOD, SUB), key_pem(GOOD)
    old = leaf(days=(-90, -3))
    short = sub("Harbour Issuing Short", days=(-300, 20))
    ended = issue("Jetty Root", ca=True, days=(-3000, -4))
    under = sub("Jetty Issuing", by=ended, days=(-300, 60))
    cross = issue("Harbour Root", ROOT_DEAD, ca=True, key=ROOT.key, days=(-900, 400))
    no_ip = sub("Harbour Issuing N3", more=[(x509.NameConstraints(None, [general("0.0.0.0/0")]), True)])
    other_o = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Lantern Works")])
    dn_only = sub("Harbour Issuing N4", more=[(x509.NameConstraints([x509.DirectoryName(other_o)], None), True)])
    wrong = x509.AuthorityKeyIdentifier.from_issuer_public_key(LANTERN.key.public_key())
    odd = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.55555.1.2"), b"\x05\x00")
    return {
        "file-old-key": files(full, key_pem(old)),
        "file-reversed": files(chain(SUB, GOOD), key),
        "file-old-and-new": files(chain(old, SUB, GOOD), key),
        "file-old-generation": files(chain(GOOD, SUB_OLD), key),
        "file-at-after-sub": files(
            chain(leaf(by=short), short), extra=["--at", f"{NOW + timedelta(days=40):%Y-%m-%dT%H:%M:%SZ}"]
        ),
        "file-root-expired": files(chain(leaf(by=under), under), trust=chain(ended)),
        "file-cross-old-only": files(chain(GOOD, SUB, cross), trust=chain(ROOT_DEAD)),
        "file-client-as-server-only": files(full, key, host=None, extra=["--purpose", "client"]),
        "file-excluded-ip": files(chain(leaf(HOST, "10.0.0.5", by=no_ip), no_ip)),
        "file-permitted-dn": files(chain(leaf(by=dn_only), dn_only)),
        "file-ip-in-cn": files(chain(issue("10.0.0.5", SUB), SUB), host="10.0.0.5"),
        "file-cn-only": files(chain(issue(HOST, SUB), SUB)),
        "file-partial-wildcard": files(chain(leaf("sh*.test.example"), SUB), host="shop.test.example"),
        "file-critical": files(chain(leaf(more=[(odd, True)]), SUB)),
        "file-aki-other": files(chain(leaf(more=[(wrong, False)]), SUB)),
        "file-trust-empty": files(full, key, trust=""),
        "file-trust-glued": files(full, key, trust=chain(LANTERN).strip() + chain(ROOT)),
    }


def setups() -> dict[str, Setup]:
    WORK.mkdir(parents=True, exist_ok=True)
    makers = (live_chains, live_handshakes, live_starttls, good_files, format_files, chain_files)
    return {name: setup for maker in makers for name, setup in maker().items()}


def table() -> dict[str, tuple[set[str], str, str]]:
    made = {}
    for entry in re.split(r"\n(?! )", CASES.strip("\n")):
        name, flags, truth, judge = re.split(r"\s*\|\s*", entry, maxsplit=3)
        made[name] = (set(flags.split()), truth, re.sub(r"<([A-Z]+)>", lambda got: f"(?:{MACROS[got[1]]})", judge))
    return made


def arguments(name: str, setup: Setup) -> list[str]:
    """Write the files, start the server, and give the doctor's arguments."""
    handler, parts, rest = setup
    folder = WORK / name
    folder.mkdir(parents=True, exist_ok=True)
    for file, content in parts.items():
        (folder / file).write_bytes(content.encode() if isinstance(content, str) else content)
    paths = [str(folder / file) for file in parts]
    source = [f"127.0.0.1:{serve(handler)}"] if handler else paths[:-1]
    return [*source, *rest, "--trust", paths[-1], "--json", "--timeout", "2"]


def texts(data: Any) -> str:
    if isinstance(data, dict):
        return " ".join(texts(value) for value in data.values())
    return " ".join(texts(value) for value in data) if isinstance(data, list) else str(data or "")


def verdict(flags: set[str], judge: str, done: subprocess.CompletedProcess[str]) -> tuple[str, str]:
    """Judge one answer: the verdict, and what the doctor said."""
    status, said, mild = done.returncode, done.stdout + done.stderr, ""
    with suppress(ValueError, AttributeError):
        data = json.loads(done.stdout)
        said = texts([data.get("cause"), data.get("also")])
        lint = [check for check in data.get("checks") or [] if check.get("state") == "lint"]
        mild = texts([data.get("warnings"), lint])
    shown = f"[{status}] {said} {'~ ' + mild if mild else ''}".replace("\n", " ").strip()
    crashed = "Traceback" in done.stderr or status not in (0, 1, 2, 3)
    if "good" in flags or crashed:
        return "WRONG" if crashed else {0: "right", 3: "no use"}.get(status, "WRONG"), shown
    hit = re.search(judge, said if status else mild, re.I | re.S)
    if status == 0:
        return ("right" if hit else "no use") if "warn" in flags else "WRONG", shown
    unsure = "cannot tell" if "unsure" in flags else "no use"
    return "right" if hit else unsure if status == 3 else "WRONG", shown


def examine(name: str, setup: Setup, row: tuple[set[str], str, str]) -> str:
    command = [sys.executable, "-m", "tlslearn", "doctor", *arguments(name, setup)]
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "PYTHONIOENCODING": "utf-8"}
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=50, env=env, cwd=WORK)
        (WORK / name / "answer.json").write_text(done.stdout + done.stderr)
        result, shown = verdict(row[0], row[2], done)
    except subprocess.TimeoutExpired:
        result, shown = "WRONG", "no answer in 50 seconds"
    print(f"{result:11}  {name:28}  truth: {row[1]}  said: {shown}", flush=True)
    return result


def run() -> bool:
    """Ask about every case; whether at least 95 % are right or honestly unsure, and none confidently wrong."""
    global WORK
    with tempfile.TemporaryDirectory(prefix="tlslearn-") as folder, ThreadPoolExecutor(3) as pool:
        WORK = Path(folder)
        rows, ready = table(), setups()
        assert rows.keys() == ready.keys(), rows.keys() ^ ready.keys()
        results = list(pool.map(lambda name: examine(name, ready[name], rows[name]), rows))
    for result in ("right", "cannot tell", "no use", "WRONG"):
        print(f"{result:11} {results.count(result):3} of {len(results)}, {results.count(result) / len(results):.1%}")
    fine = results.count("right") + results.count("cannot tell")
    return fine >= 0.95 * len(results) and "WRONG" not in results
