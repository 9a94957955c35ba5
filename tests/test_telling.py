"""Does `tlslearn handshake` tell every record and message, live and from a file, and is its JSON what it promises?"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from certificates import impostor, issued, root
from conversations import MADE, SAY, made
from cryptography.hazmat.primitives.serialization import Encoding

from tlslearn import cli, handshake, live, wire
from tlslearn.handshake import capture, telling
from tlslearn.handshake.capture import Conversation

KEYS = {
    "client", "server", "error", "version", "cipher_suite", "server_name", "alpn", "groups", "client_random",
    "server_random", "certificates", "records", "checks", "application_data", "not_opened", "missing_bytes",
    "cut_off_bytes",
}  # fmt: skip
OF_RECORDS = {"sender", "type", "version", "length", "keys", "content_type", "content_length", "said"}


def described(name: str) -> dict:
    return telling.described(Conversation(tuple(made(name).flights)), made(name).key_log)


class TestTold:
    @pytest.mark.parametrize("name", MADE)
    def test_the_schema(self, name: str) -> None:
        """Number 1 has these keys, whatever the version: a change of them needs another number."""
        told = described(name)
        assert telling.SCHEMA == 1 and set(told) == KEYS and json.loads(json.dumps(told)) == told
        assert all(set(one) == OF_RECORDS for one in told["records"])

    @pytest.mark.parametrize("name", MADE)
    def test_it_says_what_was_opened(self, name: str) -> None:
        opened, told = handshake.decrypt(made(name)), described(name)
        said = [one["name"] for record in told["records"] for one in record["said"] if "length" in one]
        assert said == [message.title for message in opened.messages]
        assert told["application_data"]["client"] == {"bytes": len(SAY[0]), "text": SAY[0].decode()}
        assert told["server_name"] == ["localhost"] and told["version"] == f"TLSv{name[:3]}"
        assert told["not_opened"] == {"client": 0, "server": 0, "why": ""}
        assert told["groups"]["selected"] in {**dict.fromkeys(told["groups"]["offered"]), None: None}
        assert (told["groups"]["selected"] is None) == (name == "1.2, resumed")

    def test_certificates_by_serial(self) -> None:
        told = described("1.3, P-256")
        wanted = [f"{one.serial_number:x}" for one in issued("p256").chain]
        assert [one["serial"] for one in told["certificates"]] == wanted

    @pytest.mark.parametrize("name", MADE)
    def test_as_text(self, name: str) -> None:
        told = described(name)
        text = telling.text(told)
        for message in handshake.decrypt(made(name)).messages:
            assert f"    {message.title}, {len(message.raw)} bytes" in text
        for one in told["certificates"]:
            assert f"serial {one['serial']}" in text
        assert "server name: localhost" in text and "server says, 8 bytes:\n  2 copies" in text

    def test_what_a_terminal_would_obey_is_escaped(self) -> None:
        hello = wire.client_hello(bytes(32), b"", [0x1301], [wire.extensions.server_name("\x1b[2J")])
        told = telling.described(Conversation((handshake.Flight("client", wire.record(22, hello.raw)),)))
        assert "\x1b" not in telling.text(told) and "\\x1b[2J" in telling.text(told)

    def test_what_is_no_tls(self) -> None:
        told = telling.described(Conversation((handshake.Flight("client", b"GET / HTTP/1.1\r\n"),), "a:1", "b:2"))
        assert "no TLS" in telling.text(told) and telling.text(told).startswith("client a:1, server b:2")

    def test_a_conversation_cut_off(self) -> None:
        flights = made("1.3, P-256").flights
        cut = (flights[0], handshake.Flight("server", flights[1].data[:300]))
        told = telling.described(Conversation(cut))
        assert told["cut_off_bytes"]["server"] > 5 and "cut off: the last" in telling.text(told)

    def test_gaps_and_closed_records(self) -> None:
        conversation = Conversation(tuple(made("1.3, P-256").flights), missing={"server": 7})
        text = telling.text(telling.described(conversation))
        assert "missing: 7 bytes of the server" in text and "not opened: 3 records of the client" in text


@pytest.fixture
def anchor(tmp_path: Path) -> str:
    path = tmp_path / "root.pem"
    path.write_bytes(root().certificate.public_bytes(Encoding.PEM))
    return str(path)


class TestCommand:
    def test_a_capture_with_the_secrets_beside_it(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        written, secrets = made("1.3, mutual").capture(tmp_path / "shop.pcap")
        assert cli.main(["handshake", str(written)]) == cli.GOOD
        beside = capsys.readouterr().out
        assert "CertificateVerify" in beside and "GET /orders" in beside
        secrets.rename(tmp_path / "other.log")
        assert cli.main(["handshake", str(written)]) == cli.GOOD
        assert "GET /orders" not in capsys.readouterr().out
        assert cli.main(["handshake", str(written), "--keylog", str(tmp_path / "other.log")]) == cli.GOOD
        assert capsys.readouterr().out == beside

    def test_json(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        flights = [made(name).flights for name in ("1.3, P-256", "1.2, RSA")]
        (tmp_path / "two.pcap").write_bytes(capture.pcap(flights))
        (tmp_path / "two.keys").write_text(made("1.3, P-256").key_log + made("1.2, RSA").key_log)
        assert cli.main(["handshake", str(tmp_path / "two.pcap"), "--json"]) == cli.GOOD
        told = json.loads(capsys.readouterr().out)
        assert told["schema"] == 1 and [one["version"] for one in told["conversations"]] == ["TLSv1.3", "TLSv1.2"]

    def test_a_signature_that_does_not_hold(self, tmp_path: Path) -> None:
        """TLS 1.2 shows a changed ServerKeyExchange to everybody."""
        flights = list(made("1.2, P-256").flights)
        data = bytearray(flights[1].data)
        (exchange,) = handshake.decrypt(made("1.2, P-256")).find(wire.ServerKeyExchange)
        at = data.index(exchange.raw)
        data[at + len(exchange.raw) - 1] ^= 1
        flights[1] = handshake.Flight("server", bytes(data))
        (tmp_path / "changed.pcap").write_bytes(capture.pcap([flights]))
        assert cli.main(["handshake", str(tmp_path / "changed.pcap")]) == cli.NOT_GOOD

    def test_live(self, anchor: str, capsys: pytest.CaptureFixture[str]) -> None:
        with live.serve(issued(), answer=b"2 copies of Emma") as server:
            asked = ["handshake", str(server.address), "--trust", anchor, "--host", "localhost"]
            assert cli.main(asked) == cli.GOOD
        told = capsys.readouterr().out
        assert "EncryptedExtensions" in told and "2 copies of Emma" in told and told.count("✓") == 3

    def test_live_and_refused(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        path = tmp_path / "impostor.pem"
        path.write_bytes(impostor().certificate.public_bytes(Encoding.PEM))
        with live.serve(issued()) as server:
            asked = ["handshake", str(server.address), "--trust", str(path), "--host", "localhost", "--json"]
            assert cli.main(asked) == cli.NOT_GOOD
        told = json.loads(capsys.readouterr().out)
        assert "unknown_ca" in told["refused"]
        assert told["conversations"][0]["records"][-1]["said"][0]["description"] == "unknown_ca"

    @pytest.mark.parametrize("more", [["--trust", "system"], ["--host", "localhost"]])
    def test_options_of_no_use(self, more: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        written, _ = made("1.3, P-256").capture(tmp_path / "shop.pcap")
        assert cli.main(["handshake", str(written), *more]) == cli.WRONG_USAGE
        assert cli.main(["handshake", "localhost:1", "--keylog", "x"]) == cli.WRONG_USAGE
        assert capsys.readouterr().err.count("of no use") == 2

    def test_a_file_that_is_not_there(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert cli.main(["handshake", "none.pcap"]) == cli.WRONG_USAGE
        assert "cannot read" in capsys.readouterr().err

    def test_nobody_answers(self) -> None:
        with live.serve(issued()) as server:
            address = str(server.address)
        assert cli.main(["handshake", address]) == cli.CANNOT_TELL
