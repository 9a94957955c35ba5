"""Checkers and predictions of notebook 10.

Sections: RFC 9846 4.5.2 (CertificateVerify), 4.2.3 (ServerHello), 4.3.1 (versions), 4.3.8 (shares), B.4 (suites).
Leaves out: how a check is run and counted; see `exercise`. Sockets: both answers judge messages.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from ... import wire
from ...authority import Authority
from ...handshake.signatures import CONTEXT, signed_content
from ...keys import PrivateKey, generate
from ...wire import extensions
from ...wire.reading import number, vector
from ..answers import Outcome, attempt, call
from ..exercise import NotYet, exercise, show
from ..prediction import Option, prediction

prediction(
    "10-finished",
    "The server's Finished fits. What do you know?",
    (
        Option(
            "a",
            "the other end is the shop",
            "a MAC that fits names its maker",
            "its key came from the shared secret, and everyone who answers your share gets one. See who else can.",
        ),
        Option(
            "b",
            "the other end has these keys and saw these messages, whoever it is",
            None,
            "Run the next cells: who else could it be?",
        ),
        Option(
            "c",
            "nothing: anyone on the way could have made it",
            "a listener can make every MAC",
            "a listener lacks the shared secret, and so the key of the MAC. But who has it?",
        ),
    ),
    "b",
)
prediction(
    "10-copier",
    "An impostor presents the shop's chain and signs with another key. Chain and Finished are checked. Who notices?",
    (
        Option(
            "a",
            "the chain's validation: the chain is not the impostor's",
            "a chain proves who presents it",
            "validation asks whose key is in the leaf, and for which name. Does it ever see who is at the other end?",
        ),
        Option(
            "b",
            "the comparison of Finished",
            "Finished proves the server's identity",
            "the MAC's key comes from the shares, and one of them is the impostor's own. Look whether it fits.",
        ),
        Option(
            "c",
            "the handshake: the signature does not fit",
            "what is sent is also checked",
            "it does not fit. But the question says what is checked: which of the two looks at the signature?",
        ),
        Option("d", "nobody", None, "Run the next cells, and read what the impostor reads."),
    ),
    "d",
)
prediction(
    "10-stolen",
    "Three recordings, and the server's RSA key, stolen later. Which does the key open?",
    (
        Option(
            "a",
            "all: it is the server's key",
            "the certificate's key encrypts the traffic",
            "with (EC)DHE, what does the server do with that key? Notebook 09 has the answer in CertificateVerify.",
        ),
        Option(
            "b",
            "both of TLS 1.2",
            "the version decides",
            "ECDHE of TLS 1.2 agrees on a secret by two shares, as TLS 1.3 does. Run the next cells.",
        ),
        Option("c", "static RSA alone", None, "Run the next cells: and which message gives it away?"),
        Option(
            "d",
            "none: what is recorded is past",
            "old traffic is safe by its age",
            "a recording keeps. One of the three has the secret in it, encrypted to this very key.",
        ),
    ),
    "c",
)

# CertificateVerify.

ECDSA_P256, RSA_PSS = 0x0403, 0x0804


def hello(random: bytes = bytes(32)) -> wire.ClientHello:
    """A client that speaks 1.3 and 1.2, with a share for the first of two groups."""
    listed = (
        extensions.supported_versions([wire.TLS_1_3, wire.TLS_1_2]),
        extensions.supported_groups([0x001D, 0x0017]),
        extensions.key_share([wire.KeyShare(0x001D, bytes(range(32)))]),
    )
    return wire.client_hello(random, b"\5" * 32, [0x1301, 0x1303, 0xC02B], listed)


def answered(
    version: int | None = wire.TLS_1_3,
    *,
    legacy: int = wire.TLS_1_2,
    random: bytes = bytes(range(32)),
    echo: bytes = b"\5" * 32,
    suite: int = 0x1301,
    group: int = 0x001D,
) -> wire.ServerHello:
    """A ServerHello; without a version it is one of TLS 1.2 or before, which has no share."""
    listed = b""
    if version is not None:
        share = wire.KeyShare(group, bytes(32 if group == 0x001D else 65))
        listed = wire.Extension(43, number(version, 2)).raw + wire.Extension(51, share.raw).raw
    body = number(legacy, 2) + random + vector(echo, 1) + number(suite, 2) + b"\0" + vector(listed, 2)
    found = wire.message(wire.frame(2, body))
    assert isinstance(found, wire.ServerHello)
    return found


def _before(random: bytes = bytes(32)) -> list[bytes]:
    """ClientHello to Certificate. What is in the last one does not matter here: the leaf is given."""
    return [hello(random).raw, answered().raw, wire.frame(8, b"\0\0"), wire.frame(11, b"\0\0\0\0")]


def _with_proof(key: PrivateKey, content: bytes, scheme: int = ECDSA_P256) -> list[bytes]:
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    signature = key.sign(content, ec.ECDSA(hashes.SHA256()))
    return [*_before(), wire.frame(15, number(scheme, 2) + vector(signature, 2))]


def _hash(said: Sequence[bytes]) -> bytes:
    return sha256(b"".join(said)).digest()


@exercise(
    "10-verify",
    title="Read CertificateVerify",
    form="signature_fits(said, leaf)",
    hints=(
        "Three parts: which scheme is it, what was signed, does the signature fit? The first needs no key.",
        'What was signed: b" " * 64 + b"TLS 1.3, server CertificateVerify" + b"\\0" + the SHA-256 of '
        "the messages before the last one.",
        "`verify` returns nothing when the signature fits, and raises InvalidSignature when not. So True comes after "
        "the call, and False from `except InvalidSignature`.",
    ),
)
def signature_fits(answer: Callable[..., Any]) -> None:
    shop = Authority.create("Bookshop Root").issue(["shop.test"])
    right = signed_content("server", _hash(_before()))
    said = _with_proof(shop.private_key, right)
    outcome = attempt(answer, said, shop.certificate)
    if outcome.error is not None or outcome.value is not True:
        _diagnose(answer, said, right, outcome)
        came = call(answer, said, shop.certificate)
        advice = "True stands for a signature that fits. `verify` itself returns nothing: it raises, or it does not."
        raise NotYet(f"{_shown(came)}, for the shop's own signature", "True", advice)
    recorded = signed_content("server", _hash(_before(b"\1" * 32)))
    client = signed_content("client", _hash(_before()))
    wrong = {
        "a signature by another key": (
            _with_proof(generate(), right),
            "Whoever copied the chain signs so. Verify with the leaf's key, and let the outcome decide.",
        ),
        "a signature over another handshake": (
            _with_proof(shop.private_key, recorded),
            "Somebody recorded it. The hash has to be that of the messages in `said`.",
        ),
        "a signature that says client": (_with_proof(shop.private_key, client), "A server's says server."),
        "a scheme that was not offered": (
            _with_proof(shop.private_key, right, RSA_PSS),
            "The proof names its scheme, 0x0804 here. Look at `.algorithm` before you verify.",
        ),
    }
    for told, (messages, advice) in wrong.items():
        _refuses(answer, messages, shop.certificate, told, advice)


def _shown(value: object) -> str:
    return show(value) if value is None or isinstance(value, bool | int | str) else f"a {type(value).__name__}"


def _refuses(answer: Callable[..., Any], said: list[bytes], leaf: Any, told: str, advice: str) -> None:
    outcome = attempt(answer, said, leaf)
    if isinstance(outcome.error, InvalidSignature):
        raise NotYet(f"InvalidSignature, for {told}", "False", "Catch it: `except InvalidSignature: return False`.")
    came = call(answer, said, leaf) if outcome.error else outcome.value
    if came is not False:
        raise NotYet(f"{_shown(came)}, for {told}", "False", advice)


@ec.EllipticCurvePublicKey.register
class _Watching:
    """A leaf and its key in one that only looks what is to be verified."""

    curve = ec.SECP256R1()

    def __init__(self) -> None:
        self.calls: list[tuple[object, object, object]] = []

    def public_key(self) -> _Watching:
        return self

    def verify(self, signature: object, data: object, signature_algorithm: object) -> None:
        self.calls.append((signature, data, signature_algorithm))


def _diagnose(answer: Callable[..., Any], said: list[bytes], right: bytes, outcome: Outcome) -> None:
    """Tell what is wrong with what the answer verifies, where that can be told."""
    watching = _Watching()
    attempt(answer, said, watching)
    if not watching.calls:
        if outcome.value is False:
            advice = "You answered before that. Ask for the scheme alone first: `.algorithm` is a number, 0x0403."
            raise NotYet("False, and `verify` was never called", "True, for the shop's own signature", advice)
        return
    signature, given, how = watching.calls[0]
    _diagnose_content(given, said, right)
    if signature != said[-1][8:]:
        raise NotYet("another signature than the shop's", "that of the last message", "Take its `.signature` as it is.")
    if not isinstance(how, ec.ECDSA) or not isinstance(how.algorithm, hashes.SHA256):
        raise NotYet("another scheme than 0x0403", "ECDSA with SHA-256", "ec.ECDSA(hashes.SHA256())")


def _diagnose_content(given: object, said: list[bytes], right: bytes) -> None:
    before, text = said[:-1], b"TLS 1.3, server CertificateVerify"
    hashed = _hash(before)
    known = {
        CONTEXT["server"] + _hash(said): ("its own message is in the hash", "It signs what was said *before* it."),
        hashed: ("the hash alone", "The fixed beginning is missing: 64 spaces, the text, a zero byte."),
        b" " * 64 + text + hashed: ("no zero byte", "A zero byte stands between the text and the hash."),
        b" " * 64 + text + b"0" + hashed: ("the digit 0", 'A zero byte is b"\\0"; b"0" is the digit.'),
        text + b"\0" + hashed: ("no spaces", "64 spaces come first."),
        CONTEXT["client"] + hashed: ("the client's text", "You verify the server: the text says so."),
        CONTEXT["server"] + b"".join(before): ("the messages themselves", "Their hash is signed: take SHA-256 first."),
        CONTEXT["server"] + _hash(before[:2]): ("the hash of the two hellos", "Every message before the last counts."),
        CONTEXT["server"] + hashed.hex().encode(): ("the hash in hex", "Take .digest(), not .hexdigest()."),
        sha256(CONTEXT["server"] + hashed).digest(): ("a hash of it all", "`verify` hashes by itself."),
    }
    if isinstance(given, bytes) and given in known:
        came, advice = known[given]
        raise NotYet(f"in what you verify: {came}", "64 spaces, the text, a zero byte, the hash", advice)
    if isinstance(given, bytes) and given != right:
        sizes = "of the right length" if len(given) == len(right) else f"{len(given)} of them, {len(right)} were signed"
        advice = "From the left: 64 spaces, the text, a zero byte, the SHA-256 of all messages before the last."
        raise NotYet(f"in what you verify: not the bytes that were signed ({sizes})", "those", advice)


# The first look at a ServerHello.

_MARKS = (b"DOWNGRD\1", b"DOWNGRD\0")
Case = tuple[str, wire.ServerHello, str, str]


_WRONG = "illegal_parameter"


def older(
    legacy: int = wire.TLS_1_2, *, random: bytes = bytes(range(32)), echo: bytes = b"\5" * 32
) -> wire.ServerHello:
    """An answer of TLS 1.2 or before."""
    return answered(None, legacy=legacy, random=random, echo=echo, suite=0xC02B)


# What is told of an answer, the answer, the alert wanted, and advice.
_CASES: tuple[Case, ...] = (
    (
        "a good answer of TLS 1.3",
        answered(),
        "",
        "All is as it was sent. Return an empty text. Compare groups, not whole shares: the server's key is its own.",
    ),
    ("a good answer with the other suite", answered(suite=0x1303), "", "It is in sent.cipher_suites."),
    (
        "a good answer of TLS 1.2",
        older(echo=b""),
        "",
        "It has no extension 43 and no share, and its session id is the server's own: those rules are for 1.3.",
    ),
    (
        "a good answer of TLS 1.2 whose random begins like a mark",
        older(random=_MARKS[0] + bytes(24)),
        "",
        "A mark stands at the end: the last eight bytes.",
    ),
    (
        "a good answer of TLS 1.2 with DOWNGRD and a byte 2 at the end",
        older(random=bytes(24) + b"DOWNGRD\2"),
        "",
        "Only the bytes 0 and 1 make a mark.",
    ),
    (
        "a good answer of TLS 1.3 with DOWNGRD and a byte 1 at the end",
        answered(random=bytes(24) + _MARKS[0]),
        "",
        "A mark says 'less than 1.3'. This answer is 1.3: there a mark is no mark.",
    ),
    (
        "an answer of TLS 1.1",
        older(0x0302),
        "protocol_version",
        "Without extension 43, legacy_version is what the server chose. Was it offered?",
    ),
    *(
        (
            f"TLS 1.2 from a server that could do 1.3 (byte {mark[-1]} at the end)",
            older(random=bytes(24) + mark),
            _WRONG,
            f"The last eight bytes of its random are DOWNGRD and a byte {mark[-1]}. 0 and 1 are both marks, and for a "
            "mark the alert is illegal_parameter.",
        )
        for mark in _MARKS
    ),
    (
        "TLS 1.1 from a server that could do 1.3",
        older(0x0302, random=bytes(24) + _MARKS[1]),
        _WRONG,
        "The mark counts first, whatever version comes with it.",
    ),
    (
        "1.3 in legacy_version and no extension 43",
        older(0x0304),
        "protocol_version",
        "1.3 is chosen by extension 43 alone. Without it legacy_version is 0x0303 at most.",
    ),
    (
        "extension 43 with 0x0303",
        answered(0x0303),
        _WRONG,
        "TLS 1.2 was offered, but is never chosen by this extension. It must say 0x0304.",
    ),
    ("extension 43 with 0x0305", answered(0x0305), _WRONG, "Nobody offered that. It must say 0x0304."),
    (
        "a suite that was not offered",
        answered(suite=0x1302),
        _WRONG,
        "0x1302 is a suite of TLS 1.3, but is it in sent.cipher_suites?",
    ),
    (
        "1.3 with a suite of TLS 1.2 that was offered",
        answered(suite=0xC02B),
        _WRONG,
        "0xC02B is in sent.cipher_suites, for TLS 1.2. It has to be one of 0x1301 to 0x1303 as well.",
    ),
    ("another session id", answered(echo=b"\6" * 32), _WRONG, "Compare the echo with sent.legacy_session_id."),
    (
        "a group without a share of yours",
        answered(group=0x0017),
        _WRONG,
        "The group is in extension 10, but for which groups did you send a share? Look into sent.extension(51).",
    ),
)


@exercise(
    "10-hello",
    title="Repair the first look at a ServerHello",
    form="alert_for(sent, answer)",
    hints=(
        "Two ways lead through the function: no extension 43 means TLS 1.2 or before, and there the mark is looked "
        "for; with extension 43 it is TLS 1.3, and four things are compared.",
        "Each comparison has one side in `answer` and one in `sent`. The colleague's list of suites stays, but the "
        "suite must be in what was sent as well.",
        "The mark: `answer.random[24:] in (b'DOWNGRD\\0', b'DOWNGRD\\1')`. The groups with a share: "
        "`[one.group for one in sent.extension(51)]`.",
    ),
)
def alert_for(answer: Callable[..., Any]) -> None:
    sent = hello()
    for told, found, wanted, advice in _CASES:
        outcome = attempt(answer, sent, found)
        if outcome.error is not None:
            raised = type(outcome.error).__name__
            raise NotYet(f"{raised}, for {told}", show(wanted), f"{advice} Look at {outcome.line or 'your code'}")
        if outcome.value != wanted or not isinstance(outcome.value, str):
            raise NotYet(f"{_shown(outcome.value)}, for {told}", show(wanted), advice)
