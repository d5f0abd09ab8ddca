"""`muse clone`: `git clone muse::...`, and Muse set up in the clone."""

from __future__ import annotations

import os
import re
from pathlib import Path

import click

from muse.cli.verbs.install import install_into
from muse.core import paths
from muse.core.errors import MuseError
from muse.engine.git import on_terminal

_PASSED = {"ignore_unknown_options": True, "allow_interspersed_args": False, "help_option_names": ["-h", "--help"]}


@click.command("clone", short_help="Clone a repository and set Muse up in the clone", context_settings=_PASSED)
@click.argument(
    "arguments", nargs=-1, required=True, metavar="[GIT OPTIONS]... REPOSITORY [FOLDER]", type=click.UNPROCESSED
)
def command(arguments: tuple[str, ...]) -> int:
    """Clone a repository and set Muse up in the clone.

    The same as `git clone muse::REPOSITORY`: every option of git clone works, and live-edit logs and other people's
    Muse data come along. Plain `git clone` works as well, without them.
    """
    source, folder = _positional(arguments)
    spelled = [
        f"muse::{_absolute(arg)}" if index == source and not arg.startswith("muse::") else arg
        for index, arg in enumerate(arguments)
    ]
    code = on_terminal(["clone", *spelled])
    if code:
        return code
    target = Path(folder or _humanish(arguments[source], bare="--bare" in arguments or "--mirror" in arguments))
    if paths.git_dir(target) is None:
        raise MuseError(f"cloned, but {target} is no repository", hint="go into the clone, then: muse install")
    install_into(target)
    return 0


# Options of git clone whose value is a word of its own.
_WITH_VALUE = frozenset(
    (
        "-o",
        "--origin",
        "-b",
        "--branch",
        "-u",
        "--upload-pack",
        "--template",
        "-c",
        "--config",
        "--depth",
        "-j",
        "--jobs",
        "--shallow-since",
        "--shallow-exclude",
        "--reference",
        "--reference-if-able",
        "--separate-git-dir",
        "--filter",
        "--server-option",
        "--bundle-uri",
        "--revision",
        "--ref-format",
    )
)


def _positional(arguments: tuple[str, ...]) -> tuple[int, str | None]:
    """Index of the repository among git clone's arguments, and the folder when one is named."""
    found: list[int] = []
    skip = False
    only_names = False
    for index, arg in enumerate(arguments):
        if skip:
            skip = False
        elif not only_names and arg == "--":
            only_names = True
        elif not only_names and arg.startswith("-") and arg != "-":
            skip = arg in _WITH_VALUE
        else:
            found.append(index)
    if not found:
        raise MuseError("no repository to clone", 129, hint="muse clone REPOSITORY [FOLDER]")
    return found[0], arguments[found[1]] if len(found) > 1 else None


def _absolute(source: str) -> str:
    """A local path is made absolute, because the helper runs elsewhere; by Git's rule a colon before any slash means
    another machine or a URL."""
    if os.path.exists(source):
        return os.path.abspath(source)
    if ":" not in source.partition("/")[0]:  # git clone would make a folder of that name first, and find that
        raise MuseError(f"repository {source!r} does not exist", hint="give a folder that is a repository, or a URL")
    return source


def _humanish(source: str, *, bare: bool) -> str:
    """The folder git clone makes for a source: its last part without `.git` (with it for a bare clone)."""
    name = source.removeprefix("muse::").rstrip("/")
    name = re.sub(r"/?\.git$", "", name) if not name.endswith("/.git") else name.removesuffix("/.git")
    name = re.split(r"[/:]", name.rstrip("/"))[-1]
    return f"{name}.git" if bare else name
