"""`muse log`: the history, each commit with what it changed in the words of the domains."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import click

from muse.cli.context import domains, note, repo
from muse.cli.gitverb import SpelledVerb, paged, paths_of, split_own, use_color
from muse.cli.output import say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any

    from muse.domain import StructuredDelta
    from muse.engine.history.log import Commit
    from muse.engine.history.words import Words
    from muse.store.repository import Repository

    # Which plugin a path has, the repository's domain, a counter, one line per path (None: all that changed inside).
    Own = tuple[Callable[[str], Any], str, Iterator[int], Words | None]

_MOST = 20  # paths told below one commit
_TOLD = 300  # commits whose changes are told in full; further ones, unless their delta is stored, path by path
_OWN = {"--json", "--graph", "--oneline", "--notes"}
# With these the answer is Git's own text, which nothing of ours can be put into.
_GITS = (
    "-p",
    "-u",
    "--patch",
    "--stat",
    "--numstat",
    "--shortstat",
    "--raw",
    "--name-only",
    "--name-status",
    "-c",
    "--cc",
    "--format",
    "--pretty",
    "-L",
    "--summary",
    "--dirstat",
    "--patch-with-stat",
    "--compact-summary",
    "-z",
    "--walk-reflogs",
    "-g",
    "--show-signature",
    "--show-notes",
)


@click.command("log", cls=SpelledVerb, short_help="Show the history in musical and code terms")
def command(words: tuple[str, ...]) -> int:
    """Show the history: what `git log` shows, and below each commit what it changed.

    Takes what `git log` takes (-n, --since, A..B, -- PATH), with --graph, --oneline and --json written here. With
    options that ask for Git's own text, such as -p or --format, the answer is Git's.

    --notes tells every note, event and symbol that changed, not only how many (for Git's own notes: --notes=REF).

    --sharps, --ticks and --ascii say how music is spelled: no flats, lengths in ticks, letters for signs.

    --symbol PATH::NAME follows one definition through its renames (PATH from the top of the work tree).
    """
    here = repo()
    if "--symbol" in words:
        return _symbol(here, words)
    own, rest = split_own(words, _OWN)
    rest = _without_metadata(rest)
    end = rest.index("--") if "--" in rest else len(rest)
    if any(word.split("=")[0] in _GITS or word.startswith(("-L", "--notes=")) for word in rest[:end]):
        from muse.engine.git import attended

        return attended(here, "log", *words)
    if here.head() is None and not [word for word in rest[:end] if not word.startswith("-")]:
        return _nothing(here, "--json" in own)
    if "--json" in own:
        return _json(here, (*domains(here), itertools.count(), None), rest)
    from muse.engine.history.words import Words

    draw = _graph if "--graph" in own else _oneline if "--oneline" in own else _deep if "--notes" in own else _plain
    words_of = None if draw is _deep else Words(here)
    try:
        with paged(here) as out:
            for line in draw(here, (*domains(here), itertools.count(), words_of), rest):
                out(line)
    finally:
        if words_of is not None:
            words_of.close()
    if words_of is not None and words_of.by_path:
        note(f"{words_of.by_path} commits are told by path alone; the same command goes on from there")
    return 0


def _without_metadata(rest: list[str]) -> list[str]:
    """`--all` means the history; what Muse keeps under refs of its own is none, and may be anybody's."""
    if "--all" not in rest:
        return rest
    at = rest.index("--all")
    return [*rest[:at], "--exclude=refs/muse/*", "--exclude=refs/muse-*", *rest[at:]]


def _nothing(here: Repository, as_json: bool) -> int:
    from muse.core.errors import MuseError

    if as_json:
        say("[]")
        return 0
    name = (here.branch() or "HEAD").removeprefix("refs/heads/")
    raise MuseError(f"your current branch '{name}' does not have any commits yet", hint="muse commit -m MESSAGE")


def _told(here: Repository, own: Own, tree: str, parents: Sequence[str], rest: list[str]) -> StructuredDelta | None:
    """What a commit changed, below the paths asked for; a merge tells nothing, its parents do."""
    from muse.engine.history.log import MOST, delta_of

    if len(parents) > 1:
        return None
    plugin_for, domain, count, words = own
    most = MOST if next(count) < _TOLD else 0
    delta = delta_of(here, tree, parents, plugin_for, domain=domain, most=most, words=words)
    paths = paths_of(rest)
    if paths:
        import os

        from muse.engine.git import below_top

        wanted = [os.path.normpath(os.path.join(below_top(here), path)) for path in paths]
        ops = [op for op in delta["ops"] if any(_below(op["address"], path) for path in wanted)]
        delta["ops"] = ops or delta["ops"]
    return delta


def _below(path: str, folder: str) -> bool:
    return folder == "." or path == folder or path.startswith(folder + "/")


def _deep(here: Repository, own: Own, rest: list[str]) -> Iterator[str]:
    return _plain(here, own, rest, deep=True)


def _plain(here: Repository, own: Own, rest: list[str], deep: bool = False) -> Iterator[str]:
    from muse.engine.history.log import commits
    from muse.view.text import delta_lines

    color = use_color(here)
    first = True
    for commit in commits(here, rest):
        if not first:
            yield ""
        first = False
        yield from head_lines(commit, color)
        delta = _told(here, own, commit.tree, commit.parents, rest)
        if delta is not None and delta["ops"]:
            yield ""
            most = len(delta["ops"]) if len(delta["ops"]) <= _MOST else _MOST - 1
            yield from delta_lines({**delta, "ops": delta["ops"][:most]}, color=color, deep=deep)
            if len(delta["ops"]) > most:
                yield f"... and {len(delta['ops']) - most} more: muse show {commit.id[:9]}"


def head_lines(commit: Commit, color: bool) -> Iterator[str]:
    """A commit's head and message, as `git log` prints them."""
    from muse.view.text import paint

    refs = f" ({', '.join(commit.refs)})" if commit.refs else ""
    yield paint(f"commit {commit.id}", "commit", color) + refs
    if len(commit.parents) > 1:
        yield "Merge: " + " ".join(parent[:9] for parent in commit.parents)
    yield f"Author: {commit.author} <{commit.author_email}>"
    yield f"Date:   {commit.when}"
    yield ""
    for line in commit.message.split("\n"):
        yield f"    {line}".rstrip()


def _oneline(here: Repository, own: Own, rest: list[str]) -> Iterator[str]:
    from muse.engine.history.log import commits
    from muse.view.text import headline, paint

    color = use_color(here)
    for commit in commits(here, rest):
        refs = f" ({', '.join(commit.refs)})" if commit.refs else ""
        delta = _told(here, own, commit.tree, commit.parents, rest)
        said = f"  [{headline(delta, 1)}]" if delta is not None and delta["ops"] else ""
        yield f"{paint(commit.id[:9], 'commit', color)}{refs} {commit.message.partition(chr(10))[0]}{said}"


def _graph(here: Repository, own: Own, rest: list[str]) -> Iterator[str]:
    from muse.core.errors import MuseError
    from muse.engine.git import records, streamed
    from muse.view.graph import FORMAT, graph_lines
    from muse.view.text import headline

    def say(tree: str, parents: list[str]) -> str:
        delta = _told(here, own, tree, parents, rest)
        return headline(delta) if delta is not None else ""

    process = streamed(here, "log", "--graph", FORMAT, f"--color={'always' if use_color(here) else 'never'}", *rest)
    assert process.stdout is not None
    try:
        drawn = (line.decode("utf-8", "surrogateescape") for line in records(process.stdout, b"\n"))
        yield from graph_lines(drawn, say)
    finally:
        process.stdout.close()
        code = process.wait()
    if code:
        raise MuseError("git log failed", code)


def commit_row(commit: Commit, delta: StructuredDelta | None) -> dict[str, object]:
    """A commit for `--json`."""
    from muse.view.json import delta_row

    row: dict[str, object] = {**commit._asdict(), "delta": delta_row(delta) if delta is not None else None}
    return row


def _json(here: Repository, own: Own, rest: list[str]) -> int:
    from muse.cli.context import json_line
    from muse.engine.history.log import commits

    row = ""
    for commit in commits(here, rest):
        delta = _told(here, own, commit.tree, commit.parents, rest)
        if row:
            say(f"{row},")
        row = (" " if row else "[") + json_line(commit_row(commit, delta))
    say(f"{row or '['}]")
    return 0


def _symbol(here: Repository, words: tuple[str, ...]) -> int:
    """The commits that changed one symbol."""
    from muse.cli.context import print_json
    from muse.core.errors import UsageError
    from muse.engine.history.symbols import history

    at = words.index("--symbol")
    path, found, name = words[at + 1].partition("::") if at + 1 < len(words) else ("", "", "")
    if not found or not name:
        raise UsageError("muse log --symbol PATH::NAME")
    own, rest = split_own((*words[:at], *words[at + 2 :]), {"--json", "--oneline"})
    steps = history(here, path, name, rest, domains(here)[0])
    if "--json" in own:
        print_json(
            [
                {**commit_row(step.commit, None), "address": step.address, "before": step.before or None}
                for step in steps
            ]
        )
        return 0
    color = use_color(here)
    with paged(here) as out:
        for number, step in enumerate(steps):
            said = f"added {step.address}" if not step.before else f"changed {step.address}"
            if step.before and step.before != step.address:
                said = f"renamed {step.before} to {step.address}"
            if "--oneline" in own:
                out(f"{step.commit.id[:9]} {step.commit.message.partition(chr(10))[0]}  [{said}]")
                continue
            if number:
                out("")
            for line in [*head_lines(step.commit, color), "", said]:
                out(line)
    return 0
