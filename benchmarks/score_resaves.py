"""One side saves the whole score anew with MuseScore, the other one edits notes and bars: played, a question, or wrong.

    python benchmarks/score_resaves.py FILE... [--cases 60] [--seed 1] [--program mscore3] [--keep DIR]

Every other case begins with a score that MuseScore had saved already, as where both people work with it; the rest with
what another program or version wrote. Edits are those of score_cases.py, made by our side; their side has some as well
in every second case, before it saves. The result has to be opened, and to play what MuseScore plays of a score with all
edits. Both ways round.
"""

from __future__ import annotations

import argparse
import collections
import pathlib
import random
import shutil
import sys
import tempfile
import xml.etree.ElementTree as ET
from typing import NamedTuple

import musescore
import score_cases as cases


class Case(NamedTuple):
    """A merge: what it is about, the suffix, the three versions, and the score with all edits."""

    kind: str
    suffix: str
    versions: tuple[bytes, bytes, bytes]
    wanted: bytes


def saved(program: str, score: bytes, suffix: str) -> bytes | None:
    """What the program writes of a score in the same format; None where it does not open it."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        folder.joinpath(f"in{suffix}").write_bytes(score)
        musescore.convert(program, folder, [(f"in{suffix}", f"out{suffix}")])
        out = folder.joinpath(f"out{suffix}")
        return out.read_bytes() if out.exists() else None


def made(rng: random.Random, path: pathlib.Path, program: str, number: int) -> Case | None:
    """A case of a file; None where there is none in it."""
    root = cases.marked(path)
    if root is None:
        return None
    suffix = ".mscx" if root.tag == "museScore" else ".musicxml"
    if number % 2:
        again = saved(program, cases.written(root), suffix)
        root = None if again is None else cases.mark(ET.fromstring(again))
        if root is None:
            return None
    _, lists = cases.both_sides(rng, len(cases.measures(cases.staves(root)[0])))
    lists[1] = lists[1] if number // 2 % 2 else []
    base, ours, edited, wanted = (cases.edited(root, edits) for edits in ([], *lists, lists[0] + lists[1]))
    if base == ours or cases.twice(root, lists):
        return None
    theirs = saved(program, edited, suffix)
    kind = ("saved before" if number % 2 else "another's file") + (", edited by both" if lists[1] else "")
    return None if theirs is None else Case(f"{suffix} {kind}", suffix, (base, ours, theirs), wanted)


def main() -> int:
    """Run the cases; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("files", nargs="+", type=pathlib.Path)
    parser.add_argument("--cases", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--program", default="mscore3")
    parser.add_argument("--keep", type=pathlib.Path)
    choice = parser.parse_args()
    if shutil.which(choice.program) is None:
        print(f"{choice.program} is not on PATH: no score was saved; on Debian: apt-get install musescore3")
        return 0
    rng = random.Random(choice.seed)
    found: list[Case] = []
    for number in range(choice.cases * 3):
        case = made(rng, rng.choice(choice.files), choice.program, number) if len(found) < choice.cases else None
        found += [] if case is None else [case]
    table: collections.Counter[str] = collections.Counter()
    for turned in (False, True):
        for at, (case, verdict) in enumerate(zip(found, judged(choice.program, found, turned))):
            table[f"{case.kind}: {verdict}"] += 1
            if choice.keep and verdict in ("WRONG", "not opened"):
                versions = dict(zip(("base", "ours", "theirs"), case.versions)) | {"wanted": case.wanted}
                cases.keep(choice.keep / f"{at}-{verdict.replace(' ', '-')}", versions, [case.kind, f"turned {turned}"])
    print(f"{len(found)} cases, both ways round, seed {choice.seed}, {choice.program}")
    for kind, many in sorted(table.items()):
        print(f"{many:5} {kind}")
    return int(any("WRONG" in kind or "not opened" in kind for kind in table))


def judged(program: str, found: list[Case], turned: bool) -> list[str]:
    """The verdict on each case."""
    merged = []
    for case in found:
        base, *sides = case.versions
        answer = cases.PLUGIN.merge_file(f"a{case.suffix}", base, *(sides[::-1] if turned else sides))
        merged.append(musescore.Case(case.suffix, case.wanted, None if answer.conflicts else answer.content))
    return musescore.judged(program, merged)


if __name__ == "__main__":
    sys.exit(main())
