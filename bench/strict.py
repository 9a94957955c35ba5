"""How are the notebooks run here? Under strict nbval, as the test run does it, and counted.

Sections: none.
Leaves out: when and how often; see `suite` and `reruns`.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from tlslearn.course.suite import NOTEBOOKS, PARALLEL

from . import rounds


@dataclass(frozen=True)
class Count:
    """Cells that passed, failed (or broke off), and were left out; `words` is what pytest said."""

    passed: int
    failed: int
    skipped: int
    words: str

    @property
    def failures(self) -> list[str]:
        """pytest's one line for each cell that failed."""
        return [line for line in self.words.splitlines() if line.startswith(("FAILED", "ERROR"))]

    def __str__(self) -> str:
        left_out = f", {self.skipped} left out" if self.skipped else ""
        return f"{self.passed} passed, {self.failed} failed{left_out}"


def run(where: str = "notebooks", surroundings: Mapping[str, str] | None = None) -> Count:
    """One strict run over a folder of notebooks, two at a time; the count is pytest's own report."""
    given = os.environ | {"PYTHONPATH": str(rounds.ROOT)} | dict(surroundings or {})
    with tempfile.TemporaryDirectory(prefix="tlslearn-bench-") as folder:
        report = Path(folder) / "report.xml"
        line = [sys.executable, "-m", "pytest", where, *NOTEBOOKS, *PARALLEL, "-q", "-p", "no:cacheprovider"]
        done = subprocess.run(
            [*line, f"--junitxml={report}"], cwd=rounds.ROOT, env=given, capture_output=True, text=True
        )
        if not report.is_file():
            raise rounds.CannotMeasure(f"pytest broke off: {(done.stderr or done.stdout)[-1500:]}")
        return _counted(report, done.returncode, done.stdout)


def _counted(report: Path, status: int, words: str) -> Count:
    outcomes = [{child.tag for child in case} for case in ElementTree.parse(report).iter("testcase")]
    failed = sum(bool(tags & {"failure", "error"}) for tags in outcomes)
    skipped = sum("skipped" in tags for tags in outcomes)
    passed = len(outcomes) - failed - skipped
    # A status that says failure while no cell failed: a worker died, or nothing was found to run.
    return Count(passed, failed or int(status != 0), skipped, words)
