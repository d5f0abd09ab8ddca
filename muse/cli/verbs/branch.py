"""`muse branch`."""

from __future__ import annotations

import click

from muse.cli.context import repo
from muse.cli.gitverb import GitVerb, list_refs


@click.command("branch", cls=GitVerb, short_help="List, make, rename or delete branches")
def command(words: tuple[str, ...]) -> int:
    """List, make, rename or delete branches.

    It is `git branch`; --json lists them as JSON.
    """
    from muse.engine.git import attended

    here = repo()
    return list_refs(here, "refs/heads/") if words == ("--json",) else attended(here, "branch", *words)
