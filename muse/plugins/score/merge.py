"""The three-way merge of two scores: measures by a plan over all parts, cells by their elements, checked by facts.

What only one side changed is that side's, byte for byte. What both changed is merged element by element and taken only
where the facts of the result are those of the base with both sides' changes, each once and each at its own onset; else
the cell is a conflict and ours stays in it. Nothing is answered that the programs could not open: a conflict leaves a
whole score.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from typing import TYPE_CHECKING

from muse.core.late import regex
from muse.core.sequences import edits
from muse.core.terminal import edit_or_pick
from muse.core.xml_tree import Node, pieces, written
from muse.domain import ConflictRecord, FileMerge
from muse.plugins.score.columns import Matching, Step, match, plan, steps
from muse.plugins.score.laws import Unmergeable, asked, check
from muse.plugins.score.outline import DRAWN, RESTS, Column, Part, Score, key_of
from muse.plugins.score.signs import Clash, side_by_side, torn
from muse.plugins.score.values import expected

if TYPE_CHECKING:
    from muse.plugins.score.linked import Plan

SIDES = ("base", "ours", "theirs")
Datas = tuple[bytes, bytes, bytes]
Nodes = tuple[Node, Node, Node]
Done = list[tuple[Nodes, bytes]]
"""The elements that hold measures, of all three versions, each with what has become of it."""


class _Merge:
    """One merge under way: the three scores, the picks, and the questions found so far."""

    def __init__(self, path: str, scores: dict[str, Score], picks: Mapping[str, str]) -> None:
        self.path, self.scores, self.picks = path, scores, picks
        self.conflicts: list[ConflictRecord] = []
        self.answers: dict[str, str] = {}  # about a measure, which a linked part has as well
        self.asked: set[tuple[str, int]] = set()  # parts and bars that were asked about

    def ask(self, kind: str, address: str, summaries: tuple[str, str, str]) -> str:
        """The side that a pick names; without one a conflict is noted and the answer is ours."""
        pick = self.picks.get(address, self.answers.get(address))
        if pick is not None:
            return pick
        self.answers[address] = "ours"
        base, ours, theirs = (text or "nothing" for text in summaries)
        self.conflicts.append(
            ConflictRecord(
                path=self.path,
                conflict_type=kind,
                address=address,
                addresses=[address],
                dimension="measures" if kind != "score_text" else "text",
                base_summary=base,
                ours_summary=ours,
                theirs_summary=theirs,
                hint=edit_or_pick(self.path, address),
            )
        )
        return "ours"

    def text(self, address: str, what: str, where: str = "") -> str:
        """Whose text around the measures it is to be."""
        told = f"{what} changed" + (f" in {where}" if where else "")
        return self.ask("score_text", address, ("", told, f"{what} changed differently"))

    # Elements ------------------------------------------------------------------------------------------------------

    def tree(self, nodes: Nodes, known: Mapping[int, bytes] | None = None) -> bytes:
        """An element all three have, merged; Clash where both changed one thing. `known` has what stands for parts."""
        base, ours, theirs = nodes
        if known is None or not any(id(node) in known for node in _below(ours)):
            chosen = _one_side(nodes)
            if chosen is not None:
                return chosen.raw
            if not base.children or not ours.children or not theirs.children or torn(nodes):
                raise Clash(ours.tag)
        tag = _tag(nodes)
        return written(ours if ours.raw != base.raw else theirs, self._children(nodes, known), tag=tag)

    def _key(self, node: Node, known: Mapping[int, bytes] | None) -> bytes:
        if (
            known is not None
            and node.tag in ("part", "Staff")
            and node.children
            and node.children[0].tag.lower()
            in (
                "measure",
                "vbox",
                "hbox",
                "tbox",
            )
        ):
            return f"part {node.get('id')}".encode()
        return key_of(node.raw)

    def _children(self, nodes: Nodes, known: Mapping[int, bytes] | None) -> list[tuple[bytes, bytes]]:
        kids = {name: node.children for name, node in zip(SIDES, nodes)}
        keys = {name: [self._key(node, known) for node in kids[name]] for name in SIDES}
        gaps = {name: pieces(node) for name, node in zip(SIDES, nodes)}
        left = _partners(kids["base"], keys["base"], kids["ours"], keys["ours"])
        right = _partners(kids["base"], keys["base"], kids["theirs"], keys["theirs"])
        found: list[tuple[bytes, bytes]] = []
        for at in range(len(kids["base"]) + 1):
            mine, other = left[1].get(at, []), right[1].get(at, [])
            new = [keys["ours"][j] for j in mine], [keys["theirs"][j] for j in other]
            if mine and other and new[0] != new[1]:
                signs = [("ours", j, kids["ours"][j]) for j in mine] + [("theirs", j, kids["theirs"][j]) for j in other]
                found += [gaps[side][j] for side, j in side_by_side(signs)]
            else:
                found += [gaps["ours"][j] for j in mine] if mine else [gaps["theirs"][j] for j in other]
            if at == len(kids["base"]):
                break
            i, j = left[0][at], right[0][at]
            if i is None or j is None:
                if (i is not None and keys["ours"][i] != keys["base"][at]) or (
                    j is not None and keys["theirs"][j] != keys["base"][at]
                ):
                    raise Clash(kids["base"][at].tag)
                continue
            if known is not None and id(kids["ours"][i]) in known:
                found.append((gaps["ours"][i][0], known[id(kids["ours"][i])]))
                continue
            inner = (kids["base"][at], kids["ours"][i], kids["theirs"][j])
            found.append((gaps["ours"][i][0], self.tree(inner, known)))
        return found

    # Measures ------------------------------------------------------------------------------------------------------

    def cell(self, part: Part, bar: int, nodes: Nodes) -> bytes:
        """One measure of one part."""
        one = _one_side(nodes, measure=True)
        try:
            tag = _tag(nodes)
            if one is not None:
                return tag + one.raw[one.inner - one.start :]
            merged = self._merged_cell(nodes, tag)
            if merged is not None:
                return merged
        except Clash:
            pass
        from muse.plugins.score import words  # only for a question

        address = f"{part.id}/measure:{bar}"
        self.asked.add((part.id, bar))
        was = (self.scores["base"], nodes[0])
        told = [words.changes(was, (self.scores[side], node)) for side, node in zip(SIDES, nodes)]
        where = f"{part.name}, bar {bar}"
        side = self.ask("measure", address, (f"{where} as it was", f"{where}: {told[1]}", f"{where}: {told[2]}"))
        return nodes[SIDES.index(side)].raw

    def _merged_cell(self, nodes: Nodes, tag: bytes) -> bytes | None:
        from muse.core.xml_tree import parse

        raw = written(nodes[1], self._children(nodes, None), tag=tag)
        facts = [self.scores[side].facts(node) for side, node in zip(SIDES, nodes)]
        if self.scores["ours"].facts(parse(raw)) != expected(*facts):
            return None
        return raw


def _one_side(nodes: Nodes, *, measure: bool = False) -> Node | None:
    """The node that is the answer because the other side left it alone, or made the same of it; None where both edited.

    What one side left as it was, byte for byte, is the other side's with its layout; layout against layout is ours.
    """
    base, ours, theirs = nodes
    raw = base.raw
    if theirs.raw in (raw, ours.raw):
        return ours
    if ours.raw == raw:
        return theirs
    keys = [key_of(node.raw, measure=measure) for node in nodes]
    if keys[2] in (keys[0], keys[1]):
        return ours
    return theirs if keys[1] == keys[0] else None


def merge_scores(
    path: str, datas: Datas, picks: Mapping[str, str], beside: Mapping[str, Datas] = {}
) -> tuple[FileMerge, dict[str, bytes]]:
    """The merge of three readable scores; FormatError where one cannot be read, Unmergeable where wholes clash.

    `beside` has members of a package that both sides changed; those that are linked parts of it come back merged.
    """
    scores = {name: Score(data) for name, data in zip(SIDES, _without_rests_drawn(datas))}
    _check_wholes(scores)
    if len({tuple((part.id, part.name) for part in score.parts) for score in scores.values()}) > 1:
        scores = _with_the_same_parts(scores)
    work = _Merge(path, scores, picks)
    columns = {name: score.columns for name, score in scores.items()}
    matchings = {name: match(columns["base"], columns[name]) for name in SIDES[1:]}
    regions = plan(columns["base"], columns, matchings)
    chosen = [
        work.ask("measures", _address(columns["base"], region), _told(scores, matchings, region)) for region in regions
    ]
    order = steps(columns["base"], matchings, regions, chosen)
    parts = [_part(work, at, columns, order) for at in range(len(scores["ours"].parts))]
    if any(_structure(found) for found in matchings.values()) and all(_in_sequence(score) for score in scores.values()):
        parts = [_renumbered(part) for part in parts]
    roots = scores["base"].root, scores["ours"].root, scores["theirs"].root
    done: Done = list(zip(zip(*([part.node for part in score.parts] for score in scores.values())), parts))
    members: dict[str, bytes] = {}
    if beside or roots[1].data.count(b"<Score") > 1:
        from muse.plugins.score.linked import Plan

        linking = Plan(columns, order, scores["base"].parts, work.cell, work.text)
        done += _linked_inside(linking, roots, any(map(_structure, matchings.values())))
        members = _linked_beside(work, linking, beside)
    result = _whole(work, roots, done, "header")
    check(scores, result, order, matchings, asked(scores["base"], matchings, regions, work.asked))
    return FileMerge(result, work.conflicts), members


def _without_rests_drawn(datas: Datas) -> Datas:
    """The versions without the measures that draw several of rest as one, where the sides have not the same ones: the
    program makes them anew from the bars that are rests then."""
    if not any(DRAWN in data for data in datas) or len({tuple(RESTS.findall(data)) for data in datas}) == 1:
        return datas
    base, ours, theirs = (RESTS.sub(b"", data) for data in datas)
    return base, ours, theirs


def _linked_inside(linking: Plan, roots: Nodes, moved: bool) -> Done:
    from muse.plugins.score import linked

    names = [linked.names(root) for root in roots]
    for new, other in ((1, 2), (2, 1)):
        if set(names[new]) - set(names[0]) and linking.columns[SIDES[other]] != linking.columns["base"]:
            raise Unmergeable(linked.NEW_PARTS)
    found: Done = []
    for trio in linked.inside(roots):
        name = trio[0].word("name")
        staves = linked.staves(linking, trio, name)
        found += staves or []
        if staves is None and moved and _one_side(trio) is None:
            raise Unmergeable(f"bars were inserted or cut, and the linked part {name} has not the bars of the score")
    return found


def _linked_beside(work: _Merge, linking: Plan, beside: Mapping[str, Datas]) -> dict[str, bytes]:
    from muse.plugins.score import linked

    found = {}
    for name, documents in beside.items():
        roots = linked.beside(documents)
        if roots is None:
            continue
        holders = tuple(score for root in roots for score in root.all("Score"))
        staves = linked.staves(linking, holders, name) if len(holders) == 3 else None
        if staves is not None:
            found[name] = _whole(work, roots, staves, f"member:{name}")
    return found


def _with_the_same_parts(scores: dict[str, Score]) -> dict[str, Score]:
    from muse.plugins.score.parts import Unaligned, aligned

    try:
        return dict(zip(SIDES, aligned(*scores.values())))
    except Unaligned as error:
        raise Unmergeable(str(error)) from None


def _whole(work: _Merge, roots: Nodes, done: Done, address: str) -> bytes:
    """The document: measures are done, what stands around them is merged as a tree, or one side's is asked for."""
    head, tail = roots[1].data[: roots[1].start], roots[1].data[roots[1].end :]
    try:
        return head + work.tree(roots, {id(nodes[1]): data for nodes, data in done}) + tail
    except Clash as clash:
        from muse.core.xml_tree import rewritten

        side = SIDES.index(work.text(address, f"{clash}", "title, parts or style"))
        known = {id(nodes[side]): data for nodes, data in done}
        return head + rewritten(roots[side], lambda node: known.get(id(node))) + tail


def _read_as(score: Score) -> str:
    """By what a program tells how to read a score: a label of one version over elements of another is read wrong."""
    version = score.root.get("version")
    if not score.muse_score or version[:1] != "4":
        return version[:1]
    return "4.0" if version < "4.1" else "4.1 to 4.5" if version < "4.6" else version


def _check_wholes(scores: dict[str, Score]) -> None:
    if len({score.muse_score for score in scores.values()}) > 1:
        raise Unmergeable("one side is MusicXML and the other MuseScore's format")
    if len(set(map(_read_as, scores.values()))) > 1:
        versions = ", ".join(f"{name}: {score.root.get('version') or 'none'}" for name, score in scores.items())
        raise Unmergeable(f"the sides were saved in different versions of the format ({versions}); save both with one")


def _part(work: _Merge, at: int, columns: dict[str, list[Column]], order: list[Step]) -> bytes:
    nodes = tuple(work.scores[name].parts[at].node for name in SIDES)
    gaps = {
        name: {id(child): gap for child, (gap, _) in zip(node.children, pieces(node))}
        for name, node in zip(SIDES, nodes)
    }
    found = []
    for step in order:
        if step.from_all is None:
            node = columns[step.side][step.at].cells[at]
            if node is not None:
                found.append((gaps[step.side][id(node)], node.raw))
            continue
        cells = [columns[name][j].cells[at] for name, j in zip(SIDES, step.from_all)]
        base, ours, theirs = cells
        if base is not None and ours is not None and theirs is not None:
            bar = columns["base"][step.from_all[0]].bar
            found.append((gaps["ours"][id(ours)], _frame_or_cell(work, at, bar, step, (base, ours, theirs))))
    return written(nodes[1], found, tag=_tag(nodes))  # type: ignore[arg-type]


def _frame_or_cell(work: _Merge, part: int, bar: int, step: Step, nodes: Nodes) -> bytes:
    if bar:
        return work.cell(work.scores["base"].parts[part], bar, nodes)
    try:
        return work.tree(nodes)
    except Clash as clash:
        at = 0 if step.from_all is None else step.from_all[0] + 1
        return nodes[SIDES.index(work.text(f"frame:{at}", f"{clash}", "a frame"))].raw


def _tag(nodes: Nodes) -> bytes:
    """The start tag: of the side that changed it, ours where both did; of a measure its number is nobody's edit."""
    base, ours, theirs = (node.data[node.start : node.inner] for node in nodes)
    if key_of(ours) == key_of(base):
        return theirs if key_of(theirs) != key_of(base) else ours
    keys = [key_of(tag, measure=nodes[0].tag.lower() == "measure") for tag in (base, ours, theirs)]
    if keys[2] in keys[:2]:
        return ours
    if keys[1] != keys[0]:
        raise Clash(nodes[0].tag)
    return theirs


def _below(node: Node) -> list[Node]:
    """An element, its children and theirs: as deep as parts can stand."""
    found = [node]
    for child in node.children:
        found += _below(child) if child.tag == "Score" else [child]
    return found


def _partners(
    base: list[Node], base_keys: list[bytes], side: list[Node], side_keys: list[bytes]
) -> tuple[list[int | None], dict[int, list[int]]]:
    """Which child of a side each child of the base has become, and what was added before it."""
    place: list[int | None] = [None] * len(base)
    added: dict[int, list[int]] = {}
    at = b = 0
    for edit in edits(base_keys, side_keys):
        while at < edit.a0:
            place[at] = b
            at, b = at + 1, b + 1
        taken = _same_kind(base[edit.a0 : edit.a1], side[edit.b0 : edit.b1])
        for i, j in taken:
            place[edit.a0 + i] = edit.b0 + j
        free = {j for _, j in taken}
        for j in range(edit.b1 - edit.b0):
            if j not in free:
                gap = edit.a0 + next((i for i, k in taken if k > j), edit.a1 - edit.a0)
                added.setdefault(gap, []).append(edit.b0 + j)
        at, b = edit.a1, edit.b1
    while at < len(base):
        place[at] = b
        at, b = at + 1, b + 1
    return place, added


def _same_kind(old: list[Node], new: list[Node]) -> list[tuple[int, int]]:
    """Elements of one name (and id) in a changed stretch: the nth of them on both sides, where both have as many."""
    names = [[(node.tag, node.get("name") or node.get("id")) for node in side] for side in (old, new)]
    common = [name for name in dict.fromkeys(names[0]) if names[0].count(name) == names[1].count(name)]
    pairs = [
        pair
        for name in common
        for pair in zip(*([at for at, found in enumerate(side) if found == name] for side in names))
    ]
    kept: list[tuple[int, int]] = []
    for pair in sorted(pairs):
        if not kept or pair[1] > kept[-1][1]:
            kept.append(pair)
    return kept


# Words, numbers and checks -------------------------------------------------------------------------------------------


def _address(columns: list[Column], region: tuple[int, int]) -> str:
    bars = [column.bar for column in columns[region[0] : max(region[1], region[0] + 1)] if column.bar]
    if not bars:
        return "measures:end"
    return f"measures:{bars[0]}" if bars[0] == bars[-1] or region[0] == region[1] else f"measures:{bars[0]}-{bars[-1]}"


def _told(scores: dict[str, Score], matchings: dict[str, Matching], region: tuple[int, int]) -> tuple[str, str, str]:
    told = []
    for side in SIDES[1:]:
        found = matchings[side]
        new = sum(len(js) for gap, js in found.added.items() if region[0] <= gap <= region[1])
        cut = sum(place is None for place in found.place[region[0] : region[1]])
        texts = [f"{new} bar{'s' * (new != 1)} inserted"] * bool(new) + [f"{cut} bar{'s' * (cut != 1)} cut"] * bool(cut)
        told.append(" and ".join(texts) or "bars edited")
    bars = scores["base"].columns[region[0] : max(region[1], region[0] + 1)]
    where = f"at bar {bars[0].bar}" if bars and bars[0].bar else "at the end"
    return (where, f"{told[0]} {where}", f"{told[1]} {where}")


def _structure(found: Matching) -> bool:
    return bool(found.added) or None in found.place


_NUMBER = regex(rb"(<measure\b[^>]*?\snumber=\")(\d+)(\")")


def _in_sequence(score: Score) -> bool:
    """True when the measures of every part are numbered one after the other; MuseScore writes no numbers."""
    for part in score.parts:
        numbers = [int(found[2]) for found in _NUMBER.finditer(score.data, part.node.start, part.node.end)]
        if len(numbers) != len(score.columns) or numbers != list(range(numbers[0], numbers[0] + len(numbers))):
            return False
    return True


def _renumbered(part: bytes) -> bytes:
    """Measures numbered one after the other again; each side counted only what it inserted or cut itself."""
    start = _NUMBER.search(part)
    if start is None:
        return part
    numbers = count(int(start[2]))
    return _NUMBER.sub(lambda found: found[1] + str(next(numbers)).encode() + found[3], part)
