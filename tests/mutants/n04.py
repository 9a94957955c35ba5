"""Answers to the exercises of notebook 04: other right ones, and typical wrong ones with a part of their reply."""

from . import Cases

# Pieces of the answers below, so that each mutant shows what is wrong with it alone.
_PROOF = """
    if not request.is_signature_valid:
        raise ValueError("no proof of possession")
"""
_STRONG = """
    key = request.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        if key.key_size < 2048:
            raise ValueError("weak")
    elif not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, (ec.SECP256R1, ec.SECP384R1)):
        raise ValueError("weak")
"""
_ASKED = """
    asked = {type(one.value): one.value for one in request.extensions}
    entries = list(asked.get(x509.SubjectAlternativeName, []))
    names = [one.value for one in entries]
"""
_NAMES = """
    if not names or not all(isinstance(one, x509.DNSName) for one in entries):
        raise ValueError("names")
    if not all(name.endswith(".bookshop.example") for name in names):
        raise ValueError("outside")
"""
_NO_CA = """
    if x509.BasicConstraints in asked and asked[x509.BasicConstraints].ca:
        raise ValueError("a CA")
"""
_SIGN = """
    extensions = leaf_extensions(names, issuer_key.public_key())
    return certificate(named(names[0]), request.public_key(), issuer.subject, issuer_key, extensions)
"""


def _answer(*pieces: str) -> str:
    return "def sign_request(request, issuer, issuer_key):" + "".join(pieces)


_PRESS = """
def press_ca(public_key, above):
    every_address = [x509.IPAddress(ipaddress.ip_network(one)) for one in ("0.0.0.0/0", "::/0")]
    limit = x509.NameConstraints([x509.DNSName("press.bookshop.example")], every_address)
    return [
        (x509.BasicConstraints(ca=True, path_length=0), True),
        (usage("key_cert_sign"), True),
        (x509.SubjectKeyIdentifier.from_public_key(public_key), False),
        (x509.AuthorityKeyIdentifier.from_issuer_public_key(above), False),
        (limit, True),
    ]
"""


def _press(right: str, wrong: str) -> str:
    assert right in _PRESS
    return _PRESS.replace(right, wrong)


EXERCISES = {
    "04-sign-request": Cases(
        accepted=(
            _answer(_PROOF, _STRONG, _ASKED, _NAMES, _NO_CA, _SIGN),
            # an empty subject, with the names critical, and exceptions of its own
            """
class Refused(ValueError):
    pass


def sign_request(request, issuer, issuer_key):
    key = request.public_key()
    match key:
        case rsa.RSAPublicKey() if key.key_size >= 2048:
            pass
        case ec.EllipticCurvePublicKey() if key.curve.name in {"secp256r1", "secp384r1"}:
            pass
        case _:
            raise Refused("weak key")
    if not request.is_signature_valid:
        raise Refused("signature")
    try:
        wanted = request.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        raise Refused("no names") from None
    for one in wanted:
        if not isinstance(one, x509.DNSName) or one.value.split(".", 1)[-1:] == [one.value]:
            raise Refused("not a DNS name")
        if one.value.split(".")[-2:] != ["bookshop", "example"] or one.value == "bookshop.example":
            raise Refused("outside")
    for one in request.extensions:
        if isinstance(one.value, x509.BasicConstraints) and one.value.ca:
            raise Refused("no CA on request")
    own = [pair for pair in leaf_extensions(["x.bookshop.example"], issuer_key.public_key())
           if not isinstance(pair[0], x509.SubjectAlternativeName)]
    return certificate(x509.Name([]), key, issuer.subject, issuer_key, [*own, (wanted, True)])
""",
        ),
        mutants=(
            (  # the colleague's: all that was asked for
                """
def sign_request(request, issuer, issuer_key):
    wishes = [(one.value, one.critical) for one in request.extensions]
    above = (x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), False)
    return certificate(named("x"), request.public_key(), issuer.subject, issuer_key, [*wishes, above])
""",
                "does not say CA:FALSE",
            ),
            (  # its own extensions, and then those that are left
                _answer(
                    _PROOF,
                    _STRONG,
                    _ASKED,
                    _NAMES,
                    _NO_CA,
                    """
    own = leaf_extensions(names, issuer_key.public_key())
    kinds = {type(one) for one, _ in own}
    own += [(one.value, one.critical) for one in request.extensions if type(one.value) not in kinds]
    return certificate(named(names[0]), request.public_key(), issuer.subject, issuer_key, own)
""",
                ),
                "an extension copied from a good request with two more wishes",
            ),
            (_answer(_STRONG, _ASKED, _NAMES, _NO_CA, _SIGN), "whose signature does not fit"),
            (_answer(_PROOF, _ASKED, _NAMES, _NO_CA, _SIGN), "RSA with 1024 bits"),
            (  # the size of any key
                _answer(
                    _PROOF,
                    """
    if request.public_key().key_size < 2048:
        raise ValueError("weak")
""",
                    *(_ASKED, _NAMES, _NO_CA, _SIGN),
                ),
                "ValueError for a good request, with a P-256 key",
            ),
            (  # the size of a curve, not its name
                _answer(
                    _PROOF,
                    """
    key = request.public_key()
    if key.key_size < (2048 if isinstance(key, rsa.RSAPublicKey) else 256):
        raise ValueError("weak")
""",
                    *(_ASKED, _NAMES, _NO_CA, _SIGN),
                ),
                "secp256k1",
            ),
            (  # no dot
                _answer(_PROOF, _STRONG, _ASKED, _NAMES.replace('".bookshop', '"bookshop'), _NO_CA, _SIGN),
                "evilbookshop.example",
            ),
            (  # the first name only
                _answer(
                    _PROOF,
                    _STRONG,
                    _ASKED,
                    _NAMES.replace("for name in names)", "for name in names[:1])"),
                    _NO_CA,
                    _SIGN,
                ),
                "followed by bank.example",
            ),
            (  # DNS names alone: the address is dropped without a word
                _answer(
                    _PROOF,
                    _STRONG,
                    _ASKED.replace("for one in entries]", "for one in entries if isinstance(one, x509.DNSName)]"),
                    _NAMES.replace("isinstance(one, x509.DNSName)", "True"),
                    _NO_CA,
                    _SIGN,
                ),
                "and the address 192.0.2.7",
            ),
            (  # signs no CA, and does not say so
                _answer(_PROOF, _STRONG, _ASKED, _NAMES, _SIGN),
                "asks for CA:TRUE",
            ),
            (  # the subject of the request
                _answer(_PROOF, _STRONG, _ASKED, _NAMES, _NO_CA, _SIGN.replace("named(names[0])", "request.subject")),
                "a subject copied from the request",
            ),
            (  # the issuer's key in the certificate
                _answer(
                    _PROOF,
                    _STRONG,
                    _ASKED,
                    _NAMES,
                    _NO_CA,
                    _SIGN.replace("request.public_key()", "issuer_key.public_key()"),
                ),
                "another key",
            ),
            (  # a missing extension raises, but not what callers wait for
                _answer(
                    _PROOF,
                    _STRONG,
                    """
    asked = {type(one.value): one.value for one in request.extensions}
    entries = list(request.extensions.get_extension_for_class(x509.SubjectAlternativeName).value)
    names = [one.value for one in entries]
""",
                    _NAMES,
                    _NO_CA,
                    _SIGN,
                ),
                "ExtensionNotFound",
            ),
            (  # None where it should refuse
                _answer(
                    _PROOF.replace('raise ValueError("no proof of possession")', "return None"),
                    _STRONG,
                    _ASKED,
                    _NAMES,
                    _NO_CA,
                    _SIGN,
                ),
                "None for a request whose signature",
            ),
            (  # an empty subject, and the names not critical
                _answer(_PROOF, _STRONG, _ASKED, _NAMES, _NO_CA, _SIGN.replace("named(names[0])", "x509.Name([])")),
                "names that are not critical",
            ),
        ),
    ),
    "04-press-ca": Cases(
        accepted=(
            _PRESS,
            # with a purpose, the bit for signatures, and the domain excluded beside what is permitted
            """
def press_ca(public_key, above):
    nets = [x509.IPAddress(ipaddress.ip_network(one)) for one in ("0.0.0.0/0", "::/0")]
    limit = x509.NameConstraints(
        permitted_subtrees=[x509.DNSName("press.bookshop.example")],
        excluded_subtrees=[*nets, x509.DNSName("pay.bookshop.example")],
    )
    own = ca_extensions(public_key, above, 0)
    return tuple([*own, (limit, True), (x509.ExtendedKeyUsage([x509.ExtendedKeyUsageOID.SERVER_AUTH]), False)])
""",
        ),
        mutants=(
            (  # the colleague's
                """
def press_ca(public_key, above):
    return [
        (x509.BasicConstraints(ca=True, path_length=None), False),
        (usage("digital_signature", "key_encipherment"), True),
        (x509.SubjectKeyIdentifier.from_public_key(above), False),
        (x509.AuthorityKeyIdentifier.from_issuer_public_key(above), False),
        (x509.NameConstraints([x509.DNSName(".press.bookshop.example")], None), False),
    ]
""",
                "the identifier of the root's key",
            ),
            (_press('usage("key_cert_sign")', 'usage("digital_signature")'), "press.bookshop.example with code 79"),
            (_press("path_length=0), True", "path_length=None), True"), "a CA below the press CA"),
            (_press("path_length=0), True", "path_length=0), False"), "BasicConstraints is not critical"),
            (_press("(limit, True)", "(limit, False)"), "NameConstraints is not critical"),
            (_press('"press.bookshop.example")], ', '".press.bookshop.example")], '), "with code 47"),
            (_press("every_address)\n", "None)\n"), "192.0.2.7 is accepted"),
            (_press(', "::/0"', ","), "2001:db8::7 is accepted"),
            (_press('"press.bookshop.example")], ', '"bookshop.example")], '), "pay.bookshop.example is accepted"),
            (  # a list of what is not allowed
                _press(
                    '[x509.DNSName("press.bookshop.example")], every_address',
                    'None, [*every_address, x509.DNSName("pay.bookshop.example")]',
                ),
                "for bookshop.example is accepted",
            ),
            (_press("from_issuer_public_key(above)", "from_issuer_public_key(public_key)"), "its own key as the key"),
            (_press("(x509.AuthorityKeyIdentifier.from_issuer_public_key(above), False),", ""), "with code 85"),
            (_press('(usage("key_cert_sign"), True),', ""), "with code 81"),
            (  # a fault is added beside the old line
                _press("(limit, True),", "(limit, True), (x509.BasicConstraints(ca=True, path_length=0), True),"),
                "BasicConstraints twice",
            ),
            (  # the extensions without their marks
                _press("(limit, True)", "limit"),
                "a list of pairs",
            ),
        ),
    ),
}
