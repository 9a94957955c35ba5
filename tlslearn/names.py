"""Does this certificate cover this host?

Sections: RFC 5280 4.2.1.6 (subject alternative name), RFC 9525 6 (matching).
Leaves out, so far: internationalized names in Unicode and the reason of each refusal, which come with notebook 05.
"""

from __future__ import annotations

import ipaddress
import re

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

from .check import BadInput, Check, source

# What cryptography raises, as late as on access, for an extension or a key that it cannot take apart.
UNREADABLE = (ValueError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType, UnsupportedAlgorithm)

# One label: letters, digits, hyphens inside (RFC 1123 2.1); underscores occur in service names and are let through.
_LABEL = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)")


def general_name(text: str) -> x509.DNSName | x509.IPAddress:
    """A subject alternative name entry from text: an IPv4 or IPv6 address, a host name, or `*.` and a host name.

    Raises BadInput for anything else; an internationalized name has to be given in its ASCII form (`xn--…`).
    Source: RFC 5280 4.2.1.6.
    """
    if not isinstance(text, str):
        raise BadInput("a name must be text", value=text, fix='Give a host name or address, as in ["localhost"].')
    address = _address(text)
    if address and "%" not in text:  # a zone (fe80::1%eth0) means something on one machine alone
        return x509.IPAddress(address)
    if not text.isascii():
        raise BadInput("a name outside ASCII", value=text, fix="Give its A-label form, which starts with xn--.")
    labels = text.removeprefix("*.").split(".")
    if len(text) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise BadInput("not a host name or address", value=text, fix="Give the bare name: no scheme, port or path.")
    if labels[-1].isdigit():
        raise BadInput("neither address nor name", value=text, fix="An IPv4 address has four numbers from 0 to 255.")
    return x509.DNSName(text)


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def presented(certificate: x509.Certificate) -> list[str]:
    """The DNS names and addresses of a certificate's subject alternative name; empty where it has none to be read."""
    entries = _entries(certificate)
    return [printable(entry.value) for entry in entries if isinstance(entry, x509.DNSName)] + [
        str(entry.value) for entry in entries if isinstance(entry, x509.IPAddress)
    ]


def _entries(certificate: x509.Certificate) -> list[x509.GeneralName]:
    """What the subject alternative name holds. One that cannot be read covers nothing, as for every verifier."""
    try:
        return list(certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value)
    except (x509.ExtensionNotFound, *UNREADABLE):
        return []


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

    A wildcard stands for exactly one whole label, the first. A common name is never looked at.
    Source: RFC 9525 6.3 (DNS names), 6.4 (addresses), 2 (no common name).
    """
    wanted = hostname.lower().rstrip(".")
    covered = any(_covers(entry, wanted) for entry in _entries(certificate))
    return Check(
        rule="the certificate covers the host",
        about="leaf",
        state="pass" if covered else "fail",
        found=", ".join(presented(certificate)) or "no names",
        wanted=hostname,
        source=source("host address" if _address(hostname) else "host name"),
    )


def _covers(entry: x509.GeneralName, wanted: str) -> bool:
    address = _address(wanted)
    if address:  # an address written as a DNS name covers nothing (RFC 9525 6.4)
        return isinstance(entry, x509.IPAddress) and entry.value == address
    if not isinstance(entry, x509.DNSName):
        return False
    name = entry.value.lower().rstrip(".")
    if name.startswith("*."):
        first, _, rest = wanted.partition(".")
        return bool(first) and rest == name[2:]
    return name == wanted
