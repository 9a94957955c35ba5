"""Does `tlslearn doctor` name the right cause of faults made by people who had not read how it works?

Sections: none.
Leaves out: the faults; each set is a module with a seed of its own.
"""

from __future__ import annotations

import warnings

from . import strangers_first, strangers_second


def run() -> bool:
    """Each set, whole; whether all were passed."""
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):  # old versions of TLS are meant
        passed = [one.run() for one in (strangers_first, strangers_second)]
    return all(passed)
