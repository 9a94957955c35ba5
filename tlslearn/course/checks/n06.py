"""Checkers and predictions of notebook 06.

Sections: RFC 9846 4.5.1 (order of certificates), RFC 6066 3 (server name).
Leaves out: how a check is run and counted; see `exercise`. Sockets: both ends meet in memory.
"""

from __future__ import annotations

import ssl
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding

from ... import files, keys
from ...authority import Authority, Credential
from ..answers import attempt, call
from ..exercise import NotYet, exercise
from ..prediction import Option, prediction
from .n00 import decoy_in_the_system_store

prediction(
    "06-leaf-alone",
    "The server's file holds the leaf alone, without the issuing CA. Who notices first?",
    (
        Option(
            "a",
            "load_cert_chain: it looks whether the chain is complete",
            "loading is checking",
            "it cannot: what is missing may be at hand for the client. Look what it does compare.",
        ),
        Option("b", "a client, when it connects", None, "Run the next cell: with which code?"),
        Option(
            "c",
            "nobody: clients fetch the missing certificate",
            "clients repair chains",
            "some clients do. Look whether `ssl` does.",
        ),
    ),
    "b",
)
prediction(
    "06-no-names",
    "The client trusts the bookshop's root alone, and check_hostname is off. Who can read what it sends?",
    (
        Option(
            "a",
            "the shop alone: the chain is still verified",
            "a good chain is the right server",
            "the chain says that the CA vouches for a name. For which name? Nobody compares it now.",
        ),
        Option("b", "whoever has a certificate of that CA, for any name", None, "Run the next cell, and see who."),
        Option(
            "c",
            "anyone",
            "one switch turns off everything",
            "two switches, two checks. Look what becomes of the stranger in the second row.",
        ),
    ),
    "b",
)
prediction(
    "06-starttls",
    "A program calls starttls() and login(), and no context is given. A stranger answers. What happens?",
    (
        Option(
            "a",
            "the certificate is refused, as by the four libraries above",
            "the standard library verifies everywhere",
            "where it verifies, a context with these defaults was made. Look which one smtplib makes.",
        ),
        Option("b", "the stranger gets the password", None, "Run the next cell, and read it with them."),
        Option(
            "c",
            "the login goes through, with a warning",
            "careless defaults warn",
            "nobody is there to be warned, and nothing is said. Look at what the impostor read.",
        ),
    ),
    "b",
)
prediction(
    "06-variable",
    "SSL_CERT_FILE names the file with the bookshop's root. A program calls the shop with urllib, requests and httpx, "
    "and its code names no root. Which of the three trust the shop?",
    (
        Option(
            "a",
            "all three: it is the system's setting",
            "one setting for all programs",
            "it is OpenSSL's. A library that brings its own list of roots need not look at it. Which one does?",
        ),
        Option("b", "urllib and httpx", None, "Run the next cell: and what does the third go by?"),
        Option(
            "c",
            "none: roots stand in files that only an administrator changes",
            "trust is protected by the system",
            "whoever sets your environment chooses whom you trust. Run the next cell.",
        ),
        Option(
            "d",
            "urllib alone: the others bring certifi",
            "certifi is always asked",
            "two of them bring it, and one of these two looks at the variable first. Run the next cell.",
        ),
    ),
    "b",
)


@dataclass
class Meeting:
    """What became of a handshake in memory: the `errors` of each end ("client", "server"), the `leaf` that the client
    got (DER; None where it refused), and what the server's callback raised."""

    errors: dict[str, ssl.SSLError] = field(default_factory=dict)
    leaf: bytes | None = None
    raised: BaseException | None = None


def meet(client: ssl.SSLContext, server: ssl.SSLContext, hostname: str | None) -> Meeting:
    """Let two contexts shake hands in memory."""
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    met = Meeting()
    caller = client.wrap_bio(to_client, to_server, server_hostname=hostname)
    ends = {"client": caller, "server": server.wrap_bio(to_server, to_client, server_side=True)}
    with _listening() as raised:
        for _ in range(4):  # a handshake takes each end three turns at most
            for name, end in ends.items():
                try:
                    end.do_handshake()
                except ssl.SSLWantReadError:
                    continue
                except ssl.SSLError as error:
                    met.errors.setdefault(name, error)
    met.raised = raised[0] if raised else None
    met.leaf = None if met.errors else caller.getpeercert(binary_form=True)
    return met


@contextmanager
def _listening() -> Iterator[list[BaseException | None]]:
    """What a callback of OpenSSL's raises comes to nobody but this hook."""
    raised: list[BaseException | None] = []
    before, sys.unraisablehook = sys.unraisablehook, lambda told: raised.append(told.exc_value)
    try:
        yield raised
    finally:
        sys.unraisablehook = before


# Both ends, repaired.


@exercise(
    "06-both-ends",
    title="Repair both ends",
    form="both_ends(folder)",
    hints=(
        "Take one line after the other, and ask: which end is this for, whom does it trust, what does it switch off? "
        "One of the two contexts needs no `load_verify_locations` and no switches at all.",
        "A purpose names the *other* end: `Purpose.SERVER_AUTH`, the default, makes a context that verifies servers. "
        "With `cafile=` it trusts that file alone.",
        "The leaf comes first in `fullchain.pem`. The server: `ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)` and "
        "`load_cert_chain`. The client: `ssl.create_default_context(cafile=…)`.",
    ),
)
def both_ends(answer: Callable[..., Any]) -> None:
    root = Authority.create("Bookshop Root")
    issuing = root.intermediate("Bookshop Issuing CA")
    shop = issuing.issue(["shop.test"])
    with tempfile.TemporaryDirectory(prefix="tlslearn-") as name, decoy_in_the_system_store():
        folder = Path(name)
        held = {"root": root.certificate, "issuing": issuing.certificate, "leaf": shop.certificate}
        for file, certificate in held.items():
            files.write_atomically(folder / f"{file}.pem", certificate.public_bytes(Encoding.PEM))
        keys.save(shop.private_key, folder / "key.pem")
        client, server = _pair(answer, folder)
        _judge_client(client, root)
        _judge_server(server)
    _judge_together(client, server, root, issuing, shop)


def _pair(answer: Callable[..., Any], folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    outcome = attempt(answer, folder)
    if isinstance(outcome.error, ssl.SSLError) and outcome.error.reason == "KEY_VALUES_MISMATCH":
        advice = "The key is held against the first certificate of the file. Which one is it?"
        raise NotYet("KEY_VALUES_MISMATCH from load_cert_chain", "a chain that fits its key", advice)
    came = call(answer, folder) if outcome.error else outcome.value
    if not isinstance(came, tuple) or len(came) != 2 or not all(isinstance(one, ssl.SSLContext) for one in came):
        raise NotYet(_kind(came), "two contexts: client, server", "End with: return client, server")
    client, server = came
    if client.protocol == ssl.PROTOCOL_TLS_SERVER and server.protocol == ssl.PROTOCOL_TLS_CLIENT:
        # Somebody's client has roots, whatever its purpose; a server's context that is right has none.
        made_right = not client.cert_store_stats()["x509"] and server.verify_mode == ssl.CERT_REQUIRED
        advice = (
            "Each end was made with the other end's purpose. Correct the purposes, and keep `return client, server`."
        )
        advice = "Exchange the two." if made_right else advice
        raise NotYet("a server's context, then a client's", "client, server", advice)
    for context, end, wrong, protocol in (
        (client, "client", "server", ssl.PROTOCOL_TLS_CLIENT),
        (server, "server", "client", ssl.PROTOCOL_TLS_SERVER),
    ):
        if context.protocol != protocol:
            advice = f"The purpose names the end that is verified; a {end} needs the other one."
            raise NotYet(f"a context for {wrong}s in the place of the {end}'s", f"one for {end}s", advice)
    return client, server


def _kind(came: object) -> str:
    """Contexts and functions show an address in memory, which says nothing to anybody."""
    if isinstance(came, tuple):
        return f"a tuple of {len(came)}: {', '.join(type(one).__name__ for one in came)}"
    return f"{type(came).__name__} returned"


def _judge_client(client: ssl.SSLContext, root: Authority) -> None:
    if client.verify_mode != ssl.CERT_REQUIRED:
        raise NotYet("a client that talks to anyone", "verify_mode CERT_REQUIRED", "Leave verify_mode as it is made.")
    if not client.check_hostname:
        advice = "Leave check_hostname as it is made."
        raise NotYet("a client that accepts the blog's certificate for the shop", "check_hostname True", advice)
    anchors = client.get_ca_certs(binary_form=True)
    if root.certificate.public_bytes(Encoding.DER) not in anchors:
        advice = "A chain ends at a root: load root.pem, which came by another channel."
        raise NotYet("a client that does not trust the root", "root.pem among its anchors", advice)
    if len(anchors) > 1:
        advice = "`load_verify_locations` adds. Give create_default_context the file, and nothing else is loaded."
        raise NotYet("a client that trusts others besides root.pem", "this root and no other", advice)


def _judge_server(server: ssl.SSLContext) -> None:
    if server.verify_mode != ssl.CERT_NONE:
        advice = "That is mutual TLS, notebook 08. Here clients have none: leave the server's verify_mode alone."
        raise NotYet("a server that asks its clients for certificates", "verify_mode CERT_NONE", advice)
    if not server.cert_store_stats()["x509"]:
        return
    advice = (
        "This server verifies nobody, so it needs no roots. It would also fill gaps of fullchain.pem from them, and "
        "you would not notice the gap. Load none."
    )
    raise NotYet("a server with roots in its store", "a server that trusts nobody", advice)


def _judge_together(
    client: ssl.SSLContext, server: ssl.SSLContext, root: Authority, issuing: Authority, shop: Credential
) -> None:
    fresh = ssl.create_default_context(cadata=root.certificate.public_bytes(Encoding.DER))
    met = meet(fresh, server, "shop.test")
    if met.leaf is None:
        code = getattr(met.errors.get("client"), "verify_code", None)
        if code == 20:
            advice = "Who signed the leaf? The client has the root alone: send what stands between."
            raise NotYet("code 20: the chain breaks off above the leaf", "leaf and issuing CA", advice)
        told = met.errors["server" if "server" in met.errors else "client"].reason
        raise NotYet(f"{told} when a good client connects", "a handshake", "Load fullchain.pem and key.pem.")
    if met.leaf != shop.certificate.public_bytes(Encoding.DER):
        raise NotYet("another certificate than the leaf", "leaf.pem first", "Put the leaf first.")
    strangers = {
        "a stranger's server": Authority.create("Bookshop Root").issue(["shop.test"]),
        "another server of the shop's CA": issuing.issue(["blog.test"]),
        "an expired certificate": issuing.issue(["shop.test"], one_thing_wrong="expired"),
    }
    for told, credential in strangers.items():
        if meet(client, credential.server_context(), "shop.test").leaf is not None:
            raise NotYet(f"your client accepts {told}", "a refusal", "Leave every check as it is made.")
    if meet(client, server, "shop.test").leaf is None:
        raise NotYet("your two ends do not meet", "a handshake for shop.test", "Change no more than the faults.")


# Several names at one address.

# Others than in the text, and not in the order of the alphabet: what is copied from there must not pass.
_NAMES = ("desk.test", "blog.test", "cellar.test")
# Nobody's names, though some begin or end like one of somebody's.
_UNKNOWN = ("vault.test", "notblog.test", "a.blog.test", "blog.test.vault.test", "test")


@exercise(
    "06-front",
    title="Three names, one address",
    form="front(contexts)",
    hints=(
        "The callback is called once in each handshake, and is told a name, or None. Three cases: a name that you "
        "have, no name, a name that you do not have. What does each of them get?",
        "A name arrives as the client typed it, and host names do not care for capitals: `name.lower()`. None has no "
        "`lower`, so ask for None first.",
        "Set `tls.context` and return nothing for a name that you have. Return "
        "`ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME` for one that you do not have; nothing at all for None.",
    ),
)
def front(answer: Callable[..., Any]) -> None:
    root = Authority.create("Bookshop Root")
    leaves = {name: root.issue([name]) for name in _NAMES}
    contexts = {name: credential.server_context() for name, credential in leaves.items()}
    shown = {one.certificate.public_bytes(Encoding.DER): name for name, one in leaves.items()}
    context = _front_of(answer, contexts)
    if not isinstance(context, ssl.SSLContext):
        advice = "Return the context that the server starts with: the first one, with your callback."
        raise NotYet(_kind(context), "an ssl.SSLContext", advice)
    client = ssl.create_default_context(cadata=root.certificate.public_bytes(Encoding.DER))
    client.check_hostname = False  # so that the wrong certificate is seen, and not refused
    for asked in (*_NAMES, "blog.test", "Cellar.TEST"):
        _presents(meet(client, context, asked), shown, asked.lower(), f"a client that asks for {asked}")
    _presents(meet(client, context, None), shown, _NAMES[0], "a client that names nobody")
    for asked in _UNKNOWN:
        _turns_away(meet(client, context, asked), shown, asked)


def _front_of(answer: Callable[..., Any], contexts: dict[str, ssl.SSLContext]) -> Any:
    outcome = attempt(answer, dict(contexts))
    if isinstance(outcome.error, KeyError):
        advice = "The names are others each time: take the first of whatever comes, `next(iter(contexts.values()))`."
        raise NotYet(f"KeyError: {outcome.error}, for {', '.join(contexts)}", "a context", advice)
    return call(answer, dict(contexts)) if outcome.error else outcome.value


def _presents(met: Meeting, shown: dict[bytes, str], wanted: str, who: str) -> None:
    if met.raised is not None:
        came = f"{type(met.raised).__name__} in your callback, for {who}"
        raise NotYet(came, f"the certificate of {wanted}", _ABOUT_ERRORS.get(type(met.raised), "Call it yourself."))
    if met.leaf is None:
        told = met.errors["client" if "client" in met.errors else "server"].reason
        advice = _CAPITALS if who != who.lower() else _ABOUT_REFUSALS["names nobody" in who]
        raise NotYet(f"{told or 'no handshake'}, for {who}", f"the certificate of {wanted}", advice)
    found = shown.get(met.leaf, "somebody else")
    if found != wanted:
        advice = _CAPITALS if who != who.lower() else "Set tls.context in the callback."
        raise NotYet(f"the certificate of {found}, for {who}", f"that of {wanted}", advice)


_ABOUT_REFUSALS = (
    "Set tls.context where there is a name, and return None.",
    "Without a name the context that you return presents its own certificate: has it one? The first of `contexts` has.",
)
_CAPITALS = "Host names do not care for capitals."
_ABOUT_ERRORS: dict[type[BaseException], str] = {
    KeyError: "A dictionary raises for what it does not hold; .get does not.",
    AttributeError: "Clients that connect by address send no name: then it is None.",
    TypeError: "Set tls.context; what the callback returns is None, or the number of an alert.",
}


def _turns_away(met: Meeting, shown: dict[bytes, str], asked: str) -> None:
    who, wanted = f"a client that asks for {asked}", "the alert unrecognized_name"
    if met.leaf is not None:
        advice = "Return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME for a name that you do not have."
        advice = advice if asked == _UNKNOWN[0] else "Compare whole names."
        raise NotYet(f"the certificate of {shown.get(met.leaf, 'somebody else')}, for {who}", wanted, advice)
    if met.raised is not None:
        advice = "An error ends the handshake with an alert that misleads. Return the alert instead."
        raise NotYet(f"{type(met.raised).__name__} in your callback, for {who}", wanted, advice)
    reason = met.errors["client"].reason if "client" in met.errors else None
    if reason != "TLSV1_UNRECOGNIZED_NAME":
        advice = "Return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME."
        raise NotYet(f"{reason or 'an end without an alert'}, for {who}", wanted, advice)
