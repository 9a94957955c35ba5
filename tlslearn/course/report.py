"""How far has this learner come? The record, counted against the exercises and predictions there are.

Sections: none.
Leaves out: who is better than whom. Nothing here leaves this computer.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import contents, notebook, record
from .exercise import EXERCISES
from .prediction import PREDICTIONS

if TYPE_CHECKING:
    from ..figures import Picture


@dataclass(frozen=True)
class Row:
    """One notebook: exercises solved of all, predictions answered of all, and those right at the first answer."""

    number: str
    title: str
    solved: int
    exercises: int
    answered: int
    right: int
    predictions: int

    def __str__(self) -> str:
        parts = [f"{self.solved} of {self.exercises} exercises solved"]
        if self.answered:
            parts.append(f"{self.right} of {self.answered} predictions right at the first answer")
        return f"{self.number}  {self.title}: {'; '.join(parts)}"


class Progress:
    """`progress()` is the map of the course with what is done; `progress.summary()` the same in words."""

    def __call__(self) -> Picture:
        from ..figures import course_map

        done = {row.number: (row.solved, row.exercises) for row in rows()}
        return course_map(contents.NOTEBOOKS, here=list(done), done=done)

    def summary(self) -> str:
        """One line a notebook that exists, and one that names the file of the record."""
        kept = record.path()
        where = "Nothing is kept in a test run." if kept is None else f"Kept in {kept}"
        return "\n".join([*(str(row) for row in rows()), where])


progress = Progress()


def rows() -> list[Row]:
    """Every notebook that exists, in the order of the course."""
    kept = record.load()
    existing = {path.name for path in notebook.paths()}
    return [_row(item, kept) for item in contents.NOTEBOOKS if item.file in existing]


def _row(item: contents.Notebook, kept: record.Record) -> Row:
    exercises, predictions = _of(item, EXERCISES.all()), _of(item, PREDICTIONS.all())
    first = [kept.predicted[id] for id in predictions if id in kept.predicted]
    return Row(
        number=item.number,
        title=item.title,
        solved=sum(id in kept.solved for id in exercises),
        exercises=len(exercises),
        answered=len(first),
        right=sum(answer.right for answer in first),
        predictions=len(predictions),
    )


def _of(item: contents.Notebook, ids: Iterable[str]) -> list[str]:
    return [id for id in ids if id.startswith(f"{item.number}-")]
