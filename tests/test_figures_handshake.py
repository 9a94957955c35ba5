"""Do ladder, tree and annotated bytes show what the parser found, and stay the same where bytes differ?"""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from conversations import MADE, made, talk
from test_figures_bytes import drawn, texts

from tlslearn import BadInput, figures, handshake, wire
from tlslearn.course import outputs
from tlslearn.figures import annotated, byte_fields, byte_map, flights, key_schedule
from tlslearn.figures.own_handshake import FLIGHTS
from tlslearn.handshake.schedule import STAGES

SANITIZE = Path(__file__).with_name("nbval_sanitize.cfg")


class TestLadder:
    @pytest.mark.parametrize("name", MADE)
    def test_all_that_is_said_is_in_it(self, name: str) -> None:
        opened = handshake.decrypt(made(name))
        picture = flights(made(name))
        shown = " ".join(texts(picture, "small"))
        for message in opened.messages:
            assert message.title in picture.twin and message.title in shown and message.title in picture.alt
        total = sum(
            int(re.sub(r".*, ([\d,]+) bytes.*", r"\1", one).replace(",", "")) for one in texts(picture, "label")
        )
        assert total == sum(len(one.data) for one in made(name).flights)

    def test_it_tells_what_is_in_clear(self) -> None:
        """RFC 9846 2, figure 1: after ServerHello all but the change of cipher is protected."""
        lines = [line.split("  ") for line in flights(made("1.3, P-256")).twin.splitlines()]
        told = [tuple(part for part in (cell.strip() for cell in line) if part) for line in lines]
        assert told[:5] == [
            ("client", "in clear", "ClientHello"),
            ("server", "in clear", "ServerHello, change_cipher_spec"),
            ("server", "under handshake keys", "EncryptedExtensions, Certificate, CertificateVerify, Finished"),
            ("client", "in clear", "change_cipher_spec"),
            ("client", "under handshake keys", "Finished"),
        ]
        kinds = [
            rect.get("class") for rect in drawn(flights(made("1.3, P-256"))).iter("{http://www.w3.org/2000/svg}rect")
        ]
        assert kinds.count("box") == 3 and kinds.count("strong") == len(told) - 3

    def test_what_a_listener_sees(self) -> None:
        """Without the secrets no name after ServerHello, in twin, words or drawing."""
        picture = flights(handshake.decrypt(made("1.3, mutual").flights))
        everything = picture.twin + picture.alt + (picture.svg or "")
        assert "ServerHello" in everything and "not opened" in picture.twin
        assert not re.search("Certificate|Finished|Ticket", everything)

    def test_twin_and_words_outlive_new_keys(self) -> None:
        one, other = flights(talk("TLSv1_3")), flights(talk("TLSv1_3"))
        assert (one.twin, one.alt) == (other.twin, other.alt) and one.varies

    def test_a_title(self) -> None:
        assert flights(made("1.3, retry"), title="A retry").twin.startswith("A retry\nclient")

    def test_a_conversation_without_words(self) -> None:
        with pytest.raises(BadInput, match="nothing was said"):
            flights(handshake.Transcript())


class TestKeySchedule:
    def test_it_is_the_parsers_tree(self) -> None:
        picture = key_schedule()
        for stage, (_, branches) in STAGES.items():
            assert f"{stage} secret" in picture.twin and f"{stage} secret" in texts(picture, "head")
            for branch in branches:
                assert f'"{branch.label}"' in texts(picture, "small") and branch.label in picture.alt
        assert not picture.varies and key_schedule() == picture

    def test_values_stand_in_the_drawing_alone(self) -> None:
        picture = key_schedule({"main": bytes(range(32)), "c hs traffic": b"\xff" * 32})
        assert {"00 01 02 03 04 05 06 07 …", "ff ff ff ff ff ff ff ff …"} <= set(texts(picture, "label"))
        assert picture.twin == key_schedule().twin and picture.varies and "08" not in "".join(texts(picture, "label"))

    def test_another_name(self) -> None:
        with pytest.raises(BadInput, match="'master'"):
            key_schedule({"master": b""})


class Page(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text.append(data)


class TestAnnotated:
    @pytest.mark.parametrize("name", MADE)
    def test_every_byte_stands_beside_a_field(self, name: str) -> None:
        """On the left all bytes of a message in order, each once."""
        for message in handshake.decrypt(made(name)).messages:
            rows = [text for text in Page(annotated(message)._repr_html_()).text if re.match(r"\d{5}  ", text)]
            assert [int(row[:5]) for row in rows] == sorted(int(row[:5]) for row in rows)
            if len(message.raw) < 256:
                shown = Page(re.sub("<br>(&nbsp;)*", " ", annotated(message)._repr_html_())).text
                left = " ".join(text[7:] for text in shown if re.match(r"\d{5}  ", text))
                assert bytes.fromhex(left) == message.raw

    def test_as_text(self) -> None:
        found = repr(annotated(handshake.decrypt(made("1.3, P-256")).messages[0]))
        assert re.search(r"^    0  01 +msg_type  client_hello \(1\)$", found, re.MULTILINE)
        assert "host_name  localhost" in found and re.search(r"13 02 +cipher_suite  TLS_AES_256_GCM_SHA384", found)
        assert "random  32 bytes" in found and all(line == line.rstrip() for line in found.splitlines())

    def test_records_too(self) -> None:
        record = handshake.decrypt(made("1.3, P-256")).records[0].record
        assert repr(annotated(record)).splitlines()[1] == f"    0  16{' ' * 23}  type  handshake (22)"

    def test_it_has_no_script_and_no_colours(self) -> None:
        """So it follows whatever theme the notebook has."""
        page = Page(annotated(*handshake.decrypt(made("1.3, P-256")).messages)._repr_html_())
        assert {tag for tag, _ in page.tags} <= {"table", "caption", "thead", "tbody", "tr", "th", "td", "code", "br"}
        assert not [attributes for _, attributes in page.tags if "color" in str(attributes) or "on" in attributes]

    def test_what_a_server_says_cannot_break_it(self) -> None:
        evil = wire.client_hello(bytes(32), b"", [0x1301], [wire.extensions.server_name("<script>&")])
        assert "<script" not in annotated(evil)._repr_html_() and "&lt;script&gt;" in annotated(evil)._repr_html_()

    @pytest.mark.parametrize("name", ["1.3, P-256", "1.3, RSA", "1.2, P-256"])
    def test_what_differs_from_run_to_run_is_marked(self, name: str) -> None:
        """Two connections give the same text, and the same table to the comparison of outputs."""
        rules = outputs.read_rules(SANITIZE)
        told = []
        for transcript in (made(name), MADE[name]()):
            view = annotated(*handshake.decrypt(transcript).messages, exact=False)
            data = {"text/plain": repr(view), "text/html": view._repr_html_()}
            told.append([{"output_type": "display_data", "data": data, "metadata": {}}])
        assert outputs.equal(*told, rules)
        assert told[0] != told[1]


class TestByteFields:
    @pytest.mark.parametrize("name", MADE)
    def test_they_go_into_a_map(self, name: str) -> None:
        for message in handshake.decrypt(made(name)).messages:
            fields = byte_fields(message)
            assert byte_map(message.raw, fields, title=message.title).twin.startswith(message.title)

    def test_an_extension_bears_its_name(self) -> None:
        (hello, *_) = handshake.decrypt(made("1.3, P-256")).messages
        fields = {label: hello.raw[start:end] for start, end, label in byte_fields(hello)}
        assert fields["server_name"].endswith(b"localhost") and fields["msg_type"] == b"\x01"
        closed = [label for _, _, label in byte_fields(hello, opened=())]
        assert closed[-1] == "extensions" and "server_name" not in closed

    def test_of_a_message_that_stands_elsewhere(self) -> None:
        """Places are those in the message, wherever it stood."""
        raw = b"".join(message.raw for message in handshake.decrypt(made("1.3, P-256")).messages[:1]) * 2
        first, second = wire.messages(raw)
        assert byte_fields(first) == byte_fields(second)


def test_the_face_has_them() -> None:
    assert {"annotated", "byte_fields", "flights", "key_schedule"} <= set(figures.__all__)


class TestOwnHandshake:
    def test_flips_say_what_was_drawn(self) -> None:
        rows = [("ClientHello", ["read"] * 70 + ["nobody"]), ("Finished", ["tag"] * 3)]
        picture = figures.flips(rows, order=("read", "tag", "nobody"), title="Who?")
        assert picture.twin.splitlines() == [
            "Who?",
            "  ClientHello: read (over half); nobody (under an eighth)",
            "  Finished: tag",
        ]
        assert {"read, 70 of 74", "tag, 3 of 74", "nobody, 1 of 74"} <= set(texts(picture, "small"))
        assert picture.varies and "nobody" in picture.alt

    @pytest.mark.parametrize("rows", [[], [("a", ["unheard of"])]])
    def test_what_cannot_be_drawn(self, rows: list[tuple[str, list[str]]]) -> None:
        with pytest.raises(BadInput):
            figures.flips(rows, order=("read",), title="Who?")

    def test_the_head_shows_the_messages_of_a_handshake(self) -> None:
        """In the order, and in clear or not, as in a real one."""
        said = [one for one in handshake.decrypt(made("1.3, P-256")).said if isinstance(one.what, wire.Message)]
        real = [(one.sender, one.what.title, one.epoch == "plaintext") for one in said if one.epoch != "application"]
        drawn = [(sender, *message) for sender, messages, _ in FLIGHTS for message in messages]
        assert drawn == real

    def test_a_hello_inside_a_hello(self) -> None:
        assert "ClientHelloInner (server name: shop.example" in figures.encrypted_hello().twin
