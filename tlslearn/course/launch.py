"""How is the course opened? JupyterLab on the learner's own copies, at notebook 00, with the table of contents open.

Sections: none.
Leaves out: the learner's own Jupyter settings, which stay as they are.
"""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..check import TlslearnError
from . import copies, notebook

# Defaults that JupyterLab reads after its own and before the learner's: no news, no look for updates.
SETTINGS = Path(__file__).parent / "jupyter"
# Which panels are open is kept here, beside the copies, so that the learner's other work stays as it is.
WORKSPACES = ".workspaces"


def lab(*, folder: Path, args: Sequence[str] = ()) -> int:
    """Make missing copies, say which notebooks are newer, and run JupyterLab until it ends; returns its exit status.

    `args` go to JupyterLab. Raises TlslearnError where the extra "lab" is missing.
    """
    if importlib.util.find_spec("jupyterlab") is None:
        raise TlslearnError("this needs JupyterLab", fix='Install what is missing: pip install "tlslearn[lab]"')
    home = folder.resolve()
    copies.make_copies(home)
    for offer in copies.offers(home):
        print(offer)
    _make_workspace(home / WORKSPACES)
    print(f"Your notebooks are in {home}", flush=True)
    return _run(command(home, args), environment())


def command(home: Path, args: Sequence[str]) -> list[str]:
    """The command line that opens JupyterLab on the copies in `home`."""
    first = notebook.paths()[0].name
    as_root = ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    return [
        *(sys.executable, "-m", "jupyterlab"),
        f"--ServerApp.root_dir={home}",
        f"--LabApp.default_url=/lab/tree/{first}",
        f"--LabApp.workspaces_dir={home / WORKSPACES}",
        *as_root,
        *args,
    ]


def environment() -> dict[str, str]:
    """This environment, with the course's defaults as the first place that JupyterLab looks for settings."""
    earlier = os.environ.get("JUPYTER_CONFIG_PATH")
    return os.environ | {"JUPYTER_CONFIG_PATH": os.pathsep.join([str(SETTINGS), *([earlier] if earlier else [])])}


def _make_workspace(folder: Path) -> None:
    """The first layout: table of contents on the left. A layout that is there already is the learner's."""
    from jupyterlab_server.workspaces_handler import WorkspacesManager

    if folder.is_dir() and any(folder.iterdir()):
        return
    contents = "@jupyterlab/toc:plugin"
    panels = ["filebrowser", "running-sessions", contents, "extensionmanager.main-view"]
    left = {"collapsed": False, "visible": True, "current": contents, "widgets": panels}
    layout = {"left": left, "relativeSizes": [0.2, 0.8]}
    manager: Any = WorkspacesManager(str(folder))
    workspace = {"data": {"layout-restorer:data": layout}, "metadata": {"id": "default"}}
    manager.save("default", json.dumps(workspace))


def _run(line: list[str], surroundings: dict[str, str]) -> int:
    """Ctrl-C reaches JupyterLab as well: it asks, or ends, and this waits for it. A termination is handed on."""
    process = subprocess.Popen(line, env=surroundings)
    earlier = signal.signal(signal.SIGTERM, lambda *_: process.terminate())
    try:
        while True:
            try:
                return process.wait()
            except KeyboardInterrupt:
                continue
    finally:
        signal.signal(signal.SIGTERM, earlier)
