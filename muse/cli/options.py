"""Options that several verbs share, so that they are spelled and explained once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


def late(finder: str, *, files: bool = False) -> Callable[[click.Context, click.Parameter, str], list[Any]]:
    """A `shell_complete` by the name of its finder in `muse.cli.completing`, which is loaded when a shell asks."""

    def complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[Any]:
        from muse.cli import completing

        return completing.offered(ctx, getattr(completing, finder), incomplete, files=files)

    return complete


def json_option(function: F) -> F:
    """`--json`, handed to the verb as `as_json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON, one value on one line.")(function)


def paths_argument(function: F) -> F:
    """Any number of PATHs, as typed, handed to the verb as `paths`."""
    return click.argument("paths", nargs=-1, metavar="[PATH]...", type=click.Path())(function)


def git_switches(table: dict[str, str]) -> Callable[[F], F]:
    """Git's own on-off options, by name with their help; `git_words` turns what was given back into Git's words."""

    def add(function: F) -> F:
        for name, help in reversed(table.items()):
            names = name.split()  # "-q --quiet"
            function = click.option(*names, is_flag=True, help=help)(function)
        return function

    return add


def git_words(given: dict[str, bool]) -> list[str]:
    """The switches that were given, as Git spells them."""
    return [f"--{name.replace('_', '-')}" for name, wanted in given.items() if wanted]
