"""What is in a notebook file: which cells, exercises, solutions and words? And where are the notebooks?

Sections: none. The file format is nbformat 4, read as JSON, so that no Jupyter is needed.
Leaves out: running a notebook, and whether it is well made.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from ..check import BadInput, TlslearnError
from . import contents

FENCED = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```[ \t]*$", re.DOTALL | re.MULTILINE)
IMAGE = re.compile(r"!\[(?P<alt>[^\]]*)\]\((?P<target>[^)]*)\)")
LINK = re.compile(r"\[(?P<text>[^\]]*)\]\((?P<target>[^)]*)\)")
# A picture in the text: shown by its name, and defined, as an image in a data address, in a line of its own.
PICTURE_SHOWN = re.compile(r"!\[[^\]]*\]\[[\w-]+\]")
PICTURE_DEFINED = re.compile(r"^\[[\w-]+\]: data:\S+$", re.MULTILINE)
WORD = re.compile(r"\w+(?:['’.\-]\w+)*")


@dataclass(frozen=True)
class Cell:
    """One cell; `index` counts all cells from 0, `json` is the cell as the file has it."""

    index: int
    json: dict[str, Any]

    @property
    def kind(self) -> str:
        """ "code", "markdown" or "raw"."""
        return str(self.json["cell_type"])

    @property
    def is_code(self) -> bool:
        return self.kind == "code"

    @property
    def source(self) -> str:
        return joined(self.json["source"])

    @property
    def tags(self) -> tuple[str, ...]:
        return tuple(self.json.get("metadata", {}).get("tags", ()))

    @property
    def course(self) -> dict[str, Any]:
        """The metadata under "tlslearn": a reason for an excuse, the name of a picture."""
        return dict(self.json.get("metadata", {}).get("tlslearn", {}))

    @property
    def outputs(self) -> list[dict[str, Any]]:
        return list(self.json.get("outputs", ()))

    def tagged(self, prefix: str) -> str | None:
        """The rest of the first tag that begins so: "exercise:" gives "01-replay"."""
        return next((tag.removeprefix(prefix) for tag in self.tags if tag.startswith(prefix)), None)


@dataclass(frozen=True)
class Notebook:
    """One notebook file, read."""

    path: Path
    json: dict[str, Any]

    @cached_property
    def cells(self) -> tuple[Cell, ...]:
        return tuple(Cell(index, cell) for index, cell in enumerate(self.json["cells"]))

    @property
    def code(self) -> tuple[Cell, ...]:
        return tuple(cell for cell in self.cells if cell.is_code)

    @property
    def number(self) -> str:
        """ "05" for `05-verify-a-chain.ipynb`."""
        return self.path.name.partition("-")[0]

    @property
    def after(self) -> tuple[str, ...] | None:
        """The numbers of the notebooks that come before this one, or None where it declares nothing."""
        declared = self.json.get("metadata", {}).get("tlslearn", {}).get("after")
        return None if declared is None else tuple(declared)

    @property
    def stubs(self) -> dict[str, Cell]:
        """The cells tagged `exercise:<id>`, by id."""
        return {id: cell for cell in self.cells if (id := cell.tagged("exercise:"))}

    @property
    def solution_cells(self) -> dict[str, Cell]:
        """The cells tagged `solution:<id>`, by id."""
        return {id: cell for cell in self.cells if (id := cell.tagged("solution:"))}

    def solution(self, id: str) -> str:
        """The Python text of the solution to exercise `id`. Raises TlslearnError where there is none."""
        cell = self.solution_cells.get(id)
        blocks = (
            [] if cell is None else [text for language, text in FENCED.findall(cell.source) if language == "python"]
        )
        if not blocks:
            fix = f"Tag the cell below its check with solution:{id} and write the answer in a python block."
            raise TlslearnError(f"{self.path.name} has no solution", value=id, fix=fix)
        return "\n".join(blocks)

    @property
    def words(self) -> int:
        """The words of its prose: markdown without folded solutions, blocks of code, addresses and markup."""
        prose = "\n".join(
            cell.source for cell in self.cells if cell.kind == "markdown" and cell.tagged("solution:") is None
        )
        return len(WORD.findall(_plain(prose)))


def read(path: str | Path) -> Notebook:
    """Read one notebook. Raises BadInput for a file that is none."""
    file = Path(path)
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadInput("cannot read this notebook", value=str(file), fix=f"{error.strerror}.") from error
    except ValueError as error:
        raise BadInput("this file is no notebook", value=str(file), fix=f"Its JSON is broken: {error}.") from error
    if not isinstance(content, dict) or content.get("nbformat") != 4 or not isinstance(content.get("cells"), list):
        raise BadInput("this file is no notebook", value=str(file), fix="Save it again in Jupyter (nbformat 4).")
    return Notebook(file, content)


def dumps(content: dict[str, Any]) -> str:
    """The text of a notebook file, written as Jupyter writes it, so that a diff shows only what changed."""
    return json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def joined(text: str | list[str]) -> str:
    """Multi-line text of the format: one string, or a list of lines."""
    return text if isinstance(text, str) else "".join(text)


def folder() -> Path:
    """The folder of the course's own notebooks: inside an installed wheel, or in the repository.

    Raises TlslearnError where neither is there.
    """
    package = Path(__file__).resolve().parent.parent
    for candidate in (package / "carried" / "notebooks", package.parent / "notebooks"):
        if candidate.is_dir():
            return candidate
    raise TlslearnError(
        "the notebooks are missing", value=str(package), fix="Install tlslearn again, or clone its repository."
    )


def paths() -> list[Path]:
    """The notebooks that exist, in the order of the course."""
    home = folder()
    return [home / item.file for item in contents.NOTEBOOKS if (home / item.file).is_file()]


def find(number: str) -> Path:
    """The notebook of that number, as "05", "5" or "a1". Raises BadInput with the numbers there are."""
    wanted = contents.find(str(number))
    if (path := folder() / wanted.file) in (existing := paths()):
        return path
    numbers = ", ".join(other.name.partition("-")[0] for other in existing)
    raise BadInput("this notebook is not written yet", value=wanted.number, fix=f"There are: {numbers or 'none'}.")


def cleared(content: dict[str, Any]) -> dict[str, Any]:
    """A copy of a notebook's JSON with no outputs and no counts, for a reader who is to predict before seeing."""
    copy: dict[str, Any] = json.loads(json.dumps(content))
    for cell in copy["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [], None
    return copy


def _plain(markdown: str) -> str:
    without_code = FENCED.sub(" ", markdown)
    without_images = IMAGE.sub(" ", PICTURE_SHOWN.sub(" ", PICTURE_DEFINED.sub(" ", without_code)))
    without_links = LINK.sub(lambda link: link["text"], without_images)
    return re.sub(r"<[^>]*>", " ", without_links)
