"""Merges of MIDI files where one or both sides insert, cut, move or repeat bars, and how a driver does on them.

    python benchmarks/midi_regions.py FOLDER --cases 2000 --seed 1 [--driver 'COMMAND %O %A %B'] [--kind insert]
    python benchmarks/midi_regions.py --made 40 --cases 500        # songs made by the generator, no folder

One side reworks the bars of a real file, the other edits places before, inside or behind (or reworks bars elsewhere).
The right result is the rework applied to the edited base; a cut of what the other side edited, and two insertions at
one place, must be one conflict. Results are read with mido, and nothing here uses Muse's reading of notes or bars.
A verdict is one of: meant, asked (1 to 3 conflicts although there is an answer), many (more of them), WRONG.
"""

from __future__ import annotations

import argparse
import io
import random
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import mido
from midi_edits import Unsuitable
from midi_reading import Doc, Unreadable, read, write
from midi_region_edits import CHANGES, REGIONS, Grid, Plan, last_bar, perform
from midi_songs import made_song

Sound = list[tuple[Counter, Counter]]
DEEDS = (*REGIONS, "two", "collide", "cut-edited", "extra")


class Case(NamedTuple):
    """Three files, the right result (None: it has to be a conflict), and what was done."""

    base: bytes
    ours: bytes
    theirs: bytes
    expected: bytes | None
    words: str


def heard(data: bytes) -> Sound:
    """Per track its notes and its other events, as mido reads them."""
    out: Sound = []
    for track in mido.MidiFile(file=io.BytesIO(data)).tracks:
        now = 0
        waiting: dict[tuple[int, int], list] = defaultdict(list)
        notes: Counter = Counter()
        rest: Counter = Counter()
        for message in track:
            now += message.time
            if message.type == "note_on" and message.velocity:
                waiting[message.channel, message.note].append((now, message.velocity))
            elif message.type in ("note_on", "note_off"):
                begun = waiting[message.channel, message.note]
                if begun:
                    start, velocity = begun.pop(0)
                    notes[message.channel, message.note, start, now - start, velocity] += 1
            elif message.type != "end_of_track":
                rest[now, repr(message.copy(time=0))] += 1
        out.append((notes, rest))
    return out


def make(r: random.Random, doc: Doc, deed: str) -> Case:
    """One case of a file."""
    grid = Grid(doc)
    last = last_bar(doc, grid)
    if last < 8:
        raise Unsuitable
    if deed in ("two", "collide"):
        return _two(r, doc, grid, last, collide=deed == "collide")
    kind = {"cut-edited": "cut", "extra": r.choice(sorted(REGIONS))}.get(deed, deed)
    count = r.randint(1, min(8, last // 3))
    at = r.randint(1, last - count)
    plan = REGIONS[kind](r, doc, grid, at, count)
    edited = doc.copy()
    places = []
    for _ in range(r.randint(1, 3)):
        bar = _somewhere(r, grid, last, plan, inside=deed == "cut-edited")
        name = r.choice(sorted(CHANGES))
        CHANGES[name](r, edited, grid.starts[bar], grid.starts[bar + 1])
        places.append(f"{name} in bar {bar + 1}")
    reworked, expected = perform(doc, plan, doc), perform(edited, plan, doc)
    if _same(doc, reworked):  # bars moved over equal ones: nobody can know
        raise Unsuitable
    if deed == "extra":
        places.append(_extra(r, doc, grid, last, plan, reworked, expected))
    answer = None if deed == "cut-edited" else write(_fresh(expected))
    words = f"{plan.words} at bar {at + 1}; {', '.join(places)}"
    return _case(r, doc, reworked, edited, answer, words)


def _somewhere(r: random.Random, grid: Grid, last: int, plan: Plan, *, inside: bool) -> int:
    """A bar with room for an edit: one that stays, or one that is cut."""
    bars = [
        bar for bar in range(last + 1)
        if any(a <= grid.starts[bar] < b for a, b in plan.gone) == inside
    ]  # fmt: skip
    if not bars:
        raise Unsuitable
    return r.choice(bars)


def _extra(r: random.Random, doc: Doc, grid: Grid, last: int, plan: Plan, reworked: Doc, expected: Doc) -> str:
    """One edit of the reworking side itself, in new places: a program's marker-like text in both documents."""
    bar = r.randint(0, last)
    state = r.getstate()
    stop = grid.starts[bar + 1]
    CHANGES["lyric"](r, reworked, grid.starts[bar], stop)
    r.setstate(state)
    CHANGES["lyric"](r, expected, grid.starts[bar], stop)
    return "and a lyric of its own"


def _two(r: random.Random, doc: Doc, grid: Grid, last: int, *, collide: bool) -> Case:
    """Both sides rework bars: far apart, or both at one place."""
    half = last // 2
    kinds = ("insert",) if collide else ("insert", "cut")
    count = r.randint(1, max(1, half // 2 - 1))
    one_at = r.randint(1, half - count)
    two_at = one_at if collide else r.randint(half + 2, last)
    one = REGIONS[r.choice(kinds)](r, doc, grid, one_at, count)
    two_count = r.randint(1, max(1, min(4, last - two_at)))
    two = REGIONS[r.choice(kinds)](r, doc, grid, two_at, two_count + (two_count == count and collide))
    sides = [perform(doc, plan, doc) for plan in (one, two)]
    words = f"{one.words} at bar {one_at + 1}; {two.words} at bar {two_at + 1}"
    if collide:
        return _case(r, doc, *sides, None, words)
    return _case(r, doc, *sides, write(_fresh(perform(perform(doc, two, doc), one, doc))), words)


def _same(one: Doc, two: Doc) -> bool:
    """True when the tracks have the same events at the same ticks."""
    return all(sorted(map(tuple, a.events)) == sorted(map(tuple, b.events)) for a, b in zip(one.tracks, two.tracks))


def _fresh(doc: Doc) -> Doc:
    for track in doc.tracks:
        track.raw = None
    return doc


def _case(r: random.Random, base: Doc, one: Doc, two: Doc, expected: bytes | None, words: str) -> Case:
    sides = [write(_fresh(doc), running=r.random() < 0.5) for doc in (one, two)]
    if r.random() < 0.5:
        sides.reverse()
        words = f"theirs: {words}"
    return Case(write(base), sides[0], sides[1], expected, words)


def songs(folder: Path | None, made: int, seed: int) -> list[tuple[str, Doc]]:
    """Files of the folder with enough notes, and made ones."""
    found = [(f"made-{n}", made_song(random.Random(seed * 1000 + n))) for n in range(made)]
    for file in sorted(folder.rglob("*") if folder else ()):
        if file.suffix.lower() in (".mid", ".midi", ".kar") and file.stat().st_size < 200_000:
            try:
                doc = read(file.read_bytes())
            except Unreadable:
                continue
            if sum(len(track.notes()) for track in doc.tracks) >= 60:
                found.append((file.name, doc))
    return found


def cases(found: list[tuple[str, Doc]], count: int, seed: int, deeds: list[str]) -> Iterator[tuple[str, str, Case]]:
    """(file, deed, case), evenly over what is done."""
    r = random.Random(seed)
    made = tries = 0
    known: dict[int, bool] = {}
    while made < count and tries < count * 30:
        deed = deeds[made % len(deeds)]
        tries += 1
        name, doc = r.choice(found)
        if id(doc) not in known:
            known[id(doc)] = _for_mido(doc)
        if not known[id(doc)]:
            continue
        try:
            case = make(random.Random(r.random()), doc, deed)
        except (Unsuitable, IndexError):
            continue
        if case.base in (case.ours, case.theirs) or case.ours == case.theirs:
            continue
        made += 1
        yield name, deed, case


def _for_mido(doc: Doc) -> bool:
    """True for a file that mido reads."""
    try:
        heard(write(doc))
    except (ValueError, EOFError, OSError, LookupError):
        return False
    return True


def judge(case: Case, conflicts: int, data: bytes) -> str:
    """The verdict on a result."""
    if case.expected is None:
        return "WRONG" if not conflicts else "meant" if conflicts <= 3 else "many"
    if conflicts:
        return "asked" if conflicts <= 3 else "many"
    return "meant" if _alike(data, case.expected) else "WRONG"


def _alike(data: bytes, expected: bytes) -> bool:
    """True when both files sound the same; mido reads the tracks whose events are not equal one by one."""
    try:
        one, two = read(data), read(expected)
    except Unreadable:
        return heard(data) == heard(expected)
    if len(one.tracks) != len(two.tracks) or (one.format, one.division) != (two.format, two.division):
        return False
    odd = [n for n, (a, b) in enumerate(zip(one.tracks, two.tracks)) if a.events != b.events]
    for doc in (one, two):
        doc.tracks = [doc.tracks[n] for n in odd]
    return not odd or heard(write(one)) == heard(write(two))


def main() -> None:
    """Run the cases and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--made", type=int, default=0, help="so many songs of the generator's own")
    parser.add_argument("--cases", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=3600, help="begin no case after so long")
    parser.add_argument("--kind", action="append", choices=DEEDS, help="only this kind (repeatable)")
    parser.add_argument("--keep", type=Path, help="write cases that are not as meant into this folder")
    options = parser.parse_args()
    from muse.plugins.midi.merge.file import merge_file

    found = songs(options.folder, options.made, options.seed)
    rows: dict[str, Counter[str]] = defaultdict(Counter)
    seconds, begun = 0.0, time.monotonic()
    for number, (name, deed, case) in enumerate(cases(found, options.cases, options.seed, options.kind or list(DEEDS))):
        if time.monotonic() - begun > options.seconds:
            break
        start = time.perf_counter()
        merged = merge_file("song.mid", case.base, case.ours, case.theirs)
        seconds += time.perf_counter() - start
        verdict = judge(case, len(merged.conflicts), merged.content or b"")
        rows[deed][verdict] += 1
        if verdict != "meant":
            first = merged.conflicts[0].conflict_type if merged.conflicts else ""
            print(
                f"{number:05} {verdict} {len(merged.conflicts)} {first} {name}: {deed}: {case.words}; {merged.notes}",
                file=sys.stderr,
            )
            if options.keep:
                folder = options.keep / f"{number:05}-{verdict}-{deed}"
                folder.mkdir(parents=True, exist_ok=True)
                for part in ("base", "ours", "theirs", "expected"):
                    (folder / f"{part}.mid").write_bytes(getattr(case, part) or b"")
                (folder / "result.mid").write_bytes(merged.content or b"")
    total = sum(rows.values(), Counter())
    print(f"{sum(total.values())} cases of {len(found)} files in {seconds:.1f} s: "
          + ", ".join(f"{word} {total[word]}" for word in ("meant", "asked", "many", "WRONG")))  # fmt: skip
    for deed, counts in rows.items():
        print(f"  {deed:12} " + ", ".join(f"{word} {n}" for word, n in sorted(counts.items())))


if __name__ == "__main__":
    main()
