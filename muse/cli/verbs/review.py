"""`muse review`: what a merge resolved beyond Git's own merge, and the way back."""

from __future__ import annotations

import click


@click.command("review", short_help="Show what a merge resolved beyond Git, and undo it")
def command() -> int:
    """Show what a merge resolved beyond Git's own merge."""
    return 0
