"""Do copies, handouts, refreshed outputs, the self-test and the start of JupyterLab keep what they promise?"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tlslearn.check import BadInput, TlslearnError
from tlslearn.course import contents, copies, handout, launch, machine, needs, notebook, outputs, record, refresh
from tlslearn.course import progress as progress_of_course
from tlslearn.course import self_test as print_self_test

ONE = contents.Notebook("00", "Look", "00-look.ipynb", 40, (), "one")
TWO = contents.Notebook("01", "Use", "01-use.ipynb", 50, ("00",), "two")
PLANNED = contents.Notebook("02", "Count", "02-count.ipynb", 50, ("01",), "not written yet")
RULES = outputs.read_rules(Path(__file__).parent / "nbval_sanitize.cfg")
SOLUTION = "<details><summary>Solution</summary>\n\n```python\nx = 4\n```\n\nBecause.\n</details>"


def code(source: str, *tags: str, text: str = "") -> dict[str, Any]:
    found = [{"output_type": "stream", "name": "stdout", "text": text}] if text else []
    return {
        **{"cell_type": "code", "metadata": {"tags": list(tags)} if tags else {}, "source": source},
        **{"outputs": found, "execution_count": 9},
    }


def markdown(source: str, *tags: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {"tags": list(tags)} if tags else {}, "source": source}


def save(path: Path, *cells: dict[str, Any], **metadata: Any) -> Path:
    content = {"cells": list(cells), "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


CELLS = (
    markdown("# Look\n\nTwo words."),
    code("x = ...", "exercise:00-x"),
    code("print(x)", text="Ellipsis\n"),
    markdown(SOLUTION, "solution:00-x"),
)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A course of two notebooks and one that is planned; returns the folder of its originals."""
    folder = tmp_path / "notebooks"
    folder.mkdir()
    monkeypatch.setattr(contents, "NOTEBOOKS", (ONE, TWO, PLANNED))
    monkeypatch.setattr(notebook, "folder", lambda: folder)
    save(folder / ONE.file, *CELLS)
    save(folder / TWO.file, markdown("# Use"))
    return folder


def sources(path: Path) -> list[str]:
    return [cell.source for cell in notebook.read(path).cells]


# Reading.


def test_what_a_notebook_holds(home: Path) -> None:
    book = notebook.read(home / ONE.file)
    assert list(book.stubs) == list(book.solution_cells) == ["00-x"]
    assert (book.number, book.solution("00-x"), book.words, book.after) == ("00", "x = 4\n", 3, None)
    with pytest.raises(TlslearnError, match=r"no solution: '00-y'"):
        book.solution("00-y")


def test_words_are_prose_alone(tmp_path: Path) -> None:
    text = "**Two** [words](https://example.com/a-b-c) `and` ![alt](x.svg) <b>it's</b>\n\n```python\nnot counted\n```\n"
    assert notebook.read(save(tmp_path / "99-x.ipynb", markdown(text), code("nor this"))).words == 4


@pytest.mark.parametrize("text", ["", "{", "[]", '{"nbformat": 3, "cells": []}', '{"nbformat": 4}'])
def test_file_that_is_no_notebook_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "bad.ipynb"
    path.write_text(text)
    with pytest.raises(BadInput, match=r"no notebook.*bad\.ipynb"):
        notebook.read(path)


def test_numbers(home: Path) -> None:
    assert notebook.find("1") == notebook.find("01") == home / TWO.file
    with pytest.raises(BadInput, match=r"not written yet.*There are: 00, 01"):
        notebook.find("02")
    with pytest.raises(BadInput, match="no notebook of that number"):
        notebook.find("77")


# Copies.


def test_copies_are_made_once_without_outputs(home: Path, tmp_path: Path) -> None:
    mine = tmp_path / "my course"
    assert [path.name for path in copies.make_copies(mine)] == [ONE.file, TWO.file]
    cells = notebook.read(mine / ONE.file).code
    assert [(cell.outputs, cell.json["execution_count"]) for cell in cells] == [([], None), ([], None)]
    assert sources(mine / ONE.file) == sources(home / ONE.file)
    save(mine / ONE.file, markdown("my answer"))
    (mine / TWO.file).unlink()
    assert [path.name for path in copies.make_copies(mine)] == [TWO.file]
    assert sources(mine / ONE.file) == ["my answer"] and copies.offers(mine) == []


def test_newer_notebook_is_offered_and_not_forced(home: Path, tmp_path: Path) -> None:
    mine = tmp_path / "my"
    copies.make_copies(mine)
    save(home / ONE.file, *CELLS, markdown("a new cell"))
    for _ in range(2):
        copies.make_copies(mine)
        assert [str(offer).rpartition(": ")[2] for offer in copies.offers(mine)] == ["tlslearn reset 00"]
    assert "a new cell" not in sources(mine / ONE.file)
    copies.reset(mine, "0")
    assert "a new cell" in sources(mine / ONE.file) and copies.offers(mine) == []


def test_new_outputs_alone_are_no_newer_notebook(home: Path, tmp_path: Path) -> None:
    copies.make_copies(tmp_path / "my")
    save(home / ONE.file, *(notebook.cleared({"cells": CELLS})["cells"]))
    assert copies.offers(tmp_path / "my") == []


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"../x": "y"}'])
def test_lost_manifest_costs_nothing(home: Path, tmp_path: Path, text: str) -> None:
    mine = tmp_path / "my"
    copies.make_copies(mine)
    (mine / copies.MANIFEST).write_text(text)
    assert copies.offers(mine) == [] and copies.make_copies(mine) == []
    (mine / ONE.file).write_text("broken")
    assert [offer.number for offer in copies.offers(mine)] == ["00"]


def test_reset_keeps_every_version(home: Path, tmp_path: Path) -> None:
    mine = tmp_path / "my"
    assert copies.reset(mine, "00").endswith("is as it came.")
    for answer in ("first", "second"):
        save(mine / ONE.file, markdown(answer))
        assert "Your version is" in copies.reset(mine, "00")
    kept = [sources(path) for path in sorted((mine / copies.KEPT).iterdir())]
    assert kept == [["first"], ["second"]] and sources(mine / ONE.file) == sources(home / ONE.file)


def test_folder_that_is_a_file_is_named(home: Path, tmp_path: Path) -> None:
    (tmp_path / "my").write_text("")
    with pytest.raises(BadInput, match="a file, not a folder"):
        copies.make_copies(tmp_path / "my")


# Handout.


def test_handout_has_no_solutions(home: Path, tmp_path: Path) -> None:
    assert handout.handout(tmp_path / "class").startswith("2 notebooks")
    handed = notebook.read(tmp_path / "class" / ONE.file)
    assert [cell.source for cell in handed.cells] == ["# Look\n\nTwo words.", "x = ...", "print(x)"]
    assert all(not cell.outputs and cell.json["execution_count"] is None for cell in handed.code)
    assert "Because" not in (tmp_path / "class" / ONE.file).read_text() and (tmp_path / "class" / "README.md").exists()


def test_handout_does_not_overwrite(home: Path, tmp_path: Path) -> None:
    target = tmp_path / "class"
    handout.handout(target)
    (target / ONE.file).write_text("mine")
    with pytest.raises(BadInput, match=r"not empty.*--overwrite"):
        handout.handout(target)
    assert (target / ONE.file).read_text() == "mine"
    handout.handout(target, overwrite=True)
    assert len(notebook.read(target / ONE.file).cells) == 3
    with pytest.raises(BadInput, match="not a directory"):
        handout.handout(target / ONE.file)


# Refresh.


def test_refresh_stores_outputs_and_then_changes_nothing(tmp_path: Path) -> None:
    cells = (
        code("import os, random\nfrom tlslearn.course import record\nrecord.path(), os.listdir()"),
        code("print(random.random())"),
        code("print('PNG: data:image/png;base64,' + 'A' * random.randrange(4, 40))"),
        code("1 / 0", "raises-exception"),
    )
    path = save(tmp_path / "99-x.ipynb", *cells, widgets={"state": {}}, tlslearn={"after": []})
    sanitize = Path(__file__).parent / "nbval_sanitize.cfg"
    assert refresh.refresh(path, sanitize=sanitize) == "changed"
    book = notebook.read(path)
    assert [cell.json["execution_count"] for cell in book.code] == [1, 2, 3, 4]
    assert book.cells[0].outputs[0]["data"]["text/plain"][0].startswith("(None, [")  # no record, a folder of its own
    assert book.cells[0].outputs[0]["execution_count"] == 1
    assert book.cells[3].outputs[0]["ename"] == "ZeroDivisionError"
    assert book.json["metadata"] == {
        **{"kernelspec": outputs.KERNEL, "language_info": outputs.LANGUAGE, "tlslearn": {"after": []}}
    }
    before = path.read_text()
    assert refresh.refresh(path, sanitize=sanitize) == "changed"
    changed = [old != new for old, new in zip(before.splitlines(), path.read_text().splitlines(), strict=True)]
    assert changed.count(True) == 1  # the random number; the picture's bytes are kept


def test_refresh_stops_at_an_undeclared_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = save(tmp_path / "99-x.ipynb", markdown("# A"), code("x = 1"), code("x / 0"), code("x"))
    before = path.read_bytes()
    assert refresh.main([str(path)]) == 1
    assert "code cell 2 of 99-x.ipynb (x / 0) ended with ZeroDivisionError" in capsys.readouterr().err
    assert path.read_bytes() == before and [entry.name for entry in tmp_path.iterdir()] == [path.name]


def test_refresh_leaves_a_cell_whose_needs_are_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TLSLEARN_INTERNET", raising=False)
    path = save(tmp_path / "99-x.ipynb", code("1/0", "needs:internet", text="kept\n"), code("print('run')"))
    refresh.refresh(path)
    found = [(cell.outputs[0]["text"], cell.json["execution_count"], cell.tags) for cell in notebook.read(path).code]
    assert found == [(["kept\n"], 1, ("needs:internet",)), (["run\n"], 2, ())]


def stream(text: str, name: str = "stdout") -> dict[str, Any]:
    return {"output_type": "stream", "name": name, "text": text}


def data(**kinds: str) -> dict[str, Any]:
    return {"output_type": "display_data", "metadata": {}, "data": {k.replace("_", "/"): v for k, v in kinds.items()}}


def error(value: str, *traceback: str) -> dict[str, Any]:
    return {"output_type": "error", "ename": "SSLError", "evalue": value, "traceback": list(traceback)}


def figure(alt: str, image: str) -> dict[str, Any]:
    return data(text_html=f'<img alt="{alt}" src="data:image/{image}">')


SAME = [
    ([stream("a\n"), stream("b\n")], [stream("a\nb\n")]),
    ([error("bad (_ssl.c:1000)", "here")], [error("bad (_ssl.c:2000)", "there")]),
    ([data(text_plain="x", image_png="AAAA")], [data(text_plain="x", image_png="BBBB")]),
    ([figure("x", "png;base64,AA")], [figure("x", "png;base64,BB")]),
]
OTHER = [
    ([stream("a\n")], [stream("b\n")]),
    ([stream("a\n")], [stream("a\n", "stderr")]),
    ([stream("a\n")], []),
    ([error("bad (_ssl.c:1000)")], [error("worse (_ssl.c:1000)")]),
    ([data(text_plain="x")], [data(text_plain="y")]),
    ([figure("x", "png;base64,AA")], [figure("y", "png;base64,AA")]),
    ([figure("x", "svg+xml;base64,AA")], [figure("x", "svg+xml;base64,BB")]),
]


@pytest.mark.parametrize(("old", "new"), SAME)
def test_outputs_that_say_the_same(old: list[dict[str, Any]], new: list[dict[str, Any]]) -> None:
    assert outputs.equal(old, new, RULES)


@pytest.mark.parametrize(("old", "new"), OTHER)
def test_outputs_that_do_not(old: list[dict[str, Any]], new: list[dict[str, Any]]) -> None:
    assert not outputs.equal(old, new, RULES)


def test_traceback_is_stored_without_folders_of_this_computer() -> None:
    stored = outputs.cleaned(error("", f"File {Path(os.__file__)}:3", f"File {Path(pytest.__file__)}:5"))
    assert stored["traceback"] == ["File os.py:3", f"File {Path('pytest') / '__init__.py'}:5"]


# Needs, self-test, progress.


def test_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert needs.missing("curl") == "the program curl is missing"
    assert "no name that the course knows" in (needs.missing("luck") or "")
    monkeypatch.setenv("TLSLEARN_INTERNET", "1")
    assert needs.missing("internet") is None


def test_self_test_says_fine_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    print_self_test()
    assert capsys.readouterr().out.splitlines() == [f"✓ {subject}: fine" for subject in machine.QUESTIONS]


def blocked(*_args: object, **_kwargs: object) -> socket.socket:
    raise OSError("not permitted")


TROUBLES: dict[str, tuple[Callable[[], str | None], str]] = {
    "an old Python": (lambda: machine.python((3, 10)), "needs Python 3.11"),
    "an old OpenSSL": (lambda: machine.openssl((1, 1, 1), "OpenSSL 1.1.1"), "OpenSSL 3.0 or newer"),
    "LibreSSL": (lambda: machine.openssl((3, 3), "LibreSSL 3.3"), "uses LibreSSL 3.3"),
    "an old cryptography": (lambda: machine.cryptography("45.0.1"), "45.0.1; the course needs 46"),
    "a clock that went back": (lambda: machine.clock(datetime(1970, 1, 1, tzinfo=UTC)), "it says 1970-01-01"),
    "no place to write": (lambda: machine.writing(Path(__file__) / "no"), "no file can be written in"),
}


@pytest.mark.parametrize("name", TROUBLES)
def test_self_test_says_what_to_mend(name: str) -> None:
    ask, words = TROUBLES[name]
    assert words in (ask() or "")


def test_self_test_without_loopback(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(socket, "create_connection", blocked)
    print_self_test()
    assert "✗ loopback: 127.0.0.1 cannot be reached (not permitted)" in capsys.readouterr().out


def test_progress_in_words_and_as_a_map(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record, "_in_memory", record.Record())
    empty = progress_of_course()
    assert "Nothing is kept in a test run." in progress_of_course.summary()
    record.update(lambda now: now.solve("00-triage"))
    record.update(lambda now: now.predict("00-default", "a", False))
    assert "1 of 2 exercises solved; 0 of 1 predictions right" in progress_of_course.summary()
    assert "0 of 2 solved" in repr(empty) and "1 of 2 solved" in repr(progress_of_course())


# The start of JupyterLab.


def test_command_opens_the_first_notebook_in_the_learners_folder(home: Path, tmp_path: Path) -> None:
    line = launch.command(tmp_path / "my course", ["--no-browser"])
    assert line[1:3] == ["-m", "jupyterlab"] and line[-1] == "--no-browser"
    assert f"--ServerApp.root_dir={tmp_path / 'my course'}" in line
    assert f"--LabApp.default_url=/lab/tree/{ONE.file}" in line
    assert ("--allow-root" in line) == (hasattr(os, "geteuid") and os.geteuid() == 0)


def test_own_jupyter_settings_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", "/mine")
    assert launch.environment()["JUPYTER_CONFIG_PATH"].split(os.pathsep) == [str(launch.SETTINGS), "/mine"]
    text = (launch.SETTINGS / "labconfig" / "default_setting_overrides.json").read_text(encoding="utf-8")
    assert json.loads(text)["@jupyterlab/apputils-extension:notification"]["fetchNews"] == "false"


def test_lab_without_its_extra_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(TlslearnError, match=r'pip install "tlslearn\[lab\]"'):
        launch.lab(folder=tmp_path / "my")
    assert not (tmp_path / "my").exists()


def test_lab_makes_copies_offers_and_hands_on_the_status(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(launch, "command", lambda folder, args: [sys.executable, "-c", "raise SystemExit(3)", *args])
    assert launch.lab(folder=tmp_path / "my", args=["--x"]) == 3
    save(home / ONE.file, *CELLS, markdown("new"))
    layout = next((tmp_path / "my" / launch.WORKSPACES).iterdir())
    layout.write_text("mine")
    assert launch.lab(folder=tmp_path / "my") == 3
    assert "tlslearn reset 00" in capfd.readouterr().out and layout.read_text() == "mine"


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_termination_reaches_jupyterlab(tmp_path: Path) -> None:
    child = (
        "import signal, sys\n"
        "signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])\n"
        "print('up', flush=True)\n"
        "signal.sigwait([signal.SIGTERM])\n"
        "sys.exit(5)\n"
    )
    parent = (
        "import os, sys\n"
        "from tlslearn.course import launch\n"
        f"sys.exit(launch._run([sys.executable, '-c', {child!r}], dict(os.environ)))\n"
    )
    home = Path(launch.__file__).parents[2]
    process = subprocess.Popen([sys.executable, "-c", parent], cwd=home, stdout=subprocess.PIPE, text=True)
    with process:
        assert process.stdout is not None and process.stdout.readline() == "up\n"
        process.send_signal(signal.SIGTERM)
        assert process.wait() == 5
