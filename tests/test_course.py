"""Do checks, hints and predictions say what helps, and do they stop what does not end?"""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import answers
import pytest

from tlslearn.check import BadInput, TlslearnError
from tlslearn.course import check, limits, predict, record
from tlslearn.course.answers import NotYet, attempt, call, is_empty_stub, mentions_ellipsis, show
from tlslearn.course.exercise import EXERCISES, exercise
from tlslearn.course.prediction import PREDICTIONS, Option, Prediction, prediction

ALARM = hasattr(signal, "setitimer")
HINTS = ("Look.", "Look again.", "Add.")


@pytest.fixture(autouse=True)
def own_course(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Exercise 99-sum and prediction 99-ask, and a record that no other test sees."""
    for registry in (EXERCISES, PREDICTIONS):
        registry.all()
        monkeypatch.setattr(registry, "_items", {})
    monkeypatch.setattr(record, "_in_memory", record.Record())

    @exercise("99-sum", title="Add", form="add(left, right)", hints=HINTS)
    def add(answer: Callable[..., Any]) -> None:
        found = call(answer, 2, 3, seconds=1)
        if found != 5:
            raise NotYet(f"2 and 3 gave {show(found)}", "5", "What do you do\nwith right?")

    @exercise("99-broken", title="A checker with a fault", hints=HINTS)
    def broken(answer: object) -> None:
        raise KeyError("no such thing")

    options = (Option("a", "yes", "hope", "See below."), Option("b", "no", None, "Now see why."))
    prediction("99-ask", "Will it?", (*options, Option("c", "perhaps", "doubt", "Run it.")), "b")
    yield


def said(capsys: pytest.CaptureFixture[str], id: str, answer: object) -> str:
    check(id, answer)
    return capsys.readouterr().out


def defined(source: str) -> Any:
    """The last thing that `source` defines, with its lines at hand as in a notebook."""
    namespace: dict[str, Any] = {}
    answers.run(source, namespace, f"<cell {hash(source)}>")
    return list(namespace.values())[-1]


# Check.


def test_right_answer_is_ticked_and_kept(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, "99-sum", lambda left, right: left + right) == "✓ 99-sum: solved\n"
    assert "99-sum" in record.load().solved


STUBS = [
    "def add(left, right):\n    ...",
    'def add(left, right):\n    """What it does."""\n    ...',
    "def add(left, right):\n    pass",
    "def add(left, right):\n    total = ...\n    return total",
    "def add(left, right):\n    def inner():\n        return left + ...\n    return inner()",
    "def add(left, right):\n    other = 3\n    ...\n    return other",
    "async def add(left, right):\n    ...",
    "add = lambda left, right: ...",
    "class Adder:\n    def add(self):\n        ...\n    def sub(self):\n        ...",
]


@pytest.mark.parametrize("source", STUBS)
def test_stub_gets_one_stable_line_and_no_try_is_counted(capsys: pytest.CaptureFixture[str], source: str) -> None:
    assert said(capsys, "99-sum", defined(source)) == "○ 99-sum: replace the ... and run this cell again\n"
    assert record.load().tries == {}


@pytest.mark.parametrize("value", [..., None, {"a": ...}, [1, ...], ("x", {"y": ...})])
def test_value_with_an_ellipsis_is_a_stub(value: object) -> None:
    assert is_empty_stub(value)


@pytest.mark.parametrize("value", [0, "", [], {}, False, {"a": None}, len, Exception])
def test_other_values_are_answers(value: object) -> None:
    assert not is_empty_stub(value)


WRITTEN = [
    "def add(left, right):\n    return None or left",
    "def add(left, right):\n    raise ValueError",
    "def add(left, right):\n    print()",
    "add = lambda left, right: None",
    "class Adder:\n    def __init__(self): pass\n    def add(self, x): return x",
]


@pytest.mark.parametrize("source", WRITTEN)
def test_written_function_is_no_stub(source: str) -> None:
    answer = defined(source)
    assert not is_empty_stub(answer) and not mentions_ellipsis(answer)


def test_right_answer_with_a_line_of_dots_left_over_is_right(capsys: pytest.CaptureFixture[str]) -> None:
    answer = defined("def add(left, right):\n    ...\n    return left + right")
    assert said(capsys, "99-sum", answer) == "✓ 99-sum: solved\n"


def test_wrong_answer_is_told_what_came_and_hints_come_one_a_try(capsys: pytest.CaptureFixture[str]) -> None:
    reply = "✗ 99-sum\n  came:     2 and 3 gave -1\n  expected: 5\n  next:     What do you do with right?\n"
    lines = [f"  hint {number} of 3: {hint}\n" for number, hint in enumerate(HINTS, 1)]
    for offered in (0, 1, 2, 3, 3):
        assert said(capsys, "99-sum", lambda left, right: left - right) == reply + "".join(lines[:offered])
    assert record.load().tries == {"99-sum": 5}


BY_ZERO = defined("def add(left, right):\n    return left / 0")
LEAVING = defined("def add(left, right):\n    exit(3)")
RECURSIVE = defined("def add(left, right):\n    return add(left, right)")
ENDLESS = defined("def add(left, right):\n    while True: pass")
REPLIES: dict[str, tuple[object, *tuple[str, ...]]] = {
    "no function": (17, "came:     an int", "a function of (left, right)"),
    "too few parameters": (lambda left: left, "a function of (left)", "def add(left, right):"),
    "other names are fine": (lambda a, b: a, "gave 2", "5"),
    "an error": (BY_ZERO, "ZeroDivisionError: division by zero", "line 2 of add: return left / 0"),
    "an exit": (LEAVING, "add raised SystemExit: 3", "line 2 of add"),
    "endless recursion": (RECURSIVE, "RecursionError", "line 2 of add"),
    "an endless loop": (ENDLESS, "add was stopped after 1 s", "`while`"),
    "a long value": (lambda left, right: "x" * 1000, "…", "5"),
}


@pytest.mark.parametrize("name", REPLIES)
def test_reply_names_the_trouble_and_holds_no_traceback(capsys: pytest.CaptureFixture[str], name: str) -> None:
    answer, *words = REPLIES[name]
    found = said(capsys, "99-sum", answer)
    assert found.startswith("✗ 99-sum\n") and "Traceback" not in found and len(found.splitlines()) == 4
    assert all(word in found for word in words), found


def test_error_in_a_helper_of_the_learner_names_that_line() -> None:
    helper = "def half(x):\n    return x / 0\n\ndef add(left, right):\n    return half(left)"
    assert attempt(defined(helper), 2, 3).line == "line 2 of half: return x / 0"


def test_error_inside_a_library_names_the_learners_line() -> None:
    answer = defined("import json\ndef add(left, right):\n    return json.loads('{')")
    assert attempt(answer, 2, 3).line == "line 2 of add: return json.loads('{')"


def test_faulty_checker_is_not_the_learners_fault(capsys: pytest.CaptureFixture[str]) -> None:
    found = said(capsys, "99-broken", 4)
    assert found.startswith(
        "! 99-broken: the course's own check failed (KeyError: 'no such thing', test_course.py line"
    )
    assert found.count("\n") == 1 and record.load().tries == {}


def test_interrupt_stays_an_interrupt() -> None:
    def answer(left: int, right: int) -> int:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        check("99-sum", answer)


def test_value_whose_repr_fails_can_be_shown() -> None:
    class Bad:
        def __repr__(self) -> str:
            raise ValueError

    assert show(Bad()) == "a Bad whose repr raises ValueError"


def test_unknown_id_names_those_that_are_near() -> None:
    with pytest.raises(TlslearnError, match=r"99-sun.*Did you mean 99-sum"):
        check("99-sun", 4)


def test_swapped_arguments_are_noticed() -> None:
    with pytest.raises(BadInput, match="Give the id first"):
        check(len, "99-sum")  # type: ignore[arg-type]


@pytest.mark.parametrize("id", ["sum", "99", "99-Sum", "99_sum", "999-sum", "99-sum-"])
def test_badly_written_id_is_refused(id: str) -> None:
    with pytest.raises(BadInput, match="not the id of a"):
        exercise(id, title="", hints=HINTS)(lambda answer: None)


def test_second_exercise_of_an_id_and_missing_hints_are_refused() -> None:
    with pytest.raises(BadInput, match="two exercises have this id"):
        exercise("99-sum", title="", hints=HINTS)(lambda answer: None)
    with pytest.raises(BadInput, match="three hints"):
        exercise("99-new", title="", hints=("one",))  # type: ignore[arg-type]


# Predictions.


@pytest.mark.parametrize("option", [..., None, "", "...", "  "])
def test_prediction_without_an_answer_is_one_stable_line(capsys: pytest.CaptureFixture[str], option: object) -> None:
    predict("99-ask", option)
    assert capsys.readouterr().out == "○ 99-ask: no answer yet; choose a letter, or run the next cell and see\n"
    assert record.load().predicted == {}


@pytest.mark.parametrize("option", ["b", "B", " (b) ", "b)", "b."])
def test_right_prediction(capsys: pytest.CaptureFixture[str], option: str) -> None:
    predict("99-ask", option)
    assert capsys.readouterr().out == "● 99-ask: (b) it is. Now see why.\n"


def test_wrong_prediction_names_the_misconception_and_only_the_first_counts(capsys: pytest.CaptureFixture[str]) -> None:
    predict("99-ask", "a")
    predict("99-ask", "b")
    assert capsys.readouterr().out.startswith('◐ 99-ask: (a) rests on the belief "hope". See below.\n●')
    first = record.load().predicted["99-ask"]
    assert (first.option, first.right) == ("a", False)


@pytest.mark.parametrize("option", ["d", "ab", 2, ["a"], True])
def test_letter_that_is_not_offered_is_refused_with_those_that_are(option: object) -> None:
    with pytest.raises(BadInput, match='"a", "b", "c"'):
        predict("99-ask", option)


def test_prediction_is_held_to_its_form() -> None:
    right, wrong = Option("a", "", None, ""), Option("b", "", "belief", "")
    with pytest.raises(BadInput, match="odd letters"):
        Prediction("99-x", "?", (right, wrong), "a")
    with pytest.raises(BadInput, match="without a misconception"):
        Prediction("99-x", "?", (right, wrong, Option("c", "", None, "")), "a")


# Limits.


def endless_with_a_catch_all() -> None:
    while True:
        try:
            time.sleep(0.01)
        except:  # noqa: E722 - as learners write it
            continue


def endless_with_two() -> None:
    while True:
        try:
            endless_with_a_catch_all()
        except:  # noqa: E722
            continue


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "GRACE", 0.02)


def in_thread(function: Callable[[], object]) -> object:
    """What `function` returned in a thread of its own, or Stopped as the value where it was stopped."""
    found: list[object] = []

    def caught() -> None:
        try:
            found.append(function())
        except limits.Stopped:
            found.append(limits.Stopped)

    thread = threading.Thread(target=caught)
    thread.start()
    thread.join()
    return found[0]


@pytest.mark.usefixtures("hasty")
@pytest.mark.skipif(not ALARM, reason="this platform has no interval timer")
@pytest.mark.parametrize("function", [endless_with_a_catch_all, endless_with_two])
def test_bare_except_does_not_outlast_the_limit(function: Callable[[], None]) -> None:
    trace = sys.gettrace()
    with pytest.raises(limits.Stopped):
        limits.run(function, 0.05)
    assert sys.gettrace() is trace
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)


@pytest.mark.usefixtures("hasty")
def test_limit_holds_in_a_thread() -> None:
    def endless() -> None:
        while True:
            sum(range(10))

    assert in_thread(lambda: limits.run(endless, 0.05)) is limits.Stopped


def test_fast_function_returns_its_value_and_leaves_nothing_behind() -> None:
    def once(seconds: float) -> int:
        try:
            return limits.run(lambda: 1, seconds)
        except limits.Stopped:  # on a busy computer even this may take too long
            return 1

    def counted() -> int:
        done = sum(once(0.001 * (turn % 3 + 1)) for turn in range(200))
        steps = sum(range(100_000))  # a stray exception would strike in here
        return done + steps - steps

    assert in_thread(counted) == 200
    assert counted() == 200


@pytest.mark.skipif(not ALARM, reason="this platform has no interval timer")
def test_alarm_of_somebody_else_is_given_back() -> None:
    rung: list[int] = []
    earlier = signal.signal(signal.SIGALRM, lambda number, _frame: rung.append(number))
    try:
        signal.setitimer(signal.ITIMER_REAL, 60)
        assert limits.run(lambda: 7, 1) == 7
        left, _ = signal.setitimer(signal.ITIMER_REAL, 0)
        assert 0 < left <= 60
        signal.raise_signal(signal.SIGALRM)
        assert rung == [signal.SIGALRM]
    finally:
        signal.signal(signal.SIGALRM, earlier)


def test_limit_inside_a_limit() -> None:
    def inner() -> str:
        try:
            return str(limits.run(lambda: time.sleep(30), 0.05))
        except limits.Stopped:
            return "the inner one"

    assert limits.run(inner, 20) == "the inner one"


def test_import_of_the_face_loads_no_jupyter() -> None:
    code = "import sys, tlslearn.course as c; c.check, c.predict, c.progress, c.self_test; print(*sys.modules)"

    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    heavy = {"IPython", "jupyterlab", "matplotlib", "nbclient", "nbformat", "numpy", "cryptography"}
    assert heavy.isdisjoint(found)


AFTERWARDS = """
import sys, threading
from tlslearn.course import limits
def profiled():
    limits.run(lambda: None, 5.0)  # not on the main thread: by the watchdog
    seen = []
    sys.setprofile(lambda frame, event, argument: seen.append(event))
    threading.current_thread()
    sys.setprofile(None)
    print("call" in seen)
thread = threading.Thread(target=profiled)
thread.start()
thread.join()
"""


def test_a_debugger_can_work_after_the_watchdog() -> None:
    """What the watchdog leaves behind must not keep Python 3.11 from its next call under a profiler."""
    home = Path(limits.__file__).parents[2]
    ended = subprocess.run([sys.executable, "-c", AFTERWARDS], capture_output=True, text=True, timeout=60, cwd=home)
    assert ended.stdout == "True\n", ended.stderr
