"""How is a cause put into words? Its sentences, and those that many rows share.

Sections: none.
Leaves out: the rows; see `causes` and `connection_causes`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .. import names


@dataclass(frozen=True)
class Cause:
    """Sentences with {fields}: `host`, `name` (the certificate it is about), `issuer`, `place`, `names`, `when`,
    `found` and `wanted` (of the check that failed), `detail`, and `way` and `came`, by which the chain got here,
    `strangers` (what came along and has no part in it) and `fault` (the sentence of a fault that another row is about).
    `ok` is None where the sentence says that it cannot tell; `note` is what the drawing of the chain says; `broken`
    means that the way to a trust anchor is."""

    sentence: str
    fix_server: str = ""
    fix_client: str = ""
    avoid: str = ""
    ok: bool | None = False
    notebook: str = "05"
    note: str = ""
    broken: bool = False


ASK, ask = "Ask the server's owner", "ask the server's owner"
NEVER = "switch verification off, or trust a certificate because {came}."
NEVER_THE_NAME = "switch check_hostname off: any server with a valid certificate could answer then."
NEVER_THE_CLOCK = "set the clock {turn}, or switch verification off."
OWN_ROOT = (
    "Present a chain that leads to the root your clients have. If you changed your root, publish the new one and its "
    "fingerprint by another way."
)
BELIEVE = f"{ASK} for the fingerprint of the root by another way, and believe that: an impostor can take any name."
TRUST = "somewhere else, compare its fingerprint, and trust it for this context."
WITH_NAME = "Have a certificate issued whose subject alternative names hold {host}."


def listed(told: Sequence[str]) -> str:
    """The first few by name, the others by their number."""
    more = len(told) - names.SHOWN
    return ", ".join([*told[: names.SHOWN], *([f"{more:,} more"] if more > 0 else [])])


def way(sentence: str, fix_server: str, fix_client: str, note: str) -> Cause:
    return Cause(sentence, fix_server, fix_client, NEVER, note=note, broken=True)


def made(sentence: str) -> Cause:
    """A certificate that should have been made otherwise: nothing but another one mends it."""
    anew = "Have it issued anew so that the rule holds, and install the new chain."
    return Cause(sentence, anew, f"{ASK} to have it issued anew; nothing here mends it.", NEVER, notebook="04")


def timed(sentence: str, fix_server: str, fix_client: str, turn: str) -> Cause:
    return Cause(sentence, fix_server, fix_client, NEVER_THE_CLOCK.format(turn=turn), note="outside its time")


def net(
    sentence: str, fix_server: str, fix_client: str, avoid: str = "", *, ok: bool | None = False, notebook: str = "07"
) -> Cause:
    return Cause(sentence, fix_server, fix_client, avoid, ok=ok, notebook="" if ok else notebook)
