"""The three-way merge of two projects: entry by entry, down to single values, and checked afterwards.

What one side changed is that side's, byte for byte. Where both changed an element its parts are matched and merged; a
value, a text or a whole that both changed is a question. The result is taken as clean only where it says what the base
says, without what either side took out and with what either put in, each once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from muse.core.terminal import command
from muse.core.xml_tree import Node, pieces, written
from muse.domain import ConflictRecord, FileMerge
from muse.plugins.daw import clips, ids, reaper, sends, words
from muse.plugins.daw.formats import DAWPROJECT, LIVE, REAPER, Format
from muse.plugins.daw.laws import Three, Unmergeable, check, check_edits, check_sides, read
from muse.plugins.daw.order import arranged, in_time
from muse.plugins.daw.tree import (
    address_of,
    at_odds,
    fields,
    key_of,
    keyed,
    matched,
    numbers_in,
    plain,
    same,
    small,
    word_of,
)

SIDES = ("base", "ours", "theirs")
_MOST = 4  # questions about one entry: where there are more, the entry as a whole is the question


class Merge:
    """One merge under way: its format, the picks, and the questions so far."""

    def __init__(self, path: str, form: Format, roots: Three, picks: Mapping[str, str]) -> None:
        self.path, self.form, self.picks = path, form, picks
        self.roots = roots
        self.conflicts: list[ConflictRecord] = []
        self.asked = 0
        self.addresses: Counter[str] = Counter()

    def ask(self, kind: str, address: str, summaries: tuple[str, str, str]) -> int:
        """Which version a pick takes (0, 1, 2); without a pick a conflict is noted and it is ours."""
        self.asked += 1
        self.addresses[address] += 1
        address += f"#{self.addresses[address]}" if self.addresses[address] > 1 else ""
        pick = self.picks.get(address)
        if pick in SIDES:
            return SIDES.index(pick)
        record = ConflictRecord(path=self.path, conflict_type=kind, address=address, addresses=[address])
        record.dimension = "project"
        record.base_summary, record.ours_summary, record.theirs_summary = (text or "nothing" for text in summaries)
        record.hint = command("muse", "resolve", "--pick", f"{address}=theirs", paths=[self.path])
        self.conflicts.append(record)
        return 1

    def element(self, at: str, names: words.Names, nodes: Three) -> bytes:
        """One element that all three have."""
        base, ours, theirs = nodes
        equal = same if small(base) else _to_the_byte
        if equal(self.form, ours, theirs) or equal(self.form, base, theirs):
            return ours.raw
        if equal(self.form, base, ours):
            return theirs.raw
        if base.tag in self.form.view:
            return ours.raw
        if base.tag in self.form.counters:
            return max(ours.raw, theirs.raw, key=lambda raw: numbers_in([v for _, v, *_ in _numbers(self.form, raw)]))
        inner = names.entered(base)
        if at_odds(self.form, nodes):
            return nodes[self._which("entry_whole", at, inner, nodes)].raw
        if not inner.is_entry:
            return self._parts(at, inner, nodes)
        asked, count, before = len(self.conflicts), self.asked, self.addresses.copy()
        raw = self._parts(at, inner, nodes)
        if self.asked - count > _MOST:
            del self.conflicts[asked:]
            self.asked = count
            self.addresses = before
            return nodes[self._which("entry_whole", at, inner, nodes)].raw
        return raw

    def _which(self, kind: str, at: str, names: words.Names, nodes: Three) -> int:
        told = [words.between(self.form, names, nodes[0], side) for side in nodes[1:]]
        return self.ask(kind, at, (words.value(self.form, names, nodes[0]), told[0], told[1]))

    def _parts(self, at: str, names: words.Names, nodes: Three) -> bytes:
        texts = [node.data[node.inner : node.tail].strip() for node in nodes if not node.children]
        if self.form.wholes.match(nodes[0].tag) or len(texts) == 3 or any(texts):
            side = self._inside(nodes) if any(texts) or len(texts) < 3 else 1
            if not side:
                return nodes[self._which("entry_value", at, names, nodes)].raw
            return self._start(at, names, nodes) + nodes[side].raw[nodes[side].inner - nodes[side].start :]
        start = self._start(at, names, nodes)
        found = self._children(at, names, nodes)
        if found is None:
            return nodes[self._which("entry_order", at, names, nodes)].raw
        return written(nodes[1], found, tag=start)

    def _inside(self, nodes: Three) -> int:
        """The side that alone changed what is inside (ours for none), or 0 where both did."""
        inner = [plain(self.form, node.raw[node.inner - node.start :]) for node in nodes]
        if inner[2] in inner[:2]:
            return 1
        return 2 if inner[0] == inner[1] and all(node.inner < node.end for node in nodes) else 0

    def _start(self, at: str, names: words.Names, nodes: Three) -> bytes:
        """The start tag, or the line, with the values that each side changed."""
        form = self.form
        starts = [node.data[node.start : node.inner] for node in nodes]
        if starts[1] == starts[2] or form.noise.sub(b"", starts[0]) == form.noise.sub(b"", starts[2]):
            return starts[1]
        if form.noise.sub(b"", starts[1]) in (form.noise.sub(b"", starts[0]), form.noise.sub(b"", starts[2])):
            return starts[2] if form.noise.sub(b"", starts[1]) == form.noise.sub(b"", starts[0]) else starts[1]
        rows = [fields(form, start) for start in starts]
        if [row[0] for row in rows[0]] != [row[0] for row in rows[1]] or [row[0] for row in rows[1]] != [
            row[0] for row in rows[2]
        ]:
            return starts[self._which("entry_value", f"{at}@", names, nodes)]
        out, end = b"", 0
        for was, mine, other in zip(*rows):
            value = other[1] if mine[1] == was[1] else mine[1]
            if other[1] not in (was[1], mine[1]) and mine[1] != was[1]:
                told = tuple(words.field(names, nodes[0], was[0], row[1]) for row in (was, mine, other))
                address = f"{at}@{was[0]}"
                value = (was, mine, other)[self.ask("entry_value", address, (told[0], told[1], told[2]))][1]
            out, end = out + starts[1][end : mine[2]] + value, mine[3]
        return out + starts[1][end:]

    def _children(self, at: str, names: words.Names, nodes: Three) -> list[tuple[bytes, bytes]] | None:
        """The parts of an element with the gap before each; None where both sides chose an order of their own."""
        form, kids = self.form, [node.children for node in nodes]
        gaps = [pieces(node) for node in nodes]
        keys = [keyed(form, node, node.children) for node in nodes]
        left, right = matched(form, nodes[0], nodes[1]), matched(form, nodes[0], nodes[2])
        twins = self._twins(nodes, keys, (left, right))
        order = arranged(
            (len(kids[0]), len(kids[1]), len(kids[2])), (left, right), twins,
            free=nodes[0].tag in form.lists, heap=nodes[0].tag in form.heaps,
        )  # fmt: skip
        if order is None:
            return None
        found: list[tuple[bytes, bytes]] = []
        for side, place in order:
            child = kids[side][place]
            below = names.child(nodes[side], child)
            where = address_of(at, keys[side][place])
            if side:
                raw = child.raw
                if side == 1 and place in twins:
                    raw = self._twin(where, below, child, kids[2][twins[place]])
                found.append((gaps[side][place][0], raw))
                continue
            i, j = left.get(place), right.get(place)
            if i is not None and j is not None:
                raw = self.element(where, below, (child, kids[1][i], kids[2][j]))
                found.append((gaps[1][i][0], raw))
                continue
            kept = next(((n, at_side) for n, at_side in ((1, i), (2, j)) if at_side is not None), None)
            if kept is None:
                continue
            n, at_side = kept
            if same(form, child, kids[n][at_side]) or child.tag in form.view:
                continue
            told = (
                words.between(form, below.entered(child), child, kids[n][at_side]),
                f"{below.entered(child).called} deleted",
            )
            summaries = ("", told[0], told[1]) if n == 1 else ("", told[1], told[0])
            which = self.ask("entry_delete_edit", where, summaries)
            if which == n or which == 0:
                source = (n, at_side) if which == n else (0, place)
                found.append(gaps[source[0]][source[1]])
        if nodes[0].tag in form.heaps:
            return in_time(found, ([child.raw for child in side] for side in kids))
        return found

    def _twins(
        self, nodes: Three, keys: list[list[tuple[str, ...]]], found: tuple[dict[int, int], dict[int, int]]
    ) -> dict[int, int]:
        """What both sides added under one key: place in ours -> place in theirs."""
        new = [set(range(len(node.children))) - set(pairs.values()) for node, pairs in zip(nodes[1:], found)]
        theirs = {keys[2][j]: j for j in new[1]}
        twins = {}
        for i in sorted(new[0]):
            j = theirs.get(keys[1][i])
            if j is not None and (key_of(self.form, nodes[1].tag, nodes[1].children[i]) is not None
                                  or same(self.form, nodes[1].children[i], nodes[2].children[j])):  # fmt: skip
                twins[i] = j
        return twins

    def _twin(self, at: str, names: words.Names, ours: Node, theirs: Node) -> bytes:
        if same(self.form, ours, theirs):
            return ours.raw
        called = names.entered(ours).called, names.entered(theirs).called
        which = self.ask("entry_both_added", at, ("", f"{called[0]} added", f"{called[1]} added differently"))
        return (b"", ours.raw, theirs.raw)[which]


def _to_the_byte(_form: Format, one: Node, two: Node) -> bool:
    return one.raw == two.raw


def _numbers(form: Format, raw: bytes) -> Iterator[tuple[str, bytes]]:
    for name, value, *_ in fields(form, raw[: raw.find(b">") + 1]):
        yield name, value.strip(b"\"'")


_SILENT = "what one side added sends nothing to the other side's return tracks"


def merge_documents(path: str, form: Format, datas: tuple[bytes, bytes, bytes], picks: Mapping[str, str]) -> FileMerge:
    """The merge of three documents of one format; FormatError where one cannot be read, Unmergeable for wholes."""
    datas = _named(form, datas)
    roots = [form.parse(data) for data in datas]
    versions = [form.version.search(data[:2_000]) for data in datas]
    found = [version[1] if version else b"" for version in versions]
    if found[1] != found[2]:
        shown = [text.decode("utf-8", "replace") for text in found]
        raise Unmergeable(f"saved by two versions of {form.name}: {shown[1]:.20} here, {shown[2]:.20} there")
    check_sides(form, datas, roots)
    other = ids.apart(form, *datas, _added_alike(form, roots))
    if other != datas[2]:
        datas, roots[2] = (datas[0], datas[1], other), form.parse(other)
    other = ids.apart_in_lists(form, *roots)
    if other != datas[2]:
        datas, roots[2] = (datas[0], datas[1], other), form.parse(other)
    nodes: Three = (roots[0], roots[1], roots[2])
    work = Merge(path, form, nodes, picks)
    raw = work.element("", words.Names(form, nodes[1]), nodes)
    result = datas[1][: nodes[1].start] + raw + datas[1][nodes[1].end :]
    result, told = _sound(work, datas, result)
    back = {"Reaper": reaper.receives_by_number, "DAWproject": clips.bare}.get(form.name)
    return FileMerge(result if back is None else back(result), work.conflicts, told)


def _sound(work: Merge, datas: tuple[bytes, bytes, bytes], result: bytes) -> tuple[bytes, list[str]]:
    """The result with what has to be counted, held to the laws where nothing is in question; and what is to be told."""
    form, nodes = work.form, work.roots
    root = None if work.conflicts else read(form, result)
    if root is not None and not work.picks:
        check_edits(form, nodes, root)
    filled = sends.completed(nodes, result) if form is LIVE else result
    if root is not None:
        check(form, datas, nodes, root if filled is result else read(form, filled))
    told = [] if filled is result else [f"{work.path}: {_SILENT}"]
    return _counted(form, filled) if form is LIVE else filled, told


def _named(form: Format, datas: tuple[bytes, bytes, bytes]) -> tuple[bytes, bytes, bytes]:
    """The documents with names where the format counts, or says nothing; they are taken out again at the end."""
    if form is REAPER:
        base, ours, theirs = map(reaper.receives_by_name, datas)
    elif form is DAWPROJECT:
        base, ours, theirs = clips.labelled(datas)
    else:
        return datas
    return base, ours, theirs


def _added_alike(form: Format, roots: list[Node]) -> Iterator[bytes]:
    """Entries that both sides added byte for byte, a track that both took over from somewhere, say."""
    was, mine, other = ({node.raw for node in _entries(form, root)} for root in roots)
    yield from (mine & other) - was


def _entries(form: Format, root: Node) -> Iterator[Node]:
    """The entries in lists of the outermost elements: tracks above all."""
    for child in root.children:
        if word_of(form, root.tag, child):
            yield child
        elif child.tag in form.lists | {"LiveSet"}:
            yield from _entries(form, child)


def _counted(form: Format, result: bytes) -> bytes:
    """Live's next free number, behind all that are there."""
    most = max((numbers_in(space.ids.findall(result)) for space in form.spaces[:1]), default=0)
    mark = b'<NextPointeeId Value="'
    at = result.find(mark) + len(mark)
    end = result.find(b'"', at)
    if at < len(mark) or not result[at:end].isdigit() or int(result[at:end]) > most:
        return result
    return result[:at] + str(most + 1).encode() + result[end:]
