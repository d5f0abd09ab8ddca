"""Who edited what inside a file last, so that an edit made without knowing of it is told: it stays in the log only.

An edit knows of an earlier one of the same thing when it is by the same actor, names it as a cause, or says that it
replaces just what that one made. An edit of the whole file in between starts anew: it was merged, and told, as a file.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from muse.core.address import inside
from muse.core.op_log import OpEntry
from muse.core.op_log.inline_content import children

_PART = re.compile(r"[./](?=[^./])")


class _Last(NamedTuple):
    """The last edit of a thing: what it left there, who made it, and its op."""

    made: object
    actor: str
    op_id: str


class Overrides:
    """The last edit of every address inside one file, and of anything below it."""

    def __init__(self) -> None:
        self._at: dict[str, _Last] = {}
        self._below: dict[str, _Last] = {}

    def seen(self, path: str, entry: OpEntry, child_ops: list[Any]) -> list[str]:
        """Note the edits of an op that was applied; what it overrode without knowing, in words."""
        told: list[str] = []
        stack = list(child_ops)
        while stack:
            op = stack.pop()
            if not isinstance(op, dict):
                continue
            kind, address = op.get("op"), op.get("address")
            if kind == "patch":
                stack.extend(children(op))
            elif kind in ("insert", "replace", "delete") and isinstance(address, str):
                told += self._edit(entry, op, inside(path, address))
        return sorted(told)

    def _edit(self, entry: OpEntry, op: Any, address: str) -> list[str]:
        told = []
        base = op.get("old_content_id" if op["op"] == "replace" else "content_id")
        if op["op"] != "insert":
            for last in (self._at.get(address), self._below.pop(address, None)):
                if last is not None and not _knows(entry, base, last):
                    told.append(f"it overrides what {last.actor:.60} made of {address:.200} ({last.op_id[7:19]})")
        made = {"insert": op.get("content_id"), "replace": op.get("new_content_id")}.get(op["op"])
        self._at[address] = now = _Last(made, entry["actor_id"], entry["op_id"])
        for part in _PART.finditer(address):
            self._below[address[: part.start()]] = now
        return told


def _knows(entry: OpEntry, base: object, last: _Last) -> bool:
    return entry["actor_id"] == last.actor or last.op_id in entry["parent_op_ids"] or (bool(base) and base == last.made)
