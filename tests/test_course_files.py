"""Is what is written to disk whole, private and never lost, also with two writers at once?"""

from __future__ import annotations

import errno
import json
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from tlslearn import files
from tlslearn.check import BadInput, TlslearnError
from tlslearn.course import record

POSIX = os.name == "posix"
AS_ROOT = POSIX and os.geteuid() == 0


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


# Whole files.


def test_file_is_written_whole_and_private(tmp_path: Path) -> None:
    path = files.write_atomically(tmp_path / "key.pem", "schlüssel\n")
    assert path.read_bytes() == "schlüssel\n".encode()
    assert [entry.name for entry in tmp_path.iterdir()] == ["key.pem"]
    if POSIX:
        assert mode(path) == 0o600


@pytest.mark.skipif(not POSIX, reason="file modes")
def test_file_is_private_before_it_has_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    real = os.link
    monkeypatch.setattr(os, "link", lambda old, new: (seen.append(mode(old)), real(old, new)))
    files.write_atomically(tmp_path / "key.pem", b"secret")
    assert seen == [0o600]


@pytest.mark.skipif(not POSIX, reason="file modes")
def test_wider_mode_is_given_when_asked(tmp_path: Path) -> None:
    assert mode(files.write_atomically(tmp_path / "chain.pem", b"", mode=0o644)) == 0o644


def test_existing_file_is_kept_unless_told(tmp_path: Path) -> None:
    path = files.write_atomically(tmp_path / "a", b"first")
    with pytest.raises(BadInput, match=r"exists.*overwrite=True"):
        files.write_atomically(path, b"second")
    assert path.read_bytes() == b"first"
    assert files.write_atomically(path, b"second", overwrite=True).read_bytes() == b"second"


def test_file_that_appears_meanwhile_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a"
    monkeypatch.setattr(files, "_refuse_bad_target", lambda *_: path.write_bytes(b"the other's"))
    with pytest.raises(BadInput, match="exists"):
        files.write_atomically(path, b"mine")
    assert path.read_bytes() == b"the other's" and [entry.name for entry in tmp_path.iterdir()] == ["a"]


@pytest.mark.parametrize("taken", [False, True])
def test_without_hard_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, taken: bool) -> None:
    def refuse(old: object, new: object) -> None:
        raise OSError(errno.EPERM, "no hard links here")

    path = tmp_path / "a"
    monkeypatch.setattr(os, "link", refuse)
    if taken:
        monkeypatch.setattr(files, "_refuse_bad_target", lambda *_: path.write_bytes(b"the other's"))
        with pytest.raises(BadInput, match="exists"):
            files.write_atomically(path, b"mine")
    else:
        files.write_atomically(path, b"mine")
    assert path.read_bytes() == (b"the other's" if taken else b"mine")
    assert [entry.name for entry in tmp_path.iterdir()] == ["a"]


def test_interrupted_without_hard_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(old: object, new: object) -> None:
        raise OSError(errno.EPERM, "no hard links here")

    def interrupt(old: object, new: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "link", refuse)
    monkeypatch.setattr(os, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        files.write_atomically(tmp_path / "a", b"mine")
    assert list(tmp_path.iterdir()) == []


def test_reading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = files.write_atomically(tmp_path / "a", b"12345")
    assert files.read(path) == files.read(str(path)) == b"12345"
    monkeypatch.setattr(files, "LARGEST", 4)
    empty = files.write_atomically(tmp_path / "b", b"")
    for bad, problem in (
        (path, "too large"),
        (empty, "is empty"),
        (tmp_path, "cannot read"),
        (tmp_path / "c", "cannot"),
    ):
        with pytest.raises(BadInput, match=problem) as caught:
            files.read(bad)
        assert caught.value.value == str(bad)


@pytest.mark.parametrize("path", [5, None, "a\0b"])
def test_what_is_no_path_is_named(path: Any) -> None:
    for call in (lambda: files.read(path), lambda: files.write_atomically(path, b"")):
        with pytest.raises(BadInput, match="not a path") as caught:
            call()
        assert caught.value.value == path


def test_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = files.write_atomically(tmp_path / "a", b"old")

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(TlslearnError, match=os.strerror(errno.ENOSPC)):
        files.write_atomically(path, b"new", overwrite=True)
    assert path.read_bytes() == b"old" and [entry.name for entry in tmp_path.iterdir()] == ["a"]


def test_bad_places_are_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"no such folder.*missing"):
        files.write_atomically(tmp_path / "missing" / "a", b"")
    with pytest.raises(BadInput, match="this is a folder"):
        files.write_atomically(tmp_path, b"", overwrite=True)


@pytest.mark.skipif(not POSIX or AS_ROOT, reason="root may write anywhere")
def test_folder_without_permission_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(TlslearnError, match="cannot write here"):
        files.write_atomically(tmp_path / "a", b"")


# Lines and locks.


def test_lines_are_appended_and_a_broken_one_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    files.append_line(path, "one")
    path.write_bytes(path.read_bytes() + b"tw")  # a crash
    files.append_line(path, "three")
    assert path.read_text() == "one\ntw\nthree\n"
    if POSIX:
        assert mode(path) == 0o600
    with pytest.raises(BadInput, match="not one line"):
        files.append_line(path, "four\nfive")


def test_lock_holds_between_threads(tmp_path: Path) -> None:
    path, inside, most = tmp_path / "a", [0], [0]

    def work() -> None:
        for _ in range(50):
            with files.locked(path):
                inside[0] += 1
                most[0] = max(most[0], inside[0])
                os.sched_yield() if hasattr(os, "sched_yield") else None
                inside[0] -= 1

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1]


def test_lock_is_given_back_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), files.locked(tmp_path / "a"):
        raise ZeroDivisionError
    with files.locked(tmp_path / "a"):
        assert (tmp_path / "a.lock").exists()


def test_lock_in_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(TlslearnError, match="cannot write here"), files.locked(tmp_path / "missing" / "a"):
        pytest.fail("held a lock that cannot be")


# The record of a learner.


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of the record, in a folder that does not exist yet."""
    monkeypatch.setenv("TLSLEARN_DATA", str(tmp_path / "data"))
    return tmp_path / "data" / "progress.json"


def test_test_runs_touch_no_record_of_a_learner() -> None:
    assert "PYTEST_VERSION" in os.environ and "TLSLEARN_DATA" not in os.environ
    assert record.path() is None


def test_kernels_that_a_test_run_starts_touch_none_either() -> None:
    code = "from tlslearn.course import record; print(record.path())"
    home = Path(record.__file__).parents[2]
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=home)
    assert found.stdout == "None\n"


PLATFORMS = {
    "linux": ({"XDG_DATA_HOME": "/x"}, Path("/x/tlslearn")),
    "win32": ({"LOCALAPPDATA": "/l"}, Path("/l/tlslearn")),
    "darwin": ({}, Path.home() / "Library" / "Application Support" / "tlslearn"),
    "freebsd": ({}, Path.home() / ".local" / "share" / "tlslearn"),
}


@pytest.mark.parametrize("platform", PLATFORMS)
def test_data_folder_of_each_platform(platform: str) -> None:
    environment, folder = PLATFORMS[platform]
    assert record.data_folder(environment, platform) == folder


def test_what_a_learner_keeps_lies_beside_their_progress(tmp_path: Path) -> None:
    environment = {"TLSLEARN_DATA": str(tmp_path)}
    assert record.own_folder("bookshop-ca", environment) == tmp_path / "bookshop-ca"
    assert not (tmp_path / "bookshop-ca").exists()
    assert record.own_folder("bookshop-ca", {"PYTEST_VERSION": "9"}) is None


def test_record_is_kept_and_read_again(kept: Path) -> None:
    record.update(lambda now: now.solve("01-replay"))
    first = record.load().solved["01-replay"]
    record.update(lambda now: now.solve("01-replay"))
    record.update(lambda now: now.try_again("01-nonce"))
    record.update(lambda now: now.predict("01-checksum", "a", False))
    record.update(lambda now: now.predict("01-checksum", "c", True))
    now = record.load()
    assert now.solved == {"01-replay": first} and now.tries == {"01-nonce": 1}
    assert (now.predicted["01-checksum"].option, now.predicted["01-checksum"].right) == ("a", False)
    if POSIX:
        assert mode(kept) == 0o600


BROKEN = ["", "{", "[]", "null", "7", '{"format": 2}', '{"format": 1, "solved": 3, "tries": {}, "predicted": {}}']


@pytest.mark.parametrize("text", BROKEN)
def test_broken_record_is_put_aside_with_a_message(kept: Path, capsys: pytest.CaptureFixture[str], text: str) -> None:
    kept.parent.mkdir()
    for number in (1, 2):
        kept.write_text(text)
        assert record.load() == record.Record()
        assert f"kept as progress.unreadable-{number}.json" in capsys.readouterr().out
    assert [path.read_text() for path in sorted(kept.parent.glob("*unreadable*"))] == [text, text]
    record.update(lambda now: now.solve("01-replay"))
    assert list(record.load().solved) == ["01-replay"] and capsys.readouterr().out == ""


WRITER = """
import sys
from tlslearn.course import record
for number in range(40):
    record.update(lambda now: now.solve(f"99-{sys.argv[1]}-{number}"))
    record.update(lambda now: now.try_again("99-shared"))
"""


def test_two_processes_at_once_lose_nothing(kept: Path) -> None:
    home = Path(record.__file__).parents[2]
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, name], cwd=home) for name in ("left", "right")]
    assert [writer.wait() for writer in writers] == [0, 0]
    now = record.load()
    assert len(now.solved) == 80 and now.tries == {"99-shared": 80}
    assert json.loads(kept.read_text())["format"] == record.FORMAT


def test_place_that_cannot_be_written_is_told_once(
    kept: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record, "_in_memory", record.Record())
    kept.parent.write_text("a file in the folder's place")
    for _ in range(2):
        record.update(lambda now: now.solve("99-sum"))
    assert list(record.load().solved) == ["99-sum"]  # for the rest of this session
    assert capsys.readouterr().out.count("! your progress is not kept") == 1
