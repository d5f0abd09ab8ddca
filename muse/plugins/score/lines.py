"""What reaches from one place of a score to another: ties, slurs, hairpins, pedals, endings, repeats, with both ends.

MusicXML writes a line's ends by a number: the next end of that number is the end of what is open. So of two people's
lines with one number, of which one begins inside of the other, each would get the other one's end. MuseScore writes
with the start how far away the end is. The law of a merge is therefore one over whole lines: the result has those of
the base, with what either side did to them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import starmap
from typing import NamedTuple

from muse.core.late import regex
from muse.plugins.score.columns import Matching, Step
from muse.plugins.score.outline import Score
from muse.plugins.score.values import End, Kind, Place, expected, whole


class Line(NamedTuple):
    """A line of a part; None stands for an end that is not there."""

    part: int
    kind: Kind
    start: Place | None
    stop: Place | None

    def ends(self) -> list[tuple[object, ...]]:
        """The ends it has: part, measure, onset, kind."""
        return [(self.part, *end, self.kind) for end in (self.start, self.stop) if end is not None]


Asked = set[tuple[int, object]]
"""Numbers of parts with names of measures that somebody was asked about."""


def named(scores: Mapping[str, Score], matchings: Mapping[str, Matching]) -> dict[str, list[object]]:
    """For each measure of each version which one of the base it is, or where it was put in."""
    found: dict[str, list[object]] = {"base": list(range(len(scores["base"].columns)))}
    for side, matching in matchings.items():
        names: list[object] = [None] * len(scores[side].columns)
        for at, place in enumerate(matching.place):
            if place is not None:
                names[place] = at
        for gap, columns in matching.added.items():
            for at, column in enumerate(columns):
                names[column] = (gap, at)
        found[side] = names
    return found


def unkept(
    scores: Mapping[str, Score],
    result: Score,
    order: Sequence[Step],
    names: Mapping[str, Sequence[object]],
    asked: Asked,
) -> str:
    """A line of the result that is not what the base and both sides' edits say, in words; nothing where all are.

    Lines that have to do with measures that were `asked` about may be.
    """
    known: dict[bytes, list[End]] = {}
    lines = [Counter(_lines(scores[side], names[side], known)) for side in ("base", "ours", "theirs")]
    told = [step.from_all[0] if step.from_all else names[step.side][step.at] for step in order]
    found, wanted = Counter(_lines(result, told, known)), expected(*lines)
    other = set((wanted - found) + (found - wanted))
    if asked:
        other -= _free(set().union(found, *lines), asked)
    return next((_told(result, line) for line in sorted(other, key=repr)), "")


def _free(lines: set[Line], asked: Asked) -> set[Line]:
    """Lines with an end in a measure asked about, and those that share an end with one of them."""
    free = {end for line in lines for end in line.ends() if end[:2] in asked}
    for line in lines:
        if not free.isdisjoint(line.ends()):
            free.update(line.ends())
    return {line for line in lines if not free.isdisjoint(line.ends())}


_WORDS = {"wedge": "hairpin", "octave-shift": "octave line", "ottava": "octave line"}


def _told(score: Score, line: Line) -> str:
    kind = str(line.kind[0]).lower()
    word = _WORDS.get(kind, kind)
    return f"{'an' if word[0] in 'aeiou' else 'a'} {word} of {score.parts[line.part].name}"


def _lines(score: Score, names: Sequence[object], known: dict[bytes, list[End]]) -> Iterator[Line]:
    for part in range(len(score.parts)):
        cells = [
            (column.bar, name, cell)
            for column, name in zip(score.columns, names)
            if column.bar and (cell := column.cells[part]) is not None and _ANY.search(score.data, cell.start, cell.end)
        ]
        if score.muse_score:
            from muse.plugins.score import musescore

            called = {column.bar: name for column, name in zip(score.columns, names)}
            yield from starmap(partial(Line, part), musescore.reaching(called, cells))
            ends = [(bar, name, musescore.jumps(cell)) for bar, name, cell in cells]
        else:
            ends = []
            for bar, name, cell in cells:
                if cell.raw not in known:
                    known[cell.raw] = list(_ends(cell.raw))
                ends.append((bar, name, known[cell.raw]))
        yield from starmap(partial(Line, part), _by_order(ends))


def _by_order(measures: list[tuple[int, object, list[End]]]) -> Iterator[tuple[Kind, Place | None, Place | None]]:
    """Lines of which the next end of their kind is the end; a tie ends in the next measure at the latest."""
    begun: dict[Kind, tuple[int, Place]] = {}
    for bar, name, ends in measures:
        for kind in [kind for kind, (since, _) in begun.items() if kind[0] == "tie" and since < bar - 1]:
            yield kind, begun.pop(kind)[1], None
        for kind, onset, begins in ends:
            start = begun.pop(kind, None)
            if begins:
                begun[kind] = bar, (name, onset)
            if start is not None or not begins:
                yield kind, start and start[1], None if begins else (name, onset)
    for kind, left in begun.items():
        yield kind, left[1], None


# MusicXML ------------------------------------------------------------------------------------------------------------

_KINDS = rb"tie|slur|wedge|pedal|octave-shift|bracket|dashes|wavy-line|glissando|slide|tuplet|ending|repeat"
_ANY = regex(rb"<(?:" + _KINDS + rb"|Spanner|startRepeat|endRepeat)\b")
_LINE = regex(rb"<(" + _KINDS + rb")\b([^>]*)>")
_ITEM = regex(rb"<(note|backup|forward)\b(.*?)</\1>|" + b"<(?:" + _KINDS + rb")\b[^>]*>", re.DOTALL)
_DURATION, _PITCH = regex(rb"<duration>([^<]*)<"), regex(rb"<(?:step|alter|octave)>[^<]*<")
_TYPE, _NUMBER = regex(rb"\b(?:type|direction)\s*=\s*[\"'](\w+)"), regex(rb"\bnumber\s*=\s*[\"'](\w+)")
_STARTS = (b"start", b"crescendo", b"diminuendo", b"up", b"down", b"sostenuto", b"forward")
_STOPS = (b"stop", b"discontinue", b"backward")
_WHAT = {**dict.fromkeys(_STARTS, (True,)), **dict.fromkeys(_STOPS, (False,)), b"change": (False, True)}


def _ends(measure: bytes) -> Iterator[End]:
    """Where lines begin and end in a measure of MusicXML; of one note what ends there first."""
    at = last = 0
    for item in _ITEM.finditer(measure):
        onset, inside = at, item[2] or b""
        pitch: tuple[bytes, ...] = ()
        if item[1]:
            found = _DURATION.search(inside)
            length = whole(found[1].decode("utf-8", "replace")) if found else 0
            if item[1] != b"note":
                at += length if item[1] == b"forward" else -length
            elif b"<chord" in inside:
                onset = last
            elif b"<grace" not in inside:
                last, at = at, at + length
            pitch = tuple(_PITCH.findall(inside))
        yield from sorted(_of(inside or item[0], onset, pitch), key=lambda end: end[2])


def _of(text: bytes, onset: int, pitch: tuple[bytes, ...]) -> Iterator[End]:
    for tag, attributes in _LINE.findall(text):
        number, what = _NUMBER.search(attributes), _TYPE.search(attributes)
        own: Kind = (number[1] if number else b"1",)
        if tag in (b"tie", b"ending", b"repeat"):
            own = pitch if tag == b"tie" else ()
        for begins in _WHAT.get(what[1] if what else b"", ()):
            yield (tag.decode(), *own), onset, begins
