"""The look that needs no outline: whether Git's clean text can have put anything in the wrong place at all.

Git's text merge keeps every line of a side where that side has it, between the lines around it. It goes wrong where
the lines around are not those that were meant: one side moved a line, or put in another copy of one, and the other
side changed something; or where both sides added lines about one name. All that can be told from the lines.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from muse.core.sequences import edits

_WORD = re.compile(rb"[\w$]+")
_BINDING = re.compile(
    rb"(?:^|[\s({,*&.\"'`])([\w$.-]+)[\"'`]?\s*(?:=(?!=)|:|\(|\[|<|\{|,|;|$)"  # what stands before a sign or at an end
    rb"|^(?:#\s*define|def|class|func|fn|let|var|const|type|interface|struct|enum|case)\s+([\w$]+)"
)
_FIRST = re.compile(rb"[\w$.-]*\w")
_COMMON = frozenset(
    b"return if else for while do end try catch finally switch case break continue public private protected static"
    b" final const let var val def class function func fn pub async await self this new throw raise assert and or"
    b" not in is elif except with pass void int".split()
)
_AUGMENTED = re.compile(rb"[\w$.]+\s*(?:[-+*/%|&^.]|\*\*|//|<<|>>|\|\||&&|\?\?)=")
_RESERVED = frozenset(b"if else for while return switch catch function func null true false undefined".split())
_SPELLING = re.compile(rb"(?<=\w)[-_.]+(?=\w)")  # requirements, keys: what another spelling may do without
_IMPORT = re.compile(rb"(?:import|from|use|using|#\s*include|require|export)\b")


def may_break(base: bytes, ours: bytes, theirs: bytes) -> bool:
    """False when rules 1 to 6 cannot be broken by a clean text merge of these."""
    was, mine, its = (_lines(data) for data in (base, ours, theirs))
    counts = Counter(was), Counter(mine), Counter(its)
    for side, now, other, text in ((its, counts[2], counts[1], mine), (mine, counts[1], counts[2], its)):
        copied = any(old < other[line] and _WORD.search(line) for line, old in counts[0].items())
        if (copied or _moved(was, counts[0], text)) and _astray(side, counts[0], now, other):
            return True
    if not _names(counts[1] - counts[0]) & _names(counts[2] - counts[0]):
        return False
    mine_new, its_new = _new_names(was, mine), _new_names(was, its)
    return bool(mine_new & _names(counts[2] - counts[0]) or its_new & _names(counts[1] - counts[0]))


def reorders(base: bytes, side: bytes) -> bool:
    """True when a side has lines of the base in another order, or in another place."""
    was = _lines(base)
    return _moved(was, Counter(was), _lines(side))


def _lines(data: bytes) -> list[bytes]:
    return [line for line in map(bytes.strip, data.splitlines()) if line]


def _astray(side: list[bytes], old: Counter[bytes], now: Counter[bytes], other: Counter[bytes]) -> bool:
    """True when an edit of a side may stand beside the wrong copy of a line: one that the base has twice, or that the
    other side has more often, or less, than the base."""

    def vague(line: bytes) -> bool:
        return old[line] > 1 or other[line] != old[line]

    if any(vague(line) for line in (old - now) if _WORD.search(line)):
        return True
    before = b""
    waiting = False
    for line in side:
        if now[line] > old[line]:
            waiting = True
            continue
        if waiting and before and vague(before) and vague(line):
            return True
        before, waiting = line, False
    return waiting and vague(before)


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
    return _SPELLING.sub(b"", name).lower()


def _bound(line: bytes) -> set[tuple[bytes, bytes]]:
    """What a line may bind and the numbers in it, each with the line up to there; `x += 1` binds nothing new, and is
    only itself."""
    if _AUGMENTED.match(line):
        return {(line, line)}
    found: set[tuple[bytes, bytes]] = set()
    if _IMPORT.match(line) or line[:1] in (b'"', b"'", b"-"):
        found.update((word.group(), line[: word.end()]) for word in _WORD.finditer(line))
        return found
    first = _FIRST.search(line)
    if first is not None and first.group() not in _COMMON:
        found.add((first.group(), line[: first.end() + 2]))
    found.update((match[1] or match[2], line[: match.end()]) for match in _BINDING.finditer(line))
    found = {(name, upto) for name, upto in found if name not in _RESERVED}  # nothing binds those
    found.update((word.group(), line[: word.end()]) for word in _WORD.finditer(line) if word.group().isdigit())
    return found
