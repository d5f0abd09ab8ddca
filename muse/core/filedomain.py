"""What every domain of files shares: manifests, drift, apply and the three-way merge of whole snapshots.

A domain subclasses `FileDomain` and adds what only it knows: `diff_file`, `merge_file`, `patch_file`, `listing`,
`schema`. The files plugin and the scaffold show the least that is needed.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from muse.core import content, options
from muse.core.attributes import file_strategy, load_attributes
from muse.core.content import ContentStore
from muse.core.errors import ContentMissingError, FormatError, MuseError
from muse.core.ignore import is_ignored, load_patterns
from muse.core.io import read_regular, write_bytes_atomic
from muse.core.ops import deleted, inserted, replaced
from muse.core.paths import StrPath, path_bytes, path_text
from muse.core.patterns import matches
from muse.core.platform.files import as_git_has_it, cannot_be_named
from muse.core.terminal import edit_or_pick, either_side
from muse.core.types import blob_digest
from muse.domain import (
    ConflictRecord,
    DomainOp,
    Element,
    FileMerge,
    LiveState,
    OpenFile,
    PatchOp,
    StateDelta,
    StateSnapshot,
    StructuredDelta,
)

if TYPE_CHECKING:
    from pathlib import Path

    from muse.core.schema import DomainSchema
    from muse.domain import DriftReport, MergeResult


class FileDomain:
    """The shared half of a domain whose state is a set of files."""

    name = "files"
    patterns: tuple[str, ...] = ()

    # What a domain adds ------------------------------------------------------------------------------------------

    def schema(self) -> DomainSchema:
        """The domain's declaration."""
        raise MuseError(f"domain {self.name} declares no schema")

    def diff_file(self, path: str, old: bytes, new: bytes) -> tuple[list[DomainOp], str] | None:
        """Child operations and their one-line summary; None when only "it changed" can be said."""
        return None

    def merge_file(self, path: str, base: bytes | None, ours: bytes, theirs: bytes) -> FileMerge:
        """Merge one file both sides changed differently; `base` is None when both added it."""
        return whole_file_conflict(path, base, ours, theirs)

    def patch_file(self, path: str, old: bytes, child_ops: list[DomainOp]) -> bytes:
        """The file after child operations that carry their content (from an op log)."""
        raise MuseError(f"domain {self.name} cannot replay edits inside {path}")

    def open_file(self, path: str, data: bytes) -> OpenFile:
        """The file kept open for many batches of child operations; worth it where a batch costs less than the file."""
        return Reopened(self.patch_file, path, data)

    def elements(self, path: str, data: bytes) -> list[Element] | None:
        """What an op can name in a file; None when only the file itself is known. FormatError for a damaged file."""
        return None

    def unreadable(self, path: str, data: bytes) -> str:
        """Why a file cannot be read as what it is, "" when it can."""
        try:
            self.elements(path, data)
        except FormatError as error:
            return str(error)
        return ""

    def listing(self, data: bytes, path: str) -> str:
        """The file as text lines for `git diff`; ValueError when it cannot be read."""
        return data.decode("utf-8", "replace")

    # What it gets ------------------------------------------------------------------------------------------------

    def claims(self, path: str) -> bool:
        """True when the file's name matches one of `patterns`, case-insensitively."""
        return matches(path, self.patterns)

    def snapshot(self, live_state: LiveState) -> StateSnapshot:
        """A manifest of every file below the folder that `.museignore` does not exclude, or a copy of a manifest.

        Bytes are put into the bound content store, if one is bound.
        """
        if not isinstance(live_state, os.PathLike):
            return StateSnapshot(files=dict(live_state["files"]), domain=live_state["domain"])
        store = content.bound()
        keep = blob_digest if store is None else store.put
        paths = walk_files(live_state, self.name)
        files = {path_text(os.fsencode(path)): keep(read_entry(os.path.join(live_state, path))) for path in paths}
        return StateSnapshot(files=files, domain=self.name)

    def diff(self, base: StateSnapshot, target: StateSnapshot, *, repo_root: Path | None = None) -> StateDelta:
        """File-level operations, with child operations wherever both contents are at hand."""
        old, new = base["files"], target["files"]
        ops: list[DomainOp] = []
        for path in sorted(old.keys() | new.keys()):
            if path not in new:
                ops.append(deleted(path, old[path], f"deleted {path}"))
            elif path not in old:
                ops.append(inserted(path, new[path], f"added {path}"))
            elif old[path] != new[path]:
                ops.append(self._changed(path, old[path], new[path], repo_root))
        return StructuredDelta(domain=self.name, ops=ops, summary=summarise(ops))

    def _changed(self, path: str, old: str, new: str, repo_root: Path | None) -> DomainOp:
        inner, words = None, f"changed {path}"
        try:
            store = content.current(repo_root)
            inner = self.diff_file(path, content.fetch(store, old), content.fetch(store, new))
        except FormatError as error:
            words = f"cannot be read: {error}"
        except MuseError:
            pass  # no store, or missing content: what is left to say is that it changed
        if inner is None:
            return replaced(path, (old, new), (path, words))
        children, summary = inner
        return PatchOp(
            op="patch",
            address=path,
            child_ops=children,
            child_domain=self.name,
            child_summary=summary,
            old_content_id=old,
            new_content_id=new,
        )

    def merge(
        self, base: StateSnapshot, left: StateSnapshot, right: StateSnapshot, *, repo_root: Path | None = None
    ) -> MergeResult:
        """Three-way merge; the same answer as `merge_ops`."""
        return merge_snapshots(self, base, left, right, repo_root=repo_root)

    def merge_ops(
        self,
        base: StateSnapshot,
        ours_snap: StateSnapshot,
        theirs_snap: StateSnapshot,
        ours_ops: list[DomainOp],
        theirs_ops: list[DomainOp],
        *,
        repo_root: Path | None = None,
    ) -> MergeResult:
        """Three-way merge inside files: the contents are merged by `merge_file`, the ops say what each side did.

        A door hands ops that are worked out when they are looked at; a caller with lists of its own gets back in
        `op_log` what they come to together, without what they contradict each other in.
        """
        result = merge_snapshots(self, base, ours_snap, theirs_snap, repo_root=repo_root)
        if result.is_clean and isinstance(ours_ops, list) and (ours_ops or theirs_ops):
            from muse.core.op_transform import merge_op_lists

            result.op_log = merge_op_lists([], ours_ops, theirs_ops).merged_ops
        return result

    def drift(self, committed: StateSnapshot, live: LiveState) -> DriftReport:
        """How the live state differs; has_drift False means byte for byte the same files."""
        from muse.domain import DriftReport

        delta = self.diff(committed, self.snapshot(live))
        if not delta["ops"]:
            return DriftReport(has_drift=False)
        return DriftReport(has_drift=True, summary=delta["summary"], delta=delta)

    def apply(self, delta: StateDelta, live_state: LiveState) -> LiveState:
        """Apply file-level operations and patches; contents come from the content store."""
        if isinstance(live_state, os.PathLike):
            from pathlib import Path

            root = Path(live_state)
            for op in delta["ops"]:
                self._apply_to_folder(root, op)
            return root
        files = dict(live_state["files"])
        for op in delta["ops"]:
            self._apply_to_files(files, op)
        return StateSnapshot(files=files, domain=live_state["domain"])

    def _apply_to_files(self, files: dict[str, str], op: DomainOp) -> None:
        path = op["address"]
        if op["op"] == "delete":
            files.pop(path, None)
        elif op["op"] == "insert":
            files[path] = op["content_id"]
        elif op["op"] == "replace":
            files[path] = op["new_content_id"]
        elif op["op"] == "patch":
            store = content.bound()
            if store is None:
                raise MuseError(f"a patch of {path} needs its content, and no content store is bound")
            source = op.get("from_address", path)
            if source not in files:
                raise MuseError(f"a patch of {source}, which is not there")
            files[path] = op.get("new_content_id") or store.put(
                self.patch_file(path, content.fetch(store, files[source]), op["child_ops"])
            )
            if source != path:
                del files[source]

    def _apply_to_folder(self, root: Path, op: DomainOp) -> None:
        target = inside(root, op["address"])
        if op["op"] == "delete":
            if os.path.lexists(target):
                os.unlink(target)
        elif op["op"] == "insert":
            write_bytes_atomic(target, content.fetch(content.current(root), op["content_id"]))
        elif op["op"] == "replace":
            write_bytes_atomic(target, content.fetch(content.current(root), op["new_content_id"]))
        elif op["op"] == "patch":
            source = inside(root, op.get("from_address", op["address"]))
            new = op.get("new_content_id")
            if new is not None:
                data = content.fetch(content.current(root), new)
            else:
                data = self.patch_file(op["address"], source.read_bytes(), op["child_ops"])
            write_bytes_atomic(target, data)
            if source != target:
                os.unlink(source)


class Reopened:
    """A file of a domain that knows only `patch_file`: each batch reads and writes all of it."""

    def __init__(self, patch_file: Callable[[str, bytes, list[DomainOp]], bytes], path: str, data: bytes) -> None:
        self._patch_file, self._path, self._data = patch_file, path, data

    def apply(self, child_ops: list[DomainOp]) -> None:
        """Apply a batch, or raise and leave the file as it was."""
        self._data = self._patch_file(self._path, self._data, child_ops)

    def data(self) -> bytes:
        """The file's bytes."""
        return self._data


def summarise(ops: list[DomainOp]) -> str:
    """`N added, N removed, N modified`, leaving out zeros; `no changes` when there are none."""
    kinds = [op["op"] for op in ops]
    counts = (
        (kinds.count("insert"), "added"),
        (kinds.count("delete"), "removed"),
        (kinds.count("replace") + kinds.count("patch"), "modified"),
        (kinds.count("move"), "moved"),
    )
    return ", ".join(f"{count} {word}" for count, word in counts if count) or "no changes"


def inside(root: Path, path: str) -> Path:
    """`root/path` on disk, refusing absolute paths, `..`, `.git`, a symlinked folder on the way, and what is no file's
    name on this system."""
    path = os.fsdecode(path_bytes(path))
    from pathlib import PurePosixPath

    parts = PurePosixPath(path).parts
    if not parts or path.startswith("/") or ".." in parts or any(part.lower() == ".git" for part in parts):
        raise MuseError(f"refusing the path {path!r}: it leads out of the work tree")
    why = cannot_be_named(path)
    if why:
        raise MuseError(f"refusing the path {path!r}: {why}")
    target = root
    for part in parts[:-1]:
        target = target / part
        if target.is_symlink():
            raise MuseError(f"refusing the path {path!r}: {target} is a symbolic link")
    return root.joinpath(*parts)


def read_entry(path: StrPath) -> bytes:
    """A regular file's bytes, or a symbolic link's target."""
    if os.path.islink(path):
        return os.fsencode(os.readlink(path))
    return read_regular(path)


def walk_files(root: StrPath, domain: str = "files") -> Iterator[str]:
    """POSIX paths of all files below `root`, sorted, without `.git`, `.muse`, nested repositories and ignored ones.

    `domain` is whose ignore patterns hold where the repository names no domain.
    """
    patterns = load_patterns(root, unnamed=domain)
    stack = [""]
    found: list[str] = []
    while stack:
        prefix = stack.pop()
        with os.scandir(os.path.join(root, prefix)) as entries:
            for entry in entries:
                is_folder = entry.is_dir(follow_symlinks=False)
                path = prefix + as_git_has_it(entry.name) + "/" * is_folder
                if entry.name in (".git", ".muse") or (patterns and is_ignored(path, patterns)):
                    continue
                if is_folder:
                    if not os.path.lexists(os.path.join(entry.path, ".git")):
                        stack.append(path)
                elif entry.is_file(follow_symlinks=False) or entry.is_symlink():
                    found.append(path)
    yield from sorted(found)


def whole_file_conflict(path: str, base: bytes | None, ours: bytes | None, theirs: bytes | None) -> FileMerge:
    """Ours stays on disk, and a person decides which file it is."""
    words = [_state(side, base) for side in (ours, theirs)]
    record = ConflictRecord(
        path=path,
        conflict_type="file_level",
        ours_summary=words[0],
        theirs_summary=words[1],
        hint=either_side(path),
    )
    return FileMerge(content=ours if ours is not None else theirs, conflicts=[record])


def _state(side: bytes | None, base: bytes | None) -> str:
    if side is None:
        return "deleted"
    return "added" if base is None else "changed"


def merge_as_text(path: str, base: bytes | None, ours: bytes, theirs: bytes) -> FileMerge:
    """Git's text merge, which is the answer whenever a domain has none; a binary file is a conflict as a whole.

    Each hunk left has the address `hunk:<n>`, counted from 1 in the unsettled merge, so that a pick can settle it.
    """
    from muse.core.textmerge import merge_text

    how = options.current()
    merged = merge_text(base or b"", ours, theirs, how)
    if merged is None:
        return whole_file_conflict(path, base, ours, theirs)
    data, count = merged
    if not count:
        return FileMerge(data)
    from muse.core.textchunks import settle_hunks

    settled, left = settle_hunks(base or b"", ours, theirs, how)
    records = [
        ConflictRecord(
            path=path,
            conflict_type="text",
            address=address,
            addresses=[address],
            base_summary=head_line(hunk.base),
            ours_summary=head_line(hunk.ours),
            theirs_summary=head_line(hunk.theirs),
            hint=edit_or_pick(path, address),
            detail={"both": True},
        )
        for address, hunk in left
    ]
    return FileMerge(data if settled is None else settled, records)


def head_line(text: bytes) -> str:
    """The first solid line of a side and how many more follow, for a conflict's summary."""
    lines = [line.strip() for line in text.decode("utf-8", "replace").splitlines() if line.strip()]
    if not lines:
        return "nothing"
    return lines[0][:80] + (f" (+{len(lines) - 1} lines)" if len(lines) > 1 else "")


def merge_whole_file(
    domain: FileDomain, path: str, base: bytes | None, ours: bytes | None, theirs: bytes | None
) -> tuple[FileMerge, str]:
    """One path of a merge: trivial cases, then a whole-file strategy, then the domain's `merge_file`.

    Returns the merge and the strategy's name ("" when none was applied). None stands for "no such file".
    """
    if ours == theirs or base == theirs:
        return FileMerge(ours), ""
    if base == ours:
        return FileMerge(theirs), ""
    here = options.current()
    strategy = here.picks.get("") or file_strategy(here.rules, path)
    side = {"ours": ours, "theirs": theirs, "base": base}
    if strategy in side:
        return FileMerge(side[strategy]), strategy
    if strategy == "manual" or ours is None or theirs is None:
        return whole_file_conflict(path, base, ours, theirs), "manual" if strategy == "manual" else ""
    if strategy == "union":
        from muse.core.textmerge import merge_union

        merged = merge_union(base or b"", ours, theirs)
        if merged is not None:
            return FileMerge(merged), "union"
    return domain.merge_file(path, base, ours, theirs), ""


def merge_snapshots(
    domain: FileDomain,
    base: StateSnapshot,
    ours: StateSnapshot,
    theirs: StateSnapshot,
    *,
    repo_root: Path | None = None,
) -> MergeResult:
    """Three-way merge of manifests; contents are read and written only for paths both sides changed differently.

    Where no content store can be reached such a path is decided as a whole: by a rule that names a side, else it is a
    conflict.
    """
    from muse.domain import MergeResult

    b, o, t = base["files"], ours["files"], theirs["files"]
    result = MergeResult(merged=StateSnapshot(files={}, domain=ours["domain"]))
    files = result.merged["files"]
    store: ContentStore | None = None
    bind = options.current()
    if not bind.rules and repo_root is not None:
        bind = _with_rules(bind, repo_root)
    for path in sorted(b.keys() | o.keys() | t.keys()):
        was, mine, other = b.get(path), o.get(path), t.get(path)
        if mine == other or was in (mine, other):
            chosen = other if was == mine else mine
            if chosen is not None:
                files[path] = chosen
            continue
        if store is None:
            store = _at_hand(repo_root)
        if store is None:
            _decide_unread(result, path, {"base": was, "ours": mine, "theirs": other}, bind)
            continue
        sides = [None if digest is None else content.fetch(store, digest) for digest in (was, mine, other)]
        with options.using(bind):
            merged, strategy = merge_whole_file(domain, path, *sides)
        if merged.content is not None:
            files[path] = store.put(merged.content)
        _record(result, path, merged, strategy)
    return result


def _at_hand(repo_root: Path | None) -> ContentStore | None:
    try:
        return content.current(repo_root)
    except MuseError:
        return None


def _decide_unread(result: MergeResult, path: str, sides: dict[str, str | None], bind: options.MergeOptions) -> None:
    """A path both sides changed, of which nothing but the digests is known."""
    strategy = bind.picks.get("") or file_strategy(bind.rules, path)
    digest = sides[strategy] if strategy in sides else sides["ours"] or sides["theirs"]
    if digest is not None:
        result.merged["files"][path] = digest
    if strategy in sides:
        result.applied_strategies[path] = strategy
        return
    known = [None if side is None else side.encode() for side in sides.values()]
    merged = whole_file_conflict(path, *known)
    merged.notes.append(f"{path}: no content store is bound, so the file could only be compared as a whole")
    _record(result, path, merged, "manual" if strategy == "manual" else "")


def _with_rules(bind: options.MergeOptions, repo_root: Path) -> options.MergeOptions:
    return bind._replace(rules=tuple(load_attributes(repo_root)))


def _record(result: MergeResult, path: str, merged: FileMerge, strategy: str) -> None:
    if strategy:
        result.applied_strategies[path] = strategy
    if merged.dimensions:
        result.dimension_reports[path] = merged.dimensions
    if merged.notes:
        result.notes[path] = merged.notes
    if merged.conflicts:
        result.conflicts.append(path)
        result.conflict_records.extend(merged.conflicts)


__all__ = ["ContentMissingError", "FileDomain", "Reopened", "head_line", "inside", "merge_as_text", "merge_snapshots"]
__all__ += ["merge_whole_file", "summarise", "walk_files", "whole_file_conflict"]
