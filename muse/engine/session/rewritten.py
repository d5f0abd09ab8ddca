"""Commits that carry a delivery under another name, because history was rewritten: rebase, squash, amend, cherry-pick.

A delivery is known by its commit. Where that was on the branch and is not in its history any more, a commit that makes
the same change carries it, and is noted beside it (`rewritten` in our checkpoint, which travels); where it makes that
of some files only, with their names (`carried`). Only what Git says of both commits is compared: what one did, done to
the other's parent, must be in the other's files. What one did together with those that came after it counts as well: of
two commits of the same lines, made into one, the first is nowhere by itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from muse.core.errors import MuseError
from muse.core.io import write_text_atomic
from muse.core.op_log import OpLog, OpLogCheckpoint
from muse.core.types import load_json_file
from muse.domain import PluginFor
from muse.engine.session import delivery
from muse.engine.session.carriers import Files, carriers
from muse.engine.session.changes import Change, Changes, changes
from muse.engine.session.evidence import merged_bytes
from muse.engine.session.parts import missing

if TYPE_CHECKING:
    from muse.store.repository import Repository

_NEWEST = 50  # deliveries that are looked for
_COMMITS = 500  # of the branch among which one is looked for, and what of its reflog
_PARTS = 5  # commits one delivery may have become
_LATER = 20  # commits after it that are looked at together with it
_FILE = "sought.json"


def follow(repo: Repository, log: OpLog, plugin_for: PluginFor) -> bool:
    """Note which commits of HEAD's history carry deliveries whose own are not in it; True when something is new.

    The caller holds the session's lock (`delivery.one_at_a_time`).
    """
    last, head = log.read_checkpoint(), repo.head()
    if last is None or head is None:
        return False
    known: dict[str, list[str]] = last.get("rewritten", {})
    lost = _lost(repo, log, last, known, head)
    if not lost:
        return False
    sought = {"head": head, "lost": lost}
    if load_json_file(log.folder / _FILE) == sought:
        return False
    found = {commit: names for commit in lost if (names := _carriers(repo, commit, head, plugin_for))}
    write_text_atomic(log.folder / _FILE, json.dumps(sought) + "\n")
    more = {name: names for name, names in found.items() if not names.keys() <= {*known.get(name, ())}}
    if not more:
        return False
    from muse.store.log import checkpoints

    parts = {**last.get("carried", {})}
    for name, names in more.items():
        new = {by: sorted(files) for by, files in names.items() if files is not None and by not in known.get(name, ())}
        parts[name] = {**parts.get(name, {}), **new}
    now = {**known, **{name: sorted({*known.get(name, ()), *more[name]}) for name in more}}
    log.annotate(rewritten=now, carried={name: each for name, each in parts.items() if each} or None)
    checkpoints.save(repo, log)
    return True


def keep_roots(repo: Repository, log: OpLog) -> bool:
    """Note the first commits of a history that was rewritten from its root; True when something is new.

    By these a clone that never had the old history knows the session for one of this repository.
    """
    last = log.read_checkpoint()
    old = [] if last is None else last.get("roots", [])
    if last is None or not old or last.get("branch", "") != (repo.branch() or "") or not repo.head():
        return False
    for root in old:
        done = repo.run("for-each-ref", "--count=1", "--contains", root, "refs/heads")
        if not done.returncode and done.stdout.strip():
            return False
    from muse.store.log import checkpoints

    new = [root for root in checkpoints.roots(repo) if root not in old]
    if new:
        log.annotate(roots=[*old, *new])
        checkpoints.save(repo, log)
    return bool(new)


def follow_all(repo: Repository, plugin_for: PluginFor) -> None:
    """`follow` for every session here that nobody is just delivering; what cannot be known now is not an error."""
    from muse.core.op_log import list_sessions

    head = repo.head()
    if repo.memo.get("followed") == head:
        return
    repo.memo["followed"] = head
    for name in list_sessions(repo.root):
        log = OpLog(repo.root, name)
        with delivery.if_free(log) as free:
            if free:
                try:
                    keep_roots(repo, log)
                    follow(repo, log, plugin_for)
                except MuseError:
                    continue


def _lost(repo: Repository, log: OpLog, last: OpLogCheckpoint, known: Mapping[str, list[str]], head: str) -> list[str]:
    """Commits of deliveries that were on this branch and are not in its history, nor anything they became.

    What one became is looked for on its own: of the commits that a delivery was split into, one may be rewritten again.
    """
    from muse.store.log import checkpoints

    every = carriers([last])
    foreign = [each for made in checkpoints.checkpoints(repo, log.session_id()) for each in made.get("deliveries", ())]
    own = [each["commit"] for each in last.get("deliveries", ())[-_NEWEST:] if not each.get("back")]
    others = [each["commit"] for each in sorted(foreign, key=lambda each: str(each["made_at"]))[-_NEWEST:]]
    names = [name for each in (*own, *others) for name in (each, *sorted(every.get(each, ())))]
    told = [name for name in dict.fromkeys(names) if name and _is_here(repo, name)]
    away = _not_in(repo, told, head)
    given_up = {each["commit"]: each.get("without", ()) for each in last.get("deliveries", ())}

    def is_away(name: str) -> bool:
        has = {each for each in every.get(name, ()) if each not in away and _is_here(repo, each)}
        made = {"commit": name, "without": given_up.get(name, ())}
        return missing(repo, log, made, every, has.__contains__) != frozenset()

    away = [name for name in away if is_away(name)]
    if not away:
        return []
    was = {*delivery.reflog(repo, repo.branch() or "HEAD")[:_COMMITS]}
    left = _not_in(repo, [name for name in was if _is_here(repo, name)], head, everything=True)
    return sorted(name for name in away if name in left or name in own)


def _not_in(repo: Repository, names: Iterable[str], head: str, *, everything: bool = False) -> Any:
    """Which of these commits are not in HEAD's history; with `everything`, of their histories as well."""
    names = set(names)
    if not names:
        return set()
    rows = repo.git("rev-list", "--stdin", input="\n".join([*sorted(names), f"^{head}"]).encode())
    found = set(rows.decode().split())
    return found if everything else found & names


def _is_here(repo: Repository, commit: str) -> bool:
    return repo.objects.resolve(f"{commit}^{{commit}}") == commit


def _carriers(repo: Repository, commit: str, head: str, plugin_for: PluginFor) -> dict[str, Files]:
    """The commits of HEAD's history that make the change of another one or a part of it, and on which files; None for
    all of them."""
    change = next(iter(changes(repo, [commit]).values()), {})
    limits = ("--no-merges", f"-n{_COMMITS}", head, f"^{commit}")
    names = repo.git("rev-list", "--reverse", "--topo-order", *limits).decode().split()
    among = {
        name: shared
        for name, made in changes(repo, names).items()
        if (shared := {path: made[path] for path in made.keys() & change.keys()})
    }
    seen = {name: _seen(repo, change, made, plugin_for) for name, made in among.items()}
    left = set(change)
    for later in _with_later(repo, commit, change, head) if left.difference(*seen.values()) else ():
        for name, made in among.items():
            open_files = {path: did for path, did in made.items() if path in later and path not in seen[name]}
            seen[name] |= _seen(repo, later, open_files, plugin_for)
    found: dict[str, Files] = {}
    while left and len(found) < _PARTS:
        best = max(names, key=lambda name: len(seen.get(name, set()) & left), default="")
        if not seen.get(best, set()) & left:
            break
        left -= seen[best]
        found[best] = None if seen[best] >= change.keys() else frozenset(seen[best])
    return found


def _with_later(repo: Repository, commit: str, change: Changes, head: str) -> list[Changes]:
    """What a commit and those that came after it, where it was before history was rewritten, did together."""
    was = delivery.reflog(repo, repo.branch() or "HEAD")[:_COMMITS]
    tip = next((each for each in was if _is_here(repo, each) and repo.is_ancestor(commit, each)), commit)
    after = repo.git("rev-list", f"-n{_LATER}", "--topo-order", "--ancestry-path", f"{commit}..{tip}", f"^{head}", "--")
    names = after.decode().split()
    found, made = [], changes(repo, names)
    for name in names:
        both = {path: Change(change[path].old, did.new) for path, did in made.get(name, {}).items() if path in change}
        found.append({path: did for path, did in both.items() if did.old != did.new})
    return found


def _seen(repo: Repository, change: Changes, made: Changes, plugin_for: PluginFor) -> set[str]:
    """The paths on which what one commit did is in what another one did."""
    return {path for path, did in made.items() if _within(repo, path, change[path], did, plugin_for)}


def _within(repo: Repository, path: str, did: Change, there: Change, plugin_for: PluginFor) -> bool:
    if did.new == there.new:
        return True
    before, after, other_before, other_after = (
        None if name is None else repo.objects.blob(name) for name in (*did, *there)
    )
    wanted, clean = merged_bytes(repo, path, (before, other_before, after), plugin_for)
    if not clean or wanted == other_before:
        return False
    merged, clean = merged_bytes(repo, path, (other_before, other_after, wanted), plugin_for)
    return clean and merged == other_after


__all__ = ["follow", "follow_all", "keep_roots"]
