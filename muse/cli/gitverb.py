"""Verbs that take Git's own words, and the pager that long answers go through."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from muse.cli.options import SPELLINGS, spelled
from muse.cli.output import say
from muse.core import progress, terminal
from muse.engine.git import forced_color, records, streamed

if TYPE_CHECKING:
    from muse.store.repository import Repository


_PLAIN_COLOUR = re.compile(r"\x1b\[(|0|1|1;3[1-6]|3[1-6])m")  # none that hides a word, whoever wrote it there
_SIGPIPE = getattr(signal, "SIGPIPE", 0)


class GitVerb(click.Command):
    """A verb whose arguments are Git's: they reach the callback as `words`, untouched, `--` included."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take every word; only a lone -h or --help is ours."""
        if args in (["-h"], ["--help"]):
            return super().parse_args(ctx, ["--help"])
        ctx.params["words"] = tuple(args)
        return []

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[Any]:
        """Our own switches as the help names them; else refs, then files."""
        from click.shell_completion import CompletionItem

        from muse.cli import completing

        if incomplete.startswith("-"):
            named = sorted(set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", self.help or "")) | {"--help"})
            return [CompletionItem(name) for name in named if name.startswith(incomplete)]
        finder = {"branch": completing.branches, "tag": completing.tags}.get(self.name or "", completing.refs)
        words = ctx.params.get("words") or ()
        if "--" in words:
            return [CompletionItem(incomplete, type="file")]
        return completing.offered(ctx, finder, incomplete, files=True)

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        """`muse log [OPTIONS] ...` as Git's own manual writes it."""
        return ["[what `git", f"{self.name}` takes]"]


class SpelledVerb(GitVerb):
    """A verb that tells of music: its switches before `--` say how that is spelled, the other words are Git's."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take every word but the switches for spelling."""
        switches, rest = split_own(tuple(args), set(SPELLINGS))
        if switches:
            spelled(ctx, sorted(switches))
        return super().parse_args(ctx, rest)


def split_own(words: tuple[str, ...], own: set[str]) -> tuple[set[str], list[str]]:
    """Which of our own switches are among the words before `--`, and the words without them."""
    end = words.index("--") if "--" in words else len(words)
    found = {word for word in words[:end] if word in own}
    return found, [word for word in words[:end] if word not in own] + list(words[end:])


def paths_of(words: list[str]) -> list[str]:
    """The words after `--`."""
    return words[words.index("--") + 1 :] if "--" in words else []


@contextmanager
def paged(repo: Repository) -> Iterator[Callable[[str], None]]:
    """A function that prints lines, through Git's pager when they go to a terminal."""
    progress.tell(None)  # from here on the answer itself shows that there is progress
    command = _pager(repo) if sys.stdout.isatty() else ""
    if not command:
        yield say
        sys.stdout.flush()
        return
    env = {"LESS": "FRX", "LV": "-c", **repo.env}
    pager = subprocess.Popen(command, shell=True, stdin=subprocess.PIPE, env=env)  # the user's own setting, as in Git
    assert pager.stdin is not None
    sink = pager.stdin

    def out(line: str) -> None:
        sink.write(terminal.escaped(line).encode("utf-8", "surrogateescape") + b"\n")

    try:
        yield out
    except BrokenPipeError:
        pass  # the user has read enough
    finally:
        try:
            sink.close()
        except BrokenPipeError:
            pass
        pager.wait()


def _pager(repo: Repository) -> str:
    command = os.fsdecode(repo.git("var", "GIT_PAGER", check=False)).strip()
    return "" if command == "cat" else command


def told_by_git(repo: Repository, *words: str) -> int:
    """What a git command prints that asks nobody anything, made harmless as whatever else we print; its exit code."""
    coloured = use_color(repo)
    process = streamed(repo, "-c", f"color.ui={'always' if coloured else 'never'}", *words)
    assert process.stdout is not None
    with paged(repo) as out:
        for raw in records(process.stdout, b"\n"):
            line = raw.decode("utf-8", "surrogateescape").removesuffix("\r")
            out(_PLAIN_COLOUR.sub(lambda found: terminal.colour_from_here(found[1]), line) if coloured else line)
    process.stdout.close()
    code = process.wait()
    return 0 if code == -_SIGPIPE else code  # the user has read enough


def use_color(repo: Repository | None = None) -> bool:
    """True when output here is coloured: as `NO_COLOR`, then `FORCE_COLOR`, then Git's `color.ui` says."""
    told = forced_color()
    if told is not None:
        return told
    wanted = repo.config("color.ui") if repo is not None else None
    return wanted not in ("false", "never") and (sys.stdout.isatty() or wanted == "always")


def list_refs(repo: Repository, prefix: str) -> int:
    """Print the refs below `prefix` as JSON."""
    from muse.cli.context import print_json

    fields = ("%(refname:lstrip=2)", "%(objectname)", "%(*objectname)", "%(upstream:short)", "%(HEAD)", "%(subject)")
    rows = repo.git("for-each-ref", f"--format={'%00'.join(fields)}%01", prefix).decode("utf-8", "surrogateescape")
    found = []
    for row in rows.split("\x01\n"):
        if row:
            name, object_id, peeled, upstream, head, subject = row.split("\0")
            found.append(
                {
                    "name": name,
                    "commit": peeled or object_id,
                    "upstream": upstream or None,
                    "current": head == "*",
                    "subject": subject,
                }
            )
    print_json(found)
    return 0
