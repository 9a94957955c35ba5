"""How does a test get at an answer? Python text is run after the imports; its value is what check sees."""

from __future__ import annotations

import ast
import linecache
from typing import Any

from tlslearn.course.notebook import Cell, Notebook


def answer(book: Notebook, id: str, source: str) -> Any:
    """The value that the check cell of exercise `id` hands over once `source` stands in the stub's place."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    run(imports_only(book.code[0]), namespace, f"<imports of {book.number}>")
    for cell in book.code:
        if "defines" in cell.tags:  # names that an exercise says are at hand
            run(cell.source, namespace, f"<cell {cell.index} of {book.number}>")
    run(source, namespace, f"<answer to {id}, {hash(source)}>")
    return eval(compile(handed_over(book, id), "<check>", "eval"), namespace)


def run(source: str, namespace: dict[str, Any], name: str) -> None:
    """Run Python text, with its lines at hand for messages that quote them, as in a notebook."""
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    exec(compile(source, name, "exec"), namespace)


def imports_only(cell: Cell) -> str:
    """The import cell without what else it calls."""
    kept = [node for node in ast.parse(cell.source).body if isinstance(node, ast.Import | ast.ImportFrom)]
    return "\n".join(ast.unparse(node) for node in kept)


def handed_over(book: Notebook, id: str) -> ast.Expression:
    """The second argument of `check("<id>", …)`."""
    for cell in book.code:
        for node in ast.walk(ast.parse(cell.source)) if "check(" in cell.source else ():
            if isinstance(node, ast.Call) and len(node.args) == 2 and ast.unparse(node.args[0]) == repr(id):
                return ast.Expression(node.args[1])
    raise AssertionError(f"{book.path.name} has no check of {id}")
