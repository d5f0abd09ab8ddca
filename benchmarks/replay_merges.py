"""Replay the merge commits of local repositories: Git's text merge beside ours, judged by what people committed.

    python benchmarks/replay_merges.py REPOSITORY... [--limit N] [--conflicts N] [--language NAME] [--list KIND]

Every file that both parents of a two-parent merge changed is merged again from the merge base. Four numbers belong
together: how many of Git's conflicts are resolved, how many of those exactly as committed (white space apart), how many
are clean though people committed something else, and on how many merges that Git does cleanly and as committed we do
not (regressions; must be 0, apart from `repeats`: there the clean text defines one name twice, which neither side did,
and was committed so). Nothing is written to the repositories.
"""

from __future__ import annotations

import argparse
import re
import statistics
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from muse.core.options import MergeOptions
from muse.core.textmerge import is_binary, merge_text
from muse.engine.filemerge import merge_one
from muse.plugins.code.duplicates import repeated
from muse.plugins.code.languages import load, row_of
from muse.plugins.registry import resolve_plugin_by_domain

HOW = MergeOptions(ours_label="ours", theirs_label="theirs", conflict_style="diff3", notes=False)
COLUMNS = ("cases", "git clean", "regress", "repeats", "conflicts", "resolved", "as made", "other", "ours ms", "git ms")
MAX_BYTES = 262_144


class Case(NamedTuple):
    """One file of one merge: the three versions and what was committed."""

    name: str
    language: str
    base: bytes
    ours: bytes
    theirs: bytes
    made: bytes


class Git:
    """Reads objects of one repository through one long-lived process."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.cat = subprocess.Popen(["git", "-C", path, "cat-file", "--batch"],
                                    stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def run(self, *args: str) -> str:
        done = subprocess.run(["git", "-C", self.path, *args], capture_output=True, check=True)
        return done.stdout.decode("utf-8", "surrogateescape")

    def blob(self, oid: str) -> bytes:
        assert self.cat.stdin is not None and self.cat.stdout is not None
        self.cat.stdin.write(oid.encode() + b"\n")
        self.cat.stdin.flush()
        size = int(self.cat.stdout.readline().split()[2])
        return self.cat.stdout.read(size + 1)[:-1]

    def modified(self, old: str, new: str) -> dict[str, tuple[str, str]]:
        """Path -> (old blob, new blob) of plain files that changed."""
        fields = self.run("diff-tree", "-r", "-z", "--no-renames", "--diff-filter=M", old, new).split("\0")
        pairs = zip(fields[::2], fields[1::2], strict=False)
        return {path: (head.split()[2], head.split()[3]) for head, path in pairs if head.startswith(":100")}


def cases(path: str, limit: int) -> Iterator[Case]:
    """The both-sided files of a repository's merges, each triple of versions once."""
    git = Git(path)
    seen = set()
    merges = git.run("rev-list", "--all", "--min-parents=2", "--max-parents=2", "--parents", f"-n{limit}")
    for merge, first, second in (line.split() for line in merges.splitlines()):
        bases = subprocess.run(["git", "-C", path, "merge-base", "--all", first, second],
                               capture_output=True, text=True, check=False).stdout.split()
        if len(bases) != 1 or bases[0] in (first, second):
            continue
        mine = git.modified(bases[0], first)
        other = git.modified(bases[0], second) if mine else {}
        both = [name for name in mine.keys() & other.keys() if row_of(name) and mine[name][1] != other[name][1]]
        if not both:
            continue
        made = {line.split("\t", 1)[1]: line.split()[2]
                for line in git.run("ls-tree", "-r", "-z", merge, "--", *both).split("\0") if "\t" in line}
        for name in sorted(made.keys() & set(both)):
            key = (*mine[name], other[name][1])
            if key in seen:
                continue
            seen.add(key)
            versions = [git.blob(oid) for oid in (*key, made[name])]
            if max(map(len, versions)) <= MAX_BYTES and not any(map(is_binary, versions)):
                yield Case(f"{merge[:10]}:{name}", row_of(name) or "", *versions)


def squashed(data: bytes) -> list[bytes]:
    """Lines without differences in white space, for "as committed"."""
    return [b" ".join(line.split()) for line in data.splitlines() if line.strip()]


def main() -> None:
    """Print a table per language."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repositories", nargs="+", metavar="REPOSITORY")
    parser.add_argument("--limit", type=int, default=100_000, help="merges to look at, newest first")
    parser.add_argument("--conflicts", type=int, default=10_000, help="conflicts to look at, per language")
    parser.add_argument("--language", help="one language only")
    kinds = ["regress", "repeats", "as made", "other", "left"]
    parser.add_argument("--list", dest="kind", choices=kinds, help="name the cases")
    given = parser.parse_args()
    rows: dict[str, Counter[str]] = defaultdict(Counter)
    times: dict[str, dict[str, list[float]]] = defaultdict(lambda: {"ours": [], "git": []})
    for path in given.repositories:
        for case in cases(path, given.limit):
            if given.language in (None, case.language) and rows[case.language]["conflicts"] < given.conflicts:
                kind = judge(case, rows[case.language], times[case.language])
                if kind == given.kind:
                    print(case.name)
    print(f"{'':<14}" + "".join(f"{column:>11}" for column in COLUMNS))
    for language, row in [*sorted(rows.items()), ("total", sum(rows.values(), Counter()))]:
        taken = times[language] if language != "total" else {
            side: [value for each in times.values() for value in each[side]] for side in ("ours", "git")}
        cells = [str(row[column]) for column in COLUMNS[:-2]]
        cells += [f"{statistics.median(taken[side] or [0.0]) * 1000:.1f}" for side in ("ours", "git")]
        print(f"{language:<14}" + "".join(f"{cell:>11}" for cell in cells))
    total = sum(rows.values(), Counter())
    if total["conflicts"] and total["resolved"]:
        print(f"resolved {100 * total['resolved'] / total['conflicts']:.1f} % of Git's conflicts, "
              f"{100 * total['as made'] / total['resolved']:.1f} % of them as committed; "
              f"regressions: {total['regress']}")


def repeats(case: Case, merged: bytes) -> bool:
    """True when a merge defines a name twice and no version of the file does."""
    language = load(case.language)
    return bool(repeated(language, merged, (case.base, case.ours, case.theirs)))


def judge(case: Case, row: Counter[str], times: dict[str, list[float]]) -> str:
    """Merge one case both ways and count what came of it; returns the kind for `--list`."""
    start = time.perf_counter()
    text = merge_text(case.base, case.ours, case.theirs, HOW)
    times["git"].append(time.perf_counter() - start)
    assert text is not None
    row["cases"] += 1
    start = time.perf_counter()
    merged = merge_one(resolve_plugin_by_domain("code"), case.name.rpartition(":")[2],
                       case.base, case.ours, case.theirs, HOW)
    took = time.perf_counter() - start
    if not text[1]:
        row["git clean"] += 1
        lost = text[0] == case.made and merged.content != case.made
        kind = "" if not lost else "repeats" if repeats(case, text[0]) else "regress"
        row[kind] += 1
        return kind
    times["ours"].append(took)
    row["conflicts"] += 1
    if merged.conflicts or re.search(rb"^<<<<<<< ", merged.content or b"", re.M):
        return "left"
    row["resolved"] += 1
    kind = "as made" if squashed(merged.content or b"") == squashed(case.made) else "other"
    row[kind] += 1
    return kind


if __name__ == "__main__":
    main()
