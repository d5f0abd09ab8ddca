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
