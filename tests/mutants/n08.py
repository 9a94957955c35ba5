"""Answers to the exercises of notebook 08: other right ones, and typical wrong ones with a part of their reply."""

from . import Cases

_WHO = """
def who(certificate, accounts):
    if certificate is None:
        raise PermissionError("no certificate")
    try:
        san = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        raise PermissionError("no names")
    names = san.get_values_for_type(x509.DNSName)
    found = {accounts[name] for name in names if name in accounts}
    if len(found) != 1:
        raise PermissionError(names)
    return found.pop()
"""

_CONTEXT = """
def bank_context(folder):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=folder / "callers.pem")
    context.load_cert_chain(folder / "fullchain.pem", folder / "key.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(folder / "revoked.pem")
    context.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF
    context.num_tickets = 0
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    return context
"""


def _changed(right: str, *changes: tuple[str, str]) -> str:
    for old, new in changes:
        assert old in right, old
        right = right.replace(old, new)
    return right


EXERCISES = {
    "08-who": Cases(
        accepted=(
            _WHO,
            # with a loop, and the extension looked for by hand
            """
def who(certificate, accounts):
    account = None
    for extension in certificate.extensions if certificate else ():
        if isinstance(extension.value, x509.SubjectAlternativeName):
            for entry in extension.value:
                if isinstance(entry, x509.DNSName) and entry.value in accounts:
                    if account not in (None, accounts[entry.value]):
                        raise PermissionError("two accounts")
                    account = accounts[entry.value]
    if account is None:
        raise PermissionError("nobody we know")
    return account
""",
        ),
        mutants=(
            (  # the colleague's
                """
def who(certificate, accounts):
    if certificate is None:
        raise PermissionError("no certificate")
    name = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0].value
    if name not in accounts:
        raise PermissionError(name)
    return accounts[name]
""",
                "a kiosk whose common name is the till's",
            ),
            (  # the common name where there are no other names, as clients long did with servers
                _changed(
                    _WHO,
                    ("    names = san.get_values_for_type(x509.DNSName)\n", ""),
                    (
                        'raise PermissionError("no names")',
                        "names = [one.value for one in certificate.subject]\n"
                        "    else:\n        names = san.get_values_for_type(x509.DNSName)",
                    ),
                ),
                "'bookshop' for a certificate without any",
            ),
            (  # forgets that there may be none
                _changed(_WHO, ('if certificate is None:\n        raise PermissionError("no certificate")', "pass")),
                "AttributeError for no certificate at all",
            ),
            (  # a name and all below it
                _changed(
                    _WHO,
                    (
                        "{accounts[name] for name in names if name in accounts}",
                        "{accounts[one] for one in accounts for name in names\n"
                        "             if name == one or name.endswith('.' + one)}",
                    ),
                ),
                "a name below the till's",
            ),
            (  # an error of its own for a certificate without names
                _changed(
                    _WHO,
                    ("try:\n        san", "if True:\n        san"),
                    ('    except x509.ExtensionNotFound:\n        raise PermissionError("no names")\n', ""),
                ),
                "ExtensionNotFound for a certificate without any",
            ),
            (  # names of every kind
                _changed(_WHO, ("san.get_values_for_type(x509.DNSName)", "[entry.value for entry in san]")),
                "an entry of another kind",
            ),
            (  # the end of a name
                _changed(
                    _WHO,
                    (
                        "{accounts[name] for name in names if name in accounts}",
                        "{accounts[one] for one in accounts for name in names if name.endswith(one)}",
                    ),
                ),
                "names that begin or end like the till's",
            ),
            (  # a wildcard stands for a caller
                _changed(
                    _WHO,
                    (
                        "{accounts[name] for name in names if name in accounts}",
                        "{accounts[one] for one in accounts for name in names\n"
                        "             if name in (one, '*.' + one.partition('.')[2])}",
                    ),
                ),
                "for a wildcard",
            ),
            (  # the first name that fits
                _changed(_WHO, ("if len(found) != 1:", "if not found:")),
                "names of two accounts",
            ),
            (  # the first name alone
                _changed(_WHO, ("for name in names if", "for name in names[:1] if")),
                "whose second name is the till's",
            ),
            (  # counts names where it should count accounts
                _changed(
                    _WHO, ("found = {accounts[name] for", "found = [accounts[name] for"), ("accounts}", "accounts]")
                ),
                "two names of one account",
            ),
            (  # None where it should refuse
                _changed(_WHO, ("raise PermissionError(names)", "return None")),
                "None for a kiosk whose common name is the till's",
            ),
            (  # the name instead of the account
                _changed(_WHO, ("{accounts[name] for", "{name for")),
                "'till.bookshop.example' for the till's certificate",
            ),
            (  # ValueError instead of PermissionError
                _changed(_WHO, ("raise PermissionError(names)", "raise ValueError(names)")),
                "ValueError for a kiosk whose common name is the till's",
            ),
        ),
    ),
    "08-bank-context": Cases(
        accepted=(
            _CONTEXT,
            # by hand, the list checked for the whole chain
            """
def bank_context(folder):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.num_tickets = 0
    context.verify_mode = ssl.CERT_REQUIRED
    for name in ("callers.pem", "revoked.pem"):
        context.load_verify_locations(folder / name)
    context.verify_flags = context.verify_flags | ssl.VERIFY_CRL_CHECK_CHAIN
    context.load_cert_chain(str(folder / "fullchain.pem"), keyfile=str(folder / "key.pem"))
    return context
""",
        ),
        mutants=(
            (  # the colleague's
                """
def bank_context(folder):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "fullchain.pem", folder / "key.pem")
    context.verify_mode = ssl.CERT_OPTIONAL
    context.load_default_certs(ssl.Purpose.CLIENT_AUTH)
    context.load_verify_locations(folder / "callers.pem")
    context.load_verify_locations(folder / "revoked.pem")
    return context
""",
                "a caller without a certificate got in",
            ),
            (  # the roots of the system as well
                _changed(
                    _CONTEXT,
                    (
                        "    context.verify_mode",
                        "    context.load_default_certs(ssl.Purpose.CLIENT_AUTH)\n    context.verify_mode",
                    ),
                    ("context.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF", "pass"),
                ),
                "a certificate of a root of the system got in",
            ),
            (  # the roots of the system, kept out by the list alone
                _changed(
                    _CONTEXT,
                    (
                        "    context.verify_mode",
                        "    context.load_default_certs(ssl.Purpose.CLIENT_AUTH)\n    context.verify_mode",
                    ),
                ),
                "a root of the system is trusted",
            ),
            (  # a switch that leaves tickets in TLS 1.3, which are only numbers then
                _changed(_CONTEXT, ("context.num_tickets = 0", "context.options |= ssl.OP_NO_TICKET")),
                "OP_NO_TICKET is not enough: in TLS 1.3",
            ),
            (  # loads the list and does not look at it
                _changed(_CONTEXT, ("    context.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF\n", "")),
                "whose certificate is revoked got in (TLS 1.3)",
            ),
            (  # hands out tickets
                _changed(_CONTEXT, ("    context.num_tickets = 0\n", "")),
                "came back without showing its certificate (TLS 1.3)",
            ),
            (  # forgets TLS 1.2
                _changed(_CONTEXT, ("    context.minimum_version = ssl.TLSVersion.TLSv1_3\n", "")),
                "came back without showing its certificate (TLS 1.2)",
            ),
            (  # another switch, which leaves the session identifiers of TLS 1.2 alone
                _changed(
                    _CONTEXT,
                    ("context.minimum_version = ssl.TLSVersion.TLSv1_3", "context.options |= ssl.OP_NO_TICKET"),
                ),
                "OP_NO_TICKET is not enough",
            ),
            (  # presents nothing itself
                _changed(_CONTEXT, ('    context.load_cert_chain(folder / "fullchain.pem", folder / "key.pem")\n', "")),
                "The bank has no certificate of its own",
            ),
            (  # demands a list and has none
                _changed(_CONTEXT, ('    context.load_verify_locations(folder / "revoked.pem")\n', "")),
                "the good till refused, verify code 3",
            ),
            (  # trusts nobody
                _changed(
                    _CONTEXT,
                    (', cafile=folder / "callers.pem"', ""),
                    ("    context.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF\n", ""),
                ),
                "the good till refused, verify code 20",
            ),
            (  # the purpose the wrong way round
                _changed(
                    _CONTEXT,
                    ("ssl.Purpose.CLIENT_AUTH", "ssl.Purpose.SERVER_AUTH"),
                    ("    context.num_tickets = 0\n", ""),
                ),
                "a context for clients",
            ),
            (  # nothing comes back
                _changed(_CONTEXT, ("    return context\n", "")),
                "None",
            ),
        ),
    ),
}
