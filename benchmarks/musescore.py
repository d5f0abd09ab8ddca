"""MuseScore as the judge of merged scores: it must open each result and play what it plays of the right answer.

    python benchmarks/musescore.py FILE... [--cases 12] [--seed 1] [--program mscore3] [--music21] [--partitura]

Cases are those of score_cases.py. MuseScore (Debian: `apt-get install musescore3`) exports clean results and right
answers as MIDI, without a screen, many in one start; mido reads the notes. With `--music21` and `--partitura` those
libraries (of the `bench` extra) read the MusicXML among them as well. Exit code 1 where a result is not opened, plays
other notes or is read otherwise.
"""

from __future__ import annotations

import argparse
import collections
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from typing import Any, NamedTuple

import mido
import score_cases as cases

_LIMIT = 300  # seconds of one start
_AT_ONCE = 12  # scores of one start

Notes = list[tuple[int, int, str, int, int]]


class Case(NamedTuple):
    """A merge: the suffix of its files, the right answer, and the result, None where it is a question."""

    suffix: str
    wanted: bytes
    merged: bytes | None


def made(rng: random.Random, path: pathlib.Path) -> Case | None:
    """A case of a file; None where there is none in it."""
    root = cases.marked(path)
    if root is None:
        return None
    _, lists = cases.both_sides(rng, len(cases.measures(cases.staves(root)[0])))
    base, ours, theirs, wanted = (cases.edited(root, edits) for edits in ([], *lists, lists[0] + lists[1]))
    if base in (ours, theirs) or cases.twice(root, lists):
        return None
    suffix = ".mscx" if root.tag == "museScore" else ".musicxml"
    merged = cases.PLUGIN.merge_file(f"a{suffix}", base, ours, theirs)
    return Case(suffix, wanted, None if merged.conflicts else merged.content)


def played(program: str, scores: dict[str, bytes]) -> dict[str, Notes]:
    """For each file name that MuseScore opens: track, tick, kind, pitch and velocity of the notes it exports."""
    found: dict[str, Notes] = {}
    names = list(scores)
    for at in range(0, len(names), _AT_ONCE):
        some = names[at : at + _AT_ONCE]
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            for each in some:
                folder.joinpath(each).write_bytes(scores[each])
            convert(program, folder, [(each, each + ".mid") for each in some])
            for each in some:  # one that stops the program stops those behind it, too
                if not folder.joinpath(each + ".mid").exists():
                    convert(program, folder, [(each, each + ".mid")])
                if folder.joinpath(each + ".mid").exists():
                    found[each] = _notes(folder.joinpath(each + ".mid"))
    return found


def convert(program: str, folder: pathlib.Path, names: list[tuple[str, str]]) -> None:
    """Let the program write files of a folder as others, each after its suffix."""
    jobs = [{"in": str(folder / old), "out": str(folder / new)} for old, new in names]
    job = folder / "job.json"
    job.write_text(json.dumps(jobs))
    quiet = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "XDG_RUNTIME_DIR": str(folder)}
    subprocess.run([program, "-j", job], env=quiet, capture_output=True, timeout=_LIMIT, check=False)


def _notes(path: pathlib.Path) -> Notes:
    found = []
    for number, track in enumerate(mido.MidiFile(path).tracks):
        now = 0
        for message in track:
            now += message.time
            if message.type.startswith("note"):
                found.append((number, now, message.type, message.note, message.velocity))
    return sorted(found)


def read_by_music21(score: bytes) -> list[tuple[str, ...]]:
    """Part, measure, place, length, pitches and words of every note and rest, as music21 reads them.

    A part goes by its place and its name: some ids are memory addresses, others each time it reads.
    """
    import music21  # type: ignore[import-not-found]

    read = music21.converter.parseData(score.decode(), format="musicxml")
    return [
        tuple(map(str, (number, part.partName, bar.number, note.getOffsetInHierarchy(bar), *words(note))))
        for number, part in enumerate(read.parts)
        for bar in part.getElementsByClass("Measure")
        for note in bar.recurse().notesAndRests
    ]


def read_by_partitura(score: bytes) -> list[tuple[str, ...]]:
    """Part, place, length, pitch, voice and staff of every note, as partitura reads them."""
    import partitura  # type: ignore[import-not-found]

    with tempfile.TemporaryDirectory() as name:
        path = pathlib.Path(name, "score.musicxml")
        path.write_bytes(score)
        read = partitura.load_musicxml(str(path))
    return sorted(
        (str(number), str(part.part_name), str(note.start.t), str(note.duration_tied), str(note.midi_pitch),
         str(note.voice), str(note.staff))
        for number, part in enumerate(read.parts)
        for note in part.notes_tied
    )  # fmt: skip


READERS = {"music21": read_by_music21, "partitura": read_by_partitura}


def read_alike(read: Callable[[bytes], list[tuple[str, ...]]], case: Case) -> str:
    """Whether a library reads the result as the right answer."""
    if case.merged is None:
        return "question"
    try:
        right = read(case.wanted)
    except Exception as error:  # noqa: BLE001 - whatever a library raises for a score it cannot read
        return f"the answer itself is not read ({type(error).__name__})"
    return "alike" if read(case.merged) == right else "WRONG"


def words(note: Any) -> list[object]:
    """What a note is, how long, and what is sung on it."""
    pitches = [pitch.nameWithOctave for pitch in getattr(note, "pitches", ())]
    lyrics = [lyric.text for lyric in getattr(note, "lyrics", ())]
    return [note.duration.quarterLength, type(note).__name__, pitches, lyrics]


def main() -> int:
    """Run the cases; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("files", nargs="+", type=pathlib.Path)
    parser.add_argument("--cases", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--program", default="mscore3")
    for reader in READERS:
        parser.add_argument(f"--{reader}", action="store_true")
    choice = parser.parse_args()
    if shutil.which(choice.program) is None:
        print(f"{choice.program} is not on PATH: no score was judged; on Debian: apt-get install musescore3")
        return 0
    rng = random.Random(choice.seed)
    found: list[Case] = []
    for _ in range(choice.cases * 20):
        case = made(rng, rng.choice(choice.files)) if len(found) < choice.cases else None
        found += [] if case is None else [case]
    counts = collections.Counter(judged(choice.program, found))
    print(f"{len(found)} cases, seed {choice.seed}, {choice.program}: {dict(counts)}")
    for reader, read in READERS.items():
        if getattr(choice, reader):
            told = collections.Counter(read_alike(read, case) for case in found if case.suffix == ".musicxml")
            print(f"{reader}: {dict(told)}")
            counts["WRONG"] += told["WRONG"]
    return int(bool(counts["not opened"] or counts["WRONG"]))


def judged(program: str, found: list[Case]) -> list[str]:
    """What MuseScore says of each case."""
    merged = {f"{at}{case.suffix}": case.merged for at, case in enumerate(found) if case.merged is not None}
    answers = {f"right{at}{case.suffix}": case.wanted for at, case in enumerate(found) if case.merged is not None}
    heard = played(program, {**merged, **answers})
    verdicts = []
    for at, case in enumerate(found):
        mine, right = heard.get(f"{at}{case.suffix}"), heard.get(f"right{at}{case.suffix}")
        if case.merged is None:
            verdicts.append("question")
        elif right is None:
            verdicts.append("the answer itself is not opened")
        else:
            verdicts.append("not opened" if mine is None else "same music" if mine == right else "WRONG")
    return verdicts


if __name__ == "__main__":
    sys.exit(main())
