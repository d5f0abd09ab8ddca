"""What a score is made of: parts, measures side by side, and the facts inside a measure.

Two dialects are read: MusicXML (`score-partwise`) and MuseScore 3 and 4 (`.mscx`). A *column* is one measure through
all parts (or a frame between measures), a *cell* one measure of one part. A *fact* says what stands where in a cell:
voice, onset from the measure's start in whole notes (a Fraction; in MusicXML divisions), path of the XML
leaf, its value. Facts know nothing of the order of the XML or of how a merge was made, so they can check a merge.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import zip_longest
from typing import NamedTuple

from muse.core.errors import FormatError
from muse.core.late import regex
from muse.core.xml_tree import Node, parse
from muse.plugins.score.values import Fact, printable, value, whole

_LAYOUT = re.compile(
    rb"\s(?:default-x|default-y|relative-x|relative-y|bezier-x|bezier-y|bezier-x2|bezier-y2|width|number)=\"[^\"]*\""
)
_WIDTH = regex(
    rb"\s(?:default-x|default-y|relative-x|relative-y|bezier-x|bezier-y|bezier-x2|bezier-y2|width)=\"[^\"]*\""
)
_NOISE = regex(
    rb"<(eid|lastEID|programVersion|programRevision|encoding-date|software|currentLayer)>[^<]*</\1>"
    rb"|<metaTag name=\"(?:creationDate|platform|mscVersion)\">[^<]*</metaTag>"
)
_NOISES = (b"<eid", b"<last", b"<program", b"<encoding-", b"<software", b"<current", b"<metaTag")
_BLANK = re.compile(rb">\s+<")


def key_of(raw: bytes, *, measure: bool = False) -> bytes:
    """The bytes of an element without layout, blanks between tags and what programs stamp in; equal keys, equal music.

    Of a `measure`, the number in its start tag is left out too: it follows from where the measure stands.
    """
    if measure:
        end = raw.find(b">") + 1
        raw = _LAYOUT.sub(b"", raw[:end]) + raw[end:]
    if b"-x" in raw or b"-y" in raw or b"width" in raw:  # a plain search is much faster than these expressions
        raw = _WIDTH.sub(b"", raw)
    if _NOISES[0] in raw or (not measure and any(word in raw for word in _NOISES)):
        raw = _NOISE.sub(b"", raw)
    return _BLANK.sub(b"><", raw)


Context = tuple[str, str, str]
"""Divisions, time signature and transposition, as they are written."""


class Column(NamedTuple):
    """One measure in every part, a frame (`bar` 0) in the first, or (0 as well) what MuseScore puts into every part to
    draw several bars of rest as one. `bar` counts measures from 1."""

    bar: int
    cells: tuple[Node | None, ...]
    key: bytes

    @property
    def is_frame(self) -> bool:
        """True for what stands in the first part only."""
        return not self.bar and all(cell is None for cell in self.cells[1:]) and not _is_drawn(self.cells[0])


def _is_drawn(cell: Node | None) -> bool:
    return cell is not None and cell.tag == "Measure" and cell.data.find(DRAWN, cell.start, cell.end) >= 0


DRAWN = b"<multiMeasureRest>"
"""In a measure of MuseScore's that stands for several ones of rest, which are there too."""
RESTS = regex(rb"\s*<Measure\b(?:(?!</Measure>).)*?<multiMeasureRest>.*?</Measure>", re.DOTALL)


class Part(NamedTuple):
    """A part, or a staff of MuseScore's: its id, a name for people, the element that holds its measures."""

    id: str
    name: str
    node: Node


class Score:
    """A score as read: `root`, `parts`, `columns`; FormatError for what is neither of the two dialects."""

    def __init__(self, data: bytes, *, keyed: bool = True) -> None:
        self.data = data
        self._keyed = keyed  # a result that is only checked needs no keys
        self.root = parse(data)
        if self.root.tag == "score-partwise":
            self.muse_score = False
            self.parts = _musicxml_parts(self.root)
        elif self.root.tag == "museScore":
            self.muse_score = True
            self.parts = _musescore_parts(self.root)
        else:
            raise FormatError(f"a document of kind {self.root.tag!r:.40} is no score that is read")
        if not self.parts:
            raise FormatError("a score without parts")
        self.columns = self._columns()

    @property
    def measure_tag(self) -> str:
        """What a measure is called."""
        return "Measure" if self.muse_score else "measure"

    def _columns(self) -> list[Column]:
        tag, found = self.measure_tag, []
        rest = [iter(part.node.children) for part in self.parts[1:]]
        bar = 0
        for child in self.parts[0].node.children:
            if child.tag != tag:
                found.append(Column(0, (child, *(None for _ in rest)), key_of(child.raw)))
                continue
            drawn = self.muse_score and _is_drawn(child)
            bar += not drawn
            cells = [child, *(next(others, None) for others in rest)]
            if any(cell is None or cell.tag != tag for cell in cells):
                raise FormatError("parts with different numbers of measures")
            keys = (key_of(cell.raw, measure=True) for cell in cells if cell is not None)
            found.append(Column(0 if drawn else bar, tuple(cells), b"\0".join(keys) if self._keyed else b""))
        if any(next(others, None) is not None for others in rest):
            raise FormatError("parts with different numbers of measures")
        return found

    def facts(self, cell: Node) -> Counter[Fact]:
        """What stands where in a cell."""
        if not self.muse_score:
            return Counter(_musicxml_facts(cell))
        from muse.plugins.score import musescore  # fractions take a while to load

        return Counter(musescore.facts(cell))

    def contexts(self) -> list[tuple[Context, ...]]:
        """For each column what holds there because of an earlier one, in every part."""
        found: list[tuple[Context, ...]] = []
        now: list[Context] = [("", "", "")] * len(self.parts)
        for column in self.columns:
            for at, cell in enumerate(column.cells):
                if cell is not None and CONTEXT.search(cell.data, cell.start, cell.end):
                    now[at] = _context(cell, now[at])
            found.append(tuple(now))
        return found


def _musicxml_parts(root: Node) -> list[Part]:
    names = {}
    for entry in getattr(root.child("part-list"), "children", []):
        if entry.tag == "score-part":
            names[entry.get("id")] = entry.word("part-name")
    named = [(node, node.get("id")) for node in root.all("part")]
    found = [Part(name, printable(names.get(name) or name), node) for node, name in named]
    if len({part.id for part in found}) < len(found):
        raise FormatError("two parts with one id")
    return found


def instruments(root: Node) -> list[tuple[Node, list[str]]]:
    """The instruments of MuseScore with the ids of their staves, which later versions only count."""
    score = root.child("Score")
    return [] if score is None else _instruments(score)


def _instruments(score: Node) -> list[tuple[Node, list[str]]]:
    found: list[tuple[Node, list[str]]] = []
    number = 0
    for part in score.children:
        if part.tag == "Part":
            staves = part.all("Staff")
            found.append((part, [staff.get("id") or str(number + at) for at, staff in enumerate(staves, 1)]))
            number += len(staves)
    return found


def _musescore_parts(root: Node) -> list[Part]:
    if not re.match(r"[34]\b", root.get("version")):
        raise FormatError(f"saved by MuseScore {root.get('version')!r:.10}; versions 3 and 4 are read")
    score = root.child("Score")
    if score is None:
        raise FormatError("no score in it")
    names = staff_names(score)
    return [
        Part(node.get("id"), names.get(node.get("id")) or f"staff {node.get('id')}", node)
        for node in score.all("Staff")
    ]


def staff_names(score: Node) -> dict[str, str]:
    """What the staves of a score of MuseScore's (its element `Score`) are called, by their ids."""
    names = {}
    for part, staves in _instruments(score):
        name = printable(part.word("trackName") or part.word("Instrument", "longName"))
        for number, staff in enumerate(staves, 1):
            names[staff] = name if len(staves) == 1 else f"{name} staff {number}"
    return names


# Facts ---------------------------------------------------------------------------------------------------------------


def _musicxml_facts(cell: Node) -> Iterator[Fact]:
    """The facts of a measure of MusicXML. A grace note says before what it stands, a tone of a chord how long the chord
    is; what belongs to a rest is told apart from what belongs to a note, a fingering in a chord by the tone."""
    at = last = most = 0
    head = ""
    graces: dict[str, list[int]] = {}
    for child, after in zip_longest(cell.children, cell.children[1:]):
        if child.tag in ("backup", "forward"):
            at += whole(child.word("duration")) * (1 if child.tag == "forward" else -1)
            most = max(most, at)
            continue
        onset, voice, kind, tone = at, "", child.tag, ""
        if child.tag == "note":
            voice = child.word("voice")
            kind = "note" if child.child("rest") is None else "note of rest"
            is_tone = child.child("chord") is not None
            if is_tone:
                onset = last
            elif child.child("grace") is not None:
                graces.setdefault(voice, []).append(at)
            else:
                yield from ((voice, grace, "/grace before", kind) for grace in graces.pop(voice, ()))
                head = child.word("duration")
                last, at = at, at + whole(head)
                most = max(most, at)
            if is_tone or (after is not None and after.child("chord") is not None):
                tone = "".join(child.word("pitch", word) for word in ("step", "alter", "octave"))
        for path, leaf in child.leaves():
            if leaf.tag == "chord":
                yield (voice, onset, path, head)
            elif leaf.tag != "eid":
                place = f"/{kind}{path[len(child.tag) + 1 :]}"
                yield (voice, onset, f"{place} of {tone}" if tone and "/technical/" in path else place, value(leaf))
    yield ("length", most)


def semitones(pitch: Node, prefix: str = "") -> int:
    """A pitch of MusicXML as a MIDI note; `display-` before the names of what an unpitched note shows."""
    step = pitch.word(f"{prefix}step")[:1] or "C"
    return "C D EF G A B".find(step) + whole(pitch.word("alter")) + 12 * (whole(pitch.word(f"{prefix}octave")) + 1)


# What reaches beyond a measure ---------------------------------------------------------------------------------------


def _context(cell: Node, before: Context) -> Context:
    divisions, time, moved = before
    for child in cell.children:
        if child.tag == "attributes":
            divisions = child.word("divisions") or divisions
            time = _leaves(child, "time", time)
            moved = _leaves(child, "transpose", moved)  # MuseScore writes the pitches that sound
        elif child.tag == "voice":
            for event in child.all("TimeSig"):
                time = f"{event.word('sigN')}/{event.word('sigD')}"
    return divisions, time, moved


def _leaves(node: Node, tag: str, otherwise: str) -> str:
    found = node.child(tag)
    return otherwise if found is None else "/".join(leaf.text for _, leaf in found.leaves())


CONTEXT = re.compile(rb"<(?:time|TimeSig|divisions|transpose)\b")
