"""Answers to the exercises of notebook 00: other right ones, and typical wrong ones with a part of their reply."""

from . import Cases

EXERCISES = {
    "00-trust-only": Cases(
        accepted=(
            # hashlib over the DER bytes, and a context put together by hand
            """
def trust_only(pem, announced):
    from hashlib import sha256
    found = sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest()
    if found.lower() != announced.replace(":", "").lower():
        raise ValueError("not the announced root")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata=ssl.PEM_cert_to_DER_cert(pem))
    return context
""",
            """
def trust_only(pem, announced):
    certificate = x509.load_pem_x509_certificate(pem.encode())
    wanted = bytes.fromhex(announced.replace(":", ""))
    if certificate.fingerprint(hashes.SHA256()) != wanted:
        raise ValueError(announced)
    return live.client_context([certificate])
""",
        ),
        mutants=(
            (  # never looks at the fingerprint
                """
def trust_only(pem, announced):
    return ssl.create_default_context(cadata=ssl.PEM_cert_to_DER_cert(pem))
""",
                "Compare before you make a context",
            ),
            (  # loads the whole file, of which it compared the first certificate
                """
def trust_only(pem, announced):
    certificate = x509.load_pem_x509_certificate(pem.encode())
    if certificate.fingerprint(hashes.SHA256()).hex(":") != announced.lower():
        raise ValueError(announced)
    return ssl.create_default_context(cadata=pem)
""",
                "trusts two roots",
            ),
            (  # adds the root to the system's
                """
def trust_only(pem, announced):
    certificate = x509.load_pem_x509_certificate(pem.encode())
    if certificate.fingerprint(hashes.SHA256()).hex(":") != announced.lower():
        raise ValueError(announced)
    context = ssl.create_default_context()
    context.load_verify_locations(cadata=pem)
    return context
""",
                "trusts the system's roots as well",
            ),
            (  # capital letters only
                """
def trust_only(pem, announced):
    certificate = x509.load_pem_x509_certificate(pem.encode())
    if certificate.fingerprint(hashes.SHA256()).hex(":").upper() != announced:
        raise ValueError(announced)
    return ssl.create_default_context(cadata=certificate.public_bytes(Encoding.DER))
""",
                "in small letters",
            ),
            (  # hashes the text of the file
                """
def trust_only(pem, announced):
    from hashlib import sha256
    if sha256(pem.encode()).hexdigest() != announced.replace(":", "").lower():
        raise ValueError(announced)
    return ssl.create_default_context(cadata=ssl.PEM_cert_to_DER_cert(pem))
""",
                "as openssl prints it",
            ),
            (  # says None where it should refuse
                """
def trust_only(pem, announced):
    certificate = x509.load_pem_x509_certificate(pem.encode())
    if certificate.fingerprint(hashes.SHA256()).hex(":") == announced.lower():
        return ssl.create_default_context(cadata=certificate.public_bytes(Encoding.DER))
""",
                "None for the fingerprint of another root",
            ),
            (  # switches the host name off to make it work
                """
def trust_only(pem, announced):
    certificate = x509.load_pem_x509_certificate(pem.encode())
    if certificate.fingerprint(hashes.SHA256()).hex(":") != announced.lower():
        raise ValueError(announced)
    context = ssl.create_default_context(cadata=pem)
    context.check_hostname = False
    return context
""",
                "accepts any host name",
            ),
            (  # verification switched off
                """
def trust_only(pem, announced):
    context = ssl._create_unverified_context()
    context.load_verify_locations(cadata=pem)
    return context
""",
                "accepts any chain",
            ),
            (  # the article's mistake: a server's context
                """
def trust_only(pem, announced):
    return ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cadata=pem)
""",
                "a context for servers",
            ),
            (  # an assertion instead of ValueError
                """
def trust_only(pem, announced):
    certificate = x509.load_pem_x509_certificate(pem.encode())
    assert certificate.fingerprint(hashes.SHA256()).hex(":") == announced.lower()
    return ssl.create_default_context(cadata=certificate.public_bytes(Encoding.DER))
""",
                "AssertionError",
            ),
        ),
    ),
    "00-triage": Cases(
        accepted=(
            """
def triage(verify_code, alert):
    if verify_code in (18, 19, 20):
        return "trust"
    if verify_code in (9, 10):
        return "time"
    if verify_code in (62, 64):
        return "name"
    return "bytes" if verify_code == 7 else "look"
""",
        ),
        mutants=(
            (  # the colleague's
                """
def triage(verify_code, alert):
    return {"unknown_ca": "trust", "certificate_expired": "time", "bad_certificate": "name",
            "decrypt_error": "bytes"}.get(alert, "look")
""",
                "Which other row has bad_certificate",
            ),
            (  # forgets the certificate that is not valid yet
                """
def triage(verify_code, alert):
    return {7: "bytes", 10: "time", 18: "trust", 19: "trust", 20: "trust", 62: "name", 64: "name"}.get(
        verify_code, "look")
""",
                "Find the row of code 9 ",
            ),
            (  # falls back on the alert
                """
def triage(verify_code, alert):
    codes = {7: "bytes", 9: "time", 10: "time", 18: "trust", 19: "trust", 20: "trust", 62: "name", 64: "name"}
    return codes.get(verify_code) or {"unknown_ca": "trust", "certificate_expired": "time",
        "bad_certificate": "name", "decrypt_error": "bytes", "handshake_failure": "trust"}[alert]
""",
                "An alert alone does not tell the cause",
            ),
            (  # knows one of the three codes only
                """
def triage(verify_code, alert):
    return {7: "bytes", 9: "time", 10: "time", 20: "trust", 62: "name", 64: "name"}.get(verify_code, "look")
""",
                "Find the row of code 18 ",
            ),
            (  # no answer for the rest
                """
def triage(verify_code, alert):
    return {7: "bytes", 9: "time", 10: "time", 18: "trust", 19: "trust", 20: "trust", 62: "name", 64: "name"}[
        verify_code]
""",
                "KeyError",
            ),
        ),
    ),
}
