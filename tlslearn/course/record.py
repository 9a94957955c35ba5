"""What has this learner solved and predicted, and where is that kept?

Sections: none.
Leaves out: answers themselves, and anything that leaves this computer.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from .. import files
from ..check import TlslearnError

FORMAT = 1
FILE = "progress.json"


@dataclass
class Prediction:
    """The first answer to a prediction: later ones do not count, for the class compares before and after."""

    option: str
    right: bool
    at: str  # ISO 8601, UTC


@dataclass
class Record:
    """Everything kept: `solved` id to first time, `tries` id to turned-down answers, `predicted` id to first answer."""

    solved: dict[str, str] = field(default_factory=dict)
    tries: dict[str, int] = field(default_factory=dict)
    predicted: dict[str, Prediction] = field(default_factory=dict)

    def solve(self, exercise: str) -> None:
        self.solved.setdefault(exercise, _now())

    def try_again(self, exercise: str) -> None:
        self.tries[exercise] = self.tries.get(exercise, 0) + 1

    def predict(self, prediction: str, option: str, right: bool) -> None:
        self.predicted.setdefault(prediction, Prediction(option, right, _now()))


# Used in test runs, and for the rest of a session in which the file cannot be written.
_in_memory = Record()
_warned: set[str] = set()


def path(environment: Mapping[str, str] = os.environ) -> Path | None:
    """The file of this learner, or None in a test run, which keeps nothing (TLSLEARN_DATA names a folder to test with).

    pytest sets PYTEST_VERSION, and the kernels that nbval starts inherit it.
    """
    if folder := environment.get("TLSLEARN_DATA"):
        return Path(folder) / FILE
    return None if "PYTEST_VERSION" in environment else data_folder(environment) / FILE


def data_folder(environment: Mapping[str, str] = os.environ, platform: str = sys.platform) -> Path:
    """Where this platform keeps a program's data for one user."""
    if platform == "win32":
        return Path(environment.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "tlslearn"
    if platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "tlslearn"
    return Path(environment.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "tlslearn"


def own_folder(name: str, environment: Mapping[str, str] = os.environ) -> Path | None:
    """Where a notebook lets the learner keep something of that name, such as their CA, for later notebooks.

    Beside the file of their progress; not made here. None in a test run, which keeps nothing.
    """
    kept = path(environment)
    return None if kept is None else kept.with_name(name)


def load() -> Record:
    """What is kept so far. A file that cannot be understood is put aside, with a message, and a new one begun."""
    kept = path()
    if kept is None or not kept.exists():
        return _in_memory
    return update(lambda record: None)


def update(change: Callable[[Record], None]) -> Record:
    """Read, `change` and write under one lock, so that two notebooks at once lose nothing; returns the new record."""
    kept = path()
    if kept is not None:
        try:
            kept.parent.mkdir(parents=True, exist_ok=True)
            with files.locked(kept):
                return _update_file(kept, change)
        except (TlslearnError, OSError) as error:
            _warn(f"! your progress is not kept: {kept} cannot be written ({_reason(error)})")
    change(_in_memory)
    return _in_memory


def _update_file(kept: Path, change: Callable[[Record], None]) -> Record:
    before = kept.read_text(encoding="utf-8", errors="replace") if kept.exists() else None
    record = _understood(kept, before)
    change(record)
    after = json.dumps({"format": FORMAT, **asdict(record)}, indent=1, sort_keys=True) + "\n"
    if after != before:
        files.write_atomically(kept, after, overwrite=True)
    return record


def _understood(kept: Path, text: str | None) -> Record:
    if text is None:
        return Record()
    try:
        return _parse(text)
    except (ValueError, TypeError, KeyError, AttributeError):
        aside = _free_name(kept)
        kept.replace(aside)
        print(f"! the file of your progress could not be read; it is kept as {aside.name}, and a new one begins")
        return Record()


def _parse(text: str) -> Record:
    """The record in a file's text. Raises ValueError, TypeError, KeyError or AttributeError for any other text."""
    kept = json.loads(text)
    if kept["format"] != FORMAT:
        raise ValueError(kept["format"])
    return Record(
        solved={str(name): str(at) for name, at in kept["solved"].items()},
        tries={str(name): int(count) for name, count in kept["tries"].items()},
        predicted={
            str(name): Prediction(str(first["option"]), bool(first["right"]), str(first["at"]))
            for name, first in kept["predicted"].items()
        },
    )


def _free_name(kept: Path) -> Path:
    number = 1
    while (aside := kept.with_name(f"{kept.stem}.unreadable-{number}{kept.suffix}")).exists():
        number += 1
    return aside


def _reason(error: Exception) -> str:
    cause = error if isinstance(error, OSError) else error.__cause__
    return (cause.strerror if isinstance(cause, OSError) else None) or str(error)


def _warn(line: str) -> None:
    if line not in _warned:
        _warned.add(line)
        print(line)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
