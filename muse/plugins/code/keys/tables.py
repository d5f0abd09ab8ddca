"""Keys of TOML that are not between braces: pairs under heads, names joined by dots, tables, and lists of tables."""

from __future__ import annotations

from collections import Counter
from typing import Any

from muse.core.errors import MuseError
from muse.plugins.code.fitting import blank_after, indent, line_end, line_of, without
from muse.plugins.code.keys.address import Path, address_of
from muse.plugins.code.keys.places import Pair, Places
from muse.plugins.code.keys.write import toml_key, toml_text
from muse.plugins.code.place import Write


class Tables:
    """Edits of one file."""

    def __init__(self, places: Places, newline: str) -> None:
        self.data = places.data
        self.places = places
        self.newline = newline.encode()

    def delete(self, path: Path) -> list[Write]:
        """All that makes up a key; what is left empty around it keeps its head."""
        data, gone = self.data, self.places.at(path)
        around = [pair for pair in self.places.at(path[:-1]) if pair not in gone] if len(path) > 1 else gone[:0]
        writes = [Write(*without(data, pair.start, line_end(data, pair.end)), b"") for pair in gone]
        if len(path) < 2 or around:
            return writes
        first = gone[0]
        if first.kind == "pair":
            scope = first.scope
            rest = _joined(path[len(scope) : -1])
            if not rest:
                return writes  # the head of its table stays
            text = indent(data[line_of(data, first.start) : first.start]) + rest + b" = {}" + self.newline
        else:
            text = b"[" + _joined(path[:-1]) + b"]" + self.newline
        start = line_of(data, first.start)
        stop = min(line_end(data, first.end) + len(self.newline), len(data))
        return [Write(start, stop, text), *writes[1:]]

    def insert(self, path: Path, value: Any) -> Write:
        """A new key where its table or its neighbours are."""
        around = path[:-1]
        if isinstance(value, dict) and value and (made := self._new_table(path, value)) is not None:
            return made
        scope = self.places.scopes.get(around)
        if scope is not None:
            if scope.pairs:
                return self._behind(scope.pairs, path[len(around) :], value)
            if around:
                return self._line(line_end(self.data, scope.end), b"", path[len(around) :], value)
            return self._at_the_top(path[-1], value)
        known = self.places.at(around)
        dotted = [pair for pair in known if pair.kind == "pair" and pair.scope != pair.path]
        if dotted:
            return self._behind(dotted[-1:], path[len(dotted[-1].scope) :], value)
        if not known or known[0].kind == "array":
            raise MuseError(f"there is no table {address_of(around)} to put {path[-1]!r} into")
        start = line_of(self.data, known[0].start)
        head = b"[" + _joined(around) + b"]" + self.newline + self._pair(path[-1:], value) + self.newline * 2
        return Write(start, start, head)

    def _behind(self, pairs: list[Pair], names: Path, value: Any) -> Write:
        data, last = self.data, pairs[-1]
        ends = [line_end(data, one.end) for one in pairs[:-1][-24:]]
        gaps = Counter(blank_after(data, one) for one in ends)
        gap = gaps.most_common(1)[0][0] if gaps else 0
        lead = indent(data[line_of(data, last.start) : last.start])
        return self._line(line_end(data, last.end), self.newline * gap, names, value, lead)

    def _line(self, at: int, gap: bytes, names: Path, value: Any, lead: bytes = b"") -> Write:
        text = gap + self.newline + lead + self._pair(names, value)
        return Write(at, at, text + (b"" if self.data[at:] else self.newline))

    def _at_the_top(self, name: str, value: Any) -> Write:
        """Before the first table: behind the comment that begins the file, where a blank line ends that."""
        data, at = self.data, 0
        first = min((pair.start for pair in self.places.pairs), default=len(data))
        while data[at:first].lstrip(b" \t").startswith(b"#"):
            at = data.find(b"\n", at) + 1 or len(data)
        text = self._pair((name,), value) + self.newline
        if first == len(data):
            return Write(len(data), len(data), (self.newline if data and not data.endswith(b"\n") else b"") + text)
        blank = at and not data[at : line_end(data, at)].strip()
        at = (data.find(b"\n", at) + 1 or len(data)) if blank else 0
        return Write(at, at, text + self.newline)

    def _new_table(self, path: Path, value: dict[str, Any]) -> Write | None:
        """A table with a head of its own, behind those of its group; None where its neighbours stand on one line."""
        data, around = self.data, path[:-1]
        known = [pair for pair in self.places.pairs if pair.path[: len(around)] == around and pair.kind != "pair"]
        scope = self.places.scopes.get(around)
        if scope is None and not known:
            return None
        if scope is not None and (scope.braces or (scope.pairs and around and not known[1:])):
            return None  # beside pairs of a table without tables in it
        if any(len(pair.path) > len(path) for pair in (scope.pairs if scope is not None else ())):
            return None  # beside names joined by dots
        end = max((pair.end for pair in known), default=len(data.rstrip()))
        at = line_end(data, end if known or not end else end - 1) if data.strip() else 0
        head = b"[" + _joined(path) + b"]"
        rows = self.newline.join([head, *(self._pair((name,), item) for name, item in value.items())])
        gap = self.newline * 2 if at else b""
        if not data[at:].strip():
            return Write(at, len(data), gap + rows + self.newline)
        return Write(at, at, gap + rows)

    def _pair(self, names: Path, value: Any) -> bytes:
        return _joined(names) + b" = " + toml_text(value).encode()


def _joined(names: Path) -> bytes:
    return ".".join(map(toml_key, names)).encode()


__all__ = ["Tables"]
