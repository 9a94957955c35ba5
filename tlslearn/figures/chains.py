"""Which ways lead from a leaf to a trust anchor, and what is asked of each certificate on the way?

Sections: RFC 5280 3.2 (paths), 6.1.3 and 6.1.4 (what is asked), RFC 9525 6.3 (names).
Leaves out: judging; the paths come from `chain.candidate_paths`, where there is none its end from `chain.validate`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from cryptography import x509

from .. import chain, names
from .picture import Picture
from .svg import Drawing

_WIDTH, _HEIGHT, _GAP, _DOWN = 176, 46, 38, 74
_LONGEST = 22  # signs of a name that fit into its box

# What a validator asks, of which certificate. The notebook says by which field each is answered.
QUESTIONS = (
    ("trust anchor", "comes from elsewhere", ("is it in its time?", "may it vouch for those below?")),
    (
        "intermediate",
        "comes with the connection",
        ("did the one above issue and sign it?", "is it in its time?", "may it vouch for those below?"),
    ),
    (
        "leaf",
        "comes with the connection",
        ("did the one above issue and sign it?", "is it in its time?", "is it for this host, and for servers?"),
    ),
)


def chain_questions() -> Picture:
    """Notebook 05, its head: a path from the leaf up to the anchor, and what is asked of each certificate."""
    drawing, y = Drawing(820), 14.0
    for number, (role, whence, asked) in enumerate(QUESTIONS):
        if number:
            drawing.line(f"M140 {y + 26:.0f} L140 {y + 2:.0f}", arrow=True)
            drawing.text(152, y + 18, "issued by", "label")
            y += 28
        height = 24 + 20 * len(asked)
        drawing.box(12, y, 256, height, "plain" if number else "good")
        drawing.text(140, y + height / 2 - 3, role, "head", "middle")
        drawing.text(140, y + height / 2 + 16, whence, "label", "middle")
        for line, question in enumerate(asked):
            drawing.text(292, y + 26 + 20 * line, question)
        y += height
    lines = [f"{role}, which {whence}: {' '.join(asked)}" for role, whence, asked in QUESTIONS]
    alt = f"A path from a leaf up to a trust anchor, and what is asked of each certificate. {' '.join(lines)}"
    return Picture(alt=alt, twin="\n".join(lines), svg=str(drawing))


def chain_paths(
    leaf: x509.Certificate,
    intermediates: Iterable[x509.Certificate],
    trust_anchors: Iterable[x509.Certificate],
    *,
    at: datetime | None = None,
) -> Picture:
    """Every way from the leaf, at the left, to a trust anchor; where there is none, how far one comes.

    With `at`, an aware datetime, certificates outside their time then are marked. Anchors that no way reaches are shown
    as well. Raises BadInput as `chain.candidate_paths` does.
    """
    between, anchors = list(intermediates), list(trust_anchors)
    # In an order that does not hang on today, as the order of trying does.
    found = sorted(chain.candidate_paths(leaf, between, anchors), key=lambda way: (len(way), _told(way, set(), set())))
    verdict = chain.validate(leaf, between, anchors, hostname=chain.NAME_NOT_CHECKED, at=at)
    ways = found or [verdict.path]
    says = chain.RULES["trust_anchor"].says
    ending = "" if found else next(one.found for one in verdict.failures if one.rule == says)
    late = {one for way in ways for one in way if at is not None and not _in_time(one, at)}
    reached = {way[-1] for way in found}
    unreached = [one for one in dict.fromkeys(anchors) if one not in reached]
    lines = [_told(way, set(anchors), late) for way in ways]
    lines[-1] += f" → ✗ {ending}" if ending else ""
    lines += [f"not reached: {names.short(one.subject)} (trust anchor)" for one in unreached]
    drawing = _graph(ways, set(anchors), late, ending, unreached)
    head = f"{len(found)} {'way' if len(found) == 1 else 'ways'} from {names.short(leaf.subject)} to a trust anchor"
    return Picture(alt=f"{head}. {'. '.join(lines)}.", twin="\n".join([head, *lines]), svg=str(drawing))


def _in_time(one: x509.Certificate, at: datetime) -> bool:
    return one.not_valid_before_utc <= at.replace(microsecond=0) <= one.not_valid_after_utc


def _told(way: tuple[x509.Certificate, ...], anchors: set[x509.Certificate], late: set[x509.Certificate]) -> str:
    return " → ".join(
        names.short(one.subject)
        + (" (trust anchor)" if one in anchors else "")
        + (" ✗ outside its time" if one in late else "")
        for one in way
    )


def _graph(
    ways: list[tuple[x509.Certificate, ...]],
    anchors: set[x509.Certificate],
    late: set[x509.Certificate],
    ending: str,
    unreached: list[x509.Certificate],
) -> Drawing:
    """Each certificate once, in the column of its distance from the leaf, in the row of the first way that meets it."""
    longest = max(map(len, ways)) + bool(ending)
    drawing = Drawing(24 + max(longest, 4) * (_WIDTH + _GAP) - _GAP)
    place: dict[x509.Certificate, tuple[float, float]] = {}
    drawn: set[tuple[x509.Certificate, x509.Certificate]] = set()
    for row, way in enumerate(ways):
        for column, one in enumerate(way):
            if one not in place:
                place[one] = 12 + column * (_WIDTH + _GAP), 14 + row * _DOWN
                _box(drawing, place[one], one, anchors, late)
            below = way[column - 1]
            if column and (below, one) not in drawn:
                drawn.add((below, one))
                _arrow(drawing, place[below], place[one])
    rows = len(ways)
    if ending:
        _missing(drawing, place[ways[-1][-1]], names.short(ways[-1][-1].issuer), ending)
    for one in unreached:
        _box(drawing, (12 + (longest - 1) * (_WIDTH + _GAP), 14 + rows * _DOWN), one, anchors, late)
        rows += 1
    legend = "→ means: issued and signed by. Green: a trust anchor of this client."
    drawing.text(12, 14 + rows * _DOWN + 6, legend, "label")
    return drawing


def _box(
    drawing: Drawing,
    place: tuple[float, float],
    one: x509.Certificate,
    anchors: set[x509.Certificate],
    late: set[x509.Certificate],
) -> None:
    x, y = place
    drawing.box(x, y, _WIDTH, _HEIGHT, "bad" if one in late else "good" if one in anchors else "plain")
    drawing.text(x + 10, y + 19, _cut(names.short(one.subject)), "small")
    note = "trust anchor" if one in anchors else f"by {_cut(names.short(one.issuer), 26)}"
    if one in late:
        note = "anchor ✗ outside its time" if one in anchors else "✗ outside its time"
    drawing.text(x + 10, y + 37, note, "label")


def _cut(name: str, longest: int = _LONGEST) -> str:
    return name if len(name) <= longest else f"{name[: longest - 1]}…"


def _arrow(drawing: Drawing, start: tuple[float, float], end: tuple[float, float]) -> None:
    (x, y), (to, height) = start, end
    middle = _HEIGHT / 2
    drawing.line(
        f"M{x + _WIDTH + 3:.0f} {y + middle:.0f} C{x + _WIDTH + 22:.0f} {y + middle:.0f} {to - 22:.0f} "
        f"{height + middle:.0f} {to - 4:.0f} {height + middle:.0f}",
        arrow=True,
    )


def _missing(drawing: Drawing, last: tuple[float, float], issuer: str, ending: str) -> None:
    """A gap where the next certificate should be, and why it is one."""
    x, y = last[0] + _WIDTH + _GAP, last[1]
    middle = y + _HEIGHT / 2
    drawing.line(f"M{last[0] + _WIDTH + 3:.0f} {middle:.0f} L{x - 4:.0f} {middle:.0f}", "broken")
    drawing.box(x, y, _WIDTH, _HEIGHT, "missing")
    drawing.text(x + 10, y + 19, f"✗ {_cut(issuer, 20)}", "small")
    drawing.text(x + 10, y + 37, ending.partition(":")[0], "label")
