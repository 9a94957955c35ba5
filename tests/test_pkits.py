"""Does chain.validate give the verdicts of NIST's path validation tests (PKITS), and where not, why not?

The certificates and CRLs come with `cryptography-vectors`. File names say Valid or Invalid. Purpose "any" and no host
name: the certificates have neither. Each difference stands below with its reason; one that is new, or gone, fails.
"""

from __future__ import annotations

import re
import subprocess
import warnings
from collections import Counter
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest
from cryptography import x509
from judges import need

from tlslearn.chain import NAME_NOT_CHECKED, Verdict, validate

pytestmark = pytest.mark.filterwarnings("ignore:Parsed a serial number")
vectors = pytest.importorskip("cryptography_vectors", reason="needs cryptography-vectors")
FOLDER = Path(vectors.__file__).parent / "x509" / "PKITS_data"
AT = datetime(2015, 1, 1, tzinfo=UTC)  # within the certificates' validity
ANCHOR = "TrustAnchorRootCertificate"
# Key parameters inherited from the issuer: cryptography does not parse such a key, so there is no certificate to ask.
UNPARSABLE = {"DSAParametersInheritedCACert", "ValidDSAParameterInheritanceTest5EE"}


@cache
def certificates() -> dict[str, x509.Certificate]:
    """Every certificate that cryptography parses, by the name of its file."""
    found = {}
    for path in sorted((FOLDER / "certs").glob("*.crt")):
        if path.stem not in UNPARSABLE:
            with warnings.catch_warnings(action="ignore"):  # negative serial numbers are among the tests
                found[path.stem] = x509.load_der_x509_certificate(path.read_bytes())
    return found


@cache
def crls() -> tuple[x509.CertificateRevocationList, ...]:
    return tuple(x509.load_der_x509_crl(path.read_bytes()) for path in sorted((FOLDER / "crls").glob("*.crl")))


def cases() -> dict[str, bool]:
    """Each test with a verdict in its name, and that verdict; the others ask for sets of policies."""
    return {
        label: label.startswith("Valid")
        for label in certificates()
        if label.endswith("EE") and label.startswith(("Valid", "Invalid"))
    }


@cache
def verdict(label: str, with_crls: bool) -> Verdict:
    known = certificates()
    above = [one for name, one in known.items() if not name.endswith("EE") and name != ANCHOR]
    given = crls() if with_crls else ()
    asked = {"hostname": NAME_NOT_CHECKED, "at": AT, "purpose": "any", "crls": given}
    return validate(known[label], above, [known[ANCHOR]], **asked)  # type: ignore[arg-type]


def group(label: str) -> str:
    """What a test is about. Revocation and policy trees are counted apart: neither is done in full here."""
    if re.search(r"[pP]olic(y|ies)|AnyPolicy", label):
        return "policy"
    revocation = r"CRL|Revoked|istributionPoint|Reasons|onlyContains|cRLSignFalse|IDP|cRLIssuer"
    if re.search(revocation, label) or label in REVOKED:
        return "revocation"
    return "path"


# Revoked, though the name does not say so: the serial number, or the self-issued key, is what the test is about.
REVOKED = {
    "InvalidLongSerialNumberTest18EE",
    "InvalidNegativeSerialNumberTest15EE",
    "InvalidBasicSelfIssuedOldWithNewTest2EE",
    "InvalidBasicSelfIssuedNewWithOldTest5EE",
}

# Tests about paths that are answered otherwise, without CRLs: the rule that fails, and why that is meant.
DIFFERENT = {
    "ValidDSASignaturesTest4EE": (
        "the key is strong enough",
        "DSA is no signature algorithm of TLS 1.3 (RFC 9846 4.3.3), and the tests sign with SHA-1 (4.5.1.3)",
    ),
}

# With CRLs: who signs the CRL in these is not the key that signed the certificate, but an older or newer one of the
# same authority, or one for CRLs alone. RFC 5280 6.3.3 (f) asks for a path to that key; here the CRL is unusable.
CRL_BY_ANOTHER_KEY = {
    "ValidBasicSelfIssuedCRLSigningKeyTest6EE",
    "ValidBasicSelfIssuedNewWithOldTest3EE",
    "ValidBasicSelfIssuedNewWithOldTest4EE",
    "ValidBasicSelfIssuedOldWithNewTest1EE",
    "ValidDNnameConstraintsTest19EE",
    "ValidSelfIssuedpathLenConstraintTest15EE",
    "ValidSelfIssuedpathLenConstraintTest17EE",
    "ValidSeparateCertificateandCRLKeysTest19EE",
}
# CRLs that cover a part only, by an issuing distribution point, or that another authority issues (RFC 5280 5.2.5).
PARTIAL_OR_INDIRECT_CRL = {
    *(f"ValidIDPwithindirectCRLTest{number}EE" for number in (22, 24, 25)),
    *(f"ValidcRLIssuerTest{number}EE" for number in (28, 29, 30, 33)),
    *(f"ValiddistributionPointTest{number}EE" for number in (1, 4, 5, 7)),
    *(f"ValidonlySomeReasonsTest{number}EE" for number in (18, 19)),
    "ValidonlyContainsCACertsTest13EE",
}
# Delta CRLs (RFC 5280 5.2.4) are left out: what they take back or add is not seen.
DELTA_CRL = {"ValiddeltaCRLTest5EE", "InvaliddeltaCRLTest4EE"}


def differing(with_crls: bool) -> set[str]:
    return {label for label, valid in cases().items() if verdict(label, with_crls).ok is not valid}


def test_all_that_can_be_parsed_is_asked() -> None:
    """The set is whole: a wheel with fewer certificates would make every number below a smaller promise."""
    files = {path.stem for path in (FOLDER / "certs").glob("*.crt")}
    assert files == certificates().keys() | UNPARSABLE and len(files) == 405 and len(crls()) == 173


def test_paths_agree() -> None:
    """Every test that is about neither revocation nor policies: the verdict of the name, or a difference explained."""
    asked = {label for label in cases() if group(label) == "path"}
    wrong = differing(with_crls=False) & asked
    assert wrong == DIFFERENT.keys()
    for label, (rule, _) in DIFFERENT.items():
        assert rule in [check.rule for check in verdict(label, False).failures]
    assert len(asked) > 80


def test_what_is_invalid_fails_by_the_rule_in_its_name() -> None:
    """Refused for the right reason: the name of the test says which rule must have failed."""
    rules = {
        "Signature": "the issuer's key signed",
        "notAfterDate|notBeforeDate": "the certificate is in its time",
        "NameChaining": "the issuer's name",
        "MissingbasicConstraints|cAFalse": "an issuer is a CA",
        "athLenConstraint": "no more CAs follow",
        "nameConstraints": "the names are within",
        "keyCertSignFalse": "an issuer's key may sign",
        "UnknownCriticalCertificateExtension": "critical extensions",
    }
    invalid = [label for label, valid in cases().items() if not valid and group(label) == "path"]
    for label in invalid:
        wanted = next((rule for name, rule in rules.items() if re.search(name, label)), None)
        failed = [check.rule for check in verdict(label, False).failures]
        assert wanted, label
        assert any(rule.startswith(wanted) for rule in failed), (label, failed)
    assert len(invalid) > 40


def test_policies_are_refused_where_they_are_critical() -> None:
    """Policy trees are left out: no test that must be refused is accepted; the valid ones fail by that rule alone."""
    labels = [label for label in cases() if group(label) == "policy"]
    for label in set(labels) & differing(with_crls=False):
        failed = {check.rule for check in verdict(label, False).failures}
        assert failed == {"critical extensions are all understood"}, label
        assert cases()[label]
    assert Counter(cases()[label] for label in labels)[False] > 20


def test_revocation_as_far_as_it_goes() -> None:
    """With all CRLs given, all that is revoked is refused, delta CRLs apart; what differs is of a known form."""
    known = CRL_BY_ANOTHER_KEY | PARTIAL_OR_INDIRECT_CRL | DELTA_CRL | DIFFERENT.keys()
    differs = {label for label in differing(with_crls=True) if group(label) != "policy"}
    assert differs <= known, differs - known
    assert {label for label in differs if not cases()[label]} == {"InvaliddeltaCRLTest4EE"}
    assert known - differs == set(), "explained, and no longer different"


@pytest.mark.judge("openssl")
def test_openssl_beside_it() -> None:
    """`openssl verify`, asked the same without CRLs, accepts what is accepted here and refuses what is refused.

    The two that differ: policy extensions, which OpenSSL knows, and DSA with SHA-1, which its default level allows.
    """
    files = {label: FOLDER / "certs" / f"{label}.crt" for label in cases()}
    accepted = openssl_accepts(list(files.values()))
    differs = {label for label, path in files.items() if (path in accepted) is not verdict(label, False).ok}
    paths = {label for label in differs if group(label) == "path"}
    assert paths <= OPENSSL_DIFFERS, paths - OPENSSL_DIFFERS
    assert all(verdict(label, False).ok is False for label in differs), "accepted here and refused by OpenSSL"


OPENSSL_DIFFERS = {"ValidDSASignaturesTest4EE"}


def openssl_accepts(leaves: list[Path], *, with_crls: bool = False) -> set[Path]:
    """Those that one run of `openssl verify` accepts, with all other certificates, and CRLs if wanted, at hand."""
    above = sorted(path for path in (FOLDER / "certs").glob("*.crt") if not path.stem.endswith("EE"))
    untrusted = [option for path in above if path.stem != ANCHOR for option in ("-untrusted", str(path))]
    command = [
        need("openssl"),
        "verify",
        "-attime",
        str(int(AT.timestamp())),
        "-trusted",
        str(FOLDER / "certs" / f"{ANCHOR}.crt"),
    ]
    lists = [option for path in sorted((FOLDER / "crls").glob("*.crl")) for option in ("-CRLfile", str(path))]
    lists = ["-crl_check_all", "-extended_crl", "-use_deltas", *lists] if with_crls else []
    done = subprocess.run(
        [*command, *untrusted, *lists, *map(str, leaves)], capture_output=True, text=True, check=False, timeout=300
    )
    assert "unable to load" not in done.stderr.lower(), done.stderr[:500]
    return {path for path in leaves if f"{path}: OK" in done.stdout.splitlines()}
