"""How many seconds from a clone to the first executed cell, for a learner with an empty home?

Sections: none.
Leaves out: the browser, which shows the page a moment later, and changes that are not committed: a clone has none.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import rounds

if TYPE_CHECKING:
    from jupyter_client.blocking.client import BlockingKernelClient

LIMIT = 300  # seconds; pip on a slow line takes a minute
OF_AN_OUTER_MAKE = ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "PYTHON", "VENV", "VIRTUAL_ENV", "PYTHONPATH")


def run() -> bool:
    """Once with empty caches, then in a second clone with what the first one left in the home."""
    for program in ("git", "make"):
        if shutil.which(program) is None:
            raise rounds.CannotMeasure(f"it needs the program {program}")
    if not (rounds.ROOT / ".git").exists():
        raise rounds.CannotMeasure("this is no clone, so there is nothing to clone from")
    with tempfile.TemporaryDirectory(prefix="tlslearn-bench-", ignore_cleanup_errors=True) as folder:
        home = Path(folder) / "home"
        home.mkdir()
        for caches in ("cold", "warm"):
            print(f"caches of uv and pip {caches}:", flush=True)
            measure(Path(folder) / f"a clone, {caches}", home)
    return True


def measure(clone: Path, home: Path) -> None:
    started = time.perf_counter()

    def lap(what: str) -> None:
        print(f"{time.perf_counter() - started:7.1f} s  {what}", flush=True)

    subprocess.run(["git", "clone", "--quiet", str(rounds.ROOT), str(clone)], check=True)
    commit = subprocess.run(["git", "log", "-1", "--format=%h"], cwd=clone, capture_output=True, text=True, check=True)
    lap(f"cloned, at {commit.stdout.strip()}")
    runtime = clone / "runtime"
    with make_lab(clone, home, runtime) as process:
        server = server_of(process, runtime)
        lap(f"JupyterLab answers ({said_by_set_up(clone)})")
        name = min(path.name for path in (clone / "notebooks").glob("00-*.ipynb"))
        said = execute_first_cell(server, name, runtime)
        lap(f"first cell executed; it said: {said}")


def log_of(clone: Path) -> Path:
    return clone.with_suffix(".log")


def said_by_set_up(clone: Path) -> str:
    """Its line about the environment, as ".venv is ready, after 4 s"."""
    lines = log_of(clone).read_text(encoding="utf-8", errors="replace").splitlines()
    return next((line.removeprefix("tlslearn: ") for line in lines if "is ready" in line), "environment was there")


@contextlib.contextmanager
def make_lab(clone: Path, home: Path, runtime: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`make lab` with this Python as the base; ended with all that it started."""
    kept = {name: value for name, value in os.environ.items() if name not in OF_AN_OUTER_MAKE}
    programs = [part for part in kept.get("PATH", "").split(os.pathsep) if Path(part) != Path(sys.executable).parent]
    surroundings = kept | {
        "HOME": str(home),
        "PATH": os.pathsep.join(programs),
        "JUPYTER_RUNTIME_DIR": str(runtime),
        "JUPYTER_CONFIG_DIR": str(home / "jupyter"),
    }
    line = ["make", "lab", f"PYTHON={base_python()}", "LAB_ARGS=--no-browser --ServerApp.port=0"]
    log = log_of(clone)
    with log.open("wb") as out:
        process = subprocess.Popen(
            line, cwd=clone, env=surroundings, stdout=out, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        yield process
    except rounds.CannotMeasure as reason:
        raise rounds.CannotMeasure(f"{reason}:\n{log.read_text(errors='replace')[-2000:]}") from reason
    finally:
        end(process)


def base_python() -> str:
    """The Python that this environment was made from: a learner has none of this environment's packages."""
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    return str(Path(sys.base_prefix) / "bin" / version)


def end(process: subprocess.Popen[bytes]) -> None:
    """make hands a termination on; what does not end by it is ended with its whole group."""
    os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(timeout=30)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def server_of(process: subprocess.Popen[bytes], runtime: Path) -> dict[str, Any]:
    """What the server wrote about itself, as soon as it answers."""
    deadline = time.monotonic() + LIMIT
    while time.monotonic() < deadline and process.poll() is None:
        for found in runtime.glob("jpserver-*.json"):
            if text := found.read_text(encoding="utf-8"):  # created first, then written
                server: dict[str, Any] = json.loads(text)
                ask(server, "api/status")
                return server
        time.sleep(0.05)
    raise rounds.CannotMeasure("JupyterLab did not come up")


def ask(server: dict[str, Any], path: str, body: dict[str, Any] | None = None) -> Any:
    """One call of the server's API: POST with a body, else GET."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Authorization": f"token {server['token']}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{server['url']}{path}", data=data, headers=headers)
    with urllib.request.urlopen(request, timeout=60) as response:
        return json.load(response)


def wait_for(client: BlockingKernelClient) -> None:
    """A client without the kernel's manager takes a kernel that is only just starting for a dead one."""
    deadline = time.monotonic() + 60
    while True:
        try:
            return client.wait_for_ready(timeout=60)
        except RuntimeError as error:
            if time.monotonic() > deadline:
                raise rounds.CannotMeasure(f"the kernel did not answer: {error}") from error


def execute_first_cell(server: dict[str, Any], name: str, runtime: Path) -> str:
    """Open a session for the notebook, as the page does, and run its first code cell; returns what it printed."""
    from jupyter_client.blocking.client import BlockingKernelClient

    cells = ask(server, f"api/contents/{name}")["content"]["cells"]
    source = next(cell["source"] for cell in cells if cell["cell_type"] == "code")
    session = {"path": name, "type": "notebook", "name": name, "kernel": {"name": "python3"}}
    kernel = ask(server, "api/sessions", session)["kernel"]["id"]
    client = BlockingKernelClient(connection_file=str(runtime / f"kernel-{kernel}.json"))
    client.load_connection_file()
    client.start_channels()
    printed: list[str] = []
    try:
        wait_for(client)
        reply = client.execute_interactive(
            source, timeout=60, output_hook=lambda message: printed.append(message["content"].get("text", ""))
        )
    finally:
        client.stop_channels()
    if reply["content"]["status"] != "ok":
        raise rounds.CannotMeasure(f"the first cell failed: {reply['content'].get('evalue')}")
    return ", ".join("".join(printed).split("\n")).strip(", ")
