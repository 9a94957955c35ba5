"""What does a class get? The notebooks without their solutions and outputs; they still run from top to bottom.

Sections: none.
Leaves out: collecting and marking answers.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .. import files
from ..check import BadInput
from . import notebook

MODE = 0o644
README = """\
# Certificates and TLS: notebooks for a class

The solutions and outputs were left out. Install the course with `pip install "tlslearn[lab]"`, open a notebook in
JupyterLab and run it from top to bottom; each exercise has a cell that checks your answer.
"""


def handout(directory: str | Path, *, overwrite: bool = False) -> str:
    """Write every notebook, without the cells tagged `solution:`, into `directory`; returns what was done.

    Raises BadInput for a file, or for a directory that holds something (unless `overwrite`).
    """
    target = Path(directory)
    if target.exists() and not target.is_dir():
        raise BadInput("this is a file, not a directory", value=str(target), fix="Name a directory to write to.")
    if target.is_dir() and any(target.iterdir()) and not overwrite:
        fix = "Name an empty one, or allow files of the same names to be replaced: --overwrite (overwrite=True)."
        raise BadInput("this directory is not empty", value=str(target), fix=fix)
    target.mkdir(parents=True, exist_ok=True)
    originals = notebook.paths()
    for path in originals:
        text = notebook.dumps(without_solutions(notebook.read(path)))
        files.write_atomically(target / path.name, text, mode=MODE, overwrite=overwrite)
    files.write_atomically(target / "README.md", README, mode=MODE, overwrite=overwrite)
    count = len(originals)
    return f"{count} notebook{'' if count == 1 else 's'} without solutions in {target}"


def without_solutions(original: notebook.Notebook) -> dict[str, Any]:
    """The JSON of a notebook without the cells of its solutions, outputs and counts."""
    content = notebook.cleared(original.json)
    solutions = {cell.index for cell in original.solution_cells.values()}
    content["cells"] = [cell for index, cell in enumerate(content["cells"]) if index not in solutions]
    return content
