"""Clearing up what throw-away clones leave: a retired writer's chain becomes part of ours.

Absorbing adds parents and tree entries to our own refs; it moves and deletes nothing of anybody else's. Deleting the
absorbed refs is a step of its own, to be asked for.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from muse.core.errors import MuseError
from muse.store import refs
from muse.store.layout import FORMATS, OWN, REMOTES, Kind, own_ref, owner
from muse.store.meta.union import Problem, Union
from muse.store.meta.writer_refs import KINDS, refuse_newer, seal, settle
from muse.store.objects.database import FILE
from muse.store.objects.trees import Change, edit
from muse.store.writer import known_writer, previous_writers, writer_id

if TYPE_CHECKING:
    from muse.store.repository import Repository

RETIRED_DAYS = 30.0
_AT_ONCE = 100  # parents of one commit


class Absorbed(NamedTuple):
    """Refs whose chains are now part of ours, and what had to be kept apart."""

    refs: list[str]
    apart: list[Problem]


def absorb(repo: Repository, *, retired_days: float = RETIRED_DAYS) -> Absorbed:
    """Take in the chains of writers that have written nothing for so many days, and of those we were ourselves.

    What two writers tell differently, and only a plugin could join, keeps its writer apart.
    """
    done = Absorbed([], [])
    if known_writer(repo) is None and not refs.read_many(repo, OWN, REMOTES):
        return done
    for kind in KINDS:
        settle(repo, kind)
        _absorb_all(repo, kind, _retired(repo, kind, time.time() - retired_days * 86400), done)
    return done


def _retired(repo: Repository, kind: Kind, before: float) -> list[tuple[str, str]]:
    """(ref, tip) of chains that are not ours yet, one ref per tip."""
    me, was_us = known_writer(repo), set(previous_writers(repo))
    ours = refs.read(repo, own_ref(kind, me)) if me is not None else None
    rows = repo.git("for-each-ref", "--format=%(objectname) %(committerdate:unix) %(refname)", OWN, REMOTES)
    taken = set(_merged(repo, ours, OWN, REMOTES)) if ours is not None else set()
    found: dict[str, str] = {}
    for row in rows.splitlines():
        tip, when, ref = os.fsdecode(row).split(" ", 2)
        key = owner(ref)
        if key is None or key[0] != kind or key[1] == me or not when.isdigit():
            continue
        if (int(when) <= before or key[1] in was_us) and ref not in taken:
            found.setdefault(tip, ref)
    return [(ref, tip) for tip, ref in found.items()]


def _absorb_all(repo: Repository, kind: Kind, rows: Sequence[tuple[str, str]], done: Absorbed) -> None:
    """A hundred chains at a time. What our own ref has is looked up anew only where somebody else wrote to it."""
    if not rows:
        return
    name = own_ref(kind, writer_id(repo))
    union, held, last = Union(repo), dict[str, str](), ""
    for at in range(0, len(rows), _AT_ONCE):
        ours = refs.read(repo, name)
        if ours != last:
            union = Union(repo) if last else union
            held = {entry.path: entry.blob for entry in union.of(name)} if ours is not None else {}
        last = _absorb(repo, kind, name, ours, union, held, dict(rows[at : at + _AT_ONCE]), done) or ours or ""


def _absorb(
    repo: Repository,
    kind: Kind,
    name: str,
    ours: str | None,
    union: Union,
    held: dict[str, str],
    tips: dict[str, str],
    done: Absorbed,
) -> str:
    """Our ref's new tip, or "" when nothing was taken; what it then has more is put into `held`."""
    new: dict[str, str] = {}
    taken = []
    for ref in tips:
        theirs = {entry.path: entry.blob for entry in union.of(ref)}
        clash = next((path for path in theirs if _differs(path, theirs[path], held.get(path, new.get(path)))), None)
        if clash is not None:
            done.apart.append(Problem(ref, clash, "it is told differently by another writer"))
            continue
        new.update({path: blob for path, blob in theirs.items() if path not in held and path not in new})
        taken.append(ref)
    if not taken:
        return ""
    base = repo.tree_of(ours) if ours is not None else None
    changes: dict[bytes, Change] = {path.encode(): (FILE, blob) for path, blob in new.items()}
    with repo.writer() as writer:
        if base is not None:
            refuse_newer(repo, kind, base, name)
        changes[b"format"] = (FILE, writer.blob(FORMATS[kind][-1]))
        tree = edit(repo, writer, base, changes)
        parents = [*([ours] if ours is not None else []), *(tips[ref] for ref in taken)]
        commit = seal(repo, writer, name, tree, parents, f"absorb {len(taken)} writer(s)")
    refs.update(repo, name, commit, ours, message="muse gc: absorb")
    done.refs.extend(taken)
    held.update(new)
    return commit


def _differs(path: str, theirs: str, ours: str | None) -> bool:
    """True when both tell something under one name that neither can be given up for the other.

    A delta can be derived again, and a checkpoint says only how far its writer had come.
    """
    return ours not in (None, theirs) and not path.startswith("deltas/") and not path.endswith("/checkpoint.json")


def absorb_remote(repo: Repository, remote: str) -> Absorbed:
    """Take in all that a remote had, which is gone, and delete the copies of it; what is kept apart stays."""
    done = Absorbed([], [])
    for kind in KINDS:
        prefix = f"{REMOTES}{remote}/{kind}/"
        tips = refs.read_many(repo, prefix)
        if not tips:
            continue
        settle(repo, kind)
        name = own_ref(kind, writer_id(repo))
        ours = refs.read(repo, name)
        taken = set(_merged(repo, ours, prefix)) if ours is not None else set()
        _absorb_all(repo, kind, [(ref, tip) for ref, tip in tips.items() if ref not in taken], done)
        if refs.read(repo, name) is not None:
            _delete_here(repo, _merged(repo, name, prefix))
    return done


def prune_absorbed(repo: Repository, remote: str | None = None) -> list[str]:
    """Delete refs whose whole chain is part of ours: what we were before, here; with `remote`, others' there as well.

    On the remote only what its own copy of our ref contains is deleted, and only if it has not moved since we looked.
    """
    gone: list[str] = []
    me = known_writer(repo)
    for kind in KINDS if me is not None else ():
        ours = own_ref(kind, me or "")
        if refs.read(repo, ours) is not None:
            gone += _delete_here(repo, [ref for ref in _merged(repo, ours, f"{OWN}{kind}/") if ref != ours])
        if remote is not None:
            copy = f"{REMOTES}{remote}/{kind}/{me}"
            if refs.read(repo, copy) is not None:
                gone += _delete_there(repo, remote, _merged(repo, copy, f"{REMOTES}{remote}/{kind}/"), copy)
    return gone


def _merged(repo: Repository, tip: str, *prefixes: str) -> list[str]:
    """The refs whose whole chain is part of that commit's."""
    rows = repo.git("for-each-ref", f"--merged={tip}", "--format=%(refname)", *prefixes)
    return [os.fsdecode(row) for row in rows.splitlines()]


def _delete_here(repo: Repository, names: list[str]) -> list[str]:
    refs.update_many(repo, [(name, None, refs.read(repo, name)) for name in names])
    return names


def _delete_there(repo: Repository, remote: str, copies: list[str], own: str) -> list[str]:
    tips = {copy: refs.read(repo, copy) for copy in copies if copy != own}
    if not tips:
        return []
    there = {copy: OWN + copy.removeprefix(f"{REMOTES}{remote}/") for copy in tips}
    leases = [f"--force-with-lease={there[copy]}:{tip}" for copy, tip in tips.items()]
    try:
        repo.git("push", "-q", "--no-verify", *leases, remote, *(f":{name}" for name in there.values()))
    except MuseError as error:
        raise MuseError(f"{remote} deleted nothing: {error}", hint="see docs/hosting.md") from None
    return _delete_here(repo, list(tips))
