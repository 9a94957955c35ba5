"""Does every name of a certificate lie in the name space that the authorities above it were given?

Sections: RFC 5280 4.2.1.10 (name constraints), 6.1.3 (b) and (c), 7.1 (comparing directory names).
Leaves out: forms of name that no client constrains (registeredID, otherName …); where one is constrained and occurs,
the certificate is refused, as the section demands.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

from cryptography import x509

from ..names import is_host_name, is_local_part, printable
from .plain import Subtree
from .records import MOST_NAMES, Record, Work, name_key

DNS, MAIL, URI, ADDRESS, DIRECTORY = "DNS name", "e-mail address", "URI", "IP address", "directory name"
FORMS: dict[type, str] = {
    x509.DNSName: DNS,
    x509.RFC822Name: MAIL,
    x509.UniformResourceIdentifier: URI,
    x509.IPAddress: ADDRESS,
    x509.DirectoryName: DIRECTORY,
}
_ANY_CASE = "e-mail address, in small letters"
_MAIL_OID = bytes.fromhex("06092a864886f70d010901")  # emailAddress
_INTERNATIONAL_MAIL = x509.ObjectIdentifier("1.3.6.1.5.5.7.8.9")  # SmtpUTF8Mailbox: constrained as e-mail addresses are
_IN_URIS = re.compile(r"[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]+")  # RFC 3986 2; what else is in it, readers differ about


def is_preferred(host: str) -> bool:
    """Whether a host name is in the syntax of RFC 5280 4.2.1.6, which has no underscores; to cover a host, clients let
    them pass."""
    return is_host_name(host) and "_" not in host


def form_of(name: x509.GeneralName) -> str:
    return FORMS.get(type(name)) or f"name of the form {type(name).__name__}"


AnySubtree = x509.GeneralName | Subtree


class Subtrees:
    """The permitted or the excluded subtrees of one certificate, kept so that a name is looked up, not compared with
    each: thousands of subtrees and thousands of names cost their sum, not their product."""

    def __init__(self, names: Iterable[AnySubtree] | None) -> None:
        self.forms: set[str] = set()
        self.unusable: set[str] = set()  # forms with a subtree that is none
        self._keys: set[tuple[str, object]] = set()  # form, and a host, a ".domain", a mailbox or a network
        self._stems: set[str] = set()  # DNS: what a wildcard over one of the domains would stand on
        self._masks: set[tuple[int, int]] = set()  # bits of an address, and those of its host
        self._directory: dict[Any, Any] = {}  # RDN: the same again; None marks where a subtree begins
        for name in names or ():
            if isinstance(name, str | tuple):
                form, value = DNS if isinstance(name, str) else ADDRESS, name
            else:
                form, value = form_of(name), name.value
            self.forms.add(form)
            if not self._add(form, value):
                self.unusable.add(form)

    def _add(self, form: str, value: object) -> bool:
        """Whether it is a subtree of the form."""
        if form in (DNS, MAIL, URI):
            return self._add_host(form, str(value))
        if form == ADDRESS and isinstance(value, ipaddress.IPv4Network | ipaddress.IPv6Network):
            bits, free = value.max_prefixlen, value.max_prefixlen - value.prefixlen
            value = bits, free, int(value.network_address) >> free
        if isinstance(value, tuple):
            self._masks.add(value[:2])
            self._keys.add((ADDRESS, value))
            return True
        if not isinstance(value, x509.Name):
            return False
        node = self._directory
        for rdn in name_key(value.public_bytes()):
            node = node.setdefault(rdn, {})
        node[None] = {}
        return True

    def _add_host(self, form: str, value: str) -> bool:
        """A host, a ".domain" unless of DNS names, for mail a mailbox too. Of what has another form, such as no
        letter at all, the section does not say whom it admits, and clients differ: it admits nobody."""
        local, at, host = value.rpartition("@") if form == MAIL else ("", "", value)
        host = host.lower()
        self._keys |= {(form, local + at + host), (_ANY_CASE, value.lower())}
        if form == DNS:
            self._stems.add(host.partition(".")[2])
        elif not at:
            host = host.removeprefix(".")
        return is_preferred(host) and (not at or is_local_part(local))

    def holds(self, form: str, value: Any, *, whole: bool) -> bool:
        """Is the name in one of the subtrees? A wildcard is in it when all of its hosts are (`whole`), or one is.

        `value`: text, an address, or for a directory name its key.
        """
        if form == DNS:
            name = value.lower()
            stem = name.removeprefix("*.")
            return self._at_or_above(form, stem) or (not whole and name != stem and stem in self._stems)
        if form == MAIL:
            # RFC 5280 7.5 tells mailboxes apart by case, 4.1.2.6 those of a subject not: what is excluded is so in any.
            local, at, host = value.rpartition("@")
            mailbox = (form, local + at + host.lower()) if whole else (_ANY_CASE, value.lower())
            return mailbox in self._keys or self._holds_host(form, host.lower())
        if form == URI:
            return self._holds_host(form, _host(value))
        if form == ADDRESS:
            bits, number = value.max_prefixlen, int(value)
            return any((form, (bits, free, number >> free)) in self._keys for of, free in self._masks if of == bits)
        node = self._directory
        for rdn in value:
            if None in node or rdn not in node:
                break
            node = node[rdn]
        return None in node

    def _at_or_above(self, form: str, name: str, dot: str = "") -> bool:
        """Whether the name is among the keys, or what is left of it without its first label, or its first two …"""
        while name and (form, dot + name) not in self._keys:
            name = name.partition(".")[2]
        return bool(name)

    def _holds_host(self, form: str, host: str) -> bool:
        """A host is meant by itself alone, a domain (".a.test") by what lies below it."""
        return (form, host) in self._keys or self._at_or_above(form, host.partition(".")[2], ".")


def _host(uri: str) -> str:
    try:
        return (urlsplit(uri).hostname or "") if _IN_URIS.fullmatch(uri) else ""
    except ValueError:
        return ""


def malformed(form: str, value: Any) -> bool:
    """Whether it is no name of its form: it cannot be compared, and so cannot be let through."""
    if form == DNS:
        return not is_preferred(value.removeprefix("*."))
    if form == MAIL:
        local, _, host = value.rpartition("@")
        return not (is_local_part(local) and is_preferred(host))
    if form == URI:  # RFC 5280 4.2.1.10: one without a host name, or with an address for it, is to be rejected
        host = _host(value)
        return not is_preferred(host) or host.rpartition(".")[2].isdigit()
    return form == ADDRESS and not isinstance(value, ipaddress.IPv4Address | ipaddress.IPv6Address)


def names_of(record: Record) -> Iterator[tuple[str, Any]]:
    """Each name that constraints apply to, with its form: the subject, and what the subject alternative name holds.

    Source: RFC 5280 4.2.1.10; an e-mail address in the subject counts where there is no alternative name of its form.
    """
    if record.subject:
        yield DIRECTORY, record.subject
    held = record.extension(x509.SubjectAlternativeName)
    entries = [] if held is None else list(held)
    for entry in entries:
        if type(entry) is x509.OtherName and entry.type_id == _INTERNATIONAL_MAIL:
            yield MAIL, ""  # not read here, so it keeps to no constraint
        yield (
            form_of(entry),
            name_key(entry.value.public_bytes()) if type(entry) is x509.DirectoryName else entry.value,
        )
    in_subject = _MAIL_OID in record.fields["subject"] and any(
        oid == _MAIL_OID for rdn in record.subject or () for oid, _ in rdn
    )
    if in_subject and not any(isinstance(entry, x509.RFC822Name) for entry in entries):
        for attribute in record.certificate.subject.get_attributes_for_oid(x509.NameOID.EMAIL_ADDRESS):
            yield MAIL, str(attribute.value)


class Constraints:
    """The name constraints of one CA certificate."""

    def __init__(
        self, permitted: Iterable[AnySubtree] | None, excluded: Iterable[AnySubtree] | None, *, understood: bool
    ) -> None:
        self.permitted, self.excluded, self.understood = Subtrees(permitted), Subtrees(excluded), understood
        self.forms = self.permitted.forms | self.excluded.forms

    def violation(self, form: str, value: Any) -> str | None:
        """What is wrong with the name, in a few words; None where it is within the constraints."""
        if form not in self.forms:
            return None
        permitted, excluded = self.permitted, self.excluded
        unusable = form in permitted.unusable or form in excluded.unusable
        if not self.understood or unusable or form not in FORMS.values():
            return f"is held to a constraint on {form}s that is not understood"
        if malformed(form, value):
            return f"is malformed, and there is a constraint on {form}s"
        if form in excluded.forms and excluded.holds(form, value, whole=False):
            return "is excluded"
        if form in permitted.forms and not permitted.holds(form, value, whole=True):
            return "is not permitted"
        return None


def constraints_of(record: Record) -> Constraints | None:
    """The name constraints that a certificate puts on those below it, read once; None where it has none."""
    if "constraints" not in record.known:
        record.known["constraints"] = _read(record) if record.has(x509.NameConstraints) else None
    held: Constraints | None = record.known["constraints"]
    return held


def _read(record: Record) -> Constraints:
    if record.subtrees is not None:
        return Constraints(*record.subtrees, understood=True)
    value = record.extension(x509.NameConstraints)
    assert value is not None
    # What is read drops the fields `minimum` and `maximum`. Where the bytes hold more than what was read, nothing of
    # the constraint may be taken as understood.
    understood = value.public_bytes() in record.body
    return Constraints(value.permitted_subtrees, value.excluded_subtrees, understood=understood)


def violations(record: Record, above: Sequence[tuple[Record, Constraints]], work: Work) -> list[str]:
    """Each name of the certificate that a constraint above it does not allow, as a short text with who says so."""
    found: list[str] = []
    for form, value in names_of(record):
        work.names += len(above)
        if work.names > MOST_NAMES:
            work.limit = f"{MOST_NAMES:,} names held to constraints"
            return [*found, f"more than {MOST_NAMES:,} names to be held to constraints"]
        for authority, one in above:
            wrong = one.violation(form, value)
            if wrong is not None:
                found.append(f"{form} {_shown(record, form, value)} {wrong} by {authority.subject_text}")
    return found


def _shown(record: Record, form: str, value: object) -> str:
    if form != DIRECTORY:
        return printable(str(value))
    return record.subject_text if value == record.subject else "in the alternative names"
