"""Git's text merge as a list of settled bytes and conflicts, so that a conflict can be named and settled by itself."""

from __future__ import annotations

from collections.abc import Sequence

from muse.core.blocks import MAX_BYTES, cuts, lines_of
from muse.core.markers import Chunk, Conflict, render, settled
from muse.core.options import MergeOptions
from muse.core.textmerge import merge_text

_MAX_SLIDE = 200  # lines
_SIZE = 64  # longer than any marker a file would hold by itself
_PROBE = MergeOptions(ours_label="", base_label="", theirs_label="", marker_size=_SIZE, conflict_style="diff3")


def text_chunks(base: bytes, ours: bytes, theirs: bytes) -> list[Chunk] | None:
    """Git's text merge as chunks; None when Git has none (binary)."""
    merged = merge_text(base, ours, theirs, _PROBE)
    if merged is None:
        return None
    data, count = merged
    if not count:
        return [data]
    chunks = _parse(data)
    last = chunks[-1]
    if isinstance(last, Conflict):
        chunks[-1] = Conflict(
            _as_it_ended(last.base, base), _as_it_ended(last.ours, ours), _as_it_ended(last.theirs, theirs)
        )
    return chunks


def _as_it_ended(part: bytes, whole: bytes) -> bytes:
    """Git ends the last line of a conflict where the file does not; this takes it back."""
    if whole.endswith(part):
        return part
    for ending in (b"\r\n", b"\n"):
        if part.endswith(ending) and whole.endswith(part[: -len(ending)]):
            return part[: -len(ending)]
    return part


def settle_hunks(
    base: bytes, ours: bytes, theirs: bytes, how: MergeOptions
) -> tuple[bytes | None, list[tuple[str, Conflict]]]:
    """The text with the hunks that `how.picks` names settled, and the others by address.

    None instead of the text when no pick concerns it: then Git's own bytes are the answer.
    """
    final: list[Chunk] = []
    left: list[tuple[str, Conflict]] = []
    count = 0
    for chunk in text_chunks(base, ours, theirs) or []:
        if not isinstance(chunk, Conflict):
            final.append(chunk)
            continue
        count += 1
        address = f"hunk:{count}"
        choice = how.picks.get(address)
        if choice is None:
            left.append((address, chunk))
            final.append(chunk)
        else:
            final.append(settled(chunk, choice))
    return (None if len(left) == count else render(final, how)), left


def _parse(data: bytes) -> list[Chunk]:
    chunks: list[Chunk] = []
    part: list[bytes] = []
    sides: list[bytes] = []
    for line in data.splitlines(True) if b"\r" not in data else lines_of(data):
        sign = line[:1]
        if line.startswith(sign * _SIZE) and sign in (b"<", b"|", b"=", b">") and not line[_SIZE:].strip():
            if sign == b"<":
                if part:
                    chunks.append(b"".join(part))
            else:
                sides.append(b"".join(part))
            part = []
            if sign == b">":
                chunks.append(Conflict(base=sides[1], ours=sides[0], theirs=sides[2]))
                sides = []
        else:
            part.append(line)
    if part:
        chunks.append(b"".join(part))
    return chunks


def whole_blocks(chunks: Sequence[Chunk]) -> list[Chunk]:
    """The chunks with every conflict over insertions where its sides are whole, if there is such a place."""
    out = list(chunks)
    for at, chunk in enumerate(out):
        if not isinstance(chunk, Conflict) or chunk.base or not 0 < chunk.size <= MAX_BYTES:
            continue
        before = out[at - 1] if at else b""
        after = out[at + 1] if at + 1 < len(out) else b""
        if isinstance(before, Conflict) or isinstance(after, Conflict) or cuts(chunk.ours) + cuts(chunk.theirs) == 0:
            continue
        moved = _slid(before, chunk, after)
        if moved is not None:
            if at:
                out[at - 1] = moved[0]
            out[at] = moved[1]
            if at + 1 < len(out):
                out[at + 1] = moved[2]
    return [chunk for chunk in out if chunk != b""]


def _slid(before: bytes, conflict: Conflict, after: bytes) -> tuple[bytes, Conflict, bytes] | None:
    """The place up or down at which the sides are most whole; None when it is the one they have."""
    best, fewest = None, cuts(conflict.ours) + cuts(conflict.theirs)
    for step in (_up, _down):
        at: tuple[bytes, Conflict, bytes] | None = (before, conflict, after)
        for _ in range(_MAX_SLIDE):
            at = step(*at) if at is not None else None
            if at is None:
                break
            now = cuts(at[1].ours) + cuts(at[1].theirs)
            if now < fewest:
                best, fewest = at, now
    return best


def _up(before: bytes, conflict: Conflict, after: bytes) -> tuple[bytes, Conflict, bytes] | None:
    line = before[before.rfind(b"\n", 0, len(before) - 1) + 1 :]
    sides = conflict.ours, conflict.theirs
    if not line.endswith(b"\n") or not all(_ends_with_line(side, line) for side in sides):
        return None
    ours, theirs = (line + side[: len(side) - len(line)] for side in sides)
    return before[: len(before) - len(line)], conflict._replace(ours=ours, theirs=theirs), line + after


def _ends_with_line(side: bytes, line: bytes) -> bool:
    rest = side[: len(side) - len(line)]
    return side.endswith(line) and (not rest or rest.endswith(b"\n"))


def _down(before: bytes, conflict: Conflict, after: bytes) -> tuple[bytes, Conflict, bytes] | None:
    line = after[: after.find(b"\n") + 1]
    if not line or not all(side.startswith(line) and side.endswith(b"\n") for side in (conflict.ours, conflict.theirs)):
        return None
    ours, theirs = (side[len(line) :] + line for side in (conflict.ours, conflict.theirs))
    return before + line, conflict._replace(ours=ours, theirs=theirs), after[len(line) :]
