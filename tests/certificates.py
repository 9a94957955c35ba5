"""What do the tests share? Lab certificates made once a run, the judges' verdicts on them, and assertions with names.

Sections: RFC 5280 4 (the profile that the assertions hold certificates to).
Leaves out: fixtures; these are cached functions, so that a table of parameters can call them too.
"""

from __future__ import annotations

import ssl
import subprocess
import tempfile
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from functools import cache
from pathlib import Path

from chains import ECDSA_SHA256
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import verification
from judges import need

from tlslearn import Authority, Credential, keys, live, names
from tlslearn.authority import Purpose

KINDS = ("rsa2048", "rsa3072", "p256", "p384", "ed25519")
STRICT = ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN  # what Python 3.13 sets by default


@cache
def key(kind: str, role: str) -> keys.PrivateKey:
    """RSA keys are slow to make, so there is one of each kind for each role."""
    return keys.generate(kind)


@cache
def root(kind: str = "p256") -> Authority:
    return Authority.create("Lab Root", kind=kind, key=key(kind, "root"))


@cache
def impostor(kind: str = "p256") -> Authority:
    """A root of the same name, with another key."""
    return Authority.create("Lab Root", kind=kind, key=key(kind, "impostor"))


@cache
def issuing(kind: str = "p256", root_kind: str | None = None) -> Authority:
    return root(root_kind or kind).intermediate("Lab Issuing CA", kind=kind, key=key(kind, "issuing"))


@cache
def issued(
    kind: str = "p256",
    *,
    ca_kind: str | None = None,
    root_kind: str | None = None,
    purpose: Purpose = "server",
    fault: str | None = None,
) -> Credential:
    """A leaf for localhost and 127.0.0.1, below an intermediate."""
    authority = issuing(ca_kind or kind, root_kind)
    return authority.issue(["localhost", "127.0.0.1"], purpose=purpose, key=key(kind, "leaf"), one_thing_wrong=fault)


def without_constraints(authority: Authority) -> Authority:
    """The same name and key, but nothing holds it back: what it issues looks as if `authority` had issued it."""
    (name,) = authority.certificate.subject
    return Authority.create(str(name.value), key=authority.private_key, permitted=None)


def presenting(credential: Credential, *intermediates: x509.Certificate) -> Credential:
    """The same credential, presenting these above the leaf instead of its own."""
    return replace(credential, intermediates=intermediates)


def signed_again(
    certificate: x509.Certificate, old: bytes, new: bytes, private_key: ec.EllipticCurvePrivateKey
) -> bytes:
    """DER of the certificate with `old` replaced by `new`, of the same length, under a good signature: for bytes that
    no builder would write."""
    body = certificate.tbs_certificate_bytes
    assert old in body and len(old) == len(new)
    body = body.replace(old, new)
    signature = b"\0" + private_key.sign(body, ECDSA_SHA256)
    algorithm = bytes.fromhex("300a06082a8648ce3d040302")  # ecdsa-with-SHA256
    content = body + algorithm + bytes([3, len(signature)]) + signature
    return b"\x30\x82" + len(content).to_bytes(2, "big") + content


class Odd:
    """Presents bytes that no Credential could hold."""

    def __init__(self, der: bytes) -> None:
        self.der = der

    def server_context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "both.pem")
            path.write_bytes(keys.pem(key("p256", "leaf")) + ssl.DER_cert_to_PEM_cert(self.der).encode())
            context.load_cert_chain(path)
        return context


def client_credentials(context: ssl.SSLContext, credential: Credential) -> None:
    with tempfile.TemporaryDirectory() as folder:
        context.load_cert_chain(*credential.write(folder))


def handshake(
    client: ssl.SSLContext, server: ssl.SSLContext, hostname: str = "localhost"
) -> tuple[ssl.SSLError | None, ssl.SSLError | None]:
    """Both ends in memory; the error of each end, None where it was content. Ends when nobody has more to say."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [
        client.wrap_bio(to_client, to_server, server_hostname=hostname),
        server.wrap_bio(to_server, to_client, server_side=True),
    ]
    errors: list[ssl.SSLError | None] = [None, None]
    done = [False, False]
    for turn in range(12):
        number = turn % 2
        if errors[number]:
            continue
        try:
            # What a client certificate is refused for reaches a TLS 1.3 client at its first read.
            ends[number].read(1) if done[number] else ends[number].do_handshake()
            done[number] = True
        except ssl.SSLWantReadError:
            continue
        except ssl.SSLError as error:
            errors[number] = error
    assert all(done[number] or errors[number] for number in (0, 1)), "the handshake came to no end"
    return errors[0], errors[1]


def ssl_code(
    credential: Credential, trust: Iterable[live.Anchor], hostname: str = "localhost", *, strict: bool = False
) -> int:
    """The verify code with which Python's ssl refuses a server with this credential; 0 where it accepts."""
    context = live.client_context(trust)
    context.verify_flags = context.verify_flags | STRICT if strict else context.verify_flags & ~STRICT
    error, _ = handshake(context, credential.server_context(), hostname)
    assert error is None or isinstance(error, ssl.SSLCertVerificationError), error
    return error.verify_code if error else 0


def ssl_code_of_client(credential: Credential, trust: Iterable[live.Anchor]) -> int:
    """The same for a client with this credential and a server that asks for one."""
    server = issued().server_context()
    server.verify_mode = ssl.CERT_REQUIRED
    server.verify_flags |= STRICT
    for anchor in live.anchors(trust):
        server.load_verify_locations(cadata=anchor.public_bytes(Encoding.DER))
    client = live.client_context([root()])
    client_credentials(client, credential)
    _, error = handshake(client, server)
    assert error is None or isinstance(error, ssl.SSLCertVerificationError), error
    return error.verify_code if error else 0


def refusal_of_cryptography(
    credential: Credential,
    trust: Iterable[live.Anchor],
    hostname: str = "localhost",
    *,
    at: datetime | None = None,
    purpose: Purpose = "server",
) -> str | None:
    """Why cryptography's verifier refuses the chain; None where it accepts."""
    builder = verification.PolicyBuilder().store(verification.Store(list(live.anchors(trust))))
    builder = builder if at is None else builder.time(at)
    subject = names.host_name(hostname)
    verifier = builder.build_client_verifier() if purpose == "client" else builder.build_server_verifier(subject)
    try:
        verifier.verify(credential.certificate, list(credential.intermediates))
    except verification.VerificationError as error:
        return str(error)
    return None


def pem(*certificates: x509.Certificate) -> bytes:
    return b"".join(one.public_bytes(Encoding.PEM) for one in certificates)


def openssl_refusal(
    folder: Path, credential: Credential, trust: Authority, *, purpose: str = "sslserver", strict: bool = True
) -> str:
    """What `openssl verify` says against the chain, unless told otherwise with -x509_strict; empty where it says OK."""
    (folder / "root.pem").write_bytes(pem(trust.certificate))
    (folder / "leaf.pem").write_bytes(pem(credential.certificate))
    (folder / "above.pem").write_bytes(pem(*credential.intermediates))
    command = [need("openssl"), "verify", "-purpose", purpose, "-no-CApath", "-no-CAstore"]
    command += ["-x509_strict"] if strict else []
    command += ["-CAfile", "root.pem"] + (["-untrusted", "above.pem"] if credential.intermediates else [])
    done = subprocess.run([*command, "leaf.pem"], cwd=folder, capture_output=True, text=True)
    assert (done.returncode == 0) == (done.stdout == "leaf.pem: OK\n")
    return "" if done.returncode == 0 else done.stdout + done.stderr


def extension(certificate: x509.Certificate, kind: type[x509.ExtensionType]) -> x509.Extension:
    return certificate.extensions.get_extension_for_class(kind)


def assert_is_ca(certificate: x509.Certificate, *, path_length: int | None) -> None:
    """RFC 5280 4.2.1.9, 4.2.1.3, 4.2.1.2: what a verifier asks of a CA certificate."""
    constraints = extension(certificate, x509.BasicConstraints)
    assert constraints.critical and constraints.value == x509.BasicConstraints(ca=True, path_length=path_length)
    usage = extension(certificate, x509.KeyUsage)
    assert usage.critical and usage.value.key_cert_sign and usage.value.crl_sign
    assert not usage.value.digital_signature
    identifier = extension(certificate, x509.SubjectKeyIdentifier)
    assert not identifier.critical
    assert identifier.value == x509.SubjectKeyIdentifier.from_public_key(certificate.public_key())


def assert_is_leaf(certificate: x509.Certificate, *, issuer: x509.Certificate, usage: x509.ObjectIdentifier) -> None:
    """RFC 5280 4.2.1: what Python 3.13's flags, cryptography and the Baseline Requirements ask of a leaf."""
    constraints = extension(certificate, x509.BasicConstraints)
    assert constraints.critical and not constraints.value.ca
    bits = extension(certificate, x509.KeyUsage)
    assert bits.critical and bits.value.digital_signature and not bits.value.key_cert_sign
    purposes = extension(certificate, x509.ExtendedKeyUsage)
    assert not purposes.critical and list(purposes.value) == [usage]
    assert extension(certificate, x509.SubjectAlternativeName).critical == (not list(certificate.subject))
    wanted = extension(certificate, x509.AuthorityKeyIdentifier).value.key_identifier
    assert wanted == extension(issuer, x509.SubjectKeyIdentifier).value.digest
    assert certificate.issuer == issuer.subject
    certificate.verify_directly_issued_by(issuer)
