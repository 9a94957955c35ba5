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
    `detail`. `ok` is None where the sentence says that it cannot tell."""

    sentence: str
    fix_server: str = ""
    fix_client: str = ""
    avoid: str = ""
    ok: bool | None = False
    notebook: str = "00"


_ASK = "Ask the server's owner"
_NEVER = "switch verification off, or trust a certificate because this connection sent it."

CAUSES = {
    "good": Cause("The chain for {host} leads to a trust anchor, and the handshake succeeded.", ok=True, notebook=""),
    "good for this client": Cause(
        "The handshake succeeded, but stricter clients will refuse this chain: {detail}.",
        "Have the certificate issued anew so that the rule below holds.",
        ok=True,
        notebook="",
    ),
    "no issuer": Cause(
        "The chain for {host} ends at {issuer}, and this client trusts nobody of that name.",
        "Present every intermediate after the leaf. If {issuer} is a root of your own, give its certificate to your "
        "clients by another way than this connection.",
        "Get the certificate of {issuer} from somewhere else, compare its fingerprint, and trust it for this context.",
        _NEVER,
    ),
    "another key": Cause(
        "The {issuer} that signed {name} has another key than the {issuer} that this client trusts.",
        "Present a chain that leads to the root your clients have. If you changed your root, publish the new one and "
        "its fingerprint by another way.",
        f"{_ASK} for the fingerprint of the root by another way, and believe that: an impostor can take any name.",
        _NEVER,
    ),
    "changed": Cause(
        "The signature on {name} is none by the key of {issuer} that it names: one of the two was changed, or somebody "
        "else signed and copied the key's identifier.",
        "If the certificate is yours, install it again as your authority issued it.",
        f"Try once more from another network. If it stays, {_ASK[0].lower()}{_ASK[1:]}, by another way.",
        _NEVER,
    ),
    "wrong intermediate": Cause(
        "The server presents a certificate called {issuer}, but its key did not sign {name}.",
        "Present the intermediate that did sign it; your authority hands it out with the certificate.",
        f"{_ASK} to present the right intermediate.",
        _NEVER,
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
    "self-signed leaf": Cause(
        "{name} vouches for itself: the server presents a self-signed certificate, and this client does not trust it.",
        "Present a certificate that an authority issued for {host}.",
        f"{_ASK} for the authority's root; for a certificate of your own, make an authority and trust that.",
        _NEVER,
    ),
    "untrusted root": Cause(
        "The server sent its root {name} along, but this client does not trust it: being sent proves nothing.",
        "Give the root to your clients by another way; to send it along does no harm and no good.",
        "Get the certificate of {name} from somewhere else, compare its fingerprint, and trust it for this context.",
        _NEVER,
    ),
    "another root": Cause(
        "The server sent a root called {name}, but its key is not that of the {name} that this client trusts.",
        "Present a chain that leads to the root your clients have. If you changed your root, publish the new one and "
        "its fingerprint by another way.",
        f"{_ASK} for the fingerprint of the root by another way, and believe that: an impostor can take any name.",
        _NEVER,
    ),
    "circle": Cause(
        "The certificates for {host} vouch for one another in a circle; none of them is signed by one that is trusted.",
        "Present the intermediates that lead from the leaf to the root your clients have.",
        f"{_ASK} for a chain that ends.",
        _NEVER,
    ),
    "host": Cause(
        "The certificate covers {names}; the client asked for {host}.",
        "Have a certificate issued whose subject alternative names hold {host}.",
        "Connect by a name that the certificate covers, if that is the server you mean.",
        "switch check_hostname off: any server with a valid certificate could answer then.",
    ),
    "host form": Cause(
        "The certificate has {host} as a host name; the client asked for an address, which is another kind of entry.",
        "Have a certificate issued that holds {host} as an IP address entry.",
        "Connect by a host name that the certificate covers, if that is the server you mean.",
        "switch check_hostname off: any server with a valid certificate could answer then.",
    ),
    "expired anchor": Cause(
        "This client's own list holds {name}, which ended {when}; OpenSSL looks at the dates of a trust anchor too.",
        "",
        "Get its successor by another way than this connection, compare the fingerprint, and trust that.",
        "set the clock back, or switch verification off.",
    ),
    "expired": Cause(
        "The {place} {name} ended {when}.",
        "Renew it, install the new chain, reload the server; then see why the renewal did not run by itself.",
        f"Look at this machine's clock first. If it is right, {_ASK[0].lower()}{_ASK[1:]} to renew.",
        "set the clock back, or switch verification off.",
    ),
    "not yet valid": Cause(
        "The {place} {name} begins {when}.",
        "Look at the clock of the machine that issued it; else wait, and present the old certificate until then.",
        "Look at this machine's clock first: it may be behind.",
        "set the clock forward, or switch verification off.",
    ),
    "verify code": Cause(
        "OpenSSL refused the chain for {host}: {detail}.",
        "Look at the certificates that the server presents, one by one, for the rule of that code.",
        "",
        _NEVER,
        notebook="",
    ),
    "client certificate": Cause(
        "The server demands a certificate from the client, and got none. In TLS 1.3 the client's own handshake had "
        "succeeded by then.",
        "If everybody may connect, do not demand client certificates.",
        "Load the client certificate that the server's owner gave you: context.load_cert_chain(certfile, keyfile).",
        notebook="",
    ),
    "alert": Cause(
        "The server ended the handshake with the alert {detail}.",
        "Look into the server's log: it sent the alert and knows why.",
        "Compare what this client offers (versions, a client certificate) with what the server asks for.",
        notebook="",
    ),
    "not TLS": Cause(
        "What answered on this port did not answer in TLS; it may be plain HTTP, or speak TLS only after STARTTLS.",
        "Serve TLS on this port, or tell clients the right one.",
        "Look at the port and at the scheme of the address.",
        "send anything secret to this port.",
        notebook="",
    ),
    "closed": Cause(
        "The other end closed the connection during the handshake, without an alert: {detail}. Why cannot be told.",
        "Look into the server's log, and at what stands between client and server.",
        "Try again; then ask the server's owner what its log says.",
        ok=None,
        notebook="",
    ),
    "refused": Cause(
        "Nobody answers at this address: the connection was refused before TLS began.",
        "Start the server, and look at the address it binds and at the firewall.",
        "Look at the host and port.",
        notebook="",
    ),
    "no such host": Cause(
        "The host name could not be resolved to an address; TLS had not begun.",
        "",
        "Look at the spelling, and at the DNS settings of this machine.",
        notebook="",
    ),
    "timeout": Cause(
        "No answer in time, so it cannot be told whether TLS is at fault: {detail}.",
        "Look whether the server is overloaded, or a firewall drops packets.",
        "Try again, or with a longer time-out.",
        ok=None,
        notebook="",
    ),
    "cannot tell": Cause(
        "Cannot tell from this error alone: {detail}.",
        "",
        "Run `tlslearn doctor HOST:PORT`, which looks at the connection itself.",
        ok=None,
        notebook="",
    ),
}
