"""What does each fault look like, seen from both ends? Servers on loopback with exactly one thing wrong.

Sections: each exhibit names its own; names are badssl.com's where it has one.
Leaves out: what OpenSSL 3 cannot serve any more (SSL 3, RC4, 3DES, Diffie-Hellman of 512 bits), and SHA-1 signatures.
"""

from .exhibits import CATEGORIES, Exhibit, Outcome, Shown
from .page import serve_page
from .showing import EXHIBITS, Unnamed, draw, find, open, serve_all, table

__all__ = [
    "CATEGORIES",
    "EXHIBITS",
    "Exhibit",
    "Outcome",
    "Shown",
    "Unnamed",
    "draw",
    "find",
    "open",
    "serve_all",
    "serve_page",
    "table",
]
