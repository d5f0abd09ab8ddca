"""Our log ref without the content of some ops: written anew, as one commit that has no parents.

The ref's history has every earlier state, and so the content as well; a commit without parents is the only one that
does not name it. Readers take the union of trees, so nothing else is lost. A remote that has our old ref keeps it
until that is deleted there; we go on under a new writer id then, as after a restored backup.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple

from muse.core.errors import MuseError, RefMovedError
from muse.core.op_log import OpLog, compact, named_content, portable
from muse.core.op_log.tombstones import names_any
from muse.store import refs
from muse.store.layout import OWN, REMOTES, content_path, own_ref, owner, session_path
from muse.store.log.checkpoints import MAX_SEGMENT
from muse.store.meta.union import Entry, Union
from muse.store.meta.writer_refs import check_own, seal
from muse.store.objects.database import FILE
from muse.store.objects.trees import Change, edit
from muse.store.writer import known_writer, previous_writers

if TYPE_CHECKING:
    from muse.store.repository import Repository

_TRIES = 10


class Left(NamedTuple):
    """A ref of somebody that still has the content; `ours` when it is a copy of one that was ours."""

    ref: str
    ours: bool


def rewrite(repo: Repository, log: OpLog, op_ids: Collection[str]) -> None:
    """Take these ops, and content that nothing else names, out of our own log ref and its history."""
    for _ in range(_TRIES):
        try:
            _rewrite(repo, log, op_ids)
        except RefMovedError:
            continue
        check_own(repo)
        return
    raise MuseError("our log ref keeps moving: other processes write to it without a pause", hint="try again")


def _rewrite(repo: Repository, log: OpLog, op_ids: Collection[str]) -> None:
    session = log.session_id()
    own = {own_ref("log", name) for name in _our_names(repo)}
    for ref, tip in refs.read_many(repo, OWN).items():
        if ref not in own:
            continue
        union = Union(repo, quiet=True)
        changes: dict[bytes, Change] = {}
        kept: set[str] = set()
        gone: set[str] = set()
        entries = [entry for entry in union.of(ref) if entry.path.endswith(".jsonl")]
        files: dict[str, bytes] = {}
        for entry in entries:
            rows, drop = _split(union, entry, op_ids)
            kept |= set().union(*(named_content(row["domain_op"]) for row, _ in rows), set())
            if not drop:
                continue
            changes[entry.path.encode()] = None
            gone |= set().union(*(named_content(row["domain_op"]) for row, _ in drop), set())
            folder, instance = entry.path.split("/")[:2]
            for run in _runs(rows):
                data = b"".join(line + b"\n" for _, line in run)
                first, last = run[0][0]["sequence"], run[-1][0]["sequence"]
                shard = sha256(data).hexdigest()[:2]
                files[f"{folder}/{instance}/{shard}/{first:010d}-{last:010d}.jsonl"] = data
        made = log.read_checkpoint()
        if made is not None and any(entry.path.startswith(session_path(session)) for entry in union.of(ref)):
            files[session_path(session, "checkpoint.json")] = compact(portable(made)) + b"\n"
        there = {entry.path for entry in union.of(ref)}
        changes.update({content_path(name).encode(): None for name in gone - kept if content_path(name) in there})
        with repo.writer() as writer:
            changes.update({path.encode(): (FILE, writer.blob(data)) for path, data in files.items()})
            tree = edit(repo, writer, repo.tree_of(tip), changes)
            new = seal(repo, writer, ref, tree, [], f"session {session!r:.60}, without what was expunged")
        refs.update(repo, ref, new, tip, message="muse: expunged")
    repo.memo.pop("union", None)


def _split(
    union: Union, entry: Entry, op_ids: Collection[str]
) -> tuple[list[tuple[Any, bytes]], list[tuple[Any, bytes]]]:
    """The ops of a segment that stay, and those that go."""
    stay: list[tuple[Any, bytes]] = []
    go: list[tuple[Any, bytes]] = []
    for line in filter(None, (union.read(entry, MAX_SEGMENT) or b"").split(b"\n")):
        try:
            row = json.loads(line)
            row["domain_op"], row["sequence"]
        except (ValueError, KeyError, TypeError, RecursionError):
            if not names_any(line, op_ids):
                continue  # damage that nobody reads; a run needs its number
            row = {"domain_op": {}, "sequence": 0}
        (go if names_any(line, op_ids) else stay).append((row, line))
    return stay, go


def _runs(rows: list[tuple[Any, bytes]]) -> list[list[tuple[Any, bytes]]]:
    runs: list[list[tuple[Any, bytes]]] = []
    for row, line in rows:
        if runs and runs[-1][-1][0]["sequence"] + 1 == row["sequence"]:
            runs[-1].append((row, line))
        else:
            runs.append([(row, line)])
    return runs


def left(repo: Repository, session: str, op_ids: Collection[str]) -> list[Left]:
    """The refs here, of remotes and of others, that still have any of these ops."""
    union = Union(repo, quiet=True)
    ours = set(_our_names(repo))
    found: set[str] = set()
    seen: dict[str, bool] = {}
    for entry in union.below("log", session_path(session)):
        if not entry.path.endswith(".jsonl"):
            continue
        if entry.blob not in seen:
            seen[entry.blob] = names_any(union.read(entry, MAX_SEGMENT) or b"", op_ids)
        if seen[entry.blob]:
            found |= {each.ref for each in union.writers("log", entry.path) if each.blob == entry.blob}
    return [Left(ref, ref.startswith(REMOTES) and (owner(ref) or ("", ""))[1] in ours) for ref in sorted(found)]


def _our_names(repo: Repository) -> list[str]:
    return [*filter(None, [known_writer(repo)]), *previous_writers(repo)]


__all__ = ["Left", "left", "rewrite"]
