"""Two definitions of one name that neither side had: what a clean text merge can get wrong.

A cheap look at the added lines decides whether a parser is asked at all.
"""

from __future__ import annotations

import re

from muse.core.markers import Chunk, Conflict
from muse.plugins.code.languages.table import Language

_KEYWORD = (
    rb"\b(?:def|class|function|func|fn|fun|struct|enum|union|trait|interface|type|mod|module|object|protocol|record"
    rb"|macro_rules!|#define|typedef)\s+(?:\([^)\n]*\)\s*)?([^\W\d]\w*)"
)
_HEAD = rb"(?m)([^\W\d]\w*)\s*(?:<[^()\n]*>)?\([^;\n]*$|^\s*([^\W\d]\w*)\s*\(\)\s*\{"


def may_repeat(base: bytes, ours: bytes, theirs: bytes) -> bool:
    """True when both sides added lines that look like definitions of one name."""
    had = set(base.splitlines())
    mine, other = (b"\n".join(line for line in side.splitlines() if line not in had) for side in (ours, theirs))
    return bool(mine and other and _named(mine) & _named(other))


def _named(added: bytes) -> set[bytes]:
    return set(re.findall(_KEYWORD, added)) | {a or b for a, b in re.findall(_HEAD, added)}


def repeated(language: Language, merged: bytes, sides: tuple[bytes, bytes, bytes]) -> list[tuple[int, int, str]]:
    """Byte spans and addresses of the definitions in `merged` that repeat one and do so in none of `sides`."""
    counts = [_definitions(language, data) for data in (merged, *sides)]
    if any(found is None for found in counts):
        return []
    result, *others = [found or {} for found in counts]
    out: list[tuple[int, int, str]] = []
    for identity, spans in result.items():
        if len(spans) > 1 and len(spans) > max(len(other.get(identity, ())) for other in others):
            out.extend((start, end, f"{identity[1]} {identity[2]}") for start, end in spans[1:])
    return sorted(out)


def _definitions(language: Language, data: bytes) -> dict[tuple[str, str, str, str], list[tuple[int, int]]] | None:
    """(scope, kind, name, signature) -> where it is defined; what may lawfully repeat is left out."""
    from muse.plugins.code.symbols import symbols_of

    symbols = symbols_of(language, data)
    if symbols is None:
        return None
    found: dict[tuple[str, str, str, str], list[tuple[int, int]]] = {}
    for symbol in symbols:
        if symbol.kind in language.reopened or symbol.name in language.repeatable or symbol.conditional:
            continue
        if any(word in mark for mark in symbol.marks for word in language.repeatable):
            continue
        identity = (symbol.parent, symbol.kind, symbol.name, symbol.signature_id if language.overloads else "")
        found.setdefault(identity, []).append((symbol.start, symbol.end))
    return found


def as_conflicts(merged: bytes, spans: list[tuple[int, int, str]]) -> list[Chunk]:
    """The merged file with every repeated definition as a conflict of its own, for a person to keep or drop."""
    out: list[Chunk] = []
    at = 0
    for start, end, what in spans:
        if start < at:
            continue  # inside the one before
        low = merged.rfind(b"\n", 0, start) + 1
        high = merged.find(b"\n", end) + 1 or len(merged)
        if low < at:
            continue
        out.append(merged[at:low])
        out.append(Conflict(b"", b"", merged[low:high], note=f"{what}: defined by both"))
        at = high
    return [*out, merged[at:]]

