"""How does the opening picture get into a notebook's text? As an attachment, drawn anew at each refresh.

Sections: none.
Leaves out: the drawings, which are in `figures`.
"""

from __future__ import annotations

import base64
import copy
import re
from typing import Any

from ..check import BadInput
from .notebook import joined


def refreshed(content: dict[str, Any]) -> dict[str, Any]:
    """A copy of a notebook in which each markdown cell that names a picture holds it as it is drawn today.

    Raises BadInput for a name that `figures.PICTURES` does not have.
    """
    made = copy.deepcopy(content)
    for cell in made["cells"]:
        name = cell.get("metadata", {}).get("tlslearn", {}).get("picture")
        if name is not None:
            _attach(cell, str(name))
    return made


def attachment(name: str) -> tuple[str, dict[str, str], str]:
    """File name, data by media type (base64) and alternative text of the picture `name`."""
    from ..figures import PICTURES

    if name not in PICTURES:
        raise BadInput("no such picture", value=name, fix=f"figures.PICTURES has: {', '.join(PICTURES)}.")
    picture = PICTURES[name]()
    media, data = picture.image
    ending = "svg" if media == "image/svg+xml" else media.partition("/")[2]
    return f"{name}.{ending}", {media: base64.b64encode(data).decode()}, picture.alt


def _attach(cell: dict[str, Any], name: str) -> None:
    file, data, alt = attachment(name)
    cell["attachments"] = {file: data}
    shown, source = f"![{alt}](attachment:{file})", joined(cell["source"])
    pattern = re.compile(r"!\[[^\]]*\]\(attachment:" + re.escape(file) + r"\)")
    cell["source"] = pattern.sub(lambda _: shown, source) if pattern.search(source) else f"{source.rstrip()}\n\n{shown}"
