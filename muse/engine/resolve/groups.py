"""Conflicts in groups, one decision each: the same part of a file, neighbouring bars, the same kind of dispute.

Only addresses in bars are grouped (`track:1/note:5:...`, a score's `P1/measure:5`), others are groups of their own. A
group of one has its conflict's address, a larger one `track:1/note:bars:5-8`, and `muse resolve --pick` takes both.
Where that leaves too many, groups are wider: bars further apart, then all of a track (`track:1/all:bars:5-232`), then
all tracks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from muse.domain import ConflictRecord

if TYPE_CHECKING:
    from muse.core.options import Choice

_IN_BARS = re.compile(r"(?P<part>track:\d+|[^/:]+(?=/measure:\d+$))/(?P<word>[a-z_]+):(?P<bar>\d+)(?::|$)")
_MOST = 10  # groups of one file: more than these are no help to a person, and are taken together further
_ENDLESS = 1 << 60


KIND_WORDS = {
    "note_attribute": "changed by both, differently",
    "slot_value": "changed by both, differently",
    "opaque_edit": "changed by both, differently",
    "curve_overlap": "one curve, drawn by both",
    "note_insert_insert": "written by both, differently",
    "note_delete_edit": "removed by one, changed by the other",
    "slot_delete_edit": "removed by one, changed by the other",
    "note_overlap": "would sound over each other",
    "track_delete_edit": "track removed by one, changed by the other",
    "track_both_added": "new track in two versions",
    "track_order": "tracks put in another order by both",
    "event_order": "put in another order by both",
    "time_base": "time counted in two new ways",
    "bar_map": "which bars are meant?",
    "bar_collision": "bars inserted at one place by both",
    "bar_cut_edit": "bars cut by one, changed by the other",
}
"""Kinds of conflicts in music, in words; other kinds say what they are."""


class Group(NamedTuple):
    """Conflicts that one pick settles; `first` and `last` bar are 0 where there are no bars."""

    address: str
    kind: str
    first: int
    last: int
    records: list[ConflictRecord]


class _Width(NamedTuple):
    """What makes one group: the same track, word and kind, or not, and so many bars between neighbours."""

    part: bool
    word: bool
    kind: bool
    bars: int


_WIDTHS = (
    _Width(True, True, True, 2),
    _Width(True, True, True, 8),
    _Width(True, True, True, _ENDLESS),
    _Width(True, False, False, _ENDLESS),
    _Width(False, False, False, _ENDLESS),
)
"""From the finest on: the first one that leaves few groups is taken."""


def kind_words(kind: str) -> str:
    """What kind of conflict it is, as a person says it."""
    return KIND_WORDS.get(kind, kind.replace("_", " "))


def grouped(records: Iterable[ConflictRecord]) -> list[Group]:
    """The groups in the order of their first conflicts."""
    rows = list(records)
    found: list[Group] = []
    for width in _WIDTHS:
        found = _grouped(rows, width)
        if sum(group.first > 0 for group in found) <= _MOST:
            break
    return found


def _grouped(records: list[ConflictRecord], width: _Width) -> list[Group]:
    found: list[Group] = []
    open_groups: dict[tuple[str, str, str], int] = {}
    for record in sorted(records, key=lambda record: _place(record, width)):
        place = _IN_BARS.match(record.address)
        if place is None:
            found.append(Group(record.address, record.conflict_type, 0, 0, [record]))
            continue
        part, word = place["part"] if width.part else "tracks", place["word"] if width.word else "all"
        key, bar = (part, word, record.conflict_type if width.kind else ""), int(place["bar"])
        at = open_groups.get(key)
        if at is not None and bar <= found[at].last + width.bars:
            found[at].records.append(record)
            address = f"{part}/{word}:bars:{found[at].first}-{bar}"
            kind = found[at].kind if found[at].kind == record.conflict_type else "several kinds"
            found[at] = found[at]._replace(address=address, kind=kind, last=bar)
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


def _place(record: ConflictRecord, width: _Width) -> tuple[str, str, int]:
    place = _IN_BARS.match(record.address)
    if place is None:
        return "", "", 0
    return place["part"] if width.part else "tracks", place["word"] if width.word else "all", int(place["bar"])


def opened(picks: Mapping[str, Choice], records: Iterable[ConflictRecord]) -> dict[str, Choice]:
    """Picks in which a group's address stands for each of its conflicts.

    Groups of every width are known: as conflicts are settled the rest may be shown in finer ones.
    """
    rows = list(records)
    groups = {group.address: group for width in reversed(_WIDTHS) for group in _grouped(rows, width)}
    out: dict[str, Choice] = {}
    for address, side in picks.items():
        group = groups.get(address)
        members = [address] if group is None else [record.address for record in group.records]
        out.update(dict.fromkeys(members, side))
    return out
