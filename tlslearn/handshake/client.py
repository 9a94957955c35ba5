"""A TLS 1.3 client small enough to read in one sitting, with the checks that the standard asks of a client.

Sections: RFC 9846 4.2 (hello), 4.3 (extensions), 4.5 (who the server is), 4.7 (afterwards), 5 (records), 6 (alerts),
A.1 (states of a client).
Leaves out: tickets, client certificates, 0-RTT, and every older version. FOR LEARNING: it is not constant-time, and
nobody has attacked it for years. Use `ssl` for what matters.
"""

from __future__ import annotations

import hmac
import secrets
import socket
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, TypeVar

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, x25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from .. import live, wire
from ..chain import Verdict, validate
from ..check import SOURCES, BadInput
from ..live.trust import read
from ..names import UNREADABLE, host_name
from ..wire import extensions, names
from ..wire.messages import DOWNGRADE_BELOW, DOWNGRADE_TO_1_2, Spoken
from . import schedule
from .channel import ALERT, APPLICATION_DATA, CHANGE_CIPHER_SPEC, HANDSHAKE, Channel, Told
from .protection import NotOpened, Suite, of_traffic_secret, suite_of
from .signatures import fits, signed_content, verifies

X25519, P256 = 0x001D, 0x0017
SUITES = (0x1301, 0x1302, 0x1303)
# For CertificateVerify; RSA PKCS#1 v1.5 is offered for certificates alone (RFC 9846 4.3.3).
SCHEMES = (0x0403, 0x0503, 0x0807, 0x0804, 0x0805, 0x0806)
RSA_PKCS1 = (0x0401, 0x0501, 0x0601)
M = TypeVar("M", bound=wire.Message)


class _Extended(Protocol):
    """A message, or an entry of one, with extensions."""

    @property
    def extensions(self) -> tuple[wire.Extension, ...]: ...


class X25519Share:
    """Our half of an X25519 agreement. Source: RFC 9846 7.4.2, RFC 7748 6.1."""

    group = X25519

    def __init__(self) -> None:
        self._key = x25519.X25519PrivateKey.generate()
        self.public = self._key.public_key().public_bytes_raw()

    def agree(self, other: bytes) -> bytes:
        """The shared secret. Raises ValueError for a share that is none, also for one that makes it zero."""
        return self._key.exchange(x25519.X25519PublicKey.from_public_bytes(other))


class P256Share:
    """Our half of an agreement on P-256. Source: RFC 9846 4.3.8.2, 7.4.2."""

    group = P256

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.public = self._key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    def agree(self, other: bytes) -> bytes:
        """The x coordinate, 32 bytes. Raises ValueError for what is no point of the curve, uncompressed."""
        if other[:1] != b"\x04":
            raise ValueError("not an uncompressed point")
        return self._key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), other))


Share = X25519Share | P256Share
SHARES: dict[int, Callable[[], Share]] = {X25519: X25519Share, P256: P256Share}


@dataclass
class Offer:
    """What the client offers; the first group comes with a share. Change it to see how servers answer."""

    suites: Sequence[int] = SUITES
    groups: Sequence[int] = (X25519, P256)
    schemes: Sequence[int] = (*SCHEMES, *RSA_PKCS1)
    alpn: Sequence[str] = ()

    def refuse_what_is_unknown(self) -> None:
        """A GREASE value may be offered, if not first among the groups: no server may take it (RFC 8701 3)."""
        for known, offered in ((SHARES, self.groups), (SUITES, self.suites)):
            if wrong := [one for one in offered if one not in known and not wire.is_grease(one)]:
                told = ", ".join(f"{one:#06x}" for one in known)
                raise BadInput("the client cannot do this", value=wrong, fix=f"Offer {told}, or a GREASE value.")
        if not self.suites or not self.groups or self.groups[0] not in SHARES:
            raise BadInput("no group to make a share for", value=self.groups, fix="Begin with X25519 or P256.")


@dataclass
class Settled:
    """What both ends have agreed on, as far as the handshake has come."""

    cipher_suite: int = 0
    group: int = 0
    alpn: str | None = None
    scheme: int = 0
    chain: tuple[x509.Certificate, ...] = ()
    verdict: Verdict | None = field(default=None, repr=False)
    key_log: list[str] = field(default_factory=list, repr=False)

    def __repr__(self) -> str:
        named = wire.named
        suite, group = named(names.CIPHER_SUITES, self.cipher_suite), named(names.GROUPS, self.group)
        return f"<Settled {suite}, {group}, {named(names.SIGNATURE_SCHEMES, self.scheme)}>"


class Client:
    """One connection. `handshake()` first, then `send` and `receive`, then `close`."""

    def __init__(
        self,
        transport: socket.socket,
        *,
        trust: Iterable[live.Anchor],
        hostname: str,
        offer: Offer | None = None,
        at: datetime | None = None,
    ) -> None:
        """Raises BadInput for what is no host name, and for an offer that this client could not keep."""
        self.channel = Channel(transport)
        self.hostname, self.trust, self.at = hostname, live.anchors(trust), at
        self.name = host_name(hostname)
        self.offer = offer or Offer()
        self.offer.refuse_what_is_unknown()
        self.settled = Settled()
        self._refuse = self.channel.refuse
        self._messages: list[bytes] = []  # the transcript
        self._secrets: dict[str, bytes] = {}
        self._owes_update = self._changed_cipher = False
        self._ended: Told | None = None
        self._hello: wire.ClientHello
        self._key: object

    def handshake(self) -> Settled:
        """Agree on keys and find out who the server is, in the order of RFC 9846 A.1. Raises Refused, or Told."""
        try:
            tree = self._agree()
            self._encrypted_extensions()
            asked = self._authenticate()
            self._finish(tree, asked)
        except wire.Malformed as error:
            self._refuse(str(error), "decode_error", "alerts")
        except NotOpened as error:
            self._refuse(str(error), "bad_record_mac", "record protection")
        return self.settled

    def _agree(self) -> schedule.Schedule:
        """ClientHello and ServerHello: the shared secret, and the keys for the rest of the handshake."""
        share = SHARES[self.offer.groups[0]]()
        self._say_hello(secrets.token_bytes(32), secrets.token_bytes(32), share)
        answer = self._next(wire.ServerHello)
        self._look_at_hello(answer)
        if answer.is_retry:
            retry, share = answer, self._try_again(answer, share)
            answer = self._next(wire.ServerHello)
            self._look_at_hello(answer)
            if answer.is_retry:
                self._refuse("a second HelloRetryRequest", "unexpected_message", "HelloRetryRequest")
            if answer.cipher_suite != retry.cipher_suite:
                self._refuse("another cipher suite than the retry's", "illegal_parameter", "HelloRetryRequest")
        return self._derive(share, answer)

    def _say_hello(self, random: bytes, session_id: bytes, share: Share, *more: wire.Extension) -> None:
        """Source: RFC 9846 4.2.2; a session id of 32 bytes makes it look like TLS 1.2 to old boxes (E.4)."""
        offer = self.offer
        host = self.name.value if isinstance(self.name, x509.DNSName) else None  # RFC 6066 3: no addresses
        listed = [
            *([] if host is None else [extensions.server_name(host)]),
            extensions.supported_versions([wire.TLS_1_3]),
            extensions.supported_groups(offer.groups),
            extensions.signature_algorithms(offer.schemes),
            extensions.key_share([wire.KeyShare(share.group, share.public)]),
            *([extensions.alpn([one.encode() for one in offer.alpn])] if offer.alpn else []),
            *more,
        ]
        self._hello = wire.client_hello(random, session_id, offer.suites, listed)
        self._send(self._hello.raw)

    def _look_at_hello(self, answer: wire.ServerHello) -> None:
        """All that RFC 9846 4.2.3 and 4.3.1 tell a client to check, the version first."""
        selected = answer.extension(extensions.SUPPORTED_VERSIONS)
        if selected is None:
            if answer.is_retry:
                self._refuse("a retry without a version", "missing_extension", "HelloRetryRequest")
            if answer.random[24:] in (DOWNGRADE_TO_1_2, DOWNGRADE_BELOW):
                self._refuse("the server could do 1.3, and was made to do less", "illegal_parameter", "ServerHello")
            self._refuse("the server speaks no TLS 1.3", "protocol_version", "alerts")
        if selected != wire.TLS_1_3:
            self._refuse(f"version {selected:#06x}, which was not offered", "illegal_parameter", "supported versions")
        if answer.legacy_version != wire.TLS_1_2:
            self._refuse("the ServerHello has another legacy_version than 0x0303", "protocol_version", "ServerHello")
        wrong = {
            "another session id than ours": answer.legacy_session_id_echo != self._hello.legacy_session_id,
            "a cipher suite that was not offered": answer.cipher_suite not in {*self.offer.suites} & {*SUITES},
            "a compression method": answer.legacy_compression_method != 0,
        }
        for problem in (problem for problem, holds in wrong.items() if holds):
            self._refuse(f"the ServerHello has {problem}", "illegal_parameter", "ServerHello")
        cookie = {extensions.COOKIE} if answer.is_retry else set()
        self._look_at_extensions(answer, {extensions.SUPPORTED_VERSIONS, extensions.KEY_SHARE} | cookie, cookie)

    def _look_at_extensions(self, said: _Extended, allowed: set[int], unasked: Iterable[int] = ()) -> None:
        """Each once, none that was not asked for, none in the wrong message. Source: RFC 9846 4.3."""
        asked = {one.extension_type for one in self._hello.extensions}.union(unasked)
        seen: set[int] = set()
        for one in said.extensions:
            if one.extension_type not in asked:
                self._refuse(f"{one.name}, which nobody asked for", "unsupported_extension", "TLS extensions")
            if one.extension_type not in allowed or one.extension_type in seen:
                self._refuse(f"{one.name} where it may not be", "illegal_parameter", "TLS extensions")
            seen.add(one.extension_type)

    def _try_again(self, retry: wire.ServerHello, share: Share) -> Share:
        """The second ClientHello: the same, with a share of the group that the server wants. Source: RFC 9846 4.2.4."""
        group, cookie = retry.extension(extensions.KEY_SHARE), retry.extension(extensions.COOKIE)
        if group is None and cookie is None:
            self._refuse("a retry that changes nothing", "illegal_parameter", "HelloRetryRequest")
        if group is not None:
            if group not in {*self.offer.groups} & {*SHARES} or group == share.group:
                self._refuse("a retry for a group not offered, or shared already", "illegal_parameter", "key share")
            share = SHARES[group]()
        first = self._hello
        self._messages = [schedule.message_hash(first.raw, _suite(retry).hash_name), retry.raw]
        self._change_cipher()
        more = () if cookie is None else (extensions.cookie(cookie),)
        self._say_hello(first.random, first.legacy_session_id, share, *more)
        return share

    def _derive(self, share: Share, answer: wire.ServerHello) -> schedule.Schedule:
        """The keys of the handshake, from both shares. Source: RFC 9846 4.3.8, 7.1, 7.4."""
        theirs = answer.extension(extensions.KEY_SHARE)
        if theirs is None:
            self._refuse("no key share", "missing_extension", "key share")
        if theirs.group != share.group:
            self._refuse("a share of a group that ours is not of", "illegal_parameter", "key share")
        try:
            shared = share.agree(theirs.key_exchange)
        except ValueError as error:
            self._refuse(f"a key share that is none: {error}", "illegal_parameter", "shared secret")
        suite = self._suite = _suite(answer)
        self.settled.cipher_suite, self.settled.group = answer.cipher_suite, share.group
        tree = schedule.Schedule(suite.hash_name, shared)
        self._use("HANDSHAKE_TRAFFIC_SECRET", tree.handshake_traffic(self._hash()))
        self._change_keys()  # ours too: an alert from here on goes under them (RFC 9846 A.1)
        return tree

    def _change_keys(self) -> None:
        self.channel.reading, self.channel.writing = (
            of_traffic_secret(self._suite, self._secrets[end]) for end in ("server", "client")
        )

    def _change_cipher(self) -> None:
        """Once, before our second flight, for old boxes on the way. Source: RFC 9846 E.4."""
        if not self._changed_cipher:
            self.channel.send(CHANGE_CIPHER_SPEC, b"\x01")
        self._changed_cipher = True

    def _encrypted_extensions(self) -> None:
        """Source: RFC 9846 4.4.1, RFC 7301 3.1."""
        said = self._next(wire.EncryptedExtensions)
        in_place = {extensions.SERVER_NAME, extensions.SUPPORTED_GROUPS, extensions.ALPN}
        self._look_at_extensions(said, in_place)
        if said.extension(extensions.SERVER_NAME):
            self._refuse("a server_name that is not empty", "decode_error", "TLS extensions")
        chosen = said.extension(extensions.ALPN)
        if chosen is not None:
            if len(chosen) != 1 or chosen[0] not in [one.encode() for one in self.offer.alpn]:
                self._refuse("a protocol that was not offered", "illegal_parameter", "ALPN")
            self.settled.alpn = chosen[0].decode()

    def _authenticate(self) -> wire.CertificateRequest | None:
        """Who is there: the chain, the signature over this very handshake, the MAC. Source: RFC 9846 4.5.

        Leave out one of the three, and an impostor walks in.
        """
        found = self._next(wire.CertificateRequest, wire.Certificate)
        asked = found if isinstance(found, wire.CertificateRequest) else None
        if asked is not None:
            self._look_at_request(asked)
        presented = self._next(wire.Certificate) if asked else found
        assert isinstance(presented, wire.Certificate)
        self._certificate(presented)
        self._certificate_verify()
        self._server_finished()
        return asked

    def _look_at_request(self, asked: wire.CertificateRequest) -> None:
        """Source: RFC 9846 4.4.2; extensions that we do not know are ignored there."""
        kinds = [one.extension_type for one in asked.extensions]
        if extensions.SIGNATURE_ALGORITHMS not in kinds:
            self._refuse("a request without signature algorithms", "missing_extension", "CertificateRequest")
        misplaced = {one.extension_type for one in self._hello.extensions} & {*kinds} - _IN_REQUESTS
        if misplaced or len(kinds) != len({*kinds}) or asked.certificate_request_context:
            problem = "a request with a context, or with extensions that do not belong there"
            self._refuse(problem, "illegal_parameter", "CertificateRequest")

    def _certificate(self, presented: wire.Certificate) -> None:
        if presented.certificate_request_context:
            self._refuse("a context in a server's Certificate", "illegal_parameter", "Certificate")
        if not presented.certificate_list:
            self._refuse("a server without a certificate", "decode_error", "receiving a certificate")
        for entry in presented.certificate_list:
            self._look_at_extensions(entry, {5, 18})
        try:
            given = [read(entry.cert_data) for entry in presented.certificate_list]
        except UNREADABLE as error:
            self._refuse(f"a certificate that cannot be read: {error}", "bad_certificate", "receiving a certificate")
        try:
            self._key = given[0].public_key()
        except (ValueError, UnsupportedAlgorithm) as error:
            self._refuse(f"a key that cannot be used: {error}", "unsupported_certificate", "certificate selection")
        self.settled.chain = tuple(given)
        leaf, *rest = given
        verdict = validate(leaf, rest, self.trust, hostname=self.hostname, at=self.at)
        self.settled.verdict = verdict
        if not verdict.ok:
            self._refuse(str(verdict.failures[0]), _alert_for(verdict), "certificate selection")
        # In TLS 1.3 the key must sign (RFC 9846 4.5.1.2); path validation, which serves 1.2 too, only warns.
        for check in verdict.warnings:
            if check.source == SOURCES["certificate selection"]:
                self._refuse(str(check), "unsupported_certificate", "certificate selection")

    def _certificate_verify(self) -> None:
        """The holder of the certificate's key signed all messages so far. Source: RFC 9846 4.5.2."""
        before = self._hash()
        found = self._next(wire.CertificateVerify)
        if found.algorithm not in self.offer.schemes or found.algorithm in RSA_PKCS1:
            self._refuse("a signature scheme that was not offered", "illegal_parameter", "CertificateVerify")
        if not fits(self._key, found.algorithm):
            self._refuse("a signature scheme that is not for this key", "illegal_parameter", "CertificateVerify")
        if why := verifies(self._key, found.algorithm, found.signature, signed_content("server", before)):
            self._refuse(f"CertificateVerify: {why}", "decrypt_error", "CertificateVerify")
        self.settled.scheme = found.algorithm

    def _server_finished(self) -> None:
        """Source: RFC 9846 4.5.3."""
        wanted = schedule.finished(self._secrets["server"], self._hash(), self._suite.hash_name)
        found = self._next(wire.Finished).verify_data
        if len(found) != len(wanted):
            self._refuse(f"a Finished of {len(found)} bytes", "decode_error", "Finished")
        if not hmac.compare_digest(wanted, found):
            self._refuse("the server's Finished covers other messages", "decrypt_error", "Finished")
        if not self.channel.between_messages:
            self._refuse("a message under the old keys after Finished", "unexpected_message", "record layer")

    def _finish(self, tree: schedule.Schedule, asked: wire.CertificateRequest | None) -> None:
        """Our own Finished, then the keys of the application. Source: RFC 9846 4.5.3, 7.1."""
        mine = self._secrets["client"]
        application = tree.application_traffic(self._hash())
        self._change_cipher()
        if asked is not None:  # we have none, and say so (RFC 9846 4.5.1)
            context = wire.vector(asked.certificate_request_context, 1)
            self._send(wire.frame(11, context + wire.vector(b"", 3)))
        self._send(wire.frame(20, schedule.finished(mine, self._hash(), self._suite.hash_name)))
        self._use("TRAFFIC_SECRET_0", application)
        self._change_keys()
        self.channel.finished = True

    def send(self, data: bytes) -> None:
        """Under new keys, where the server has asked for them since (RFC 9846 4.7.3)."""
        if self._owes_update:
            self.channel.send(HANDSHAKE, wire.frame(24, b"\0"))
            self.channel.update_keys(self._secrets, "client")
            self._owes_update = False
        self.channel.send(APPLICATION_DATA, data)

    def receive(self) -> bytes:
        """The next data of the server's; b"" from its goodbye on. What else comes is handled on the way.

        Nothing counts after a goodbye or another alert (RFC 9846 6, 6.1).
        """
        while True:
            try:
                if self._ended is not None:
                    raise self._ended
                content_type, content = self.channel.content()
                if content_type == APPLICATION_DATA and content:
                    return content
                self.channel.idle()
                self.channel.keep(content)
                while self.channel.has_message:
                    self._afterwards(wire.message(self.channel.message(), 0, _SPOKEN))
            except Told as told:
                self._ended = told
                if told.alert != "close_notify":
                    raise
                return b""
            except wire.Malformed as error:
                self._refuse(str(error), "decode_error", "alerts")
            except NotOpened as error:
                self._refuse(str(error), "bad_record_mac", "record protection")

    def _afterwards(self, found: wire.Message) -> None:
        """Tickets are left lying; keys are renewed when the server says so. Source: RFC 9846 4.7."""
        if isinstance(found, wire.KeyUpdate):
            if found.request_update not in names.KEY_UPDATES:
                self._refuse("a KeyUpdate of another kind", "illegal_parameter", "KeyUpdate")
            if not self.channel.between_messages:
                self._refuse("a message under the old keys after KeyUpdate", "unexpected_message", "record layer")
            self.channel.update_keys(self._secrets, "server")
            self._owes_update |= found.request_update == 1
        elif not isinstance(found, wire.NewSessionTicket):
            self._refuse(f"{found.name} after the handshake", "unexpected_message", "message order")

    def close(self) -> None:
        """Say goodbye. Source: RFC 9846 6.1."""
        with suppress(OSError):
            self.channel.send(ALERT, b"\x01\0")

    def _next(self, *wanted: type[M]) -> M:
        """The next message, which must be of a kind that may come now."""
        found = wire.message(self.channel.message(), 0, _SPOKEN)
        if not isinstance(found, wanted):
            self._refuse(f"{found.name} where {wanted[0].__name__} must come", "unexpected_message", "message order")
        if isinstance(found, wire.ServerHello) and not self.channel.between_messages:
            self._refuse("a message in clear after ServerHello", "unexpected_message", "record layer")
        self._messages.append(found.raw)
        return found

    def _send(self, raw: bytes) -> None:
        self._messages.append(raw)
        self.channel.send(HANDSHAKE, raw)

    def _hash(self) -> bytes:
        return schedule.transcript_hash(self._messages, self._suite.hash_name)

    def _use(self, label: str, both: tuple[bytes, bytes]) -> None:
        """Take these secrets, and note them as a key log does (RFC 9850 2)."""
        self._secrets = dict(zip(("client", "server"), both, strict=True))
        for end, secret in self._secrets.items():
            self.settled.key_log.append(f"{end.upper()}_{label} {self._hello.random.hex()} {secret.hex()}")


_SPOKEN = Spoken(wire.TLS_1_3)


def _suite(answer: wire.ServerHello) -> Suite:
    """Of a suite that was offered: those have an AEAD."""
    found = suite_of(answer.cipher_suite)
    assert found is not None
    return found


# The extensions of ours that a CertificateRequest may have. Source: RFC 9846 4.3, table 1.
_IN_REQUESTS = {extensions.SERVER_NAME, extensions.SIGNATURE_ALGORITHMS}
# What a client tells a server whose chain it refuses, and else that it is not acceptable. Source: RFC 9846 6.2.
_ALERTS_FOR = {
    "validity": "certificate_expired",
    "trust anchor": "unknown_ca",
    "CRL": "certificate_revoked",
    "signature": "bad_certificate",
    "receiving a certificate": "bad_certificate",
}


def _alert_for(verdict: Verdict) -> str:
    sources = {SOURCES[rule]: alert for rule, alert in _ALERTS_FOR.items()}
    return next((sources[check.source] for check in verdict.failures if check.source in sources), "certificate_unknown")
