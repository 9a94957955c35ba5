"""Which certificates have others published that a reader of DER can be held against?

Sections: none.
Leaves out: what they are used for.
"""

from __future__ import annotations

import re
import ssl
import warnings
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.utils import CryptographyDeprecationWarning

certifi = pytest.importorskip("certifi", reason="needs certifi")
vectors = pytest.importorskip("cryptography_vectors", reason="needs cryptography-vectors")
_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)


@cache
def certificates() -> dict[bytes, str]:
    """DER of each certificate of certifi and of cryptography-vectors that cryptography loads, with its file's name."""
    files = [
        path for path in Path(vectors.__file__).parent.rglob("*") if path.suffix in (".crt", ".cer", ".der", ".pem")
    ]
    found = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CryptographyDeprecationWarning)  # about what some of them hold
        for path in (Path(certifi.where()), *sorted(files)):
            found.update({data: path.name for data in _in_file(path.read_bytes()) if _loads(data)})
    return found


def _in_file(file: bytes) -> Iterator[bytes]:
    """One PEM at a time: a whole bundle at once prints a warning with a path in it."""
    if b"-----BEGIN" not in file:
        yield file
    for pem in _PEM.findall(file):
        try:
            yield ssl.PEM_cert_to_DER_cert(pem.decode())
        except ValueError:
            continue  # base64 that is broken on purpose


def _loads(data: bytes) -> bool:
    """False for a request, a key, a CRL, and for a certificate that is meant not to load."""
    try:
        x509.load_der_x509_certificate(data)
    except (ValueError, x509.InvalidVersion):
        return False
    return True
