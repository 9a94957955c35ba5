"""Checkers and predictions of notebook 04.

Sections: RFC 5280 4.2.1 (extensions), 6.1 (path validation); RFC 2986 3 (requests).
Leaves out: how a check is run and counted; see `exercise`. The judges are OpenSSL and cryptography, not this file.
"""

from __future__ import annotations

import ipaddress
import random
import ssl
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from ... import keys
from ...authority import Authority, Credential
from ..answers import attempt
from ..exercise import NotYet, call, exercise, show
from ..prediction import Option, prediction

prediction(
    "04-leaf-signs",
    "An honest leaf's key signs a certificate for bank.example. All signatures fit, up to the root you trust. "
    "What does a client say?",
    (
        Option(
            "a",
            "it accepts: each signature fits, up to a trusted root",
            "signatures that fit are a chain",
            "then every customer of every CA could be every site. What else does a client read in the shop's leaf?",
        ),
        Option("b", "it refuses: the leaf is no CA", None, "Run the next cell. Where does the leaf say so?"),
        Option(
            "c",
            "it refuses: `bank.example` belongs to the bank",
            "clients know whose a name is",
            "a client knows nothing of banks: it believes whom its CAs name. So what stops the shop?",
        ),
        Option(
            "d",
            "it cannot happen: a leaf's key cannot sign certificates",
            "a key knows what it is for",
            "you saw the mathematics: a key signs any bytes. What it is for stands elsewhere.",
        ),
    ),
    "b",
)
prediction(
    "04-no-key-usage",
    "You leave keyUsage out of your root, as many tutorials do. Who notices?",
    (
        Option(
            "a",
            "nobody: the signatures fit, and basicConstraints says CA",
            "basicConstraints is all a CA needs",
            "so it was with Python up to 3.12. Look at the other two columns of that row.",
        ),
        Option(
            "b",
            "everybody: the standard demands it",
            "verifiers enforce the standard",
            "the standard does, of the CA. What verifiers look at is their own decision. Compare the columns.",
        ),
        Option("c", "it depends on the verifier", None, "Run the next two cells, and see which ones."),
    ),
    "c",
)
prediction(
    "04-copied",
    "The request also asks for CA:TRUE and keyCertSign, and the script copies. What does the Reading Room now have?",
    (
        Option(
            "a",
            "a certificate for `room.bookshop.example`; clients ignore the rest",
            "clients read the names alone",
            "a client reads all of it, and does what the signer vouched for. Look who is judged below.",
        ),
        Option(
            "b",
            "a CA for names below `room.bookshop.example`",
            "a CA is limited to its own names",
            "its own names say who it is, not for whom it may vouch. Which extension would limit that?",
        ),
        Option("c", "a CA for every name there is", None, "Run the next cell, and look at the name in its title."),
    ),
    "c",
)
prediction(
    "04-address",
    "The press CA permits press.bookshop.example alone. It issues a certificate for 192.0.2.7. What do the judges say?",
    (
        Option(
            "a",
            "they refuse: what is not permitted is forbidden",
            "a list of permitted names forbids all others",
            "it forbids other names of the same form. Which form has an address?",
        ),
        Option(
            "b", "they accept: nothing was said about addresses", None, "Run the next cell, and read its last rows."
        ),
        Option(
            "c",
            "they disagree",
            "judges always disagree",
            "they often do, and here the standard is plain: all of them follow it. Compare the columns.",
        ),
    ),
    "b",
)


def _openssl(
    leaf: x509.Certificate, key: Any, above: Sequence[x509.Certificate], root: x509.Certificate, host: str
) -> int:
    """OpenSSL's verify code, with the flags of Python 3.13, for a handshake in memory; 0 where it accepts."""
    client = ssl.create_default_context(cadata=root.public_bytes(Encoding.DER))
    client.verify_flags |= ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = Credential(leaf, key, tuple(above)).server_context().wrap_bio(there, back, server_side=True)
    asking = client.wrap_bio(back, there, server_hostname=host)
    try:
        for end in (asking, server, asking):  # hello; certificates; the verdict
            with suppress(ssl.SSLWantReadError):
                end.do_handshake()
    except ssl.SSLCertVerificationError as error:
        return error.verify_code
    return 0


def _cryptography(
    leaf: x509.Certificate, above: Sequence[x509.Certificate], root: x509.Certificate, host: str
) -> str | None:
    """What cryptography's verifier says against the chain, or None."""
    try:
        PolicyBuilder().store(Store([root])).build_server_verifier(_entry(host)).verify(leaf, list(above))
    except (VerificationError, ValueError) as error:
        return str(error)
    return None


def _entry(name: str) -> Any:
    return x509.IPAddress(ipaddress.ip_address(name)) if name[0].isdigit() else x509.DNSName(name)


_PURPOSE, _NAMES = x509.ExtendedKeyUsage, x509.SubjectAlternativeName
_ALLOWED = (
    x509.BasicConstraints,
    x509.KeyUsage,
    _PURPOSE,
    _NAMES,
    x509.AuthorityKeyIdentifier,
    x509.SubjectKeyIdentifier,
)
_SUBJECT = "Bank of Somewhere"
_GOOD = "a good request"
_CODE_SIGNING = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING])
_COMMENT = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.55555.1"), b"\x05\x00")


def _request(key: Any, entries: Sequence[str], *wishes: x509.ExtensionType) -> x509.CertificateSigningRequest:
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, _SUBJECT)])
    form = x509.CertificateSigningRequestBuilder().subject_name(subject)
    if entries:
        form = form.add_extension(_NAMES([_entry(one) for one in entries]), critical=False)
    for wish in wishes:
        form = form.add_extension(wish, critical=False)
    return form.sign(key, SHA256())


@exercise(
    "04-sign-request",
    title="Sign with care",
    form="sign_request(request, issuer, issuer_key)",
    hints=(
        "First all the questions, each with its own ValueError; then one certificate, made with the helpers at hand.",
        "`{type(one.value): one.value for one in request.extensions}` tells you what was asked for, kind by kind, "
        "without an error where a kind is missing.",
        "Look at every entry of the SubjectAlternativeName: is it an x509.DNSName, and does its value end with "
        '".bookshop.example", dot included? `leaf_extensions(names, issuer_key.public_key())` writes the rest.',
    ),
)
def sign_request(answer: Callable[..., Any]) -> None:
    root = Authority.create("Bookshop Root", permitted=None)
    ca = root.intermediate("Bookshop Issuing CA")
    key, shelf = keys.generate("p256"), f"shelf-{random.randrange(100, 1000)}.bookshop.example"
    good = [
        (_request(key, [shelf]), key, [shelf], f"{_GOOD}, with a P-256 key"),
        *((_request(one, names, *wishes), one, names, told) for one, wishes, names, told in _more_good(shelf)),
    ]
    serials = set()
    for request, own, names, told in good:
        made = _signed(answer, request, ca, told)
        _is_the_leaf(made, request, ca, names, told)
        _passes_the_judges(made, own, [ca.certificate], root.certificate, names, told)
        serials.add(made.serial_number)
    if len(serials) < len(good):
        raise NotYet("the same serial number twice", "a new one each time", "x509.random_serial_number() draws one.")
    for request, told, next_step in _bad(key, shelf):
        _refuses(answer, request, ca, told, next_step)


def _more_good(shelf: str) -> list[tuple[Any, tuple[x509.ExtensionType, ...], list[str], str]]:
    plain, deep = x509.BasicConstraints(ca=False, path_length=None), "new.books.bookshop.example"
    return [
        (keys.generate("p384"), (), [shelf], f"{_GOOD}, with a P-384 key"),
        (keys.generate("rsa2048"), (plain,), [shelf, deep], f"{_GOOD}, with RSA of 2048 bits, two names and CA:FALSE"),
        (keys.generate("p256"), (_CODE_SIGNING, _COMMENT), [shelf], f"{_GOOD} with two more wishes"),
    ]


def _signed(answer: Callable[..., Any], request: Any, ca: Authority, told: str) -> x509.Certificate:
    outcome = attempt(answer, request, ca.certificate, ca.private_key)
    if isinstance(outcome.error, ValueError):
        advice = "Which of your tests turned it down? It is none of the four reasons; wishes are left out, not refused."
        raise NotYet(f"ValueError for {told}", "a certificate", advice)
    made = call(answer, request, ca.certificate, ca.private_key) if outcome.error else outcome.value
    if not isinstance(made, x509.Certificate):
        raise NotYet(f"{show(made)} for {told}", "a certificate", "Return what `certificate(…)` returns.")
    return made


def _is_the_leaf(
    made: x509.Certificate, request: x509.CertificateSigningRequest, ca: Authority, names: list[str], told: str
) -> None:
    """Key and names as asked for, and nothing else."""
    if made.public_key() != request.public_key():
        raise NotYet("a certificate for another key", "the key of the request", "Give it request.public_key().")
    try:
        made.verify_directly_issued_by(ca.certificate)
    except (ValueError, TypeError, InvalidSignature):
        advice = "The issuer is issuer.subject, and issuer_key signs."
        raise NotYet("a certificate that the issuing CA did not sign", "its name and its signature", advice) from None
    if any(str(one.value) == _SUBJECT for one in made.subject):
        advice = "Who checked that? Take the first of the names that you did check, or x509.Name([])."
        raise NotYet(f"a subject copied from the request: {_SUBJECT}", "nothing that nobody checked", advice)
    found = {type(one.value): one.value for one in made.extensions}
    if not list(made.subject) and not any(isinstance(one.value, _NAMES) and one.critical for one in made.extensions):
        advice = "With an empty subject the names are all there is, so they must be critical (RFC 5280 4.2.1.6)."
        raise NotYet("an empty subject, and names that are not critical", "one of the two otherwise", advice)
    surplus = [one for one in made.extensions if not isinstance(one.value, _ALLOWED)]
    purposes = list(found.get(_PURPOSE, ()))
    if surplus or ExtendedKeyUsageOID.CODE_SIGNING in purposes:
        advice = "Write the extensions yourself, with leaf_extensions(…); take none of the request's."
        raise NotYet(f"an extension copied from {told}", "your own extensions alone", advice)
    if {str(one.value) for one in found.get(_NAMES, ())} != set(names):
        raise NotYet(f"another list of names for {told}", "the names of the request", "Copy the names that passed.")
    constraints, advice = found.get(x509.BasicConstraints), "Write the extensions yourself; leaf_extensions(…) has it."
    if constraints is None or constraints.ca:
        raise NotYet("a certificate that does not say CA:FALSE", "a leaf that says so", advice)
    if purposes != [ExtendedKeyUsageOID.SERVER_AUTH]:
        raise NotYet("a certificate for other purposes", "server authentication, and no other purpose", advice)


def _passes_the_judges(
    made: x509.Certificate, key: Any, above: list[x509.Certificate], root: x509.Certificate, names: list[str], told: str
) -> None:
    for host in names:
        code, words = _openssl(made, key, above, root, host), _cryptography(made, above, root, host)
        if code or words:
            judge = f"OpenSSL refuses it with code {code}" if code else f"cryptography refuses it: {words}"
            raise NotYet(f"a certificate for {told}; {judge}", "all judges accept", "Compare with leaf_extensions(…).")


def _bad(key: Any, shelf: str) -> list[tuple[x509.CertificateSigningRequest, str, str]]:
    forged = _request(key, [shelf]).public_bytes(Encoding.DER).replace(_SUBJECT.encode(), _SUBJECT.upper().encode())
    weak = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    other_curve = ec.generate_private_key(ec.SECP256K1())
    as_ca = x509.BasicConstraints(ca=True, path_length=0)
    possession = "request.is_signature_valid tells whether whoever asks has the private key."
    none = "No name, nothing to vouch for. A missing extension raises another error: catch it, or look first."
    each = "Look at each entry of the SubjectAlternativeName, whatever its type; leave none out in silence."
    return [
        (x509.load_der_x509_csr(forged), "a request whose signature does not fit", possession),
        (_request(weak, [shelf]), "RSA with 1024 bits", "For RSA, look at key_size."),
        (_request(other_curve, [shelf]), "a key on another curve, secp256k1", "Look at curve.name, not at the size."),
        (_request(key, []), "a request without names", none),
        (_request(key, ["shop.reading.example"]), "a name in another domain", "Hold the names to your policy."),
        (_request(key, ["evilbookshop.example"]), "evilbookshop.example", "Below means: a dot, then the domain."),
        (_request(key, [shelf, "bank.example"]), "a good name followed by bank.example", each),
        (_request(key, [shelf, "192.0.2.7"]), "a good name and the address 192.0.2.7", each),
        (_request(key, [shelf], as_ca), "a request that asks for CA:TRUE", "Look for BasicConstraints in the request."),
    ]


def _refuses(answer: Callable[..., Any], request: Any, ca: Authority, told: str, next_step: str) -> None:
    outcome = attempt(answer, request, ca.certificate, ca.private_key)
    if outcome.error is None:
        came = "a certificate" if isinstance(outcome.value, x509.Certificate) else show(outcome.value)
        raise NotYet(f"{came} for {told}", "ValueError", next_step)
    if not isinstance(outcome.error, ValueError):
        raise NotYet(f"{type(outcome.error).__name__} for {told}", "ValueError", next_step)


_DOMAIN = "press.bookshop.example"
_IN_PRESS = (_DOMAIN, f"news.{_DOMAIN}")
_OUTSIDE = {
    "pay.bookshop.example": "Which names are below the one that you permit?",
    "bookshop.example": "A list of names to exclude always lacks one: permit the one you mean.",
    "evilpress.bookshop.example": "A DNS constraint counts whole labels.",
    "192.0.2.7": "You speak about DNS names. Which other form do servers have, and what do you say about it?",
    "2001:db8::7": "There are two kinds of addresses.",
}
# What OpenSSL's verify codes for this exercise point at.
_POINTS = {
    47: "Which names does the constraint permit? Is the name itself among them, or only what is below?",
    48: "Which names does the constraint exclude?",
    79: "Two extensions say that a certificate may sign others: compare both with ca_extensions(…).",
    81: "A path length without keyUsage means nothing: add keyUsage.",
    85: "Every certificate below the root names the key that signed it: the authority key identifier.",
    86: "A CA has a subject key identifier, so that those below can name it.",
    92: "A CA has a keyUsage.",
}


@exercise(
    "04-press-ca",
    title="Repair the press CA",
    form="press_ca(public_key, above)",
    hints=(
        "Compare line by line with ca_extensions(public_key, above, path_length=0). What is left over is new.",
        "RFC 5280 writes a DNS constraint without a dot in front, and wants basicConstraints and name constraints "
        "critical.",
        'x509.NameConstraints(permitted, excluded): permit one DNS name, exclude the networks "0.0.0.0/0" and "::/0".',
    ),
)
def press_ca(answer: Callable[..., Any]) -> None:
    root, key = Authority.create("Bookshop Root", permitted=None), keys.generate("p256")
    public, above = key.public_key(), root.private_key.public_key()
    pairs = call(answer, public, above)
    _are_pairs(pairs)
    ca = _certificate("Press CA", public, root.certificate.subject, root.private_key, pairs)
    _names_its_own_key(ca, public, above)
    _marks_its_limits(ca)
    for host in _IN_PRESS:
        code, words = _verdicts(root, ca, key, host)
        if code or words:
            judge = f"OpenSSL refuses {host} with code {code}" if code else f"cryptography refuses {host}: {words}"
            raise NotYet(judge, "all judges accept it", _POINTS.get(code, "Compare with ca_extensions(…)."))
    code, words = _verdicts(root, ca, key, _DOMAIN, through_another=True)
    if not code or not words:
        advice = "How many CAs may stand below this one?"
        raise NotYet("a CA below the press CA signs, and all judges accept", "no CA below it", advice)
    for host, next_step in _OUTSIDE.items():
        code, words = _verdicts(root, ca, key, host)
        if not code or not words:
            raise NotYet(f"a certificate for {host} is accepted", "every judge refuses it", next_step)


def _are_pairs(pairs: object) -> None:
    fine = isinstance(pairs, list | tuple) and all(
        isinstance(pair, tuple | list) and len(pair) == 2 and isinstance(pair[0], x509.ExtensionType) for pair in pairs
    )
    if not fine or not pairs:
        advice = "Each pair is the extension, then True where it is critical."
        raise NotYet(show(pairs), "a list of pairs", advice)
    kinds = [type(pair[0]).__name__ for pair in pairs]  # type: ignore[attr-defined]
    if twice := next((kind for kind in kinds if kinds.count(kind) > 1), None):
        raise NotYet(f"{twice} twice", "each extension once", "Replace it instead of adding a second one.")


def _names_its_own_key(ca: x509.Certificate, public: Any, above: Any) -> None:
    """Only the root's identifier is wrong here: a CA may choose its own in any way that is unique."""
    own, roots = (x509.SubjectKeyIdentifier.from_public_key(key).digest for key in (public, above))
    for one in ca.extensions:
        if isinstance(one.value, x509.SubjectKeyIdentifier) and one.value.digest == roots:
            advice = "The *subject* key identifier names the key in this certificate: public_key."
            raise NotYet("the identifier of the root's key for the press CA", "that of its own", advice)
        if isinstance(one.value, x509.AuthorityKeyIdentifier) and one.value.key_identifier == own:
            advice = "The *authority* key identifier names the key that signed: above."
            raise NotYet("its own key as the key that signed it", "the root's", advice)


def _marks_its_limits(ca: x509.Certificate) -> None:
    limits = (x509.BasicConstraints, x509.KeyUsage, x509.NameConstraints)
    for one in ca.extensions:
        name = type(one.value).__name__
        if isinstance(one.value, limits) and not one.critical:
            advice = "A verifier that does not know it would pass over it, and over the limit."
            raise NotYet(f"{name} is not critical", f"{name} critical", advice)
        if one.critical and not isinstance(one.value, (*limits, _PURPOSE)):
            raise NotYet(f"{name} is critical", f"{name} not critical", "It limits nothing (RFC 5280 4.2.1).")


def _verdicts(
    root: Authority, ca: x509.Certificate, key: Any, host: str, *, through_another: bool = False
) -> tuple[int, str | None]:
    """OpenSSL's code and cryptography's words about a leaf for `host`, by the press CA or by a CA below it."""
    leaf_key, issuer, issuer_key, below = keys.generate("p256"), ca, key, []
    if through_another:
        issuer_key = keys.generate("p256")
        extensions = _own_extensions(issuer_key.public_key(), ca, key, ca=True)
        issuer = _certificate("Desk CA", issuer_key.public_key(), ca.subject, key, extensions)
        below = [issuer]
    extensions = _own_extensions(leaf_key.public_key(), issuer, issuer_key, ca=False)
    extensions += [(_NAMES([_entry(host)]), False), (_PURPOSE([ExtendedKeyUsageOID.SERVER_AUTH]), False)]
    leaf = _certificate("Page", leaf_key.public_key(), issuer.subject, issuer_key, extensions)
    chain = [*below, ca]
    return (
        _openssl(leaf, leaf_key, chain, root.certificate, host),
        _cryptography(leaf, chain, root.certificate, host),
    )


def _own_extensions(public: Any, issuer: x509.Certificate, issuer_key: Any, *, ca: bool) -> list[Any]:
    try:
        own = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
        above = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own)
    except x509.ExtensionNotFound:
        above = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key())
    signs = (not ca, False, False, False, False, ca, ca, False, False)
    return [
        (x509.BasicConstraints(ca=ca, path_length=None), True),
        (x509.KeyUsage(*signs), True),
        (x509.SubjectKeyIdentifier.from_public_key(public), False),
        (above, False),
    ]


def _certificate(
    subject: str, public: Any, issuer: x509.Name, issuer_key: Any, pairs: Sequence[tuple[Any, Any]]
) -> x509.Certificate:
    name, now = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, subject)]), datetime.now(UTC)
    form = x509.CertificateBuilder(
        issuer, name, public, x509.random_serial_number(), now - timedelta(hours=1), now + timedelta(days=7)
    )
    for extension, critical in pairs:
        form = form.add_extension(extension, critical=bool(critical))
    return form.sign(issuer_key, SHA256())
