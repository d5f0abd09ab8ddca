"""Merging by entries, where Git's text puts an edit into the wrong one: an entry takes its edits along.

`carried` starts from the side that moved entries about and gives each of them what the other side did to it. Where that
does not come out lawful, `in_dispute` makes whole entries the conflict, and nothing else.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from functools import cached_property
from itertools import accumulate
from typing import NamedTuple

from muse.core.law.align import Thing, align, expand
from muse.core.law.check import Breach
from muse.core.law.entries import Entry
from muse.core.law.look import reorders
from muse.core.markers import Chunk, Conflict
from muse.core.options import MergeOptions
from muse.core.sequences import edits
from muse.core.textmerge import merge_text
from muse.plugins.code.checks.blocks import Twice
from muse.plugins.code.syntax.tokens import common_ends

Sides = tuple[bytes, bytes, bytes]
_HOW = MergeOptions()
_MAX_ENTRIES = 2000
_Piece = tuple[int, int, "Conflict | bytes"]


class Change(NamedTuple):
    """Bytes from `low` to `high` become `text`."""

    low: int
    high: int
    text: bytes


class _UnclearError(Exception):
    """Nothing tells where an edit goes; internal."""


# carried: an entry takes its edits along ---------------------------------------------------------------------------


def carried(outlines: tuple[Entry, Entry, Entry], sides: Sides) -> bytes | None:
    """The file of the one side that moved entries, each with what the other side did to it; None where that is not
    clear."""
    base, ours, theirs = outlines
    moves = [reorders(sides[0], side) for side in sides[1:]]
    if moves[0] == moves[1]:
        return None
    at = 1 if moves[0] else 2
    carrier = _Carrier(sides[0], sides[at], sides[3 - at])
    try:
        carrier.visit(align(base, *((ours, theirs) if moves[0] else (theirs, ours))))
    except _UnclearError:
        return None
    return applied(sides[at], carrier.changes)


def applied(data: bytes, changes: Sequence[Change]) -> bytes | None:
    """The text after the changes; None when two of them meet."""
    out, at = [], 0
    for low, high, text in sorted(changes):
        if low < at:
            return None
        out += [data[at:low], text]
        at = high
    return b"".join([*out, data[at:]])


class _Carrier:
    """Collects what has to become of one side's text so that it has the other side's edits."""

    def __init__(self, base: bytes, mine: bytes, other: bytes) -> None:
        self.base, self.mine, self.other = base, mine, other
        self.changes: list[Change] = []

    def visit(self, root: Thing) -> None:
        """Go down to where the edits are."""
        stack = [root]
        seen = 0
        while stack:
            thing = stack.pop()
            seen += 1
            if seen > _MAX_ENTRIES:
                raise _UnclearError
            if self.settles(thing):
                continue
            expand(thing)
            b, m, o = thing.base, thing.ours, thing.theirs
            if b is None or m is None or o is None:
                raise _UnclearError
            if o.own != b.own and m.own != o.own:
                self.merged(thing)
                continue
            for inner in thing.inner:
                if inner.ours is not None and inner.theirs is not None and inner.base is not None:
                    stack.append(inner)
                else:
                    self.come_or_gone(inner, thing)

    def settles(self, thing: Thing) -> bool:
        """True when nothing is left to do for a thing; what the other side alone changed is taken over."""
        b, m, o = thing.base, thing.ours, thing.theirs
        if b is None or m is None or o is None or o.whole in (b.whole, m.whole):
            return b is not None or m is not None
        if m.whole == b.whole and thing.parent is not None:
            self.replace(m, self.other[o.start : o.end], o)
            return True
        return False

    def replace(self, mine: Entry, text: bytes, other: Entry) -> None:
        """The other side's text in place of mine, where both begin at one depth."""
        if b"\n" in text and _column(self.mine, mine.start) != _column(self.other, other.start):
            raise _UnclearError
        self.changes.append(Change(mine.start, mine.end, text))

    def merged(self, thing: Thing) -> None:
        """Both sides changed what it says itself: Git's text merge of this entry alone."""
        b, m, o = thing.base, thing.ours, thing.theirs
        if b is None or m is None or o is None or thing.parent is None:
            raise _UnclearError
        was, mine, other = self.base[b.start : b.end], self.mine[m.start : m.end], self.other[o.start : o.end]
        found = merge_text(was + b"\n", mine + b"\n", other + b"\n", _HOW)
        if found is None or found[1]:
            raise _UnclearError
        self.replace(m, found[0][:-1], m)

    def come_or_gone(self, inner: Thing, around: Thing) -> None:
        """An entry that one version lacks."""
        b, m, o = inner.base, inner.ours, inner.theirs
        if o is None and m is not None and b is not None:  # the other side deleted it
            if m.whole != b.whole:
                raise _UnclearError
            low, high = whole_lines_of(self.mine, m.start, m.end)
            if self.mine[low : m.start].strip() or self.mine[m.end : high].strip(b"\n,; \t\r"):
                raise _UnclearError
            blank = self.mine[:low].endswith(b"\n\n") and self.mine[high : high + 1] in (b"\n", b"")
            self.changes.append(Change(low - blank, high, b""))
        elif m is None and o is not None and b is None:  # the other side put it in
            self.put_in(o, around)
        elif m is None and o is not None and b is not None and o.whole != b.whole:
            raise _UnclearError

    def put_in(self, new: Entry, around: Thing) -> None:
        """A new entry behind the one that it follows in the other side."""
        siblings = around.theirs.children if around.theirs is not None else ()
        place = next((at for at, entry in enumerate(siblings) if entry is new), 0)
        before = siblings[place - 1] if place else None
        known = next((one.ours for one in around.inner if one.theirs is before and before is not None), None)
        if before is None or known is None or any(change.low == known.end for change in self.changes):
            raise _UnclearError
        gap = self.other[before.end : new.start]
        if gap.strip(b",; \t\r\n"):
            raise _UnclearError
        self.changes.append(Change(known.end, known.end, gap + self.other[new.start : new.end]))


def _column(data: bytes, at: int) -> bytes:
    line = data[data.rfind(b"\n", 0, at) + 1 : at]
    return line if not line.strip() else b" " * len(line)


# in dispute: whole entries as the conflict -------------------------------------------------------------------------


def in_dispute(breaches: Sequence[Breach], sides: Sides, merged: bytes) -> list[Chunk]:
    """The result with the entries in question as conflicts, whole and named."""
    pieces: list[tuple[int, int, Conflict | bytes]] = []
    runs = _Runs(sides[0], merged)
    for breach in breaches:
        found = _pieces(breach, sides, merged, runs)
        if found is None:
            return all_that_differs(sides, merged, breach.what)
        pieces += found
    return _pieced(pieces, sides, merged, breaches[0].what)


def twice_in_dispute(found: Sequence[Twice], sides: Sides, merged: bytes, what: str) -> list[Chunk]:
    """The result with what both sides put into one block as a conflict where it stands first, or kept there once where
    it is the same."""
    pieces: list[tuple[int, int, Conflict | bytes]] = []
    runs = _Runs(sides[0], merged)
    for each in found:
        if not each.ours:
            return all_that_differs(sides, merged, what)
        note = f"{each.what}: defined by both"
        once = each.ours == each.theirs
        first, last = each.made
        pieces.append((*first, each.ours if once else Conflict(b"", each.ours, each.theirs, note=note)))
        pieces.append(_left_out(merged, *(runs.last(first, last) if once else last)))
    return _pieced(pieces, sides, merged, what) if found else all_that_differs(sides, merged, what)


def _pieced(pieces: list[_Piece], sides: Sides, merged: bytes, what: str) -> list[Chunk]:
    """The result with each piece at its place."""
    pieces = _without_inner(_removed_at_once(pieces, merged))
    out: list[Chunk] = []
    at = 0
    for low, high, piece in pieces:
        if low < at:
            return all_that_differs(sides, merged, what)
        if merged[at:low]:
            out.append(merged[at:low])
        if piece:
            out.append(piece)
        at = high
    if merged[at:]:
        out.append(merged[at:])
    return out


def _removed_at_once(pieces: list[_Piece], merged: bytes) -> list[_Piece]:
    """The same with what is removed from neighbouring lines as one, so that one gap goes with it."""
    out: list[_Piece] = []
    for piece in sorted(pieces, key=lambda one: (one[0], -one[1])):
        if out and piece[2] == out[-1][2] == b"" and piece[0] == out[-1][1]:
            out[-1] = (*_with_gap(merged, out[-1][0], piece[1]), b"")
        else:
            out.append(piece)
    return out


def _without_inner(pieces: list[tuple[int, int, Conflict | bytes]]) -> list[tuple[int, int, Conflict | bytes]]:
    """In order, without those that lie inside of another one."""
    out: list[tuple[int, int, Conflict | bytes]] = []
    for piece in sorted(pieces, key=lambda one: (one[0], -one[1])):
        if not out or piece[0] >= out[-1][1] or piece[1] > out[-1][1]:
            out.append(piece)
        elif out[-1][1] - out[-1][0] == piece[1] - piece[0] and not isinstance(out[-1][2], Conflict):
            out[-1] = piece
    return out


def _pieces(breach: Breach, sides: Sides, merged: bytes, runs: _Runs) -> list[tuple[int, int, Conflict | bytes]] | None:
    """Where in the result the entries of a breach stand, the first as a conflict, the others gone."""
    things = list(dict.fromkeys(breach.things))
    if breach.rule not in (5, 6):
        while not things[0].made and things[0].parent is not None:
            things = [things[0].parent]
    if breach.rule == 5:
        new = [thing for thing in things if thing.base is None]
        things = new if len(new) > 1 or any(len(thing.made) > 1 for thing in new) else things
    made = sorted({(entry.start, entry.end) for thing in things for entry in thing.made})
    if not made or any(thing.parent is None for thing in things):
        return None
    texts = []
    for data, version in zip(sides, ("base", "ours", "theirs"), strict=True):
        entries = (getattr(thing, version) for thing in things)
        spans = sorted({whole_lines_of(data, entry.start, entry.end) for entry in entries if entry is not None})
        texts.append(b"".join(_ended(data[low:high]) for low, high in spans))
    texts = _separated(texts, merged, *made[0])
    if texts[1] == texts[2] and len(made) > 1 and things[0].base is not None and things[0].parts_ways:
        return _in_two_places(breach, merged, made)
    if texts[1] == texts[2]:
        if breach.rule == 6 or not texts[1]:
            return None
        low, high = whole_lines_of(merged, *made[0])
        kept = texts[1] if breach.rule != 5 else merged[low:high]
        return [(low, high, kept), *(_left_out(merged, *runs.last(made[0], one)) for one in made[1:])]
    note = f"{breach.address}: {breach.what}" if breach.address else breach.what
    conflict = Conflict(texts[0], texts[1], texts[2], note=note, address=breach.address)
    spans = [whole_lines_of(merged, *one) for one in made]
    return [(*spans[0], conflict), *(_left_out(merged, low, high) for low, high in spans[1:])]


def _separated(texts: list[bytes], merged: bytes, start: int, end: int) -> list[bytes]:
    """The versions of an entry, where they do not all end in a comma, with one or without as it is at its place."""
    if len({text.rstrip().endswith(b",") for text in texts if text.strip()}) < 2:
        return texts
    low, high = whole_lines_of(merged, start, end)
    comma = b"," if merged[low:high].rstrip().endswith(b",") else b""
    solid = [text.rstrip() for text in texts]
    return [one and one.removesuffix(b",") + comma + text[len(one) :] for one, text in zip(solid, texts, strict=True)]


def _left_out(merged: bytes, low: int, high: int) -> tuple[int, int, bytes]:
    """Whole lines out of the result; with the last item of a list goes the comma before it, if it had none behind."""
    before, gone = merged[:low].rstrip(), merged[low:high].rstrip()
    last = merged[high:].lstrip()[:1] in (b"}", b"]", b")")
    if gone and last and before.endswith(b",") and not gone.endswith(b","):
        return len(before) - 1, high, merged[len(before) : low]
    return low, high, b""


def _in_two_places(
    breach: Breach, merged: bytes, made: Sequence[tuple[int, int]]
) -> list[tuple[int, int, Conflict | bytes]] | None:
    """What the sides moved to two places: at each of them a conflict between being there and not."""
    ours = breach.things[0].outer[0]
    spots = [(entry.start, entry.end) for entry in ours.made] if ours is not None else []
    pieces: list[tuple[int, int, Conflict | bytes]] = []
    for start, end in made:
        low, high = whole_lines_of(merged, start, end)
        mine = any(first <= start < last for first, last in spots)
        text = _ended(merged[low:high])
        sides = (text, b"") if mine else (b"", text)
        note = f"{breach.address}: moved to two places"
        pieces.append((low, high, Conflict(b"", *sides, note=note, address=breach.address)))
    return pieces


def _with_gap(data: bytes, start: int, end: int) -> tuple[int, int]:
    """A span in whole lines with the empty lines behind it if there are some before it; at the end, with those."""
    low, high = whole_lines_of(data, start, end)
    before, rest = data[:low].rstrip(b"\r\n"), data[high:].lstrip(b"\r\n")
    if before and not rest:
        return len(before) + len(data[len(before) : low].splitlines(True)[0]), len(data)
    return (low, len(data) - len(rest)) if data[len(before) : low].count(b"\n") != 1 else (low, high)


class _PutIn(NamedTuple):
    """Lines that were put in: as many as `length`, anywhere between `low` and `high`, which come to the same text."""

    low: int
    high: int
    length: int


class _Runs:
    """What was put in with something that is there twice."""

    def __init__(self, base: bytes, merged: bytes) -> None:
        self._base, self._merged = base, merged

    @cached_property
    def _lines(self) -> list[bytes]:
        return self._merged.splitlines(keepends=True)

    @cached_property
    def _starts(self) -> list[int]:
        return list(accumulate(map(len, self._lines), initial=0))

    @cached_property
    def _put_in(self) -> list[tuple[int, int]]:
        return [(edit.b0, edit.b1) for edit in edits(self._base.splitlines(keepends=True), self._lines)]

    def last(self, first: tuple[int, int], last: tuple[int, int]) -> tuple[int, int]:
        """The span of what is there twice where it stands `last`, with the lines around it that were put in with it
        both times: of what both sides put in word for word nothing stays behind."""
        lines = self._lines
        (f0, f1), (l0, l1) = map(self._rows, (first, last))
        here, there = self._around(f0, f1), self._around(l0, l1)
        if here is None or there is None:
            return _with_gap(self._merged, *last)
        most = min(here.length, there.length)
        while f0 > here.low and l0 > max(there.low, f1) and l1 - l0 < most and lines[f0 - 1] == lines[l0 - 1]:
            f0, l0 = f0 - 1, l0 - 1
        while f1 < min(here.high, l0) and l1 < there.high and l1 - l0 < most and lines[f1] == lines[l1]:
            f1, l1 = f1 + 1, l1 + 1
        return _with_gap(self._merged, self._starts[l0], self._starts[l1])

    def _rows(self, span: tuple[int, int]) -> tuple[int, int]:
        low, high = whole_lines_of(self._merged, *span)
        return bisect_left(self._starts, low), bisect_left(self._starts, high)

    def _around(self, low: int, high: int) -> _PutIn | None:
        """The lines put in around a span of lines; None where it was not, or not as a whole."""
        lines, near = self._lines, bisect_left(self._put_in, (low, 0))
        for start, end in self._put_in[max(near - 1, 0) : near + 2]:
            up = down = 0
            while up < min(start, end - start) and lines[start - up - 1] == lines[end - up - 1]:
                up += 1
            while down < end - start and end + down < len(lines) and lines[start + down] == lines[end + down]:
                down += 1
            if start - up <= low and high <= end + down and high - low <= end - start:
                return _PutIn(start - up, end + down, end - start)
        return None


def _ended(text: bytes) -> bytes:
    return text if not text or text.endswith(b"\n") else text + b"\n"


def all_that_differs(sides: Sides, merged: bytes, what: str) -> list[Chunk]:
    """Where the entries cannot be told apart by line: all that the versions differ in, as one conflict."""
    head, tail = common_ends(*sides, merged)
    inner = [data[head : len(data) - tail] for data in sides]
    base = sides[0]
    return [base[:head], Conflict(inner[0], inner[1], inner[2], note=what), base[len(base) - tail :]]


def whole_lines_of(data: bytes, start: int, end: int) -> tuple[int, int]:
    """A span widened to whole lines."""
    low = data.rfind(b"\n", 0, start) + 1
    if end > start and data[end - 1 : end] == b"\n":
        return low, end
    high = data.find(b"\n", end) + 1 or len(data)
    return low, high
