"""Three-way MIDI merges made from any folder of MIDI files, and how a driver does on them.

    python benchmarks/midi_cases.py FOLDER --cases 2000 --seed 1 [--driver 'COMMAND %O %A %B'] [--peer] [--keep DIR]

Every case knows its answer, because both sides are made by edits of known events: a clean case must give the base with
both edits exactly, a conflict case must exit with 1 and leave a playable file. Nothing here uses Muse's own reading or
pairing of notes; without `--driver` the plugin is called in this process. `--peer` runs midicsv, `git merge-file` and
csvmidi on the same cases.
"""

from __future__ import annotations

import argparse
import json
import random
import shlex
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from midi_edits import Case, Unsuitable
from midi_kinds import KINDS
from midi_reading import Doc, Unreadable, disorder, read

Outcome = tuple[bool, bytes]
Driver = Callable[[Case], Outcome]


def in_process() -> Driver:
    """The plugin itself, without a process per case."""
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    from muse.plugins.midi.merge.file import merge_file

    def run(case: Case) -> Outcome:
        merged = merge_file("case.mid", case.base, case.ours, case.theirs)
        return not merged.conflicts, merged.content or b""

    return run


def command(line: str) -> Driver:
    """A Git merge driver's command line with %O %A %B."""

    def run(case: Case) -> Outcome:
        with tempfile.TemporaryDirectory() as folder:
            paths = {name: Path(folder, f"{name}.mid") for name in "OAB"}
            for name, data in zip("OAB", (case.base, case.ours, case.theirs)):
                paths[name].write_bytes(data)
            words = [
                str(paths[word[1]]) if word in ("%O", "%A", "%B") else word.replace("%P", "case.mid").replace("%L", "7")
                for word in shlex.split(line)
            ]
            done = subprocess.run(words, capture_output=True, check=False)
            return done.returncode == 0, paths["A"].read_bytes()

    return run


def peer(case: Case) -> Outcome:
    """midicsv + git merge-file + csvmidi, what a person would set up today."""
    with tempfile.TemporaryDirectory() as folder:
        texts = []
        for name, data in (("base", case.base), ("ours", case.ours), ("theirs", case.theirs)):
            file = Path(folder, name)
            file.write_bytes(data)
            done = subprocess.run(["midicsv", file, f"{file}.csv"], capture_output=True, check=False)
            if done.returncode:
                return False, case.ours
            texts.append(f"{file}.csv")
        merge = ["git", "merge-file", "-q", texts[1], texts[0], texts[2]]
        if subprocess.run(merge, capture_output=True, check=False).returncode:
            return False, b""
        out = Path(folder, "out.mid")
        done = subprocess.run(["csvmidi", texts[1], out], capture_output=True, check=False)
        return done.returncode == 0, out.read_bytes() if out.exists() else b""


def judge(case: Case, outcome: Outcome) -> tuple[str, str]:
    """(verdict, why): exact, wrong, refused for clean cases; reported, missed, unplayable, lost for conflicts."""
    clean, data = outcome
    if not clean and not case.conflict:
        return "refused", "a conflict although the edits are disjoint"
    try:
        result = read(data)
    except Unreadable as error:
        return ("unplayable" if case.conflict else "wrong"), str(error)
    if case.conflict:
        if clean:
            return "missed", "clean although both sides changed one thing"
        if case.expected is not None and (why := difference(case.expected, result)):
            return "lost", why
        return "reported", ""
    assert case.expected is not None
    why = difference(case.expected, result)
    return ("wrong", why) if why else ("exact", "")


def difference(expected: Doc, result: Doc) -> str:
    """What is not as it should be, "" when all is: events, notes, order inside ticks, end of track."""
    if (expected.format, expected.division) != (result.format, result.division):
        return f"header {result.format}/{result.division}, not {expected.format}/{expected.division}"
    if len(expected.tracks) != len(result.tracks):
        return f"{len(result.tracks)} tracks, not {len(expected.tracks)}"
    wanted = [Counter(map(tuple, track.events)) for track in expected.tracks]
    found = [Counter(map(tuple, track.events)) for track in result.tracks]
    for index, (one, two) in enumerate(zip(wanted, found)):
        if one != two:
            missing, extra = list((one - two).items())[:3], list((two - one).items())[:3]
            return f"track {index}: missing {missing}, extra {extra}"
    for index, (one_track, two_track) in enumerate(zip(expected.tracks, result.tracks)):
        if Counter(one_track.notes()) != Counter(two_track.notes()):
            return f"track {index}: notes are paired differently"
        worse = disorder(two_track) - disorder(one_track)
        if worse:
            return f"track {index}: order inside a tick: {sorted(worse)[:2]}"
        if two_track.end < max((tick for tick, _ in two_track.events), default=0):
            return f"track {index}: end of track before its events"
    return ""


def cases(folder: Path, count: int, seed: int, kinds: list[str]) -> Iterator[Case]:
    """Cases from all readable files of a folder, spread evenly over kinds and files."""
    generator = random.Random(seed)
    docs = []
    for file in sorted(folder.rglob("*")):
        if file.suffix.lower() in (".mid", ".midi", ".kar", ".rmi", ".smf") and file.stat().st_size < 300_000:
            data = file.read_bytes()
            try:
                doc = read(data)
            except Unreadable:
                continue
            if sum(len(track.notes()) for track in doc.tracks) >= 8:
                docs.append((file.name, data, doc))
    made = tries = 0
    while made < count and tries < count * 30:
        name = kinds[made % len(kinds)] if tries % 7 else generator.choice(kinds)
        tries += 1
        file_name, data, doc = generator.choice(docs)
        try:
            case = KINDS[name](random.Random(generator.random()), data, doc)
        except Unsuitable:
            continue
        case.kind, case.source = name, file_name
        if case.ours != case.theirs and case.base not in (case.ours, case.theirs):
            made += 1
            yield case


def report(rows: dict[str, dict[str, Counter[str]]], seconds: dict[str, float]) -> str:
    """A table per driver."""
    lines = []
    for driver, kinds in rows.items():
        total: Counter[str] = sum(kinds.values(), Counter())
        disjoint = total["exact"] + total["wrong"] + total["refused"]
        conflicts = sum(total[word] for word in ("reported", "missed", "unplayable", "lost"))
        lines.append(f"\n{driver}: {sum(total.values())} cases in {seconds[driver]:.1f} s")
        lines.append(f"  disjoint: {total['exact']}/{disjoint} clean and exact, {total['wrong']} clean but wrong")
        lines.append(
            f"  conflicts: {total['reported']}/{conflicts} reported with a playable file, {total['missed']} missed"
        )
        for kind in sorted(kinds):
            lines.append(f"    {kind:32} " + ", ".join(f"{word} {n}" for word, n in sorted(kinds[kind].items())))
    return "\n".join(lines)


def main() -> None:
    """Run the cases and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--cases", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kind", action="append", choices=sorted(KINDS), help="only this kind (repeatable)")
    parser.add_argument("--driver", help="a merge driver's command line with %%O %%A %%B; default: in this process")
    parser.add_argument("--peer", action="store_true", help="midicsv + git merge-file + csvmidi beside it")
    parser.add_argument("--keep", type=Path, help="write cases that are not answered well into this folder")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    drivers: dict[str, Driver] = {"muse": command(options.driver) if options.driver else in_process()}
    if options.peer:
        drivers["midicsv + git merge-file"] = peer
    made = cases(options.folder, options.cases, options.seed, options.kind or sorted(KINDS))
    rows: dict[str, dict[str, Counter[str]]] = {name: {} for name in drivers}
    seconds = dict.fromkeys(drivers, 0.0)
    number = -1
    for number, case in enumerate(made):
        for name, driver in drivers.items():
            start = time.perf_counter()
            outcome = driver(case)
            seconds[name] += time.perf_counter() - start
            verdict, why = judge(case, outcome)
            rows[name].setdefault(case.kind, Counter())[verdict] += 1
            if name == "muse" and verdict not in ("exact", "reported"):
                print(f"{number:05} {case.kind} {case.source}: {verdict}: {why}", file=sys.stderr)
                if options.keep:
                    keep(options.keep / f"{number:05}-{case.kind}", case, outcome, f"{verdict}: {why}")
    if options.json:
        table: dict[str, Any] = {name: {k: dict(v) for k, v in kinds.items()} for name, kinds in rows.items()}
        print(json.dumps({"cases": number + 1, "seed": options.seed, "seconds": seconds, "results": table}, indent=1))
    else:
        print(report(rows, seconds))


def keep(folder: Path, case: Case, outcome: Outcome, why: str) -> None:
    """The four files of a case and why it is kept."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in (("base", case.base), ("ours", case.ours), ("theirs", case.theirs), ("result", outcome[1])):
        (folder / f"{name}.mid").write_bytes(data)
    (folder / "why.txt").write_text(f"{case.source}\n{why}\n")


if __name__ == "__main__":
    main()
