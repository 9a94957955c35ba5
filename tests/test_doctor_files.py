"""Does the doctor say what is wrong with certificate files, whatever they hold, and never more than it knows?"""

from __future__ import annotations

import base64
import json
import os
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import certifi
import pytest
from broken import CHAINS, FILES, LONG_AGO, READABLE, TABLE, Case, ca, full, good, key_pem, pem, put, root_
from certificates import root as lab_root
from certificates import ssl_code
from chains import HOST, NOW, dns, key, leaf, root
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from judges import need

from tlslearn import Authority, BadInput, chain, cli, doctor
from tlslearn.authority import FAULTS as FAULTS_OF_AUTHORITY
from tlslearn.authority import Fault
from tlslearn.course import contents
from tlslearn.doctor import reading
from tlslearn.doctor.causes import CAUSES
from tlslearn.doctor.diagnosis import Diagnosis


@contextmanager
def inside(folder: Path) -> Iterator[Path]:
    """In this folder, so that the names of the files are short."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield folder
    finally:
        os.chdir(before)


def written(folder: Path, files: dict[str, bytes]) -> list[str]:
    for label, data in files.items():
        (folder / label).write_bytes(data)
    return list(files)


def examined(folder: Path, case: Case) -> Diagnosis:
    with inside(folder):
        names = written(folder, case.make())
        return doctor.examine(names, trust=case.trust(), hostname=case.host, **case.asked)


class TestTable:
    @pytest.mark.parametrize("label", TABLE)
    def test_each_has_its_cause(self, tmp_path: Path, label: str) -> None:
        """The right row, in whole sentences, with the place and what else has to be said."""
        case = TABLE[label]
        found = examined(tmp_path, case)
        assert found.kind == case.kind, str(found)
        assert found.ok is CAUSES[case.kind].ok
        text = " ".join(str(found).split())
        assert all(part in text for part in case.says), str(found)
        assert case.place in (None, found.place)
        for sentence in (found.cause, found.fix_server, found.fix_client, found.avoid, *found.also):
            assert "{" not in sentence and "  " not in sentence and " ." not in sentence and " ," not in sentence
        assert found.notebook in ("03", "04", "05")
        assert (found.ok is not False) or found.fix_server or found.fix_client

    @pytest.mark.parametrize("label", CHAINS)
    def test_what_decided_is_shown(self, tmp_path: Path, label: str) -> None:
        """A chain with a fault: a failed check with its section, and a broken or missing link in the drawing."""
        found = examined(tmp_path, CHAINS[label])
        if found.ok is False:
            assert found.failed in found.checks and found.failed is not None and found.failed.source
            assert any(link.state in ("broken", "missing") for link in found.links)
            assert found.failed.state == ("lint" if found.kind == "authority_key_identifier" else "fail")
        assert not any("out of order" in text for text in found.warnings)

    @pytest.mark.parametrize("label", [label for label in CHAINS if TABLE[label].asked.get("purpose") != "client"])
    def test_the_checks_are_those_of_chain(self, tmp_path: Path, label: str) -> None:
        """Every rule that `chain` looks at is among the checks."""
        found = examined(tmp_path, CHAINS[label])
        rules = {check.rule for check in found.checks}
        assert {"the certificate is in its time", "the certificate covers the host"} <= rules and len(rules) > 10

    def test_the_order_of_the_files_is_nothing(self, tmp_path: Path) -> None:
        """The same files the other way round: the same cause, place and links."""
        for label in CHAINS:
            with inside(tmp_path):
                names = written(tmp_path, {f"{n}.pem": pem(one) for n, one in enumerate(_certificates(CHAINS[label]))})
                case = CHAINS[label]
                both = [
                    doctor.examine(order, trust=case.trust(), hostname=case.host, **case.asked)
                    for order in (names, names[::-1])
                ]
            if label != "an old leaf before its successor":
                assert both[0].kind == both[1].kind == case.kind, label
                assert both[0].links == both[1].links and both[0].place == both[1].place

    @pytest.mark.parametrize("label", READABLE)
    def test_the_order_is_complained_of_only_where_it_is_wrong(self, tmp_path: Path, label: str) -> None:
        """A warning about the order where a PEM file has another than servers want, and nowhere else."""
        told = [text for text in examined(tmp_path, READABLE[label]).warnings if "out of order" in text]
        assert len(told) == ("out of order" in label)

    def test_what_is_good_is_called_good_only_if_it_was_asked(self) -> None:
        """Of what the table calls valid nothing is left unasked but revocation, and what is said not to be checked."""
        assert {case.kind for case in READABLE.values()} == {"valid", "name not checked", "key not read", "wrong form"}
        assert not {case.kind for case in (FILES | CHAINS).values()} & {"valid", "name not checked"}
        assert len(TABLE) >= 60


def _certificates(case: Case) -> list[x509.Certificate]:
    data = b"".join(case.make().values())
    return x509.load_pem_x509_certificates(data)


# What each fault of `authority` is called; those that are missing are valid, with a remark.
WRONG_ON_PURPOSE = {
    "expired": "expired",
    "not-yet-valid": "not yet valid",
    "signature-changed": "changed",
    "rsa1024": "key_strength",
    "wrong-host": "host",
    "wildcard-only": "host",
    "no-san": "no names",
    "address-as-dns-name": "host form",
    "eku-client-only": "extended_key_usage",
    "no-digital-signature": "leaf_key_usage",
    "leaf-is-ca": "leaf_is_no_ca",
    "leaf-may-sign": "leaf_key_usage",
    "name-outside-constraints": "name_constraints",
    "unknown-critical-extension": "critical_extensions",
    "wrong-authority-key-identifier": "authority_key_identifier",
    "issuer-is-no-ca": "issuer_is_ca",
    "issuer-may-not-sign": "issuer_may_sign",
    "issuer-expired": "expired CA",
    "path-length-exceeded": "path_length",
    "incomplete-chain": "no issuer",
    "untrusted-root": "no issuer",
    "impostor": "another key",
    "self-signed": "self-signed leaf",
}
# An extension twice is left out: OpenSSL loads it, and leaves an error behind that the next call of ssl would raise.
PEM_FILES = [
    label for label in TABLE if label != "an extension twice" and TABLE[label].make().keys() & {"all.pem", "own.pem"}
]
LAXER = {"no-san", "leaf-is-ca", "leaf-may-sign"}  # OpenSSL 3.0 takes these: a common name, a CA that serves


KEYS = {
    "schema",
    "ok",
    "kind",
    "cause",
    "place",
    "links",
    "checks",
    "client_saw",
    "server_saw",
    "fix_server",
    "fix_client",
    "avoid",
    "notebook",
    "failed",
    "also",
    "missing",
    "warnings",
    "trust",
}


class TestCommand:
    """The command, run as people do: files, exit status, text and JSON."""

    def run(self, folder: Path, case: Case, *more: str) -> int:
        with inside(folder):
            names = written(folder, case.make())
            asked = ["--host", case.host] if case.host else []
            if case.trust():
                Path("anchors").write_bytes(pem(*case.trust()))
                asked += ["--trust", "anchors"]
            for word, value in case.asked.items():
                asked += [f"--{word}", value.isoformat() if isinstance(value, datetime) else value]
            return cli.main(["doctor", *names, *asked, *more])

    @pytest.mark.parametrize("label", [label for label in TABLE if TABLE[label].trust()])
    def test_status_and_json(self, tmp_path: Path, capsys: pytest.CaptureFixture[str], label: str) -> None:
        """0 valid, 1 not valid, 3 cannot tell; the keys of the JSON are those of schema 2."""
        case = TABLE[label]
        assert self.run(tmp_path, case, "--json") == {True: 0, False: 1, None: 3}[CAUSES[case.kind].ok]
        printed = capsys.readouterr()
        answer = json.loads(printed.out)
        assert answer.keys() == KEYS and answer["schema"] == 2 and answer["kind"] == case.kind and not printed.err
        assert all(link.keys() == {"role", "name", "state", "note"} for link in answer["links"])
        assert all(
            check.keys() == {"rule", "about", "state", "found", "wanted", "source"} for check in answer["checks"]
        )
        assert answer["failed"] in (None, *answer["checks"])

    def test_all_prints_every_check(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """With --all each check has its line; without it those that say nothing are left out."""
        case = CHAINS["expired"]
        self.run(tmp_path, case)
        short = capsys.readouterr().out
        self.run(tmp_path, case, "--all")
        long = capsys.readouterr().out
        assert long.startswith(short.rstrip())
        checks = examined(tmp_path, case).checks
        assert len(long.splitlines()) == len(short.splitlines()) + 1 + len(checks)
        assert "✓ intermediate 1: an issuer is a CA (CA: TRUE)" in long and "an issuer is a CA" not in short

    @pytest.mark.parametrize("word", ["system", "certifi"])
    def test_words_for_roots(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, word: str) -> None:
        """The system's roots and certifi's can be named; a private root is in neither."""
        monkeypatch.setenv("SSL_CERT_FILE", certifi.where())
        with inside(tmp_path):
            names = written(tmp_path, full())
            assert cli.main(["doctor", *names, "--host", HOST, "--trust", word]) == 1
            assert cli.main(["doctor", *names, "--host", HOST, "--trust", word, "root.pem"]) == 2
            written(tmp_path, {"root.pem": pem(root_())})
            assert cli.main(["doctor", *names, "--host", HOST, "--trust", word, "--trust", "root.pem"]) == 0

    @pytest.mark.parametrize(
        ("arguments", "says"),
        [
            (["--at", "2027-01-31T12:00:00"], "2027-01-31T12:00:00Z"),
            (["--at", "2027-01-31"], "2027-01-31T00:00:00Z"),
            (["--at", "yesterday"], "2027-01-31T12:00:00Z"),
            (["--purpose", "mail"], "any"),
            (["--host", "https://a.test"], "no scheme"),
            (["--host", ""], "not a host name"),
            (["--host", "*.a.test"], "wildcard is no host"),
            (["--trust", "nothing.pem"], "No such file"),
            (["--trust", "fullchain.pem", "key.pem"], "no certificate to trust"),
            (["other.pem"], "no such file"),
            (["localhost:443"], "no such file"),
        ],
    )
    def test_wrong_usage(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], says: str
    ) -> None:
        """What cannot be asked is status 2, and says what to write instead."""
        with inside(tmp_path):
            written(tmp_path, full() | {"key.pem": key_pem("leaf")})
            try:
                status = cli.main(["doctor", "fullchain.pem", *arguments])
            except SystemExit as stopped:
                status = int(stopped.code or 0)
        assert status == 2 and says in capsys.readouterr().err

    def test_in_a_process_of_its_own(self, tmp_path: Path) -> None:
        """No warning of a library stands between the lines, also with warnings switched on."""
        written(tmp_path, CHAINS["version 1 above"].make() | {"root.pem": pem(root_())})
        command = [sys.executable, "-Wd", "-m", "tlslearn", "doctor", "all.pem", "--trust", "root.pem", "--host", HOST]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (1, "") and done.stdout.startswith("✗ ")


class TestSources:
    def test_what_is_a_file_and_what_an_address(self, tmp_path: Path) -> None:
        """An existing path is a file, also one that looks like a host; a folder of that name is none."""
        with inside(tmp_path):
            written(tmp_path, {"a.test": pem(good(), ca())})
            assert doctor.examine("a.test", trust=[root_()], hostname=HOST).kind == "valid"
            assert doctor.examine(Path("a.test"), trust=[root_()], hostname=HOST).kind == "valid"
            Path("127.0.0.1").mkdir()
            with socket.create_server(("127.0.0.1", 0)) as closed:
                port = closed.getsockname()[1]
            assert doctor.examine(("127.0.0.1", port), trust=[root_()]).kind == "refused"
            with pytest.raises(BadInput, match="no such file"):
                doctor.examine("127.0.0.1/", trust=[root_()])

    @pytest.mark.parametrize("source", [[], (), 5, None, [None], b"leaf.pem", ["nothing.pem"], "\0.pem"])
    def test_what_is_neither(self, source: Any) -> None:
        """What is neither files nor an address is refused with what to give."""
        with pytest.raises(BadInput, match="host:port"):
            doctor.examine(source, trust=[root_()])

    @pytest.mark.parametrize("asked", [{"at": NOW}, {"purpose": "client"}])
    def test_a_live_server_is_looked_at_now(self, asked: dict[str, Any]) -> None:
        """Time and purpose are questions for files."""
        with pytest.raises(BadInput, match="live"):
            doctor.examine("localhost:1", **asked)

    @pytest.mark.parametrize("asked", [{"at": datetime(2030, 1, 1)}, {"at": "2030"}, {"purpose": "mail"}])
    def test_values_that_cannot_be_used(self, tmp_path: Path, asked: dict[str, Any]) -> None:
        """A time without an offset and an unknown purpose are refused."""
        with inside(tmp_path), pytest.raises(BadInput):
            doctor.examine(written(tmp_path, full()), trust=[root_()], hostname=HOST, **asked)

    def test_a_file_that_cannot_be_opened(self, tmp_path: Path) -> None:
        """Told with its name and the reason."""
        written(tmp_path, full())
        (tmp_path / "fullchain.pem").chmod(0)
        if os.access(tmp_path / "fullchain.pem", os.R_OK):
            pytest.skip("this user may read everything")
        with pytest.raises(BadInput, match="Permission denied"):
            doctor.examine(tmp_path / "fullchain.pem", trust=[root_()])

    def test_a_pipe_and_an_endless_file(self, tmp_path: Path) -> None:
        """A pipe is read like a file; of a file without an end no more than the limit."""
        os.mkfifo(tmp_path / "pipe")
        writer = subprocess.Popen(["sh", "-c", "cat > pipe"], cwd=tmp_path, stdin=subprocess.PIPE)
        assert writer.stdin is not None
        writer.stdin.write(full()["fullchain.pem"])
        writer.stdin.close()
        assert doctor.examine(tmp_path / "pipe", trust=[root_()], hostname=HOST).kind == "valid"
        assert writer.wait(10) == 0
        endless = doctor.examine("/dev/zero", trust=[root_()])
        assert endless.kind == "no certificate file" and "more than 8,000,000 bytes" in endless.cause


class TestAnchors:
    @pytest.fixture
    def nowhere(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """A system without roots."""
        for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
            monkeypatch.setenv(name, str(tmp_path / "none"))
        return tmp_path

    def test_the_systems_roots_are_gone_by_and_named(self, nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Without trust= the system's roots decide, and the answer says whose they were."""
        written(nowhere, full() | {"root.pem": pem(root_())})
        monkeypatch.setenv("SSL_CERT_FILE", str(nowhere / "root.pem"))
        found = doctor.examine(nowhere / "fullchain.pem", hostname=HOST)
        assert (found.kind, found.trust) == ("valid", "the 1 roots of this system")

    def test_without_them_certifi_is(self, nowhere: Path) -> None:
        """A system without roots, as many containers are: certifi's are taken, and that is said."""
        written(nowhere, full())
        found = doctor.examine(nowhere / "fullchain.pem", hostname=HOST)
        assert found.kind == "no issuer" and "certifi; this system has none" in found.trust

    def test_without_any_it_cannot_tell(self, nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """No roots at all: whether the chain is trusted cannot be told; what is wrong besides is told."""
        monkeypatch.setitem(sys.modules, "certifi", None)
        written(nowhere, full() | {"late.pem": pem(leaf(**LONG_AGO), ca())})
        assert doctor.examine(nowhere / "fullchain.pem", hostname=HOST).kind == "no anchors"
        assert doctor.examine(nowhere / "late.pem", hostname=HOST).kind == "expired"

    @pytest.mark.parametrize("form", ["PEM", "DER"])
    def test_files_of_anchors(self, tmp_path: Path, form: str) -> None:
        """Anchors are read in any form; a file without one is refused by its name."""
        path = tmp_path / "anchors"
        path.write_bytes(pem(root_(), ca()) if form == "PEM" else pem(root_()))
        assert root_() in doctor.load_trust(path)
        path.write_bytes(key_pem("leaf"))
        with pytest.raises(BadInput, match="no certificate to trust"):
            doctor.load_trust(str(path))


class TestHostile:
    def test_nothing_is_fetched(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """The address of an issuer's certificate is shown; no socket is opened for it, nor for anything else."""

        def refuse(*args: object) -> None:
            raise AssertionError("a socket was opened")

        monkeypatch.setattr(socket, "socket", refuse)
        assert "not fetched" in examined(tmp_path, CHAINS["missing intermediate"]).missing

    def test_a_name_cannot_command_the_terminal(self, tmp_path: Path) -> None:
        """Control signs in names of certificates and of files are shown as escapes, and braces as braces."""
        evil = leaf(subject="\x1b[2J{0}{host}", issuer="\x1b]0;{x}", **put("san", dns("{name}.test")))
        with inside(tmp_path):
            names = written(tmp_path, {"\x1b[1m{y}.pem": pem(evil), "\x1b[2m.pem": b""})
            for source in (names[0], names):
                found = doctor.examine(source, trust=[root_()], hostname=HOST)
                assert "\x1b" not in str(found) and "{" in str(found) + found._repr_html_()

    @pytest.mark.parametrize("tag", [0x03, 0x04, 0x1E, 0x30])
    @pytest.mark.parametrize("whose", ["leaf", "issuer"])
    def test_a_name_that_is_no_text(self, tmp_path: Path, whose: str, tag: int) -> None:
        """A common name as BIT STRING (a TypeError to cryptography), bytes, odd UTF-16 or a SEQUENCE: an answer."""
        bad = (good() if whose == "leaf" else ca()).public_bytes(Encoding.DER)
        at = bad.rindex(b"\x06\x03\x55\x04\x03\x0c") + 5
        block = ssl.DER_cert_to_PEM_cert(bad[:at] + bytes([tag]) + bad[at + 1 :]).encode()
        content = block + pem(ca()) if whose == "leaf" else pem(good()) + block
        written(tmp_path, {"all.pem": content})
        found = doctor.examine(tmp_path / "all.pem", trust=[root_()], hostname=HOST)
        assert found.ok is not True
        read = tag in (0x04, 0x1E)  # the others are not read at all, and the file is said to be damaged
        assert (found.kind == "changed") is read and ("all.pem" in str(found)) is not read

    def test_a_set_with_a_certificate_that_cannot_be_read(self, tmp_path: Path) -> None:
        """What can be read of a PKCS#7 set is looked at; the file is said to hold more."""
        whole = pkcs7.serialize_certificates([good(), ca(), root_()], Encoding.DER)
        last = root_().public_bytes(Encoding.DER)
        at = last.index(b"\x0c\x04Root")  # the issuer's name, as a string of no kind that a name may have
        written(tmp_path, {"all.p7b": whole.replace(last, last[:at] + b"\x0d" + last[at + 1 :])})
        found = doctor.examine(tmp_path / "all.p7b", trust=[root_()], hostname=HOST)
        assert found.kind == "not read" and found.ok is None
        assert "all.p7b, is a set of 3 certificates, 1 of which cannot be read" in found.cause

    def test_a_set_with_a_certificate_of_no_known_version(self, tmp_path: Path) -> None:
        """cryptography refuses the whole set with an error of its own kind: an answer, and no traceback."""
        whole = pkcs7.serialize_certificates([good(), root_()], Encoding.DER)
        last = root_().public_bytes(Encoding.DER)
        written(tmp_path, {"all.p7b": whole.replace(last, last.replace(b"\xa0\3\2\1\2", b"\xa0\3\2\1\7", 1))})
        found = doctor.examine(tmp_path / "all.p7b", trust=[root_()], hostname=HOST)
        assert found.kind == "not read" and "all.p7b" in found.cause

    @pytest.mark.parametrize("end", [*range(60, 72), None])
    def test_base64_of_pem_that_was_cut(self, tmp_path: Path, end: int | None) -> None:
        """At whatever letter: an answer, and no traceback."""
        whole = base64.b64encode(pem(good(), ca()).rstrip(b"\n"))
        written(tmp_path, {"all.pem": whole[:end]})
        found = doctor.examine(tmp_path / "all.pem", trust=[root_()], hostname=HOST)
        assert found.kind == "damaged file" and "base64 -d" in found.cause
        assert len(found.links) == (3 if end is None else 0)

    def test_many_certificates(self, tmp_path: Path) -> None:
        """Two thousand certificates in a file: an answer within the stated work of `chain`."""
        crowd = [
            root(subject="Issuing CA", issuer="Root", signer=key("root"), public=key("crowd"), serial=n + 1)
            for n in range(400)
        ]
        written(tmp_path, {"all.pem": pem(good(), *crowd, ca()) + pem(*crowd) * 4})
        found = doctor.examine(tmp_path / "all.pem", trust=[root_()], hostname=HOST)
        assert found.kind == "valid" and "390 more" in "".join(found.warnings)

    def test_the_search_ends_and_says_so(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Where `chain` reaches its limit, nobody is accused."""
        monkeypatch.setattr("tlslearn.chain.paths.MOST_SIGNATURES", 0)
        found = examined(tmp_path, CHAINS["unknown root"])
        assert found.kind == "not verified" and found.ok is None and "limit" in found.cause

    @settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(data=st.data())
    def test_whatever_stands_in_the_files(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], data: st.DataObject
    ) -> None:
        """Bytes changed, cut out, doubled or put in anywhere: an answer with status 0, 1 or 3, and no traceback."""
        label = data.draw(st.sampled_from(sorted(TABLE)), label="case")
        files = {name: mutated(data, content) for name, content in made(label).items()}
        with inside(tmp_path):
            written(tmp_path, {"anchors": pem(root_())})
            names = written(tmp_path, files)
            more = data.draw(st.sampled_from([[], ["--host", HOST], ["--purpose", "any"], ["--all"], ["--json"]]))
            status = cli.main(["doctor", *names, "--trust", "anchors", *more])
        printed = capsys.readouterr()
        assert status in (0, 1, 3) and printed.out and printed.err == ""


@cache
def made(label: str) -> dict[str, bytes]:
    """The files of a case, the same ones each time: signatures differ in length."""
    return TABLE[label].make()


def mutated(data: st.DataObject, content: bytes) -> bytes:
    for _ in range(data.draw(st.integers(0, 3))):
        begin, end = sorted(data.draw(st.tuples(*[st.integers(0, len(content))] * 2)))
        end = min(end, begin + data.draw(st.sampled_from([0, 1, 2, 64, 5000])))
        put_in = data.draw(st.one_of(st.binary(max_size=3), st.just(content[begin:end] * 2), st.just(b"")))
        content = content[:begin] + put_in + content[end:]
    return content


class TestHeldAgainstOthers:
    def test_openssl_agrees_on_what_is_valid(self, tmp_path: Path) -> None:
        """What the table calls valid for a server, `openssl verify` accepts."""
        for label in (
            "in order",
            "with the root",
            "out of order",
            "names that differ in case",
            "intermediates out of order",
        ):
            case = READABLE[label]
            whole = x509.load_pem_x509_certificates(b"".join(case.make().values()))
            first = next(
                one for one in whole if not one.subject.rfc4514_string().startswith(("CN=Root", "CN=I", "CN=L"))
            )
            written(tmp_path, {"leaf": pem(first), "rest": pem(*whole), "root": pem(root_())})
            command = [need("openssl"), "verify", "-CAfile", "root", "-untrusted", "rest", "-purpose", "sslserver"]
            done = subprocess.run([*command, "-verify_hostname", HOST, "leaf"], cwd=tmp_path, capture_output=True)
            assert done.returncode == 0, (label, done.stderr)
            assert examined(tmp_path, case).ok is True

    @pytest.mark.parametrize(
        "label", ["expired", "unknown root", "host", "changed leaf", "CA:FALSE above", "path length"]
    )
    def test_openssl_agrees_on_what_is_not(self, tmp_path: Path, label: str) -> None:
        """And refuses what it calls not valid."""
        case = CHAINS[label]
        whole = x509.load_pem_x509_certificates(b"".join(case.make().values()))
        written(tmp_path, {"leaf": pem(whole[0]), "rest": pem(*whole[1:]), "root": pem(*case.trust())})
        command = [need("openssl"), "verify", "-CAfile", "root", "-untrusted", "rest", "-purpose", "sslserver"]
        done = subprocess.run([*command, "-verify_hostname", str(case.host), "leaf"], cwd=tmp_path, capture_output=True)
        assert done.returncode != 0 and examined(tmp_path, case).ok is False

    @pytest.mark.parametrize("label", PEM_FILES)
    def test_ssl_loads_what_is_not_called_damaged(self, tmp_path: Path, label: str) -> None:
        """A PEM file that Python's ssl cannot load is called damaged, and one that is called so cannot be loaded."""
        (content,) = (data for name, data in TABLE[label].make().items() if name in ("all.pem", "own.pem"))
        path = tmp_path / "all.pem"
        path.write_bytes(content)
        if b"PRIVATE KEY" in content:
            path.write_bytes(content.partition(b"-----END EC PRIVATE KEY-----")[2])
        context, whole = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), set(reading.read(path).certificates)
        try:
            context.load_verify_locations(path)
            loaded = context.cert_store_stats()["x509"] == len(whole)  # what stands before a first line is skipped
        except ssl.SSLError:
            loaded = False
        assert loaded is (TABLE[label].kind not in ("damaged file", "not read"))

    @pytest.mark.filterwarnings("ignore:Parsed a serial number")
    @pytest.mark.parametrize("fault", FAULTS_OF_AUTHORITY)
    def test_the_faults_of_authority(self, tmp_path: Path, fault: Fault) -> None:
        """What an authority does wrong on purpose is named; what OpenSSL refuses is called good in no case."""
        address = fault == "address-as-dns-name"
        above = Authority.create("Lab Root", permitted=None) if address else lab_root()
        host = "127.0.0.1" if address else "localhost"
        credential = above.issue([host], one_thing_wrong=fault)
        credential.write(tmp_path)
        found = doctor.examine(tmp_path / "fullchain.pem", trust=[above], hostname=host)
        assert found.kind == WRONG_ON_PURPOSE.get(fault, "valid"), str(found)
        accepted = ssl_code(credential, [above], host) == 0
        assert accepted is (found.kind == "valid") or (accepted and fault in LAXER)

    def test_the_roots_of_certifi(self, tmp_path: Path) -> None:
        """Each real root alone: for any purpose it is judged, for a server there is no leaf, and nothing is raised."""
        roots = reading.certifi_anchors()
        assert len(roots) > 100
        for one in roots:
            (tmp_path / "root.pem").write_bytes(pem(one))
            found = doctor.examine(tmp_path / "root.pem", trust=roots, purpose="any")
            assert found.kind == "valid" or found.failed is not None, str(found)
            assert doctor.examine(tmp_path / "root.pem", trust=roots, hostname=HOST).kind == "no leaf"
        assert doctor.examine(certifi.where(), trust=roots, hostname=HOST).kind == "no leaf"

    def test_pkits(self, tmp_path: Path) -> None:
        """NIST's test chains as files: the doctor says valid where `chain` does, and no where it does not."""
        vectors = pytest.importorskip("cryptography_vectors", reason="needs cryptography-vectors")
        folder = Path(vectors.__file__).parent / "x509" / "PKITS_data" / "certs"
        anchor = folder / "TrustAnchorRootCertificate.crt"
        asked = {"at": datetime(2015, 1, 1, tzinfo=UTC), "purpose": "any"}
        (root_certificate,) = doctor.load_trust(anchor)
        count = 0
        for path in sorted(folder.glob("*EE.crt"))[::7]:
            own = reading.read(path).certificates
            above = sorted(folder.glob("*CA*.crt"))
            named = [one for one in above if own and _is_above(one, own[0])]
            found = doctor.examine([path, *named], trust=[root_certificate], **asked)  # type: ignore[arg-type]
            if not own:
                assert found.kind == "damaged file"
                continue
            others = [one for file in named for one in reading.read(file).certificates]
            question = {"hostname": chain.NAME_NOT_CHECKED, **asked}
            verdict = chain.validate(own[0], others, [root_certificate], **question)  # type: ignore[arg-type]
            assert (found.ok is True) is verdict.ok, (path.name, str(found))
            count += 1
        assert count > 20


def _is_above(path: Path, certificate: x509.Certificate) -> bool:
    return any(one.subject == certificate.issuer for one in reading.read(path).certificates)


def test_every_notebook_that_is_named_is_there() -> None:
    """A reader who is sent to a notebook finds it in the course's table."""
    assert {cause.notebook for cause in CAUSES.values()} - {""} <= {one.number for one in contents.NOTEBOOKS}
