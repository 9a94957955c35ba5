"""Does each command call its room with what was typed, and does the exit status say what came of it?"""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

import tlslearn
from tlslearn import TlslearnError, cli, doctor
from tlslearn.course import suite


class Recorder:
    """Stands in a room's place: keeps the arguments, gives the result it was made with, or raises it."""

    def __init__(self, result: object) -> None:
        self.result, self.args, self.kwargs = result, (), {}

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self.args, self.kwargs = args, kwargs
        if isinstance(self.result, BaseException):
            raise self.result
        return self.result


class Diagnosis:
    def __init__(self, ok: bool | None) -> None:
        self.ok = ok

    def __str__(self) -> str:
        return "the stack trace"

    def as_dict(self) -> dict[str, object]:
        return {"cause": "✗", "ok": self.ok}


@pytest.fixture
def examine(monkeypatch: pytest.MonkeyPatch) -> Recorder:
    recorder = Recorder(Diagnosis(True))
    monkeypatch.setattr(doctor, "examine", recorder)
    return recorder


class TestDoctor:
    @pytest.mark.parametrize(("ok", "status"), [(True, 0), (False, 1), (None, 3)])
    def test_status_says_what_came_of_it(
        self, examine: Recorder, capsys: pytest.CaptureFixture[str], ok: bool | None, status: int
    ) -> None:
        examine.result = Diagnosis(ok)
        assert cli.main(["doctor", "localhost:8443"]) == status
        assert capsys.readouterr().out == "the stack trace\n"
        assert examine.args == ("localhost:8443",)
        wanted = {"trust": None, "hostname": None, "timeout": 10.0, "at": None, "purpose": "server", "starttls": None}
        assert examine.kwargs == wanted

    def test_json(self, examine: Recorder, capsys: pytest.CaptureFixture[str]) -> None:
        assert cli.main(["doctor", "localhost", "--json", "--host", "a.test", "--timeout", "2.5"]) == 0
        assert json.loads(capsys.readouterr().out) == {"cause": "✗", "ok": True}
        asked = {"trust": None, "hostname": "a.test", "timeout": 2.5, "starttls": None}
        assert examine.kwargs == asked | {"at": None, "purpose": "server"}

    def test_trust_reads_every_certificate_of_every_file(self, examine: Recorder, tmp_path: Path) -> None:
        roots = [tlslearn.Authority.create(f"Root {number}").certificate for number in range(3)]
        pems = [root.public_bytes(Encoding.PEM) for root in roots]
        (tmp_path / "two.pem").write_bytes(pems[0] + pems[1])
        (tmp_path / "one.pem").write_bytes(pems[2])
        assert cli.main(["doctor", "a.test", "--trust", str(tmp_path / "two.pem"), str(tmp_path / "one.pem")]) == 0
        assert examine.kwargs["trust"] == roots

    def test_trust_that_clients_cannot_load(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """Two roots that share a line: OpenSSL reads none of it, and what it could not do is not done for it."""
        roots = [tlslearn.Authority.create(f"Root {number}").certificate for number in range(2)]
        one, two = (root.public_bytes(Encoding.PEM) for root in roots)
        (tmp_path / "glued.pem").write_bytes(one.rstrip() + two)
        assert cli.main(["doctor", "a.test", "--trust", str(tmp_path / "glued.pem")]) == 2
        error = capsys.readouterr().err
        assert "that clients cannot load" in error and "glued.pem has a line BEGIN or END" in error

    def test_trust_in_der_is_taken_and_told(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        lab = tlslearn.Authority.create("Root")
        (tmp_path / "root.der").write_bytes(lab.certificate.public_bytes(Encoding.DER))
        chain, _ = lab.issue(["a.test"]).write(tmp_path)
        assert cli.main(["doctor", str(chain), "--host", "a.test", "--trust", str(tmp_path / "root.der")]) == 0
        assert "root.der is DER; servers and Python want PEM" in " ".join(capsys.readouterr().out.split())

    @pytest.mark.parametrize(("content", "says"), [(None, "No such file"), (b"a key?", "no certificate to trust")])
    def test_trust_that_is_none_is_named(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes | None, says: str
    ) -> None:
        path = tmp_path / "anchors.pem"
        if content is not None:
            path.write_bytes(content)
        assert cli.main(["doctor", "a.test", "--trust", str(path)]) == 2
        error = capsys.readouterr().err
        assert says in error and "anchors.pem" in error and "BEGIN CERTIFICATE" in error and error.count("\n") == 1

    @pytest.mark.parametrize(
        ("raised", "status", "says"),
        [
            (
                TlslearnError("no port", value="a:b", fix="Give a number."),
                2,
                "tlslearn: no port: 'a:b'. Give a number.",
            ),
            (ConnectionResetError("gone"), 3, "tlslearn: cannot tell: gone"),
            (KeyboardInterrupt(), 130, "tlslearn: interrupted"),
        ],
    )
    def test_an_error_is_one_line(
        self, examine: Recorder, capsys: pytest.CaptureFixture[str], raised: BaseException, status: int, says: str
    ) -> None:
        examine.result = raised
        assert cli.main(["doctor", "a:b"]) == status
        assert capsys.readouterr() == ("", says + "\n")

    def test_a_real_server(self, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
        root, other = tlslearn.Authority.create("Lab Root"), tlslearn.Authority.create("Other Root")
        credential = root.issue(["localhost"])
        for trusted, status in ((root, 0), (other, 1)):
            path = tmp_path / f"{status}.pem"
            path.write_bytes(trusted.certificate.public_bytes(Encoding.PEM))
            with tlslearn.live.serve(credential) as server:
                target = f"localhost:{server.address.port}"
                assert cli.main(["doctor", target, "--trust", str(path), "--json"]) == status
            assert json.loads(capsys.readouterr().out)["cause"]

    def test_a_server_that_is_not_there(self, capsys: pytest.CaptureFixture[str]) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            target = f"127.0.0.1:{listener.getsockname()[1]}"
        assert cli.main(["doctor", target]) in (1, 3)
        assert "Traceback" not in capsys.readouterr().err


class TestUsage:
    @pytest.mark.parametrize(
        "arguments",
        [
            ["doctor"],
            ["doctor", "a.test", "--timeout", "-1"],
            ["doctor", "a.test", "--timeout", "soon"],
            ["doctor", "a.test", "--verbose"],
            ["frobnicate"],
            ["reset"],
            ["handout"],
            ["progress", "all"],
        ],
    )
    def test_wrong_usage_is_status_2(self, arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(SystemExit) as stopped:
            cli.main(arguments)
        assert stopped.value.code == 2
        assert "usage: tlslearn" in capsys.readouterr().err

    def test_no_command_shows_the_help(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert cli.main([]) == 2
        assert "examples:" in capsys.readouterr().err

    def test_help_names_every_command_and_the_statuses(self, capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(SystemExit) as stopped:
            cli.main(["--help"])
        text = capsys.readouterr().out
        assert stopped.value.code == 0
        assert all(f"\n    {name} " in text for name in ("lab", "test", "doctor", "progress", "reset", "handout"))
        assert "exit status: 0 good, 1 not good, 2 wrong usage, 3 cannot tell" in text

    @pytest.mark.parametrize("command", ["lab", "test", "doctor", "progress", "reset", "handout"])
    def test_each_command_has_help(self, command: str, capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(SystemExit) as stopped:
            cli.main([command, "--help"])
        assert stopped.value.code == 0
        assert f"usage: tlslearn {command}" in capsys.readouterr().out

    def test_python_m_is_the_same_command(self) -> None:
        command = [sys.executable, "-m", "tlslearn", "--version"]
        assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.split() == [
            "tlslearn",
            tlslearn.__version__,
        ]

    def test_a_terminal_without_the_signs_still_gets_an_answer(self) -> None:
        script = "from tlslearn import cli\ncli.main(['progress'])\nprint('✓')"
        environment = {"PYTHONIOENCODING": "ascii", "PYTEST_VERSION": "set"}
        command = [sys.executable, "-c", script]
        done = subprocess.run(command, capture_output=True, text=True, env=environment)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.endswith("?\n")


class TestCourseCommands:
    def test_lab_passes_folder_and_further_arguments(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        from tlslearn.course import launch

        monkeypatch.setattr(launch, "lab", recorder := Recorder(0))
        assert cli.main(["lab", "--folder", str(tmp_path), "--no-browser", "--port", "0"]) == 0
        assert recorder.kwargs == {"folder": tmp_path, "args": ["--no-browser", "--port", "0"]}
        assert cli.main(["lab"]) == 0
        assert recorder.kwargs == {"folder": cli._default_folder(), "args": []}

    def test_the_folder_is_my_in_a_clone_and_below_the_current_one_elsewhere(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(suite, "PACKAGE", tmp_path / "clone" / "tlslearn")
        assert cli._default_folder() == tmp_path / "tlslearn-course"
        (tmp_path / "clone" / "notebooks").mkdir(parents=True)
        (tmp_path / "clone" / "pyproject.toml").touch()
        assert cli._default_folder() == tmp_path / "clone" / "my"

    def test_reset_and_handout(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        from tlslearn.course import copies, handout

        monkeypatch.setattr(copies, "reset", reset := Recorder(tmp_path / "01-kept.ipynb"))
        monkeypatch.setattr(handout, "handout", hand_out := Recorder([tmp_path / "00.ipynb"]))
        assert cli.main(["reset", "01", "--folder", str(tmp_path)]) == 0
        assert reset.args == (tmp_path, "01")
        assert cli.main(["handout", str(tmp_path), "--overwrite"]) == 0
        assert (hand_out.args, hand_out.kwargs) == ((tmp_path,), {"overwrite": True})
        assert "01-kept.ipynb" in capsys.readouterr().out


class TestSuite:
    @pytest.fixture
    def runs(self, monkeypatch: pytest.MonkeyPatch) -> list[tuple[list[str], Path]]:
        """The commands that would have been run, with their folders; those that name ruff fail."""
        runs: list[tuple[list[str], Path]] = []

        def run(command: list[str], *, cwd: Path) -> subprocess.CompletedProcess[str]:
            runs.append((command, cwd))
            return subprocess.CompletedProcess(command, int("ruff" in command))

        monkeypatch.setattr(suite.subprocess, "run", run)
        return runs

    @pytest.fixture
    def clone(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
        for folder in ("notebooks", "tests", "tlslearn"):
            (tmp_path / folder).mkdir()
        (tmp_path / "pyproject.toml").touch()
        (tmp_path / "tests" / "test_one.py").touch()
        monkeypatch.setattr(suite, "PACKAGE", tmp_path / "tlslearn")
        return tmp_path

    def test_one_failed_step_fails_all_and_the_rest_still_runs(
        self, runs: list[tuple[list[str], Path]], clone: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert cli.main(["test", "-k", "replay"]) == 1
        assert [command[2] for command, _ in runs] == ["ruff", "ruff", "mypy", "pytest"]
        assert {folder for _, folder in runs} == {clone}
        tests = runs[-1][0]
        assert tests[-2:] == ["-k", "replay"] and {"tests", "notebooks", "--nbval"} <= set(tests)
        assert "--nbval-lax" not in tests
        assert "✗ ruff check  ✗ ruff format  ✓ mypy --strict  ✓ pytest" in capsys.readouterr().out

    def test_who_names_files_wants_those_alone(self, runs: list[tuple[list[str], Path]], clone: Path) -> None:
        assert cli.main(["test", "tests/test_one.py::test_that"]) == 0
        ((command, _),) = runs
        assert command[-1] == "tests/test_one.py::test_that" and not {"tests", "notebooks"} & set(command)

    def test_a_wheel_runs_a_copy_of_what_it_carries(
        self, runs: list[tuple[list[str], Path]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        (tmp_path / "carried" / "tests").mkdir(parents=True)
        monkeypatch.setattr(suite, "PACKAGE", tmp_path / "site-packages" / "tlslearn")
        monkeypatch.setattr(suite, "CARRIED", tmp_path / "carried")
        assert cli.main(["test"]) == 0
        ((command, folder),) = runs
        assert command[2] == "pytest" and tmp_path not in folder.parents and not folder.exists()

    @pytest.mark.parametrize(
        ("lacks", "says"), [("nbval", 'pip install "tlslearn[lab,test]"'), (None, "carries no tests")]
    )
    def test_what_is_missing_is_named(
        self,
        monkeypatch: pytest.MonkeyPatch,
        tmp_path: Path,
        capsys: pytest.CaptureFixture[str],
        lacks: str | None,
        says: str,
    ) -> None:
        monkeypatch.setattr(suite, "PACKAGE", tmp_path / "tlslearn")
        monkeypatch.setattr(suite, "CARRIED", tmp_path / "tlslearn" / "carried")
        monkeypatch.setattr(suite, "find_spec", lambda name: None if name == lacks else object())
        assert cli.main(["test"]) == 2
        assert says in capsys.readouterr().err


class TestGallery:
    def test_a_table_of_all(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert cli.main(["gallery"]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert len(lines) == 1 + len(tlslearn.gallery.EXHIBITS)
        assert lines[1].split()[:4] == ["expired", "time", "verify", "code"]

    def test_an_exhibit_from_both_ends(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert cli.main(["gallery", "expired", "no-common-name"]) == 0
        told = capsys.readouterr().out
        assert "<Outcome verify code 10; the server saw certificate_expired>" in told
        assert "server saw   alert certificate_expired" in told
        assert "<Outcome accepted; the server saw nothing wrong>" in told

    def test_a_name_that_there_is_not(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert cli.main(["gallery", "expird"]) == 2
        assert "expird" in capsys.readouterr().err

    def test_serving_ends_with_an_interrupt(self) -> None:
        """The command tells where the page is, serves it, and leaves with status 0 when it is interrupted."""
        # A process started in the background of a shell ignores interrupts, and so would its children.
        start = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        start += "from tlslearn import cli; raise SystemExit(cli.main(['gallery', 'expired', '--serve']))"
        command = [sys.executable, "-u", "-c", start]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            try:
                assert process.stdout is not None
                address = process.stdout.readline().split()[-1]
                assert b"The leaf" in urlopen(address, timeout=10).read()
                process.send_signal(signal.SIGINT)
                assert "ended" in process.communicate(timeout=20)[0]
            finally:
                process.kill()  # does nothing to one that has ended
        assert process.returncode == 0
