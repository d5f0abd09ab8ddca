"""How the merge in progress wants its result written: labels, markers, deadline, rules and picks.

Bound like a content store, because `merge_ops` has a fixed signature: the door says `with using(MergeOptions(...))`,
the plugin asks `current()`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from muse.core.attributes import AttributeRule

ConflictStyle = Literal["merge", "diff3", "zdiff3"]
Choice = Literal["ours", "theirs", "base", "both", "both-theirs-first", "by-word"]
BOTH: tuple[Choice, Choice] = ("both", "both-theirs-first")
BY_WORD: Choice = "by-word"
"""Both texts one behind the other, and both sides' changes of single words: for conflicts over text, whose records
say so (`takes_both`)."""


_NOTHING: Mapping[str, str] = MappingProxyType({})


class MergeOptions(NamedTuple):
    """What a door knows and a plugin needs; `how._replace(deadline=...)` is a copy with changes.

    `deadline` is a `time.monotonic()` value or None. `rules` are the `.museattributes` rules in force. `picks` settles
    conflicts by address: a conflict whose address is a key is decided that way and not reported; this is how
    `muse resolve --pick` works, by running the same merge again. `config` holds `muse.*` settings that a domain reads,
    keys in lower case without the `muse.` (`midi.carrytransform`).
    """

    ours_label: str = "ours"
    base_label: str = "base"
    theirs_label: str = "theirs"
    marker_size: int = 7
    conflict_style: ConflictStyle = "merge"
    notes: bool = True
    deadline: float | None = None
    rules: tuple[AttributeRule, ...] = ()
    picks: Mapping[str, Choice] = _NOTHING  # type: ignore[assignment]
    config: Mapping[str, str] = _NOTHING


_DEFAULT = MergeOptions()
_bound: ContextVar[MergeOptions] = ContextVar("muse_merge_options", default=_DEFAULT)


@contextmanager
def using(options: MergeOptions) -> Iterator[MergeOptions]:
    """Bind `options` for the code inside the `with` block."""
    token = _bound.set(options)
    try:
        yield options
    finally:
        _bound.reset(token)


def current() -> MergeOptions:
    """The bound options, or the defaults."""
    return _bound.get()
