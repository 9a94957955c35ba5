"""Does a watch see each moment at which a file lay open, was half there or gone, and leave no trace of itself?"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tlslearn.course.watching import Watch, content, public_folder, watched

POSIX = pytest.mark.skipif(os.name != "posix", reason="modes mean little elsewhere")


def seen(action: Callable[[Path], object], old: bytes | None = None) -> Watch:
    with public_folder() as folder:
        target = folder / "file"
        if old is not None:
            target.write_bytes(old)
            target.chmod(0o600)
        watching, watch = watched(action, target)
        watching(target)
        watch.look()
    return watch


def private(path: Path, flags: int = os.O_EXCL) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | flags, 0o600)


def beside(target: Path) -> None:
    new = target.with_name("new")
    with os.fdopen(private(new), "wb") as file:
        file.write(b"new")
    os.replace(new, target)


def test_what_is_replaced_in_one_step_is_never_open_half_or_gone() -> None:
    watch = seen(beside, b"old")
    assert (watch.contents, watch.loose, watch.others) == ([b"old", b"new"], set(), True)


@POSIX
def test_an_open_mode_is_seen_where_it_was() -> None:
    def closed_later(target: Path) -> None:
        target.write_bytes(b"new")
        target.chmod(0o600)

    def beside_and_open(target: Path) -> None:
        target.with_name("new").write_bytes(b"new")
        os.replace(target.with_name("new"), target)

    assert seen(closed_later).loose == {True}
    assert seen(beside_and_open).loose == {False, True}  # the mode comes along with the name


def test_an_empty_moment_is_seen_on_one_line_too() -> None:
    assert seen(lambda target: os.fdopen(private(target, os.O_TRUNC), "wb").write(b"new"), b"old").contents[:2] == [
        b"old",
        b"",
    ]


def test_a_moment_without_file_is_seen() -> None:
    def removed_first(target: Path) -> None:
        target.unlink()
        beside(target)

    assert seen(removed_first, b"old").contents == [b"old", None, b"new"]


def test_tracer_and_umask_are_as_before() -> None:
    tracer, umask = sys.gettrace(), os.umask(0o027)
    try:
        with pytest.raises(ZeroDivisionError):
            seen(lambda target: 1 / 0)
        found = os.umask(0o027)
    finally:
        os.umask(umask)
    assert (sys.gettrace(), found) == (tracer, 0o027)


def test_content(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    assert (content(tmp_path / "file"), content(tmp_path / "none"), content(tmp_path)) == (b"x", None, None)
