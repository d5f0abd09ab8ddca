"""Options that several verbs share, so that they are spelled and explained once."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
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


SPELLINGS = {
    "--sharps": "Spell black keys as sharps, whatever the key.",
    "--ticks": "Give lengths and places in ticks.",
    "--ascii": "Write flats and sharps as letters.",
}
"""How music is spelled; `MUSE_WORDS` holds the same words for good."""


def spelled(ctx: click.Context, switches: Iterable[str]) -> None:
    """Spell music so until the verb ends, in processes that it starts too."""
    before = os.environ.get("MUSE_WORDS")

    def restore() -> None:
        if before is None:
            os.environ.pop("MUSE_WORDS", None)
        else:
            os.environ["MUSE_WORDS"] = before

    os.environ["MUSE_WORDS"] = " ".join([before or "", *(switch.removeprefix("--") for switch in switches)]).strip()
    ctx.call_on_close(restore)


def _spell(ctx: click.Context, param: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        spelled(ctx, param.opts)


def spelling_options(function: F) -> F:
    """`--sharps`, `--ticks` and `--ascii`; the verb itself need not know of them."""
    for name, help in reversed(SPELLINGS.items()):
        function = click.option(name, is_flag=True, expose_value=False, callback=_spell, help=help)(function)
    return function


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
