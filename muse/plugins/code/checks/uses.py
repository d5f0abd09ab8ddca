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
_KEY = regex(rb"[\w.-]*\w")
_SEEN_HERE = frozenset({"javascript", "python", "tsx", "typescript"})
"""Languages in which a name that stands alone is bound in its file."""
_TEXT = regex("string|comment|text|content|char")
_MOST_ENTRIES = 20_000


def uses_what_is_gone(
    language: Language | None, sides: Sides, merged: bytes, until: float | None = None, *, imports: bool = False
) -> dict[str, int]:
    """Names bound in the base that one side (1, 2) has nowhere any more, and the merge uses without binding them.

    Most merges have no word that could be one, and nothing is parsed; nor is a large file, which would take three whole
    trees. `imports`: of what was defined here only what cannot be seen from elsewhere; the rest may have moved to
    another file.
    """
    found = dict(_candidates(sides, _KEY if language is not None and language.name == "yaml" else _NAME))
    if not found or language is None or not available(language) or max(map(len, sides)) > LARGE:
        return {}
    from muse.plugins.code.syntax.entries import outline

    before = outline(language, sides[0], until)
    bound = _bound(before, imports) | (_seen_here(language, before) if imports else {})
    if not found.keys() & bound.keys():
        return {}
    for name in _bound(outline(language, merged, until), imports=False):
        bound.pop(name, None)
    tree = parse(language, merged, until) if found.keys() & bound.keys() else None
    return {
        name: side
        for name, side in found.items()
        if tree is not None and name in bound and _used(tree.root_node, merged, name, bound[name])
    }


def in_doubt(sides: Sides, merged: bytes, gone: dict[str, int], what: str) -> list[Chunk]:
    """A clean text with what put in a name that is gone, or means something else, as conflicts: the other side's lines
    against its own. `what` is wrong with `%s`."""
    name, side = next(iter(gone.items()))
    without, rows = sides[side].splitlines(True), merged.splitlines(True)
    uses = re.compile(rb"\b(?:%b)\b" % b"|".join(re.escape(name.encode()) for name in gone))
    chunks: list[Chunk] = []
    at = 0
    for edit in edits(without, rows):
        now, was = b"".join(rows[edit.b0 : edit.b1]), b"".join(without[edit.a0 : edit.a1])
        if uses.search(now):
            both = (was, now) if side == 1 else (now, was)
            chunks += [b"".join(rows[at : edit.b0]), Conflict(was, *both, note=what % name)]
            at = edit.b1
    return [*chunks, b"".join(rows[at:])]


def _candidates(sides: Sides, names: re.Pattern[bytes]) -> Iterator[tuple[str, int]]:
    """Words in lines that one side took out and in lines that the other put in, and nowhere in the one."""
    lines = [Counter(data.splitlines()) for data in sides]
    for side, other in ((1, 2), (2, 1)):
        gone, new = (set(names.findall(b"\n".join(part))) for part in (lines[0] - lines[side], lines[other] - lines[0]))
        if both := gone & new:
            for word in both.difference(names.findall(sides[side])):
                yield word.decode("utf-8", "replace"), side


def _used(root: Node, data: bytes, name: str, how: str) -> bool:
    """True where the name stands as a name, and not in a comment or a text. Of what is a function `how` says what its
    calls begin with: it is nothing but called, or the name may stand for something else."""
    word = name.encode()
    calls = re.compile(_CALLS[how] % re.escape(word)) if how in _CALLS else None
    found = False
    stands = rb"(?<![\w-])%b(?![\w-])" if how == "key" else rb"\b%b\b"
    for use in re.finditer(stands % re.escape(word), data):
        node = root.descendant_for_byte_range(use.start(), use.end())
        if node is None or data[node.start_byte : node.end_byte].strip(b"\"'") != word:
            continue
        if how == "key":
            found = found or node.type.endswith("scalar")
        elif node.child_count == 0 and not _TEXT.search(node.type):
            if calls is not None and not calls.match(data, max(0, use.start() - _BEFORE[how])):
                return False
            found = True
    return found


_CALLS = {"function": rb"(?<![\w.$>:@])%b\(", "method": rb"(?:self|this)\.%b\("}
_BEFORE = {"function": 0, "method": len("self.")}


def _bound(root: Entry | None, imports: bool) -> dict[str, str]:
    """Every name that an entry of a file binds, or an import, and what it is."""
    names: dict[str, str] = {}
    stack = [root] if root is not None else []
    count = 0
    while stack and count < _MOST_ENTRIES:
        entry = stack.pop()
        count += 1
        for bound in entry.sure_names if entry.kind == "import" or not imports else ():
            if isinstance(bound, tuple) and len(bound) > 1:
                names[bound[1]] = entry.kind if entry.kind == "import" else ""
        stack.extend(entry.children)
    return names


def _seen_here(language: Language, root: Entry | None) -> dict[str, str]:
    """What nothing but its own file binds: in YAML keys that hold others, functions that are called by name alone,
    methods of classes that inherit none."""
    if root is None or not (language.name == "yaml" or language.name in _SEEN_HERE):
        return {}
    names: dict[str, str] = {}
    stack = [(root, "function")]
    while stack and len(names) < _MOST_ENTRIES:
        around, how = stack.pop()
        for entry in around.children:
            if language.name == "yaml":
                if entry.children and entry.kind != "item":
                    names[entry.name] = "key"
                stack.append((entry, how))
            elif entry.kind in ("function", "method") and how:
                names[entry.name] = how
            elif entry.kind == "class":
                alone = re.search(rb"class%b(?:\(\))?[:{]" % re.escape(entry.name.encode()), entry.whole[:2000])
                stack.append((entry, "method" if alone is not None else ""))
    return names
