"""Right answers in other forms and typical wrong ones, one file a notebook: `n00.py` has `EXERCISES`, id to Cases."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Cases:
    """Python texts that define an answer: `accepted` ones, and `mutants` each with words of the reply it must get."""

    accepted: tuple[str, ...]
    mutants: tuple[tuple[str, str], ...]
