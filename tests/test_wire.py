"""Is every byte of a handshake read, named and put back, and is what is no TLS refused with its place?"""

from __future__ import annotations

import pickle

import pytest
from conversations import MADE, made
from hypothesis import given, settings
from hypothesis import strategies as st

from tlslearn import handshake, wire
from tlslearn.check import BadInput
from tlslearn.wire import names
from tlslearn.wire.messages import Spoken
from tlslearn.wire.reading import vector


def spoken(name: str) -> list[wire.Message]:
    return handshake.decrypt(made(name)).messages


def of(name: str, kind: type[wire.Message]) -> wire.Message:
    return next(one for one in spoken(name) if isinstance(one, kind))


@pytest.mark.parametrize("name", MADE)
class TestEveryMessage:
    def test_is_put_back_as_it_was(self, name: str) -> None:
        """What a message says is enough to write it again, byte for byte."""
        for message in spoken(name):
            assert wire.encode(message) == message.raw

    def test_is_covered_by_its_fields(self, name: str) -> None:
        """The fields follow one another without a gap, those inside a vector behind its length."""
        for message in spoken(name):
            assert message.fields[0].start == 0 and message.fields[-1].end == len(message.raw)
            for before, after in zip(message.fields, message.fields[1:], strict=False):
                assert before.end == after.start
            for field in message.fields:
                assert_inside(field)

    def test_leaves_nothing_unknown(self, name: str) -> None:
        """What OpenSSL says today is all named by the tables."""
        for message in spoken(name):
            told = [field for top in message.fields for _, field in top.walk()]
            assert message.name != "unknown"
            assert [field.name for field in told if field.meaning == "unknown" or field.name == "unknown"] == []

    def test_is_refused_where_it_ends_early(self, name: str) -> None:
        """A message cut anywhere is one error, which says where, what was wanted and what was found."""
        conversation = handshake.decrypt(made(name))
        for message in conversation.messages:
            for cut in {4, 5, len(message.raw) // 2, len(message.raw) - 1} - {len(message.raw)}:
                if cut < len(message.raw):
                    with pytest.raises(wire.Malformed) as refused:
                        wire.message(message.raw[:cut])
                    assert 0 <= refused.value.offset <= cut and refused.value.wanted and refused.value.found


def assert_inside(field: wire.Field) -> None:
    at = field.end - sum(inner.end - inner.start for inner in field.inside) if field.inside else field.end
    for inner in field.inside:
        assert inner.start == at, (field.name, inner.name)
        at = inner.end
        assert_inside(inner)
    assert at == field.end


class TestWhatIsSaid:
    def test_a_client_hello(self) -> None:
        hello = of("1.3, P-256", wire.ClientHello)
        assert isinstance(hello, wire.ClientHello)
        assert hello.extension(wire.extensions.SERVER_NAME) == ["localhost"]
        assert wire.TLS_1_3 in hello.extension(wire.extensions.SUPPORTED_VERSIONS)
        assert {share.group for share in hello.extension(wire.extensions.KEY_SHARE)} == {0x001D}
        assert hello.legacy_compression_methods == b"\0" and len(hello.random) == 32
        sni = next(field for top in hello.fields for _, field in top.walk() if field.name == "host_name")
        assert hello.raw[sni.start : sni.end].endswith(b"localhost")

    def test_a_retry(self) -> None:
        """RFC 9846 4.2.4: a ServerHello whose random bytes say so; its key share is a group alone."""
        first, second = [one for one in spoken("1.3, retry") if isinstance(one, wire.ServerHello)]
        assert first.is_retry and not second.is_retry
        assert first.extension(wire.extensions.KEY_SHARE) == 0x0019
        assert second.extension(wire.extensions.KEY_SHARE).group == 0x0019

    def test_a_hybrid_share(self) -> None:
        """1,184 bytes of ML-KEM-768 and 32 of X25519 from the client, 1,088 and 32 from the server."""
        hello, answer = of("1.3, hybrid", wire.ClientHello), of("1.3, hybrid", wire.ServerHello)
        sizes = {share.group: len(share.key_exchange) for share in hello.extension(wire.extensions.KEY_SHARE)}
        assert sizes[0x11EC] == 1216
        assert answer.extension(wire.extensions.KEY_SHARE).group == 0x11EC
        assert len(answer.extension(wire.extensions.KEY_SHARE).key_exchange) == 1120

    def test_an_offered_ticket(self) -> None:
        hello = of("1.3, resumed", wire.ClientHello)
        offered = hello.extension(wire.extensions.PRE_SHARED_KEY)
        assert len(offered.identities) == len(offered.binders) == 1
        assert of("1.3, resumed", wire.ServerHello).extension(wire.extensions.PRE_SHARED_KEY) == 0


class TestWhatIsNotKnown:
    def test_an_unknown_message_is_kept(self) -> None:
        found = wire.message(wire.frame(77, b"abc"))
        assert isinstance(found, wire.Unknown) and found.body == b"abc" and found.name == "unknown"
        assert wire.encode(found) == found.raw

    def test_an_unknown_extension_is_kept(self) -> None:
        hello = wire.client_hello(
            bytes(32), b"", [0x1301], [wire.Extension(0x7777, b"xyz"), wire.Extension(0x2A2A, b"")]
        )
        assert [(one.name, one.data, one.value) for one in hello.extensions] == [
            ("unknown", b"xyz", None),
            ("GREASE", b"", None),
        ]
        assert wire.encode(hello) == hello.raw

    @pytest.mark.parametrize("value", [0x0A0A, 0x1A1A, 0xFAFA, 0x0B, 0xE4])
    def test_grease_is_named(self, value: int) -> None:
        """RFC 8701 2: values that are sent so that nobody stumbles over what is new."""
        assert wire.is_grease(value) and wire.named({}, value) == "GREASE"

    @pytest.mark.parametrize("value", [0x0A1A, 0x0B0B, 0x1301, 0x00, 0x0A])
    def test_others_are_not(self, value: int) -> None:
        assert not wire.is_grease(value)

    def test_a_suite_that_is_not_known_leaves_its_key_exchange_closed(self) -> None:
        found = wire.message(wire.frame(12, b"abc"), 0, Spoken(wire.TLS_1_2, 0x9999))
        assert isinstance(found, wire.Unknown)


class TestRecords:
    def test_they_cover_the_stream(self) -> None:
        stream = made("1.3, P-256").stream("server")
        found = wire.records(stream)
        assert b"".join(record.raw for record in found) == stream
        assert [record.start for record in found] == [0, *(record.end for record in found)][:-1]

    def test_a_last_one_that_is_cut_off(self) -> None:
        stream = made("1.3, P-256").stream("server")
        whole = wire.records(stream)
        assert wire.records(stream[:-1], partial=True) == whole[:-1]
        with pytest.raises(wire.Malformed) as refused:
            wire.records(stream[:-1])
        assert refused.value.offset > whole[-1].start

    @pytest.mark.parametrize("data", [b"HTTP/1.1 400 Bad Request\r\n", b"\x16\x05\x01\0\0", b"\x16\x03\x03\xff\xff"])
    def test_what_is_no_tls_is_refused(self, data: bytes) -> None:
        with pytest.raises(wire.Malformed) as refused:
            wire.records(data)
        assert refused.value.offset <= 3

    def test_an_empty_record_is_one(self) -> None:
        """RFC 9846 5.1: zero-length fragments of application data are allowed."""
        (record,) = wire.records(b"\x17\x03\x03\0\0")
        assert (record.type, record.fragment) == ("application_data", b"")

    def test_an_alert(self) -> None:
        assert repr(wire.alert(b"\x02\x30")) == "<Alert fatal unknown_ca>"
        with pytest.raises(wire.Malformed):
            wire.alert(b"\x02")


class TestHostileBytes:
    @settings(max_examples=300, deadline=None)
    @given(st.binary(max_size=400), st.sampled_from([None, wire.TLS_1_2, wire.TLS_1_3]))
    def test_any_bytes_are_read_or_refused(self, data: bytes, version: int | None) -> None:
        for read in (wire.records, lambda data: wire.messages(data, version=version, cipher_suite=0xC02B)):
            try:
                found = read(data)
            except wire.Malformed as error:
                assert 0 <= error.offset <= len(data)
            else:
                assert b"".join(one.raw for one in found) == data

    @settings(max_examples=300, deadline=None)
    @given(st.sampled_from(sorted(MADE)), st.data())
    def test_changed_messages_are_read_or_refused(self, name: str, data: st.DataObject) -> None:
        conversation = handshake.decrypt(made(name))
        message = data.draw(st.sampled_from(conversation.messages))
        changed = bytearray(message.raw)
        for _ in range(data.draw(st.integers(1, 3))):
            changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
        told = Spoken(conversation.version, conversation.cipher_suite)
        try:
            found = wire.message(bytes(changed), 0, told)
        except wire.Malformed as error:
            assert error.offset <= len(changed)
        else:
            assert wire.encode(found) == found.raw or found.name in ("certificate_status",)

    def test_lying_lengths_cost_nothing(self) -> None:
        """A length of 16 MB in front of nothing is refused at once, whatever the vector."""
        with pytest.raises(wire.Malformed, match="byte 4"):
            wire.message(b"\x0b\xff\xff\xff")

    def test_work_is_linear(self) -> None:
        """Twice the extensions are twice the fields, no more."""
        counts = []
        for number in (100, 200, 400):
            hello = wire.client_hello(bytes(32), b"", [0x1301], [wire.Extension(0x5555, b"")] * number)
            counts.append(sum(1 for top in hello.fields for _ in top.walk()))
        assert counts[2] - counts[1] == 2 * (counts[1] - counts[0])

    def test_an_error_can_be_sent_to_another_process(self) -> None:
        error = wire.Malformed("a record", 7, wanted="5 bytes", found="2")
        again = pickle.loads(pickle.dumps(error))
        assert (str(again), again.offset, again.wanted, again.found) == (str(error), 7, "5 bytes", "2")


class TestWriting:
    def test_too_long_for_its_length(self) -> None:
        with pytest.raises(BadInput, match="256 bytes"):
            vector(bytes(256), 1)

    def test_a_name_outside_ascii(self) -> None:
        with pytest.raises(BadInput, match="xn--"):
            wire.extensions.server_name("bücher.test")

    @settings(max_examples=50, deadline=None)
    @given(
        st.lists(st.sampled_from(sorted(names.CIPHER_SUITES)), min_size=1, max_size=9),
        st.lists(st.sampled_from(sorted(names.GROUPS)), min_size=1, max_size=9),
        st.lists(st.binary(min_size=1, max_size=9), min_size=1, max_size=4),
        st.binary(max_size=32),
    )
    def test_what_is_written_is_read_again(
        self, suites: list[int], groups: list[int], protocols: list[bytes], session_id: bytes
    ) -> None:
        said = [
            wire.extensions.server_name("shop.test"),
            wire.extensions.supported_groups(groups),
            wire.extensions.signature_algorithms([0x0403, 0x0804]),
            wire.extensions.alpn(protocols),
            wire.extensions.supported_versions([wire.TLS_1_3]),
            wire.extensions.key_share([wire.KeyShare(group, b"share") for group in groups]),
            wire.extensions.cookie(b"abc"),
        ]
        hello = wire.client_hello(bytes(range(32)), session_id, suites, said)
        assert hello.cipher_suites == tuple(suites) and hello.legacy_session_id == session_id
        assert [one.data for one in hello.extensions] == [one.data for one in said]
        for wanted, found in zip(said, hello.extensions, strict=True):
            assert found.value == wanted.value
