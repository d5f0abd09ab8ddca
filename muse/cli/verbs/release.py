"""`muse release`: end claims of yours."""

from __future__ import annotations

import click

from muse.cli.context import print_json, repo
from muse.cli.options import json_option
from muse.cli.output import say
from muse.core.errors import UsageError
from muse.core.types import plural


@click.command("release", short_help="End claims of yours")
@click.option("--as", "who", metavar="NAME", help="Whose claims (default: user.name).")
@click.option("--all", "everything", is_flag=True, help="All of them.")
@click.argument("names", nargs=-1, metavar="[ID|ADDRESS]...")
@json_option
def command(who: str | None, everything: bool, names: tuple[str, ...], as_json: bool) -> None:
    """End claims of yours, named by their id or by an address they hold; `muse claims` lists them."""
    from muse.engine.elements import full_address
    from muse.engine.git import below_top
    from muse.engine.session import claims

    if not names and not everything:
        raise UsageError("say which claims", hint="muse release ADDRESS, or muse release --all")
    here = repo()
    below, ids = below_top(here), {row["id"] for row in claims.active(here)}
    held = [name if name in ids else full_address(here, below, name) for name in names]
    ended = claims.release(here, who or here.config("user.name") or "somebody", held, everything=everything)
    if as_json:
        print_json(ended)
    else:
        say(f"{plural(len(ended), 'claim')} released")
