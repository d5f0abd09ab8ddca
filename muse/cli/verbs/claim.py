"""`muse claim`: say that you are about to edit something."""

from __future__ import annotations

import click

from muse.cli.context import note, print_json, repo
from muse.cli.options import json_option
from muse.cli.output import say

_MOST_TOLD = 20  # claims that meet the one that is made


@click.command("claim", short_help="Say that you are about to edit something")
@click.option("--as", "who", metavar="NAME", help="Who claims it (default: user.name).")
@click.option("--ttl", default="1h", metavar="TIME", help="How long: 90s, 15m, 2h, at most 7d (default 1h).")
@click.option("--for", "purpose", default="", metavar="TEXT", help="What for; makes an intent that ops may name.")
@click.option("--exclusive", is_flag=True, help="Claim nothing, and exit with 1, when others have claimed any of it.")
@click.argument("addresses", nargs=-1, required=True, metavar="ADDRESS...")
@json_option
def command(
    who: str | None, ttl: str, purpose: str, exclusive: bool, addresses: tuple[str, ...], as_json: bool
) -> None:
    """Say that you are about to edit what the ADDRESSes name: paths, or what `muse symbols` and `muse notes` list.

    It is advice and never a lock: claims of others that meet it are told. It ends by itself, or with `muse release`.
    An op may name the claim ("reservation") and the intent it is made under ("intent").
    """
    from muse.engine.elements import full_address
    from muse.engine.git import below_top
    from muse.engine.session import claims

    here = repo()
    below = below_top(here)
    made = claims.claim(
        here,
        who or here.config("user.name") or "somebody",
        [full_address(here, below, address) for address in addresses],
        seconds=claims.seconds_of(ttl),
        purpose=purpose,
        exclusive=exclusive,
    )
    for met in made["overlaps"][:_MOST_TOLD]:
        note(f"muse: {', '.join(met['addresses'])}: claimed by {met['by']} until {met['until']}")
    if (more := len(made["overlaps"]) - _MOST_TOLD) > 0:
        note(f"muse: and {more} claims more: muse claims")
    if as_json:
        print_json(made)
    else:
        say(f"{made['id']} until {made['until']}")
