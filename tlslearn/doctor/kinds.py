"""Which row of the table of causes is it? From what the client raised, and from what the walk up the chain found.

Sections: RFC 9846 6.2 (alerts), RFC 5280 6.1 (path validation), RFC 9525 6.3 and 6.4 (host names, addresses).
Leaves out: the words of each row, which are in `causes`.
"""

from __future__ import annotations

import re
import socket
import ssl

from .. import live, names
from ..check import source
from .causes import VERIFY_NAMES
from .path import Walk

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
_HOST_SOURCES = (source("host name"), source("host address"))


def kind_of(error: BaseException, found: Walk, hostname: str | None) -> tuple[str, str]:
    """Key into CAUSES, and the {detail} of its sentence."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return _of_refusal(getattr(error, "verify_code", 0), found, hostname)
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
    failed = [check for check in found.checks if check.state == "fail" and check.source != source("trust anchor")]
    return ("good for this client", f"{failed[0].found}, for {failed[0].about}") if failed else ("good", "")


def code_name(code: int) -> str:
    return f"verify code {code}" + (f", {VERIFY_NAMES[code]}" if code in VERIFY_NAMES else "")


def _of_refusal(code: int, found: Walk, hostname: str | None) -> tuple[str, str]:
    if found.end == "no chain":
        return _without_chain(code)
    if code in (62, 64):
        return _of_name(code, found, hostname)
    if code in _NO_WAY_UP:
        # The code is what OpenSSL says; the walk saw the chain, and knows which of the reasons it was.
        if found.end not in ("trusted", "unchecked", "unknown"):
            return found.end, ""
        if found.end == "trusted":
            return ("partial chain", "") if code == 2 else ("another chain", code_name(code))
        return _without_chain(code)
    if code in (9, 10):
        late = [check for check in found.checks if check.state == "fail" and check.source == source("validity")]
        if not late:
            return "another chain", code_name(code)
        return ("expired anchor" if code == 10 and late[0].about == "trust anchor" else _BY_CODE[code]), ""
    return "verify code", code_name(code)


def _without_chain(code: int) -> tuple[str, str]:
    return (_BY_CODE[code], "") if code in _BY_CODE else ("verify code", code_name(code))


def _of_name(code: int, found: Walk, hostname: str | None) -> tuple[str, str]:
    if found.end in _SIGNATURE_BROKEN and found.place == "leaf":
        return found.end, ""  # OpenSSL compares names first; in a certificate nobody signed they mean nothing
    if any(check.state == "pass" and check.source in _HOST_SOURCES for check in found.checks):
        return "verify code", code_name(code)
    return ("host form" if hostname in names.presented(found.path[0]) else "host"), ""
