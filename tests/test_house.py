"""Is the house built to its plan? Imports go down, the face is lazy, nothing is too large, no error is hidden."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import tlslearn

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = Path(tlslearn.__file__).resolve().parent

# Who may import whom: a room on a floor below, or one that stands earlier on the same floor.
FLOORS = (
    ("check", "files", "publickey", "keys", "der", "wire"),
    ("names", "csr", "chain", "authority", "live", "handshake", "revocation", "transparency", "acme"),
    ("gallery", "doctor"),
    ("figures", "course"),
    ("cli", "__main__"),
)
PLACE = {room: (floor, place) for floor, rooms in enumerate(FLOORS) for place, room in enumerate(rooms)}
# The plan counted on 4,000 lines for floors 0 to 2; what the chapters up to 10 ask for by name takes more.
LONGEST_FUNCTION, LONGEST_FILE, LINES_OF_FLOORS_0_TO_2 = 40, 350, 8_500
# Arithmetic to be read, which no other room imports: a text of notebook 02 and its appendices, and counted as such.
TEXTBOOK, LINES_OF_THE_TEXTBOOK = "publickey", 1_250

FILES = sorted(path for path in PACKAGE.rglob("*.py") if "carried" not in path.relative_to(PACKAGE).parts)
# Without the word checkout: a wheel carries the tests, not what lies beside them.
ALL_CODE = FILES + sorted(path for folder in ("tests", "bench") for path in (ROOT / folder).rglob("*.py"))


def name_of(path: Path) -> str:
    return str(path.relative_to(PACKAGE.parent if PACKAGE in path.parents else ROOT))


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def module_of(path: Path) -> str:
    parts = ("tlslearn", *path.relative_to(PACKAGE).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def package_imports(tree: ast.AST, package: str) -> Iterator[tuple[str, int]]:
    """Each module below tlslearn that the file names in an import, absolute, with its line; `package` is the file's."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            source = ".".join([*above, *([node.module] if node.module else [])])
            modules = [f"{source}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        else:
            continue
        yield from ((module, node.lineno) for module in modules if module.startswith("tlslearn."))


def rooms_used(path: Path, text: str) -> Iterator[tuple[str, int]]:
    module = module_of(path)
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    for imported, line in package_imports(ast.parse(text), package):
        room = imported.split(".")[1]
        yield room, line


def wrong_imports(path: Path, text: str) -> list[str]:
    """Imports of a room that stands above, or later on the same floor."""
    room = room_of(path)
    return [
        f"{name_of(path)}:{line} {room} imports {used}"
        for used, line in rooms_used(path, text)
        if used in PLACE and used != room and PLACE[used] >= PLACE[room]
    ]


def code_lines(tree: ast.AST) -> int:
    """Lines on which a statement begins or goes on, docstrings and comments left out."""
    lines: set[int] = set()
    for node in ast.walk(tree):
        docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if isinstance(node, ast.stmt) and not docstring:
            compound = isinstance(getattr(node, "body", None), list)
            lines.update([node.lineno] if compound else range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return len(lines)


def faults(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """What no file may hold, each with its line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > LONGEST_FUNCTION:
                yield node.lineno, f"{node.name} has {length} lines, over {LONGEST_FUNCTION}"
        elif isinstance(node, ast.ExceptHandler) and all(_does_nothing(statement) for statement in node.body):
            yield node.lineno, "swallows an exception"
        elif isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names):
            yield node.lineno, f"imports everything from {node.module}"
        elif isinstance(node, ast.Call) and _suppresses_all(node):
            yield node.lineno, "suppresses every exception"


def _suppresses_all(call: ast.Call) -> bool:
    caught = {ast.unparse(argument) for argument in call.args}
    return ast.unparse(call.func).split(".")[-1] == "suppress" and bool(caught & {"Exception", "BaseException"})


def _does_nothing(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Pass) or (
        isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    )


def asserts_something(function: ast.AST) -> bool:
    """Whether a test can fail by its own words: assert, `raises`, check=True, or a helper named assert_… or check_…"""
    for node in ast.walk(function):
        if isinstance(node, ast.Assert):
            return True
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func).split(".")[-1]
            if called in ("raises", "warns", "fail", "raise_for_failures") or called.startswith(("assert_", "check_")):
                return True
            if any(keyword.arg == "check" and ast.unparse(keyword.value) == "True" for keyword in node.keywords):
                return True
    return False


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_imports_go_down(path: Path) -> None:
    if room_of(path) != "__init__":
        assert room_of(path) in PLACE, f"{room_of(path)} has no floor: give it one here and in the plan"
        assert wrong_imports(path, path.read_text(encoding="utf-8")) == []


def test_an_import_that_goes_up_is_seen() -> None:
    doctor, keys = PACKAGE / "doctor" / "causes.py", PACKAGE / "keys.py"
    assert wrong_imports(doctor, "from ..course import exercise") == [
        "tlslearn/doctor/causes.py:1 doctor imports course"
    ]
    assert wrong_imports(doctor, "from .. import figures, keys") == [
        "tlslearn/doctor/causes.py:1 doctor imports figures"
    ]
    assert wrong_imports(keys, "def f():\n    import tlslearn.live") == ["tlslearn/keys.py:2 keys imports live"]
    assert wrong_imports(keys, "from tlslearn import der") == ["tlslearn/keys.py:1 keys imports der"]
    assert wrong_imports(keys, "from .check import BadInput\nfrom . import files") == []


def test_no_file_imports_itself_in_a_circle() -> None:
    """Inside a room too: imports at the top of the files, followed until they end."""
    modules = {module_of(path): path for path in FILES}
    graph: dict[str, set[str]] = {}
    for module, path in modules.items():
        package = module if path.name == "__init__.py" else module.rpartition(".")[0]
        tops = [node for node in ast.parse(path.read_text(encoding="utf-8")).body if not isinstance(node, ast.If)]
        found = (
            name
            for node in tops
            if not isinstance(node, ast.FunctionDef | ast.ClassDef)
            for name, _ in package_imports(node, package)
        )
        graph[module] = {name if name in modules else name.rpartition(".")[0] for name in found} - {module, "tlslearn"}
    assert circles(graph) == []
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == [["b", "c", "b"]]


def circles(graph: dict[str, set[str]]) -> list[list[str]]:
    """The first circle found from each module that leads into one; [] where there is none."""
    done: set[str] = set()
    found: list[list[str]] = []

    def visit(module: str, way: list[str]) -> None:
        if module in way:
            found.append([*way[way.index(module) :], module])
        elif module not in done:
            for other in sorted(graph.get(module, ())):
                visit(other, [*way, module])
            done.add(module)

    for module in sorted(graph):
        visit(module, [])
    return found


@pytest.mark.parametrize("path", ALL_CODE, ids=name_of)
def test_nothing_is_too_large_or_hides_an_error(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert list(faults(tree)) == []
    if PACKAGE in path.parents:
        assert code_lines(tree) <= LONGEST_FILE


def test_the_faults_are_seen() -> None:
    long = "def f():\n" + "    x = 1\n" * 40
    hidden = "try:\n    f()\nexcept ValueError:\n    pass\ntry:\n    f()\nexcept OSError:\n    ...\n"
    wide = "import contextlib\nfrom os import *\nwith contextlib.suppress(Exception):\n    f()\n"
    assert list(faults(ast.parse(long))) == [(1, "f has 41 lines, over 40")]
    assert [line for line, _ in faults(ast.parse(hidden))] == [3, 7]
    assert [line for line, _ in faults(ast.parse(wide))] == [2, 3]
    assert code_lines(ast.parse('"""Text."""\n\nx = [\n    1,\n]\nif x:\n    # why\n    y = 2\n')) == 5


def test_floors_0_to_2_stay_small() -> None:
    low = [path for path in FILES if PLACE.get(room_of(path), (9, 0))[0] <= 2]
    lines = {path: code_lines(ast.parse(path.read_text(encoding="utf-8"))) for path in low}
    textbook = {path for path in low if room_of(path) == TEXTBOOK}
    assert sum(lines[path] for path in textbook) <= LINES_OF_THE_TEXTBOOK
    assert sum(lines[path] for path in low if path not in textbook) <= LINES_OF_FLOORS_0_TO_2
    users = [name_of(path) for path in low for used, _ in rooms_used(path, path.read_text()) if used == TEXTBOOK]
    assert [user for user in users if TEXTBOOK not in user] == [], "then it is no text apart any more"


@pytest.mark.parametrize("path", sorted((ROOT / "tests").glob("test_*.py")), ids=lambda path: path.name)
def test_every_test_can_fail(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    tests = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")]
    assert tests, "a test file without a test"
    assert [test.name for test in tests if not asserts_something(test)] == []


def test_every_file_says_what_it_answers() -> None:
    without = [name_of(path) for path in FILES if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))]
    assert without == []


def loaded_by(script: str) -> set[str]:
    """The modules that a fresh interpreter holds after `script`."""
    script += "\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


class TestTheFaceIsLazy:
    HEAVY = frozenset(("matplotlib", "jupyterlab", "IPython", "ipykernel", "nbformat", "requests", "httpx", "numpy"))

    def test_importing_the_package_loads_no_room(self) -> None:
        loaded = loaded_by("import tlslearn")
        assert {name for name in loaded if name.startswith("tlslearn.")} == set()
        assert not loaded & (self.HEAVY | {"cryptography", "ssl"})

    def test_asking_for_one_room_loads_no_higher_one(self) -> None:
        loaded = loaded_by("from tlslearn import Authority, keys, live, doctor")
        assert "tlslearn.doctor" in loaded
        assert not loaded & (self.HEAVY | {"tlslearn.course", "tlslearn.figures", "tlslearn.cli"})

    def test_the_command_loads_no_room_before_it_is_told_which(self) -> None:
        loaded = loaded_by("import tlslearn.cli\ntlslearn.cli.main([])")
        assert {name for name in loaded if name.startswith("tlslearn.")} == {"tlslearn.check", "tlslearn.cli"}
        assert not loaded & (self.HEAVY | {"cryptography"})

    def test_every_name_of_the_face_is_there(self) -> None:
        assert list(tlslearn.__all__) == sorted(tlslearn.__all__)
        missing = [name for name in tlslearn.__all__ if not hasattr(tlslearn, name)]
        assert missing == []
        assert set(tlslearn.__all__) == set(dir(tlslearn)) - {"__version__"}

    def test_type_checkers_see_the_same_names(self) -> None:
        """What stands under TYPE_CHECKING is what __getattr__ fetches, and what __all__ promises."""
        tree = ast.parse((PACKAGE / "__init__.py").read_text(encoding="utf-8"))
        (block,) = (
            node for node in tree.body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        )
        seen = {alias.name for node in block.body if isinstance(node, ast.ImportFrom) for alias in node.names}
        assert seen == set(tlslearn.__all__)
