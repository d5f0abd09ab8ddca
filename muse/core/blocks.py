"""Conflicts that begin and end where what was put in begins and ends, so that a person can keep both of it.

Git's hunks know lines only: of two blocks put in at one place they leave out the lines both have in common, and may cut
a block in the middle. Kept one behind the other such pieces are no code. Here a conflict over insertions is moved along
its neighbours until each side is whole, and lines that both sides share leave it only where nothing is cut by that.
What is whole is told from brackets, indentation and the words that close blocks, in any language.
"""

from __future__ import annotations

from collections.abc import Sequence

from muse.core.late import regex
from muse.core.sequences import common_ends

_MAX_SEARCH = 40  # lines by which what both sides share may be made less
MAX_BYTES = 50_000
"""Conflicts of more are not looked at closer."""
_OPEN, _CLOSE = b"([{", b")]}"
_CLOSER = regex(
    rb"\s*(?:(?:end|done|fi|esac|else|elif|elsif|except|finally|ensure|rescue|catch|until)\b|#\s*(?:endif|else|elif)\b|</)"
)
"""What a line begins with that belongs to a block opened above it."""
_NOT_BRACKETS = bytes(set(range(256)) - set(_OPEN + _CLOSE))


def cuts(text: bytes) -> int:
    """How often a text is cut: brackets without their other half, and lines that belong to something outside of it."""
    return _brackets(text) + _stray(lines_of(text))


def _brackets(text: bytes) -> int:
    """Brackets without their other half, read as if no string or comment held any."""
    missing = 0
    waiting: list[int] = []
    for byte in text.translate(None, _NOT_BRACKETS):
        if byte in _OPEN:
            waiting.append(byte)
        elif waiting and _OPEN.index(waiting[-1]) == _CLOSE.index(byte):
            waiting.pop()
        else:
            missing += 1
    return missing + len(waiting)


def _stray(lines: Sequence[bytes]) -> int:
    """1 when the first line closes a block, or a line is less indented than the first one: what comes before it belongs
    to something outside."""
    solid = [line for line in lines if line.strip()]
    return int(bool(solid) and (_CLOSER.match(solid[0]) is not None or min(map(_depth, solid)) < _depth(solid[0])))


def _depth(line: bytes) -> int:
    return len(line) - len(line.lstrip())


def shared(base: bytes, ours: bytes, theirs: bytes) -> tuple[int, int]:
    """How many lines at the beginning and at the end both sides share and need not be in the conflict.

    Of edits all, as in Git; of insertions only so many that nothing is cut, where there are not too many to tell.
    """
    mine, its = lines_of(ours), lines_of(theirs)
    head, tail = common_ends(mine, its)
    if base.strip() or not (head or tail) or len(ours) + len(theirs) > MAX_BYTES or ours == theirs:
        return head, tail
    for less in range(min(head + tail, _MAX_SEARCH) + 1):
        for low in range(max(0, less - head), min(less, tail) + 1):
            if all(_parted(side, head - less + low, tail - low) for side in (mine, its)):
                return head - less + low, tail - low
    return (0, 0) if head + tail <= _MAX_SEARCH else (head, tail)


def _parted(lines: Sequence[bytes], head: int, tail: int) -> bool:
    """True when what lies between the first `head` and the last `tail` lines is whole, and none of these is part of
    it."""
    end = len(lines) - tail
    inner = [line for line in lines[head:end] if line.strip()]
    if not inner:
        return not _brackets(b"".join(lines[:head]))
    last = next((line for line in lines[end:] if line.strip()), None)
    if last is not None and (
        _depth(last) > _depth(inner[0]) or (_depth(last) == _depth(inner[0]) and _CLOSER.match(last))
    ):
        return False
    return not cuts(b"".join(inner))


def both(base: bytes, ours: bytes, theirs: bytes, *, theirs_first: bool = False) -> bytes:
    """Both texts, one behind the other; what they share at the ends is there once."""
    if ours == theirs:
        return ours
    mine, its = lines_of(ours), lines_of(theirs)
    head, tail = shared(base, ours, theirs)
    if not base.strip():  # the empty lines that part a block from its neighbours part the two as well
        edge = head
        while head and not mine[head - 1].strip():
            head -= 1
        while head == edge and tail and not mine[len(mine) - tail].strip():
            tail -= 1
    parts = [mine[head : len(mine) - tail], its[head : len(its) - tail]]
    if theirs_first:
        parts.reverse()
    if parts[0] and parts[1] and not parts[0][-1].endswith(b"\n"):
        parts[0][-1] += b"\r\n" if b"\r\n" in ours + theirs else b"\n"
    return b"".join([*mine[:head], *parts[0], *parts[1], *mine[len(mine) - tail :]])


def lines_of(data: bytes) -> list[bytes]:
    """Lines ended by a newline only, as Git sees them: a lone carriage return is content."""
    parts = data.split(b"\n")
    return [part + b"\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])
