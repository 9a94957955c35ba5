"""How is a learner's function stopped when it does not end?

Sections: none.
Leaves out: a blocking call into C on Windows or outside the main thread, which ends when it ends.
"""

from __future__ import annotations

import ctypes
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import CodeType, FrameType
from typing import Any, TypeVar

Result = TypeVar("Result")

SECONDS = 5.0
# After the first stop the code has this long to close what it opened; then it is stopped again, and again.
GRACE = 0.5
PATIENCE = 3
# An `except:` inside an endless loop catches each stop. From the third on the line after it, which is the `except:`
# itself, is stopped as well. Where such loops are nested, the next alarm comes some microseconds later, each time after
# another delay, until one arrives while an outer `except:` runs, where nothing catches it.
SOON = tuple(step * 1e-6 for step in range(1, 64, 7))
REPEAT = 0.001


class Stopped(BaseException):
    """The time is over. Not an Exception, so that `except Exception:` in the answer does not catch it."""


def run(function: Callable[[], Result], seconds: float = SECONDS) -> Result:
    """Call `function` and return what it returns; raises Stopped when that takes longer than `seconds`.

    No alarm and no exception is left behind. An alarm that was set before is set again with the time it had left.
    """
    on_main_thread = threading.current_thread() is threading.main_thread()
    if hasattr(signal, "setitimer") and on_main_thread:
        return _run_with_alarm(function, seconds)
    return _run_with_watchdog(function, seconds)


def _run_with_alarm(function: Callable[[], Result], seconds: float) -> Result:
    def guarded() -> Result:
        return function()

    # A code object of its own tells this run from one inside or around it.
    guarded.__code__ = guarded.__code__.replace(co_name="answer")
    on_alarm = _Alarm(guarded.__code__)
    previous_trace = sys.gettrace()
    previous_handler = signal.signal(signal.SIGALRM, on_alarm)
    started = time.monotonic()
    previous_delay, previous_interval = signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        return guarded()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        if on_alarm.stops:
            sys.settrace(previous_trace)
        signal.signal(signal.SIGALRM, previous_handler if previous_handler is not None else signal.SIG_DFL)
        if previous_delay:
            left = previous_delay - (time.monotonic() - started)
            signal.setitimer(signal.ITIMER_REAL, max(left, SOON[0]), previous_interval)


class _Alarm:
    """The handler of SIGALRM: raises Stopped inside the code it guards, again and again until that is left."""

    def __init__(self, guarded: CodeType) -> None:
        self.guarded = guarded
        self.stops = 0
        self.handling = False

    def __call__(self, _signal: int, frame: FrameType | None) -> None:
        # Raised only while the guarded code runs: a late alarm must not hit the code that cleans up.
        inside = []
        while frame is not None and frame.f_code is not self.guarded:
            inside.append(frame)
            frame = frame.f_back
        if frame is None:
            return
        nested, self.handling = self.handling, True
        self.stops += 1
        impatient = self.stops >= PATIENCE
        # Repeated, for an alarm just before a wait begins does not end that wait.
        signal.setitimer(signal.ITIMER_REAL, _pause(self.stops), REPEAT if impatient else GRACE)
        if nested:  # the alarm came while the last one was handled; one exception is enough
            return
        self.handling = False
        if impatient:
            for running in inside:
                running.f_trace = _stop_at_next_line
            sys.settrace(_stop_at_next_line)
        raise Stopped


def _stop_at_next_line(_frame: FrameType, event: str, _argument: object) -> Callable[..., Any] | None:
    """A trace function for frames that run already; calls that begin later, such as those that clean up, are left."""
    if event == "line":
        raise Stopped
    return None if event == "call" else _stop_at_next_line


def _run_with_watchdog(function: Callable[[], Result], seconds: float) -> Result:
    watchdog = _Watchdog(threading.get_ident(), seconds)
    try:
        watchdog.start()
        try:
            return function()
        finally:
            watchdog.leave()
    except Stopped:
        watchdog.leave()  # the exception may have struck inside the first leave()
        raise


class _Watchdog(threading.Thread):
    """Raises Stopped in another thread once the time is over, and again until that thread calls leave()."""

    def __init__(self, thread: int, seconds: float) -> None:
        super().__init__(name="time limit", daemon=True)
        self.thread, self.seconds = thread, seconds
        self.left = threading.Event()
        self.sending = threading.Lock()

    def run(self) -> None:
        stops = 0
        while not self.left.wait(_pause(stops) if stops else self.seconds):
            stops += 1
            with self.sending:
                if not self.left.is_set():
                    _raise_in(self.thread, Stopped)

    def leave(self) -> None:
        """Send nothing more, and let what was sent arrive here.

        To take it back would be shorter; but then Python 3.11 goes on looking for it, and under a debugger or profiler
        it looks forever.
        """
        while not self.left.is_set():
            with suppress(Stopped):
                self.left.set()
        with suppress(Stopped), self.sending:
            pass
        with suppress(Stopped):
            for _ in range(100):
                pass


def _pause(stops: int) -> float:
    """Seconds until the next stop, after so many."""
    return GRACE if stops < PATIENCE else SOON[stops % len(SOON)]


def _raise_in(thread: int, exception: type[BaseException]) -> None:
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(exception))
