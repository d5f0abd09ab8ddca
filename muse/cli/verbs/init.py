"""`muse init`: `git init`, with Muse set up in the new repository."""

from __future__ import annotations

import os
from pathlib import Path

import click

from muse.cli.context import note
from muse.cli.verbs.install import install_into
from muse.core.errors import MuseError
from muse.engine.git import on_terminal


@click.command("init", short_help="Create an empty Git repository with Muse set up in it")
@click.argument("folder", default=".", type=click.Path())
@click.option("--bare", is_flag=True, help="Make a repository without a work tree.")
@click.option("-b", "--initial-branch", metavar="NAME", help="Name of the first branch.")
@click.option("--object-format", type=click.Choice(["sha1", "sha256"]), help="Hash of the object ids.")
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but errors.")
def command(folder: str, bare: bool, initial_branch: str | None, object_format: str | None, quiet: bool) -> None:
    """Create an empty Git repository with Muse set up in it.

    In an existing repository nothing but the set-up is touched: no file, commit, branch or index.
    """
    flags = ["--bare"] * bare + ["--quiet"] * quiet
    flags += [f"--initial-branch={initial_branch}"] if initial_branch else []
    flags += [f"--object-format={object_format}"] if object_format else []
    # "./" keeps a folder that begins with "-" from being an option of git's
    target = folder if os.path.isabs(folder) else os.path.join(".", folder)
    code = on_terminal(["init", *flags, target])
    if code:
        raise MuseError(f"git init failed ({code})", code)
    install_into(Path(target))
    if not quiet:
        note("muse: Git merges music and code here through Muse; `muse doctor` checks it at any time")
