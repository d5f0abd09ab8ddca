"""`muse languages`: which languages are understood, and what of each may stand in any order."""

from __future__ import annotations

from typing import Any

import click

from muse.cli.context import print_json
from muse.cli.options import json_option


@click.command("languages", short_help="List the languages that are merged by structure")
@json_option
def command(as_json: bool) -> None:
    """List the languages that are merged by structure, the files each claims, and what is commutative in it."""
    from muse.plugins.code.languages import overview

    rows = overview()
    if as_json:
        print_json(rows)
        return
    for row in rows:
        click.echo(f"{row['language']:<13} {' '.join(row['files'])}")
        click.echo(f"{'':<13} {_state(row)}; in any order: {', '.join(row['commutative']) or 'nothing'}")


def _state(row: dict[str, Any]) -> str:
    if not row["grammar"]:
        return "by line"
    return row["grammar"] if row["available"] else f"{row['grammar']} is missing: merged by token"
