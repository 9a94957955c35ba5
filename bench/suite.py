"""How near is the notebooks' test run to the least it could take: starting their kernels and doing their imports?

Sections: none.
Leaves out: unit tests and linters.
"""

from __future__ import annotations

import ast
import os
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tlslearn.course import notebook

from . import rounds, strict

FLOOR, NBVAL, STRICT = "kernels and imports", "the same under nbval", "strict nbval, all cells"
AT_ONCE = 2


def run(count: int) -> bool:
    """In turns: the floor; nbval over notebooks that have nothing but their imports; the real run."""
    scripts = {path.name: imports_of(path) for path in notebook.paths()}
    with (
        tempfile.TemporaryDirectory(prefix="tlslearn-bench-") as folder,
        tempfile.TemporaryDirectory(prefix="tlslearn-bench-") as cache,
    ):
        given = os.environ | rounds.as_installed(cache)
        for name, script in scripts.items():
            (Path(folder) / name).write_text(notebook.dumps(only(script)), encoding="utf-8")
        subjects = {
            FLOOR: lambda: start_kernels(list(scripts.values()), given),
            NBVAL: lambda: must_pass(strict.run(folder, given)),
            STRICT: lambda: must_pass(strict.run(surroundings=given)),
        }
        print(f"{len(scripts)} notebooks, {AT_ONCE} at a time")
        rounds.print_table(rounds.interleaved(subjects, count), FLOOR)
    return True


def imports_of(path: Path) -> str:
    """The import statements of a notebook's import cell, which is its first code cell."""
    tree = ast.parse(notebook.read(path).code[0].source)
    return "\n".join(ast.unparse(node) for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom))


def only(script: str) -> dict[str, object]:
    """A notebook of one executed cell."""
    cell = {"cell_type": "code", "execution_count": 1, "id": "imports", "metadata": {}, "outputs": [], "source": script}
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return {"cells": [cell], "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}


def start_kernels(scripts: list[str], given: dict[str, str]) -> None:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(lambda script: start_kernel(script, given), scripts))


def start_kernel(script: str, given: dict[str, str]) -> None:
    """Start a kernel, have it do the imports, and end it. Raises RuntimeError where the imports fail."""
    from jupyter_client.manager import start_new_kernel

    # What goes to stderr is a warning of each kernel about its connection; what fails is in the reply.
    manager, client = start_new_kernel(kernel_name="python3", env=given, stderr=subprocess.DEVNULL)
    try:
        reply = client.execute_interactive(script, timeout=60)
        if reply["content"]["status"] != "ok":
            raise RuntimeError(f"the imports failed: {reply['content'].get('evalue')}")
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def must_pass(count: strict.Count) -> None:
    """A run that breaks off early is no measurement."""
    if count.failed:
        raise rounds.CannotMeasure(f"the notebooks do not pass: {count}. {'; '.join(count.failures)}")
