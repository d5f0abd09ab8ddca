"""What the loops of one joined session know together, and what of it others may read (`muse session status`)."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from muse.core.types import load_json_file

T = TypeVar("T")
STATE = "relay-state.json"
SMALL = 1 << 16
"""Bytes of lines that are worked on at once; a thread for them takes longer than they do."""
TELL = 0.5
"""Seconds between two looks at what of our state is to be written down."""
PEER_GONE = 10.0
"""Seconds without a word after which a peer is thought to be gone."""
MOST_PEERS = 500


@dataclass
class Peer:
    """Another clone in the session, as it says itself; `at` is when (monotonic, seconds)."""

    who: str
    branch: str
    taken: int
    claims: list[dict[str, Any]]
    at: float


@dataclass
class Shared:
    """`ours`: the writer ids of this clone, present and former; `own`: numbers of messages this process has sent."""

    folder: Path
    address: str
    ours: frozenset[str]
    own: set[int] = field(default_factory=set)
    connected: bool = False
    problem: str = ""
    last: int = 0
    taken: int = 0
    behind: int = 0
    peers: dict[str, Peer] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)
    too_large: set[str] = field(default_factory=set)
    missing: set[str] = field(default_factory=set)
    unkept: int = 0
    told: dict[str, Any] = field(default_factory=dict)

    def sent(self) -> None:
        """Marks moved: they are to be kept with the next look."""
        self.unkept += 1

    def alive(self) -> dict[str, Peer]:
        """Peers that said something of late."""
        now = time.monotonic()
        self.peers = {writer: peer for writer, peer in self.peers.items() if now - peer.at < PEER_GONE}
        return self.peers

    def tell(self) -> None:
        """Write the state down for others to read; a disk that takes nothing stops no relay."""
        value = {
            "pid": os.getpid(),
            "address": self.address,
            "connected": self.connected,
            "problem": self.problem,
            "last": self.last,
            "taken": self.taken,
            "behind": self.behind,
            "peers": [
                {
                    "writer": writer,
                    "who": peer.who,
                    "branch": peer.branch,
                    "behind": max(self.last - peer.taken, 0),
                    "claims": peer.claims,
                }
                for writer, peer in sorted(self.alive().items())
            ],
            "refused": self.refused,
            "too_large": sorted(self.too_large),
            "missing": len(self.missing),
        }
        if value == self.told:
            return
        self.told = value
        path = os.fspath(self.folder / STATE)
        with suppress(OSError):
            with open(f"{path}.tmp", "w", encoding="utf-8") as file:
                file.write(json.dumps(value) + "\n")
            os.replace(f"{path}.tmp", path)


async def aside(size: int, work: Callable[..., T], *args: object) -> T:
    """What comes of work on so many bytes, in a thread of its own where that is much."""
    return work(*args) if size <= SMALL else await asyncio.to_thread(work, *args)


def told(folder: Path) -> dict[str, Any]:
    """The state as the process that joined wrote it last; {} when there is none."""
    found = load_json_file(folder / STATE)
    return found if isinstance(found, dict) else {}


__all__ = ["MOST_PEERS", "SMALL", "STATE", "TELL", "Peer", "Shared", "aside", "told"]
