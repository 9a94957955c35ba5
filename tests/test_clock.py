"""Does the course still hold three years from now? Nothing in it may expire: a whole run with the clock set ahead.

Sections: none.
Leaves out: what a library does when its own files grow old.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import pytest
from judges import need

from tlslearn.course import needs, notebook

ROOT = Path(__file__).resolve().parents[1]
AHEAD = "+3 years"
NOTEBOOKS = ["--nbval", "--nbval-current-env", "--nbval-sanitize-with", "tests/nbval_sanitize.cfg"]
PARALLEL = ["-n", "2", "--dist", "loadfile"]
# The rooms that make certificates, and those that look at a clock.
ROOMS = (
    *("tests/test_authority.py", "tests/test_authority_faults.py"),
    *("tests/test_doctor.py", "tests/test_doctor_files.py", "tests/test_live.py"),
)

pytestmark = [pytest.mark.slow, pytest.mark.judge("faketime")]


@dataclass(frozen=True)
class Run:
    """What a run of pytest reported: its test cases as JUnit XML has them, and its own words."""

    cases: list[ElementTree.Element]
    words: str

    def of(self, folder: str) -> list[ElementTree.Element]:
        return [case for case in self.cases if case.get("classname", "").startswith(folder)]

    def passed(self, folder: str) -> int:
        """How many passed; fails with pytest's words where one did not, or where it broke off."""
        found = self.of(folder)
        broken = [case for case in found if {"failure", "error"} & {child.tag for child in case}]
        assert found and not broken, self.words
        return sum(case.find("skipped") is None for case in found)


@pytest.fixture(scope="module")
def ahead(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """One run over notebooks and rooms, in this environment without what the outer run of pytest keeps there."""
    report = tmp_path_factory.mktemp("clock") / "report.xml"
    outside = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    package = str(Path(notebook.__file__).parents[2])  # an uninstalled checkout is found by the kernels as well
    line = [need("faketime"), AHEAD, sys.executable, "-m", "pytest", *NOTEBOOKS, *PARALLEL, "notebooks", *ROOMS]
    done = subprocess.run(
        [*line, "-q", "-p", "no:cacheprovider", f"--junitxml={report}"],
        cwd=ROOT,
        env=outside | {"PYTHONPATH": package},
        capture_output=True,
        text=True,
        check=False,
    )
    words = f"{done.stdout[-6000:]}\n{done.stderr[-2000:]}"
    assert report.is_file(), words
    return Run(list(ElementTree.parse(report).iter("testcase")), words)


def test_the_clock_is_ahead() -> None:
    """The program that moves the clock moves Python's; without this, the tests below would prove nothing."""
    script = "import time; print(time.time())"
    line = [sys.executable, "-c", script]
    now = subprocess.run(line, capture_output=True, text=True, check=True).stdout
    then = subprocess.run([need("faketime"), AHEAD, *line], capture_output=True, text=True, check=True).stdout
    assert float(then) - float(now) > 1_000 * 86_400


def test_every_notebook_says_the_same_three_years_ahead(ahead: Run) -> None:
    """As many cells pass as there are; a cell is left out only where this computer lacks what its tag names."""
    cells = [cell for path in notebook.paths() for cell in notebook.read(path).code]
    without = [cell for cell in cells if any(map(needs.missing, needed(cell)))]
    assert len(ahead.of("notebooks")) == len(cells)
    assert ahead.passed("notebooks") == len(cells) - len(without) > 0


def needed(cell: notebook.Cell) -> list[str]:
    return [tag.removeprefix("needs:") for tag in cell.tags if tag.startswith("needs:")]


@pytest.mark.parametrize("file", ROOMS)
def test_certificates_are_made_and_judged_three_years_ahead(file: str, ahead: Run) -> None:
    """The room's own tests, at another time: certificates are made when they are needed."""
    assert ahead.passed(file.removesuffix(".py").replace("/", ".")) > 0
