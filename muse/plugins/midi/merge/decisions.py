"""The vocabulary of a track's merge: three aligned versions, the notes and events of the result, and conflicts."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import NamedTuple

from muse.plugins.midi.file.bars import TimeMap
from muse.plugins.midi.file.model import Content, Item, Lane, Note, Slot
from muse.plugins.midi.match.notes import Alignment, agree, align

Settle = Callable[[str, str, int], "str | None"]
"""(address, dimension, tick) -> ours, theirs, base, or None when a person has to decide."""

Key = tuple[int, int]
"""(channel, pitch): what pairs an off with its on."""

Part = Key | Lane | Slot
"""What can be taken whole from one side: all notes of a key, all events of a lane, or one slot."""


class Clash(NamedTuple):
    """One conflict inside a track."""

    address: str
    kind: str
    dimension: str
    base: str
    ours: str
    theirs: str
    tick: int
    more: tuple[str, ...] = ()


class Versions(NamedTuple):
    """One track in three versions, how its notes align, and how to name places."""

    label: int
    base: Content
    ours: Content
    theirs: Content
    to_ours: Alignment
    to_theirs: Alignment
    times: TimeMap


def versions(label: int, base: Content, ours: Content, theirs: Content, times: TimeMap) -> Versions:
    """Align three versions of a track."""
    beat = times.beat
    bar = times.bar_length(0)
    to_ours = align(base.notes, ours.notes, beat, bar)
    to_theirs = align(base.notes, theirs.notes, beat, bar)
    agree(base.notes, ours.notes, theirs.notes, to_ours, to_theirs)
    return Versions(label, base, ours, theirs, to_ours, to_theirs, times)


class Final(NamedTuple):
    """A note of the result: its attributes, and its index in each version or -1."""

    note: Note
    base: int
    ours: int
    theirs: int


class Disputes:
    """Conflicts that were met: those left open, and how many a pick or a rule settled."""

    def __init__(self) -> None:
        self.clashes: list[Clash] = []
        self.settled = 0

    def ask(self, clash: Clash, settle: Settle) -> str:
        """The side that decides a conflict; ours, and the conflict stays open, when nobody has settled it."""
        chosen = settle(clash.address, clash.dimension, clash.tick)
        if chosen is None:
            self.clashes.append(clash)
            return "ours"
        self.settled += 1
        return chosen


class Decisions(Disputes):
    """The outcome for one track."""

    def __init__(self, three: Versions, settle: Settle, whole: Mapping[Part, str], moot: Collection[Part]) -> None:
        super().__init__()
        self.three = three
        self.settle = settle
        self.words: list[str] = []  # warnings for a person
        self.items: list[Item] = []
        self.empty: list[tuple[Item, Item]] = []  # on and off of notes without a length
        self.finals: list[Final] = []
        self.moot = moot  # keys about whose notes nobody need be asked: they come from one side
        self.order: list[Item] = []  # the items as they are written
        self.disputed: set[Part] = set(whole)  # keys and lanes of which some part was not merged but chosen
        self.shared: set[Lane] = set()  # lanes both sides changed

    def choose(self, clash: Clash) -> str:
        """The side that decides a conflict of this track."""
        return self.ask(clash, self.settle)
