"""Who is here: every clone says so now and then, with what it claims and how far it is. Nothing of it is kept."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING, Any

from muse.engine.live.shared import MOST_PEERS, Peer, Shared
from muse.engine.session import claims
from muse.engine.session.checked_out import CheckedOut
from muse.store.relay import Relay

if TYPE_CHECKING:
    from muse.store.repository import Repository

EVERY = 2.0
"""Seconds between two words."""
LARGEST = 64 << 10
MOST_CLAIMS = 100
_TEXT = 200


class Presence:
    """What we say, and what we hear."""

    def __init__(self, repo: Repository, shared: Shared, who: str) -> None:
        self.repo = repo
        self.shared = shared
        self.who = who
        self._checked_out = CheckedOut(repo)
        self._state: object = None
        self._branch = ""

    async def run(self, relay: Relay) -> None:
        """Say who we are until the relay fails."""
        await relay.hear(self.heard)
        while True:
            await relay.say(await asyncio.to_thread(self.word))
            await asyncio.sleep(EVERY)

    def word(self) -> bytes:
        """What we say."""
        held = [_without_overlaps(found) for found in claims.active(self.repo)][:MOST_CLAIMS]
        state = self._checked_out.state()
        if state != self._state:
            self._state, self._branch = state, self.repo.branch() or ""
        value = {"who": self.who, "branch": self._branch, "taken": self.shared.taken, "claims": held}
        said = json.dumps(value).encode()
        return said if len(said) <= LARGEST else json.dumps({**value, "claims": []}).encode()

    def heard(self, writer: str, data: bytes) -> None:
        """Take in what a peer says; what is malformed or too long is nothing."""
        if writer in self.shared.ours or len(data) > LARGEST:
            return
        try:
            said = json.loads(data)
            peer = Peer(
                str(said["who"])[:_TEXT],
                str(said["branch"])[:_TEXT],
                said["taken"] if type(said["taken"]) is int and 0 <= said["taken"] < 1 << 63 else 0,
                [_claim(found) for found in said["claims"][:MOST_CLAIMS]],
                time.monotonic(),
            )
        except (KeyError, TypeError, ValueError, RecursionError, AttributeError):
            return
        if writer in self.shared.peers or len(self.shared.alive()) < MOST_PEERS:
            self.shared.peers[writer] = peer


def _without_overlaps(found: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in found.items() if name != "overlaps"}


def _claim(found: dict[str, Any]) -> dict[str, Any]:
    """A claim as another clone tells it: texts, cut to what can be shown."""
    made: dict[str, Any] = {name: str(found[name])[:_TEXT] for name in ("id", "by", "branch", "until", "purpose")}
    return {**made, "addresses": [str(address)[:1000] for address in found["addresses"][:MOST_CLAIMS]]}


__all__ = ["Presence"]
