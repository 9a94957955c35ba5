"""What goes wrong, in words: the cause, and what each end can do about it. A table.

Sections: RFC 5280 6.1 (path validation), RFC 9525 6 (host names).
Leaves out: what is not about files or the chain; `connection_causes` has those rows.
"""

from __future__ import annotations

from .connection_causes import OF_CONNECTIONS
from .wording import ASK, BELIEVE, NEVER, NEVER_THE_NAME, OWN_ROOT, TRUST, WITH_NAME, Cause, ask, made, net, timed, way

# Where several things are wrong at once the row that stands first decides, and the others are told after it: the files,
# the way to a trust anchor, the order in which OpenSSL would meet them, what strict clients alone refuse, and last what
# cannot be told.
# Rows that are called like a rule of `chain` are about that rule.
CAUSES = {
    "no certificate file": Cause(
        "This is no certificate file: {detail}.",
        "Get the certificate again: PEM, which begins with -----BEGIN CERTIFICATE-----, or DER.",
        notebook="03",
    ),
    "damaged file": Cause(
        "A file is damaged: {detail}.",
        "Mend what is said here, or copy it again from where it came, whole and unchanged.",
        notebook="03",
    ),
    "not read": Cause(
        "Nothing can be told about DER that is in order, and no certificate that can be read here: {detail}.",
        "See what `openssl x509 -noout -text` and your authority say to it.",
        ok=None,
        notebook="03",
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
    "CA first": Cause(
        "The server presents {name} first, the certificate of a CA, where its own should stand; {strangers} came after "
        "it.",
        "Put the server's own certificate first in its file, and after it each issuer in turn.",
        f"{ASK} to put its own certificate first.",
        NEVER,
    ),
    "interception": way(
        "{issuer}, at the end of the chain for {host}, is by its name a program or a device that opens TLS on the way, "
        "as virus scanners and proxies do. This client does not trust it.",
        "Nothing, if other clients see another issuer: it is between you and them.",
        "If you know who runs it, get its root from there, compare the fingerprint, and trust it for this context. If "
        "nobody you know does, believe nothing that comes over this connection.",
        "nobody called {issuer} is trusted",
    ),
    "unrelated": way(
        "{strangers} came along with {name}, but did not issue it. Its issuer {issuer} did not come along, and this "
        "client trusts nobody of that name: the right intermediate is missing, or {issuer} is a root not known here.",
        "Present the intermediates that lead from {name} to a root; your authority hands them out with the "
        "certificate.",
        f"{ASK} to present the right intermediates. If {{issuer}} is a root, get its certificate from {TRUST}",
        "nobody called {issuer} was found; what came along did not issue it",
    ),
    "changed": way(
        "The signature on {name} is none by the key of {issuer} that it names: one of the two was changed, or somebody "
        "else signed and copied the key's identifier.",
        "If the certificate is yours, install it again as your authority issued it.",
        f"Try once more from another network. If it stays, {ask}, by another way.",
        "the signature does not fit the bytes of the certificate",
    ),
    "issuer_name": way(
        "{name} was issued by {found}, it says; but the certificate with the key that it names is called {wanted}.",
        "Present the certificate that bears the issuer's name; your authority hands it out.",
        f"{ASK} to present the right intermediate.",
        "issued by {found}, and above it stands {wanted}",
    ),
    "leaf alone": way(
        "The server sends the leaf {name} alone, and this client knows no {issuer}. Most often an intermediate is "
        "missing that the server should send; a root of the server's own, not known here, would look the same.",
        "Present leaf and intermediates in one file, leaf first. If {issuer} is a root of your own, give its "
        "certificate to your clients by another way than {way}.",
        f"{ASK} to send the whole chain; a copy of {{issuer}} kept here would only help this client.",
        "nobody called {issuer} was found, and the server sends nothing above the leaf",
    ),
    "no issuer": way(
        "The chain for {host} ends at {name}: its issuer {issuer} did not come along, and this client trusts nobody of "
        "that name. An intermediate is missing, or {issuer} is a root not known here.",
        "Present every intermediate after the leaf. If {issuer} is a root of your own, give its certificate to your "
        "clients by another way than {way}.",
        f"Get the certificate of {{issuer}} from {TRUST}",
        "nobody called {issuer} was found",
    ),
    "another key": way(
        "The {issuer} that signed {name} has another key than the {issuer} that this client trusts.",
        OWN_ROOT,
        BELIEVE,
        "signed with another key than that of the {issuer} known here",
    ),
    "wrong intermediate": way(
        "A certificate called {issuer} came along, but its key did not sign {name}.",
        "Present the intermediate that did sign it; your authority hands it out with the certificate.",
        f"{ASK} to present the right intermediate.",
        "signed with another key than that of the {issuer} that came along",
    ),
    "self-signed leaf": way(
        "{name} vouches for itself: it is a self-signed certificate, and this client does not trust it.",
        "Present a certificate that an authority issued for {host}.",
        f"{ASK} for the authority's root; for a certificate of your own, make an authority and trust that.",
        "signed by itself, and not trusted",
    ),
    "untrusted root": way(
        "The root {name} came along with the chain, but this client does not trust it: to come along proves nothing.",
        "Give the root to your clients by another way; to send it along does no harm and no good.",
        f"Get the certificate of {{name}} from {TRUST}",
        "a root that came along, and that is not trusted",
    ),
    "another root": way(
        "A root called {name} came along, but its key is not that of the {name} that this client trusts.",
        OWN_ROOT,
        BELIEVE,
        "a root that came along; the one that is trusted has another key",
    ),
    "circle": way(
        "The certificates for {host} vouch for one another in a circle; none of them is signed by one that is trusted.",
        "Present the intermediates that lead from the leaf to the root your clients have.",
        f"{ASK} for a chain that ends.",
        "{issuer} was met before: the certificates vouch for one another in a circle",
    ),
    "authority_key_identifier": way(
        "{name} names another key identifier, or another serial number, for its issuer than this {issuer} has, so "
        "OpenSSL, and with it Python, does not take it for the issuer.",
        "Have it issued anew with the key identifier of the CA that signs it, and install the new chain.",
        f"{ASK} to have it issued anew; other libraries than OpenSSL let this pass.",
        "the identifier of its issuer's key is not that of {issuer}",
    ),
    "readable": made("The {place} {name} cannot be read in full: {found}."),
    "version": made("The {place} {name} is of version {found}, in which no CA can say that it is one."),
    "critical_extensions": made("The {place} {name} has a critical extension that is not understood: {found}."),
    "issuer_is_ca": made("The {place} {name} signed the certificate below it, but is no CA ({found})."),
    "issuer_may_sign": made("The key usage of the {place} {name} does not let it sign certificates."),
    "path_length": made("More CAs stand below the {place} {name} than it allows: {found}, {wanted}."),
    "extended_key_usage": made("The {place} {name} may not be used for this: its purpose is {found}, not {wanted}."),
    "leaf_key_usage": made("The key usage of the {place} {name} does not fit TLS: {found}."),
    "key_strength": made("The key of the {place} {name} is too weak, or of a kind that TLS does not use: {found}."),
    "signature_strength": made("The signature on the {place} {name} is made with an unsafe hash: {found}."),
    "no names": Cause(
        "The certificate names no host among its subject alternative names, so it does not cover {host}; a common name "
        "does not count.",
        WITH_NAME,
        f"{ASK} for such a certificate.",
        NEVER_THE_NAME,
        note="covers no host",
    ),
    "host form": Cause(
        "The certificate has {host} as a host name; the client asked for an address, which is another kind of entry.",
        "Have a certificate issued that holds {host} as an IP address entry.",
        "Connect by a host name that the certificate covers, if that is the server you mean.",
        NEVER_THE_NAME,
    ),
    "wide wildcard": Cause(
        "The certificate covers {host} by a wildcard for a whole top-level domain alone ({names}), which OpenSSL, so "
        "Python, and browsers do not take.",
        WITH_NAME,
        f"{ASK} for such a certificate.",
        NEVER_THE_NAME,
        note="covers the host by too wide a wildcard",
    ),
    "host": Cause(
        "The certificate covers {names}; the client asked for {host}.",
        WITH_NAME,
        "Connect by a name that the certificate covers, if that is the server you mean.",
        NEVER_THE_NAME,
        note="covers {found}, not {wanted}",
    ),
    "clock": timed(
        "Every certificate of the chain, the trust anchor too, is outside its time. More likely than that, the clock "
        "of this machine is wrong.",
        "Compare the clock of this server with another; then see why nobody sets it.",
        "Compare the clock of this machine with another, set it, and let it be set by itself (NTP).",
        "to please one certificate",
    ),
    "expired": timed(
        "The {place} {name} ended {when}.",
        "Renew it, install the new chain, reload the server; then see why the renewal did not run by itself.",
        f"Look at this machine's clock first. If it is right, {ask} to renew.",
        "back",
    ),
    "expired CA": timed(
        "{name}, the certificate of a CA ({place}), ended {when}.",
        "Present the certificate that took its place: your authority hands it out, with the next certificate at the "
        "latest.",
        f"Look at this machine's clock first. If it is right, {ask} to present the authority's present certificate.",
        "back",
    ),
    "not yet valid": timed(
        "The {place} {name} begins {when}.",
        "Look at the clock of the machine that issued it; else wait, and present the old certificate until then.",
        "Look at this machine's clock first: it may be behind.",
        "forward",
    ),
    "never valid": made("The {place} {name} ends before it begins, so there is no time at which it is valid."),
    "final dot": Cause(
        "The client asked for {host}, with a dot at its end. The certificate covers the name without it, and OpenSSL "
        "does not take the two for the same.",
        "",
        "Leave the final dot off: a name in a certificate has none, and neither has one in SNI (RFC 6066 3).",
        NEVER_THE_NAME,
    ),
    "expired anchor": timed(
        "This client's own list holds {name}, which ended {when}; OpenSSL looks at the dates of a trust anchor too.",
        "",
        "Get its successor by another way than {way}, compare the fingerprint, and trust that.",
        "back",
    ),
    "name_constraints": made("A name in the {place} {name} is none that the CAs above may vouch for: {found}."),
    "leaf_is_no_ca": made("The leaf {name} is a CA certificate ({found}); strict clients refuse it for a connection."),
    "another rule": made("The {place} {name} breaks a rule that strict clients hold it to: {found}."),
    "no anchors": Cause(
        "This machine has no list of trusted roots, so whether the chain for {host} leads to one cannot be told.",
        "",
        "Install the system's roots (a package such as ca-certificates) or certifi, or name a file with --trust.",
        NEVER,
        ok=None,
    ),
    "not verified": Cause(
        "Cannot tell whether {name} is vouched for: {found}.",
        "Present the leaf and its intermediates alone, signed with ECDSA, RSA or Ed25519.",
        ok=None,
    ),
    "name not checked": Cause(
        "No check failed, but no host was named, so whether {name} is right for yours cannot be told. It covers "
        "{names}.",
        fix_client="Name the host that clients ask for: --host NAME.",
        ok=None,
    ),
    "key not read": Cause(
        "Whether the private key belongs to the certificate {name} cannot be told: {found}.",
        "Give the private key in PEM. Of one that is encrypted, compare `openssl pkey -pubout -in KEY`, which asks for "
        "the passphrase, with `openssl x509 -pubkey -noout -in CERTIFICATE`: they must be the same.",
        ok=None,
        notebook="03",
    ),
    "wrong form": Cause(
        "No fault is in the certificates, but a server that loads them with their key cannot: {detail}.",
        "Write them as PEM, the leaf first, each followed by its issuer: `openssl x509`, for a key `openssl pkey`, for "
        "PKCS#7 `openssl pkcs7 -print_certs`.",
        notebook="03",
    ),
    "valid": Cause("{name} is valid for {host}: no check failed, up to the trust anchor {detail}.", ok=True),
    "good": net("The chain for {host} leads to a trust anchor, and the handshake succeeded.", "", "", ok=True),
    "good for this client": net(
        "This client took the chain, and others will refuse it. {fault}",
        "Have the certificate issued anew so that the rule named here holds.",
        "Nothing here: this client is content, and the next one may not be.",
    ),
    "chain not known": Cause(
        "There is no way from the chain to a trust anchor: the root is not trusted, an intermediate is missing, or "
        "another key has the name. Which of them cannot be told without the chain.",
        "Present every intermediate after the leaf.",
        "Run `tlslearn doctor HOST:PORT`, which looks at the chain.",
        NEVER,
    ),
    "partial chain": Cause(
        "This client trusts {name}, which is no root, and asks for the root above it as well.",
        "",
        "Trust the root; or set VERIFY_X509_PARTIAL_CHAIN, which Python's default context does from 3.13 on.",
        NEVER,
    ),
    "another chain": Cause(
        "OpenSSL refused the chain for {host} with {detail}, but the chain looked at here does not show why. Several "
        "servers may answer at this address, or key identifiers do not fit.",
        "Compare what each server behind this address presents.",
        "Try again, more than once.",
        NEVER,
        ok=None,
        notebook="",
    ),
    "strict": Cause(
        "This client is strict about form (VERIFY_X509_STRICT, which Python's default context sets from 3.13 on), and "
        "the {place} {name} breaks one: {detail}.",
        "Have it issued anew in form; the rule below says how.",
        f"{ASK} to have it issued anew. Until then, for this one server: context.verify_flags &= "
        "~ssl.VERIFY_X509_STRICT, which leaves all other checks on.",
        NEVER,
        notebook="04",
    ),
    "revoked": Cause(
        "Its authority has taken {name} back: it stands on the revocation list that this client has loaded.",
        "Make a new key, have a certificate issued for it, install both; and find out how the old key was lost.",
        "Believe it, and do not connect before the server has another certificate.",
        "leave the list out so that the connection succeeds.",
        notebook="07",
        note="revoked",
    ),
    "no crl": Cause(
        "This client demands a revocation list (VERIFY_CRL_CHECK_LEAF), and has loaded none of {issuer}.",
        "",
        "Load the current list of {issuer} with load_verify_locations; renew it before it ends.",
        notebook="07",
    ),
    "crl expired": Cause(
        "The revocation list of {issuer} that this client has loaded is out of date.",
        "",
        "Fetch the current list, and let a job do it from now on.",
        notebook="07",
    ),
    "verify code": Cause(
        "OpenSSL refused the chain for {host}: {detail}.",
        "Look at the certificates that the server presents, one by one, for the rule of that code.",
        avoid=NEVER,
        notebook="",
    ),
    **OF_CONNECTIONS,
}
