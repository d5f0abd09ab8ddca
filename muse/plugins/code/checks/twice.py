"""Rule 5 for what no grammar reads: programs in texts, what a macro is given, templates.

A block of lines is known by the line above it that is less indented. What both sides put into one block (a key, a
definition, a call with all that it holds) is there once.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from muse.core.late import regex
from muse.plugins.code.languages.table import Language

Sides = tuple[bytes, bytes, bytes]
_Name = tuple[str, bytes]

_KEY = regex(rb"[\"'`]?([A-Za-z_$][\w.$-]*)[\"'`]?\s*(?:(?::(?=\s)|=>)\s*\S|=(?![=>~]).*,$)")
_SET = regex(rb"[\"'`]?([A-Za-z_$@][\w.$-]*)[\"'`]?\s*=(?![=>~])\s*\S")
_DEFINITION = regex(
    rb"(?:[\w@]+(?:\([\w, ]*\))? )*?(?:fun|def|class|func|fn|function|interface|struct|enum|trait|object|module)"
    rb" +[\w.$]+.*[^(\s]$"
    rb"|(?:pub(?:\([\w: ]*\))? |export )?(?:use|mod|extern crate|using|import) +[^;=]*;$"
)
_CONSTANT = regex(
    rb"(?:pub(?:\([\w: ]*\))? |export )?(?:const|static|type|using|typealias) +(?:mut )?([\w$]+)\s*(?::|=(?!=))"
)
_ABOVE = regex(rb"(?:#(?!\s*(?:if|el|end|define|include)\b)|//|--|/\*|\*|@[\w.]+(?:\(.*\))?$)")
_OPENS = regex(rb"[\w$@].*(?:\{|\(|:|\bdo(?: *\|[^|]*\|)?|->|=>)$")
_LABEL = regex(rb"\w+:$")
_STATEMENT = regex(
    rb"(?:if|else|elif|elsif|for|foreach|while|do|try|catch|except|finally|ensure|rescue|switch|case|default|when|unless"
    rb"|loop|begin|return|with|using|match|select|public|private|protected|signals|slots|get|set|defer|go)\b"
)
_APART = regex(rb"(?:#\s*(?:if|ifdef|ifndef|elif|else|endif)\b|ifn?eq\b|ifn?def\b|else\b|endif\b|```|~~~)")
_READ_BY_LINE = frozenset({"markdown", "toml", "make", "css"})


class _Row(NamedTuple):
    """A line that says something, how deep it is, the place of the one above it that is less so, how many conditions of
    a preprocessor stand above it, and where it begins and ends."""

    text: bytes
    deep: int
    around: int
    branch: int
    start: int
    stop: int


class Twice(NamedTuple):
    """What both sides put into one block, where it stands in the result, and what of that is ours and theirs: nothing
    where that cannot be told."""

    what: str
    made: list[tuple[int, int]]
    ours: bytes
    theirs: bytes


def named_twice(language: Language | None, sides: Sides, merged: bytes) -> str:
    """What both sides put into one block of `merged`, so that it is there more often than in any version; "" for
    nothing."""
    return next((f"{each.what}: defined by both" for each in there_twice(language, sides, merged)), "")


def there_twice(language: Language | None, sides: Sides, merged: bytes) -> Iterator[Twice]:
    """Each such thing."""
    if language is not None and language.name != "hcl" and (language.lines or language.name in _READ_BY_LINE):
        return
    keyed = language is not None and language.name == "hcl"
    was, mine, its = (Counter(map(bytes.strip, data.splitlines())) for data in sides)
    wanted = _named(mine - was, keyed) & _named(its - was, keyed)
    if not wanted:
        return
    known = [_Found(data, wanted, keyed) for data in sides]
    made = _Found(merged, wanted, keyed)
    for (name, around, _), rows in made.blocks.items():
        head = made.head(around)
        if len(rows) > max(1, *(each.most(name, head) for each in known)):
            spans = [made.span(row) for row in rows]
            mine_text, its_text = _whose(
                [merged[low:high] for low, high in spans], *(each.texts(name, head) for each in known[1:])
            )
            what = made.rows[rows[0]].text.decode("utf-8", "replace")[:60]
            yield Twice(what, spans, mine_text, its_text) if name[0] != "block" else Twice(what, spans, b"", b"")


def _whose(made: list[bytes], ours: set[bytes], theirs: set[bytes]) -> tuple[bytes, bytes]:
    """Which of two texts is ours and which theirs."""
    both = made if len(made) == 2 else [b"", b""]
    fits = {(mine, its) for mine, its in (both, both[::-1]) if mine in ours and its in theirs}
    return fits.pop() if len(fits) == 1 else (b"", b"")


def bound_twice_by(pattern: re.Pattern[bytes], sides: Sides, merged: bytes) -> str:
    """A name (the second group) that lines of both sides define, so that a block of the result has it more often than
    any block of a version, as deep and with the same parameters (all groups); "" for none."""
    base, ours, theirs = (Counter(side.splitlines()) for side in sides)
    mine, its = ({found.groups() for line in side - base if (found := pattern.match(line))} for side in (ours, theirs))
    wanted = mine & its
    if not wanted:
        return ""
    most: Counter[tuple[bytes, ...]] = Counter()
    for data in sides:
        most |= _in_one_block(pattern, data)
    twice = [groups[1] for groups, count in _in_one_block(pattern, merged).items()
             if groups in wanted and count > max(1, most[groups])]  # fmt: skip
    return min(twice, default=b"").decode("utf-8", "replace")


def _in_one_block(pattern: re.Pattern[bytes], data: bytes) -> Counter[tuple[bytes, ...]]:
    """How often what the lines define is in one block at most."""
    counts: Counter[tuple[tuple[bytes, ...], int]] = Counter()
    for row in _rows(data):
        found = pattern.match(data[row.start : row.stop].rstrip(b"\r\n"))
        if found is not None:
            counts[found.groups(), row.around] += 1
    most: Counter[tuple[bytes, ...]] = Counter()
    for (groups, _), count in counts.items():
        most[groups] = max(most[groups], count)
    return most


class _Found:
    """The rows of a version that put in something that is wanted, by name and block."""

    def __init__(self, data: bytes, wanted: set[_Name], keyed: bool) -> None:
        self.data = data
        self.rows = _rows(data)
        self.blocks: dict[tuple[_Name, int, int], list[int]] = {}
        for name, at in _found(self.rows, wanted, keyed):
            row = self.rows[at]
            self.blocks.setdefault((name, row.around, row.branch), []).append(at)

    def head(self, around: int) -> bytes:
        """The line above a block."""
        return self.rows[around].text if around >= 0 else b""

    def under(self, name: _Name, head: bytes) -> list[list[int]]:
        """The rows of that name by block, of blocks under such a line."""
        blocks = self.blocks.items()
        return [rows for (one, around, _), rows in blocks if one == name and self.head(around) == head]

    def most(self, name: _Name, head: bytes) -> int:
        """How often a name is in one block under such a line."""
        return max(map(len, self.under(name, head)), default=0)

    def texts(self, name: _Name, head: bytes) -> set[bytes]:
        """What those say."""
        spans = (self.span(row) for rows in self.under(name, head) for row in rows)
        return {self.data[low:high] for low, high in spans}

    def span(self, at: int) -> tuple[int, int]:
        """A row with what stands deeper below it, the line that closes that, and the comments above it."""
        rows = self.rows
        deep = rows[at].deep
        first = at
        while first and rows[first - 1].deep == deep and _ABOVE.match(rows[first - 1].text):
            first -= 1
        last = next((to for to in range(at + 1, len(rows)) if rows[to].deep <= deep), len(rows))
        closes = last < len(rows) and last > at + 1 and rows[last].deep == deep and _CLOSES.match(rows[last].text)
        return rows[first].start, rows[last if closes else last - 1].stop


_CLOSES = regex(rb"[)}\]]|end\b")


def _named(lines: Counter[bytes], keyed: bool) -> set[_Name]:
    return {name for line in lines if (name := _name(line, keyed)) is not None}


def _name(line: bytes, keyed: bool) -> _Name | None:
    """What a line may put in that stands once in its block: the key, or what is the same word for word. `keyed`: each
    `name = value` is a key."""
    if _STATEMENT.match(line):
        return None
    key = _KEY.match(line) or (_SET.match(line) if keyed else None) or _CONSTANT.match(line)
    if key is not None:
        return "key", key[1]
    if _SET.match(line) or _DEFINITION.match(line):
        return "line", line
    return ("block", line) if _OPENS.match(line) else None


def _found(rows: list[_Row], wanted: set[_Name], keyed: bool) -> Iterator[tuple[_Name, int]]:
    """The rows that put in something that is wanted, where they are indented: of a block, with all that it holds."""
    for at, row in enumerate(rows):
        name = _name(row.text, keyed)
        if name not in wanted or name is None or (row.around < 0 and (name[0] != "block" or _LABEL.match(row.text))):
            continue
        if name[0] == "block":
            end = next((to for to in range(at + 1, len(rows)) if rows[to].deep <= row.deep), len(rows))
            if end < at + 2:
                continue
            name = "block", b"\n".join(each.text for each in rows[at:end])
        yield name, at


def _rows(data: bytes) -> list[_Row]:
    rows: list[_Row] = []
    open_: list[int] = []
    branch = at = 0
    for line in data.splitlines(True):
        text, start = line.strip(), at
        at += len(line)
        if not text:
            continue
        deep = len(line.expandtabs(8)) - len(line.expandtabs(8).lstrip())
        branch += _APART.match(text) is not None
        while open_ and rows[open_[-1]].deep >= deep:
            open_.pop()
        rows.append(_Row(text, deep, open_[-1] if open_ else -1, branch, start, at))
        open_.append(len(rows) - 1)
    return rows
