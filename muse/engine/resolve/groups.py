"""Conflicts in groups, one decision each: the same part of a file, neighbouring bars, the same kind of dispute.

Only addresses in bars are grouped (`track:1/note:5:...`); every other conflict is a group of its own. A group of one
has its conflict's address, a larger one `track:1/note:bars:5-8`; both are what `muse resolve --pick` takes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from muse.domain import ConflictRecord

if TYPE_CHECKING:
    from muse.core.options import Choice

_IN_BARS = re.compile(r"(?P<part>track:\d+)/(?P<word>[a-z_]+):(?P<bar>\d+):")
_NEIGHBOURS = 2  # bars between conflicts of one group


class Group(NamedTuple):
    """Conflicts that one pick settles; `first` and `last` bar are 0 where there are no bars."""

    address: str
    kind: str
    first: int
    last: int
    records: list[ConflictRecord]


def grouped(records: Iterable[ConflictRecord]) -> list[Group]:
    """The groups in the order of their first conflicts."""
    found: list[Group] = []
    open_groups: dict[tuple[str, str, str], int] = {}
    for record in sorted(records, key=_place):
        place = _IN_BARS.match(record.address)
        if place is None:
            found.append(Group(record.address, record.conflict_type, 0, 0, [record]))
            continue
        key, bar = (place["part"], place["word"], record.conflict_type), int(place["bar"])
        at = open_groups.get(key)
        if at is not None and bar <= found[at].last + _NEIGHBOURS:
            found[at].records.append(record)
            address = f"{place['part']}/{place['word']}:bars:{found[at].first}-{bar}"
            found[at] = found[at]._replace(address=address, last=bar)
        else:
            open_groups[key] = len(found)
            found.append(Group(record.address, record.conflict_type, bar, bar, [record]))
    return _named_apart(found)


def _named_apart(groups: list[Group]) -> list[Group]:
    """Groups of one place but of several kinds get the kind into their address."""
    names = [group.address for group in groups]
    return [
        group._replace(address=f"{group.address}:{group.kind}")
        if names.count(group.address) > 1 and len(group.records) > 1
        else group
        for group in groups
    ]


def _place(record: ConflictRecord) -> tuple[str, int]:
    place = _IN_BARS.match(record.address)
    return ("", 0) if place is None else (f"{place['part']}/{place['word']}", int(place["bar"]))


def opened(picks: Mapping[str, Choice], records: Iterable[ConflictRecord]) -> dict[str, Choice]:
    """Picks in which a group's address stands for each of its conflicts."""
    groups = {group.address: group for group in grouped(records)}
    out: dict[str, Choice] = {}
    for address, side in picks.items():
        group = groups.get(address)
        members = [address] if group is None else [record.address for record in group.records]
        out.update(dict.fromkeys(members, side))
    return out
