"""Does this certificate cover this host?

Sections: RFC 5280 4.2.1.6 (subject alternative name), RFC 9525 6 (matching).
Leaves out, so far: internationalized names in Unicode and the reason of each refusal, which come with notebook 05.
"""

from __future__ import annotations

import ipaddress
import re

from cryptography import x509

from .check import BadInput, Check, source

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
    if address:
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
    """The DNS names and addresses of a certificate's subject alternative name; empty where it has none."""
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return []
    return [*extension.value.get_values_for_type(x509.DNSName)] + [
        str(address) for address in extension.value.get_values_for_type(x509.IPAddress)
    ]


def short(name: x509.Name) -> str:
    """A subject or issuer for people: its common name, or the whole of it (RFC 4514) where it has none."""
    for attribute in name.get_attributes_for_oid(x509.NameOID.COMMON_NAME):
        return str(attribute.value)
    return name.rfc4514_string() or "(no name)"


def check_host(certificate: x509.Certificate, hostname: str) -> Check:
    """Is `hostname`, a DNS name or an address, among the certificate's subject alternative names?

    A wildcard stands for exactly one whole label, the first. A common name is never looked at.
    Source: RFC 9525 6.3 (DNS names), 6.4 (addresses), 2 (no common name).
    """
    wanted = hostname.lower().rstrip(".")
    covered = any(_covers(entry, wanted) for entry in presented(certificate))
    return Check(
        rule="the certificate covers the host",
        about="leaf",
        state="pass" if covered else "fail",
        found=", ".join(presented(certificate)) or "no names",
        wanted=hostname,
        source=source("host address" if _address(hostname) else "host name"),
    )


def _covers(entry: str, wanted: str) -> bool:
    address = _address(wanted)
    if address:
        return _address(entry) == address
    entry = entry.lower().rstrip(".")
    if entry.startswith("*."):
        first, _, rest = wanted.partition(".")
        return bool(first) and rest == entry[2:]
    return entry == wanted
