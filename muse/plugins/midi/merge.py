"""Three-way merge of MIDI files: base plus the changes of both sides, checked before it is returned."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from muse.core import options
from muse.core.errors import FormatError
from muse.core.filedomain import merge_as_text, whole_file_conflict
from muse.domain import ConflictRecord, FileMerge
from muse.plugins.midi import verify, weave
from muse.plugins.midi.address import place
from muse.plugins.midi.codec import Song, Track, parse, parse_track, write
from muse.plugins.midi.decide import Clash, Decisions, decide, versions
from muse.plugins.midi.dimensions import DEPENDENT
from muse.plugins.midi.model import Content
from muse.plugins.midi.rules import rules_for
from muse.plugins.midi.structure import Layout, Slotted, lay_out, time_base_clash
from muse.plugins.midi.timebase import conform
from muse.plugins.midi.timemap import TimeMap, time_map


def _touched_by_both(decided: Decisions) -> Iterator[verify.Claim]:
    """Notes both sides changed, deleted or added, and what became of them."""
    three = decided.three
    base, ours, theirs = three.base.notes, three.ours.notes, three.theirs.notes
    became = {final.base: final.note for final in decided.finals if final.base >= 0}
    for i, (j, k) in enumerate(zip(three.to_ours.to_side, three.to_theirs.to_side)):
        mine, other = ours[j] if j >= 0 else None, theirs[k] if k >= 0 else None
        if base[i] not in (mine, other):
            yield base[i], mine, other, became.get(i)
    for final in decided.finals:
        if final.base < 0 and final.ours >= 0 and final.theirs >= 0:
            yield None, ours[final.ours], theirs[final.theirs], final.note


class _Unsafe(Exception):
    """The merged file is not what was decided; nobody may see it as clean."""


def merge_file(path: str, base: bytes | None, ours: bytes, theirs: bytes) -> FileMerge:
    """Merge one MIDI file; never an exception for any input bytes."""
    if ours == theirs or base == theirs:
        return FileMerge(ours)
    if base == ours:
        return FileMerge(theirs)
    if not any(data.startswith(b"MThd") for data in (base or b"", ours, theirs)):
        return merge_as_text(path, base, ours, theirs)  # a name ending in .mid makes no music of it
    if not base:
        return whole_file_conflict(path, None, ours, theirs)
    known: dict[bytes, Track] = {}
    try:
        songs = [parse(data, known=known) for data in (base, ours, theirs)]
    except FormatError as error:
        return _give_up(path, base, ours, theirs, f"one version is not a well-formed MIDI file: {error}")
    merge = _Merge(path, songs[0], songs[1], songs[2], (base, ours, theirs))
    try:
        return merge.run()
    except (_Unsafe, FormatError) as error:
        return _mirrored(merge) or _give_up(path, base, ours, theirs, str(error))


def _mirrored(merge: _Merge) -> FileMerge | None:
    """The merge with theirs' order of events as the main one, where ours' does not work out; None unless clean.

    So whether two sides merge does not depend on which of them is ours.
    """
    if merge.clashes or merge.settled:
        return None
    mirror = _Merge(merge.path, merge.base, merge.theirs, merge.ours, merge.originals)
    try:
        result = mirror.run()
    except (_Unsafe, FormatError):
        return None
    return result if not result.conflicts and not mirror.settled else None


def _give_up(path: str, base: bytes, ours: bytes, theirs: bytes, reason: str) -> FileMerge:
    merged = whole_file_conflict(path, base, ours, theirs)
    for record in merged.conflicts:
        record.detail["reason"] = reason
    merged.notes.append(f"{path}: {reason}")
    return merged


class _Merge:
    """One merge of three parsed files."""

    def __init__(self, path: str, base: Song, ours: Song, theirs: Song, originals: tuple[bytes, bytes, bytes]) -> None:
        self.path = path
        self.originals = originals
        self.base, self.ours, self.theirs = base, ours, theirs
        self.clashes: list[Clash] = []
        self.settled = 0
        self.words: list[str] = []
        self.touched: dict[str, str] = {}
        self.contents: dict[int, Content] = {}
        here = options.current()
        self.picks: Mapping[str, str] = here.picks
        self.carry = here.config.get("midi.carrytransform", "").lower() in ("true", "yes", "on", "1")
        self.rules = rules_for(here.rules, path)

    def run(self) -> FileMerge:
        """The merged file, or ours with everything clean and a record of each conflict."""
        problem = time_base_clash(self.base, self.ours, self.theirs)
        if problem is not None:
            one_form = conform((self.base, self.ours, self.theirs))
            if one_form is None:
                self.times = time_map(self.base)
                chosen = self.choose(problem)
                whole = {"ours": self.originals[1], "theirs": self.originals[2], "base": self.originals[0]}[chosen]
                return FileMerge(whole, self._records())
            self.base, self.ours, self.theirs = one_form
        self.times = time_map(self.base)
        layout = lay_out(self.base, self.ours, self.theirs, self.choose)
        expected: list[tuple[Slotted, Decisions | None]] = []
        for entry in layout.entries:
            expected.append((entry, self._track(entry)))
        merged = write(self._song(layout, expected))
        notes = list(self.words)
        try:
            if not self.clashes and not self.settled:
                self._check(merged, expected)
            else:
                self._check_notes(merged, expected)
        except _Unsafe as error:
            if not self.clashes:
                raise
            merged = self.originals[1]  # the conflicts stand; only ours is sure to be what it says
            notes.append(f"{self.path}: {error}; until the conflicts are settled the file is ours")
        return FileMerge(merged, self._records(), notes, dict(sorted(self.touched.items())))

    def choose(self, clash: Clash) -> str:
        """The side that decides a conflict of the file's structure; reports it when nobody has settled it."""
        chosen = self.settle(clash.address, clash.dimension, clash.tick)
        if chosen is None:
            self.clashes.append(clash)
            return "ours"
        self.settled += 1
        return chosen

    def settle(self, address: str, dimension: str, tick: int) -> str | None:
        """What a pick or a rule says about a conflict."""
        picked = self.picks.get(address)
        if picked is not None:
            return picked
        for rule in self.rules:
            if rule.matches(address, dimension, tick, self.times):
                return rule.strategy
        return None

    def _track(self, entry: Slotted) -> Decisions | None:
        """Merge one track all three versions have; None when its bytes are copied."""
        base, ours, theirs = entry.base, entry.ours, entry.theirs
        if not (isinstance(base, Track) and isinstance(ours, Track) and isinstance(theirs, Track)):
            return None
        if ours.raw == theirs.raw or theirs.raw == base.raw:
            entry.result = ours
            return None
        if ours.raw == base.raw:
            entry.result = theirs
            return None
        times = self.times if self.base.format != 2 else time_map(self.base, base)
        three = versions(entry.label, self._content(base), self._content(ours), self._content(theirs), times)
        decided = decide(three, self.settle, self.carry)
        entry.result = self._written(decided, base, ours, theirs, times)
        self.clashes += decided.clashes
        self.words += decided.words
        self.settled += decided.settled
        return decided

    def _written(self, decided: Decisions, base: Track, ours: Track, theirs: Track, times: TimeMap) -> Track:
        def whose(tick: int) -> str:
            bar, beat, inside = times.position(tick)
            words = f"events at {place(times, tick)} in another order"
            address = f"track:{decided.three.label}/order:{bar}:{beat}:{inside}"
            return decided.choose(Clash(address, "event_order", "track_structure", "", words, words, tick))

        order = weave.weave(decided.items, ours, theirs, whose, decided.empty)
        end = weave.end_tick(base, ours, theirs, order[-1][0] if order else 0)
        tails = [track.raw[track.tail :] for track in (base, ours, theirs)]
        if tails[1] != tails[2] and tails[0] not in tails[1:]:
            raise _Unsafe(f"track {decided.three.label}: both sides changed the bytes after end-of-track")
        return parse_track(weave.emit(order, ours, end, tails[2] if tails[1] == tails[0] else tails[1]))

    def _content(self, track: Track) -> Content:
        found = self.contents.get(id(track))
        if found is None:
            found = self.contents[id(track)] = Content(track)
        return found

    def _song(self, layout: Layout, expected: list[tuple[Slotted, Decisions | None]]) -> Song:
        song = Song(layout.header, [], layout.tail, layout.wrapper)
        song.chunks = [entry.result for entry, _ in expected if entry.result is not None]
        return song

    def _check(self, merged: bytes, expected: list[tuple[Slotted, Decisions | None]]) -> None:
        for entry, decided, track in self._reread(merged, expected):
            if decided is None:
                continue
            three = decided.three
            if not verify.is_sum(
                three.base.track, three.ours.track, three.theirs.track, track, _touched_by_both(decided)
            ):
                raise _Unsafe(f"track {entry.label}: the notes of both sides cannot be told apart in one track")

    def _check_notes(self, merged: bytes, expected: list[tuple[Slotted, Decisions | None]]) -> None:
        for entry, decided, track in self._reread(merged, expected):
            if decided is not None and not verify.same_notes(track, (final.note for final in decided.finals)):
                raise _Unsafe(f"track {entry.label}: the notes of both sides cannot be told apart in one track")

    def _reread(
        self, merged: bytes, expected: list[tuple[Slotted, Decisions | None]]
    ) -> list[tuple[Slotted, Decisions | None, Track]]:
        song = parse(merged)
        wanted = [(entry, decided) for entry, decided in expected if isinstance(entry.result, Track)]
        tracks = song.tracks
        if len(tracks) != len(wanted) or (song.format == 0 and len(tracks) != 1 and len(self.ours.tracks) == 1):
            raise _Unsafe("the merged file would have tracks its header does not allow")
        for (entry, _), track in zip(wanted, tracks):
            if entry.result is None or not isinstance(entry.result, Track) or entry.result.raw != track.raw:
                raise _Unsafe(f"track {entry.label}: not written as decided")
        return [(entry, decided, track) for (entry, decided), track in zip(wanted, tracks)]

    def _records(self) -> list[ConflictRecord]:
        records = []
        for clash in self.clashes:
            self.touched[clash.dimension] = "conflict"
            records.append(
                ConflictRecord(
                    path=self.path, conflict_type=clash.kind, ours_summary=clash.ours, theirs_summary=clash.theirs,
                    addresses=[clash.address, *clash.more], address=clash.address, base_summary=clash.base,
                    dimension=clash.dimension, hint=f"muse resolve --pick {clash.address}=theirs {self.path}",
                    detail={"whole_file": clash.dimension in DEPENDENT},
                )
            )  # fmt: skip
        return records
