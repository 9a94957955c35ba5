"""Do the CRLs at hand say that a certificate still stands?

Sections: RFC 5280 6.3.3 (CRL processing), 5.1 (fields), 4.2.1.3 (who may sign CRLs).
Leaves out: fetching CRLs, delta CRLs, indirect CRLs and those split by reason, and CRLs signed with another key than
the one that signed the certificate; all of them are refused as unusable here.
"""

from __future__ import annotations

from cryptography import x509

from .records import MOST_SIGNATURES, UNREADABLE, Question, Record

_PARTIAL = (x509.DeltaCRLIndicator, x509.IssuingDistributionPoint)  # must be critical, and mean a part if they are not


def unusable(crl: x509.CertificateRevocationList, issuer: Record, question: Question) -> str | None:
    """Why this CRL of the issuer's name says nothing; None where it can be used. Counts the signature."""
    try:
        if question.work.signatures >= MOST_SIGNATURES:
            return "the limit on signatures is reached"
        question.work.signatures += 1
        usage = issuer.extension(x509.KeyUsage)
        if usage is not None and not usage.crl_sign:
            return "its issuer's key may not sign CRLs"
        if not crl.is_signature_valid(issuer.public_key):  # type: ignore[arg-type]
            return "its signature is not by the issuer's key"
        if crl.next_update_utc is None or not crl.last_update_utc <= question.at <= crl.next_update_utc:
            return "it is not of this time"
        if any(one.critical or isinstance(one.value, _PARTIAL) for one in crl.extensions):
            return "it covers a part only, or holds what is not understood"
        return None
    except UNREADABLE:
        return "it cannot be read"


def revocation(child: Record, issuer: Record, question: Question) -> tuple[bool, str]:
    """Whether a usable CRL of the issuer leaves the certificate out, and what was found.

    A status that cannot be determined is no good one: whoever gives CRLs asks for an answer.
    Source: RFC 5280 6.3.3.
    """
    usable, reasons = [], []
    for number, (name, crl) in enumerate(question.crls):
        if name != child.issuer:
            continue
        label = f"CRL {number}"
        if label not in issuer.known:
            issuer.known[label] = unusable(crl, issuer, question)
        if issuer.known[label] is None:
            usable.append(crl)
        else:
            reasons.append(issuer.known[label])
    serial = child.serial if child.serial is not None and child.serial >= 0 else None
    if usable and serial is not None:  # of two that are both of this time, the older may not yet hold it
        revoked = any(crl.get_revoked_certificate_by_serial_number(serial) is not None for crl in usable)
        return not revoked, "on the issuer's CRL: revoked" if revoked else "not on the issuer's CRL"
    if usable:
        reasons.append("a negative serial number is not looked up")
    return False, f"no CRL of {child.issuer_text} to go by" + (f": {'; '.join(dict.fromkeys(reasons))}" * bool(reasons))
