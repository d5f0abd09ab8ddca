"""Ops of a live session applied to a snapshot, in the one total order, so that every replica gets the same files.

An op that was made on the file as it is now gives its result. One that was made on an earlier state is merged with what
others did since; where both changed the same thing the later op wins, and that is told: the earlier one stays in the
log. So does one that cannot be applied at all (it edits a note that is gone, it leads out of the work tree): that is
told, and the session goes on. Only content that is nowhere stops a replay, because it may still arrive.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from muse.core import content
from muse.core.content import ContentStore
from muse.core.errors import ContentMissingError, DamageError, MuseError
from muse.core.op_log import OpEntry, missing_content, named_content, without_echoes
from muse.core.options import MergeOptions
from muse.core.types import blob_digest
from muse.engine.filemerge import merge_one
from muse.store.layout import path_bytes
from muse.store.trees import check_path

PluginFor = Callable[[str], Any]
_LONGEST_NAME = 255
_LONGEST_PATH = 3000  # bytes below the work tree; a system's PATH_MAX counts the folders above it too


@dataclass
class Replayed:
    """The files after a replay, the paths any op spoke of, and what was overridden or could not be (lines to read)."""

    files: dict[str, str]
    touched: set[str] = field(default_factory=set)
    overridden: list[str] = field(default_factory=list)


def replay(
    entries: Iterable[OpEntry],
    files: dict[str, str],
    store: ContentStore,
    plugin_for: PluginFor,
    how: MergeOptions | None = None,
) -> Replayed:
    """The files (path -> digest) after the ops; MuseError names the ops that cannot be replayed.

    `entries` come in the total order. Results are put into `store`.
    """
    chosen = without_echoes(list(entries))
    refuse_missing(chosen, store)
    work = _Replay(Replayed(dict(files)), store, plugin_for, (how or MergeOptions())._replace(deadline=None))
    with content.using(store):
        for entry in chosen:
            work.apply(entry)
    return work.done


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


def folders_of(path: str) -> list[str]:
    """The folders a file is in, the nearest first."""
    return [path[:at] for at in range(len(path) - 1, 0, -1) if path[at] == "/"]


class _Replay:
    def __init__(self, done: Replayed, store: ContentStore, plugin_for: PluginFor, how: MergeOptions) -> None:
        self.done = done
        self.store = store
        self.plugin_for = plugin_for
        self.how = how
        self.folders: set[str] | None = None  # of all files there were; some may be empty by now

    def apply(self, entry: OpEntry) -> None:
        op: Any = entry["domain_op"]
        steps = {"insert": self._insert, "replace": self._replace, "delete": self._delete, "patch": self._patch}
        step = steps.get(op["op"], self._nowhere)
        path, inside, _ = op["address"].partition("::")
        if inside:
            step = self._inside
        paths = {path, op.get("from_address", path)}
        before = {name: self.done.files.get(name) for name in paths if isinstance(name, str)}
        try:
            self._refuse_place(path)
            step(path, op, entry)
        except (ContentMissingError, DamageError) as problem:
            raise MuseError(f"op {entry['op_id'][7:19]} of {entry['actor_id']!r:.60} on {path}: {problem}") from problem
        except (MuseError, KeyError, TypeError, ValueError, AttributeError, IndexError) as problem:
            for name, digest in before.items():
                if digest is None:
                    self.done.files.pop(name, None)
                else:
                    self.done.files[name] = digest
            why = problem if isinstance(problem, MuseError) else f"malformed, {type(problem).__name__}: {problem}"
            self._tell(path, entry, f"it cannot be applied ({why})")
        else:
            self.done.touched.add(path)

    def _refuse_place(self, path: str) -> None:
        """MuseError for a path no commit can hold or no disk, and where a file would be a folder as well."""
        raw = check_path(path_bytes(path))
        files = self.done.files
        if path in files:
            return
        if len(raw) > _LONGEST_PATH or max(map(len, raw.split(b"/"))) > _LONGEST_NAME:
            raise MuseError(f"no disk takes a name that long ({len(raw)} bytes)")
        if raw.split(b"/")[0].lower() == b".muse":
            raise MuseError("what is in .muse belongs to this clone and is never committed")
        above = folders_of(path)
        for folder in above:
            if folder in files:
                raise MuseError(f"{folder!r} is a file")
        if self.folders is None:
            self.folders = {folder for name in files for folder in folders_of(name)}
        if path in self.folders and any(name.startswith(f"{path}/") for name in files):
            raise MuseError(f"{path!r} is a folder")
        self.folders.update(above)

    def _nowhere(self, path: str, op: Any, entry: OpEntry) -> None:
        raise MuseError(f"it moves {path}, which names no place inside a file; wrap it in a patch of the file")

    def _insert(self, path: str, op: Any, entry: OpEntry) -> None:
        self._become(path, None, self._new(op, op["content_id"]), entry)

    def _replace(self, path: str, op: Any, entry: OpEntry) -> None:
        self._become(path, op["old_content_id"], self._new(op, op["new_content_id"]), entry)

    def _delete(self, path: str, op: Any, entry: OpEntry) -> None:
        now = self.done.files.get(path)
        if now is None:
            return
        if now == op["content_id"]:
            del self.done.files[path]
        else:
            self._tell(path, entry, "it deletes what others have changed since; the changed file stays")

    def _patch(self, path: str, op: Any, entry: OpEntry) -> None:
        source = op.get("from_address", path)
        if source != path and source in self.done.files:
            self.done.touched.add(source)
            self.done.files.setdefault(path, self.done.files.pop(source))
        old, new = op.get("old_content_id"), op.get("new_content_id")
        if new is not None and self.store.has(new):
            self._become(path, old, new, entry)
        else:
            self._edit(path, op.get("child_ops", []))

    def _inside(self, path: str, op: Any, entry: OpEntry) -> None:
        """An op on something in a file, given without its patch."""
        self._edit(path, [op])

    def _edit(self, path: str, child_ops: list[Any]) -> None:
        now = self.done.files.get(path)
        if now is None:
            raise MuseError("the file is not there")
        plugin = self.plugin_for(path)
        patch_file = getattr(plugin, "patch_file", None)
        if patch_file is None:
            raise MuseError(f"domain {getattr(plugin, 'name', '?')} cannot replay edits inside a file")
        self.done.files[path] = self.store.put(patch_file(path, content.fetch(self.store, now), child_ops))

    def _new(self, op: Any, digest: str) -> str:
        """The digest of an op's new content, which is in the store afterwards."""
        if "content_b64" in op:
            try:
                data = base64.b64decode(op["content_b64"], validate=True)
            except (binascii.Error, TypeError, ValueError):
                raise MuseError("content_b64 is not base64") from None
        elif isinstance(op.get("content"), str) and not self.store.has(digest):
            data = op["content"].encode("utf-8", "surrogatepass")
        else:
            content.fetch(self.store, digest)
            return digest
        if blob_digest(data) != digest:
            raise MuseError(f"its content does not hash to {digest!r:.80}")
        return self.store.put(data)

    def _become(self, path: str, old: str | None, new: str, entry: OpEntry) -> None:
        """The file changes from `old` to `new`, or whatever that means on top of what it is now."""
        now = self.done.files.get(path)
        if now in (old, None, new):
            self.done.files[path] = new
            return
        base = content.fetch(self.store, old) if old is not None and self.store.has(old) else None
        ours, theirs = content.fetch(self.store, now), content.fetch(self.store, new)
        plugin = self.plugin_for(path)
        merged = merge_one(plugin, path, base, ours, theirs, self.how)
        if merged.conflicts:
            for conflict in merged.conflicts:
                what = conflict.ours_summary or conflict.conflict_type
                self._tell(path, entry, f"it overrides {conflict.address or 'the file'} ({what})")
            picks = {conflict.address: "theirs" for conflict in merged.conflicts}
            merged = merge_one(plugin, path, base, ours, theirs, self.how._replace(picks=picks))  # type: ignore[arg-type]
        result = theirs if merged.conflicts or merged.content is None else merged.content
        self.done.files[path] = self.store.put(result)

    def _tell(self, path: str, entry: OpEntry, what: str) -> None:
        self.done.overridden.append(f"{path:.200}: op {entry['op_id'][7:19]} of {entry['actor_id']}: {what}")
