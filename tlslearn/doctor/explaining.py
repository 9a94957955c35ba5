"""From an exception, or from an address, to a diagnosis.

Sections: RFC 9846 6.2 (alerts), RFC 5280 6.1 (path validation).
Leaves out: certificate files, which are for `examining`; and, so far, faults beyond those of `causes`.
"""

from __future__ import annotations

import socket
import ssl
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from smtplib import SMTPServerDisconnected

from cryptography import x509

from .. import live, names
from ..check import BadInput, TlslearnError
from . import plain, surroundings
from .causes import CAUSES
from .diagnosis import Diagnosis
from .kinds import code_name, decided_by, kind_of, of_server, of_success, stricter
from .path import Walk, walk
from .reading import system_anchors
from .telling import diagnose
from .wording import listed

# What says most, once it is unwrapped; the classes of urllib, requests and httpx are wrappers around one of these.
_TELLING = (ssl.SSLError, socket.gaierror, ConnectionError, TimeoutError, SMTPServerDisconnected)
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
    error = next((one for one in _unwrapped(exception) if _tells(one)), exception)
    return _explained(error, _evidence(error, server), server)


def _tells(error: BaseException) -> bool:
    """Not a wrapper that only bears the name of what it wraps, as aiohttp's: that has no code."""
    bare = isinstance(error, ssl.SSLCertVerificationError) and not getattr(error, "verify_code", 0)
    return isinstance(error, _TELLING) and not bare


def _explained(error: BaseException, evidence: live.Evidence, server: live.Server | None) -> Diagnosis:
    found = walk(evidence, datetime.now(UTC))
    found.alone = evidence.chain is not None and len(evidence.chain) == 1
    kind, detail = kind_of(error, found)
    if server is not None and (seen := _seen(server)):
        kind = of_server(seen.error, kind)
    if kind == "unknown name" and names.is_address(evidence.hostname or ""):
        kind = "no name sent"  # an address is no name for SNI (RFC 6066 3)
    elif kind == "no common terms" and evidence.cipher:
        kind, detail = "after the terms", f"{detail} after {evidence.cipher}"
    elif kind == "alert" and names.is_address(evidence.hostname or ""):
        detail += (
            ". This client asked for an address, and so named no site (SNI): some servers have no certificate then"
        )
    told = diagnose(kind, evidence, found, detail=detail, about=decided_by(kind, error, found))
    warnings = tuple(_of_presenting(told, found))
    return replace(told, client_saw=_client_saw(error), server_saw=_server_saw(server), warnings=warnings)


def examine_address(
    address: live.Address,
    *,
    trust: Iterable[live.Anchor] | None,
    hostname: str | None,
    timeout: float,
    starttls: str | None = None,
) -> Diagnosis:
    """Connect, and say what is wrong with it, or that nothing is; `trust` None are the system's anchors.

    `starttls` is a protocol, or "no"; None goes by the port, and by who answers.
    """
    trusted = system_anchors() if trust is None else live.anchors(trust)
    protocol = plain.BY_PORT.get(address.port, "") if starttls is None else starttls.removeprefix("no")
    found = _connected(address, trust, trusted, hostname, timeout, protocol)
    if found.kind == "not TLS":
        told, protocol = plain.what_answers(address, timeout)
        if protocol and starttls is None:
            found = _connected(address, trust, trusted, hostname, timeout, protocol)
            found = replace(found, warnings=(*found.warnings, f"{told}; it was asked for TLS in clear (STARTTLS)"))
        elif told:
            found = diagnose(
                "starttls" if protocol else "speaks otherwise", live.Evidence(), Walk.nothing(), detail=told
            )
    whose = "" if trust is not None else f"the {len(trusted)} roots of this system"
    return replace(found, trust=whose, warnings=(*found.warnings, *_of_surroundings(found, trust is None)))


def _connected(
    address: live.Address,
    trust: Iterable[live.Anchor] | None,
    trusted: tuple[x509.Certificate, ...],
    hostname: str | None,
    timeout: float,
    protocol: str,
) -> Diagnosis:
    """One handshake, after STARTTLS where a protocol is named."""
    preface = plain.starter(protocol) if protocol else None
    anchors = None if trust is None else trusted
    try:
        connection = live.connect(
            address, trust=anchors, hostname=hostname, preface=preface, timeout=timeout, listen=_LATE
        )
    except BadInput:
        raise
    except plain.NoStartTls as error:
        return diagnose(
            "no starttls", live.Evidence(), Walk.nothing(), detail=error.said.rstrip(".") or "it said nothing"
        )
    except (OSError, TlslearnError) as error:
        carried = _evidence(error, None)
        told = _explained(error, replace(carried, trust_anchors=trusted), None)
        if told.kind == "client refused":  # what a client without a certificate hears where one is demanded
            alert = live.alert_name(error) or ""
            other = diagnose("nothing to refuse", carried, Walk.nothing(), detail=alert)
            told = replace(other, client_saw=told.client_saw)
        if told.kind == "timeout" and protocol:
            more = (
                f"{told.fix_client} It was asked in clear ({protocol}); if it begins with TLS at once: `--starttls no`."
            )
            told = replace(told, fix_client=more)
        return told
    evidence = live.Evidence(connection.hostname, connection.chain, trusted)
    found = walk(evidence, datetime.now(UTC))
    overlooked = next(iter(stricter(found)), None)
    told = diagnose(of_success(found), evidence, found, about=overlooked)
    shook = f"{connection.version}, {connection.cipher}"
    return replace(told, client_saw=shook, warnings=tuple(_of_presenting(told, found)))


def _of_presenting(told: Diagnosis, found: Walk) -> Iterator[str]:
    """What the server should send otherwise, though it does not decide."""
    if wanted := found.out_of_order(found.presented):
        yield f"the server's chain is out of order: clients want the leaf first, each followed by its issuer: {wanted}"
    if told.ok and found.places and not found.last.self_issued:
        yield found.no_root
    if twice := [one for one, times in Counter(found.presented).items() if times > 1]:
        yield f"the server sends more than once: {listed([names.short(one.subject) for one in twice])}"
    if found.must_staple:
        yield found.must_staple
    if found.strangers and told.kind not in ("unrelated", "CA first"):
        yield f"the server sends what is not part of this chain: {found.stranger_names}"


def _of_surroundings(found: Diagnosis, by_system: bool) -> list[str]:
    """What this machine has to do with it, where the way to an anchor is what fails and nobody named the anchors."""
    return surroundings.notes() if by_system and found.ok is False and CAUSES[found.kind].broken else []


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


def _client_saw(error: BaseException | None) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return code_name(getattr(error, "verify_code", 0))
    reason = getattr(error, "reason", None)
    return str(reason or type(error).__name__)


def _seen(server: live.Server) -> live.Seen | None:
    """After a refusal, `live.connect` comes again to fetch the chain: the last failure is the one that was seen."""
    log = server.log
    return next((one for one in reversed(log) if one.version is None), log[-1] if log else None)


def _server_saw(server: live.Server | None) -> str:
    seen = None if server is None else _seen(server)
    if seen is None:
        return ""
    return f"alert {seen.alert}" if seen.alert else seen.error or "a handshake that succeeded"
