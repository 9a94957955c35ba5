"""What does `tlslearn test` run? Every claim that the repository makes, tested in one go.

Sections: none.
Leaves out: the tests themselves; they lie in tests/ and notebooks/, in a clone or inside an installed wheel.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from importlib.util import find_spec
from pathlib import Path

from ..check import TlslearnError

PACKAGE = Path(__file__).resolve().parents[1]
CARRIED = PACKAGE / "carried"  # in a wheel: notebooks, tests and their settings

NEEDED = ("jupyterlab", "matplotlib", "nbclient", "nbval", "pytest", "xdist")
LINTERS = (
    ("ruff check", "code and notebooks", ["ruff", "check", "."]),
    ("ruff format", "code and notebooks", ["ruff", "format", "--check", "."]),
    ("mypy --strict", "tlslearn/", ["mypy", "--strict", "tlslearn"]),
)
# One kernel a notebook: with xdist, nbval needs all cells of a file in one process.
NOTEBOOKS = ["--nbval", "--nbval-current-env", "--nbval-sanitize-with", "tests/nbval_sanitize.cfg"]
PARALLEL = ["-n", "2", "--dist", "loadfile"]


def checkout() -> Path | None:
    """The root of the clone that this package runs from, or None where it was installed as a wheel."""
    root = PACKAGE.parent
    return root if (root / "pyproject.toml").is_file() and (root / "notebooks").is_dir() else None


def run(arguments: Sequence[str] = ()) -> int:
    """Run linters (in a clone) and tests; `arguments` go to pytest. Returns 0 when all of them passed, else 1.

    Raises TlslearnError where the extra "test" is missing, or a wheel carries no tests.
    """
    require(NEEDED)
    root = checkout()
    if root is not None:
        return _report(_steps(root, arguments))
    if not (CARRIED / "tests").is_dir():
        raise TlslearnError(
            "this installation of tlslearn carries no tests",
            value=str(PACKAGE),
            fix="Install it from its wheel, or run `make test` in a clone.",
        )
    with tempfile.TemporaryDirectory(prefix="tlslearn-test-") as folder:
        # A test may write beside itself, and an installed package may be read-only.
        copy = shutil.copytree(CARRIED, Path(folder) / "course")
        return _report([_pytest(copy, arguments)])


def require(modules: Iterable[str]) -> None:
    missing = [module for module in modules if find_spec(module) is None]
    if missing:
        raise TlslearnError(
            f"the tests need {', '.join(missing)}", fix='Install what is missing: pip install "tlslearn[lab,test]"'
        )


def _steps(root: Path, arguments: Sequence[str]) -> list[tuple[str, str, list[str], Path]]:
    """Each step's name, what it looks at, its command and its folder; whoever names files wants those alone."""
    tests = _pytest(root, arguments)
    if _names_files(root, arguments):
        return [tests]
    return [*((name, about, [sys.executable, "-m", *command], root) for name, about, command in LINTERS), tests]


def _names_files(root: Path, arguments: Sequence[str]) -> bool:
    return any((root / argument.split("::")[0]).exists() for argument in arguments if argument[:1] not in ("", "-"))


def _pytest(root: Path, arguments: Sequence[str]) -> tuple[str, str, list[str], Path]:
    where = [] if _names_files(root, arguments) else ["tests", "notebooks"]
    command = [sys.executable, "-m", "pytest", *where, *NOTEBOOKS, *PARALLEL, *arguments]
    return "pytest", "unit tests, notebooks, exercises, guards", command, root


def _report(steps: Sequence[tuple[str, str, list[str], Path]]) -> int:
    failed = []
    for name, about, command, folder in steps:
        print(f"── {name}: {about}", flush=True)
        if subprocess.run(command, cwd=folder).returncode != 0:
            failed.append(name)
    signs = (f"{'✗' if name in failed else '✓'} {name}" for name, *_ in steps)
    print("── " + "  ".join(signs), flush=True)
    return 1 if failed else 0
