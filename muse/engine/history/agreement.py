"""Stored deltas against Git: which paths changed, and how, is Git's to say; a stored delta only lends its words.

Anybody may have written what lies under `refs/muse/meta`, so a delta that names other paths or other kinds of change
than `git diff` of the two trees is left out, and `muse verify` lists it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from muse.core.errors import MuseError
from muse.core.progress import counted
from muse.engine.history.changes import ABSENT, SUBMODULE, Change, between, path_text

if TYPE_CHECKING:
    from muse.domain import DomainOp, StructuredDelta
    from muse.store.meta.union import Problem, Union
    from muse.store.repository import Repository

WHY = "it does not name the changes that Git finds"
_PAIR = re.compile(r"deltas/../([0-9a-f]+)-([0-9a-f]+)\.json")

Fact = tuple[str, str, str]
"""(path, what happened to it: A D M R C, where it was before)."""


def agrees(found: Sequence[Change], delta: StructuredDelta) -> bool:
    """True when the delta has one operation for each change that Git finds, of its kind, and none besides."""
    said = [_said(op) for op in delta["ops"]]
    return None not in said and sorted(map(_fact, found)) == sorted(filter(None, said))


def _fact(change: Change) -> Fact:
    path, before = path_text(change.path), path_text(change.old_path)
    if SUBMODULE in (change.old_mode, change.new_mode):
        return (path, "M", path)
    if change.status in "RC" and path != before:
        return (path, change.status, before)
    return (path, "A" if change.old_mode == ABSENT else "D" if change.new_mode == ABSENT else "M", path)


def _said(op: DomainOp) -> Fact | None:
    """What an operation claims to have happened; None when it is nothing that happens to a path."""
    path = op["address"]
    if op["op"] == "move":
        return None
    if op["op"] != "patch":
        return (path, {"insert": "A", "delete": "D", "replace": "M"}[op["op"]], path)
    before = op.get("from_address", path)
    if before == path:
        return (path, "M", path)
    for letter, words in (("C", f"copied from {before}"), ("R", f"renamed from {before}")):
        if op["child_summary"] == words or op["child_summary"].startswith(f"{words};"):
            return (path, letter, before)
    return None


def false_deltas(repo: Repository, union: Union) -> Iterator[Problem]:
    """Stored deltas, of any writer, that Git's own diff of their trees contradicts; none where a tree is not here."""
    from muse.store.meta import deltas
    from muse.store.meta.union import Problem

    found: tuple[str, list[Change]] = ("", [])
    for entry in counted(union.below("meta", "deltas/"), "comparing deltas"):
        pair = _PAIR.fullmatch(entry.path)
        try:
            delta, _ = deltas.decode(repo.objects.blob(entry.blob, deltas.MAX_DELTA))
            if pair is None or any(repo.objects.resolve(f"{name}^{{tree}}") is None for name in pair.groups()):
                continue
            if found[0] != entry.path:
                found = (entry.path, between(repo, pair[1], pair[2]))
        except (MuseError, KeyError):
            continue  # `muse.store.verify` says what is wrong with it
        if not agrees(found[1], delta):
            yield Problem(entry.ref, entry.path, WHY)
