"""Addresses of conflicts: the symbol a conflict lies in, so that a person can name it and a pick can settle it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from muse.core.markers import Chunk, Conflict, settled
from muse.plugins.code.languages.table import Language
from muse.plugins.code.syntax.parsing import available, parse
from muse.plugins.code.syntax.symbols import name_of

if TYPE_CHECKING:
    from tree_sitter import Node


_MAX_BYTES = 1_000_000
SYMBOLS, IMPORTS = "symbols", "imports"
"""The dimensions a rule of `.museattributes` may name."""


def names_of_conflicts(
    chunks: Sequence[Chunk], language: Language | None, ours: bytes, theirs: bytes, until: float
) -> list[tuple[Chunk, str, str]]:
    """Each chunk with its conflict's address and dimension ("" for settled text); notes are filled in.

    The address is the innermost symbol around the conflict, else `text`; `#2`, `#3` follow for further conflicts of the
    same symbol, in file order.
    """
    if not any(isinstance(chunk, Conflict) for chunk in chunks):
        return [(chunk, "", "") for chunk in chunks]
    places = _places(chunks, language, ours, theirs, until)
    seen: Counter[str] = Counter()
    out: list[tuple[Chunk, str, str]] = []
    for chunk, (kind, symbol) in zip(chunks, places, strict=True):
        if not isinstance(chunk, Conflict):
            out.append((chunk, "", ""))
            continue
        name = chunk.address or symbol or "text"
        seen[name] += 1
        address = name if seen[name] == 1 else f"{name}#{seen[name]}"
        note = chunk.note or (f"{kind} {symbol}: {verdict(chunk)}" if symbol else verdict(chunk))
        out.append((chunk._replace(note=note, address=address), address, kind if kind == IMPORTS else SYMBOLS))
    return out


def verdict(conflict: Conflict) -> str:
    """What happened, in a few words."""
    if not conflict.ours:
        return "deleted here, changed there" if conflict.base else "added there"
    if not conflict.theirs:
        return "changed here, deleted there" if conflict.base else "added here"
    return "both changed" if conflict.base.strip() else "both added"


def _places(
    chunks: Sequence[Chunk], language: Language | None, ours: bytes, theirs: bytes, until: float
) -> list[tuple[str, str]]:
    """Per chunk the kind and address of the innermost symbol around its beginning, on the side that has text there."""
    found = [("", "")] * len(chunks)
    if not available(language):
        return found
    at = {"ours": 0, "theirs": 0}
    for index, chunk in enumerate(chunks):
        if not isinstance(chunk, Conflict):
            continue
        side, data = ("ours", ours) if chunk.ours.strip() else ("theirs", theirs)
        text = settled(chunk, side)
        start = data.find(text, at[side])
        tree = parse(language, data, until) if start >= 0 and text.strip() and len(data) < _MAX_BYTES else None
        if tree is None:
            continue
        at[side] = start
        last = start + len(text.rstrip()) - 1
        start += len(text) - len(text.lstrip())
        kind, name = _around(language, data, tree.root_node, start)
        if kind == IMPORTS and _around(language, data, tree.root_node, last)[0] != IMPORTS:
            kind = ""
        found[index] = kind, name
    return found


def _around(language: Language, data: bytes, root: Node, offset: int) -> tuple[str, str]:
    """Kind and dotted address of the innermost definition that covers an offset, `imports` and "" for an import; from
    the root down, because the way up is searched from the root at each step."""
    names: list[str] = []
    kind = ""
    cursor = root.walk()
    while True:
        node = cursor.node
        what = language.definitions.get(node.type) if node is not None else None
        name = name_of(language, node, data) if what and node is not None else ""
        if what and name:
            names.append(name)
            kind = what
        elif node is not None and node.type in language.imports and not names:
            kind = IMPORTS
        if cursor.goto_first_child_for_byte(offset) is None:
            break
        if cursor.node is None or not cursor.node.start_byte <= offset < cursor.node.end_byte:
            break
    return kind, ".".join(names)
