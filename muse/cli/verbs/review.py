"""`muse review`: what a merge resolved beyond Git's own merge, and the way back."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from muse.cli.context import domains, note, print_json, repo
from muse.cli.gitverb import paged, use_color
from muse.cli.options import json_option, late, spelling_options
from muse.cli.output import say
from muse.core import terminal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from muse.engine.resolve.review import Difference, Review
    from muse.store.repository import Repository


@click.command("review", short_help="Show what a merge resolved beyond Git, and undo it")
@click.argument("rev", required=False, shell_complete=late("refs"))
@click.option("--undo", multiple=True, metavar="PATH", help="Put Git's version of PATH back into the work tree.")
@json_option
@spelling_options
def command(rev: str | None, undo: tuple[str, ...], as_json: bool) -> None:
    """Show where a merge (REV, else the one in progress, else HEAD) is not what Git alone makes of it; A..B for every
    merge in a range.

    Each path is shown as a diff from Git's merge, conflict markers included, to the result; music from our side where
    Git left markers. --undo PATH brings Git's
    version back; in a merge in progress its conflict as well.
    """
    from muse.engine.git import below_top, scratch
    from muse.engine.resolve import review as engine

    here = repo()
    if rev is not None and ".." in rev:
        _range(here, rev, undo, as_json)
        return
    with scratch(here) as trial:
        found = engine.review(trial, rev, domains(here)[0])
    if undo:
        names = [os.path.normpath(os.path.join(below_top(here), path)) for path in undo]
        for path in engine.undo(here, found, names):
            more = "" if found.in_progress else "; commit it when it is right"
            note(f"{terminal.path(path)}: Git's version is back{more}")
        return
    if as_json:
        print_json(_told(found))
        return
    if not found.differences:
        say("every file is as Git merges it")
        return
    with paged(here) as out:
        color = use_color(here)
        for difference in found.differences:
            for line in _lines(difference, color, found.in_progress):
                out(line)


def _range(here: Repository, span: str, undo: tuple[str, ...], as_json: bool) -> None:
    """Show every merge of a range, oldest first."""
    from muse.engine.git import scratch
    from muse.engine.resolve import review as engine

    if undo:
        raise click.UsageError("--undo takes files of one merge: name that merge")
    with scratch(here) as trial:
        found = [(id, engine.review(trial, id, domains(here)[0])) for id in engine.merges(here, span)]
    if as_json:
        print_json({"merges": [{"commit": id, **_told(one)} for id, one in found]})
        return
    if not found:
        say(f"no merge of two commits in {terminal.escaped(span)}")
        return
    with paged(here) as out:
        color = use_color(here)
        for id, one in found:
            subject = here.git("log", "-1", "--format=%s", id).decode("utf-8", "replace").strip()
            out(f"merge {id[:12]} {terminal.escaped(subject)}")
            if not one.differences:
                out("every file is as Git merges it")
            for difference in one.differences:
                for line in _lines(difference, color, False):
                    out(line)


def _told(found: Review) -> dict[str, object]:
    return {
        "ours": found.ours,
        "theirs": found.theirs,
        "in_progress": found.in_progress,
        "paths": [_row(difference, found.in_progress) for difference in found.differences],
    }


def _author(difference: Difference, in_progress: bool) -> str:
    """Who made the result; of a merge in progress nothing can be said but how the file is now."""
    if difference.by_muse:
        return "as Muse left it" if in_progress else "as Muse resolved it"
    return "as it is in the work tree" if in_progress else "edited by a person"


def _row(difference: Difference, in_progress: bool) -> dict[str, object]:
    return {
        "path": os.fsdecode(difference.path),
        "git": "clean" if difference.git_clean else "conflict",
        "result": "muse" if difference.by_muse else "work tree" if in_progress else "edited",
        "notes": difference.notes,
    }


def _lines(difference: Difference, color: bool, in_progress: bool) -> Iterator[str]:
    import difflib

    from muse.core.textmerge import is_binary
    from muse.view.text import one_line, paint

    path = terminal.path(os.fsdecode(difference.path))
    git = "merged cleanly by Git" if difference.git_clean else "in conflict for Git"
    yield f"{path}: {git}, {_author(difference, in_progress)}"
    for text in difference.notes:
        yield f"    {one_line(text)}"
    result = difference.result or b""
    told = _in_words(difference)
    if told is not None:
        texts, rows, context = told
        yield from (f"    {text}" for text in texts)
    elif is_binary(difference.git) or is_binary(result):
        yield "    binary"
        return
    else:
        old, new = (data.decode("utf-8", "surrogateescape").splitlines() for data in (difference.git, result))
        rows, context = ("git's merge", old, new), 3
    for line in difflib.unified_diff(rows[1], rows[2], rows[0], "the result", lineterm="", n=context):
        if context or not line.startswith("@@"):
            yield paint(line, line[0], color) if line[:1] in ("+", "-") else line


def _in_words(difference: Difference) -> tuple[list[str], tuple[str, list[str], list[str]], int] | None:
    """What differs in a file of music or another domain with words of its own, from Git's merge, or from our side
    where Git left markers: a summary, (from what, its lines, the result's lines), lines of context; None for others."""
    from muse.core.errors import MuseError
    from muse.plugins.registry import plugin_for_path

    path = os.fsdecode(difference.path)
    plugin: Any = plugin_for_path(path)
    if plugin.name in ("files", "code") or not hasattr(plugin, "listing") or difference.result is None:
        return None
    for name, data in (("git's merge", difference.git), ("our side", difference.ours)):
        try:
            lines = [plugin.listing(some, path).splitlines() for some in (data or b"", difference.result)]
            told = plugin.diff_file(path, data or b"", difference.result)
        except (MuseError, ValueError):
            continue
        if data == difference.result:
            told = [], "as our side has it"
        return [told[1]] if told is not None else [], (name, *lines), 0 if plugin.name == "midi" else 3
    return None
