"""Which exercise or prediction has this id? Ids lead to the file of `checks` that holds them, loaded on demand.

Sections: none.
Leaves out: what an exercise or a prediction is.
"""

from __future__ import annotations

import difflib
import pkgutil
import re
from importlib import import_module
from typing import Generic, TypeVar

from ..check import BadInput

Item = TypeVar("Item")
ID = re.compile(r"(\d\d|a\d)(-[a-z0-9]+)+")


class Registry(Generic[Item]):
    """Items of one kind by their id; "01-replay" is looked for in `checks/n01.py`, "a1-primes" in `checks/a1.py`."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._items: dict[str, Item] = {}

    def add(self, id: str, item: Item) -> None:
        """Add one item. Raises BadInput for an id that is badly written or taken."""
        if not ID.fullmatch(id):
            raise BadInput(f"not the id of a {self.kind}", value=id, fix='Write it as "NN-words", in small letters.')
        if id in self._items:
            raise BadInput(f"two {self.kind}s have this id", value=id, fix="Rename one of them.")
        self._items[id] = item

    def find(self, id: str) -> Item:
        """The item `id`. Raises BadInput, with the ids that are near, when there is none."""
        if not isinstance(id, str):
            raise BadInput(f"the id of a {self.kind} is text", value=id, fix="Give the id first, then the answer.")
        module = id.partition("-")[0]
        load_checks(f"n{module}" if module.isdigit() else module)
        if id not in self._items:
            raise BadInput(f"no such {self.kind}", value=id, fix=self._near(id))
        return self._items[id]

    def all(self) -> dict[str, Item]:
        """Every item of the course by id, in the order of the ids."""
        for name in check_modules():
            load_checks(name)
        return dict(sorted(self._items.items()))

    def _near(self, id: str) -> str:
        known = list(self.all())
        near = difflib.get_close_matches(id, known, n=3, cutoff=0.5) or [name for name in known if name[:2] == id[:2]]
        return f"Did you mean {' or '.join(near)}?" if near else f"There are: {', '.join(known) or 'none yet'}."


def check_modules() -> list[str]:
    """The names of the files in `checks`, as "n01"."""
    package = import_module("tlslearn.course.checks")
    return sorted(module.name for module in pkgutil.iter_modules(package.__path__))


def load_checks(name: str) -> None:
    """Import `checks/<name>.py` if there is such a file; an import error inside it is not hidden."""
    if name in check_modules():
        import_module(f"tlslearn.course.checks.{name}")
