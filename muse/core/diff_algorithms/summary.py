"""One line that says how much changed."""

from __future__ import annotations

from collections.abc import Sequence

from muse.domain import DomainOp

_WORDS = {"insert": "added", "delete": "removed", "replace": "modified", "patch": "modified", "move": "moved"}


def summarise(ops: Sequence[DomainOp], noun: str = "") -> str:
    """`N added, N removed, N modified, N moved` without the zeros, then the noun in brackets; or `no changes`."""
    counts = dict.fromkeys(_WORDS.values(), 0)
    for op in ops:
        counts[_WORDS[op["op"]]] += 1
    words = ", ".join(f"{count} {word}" for word, count in counts.items() if count)
    if not words:
        return "no changes"
    return f"{words} ({noun})" if noun else words
