"""How does a row of the table of causes become a diagnosis? The deciding fault fills its fields, the others follow.

Sections: RFC 5280 4.2.2.1 (where an issuer's certificate is published; shown, never fetched).
Leaves out: which row it is.
"""

from __future__ import annotations

from collections.abc import Mapping

from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID

from .. import names
from ..chain.records import Record
from ..live import Evidence
from .causes import CAUSES
from .connection_causes import OF_CONNECTIONS
from .diagnosis import Diagnosis
from .path import Fault, Walk, days_outside, name_of

# What stands in the sentences where the chain is not known, because `ssl` tells no more than a code.
_NOT_KNOWN = {"name": "a certificate", "issuer": "an issuer not known here", "place": "", "names": "other names"}
_NOT_KNOWN_IN = {
    "expired": {"place": "presented", "name": "certificate, or one above it,", "when": "before now"},
    "not yet valid": {"place": "presented", "name": "certificate, or one above it,", "when": "after now"},
    "self-signed leaf": {"name": "The certificate"},
    "untrusted root": {"name": "of an unknown name"},
}
_BY_CONNECTION = {"way": "this connection", "came": "this connection sent it"}
_OF_THE_LEAF = (
    "CA first",
    "host",
    "host form",
    "no names",
    "name not checked",
    "valid",
    "revoked",
    "no crl",
    "crl expired",
)


def diagnose(
    kind: str,
    evidence: Evidence,
    found: Walk,
    *,
    detail: str = "",
    about: Fault | None = None,
    words: Mapping[str, str] = _BY_CONNECTION,
) -> Diagnosis:
    """The row `kind` about its own fault, or about the fault `about`; `words` are more fields of its sentences."""
    cause = CAUSES[kind]
    fault = about or next((one for one in found.faults if one.kind == kind), None)
    place, record = _place(kind, fault, found)
    fields = {"host": evidence.hostname or "this host", "detail": detail} | dict(words)
    fields |= _fields(kind, place, record, fault, found)
    if fault and fault.kind != kind:
        fields["fault"] = CAUSES[fault.kind].sentence.format(**fields)
    also = {
        CAUSES[one.kind].sentence.format(**fields | _fields(one.kind, one.check.about, one.record, one, found)): None
        for one in found.faults
        if one is not fault
    }
    return Diagnosis(
        ok=cause.ok,
        kind=kind,
        cause=cause.sentence.format(**fields),
        place=place,
        links=tuple(found.links),
        checks=tuple(found.checks),
        fix_server=cause.fix_server.format(**fields),
        fix_client=cause.fix_client.format(**fields),
        avoid=cause.avoid.format(**fields),
        notebook=cause.notebook,
        failed=fault.check if fault else None,
        also=tuple(also),
        missing=_missing(fault, always=words is not _BY_CONNECTION),
    )


def _place(kind: str, fault: Fault | None, found: Walk) -> tuple[str, Record | None]:
    """Which certificate is it about: its role in the path, and itself. The connection, where no chain is known."""
    if fault is not None:
        return fault.check.about, fault.record
    if not found.places:
        return "connection", None
    place, record = [*found.places.items()][0 if kind in _OF_THE_LEAF else -1]
    return "connection" if kind in OF_CONNECTIONS else place, record


def _fields(kind: str, place: str, record: Record | None, fault: Fault | None, found: Walk) -> dict[str, str]:
    checked = {"found": fault.found, "wanted": fault.check.wanted} if fault else {}
    if record is None:
        return checked | _NOT_KNOWN | _NOT_KNOWN_IN.get(kind, {})
    return checked | {
        "name": name_of(record, place),
        "issuer": record.issuer_text,
        "place": place,
        "strangers": found.stranger_names,
        "names": ", ".join(names.presented(record.certificate)[: names.SHOWN]) or "no host name",
        "when": days_outside(record, found.at, now=found.now),
    }


def _missing(fault: Fault | None, *, always: bool) -> str:
    """Whom to look for where an issuer is missing: name, key identifier, and where its certificate is published."""
    if fault is None or fault.kind not in ("no issuer", "interception", "unrelated", "wrong intermediate"):
        return ""
    access = fault.record.extension(x509.AuthorityInformationAccess) or ()
    addresses = [
        names.printable(str(one.access_location.value))
        for one in access
        if one.access_method == AuthorityInformationAccessOID.CA_ISSUERS
    ]
    key = fault.record.issuer_key_identifier
    parts = [fault.record.issuer_text]
    parts += [f"key identifier {key.hex(':').upper()}"] if key else []
    parts += [f"published at {', '.join(addresses[: names.SHOWN])} (not fetched)"] if addresses else []
    return ", ".join(parts) if addresses or always else ""
