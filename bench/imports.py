"""What does `from tlslearn import …` cost beside the imports that nobody who uses certificates can avoid?

Sections: none.
Leaves out: the imports of a notebook, with matplotlib and a kernel; see `suite`.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile

from . import rounds

PYTHON = "python alone"
NEEDED = "cryptography.x509, ssl"
OURS = "Authority, keys, live, doctor"
SCRIPTS = {
    PYTHON: "pass",
    NEEDED: "import cryptography.x509, ssl",
    # Names are fetched when they are first used, so each is used.
    OURS: "from tlslearn import Authority, keys, live, doctor\n"
    "Authority.create, keys.generate, live.serve, live.connect, doctor.explain, doctor.examine",
}


def run(count: int) -> bool:
    """Fresh interpreters, in turns; then the same with the interpreter's own start taken off."""
    with tempfile.TemporaryDirectory(prefix="tlslearn-bench-") as cache:
        given = os.environ | rounds.as_installed(cache)  # the round that is not counted fills the cache
        subjects = {name: lambda code=script: start(code, given) for name, script in SCRIPTS.items()}
        timings = rounds.interleaved(subjects, count)
    rounds.print_table(timings, NEEDED)
    above = {
        name: [one - bare for one, bare in zip(timings[name], timings[PYTHON], strict=True)] for name in (NEEDED, OURS)
    }
    print("with the interpreter's own start taken off:")
    rounds.print_table(above, NEEDED)
    return True


def start(script: str, surroundings: dict[str, str]) -> None:
    subprocess.run([sys.executable, "-c", script], env=surroundings, check=True, cwd=rounds.ROOT)
