"""`muse languages`: which languages are understood, and what of each may stand in any order."""

from __future__ import annotations

from typing import Any

import click

from muse.cli.context import print_json
from muse.cli.options import json_option, late
from muse.cli.output import say
from muse.core.errors import MuseError


@click.command("languages", short_help="List the languages that are merged by structure")
@click.argument("names", nargs=-1, metavar="[NAME]...", shell_complete=late("languages"))
@json_option
def command(names: tuple[str, ...], as_json: bool) -> None:
    """List the languages (or those named) that are merged by structure, the files each claims, and what is commutative
    in it."""
    from muse.plugins.code.languages import overview

    rows = overview()
    known = [row["language"] for row in rows]
    for name in names:
        if name not in known:
            raise MuseError(f"there is no language {name!r}", hint="muse languages lists all")
    rows = [row for row in rows if not names or row["language"] in names]
    if as_json:
        print_json(rows)
        return
    for row in rows:
        say(f"{row['language']:<13} {' '.join(row['files'])}")
        say(f"{'':<13} {_state(row)}; in any order: {', '.join(row['commutative']) or 'nothing'}")


def _state(row: dict[str, Any]) -> str:
    if not row["grammar"]:
        return "by line"
    if row["available"]:
        return str(row["grammar"])
    return f"{row['grammar']} is missing, so not merged by structure: pip install 'muse-on-git[languages]'"
