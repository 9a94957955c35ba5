"""Does `tlslearn doctor` name the right cause of faults made by people who had not read how it works?

Sections: none.
Leaves out: the faults; each set is a module with a seed of its own.
"""

from __future__ import annotations

import warnings


def run() -> bool:
    """Each set, whole; whether all were passed."""
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):  # old versions of TLS are meant
        # They make certificates on import.
        from . import strangers_first, strangers_fourth, strangers_second, strangers_third

        passed = [one.run() for one in (strangers_first, strangers_second, strangers_third, strangers_fourth)]
    return all(passed)
