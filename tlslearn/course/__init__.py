"""The machinery of the course: checks, predictions, progress, copies and handouts. Knows notebooks, not TLS.

Importing it loads nothing but this file; each name below is fetched when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .exercise import check
    from .machine import self_test
    from .prediction import predict
    from .record import own_folder
    from .report import progress

# No name here is that of a file beside this one: importing that file would hide the name.
_FROM = {
    "check": "exercise",
    "own_folder": "record",
    "predict": "prediction",
    "progress": "report",
    "self_test": "machine",
}

__all__ = ["check", "own_folder", "predict", "progress", "self_test"]


def __getattr__(name: str) -> object:
    if name in _FROM:
        return getattr(import_module(f".{_FROM[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
