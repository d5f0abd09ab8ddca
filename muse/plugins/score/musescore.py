"""What stands where in MuseScore's measures: lengths as fractions of a whole note, facts, and lines over several bars.

Apart from MusicXML's, whose drivers start without fractions.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from muse.core.xml_tree import Node
from muse.plugins.score.values import Fact, value, whole

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
        yield from _voice_facts(child, voice)


def _voice_facts(cell: Node, voice: int) -> Iterator[Fact]:
    at, ratios = Fraction(0), [Fraction(1)]
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
            at += lasting(event) * ratios[-1]
    yield ("length", voice, at)


def lasting(event: Node) -> Fraction:
    """How long a chord or a rest of MuseScore's lasts, in whole notes, before tuplets."""
    if any(event.child(grace) is not None for grace in GRACES):
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


def loose_ends(data: bytes, staves: Sequence[Node]) -> Iterator[int]:
    """For each staff, how many lines begin or end without their other end."""
    for staff in staves:
        starts: list[tuple[str, Fraction, Fraction]] = []
        ends: set[tuple[str, Fraction, Fraction]] = set()
        bar = 0
        for measure in staff.children:
            if measure.tag != "Measure":
                continue
            if data.find(b"<Spanner", measure.start, measure.end) >= 0:
                for kind, onset, node in _spanners(measure):
                    here = (kind, Fraction(bar), onset)
                    if node.child("prev") is not None:
                        ends.add(here)
                    where = node.path("next", "location")
                    if where is not None and not any(child.tag in ("staves", "voices") for child in where.children):
                        measures = whole(where.word("measures"))
                        starts.append((kind, Fraction(bar + measures), onset + fraction(where.word("fractions"))))
            bar += 1
        yield sum(start not in ends for start in starts) + max(0, len(ends) - len(set(starts)))


def _spanners(measure: Node) -> Iterator[tuple[str, Fraction, Node]]:
    for voice in measure.all("voice"):
        for event, at, _ in timed(voice):
            if event.tag == "Spanner":
                yield event.get("type"), at, event
            elif event.tag in ("Chord", "Rest"):
                for inner in (event, *event.all("Note")):
                    for spanner in inner.all("Spanner"):
                        yield spanner.get("type"), at, spanner


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
