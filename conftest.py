"""What holds for every test: no learner's progress is touched, cells that need what is missing are skipped, and kernels
take no port that a server of a test could take first."""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tlslearn.course import execution, needs

# Whoever runs the tests may have set it for their own lessons; kernels inherit what stands here.
os.environ.pop("TLSLEARN_DATA", None)


SOCKETS = pytest.StashKey[Path]()  # the folder of this process's kernels


def pytest_configure(config: pytest.Config) -> None:
    """nbval starts kernels on TCP ports that were picked before; beside tests with servers, now and then one dies."""
    if find_spec("nbval") is None:
        return
    import nbval.kernel
    from jupyter_client.manager import KernelManager

    folder = config.stash[SOCKETS] = Path(tempfile.mkdtemp(prefix="tlslearn-"))
    numbers = itertools.count()

    def over_files(**how: Any) -> KernelManager:
        return KernelManager(**execution.over_files(folder / f"{next(numbers)}.json"), **how)

    nbval.kernel.KernelManager = over_files


def pytest_unconfigure(config: pytest.Config) -> None:
    if folder := config.stash.get(SOCKETS, None):
        shutil.rmtree(folder, ignore_errors=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip each notebook cell tagged `needs:<name>` where <name> is missing; in CI, which has all programs, run it."""
    for item in items:
        cell = getattr(item, "cell", None)  # nbval's items have one
        for tag in [] if cell is None else cell.metadata.get("tags", []):
            name = tag.removeprefix("needs:")
            reason = needs.missing(name) if name != tag else None
            if reason and (name == needs.INTERNET or os.environ.get("CI", "").lower() not in ("true", "1")):
                item.add_marker(pytest.mark.skip(reason=reason))
