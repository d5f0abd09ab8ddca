"""One file merged: what every door and the whole-tree merge end in.

Order: trivial, a whole-file strategy of `.museattributes`, then the plugin (`plugin_answer`). Whatever goes wrong in a
plugin, the answer is Git's own text merge, or a conflict of the whole file where Git calls it binary. A broken plugin
can cost understanding, never an edit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from muse.core import gitconfig, options
from muse.core.attributes import MAX_BYTES as MAX_RULES
from muse.core.attributes import load_attributes, parse_attributes, rules_of
from muse.core.errors import MuseError
from muse.core.filedomain import FileDomain, merge_as_text, merge_whole_file
from muse.core.options import MergeOptions
from muse.domain import FileMerge
from muse.engine.merge.plugin_answer import answer, keeps_edits_over_deletions, wants_join

if TYPE_CHECKING:
    from collections.abc import Mapping

    from muse.core.attributes import AttributeRule
    from muse.core.paths import StrPath
    from muse.engine.merge.join import Past
    from muse.store.repository import Repository

MAX_BYTES = 64 << 20
"""Above this, of one input, a structured merge is not tried (`muse.mergeMaxBytes`)."""


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
    how = MergeOptions(
        conflict_style=gitconfig.conflict_style(config),
        notes=not gitconfig.is_false(config.get("conflictnotes")),
        rules=rules,
        config=dict(config),
        **known,
    )
    return how, warning


def settings(repo: Repository) -> dict[str, str]:
    """The settings that a merge reads, as `gitconfig.read` gives them."""
    wanted = ("merge.conflictstyle", "merge.muse.mode")
    return {
        name.removeprefix("muse."): value
        for name, value in repo.settings().items()
        if name.startswith("muse.") or name in wanted
    }


def rules_in(repo: Repository, commit: str) -> tuple[AttributeRule, ...]:
    """The rules of the `.museattributes` in a commit; a broken file is an error, not a rule less."""
    try:
        data = repo.objects.blob(f"{commit}:.museattributes", MAX_RULES)
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
            if wants_join(plugin, path, how) and keeps_edits_over_deletions(plugin):
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
            return answer(self.plugin, path, base, ours, theirs, how, self.past)
        except MuseError as error:
            return merge_text_only(path, base, ours, theirs, how, f"merged as text: {error}")
