"""What a person reads of a rename, of a track's end, of the song's tempo, and of what each side did in a conflict."""

from __future__ import annotations

import pytest

from muse.domain import ConflictRecord
from muse.plugins.midi.merge.file import merge_file
from muse.plugins.midi.show.diff import diff_files

from .midi_kit import cc, notes_to_events, smf, tempo, track
from .test_bars import BAR, later, parts, song
from .test_bars_edges import BEAT, shifted

NOTES = [(60 + n % 12, n * 480, 400, 70 + n % 5) for n in range(32)]


def piece(name: str = "Bass", *extra: tuple[int, bytes], notes: list[tuple[int, ...]] = NOTES) -> bytes:
    events = [(0, b"\xff\x03" + bytes([len(name)]) + name.encode()), *extra, *notes_to_events(notes)]  # type: ignore[arg-type]
    return track(sorted(events, key=lambda event: event[0]))


def head(*extra: tuple[int, bytes]) -> bytes:
    return track([(0, b"\xff\x03\x04Song"), (0, tempo(500_000)), *extra])


def test_a_rename_names_both_names() -> None:
    before, after = smf(head(), piece("Bass")), smf(head(), piece("Contrabass"))
    assert diff_files(before, after)[1] == 'Bass renamed "Contrabass"'
    softer = [(p, on, length, v - 9) for p, on, length, v in NOTES]
    louder = smf(head(), piece("Contrabass", notes=softer))  # type: ignore[arg-type]
    assert diff_files(before, louder)[1] == 'Bass renamed "Contrabass"; Contrabass bars 1-8: velocity -9 (32 notes)'


def test_a_tempo_is_the_songs_and_its_end_no_program() -> None:
    """The track of the tempo ends later now because the new tempo stands there."""
    before, after = smf(head(), piece()), smf(head((4 * BAR, tempo(600_000))), piece())
    assert diff_files(before, after)[1] == "bar 5: tempo 100.00"
    assert diff_files(after, before)[1] == "bar 5: tempo 100.00 removed"
    silent = smf(track([(0, b"\xff\x03\x04Song"), (0, tempo(500_000))], end=BAR), piece())
    assert diff_files(before, silent)[1] == "re-saved by another program (end of track)"


def test_lyrics_are_told_word_by_word() -> None:
    sung = piece("Bass", (BAR, b"\xff\x05\x05Sleep"), (BAR + 480, b"\xff\x05\x04love"))
    assert diff_files(smf(head(), piece()), smf(head(), sung))[1] == 'Bass bar 2: lyric "Sleep", lyric "love"'


def conflict(base: bytes, ours: bytes, theirs: bytes) -> ConflictRecord:
    (record,) = merge_file("a.mid", base, ours, theirs).conflicts
    return record


def test_two_curves_are_told_by_their_ends() -> None:
    ramps = [[(BAR + 120 * n, cc(10, start + step * n)) for n in range(32)] for start, step in ((0, 4), (127, -4))]
    found = conflict(smf(head(), piece()), *(smf(head(), piece("Bass", *ramp)) for ramp in ramps))
    where = "bar 2 beat 1 to bar 3 beat 4 + 1/8 dotted: "
    assert (found.base_summary, found.ours_summary, found.theirs_summary) == (
        f"{where}none", f"{where}pan 0 .. pan 124 (32 points)", f"{where}pan 127 .. pan 3 (32 points)",
    )  # fmt: skip


@pytest.mark.parametrize("way", [1, -1])
def test_a_deleted_track_is_told_with_what_the_other_side_did_in_it(way: int) -> None:
    softer = smf(head(), piece(notes=[(p, on, length, v - 20) for p, on, length, v in NOTES]), piece("Lead"))  # type: ignore[arg-type]
    sides = (smf(head(), piece("Lead")), softer)[::way]
    found = conflict(smf(head(), piece(), piece("Lead")), *sides)
    said = (found.ours_summary, found.theirs_summary)[::way]
    assert said == ('track "Bass" deleted', 'track "Bass" changed: Bass bars 1-8: velocity -20 (32 notes)')


def test_bars_that_were_cut_are_told_with_the_edits_of_the_other_side() -> None:
    old = parts()
    new = [[(p, on, length, 20 if on == 5 * BAR else v) for p, on, length, v in notes] for notes in old]
    found = conflict(song(old), song(later(old, 5, -3)), song(new))
    assert (found.conflict_type, found.ours_summary) == ("bar_cut_edit", "bars 5-7 cut")
    assert found.theirs_summary.startswith("edited there: track 2 bar 6: velocity")


def test_two_questions_about_the_same_bars_have_two_addresses() -> None:
    """Both sides put bars in at beats of one rest: where, cannot be told of either."""
    old = parts()
    rest = range(4 * BAR, 4 * BAR + 3 * BEAT)
    old = [[note for note in notes if note[1] not in rest] for notes in old]
    one, two = (shifted(old, 4 * BAR + 3 * BEAT, bars * BAR + BEAT) for bars in (2, 3))
    for sides in ((one, two), (two, one)):
        addresses = [record.address for record in merge_file("a.mid", song(old), *map(song, sides)).conflicts]
        assert addresses and len(set(addresses)) == len(addresses)
