"""What a domain's plugin says of one file that both sides changed: joined, or merged by the first method it has.

A plugin may be a stranger's: it is held to what its protocol and its own `diff` say. Its clean answer has to be, in the
words of that `diff`, what both sides' edits make of the base; one that is not is a conflict.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from muse.core import content
from muse.core.attributes import file_strategy, path_matches
from muse.core.content import MemoryContent
from muse.core.errors import MuseError
from muse.core.filedomain import FileDomain
from muse.core.schema import domain_name
from muse.core.textmerge import has_markers
from muse.domain import ConflictRecord, FileMerge, SnapshotManifest

if TYPE_CHECKING:
    from muse.core.options import MergeOptions
    from muse.domain import MergeResult
    from muse.engine.merge.join import Past

CRDT_METHODS = ("crdt_schema", "join", "to_crdt_state", "from_crdt_state")
_OVERRULES = {"ours": ("theirs",), "theirs": ("ours",), "base": ("ours", "theirs"), "union": ()}


class PluginFailure(MuseError):
    """A plugin raised, or answered something that cannot be an answer."""


def is_crdt(plugin: Any) -> bool:
    """True for a plugin whose schema says that its files are joined."""
    try:
        return bool(plugin.schema()["merge_mode"] == "crdt")
    except Exception:  # noqa: BLE001  a plugin that cannot say so is merged three-way, and fails there
        return False


def can_join(plugin: Any) -> bool:
    """True for a plugin with the four methods of a CRDT."""
    return all(callable(getattr(plugin, name, None)) for name in CRDT_METHODS)


def wants_join(plugin: Any, path: str, how: MergeOptions) -> bool:
    """True when this path is joined as a CRDT instead of merged three-way."""
    if not can_join(plugin):
        return False
    strategy = file_strategy(how.rules, path)
    if strategy == "three_way":
        return False
    return strategy == "join" or how.config.get("merge.muse.mode") == "crdt" or is_crdt(plugin)


def keeps_edits_over_deletions(plugin: Any) -> bool:
    """True when a join knows that a file was edited; lifted from the files alone it cannot tell who deleted what."""
    return callable(getattr(plugin, "advance_crdt_state", None))


def answer(
    plugin: Any, path: str, base: bytes | None, ours: bytes, theirs: bytes, how: MergeOptions, past: Past | None
) -> FileMerge:
    """The plugin's merge of a path; PluginFailure (or what MuseError it raised) where that must not reach a user."""
    store = MemoryContent(behind=content.bound())
    joined = wants_join(plugin, path, how)
    try:
        with content.using(store):
            merged = _asked(plugin, path, base, ours, theirs, store, past, joined)
            merged = _possible(merged, (base, ours, theirs))
            if not merged.conflicts and not _answers_for_itself(plugin):
                merged = _lawful(plugin, path, base, ours, theirs, merged, store, how, joined)
    except MuseError:
        raise
    except Exception as error:
        raise PluginFailure(f"{type(plugin).__name__} failed: {type(error).__name__}: {error}") from error
    merged.notes += [text for text in unknown_dimensions(plugin, path, how) if text not in merged.notes]
    return merged


def _asked(
    plugin: Any,
    path: str,
    base: bytes | None,
    ours: bytes,
    theirs: bytes,
    store: MemoryContent,
    past: Past | None,
    joined: bool,
) -> FileMerge:
    if joined:
        from muse.engine.merge.join import Past, join_file, join_lifted

        if callable(getattr(plugin, "advance_crdt_state", None)):
            return join_file(plugin, path, base, ours, theirs, store, past or Past())
        return join_lifted(plugin, path, ours, theirs, store)
    if callable(getattr(plugin, "merge_file", None)) and not isinstance(plugin, FileDomain):
        merged = plugin.merge_file(path, base, ours, theirs)
        if not isinstance(merged, FileMerge):
            raise PluginFailure(f"merge_file of {type(plugin).__name__} answered {type(merged).__name__}")
        return merged
    if is_crdt(plugin) and not callable(getattr(plugin, "merge_ops", None)):
        lost = [name for name in CRDT_METHODS if not callable(getattr(plugin, name, None))]
        why = f"it has no {', '.join(lost)}" if lost else "a rule forbids to join it"
        raise PluginFailure(f"{type(plugin).__name__} is a CRDT, whose merge() is never asked, and {why}")
    return _by_snapshots(plugin, path, base, ours, theirs, store)


def _manifest(plugin: Any, path: str, data: bytes | None, store: MemoryContent) -> SnapshotManifest:
    files = {} if data is None else {path: store.put(data)}
    return SnapshotManifest(files=files, domain=domain_name(plugin))


def _by_snapshots(
    plugin: Any, path: str, base: bytes | None, ours: bytes, theirs: bytes, store: MemoryContent
) -> FileMerge:
    """Three snapshots of one file, and what each side did to it."""
    was, mine, other = (_manifest(plugin, path, side, store) for side in (base, ours, theirs))
    result: MergeResult
    if callable(getattr(plugin, "merge_ops", None)):
        result = plugin.merge_ops(was, mine, other, *_ops(plugin, was, mine, other))
    else:
        result = plugin.merge(was, mine, other)
    digest = result.merged["files"].get(path)
    records = [record for record in result.conflict_records if record.path == path]
    if path in result.conflicts and not records:
        records = [ConflictRecord(path=path, ours_summary="changed", theirs_summary="changed")]
    return FileMerge(
        None if digest is None else content.fetch(store, digest),
        records,
        list(result.notes.get(path, [])),
        dict(result.dimension_reports.get(path, {})),
    )


def _ops(plugin: Any, was: SnapshotManifest, mine: SnapshotManifest, other: SnapshotManifest) -> list[Any]:
    """What each side did. A domain of ours, which merges contents and seldom asks, gets it when it looks."""
    if _answers_for_itself(plugin):
        return [LateOps(plugin, was, side) for side in (mine, other)]
    return [plugin.diff(was, side)["ops"] for side in (mine, other)]


class LateOps(Sequence[Any]):
    """A side's operations, worked out by the plugin's `diff` when somebody looks."""

    def __init__(self, plugin: Any, was: SnapshotManifest, now: SnapshotManifest) -> None:
        self._plugin, self._was, self._now = plugin, was, now
        self._ops: list[Any] | None = None

    def _all(self) -> list[Any]:
        if self._ops is None:
            self._ops = list(self._plugin.diff(self._was, self._now)["ops"])
        return self._ops

    def __len__(self) -> int:
        return len(self._all())

    def __getitem__(self, at: Any) -> Any:
        return self._all()[at]


def _possible(merged: FileMerge, sides: tuple[bytes | None, ...]) -> FileMerge:
    """The plugin's answer, unless it is one that must never reach a user."""
    if merged.content is None:
        if not merged.conflicts:
            raise PluginFailure("the plugin deleted a file that both sides have")
        merged.content = sides[1]
    elif not isinstance(merged.content, bytes):
        raise PluginFailure(f"the plugin answered {type(merged.content).__name__} where bytes were due")
    elif merged.conflicts and not merged.content and all(sides[1:]):
        raise PluginFailure("the plugin left nothing of a file in conflict")
    elif not merged.conflicts and has_markers(merged.content) and not any(has_markers(side or b"") for side in sides):
        raise PluginFailure("the plugin left conflict markers in a merge it calls clean")
    return merged


# The law over a plugin's own outline -------------------------------------------------------------------------------


def _answers_for_itself(plugin: Any) -> bool:
    """True for the domains that come with Muse, which check their answers closer than their `diff` could."""
    return type(plugin).__module__.partition(".")[0] == "muse"


def _lawful(
    plugin: Any,
    path: str,
    base: bytes | None,
    ours: bytes,
    theirs: bytes,
    merged: FileMerge,
    store: MemoryContent,
    how: MergeOptions,
    joined: bool,
) -> FileMerge:
    """The answer when the plugin's `diff` bears it out, else a conflict.

    A join that knows what was edited is no conflict: what it keeps unseen is told beside it.
    """
    result = merged.content or b""
    wrong = _wrong_addresses(plugin, path, (base, ours, theirs, result), store, how)
    if not wrong:
        return merged
    where = ", ".join(wrong[:3]) + (f" and {len(wrong) - 3} more" if len(wrong) > 3 else "")
    if joined and keeps_edits_over_deletions(plugin):
        known = {record.address for record in merged.joined}
        merged.joined += [
            ConflictRecord(path=path, conflict_type="joined", address=address, addresses=[address])
            for address in wrong
            if address not in known
        ]
        return merged
    instead = _next_answer(plugin, path, base, ours, theirs, store, how)
    instead.notes.append(f"{type(plugin).__name__}'s answer is not what both sides' edits make of the base at {where}")
    return instead


def _wrong_addresses(
    plugin: Any, path: str, texts: tuple[bytes | None, bytes, bytes, bytes], store: MemoryContent, how: MergeOptions
) -> list[str]:
    from muse.core.op_transform.outcome import broken

    was, *others = (_manifest(plugin, path, text, store) for text in texts)
    mine, other, now = (plugin.diff(was, side)["ops"] for side in others)
    base, ours, theirs, result = texts
    set_aside, sides = _overruled(path, how), (base or b"", ours, theirs, result)
    return broken(path, mine, other, now, sides, settled=set_aside is not None, overruled=set_aside or ())


def _next_answer(
    plugin: Any, path: str, base: bytes | None, ours: bytes, theirs: bytes, store: MemoryContent, how: MergeOptions
) -> FileMerge:
    """Git's text merge where that holds, or is a conflict; else a conflict of the whole file."""
    from muse.core.filedomain import merge_as_text, whole_file_conflict

    text = merge_as_text(path, base, ours, theirs)
    if text.conflicts or not _wrong_addresses(plugin, path, (base, ours, theirs, text.content or b""), store, how):
        return text
    return whole_file_conflict(path, base, ours, theirs)


def _overruled(path: str, how: MergeOptions) -> set[str] | None:
    """The sides whose edits a rule or a pick may have set aside inside the file; None where nobody decides anything."""
    said = [
        rule.strategy
        for rule in how.rules
        if rule.dimension != "*" and rule.strategy in _OVERRULES and path_matches(path, rule.path_pattern)
    ]
    said += how.picks.values()
    return {side for word in said for side in _OVERRULES.get(word, _OVERRULES["base"])} if said else None


def unknown_dimensions(plugin: Any, path: str, how: MergeOptions) -> list[str]:
    """Rules for this path about a dimension that its domain does not have, in words; words with a colon are scopes."""
    asked = [rule for rule in how.rules if rule.dimension != "*" and path_matches(path, rule.path_pattern)]
    if not asked:
        return []
    known = [str(dimension["name"]) for dimension in plugin.schema()["dimensions"]]
    said = []
    for rule in asked:
        words = [] if rule.dimension in known else rule.dimension.split()
        said += [word for word in words if word not in known and ":" not in word]
    name = getattr(plugin, "name", type(plugin).__name__)
    return [
        f".museattributes speaks of {word!r}, and {name} has the dimensions {', '.join(known) or '(none)'}"
        for word in dict.fromkeys(said)
    ]
