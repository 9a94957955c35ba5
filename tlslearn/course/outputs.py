"""When do two outputs say the same, and what is stored of one?

Sections: none. The file format is nbformat 4.
Leaves out: running cells.
"""

from __future__ import annotations

import configparser
import copy
import json
import re
import sys
import sysconfig
from pathlib import Path
from typing import Any

from .notebook import joined

KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
LANGUAGE = {"name": "python"}
# What nbval does not compare either: bytes of pictures differ from one matplotlib to the next.
NOT_COMPARED = ("image/png", "image/jpeg")

Rule = tuple[re.Pattern[str], str]


def read_rules(path: Path) -> list[Rule]:
    """The replacements of a sanitizing file, in its order; none where there is no file."""
    parser = configparser.RawConfigParser()
    parser.read(path, encoding="utf-8")
    return [(re.compile(section["regex"]), section["replace"]) for name, section in parser.items() if name != "DEFAULT"]


def equal(old: list[dict[str, Any]], new: list[dict[str, Any]], rules: list[Rule]) -> bool:
    """True where nbval would find the same in both."""
    return _compared(old, rules) == _compared(new, rules)


def number(cell: dict[str, Any], count: int) -> None:
    """Give a cell and its results the count that a run from top to bottom gives."""
    cell["execution_count"] = count
    for output in cell["outputs"]:
        if output["output_type"] == "execute_result":
            output["execution_count"] = count


def normalized(content: dict[str, Any]) -> dict[str, Any]:
    """A copy with the metadata that every notebook of the course has, and no state of widgets, timings or trust."""
    made = copy.deepcopy(content)
    course = made.get("metadata", {}).get("tlslearn")
    made["metadata"] = {"kernelspec": KERNEL, "language_info": LANGUAGE} | ({"tlslearn": course} if course else {})
    made["nbformat_minor"] = max(5, made.get("nbformat_minor", 0))  # from 5 on, a cell has an id
    taken = {cell.get("id") for cell in made["cells"]}
    for index, cell in enumerate(made["cells"]):
        _normalize_cell(cell, index, taken)
    return made


def cleaned(output: dict[str, Any]) -> dict[str, Any]:
    """One output as it is stored: paths of this computer are cut from a traceback, which nobody compares."""
    kept = {name: value for name, value in output.items() if name != "transient"}
    if kept["output_type"] == "error":
        kept["traceback"] = [_without_paths(line) for line in kept["traceback"]]
    return kept


def merged(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Text that arrived in pieces on one stream, in one piece: where it was cut differs from run to run."""
    whole: list[dict[str, Any]] = []
    for output in map(cleaned, found):
        last = whole[-1] if whole else {}
        if output["output_type"] == "stream" == last.get("output_type") and output["name"] == last["name"]:
            last["text"] = joined(last["text"]) + joined(output["text"])
        else:
            whole.append(output)
    return whole


def lines_split(content: dict[str, Any]) -> dict[str, Any]:
    """A copy with multi-line text as lists of lines, as Jupyter writes it."""
    made = copy.deepcopy(content)
    for cell in made["cells"]:
        cell["source"] = _lines(cell["source"])
        for output in cell.get("outputs", ()):
            if output["output_type"] == "stream":
                output["text"] = _lines(output["text"])
            for kind, value in output.get("data", {}).items():
                if isinstance(value, str | list) and (kind.startswith("text/") or kind == "image/svg+xml"):
                    output["data"][kind] = _lines(value)
    return made


def _compared(found: list[dict[str, Any]], rules: list[Rule]) -> list[Any]:
    compared: list[Any] = []
    for output in merged(found):
        if output["output_type"] == "stream":
            compared.append((output["name"], _sanitized(joined(output["text"]), rules)))
        elif output["output_type"] == "error":
            compared.append((output["ename"], _sanitized(output["evalue"], rules)))
        else:
            data = {kind: _text(value) for kind, value in output["data"].items() if kind not in NOT_COMPARED}
            compared.append({kind: _sanitized(text, rules) for kind, text in data.items()})
    return compared


def _text(value: Any) -> str:
    """JSON data is compared as text too."""
    is_lines = isinstance(value, list) and all(isinstance(line, str) for line in value)
    return joined(value) if isinstance(value, str) or is_lines else json.dumps(value, sort_keys=True)


def _sanitized(text: str, rules: list[Rule]) -> str:
    for pattern, replacement in rules:
        text = pattern.sub(replacement, text)
    return text.strip()


def _normalize_cell(cell: dict[str, Any], index: int, taken: set[Any]) -> None:
    if not cell.get("id"):
        name = f"cell-{index:02}"
        while name in taken:
            name += "x"
        taken.add(name)
        cell["id"] = name
    cell["metadata"] = {key: cell["metadata"][key] for key in ("tags", "tlslearn") if key in cell.get("metadata", {})}
    cell["source"] = joined(cell["source"])


def _without_paths(line: str) -> str:
    """A traceback line without the folders that lie on this computer alone."""
    folders = {sysconfig.get_path("purelib"), sysconfig.get_path("stdlib"), sys.prefix, str(Path(__file__).parents[2])}
    for folder in sorted(folders, key=len, reverse=True):
        line = re.sub(re.escape(folder) + r"[/\\]?", "", line)
    return line


def _lines(text: str | list[str]) -> list[str]:
    return joined(text).splitlines(keepends=True)
