"""Rule 5 for what no grammar reads: programs in texts, what a macro is given, templates.

A block of lines is known by the line above it that is less indented. What both sides put into one block (a key, a
definition, a call with all that it holds) is there once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from muse.core.late import regex
from muse.plugins.code.languages.table import Language

Sides = tuple[bytes, bytes, bytes]
_Name = tuple[str, bytes]

_KEY = regex(rb"[\"'`]?([A-Za-z_$][\w.$-]*)[\"'`]?\s*(?:(?::(?=\s)|=>)\s*\S|=(?![=>~]).*,$)")
_SET = regex(rb"[\"'`]?[A-Za-z_$@][\w.$-]*[\"'`]?\s*=(?![=>~])\s*\S")
_DEFINITION = regex(
    rb"(?:[\w@]+(?:\([\w, ]*\))? )*?(?:fun|def|class|func|fn|function|interface|struct|enum|trait|object|module)"
    rb" +[\w.$]+.*[^(\s]$"
)
_OPENS = regex(rb"[\w$@].*(?:\{|\(|:|\bdo(?: *\|[^|]*\|)?|->|=>)$")
_STATEMENT = regex(
    rb"(?:if|else|elif|elsif|for|foreach|while|do|try|catch|except|finally|ensure|rescue|switch|case|default|when|unless"
    rb"|loop|begin|return|with|using|match|select|public|private|protected|signals|slots|get|set|defer|go)\b"
)
_APART = regex(rb"(?:#\s*(?:if|ifdef|ifndef|elif|else|endif)\b|ifn?eq\b|ifn?def\b|else\b|endif\b|```|~~~)")
_READ_BY_LINE = frozenset({"markdown", "toml", "make", "css"})


class _Row(NamedTuple):
    """A line that says something, how deep it is, the place of the one above it that is less so, and how many
    conditions of a preprocessor stand above it."""

    text: bytes
    deep: int
    around: int
    branch: int


def named_twice(language: Language | None, sides: Sides, merged: bytes) -> str:
    """What both sides put into one block of `merged`, so that it is there more often than in any version; "" for
    nothing."""
    if language is not None and language.name != "hcl" and (language.lines or language.name in _READ_BY_LINE):
        return ""
    was, mine, its = (Counter(map(bytes.strip, data.splitlines())) for data in sides)
    wanted = _named(mine - was) & _named(its - was)
    if not wanted:
        return ""
    most: Counter[tuple[_Name, bytes]] = Counter()
    for data in sides:
        rows = _rows(data)
        most |= Counter((name, _head(rows, row)) for name, row in _found(rows, wanted))
    rows = _rows(merged)
    seen = Counter((name, row.around, row.branch) for name, row in _found(rows, wanted))
    for name, row in _found(rows, wanted):
        if seen[name, row.around, row.branch] > max(1, most[name, _head(rows, row)]):
            return f"{row.text.decode('utf-8', 'replace')[:60]}: defined by both"
    return ""


def _head(rows: list[_Row], row: _Row) -> bytes:
    return rows[row.around].text if row.around >= 0 else b""


def _named(lines: Counter[bytes]) -> set[_Name]:
    return {name for line in lines if (name := _name(line)) is not None}


def _name(line: bytes) -> _Name | None:
    """What a line may put in that stands once in its block: the key, or what is the same word for word."""
    if _STATEMENT.match(line):
        return None
    key = _KEY.match(line)
    if key is not None:
        return "key", key[1]
    if _SET.match(line) or _DEFINITION.match(line):
        return "line", line
    return ("block", line) if _OPENS.match(line) else None


def _found(rows: list[_Row], wanted: set[_Name]) -> Iterator[tuple[_Name, _Row]]:
    """The rows that put in something that is wanted, where they are indented: of a block, with all that it holds."""
    for at, row in enumerate(rows):
        name = _name(row.text)
        if name not in wanted or name is None or (row.around < 0 and name[0] != "block"):
            continue
        if name[0] == "block":
            end = next((to for to in range(at + 1, len(rows)) if rows[to].deep <= row.deep), len(rows))
            if end < at + 2:
                continue
            name = "block", b"\n".join(each.text for each in rows[at:end])
        yield name, row


def _rows(data: bytes) -> list[_Row]:
    rows: list[_Row] = []
    open_: list[int] = []
    branch = 0
    for line in data.splitlines():
        text = line.strip()
        if not text:
            continue
        deep = len(line.expandtabs(8)) - len(line.expandtabs(8).lstrip())
        branch += _APART.match(text) is not None
        while open_ and rows[open_[-1]].deep >= deep:
            open_.pop()
        rows.append(_Row(text, deep, open_[-1] if open_ else -1, branch))
        open_.append(len(rows) - 1)
    return rows
