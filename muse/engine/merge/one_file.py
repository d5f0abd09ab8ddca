"""One file merged: what every door and the whole-tree merge end in.

Order: trivial, a whole-file strategy of `.museattributes`, then the plugin (join, `merge_file`, `merge_ops` or `merge`,
the first it has). Whatever goes wrong inside a plugin, the answer is Git's own text merge, or a conflict of the whole
file where Git calls it binary. A broken plugin can cost understanding, never an edit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from muse.core import content, gitconfig, options
from muse.core.attributes import file_strategy, load_attributes, parse_attributes, rules_of
from muse.core.content import MemoryContent
from muse.core.errors import MuseError
from muse.core.filedomain import FileDomain, merge_as_text, merge_whole_file
from muse.core.options import MergeOptions
from muse.core.textmerge import has_markers
from muse.domain import ConflictRecord, FileMerge, SnapshotManifest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from muse.core.attributes import AttributeRule
    from muse.core.paths import StrPath
    from muse.domain import MergeResult
    from muse.engine.merge.join import Past
    from muse.store.repository import Repository

MAX_BYTES = 64 << 20
"""Above this, of one input, a structured merge is not tried (`muse.mergeMaxBytes`)."""


class PluginFailure(MuseError):
    """A plugin raised, or answered something that cannot be an answer."""


def how_from(config: Mapping[str, str], root: StrPath | None, **known: Any) -> tuple[MergeOptions, str]:
    """Merge options from settings (`gitconfig.read()`), the rules of `root`'s `.museattributes`, and what is known.

    Rules that cannot be read are no reason to stop a merge: the second value is then a warning, else "".
    """
    warning = ""
    rules: tuple[AttributeRule, ...] = ()
    try:
        rules = () if root is None else tuple(load_attributes(root))
    except (MuseError, OSError) as error:
        warning = f"rules ignored: {error}"
    style = config.get("merge.conflictstyle", "merge")
    how = MergeOptions(
        conflict_style=style if style in ("diff3", "zdiff3") else "merge",  # type: ignore[arg-type]
        notes=not gitconfig.is_false(config.get("conflictnotes")),
        rules=rules,
        config=dict(config),
        **known,
    )
    return how, warning


def settings(repo: Repository) -> dict[str, str]:
    """The `muse.*` settings without their first word, and `merge.muse.mode`."""
    found = {name.removeprefix("muse."): value for name, value in repo.settings().items() if name.startswith("muse.")}
    mode = repo.config("merge.muse.mode")
    return found if mode is None else {**found, "merge.muse.mode": mode}


def rules_in(repo: Repository, commit: str) -> tuple[AttributeRule, ...]:
    """The rules of the `.museattributes` in a commit; a broken file is an error, not a rule less."""
    try:
        data = repo.objects.blob(f"{commit}:.museattributes")
    except KeyError:
        return ()
    return tuple(rules_of(parse_attributes(data)))


def merge_one(
    plugin: Any,
    path: str,
    base: bytes | None,
    ours: bytes | None,
    theirs: bytes | None,
    how: MergeOptions,
    past: Past | None = None,
) -> FileMerge:
    """Merge one path; None stands for "no such file". Never raises for what a plugin does.

    `past` is what is stored about the path's CRDT state, for where it is joined.
    """
    if ours != theirs and base not in (ours, theirs) and (ours is None or theirs is None):
        with options.using(how):
            if wants_join(plugin, path, how):  # a join never conflicts: the edit outlives the deletion
                note = "kept: one side deleted what the other edited"
                return FileMerge(theirs if ours is None else ours, notes=[note])
    with options.using(how):
        merged, _ = merge_whole_file(_Dispatch(plugin, past), path, base, ours, theirs)
    return merged


def merge_text_only(
    path: str, base: bytes | None, ours: bytes, theirs: bytes, how: MergeOptions, why: str = ""
) -> FileMerge:
    """Git's text merge of one file, with a note saying why no more was done."""
    with options.using(how):
        merged = merge_as_text(path, base, ours, theirs)
    if why:
        merged.notes.append(why)
    return merged


def wants_join(plugin: Any, path: str, how: MergeOptions) -> bool:
    """True when this path is joined as a CRDT instead of merged three-way."""
    strategy = file_strategy(how.rules, path)
    if strategy == "three_way" or not hasattr(plugin, "join"):
        return False
    if strategy == "join" or how.config.get("merge.muse.mode") == "crdt":
        return True
    try:
        return bool(plugin.schema()["merge_mode"] == "crdt")
    except Exception:  # noqa: BLE001  a plugin that cannot say so is merged three-way, and fails there
        return False


class _Dispatch(FileDomain):
    """The shared path-level merge, with the plugin's own merge in place of `merge_file`."""

    def __init__(self, plugin: Any, past: Past | None) -> None:
        self.plugin = plugin
        self.past = past

    def merge_file(self, path: str, base: bytes | None, ours: bytes, theirs: bytes) -> FileMerge:
        how = options.current()
        sides = (base, ours, theirs)
        largest = max(len(side or b"") for side in sides)
        cap = int(gitconfig.number(how.config.get("mergemaxbytes"), MAX_BYTES))
        if largest > cap:
            return merge_text_only(path, base, ours, theirs, how, f"{largest} bytes are over the cap of {cap}")
        try:
            return _checked(_by_plugin(self.plugin, path, base, ours, theirs, how, self.past), sides)
        except MuseError as error:
            return merge_text_only(path, base, ours, theirs, how, f"merged as text: {error}")


def _by_plugin(
    plugin: Any, path: str, base: bytes | None, ours: bytes, theirs: bytes, how: MergeOptions, past: Past | None
) -> FileMerge:
    store = MemoryContent(behind=content.bound())
    try:
        with content.using(store):
            if wants_join(plugin, path, how) and hasattr(plugin, "advance_crdt_state"):
                from muse.engine.merge.join import Past, join_file

                return join_file(plugin, path, base, ours, theirs, store, past or Past())
            if hasattr(plugin, "merge_file"):
                answer = plugin.merge_file(path, base, ours, theirs)
                if not isinstance(answer, FileMerge):
                    raise PluginFailure(f"merge_file of {type(plugin).__name__} answered {type(answer).__name__}")
                return answer
            return _by_snapshots(plugin, path, base, ours, theirs, store)
    except MuseError:
        raise
    except Exception as error:
        raise PluginFailure(f"{type(plugin).__name__} failed: {type(error).__name__}: {error}") from error


def _manifest(plugin: Any, path: str, data: bytes | None, store: MemoryContent) -> SnapshotManifest:
    files = {} if data is None else {path: store.put(data)}
    return SnapshotManifest(files=files, domain=getattr(plugin, "name", plugin.schema()["domain"]))


def _by_snapshots(
    plugin: Any, path: str, base: bytes | None, ours: bytes, theirs: bytes, store: MemoryContent
) -> FileMerge:
    """A plugin that knows whole snapshots only: three snapshots of one file."""
    was, mine, other = (_manifest(plugin, path, side, store) for side in (base, ours, theirs))
    result: MergeResult
    if hasattr(plugin, "merge_ops"):
        ops = [plugin.diff(was, side)["ops"] for side in (mine, other)]
        result = plugin.merge_ops(was, mine, other, *ops)
    else:
        result = plugin.merge(was, mine, other)
    digest = result.merged["files"].get(path)
    records = [record for record in result.conflict_records if record.path == path]
    if path in result.conflicts and not records:
        records = [ConflictRecord(path=path, ours_summary="changed", theirs_summary="changed")]
    return FileMerge(
        None if digest is None else content.fetch(store, digest),
        records,
        result.notes.get(path, []),
        result.dimension_reports.get(path, {}),
    )


def _checked(merged: FileMerge, sides: tuple[bytes | None, ...]) -> FileMerge:
    """The plugin's answer, unless it is one that must never reach a user."""
    if merged.content is None:
        if not merged.conflicts:
            raise PluginFailure("the plugin deleted a file that both sides have")
        merged.content = sides[1]
    elif not isinstance(merged.content, bytes):
        raise PluginFailure(f"the plugin answered {type(merged.content).__name__} where bytes were due")
    elif not merged.conflicts and has_markers(merged.content) and not any(has_markers(side or b"") for side in sides):
        raise PluginFailure("the plugin left conflict markers in a merge it calls clean")
    return merged
