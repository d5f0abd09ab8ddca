"""The part of a large file that a merge has to look into: the definitions around what was changed.

A tree takes up to fifty times the memory of its text. Three of a file of two megabytes would not do.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

from muse.plugins.code.languages.table import Language
from muse.plugins.code.parsing import forget, parse
from muse.plugins.code.tokens import common_ends

if TYPE_CHECKING:
    from tree_sitter import Tree

LARGE = 300_000
_AROUND = 4  # top-level nodes on each hand: what stands beside an insertion decides how it is placed
_MAX_NODES = 600_000


def window(language: Language, base: bytes, ours: bytes, theirs: bytes, until: float) -> tuple[int, int] | None:
    """How many bytes at the beginning and at the end all three versions share and can do without, cut between
    top-level nodes; None when what is left is too large to be looked into."""
    tree = parse(language, base, until)
    forget()
    if tree is None:
        return None
    cut = _between_nodes(tree, base, ours, theirs)
    nodes = tree.root_node.descendant_count * (len(base) - sum(cut)) // (len(base) or 1)
    return cut if nodes < _MAX_NODES else None


def _between_nodes(tree: Tree, base: bytes, ours: bytes, theirs: bytes) -> tuple[int, int]:
    head, tail = common_ends(base, ours, theirs)
    nodes = tree.root_node.children
    first = bisect_right(nodes, head, key=lambda node: node.start_byte) - 1 - _AROUND
    last = bisect_left(nodes, len(base) - tail, key=lambda node: node.end_byte) + 1 + _AROUND
    low = base.rfind(b"\n", 0, nodes[first].start_byte) + 1 if first > 0 else 0
    high = base.rfind(b"\n", 0, nodes[last].start_byte) + 1 if last < len(nodes) else len(base)
    return low, min(tail, len(base) - high)
