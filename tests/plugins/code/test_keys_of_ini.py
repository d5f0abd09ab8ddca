"""Keys of INI files edited by address; configparser says what the file means."""

from __future__ import annotations

import configparser
import random
import re
from typing import Any

import pytest

from muse.core.errors import MuseError
from muse.plugins.code.keys import Keys, address_of
from muse.plugins.code.languages import load
from muse.plugins.code.plugin import CodePlugin

PLUGIN = CodePlugin()
SETUP = """# head
[metadata]
name = muse
version: 1.0

[options]
; what it needs
install_requires =
    click>=8
    # for tests
    anyio==4
zip_safe = False

[remote "origin"]
\turl = git@host:x
\tfetch = +refs/heads/*:refs/remotes/origin/*
"""
NAMES = ["name", "version", "a.b", "x y", "Long-Key", "k_1"]
SECTIONS = ["metadata", "tool:pytest", 'remote "origin"', "*.{js,py}"]
TEXTS = [
    "1",
    "true",
    "two words",
    "",
    "a=b",
    "x:y",
    "50%",
    "\none\ntwo",
    "\none\n\ntwo",
    "one\ntwo==2",
    "ü",
    "[x]",
    "a;b",
    "#1",
]


def edited(text: str, *ops: tuple[Any, ...], path: str = "a.ini") -> str:
    made: list[Any] = [
        {"op": kind, "address": f"{path}::{address}", **({"content": rest[0]} if rest else {})}
        for kind, address, *rest in ops
    ]
    return PLUGIN.patch_file(path, text.encode(), made).decode()


def read(text: str) -> dict[str, dict[str, str | None]]:
    parser = configparser.RawConfigParser(interpolation=None, allow_no_value=True, strict=True, default_section="\0")
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(text)
    return {name: dict(parser[name]) for name in parser.sections()}


@pytest.mark.parametrize(
    ("op", "old", "new"),
    [
        (("replace", "metadata.version", "1.1"), "version: 1.0", "version: 1.1"),
        (("replace", "options.zip_safe", True), "zip_safe = False", "zip_safe = true"),
        (("insert", "metadata.author", "ada"), "version: 1.0\n", "version: 1.0\nauthor = ada\n"),
        (("delete", "metadata.version"), "version: 1.0\n", ""),
        (("insert", '"remote \\"origin\\"".prune', True), "origin/*\n", "origin/*\n\tprune = true\n"),
        (("replace", "options.install_requires", "\nclick>=9\nanyio==4"),
         "    click>=8\n    # for tests\n    anyio==4\n", "    click>=9\n    anyio==4\n"),
        (("delete", "options"), SETUP[SETUP.index("[options]") : SETUP.index("[remote")], ""),
        (("insert", "mypy", {"strict": True}), "origin/*\n", "origin/*\n\n[mypy]\nstrict = true\n"),
    ],
)  # fmt: skip
def test_the_key_changes_and_nothing_else(op: tuple[Any, ...], old: str, new: str) -> None:
    assert SETUP.count(old) == 1
    assert edited(SETUP, op, path="setup.cfg") == SETUP.replace(old, new)
    crlf = edited(SETUP.replace("\n", "\r\n"), op, path="setup.cfg")
    assert crlf == SETUP.replace(old, new).replace("\n", "\r\n")


@pytest.mark.parametrize(
    ("text", "op"),
    [
        (SETUP, ("replace", "metadata.nothing", 1)),
        (SETUP, ("insert", "nothing.a", 1)),
        (SETUP, ("insert", "metadata.NAME", "x")),
        (SETUP, ("insert", "metadata.a", None)),
        (SETUP, ("insert", "metadata.a", [1])),
        (SETUP, ("insert", "metadata.a", "x # y")),
        (SETUP, ("insert", "metadata.a", " x")),
        (SETUP, ("insert", '"x]\\n[y"', {})),
        (SETUP, ("insert", 'metadata."a=b"', "x")),
        (SETUP, ("insert", "top", "x")),
        (SETUP, ("replace", "metadata", {"a": 1})),
        ("[a]\nb = 1\n[a]\nb = 2\n", ("replace", "a.b", 3)),
        ("a = 1\n  b = 2\n", ("replace", "a", "x")),
        ("words that are nothing = \n\\ ] [ \n[", ("insert", "a", {"b": 1})),
    ],
)
def test_what_could_be_read_in_another_way_is_refused(text: str, op: tuple[Any, ...]) -> None:
    with pytest.raises(MuseError):
        edited(text, op)


def test_what_can_be_named_is_listed() -> None:
    rows = {each.address: each.content for each in PLUGIN.elements("setup.cfg", SETUP.encode())}
    assert rows["setup.cfg::metadata.version"] == "1.0"
    assert rows['setup.cfg::"remote \\"origin\\"".url'] == "git@host:x"
    assert rows["setup.cfg::metadata"] == {"name": "muse", "version": "1.0"}


def test_a_renamed_key_or_section_stays_where_it_is() -> None:
    for name, to, old, new in (
        ("metadata", "meta", "[metadata]", "[meta]"),
        ("options.zip_safe", "zip", "zip_safe", "zip"),
    ):
        ops = PLUGIN.rename("setup.cfg", SETUP.encode(), f"setup.cfg::{name}", to)
        assert PLUGIN.patch_file("setup.cfg", SETUP.encode(), ops).decode() == SETUP.replace(old, new)


def document(rng: random.Random) -> str:
    rows: list[str] = []
    for section in rng.sample(SECTIONS, rng.randrange(1, 5)):
        rows += [""] * rng.randrange(2) + [f"# about {section}"] * rng.randrange(2) + [f"[{section}]"]
        lead = rng.choice(["", "", "\t", "  "])
        for name in rng.sample(NAMES, rng.randrange(5)):
            value = re.sub(r"\n(?=.)", f"\n{lead}    ", rng.choice(TEXTS))
            rows += [f"{lead}; about {name}"] * (rng.random() < 0.2)
            rows.append((f"{lead}{name}{rng.choice([' = ', '=', ': '])}{value}").rstrip(" "))
    return "\n".join(rows) + rng.choice(["", "\n"])


def test_any_edits_of_any_document() -> None:
    done = 0
    for seed in range(50):
        rng = random.Random(seed)
        text = document(rng)
        value = read(text)
        assert Keys(load("ini"), text.encode()).content == value, text
        for _ in range(12):
            kind = rng.choice(["insert", "insert", "replace", "delete"])
            section, name, new = rng.choice(SECTIONS), rng.choice(NAMES), rng.choice(TEXTS)
            want = {key: dict(inner) for key, inner in value.items()}
            path: tuple[str, ...] = (section, name)
            content: Any = new
            if rng.random() < 0.25:
                path, content = (section,), {name: new}
            if kind == "insert" and len(path) == 1 and section not in value:
                want[section] = {name: new}
            elif kind == "delete" and len(path) == 1 and section in value:
                del want[section]
            elif len(path) == 2 and section in value and (kind == "insert" or name in value[section]):
                want[section] = {**want[section], name: new}
                if kind == "delete":
                    del want[section][name]
            else:
                continue
            op: tuple[Any, ...] = (kind, address_of(path)) if kind == "delete" else (kind, address_of(path), content)
            why = f"{seed} {op}\n{text}"
            try:
                made = edited(text, op)
            except MuseError as problem:
                assert new == "#1" or "one" in str(value), f"{problem} {why}"
                continue
            assert read(made) == want, f"{why}\n-----\n{made}"
            for mess in (r"\n{4}", r"[ \t]\n"):
                assert len(re.findall(mess, made)) <= len(re.findall(mess, text)), f"{why}\n-----\n{made}"
            assert Keys(load("ini"), made.encode()).content == want
            text, value, done = made, want, done + 1
    assert done > 150
