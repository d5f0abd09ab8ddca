"""`muse conflicts`: what is left to settle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from muse.cli.context import print_json, repo
from muse.cli.gitverb import use_color
from muse.cli.options import json_option, spelling_options
from muse.cli.output import say
from muse.core import terminal
from muse.core.errors import ExitCode, MuseError
from muse.core.types import plural
from muse.domain import ConflictRecord, PluginFor
from muse.engine.resolve import resolve as settle
from muse.engine.resolve.groups import Group, grouped, kind_words
from muse.plugins import registry
from muse.view.text import paint

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from muse.engine.resolve.suggest import Suggestion
    from muse.store.repository import Repository

    Offers = Mapping[str, list[Suggestion]]

_PREVIEW = 4  # lines of a suggestion


@click.command("conflicts", short_help="List what is left to settle, in musical and code terms")
@click.option("--exit-code", is_flag=True, help="Exit with 1 when something is left to settle.")
@click.option("--joined", is_flag=True, help="List instead what joins kept without showing it.")
@click.option("--open", "opened", is_flag=True, help="Every conflict of a group, not only the group.")
@click.option("--suggest", is_flag=True, help="With up to three results for each conflict over text, and why.")
@json_option
@spelling_options
def command(exit_code: bool, joined: bool, opened: bool, suggest: bool, as_json: bool) -> int:
    """List what is left to settle, in musical and code terms: what each side made of it, and what to type.

    Conflicts of one kind in neighbouring bars of a track are a group, which one --pick settles; --open lists its parts.

    --suggest looks at the texts and at how the history settled such conflicts; nothing is taken by it. `muse resolve
    --pick` takes one, `muse resolve -i` asks.

    A join settles everything by itself and keeps every value; --joined lists those that are not to be seen in the
    file, for as long as the file is what the join wrote.
    """
    here = repo()
    if joined:
        return _list_joined(settle.joined(here), exit_code, as_json)
    rows = [(item, settle.describe(here, item, plugin_for(here))) for item in settle.unmerged(here)]
    found: list[Offers] = [{} for _ in rows]
    if suggest:
        from muse.engine.resolve.suggest import history_of, suggestions

        history = history_of(here)
        found = [suggestions(here, item, plugin_for(here), history) for item, _ in rows]
    if as_json:
        print_json([_json(item, records, offers) for (item, records), offers in zip(rows, found, strict=True)])
    else:
        color = use_color(here)
        for (item, records), offers in zip(rows, found, strict=True):
            show(item.path, records, color, opened=opened, offers=offers)
        if not rows:
            say("nothing is left to settle")
    return int(ExitCode.CONFLICT if rows and exit_code else ExitCode.OK)


def _list_joined(unseen: dict[str, list[ConflictRecord]], exit_code: bool, as_json: bool) -> int:
    if as_json:
        print_json([{"path": path, "joined": [record.to_dict() for record in unseen[path]]} for path in unseen])
    for path in () if as_json else unseen:
        say(f"{terminal.path(path)}: {len(unseen[path])} value(s) kept unseen")
        for record in unseen[path]:
            say(f"  {record.address}")
            say(f"    seen:   {record.ours_summary}")
            say(f"    unseen: {record.theirs_summary}")
    if not unseen and not as_json:
        say("no join keeps anything unseen")
    return int(ExitCode.CONFLICT if unseen and exit_code else ExitCode.OK)


def plugin_for(here: Repository) -> PluginFor:
    """The look-up of a path's plugin, the repository's own domain first."""
    try:
        domain = registry.read_domain(here.root)
    except MuseError:
        domain = ""  # `.museattributes` may be what is in conflict
    return lambda path: registry.plugin_for_path(path, first=domain)


def show(
    path: str,
    records: list[ConflictRecord],
    color: bool = False,
    *,
    opened: bool = False,
    offers: Offers | None = None,
) -> None:
    """Print what is in dispute inside one path, group by group; `opened`: every conflict of a group; `offers`: what is
    suggested, by address."""
    if not records:
        say(f"{terminal.path(path)}: Muse can merge this by itself")
        say(f"    {terminal.command('muse', 'resolve', paths=[path])}")
        return
    groups = grouped(records)
    say(f"{paint(terminal.path(path), 'path', color)}: {counted(records)}")
    for group in groups:
        if len(group.records) > 1:
            _show_group(path, group, color, opened)
        else:
            _show_record(group.records[0], color)
            show_offers((offers or {}).get(group.records[0].address, ()))


def show_offers(offers: Iterable[Suggestion]) -> None:
    """Print suggestions, numbered, each with its reason and the beginning of its text."""
    for number, offer in enumerate(offers, start=1):
        say(f"    {number}  {offer.name} ({100 * offer.sure:.0f} %): {offer.reason}")
        lines = offer.text.decode("utf-8", "replace").splitlines() or ["(nothing)"]
        for line in lines[:_PREVIEW]:
            say(f"       | {terminal.escaped(line)[:100]}")
        if len(lines) > _PREVIEW:
            say(f"       | ... {len(lines) - _PREVIEW} more lines")


def counted(records: list[ConflictRecord]) -> str:
    """`14 conflicts in 2 groups`, `1 conflict`."""
    groups = len(grouped(records))
    return plural(len(records), "conflict") + (f" in {plural(groups, 'group')}" if groups < len(records) else "")


def show_group(path: str, group: Group, color: bool, *, opened: bool = False) -> None:
    """Print one group, or its only conflict."""
    say(f"{paint(terminal.path(path), 'path', color)}:")
    if len(group.records) > 1:
        _show_group(path, group, color, opened)
    else:
        _show_record(group.records[0], color)


def _show_group(path: str, group: Group, color: bool, opened: bool) -> None:
    kind = kind_words(group.kind)
    bars = f"bar {group.first}" if group.first == group.last else f"bars {group.first}-{group.last}"
    part = _part(group.records[0]) if len({_part(record) for record in group.records}) == 1 else ""
    say(f"  {group.address}: {part}{' ' if part else ''}{bars}, {len(group.records)} conflicts ({kind})")
    if opened:
        for record in group.records:
            _show_record(record, color)
        return
    first = group.records[0]
    for side in ("base", "ours", "theirs"):
        summary = getattr(first, f"{side}_summary")
        if summary:
            say(f"    {paint(f'{side}:'.ljust(8), side, color)}{summary}, and {len(group.records) - 1} more")
    say(f"    {terminal.command('muse', 'resolve', '--pick', f'{group.address}=theirs', paths=[path])}")


def _show_record(record: ConflictRecord, color: bool) -> None:
    part = f": {_part(record)}" if _part(record) else ""
    say(f"  {record.address or 'the whole file'}{part} ({kind_words(record.conflict_type)})")
    for side in ("base", "ours", "theirs"):
        summary = getattr(record, f"{side}_summary")
        if summary:
            say(f"    {paint(f'{side}:'.ljust(8), side, color)}{summary}")
    why = terminal.one_line(str(record.detail.get("reason", "")))
    if why:
        say(f"    why:    {why}")
    if record.hint:
        say(f"    {record.hint}")


def _part(record: ConflictRecord) -> str:
    """The name of the part of the file a conflict is in, such as a track's; "" where it has none."""
    return terminal.one_line(str(record.detail.get("part", "")))


def _json(item: settle.Unmerged, records: list[ConflictRecord], offers: Offers) -> dict[str, Any]:
    return {
        "path": item.path,
        "stages": {side: {"mode": item.modes[side], "id": item.ids[side]} for side in item.ids},
        "picks": item.picks,
        "conflicts": [record.to_dict() for record in records],
        "suggestions": {
            address: [
                {
                    "choice": offer.choice,
                    "sure": round(offer.sure, 3),
                    "reason": offer.reason,
                    "text": offer.text.decode("utf-8", "replace"),
                }
                for offer in rows
            ]
            for address, rows in offers.items()
        },
        "groups": [
            {
                "address": group.address,
                "kind": group.kind,
                "bars": [group.first, group.last] if group.first else None,
                "conflicts": [record.address for record in group.records],
            }
            for group in grouped(records)
        ],
    }
