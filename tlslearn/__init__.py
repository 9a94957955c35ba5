"""tlslearn: the stack trace for TLS, and the package behind the notebooks.

`import tlslearn` loads nothing but this file; each name below is fetched when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from . import (
        chain,
        check,
        course,
        csr,
        der,
        doctor,
        figures,
        files,
        gallery,
        handshake,
        keys,
        live,
        names,
        publickey,
        wire,
    )
    from .authority import Authority, Credential
    from .check import BadInput, Check, TlslearnError

__version__ = "0.1.0"

_ROOMS = (
    "chain",
    "check",
    "course",
    "csr",
    "der",
    "doctor",
    "figures",
    "files",
    "gallery",
    "handshake",
    "keys",
    "live",
    "names",
    "publickey",
    "wire",
)
_FROM = {
    "Authority": "authority",
    "Credential": "authority",
    "BadInput": "check",
    "Check": "check",
    "TlslearnError": "check",
}

__all__ = [
    "Authority",
    "BadInput",
    "Check",
    "Credential",
    "TlslearnError",
    "chain",
    "check",
    "course",
    "csr",
    "der",
    "doctor",
    "figures",
    "files",
    "gallery",
    "handshake",
    "keys",
    "live",
    "names",
    "publickey",
    "wire",
]


def __getattr__(name: str) -> object:
    if name in _ROOMS:
        return import_module(f".{name}", __name__)
    if name in _FROM:
        return getattr(import_module(f".{_FROM[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
