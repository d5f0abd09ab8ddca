"""What is left to settle in a file, as the page asks it: one decision for each group of conflicts, in words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from muse.core.terminal import escaped
from muse.core.types import plural
from muse.engine.resolve.groups import KIND_WORDS, grouped
from muse.view.text import brief, one_line

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from muse.domain import ConflictRecord
    from muse.engine.resolve.candidates import Dispute
    from muse.engine.resolve.compare import Compared
    from muse.engine.resolve.groups import Group

_MOST_TEXT = 1 << 15
_TEXT = re.compile(r"text(?:#\d+)?")
_NAME, _LONG = 80, 400
_KINDS = {
    **KIND_WORDS,
    "delete_edit": "removed by one, changed by the other",
    "symbol_body": "changed by both",
    "measure": "changed by both",
    "entry_value": "changed by both",
    "text": "changed by both",
    "file_level": "the whole file",
}


def conflicts(each: Compared) -> list[dict[str, Any]]:
    """Every conflict of a file, with its texts and what is suggested where it is over text."""
    return [_conflict(each, record) for record in each.conflicts]


def groups(
    records: Sequence[ConflictRecord],
    tracks: Sequence[str] = (),
    of: Mapping[int, int] | None = None,
    disputes: Mapping[str, Dispute] | None = None,
) -> list[dict[str, Any]]:
    """The decisions: which conflicts belong together, by their places in the list, in the order of
    bars; `tracks` names a piece's tracks, `of` says by a conflict's place which of them it is about; `disputes`
    has the texts of an address."""
    places: dict[int, int] = {id(record): number for number, record in enumerate(records)}
    found = sorted(grouped(records), key=lambda group: group.first)
    rows = [_group(group, [places[id(record)] for record in group.records], tracks, of or {}) for group in found]
    for row in rows:
        words = _lines(row["address"], disputes or {})
        row["words"] = row["words"].replace(row["address"], words, 1) if words else row["words"]
    return rows


def _lines(address: str, disputes: Mapping[str, Dispute]) -> str:
    """What text is called that is in nothing with a name: by its first line."""
    dispute = disputes.get(address)
    if dispute is None or not _TEXT.fullmatch(address):
        return ""
    lines = (_text(dispute.base) or _text(dispute.ours) or _text(dispute.theirs)).splitlines()
    first = next((line.strip() for line in lines if line.strip()), "")
    return f"the lines at “{brief(one_line(first), 40)}”" if first else ""


def _conflict(each: Compared, record: ConflictRecord) -> dict[str, Any]:
    dispute = each.disputes.get(record.address)
    return {
        "address": record.address,
        "kind": _words(record.conflict_type),
        "base": brief(one_line(record.base_summary), _LONG),
        "ours": brief(one_line(record.ours_summary), _LONG),
        "theirs": brief(one_line(record.theirs_summary), _LONG),
        "hint": one_line(record.hint),
        "both": record.takes_both,
        "texts": None
        if dispute is None
        else {name: _text(getattr(dispute, name)) for name in ("base", "ours", "theirs")},
        "offers": [
            {
                "choice": offer.choice,
                "name": offer.name,
                "text": _text(offer.text),
                "sure": round(offer.sure, 2),
                "reason": one_line(offer.reason),
            }
            for offer in each.offers.get(record.address, ())
        ],
    }


def _group(group: Group, members: list[int], tracks: Sequence[str], of: Mapping[int, int]) -> dict[str, Any]:
    part, _, rest = group.address.partition("/")
    about = {of.get(member) for member in members}
    track = about.pop() if len(about) == 1 and part != "tracks" else None
    piece, lane = _event(rest)
    owner = tracks[track] if track is not None else "all tracks" if part == "tracks" and rest else _named(group)
    owner = piece or f"{brief(owner, _NAME)}{lane}"
    bars = f", bar{'s' if group.last > group.first else ''} {group.first}" if group.first else ""
    bars += f"-{group.last}" if group.last > group.first else ""
    count = "" if len(members) == 1 else f"{plural(len(members), 'place')} "
    return {
        "address": group.address,
        "words": one_line(f"{owner or 'the whole file'}{bars}: {count}{_words(group.kind)}"),
        "track": track,
        "conflicts": members,
    }


def _named(group: Group) -> str:
    """The address, or what base has there where an address is no more than numbers of a project."""
    return (group.kind == "entry_value" and group.records[0].base_summary) or group.address


def _event(rest: str) -> tuple[str, str]:
    """What an address is about beside notes: of a whole piece its tempo and the like, for which no track is named;
    of a track a controller."""
    from muse.plugins.midi.file.dimensions import BY_NAME, META

    row = BY_NAME.get(rest.partition(":")[0])
    names = [] if row is None else [name for name in row.numbers.values() if name]
    if row is None or len(names) != 1:
        return "", f", {row.name.replace('_', ' ')}" if row is not None and isinstance(
            row.lane, int
        ) and not names else ""
    return (row.phrase.capitalize(), "") if row.lane == META else ("", f", {names[0]}")


def _words(kind: str) -> str:
    return _KINDS.get(kind, kind.replace("_", " "))


def _text(data: bytes) -> str:
    """A text for its pane; a very long one is cut, and says so."""
    text = "\n".join(map(escaped, data[:_MOST_TEXT].decode("utf-8", "replace").replace("\r\n", "\n").split("\n")))
    return text if len(data) <= _MOST_TEXT else f"{text}\n… {len(data) - _MOST_TEXT} bytes more"
