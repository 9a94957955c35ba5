"""How is a notebook of the course made? Each rule of the plan as one function, which names what breaks it."""

from __future__ import annotations

import ast
import base64
import json
import re
from collections.abc import Callable, Iterator

from tlslearn import check
from tlslearn.course import contents, needs, notebook, pictures
from tlslearn.course.exercise import EXERCISES
from tlslearn.course.notebook import Cell, Notebook, joined
from tlslearn.course.prediction import PREDICTIONS

CELLS, WORDS = range(25, 46), range(800, 1_801)
LONGEST_CODE, CODE_IN_A_ROW, LARGEST = 15, 2, 400_000
EXCUSES = {"nbval-skip", "nbval-ignore-output", "skip-execution", "nbval-check-output", "nbval-test-listed"}
EXCUSES_IN_CODE = re.compile(r"#\s*(NBVAL_\w+|PYTEST_VALIDATE_\w+)")
EXCUSED_SHARE = 0.05
PARTS = ("Exercise", "In your application", "Recap")

LEAKS = {
    "an address in memory": re.compile(r"\b0x[0-9a-f]{6,}\b"),
    "a path of one computer": re.compile(
        r"(?<![\w.])/(?:home|root|tmp|usr|var|Users|work|private)/\w|[A-Z]:\\|site-packages"
    ),
    "a port": re.compile(r"(?:127\.0\.0\.1|localhost|\[::1\]):\d{4,5}\b"),
    "a time of day": re.compile(r"\b20\d\d-\d\d-\d\d[T ]\d\d:\d\d"),
}
HTML_IMAGE = re.compile(r"<img\b[^>]*>")
ALT = re.compile(r'\balt="[^"]+"')
RFC_LINK = re.compile(
    r"\[([^\]]*)\]\((https?://(?:www\.rfc-editor\.org|datatracker\.ietf\.org|tools\.ietf\.org)[^)]*)\)"
)
SECTION_NAMED = re.compile(r"RFC (\d+), (section|appendix) ([\w.]+)")

Rule = Callable[[Notebook], Iterator[str]]


def problems(book: Notebook) -> list[str]:
    """Everything in which a notebook departs from the plan."""
    return [f"{rule.__name__}: {found}" for rule in RULES for found in rule(book)]


def counts(book: Notebook) -> Iterator[str]:
    """nbval compares nothing in a cell that was never run, so each must have been run, in order."""
    found = [cell.json.get("execution_count") for cell in book.code]
    if found != list(range(1, len(found) + 1)):
        yield f"{found}, wanted 1 to {len(found)}"


def kernel(book: Notebook) -> Iterator[str]:
    name = book.json["metadata"].get("kernelspec", {}).get("name")
    if name != "python3":
        yield f"{name}, wanted python3"


def size(book: Notebook) -> Iterator[str]:
    if len(book.cells) not in CELLS:
        yield f"{len(book.cells)} cells, wanted {CELLS[0]} to {CELLS[-1]}"
    if book.words not in WORDS:
        yield f"{book.words} words, wanted {WORDS[0]} to {WORDS[-1]}"
    length = len(json.dumps(book.json).encode())
    if length >= LARGEST:
        yield f"{length} bytes, wanted under {LARGEST}"


def code_cells(book: Notebook) -> Iterator[str]:
    in_a_row = 0
    for cell in book.cells:
        in_a_row = in_a_row + 1 if cell.is_code else 0
        if in_a_row > CODE_IN_A_ROW:
            yield f"cell {cell.index} is code cell {in_a_row} in a row"
        lines = sum(bool(line.strip()) for line in cell.source.splitlines())
        if cell.is_code and lines > LONGEST_CODE:
            yield f"cell {cell.index} has {lines} lines, wanted {LONGEST_CODE} at most"


def imports(book: Notebook) -> Iterator[str]:
    for place, cell in enumerate(book.code):
        has_import = any(isinstance(node, ast.Import | ast.ImportFrom) for node in ast.walk(tree(cell)))
        if has_import != (place == 0):
            yield f"cell {cell.index} {'imports' if has_import else 'is the first code cell and imports nothing'}"


def matplotlib(book: Notebook) -> Iterator[str]:
    """It costs more than all other imports."""
    imported = any("matplotlib" in cell.source for cell in book.code[:1])
    if imported and not any("image/png" in json.dumps(cell.outputs) for cell in book.code):
        yield "imported, and nothing is plotted"


def ids(book: Notebook) -> Iterator[str]:
    found = [cell.json.get("id") for cell in book.cells]
    if None in found or len(set(found)) != len(found):
        yield "cells without an id of their own; run make refresh"


def place_in_course(book: Notebook) -> Iterator[str]:
    planned = next((item for item in contents.NOTEBOOKS if item.file == book.path.name), None)
    if planned is None:
        yield f"{book.path.name} is not in the table of contents"
        return
    if book.after != planned.after:
        yield f"declares that {book.after} come before, the table of contents says {planned.after}"
    existing = {path.name.partition("-")[0] for path in notebook.paths()}
    for number in book.after or ():
        if number not in existing:
            yield f"needs notebook {number}, which does not exist"


def opening(book: Notebook) -> Iterator[str]:
    first = book.cells[0]
    if first.kind != "markdown" or not first.source.startswith("# "):
        yield "the first cell is no title"
    if "minutes" not in first.source:
        yield "the first cell does not say how many minutes it takes"
    if "picture" not in first.course:
        yield "the first cell has no picture"


def parts(book: Notebook) -> Iterator[str]:
    """As a heading, or in bold at the start of a paragraph."""
    prose = "\n".join(cell.source for cell in book.cells if cell.kind == "markdown")
    if "break it" not in prose.lower():
        yield "nothing is broken: no success is followed by the same thing with one thing wrong"
    for wanted in PARTS:
        if not re.search(rf"^(?:#{{2,3}} |\*\*){wanted}", prose, re.MULTILINE):
            yield f"no part begins with {wanted!r}"


def opening_pictures(book: Notebook) -> Iterator[str]:
    for cell in book.cells:
        name = cell.course.get("picture")
        if name and cell.source != pictures.placed(cell.source, name):
            yield f"picture {name} in cell {cell.index} is not as it is drawn today; run make refresh"


def exercises(book: Notebook) -> Iterator[str]:
    """Stub, check and solution follow one another; no exercise of this notebook is left out."""
    registered = {id for id in EXERCISES.all() if id.startswith(f"{book.number}-")}
    for id in sorted(registered ^ set(book.stubs)):
        yield f"{id} has {'no stub cell' if id in registered else 'no checker'}"
    for id in sorted(set(book.solution_cells) - set(book.stubs)):
        yield f"{id} has a solution and no stub"
    for id, stub in book.stubs.items():
        yield from _exercise(book, id, stub)


def _exercise(book: Notebook, id: str, stub: Cell) -> Iterator[str]:
    if not stub.is_code or "..." not in stub.source:
        yield f"the stub of {id} has no ..."
    checking = next((cell for cell in book.cells[stub.index + 1 :] if cell.is_code), None)
    if checking is None or checked(checking) != id:
        yield f"the code cell below the stub of {id} does not check it"
        return
    solution = book.solution_cells.get(id)
    if solution is None or solution.index != checking.index + 1:
        yield f"the solution of {id} is not directly below its check"
    elif not re.match(r"<details>\s*<summary>", solution.source) or "```python" not in solution.source:
        yield f"the solution of {id} is not python in <details>"
    for cell in book.code:
        used = names(cell, ast.Load) & names(stub, ast.Store)
        if used and cell.index not in (stub.index, checking.index):
            yield f"cell {cell.index} uses {', '.join(sorted(used))} of the answer to {id}"


def predictions(book: Notebook) -> Iterator[str]:
    registered = {id: item for id, item in PREDICTIONS.all().items() if id.startswith(f"{book.number}-")}
    asked = {id for cell in book.code for id in calls(cell, "predict")}
    for id in sorted(registered.keys() ^ asked):
        yield f"{id} is {'never asked' if id in registered else 'not registered'}"
    prose = plain("\n".join(cell.source for cell in book.cells if cell.kind == "markdown"))
    for id, item in registered.items():
        for option in item.options:
            if f"({option.letter}) {plain(option.text)}" not in prose:
                yield f"{id}: option ({option.letter}) reads otherwise in the text"


def excuses(book: Notebook) -> Iterator[str]:
    excused = [cell for cell in book.code if EXCUSES & set(cell.tags) or EXCUSES_IN_CODE.search(cell.source)]
    for cell in excused:
        if not cell.course.get("reason"):
            yield f"cell {cell.index} is excused without a reason"
    if book.code and len(excused) / len(book.code) >= EXCUSED_SHARE:
        yield f"{len(excused)} of {len(book.code)} code cells are excused, wanted under {EXCUSED_SHARE:.0%}"
    for cell in book.cells:
        name = cell.tagged("needs:")
        if name is not None and name not in needs.NAMES:
            yield f"cell {cell.index} needs {name}, which no test run knows"


def alternatives(book: Notebook) -> Iterator[str]:
    """Every image has an alternative text."""
    for cell in book.cells:
        texts = [cell.source] if cell.kind == "markdown" else []
        for output in cell.outputs:
            data = output.get("data", {})
            texts.append(joined(data.get("text/html", "")))
            if "text/html" not in data and any(kind.startswith("image/") for kind in data):
                yield f"the image in the output of cell {cell.index} has no alt text; show it as a figure"
        bare = [image for text in texts for image in HTML_IMAGE.findall(text) if not ALT.search(image)]
        bare += [image[0] for image in notebook.IMAGE.finditer(texts[0] if texts else "") if not image["alt"].strip()]
        for image in bare:
            yield f"cell {cell.index} has an image without alt text: {image[:60]}"


def sources(book: Notebook) -> Iterator[str]:
    """Links to standards lead to sections of the one table in tlslearn.check, and say what they lead to."""
    known = {check.section_url(source) for source in check.SOURCES.values()}
    whole = {address.partition("#")[0] for address in known}
    for cell in book.cells:
        for text, address in RFC_LINK.findall(cell.source if cell.kind == "markdown" else ""):
            if address not in known | whole:
                yield f"cell {cell.index} links to {address}, which tlslearn.check does not list"
            named = SECTION_NAMED.search(text)
            if named and not address.endswith(f"/rfc{named[1]}#{named[2]}-{named[3].rstrip('.')}"):
                yield f"cell {cell.index}: {text!r} links to {address}"


def leaks(book: Notebook) -> Iterator[str]:
    for cell in book.code:
        for text in shown(cell):
            for what, pattern in LEAKS.items():
                if found := pattern.search(text):
                    yield f"the output of cell {cell.index} holds {what}: {found[0]}"


RULES: tuple[Rule, ...] = (
    *(counts, kernel, size, code_cells, imports, matplotlib, ids, place_in_course, opening, parts),
    *(opening_pictures, exercises, predictions, excuses, alternatives, sources, leaks),
)


def shown(cell: Cell) -> Iterator[str]:
    """Each text that a cell's outputs show, embedded SVG images included, other images left out."""
    for output in cell.outputs:
        texts = [joined(output.get("text", "")), output.get("evalue", ""), "\n".join(output.get("traceback", ()))]
        texts += [joined(value) for kind, value in output.get("data", {}).items() if kind.startswith("text/")]
        for text in texts:
            yield re.sub(r"data:image/[\w+]+;base64,[A-Za-z0-9+/=]+", "", text)
            for drawing in re.findall(r"data:image/svg\+xml;base64,([A-Za-z0-9+/=]+)", text):
                yield base64.b64decode(drawing).decode()


def tree(cell: Cell) -> ast.Module:
    """The code of a cell; lines for the shell (`!openssl …`) are left out."""
    lines = (line for line in cell.source.splitlines() if not line.lstrip().startswith(("!", "%")))
    return ast.parse("\n".join(lines))


def calls(cell: Cell, function: str) -> list[str]:
    """The first arguments of the calls `function("…", …)` in a cell."""
    return [
        node.args[0].value
        for node in ast.walk(tree(cell))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == function
        and node.args
        and isinstance(node.args[0], ast.Constant)
        and isinstance(node.args[0].value, str)
    ]


def checked(cell: Cell) -> str | None:
    return next(iter(calls(cell, "check")), None)


def names(cell: Cell, context: type[ast.expr_context]) -> set[str]:
    """The names that a cell reads, or binds at its top level (functions and classes are bound too)."""
    module = tree(cell)
    if context is ast.Load:
        return {node.id for node in ast.walk(module) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    defined = {node.name for node in module.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    assigned = (node for statement in module.body if isinstance(statement, ast.Assign) for node in statement.targets)
    return defined | {node.id for node in assigned if isinstance(node, ast.Name)}


def plain(text: str) -> str:
    """Prose without marks of emphasis and with single spaces."""
    return " ".join(re.sub(r"[*`_]", "", text).split())
