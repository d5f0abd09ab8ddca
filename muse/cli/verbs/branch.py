"""`muse branch`."""

from __future__ import annotations

import click

from muse.cli.context import repo
from muse.cli.gitverb import GitVerb, list_refs, told_by_git


@click.command("branch", cls=GitVerb, short_help="List, make, rename or delete branches")
def command(words: tuple[str, ...]) -> int:
    """List, make, rename or delete branches.

    It is `git branch`; --json lists them as JSON.
    """
    from muse.engine.git import attended

    here = repo()
    if words == ("--json",):
        return list_refs(here, "refs/heads/")
    edits = any(word.startswith("--edit") for word in words)
    return attended(here, "branch", *words) if edits else told_by_git(here, "branch", *words)
