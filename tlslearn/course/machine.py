"""Is this computer ready for the course? One line a question: fine, or what to mend.

Sections: none.
Leaves out: versions where they are good enough, so that the lines are the same on every good computer.
"""

from __future__ import annotations

import importlib.util
import re
import socket
import ssl
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

# A clock that says it is earlier than the day this version was written is wrong, and every certificate "not yet valid".
WRITTEN = datetime(2026, 11, 1, tzinfo=UTC)


def self_test() -> None:
    """Ask every question of `QUESTIONS` and print the answers."""
    for subject, ask in QUESTIONS.items():
        trouble = ask()
        print(f"✓ {subject}: fine" if trouble is None else f"✗ {subject}: {trouble}")


def python(version: tuple[int, ...] = sys.version_info[:2]) -> str | None:
    if version >= (3, 11):
        return None
    return f"this is {'.'.join(map(str, version))}; the course needs Python 3.11 or newer"


def openssl(version: tuple[int, ...] = ssl.OPENSSL_VERSION_INFO, name: str = ssl.OPENSSL_VERSION) -> str | None:
    if version >= (3, 0) and name.startswith("OpenSSL"):
        return None
    return f"Python's ssl uses {name}; the course needs a Python that was built with OpenSSL 3.0 or newer"


def cryptography(version: str | None = None) -> str | None:
    if importlib.util.find_spec("cryptography") is None:
        return "it is missing; install it: pip install --upgrade tlslearn"
    found = version or metadata.version("cryptography")
    major = re.match(r"\d+", found)
    if major is not None and int(major[0]) >= 46:
        return None
    return f"this is {found}; the course needs 46 or newer: pip install --upgrade tlslearn"


def loopback() -> str | None:
    """A connection to this computer itself, as every lab server is reached."""
    try:
        with socket.create_server(("127.0.0.1", 0)) as server:
            with socket.create_connection(server.getsockname(), timeout=5) as client:
                client.sendall(b"?")
            accepted, _ = server.accept()
            with accepted:
                accepted.settimeout(5)
                received = accepted.recv(1)
    except OSError as error:
        return f"127.0.0.1 cannot be reached ({error}); allow it in the firewall or the container's settings"
    return None if received == b"?" else "a byte sent to 127.0.0.1 did not arrive; look at what redirects connections"


def clock(now: datetime | None = None) -> str | None:
    """Not before this version was written."""
    moment = now or datetime.now(UTC)
    if moment < WRITTEN:
        return f"it says {moment:%Y-%m-%d}; set it right, or no certificate will be valid yet"
    return None


def writing(folder: Path | None = None) -> str | None:
    """A file can be written in the folder of the notebook and in the one for temporary files."""
    for place in [folder] if folder is not None else [Path.cwd(), Path(tempfile.gettempdir())]:
        try:
            with tempfile.TemporaryFile(dir=place) as file:
                file.write(b"?")
        except OSError as error:
            return f"no file can be written in {place} ({error.strerror}); start JupyterLab in a folder of your own"
    return None


QUESTIONS: dict[str, Callable[[], str | None]] = {
    "Python": python,
    "OpenSSL": openssl,
    "cryptography": cryptography,
    "loopback": loopback,
    "clock": clock,
    "writing": writing,
}
