"""Notes of a score that somebody looks for: by pitch, bar and part."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from muse.plugins.score.events import Event, events
from muse.plugins.score.outline import Score

Range = tuple[int, int] | None


class Found(NamedTuple):
    """A note or a chord and its place: the part, its number from 1, the bar from 1."""

    part: str
    number: int
    bar: int
    event: Event

    def words(self) -> str:
        """One line: `Flute bar 4: A4 1/2 at beat 1`."""
        return f"{self.part} bar {self.bar}: {self.event.what} {self.event.where}".rstrip()

    def as_json(self) -> dict[str, object]:
        """The same as data; `pitches` are semitones, 60 is C4."""
        return {
            "part": self.part,
            "number": self.number,
            "bar": self.bar,
            "pitches": list(self.event.pitches),
            "what": self.event.what,
            "where": self.event.where,
        }


def find_notes(score: Score, pitches: Range, bars: Range, part: str | None) -> Iterator[Found]:
    """The notes that match, part by part; `part` is its number, or a piece of its name."""
    for at, each in enumerate(score.parts):
        if part is not None and part != str(at + 1) and (part.isdecimal() or part.lower() not in each.name.lower()):
            continue
        for column in score.columns:
            cell = column.cells[at]
            if cell is None or not column.bar or (bars is not None and not bars[0] <= column.bar <= bars[1]):
                continue
            for event in events(score, cell):
                within = pitches is None or any(pitches[0] <= pitch <= pitches[1] for pitch in event.pitches)
                if event.pitches and within:
                    yield Found(each.name, at + 1, column.bar, event)
