"""Does this computer have what a cell needs? Cells tagged `needs:<name>` are left out where it is missing.

Sections: none.
Leaves out: what every reader has: Python, OpenSSL as Python's ssl module, the packages of the extra "lab".
"""

from __future__ import annotations

import os
import shutil

PROGRAMS = ("curl", "gnutls-cli", "openssl", "tshark")
INTERNET = "internet"
NAMES = (*PROGRAMS, INTERNET)


def missing(name: str) -> str | None:
    """Why a cell that needs `name` cannot run here, or None where it can.

    The internet is asked only where TLSLEARN_INTERNET=1 allows it: the course works without.
    """
    if name == INTERNET:
        return None if os.environ.get("TLSLEARN_INTERNET") == "1" else "the internet is used with TLSLEARN_INTERNET=1"
    if name not in PROGRAMS:
        return f"needs:{name} is no name that the course knows ({', '.join(NAMES)})"
    return None if shutil.which(name) else f"the program {name} is missing"
