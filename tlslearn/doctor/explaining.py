"""From an exception, or from an address, to a diagnosis.

Sections: RFC 9846 6.2 (alerts), RFC 5280 6.1 (path validation).
Leaves out, so far: certificate files (notebook 05), and faults beyond those of `causes`.
"""

from __future__ import annotations

import os
import re
import socket
import ssl
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509

from .. import live, names
from ..check import BadInput, Check, TlslearnError, source
from .causes import CAUSES
from .diagnosis import Diagnosis
from .kinds import code_name, kind_of, of_success
from .path import Walk, days_outside, walk

# What says most, once it is unwrapped; the classes of urllib, requests and httpx are wrappers around one of these.
_TELLING = (ssl.SSLError, socket.gaierror, ConnectionError, TimeoutError)
# How OpenSSL names a certificate's file in such a folder; those of CRLs have an r before the number.
_NAMED_BY_HASH = re.compile(r"[0-9a-f]{8}\.[0-9]+")


# Seconds for a server to refuse a client without a certificate; many servers speak only when they are asked.
_LATE = 0.2


def explain(exception: BaseException, *, server: live.Server | None = None) -> Diagnosis:
    """Why did this connection fail? For what `ssl`, `urllib`, `http.client`, `requests`, `httpx` or `asyncio` raised.

    What they wrapped is unwrapped. `server`, a lab server of this process, adds the other end's view and the chain
    that it presented. Raises BadInput for what is no exception.
    """
    if not isinstance(exception, BaseException):
        fix = "Pass the exception itself, as in `except OSError as error: doctor.explain(error)`."
        raise BadInput("not an exception", value=exception, fix=fix)
    error = next((one for one in _unwrapped(exception) if isinstance(one, _TELLING)), exception)
    return _explained(error, _evidence(error, server), server)


def _explained(error: BaseException, evidence: live.Evidence, server: live.Server | None) -> Diagnosis:
    found = walk(evidence, datetime.now(UTC))
    kind, detail = kind_of(error, found, evidence.hostname)
    return _diagnosis(kind, detail, error, evidence, found, server)


def examine(
    target: str,
    *,
    trust: Iterable[live.Anchor] | None = None,
    hostname: str | None = None,
    timeout: float = 10.0,
) -> Diagnosis:
    """Connect to "host:port" (443 where no port is given) and say what is wrong with it, or that nothing is.

    `trust` are the anchors to go by, None the system's. Raises BadInput for what is no address; certificate files
    come with notebook 05.
    """
    text = os.fspath(target) if isinstance(target, os.PathLike) else target
    if isinstance(text, str) and (Path(text).suffix in {".pem", ".crt", ".cer", ".der"} or "/" in text):
        raise BadInput("looks like a file or a URL", value=text, fix="Give host:port; files come in a later version.")
    address = live.Address.parse(target, default_port=443)
    trusted = _system_anchors() if trust is None else live.anchors(trust)
    try:
        anchors = None if trust is None else trusted
        connection = live.connect(address, trust=anchors, hostname=hostname, timeout=timeout, listen=_LATE)
    except BadInput:
        raise
    except (OSError, TlslearnError) as error:
        carried = _evidence(error, None)
        return _explained(error, replace(carried, trust_anchors=trusted), None)
    evidence = live.Evidence(connection.hostname, connection.chain, trusted)
    found = walk(evidence, datetime.now(UTC))
    kind, detail = of_success(found)
    return _diagnosis(kind, detail, None, evidence, found, None, f"{connection.version}, {connection.cipher}")


def _unwrapped(exception: BaseException) -> Iterator[BaseException]:
    """The exception and all that it wraps, each once: what it names as its reason before what it happened to follow."""
    seen: set[int] = set()
    waiting: list[object] = [exception]
    while waiting:
        one = waiting.pop()
        if isinstance(one, BaseException) and id(one) not in seen:
            seen.add(id(one))
            yield one
            # The last one put there comes next. What a group of exceptions holds stands before its message.
            grouped = reversed(getattr(one, "exceptions", ()))
            waiting += [one.__context__, one.__cause__, *grouped, *reversed(one.args), getattr(one, "reason", None)]


def _evidence(error: BaseException, server: live.Server | None) -> live.Evidence:
    """What the error carries, else what its traceback and the server know."""
    carried = getattr(error, "evidence", None)
    if isinstance(carried, live.Evidence):
        return carried
    chain = None if server is None else server.credential.chain
    for tls in _sockets(error):
        return live.Evidence(tls.server_hostname, chain, live.readable(tls.context.get_ca_certs(binary_form=True)))
    return live.Evidence(None, chain, None)


def _sockets(error: BaseException) -> Iterator[ssl.SSLSocket | ssl.SSLObject]:
    """The TLS ends in whose methods the error arose: they know the host name and whom the client trusts."""
    trace = error.__traceback__
    while trace is not None:
        one = trace.tb_frame.f_locals.get("self")
        if isinstance(one, ssl.SSLSocket | ssl.SSLObject):
            yield one
        trace = trace.tb_next


def _diagnosis(
    kind: str,
    detail: str,
    error: BaseException | None,
    evidence: live.Evidence,
    found: Walk,
    server: live.Server | None,
    client_saw: str = "",
) -> Diagnosis:
    cause = CAUSES[kind]
    place, certificate = _place(kind, evidence, found)
    fields = _fields(evidence, place, certificate, kind) | {"detail": detail}
    return Diagnosis(
        ok=cause.ok,
        cause=cause.sentence.format(**fields),
        place=place,
        links=tuple(found.links),
        checks=(*found.checks, _not_looked_at()) if found.checks else (),
        client_saw=client_saw or _client_saw(error),
        server_saw=_server_saw(server),
        fix_server=cause.fix_server.format(**fields),
        fix_client=cause.fix_client.format(**fields),
        avoid=cause.avoid,
        notebook=cause.notebook,
        failed=_deciding(kind, place, found),
    )


# Causes that are about one rule, whatever else failed; the others are about the signature, or the way to an anchor.
_ABOUT = {
    "host": ("host name", "host address"),
    "host form": ("host address",),
    "expired": ("validity",),
    "expired anchor": ("validity",),
    "not yet valid": ("validity",),
    "good for this client": ("host name", "host address", "validity", "signature"),
}


def _deciding(kind: str, place: str, found: Walk) -> Check | None:
    """The failed check that stands for this cause, at the place where possible; None for a cause beyond the walk."""
    if kind not in _ABOUT and kind != found.end:
        return None
    sources = [source(rule) for rule in _ABOUT.get(kind, ("signature", "trust anchor"))]
    failed = [check for check in found.checks if check.state == "fail" and check.source in sources]
    return next((check for check in failed if check.about == place), failed[0] if failed else None)


def _place(kind: str, evidence: live.Evidence, found: Walk) -> tuple[str, x509.Certificate | None]:
    """Which certificate is it about: its role in the path, and itself. The connection, where no chain is known."""
    if not evidence.chain:
        return "connection", None
    if kind in ("expired", "expired anchor", "not yet valid"):
        now = datetime.now(UTC)
        for link, one in zip(found.links, found.path, strict=False):
            if one.not_valid_before_utc > now if kind == "not yet valid" else one.not_valid_after_utc < now:
                return link.role, one
    if kind in ("host", "host form"):
        return "leaf", evidence.chain[0]
    return found.place, found.last


def _fields(evidence: live.Evidence, place: str, certificate: x509.Certificate | None, kind: str) -> dict[str, str]:
    host = evidence.hostname or "this host"
    if certificate is None:
        return {"host": host} | _NOT_KNOWN | _NOT_KNOWN_IN.get(kind, {})
    presented = names.presented(certificate)
    return {
        "host": host,
        "name": presented[0] if presented and place == "leaf" else names.short(certificate.subject),
        "issuer": names.short(certificate.issuer),
        "place": place,
        "names": ", ".join(presented) or "no host name",
        "when": days_outside(certificate, datetime.now(UTC)) if kind.startswith(("expired", "not yet")) else "",
    }


# What stands in the sentences where the chain is not known, because `ssl` tells no more than a code.
_NOT_KNOWN = {"name": "a certificate", "issuer": "an issuer not known here", "place": "", "names": "other names"}
_NOT_KNOWN_IN = {
    "expired": {"place": "presented", "name": "certificate, or one above it,", "when": "before now"},
    "not yet valid": {"place": "presented", "name": "certificate, or one above it,", "when": "after now"},
    "self-signed leaf": {"name": "The certificate"},
    "untrusted root": {"name": "certificate"},
}


def _client_saw(error: BaseException | None) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return code_name(getattr(error, "verify_code", 0))
    reason = getattr(error, "reason", None)
    return str(reason or type(error).__name__)


def _server_saw(server: live.Server | None) -> str:
    if server is None or not server.log:
        return ""
    # After a refusal, `live.connect` comes again to fetch the chain: the last failure is the one that was seen.
    seen = next((one for one in reversed(server.log) if one.version is None), server.log[-1])
    return f"alert {seen.alert}" if seen.alert else seen.error or "a handshake that succeeded"


def _not_looked_at() -> Check:
    return Check(
        rule="no certificate of the path was revoked",
        about="path",
        state="skip",
        found="not looked at",
        wanted="a CRL or OCSP answer",
        source=source("revocation"),
    )


def _system_anchors() -> tuple[x509.Certificate, ...]:
    """What the system trusts: the context tells of a bundle, and not of a folder of files named by hash."""
    found = dict.fromkeys(live.readable(live.client_context().get_ca_certs(binary_form=True)))
    folder = ssl.get_default_verify_paths().capath
    for path in sorted(Path(folder).iterdir()) if folder else ():
        if _NAMED_BY_HASH.fullmatch(path.name):
            found |= dict.fromkeys(live.load_anchors(path))
    return tuple(found)
