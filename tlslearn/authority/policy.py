"""What may an authority vouch for, and what must it refuse to sign?

Sections: RFC 5280 4.2.1.6 (names), 4.2.1.10 (name constraints); what a request must keep to stands in `csr`.
Leaves out: proof that whoever asks controls the names; whoever calls `sign` has that, and ACME shows one way.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from cryptography import x509

from .. import csr, keys, names
from ..chain import constraints, records
from ..check import Check, TlslearnError, source
from .profile import Purpose, named


class Refused(TlslearnError):
    """A request that is not signed. `failures` holds every check that failed."""

    def __init__(self, failures: Sequence[Check]) -> None:
        self.failures = tuple(failures)
        told = [f"{check.rule}, found {check.found} [{check.source}]" for check in failures[: names.SHOWN]]
        told += [f"{len(failures) - names.SHOWN:,} more"] if len(failures) > names.SHOWN else []
        super().__init__(f"the request is refused: {'; '.join(told)}", fix="Mend all of it, then ask again.")
        self._again = partial(type(self), self.failures)  # type: ignore[assignment]


class Limit(NamedTuple):
    """What one authority's name constraints say."""

    authority: str
    allows: str
    constraints: constraints.Constraints


def limits(authorities: Iterable[x509.Certificate]) -> list[Limit]:
    """The name constraints of these certificates, as path validation reads them; a name has to keep to all."""
    found = []
    for certificate in authorities:
        held = constraints.constraints_of(records.Record(certificate))
        if held is not None:
            value = certificate.extensions.get_extension_for_class(x509.NameConstraints).value
            permitted, excluded = (_shown(trees) for trees in (value.permitted_subtrees, value.excluded_subtrees))
            allows = f"{permitted} and what lies below them" if permitted else f"all but {excluded}"
            found.append(Limit(names.short(certificate.subject), f"may vouch for {allows}", held))
    return found


def outside(entry: x509.GeneralName, within: Iterable[Limit], purpose: Purpose) -> Iterator[Check]:
    """The failed checks of a name: a form that this purpose does not have, or constraints that it does not keep to."""
    shown = f"{type(entry).__name__} {names.printable(str(entry.value))}"
    if not isinstance(entry, _FORMS[purpose]):
        rule, wanted = "the names are of the forms for this purpose", ", ".join(one.__name__ for one in _FORMS[purpose])
        yield Check(rule, "request", "fail", shown, wanted, source("subject alternative name"))
        return
    for limit in within:
        wrong = limit.constraints.violation(*_form(entry, limit.constraints))
        if wrong is not None:
            rule, wanted = "the names are within the constraints of the authority", f"{limit.authority} {limit.allows}"
            yield Check(rule, "request", "fail", f"{shown} {wrong}", wanted, source("name constraints"))


_FORMS: dict[Purpose, tuple[type[x509.GeneralName], ...]] = {
    "server": (x509.DNSName, x509.IPAddress),
    "client": (x509.DNSName, x509.IPAddress, x509.RFC822Name, x509.UniformResourceIdentifier),
}


def judged(
    request: x509.CertificateSigningRequest,
    given: Sequence[str] | None,
    within: Iterable[Limit],
    purpose: Purpose,
    *,
    kept: bool,
) -> tuple[list[x509.GeneralName], list[Check]]:
    """The names to vouch for, and every check that the request fails. `given` names take the place of its own."""
    failures = [check for check in csr.check(request) if check.state == "fail"]
    if given is None:
        entries = list(dict.fromkeys(_asked(request)))
    else:
        entries = named(given, purpose)
        failures = [check for check in failures if check.source != source("subject alternative name")]
    failures += [check for entry in entries for check in outside(entry, within, purpose)]
    public, _ = names.read(request.public_key)
    if kept and isinstance(public, keys.PublicKey) and keys.is_demo(public):
        rule, wanted = "nobody else has the private key", "a key from keys.generate()"
        failures.append(Check(rule, "request", "fail", "a demo key", wanted, source("private key")))
    return entries, failures


def _asked(request: x509.CertificateSigningRequest) -> list[x509.GeneralName]:
    """The names that a request holds; none where they cannot be read, which `csr.check` tells."""
    held, _ = names.read(lambda: list(request.extensions))
    return [name for one in held or () if isinstance(one.value, x509.SubjectAlternativeName) for name in one.value]


def _shown(trees: Iterable[x509.GeneralName] | None) -> str:
    return ", ".join(names.printable(str(tree.value)) for tree in trees or ())


def _form(entry: x509.GeneralName, held: constraints.Constraints) -> tuple[str, Any]:
    """The name in the form in which it is constrained.

    RFC 5280 4.2.1.10 leaves forms without a constraint free. Here an e-mail address or a URI then counts as its host,
    so that an authority for one domain does not vouch for mailboxes of another.
    """
    form, value = constraints.form_of(entry), entry.value
    if form in held.permitted.forms | held.excluded.forms:
        return form, value
    if form == constraints.MAIL:
        return constraints.DNS, value.rpartition("@")[2]
    return (constraints.DNS, urlsplit(value).hostname or "") if form == constraints.URI else (form, value)
