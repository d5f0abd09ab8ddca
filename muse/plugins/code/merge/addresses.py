"""Addresses of conflicts: the symbol a conflict lies in, so that a person can name it and a pick can settle it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from muse.core.errors import MuseError
from muse.core.markers import Chunk, Conflict, settled
from muse.plugins.code.languages.table import KEYED, Language
from muse.plugins.code.merge.side_changes import SideChanges, has_functions, verdict
from muse.plugins.code.syntax.parsing import available, parse
from muse.plugins.code.syntax.symbols import name_of

if TYPE_CHECKING:
    from tree_sitter import Node

    from muse.plugins.code.keys.places import Pair


_MAX_BYTES = 1_000_000
_MAX_KEYED = 200_000
SYMBOLS, IMPORTS = "symbols", "imports"
"""The dimensions a rule of `.museattributes` may name."""


def names_of_conflicts(
    chunks: Sequence[Chunk], language: Language | None, sides: tuple[bytes, bytes, bytes], until: float
) -> list[tuple[Chunk, str, str]]:
    """Each chunk with its conflict's address and dimension ("" for settled text); notes are filled in.

    The address is the innermost symbol or key around the conflict, else `text`; `#2`, `#3` follow for further conflicts
    of the same, in file order. `sides`: base, ours, theirs.
    """
    if not any(isinstance(chunk, Conflict) for chunk in chunks):
        return [(chunk, "", "") for chunk in chunks]
    places = _places(chunks, language, *sides[1:], until)
    changes = SideChanges(language, *sides, until) if language is not None and has_functions(language) else None
    seen: Counter[str] = Counter()
    out: list[tuple[Chunk, str, str]] = []
    for chunk, (kind, symbol) in zip(chunks, places, strict=True):
        if not isinstance(chunk, Conflict):
            out.append((chunk, "", ""))
            continue
        name = chunk.address or symbol or "text"
        seen[name] += 1
        address = name if seen[name] == 1 else f"{name}#{seen[name]}"
        told = verdict(chunk) if changes is None or not symbol or chunk.note else changes.told(chunk, symbol)
        note = chunk.note or (f"{kind} {symbol}: {told}" if symbol else told)
        out.append((chunk._replace(note=note, address=address), address, kind if kind == IMPORTS else SYMBOLS))
    return out


def _places(
    chunks: Sequence[Chunk], language: Language | None, ours: bytes, theirs: bytes, until: float
) -> list[tuple[str, str]]:
    """Per chunk the kind and address of the innermost symbol around its beginning, on the side that has text there."""
    found = [("", "")] * len(chunks)
    if not available(language):
        return found
    keys = _keys_of(language) if language.name in KEYED else None
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
        if keys is not None:
            found[index] = keys(data, start, start + len(text.strip().rstrip(b",")) - 1)
            continue
        kind, name = _around(language, data, tree.root_node, start)
        if not kind and b"\n" not in text.strip():  # `export function f()`: the line begins outside of f
            kind, name = _around(language, data, tree.root_node, last)
        if kind == IMPORTS and _around(language, data, tree.root_node, last)[0] != IMPORTS:
            kind = ""
        found[index] = kind, name
    return found


def _keys_of(language: Language) -> Callable[[bytes, int, int], tuple[str, str]]:
    """A look-up of the innermost key around two places in a text."""
    from muse.plugins.code.keys import Keys, address_of

    known: dict[bytes, list[Pair]] = {}

    def around(data: bytes, start: int, last: int) -> tuple[str, str]:
        if data not in known:
            try:
                known[data] = list(Keys(language, data).pairs.values()) if len(data) <= _MAX_KEYED else []
            except MuseError:
                known[data] = []
        holding = [pair for pair in known[data] if pair.start <= start and last < max(pair.end, pair.start + 1)]
        inner = max(holding, key=lambda pair: (len(pair.path), pair.start), default=None)
        return ("", "") if inner is None else ("key", address_of(inner.path))

    return around


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
