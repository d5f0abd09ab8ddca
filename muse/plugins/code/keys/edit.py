"""The keys of one JSON, YAML, TOML or INI file: found by address, replaced, inserted, deleted.

Items of lists are values of their key. Values are plain JSON on the way in and out. After an edit the file is read
again: it means what it meant before, with that one key changed, or the edit is refused.
"""

from __future__ import annotations

import json
import re
from functools import cached_property
from typing import Any

from muse.core.errors import MuseError
from muse.plugins.code.fitting import line_end, newline_of, unit_of
from muse.plugins.code.keys.address import Path, address_of
from muse.plugins.code.keys.blocks import Blocks
from muse.plugins.code.keys.braces import Braces
from muse.plugins.code.keys.ini import IniPlaces, Lines, ini_value
from muse.plugins.code.keys.objects import json_places
from muse.plugins.code.keys.places import Pair, Places, Scope
from muse.plugins.code.keys.tables import Tables
from muse.plugins.code.keys.tree import TreePlaces
from muse.plugins.code.keys.values import Unread, is_strict, read, same, wanted
from muse.plugins.code.keys.write import Look, json_text, quoted, toml_key, toml_text, yaml_flow, yaml_key
from muse.plugins.code.languages.table import Language
from muse.plugins.code.place import Write
from muse.plugins.code.syntax.parsing import MAX_BYTES, parse_anew

_LISTS_BESIDE = re.compile(rb"^( *)[^\s#-][^\n]*:[ ]*\r?\n\1- ", re.M)


class Keys:
    """The keys of one text."""

    def __init__(self, language: Language, data: bytes) -> None:
        """MuseError for a file that is too large to be parsed."""
        self.language = language
        self.name = language.name
        self.data = data
        self._look = Look()
        self._tree = None if language.grammar is None or self.name == "json" else parse_anew(language, data)
        if len(data) > MAX_BYTES or (self._tree is None and self.name not in ("json", "ini")):
            raise MuseError("the file cannot be parsed: it is too large, or its grammar is missing")

    # Reading -----------------------------------------------------------------------------------------------------

    @cached_property
    def places(self) -> Places:
        """Where the keys stand."""
        if self._tree is not None:
            return TreePlaces(self.name, self.data, self._tree)
        return json_places(self.data) if self.name == "json" else IniPlaces(self.data)

    @cached_property
    def pairs(self) -> dict[Path, Pair]:
        """The keys in the order of the file; of several of one path the first."""
        found: dict[Path, Pair] = {}
        for pair in self.places.pairs:
            found.setdefault(pair.path, pair)
        return found

    @cached_property
    def content(self) -> Any:
        """The value of the whole file; MuseError when it cannot be read."""
        return self._read()

    def _read(self, strict: bool = False) -> Any:
        places = self.places if self.name == "ini" else None
        return places.content() if isinstance(places, IniPlaces) else read(self.name, self.data, self._tree, strict)

    @cached_property
    def _strict(self) -> bool:
        return self.name == "json" and is_strict(self.data)

    def value(self, path: Path) -> Any:
        """A key's value as JSON; as it is written where JSON cannot say it (a date, an alias).

        None in a broken file.
        """
        found = self._found(path)
        if found is not None and not _sayable(found):
            pair = self.pairs[path]
            return None if pair.value is None else self.data[slice(*pair.value)].decode("utf-8", "replace")
        return found

    def is_sayable(self, path: Path) -> bool:
        """True when `value` is all that the key holds."""
        return _sayable(self._found(path)) and bool(self.places.at(path))

    def _found(self, path: Path) -> Any:
        try:
            found = self.content
            for name in path:
                found = found[name]
            return found
        except (MuseError, TypeError, KeyError, IndexError):
            return None

    # Editing -----------------------------------------------------------------------------------------------------

    def edited(self, kind: str, path: Path, value: Any = None) -> Keys:
        """The file after an edit ("insert", "replace", "delete"); MuseError when it cannot be made."""
        there = self.places.at(path)
        if kind != "insert" and not there:
            raise MuseError(f"an edit of {address_of(path)}, which is not there")
        if self.name != "toml" and len(there) > 1:
            raise MuseError(f"{address_of(path)} is there {len(there)} times; replace the text of the file")
        if self.name == "ini":
            value = None if kind == "delete" else ini_value(value)
            if isinstance(self._found(path), Unread):
                raise MuseError(f"{address_of(path)} may be several keys; replace the text of the file")
        if kind != "delete" and there and same(self._found(path), value):
            return self  # written as its author wrote it
        goal = wanted(kind, self.content, path, value)
        try:
            for look in self._looks():
                self._look = look
                made = self._again(self._edited(kind, path, value, there))
                if made._means(goal, self._strict):
                    return made
        except RecursionError:
            raise MuseError(f"the value of {address_of(path)} is nested too deep") from None
        raise MuseError(
            f"{address_of(path)} could not be changed without changing something else; replace the text of the file"
        )

    def renamed(self, path: Path, to: Path, value: Any) -> Keys | None:
        """The file where a key that goes and one that comes with `value` are one key under another name.

        It keeps its place. None when they are not that, or it cannot be written so.
        """
        there = self.places.at(path)
        if path[:-1] != to[:-1] or not there or self.places.at(to) or not same(self._found(path), value):
            return None
        goal = wanted("insert", wanted("delete", self.content, path, None), to, value)
        made = self._again(self._with(*(self._renaming(pair, len(path) - 1, to[-1]) for pair in there)))
        return made if made._means(goal, self._strict) else None

    def _renaming(self, pair: Pair, at: int, name: str) -> Write:
        """The key of a pair, or the head of a table, with one of its names changed."""
        if isinstance(self.places, IniPlaces):
            return Lines(self.places).rename(pair, name)
        if self.name == "json":
            return Write(pair.start, pair.key_end, quoted(name).encode())
        if self.name == "yaml":
            return Write(pair.start, pair.key_end, yaml_key(name).encode())
        names = (*pair.path[:at], name, *pair.path[at + 1 :])
        if pair.kind == "pair":
            names = names[len(pair.scope) :]
        ends = {"pair": ("", ""), "table": ("[", "]"), "array": ("[[", "]]")}[pair.kind]
        text = f"{ends[0]}{'.'.join(map(toml_key, names))}{ends[1]}"
        return Write(pair.start, pair.key_end, text.encode())

    def _means(self, goal: Any, strict: bool) -> bool:
        try:
            self.content = self._read(strict)
        except MuseError:
            return False
        return same(self.content, goal)

    def _edited(self, kind: str, path: Path, value: Any, there: list[Pair]) -> bytes:
        if not isinstance(self.places, IniPlaces):
            return self._delete(path) if kind == "delete" else self._set(path, value, there)
        lines = Lines(self.places)
        if kind == "delete":
            return self._with(lines.delete(there[0]))
        return self._with(lines.replace(there[0], value) if there else lines.insert(path, value))

    def _set(self, path: Path, value: Any, there: list[Pair]) -> bytes:
        if not there:
            return self._with(self._insert(path, value))
        pair = there[0]
        if self.name == "toml" and (len(there) > 1 or pair.kind != "pair" or pair.path != path):
            without = self._delete(path)
            return self._again(without)._set(path, value, [])
        if self.name == "yaml" and self._is_block(path[:-1]):
            return self._with(self._blocks().replace(pair, value))
        if pair.value is None:
            return self._with(Write(pair.end, pair.end, f": {yaml_flow(value)}".encode()))
        return self._with(Write(*pair.value, self._text(value, pair)))

    def _delete(self, path: Path) -> bytes:
        scope = self.places.scopes.get(path[:-1])
        pair = self.places.at(path)[0]
        if scope is not None and scope.braces:
            return self._with(Braces(self.name, self.data, scope).delete(scope.pairs.index(pair)))
        if self.name == "toml":
            return self._with(*Tables(self.places, self._look.newline).delete(path))
        if scope is None:
            raise MuseError(f"{address_of(path)} is in nothing that a key could be taken out of")
        return self._with(self._blocks().delete(scope, pair, self.pairs.get(path[:-1])))

    def _insert(self, path: Path, value: Any) -> Write:
        scope = self.places.scopes.get(path[:-1])
        around = self.pairs.get(path[:-1])
        if self.name == "toml" and (scope is None or not scope.braces):
            return Tables(self.places, self._look.newline).insert(path, value)
        if self.name == "yaml":
            empty = scope is None or (scope.braces and not scope.pairs and b"#" not in self._between(scope))
            if empty and around is not None and self._is_block(path[:-2]) and _is_bare(around, scope):
                return self._blocks().replace(around, {path[-1]: value})
            if empty and len(path) == 1 and self.content in (None, {}):
                return self._first_of_yaml(scope, path[-1], value)
            if scope is not None and not scope.braces:
                return self._blocks().insert(scope, path[-1], value)
        look = self._look
        if scope is None and not self.data.strip() and len(path) == 1:
            rows = ["{", f"{look.unit}{quoted(path[-1])}: {json_text(value, look, look.unit)}", "}", ""]
            return Write(0, len(self.data), look.newline.join(rows).encode())
        if scope is None:
            raise MuseError(f"there is no mapping {address_of(path[:-1]) or 'at the top'} to put {path[-1]!r} into")
        spread = self.name == "json" and look.spread
        braces = Braces(self.name, self.data, scope)
        return braces.insert(lambda lead: self._pair(path[-1], value, lead.decode()), look.newline.encode(),
                             look.unit.encode(), spread)  # fmt: skip

    def _first_of_yaml(self, scope: Scope | None, name: str, value: Any) -> Write:
        text = self._blocks().pair(name, value, "")
        newline = self._look.newline.encode()
        if scope is not None:
            end = line_end(self.data, scope.end)
            said = self.data[scope.end : end].strip()
            text = (said + newline if said else b"") + text
            return Write(scope.start, end, text + (b"" if self.data[end:] else newline))
        gap = newline if self.data and not self.data.endswith(b"\n") else b""
        return Write(len(self.data), len(self.data), gap + text + newline)

    # Text --------------------------------------------------------------------------------------------------------

    def _looks(self) -> list[Look]:
        """How the file is written; then with strings on one line, where lines of their own would be misread."""
        data = self.data
        unit = (unit_of(data.split(b"\n")) or b"  ").decode()
        colons = [data[pair.key_end : pair.value[0]] for pair in self.places.pairs[:50] if pair.value is not None]
        spread = b"\n" in data.strip() or not data.strip()
        tight = self.name == "json" and bool(colons) and set(colons) == {b":"} and not spread
        if self.name != "yaml":
            return [Look(newline_of(data).decode(), unit, ":" if tight else ": ", unit, spread)]
        unit = "  " if unit.strip(" ") else unit
        look = Look(newline_of(data).decode(), unit, ": ", "" if _LISTS_BESIDE.search(data) else unit, spread)
        return [look, look._replace(literal=False)]

    def _pair(self, name: str, value: Any, lead: str) -> bytes:
        look = self._look
        if self.name == "json":
            text = quoted(name) + look.colon + json_text(value, look, lead)
        elif self.name == "toml":
            text = f"{toml_key(name)} = {toml_text(value)}"
        else:
            text = f"{yaml_key(name)}: {yaml_flow(value)}"
        return text.encode()

    def _text(self, value: Any, pair: Pair) -> bytes:
        if self.name == "json":
            line = self.data[self.data.rfind(b"\n", 0, pair.start) + 1 : pair.start]
            return json_text(value, self._look, line[: len(line) - len(line.lstrip())].decode()).encode()
        return (toml_text(value) if self.name == "toml" else yaml_flow(value)).encode()

    def _blocks(self) -> Blocks:
        return Blocks(self.data, self._look)

    def _between(self, scope: Scope) -> bytes:
        return self.data[scope.start : scope.end]

    def _is_block(self, path: Path) -> bool:
        scope = self.places.scopes.get(path)
        return scope is not None and not scope.braces

    def _again(self, data: bytes) -> Keys:
        made = Keys(self.language, data)
        made._look = self._look
        return made

    def _with(self, *writes: Write) -> bytes:
        data = self.data
        for write in sorted(writes, reverse=True):
            data = data[: write.start] + write.text + data[write.stop :]
        return data


def _is_bare(pair: Pair, scope: Scope | None) -> bool:
    """True for a key without a value, or with a mapping that has no anchor or tag before it."""
    return pair.is_null if scope is None else pair.value == (scope.start, scope.end)


def _sayable(value: Any) -> bool:
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        return False
    return not isinstance(value, Unread)


__all__ = ["Keys"]
