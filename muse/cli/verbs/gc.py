"""`muse gc`: clear up what throw-away clones left in the repository's metadata, and archive long live logs."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from muse.cli.context import note, print_json, repo
from muse.cli.options import json_option, late
from muse.cli.output import say
from muse.core.errors import ExitCode, MuseError
from muse.core.leftovers import sweep_temporary
from muse.engine.remote.sync import known_remote
from muse.engine.session.keep import keep_told, let_go
from muse.store.log.archive import LEAST, archive_all
from muse.store.log.gc import RETIRED_DAYS, absorb, prune_absorbed
from muse.store.meta.broken import mend
from muse.store.objects.kept import sweep
from muse.store.remotes import follow
from muse.view.text import one_line

if TYPE_CHECKING:
    from muse.core.op_log.segments import Segment
    from muse.store.repository import Repository

_MIB = 1 << 20


@click.command("gc", short_help="Take in the metadata of clones that are gone, archive long live logs")
@click.option(
    "--retired-after",
    "days",
    type=float,
    default=RETIRED_DAYS,
    show_default=True,
    metavar="DAYS",
    help="How long a clone must have written nothing to count as gone.",
)
@click.option("--prune-absorbed", "prune", is_flag=True, help="Delete the refs whose whole chain is part of ours.")
@click.option(
    "--remote",
    metavar="NAME",
    shell_complete=late("remotes"),
    help="With --prune-absorbed: delete them on this remote as well.",
)
@click.option(
    "--archive-from",
    "mib",
    type=click.FloatRange(0),
    default=LEAST / _MIB,
    show_default=True,
    metavar="MIB",
    help="Archive the live log of a session when it has grown to this.",
)
@click.option(
    "--prune-archived",
    is_flag=True,
    help="Give up the local copy of archived ops, once Git has given the same bytes back.",
)
@json_option
def command(days: float, prune: bool, remote: str | None, mib: float, prune_archived: bool, as_json: bool) -> int:
    """Take in the metadata of clones that are gone, so that their refs need not be kept for ever.

    Every clone writes refs of its own; those of CI runs pile up. Their chains become parents of ours, and nothing is
    moved or deleted without --prune-absorbed. On a remote only what it has from us already is deleted: push with
    `muse sync` in between. Git's own `git gc` is not run.

    Live logs that have grown long are archived: what is in them goes into Git and is read back from there. Every
    command sees archived ops as before; without --prune-archived they stay on the disk beside Git's copy as well.
    """
    here = repo()
    if remote is not None:
        known_remote(here, remote)
    mend(here)
    sweep_temporary()
    sweep(os.fspath(here.objects_dir / "pack"))
    follow(here, lambda gone: let_go(here, gone))
    archived, kept = _archive(here, int(mib * _MIB), prune_archived)
    done = absorb(here, retired_days=days)
    gone = _prune(here, remote) if prune else []
    code = int(ExitCode.CONFLICT if kept else ExitCode.OK)
    if as_json:
        apart = [{"ref": problem.ref, "path": problem.path, "why": problem.why} for problem in done.apart]
        print_json(
            {
                "absorbed": done.refs,
                "apart": apart,
                "deleted": gone,
                "archived": archived,
                "kept": [str(error) for error in kept],
            }
        )
        return code
    for row in archived:
        for key, words in (("archived", "are in Git and were read back"), ("given_up", "are in Git alone now")):
            if row[key]:
                say(f"session {one_line(row['session'])}: {row[key]} bytes of ops {words}")
    for problem in done.apart:
        note(f"muse: {problem.ref} is kept apart: {problem.path}: {problem.why}")
    for text, names in (("absorbed", done.refs), ("deleted", gone)):
        for name in names:
            say(f"{text} {name}")
    for error in kept:
        note(f"muse: {error}")
        note(f"hint: {error.hint or 'muse verify'}")
    return code


def _prune(here: Repository, remote: str | None) -> list[str]:
    """Delete refs that are part of ours by now, once all that only they told is told by us."""
    keep_told(here)
    return prune_absorbed(here, remote)


def _archive(here: Repository, least: int, prune: bool) -> tuple[list[dict[str, Any]], list[MuseError]]:
    """What was archived of each session, in bytes, and why others were kept as they are."""
    rows, kept = [], []
    for found in archive_all(here, least=least, prune=prune):
        if isinstance(found, MuseError):
            kept.append(found)
        elif found.segments or found.given_up:
            sizes = {"archived": _size(found.segments), "given_up": _size(found.given_up)}
            rows.append({"session": found.session, **sizes})
    return rows, kept


def _size(segments: list[Segment]) -> int:
    return sum(segment.last - segment.first for segment in segments)
