"""What does an applicant send to an authority, what does it prove, and what must not be copied from it?

Sections: RFC 2986 3 and 4 (PKCS#10), RFC 2985 5.4.2 (extensions asked for), RFC 5280 4.2.1.6 (names).
Leaves out: the other forms of request (CRMF, RFC 4211), and keys that cannot sign.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from os import PathLike
from typing import TypeVar

from cryptography import x509

from . import files, keys
from .check import BadInput, Check, State, source
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
    except BadInput:
        raise
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


@dataclass
class _Parts:
    """What a request says, each part read once. One that cannot be read is None, and `faults` says why."""

    request: x509.CertificateSigningRequest
    faults: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        request = self.request
        self.subject = self._read("subject", lambda: request.subject)
        self.public_key: object | None = self._read("public key", request.public_key)
        self.attributes = self._read("attributes", lambda: list(request.attributes))
        self.extensions = self._read("extensions", lambda: list(request.extensions))
        self.signed = self._read("signature", lambda: request.is_signature_valid)
        self.hashed = read(lambda: request.signature_hash_algorithm)

    def _read(self, what: str, part: Callable[[], T]) -> T | None:
        found, fault = read(part)
        if fault:
            self.faults[what] = fault
        return found

    def extension(self, kind: type[E]) -> E | None:
        return next((one.value for one in self.extensions or () if isinstance(one.value, kind)), None)

    @property
    def names(self) -> list[x509.GeneralName]:
        return list(self.extension(x509.SubjectAlternativeName) or ())


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


def _check(rule: str, state: State, found: str, wanted: str, cited: str) -> Check:
    return Check(rule, "request", state, found, wanted, source(cited))


def _possession(parts: _Parts) -> Check:
    """Source: RFC 2986 3: without it one could ask for a certificate with another's public key."""
    rule, wanted = "the applicant holds the private key", "a signature by the key in the request"
    found = wanted if parts.signed else _why_unsigned(parts)
    return _check(rule, "pass" if parts.signed else "fail", found, wanted, "proof of possession")


def _why_unsigned(parts: _Parts) -> str:
    hashed, fault = parts.hashed
    if fault or parts.public_key is None or parts.signed is None:
        return "a signature that is not verified here"
    if hashed is not None and hashed.name in ("md5", "sha1"):
        return f"a signature with {hashed.name}, which is not verified here"
    return "a signature that does not match the request and its key"


def _key_strength(parts: _Parts) -> Check:
    """Source: RFC 9325 4.5."""
    good, found = keys.strength(parts.public_key)
    return _check("the key is strong enough", "pass" if good else "fail", found, keys.STRONG, "key length")


def _readable(parts: _Parts) -> Check:
    """Source: RFC 2986 4.1. What is malformed may mean one thing here and another elsewhere."""
    found = "; ".join(f"{what}: {why}" for what, why in parts.faults.items())
    state: State = "fail" if found else "pass"
    return _check("every part can be read", state, found or "all of them", "well-formed parts", "request information")


def _attributes_once(parts: _Parts) -> Check:
    """Source: RFC 2985 5.4.2. Of two lists of extensions one reader takes the first, another the second."""
    rule, wanted = "each attribute stands once", "each once, and one list of extensions"
    if parts.attributes is None:
        return _skipped(rule, "attributes", wanted, "extension request")
    counted = Counter(_EXTENSIONS_ASKED[0] if one.oid in _EXTENSIONS_ASKED else one.oid for one in parts.attributes)
    often = [f"{_called(oid)} {times} times" for oid, times in counted.items() if times > 1]
    found = ", ".join(often) or f"{len(counted)} of them"
    return _check(rule, "fail" if often else "pass", found, wanted, "extension request")


def _skipped(rule: str, what: str, wanted: str, cited: str) -> Check:
    return _check(rule, "skip", f"not checked: the {what} cannot be read", wanted, cited)


def _called(oid: x509.ObjectIdentifier) -> str:
    return oid.dotted_string if oid._name == "Unknown OID" else oid._name


def _names_in_form(parts: _Parts) -> Check:
    """Source: RFC 5280 4.2.1.6."""
    rule, wanted = "the names are there and in form", "host names, addresses, e-mail addresses, URIs"
    if parts.extensions is None:
        return _skipped(rule, "extensions", wanted, "subject alternative name")
    forms = [_form(entry) for entry in parts.names]
    odd = [entry for entry, form in zip(parts.names, forms, strict=True) if form == "odd"]
    state: State = "fail" if odd or not forms else "lint" if "other" in forms else "pass"
    found = f"no names: {_listed(odd)}" if odd else _listed(parts.names) or "no subject alternative name"
    return _check(rule, state, found, wanted, "subject alternative name")


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
    more = [f"{len(entries) - SHOWN:,} more"] if len(entries) > SHOWN else []
    return ", ".join([*(_told(entry) for entry in entries[:SHOWN]), *more])


_KINDS = {
    x509.DNSName: "DNS",
    x509.IPAddress: "IP",
    x509.RFC822Name: "e-mail",
    x509.UniformResourceIdentifier: "URI",
    x509.DirectoryName: "directory name",
    x509.RegisteredID: "registered ID",
}


def _told(entry: x509.GeneralName) -> str:
    """A name for people, with its kind."""
    if isinstance(entry, x509.OtherName):
        return f"other name {entry.type_id.dotted_string}"
    value = entry.value
    text = value.rfc4514_string() if isinstance(value, x509.Name) else getattr(value, "dotted_string", str(value))
    return f"{_KINDS[type(entry)]} {printable(text)}"


def _common_name(parts: _Parts) -> Check:
    """Source: RFC 9525 2: clients look at the names alone."""
    rule, wanted = "the common name is one of the names", "one of the names, or none"
    if parts.subject is None:
        return _skipped(rule, "subject", wanted, "no common name")
    apart = _common_names_apart(parts.subject, parts.names)
    held = parts.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    found = ", ".join(printable(text) for text in apart[:SHOWN]) or ("one of the names" if held else "none")
    return _check(rule, "lint" if apart else "pass", found, wanted, "no common name")


def _no_authority(parts: _Parts) -> Check:
    """Source: RFC 5280 4.2.1.9. Copied into a certificate it would make the applicant an authority."""
    rule, wanted = "the request is not for a CA", "CA: FALSE, or nothing"
    if parts.extensions is None:
        return _skipped(rule, "extensions", wanted, "basic constraints")
    held = parts.extension(x509.BasicConstraints)
    found = "nothing" if held is None else f"CA: {str(held.ca).upper()}"
    return _check(rule, "fail" if held is not None and held.ca else "pass", found, wanted, "basic constraints")


def _usage_of_a_leaf(parts: _Parts) -> Check:
    """Source: RFC 5280 4.2.1.3: keyCertSign belongs to CAs; who signs CRLs is for the authority to say."""
    rule, wanted = "the key usage asked for is a leaf's", "neither keyCertSign nor cRLSign"
    if parts.extensions is None:
        return _skipped(rule, "extensions", wanted, "key usage")
    held = parts.extension(x509.KeyUsage)
    if held is None:
        return _check(rule, "pass", "nothing", wanted, "key usage")
    asked = ["keyCertSign"] * held.key_cert_sign + ["cRLSign"] * held.crl_sign
    state: State = "fail" if held.key_cert_sign else "lint" if asked else "pass"
    return _check(rule, state, ", ".join(asked) or wanted, wanted, "key usage")


def _nothing_else(parts: _Parts) -> Check:
    """Source: RFC 2985 5.4.2: extensions are asked for, and the authority decides. A challenge password is readable."""
    rule, wanted = "nothing is asked for but names", "the subject alternative name alone"
    if parts.extensions is None and parts.attributes is None:
        return _skipped(rule, "attributes", wanted, "extension request")
    found = _surplus(parts)
    return _check(rule, "lint" if found else "pass", found or "nothing else", wanted, "extension request")


def _surplus(parts: _Parts) -> str:
    extensions = [one.oid for one in parts.extensions or () if not isinstance(one.value, x509.SubjectAlternativeName)]
    attributes = [one.oid for one in parts.attributes or () if one.oid not in _EXTENSIONS_ASKED]
    told = [_called(oid) for oid in [*extensions, *attributes]]
    return ", ".join([*told[:SHOWN], *([f"{len(told) - SHOWN:,} more"] if len(told) > SHOWN else [])])


# In the order in which they are told. The tests take them away one by one and look for the check that is missed.
_RULES: tuple[Callable[[_Parts], Check], ...] = (
    _possession,
    _key_strength,
    _readable,
    _attributes_once,
    _names_in_form,
    _common_name,
    _no_authority,
    _usage_of_a_leaf,
    _nothing_else,
)


def describe(request: x509.CertificateSigningRequest) -> str:
    """What a request says, for people: five lines, the same for the same request. It judges the signature alone.

    Raises BadInput for what is no request.
    """
    parts = _parts(request)
    subject = "(unreadable)" if parts.subject is None else printable(parts.subject.rfc4514_string()) or "(none)"
    names = "(unreadable)" if parts.extensions is None else _listed(parts.names) or "(none)"
    lines = {
        "subject": subject,
        "names": names,
        "public key": keys.strength(parts.public_key)[1],
        "signature": "by the key in the request" if parts.signed else _why_unsigned(parts),
        "also asks for": _surplus(parts) or "(nothing)",
    }
    return "\n".join(f"{what:<13}  {said}" for what, said in lines.items())
