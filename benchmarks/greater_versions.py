"""How often people committed the greater version where both sides of a conflict raised one dependency.

    python benchmarks/greater_versions.py PLACE... [--limit N] [--show]

Places are those of `conflict_kinds.py`. Columns: the greater, the smaller, another version, gone or not told. A kind of
file for which the first is not nearly all has no row in `muse/plugins/code/merge/greater_versions.py`.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import Counter, defaultdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from conflict_kinds import conflicts, kind_of
from replay_merges import Case

from muse.plugins.code.merge.greater_versions import KINDS, smaller_side, versions_in

COLUMNS = ("greater", "smaller", "another", "gone")


def outcomes(path: str, case: Case) -> list[tuple[str, str]]:
    """What became of each dependency that both sides raised, and its versions for a person."""
    out = []
    for kind in (kind for kind in KINDS if re.search(kind.path, path.lower())):
        found = [versions_in(kind, data) for data in (case.base, case.ours, case.theirs, case.made)]
        for name in sorted(found[0].keys() & found[1].keys() & found[2].keys()):
            was, *raised = (one[name][0] for one in found[:3])
            side = smaller_side(was, raised[0], raised[1])
            if side is None:
                continue
            less, more = raised[side].version, raised[1 - side].version
            made = found[3][name][0].version if name in found[3] else None
            what = {None: "gone", more: "greater", less: "smaller"}.get(made, "another")
            out.append((what, f"{name[1].decode()}: {was.version!r}, {less!r} and {more!r}, made {made!r}"))
    return out


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("places", nargs="+", metavar="PLACE")
    parser.add_argument("--limit", type=int, default=3000, help="merges of a repository to look at, newest first")
    parser.add_argument("--show", action="store_true", help="name what did not become the greater")
    given = parser.parse_args()
    rows: dict[str, Counter[str]] = defaultdict(Counter)
    for path, case in conflicts(given.places, given.limit):
        for what, said in outcomes(path, case):
            rows[kind_of(path)][what] += 1
            rows["total"][what] += 1
            if given.show and what != "greater":
                print(f"{what}: {case.name}: {said}")
    print(f"{'':<20}" + "".join(f"{column:>9}" for column in COLUMNS))
    for kind, row in sorted(rows.items(), key=lambda item: (item[0] == "total", item[0])):
        print(f"{kind[:18]:<20}" + "".join(f"{row[column]:>9}" for column in COLUMNS))


if __name__ == "__main__":
    main()
