"""Make the environment, then run its Python: `python3 bootstrap.py -- -m tlslearn lab`.

The Makefile calls this for each target. It needs Python alone, and an old one can still say that it is too old. It
makes `.venv`, installs exactly what a lock file names, with uv or else with pip, and leaves alone what is whole.
"""

from __future__ import annotations  # SyntaxError? This Python is too old: make lab PYTHON=/path/to/python3.11

import argparse
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    Command = Sequence[str | Path]

OLDEST: tuple[int, int] = (3, 11)  # SyntaxError? This Python is too old: make lab PYTHON=/path/to/python3.11
ROOT = Path(__file__).resolve().parent
LOCKS = {"lab": "requirements.lock", "test": "requirements-test.lock"}
EXTRAS = {"lab": ["lab"], "test": ["lab", "test"]}
STAMP = "tlslearn-{level}.stamp"
UNFINISHED = "tlslearn-unfinished"
UV_IN_LOCK = re.compile(r"^uv==.*\n(?:    .*\n)*", re.MULTILINE)
LOCK_HEADER = """\
# Made from pyproject.toml by `make lock`; `make lock LOCK_ARGS=--upgrade` takes newer versions.
# Each version is pinned with the hashes of its files, for every platform and Python from 3.11 on.
"""
# From 4.25 on, with rfc3987-syntax, each import of nbformat compiles a grammar: half of the time that JupyterLab and
# pytest take to start. https://github.com/python-jsonschema/jsonschema/releases/tag/v4.25.0
LOCK_BOUNDS = "jsonschema<4.25\n"
NO_INSTALLER = """\
This Python has neither pip nor venv with ensurepip, and uv is not on the PATH.
    Debian, Ubuntu:  sudo apt install python3-venv
    elsewhere:       install uv, or name another Python: make lab PYTHON=/path/to/python3.11"""


class CannotGoOn(Exception):
    """What stands in the way, and what to do about it; printed without a traceback."""


def say(text: str) -> None:
    print(f"tlslearn: {text}", flush=True)


def python_of(venv: Path) -> Path:
    return venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def quiet() -> list[str]:
    """A person who waits sees the installer's progress; a log does not need two hundred lines of it."""
    return [] if sys.stderr.isatty() else ["--quiet"]


def succeeds(command: Command, **environment: str) -> bool:
    return subprocess.run(command, cwd=ROOT, env={**os.environ, **environment}).returncode == 0


def answers(command: Command) -> str | None:
    """What the command prints, or None where it is missing or fails."""
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    except OSError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None


# An environment that is there already


def stamp_of(venv: Path, level: str) -> str:
    """One hash over all that decides what `level` holds: lock, pyproject, interpreter, and where the checkout lies."""
    digest = hashlib.sha256(str(ROOT).encode())
    for path in (ROOT / LOCKS[level], ROOT / "pyproject.toml", venv / "pyvenv.cfg"):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def is_ready(venv: Path, level: str) -> bool:
    stamp = venv / STAMP.format(level=level)
    return stamp.is_file() and stamp.read_text() == stamp_of(venv, level)


def can_stay(venv: Path, any_python: bool) -> bool:
    """Whether `venv` is whole, of a Python that is new enough and, unless `any_python`, the one that runs this."""
    if (venv / UNFINISHED).exists():
        say(f"{venv.name} was left unfinished; making it anew")
        return False
    asked = "import sys; print(*sys.version_info[:3]); print(sys.base_prefix)"
    answer = answers([python_of(venv), "-I", "-c", asked])
    if answer is None:
        say(f"the Python of {venv.name} does not start; making it anew")
        return False
    version, base = answer.splitlines()
    numbers = tuple(int(number) for number in version.split())
    same = numbers == sys.version_info[:3] and Path(base).resolve() == Path(sys.base_prefix).resolve()
    if same or (any_python and numbers >= OLDEST):
        return True
    say(f"{venv.name} is of another Python, {'.'.join(version.split())}; making it anew")
    return False


# Making one


def create(venv: Path) -> None:
    if sys.version_info < OLDEST:
        raise CannotGoOn(
            f"Python {sys.version.split()[0]} is too old: tlslearn needs {OLDEST[0]}.{OLDEST[1]} or newer.\n"
            "    Name another one: make lab PYTHON=/path/to/python3.11"
        )
    if importlib.util.find_spec("venv") is None:
        raise CannotGoOn(NO_INSTALLER)
    if venv.exists():
        shutil.rmtree(venv)
    venv.mkdir(parents=True)
    (venv / UNFINISHED).touch()
    from venv import EnvBuilder

    EnvBuilder(symlinks=os.name != "nt", with_pip=False, prompt="tlslearn").create(venv)


def pip_for(venv: Path) -> Command:
    """A pip that installs into `venv`: its own, that of the Python that runs this, or one that ensurepip unpacks."""
    own = python_of(venv)
    if answers([own, "-m", "pip", "--version"]):
        return [own, "-m", "pip"]
    of_base: Command = [sys.executable, "-m", "pip", "--python", own]
    if answers([*of_base, "--version"]):
        return of_base
    if answers([own, "-m", "ensurepip"]) is not None:
        return [own, "-m", "pip"]
    raise CannotGoOn(NO_INSTALLER)


def uv_for(venv: Path) -> Path | None:
    """The uv of the environment or of the PATH; else the one that the lock names, where it can be had."""
    own = python_of(venv).with_name("uv.exe" if os.name == "nt" else "uv")
    for found in (own, shutil.which("uv")):
        if found and answers([found, "--version"]):
            return Path(found)
    named = UV_IN_LOCK.search((ROOT / LOCKS["lab"]).read_text())
    wanted = venv / "uv.txt"
    wanted.write_text(named.group() if named else "")
    options: Command = [*pip_for(venv), "install", "--quiet", "--no-deps", "--only-binary", ":all:", "--require-hashes"]
    return own if named and succeeds([*options, "-r", wanted]) else None


def install(venv: Path, level: str) -> None:
    """Install what the lock names, then the package itself, which needs no network."""
    wanted = venv / "requirements.txt"
    wanted.write_text(UV_IN_LOCK.sub("", (ROOT / LOCKS[level]).read_text()))
    # The lock names all that is needed. pip 23.2 would look further: to it a pin does not pin the same with an extra.
    locked: Command = ["--no-deps", "--require-hashes", "-r", wanted]
    package: Command = ["--no-deps", "--no-build-isolation", "--editable", ROOT]
    uv = uv_for(venv)
    if uv is not None:
        say(f"installing what {LOCKS[level]} names, with uv")
        # Where Python may not keep what it compiles, each of the tests' many kernels would compile it all again.
        compiled = ["--compile-bytecode"] if level == "test" and sys.dont_write_bytecode else []
        command: Command = [uv, "pip", "install", "--python", python_of(venv), *compiled, *quiet()]
        if all(succeeds([*command, *rest], UV_PYTHON_DOWNLOADS="never") for rest in (locked, package)):
            return
        say("uv could not; trying pip")
    say(f"installing what {LOCKS[level]} names, with pip (about a minute)")
    for rest in (locked, package):
        if not succeeds([*pip_for(venv), "install", "--disable-pip-version-check", *quiet(), *rest]):
            raise CannotGoOn("The installation failed; the reason stands above. Is the network there? Then try again.")


def make(venv: Path, level: str, any_python: bool) -> None:
    started = time.perf_counter()
    if not (venv.exists() and can_stay(venv, any_python)):
        create(venv)
    if is_ready(venv, level):
        return
    (venv / UNFINISHED).touch()
    install(venv, level)
    for done in ("lab", level):  # what tests need holds all that a learner needs
        (venv / STAMP.format(level=done)).write_text(stamp_of(venv, done))
    (venv / UNFINISHED).unlink()
    say(f"{venv.name} is ready, after {time.perf_counter() - started:.0f} s")


def lock(venv: Path, arguments: list[str]) -> None:
    """Write both lock files anew; what `make test` installs holds every version that `make lab` installs."""
    uv = uv_for(venv)
    if uv is None:
        raise CannotGoOn("Locks are made with uv, and it could not be had.")
    bounds = venv / "bounds.txt"
    bounds.write_text(LOCK_BOUNDS)
    for level, name in LOCKS.items():
        form = "--universal --generate-hashes --no-emit-index-url --no-header --no-annotate --python-version 3.11"
        extras = [option for extra in EXTRAS[level] for option in ("--extra", extra)]
        lab = [] if level == "lab" else ["--constraint", LOCKS["lab"]]
        files: Command = [*lab, "--constraint", bounds, "--output-file", name, "pyproject.toml"]
        command: Command = [
            uv,
            "pip",
            "compile",
            "--quiet",
            *form.split(),
            *extras,
            "--group",
            "setup",
            *files,
            *arguments,
        ]
        if not succeeds(command, UV_PYTHON_DOWNLOADS="never"):
            raise CannotGoOn(f"{name} could not be made; the reason stands above.")
        written = ROOT / name
        written.write_text(LOCK_HEADER + written.read_text().removeprefix(LOCK_HEADER))


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="bootstrap.py", description=__doc__)
    parser.add_argument("--venv", type=Path, default=Path(".venv"), help="where the environment is or will be")
    parser.add_argument("--keep", action="store_true", help="keep an environment of another Python than this one")
    parser.add_argument("--test", action="store_true", help="install what the tests need as well")
    parser.add_argument("--lock", action="store_true", help="write the lock files anew; arguments go to uv")
    parser.add_argument("command", nargs="*", help="what the environment's Python is to run, after --")
    chosen = parser.parse_args(arguments)
    venv = ROOT / chosen.venv
    try:
        make(venv, "test" if chosen.test else "lab", chosen.keep)
        if chosen.lock:
            lock(venv, chosen.command)
            return 0
    except CannotGoOn as reason:
        print(f"tlslearn: {reason}", file=sys.stderr)
        return 1
    if not chosen.command:
        return 0
    return hand_over(venv, chosen.command)


def hand_over(venv: Path, arguments: list[str]) -> int:
    """Run the environment's Python in this process's place, with its programs first on the PATH, as if activated."""
    python = python_of(venv)
    os.environ["PATH"] = os.pathsep.join((str(python.parent), os.environ.get("PATH", os.defpath)))
    os.environ["VIRTUAL_ENV"] = str(venv)
    os.chdir(ROOT)
    if os.name == "nt":  # a process there cannot be replaced by another
        return subprocess.run([python, *arguments]).returncode
    os.execv(python, [str(python), *arguments])


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit("tlslearn: interrupted; the same command goes on from here")
