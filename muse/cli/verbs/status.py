"""`muse status`: Git's status in the words of each domain."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import click

from muse.cli.context import domains, print_json, repo
from muse.cli.gitverb import use_color
from muse.cli.options import json_option, paths_argument, spelling_options
from muse.cli.output import say
from muse.core.errors import MuseError
from muse.core.progress import counted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from muse.domain import DomainOp
    from muse.engine.worktree.status import Entry, Status
    from muse.store.repository import Repository

_STATES = (
    ("MERGE_HEAD", "merge", "muse merge --continue, or muse merge --abort"),
    ("rebase-merge", "rebase", "git rebase --continue, or git rebase --abort"),
    ("rebase-apply", "rebase or am", "git status tells how to go on"),
    ("CHERRY_PICK_HEAD", "cherry-pick", "git cherry-pick --continue, or --abort"),
    ("REVERT_HEAD", "revert", "git revert --continue, or --abort"),
    ("BISECT_LOG", "bisect", "git bisect reset ends it"),
)
_MOST = 200  # paths whose change is told; telling more would take longer than reading them
_SECONDS = 3.0  # after which the paths that are left get Git's letters only


@click.command("status", short_help="Show what changed since the last commit")
@paths_argument
@json_option
@spelling_options
@click.option("-s", "--short", is_flag=True, help="Only Git's letters and the path.")
def command(paths: tuple[str, ...], as_json: bool, short: bool) -> None:
    """Show what changed since the last commit, each path in the words of its domain.

    The letters are those of `git status --short`: what is in the index, then what is not.
    """
    here = repo()
    if here.work_tree is None:
        raise MuseError("this operation must be run in a work tree")
    from muse.engine.resolve.resolve import forget_settled
    from muse.engine.worktree.status import read_status

    forget_settled(here)
    status = read_status(here, untracked="normal", paths=_from_top(here, paths))
    state = next(((name, hint) for file, name, hint in _STATES if (here.git_dir / file).exists()), ("", ""))
    told = [] if short else _told(here, status)
    if as_json:
        from muse.view.json import entry_row, status_row

        rows = [entry_row(entry, op) for entry, op in zip(status.entries, told or [None] * len(status.entries))]
        print_json(status_row(status, rows, state[0]))
        return
    if not short:
        _head(status, state)
    color = use_color(here)
    left = {} if short or not any(entry.kind == "u" for entry in status.entries) else _left(here)
    for entry, op in zip(status.entries, told or [None] * len(status.entries)):
        say(_line(entry, op, color, left))
    if status.clean and not short:
        say("nothing to commit, working tree clean")


def _from_top(here: Repository, paths: tuple[str, ...]) -> tuple[str, ...]:
    """Paths as typed here, as Git reads them at the top."""
    from muse.engine.git import below_top

    return tuple(os.path.normpath(os.path.join(below_top(here), path)) for path in paths)


def _told(here: Repository, status: Status) -> list[DomainOp | None]:
    if status.clean:
        return []
    from muse.engine.worktree.status import described

    plugin_for, _ = domains(here)
    told: list[DomainOp | None] = []
    limit = time.monotonic() + _SECONDS
    for number, entry in enumerate(counted(status.entries, "reading changes")):
        more = number < _MOST and time.monotonic() < limit
        told.append(described(here, entry, plugin_for) if more else None)
    return told


def _head(status: Status, state: tuple[str, str]) -> None:
    if status.branch:
        say(f"On branch {status.branch}")
    else:
        say(f"HEAD detached at {status.commit[:12]}")
    if status.upstream:
        if status.ahead is None:
            say(f"Your branch follows {status.upstream}, which is gone")
        elif status.ahead or status.behind:
            say(f"{status.ahead} commit(s) ahead of {status.upstream}, {status.behind} behind")
    if not status.commit:
        say("No commits yet")
    if state[0]:
        say(f"A {state[0]} is in progress: {state[1]}")


def _left(here: Repository) -> dict[str, str]:
    """Per unmerged path, how much is to settle and what to type."""
    from muse.cli.verbs.conflicts import counted
    from muse.engine.conflict_records import load_all
    from muse.engine.resolve.resolve import as_records

    found = {record["path"]: as_records(record["path"], record["conflicts"]) for record in load_all(here.git_dir)}
    return {path: f"{counted(records)}: muse conflicts" for path, records in found.items() if records}


def _line(entry: Entry, op: DomainOp | None, color: bool, left: Mapping[str, str]) -> str:
    from muse.core import terminal
    from muse.view.text import paint, sentence, shorten

    index, tree = (
        ("?", "?") if entry.kind == "?" else (letter.replace(".", " ") for letter in (entry.staged, entry.unstaged))
    )
    letters = paint(index, "staged" if entry.kind in "12" else "unstaged", color) + paint(tree, "unstaged", color)
    path = terminal.path(os.fsdecode(entry.path))
    if entry.old_path:
        path = f"{terminal.path(os.fsdecode(entry.old_path))} -> {path}"
    said = shorten(sentence(op)) if op is not None else ""
    if entry.kind == "u":
        said = left.get(os.fsdecode(entry.path), "in conflict")
    return f"{letters} {path}{': ' + said if said else ''}"
