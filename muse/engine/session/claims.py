"""Who means to edit what, and who is editing it: claims over `muse.core.coordination`, and the actors of a session.

A claim is advice, never a lock. It ends by itself: no ttl is longer than `LONGEST`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from muse.core import coordination
from muse.core.coordination import LONGEST, Overlap, Reservation
from muse.core.errors import ConflictError, MuseError, UsageError

if TYPE_CHECKING:
    from muse.core.op_log import OpLog
    from muse.store.repository import Repository

_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}


def seconds_of(text: str) -> int:
    """`90`, `90s`, `15m`, `2h`, `1d` in seconds; UsageError for anything else, and for what never ends."""
    found = re.fullmatch(r"(\d{1,9})([smhd]?)", text.strip())
    seconds = int(found[1]) * _UNITS[found[2]] if found else 0
    if not 0 < seconds <= LONGEST:
        raise UsageError(f"a claim lasts from 1 second to 7 days, not {text!r:.40}", hint="write 90s, 15m, 2h or 1d")
    return seconds


def claim(
    repo: Repository, who: str, addresses: Sequence[str], *, seconds: int, purpose: str = "", exclusive: bool = False
) -> dict[str, Any]:
    """Claim addresses; what was made and which active claims of others it meets. `exclusive`: then refuse instead."""
    wanted = [address for address in dict.fromkeys(addresses) if address.strip()]
    if not wanted or len(wanted) > 1000 or max(map(len, wanted)) > 4096:
        raise UsageError("a claim names from 1 to 1000 addresses", hint="muse symbols FILE lists those of a file")
    if not 0 < seconds <= LONGEST:
        raise UsageError(f"a claim lasts from 1 second to 7 days, not {seconds} seconds")
    branch, root = repo.branch() or "HEAD", repo.root
    draft = coordination.planned(who, branch, wanted, seconds, purpose or None)
    met = [_met(found) for found in coordination.overlaps([draft], coordination.active_reservations(root))]
    if met and exclusive:
        raise ConflictError(f"{met[0]['addresses'][0]} is claimed by {met[0]['by']} until {met[0]['until']}")
    coordination.keep(root, draft)
    intent = ""
    if purpose:
        args = (draft.reservation_id, who, branch, wanted, purpose)
        intent = coordination.create_intent(root, *args).intent_id
    return {**shown(draft), "intent": intent, "overlaps": met}


def release(repo: Repository, who: str, names: Sequence[str], *, everything: bool = False) -> list[str]:
    """End claims of `who`, named by id or by an address they hold; their ids. MuseError when a name is none."""
    own = [found for found in coordination.active_reservations(repo.root) if found.run_id == who]
    ended: list[Reservation] = own if everything else []
    for name in names:
        hits = [found for found in own if name == found.reservation_id or name in found.addresses]
        if not hits:
            raise MuseError(f"{who} has no claim {name:.200}", hint="muse claims")
        ended += [found for found in hits if found not in ended]
    for found in ended:
        coordination.end(repo.root, found)
    return [found.reservation_id for found in ended]


def active(repo: Repository) -> list[dict[str, Any]]:
    """The claims that have not ended, oldest first, with the claims of others that each meets."""
    claims = coordination.active_reservations(repo.root)
    meets: dict[str, list[dict[str, Any]]] = {}
    for found in coordination.overlaps(claims):
        meets.setdefault(found.first.reservation_id, []).append(_met(found))
        for back in coordination.overlaps([found.second], [found.first]):
            meets.setdefault(found.second.reservation_id, []).append(_met(back))
    return [{**shown(each), "overlaps": meets.get(each.reservation_id, [])} for each in claims]


def editing(log: OpLog) -> list[dict[str, Any]]:
    """Who edited what of a session since its last checkpoint, the latest edit first."""
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for entry in log.replay_since_checkpoint():
        path = entry["domain_op"]["address"].partition("::")[0]
        row = rows.setdefault((entry["actor_id"], path), {"ops": 0})
        row.update(
            session=log.session_id(),
            actor=entry["actor_id"],
            path=path,
            address=entry["domain_op"]["address"],
            ops=row["ops"] + 1,
            last=entry["created_at"],
        )
    return sorted(rows.values(), key=lambda row: str(row["last"]), reverse=True)


def shown(found: Reservation) -> dict[str, Any]:
    """A claim as JSON."""
    return {
        "id": found.reservation_id,
        "by": found.run_id,
        "branch": found.branch,
        "addresses": list(found.addresses),
        "until": found.expires_at.isoformat(timespec="seconds"),
        "purpose": found.operation or "",
    }


def _met(found: Overlap) -> dict[str, Any]:
    until = found.second.expires_at.isoformat(timespec="seconds")
    return {"by": found.second.run_id, "id": found.second.reservation_id, "addresses": found.addresses, "until": until}
