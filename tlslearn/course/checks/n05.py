"""Checkers and predictions of notebook 05.

Sections: RFC 5280 3.2 and 6.1 (paths), RFC 9525 6.3 and 6.4 (host names and addresses).
Leaves out: how a check is run and counted; see `exercise`.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from ... import chain, keys, names
from ...authority import Authority
from .. import limits
from ..answers import attempt
from ..exercise import NotYet, call, exercise, show
from ..prediction import Option, prediction

prediction(
    "05-cross",
    "The till trusts Root 1 alone, the laptop Root 2 alone. The partner's server now sends the cross certificate as "
    "well. Who accepts?",
    (
        Option(
            "a",
            "the laptop only: nothing that a server sends can change whom the till trusts",
            "each new certificate needs new trust",
            "the till still trusts Root 1 alone. But who signed the cross certificate?",
        ),
        Option("b", "both", None, "Run the next cell, and count the ways of each."),
        Option(
            "c",
            "the till only: the cross certificate takes the place of Root 2",
            "a certificate replaces another of its name",
            "certificates of one name and key stand side by side. Look at how many ways the laptop has.",
        ),
    ),
    "b",
)
prediction(
    "05-one-message",
    "One server forgot its intermediate, one has a root that you never heard of, one signed its leaf itself. How many "
    "different messages does cryptography's verifier give?",
    (
        Option("a", "one", None, "Run the next cell, and look at what the message leaves out."),
        Option(
            "b",
            "two: only the self-signed leaf is told apart",
            "self-signed is a special case",
            "to a path builder it is one more certificate that leads nowhere. Run the next cell.",
        ),
        Option(
            "c",
            "three: one for each cause",
            "an error message names its cause",
            "it names what the verifier was left with. Run the next cell: can you tell them apart?",
        ),
    ),
    "a",
)
prediction(
    "05-last-second",
    "The leaf ends at 12:00:00. The clock says 12:00:00. Is it valid?",
    (
        Option(
            "a",
            "no: the end is past",
            "an end is exclusive, as in Python's ranges",
            "the standard has one word about it: inclusive. Look at the second line of the next output.",
        ),
        Option(
            "b",
            "yes, and every program agrees",
            "a standard makes programs agree",
            "a second sooner and a second later they do. At this very second it hangs on the version of OpenSSL.",
        ),
        Option("c", "yes, but programs differ", None, "Run the next cell, and read below it which version says what."),
    ),
    "c",
)
prediction(
    "05-wildcard",
    "A leaf has the one name *.harbour.example. Which hosts does it cover?",
    (
        Option(
            "a",
            "all below harbour.example, however deep",
            "the star works as in file names",
            "it stands for one label and has no dot in it. Look at eu.orders.harbour.example.",
        ),
        Option("b", "those one label below harbour.example", None, "Run the next cell, and look at both limits."),
        Option(
            "c",
            "those one label below, and harbour.example itself",
            "the star may stand for nothing",
            "it stands for exactly one label. Look at harbour.example.",
        ),
    ),
    "b",
)
prediction(
    "05-flips",
    "You flip one bit in each byte of the leaf, one after the other, and leave the signature unchecked. What goes "
    "unnoticed?",
    (
        Option(
            "a",
            "nothing: the rules cover every field",
            "every field is checked by a rule",
            "no rule compares the leaf's serial number, or its subject, with anything. Look at the grey bytes.",
        ),
        Option(
            "b",
            "changes of the signature, and no others",
            "a signature protects only itself",
            "look at the grey bytes before the signature: which fields are they in?",
        ),
        Option("c", "changes in several fields", None, "Run the next cell: which ones are grey?"),
    ),
    "c",
)


@dataclass(frozen=True)
class Climb:
    """One chain to diagnose: what it is, what is given, and where the climb ends, with which word."""

    what: str
    leaf: x509.Certificate
    sent: Sequence[x509.Certificate]
    anchors: Sequence[x509.Certificate]
    end: x509.Certificate
    word: str


_WORDS = ("trusted", "self-signed", "another key", "nobody")
# What helps, by the word that was wanted and the one that came.
_ADVICE = {
    ("trusted", "self-signed"): "Before anything else ask whether the certificate you stand on is an anchor.",
    ("trusted", "another key"): "Several may bear the issuer's name: ask linked of each, not of the first alone.",
    ("trusted", "nobody"): "Look for the issuer among the anchors and among what was sent, in any order.",
    ("self-signed", "trusted"): "Who sent it proves nothing: only the anchors are trusted.",
    ("self-signed", "nobody"): "The certificate you stand on signed itself: linked(here, here).",
    ("self-signed", "another key"): "The certificate you stand on signed itself: linked(here, here).",
    ("another key", "trusted"): "A name only makes a candidate: ask linked whether that key signed.",
    ("another key", "nobody"): "Somebody bears the issuer's name, but no key of that name fits: a word of its own.",
    ("nobody", "trusted"): "Nobody among sent and anchors bears the issuer's name. Whom did you trust?",
}
_OTHERWISE = "Whose name is the issuer's, and whose key signed? Two lists, and which of them is empty decides."


@exercise(
    "05-diagnose",
    title="Say where the climb ends, and why",
    form="diagnose(leaf, sent, anchors)",
    hints=(
        "Stand on a certificate. Is it an anchor? If not: who bears its issuer's name, and which of these has a key "
        "that fits?",
        "A self-signed certificate bears its issuer's name itself. Leave it out when you look for the next one.",
        "`named = [one for one in (*anchors, *sent) if one.subject == here.issuer and one != here]`, then "
        "`above = [one for one in named if linked(here, one)]`. Which lists are empty?",
    ),
)
def diagnose(answer: Callable[..., Any]) -> None:
    for climb in _climbs():
        came = _climbed(answer, climb)
        pair = isinstance(came, tuple) and len(came) == 2 and isinstance(came[0], x509.Certificate)
        if not pair or came[1] not in _WORDS:
            words = ", ".join(f'"{word}"' for word in _WORDS)
            raise NotYet(
                f"{_kind(came)} for {climb.what}", f"a certificate and one of {words}", "Return both: here, word."
            )
        end, word = came
        wanted = f'"{climb.word}" at {names.short(climb.end.subject)}'
        if word != climb.word:
            next_step = _ADVICE.get((climb.word, word), _OTHERWISE)
            raise NotYet(f'"{word}" at {names.short(end.subject)} for {climb.what}', wanted, next_step)
        if end != climb.end:
            same = names.short(end.subject) == names.short(climb.end.subject)
            came_at = f'"{word}" at {"another certificate of that name" if same else names.short(end.subject)}'
            raise NotYet(f"{came_at} for {climb.what}", wanted, "Return the certificate at which the climb ended.")


def _climbed(answer: Callable[..., Any], climb: Climb) -> Any:
    """What came back; a climb that never ends is told with its chain, for the chain is what goes round."""
    try:
        return call(answer, climb.leaf, list(climb.sent), list(climb.anchors), seconds=2)
    except NotYet as error:
        if not isinstance(error.__cause__, limits.Stopped):
            raise
        round_and_round = "A self-signed certificate is its own issuer. Do you climb from it to itself?"
        next_step = round_and_round if climb.word == "self-signed" else error.next_step
        raise NotYet(f"{error.came} for {climb.what}", error.expected, next_step) from error


def _kind(came: object) -> str:
    """A value without what differs from run to run, such as a certificate's address in memory."""
    if isinstance(came, str | None):
        return show(came)
    if isinstance(came, tuple):
        return f"({', '.join(map(_kind, came))})"
    return f"a {type(came).__name__}"


def _climbs() -> list[Climb]:
    """A dozen chains, new each time; the plainest first."""
    root, other = Authority.create("Harbour Root"), Authority.create("Some Other Root")
    namesake = Authority.create("Harbour Root")
    issuing = root.intermediate("Harbour Issuing CA", path_length=2)
    double = namesake.intermediate("Harbour Issuing CA")
    deep = issuing.intermediate("Harbour Branch CA", path_length=1).intermediate("Harbour Shop CA")
    leaf, low = (one.issue(["orders.harbour.example"]) for one in (issuing, deep))
    direct = root.issue(["orders.harbour.example"]).certificate
    own = Authority.create("orders.harbour.example")
    alone = own.issue(["orders.harbour.example"], key=own.private_key).certificate
    top, wrong, stranger, ca = (one.certificate for one in (root, namesake, other, issuing))
    end, false = leaf.certificate, double.certificate
    return [
        Climb("leaf, intermediate, root", end, [ca], [top], top, "trusted"),
        Climb("a leaf that the root itself signed", direct, [], [top], top, "trusted"),
        Climb("a leaf whose intermediate was not sent", end, [], [top], end, "nobody"),
        Climb("a root that this client has never heard of", end, [ca], [stranger], ca, "nobody"),
        Climb("an untrusted root that was sent along", end, [ca, top], [stranger], top, "self-signed"),
        Climb("a self-signed leaf", alone, [], [top], alone, "self-signed"),
        Climb("a self-signed leaf that is an anchor", alone, [], [top, alone], alone, "trusted"),
        Climb("an anchor with the root's name and another key", end, [ca], [wrong], ca, "another key"),
        Climb("an intermediate with the right name and another key", end, [false], [top], end, "another key"),
        Climb("three intermediates, sent upside down", low.certificate, low.intermediates[::-1], [top], top, "trusted"),
        Climb("a namesake of the intermediate, sent before it", end, [false, ca], [top], top, "trusted"),
        Climb("certificates of strangers in between", end, [stranger, ca, false], [stranger, top], top, "trusted"),
        Climb("an intermediate that is an anchor itself", end, [ca, top], [ca], ca, "trusted"),
    ]


@dataclass(frozen=True)
class Search:
    """What is given, the paths of which one is to be found ((): none), the time, and what helps."""

    what: str
    leaf: x509.Certificate
    sent: Sequence[x509.Certificate]
    anchors: Sequence[x509.Certificate]
    good: Sequence[tuple[x509.Certificate, ...]]
    next_step: str
    at: datetime


@exercise(
    "05-first-good",
    title="Repair a client that gives up",
    form="first_good(leaf, sent, anchors, failed)",
    hints=(
        "Where does the colleague's loop have a choice, and what does it do when the choice was wrong?",
        "`paths(leaf, sent, anchors)` already finds every way to an anchor, by name and signature.",
        "Go through the paths; return the first for which `failed(path)` is empty, and None after the last.",
    ),
)
def first_good(answer: Callable[..., Any]) -> None:
    for search in _searches():

        def failed(path: Sequence[x509.Certificate], at: datetime = search.at) -> list[str]:
            verdict = chain.validate(path[0], path[1:-1], path[-1:], hostname=_HOST, at=at)
            return [f"{one.about}: {one.rule}" for one in verdict.failures]

        given = search.leaf, list(search.sent), list(search.anchors), failed
        outcome = attempt(answer, *given, seconds=2)
        if isinstance(outcome.error, StopIteration | RecursionError):
            next_step = _NONE if isinstance(outcome.error, StopIteration) and not search.good else search.next_step
            raise NotYet(f"{type(outcome.error).__name__} for {search.what}", _told(search), next_step)
        came = call(answer, *given, seconds=2) if outcome.error else outcome.value
        path = tuple(came) if isinstance(came, list | tuple) else None
        if came is not None and (path is None or not all(isinstance(one, x509.Certificate) for one in path)):
            raise NotYet(f"{_kind(came)} for {search.what}", _told(search), "Return one path, or None.")
        if path is None and search.good:
            raise NotYet(f"None for {search.what}", _told(search), search.next_step)
        if path is not None and path not in search.good:
            whole = bool(path) and path[0] == search.leaf and path[-1] in search.anchors
            why = f", of which failed says {failed(path)[0]!r}," if whole and failed(path) else ""
            raise NotYet(f"{_way(path)}{why} for {search.what}", _told(search), search.next_step)


def _told(search: Search) -> str:
    return " or ".join(map(_way, search.good)) or "None"


def _way(path: Sequence[x509.Certificate]) -> str:
    return " ← ".join(names.short(one.subject) for one in path) or "an empty path"


def _searches() -> list[Search]:
    """The plainest first, then one trap each."""
    now = datetime.now(UTC)
    later = now + timedelta(days=20)
    old = Authority.create("Harbour Root 1", valid_for=timedelta(days=10))
    new = Authority.create("Harbour Root 2", valid_for=timedelta(days=90))
    cross = old.intermediate("Harbour Root 2", key=new.private_key, path_length=1).certificate
    issuing = new.intermediate("Harbour Issuing CA", valid_for=timedelta(days=80))
    ended = new.intermediate("Harbour Issuing CA", key=issuing.private_key, valid_for=timedelta(days=10)).certificate
    namesake = Authority.create("Harbour Root 2").intermediate("Harbour Issuing CA").certificate
    leaf = issuing.issue([_HOST], not_after=now + timedelta(days=40)).certificate
    one, other = Authority.create("Harbour Issuing CA"), Authority.create("Harbour Branch CA")
    circle = [
        other.intermediate("Harbour Issuing CA", key=one.private_key).certificate,
        one.intermediate("Harbour Branch CA", key=other.private_key).certificate,
    ]
    lost = one.issue([_HOST]).certificate
    ca, top, bottom = issuing.certificate, new.certificate, old.certificate
    short, long = (leaf, ca, top), (leaf, ca, cross, bottom)
    return [
        Search("leaf, intermediate, root", leaf, [ca], [top], [short], _SHAPE, now),
        Search("a machine that trusts the old root alone", leaf, [ca, cross], [bottom], [long], _BACK, now),
        Search("the new root alone, and the cross certificate sent", leaf, [cross, ca], [top], [short], _BACK, now),
        Search("both roots, and the old one has ended", leaf, [ca, cross], [bottom, top], [short], _BACK, later),
        Search("a namesake of the intermediate, sent first", leaf, [namesake, ca], [top], [short], _NAME, now),
        Search("an intermediate that ended, sent before the new one", leaf, [ended, ca], [top], [short], _BACK, later),
        Search("a leaf that has ended", leaf, [ca], [top], [], _JUDGE, now + timedelta(days=50)),
        Search("an intermediate that was not sent", leaf, [], [top], [], _NONE, now),
        Search("a root that the server sent and nobody trusts", leaf, [ca, top], [bottom], [], _ANCHOR, now),
        Search("two CAs that signed one another", lost, circle, [top], [], _CIRCLE, now),
    ]


_SHAPE = "A path begins with the leaf and ends with the anchor: give it as paths does."
_JUDGE = "Nothing may fail in the path: ask failed(path), and take it only where the list is empty."
_BACK = "There is another way: when a path fails, or leads nowhere, go back and try the next issuer."
_NAME = "A name only makes a candidate: ask linked, and try all of that name."
_NONE = "Where no way leads to an anchor, return None."
_ANCHOR = "A path ends at one of the anchors, and nowhere else."
_CIRCLE = "A certificate may occur once in a path: leave out what stands in it already."


def _san(*texts: str) -> x509.SubjectAlternativeName:
    """Names of a leaf; what begins with "ip:" is an address, all else a DNS name, in form or not."""
    return x509.SubjectAlternativeName(
        [
            x509.IPAddress(ipaddress.ip_address(text[3:])) if text.startswith("ip:") else x509.DNSName(text)
            for text in texts
        ]
    )


def _leaf(common_name: str, *texts: str) -> x509.Certificate:
    key = keys.demo("covers")
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common_name)])
    start = datetime.now(UTC) - timedelta(hours=1)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, start, start + timedelta(days=1))
    if texts:
        builder = builder.add_extension(_san(*texts), critical=False)
    return builder.sign(key, hashes.SHA256())


_HOST, _STAR = "orders.harbour.example", "*.harbour.example"
_ONE_LABEL = "A wildcard stands for exactly one label, the first: compare what follows the first dot."
_WHOLE = "A wildcard counts only as the whole first label, *. and nothing else; ignore other names with a star."
_BINARY = "Compare addresses as addresses: ipaddress.ip_address(hostname), with what the certificate has of that type."
# Names of the leaf, the host asked for, whether it is covered, and what helps.
_COVERS: tuple[tuple[tuple[str, ...], str, bool, str], ...] = (
    ((_HOST,), _HOST, True, "Look for hostname among the DNS names of the subject alternative name."),
    ((_HOST,), "harbour.example", False, "Compare whole names, not ends or pieces of them."),
    ((_HOST,), f"{_HOST}.test", False, "Compare whole names, not their beginning."),
    (("www.harbour.example", _HOST), _HOST, True, "One of several names is enough: look at all of them."),
    ((_HOST,), "Orders.Harbour.Example", True, "Host names are the same in capitals: compare both in small letters."),
    (("ORDERS.harbour.example",), _HOST, True, "The certificate's name may be in capitals too."),
    ((_STAR,), _HOST, True, "*.harbour.example stands for orders.harbour.example too."),
    ((_STAR,), "harbour.example", False, _ONE_LABEL),
    ((_STAR,), "eu.orders.harbour.example", False, _ONE_LABEL),
    ((_STAR,), "orders.harbourxexample", False, "A dot is a dot: compare text, or escape it in a pattern."),
    (("o*.harbour.example",), _HOST, False, _WHOLE),
    (("orders.*.example",), _HOST, False, _WHOLE),
    (("*.*.example",), _HOST, False, _WHOLE),
    ((), _HOST, False, "No subject alternative name covers nothing: catch x509.ExtensionNotFound, return False."),
    (("ip:192.0.2.7",), "192.0.2.7", True, _BINARY),
    (("ip:192.0.2.7",), "192.0.2.8", False, _BINARY),
    (("ip:2001:db8::7",), "2001:DB8:0:0:0:0:0:7", True, _BINARY),
    (("192.0.2.7",), "192.0.2.7", False, "An address written as a DNS name covers nothing: addresses have a type."),
    (("*.0.2.7",), "192.0.2.7", False, "An address has no labels, so no wildcard covers it."),
)


@exercise(
    "05-covers",
    title="Build the test of the host name",
    form="covers(certificate, hostname)",
    hints=(
        "Two cases that share nothing: hostname is an address (ipaddress.ip_address takes it) or a name (it raises "
        "ValueError).",
        "`san.get_values_for_type(x509.DNSName)` gives texts, `x509.IPAddress` in its place gives address objects.",
        '`first, _, rest = hostname.lower().partition(".")`: a wildcard covers it when it is "*." + rest, and rest has '
        "no star.",
    ),
)
def covers(answer: Callable[..., Any]) -> None:
    for texts, hostname, wanted, next_step in _COVERS:
        # Where the leaf has no subject alternative name, its common name is the host: tempting, and not to be used.
        leaf = _leaf(hostname if not texts else "a leaf", *texts)
        held = ", ".join(text.removeprefix("ip:") for text in texts)
        kind = "the address" if texts and texts[0].startswith("ip:") else "the DNS name" + "s" * (len(texts) > 1)
        what = f"{hostname}, where the leaf has {f'{kind} {held}' if texts else 'that common name and no other name'}"
        outcome = attempt(answer, leaf, hostname)
        if isinstance(outcome.error, x509.ExtensionNotFound):
            raise NotYet(f"ExtensionNotFound for {what}", str(wanted), next_step)
        came = call(answer, leaf, hostname) if outcome.error else outcome.value
        if not isinstance(came, bool):
            raise NotYet(f"{_kind(came)} for {what}", str(wanted), "Return True or False in every case.")
        if came != wanted:
            raise NotYet(f"{came} for {what}", str(wanted), next_step)
