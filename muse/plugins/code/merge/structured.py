"""Three-way merge of syntax trees as nested lists of items.

Items are matched by identity, then by text, then by likeness; lists are merged as sequences of matched items. What both
sides added at one place stands side by side only where order carries no meaning; a deletion against an edit is a
conflict; only items that both sides changed are looked into.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Sequence
from functools import partial
from itertools import pairwise

from muse.core.markers import Chunk, Conflict, conflict_size
from muse.core.sequences import regions
from muse.plugins.code.languages.table import Language
from muse.plugins.code.merge.hunks import merge_lines
from muse.plugins.code.merge.matching import Entry, Numbering
from muse.plugins.code.merge.side_by_side import side_by_side
from muse.plugins.code.syntax.keyed_lines import line_parts
from muse.plugins.code.syntax.parsing import TooSlowError, count_errors, parse
from muse.plugins.code.syntax.tree import Box, Item, Part, both_filled, whole_file
from muse.plugins.code.syntax.window import window

_MAX_DEPTH = 60
_LARGE = 100_000


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
        flat = [_flat(side) for side in (base, ours, theirs)]
        base, ours, theirs = _with_the_same_lists(base, ours, theirs)
        if len(base) == 1 or depth > _MAX_DEPTH or any(map(both_filled, base, ours, theirs)):
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
        numbering = Numbering(b.items, o.items, t.items)
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

    def _order(self, box: Box, numbering: Numbering) -> list[Entry] | None:
        """Which item or conflict comes when; None when the lists cannot be put in one order without losing one."""
        b, o, t = numbering.ids
        out: list[Entry] = []
        for kind, b0, b1, o0, o1, t0, t1 in regions(b, o, t, weak=_nothing, firm=_never):
            if kind != "conflict":
                out.extend(_without_twice(t[t0:t1], box, numbering) if kind == "theirs" else o[o0:o1])
                continue
            slices = b[b0:b1], o[o0:o1], t[t0:t1]
            merged = side_by_side(box, numbering, *slices)
            if merged is None:
                if box.separator:
                    return None
                out.append(slices)
            else:
                out.extend(merged)
        return out if numbering.complete(out) and not _falls_elsewhere(numbering, self.cases) else None

    def _entry(
        self, entry: Entry, numbering: Numbering, lists: tuple[Box, Box, Box], depth: int, *, first: bool
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
        if b is None and (o is None) != (t is None) and lists[0].separator:
            lead = _as_laid_out(lists, 2 if o is None else 1, lead)
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
            return self._both_added(o, t, depth)
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

    def _both_added(self, o: Item, t: Item, depth: int) -> list[Chunk]:
        """What both sides put in under one name."""
        if o.words == t.words:
            return [o.text]
        if _one_heading(o, t):
            return self.parts([o.parts[0], Box("lines", False, b""), b""], o.parts, t.parts, depth + 1)
        return [Conflict(b"", o.text, t.text, note=_named(o, "both added"))]


def _one_heading(ours: Item, theirs: Item) -> bool:
    """True for two sections of a text under one heading, spelled alike: what stands in them may stand together."""
    prose = ours.source.language.lines[:1] == ("prose",)
    return prose and ours.type == theirs.type == "section" and ours.parts[0] == theirs.parts[0] and len(ours.parts) > 1


def _with_the_same_lists(*versions: list[Part]) -> list[list[Part]]:
    """The parts of three versions; a list of a kind that not all have equally often is text (an annotation, `throws`),
    and all is where those that are left do not follow each other alike."""
    counts = [Counter(part.type for part in parts if isinstance(part, Box)) for parts in versions]
    odd = {kind for count in counts for kind in count if len({each[kind] for each in counts}) > 1}
    found = [_as_text(parts, odd) for parts in versions] if odd else list(versions)
    shapes = [[part.type if isinstance(part, Box) else "" for part in parts] for parts in found]
    return found if shapes[0] == shapes[1] == shapes[2] else [[_flat(parts)] for parts in versions]


def _as_text(parts: list[Part], kinds: set[str]) -> list[Part]:
    """The parts with the lists of some kinds put into the text around them."""
    out: list[Part] = []
    for part in parts:
        text = part.bytes() if isinstance(part, Box) and part.type in kinds else part
        before = out[-1] if out else None
        if isinstance(text, bytes) and isinstance(before, bytes):
            out[-1] = before + text
        else:
            out.append(text)
    return out


def _flat(parts: Sequence[Part]) -> bytes:
    return b"".join(part.bytes() if isinstance(part, Box) else part for part in parts)


def _without_twice(run: list[int], box: Box, numbering: Numbering) -> list[int]:
    """What theirs put in, without what ours put in too, at another place, where all of it may stand at any."""
    if not box.free and any(numbering.has(0, i) or not numbering.of(2, i).is_free for i in run):
        return run
    return [i for i in run if numbering.has(0, i) or not numbering.has(1, i)]


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
    return lead if first or lead else b" " if lists[0].separator else b"\n"


def _as_laid_out(lists: tuple[Box, Box, Box], side: int, lead: bytes) -> bytes:
    """White space before what one side put in: as the other side laid the list out anew, where it did."""
    was, own, other = (_layout(lists[at]) for at in (0, side, 3 - side))
    known = was == own == lead if was is not None else len(lists[0].items) == 1 and b"\n" not in lead
    return other if known and other is not None else lead


def _layout(box: Box) -> bytes | None:
    """The white space before every item of a list but the first, where it is the same."""
    leads = {item.lead for item in box.items[1:]}
    return leads.pop() if len(leads) == 1 else None


def _beside(lists: tuple[Box, Box, Box], lead: bytes) -> bytes:
    """White space before an item of a list that stood first in its section: a line end, where no list says more."""
    known = any(len(box.items) > 1 for box in lists)
    return lead if known else b"\n" + lead.rpartition(b"\n")[2]


def _falls_elsewhere(numbering: Numbering, cases: tuple[bytes, ...]) -> bool:
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
