"""A name that one side took out of a file, with every use of it, and that the other side used once more."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from muse.core.late import regex
from muse.core.markers import Chunk, Conflict
from muse.core.sequences import edits
from muse.plugins.code.languages.table import Language
from muse.plugins.code.syntax.parsing import available, parse
from muse.plugins.code.syntax.window import LARGE

if TYPE_CHECKING:
    from tree_sitter import Node

    from muse.core.law.entries import Entry

Sides = tuple[bytes, bytes, bytes]
_NAME = regex(rb"[^\W\d]\w*")
_TEXT = regex("string|comment|text|content|char")
_MOST_ENTRIES = 20_000


def uses_what_is_gone(
    language: Language | None, sides: Sides, merged: bytes, until: float | None = None, *, imports: bool = False
) -> dict[str, int]:
    """Names bound in the base that one side (1, 2) has nowhere any more, and the merge uses without binding them.

    Most merges have no word that could be one, and nothing is parsed; nor is a large file, which would take three whole
    trees. `imports`: only names that an import bound; what
    was defined here may have moved to where it is still seen from.
    """
    found = dict(_candidates(sides))
    if not found or language is None or not available(language) or max(map(len, sides)) > LARGE:
        return {}
    from muse.plugins.code.syntax.entries import outline

    bound = _bound(outline(language, sides[0], until), imports) - _bound(
        outline(language, merged, until), imports=False
    )
    found = {name: side for name, side in found.items() if name in bound}
    tree = parse(language, merged, until) if found else None
    return {name: side for name, side in found.items() if tree is not None and _used(tree.root_node, merged, name)}


def in_doubt(sides: Sides, merged: bytes, gone: dict[str, int]) -> list[Chunk]:
    """A clean text with what put in a name that is gone as conflicts: the other side's lines against its own."""
    name, side = next(iter(gone.items()))
    without, rows = sides[side].splitlines(True), merged.splitlines(True)
    uses = re.compile(rb"\b(?:%b)\b" % b"|".join(re.escape(name.encode()) for name in gone))
    chunks: list[Chunk] = []
    at = 0
    for edit in edits(without, rows):
        now, was = b"".join(rows[edit.b0 : edit.b1]), b"".join(without[edit.a0 : edit.a1])
        if uses.search(now):
            both = (was, now) if side == 1 else (now, was)
            chunks += [b"".join(rows[at : edit.b0]), Conflict(was, *both, note=f"uses {name}, which is gone")]
            at = edit.b1
    return [*chunks, b"".join(rows[at:])]


def _candidates(sides: Sides) -> Iterator[tuple[str, int]]:
    """Words in lines that one side took out and in lines that the other put in, and nowhere in the one."""
    lines = [Counter(data.splitlines()) for data in sides]
    for side, other in ((1, 2), (2, 1)):
        gone, new = (set(_NAME.findall(b"\n".join(part))) for part in (lines[0] - lines[side], lines[other] - lines[0]))
        if both := gone & new:
            for word in both.difference(_NAME.findall(sides[side])):
                yield word.decode("utf-8", "replace"), side


def _used(root: Node, data: bytes, name: str) -> bool:
    """True where the name stands as a name, and not in a comment or a text."""
    word = name.encode()
    for found in re.finditer(rb"\b%b\b" % re.escape(word), data):
        node = root.descendant_for_byte_range(found.start(), found.end())
        plain = node is not None and node.child_count == 0 and not _TEXT.search(node.type)
        if plain and node is not None and data[node.start_byte : node.end_byte] == word:
            return True
    return False


def _bound(root: Entry | None, imports: bool) -> set[str]:
    """Every name that an entry of a file binds, or an import."""
    names: set[str] = set()
    stack = [root] if root is not None else []
    count = 0
    while stack and count < _MOST_ENTRIES:
        entry = stack.pop()
        count += 1
        for bound in entry.sure_names if entry.kind == "import" or not imports else ():
            if isinstance(bound, tuple) and len(bound) > 1:
                names.add(bound[1])
        stack.extend(entry.children)
    return names
