"""`muse import`: the history of a repository of the public Muse as Git history."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from muse.cli.context import note, print_json
from muse.cli.options import json_option
from muse.core.errors import MuseError, UsageError
from muse.core.terminal import command as shown
from muse.core.types import plural

if TYPE_CHECKING:
    from muse.store.repository import Repository


@click.command("import", short_help="Import a repository of the public Muse")
@click.argument("source", type=click.Path())
@click.argument("folder", required=False, type=click.Path())
@click.option("--prefix", default="", metavar="TEXT", help="Put this before the names of branches and tags.")
@click.option("--authors", metavar="FILE", help="A file with lines `author = Name <address>`.")
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but errors.")
@json_option
def command(source: str, folder: str | None, prefix: str, authors: str | None, quiet: bool, as_json: bool) -> None:
    """Import the history in SOURCE/.muse, which the public implementation of Muse made, into Git.

    Into a new repository in FOLDER, with HEAD checked out; without one into the repository here, where no file of the
    work tree is touched. Commits keep their files, messages, authors, times and parents, and get the same ids each
    time: import once more to fetch what is new. Nothing moves before everything was read and checked.
    """
    from muse.engine.imports import history
    from muse.engine.imports.source import Source
    from muse.store.repository import Repository

    known = _authors(authors) if authors is not None else {}
    if folder is None:
        repo = Repository.discover(".")
        repo.expect_writing()
        done, left = history.import_into(repo, Source(source), prefix, known)
    else:
        there = Source(source)
        with _made(folder) as repo:
            done, left = history.import_into(repo, there, prefix, known, fresh=True)
    if as_json:
        print_json(done._asdict())
    elif not quiet:
        branches = f"{len(done.branches)} {'branch' if len(done.branches) == 1 else 'branches'}"
        tags = plural(len(done.tags), "tag")
        note(f"muse: {plural(len(done.commits), 'commit')}, {branches} and {tags} from {source}")
        for name, here in (*done.branches.items(), *done.tags.items()):
            if here != prefix + name:
                note(f"muse: {name} is {here} here")
    if left:
        note(left)


@contextmanager
def _made(folder: str) -> Iterator[Repository]:
    """A new repository there, which is gone again when nothing can be imported into it."""
    from muse.cli.verbs.install import install_into
    from muse.engine.git import on_terminal
    from muse.store.repository import LOCAL_ENV, Repository

    new = not os.path.lexists(folder)
    if not new and (not os.path.isdir(folder) or os.listdir(folder)):
        raise MuseError(
            f"{folder} is there already, and not empty", hint=f"{shown('cd', folder)} && muse import SOURCE"
        )
    for name in LOCAL_ENV:  # GIT_DIR and the like speak of another repository
        os.environ.pop(name, None)
    code = on_terminal(["init", "--quiet", folder if os.path.isabs(folder) else os.path.join(".", folder)])
    if code:
        raise MuseError(f"git init failed ({code})", code)
    try:
        install_into(Path(folder))
        yield Repository(folder)
    except BaseException:
        for entry in os.scandir(folder):  # it was empty
            if entry.is_dir(follow_symlinks=False):
                shutil.rmtree(entry.path, ignore_errors=True)
            else:
                os.unlink(entry.path)
        if new:
            os.rmdir(folder)
        raise


def _authors(path: str) -> dict[str, str]:
    try:
        with open(path, encoding="utf-8") as file:
            rows = [line.strip() for line in file if line.strip() and not line.startswith("#")]
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {getattr(error, 'strerror', None) or 'it is no UTF-8'}") from None
    found = {}
    for row in rows:
        name, sign, who = (part.strip() for part in row.partition("="))
        if not sign or not who.endswith(">") or "<" not in who:
            raise UsageError(f"{path}: {row!r:.80} is not: author = Name <address>")
        found[name] = who
    return found
