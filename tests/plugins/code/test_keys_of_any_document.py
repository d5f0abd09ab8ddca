"""Random documents, as people write them, with comments, under random edits of keys.

The oracle is a plain dict that undergoes the same edits, and other readers: json, tomllib, PyYAML.
"""

from __future__ import annotations

import json
import random
import re
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from muse.core.errors import MuseError
from muse.plugins.code.keys import address_of
from muse.plugins.code.plugin import CodePlugin

PLUGIN = CodePlugin()
NAMES = ["a", "b c", 'q"', "é", "n.m", "true", "12", "x-y", "long_name", "k/1", "on", "null", ""]
SCALARS = [1, 0, -2.5, 1e22, True, False, None, "t", 'q"u\\', "two\nlines", "a\nb\n", "12", "yes", "é ü", "# no",
           "- x", "a: b", "  lead\nx", " ", "x\n\n  y\n", "2020-01-01", "\x7f\u2028"]  # fmt: skip
DOCUMENTS, EDITS = 60, 10


class Writer:
    """A document by hand: its own choice of layout for each thing, and a numbered comment here and there."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.notes = 0

    def value(self, null: bool, depth: int = 0) -> Any:
        kind = self.rng.random()
        if depth < 3 and kind < 0.2:
            return {name: self.value(null, depth + 1) for name in self.rng.sample(NAMES, self.rng.randrange(4))}
        if depth < 3 and kind < 0.35:
            return [self.value(null, depth + 1) for _ in range(self.rng.randrange(4))]
        found = self.rng.choice(SCALARS)
        return 3 if found is None and not null else found

    def document(self, null: bool, depth: int = 0) -> dict[str, Any]:
        made = {name: self.value(null) for name in self.rng.sample(NAMES, self.rng.randrange(1, 5))}
        if depth < 2:
            for name in self.rng.sample(["s1", "s2"], self.rng.randrange(3)):
                made[name] = self.document(null, depth + 1)
        return made

    def note(self, mark: str, odds: float) -> str:
        if self.rng.random() >= odds:
            return ""
        self.notes += 1
        return f" {mark} note{self.notes}."

    def json(self, value: Any, comments: bool) -> str:
        indent = self.rng.choice([None, 1, 2, 4, "\t"])
        text = json.dumps(value, indent=indent, ensure_ascii=False)
        if not comments or indent is None:
            return text
        rows = text.split("\n")
        return "\n".join(row + (self.note("//", 0.3) if row.rstrip()[-1:] in ",{" else "") for row in rows)

    def yaml(self, value: dict[str, Any], step: str, lead: str = "") -> Iterator[str]:
        lists = self.rng.choice(["", step])
        for name, item in value.items():
            if above := self.note("#", 0.2):
                yield lead + above.strip()
            if self.rng.random() < 0.1:
                yield ""
            head = lead + (
                name if re.fullmatch("[a-z_]+", name) and name not in ("true", "on", "null") else _flow(name)
            )
            said = self.note("#", 0.25)
            if isinstance(item, dict) and item and self.rng.random() < 0.8:
                yield f"{head}:{said}"
                yield from self.yaml(item, step, lead + step)
            elif isinstance(item, list) and item and self.rng.random() < 0.7:
                yield f"{head}:{said}"
                yield from (f"{lead}{lists}- {_flow(each)}" for each in item)
            elif isinstance(item, str) and re.fullmatch(r"[a-z]+\n[a-z]+\n?", item):
                yield f"{head}: |{'' if item.endswith(chr(10)) else '-'}"
                yield from (lead + step + line for line in item.strip().split("\n"))
            elif item is None and self.rng.random() < 0.5:
                yield f"{head}:{said}"
            else:
                yield f"{head}: {_flow(item)}{said}"

    def toml(self, value: dict[str, Any], path: tuple[str, ...] = ()) -> list[str]:
        own: list[str] = []
        tables: list[tuple[str, Any]] = []
        for name, item in value.items():
            said = self.note("#", 0.25)
            if above := self.note("#", 0.2):
                own.append(above.strip())
            if isinstance(item, dict) and item and self.rng.random() < 0.7:
                if self.rng.random() < 0.25 and not any(isinstance(each, dict) for each in item.values()):
                    own += [f"{_bare(name)}.{_bare(inner)} = {_inline(each)}{said}" for inner, each in item.items()]
                else:
                    tables.append((name, item))
            elif isinstance(item, list) and item and all(isinstance(each, dict) for each in item):
                tables.append((name, item))
            else:
                own.append(f"{_bare(name)} = {_inline(item)}{said}")
        for name, item in tables:
            head = ".".join(map(_bare, (*path, name)))
            if isinstance(item, list):
                for each in item:
                    own += ["", f"[[{head}]]", *(f"{_bare(inner)} = {_inline(one)}" for inner, one in each.items())]
                continue
            inside = self.toml(item, (*path, name))
            implied = inside[0] == "" and all(isinstance(each, dict) and each for each in item.values())
            own += inside if implied and self.rng.random() < 0.6 else ["", f"[{head}]", *inside]
        return own

    def text(self, form: str, value: dict[str, Any]) -> str:
        if form == "json":
            made = self.json(value, self.rng.random() < 0.5)
        elif form == "toml":
            made = "\n".join(self.toml(value))
        else:
            made = "\n".join(self.yaml(value, self.rng.choice(["  ", "    "])))
        made += self.rng.choice(["", "\n"])
        return made.replace("\n", "\r\n") if self.rng.random() < 0.2 else made


def _flow(value: Any) -> str:
    if isinstance(value, float):
        return "1.0e+22" if value == 1e22 else repr(value)
    if isinstance(value, list):
        return f"[{', '.join(map(_flow, value))}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(name)}: {_flow(item)}" for name, item in value.items()) + "}"
    return json.dumps(value)


def _inline(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_inline, value))}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(name)} = {_inline(item)}" for name, item in value.items()) + "}"
    return json.dumps(value)


def _bare(name: str) -> str:
    return name if re.fullmatch("[A-Za-z0-9_-]+", name) else json.dumps(name)


def _json(text: str) -> Any:
    return json.loads(re.sub(r'("(?:[^"\\]|\\.)*")|//[^\n]*', lambda found: found[1] or "", text))


def _yaml(text: str) -> Any:
    import yaml  # type: ignore[import-untyped]

    return yaml.safe_load(text)


READERS: dict[str, Callable[[str], Any]] = {"json": _json, "toml": tomllib.loads, "yaml": _yaml}


def exact(value: Any) -> Any:
    """A value in which 1, 1.0 and True differ, and the order of keys does not count."""
    if isinstance(value, dict):
        return {name: exact(item) for name, item in value.items()}
    return [exact(item) for item in value] if isinstance(value, list) else (type(value).__name__, repr(value))


def paths(value: Any, above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield above
    for name, item in value.items() if isinstance(value, dict) else ():
        yield from paths(item, (*above, name))


def an_edit(rng: random.Random, value: dict[str, Any]) -> tuple[str, tuple[str, ...]] | None:
    kind = rng.choice(["insert", "replace", "delete"])
    there = list(paths(value))
    path = rng.choice(there)
    if kind != "insert":
        return (kind, path) if path else None
    at: Any = value
    for name in path:
        at = at[name]
    return (kind, (*path, rng.choice(NAMES))) if isinstance(at, dict) else None


def after(value: Any, kind: str, path: tuple[str, ...], new: Any) -> Any:
    made = at = json.loads(json.dumps(value))
    for name in path[:-1]:
        at = at[name]
    if kind == "delete":
        del at[path[-1]]
    else:
        at[path[-1]] = new
    return made


@pytest.mark.parametrize("form", READERS)
def test_an_edit_changes_that_key_and_nothing_else(form: str) -> None:
    if form == "yaml":
        pytest.importorskip("yaml", reason="PyYAML is the oracle: pip install -e '.[test]'")
    told: Counter[str] = Counter()
    for seed in range(DOCUMENTS):
        rng = random.Random(f"{form} {seed}")
        writer = Writer(rng)
        data = writer.text(form, writer.document(null=form != "toml")).encode()
        value = READERS[form](data.decode())
        for _ in range(EDITS):
            edit = an_edit(rng, value)
            if edit is None:
                continue
            kind, path = edit
            new = writer.value(null=form != "toml")
            op: Any = {"op": kind, "address": f"c.{form}::{address_of(path)}"}
            op |= {} if kind == "delete" else {"content": new}
            told["edits"] += 1
            try:
                made = PLUGIN.patch_file(f"c.{form}", data, [op])
            except MuseError as problem:
                told[str(problem)] += 1
                continue
            value, was = after(value, kind, path, new), path in set(paths(value))
            why = f"{form} {seed}: {op}\n{data.decode()}\n-----\n{made.decode()}"
            assert exact(READERS[form](made.decode())) == exact(value), why
            refuse_mess(data, made, kind == "insert" and not was, why)
            data = made
    assert told.pop("edits") > 300
    assert told.total() <= 2, told


def refuse_mess(before: bytes, after: bytes, is_new: bool, why: str) -> None:
    """What no edit may do to a file's looks; a new key leaves all that is there."""
    notes = re.compile(rb"note\d+\.")
    if is_new:
        assert Counter(notes.findall(before)) == Counter(notes.findall(after)), why
    assert not re.search(rb"[ \t]\r?\n", after) or re.search(rb"[ \t]\r?\n", before), f"white space at an end: {why}"
    assert not re.search(rb"(?:\r?\n){4}", after) or re.search(rb"(?:\r?\n){4}", before), f"blank lines: {why}"
    if b"\r\n" in before:
        assert not re.search(rb"(?<!\r)\n", after), f"line ends: {why}"
