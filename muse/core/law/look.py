"""The look that needs no outline: whether Git's clean text can have put anything in the wrong place at all.

Git's text merge keeps every line of a side where that side has it, between the lines around it. It goes wrong where
the lines around are not those that were meant: one side moved a line, or put in another copy of one, and the other
side changed something; or where both sides added lines about one name. All that can be told from the lines.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from muse.core.late import regex
from muse.core.sequences import Edit, edits

_BEGIN, _END = b"\n", b"\n\n"  # no line of a file is either of these
_WORD = regex(rb"[\w$]+")
_BINDING = regex(
    rb"(?:^|[\s(\[\]{,*&.:\"'`])([\w$.-]+)[\"'`]?\s*(?==(?!=)|->\s|[:(\[<{,;}\]]|$)"  # before a sign or at an end
    rb"|^(?:#\s*define|def|class|func|fn|let|var|const|type|interface|struct|enum|case)\s+([\w$]+)"
)
_FIRST = regex(rb"[\w$.-]*\w")
_ADDED = regex(rb"(?:add_\w+|\}?\s*catch)\s*\(\s*([\w.-]+)\s|\(def\S*\s+(\S+)")  # nothing but blanks between names
_LISTED = regex(rb",\s*([A-Za-z_]\w*)(?=\s+[\w\[*])")  # the last of several names before their type
_COMMON = frozenset(
    b"return if else for while do end try catch finally switch case break continue public private protected static"
    b" final const let var val def class function func fn pub async await self this new throw raise assert and or"
    b" not in is elif except with pass void int".split()
)
_AUGMENTED = regex(rb"[\w$.]+\s*(?:[-+*/%|&^.]|\*\*|//|<<|>>|\|\||&&|\?\?)=")
_RESERVED = frozenset(b"if else for while return switch catch function func null true false undefined".split())
_SPELLING = regex(rb"(?<=\w)[-_.]+(?=\w)")  # requirements, keys: what another spelling may do without
_IMPORT = regex(rb"(?:import|from|use|using|#\s*include|require|export|alias|inherit)\b")


class Look(NamedTuple):
    """What a clean text merge may have done: put an edit beside lines that were not meant, or bound a name twice.

    `astray`: also when a side that moved nothing, with all of its edits in their place, is enough: the result is the
    other side's text with those.
    """

    places: bool
    names: bool
    astray: bool = False


NOTHING = Look(False, False)


@lru_cache(maxsize=2)
def look(base: bytes, ours: bytes, theirs: bytes, merged: bytes) -> Look:
    """Which of the rules `merged`, a clean text merge of these, may break: `places` 1 to 4, `names` 4 to 6."""
    was, mine, its, made = (_lines(data) for data in (base, ours, theirs, merged))
    counts = Counter(was), Counter(mine), Counter(its)
    moved = [_moved(was, counts[0], side) for side in (mine, its)]
    if all(moved) or _stays(counts, Counter(made)):
        return Look(True, True, True)
    wrong = [_beside_wrong_copy(was, mine, its, made), _beside_wrong_copy(was, its, mine, made)]
    astray = all(map(max, moved, wrong))
    return Look(any(wrong), any(wrong) or _both_bind(was, mine, its, counts), any(wrong) and astray)


def _stays(counts: Sequence[Counter[bytes]], made: Counter[bytes]) -> bool:
    """True when a line that the base has once was moved by one side, and deleted or moved elsewhere by the other."""
    was, mine, its = counts
    return any(
        count == 1 and made[line] > max(0, mine[line] + its[line] - 1) and _WORD.search(line)
        for line, count in was.items()
    )


def _both_bind(was: list[bytes], mine: list[bytes], its: list[bytes], counts: Sequence[Counter[bytes]]) -> bool:
    """True when one side binds a name anew that the other side's lines may bind."""
    added = [_names(counts[side] - counts[0]) for side in (1, 2)]
    return bool(added[0] & added[1] and (_new_names(was, mine) & added[1] or _new_names(was, its) & added[0]))


def reorders(base: bytes, side: bytes) -> bool:
    """True when a side has lines of the base in another order, or in another place."""
    was = _lines(base)
    return _moved(was, Counter(was), _lines(side))


def edits_copied(base: bytes, side: bytes, other: bytes) -> bool:
    """True when a side edits lines, or puts some between two, of which the other side has put in another copy."""
    was, new = _lines(base), _lines(side)
    more = Counter(_lines(other)) - Counter(was)
    copied = {line for line in more if _WORD.search(line)}
    for edit in edits(was, new) if copied else ():
        gone = was[edit.a0 : edit.a1]
        around = was[max(0, edit.a0 - 1) : edit.a0 + 1]
        if copied.intersection(gone) if gone else len(around) == 2 and copied.issuperset(around):
            return True
    return False


def one_of_several(base: bytes, side: bytes, other: bytes) -> bool:
    """True when a side edits or deletes a line that the base has several times, and the other side moved one of them:
    which one, nothing tells."""
    was = _lines(base)
    count = Counter(was)
    gone: set[bytes] = set()
    new = _lines(side)
    for edit in edits(was, new):
        less = Counter(was[edit.a0 : edit.a1]) - Counter(new[edit.b0 : edit.b1])
        gone.update(line for line in less if count[line] > 1 and len(_WORD.findall(line)) > 1)
    if not gone:
        return False
    now = _lines(other)
    taken, put = Counter[bytes](), Counter[bytes]()
    for edit in edits(was, now):
        taken.update(was[edit.a0 : edit.a1])
        put.update(now[edit.b0 : edit.b1])
    return any(taken[line] and put[line] for line in gone)


def _lines(data: bytes) -> list[bytes]:
    return [line for line in map(bytes.strip, data.splitlines()) if line]


def _beside_wrong_copy(was: list[bytes], side: list[bytes], other: list[bytes], merged: list[bytes]) -> bool:
    """True when an edit of a side may stand beside the wrong copy of a line.

    It is in its place when it replaces a line that the base and the other side have once and the result has no more,
    or when the result has all that the side has between the two nearest such lines.
    """
    was, side, other, merged = ([_BEGIN, *lines, _END] for lines in (was, side, other, merged))
    counts = [Counter(lines) for lines in (was, side, other, merged)]
    there, made = ({line: at for at, line in enumerate(lines)} for lines in (side, merged))

    def placed(edit: Edit) -> bool:
        gone = (line for line in was[edit.a0 : edit.a1] if not counts[3][line] and _WORD.search(line))
        if any(counts[0][line] == 1 == counts[2][line] for line in gone):
            return True
        low, high = edit.a0 - 1, edit.a1
        while any(count[was[low]] != 1 for count in counts):
            low -= 1
        while any(count[was[high]] != 1 for count in counts):
            high += 1
        begin, end, at = there[was[low]], there[was[high]], made[was[low]]
        return begin < end and side[begin : end + 1] == merged[at : at + end + 1 - begin]

    return not all(placed(edit) for edit in edits(was, side))


def _moved(was: list[bytes], old: Counter[bytes], side: list[bytes]) -> bool:
    """True when lines that are there once stand in another order."""
    now = Counter(side)
    place = {line: at for at, line in enumerate(was) if old[line] == 1}
    last = -1
    for line in side:
        at = place.get(line) if now[line] == 1 else None
        if at is not None:
            if at < last:
                return True
            last = at
    return False


def _new_names(was: list[bytes], side: list[bytes]) -> set[bytes]:
    """What a side's lines bind beyond the lines they stand in for: a line edited behind a name binds it as before.

    Two sides that only edit such lines have the name as often as the base.
    """
    found: set[bytes] = set()
    for edit in edits(was, side):
        old, new = was[edit.a0 : edit.a1], side[edit.b0 : edit.b1]
        if len(old) != len(new):
            found |= _names(new)
            continue
        for before, after in zip(old, new, strict=True):
            there = _bound(before)
            found.update(_spelled(name) for name, upto in _bound(after) - there)
    return found


def _names(lines: Iterable[bytes]) -> set[bytes]:
    """What the lines may bind, and the numbers in them."""
    return {_spelled(name) for line in lines for name, _ in _bound(line)}


def _spelled(name: bytes) -> bytes:
    return _SPELLING.sub(b"", name).lstrip(b".").lower()


def _bound(line: bytes) -> set[tuple[bytes, bytes]]:
    """What a line may bind and the numbers in it, each with the line up to there; `x += 1` binds nothing new, and is
    only itself."""
    if _AUGMENTED.match(line):
        return {(line, line)}
    found: set[tuple[bytes, bytes]] = set()
    if _IMPORT.match(line) or line[:1] in (b'"', b"'", b"-"):
        found.update((word.group(), line[: word.end()]) for word in _WORD.finditer(line))
        found.update((word.group(), line[: word.end()]) for word in _FIRST.finditer(line))  # `my-package`
        return found
    first = _FIRST.search(line)
    if first is not None and first.group() not in _COMMON:
        found.add((first.group(), line[: first.end() + 2]))
    found.update((match[1] or match[2], line[: match.end() + 1]) for match in _BINDING.finditer(line))
    if (called := _ADDED.match(line)) is not None:
        found.add((called[1] or called[2], line[: called.end()]))
    found.update((match[1], line[: match.end() + 1]) for match in _LISTED.finditer(line))
    found = {(name, upto) for name, upto in found if name not in _RESERVED}  # nothing binds those
    found.update((word.group(), line[: word.end()]) for word in _WORD.finditer(line) if word.group().isdigit())
    return found
