"""Is a conversation opened with its secrets, is every signature and MAC judged, and is a changed bit seen?"""

from __future__ import annotations

import hashlib
import random
import ssl
from collections import Counter

import pytest
from conversations import MADE, SAY, contexts, made, talk
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF, HKDFExpand

from tlslearn import BadInput, handshake, wire
from tlslearn.handshake import schedule

NEVER_SIGNED = ("1.3, resumed", "1.2, resumed")


@pytest.mark.parametrize("name", MADE)
class TestEveryConversation:
    def test_is_opened_whole(self, name: str) -> None:
        """No record stays closed, and what both ends said stands there."""
        found = handshake.decrypt(made(name))
        assert found.closed == {"client": 0, "server": 0} and not found.why_closed
        assert found.data == {"client": SAY[0], "server": SAY[1]}
        assert made(name).read == {"client": SAY[1], "server": SAY[0]}

    def test_every_signature_and_mac_holds(self, name: str) -> None:
        found = handshake.decrypt(made(name))
        assert {check.state for check in found.checks} == {"pass"}
        rules = Counter(check.source for check in found.checks)
        late = name == "1.3, certificate asked for late"
        assert rules["RFC 9846 4.5.3"] + rules["RFC 5246 7.4.9"] == 2 + late
        signatures = rules["RFC 9846 4.5.2"] + rules["RFC 8422 5.4"] + rules["RFC 5246 7.4.8"]
        assert signatures == (0 if name in NEVER_SIGNED else 1 + ("mutual" in name or late))

    def test_without_secrets_it_stays_closed(self, name: str) -> None:
        """An eavesdropper sees the hello of each end, and counts records."""
        found = handshake.decrypt(made(name).flights)
        assert found.data == {"client": b"", "server": b""}
        assert found.closed["client"] and found.closed["server"] and "secret" in found.why_closed
        assert all(
            check.state != "pass" or check.source == "RFC 8422 5.4" or "7.4.8" in check.source for check in found.checks
        )

    def test_with_the_secrets_of_another_it_stays_closed(self, name: str) -> None:
        other = made("1.3, RSA" if name != "1.3, RSA" else "1.3, P-256")
        assert handshake.decrypt(made(name).flights, other.key_log).data == {"client": b"", "server": b""}

    def test_the_cuts_do_not_matter(self, name: str) -> None:
        """Records and messages are found whatever pieces they arrive in."""
        whole = handshake.decrypt(made(name))
        pieces = [
            handshake.Flight(one.sender, one.data[at : at + size])
            for one in made(name).flights
            for size in (7,)
            for at in range(0, len(one.data), size)
        ]
        found = handshake.decrypt(pieces, made(name).key_log)
        assert [message.raw for message in found.messages] == [message.raw for message in whole.messages]
        assert found.data == whole.data


class TestWhatIsSaid:
    def test_in_the_order_of_the_standard(self) -> None:
        """RFC 9846 2, figure 1."""
        found = handshake.decrypt(made("1.3, mutual"))
        told = [(one.sender, one.epoch, one.what.name) for one in found.said if isinstance(one.what, wire.Message)]
        assert told[:10] == [
            ("client", "plaintext", "client_hello"),
            ("server", "plaintext", "server_hello"),
            ("server", "handshake", "encrypted_extensions"),
            ("server", "handshake", "certificate_request"),
            ("server", "handshake", "certificate"),
            ("server", "handshake", "certificate_verify"),
            ("server", "handshake", "finished"),
            ("client", "handshake", "certificate"),
            ("client", "handshake", "certificate_verify"),
            ("client", "handshake", "finished"),
        ]

    def test_both_say_goodbye(self) -> None:
        alerts = [one for one in handshake.decrypt(made("1.3, P-256")).said if isinstance(one.what, wire.Alert)]
        assert [(one.sender, one.what.name) for one in alerts] == [
            ("client", "close_notify"),
            ("server", "close_notify"),
        ]

    def test_a_refusal_is_heard(self) -> None:
        """The client's last word, which OpenSSL says in clear: it writes under no keys before its own second flight."""
        client, server = contexts("TLSv1_3")
        found = handshake.run(client, server, "other.test")
        assert isinstance(found.errors["client"], ssl.SSLCertVerificationError)
        alerts = [one for one in handshake.decrypt(found).said if isinstance(one.what, wire.Alert)]
        assert [(one.sender, one.epoch, one.what.name) for one in alerts] == [
            ("client", "plaintext", "bad_certificate")
        ]

    def test_every_record_is_kept_with_what_it_carried(self) -> None:
        """Records in order, each with what its sender meant; what is said and the data are all in them."""
        found = handshake.decrypt(made("1.3, P-256"))
        for sender in ("client", "server"):
            raw = b"".join(one.record.raw for one in found.records if one.sender == sender)
            assert raw == made("1.3, P-256").stream(sender)
            data = [
                one.content or b"" for one in found.records if (one.sender, one.type) == (sender, "application_data")
            ]
            assert b"".join(data) == found.data[sender]
        assert [said for one in found.records for said in one.said] == found.said
        assert {(one.epoch, one.record.type) for one in found.records} == {
            ("plaintext", "handshake"),
            ("plaintext", "change_cipher_spec"),
            ("handshake", "application_data"),
            ("application", "application_data"),
        }

    def test_what_is_closed_is_kept_too(self) -> None:
        """An eavesdropper counts records and bytes."""
        found = handshake.decrypt(made("1.3, P-256").flights)
        closed = [one for one in found.records if one.epoch == "closed"]
        assert len(closed) == sum(found.closed.values()) and {one.content for one in closed} == {None}

    def test_one_end_alone_opens_nothing(self) -> None:
        """Without a ServerHello nobody knows the suite: what is sealed stays closed."""
        alone = [handshake.Flight("client", made("1.3, P-256").stream("client"))]
        found = handshake.decrypt(alone, made("1.3, P-256").key_log)
        assert found.closed["client"] == 3 and found.data["client"] == b""

    def test_the_certificate_is_found_in_the_bytes(self) -> None:
        (sent,) = handshake.decrypt(made("1.3, P-256")).find(wire.Certificate, "server")
        der = [entry.cert_data for entry in sent.certificate_list]
        assert all(one in sent.raw for one in der) and len(der) == 2


class TestHostileConversations:
    def test_each_certificate_serves_for_one_signature(self) -> None:
        """Ten thousand signatures after one certificate are not judged ten thousand times."""
        said = handshake.decrypt(made("1.2, mutual")).messages
        raw = {message.title: message.raw for message in said}
        server = raw["ServerHello"] + raw["Certificate"] + raw["CertificateVerify"] * 3
        flights = [
            handshake.Flight("client", wire.record(22, raw["ClientHello"])),
            handshake.Flight("server", wire.record(22, server)),
        ]
        assert [check.state for check in handshake.decrypt(flights).checks] == ["fail", "skip", "skip"]

    def test_records_inside_a_message_that_never_ends(self) -> None:
        flights = [handshake.Flight("server", wire.record(22, b"\x02\xff\xff\xff") + wire.record(22, b"a") * 1000)]
        found = handshake.decrypt(flights)
        assert len(found.records) == 1001 and found.rest["server"] == 1004 and found.said == []

    def test_what_is_no_alert(self) -> None:
        with pytest.raises(wire.Malformed, match="alert"):
            handshake.decrypt([handshake.Flight("server", wire.record(21, b"\x02"))])

    @pytest.mark.parametrize("cut", [1, 5, 6, 100, 500])
    def test_a_conversation_that_breaks_off(self, cut: int) -> None:
        """What came is told, and what is left over is counted."""
        whole = made("1.3, P-256")
        cut_off = [*whole.flights[:1], handshake.Flight("server", whole.flights[1].data[:cut])]
        found = handshake.decrypt(cut_off, whole.key_log)
        records = sum(len(one.record.raw) for one in found.records if one.sender == "server")
        assert records + found.rest["server"] >= cut


class TestOneBit:
    def test_each_flip_is_noticed_but_in_what_nobody_protects(self) -> None:
        """A sample of bits in each flight: who is silent about a change is a record header in clear, or a change of
        cipher that means nothing in TLS 1.3 (RFC 9846 5)."""
        client, server = contexts("TLSv1_3")
        draw = random.Random(9846)
        sizes = [len(flight.data) for flight in talk("TLSv1_3").flights[:3]]
        silent = []
        for number, size in enumerate(sizes):
            for at in sorted(draw.sample(range(size), 40)):
                found = handshake.run(client, server, "localhost", change=_flip(number, at))
                if found.complete and not found.errors:
                    silent.append((number, at))
        assert all(_unprotected(number, at, made("1.3, P-256")) for number, at in silent), silent

    def test_a_changed_flight_is_told_beside_what_was_sent(self) -> None:
        client, server = contexts("TLSv1_3")
        found = handshake.run(client, server, "localhost", change=_flip(1, 200))
        flight = found.flights[1]
        assert flight.delivered is not None and flight.delivered != flight.data
        assert found.errors


def _flip(wanted: int, at: int) -> handshake.Change:
    def change(number: int, flight: handshake.Flight) -> bytes:
        data = bytearray(flight.data)
        if number == wanted and at < len(data):
            data[at] ^= 1
        return bytes(data)

    return change


def _unprotected(number: int, at: int, like: handshake.Transcript) -> bool:
    """Whether the byte stands in the header of a record in clear, or in a ChangeCipherSpec."""
    for record in wire.records(like.flights[number].data):
        if record.start <= at < record.end:
            header = at < record.start + 5
            return record.type == "change_cipher_spec" or (record.type == "handshake" and header)
    return False


class TestSchedule:
    @pytest.mark.parametrize("name", ["sha256", "sha384"])
    def test_hkdf_agrees_with_cryptography(self, name: str) -> None:
        """RFC 5869, against the library, over lengths of part of a block to several."""
        hashed = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384()}[name]
        draw = random.Random(5869)
        for length in (1, 16, 32, 48, 100, 255 * hashed.digest_size):
            salt, secret, info = (draw.randbytes(draw.randrange(1, 80)) for _ in range(3))
            pseudorandom = schedule.extract(salt, secret, name)
            wanted = HKDF(hashed, length, salt, info).derive(secret)
            assert schedule.expand(pseudorandom, info, length, name) == wanted
            assert HKDFExpand(hashed, length, info).derive(pseudorandom) == wanted

    def test_too_long(self) -> None:
        with pytest.raises(BadInput, match="255 blocks"):
            schedule.expand(b"secret", b"", 255 * 32 + 1, "sha256")

    @pytest.mark.parametrize("name", [name for name in MADE if name.startswith("1.3")])
    def test_traffic_secrets_belong_to_their_transcript(self, name: str) -> None:
        """Each Finished is a MAC under a secret of the log: the check above would fail for any other."""
        secrets = schedule.key_log(made(name).key_log)
        labels = {label for label, _ in secrets}
        assert {"CLIENT_HANDSHAKE_TRAFFIC_SECRET", "SERVER_TRAFFIC_SECRET_0"} <= labels

    def test_a_key_log_with_other_lines(self) -> None:
        found = schedule.key_log("# a comment\n\nCLIENT_RANDOM 00ff aa\nnonsense\nA B C D\nX zz 00\n")
        assert found == {("CLIENT_RANDOM", b"\x00\xff"): b"\xaa"}

    def test_message_hash(self) -> None:
        """RFC 9846 4.1: type 254, a length, and the hash."""
        assert schedule.message_hash(b"hello", "sha256") == b"\xfe\0\0\x20" + hashlib.sha256(b"hello").digest()


def test_what_is_no_context() -> None:
    with pytest.raises(BadInput, match="SSLContext"):
        handshake.run("context", contexts()[1], "localhost")


def test_the_clients_own_key_log_is_put_back(tmp_path) -> None:
    client, server = contexts()
    client.keylog_filename = str(tmp_path / "mine.log")
    handshake.run(client, server, "localhost")
    assert client.keylog_filename == str(tmp_path / "mine.log")
