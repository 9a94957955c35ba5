"""Counts as bars, where the numbers are many enough for matplotlib.

Sections: none.
Leaves out: diagrams; those are drawings of the other modules.
"""

from __future__ import annotations

import io
from collections.abc import Mapping

from ..check import BadInput
from .picture import Picture

Counts = Mapping[str, int]


def bars(panels: Mapping[str, Counts], *, title: str, note: str = "") -> Picture:
    """One panel of horizontal bars for each mapping of label to count, in the order given.

    The twin tells what a newer data set will not soon change: which bar leads, the size by powers of ten. The picture
    has the exact numbers, and `note`, which may name a version. Raises BadInput for a panel without counts.
    """
    if not panels:
        raise BadInput("nothing to draw", value=panels, fix="Give one panel or more, each a label and its counts.")
    for name, counts in panels.items():
        if not counts or min(counts.values()) < 0:
            raise BadInput("nothing to draw", value=name, fix="Give each panel a mapping of label to count.")
    twin = "\n".join([title, *(f"  {name}: {_summary(counts)}" for name, counts in panels.items())])
    return Picture(
        alt=f"Bar charts. {' '.join(twin.split())}",
        twin=twin,
        png=_draw(panels, f"{title} ({note})" if note else title),
    )


def _summary(counts: Counts) -> str:
    first, second, *_ = [*sorted(counts, key=lambda label: -counts[label]), ""]
    leads = counts[first] > 1.2 * counts.get(second, 0)
    return f"{f'most often {first}' if leads else 'no single leader'}, {_scale(sum(counts.values()))} in all"


def _scale(number: int) -> str:
    """The power of ten that a count has passed: "over 100"."""
    return f"over {10 ** (len(str(number)) - 1)}" if number >= 10 else "under 10"


def _draw(panels: Mapping[str, Counts], title: str) -> bytes:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    rows = [len(counts) for counts in panels.values()]
    figure = Figure(figsize=(8.2, 0.27 * sum(rows) + 0.75 * len(panels) + 0.4), dpi=110, layout="constrained")
    FigureCanvasAgg(figure)
    figure.suptitle(title, fontsize=12)
    axes = figure.subplots(len(panels), 1, height_ratios=rows, squeeze=False)[:, 0]
    for axis, (name, counts) in zip(axes, panels.items(), strict=True):
        drawn = axis.barh(list(counts), list(counts.values()), color="#0072B2", height=0.7)
        axis.bar_label(drawn, padding=3, fontsize=9)
        axis.invert_yaxis()
        axis.set_title(name, loc="left", fontsize=10)
        axis.tick_params(labelsize=9, length=0)
        axis.set_xticks([])
        axis.margins(x=0.08)
        for side in ("top", "right", "bottom"):
            axis.spines[side].set_visible(False)
    out = io.BytesIO()
    figure.savefig(out, format="png", metadata={"Software": None})
    return out.getvalue()
