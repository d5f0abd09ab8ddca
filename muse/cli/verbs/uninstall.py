"""`muse uninstall`: take Muse's drivers out of Git again."""

from __future__ import annotations

import click

from muse.cli.context import note, repo
from muse.cli.verbs.install import places_for, scope_options
from muse.engine.setup import install as setup
from muse.store import remotes


@click.command("uninstall", short_help="Take Muse's drivers out of Git again")
@scope_options
def command(scope: str | None, attributes: str | None) -> None:
    """Take Muse's drivers out of Git again.

    Configuration and attributes are afterwards byte for byte what they were before `muse install`, but for what others
    changed in between. Commits, branches and what Muse has stored stay as they are.
    """
    at = places_for(scope, attributes)
    changed = setup.uninstall(at)
    if scope in (None, "local") and remotes.forget(repo()) and at.config not in changed:
        changed.insert(0, at.config)
    for path in changed:
        note(f"muse: took our lines out of {path}")
    if not changed:
        note("muse: nothing of ours is there")
