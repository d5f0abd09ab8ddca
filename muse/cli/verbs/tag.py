"""`muse tag`."""

from __future__ import annotations

import click

from muse.cli.context import repo
from muse.cli.gitverb import GitVerb, list_refs, told_by_git

_NO_NEW = (
    "-l", "--list", "-n", "-d", "--delete", "-v", "--verify", "--contains", "--no-contains", "--merged", "--no-merged",
    "--points-at", "--sort", "--format", "--column",
)  # fmt: skip


@click.command("tag", cls=GitVerb, short_help="List, make or delete tags")
def command(words: tuple[str, ...]) -> int:
    """List, make or delete tags.

    It is `git tag`; --json lists them as JSON.
    """
    from muse.engine.git import attended

    here = repo()
    if words == ("--json",):
        return list_refs(here, "refs/tags/")
    makes = words and not any(word.startswith(_NO_NEW) for word in words)  # asks for a message, or a passphrase
    return attended(here, "tag", *words) if makes else told_by_git(here, "tag", *words)
