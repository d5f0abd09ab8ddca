"""Parts that one side added, took out, moved or numbered anew: the base and the other side get the same parts first.

Then all three have the same parts in one order, under the ids of the side that changed them, and measures are merged as
ever. A new part gets rests where the other side inserted bars. What cannot be put so is refused: both sides changed the
parts, or one edited a part that the other took out.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from muse.core.errors import FormatError
from muse.core.xml_tree import Node, Piece, pieces, written
from muse.plugins.score.columns import match
from muse.plugins.score.outline import Column, Part, Score, instruments, key_of
from muse.plugins.score.values import Fact, whole

_SHARED = re.compile(r"/(?:key|time|barline|KeySig|TimeSig|BarLine|startRepeat|endRepeat)(?![\w-])")
"""What is said in every part, and holds for all."""
_ID = re.compile(rb"(\sid\s*=\s*[\"'])[^\"']*")


class Unaligned(Exception):
    """The parts of both sides cannot be put together; the message says why, for a person."""


class _Move(NamedTuple):
    """What becomes of the parts: for each part of the side that changed them, its number in the base, None if new."""

    side: Score
    origins: list[int | None]


def aligned(base: Score, ours: Score, theirs: Score) -> tuple[Score, Score, Score]:
    """The three with the same parts; the very same objects where they are so already."""
    changed = [_origins(base, side) for side in (ours, theirs)]
    moved = [_is_moved(base, side, origins) for side, origins in zip((ours, theirs), changed)]
    if not any(moved):
        return base, ours, theirs
    if all(moved):
        raise Unaligned("both sides added, took out or moved parts; merge that first, then the rest")
    move = _Move(ours, changed[0]) if moved[0] else _Move(theirs, changed[1])
    other = theirs if moved[0] else ours
    _check_taken_out(base, other, move.origins)
    if None in move.origins:
        _check_added(base, other)
    new_base, new_other = _like(move, base, base), _like(move, base, other)
    return (new_base, ours, new_other) if moved[0] else (new_base, new_other, theirs)


def _is_moved(base: Score, side: Score, origins: list[int | None]) -> bool:
    ids = [[part.id for part in score.parts] for score in (base, side)]
    return origins != list(range(len(base.parts))) or ids[0] != ids[1]


def _origins(base: Score, side: Score) -> list[int | None]:
    """Which part of the base each part of a side is: by id and name, else by a name that both have as often."""
    names = [[part.name for part in score.parts] for score in (base, side)]
    known = {(part.id, part.name): at for at, part in enumerate(base.parts)}
    counts = [Counter(found) for found in names]
    found: list[int | None] = []
    seen: Counter[str] = Counter()
    for part in side.parts:
        if counts[0][part.name] == counts[1][part.name]:
            places = [at for at, name in enumerate(names[0]) if name == part.name]
            found.append(places[seen[part.name]])
            seen[part.name] += 1
        else:
            found.append(known.get((part.id, part.name)))
    return _renamed(base, side, found)


def _renamed(base: Score, side: Score, found: list[int | None]) -> list[int | None]:
    """A part under its old id is the old one with another name, unless its old name is somewhere else."""
    free = {part.id: at for at, part in enumerate(base.parts) if at not in found}
    return [free.get(part.id) if at is None else at for part, at in zip(side.parts, found)]


def _check_taken_out(base: Score, other: Score, origins: list[int | None]) -> None:
    """A part that goes must be what it was in the other side, but for bars inserted or cut."""
    gone = [at for at in range(len(base.parts)) if at not in origins]
    kept = match(_columns(base, range(len(base.parts))), _columns(other, range(len(base.parts))))
    for at in gone:
        pairs = [(column, other.columns[j]) for column, j in zip(base.columns, kept.place) if j is not None]
        edited = any(_is_lost(base, was, now, at, set(gone)) for was, now in pairs if was.bar)
        if edited or _entry_key(base, base.parts[at]) != _entry_key(other, other.parts[at]):
            raise Unaligned(f"one side took {base.parts[at].name} out, the other one edited it")


def _check_added(base: Score, other: Score) -> None:
    """What the other side said in all parts would be missing in a new one."""
    found = match(base.columns, other.columns)
    for column, place in zip(base.columns, found.place):
        if place is None or column.key == other.columns[place].key:
            continue
        for was, now in zip(column.cells, other.columns[place].cells):
            if any(_SHARED.search(str(fact[-2])) for some in _edit(base, was, now) for fact in some):
                raise Unaligned(f"one side added a part, the other changed key, time or bar lines in bar {column.bar}")


def _is_lost(base: Score, was: Column, now: Column, at: int, gone: set[int]) -> bool:
    """True where a part was edited in a bar, and no part that stays was edited so (a key is put into all parts)."""
    if _cell_key(was.cells[at]) == _cell_key(now.cells[at]):
        return False
    own = _edit(base, was.cells[at], now.cells[at])
    stay = (number for number in range(len(base.parts)) if number not in gone)
    return not any(own == _edit(base, was.cells[number], now.cells[number]) for number in stay)


def _edit(score: Score, was: Node | None, now: Node | None) -> tuple[Counter[Fact], Counter[Fact]]:
    old, new = (Counter[Fact]() if cell is None else score.facts(cell) for cell in (was, now))
    return old - new, new - old


def _cell_key(cell: Node | None) -> bytes:
    return b"" if cell is None else key_of(cell.raw, measure=True)


def _columns(score: Score, parts: range | list[int]) -> list[Column]:
    """The columns as they are in some parts only."""
    found = []
    for column in score.columns:
        cells = tuple(column.cells[at] for at in parts) if not column.is_frame else column.cells
        found.append(Column(column.bar, cells, b"\0".join(map(_cell_key, cells))))
    return found


# Another score with the parts of a side ------------------------------------------------------------------------------


def _like(move: _Move, base: Score, score: Score) -> Score:
    """A score (the base, or the side that left the parts alone) with the parts of the other side."""
    kept = [at for at in move.origins if at is not None]
    places: list[int | None] = []
    if None in move.origins:
        places = _places(move, base, score, kept)
    bodies = [_body(move, score, number, places) for number in range(len(move.origins))]
    holder = score.root if not score.muse_score else score.root.child("Score")
    assert holder is not None
    raw = written(holder, list(_children(move, score, holder, bodies)))
    data = score.data[: holder.start] + raw + score.data[holder.end :]
    try:
        return Score(data)
    except FormatError as error:
        raise Unaligned(f"parts were added, took out or moved in a way that is not understood ({error})") from None


def _places(move: _Move, base: Score, score: Score, kept: list[int]) -> list[int | None]:
    """Which column of the side stands for each column of the score; None for one that the score inserted."""
    mine = [number for number, at in enumerate(move.origins) if at is not None]
    to_side = match(_columns(base, kept), _columns(move.side, mine)).place
    to_score = list(range(len(base.columns))) if score is base else match(base.columns, score.columns).place
    found: list[int | None] = [None] * len(score.columns)
    for there, here in zip(to_side, to_score):
        if here is not None:
            if there is None:
                raise Unaligned("one side added a part and cut bars; merge that first, then the rest")
            found[here] = there
    return found


def _body(move: _Move, score: Score, number: int, places: list[int | None]) -> bytes:
    """The measures of one part, its start tag under the side's id; frames stand in the first part."""
    part, at = move.side.parts[number], move.origins[number]
    origin = part if at is None else score.parts[at]
    gap = next((before for before, _ in pieces(origin.node)), b"\n")
    found: list[Piece] = []
    for index, column in enumerate(score.columns):
        if column.is_frame:
            found += [(gap, cell.raw) for cell in column.cells[:1] if cell is not None and number == 0]
            continue
        cell = column.cells[at] if at is not None else None
        found.append((gap, _new_cell(move, score, number, (index, places)) if cell is None else cell.raw))
    tag = origin.node.data[origin.node.start : origin.node.inner]
    return written(origin.node, found, tag=_with_id(tag, part.id))


def _new_cell(move: _Move, score: Score, number: int, at: tuple[int, list[int | None]]) -> bytes:
    """A bar of a new part, under the number that the bar has in the score; a rest where the score inserted it."""
    index, places = at
    place = places[index]
    cells = [cell for cell in score.columns[index].cells if cell is not None]
    tag = cells[0].data[cells[0].start : cells[0].inner].rstrip(b"/>") + b">"
    cell = None if place is None else move.side.columns[place].cells[number]
    if cell is None:
        return tag + _rest(move, score, number, at) + f"</{score.measure_tag}>".encode()
    inner = cell.data[cell.inner : cell.tail]
    return tag + inner + f"</{score.measure_tag}>".encode()


def _rest(move: _Move, score: Score, number: int, at: tuple[int, list[int | None]]) -> bytes:
    """What stands in a bar of rest for a new part, as long as the bar that was inserted there."""
    index, places = at
    before = next((place for place in places[:index][::-1] if place is not None), 0)
    divisions = max(1, whole(move.side.contexts()[before][number][0]))
    there = score.contexts()[index][0]
    cells = [cell for cell in score.columns[index].cells if cell is not None]
    if any(re.search(rb"<(?:attributes|TimeSig|KeySig)\b", cell.raw) for cell in cells):
        raise Unaligned("one side added a part, the other inserted bars with a signature of their own")
    if score.muse_score:
        return (
            f"<voice><Rest><durationType>measure</durationType><duration>{there[1] or '4/4'}</duration></Rest></voice>"
        ).encode()
    beats, _, unit = there[1].partition("/")
    long = divisions * 4 * (whole(beats) or 4) // (whole(unit) or 4)
    return f'<note><rest measure="yes"/><duration>{long}</duration><voice>1</voice></note>'.encode()


def _children(move: _Move, score: Score, holder: Node, bodies: list[bytes]) -> Iterator[Piece]:
    """What stands in the document: everything of its own, with the parts in the side's order."""
    done: set[str] = set()
    body = "Staff" if score.muse_score else "part"
    for gap, child in zip([gap for gap, _ in pieces(holder)], holder.children):
        if child.tag == body:
            yield from [(gap, each) for each in bodies] if body not in done else []
            done.add(body)
        elif child.tag == "Part" and score.muse_score:
            yield from [(gap, each) for each in _staff_groups(move, score)] if "Part" not in done else []
            done.add("Part")
        elif child.tag == "part-list":
            yield gap, _part_list(move, score, child)
        else:
            yield gap, child.raw


def _part_list(move: _Move, score: Score, node: Node) -> bytes:
    """The side's list, with the score's own entry of each part it has."""
    theirs = move.side.root.child("part-list")
    if theirs is None:
        raise Unaligned("one side has no list of parts")
    entries = {entry.get("id"): entry for entry in node.all("score-part")}
    origins = {
        part.id: None if at is None else entries.get(score.parts[at].id)
        for part, at in zip(move.side.parts, move.origins)
    }
    found = []
    for gap, child in zip([gap for gap, _ in pieces(theirs)], theirs.children):
        mine = origins.get(child.get("id")) if child.tag == "score-part" else None
        found.append((gap, child.raw if mine is None else _renumbered(mine, child.get("id"))))
    return written(theirs, found)


def _renumbered(entry: Node, name: str) -> bytes:
    return _with_id(entry.data[entry.start : entry.inner], name) + entry.data[entry.inner : entry.end]


def _staff_groups(move: _Move, score: Score) -> Iterator[bytes]:
    """The instruments of MuseScore: the score's own where it has all of the staves, else the side's."""
    own = {staff: (group, staves) for group, staves in instruments(score.root) for staff in staves}
    at = {part.id: origin for part, origin in zip(move.side.parts, move.origins)}
    for group, staves in instruments(move.side.root):
        origins = [at.get(staff) for staff in staves]
        olds = ["" if origin is None else score.parts[origin].id for origin in origins]
        known, had = own.get(olds[0], (None, [])) if olds else (None, [])
        if known is None or olds != had:
            yield group.raw
            continue
        raw = known.raw
        for staff, name in list(zip(known.all("Staff"), staves))[::-1]:
            start, end = staff.start - known.start, staff.inner - known.start
            raw = raw[:start] + _with_id(raw[start:end], name) + raw[end:]
        yield raw


def _entry_key(score: Score, part: Part) -> bytes:
    """What the list of parts says of one, without its number."""
    if score.muse_score:
        return b"".join(
            _ID.sub(b"", key_of(part_.raw)) for part_, staves in instruments(score.root) if part.id in staves
        )
    listed = score.root.child("part-list")
    entries = [] if listed is None else listed.all("score-part")
    return b"".join(key_of(entry.raw) for entry in entries if entry.get("id") == part.id)


def _with_id(tag: bytes, name: str) -> bytes:
    return _ID.sub(lambda found: found[1] + name.encode(), tag, count=1)
