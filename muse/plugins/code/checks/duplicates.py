"""Two definitions of one name, or two entries of one key, that neither side had: what a clean merge can get wrong.

A cheap look at the added lines decides whether a parser is asked at all.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from muse.core.markers import Chunk, Conflict
from muse.plugins.code.languages.table import Language

if TYPE_CHECKING:
    from tree_sitter import Node

_KEYWORD = (
    rb"\b(?:def|class|function|func|fn|fun|struct|enum|union|trait|interface|type|mod|module|object|protocol|record"
    rb"|macro_rules!|#define|typedef)\s+(?:\([^)\n]*\)\s*)?([^\W\d]\w*)"
)
_HEAD = rb"(?m)([^\W\d]\w*)\s*(?:<[^()\n]*>)?\([^;\n]*$|^\s*([^\W\d]\w*)\s*\(\)\s*\{"
_ENTRY = rb"(?m)([\w$.-]+)[\"']?\s*[:=]|^\s*\[+([^\]\n]+)\]|([\w$]+)\s*[;,]?\s*$"

Found = dict[tuple[str, ...], list[tuple[int, int]]]


def may_repeat(language: Language, base: bytes, ours: bytes, theirs: bytes, merged: bytes = b"") -> bool:
    """True when both sides added lines that look like definitions of one name, or entries of one key, or when such a
    line stands in `merged` more often than in any of the three: both moved it."""
    if language.lines:
        return True
    twice = [(line, count) for line, count in Counter(merged.splitlines()).items() if count > 1]
    known = [Counter(side.splitlines()) for side in (base, ours, theirs)] if twice else []
    doubled = [line for line, count in twice if all(count > counts[line] for counts in known)]
    if doubled and _named(language, b"\n".join(doubled), b""):
        return True
    had = set(base.splitlines())
    named = []
    for side in (ours, theirs):
        now = set(side.splitlines())
        added = b"\n".join(line for line in side.splitlines() if line not in had)
        named.append(_named(language, added, b"\n".join(had - now)) if added else set())
    return bool(named[0] & named[1])


def _named(language: Language, added: bytes, removed: bytes) -> set[bytes]:
    """Names of definitions and keys in added lines; where code has keys too, an edited assignment is no new key."""
    found = set()
    if language.definitions:
        found |= set(re.findall(_KEYWORD, added)) | {a or b for a, b in re.findall(_HEAD, added)}
    if language.unique:
        keys = Counter(a or b or c for a, b, c in re.findall(_ENTRY, added))
        if language.definitions:
            keys -= Counter(a or b or c for a, b, c in re.findall(_ENTRY, removed))
        found |= set(keys)
    return found


def repeated(
    language: Language, merged: bytes, sides: tuple[bytes, bytes, bytes], until: float | None = None
) -> list[tuple[int, int, str]]:
    """Byte spans and names of what in `merged` repeats a definition or key and does so in none of `sides`; nothing when
    `until` (monotonic) passes meanwhile."""
    counts = [_named_things(language, data, until) for data in (merged, *sides)]
    if any(found is None for found in counts):
        return []
    result, *others = [found or {} for found in counts]
    out: list[tuple[int, int, str]] = []
    for identity, spans in result.items():
        if len(spans) > 1 and len(spans) > max(len(other.get(identity, ())) for other in others):
            out.extend((start, end, " ".join(identity[1:3]).strip()) for start, end in spans[1:])
    return sorted(out)


def _named_things(language: Language, data: bytes, until: float | None) -> Found | None:
    """What may stand once only, and where it stands; None when the file cannot be parsed."""
    if language.lines:
        return _lines(language, data)
    found = _definitions(language, data, until) if language.definitions else {}
    if found is not None and language.unique:
        found.update(_entries(language, data, until))
    return found


def _definitions(language: Language, data: bytes, until: float | None) -> Found | None:
    """(scope, kind, name, signature) -> where it is defined; what may lawfully repeat is left out."""
    from muse.plugins.code.syntax.symbols import symbols_of

    symbols = symbols_of(language, data, until)
    if symbols is None:
        return None
    found: Found = {}
    for symbol in symbols:
        if symbol.kind in language.reopened or symbol.name in language.repeatable or symbol.conditional:
            continue
        if any(word in mark for mark in symbol.marks for word in language.repeatable):
            continue
        identity = (symbol.parent, symbol.kind, symbol.name, symbol.signature_id if language.overloads else "")
        found.setdefault(identity, []).append((symbol.start, symbol.end))
    return found


def _entries(language: Language, data: bytes, until: float | None) -> Found:
    """(path of keys, "key", key) -> where entries stand that share a parent with another one of their key."""
    from muse.plugins.code.syntax.parsing import parse
    from muse.plugins.code.syntax.tree import key_of

    tree = parse(language, data, until)
    found: Found = {}
    by_parent: dict[tuple[int, str], list[tuple[int, int]]] = {}
    stack: list[tuple[Node, str]] = [] if tree is None else [(tree.root_node, "")]
    while stack:
        node, scope = stack.pop()
        below = scope
        for child in reversed(node.named_children):
            key = key_of(language, child, data) if child.type in language.unique else None
            if key is not None:
                name = " ".join(key[1:])
                below = f"{scope}/{name}"
                spans = by_parent.setdefault((node.id, name), [])
                spans.append((child.start_byte, child.end_byte))
                if len(spans) > 1:
                    found[scope, "key", name] = sorted(spans)
            if child.named_child_count:
                stack.append((child, below))
    return found


def _lines(language: Language, data: bytes) -> Found:
    """(section, "line", key) -> where keyed lines stand."""
    from muse.plugins.code.syntax.keyed_lines import keyed_lines

    found: Found = {}
    for section, key, start, stop in keyed_lines(language, data):
        if any(map(str.isalnum, key)):  # a closing bracket has a place, but no name
            found.setdefault((section, "line", key), []).append((start, stop))
    return found


def as_conflicts(merged: bytes, spans: list[tuple[int, int, str]]) -> list[Chunk]:
    """The merged file with every repetition as a conflict of its own, for a person to keep or drop."""
    out: list[Chunk] = []
    at = 0
    for start, end, what in spans:
        low = merged.rfind(b"\n", 0, start) + 1
        high = merged.find(b"\n", end) + 1 or len(merged)
        if low < at:
            continue  # inside the one before
        out.append(merged[at:low])
        out.append(Conflict(b"", b"", merged[low:high], note=f"{what}: defined by both"))
        at = high
    return [*out, merged[at:]]
