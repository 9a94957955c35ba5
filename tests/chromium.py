"""A browser that trusts the lab's roots and nothing else of ours, and what it says to a page.

Sections: none.
Leaves out: JupyterLab; see test_browser.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from judges import need

FLAGS = (
    "--no-sandbox",  # Chromium refuses to run as root with one; it sees no page but the lab's
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
)


@contextmanager
def trusting(home: Path, roots: Mapping[str, x509.Certificate]) -> Iterator[Any]:
    """A browser with this empty home, whose certificate store holds these roots. Skips, or fails in CI, without one."""
    from playwright.sync_api import sync_playwright

    program, certutil = need("chromium"), need("certutil")
    store = home / ".pki" / "nssdb"
    store.mkdir(parents=True)
    subprocess.run([certutil, "-d", f"sql:{store}", "-N", "--empty-password"], check=True)
    for name, certificate in roots.items():
        path = home / f"{name}.pem"
        path.write_bytes(certificate.public_bytes(Encoding.PEM))
        line = [certutil, "-d", f"sql:{store}", "-A", "-t", "C,,", "-n", name, "-i", str(path)]
        subprocess.run(line, check=True)
    with sync_playwright() as play:
        surroundings = {**os.environ, "HOME": str(home)}
        opened = play.chromium.launch(executable_path=program, args=FLAGS, env=surroundings)
        yield opened
        opened.close()


def says(browser: Any, address: str, *, patience: float = 30.0) -> str:
    """What stands on the page, or the name of the browser's error, such as ERR_CERT_DATE_INVALID."""
    from playwright.sync_api import Error

    page = browser.new_page()
    try:
        return str(page.goto(address, timeout=patience * 1000).text())
    except Error as error:
        return str(error.message.split("net::")[-1].split(" ")[0])
    finally:
        page.close()
