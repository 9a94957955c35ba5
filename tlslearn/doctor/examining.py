"""From an address, or from certificate files, to a diagnosis: which leaf is meant, is it trusted, does the key fit?

Sections: RFC 5280 6.1 (path validation), RFC 9846 4.5.1 (the order in which a server presents), 4.5.2 (its key signs).
Leaves out: fetching what is missing; versions and suites, which `probing` tries.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from os import PathLike, fspath
from pathlib import Path

from cryptography import x509

from .. import live, names
from ..chain.records import Record
from ..chain.validation import Purpose
from ..check import BadInput, Check, State, source
from .diagnosis import Diagnosis
from .explaining import examine_address
from .path import RANK, Fault, Walk, name_of, walk
from .reading import Material, certifi_anchors, read, system_anchors
from .telling import diagnose
from .wording import listed

AnyPath = str | PathLike[str]
_SUFFIXES = {".pem", ".crt", ".cer", ".der", ".key", ".csr", ".p7b", ".p7c", ".p12", ".pfx"}


def examine(
    source: AnyPath | Sequence[AnyPath] | tuple[str, int],
    *,
    trust: Iterable[live.Anchor] | None = None,
    hostname: str | None = None,
    at: datetime | None = None,
    purpose: Purpose = "server",
    timeout: float = 10.0,
    starttls: str | None = None,
) -> Diagnosis:
    """What is wrong with this server ("host:port", 443 where no port is given) or with these certificate files?

    A text that is the path of a file is a file, and an address otherwise. Files may be PEM, DER or PKCS#7, in any
    order: leaf, intermediates, root, and the private key, which is then held to the leaf. `trust` are the anchors to go
    by; None the system's, or for files certifi's where the system has none. `at` is an aware datetime; like `purpose`
    it is for files alone. `starttls`, for a server, is "smtp", "imap", "pop3", "ftp", "postgres" or "no"; None goes by
    the port and by who answers. Without `hostname`, files of a server in which nothing is wrong end in "cannot tell".
    Raises BadInput for what is neither file nor address, and for values that cannot be used.
    """
    paths = _paths(source)
    if paths:
        return _examine_files(paths, trust, hostname, at, purpose)
    if at is not None or purpose != "server":
        fix = "Give certificate files with at= and purpose=; a live server is looked at now, as a server."
        raise BadInput("a time or purpose for a live connection", value=str(source), fix=fix)
    address = live.Address.parse(source, default_port=443)  # type: ignore[arg-type]
    return examine_address(address, trust=trust, hostname=hostname, timeout=timeout, starttls=starttls)


def _paths(source: object) -> list[str]:
    """The files that are meant; [] where it has to be an address."""
    several = list(source) if isinstance(source, list | tuple) else [source]
    texts = [fspath(one) for one in several if isinstance(one, str | PathLike)]
    if not texts or len(texts) < len(several):
        return []
    missing = [text for text in texts if not os.path.exists(text) or os.path.isdir(text)]
    if not missing:
        return list(dict.fromkeys(texts))
    address = isinstance(several[0], str) and len(several) == 1
    if address and not {"/", os.sep} & set(missing[0]) and Path(missing[0]).suffix not in _SUFFIXES:
        return []
    fix = "Give files that exist, or host:port alone and without https://."
    raise BadInput("looks like a file or a URL, and there is no such file", value=missing[0], fix=fix)


def _examine_files(
    paths: Sequence[str],
    trust: Iterable[live.Anchor] | None,
    hostname: str | None,
    at: datetime | None,
    purpose: Purpose,
) -> Diagnosis:
    if hostname is not None and "*" in str(names.host_name(hostname.removesuffix(".")).value):
        raise BadInput("a wildcard is no host", value=hostname, fix="Give the name that clients connect to.")
    given = [read(path) for path in paths]
    anchors, whose = _trusted(trust)
    leaves = _leaves(given, hostname)
    unclear = _unclear(given, leaves, purpose)
    certificates = [one for file in given for one in file.certificates]
    chain = None if unclear else tuple(dict.fromkeys([leaves[0].certificate, *certificates]))
    evidence = live.Evidence(hostname, chain, anchors)
    found = walk(evidence, at or datetime.now(UTC), purpose)
    found.now = at is None
    if chain:
        _hold_keys(given, leaves[0], found)
    troubles = [file.trouble for file in given if file.trouble]
    troubles.append(unclear or _of_walk(found, hostname, purpose, anchors=bool(anchors) or trust is not None))
    kind, detail = troubles[0]
    if kind in ("valid", "name not checked") and (form := _form(given, found)):
        kind, detail = "wrong form", form
    words = {"way": "this chain", "came": "it came along", "host": _host(hostname, purpose)}
    warnings = tuple(_warnings(given, leaves, found, anchors))
    told = diagnose(kind, evidence, found, detail=detail, words=words)
    of_files = kind == "wrong form" or not chain or any(file.trouble for file in given)
    place = "files" if of_files else told.place
    if purpose == "client":
        told = replace(told, fix_client=told.fix_client.replace("the server's owner", "the certificate's owner"))
    return replace(told, place=place, warnings=warnings, trust=whose)


def _form(given: Sequence[Material], found: Walk) -> str:
    """Where the key is among the files, so that they are a server's: why it cannot load them; "" where it can."""
    if not any(file.keys for file in given):
        return ""
    told = [f"{file.name} is {file.form}, and has to be PEM" for file in given if file.form != "PEM"]
    first = [file for file in given if file.in_order and found.path[0] in file.certificates]
    told += [f"in {file.name} the leaf has to stand first" for file in first if file.certificates[0] != found.path[0]]
    return "; ".join(told)


def _host(hostname: str | None, purpose: Purpose) -> str:
    nobody = {"server": "this host", "client": "clients", "any": "any purpose, with no host name compared"}
    return hostname or nobody[purpose]


def _trusted(trust: Iterable[live.Anchor] | None) -> tuple[tuple[x509.Certificate, ...], str]:
    """The anchors to go by, and whose they are where nobody named any."""
    if trust is not None:
        return live.anchors(trust), ""
    system = system_anchors()
    found = system or certifi_anchors()
    return found, f"the {len(found)} roots of {'this system' if system else 'certifi; this system has none'}"


def _leaves(given: Sequence[Material], hostname: str | None) -> list[Record]:
    """Which certificates can be meant: what tells leaves apart is asked until one is left; the others follow it."""
    left = [Record(one) for one in dict.fromkeys(one for file in given for one in file.certificates)]
    issuers = {one.issuer for one in left if not one.self_issued}
    keys = {key for file in given for key in file.keys}
    asked: list[Callable[[Record], bool]] = [
        lambda one: one.subject not in issuers,
        lambda one: not one.is_ca,
        lambda one: one.spki in keys,
        lambda one: hostname is not None and names.check_host(one.certificate, hostname).state == "pass",
    ]
    for holds in asked:
        left = [one for one in left if holds(one)] or left
    return left


def _unclear(given: Sequence[Material], leaves: Sequence[Record], purpose: Purpose) -> tuple[str, str] | None:
    """Why no leaf can be looked at, as a row of CAUSES and its detail; None where one can."""
    told = listed([one.subject_text for one in leaves])
    if not leaves:
        notes = [text for file in given for text in file.notes]
        notes += [f"{file.name} holds a private key" for file in given if file.keys]
        return "no leaf", "; ".join(notes) or "there is no certificate"
    if purpose != "any" and all(one.is_ca and not names.presented(one.certificate) for one in leaves):
        return "no leaf", f"every certificate is a CA's and covers no host ({told})"
    # Of several in one file servers take the first.
    first = [file for file in given if file.in_order and file.certificates[:1] == [leaves[0].certificate]]
    if len(leaves) > 1 and not any(all(one.certificate in file.certificates for one in leaves) for file in first):
        return "leaf not clear", f"{len(leaves)} certificates issue none of the others: {told}"
    return None


def _hold_keys(given: Sequence[Material], leaf: Record, found: Walk) -> None:
    """Is the private key that came along the leaf's? A check for each, and a fault if none is, or none can be read."""
    files = [file for file in given if file.keys or file.unread]
    for file in [one for one in files if one.keys[:1] == [leaf.spki]] or files:
        key = file.keys[0] if file.keys else b""  # of several in one file servers take the first
        state: State = "skip" if not key else "pass" if key == leaf.spki else "fail"
        told = {"skip": file.unread, "pass": "holds it"}.get(state, "holds another key")
        told += ", and the right one behind it: servers take the first" if leaf.spki in file.keys[1:] else ""
        rule = "the private key belongs to the certificate"
        check = Check(
            rule, "leaf", state, f"{file.name} {told}", "the key of the certificate", source("CertificateVerify")
        )
        found.checks.append(check)
        if state != "pass":
            kind = "key mismatch" if state == "fail" else "key not read"
            found.faults.append(Fault(kind, check, leaf))
    found.faults.sort(key=lambda fault: RANK[fault.kind])


def _of_walk(found: Walk, hostname: str | None, purpose: Purpose, *, anchors: bool) -> tuple[str, str]:
    """The row that decides, and its detail."""
    if not anchors:
        found.faults = [fault for fault in found.faults if fault.kind not in _FOR_WANT_OF_ANCHORS]
    if found.faults:
        return found.faults[0].kind, ""
    if not anchors:
        return "no anchors", ""
    if purpose == "server" and hostname is None:
        return "name not checked", ""
    return "valid", found.links[-1].name


_FOR_WANT_OF_ANCHORS = ("no issuer", "interception", "unrelated", "self-signed leaf", "untrusted root")


def _warnings(
    given: Sequence[Material], leaves: Sequence[Record], found: Walk, anchors: Sequence[x509.Certificate]
) -> Iterator[str]:
    """What does not decide, and should be known."""
    for file in given:
        yield from file.notes if leaves else []
        if len(file.keys) > 1:
            yield f"{file.name} holds {len(file.keys)} private keys; the first is taken, as servers do"
    if found.must_staple:
        yield found.must_staple
    if not found.path:
        return
    if len(leaves) > 1:
        told = listed([name_of(one, "leaf") for one in leaves])
        yield f"{len(leaves)} certificates can be the leaf ({told}); the first is taken, as servers do"
    for file in given:
        if file.in_order and (wanted := found.out_of_order(file.certificates)):
            yield f"{file.name} is out of order: servers want the leaf first, each followed by its issuer: {wanted}"
    if found.strangers and not any(fault.kind == "unrelated" for fault in found.faults):
        yield f"not part of this chain: {found.stranger_names}"
    last = found.last
    if last.certificate in anchors and not last.self_issued:
        yield found.no_root
        if last.certificate not in found.presented:
            yield f"who has the root alone needs {last.subject_text} in the server's file"
