"""Which measurement is wanted? `python -m bench imports suite`; without a name all but `reruns` and `fuzz`.

Sections: none.
Leaves out: the measurements; each is a module of this folder.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence

from . import (
    authority,
    chain,
    first_cell,
    fuzz,
    handshake,
    imports,
    live,
    publickey,
    reruns,
    rounds,
    share,
    strangers,
    suite,
)

Settings = argparse.Namespace
BENCHES: dict[str, Callable[[Settings], bool]] = {
    "share": lambda chosen: share.run(),
    "imports": lambda chosen: imports.run(chosen.rounds or 15),
    "chain": lambda chosen: chain.run(chosen.rounds or 400),
    "publickey": lambda chosen: publickey.run(chosen.rounds or 15),
    "authority": lambda chosen: authority.run(chosen.rounds or 15),
    "live": lambda chosen: live.run(chosen.rounds or 7),
    "handshake": lambda chosen: handshake.run(chosen.rounds or 15),
    "strangers": lambda chosen: strangers.run(),
    "suite": lambda chosen: suite.run(chosen.rounds or 3),
    "first-cell": lambda chosen: first_cell.run(),
    "reruns": lambda chosen: reruns.run(chosen.times),
    "fuzz": lambda chosen: fuzz.run(chosen.seconds),
}
DEFAULT = [name for name in BENCHES if name not in ("reruns", "fuzz")]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the measurements named; returns 0, 1 where one failed, 2 where one cannot be made on this computer."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one or more of {', '.join(BENCHES)}")
    parser.add_argument(
        "--rounds", type=_at_least_one, help="rounds (chain 400; imports, publickey, authority 15; live 7; suite 3)"
    )
    parser.add_argument("--times", type=_at_least_one, default=20, help="how often `reruns` runs the notebooks (20)")
    parser.add_argument("--seconds", type=_at_least_one, default=60, help="how long `fuzz` looks at each target (60)")
    chosen = parser.parse_args(arguments)
    if unknown := [name for name in chosen.names if name not in BENCHES]:
        parser.error(f"no measurement is called {', '.join(unknown)}; there are {', '.join(BENCHES)}")
    good = True
    for name in chosen.names or DEFAULT:
        print(f"── {name} ({rounds.machine()})", flush=True)
        try:
            good = BENCHES[name](chosen) and good
        except rounds.CannotMeasure as reason:
            print(f"cannot measure {name}: {reason}", file=sys.stderr)
            return 2
    print(f"── done ({rounds.machine()})")
    return 0 if good else 1


def _at_least_one(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


if __name__ == "__main__":
    sys.exit(main())
