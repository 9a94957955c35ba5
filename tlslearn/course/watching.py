"""What does somebody else find on the disk while an answer runs? For checkers of code that writes files.

Sections: none.
Leaves out: what one call into C does in several steps, and whether bytes reached the disk; both need another witness.
"""

from __future__ import annotations

import functools
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any


@dataclass
class Watch:
    """What stood in the folder of `target` after each step: see `watched`.

    `contents`: what the target held, one after the other, None for no file. `loose`: True where others could have
    opened the target, False where another file beside it. `others`: was there another file?
    """

    target: Path
    contents: list[bytes | None] = field(default_factory=list)
    loose: set[bool] = field(default_factory=set)
    others: bool = False

    def look(self) -> None:
        with os.scandir(self.target.parent) as entries:
            for entry in entries:
                is_target = entry.name == self.target.name
                self.others = self.others or not is_target
                if os.name == "posix" and _mode(entry) & 0o077:
                    self.loose.add(is_target)
        found = content(self.target)
        if not self.contents or self.contents[-1] != found:
            self.contents.append(found)


def watched(answer: Callable[..., Any], target: Path) -> tuple[Callable[..., Any], Watch]:
    """The answer, to be called in its place, and its Watch, which looks after each instruction of Python.

    A program can be stopped between any two of them, so what is seen is also what a crash would leave.
    """
    watch = Watch(target)

    def tracer(frame: FrameType, event: str, _argument: object) -> Any:
        frame.f_trace_opcodes = True
        if event in ("opcode", "return"):
            watch.look()
        return tracer

    @functools.wraps(answer)
    def watching(*args: object) -> Any:
        before = sys.gettrace()
        sys.settrace(tracer)
        try:
            return answer(*args)
        finally:
            sys.settrace(before)

    return watching, watch


@contextmanager
def public_folder() -> Iterator[Path]:
    """An empty folder, with the umask that most systems set: a careless file in it is readable by others."""
    before = os.umask(0o022)
    try:
        with tempfile.TemporaryDirectory(prefix="tlslearn-", ignore_cleanup_errors=True) as name:
            yield Path(name)
    finally:
        os.umask(before)


def content(path: Path) -> bytes | None:
    """The bytes of a file, None where there is none."""
    return path.read_bytes() if path.is_file() else None


def _mode(entry: os.DirEntry[str]) -> int:
    try:
        return entry.stat(follow_symlinks=False).st_mode
    except FileNotFoundError:  # gone since it was listed
        return 0
