"""Is every notebook built to the plan, and would the guard notice one that is not?"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anatomy
import pytest

from tlslearn.course import contents, notebook, pictures
from tlslearn.course.exercise import EXERCISES, exercise
from tlslearn.course.prediction import PREDICTIONS, Option, prediction
from tlslearn.figures import PICTURES

PATHS = notebook.paths()
Break = Callable[[list[dict[str, Any]], dict[str, Any]], None]


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.name)
def test_notebook_is_built_to_the_plan(path: Path) -> None:
    assert anatomy.problems(notebook.read(path)) == []


def test_the_first_notebook_exists() -> None:
    """The guard above would be satisfied with an empty folder."""
    assert PATHS[0].name == contents.NOTEBOOKS[0].file


def test_excused_share_over_all_notebooks() -> None:
    cells = [cell for path in PATHS for cell in notebook.read(path).code]
    excused = [
        cell for cell in cells if anatomy.EXCUSES & set(cell.tags) or anatomy.EXCUSES_IN_CODE.search(cell.source)
    ]
    assert len(excused) < anatomy.EXCUSED_SHARE * len(cells)


def test_table_of_contents_names_only_earlier_notebooks() -> None:
    seen: set[str] = set()
    for item in contents.NOTEBOOKS:
        assert set(item.after) <= seen, item
        assert item.number not in seen
        assert item.file.startswith(f"{item.number}-") and item.file.endswith(".ipynb")
        seen.add(item.number)


def markdown(source: str, **course: object) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {"tlslearn": course} if course else {}, "source": source}


def code(source: str, *tags: str, text: str = "") -> dict[str, Any]:
    outputs = [{"output_type": "stream", "name": "stdout", "text": text}] if text else []
    metadata = {"tags": list(tags)} if tags else {}
    return {"cell_type": "code", "metadata": metadata, "source": source, "outputs": outputs}


def good_cells() -> list[dict[str, Any]]:
    """The smallest notebook that the guard lets pass, as number 99."""
    name = next(iter(PICTURES))
    opening = markdown(pictures.placed("# Do this\n\n**40 minutes.**", name), picture=name)
    solution = markdown("<details><summary>Solution</summary>\n\n```python\nanswer = 4\n```\n</details>")
    solution["metadata"]["tags"] = ["solution:99-sum"]
    return [
        opening,
        code("import ssl"),
        markdown("## Ask\n\n(a) yes · (b) no · (c) maybe\n\n**Break it.** Now.\n\n### Exercise: add"),
        code('predict("99-ask", ...)', text="○ 99-ask: no answer yet; choose a letter, or run the next cell and see\n"),
        markdown("[RFC 5280, section 3.2](https://www.rfc-editor.org/rfc/rfc5280#section-3.2)"),
        code("answer = ...", "exercise:99-sum"),
        code('check("99-sum", answer)', text="○ 99-sum: replace the ... and run this cell again\n"),
        solution,
        *(markdown("word " * 50) for _ in range(18)),
        markdown("## In your application\n\nLines.\n\n## Recap\n\nLines."),
    ]


@pytest.fixture
def course(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A course of one notebook, 99, with one exercise and one prediction."""
    only = contents.Notebook("99", "Do this", "99-do-this.ipynb", 40, (), "nothing")
    monkeypatch.setattr(contents, "NOTEBOOKS", (only,))
    monkeypatch.setattr(notebook, "folder", lambda: tmp_path)
    for registry in (EXERCISES, PREDICTIONS):
        registry.all()  # loads what there is, so that nothing is added to the copy below
        monkeypatch.setattr(registry, "_items", {})
    exercise("99-sum", title="Add", hints=("one", "two", "three"))(lambda answer: None)
    wrong = tuple(Option(letter, text, "a belief", "Look.") for letter, text in (("a", "yes"), ("b", "no")))
    prediction("99-ask", "?", (*wrong, Option("c", "maybe", None, "Look.")), "c")


def written(tmp_path: Path, cells: list[dict[str, Any]], metadata: dict[str, Any]) -> notebook.Notebook:
    """The notebook as a file, with ids and counts given where a cell has none."""
    count = 0
    for index, cell in enumerate(cells):
        cell.setdefault("id", f"c{index}")
        if cell["cell_type"] == "code":
            count += 1
            cell.setdefault("execution_count", count)
    path = tmp_path / "99-do-this.ipynb"
    path.write_text(json.dumps({"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}), "utf-8")
    return notebook.read(path)


def good_metadata() -> dict[str, Any]:
    return {"kernelspec": {"name": "python3"}, "tlslearn": {"after": []}}


@pytest.mark.usefixtures("course")
def test_guard_lets_a_good_notebook_pass(tmp_path: Path) -> None:
    assert anatomy.problems(written(tmp_path, good_cells(), good_metadata())) == []


def edit(index: int, old: str, new: str) -> Break:
    """Replace words in the source of one cell."""

    def change(cells: list[dict[str, Any]], _metadata: dict[str, Any]) -> None:
        assert old in cells[index]["source"]
        cells[index]["source"] = cells[index]["source"].replace(old, new)

    return change


def output(found: dict[str, Any]) -> Break:
    return lambda cells, _metadata: cells[3].update(outputs=[found])


def printed(text: str) -> Break:
    return output({"output_type": "stream", "name": "stdout", "text": text})


def shown(**data: str) -> Break:
    kinds = {kind.replace("_", "/"): value for kind, value in data.items()}
    return output({"output_type": "display_data", "data": kinds, "metadata": {}})


def cell(index: int, **changed: Any) -> Break:
    return lambda cells, _metadata: cells[index].update(changed)


def inserted(index: int, *new: dict[str, Any]) -> Break:
    return lambda cells, _metadata: cells.__setitem__(slice(index, index), new)


def removed(*indexes: int) -> Break:
    def change(cells: list[dict[str, Any]], _metadata: dict[str, Any]) -> None:
        cells[:] = [one for index, one in enumerate(cells) if index not in indexes]

    return change


def metadata(**changed: Any) -> Break:
    return lambda _cells, found: found.update(changed)


BAD: dict[str, tuple[Break, str]] = {
    "never run": (cell(3, execution_count=None), "counts: [1, None, 3, 4]"),
    "run twice": (cell(3, execution_count=7), "counts: [1, 7, 3, 4]"),
    "another kernel": (metadata(kernelspec={"name": "mine"}), "kernel: mine"),
    "too few cells": (removed(8, 9, 10), "size: 24 cells"),
    "too many cells": (inserted(8, *[markdown("") for _ in range(19)]), "size: 46 cells"),
    "too few words": (removed(8, 9, 10, 11), "words, wanted 800"),
    "too many words": (edit(8, "word", "word " * 30), "words, wanted 800"),
    "too large": (edit(8, "word", "`" + "x" * 10_000 + "`"), "wanted under 400000"),
    "a long cell": (edit(6, "check", "1\n" * 15 + "check"), "cell 6 has 16 lines"),
    "three code cells in a row": (inserted(7, code("1")), "cell 7 is code cell 3 in a row"),
    "a second import": (edit(3, "predict", "from os import path\npredict"), "imports: cell 3 imports"),
    "an import in a function": (edit(6, "check", "def f():\n    import os\ncheck"), "imports: cell 6 imports"),
    "no import": (edit(1, "import ssl", "1"), "first code cell and imports nothing"),
    "matplotlib for nothing": (edit(1, "import ssl", "import matplotlib"), "matplotlib: imported"),
    "the same id twice": (cell(3, id="c1"), "ids:"),
    "undeclared prerequisites": (metadata(tlslearn={}), "place_in_course: declares that None"),
    "other prerequisites": (metadata(tlslearn={"after": ["00"]}), "needs notebook 00, which does not exist"),
    "no title": (edit(0, "# Do this", "Do this"), "opening: the first cell is no title"),
    "no minutes": (edit(0, "40 minutes", "a while"), "how many minutes"),
    "no picture": (cell(0, metadata={}), "the first cell has no picture"),
    "an old picture": (edit(0, "base64,", "base64,AAAA"), "opening_pictures: picture"),
    "nothing broken": (edit(2, "**Break it.**", ""), "parts: nothing is broken"),
    "no recap": (edit(26, "## Recap", ""), "no part begins with 'Recap'"),
    "a stub that is an answer": (edit(5, "...", "4"), "the stub of 99-sum has no ..."),
    "an exercise left out": (removed(5, 6, 7), "exercises: 99-sum has no stub cell"),
    "a stub without a checker": (cell(5, metadata={"tags": ["exercise:99-other"]}), "99-other has no checker"),
    "another check": (edit(6, "99-sum", "99-other"), "the code cell below the stub of 99-sum does not check it"),
    "a solution elsewhere": (inserted(7, markdown("Words.")), "not directly below its check"),
    "an open solution": (edit(7, "<details>", ""), "not python in <details>"),
    "a later cell that needs the answer": (
        inserted(8, code("answer + 1")),
        "cell 8 uses answer of the answer to 99-sum",
    ),
    "a prediction left out": (edit(3, "predict", "print"), "predictions: 99-ask is never asked"),
    "an unknown prediction": (edit(3, "99-ask", "99-other"), "99-other is not registered"),
    "an option that reads otherwise": (edit(2, "(b) no", "(b) never"), "option (b) reads otherwise"),
    "an excuse by tag": (cell(3, metadata={"tags": ["nbval-skip"]}), "cell 3 is excused without a reason"),
    "an excuse by comment": (
        edit(3, "predict", "# NBVAL_IGNORE_OUTPUT\npredict"),
        "cell 3 is excused without a reason",
    ),
    "many excuses": (
        cell(3, metadata={"tags": ["nbval-skip"], "tlslearn": {"reason": "a whim"}}),
        "1 of 4 code cells are excused",
    ),
    "an unknown need": (cell(3, metadata={"tags": ["needs:luck"]}), "cell 3 needs luck"),
    "an image without alt text": (edit(4, "[RFC", "![](a.svg)[RFC"), "cell 4 has an image without alt text"),
    "html without alt text": (shown(text_html="<img src='x'>"), "cell 3 has an image without alt text"),
    "a bare picture": (shown(image_png="AAAA", text_plain="<Figure>"), "has no alt text; show it as a figure"),
    "a section that the table has not": (edit(4, "#section-3.2", "#section-99"), "which tlslearn.check does not list"),
    "another address of the standards": (
        edit(4, "https://www.rfc-editor.org/rfc/rfc5280#section-3.2", "https://datatracker.ietf.org/doc/html/rfc5280"),
        "which tlslearn.check does not list",
    ),
    "a link to another section than named": (edit(4, "section 3.2]", "section 3.3]"), "sources: cell 4: 'RFC 5280"),
    "an address in memory": (printed("<object at 0x7f3a5c1b2d40>"), "an address in memory"),
    "a path": (shown(text_plain="/home/me/x.pem"), "a path of one computer"),
    "a port": (printed("https://127.0.0.1:40123/"), "a port: 127.0.0.1:40123"),
    "a time": (printed("until 2026-11-23 16:18"), "a time of day"),
    "a path in a traceback": (
        output({"output_type": "error", "ename": "E", "evalue": "", "traceback": ["File /tmp/x.py"]}),
        "a path of one computer",
    ),
}


@pytest.mark.usefixtures("course")
@pytest.mark.parametrize("name", BAD)
def test_guard_notices(name: str, tmp_path: Path) -> None:
    broken, message = BAD[name]
    cells, about = good_cells(), good_metadata()
    for index, one in enumerate(cells):  # ids first: a cell that is put in between must not shift them
        one["id"] = f"c{index}"
    broken(cells, about)
    found = anatomy.problems(written(tmp_path, cells, about))
    assert any(message in problem for problem in found), found
