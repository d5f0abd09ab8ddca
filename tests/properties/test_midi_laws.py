"""Laws of the MIDI merge on generated files: arbitrary ones, and edits of one base."""

from __future__ import annotations

import importlib.util
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from muse.domain import FileMerge
from muse.plugins.midi.file.codec import parse
from muse.plugins.midi.merge.file import merge_file

_KIT = Path(__file__).resolve().parents[1] / "plugins" / "midi" / "midi_kit.py"
_spec = importlib.util.spec_from_file_location("midi_kit_for_laws", _KIT)
assert _spec is not None and _spec.loader is not None
kit: Any = importlib.util.module_from_spec(_spec)
sys.modules[_spec.name] = kit
_spec.loader.exec_module(kit)

Spec = tuple[int, ...]
Point = tuple[int, bytes]
Model = tuple[tuple[Spec, ...], tuple[Point, ...]]

NOTE = st.tuples(
    st.integers(60, 64), st.integers(0, 7).map(lambda n: n * 120), st.sampled_from((0, 60, 120, 240)),
    st.integers(1, 4), st.sampled_from((-1, 0, 64)),
)  # fmt: skip
POINT = st.tuples(
    st.integers(0, 7).map(lambda n: n * 120),
    st.sampled_from(
        (
            kit.cc(7, 1),
            kit.cc(7, 2),
            kit.cc(11, 9),
            kit.cc(0, 1),
            kit.cc(101, 0),
            kit.cc(6, 2),
            b"\xc0\x05",
            b"\xe0\0\x40",
            b"\xd0\x05",
            kit.tempo(9),
            kit.tempo(8),
            b"\xff\x05\x02la",
            b"\xf0\x02\x01\xf7",
            b"\xf0\x02\x02\xf7",
            b"\x80\x45\0",
            b"\x90\x45\x01",
        )
    ),
)
MODEL = st.tuples(st.lists(NOTE, max_size=8).map(tuple), st.lists(POINT, max_size=5).map(tuple))


def data_of(model: Model) -> bytes:
    """A model as a file; the same model is always the same bytes."""
    return bytes(kit.song(list(model[0]), sorted(model[1])))


@st.composite
def edited(draw: st.DrawFn, base: Model) -> Model:
    """A few edits of a model."""
    notes, points = [list(note) for note in base[0]], list(base[1])
    for _ in range(draw(st.integers(1, 3))):
        kind = draw(st.sampled_from(("velocity", "pitch", "length", "delete", "add", "point", "point", "unpoint")))
        at = draw(st.integers(0, max(0, len(notes) - 1)))
        if kind == "add":
            notes.append(list(draw(NOTE)))
        elif kind == "point":
            points.append(draw(POINT))
        elif kind == "unpoint" and points:
            del points[draw(st.integers(0, len(points) - 1))]
        elif not notes:
            continue
        elif kind == "velocity":
            notes[at][3] = draw(st.integers(1, 6))
        elif kind == "pitch":
            notes[at][0] = draw(st.integers(60, 66))
        elif kind == "length":
            notes[at][2] = draw(st.sampled_from((60, 120, 180)))
        elif kind == "delete":
            del notes[at]
    return tuple(tuple(note) for note in notes), tuple(points)


@st.composite
def three(draw: st.DrawFn) -> tuple[bytes, bytes, bytes]:
    """A base and two edited versions."""
    base = draw(MODEL)
    return data_of(base), data_of(draw(edited(base))), data_of(draw(edited(base)))


def merge(base: bytes, ours: bytes, theirs: bytes) -> FileMerge:
    """A merge that has to leave a readable file."""
    result = merge_file("a.mid", base, ours, theirs)
    assert result.content is not None
    parse(result.content)
    return result


def events(data: bytes) -> Counter[tuple[int, int, bytes]]:
    return Counter((i, t, b) for i, each in enumerate(parse(data).tracks) for t, b in zip(each.ticks, each.bodies))


def conflict_set(result: FileMerge) -> list[tuple[str, str]]:
    return sorted((record.address, record.conflict_type) for record in result.conflicts)


@settings(max_examples=400, deadline=None)
@given(three())
def test_sides_determinism_and_idempotence(files: tuple[bytes, bytes, bytes]) -> None:
    base, ours, theirs = files
    result, mirror = merge(base, ours, theirs), merge(base, theirs, ours)
    assert conflict_set(result) == conflict_set(mirror)
    assert merge(base, ours, theirs) == result
    assert result.content is not None and mirror.content is not None
    if not result.conflicts:
        assert events(result.content) == events(mirror.content)
        if max((*events(base).values(), *events(ours).values(), *events(theirs).values()), default=1) == 1:
            # With equal notes or events in one file nobody can tell which of them an edit meant. And a chord in which
            # both sides changed everything may be read as other notes the second time: then it has to be a conflict.
            again = merge(base, result.content, theirs)
            assert again.conflicts or again.content == result.content


@settings(max_examples=400, deadline=None)
@given(three())
def test_a_clean_result_has_every_edit(files: tuple[bytes, bytes, bytes]) -> None:
    """Counted by events: what a side removed is gone, what it added is there, unless both worked on one note."""
    base, ours, theirs = files
    result = merge(base, ours, theirs)
    if result.conflicts:
        return
    b, o, t, m = (events(each) for each in (base, ours, theirs, result.content or b""))
    expected = b - ((b - o) | (b - t)) + ((o - b) | (t - b))
    by_both = (o - b) & (t - b)  # one edit that both made, or two edits that came to equal events: there once or twice
    missing, extra = expected - m, m - expected - by_both
    for index, tick, body in (*missing, *extra):
        assert 0x80 <= body[0] < 0xA0, (index, tick, body)  # only a note can combine two edits into a third event
    assert sum(extra.values()) <= sum(missing.values())


@settings(max_examples=60, deadline=None)
@given(MODEL, MODEL)
def test_identities(one: Model, two: Model) -> None:
    base, side = data_of(one), data_of(two)
    for result in (merge(base, side, base), merge(base, base, side), merge(base, side, side)):
        assert (result.content, result.conflicts) == (side, [])


@settings(max_examples=300, deadline=None)
@given(MODEL, MODEL, MODEL)
def test_unrelated_files_never_break_it(one: Model, two: Model, other: Model) -> None:
    base, ours, theirs = data_of(one), data_of(two), data_of(other)
    result, mirror = merge(base, ours, theirs), merge(base, theirs, ours)
    # What a conflict of hostile files is called, and where it stands, may depend on who is ours; that there is one not.
    assert bool(result.conflicts) == bool(mirror.conflicts)


@settings(max_examples=200, deadline=None)
@given(three(), st.integers(0, 2), st.data())
def test_damaged_files_are_a_conflict_of_the_whole_file(
    files: tuple[bytes, bytes, bytes], which: int, data: st.DataObject
) -> None:
    sides = list(files)
    least = 1 if which == 0 else 0  # an empty base is no damage: both sides added the file
    sides[which] = sides[which][: data.draw(st.integers(least, len(sides[which]) - 1))]
    result = merge_file("a.mid", *sides)
    if sides[0] not in sides[1:] and sides[1] != sides[2]:
        assert [record.conflict_type for record in result.conflicts] == ["file_level"]
        assert result.content == sides[1]
