"""What is an exhibit? A server, the client that visits it, and what Python's `ssl` is expected to say.

Sections: none of its own.
Leaves out: the exhibits; see the other modules.
"""

from __future__ import annotations

import ssl
import sys
import warnings
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from types import TracebackType
from typing import Any, Literal

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.utils import CryptographyDeprecationWarning

from .. import keys, live
from ..authority import Authority, Credential
from ..check import source

CATEGORIES = (
    *("time", "name", "chain", "trust", "purpose", "extension", "strength", "form", "revocation"),
    *("version", "cipher", "protocol", "connection", "client"),
)
Side = Literal["server", "client", "connection"]
# Python 3.13's default context is strict (VERIFY_X509_STRICT): the same server gets another answer there.
STRICT_BY_DEFAULT = sys.version_info >= (3, 13)
HOST = "localhost"


@dataclass(frozen=True)
class Lab:
    """One authority for all exhibits of this process, and another that nobody trusts."""

    root: Authority
    issuing: Authority
    other: Authority

    def issue(self, *names: str, **how: Any) -> Credential:
        return self.issuing.issue(names or (HOST,), **how)

    def crl(self, *revoked: Credential, days: float = 1, by: Authority | None = None) -> x509.CertificateRevocationList:
        """A CRL of the issuing CA, valid until so many days from now."""
        signer = by or self.issuing
        now = datetime.now(UTC)
        end = now + timedelta(days=days)
        builder = x509.CertificateRevocationListBuilder(signer.certificate.subject)
        builder = builder.last_update(end - timedelta(days=7)).next_update(end)
        for one in revoked:
            entry = x509.RevokedCertificateBuilder(one.certificate.serial_number, now - timedelta(days=1))
            builder = builder.add_revoked_certificate(entry.build())
        return builder.sign(signer.private_key, hashes.SHA256())


@cache
def lab() -> Lab:
    root = Authority.create("Gallery Root")
    return Lab(root, root.intermediate("Gallery Issuing CA"), Authority.create("Another Root"))


@cache
def caller(name: str = "till.test") -> Credential:
    """A client's credential from the lab."""
    return lab().issue(name, purpose="client")


@cache
def rsa_key() -> keys.PrivateKey:
    """RSA keys are slow to make: one for all exhibits."""
    return keys.generate("rsa2048")


@dataclass(frozen=True)
class Visit:
    """How the client comes: what it asks for, what it brings, how long it waits."""

    hostname: str = HOST
    terms: Callable[[], dict[str, Any]] = dict
    trust: Callable[[], Iterable[live.Anchor]] = lambda: (lab().root,)


@dataclass(frozen=True)
class Exhibit:
    """One thing wrong. `says` it in a sentence, `rule` is a row of SOURCES or "", `expected` what `ssl` answers: a
    verify code, a reason or the name of an error; None where it accepts. `server_sees`: an alert, or the server's own
    error. `strict`: both under VERIFY_X509_STRICT, where they differ. `mended` is what would mend it, `note` which
    judge sees it otherwise."""

    name: str
    category: str
    says: str
    expected: int | str | None
    server_sees: str | None
    build: Callable[[], live.Server] = field(repr=False, compare=False)
    rule: str = ""
    strict: tuple[int, str] | None = None
    visit: Visit = field(default_factory=Visit, repr=False, compare=False)
    side: Side = "server"
    note: str = ""
    mended: str = ""

    @property
    def source(self) -> str:
        return source(self.rule) if self.rule else ""

    @property
    def here(self) -> tuple[int | str | None, str | None]:
        """What the client of this Python says and what the server then sees."""
        return self.strict if self.strict and STRICT_BY_DEFAULT else (self.expected, self.server_sees)


@dataclass(frozen=True)
class Outcome:
    """A visit, from both ends: `answer` is a verify code, a reason or an error's name, None where all went well."""

    answer: int | str | None
    error: BaseException | None
    connection: live.Connection | None
    seen: live.Seen | None

    @property
    def server_saw(self) -> str | None:
        """The client's alert, else the server's own error."""
        return None if self.seen is None else self.seen.alert or self.seen.error

    def __repr__(self) -> str:
        told = "accepted" if self.answer is None else f"verify code {self.answer}" if self.is_code else self.answer
        return f"<Outcome {told}; the server saw {self.server_saw or 'nothing wrong'}>"

    @property
    def is_code(self) -> bool:
        return isinstance(self.answer, int)


class Shown:
    """An exhibit that is open: the server is up until the `with` block ends."""

    def __init__(self, exhibit: Exhibit) -> None:
        self.exhibit = exhibit
        with warnings.catch_warnings():  # cryptography has its own word on a serial number of zero
            warnings.simplefilter("ignore", CryptographyDeprecationWarning)
            self.server = exhibit.build()
        self._stack = ExitStack()

    def __enter__(self) -> Shown:
        self._stack.enter_context(self.server)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    @property
    def address(self) -> live.Address:
        return self.server.address

    @property
    def hostname(self) -> str:
        return self.exhibit.visit.hostname

    @property
    def trust(self) -> list[live.Anchor]:
        return list(self.exhibit.visit.trust())

    def connect(self) -> live.Connection:
        """Visit it as its exhibit says. Raises what `ssl` raised."""
        terms = {"request": "/", "timeout": 5.0, **self.exhibit.visit.terms()}
        return live.connect(self.address, trust=self.trust, hostname=self.hostname, **terms)

    def visit(self) -> Outcome:
        """The same, with the error caught: what each end saw."""
        error: OSError | None = None
        connection: live.Connection | None = None
        try:
            connection = self.connect()
        except OSError as raised:
            error = raised
        log = self.server.log  # after a refusal the chain is fetched once more; the first entry is the visit
        return Outcome(answer_of(error), error, connection, replace(log[0]) if log else None)


def answer_of(error: BaseException | None) -> int | str | None:
    """What stays the same between versions: the verify code, the reason, else the error's name."""
    if error is None:
        return None
    if isinstance(error, ssl.SSLCertVerificationError):
        return int(getattr(error, "verify_code", 0))
    return str(getattr(error, "reason", None) or type(error).__name__)
