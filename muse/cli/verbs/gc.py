"""`muse gc`: clear up what throw-away clones left in the repository's metadata."""

from __future__ import annotations

import click

from muse.cli.context import note, print_json, repo
from muse.cli.options import json_option, late
from muse.engine.syncing import known_remote
from muse.store.gc import RETIRED_DAYS, absorb, prune_absorbed


@click.command("gc", short_help="Take in the metadata of clones that are gone")
@click.option("--retired-after", "days", type=float, default=RETIRED_DAYS, show_default=True, metavar="DAYS",
              help="How long a clone must have written nothing to count as gone.")
@click.option("--prune-absorbed", "prune", is_flag=True, help="Delete the refs whose whole chain is part of ours.")
@click.option("--remote", metavar="NAME", shell_complete=late("remotes"),
              help="With --prune-absorbed: delete them on this remote as well.")
@json_option
def command(days: float, prune: bool, remote: str | None, as_json: bool) -> None:
    """Take in the metadata of clones that are gone, so that their refs need not be kept for ever.

    Every clone writes refs of its own; those of CI runs pile up. Their chains become parents of ours, and nothing is
    moved or deleted without --prune-absorbed. On a remote only what it has from us already is deleted: push with
    `muse sync` in between. Git's own `git gc` is not run.
    """
    here = repo()
    if remote is not None:
        known_remote(here, remote)
    done = absorb(here, retired_days=days)
    gone = prune_absorbed(here, remote) if prune else []
    if as_json:
        apart = [{"ref": problem.ref, "path": problem.path, "why": problem.why} for problem in done.apart]
        print_json({"absorbed": done.refs, "apart": apart, "deleted": gone})
        return
    for problem in done.apart:
        note(f"muse: {problem.ref} is kept apart: {problem.path}: {problem.why}")
    for text, names in (("absorbed", done.refs), ("deleted", gone)):
        for name in names:
            click.echo(f"{text} {name}")
