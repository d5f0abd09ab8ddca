"""The content of ops taken out of the log for good: here, in our log ref and its history; what is left is told.

Which ops, stays known: a tombstone with the id in the log, and `expunged` in the checkpoint, which travels, so that
other clones can say that they still have them. Nobody's copy is touched but ours: what a remote, another clone or a
commit has is theirs to clear away, and named with the command for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from muse.core.errors import MuseError
from muse.core.op_log import OpLog, in_spans
from muse.core.terminal import command
from muse.core.types import plural
from muse.engine.session import delivery
from muse.engine.session.evidence import paths_of
from muse.engine.session.shared import claims
from muse.engine.session.undo import one

if TYPE_CHECKING:
    from muse.store.repository import Repository


@dataclass
class Expunged:
    """The ids of ops whose content is gone here, and lines about where it still is."""

    ops: list[str]
    left: list[str] = field(default_factory=list)


def choose(
    repo: Repository, log: OpLog, *, ops: Sequence[str] = (), paths: Sequence[str] = (), told: bool = False
) -> list[str]:
    """The ids of the ops meant: by id (or its beginning), by file or folder, or those other clones have expunged.

    An id whose content is gone already may be given again. MuseError where an id or a path names nothing.
    """
    view = log.replay([])
    entries = [*view.entries, *view.waiting]
    before = _before(log)
    found: set[str] = set()
    for name in ops:
        gone = [op for op in before if op.startswith(f"sha256:{name.removeprefix('sha256:')}")]
        found.add(gone[0] if len(gone) == 1 and len(name) >= 8 else one(entries, name))
    for path in paths:
        about = {entry["op_id"] for entry in entries if any(_is_in(each, path) for each in paths_of(entry))}
        if not about and not before:
            raise MuseError(f"no op of the session is about {path:.200}", hint="muse session show NAME")
        found |= about
    return sorted(found | (told_by_others(repo, log).keys() if told else set()))


def _is_in(path: str, wanted: str) -> bool:
    return path == wanted or path.startswith(f"{wanted.rstrip('/')}/")


def _before(log: OpLog) -> dict[str, str]:
    last = log.read_checkpoint()
    return {} if last is None else dict(last.get("expunged", {}))


def expunge(repo: Repository, log: OpLog, op_ids: Sequence[str]) -> Expunged:
    """Take the content of these ops out of the log here and out of our log ref.

    What an earlier run was killed in is finished as well.
    """
    from muse.store.log import checkpoints, expunged

    wanted = {*op_ids, *_before(log)}
    with delivery.one_at_a_time(log):
        delivery.settle(repo, log)
        if log.read_checkpoint() is None:
            delivery.begin(repo, log, delivery.here(repo))
        rows, _ = log.lines_from(0)
        keys = {
            row["op_id"]: f"{row['writer']}/{row['instance']}/{row['sequence']}"
            for row, _ in rows
            if row["op_id"] in wanted
        }
        delivered = _delivered_in(repo, log, [row for row, _ in rows if row["op_id"] in op_ids])
        checkpoints.save(repo, log)
        log.annotate(expunged={**_before(log), **keys})  # before anything goes, so that nothing brings it back
        log.expunge(wanted)
        expunged.rewrite(repo, log, wanted)
    done = Expunged(list(op_ids))
    for commit in delivered:
        done.left.append(f"commit {commit[:10]} has what they made: history is rewritten with git filter-repo")
    for ref, ours in expunged.left(repo, log.session_id(), wanted):
        done.left.append(f"{ref} has them: {_mend(ref, ours)}")
    done.left.append("objects of Git that nothing names any more go with " + command("git", "gc", "--prune=now"))
    return done


def _delivered_in(repo: Repository, log: OpLog, rows: list[dict[str, object]]) -> list[str]:
    found = {
        commit
        for claim in claims(repo, log.session_id())
        if any(in_spans(claim.delivery["ops"], row) for row in rows)
        for commit in claim.commits
        if repo.objects.resolve(f"{commit}^{{commit}}") is not None
    }
    return sorted(found)


def _mend(ref: str, ours: bool) -> str:
    parts = ref.split("/")
    if ref.startswith("refs/muse-remotes/") and ours:
        remote, name = "/".join(parts[2:-2]), f"refs/muse/{parts[-2]}/{parts[-1]}"
        return f"{command('git', 'push', remote, '--delete', name)}, then {command('git', 'update-ref', '-d', ref)}"
    return "it is another clone's, which is told with the next sync and does the same there"


def told_by_others(repo: Repository, log: OpLog) -> dict[str, str]:
    """Ops here that other clones have expunged, and the ref that tells it."""
    from muse.store.log import checkpoints

    before = _before(log)
    told = {
        op: ref
        for ref, made in checkpoints.told_by(repo, log.session_id())
        for op in made.get("expunged", {})
        if op not in before
    }
    if not told:
        return {}
    here = {entry["op_id"] for entry in log.read_all()}
    return {op: ref for op, ref in told.items() if op in here}


def words(name: str, told: dict[str, str]) -> str:
    """A line about what others have expunged and is still here."""
    refs = ", ".join(sorted(set(told.values()))[:2])
    how = command("muse", "session", "expunge", name, "--told")
    return f"{plural(len(told), 'op')} that another clone has expunged are still here ({refs}); {how}"


__all__ = ["Expunged", "choose", "expunge", "told_by_others", "words"]
