"""Is the strict run of the notebooks flaky? Again and again, in two time zones and two locales.

Sections: none.
Leaves out: another clock; see tests/test_clock.py.
"""

from __future__ import annotations

import os
import subprocess
import sys
from itertools import cycle, islice, product

from . import rounds, strict

ZONES = ("America/New_York", "Asia/Kolkata")  # west and east of Greenwich; one of them with a half hour
LOCALES = ("de_DE.UTF-8", "tr_TR.UTF-8")  # a comma for the point; an i whose capital has a dot
PROBE = "import locale, time; locale.setlocale(locale.LC_ALL, ''); print(time.strftime('%z'))"


def run(times: int) -> bool:
    """True when no cell failed in any run. Raises CannotMeasure where a locale or the time zones are missing."""
    settings = [{"TZ": zone, "LC_ALL": name, "LANG": name} for zone, name in product(ZONES, LOCALES)]
    for one in settings:
        require(one)
    counts = []
    for number, one in enumerate(islice(cycle(settings), times), 1):
        counts.append(strict.run(surroundings=one))
        print(f"{number:3} of {times}  {one['TZ']:17} {one['LC_ALL']:12} {counts[-1]}", flush=True)
        if counts[-1].failed:
            first = sum(bool(count.failed) for count in counts) == 1
            print(counts[-1].words if first else "\n".join(counts[-1].failures), flush=True)
    failed = sum(bool(count.failed) for count in counts)
    passed = sum(count.passed for count in counts)
    print(f"{times - failed} of {times} runs without a failure; {passed} cells passed in sum")
    return failed == 0


def require(setting: dict[str, str]) -> None:
    """Python falls back in silence where a time zone is unknown, so its offset is asked for."""
    line = [sys.executable, "-c", PROBE]
    done = subprocess.run(line, env=os.environ | setting, capture_output=True, text=True)
    if done.returncode:
        name = setting["LC_ALL"]
        raise rounds.CannotMeasure(
            f"the locale {name} is missing. On Debian: apt-get install locales, "
            f"then localedef -i {name.partition('.')[0]} -f UTF-8 {name}"
        )
    if done.stdout.strip() in ("", "+0000"):
        raise rounds.CannotMeasure(f"the time zone {setting['TZ']} is missing. On Debian: apt-get install tzdata")
