"""The contents that ops name: looked up once each, found in other ops, told of where they are nowhere."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from typing import Any

from muse.core.content import ContentStore
from muse.core.errors import ContentMissingError
from muse.core.op_log import OpEntry, missing_content, named_content
from muse.core.types import blob_digest


class Known:
    """A content store that asks another one once whether it has something: during a replay only a `put` adds to it."""

    def __init__(self, behind: ContentStore) -> None:
        self._behind = behind
        self._has: dict[str, bool] = {}

    def get(self, digest: str) -> bytes:
        return self._behind.get(digest)

    def put(self, data: bytes) -> str:
        digest = self._behind.put(data)
        self._has[digest] = True
        return digest

    def has(self, digest: str) -> bool:
        found = self._has.get(digest)
        if found is None:
            found = self._has[digest] = self._behind.has(digest)
        return found


def refuse_missing(entries: Sequence[OpEntry], store: ContentStore) -> None:
    """ContentMissingError that names the ops whose content is nowhere."""
    lost = without_content(entries, store)
    if lost:
        names = ", ".join(f"{entry['domain_op']['address']} ({entry['op_id'][7:19]})" for entry in lost[:5])
        raise ContentMissingError(
            f"the content of {len(lost)} op(s) is nowhere to be found: {names}{', ...' if len(lost) > 5 else ''}",
            hint="fetch from a clone that has it (muse sync), or have the agent append the op again with its content; "
            "--accept-damage commits without them",
        )


def without_content(entries: Sequence[OpEntry], store: ContentStore) -> list[OpEntry]:
    """The entries whose content is neither in the store nor in any of the others, which is put into the store then."""
    lost = [entry for entry in entries if missing_content(entry["domain_op"], store)]
    if not lost:
        return lost
    wanted = set().union(*(named_content(entry["domain_op"]) for entry in lost))
    for data in filter(None, map(_carried, entries)):
        if blob_digest(data) in wanted:
            store.put(data)
    return [entry for entry in lost if missing_content(entry["domain_op"], store)]


def _carried(entry: OpEntry) -> bytes | None:
    op: Any = entry["domain_op"]
    try:
        return base64.b64decode(op["content_b64"], validate=True) if "content_b64" in op else op["content"].encode()
    except (KeyError, ValueError, TypeError, AttributeError):
        return None


def states_named(entries: Sequence[OpEntry], store: ContentStore) -> Callable[[str], set[str]]:
    """Which digests ops name for a file that nobody has brought by then: a state the replay goes through may be meant.

    Once an op renames a file, what is named for any is looked for in all.
    """
    named: dict[str, set[str]] = {}
    brought: set[str] = set()
    renames = False
    for entry in entries:
        op: Any = entry["domain_op"]
        path, inside, _ = op["address"].partition("::")
        if inside:
            continue
        renames = renames or op.get("from_address", path) != path
        wanted = (op.get("old_content_id"), op.get("new_content_id") if op["op"] == "patch" else None)
        for digest in wanted:
            if isinstance(digest, str) and digest not in brought and not store.has(digest):
                named.setdefault(path, set()).add(digest)
        if "content" in op or "content_b64" in op:
            brought.update(name for name in (op.get("content_id"), op.get("new_content_id")) if isinstance(name, str))
    if renames:
        everything = set().union(*named.values())
        return lambda path: everything
    return lambda path: named.get(path, set())
