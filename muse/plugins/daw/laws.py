"""What every clean result is held to: each edit of both sides is in it once, and still at the thing it was made at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from muse.core.errors import FormatError
from muse.core.xml_tree import Node
from muse.plugins.daw import ids, reaper
from muse.plugins.daw.clock import told_by_two_clocks
from muse.plugins.daw.formats import DAWPROJECT, REAPER, Format, Key
from muse.plugins.daw.places import LAWS, adds_up
from muse.plugins.daw.tree import fields, key_of, plain, value_at

Three = tuple[Node, Node, Node]


class Unmergeable(Exception):
    """The projects as wholes cannot be put together; the message says why, for a person."""


def check_sides(form: Format, datas: tuple[bytes, bytes, bytes], roots: Sequence[Node]) -> None:
    """Unmergeable where what the sides say in one place is not about one thing."""
    for side in datas[1:] if form is DAWPROJECT else ():
        anew = ids.numbered_anew(datas[0], side)
        if anew:
            raise Unmergeable(f"one side was exported with other ids: {anew!r:.60} is under another one")
    wrong = told_by_two_clocks(form, datas)
    if wrong:
        raise Unmergeable(wrong)
    if form is REAPER:
        nameless = [[value_at(form, track, ("NAME", "1")) for track in reaper.without_ids(root)] for root in roots]
        if nameless[0] != nameless[1] or nameless[0] != nameless[2]:
            raise Unmergeable("tracks without ids were added, deleted, moved or renamed")


def read(form: Format, result: bytes) -> Node:
    """A result as it will be read; Unmergeable where it cannot be."""
    try:
        return form.parse(result)
    except FormatError as error:
        raise Unmergeable(f"the merged project could not be read ({error})") from None


def check_edits(form: Format, nodes: Three, root: Node) -> None:
    """Unmergeable where a result is not what both sides meant, edit by edit."""
    if not adds_up(*_facts(form, [*nodes, root])):
        raise Unmergeable("the edits of both sides could not be put together with each of them there once")


def check(form: Format, datas: tuple[bytes, bytes, bytes], nodes: Three, root: Node) -> None:
    """Unmergeable where a result is not sound: its numbers, and what stands by place."""
    wrong = ids.broken(form, datas, root.data)
    if wrong:
        raise Unmergeable(wrong)
    for law in LAWS[form.name]:
        wrong = law([*nodes, root])
        if wrong:
            raise Unmergeable(wrong)


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
