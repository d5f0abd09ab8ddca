"""Two people whose programs save a MIDI file each in its own way, with one real edit a side.

    python benchmarks/midi_resaves.py FOLDER --cases 300 --seed 1

Needs the `bench` extra; MuseScore 3 (`mscore3`) is tried where it is installed. Each side's
file was saved by another program; files that a program does not bring back note for note are left out. Judged by notes,
read with mido: a case is as meant when both edits are in the result and nothing else changed. Release velocities and
spellings are not compared; of the programs that write a score anew (music21, MuseScore) neither are lengths, channels
and what is less than a 32nd.
"""

from __future__ import annotations

import argparse
import importlib
import io
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import mido
from midi_edits import Unsuitable
from midi_reading import read, write
from midi_region_edits import Grid, last_bar, pitch, velocity
from midi_regions import songs

Saver = Callable[[bytes], bytes]


def with_mido(data: bytes) -> bytes:
    out = io.BytesIO()
    mido.MidiFile(file=io.BytesIO(data)).save(file=out)
    return out.getvalue()


def note_on_style(data: bytes) -> bytes:
    """Offs as ons of velocity 0, as many sequencers write them."""
    return _with_offs(data, None)


def release_64(data: bytes) -> bytes:
    return _with_offs(data, 64)


def release_0(data: bytes) -> bytes:
    return _with_offs(data, 0)


def _with_offs(data: bytes, release: int | None) -> bytes:
    doc = read(data)
    for track in doc.tracks:
        for _, off in track.pairs():
            tick, body = track.events[off]
            head = (0x90 if release is None else 0x80) | body[0] & 15
            track.events[off] = [tick, bytes([head, body[1], release or 0])]
        track.raw = None
    return write(doc, running=release is None)


def finer(data: bytes) -> bytes:
    """Twice the ticks per beat."""
    doc = read(data)
    for track in doc.tracks:
        track.events = [[2 * tick, body] for tick, body in track.events]
        track.end, track.raw = 2 * track.end, None
    doc.division *= 2
    return write(doc)


def with_file(module: str, load: str) -> Saver:
    """A library that reads and writes files by name."""

    def save(data: bytes) -> bytes:
        library = importlib.import_module(module)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "a.mid")
            path.write_bytes(data)
            loaded = getattr(library, load)(str(path))
            (loaded.write if hasattr(loaded, "write") else loaded.dump)(str(path))
            return path.read_bytes()

    return save


def with_music21(data: bytes) -> bytes:
    converter = importlib.import_module("music21.converter")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a.mid")
        path.write_bytes(data)
        converter.parse(str(path), quantizePost=False, forceSource=True).write("midi", str(path))
        return path.read_bytes()


def with_symusic(data: bytes) -> bytes:
    return bytes(importlib.import_module("symusic").Score.from_midi(data).dumps_midi())


def with_musescore(data: bytes) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path, out = Path(folder, "a.mid"), Path(folder, "b.mid")
        path.write_bytes(data)
        subprocess.run(["mscore3", "-o", str(out), str(path)], check=True, capture_output=True, timeout=120,
                       env={**os.environ, "QT_QPA_PLATFORM": "offscreen"})  # fmt: skip
        return out.read_bytes()


SCORES = ("music21", "mscore3")  # they write a score anew
SAVERS: dict[str, Saver] = {
    "symusic": with_symusic, "music21": with_music21, "mscore3": with_musescore,
    "mido": with_mido, "note-on style": note_on_style, "release 64": release_64, "release 0": release_0, "finer": finer,
    "pretty_midi": with_file("pretty_midi", "PrettyMIDI"), "miditoolkit": with_file("miditoolkit", "MidiFile"),
}  # fmt: skip


def heard(data: bytes) -> Counter:
    """All notes of all tracks: channel, pitch, onset and length in 960ths of a beat, velocity."""
    file = mido.MidiFile(file=io.BytesIO(data))
    unit = 960 / file.ticks_per_beat
    notes: Counter = Counter()
    for track in file.tracks:
        now = 0
        waiting: dict[tuple[int, int], list] = defaultdict(list)
        for message in track:
            now += message.time
            if message.type == "note_on" and message.velocity:
                waiting[message.channel, message.note].append((now, message.velocity))
            elif message.type in ("note_on", "note_off") and waiting[message.channel, message.note]:
                start, loud = waiting[message.channel, message.note].pop(0)
                notes[message.channel, message.note, round(start * unit), round((now - start) * unit), loud] += 1
    return notes


def noted(data: bytes) -> Counter:
    """All notes as a score has them: pitch, onset in eighths of a beat, velocity."""
    found: Counter = Counter()
    for (_, note, onset, _, loud), count in heard(data).items():
        found[note, round(onset / 120), loud] += count
    return found


def main() -> None:
    """Run the cases and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--made", type=int, default=0, help="so many songs of the generator's own")
    parser.add_argument("--cases", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=3600, help="begin no case after so long")
    parser.add_argument("--with", dest="one", action="append", choices=SAVERS, help="pairs with this (repeatable)")
    parser.add_argument("--only", action="append", choices=SAVERS, help="pairs of these (repeatable)")
    options = parser.parse_args()
    from muse.engine.resolve.groups import grouped
    from muse.plugins.midi.merge.file import merge_file

    found = songs(options.folder, options.made, options.seed)
    usable = _usable()
    savers = {name: save for name, save in SAVERS.items() if name in usable}
    r = random.Random(options.seed)
    rows: dict[str, Counter[str]] = defaultdict(Counter)
    most, seconds, made, tries = 0, 0.0, 0, 0
    begun, names = time.monotonic(), sorted(savers)
    while made < options.cases and tries < 20 * options.cases and time.monotonic() - begun < options.seconds:
        tries += 1
        name, doc = r.choice(found)
        mine, other = r.choice(options.one or options.only or names), r.choice(options.only or names)
        read_by = noted if {mine, other} & set(SCORES) else heard
        try:
            answer, sides = _sides(r, doc, (savers[mine], savers[other]), read_by)
        except Exception as error:  # noqa: BLE001 - whatever a library raises for a file it cannot read
            rows[" + ".join(sorted((mine, other)))][f"left out ({type(error).__name__})"] += 1
            continue
        made += 1
        start = time.perf_counter()
        merged = merge_file("song.mid", *sides)
        seconds += time.perf_counter() - start
        decisions = len(grouped(merged.conflicts))
        most = max(most, decisions)
        verdict = ("meant" if read_by(merged.content or b"") == answer else "WRONG") if not merged.conflicts else (
            "asked" if decisions <= 10 else "many")  # fmt: skip
        rows[" + ".join(sorted((mine, other)))][verdict] += 1
        if verdict != "meant":
            print(f"{verdict} {decisions} of {len(merged.conflicts)} {name}: {mine} + {other} "
                  f"{[c.conflict_type for c in merged.conflicts][:3]}", file=sys.stderr)  # fmt: skip
    total = sum(rows.values(), Counter())
    total = Counter({word: n for word, n in total.items() if not word.startswith("left out")})
    print(f"{made} cases of {len(found)} files in {seconds:.1f} s, at most {most} decisions: {dict(total)}")
    for pair, counts in sorted(rows.items()):
        print(f"  {pair:28} " + ", ".join(f"{word} {n}" for word, n in sorted(counts.items())))


def _sides(
    r: random.Random, doc: object, savers: tuple[Saver, Saver], read_by: Callable[[bytes], Counter]
) -> tuple[Counter, tuple[bytes, bytes, bytes]]:
    """The right notes, and base, ours and theirs: an edit each, then saved. Savers that lose notes are unsuitable."""
    base = write(doc)  # type: ignore[arg-type]
    grid, last = Grid(doc), last_bar(doc, Grid(doc))  # type: ignore[arg-type]
    if last < 2:
        raise Unsuitable
    middle = r.randint(1, last)
    one, two, both = (doc.copy() for _ in range(3))  # type: ignore[attr-defined]
    state = r.getstate()
    pitch(r, one, 0, grid.starts[middle])
    between = r.getstate()
    velocity(r, two, grid.starts[middle], grid.starts[last + 1])
    r.setstate(state)
    pitch(r, both, 0, grid.starts[middle])
    r.setstate(between)
    velocity(r, both, grid.starts[middle], grid.starts[last + 1])
    for each in (one, two, both):
        for track in each.tracks:
            track.raw = None
    plain = write(one), write(two)
    saved = [save(data) for save, data in zip(savers, plain)]
    if any(read_by(after) != read_by(before) for after, before in zip(saved, plain)):
        raise Unsuitable
    return read_by(write(both)), (base, saved[0], saved[1])


def _usable() -> set[str]:
    """Names of the savers whose library is installed; the others are named once."""
    out = set(SAVERS)
    if shutil.which("mscore3") is None:
        print("mscore3 is not installed: left out", file=sys.stderr)
        out.discard("mscore3")
    for module in ("pretty_midi", "miditoolkit", "symusic", "music21"):
        try:
            importlib.import_module(module)
        except ImportError:
            print(f"{module} is not installed: left out", file=sys.stderr)
            out.discard(module)
    return out


if __name__ == "__main__":
    main()
