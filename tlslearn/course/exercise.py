"""Is this answer right, and if not, what would help the learner on?

Sections: none.
Leaves out: the checkers themselves, which are in `checks`, one file a notebook.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..check import BadInput
from . import limits, record
from .answers import NotYet, attempt, call, is_empty_stub, mentions_ellipsis, require_function, show
from .registry import Registry

__all__ = ["Exercise", "NotYet", "attempt", "call", "check", "exercise", "show"]

Checker = Callable[[Any], None]
# For a whole check, which calls the answer many times: a checker that walks through an endless generator ends too.
SECONDS = 4 * limits.SECONDS


@dataclass(frozen=True)
class Exercise:
    """One exercise: `form` is how the answer is written, as "accept(key, message)", or None for a value."""

    id: str
    title: str
    form: str | None
    hints: tuple[str, str, str]
    checker: Checker


EXERCISES: Registry[Exercise] = Registry("exercise")


def exercise(
    id: str, *, title: str, hints: tuple[str, str, str], form: str | None = None
) -> Callable[[Checker], Checker]:
    """Register the function below as the checker of exercise `id` ("01-replay").

    The checker is given the answer and raises NotYet when it is not right. With `form="accept(key, message)"`
    an answer that is no function of that many parameters is turned down before the checker runs.
    """
    if len(hints) != 3:
        raise BadInput(f"{id} has not three hints", value=len(hints), fix="Write three, from general to almost there.")

    def register(checker: Checker) -> Checker:
        EXERCISES.add(id, Exercise(id, title, form, hints, checker))
        return checker

    return register


def check(id: str, answer: object) -> None:
    """Judge `answer` to exercise `id` and print the verdict: `○` not begun, `✗` not yet, `✓` solved.

    Raises BadInput for an id that no exercise has.
    """
    task = EXERCISES.find(id)
    if is_empty_stub(answer):
        print(_untouched(id))
        return
    try:
        judge(task, answer)
    except NotYet as reply:
        # `...` among other lines may be left over from a right answer, so it is looked for only now.
        print(_untouched(id) if mentions_ellipsis(answer) else _turned_down(task, reply))
    except Exception as error:  # the checker's own fault: never the learner's, never a traceback
        print(f"! {id}: the course's own check failed ({_fault(error)}). Your answer was not judged.")
    else:
        record.update(lambda kept: kept.solve(id))
        print(f"✓ {id}: solved")


def judge(task: Exercise, answer: object) -> None:
    """Run the checker of `task` on `answer`; raises NotYet, or what a faulty checker raises."""
    try:
        if task.form is not None:
            require_function(answer, task.form)
        limits.run(lambda: task.checker(answer), SECONDS)
    except limits.Stopped as stop:
        raise NotYet("checking it took too long", "an answer that ends", "Look for a loop that never ends.") from stop


def _untouched(id: str) -> str:
    return f"○ {id}: replace the ... and run this cell again"


def _turned_down(task: Exercise, reply: NotYet) -> str:
    tries = record.update(lambda kept: kept.try_again(task.id)).tries[task.id]
    lines = [f"✗ {task.id}", f"  came:     {reply.came}", f"  expected: {reply.expected}"]
    lines += [f"  next:     {reply.next_step}"]
    offered = task.hints[: max(0, tries - 1)]
    lines += [f"  hint {number} of {len(task.hints)}: {hint}" for number, hint in enumerate(offered, 1)]
    return "\n".join(lines)


def _fault(error: Exception) -> str:
    """Type and place of an error, in one line that can be reported."""
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    where = "" if place is None else f", {Path(place.tb_frame.f_code.co_filename).name} line {place.tb_lineno}"
    return f"{type(error).__name__}: {' '.join(str(error).split())}{where}"
