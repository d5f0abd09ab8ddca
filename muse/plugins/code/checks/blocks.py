"""The lines of a text as blocks: each knows the line above it that is less indented, and the branch it stands in."""

from __future__ import annotations

from typing import NamedTuple

from muse.core.late import regex

_TAG = regex(rb"\{(?:\{.*\}|%.*%)\}$")
_IF = regex(rb"#\s*if|ifn?eq\b|ifn?def\b|\{\{-?\s*(?:if|with|range|define|block)\b|\{%[-+]?\s*(?:if|for)\b")
_ELSE = regex(rb"#\s*el(?:se|if)|else\b|\{\{-?\s*else\b|\{%[-+]?\s*el(?:se|if)|```|~~~|---$")
_END = regex(rb"#\s*endif\b|endif\b|\{\{-?\s*end\b|\{%[-+]?\s*end")


class Row(NamedTuple):
    """A line that says something, how deep it is, the place of the one above it that is less so, the branch it stands
    in (of a preprocessor's conditions, of a template, between fences), and where it begins and ends."""

    text: bytes
    deep: int
    around: int
    branch: int
    start: int
    stop: int


class _Branches:
    """Counts the branches of a text, one inside of another."""

    def __init__(self) -> None:
        self.count = 0
        self.open = [0]

    def at(self, text: bytes) -> int:
        """The branch a line stands in; it may begin or end one."""
        if _END.match(text):
            if len(self.open) > 1:
                self.open.pop()
        elif _IF.match(text) or _ELSE.match(text):
            self.count += 1
            if _IF.match(text):
                self.open.append(self.count)
            else:
                self.open[-1] = self.count
        return self.open[-1]


def is_tag(line: bytes) -> bool:
    """True for a line of a template that is no text of the file."""
    return _TAG.match(line.strip()) is not None


def ends_or_begins(line: bytes) -> bool:
    """True for a tag that begins or ends a branch, and puts in nothing."""
    return any(pattern.match(line.strip()) for pattern in (_IF, _ELSE, _END))


def rows_of(data: bytes, *, template: bool = False) -> list[Row]:
    """The lines in order; of a template without those that are only tags."""
    rows: list[Row] = []
    open_: list[int] = []
    branches = _Branches()
    at = 0
    for line in data.splitlines(True):
        text, start = line.strip(), at
        at += len(line)
        if not text:
            continue
        branch = branches.at(text)
        if template and is_tag(text):
            continue
        deep = len(line.expandtabs(8)) - len(line.expandtabs(8).lstrip())
        while open_ and rows[open_[-1]].deep >= deep:
            open_.pop()
        rows.append(Row(text, deep, open_[-1] if open_ else -1, branch, start, at))
        open_.append(len(rows) - 1)
    return rows


class Twice(NamedTuple):
    """What both sides put into one block, where it stands in the result, and what of that is ours and theirs: nothing
    where that cannot be told."""

    what: str
    made: list[tuple[int, int]]
    ours: bytes
    theirs: bytes


def whose(made: list[bytes], ours: set[bytes], theirs: set[bytes]) -> tuple[bytes, bytes]:
    """Which of two texts is ours and which theirs."""
    both = made if len(made) == 2 else [b"", b""]
    fits = {(mine, its) for mine, its in (both, both[::-1]) if mine in ours and its in theirs}
    return fits.pop() if len(fits) == 1 else (b"", b"")


_ABOVE = regex(rb"(?:#(?!\s*(?:if|el|end|define|include)\b)|//|--|/\*|\*|@[\w.]+(?:\(.*\))?$)")
_CLOSES = regex(rb"[)}\]]|end\b")


def span_of(rows: list[Row], at: int) -> tuple[int, int]:
    """A row with what stands deeper below it, the line that closes that, and the comments above it."""
    deep = rows[at].deep
    first = at
    while first and rows[first - 1].deep == deep and _ABOVE.match(rows[first - 1].text):
        first -= 1
    items = rows[at].text.endswith(b":")  # of a list in YAML are as deep as its key
    inner = (row.deep > deep or (items and row.deep == deep and row.text.startswith(b"- ")) for row in rows[at + 1 :])
    last = at + 1 + next((count for count, inside in enumerate(inner) if not inside), len(rows) - at - 1)
    closes = last < len(rows) and last > at + 1 and rows[last].deep == deep and _CLOSES.match(rows[last].text)
    return rows[first].start, rows[last if closes else last - 1].stop
