"""Answers to the exercises of notebook 07: other right ones, and typical wrong ones with a part of their reply."""

from . import Cases

_CODES = 'CODES = {9: "time", 10: "time", 62: "name", 64: "name", 7: "signature", 18: "root", 19: "root"}\n'
_REST = """
    reason = getattr(error, "reason", None) or ""
    if reason.startswith(("SSLV3_ALERT", "TLSV1")):
        return "server"
    return "no TLS" if reason == "WRONG_VERSION_NUMBER" else "look"
"""
_REFUSED = """
def triage(error, sent):
    if isinstance(error, ssl.SSLCertVerificationError):
"""
_LEAF_ALONE = """
        if error.verify_code == 20 and len(sent) == 1:
            return "leaf alone"
"""
_FITS = """
        if error.verify_code == 20:
            return "root" if all(fits(below, above) for below, above in pairwise(sent)) else "signature"
"""
_BY_CODE = """
        return CODES.get(error.verify_code, "look")
"""


def _triage(*steps: str, rest: str = _REST) -> str:
    return _CODES + _REFUSED + "".join(steps) + rest


RIGHT = {
    1: "signature-changed",
    2: "incomplete-chain",
    3: "http",
    4: "wrong-address",
    5: "resets",
    6: "client-expired",
    7: "static-rsa",
    8: "untrusted-root",
    9: "client-cert-missing",
    10: "issuer-expired",
}


def _ten(**changed: object) -> str:
    """The right answer with entries changed: n3="ssh"; None leaves one out."""
    entries = RIGHT | {int(key[1:]): name for key, name in changed.items()}
    return f"diagnoses = { ({number: name for number, name in entries.items() if name is not None})!r}"


EXERCISES = {
    "07-triage": Cases(
        accepted=(
            # walks up the chain by itself, and asks for the kind of error last
            """
def triage(error, sent):
    code = getattr(error, "verify_code", None)
    reason = str(getattr(error, "reason", ""))
    if code in (9, 10):
        return "time"
    if code in (62, 64):
        return "name"
    if code in (7, 18, 19, 20):
        for place, certificate in enumerate(sent[:-1]):
            if not fits(certificate, sent[place + 1]):
                return "signature"
        if code == 7:
            return "signature"
        if len(sent) == 1 and sent[0].issuer != sent[0].subject:
            return "leaf alone"
        return "root"
    if code is None and (reason.startswith("SSLV3_ALERT_") or reason.startswith("TLSV1")):
        return "server"
    if reason == "WRONG_VERSION_NUMBER":
        return "no TLS"
    return "look"
""",
            # match, and the package's own reading of alerts
            """
def triage(error, sent):
    match getattr(error, "verify_code", 0):
        case 9 | 10:
            return "time"
        case 62 | 64:
            return "name"
        case 7:
            return "signature"
        case 18 | 19:
            return "root"
        case 20 if len(sent) == 1:
            return "leaf alone"
        case 20:
            return "root" if all(map(fits, sent, sent[1:])) else "signature"
    if live.alert_name(error):
        return "server"
    return "no TLS" if getattr(error, "reason", "") == "WRONG_VERSION_NUMBER" else "look"
""",
        ),
        mutants=(
            (  # the triage of notebook 00: a code is a cause
                _triage(_BY_CODE).replace("19: ", '20: "root", 19: '),
                "'root' for incomplete-chain",
            ),
            (  # one certificate is one too few, whoever signed it
                _triage(
                    """
        if len(sent) == 1:
            return "leaf alone"
""",
                    _FITS,
                    _BY_CODE,
                ),
                "'leaf alone' for self-signed",
            ),
            (  # names instead of signatures
                _triage(
                    _LEAF_ALONE,
                    """
        if error.verify_code == 20:
            return "root" if all(a.issuer == b.subject for a, b in pairwise(sent)) else "signature"
""",
                    _BY_CODE,
                ),
                "'root' for impostor",
            ),
            (  # every 20 with more than a leaf is forged
                _triage(_LEAF_ALONE, _BY_CODE).replace("19: ", '20: "signature", 19: '),
                "'signature' for untrusted-root",
            ),
            (  # not every alert has ALERT in its reason
                _triage(
                    _LEAF_ALONE,
                    _FITS,
                    _BY_CODE,
                    rest=_REST.replace('reason.startswith(("SSLV3_ALERT", "TLSV1"))', '"_ALERT_" in reason'),
                ),
                "'look' for unrecognized-name",
            ),
            (  # alerts of TLS alone, by their name
                _triage(
                    _LEAF_ALONE,
                    _FITS,
                    _BY_CODE,
                    rest=_REST.replace('("SSLV3_ALERT", "TLSV1")', '"TLSV1"'),
                ),
                "'look' for client-expired",
            ),
            (  # the first two certificates alone
                _triage(
                    _LEAF_ALONE,
                    """
        if error.verify_code == 20:
            return "root" if fits(sent[0], sent[1]) else "signature"
""",
                    _BY_CODE,
                ),
                "Go on after the first two",
            ),
            (  # names of what the exhibits send, and no signature
                _triage(
                    _LEAF_ALONE,
                    """
        if error.verify_code == 20:
            return "signature" if "Gallery" in sent[-1].issuer.rfc4514_string() else "root"
""",
                    _BY_CODE,
                ),
                "'root' for two certificates whose names no exhibit has",
            ),
            (  # names, and then the signatures: an unknown root may have any name
                _triage(
                    _LEAF_ALONE,
                    """
        if error.verify_code == 20 and "Gallery" in sent[-1].issuer.rfc4514_string():
            return "signature"
""",
                    _FITS,
                    _BY_CODE,
                ),
                "a root that borrowed the name of yours",
            ),
            (  # as the table of three has it: an end is nobody's refusal
                _triage(
                    _LEAF_ALONE,
                    _FITS,
                    _BY_CODE,
                    rest="""
    who, _ = ("server", 0) if str(getattr(error, "reason", "")).startswith(("SSLV3_ALERT", "TLSV1")) else ("?", 0)
    return "server" if who == "server" else "no TLS"
""",
                ),
                "does not tell whether TLS was spoken",
            ),
            (  # verify_code of an error that has none
                _CODES
                + """
def triage(error, sent):
    if error.verify_code == 20:
        if len(sent) == 1:
            return "leaf alone"
        return "root" if all(fits(below, above) for below, above in pairwise(sent)) else "signature"
    return CODES.get(error.verify_code, "look")
""",
                "ask what kind it is first",
            ),
            (  # a reset has no reason
                _triage(
                    _LEAF_ALONE,
                    _FITS,
                    _BY_CODE,
                    rest=_REST.replace('getattr(error, "reason", None) or ""', "error.reason"),
                ),
                "for resets (ConnectionResetError)",
            ),
            (  # looks at the chain before it asks who refused
                _CODES
                + """
def triage(error, sent):
    hangs_together = all(fits(below, above) for below, above in pairwise(sent))
    code = getattr(error, "verify_code", 0)
    if code == 20:
        return "leaf alone" if len(sent) == 1 else "root" if hangs_together else "signature"
    if code:
        return CODES.get(code, "look")
"""
                + _REST,
                "sent is None",
            ),
            (  # a code that the dictionary does not hold
                _triage(_LEAF_ALONE, _FITS, _BY_CODE.replace('.get(error.verify_code, "look")', "[error.verify_code]")),
                "A dictionary raises",
            ),
            (  # prints the word
                """
def triage(error, sent):
    print("time")
""",
                "None for expired",
            ),
            (  # what did not speak TLS is the server's refusal
                _triage(
                    _LEAF_ALONE,
                    _FITS,
                    _BY_CODE,
                    rest="""
    return "server" if getattr(error, "reason", None) else "look"
""",
                ),
                "'server' for http",
            ),
        ),
    ),
    "07-ten": Cases(
        accepted=(
            # what nothing tells apart
            _ten(n3="smtp-starttls"),
            # ten others, for a second group of a class
            'diagnoses = {"seed": 258, 1: "untrusted-root", 2: "tls-v1-1", 3: "static-rsa", 4: "issuer-expired", '
            '5: "wrong.host", 6: "no-crl", 7: "other-intermediate", 8: "untrusted-root-sent", 9: "incomplete-chain", '
            '10: "client-revoked"}',
        ),
        mutants=(
            (_ten(n2="untrusted-root", n8="incomplete-chain"), "untrusted-root for number 2 (8 of 10 right)"),
            (_ten(n8="impostor"), "impostor for number 8"),
            (_ten(n10="expired"), "which of them has ended?"),
            (_ten(n4="wrong.host"), "the client says 64"),
            (_ten(n6="expired"), "With expired the client says 10"),
            (_ten(n7="client-cert-missing-1-2"), "the server sees NO_SHARED_CIPHER"),
            (_ten(n5="closes"), "ConnectionResetError"),
            (_ten(n9="client-cert-missing-1-2"), "client-cert-missing-1-2 for number 9"),
            (_ten(n2=20), "Which rows of gallery.table() have this code?"),
            (_ten(n2="incomplete chain"), "Do you mean incomplete-chain?"),
            (_ten(n2="leaf alone"), "first column of gallery.table()"),
            (_ten(n1="no-san"), "no-san for number 1"),
            ('diagnoses = {1: "signature-changed", 3: "http"}', "2 of 10 right"),
            ('diagnoses = {0: "signature-changed", 1: "incomplete-chain"}', "numbers 1 to 10"),
            ('diagnoses = ["signature-changed", "incomplete-chain", "http"]', "list given"),
            ('diagnoses = dict.fromkeys(range(1, 11), "incomplete-chain")', "1 of 10 right"),
        ),
    ),
}
