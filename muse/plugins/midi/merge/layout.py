"""What a file is made of above its tracks: header, time base, the order and presence of tracks and other chunks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from muse.core.errors import FormatError
from muse.plugins.midi.file.address import track_name
from muse.plugins.midi.file.codec import Song, Track
from muse.plugins.midi.file.spelling import quoted
from muse.plugins.midi.merge.decisions import Clash

Chunk = Track | bytes
Choose = Callable[[Clash], str]


class Slotted:
    """One chunk of the result: its versions, what it becomes, and the track index that names it."""

    __slots__ = ("base", "label", "ours", "result", "theirs")

    def __init__(self, label: int, base: Chunk | None, ours: Chunk | None, theirs: Chunk | None) -> None:
        self.label = label
        self.base, self.ours, self.theirs = base, ours, theirs
        self.result: Chunk | None = None


class Layout:
    """The merged file without the insides of its tracks."""

    __slots__ = ("entries", "header", "tail", "wrapper")

    def __init__(self, header: bytes, entries: list[Slotted], tail: bytes, wrapper: tuple[bytes, bytes]) -> None:
        self.header = header
        self.entries = entries
        self.tail = tail
        self.wrapper = wrapper


def lay_out(base: Song, ours: Song, theirs: Song, twins: Sequence[list[int]], choose: Choose) -> Layout:
    """Merge everything above the tracks; `twins`: of ours and of theirs which of its tracks a base track is, or -1.

    FormatError where that is not possible.
    """
    header = _either(base.header, ours.header, theirs.header, "header")
    tail = _either(base.tail, ours.tail, theirs.tail, "the bytes after the last chunk")
    wrapper = (
        _either(base.wrapper[0][:4], ours.wrapper[0][:4], theirs.wrapper[0][:4], "the RIFF wrapper"),
        _either(base.wrapper[1], ours.wrapper[1], theirs.wrapper[1], "the RIFF wrapper"),
    )
    chosen = next(song.wrapper for song in (ours, theirs, base) if (song.wrapper[0][:4], song.wrapper[1]) == wrapper)
    return Layout(header, _order(base, ours, theirs, twins, choose), tail, chosen)


def _either(base: bytes, ours: bytes, theirs: bytes, what: str) -> bytes:
    """The side that changed; FormatError when both did, differently. The header's track count is brought up later."""
    if what == "header":
        base, ours, theirs = (each[:2] + b"\0\0" + each[4:] for each in (base, ours, theirs))
    if ours == theirs or theirs == base:
        return ours
    if ours == base:
        return theirs
    raise FormatError(f"both sides changed {what}")


def _order(base: Song, ours: Song, theirs: Song, twins: Sequence[list[int]], choose: Choose) -> list[Slotted]:
    mine = _matched(base.chunks, ours.chunks, twins[0])
    other = _matched(base.chunks, theirs.chunks, twins[1])
    labels = _labels(base.chunks)
    shared: list[Slotted | None] = []
    for index, chunk in enumerate(base.chunks):
        here = ours.chunks[mine[index]] if mine[index] >= 0 else None
        there = theirs.chunks[other[index]] if other[index] >= 0 else None
        shared.append(_present(labels[index], chunk, here, there, choose))
    our_order = _sequence(shared, mine, ours.chunks, 1)
    their_order = _sequence(shared, other, theirs.chunks, 2)
    return _merged_order(shared, our_order, their_order, choose)


def _labels(chunks: list[Chunk]) -> list[int]:
    """The track index of each chunk; another chunk carries the index of the track after it."""
    labels, count = [], 0
    for chunk in chunks:
        labels.append(count)
        count += isinstance(chunk, Track)
    return labels


def _matched(base: list[Chunk], side: list[Chunk], pairs: list[int]) -> list[int]:
    """For each base chunk its index among the side's chunks, or -1."""
    found = [-1] * len(base)
    tracks = [i for i, chunk in enumerate(base) if isinstance(chunk, Track)]
    others = [j for j, chunk in enumerate(side) if isinstance(chunk, Track)]
    for index, other in zip(tracks, pairs):
        found[index] = others[other] if other >= 0 else -1
    for size in (None, 4):  # equal chunks, then chunks of one kind
        waiting: dict[bytes, list[int]] = {}
        taken = set(found)
        for j in reversed(range(len(side))):
            chunk = side[j]
            if isinstance(chunk, bytes) and j not in taken:
                waiting.setdefault(chunk[:size], []).append(j)
        for i, chunk in enumerate(base):
            if isinstance(chunk, bytes) and found[i] < 0 and waiting.get(chunk[:size]):
                found[i] = waiting[chunk[:size]].pop()
    return found


def _present(label: int, base: Chunk, ours: Chunk | None, theirs: Chunk | None, choose: Choose) -> Slotted | None:
    """The entry of a chunk of the base, None when it is deleted."""
    entry = Slotted(label, base, ours, theirs)
    if ours is not None and theirs is not None:
        if isinstance(base, bytes):
            entry.result = _three(label, base, ours, theirs, choose)
        return entry
    if ours is None and theirs is None:
        return None
    left = ours if ours is not None else theirs
    assert left is not None
    if _said(left) == _said(base):
        return None
    name = _words(base)
    said = {True: f"{name} changed", False: f"{name} deleted"}
    clash = Clash(f"track:{label}", "track_delete_edit", "track_structure", name, said[ours is not None],
                  said[theirs is not None], 0)  # fmt: skip
    chosen = choose(clash)
    entry.result = {"ours": ours, "theirs": theirs, "base": base}[chosen]
    return entry if entry.result is not None else None


def _three(label: int, base: Chunk, ours: Chunk, theirs: Chunk, choose: Choose) -> Chunk:
    raws = [_raw(each) for each in (base, ours, theirs)]
    if raws[1] == raws[2] or raws[2] == raws[0]:
        return ours
    if raws[1] == raws[0]:
        return theirs
    clash = Clash(f"track:{label}/chunk", "opaque_edit", "track_structure", _words(base), f"{_words(ours)} changed",
                  f"{_words(theirs)} changed", 0)  # fmt: skip
    return {"ours": ours, "theirs": theirs, "base": base}[choose(clash)]


def _raw(chunk: Chunk) -> bytes:
    return chunk.raw if isinstance(chunk, Track) else chunk


def _words(chunk: Chunk) -> str:
    if isinstance(chunk, Track):
        name = track_name(chunk)
        return f"track {quoted(name)}" if name else "a track without a name"
    return f"chunk {quoted(chunk[:4])}"


def _sequence(shared: list[Slotted | None], matched: list[int], chunks: list[Chunk], side: int) -> list[Slotted]:
    """A side's chunks in its order; added ones get entries of their own. Entries it deleted are missing."""
    back = {other: index for index, other in enumerate(matched) if other >= 0}
    labels = _labels(chunks)
    out = []
    for at, chunk in enumerate(chunks):
        if at in back:
            entry = shared[back[at]]
            if entry is not None:
                out.append(entry)
        else:
            entry = Slotted(labels[at], None, chunk if side == 1 else None, chunk if side == 2 else None)
            entry.result = chunk
            out.append(entry)
    return out


def _merged_order(
    shared: list[Slotted | None], ours: list[Slotted], theirs: list[Slotted], choose: Choose
) -> list[Slotted]:
    base_order = [entry for entry in shared if entry is not None]
    ours = _unify(ours, theirs, choose)
    in_ours, in_theirs = {id(e) for e in ours}, {id(e) for e in theirs}
    common = [e for e in base_order if id(e) in in_ours and id(e) in in_theirs]
    mine = [e for e in ours if e.base is not None and id(e) in in_theirs]
    other = [e for e in theirs if e.base is not None and id(e) in in_ours]
    main, rest = ours, theirs
    if mine == common and other != common:
        main, rest = theirs, ours
    elif mine != common and other not in (common, mine):
        clash = Clash("tracks", "track_order", "track_structure", "", "tracks reordered", "tracks reordered", 0)
        chosen = choose(clash)
        if chosen == "theirs":
            main, rest = theirs, ours
        elif chosen == "base":
            main, rest = base_order, ours + theirs
    return _inserted(main, rest, behind=main is ours)


def _inserted(main: list[Slotted], rest: list[Slotted], behind: bool) -> list[Slotted]:
    """`main` with what only `rest` has, each after its predecessor there, `behind` what main added at that place."""
    here = {id(entry) for entry in main}
    after: dict[int, list[Slotted]] = {}
    anchor = 0
    for entry in rest:
        if id(entry) in here:
            anchor = id(entry)
        else:
            after.setdefault(anchor, []).append(entry)
    out: list[Slotted] = []
    waiting = after.get(0, [])
    for entry in main:
        if waiting and not (behind and entry.base is None):
            out += waiting
            waiting = []
        out.append(entry)
        waiting += after.get(id(entry), [])
    return out + waiting


def _unify(ours: list[Slotted], theirs: list[Slotted], choose: Choose) -> list[Slotted]:
    """Chunks both sides added alike become one entry, also where they are spelled differently or end later. Where they
    share most of their notes they are two versions of one track, of which a person has to choose."""
    added: dict[object, list[Slotted]] = {}
    for entry in reversed(theirs):
        if entry.base is None and entry.theirs is not None:
            added.setdefault(_said(entry.theirs), []).append(entry)
    out = []
    for entry in ours:
        twins = added.get(_said(entry.ours)) if entry.base is None and entry.ours is not None else None
        if twins:
            twin = twins.pop()
            twin.ours = entry.ours
            twin.result = max(entry.ours, twin.theirs, key=lambda chunk: getattr(chunk, "end_tick", 0))
            entry = twin
        out.append(entry)
    left = [entry for twins in added.values() for entry in twins]
    return [_chosen_of_two(entry, left, choose) for entry in out]


def _chosen_of_two(entry: Slotted, left: list[Slotted], choose: Choose) -> Slotted:
    """The entry, or the one of `left` that is another version of the same new track, settled."""
    mine = entry.ours
    if entry.base is not None or entry.theirs is not None or not isinstance(mine, Track):
        return entry
    for twin in left:
        if isinstance(twin.theirs, Track) and _share_notes(mine, twin.theirs):
            left.remove(twin)
            twin.ours = mine
            said = [f"{_words(track)} added with {len(track.ticks)} events" for track in (mine, twin.theirs)]
            clash = Clash(f"track:{entry.label}/added", "track_both_added", "track_structure", "", said[0], said[1], 0)
            twin.result = {"ours": mine, "theirs": twin.theirs, "base": None}[choose(clash)]
            return twin
    return entry


def _share_notes(one: Track, other: Track) -> bool:
    """True when at least half of what either plays is the same, at the same time."""
    mine, its = (Counter(pair for pair in zip(each.ticks, each.bodies) if pair[1][0] < 0xA0) for each in (one, other))
    return 2 * (mine & its).total() >= max(mine.total(), its.total(), 1)


def _said(chunk: Chunk) -> object:
    """What a chunk says: a track's events and what follows their end, however they are spelled."""
    if isinstance(chunk, Track):
        return tuple(chunk.ticks), tuple(chunk.bodies), chunk.raw[chunk.tail :]
    return chunk


def time_base_clash(base: Song, ours: Song, theirs: Song) -> Clash | None:
    """C8: what there is to settle when the versions do not count time alike."""
    if base.division == ours.division == theirs.division and base.format == ours.format == theirs.format:
        return None
    words = [f"format {song.format}, {song.division} ticks per beat" for song in (base, ours, theirs)]
    return Clash("file", "time_base", "track_structure", words[0], words[1], words[2], 0)
