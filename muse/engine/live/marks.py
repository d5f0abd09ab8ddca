"""How far a session was sent and taken over its relay, kept beside the log. Lost or wrong, it costs time and no op."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from muse.core.io import write_bytes_atomic
from muse.core.op_log import OpLog
from muse.core.types import load_json_file
from muse.store.relay import Stream

FILE = "relay.json"


@dataclass
class Marks:
    """`sent`: the byte offset in the log (`log` is its id) before which this clone's lines (`writer`) are in the stream
    that was `born` then; `number`: that of the last of them. `taken`: the number of the last message that is in the
    log. `first`: of the first the stream had. `salt` makes what is sent once more differ from what was sent before.
    """

    log: str = ""
    writer: str = ""
    born: str = ""
    sent: int = 0
    number: int = 0
    taken: int = 0
    first: int = 1
    salt: str = ""

    def held(self) -> int:
        """The largest number we know the stream to have had."""
        return max(self.number, self.taken)

    def is_lost(self, log: str, writer: str, stream: Stream, held: int) -> bool:
        """True where this is another log, clone or stream, or the stream has lost what it had.

        `held` is what it had when it was looked at: it goes on while we ask.
        """
        if (self.log, self.writer, self.born) != (log, writer, stream.born):
            return True
        return held > stream.last or (stream.first > self.first and not stream.limited)

    def begin(self, log: str, writer: str, stream: Stream) -> None:
        """Begin at nothing, with other message ids than before."""
        first = max(stream.first, 1)
        self.__init__(log, writer, stream.born, first=first, salt=os.urandom(4).hex())  # type: ignore[misc]

    def keep(self, folder: Path) -> None:
        """Write them down, unsynced: what a power cut leaves of them is older, or none."""
        write_bytes_atomic(folder / FILE, f"{json.dumps(asdict(self), sort_keys=True)}\n".encode(), durable=False)


def load(log: OpLog) -> Marks:
    """The marks of a session; fresh ones where there are none or they are damaged."""
    found = load_json_file(log.folder / FILE)
    fresh = Marks()
    if not isinstance(found, dict):
        return fresh
    values = {name: found.get(name) for name in asdict(fresh)}
    if any(type(value) is not type(getattr(fresh, name)) for name, value in values.items()):
        return fresh
    return Marks(**values)  # type: ignore[arg-type]


__all__ = ["FILE", "Marks", "load"]
