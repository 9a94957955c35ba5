"""Checkers and predictions of notebook 01.

Sections: RFC 2104 2 (HMAC), RFC 9846 5.3 (nonce), RFC 7748 6.1 (X25519), RFC 8032 5.1 (Ed25519).
Leaves out: how a check is run and counted; see `exercise`.
"""

from __future__ import annotations

import hmac
import random
from collections.abc import Callable
from secrets import token_bytes
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from ..answers import attempt
from ..exercise import NotYet, call, exercise, show
from ..prediction import Option, prediction

prediction(
    "01-checksum",
    "A person sits on the line and turns 2 copies into 9. Does the warehouse notice?",
    (
        Option(
            "a",
            "yes: another text has another hash",
            "a hash is a lock",
            "another text has another hash, and who may compute it? Run the next cell.",
        ),
        Option(
            "b",
            "yes, unless SHA-256 is broken",
            "a strong hash keeps people out",
            "its strength does not come into it. Look at what the person needs to know.",
        ),
        Option("c", "no", None, "Run the next cell, and say why before you read it."),
    ),
    "c",
)
prediction(
    "01-nonce-twice",
    "A colleague uses twelve zero bytes each time. Someone sees two ciphertexts and knows one text. What is learnt?",
    (
        Option(
            "a",
            "nothing, as long as the key is secret",
            "the key is the only secret that matters",
            "the key was new and secret in the cell below, too. Run it.",
        ),
        Option(
            "b",
            "the length of the second order, no more",
            "ciphertext gives away lengths only",
            "true for one message under one nonce. There are two here.",
        ),
        Option("c", "the second order, byte for byte", None, "Run the next cell: three inputs, and no key among them."),
        Option(
            "d",
            "the key",
            "one leak opens everything",
            "not the key of the cipher. The next cell shows what is lost.",
        ),
    ),
    "c",
)
prediction(
    "01-middle",
    "Someone stops both public keys and sends each side one of their own. What happens?",
    (
        Option(
            "a",
            "the two sides get different secrets and notice at once",
            "both ends compare secrets",
            "they do differ. But how would the two sides compare them, over this very line?",
        ),
        Option(
            "b", "each side gets a secret, shared with the person in the middle", None, "Run the next cell and compare."
        ),
        Option(
            "c",
            "X25519 refuses a key that the other side did not make",
            "a public key knows its owner",
            "32 bytes carry no name. See whether the call refuses.",
        ),
    ),
    "b",
)
prediction(
    "01-own-praise",
    "The warehouse sends its signing key along, with share and signature. Is the person in the middle shut out?",
    (
        Option(
            "a",
            "yes: only the warehouse can sign",
            "a signature proves a name",
            "it proves a key. Whose key was it that you checked with?",
        ),
        Option(
            "b",
            "yes, if the signing key is signed with itself",
            "self-signed is signed",
            "anyone can sign their own key with it. Run the next cell.",
        ),
        Option("c", "no", None, "Run the next cell: what does the signature prove, then?"),
    ),
    "c",
)


@exercise(
    "01-replay",
    title="Accept each order once",
    form="accept(key, number, message, tag, seen)",
    hints=(
        "Two questions need a yes: is it from someone with the key, and is it new?",
        'The tag covers `number.to_bytes(8, "big") + message`, or anybody could renumber an old order.',
        "Only an order whose tag is right may change what you remember.",
    ),
)
def replay(answer: Callable[..., Any]) -> None:
    key, seen, number = token_bytes(32), set[int](), random.randrange(10, 1000)
    if call(answer, key, number, FIRST, _tag(key, number, FIRST), set()) is False:
        raise NotYet("False for a good order, nothing before it", "True", _which_bytes(answer, key, number, FIRST))
    for sent, message, tag, wanted, what, next_step in _orders(key, number):
        came = call(answer, key, sent, message, tag, seen)
        if not isinstance(came, bool):
            raise NotYet(show(came), "True or False", "Return a bool in every case, for forgeries as well.")
        if came is not wanted:
            raise NotYet(f"{came} for {what}", str(wanted), next_step)


FIRST, SECOND = b"ship 2 copies of Emma", b"ship 9 copies of Emma"
Order = tuple[int, bytes, bytes, bool, str, str]


def _orders(key: bytes, number: int) -> tuple[Order, ...]:
    """What arrives, one after the other: number, message, tag, the right answer, what it is, what to think about."""
    good, late = _tag(key, number, FIRST), 2**40 + number
    return (
        (number, FIRST, token_bytes(32), False, "an order with an invented tag", "Compute the tag yourself."),
        (
            number,
            FIRST,
            good,
            True,
            "the first good order; a forgery with its number came before it",
            "Does a forgery use up the number?",
        ),
        (number, FIRST, good, False, "the same order a second time", "What has the warehouse to remember in `seen`?"),
        (
            number + 2,
            FIRST,
            _tag(key, number + 2, FIRST),
            True,
            "a new order with the text of an old one",
            "Two orders may have the same text. What makes them two?",
        ),
        (
            number,
            SECOND,
            _tag(key, number, SECOND),
            False,
            "another order, well tagged, under a number that was used",
            "What counts once: the number, or the tag?",
        ),
        (number + 1, FIRST, good, False, "an old order that got a new number", "Is the number covered by the tag?"),
        (number + 3, SECOND, _tag(key, number + 3, FIRST), False, "another message's tag", "Tag this message."),
        (late, SECOND, _tag(key, late, SECOND), True, "a number of more than 4 bytes", "Give the number 8 bytes."),
    )


def _which_bytes(answer: Callable[..., Any], key: bytes, number: int, message: bytes) -> str:
    """Why was a good order refused? Tried with the tags that a typical slip would want."""
    for taken, advice in (
        (message, "The tag covers the number too: 8 bytes, big-endian, then the message."),
        (number.to_bytes(8, "little") + message, "The number comes with its big end first: big-endian."),
        (str(number).encode() + message, 'The number goes in as 8 bytes, number.to_bytes(8, "big"), not as text.'),
        (message + number.to_bytes(8, "big"), "The number comes first, then the message."),
    ):
        if call(answer, key, number, message, hmac.digest(key, taken, "sha256"), set()) is True:
            return advice
    return "Compute the HMAC with the `key` that is given, over 8 bytes of number (big-endian) and the message."


def _tag(key: bytes, number: int, message: bytes) -> bytes:
    return hmac.digest(key, number.to_bytes(8, "big") + message, "sha256")


@exercise(
    "01-nonce",
    title="A nonce that cannot repeat",
    form="nonce_for(iv, number)",
    hints=(
        '`number.to_bytes(12, "big")` writes the count as 12 bytes.',
        "`zip(iv, padded)` goes through two byte strings together; `a ^ b` is XOR of two bytes.",
        "`bytes(...)` makes a byte string from the numbers of a generator.",
    ),
)
def nonce(answer: Callable[..., Any]) -> None:
    iv = token_bytes(12)
    for number in (0, 1, 255, 256, 2**32, 2**64 - 1, random.randrange(2**64)):
        came = call(answer, iv, number)
        if not isinstance(came, bytes | bytearray):
            raise NotYet(f"a {type(came).__name__}", "12 bytes", "Wrap the result in bytes(…).")
        if len(came) != 12:
            raise NotYet(f"{len(came)} bytes", "12 bytes", "The number and iv are 12 bytes each: nothing is appended.")
        wanted = bytes(a ^ b for a, b in zip(iv, number.to_bytes(12, "big"), strict=True))
        if bytes(came) != wanted:
            raise NotYet(f"a wrong nonce for {_which(number)}", "the number, XOR iv", _advice(iv, number, bytes(came)))


def _which(number: int) -> str:
    return f"number {number}" if number in (0, 1, 255, 256, 2**32, 2**64 - 1) else "a random number"


def _advice(iv: bytes, number: int, came: bytes) -> str:
    padded = number.to_bytes(12, "big")
    if came == padded:
        return "That is the number alone. Under a second key the same nonces would come again: XOR it with iv."
    if came == bytes(a ^ b for a, b in zip(iv, padded[::-1], strict=True)):
        return "The number is written from its small end. Network order is big-endian: the last byte counts ones."
    if number and came == bytes(a ^ b for a, b in zip(iv, bytes(11) + padded[-1:], strict=True)):
        return "Only the lowest byte of the number went in: after 256 records the nonce comes again."
    if came == iv:
        return "That is iv alone, the same nonce for every record."
    if came[:4] == iv[:4] and came[4:] == padded[4:]:
        return "That is the iv in front and the number behind, as TLS 1.2 does. TLS 1.3 XORs all 12 bytes."
    return "Compare byte by byte: the last one is iv[11] ^ (number & 255)."


@exercise(
    "01-agree",
    title="Repair the handshake of a colleague",
    form="agree(own, message, trusted_key)",
    hints=(
        "Which of the keys came over the line, and which was there before?",
        "The person in the middle writes all three parts of the message, and they fit each other.",
        "`trusted_key.verify(signature, share)` raises when the share was not signed by the warehouse.",
    ),
)
def agree(answer: Callable[..., Any]) -> None:
    own, peer = X25519PrivateKey.generate(), X25519PrivateKey.generate()
    seal, other = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    good = _message(peer, seal)
    outcome = attempt(answer, own, good, seal.public_key())
    if isinstance(outcome.error, InvalidSignature):
        raise NotYet(
            "InvalidSignature for a good message",
            "the shared secret",
            "verify takes the signature first, then the data, and returns None when all is well.",
        )
    result = call(answer, own, good, seal.public_key()) if outcome.error else outcome.value
    if result != own.exchange(peer.public_key()):
        raise NotYet(
            show(result) if not isinstance(result, bytes) else "other bytes than the shared secret",
            "the 32 bytes that both sides share",
            "Return own.exchange(…) with the share of the message.",
        )
    _must_refuse(
        answer, own, _message(peer, other), seal, "a message that somebody else signed, with their own key in it"
    )
    swapped = (_message(X25519PrivateKey.generate(), other)[0], *good[1:])
    _must_refuse(answer, own, swapped, seal, "a share that was exchanged on the way, under the old signature")
    lent = (*_message(peer, other)[:2], good[2])
    _must_refuse(answer, own, lent, seal, "a signature of somebody else, with the warehouse's key in the message")


def _message(share: X25519PrivateKey, signer: Ed25519PrivateKey) -> tuple[bytes, bytes, bytes]:
    public = share.public_key().public_bytes_raw()
    return public, signer.sign(public), signer.public_key().public_bytes_raw()


def _must_refuse(
    answer: Callable[..., Any],
    own: X25519PrivateKey,
    message: tuple[bytes, bytes, bytes],
    seal: Ed25519PrivateKey,
    what: str,
) -> None:
    outcome = attempt(answer, own, message, seal.public_key())
    if isinstance(outcome.error, InvalidSignature):
        return
    if outcome.error is not None:
        came, next_step = f"{type(outcome.error).__name__} for {what}", "Let InvalidSignature rise as it comes."
    elif isinstance(outcome.value, bytes):
        came, next_step = f"a secret for {what}", "With which key did you check the signature, and over what?"
    else:
        came, next_step = f"{show(outcome.value)} for {what}", "A caller may forget to look at a result. Let it raise."
    raise NotYet(came, "InvalidSignature", next_step)
