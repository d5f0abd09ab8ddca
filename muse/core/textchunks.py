"""Git's text merge as a list of settled bytes and conflicts, so that a conflict can be named and settled by itself."""

from __future__ import annotations

from muse.core.markers import Chunk, Conflict, render, settled
from muse.core.options import MergeOptions
from muse.core.textmerge import merge_text

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


def lines_of(data: bytes) -> list[bytes]:
    """Lines ended by a newline only: a lone carriage return is content."""
    parts = data.split(b"\n")
    return [part + b"\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])
