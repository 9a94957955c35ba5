"""How is a notebook run from top to bottom, with nothing of this computer in it? Needs the extra "test".

Sections: none.
Leaves out: what becomes of the outputs.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..check import TlslearnError
from . import needs, outputs

if TYPE_CHECKING:
    from nbclient import NotebookClient

SECONDS_A_CELL = 120
SKIPPED = "tlslearn-skipped"


def execute(content: dict[str, Any], name: str) -> dict[str, Any]:
    """Run the JSON of a notebook in a kernel of this Python, in an empty folder; returns it with its outputs.

    Cells whose `needs:` are missing here are left as they are. Raises TlslearnError for an error in a cell that is
    not tagged raises-exception, a cell that does not end and a kernel that dies; each names the cell.
    """
    try:
        from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
    except ImportError as error:
        raise TlslearnError(
            f"running notebooks needs {error.name}", fix='Install what is missing: pip install "tlslearn[lab,test]"'
        ) from error
    a_folder = partial(tempfile.TemporaryDirectory, prefix="tlslearn-", ignore_cleanup_errors=True)
    with a_folder() as folder, a_folder() as beside:
        client = _client(_with_skips(content), folder, beside)
        try:
            client.execute(env=_environment(folder), cwd=folder)
        except CellExecutionError as error:
            raise _at(client.nb, name, f"{error.ename}: {error.evalue}") from error
        except (CellTimeoutError, DeadKernelError, RuntimeError) as error:  # RuntimeError: the kernel does not start
            raise _at(client.nb, name, f"{type(error).__name__}: {str(error).partition(chr(10))[0]}") from error
    return _result(json.loads(json.dumps(client.nb)))


def over_files(connection_file: Path) -> dict[str, str]:
    """Arguments of a kernel's manager that let it talk over files beside this one; {} where there are no such sockets.

    jupyter_client picks five free TCP ports and closes them again; where another program is given one of them before
    the kernel binds it, the kernel dies ("Address already in use").
    """
    return {"transport": "ipc", "connection_file": str(connection_file)} if hasattr(socket, "AF_UNIX") else {}


def _client(content: dict[str, Any], folder: str, beside: str) -> NotebookClient:
    """The kernel is this interpreter, whatever kernels are installed on this computer."""
    import nbformat
    from jupyter_client.kernelspec import KernelSpec
    from jupyter_client.manager import AsyncKernelManager
    from nbclient import NotebookClient

    class ThisPython(AsyncKernelManager):
        def __init__(self, **how: Any) -> None:
            super().__init__(**how, **over_files(Path(beside, "kernel.json")))

        @property
        def kernel_spec(self) -> KernelSpec:
            argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
            return KernelSpec(argv=argv, display_name="Python 3", language="python")

    return NotebookClient(
        nbformat.from_dict(content),  # type: ignore[no-untyped-call, unused-ignore]
        kernel_manager_class=ThisPython,
        timeout=SECONDS_A_CELL,
        record_timing=False,
        skip_cells_with_tag=SKIPPED,
        resources={"metadata": {"path": folder}},
    )


def _environment(folder: str) -> dict[str, str]:
    """No progress of whoever refreshes, no start-up files of their IPython, no colours of their terminal."""
    dropped = {"TLSLEARN_DATA", "SSLKEYLOGFILE", "SSL_CERT_FILE", "SSL_CERT_DIR", "PYTHONSTARTUP", "FORCE_COLOR"}
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    # The kernel runs this tlslearn, whichever one is installed.
    path = os.pathsep.join([str(Path(__file__).resolve().parents[2]), *filter(None, [os.environ.get("PYTHONPATH")])])
    # A kernel that pytest starts keeps no progress; this one is told that it is such a kernel.
    isolated = {"PYTEST_VERSION": "none: refresh", "IPYTHONDIR": os.path.join(folder, ".ipython"), "PYTHONPATH": path}
    return kept | isolated


def _with_skips(content: dict[str, Any]) -> dict[str, Any]:
    cells = []
    for cell in content["cells"]:
        tags = cell["metadata"].get("tags", [])
        missing = [why for tag in tags if tag.startswith("needs:") and (why := needs.missing(tag[len("needs:") :]))]
        for why in missing:
            print(f"  left as it is: {cell['id']} ({why})")
        cells.append(cell | {"metadata": cell["metadata"] | {"tags": [*tags, SKIPPED]}} if missing else cell)
    return content | {"cells": cells}


def _at(book: Any, name: str, what: str) -> TlslearnError:
    """Where a run ended: the last cell that was begun."""
    code = [cell for cell in book.cells if cell.cell_type == "code"]
    begun = [number for number, cell in enumerate(code, 1) if "execution" in cell.metadata or _failed(cell)]
    number = begun[-1] if begun else 1
    first = code[number - 1].source.strip().partition("\n")[0]
    fix = "Mend the cell; if the error is the lesson, tag it raises-exception."
    return TlslearnError(f"code cell {number} of {name} ({first}) ended with {what}", fix=fix)


def _failed(cell: Any) -> bool:
    return any(output.output_type == "error" for output in cell.outputs) and "raises-exception" not in (
        cell.metadata.get("tags", [])
    )


def _result(executed: dict[str, Any]) -> dict[str, Any]:
    content = outputs.normalized(executed)
    for cell in content["cells"]:
        if tags := [tag for tag in cell["metadata"].pop("tags", []) if tag != SKIPPED]:
            cell["metadata"]["tags"] = tags
        if cell["cell_type"] == "code":
            cell["outputs"] = outputs.merged(cell["outputs"])
    return content
