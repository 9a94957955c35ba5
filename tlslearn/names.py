"""Does this certificate cover this host, and if not, why does each of its names not cover it?

Sections: RFC 5280 4.2.1.6 (subject alternative name), RFC 9525 6.3 (DNS names, wildcards), 6.4 (addresses).
Leaves out: services named by URI or SRV record, and the rules for text that runs from right to left (RFC 5893).
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
import warnings
from collections.abc import Callable, Iterable
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import InternalError, UnsupportedAlgorithm

from .check import BadInput, Check, source

T = TypeVar("T")

# What cryptography raises, as late as on access, for an extension or a key that it cannot take apart.
UNREADABLE = (
    TypeError,
    ValueError,
    LookupError,
    OverflowError,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
    UnsupportedAlgorithm,
    InternalError,
)

# One label: letters, digits, hyphens inside (RFC 1123 2.1); underscores occur in service names and are let through.
_LABEL = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)")
_HOST = re.compile(rf"{_LABEL.pattern}(?:\.{_LABEL.pattern})*")

# One or more atoms between single dots (RFC 5321 4.1.2, RFC 5322 3.2.3).
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LOCAL_PART = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")

# Scheme, host, and port, path, query and fragment in the signs they may have (RFC 3986 2, 3).
_URI = re.compile(
    r"([A-Za-z][A-Za-z0-9+.-]*)://(\[[0-9A-Fa-f:.]+\]|[^\[\]:/?#@]+)"
    r"((?::[0-9]*)?(?:[/?#](?:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*)?)"
)

# Letters, marks and digits: what a label in Unicode may hold (RFC 5892 2, in short).
_IN_U_LABELS = ("Ll", "Lo", "Lm", "Mn", "Mc", "Nd")

SHOWN = 10  # of a certificate with thousands of names, so many are shown


def general_name(text: str) -> x509.GeneralName:
    """A subject alternative name entry from text: what `host_name` takes, an e-mail address or a URI with an authority.

    The host in an e-mail address and in a URI may be internationalized too. Raises BadInput for anything else.
    Source: RFC 5280 4.2.1.6, 7.4 (URIs), 7.5 (e-mail).
    """
    if isinstance(text, str) and "://" in text:
        return x509.UniformResourceIdentifier(_uri(text))
    if isinstance(text, str) and "@" in text:
        return x509.RFC822Name(_mailbox(text))
    return host_name(text)


def host_name(text: str) -> x509.DNSName | x509.IPAddress:
    """An entry that a server can be reached by: an IPv4 or IPv6 address, a host name, or `*.` and a host name.

    A label outside ASCII becomes its A-label (`xn--…`). Raises BadInput for anything else.
    Source: RFC 5280 4.2.1.6, 7.2 (internationalized names).
    """
    if not isinstance(text, str):
        raise BadInput("a name must be text", value=text, fix='Give a host name or address, as in ["localhost"].')
    address = _address(text)
    if address and "%" not in text:  # a zone (fe80::1%eth0) means something on one machine alone
        return x509.IPAddress(address)
    name = ascii_form(text)
    if not is_host_name(name.removeprefix("*.")) or len(name) > 253:
        raise BadInput("not a host name or address", value=text, fix="Give the bare name: no scheme, port or path.")
    if name.rpartition(".")[2].isdigit():
        raise BadInput("neither address nor name", value=text, fix="An IPv4 address has four numbers from 0 to 255.")
    return x509.DNSName(name)


def _mailbox(text: str) -> str:
    """Local part and host (RFC 5321 4.1.2); a quoted local part, and one outside ASCII (RFC 9598), are left out."""
    local, _, host = text.rpartition("@")
    if not is_local_part(local) or ":" in host:  # an IPv6 address is none without brackets, which are left out
        fix = "Write it as in orders@shop.example: letters, digits and signs of ASCII before one @."
        raise BadInput("not an e-mail address", value=text, fix=fix)
    return f"{local}@{_host_within(text, host)}"


def _uri(text: str) -> str:
    """Scheme, host, and what follows it as it was given; a user in it is refused, since certificates are public."""
    found = _URI.fullmatch(text)
    if not found:
        fix = "Write it as in https://shop.example/orders: a scheme, a host, and percent signs for what is not ASCII."
        raise BadInput("not a URI that a certificate can hold", value=text, fix=fix)
    scheme, host, rest = found.groups()
    if host.startswith("[") and ":" in host:
        _host_within(text, host[1:-1])
        return text
    return f"{scheme}://{_host_within(text, host)}{rest}"


def _host_within(text: str, host: str) -> str:
    try:
        name = str(host_name(host).value)
    except BadInput as error:
        raise BadInput(f"{error.problem} in it", value=text, fix=f"Look at {host!r}. {error.fix}") from None
    if name.startswith("*."):
        raise BadInput("a wildcard in it", value=text, fix="A wildcard stands in a host name that stands alone.")
    return name


def is_local_part(text: str) -> bool:
    """What stands before the @ of an e-mail address, written without quotes. Source: RFC 5321 4.1.2, 4.5.3.1.1."""
    return len(text) <= 64 and _LOCAL_PART.fullmatch(text) is not None


def is_host_name(text: str) -> bool:
    """Labels of letters, digits and hyphens between single dots, 253 characters at most; no wildcard, no last dot."""
    return len(text) <= 253 and _HOST.fullmatch(text) is not None


def ascii_form(hostname: str) -> str:
    """The host name with each label outside ASCII as an A-label, which is what certificates hold: `xn--bcher-kva`.

    Raises BadInput for a label that is not made of letters, marks and digits (RFC 5892), such as one with a picture.
    Source: RFC 5280 7.2, RFC 5891 5.
    """
    return hostname if hostname.isascii() else ".".join(_a_label(label, hostname) for label in hostname.split("."))


def _a_label(label: str, hostname: str) -> str:
    if label.isascii():
        return label
    folded = unicodedata.normalize("NFC", label.lower())
    kinds = [unicodedata.category(sign) for sign in folded if sign != "-"]
    if kinds[0].startswith("M") or not set(kinds) <= set(_IN_U_LABELS) or folded[2:4] == "--":
        fix = f"Letters, digits and hyphens make a label, in any script, and no mark begins it: look at {label!r}."
        raise BadInput("not a host name", value=hostname, fix=fix)
    return "xn--" + folded.encode("punycode").decode("ascii")


def is_address(text: str) -> bool:
    """Is it an IPv4 or IPv6 address, and so no name that SNI could carry (RFC 6066 3)?"""
    return _address(text) is not None


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    if ":" not in text and not text[-1:].isdigit():  # most are names, and an exception takes its time
        return None
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def presented(certificate: x509.Certificate) -> list[str]:
    """The DNS names and addresses of a certificate's subject alternative name; empty where it has none to be read."""
    return [_text(entry) for entry in _identifiers(certificate)]


def _identifiers(certificate: x509.Certificate) -> list[x509.GeneralName]:
    entries = _entries(certificate)
    kinds = (x509.DNSName, x509.IPAddress)
    return [entry for kind in kinds for entry in entries if isinstance(entry, kind)]


def _entries(certificate: x509.Certificate) -> list[x509.GeneralName]:
    """What the subject alternative name holds. One that cannot be read covers nothing, as for every verifier."""
    try:
        return list(certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value)
    except (x509.ExtensionNotFound, *UNREADABLE):
        return []


def _text(entry: x509.GeneralName) -> str:
    return printable(str(entry.value))


def read(part: Callable[[], T]) -> tuple[T | None, str]:
    """A part of a certificate or a request, and "" for the fault; or None, and why it cannot be read."""
    try:
        try:
            return part(), ""
        except Warning:  # where a program makes errors of warnings: oddities are ours to tell
            with warnings.catch_warnings(action="ignore"):
                return part(), ""
    except UNREADABLE as error:
        return None, printable(str(error)) or type(error).__name__


def printable(text: str) -> str:
    """Text from a certificate, for people: what a terminal would obey, or not show, is written as an escape."""
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text)


def short(name: x509.Name) -> str:
    """A subject or issuer for people: its common name, or the whole of it (RFC 4514) where it has none."""
    for attribute in name.get_attributes_for_oid(x509.NameOID.COMMON_NAME):
        return printable(str(attribute.value))
    return printable(name.rfc4514_string()) or "(no name)"


def check_host(certificate: x509.Certificate, hostname: str) -> Check:
    """Is `hostname`, a DNS name or an address, among the certificate's subject alternative names?

    A wildcard stands for exactly one whole label, the first. A common name is never looked at. Where a name looks as if
    it covered the host, `found` says why it does not; `refusals` says it of every name.
    Source: RFC 9525 6.3 (DNS names), 6.4 (addresses), 2 (no common name).
    """
    entries = _identifiers(certificate)
    reasons = _refusals(entries, hostname)
    covered = None in reasons
    shown = [_text(entry) for entry in entries[:SHOWN]]
    if not covered:
        shown = [f"{text} ({why})" if why in _TELLING else text for text, why in zip(shown, reasons, strict=False)]
    more = [f"{len(entries) - SHOWN:,} more"] if len(entries) > SHOWN else []
    return Check(
        rule="the certificate covers the host",
        about="leaf",
        state="pass" if covered else "fail",
        found=", ".join([*shown, *more]) or "no names",
        wanted=hostname,
        source=section_of(hostname),
    )


def section_of(hostname: str) -> str:
    """The section that rules whether a certificate covers it, a DNS name or an address."""
    return source("host address" if _address(hostname) else "host name")


def covers(entries: Iterable[x509.GeneralName], hostname: str) -> bool:
    """Whether `hostname`, a DNS name or an address, is among the entries; `check_host` says the same in words."""
    return None in _refusals(entries, hostname)


def by_too_wide_a_wildcard(certificate: x509.Certificate, hostname: str) -> bool:
    """Whether `hostname` is covered by a wildcard for all of a top-level domain (*.local), and by no other entry.

    RFC 9525 6.3 lets it stand; OpenSSL and browsers do not.
    """
    entries = _identifiers(certificate)
    narrow = [one for one in entries if not re.fullmatch(r"\*\.[^.]+", _text(one))]
    return covers(entries, hostname) and not covers(narrow, hostname)


def refusals(certificate: x509.Certificate, hostname: str) -> list[tuple[str, str]]:
    """Each subject alternative name with the reason why it does not cover `hostname`; [] where one does cover it.

    Source: RFC 9525 6.3, 6.4.
    """
    entries = _entries(certificate)
    reasons = _refusals(entries, hostname)
    return [] if None in reasons else [(_text(entry), why or "") for entry, why in zip(entries, reasons, strict=True)]


def _reference(hostname: str) -> str:
    """What the presented names are compared with; "" for a text that is no host, which no certificate covers."""
    try:
        wanted = ascii_form(hostname.removesuffix(".")).lower()
    except BadInput:
        return ""
    return wanted if is_host_name(wanted) else ""


_OTHER_KIND = "of another kind than host names and addresses"
_OTHER_NAME, _OTHER_ADDRESS = "another name", "another address"
_NAME_FOR_ADDRESS, _ADDRESS_FOR_NAME = "a name, and the host is an address", "an address, and the host is a name"
_WRITTEN = "an address written as a name covers nothing"
_ONE_LABEL = "the wildcard stands for exactly one label"
_MISPLACED = "a wildcard counts as the whole first label alone"
_NO_NAME = "not a host name"
_TELLING = (_WRITTEN, _ONE_LABEL, _MISPLACED, _NO_NAME)


def _refusals(entries: Iterable[x509.GeneralName], hostname: str) -> list[str | None]:
    address, wanted = _address(hostname), _reference(hostname)
    return [_refusal(entry, wanted, address) for entry in entries]


def _refusal(entry: x509.GeneralName, wanted: str, address: object | None) -> str | None:
    """Why this entry does not cover the host; None where it does."""
    if isinstance(entry, x509.IPAddress):  # octet for octet: the same address of the other family is another one
        return _ADDRESS_FOR_NAME if not address else None if entry.value == address else _OTHER_ADDRESS
    if not isinstance(entry, x509.DNSName):
        return _OTHER_KIND
    name = entry.value.lower()
    if address:
        return _WRITTEN if name == wanted else _NAME_FOR_ADDRESS
    stem = name.removeprefix("*.")
    if "*" in stem:
        return _MISPLACED
    if not is_host_name(stem):
        return _NO_NAME
    if stem == name:
        return None if name == wanted else _OTHER_NAME
    first, _, rest = wanted.partition(".")
    if first and rest == stem:
        return None
    return _ONE_LABEL if f".{wanted}".endswith(f".{stem}") else _OTHER_NAME
