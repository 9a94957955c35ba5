"""How do outputs get into a notebook? By this command alone: `python -m tlslearn.course.refresh [--all] [NOTEBOOK …]`.

Sections: none.
Leaves out: judging the outputs; nbval compares them in the test run.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .. import files
from ..check import BadInput, TlslearnError
from . import execution, notebook, outputs, pictures

MODE = 0o644


def main(arguments: Sequence[str] | None = None) -> int:
    """Refresh the notebooks named, or all; returns 0, or 1 when one could not be run to its end."""
    parser = argparse.ArgumentParser(prog="python -m tlslearn.course.refresh", description=__doc__)
    parser.add_argument("--all", action="store_true", help="store every new output, also one that says the same")
    parser.add_argument(
        "notebooks", nargs="*", type=Path, metavar="NOTEBOOK", help="all of the course when none is named"
    )
    chosen = parser.parse_args(arguments)
    failed = False
    for path in chosen.notebooks or notebook.paths():
        try:
            print(f"{path.name}: {refresh(path, keep=not chosen.all)}", flush=True)
        except TlslearnError as error:
            failed = True
            print(f"{path.name}: not refreshed. {error}", file=sys.stderr, flush=True)
    return int(failed)


def refresh(path: Path, *, keep: bool = True, sanitize: Path | None = None) -> str:
    """Execute one notebook and store its outputs; returns "changed" or "unchanged".

    With `keep`, an old output stays where the new one equals it after sanitizing (the rules are the test run's:
    tests/nbval_sanitize.cfg beside the notebooks' folder, unless `sanitize` names others).
    Raises TlslearnError for an error that no tag declares, with the number of its cell; the file stays as it was.
    """
    before = path.read_text(encoding="utf-8") if path.is_file() else None
    if before is None:
        raise BadInput("no such notebook", value=str(path), fix="Name a file, or none to refresh all of them.")
    old = notebook.read(path).json
    rules = outputs.read_rules(sanitize or path.parent.parent / "tests" / "nbval_sanitize.cfg")
    new = execution.execute(pictures.refreshed(outputs.normalized(old)), path.name)
    for count, (old_cell, new_cell) in enumerate(zip(_code(old), _code(new), strict=True), 1):
        outputs.number(new_cell, count)
        if keep and outputs.equal(old_cell["outputs"], new_cell["outputs"], rules):
            new_cell["outputs"] = old_cell["outputs"]
            outputs.number(new_cell, count)
    after = notebook.dumps(outputs.lines_split(new))
    if after == before:
        return "unchanged"
    files.write_atomically(path, after, mode=MODE, overwrite=True)
    return "changed"


def _code(content: dict[str, Any]) -> list[dict[str, Any]]:
    return [cell for cell in content["cells"] if cell["cell_type"] == "code"]


if __name__ == "__main__":
    sys.exit(main())
