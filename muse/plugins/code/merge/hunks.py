"""Git's conflict hunks, taken apart and merged again, first by line and then by token, without a parser."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence

from muse.core.blocks import lines_of
from muse.core.markers import Chunk, Conflict
from muse.core.sequences import edited_beside_a_copy, regions
from muse.plugins.code.merge.tokens import NO_COMMENT, Comment, containing_side, merge_tokens
from muse.plugins.code.merge.wrapping import put_into_a_block
from muse.plugins.code.syntax.tokens import common_ends, is_blank, is_weak_line, tokens

_ALIKE = 0.5


def refined(chunks: list[Chunk], *, indented: bool, comment: Comment = NO_COMMENT) -> list[Chunk]:
    """The chunks with every conflict merged again, as far as that goes. `indented`: indentation has a meaning;
    `comment`: how one is written."""
    out: list[Chunk] = []
    for chunk in chunks:
        if isinstance(chunk, Conflict):
            out.extend(merge_lines(chunk.base, chunk.ours, chunk.theirs, indented=indented, comment=comment))
        else:
            out.append(chunk)
    return out


def merge_lines(
    base: bytes, ours: bytes, theirs: bytes, *, indented: bool, comment: Comment = NO_COMMENT
) -> list[Chunk]:
    """Three-way merge by line, then by token where lines disagree. What stays in dispute is the whole piece, because
    half of a line decided and half not is harder to read than the line."""
    if ours == theirs or base == theirs:
        return [ours]
    if base == ours:
        return [theirs]
    head, tail = common_ends(base, ours, theirs)
    if head or tail:
        inner = [side[head : len(side) - tail] for side in (base, ours, theirs)]
        return [base[:head], *merge_lines(*inner, indented=indented, comment=comment), base[len(base) - tail :]]
    whole = containing_side(base, ours, theirs, indented=indented, comment=comment)
    whole = put_into_a_block(base, ours, theirs) if whole is None else whole
    if whole is not None:
        return [whole]
    b, o, t = lines_of(base), lines_of(ours), lines_of(theirs)
    if edited_beside_a_copy(b, o, t, weak=is_weak_line, touching=True):
        merged = merge_tokens(base, ours, theirs, indented=indented, comment=comment)
        return [Conflict(base, ours, theirs) if merged is None else merged]
    out: list[Chunk] = []
    firm = _in_place if indented else _line_by_line
    for kind, b0, b1, o0, o1, t0, t1 in regions(b, o, t, weak=is_weak_line, firm=firm):
        if kind == "conflict":
            piece = b"".join(b[b0:b1]), b"".join(o[o0:o1]), b"".join(t[t0:t1])
            merged = merge_tokens(*piece, indented=indented, comment=comment)
            if merged is None:
                merged = containing_side(*piece, indented=indented, comment=comment)
            out.append(Conflict(*piece) if merged is None else merged)
        else:
            out.append(b"".join(t[t0:t1] if kind == "theirs" else o[o0:o1]))
    return out


def _line_by_line(old: Sequence[Hashable], new: Sequence[Hashable]) -> bool:
    """True when each old line became one new line that is still much like it."""
    pairs = zip(old, new, strict=False)
    return len(old) == len(new) and all(_alike(a, b) for a, b in pairs if isinstance(a, bytes) and isinstance(b, bytes))


def _in_place(old: Sequence[Hashable], new: Sequence[Hashable]) -> bool:
    """The same, where a line moved in or out belongs to another block, and what stands beside it to who knows which."""
    return _line_by_line(old, new) and [_indent(line) for line in old] == [_indent(line) for line in new]


def _indent(line: Hashable) -> bytes:
    return line[: len(line) - len(line.lstrip())] if isinstance(line, bytes) else b""


def _alike(old: bytes, new: bytes) -> bool:
    a, b = Counter(t for t in tokens(old) if not is_blank(t)), Counter(t for t in tokens(new) if not is_blank(t))
    return 2 * (a & b).total() >= _ALIKE * (a.total() + b.total())
