"""`muse tag`."""

from __future__ import annotations

import click

from muse.cli.context import repo
from muse.cli.gitverb import GitVerb, list_refs


@click.command("tag", cls=GitVerb, short_help="List, make or delete tags")
def command(words: tuple[str, ...]) -> int:
    """List, make or delete tags.

    It is `git tag`; --json lists them as JSON.
    """
    from muse.engine.git import attended

    here = repo()
    return list_refs(here, "refs/tags/") if words == ("--json",) else attended(here, "tag", *words)
