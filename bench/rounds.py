"""How are two things timed side by side on a machine that others use too? In turns, and compared turn by turn.

Sections: none.
Leaves out: what is timed.
"""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[1]
Timings = dict[str, list[float]]


class CannotMeasure(Exception):
    """What a measurement lacks on this computer, and how to get it."""


def interleaved(subjects: Mapping[str, Callable[[], object]], count: int) -> Timings:
    """Seconds of each subject in each of `count` rounds, after one that is not counted; every other goes backwards."""
    timings: Timings = {name: [] for name in subjects}
    for turn in range(-1, count):
        for name in list(subjects)[:: -1 if turn % 2 else 1]:
            started = time.perf_counter()
            subjects[name]()
            took = time.perf_counter() - started
            if turn >= 0:
                timings[name].append(took)
    return timings


def ratios(timings: Timings, name: str, base: str) -> list[float]:
    """`name` against `base`, round by round: what slowed the machine in one round slowed both."""
    return [one / other for one, other in zip(timings[name], timings[base], strict=True)]


def print_table(timings: Timings, base: str) -> None:
    """Median time, and the median of the ratios to `base` with the smallest and the largest of all rounds."""
    width = max(map(len, timings))
    rounds = len(timings[base])
    print(f"{'':{width}}  {'median':>10}   ratio to '{base}' (of {rounds} rounds: least, most)")
    for name, seconds in timings.items():
        found = ratios(timings, name, base)
        spread = "" if name == base else f"   ({_short(min(found))}, {_short(max(found))})"
        print(f"{name:{width}}  {_time(median(seconds)):>10}   {_short(median(found)):>8}{spread}", flush=True)


def as_installed(cache: str) -> dict[str, str]:
    """Surroundings in which Python finds this checkout and keeps what it compiles, as on a learner's computer."""
    return {"PYTHONPATH": str(ROOT), "PYTHONPYCACHEPREFIX": cache, "PYTHONDONTWRITEBYTECODE": ""}


def machine() -> str:
    """Python, cores, and how many programs wanted one in the last minute."""
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return f"Python {platform.python_version()}, {os.cpu_count()} cores{load}"


def _time(seconds: float) -> str:
    for unit, factor in (("s", 1.0), ("ms", 1e3), ("µs", 1e6)):
        if seconds * factor >= 1:
            return f"{seconds * factor:.3g} {unit}"
    return f"{seconds * 1e9:.3g} ns"


def _short(ratio: float) -> str:
    return f"{ratio:.3g}" if ratio < 100 else f"{ratio:,.0f}"
