"""Three-way cases from real scores; the right answer is worked out on the XML by another library.

    python benchmarks/score_cases.py FILE... [--cases 500] [--seed 1] [--keep DIR]

Both sides edit measures of their own: pitches, words, rhythm, rests, dynamics, slurs, inserted and cut measures. An
edit is a function on an ElementTree and names its measure and note by marks, so the right answer is both lists of edits
on the base. Where both sides insert or cut one of several equal measures, one edit made twice and two edits give the
same files: no case. Every case is merged by Muse, both ways round, and by `git merge-file`; what counts: as meant,
conflicts, wrong (clean, and other music than meant, or another answer the other way round).
"""

from __future__ import annotations

import argparse
import collections
import pathlib
import random
import subprocess
import tempfile
import time
import xml.etree.ElementTree as ET
import zipfile

from muse.plugins.score.plugin import ScorePlugin

PLUGIN = ScorePlugin()
NOISE = {"number", "width", "default-x", "default-y", "relative-x", "relative-y", "mark"}


def load(path: pathlib.Path) -> bytes:
    """The score, out of its package where it is in one."""
    data = path.read_bytes()
    if data[:2] != b"PK":
        return data
    with zipfile.ZipFile(path) as package:
        names = [n for n in package.namelist() if n.endswith((".mscx", ".xml", ".musicxml")) and "META-INF" not in n]
        return package.read(names[0])


def staves(root: ET.Element) -> list[ET.Element]:
    """The elements that hold measures."""
    if root.tag == "museScore":
        score = root.find("Score")
        return [] if score is None else score.findall("Staff")
    return root.findall("part")


def measures(staff: ET.Element) -> list[ET.Element]:
    """The measures of a part."""
    return [child for child in staff if child.tag in ("measure", "Measure")]


def readable(root: ET.Element) -> bool:
    """True for scores of the versions that are read, with measures alike in all parts, and enough of them."""
    every = staves(root)
    if root.tag == "museScore" and (root.get("version") or "")[:1] not in ("3", "4"):
        return False
    return bool(every) and len({len(measures(staff)) for staff in every}) == 1 and len(measures(every[0])) >= 6


def notes(measure: ET.Element) -> list[ET.Element]:
    """The pitched notes of a measure that are tied to none."""
    found = [*measure.iter("note"), *measure.iter("Note")]
    return [
        note
        for note in found
        if (note.find("pitch") is not None) and note.find("tie") is None and note.find("Spanner") is None
    ]


Change = tuple[str, int, int, int]
"""Kind, measure (its mark), part seed, value seed."""


def edit(rng: random.Random, allowed: list[int]) -> Change:
    """One edit."""
    weights = {"pitch": 5, "word": 2, "insert": 2, "cut": 1, "double": 2, "rhythm": 1, "rest": 1, "loud": 1, "slur": 1}
    kind = rng.choices(list(weights), list(weights.values()))[0]
    return kind, rng.choice(allowed), rng.randrange(1000), rng.randrange(1000)


def apply(root: ET.Element, edits: list[Change]) -> None:
    """The edits on a tree whose measures carry their marks."""
    for kind, mark, part, value in edits:
        every = staves(root)
        if kind == "insert":
            for staff in every:
                insert_copy(staff, mark, value)
        elif kind == "cut":
            cut(every, mark)
        else:
            for measure in measures(every[part % len(every)]):
                if measure.get("mark") == str(mark):
                    edit_notes(measure, kind, value)


def insert_copy(staff: ET.Element, mark: int, value: int) -> None:
    """Behind a measure, a copy of it at other pitches, without what is set up there."""
    at = [i for i, child in enumerate(staff) if child.get("mark") == str(mark)]
    if not at:
        return
    source = staff[at[0]]
    new = ET.fromstring(ET.tostring(source))
    new.set("mark", f"new{mark}.{value}")
    for note in notes(new):
        shift(note, value % 5 + 1)
    if source.tag == "measure":
        for child in new.findall("attributes") + new.findall("print"):
            new.remove(child)
    else:
        for voice in new.findall("voice"):
            for child in [c for c in voice if c.tag in ("TimeSig", "KeySig", "Clef", "Tempo")]:
                voice.remove(child)
    staff.insert(at[0] + 1, new)


def cut(every: list[ET.Element], mark: int) -> None:
    """A measure taken out of every part, where nothing is set up in it."""
    column = [(staff, child) for staff in every for child in staff if child.get("mark") == str(mark)]
    if all(child.find("attributes") is None and child.find("voice/TimeSig") is None for _, child in column):
        for staff, child in column:
            staff.remove(child)


def edit_notes(measure: ET.Element, kind: str, value: int) -> None:
    """One note edited in one way, or every note shifted; nothing where there are fewer than two notes."""
    found = notes(measure)
    many = int(measure.get("notes", 0))
    wanted = value % max(1, many // 2 * 2)  # even and odd are the two sides' where both are in one bar
    note = next((one for one in found if one.get("mark") == str(wanted)), None)
    if many < 2 or note is None:
        return
    if kind in FIGURES:
        FIGURES[kind](measure, note, value)
    elif kind == "pitch":
        shift(note, value % 5 + 1)
    elif kind == "word" and note.tag == "note":
        lyric = ET.SubElement(note, "lyric")
        ET.SubElement(lyric, "text").text = f"la{value}"
    elif kind == "word":
        ET.SubElement(note, "Fingering").text = str(value)
    else:
        for one in found:
            shift(one, 12)


def shift(note: ET.Element, by: int) -> None:
    """Another pitch."""
    pitch = note.find("pitch")
    assert pitch is not None
    octave = pitch.find("octave")
    if octave is not None:
        octave.text = str((int(octave.text or 4) + by) % 8)
    else:
        pitch.text = str((int(pitch.text or 60) + by) % 120)


def halved(measure: ET.Element, note: ET.Element, value: int) -> None:
    """A lone note becomes two of half its length, the second a third higher."""
    holder, event = _event(measure, note)
    if event is None:
        return
    kind = event.find("type" if note.tag == "note" else "durationType")
    duration = event.find("duration")
    if kind is None or kind.text not in _HALVES or event.find("dot") is not None or event.find("dots") is not None:
        return
    if duration is not None:
        if int(duration.text or 0) % 2:
            return
        duration.text = str(int(duration.text or 0) // 2)
    kind.text = _HALVES[kind.text]
    second = ET.fromstring(ET.tostring(event))
    for node in second.iter():
        node.attrib.pop("mark", None)
    for parent in [second, *second.findall("Note")]:
        for child in [
            c for c in parent if c.tag in ("notations", "lyric", "Lyrics", "Articulation", "Spanner", "beam")
        ]:
            parent.remove(child)
    for one in [second] if note.tag == "note" else second.findall("Note"):
        shift(one, 1 + value % 2)
    holder.insert(list(holder).index(event) + 1, second)


def silenced(measure: ET.Element, note: ET.Element, value: int) -> None:
    """A lone note becomes a rest."""
    _, event = _event(measure, note)
    if event is None or event.find("lyric") is not None:
        return
    if note.tag == "note":
        at = list(note).index(note.find("pitch"))  # type: ignore[arg-type]
        note.remove(note[at])
        note.insert(at, ET.Element("rest"))
        for child in [c for c in note if c.tag in ("accidental", "stem", "beam", "notations")]:
            note.remove(child)
        return
    event.tag = "Rest"
    for child in [c for c in event if c.tag not in ("durationType", "dots")]:
        event.remove(child)


def louder(measure: ET.Element, note: ET.Element, value: int) -> None:
    """A dynamic sign before a note."""
    holder, event = _event(measure, note)
    if event is None:
        return
    sign = ("pp", "p", "mf", "f", "ff")[value % 5]
    if note.tag == "note":
        new = ET.fromstring(f"<direction><direction-type><dynamics><{sign}/></dynamics></direction-type></direction>")
    else:
        new = ET.fromstring(f"<Dynamic><subtype>{sign}</subtype><velocity>{20 + value % 90}</velocity></Dynamic>")
    holder.insert(list(holder).index(event), new)


def slurred(measure: ET.Element, note: ET.Element, value: int) -> None:
    """A slur from a note of MusicXML to the next one of its voice."""
    if note.tag != "note":
        return
    voice = note.findtext("voice")
    found = [one for one in notes(measure) if one.find("chord") is None and one.findtext("voice") == voice]
    if note not in found[:-1]:
        return
    for one, kind in ((note, "start"), (found[found.index(note) + 1], "stop")):
        around = one.find("notations")
        if around is None:
            around = ET.SubElement(one, "notations")
        ET.SubElement(around, "slur", {"type": kind, "number": str(3 + value % 3)})


def _event(measure: ET.Element, note: ET.Element) -> tuple[ET.Element, ET.Element | None]:
    """What a note stands in, and the note or its chord; None for what is left alone: chords, tuplets, graces."""
    if note.tag == "note":
        after = list(measure)[list(measure).index(note) + 1 :][:1]
        chord = any(one.find("chord") is not None for one in [note, *after])
        odd = chord or any(note.find(tag) is not None for tag in ("grace", "time-modification"))
        return measure, None if odd else note
    for voice in measure.findall("voice"):
        inside = 0
        for event in voice:
            inside += {"Tuplet": 1, "endTuplet": -1}.get(event.tag, 0)
            if note in event.findall("Note"):
                odd = inside or any(child.tag in _GRACES or child.tag == "Spanner" for child in event)
                return voice, None if odd or len(event.findall("Note")) > 1 else event
    return measure, None


_HALVES = {"whole": "half", "half": "quarter", "quarter": "eighth", "eighth": "16th"}
_GRACES = ("acciaccatura", "appoggiatura", "grace4", "grace16", "grace32", "grace8after", "grace16after")
FIGURES = {"rhythm": halved, "rest": silenced, "loud": louder, "slur": slurred}


def twice(root: ET.Element, lists: list[list[tuple[str, int, int, int]]]) -> bool:
    """True where an edit of one side could as well be the other side's: at its place it makes the same file."""
    for one in lists[0]:
        for at, other in enumerate(lists[1]):
            if one[0] == other[0] in ("insert", "cut") and one[1] != other[1]:
                versions = []
                for edits in (lists[1], [*lists[1][:at], (other[0], one[1], *other[2:]), *lists[1][at + 1 :]]):
                    version = ET.fromstring(ET.tostring(root))
                    apply(version, edits)
                    versions.append(meaning(written(version)))
                if versions[0] == versions[1]:
                    return True
    return False


def written(root: ET.Element) -> bytes:
    """A file without the marks."""
    copy = ET.fromstring(ET.tostring(root))
    for node in copy.iter():
        node.attrib.pop("mark", None)
        if node.tag in ("measure", "Measure"):
            node.attrib.pop("notes", None)
    for staff in staves(copy):
        for number, measure in enumerate(measures(staff), 1):
            if "number" in measure.attrib:
                measure.set("number", str(number))
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(copy)


def meaning(data: bytes) -> str:
    """The document without layout and numbers, in one form."""
    root = ET.fromstring(data)
    for node in root.iter():
        for name in NOISE & set(node.attrib):
            if node.tag in ("measure", "Measure", "note", "print") or name != "number":
                del node.attrib[name]
        node.tail = None
        node.text = (node.text or "").strip()
    return ET.canonicalize(ET.tostring(root, encoding="unicode"), strip_text=True)


def _kind(kind: str) -> str:
    return kind if kind in ("insert", "cut") else "figures" if kind in FIGURES else "notes"


def git_merge(base: bytes, ours: bytes, theirs: bytes) -> bytes | None:
    """What `git merge-file` answers; None for a conflict."""
    with tempfile.TemporaryDirectory() as folder:
        names = []
        for name, data in (("ours", ours), ("base", base), ("theirs", theirs)):
            names.append(str(pathlib.Path(folder, name)))
            pathlib.Path(names[-1]).write_bytes(data)
        done = subprocess.run(["git", "merge-file", "-p", *names], capture_output=True)
        return done.stdout if done.returncode == 0 else None


def marked(path: pathlib.Path) -> ET.Element | None:
    """A score whose measures and notes carry their marks; None where it cannot be read, or is no case."""
    try:
        return mark(ET.fromstring(load(path)))
    except (ET.ParseError, zipfile.BadZipFile, IndexError):
        return None


def mark(root: ET.Element) -> ET.Element | None:
    """The tree, its measures and notes marked; None where it is no case."""
    if not readable(root):
        return None
    for staff in staves(root):
        for number, measure in enumerate(measures(staff)):
            measure.set("mark", str(number))
            for at, note in enumerate(notes(measure)):
                note.set("mark", str(at))
            measure.set("notes", str(len(notes(measure))))
    return root


def both_sides(rng: random.Random, count: int) -> tuple[str, list[list[Change]]]:
    """Where the sides work, in a word, and the edits of each, in a score of so many measures."""
    split = rng.randrange(2, count - 2)
    way = rng.choice(["halves", "turns", "beside", "same bars"])
    halves = {
        "halves": [list(range(split - 1)), list(range(split + 1, count))],  # one works before, one behind
        "turns": [list(range(0, count, 4)), list(range(2, count, 4))],  # in turn, with one untouched between
        "beside": [list(range(0, count, 2)), list(range(1, count, 2))],  # in turn, side by side
        "same bars": [list(range(split - 2, split + 2))] * 2,  # at other notes or in other parts
    }[way]
    rng.shuffle(halves)
    lists = [[edit(rng, half) for _ in range(rng.randrange(1, 5))] for half in halves]
    if way == "same bars":
        lists = [
            [
                (kind if kind in ("word", *FIGURES) else "pitch", mark, part, value // 2 * 2 + at)
                for kind, mark, part, value in edits
            ]
            for at, edits in enumerate(lists)
        ]
    return way, lists


def edited(root: ET.Element, edits: list[Change]) -> bytes:
    """A version of the score."""
    version = ET.fromstring(ET.tostring(root))
    apply(version, edits)
    return written(version)


def verdict_of(data: bytes | None, wanted: bytes) -> str:
    """What counts of an answer; None is a conflict."""
    if data is None:
        return "conflict"
    try:
        return "as meant" if meaning(data) == meaning(wanted) else "WRONG"
    except ET.ParseError:
        return "WRONG"


def keep(folder: pathlib.Path, versions: dict[str, bytes], about: list[str]) -> None:
    """A case for later."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in versions.items():
        (folder / f"{name}.xml").write_bytes(data)
    (folder / "about.txt").write_text("\n".join(about) + "\n")


def main() -> None:
    """Run the cases and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("files", nargs="+", type=pathlib.Path)
    parser.add_argument("--cases", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=3600, help="begin no case after so long")
    parser.add_argument("--keep", type=pathlib.Path)
    choice = parser.parse_args()
    rng = random.Random(choice.seed)
    table: collections.Counter[tuple[str, str]] = collections.Counter()
    slowest = spent = 0.0
    decisions: list[int] = []
    done = 0
    begun = time.monotonic()
    while done < choice.cases and time.monotonic() - begun < choice.seconds:
        path = rng.choice(choice.files)
        root = marked(path)
        if root is None:
            choice.files.remove(path)
            if not choice.files:
                raise SystemExit("no score among the files that is read, and has six measures")
            continue
        way, lists = both_sides(rng, len(measures(staves(root)[0])))
        base, ours, theirs, wanted = (edited(root, edits) for edits in ([], lists[0], lists[1], lists[0] + lists[1]))
        if meaning(base) in (meaning(ours), meaning(theirs)) or twice(root, lists):
            continue
        done += 1
        started = time.perf_counter()
        merged = PLUGIN.merge_file("a.musicxml", base, ours, theirs)
        took = time.perf_counter() - started
        slowest, spent = max(slowest, took), spent + took
        kinds = f"{way}: " + "+".join(sorted({_kind(kind) for edits in lists for kind, *_ in edits}))
        if merged.conflicts:
            decisions.append(len(merged.conflicts))
        verdict = verdict_of(None if merged.conflicts else merged.content or b"", wanted)
        turned = PLUGIN.merge_file("a.musicxml", base, theirs, ours)
        if verdict_of(None if turned.conflicts else turned.content or b"", wanted) != verdict:
            verdict = "WRONG"  # the other way round it has to be the same
        table["muse", verdict] += 1
        table["muse, " + kinds, verdict] += 1
        table["git", verdict_of(git_merge(base, ours, theirs), wanted)] += 1
        if choice.keep and verdict != "as meant":
            versions = {"base": base, "ours": ours, "theirs": theirs, "wanted": wanted, "merged": merged.content or b""}
            told = [f"{c.address}: {c.ours_summary} | {c.theirs_summary}" for c in merged.conflicts]
            keep(choice.keep / f"{done:05d}-{verdict}", versions, [f"{path} {lists}", *merged.notes, *told])
    print(f"{done} cases, seed {choice.seed}, {len(choice.files)} files")
    print(f"slowest merge {slowest:.2f} s, mean {spent / done:.3f} s")
    for (who, verdict), number in sorted(table.items()):
        print(f"{who:40} {verdict:10} {number}")
    if decisions:
        print(f"decisions in a conflict: median {sorted(decisions)[len(decisions) // 2]}, most {max(decisions)}")


if __name__ == "__main__":
    main()
