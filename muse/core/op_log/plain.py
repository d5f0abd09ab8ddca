"""A log in the plain published format: one entry a line, as JSON and nothing else, as other implementations write it.

It is read as it is. The first write makes it a log of ours, whole, in one rename: every op gets the key and the
checksum that replicas and damage are told by. An `op_id` stays; one that is not the hash of its op is made anew, and
those that name it as their cause name the new one.
"""

from __future__ import annotations

import os
from hashlib import sha256
from typing import TYPE_CHECKING, Any, cast

from muse.core.errors import FormatError
from muse.core.io import write_bytes_atomic
from muse.core.op_log.canonical import loads
from muse.core.op_log.entries import OpEntry, check_fields, check_size, compose, finish, intact, seal

if TYPE_CHECKING:
    from muse.core.op_log.journal import Journal

WRITER = "plain"
"""Whose ops they are until the log is converted."""

_NEEDED = {"op_id": str, "actor_id": str, "lamport_ts": int, "domain": str, "domain_op": dict}
_REST = {"parent_op_ids": list, "created_at": str, "intent_id": str, "reservation_id": str}


def entry_of(line: bytes) -> dict[str, Any] | None:
    """The entry a plain line is; None when it is none."""
    if line[:1] != b"{" or line[-1:] != b"}":
        return None
    try:
        found = loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or found.keys() - _NEEDED.keys() - _REST.keys():
        return None
    if any(type(found.get(name)) is not kind for name, kind in _NEEDED.items()):
        return None
    entry: dict[str, Any] = {name: found[name] for name in _NEEDED}
    for name, kind in _REST.items():
        value = found.get(name)
        entry[name] = kind() if value is None else value
        if type(entry[name]) is not kind:
            return None
    try:
        check_size(line)
        check_fields({name: value for name, value in entry.items() if name not in ("op_id", "created_at")})
    except FormatError:
        return None
    return entry


def row_of(line: bytes, at: int) -> dict[str, Any] | None:
    """The row a plain line is, keyed by its place; None when it is none."""
    entry = entry_of(line)
    return None if entry is None else {**entry, "writer": WRITER, "instance": WRITER, "sequence": at + 1, "crc": ""}


def is_plain(journal: Journal) -> bool:
    """True when the log begins with a plain line. The lock is held; a file that has begun begins like that for ever."""
    if journal.begins_ours or not journal.end or journal.base:
        return False
    first = next(iter(journal.blocks(0, journal.end)), b"").partition(b"\n")[0]
    journal.begins_ours = intact(first) or entry_of(first) is None
    return not journal.begins_ours


def convert(journal: Journal, writer: str) -> None:
    """Make the log one of ours. The lock is held, on a file that is then no longer the log: take it again."""
    lines = journal.read(0, journal.end).split(b"\n")[:-1]
    instance = sha256(b"\n".join(lines)).hexdigest()[:32]
    ids: dict[str, str] = {}
    out, number = [], 0
    for line in lines:
        entry = None if intact(line) else entry_of(line)
        if entry is None:
            out.append(line + b"\n")  # ours already, or damage that whoever reads will set aside
            continue
        number += 1
        out.append(_sealed(entry, ids, (writer, instance, number)))
    write_bytes_atomic(journal.path, b"".join(out), mode=os.stat(journal.path).st_mode & 0o7777)


def _sealed(entry: dict[str, Any], ids: dict[str, str], key: tuple[str, str, int]) -> bytes:
    parents = [ids.get(parent, parent) for parent in entry["parent_op_ids"] if isinstance(parent, str)]
    made = cast(OpEntry, {**entry, "parent_op_ids": sorted(parents)})
    try:
        body, tail = seal(made)
    except FormatError:
        fields = ("actor_id", "domain", "domain_op", "lamport_ts")
        actor, domain, op, at = (entry[name] for name in fields)
        fresh, _ = compose(actor, domain, op, at, parents, entry["intent_id"], entry["reservation_id"])
        if entry["created_at"]:
            fresh["created_at"] = entry["created_at"]
        ids[entry["op_id"]] = fresh["op_id"]
        body, tail = seal(fresh)
    return finish(body, tail, key)
