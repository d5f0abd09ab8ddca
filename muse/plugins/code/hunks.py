"""Git's conflict hunks, taken apart and merged again, first by line and then by token, without a parser."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence

from muse.core.markers import Chunk, Conflict
from muse.core.options import MergeOptions
from muse.core.textmerge import merge_text
from muse.plugins.code.seqdiff import regions
from muse.plugins.code.tokens import is_blank, is_weak_line, tokens

_SIZE = 61  # marker signs: more than any file has, so that no content is taken for a marker
_MAX_TOKENS = 6000
_ALIKE = 0.5
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


def _parse(data: bytes) -> list[Chunk]:
    chunks: list[Chunk] = []
    part: list[bytes] = []
    sides: list[bytes] = []
    for line in data.splitlines(True) if b"\r" not in data else _lines(data):
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


def _lines(data: bytes) -> list[bytes]:
    """Lines ended by a newline only: a lone carriage return is content."""
    parts = data.split(b"\n")
    return [part + b"\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])


def refined(chunks: list[Chunk]) -> list[Chunk]:
    """The chunks with every conflict merged again, as far as that goes."""
    out: list[Chunk] = []
    for chunk in chunks:
        if isinstance(chunk, Conflict):
            out.extend(merge_lines(chunk.base, chunk.ours, chunk.theirs))
        else:
            out.append(chunk)
    return out


def merge_lines(base: bytes, ours: bytes, theirs: bytes) -> list[Chunk]:
    """Three-way merge by line, then by token where lines disagree."""
    if ours == theirs or base == theirs:
        return [ours]
    if base == ours:
        return [theirs]
    b, o, t = _lines(base), _lines(ours), _lines(theirs)
    out: list[Chunk] = []
    for kind, b0, b1, o0, o1, t0, t1 in regions(b, o, t, weak=is_weak_line, firm=_line_by_line):
        if kind == "conflict":
            out.extend(merge_tokens(b"".join(b[b0:b1]), b"".join(o[o0:o1]), b"".join(t[t0:t1])))
        else:
            out.append(b"".join(t[t0:t1] if kind == "theirs" else o[o0:o1]))
    return out


def _line_by_line(old: Sequence[Hashable], new: Sequence[Hashable]) -> bool:
    """True when each old line became one new line that is still much like it."""
    pairs = zip(old, new, strict=False)
    return len(old) == len(new) and all(_alike(a, b) for a, b in pairs if isinstance(a, bytes) and isinstance(b, bytes))


def _alike(old: bytes, new: bytes) -> bool:
    a, b = Counter(t for t in tokens(old) if not is_blank(t)), Counter(t for t in tokens(new) if not is_blank(t))
    return 2 * (a & b).total() >= _ALIKE * (a.total() + b.total())


def merge_tokens(base: bytes, ours: bytes, theirs: bytes) -> list[Chunk]:
    """Three-way merge by token; neighbouring edits conflict. What stays in dispute is the whole piece, because half of
    a line decided and half not is harder to read than the line."""
    whole: list[Chunk] = [Conflict(base, ours, theirs)]
    if not base or not ours or not theirs:
        return whole
    b, o, t = tokens(base), tokens(ours), tokens(theirs)
    if len(b) + len(o) + len(t) > _MAX_TOKENS:
        return whole
    out = []
    for kind, _, _, o0, o1, t0, t1 in regions(b, o, t, weak=is_blank, firm=None):
        if kind == "conflict":
            return whole
        out.extend(t[t0:t1] if kind == "theirs" else o[o0:o1])
    return [b"".join(out)]
