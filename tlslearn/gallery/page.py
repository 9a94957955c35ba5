"""Where are all the exhibits, for clients that are not this Python? One page on loopback that lists them.

Sections: none.
Leaves out: TLS for the page itself: it holds no secret, and a browser must reach it before it trusts the lab's root.
"""

from __future__ import annotations

import html
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography.hazmat.primitives.serialization import Encoding

from .exhibits import Shown, lab
from .showing import serve_all, told

ROOT_FILE = "/gallery-root.pem"
_HEAD = """<!doctype html><meta charset="utf-8"><meta name="color-scheme" content="light dark"><title>Gallery</title>
<style>body{font:16px sans-serif;margin:2em}td,th{padding:.2em .8em;text-align:left;vertical-align:top}</style>
<h1>Servers with one thing wrong</h1>
<p>On this machine alone, until the program ends. Trust the <a href="ROOT">root of this gallery</a> in the client that
you try, in no other, and no longer than that: its key lives in this process. The two columns on the right are what
Python's <code>ssl</code> says and what the server then sees.</p>
<table><tr><th>exhibit</th><th>category</th><th>the one thing</th><th>client</th><th>server</th></tr>
"""


@contextmanager
def serve_page(names: Iterable[str] | None = None) -> Iterator[tuple[str, list[Shown]]]:
    """All exhibits (or those named) and the page that lists them: its address, and the exhibits.

    Raises BadInput for a name that there is not. When the block ends, all of it has ended.
    """
    with serve_all(names) as shown:
        page = render(shown).encode()
        root = lab().root.certificate.public_bytes(Encoding.PEM)

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                found = {"/": (page, "text/html; charset=utf-8"), ROOT_FILE: (root, "application/x-pem-file")}
                body, kind = found.get(self.path, (b"There is / and " + ROOT_FILE.encode() + b"\n", "text/plain"))
                self.send_response(200 if self.path in found else 404)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                """Nobody asked for a log."""

        with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            thread = threading.Thread(target=server.serve_forever, name="tlslearn gallery page", daemon=True)
            thread.start()
            try:
                yield f"http://127.0.0.1:{server.server_address[1]}/", shown
            finally:
                server.shutdown()
                thread.join()


def render(shown: Iterable[Shown]) -> str:
    """The page, as HTML."""
    rows = []
    for one in shown:
        exhibit, address = one.exhibit, f"https://{one.hostname}:{one.address.port}/"
        link = f'<a href="{address}">{html.escape(exhibit.name)}</a>'
        client, server = exhibit.here
        cells = (exhibit.category, exhibit.says, told(client), server or "–")
        rows.append(f"<tr><td>{link}</td>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in cells) + "</tr>")
    return _HEAD.replace("ROOT", ROOT_FILE.lstrip("/")) + "\n".join(rows) + "</table>\n"
