"""A source file kept open against the same edits one at a time, each on the bytes the one before left."""

from __future__ import annotations

import os
import random
from pathlib import Path
from typing import Any

import pytest

from muse.core.errors import MuseError
from muse.plugins.code.languages import language_of
from muse.plugins.code.patch import SourceFile, patched
from muse.plugins.code.syntax.parsing import keep_only
from muse.plugins.code.syntax.symbols import symbols_of

ROOT = Path(__file__).parents[3]
CAUGHT = (MuseError, KeyError, TypeError, ValueError, AttributeError, IndexError)
SOURCES = sorted(ROOT.glob("fixtures/merge/code/*/*/base.*"))
MODULES = sorted([*ROOT.glob("muse/core/*.py"), *ROOT.glob("muse/plugins/code/*.py")])
NEW = {"sh": "{}() {{\n\ttrue\n}}", "go": "func {}() {{}}", "rs": "fn {}() {{}}", "js": "function {}() {{}}"}
LATEST = int(os.environ.get("MUSE_SOAK_STEPS", "0"))


def one_at_a_time(path: str, data: bytes, ops: list[Any]) -> tuple[bytes, str]:
    """The file after a batch, and what was wrong with it."""
    try:
        return patched(path, language_of(path), data, ops), ""
    except CAUGHT as problem:
        return data, f"{type(problem).__name__}: {problem}"


def spans(path: str, data: bytes) -> dict[str, tuple[int, int]]:
    """Where symbols stand, by the way that looks at all of a file."""
    language = language_of(path)
    if language is not None:
        keep_only(language, b"")
    found: dict[str, tuple[int, int]] = {}
    for symbol in (symbols_of(language, data) or ()) if language is not None else ():
        found.setdefault(symbol.address, (symbol.start, symbol.end))
    return found


class Agent:
    """Edits symbols as they are, moves their text about, and makes mistakes."""

    def __init__(self, path: str, data: bytes, seed: int) -> None:
        self.path = path
        self.first = data
        self.dice = random.Random(seed)
        self.texts: list[str] = ["", "x", "}", "# only a comment", "/* open", '"""', "(", "\n", "\r\n\r\n"]
        self.made: list[Any] = []

    def batch(self, data: bytes, broken: bool) -> list[Any]:
        dice = self.dice
        if broken and dice.random() < 0.6:  # most edits should be of files that parse
            text = self.first.decode("utf-8", "surrogateescape")
            return [{"op": "replace", "address": f"{self.path}::text", "content": text}]
        if self.made and dice.random() < 0.08:
            return [dice.choice(self.made)]
        ops = [self.op(data, spans(self.path, data)) for _ in range(1 if dice.random() < 0.8 else 3)]
        if dice.random() < 0.2:
            ops = [{"op": "patch", "address": self.path, "child_ops": ops}]
        self.made.append(ops[0])
        return ops

    def op(self, data: bytes, found: dict[str, tuple[int, int]]) -> Any:
        dice = self.dice
        address = dice.choice(list(found)) if found else "nothing"
        start, end = found.get(address, (0, 0))
        text = data[start:end].decode("utf-8", "surrogateescape")
        self.texts = [*self.texts[:9], *self.texts[9:][-20:], text]
        kind = dice.random()
        name = f"{self.path}::{address}"
        if kind < 0.4:
            return {"op": "replace", "address": name, "content": self.changed(text)}
        if kind < 0.55:
            return {"op": "delete", "address": name}
        if kind < 0.75:
            scope = address.rpartition(".")[0] if dice.random() < 0.7 else address
            name = f"new{dice.randrange(30)}"
            new = f"{self.path}::{scope}.{name}" if scope and found else f"{self.path}::{name}"
            fits = NEW.get(self.path.rpartition(".")[2], "def {}():\n    return 1\n").format(name)
            content = fits if dice.random() < 0.7 else self.changed(dice.choice(self.texts))
            return {"op": "insert", "address": new, "content": content}
        if kind < 0.85:
            module = dice.choice(("import os", "import re", "from a import b", "use std::fmt;", "#include <a.h>"))
            where = f"{self.path}::import::{module}"
            return {"op": dice.choice(("insert", "delete")), "address": where, "content": module}
        whole = data.decode("utf-8", "surrogateescape") + "\n"
        return dice.choice((
            {"op": "delete", "address": name + "x"}, {"op": "replace", "address": name},
            {"op": "move", "address": name}, {"op": "replace", "address": f"{self.path}::text", "content": whole},
            {"op": "replace", "address": name, "content": 7}, {"op": "patch", "address": name, "child_ops": [3]},
            {"op": "patch", "address": name}, {"op": "replace", "address": name, "content": dice.choice(self.texts)},
        ))  # fmt: skip

    def changed(self, text: str) -> str:
        """Another name, another line, a part of it, or two of it."""
        dice = self.dice
        lines = text.splitlines(keepends=True)
        at = dice.randrange(len(lines) + 1)
        ways = (
            text.replace("a", "o", 1), text.replace("e", "ee"), "".join([*lines[:at], "\n", *lines[at:]]),
            "".join([*lines[:-1], *lines[-2:]]), text.replace("o", "a", 2), text + "\n",
            "".join(lines[:at]), "".join(lines[at:]), text + "\n\n" + text, "# one more\n" + text,
            text.replace("self", "me").replace("int", "long"), text + "  ",
        )  # fmt: skip
        return dice.choice(ways[:6] if dice.random() < 0.9 else ways)


def same(path: str, data: bytes, seed: int, steps: int) -> int:
    """The two ways leave the same bytes, say the same and find the same symbols; how many batches did something."""
    agent = Agent(path, data, seed)
    now, file, done = data, SourceFile(path, language_of(path), data), 0
    for step in range(steps):
        outline = file._outline()
        ops = agent.batch(now, outline is not None and outline.tree.root_node.has_error)
        before = now
        now, wrong = one_at_a_time(path, now, ops)
        try:
            file.apply(ops)
            told = ""
        except CAUGHT as problem:
            told = f"{type(problem).__name__}: {problem}"
        assert (told, file.data()) == (wrong, now), (path, seed, step, ops)
        outline = file._outline()
        where = spans(path, now)
        if outline is None:
            assert not where
        else:
            found = {each: outline.span(each) for each in outline._all().symbols}
            assert found == where, (path, seed, step, before, ops)
        done += before != now
    return done


@pytest.mark.parametrize("file", SOURCES[::5], ids=lambda file: f"{file.parts[-3]}-{file.parts[-2]}")
def test_languages(file: Path) -> None:
    same(f"a{file.suffix}", file.read_bytes(), len(file.parts[-2]), 14)


@pytest.mark.parametrize("file", MODULES[::8], ids=lambda file: str(file.name))
def test_modules_of_this_project(file: Path) -> None:
    assert same("a.py", file.read_bytes(), 3, 12) > 2


@pytest.mark.soak
def test_every_source_for_long() -> None:
    steps, done = LATEST or 60, 0
    for seed, file in enumerate([*SOURCES, *MODULES]):
        done += same(f"a{file.suffix}", file.read_bytes(), 1000 + seed, steps)
    print(f"{done:,} batches that did something in {len(SOURCES) + len(MODULES)} files, each as one at a time")
