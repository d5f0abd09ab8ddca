"""What changed in a file of keys and values, key by key: `dependencies.x: 1.2 -> 1.3`.

Items of a list are told apart by what names them (`id`, `name`, ...), else by what they are. The operations are those
an op log takes where they give the new text exactly; else the text is one operation, and its words are by key.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from muse.core.errors import MuseError
from muse.core.ops import deleted, inserted, replaced
from muse.core.sequences import edits
from muse.core.types import content_hash
from muse.domain import DomainOp
from muse.plugins.code.keys import address_of
from muse.plugins.code.keys.values import Unread
from muse.plugins.code.languages.table import KEYED, Language
from muse.plugins.code.show.values import both_values

_MOST_OPS_BYTES = 400_000  # operations times bytes that are tried as ops of keys
_LONGEST = 40
_NAMES = ("id", "name", "@id", "@name", "@key", "@Include", "key", "uuid", "artifactId", "path", "url", "uses", "title")
_LIKELY_TWICE = ("version", "groupId", "@Version", "resolved")
NO_VALUE = "layout or comments"


class _Nothing:
    """No value, which is another thing than null."""

    def __bool__(self) -> bool:
        return False


NOTHING = _Nothing()


class KeyChange(NamedTuple):
    """One key and its values, `NOTHING` where it is new or gone. The path's names of list items begin with `[`."""

    path: tuple[str, ...]
    old: Any
    new: Any

    @property
    def words(self) -> str:
        """The change in words."""
        where = address(self.path)
        if self.old is NOTHING or self.new is NOTHING:
            value = self.new if self.old is NOTHING else self.old
            verb = "added" if self.old is NOTHING else "removed"
            plain = not isinstance(value, (dict, list)) and value not in ("", None)
            return f"{where} {verb}" + (f" ({_short(value)})" if plain else "")
        if isinstance(self.old, (dict, list)) or isinstance(self.new, (dict, list)):
            return f"{where} reordered" if self.old == self.new else f"{where} changed"
        old, new = _short(self.old), _short(self.new)
        if old == new:
            old, new = (
                _short(value if isinstance(value, Unread) else json.dumps(value)) for value in (self.old, self.new)
            )
        return f"{where}: {old or 'nothing'} -> {new or 'nothing'}"


def address(path: Sequence[str]) -> str:
    """`jobs.test.steps[checkout].uses`."""
    out = ""
    for name in path:
        out += name if name.startswith("[") else ("." if out else "") + address_of((name,))
    return out or "the value"


def _short(value: Any) -> str:
    text = (
        value if isinstance(value, str) else value.text if isinstance(value, Unread) else json.dumps(value, default=str)
    )
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 3]}..."


def key_changes(language: Language, old: bytes, new: bytes) -> list[KeyChange] | None:
    """Every key that is new, gone or of another value; None when a version cannot be read by key."""
    values = both_values(language, old, new)
    if values is None:
        return None
    found: list[KeyChange] = []
    _compare((), *values, found)
    return found


def _compare(path: tuple[str, ...], old: Any, new: Any, found: list[KeyChange]) -> None:
    if old is NOTHING or new is NOTHING:
        found.append(KeyChange(path, old, new))
    elif isinstance(old, dict) and isinstance(new, dict):
        for name in [*old, *(name for name in new if name not in old)]:
            was, now = old.get(name, NOTHING), new.get(name, NOTHING)
            if was != now or type(was) is not type(now):
                _compare((*path, str(name)), was, now, found)
    elif isinstance(old, list) and isinstance(new, list):
        _lists(path, old, new, found)
    elif old != new or type(old) is not type(new):
        found.append(KeyChange(path, old, new))


def _lists(path: tuple[str, ...], old: list[Any], new: list[Any], found: list[KeyChange]) -> None:
    at = len(found)
    naming = _naming(old, new)
    if naming is not None:
        before, after = ({naming(item): item for item in items} for items in (old, new))
        _compare(
            path,
            {f"[{name}]": item for name, item in before.items()},
            {f"[{name}]": item for name, item in after.items()},
            found,
        )
        shared = [name for name in before if name in after]
        if shared != [name for name in after if name in before]:
            found.append(KeyChange(path, [*shared], [*shared]))
        return
    keys = [[json.dumps(item, sort_keys=True, default=repr) for item in items] for items in (old, new)]
    for edit in edits(*keys):
        gone, come = old[edit.a0 : edit.a1], new[edit.b0 : edit.b1]
        if len(gone) == len(come) and all(isinstance(item, (dict, list)) for item in (*gone, *come)):
            for place, (was, now) in enumerate(zip(gone, come, strict=True), edit.b0):
                _compare((*path, f"[{place}]"), was, now, found)
            continue
        found += [KeyChange((*path, _item(item, edit.a0 + n)), _told(item), NOTHING) for n, item in enumerate(gone)]
        found += [KeyChange((*path, _item(item, edit.b0 + n)), NOTHING, _told(item)) for n, item in enumerate(come)]
    _without_moves(found, at, path, old)


def _without_moves(found: list[KeyChange], at: int, path: tuple[str, ...], old: list[Any]) -> None:
    """Texts that only changed places are one change: that the list has another order."""
    gone = Counter(change.path for change in found[at:] if change.new is NOTHING and change.old == "")
    come = Counter(change.path for change in found[at:] if change.old is NOTHING and change.new == "")
    moved = gone & come
    if moved:
        found[at:] = [change for change in found[at:] if change.path not in moved]
        found.append(KeyChange(path, old, old))


def _told(item: Any) -> Any:
    """What is said of an item beside its name, which a text is by itself."""
    return item if isinstance(item, (dict, list)) else ""


def _item(item: Any, place: int) -> str:
    return f"[{place}]" if isinstance(item, (dict, list)) else f"[{_short(item)}]"


def _naming(old: list[Any], new: list[Any]) -> Callable[[Any], str] | None:
    """What names every item of both lists, each once in its list; None when nothing does."""
    items = [*old, *new]
    if not items or not all(isinstance(item, dict) for item in items):
        return None
    for name in _NAMES:
        if all(isinstance(_of(item, name), str) and _of(item, name) for item in items):
            for more in ((), *((other,) for other in _LIKELY_TWICE)):

                def named(item: Any, name: str = name, more: tuple[str, ...] = more) -> str:
                    parts = [_of(item, part) for part in (name, *more)]
                    return " ".join(part for part in parts if isinstance(part, str))

                if all(len({named(item) for item in side}) == len(side) for side in (old, new)):
                    return named
    return None


def _of(item: Any, name: str) -> Any:
    return item.get(name) if isinstance(item, dict) else None


def diff_keys(path: str, language: Language, old: bytes, new: bytes) -> tuple[list[DomainOp], list[str]] | None:
    """Operations and words of what changed, None where the file cannot be read by key."""
    changes = key_changes(language, old, new)
    if changes is None:
        return None
    words = [change.words for change in changes] or [f"{NO_VALUE} changed"]
    return _ops(path, language, old, new, changes), words


def _ops(path: str, language: Language, old: bytes, new: bytes, changes: list[KeyChange]) -> list[DomainOp]:
    """The changes as operations on keys; [] where these do not give the new text to the byte."""
    fits = 0 < len(changes) * len(new) <= _MOST_OPS_BYTES and language.name in KEYED
    if not fits or any(name.startswith("[") for change in changes for name in change.path):
        return []
    from muse.plugins.code.patch import patched

    ops: list[DomainOp] = []
    for change in changes:
        made = _op(path, change)
        if made is None:
            return []
        ops.append(made)
    try:
        return ops if patched(path, language, old, ops) == new else []
    except MuseError:
        return []


def _op(path: str, change: KeyChange) -> DomainOp | None:
    """One operation on a key; None for a value that JSON cannot say."""
    where = f"{path}::{address(change.path)}"
    old, new = change.old, change.new
    try:
        json.dumps([None if value is NOTHING else value for value in (old, new)])
    except (TypeError, ValueError):
        return None
    if new is NOTHING:
        return deleted(where, content_hash(old), change.words)
    if old is NOTHING:
        return inserted(where, content_hash(new), change.words, content=new)
    return replaced(where, (content_hash(old), content_hash(new)), (where, change.words), content=new)
