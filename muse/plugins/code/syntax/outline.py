"""Where the symbols of a file stand, found again after an edit without reading all of it.

`Outline.of` has the addresses, beginnings and ends that `symbols.symbols_of` gives. `Outline.after` has them for the
file after an edit: the parser says which part of its tree is another one, and only that part is walked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import KeysView
from typing import TYPE_CHECKING, NamedTuple

from muse.plugins.code.languages.table import Language
from muse.plugins.code.syntax.parsing import Edit, parse_anew, reparse
from muse.plugins.code.syntax.symbols import is_around_one, name_of

if TYPE_CHECKING:
    from tree_sitter import Node, Tree


class Part(NamedTuple):
    """A stretch of the tree: `name` if it is a definition, and its parts if any of them is one or holds one."""

    size: int
    type: str
    name: str
    wraps: bool
    holds: bool
    parts: tuple[Placed, ...]


class Placed(NamedTuple):
    """A part and its place, as distances from where the part around it begins; `first`: where its comments begin."""

    offset: int
    first: int
    part: Part


class Region(NamedTuple):
    """What may be another tree than before: from `low` to `high`, and how far everything behind it moved."""

    low: int
    high: int
    moved: int


class Spans(NamedTuple):
    """By address where a symbol's comments begin and where it ends; by scope where the last symbol in it ends."""

    symbols: dict[str, tuple[int, int]]
    scopes: dict[str, int]


class Outline:
    """The symbols of one text."""

    def __init__(self, language: Language, data: bytes, tree: Tree, whole: Part) -> None:
        self.language = language
        self.data = data
        self.tree = tree
        self._whole = whole
        self._spans: Spans | None = None

    @classmethod
    def of(cls, language: Language, data: bytes) -> Outline | None:
        """The outline of a file; None when it cannot be parsed."""
        tree = parse_anew(language, data)
        return None if tree is None else cls(language, data, tree, _walk(language, data, tree.root_node, None, None))

    def after(self, edit: Edit, data: bytes) -> Outline | None:
        """The outline once `edit` has made `data` of the text."""
        found = reparse(self.language, self.tree, self.data, edit, data)
        if found is None:
            return Outline.of(self.language, data)
        tree, ranges = found
        region = Region(
            min([edit.start, *(start for start, _ in ranges)]), max([edit.new_end, *(end for _, end in ranges)]),
            edit.new_end - edit.old_end,
        )  # fmt: skip
        return Outline(self.language, data, tree, _walk(self.language, data, tree.root_node, self._whole, region))

    def span(self, address: str) -> tuple[int, int] | None:
        """Where a symbol stands, its comments and decorators included; None when it is not there."""
        found = self._all().symbols.get(address)
        if found is None:
            return None
        first, end = found
        line = self.data.rfind(b"\n", 0, first) + 1
        return (first if self.data[line:first].strip() else line), end

    def end_of(self, scope: str) -> int | None:
        """Where the last symbol directly in a scope ends; None when there is none."""
        return self._all().scopes.get(scope)

    def addresses(self) -> KeysView[str]:
        """The addresses of all symbols."""
        return self._all().symbols.keys()

    def _all(self) -> Spans:
        if self._spans is None:
            self._spans = _spans(self._whole)
        return self._spans


def _spans(whole: Part) -> Spans:
    found = Spans({}, {})
    seen: Counter[str] = Counter()
    stack = [(whole, 0, (0, whole.size), "")]  # with its place, that of the wrapper around it, and its scope
    while stack:
        part, start, outer, scope = stack.pop()
        if part.name:
            qualified = f"{scope}.{part.name}" if scope else part.name
            seen[qualified] += 1
            address = qualified if seen[qualified] == 1 else f"{qualified}#{seen[qualified]}"
            found.symbols.setdefault(address, outer)
            found.scopes[scope] = outer[1]
            scope = address
        for offset, first, inner in reversed(part.parts):
            if inner.holds:
                at = start + offset
                around = outer if part.wraps else (at + first, at + inner.size)
                stack.append((inner, at, around, scope))
    return found


class _Frame:
    """A node whose children are being walked, and what was there before."""

    def __init__(self, node: Node, start: int, old: Part | None) -> None:
        self.node = node
        self.start = start  # in both texts: what lies behind the region is taken over or walked without the old
        self.children = node.children
        self.next = 0
        self.placed: list[Placed] = []
        self.old = {} if old is None else {(start + each.offset, each.part.type): each.part for each in old.parts}


def _walk(language: Language, data: bytes, root: Node, old: Part | None, region: Region | None) -> Part:
    """The parts of a tree; those of `old` outside of the region are taken over."""
    stack = [_Frame(root, 0, old)]
    while True:
        frame = stack[-1]
        if frame.next == len(frame.children):
            stack.pop()
            part = _part(language, data, frame)
            if not stack:
                return part
            _place(language, stack[-1], part)
            continue
        child = frame.children[frame.next]
        if not child.is_named:
            frame.next += 1
            continue
        start, size = child.start_byte, child.end_byte - child.start_byte
        known = None
        if frame.old and region is not None:
            behind = start > region.high
            known = frame.old.get((start - region.moved if behind else start, child.type))
            if known is not None and known.size == size and (behind or start + size < region.low):
                _place(language, frame, known)
                continue
            known = None if behind else known
        if child.named_child_count or child.type in language.definitions:
            stack.append(_Frame(child, start, known))
        else:
            _place(language, frame, Part(size, child.type, "", False, False, ()))


def _place(language: Language, frame: _Frame, part: Part) -> None:
    """Put the part of the child that is next in its place."""
    child = frame.children[frame.next]
    start = child.start_byte
    first = _comments_above(language, frame.children, frame.next) - start if part.name or part.wraps else 0
    frame.placed.append(Placed(start - frame.start, first, part))
    frame.next += 1


def _part(language: Language, data: bytes, frame: _Frame) -> Part:
    node, kind = frame.node, frame.node.type
    defines = kind in language.definitions
    name = name_of(language, node, data) if defines else ""
    inside = any(placed.part.holds for placed in frame.placed)
    return Part(
        node.end_byte - frame.start, kind, name, not name and is_around_one(language, node), bool(name) or inside,
        tuple(frame.placed) if inside else (),
    )  # fmt: skip


def _comments_above(language: Language, children: list[Node], index: int) -> int:
    """Where the block of comments (and attributes) right above a child starts."""
    first = node = children[index]
    for at in range(index - 1, -1, -1):
        previous = children[at]
        if previous.type not in language.comments and previous.type not in language.leading:
            break
        if first.start_point[0] - previous.end_point[0] > 1 or previous.start_point[1] != node.start_point[1]:
            break
        first = previous
    return first.start_byte
