"""Which notebooks are there, in which order, and what comes before each?

Sources: none; a test holds every notebook's own declaration to this table.
Leaves out: what is in a notebook. Notebooks that are planned stand here too, so that the map shows the whole way.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..check import BadInput


@dataclass(frozen=True)
class Notebook:
    """One notebook: `number` as "00" or "a1", its `file`, the `minutes` it takes, the numbers that come `after`wards
    of which a reader must know; `short_path` marks the 90 minutes for a class; `teaches` is one line."""

    number: str
    title: str
    file: str
    minutes: int
    after: tuple[str, ...]
    teaches: str
    short_path: bool = False


NOTEBOOKS = (
    Notebook(
        "00", "Look at one connection", "00-look-at-one-connection.ipynb", 40, (), "one failure and its cause", True
    ),
    Notebook("01", "What a key can do", "01-what-a-key-can-do.ipynb", 50, ("00",), "five boxes and how each breaks"),
    Notebook("02", "Public-key math", "02-public-key-math.ipynb", 75, ("01",), "the arithmetic inside the boxes"),
    Notebook(
        "03",
        "Make a key, ask for a certificate",
        "03-make-a-key-ask-for-a-certificate.ipynb",
        60,
        ("01",),
        "keys, DER, requests",
    ),
    Notebook(
        "04",
        "Become a certificate authority",
        "04-become-a-certificate-authority.ipynb",
        60,
        ("02", "03"),
        "sign, and know what you sign",
    ),
    Notebook("05", "Verify a chain", "05-verify-a-chain.ipynb", 75, ("04",), "every check, by name"),
    Notebook("06", "Connect: live TLS", "06-connect-live-tls.ipynb", 45, ("00",), "both ends, done right", True),
    Notebook("07", "When TLS fails", "07-when-tls-fails.ipynb", 60, ("06",), "error, cause, fix", True),
    Notebook(
        "08",
        "Ask who is calling: mutual TLS",
        "08-ask-who-is-calling.ipynb",
        50,
        ("04", "06"),
        "client certificates",
    ),
    Notebook(
        "09",
        "Read your own handshake, byte by byte",
        "09-read-your-own-handshake.ipynb",
        75,
        ("01", "06"),
        "every byte explained",
    ),
    Notebook("10", "Speak TLS 1.3 yourself", "10-speak-tls-13-yourself.ipynb", 75, ("05", "09"), "your own client"),
    Notebook("11", "Obtain and renew: ACME", "11-obtain-and-renew.ipynb", 50, ("04", "06"), "renewal by itself"),
    Notebook(
        "12",
        "Take it back: revocation and transparency",
        "12-take-it-back.ipynb",
        60,
        ("05",),
        "CRL, OCSP, Merkle trees",
    ),
    Notebook("13", "After quantum computers", "13-after-quantum-computers.ipynb", 45, ("09",), "what changes when"),
    Notebook("14", "Monday: TLS in your own systems", "14-monday.ipynb", 45, ("07",), "what to change at work"),
    Notebook(
        "15",
        "Review: the article that started it",
        "15-review-the-article.ipynb",
        40,
        ("05", "07", "08"),
        "find the errors, all of them",
    ),
    Notebook("a1", "Appendix: RSA in depth", "a1-rsa-in-depth.ipynb", 60, ("02",), "primes, paddings, attacks"),
    Notebook("a2", "Appendix: curves in depth", "a2-curves-in-depth.ipynb", 60, ("02",), "the group law to ECDSA"),
)


def find(number: str) -> Notebook:
    """The notebook of that number, as "05", "5" or "a1". Raises BadInput with the numbers there are."""
    wanted = number.strip().lower()
    wanted = wanted.zfill(2) if wanted.isdigit() else wanted
    for notebook in NOTEBOOKS:
        if notebook.number == wanted:
            return notebook
    numbers = ", ".join(notebook.number for notebook in NOTEBOOKS)
    raise BadInput("no notebook of that number", value=number, fix=f"The numbers are {numbers}.")
