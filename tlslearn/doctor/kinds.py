"""Which row of the table of causes is it? From what the client raised, and from what the walk up the chain found.

Sections: RFC 9846 6.2 (alerts), RFC 5280 6.1 (path validation), RFC 9525 6.3 and 6.4 (host names, addresses).
Leaves out: the words of each row, which are in `causes`.
"""

from __future__ import annotations

import re
import socket
import ssl

from .. import live
from .causes import CAUSES, VERIFY_NAMES
from .path import Fault, Walk

# Verify codes that say no more than "no way to a trust anchor"; which of the reasons it was, the walk finds out.
_NO_WAY_UP = {2, 7, 18, 19, 20, 21}
_BY_CODE = {
    2: "chain not known",
    9: "not yet valid",
    10: "expired",
    18: "self-signed leaf",
    19: "untrusted root",
    20: "chain not known",
    21: "chain not known",
    62: "host",
    64: "host",
}
_NOT_TLS = {"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "HTTPS_PROXY_REQUEST", "RECORD_LAYER_FAILURE"}
# Python's ssl puts its own source line before some texts, another one in each version.
_WHERE_IN_SSL = re.compile(r"^_ssl\.c:\d+: | \(_ssl\.c:\d+\)$")
_SIGNATURE_BROKEN = ("changed", "another key", "wrong intermediate")


def kind_of(error: BaseException, found: Walk) -> tuple[str, str]:
    """Key into CAUSES, and the {detail} of its sentence."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return _of_refusal(getattr(error, "verify_code", 0), found)
    if isinstance(error, ssl.SSLError):
        alert = live.alert_name(error)
        if alert:
            return ("client certificate", "") if alert == "certificate_required" else ("alert", alert)
        if getattr(error, "reason", None) in _NOT_TLS:  # one that was made by hand has no such field
            return "not TLS", ""
    for kind, name in (
        (socket.gaierror, "no such host"),
        (ConnectionRefusedError, "refused"),
        (TimeoutError, "timeout"),
        (ConnectionError, "closed"),
        (ssl.SSLEOFError, "closed"),
    ):
        if isinstance(error, kind):
            return name, _WHERE_IN_SSL.sub("", str(error)) or {"timeout": "timed out"}.get(name, type(error).__name__)
    return "cannot tell", f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def of_success(found: Walk) -> tuple[str, str]:
    """The client was content. Were we? A way that only this walk does not find is no fault."""
    told = [fault.check for fault in stricter(found)]
    return ("good for this client", f"{told[0].found}, for {told[0].about}") if told else ("good", "")


def stricter(found: Walk) -> list[Fault]:
    """Faults that a client can overlook: those that are not about the way to an anchor."""
    return [one for one in found.faults if not CAUSES[one.kind].broken and one.kind != "not verified"]


def code_name(code: int) -> str:
    return f"verify code {code}" + (f", {VERIFY_NAMES[code]}" if code in VERIFY_NAMES else "")


def _of_refusal(code: int, found: Walk) -> tuple[str, str]:
    """The code is what OpenSSL says; the walk saw the chain, and knows which of the reasons it was."""
    kinds = [fault.kind for fault in found.faults]
    if found.end == "no chain" or (found.end == "unknown" and code in _NO_WAY_UP):
        return (_BY_CODE[code], "") if code in _BY_CODE else ("verify code", code_name(code))
    if code in (62, 64):
        return _of_name(code, found)
    if code in _NO_WAY_UP:
        if found.end != "trusted":
            return found.end, ""
        return ("partial chain", "") if code == 2 else ("another chain", code_name(code))
    if code in (9, 10):
        late = {9: ("not yet valid",), 10: ("expired anchor", "expired")}[code]
        return next(((kind, "") for kind in kinds if kind in late), ("another chain", code_name(code)))
    return "verify code", code_name(code)


def _of_name(code: int, found: Walk) -> tuple[str, str]:
    if found.end in _SIGNATURE_BROKEN and found.faults[0].check.about == "leaf":
        return found.end, ""  # OpenSSL compares names first; in a certificate nobody signed they mean nothing
    kinds = [fault.kind for fault in found.faults if fault.kind in ("host", "host form", "no names")]
    return (kinds[0], "") if kinds else ("verify code", code_name(code))
