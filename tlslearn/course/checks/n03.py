"""Checkers and predictions of notebook 03.

Sections: X.690 8.1.3 and 10.1 (lengths in DER), RFC 5958 (PKCS#8), RFC 2986 (requests), RFC 5280 4.2.1.6 (names).
Leaves out: how a check is run and counted; see `exercise`. Power cuts: whether bytes were synced cannot be seen here.
"""

from __future__ import annotations

import ipaddress
import os
import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from ... import keys
from ..answers import Outcome, attempt
from ..exercise import NotYet, exercise, show
from ..prediction import Option, prediction
from ..watching import Watch, content, public_folder, watched

prediction(
    "03-cost",
    "An RSA key of 2048 bits and a P-256 key: which takes more work to make?",
    (
        Option(
            "a",
            "about the same: a key is a random number",
            "every random number is a key",
            "P-256 takes almost any number below a limit. What must the two numbers of an RSA key be?",
        ),
        Option("b", "RSA, by far", None, "Run the next cell: by how much?"),
        Option(
            "c",
            "P-256: it is the newer one",
            "newer costs more",
            "newer, and smaller: curves took the place of RSA because they cost less. Run the next cell.",
        ),
    ),
    "b",
)
prediction(
    "03-readable",
    "The private key is written with path.write_bytes(…), into a folder that others may enter. Who can read the file?",
    (
        Option(
            "a",
            "nobody without a passphrase",
            "private keys are encrypted by nature",
            "this one was saved without a passphrase: whoever opens the file has the key. Who may open it?",
        ),
        Option(
            "b",
            "you alone: the file is yours",
            "owning a file hides it",
            "to own it is one thing; the mode says who else may read. Look at the letters in the next output.",
        ),
        Option("c", "every user of this machine", None, "Run the next cell, and find the letter that says so."),
    ),
    "c",
)
prediction(
    "03-count",
    "Somebody has the encrypted file and guesses the passphrase. How many HMACs does one guess cost them?",
    (
        Option(
            "a",
            "one",
            "a passphrase is hashed once",
            "the older form with DEK-Info came near that. Here the number stands in the file: read it.",
        ),
        Option("b", "about two thousand", None, "Run the next cell, and compare with what is advised today."),
        Option(
            "c",
            "six hundred thousand, as advised today",
            "libraries follow the advice",
            "the name BestAvailableEncryption sounds like it. The file knows better: read the number.",
        ),
    ),
    "b",
)
prediction(
    "03-proves",
    "A request asks for bank.example, and its signature is valid. What does that prove?",
    (
        Option(
            "a",
            "that the sender owns bank.example",
            "a signature vouches for what it covers",
            "anybody can write any name before they sign. Run the next cell, where you do it.",
        ),
        Option(
            "b",
            "that the bank's key signed",
            "the name tells the key",
            "the request brings its own key. Which key was the signature checked with?",
        ),
        Option("c", "that whoever made it has the private key", None, "And no more: run the next cell."),
        Option(
            "d",
            "that a CA has looked at it",
            "a request is half a certificate",
            "no CA sees it: you make it yourself, in the next cell.",
        ),
    ),
    "c",
)
prediction(
    "03-foreign",
    "The request holds the bank's public key and is signed with your own private key. What does a check say?",
    (
        Option(
            "a",
            "valid: the signature is genuine",
            "any genuine signature will do",
            "it is genuine, by your key. But which key does the check take?",
        ),
        Option("b", "not valid", None, "Run the next cell: it takes the key that the request asks for."),
        Option(
            "c",
            "nothing: it cannot be checked before the CA has your public key",
            "the checker needs a key from elsewhere",
            "the only key it needs is in the request. Look at whose it is.",
        ),
    ),
    "b",
)


# Reading DER.

_LENGTHS = "A first length byte below 0x80 is the length itself. 0x81 says that one length byte follows, 0x82 two."


@exercise(
    "03-tlv",
    title="Read any element",
    form="tlv(data, offset)",
    hints=(
        "Two bytes are always there: the tag and the first length byte. What does the second say from 0x80 on?",
        'With 0x82 two bytes follow. `int.from_bytes(data[start : start + 2], "big")` makes one number of them.',
        "Refuse after reading: no length byte at all (0x80), a first length byte of 0, a length below 128 in the long "
        "form, an end behind the end of the data.",
    ),
)
def tlv(answer: Callable[..., Any]) -> None:
    for length, told in _sizes():
        data, offset = _element(length)
        _right_element(answer, data, offset, (0x04, len(data) - 2 - length, len(data) - 2), told)
    for written, what, advice in _REFUSED:
        outcome = attempt(answer, bytes.fromhex(written), 0)
        if outcome.error is None:
            raise NotYet(f"{show(outcome.value)} for {_short(written)}, {what}", "ValueError", advice)
        if not isinstance(outcome.error, ValueError):
            advice = "Compare with len(data) before you read, and raise ValueError yourself."
            raise NotYet(f"{type(outcome.error).__name__} for {_short(written)}, {what}", "ValueError", advice)


def _short(written: str) -> str:
    return written if len(written) <= 20 else f"{written[:12]}…"


def _sizes() -> list[tuple[int, str]]:
    drawn = [random.randrange(200, 60_000) for _ in range(3)]
    fixed = [0, 5, 127, 128, 255, 256, 290, 65_536]
    return [*((one, f"an element of {one} bytes") for one in fixed), *((one, "a longer element") for one in drawn)]


def _element(length: int) -> tuple[bytes, int]:
    """An OCTET STRING of so many bytes, with three bytes before it and two behind."""
    width = (length.bit_length() + 7) // 8
    field = bytes([length]) if length < 128 else bytes([0x80 + width]) + length.to_bytes(width, "big")
    return b"\x05\x00\x30\x04" + field + b"\x04" * length + b"\x05\x00", 3


def _right_element(answer: Callable[..., Any], data: bytes, offset: int, wanted: tuple[int, ...], told: str) -> None:
    outcome = attempt(answer, data, offset)
    if outcome.error is not None:
        message = f"{type(outcome.error).__name__} for {told}, which is well written"
        raise NotYet(message, "a tag and two places", _LENGTHS)
    came = outcome.value
    if not isinstance(came, tuple) or len(came) != 3 or not all(isinstance(one, int) for one in came):
        raise NotYet(show(came, 60), "three numbers: tag, start, end", "Return the places, not the bytes between.")
    if came == wanted:
        return
    tag, start, end = came
    if came == (wanted[0], wanted[1], wanted[2] - wanted[1]):
        raise NotYet(f"{end} as the end of {told}", "the place behind its last byte", "Add the length to the start.")
    if (tag, start, end) == (wanted[0], wanted[1] - offset, wanted[2] - offset):
        advice = "Count from the beginning of the data, so that data[start:end] is the content."
        raise NotYet("places counted from the element", "places in the whole data", advice)
    if tag != wanted[0]:
        raise NotYet(f"tag {show(tag)} for {told}", "4, the byte at offset", "The tag is the byte at offset.")
    raise NotYet(f"{end - start} bytes of content for {told}", f"{wanted[2] - wanted[1]}", _LENGTHS)


_REFUSED = (
    ("0403aabb", "which breaks off in its content", "Compare the end with len(data)."),
    ("0482", "which breaks off in its length", "Compare the end with len(data)."),
    ("0482aa", "which breaks off in its length", "With 0x82, two length bytes must be there."),
    ("04", "a tag alone", "Compare with len(data) before you read."),
    ("2480040100", "a length without a number", "0x80 says that the end is marked later; DER has no such form."),
    ("048105aabbccddee", "5 in the long form", "Below 128 DER knows one way to write a length: the short one."),
    ("04820080" + "aa" * 128, "a length that begins with 00", "DER takes as few length bytes as will do."),
)


# Saving a private key.


@exercise(
    "03-save",
    title="Save a key whole and private",
    form="save_private(path, key, passphrase)",
    hints=(
        "Three separate troubles: who can read the file, what a reader finds while you write, and what is left when "
        "something goes wrong. Which bytes can you have ready before you touch the disk?",
        "A new file beside the old one, made with `os.open(…, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)`, is "
        "private from its first byte.",
        "`os.replace(new, path)` gives the finished file its name in one step, whether or not the name was taken.",
    ),
)
def save_private(answer: Callable[..., Any]) -> None:
    for key in (keys.generate("p256"), keys.generate("ed25519")):
        with public_folder() as folder:
            _save_and_judge(answer, folder / "key.pem", key, None)
            _save_and_judge(answer, folder / "key.pem", keys.generate(), content(folder / "key.pem"))
    with public_folder() as folder:
        _when_it_fails(answer, folder / "key.pem")


def _save_and_judge(answer: Callable[..., Any], path: Path, key: keys.PrivateKey, old: bytes | None) -> None:
    passphrase = b"correct horse"
    watching, seen = watched(answer, path)
    outcome = attempt(watching, path, key, passphrase)
    if outcome.error is not None:
        _not_saved(outcome, old)
    _judge_file(path, key, passphrase)
    _judge_steps(seen, old, content(path))
    if [one.name for one in path.parent.iterdir()] != [path.name]:
        raise NotYet("a second file left in the folder", f"{path.name} alone", "Rename the new file; do not copy it.")
    if (umask := os.umask(0o022)) != 0o022:
        came = f"a umask of {umask:03o} after the call, for the whole program"
        raise NotYet(came, "022, as before", "Put it back, or leave it alone and give os.open the mode.")


def _not_saved(outcome: Outcome, old: bytes | None) -> NoReturn:
    where = "where no file was" if old is None else "where an older key was"
    if isinstance(outcome.error, FileExistsError) and old is not None:
        raise NotYet(f"FileExistsError {where}", "the new key in its place", "os.replace takes a name that is taken.")
    came = f"{type(outcome.error).__name__} {where}"
    raise NotYet(came, "a saved key", f"Look at {outcome.line}" if outcome.line else "Call it yourself and look.")


def _judge_file(path: Path, key: keys.PrivateKey, passphrase: bytes) -> None:
    data = content(path)
    if data is None:
        raise NotYet("no file of that name", "a saved key", "Write to the path that is given.")
    first = data.partition(b"\n")[0].decode("ascii", "replace")
    if not first.startswith("-----BEGIN "):
        raise NotYet("a file that does not begin with -----BEGIN", "PEM", "Use Encoding.PEM.")
    if first.split("BEGIN ")[1] == "PRIVATE KEY-----":
        raise NotYet("a key that anyone can load", "an encrypted one", "The passphrase was never used.")
    if first != "-----BEGIN ENCRYPTED PRIVATE KEY-----":
        raise NotYet(first, "-----BEGIN ENCRYPTED PRIVATE KEY-----", "Use PrivateFormat.PKCS8.")
    try:
        found = load_pem_private_key(data, passphrase)
    except ValueError as error:
        came = "a file that cannot be opened with this passphrase"
        raise NotYet(came, "the key", "Encrypt with the passphrase as it is given.") from error
    if keys.spki_sha256(found) != keys.spki_sha256(key):  # type: ignore[arg-type]
        raise NotYet("another key", "the key that was given", "Save the key, do not make one.")


def _judge_steps(seen: Watch, old: bytes | None, new: bytes | None) -> None:
    between = [one for one in seen.contents if one not in (old, new)]
    if seen.loose:
        which = "the file" if True in seen.loose else "the second file, which holds the key too"
        came = f"a moment at which others could open {which}"
        raise NotYet(came, "mode 0600 from the first byte", "A mode set later is set too late: os.open takes one.")
    if None in between:
        raise NotYet("a moment without any key", "the old or the new one", "Do not remove the old file: replace it.")
    if between:
        came = f"a moment at which the file had {len(between[0] or b'')} bytes"
        beside = "The second file is whole: rename it, a copy takes several steps."
        alone = "Write another file beside it, and give that the name when it is finished."
        raise NotYet(came, "the old key or the whole new one", beside if seen.others else alone)
    if not seen.others:
        came = "a new file that was made in another folder"
        advice = "Between two disks a move is a copy. Make the file in path.parent."
        raise NotYet(came, "one beside the old file", advice)


def _when_it_fails(answer: Callable[..., Any], path: Path) -> None:
    """An empty passphrase is refused by cryptography; by then nothing may have been touched."""
    path.write_bytes(old := keys.pem(keys.generate()))
    path.chmod(0o600)
    outcome = attempt(answer, path, keys.generate(), b"")
    if outcome.error is None:
        raise NotYet("no error for an empty passphrase", "ValueError", "BestAvailableEncryption raises: let it.")
    if content(path) != old:
        raise NotYet("the old key lost, for an empty passphrase", "the old key", "Encode before you touch the file.")
    if len(list(path.parent.iterdir())) > 1:
        came = "an unfinished file left in the folder, for an empty passphrase"
        raise NotYet(came, "the folder as it was", "Encode before you make a file.")


# Asking for a certificate.

_LONG = "-".join(["catalogue"] * 6) + ".customers.shop.example"


@exercise(
    "03-ask",
    title="Repair the article's request",
    form="ask(key, names)",
    hints=(
        "Where does a client look for the name, and where did the article write it?",
        "`x509.SubjectAlternativeName([…])` takes `x509.DNSName(text)` and `x509.IPAddress(ipaddress.ip_address(text))`"
        "; `.add_extension(…, critical=True)` adds it to the builder.",
        "`ipaddress.ip_address(text)` raises ValueError for what is no address. The subject may be empty: "
        "`x509.Name([])`. Ed25519 signs with `None` in the place of the hash.",
    ),
)
def ask(answer: Callable[..., Any]) -> None:
    for kind, names in _WANTED:
        key = keys.generate(kind)
        outcome = attempt(answer, key, list(names))
        if outcome.error is not None:
            _cannot_ask(outcome, kind, names)
        request = outcome.value
        if not isinstance(request, x509.CertificateSigningRequest):
            raise NotYet(f"a {type(request).__name__}", "a request", "Return what .sign(…) returns.")
        if keys.spki_sha256(request) != keys.spki_sha256(key):
            raise NotYet("a request for another key", "the key that was given", "Sign with key; make none.")
        _judge_names(request, names)
        _judge_rest(request, names)


_WANTED: tuple[tuple[keys.Kind, tuple[str, ...]], ...] = (
    ("p256", ("shop.example",)),
    ("p256", ("shop.example", "www.shop.example")),
    ("p256", ("shop.example", "127.0.0.1", "::1")),
    ("p256", (_LONG,)),
    ("ed25519", ("shop.example", "www.shop.example")),
    ("rsa2048", ("shop.example",)),
)


def _cannot_ask(outcome: Outcome, kind: str, names: tuple[str, ...]) -> NoReturn:
    about, advice = " and ".join(names), f"Look at {outcome.line}" if outcome.line else "Try it yourself."
    if _LONG in names:
        about, advice = f"a name of {len(_LONG)} characters", "A common name has 64 at most. Who reads it?"
    if kind == "ed25519":
        about = "an Ed25519 key"
        advice = "It hashes by itself, so its hash is None. isinstance(key, ed25519.Ed25519PrivateKey) tells."
    raise NotYet(f"{type(outcome.error).__name__} for {about}", "a request", advice)


def _judge_names(request: x509.CertificateSigningRequest, names: tuple[str, ...]) -> None:
    wanted = {_entry(name) for name in names}
    try:
        found = request.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        came = "a request without subject alternative name"
        raise NotYet(came, "the names, where clients look", "Add the extension before you sign.") from None
    entries = set(found)
    if entries == wanted:
        return
    missing = [name for name in names if _entry(name) not in entries]
    if not missing:
        extra = next(iter(entries - wanted))
        raise NotYet(f"a request for {show(extra.value)} as well", f"{', '.join(names)} and no more", "Ask for names.")
    name = missing[0]
    if x509.DNSName(name) in entries:
        advice = "Clients compare addresses with addresses: x509.IPAddress."
        raise NotYet(f"{name} as a DNS name", f"{name} as an address", advice)
    texts = sorted(str(one.value) for one in entries)
    if lists := [text for text in texts if name in (parts := re.split(r"[\s,;]+", text)) and len(parts) > 1]:
        raise NotYet(f"one entry that says {show(lists[0])}", f"{len(names)} entries", "One entry a name.")
    first = name == names[0] and len(names) > 1
    advice = "The common name is no second place to look." if first else "One entry a name."
    raise NotYet(f"a subject alternative name with {', '.join(texts) or 'nothing'}", f"{', '.join(names)}", advice)


def _entry(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _judge_rest(request: x509.CertificateSigningRequest, names: tuple[str, ...]) -> None:
    for extension in request.extensions:
        if isinstance(extension.value, x509.BasicConstraints) and extension.value.ca:
            raise NotYet("a request to become a CA", "one for a server", "Leave basic constraints out.")
    common = [one.value for one in request.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)]
    if any(one not in names for one in common):
        advice = "A CA of the public web puts one of the names there, or nothing. Leave the subject empty."
        raise NotYet(f"the common name {show(common[0])}", "one of the names, or none", advice)
