"""Text under headings: Markdown's `#`, titles with a line drawn under them, and the items of lists.

A section is known by its heading and the headings around it (`1.2 / Fixed`). An item of a list is a mark, its text and
the deeper lines behind it; it is known by its text. In lists of people a line that ends with an address or a date is an
item without a mark, known by what stands before that. A definition of a link is known by its label. Numbered items,
paragraphs, tables and blocks of code have no name: they keep their order.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from muse.core.late import regex
from muse.plugins.code.syntax.tree import Key

_HASHES = regex(rb" {0,3}(#{1,6})[ \t]+(\S.*?)[ \t#]*$")
_DRAWN = regex(rb"([=\-~^\"'`*+#<>:._])\1{2,}\s*$")
_ITEM = regex(rb"(\s*)[-*+\xe2\x80\xa2](?:\x80\xa2)?[ \t]+\S")
_PERSON = regex(
    rb"(\s*)([A-Za-z\x80-\xff][^:;!?]*?)[ ,\t]+"
    rb"(?:<[^<>\s]+>|\([^()\s]+[@/][^()\s]+\)|\(?@[\w-]+\)?|\d{4}[-/.]\d\d?[-/.]\d\d?)\.?\s*$"
)
_LONGEST = 500  # bytes of a line that names somebody
_LINK = regex(rb" {0,3}\[([^\]]+)\]: ?\S|\.\. _([^:]+):")
_FENCE = regex(rb"\s*(```|~~~)")


class Span(NamedTuple):
    """Where a thing stands; `header` is where its heading ends, 0 for what is no section."""

    start: int
    stop: int
    header: int
    key: Key | None


def prose_spans(data: bytes, named: str = "") -> list[Span]:
    """The headings and blocks of a text in order. `named`: what else has a name of its own, the "items" of lists, or
    these and lines that name "people"."""
    rows = data.splitlines(True)
    spans: list[Span] = []
    titles: list[tuple[int, str]] = []  # the headings one stands under, with their levels
    levels: dict[bytes, int] = {}  # of drawn lines, in the order they appear
    at = index = 0
    fence = b""
    open_ = False  # the last span is a block that the next line may belong to
    while index < len(rows):
        row, stop = rows[index], at + len(rows[index].rstrip())
        start = at + len(row) - len(row.lstrip())
        at, index = at + len(row), index + 1
        if fence:
            spans[-1] = spans[-1]._replace(stop=max(stop, spans[-1].stop))
            fence = b"" if row.strip().startswith(fence) else fence
            continue
        if not row.strip():
            open_ = open_ and bool(spans) and spans[-1].key is not None and _deeper(rows, index, data, spans[-1].start)
            continue
        heading, drawn = _HASHES.match(row.rstrip()), rows[index] if index < len(rows) else b""
        level = 0
        if heading is not None:
            level, title = len(heading[1]), heading[2]
        elif _DRAWN.match(drawn) and len(drawn.strip()) >= min(len(row.strip()), 3) and _may_be_title(row, open_):
            title = row.strip()
            level = levels.setdefault(drawn[:1], len(levels) + 1)
            stop = at + len(drawn.rstrip())
            at, index = at + len(drawn), index + 1
        if level:
            while titles and titles[-1][0] >= level:
                titles.pop()
            titles.append((level, title.decode("utf-8", "replace")))
            spans.append(Span(start, stop, stop, ("section", " / ".join(text for _, text in titles))))
            open_ = False
            continue
        found = _FENCE.match(row)
        fence = found[1] if found else b""
        item = _ITEM.match(row) if named else None
        if named == "people" and item is None and len(row) < _LONGEST:
            item = _PERSON.match(row)
        depth = start - (at - len(row))
        if open_ and spans and not _begins(item, depth, spans[-1], data):
            spans[-1] = spans[-1]._replace(stop=stop)
            continue
        spans.append(Span(start, stop, 0, _key(row, item) if named else None))
        open_ = True
    return [_named(span, data) for span in spans]


def _key(row: bytes, item: re.Match[bytes] | None) -> Key | None:
    """The name of what a line of a list begins; an item's is its text, which comes later (`_named`)."""
    if item is not None:
        return ("item", "")
    link = _LINK.match(row)
    return None if link is None else ("link", (link[1] or link[2]).decode("utf-8", "replace"))


def _may_be_title(row: bytes, open_: bool) -> bool:
    return not open_ and not row[:1].isspace() and _ITEM.match(row) is None and _DRAWN.match(row) is None


def _begins(item: re.Match[bytes] | None, depth: int, last: Span, data: bytes) -> bool:
    """True when a line begins a thing of its own right behind another one."""
    first = last.start - data.rfind(b"\n", 0, last.start) - 1
    if item is not None:
        return last.key is None or depth <= first
    return last.key is not None and last.key[0] == "link"


def _deeper(rows: list[bytes], index: int, data: bytes, start: int) -> bool:
    """True when the text goes on under an item after blank lines: the next line is deeper than the item."""
    first = start - data.rfind(b"\n", 0, start) - 1
    row = next((row for row in rows[index:] if row.strip()), b"")
    return bool(row) and len(row) - len(row.lstrip()) > first


def _named(span: Span, data: bytes) -> Span:
    """An item with its text for a name; of a person the name."""
    if span.key != ("item", ""):
        return span
    text = data[span.start : span.stop]
    mark = _ITEM.match(text)
    person = _PERSON.match(text) if mark is None and len(text) < _LONGEST else None
    text = b" ".join((text if person is None else person[2]).split()[mark is not None :])
    return span._replace(key=("item", text.decode("utf-8", "replace")))
