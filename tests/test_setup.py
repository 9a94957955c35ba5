"""Is there one environment, described alike everywhere, made in one go and left alone when it is whole?

What needs the network runs in CI alone; all else reads files or works in a temporary folder.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType

import pytest
import yaml
from judges import in_ci
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[1]
OF_AN_OUTER_MAKE = {"MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "PYTHON", "VENV"}
LOCKS = ("requirements.lock", "requirements-test.lock")

pytestmark = pytest.mark.skipif(
    not (ROOT / "bootstrap.py").is_file(), reason="looks at a clone; this is an installed wheel"
)


def project() -> dict[str, list[str]]:
    """What pyproject.toml asks for: the package's own needs, each extra, and what builds and installs it."""
    table = tomllib.loads((ROOT / "pyproject.toml").read_text())
    needs: dict[str, list[str]] = {"package": table["project"]["dependencies"]}
    return needs | table["project"]["optional-dependencies"] | {"setup": table["dependency-groups"]["setup"]}


def locked(name: str) -> dict[str, set[Version]]:
    """Each package of a lock file with the versions that it pins, one or more, since markers may choose."""
    pins: dict[str, set[Version]] = {}
    for line in (ROOT / name).read_text().splitlines():
        if line[:1] not in ("", "#", " "):
            requirement = Requirement(line.removesuffix("\\").strip())
            (pin,) = requirement.specifier
            assert pin.operator == "==", line
            pins.setdefault(canonicalize_name(requirement.name), set()).add(Version(pin.version))
    return pins


def conda() -> tuple[dict[str, str], list[str]]:
    """environment.yml: bounds by conda's names, and what is left to pip."""
    described = yaml.safe_load((ROOT / "environment.yml").read_text())
    assert described["channels"] == ["conda-forge"]
    bounds = dict(line.split(" ", 1) for line in described["dependencies"] if isinstance(line, str))
    (by_pip,) = (line["pip"] for line in described["dependencies"] if isinstance(line, dict))
    return bounds, by_pip


class TestDescriptionsAgree:
    @pytest.mark.parametrize(
        ("lock", "groups"),
        [(LOCKS[0], ("package", "lab", "setup")), (LOCKS[1], ("package", "lab", "test", "setup"))],
    )
    def test_a_lock_pins_within_the_bounds(self, lock: str, groups: Sequence[str]) -> None:
        pins, needs = locked(lock), project()
        for need in (Requirement(text) for group in groups for text in needs[group]):
            versions = pins.get(canonicalize_name(need.name), set())
            assert versions, f"{lock} lacks {need.name}: run `make lock`"
            assert all(need.specifier.contains(version) for version in versions), f"{lock}: {need} is not {versions}"

    def test_the_test_lock_holds_the_lab_lock(self) -> None:
        lab, test = locked(LOCKS[0]), locked(LOCKS[1])
        assert {name: test.get(name) for name in lab} == lab
        assert {"pytest", "nbval"} <= test.keys() - lab.keys(), "learners would download what only tests need"

    @pytest.mark.parametrize("lock", LOCKS)
    def test_every_pin_has_hashes_and_no_address(self, lock: str) -> None:
        text = (ROOT / lock).read_text()
        blocks = re.split(r"^(?=[\w])", text, flags=re.MULTILINE)[1:]
        assert len(blocks) >= len(locked(lock))
        assert [block.split()[0] for block in blocks if "--hash=sha256:" not in block] == []
        assert "://" not in text
        assert not re.search(r"^\s*-(?!-hash=)", text, re.MULTILINE), "options such as --index-url"

    def test_conda_asks_for_the_same(self) -> None:
        bounds, by_pip = conda()
        assert by_pip == ["-e .[lab,test]"]
        needs = [Requirement(text) for group in project().values() for text in group]
        bound_of = {need.name: str(need.specifier) for need in needs} | {"python": ">=3.11"}
        assert bounds == {name: bound_of.get(name) for name in bounds}
        left_to_pip = bound_of.keys() - bounds.keys()
        assert left_to_pip == {"atheris", "playwright", "uv"}, "conda-forge has these too: list them in environment.yml"

    def test_every_bound_is_a_lower_bound(self) -> None:
        for text in (text for group in project().values() for text in group):
            assert [part.operator for part in Requirement(text).specifier] == [">="], text

    def test_the_package_needs_cryptography_alone(self) -> None:
        assert [Requirement(text).name for text in project()["package"]] == ["cryptography"]


@pytest.fixture
def bootstrap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """bootstrap.py over a small checkout of its own; `installed` lists the levels that it installed."""
    spec = importlib.util.spec_from_file_location("bootstrap", ROOT / "bootstrap.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    checkout = tmp_path / "a checkout"
    checkout.mkdir()
    for name in (*LOCKS, "pyproject.toml"):
        shutil.copy(ROOT / name, checkout)
    module.installed = []
    monkeypatch.setattr(module, "ROOT", checkout)
    monkeypatch.setattr(module, "install", lambda venv, level: module.installed.append(level))
    return module


@pytest.fixture
def venv(bootstrap: ModuleType) -> Iterator[Path]:
    folder: Path = bootstrap.ROOT / ".venv"
    bootstrap.make(folder, "lab", any_python=False)
    assert bootstrap.installed == ["lab"]
    (folder / "kept").touch()  # gone when the environment is made anew
    yield folder


class TestEnvironmentIsMadeOnce:
    def test_a_second_run_does_nothing(self, bootstrap: ModuleType, venv: Path) -> None:
        bootstrap.make(venv, "lab", any_python=True)
        bootstrap.make(venv, "lab", any_python=False)
        assert bootstrap.installed == ["lab"] and (venv / "kept").exists()

    def test_tests_need_more_and_learners_then_nothing(self, bootstrap: ModuleType, venv: Path) -> None:
        bootstrap.make(venv, "test", any_python=True)
        bootstrap.make(venv, "lab", any_python=True)
        assert bootstrap.installed == ["lab", "test"] and (venv / "kept").exists()

    @pytest.mark.parametrize("changed", ["requirements.lock", "pyproject.toml"])
    def test_a_changed_lock_installs_again(self, bootstrap: ModuleType, venv: Path, changed: str) -> None:
        with (bootstrap.ROOT / changed).open("a") as file:
            file.write("# changed\n")
        bootstrap.make(venv, "lab", any_python=True)
        assert bootstrap.installed == ["lab", "lab"] and (venv / "kept").exists()

    def test_an_unfinished_one_is_made_anew(
        self, bootstrap: ModuleType, venv: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def interrupted(folder: Path, level: str) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(bootstrap, "install", interrupted)
            bootstrap.make(venv, "test", any_python=True)
        bootstrap.make(venv, "lab", any_python=True)
        assert bootstrap.installed == ["lab", "lab"] and not (venv / "kept").exists()

    def test_one_whose_python_is_gone_is_made_anew(self, bootstrap: ModuleType, venv: Path) -> None:
        bootstrap.python_of(venv).unlink()
        bootstrap.make(venv, "lab", any_python=True)
        assert bootstrap.installed == ["lab", "lab"] and not (venv / "kept").exists()

    def test_only_a_named_python_replaces_another(
        self, bootstrap: ModuleType, venv: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(bootstrap.sys, "base_prefix", str(venv.parent / "another python"))
        bootstrap.make(venv, "lab", any_python=True)
        assert (venv / "kept").exists()
        bootstrap.make(venv, "lab", any_python=False)
        assert bootstrap.installed == ["lab", "lab"] and not (venv / "kept").exists()

    def test_uv_stands_in_the_lock_and_is_left_out_where_it_is_not_needed(self, bootstrap: ModuleType) -> None:
        text = (ROOT / LOCKS[0]).read_text()
        named, rest = bootstrap.UV_IN_LOCK.search(text), bootstrap.UV_IN_LOCK.sub("", text)
        assert named is not None and named.group().count("--hash=") > 5
        assert "\nuv==" not in rest and text.count("--hash=") == rest.count("--hash=") + named.group().count("--hash=")

    def test_an_old_python_is_told_so(
        self, bootstrap: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(bootstrap, "OLDEST", (99, 0))
        assert bootstrap.main(["--venv", str(tmp_path / "old")]) == 1
        assert "needs 99.0 or newer" in capsys.readouterr().err
        assert not (tmp_path / "old").exists()

    def test_a_command_finds_the_programs_of_the_environment(
        self, bootstrap: ModuleType, venv: Path, capfd: pytest.CaptureFixture[str]
    ) -> None:
        script = "import os, sys; print(sys.prefix); print(os.environ['PATH'].split(os.pathsep)[0]); print(os.getcwd())"
        shutil.copy(ROOT / "bootstrap.py", bootstrap.ROOT)
        stamped = [sys.executable, "bootstrap.py", "--keep", "--", "-c", script]
        subprocess.run(stamped, cwd=bootstrap.ROOT, check=True)
        assert capfd.readouterr().out.splitlines() == [str(venv), str(venv / "bin"), str(bootstrap.ROOT)]


def test_a_python_without_pip_and_ensurepip_is_told_what_to_install(tmp_path: Path) -> None:
    """Debian's bare python3: `import ensurepip` fails, pip is not there, and neither is uv."""
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    for name in (*LOCKS, "pyproject.toml", "bootstrap.py"):
        shutil.copy(ROOT / name, checkout)
    for missing in ("pip", "ensurepip"):
        (tmp_path / "lacks" / missing).mkdir(parents=True)
        (tmp_path / "lacks" / missing / "__init__.py").write_text(f"raise ImportError('no {missing}')")
    bare = {**os.environ, "PATH": str(tmp_path), "PYTHONPATH": str(tmp_path / "lacks")}
    done = subprocess.run([sys.executable, "bootstrap.py"], cwd=checkout, env=bare, capture_output=True, text=True)
    assert done.returncode == 1
    assert "sudo apt install python3-venv" in done.stderr and "Traceback" not in done.stderr


class TestMakefile:
    def targets(self) -> dict[str, str]:
        text = (ROOT / "Makefile").read_text()
        return dict(re.findall(r"^(\w+): *; (.*)$", text, re.MULTILINE))

    def test_each_target_makes_its_environment_first(self) -> None:
        targets = self.targets()
        assert {"env", "lab", "test", "refresh", "bench"} <= targets.keys()
        assert all(recipe.startswith("$(with_env)") for recipe in targets.values())

    def test_arguments_pass_through(self) -> None:
        targets = self.targets()
        assert targets["lab"].endswith("-m tlslearn lab $(LAB_ARGS)")
        assert targets["test"].endswith("-m tlslearn test $(TEST_ARGS)")
        assert "--test" not in targets["lab"], "a learner would download what only tests need"

    @pytest.mark.skipif(shutil.which("make") is None, reason="needs the program make")
    def test_only_a_named_python_is_binding(self) -> None:
        def recipe(*arguments: str) -> str:
            environment = {name: value for name, value in os.environ.items() if name not in OF_AN_OUTER_MAKE}
            command = ["make", "--no-print-directory", "--dry-run", "env", *arguments]
            return subprocess.run(
                command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True
            ).stdout.strip()

        assert recipe() == '"python3" bootstrap.py --venv ".venv" --keep'
        assert recipe("PYTHON=/a b/python3", "VENV=.venv-3") == '"/a b/python3" bootstrap.py --venv ".venv-3"'


@pytest.mark.skipif(os.name == "nt" or shutil.which("make") is None, reason="needs bash and make")
class TestCi:
    """.ci/run over a Makefile that runs nothing, with programs that only seem to be there."""

    @pytest.fixture
    def machine(self, tmp_path: Path) -> Path:
        for folder in ("bin", ".ci", "pyenv/versions/3.12.1/bin"):
            (tmp_path / folder).mkdir(parents=True)
        shutil.copy(ROOT / ".ci" / "run", tmp_path / ".ci")
        for tool in ("bash", "sh", "sort", "dirname", "id", "make"):
            (tmp_path / "bin" / tool).symlink_to(shutil.which(tool) or tool)
        for judge in ("openssl", "tshark", "gnutls-cli", "curl", "chromium", "faketime"):
            self.program(tmp_path / "bin" / judge, "exit 0")
        return tmp_path

    def program(self, path: Path, script: str) -> None:
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    def run(self, machine: Path, recipe: str) -> subprocess.CompletedProcess[str]:
        (machine / "Makefile").write_text(f"test: ; @echo ran $(PYTHON) $(VENV) $$CI; {recipe}\n")
        environment = {"PATH": str(machine / "bin"), "HOME": str(machine), "PYENV_ROOT": str(machine / "pyenv")}
        command = [str(machine / "bin" / "bash"), str(machine / ".ci" / "run")]
        return subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True)

    def test_no_python_is_a_failure(self, machine: Path) -> None:
        self.program(machine / "bin" / "python3.13", "exit 127")  # a shim of pyenv for a version that is not chosen
        done = self.run(machine, "true")
        assert done.returncode == 1
        assert "found no Python 3.11, 3.12 or 3.13" in done.stderr and "ran" not in done.stdout

    def test_each_python_found_has_an_environment_of_its_own(self, machine: Path) -> None:
        of_pyenv, on_path = machine / "pyenv/versions/3.12.1/bin/python3.12", machine / "bin" / "python3.13"
        for python in (of_pyenv, on_path):
            self.program(python, "exit 0")
        done = self.run(machine, "true")
        assert done.returncode == 0, done.stderr
        runs = [line for line in done.stdout.splitlines() if line.startswith("ran ")]
        assert runs == [f"ran {of_pyenv} .venv-3.12 true", f"ran {on_path} .venv-3.13 true"]

    def test_one_failure_fails_all_and_the_rest_still_runs(self, machine: Path) -> None:
        for version in ("3.11", "3.13"):
            self.program(machine / "bin" / f"python{version}", "exit 0")
        done = self.run(machine, "test $(VENV) = .venv-3.13")
        assert done.returncode == 1
        assert "Python 3.11: FAILED" in done.stdout and "Python 3.13: passed" in done.stdout


def copy_of_checkout(folder: Path) -> Path:
    """The files of this clone, without environments, caches and the learner's own copies."""
    left_out = shutil.ignore_patterns(".git", ".venv*", "my", "dist", "build", "__pycache__", ".*_cache", ".hypothesis")
    return shutil.copytree(ROOT, folder / "a fresh clone", ignore=left_out)


def environment_of_a_newcomer(tmp_path: Path) -> dict[str, str]:
    home = tmp_path / "home"
    home.mkdir()
    private = (
        "VIRTUAL_ENV",
        "PYTHONPATH",
        "PYTHON",
        "VENV",
        "MAKEFLAGS",
        "MAKELEVEL",
        "XDG_DATA_HOME",
        "PYTEST_VERSION",
    )
    return {name: value for name, value in os.environ.items() if name not in private} | {"HOME": str(home)}


@pytest.mark.slow
@pytest.mark.skipif(not in_ci(), reason="downloads what the locks name; CI=true runs it")
class TestFreshClone:
    def test_it_makes_its_environment_and_the_second_time_nothing(self, tmp_path: Path) -> None:
        clone, environment = copy_of_checkout(tmp_path), environment_of_a_newcomer(tmp_path)
        make = ["make", "--no-print-directory", "-C", str(clone), "env", f"PYTHON={sys.executable}"]
        first = subprocess.run(make, env=environment, capture_output=True, text=True)
        assert first.returncode == 0, first.stderr
        assert ".venv is ready" in first.stdout
        offline = environment | {"UV_OFFLINE": "1", "PIP_NO_INDEX": "1"}
        second = subprocess.run(make, env=offline, capture_output=True, text=True)
        assert (second.returncode, second.stdout, second.stderr) == (0, "", "")
        lab = [clone / ".venv" / "bin" / "python", "-m", "jupyterlab", "--version"]
        assert subprocess.run(lab, env=environment, capture_output=True).returncode == 0

    def test_the_bare_package_works_without_jupyter(self, tmp_path: Path) -> None:
        clone, environment = copy_of_checkout(tmp_path), environment_of_a_newcomer(tmp_path)
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "bare"], check=True)
        python = tmp_path / "bare" / "bin" / "python"
        pip = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet", clone]
        subprocess.run(pip, env=environment, check=True, cwd=tmp_path)

        def bare(*command: str) -> subprocess.CompletedProcess[str]:
            return subprocess.run([python, *command], env=environment, cwd=tmp_path, capture_output=True, text=True)

        assert bare("-c", "import jupyterlab").returncode != 0
        assert "examples:" in bare("-m", "tlslearn", "--help").stdout
        refused = {"lab": bare("-m", "tlslearn", "lab"), "test": bare("-m", "tlslearn", "test")}
        assert 'pip install "tlslearn[lab' in refused["lab"].stderr
        assert 'pip install "tlslearn[lab,test]"' in refused["test"].stderr
        assert [done.returncode for done in refused.values()] == [2, 2]


@pytest.mark.slow
def test_the_wheel_carries_notebooks_and_tests(tmp_path: Path) -> None:
    """Built offline, by the backend of the lock, from a copy."""
    clone = copy_of_checkout(tmp_path)
    script = "import hatchling.build, sys; print(hatchling.build.build_wheel(sys.argv[1]))"
    subprocess.run([sys.executable, "-c", script, tmp_path], cwd=clone, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    carried = "tlslearn/carried/"
    names = set(zipfile.ZipFile(wheel).namelist())
    notebooks = {path.name for path in (ROOT / "notebooks").glob("*.ipynb")}
    assert notebooks == {Path(name).name for name in names if name.startswith(carried + "notebooks/")} - {"README.md"}
    assert {
        carried + "tests/test_setup.py",
        carried + "conftest.py",
        carried + "pyproject.toml",
        "tlslearn/cli.py",
    } <= names
    tops = {name.split("/")[0] for name in names}
    assert tops == {"tlslearn", next(top for top in tops if top.endswith(".dist-info"))}

    zipfile.ZipFile(wheel).extractall(tmp_path / "installed")
    elsewhere = environment_of_a_newcomer(tmp_path) | {"PYTHONPATH": str(tmp_path / "installed")}
    suite = [sys.executable, "-m", "tlslearn", "test", "tests/test_house.py", "tests/test_setup.py", "-q", "-n0"]
    done = subprocess.run(suite, cwd=tmp_path, env=elsewhere, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert "✓ pytest" in done.stdout and "skipped" in done.stdout
