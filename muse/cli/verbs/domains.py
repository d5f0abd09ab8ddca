"""`muse domains`: which domains there are, and which files each claims."""

from __future__ import annotations

from typing import Any

import click

from muse.cli.context import own_domain, print_json, repo
from muse.cli.options import json_option, late
from muse.cli.output import say
from muse.core.errors import MuseError
from muse.core.patterns import patterns_of
from muse.plugins import promises, registry


@click.command("domains", short_help="List the domains and the files they claim")
@click.argument("names", nargs=-1, metavar="[NAME]...", shell_complete=late("domains"))
@json_option
def command(names: tuple[str, ...], as_json: bool) -> None:
    """List the domains and the files they claim; of those that are NAMEd their dimensions as well.

    A domain whose plugin cannot be loaded is listed with the reason; its files merge as Git merges them.
    """
    known = registry.registered_domains()
    for name in names:
        if name not in known:
            raise MuseError(f"there is no domain {name!r}", hint=f"domains here: {', '.join(known)}")
    own = _own()
    rows = [_row(name, own) for name in names or known]
    if as_json:
        print_json(rows)
        return
    for row in rows:
        say(f"{row['domain']:<10} {row['error'] or row['description']}")
        if row["patterns"]:
            say(f"{'':<10} {' '.join(row['patterns'])}")
        for glob, owner in row["elsewhere"].items():
            say(f"{'':<10} {glob} goes to {owner}")
        for dimension, text in row["dimensions"].items() if names else ():
            say(f"{'':<10} {dimension:<16} {text}")


def _own() -> str:
    """The domain of the repository we stand in, which is asked first; "" outside of one."""
    try:
        return own_domain(repo())
    except MuseError:
        return ""


def _row(name: str, own: str) -> dict[str, Any]:
    row: dict[str, Any] = {
        "domain": name,
        "patterns": [],
        "elsewhere": {},
        "description": "",
        "merge_mode": "",
        "dimensions": {},
        "error": "",
    }
    try:
        plugin = registry.resolve_plugin_by_domain(name)
        schema = plugin.schema()
    except MuseError as error:
        return {**row, "error": str(error)}
    return {
        **row,
        "patterns": list(patterns_of(plugin)),
        "elsewhere": {} if name in registry.BUILT_IN else promises.elsewhere(name, own),
        "description": schema["description"],
        "merge_mode": schema["merge_mode"],
        "dimensions": {dimension["name"]: dimension["description"] for dimension in schema["dimensions"]},
    }
