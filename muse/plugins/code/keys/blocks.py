"""Keys of YAML on lines of their own: replaced, inserted and deleted with the comments beside them kept."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

from muse.core.errors import MuseError
from muse.plugins.code.fitting import blank_after, line_end, line_of, without
from muse.plugins.code.keys.address import address_of
from muse.plugins.code.keys.places import Pair, Scope
from muse.plugins.code.keys.write import Look, yaml_block, yaml_key
from muse.plugins.code.place import Write

_MARKS = re.compile(rb"[ \t]*(?:[&!][^\s,\[\]{}]*[ \t]*)*(?=\r?\n|#|\Z)")
_COMMENT = re.compile(rb"[ \t]+(?=#)[^\r\n]*")
_HEAD = re.compile(rb"[|>][-+\d]*((?:[ \t]+#[^\r\n]*)?)")
_KEPT = re.compile(rb"[|>](?:\d?\+|\+\d)[ \t]*(?:#[^\n]*)?\r?\n")
_NEIGHBOURS = 24


class Blocks:
    """Edits of the block mappings of one file."""

    def __init__(self, data: bytes, look: Look) -> None:
        self.data = data
        self.look = look

    def replace(self, pair: Pair, value: Any) -> Write:
        """Another value for a key of a block."""
        data = self.data
        colon = data.index(b":", pair.key_end) + 1
        start, stop = pair.value or (colon, colon)
        beside, below = yaml_block(value, self.look)
        literal = _HEAD.match(data, start)
        on_lines = b"\n" in data[colon:start] or literal is not None
        if not below and not on_lines and pair.value is not None:
            return Write(start, stop, beside.encode())
        end = line_end(data, stop)
        if on_lines:  # what is said beside its last line goes with that
            first = _COMMENT.match(data, colon)
            said = literal[1] if literal is not None else first[0] if first is not None else b""
        else:
            said = data[stop:end].strip()
            said = said and b" " + said
        text = self._lines(pair, beside, below, said) if below else b" " + beside.encode() + said
        return Write(colon, end, text + (b"" if data[end:] or not below else self.look.newline.encode()))

    def _lines(self, pair: Pair, beside: str, below: list[str], said: bytes) -> bytes:
        lead = self._lead(pair).decode()
        head = (f" {beside}" if beside else "").encode() + said
        return b"".join([head, *(f"{self.look.newline}{lead + line if line else ''}".encode() for line in below)])

    def delete(self, scope: Scope, pair: Pair, around: Pair | None) -> Write:
        """A key with its lines; the last one of its mapping leaves `{}`."""
        data = self.data
        end = line_end(data, pair.end)
        self._lead(pair)
        if len(scope.pairs) > 1:
            return Write(*without(data, pair.start, end), b"")
        if around is None:
            return Write(pair.start, end, b"{}")
        marks = _MARKS.match(data, data.index(b":", around.key_end) + 1)
        if marks is None:
            raise MuseError(f"{address_of(scope.path)} would be left empty; replace it, or delete it")
        at, before = len(data[: marks.end()].rstrip()), len(data[: scope.start].rstrip())
        return Write(at, end, b" {}" + data[at:before])

    def insert(self, scope: Scope, name: str, value: Any) -> Write:
        """A key behind the last of its mapping, as far from it as its neighbours are from each other."""
        data, newline, last = self.data, self.look.newline.encode(), scope.pairs[-1]
        end = line_end(data, last.end)
        ends = [line_end(data, one.end) for one in scope.pairs[:-1][-_NEIGHBOURS:]]
        gaps = Counter(blank_after(data, one) for one in ends)
        gap = gaps.most_common(1)[0][0] if gaps else 0
        if _KEPT.search(data, last.start, last.end):  # the blank lines behind it are its own
            rest = data[end:]
            end = len(data) if not rest.strip() else line_of(data, end + len(rest) - len(rest.lstrip())) - 1
            end -= data[end - 1 : end + 1] == b"\r\n"
            gap = 0
        text = self._lead(last) + self.pair(name, value, self._lead(last).decode())
        if end < len(data) or not data.endswith(b"\n"):
            return Write(end, end, newline * (gap + 1) + text + (b"" if data[end:] else newline))
        return Write(end, end, text + newline)

    def pair(self, name: str, value: Any, lead: str) -> bytes:
        """A key and its value; its lines below the first begin with `lead`."""
        beside, below = yaml_block(value, self.look)
        rows = [f"{yaml_key(name)}:{' ' if beside else ''}{beside}", *(lead + line if line else "" for line in below)]
        return self.look.newline.join(rows).encode()

    def _lead(self, pair: Pair) -> bytes:
        lead = self.data[line_of(self.data, pair.start) : pair.start]
        if lead.strip(b" "):
            raise MuseError(f"{address_of(pair.path)} does not begin its line; replace the text of the file")
        return lead


__all__ = ["Blocks"]
