"""Replay the merge commits of local repositories: Git's text merge beside ours, judged by what people committed.

    python benchmarks/replay_merges.py REPOSITORY... [--limit N] [--seconds N] [--conflicts N] [--clean N]
        [--half a|b] [--language NAME] [--list KIND] [--save FOLDER] [--peer 'mergiraf merge --git %O %A %B -p %P']

Every file that both parents of a two-parent merge changed is merged again from the merge base. The numbers belong
together: how many of Git's conflicts are resolved; how many of those as committed (white space apart), or so but for
the order of lines; how many differ; how many are broken, which is to say parse worse than their inputs. Of the merges
that Git does cleanly and that people committed so: on how many we have a conflict (`refused`), on how many another
clean text (`changed`). `git other` are Git's clean merges that people committed otherwise, white space apart, and
`caught` those of them in which we have a conflict or another text. `--save` writes the versions of every listed case
into a folder, with Git's text and ours, for somebody to read. A peer is a merge driver's command line; it sees
the conflicts only. Nothing is written to the repositories.
"""

from __future__ import annotations

import argparse
import re
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from muse.core.options import MergeOptions
from muse.core.textmerge import is_binary, merge_text
from muse.engine.merge.one_file import merge_one
from muse.plugins.code.languages import load, row_of
from muse.plugins.code.syntax.parsing import available, parses_as_well
from muse.plugins.registry import resolve_plugin_by_domain

HOW = MergeOptions(ours_label="ours", theirs_label="theirs", conflict_style="diff3", notes=False)
COLUMNS = (
    "cases",
    "git clean",
    "git other",
    "refused",
    "changed",
    "caught",
    "conflicts",
    "resolved",
    "as made",
    "in order",
    "other",
    "broken",
    "ms",
)
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
        self.cat = subprocess.Popen(
            ["git", "-C", path, "cat-file", "--batch"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def run(self, *args: str) -> str:
        done = subprocess.run(["git", "-C", self.path, *args], capture_output=True, check=True)
        return done.stdout.decode("utf-8", "surrogateescape")

    def blob(self, oid: str) -> bytes | None:
        assert self.cat.stdin is not None and self.cat.stdout is not None
        self.cat.stdin.write(oid.encode() + b"\n")
        self.cat.stdin.flush()
        head = self.cat.stdout.readline().split()
        if len(head) != 3:
            return None  # left out of a partial copy
        size = int(head[2])
        return self.cat.stdout.read(size + 1)[:-1]

    def modified(self, old: str, new: str) -> dict[str, tuple[str, str]]:
        """Path -> (old blob, new blob) of plain files that changed."""
        fields = self.run("diff-tree", "-r", "-z", "--no-renames", "--diff-filter=M", old, new).split("\0")
        pairs = zip(fields[::2], fields[1::2], strict=False)
        return {path: (head.split()[2], head.split()[3]) for head, path in pairs if head.startswith(":100")}


def cases(path: str, limit: int, looked: Counter[str]) -> Iterator[Case]:
    """The both-sided files of a repository's merges, each triple of versions once; `looked` counts the merges."""
    git = Git(path)
    seen = set()
    merges = git.run("rev-list", "--all", "--min-parents=2", "--max-parents=2", "--parents", f"-n{limit}")
    for merge, first, second in (line.split() for line in merges.splitlines()):
        looked[path] += 1
        bases = subprocess.run(
            ["git", "-C", path, "merge-base", "--all", first, second], capture_output=True, text=True, check=False
        ).stdout.split()
        if len(bases) != 1 or bases[0] in (first, second):
            continue
        mine = git.modified(bases[0], first)
        other = git.modified(bases[0], second) if mine else {}
        both = [name for name in mine.keys() & other.keys() if row_of(name) and mine[name][1] != other[name][1]]
        if not both:
            continue
        made = {
            line.split("\t", 1)[1]: line.split()[2]
            for line in git.run("ls-tree", "-r", "-z", merge, "--", *both).split("\0")
            if "\t" in line
        }
        for name in sorted(made.keys() & set(both)):
            key = (*mine[name], other[name][1])
            if key in seen:
                continue
            seen.add(key)
            versions = [git.blob(oid) for oid in (*key, made[name])]
            whole = [data for data in versions if data is not None]
            if len(whole) == 4 and max(map(len, whole)) <= MAX_BYTES and not any(map(is_binary, whole)):
                yield Case(f"{merge[:10]}:{name}", row_of(name) or "", *whole)


def squashed(data: bytes) -> list[bytes]:
    """Lines without differences in white space, for "as committed"."""
    return [b" ".join(line.split()) for line in data.splitlines() if line.strip()]


def main() -> None:
    """Print a table per language."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repositories", nargs="+", metavar="REPOSITORY")
    parser.add_argument("--limit", type=int, default=100_000, help="merges to look at, newest first")
    parser.add_argument("--seconds", type=float, default=1e9, help="time for one repository, by the clock")
    parser.add_argument("--conflicts", type=int, default=10_000, help="conflicts to look at, per language")
    parser.add_argument("--clean", type=int, default=100_000, help="merges that Git does cleanly, per language")
    parser.add_argument("--half", choices=["a", "b"], help="only merges whose id ends in an even, an odd digit")
    parser.add_argument("--language", help="one language only")
    parser.add_argument("--peer", help="another driver: a command with %%O %%A %%B %%P, which rewrites %%A")
    kinds = ["refused", "changed", "caught", "as made", "order", "other", "broken", "left"]
    parser.add_argument("--list", dest="kinds", action="append", default=[], choices=kinds, help="name the cases")
    parser.add_argument("--save", type=Path, metavar="FOLDER", help="write the listed cases there")
    given = parser.parse_args()
    tally, looked = Tally(given.peer), Counter[str]()
    for path in given.repositories:
        until = time.monotonic() + given.seconds
        for case in cases(path, given.limit, looked):
            if time.monotonic() > until:
                break
            odd = int(case.name[9], 16) % 2
            if given.language in (None, case.language) and given.half in (None, "ab"[odd]):
                kind = tally.judge(case, given.conflicts, given.clean)
                if kind and kind in given.kinds:
                    print(f"{kind:<8} {path} {case.name}", flush=True)
                    if given.save is not None:
                        save(case, given.save / kind)
        print(f"{looked[path]} merges of {path}", flush=True)
    tally.show()


class Tally:
    """What came of the cases, per language and per driver."""

    def __init__(self, peer: str | None) -> None:
        self.peer = shlex.split(peer) if peer else None
        self.rows: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        self.times: dict[tuple[str, str], list[float]] = defaultdict(list)

    def judge(self, case: Case, conflicts: int, clean: int) -> str:
        """Merge one case in every way and count it; returns the kind for `--list`."""
        row = self.rows[case.language, "muse"]
        text = merge_text(case.base, case.ours, case.theirs, HOW)
        assert text is not None
        if row["conflicts" if text[1] else "git clean"] >= (conflicts if text[1] else clean):
            return ""
        row["cases"] += 1
        merged = self._timed((case.language, "muse") if text[1] else None, lambda: _ours(case))
        if not text[1]:
            row["git clean"] += 1
            other = squashed(text[0]) != squashed(case.made)
            row["git other"] += other
            if merged == text[0]:
                return ""
            kind = "caught" if other else "refused" if merged is None else "changed"
            row[kind] += 1
            return kind
        if self.peer is not None:
            key = case.language, "peer"
            self._count(self.rows[key], case, self._timed(key, lambda: _peers(case, self.peer or [])))
        return self._count(row, case, merged)

    def _timed(self, key: tuple[str, str] | None, run: Callable[[], bytes | None]) -> bytes | None:
        start = time.perf_counter()
        done = run()
        if key is not None:
            self.times[key].append(time.perf_counter() - start)
        return done

    @staticmethod
    def _count(row: Counter[str], case: Case, merged: bytes | None) -> str:
        row["conflicts"] += 1
        if merged is None:
            return "left"
        row["resolved"] += 1
        language = load(case.language)
        row["broken"] += available(language) and not parses_as_well(
            language, merged, (case.base, case.ours, case.theirs)
        )
        mine, made = squashed(merged), squashed(case.made)
        kind = "as made" if mine == made else "other"
        row["in order"] += sorted(mine) == sorted(made)
        row[kind] += 1
        return "order" if kind == "other" and sorted(mine) == sorted(made) else kind

    def show(self) -> None:
        """The table and the shares."""
        print(f"{'':<20}" + "".join(f"{column:>10}" for column in COLUMNS))
        drivers = ("muse",) if self.peer is None else ("muse", "peer")
        for driver in drivers:
            self.rows["total", driver] = sum((row for key, row in self.rows.items() if key[1] == driver), Counter())
            self.times["total", driver] = [t for key, all_ in self.times.items() if key[1] == driver for t in all_]
        for (language, driver), row in sorted(self.rows.items(), key=lambda item: (item[0][0] == "total", item[0])):
            cells = [str(row[column]) for column in COLUMNS[:-1]]
            cells.append(f"{statistics.median(self.times[language, driver] or [0.0]) * 1000:.1f}")
            print(f"{language + ' ' + driver:<20}" + "".join(f"{cell:>10}" for cell in cells))
        for driver in drivers:
            row = self.rows["total", driver]
            if row["resolved"]:
                print(
                    f"{driver} resolved {100 * row['resolved'] / row['conflicts']:.1f} % of Git's conflicts, "
                    f"{100 * row['as made'] / row['resolved']:.1f} % of them as committed, "
                    f"{100 * row['in order'] / row['resolved']:.1f} % but for the order of lines"
                )


def save(case: Case, folder: Path) -> None:
    """Write the versions of a case, Git's text and ours."""
    plugin = resolve_plugin_by_domain("code")
    path = Path(case.name.partition(":")[2])
    text = merge_text(case.base, case.ours, case.theirs, HOW)
    merged = merge_one(plugin, str(path), case.base, case.ours, case.theirs, HOW._replace(notes=True))
    versions = {"base": case.base, "ours": case.ours, "theirs": case.theirs, "made": case.made}
    versions |= {"git": text[0] if text else b"", "muse": merged.content or b""}
    into = folder / re.sub(r"[^\w.]+", "_", case.name)[-120:]
    into.mkdir(parents=True, exist_ok=True)
    for name, data in versions.items():
        (into / (name + path.suffix)).write_bytes(data)


def _ours(case: Case) -> bytes | None:
    """Our merge; None when it is a conflict."""
    plugin = resolve_plugin_by_domain("code")
    merged = merge_one(plugin, case.name.rpartition(":")[2], case.base, case.ours, case.theirs, HOW)
    return None if merged.conflicts or _marked(case, merged.content or b"") else merged.content


def _peers(case: Case, command: list[str]) -> bytes | None:
    """What another driver makes of a case; None when it leaves a conflict."""
    path = case.name.partition(":")[2]
    with tempfile.TemporaryDirectory() as folder:
        names = {"%O": case.base, "%A": case.ours, "%B": case.theirs}
        for name, data in names.items():
            (Path(folder) / (name[1:] + Path(path).suffix)).write_bytes(data)
        where = {name: str(Path(folder) / (name[1:] + Path(path).suffix)) for name in names} | {"%P": path}
        done = subprocess.run([where.get(word, word) for word in command], capture_output=True, check=False, cwd=folder)
        merged = Path(where["%A"]).read_bytes()
    return None if done.returncode or _marked(case, merged) else merged


def _marked(case: Case, merged: bytes) -> bool:
    """True for markers that neither side brought."""
    marks = [re.search(rb"^<<<<<<< ", data, re.M) for data in (merged, case.ours, case.theirs)]
    return marks[0] is not None and not any(marks[1:])


if __name__ == "__main__":
    main()
