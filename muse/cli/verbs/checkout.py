"""`muse checkout`."""

from __future__ import annotations

import click

from muse.cli.context import repo
from muse.cli.gitverb import GitVerb


@click.command("checkout", cls=GitVerb, short_help="Go to another branch or commit, or take files from one")
def command(words: tuple[str, ...]) -> int:
    """Go to another branch or commit (REV, -b NEW), or take files from one (-- PATHS).

    It is `git checkout`: local changes are kept or the command refuses, except for paths named after `--`.
    """
    from muse.engine.worktree.checkout import checkout

    return checkout(repo(), words)
