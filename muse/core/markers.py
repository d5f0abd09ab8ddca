"""Conflict markers: from a list of settled bytes and conflicts to the text a person edits.

A merge yields chunks; a chunk is `bytes` (settled) or a `Conflict` with what each side has there. `whole_lines` widens
conflicts to whole lines, `render` writes them in Git's styles. Our note stands after the label, so that tools which
know Git's markers (rerere, editors) keep working.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, Union

from muse.core.options import MergeOptions


class Conflict(NamedTuple):
    """One disagreement: the bytes of each side, a short note for a person, and the address that settles it."""

    base: bytes
    ours: bytes
    theirs: bytes
    note: str = ""
    address: str = ""

    @property
    def size(self) -> int:
        """Bytes a person has to read: both sides."""
        return len(self.ours) + len(self.theirs)


Chunk = Union[bytes, Conflict]


def conflicts_of(chunks: Iterable[Chunk]) -> list[Conflict]:
    """The conflicts among the chunks, in order."""
    return [chunk for chunk in chunks if isinstance(chunk, Conflict)]


def conflict_size(chunks: Iterable[Chunk]) -> int:
    """How much a person has to read: 0 means clean; an empty-sided conflict still counts."""
    return sum(1 + chunk.size for chunk in conflicts_of(chunks))


def joined(chunks: Iterable[Chunk]) -> bytes:
    """The bytes of chunks that hold no conflict."""
    return b"".join(chunk for chunk in chunks if not isinstance(chunk, Conflict))


def settled(conflict: Conflict, choice: str) -> bytes:
    """The bytes of the side named `ours`, `theirs` or `base`."""
    return {"ours": conflict.ours, "theirs": conflict.theirs, "base": conflict.base}[choice]


def whole_lines(chunks: Sequence[Chunk]) -> list[Chunk]:
    """The same chunks with every conflict starting and ending at a line's edge; settled text that shares a line with
    a conflict is repeated on all its sides."""
    out: list[Chunk] = []
    pending = b""  # settled text not yet written
    open_: Conflict | None = None  # a conflict whose last line is not complete
    for chunk in chunks:
        if isinstance(chunk, Conflict):
            if open_ is not None:
                open_ = _concat(open_, chunk)
            else:
                cut = pending.rfind(b"\n") + 1
                if pending[:cut]:
                    out.append(pending[:cut])
                open_ = _around(pending[cut:], chunk, b"")
                pending = b""
        elif open_ is None:
            pending += chunk
            continue
        elif chunk:
            cut = chunk.find(b"\n") + 1 or len(chunk)
            open_ = _around(b"", open_, chunk[:cut])
            pending = chunk[cut:]
        if open_ is not None and _complete(open_):
            out.append(open_)
            open_ = None
    if open_ is not None:
        out.append(open_)
    if pending:
        out.append(pending)
    return out


def _complete(conflict: Conflict) -> bool:
    return all(side.endswith(b"\n") or not side for side in conflict[:3])


def _around(head: bytes, conflict: Conflict, tail: bytes) -> Conflict:
    base, ours, theirs = (head + side + tail for side in conflict[:3])
    return conflict._replace(base=base, ours=ours, theirs=theirs)


def _concat(first: Conflict, second: Conflict) -> Conflict:
    return Conflict(
        first.base + second.base,
        first.ours + second.ours,
        first.theirs + second.theirs,
        first.note or second.note,
        first.address or second.address,
    )


def render(chunks: Sequence[Chunk], how: MergeOptions) -> bytes:
    """The text with markers in the style, size and labels that `how` asks for."""
    out: list[bytes] = []
    for chunk in whole_lines(chunks):
        if isinstance(chunk, Conflict):
            out.extend(_marked(chunk, how))
        else:
            out.append(chunk)
    return b"".join(out)


def _marked(conflict: Conflict, how: MergeOptions) -> list[bytes]:
    ours, theirs = _lines(conflict.ours), _lines(conflict.theirs)
    head = tail = 0
    if how.conflict_style != "diff3":  # as Git does: what both sides agree on needs no marker
        shorter = min(len(ours), len(theirs))
        while head < shorter and ours[head] == theirs[head]:
            head += 1
        while tail < shorter - head and ours[-1 - tail] == theirs[-1 - tail]:
            tail += 1
    after = ours[len(ours) - tail :]
    if head == len(ours) == len(theirs):
        return ours  # widening made the sides equal
    eol = b"\r\n" if (conflict.ours + conflict.theirs + conflict.base).find(b"\r\n") >= 0 else b"\n"
    note = f" ({conflict.note})" if how.notes and conflict.note else ""
    middle = [_marker(b"|", how, how.base_label, eol), *_closed([conflict.base], eol)]
    return [
        *ours[:head],
        _marker(b"<", how, how.ours_label + note, eol),
        *_closed(ours[head : len(ours) - tail], eol),
        *(middle if how.conflict_style != "merge" else ()),
        _marker(b"=", how, "", eol),
        *_closed(theirs[head : len(theirs) - tail], eol),
        _marker(b">", how, how.theirs_label, eol),
        *after,
    ]


def _lines(data: bytes) -> list[bytes]:
    """Lines ended by a newline only, as Git sees them: a marker after a lone carriage return would start no line."""
    parts = data.split(b"\n")
    return [part + b"\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])


def _marker(sign: bytes, how: MergeOptions, label: str, eol: bytes) -> bytes:
    text = label.replace("\n", " ").encode("utf-8", "surrogateescape")
    return sign * how.marker_size + (b" " + text if text else b"") + eol


def _closed(lines: list[bytes], eol: bytes) -> list[bytes]:
    """The lines, the last one ended, so that the next marker starts a line."""
    if lines and lines[-1] and not lines[-1].endswith(b"\n"):
        return [*lines[:-1], lines[-1] + eol]
    return lines


def parse(data: bytes, size: int = 7) -> list[Chunk] | None:
    """Text with markers, back to chunks; None when the markers do not pair or a conflict shows no base (style `merge`).

    Notes and labels are dropped: a label may itself hold what looks like a note.
    """
    chunks: list[Chunk] = []
    part: list[bytes] = []
    sides: list[bytes] = []
    order = [b"<", b"|", b"=", b">"]
    expected = titles = 0
    for line in _lines(data):
        sign = line[:1]
        rest = line[size:].rstrip(b"\r\n")
        closed = rest == b"" if sign == b"=" else rest[:1] in (b"", b" ")
        is_marker = sign in order and line[:size] == sign * size and closed
        if sign == b"=" and is_marker and expected == 0:
            titles, is_marker = titles + 1, False  # what underlines a title of seven letters
        if not is_marker:
            part.append(line)
            continue
        if sign != order[expected]:
            return None
        text, part = b"".join(part), []
        if expected == 0:
            chunks.append(text)
        else:
            sides.append(text)
        if expected == 3:
            chunks.append(Conflict(base=sides[1], ours=sides[0], theirs=sides[2]))
            sides = []
        expected = (expected + 1) % 4
    return None if expected or (titles and not chunks) else [*chunks, b"".join(part)]
