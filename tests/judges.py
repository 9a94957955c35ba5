"""Is the outside program there that is to judge? Where it is missing a test skips with the reason; in CI it fails."""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import cache

import pytest

NAMES = {
    "certtool": ("certtool",),
    "certutil": ("certutil",),
    "chromium": ("chromium", "chromium-browser", "google-chrome"),
    "curl": ("curl",),
    "faketime": ("faketime",),
    "gnutls-cli": ("gnutls-cli",),
    "gnutls-serv": ("gnutls-serv",),
    "openssl": ("openssl",),
    "tshark": ("tshark",),
}


@cache
def find(judge: str) -> str | None:
    """The program's path, or None. LibreSSL's command of the same name is not the judge that is meant by openssl."""
    path = next((found for name in NAMES[judge] if (found := shutil.which(name))), None)
    if path and judge == "openssl":
        version = subprocess.run([path, "version"], capture_output=True, text=True, check=True).stdout
        return path if version.startswith("OpenSSL") else None
    return path


def in_ci() -> bool:
    return os.environ.get("CI", "").lower() in ("true", "1")


def need(judge: str) -> str:
    """The path of the program `judge`; skips the test where there is none, or fails it when CI=true."""
    path = find(judge)
    if path is None and in_ci():
        pytest.fail(f"CI must have {judge}; .ci/run installs it")
    if path is None:
        pytest.skip(f"needs the program {judge}")
    return path
