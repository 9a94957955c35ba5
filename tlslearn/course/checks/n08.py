"""Checkers and predictions of notebook 08.

Sections: RFC 9846 4.4.2, 4.5.1 (client certificates), 4.7.1 (tickets); RFC 5280 4.2.1.6 (names), 6.3.3 (CRLs).
Leaves out: how a check is run and counted; see `exercise`. Contexts are judged by handshakes, not by their settings.
"""

from __future__ import annotations

import ssl
import tempfile
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from ... import handshake, live, wire
from ...authority import Authority, Credential
from ..answers import attempt
from ..exercise import NotYet, call, exercise, show
from ..prediction import Option, prediction

prediction(
    "08-asked",
    "The till has loaded its certificate; the bank's server is set up as in notebook 06. What does the bank learn?",
    (
        Option(
            "a",
            "the name in it, and nobody has verified it",
            "what is loaded is sent",
            "it does not even learn a name. When does a client send its certificate at all?",
        ),
        Option(
            "b",
            "the name in it, verified against the roots of the bank's machine",
            "servers verify like clients",
            "a server's context has every check off until it is told. Look at the bank's log.",
        ),
        Option("c", "nothing", None, "Run the next cell, and think why before you read on."),
    ),
    "c",
)
prediction(
    "08-first-sign",
    "The bank demands a certificate, the till has none, both speak TLS 1.3. Where does the till's program notice?",
    (
        Option(
            "a",
            "in wrap_socket: the handshake fails",
            "a handshake succeeds at both ends or at none",
            "so it was up to TLS 1.2. Look at the first line of the till's log.",
        ),
        Option(
            "b",
            "in sendall: it cannot send its order",
            "what was sent was accepted",
            "sending only puts bytes on the way. Look at what the till notes after it.",
        ),
        Option("c", "in recv: when it reads the answer", None, "Run the next cell, and compare the two versions."),
        Option(
            "d",
            "nowhere: the bank closes without a word",
            "servers refuse in silence",
            "the bank says why it refuses. The question is when the till can hear it.",
        ),
    ),
    "c",
)
prediction(
    "08-old-list",
    "Nothing is wrong with the till. But the bank's list of revoked certificates ended yesterday. "
    "What does the till hear?",
    (
        Option(
            "a",
            "nothing: it is served, since it is not on the list",
            "an old list is better than none",
            "the list might have changed since. Whoever demands one demands one that is in its time.",
        ),
        Option(
            "b",
            "`certificate_revoked`: who cannot be cleared counts as revoked",
            "unknown means revoked",
            "that word is for a certificate that stands on a list. Look at the last row of the table.",
        ),
        Option(
            "c",
            "`certificate_expired`, though its certificate is in its time",
            None,
            "Run the next two cells. Which end has to change?",
        ),
    ),
    "c",
)
prediction(
    "08-any-caller",
    "The clinic is a customer of the bank as well, with a certificate of the callers' CA. It asks for the bookshop's "
    "balance. What does it get?",
    (
        Option(
            "a",
            "an alert: TLS has verified that it is not the bookshop",
            "TLS knows who may do what",
            "TLS verified that the clinic is the clinic. Who told it what a clinic may see?",
        ),
        Option("b", "the balance", None, "Run the next cell. Which line of the server would have had to stop it?"),
        Option(
            "c",
            "an alert: its name is not one of those the server expects",
            "servers check the caller's name",
            "a client has a name to compare with, the one it asked for. What would the bank compare with?",
        ),
    ),
    "b",
)
prediction(
    "08-ticket",
    "The till's certificate is revoked and the bank has loaded the list. The till comes back with its ticket.",
    (
        Option(
            "a",
            "it is refused: the list is looked at on each connection",
            "every connection is verified",
            "every full handshake is. What does a resumed one leave out?",
        ),
        Option(
            "b",
            "it is refused: a new list makes old tickets worthless",
            "tickets know of revocation",
            "a ticket is sealed by the server's ticket key, and the list does not change that key.",
        ),
        Option("c", "it is served, as the till", None, "Run the next cell, and look at the second line."),
    ),
    "c",
)

TILL, SPARE, CLINIC, KIOSK = (
    f"{name}.example" for name in ("till.bookshop", "spare.bookshop", "desk.clinic", "kiosk.cafe")
)
ACCOUNTS = {TILL: "bookshop", SPARE: "bookshop", CLINIC: "clinic"}


@cache
def _callers() -> Authority:
    return Authority.create("Bank Callers CA")


@cache
def _caller(*names: str, **how: Any) -> Credential:
    return _callers().issue(list(names), purpose="client", **how)


def _certificate(san: list[x509.GeneralName], subject: str = TILL) -> x509.Certificate:
    """A caller's certificate whose names are put together freely, as a careless CA would."""
    old = _caller(TILL).certificate
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, subject)])
    form = x509.CertificateBuilder().issuer_name(old.issuer).subject_name(name).public_key(old.public_key())
    form = form.serial_number(x509.random_serial_number())
    form = form.not_valid_before(old.not_valid_before_utc).not_valid_after(old.not_valid_after_utc)
    if san:
        form = form.add_extension(x509.SubjectAlternativeName(san), critical=False)
    return form.sign(_callers().private_key, SHA256())


@exercise(
    "08-who",
    title="Who is it, and which account is theirs?",
    form="who(certificate, accounts)",
    hints=(
        "Three questions in a row: is there a certificate, which DNS names does it have, and to which accounts do "
        "they lead?",
        "`get_extension_for_class` raises `x509.ExtensionNotFound` where there is no SAN. Turn that into "
        "PermissionError. `get_values_for_type(x509.DNSName)` leaves out names of other kinds.",
        "Collect the accounts in a set: `{accounts[name] for name in names if name in accounts}`. Return its one "
        "member; raise where it has none or several.",
    ),
)
def who(answer: Callable[..., Any]) -> None:
    dns = x509.DNSName
    _gets(answer, _caller(TILL).certificate, "bookshop", "the till's certificate")
    _gets(answer, _caller(CLINIC).certificate, "clinic", "the clinic's certificate")
    refused = (
        (
            _certificate([dns(KIOSK)]),
            "a kiosk whose common name is the till's",
            "The CA verified the subject alternative names. Leave the subject out of it.",
        ),
        (None, "no certificate at all", "With a server that only asks, a caller may have none."),
        (_caller(KIOSK).certificate, "a caller that is not on the list", "Whoever is not listed gets nothing."),
        (_certificate([]), "a certificate without any subject alternative name", "Then there is no name that counts."),
        (
            _caller(f"{TILL}.attacker.test", f"not-{TILL}").certificate,
            "names that begin or end like the till's",
            "Compare whole names.",
        ),
        (
            _caller(f"old.{TILL}").certificate,
            "a name below the till's",
            "Compare whole names: a name below another one is another caller.",
        ),
        (
            _certificate([x509.UniformResourceIdentifier(TILL)], KIOSK),
            "the till's name as an entry of another kind (URI)",
            "Take the DNS names alone: a CA verifies each kind of name in another way.",
        ),
        (
            _caller("*.bookshop.example").certificate,
            "a wildcard",
            "A caller is one name, not every name below another.",
        ),
    )
    for certificate, told, advice in refused:
        _refuses(answer, certificate, told, advice)
    _gets(answer, _caller("old." + TILL, TILL).certificate, "bookshop", "a certificate whose second name is the till's")
    _gets(answer, _caller(TILL, SPARE).certificate, "bookshop", "a certificate with two names of one account")
    both = "You cannot know for which of them it calls: refuse."
    _refuses(answer, _caller(TILL, CLINIC).certificate, "one certificate with names of two accounts", both)


def _gets(answer: Callable[..., Any], certificate: x509.Certificate, account: str, told: str) -> None:
    outcome = attempt(answer, certificate, dict(ACCOUNTS))
    if isinstance(outcome.error, PermissionError):
        raise NotYet(f"PermissionError for {told}", repr(account), "Look at all its DNS names, and at their accounts.")
    came = call(answer, certificate, dict(ACCOUNTS)) if outcome.error else outcome.value
    if came != account:
        raise NotYet(f"{show(came)} for {told}", repr(account), "Return what stands in `accounts` under the name.")


def _refuses(answer: Callable[..., Any], certificate: x509.Certificate | None, told: str, advice: str) -> None:
    outcome = attempt(answer, certificate, dict(ACCOUNTS))
    if outcome.error is None:
        raise NotYet(f"{show(outcome.value)} for {told}", "PermissionError", advice)
    if not isinstance(outcome.error, PermissionError):
        error = type(outcome.error).__name__
        raise NotYet(f"{error} for {told}", "PermissionError", f"{advice} Raise PermissionError yourself.")


@dataclass(frozen=True)
class _Bank:
    """The folder that the answer is given, and who may try the context that it makes of it."""

    folder: Path
    root: Authority
    public: Authority
    revoked: Credential

    def client(self, credential: Credential | None, version: ssl.TLSVersion) -> ssl.SSLContext:
        context = live.client_context([self.root])
        context.minimum_version = context.maximum_version = version
        if credential is not None:
            live.trust.present(context, credential)
        return context


def _founded(folder: Path) -> _Bank:
    root, public = Authority.create("Bank Root"), Authority.create("A root of the system")
    root.issue(["bank.example"]).write(folder)
    revoked = _caller(SPARE)
    pem = {
        "callers.pem": _callers().certificate.public_bytes(Encoding.PEM),
        "revoked.pem": _crl(revoked).public_bytes(Encoding.PEM),
        "system.pem": public.certificate.public_bytes(Encoding.PEM),
    }
    for name, data in pem.items():
        (folder / name).write_bytes(data)
    return _Bank(folder, root, public, revoked)


def _crl(revoked: Credential) -> x509.CertificateRevocationList:
    now = datetime.now(UTC)
    form = x509.CertificateRevocationListBuilder(_callers().certificate.subject)
    form = form.last_update(now - timedelta(hours=1)).next_update(now + timedelta(days=1))
    entry = x509.RevokedCertificateBuilder(revoked.certificate.serial_number, now - timedelta(hours=1))
    return form.add_revoked_certificate(entry.build()).sign(_callers().private_key, SHA256())


@exercise(
    "08-bank-context",
    title="Repair the bank's server",
    form="bank_context(folder)",
    hints=(
        "Go through the lines of the colleague: who gets in with no certificate, with one of another CA, with a "
        "revoked one, with a ticket?",
        "The list of revoked certificates is loaded, but nobody is told to look at it: `verify_flags`. And which CAs "
        "does `load_default_certs` add?",
        "`ssl.CERT_REQUIRED`; no `load_default_certs`; `context.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF`; "
        "`num_tickets = 0`, and `minimum_version = ssl.TLSVersion.TLSv1_3`, since TLS 1.2 resumes without it.",
    ),
)
def bank_context(answer: Callable[..., Any]) -> None:
    with ExitStack() as stack:
        bank = _founded(Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tlslearn-"))))
        system = {"SSL_CERT_FILE": str(bank.folder / "system.pem"), "SSL_CERT_DIR": str(bank.folder)}
        stack.enter_context(patch.dict("os.environ", system))
        context = call(answer, bank.folder)
        if not isinstance(context, ssl.SSLContext):
            raise NotYet(show(context), "an ssl.SSLContext", "Return the context at the end.")
        if context.protocol != ssl.PROTOCOL_TLS_SERVER:
            raise NotYet("a context for clients", "one for servers", "Use ssl.PROTOCOL_TLS_SERVER.")
        _tried(bank, context)


def _tried(bank: _Bank, context: ssl.SSLContext) -> None:
    """Each caller in each version that the context speaks, the good one first."""
    versions = (ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.TLSv1_2)
    spoken = [one for one in versions if _meets(bank, context, _caller(TILL), one).complete]
    if not spoken:
        errors = _meets(bank, context, _caller(TILL), versions[0]).errors.values()
        # So OpenSSL calls it, in TLS 1.2 and 1.3, where a server has nothing to sign with.
        nothing = {getattr(one, "reason", None) for one in errors} & {"NO_SHARED_CIPHER", "UNSUPPORTED_PROTOCOL"}
        if nothing:
            advice = "The bank has no certificate of its own: load fullchain.pem and key.pem."
            raise NotYet(f"no handshake with the good till, {nothing.pop()}", "a handshake", advice)
        why = next(
            (f"verify code {code}" for one in errors if (code := getattr(one, "verify_code", 0))), "no handshake"
        )
        advice = (
            "Trust callers.pem, and check against revoked.pem. (Code 3: no list; 20: nobody of that name is trusted.)"
        )
        raise NotYet(f"the good till refused, {why}", "a handshake", advice)
    intruders: Mapping[str, tuple[Credential | None, str]] = {
        "a caller without a certificate": (None, "Which verify_mode demands one?"),
        "a caller with a certificate of a root of the system": (
            bank.public.issue([TILL], purpose="client"),
            "Trust the callers' CA and no other.",
        ),
        "a caller whose certificate is revoked": (
            bank.revoked,
            "A list that is loaded is not yet looked at: which of the verify_flags makes the context look?",
        ),
    }
    for told, (credential, advice) in intruders.items():
        for version in spoken:
            if _meets(bank, context, credential, version).complete:
                raise NotYet(f"{told} got in ({_named(version)})", "a refused handshake", advice)
    _no_other_root(bank, context, spoken[0])
    for version in spoken:
        _not_resumed(bank, context, version)


def _no_other_root(bank: _Bank, context: ssl.SSLContext, version: ssl.TLSVersion) -> None:
    """Does more than a missing list keep out the callers of other roots? The same caller, with no list looked at."""
    flags = context.verify_flags
    context.verify_flags = flags & ~(ssl.VERIFY_CRL_CHECK_LEAF | ssl.VERIFY_CRL_CHECK_CHAIN)
    stranger = bank.public.issue([TILL], purpose="client")
    trusted = _meets(bank, context, stranger, version).complete
    context.verify_flags = flags
    if trusted:
        came = "a root of the system is trusted: its callers are refused only because you have no list of that root"
        raise NotYet(came, "one root for callers", "Trust the callers' CA and no other.")


def _meets(
    bank: _Bank, context: ssl.SSLContext, credential: Credential | None, version: ssl.TLSVersion
) -> handshake.Transcript:
    return handshake.run(bank.client(credential, version), context, "bank.example", say=(b"pay", b"paid"))


def _not_resumed(bank: _Bank, context: ssl.SSLContext, version: ssl.TLSVersion) -> None:
    client = bank.client(_caller(TILL), version)
    # OpenSSL forgets the session of a connection that was not closed.
    first = handshake.run(client, context, "bank.example", say=(b"pay", b"paid"), close=True)
    if first.session is None:  # nothing was handed out
        return
    again = handshake.run(client, context, "bank.example", session=first.session, say=(b"pay", b"paid"))
    if again.complete and not handshake.decrypt(again).find(wire.CertificateRequest):
        advice = "Hand out no tickets: the text names the setting."
        if context.options & ssl.OP_NO_TICKET:
            advice = "OP_NO_TICKET is not enough: in TLS 1.3 it only makes tickets smaller. The text names the setting."
        if version == ssl.TLSVersion.TLSv1_2:
            advice = "`num_tickets` is about TLS 1.3 alone. What does the text say of TLS 1.2?"
            if context.options & ssl.OP_NO_TICKET:
                advice = "OP_NO_TICKET is not enough: in TLS 1.2 the server keeps sessions by a number as well."
        came = f"a caller came back without showing its certificate ({_named(version)})"
        raise NotYet(came, "a full handshake each time", advice)


def _named(version: ssl.TLSVersion) -> str:
    return {ssl.TLSVersion.TLSv1_3: "TLS 1.3", ssl.TLSVersion.TLSv1_2: "TLS 1.2"}[version]
