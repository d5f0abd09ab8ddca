"""A joined session as others may ask about it: what its process wrote last, and what the log has that was not sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from muse.core.op_log import OpLog, list_sessions
from muse.engine.live import marks, process, settings
from muse.engine.live.outbox import writer_of
from muse.engine.live.shared import told
from muse.store.writer import known_writer, previous_writers

if TYPE_CHECKING:
    from muse.store.repository import Repository

_STRETCH = 4 << 20


def status(repo: Repository, log: OpLog) -> dict[str, Any] | None:
    """Address, process, peers and lag; None for a session that is not joined."""
    if "\n" in log.session_id() or "\0" in log.session_id():
        return None
    address = repo.config(settings.key(log.session_id()))
    pid = process.joined_by(log.folder)
    if not pid and not address:
        return None
    said = told(log.folder) if pid else {}
    if said.get("pid") != pid:
        said = {}
    connected = bool(said.get("connected"))
    return {
        "address": said.get("address", address),
        "pid": pid or None,
        "connected": connected,
        "problem": said.get("problem", ""),
        "unsent": unsent(repo, log),
        "behind": said.get("behind", 0),
        "peers": said.get("peers", []) if connected else [],
        "refused": said.get("refused", {}),
        "missing": said.get("missing", 0),
        "too_large": said.get("too_large", []),
    }


def unsent(repo: Repository, log: OpLog) -> int:
    """How many ops of this clone its mark says were not sent."""
    kept = marks.load(log)
    ours = {*filter(None, [known_writer(repo)]), *previous_writers(repo)}
    at = kept.sent if kept.log == log.log_id() and kept.writer in ours else 0
    many, end = 0, log.end()
    while at < end:
        lines, at = log.stretch(at, _STRETCH)
        many += sum(writer_of(line) in ours for line in lines)
    return many


def claims_elsewhere(repo: Repository) -> list[dict[str, Any]]:
    """What the peers in sessions that are joined here claim, each with the `session` and `who` tells us of it.

    A peer tells a claim for as long as it holds there, whatever our clock says.
    """
    found = []
    for name in list_sessions(repo.root):
        folder = OpLog(repo.root, name).folder
        pid = process.joined_by(folder)
        said = told(folder) if pid else {}
        peers = said.get("peers", []) if said.get("pid") == pid else []
        found += [{**claim, "session": name, "who": peer["who"]} for peer in peers for claim in peer["claims"]]
    return found


__all__ = ["claims_elsewhere", "status", "unsent"]
