"""Is every secret, key and record of other people's traces reproduced? RFC 8448; and vectors of RFC 5869 and RFC 7748.

The records of sections 3, 5, 6 and 7 are all here, with the private keys of both ends, but for the server's of section
5. The secrets that the RFC prints stand beside sections 3 and 6; in 5 and 7 the tags of the records hold them.
"""

from __future__ import annotations

import re

import cryptography_vectors
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, x25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from rfc8448 import TRACES, Trace

from tlslearn import handshake, wire
from tlslearn.handshake import schedule
from tlslearn.handshake.client import P256Share, X25519Share
from tlslearn.handshake.protection import of_traffic_secret, suite_of
from tlslearn.handshake.schedule import STAGES, Schedule, expand, expand_label, extract

LABELS = {branch.label: (stage, branch) for stage, (_, branches) in STAGES.items() for branch in branches}


def share_of(group: int, private: str) -> X25519Share | P256Share:
    """The client's own share, with this private key."""
    share = X25519Share() if group == 0x1D else P256Share()
    if isinstance(share, X25519Share):
        share._key = x25519.X25519PrivateKey.from_private_bytes(bytes.fromhex(private))
    else:
        share._key = ec.derive_private_key(int(private, 16), ec.SECP256R1())
    return share


def agree(group: int, private: str, public: bytes) -> bytes:
    return share_of(group, private).agree(public)


def public_of(group: int, private: str) -> bytes:
    share = share_of(group, private)
    if isinstance(share, X25519Share):
        return share._key.public_key().public_bytes_raw()
    return share._key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


class Reading:
    """A trace opened with what is derived from its private key."""

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        hellos = [one for one in handshake.decrypt(trace.flights).messages if one.type in (1, 2)]
        self.client_hello, self.server_hello = hellos[-2], hellos[-1]
        (self.theirs,) = [self.server_hello.extension(51)]
        self.mine = next(one for one in self.client_hello.extension(51) if one.group == trace.group)
        self.shared = agree(trace.group, trace.client_private, self.theirs.key_exchange)
        self.tree = Schedule("sha256", self.shared)
        self.transcript = b"".join(one.raw for one in hellos)
        if len(hellos) == 4:
            first, retry, *more = [one.raw for one in hellos]
            self.transcript = schedule.message_hash(first, "sha256") + retry + b"".join(more)
        self.secrets = {
            label: self.tree.derive("handshake", label, self.hash()) for label in ("c hs traffic", "s hs traffic")
        }
        self.open("s hs traffic", "c hs traffic")
        self.transcript += b"".join(one.raw for one in self.said("server", "handshake"))
        for label in ("c ap traffic", "s ap traffic", "exp master"):
            self.secrets[label] = self.tree.derive("main", label, self.hash())
        self.open(*(label for label in self.secrets if "traffic" in label))
        self.transcript += b"".join(one.raw for one in self.said("client", "handshake"))
        self.secrets["res master"] = self.tree.derive("main", "res master", self.hash())

    def hash(self) -> bytes:
        return schedule.transcript_hash([self.transcript], "sha256")

    def open(self, *labels: str) -> None:
        random = self.client_hello.random.hex()
        lines = [f"{LABELS[label][1].logged} {random} {self.secrets[label].hex()}" for label in labels]
        self.key_log = "\n".join(lines)
        self.opened = handshake.decrypt(self.trace.flights, self.key_log)

    def said(self, sender: str, epoch: str) -> list[wire.Message]:
        found = [one for one in self.opened.said if (one.sender, one.epoch) == (sender, epoch)]
        return [one.what for one in found if isinstance(one.what, wire.Message)]


@pytest.fixture(scope="module", params=TRACES)
def reading(request: pytest.FixtureRequest) -> Reading:
    return Reading(TRACES[request.param])


class TestTraces:
    def test_every_record_opens_and_every_proof_holds(self, reading: Reading) -> None:
        opened = reading.opened
        assert opened.why_closed == "" and opened.rest == {"client": 0, "server": 0}
        wanted = 4 if opened.find(wire.CertificateRequest) else 3  # the server's signature, and a MAC of each end
        assert [check.state for check in opened.checks] == ["pass"] * wanted

    def test_every_record_is_sealed_again(self, reading: Reading) -> None:
        """From its content, under the keys derived here, each protected record comes out byte for byte."""
        protections = {
            (sender, epoch): of_traffic_secret(suite_of(0x1301), reading.secrets[f"{sender[0]} {label} traffic"])
            for sender in ("client", "server")
            for epoch, label in (("handshake", "hs"), ("application", "ap"))
        }
        sealed = 0
        for one in reading.opened.records:
            if one.epoch != "plaintext":
                again = protections[one.sender, one.epoch].seal(one.content_type, one.content or b"")
                assert again == one.record.raw
                sealed += 1
        assert sealed >= 4

    def test_every_message_is_written_again(self, reading: Reading) -> None:
        for message in reading.opened.messages:
            assert wire.encode(message) == message.raw and not isinstance(message, wire.Unknown)

    def test_every_secret_that_is_printed(self, reading: Reading) -> None:
        tree = reading.tree
        known = reading.secrets | {
            "early": tree.early, "shared": reading.shared, "handshake": tree.handshake, "main": tree.main,
        }  # fmt: skip
        assert reading.trace.secrets == {name: known[name].hex() for name in reading.trace.secrets}

    def test_private_keys_belong_to_the_shares(self, reading: Reading) -> None:
        """Both private keys, as far as the trace has them, give the share that was sent and the same secret."""
        trace = reading.trace
        assert public_of(trace.group, trace.client_private) == reading.mine.key_exchange
        if trace.server_private:
            assert public_of(trace.group, trace.server_private) == reading.theirs.key_exchange
            assert agree(trace.group, trace.server_private, reading.mine.key_exchange) == reading.shared
        assert bool(trace.server_private) is (trace is not TRACES["5"])

    def test_both_say_goodbye(self, reading: Reading) -> None:
        alerts = [one for one in reading.opened.said if isinstance(one.what, wire.Alert)]
        assert [(one.sender, one.what.name) for one in alerts] == [
            ("client", "close_notify"),
            ("server", "close_notify"),
        ]


class TestWhatIsSpecial:
    def test_section_3(self) -> None:
        """Fifty bytes each way, keys and IVs, and the secret of the ticket."""
        found = Reading(TRACES["3"])
        assert found.opened.data == {"client": bytes(range(50)), "server": bytes(range(50))}
        protection = of_traffic_secret(suite_of(0x1301), found.secrets["s hs traffic"])
        assert (protection.key.hex(), protection.iv.hex()) == (
            "3fce516009c21727d0f2e4e86ee403bc",
            "5d313eb2671276ee13000b30",
        )
        protection = of_traffic_secret(suite_of(0x1301), found.secrets["c hs traffic"])
        assert (protection.key.hex(), protection.iv.hex()) == (
            "dbfaa693d1762c5b666af5d950258d01",
            "5bd3c71b836e0b76bb73265f",
        )
        protection = of_traffic_secret(suite_of(0x1301), found.secrets["s ap traffic"])
        assert (protection.key.hex(), protection.iv.hex()) == (
            "9f02283b6c9c07efc26bb9f2ac92e356",
            "cf782b88dd83549aadf1e984",
        )
        (mac,) = [one for one in found.said("server", "handshake") if isinstance(one, wire.Finished)]
        assert mac.verify_data.hex() == "9b9b141d906337fbd2cbdce71df4deda4ab42c309572cb7fffee5454b78f0718"
        (ticket,) = found.opened.find(wire.NewSessionTicket)
        assert isinstance(ticket, wire.NewSessionTicket) and ticket.ticket_nonce == b"\0\0"
        psk = expand_label(found.secrets["res master"], "resumption", ticket.ticket_nonce, 32, "sha256")
        assert psk.hex() == "4ecd0eb6ec3b4d87f5d6028f922ca4c5851a277fd41311c9e62d2c9492e1c4f3"

    def test_section_5(self) -> None:
        """A retry for P-256 with a cookie, which comes back; the transcript begins with the hash of the first hello."""
        said = [one for one in Reading(TRACES["5"]).opened.messages if one.type in (1, 2)]
        assert [one.title for one in said] == ["ClientHello", "HelloRetryRequest", "ClientHello", "ServerHello"]
        assert said[1].extension(51) == 0x17 and said[1].extension(44) == said[2].extension(44)

    def test_section_6(self) -> None:
        """An ECDSA server asks a client with an RSA key."""
        found = Reading(TRACES["6"])
        schemes = [one.algorithm for one in found.opened.messages if isinstance(one, wire.CertificateVerify)]
        assert schemes == [0x0403, 0x0804]
        (mac,) = [one for one in found.said("server", "handshake") if isinstance(one, wire.Finished)]
        assert mac.verify_data.hex() == "93b70cdf4781985b96345caac701b4e750d3042df1a689d8faca812251113c11"

    def test_section_7(self) -> None:
        """The session id comes back, and both ends change a cipher that means nothing."""
        found = Reading(TRACES["7"])
        assert len(found.client_hello.legacy_session_id) == 32
        assert found.client_hello.legacy_session_id == found.server_hello.legacy_session_id_echo
        changes = [one for one in found.opened.said if one.what == "change_cipher_spec"]
        assert [(one.sender, one.epoch) for one in changes] == [("server", "plaintext"), ("client", "plaintext")]

    def test_a_changed_record_is_noticed(self) -> None:
        """The tests above can fail: one bit in the server's flight, and nothing behind it opens."""
        trace = TRACES["3"]
        data = bytearray(trace.flights[2].data)
        data[100] ^= 1
        changed = trace._replace(
            flights=[*trace.flights[:2], handshake.Flight("server", bytes(data)), *trace.flights[3:]]
        )
        assert Reading(changed).opened.closed["server"] == 4


def hkdf_vectors() -> list[tuple[str, dict[str, str]]]:
    """RFC 5869 appendix A, A.1 to A.7: the files that cryptography keeps, one block a case."""
    found = []
    for name in ("SHA256", "SHA1"):
        blocks = cryptography_vectors.open_vector_file(f"KDF/rfc-5869-HKDF-{name}.txt", "r").read().split("COUNT = ")
        found += [(name.lower(), dict(re.findall(r"^(\w+) *= *(\w*)$", block, re.MULTILINE))) for block in blocks[1:]]
    return found


@pytest.mark.parametrize(("name", "case"), hkdf_vectors())
def test_hkdf(name: str, case: dict[str, str]) -> None:
    secret, salt, info = (bytes.fromhex(case.get(key, "")) for key in ("IKM", "salt", "info"))
    found = extract(salt, secret, name)
    assert found.hex() == case["PRK"]
    assert expand(found, info, int(case["L"]), name).hex() == case["OKM"]


def test_every_case_of_hkdf_is_there() -> None:
    assert len(hkdf_vectors()) == 7


def test_x25519() -> None:
    """RFC 7748 6.1, by the client's share."""
    alice, bob = (
        ("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
         "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"),
        ("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb",
         "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f"),
    )  # fmt: skip
    for (private, _), (_, public) in ((alice, bob), (bob, alice)):
        shared = agree(0x1D, private, bytes.fromhex(public))
        assert shared.hex() == "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742"
