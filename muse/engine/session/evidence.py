"""Whether a commit holds the ops that a delivery says it holds: looked for in its files, not believed.

A delivery is told by a clone, and anybody who can push can tell one. So its ops are replayed on what the commit was
made on. Where the commit left alone what they change, it does not hold them; where it changed the same in another way
(a hook, a choice, a lie), that cannot be told. Neither counts as delivered when commits are merged: then the merge is
Git's ordinary one, and nobody's edit is taken for taken back.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple

from muse.core import content
from muse.core.errors import MuseError
from muse.core.io import write_text_atomic
from muse.core.op_log import OpEntry, OpLog, compact
from muse.core.terminal import one_line
from muse.core.types import load_json_file
from muse.domain import PluginFor

if TYPE_CHECKING:
    from muse.store.repository import Repository


_FILE, _KEPT = "checked.json", 1000


class Doubt(NamedTuple):
    """Paths on which a commit lacks what ops made, and those on which that cannot be told."""

    lacking: frozenset[str]
    unclear: frozenset[str]

    def about(self, paths: Iterable[str]) -> bool:
        """True when an op on these paths cannot be taken for one that the commit holds."""
        return not (self.lacking | self.unclear).isdisjoint(paths)


def checked(
    repo: Repository, log: OpLog, ref: str, told: Mapping[str, Any], entries: list[OpEntry], plugin_for: PluginFor
) -> Doubt:
    """What is to be doubted of a delivery that a ref tells; looked for once, and told then."""
    text = compact([ref, told, [entry["op_id"] for entry in entries]])
    name = sha256(text).hexdigest()[:32]
    kept = _kept(log)
    if name in kept:
        return Doubt(*(frozenset(kept[name][field]) for field in Doubt._fields))
    found = doubts(repo, told["commit"], entries, plugin_for)
    kept[name] = {
        "ref": ref,
        "commit": told["commit"],
        **{key: sorted(value) for key, value in found._asdict().items()},
    }
    for old in list(kept)[: max(0, len(kept) - _KEPT)]:
        del kept[old]
    if log.folder.is_dir():
        write_text_atomic(log.folder / _FILE, json.dumps(kept) + "\n")
    if found.lacking:
        logging.getLogger(__name__).warning("%s", _words(ref, told["commit"], found.lacking))
    return found


def contradicted(repo: Repository, log: OpLog) -> list[str]:
    """A line about each delivery that was looked into and whose commit lacks what it is said to hold."""
    from muse.store import refs
    from muse.store.layout import OWN, REMOTES

    rows = [each for each in _kept(log).values() if each["lacking"]]
    there = refs.read_many(repo, OWN, REMOTES) if rows else {}
    rows = [each for each in rows if each["ref"] in there]
    return list(dict.fromkeys(_words(each["ref"], each["commit"], each["lacking"]) for each in rows))


def _words(ref: str, commit: str, lacking: Iterable[str]) -> str:
    names = sorted(lacking)
    what = ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
    return one_line(f"{ref}: it says that commit {commit[:10]} delivers ops on {what}, which that does not hold")


def _kept(log: OpLog) -> dict[str, dict[str, Any]]:
    """What was looked into before; a local file, disposable."""
    found = load_json_file(log.folder / _FILE)
    return {name: row for name, row in found.items() if _is_row(row)} if isinstance(found, dict) else {}


def _is_row(row: Any) -> bool:
    return (
        isinstance(row, dict)
        and all(isinstance(row.get(name), str) for name in ("ref", "commit"))
        and all(
            isinstance(row.get(name), list) and all(isinstance(each, str) for each in row[name])
            for name in Doubt._fields
        )
    )


def doubts(repo: Repository, commit: str, entries: list[OpEntry], plugin_for: PluginFor) -> Doubt:
    """On which paths a commit cannot be seen to hold these ops; `entries` are all it is said to hold, in order."""
    from muse.engine.session.replay import replay

    everything = frozenset(path for entry in entries for path in paths_of(entry))
    row = repo.git("rev-list", "--parents", "-n1", commit).decode().split()
    try:
        before, after = (_files(repo, name) for name in (row[1] if len(row) > 1 else "", commit))
        done = replay(entries, before, repo.content, plugin_for)
    except MuseError:
        return Doubt(frozenset(), everything)
    lacking, unclear = set(), {path for path, _ in done.rejected.values()}
    for path in sorted((everything | done.touched) - unclear):
        was, wanted, now = before.get(path), done.files.get(path), after.get(path)
        if wanted in (was, now):
            continue  # the ops take themselves back, or it is what they make
        merged, clean = merged_digest(repo, path, (was, now, wanted), plugin_for)
        if not clean:
            unclear.add(path)
        elif merged != now:
            lacking.add(path)
    return Doubt(frozenset(lacking), frozenset(unclear))


def paths_of(entry: OpEntry) -> set[str]:
    """The files an op is about: two for one that moves a file."""
    op: Any = entry["domain_op"]
    names = (op["address"], op.get("from_address"))
    return {name.partition("::")[0] for name in names if isinstance(name, str)}


def merged_digest(
    repo: Repository, path: str, three: tuple[str | None, str | None, str | None], plugin_for: PluginFor
) -> tuple[str | None, bool]:
    """The digest of a file merged from base, ours and theirs, None for no file; False where they conflict."""
    base, ours, theirs = (None if digest is None else content.fetch(repo.content, digest) for digest in three)
    merged, clean = merged_bytes(repo, path, (base, ours, theirs), plugin_for)
    return None if merged is None else repo.content.put(merged), clean


def merged_bytes(
    repo: Repository, path: str, three: tuple[bytes | None, bytes | None, bytes | None], plugin_for: PluginFor
) -> tuple[bytes | None, bool]:
    """As `merged_digest`, of the bytes themselves; nothing is written."""
    from muse.engine.merge.one_file import how_from, merge_one

    how, _ = how_from({}, repo.work_tree)
    merged = merge_one(plugin_for(path), path, *three, how)
    return (None, False) if merged.conflicts else (merged.content, True)


def _files(repo: Repository, commit: str) -> dict[str, str]:
    return dict(repo.manifest(commit)["files"]) if commit else {}


__all__ = ["Doubt", "checked", "contradicted", "doubts", "merged_bytes", "merged_digest", "paths_of"]
