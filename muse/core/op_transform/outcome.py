"""What a merged delta has to be: a result is judged by the edits that lead to it from the base, not by how it was made.

Every edit of either side stands in it once, at its own address, and none that nobody made. Where both sides edited one
thing, what each of them put there has to be there and what each took out has to be gone; the words of the texts tell.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

from muse.core.address import overlap
from muse.core.op_transform.merge import merge_op_lists
from muse.core.op_transform.rules import substance
from muse.domain import DomainOp

Leaf = tuple[str, str, Any]
"""Kind, address, and what is put there or taken away."""

Texts = tuple[bytes, bytes, bytes, bytes]
"""The file in base, ours, theirs and the result."""

_WORD = re.compile(rb"[\w\x80-\xff]+|[^\w\s]")
_SNIFF = 8000


def broken(
    path: str,
    ours_ops: Sequence[DomainOp],
    theirs_ops: Sequence[DomainOp],
    result_ops: Sequence[DomainOp],
    texts: Texts,
    *,
    settled: bool = False,
    overruled: Collection[str] = (),
) -> list[str]:
    """The addresses at which the result is not what both sides made of the base; [] for a right one.

    All ops are of one file and lead from its base; with `settled` somebody has decided what both sides edited
    differently (rules, picks), and only the rest is judged. Of a side that is `overruled` ("ours", "theirs") edits may
    be missing.
    """
    merged = merge_op_lists([], ours_ops, theirs_ops)
    expected, found = Counter(leaves(merged.merged_ops)), Counter(leaves(result_ops))
    mine, other = Counter(leaves(ours_ops)), Counter(leaves(theirs_ops))
    expected -= _may_be_missing(mine, other, overruled) - found
    pairs = [tuple(list(leaves([op])) for op in pair) for pair in merged.conflict_ops]
    disputed = {leaf[1] for pair in pairs for side in pair for leaf in side}
    wrong = {leaf[1] for leaf in (expected - found) + (found - expected) if not _inside(leaf[1], disputed)}
    contested = [pair for pair in pairs if not settled and not all(leaf in found for side in pair for leaf in side)]
    if contested and not _settled_below(path, contested, texts):
        wrong |= {leaf[1] for pair in contested for side in pair for leaf in side}
    return sorted(wrong)


def _may_be_missing(mine: Counter[Leaf], other: Counter[Leaf], overruled: Collection[str]) -> Counter[Leaf]:
    """The edits of a side that was overruled; what the other made too stays, unless both were."""
    if "ours" in overruled and "theirs" in overruled:
        return mine | other
    return mine - other if "ours" in overruled else other - mine if "theirs" in overruled else Counter()


def leaves(ops: Iterable[DomainOp]) -> Iterator[Leaf]:
    """The edits without their containers; a container that only says that it changed is an edit."""
    for op in ops:
        kind, address = op["op"], op["address"]
        if op["op"] == "patch":
            origin = op.get("from_address", address)
            if origin != address:
                yield "rename", address, origin
            if op["child_ops"]:
                yield from leaves(op["child_ops"])
            elif op.get("old_content_id") != op.get("new_content_id"):
                yield "replace", address, op.get("new_content_id")
        elif op["op"] == "insert" or op["op"] == "replace":
            yield kind, address, substance(op)
        else:
            yield kind, address, op.get("content_id")


def keeps_words(base: bytes, ours: bytes, theirs: bytes, result: bytes) -> bool:
    """True when no word that a side put in is missing, and none that a side took out is back.

    Lines that both sides changed in the same way may count once or twice.
    """
    counts = [Counter(_WORD.findall(text)) for text in (base, ours, theirs, result)]
    was, mine, other, now = counts
    lines = [Counter(text.splitlines()) for text in (base, ours, theirs)]
    shared = _words((lines[1] - lines[0]) & (lines[2] - lines[0]))
    shared.subtract(_words((lines[0] - lines[1]) & (lines[0] - lines[2])))
    for word in was.keys() | mine.keys() | other.keys() | now.keys():
        a, b = mine[word] - was[word], other[word] - was[word]
        allowed = [a + b, a + b - shared[word]]
        if a * b > 0:  # put in, or taken out, by both: it may be the same one
            allowed.append(max(a, b, key=abs))
        if not min(allowed) <= now[word] - was[word] <= max(allowed):
            return False
    return True


def _words(lines: Counter[bytes]) -> Counter[bytes]:
    found: Counter[bytes] = Counter()
    for line, count in lines.items():
        for word in _WORD.findall(line):
            found[word] += count
    return found


def _inside(address: str, places: set[str]) -> bool:
    return any(overlap(address, place) for place in places)


def _settled_below(path: str, pairs: list[tuple[list[Leaf], ...]], texts: Texts) -> bool:
    """True when what both sides edited differently is in the result of both, as far as texts can tell.

    Of a binary file that nobody looked into, all that can be told is that no side was simply dropped.
    """
    touched = [leaf for pair in pairs for side in pair for leaf in side]
    if not any(b"\0" in text[:_SNIFF] for text in texts):
        return all(leaf[0] != "move" for leaf in touched) and keeps_words(*texts)
    return all(leaf[1] == path for leaf in touched) and texts[3] not in texts[1:3]
