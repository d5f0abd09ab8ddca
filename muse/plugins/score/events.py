"""What stands in a measure, as a musician would say it: the events of a cell, in both dialects."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import NamedTuple

from muse.core.xml_tree import Node
from muse.plugins.score import spelling
from muse.plugins.score.musescore import GRACES, TYPES, fraction, lasting
from muse.plugins.score.outline import Score, semitones
from muse.plugins.score.values import whole

_SPEECH = re.compile(r"<[^>]*>")


class Event(NamedTuple):
    """`kind` is what people count it as ("note", "dynamic"), `where` its place ("at beat 2, voice 2"), `what` its
    words ("B♭4 1/8"); `pitches` are semitones of its notes, `rest` the words without their names."""

    kind: str
    where: str
    what: str
    pitches: tuple[int, ...] = ()
    rest: str = ""


def events(score: Score, cell: Node) -> list[Event]:
    """Notes, rests, words and signs of a measure, in order."""
    unit = _units(score).get(id(cell), 4)
    return list(_musescore(cell, unit) if score.muse_score else _musicxml(score, cell, unit))


def _units(score: Score) -> dict[int, int]:
    """The beat (4 for quarters) that counts in each cell."""
    known: dict[int, int] | None = score.__dict__.get("_beats")
    if known is None:
        known = score.__dict__["_beats"] = {}
        for column, context in zip(score.columns, score.contexts()):
            for cell, (_, time, _) in zip(column.cells, context):
                known[id(cell)] = whole(time.rpartition("/")[2]) or 4
    return known


def _divisions(score: Score) -> dict[int, int]:
    """The divisions of a quarter that count in each cell."""
    known: dict[int, int] | None = score.__dict__.get("_divisions")
    if known is None:
        known = score.__dict__["_divisions"] = {}
        for column, context in zip(score.columns, score.contexts()):
            for cell, (divisions, *_) in zip(column.cells, context):
                known[id(cell)] = max(1, whole(divisions))
    return known


def _where(onset: Fraction, unit: int, voice: str) -> str:
    return spelling.beat(onset, unit) + (f", voice {voice}" if voice not in ("", "1") else "")


def _joined(*words: str) -> str:
    return " ".join(word for word in words if word)


def _texts(node: Node, skip: frozenset[str] = frozenset()) -> str:
    return " ".join(leaf.text or spelling.sign(leaf.tag) for _, leaf in node.leaves() if leaf.tag not in skip)


# MusicXML ------------------------------------------------------------------------------------------------------------


def _musicxml(score: Score, cell: Node, unit: int) -> Iterator[Event]:
    at = last = 0
    quarter = _divisions(score).get(id(cell), 1) * 4
    for child in cell.children:
        if child.tag in ("backup", "forward"):
            at += whole(child.word("duration")) * (1 if child.tag == "forward" else -1)
        elif child.tag == "note":
            onset = last if child.child("chord") is not None else at
            if child.child("chord") is None and child.child("grace") is None:
                last, at = at, at + whole(child.word("duration"))
            yield _note(child, _where(Fraction(onset, quarter), unit, child.word("voice")))
        elif child.tag == "attributes":
            yield from _attributes(child)
        elif child.tag in ("direction", "harmony", "barline"):
            where = _where(Fraction(at, quarter), unit, "") if child.tag != "barline" else ""
            for kind, what in _direction(child) if child.tag == "direction" else [_other(child)]:
                yield Event(kind, where, what)


def _attributes(node: Node) -> Iterator[Event]:
    for child in node.children:
        if child.tag == "key":
            yield Event("key change", "", spelling.key(whole(child.word("fifths")), child.word("mode")))
        elif child.tag == "time":
            yield Event("time signature", "", f"time signature {child.word('beats')}/{child.word('beat-type')}")
        elif child.tag == "clef":
            yield Event("clef", "", _joined("clef", child.word("sign") + child.word("line")))
        elif child.tag in ("transpose", "measure-style"):
            yield Event(child.tag, "", f"{spelling.sign(child.tag)} {_texts(child)}")


_ENDS = {"start": "begins", "stop": "ends", "crescendo": "begins", "diminuendo": "begins"}


def _direction(node: Node) -> Iterator[tuple[str, str]]:
    for holder in node.all("direction-type"):
        for child in holder.children:
            kind = child.get("type")
            if child.tag in ("words", "rehearsal"):
                name = "text" if child.tag == "words" else "rehearsal mark"
                yield name, f"{name} {spelling.quoted(child.text)}"
            elif child.tag == "dynamics":
                yield "dynamic", _texts(child)
            elif child.tag == "wedge":
                yield "hairpin", "hairpin ends" if kind == "stop" else f"{kind} begins"
            elif child.tag == "metronome":
                unit = TYPES.get(child.word("beat-unit"), Fraction(1, 4))
                dots = len(child.all("beat-unit-dot"))
                yield "tempo change", f"tempo {spelling.value(unit, dots)} = {child.word('per-minute')}"
            else:
                yield spelling.sign(child.tag), _joined(spelling.sign(child.tag), _ENDS.get(kind, kind), _texts(child))
    sound = node.child("sound")
    if sound is not None and not node.path("direction-type", "metronome"):
        yield from (("sound", f"{name} {text}") for name, text in sound.attributes().items())


def _other(node: Node) -> tuple[str, str]:
    if node.tag == "harmony":
        root = node.word("root", "root-step") + spelling.accidental(whole(node.word("root", "root-alter")))
        kind = node.child("kind")
        name = "" if kind is None else kind.get("text") or {"major": "", "minor": "m"}.get(kind.text, kind.text)
        bass = node.word("bass", "bass-step") + spelling.accidental(whole(node.word("bass", "bass-alter")))
        return "chord symbol", f"chord symbol {root}{name}" + (f"/{bass}" if bass else "")
    repeat, ending = node.child("repeat"), node.child("ending")
    words = [node.get("location"), "bar line", node.word("bar-style")]
    words += [] if repeat is None else [f"repeat {'begins' if repeat.get('direction') == 'forward' else 'ends'}"]
    words += [] if ending is None else [f"ending {ending.get('number')} {_ENDS.get(ending.get('type'), 'ends')}"]
    return "bar line", _joined(*words)


_SILENT = {
    "duration",
    "voice",
    "type",
    "stem",
    "beam",
    "chord",
    "staff",
    "accidental",
    "pitch",
    "rest",
    "unpitched",
    "dot",
}
_SILENT |= {"grace", "cue", "instrument", "time-modification", "notehead", "lyric", "tie", "notations"}


def _note(note: Node, where: str) -> Event:
    pitch = note.child("pitch")
    modified = note.child("time-modification")
    tuplet = Fraction(1)
    if modified is not None and whole(modified.word("actual-notes")) > 0:
        tuplet = Fraction(max(1, whole(modified.word("normal-notes"))), whole(modified.word("actual-notes")))
    long = spelling.value(TYPES.get(note.word("type"), Fraction(1, 4)), len(note.all("dot")), tuplet)
    silent = note.child("rest") is not None
    if not note.word("type"):
        long = "whole bar" if silent else ""
    signs = [] if note.child("notations") is None else [word for node in note.all("notations") for word in _signs(node)]
    lyrics = [spelling.quoted(lyric.word("text")) for lyric in note.all("lyric")]
    more = [f"{spelling.sign(child.tag)} {_texts(child)}" for child in note.children if child.tag not in _SILENT]
    grace = "grace note" if note.child("grace") is not None else ""
    tied = [f"tie {_ENDS.get(tie.get('type'), '')}" for tie in note.all("tie")]
    rest = _joined(grace, long, *tied, *signs, *lyrics, *more)
    if silent:
        return Event("rest", where, _joined("rest", rest), (), rest)
    if pitch is None:
        shown = note.word("unpitched", "display-step") + note.word("unpitched", "display-octave")
        return Event("note", where, _joined("stroke", shown, rest), (), rest)
    step, alter, octave = pitch.word("step"), whole(pitch.word("alter")), whole(pitch.word("octave"))
    name = f"{step}{spelling.accidental(alter)}{octave}"
    return Event("note", where, _joined(name, rest), (semitones(pitch),), rest)


def _signs(notations: Node) -> Iterator[str]:
    for child in notations.children:
        if child.tag in ("articulations", "ornaments", "technical"):
            for leaf in child.children:
                yield _joined(spelling.sign(leaf.tag), leaf.text if not leaf.children else _texts(leaf))
        elif child.tag not in ("tied", "tuplet"):
            yield _joined(
                spelling.sign(child.tag),
                _ENDS.get(child.get("type"), ""),
                child.text if not child.children else _texts(child),
            )


# MuseScore -----------------------------------------------------------------------------------------------------------

_UNSEEN: frozenset[str] = frozenset().union(
    ("eid", "linked", "linkedMain", "visible", "offset", "placement", "minDistance", "autoplace", "style", "velocity"),
    ("dynType", "followText", "color", "z", "size", "align", "bold", "italic", "underline", "family", "propagate"),
    ("veloChangeSpeed", "velChangeSpeed", "velChange", "placementMode", "track", "pos", "sizeIsSpatiumDependent"),
)
_BREAKS = {"line": "line break", "page": "page break", "section": "section break"}


def _musescore(cell: Node, unit: int) -> Iterator[Event]:
    voice = 0
    for child in cell.children:
        if child.tag == "voice":
            voice += 1
            yield from _voice(child, unit, str(voice))
        elif child.tag in _MEASURE:
            yield Event(*_MEASURE[child.tag](child))
        elif child.tag not in ("eid", "stretch", "linked", "linkedMain"):
            yield Event("sign", "", _joined(spelling.sign(child.tag), _texts(child, _UNSEEN)))


_MEASURE: dict[str, Callable[[Node], tuple[str, str, str]]] = {
    "LayoutBreak": lambda node: ("layout", "", _BREAKS.get(node.word("subtype"), "break")),
    "startRepeat": lambda node: ("repeat", "", "repeat begins"),
    "endRepeat": lambda node: ("repeat", "", _joined("repeat ends,", node.text, "times")),
    "irregular": lambda node: ("bar", "", "not counted as a bar"),
}


def _voice(voice: Node, unit: int, number: str) -> Iterator[Event]:
    at, ratios = Fraction(0), [Fraction(1)]
    for event in voice.children:
        where = _where(at, unit, number)
        if event.tag == "location":
            at += fraction(event.word("fractions"))
        elif event.tag == "endTuplet":
            ratios = ratios[:-1] or [Fraction(1)]
        elif event.tag == "Tuplet":
            normal, actual = whole(event.word("normalNotes")), whole(event.word("actualNotes"))
            ratios.append(ratios[-1] * (Fraction(normal, actual) if normal > 0 and actual > 0 else 1))
        elif event.tag in ("Chord", "Rest"):
            yield _chord(event, where, ratios[-1])
            at += lasting(event) * ratios[-1]
        elif event.tag in _SIGNS:
            kind, what = _SIGNS[event.tag](event)
            yield Event(kind, where, what)
        elif event.tag not in ("Beam", "Segment"):
            yield Event(spelling.sign(event.tag), where, _joined(spelling.sign(event.tag), _texts(event, _UNSEEN)))


def _spanner(node: Node) -> str:
    name = {"HairPin": "hairpin"}.get(node.get("type"), spelling.sign(node.get("type")))
    return f"{name} {'ends' if node.child('prev') is not None else 'begins'}"


def _tempo(node: Node) -> str:
    try:
        minute = f"{float(node.word('tempo')) * 60:.2f}"
    except (ValueError, OverflowError):
        minute = node.word("tempo")
    text = _text(node)
    return _joined("tempo", minute, spelling.quoted(text) if text else "")


def _text(node: Node) -> str:
    """The words of a text, without its marking."""
    found = node.child("text")
    if found is None:
        return ""
    raw = found.data[found.inner : found.tail].decode("utf-8", "replace")
    return " ".join(_SPEECH.sub(" ", raw).split())


def _named(kind: str) -> Callable[[Node], tuple[str, str]]:
    return lambda node: (kind, f"{kind} {spelling.quoted(_text(node))}")


def _harmony(node: Node) -> str:
    name = node.word("name")
    roots = [_letter(whole(node.word(tag))) for tag in ("root", "base") if node.word(tag)]
    return f"chord symbol {roots[0] if roots else ''}{name}" + (f"/{roots[1]}" if len(roots) > 1 else "")


_SIGNS: dict[str, Callable[[Node], tuple[str, str]]] = {
    "TimeSig": lambda node: ("time signature", f"time signature {node.word('sigN')}/{node.word('sigD')}"),
    "KeySig": lambda node: (
        "key change",
        spelling.key(whole(node.word("accidental") or node.word("concertKey")), node.word("mode")),
    ),
    "Clef": lambda node: ("clef", f"clef {node.word('concertClefType')}"),
    "Tempo": lambda node: ("tempo change", _tempo(node)),
    "Dynamic": lambda node: ("dynamic", node.word("subtype")),
    "Spanner": lambda node: ("line", _spanner(node)),
    "Harmony": lambda node: ("chord symbol", _harmony(node)),
    "StaffText": _named("text"),
    "SystemText": _named("text"),
    "Expression": _named("text"),
    "RehearsalMark": _named("rehearsal mark"),
    "Fermata": lambda node: ("fermata", spelling.sign(node.word("subtype")) or "fermata"),
    "BarLine": lambda node: ("bar line", _joined("bar line", spelling.sign(node.word("subtype")))),
    "Breath": lambda node: ("breath", "breath"),
}


def _chord(event: Node, where: str, ratio: Fraction) -> Event:
    kind = event.word("durationType")
    long = (
        "whole bar"
        if kind == "measure"
        else spelling.value(TYPES.get(kind, Fraction(1, 4)), max(0, whole(event.word("dots"))), ratio)
    )
    names, pitches, more = [], [], []
    for note in event.all("Note"):
        pitch = whole(note.word("pitch"))
        names.append(_pitch(pitch, whole(note.word("tpc"))))
        pitches.append(pitch)
        more += [_spanner(spanner) for spanner in note.all("Spanner")]
        more += [f"fingering {_text(finger) or finger.text}" for finger in note.all("Fingering")]
    signs = [spelling.sign(sign.word("subtype")) for tag in ("Articulation", "Ornament") for sign in event.all(tag)]
    signs += ["arpeggio"] * len(event.all("Arpeggio")) + ["tremolo"] * len(event.all("Tremolo"))
    lines = [_spanner(spanner) for spanner in event.all("Spanner")]
    lyrics = [spelling.quoted(_text(lyric)) for lyric in event.all("Lyrics")]
    grace = "grace note" if any(event.child(tag) is not None for tag in GRACES) else ""
    rest = _joined(grace, long, *signs, *lines, *more, *lyrics)
    if event.tag == "Rest":
        return Event("rest", where, _joined("rest", rest), (), rest)
    return Event("note", where, _joined("+".join(names), rest), tuple(pitches), rest)


def _letter(tpc: int) -> str:
    """A note's letter by MuseScore's tonal pitch class: 14 is C, a fifth up is one more."""
    return spelling.STEPS[(tpc - 13) % 7] + spelling.accidental((tpc - 13) // 7)


def _pitch(pitch: int, tpc: int) -> str:
    """A note's name; where its spelling is of another pitch, the name of what sounds."""
    if (tpc - 14) * 7 % 12 != pitch % 12:
        tpc = 10 + (pitch * 7 + 4) % 12  # A flat to C sharp, as it is spelled without a key
    return f"{_letter(tpc)}{(pitch - (tpc - 13) // 7) // 12 - 1}"
