"""Does a learner's browser show the course as promised? JupyterLab as `tlslearn lab` opens it, in Chromium.

Sections: none.
Leaves out: other browsers, and other notebooks than the first; nbval runs them all.
TLSLEARN_SCREENSHOTS=<folder> keeps pictures of notebook 00 after Run All, in the light and in the dark theme.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from judges import need

from tlslearn.course import notebook

pytestmark = [pytest.mark.slow, pytest.mark.judge("chromium")]

EXERCISE = "00-triage"
PATIENCE = 60  # seconds; a limit, reached only where something hangs
FLAGS = (
    "--no-sandbox",  # Chromium refuses to run as root with one; it sees no page but the course
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
)
OWN_FOLDERS = (
    "HOME",
    "USERPROFILE",
    "IPYTHONDIR",
    "JUPYTER_CONFIG_DIR",
    "JUPYTER_DATA_DIR",
    "JUPYTER_RUNTIME_DIR",
    "JUPYTERLAB_SETTINGS_DIR",
    "JUPYTERLAB_WORKSPACES_DIR",
)
# What would change where the learner's progress is kept, or what the kernel finds.
NOT_A_LEARNERS = ("PYTEST_VERSION", "TLSLEARN_DATA", "XDG_DATA_HOME", "LOCALAPPDATA", "JUPYTER_CONFIG_PATH")

CELLS = ".jp-Notebook .jp-Cell"
PROMPTS = ".jp-Notebook .jp-CodeCell .jp-InputPrompt"
HEADINGS = "#table-of-contents .jp-tocItem-content"
IMAGES = ".jp-Notebook img"
# The first cell is done and none is waiting: so all were taken up, and all have ended, well or not.
ALL_ENDED = f"""() => {{
    const prompts = [...document.querySelectorAll("{PROMPTS}")].map(prompt => prompt.textContent);
    return /\\d/.test(prompts[0]) && !prompts.some(text => text.includes("*"));
}}"""
IMAGES_LOADED = f'() => [...document.querySelectorAll("{IMAGES}")].every(image => image.complete)'
ABOUT_IMAGES = """images => images.map(image => ({
    alt: image.alt, pixels: image.naturalWidth, right: image.getBoundingClientRect().right,
    edge: image.closest(".jp-Cell").getBoundingClientRect().right,
}))"""


@dataclass
class Lab:
    """A running JupyterLab: its address with the token, and the learner's folders."""

    address: str = field(repr=False)  # a failing test prints its fixtures
    folder: Path
    home: Path

    @property
    def copy(self) -> Path:
        return self.folder / notebook.paths()[0].name


@dataclass
class Visit:
    """One page, and what was seen of it from the first request on."""

    lab: Lab
    page: Any
    requested: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def save(self) -> dict[str, Any]:
        """Save the notebook in the page; returns the file's JSON."""
        with self.page.expect_response(lambda response: response.request.method == "PUT") as saved:
            self.page.keyboard.press("ControlOrMeta+s")
        assert saved.value.ok
        content: dict[str, Any] = json.loads(self.lab.copy.read_text(encoding="utf-8"))
        return content

    def choose(self, menu: str, *entries: str) -> None:
        """Walk through a menu as a person does: JupyterLab opens a submenu under the pointer."""
        self.page.locator("li.lm-MenuBar-item", has_text=menu).click()
        *submenus, last = (self.page.locator(".lm-Menu-itemLabel").get_by_text(entry, exact=True) for entry in entries)
        for submenu in submenus:
            submenu.hover()
        last.click()


def fingerprint(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def learners_environment(home: Path) -> dict[str, str]:
    """An empty home and Jupyter folders of its own; the token travels by the environment, where `ps` does not look."""
    kept = {name: value for name, value in os.environ.items() if name not in NOT_A_LEARNERS}
    package = str(Path(notebook.__file__).parents[2])  # an uninstalled checkout is found by the kernel as well
    own = {name: str(home / name.lower()) for name in OWN_FOLDERS} | {"HOME": str(home), "USERPROFILE": str(home)}
    return kept | own | {"PYTHONPATH": package, "JUPYTER_TOKEN": secrets.token_urlsafe()}


def address_of(process: subprocess.Popen[bytes], runtime: Path, log: Path) -> str:
    """Where the server listens, from the file that Jupyter writes for its own tools."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        for found in runtime.glob("jpserver-*.json"):
            if text := found.read_text(encoding="utf-8"):  # created first, then written
                about = json.loads(text)
                return f"{about['url']}lab/tree/{notebook.paths()[0].name}?token={about['token']}"
        time.sleep(0.1)
    pytest.fail(f"JupyterLab did not come up:\n{log.read_text(encoding='utf-8', errors='replace')[-3000:]}")


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """`tlslearn lab` over an empty home, in a folder whose name has a space; ended also where a test fails."""
    need("chromium")
    top = tmp_path_factory.mktemp("browser")
    home, log = top / "home", top / "log"
    home.mkdir()
    surroundings = learners_environment(home)
    line = [sys.executable, "-m", "tlslearn", "lab", "--folder", str(top / "my course")]
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*line, "--no-browser", "--ServerApp.port=0"],
            cwd=home,
            env=surroundings,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        runtime = Path(surroundings["JUPYTER_RUNTIME_DIR"])
        yield Lab(address_of(process, runtime, log), top / "my course", home)
    finally:
        end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    """Ask the server to end, as Ctrl-C or a closed session would; if it does not, end it and what it started."""
    process.terminate()
    try:
        process.wait(timeout=20)
    except subprocess.TimeoutExpired:
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def opened(lab: Lab) -> Iterator[Visit]:
    """The page as it is before anything was run."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=need("chromium"), args=FLAGS)
        try:
            page = browser.new_page(viewport={"width": 1400, "height": 900})
            page.set_default_timeout(PATIENCE * 1000)
            visit = Visit(lab, page)
            page.on("request", lambda request: visit.requested.append(request.url))
            page.on("websocket", lambda socket: visit.requested.append(socket.url))
            page.on("pageerror", lambda error: visit.complaints.append(str(error)))
            page.on("console", lambda line: visit.complaints.append(line.text) if line.type == "error" else None)
            page.goto(lab.address)
            page.wait_for_selector(HEADINGS)
            page.wait_for_selector(IMAGES, state="attached")
            page.wait_for_function(IMAGES_LOADED)
            yield visit
        finally:
            browser.close()


@pytest.fixture(scope="module")
def ran(opened: Visit) -> tuple[Visit, dict[str, Any]]:
    """The page after Run All, and the notebook that was saved from it."""
    opened.choose("Run", "Run All Cells")
    opened.page.wait_for_function(ALL_ENDED)
    opened.page.wait_for_function(IMAGES_LOADED)
    return opened, opened.save()


@pytest.fixture(scope="module")
def solved(ran: tuple[Visit, dict[str, Any]]) -> tuple[Visit, dict[str, Any]]:
    """The page after a learner has written the answer to one exercise, run it, and run its check."""
    visit, _ = ran
    original = notebook.read(notebook.paths()[0])
    stub = original.stubs[EXERCISE].index
    visit.page.locator(CELLS).nth(stub).locator(".cm-content").click()
    visit.page.keyboard.press("ControlOrMeta+a")
    visit.page.keyboard.insert_text(original.solution(EXERCISE).strip())
    for _run in ("the answer", "its check"):
        visit.page.keyboard.press("Shift+Enter")
    tick = visit.page.locator(CELLS).nth(stub + 1).locator(".jp-OutputArea-output", has_text="✓")
    tick.wait_for(state="attached")
    return visit, visit.save()


def code(content: dict[str, Any]) -> list[dict[str, Any]]:
    return [cell for cell in content["cells"] if cell["cell_type"] == "code"]


def test_the_notebook_opens_with_its_table_of_contents(opened: Visit) -> None:
    """The panel is open on the left and lists every heading."""
    headings = opened.page.locator(HEADINGS)
    assert headings.first.is_visible()
    prose = "\n".join(cell.source for cell in notebook.read(opened.lab.copy).cells if not cell.is_code)
    written = [line.lstrip("# ").replace("`", "") for line in prose.splitlines() if line.startswith("#")]
    assert [text.strip() for text in headings.all_text_contents()] == written


def test_no_news_and_no_dialog(opened: Visit) -> None:
    """Nothing lies over the page, and JupyterLab looks for no news and no newer version."""
    assert opened.page.locator(".Toastify__toast, .jp-Dialog").count() == 0
    assert [url for url in opened.requested if "/api/news" in url or "/api/update" in url] == []


def test_the_opening_picture_is_displayed(opened: Visit) -> None:
    """The picture of the whole idea is there before anything was run."""
    (picture,) = opened.page.locator(CELLS).first.locator("img").evaluate_all(ABOUT_IMAGES)
    assert picture["pixels"] > 0, "the browser shows the alternative text in place of the picture"


def test_run_all_runs_every_cell_in_order(ran: tuple[Visit, dict[str, Any]]) -> None:
    """Every code cell has its count, in the page and in the file, and none ended with an error."""
    visit, content = ran
    wanted = list(range(1, len(notebook.read(notebook.paths()[0]).code) + 1))
    assert [cell["execution_count"] for cell in code(content)] == wanted
    assert visit.page.locator(PROMPTS).all_text_contents() == [f"[{count}]:" for count in wanted]
    outputs = [output for cell in code(content) for output in cell["outputs"]]
    assert [output for output in outputs if output["output_type"] == "error"] == []


def test_every_image_is_shown_with_its_alternative_text(ran: tuple[Visit, dict[str, Any]]) -> None:
    """As many images as the notebook has, each loaded, told in words, and not cut at the right."""
    visit, content = ran
    outputs = [output.get("data", {}) for cell in code(content) for output in cell["outputs"]]
    shown = sum("<img " in notebook.joined(data.get("text/html", "")) for data in outputs)
    images = visit.page.locator(IMAGES).evaluate_all(ABOUT_IMAGES)
    assert len(images) == shown + 1  # the opening picture
    for image in images:
        assert image["alt"], image
        assert image["pixels"] > 0, image
        assert image["right"] <= image["edge"], image


def share_of_the_other_side(png: bytes, dark: bool) -> float:
    """Which share of a picture's pixels is bright in a dark theme, or dark in a light one: its lines and letters."""
    from PIL import Image

    counts = Image.open(io.BytesIO(png)).convert("L").histogram()
    return sum(counts[128:] if dark else counts[:128]) / sum(counts)


@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_diagrams_follow_the_theme(ran: tuple[Visit, dict[str, Any]], theme: str) -> None:
    """Boxes are dark in the dark theme and bright in the light one: only lines and letters differ from the page."""
    visit, _ = ran
    visit.choose("Settings", "Theme", f"JupyterLab {theme}")
    visit.page.wait_for_selector(f"body[data-jp-theme-name='JupyterLab {theme}']", state="attached")
    diagrams = visit.page.locator(f"{IMAGES}[src*='image/svg']")
    shares = [share_of_the_other_side(one.screenshot(), dark=theme == "Dark") for one in diagrams.all()]
    # All have one style sheet: around 5 %; drawn for the other theme, boxes fill up to 30 % of a picture.
    assert min(shares) > 0.01 and max(shares) < 0.12, shares
    if folder := os.environ.get("TLSLEARN_SCREENSHOTS"):
        photograph(visit, Path(folder) / f"00-{theme.lower()}.png")


def photograph(visit: Visit, path: Path) -> None:
    """The whole notebook as one picture, in a window that is tall enough for it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    before = visit.page.viewport_size
    visit.page.set_viewport_size({"width": 1400, "height": 12_000})
    visit.page.wait_for_function(IMAGES_LOADED)
    visit.page.locator(CELLS).first.scroll_into_view_if_needed()
    visit.page.screenshot(path=path)
    visit.page.set_viewport_size(before)


def test_a_solved_exercise_gets_its_tick_and_is_remembered(solved: tuple[Visit, dict[str, Any]]) -> None:
    """The answer typed into the page is the one in the learner's file, and their progress knows of it."""
    visit, content = solved
    original = notebook.read(notebook.paths()[0])
    stub = original.stubs[EXERCISE].index
    assert notebook.joined(content["cells"][stub]["source"]) == original.solution(EXERCISE).strip()
    (said,) = content["cells"][stub + 1]["outputs"]
    assert notebook.joined(said["text"]).startswith(f"✓ {EXERCISE}: solved")
    (kept,) = visit.lab.home.rglob("progress.json")
    assert list(json.loads(kept.read_text(encoding="utf-8"))["solved"]) == [EXERCISE]


@pytest.fixture(scope="module", autouse=True)
def original() -> tuple[Path, str]:
    """The course's own notebook 00, and what it is before the first test."""
    path = notebook.paths()[0]
    return path, fingerprint(path)


def test_only_the_learners_copy_changed(solved: tuple[Visit, dict[str, Any]], original: tuple[Path, str]) -> None:
    """A solved exercise leaves the course's own notebook as it was, and nothing beside it."""
    visit, _ = solved
    path, before = original
    assert fingerprint(path) == before
    assert notebook.read(visit.lab.copy).stubs[EXERCISE].source != notebook.read(path).stubs[EXERCISE].source
    assert not (path.parent / ".ipynb_checkpoints").exists()


def test_the_page_asked_nobody_else_and_complained_of_nothing(solved: tuple[Visit, dict[str, Any]]) -> None:
    """From opening to the last tick: no request to another host, and no error in the console."""
    visit, _ = solved
    asked = {(urlsplit(url).scheme, urlsplit(url).hostname) for url in visit.requested}
    here = {(scheme, host) for scheme in ("http", "ws") for host in ("localhost", "127.0.0.1")}
    assert asked & here
    assert asked - here - {("data", None), ("blob", None)} == set()
    assert visit.complaints == []
