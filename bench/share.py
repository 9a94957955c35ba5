"""How much of what the notebooks print is compared with what they printed before?

Sections: none.
Leaves out: whether it is; `reruns` and the test run see to that.
"""

from __future__ import annotations

from collections import Counter

from tests.anatomy import EXCUSES, EXCUSES_IN_CODE
from tlslearn.course import notebook, outputs

from . import rounds

SANITIZE = rounds.ROOT / "tests" / "nbval_sanitize.cfg"


def run() -> bool:
    """One line a notebook, then each cell that is excused or that needs something, with its reason."""
    total: Counter[str] = Counter()
    remarks = []
    rules = outputs.read_rules(SANITIZE)
    for path in notebook.paths():
        book = notebook.read(path)
        kinds = Counter(kind for cell in book.code for kind in kinds_of(cell, rules))
        total += kinds
        print(f"{path.name:36} {line(kinds)}")
        remarks += [f"  {path.name}, cell {cell.index}: {why}" for cell in book.code if (why := remark(cell))]
    print(f"{'in all':36} {line(total)}")
    print("\n".join(remarks) or "  no cell is excused, and none needs a program or the internet")
    return True


def kinds_of(cell: notebook.Cell, rules: list[outputs.Rule]) -> list[str]:
    """What there is to count of one code cell."""
    found = ["cells"]
    if cell.outputs:
        found.append("with output")
        found += ["compared"] if is_compared(cell) else []
        found += ["sanitized"] if is_sanitized(cell, rules) else []
    return found


def is_compared(cell: notebook.Cell) -> bool:
    """Whether nbval looks at one output of the cell at least: it does not look at the bytes of a picture."""
    kinds = {kind for output in cell.outputs for kind in output.get("data", {"text": ""})}
    return not excuses(cell) and not kinds <= set(outputs.NOT_COMPARED)


def is_sanitized(cell: notebook.Cell, rules: list[outputs.Rule]) -> bool:
    """Whether a part of an output is replaced before it is compared."""
    texts = [
        notebook.joined(text)
        for output in cell.outputs
        for text in (output.get("text", ""), output.get("evalue", ""), *output.get("data", {}).values())
        if isinstance(text, str | list)
    ]
    return any(pattern.search(text) for pattern, _ in rules for text in texts)


def excuses(cell: notebook.Cell) -> list[str]:
    """What keeps nbval from comparing the cell."""
    return sorted(EXCUSES & set(cell.tags)) + EXCUSES_IN_CODE.findall(cell.source)


def remark(cell: notebook.Cell) -> str | None:
    """Why a cell is not compared, or only on computers that have what it needs."""
    tags = excuses(cell) + [tag for tag in cell.tags if tag.startswith("needs:")]
    return f"{', '.join(tags)}: {cell.course.get('reason', 'no reason given')}" if tags else None


def line(kinds: Counter[str]) -> str:
    with_output = kinds["with output"]
    percent = 100 * kinds["compared"] / with_output if with_output else 0.0
    return (
        f"{kinds['cells']:4} code cells, {with_output:4} with output, {kinds['compared']:4} compared strictly "
        f"({percent:.0f} %), {kinds['sanitized']} of them sanitized first"
    )
