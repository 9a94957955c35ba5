"""How does the opening picture get into a notebook's text? As a data address at the cell's end, anew at each refresh.

Sections: none.
Leaves out: the drawings, which are in `figures`.
"""

from __future__ import annotations

import base64
import copy
from typing import Any

from ..check import BadInput
from .notebook import PICTURE_DEFINED, PICTURE_SHOWN, joined


def refreshed(content: dict[str, Any]) -> dict[str, Any]:
    """A copy of a notebook in which each markdown cell that names a picture holds it as it is drawn today.

    Raises BadInput for a name that `figures.PICTURES` does not have.
    """
    made = copy.deepcopy(content)
    for cell in made["cells"]:
        name = cell.get("metadata", {}).get("tlslearn", {}).get("picture")
        if name is not None:
            cell["source"] = placed(joined(cell["source"]), str(name))
    return made


def placed(source: str, name: str) -> str:
    """The text of a cell with the picture `name`: shown where it was shown (else at the end), defined in the last line.

    Not an attachment: JupyterLab shows no SVG that is one.
    """
    shown, defined = written(name)
    text = PICTURE_DEFINED.sub("", source).rstrip()
    text = PICTURE_SHOWN.sub(lambda _: shown, text) if PICTURE_SHOWN.search(text) else f"{text}\n\n{shown}"
    return f"{text}\n\n{defined}"


def written(name: str) -> tuple[str, str]:
    """The two pieces of markdown: the reference with the alternative text, and its definition with the image."""
    from ..figures import PICTURES

    if name not in PICTURES:
        raise BadInput("no such picture", value=name, fix=f"figures.PICTURES has: {', '.join(PICTURES)}.")
    picture = PICTURES[name]()
    media, data = picture.image
    return f"![{picture.alt}][{name}]", f"[{name}]: data:{media};base64,{base64.b64encode(data).decode()}"
