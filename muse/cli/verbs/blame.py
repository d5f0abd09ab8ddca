"""`muse blame`: who last changed each line, or each symbol where the file's domain knows symbols."""

from __future__ import annotations

import click

from muse.cli.context import repo
from muse.cli.gitverb import GitVerb


@click.command("blame", cls=GitVerb, short_help="Show who last changed each line")
def command(words: tuple[str, ...]) -> int:
    """Show who last changed each line of a file. It is `git blame`, with its options."""
    from muse.engine.gitio import attended

    return attended(repo(), "blame", *words)
