"""Bars that one side inserts, cuts, moves or repeats, against edits of the other side behind, before and inside."""

from __future__ import annotations

import importlib
import random
from pathlib import Path

import pytest

from muse.core import options
from muse.domain import FileMerge
from muse.plugins.midi.file.codec import parse
from muse.plugins.midi.merge.file import merge_file

from .midi_kit import Spec, notes_to_events, smf, track

BAR = 1920
BENCHMARKS = Path(__file__).parents[3] / "benchmarks"
Parts = list[list[Spec]]


def parts(bars: int = 12, seed: int = 1) -> Parts:
    """Two melodies that repeat nothing."""
    made = random.Random(seed)
    return [
        [(made.randrange(low, low + 24), beat * 480, 400, made.randint(50, 100)) for beat in range(bars * 4)]
        for low in (60, 36)
    ]


def song(some: Parts, extra: list[tuple[int, bytes]] | None = None) -> bytes:
    head = track([(0, b"\xff\x51\x03\x07\xa1\x20"), *sorted(extra or [])])
    return smf(head, *(track(notes_to_events(sorted(notes, key=lambda note: note[1]))) for notes in some))


def later(some: Parts, bar: int, bars: int) -> Parts:
    """With so many bars put before a bar, counted from 1; fewer than none are cut."""
    start, shift = (bar - 1) * BAR, bars * BAR
    gone = range(start, start - shift)
    return [
        [(p, on + shift if on >= start else on, *rest) for p, on, *rest in notes if on not in gone] for notes in some
    ]


def heard(data: bytes | None) -> list[tuple[int, int, bytes]]:
    assert data is not None
    return sorted(
        (n, tick, body) for n, only in enumerate(parse(data).tracks) for tick, body in zip(only.ticks, only.bodies)
    )


def both_ways(base: bytes, one: bytes, two: bytes, **how: object) -> list[FileMerge]:
    with options.using(options.MergeOptions(**how)):  # type: ignore[arg-type]
        return [merge_file("a.mid", base, one, two), merge_file("a.mid", base, two, one)]


def merged(base: bytes, one: bytes, two: bytes, wanted: bytes) -> list[str]:
    """Both ways round give the wanted file; the notes of the first."""
    found = both_ways(base, one, two)
    for result in found:
        assert [record.address for record in result.conflicts] == []
        assert heard(result.content) == heard(wanted)
    return found[0].notes


def with_note(some: Parts, bar: int, part: int = 0) -> Parts:
    added: Spec = (100, (bar - 1) * BAR + 480, 300, 99)
    return [[*notes, added] if n == part else notes for n, notes in enumerate(some)]


def test_a_new_note_behind_inserted_bars_follows_its_bar() -> None:
    old = parts()
    words = merged(song(old), song(later(old, 3, 2)), song(with_note(old, 6)), song(with_note(later(old, 3, 2), 8)))
    assert words == ["ours: 2 bars inserted at bar 3"]


def test_a_new_note_before_inserted_bars_stays() -> None:
    old = parts()
    merged(song(old), song(later(old, 7, 2)), song(with_note(old, 6)), song(with_note(later(old, 7, 2), 6)))


def test_a_new_note_behind_cut_bars_follows_its_bar() -> None:
    old = parts()
    words = merged(song(old), song(later(old, 3, -2)), song(with_note(old, 6)), song(with_note(later(old, 3, -2), 4)))
    assert words == ["ours: bars 3-4 cut"]


def test_tempo_and_marker_follow_their_bar() -> None:
    old, point = parts(), [(6 * BAR, b"\xff\x51\x03\x06\x00\x00"), (7 * BAR + 480, b"\xff\x06\x02Go")]
    moved = [(tick + 2 * BAR, body) for tick, body in point]
    merged(song(old), song(later(old, 3, 2)), song(old, point), song(later(old, 3, 2), moved))


def test_both_insert_bars_at_different_places() -> None:
    old = parts()
    merged(song(old), song(later(old, 3, 2)), song(later(old, 8, 1)), song(later(later(old, 8, 1), 3, 2)))


def test_a_note_keeps_its_length_over_inserted_bars() -> None:
    old = parts()
    old[0].append((110, BAR + 1440, 960, 64))  # from bar 2 into bar 3
    merged(song(old), song(later(old, 3, 2)), song(with_note(old, 6)), song(with_note(later(old, 3, 2), 8)))


def test_cut_bars_that_the_other_side_edited_are_one_conflict() -> None:
    old = parts()
    base, cut, edited = song(old), song(later(old, 5, -4)), song(with_note(with_note(old, 6), 10))
    for result in both_ways(base, cut, edited):
        assert [(r.address, r.conflict_type) for r in result.conflicts] == [("bars:5-8", "bar_cut_edit")]
    for name, wanted in (("ours", with_note(later(old, 5, -4), 6)), ("theirs", with_note(with_note(old, 6), 10))):
        picked = both_ways(base, cut, edited, picks={"bars:5-8": name})[0]
        assert not picked.conflicts and heard(picked.content) == heard(song(wanted))
    ours = both_ways(base, cut, edited)[0]
    assert heard(ours.content) == heard(song(with_note(later(old, 5, -4), 6)))  # what is clear is done already


def test_both_insert_bars_at_one_place_is_one_conflict() -> None:
    old = parts()
    one, two = with_note(later(old, 5, 2), 5), with_note(later(old, 5, 1), 5, 1)
    found = both_ways(song(old), song(one), song(two))
    assert [[r.conflict_type for r in result.conflicts] for result in found] == [["bar_collision"]] * 2
    assert heard(found[0].content) == heard(song(one)) and heard(found[1].content) == heard(song(two))
    picked = both_ways(song(old), song(one), song(two), picks={found[0].conflicts[0].address: "theirs"})[0]
    assert heard(picked.content) == heard(song(two))


def test_neither_insertion_leaves_the_bars_as_they_were_and_keeps_other_edits() -> None:
    old = parts()
    one, two = song(with_note(later(old, 5, 2), 10)), song(with_note(later(old, 5, 1), 3, 1))
    address = both_ways(song(old), one, two)[0].conflicts[0].address
    for result in both_ways(song(old), one, two, picks={address: "base"}):
        assert not result.conflicts
        assert heard(result.content) == heard(song(with_note(with_note(old, 8), 3, 1)))


def test_who_wants_numbers_to_stay_says_so() -> None:
    old = parts()
    found = both_ways(song(old), song(later(old, 3, 2)), song(with_note(old, 6)), config={"midi.bars": "keep-numbers"})[
        0
    ]
    assert (1, 5 * BAR + 480, b"\x90\x64\x63") in heard(found.content)


def test_one_track_that_waits_two_bars_is_no_map() -> None:
    old = parts()
    late = [later(old, 3, 2)[0], old[1]]
    for result in both_ways(song(old), song(late), song(with_note(old, 6, 1))):
        assert heard(result.content) == heard(song(with_note(late, 6, 1)))


def test_bars_moved_behind_others_take_edits_along() -> None:
    old = parts()

    def moved(some: Parts) -> Parts:  # bars 3-4 behind bar 8
        def place(on: int) -> int:
            bar = on // BAR + 1
            return on + 4 * BAR if bar in (3, 4) else on - 2 * BAR if 5 <= bar <= 8 else on

        return [[(p, place(on), *rest) for p, on, *rest in notes] for notes in some]

    edited = with_note(with_note(old, 3), 6)
    words = merged(song(old), song(moved(old)), song(edited), song(moved(edited)))
    assert words == ["ours: bars 3-4 moved to bar 9"]


def test_equal_bars_are_asked_about() -> None:
    loop: Parts = [[(60 + beat % 4, beat * 480, 400, 80) for beat in range(32)] for _ in range(2)]
    longer: Parts = [[(60 + beat % 4, beat * 480, 400, 80) for beat in range(40)] for _ in range(2)]
    edited = [[(p, on, length, 33 if on == 4 * BAR else v) for p, on, length, v in notes] for notes in loop]
    for result in both_ways(song(loop), song(longer), song(edited)):
        assert len(result.conflicts) <= 1


@pytest.mark.parametrize("seed", range(6))
def test_generated_cases_are_as_meant_or_asked(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cases of the benchmark, judged by its own reader."""
    pytest.importorskip("mido", reason="the judge reads with mido")
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    regions = importlib.import_module("midi_regions")
    verdicts = []
    found = regions.songs(None, 8, 100 + seed)
    for _, _, case in regions.cases(found, 24, seed, list(regions.DEEDS)):
        result = merge_file("song.mid", case.base, case.ours, case.theirs)
        verdicts.append(regions.judge(case, len(result.conflicts), result.content or b""))
    assert len(verdicts) == 24 and set(verdicts) <= {"meant", "asked"} and verdicts.count("meant") >= 20


def test_a_bar_where_a_voice_pauses_is_not_taken_for_one_where_it_plays() -> None:
    """Moved among bars that are alike: the pause stands elsewhere, and an edit in it is asked about or goes along."""
    made = random.Random(3)
    beats = [(36 + n, n * 240) for n in range(6)]
    one, two, odd, *head = ([(made.randrange(40, 70), n * 480) for n in range(4)] for _ in range(9))
    plan = [*((tune, True) for tune in head)]
    plan += [*([(one, True), (two, True)] * 3), (one, False), (odd, False)]

    def song_of(rows: list[tuple[list[tuple[int, int]], bool]], extra: list[tuple[int, bytes]]) -> bytes:
        tune: list[Spec] = [(p, bar * BAR + on, 300, 90) for bar, (notes, _) in enumerate(rows) for p, on in notes]
        drums: list[Spec] = [
            (p, bar * BAR + on, 100, 90) for bar, (_, plays) in enumerate(rows) if plays for p, on in beats
        ]
        return smf(track(extra), track(notes_to_events(tune)), track(notes_to_events(drums)))

    order = [*range(8), 11, 12, 8, 9, 10, 13]
    lyric = b"\xff\x05\x02la"
    base, moved = song_of(plan, []), song_of([plan[n] for n in order], [])
    theirs = song_of(plan, [(12 * BAR + 319, lyric)])
    for result in both_ways(base, moved, theirs):
        at = [tick for _, tick, body in heard(result.content) if body == b"\xff\x05la"]
        assert [record.conflict_type for record in result.conflicts] == ["bar_map"] or at == [9 * BAR + 319]


def shuffled(some: Parts, order: list[int]) -> Parts:
    """The bars of all parts in another order; counted from 0."""
    place = {bar: at for at, bar in enumerate(order)}
    return [[(p, on + (place[on // BAR] - on // BAR) * BAR, *rest) for p, on, *rest in notes] for notes in some]


def like(some: Parts, bar: int, model: int, beats: int) -> Parts:
    """With the first beats of a bar played as in another one."""
    steps = range(0, beats * 480, 480)
    first = [{on: p for p, on, *_ in notes} for notes in some]
    return [
        [
            (played[on + (model - bar) * BAR] if on - (bar - 1) * BAR in steps else p, on, *rest)
            for p, on, *rest in notes
        ]
        for played, notes in zip(first, some)
    ]


@pytest.mark.parametrize("beats", [2, 3])
def test_moved_bars_are_seen_among_similar_ones(beats: int) -> None:
    """Bars 10 and 11 begin like 8 and 9, so that each would nearly do in the other's place."""
    old = like(like(parts(14), 10, 8, beats), 11, 9, beats)
    order = [*range(7), 9, 10, 7, 8, *range(11, 14)]
    edited = with_note(with_note(old, 8), 10, 1)
    words = merged(song(old), song(shuffled(old, order)), song(edited), song(shuffled(edited, order)))
    assert words == ["ours: bars 10-11 moved to bar 8"]


def test_bars_moved_to_the_end_take_edits_along() -> None:
    old = parts()
    order = [0, 1, *range(4, 12), 2, 3]
    edited = with_note(with_note(with_note(old, 3), 6), 12)
    merged(song(old), song(shuffled(old, order)), song(edited), song(shuffled(edited, order)))
    ours = with_note(shuffled(old, order), 11, 1)  # and one of the moving side's own
    merged(song(old), song(ours), song(edited), song(with_note(shuffled(edited, order), 11, 1)))


def test_bars_that_two_moves_put_elsewhere_are_asked_about_and_others_are_not() -> None:
    """A B A B C D, and then A B C A B D: C went over the second A B, or the first A B over all up to C."""
    old = like(like(parts(6), 3, 1, 4), 4, 2, 4)
    old = [[(p, on, 400, 90) for p, on, *_ in notes] for notes in old]
    order = [0, 1, 4, 2, 3, 5]
    for bar in (5, 6):
        edited = with_note(old, bar)
        merged(song(old), song(shuffled(old, order)), song(edited), song(shuffled(edited, order)))
    for result in both_ways(song(old), song(shuffled(old, order)), song(with_note(old, 1))):
        assert [(r.address, r.conflict_type) for r in result.conflicts] == [("bars:1", "bar_map")]


def test_bars_put_into_an_end_that_repeats_itself_are_asked_about() -> None:
    """The last two bars are played three times; two more of them may stand anywhere there, other new bars may not."""
    phrase = [60, 64, 67, 64, 62, 65, 69, 65]

    def tune(pitches: list[int]) -> Parts:
        return [[(p + 12 * part, n * 480, 400, 80) for n, p in enumerate(pitches)] for part in range(2)]

    old = [50, 57, 53, 59, 61, 55, 52, 58, *phrase * 3]
    longer, shorter, other = old + phrase, old[:-8], [*old, *(p - 11 + n % 3 for n, p in enumerate(phrase))]
    last = with_note(tune(old), 7)
    for new, bars in ((longer, 2), (shorter, -2)):
        result = merge_file("song.mid", song(tune(old)), song(tune(new)), song(with_note(tune(old), 5)))
        (clash,) = result.conflicts
        assert clash.conflict_type == "bar_map" and clash.ours_summary.startswith(
            "2 bars inserted at bar" if bars > 0 else "bars "
        )
    (clash,) = merge_file("song.mid", song(tune(old)), song(tune(longer)), song(last)).conflicts
    for pick, bar in (("ours", 9), ("theirs", 7)):
        with options.using(options.MergeOptions(picks={clash.address: pick})):  # type: ignore[arg-type]
            settled = merge_file("song.mid", song(tune(old)), song(tune(longer)), song(last))
        assert not settled.conflicts and heard(settled.content or b"") == heard(song(with_note(tune(longer), bar)))
    clean = merge_file("song.mid", song(tune(old)), song(tune(other)), song(last))
    assert not clean.conflicts and heard(clean.content or b"") == heard(song(with_note(tune(other), 7)))
