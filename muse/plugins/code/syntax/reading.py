"""A syntax tree read as its language means it, where the grammar gives the parts of one thing side by side.

Dart's grammar has a method's head and its body as neighbours, Haskell's each equation of a function, and all of Elixir
is calls. The table's `reads` says which neighbours are one thing, what that is and what it is called (`table.Made`).
`Read` and `ReadTree` are asked like nodes and trees of tree-sitter, so that nobody else needs to know.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from muse.plugins.code.languages.table import Language, Made

if TYPE_CHECKING:
    from tree_sitter import Node, Tree


def _plain(node: Node | Made) -> Sequence[Node]:
    """The nodes of the grammar that something is."""
    return [one for part in node.nodes for one in _plain(part)] if isinstance(node, Made) else (node,)


def _depth(node: Node | Made) -> int:
    """How many made ones begin with the same node of the grammar."""
    return 1 + _depth(node.nodes[0]) if isinstance(node, Made) else 0


class Read:
    """A node of the grammar, or several as one."""

    def __init__(self, language: Language, data: bytes, node: Node | Made, parent: Read | None) -> None:
        self.of = language, data
        self.parent = parent
        self.place = -1
        made = node if isinstance(node, Made) else None
        self.inner: Sequence[Node | Made] = made.nodes if made is not None else (node,)
        self.nodes: Sequence[Any] = _plain(node)
        self.fields = made.fields if made is not None else None
        self.shape = made.shape if made is not None else None
        self.flat = made is None or made.flat
        self.type: str = node.type
        first: Any = self.nodes[0]
        last: Any = self.nodes[-1]
        self.id: int = first.id if made is None else -first.id - _depth(made)
        self.is_named = made is not None or first.is_named
        self.start_byte, self.start_point = first.start_byte, first.start_point
        self.end_byte, self.end_point = last.end_byte, last.end_point

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Read) and self.id == other.id

    def __hash__(self) -> int:
        return hash(self.id)

    @cached_property
    def children(self) -> list[Read]:
        """What it is made of."""
        language, data = self.of
        inner = self.inner
        if self.flat:
            assert language.reads is not None
            node = self.nodes[0]
            inner = list(language.reads(node, data)) if node.child_count else ()
        found = [Read(language, data, each, self) for each in inner]
        for place, child in enumerate(found):
            child.place = place
        return found

    @cached_property
    def named_children(self) -> list[Read]:
        """Those that are no mere signs and words of the grammar."""
        return [child for child in self.children if child.is_named]

    @property
    def child_count(self) -> int:
        """How many children there are."""
        return len(self.children)

    @property
    def named_child_count(self) -> int:
        """How many of them are named."""
        return len(self.named_children)

    def named_child(self, at: int) -> Read | None:
        """The named child at a place."""
        return self.named_children[at] if at < len(self.named_children) else None

    def children_by_field_name(self, name: str) -> list[Read]:
        """What is called so in the grammar, or by the table."""
        if self.fields is not None and name in self.fields:
            found: Sequence[Node | Made] = self.fields[name]
        else:
            found = self.nodes[0].children_by_field_name(name) if self.flat else ()
        known = {child.id: child for child in self.children} if found else {}
        return [known.get(getattr(node, "id", 0)) or Read(*self.of, node, self) for node in found]

    def child_by_field_name(self, name: str) -> Read | None:
        """The first of these."""
        return next(iter(self.children_by_field_name(name)), None)

    def _beside(self, step: int, *, named: bool) -> Read | None:
        """The neighbour before or behind."""
        row = self.parent.children if self.parent is not None else []
        at = self.place + step
        while 0 <= at < len(row):
            if row[at].is_named or not named:
                return row[at]
            at += step
        return None

    @property
    def prev_sibling(self) -> Read | None:
        """The neighbour before."""
        return self._beside(-1, named=False)

    @property
    def prev_named_sibling(self) -> Read | None:
        """The named neighbour before."""
        return self._beside(-1, named=True)

    @property
    def next_named_sibling(self) -> Read | None:
        """The named neighbour behind."""
        return self._beside(1, named=True)

    @property
    def has_error(self) -> bool:
        """Whether it could not be read."""
        return any(node.has_error for node in self.nodes)

    @property
    def is_error(self) -> bool:
        """Whether it is what could not be read."""
        return bool(self.nodes[0].is_error)

    @property
    def is_missing(self) -> bool:
        """Whether the parser put it there."""
        return bool(self.nodes[0].is_missing)

    @property
    def descendant_count(self) -> int:
        """How many nodes there are in it."""
        return sum(node.descendant_count for node in self.nodes)

    def descendant_for_byte_range(self, start: int, end: int) -> Read:
        """The smallest node around some bytes."""
        at = self
        while (inner := _around(at, start, end)) is not None:
            at = inner
        return at

    def walk(self) -> Cursor:
        """A cursor that goes down."""
        return Cursor(self)


def _around(node: Read, start: int, end: int) -> Read | None:
    return next((each for each in node.children if each.start_byte <= start and end <= each.end_byte), None)


class Cursor:
    """Where one is on the way down."""

    def __init__(self, node: Read) -> None:
        self.node = node

    def goto_first_child_for_byte(self, offset: int) -> int | None:
        """Go to the first child that ends behind an offset; None where there is none."""
        for place, child in enumerate(self.node.children):
            if child.end_byte > offset:
                self.node = child
                return place
        return None


class ReadTree:
    """A tree of which the root is a `Read`."""

    def __init__(self, language: Language, data: bytes, tree: Tree) -> None:
        self.tree = tree
        self.root_node = Read(language, data, tree.root_node, None)

    def copy(self) -> Tree:
        """A copy of what the parser made."""
        return self.tree.copy()


def read(language: Language, data: bytes, tree: Tree) -> Tree:
    """The tree as the table reads it."""
    return tree if language.reads is None else cast("Tree", ReadTree(language, data, tree))
