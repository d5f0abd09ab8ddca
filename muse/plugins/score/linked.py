"""Linked parts: the scores of single instruments that MuseScore keeps with a score, inside of it (3) or beside it (4).

Whoever edits a bar edits it in both. So the bars of a linked part are put together by the plan that was made for the
score, through all parts: by themselves a player's bars of rest do not tell where one was inserted. A question about a
bar is the score's question, with one answer for both.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from muse.core.errors import FormatError
from muse.core.xml_tree import Node, parse
from muse.plugins.score.columns import Step
from muse.plugins.score.outline import DRAWN, RESTS, Column, Part, key_of, staff_names

NEW_PARTS = "one side made linked parts, which have not what the other one edited; make them afterwards"
SIDES = ("base", "ours", "theirs")
Three = tuple[Node, Node, Node]


class Plan(NamedTuple):
    """What was decided for the score: its columns, their order, and who decides about a measure or a gap."""

    columns: Mapping[str, Sequence[Column]]
    order: Sequence[Step]
    parts: Sequence[Part]
    cell: Callable[[Part, int, Three], bytes]
    text: Callable[[str, str], str]


def names(root: Node) -> list[str]:
    """What the linked parts inside of a score are called."""
    score = root.child("Score")
    return [] if score is None else [each.word("name") for each in score.all("Score")]


def inside(roots: Three) -> list[Three]:
    """The linked parts inside of three scores, where all three have the same."""
    scores = [root.child("Score") for root in roots]
    if any(score is None for score in scores) or not names(roots[0]) == names(roots[1]) == names(roots[2]):
        return []
    return list(zip(*(score.all("Score") for score in scores if score is not None)))


def beside(documents: tuple[bytes, bytes, bytes]) -> Three | None:
    """Three versions of a member as trees; None where one is no score of MuseScore's."""
    try:
        roots = tuple(parse(document) for document in documents)
    except FormatError:
        return None
    return roots if all(root.child("Score") is not None for root in roots) else None  # type: ignore[return-value]


def staves(plan: Plan, holders: Three, name: str) -> list[tuple[Three, bytes]] | None:
    """The staves of one linked part (elements `Score`) with what becomes of each; None where it has other measures."""
    trios = list(zip(*(holder.all("Staff") for holder in holders)))
    counts = [sum(column.bar > 0 for column in plan.columns[side]) for side in SIDES]
    bars = [[_bars(node) for node in trio] for trio in trios]
    if len({len(holder.all("Staff")) for holder in holders}) > 1 or any(list(map(len, row)) != counts for row in bars):
        return None
    called = staff_names(holders[0])
    found: list[tuple[Three, bytes]] = []
    for trio, row in zip(trios, bars):
        own = called.get(trio[0].get("id"), name)
        part = next((part for part in plan.parts if part.name == own), Part(f"linked {name}", own, trio[0]))
        found.append((trio, _staff(plan, part, trio, row, name)))
    return found


def _bars(staff: Node) -> list[Node]:
    """The measures of a staff, without those that only draw several of rest as one."""
    measures = staff.all("Measure")
    return [bar for bar in measures if bar.data.find(DRAWN, bar.start, bar.end) < 0]


def _staff(plan: Plan, part: Part, trio: Three, bars: list[list[Node]], name: str) -> bytes:
    out = []
    for step in plan.order:
        if step.from_all is None:
            bar, side = plan.columns[step.side][step.at].bar, SIDES.index(step.side)
            out.append(_gap(trio[side], bars[side], bar) + bars[side][bar - 1].raw if bar else b"")
            continue
        numbers = [plan.columns[side][at].bar for side, at in zip(SIDES, step.from_all)]
        if all(numbers):
            cells = tuple(row[number - 1] for row, number in zip(bars, numbers))
            gaps = [_gap(node, row, number) for node, row, number in zip(trio, bars, numbers)]
            out.append(_chosen(plan, name, gaps) + plan.cell(part, numbers[0], cells))  # type: ignore[arg-type]
    ends = [node.data[row[-1].end if row else node.inner : node.tail] for node, row in zip(trio, bars)]
    ours = trio[1]
    start, end = ours.data[ours.start : ours.inner], ours.data[ours.tail : ours.end]
    return b"".join([start, *out, _chosen(plan, name, ends), end])


def _gap(staff: Node, bars: list[Node], number: int) -> bytes:
    """What stands between a bar and the one before it: blanks, frames, a rest over several bars."""
    before = bars[number - 2].end if number > 1 else staff.inner
    return staff.data[before : bars[number - 1].start]


def _chosen(plan: Plan, name: str, gaps: list[bytes]) -> bytes:
    base, ours, theirs = gaps
    if ours == base or theirs in (base, ours):
        return theirs if ours == base else ours
    keys = [key_of(RESTS.sub(b"", gap)).strip() for gap in gaps]
    if keys[1] == keys[0] or keys[2] in (keys[0], keys[1]):
        return theirs if keys[1] == keys[0] != keys[2] else ours
    return gaps[SIDES.index(plan.text(f"linked:{name}", "a frame"))]
