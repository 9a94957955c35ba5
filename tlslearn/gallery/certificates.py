"""Servers whose certificate, chain or revocation state has one thing wrong, and some that only seem to.

Sections: RFC 5280 4, 6; RFC 9525 6; RFC 9325 4.5; RFC 9846 4.5.1.
Leaves out: how a fault is made; `Authority.issue(one_thing_wrong=…)` knows.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable
from dataclasses import replace
from functools import cache

from .. import live
from ..authority import Authority, Credential, Fault
from .exhibits import Exhibit, Visit, lab, rsa_key

# A leaf whose name stands in its subject alone: OpenSSL 3 still reads it there, OpenSSL 4 does not.
_COMMON_NAME_ALONE: tuple[int | None, str | None] = (
    (None, None) if ssl.OPENSSL_VERSION_INFO < (4,) else (62, "bad_certificate")
)


def _serve(make: Callable[[], Credential]) -> Callable[[], live.Server]:
    return lambda: live.serve(make())


def _leaf(fault: Fault, *names: str) -> Callable[[], live.Server]:
    return _serve(lambda: lab().issue(*names, one_thing_wrong=fault))


def _below_root(fault: Fault) -> Callable[[], live.Server]:
    """Faults that need a CA of their own, for which the issuing CA has no room."""
    return _serve(lambda: lab().root.issue(["localhost"], one_thing_wrong=fault))


@cache
def _wide() -> Authority:
    """A root without constraints, for names that the lab's may not hold."""
    return Authority.create("Unconstrained Root", permitted=None)


@cache
def _revoked() -> Credential:
    return lab().issue()


def _many_names() -> Credential:
    return lab().issue("localhost", *(f"host-{number}.test" for number in range(999)))


def _root_sent(root: Authority, issuing: Authority) -> Credential:
    found = issuing.issue(["localhost"])
    return replace(found, intermediates=(*found.intermediates, root.certificate))


def _trusted_root_sent() -> Credential:
    return _root_sent(lab().root, lab().issuing)


def _untrusted_root_sent() -> Credential:
    return _root_sent(lab().other, lab().other.intermediate("Another CA"))


def _ed25519() -> Credential:
    return lab().root.intermediate("Ed25519 CA", kind="ed25519").issue(["localhost"])


def _other_intermediate() -> Credential:
    """What is sent above the leaf bears the issuer's name, and another key."""
    namesake = lab().root.intermediate("Gallery Issuing CA")
    return replace(lab().issue(), intermediates=(namesake.certificate,))


_BY_ADDRESS = Visit(hostname="127.0.0.1")
_TIME, _NAME, _CHAIN, _TRUST = "time", "name", "chain", "trust"

EXHIBITS = (
    Exhibit("expired", _TIME, "The leaf's last second has passed.", 10, "certificate_expired", _leaf("expired"),
            "validity", mended="A new leaf, and a renewal that runs by itself."),
    Exhibit("not-yet-valid", _TIME, "The leaf's first second is yet to come.", 9, "bad_certificate",
            _leaf("not-yet-valid"), "validity", mended="Right clocks, at the client and at the authority."),
    Exhibit("issuer-expired", _TIME, "The issuing CA's last second has passed; the leaf's has not.", 10,
            "certificate_expired", _below_root("issuer-expired"), "validity",
            mended="A new certificate for the issuing CA, sent with the leaf."),
    Exhibit("wrong.host", _NAME, "The leaf is for another host.", 62, "bad_certificate", _leaf("wrong-host"),
            "host name", mended="A leaf whose names hold the host that clients ask for."),
    Exhibit("wildcard-only", _NAME, "The leaf is for every host one label below, and not for the host itself.", 62,
            "bad_certificate", _leaf("wildcard-only"), "host name", mended="Both names in one leaf."),
    Exhibit("wrong-address", _NAME, "The client asks for an address, and the leaf holds host names alone.", 64,
            "bad_certificate", _serve(lambda: lab().issue("localhost")), "host address", visit=_BY_ADDRESS,
            mended="An address among the leaf's names, or a client that asks for the host."),
    Exhibit("address-as-dns-name", _NAME, "The leaf holds the address, written as a host name.", 64, "bad_certificate",
            _serve(lambda: _wide().issue(["127.0.0.1"], one_thing_wrong="address-as-dns-name")), "host address",
            visit=Visit(hostname="127.0.0.1", trust=lambda: (_wide(),)), mended="The address as an IP address entry."),
    Exhibit("no-common-name", _NAME, "The leaf has no subject at all, and its names are critical: nothing is wrong.",
            None, None, _serve(lambda: lab().issue("127.0.0.1")), visit=_BY_ADDRESS),
    Exhibit("no-san", _NAME, "The leaf names its host in the subject's common name alone.", *_COMMON_NAME_ALONE,
            _leaf("no-san"), "subject alternative name", mended="The host among the subject alternative names.",
            note="OpenSSL 3 still reads the common name; cryptography, urllib3 2 and browsers do not."),
    Exhibit("san-critical", "form", "The leaf's names are critical though it has a subject.", None, None,
            _leaf("san-critical"), "subject alternative name", mended="Names that are not critical.",
            note="cryptography's verifier refuses it."),
    Exhibit("san-not-critical", "form", "The leaf has no subject, and its names are not critical.", None, None,
            _leaf("san-not-critical", "127.0.0.1"), "subject alternative name", strict=(88, "certificate_unknown"),
            visit=_BY_ADDRESS, mended="Names that are critical, or a subject."),
    Exhibit("1000-sans", _NAME, "The leaf holds a thousand names, the right one among them: nothing is wrong.", None,
            None, _serve(_many_names)),
    Exhibit("self-signed", _TRUST, "The leaf has signed itself.", 18, "unknown_ca", _leaf("self-signed"),
            "trust anchor", mended="A leaf that an authority has issued."),
    Exhibit("untrusted-root", _TRUST, "The chain leads to a root that this client does not trust.", 20, "unknown_ca",
            _serve(lambda: lab().other.intermediate("Another CA").issue(["localhost"])), "trust anchor",
            mended="The root, brought to the client by another way."),
    Exhibit("untrusted-root-sent", _TRUST, "The server sends the untrusted root along, which proves nothing.", 19,
            "unknown_ca", _serve(_untrusted_root_sent), "trust anchor",
            mended="The root, brought to the client by another way."),
    Exhibit("impostor", _TRUST, "Another key has signed the leaf, in the trusted authority's name.", 20, "unknown_ca",
            _leaf("impostor"), "trust anchor", mended="The leaf that the authority itself has signed."),
    Exhibit("incomplete-chain", _CHAIN, "The server does not send the issuing CA's certificate.", 20, "unknown_ca",
            _leaf("incomplete-chain"), "Certificate", mended="Leaf and intermediate in one file, leaf first."),
    Exhibit("other-intermediate", _CHAIN, "The server sends an intermediate of the right name and another key.", 20,
            "unknown_ca", _serve(_other_intermediate), "signature", mended="The intermediate that signed this leaf."),
    Exhibit("reversed-chain", _CHAIN, "The certificates above the leaf come in reverse order.", None, None,
            _below_root("reversed-chain"), "Certificate", mended="Each certificate followed by its issuer.",
            note="OpenSSL sorts them by itself; older clients of TLS 1.2 need not."),
    Exhibit("root-sent", _CHAIN, "The server sends the trusted root along: bytes for nothing, and nothing is wrong.",
            None, None, _serve(_trusted_root_sent), "Certificate", mended="The chain without the root."),
    Exhibit("signature-changed", _CHAIN, "One bit of the signature on the leaf is flipped.", 7, "decrypt_error",
            _leaf("signature-changed"), "signature", mended="The leaf as it was issued."),
    Exhibit("path-length-exceeded", _CHAIN, "One more CA stands in the chain than the one above allows.", 25,
            "unknown_ca", _below_root("path-length-exceeded"), "path length",
            mended="A CA with room for one below it, or a leaf from the CA itself."),
    Exhibit("issuer-is-no-ca", _CHAIN, "The certificate that signed the leaf says that it is no CA.", 79, "unknown_ca",
            _below_root("issuer-is-no-ca"), "issuer is a CA", mended="A leaf from a CA."),
    Exhibit("issuer-may-not-sign", _CHAIN, "The issuing CA's key may not sign certificates.", 79, "unknown_ca",
            _below_root("issuer-may-not-sign"), "issuer may sign", mended="A CA with keyCertSign."),
    Exhibit("issuer-without-key-usage", _CHAIN, "The issuing CA does not say what its key is for.", None, None,
            _below_root("issuer-without-key-usage"), "key usage", strict=(92, "certificate_unknown"),
            mended="A CA with a critical key usage, keyCertSign."),
    Exhibit("issuer-not-marked-critical", _CHAIN, "The issuing CA's basic constraints are not critical.", None, None,
            _below_root("issuer-not-marked-critical"), "basic constraints", strict=(89, "certificate_unknown"),
            mended="Basic constraints that are critical."),
    Exhibit("eku-client-only", "purpose", "The leaf is for clients, and a server presents it.", 26,
            "unsupported_certificate", _leaf("eku-client-only"), "extended key usage", mended="A leaf for servers."),
    Exhibit("no-digital-signature", "purpose", "The leaf's key may not sign a handshake.", 26,
            "unsupported_certificate", _leaf("no-digital-signature"), "certificate selection",
            mended="A leaf with digitalSignature."),
    Exhibit("leaf-is-ca", "purpose", "The leaf says that it is a CA.", None, None, _leaf("leaf-is-ca"),
            "basic constraints", mended="A leaf that is no CA.", note="cryptography's verifier refuses it."),
    Exhibit("leaf-may-sign", "purpose", "The leaf's key may sign certificates though it is no CA.", None, None,
            _leaf("leaf-may-sign"), "key usage", strict=(82, "certificate_unknown"),
            mended="A leaf without keyCertSign."),
    Exhibit("name-outside-constraints", "extension", "One of the leaf's names is not the authority's to vouch for.",
            47, "certificate_unknown", _leaf("name-outside-constraints"), "name constraints",
            mended="A leaf with names that the authority may vouch for."),
    Exhibit("unknown-critical-extension", "extension", "The leaf has a critical extension that nobody knows.", 34,
            "certificate_unknown", _leaf("unknown-critical-extension"), "extensions",
            mended="A leaf without it, or with it not critical."),
    Exhibit("no-authority-key-identifier", "extension", "The leaf does not say by which key it is signed.", None, None,
            _leaf("no-authority-key-identifier"), "authority key identifier", strict=(85, "certificate_unknown"),
            mended="A leaf with an authority key identifier.", note="cryptography's verifier refuses it."),
    Exhibit("wrong-authority-key-identifier", "extension", "The leaf says that another key has signed it.", 20,
            "unknown_ca", _leaf("wrong-authority-key-identifier"), "authority key identifier",
            mended="The identifier of the key that signed it.", note="It helps to build paths; OpenSSL insists."),
    Exhibit("rsa1024", "strength", "The leaf's key is RSA with 1024 bits.", 66, "bad_certificate", _leaf("rsa1024"),
            "key length", mended="A key of 2048 bits or more, or on a curve.",
            note="cryptography's verifier accepts it; OpenSSL 3 refuses it from security level 2 on."),
    Exhibit("serial-zero", "form", "The leaf's serial number is 0, which is not positive.", None, None,
            _leaf("serial-zero"), "serial number", mended="A random serial number."),
    Exhibit("serial-too-long", "form", "The leaf's serial number has 21 bytes, one too many.", None, None,
            _leaf("serial-too-long"), "serial number", mended="A serial number of 20 bytes at most."),
    Exhibit("ed25519-ca", "strength", "An Ed25519 key has signed the leaf: nothing is wrong.", None, None,
            _serve(_ed25519), note="cryptography's verifier knows no CAs with such keys."),
    Exhibit("rsa2048", "strength", "The leaf's key is RSA with 2048 bits: nothing is wrong.", None, None,
            _serve(lambda: lab().issue(key=rsa_key()))),
    Exhibit("revoked", "revocation", "The authority has taken the leaf back; the client has its list.", 23,
            "certificate_revoked", _serve(_revoked), "CRL", mended="A new key and a new leaf.",
            visit=Visit(terms=lambda: {"crls": [lab().crl(_revoked())]}),
            note="Without the list every client accepts it."),
    Exhibit("crl-expired", "revocation", "The client's list of what was taken back is out of date.", 12,
            "certificate_expired", _serve(lambda: lab().issue()), "CRL", side="client", mended="The next list.",
            visit=Visit(terms=lambda: {"crls": [lab().crl(days=-1)]})),
    Exhibit("no-crl", "revocation", "The client demands a list, and has none of this authority.", 3, "unknown_ca",
            _serve(lambda: lab().issue()), "CRL", side="client", mended="The list of the authority that issued it.",
            visit=Visit(terms=lambda: {"crls": [lab().crl(by=lab().other)]})),
)  # fmt: skip
