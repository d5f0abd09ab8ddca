"""One side put lines into a block of its own (`try:`, `if ... {`, a key around keys), the other edited some of them.

Where the lines are otherwise as they were, only deeper, the edits go into the block with them.
"""

from __future__ import annotations

from collections.abc import Sequence

from muse.core.blocks import lines_of
from muse.core.sequences import edits

_MOST_LINES = 400


def put_into_a_block(base: bytes, ours: bytes, theirs: bytes) -> bytes | None:
    """The merge of the two; None where it is anything else, or the other side put lines in where the block begins or
    ends, so that nothing tells whether they belong into it."""
    for wrapped, edited in ((ours, theirs), (theirs, ours)):
        merged = _carried(base, wrapped, edited)
        if merged is not None:
            return merged
    return None


def _carried(base: bytes, wrapped: bytes, edited: bytes) -> bytes | None:
    was, new, other = lines_of(base), lines_of(wrapped), lines_of(edited)
    texts = any(quotes in side for quotes in (b'"""', b"'''", b"```") for side in (base, edited))
    depth = _indent(_first(was))
    if texts or len(new) > _MOST_LINES or not was or not _below(was, depth) or not _below(other, depth):
        return None
    if _indent(_first(other)) != depth or not _within(was, other):
        return None
    found = [at for at in range(1, len(new) - len(was) + 1) if _deeper(was, new[at : at + len(was)])]
    if len(found) != 1:
        return None
    at, stop = found[0], found[0] + len(was)
    if not _is_block(new[:at], new[stop:], depth):
        return None
    more = _deeper(was, new[at:stop])
    return b"".join([*new[:at], *(more + line if line.strip() else line for line in other), *new[stop:]])


def _is_block(before: Sequence[bytes], behind: Sequence[bytes], depth: bytes) -> bool:
    """True when a block opens before some lines and ends behind them: with what is less deep, or a bracket."""
    opener, after = _first(before[::-1]), _first(behind)
    if _indent(opener) != depth:
        return False
    if opener.rstrip().endswith(b":"):
        return not after or _indent(after) == depth
    return opener.rstrip().endswith(_OPENS) and _opened(before) == -_opened(behind) > 0


_OPENS = (b"{", b"(", b"[")


def _opened(lines: Sequence[bytes]) -> int:
    """How many brackets more are opened than closed."""
    text = b"".join(lines)
    return sum(map(text.count, _OPENS)) - sum(map(text.count, (b"}", b")", b"]")))


def _first(lines: Sequence[bytes]) -> bytes:
    return next((line for line in lines if line.strip()), b"")


def _indent(line: bytes) -> bytes:
    return line[: len(line) - len(line.lstrip())]


def _below(lines: Sequence[bytes], depth: bytes) -> bool:
    """True when no line is less indented."""
    return all(line.startswith(depth) for line in lines if line.strip())


def _within(was: Sequence[bytes], now: Sequence[bytes]) -> bool:
    """True when no edit puts anything before the first line or behind the last."""
    for edit in edits(was, now):
        at_an_end = edit.a0 == 0 or edit.a1 == len(was)
        if at_an_end and edit.a1 - edit.a0 != edit.b1 - edit.b0:
            return False
    return True


def _deeper(was: Sequence[bytes], now: Sequence[bytes]) -> bytes:
    """What stands before every line that stood before none; b"" where the lines are not the same but for that."""
    first = next((at for at, line in enumerate(was) if line.strip()), 0)
    more = now[first][: len(now[first]) - len(was[first])] if now[first].endswith(was[first]) else b""
    same = all(new == (more + old if old.strip() else old) for old, new in zip(was, now, strict=True))
    return more if same and not more.strip() else b""
