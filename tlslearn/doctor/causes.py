"""What goes wrong, in words: the cause, and what each end can do about it. A table, and the codes that lead into it.

Sections: RFC 9846 6.2 (alerts); OpenSSL documentation, X509_STORE_CTX_get_error (verify codes).
Leaves out, so far: faults that only the gallery of notebook 07 makes. They are answered by their code alone.
"""

from __future__ import annotations

from dataclasses import dataclass

# OpenSSL's names, without X509_V_ERR_, for the verify codes met so far. The texts move between versions; these do not.
VERIFY_NAMES = {
    2: "UNABLE_TO_GET_ISSUER_CERT",
    7: "CERT_SIGNATURE_FAILURE",
    9: "CERT_NOT_YET_VALID",
    10: "CERT_HAS_EXPIRED",
    18: "DEPTH_ZERO_SELF_SIGNED_CERT",
    19: "SELF_SIGNED_CERT_IN_CHAIN",
    20: "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
    21: "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
    22: "CERT_CHAIN_TOO_LONG",
    25: "PATH_LENGTH_EXCEEDED",
    26: "INVALID_PURPOSE",
    34: "UNHANDLED_CRITICAL_EXTENSION",
    47: "PERMITTED_VIOLATION",
    48: "EXCLUDED_VIOLATION",
    62: "HOSTNAME_MISMATCH",
    64: "IP_ADDRESS_MISMATCH",
    66: "EE_KEY_TOO_SMALL",
    67: "CA_KEY_TOO_SMALL",
    68: "CA_MD_TOO_WEAK",
    79: "INVALID_CA",
    85: "MISSING_AUTHORITY_KEY_IDENTIFIER",
    92: "CA_CERT_MISSING_KEY_USAGE",
}


@dataclass(frozen=True)
class Cause:
    """Sentences with {fields}: `host`, `name` (the certificate it is about), `issuer`, `place`, `names`, `when`,
    `found` and `wanted` (of the check that failed), `detail`, and `way` and `came`, by which the chain got here.
    `ok` is None where the sentence says that it cannot tell; `note` is what the drawing of the chain says; `broken`
    means that the way to a trust anchor is."""

    sentence: str
    fix_server: str = ""
    fix_client: str = ""
    avoid: str = ""
    ok: bool | None = False
    notebook: str = "00"
    note: str = ""
    broken: bool = False


_ASK, _ask = "Ask the server's owner", "ask the server's owner"
_NEVER = "switch verification off, or trust a certificate because {came}."
_NEVER_THE_NAME = "switch check_hostname off: any server with a valid certificate could answer then."
_NEVER_THE_CLOCK = "set the clock {turn}, or switch verification off."
_OWN_ROOT = (
    "Present a chain that leads to the root your clients have. If you changed your root, publish the new one and its "
    "fingerprint by another way."
)
_BELIEVE = f"{_ASK} for the fingerprint of the root by another way, and believe that: an impostor can take any name."
_TRUST = "somewhere else, compare its fingerprint, and trust it for this context."
_WITH_NAME = "Have a certificate issued whose subject alternative names hold {host}."


def _way(sentence: str, fix_server: str, fix_client: str, note: str) -> Cause:
    return Cause(sentence, fix_server, fix_client, _NEVER, note=note, broken=True)


def _made(sentence: str) -> Cause:
    """A certificate that should have been made otherwise: nothing but another one mends it."""
    anew = "Have it issued anew so that the rule holds, and install the new chain."
    return Cause(sentence, anew, f"{_ASK} to have it issued anew; nothing here mends it.", _NEVER, notebook="04")


def _time(sentence: str, fix_server: str, fix_client: str, turn: str) -> Cause:
    return Cause(sentence, fix_server, fix_client, _NEVER_THE_CLOCK.format(turn=turn), note="outside its time")


def _net(sentence: str, fix_server: str, fix_client: str, *, ok: bool | None = False) -> Cause:
    return Cause(sentence, fix_server, fix_client, ok=ok, notebook="")


# Where several things are wrong at once the row that stands first decides, and the others are told after it: the files,
# the way to a trust anchor, then the order in which OpenSSL would meet them, last what strict clients alone refuse.
# Rows that are called like a rule of `chain` are about that rule.
CAUSES = {
    "no certificate file": Cause(
        "This is no certificate file: {detail}.",
        "Get the certificate again: PEM, which begins with -----BEGIN CERTIFICATE-----, or DER.",
        notebook="03",
    ),
    "damaged file": Cause(
        "A file is damaged: {detail}.", "Copy it again from where it came, and whole: servers refuse it.", notebook="03"
    ),
    "no leaf": Cause(
        "There is no leaf to look at, so nothing can be told about one: {detail}.",
        "Give the leaf's certificate. A key or a request is none; `openssl pkcs12 -nokeys` takes it out of a PKCS#12 "
        "store; --purpose any looks at a CA's own certificate.",
        ok=None,
        notebook="03",
    ),
    "leaf not clear": Cause(
        "Which certificate is meant cannot be told: {detail}.",
        "Give the files of one leaf at a time, or name its host with --host.",
        ok=None,
    ),
    "key mismatch": Cause(
        "The private key does not belong to the certificate {name}: {found}.",
        "Install the key with which it was requested; where that is lost, request another certificate with a new key.",
        notebook="03",
    ),
    "changed": _way(
        "The signature on {name} is none by the key of {issuer} that it names: one of the two was changed, or somebody "
        "else signed and copied the key's identifier.",
        "If the certificate is yours, install it again as your authority issued it.",
        f"Try once more from another network. If it stays, {_ask}, by another way.",
        "the signature does not fit the bytes of the certificate",
    ),
    "issuer_name": _way(
        "{name} was issued by {found}, it says; but the certificate with the key that it names is called {wanted}.",
        "Present the certificate that bears the issuer's name; your authority hands it out.",
        f"{_ASK} to present the right intermediate.",
        "issued by {found}, and above it stands {wanted}",
    ),
    "no issuer": _way(
        "The chain for {host} ends at {issuer}, and this client trusts nobody of that name.",
        "Present every intermediate after the leaf. If {issuer} is a root of your own, give its certificate to your "
        "clients by another way than {way}.",
        f"Get the certificate of {{issuer}} from {_TRUST}",
        "nobody called {issuer} was found",
    ),
    "another key": _way(
        "The {issuer} that signed {name} has another key than the {issuer} that this client trusts.",
        _OWN_ROOT,
        _BELIEVE,
        "signed with another key than that of the {issuer} known here",
    ),
    "wrong intermediate": _way(
        "A certificate called {issuer} came along, but its key did not sign {name}.",
        "Present the intermediate that did sign it; your authority hands it out with the certificate.",
        f"{_ASK} to present the right intermediate.",
        "signed with another key than that of the {issuer} that came along",
    ),
    "self-signed leaf": _way(
        "{name} vouches for itself: it is a self-signed certificate, and this client does not trust it.",
        "Present a certificate that an authority issued for {host}.",
        f"{_ASK} for the authority's root; for a certificate of your own, make an authority and trust that.",
        "signed by itself, and not trusted",
    ),
    "untrusted root": _way(
        "The root {name} came along with the chain, but this client does not trust it: to come along proves nothing.",
        "Give the root to your clients by another way; to send it along does no harm and no good.",
        f"Get the certificate of {{name}} from {_TRUST}",
        "a root that came along, and that is not trusted",
    ),
    "another root": _way(
        "A root called {name} came along, but its key is not that of the {name} that this client trusts.",
        _OWN_ROOT,
        _BELIEVE,
        "a root that came along; the one that is trusted has another key",
    ),
    "circle": _way(
        "The certificates for {host} vouch for one another in a circle; none of them is signed by one that is trusted.",
        "Present the intermediates that lead from the leaf to the root your clients have.",
        f"{_ASK} for a chain that ends.",
        "{issuer} was met before: the certificates vouch for one another in a circle",
    ),
    "authority_key_identifier": _way(
        "{name} names another key identifier than its issuer's, so OpenSSL, and with it Python, does not take {issuer} "
        "for its issuer.",
        "Have it issued anew with the key identifier of the CA that signs it, and install the new chain.",
        f"{_ASK} to have it issued anew; other libraries than OpenSSL let this pass.",
        "the key identifier is not that of {issuer}",
    ),
    "no anchors": Cause(
        "This machine has no list of trusted roots, so whether the chain for {host} leads to one cannot be told.",
        "",
        "Install the system's roots (a package such as ca-certificates) or certifi, or name a file with --trust.",
        _NEVER,
        ok=None,
    ),
    "not verified": Cause(
        "Cannot tell whether {name} is vouched for: {found}.",
        "Present the leaf and its intermediates alone, signed with ECDSA, RSA or Ed25519.",
        ok=None,
    ),
    "readable": _made("The {place} {name} cannot be read in full: {found}."),
    "version": _made("The {place} {name} is of version {found}, in which no CA can say that it is one."),
    "critical_extensions": _made("The {place} {name} has a critical extension that is not understood: {found}."),
    "issuer_is_ca": _made("The {place} {name} signed the certificate below it, but is no CA ({found})."),
    "issuer_may_sign": _made("The key usage of the {place} {name} does not let it sign certificates."),
    "path_length": _made("More CAs stand below the {place} {name} than it allows: {found}, {wanted}."),
    "extended_key_usage": _made("The {place} {name} may not be used for this: its purpose is {found}, not {wanted}."),
    "leaf_key_usage": _made("The key usage of the {place} {name} does not fit TLS: {found}."),
    "key_strength": _made("The key of the {place} {name} is too weak, or of a kind that TLS does not use: {found}."),
    "signature_strength": _made("The signature on the {place} {name} is made with an unsafe hash: {found}."),
    "no names": Cause(
        "The certificate names no host among its subject alternative names, so it does not cover {host}; a common name "
        "does not count.",
        _WITH_NAME,
        f"{_ASK} for such a certificate.",
        _NEVER_THE_NAME,
        note="covers no host",
    ),
    "host form": Cause(
        "The certificate has {host} as a host name; the client asked for an address, which is another kind of entry.",
        "Have a certificate issued that holds {host} as an IP address entry.",
        "Connect by a host name that the certificate covers, if that is the server you mean.",
        _NEVER_THE_NAME,
    ),
    "host": Cause(
        "The certificate covers {names}; the client asked for {host}.",
        _WITH_NAME,
        "Connect by a name that the certificate covers, if that is the server you mean.",
        _NEVER_THE_NAME,
        note="covers {found}, not {wanted}",
    ),
    "expired": _time(
        "The {place} {name} ended {when}.",
        "Renew it, install the new chain, reload the server; then see why the renewal did not run by itself.",
        f"Look at this machine's clock first. If it is right, {_ask} to renew.",
        "back",
    ),
    "not yet valid": _time(
        "The {place} {name} begins {when}.",
        "Look at the clock of the machine that issued it; else wait, and present the old certificate until then.",
        "Look at this machine's clock first: it may be behind.",
        "forward",
    ),
    "expired anchor": _time(
        "This client's own list holds {name}, which ended {when}; OpenSSL looks at the dates of a trust anchor too.",
        "",
        "Get its successor by another way than {way}, compare the fingerprint, and trust that.",
        "back",
    ),
    "name_constraints": _made("A name in the {place} {name} is none that the CAs above may vouch for: {found}."),
    "leaf_is_no_ca": _made("The leaf {name} is a CA certificate ({found}); strict clients refuse it for a connection."),
    "another rule": _made("The {place} {name} breaks a rule that strict clients hold it to: {found}."),
    "name not checked": Cause(
        "No check failed, but no host was named, so whether {name} is right for yours cannot be told. It covers "
        "{names}.",
        fix_client="Name the host that clients ask for: --host NAME.",
        ok=None,
    ),
    "valid": Cause("{name} is valid for {host}: no check failed, up to the trust anchor {detail}.", ok=True),
    "good": _net("The chain for {host} leads to a trust anchor, and the handshake succeeded.", "", "", ok=True),
    "good for this client": _net(
        "The handshake succeeded, but stricter clients will refuse this chain: {detail}.",
        "Have the certificate issued anew so that the rule below holds.",
        "",
        ok=True,
    ),
    "chain not known": Cause(
        "There is no way from the chain to a trust anchor: the root is not trusted, an intermediate is missing, or "
        "another key has the name. Which of them cannot be told without the chain.",
        "Present every intermediate after the leaf.",
        "Run `tlslearn doctor HOST:PORT`, which looks at the chain.",
        _NEVER,
    ),
    "partial chain": Cause(
        "This client trusts {name}, which is no root, and asks for the root above it as well.",
        "",
        "Trust the root; or set VERIFY_X509_PARTIAL_CHAIN, which Python's default context does from 3.13 on.",
        _NEVER,
    ),
    "another chain": Cause(
        "OpenSSL refused the chain for {host} with {detail}, but the chain looked at here does not show why. Several "
        "servers may answer at this address, or key identifiers do not fit.",
        "Compare what each server behind this address presents.",
        "Try again, more than once.",
        _NEVER,
        ok=None,
        notebook="",
    ),
    "verify code": Cause(
        "OpenSSL refused the chain for {host}: {detail}.",
        "Look at the certificates that the server presents, one by one, for the rule of that code.",
        avoid=_NEVER,
        notebook="",
    ),
    "client certificate": _net(
        "The server demands a certificate from the client, and got none. In TLS 1.3 the client's own handshake had "
        "succeeded by then.",
        "If everybody may connect, do not demand client certificates.",
        "Load the client certificate that the server's owner gave you: context.load_cert_chain(certfile, keyfile).",
    ),
    "alert": _net(
        "The server ended the handshake with the alert {detail}.",
        "Look into the server's log: it sent the alert and knows why.",
        "Compare what this client offers (versions, a client certificate) with what the server asks for.",
    ),
    "not TLS": Cause(
        "What answered on this port did not answer in TLS; it may be plain HTTP, or speak TLS only after STARTTLS.",
        "Serve TLS on this port, or tell clients the right one.",
        "Look at the port and at the scheme of the address.",
        "send anything secret to this port.",
        notebook="",
    ),
    "closed": _net(
        "The other end closed the connection during the handshake, without an alert: {detail}. Why cannot be told.",
        "Look into the server's log, and at what stands between client and server.",
        "Try again; then ask the server's owner what its log says.",
        ok=None,
    ),
    "refused": _net(
        "Nobody answers at this address: the connection was refused before TLS began.",
        "Start the server, and look at the address it binds and at the firewall.",
        "Look at the host and port.",
    ),
    "no such host": _net(
        "The host name could not be resolved to an address; TLS had not begun.",
        "",
        "Look at the spelling, and at the DNS settings of this machine.",
    ),
    "timeout": _net(
        "No answer in time, so it cannot be told whether TLS is at fault: {detail}.",
        "Look whether the server is overloaded, or a firewall drops packets.",
        "Try again, or with a longer time-out.",
        ok=None,
    ),
    "cannot tell": _net(
        "Cannot tell from this error alone: {detail}.",
        "",
        "Run `tlslearn doctor HOST:PORT`, which looks at the connection itself.",
        ok=None,
    ),
}
