"""Where may chain.validate accept what cryptography's verifier refuses? Nowhere else: every reason stands here.

Sections: RFC 5280 4.1, 4.2, 6.1, 7.1.
Leaves out: where it is the other way round; refusing more is safe, and the verdict names the rules.
"""

from __future__ import annotations

import re

from tlslearn.chain import Verdict

# What cryptography says (a pattern), and the words with which our verdict explains it. Each is a rule for authorities
# that RFC 5280 does not make a rule of path validation, or something that cryptography does not implement.
EXPLAINED = {
    # 4.2.1.1: it is there for path construction; 6.1 does not look at it.
    r"2\.5\.29\.35|must contain keyIdentifier": "the authority key identifier fits",
    # 4.2.1.2: a rule for conforming CAs; 6.1 does not look at it.
    r"2\.5\.29\.14": "the subject key identifier is there",
    # 4.2.1.3: conforming CAs must include it; 6.1.4 (n) asks it where it is present.
    r"2\.5\.29\.15: Certificate is missing": "an issuer's key may sign certificates",
    # 4.2.1.6: when it must be critical; and a client's certificate may do without.
    r"2\.5\.29\.17|subjectAltName MUST": "the subject alternative name is in form",
    # 4.2.1.9: conforming CAs must mark it as critical; 6.1.4 (k) asks for cA alone.
    r"2\.5\.29\.19: Certificate extension has incorrect criticality": "an issuer is a CA",
    # 4.2.1.12: the issuer chooses whether it is critical.
    r"2\.5\.29\.37: Certificate extension has incorrect criticality": "a critical extended key usage",
    # 4.1.2.2: users should be prepared to handle negative numbers and zero gracefully.
    r"serial number": "the serial number is positive",
    # 4.1.2.5: applications must be able to process dates in either encoding.
    r"UtcTime": "the certificate is in its time",
    # 4.1.2.1: version 1 is for certificates without extensions; a leaf needs none to be bound to a key.
    r"X509v3": "the certificate is of version 3",
    # 7.1: names are compared without regard to case, spaces and the type of the string.
    r"no interior errors": "equal by RFC 5280 7.1",
    # 6.1.1 (d): the anchor is a name and a key; its own signature is not verified.
    r"mismatch between signatureAlgorithm and SPKI algorithm": "whose own signature has two algorithms",
    # 4.2.1.10: applications must be able to process constraints on directory names.
    r"unsupported (directoryName|name) constraint": "constraints on other than DNS names, addresses and e-mail",
    # 4.2.1.9: the number of intermediates that are not self-issued; what it says last is of another candidate.
    r"path length|signature does not match": "self-issued intermediates",
    # RFC 8410: Ed25519 and Ed448 in certificates.
    r"Forbidden (public key|signature) algorithm": "keys other than RSA and the NIST curves",
    r"exceeds max depth|chain construction exceeds": "more than 8 intermediates",
}


def assert_holds(verdict: Verdict) -> None:
    """Whatever was asked: it can be read, and where cryptography differs it is known why."""
    assert verdict.checks and repr(verdict) and str(verdict) and verdict._repr_html_()
    reference = verdict.reference
    assert reference.differs is (reference.ok is not None and reference.ok is not verdict.ok)
    if reference.differs and reference.ok:
        assert all(check.rule in reference.why for check in verdict.failures)
    elif reference.differs:
        words = [why for pattern, why in EXPLAINED.items() if re.search(pattern, reference.reason)]
        assert any(word in reference.why for word in words), (reference, str(verdict))
