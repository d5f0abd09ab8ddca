"""Rule 5 for lines that name something by what they say first: a call by its first text, a decorator by its path, an
item or a row of a list, a place that is set, a column that is added, an id.

Nothing but the lines around tells that such names tell lines apart: in the result there are several of that kind in the
block, and no version has two of one name. What both sides put into one block is then there once.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from muse.core.late import regex
from muse.plugins.code.checks.blocks import Row, Twice, rows_of, span_of, whose
from muse.plugins.code.languages.table import Language

Sides = tuple[bytes, bytes, bytes]

STATEMENT = regex(
    rb"(?:if|else|elif|elsif|for|foreach|while|do|try|catch|except|finally|ensure|rescue|switch|case|default|when|unless"
    rb"|loop|begin|return|with|using|match|select|public|private|protected|signals|slots|get|set|defer|go)\b"
)
_LEAST = 3  # names of a kind in a block, from which on they tell lines apart
_ASIDE = regex(
    rb"(?:if|else|elif|elsif|for|foreach|while|do|try|catch|except|finally|switch|case|when|unless|return|and|or|not|in"
    rb"|await|yield|new|throw|raise|assert|delete|echo|print|puts|import|from|export|include|require|require_relative"
    rb"|use|extern|package|source|load|goto)\b"
)
_CALL = regex(rb"(@|#?\[|\.)?[A-Za-z_$][\w$]*(?:(?:\.|::|->)[\w$]+)*[!?]?(?:\([ \t]*|[ \t]+)(?=[\"'`:])")
_TEXT = regex(rb"([\"'`])([^\"'`\\\n]{0,100}[A-Za-z/][^\"'`\\\n]{0,100})\1|(:[A-Za-z_]\w*[?!]?)(?![\w:])")
_PLACE = regex(rb"([A-Za-z_$][\w$]*(?:(?:\.|::|->)[\w$]+)*)(?:\.|->)([\w$]+)[ \t]*=(?![=>~])")
_ITEM = regex(rb"(\|[ \t]*)?(?:([\"'`])(?!-)([^\"'`\\\n]+)\2|([A-Za-z_$][\w$.:/+@-]*)((?:=\S*)?))(,|[ \t]*\\|;)?$")
_WORD = regex(rb"([\w./+$-]*[a-z][\w./+${}-]*)\)?$")
_ROW = regex(
    rb"[({\[][ \t]*([\"']?\w+[\"']?:[ \t]+)?(?:([\"'`][^\"'`\\\n]+[\"'`]|:[A-Za-z_]\w*)|(\d+))[ \t]*"
    rb"(?:,.*)?[)}\]][,;]?$"
)
_KEY = regex(rb"(alias |\[)([\w.\"'$-]+)\]?=")
_GIVEN = regex(rb"(- +(?:name|id|key|path|alert|repo|mountPath): +)(\S.*)|(- +)([^:#]+): +\S")
_DIRECTIVE = regex(rb"\.\. (?:(_)([^:]+):|(\|)([^|]+)\|[ \t]|([\w:-]+::)[ \t]+(\S.*))")
_SET = regex(rb"(\w+\()[ \t]*([\w.-]+)[ \t)]")
_TABLE = regex(
    rb"(?i:(ALTER TABLE (?:ONLY )?\S+ ADD )(?:COLUMN )?(?:IF NOT EXISTS )?"
    rb"(?!CONSTRAINT|PRIMARY|FOREIGN|UNIQUE|INDEX|KEY)"
    rb"([\w\"`\[\].]+)|(INSERT INTO [^\s(]+).*?VALUES *\((\d+|'[^']*'),)"
)
_ID = regex(rb"[\s<](?:x:Name|id)=([\"'])([^\"'{}<>$%]+)\1")
_OPEN = {b"item": (b"[", b"{", b"(", b"=", b"|", b"\\"), b"word": (b"[", b"{", b"=", b"|", b"\\")}
"""How lines end that items stand below; what is no text may mean its place between round brackets."""
_ASKED = regex(rb"\"(?:dev|optional)?[dD]ependencies\": *\{$")
_PAIR = regex(rb"(\"[^\"]+\") *:")


class _Name(NamedTuple):
    """What a line names: the kind that is told apart, and what by. `whole`: in the file, not in the block alone."""

    kind: bytes
    name: bytes
    whole: bool = False


def told_twice(language: Language | None, sides: Sides, merged: bytes) -> Iterator[Twice]:
    """What both sides put into one block under one name, each such thing where it stands in `merged`."""
    lang = language.name if language is not None else ""
    was, mine, its = (Counter(map(bytes.strip, data.splitlines())) for data in sides)
    wanted = _names(mine - was, lang) & _names(its - was, lang)
    if not wanted:
        return
    made = _Version(merged, wanted, lang)
    known: list[_Version] = []
    for (kind, head, _, _), there in made.groups.items():
        for name, places in there.items():
            if len(places) < 2 or len(there) < _LEAST or name not in wanted:
                continue
            known = known or [_Version(data, wanted, lang) for data in sides]
            if any(each.has_doubles(kind, head) for each in known):
                break
            yield _twice(kind, made, places, [each.texts(name, head) for each in known[1:]])


def _twice(kind: bytes, made: _Version, places: list[int], texts: list[set[bytes]]) -> Twice:
    """The lines of one name; which is whose only where a line stands for itself."""
    spans = [span_of(made.rows, place) for place in places]
    found = [made.data[low:high] for low, high in spans]
    what = made.rows[places[0]].text.decode("utf-8", "replace")[:60]
    alone = (
        not kind.startswith((b"@", b"#[", b"[", b"id", b"asked", b"_"))
        and len({text.rstrip()[-1:] for text in found}) == 1
    )
    return Twice(what, spans, *(whose(found, *texts) if alone else (b"", b"")))


class _Version:
    """The lines of a version that name something of a kind that is wanted, by block."""

    def __init__(self, data: bytes, wanted: set[_Name], lang: str) -> None:
        self.data = data
        self.rows = rows_of(data)
        self.groups: dict[tuple[bytes, bytes, int, int], dict[_Name, list[int]]] = {}
        kinds = {name.kind for name in wanted}
        for at, row in enumerate(self.rows):
            for name in _named(row.text, lang):
                if name.kind in kinds and (found := self.block(name, row, lang)) is not None:
                    self.groups.setdefault((name.kind, *found), {}).setdefault(name, []).append(at)

    def block(self, name: _Name, row: Row, lang: str) -> tuple[bytes, int, int] | None:
        """The line above a block, its place and branch; None where the line names nothing there."""
        if name.whole:
            return b"", -1, row.branch
        head = self.rows[row.around].text if row.around >= 0 else b""
        if name.kind == b"asked":
            return (b"", -1, 0) if _ASKED.match(head) else None
        if name.kind in _OPEN and lang != "cmake" and not head.endswith(_OPEN[name.kind]):
            return None
        return head, row.around, row.branch

    def has_doubles(self, kind: bytes, head: bytes) -> bool:
        """True where names of a kind do not tell lines apart under such a line."""
        return any(
            len(places) > 1
            for (one, above, _, _), there in self.groups.items()
            if one == kind and above == head
            for places in there.values()
        )

    def texts(self, name: _Name, head: bytes) -> set[bytes]:
        """What the lines of one name say under such a line."""
        spans = (
            span_of(self.rows, place)
            for (_, above, _, _), there in self.groups.items()
            if above == head
            for place in there.get(name, ())
        )
        return {self.data[low:high] for low, high in spans}


def _names(lines: Counter[bytes], lang: str) -> set[_Name]:
    return {name for line in lines for name in _named(line, lang)}


def _named(line: bytes, lang: str) -> Iterator[_Name]:
    """Everything that a line names."""
    if lang in _MARKUP:
        yield from (_Name(b"id", found[2], True) for found in _ID.finditer(line))
        return
    if lang == "json" and (found := _PAIR.match(line)) is not None:
        yield _Name(b"asked", found[1])
    if lang in _OF and (found := _OF[lang].match(line)) is not None:
        kind, name = (part for part in found.groups() if part is not None)
        yield _Name(kind, name)
    if lang in _PROSE or _ASIDE.match(line):
        return
    yield from _called(line)
    if (found := _PLACE.match(line)) is not None:
        yield _Name(found[1] + b".", found[2])
    elif (found := _ROW.match(line)) is not None and (found[2] is not None or lang == "sql"):
        yield _Name(b"row" + (found[1] or b""), found[2] or found[3])
    elif (found := _ITEM.match(line)) is not None and _is_item(found):
        yield _Name(b"item", found[3]) if found[3] else _Name(b"word", found[4])
    elif lang == "cmake" and (found := _WORD.match(line)) is not None:
        yield _Name(b"word", found[1])


_OF = {"sql": _TABLE, "cmake": _SET, "yaml": _GIVEN, "rst": _DIRECTIVE, "bash": _KEY}
"""What else names something on a line of a language: the kind and the name."""
_MARKUP = frozenset({"html", "xml"})
_PROSE = frozenset({"markdown", "rst", "po", "css", "yaml", "toml", "ini", "plain"})


def _called(line: bytes) -> Iterator[_Name]:
    """A call by the text it is given first; what stands above a definition only by a path."""
    called = _CALL.match(line)
    text = _TEXT.match(line, called.end()) if called is not None else None
    if called is None or text is None:
        return
    name = text[2] or text[3]
    if called[1] in (None, b".") or name.startswith(b"/"):
        yield _Name(called[0].rstrip(b"( \t") + b"(", name)


def _is_item(found: re.Match[bytes]) -> bool:
    """True for a line that is an item and nothing else: quoted, between bars, or with what separates it behind."""
    bar, quote, text, _, value, end = found.groups()
    if (end == b";" and bar is None) or (value and (end or b"").strip() != b"\\"):
        return False
    return bar is not None or bool(end) or (quote is not None and b" " not in text)
