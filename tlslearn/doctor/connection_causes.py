"""What goes wrong before, beside and after the chain, in words: the second half of the table of causes.

Sections: RFC 9846 6.2 (alerts), RFC 8996 (versions that are dead), RFC 5746 (renegotiation).
Leaves out: the chain; see `causes`.
"""

from __future__ import annotations

from .wording import ASK, Cause, net

OF_CONNECTIONS = {
    "client certificate": net(
        "The server demands a certificate from the client, and got none. In TLS 1.3 it says so only after the client's "
        "own handshake has succeeded.",
        "If everybody may connect, do not demand client certificates.",
        "Load the client certificate that the server's owner gave you: context.load_cert_chain(certfile, keyfile).",
        notebook="08",
    ),
    "client refused": net(
        "The server refused the certificate that this client presented: {detail}.",
        "Look into the server's log: which client was it, and which rule?",
        "Present a certificate for clients, in its time, from the authority that the server trusts, with its "
        "intermediates.",
        notebook="08",
    ),
    "nothing to refuse": net(
        "The server sent the alert {detail}, which is about a client's certificate. This client "
        "presented none; most likely the server demands one.",
        "If everybody may connect, do not demand client certificates.",
        "Load the client certificate that the server's owner gave you: context.load_cert_chain(certfile, keyfile).",
        notebook="08",
    ),
    "versions": net(
        "Client and server have no version of TLS in common ({detail}).",
        "Let the server speak TLS 1.2 and 1.3.",
        "See which versions this client allows: context.minimum_version and maximum_version, and the system's OpenSSL "
        "configuration.",
        "allow TLS 1.0 or 1.1 for it: both are dead (RFC 8996).",
    ),
    "no common terms": net(
        "The server takes nothing of what this client offers ({detail}): no cipher suite, group or signature is common "
        "to both; or, in TLS 1.2, it demands a client certificate and got none.",
        "Compare its cipher suites with today's: (EC)DHE with AEAD. Its log says which was missing.",
        "See whether this client was narrowed (set_ciphers, security level), or has to present a certificate; "
        "`--probe` shows what the server takes.",
        "lower the security level of OpenSSL, before you know for what.",
    ),
    "after the terms": net(
        "Client and server had agreed on a cipher suite when the server ended the handshake ({detail}). Most likely it "
        "demands a client certificate: in TLS 1.2 that is how a server refuses a client that presents none.",
        "If everybody may connect, do not demand client certificates. The server's log says why it refused.",
        "Load the client certificate that the server's owner gave you: context.load_cert_chain(certfile, keyfile).",
        notebook="08",
    ),
    "insufficient": net(
        "The server demands stronger parameters than this client offers ({detail}).",
        "Its log says which it wants. See whether it is stricter than its clients can be.",
        "See whether this client was narrowed (set_ciphers, set_ecdh_curve), or is old.",
    ),
    "no name sent": net(
        "The server serves only clients that ask for a name (unrecognized_name), and this client asked for the address "
        "{host}, which it cannot send as a name.",
        "If clients come by address, give the server a certificate for those that send no name.",
        "Connect by the host name, or name it: `--host NAME`; in Python server_hostname=NAME.",
    ),
    "unknown name": net(
        "The server knows no site called {host} (unrecognized_name).",
        "Add the host to the configuration, with a certificate that covers it.",
        "Look at the spelling of the host, and at the address that it resolves to.",
    ),
    "no common protocol": net(
        "Client and server have no application protocol in common (ALPN).",
        "Offer http/1.1 beside what you offer now.",
        "Offer what the server speaks: context.set_alpn_protocols.",
    ),
    "weak exchange": net(
        "The server's Diffie-Hellman numbers are too small for this client ({detail}).",
        "Use (EC)DHE with X25519 or P-256; drop the old DH parameters.",
        f"{ASK} to do so.",
        "lower the security level of OpenSSL for everybody.",
    ),
    "legacy renegotiation": net(
        "The server lacks secure renegotiation (RFC 5746), and OpenSSL 3 refuses to speak with such.",
        "Update the server's TLS library, which is more than ten years old.",
        f"{ASK} to update it.",
        "set OP_LEGACY_SERVER_CONNECT for more than this one server.",
    ),
    "not opened": Cause(
        "A record did not open: its bytes were changed on the way, or the two ends have different keys because "
        "something before it was ({detail}).",
        "Look at what stands between the two ends and handles their bytes: a proxy, a balancer, a faulty card.",
        "Try once more, then from another network; what rewrites bytes stands on the way that fails.",
        "fall back to plain text or to an older version: this refusal is what protects you.",
        notebook="09",
    ),
    "not proven": net(
        "The server did not prove that it has the private key of its certificate: its signature over the handshake "
        "does not fit ({detail}). Its key is another one, or bytes were changed on the way.",
        "Install a certificate and a key that belong together.",
        "Try once more from another network. If it stays, ask the server's owner.",
        "go on without TLS: whoever answers may not be the server.",
        notebook="09",
    ),
    "not the same": net(
        "The two ends do not agree on the handshake: the server's Finished does not fit ({detail}). Bytes were changed "
        "on the way, or one of the two computes it wrongly.",
        "Look at what stands between the two ends; then at the server's TLS library.",
        "Try once more, then from another network.",
        "go on without TLS: this refusal is what protects you.",
        notebook="09",
    ),
    "against the rules": net(
        "What the server sent is malformed or out of turn, so this client broke off: {detail}.",
        "See what answers on this port, and whether its TLS library is up to date.",
        "Look at the port; then see with `tlslearn handshake HOST:PORT` what came.",
        notebook="09",
    ),
    "own files": net(
        "The certificate and the private key that this program loads do not belong together: their public keys differ.",
        "Load the key with which the certificate was requested; the leaf must stand first in its file.",
        "The same, where it is a client's certificate.",
    ),
    "alert": net(
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
    "speaks otherwise": Cause(
        "{detail} on this port, and no TLS.",
        "Serve TLS on this port, or tell clients the right one.",
        "Look at the port and at the scheme of the address.",
        "send anything secret to this port.",
        notebook="07",
    ),
    "starttls": Cause(
        "{detail} on this port: it speaks TLS only after it was asked to in clear (STARTTLS).",
        "",
        "Ask it to: `tlslearn doctor HOST:PORT --starttls PROTOCOL`; in Python starttls(context=…), with a context "
        "that verifies.",
        "go on in clear where STARTTLS is refused.",
        notebook="07",
    ),
    "no starttls": Cause(
        "The server was asked for TLS in clear (STARTTLS, or its like) and does not go on with it: {detail}.",
        "Switch STARTTLS on, with a certificate, or serve TLS from the start on the port for it.",
        "Look at the port; somebody between may have taken the offer out of the server's answer.",
        "go on in clear.",
        notebook="07",
    ),
    "closed": net(
        "The other end closed the connection during the handshake and did not say why: {detail}. So it cannot be told.",
        "Look into the server's log, and at what stands between client and server.",
        "Try again; then ask the server's owner what its log says.",
        ok=None,
    ),
    "refused": net(
        "Nobody answers at this address: the connection was refused before TLS began.",
        "Start the server, and look at the address it binds and at the firewall.",
        "Look at the host and port.",
    ),
    "no such host": net(
        "The host name could not be resolved to an address; TLS had not begun.",
        "",
        "Look at the spelling, and at the DNS settings of this machine.",
    ),
    "timeout": net(
        "No answer in time, or not a whole one, so it cannot be told whether TLS is at fault: {detail}.",
        "Look whether the server is overloaded, or a firewall drops packets.",
        "Try again, or with a longer time-out.",
        ok=None,
    ),
    "cannot tell": net(
        "Cannot tell from this error alone: {detail}.",
        "",
        "Run `tlslearn doctor HOST:PORT`, which looks at the connection itself.",
        ok=None,
    ),
}
