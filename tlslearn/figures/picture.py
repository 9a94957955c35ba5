"""What is a picture to a notebook? An image, words for those who cannot see it, and a twin in text that is compared.

Sections: none.
Leaves out: what is drawn. See the other modules of this room.
"""

from __future__ import annotations

import base64
import html
from dataclasses import dataclass


@dataclass(frozen=True, repr=False)
class Picture:
    """An image with `alt` (one or two sentences) and `twin`: what was plotted, as text, computed from the same data.

    `svg` is the drawing's source, `png` a chart's bytes; one of them is there. `varies` says that the image differs
    from run to run, as bytes made from new keys do: then `alt` and twin alone are compared.
    """

    alt: str
    twin: str
    svg: str | None = None
    png: bytes | None = None
    varies: bool = False

    @property
    def image(self) -> tuple[str, bytes]:
        """Media type and bytes."""
        if self.svg is not None:
            return "image/svg+xml", self.svg.encode()
        return "image/png", self.png or b""

    @property
    def html(self) -> str:
        """A figure with its alternative text, in the one form that JupyterLab shows before and after trust."""
        media, data = self.image
        address = f"data:{media};base64,{base64.b64encode(data).decode()}"
        style = "max-width:100%;height:auto"
        mark = 'class="varies" ' if self.varies else ""  # by which the comparison knows what to leave out
        return f'<figure><img alt="{html.escape(self.alt)}" style="{style}" {mark}src="{address}"></figure>'

    def __repr__(self) -> str:
        return self.twin

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/plain": self.twin, "text/html": self.html}
