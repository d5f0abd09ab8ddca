"""How fast MIDI files are read, merged and edited live, beside mido. The driver's figures are in `main_job.py`.

    python benchmarks/midi_speed.py [FOLDER]

The files are generated; with FOLDER its largest files are read as well. Figures are the best of several runs, in CPU
time.
"""

from __future__ import annotations

import io
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from midi_reading import Doc, Trk, write

from muse.plugins.midi.edit.patch import patch_file
from muse.plugins.midi.file.codec import parse
from muse.plugins.midi.merge.file import merge_file
from muse.plugins.midi.show.diff import diff_files

BEAT = 480


def best(run: Callable[[], object], times: int = 3) -> float:
    """Seconds of CPU."""
    found = []
    for _ in range(times):
        start = time.process_time()
        run()
        found.append(time.process_time() - start)
    return min(found)


def piece(notes: int, change: Callable[[int, list[int]], list[int] | None] = lambda at, note: note) -> bytes:
    """A file of eight tracks; `change` may alter a note's [pitch, onset, length, velocity] or drop it (None)."""
    generator = random.Random(5)
    tracks = [Trk([[0, b"\xff\x51\x07\xa1\x20"]], 0)]
    for channel in range(8):
        events = []
        for at in range(channel, notes, 8):
            onset = at // 8 * BEAT // 2
            note = change(at, [generator.randrange(36, 90), onset, BEAT // 2 - 10, generator.randrange(40, 120)])
            if note is not None:
                pitch, onset, length, velocity = note
                events.append([onset, bytes((0x90 | channel, pitch, velocity))])
                events.append([onset + length, bytes((0x80 | channel, pitch, 64))])
        events.sort(key=lambda event: event[0])
        tracks.append(Trk(events, events[-1][0]))
    return write(Doc(1, BEAT, tracks), running=True)


def louder(at: int, note: list[int]) -> list[int]:
    """Ours: every tenth note louder."""
    return [*note[:3], 121] if at % 10 == 0 else note


def moved(at: int, note: list[int]) -> list[int] | None:
    """Theirs: every hundredth note gone, every tenth other one a semitone up."""
    return None if at % 100 == 7 else [note[0] + 1, *note[1:]] if at % 10 == 5 else note


def reading(data: bytes, name: str) -> None:
    """Events a second, ours and mido's."""
    import mido

    count = sum(len(track.bodies) for track in parse(data).tracks)
    mine = best(lambda: parse(data))
    other = best(lambda: mido.MidiFile(file=io.BytesIO(data)), 1)
    print(
        f"reading {name}: {count:,} events, {count / mine / 1e6:.2f} M/s; mido {count / other / 1e6:.3f} M/s "
        f"({other / mine:.0f} times as long)"
    )


def merging() -> None:
    """Merges with both sides edited, and their growth."""
    before = 0.0
    for notes in (5_000, 10_000, 20_000, 50_000, 100_000):
        versions = piece(notes), piece(notes, louder), piece(notes, moved)
        result = merge_file("a.mid", *versions)
        assert result.conflicts == []
        assert result.content == piece(notes, lambda at, note: moved(at, louder(at, note)))
        took = best(lambda versions=versions: merge_file("a.mid", *versions))  # type: ignore[misc]
        growth = f", {took / before:.1f} times the line above" if before else ""
        print(f"merging {notes:,} notes ({2 * notes:,} events): {took:.2f} s{growth}")
        before = took


def live() -> None:
    """Operations of a live session applied to a file, by how many come at once."""
    old, new = piece(10_000), piece(10_000, lambda at, note: moved(at, louder(at, note)))
    compared = diff_files(old, new)
    flat = [{**op, "child_ops": [child]} for op in compared[0] for child in op["child_ops"]]  # type: ignore[typeddict-item]
    for size in (1, 100, 1000):
        parts = [flat[at : at + size] for at in range(0, min(len(flat), max(size, 10)), size)]
        took = best(lambda parts=parts: [patch_file("a.mid", old, part) for part in parts])  # type: ignore[misc]
        count = sum(map(len, parts))
        print(
            f"live edits of a file of 10,000 notes, {size} at once: {count / took:,.0f} a second, "
            f"{took / len(parts) * 1000:.0f} ms each time"
        )


def main() -> None:
    """Print everything."""
    print(f"Python {sys.version.split()[0]}")
    reading(piece(50_000), "a generated file")
    if len(sys.argv) > 1:
        found = sorted(Path(sys.argv[1]).rglob("*.mid"), key=lambda file: -file.stat().st_size)[:3]
        for file in found:
            reading(file.read_bytes(), file.name)
    merging()
    live()


if __name__ == "__main__":
    main()
