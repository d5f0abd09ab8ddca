"""Every conflict of real histories, by kind of file: what Muse makes of it and what Mergiraf does, in one run.

    python benchmarks/conflict_kinds.py PLACE... [--limit N] [--most N] [--mergiraf] [--only KIND] [--show WHAT]

A place is a local repository, whose two-parent merges are replayed, or a folder of cases: folders that hold `Base.*`,
`Left.*`, `Right.*`, `Resolved.*` and a `meta.json` with the `path`. Only files that Git's text merge leaves in conflict
count, those of no known language too. Columns: conflicts; clean; of these as committed, white space apart, and so but
for the order of lines; others; and of all conflicts in how many people took one side whole. A result of which a line
of the base that both sides kept is gone, or of which a line is in no version, is named "wrong" here: counted from the
bytes, with nothing of the merge's own code. What differs otherwise has to be read: `--show other` prints the places.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from replay_merges import HOW, Case, Git, is_binary, merge_text, squashed

from muse.engine.merge.one_file import merge_one, merge_text_only
from muse.plugins.code.languages import row_of
from muse.plugins.registry import resolve_plugin_by_domain

COLUMNS = ("conflicts", "clean", "as made", "in order", "other", "wrong", "one side")
MAX_BYTES = 1_000_000
KINDS = (
    ("change logs", r"(^|/)(change(s|log)|history|news|authors|contributors|release[-_]?notes)\b[^/]*$"),
    ("requirements", r"(^|/)([^/]*(requirements|constraints)[^/]*\.(txt|in)|requirements/[^/]*)$"),
    ("go.mod, go.sum", r"(^|/)go\.(mod|sum|work)$"),
    ("lock files", r"(\.lock|-lock\.\w+|(^|/)(shrinkwrap|package-lock)[^/]*)$"),
    ("gradle", r"\.gradle(\.kts)?$|\.versions\.toml$"),
    ("xml", r"\.(xml|pom|csproj|props|targets|resx|xlf)$"),
    ("po", r"\.pot?$"),
    ("rst", r"\.rst$"),
    ("text", r"\.txt$"),
)


def kind_of(path: str) -> str:
    """What a path counts as: a kind above, else its language, else its ending."""
    for kind, pattern in KINDS:
        if re.search(pattern, path.lower()):
            return kind
    return row_of(path) or Path(path).suffix or Path(path).name


def of_folder(place: Path) -> Iterator[tuple[str, Case]]:
    """The cases of a folder, at any depth."""
    for meta in sorted(place.rglob("meta.json")):
        path = json.loads(meta.read_text())["path"]
        found = {file.stem: file for file in meta.parent.iterdir()}
        if {"Base", "Left", "Right", "Resolved"} <= found.keys():
            versions = [found[name].read_bytes() for name in ("Base", "Left", "Right", "Resolved")]
            yield path, Case(f"{meta.parent}", row_of(path) or "", *versions)


def of_repository(place: Path, limit: int) -> Iterator[tuple[str, Case]]:
    """The files both parents of a merge changed, each triple once."""
    git = Git(str(place))
    seen = set()
    for line in git.run("rev-list", "--all", "--min-parents=2", "--max-parents=2", "--parents", f"-n{limit}").split(
        "\n"
    ):
        merge, *parents = line.split() or [""]
        bases = subprocess.run(
            ["git", "-C", str(place), "merge-base", "--all", *parents], capture_output=True, text=True, check=False
        ).stdout.split()
        if len(bases) != 1 or bases[0] in parents:
            continue
        mine, other = (git.modified(bases[0], parent) for parent in parents)
        both = [name for name in sorted(mine.keys() & other.keys()) if mine[name][1] != other[name][1]]
        made = git.run("ls-tree", "-r", "-z", merge, "--", *both).split("\0") if both else []
        blobs = {row.split("\t", 1)[1]: row.split()[2] for row in made if "\t" in row}
        for name in both:
            key = (*mine[name], other[name][1])
            if name not in blobs or key in seen:
                continue
            seen.add(key)
            versions = [git.blob(oid) for oid in (*key, blobs[name])]
            if max(map(len, versions)) <= MAX_BYTES and not any(map(is_binary, versions)):
                yield name, Case(f"{place.parent.name}:{merge[:10]}:{name}", row_of(name) or "", *versions)


def conflicts(places: list[str], limit: int) -> Iterator[tuple[str, Case]]:
    """What Git's text merge cannot merge."""
    for place in map(Path, places):
        is_repository = (place / ".git").exists() or (place / "HEAD").exists()
        for path, case in of_repository(place, limit) if is_repository else of_folder(place):
            text = merge_text(case.base, case.ours, case.theirs, HOW)
            if text is not None and text[1]:
                yield path, case


def by_muse(path: str, case: Case) -> bytes | None:
    """Our clean merge, None for a conflict."""
    plugin = resolve_plugin_by_domain("code")
    if row_of(path) is None:
        merged = merge_text_only(path, case.base, case.ours, case.theirs, HOW)
    else:
        merged = merge_one(plugin, path, case.base, case.ours, case.theirs, HOW)
    return None if merged.conflicts else merged.content


def by_mergiraf(path: str, case: Case) -> bytes | None:
    """What `mergiraf merge` gives, None for a conflict or a file it does not know."""
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / name for name in "OAB"]
        for file, data in zip(files, (case.base, case.ours, case.theirs), strict=True):
            file.write_bytes(data)
        command = ["mergiraf", "merge", "--git", *map(str, files), "-p", path]
        done = subprocess.run(command, capture_output=True, check=False, cwd=folder)
        merged = files[1].read_bytes()
    return None if done.returncode or re.search(rb"^<<<<<<< ", merged, re.M) else merged


def is_wrong(case: Case, merged: bytes) -> bool:
    """True when a line that all have is lost, or one that no version has appears whole beside all that do."""
    b, o, t, r = (Counter(squashed(data)) for data in (case.base, case.ours, case.theirs, merged))
    lost = any(o[line] >= count <= t[line] and r[line] < count for line, count in b.items())
    most = {line: o[line] + t[line] for line in r}
    return lost or any(count > max(most[line], 1) for line, count in r.items())


def count(row: Counter[str], case: Case, merged: bytes | None) -> str:
    """Count one outcome; its name."""
    row["conflicts"] += 1
    made = squashed(case.made)
    row["one side"] += made in (squashed(case.ours), squashed(case.theirs))
    if merged is None:
        return "left"
    row["clean"] += 1
    mine = squashed(merged)
    if mine == made:
        row["as made"] += 1
        row["in order"] += 1
        return "as made"
    row["other"] += 1
    row["in order"] += sorted(mine) == sorted(made)
    if is_wrong(case, merged):
        row["wrong"] += 1
        return "wrong"
    return "order" if sorted(mine) == sorted(made) else "other"


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("places", nargs="+", metavar="PLACE")
    parser.add_argument("--limit", type=int, default=3000, help="merges of a repository to look at, newest first")
    parser.add_argument("--most", type=int, default=10_000, help="conflicts to look at, per kind")
    parser.add_argument("--mergiraf", action="store_true", help="run Mergiraf beside")
    parser.add_argument("--only", help="one kind of file only")
    parser.add_argument("--show", choices=["as made", "order", "other", "wrong", "left"], help="name these cases")
    given = parser.parse_args()
    drivers = {"muse": by_muse} | ({"mergiraf": by_mergiraf} if given.mergiraf else {})
    rows: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    with ThreadPoolExecutor(2) as pool:
        for path, case in conflicts(given.places, given.limit):
            kind = kind_of(path)
            if given.only not in (None, kind) or rows[kind, "muse"]["conflicts"] >= given.most:
                continue
            for name, merged in zip(drivers, pool.map(lambda run: run(path, case), drivers.values()), strict=True):  # noqa: B023
                outcome = count(rows[kind, name], case, merged)
                count(rows["total", name], case, merged)
                if name == "muse" and outcome == given.show:
                    print(f"{outcome}: {case.name} ({path})")
    print(f"{'':<26}" + "".join(f"{column:>10}" for column in COLUMNS))
    for (kind, name), row in sorted(rows.items(), key=lambda item: (item[0][0] == "total", item[0][0], item[0][1])):
        print(f"{kind[:16] + ' ' + name:<26}" + "".join(f"{row[column]:>10}" for column in COLUMNS))


if __name__ == "__main__":
    main()
