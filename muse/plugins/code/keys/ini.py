"""Keys of INI files under their sections: `metadata.name`, `"remote \\"origin\\"".url`. Values are texts.

Dialects differ. What one of them reads in another way (a key twice, a comment behind a value, a deeper line that may be
a key of its own) is not edited.
"""

from __future__ import annotations

import json
import re
from typing import Any

from muse.core.errors import MuseError
from muse.plugins.code.fitting import indent, line_end, line_of, newline_of, unit_of, without
from muse.plugins.code.keys.address import Path, address_of
from muse.plugins.code.keys.places import Pair, Places, Scope
from muse.plugins.code.keys.values import Unread
from muse.plugins.code.place import Write

_HEAD = re.compile(rb"[ \t]*(\[([^\r\n]+)\])[ \t]*(?:[#;][^\r\n]*)?\r?\n?")
_PAIR = re.compile(rb"[ \t]*([^=:\s#;\[](?:[^=:\r\n]*[^=:\s])?)[ \t]*(?:([=:])[ \t]*([^\r\n]*?)[ \t]*)?\r?\n?")
_COMMENTS = (b"#", b";")
_KEY = re.compile(rb"[\w.-]+[ \t]*=(?!=)")
_UNSURE = re.compile(r"(?:^|\s)[#;!]|\r|\A\s*[\"']|\\\Z")


class IniPlaces(Places):
    """The sections (pairs of the kind "table") and keys of a file, and what the file means."""

    def __init__(self, data: bytes) -> None:
        """Read up to the first line that is nothing of an INI file; `wrong` is its number, else 0."""
        super().__init__("ini", data)
        self.scopes[()] = Scope((), 0, 0, False, [])
        self.texts: list[str | None] = []  # beside `pairs`
        self.wrong = 0
        scope, at = self.scopes[()], 0
        for number, row in enumerate(data.splitlines(True), 1):
            start, at = at, at + len(row)
            words = row.strip()
            if not words or words.startswith(_COMMENTS):
                continue
            if self._goes_on(row, start):
                continue
            if (head := _HEAD.fullmatch(row)) is not None:
                path = (head[2].decode("utf-8", "replace"),)
                begin, end = start + head.start(1), start + head.end(1)
                self.pairs.append(Pair(path, begin, end, end, None, "table", ()))
                self.texts.append(None)
                scope = self.scopes[path] = Scope(path, begin, end, False, [])
            elif (found := _PAIR.fullmatch(row)) is not None:
                self._pair(scope, found, start)
            else:
                self.wrong = number
                return

    def _pair(self, scope: Scope, found: re.Match[bytes], start: int) -> None:
        path = (*scope.path, found[1].decode("utf-8", "replace"))
        value = None if found[2] is None else (start + found.start(3), start + found.end(3))
        begin, key_end = start + found.start(1), start + found.end(1)
        pair = Pair(path, begin, key_end if value is None else value[1], key_end, value, scope=scope.path)
        self.pairs.append(pair)
        self.texts.append(None if found[2] is None else found[3].decode("utf-8", "replace"))
        scope.pairs.append(pair)

    def _goes_on(self, row: bytes, start: int) -> bool:
        """Take a line that goes on with the value before it: one that is deeper, or behind a backslash."""
        last = self.pairs[-1] if self.pairs else None
        if last is None or last.value is None or last.kind != "pair":
            return False
        before = self.data[last.value[0] : last.end]
        deeper = len(indent(row)) > len(indent(self.data[line_of(self.data, last.start) : last.start]))
        if not deeper and (len(before) - len(before.rstrip(b"\\"))) % 2 == 0:
            return False
        end = start + len(row.rstrip())
        blank = sum(not between.strip() for between in self.data[last.end : start].split(b"\n")[1:-1])
        self.texts[-1] = f"{self.texts[-1]}{chr(10) * (1 + blank)}{row.strip().decode('utf-8', 'replace')}"
        pair = last._replace(end=end, value=(last.value[0], end))
        self.pairs[-1] = self.scopes[last.scope].pairs[-1] = pair
        return True

    def content(self) -> dict[str, Any]:
        """Sections of keys, and the keys before the first section; MuseError for a file that is none."""
        if self.wrong:
            raise MuseError(f"the file could not be read as INI: line {self.wrong} is no section, key or comment")
        found: dict[str, Any] = {}
        for pair, text in zip(self.pairs, self.texts):
            at = found.setdefault(pair.scope[0], {}) if pair.scope else found
            if pair.kind == "table":
                found.setdefault(pair.path[0], {})
            elif not isinstance(at, dict) or pair.path[-1] in at:
                raise MuseError(f"{address_of(pair.path)} is there twice; replace the text of the file")
            else:
                first, *more = (text or "").split("\n")
                odd = bool(first) and any(_KEY.match(line.encode()) for line in more)
                at[pair.path[-1]] = Unread(text or "") if odd else text
        return found


def ini_value(value: Any) -> Any:
    """A value of an op as texts; MuseError for what INI has no words for."""
    if isinstance(value, dict):
        return {name: _text(item) for name, item in value.items()}
    return _text(value)


def _text(value: Any) -> str:
    if value is None or isinstance(value, (dict, list)):
        raise MuseError("a value of INI is a text, a number, true or false; a section is an object of those")
    text = value if isinstance(value, str) else json.dumps(value)
    if _UNSURE.search(text):
        raise MuseError("readers of INI differ about quotes, comments and backslashes in a value; replace the text")
    return text


class Lines:
    """Edits of one file."""

    def __init__(self, places: IniPlaces) -> None:
        self.places = places
        self.data = places.data
        self.newline = newline_of(places.data)

    def replace(self, pair: Pair, value: Any) -> Write:
        """Another value for a key."""
        if pair.kind == "table" or not isinstance(value, str):
            raise MuseError(f"{address_of(pair.path)} is a section or is to be one; replace its keys, or delete it")
        if pair.value is None:
            return Write(pair.key_end, pair.key_end, self._between() + self._lines(pair, value))
        start, end = pair.value
        mark = pair.key_end + len(self.data[pair.key_end : start].rstrip(b" \t"))
        is_beside = bool(self.data[start : line_end(self.data, start)].strip())
        blank = self.data[mark:start] if is_beside else self._between()[-1:].strip(b"=:")
        return Write(mark, end, (blank if value[:1] > "\n" else b"") + self._lines(pair, value))

    def delete(self, pair: Pair) -> Write:
        """A key with its lines, or a section with its keys."""
        end = pair.end
        if pair.kind == "table" and self.places.scopes[pair.path].pairs:
            end = self.places.scopes[pair.path].pairs[-1].end
        return Write(*without(self.data, pair.start, line_end(self.data, end)), b"")

    def insert(self, path: Path, value: Any) -> Write:
        """A key behind the last of its section, or a section at the end."""
        data, newline = self.data, self.newline
        scope = self.places.scopes.get(path[:-1])
        if scope is None or len(path) > 2:
            raise MuseError(f"there is no section {address_of(path[:-1])} to put {path[-1]!r} into")
        if any(pair.path[-1].lower() == path[-1].lower() for pair in scope.pairs):
            raise MuseError(f"there is a key in {address_of(path[:-1]) or 'the file'} that differs in capitals only")
        if isinstance(value, dict):
            rows = [f"[{path[-1]}]".encode(), *(self._pair(None, name, text) for name, text in value.items())]
            stop = len(data.rstrip())
            gap = newline * 2 if stop else b""
            return Write(stop, len(data), gap + newline.join(rows) + newline)
        if not path[:-1] and not scope.pairs:
            raise MuseError(f"{path[-1]!r} needs a section: SECTION.{path[-1]}")
        last = scope.pairs[-1] if scope.pairs else None
        at = line_end(data, scope.end if last is None else last.end)
        text = newline + self._pair(last, path[-1], value)
        return Write(at, at, text + (b"" if data[at:] else newline))

    def rename(self, pair: Pair, name: str) -> Write:
        """A key or a section under another name."""
        text = f"[{name}]" if pair.kind == "table" else name
        return Write(pair.start, pair.key_end, text.encode())

    def _pair(self, like: Pair | None, name: str, text: str) -> bytes:
        like = like or next((pair for pair in self.places.pairs if pair.kind == "pair" and pair.scope), None)
        lead = b"" if like is None else indent(self.data[line_of(self.data, like.start) : like.start])
        value = self._below(text, lead + self._unit())
        between = self._between() if text[:1] > "\n" else self._between().rstrip()
        return lead + name.encode() + between + value

    def _lines(self, pair: Pair, text: str) -> bytes:
        """A text; its lines below the first as deep as those it replaces."""
        old = self.data[slice(*pair.value)] if pair.value is not None else b""
        lead = indent(self.data[line_of(self.data, pair.start) : pair.start]) + self._unit()
        below = indent(old.split(b"\n")[1]) if b"\n" in old else lead
        return self._below(text, below or lead)

    def _below(self, text: str, lead: bytes) -> bytes:
        first, *rows = text.encode().split(b"\n")
        return self.newline.join([first, *(lead + row if row else b"" for row in rows)])

    def _between(self) -> bytes:
        """What stands between keys and values here."""
        for pair in self.places.pairs:
            if pair.value is not None:
                found = self.data[pair.key_end : pair.value[0]]
                return found + b" " if found.startswith(b" ") and not found.endswith(b" ") else found
        return b" = "

    def _unit(self) -> bytes:
        return unit_of(self.data.split(b"\n")) or b"    "


__all__ = ["IniPlaces", "Lines", "ini_value"]
