"""How are exhibits found, opened one by one or all at once, and told in a table?

Sections: none.
Leaves out: the command; see `cli`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager

from ..check import BadInput
from . import certificates, connections
from .exhibits import CATEGORIES, Exhibit, Shown

EXHIBITS: Mapping[str, Exhibit] = {
    one.name: one
    for one in sorted((*certificates.EXHIBITS, *connections.EXHIBITS), key=lambda one: CATEGORIES.index(one.category))
}


def find(name: str) -> Exhibit:
    """The exhibit of that name. Raises BadInput with the names there are."""
    if name not in EXHIBITS:
        raise BadInput("no such exhibit", value=name, fix=f"There are {', '.join(EXHIBITS)}.")
    return EXHIBITS[name]


def open(name: str) -> Shown:
    """The exhibit of that name with its server up, for a `with` block. Raises BadInput with the names there are."""
    return Shown(find(name))


@contextmanager
def serve_all(names: Iterable[str] | None = None) -> Iterator[list[Shown]]:
    """All exhibits at once, or those named, each on a port of its own."""
    with ExitStack() as stack:
        yield [stack.enter_context(open(name)) for name in (EXHIBITS if names is None else names)]


def table(names: Iterable[str] | None = None) -> list[tuple[str, str, str, str, str]]:
    """A row an exhibit: name, category, what this Python's client is expected to say, what the server sees, the fault.

    Raises BadInput for a name that there is not.
    """
    chosen = [find(name) for name in (EXHIBITS if names is None else names)]
    return [(one.name, one.category, told(one.here[0]), one.here[1] or "–", one.says) for one in chosen]


def told(answer: int | str | None) -> str:
    """An answer for people."""
    return "accepted" if answer is None else f"verify code {answer}" if isinstance(answer, int) else answer
