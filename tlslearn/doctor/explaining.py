"""From an exception, or from an address, to a diagnosis.

Sections: RFC 9846 6.2 (alerts), RFC 5280 6.1 (path validation).
Leaves out, so far: certificate files (notebook 05), and faults beyond those of `causes`.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509

from .. import live, names
from ..check import BadInput, Check, source
from .causes import CAUSES, VERIFY_NAMES
from .diagnosis import Diagnosis
from .path import Walk, days_outside, walk

# Verify codes that say no more than "no way to a trust anchor"; which of the reasons it was, the walk finds out.
_NO_WAY_UP = {2, 7, 18, 19, 20, 21}
_BY_CODE = {
    2: "no issuer",
    7: "changed",
    9: "not yet valid",
    10: "expired",
    18: "self-signed leaf",
    19: "untrusted root",
    20: "no issuer",
    21: "no issuer",
}
# What says most, once it is unwrapped; the classes of urllib, requests and httpx are wrappers around one of these.
_TELLING = (ssl.SSLError, socket.gaierror, ConnectionError, TimeoutError)
_NOT_TLS = {"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "HTTPS_PROXY_REQUEST", "RECORD_LAYER_FAILURE"}


def explain(exception: BaseException, *, server: live.Server | None = None) -> Diagnosis:
    """Why did this connection fail? For what `ssl`, `urllib`, `http.client`, `requests`, `httpx` or `asyncio` raised.

    What they wrapped is unwrapped. `server`, a lab server of this process, adds the other end's view and the chain
    that it presented. Raises BadInput for what is no exception.
    """
    if not isinstance(exception, BaseException):
        fix = "Pass the exception itself, as in `except OSError as error: doctor.explain(error)`."
        raise BadInput("not an exception", value=exception, fix=fix)
    error = next((one for one in _unwrapped(exception) if isinstance(one, _TELLING)), exception)
    evidence = _evidence(error, server)
    found = walk(evidence, datetime.now(UTC))
    kind, detail = _kind(error, found)
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
    if Path(target).suffix in {".pem", ".crt", ".cer", ".der"} or "/" in target:
        raise BadInput("looks like a file or a URL", value=target, fix="Give host:port; files come in a later version.")
    address = live.Address.parse(target, default_port=443)
    trusted = _system_anchors() if trust is None else live.anchors(trust)
    try:
        connection = live.connect(address, trust=None if trust is None else trusted, hostname=hostname, timeout=timeout)
    except OSError as error:
        return explain(error)
    evidence = live.Evidence(connection.hostname, connection.chain, trusted)
    found = walk(evidence, datetime.now(UTC))
    return _diagnosis("good", "", None, evidence, found, None, f"{connection.version}, {connection.cipher}")


def _unwrapped(exception: BaseException) -> Iterator[BaseException]:
    """The exception and all that it wraps, each once: what it names as its reason before what it happened to follow."""
    seen: set[int] = set()
    waiting: list[object] = [exception]
    while waiting:
        one = waiting.pop()
        if isinstance(one, BaseException) and id(one) not in seen:
            seen.add(id(one))
            yield one
            # The last one put there comes next.
            waiting += [one.__context__, one.__cause__, *reversed(one.args), getattr(one, "reason", None)]


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


def _kind(error: BaseException, found: Walk) -> tuple[str, str]:
    """Key into CAUSES, and the {detail} of its sentence."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return _kind_of_refusal(error.verify_code, found)
    if isinstance(error, ssl.SSLError):
        alert = live.alert_name(error)
        if alert:
            return "alert", alert
        if error.reason in _NOT_TLS:
            return "not TLS", ""
    for kind, name in (
        (socket.gaierror, "no such host"),
        (ConnectionRefusedError, "refused"),
        (TimeoutError, "timeout"),
    ):
        if isinstance(error, kind):
            return name, str(error) or "timed out"
    return "cannot tell", f"{type(error).__name__}: {error}"


def _kind_of_refusal(code: int, found: Walk) -> tuple[str, str]:
    if code in (62, 64):
        return "host", ""
    if code in _NO_WAY_UP:
        # The code is what OpenSSL says; where the walk saw the chain, it knows which of the reasons it was.
        return (_BY_CODE[code] if found.end in ("no chain", "trusted", "unknown") else found.end), ""
    if code in _BY_CODE:
        return _BY_CODE[code], ""
    return "verify code", _code(code)


def _code(code: int) -> str:
    return f"verify code {code}" + (f", {VERIFY_NAMES[code]}" if code in VERIFY_NAMES else "")


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
    )


def _place(kind: str, evidence: live.Evidence, found: Walk) -> tuple[str, x509.Certificate | None]:
    """Which certificate is it about: its role in the path, and itself. The connection, where no chain is known."""
    if not evidence.chain:
        return "connection", None
    if kind in ("expired", "not yet valid"):
        late = [check.about for check in found.checks if check.state == "fail" and check.rule.endswith("its time")]
        roles = [link.role for link in found.links]
        if late:
            return late[0], found.path[roles.index(late[0])]
    if kind == "host":
        return "leaf", evidence.chain[0]
    return found.place, found.last


def _fields(evidence: live.Evidence, place: str, certificate: x509.Certificate | None, kind: str) -> dict[str, str]:
    host = evidence.hostname or "this host"
    if certificate is None:
        unknown = "an issuer not known here"
        return {"host": host, "name": "certificate", "issuer": unknown, "place": "", "names": "other names", "when": ""}
    presented = names.presented(certificate)
    return {
        "host": host,
        "name": presented[0] if presented and place == "leaf" else names.short(certificate.subject),
        "issuer": names.short(certificate.issuer),
        "place": place,
        "names": ", ".join(presented) or "no host name",
        "when": days_outside(certificate, datetime.now(UTC)) if kind in ("expired", "not yet valid") else "",
    }


def _client_saw(error: BaseException | None) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return _code(error.verify_code)
    reason = getattr(error, "reason", None)
    return str(reason or type(error).__name__)


def _server_saw(server: live.Server | None) -> str:
    if server is None or not server.log:
        return ""
    seen = server.log[-1]
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
    return live.readable(live.client_context().get_ca_certs(binary_form=True))
