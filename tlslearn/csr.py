"""What does an applicant send to an authority, what does it prove, and what must not be copied from it?

Sections: RFC 2986 3 and 4 (PKCS#10), RFC 2985 5.4.2 (extensions asked for), RFC 5280 4.2.1.6 (names).
Leaves out: the other forms of request (CRMF, RFC 4211), and keys that cannot sign.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from os import PathLike
from typing import TypeVar

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from . import files, keys
from .check import BadInput, Check, State, source
from .der import oid_name
from .names import SHOWN, general_name, host_name, printable, read

T = TypeVar("T")
E = TypeVar("E", bound=x509.ExtensionType)

# The attributes that carry extensions: extensionRequest, and Microsoft's szOID_CERT_EXTENSIONS, which old tools send.
_EXTENSIONS_ASKED = tuple(
    x509.ObjectIdentifier(dotted) for dotted in ("1.2.840.113549.1.9.14", "1.3.6.1.4.1.311.2.1.14")
)
_HEADERS = ("CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST")  # RFC 7468 7


def create(key: keys.PrivateKey, names: Sequence[str], *, subject: str | None = None) -> x509.CertificateSigningRequest:
    """A request for these names (see `names.general_name`), signed with the key that the certificate shall hold.

    `subject` is one of the names, which becomes the common name, or a name as RFC 4514 writes it ("O=Bookshop,C=DE").
    Without it the subject is empty and the names are critical. Raises BadInput for what is no private key or no name,
    and for a common name that is not among the names. Source: RFC 2986 3, 4; RFC 5280 4.2.1.6.
    """
    if not isinstance(key, keys.PrivateKey):
        raise BadInput("not a private key", value=type(key).__name__, fix="Pass what keys.generate() returned.")
    if isinstance(names, str) or not isinstance(names, Iterable) or not (listed := list(names)):
        raise BadInput("no list of names", value=names, fix='Give one name or more, as in ["shop.example"].')
    entries = list(dict.fromkeys(general_name(name) for name in listed))
    wanted = x509.Name([]) if subject is None else _subject(subject, entries)
    builder = x509.CertificateSigningRequestBuilder(wanted).add_extension(
        x509.SubjectAlternativeName(entries), critical=not list(wanted)
    )
    return builder.sign(key, keys.signing_hash(key))


def _subject(text: str, entries: Sequence[x509.GeneralName]) -> x509.Name:
    """The common name as it stands among the names, in its ASCII form, or a whole name from its text."""
    try:
        if isinstance(text, str) and "=" in text:
            wanted = x509.Name.from_rfc4514_string(text)
        else:
            wanted = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, str(general_name(text).value))])
    except ValueError as error:
        fix = 'Give one of the names, of 64 characters at most, or a name as in "O=Bookshop,C=DE".'
        raise BadInput("not a subject", value=text, fix=fix) from error
    strange = _common_names_apart(wanted, entries)
    if strange:
        fix = "Give it as a name too, or leave it out: clients look at the names alone (RFC 9525 2)."
        raise BadInput("a common name that is not among the names", value=strange[0], fix=fix)
    return wanted


def _common_names_apart(subject: x509.Name, entries: Iterable[x509.GeneralName]) -> list[str]:
    """The common names of a subject that are not among the names."""
    held = {str(entry.value).lower() for entry in entries}
    found = (str(one.value) for one in subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME))
    return [text for text in found if text.lower() not in held]


def load(path: str | PathLike[str]) -> x509.CertificateSigningRequest:
    """Read a request from a PEM or DER file; its signature is not looked at, `check` does that.

    Raises BadInput that tells apart: no such file, something else in it, several requests, or one that is damaged.
    Source: RFC 7468 7 (PEM, also under its old header).
    """
    data = files.read(path)
    found = keys.pem_blocks(data)
    requests = [block for label, block in found if label in _HEADERS]
    if len(requests) > 1:
        raise BadInput("several requests in this file", value=str(path), fix="Give each a file of its own.")
    if found and not requests:
        fix = f"It holds {keys.what_is(data)}: give the request's file."
        raise BadInput("no certificate signing request in this file", value=str(path), fix=fix)
    try:
        return x509.load_pem_x509_csr(requests[0]) if requests else x509.load_der_x509_csr(data)
    except x509.InvalidVersion as error:
        fix = "A request says version 1, written as 0 (RFC 2986 4.1): let its maker write it again."
        raise BadInput("a request of a version that there is not", value=str(path), fix=fix) from error
    except ValueError as error:
        fix = f"It holds {keys.what_is(data)}." if not requests else "It may be cut off: have it sent again."
        raise BadInput("the request cannot be read", value=str(path), fix=fix) from error


class _Parts:
    """What a request says, each part read once. One that cannot be read is None, and `faults` says why."""

    def __init__(self, request: x509.CertificateSigningRequest) -> None:
        self.request = request
        self.faults: dict[str, str] = {}
        self.subject = self._read("subject", lambda: request.subject)
        self.public_key: object | None = self._read("public key", request.public_key)
        self.attributes = self._read("attributes", lambda: [one.oid for one in request.attributes])
        self.extensions = self._read("extensions", lambda: list(request.extensions))
        self.names = list(self.extension(x509.SubjectAlternativeName) or ())
        self.signed = self._read("signature", lambda: request.is_signature_valid and _whole(request))
        self.hashed = read(lambda: request.signature_hash_algorithm)

    def _read(self, what: str, part: Callable[[], T]) -> T | None:
        found, fault = read(part)
        if fault:
            self.faults[what] = fault
        return found

    def extension(self, kind: type[E]) -> E | None:
        return next((one.value for one in self.extensions or () if isinstance(one.value, kind)), None)


def _whole(request: x509.CertificateSigningRequest) -> bool:
    """A signature is whole bytes: no bit of the BIT STRING's last byte is said to be unused (X.690 8.6.2.2)."""
    return request.public_bytes(Encoding.DER)[-len(request.signature) - 1] == 0


# What a rule answers: the state, and what was found.
Answer = tuple[State, str]
_RULES: list[Callable[[_Parts], Check]] = []


def _rule(
    says: str, cited: str, wanted: str, *, needs: str = ""
) -> Callable[[Callable[[_Parts], Answer]], Callable[[_Parts], Check]]:
    """Adds the function to the rules, in the order in which they are told; `cited` is a row of SOURCES, and without the
    part that it `needs` the rule is skipped, since `every part can be read` fails."""

    def add(look: Callable[[_Parts], Answer]) -> Callable[[_Parts], Check]:
        def rule(parts: _Parts) -> Check:
            if needs and getattr(parts, needs) is None:
                answer: Answer = "skip", f"not checked: the {needs} cannot be read"
            else:
                answer = look(parts)
            return Check(says, "request", *answer, wanted, source(cited))

        _RULES.append(rule)
        return rule

    return add


def check(request: x509.CertificateSigningRequest) -> list[Check]:
    """Each rule that an authority should look at before it signs, in a list of checks about "request".

    "fail": do not sign. "lint": odd, or asked for beside the names; who copies the key and permitted names alone can
    sign. No request proves that the applicant may have its names: that is the authority's to find out.
    Raises BadInput for what is no request; requests, however malformed, get their checks. Source: RFC 2986 3.
    """
    parts = _parts(request)
    return [rule(parts) for rule in _RULES]


def _parts(request: x509.CertificateSigningRequest) -> _Parts:
    if not isinstance(request, x509.CertificateSigningRequest):
        fix = "Pass what csr.create() or csr.load() returned."
        raise BadInput("not a certificate signing request", value=type(request).__name__, fix=fix)
    return _Parts(request)


@_rule("the applicant holds the private key", "proof of possession", "a signature by the key in the request")
def _possession(parts: _Parts) -> Answer:
    """Source: RFC 2986 3: without it one could ask for a certificate with another's public key."""
    return "pass" if parts.signed else "fail", _signature(parts)


def _signature(parts: _Parts) -> str:
    hashed, fault = parts.hashed
    if parts.signed:
        return "a signature by the key in the request"
    if fault or parts.public_key is None or parts.signed is None:
        return "a signature that is not verified here"
    if hashed is not None and hashed.name in ("md5", "sha1"):
        return f"a signature with {hashed.name}, which is not verified here"
    return "a signature that does not match the request and its key"


@_rule("the key is strong enough", "key length", keys.STRONG)
def _key_strength(parts: _Parts) -> Answer:
    """Source: RFC 9325 4.5."""
    good, found = keys.strength(parts.public_key)
    return "pass" if good else "fail", found


@_rule("every part can be read", "request information", "well-formed parts")
def _readable(parts: _Parts) -> Answer:
    """Source: RFC 2986 4.1. What is malformed may mean one thing here and another elsewhere."""
    found = "; ".join(f"{what}: {why}" for what, why in parts.faults.items())
    return ("fail", found) if found else ("pass", "all of them")


@_rule("each attribute stands once", "extension request", "each once, and one list of extensions", needs="attributes")
def _attributes_once(parts: _Parts) -> Answer:
    """Source: RFC 2985 5.4.2. Of two lists of extensions one reader takes the first, another the second."""
    counted = Counter(_EXTENSIONS_ASKED[0] if oid in _EXTENSIONS_ASKED else oid for oid in parts.attributes or ())
    often = [f"{oid_name(oid.dotted_string)} {times} times" for oid, times in counted.items() if times > 1]
    return ("fail", _some(often)) if often else ("pass", f"{len(counted)} of them")


def _some(texts: Sequence[str]) -> str:
    """The first of them, and of each its beginning: a request may hold thousands of names, or one that is as long."""
    shown = [printable(text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…") for text in texts[:SHOWN]]
    more = [f"{len(texts) - SHOWN:,} more"] if len(texts) > SHOWN else []
    return ", ".join([*shown, *more])


_LONGEST = 300  # signs; a host name has 253 at most


@_rule(
    "the names are there and in form",
    "subject alternative name",
    "host names, addresses, e-mail addresses, URIs",
    needs="extensions",
)
def _names_in_form(parts: _Parts) -> Answer:
    """Source: RFC 5280 4.2.1.6."""
    forms = [_form(entry) for entry in parts.names]
    odd = [entry for entry, form in zip(parts.names, forms, strict=True) if form == "odd"]
    if odd:
        return "fail", f"no names: {_listed(odd)}"
    if not forms:
        return "fail", "no subject alternative name"
    return "lint" if "other" in forms else "pass", _listed(parts.names)


def _form(entry: x509.GeneralName) -> str:
    """ "good", "odd" for what has the kind of a name and not its form, "other" for kinds that are not looked at."""
    if isinstance(entry, x509.IPAddress):
        return "good"
    uri = isinstance(entry, x509.UniformResourceIdentifier)
    if not isinstance(entry, x509.DNSName | x509.RFC822Name) and not (uri and "://" in entry.value):
        return "other"
    try:
        made = host_name(entry.value) if isinstance(entry, x509.DNSName) else general_name(entry.value)
    except BadInput:
        return "odd"
    return "good" if made == entry else "odd"


def _listed(entries: Sequence[x509.GeneralName]) -> str:
    """Names for people, each with its kind."""
    shown = [_told(entry) for entry in entries[:SHOWN]]
    return _some([*shown, *[""] * (len(entries) - len(shown))])


_KINDS = {
    x509.DNSName: "DNS",
    x509.IPAddress: "IP",
    x509.RFC822Name: "e-mail",
    x509.UniformResourceIdentifier: "URI",
    x509.DirectoryName: "directory name",
    x509.RegisteredID: "registered ID",
}


def _told(entry: x509.GeneralName) -> str:
    if isinstance(entry, x509.OtherName):
        return f"other name {entry.type_id.dotted_string}"
    value = entry.value
    text = value.rfc4514_string() if isinstance(value, x509.Name) else getattr(value, "dotted_string", str(value))
    return f"{_KINDS[type(entry)]} {text}"


@_rule("the common name is one of the names", "no common name", "one of the names, or none", needs="subject")
def _common_name(parts: _Parts) -> Answer:
    """Source: RFC 9525 2: clients look at the names alone."""
    subject = parts.subject or x509.Name([])
    apart = _common_names_apart(subject, parts.names)
    if apart:
        return "lint", _some(apart)
    return "pass", "one of the names" if subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME) else "none"


@_rule("the request is not for a CA", "basic constraints", "CA: FALSE, or nothing", needs="extensions")
def _no_authority(parts: _Parts) -> Answer:
    """Source: RFC 5280 4.2.1.9. Copied into a certificate it would make the applicant an authority."""
    held = parts.extension(x509.BasicConstraints)
    if held is None:
        return "pass", "nothing"
    return "fail" if held.ca else "pass", f"CA: {str(held.ca).upper()}"


@_rule("the key usage asked for is a leaf's", "key usage", "neither keyCertSign nor cRLSign", needs="extensions")
def _usage_of_a_leaf(parts: _Parts) -> Answer:
    """Source: RFC 5280 4.2.1.3: keyCertSign belongs to CAs; who signs CRLs is for the authority to say."""
    held = parts.extension(x509.KeyUsage)
    if held is None or not (held.key_cert_sign or held.crl_sign):
        return "pass", "nothing" if held is None else "neither"
    asked = ["keyCertSign"] * held.key_cert_sign + ["cRLSign"] * held.crl_sign
    return "fail" if held.key_cert_sign else "lint", ", ".join(asked)


@_rule("nothing is asked for but names", "extension request", "the subject alternative name alone")
def _nothing_else(parts: _Parts) -> Answer:
    """Source: RFC 2985 5.4.2: extensions are asked for, and the authority decides. A challenge password is readable."""
    found = _surplus(parts)
    return ("lint", _some(found)) if found else ("pass", "nothing else")


def _surplus(parts: _Parts) -> list[str]:
    extensions = [one.oid for one in parts.extensions or () if not isinstance(one.value, x509.SubjectAlternativeName)]
    attributes = [oid for oid in parts.attributes or () if oid not in _EXTENSIONS_ASKED]
    return [oid_name(oid.dotted_string) for oid in (*extensions, *attributes)]


def describe(request: x509.CertificateSigningRequest) -> str:
    """What a request says, for people: five lines, the same for the same request. It judges the signature alone.

    Raises BadInput for what is no request.
    """
    parts = _parts(request)
    unreadable = "(unreadable)"
    lines = {
        "subject": unreadable if parts.subject is None else _some([parts.subject.rfc4514_string()]) or "(none)",
        "names": unreadable if parts.extensions is None else _listed(parts.names) or "(none)",
        "public key": keys.strength(parts.public_key)[1],
        "signature": _signature(parts),
        "also asks for": _some(_surplus(parts)) or "(nothing)",
    }
    return "\n".join(f"{what:<13}  {said}" for what, said in lines.items())
