"""What every clean result is held to: each edit of both sides is in it once, and still at the thing it was made at."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from muse.core.errors import FormatError
from muse.core.xml_tree import Node
from muse.plugins.daw import ids, reaper
from muse.plugins.daw.formats import LIVE, REAPER, Format, Key
from muse.plugins.daw.tree import fields, key_of, plain

Three = tuple[Node, Node, Node]
_SLOTS = re.compile(rb"<MainSequencer>.*?<ClipSlotList>(.*?)</ClipSlotList>", re.DOTALL)


class Unmergeable(Exception):
    """The projects as wholes cannot be put together; the message says why, for a person."""


def check(form: Format, datas: tuple[bytes, bytes, bytes], nodes: Three, result: bytes) -> None:
    try:
        root = form.parse(result)
    except FormatError as error:
        raise Unmergeable(f"the merged project could not be read ({error})") from None
    wrong = ids.broken(form, datas, result)
    if wrong:
        raise Unmergeable(wrong)
    base, ours, theirs, now = _facts(form, [*nodes, root])
    if not _adds_up(base, ours, theirs, now):
        raise Unmergeable("the edits of both sides could not be put together with each of them there once")
    if form is REAPER:
        _check_folders(nodes, root)
    if form is LIVE and all(_slots_fit(side) for side in nodes) and not _slots_fit(root):
        raise Unmergeable("one side added or deleted scenes, and the other one tracks")


def _adds_up(base: Counter[object], ours: Counter[object], theirs: Counter[object], now: Counter[object]) -> bool:
    """What either side took out is gone, what either put in is there. Of things without a name of their own that look
    alike, what both took out or put in may be one or two."""
    least = base - ((base - ours) | (base - theirs)) + ((ours - base) | (theirs - base))
    most = base - (base - ours) - (base - theirs) + (ours - base) + (theirs - base)
    return all(
        min(least[fact], most[fact]) <= now[fact] <= max(least[fact], most[fact])
        for fact in {*least, *most, *now}
    )  # fmt: skip


def _check_folders(nodes: Three, root: Node) -> None:
    was, mine, other, now = (reaper.folders(side) for side in (*nodes, root))
    for track, folder in now.items():
        meant = {side[track] for side in (mine, other) if track in side and side[track] != was.get(track)}
        if (meant and folder not in meant) or (not meant and folder != was.get(track)):
            raise Unmergeable("tracks would come to lie in another folder")


def _slots_fit(root: Node) -> bool:
    """True where every track has as many slots for clips as there are scenes."""
    scenes = root.path("LiveSet", "Scenes")
    tracks = root.path("LiveSet", "Tracks")
    if scenes is None or tracks is None:
        return True
    slots = [_SLOTS.search(track.raw) for track in tracks.children]
    count = scenes.raw.count(b"<Scene Id=")
    return all(found is None or found[1].count(b"<ClipSlot Id=") == count for found in slots)


def _facts(form: Format, roots: list[Node]) -> list[Counter[object]]:
    """Where each value stands in each version: the way to it, name, value. What all have alike is left out."""
    found: list[Counter[object]] = [Counter() for _ in roots]
    rows: list[list[tuple[Key, Node]]] = [[((root.tag,), root)] for root in roots]
    while any(rows):
        marks = [[(at, node.raw) for at, node in row] for row in rows]
        counts = [Counter(row) for row in marks]
        alike = {mark for mark, number in counts[0].items() if all(other[mark] == number for other in counts[1:])}
        for side, row in enumerate(rows):
            rows[side] = []
            for (at, node), mark in zip(row, marks[side]):
                if mark not in alike:
                    rows[side] += _fact(form, at, node, found[side])
    return found


def _fact(form: Format, at: Key, node: Node, found: Counter[object]) -> Iterator[tuple[Key, Node]]:
    """Count what an element says itself; the elements below it with the way to each."""
    for name, value, *_ in fields(form, form.noise.sub(b"", node.data[node.start : node.inner])):
        found[at, name, value] += 1
    if not node.children or form.wholes.match(node.tag):
        found[at, plain(form, node.raw[node.inner - node.start :]) if node.inner < node.end else b""] += 1
        return
    for child in node.children:
        if child.tag not in form.view and child.tag not in form.counters:
            yield (*at, *(key_of(form, node.tag, child) or (child.tag,))), child
