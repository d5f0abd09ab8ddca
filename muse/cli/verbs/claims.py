"""`muse claims`: who has claimed what, and who is editing what."""

from __future__ import annotations

import click

from muse.cli.context import print_json, repo
from muse.cli.options import json_option
from muse.cli.output import say
from muse.core.types import plural


@click.command("claims", short_help="Show who has claimed what, and who is editing what")
@json_option
def command(as_json: bool) -> None:
    """Show the claims that have not ended, which of them meet, and who edited what in the sessions here since their
    last commit. Of a joined session those of the others who are there as well."""
    from muse.core.op_log import OpLog, list_sessions
    from muse.engine.live.status import claims_elsewhere
    from muse.engine.session import claims
    from muse.view.text import one_line

    here = repo()
    active = claims.active(here)
    editing = [row for name in list_sessions(here.root) for row in claims.editing(OpLog(here.root, name))]
    elsewhere = claims_elsewhere(here)
    if as_json:
        print_json({"claims": active, "editing": editing, "elsewhere": elsewhere})
        return
    for row in active:
        purpose = f": {row['purpose']}" if row["purpose"] else ""
        say(f"{row['by']} until {row['until']}{purpose}")
        for address in row["addresses"]:
            others = [met["by"] for met in row["overlaps"] if address in met["addresses"]]
            say(f"    {address}{' (also ' + ', '.join(others) + ')' if others else ''}")
    for row in editing:
        say(f"{row['actor']} edits {row['path']} in {row['session']}: {plural(row['ops'], 'op')}, last {row['last']}")
    for row in elsewhere:
        purpose = f": {one_line(row['purpose'])}" if row["purpose"] else ""
        where = f"{one_line(row['who'])} in {row['session']}"
        say(f"{one_line(row['by'])} until {one_line(row['until'])} ({where}){purpose}")
        for address in row["addresses"]:
            say(f"    {one_line(address)}")
    if not active and not editing and not elsewhere:
        say("nobody has claimed anything or is editing")
