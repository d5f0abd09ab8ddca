"""The part of a file that a merge has to look into: the definitions around what was changed.

Most of a file is the same in all three versions, and taking it apart is most of the time of a merge. A tree takes up to
fifty times the memory of its text, besides: three of a file of two megabytes would not do.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

from muse.plugins.code.languages.table import Language
from muse.plugins.code.syntax.parsing import count_errors, keep_only, parse
from muse.plugins.code.syntax.tokens import common_ends

if TYPE_CHECKING:
    from tree_sitter import Tree

SMALL = 2_000
LARGE = 300_000
_AROUND = 4  # top-level nodes on each hand: what stands beside an insertion decides how it is placed
_MAX_NODES = 600_000


def window(language: Language, base: bytes, ours: bytes, theirs: bytes, until: float) -> tuple[int, int] | None:
    """How many bytes at the beginning and at the end all three versions share and can do without, cut between
    top-level nodes; None when what is left is too large to be looked into."""
    if len(base) < SMALL or language.lines:
        return 0, 0
    tree = _tree_of(language, base, until)
    if tree is None:
        return None
    low, high = _between_nodes(tree, base, ours, theirs)
    nodes = tree.root_node.descendant_count * (len(base) - low - high) // len(base)
    if nodes > _MAX_NODES:
        return None
    return (low, high) if len(base) > LARGE or _reads_alone(language, tree, base, low, high) else (0, 0)


def _tree_of(language: Language, base: bytes, until: float) -> Tree | None:
    """The tree of the base; of a large one it is the only tree kept."""
    if len(base) > LARGE:
        keep_only(language, base)
    return parse(language, base, until)


def shortened(language: Language, versions: tuple[bytes, ...], until: float) -> tuple[bytes, ...]:
    """Versions of a large file (the base first) as shorter files that differ as they do: the part around what is
    changed. As they are when the file is small, or cannot be taken apart.

    What stands elsewhere is the same in all of them, so that no rule can be broken there; a name that is bound there
    too is bound once more in each.
    """
    base = versions[0]
    if len(base) <= LARGE or language.lines:
        return versions
    tree = _tree_of(language, base, until)
    if tree is None or count_errors(language, tree.root_node):
        return versions
    low, high = _between_nodes(tree, *versions)
    if 2 * (low + high) < len(base):
        return versions
    parts = tuple(data[low : len(data) - high] for data in versions)
    alone = parse(language, parts[0], until)
    return versions if alone is None or count_errors(language, alone.root_node) else parts


def _reads_alone(language: Language, tree: Tree, base: bytes, low: int, high: int) -> bool:
    """True when the part is read as the same nodes without what stands around it (in PHP it is not)."""
    if not low and not high:
        return True
    alone = parse(language, base[low : len(base) - high])
    if alone is None or count_errors(language, tree.root_node):
        return False
    inside = [node.type for node in tree.root_node.children if low <= node.start_byte < len(base) - high]
    return inside == [node.type for node in alone.root_node.children]


def _between_nodes(tree: Tree, base: bytes, *others: bytes) -> tuple[int, int]:
    head, tail = common_ends(base, *others)
    nodes = tree.root_node.children
    first = bisect_right(nodes, head, key=lambda node: node.start_byte) - 1 - _AROUND
    last = bisect_left(nodes, len(base) - tail, key=lambda node: node.end_byte) + 1 + _AROUND
    low = base.rfind(b"\n", 0, nodes[first].start_byte) + 1 if first > 0 else 0
    high = base.rfind(b"\n", 0, nodes[last].start_byte) + 1 if last < len(nodes) else len(base)
    return low, min(tail, len(base) - high)
