"""In which order new items of both sides stand where neither knew of the other's."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from muse.core.late import regex
from muse.plugins.code.syntax.tree import Item

Pair = tuple[int, int]
_DIGITS = regex(rb"(\d+)")


def sort_key(item: Item) -> tuple[bytes, bytes]:
    """What sorted lists are sorted by: the words, capitals aside."""
    words = item.words.rstrip(b";")
    return words.lower(), words


def sorted_by_place(pairs: Sequence[Pair], of: Callable[[int, int], Item]) -> list[Pair] | None:
    """The items in the order of the places they say they come from (a message's source line); None where one says none,
    or a side has them in another order itself."""
    placed = [_place(of(*pair)) for pair in pairs]
    if None in placed:
        return None
    keys = dict(zip(pairs, placed, strict=True))
    made = sorted(pairs, key=lambda pair: keys[pair] or ())
    for side in {side for side, _ in pairs}:
        if [pair for pair in made if pair[0] == side] != [pair for pair in pairs if pair[0] == side]:
            return None
    return made


def _place(item: Item) -> tuple[tuple[bytes, int], ...] | None:
    pattern = item.source.language.place
    found = re.search(pattern.encode(), item.text, re.M) if pattern else None
    if found is None:
        return None
    parts = _DIGITS.split(found[1])
    return tuple((part, 0) if at % 2 == 0 else (b"", int(part[:18])) for at, part in enumerate(parts))


def kept_sorted(versions: Sequence[Sequence[Item]]) -> bool:
    """True for plain words that every version keeps sorted, four of them at least: no other order is meant."""
    for items in versions:
        words = [item.words for item in items]
        if len(words) < _LEAST_SORTED or not all(map(_PLAIN.fullmatch, words)):
            return False
        if words != sorted(words) and words != sorted(words, key=bytes.lower):
            return False
    return True


_LEAST_SORTED = 4
_PLAIN = regex(rb"(?:- )?[\"'`]?[\w.@/$*{}:+-]*[A-Za-z][\w.@/$*{}:+-]*[\"'`]?")
_NUMBERED = regex(rb"\W*\d+\W*")


def in_order(items: Sequence[Item], low: int, high: int, falling: bool) -> bool:
    """True when the items from `low` to `high` and the two neighbours of its type on each hand stand sorted;
    `falling`: the greatest number first."""
    kind = items[low].type
    for _ in range(2):
        if low > 0 and items[low - 1].type == kind and items[low].lead.count(b"\n") <= 1:
            low -= 1
        if high + 1 < len(items) and items[high + 1].type == kind and items[high + 1].lead.count(b"\n") <= 1:
            high += 1
    keys = [sort_key(item) for item in items[low : high + 1]]
    if len(keys) < 3 or any(item.type != kind for item in items[low : high + 1]):
        return False
    if falling:
        return all(_NUMBERED.fullmatch(words) for _, words in keys) and keys == sorted(keys, reverse=True)
    return keys == sorted(keys) or [key[1] for key in keys] == sorted(key[1] for key in keys)
