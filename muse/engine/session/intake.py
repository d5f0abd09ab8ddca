"""What agents send, line by line, into a session's log: checked, batched, answered in order.

A line is a JSON object {"op": {...}, "actor"?, "parents"?, "intent"?, "reservation"?, "domain"?}; lines that arrive
together are written together, and where that fails each is tried alone.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from muse.core.address import split
from muse.core.errors import MuseError, hint_for
from muse.core.op_log import OpLog, Request, missing_content, stored_content, take_content
from muse.core.op_log.canonical import loads

if TYPE_CHECKING:
    from muse.core.op_log import Level
    from muse.store.repository import Repository

_CHUNK = 1 << 16
_LONGEST = 1 << 26
_PATHS = 1 << 10
_FIELDS = {"op": dict, "actor": str, "parents": list, "intent": str, "reservation": str, "domain": str}


def batches(stream: int) -> Iterator[list[bytes | None]]:
    """Whole lines as they arrive, all that are there at once; None for a line that is too long to be an op."""
    parts: list[bytes] = []
    size, skipping = 0, False
    while chunk := os.read(stream, _CHUNK):
        *whole, rest = chunk.split(b"\n")
        lines: list[bytes | None] = []
        for line in whole:
            lines.append(None if skipping else b"".join([*parts, line]))
            parts, size, skipping = [], 0, False
        if rest and not skipping:
            parts.append(rest)
            size += len(rest)
            if size > _LONGEST:
                parts, size, skipping = [], 0, True
        if lines:
            yield lines
    if parts or skipping:
        yield [None if skipping else b"".join(parts)]


class Intake:
    """Lines to answers; ops that arrive together are written together."""

    def __init__(
        self, here: Repository, log: OpLog, actor: str, level: Level, domain_for_path: Callable[[str], str]
    ) -> None:
        self.here = here
        self.log = log
        self.actor = actor
        self.level = level
        self.domain_for_path = domain_for_path
        self.failed = False
        self.kept: set[str] = set()
        self.domains: dict[str, str] = {}
        self.made: set[str] = set()  # files that an op before made
        self.known: set[str] | None = None

    def take(self, lines: list[bytes | None]) -> list[dict[str, Any]]:
        """One answer per line that is not blank."""
        wishes = [self._wish(line) for line in lines if line is None or line.strip()]
        good = [wish for wish in wishes if isinstance(wish, Request)]
        try:
            made = iter(self._record(good))
            return [next(made) if isinstance(wish, Request) else wish for wish in wishes]
        except (MuseError, OSError):
            pass  # nothing was written; one by one shows which
        return [self._alone(wish) if isinstance(wish, Request) else wish for wish in wishes]

    def _alone(self, wish: Request) -> dict[str, Any]:
        try:
            return self._record([wish])[0]
        except (MuseError, OSError) as error:
            return self._error(in_words(error))

    def _record(self, wishes: list[Request]) -> list[dict[str, Any]]:
        if not wishes:
            return []
        self._keep(wishes)
        entries = self.log.record_all(wishes, level=self.level)
        first = self.log.sequence - len(entries) + 1
        return [
            {"ack": entry["op_id"], "lamport": entry["lamport_ts"], "sequence": first + at}
            for at, entry in enumerate(entries)
        ]

    def _keep(self, wishes: list[Request]) -> None:
        """Have our ref name what the ops do not carry, before they are acknowledged."""
        named = {digest for wish in wishes if (digest := stored_content(wish.op)) is not None} - self.kept
        if named:
            from muse.store.log import checkpoints

            checkpoints.pin(self.here, named)
            self.kept |= named

    def _wish(self, line: bytes | None) -> Request | dict[str, Any]:
        if line is None:
            return self._error(f"a line is over {_LONGEST} bytes")
        try:
            value = loads(line)
        except (ValueError, RecursionError) as error:
            return self._error(f"not JSON: {error}")
        if not isinstance(value, dict):
            return self._error("a line is a JSON object")
        for name, found in value.items():
            kind = _FIELDS.get(name)
            if kind is None:
                return self._error(f"{name!r:.80} is no field of a line ({', '.join(_FIELDS)})")
            if not isinstance(found, kind):
                return self._error(f"{name} is not of type {kind.__name__}")
        if "op" not in value:
            return self._error("op is missing")
        try:
            op: Any = take_content(self._in_its_file(value["op"]), self.here.content)
            lost = missing_content(op, self.here.content)
        except (MuseError, OSError, TypeError, AttributeError, RecursionError) as error:
            return self._error(in_words(error))
        if lost:
            return self._error(f"the content of {', '.join(lost[:3])} is neither in the op nor in the repository")
        parents = value.get("parents", [])
        if not all(isinstance(parent, str) for parent in parents):
            return self._error("parents are op ids")
        return Request(
            actor=value.get("actor", self.actor),
            domain=value.get("domain") or self._domain(op),
            op=op,
            parents=tuple(parents),
            intent=value.get("intent", ""),
            reservation=value.get("reservation", ""),
        )

    def _in_its_file(self, op: Any) -> Any:
        """An op on `path/key` as the patch of the file it is; a file is what is one on disk, or was made just now."""
        if not isinstance(op, dict) or not isinstance(op.get("address"), str):
            return op
        path, inside = split(op["address"], self._is_file)
        if not inside or "::" in op["address"]:
            if op.get("op") == "insert" and not inside:
                self.made.add(path)
            return op
        domain = self.domain_for_path(path)
        summary = str(op.get("content_summary") or op.get("new_summary") or inside)
        return {"op": "patch", "address": path, "child_ops": [op], "child_domain": domain, "child_summary": summary}

    def _is_file(self, path: str) -> bool:
        if self.domain_for_path(path) == "files":
            return False
        on_disk = os.path.join(self.here.root, path)
        return path in self.made or os.path.isfile(on_disk) or (not os.path.isdir(on_disk) and path in self._session())

    def _session(self) -> set[str]:
        """The files that ops of the session had made when somebody first asked."""
        if self.known is None:
            ops = (entry["domain_op"] for entry in self.log.read_all())
            self.known = {op["address"] for op in ops if op["op"] == "insert"}
        return self.known

    def _domain(self, op: Any) -> str:
        address = op.get("address")
        if not isinstance(address, str):
            return "files"
        path = address.partition("::")[0]
        found = self.domains.get(path)
        if found is None:
            if len(self.domains) >= _PATHS:
                self.domains.clear()
            found = self.domains[path] = self.domain_for_path(path)
        return found

    def _error(self, why: str) -> dict[str, Any]:
        self.failed = True
        return {"error": why}


def text(answer: dict[str, Any]) -> str:
    """An answer as a line of JSON; acknowledgements, whose ids need no escaping, without an encoder."""
    if "ack" in answer:
        return f'{{"ack": "{answer["ack"]}", "lamport": {answer["lamport"]}, "sequence": {answer["sequence"]}}}\n'
    return json.dumps(answer) + "\n"


def in_words(error: Exception) -> str:
    hint = hint_for(error.errno) if isinstance(error, OSError) else getattr(error, "hint", "")
    said = (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
    return f"{said}; {hint}" if hint else said
