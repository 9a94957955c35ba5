"""Which rule was looked at, about what, and what was found? One record for the whole course.

Sections: none of its own; this room holds the table of the sections that every other room cites.
Leaves out: any judgement. A `Check` is made by the room that looked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

State = Literal["pass", "fail", "lint", "skip"]

# Read as text and by colour-blind readers: each state has a sign of its own.
SIGNS: dict[State, str] = {"pass": "✓", "fail": "✗", "lint": "!", "skip": "·"}


# Every section that the package cites, by what it rules. One edit here corrects them all.
SOURCES = {
    "signature": "RFC 5280 6.1.3",
    "validity": "RFC 5280 4.1.2.5",
    "issuer": "RFC 5280 6.1.3",
    "trust anchor": "RFC 5280 6.1.1",
    "host name": "RFC 9525 6.3",
    "revocation": "RFC 5280 6.3",
    "alerts": "RFC 9846 6.2",
}


def source(rule: str) -> str:
    """The section that holds a rule, as "RFC 5280 4.1.2.5"."""
    return SOURCES[rule]


def section_url(section: str) -> str:
    """The public address of a section written as "RFC 5280 4.1.2.5"."""
    _, number, *place = section.split()
    return f"https://www.rfc-editor.org/rfc/rfc{number}" + (f"#section-{place[0]}" if place else "")


class TlslearnError(Exception):
    """Something went wrong that the caller can mend: `problem`, the `value` that caused it, the `fix`.

    The base of every error that this package raises on purpose.
    """

    def __init__(self, problem: str, *, value: object = None, fix: str) -> None:
        self.problem, self.value, self.fix = problem, value, fix
        shown = "" if value is None else f": {value!r}"
        super().__init__(f"{problem}{shown}. {fix}")


class BadInput(TlslearnError, ValueError):
    """The caller gave a value that cannot be used."""


@dataclass(frozen=True)
class Check:
    """One rule, looked at once.

    `rule` says what must hold, `about` names the certificate or end it was looked at on, `found` and
    `wanted` are short texts, `source` is a section of the table below, as "RFC 5280 4.1.2.5".
    """

    rule: str
    about: str
    state: State
    found: str
    wanted: str
    source: str

    def __post_init__(self) -> None:
        if self.state not in get_args(State):
            fix = f"Use one of {', '.join(get_args(State))}."
            raise BadInput("no such state of a check", value=self.state, fix=fix)

    @property
    def sign(self) -> str:
        return SIGNS[self.state]

    def __str__(self) -> str:
        if self.state == "pass":
            return f"{self.sign} {self.about}: {self.rule} ({self.found})"
        return f"{self.sign} {self.about}: {self.rule}; found {self.found}, wanted {self.wanted} [{self.source}]"
