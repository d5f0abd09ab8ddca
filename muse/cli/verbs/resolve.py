"""`muse resolve`: settle conflicts by choosing sides."""

from __future__ import annotations

import os
from collections import Counter
from typing import TYPE_CHECKING, cast

import click

from muse.cli.context import note, repo
from muse.cli.gitverb import use_color
from muse.cli.options import late, spelling_options
from muse.cli.verbs.conflicts import plugin_for, show, show_group, show_offers
from muse.core import terminal
from muse.core.errors import ExitCode, MuseError, UsageError
from muse.engine.git import below_top
from muse.engine.resolve import resolve as settle
from muse.engine.resolve.groups import grouped
from muse.engine.resolve.suggest import history_of, suggestions, weighed

if TYPE_CHECKING:
    from muse.core.options import Choice
    from muse.domain import FileMerge
    from muse.engine.resolve.evidence import History
    from muse.store.repository import Repository


@click.command("resolve", short_help="Settle conflicts of a file by choosing sides")
@click.argument(
    "paths", nargs=-1, required=True, metavar="PATH...", type=click.Path(), shell_complete=late("unmerged", files=True)
)
@click.option("--ours", "side", flag_value="ours", help="Take our side in every conflict left.")
@click.option("--theirs", "side", flag_value="theirs", help="Take their side in every conflict left.")
@click.option("--base", "side", flag_value="base", help="Take what was there before, in every conflict left.")
@click.option("--both", is_flag=True, help="Keep both texts in every conflict left, ours first.")
@click.option("--theirs-first", is_flag=True, help="With --both: theirs first.")
@click.option("--pick", "picks", metavar="ADDRESS=SIDE", multiple=True, help="Settle a conflict or a group.")
@click.option(
    "--auto", type=click.IntRange(50, 100), metavar="N", help="Take what is suggested where it is at least N % sure."
)
@click.option("-i", "--interactive", is_flag=True, help="Ask for each group of conflicts.")
@click.option("-f", "--force", is_flag=True, help="Overwrite a file that was edited since the merge.")
@spelling_options
def command(
    paths: tuple[str, ...],
    side: Choice | None,
    both: bool,
    theirs_first: bool,
    picks: tuple[str, ...],
    auto: int | None,
    interactive: bool,
    force: bool,
) -> int:
    """Settle conflicts of a file by choosing sides; `muse conflicts` lists the addresses.

    Clean edits of both sides are kept whichever side is chosen: only what is in dispute is decided. SIDE is ours,
    theirs, base, both or both-theirs-first; both keeps one text behind the other. The merge is made again with the
    decisions bound, the file is written, and once nothing is left it is added to the index. The exit code is 1 while
    something is left.

    -i asks about every conflict, with what `muse conflicts --suggest` suggests: Enter takes the first. --auto takes it
    without asking where it is that sure, says so, and leaves the rest.
    """
    side = _side(side, both, theirs_first)
    here = repo()
    wanted = dict(_pick(text) for text in picks)
    items = _named(here, paths)
    if wanted and len(items) != 1:
        raise UsageError("--pick needs one PATH, because addresses belong to a file")
    left = False
    asked = auto is not None or interactive
    history = history_of(here) if asked else None
    for item in items:
        look_up = plugin_for(here)
        if auto is not None:
            wanted = {**_sure(here, item, history, auto / 100), **wanted}
        merged = settle.settle(here, item, look_up, side=side, picks=wanted, force=force)
        wanted = wanted if len(items) == 1 else {}
        if interactive and merged.conflicts:
            merged = _ask(here, item, merged, force, history)
        if merged.conflicts:
            show(item.path, merged.conflicts, use_color(here))
            left = True
        else:
            note(f"muse: {terminal.path(item.path)}: settled and added")
    step = "" if left or settle.unmerged(here) else settle.next_step(here)
    if step:
        note(f"hint: nothing is left to settle; go on with: {step}")
    return int(ExitCode.CONFLICT if left else ExitCode.OK)


def _side(side: Choice | None, both: bool, theirs_first: bool) -> Choice | None:
    """What the options say of every conflict left."""
    if both and side is not None:
        raise UsageError(f"--both and --{side} cannot be used together")
    if theirs_first and not both:
        raise UsageError("--theirs-first goes with --both")
    return ("both-theirs-first" if theirs_first else "both") if both else side


def _pick(text: str) -> tuple[str, Choice]:
    address, found, side = text.rpartition("=")
    if not found or side not in settle.CHOICES:
        raise UsageError(
            f"--pick {text!r} is not ADDRESS=SIDE; a side is ours, theirs, base, both or both-theirs-first"
        )
    return address, cast("Choice", side)


def _named(here: Repository, paths: tuple[str, ...]) -> list[settle.Unmerged]:
    """The unmerged paths that the arguments name, folders included; MuseError when one names none."""
    left = settle.unmerged(here)
    chosen: dict[str, settle.Unmerged] = {}
    for path in paths:
        full = (
            os.path.normpath(os.path.join("/", below_top(here), path))[1:]
            if not os.path.isabs(path)
            else (os.path.relpath(os.path.realpath(path), os.path.realpath(here.root)))
        )
        full = full.replace(os.sep, "/")
        hits = [item for item in left if full in ("", ".") or item.path == full or item.path.startswith(full + "/")]
        if not hits:
            names = ", ".join(terminal.path(item.path) for item in left)
            hint = f"unmerged: {names}" if left else "nothing is left to settle"
            raise MuseError(f"{terminal.path(path)}: no conflict here", hint=hint)
        chosen.update((item.path, item) for item in hits)
    return list(chosen.values())


_HELP = """1, 2, 3  take what is suggested; Enter takes the first
o  take ours      t  take theirs    b  take the base, as it was before
k  keep both, ours first   K  keep both, theirs first
l  list every conflict of the group   s  skip it, it stays open   q  stop asking   ?  this list"""


def _sure(here: Repository, item: settle.Unmerged, history: History | None, least: float) -> dict[str, Choice]:
    """The suggestions of a path that are sure enough, which are told."""
    picks: dict[str, Choice] = {}
    for address, offers in suggestions(here, item, plugin_for(here), history).items():
        if offers and offers[0].sure >= least:
            picks[address] = offers[0].choice
            told = f"{offers[0].name} ({100 * offers[0].sure:.0f} %): {offers[0].reason}"
            note(f"muse: {terminal.path(item.path)}: {terminal.one_line(address)}: {told}")
    return picks


def _ask(here: Repository, item: settle.Unmerged, merged: FileMerge, force: bool, history: History | None) -> FileMerge:
    """Ask for each group of conflicts; what is skipped stays."""
    words = {"o": "ours", "t": "theirs", "b": "base", "k": "both", "K": "both-theirs-first"}
    picks: dict[str, Choice] = {}
    fresh = next((one for one in settle.unmerged(here) if one.path == item.path), item)
    known = suggestions(here, fresh, plugin_for(here), history)
    for group in grouped(merged.conflicts):
        offers = weighed(known.get(group.address, []), Counter(picks.values()))
        words |= {str(number): offer.choice for number, offer in enumerate(offers, start=1)}
        show_group(item.path, group, use_color(here))
        show_offers(offers)
        answer = _answer(len(offers))
        while answer in "?l":
            if answer == "?":
                for line in _HELP.splitlines():
                    note(line)
            else:
                show_group(item.path, group, use_color(here), opened=True)
            answer = _answer(len(offers))
        if answer == "q":
            break
        if answer in words:
            picks[group.address] = cast("Choice", words[answer])
    again = next((fresh for fresh in settle.unmerged(here) if fresh.path == item.path), None)
    if again is None or not picks:
        return merged
    if history is not None:
        history.taken.update(picks.values())
    return settle.settle(here, again, plugin_for(here), picks=picks, force=force)


def _answer(offers: int) -> str:
    """One answer; Enter is the first of the suggestions, or to skip."""
    numbers = [str(number) for number in range(1, offers + 1)]
    first = f"take {'[1]' if offers == 1 else f'[1-{offers}]'}, " if offers else "take "
    answer: str = click.prompt(
        f"{first}[o]urs, [t]heirs, [b]ase, [k]eep both, [l]ist, [s]kip, [q]uit or ?",
        default="1" if offers else "s",
        show_default=False,
        type=click.Choice([*numbers, "o", "t", "b", "k", "K", "l", "s", "q", "?"]),
        show_choices=False,
        err=True,
    )
    return answer
