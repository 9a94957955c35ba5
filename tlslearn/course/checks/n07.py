"""Checkers and predictions of notebook 07.

Sections: RFC 9846 6.2 (alerts), RFC 5280 6.1 (path validation).
Leaves out: how a check is run and counted; see `exercise`. The failures are the gallery's, visited once a process.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from functools import cache
from typing import Any

from cryptography import x509

from ... import gallery, live
from ...authority import Authority
from ..answers import call, show
from ..exercise import NotYet, exercise
from ..prediction import Option, prediction

prediction(
    "07-silent-log",
    "In eight of twelve the client refuses, in two the server, in two no TLS comes back. In which does the server's "
    "log say nothing of the failure?",
    (
        Option(
            "a",
            "in none: whoever refuses says why",
            "failures are always reported",
            "whoever refuses in TLS mostly does. Look at the last column for who does not.",
        ),
        Option(
            "b",
            "where the client refuses: it hangs up",
            "a client refuses in silence",
            "it sends an alert first. Look at the first lines of the last column.",
        ),
        Option("c", "where no TLS comes back", None, "Run the next cell, and count them."),
    ),
    "c",
)
prediction(
    "07-names-fit",
    "The impostor's names fit, up to the root that you trust. The code is 20 all the same. What is wrong?",
    (
        Option(
            "a",
            "the root does not come along",
            "a server must send its root",
            "it never has to: you have it. Look at a good server, and you find the same two certificates.",
        ),
        Option("b", "one of the signatures does not fit", None, "Run the next cell: which one?"),
        Option(
            "c",
            "nothing: a client that refuses this has a fault",
            "names prove who signed",
            "a name is text that anyone may write. What else ties a certificate to its issuer?",
        ),
    ),
    "b",
)
prediction(
    "07-repairs",
    "Which of the three repairs still refuses an impostor, and still works after the next renewal?",
    (
        Option(
            "a",
            "all three: the error is gone",
            "no error is a fix",
            "an error can also go because nobody looks any more. Run the next cell, and read its last column.",
        ),
        Option("b", "the whole chain at the server", None, "Run the next cell, and read its row."),
        Option(
            "c",
            "the leaf trusted by the client: nothing is safer than this one certificate",
            "pinning is the safest fix",
            "it is narrow. What does the client have in hand when the leaf is renewed?",
        ),
        Option(
            "d",
            "verification off, for this host alone",
            "off for one host harms nobody",
            "whoever stands between you and that host is not bound by its name. Read the last column.",
        ),
    ),
    "b",
)
prediction(
    "07-revoked",
    "A certificate was taken back by its authority. Nobody hands the three judges the list. Which of them notice?",
    (
        Option(
            "a",
            "all: a revoked certificate is not valid",
            "revocation travels by itself",
            "it stands on a list, and nothing in the certificate changes. Who reads the list?",
        ),
        Option(
            "b",
            "both of OpenSSL's: they ask while they connect",
            "OpenSSL asks the authority",
            "it asks nobody. It looks at a list that you load, if you tell it to.",
        ),
        Option("c", "none", None, "Run the next cell, and look at the last row."),
    ),
    "c",
)


@cache
def visited(name: str) -> gallery.Outcome:
    with gallery.open(name) as shown:
        return shown.visit()


# Exhibits in the order in which an answer is tried, and the word for each.
_CASES = {
    "expired": "time",
    "not-yet-valid": "time",
    "wrong.host": "name",
    "wrong-address": "name",
    "incomplete-chain": "leaf alone",
    "untrusted-root": "root",
    "untrusted-root-sent": "root",
    "self-signed": "root",
    "impostor": "signature",
    "signature-changed": "signature",
    "tls-v1-1": "server",
    "client-cert-missing": "server",
    "unrecognized-name": "server",
    "client-expired": "server",
    "http": "no TLS",
    "eku-client-only": "look",
    "closes": "look",
    "resets": "look",
}
_WORDS = tuple(dict.fromkeys(_CASES.values()))
_ADVICE = {
    "time": "Codes 9 and 10 are about time, whatever was sent.",
    "name": "Codes 62 and 64 are about the name, whatever was sent.",
    "leaf alone": "How many certificates were sent? And did this one sign itself?",
    "root": "All that was sent fits together. What is missing is your trust in the one at its end.",
    "signature": "The names fit. Do the signatures? Ask `fits` about each certificate and the next.",
    "server": "Here an alert came in: the reason begins with SSLV3_ALERT or TLSV1.",
    "no TLS": "WRONG_VERSION_NUMBER: what came was no record of TLS.",
    "look": "The list of words has none for it: the rest is `look`.",
}
_HUNG_UP = "A connection that ends does not tell whether TLS was spoken. That is `look`."
_STUMBLES = {
    AttributeError: "Not every error has a verify_code or a reason: ask what kind it is first, or use getattr.",
    TypeError: "Where the server or nobody refuses, no chain was fetched: sent is None. Look at it for codes alone.",
    KeyError: "A dictionary raises for what it does not hold; .get does not.",
}


@exercise(
    "07-triage",
    title="Triage by both ends",
    form="triage(error, sent)",
    hints=(
        "First ask who refused. For `ssl.SSLCertVerificationError` it was the client, and only then is there a chain "
        "to look at.",
        "Most codes have one word each, so a dictionary will do. Code 20 has three: how many certificates are in "
        "`sent`, and does each fit the next?",
        "`all(fits(below, above) for below, above in pairwise(sent))` is true for a chain that hangs together. For "
        'the others: `reason = getattr(error, "reason", None) or ""`.',
    ),
)
def triage(answer: Callable[..., Any]) -> None:
    for name, word in _CASES.items():
        outcome = visited(name)
        advice = _HUNG_UP if name in ("closes", "resets") else _ADVICE[word]
        _judged(answer, (outcome.error, _sent(outcome)), word, _seen(name), advice)
    for told, (sent, word, advice) in _made().items():
        seen = f"{told} (code 20, {len(sent)} sent)"
        _judged(answer, (visited("untrusted-root").error, sent), word, seen, advice)


def _judged(answer: Callable[..., Any], given: tuple[object, object], word: str, seen: str, advice: str) -> None:
    try:
        found = call(answer, *given)
    except NotYet as stumbled:
        advice = _STUMBLES.get(type(stumbled.__cause__), stumbled.next_step)
        raise NotYet(f"{stumbled.came}, for {seen}", f'"{word}"', advice) from stumbled
    if found != word:
        advice = advice if found in _WORDS else f"Return one of the words: {', '.join(_WORDS)}."
        raise NotYet(f"{show(found)} for {seen}", f'"{word}"', advice)


@cache
def _made() -> dict[str, tuple[tuple[x509.Certificate, ...], str, str]]:
    """Chains that no exhibit sends: whoever looks at the first two alone, or at names, does not get by."""
    root, namesake = Authority.create("Warehouse Root"), Authority.create("Warehouse Root")
    issuing, borrowed = root.intermediate("Warehouse CA"), namesake.intermediate("Warehouse CA")
    leaf = issuing.issue(["localhost"]).certificate
    gallery_name = Authority.create("Gallery Root")  # the name of the root that is trusted, and another key
    of_that_name = gallery_name.intermediate("Gallery Issuing CA")
    whole = (of_that_name.issue(["localhost"]).certificate, of_that_name.certificate)
    return {
        "two certificates whose names no exhibit has": (
            (leaf, borrowed.certificate),
            "signature",
            "No name tells who signed. Ask `fits` about each certificate and the next.",
        ),
        "three certificates, of which the first two fit": (
            (leaf, issuing.certificate, namesake.certificate),
            "signature",
            "Go on after the first two: ask `fits` about each certificate and the next.",
        ),
        "a chain that fits, up to a root that borrowed the name of yours": (
            whole,
            "root",
            "No name tells who signed. All that was sent fits; its root has the name of yours and is another.",
        ),
    }


def _sent(outcome: gallery.Outcome) -> tuple[x509.Certificate, ...] | None:
    """`live.connect` leaves it beside the error."""
    evidence = getattr(outcome.error, "evidence", None)
    return evidence.chain if isinstance(evidence, live.Evidence) else None


def _seen(name: str) -> str:
    """What there is to go by."""
    outcome = visited(name)
    sent = _sent(outcome)
    return f"{name} ({outcome.answer})" if sent is None else f"{name} (code {outcome.answer}, {len(sent)} sent)"


# Ten servers without names.

COUNT, SEED = 10, 1325
# What both ends see, and the chain, are the same for these two.
_SAME_CHAIN = {"impostor", "other-intermediate"}
# What to look at where several exhibits have the same code.
_LOOK: dict[int | str | None, str] = {
    10: "the dates of each certificate: which of them has ended?",
    20: "the chain as sent: how many certificates, do the signatures fit, and is the last one's issuer your root?",
    26: "what the leaf is for: its extended key usage, and its key usage.",
    62: "the names of the leaf, beside the host that was asked for.",
    64: "the names of the leaf: does it hold an address at all?",
    79: "the certificate that signed the leaf: does it say that it is a CA, and may its key sign?",
}


@exercise(
    "07-ten",
    title="Ten servers without names",
    hints=(
        "Take the table of all exhibits as the book of symptoms: which rows show the same two answers as your server?",
        "Where several rows fit, what was sent decides: print subject and issuer of each certificate, try `fits`, "
        "and look at dates and names. `error.evidence.hostname` is the host that was asked for.",
        "In a cell of your own, let the doctor look at one: `doctor.explain(outcomes[0].error)` is number 1. Then "
        "find the exhibit with that one thing wrong.",
    ),
)
def ten(answer: object) -> None:
    if not isinstance(answer, dict):
        raise NotYet(f"{type(answer).__name__} given", "a dictionary", 'Write {1: "expired", …}: number, then name.')
    # A class may have ten others: {"seed": 7, 1: …} is judged by what was drawn with seed=7.
    given = {number: name for number, name in answer.items() if number != "seed"}
    drawn = gallery.draw(COUNT, seed=answer.get("seed", SEED))
    for number, name in given.items():
        _require_entry(number, name)
    wrong = {number: name for number, name in given.items() if not _agrees(name, drawn[number - 1].exhibit)}
    right = f"{len(given) - len(wrong)} of {COUNT} right"
    for number, name in sorted(wrong.items()):
        wanted, advice = _difference(number, gallery.EXHIBITS[name], drawn[number - 1].exhibit)
        raise NotYet(f"{name} for number {number} ({right})", wanted, advice)
    missing = [number for number in range(1, COUNT + 1) if number not in given]
    if missing:
        advice = f"Go on with {missing[0]}: look for rows of the table with what its two ends saw."
        raise NotYet(right, "a name for each of the ten", advice)


def _require_entry(number: object, name: object) -> None:
    if not isinstance(number, int) or not 1 <= number <= COUNT:
        raise NotYet(f"a number {show(number)}", f"numbers 1 to {COUNT}", "Count as the table of the ten does.")
    if isinstance(name, int):
        advice = "Give the exhibit's name. Which rows of gallery.table() have this code?"
        raise NotYet(f"{name} for number {number}", "the name of an exhibit", advice)
    if not isinstance(name, str) or name not in gallery.EXHIBITS:
        near = difflib.get_close_matches(str(name), gallery.EXHIBITS, 1)
        advice = f"Do you mean {near[0]}?" if near else "The names are in the first column of gallery.table()."
        raise NotYet(f"{show(name)} for number {number}", "the name of an exhibit", advice)


def _agrees(name: str, drawn: gallery.Exhibit) -> bool:
    """The right name, or one that nothing seen tells from it: without a chain the two answers are all there is."""
    guess = gallery.EXHIBITS[name]
    no_chain = not isinstance(drawn.expected, int)
    alike = {name, drawn.name} == _SAME_CHAIN or (no_chain and guess.here == drawn.here)
    return name == drawn.name or alike


def _difference(number: int, guess: gallery.Exhibit, drawn: gallery.Exhibit) -> tuple[str, str]:
    """What was wanted and what to do next, and not the name."""
    found, would = drawn.here, guess.here
    if found != would:
        shown = _told(would)
        return f"a fault with which {_told(found)}", f"With {guess.name} {shown}. Which rows fit number {number}?"
    advice = f"Both ends say the same there and here. Look at {_LOOK.get(found[0], 'what the doctor says.')}"
    return f"another fault with which {_told(found)}", advice


def _told(here: tuple[int | str | None, str | None]) -> str:
    client = "is content" if here[0] is None else f"says {here[0]}"
    return f"the client {client} and the server sees {here[1] or 'nothing'}"
