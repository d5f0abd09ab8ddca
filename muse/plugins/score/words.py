"""Scores in a musician's words: what changed in a measure, and the listing that `git diff` shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from fractions import Fraction

from muse.plugins.score.outline import Score, fraction, lasting, whole
from muse.plugins.score.xmltree import Node

_STEPS = ["F", "C", "G", "D", "A", "E", "B"]
_MOST = 6
Event = tuple[str, str]
"""Where ("beat 2, voice 2") and what ("C5 quarter")."""


def events(score: Score, cell: Node) -> list[Event]:
    """Notes, rests, words and signs of a measure, in order."""
    return list(_musescore(cell) if score.muse_score else _musicxml(score, cell))


def changes(score: Score, old: Node, new: Node) -> str:
    """`C5 quarter -> D5 quarter at beat 2; added mf at beat 1`, at most a few, then how many more."""
    was, now = events(score, old), events(score, new)
    gone, come = Counter(was) - Counter(now), Counter(now) - Counter(was)
    told = []
    places = dict.fromkeys(where for where, _ in [*gone, *come])
    for where in places:
        left = [what for at, what in gone.elements() if at == where]
        right = [what for at, what in come.elements() if at == where]
        if left and right:
            told.append(f"{' '.join(left)} -> {' '.join(right)} {where}")
        else:
            told.append(f"{'removed' if left else 'added'} {' '.join(left or right)} {where}")
    if not told:
        return "same notes, written differently" if old.raw != new.raw else "unchanged"
    more = [f"{len(told) - _MOST} more"] if len(told) > _MOST else []
    return "; ".join([*told[:_MOST], *more])


def listing(score: Score) -> str:
    """The score as lines: header, then each part measure by measure."""
    lines = [f"{path.rsplit('/', 1)[-1]}: {leaf.text}" for path, leaf in _header(score) if leaf.text]
    for at, part in enumerate(score.parts):
        lines.append(f"part {part.name}")
        for column in score.columns:
            cell = column.cells[at]
            if cell is None:
                continue
            if not column.bar:
                texts = [leaf.text for _, leaf in cell.leaves() if leaf.text]
                lines.append(f"  frame: {' / '.join(texts)}")
                continue
            lines.append(f"  bar {column.bar}")
            lines += [f"    {what} {where}".rstrip() for where, what in events(score, cell)]
    return "\n".join(lines) + "\n"


def _header(score: Score) -> Iterator[tuple[str, Node]]:
    top = score.root if not score.muse_score else score.root.child("Score")
    for child in getattr(top, "children", []):
        if child.tag in ("work", "identification", "movement-title", "credit"):
            yield from ((path, leaf) for path, leaf in child.leaves() if leaf.tag not in ("software", "encoding-date"))
        elif child.tag == "metaTag" and child.get("name") not in ("creationDate", "platform", "mscVersion"):
            yield child.get("name"), child


def _musicxml(score: Score, cell: Node) -> Iterator[Event]:
    at = last = 0
    divisions = _divisions(score, cell)
    for child in cell.children:
        if child.tag in ("backup", "forward"):
            at += whole(child.word("duration")) * (1 if child.tag == "forward" else -1)
        elif child.tag == "note":
            onset = last if child.child("chord") is not None else at
            voice = child.word("voice")
            if child.child("chord") is None and child.child("grace") is None:
                last, at = at, at + whole(child.word("duration"))
            yield _where(Fraction(onset, divisions), voice), _note(child)
        elif child.tag == "attributes":
            for inner in child.children:
                if inner.tag in ("key", "time", "clef", "transpose"):
                    yield "", f"{inner.tag} {' '.join(leaf.text for _, leaf in inner.leaves())}"
        elif child.tag in ("direction", "harmony", "barline"):
            texts = [
                leaf.text or leaf.tag for _, leaf in child.leaves() if leaf.tag not in ("voice", "staff", "offset")
            ]
            yield _where(Fraction(at, divisions), ""), f"{child.tag}: {' '.join(texts)}"


def _divisions(score: Score, cell: Node) -> int:
    """The divisions in force in a cell."""
    known = score.__dict__.setdefault("_divisions", {})
    if not known:
        for part in score.parts:
            now = 1
            for measure in part.node.children:
                found = measure.word("attributes", "divisions") if b"<divisions" in measure.raw else ""
                now = max(1, whole(found)) if found else now
                known[id(measure)] = now
    found = cell.word("attributes", "divisions")
    return int(known.get(id(cell), max(1, whole(found))))


def _note(note: Node) -> str:
    kind = note.word("type") or ("rest" if note.child("rest") is not None else "note")
    kind += "." * len(note.all("dot"))
    pitch = note.child("pitch")
    if note.child("rest") is not None:
        name = "rest"
    elif pitch is not None:
        name = pitch.word("step") + _accidental(whole(pitch.word("alter"))) + pitch.word("octave")
    else:
        name = f"unpitched {note.word('unpitched', 'display-step')}{note.word('unpitched', 'display-octave')}"
    extra = [
        leaf.text or leaf.tag for _, leaf in getattr(note.child("notations"), "leaves", tuple)() if leaf.tag != "tied"
    ]
    lyrics = [f"'{lyric.word('text')}'" for lyric in note.all("lyric")]
    grace = ["grace"] if note.child("grace") is not None else []
    tied = [f"tie {tie.get('type')}" for tie in note.all("tie")]
    return " ".join([name, *grace, kind, *tied, *extra, *lyrics])


def _musescore(cell: Node) -> Iterator[Event]:
    voice = 0
    for child in cell.children:
        if child.tag != "voice":
            if child.tag not in ("eid", "stretch"):
                yield "", " ".join([child.tag, *(leaf.text for _, leaf in child.leaves() if leaf.text)])
            continue
        voice += 1
        at, ratios = Fraction(0), [Fraction(1)]
        for event in child.children:
            where = _where(at * 4, str(voice))
            if event.tag == "location":
                at += fraction(event.word("fractions"))
            elif event.tag == "endTuplet":
                ratios = ratios[:-1] or [Fraction(1)]
            elif event.tag == "Tuplet":
                normal, actual = whole(event.word("normalNotes")), whole(event.word("actualNotes"))
                ratios.append(ratios[-1] * (Fraction(normal, actual) if normal > 0 and actual > 0 else 1))
            elif event.tag in ("Chord", "Rest"):
                yield where, _chord(event)
                at += lasting(event) * ratios[-1]
            elif event.tag != "Beam":
                texts = [leaf.text for _, leaf in event.leaves() if leaf.text and leaf.tag not in ("eid", "velocity")]
                yield where, " ".join([event.tag, *texts])


def _chord(event: Node) -> str:
    kind = event.word("durationType") + "." * whole(event.word("dots"))
    names = [_pitch(whole(note.word("pitch")), whole(note.word("tpc"))) for note in event.all("Note")]
    lyrics = [f"'{lyric.word('text')}'" for lyric in event.all("Lyrics")]
    signs = [sign.word("subtype") for sign in event.all("Articulation")]
    return " ".join(["+".join(names) or "rest", kind, *signs, *lyrics])


def _pitch(pitch: int, tpc: int) -> str:
    """A name by MuseScore's tonal pitch class: 14 is C, a fifth up is one more."""
    step, alter = _STEPS[(tpc - 13) % 7], (tpc - 13) // 7
    return f"{step}{_accidental(alter)}{(pitch - alter) // 12 - 1}"


def _accidental(alter: int) -> str:
    return ("#" if alter > 0 else "b") * min(abs(alter), 4)


def _where(quarters: Fraction, voice: str) -> str:
    beat = quarters + 1
    at = str(int(beat)) if beat.denominator == 1 else f"{int(beat)}+{beat - int(beat)}"
    return f"at beat {at}" + (f", voice {voice}" if voice not in ("", "1") else "")
