"""Does `tlslearn doctor` name the right cause of faults made by people who had not read how it works?

Sections: none.
Leaves out: the faults; each set is a module with a seed of its own.
"""

from __future__ import annotations

import warnings


def run() -> bool:
    """Each set, whole; whether all were passed."""
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):  # old versions of TLS are meant
        from . import fifth, first, fourth, second, sixth, third  # they make certificates on import

        passed = [one.run() for one in (first, second, third, fourth, fifth, sixth)]
    return all(passed)
