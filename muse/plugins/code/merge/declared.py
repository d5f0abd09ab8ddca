"""Statements that give names their values: which names, and whether those of two sides have nothing to do with each
other."""

from __future__ import annotations

from collections.abc import Sequence

from muse.core.late import regex
from muse.plugins.code.merge.likeness import words_of
from muse.plugins.code.syntax.identity import names_at
from muse.plugins.code.syntax.tree import Item

_BEFORE = regex(r"^(?:\$this->|self\.|this\.|@+)")
_CALLS = regex(rb"[(!]|\b(?:await|new|yield)\b")
_NUMBERS = regex(rb"\bauto\b|\biota\b")
"""What gives its name a value by how many stand before it."""


def name_apart(ours: Sequence[Item], theirs: Sequence[Item]) -> bool:
    """True when both sides gave values to names of their own, and neither says anything of the other's. Where both call
    something, the one may be done before the other for a reason; not in a class, whose attributes are declared."""
    names, others = names_in(ours), names_in(theirs)
    mine, its = (b"\n".join(item.text for item in items) for items in (ours, theirs))
    if not names or not others or words_of(mine).keys() & others or words_of(its).keys() & names:
        return False
    if _NUMBERS.search(mine + its):
        return False
    return not (_CALLS.search(mine) and _CALLS.search(its)) or all(map(_is_attribute, (*ours, *theirs)))


def names_in(items: Sequence[Item]) -> set[bytes]:
    """The names that statements give values to; none where one does anything else. A text behind one tells of it."""
    names: set[bytes] = set()
    for item in items if items[0].source.language.apart else ():
        path = item.source.language.apart.get(item.node.type)
        found = names_at(item.node, path.split("."), item.source.data) if path and not item.grouped else []
        bare = [_BEFORE.sub("", name) for name in found]
        if names and not bare and [child.type for child in item.node.named_children] == ["string"]:
            continue
        if bare == found and not _in_class(item) and not _at_top(item):
            return set()  # what a function calls something for itself is a step of it
        if not bare or not all(map(str.isidentifier, bare)) or (_in_class(item) and _has_type(item)):
            return set()
        names.update(map(str.encode, bare))
    return names


def _is_attribute(item: Item) -> bool:
    return _in_class(item) and not _has_type(item)


def _at_top(item: Item) -> bool:
    return item.node.parent is not None and item.node.parent.parent is None


def _in_class(item: Item) -> bool:
    around = item.node.parent.parent if item.node.parent is not None else None
    return around is not None and around.type.startswith("class")


def _has_type(item: Item) -> bool:
    """True for what is declared with a type: of such an order may be made, that of a constructor's parameters."""
    return any(child.child_by_field_name("type") is not None for child in item.node.named_children)
