"""What changed, told: `changes.py` has from Git which paths, here their domains say what.

Each path's plugin is handed two manifests of one file. A plugin that fails costs its sentence, nothing else.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from muse.core import content
from muse.core.content import MemoryContent
from muse.core.errors import FormatError, MuseError
from muse.core.filedomain import read_entry, summarise
from muse.core.ops import deleted, inserted, replaced
from muse.core.progress import counted
from muse.domain import DomainOp, PatchOp, PluginFor, SnapshotManifest, StructuredDelta
from muse.engine.history.agreement import WHY, agrees
from muse.engine.history.changes import ABSENT, SUBMODULE, Change, between, path_text

if TYPE_CHECKING:
    from muse.engine.history.words import Words
    from muse.store.repository import Repository

MAX_BYTES = 4 << 20  # above this a file's change is told in one word, unless its plugin `tells_up_to` more
LARGEST = 32 << 20  # above this a side is not read at all, and has no digest
_TELLING = 24  # characters of a text by which it is known again in another file
MAX_SECONDS = 10.0  # for all sentences of one delta; what is left over is told in one word each
# Telling it --------------------------------------------------------------------------------------------------------


def describe(
    repo: Repository,
    found: Iterable[Change],
    plugin_for: PluginFor,
    *,
    domain: str = "files",
    seconds: float = MAX_SECONDS,
) -> StructuredDelta:
    """The changes as one delta of the repository, each path told by its own domain."""
    limit = time.monotonic() + seconds
    ops = [
        describe_one(repo, change, plugin_for if time.monotonic() < limit else _nobody)
        for change in counted(list(found), "reading changes")
    ]
    note_moves(ops)
    return StructuredDelta(domain=domain, ops=ops, summary=summarise(ops))


def note_moves(ops: list[DomainOp]) -> None:
    """Say of an element that left one file and came into another, unchanged, where it went and where it came from.

    Only the words change: what is deleted here and inserted there stays two operations, each true of its own file.
    """
    gone, come = _leaves(ops, "delete"), _leaves(ops, "insert")
    for content_id, (path, op) in gone.items():
        there = come.get(content_id)
        if there is None or there[0]["address"] == path["address"]:
            continue
        op["content_summary"] = f"moved to {there[1]['address']}"
        there[1]["content_summary"] = f"moved from {op['address']}"
        name = there[1]["address"].removeprefix(f"{there[0]['address']}::")
        path["child_summary"] += f"; {name} moved to {there[0]['address']}"
        there[0]["child_summary"] += f"; {name} moved from {path['address']}"


def _leaves(ops: list[DomainOp], kind: str) -> dict[str, tuple[PatchOp, Any]]:
    """Content id -> (the file's patch, the operation) of inner operations of a kind; what occurs twice is left out."""
    found: dict[str, tuple[PatchOp, Any]] = {}
    twice = set()
    for path in ops:
        if path["op"] != "patch":
            continue
        stack: list[Any] = list(path["child_ops"])
        while stack:
            op = stack.pop()
            if op["op"] == "patch":
                stack += op["child_ops"]
            elif op["op"] == kind and op["content_id"] and _is_known_again(op.get("content")):
                twice |= {op["content_id"]} & found.keys()
                found[op["content_id"]] = (path, op)
    return {content_id: pair for content_id, pair in found.items() if content_id not in twice}


def _is_known_again(value: Any) -> bool:
    """True for what is not by chance the same in two files, as `true` or `1.0` is."""
    return value is None or (
        bool(value) if isinstance(value, dict) else isinstance(value, str) and len(value) > _TELLING
    )


def describe_one(repo: Repository, change: Change, plugin_for: PluginFor) -> DomainOp:
    """One change as an operation on its path."""
    path = path_text(change.path)
    if SUBMODULE in (change.old_mode, change.new_mode):
        return _submodule(change, path)
    if change.status == "U":
        return replaced(path, ("", ""), (path, f"in conflict {path}"))
    try:
        old = None if change.old_mode == ABSENT else _bytes(repo, change.old_id, change.old_path)
        new = None if change.new_mode == ABSENT else _bytes(repo, change.new_id, change.path)
    except FormatError:
        return _unread(change, path)
    except MuseError as error:
        return replaced(path, ("", ""), (path, f"changed {path} ({error})"))
    return _told(change, path, old, new, plugin_for)


def _unread(change: Change, path: str) -> DomainOp:
    """By path, mode and Git's ids alone."""
    op = _plain(path, *(None if mode == ABSENT else "" for mode in (change.old_mode, change.new_mode)))
    return _as_git_says(op, path, change, change.old_id == change.new_id)


def _told(change: Change, path: str, old: bytes | None, new: bytes | None, plugin_for: PluginFor) -> DomainOp:
    store = MemoryContent()
    sides = [None if data is None else store.put(data) for data in (old, new)]
    plugin = plugin_or_none(plugin_for, path)
    if max(len(old or b""), len(new or b"")) > getattr(plugin, "tells_up_to", MAX_BYTES):
        plugin = None
    op = _by_plugin(plugin, path, sides, store) if plugin is not None else None
    if op is None:
        op = _plain(path, *sides)
    return _as_git_says(op, path, change, sides[0] == sides[1], sides[0] or "")


def _as_git_says(op: DomainOp, path: str, change: Change, same: bool, digest: str = "") -> DomainOp:
    """The operation with what Git knows besides: where the file was, and its mode where nothing else changed."""
    if change.status in "RC" and change.old_path != change.path:
        return _renamed(op, path, change)
    if same and change.old_mode != change.new_mode:
        words = f"mode of {path} {change.old_mode} -> {change.new_mode}"
        return replaced(path, (digest, digest), (path, words))
    return op


def _by_plugin(plugin: Any, path: str, sides: list[str | None], store: MemoryContent) -> DomainOp | None:
    name = getattr(plugin, "name", "")
    old, new = (SnapshotManifest(files={} if d is None else {path: d}, domain=name) for d in sides)
    try:
        with content.using(store):
            ops: list[DomainOp] = plugin.diff(old, new)["ops"]
    except Exception:  # noqa: BLE001  the sentence is a comfort; `muse doctor` tells of broken plugins
        return None
    return ops[0] if len(ops) == 1 and ops[0].get("address") == path else None


def _plain(path: str, old: str | None, new: str | None) -> DomainOp:
    if old is None:
        return inserted(path, new or "", f"added {path}")
    if new is None:
        return deleted(path, old, f"deleted {path}")
    return replaced(path, (old, new), (path, f"changed {path}"))


def _renamed(op: DomainOp, path: str, change: Change) -> PatchOp:
    """A rename or copy, with what changed inside; as a patch, so that it can be applied in one step."""
    source = path_text(change.old_path)
    word = "copied from" if change.status == "C" else "renamed from"
    inner = op["child_ops"] if op["op"] == "patch" else []
    more = f"; {op['child_summary']}" if op["op"] == "patch" and op["child_summary"] else ""
    patch = PatchOp(
        op="patch",
        address=path,
        child_ops=inner,
        child_summary=f"{word} {source}{more}",
        child_domain=op["child_domain"] if op["op"] == "patch" else "files",
        from_address=source,
    )
    if op["op"] in ("replace", "patch"):
        patch["old_content_id"], patch["new_content_id"] = op["old_content_id"], op["new_content_id"]
    return patch


def _submodule(change: Change, path: str) -> DomainOp:
    old, new = (
        "" if mode != SUBMODULE else name[:12]
        for mode, name in ((change.old_mode, change.old_id), (change.new_mode, change.new_id))
    )
    if not old:
        text = f"submodule {path} added at {new}"
    elif not new:
        text = f"submodule {path} removed"
    else:
        text = f"submodule {path} {old} -> {new if new.strip('0') else 'as checked out'}"
    return replaced(path, ("", ""), (path, text))


def plugin_or_none(plugin_for: PluginFor, path: str) -> Any:
    """The plugin of a path; None where the one it is declared for cannot be had."""
    try:
        return plugin_for(path)
    except MuseError:
        return None


def _nobody(path: str) -> None:
    return None


def _bytes(repo: Repository, name: str, path: bytes) -> bytes:
    """A blob's bytes, or those in the work tree where Git has no id for them yet; FormatError above `LARGEST`."""
    if name.strip("0"):
        try:
            return repo.objects.blob(name, LARGEST)
        except KeyError:
            raise MuseError("its content is not in this repository") from None
    assert repo.work_tree is not None
    place = os.path.join(repo.work_tree, os.fsdecode(path))
    try:
        if os.lstat(place).st_size > LARGEST:
            raise FormatError(f"it has more than {LARGEST} bytes")
        return read_entry(place)
    except OSError as error:
        raise MuseError(error.strerror or "cannot be read") from None


# Deltas of commits --------------------------------------------------------------------------------------------------


def delta_between(
    repo: Repository,
    base_tree: str,
    tree: str,
    plugin_for: PluginFor,
    *,
    domain: str = "files",
    most: int = 200,
    words: Words | None = None,
) -> StructuredDelta:
    """What Git finds changed between two trees, in stored words where they fit, else told now.

    With more than `most` changed paths and nothing stored, file by file only. With `words`, told for a list of commits:
    in one line per path, from what was told before.
    """
    found = between(repo, base_tree, tree)
    stored = _stored(repo, base_tree, tree, found)
    if stored is not None:
        return {**stored, "summary": summarise(stored["ops"])}
    if len(found) > most:
        return outline(found, domain)
    if words is not None:
        return words.delta(found, plugin_for, domain)
    return describe(repo, found, plugin_for, domain=domain)


def made_by(found: Iterable[Change], plugin_for: PluginFor) -> dict[str, str]:
    """Which domains tell these changes, each with its version: clones of other versions may tell them differently."""
    versions = {}
    for plugin in {plugin_for(path_text(change.path)) for change in found}:
        try:
            said = plugin.schema()
            versions[str(said["domain"])] = str(said["schema_version"])
        except Exception:  # noqa: BLE001  it costs the version of that plugin, nothing else
            continue
    return versions


def outline(found: list[Change], domain: str) -> StructuredDelta:
    """The changes by path alone; nothing is read, so contents have no digests."""
    ops: list[DomainOp] = []
    for change in found:
        path = path_text(change.path)
        sides = (None if mode == ABSENT else "" for mode in (change.old_mode, change.new_mode))
        op = _plain(path, *sides)
        ops.append(_renamed(op, path, change) if change.status in "RC" else op)
    return StructuredDelta(domain=domain, ops=ops, summary=summarise(ops))


def _stored(repo: Repository, base_tree: str, tree: str, found: list[Change]) -> StructuredDelta | None:
    from muse.store.meta import deltas

    try:
        return deltas.load(repo, base_tree, tree, refuse=lambda delta: "" if agrees(found, delta) else WHY)
    except MuseError:
        return None  # damage is `muse doctor`'s to report; what a delta says can be worked out again
