"""Conflict markers: from a list of settled bytes and conflicts to the text a person edits.

A merge yields chunks; a chunk is `bytes` (settled) or a `Conflict` with what each side has there. `whole_lines` widens
conflicts to whole lines, `render` writes them in Git's styles. Our note stands after the label, so that tools which
know Git's markers (rerere, editors) keep working.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, Union

from muse.core.blocks import both, lines_of, shared
from muse.core.late import regex
from muse.core.options import BOTH, BY_WORD, MergeOptions
from muse.core.sequences import regions

_WORDS = regex(rb"\d+(?:\.\d+)+|\w+|\s+|[^\w\s]")  # a version is one word
_MOST_WORDS = 5000


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
    """The bytes of the side named `ours`, `theirs` or `base`, of both, or of both sides' words."""
    if choice == BY_WORD:
        woven = words_merged(*conflict[:3])
        return conflict.ours if woven is None else woven
    if choice in BOTH:
        return both(*conflict[:3], theirs_first=choice == BOTH[1])
    return {"ours": conflict.ours, "theirs": conflict.theirs, "base": conflict.base}[choice]


def words_merged(base: bytes, ours: bytes, theirs: bytes) -> bytes | None:
    """Both sides' changes of single words, where no two of them overlap; else None. A suggestion, no merge: what stands
    beside each other may still contradict."""
    if ours == theirs or base in (ours, theirs):
        return None
    words = [_WORDS.findall(text) for text in (base, ours, theirs)]
    if max(map(len, words)) > _MOST_WORDS:
        return None
    found = regions(*words, weak=bytes.isspace, firm=None)  # type: ignore[arg-type]
    if any(region[0] == "conflict" for region in found):
        return None
    made = [words[2][t0:t1] if kind == "theirs" else words[1][o0:o1] for kind, _, _, o0, o1, t0, t1 in found]
    return b"".join(word for part in made for word in part)


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
    ours, theirs = lines_of(conflict.ours), lines_of(conflict.theirs)
    head = tail = 0
    if how.conflict_style != "diff3":  # as Git does: what both sides agree on needs no marker
        head, tail = shared(*conflict[:3])
    after = ours[len(ours) - tail :]
    if head == len(ours) == len(theirs):
        return ours  # widening made the sides equal
    eol = b"\r\n" if (conflict.ours + conflict.theirs + conflict.base).find(b"\r\n") >= 0 else b"\n"
    note = f" ({conflict.note})" if how.notes and conflict.note else ""
    base = conflict.base if conflict.base.strip() or b"\n" in conflict.base else b""  # the indent of what was put in
    middle = [_marker(b"|", how, how.base_label, eol), *_closed([base] if base else [], eol)]
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


def _marker(sign: bytes, how: MergeOptions, label: str, eol: bytes) -> bytes:
    text = label.replace("\n", " ").encode("utf-8", "surrogateescape")
    return sign * how.marker_size + (b" " + text if text else b"") + eol


def _closed(lines: list[bytes], eol: bytes) -> list[bytes]:
    """The lines, the last one ended, so that the next marker starts a line."""
    if lines and lines[-1] and not lines[-1].endswith(b"\n"):
        return [*lines[:-1], lines[-1] + eol]
    return lines


class Marked(NamedTuple):
    """Text with markers, read back. `shows_base`: every conflict has the version before; `labels`: those of the first
    conflict's ours, base ("" where there is none) and theirs."""

    chunks: list[Chunk]
    size: int
    shows_base: bool
    labels: tuple[str, str, str]


def read(data: bytes, size: int = 7) -> Marked | None:
    """Text with markers of any of Git's styles, back to chunks; None when the markers do not pair.

    The base of a conflict that shows none is empty. Notes are dropped with the labels: a label may hold what looks like
    one.
    """
    reader = _Reader(size)
    return reader.done() if all(reader.takes(line) for line in lines_of(data)) else None


def parse(data: bytes, size: int = 7) -> list[Chunk] | None:
    """The chunks of text with markers; None when they do not pair or a conflict shows no base (style `merge`)."""
    found = read(data, size)
    return found.chunks if found is not None and found.shows_base else None


_NEXT = {b"<": b"|=", b"|": b"=", b"=": b">", b">": b"<"}


class _Reader:
    """Takes a text line by line."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.chunks: list[Chunk] = []
        self.part: list[bytes] = []
        self.sides: dict[bytes, bytes] = {}
        self.labels: dict[bytes, str] = {}
        self.sign = b">"
        self.titles = 0
        self.bases = 0

    def takes(self, line: bytes) -> bool:
        """Take a line; False for a marker that cannot be here."""
        sign, size = line[:1], self.size
        rest = line[size:].rstrip(b"\r\n")
        closed = rest == b"" if sign == b"=" else rest[:1] in (b"", b" ")
        if not (sign in _NEXT and sign and line[:size] == sign * size and closed):
            self.part.append(line)
            return True
        if sign == b"=" and self.sign == b">":  # what underlines a title of seven letters
            self.titles += 1
            self.part.append(line)
            return True
        if sign not in _NEXT[self.sign]:
            return False
        self.labels.setdefault(sign, rest[1:].decode("utf-8", "surrogateescape"))
        text, self.part = b"".join(self.part), []
        if sign == b"<":
            self.chunks.append(text)
        else:
            self.sides[self.sign] = text
        if sign == b">":
            self.bases += b"|" in self.sides
            self.chunks.append(Conflict(self.sides.get(b"|", b""), self.sides[b"<"], self.sides[b"="]))
            self.sides = {}
        self.sign = sign
        return True

    def done(self) -> Marked | None:
        """What was read."""
        if self.sign != b">" or (self.titles and not self.chunks):
            return None
        conflicts = len(self.chunks) // 2
        labels = tuple(self.labels.get(sign, "") for sign in (b"<", b"|", b">"))
        chunks: list[Chunk] = [*self.chunks, b"".join(self.part)]
        return Marked(chunks, self.size, self.bases == conflicts, labels)  # type: ignore[arg-type]
