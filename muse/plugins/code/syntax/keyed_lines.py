"""Files of a language without a grammar, as keyed lines, under section headers where there are any."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from muse.core.late import regex
from muse.plugins.code.languages.table import Language
from muse.plugins.code.syntax.nested_lines import nested_parts
from muse.plugins.code.syntax.prose import prose_spans
from muse.plugins.code.syntax.tree import Box, Item, Key, Part, Source

_COMMENTS = (b"#", b";", b"//")  # beside a language's own


class _Span(NamedTuple):
    start: int
    stop: int
    header: int  # where the header line ends, 0 for a plain line
    key: Key | None


class Line(Item):
    """A line, or a section: its header and the lines under it."""

    def __init__(self, source: Source, span: _Span, lead: bytes, inner: list[_Span]) -> None:
        self.source = source
        self.lead = lead
        self.text = source.data[span.start : span.stop]
        self.type = "section" if span.header else "line"
        self.key = span.key
        self.parts = [self.text]
        if span.header:
            box = _box(source, inner, span.header, span.stop)
            self.parts = [source.data[span.start : span.header], box, b""]
        elif span.key is not None and span.key[0] == "line" and source.language.sought:
            self.parts = _listed(source, span) or self.parts

    @property
    def is_free(self) -> bool:
        """A line with a name of its own may stand anywhere in its section."""
        return self.key is not None


def _listed(source: Source, span: _Span) -> list[Part] | None:
    """The parts of a value that is a list by its name; None for others."""
    found = listed(source.language, source.data, span.start, span.stop, span.key)
    if not found:
        return None
    at = found[0].start
    opened = source.data[span.start : at]
    at -= len(opened) - len(opened.rstrip()) if b"\n" in opened else 0
    return [source.data[span.start : at], _box(source, found, at, span.stop), b""]


def listed(language: Language, data: bytes, start: int, stop: int, key: Key | None) -> list[_Span]:
    """The items of a value that is a list by its name, one a line, known by the package it asks for or by all it says;
    none for others, and where comments stand between."""
    sought = language.sought.get("value", "")
    if key is None or key[0] != "line" or not sought or not re.search(sought, key[1]):
        return []
    text = data[start:stop]
    head = re.match(rb"[^=:]*[=:][ \t]*", text)
    at = start + (head.end() if head else len(text))
    inner: list[_Span] = []
    for row in data[at:stop].splitlines(True):
        words = row.strip()
        if words.startswith(_COMMENTS):
            return []
        if words:
            begin = at + row.index(words)
            found = _PACKAGE.match(words)
            name = (found[1] if found else words).decode("latin-1")
            inner.append(_Span(begin, begin + len(words), 0, ("line", name)))
        at += len(row)
    return inner


_PACKAGE = regex(rb"([A-Za-z0-9._-]+(?:\[[^\]]*\])?)\s*(?:[<>=!~;@].*)?$")


def line_parts(language: Language, data: bytes) -> list[Part]:
    """The file as one list of lines and sections."""
    if language.nested is not None:
        return nested_parts(language, data)
    return [b"", _box(Source(language, data), _spans(language, data), 0, len(data)), b""]


def keyed_lines(language: Language, data: bytes) -> Iterator[tuple[str, str, int, int]]:
    """Section, key and place of every line that has a key, and of every section header."""
    section = ""
    for span in _spans(language, data):
        if span.header:
            section = data[span.start : span.header].decode("latin-1")
        elif span.key is not None:
            yield section, span.key[-1], span.start, span.stop


def line_spans(language: Language, data: bytes) -> Iterator[tuple[int, int, bool, Key | None]]:
    """Start, stop, whether it is a header, and key of every line or comment that stands by itself."""
    for span in _spans(language, data):
        yield span.start, span.stop, bool(span.header), span.key


def _spans(language: Language, data: bytes) -> list[_Span]:
    if language.lines[0] == "prose":
        return [_Span(*span) for span in prose_spans(data, *language.lines[1:])]
    if language.lines[0] == "blocks":
        return list(_blocks(language.lines[1].encode(), data, arity=language.lines[2:] == ("arity",)))
    own = language.comment_line[0]
    comments = (*_COMMENTS, own) if own else _COMMENTS
    header, entry = (re.compile(pattern.encode()) if pattern else None for pattern in language.lines)
    spans: list[_Span] = []
    start = None
    at = 0
    for row in data.splitlines(True):
        stop = at + len(row.rstrip())
        if row.strip():
            start = at + len(row) - len(row.lstrip()) if start is None else start
            found = header.match(row) if header is not None else None
            if found is None and language.continued and spans and _goes_on(data, spans[-1], row):
                spans[-1] = spans[-1]._replace(stop=stop)
            elif found is not None:
                spans.append(_Span(start, stop, stop, ("section", row.strip().decode("latin-1"))))
            elif row.lstrip().startswith(comments):
                at += len(row)
                continue  # it waits for the line it sits on
            else:
                spans.append(_Span(start, stop, 0, _key(entry, row)))
        elif start is not None:
            spans.append(_Span(start, len(data[:at].rstrip()), 0, None))  # comments that sit on nothing
        start = None
        at += len(row)
    if start is not None:
        spans.append(_Span(start, len(data.rstrip()), 0, None))
    return spans


def _blocks(pattern: bytes, data: bytes, *, arity: bool) -> Iterator[_Span]:
    """The blocks that a pattern finds, each known by its first group, and what stands between them. `arity`: a name
    with arguments is known by how many these are."""
    at = 0
    for found in [*re.finditer(pattern, data, re.M), None]:
        stop = len(data) if found is None else found.start()
        between = data[at:stop]
        if between.strip():
            yield _Span(at + len(between) - len(between.lstrip()), at + len(between.rstrip()), 0, None)
        if found is not None:
            at = found.end()
            name = " ".join(found[1].decode("utf-8", "replace").split())
            name = f"{name.partition('(')[0]}/{_count(name)}" if arity and name.endswith(")") else name
            yield _Span(stop, stop + len(found[0].rstrip()), 0, ("block", name))


_LITERAL = regex(r"\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'|\$\\?.")


def _count(call: str) -> int:
    """How many arguments stand between the brackets behind a name."""
    inner = _LITERAL.sub("_", call).partition("(")[2][:-1].replace("<<", "(").replace(">>", ")")
    deep = count = 0
    for sign in inner:
        deep += (sign in "([{") - (sign in ")]}")
        count += sign == "," and not deep
    return count + bool(inner.strip())


def _goes_on(data: bytes, entry: _Span, row: bytes) -> bool:
    """True when a line belongs to the entry before it: that ends with a backslash, or the line is deeper."""
    if entry.header or entry.key is None:
        return False
    before = data[data.rfind(b"\n", 0, entry.stop) + 1 : entry.stop]
    depth = entry.start - data.rfind(b"\n", 0, entry.start) - 1
    return (len(before) - len(before.rstrip(b"\\"))) % 2 == 1 or len(row) - len(row.lstrip()) > depth


def _key(entry: re.Pattern[bytes] | None, row: bytes) -> Key | None:
    found = entry.match(row) if entry is not None else None
    if found is None:
        return None
    return ("line", next(group for group in found.groups() if group is not None).decode("latin-1"))


def _box(source: Source, spans: list[_Span], start: int, stop: int) -> Box:
    """A list of lines; every header takes the lines up to the next one with it."""
    box = Box("lines", False, b"")
    at, index = start, 0
    while index < len(spans):
        span, end = spans[index], index + 1
        if span.header:
            while end < len(spans) and not spans[end].header:
                end += 1
            span = span._replace(stop=spans[end - 1].stop)
        box.items.append(Line(source, span, source.data[at : span.start], spans[index + 1 : end]))
        at, index = span.stop, end
    box.tail = source.data[at:stop]
    return box
