"""Does each exercise take right answers in any form, turn wrong ones down with help, and run with its own solution?"""

from __future__ import annotations

import copy
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from answers import answer
from mutants import Cases

from tlslearn.course import execution, handout, notebook, outputs
from tlslearn.course.answers import NotYet, is_empty_stub, mentions_ellipsis
from tlslearn.course.exercise import EXERCISES, judge
from tlslearn.course.notebook import Notebook, joined

PATHS = notebook.paths()
BOOKS = {path.name.partition("-")[0]: notebook.read(path) for path in PATHS}
WITH_EXERCISES = [book for book in BOOKS.values() if book.stubs]
IDS = list(EXERCISES.all())


def cases(id: str) -> Cases:
    number = id.partition("-")[0]
    module = import_module(f"mutants.{'n' + number if number.isdigit() else number}")
    found: Cases = module.EXERCISES[id]
    return found


def book_of(id: str) -> Notebook:
    return BOOKS[id.partition("-")[0]]


def reply(id: str, source: str) -> NotYet:
    with pytest.raises(NotYet) as turned_down:
        judge(EXERCISES.find(id), answer(book_of(id), id, source))
    return turned_down.value


def test_there_are_exercises() -> None:
    assert IDS


@pytest.mark.parametrize("id", IDS)
def test_untouched_stub_is_seen_as_such(id: str) -> None:
    stub = answer(book_of(id), id, book_of(id).stubs[id].source)
    assert is_empty_stub(stub) or mentions_ellipsis(stub)


@pytest.mark.parametrize("id", IDS)
def test_solution_and_other_right_forms_are_accepted(id: str) -> None:
    forms = [book_of(id).solution(id), *cases(id).accepted]
    assert len(forms) >= 2, "write at least one right answer in another form"
    for source in forms:
        value = answer(book_of(id), id, source)
        assert not is_empty_stub(value)
        judge(EXERCISES.find(id), value)  # raises NotYet, with its reply, when it is turned down


@pytest.mark.parametrize("id", IDS)
def test_mutants_are_turned_down_each_with_its_own_reply(id: str) -> None:
    mutants = cases(id).mutants
    assert len(mutants) >= 3, "write at least three typical wrong answers"
    replies = []
    for source, words in mutants:
        found = reply(id, source)
        assert words in str(found), source
        assert all((found.came, found.expected, found.next_step)), source
        replies.append(str(found))
    assert len(set(replies)) == len(replies)


@pytest.mark.parametrize("id", IDS)
def test_a_reply_is_the_same_each_time(id: str) -> None:
    for source, _ in cases(id).mutants:
        assert str(reply(id, source)) == str(reply(id, source))


@pytest.mark.parametrize("id", IDS)
@pytest.mark.parametrize("value", [7, "yes", (), b"", object, len])
def test_an_answer_of_another_kind_is_turned_down_in_words(id: str, value: object) -> None:
    with pytest.raises(NotYet):
        judge(EXERCISES.find(id), value)


@pytest.mark.parametrize("book", WITH_EXERCISES, ids=lambda book: book.path.name)
def test_notebook_ticks_every_exercise_with_its_solutions(book: Notebook) -> None:
    content = copy.deepcopy(book.json)
    for id, stub in book.stubs.items():
        content["cells"][stub.index]["source"] = book.solution(id)
    run = execution.execute(outputs.normalized(content), book.path.name)
    ticks = {id: text_of(run["cells"][book.solution_cells[id].index - 1]) for id in book.stubs}
    assert ticks == {id: f"✓ {id}: solved\n" for id in book.stubs}


def test_handout_runs_from_top_to_bottom_without_solutions(tmp_path: Path) -> None:
    handout.handout(tmp_path / "class")
    for path in PATHS:
        handed = notebook.read(tmp_path / "class" / path.name)
        assert not handed.solution_cells and set(handed.stubs) == set(notebook.read(path).stubs)
        run = execution.execute(outputs.normalized(handed.json), path.name)  # raises where a cell fails
        texts = "".join(text_of(cell) for cell in run["cells"] if cell["cell_type"] == "code")
        for id in handed.stubs:
            assert f"○ {id}: replace the ... and run this cell again\n" in texts


def text_of(cell: dict[str, Any]) -> str:
    return "".join(joined(output["text"]) for output in cell["outputs"] if output["output_type"] == "stream")
