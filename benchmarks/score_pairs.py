"""Every two things musicians do in a score, one by each side: as meant, a question, or wrong; beside Git's text merge.

    python benchmarks/score_pairs.py FILE... [--seed 1] [--seconds 60] [--keep DIR]

Edits are those of score_edits.py and score_signs.py: bars inserted, cut and copied, voices, clefs, keys, verses, slurs,
signs, tuplets, chords, endings, breaks, titles, parts taken out, moved, added and renamed. Pairs are made far apart, in
neighbouring bars, and in one bar of different parts, on files drawn at random, and merged both ways round. Right is
what both edits make on the base, one after the other in either order, worked out on an ElementTree.
"""

from __future__ import annotations

import argparse
import collections
import pathlib
import random
import time
import xml.etree.ElementTree as ET
from typing import NamedTuple

import score_cases as cases
from score_signs import EDITS

_PLACES = ("far apart", "in neighbouring bars", "in one bar, other parts")


class Pair(NamedTuple):
    """What both sides do and where: the edits' names, marks and parts."""

    names: tuple[str, str]
    marks: tuple[int, int]
    parts: tuple[int, int]

    def version(self, root: ET.Element, sides: list[int]) -> ET.Element | None:
        """A version with the edits of some sides, in that order; None where one cannot be made."""
        made = ET.fromstring(ET.tostring(root))
        done = [EDITS[self.names[at]](made, self.marks[at], self.parts[at]) for at in sides]
        return made if all(done) else None


def drawn(rng: random.Random, root: ET.Element, names: tuple[str, str], place: str) -> Pair | None:
    """Places for a pair; None where there are none."""
    count = len(cases.measures(cases.staves(root)[0]))
    first = rng.randrange(1, count - 3)
    second = {
        "far apart": (first + count // 2 - 1) % (count - 3) + 1,
        "in neighbouring bars": min(first + 1, count - 3),
    }
    part = rng.randrange(9)
    if place == _PLACES[2]:
        many = len(cases.staves(root)) > 1 and names[0] != names[1]
        return Pair(names, (first, first), (part, part + 1)) if many else None
    return Pair(names, (first, second[place]), (part, rng.randrange(9)))


def judged(root: ET.Element, pair: Pair) -> tuple[list[str], str, dict[str, bytes]] | None:
    """Muse's verdicts both ways round, Git's, and the files; None where the pair cannot be made."""
    versions = [pair.version(root, sides) for sides in ([0], [1], [0, 1], [1, 0])]
    if any(version is None for version in versions):
        return None
    base, ours, theirs, wanted, other = (cases.written(v) for v in (root, *versions) if v is not None)
    if cases.meaning(base) in (cases.meaning(ours), cases.meaning(theirs)):
        return None
    found, files = [], {"base": base, "ours": ours, "theirs": theirs, "wanted": wanted}
    for sides in ((ours, theirs), (theirs, ours)):
        merged = cases.PLUGIN.merge_file("a.xml", base, *sides)
        answer = None if merged.conflicts else merged.content or b""
        verdicts = [cases.verdict_of(answer, right) for right in (wanted, other)]
        found.append("as meant" if "as meant" in verdicts else verdicts[0])
        if found[-1] == "WRONG":
            files["merged"] = answer or b""
    return found, cases.verdict_of(cases.git_merge(base, ours, theirs), wanted), files


def main() -> None:
    """Run the pairs and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("files", nargs="+", type=pathlib.Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=60, help="CPU time of this process")
    parser.add_argument("--keep", type=pathlib.Path, help="where files of wrong answers go")
    choice = parser.parse_args()
    rng = random.Random(choice.seed)
    wanted = [((one, two), place) for one in EDITS for two in EDITS for place in _PLACES]
    rng.shuffle(wanted)
    table: collections.Counter[tuple[str, str]] = collections.Counter()
    asked: collections.Counter[str] = collections.Counter()
    for names, place in wanted:
        root = cases.marked(rng.choice(choice.files)) if time.process_time() < choice.seconds else None
        pair = None if root is None else drawn(rng, root, names, place)
        found = None if root is None or pair is None else judged(root, pair)
        if pair is None or found is None:
            continue
        for verdict in found[0]:
            table[f"muse, {place}", verdict] += 1
            table["muse", verdict] += 1
            if verdict != "as meant":
                asked[f"{verdict}: {' + '.join(sorted(names))}, {place}"] += 1
        table["git merge-file, one way round", found[1]] += 1
        if choice.keep and "merged" in found[2]:
            cases.keep(choice.keep / "-".join(names), found[2], [str(pair)])
    for (who, verdict), number in sorted(table.items()):
        print(f"{who:40} {verdict:10} {number}")
    for what, number in sorted(asked.items()):
        print(f"{number} {what}")


if __name__ == "__main__":
    main()
