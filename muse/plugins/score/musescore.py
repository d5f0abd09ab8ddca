"""What stands where in MuseScore's measures: lengths as fractions of a whole note, facts, and lines over several bars.

Apart from MusicXML's, whose drivers start without fractions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

from muse.core.xml_tree import Node
from muse.plugins.score.values import End, Fact, Kind, Place, value, whole

TYPES = {
    "longa": Fraction(4),
    "long": Fraction(4),
    "breve": Fraction(2),
    "whole": Fraction(1),
    "half": Fraction(1, 2),
    "quarter": Fraction(1, 4),
    "eighth": Fraction(1, 8),
    **{f"{1 << n}th": Fraction(1, 1 << n) for n in (4, 6, 7, 8, 9, 10)},
    "32nd": Fraction(1, 32),
}
GRACES = (
    "acciaccatura",
    "appoggiatura",
    "grace4",
    "grace16",
    "grace32",
    "grace8after",
    "grace16after",
    "grace32after",
)


def facts(cell: Node) -> Iterator[Fact]:
    voice = 0
    for child in cell.children:
        if child.tag != "voice":
            for path, leaf in child.leaves():
                if leaf.tag != "eid":
                    yield ("measure", path, value(leaf))
            continue
        voice += 1
        yield from _voice_facts(child, voice, cell.get("len"))


def _voice_facts(cell: Node, voice: int, long: str) -> Iterator[Fact]:
    """The facts of a voice; a grace note says before what it stands, and the length how long the measure is to be."""
    at, ratios = Fraction(0), [Fraction(1)]
    graces = 0
    for event in cell.children:
        if event.tag == "location":
            at += fraction(event.word("fractions"))
            continue
        if event.tag == "Tuplet":
            normal, actual = whole(event.word("normalNotes")), whole(event.word("actualNotes"))
            ratios.append(ratios[-1] * (Fraction(normal, actual) if normal > 0 and actual > 0 else 1))
        elif event.tag == "endTuplet" and len(ratios) > 1:
            ratios.pop()
        for path, leaf in event.leaves():
            if leaf.tag != "eid":
                yield (voice, at, path, value(leaf))
        if event.tag in ("Chord", "Rest"):
            if is_grace(event):
                graces += 1
                continue
            yield from [(voice, at, "/grace before", event.tag)] * graces
            graces = 0
            at += lasting(event) * ratios[-1]
    yield ("length", voice, at, long)


def is_grace(event: Node) -> bool:
    """True for a grace note of MuseScore's."""
    return any(event.child(grace) is not None for grace in GRACES)


def lasting(event: Node) -> Fraction:
    """How long a chord or a rest of MuseScore's lasts, in whole notes, before tuplets."""
    if is_grace(event):
        return Fraction(0)
    kind = event.word("durationType")
    if kind == "measure":
        return fraction(event.word("duration"))
    dots = whole(event.word("dots"))
    return TYPES.get(kind, Fraction(0)) * (2 - Fraction(1, 1 << min(max(dots, 0), 8)))


def fraction(text: str) -> Fraction:
    try:
        return Fraction(text or 0)
    except (ValueError, ZeroDivisionError):
        return Fraction(0)


Cells = Sequence[tuple[int, object, Node]]
"""Measures of a staff that have to do with lines: number, name, element."""


def reaching(names: Mapping[int, object], cells: Cells) -> Iterator[tuple[Kind, Place | None, Place | None]]:
    """Lines whose start says how far away the end is: their kind (of ties with the pitch) and both places.

    `names` has what measures are called, by their numbers. Of a line to another staff or voice only the start is known.
    """
    ends: Counter[tuple[Kind, int, Fraction]] = Counter()
    starts: list[tuple[Kind, int, Fraction, Node]] = []
    for bar, _, cell in cells:
        for kind, onset, spanner in _spanners(cell):
            if spanner.child("prev") is not None:
                ends[kind, bar, onset] += 1
            where = spanner.path("next", "location")
            if where is not None:
                starts.append((kind, bar, onset, where))
    for kind, bar, onset, where in starts:
        to = bar + whole(where.word("measures")), onset + fraction(where.word("fractions"))
        away = any(child.tag in ("staves", "voices") for child in where.children)
        stop: Place | None = None
        if not away and ends[kind, to[0], to[1]]:
            ends[kind, to[0], to[1]] -= 1
            stop = names[to[0]], to[1]
        yield ((*kind, "elsewhere") if away else kind), (names[bar], onset), stop
    for kind, bar, onset in ends.elements():
        yield kind, None, (names[bar], onset)


def jumps(measure: Node) -> list[End]:
    """Where repeats and endings begin and end, one of which ends where the next one begins."""
    voltas = [(onset, node.child("next") is not None) for kind, onset, node in _spanners(measure) if kind[0] == "Volta"]
    found: list[End] = [(("ending",), onset, begins) for onset, begins in sorted(voltas)]
    for tag in ("startRepeat", "endRepeat"):
        if measure.child(tag) is not None:
            found.append((("repeat",), "", tag == "startRepeat"))
    return found


def _spanners(measure: Node) -> Iterator[tuple[Kind, Fraction, Node]]:
    for voice in measure.all("voice"):
        for event, at, _ in timed(voice):
            if event.tag == "Spanner":
                yield (event.get("type"),), at, event
            elif event.tag in ("Chord", "Rest"):
                for inner in (event, *event.all("Note")):
                    for spanner in inner.all("Spanner"):
                        kind = spanner.get("type")
                        yield ((kind, inner.word("pitch")) if kind == "Tie" else (kind,)), at, spanner


def timed(voice: Node) -> Iterator[tuple[Node, Fraction, Fraction]]:
    """What stands in a voice of a measure, with the whole notes from the measure's beginning to where it stands, and
    from there to what comes next."""
    at, ratios = Fraction(0), [Fraction(1)]
    for event in voice.children:
        length = Fraction(0)
        if event.tag == "location":
            length = fraction(event.word("fractions"))
        elif event.tag == "Tuplet":
            normal, actual = whole(event.word("normalNotes")), whole(event.word("actualNotes"))
            ratios.append(ratios[-1] * (Fraction(normal, actual) if normal > 0 and actual > 0 else 1))
        elif event.tag == "endTuplet" and len(ratios) > 1:
            ratios.pop()
        elif event.tag in ("Chord", "Rest"):
            length = lasting(event) * ratios[-1]
        yield event, at, length
        at += length
