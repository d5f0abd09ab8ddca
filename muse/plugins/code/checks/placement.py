"""The part of the safety net that looks at where an insertion stands, not at what it says.

What a side inserted between two lines has to stand behind the first or before the second of them in the result, as they
are or much alike. Where the other side has rewritten both, nobody but a person knows where it belongs now.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from itertools import pairwise

from muse.core.late import regex
from muse.core.sequences import Edit, edits
from muse.plugins.code.merge.likeness import likeness, shared, words_of
from muse.plugins.code.syntax.tokens import is_weak_line, without_common_ends

_ALIKE = 0.6
_MUCH_ALIKE = 0.7
_MOST_GONE = 1000
_TELLING = 4  # words of a line, the rarest ones, by which others like it are found
_MOST = 200  # a line that stands at more places than that tells none


def keeps_places(base: bytes, side: bytes, merged: bytes, other: bytes | None = None) -> bool:
    """True when everything `side` inserted still stands beside what it was put beside. What the `other` side inserted,
    where it is given, may stand between, and instead of the same."""
    old, new, made = map(_solid, without_common_ends(base, side, merged))
    where: dict[bytes, list[int]] = defaultdict(list)
    for place, line in enumerate(made):
        where[line].append(place)
    found = [edit for edit in edits(old, new) if edit.b0 < edit.b1]
    foreign: set[bytes] = set()
    if other is not None:
        foreign = set(_solid(other)).difference(_solid(base))
        found = [edit for edit in found if not foreign.issuperset(new[edit.b0 : edit.b1])]
    taken: set[int] = set()
    above = _put_above(side)
    for is_it in (bytes.__eq__, _alike):  # what stands there unchanged first, so that nothing alike takes its place
        found = [edit for edit in found if not _stands(new, edit, made, where, taken, is_it, above, foreign)]
    return not any(0 < len(where[new[at]]) <= _MOST for edit in found for at in (edit.b0, edit.b1 - 1))


def doubles_nothing(base: bytes, ours: bytes, theirs: bytes, merged: bytes) -> bool:
    """True when no line stands twice in a row in `merged` more often than in a side: one edit made by both is one."""
    most: Counter[bytes] = Counter()
    for side in (base, ours, theirs):
        most |= _in_a_row(side)
    return _in_a_row(merged) <= most


def repeats_no_word(base: bytes, ours: bytes, theirs: bytes, merged: bytes) -> bool:
    """False when a line of prose put together from both sides has a word more often than any line of theirs: a name
    that both added to one list, each at another place."""
    return _repeats_none(_LONG_WORDS.findall, (base, ours, theirs), merged)


def repeats_no_modifier(base: bytes, ours: bytes, theirs: bytes, merged: bytes) -> bool:
    """The same of the words a line of code begins with: `public`, which both put in, one before `static`."""
    return _repeats_none(_first_words, (base, ours, theirs), merged)


_LONG_WORDS = regex(rb"\w{4,}")
_FIRST_WORDS = regex(rb"(?:[a-z]+ )*")


def _first_words(line: bytes) -> list[bytes]:
    found = _FIRST_WORDS.match(line)
    return found[0].split() if found is not None else []


def _repeats_none(words_in: Callable[[bytes], list[bytes]], sides: tuple[bytes, ...], merged: bytes) -> bool:
    known = [set(_solid(data)) for data in sides]
    for line in set(_solid(merged)).difference(*known):
        words = Counter(words_in(line))
        for word in (word for word, count in words.items() if count > 1):
            if not any(words_in(one).count(word) >= words[word] for part in known for one in part if word in one):
                return False
    return True


def keeps_deletions(base: bytes, ours: bytes, theirs: bytes, merged: bytes) -> bool:
    """False when one side deleted a line that the other put elsewhere with an edit: to these both it is gone from its
    place, so that nothing but its likeness tells that the deletion is lost."""
    was, mine, other, made = (Counter(_solid(data)) for data in without_common_ends(base, ours, theirs, merged))
    gone = [line for line in was if mine[line] < was[line] and other[line] < was[line]]
    if len(gone) > _MOST_GONE:
        return False
    for side, deleting in ((mine, other), (other, mine)) if gone else ():
        edited, written = (_Likes(line for line in one if one[line] > was[line]) for one in (side, deleting))
        for line in gone:
            moved = edited.of(line, _MUCH_ALIKE)
            if moved and all(made[one] and not deleting[one] for one in moved) and not written.of(line, _ALIKE):
                return False
    return True


class _Likes:
    """Lines that can be asked for those much like another one."""

    def __init__(self, lines: Iterable[bytes]) -> None:
        self.words = {line: words_of(line) for line in lines}
        self.where: dict[bytes, list[bytes]] = defaultdict(list)
        for line, words in self.words.items():
            for word in words:
                self.where[word].append(line)

    def of(self, line: bytes, least: float) -> list[bytes]:
        """The lines whose likeness to `line` is `least` or more."""
        words = words_of(line)
        rarest = sorted((word for word in words if word in self.where), key=lambda word: len(self.where[word]))
        near = {one for word in rarest[:_TELLING] for one in self.where[word][:_MOST]}
        return [one for one in near if shared(words, self.words[one]) >= least]


def _in_a_row(data: bytes) -> Counter[bytes]:
    return Counter(one for one, other in pairwise(_solid(data)) if one == other)


def _stands(
    new: list[bytes],
    edit: Edit,
    made: list[bytes],
    where: dict[bytes, list[int]],
    taken: set[int],
    is_it: Callable[[bytes, bytes], bool],
    above: set[tuple[bytes, bytes]],
    foreign: set[bytes],
) -> bool:
    """True when the inserted lines begin behind their upper neighbour or end before the lower one, at a place that no
    other insertion has taken; they take it. A comment belongs to what it stands above; lines that are `foreign` may
    come between."""
    ends = ((edit.b0, edit.b0 - 1, -1), (edit.b1 - 1, edit.b1, 1))
    for line, neighbour, step in ends[1:] if (new[edit.b1 - 1], new[edit.b1]) in above else ends:
        for place in where[new[line]][:_MOST]:
            beside = place + step
            while step > 0 and made[beside] != new[neighbour] and _ABOVE.match(made[beside]):
                beside += 1  # a comment of the neighbour's
            while made[beside] in foreign and made[beside] != new[neighbour]:
                beside += step
            if place not in taken and is_it(made[beside], new[neighbour]):
                taken.add(place)
                return True
    return False


_ABOVE = regex(rb"\s*(?:#[\s#\[]|//|--\s|;|/\*|\*\s|<!--|@[\w.]+(?:\(.*)?$)")
"""Comments, decorators and attributes: they belong to what stands below."""


def _put_above(data: bytes) -> set[tuple[bytes, bytes]]:
    """Lines of comments and attributes, each with the line right below it."""
    rows = data.splitlines()
    return {
        (b" ".join(one.split()), b" ".join(below.split()))
        for one, below in pairwise(rows)
        if _ABOVE.match(one) and below.strip()
    }


def _alike(one: bytes, other: bytes) -> bool:
    return likeness(one, other) >= _ALIKE


def _solid(data: bytes) -> list[bytes]:
    """Lines with a word in them, without differences in white space, between two that stand for start and end."""
    lines = (b" ".join(line.split()) for line in data.splitlines() if not is_weak_line(line))
    return [b"\x02", *lines, b"\x03"]
