"""What is read out of the text of a score: numbers, values of elements, words that can be shown."""

from __future__ import annotations

from collections import Counter
from typing import Any, TypeVar

from muse.core.xml_tree import Node

Fact = tuple[object, ...]
_Fact = TypeVar("_Fact", bound=tuple[object, ...])
Kind = tuple[object, ...]
"""Which line this is: its element, and what else belongs together only where it is alike (a number, a tie's pitch)."""
Place = tuple[object, object]
"""A measure, by its number in the base or by where it was put in, and the onset in it."""
End = tuple[Kind, Any, bool]
"""One end of a line in a measure: the kind, the onset, and whether it begins there."""


def expected(base: Counter[_Fact], ours: Counter[_Fact], theirs: Counter[_Fact]) -> Counter[_Fact]:
    """The facts of the base without what either side took out, with what either side put in, the same change once."""
    return base - ((base - ours) | (base - theirs)) + ((ours - base) | (theirs - base))


def whole(text: str) -> int:
    """The whole number in an element; 0 for what is none."""
    try:
        return max(-(10**9), min(int(float(text or 0)), 10**9))
    except (ValueError, OverflowError):
        return 0


def value(leaf: Node) -> tuple[object, ...]:
    """What an element without children says: its text and its attributes, without layout."""
    attributes = leaf.attributes()
    kept = tuple(sorted(item for item in attributes.items() if item[0].encode() not in _LAYOUT))
    return (leaf.text, kept)


_LAYOUT = frozenset(b"default-x default-y relative-x relative-y bezier-x bezier-y bezier-x2 bezier-y2 width".split())


def printable(text: str) -> str:
    """Text of a file on one line, without what a terminal would obey."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
