"""Does every name of a certificate lie in the name space that the authorities above it were given?

Sections: RFC 5280 4.2.1.10 (name constraints), 6.1.3 (b) and (c), 7.1 (comparing directory names).
Leaves out: forms of name that no client constrains (registeredID, otherName …); where one is constrained and occurs,
the certificate is refused, as the section demands.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from cryptography import x509

from ..names import is_host_name, printable
from .records import MOST_NAMES, NameKey, Record, Work, name_key

DNS, MAIL, URI, ADDRESS, DIRECTORY = "DNS name", "e-mail address", "URI", "IP address", "directory name"
FORMS: dict[type, str] = {
    x509.DNSName: DNS,
    x509.RFC822Name: MAIL,
    x509.UniformResourceIdentifier: URI,
    x509.IPAddress: ADDRESS,
    x509.DirectoryName: DIRECTORY,
}


def form_of(name: x509.GeneralName) -> str:
    return FORMS.get(type(name)) or f"name of the form {type(name).__name__}"


@dataclass
class Subtrees:
    """The permitted or the excluded subtrees of one certificate, kept so that a name is looked up, not compared with
    each: thousands of subtrees and thousands of names cost their sum, not their product."""

    forms: set[str] = field(default_factory=set)
    unusable: set[str] = field(default_factory=set)  # forms with a subtree that is none
    domains: set[str] = field(default_factory=set)  # DNS: the name and all below it
    stems: set[str] = field(default_factory=set)  # DNS: what a wildcard over one of the domains would stand on
    hosts: dict[str, set[str]] = field(default_factory=lambda: {MAIL: set(), URI: set()})
    below: dict[str, set[str]] = field(default_factory=lambda: {MAIL: set(), URI: set()})  # ".a.test": not a.test
    mailboxes: set[tuple[str, str]] = field(default_factory=set)
    networks: dict[tuple[int, int], set[int]] = field(default_factory=dict)  # (bits, host bits): network numbers
    prefixes: dict[int, set[NameKey]] = field(default_factory=dict)  # number of RDNs: directory names

    @classmethod
    def of(cls, names: Iterable[x509.GeneralName] | None) -> Subtrees:
        found = cls()
        for name in names or ():
            form = form_of(name)
            found.forms.add(form)
            if not found._add(form, name.value):
                found.unusable.add(form)
        return found

    def _add(self, form: str, value: object) -> bool:
        if form == DNS:
            return self._add_domain(str(value).lower())
        if form in (MAIL, URI):
            return self._add_host(form, str(value))
        if isinstance(value, ipaddress.IPv4Network | ipaddress.IPv6Network):
            bits, free = value.max_prefixlen, value.max_prefixlen - value.prefixlen
            self.networks.setdefault((bits, free), set()).add(int(value.network_address) >> free)
            return True
        if isinstance(value, x509.Name):
            key = name_key(value)
            self.prefixes.setdefault(len(key), set()).add(key)
            return True
        return False

    def _add_domain(self, domain: str) -> bool:
        """A first dot, or nothing, is no form of RFC 5280 here, and clients differ about it: it admits nobody."""
        self.domains.add(domain)
        self.stems.add(domain.partition(".")[2])
        return is_host_name(domain)

    def _add_host(self, form: str, value: str) -> bool:
        local, at, host = value.rpartition("@")
        host = host.lower()
        if at and form == MAIL:
            self.mailboxes.add((local, host))
        elif host.startswith(".") or not host:
            self.below[form].add(host[1:])
        else:
            self.hosts[form].add(host)
        return not host or is_host_name(host.removeprefix("."))

    def holds(self, form: str, value: object, *, whole: bool) -> bool:
        """Is the name in one of the subtrees? A wildcard is in it when all of its hosts are (`whole`), or one is."""
        if form == DNS:
            name = str(value).lower()
            stem = name.removeprefix("*.")
            return _suffix_in(stem, self.domains) or (not whole and name != stem and stem in self.stems)
        if form == MAIL:
            local, _, host = str(value).rpartition("@")
            return (local, host.lower()) in self.mailboxes or self._holds_host(form, host.lower())
        if form == URI:
            return self._holds_host(form, _host(str(value)))
        if isinstance(value, ipaddress.IPv4Address | ipaddress.IPv6Address):
            return any(
                bits == value.max_prefixlen and int(value) >> free in numbers
                for (bits, free), numbers in self.networks.items()
            )
        return any(value[:length] in keys for length, keys in self.prefixes.items())  # type: ignore[index]

    def _holds_host(self, form: str, host: str) -> bool:
        return host in self.hosts[form] or _suffix_in(host.partition(".")[2], self.below[form])


def _suffix_in(name: str, domains: set[str]) -> bool:
    """Whether the name, or the name without some of its first labels, or "" for all names, is among the domains."""
    while name and name not in domains:
        name = name.partition(".")[2]
    return name in domains


def _host(uri: str) -> str:
    try:
        return urlsplit(uri).hostname or ""
    except ValueError:
        return ""


def _malformed(form: str, value: object) -> bool:
    """Names that cannot be compared, and so cannot be let through."""
    if form == DNS:
        return not is_host_name(str(value).removeprefix("*."))
    if form == MAIL:
        local, _, host = str(value).rpartition("@")
        return not local or not is_host_name(host)
    if form == URI:  # RFC 5280 4.2.1.10: one without a host name, or with an address for it, is to be rejected
        host = _host(str(value))
        return not is_host_name(host) or host.rpartition(".")[2].isdigit()
    return False


def names_of(record: Record) -> Iterator[tuple[str, object]]:
    """Each name that constraints apply to, with its form: the subject, and what the subject alternative name holds.

    Source: RFC 5280 4.2.1.10; an e-mail address in the subject counts where there is no alternative name of its form.
    """
    if record.subject:
        yield DIRECTORY, record.subject
    entries = list(record.extension(x509.SubjectAlternativeName) or ())
    for entry in entries:
        form = form_of(entry)
        yield form, name_key(entry.value) if isinstance(entry, x509.DirectoryName) else entry.value
    if record.subject and not any(isinstance(entry, x509.RFC822Name) for entry in entries):
        for attribute in record.certificate.subject.get_attributes_for_oid(x509.NameOID.EMAIL_ADDRESS):
            yield MAIL, attribute.value


class Constraints:
    """The name constraints of one CA certificate."""

    def __init__(self, record: Record, value: x509.NameConstraints) -> None:
        self.permitted, self.excluded = Subtrees.of(value.permitted_subtrees), Subtrees.of(value.excluded_subtrees)
        # What is read drops the fields `minimum` and `maximum`. Where the bytes hold more than what was read, nothing
        # of the constraint may be taken as understood.
        self.understood = value.public_bytes() in record.body

    def violation(self, form: str, value: object) -> str | None:
        """What is wrong with the name, in a few words; None where it is within the constraints."""
        permitted, excluded = self.permitted, self.excluded
        if form not in permitted.forms and form not in excluded.forms:
            return None
        unusable = form in permitted.unusable or form in excluded.unusable
        if not self.understood or unusable or form not in FORMS.values():
            return f"is held to a constraint on {form}s that is not understood"
        if _malformed(form, value):
            return f"is malformed, and there is a constraint on {form}s"
        if excluded.holds(form, value, whole=False):
            return "is excluded"
        if form in permitted.forms and not permitted.holds(form, value, whole=True):
            return "is not permitted"
        return None


def constraints_of(record: Record) -> Constraints | None:
    value = record.extension(x509.NameConstraints)
    return None if value is None else Constraints(record, value)


def violations(record: Record, above: Iterable[tuple[str, Constraints]], work: Work) -> list[str]:
    """Each name of the certificate that a constraint above it does not allow, as a short text with who says so."""
    found: list[str] = []
    constraints = list(above)
    for form, value in names_of(record) if constraints else ():
        work.names += len(constraints)
        if work.names > MOST_NAMES:
            work.limit = f"{MOST_NAMES:,} names held to constraints"
            return [*found, f"more than {MOST_NAMES:,} names to be held to constraints"]
        for authority, one in constraints:
            wrong = one.violation(form, value)
            if wrong is not None:
                found.append(f"{form} {_shown(record, form, value)} {wrong} by {authority}")
    return found


def _shown(record: Record, form: str, value: object) -> str:
    if form != DIRECTORY:
        return printable(str(value))
    return record.subject_text if value == record.subject else "in the alternative names"
