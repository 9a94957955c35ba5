"""Which rule was looked at, about what, and what was found? One record for the whole course.

Sections: none of its own; this room holds the table of the sections that every other room cites.
Leaves out: any judgement. A `Check` is made by the room that looked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal, get_args

State = Literal["pass", "fail", "lint", "skip"]
_STATES = get_args(State)

# Read as text and by colour-blind readers: each state has a sign of its own.
SIGNS: dict[State, str] = {"pass": "✓", "fail": "✗", "lint": "!", "skip": "·"}


# Every section that the package and the notebooks cite, by what it rules. One edit here corrects them all: a test
# holds each link of a notebook to this table.
SOURCES = {
    # certificates and path validation
    "path to a trust anchor": "RFC 5280 3.2",
    "certificate": "RFC 5280 4.1",
    "signature value": "RFC 5280 4.1.1.3",
    "version": "RFC 5280 4.1.2.1",
    "serial number": "RFC 5280 4.1.2.2",
    "issuer": "RFC 5280 4.1.2.4",
    "validity": "RFC 5280 4.1.2.5",
    "extensions": "RFC 5280 4.2",
    "authority key identifier": "RFC 5280 4.2.1.1",
    "subject key identifier": "RFC 5280 4.2.1.2",
    "key usage": "RFC 5280 4.2.1.3",
    "subject alternative name": "RFC 5280 4.2.1.6",
    "basic constraints": "RFC 5280 4.2.1.9",
    "name constraints": "RFC 5280 4.2.1.10",
    "policy constraints": "RFC 5280 4.2.1.11",
    "policy trees": "RFC 9618",
    "extended key usage": "RFC 5280 4.2.1.12",
    "authority information access": "RFC 5280 4.2.2.1",
    "longest values": "RFC 5280 A.1",
    "path building": "RFC 4158",
    "path validation": "RFC 5280 6.1",
    "trust anchor": "RFC 5280 6.1.1 (d)",
    "signature": "RFC 5280 6.1.3 (a)(1)",
    "current time": "RFC 5280 6.1.3 (a)(2)",
    "revocation": "RFC 5280 6.1.3 (a)(3)",
    "issuer name": "RFC 5280 6.1.3 (a)(4)",
    "names within constraints": "RFC 5280 6.1.3 (b)",
    "issuer is a CA": "RFC 5280 6.1.4 (k)",
    "path length": "RFC 5280 6.1.4 (l)",
    "issuer may sign": "RFC 5280 6.1.4 (n)",
    "CRL": "RFC 5280 6.3.3",
    "list of revoked certificates": "RFC 5280 5",
    "private key": "RFC 5280 8",
    "key length": "RFC 9325 4.5",
    # keys and requests
    "private key in PKCS#8": "RFC 5958 2",
    "private key in PEM": "RFC 7468 10",
    "salt and count": "RFC 8018 4",
    "iteration count": "RFC 8018 4.2",
    "PBKDF2": "RFC 8018 5.2",
    "Ed25519 identifier": "RFC 8410 3",
    "PKCS#12": "RFC 7292 4",
    "proof of possession": "RFC 2986 3",
    "certification request": "RFC 2986 4",
    "request information": "RFC 2986 4.1",
    "extension request": "RFC 2985 5.4.2",
    # host names
    "client identities": "RFC 9525 1.4.2",
    "no common name": "RFC 9525 2",
    "host name": "RFC 9525 6.3",
    "host address": "RFC 9525 6.4",
    # TLS 1.3
    "server name": "RFC 6066 3",
    "encrypted ClientHello": "RFC 9849 1",
    "hello inside a hello": "RFC 9849 3.2",
    "key log": "RFC 9850 1.1",
    "TLS 1.3, differences": "RFC 9846 1.3",
    "handshake": "RFC 9846 2",
    "incorrect share": "RFC 9846 2.1",
    "resumption": "RFC 9846 2.2",
    "message order": "RFC 9846 4",
    "ClientHello": "RFC 9846 4.2.2",
    "ClientHello, padding": "RFC 7685 4",
    "ServerHello": "RFC 9846 4.2.3",
    "HelloRetryRequest": "RFC 9846 4.2.4",
    "TLS extensions": "RFC 9846 4.3",
    "supported versions": "RFC 9846 4.3.1",
    "supported groups": "RFC 9846 4.3.7",
    "key share": "RFC 9846 4.3.8",
    "EncryptedExtensions": "RFC 9846 4.4.1",
    "CertificateRequest": "RFC 9846 4.4.2",
    "session tickets": "RFC 9846 4.7.1",
    "KeyUpdate": "RFC 9846 4.7.3",
    "record protocol": "RFC 9846 5",
    "record layer": "RFC 9846 5.1",
    "record protection": "RFC 9846 5.2",
    "ALPN": "RFC 7301 3.2",
    "signature algorithms": "RFC 9846 4.3.3",
    "finite field share": "RFC 9846 4.3.8.1",
    "elliptic curve share": "RFC 9846 4.3.8.2",
    "authentication messages": "RFC 9846 4.5",
    "Certificate": "RFC 9846 4.5.1",
    "certificate selection": "RFC 9846 4.5.1.2",
    "receiving a certificate": "RFC 9846 4.5.1.3",
    "CertificateVerify": "RFC 9846 4.5.2",
    "Finished": "RFC 9846 4.5.3",
    "record nonce": "RFC 9846 5.3",
    "record padding": "RFC 9846 5.4",
    "limits on key usage": "RFC 9846 5.5",
    "alerts": "RFC 9846 6.2",
    "key schedule": "RFC 9846 7.1",
    "traffic keys": "RFC 9846 7.3",
    "shared secret": "RFC 9846 7.4.2",
    "mandatory extensions": "RFC 9846 9.2",
    "cipher suites of 1.3": "RFC 9846 B.4",
    "old boxes": "RFC 9846 E.4",
    "unauthenticated operation": "RFC 9846 C.5",
    "forward secrecy": "RFC 9846 F.1",
    "traffic analysis": "RFC 9846 F.3",
    # behind a reverse proxy
    "Client-Cert, encoding": "RFC 9440 2.1",
    "Client-Cert": "RFC 9440 2.4",
    "Client-Cert, security": "RFC 9440 4",
    "names of header fields": "RFC 3875 4.1.18",
    "tokens bound to a certificate": "RFC 8705 3",
    # building blocks
    "HMAC": "RFC 2104 2",
    "AEAD": "RFC 5116 2.1",
    "GCM nonce reuse": "RFC 5116 5.1.1",
    "finding the scalar": "RFC 6090 10",
    "invalid curve": "RFC 6090 10.3",
    "point addition": "RFC 6090 F.1",
    "deterministic nonce": "RFC 6979 3.2",
    "X25519 function": "RFC 7748 5",
    "small order": "RFC 7748 7",
    "complete addition": "RFC 8032 3",
    "EdDSA without randomness": "RFC 8032 8.2",
    "EdDSA malleability": "RFC 8032 8.4",
    "X25519": "RFC 7748 6.1",
    "Ed25519": "RFC 8032 5.1",
    "ECDSA signature": "RFC 6979 2.4",
    "RSA PKCS#1 v1.5 padding": "RFC 8017 9.2",
    "RSA PKCS#1 v1.5 verification": "RFC 8017 8.2.2",
    "RSA PKCS#1 v1.5 encryption": "RFC 8017 7.2",
    "RSA public key": "RFC 8017 3.1",
    "RSA private key": "RFC 8017 3.2",
    "ServerKeyExchange": "RFC 8422 5.4",
    "CertificateVerify, TLS 1.2": "RFC 5246 7.4.8",
    "Finished, TLS 1.2": "RFC 5246 7.4.9",
    "RSA key transport": "RFC 5246 7.4.7.1",
    "extended main secret": "RFC 7627 4",
    "RSA PSS encoding": "RFC 8017 9.1.1",
    "MGF1": "RFC 8017 B.2.1",
    "RSA and its paddings": "RFC 8017",
}


def source(rule: str) -> str:
    """The section that holds a rule, as "RFC 5280 4.1.2.5" or, with its paragraph, "RFC 5280 6.1.1 (d)"."""
    return SOURCES[rule]


def section_url(section: str) -> str:
    """The public address of a section written as "RFC 5280 4.1.2.5"; a paragraph in brackets leads to its section."""
    _, number, place, *_ = [*section.split(), ""]
    kind = "appendix" if place[:1].isalpha() else "section"
    return f"https://www.rfc-editor.org/rfc/rfc{number}" + (f"#{kind}-{place}" if place else "")


LONGEST_SHOWN = 1000  # characters of a value in the text of an error; the ends of a longer one say enough


def _shown(value: object) -> str:
    """repr(value); of a very long one both ends, and its kind alone where repr fails, as for an int of 5000 digits."""
    try:
        text = repr(value)
    except Exception:  # a class may raise anything here, and an error that cannot be told is no help
        size = f" of {value.bit_length()} bits" if isinstance(value, int) else ", not shown"
        return f"<{type(value).__name__}{size}>"
    half = LONGEST_SHOWN // 2
    return text if len(text) <= LONGEST_SHOWN else f"{text[:half]}…{text[-half:]}"


_NO_VALUE = object()  # None will not do: it is a value that callers give by mistake


class TlslearnError(Exception):
    """Something went wrong that the caller can mend: `problem`, the `value` that caused it, the `fix`.

    The base of every error that this package raises on purpose.
    """

    def __init__(self, problem: str, *, value: object = _NO_VALUE, fix: str) -> None:
        self.problem, self.value, self.fix = problem, None if value is _NO_VALUE else value, fix
        shown = "" if value is _NO_VALUE else f": {_shown(value)}"
        super().__init__(f"{problem}{shown}. {fix}")
        self._again = partial(type(self), problem, fix=fix, **({} if value is _NO_VALUE else {"value": value}))

    def __reduce__(self) -> tuple[Callable[[], TlslearnError], tuple[()]]:
        """An error is pickled when it crosses from one process to another; `args` would not be enough to make it."""
        return self._again, ()


class BadInput(TlslearnError, ValueError):
    """The caller gave a value that cannot be used."""


@dataclass(frozen=True)
class Check:
    """One rule, looked at once.

    `rule` says what must hold, `about` names the certificate or end it was looked at on, `found` and
    `wanted` are short texts, `source` is a section of the table below, as "RFC 5280 4.1.2.5".
    """

    rule: str
    about: str
    state: State
    found: str
    wanted: str
    source: str

    def __post_init__(self) -> None:
        if self.state not in _STATES:
            fix = f"Use one of {', '.join(_STATES)}."
            raise BadInput("no such state of a check", value=self.state, fix=fix)

    @property
    def sign(self) -> str:
        return SIGNS[self.state]

    def __str__(self) -> str:
        if self.state == "pass":
            return f"{self.sign} {self.about}: {self.rule} ({self.found})"
        return f"{self.sign} {self.about}: {self.rule}; found {self.found}, wanted {self.wanted} [{self.source}]"
