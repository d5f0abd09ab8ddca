"""Three-way merge of syntax trees as nested lists of items.

Items are matched by identity, then by text, then by likeness; lists are merged as sequences of matched items. What both
sides added at one place stands side by side only where order carries no meaning; a deletion against an edit is a
conflict; only items that both sides changed are looked into.
"""

from __future__ import annotations

import re
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise

from muse.core.late import regex
from muse.core.markers import Chunk, Conflict, conflict_size
from muse.core.sequences import edits, regions
from muse.plugins.code.languages.table import Language
from muse.plugins.code.merge.hunks import merge_lines
from muse.plugins.code.merge.likeness import likeness
from muse.plugins.code.merge.sorting import in_order, sort_key, sorted_by_place
from muse.plugins.code.syntax.keyed_lines import line_parts
from muse.plugins.code.syntax.parsing import TooSlowError, count_errors, parse
from muse.plugins.code.syntax.tree import Box, Item, Key, Part, both_filled, whole_file
from muse.plugins.code.syntax.window import window

_MAX_DEPTH = 60
_LARGE = 100_000
_RENAMED = 0.65
_REWRITTEN = 0.5


def merge_trees(language: Language, base: bytes, ours: bytes, theirs: bytes, until: float) -> list[Chunk] | None:
    """The merged file as chunks; None when a version cannot be parsed, a side broke what the base had right, or time
    runs out. (Where a bracket is missing, the tree puts half of the file into the wrong list.)"""
    cut = window(language, base, ours, theirs, until)
    if cut is None:
        return None
    head, tail = cut
    if not head and not tail:
        return _merge_trees(language, base, ours, theirs, until)
    parts = [data[head : len(data) - tail] for data in (base, ours, theirs)]
    inner = _merge_trees(language, parts[0], parts[1], parts[2], until)
    return None if inner is None else [base[:head], *inner, base[len(base) - tail :]]


def _merge_trees(language: Language, base: bytes, ours: bytes, theirs: bytes, until: float) -> list[Chunk] | None:
    versions = []
    allowed: int | None = None
    try:
        for data in (base, ours, theirs):
            if language.lines:
                versions.append(line_parts(language, data))
                continue
            tree = parse(language, data, until)
            errors = 0 if tree is None else count_errors(language, tree.root_node)
            if tree is None or (allowed is not None and errors > allowed):
                return None
            allowed = errors if allowed is None else allowed
            versions.append(whole_file(language, data, tree.root_node, until))
        return _Merge(until, language).parts(versions[0], versions[1], versions[2], 0)
    except TooSlowError:
        return None


def _nothing(_: object) -> bool:
    """No item is too common to tell two places apart: each has a number of its own."""
    return False


def _never(_: object, __: object) -> bool:
    """An item replaced by another one was rewritten; what was only edited kept its number."""
    return False


class _Merge:
    def __init__(self, until: float, language: Language) -> None:
        self.until = until
        self.cases = language.cases
        self.lines = partial(merge_lines, indented=language.indented, comment=language.comment_line)

    def parts(self, base: list[Part], ours: list[Part], theirs: list[Part], depth: int) -> list[Chunk]:
        """Raw text and lists, one after the other; as one text when the three are not built alike."""
        shapes = [[part.type if isinstance(part, Box) else "" for part in side] for side in (base, ours, theirs)]
        flat = [_flat(side) for side in (base, ours, theirs)]
        alike = shapes[0] == shapes[1] == shapes[2] and not any(map(both_filled, base, ours, theirs))
        if not alike or len(base) == 1 or depth > _MAX_DEPTH:
            return self.lines(*flat)
        if time.monotonic() > self.until:
            raise TooSlowError
        out: list[Chunk] = []
        for b, o, t in zip(base, ours, theirs, strict=True):
            if isinstance(b, Box) and isinstance(o, Box) and isinstance(t, Box):
                out += self.boxes(b, o, t, depth)
            elif isinstance(b, bytes) and isinstance(o, bytes) and isinstance(t, bytes):
                out += self.lines(b, o, t)
        if not conflict_size(out) or (depth == 0 and len(flat[0]) > _LARGE):  # Git's hunks by token are nearly that
            return out
        plain = self.lines(*flat)
        return plain if conflict_size(plain) < conflict_size(out) else out

    def boxes(self, b: Box, o: Box, t: Box, depth: int) -> list[Chunk]:
        """One list: merged as a sequence of matched items."""
        whole = b.bytes(), o.bytes(), t.bytes()
        if whole[0] == whole[2] or whole[1] == whole[2]:
            return [whole[1]]
        if whole[0] == whole[1]:
            return [whole[2]]
        numbering = _Numbering(b.items, o.items, t.items)
        placed = self._order(b, numbering)
        if placed is None:
            return self.lines(*whole)
        lists = (b, o, t)
        frames = [box if box.items or not placed else b for box in lists]  # what emptied a list closed it up
        out: list[Chunk] = list(self.lines(*(box.head for box in frames)))
        written = 0
        for entry in placed:
            body = self._entry(entry, numbering, lists, depth, first=not written)
            if body is None:
                continue
            if b.separator and written:
                out.append(b.separator)
            out += body
            written += 1
        was, mine, its = (box.trailing for box in frames)
        trailing = mine if was == its else its
        if b.separator and trailing and written:
            out.append(b.separator)
        return [*out, *self.lines(*(box.tail for box in frames))]

    def _order(self, box: Box, numbering: _Numbering) -> list[_Entry] | None:
        """Which item or conflict comes when; None when the lists cannot be put in one order without losing one."""
        b, o, t = numbering.ids
        out: list[_Entry] = []
        for kind, b0, b1, o0, o1, t0, t1 in regions(b, o, t, weak=_nothing, firm=_never):
            if kind != "conflict":
                out.extend(t[t0:t1] if kind == "theirs" else o[o0:o1])
                continue
            slices = b[b0:b1], o[o0:o1], t[t0:t1]
            merged = _side_by_side(box, numbering, *slices)
            if merged is None:
                if box.separator:
                    return None
                out.append(slices)
            else:
                out.extend(merged)
        return out if numbering.complete(out) and not _falls_elsewhere(numbering, self.cases) else None

    def _entry(
        self, entry: _Entry, numbering: _Numbering, lists: tuple[Box, Box, Box], depth: int, *, first: bool
    ) -> list[Chunk] | None:
        if isinstance(entry, tuple):
            texts = [
                b"".join(numbering.of(side, id_).lead + numbering.of(side, id_).text for id_ in ids)
                for side, ids in enumerate(entry)
            ]
            return self.lines(texts[0], texts[1], texts[2])
        b, o, t = (numbering.find(side, entry) for side in range(3))
        body = self._item(b, o, t, depth)
        if body is None:
            return None
        leading, taken = _leading(b, o, t), o or t
        lead = leading.lead if leading is not None else b""
        if taken is not None:
            was_first = any(box.items and box.items[0] is leading for box in lists)
            if first != was_first:
                lead = _other_lead(lists, lead, first=first)
                if not first and taken.key is not None and taken.key[0] == "item" and not b:
                    lead = _beside(lists, lead)
        return [lead, *body]

    def _item(self, b: Item | None, o: Item | None, t: Item | None, depth: int) -> list[Chunk] | None:
        """One item in its three versions; None when it is gone."""
        if b is None:
            if o is None or t is None:
                only = o or t
                return [only.text] if only is not None else None
            if o.words == t.words:
                return [o.text]
            if _one_heading(o, t):
                return self.parts([o.parts[0], Box("lines", False, b""), b""], o.parts, t.parts, depth + 1)
            return [Conflict(b"", o.text, t.text, note=_named(o, "both added"))]
        if o is None or t is None:
            kept = o or t
            if kept is None or kept.words == b.words:
                return None
            note = _named(b, "deleted here, changed there" if o is None else "changed here, deleted there")
            return [Conflict(b.text, o.text if o else b"", t.text if t else b"", note=note)]
        if b.text == t.text or o.text == t.text:
            return [o.text]
        if b.text == o.text:
            return [t.text]
        return self.parts(b.parts, o.parts, t.parts, depth + 1)


def _one_heading(ours: Item, theirs: Item) -> bool:
    """True for two sections of a text under one heading, spelled alike: what stands in them may stand together."""
    prose = ours.source.language.lines[:1] == ("prose",)
    return prose and ours.type == theirs.type == "section" and ours.parts[0] == theirs.parts[0] and len(ours.parts) > 1


_Entry = int | tuple[list[int], list[int], list[int]]


def _flat(parts: Sequence[Part]) -> bytes:
    return b"".join(part.bytes() if isinstance(part, Box) else part for part in parts)


def _named(item: Item, verdict: str) -> str:
    key = item.key
    return f"{key[0]} {key[1]}: {verdict}" if key is not None and len(key) > 1 and len(key[1]) < 60 else verdict


def _leading(b: Item | None, o: Item | None, t: Item | None) -> Item | None:
    """The version whose white space stands before an item: that of whoever changed it, ours when both did."""
    if o is None or t is None:
        return o or t or b
    return t if b is not None and b.lead == o.lead else o


def _other_lead(lists: tuple[Box, Box, Box], lead: bytes, *, first: bool) -> bytes:
    """White space as the list uses it before its first item, or before a later one."""
    for box in lists:
        leads = [item.lead for item in (box.items[:1] if first else box.items[1:])]
        if leads:
            return leads[0]
    return lead if first or lead else b"\n"


def _beside(lists: tuple[Box, Box, Box], lead: bytes) -> bytes:
    """White space before an item of a list that stood first in its section: a line end, where no list says more."""
    known = any(len(box.items) > 1 for box in lists)
    return lead if known else b"\n" + lead.rpartition(b"\n")[2]


class _Numbering:
    """One number per element across the three versions."""

    def __init__(self, base: list[Item], ours: list[Item], theirs: list[Item]) -> None:
        self.sides = (base, ours, theirs)
        to_ours, to_theirs = match_items(base, ours), match_items(base, theirs)
        ids_o, ids_t = {j: i for i, j in to_ours.items()}, {j: i for i, j in to_theirs.items()}
        fresh = len(base)
        for i, j in match_items(ours, theirs, strictly=True).items():
            if i not in ids_o and j not in ids_t:
                ids_o[i] = ids_t[j] = fresh
                fresh += 1
        for ids, items in ((ids_o, ours), (ids_t, theirs)):
            for index in range(len(items)):
                if index not in ids:
                    ids[index] = fresh
                    fresh += 1
        self.ids = (
            list(range(len(base))),
            [ids_o[i] for i in range(len(ours))],
            [ids_t[i] for i in range(len(theirs))],
        )
        self._at = tuple({id_: place for place, id_ in enumerate(ids)} for ids in self.ids)

    def find(self, side: int, id_: int) -> Item | None:
        """The element in one version, None when that version lacks it."""
        place = self._at[side].get(id_)
        return None if place is None else self.sides[side][place]

    def of(self, side: int, id_: int) -> Item:
        """The element in a version that has it."""
        return self.sides[side][self._at[side][id_]]

    def has(self, side: int, id_: int) -> bool:
        """True when that version has the element."""
        return id_ in self._at[side]

    def place_of(self, side: int, run: list[int]) -> tuple[list[Item], int, int]:
        """A version's items, and the first and last place there of some that follow each other."""
        return self.sides[side], self._at[side][run[0]], self._at[side][run[-1]]

    def around(self, side: int, run: list[int]) -> tuple[int, int]:
        """Between which of the base's elements that version has a run. What replaced an element stands before what the
        other version put behind it."""
        ids = self.ids[side]
        before, behind = ids[self._at[side][run[0]] :: -1], ids[self._at[side][run[-1]] :]
        low, high = (next((i for i in part if self.has(0, i)), None) for part in (before, behind))
        return -1 if low is None else low, len(self.ids[0]) if high is None else high

    def complete(self, entries: Sequence[_Entry]) -> bool:
        """True when each element stands at one place at most, and none is missing that should be there."""
        seen: set[int] = set()
        for entry in entries:
            for id_ in {entry} if isinstance(entry, int) else {i for ids in entry for i in ids}:
                if id_ in seen:
                    return False
                seen.add(id_)
        base, ours, theirs = (set(ids) for ids in self.ids)
        wanted = (ours & theirs) | (ours - base) | (theirs - base)
        deleted_edited = {i for i in (base & ours) - theirs if self.of(0, i).words != self.of(1, i).words}
        deleted_edited |= {i for i in (base & theirs) - ours if self.of(0, i).words != self.of(2, i).words}
        missing = deleted_edited - seen
        if missing:
            return False
        return wanted <= seen


def _falls_elsewhere(numbering: _Numbering, cases: tuple[bytes, ...]) -> bool:
    """True when one side changed how a case of a switch ends, and the other put a new case behind it: what falls
    through, or no longer does, was meant for the case that stood there."""
    if not cases:
        return False
    begins = re.compile(rb"(?:%b)\b" % b"|".join(map(re.escape, cases)))
    sides = numbering.ids[1:]
    for side, other in ((1, 2), (2, 1)):
        ids = sides[other - 1]
        for id_, behind in pairwise(ids):
            if numbering.has(0, behind) or not (numbering.has(0, id_) and numbering.has(side, id_)):
                continue
            was, now = numbering.of(0, id_).text, numbering.of(side, id_).text
            if begins.match(was) and begins.match(numbering.of(other, behind).text) and _end(was) != _end(now):
                return True
    return False


def _end(text: bytes) -> bytes:
    return text.rstrip().rpartition(b"\n")[2].strip()


def _side_by_side(box: Box, numbering: _Numbering, b: list[int], o: list[int], t: list[int]) -> list[int] | None:
    """Both sides' items in one order, where order carries no meaning; None where it does."""
    new_o = [i for i in o if not numbering.has(0, i) and not numbering.has(2, i)]
    new_t = [i for i in t if not numbering.has(0, i) and not numbering.has(1, i)]
    fresh = [*(numbering.of(1, i) for i in new_o), *(numbering.of(2, i) for i in new_t)]
    if (
        new_o
        and new_t
        and not (box.free or all(item.is_free for item in fresh) or _begin_with_imports(numbering, new_o, new_t))
    ):
        return None
    known = [numbering.of(0, i) for i in b]
    if not (new_o and new_t) and not (box.free or all(item.is_free for item in [*known, *fresh])):
        return None
    if len({item.key[:2] for item in fresh if item.key is not None and item.key[0] == "free"}) > 1:
        return None
    gone = (i for i in b if not numbering.has(1, i) and not numbering.has(2, i))
    if new_o and new_t and any(numbering.of(0, i).renames for i in gone):
        return None  # both replaced the same item, each by one of their own
    mine = [i for i in o if numbering.has(2, i) or not numbering.has(0, i) or _edited(numbering, 1, i)]
    other = [i for i in t if numbering.has(1, i) or not numbering.has(0, i) or _edited(numbering, 2, i)]
    shared = [i for i in mine if i in set(other)]
    if shared != [i for i in other if i in set(mine)]:
        if not box.free or any(numbering.has(0, i) for i in shared):
            return None
        other = [i for i in other if i not in set(shared)]  # both put the same in, in another order
    return _woven(mine, other, numbering)


def _begin_with_imports(numbering: _Numbering, ours: list[int], theirs: list[int]) -> bool:
    """True when one side put in imports alone, and the other imports and then something else."""
    runs = [[numbering.of(side, i).is_import for i in ids] for side, ids in ((1, ours), (2, theirs))]
    return any(map(all, runs)) and all(run[0] and run == sorted(run, reverse=True) for run in runs)


def _edited(numbering: _Numbering, side: int, id_: int) -> bool:
    return numbering.of(0, id_).words != numbering.of(side, id_).words


def _woven(mine: list[int], other: list[int], numbering: _Numbering) -> list[int]:
    """Two orders that agree on what they share, as one: ours first at each place, or sorted where both are."""
    shared = set(mine) & set(other)
    out: list[int] = []
    i = j = 0
    while i < len(mine) or j < len(other):
        run_o, run_t = [], []
        while i < len(mine) and mine[i] not in shared:
            run_o.append(mine[i])
            i += 1
        while j < len(other) and other[j] not in shared:
            run_t.append(other[j])
            j += 1
        out += _sorted_run(run_o, run_t, numbering)
        if i < len(mine):
            out.append(mine[i])
        i, j = i + 1, j + 1
    return out


def _sorted_run(run_o: list[int], run_t: list[int], numbering: _Numbering) -> list[int]:
    if not run_o or not run_t:
        return run_o + run_t
    items = [*((1, i) for i in run_o), *((2, i) for i in run_t)]
    by_place = sorted_by_place(items, numbering.of)
    if by_place is not None:
        return [i for _, i in by_place]
    for falling in (False, True):
        if all(in_order(*numbering.place_of(side, run), falling) for side, run in ((1, run_o), (2, run_t))):
            return [i for _, i in sorted(items, key=lambda pair: sort_key(numbering.of(*pair)), reverse=falling)]
    code = [any(not numbering.of(side, i).is_import for i in run) for side, run in ((1, run_o), (2, run_t))]
    if code[0] > code[1] or (code[0] == code[1] and numbering.around(2, run_t) < numbering.around(1, run_o)):
        items = items[len(run_o) :] + items[: len(run_o)]
    return [i for _, i in sorted(items, key=lambda pair: not numbering.of(*pair).is_import)]


def match_items(a: list[Item], b: list[Item], *, strictly: bool = False) -> dict[int, int]:
    """Index in `a` -> index in `b` of the same element. `strictly`: by identity and text only, no guesses."""
    pairs: dict[int, int] = {}
    _by(pairs, a, b, lambda item: None if item.key is None else (*item.key, item.words.decode("latin-1")))
    _by(pairs, a, b, lambda item: item.key)
    if not strictly:
        _renamed(pairs, a, b)
    _in_sequence(pairs, a, b, strictly)
    return pairs


def _by(pairs: dict[int, int], a: list[Item], b: list[Item], identity: Callable[[Item], Key | None]) -> None:
    """Pair items of equal identity, the first with the first."""
    taken = set(pairs.values())
    where: dict[Key, list[int]] = defaultdict(list)
    for j, item in enumerate(b):
        if j not in taken and (key := identity(item)) is not None:
            where[key].append(j)
    for i, item in enumerate(a):
        if i not in pairs and (key := identity(item)) is not None and where.get(key):
            pairs[i] = where[key].pop(0)


def _renamed(pairs: dict[int, int], a: list[Item], b: list[Item]) -> None:
    taken = set(pairs.values())
    left = [i for i, item in enumerate(a) if i not in pairs and item.key is not None and item.renames]
    right = [j for j, item in enumerate(b) if j not in taken and item.key is not None]
    if len(left) * len(right) > 2500:
        return
    found = []
    for i in left:
        for j in right:
            if a[i].type == b[j].type and not a[i].is_import and not _another_release(a[i], b[j]):
                score = likeness(a[i].text, b[j].text)
                if score >= _RENAMED:
                    found.append((-score, i, j))
    equals = Counter((score, i) for score, i, _ in found)
    for score, i, j in sorted(found):
        if i not in pairs and j not in taken and equals[score, i] == 1:  # of two copies nothing tells which it became
            pairs[i] = j
            taken.add(j)


_RELEASE = regex(rb"\d+(?:\.\d+)+|\d{4}-\d\d-\d\d|unreleased", re.I)


def _another_release(a: Item, b: Item) -> bool:
    """True for headings of two releases, or of one before and after it was made: what the other side writes down then
    belongs to the next one."""
    if a.type != "section" or a.source.language.lines[:1] != ("prose",):
        return False
    one, two = (_RELEASE.findall(item.key[1].encode()) if item.key is not None else [] for item in (a, b))
    return bool(one or two) and one != two


def _in_sequence(pairs: dict[int, int], a: list[Item], b: list[Item], strictly: bool) -> None:
    """Statements: by equal text in order, then what is alike in the gaps between."""
    taken = set(pairs.values())
    left = [i for i in range(len(a)) if i not in pairs and a[i].key is None]
    right = [j for j in range(len(b)) if j not in taken and b[j].key is None]
    i = j = 0
    gaps = edits([a[x].words for x in left], [b[y].words for y in right])
    for edit in [*gaps, None]:
        end = edit.a0 if edit is not None else len(left)
        while i < end:
            pairs[left[i]] = right[j]
            i, j = i + 1, j + 1
        if edit is None:
            break
        if not strictly:
            _alike(pairs, a, b, left[edit.a0 : edit.a1], right[edit.b0 : edit.b1])
        i, j = edit.a1, edit.b1


def _alike(pairs: dict[int, int], a: list[Item], b: list[Item], left: list[int], right: list[int]) -> None:
    """Pair what is alike, in order, so that all pairs together are as much alike as can be: taken one by one, an item
    whose own counterpart is gone would take its neighbour's, and every item after it the next one's."""
    if len(left) * len(right) > 400:
        return
    scores = [[likeness(a[i].text, b[j].text) if a[i].type == b[j].type else 0.0 for j in right] for i in left]
    best = [[0.0] * (len(right) + 1) for _ in range(len(left) + 1)]
    for x in reversed(range(len(left))):
        for y in reversed(range(len(right))):
            paired = scores[x][y] + best[x + 1][y + 1] if scores[x][y] >= _REWRITTEN else 0.0
            best[x][y] = max(paired, best[x + 1][y], best[x][y + 1])
    x = y = 0
    while x < len(left) and y < len(right):
        if scores[x][y] >= _REWRITTEN and best[x][y] == scores[x][y] + best[x + 1][y + 1]:
            pairs[left[x]] = right[y]
            x, y = x + 1, y + 1
        elif best[x][y] == best[x + 1][y]:
            x += 1
        else:
            y += 1
