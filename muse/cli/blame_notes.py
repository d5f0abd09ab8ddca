"""`muse blame --notes` and `--bars`: who wrote each note of a MIDI file, or the notes of each bar."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from muse.cli.context import print_json
from muse.cli.output import say
from muse.core import terminal
from muse.core.errors import FormatError, MuseError, UsageError
from muse.core.types import plural
from muse.engine.history.diff import LARGEST

if TYPE_CHECKING:
    from muse.plugins.midi.show.queries import Blamed
    from muse.store.repository import Repository


def blame_music(here: Repository, words: tuple[str, ...]) -> int:
    """Print who wrote what; the options are --notes or --bars, and --json."""
    from muse.engine.git import below_top
    from muse.plugins.midi.plugin import plugin
    from muse.plugins.midi.show.queries import blame_bars, blame_notes

    flags = {word for word in words if word.startswith("--")} - {"--"}
    named = [word for word in words if not word.startswith("-")]
    if flags - {"--notes", "--bars", "--json"} or len(named) not in (1, 2):
        raise UsageError("muse blame --notes|--bars [--json] [REV] FILE")
    head = here.resolve(named[0] if len(named) == 2 else "HEAD")
    path = os.path.normpath(os.path.join(below_top(here), named[-1]))
    if not plugin.claims(path):
        raise MuseError(f"{path} is no MIDI file", hint=terminal.command("muse", "blame", paths=[named[-1]]))
    newest, versions, parents = file_history(here, head, path)
    try:
        blamed = blame_notes(versions, parents, newest)
    except FormatError as error:
        raise MuseError(f"{path}: {error}") from None
    who = _authors(here, {each.version for each in blamed})
    if "--bars" in flags:
        rows = [
            {"track": track, "track_name": name, "bar": bar, "commits": counts}
            for track, name, bar, counts in blame_bars(blamed)
        ]
        lines = [_bar_line(row, who) for row in rows]
    else:
        rows = [{"commit": each.version, **each.found.as_json()} for each in blamed]
        lines = [f"{_tag(each, who)} {each.found.words()}" for each in blamed]
    if "--json" in flags:
        print_json(rows)
    else:
        for line in lines:
            say(line)
    return 0


def _tag(blamed: Blamed, who: dict[str, str]) -> str:
    return f"{blamed.version[:8]} ({who[blamed.version]})"


def _bar_line(row: dict[str, object], who: dict[str, str]) -> str:
    counts = row["commits"]
    assert isinstance(counts, dict)
    name = str(row["track_name"]).strip() or f"track {int(str(row['track'])) + 1}"
    said = ", ".join(
        f"{commit[:8]} ({who[commit]}) {plural(count, 'note')}"
        for commit, count in sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))
    )
    return f"{name} bar {row['bar']}: {said}"


def _authors(here: Repository, commits: set[str]) -> dict[str, str]:
    if not commits:
        return {}
    out = here.git("log", "-z", "--no-walk=unsorted", "--format=%H%x1f%an %as", *sorted(commits))
    rows = [row.partition("\x1f") for row in out.decode("utf-8", "replace").split("\0") if row]
    return {commit: words for commit, _, words in rows}


class _Versions(Mapping[str, bytes]):
    """A file's bytes by commit, read when they are asked for: a history may have more than memory holds."""

    def __init__(self, here: Repository) -> None:
        self._here = here
        self.blobs: dict[str, str] = {}

    def __getitem__(self, commit: str) -> bytes:
        return self._here.objects.blob(self.blobs[commit], LARGEST)

    def __iter__(self) -> Iterator[str]:
        return iter(self.blobs)

    def __len__(self) -> int:
        return len(self.blobs)


def file_history(here: Repository, head: str, path: str) -> tuple[str, Mapping[str, bytes], dict[str, list[str]]]:
    """The newest commit that touched a file, its bytes per commit, and those commits' parents among them.

    Where the file appears for the first time, Git is asked whether it was renamed, and its history goes on from there.
    """
    versions = _Versions(here)
    parents: dict[str, list[str]] = {}
    newest = ""
    while True:
        graph = _graph(here, head, path)
        if not graph:
            break
        newest = newest or graph[0][0]
        for commit, before in graph:
            parents.setdefault(commit, []).extend(before)
        versions.blobs.update(_blobs(here, [commit for commit, _ in graph], path))
        first = graph[-1][0]
        source = _renamed_from(here, first, path)
        if source is None:
            break
        head, path = here.resolve(f"{first}^"), source
        older = _graph(here, head, path)
        if older:
            parents[first].append(older[0][0])
    if not newest or newest not in versions:
        raise MuseError(f"{path} is not in that commit's history")
    return newest, versions, parents


def _blobs(here: Repository, commits: Sequence[str], path: str) -> dict[str, str]:
    """Which blob a file is in each of the commits that have it."""
    if "\n" in path:
        found = ((commit, here.run("rev-parse", "-q", "--verify", f"{commit}:{path}").stdout) for commit in commits)
        return {commit: name.decode().strip() for commit, name in found if name}
    asked = os.fsencode("".join(f"{commit}:{path}\n" for commit in commits))
    rows = here.run("cat-file", "--batch-check", input=asked).stdout.split(b"\n")
    return {commit: row.split()[0].decode() for commit, row in zip(commits, rows) if row.split(b" ")[1:2] == [b"blob"]}


def _graph(here: Repository, head: str, path: str) -> list[tuple[str, list[str]]]:
    out = here.git("rev-list", "--parents", "--topo-order", "--full-history", "--simplify-merges", head, "--", path)
    rows = [line.split() for line in out.decode().splitlines()]
    return [(row[0], row[1:]) for row in rows]


def _renamed_from(here: Repository, commit: str, path: str) -> str | None:
    """The path a file had before a commit that seems to add it."""
    if here.run("rev-parse", "--verify", "-q", f"{commit}^").returncode:
        return None
    rows = here.git("diff-tree", "-r", "-z", "-M30%", "--diff-filter=R", f"{commit}^", commit).split(b"\0")
    for at in range(0, len(rows) - 2, 3):
        if os.fsdecode(rows[at + 2]) == path:
            return os.fsdecode(rows[at + 1])
    return None
