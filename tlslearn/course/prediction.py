"""What did the learner expect before running the cell, and which misconception would explain it?

Sections: none.
Leaves out: the right answer in words; the next cell shows it.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..check import BadInput
from . import record
from .registry import Registry

__all__ = ["Option", "Prediction", "predict", "prediction"]


@dataclass(frozen=True)
class Option:
    """One option. A wrong one has the name of the `misconception` behind it; the right one has None."""

    letter: str
    text: str
    misconception: str | None
    reply: str


@dataclass(frozen=True)
class Prediction:
    """A question with three or four options, of which `answer` names the right one by its letter."""

    id: str
    question: str
    options: tuple[Option, ...]
    answer: str

    def __post_init__(self) -> None:
        letters = "".join(option.letter for option in self.options)
        if letters not in ("abc", "abcd"):
            raise BadInput(f"{self.id} has odd letters", value=letters, fix="Give three or four options, a to c or d.")
        right = [option.letter for option in self.options if option.misconception is None]
        if right != [self.answer]:
            raise BadInput(
                f"{self.id} has options without a misconception", value=right, fix=f"Only ({self.answer}) may be one."
            )

    def option(self, letter: str) -> Option:
        return next(option for option in self.options if option.letter == letter)


PREDICTIONS: Registry[Prediction] = Registry("prediction")


def prediction(id: str, question: str, options: tuple[Option, ...], answer: str) -> Prediction:
    """Register a prediction; called when its file of `checks` is imported."""
    made = Prediction(id, question, options, answer)
    PREDICTIONS.add(id, made)
    return made


def predict(id: str, option: object = ...) -> None:
    """Take the learner's letter and print the reply: `○` none yet, `●` right, `◐` a misconception by its name.

    The first letter is kept, for the comparison before and after. Raises BadInput for an id that no prediction has
    and for a letter that it does not offer.
    """
    item = PREDICTIONS.find(id)
    letter = _letter(item, option)
    if letter is None:
        print(f"○ {id}: no answer yet; choose a letter, or run the next cell and see")
        return
    chosen, right = item.option(letter), letter == item.answer
    record.update(lambda kept: kept.predict(id, letter, right))
    if right:
        print(f"● {id}: ({letter}) it is. {chosen.reply}")
    else:
        reply = chosen.reply[:1].upper() + chosen.reply[1:]
        print(f'◐ {id}: ({letter}) rests on the belief "{chosen.misconception}". {reply}')


def _letter(item: Prediction, option: object) -> str | None:
    """The letter in "b", " B ", "(b)" or "b)"; None for `...`, None, "..." and the empty text."""
    if option is None or option is ...:
        return None
    text = option.strip(" \t().").lower() if isinstance(option, str) else ""
    if isinstance(option, str) and not text:
        return None
    letters = [offered.letter for offered in item.options]
    if text not in letters:
        known = ", ".join(f'"{letter}"' for letter in letters)
        raise BadInput(f"{item.id} has no such option", value=option, fix=f"Choose one of {known}.")
    return text
