"""What should the doctor say of each exhibit of the gallery, and of what no exhibit shows? Rows of CAUSES.

Sections: none.
Leaves out: asking it; test_doctor_live does.
"""

from __future__ import annotations

# Exhibit: what `explain` says to the error (None: there is none), and what `examine` says, which brings no certificate
# and no CRL of its own and sees no log of the server's.
EXHIBITS: dict[str, tuple[str | None, str]] = {
    "expired": ("expired", "expired"),
    "not-yet-valid": ("not yet valid", "not yet valid"),
    "issuer-expired": ("expired CA", "expired CA"),
    "wrong.host": ("host", "host"),
    "wildcard-only": ("host", "host"),
    "wrong-address": ("host", "host"),
    "address-as-dns-name": ("host form", "host form"),
    "incomplete-chain": ("leaf alone", "leaf alone"),
    "other-intermediate": ("wrong intermediate", "wrong intermediate"),
    "signature-changed": ("changed", "changed"),
    "path-length-exceeded": ("path_length", "path_length"),
    "issuer-is-no-ca": ("issuer_is_ca", "issuer_is_ca"),
    "issuer-may-not-sign": ("issuer_may_sign", "issuer_may_sign"),
    "self-signed": ("self-signed leaf", "self-signed leaf"),
    "untrusted-root": ("no issuer", "no issuer"),
    "untrusted-root-sent": ("untrusted root", "untrusted root"),
    "impostor": ("wrong intermediate", "wrong intermediate"),
    "eku-client-only": ("extended_key_usage", "extended_key_usage"),
    "no-digital-signature": ("leaf_key_usage", "leaf_key_usage"),
    "name-outside-constraints": ("name_constraints", "name_constraints"),
    "unknown-critical-extension": ("critical_extensions", "critical_extensions"),
    "wrong-authority-key-identifier": ("authority_key_identifier", "authority_key_identifier"),
    "rsa1024": ("key_strength", "key_strength"),
    "no-san": (None, "good for this client"),
    "leaf-is-ca": (None, "good for this client"),
    "leaf-may-sign": (None, "good for this client"),
    "revoked": ("revoked", "good"),
    "crl-expired": ("crl expired", "good"),
    "no-crl": ("no crl", "good"),
    "tls-v1-0": ("versions", "versions"),
    "tls-v1-1": ("versions", "versions"),
    "tls-v1-2-for-a-1-3-client": ("versions", "good"),
    "static-rsa": ("no common terms", "no common terms"),
    "http": ("not TLS", "speaks otherwise"),
    "ssh": ("not TLS", "speaks otherwise"),
    "smtp-starttls": ("not TLS", "good"),
    "internal-error": ("alert", "alert"),
    "unrecognized-name": ("unknown name", "unknown name"),
    "access-denied": ("alert", "alert"),
    "closes": ("closed", "closed"),
    "truncated": ("closed", "closed"),
    "resets": ("closed", "closed"),
    "silent": ("timeout", "timeout"),
    "client-cert-missing": ("client certificate", "client certificate"),
    "client-cert-missing-1-2": ("client certificate", "after the terms"),
    "client": (None, "client certificate"),
    "client-of-another-ca": ("client refused", "client certificate"),
    "client-with-a-servers": ("client refused", "client certificate"),
    "client-expired": ("client refused", "client certificate"),
    "client-revoked": ("client refused", "client certificate"),
}
# Accepted by a client that is not strict about form; a strict one says "strict" to both questions.
FORM = (
    *("san-not-critical", "issuer-without-key-usage", "issuer-not-marked-critical", "no-authority-key-identifier"),
    "leaf-may-sign",
)
# Rows that test_doctor_live reaches in other ways.
OTHERWISE = (
    "clock",
    "starttls",
    "no starttls",
    "no common protocol",
    "weak exchange",
    "legacy renegotiation",
    "own files",
)
REACHED = {row for pair in EXHIBITS.values() for row in pair if row} | {*OTHERWISE, "strict"}
