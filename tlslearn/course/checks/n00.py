"""Checkers and predictions of notebook 00.

Sections: RFC 5280 6.1.1 (trust anchors), RFC 9846 6.2 (alerts).
Leaves out: how a check is run and counted; see `exercise`.
"""

from __future__ import annotations

import os
import random
import ssl
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding

from ... import files
from ...authority import Authority
from ..answers import attempt
from ..exercise import NotYet, call, exercise, show
from ..prediction import Option, prediction

prediction(
    "00-default",
    "The certificate is genuine and made for this name. You call the server with Python's defaults. What happens?",
    (
        Option(
            "a",
            "it works: the certificate is genuine",
            "genuine means trusted",
            "genuine to whom? Look at what this client had to go by.",
        ),
        Option(
            "b",
            "it works, with a warning",
            "programs warn like browsers",
            "a browser can ask its user; a program has nobody to ask. Look at what it does instead.",
        ),
        Option(
            "c",
            "it is refused: Python has never heard of the bookshop's CA",
            None,
            "Run the next cell, and see how exactly it says so.",
        ),
        Option(
            "d",
            "it is refused: `localhost` cannot have a certificate",
            "localhost is special",
            "a private CA may write any name into a certificate. Which one does the trace mark: is it the leaf?",
        ),
    ),
    "c",
)
prediction(
    "00-unverified",
    "You switch verification off and the request succeeds. Whom have you talked to?",
    (
        Option(
            "a",
            "the bookshop: the connection is encrypted, so it must be",
            "encrypted means the right end",
            "encryption closes the way, it does not say where the way leads. Read the answer below.",
        ),
        Option("b", "whoever answered", None, "Run the next cell, and read what they say."),
        Option(
            "c",
            "nobody: without a certificate there is no TLS",
            "TLS checks by itself",
            "there is a certificate; nobody checked whose it is. Read what comes back.",
        ),
    ),
    "b",
)
prediction(
    "00-namesake",
    "The impostor's chain carries the same names. Your context trusts the real Bookshop Root. What does it do?",
    (
        Option(
            "a",
            "it accepts: the names match",
            "a name identifies a CA",
            "names only help to find a candidate. Look at what is tried after the name matched.",
        ),
        Option(
            "b", "it refuses: the key is another one", None, "Run the next cell: which certificate is marked, and why?"
        ),
        Option(
            "c",
            "it accepts the root that it meets first",
            "the server brings the root",
            "a root that comes over the connection is never met as an anchor. Look at the last box of the trace.",
        ),
    ),
    "b",
)
prediction(
    "00-one-bit",
    "The lowest bit of the last byte is flipped. What will the client say?",
    (
        Option(
            "a",
            "nothing: all that it reads in the certificate is unchanged",
            "only the fields are checked",
            "the fields are worth something because somebody signed them. Look at the rule in the trace.",
        ),
        Option("b", "that the signature is wrong", None, "Run the next cell: is the code the same as before?"),
        Option(
            "c",
            "that the file is no certificate any more",
            "any change breaks the format",
            "the format is a frame with lengths; the last byte is content. See whether it still loads.",
        ),
    ),
    "b",
)
prediction(
    "00-roots",
    "How many root certificates may vouch for any web site to a program that uses `requests`?",
    (
        Option(
            "a",
            "one, the internet's root",
            "one root above all",
            "the DNS has one root; today's certificates have many. Count them.",
        ),
        Option(
            "b", "about ten", "a handful of big CAs", "you know the big ones by name; the list is longer. Count it."
        ),
        Option("c", "more than a hundred", None, "Now count them, and look at who they are."),
        Option(
            "d",
            "one for each country",
            "CAs are like passport offices",
            "no state gave them this place; Mozilla chose them. Look at the owners.",
        ),
    ),
    "c",
)


@exercise(
    "00-trust-only",
    title="Trust what was announced, and nothing else",
    form="trust_only(pem, announced)",
    hints=(
        "Two steps in this order: is it the certificate that was announced? Only then: make the context.",
        "The fingerprint is the hash of the certificate's DER bytes, not of the PEM text. Small and capital letters "
        "write the same number.",
        "`ssl.create_default_context(cadata=…)` leaves the system's roots out. Give it the DER you compared.",
    ),
)
def trust_only(answer: Callable[..., Any]) -> None:
    root, other = Authority.create("Bookshop Root"), Authority.create("Bookshop Root")
    pem, second = (one.certificate.public_bytes(Encoding.PEM).decode() for one in (root, other))
    with decoy_in_the_system_store():
        _right_fingerprint(answer, root, pem, root.fingerprint, "as openssl prints it")
        _right_fingerprint(answer, root, pem, root.fingerprint.lower(), "in small letters")
        outcome = attempt(answer, pem, other.fingerprint)
        _only_what_was_compared(answer, root, pem + second)
    if outcome.error is None:
        came = "a context" if isinstance(outcome.value, ssl.SSLContext) else show(outcome.value)
        raise NotYet(
            f"{came} for the fingerprint of another root of the same name",
            "ValueError",
            "Compare before you make a context, and raise where they differ.",
        )
    if not isinstance(outcome.error, ValueError):
        raise NotYet(
            f"{type(outcome.error).__name__} for the fingerprint of another root",
            "ValueError",
            "Raise ValueError yourself where the fingerprints differ.",
        )


def _only_what_was_compared(answer: Callable[..., Any], root: Authority, two: str) -> None:
    """A file with a second certificate behind the announced one: refuse it, or load the first alone."""
    outcome = attempt(answer, two, root.fingerprint)
    if isinstance(outcome.value, ssl.SSLContext) and len(outcome.value.get_ca_certs()) > 1:
        raise NotYet(
            "a context that trusts two roots, for a file with somebody else's certificate behind the announced one",
            "the announced root alone, or ValueError",
            "You compared one certificate. Load its DER bytes, certificate.public_bytes(Encoding.DER), not the text.",
        )


@contextmanager
def decoy_in_the_system_store() -> Iterator[None]:
    """Let OpenSSL's default store be one root of ours, so that a context which loads the defaults shows it."""
    names = ("SSL_CERT_FILE", "SSL_CERT_DIR")
    before = {name: os.environ.get(name) for name in names}
    with tempfile.TemporaryDirectory(prefix="tlslearn-") as folder:
        decoy = Authority.create("A root of the system").certificate.public_bytes(Encoding.PEM)
        os.environ["SSL_CERT_FILE"] = str(files.write_atomically(Path(folder, "decoy.pem"), decoy))
        os.environ["SSL_CERT_DIR"] = folder
        try:
            yield
        finally:
            for name, value in before.items():
                if value is None:
                    del os.environ[name]
                else:
                    os.environ[name] = value


def _right_fingerprint(answer: Callable[..., Any], root: Authority, pem: str, announced: str, written: str) -> None:
    outcome = attempt(answer, pem, announced)
    if isinstance(outcome.error, ValueError):
        raise NotYet(
            f"ValueError for the right fingerprint, {written}",
            "a context",
            "Hash the certificate's DER bytes (certificate.fingerprint does), and let letters be small or capital.",
        )
    context = call(answer, pem, announced) if outcome.error else outcome.value
    if not isinstance(context, ssl.SSLContext):
        raise NotYet(
            f"{show(context)} for the right fingerprint", "an ssl.SSLContext", "Return the context at the end."
        )
    if context.protocol == ssl.PROTOCOL_TLS_SERVER:
        raise NotYet(
            "a context for servers",
            "a context for clients",
            "Purpose.CLIENT_AUTH makes a server's context; leave the purpose out.",
        )
    if context.verify_mode != ssl.CERT_REQUIRED:
        raise NotYet("a context that accepts any chain", "verify_mode CERT_REQUIRED", "Leave verification switched on.")
    if not context.check_hostname:
        raise NotYet("a context that accepts any host name", "check_hostname True", "Leave check_hostname switched on.")
    anchors = context.get_ca_certs(binary_form=True)
    wanted = root.certificate.public_bytes(Encoding.DER)
    if wanted not in anchors:
        raise NotYet("a context that does not trust the root", "this root among its anchors", "Give it cadata=…")
    if len(anchors) > 1:
        raise NotYet(
            "a context that trusts the system's roots as well",
            "this root and no other",
            "The defaults were loaded too. Which argument of create_default_context leaves them out?",
        )


# What a client with OpenSSL 3.0 and its server report, as in the notebook's table.
_TABLE = (
    (20, "unknown_ca", "trust"),
    (10, "certificate_expired", "time"),
    (62, "bad_certificate", "name"),
    (7, "decrypt_error", "bytes"),
    (9, "bad_certificate", "time"),
    (64, "bad_certificate", "name"),
    (18, "unknown_ca", "trust"),
    (19, "unknown_ca", "trust"),
)
_BY_ALERT = {alert: cause for _, alert, cause in _TABLE[:4]}


@exercise(
    "00-triage",
    title="Repair the triage",
    form="triage(verify_code, alert)",
    hints=(
        "Which column of the table is different in every row, and which one repeats?",
        "`bad_certificate` stands for two causes. What else do you have?",
        'A dictionary from verify code to cause is enough; `.get(verify_code, "look")` answers for the rest.',
    ),
)
def triage(answer: Callable[..., Any]) -> None:
    unknown = [(79, "unknown_ca", "look"), (24, "certificate_unknown", "look")]
    unknown += [(random.randint(100, 999), random.choice([*_BY_ALERT, "handshake_failure"]), "look") for _ in range(5)]
    for code, alert, wanted in (*_TABLE, *unknown):
        came = call(answer, code, alert)
        if came != wanted:
            # No number that was drawn by chance: the message stays the same from try to try.
            of = f"verify code {code} and alert {alert}" if wanted != "look" else "a code that is not in the table"
            raise NotYet(f"{show(came)} for {of}", repr(wanted), _advice(code, alert, came, wanted))


def _advice(code: int, alert: str, came: object, wanted: str) -> str:
    if wanted == "look":
        return 'An alert alone does not tell the cause: answer "look" for a code that you do not know.'
    if came == _BY_ALERT.get(alert) and came != wanted:
        return f"That is what the alert suggests. Which other row has {alert}, and what tells the two apart?"
    return f"Find the row of code {code} in the table."
