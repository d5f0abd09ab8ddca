"""Whole merges: 200 both-sided files of 300 lines beside `git merge`, and the merges of any local repository again.

    python benchmarks/whole_merges.py                       the 200 files, 20 of them conflicting for Git; then none
                                                            of them: plain Git, MUSE=0, the driver, `muse merge`
    python benchmarks/whole_merges.py --replay REPO [-n N]  N merge commits, taken at random (seed 7): each tree beside
                                                            that of `git merge-tree`; nothing is written to REPO

A replay ends with exit code 1 when a tree differs from Git's where Git is clean, other than by a conflict Muse reports.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path

from timing import environment, interleaved, once, spent

FILES, CONFLICTING = 200, 20


def module(number: int, side: str, conflicting: int) -> str:
    """A module of some 300 lines; the sides edit functions of their own, and in some files the same line."""
    lines = ["import os", "import sys", ""]
    for n in range(30):
        lines += [
            "",
            f"def func_{n}(a, b):",
            f'    """Do thing {n}."""',
            f"    total = a + {n}",
            "    for k in range(b):",
            "        total += k * a",
            f"    if total > {n * 10}:",
            f"        total -= {number}",
            "    return total",
            "",
        ]
    if side:
        lines[6 + 10 * (3 if side == "ours" else 20)] += f"  # {side}"
        if number < conflicting and number % 2:
            lines[1] += f"\nimport {'re' if side == 'ours' else 'json'}"
        elif number < conflicting:
            lines[10 + 10 * 10] = f"        total -= {number} + {len(side)}"
    return "\n".join(lines) + "\n"


def prepare(root: Path, env: dict[str, str], conflicting: int = CONFLICTING) -> None:
    """A repository on main with a branch `theirs`."""
    root.mkdir()
    once(["git", "init", "-q"], root, env)
    for side, branch in (("", "base"), ("ours", "main"), ("theirs", "theirs")):
        if side:
            once(["git", "checkout", "-q", *(["-b", "theirs", "base"] if side == "theirs" else [branch])], root, env)
        for number in range(FILES):
            (root / f"m{number}.py").write_text(module(number, side, conflicting))
        once(["git", "add", "-A"], root, env)
        once(["git", "commit", "-q", "-m", branch], root, env)
        if not side:
            once(["git", "branch", "base"], root, env)
    once(["git", "checkout", "-q", "main"], root, env)


def compare() -> None:
    """Print the seconds of both merges; each is given up again before the next."""
    with tempfile.TemporaryDirectory() as folder:
        env = environment(Path(folder, "home"))
        root = Path(folder, "repo")
        prepare(root, env)

        def merge(*command: str) -> float:
            took = once([*command, "merge", "theirs"], root, env, expect=1)
            once(["git", "merge", "--abort"], root, env)
            return took

        taken = interleaved(
            {"git merge": lambda: merge("git"), "muse merge": lambda: merge(sys.executable, "-m", "muse.cli")}
        )
    print(f"{FILES} both-sided files of 300 lines, {CONFLICTING} conflicting for Git:")
    for name, seconds in taken.items():
        print(f"  {name:<12} {seconds:6.2f} s")
    print(f"  aim: 1.50 s; {'reached' if taken['muse merge'] <= 1.5 else 'missed'}")


def text_clean() -> None:
    """Print wall seconds and processor seconds (children included) where Git's text is clean in every file."""
    with tempfile.TemporaryDirectory() as folder:
        env = environment(Path(folder, "home"))
        plain, ours = Path(folder, "plain"), Path(folder, "ours")
        for root in (plain, ours):
            prepare(root, env, 0)
        once(["muse", "install", "--local"], ours, env)
        used: dict[str, list[float]] = {}

        def merge(name: str, root: Path, command: list[str], **more: str) -> float:
            before = spent()
            took = once([*command, "merge", "-m", "x", "theirs"], root, {**env, **more})
            used.setdefault(name, []).append(spent() - before)
            once(["git", "reset", "-q", "--hard", "ORIG_HEAD"], root, env)
            return took

        sides = {
            "plain git merge": (plain, ["git"], {}),
            "MUSE=0 git merge": (ours, ["git"], {"MUSE": "0"}),
            "git merge": (ours, ["git"], {}),
            "muse merge": (ours, ["muse"], {}),
        }
        taken = interleaved({n: lambda n=n, s=s: merge(n, *s[:2], **s[2]) for n, s in sides.items()})  # type: ignore[misc]
    print(f"{FILES} both-sided files of 300 lines, all clean for Git:")
    for name, seconds in taken.items():
        print(f"  {name:<16} {seconds:6.2f} s wall {statistics.median(used[name]):6.2f} s processor")


def replay(where: Path, count: int) -> int:
    """Merge the parents of merge commits again, and compare with Git and with what was committed."""
    from muse.engine.git import scratch
    from muse.engine.merge.whole_tree import merge_commits
    from muse.plugins.registry import plugin_for_path
    from muse.store.repository import Repository

    repo = Repository(where)
    rows = [row.split() for row in repo.git("rev-list", "--all", "--merges", "--parents").decode().splitlines()]
    merges = [row for row in rows if len(row) == 3]
    random.Random(7).shuffle(merges)
    tally = dict.fromkeys(
        (
            "clean for Git",
            "the same tree",
            "objections",
            "DIFFERENT",
            "conflicts for Git",
            "of these clean",
            "of these as committed",
        ),
        0,
    )
    start = time.perf_counter()
    for commit, ours, theirs in merges[:count]:
        with scratch(repo) as trial:
            merged = merge_commits(trial, ours, theirs, plugin_for_path)
            done = trial.run("merge-tree", "--write-tree", ours, theirs)
            objections = [d for d in merged.decisions if d.git_clean and not d.clean]
            if done.returncode == 0:
                same = merged.clean and merged.tree == done.stdout.decode().split()[0]
                verdict = "objections" if objections else "the same tree" if same else "DIFFERENT"
                tally["clean for Git"] += 1
                tally[verdict] += 1
                if verdict != "the same tree":
                    print(f"  {commit}: {verdict} {[d.path.decode('utf-8', 'replace') for d in objections]}")
            else:
                tally["conflicts for Git"] += 1
                tally["of these clean"] += merged.clean
                tally["of these as committed"] += merged.clean and merged.tree == trial.tree_of(commit)
    took = time.perf_counter() - start
    print(f"{where}: {min(count, len(merges))} merges, {took / max(1, min(count, len(merges))):.2f} s each")
    for name, number in tally.items():
        print(f"  {name:<22} {number}")
    return int(tally["DIFFERENT"] > 0)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--replay", type=Path, metavar="REPO")
    parser.add_argument("-n", type=int, default=200, dest="count")
    given = parser.parse_args()
    if given.replay:
        sys.exit(replay(given.replay, given.count))
    compare()
    text_clean()
