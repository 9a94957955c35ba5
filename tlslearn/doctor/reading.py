"""What stands in this file: certificates, a key, a request, or nothing of the kind? And whom does this machine trust?

Sections: RFC 7468 (PEM), RFC 5652 (PKCS#7, now called CMS).
Leaves out: judging what is read; PKCS#12 and passphrases, for which it never asks.
"""

from __future__ import annotations

import base64
import binascii
import re
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from os import PathLike, fspath
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_private_key,
    load_pem_private_key,
)

from .. import der, keys, live, names
from ..check import BadInput

_SETS = ("PKCS7", "CMS")  # labels of what has no order
LARGEST = 8_000_000  # bytes; the lists of roots of all systems together have less
_MARK = re.compile(rb"-----(BEGIN|END) [A-Z0-9 ]{1,40}-----")
_LINE = re.compile(rb"^(?:\xef\xbb\xbf)?-----(?:BEGIN|END) [A-Z0-9 ]{1,40}-----[ \t]*\r?$", re.MULTILINE)
_DASH = rb"(?:-|\xe2\x80[\x93\x94]){1,12}"  # a hyphen, an en dash or an em dash, in UTF-8
_DASHED = re.compile(_DASH + rb"(BEGIN|END) ([A-Z0-9 ]{1,40})" + _DASH)
_PEM_IN_BASE64 = re.compile(rb"LS0tLS1CRUdJTi[A-Za-z0-9+/]+=*")  # of -----BEGIN
_BASE64 = re.compile(rb"MI[A-Za-z0-9+/]+=*")
# How OpenSSL names a certificate's file in a folder of anchors; those of CRLs have an r before the number.
_NAMED_BY_HASH = re.compile(r"[0-9a-f]{8}\.[0-9]+")


@dataclass
class Material:
    """What one file holds, and in which `form`: certificates, in their order if it has one (PEM); of each private key
    the public half (SubjectPublicKeyInfo, DER), b"" where it cannot be had and `unread` says why; what else and what is
    odd, in words; and, where the file is useless, the row of CAUSES and its detail."""

    name: str
    certificates: list[x509.Certificate] = field(default_factory=list)
    in_order: bool = False
    form: str = "PEM"
    keys: list[bytes] = field(default_factory=list)
    unread: str = ""
    notes: list[str] = field(default_factory=list)
    trouble: tuple[str, str] | None = None

    def useless(self, how: str, kind: str = "damaged file") -> None:
        self.trouble = self.trouble or (kind, f"{self.name}{how}")


def read(path: str | PathLike[str]) -> Material:
    """The content of a file, whatever it is. Raises BadInput for one that cannot be opened."""
    try:
        with Path(path).open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        fix = f"{error.strerror}. Give a file of certificates: PEM (-----BEGIN CERTIFICATE-----), DER or PKCS#7."
        raise BadInput("cannot read the file", value=fspath(path), fix=fix) from error
    found = Material(names.printable(fspath(path)))
    data = _in_ascii(found, data)
    if len(data) > LARGEST or not data.strip():
        size = f"has more than {LARGEST:,} bytes" if data.strip() else "is empty"
        found.useless(f" {size}", "no certificate file")
    elif b"-----BEGIN " in data or b"-----END " in data:
        if data.startswith(_BOM):
            found.notes.append(f"{found.name} begins with a byte order mark, which OpenSSL skips and others do not")
        _take_pem(found, data)
    elif data[:1] == b"0":  # DER begins so
        whole = _announced(data)
        if more := len(data[whole:]) if not data[whole:].strip() else 0:  # editors add a line break
            found.notes.append(
                f"{found.name} has white space trailing behind its end ({more} bytes), which Python refuses"
            )
        _take_der(found, "", data[:whole] if more else data)
    elif data.startswith(b"PuTTY-User-Key-File"):
        found.notes.append(f"{found.name} holds a key of PuTTY")
        found.unread = "holds a key of PuTTY, which servers do not read; puttygen writes it as PEM"
    else:
        text = "a web page or XML" if data.lstrip()[:1] == b"<" else "text without -----BEGIN CERTIFICATE-----"
        held = keys.what_is(data).replace("nothing known here", text if min(data) > 8 else "neither text nor DER")
        found.useless(f" holds {held}", "no certificate file")
    return found


def _in_ascii(found: Material, data: bytes) -> bytes:
    """Text as servers want it; what a Windows shell or a setting made of it is told, and undone to look further."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        found.useless(" is written in UTF-16, and servers want ASCII")
        data = data.decode("utf-16", errors="ignore").encode()
    if any(b"\xe2\x80" in match[0] for match in _DASHED.finditer(data)):
        found.useless(" has dashes around BEGIN or END where five hyphens stand, as a word processor makes them")
        data = _DASHED.sub(rb"-----\1 \2-----", data)
    if _PEM_IN_BASE64.fullmatch(joined := b"".join(data.split())):
        found.useless(" holds PEM in Base64 once more, as a secret of Kubernetes does: base64 -d undoes it")
        body = joined.rstrip(b"=")
        body = body[: len(body) - (len(body) % 4 == 1)]  # of a file that was cut: one letter alone is no byte
        data = base64.b64decode(body + b"=" * (-len(body) % 4))
    if b"-----\\n" in data:
        found.useless(" has \\n in two characters where servers want a line break")
        data = data.replace(b"\\n", b"\n")
    if bare := _BASE64.fullmatch(b"".join(data.split())):
        found.useless(" lacks the lines -----BEGIN … and -----END …, which servers want")
        data = b"-----BEGIN CERTIFICATE-----\n%b\n-----END CERTIFICATE-----" % bare[0]
    return data


_BOM = b"\xef\xbb\xbf"


def _take_pem(found: Material, data: bytes) -> None:
    blocks = keys.pem_blocks(data)
    found.in_order = not any(label in _SETS for label, _ in blocks)
    marks = _MARK.findall(data)
    begun, ended = marks.count(b"BEGIN"), marks.count(b"END")
    if not begun == ended == len(blocks):
        found.useless(f" is cut off: lines BEGIN: {begun}, lines END: {ended}, whole blocks: {len(blocks)}")
    elif len(_LINE.findall(data)) != len(marks):
        found.useless(" has a line BEGIN or END that is indented, or joined with another: servers want each alone")
    for number, (label, block) in enumerate(blocks, 1):
        if label == "OPENSSH PRIVATE KEY":
            found.keys.append(b"")
            more = "ssh-keygen -p -m PEM rewrites it, if it is RSA or ECDSA"
            found.unread = f"holds a key in OpenSSH's own form, which servers do not read; {more}"
        elif label.endswith("PRIVATE KEY"):
            _take_key(found, load_pem_private_key, block)
        elif label == "PUBLIC KEY":
            _take_public(found)
        elif label.endswith(" REQUEST") or not ("CERTIFICATE" in label or label in _SETS):
            found.notes += [] if "PARAMETERS" in label else [f"{found.name} holds {keys.what_is(block)}"]
        else:
            where = f", block {number}, {label}"
            try:
                content = base64.b64decode(b"".join(block.split(b"-----")[2].split()), validate=True)
            except binascii.Error:
                found.useless(f"{where}, is not Base64 throughout")
            else:  # OpenSSL's own form says after the certificate what it is trusted for
                if label.startswith("TRUSTED"):
                    own = "a TRUSTED CERTIFICATE, a form of OpenSSL's own; what it is trusted for is not looked at here"
                    found.notes.append(f"{found.name} holds {own}")
                _take_der(found, where, content[: _announced(content)] if label.startswith("TRUSTED") else content)


def _take_der(found: Material, where: str, data: bytes) -> None:
    """Whatever it is: a certificate, a set of them, a key, a request, a CRL."""
    if certificates := live.readable([data]):
        found.certificates += certificates
        if not where:
            found.form = "DER"
            found.notes.append(f"{found.name} is DER; servers and Python want PEM: openssl x509 makes it")
        return
    if sent := _pkcs7(data):
        found.form = "PKCS#7"
        found.notes.append(f"{found.name} is PKCS#7; servers and Python want PEM: openssl pkcs7 -print_certs makes it")
        certificates = live.readable(sent)
        found.certificates += certificates
        if unread := len(sent) - len(certificates):
            found.useless(
                f"{where}, is a set of {len(sent)} certificates, {unread} of which cannot be read", "not read"
            )
        return
    held = keys.what_is(data)
    if held == "a private key":
        found.form = "DER"
        _take_key(found, load_der_private_key, data)
    elif held == "a public key":
        _take_public(found)
    elif held not in ("nothing known here", "a certificate"):
        found.notes.append(f"{found.name} holds {held}")
    else:
        try:
            der.parse(data)
            found.useless(where, "not read")
        except der.Malformed as error:
            found.useless(f"{where}{',' if where else ''} is {error.problem}")


def _pkcs7(data: bytes) -> list[bytes]:
    """The certificates of such a set, in DER; [] for what is none."""
    from cryptography.hazmat.primitives.serialization import pkcs7  # seldom needed, and slow to import

    with suppress(UnsupportedAlgorithm, *names.UNREADABLE):
        return [one.public_bytes(Encoding.DER) for one in pkcs7.load_der_pkcs7_certificates(data)]
    return []


def _take_key(found: Material, load: Callable[[bytes, None], Any], data: bytes) -> None:
    """The SubjectPublicKeyInfo of a private key; b"" for one that is encrypted or cannot be read."""
    half = b""
    try:
        half = load(data, None).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    except TypeError:
        found.unread = "is encrypted"
    except (ValueError, UnsupportedAlgorithm):
        found.unread = "holds a key that cannot be read"
    found.keys.append(half)


def _take_public(found: Material) -> None:
    """Somebody takes it for the private key."""
    found.notes.append(f"{found.name} holds a public key")
    found.unread = "holds a public key, and no private one"


def _announced(data: bytes) -> int:
    """How long the first DER element says that it is, its header included."""
    if len(data) < 2 or data[1] < 0x80:
        return 2 + sum(data[1:2])
    end = 2 + (data[1] & 0x7F)
    return end + int.from_bytes(data[2:end], "big")


def load_trust(name: str | PathLike[str]) -> tuple[x509.Certificate, ...]:
    """The anchors of a file of whatever form (PEM, DER, PKCS#7), or of the words "system" and "certifi".

    Raises BadInput where there is none, and for a file that is damaged. A file called like a word is named as ./system.
    """
    words = {"system": system_anchors, "certifi": certifi_anchors}
    if name in words:
        found = words[name]()
    else:
        held = read(name)
        found = tuple(held.certificates)
        if found and held.trouble:
            fix = "Copy it again, as PEM: clients load the whole file or nothing."
            raise BadInput("a file of trust anchors that clients cannot load", value=held.trouble[1], fix=fix)
    if not found:
        fix = "Name a file of certificates: PEM (-----BEGIN CERTIFICATE-----), DER or PKCS#7, or say system or certifi."
        raise BadInput("no certificate to trust in", value=fspath(name), fix=fix)
    return found


def trust_notes(name: str) -> list[str]:
    """What is odd about a file of trust anchors that `load_trust` takes."""
    return [] if name in ("system", "certifi") else read(name).notes


def system_anchors() -> tuple[x509.Certificate, ...]:
    """What the system trusts: the context tells of a bundle, and not of a folder of files named by hash."""
    found = dict.fromkeys(live.readable(live.client_context().get_ca_certs(binary_form=True)))
    folder = ssl.get_default_verify_paths().capath
    for path in sorted(Path(folder).iterdir()) if folder else ():
        if _NAMED_BY_HASH.fullmatch(path.name):
            found |= dict.fromkeys(live.load_anchors(path))
    return tuple(found)


def certifi_anchors() -> tuple[x509.Certificate, ...]:
    """The roots of the package certifi; () where it is not installed."""
    try:
        import certifi
    except ImportError:
        return ()
    return tuple(read(certifi.where()).certificates)
