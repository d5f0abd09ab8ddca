"""MuseScore as the judge of merged scores: it must open each result and play what it plays of the right answer.

    python benchmarks/musescore.py FILE... [--cases 12] [--seed 1] [--program mscore3]

Cases are those of score_cases.py. MuseScore (Debian: `apt-get install musescore3`) exports a clean result and the right
answer as MIDI, without a screen; mido reads the notes. Exit code 1 where a result is not opened or plays other notes.
"""

from __future__ import annotations

import argparse
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile

import mido
import score_cases as cases

_LIMIT = 120  # seconds of one export


def played(program: str, score: bytes, suffix: str) -> list[tuple[int, int, str, int, int]] | None:
    """Track, tick, kind, pitch and velocity of the notes MuseScore exports; None where it does not open the score."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = pathlib.Path(folder, f"a{suffix}"), pathlib.Path(folder, "a.mid")
        source.write_bytes(score)
        quiet = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "XDG_RUNTIME_DIR": folder}
        subprocess.run([program, "-o", target, source], env=quiet, capture_output=True, timeout=_LIMIT, check=False)
        if not target.exists():
            return None
        found = []
        for number, track in enumerate(mido.MidiFile(target).tracks):
            now = 0
            for message in track:
                now += message.time
                if message.type.startswith("note"):
                    found.append((number, now, message.type, message.note, message.velocity))
        return sorted(found)


def main() -> int:
    """Run the cases; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("files", nargs="+", type=pathlib.Path)
    parser.add_argument("--cases", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--program", default="mscore3")
    choice = parser.parse_args()
    if shutil.which(choice.program) is None:
        print(f"{choice.program} is not on PATH: no score was judged; on Debian: apt-get install musescore3")
        return 0
    rng = random.Random(choice.seed)
    counts = dict.fromkeys(("same music", "not opened", "WRONG", "question", "the answer itself is not opened"), 0)
    for _ in range(choice.cases * 20):
        if sum(counts.values()) == choice.cases:
            break
        path = rng.choice(choice.files)
        root = cases.marked(path)
        if root is None:
            continue
        _, lists = cases.both_sides(rng, len(cases.measures(cases.staves(root)[0])))
        base, ours, theirs, wanted = (cases.edited(root, edits) for edits in ([], *lists, lists[0] + lists[1]))
        if base in (ours, theirs) or cases.twice(root, lists):
            continue
        suffix = ".mscx" if root.tag == "museScore" else ".musicxml"
        counts[verdict(choice.program, (base, ours, theirs, wanted), suffix)] += 1
    print(f"{sum(counts.values())} cases, seed {choice.seed}, {choice.program}: {counts}")
    return int(bool(counts["not opened"] or counts["WRONG"]))


def verdict(program: str, versions: tuple[bytes, bytes, bytes, bytes], suffix: str) -> str:
    """What MuseScore says of the merge of base, ours and theirs, beside the right answer."""
    base, ours, theirs, wanted = versions
    merged = cases.PLUGIN.merge_file(f"a{suffix}", base, ours, theirs)
    if merged.conflicts:
        return "question"
    right = played(program, wanted, suffix)
    if right is None:
        return "the answer itself is not opened"
    mine = played(program, merged.content or b"", suffix)
    return "not opened" if mine is None else "same music" if mine == right else "WRONG"


if __name__ == "__main__":
    sys.exit(main())
