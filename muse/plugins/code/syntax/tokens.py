"""Source text as tokens, without a parser, and the safety net that every clean result of ours has to pass.

The net knows nothing of how a merge was made. It compares token counts: what a side inserted has to be there as often
as it was inserted, what a side deleted has to be gone, unless both sides made the same edit.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Sequence
from functools import lru_cache

from muse.core.late import regex
from muse.core.sequences import edits

# words (and the bytes of non-ASCII letters), numbers and versions, runs of blanks, line ends, joints of names and of
# conditions, signs
_TOKEN = regex(rb"\d[\w.]*|[\w\x80-\xff]+|[ \t\f\v]+|\r?\n|::|->|&&|\|\||[^\w\s]|\s", re.ASCII)
_FINE = 2000
_WORD = regex(rb"[\w\x80-\xff]", re.ASCII)


def tokens(data: bytes) -> list[bytes]:
    """The tokens of `data`; joined they give it back byte for byte."""
    return _TOKEN.findall(data)


def is_blank(token: Hashable) -> bool:
    """True for white space."""
    return isinstance(token, bytes) and not token.strip()


def is_weak_line(line: Hashable) -> bool:
    """True for a line without a word or number: it is too common to tell two places apart."""
    return isinstance(line, bytes) and _WORD.search(line) is None


def keeps_every_edit(base: bytes, ours: bytes, theirs: bytes, merged: bytes, *, parsed: bool = False) -> bool:
    """True when no edit of either side is lost in `merged` and nothing appears that neither side wrote.

    What is `parsed` as well may have a comma less, or one more: one side emptied a list, the other put in an item
    behind the first; or both put in the first one.
    """
    base, ours, theirs, merged = without_common_ends(base, ours, theirs, merged)
    if not _keeps_lines(base, ours, theirs, merged, both=True):
        return False
    mine, my_inserted, my_deleted = _changes(base, ours)
    other, its_inserted, its_deleted = _changes(base, theirs)
    made, _, _ = _changes(base, merged)
    same = _signs_of_both(base, ours, theirs)
    same[b","] += parsed
    for token in mine.keys() | other.keys() | made.keys():
        expected = mine[token] + other[token]
        low = expected - min(my_inserted[token], its_inserted[token]) - same[token]
        high = expected + min(my_deleted[token], its_deleted[token]) + (parsed and token == b",")
        if not low <= made[token] <= high:
            return False
    return True


def _signs_of_both(base: bytes, ours: bytes, theirs: bytes) -> Counter[bytes]:
    """The quotes and brackets of lines that both sides put in, and which their other edits hide from the counts."""
    was = _line_counts(base)
    lines = (_line_counts(ours) - was) & (_line_counts(theirs) - was)
    signs = Counter(token for line in lines.elements() for token in tokens(line) if not _WORD.match(token))
    (_, mine, _), (_, its, _) = _changes(base, ours), _changes(base, theirs)
    return signs - (mine & its)


def keeps_side(base: bytes, side: bytes, other: bytes, taken: bytes) -> bool:
    """True when `taken`, a merge with every conflict settled as `side`, has all of `side` and beyond that nothing but
    edits of `other`."""
    base, side, other, taken = without_common_ends(base, side, other, taken)
    if not _keeps_lines(base, side, other, taken, both=False):
        return False
    mine, _, _ = _changes(base, side)
    _, inserted, deleted = _changes(base, other, fine=True)
    made, _, _ = _changes(base, taken)
    return all(-deleted[token] <= made[token] - mine[token] <= inserted[token] for token in mine.keys() | made.keys())


def without_common_ends(*versions: bytes) -> list[bytes]:
    """The versions without the lines at top and bottom that all of them share: nothing can be lost there."""
    head, tail = common_ends(*versions)
    return [version[head : len(version) - tail] for version in versions]


def common_ends(*versions: bytes) -> tuple[int, int]:
    """How many bytes of whole lines all versions share at the top, and how many at the bottom."""
    one = versions[0]
    head = one.rfind(b"\n", 0, _shared(versions)) + 1
    shared = _shared([version[head:][::-1] for version in versions])
    tail = one.find(b"\n", len(one) - shared) + 1
    return head, len(one) - tail if tail else 0


def _shared(versions: Sequence[bytes]) -> int:
    """How many bytes at the beginning are the same in all."""
    low, high = 0, min(map(len, versions))
    while low < high:
        middle = (low + high + 1) // 2
        if all(version[low:middle] == versions[0][low:middle] for version in versions):
            low = middle
        else:
            high = middle - 1
    return low


def _keeps_lines(base: bytes, ours: bytes, theirs: bytes, made: bytes, *, both: bool) -> bool:
    """False when a line that all three versions have equally often is lost or doubled, or one that was deleted is there
    more often than the edits leave it: those of `both` sides, else ours and what theirs added to it.

    A move deletes and inserts, so that no count of tokens sees two moves of one line, or a move against a deletion, go
    wrong.
    """
    was, mine, other, now = (_line_counts(data) for data in (base, ours, theirs, made))
    for line, b in was.items():
        o, t, found = mine[line], other[line], now[line]
        if b == o == t == found or is_weak_line(line):
            continue
        alike = min(max(b - o, 0), max(b - t, 0))
        most = o + t - b + alike if both else o + max(t - b, 0)
        if found > max(most, 0) or (b == o == t and found < b):
            return False
    return True


@lru_cache(maxsize=8)
def _line_counts(data: bytes) -> Counter[bytes]:
    """Lines without their indentation and the comma that the last of a list may not have."""
    return Counter(line.strip().removesuffix(b",") for line in data.splitlines())


@lru_cache(maxsize=8)
def _changes(base: bytes, side: bytes, *, fine: bool = False) -> tuple[Counter[bytes], Counter[bytes], Counter[bytes]]:
    """Per token: by how much its count changed, how often it was inserted, how often deleted. Within one edit of lines
    a token that was only moved counts as neither, unless `fine`."""
    a, b = base.splitlines(True), side.splitlines(True)
    inserted: Counter[bytes] = Counter()
    deleted: Counter[bytes] = Counter()
    for edit in edits(a, b):
        gone, come = _solid(a, edit.a0, edit.a1), _solid(b, edit.b0, edit.b1)
        old, new = Counter(gone), Counter(come)
        if fine and len(gone) + len(come) < _FINE:
            inner = edits(gone, come)
            old = Counter(token for part in inner for token in gone[part.a0 : part.a1])
            new = Counter(token for part in inner for token in come[part.b0 : part.b1])
            deleted += old
            inserted += new
            continue
        deleted += old - new
        inserted += new - old
    net = Counter(inserted)
    net.subtract(deleted)
    return net, inserted, deleted


def _solid(lines: list[bytes], start: int, end: int) -> list[bytes]:
    return [token for token in tokens(b"".join(lines[start:end])) if not is_blank(token)]
