"""Keys between braces: objects of JSON, flow mappings of YAML, inline tables of TOML; commas and comments are kept."""

from __future__ import annotations

import re
from collections.abc import Callable

from muse.plugins.code.fitting import indent, line_end, line_of
from muse.plugins.code.keys.places import Scope
from muse.plugins.code.place import Write

_BLANK = {
    "json": re.compile(rb"(?:\s|//[^\n]*|/\*.*?\*/)*", re.S),
    "yaml": re.compile(rb"(?:\s|(?<![^\s,{\[])#[^\n]*)*"),
    "toml": re.compile(rb"(?:\s|#[^\n]*)*"),
}
_REST = {
    "json": re.compile(rb"[ \t]*(?://[^\n]*|/\*[^\n]*?\*/[ \t]*)?\r?(?:\n|\Z)"),
    "yaml": re.compile(rb"[ \t]*(?:(?<=[\s,])#[^\n]*)?\r?(?:\n|\Z)"),
    "toml": re.compile(rb"[ \t]*(?:#[^\n]*)?\r?(?:\n|\Z)"),
}
Text = Callable[[bytes], bytes]  # the new pair, for the indentation of its line


class Braces:
    """One mapping between braces."""

    def __init__(self, name: str, data: bytes, scope: Scope) -> None:
        self.name = name
        self.data = data
        self.scope = scope
        self.inside = scope.start + 1, scope.end - 1

    def insert(self, text: Text, newline: bytes, unit: bytes, spread: bool) -> Write:
        """A pair behind the last; `spread`: on a line of its own where nothing in an empty mapping tells."""
        data, pairs = self.data, self.scope.pairs
        start, stop = self.inside
        outer = indent(data[line_of(data, start) : start])
        if not pairs:
            spread = spread or b"\n" in data[start:stop]
            at = start + len(data[start:stop].rstrip())
            if spread:
                return Write(at, stop, newline + outer + unit + text(outer + unit) + newline + outer)
            pad = b" " if self.name == "toml" else b""
            return Write(at, stop, pad + text(outer) + pad)
        last = pairs[-1]
        comma = self._comma(len(pairs) - 1)
        behind = last.end if comma is None else comma + 1
        trailing = b"" if comma is None else b","
        lead = data[line_of(data, last.start) : last.start]
        if b"\n" not in data[start : last.start]:
            pad = b"" if len(pairs) > 1 and data[last.start - 1 : last.start] == b"," else b" "
            return Write(behind, behind, (b"" if trailing else b",") + pad + text(indent(lead)) + trailing)
        deep = lead if not lead.strip() else outer + unit
        rest = _REST[self.name].match(data, behind, stop)
        at = line_end(data, behind) if rest is not None else behind
        kept = data[last.end : at] if trailing else b"," + data[last.end : at]
        return Write(last.end, at, kept + newline + deep + text(deep) + trailing)

    def delete(self, at: int) -> Write:
        """A pair and its comma, with its lines where nothing else is on them."""
        data, pairs = self.data, self.scope.pairs
        pair = pairs[at]
        start, stop = self.inside
        comma = self._comma(at)
        end = pair.end if comma is None else comma + 1
        if len(pairs) == 1 and self._is_blank(start, pair.start) and self._is_blank(end, stop):
            return Write(start, stop, b"")
        before = self._comma(at - 1) if at and comma is None else None
        rest = _REST[self.name].match(data, end)
        first = line_of(data, pair.start)
        if rest is not None and rest.end() <= stop and not data[first : pair.start].strip() and first > start:
            if before is None:
                return Write(first, rest.end(), b"")
            return Write(before, rest.end(), data[before + 1 : first])
        if before is not None:
            return Write(before, end, data[before + 1 : pair.start].rstrip(b" \t"))
        following = len(data[end:stop]) - len(data[end:stop].lstrip(b" \t"))
        return Write(pair.start, end + following, b"")

    def _comma(self, at: int) -> int | None:
        """Where the comma behind a pair stands."""
        found = _BLANK[self.name].match(self.data, self.scope.pairs[at].end, self.inside[1])
        end = self.scope.pairs[at].end if found is None else found.end()
        return end if self.data[end : end + 1] == b"," and end < self.inside[1] else None

    def _is_blank(self, start: int, stop: int) -> bool:
        rest = self.data[start:stop].strip()
        return not rest or (self.name == "json" and not rest.strip(b","))


__all__ = ["Braces", "Text"]
