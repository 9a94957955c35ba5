"""How fast is a certificate issued, beside trustme, and does a kept authority stay as fast as its list grows?

Sections: none.
Leaves out: keys that are slow to make; RSA would time its own generation.
"""

from __future__ import annotations

import gc
import os
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from statistics import median

from tlslearn import Authority, files, keys

from . import rounds

A_ROUND = 200  # certificates issued by each in each round
STEPS = (1_000, 2_000, 4_000, 10_000)
OURS, THEIRS = "Authority.issue", "trustme, CA.issue_cert"
FLAT = 1.5  # limit of what a certificate of the last step may cost against one of the first, in processor time


def run(count: int) -> bool:
    return _beside_trustme(count) and _kept()


def _beside_trustme(count: int) -> bool:
    """The same work: a new P-256 key and a leaf for one host, signed by a P-256 root."""
    try:
        import trustme
    except ImportError as error:
        raise rounds.CannotMeasure("it needs trustme: pip install trustme") from error
    ours, theirs = Authority.create("Bench Root"), trustme.CA(key_type=trustme.KeyType.ECDSA)
    subjects: dict[str, Callable[[], object]] = {
        OURS: lambda: [ours.issue(["localhost"]) for _ in range(A_ROUND)],
        THEIRS: lambda: [theirs.issue_cert("localhost", key_type=trustme.KeyType.ECDSA) for _ in range(A_ROUND)],
    }
    print(f"{A_ROUND} times a round: a new P-256 key and a leaf for localhost")
    timings = rounds.interleaved(subjects, count)
    rounds.print_table(timings, OURS)
    faster = median(rounds.ratios(timings, THEIRS, OURS))
    print(f"{OURS} is {faster:.2f} times as fast (not to be under 1; aim 1.4)")
    return faster >= 1


def _kept() -> bool:
    """Leaves for one key, so that what is timed is the signature, the entry and the disk; then memory, traced apart.

    Whether it is flat is asked of the processor's time: the disk's depends on who else writes.
    """
    with tempfile.TemporaryDirectory(prefix="tlslearn-bench-") as folder:
        costs = _issue_in_steps(Path(folder, "timed"))
        held = _memory(Path(folder, "traced"))
        line = _each(500, lambda: files.append_line(Path(folder, "lines"), os.urandom(430).hex()))[0]
    print(f"of each, a line of that length and the wait for the disk, now: {line * 1e3:.3f} ms")
    print(f"memory after 200 and after 2,000 more: {held[0]:,} and {held[1]:,} bytes traced")
    slower = costs[-1] / costs[0]
    print(f"a certificate of the last step costs {slower:.2f} times one of the first (limit {FLAT})")
    return slower <= FLAT and held[1] - held[0] < 100_000


def _issue_in_steps(folder: Path) -> list[float]:
    """Processor seconds of an issue in each step."""
    authority, key = Authority.create("Bench Root"), keys.generate()
    journal = authority.save(folder) / "issued.jsonl"
    costs, done = [], 0
    print(f"{'on the list':>12} {'ms each, in this step':>22} {'of the processor':>17} {'journal, bytes':>15}")
    for step in STEPS:
        taken, busy = _each(step - done, lambda: authority.issue(["localhost"], key=key))
        costs.append(busy)
        done = step
        print(f"{step:>12,} {taken * 1e3:>22.3f} {busy * 1e3:>17.3f} {journal.stat().st_size:>15,}", flush=True)
    found = sum(1 for _ in authority.issued())
    if found != done:
        raise AssertionError(f"{found} on the list, and {done} were issued")
    return costs


def _each(times: int, call: Callable[[], object]) -> tuple[float, float]:
    """Seconds of one call, and of the processor."""
    started, busy = time.perf_counter(), time.process_time()
    for _ in range(times):
        call()
    return (time.perf_counter() - started) / times, (time.process_time() - busy) / times


def _memory(folder: Path) -> tuple[int, int]:
    authority, key = Authority.create("Bench Root"), keys.generate()
    authority.save(folder)
    marks = []
    tracemalloc.start()
    try:
        for number in (200, 2_000):
            for _ in range(number):
                authority.issue(["localhost"], key=key)
            gc.collect()
            marks.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
    return marks[0], marks[1]
