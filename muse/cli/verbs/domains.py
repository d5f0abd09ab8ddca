"""`muse domains`: which domains there are, and which files each claims."""

from __future__ import annotations

from typing import Any

import click

from muse.cli.context import print_json
from muse.cli.options import json_option, late
from muse.cli.output import say
from muse.core.errors import MuseError
from muse.plugins import registry


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
    rows = [_row(name) for name in names or known]
    if as_json:
        print_json(rows)
        return
    for row in rows:
        say(f"{row['domain']:<10} {row['error'] or row['description']}")
        if row["patterns"]:
            say(f"{'':<10} {' '.join(row['patterns'])}")
        for dimension, text in row["dimensions"].items() if names else ():
            say(f"{'':<10} {dimension:<16} {text}")


def _row(name: str) -> dict[str, Any]:
    row: dict[str, Any] = {
        "domain": name,
        "patterns": [],
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
        "patterns": list(getattr(plugin, "patterns", ())),
        "description": schema["description"],
        "merge_mode": schema["merge_mode"],
        "dimensions": {dimension["name"]: dimension["description"] for dimension in schema["dimensions"]},
    }
