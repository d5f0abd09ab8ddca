"""What verbs share: the repository they stand in, and how they print."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import click

from muse.core.paths import is_git_dir

if TYPE_CHECKING:
    from muse.store.repository import Repository


def repo() -> Repository:
    """The repository at or above the current folder, or the one `--git-dir` names; NotARepositoryError when none."""
    from muse.store.repository import Repository

    named = os.environ.get("GIT_DIR")
    if named is None:
        return Repository.discover(".")
    named = os.path.abspath(named)
    inside = os.path.basename(named) == ".git" and is_git_dir(named)
    return Repository.discover(os.path.dirname(named) if inside else named)


def print_json(value: Any) -> None:
    """One line of JSON with sorted keys; ASCII, so that no terminal or pipe can spoil it."""
    click.echo(json.dumps(value, sort_keys=True))


def note(text: str) -> None:
    """A line for a person, on stderr, so that stdout stays what was asked for."""
    click.echo(text, err=True)
