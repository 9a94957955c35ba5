"""Which row of the table of causes is it? From what the client raised, and from what the walk up the chain found.

Sections: RFC 9846 6.2 (alerts), RFC 5280 6.1 (path validation), RFC 9525 6.3 and 6.4 (host names, addresses).
Leaves out: the words of each row, which are in `causes`.
"""

from __future__ import annotations

import re
import socket
import ssl
from smtplib import SMTPServerDisconnected

from .. import live, names
from .causes import CAUSES
from .codes import VERIFY_NAMES
from .path import Fault, Walk

# Verify codes that say no more than "no way to a trust anchor"; which of the reasons it was, the walk finds out.
_NO_WAY_UP = {2, 7, 18, 19, 20, 21}
_OF_CRLS = {3: "no crl", 11: "crl expired", 12: "crl expired", 23: "revoked"}
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
    **_OF_CRLS,
}
# Other verify codes, and the rules of `chain` that say at which certificate and why.
_RULES_OF_CODE = {
    25: ("path_length",),
    26: ("extended_key_usage", "leaf_key_usage"),
    32: ("issuer_may_sign",),
    34: ("critical_extensions",),
    47: ("name_constraints",),
    48: ("name_constraints",),
    66: ("key_strength",),
    67: ("key_strength",),
    68: ("signature_strength",),
    79: ("issuer_is_ca", "issuer_may_sign", "version"),
}
STRICT = range(80, 95)  # codes that VERIFY_X509_STRICT alone gives
_OF_ALERT = {
    "certificate_required": "client certificate",
    "protocol_version": "versions",
    "handshake_failure": "no common terms",
    "insufficient_security": "insufficient",
    "unrecognized_name": "unknown name",
    "no_application_protocol": "no common protocol",
    "bad_record_mac": "not opened",
}
# A server that sends one of these speaks of the client's certificate; OpenSSL also where its own CRL is the trouble.
_OF_CLIENTS = {
    "bad_certificate": "it is malformed or not valid yet, or the server's own list of revoked ones is",
    "unsupported_certificate": "it is of a kind or for a purpose that does not serve here",
    "certificate_revoked": "it was taken back",
    "certificate_expired": "its time is over, or that of the server's own list of revoked ones",
    "certificate_unknown": "for a reason that the server keeps",
    "unknown_ca": "the server trusts no authority that leads to it, or lacks its list of revoked ones",
}
_OF_REASON = {
    "UNSUPPORTED_PROTOCOL": "versions",
    "WRONG_SSL_VERSION": "versions",
    "NO_PROTOCOLS_AVAILABLE": "versions",
    "NO_SHARED_CIPHER": "no common terms",
    "NO_CIPHERS_AVAILABLE": "no common terms",
    "WRONG_SIGNATURE_TYPE": "no common terms",
    "DH_KEY_TOO_SMALL": "weak exchange",
    "UNSAFE_LEGACY_RENEGOTIATION_DISABLED": "legacy renegotiation",
    "KEY_VALUES_MISMATCH": "own files",
    "PEER_DID_NOT_RETURN_A_CERTIFICATE": "client certificate",
    "DECRYPTION_FAILED_OR_BAD_RECORD_MAC": "not opened",
    "BAD_SIGNATURE": "not proven",
    "DIGEST_CHECK_FAILED": "not the same",
}
_AGAINST_THE_RULES = {
    "LENGTH_MISMATCH": "a length does not fit, or there is no certificate in the list of certificates",
    "CERT_LENGTH_MISMATCH": "bytes stand behind a certificate, or are missing",
    "UNEXPECTED_MESSAGE": "a message that has no place here; an echo of this client's own looks so too",
    "EXCESSIVE_MESSAGE_SIZE": "a message is longer than any of its kind",
    "BAD_EXTENSION": "an extension cannot be read",
    "BAD_LENGTH": "a length does not fit",
    "LENGTH_TOO_SHORT": "a message is too short",
    "PACKET_LENGTH_TOO_LONG": "a record is longer than any of TLS; what answers may not speak it",
    "ENCRYPTED_LENGTH_TOO_LONG": "a record is longer than any of TLS; what answers may not speak it",
}
# What a verify code means, where there is no chain in which the certificate could be named.
_IN_WORDS = {
    7: "a signature does not fit the certificate that it stands on: one was changed, or another key signed",
    24: "a certificate that issued another is no CA",
    25: "more CAs follow one another than one of them allows",
    26: "a certificate is not for this purpose, or a CA's stands first, where the server's own should",
    32: "a certificate that issued another may not sign certificates",
    34: "a certificate has a critical extension that is not understood",
    47: "a name is none that a CA above it may vouch for",
    48: "a name is none that a CA above it may vouch for",
    66: "the key of the server's certificate is too weak",
    67: "the key of a CA is too weak",
    68: "a signature is made with an unsafe hash",
    79: "a certificate that issued another is no CA, or may not sign certificates",
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
        reason = getattr(error, "reason", None) or ""  # one that was made by hand has no such field
        if alert := live.alert_name(error):
            return _of_alert(alert)
        if reason in _NOT_TLS:
            return "not TLS", ""
        if reason in _OF_REASON:
            return _OF_REASON[reason], reason
        if reason in _AGAINST_THE_RULES:
            return "against the rules", f"{_AGAINST_THE_RULES[reason]} ({reason})"
    for kind, name in (
        (ssl.SSLZeroReturnError, "closed"),
        (socket.gaierror, "no such host"),
        (ConnectionRefusedError, "refused"),
        (TimeoutError, "timeout"),
        (ConnectionError, "closed"),
        (ssl.SSLEOFError, "closed"),
        (SMTPServerDisconnected, "closed"),
    ):
        if isinstance(error, kind):
            return name, _WHERE_IN_SSL.sub("", str(error)) or {"timeout": "timed out"}.get(name, type(error).__name__)
    return "cannot tell", f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def _of_alert(alert: str) -> tuple[str, str]:
    if alert in _OF_CLIENTS:
        return "client refused", f"{alert}, {_OF_CLIENTS[alert]}"
    return _OF_ALERT.get(alert, "alert"), alert


def of_server(error: str | None, kind: str) -> str:
    """An alert says little; a server's own log, where it is at hand, says what was meant."""
    return _OF_REASON.get(error or "", kind) if kind in ("alert", "no common terms") else kind


def of_success(found: Walk) -> str:
    """The client was content. Were we? A way that only this walk does not find is no fault."""
    return "good for this client" if stricter(found) else "good"


def stricter(found: Walk) -> list[Fault]:
    """Faults that a client can overlook: those that are not about the way to an anchor."""
    return [one for one in found.faults if not CAUSES[one.kind].broken and one.kind != "not verified"]


# What VERIFY_X509_STRICT looks at beside, by the rules of `chain`, for which it is lint.
_STRICT_RULES = {
    82: "leaf_key_usage",
    85: "authority_key_identifier",
    86: "subject_key_identifier",
    87: "alternative_names",
    88: "alternative_names",
    89: "issuer_is_ca",
    90: "authority_key_identifier",
    91: "subject_key_identifier",
    92: "issuer_may_sign",
}


_OF_TIME = {9: ("not yet valid", "never valid"), 10: ("expired anchor", "expired", "expired CA", "never valid")}
_ABOUT = {"leaf alone": "no issuer", "CA first": "leaf_is_no_ca"}


def decided_by(kind: str, error: BaseException, found: Walk) -> Fault | None:
    """The fault that a row of another name is about; None where the row's own is."""
    if kind in _ABOUT:
        return next((one for one in found.faults if one.kind == _ABOUT[kind]), None)
    if kind == "strict":
        return found.lint(_STRICT_RULES.get(getattr(error, "verify_code", 0), ""))
    return None


def code_name(code: int) -> str:
    return f"verify code {code}" + (f", {VERIFY_NAMES[code]}" if code in VERIFY_NAMES else "")


def _in_words(code: int) -> str:
    return f"{_IN_WORDS[code]} ({code_name(code)})" if code in _IN_WORDS else code_name(code)


def _of_refusal(code: int, found: Walk) -> tuple[str, str]:
    """The code is what OpenSSL says; the walk saw the chain, and knows which of the reasons it was."""
    kinds = [fault.kind for fault in found.faults]
    if found.end == "no chain" or (found.end == "unknown" and code in _NO_WAY_UP):
        return (_BY_CODE[code], "") if code in _BY_CODE else ("verify code", _in_words(code))
    if found.ca_first:
        return "CA first", ""
    if code in (62, 64):
        return _of_name(code, found)
    if code in _NO_WAY_UP:
        if found.end == "no issuer" and len(found.places) == 1 and found.alone:
            return "leaf alone", ""
        if found.end != "trusted":
            return found.end, ""
        if not found.last.self_issued:  # code 2, and 20 or 21 where the anchor is the leaf
            return "partial chain", ""
        return "another chain", code_name(code)
    if code in _OF_CRLS:
        return _OF_CRLS[code], ""
    if code in _RULES_OF_CODE:
        told = [kind for kind in kinds if kind in _RULES_OF_CODE[code]]
        return (told[0], "") if told else ("verify code", _in_words(code))
    if code in STRICT:
        return "strict", code_name(code)
    if code in (9, 10):
        if found.clock:
            return "clock", ""
        return next(((kind, "") for kind in kinds if kind in _OF_TIME[code]), ("another chain", code_name(code)))
    return "verify code", code_name(code)


def _of_name(code: int, found: Walk) -> tuple[str, str]:
    if found.end in _SIGNATURE_BROKEN and found.faults[0].check.about == "leaf":
        return found.end, ""  # OpenSSL compares names first; in a certificate nobody signed they mean nothing
    host = found.hostname or ""
    if host.endswith(".") and names.check_host(found.path[0], host).state == "pass":
        return "final dot", ""
    kinds = [fault.kind for fault in found.faults if fault.kind in ("host", "host form", "wide wildcard", "no names")]
    return (kinds[0], "") if kinds else ("verify code", code_name(code))
