"""Where does the learner write? In copies of the notebooks, which are theirs: made once, never overwritten.

Sections: none.
Leaves out: merging a learner's answers into a newer version; both are kept, side by side.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from .. import files
from ..check import BadInput
from . import contents, notebook

MANIFEST = ".tlslearn.json"  # file name of a copy to the hash of the original that it was made from
KEPT = "kept"
MODE = 0o644  # a notebook is no secret; classrooms read one another's


@dataclass(frozen=True)
class Offer:
    """A notebook whose original has changed since the copy was made; `str()` says how to take it."""

    number: str
    file: str

    def __str__(self) -> str:
        return f"There is a newer {self.file}. To take it, and keep yours beside it: tlslearn reset {self.number}"


def make_copies(folder: str | Path) -> list[Path]:
    """Copy each notebook that is missing in `folder`, without outputs; returns the copies made.

    Raises BadInput where a file stands in the folder's place.
    """
    home = _made(Path(folder))
    with files.locked(home / MANIFEST):
        missing = [original for original in notebook.paths() if not (home / original.name).exists()]
        return [_copy(original, home) for original in missing]


def offers(folder: str | Path) -> list[Offer]:
    """The copies in `folder` whose originals have changed since; offered, never forced."""
    home = Path(folder)
    manifest = _manifest(home)
    return [
        Offer(original.name.partition("-")[0], original.name)
        for original in notebook.paths()
        if (home / original.name).exists()
        and fingerprint(original) != (manifest.get(original.name) or _fingerprint_of_copy(home / original.name))
    ]


def reset(folder: str | Path, number: str) -> str:
    """Give notebook `number` back as it came and keep the learner's version in `kept/`; returns what was done.

    Raises BadInput for a number that no notebook has.
    """
    original, home = notebook.find(number), _made(Path(folder))
    with files.locked(home / MANIFEST):
        own = home / original.name
        aside = _keep(own) if own.exists() else None
        _copy(original, home)
    message = f"{own} is as it came."
    return message if aside is None else f"{message} Your version is {aside}."


def fingerprint(path: Path) -> str:
    """SHA-256 over what a learner reads and runs: kinds, sources and tags of the cells; outputs do not count."""
    cells = [(cell.kind, cell.source, cell.tags) for cell in notebook.read(path).cells]
    return hashlib.sha256(json.dumps(cells).encode()).hexdigest()


def _fingerprint_of_copy(path: Path) -> str:
    try:
        return fingerprint(path)
    except BadInput:  # the learner's file cannot be read: all the more reason to offer the original
        return ""


def _copy(original: Path, home: Path) -> Path:
    text = notebook.dumps(notebook.cleared(notebook.read(original).json))
    copy = files.write_atomically(home / original.name, text, mode=MODE, overwrite=True)
    manifest = _manifest(home) | {original.name: fingerprint(original)}
    files.write_atomically(home / MANIFEST, json.dumps(manifest, indent=1, sort_keys=True) + "\n", overwrite=True)
    return copy


def _keep(own: Path) -> Path:
    """A second name for the learner's version, which no other file has."""
    folder = _made(own.parent / KEPT)
    number = 1
    while (aside := folder / f"{own.stem}.{number}{own.suffix}").exists():
        number += 1
    return files.write_atomically(aside, own.read_bytes(), mode=MODE)


def _manifest(home: Path) -> dict[str, str]:
    """What the copies were made from. A lost or broken file costs no more than an offer too many."""
    path = home / MANIFEST
    if not path.exists():
        return {}
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return {}
    names = {item.file for item in contents.NOTEBOOKS}
    return {name: str(value) for name, value in kept.items() if name in names} if isinstance(kept, dict) else {}


def _made(folder: Path) -> Path:
    if folder.exists() and not folder.is_dir():
        raise BadInput("this is a file, not a folder", value=str(folder), fix="Name a folder for your notebooks.")
    folder.mkdir(parents=True, exist_ok=True)
    return folder
