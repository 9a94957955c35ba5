"""How are exhibits found, opened one by one or all at once, drawn without their names, and told in a table?

Sections: none.
Leaves out: the command; see `cli`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from hashlib import sha256

from ..check import BadInput
from . import certificates, connections
from .exhibits import CATEGORIES, Exhibit, Outcome, Shown

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


@dataclass(frozen=True)
class Unnamed:
    """An exhibit whose name is not shown: to be told by a visit."""

    exhibit: Exhibit = field(repr=False)

    def visit(self) -> Outcome:
        """Its server is up for this one visit: what each end saw."""
        with Shown(self.exhibit) as shown:
            return shown.visit()


# One takes long to give up, the other's answer differs between versions of OpenSSL.
_NOT_DRAWN = ("silent", "no-san")


def draw(count: int, *, seed: int) -> list[Unnamed]:
    """So many exhibits, without their names: the same ones for a seed on every computer.

    All of them fail, and on every Python with the same answer. Raises BadInput for more than there are.
    """
    one_answer = [one for one in EXHIBITS.values() if one.expected is not None and one.strict is None]
    drawn = [one for one in one_answer if one.name not in _NOT_DRAWN]
    if not 0 < count <= len(drawn):
        raise BadInput("not so many can be drawn", value=count, fix=f"Draw 1 to {len(drawn)}.")
    # Not `random.sample`: which elements it takes may differ between versions of Python.
    drawn.sort(key=lambda one: sha256(f"{seed} {one.name}".encode()).digest())
    return [Unnamed(one) for one in drawn[:count]]


def table(names: Iterable[str] | None = None) -> list[tuple[str, str, str, str, str]]:
    """A row an exhibit: name, category, what this Python's client is expected to say, what the server sees, the fault.

    Raises BadInput for a name that there is not.
    """
    chosen = [find(name) for name in (EXHIBITS if names is None else names)]
    return [(one.name, one.category, told(one.here[0]), one.here[1] or "–", one.says) for one in chosen]


def told(answer: int | str | None) -> str:
    """An answer for people."""
    return "accepted" if answer is None else f"verify code {answer}" if isinstance(answer, int) else answer
