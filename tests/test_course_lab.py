"""Does the course open in a browser as promised, and does Run All run all of notebook 00?"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from judges import need

from tlslearn.course import launch, notebook

if TYPE_CHECKING:
    from playwright.sync_api import Page

START = """
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from tlslearn.course import launch
sys.exit(launch.lab(folder=Path(sys.argv[1]), args=sys.argv[2:]))
"""
ADDRESS = re.compile(r"(http://127\.0\.0\.1:\d+/lab/tree/\S+?)\?token=")


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """JupyterLab as `tlslearn lab` starts it, with an empty home; gives its address and the learner's folder."""
    folder, home = tmp_path / "my course", tmp_path / "home"
    home.mkdir()
    package = str(Path(launch.__file__).parents[2])
    names = ("HOME", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")
    surroundings = os.environ | {name: str(home) for name in names} | {"PYTHONPATH": package}
    line = [sys.executable, "-c", START, str(folder), "--no-browser", "--IdentityProvider.token=lesson"]
    process = subprocess.Popen(line, env=surroundings, stderr=subprocess.PIPE, text=True, cwd=home)
    with process:
        assert process.stderr is not None
        found = next((match[1] for text in process.stderr if (match := ADDRESS.search(text))), None)
        assert found, "JupyterLab ended before it was up"
        try:
            yield f"{found}?token=lesson", folder
        finally:
            process.terminate()
            process.stderr.read()


@pytest.mark.slow
@pytest.mark.judge("chromium")
def test_course_opens_and_runs_in_a_browser(lab: tuple[str, Path]) -> None:
    browser_path = need("chromium")
    from playwright.sync_api import sync_playwright

    address, folder = lab
    copy = folder / notebook.paths()[0].name
    requested: set[str] = set()
    with sync_playwright() as play:
        options = ["--no-sandbox", "--disable-dev-shm-usage"]
        with play.chromium.launch(executable_path=browser_path, args=options) as browser:
            page = browser.new_page(viewport={"width": 1400, "height": 900})
            page.on("request", lambda request: requested.add(request.url))
            page.goto(address)
            page.wait_for_selector(".jp-TableOfContents .jp-tocItem", timeout=60_000)
            run_all(page, copy)
            assert page.query_selector(".Toastify__toast") is None  # no news, no question about updates
    wanted = len(notebook.read(copy).code)
    assert counts(copy) == list(range(1, wanted + 1))
    here = address.partition("/lab")[0]
    assert [url for url in requested if url.startswith("http") and not url.startswith(here)] == []


def run_all(page: Page, copy: Path) -> None:
    """Click Run, Run All Cells, and save until every cell has its count (cells off the screen are not drawn)."""
    page.wait_for_selector(".jp-Notebook-ExecutionIndicator[data-status=idle]", timeout=60_000)
    page.click(".lm-MenuBar-item:has-text('Run')")
    page.click(".lm-Menu-item:has(:text-is('Run All Cells'))")
    for _ in range(120):
        page.wait_for_timeout(500)
        page.keyboard.press("Control+s")
        if None not in counts(copy):
            return
    pytest.fail(f"not all cells ran: {counts(copy)}")


def counts(path: Path) -> list[int | None]:
    return [cell.json["execution_count"] for cell in notebook.read(path).code]
