"""Three-way merge of MIDI files: base plus the changes of both sides, checked before it is returned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from muse.core import options
from muse.core.errors import FormatError
from muse.core.filedomain import merge_as_text, whole_file_conflict
from muse.core.late import regex
from muse.core.terminal import command
from muse.domain import ConflictRecord, FileMerge
from muse.plugins.midi.bars.bar_map import bar_map
from muse.plugins.midi.bars.stretch import unify_time
from muse.plugins.midi.file.address import place, track_name, track_title
from muse.plugins.midi.file.bars import TimeMap, time_map
from muse.plugins.midi.file.codec import Song, Track, parse, parse_track, write
from muse.plugins.midi.file.dimensions import DEPENDENT
from muse.plugins.midi.file.model import Content
from muse.plugins.midi.file.order import weave
from muse.plugins.midi.file.write_track import emit, end_tick
from muse.plugins.midi.match.tracks import match_tracks
from muse.plugins.midi.merge.decisions import Clash, Decisions, Disputes, versions
from muse.plugins.midi.merge.layout import Layout, lay_out, time_base_clash
from muse.plugins.midi.merge.one_sided import Planned, crossed_slots, has_all, only_from, unsound
from muse.plugins.midi.merge.resaved import unify
from muse.plugins.midi.merge.rules import rules_for
from muse.plugins.midi.merge.timebase import conform, on_one_grid
from muse.plugins.midi.merge.track import decide
from muse.plugins.midi.merge.verify import brings_back, doubled

if TYPE_CHECKING:
    from muse.plugins.midi.bars.lay import Laid

_ROUNDS = 6  # of finding what must be taken whole from one side
_OF_TRACK = regex(r"track:(\d{1,9})/")
_MOST_TRACKS = 512  # whose voices are looked for in those of another program, each in each
_MOST_TOLD = 400_000  # bytes of a file whose edits are worth comparing once more, for words
_LONGEST = 160  # letters of them
_MIXED = "the notes of both sides cannot be told apart"


class _Unsafe(Exception):
    """The merged file is not what was decided; nobody may see it as clean."""


def merge_file(path: str, base: bytes | None, ours: bytes, theirs: bytes) -> FileMerge:
    """Merge one MIDI file; never an exception for any input bytes."""
    if ours == theirs or base == theirs:
        return FileMerge(ours)
    if base == ours:
        return FileMerge(theirs)
    if not any(data[:4] == b"MThd" or data[8:12] == b"RMID" for data in (base or b"", ours, theirs)):
        return merge_as_text(path, base, ours, theirs)  # a name ending in .mid makes no music of it
    if not base:
        return _both_added(path, ours, theirs)
    known: dict[bytes, Track] = {}
    try:
        songs = [parse(data, known=known) for data in (base, ours, theirs)]
    except FormatError as error:
        return _give_up(path, base, ours, theirs, f"one version is not a well-formed MIDI file: {error}")
    merge = _Merge(path, songs[0], songs[1], songs[2], (base, ours, theirs))
    result = _merged(merge)
    return _replanted(merge, songs, result) if result.conflicts else result


def _merged(merge: _Merge) -> FileMerge:
    try:
        result = merge.run()
    except (_Unsafe, FormatError) as error:
        return _mirrored(merge) or _give_up(merge.path, *merge.originals, str(error))
    if result.conflicts and merge.only_fallbacks():
        return _mirrored(merge) or result
    return result


def _replanted(merge: _Merge, songs: Sequence[Song], result: FileMerge) -> FileMerge:
    """The merge with what another program saved brought back into the base's tracks, where less is in dispute so."""
    base, ours, theirs = songs
    if max(len(song.tracks) for song in songs) > _MOST_TRACKS:
        return result
    from muse.plugins.midi.merge.replant import replanted, saved_anew

    anew = [saved_anew(base, side) for side in (ours, theirs)]
    alike = on_one_grid((base, ours, theirs), rounded=True) if any(anew) and base.format != 2 else None
    if alike is None:
        return result
    sides = [
        replanted(alike[0], side, song.division) if new else side
        for side, song, new in zip(alike[1:], (ours, theirs), anew)
    ]
    if sides[0] is None or sides[1] is None:
        return result
    other = _Merge(merge.path, alike[0], sides[0], sides[1], merge.originals)
    other.resaved, other.written_back = True, True
    found = _merged(other)
    return found if len(found.conflicts) < len(result.conflicts) else result


def _mirrored(merge: _Merge) -> FileMerge | None:
    """The merge with theirs' order of events as the main one, where ours' does not work out; None unless clean.

    So whether two sides merge does not depend on which of them is ours.
    """
    if not merge.conformed or not merge.only_fallbacks():
        return None
    mirror = _Merge(merge.path, merge.base, merge.theirs, merge.ours, merge.originals)
    mirror.conformed, mirror.resaved, mirror.written_back = True, merge.resaved, merge.written_back
    mirror.twins = merge.twins[::-1]
    if merge.laid is not None:
        mirror.laid = merge.laid._replace(songs=(merge.base, merge.theirs, merge.ours))
    try:
        result = mirror.run()
    except (_Unsafe, FormatError):
        return None
    return result if not result.conflicts and mirror.only_fallbacks() else None


def _both_added(path: str, ours: bytes, theirs: bytes) -> FileMerge:
    """Two new files of one name: the one that has all of the other; otherwise nobody can say what belongs together."""
    said = "both sides added this file, and each has something the other has not"
    try:
        songs = parse(ours), parse(theirs)
    except FormatError as error:
        return _give_up(path, None, ours, theirs, f"one version is not a well-formed MIDI file: {error}")
    for own, data, name in ((0, ours, "ours"), (1, theirs, "theirs")):
        if has_all(songs[own], songs[1 - own]):
            return FileMerge(data, notes=[f"{path}: both sides added this file; {name} has everything in it"])
    return _give_up(path, None, ours, theirs, said)


def _give_up(path: str, base: bytes | None, ours: bytes, theirs: bytes, reason: str) -> FileMerge:
    merged = whole_file_conflict(path, base, ours, theirs)
    for record in merged.conflicts:
        record.detail["reason"] = reason
    merged.notes.append(f"{path}: {reason}")
    return merged


class _Merge(Disputes):
    """One merge of three parsed files; what it disputes itself is about their structure."""

    def __init__(self, path: str, base: Song, ours: Song, theirs: Song, originals: tuple[bytes, bytes, bytes]) -> None:
        super().__init__()
        self.laid: Laid | None = None
        self.conformed = False  # True for versions that are in one spelling and on one line of bars already
        self.resaved = False
        self.written_back = False  # True for versions that were brought into the base's tracks
        self.twins: list[list[int]] = []  # of each side its track that a base track is, or -1
        self.path = path
        self.originals = originals
        self.base, self.ours, self.theirs = base, ours, theirs
        self.plan: list[Planned] = []
        self.touched: dict[str, str] = {}
        self.contents: dict[int, Content] = {}
        here = options.current()
        self.picks: Mapping[str, str] = here.picks
        self.keep_bars = here.config.get("midi.bars", "").lower() == "keep-numbers"
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
        self._lay()
        layout = lay_out(self.base, self.ours, self.theirs, self.twins, self.choose)
        self.plan = [Planned(entry) for entry in layout.entries]
        for planned in self.plan:
            self._track(planned)
        notes = []
        try:
            merged = self._written_and_checked(layout)
        except (_Unsafe, FormatError) as error:
            if not self._clashes():
                raise
            merged = self.originals[1]  # the conflicts stand; only ours is sure to be what it says
            notes.append(f"{self.path}: {error}; until the conflicts are settled the file is ours")
        words = [word for planned in self.plan if planned.decided is not None for word in planned.decided.words]
        if self.laid is not None:
            words = self.laid.words + words
        if self.resaved:
            kinds = "tracks and channels as they were before" if self.written_back else "release, note-off style"
            notes.append(f"{self.path}: re-saved by another program ({kinds})")
        return FileMerge(merged, self._records(), words + notes, dict(sorted(self.touched.items())))

    def _lay(self) -> None:
        """Bring the versions to one spelling, and onto one line of bars where a side inserted, cut or moved some."""
        if not self.conformed:
            songs = (self.base, self.ours, self.theirs)
            self.twins = [match_tracks(self.base.tracks, side.tracks) for side in songs[1:]]
            (self.base, self.ours, self.theirs), resaved = unify(songs, self.twins, self._content)
            self.resaved |= resaved
            if self.base.format != 2:
                self.base, self.ours, self.theirs = unify_time(self.base, self.ours, self.theirs, self.twins)
                self.times = time_map(self.base)
            self.laid = self._on_one_line()
            self.conformed = True
        if self.laid is not None:
            self.base, self.ours, self.theirs = self.laid.songs
            self.times = self.laid.times

    def _on_one_line(self) -> Laid | None:
        """The versions with the bars that a side inserted, cut or moved; None where none did."""
        if self.keep_bars or self.base.format == 2:  # tracks of format 2 have no time in common
            return None
        times = time_map(self.base)
        maps = [bar_map(self.base, side, twin, times) for side, twin in zip((self.ours, self.theirs), self.twins)]
        if all(found.is_identity for found in maps):
            return None
        from muse.plugins.midi.bars.lay import lay

        songs = self.base, self.ours, self.theirs
        return lay(songs, self.twins, maps, times, self._content, self._asked)

    def _asked(self, clash: Clash) -> str | None:
        settled = self.settle(clash.address, clash.dimension, clash.tick)
        self.choose(clash)
        return settled

    def only_fallbacks(self) -> bool:
        """True when nothing is open or was chosen but what could only be taken whole from one side."""
        deciders: list[Disputes] = [self]
        deciders += [planned.decided for planned in self.plan if planned.decided is not None]
        return not any(decider.clashes or decider.settled for decider in deciders)

    def choose(self, clash: Clash) -> str:
        """The side that decides a conflict of the file's structure."""
        return self.ask(clash, self.settle)

    def settle(self, address: str, dimension: str, tick: int) -> str | None:
        """What a pick or a rule says about a conflict."""
        picked = self.picks.get(address)
        if picked is not None:
            return picked
        for rule in self.rules:
            if rule.matches(address, dimension, tick, self.times):
                return rule.strategy
        return None

    def _track(self, planned: Planned) -> None:
        """Merge one track all three versions have; any other is copied, without what was decided against."""
        entry = planned.entry
        base, ours, theirs = entry.base, entry.ours, entry.theirs
        if not (isinstance(base, Track) and isinstance(ours, Track) and isinstance(theirs, Track)):
            if planned.whole and isinstance(entry.result, Track):
                entry.result = only_from(entry, entry.result, planned.whole)
            return
        if not planned.whole and (ours.raw == theirs.raw or theirs.raw == base.raw):
            entry.result = ours
        elif not planned.whole and ours.raw == base.raw:
            entry.result = theirs
        else:
            times = self.times if self.base.format != 2 else time_map(self.base, base)
            three = versions(entry.label, self._content(base), self._content(ours), self._content(theirs), times)
            planned.decided = decide(three, self.settle, self.carry, planned.whole, planned.moot)
            entry.result = self._written(planned.decided, base, ours, theirs, times)

    def _written_and_checked(self, layout: Layout) -> bytes:
        """The file's bytes; what turns out not to be the sum of both sides is taken whole from one of them."""
        for _ in range(_ROUNDS):
            merged = write(self._song(layout))
            found = crossed_slots(self.plan, self.times) if len(self.plan) > 1 and self.base.format == 1 else []
            read = self._reread(merged)
            for planned, track in read:
                wrong = unsound(planned, track)
                if wrong is None:
                    raise _Unsafe(f"track {planned.entry.label}: {_MIXED}")
                found += wrong
            if not found:
                if self.only_fallbacks() and self._brings_back([track for _, track in read]):
                    raise _Unsafe(
                        "both sides put events into other tracks, or one deleted some that the other put there"
                    )
                return merged
            for trouble in found:
                chosen = "ours" if trouble.clash is None else trouble.where[0].ask(trouble.clash, self.settle)
                for planned in trouble.where:
                    planned.whole.update(dict.fromkeys(trouble.parts, chosen))
                    planned.moot.update(() if trouble.clash is None else trouble.parts)
            for planned in {id(each): each for trouble in found for each in trouble.where}.values():
                self._track(planned)
        raise _Unsafe(_MIXED)

    def _written(self, decided: Decisions, base: Track, ours: Track, theirs: Track, times: TimeMap) -> Track:
        def whose(tick: int) -> str:
            bar, beat, inside = times.position(tick)
            words = f"events at {place(times, tick)} in another order"
            address = f"track:{decided.three.label}/order:{bar}:{beat}:{inside}"
            if self.resaved:
                return "ours"
            return decided.choose(Clash(address, "event_order", "track_structure", "", words, words, tick))

        order = decided.order = weave(decided.items, ours, theirs, whose, decided.empty)
        end = end_tick(base, ours, theirs, order[-1][0] if order else 0)
        tails = [track.raw[track.tail :] for track in (base, ours, theirs)]
        if tails[1] != tails[2] and tails[0] not in tails[1:]:
            raise _Unsafe(f"track {decided.three.label}: both sides changed the bytes after end-of-track")
        return parse_track(emit(order, ours, end, tails[2] if tails[1] == tails[0] else tails[1]))

    def _content(self, track: Track) -> Content:
        found = self.contents.get(id(track))
        if found is None:
            found = self.contents[id(track)] = Content(track)
        return found

    def _song(self, layout: Layout) -> Song:
        song = Song(layout.header, [], layout.tail, layout.wrapper)
        song.chunks = [planned.entry.result for planned in self.plan if planned.entry.result is not None]
        return song

    def _reread(self, merged: bytes) -> list[tuple[Planned, Track]]:
        song = parse(merged)
        wanted = [planned for planned in self.plan if isinstance(planned.entry.result, Track)]
        tracks = song.tracks
        if len(tracks) != len(wanted) or (song.format == 0 and len(tracks) != 1 and len(self.ours.tracks) == 1):
            raise _Unsafe("the merged file would have tracks its header does not allow")
        for planned, track in zip(wanted, tracks):
            result = planned.entry.result
            if not isinstance(result, Track) or result.raw != track.raw:
                raise _Unsafe(f"track {planned.entry.label}: not written as decided")
        return list(zip(wanted, tracks))

    def _brings_back(self, merged: list[Track]) -> bool:
        entries = [planned.entry for planned in self.plan]
        pairs = [
            (entry.base if isinstance(entry.base, Track) else None, side)
            for entry in entries for side in (entry.ours, entry.theirs) if isinstance(side, Track)
        ]  # fmt: skip
        sides = (self.base.tracks, self.ours.tracks, self.theirs.tracks)
        if any(-1 in twins for twins in self.twins) and doubled(*sides, merged):
            return True
        return len(merged) > 1 and brings_back(*sides, merged, pairs)

    def _clashes(self) -> list[Clash]:
        found = list(self.clashes)
        for planned in self.plan:
            found += planned.clashes
            found += planned.decided.clashes if planned.decided is not None else []
        return found

    def _records(self) -> list[ConflictRecord]:
        records = []
        titles = [
            track_title(n, track) if track_name(track).strip() else "" for n, track in enumerate(self.base.tracks)
        ]
        for clash in self._clashes():
            self.touched[clash.dimension] = "conflict"
            detail: dict[str, Any] = {"whole_file": clash.dimension in DEPENDENT}
            named = _OF_TRACK.match(clash.address)
            of_song = clash.dimension in ("tempo_map", "time_signatures")  # whatever track the file has them in
            if named and int(named[1]) < len(titles) and titles[int(named[1])] and not of_song:
                detail["part"] = titles[int(named[1])]
            ours, theirs = (self._told(clash, side) for side in (1, 2))
            records.append(
                ConflictRecord(
                    path=self.path, conflict_type=clash.kind, ours_summary=ours, theirs_summary=theirs,
                    addresses=[clash.address, *clash.more], address=clash.address, base_summary=clash.base,
                    dimension=clash.dimension,
                    hint=command("muse", "resolve", "--pick", f"{clash.address}=theirs", paths=[self.path]),
                    detail=detail,
                )
            )  # fmt: skip
        return records

    def _told(self, clash: Clash, side: int) -> str:
        """What a side made of what is in dispute; where that is only known to be an edit, what the edit was."""
        words = clash.ours if side == 1 else clash.theirs
        of_track = clash.kind == "track_delete_edit"
        if not words.endswith(" changed") if of_track else not words.startswith("edited "):
            return words
        if len(self.originals[side]) > _MOST_TOLD:
            return words
        from muse.plugins.midi.show.diff import diff_files

        ops, line = diff_files(self.originals[0], self.originals[side])
        if of_track:
            line = next((str(op.get("child_summary", "")) for op in ops if op["address"] == clash.address), "")
        return f"{words}: {line[:_LONGEST]}{'...' if len(line) > _LONGEST else ''}" if line else words
