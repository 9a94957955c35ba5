"""What does an answer look like? Cause, place in the chain, what each end saw, and the fix for each: as data and text.

Sections: none of its own; each check carries the one it stands on.
Leaves out: how the answer is found. Pictures are drawn by `figures`.
"""

from __future__ import annotations

import html
import textwrap
from dataclasses import asdict, dataclass
from typing import Literal

from ..check import Check, section_url

LinkState = Literal["sound", "broken", "missing", "trusted"]

# A sign of its own for each state: readable without colour.
SIGNS: dict[LinkState, str] = {"sound": " ", "broken": "✗", "missing": "✗", "trusted": "✓"}
_WIDTH = 100
_LABELS = {"skip": "not checked", "lint": "strictly"}


@dataclass(frozen=True)
class Link:
    """One certificate of the path, as drawn: `role` such as "leaf", its `name`, and what there is to say."""

    role: str
    name: str
    state: LinkState
    note: str


@dataclass(frozen=True, repr=False)
class Diagnosis:
    """The stack trace for TLS. `ok` is True (nothing wrong), False (wrong, and this is why) or None (cannot tell).

    `kind` is the cause's row in the table of causes, `failed` the check that decided, `also` what is wrong besides,
    `missing` the issuer to look for, `warnings` what does not decide, `trust` whose anchors were gone by where nobody
    named any.
    """

    ok: bool | None
    kind: str
    cause: str
    place: str
    links: tuple[Link, ...] = ()
    checks: tuple[Check, ...] = ()
    client_saw: str = ""
    server_saw: str = ""
    fix_server: str = ""
    fix_client: str = ""
    avoid: str = ""
    notebook: str = ""
    failed: Check | None = None
    also: tuple[str, ...] = ()
    missing: str = ""
    warnings: tuple[str, ...] = ()
    trust: str = ""

    @property
    def sign(self) -> str:
        return {True: "✓", False: "✗", None: "?"}[self.ok]

    def lines(self) -> list[tuple[str, str]]:
        """What follows the chain: label and text, without what there is nothing to say about."""
        rule = self.failed
        open_ends = [] if self.ok is False else [check for check in self.checks if check.state in ("skip", "lint")]
        pairs = [
            ("rule", f"{rule.rule} [{rule.source}]" if rule else ""),
            ("missing", self.missing),
            *(("also", sentence) for sentence in self.also),
            ("client saw", self.client_saw),
            ("server saw", self.server_saw),
            ("fix, server", self.fix_server),
            ("fix, client", self.fix_client),
            ("do not", self.avoid),
            *(("warning", sentence) for sentence in self.warnings),
            *((_LABELS[check.state], _in_one_line(check)) for check in open_ends),
            ("trust", self.trust),
            ("read on", f"notebook {self.notebook}" if self.notebook and not self.ok else ""),
        ]
        return [(label, text) for label, text in pairs if text]

    def __str__(self) -> str:
        parts = [textwrap.fill(f"{self.sign} {self.cause}", _WIDTH, subsequent_indent="  "), ""]
        roles = max((len(link.role) for link in self.links), default=0)
        widths = max((len(link.name) for link in self.links), default=0)
        for link in self.links:
            row = f"{SIGNS[link.state]} {link.role:{roles}}  {link.name:{widths}}  {link.note}"
            parts.append(row.rstrip())
        parts += [""] if self.links else []
        parts += [_labelled(label, text) for label, text in self.lines()]
        return "\n".join(parts).rstrip()

    __repr__ = __str__

    def _repr_html_(self) -> str:
        rows = [(f"{SIGNS[link.state]} {link.role}: {link.name}", html.escape(link.note)) for link in self.links]
        rows += [(label, _with_address(text, self.failed)) for label, text in self.lines()]
        cells = "".join(f"<tr><th>{html.escape(head)}</th><td>{text}</td></tr>" for head, text in rows)
        return f"<p><strong>{self.sign} {html.escape(self.cause)}</strong></p><table>{cells}</table>"

    def as_dict(self) -> dict[str, object]:
        """For JSON: the fields as they are, all checks included, and a schema number that changes with the shape.

        Schema 2 added kind, also, missing, warnings and trust to schema 1.
        """
        return {"schema": 2, **asdict(self)}


def _in_one_line(check: Check) -> str:
    strict = "; strict clients, as Python's from 3.13 on, may refuse it" if check.state == "lint" else ""
    return f"{check.about}: {check.rule} ({check.found.removeprefix('not checked: ')}){strict}"


def _labelled(label: str, text: str) -> str:
    start, rest = f"  {label:11}  ", " " * 15
    return textwrap.fill(text, _WIDTH, initial_indent=start, subsequent_indent=rest, break_on_hyphens=False)


def _with_address(text: str, rule: Check | None) -> str:
    escaped = html.escape(text)
    if rule is None:
        return escaped
    address = f'<a href="{section_url(rule.source)}">{html.escape(rule.source)}</a>'
    return escaped.replace(f"[{html.escape(rule.source)}]", address)
