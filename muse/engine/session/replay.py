"""Ops of a live session applied to a snapshot, in the one total order, so that every replica gets the same files.

An op that was made on the file as it is now gives its result. One that was made on an earlier state is merged with what
others did since; where both changed the same thing the later op wins, and that is told: the earlier one stays in the
log. So does one that cannot be applied at all (it edits a note that is gone, it leads out of the work tree): that is
told, and the session goes on. Only content that is nowhere stops a replay, because it may still arrive.

Edits inside a file wait until somebody asks what the file is, and are then applied to it one after the other while it
is kept open (`open_file` of its domain). So many edits cost what they change, and not as many times the whole file.
"""

from __future__ import annotations

import base64
import binascii
from array import array
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from muse.core import content
from muse.core.address import split
from muse.core.content import ContentStore
from muse.core.errors import ContentMissingError, DamageError, MuseError
from muse.core.filedomain import Reopened
from muse.core.op_log import OpEntry, no_echoes, pick
from muse.core.options import MergeOptions
from muse.core.schema import domain_name
from muse.core.types import blob_digest
from muse.domain import OpenFile, PluginFor
from muse.engine.merge.one_file import merge_one
from muse.engine.session.op_content import Known, refuse_missing, states_named
from muse.engine.session.op_paths import folders_of, refuse_in_submodule, refuse_path
from muse.engine.session.overrides import Overrides
from muse.store.layout import path_bytes
from muse.store.objects.trees import check_path

OPEN_BYTES = 8 << 20
"""Files kept open between edits, by their size; what is known of an open file takes up to fifty times as much."""

_LONGEST = 400  # letters of what is told of one op: the address in it is anybody's

MALFORMED = (MuseError, KeyError, TypeError, ValueError, AttributeError, IndexError)


@dataclass
class Replayed:
    """The files after a replay, the paths any op spoke of, and what was overridden or could not be (lines to read)."""

    files: dict[str, str]
    touched: set[str] = field(default_factory=set)
    overridden: list[str] = field(default_factory=list)
    rejected: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Ops that cannot be applied: by id, the path and a line to read."""
    renamed: dict[str, str] = field(default_factory=dict)
    """What files that have another name now were called before."""
    modes: dict[str, str] = field(default_factory=dict)
    """How new files are to be stored, where ops say so, as Git writes it."""
    whole: dict[str, list[str]] = field(default_factory=dict)
    """By path, the ops that gave a file as a whole, in their order."""


class Choices(Protocol):
    """What somebody chose where HEAD and the session contradict each other."""

    def of(self, path: str, address: str) -> Literal["head", "session"] | None:
        """The side wanted for one conflict, or None."""


class Ground(Protocol):
    """The commit that ops stand on, and the way from it to another (`muse.engine.session.ground`)."""

    commit: str
    head: str
    files: dict[str, str]
    left: list[str]

    @property
    def submodules(self) -> Collection[str]:
        """The paths of HEAD's submodules, which are no files."""

    @property
    def choices(self) -> Choices:
        """What settles conflicts between HEAD and the session."""

    def files_of(self, commit: str) -> dict[str, str]:
        """The files of a commit, path -> digest."""

    def wants(self, head: str, path: str) -> bool:
        """True when a commit is a later state of the branch with another version of a file than the ops stand on."""

    def is_later(self, head: str) -> bool:
        """True when a commit is on this branch (or was), after the one the ops stand on."""

    def moved(self, files: Mapping[str, str], touched: set[str], to: str) -> dict[str, str]:
        """The files of the session brought to a commit, which is what the ops stand on afterwards."""


def replay(
    entries: Sequence[OpEntry],
    files: dict[str, str],
    store: ContentStore,
    plugin_for: PluginFor,
    how: MergeOptions | None = None,
    *,
    ground: Ground | None = None,
    heads: Sequence[str] = (),
) -> Replayed:
    """The files (path -> digest) after the ops; MuseError names the ops that cannot be replayed.

    `entries` come in the total order; they are gone through more than once, and none is kept. Results are put into
    `store`. With `ground`, the files are those of it, an op is applied on what its commit in `heads` (by place, "" for
    none) had, and the result is brought to HEAD.
    """
    known = Known(store)
    chosen = no_echoes(entries)
    if chosen is not None:
        entries, heads = pick(entries, chosen), [heads[at] for at in chosen] if heads else ()
    refuse_missing(entries, known)
    work = _Replay(Replayed(dict(files)), entries, known, plugin_for, (how or MergeOptions())._replace(deadline=None))
    work.ground, work.heads = ground, heads
    with content.using(known):
        work.run()
    return work.done


class _Stopped(Exception):
    """The content an op needs is nowhere or damaged; `at` is its place in the order. Internal."""

    def __init__(self, at: int, error: MuseError) -> None:
        super().__init__(at, error)
        self.at, self.error = at, error


class _Replay:
    def __init__(
        self,
        done: Replayed,
        entries: Sequence[OpEntry],
        store: ContentStore,
        plugin_for: PluginFor,
        how: MergeOptions,
    ) -> None:
        self.done = done
        self.entries = entries
        self.store = store
        self.plugin_for = plugin_for
        self.how = how
        self.folders: set[str] | None = None  # of all files there were; some may be empty by now
        self.waiting: dict[str, array[int]] = {}  # by file: the places of edits inside it, in order
        self.open: dict[str, tuple[str, int, OpenFile]] = {}  # by file, the one used last last: its digest and size
        self.inside: dict[str, Overrides] = {}  # by file
        self.told: list[tuple[int, str]] = []
        self.at = 0  # the place of the op at hand
        self.named: Callable[[str], set[str]] = lambda path: set()
        self.ground: Ground | None = None
        self.heads: Sequence[str] = ()

    def run(self) -> None:
        """Apply the ops, which are in order."""
        self.named = states_named(self.entries, self.store)
        try:
            for at, entry in enumerate(self.entries):
                self._apply(at, entry)
            while self.waiting:
                path = next(iter(self.waiting))
                self._settle(path)
                self.open.clear()
                if path not in self.waiting:
                    self.inside.pop(path, None)  # no edit comes after these
            if self.ground is not None:
                self._move(self.ground.head)
        except _Stopped as stopped:
            first = self._first(stopped)
            raise first.error from first.error.__cause__
        self.done.overridden += [line for _, line in sorted(self.told, key=lambda row: row[0])]

    def _first(self, stopped: _Stopped) -> _Stopped:
        """What stops the replay first in the order of ops: an edit of another file may still wait."""
        for path, edits in list(self.waiting.items()):
            self.waiting[path] = array("I", (at for at in edits if at < stopped.at))
            try:
                self._settle(path)
            except _Stopped as earlier:
                stopped = earlier
        return stopped

    # What the ops stand on ---------------------------------------------------------------------------------------

    def _stand(self, at: int, path: str, op: Any, inside: str) -> None:
        """Bring the files to the commit an op was made on, where that has another version of its file."""
        head = self.heads[at] if self.heads else ""
        if self.ground is None or not head or not self.ground.wants(head, path):
            return
        old = None if inside else op.get("old_content_id") or op.get("content_id") if op["op"] != "insert" else None
        if old is not None:
            self._settle(path)
            if self.done.files.get(path) == old:
                return  # it says itself what it was made on
        self._move(head)

    def _move(self, commit: str) -> bool:
        """Merge the files so far with a commit, which the ops stand on afterwards; False when they do already."""
        if self.ground is None or (commit == self.ground.commit and self.ground.files == self.ground.files_of(commit)):
            return False
        self._settle_all()
        before = self.ground.files_of(commit)
        self.done.files = self.ground.moved(self.done.files, self.done.touched, commit)
        self.done.touched = {
            path
            for path in {*self.done.touched, *self.done.files} | before.keys()
            if self.done.files.get(path) != before.get(path)
        }
        self.folders = None
        return True

    def _settle_all(self) -> None:
        while self.waiting:
            self._settle(next(iter(self.waiting)))
            self.open.clear()

    def _may_be_retried(self, path: str) -> bool:
        """True when an op that could not be applied may be where HEAD is: that has another version of the file."""
        return (
            self.ground is not None
            and self.ground.is_later(self.ground.head)
            and self.ground.files_of(self.ground.head).get(path) != self.ground.files.get(path)
        )

    def _apply(self, at: int, entry: OpEntry) -> None:
        op: Any = entry["domain_op"]
        path, inside = split(op["address"], self._holds_things)
        self._stand(at, path, op, inside)
        child_ops = self._edits(path, op, inside)
        if child_ops is not None and path in self.done.files:
            self.waiting.setdefault(path, array("I")).append(at)
            return
        paths = [name for name in (path, op.get("from_address")) if isinstance(name, str)]
        for name in paths:
            self._settle(name)
        self.at = at
        before = {name: self.done.files.get(name) for name in paths}
        try:
            self._refuse_place(path)
            self._step(path, op, entry, child_ops)
        except (ContentMissingError, DamageError) as problem:
            raise _stopped(at, entry, path, problem) from problem
        except MALFORMED as problem:
            for name, digest in before.items():
                if digest is None:
                    self.done.files.pop(name, None)
                else:
                    self.done.files[name] = digest
            if self.ground is not None and self._may_be_retried(path):
                self._move(self.ground.head)
                self._apply(at, entry)
            else:
                self._tell_why(path, entry, problem)
        else:
            self.done.touched.add(path)
            for name in paths:
                self.inside.pop(name, None)

    def _holds_things(self, path: str) -> bool:
        """True for a file whose domain knows what is in it."""
        return path in self.done.files and getattr(self.plugin_for(path), "name", "") != "files"

    def _edits(self, path: str, op: Any, inside: str) -> list[Any] | None:
        """What an op says about the inside of a file and nothing else; None when it is about the file as a whole."""
        if inside:
            return [op]
        if op["op"] != "patch" or op.get("from_address", path) != path:
            return None
        new = op.get("new_content_id")
        if isinstance(new, str):
            if new in self.named(path):
                self._settle(path)
            if self.store.has(new):
                return None
        return None if new is not None and not isinstance(new, str) else op.get("child_ops", [])

    def _step(self, path: str, op: Any, entry: OpEntry, child_ops: list[Any] | None) -> None:
        if child_ops is not None:
            raise MuseError("the file is not there")
        steps = {"insert": self._insert, "replace": self._replace, "delete": self._delete, "patch": self._patch}
        steps.get(op["op"], self._nowhere)(path, op, entry)

    # Edits inside files ------------------------------------------------------------------------------------------

    def _settle(self, path: str) -> None:
        """Apply the edits of a file that wait, each as a whole or not at all."""
        edits = self.waiting.pop(path, None)
        if not edits:
            return
        file: OpenFile | None = None
        for number, (at, entry) in enumerate(zip(edits, pick(self.entries, edits))):
            self.at = at
            child_ops = _child_ops(path, entry["domain_op"])
            try:
                if file is None:
                    check_path(path_bytes(path))
                    file = self._opened(path)
                file.apply(child_ops)
            except (ContentMissingError, DamageError) as problem:
                raise _stopped(at, entry, path, problem) from problem
            except MALFORMED as problem:
                if self._may_be_retried(path):
                    if file is not None:
                        self._keep(path, file)
                    self._settle_on_head(path, edits[number:])
                    return
                self._tell_why(path, entry, problem)
            else:
                self._applied(path, entry, child_ops, file)
        if file is not None:
            self._keep(path, file)

    def _applied(self, path: str, entry: OpEntry, child_ops: list[Any], file: OpenFile) -> None:
        """Note an edit that was applied; keep the state it made where an op names that."""
        self.done.touched.add(path)
        for line in self.inside.setdefault(path, Overrides()).seen(path, entry, child_ops):
            self._tell(path, entry, line)
        named = self.named(path)
        if named and blob_digest(file.data()) in named:
            self.store.put(file.data())

    def _settle_on_head(self, path: str, edits: array[int]) -> None:
        """Go to HEAD, which has another version of the file, and apply the edits there."""
        assert self.ground is not None
        self._move(self.ground.head)
        self.waiting[path] = edits + self.waiting.get(path, array("I"))
        if path not in self.done.files:
            self._lost(path)
        self._settle(path)

    def _lost(self, path: str) -> None:
        """HEAD has no file any more for edits that wait."""
        for at in self.waiting.pop(path):
            self.at = at
            self._tell_why(path, self.entries[at], MuseError("the file is not there"))

    def _opened(self, path: str) -> OpenFile:
        now = self.done.files[path]
        plugin = self.plugin_for(path)
        digest, _, file = self.open.pop(path, (None, 0, None))
        if file is not None and digest == now:
            return file
        open_file, patch_file = getattr(plugin, "open_file", None), getattr(plugin, "patch_file", None)
        if patch_file is None:
            raise MuseError(f"domain {domain_name(plugin)} cannot replay edits inside a file")
        data = content.fetch(self.store, now)
        made: OpenFile = Reopened(patch_file, path, data) if open_file is None else open_file(path, data)
        return made

    def _keep(self, path: str, file: OpenFile) -> None:
        """Take up what a file became, have it ready for its next edits, and let go of those not used for longest."""
        data = file.data()
        if blob_digest(data) != self.done.files[path]:
            self.done.files[path] = self.store.put(data)
        self.open[path] = self.done.files[path], len(data), file
        kept = sum(each for _, each, _ in self.open.values())
        for name in list(self.open):
            if kept <= OPEN_BYTES:
                break
            kept -= self.open.pop(name)[1]

    # Places ------------------------------------------------------------------------------------------------------

    def _refuse_place(self, path: str) -> None:
        """MuseError for a path no commit can hold or no disk, and where a file would be a folder as well."""
        files = self.done.files
        if path in files:
            check_path(path_bytes(path))
            return
        refuse_path(path)
        if self.ground is not None:
            refuse_in_submodule(path, self.ground.submodules)
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
        self.done.modes[path] = str(op.get("mode", ""))
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
            if self.done.files.get(path, self.done.files[source]) != self.done.files[source]:
                raise MuseError(f"{source:.200} cannot take that name: another file has it")
            self.done.touched.add(source)
            self.done.files[path] = self.done.files.pop(source)
            self.done.renamed[path] = self.done.renamed.pop(source, source)
            self.done.whole.setdefault(path, []).extend(self.done.whole.pop(source, ()))
        old, new = op.get("old_content_id"), op.get("new_content_id")
        if new is not None and self.store.has(new):
            self._become(path, old, new, entry)
            return
        if path not in self.done.files:
            raise MuseError("the file is not there")
        file = self._opened(path)
        file.apply(op.get("child_ops", []))
        self._keep(path, file)

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
        self.done.whole.setdefault(path, []).append(entry["op_id"])
        now = self.done.files.get(path)
        if now in (old, None, new):
            self.done.files[path] = new
            return
        base = content.fetch(self.store, old) if old is not None and self.store.has(old) else None
        ours, theirs = content.fetch(self.store, now), content.fetch(self.store, new)
        plugin = self.plugin_for(path)
        merged = merge_one(plugin, path, base, ours, theirs, self.how)
        if merged.conflicts and self._against_history(path, base, theirs, entry):
            return
        if merged.conflicts:
            for conflict in merged.conflicts:
                what = conflict.ours_summary or conflict.conflict_type
                self._tell(path, entry, f"it overrides {conflict.address or 'the file'} ({what})")
            picks = {conflict.address: "theirs" for conflict in merged.conflicts}
            merged = merge_one(plugin, path, base, ours, theirs, self.how._replace(picks=picks))  # type: ignore[arg-type]
        result = theirs if merged.conflicts or merged.content is None else merged.content
        self.done.files[path] = self.store.put(result)

    def _against_history(self, path: str, base: bytes | None, theirs: bytes, entry: OpEntry) -> bool:
        """True when what an op contradicts is committed and HEAD's side is taken; unsettled ones are noted."""
        ground = self.ground
        if ground is None or path not in ground.files:
            return False
        committed = content.fetch(self.store, ground.files[path])
        found = merge_one(self.plugin_for(path), path, base, committed, theirs, self.how).conflicts
        sides = [(each, ground.choices.of(path, each.address)) for each in found]
        ground.left += [
            f"{path}: {each.address or 'the file'}: HEAD has {each.ours_summary or 'changed it'}, op "
            f"{entry['op_id'][7:19]} of {entry['actor_id']:.60} {each.theirs_summary or 'changed it too'}"
            for each, side in sides
            if side is None
        ]
        return bool(sides) and all(side != "session" for _, side in sides)

    def _tell(self, path: str, entry: OpEntry, what: str) -> None:
        short = what if len(what) <= _LONGEST else f"{what[:_LONGEST]}..."
        self.told.append((self.at, f"{path:.200}: op {entry['op_id'][7:19]} of {entry['actor_id']:.60}: {short}"))

    def _tell_why(self, path: str, entry: OpEntry, problem: Exception) -> None:
        why = problem if isinstance(problem, MuseError) else f"malformed, {type(problem).__name__}: {problem}"
        self._tell(path, entry, f"it cannot be applied ({why})")
        self.done.rejected[entry["op_id"]] = (path, self.told[-1][1])


def _child_ops(path: str, op: Any) -> list[Any]:
    """What an edit inside a file, or a patch of it, says."""
    inside = split(op["address"], lambda name: name == path)[1]
    return [op] if inside else op.get("child_ops", [])


def _stopped(at: int, entry: OpEntry, path: str, problem: MuseError) -> _Stopped:
    error = MuseError(f"op {entry['op_id'][7:19]} of {entry['actor_id']!r:.60} on {path}: {problem}")
    error.__cause__ = problem
    return _Stopped(at, error)
