"""What has this machine to do with it? The accidents of Python's own surroundings, as sentences.

Sections: Python documentation, ssl (create_default_context, get_default_verify_paths); OpenSSL documentation,
SSL_CTX_load_verify_locations (SSL_CERT_FILE, SSL_CERT_DIR).
Leaves out: changing anything, and the settings of programs that are not Python.
"""

from __future__ import annotations

import os
import ssl
import sys
from importlib.util import find_spec
from pathlib import Path

_READ_BY = {
    "SSL_CERT_FILE": "OpenSSL, and with it Python's ssl, takes its anchors from there and not from the system's file",
    "SSL_CERT_DIR": "OpenSSL, and with it Python's ssl, looks for anchors there and not in the system's folder",
    "REQUESTS_CA_BUNDLE": "requests goes by it in place of certifi; urllib and httpx do not",
    "CURL_CA_BUNDLE": "curl goes by it, and requests too where REQUESTS_CA_BUNDLE is not set",
}


def notes() -> list[str]:
    """What of it holds here and now, one sentence each."""
    found = [_variable(name, said) for name, said in _READ_BY.items() if os.environ.get(name)]
    if not anchors_found():
        found.append(_nothing_to_trust())
    if os.environ.get("HTTPS_PROXY") or os.environ.get("https_proxy"):
        found.append(
            "HTTPS_PROXY is set: where such a proxy opens TLS, it signs with a root of its own, which whoever runs it "
            "hands out"
        )
    if sys.version_info >= (3, 13):
        found.append("Python 3.13 is strict about form (VERIFY_X509_STRICT); a home-made CA may pass elsewhere")
    if find_spec("certifi") is not None:
        apart = "requests trusts certifi's list and ssl the system's: one may accept what the other refuses"
        found.append(apart + ("" if find_spec("truststore") is None else "; truststore lets both use the system's"))
    found.append(
        "an issuer that you did not expect is a private CA, or somebody between who opens TLS (a company's proxy, a "
        "virus scanner): ask which, before you trust it"
    )
    return found


def anchors_found() -> bool:
    """Whether Python finds any trust anchor of the system's."""
    paths = ssl.get_default_verify_paths()
    folder = Path(paths.capath) if paths.capath else None
    return bool(paths.cafile) or bool(folder and any(folder.iterdir())) or sys.platform == "win32"


def _variable(name: str, said: str) -> str:
    path = Path(os.environ[name])
    missing = "" if path.exists() else ", but it is not there"
    return f"{name} is {path}{missing}: {said}"


def _nothing_to_trust() -> str:
    if sys.platform == "darwin":
        return "this Python has no roots: run `Install Certificates.command` in its folder below /Applications"
    return "this machine has no list of roots: install the package ca-certificates, as slim container images lack it"
