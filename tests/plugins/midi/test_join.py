"""Joining MIDI states: the laws, and that nothing anybody did is lost or comes back."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from muse.core import content
from muse.core.content import MemoryContent
from muse.core.errors import DamageError
from muse.domain import CRDTPlugin, CRDTSnapshotManifest
from muse.plugins.midi.file.codec import parse
from muse.plugins.midi.join.join import advance, build, lift
from muse.plugins.midi.join.state import JoinState
from muse.plugins.midi.plugin import MidiPlugin

from .midi_kit import Spec, cc, notes_to_events, smf, song, tempo, track

SCALE: list[Spec] = [(60 + step, step * 480, 480) for step in range(8)]
BASE = song(SCALE, [(0, tempo(500000)), (480, cc(7, 100))])


def heard(data: bytes) -> list[list[tuple[int, bytes]]]:
    return [sorted(zip(each.ticks, each.bodies)) for each in parse(data).tracks]


def joined(*sides: bytes, base: bytes = BASE) -> bytes:
    """What the sides give together, the same in every order."""
    states = [advance(lift(base), side, f"agent {number}") for number, side in enumerate(sides)]
    results = set()
    for order in itertools.permutations(states):
        state = order[0]
        for other in order[1:]:
            state = state.join(other)
        results.add((state.to_bytes(), build(state)))
    assert len(results) == 1
    return results.pop()[1]


def test_a_lifted_file_comes_back_byte_for_byte() -> None:
    odd = smf(track([(0, b"\x90\x3c\x40"), (10, b"\x3c\0"), (10, b"\xff\x01\x80\x02hi")], tail=b"rest"))
    for data in (BASE, odd, b"no midi", b""):
        assert build(lift(data)) == data
        assert lift(data).to_bytes() == lift(data).to_bytes()
        assert JoinState.from_bytes(lift(data).to_bytes()).to_bytes() == lift(data).to_bytes()


def test_disjoint_edits_of_all_kinds() -> None:
    extra = [(0, tempo(500000)), (480, cc(7, 100))]
    one = song([(60, 0, 480, 99), *SCALE[1:]], extra)
    two = song([*SCALE[:-1], (70, 7 * 480, 480)], [*extra, (960, cc(11, 5)), (960, b"\xf0\x02\x01\xf7")])
    three = song([*SCALE[:3], *SCALE[4:]], [(0, tempo(400000)), (480, cc(7, 100))])
    expected = song(
        [(60, 0, 480, 99), SCALE[1], SCALE[2], *SCALE[4:-1], (70, 7 * 480, 480)],
        [(0, tempo(400000)), (480, cc(7, 100)), (960, cc(11, 5)), (960, b"\xf0\x02\x01\xf7")],
    )
    assert heard(joined(one, two, three)) == heard(expected)


def test_a_deletion_stays_deleted_beside_an_unrelated_edit() -> None:
    extra = [(0, tempo(500000)), (480, cc(7, 100))]
    result = joined(song(SCALE[1:], extra, end=3840), song([*SCALE[:-1], (99, 3360, 480)], extra))
    assert heard(result) == heard(song([*SCALE[1:-1], (99, 3360, 480)], extra))


def test_an_edit_outlives_a_deletion_that_did_not_know_of_it() -> None:
    extra = [(0, tempo(500000)), (480, cc(7, 100))]
    edited = song([(60, 0, 480, 1), *SCALE[1:]], extra)
    assert heard(joined(song(SCALE[1:], extra), edited)) == heard(edited)


def test_the_same_note_added_by_two_is_one_note() -> None:
    more = song([*SCALE, (20, 0, 100)], [(0, tempo(500000)), (480, cc(7, 100))])
    assert heard(joined(more, more)) == heard(more)


def test_two_values_of_one_slot_keep_the_other_readable() -> None:
    sides = [song(SCALE, [(0, tempo(speed)), (480, cc(7, 100))]) for speed in (300000, 400000)]
    states = [advance(lift(BASE), side, str(number)) for number, side in enumerate(sides)]
    both = states[0].join(states[1])
    assert len(parse(build(both)).tracks) == 1
    assert list(both.hidden()) == ["0/s:meta:81@0"]


def test_deleted_and_added_again() -> None:
    extra = [(0, tempo(500000)), (480, cc(7, 100))]
    state = lift(BASE)
    without = song(SCALE[1:], extra)
    for data in (song([(60, 0, 480, 5), *SCALE[1:]], extra), without, BASE, without, BASE):
        state = advance(state, data, "a")
        assert heard(build(state)) == heard(data)


def test_tracks_added_reordered_and_deleted() -> None:
    one, two, three = (
        track([(0, b"\xff\x03\x01%d" % number), *notes_to_events([(50 + number, 0, 100)], number)])
        for number in range(3)
    )
    base = smf(one, two)
    assert joined(smf(one, two, three), smf(two, one), base=base) == smf(two, one, three)
    assert joined(smf(one, three, kind=1), base, base=base) == smf(one, three)
    assert joined(smf(one, two, three), smf(one, two, three), base=base) == smf(one, two, three)


def test_finer_ticks_and_an_edit() -> None:
    finer = song([(p, t * 2, n * 2) for p, t, n in SCALE], [(0, tempo(500000)), (960, cc(7, 100))])
    finer = finer[:12] + (960).to_bytes(2, "big") + finer[14:]
    edited = song([(61, 0, 480), *SCALE[1:]], [(0, tempo(500000)), (480, cc(7, 100))])
    result = parse(joined(finer, edited))
    assert result.division == 960
    assert (0, b"\x90\x3d\x50") in list(zip(result.tracks[0].ticks, result.tracks[0].bodies))


NOTES = st.lists(
    st.tuples(st.integers(60, 63), st.integers(0, 5).map(lambda n: n * 120), st.sampled_from((0, 120, 240)),
              st.integers(1, 3)),
    max_size=6,
)  # fmt: skip
EVENTS = st.sampled_from((cc(7, 1), cc(7, 2), tempo(9), b"\xf0\x01\xf7"))
POINTS = st.lists(st.tuples(st.integers(0, 3).map(lambda n: n * 120), EVENTS), max_size=4)
FILES = st.builds(song, NOTES, POINTS)


@settings(max_examples=150, deadline=None)
@given(FILES, st.tuples(FILES, FILES), FILES)
def test_laws(base: bytes, first: tuple[bytes, bytes], second: bytes) -> None:
    a = advance(advance(lift(base), first[0], "a"), first[1], "a")
    b = advance(lift(base), second, "b")
    c = lift(first[0])  # not even lifted from the same file
    for one, two in ((a, b), (a, c)):
        assert one.join(two).to_bytes() == two.join(one).to_bytes()
        assert build(one.join(two)) == build(two.join(one))
        assert one.join(two).join(two).to_bytes() == one.join(two).to_bytes()
    assert a.join(b).join(c).to_bytes() == a.join(b.join(c)).to_bytes()
    assert a.join(a).to_bytes() == a.to_bytes()
    assert JoinState.from_bytes(a.join(c).to_bytes()).to_bytes() == a.join(c).to_bytes()
    assert heard(build(b)) == heard(second)
    parse(build(a.join(b).join(c)))


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"schema":"midi-join-1"}', b'{"schema":"midi-join-2"}', b"\xff"])
def test_damaged_states_are_named(data: bytes) -> None:
    with pytest.raises(DamageError):
        JoinState.from_bytes(data)


def test_the_plugin_joins_snapshots_through_the_store() -> None:
    plugin = MidiPlugin()
    assert isinstance(plugin, CRDTPlugin)
    extra = [(0, tempo(500000)), (480, cc(7, 100))]
    with content.using(MemoryContent()) as store:

        def snapshot(**files: bytes) -> dict[str, object]:
            return {"files": {f"{name}.mid": store.put(data) for name, data in files.items()}, "domain": "midi"}

        base = snapshot(a=BASE, gone=BASE)
        lifted = plugin.to_crdt_state(base)  # type: ignore[arg-type]
        sides: list[CRDTSnapshotManifest] = []
        for actor, after in (
            ("a", snapshot(a=song([(60, 0, 480, 99), *SCALE[1:]], extra))),
            ("b", snapshot(a=song([*SCALE[:-1], (70, 3360, 480)], extra), gone=BASE, new=BASE)),
        ):
            delta = plugin.diff(base, after)  # type: ignore[arg-type]
            sides.append(plugin.advance_crdt_state(lifted, delta, actor=actor))
        joined_ = plugin.join(*sides)
        assert joined_ == plugin.join(sides[1], sides[0])
        result = plugin.from_crdt_state(joined_)
        assert sorted(result["files"]) == ["a.mid", "new.mid"]
        assert joined_["vclock"] == {"a": 1, "b": 1}
        expected = song([(60, 0, 480, 99), *SCALE[1:-1], (70, 3360, 480)], extra)
        assert heard(store.get(result["files"]["a.mid"])) == heard(expected)
        assert store.get(result["files"]["new.mid"]) == BASE
