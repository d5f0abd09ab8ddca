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
from muse.plugins.code.checks.blocks import Row, Twice, ends_or_begins, is_tag, rows_of, span_of, whose
from muse.plugins.code.checks.told import STATEMENT, told_twice
from muse.plugins.code.languages.table import Language

Sides = tuple[bytes, bytes, bytes]
_Name = tuple[str, bytes]

_KEY = regex(rb"[\"'`]?([A-Za-z_$@][\w.$-]*)[\"'`]?\s*(?:(?::(?=\s)|=>)\s*\S|=(?![=>~]).*,$)")
_SET = regex(rb"[\"'`]?([A-Za-z_$@][\w.$-]*)[\"'`]?\s*=(?![=>~])\s*\S")
_DEFINITION = regex(
    rb"(?:[\w@]+(?:\([\w, ]*\))? )*?(?:fun|def|class|func|fn|function|interface|struct|enum|trait|object|module)"
    rb" +[\w.$]+.*[^(\s]$"
    rb"|(?:pub(?:\([\w: ]*\))? |export )?(?:use|mod|extern crate|using|import) +[^;=]*;$"
)
_CONSTANT = regex(
    rb"(?:pub(?:\([\w: ]*\))? |export )?(?:const|static|type|using|typealias) +(?:mut )?([\w$]+)\s*(?::|=(?!=))"
    rb"|(@(?:mixin|function) +[\w-]+)"
)
_OPENS = regex(rb"[\w$@].*(?:\{|\(|:|\bdo(?: *\|[^|]*\|)?|->|=>)$")
_YAML_KEY = regex(rb"[\"']?([\w.-]+)[\"']?:(?=\s|$)")
_LABEL = regex(rb"\w+:$")
_LABELLED = frozenset({"c", "cpp", "csharp", "go", "php"})
_READ_BY_LINE = frozenset({"markdown", "toml", "make", "css"})


class _How(NamedTuple):
    """How names are found: what else is a key, whether it is one at the top of a file too, and whether what looks like
    a block there may be a label."""

    keys: re.Pattern[bytes] | None = None
    template: bool = False
    labels: bool = False


def _how(language: Language | None, merged: bytes) -> _How:
    name = language.name if language is not None else ""
    if name == "yaml" and (b"{{" in merged or b"{%" in merged):
        return _How(keys=_YAML_KEY, template=True)
    return _How(keys=_SET if name == "hcl" else None, labels=name in _LABELLED)


def named_twice(language: Language | None, sides: Sides, merged: bytes) -> str:
    """What both sides put into one block of `merged`, so that it is there more often than in any version; "" for
    nothing."""
    return next((f"{each.what}: defined by both" for each in there_twice(language, sides, merged)), "")


def there_twice(language: Language | None, sides: Sides, merged: bytes) -> Iterator[Twice]:
    """Each such thing."""
    told = list(told_twice(language, sides, merged))
    yield from told
    spans = {tuple(each.made) for each in told}
    yield from (each for each in _by_key(language, sides, merged) if tuple(each.made) not in spans)


def _by_key(language: Language | None, sides: Sides, merged: bytes) -> Iterator[Twice]:
    """What is known by its key, or is the same word for word."""
    if language is not None and language.name != "hcl" and (language.lines or language.name in _READ_BY_LINE):
        return
    how = _how(language, merged)
    was, mine, its = (Counter(map(bytes.strip, data.splitlines())) for data in sides)
    wanted = _named(mine - was, how) & _named(its - was, how)
    if not wanted:
        return
    known = [_Found(data, wanted, how) for data in sides]
    made = _Found(merged, wanted, how)
    for (name, around, _), rows in made.blocks.items():
        head = made.head(around)
        if len(rows) > max(1, *(each.most(name, head) for each in known)):
            spans = [made.span(row) for row in rows]
            mine_text, its_text = whose(
                [merged[low:high] for low, high in spans], *(each.texts(name, head) for each in known[1:])
            )
            what = made.rows[rows[0]].text.decode("utf-8", "replace")[:60]
            sure = name[0] != "block" and not (how.template and any(_tagged(merged, *span) for span in spans))
            yield Twice(what, spans, mine_text, its_text) if sure else Twice(what, spans, b"", b"")


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
    for row in rows_of(data):
        found = pattern.match(data[row.start : row.stop].rstrip(b"\r\n"))
        if found is not None:
            counts[found.groups(), row.around] += 1
    most: Counter[tuple[bytes, ...]] = Counter()
    for (groups, _), count in counts.items():
        most[groups] = max(most[groups], count)
    return most


class _Found:
    """The rows of a version that put in something that is wanted, by name and block."""

    def __init__(self, data: bytes, wanted: set[_Name], how: _How) -> None:
        self.data = data
        self.rows = rows_of(data, template=how.template)
        self.blocks: dict[tuple[_Name, int, int], list[int]] = {}
        for name, at in _found(self.rows, wanted, how):
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
        """A row with what belongs to it."""
        return span_of(self.rows, at)


def _named(lines: Counter[bytes], how: _How) -> set[_Name]:
    return {name for line in lines if (name := _name(line, how)) is not None}


def _name(line: bytes, how: _How) -> _Name | None:
    """What a line may put in that stands once in its block: the key, or what is the same word for word. as `how`
    says."""
    key = how.keys.match(line) if how.keys is not None else None
    if key is None and STATEMENT.match(line):
        return None
    key = key or _KEY.match(line) or _CONSTANT.match(line)
    if key is not None:
        return "key", next(filter(None, key.groups()))
    if _SET.match(line) or _DEFINITION.match(line):
        return "line", line
    return ("block", line) if _OPENS.match(line) else None


def _stands_at_top(name: _Name, row: Row, how: _How) -> bool:
    """True for what may stand once at the top of a file."""
    if name[0] == "block":
        return not (how.labels and _LABEL.match(row.text))
    return how.template or (name[0] == "key" and name[1].startswith((b"$", b"@")))  # as style sheets name values


def _tagged(merged: bytes, low: int, high: int) -> bool:
    """True where tags of a template stand in a span, or right behind it one that puts something in: whose that is
    cannot be told."""
    behind = merged[high:].splitlines()[:1]
    return any(map(is_tag, merged[low:high].splitlines())) or any(
        is_tag(line) and not ends_or_begins(line) for line in behind
    )


def _found(rows: list[Row], wanted: set[_Name], how: _How) -> Iterator[tuple[_Name, int]]:
    """The rows that put in something that is wanted, where they are indented: of a block, with all that it holds."""
    for at, row in enumerate(rows):
        name = _name(row.text, how)
        if name not in wanted or name is None or (row.around < 0 and not _stands_at_top(name, row, how)):
            continue
        if name[0] == "block":
            end = next((to for to in range(at + 1, len(rows)) if rows[to].deep <= row.deep), len(rows))
            if end < at + 2:
                continue
            name = "block", b"\n".join(each.text for each in rows[at:end])
        yield name, at
