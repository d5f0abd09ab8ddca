"""A conflict is named by the thing it lies in, and its note says what each side did to it."""

from __future__ import annotations

import pytest

from muse.plugins.code.merge.file import merge_code

PY = "class Store:\n    def load(self, path):\n        with open(path) as file:\n            return file.read()\n"
TS = "export function load(path: string): string {\n  return read(path);\n}\n"
JSON = '{\n  "name": "x",\n  "deps": {\n    "a": "1.0",\n    "b": "2.0"\n  }\n}\n'
YAML = "on: push\njobs:\n  test:\n    runs-on: a\n    steps:\n      - run: one\n"
TOML = '[tool]\nversion = "1"\n\n[tool.deep]\nname = "x"\n'


@pytest.mark.parametrize(
    ("path", "base", "ours", "theirs", "address", "note"),
    [
        (
            "a.py", PY, ("load(self, path)", "load(self, path, mode)"), ("load(self, path)", "load(self)"),
            "Store.load", "function Store.load: ours added parameter mode, theirs removed parameter path",
        ),
        (
            "a.py", PY, ("def load", "def read"), ("def load", "def fetch"),
            "Store.read", "function Store.read: ours renamed it read, theirs renamed it fetch",
        ),
        (
            "a.py", PY, ("file.read()", "file.read(1)"), ("file.read()", "file.readlines(2)"),
            "Store.load", "function Store.load: both changed",
        ),
        (
            "a.ts", TS, ("load(path: string)", "open(path: number)"), ("load(path: string)", "load(path: URL)"),
            "open", "function open: ours renamed it open and changed its parameters, theirs changed its parameters",
        ),
        ("a.json", JSON, ('"1.0"', '"1.1"'), ('"1.0"', '"2.0"'), "deps.a", "key deps.a: both changed"),
        ("a.json", JSON, ('"2.0"', '"2.1"'), ('"2.0"', '"3.0"'), "deps.b", "key deps.b: both changed"),
        ("a.yml", YAML, ("runs-on: a", "runs-on: b"), ("runs-on: a", "runs-on: c"), "jobs.test.runs-on",
         "key jobs.test.runs-on: both changed"),
        ("a.toml", TOML, ('"x"', '"y"'), ('"x"', '"z"'), "tool.deep.name", "key tool.deep.name: both changed"),
    ],
)  # fmt: skip
def test_the_note_says_what_each_side_did(
    path: str, base: str, ours: tuple[str, str], theirs: tuple[str, str], address: str, note: str
) -> None:
    versions = [text.encode() for text in (base, base.replace(*ours), base.replace(*theirs))]
    merged = merge_code(path, *versions)
    (conflict,) = merged.conflicts
    assert merged.content is not None
    assert conflict.address == address
    assert f"<<<<<<< ours ({note})\n".encode() in merged.content


def test_several_keys_are_named_by_what_holds_them() -> None:
    versions = [f'{{\n  "deps": {{"a": {n}, "b": {n}}}\n}}\n'.encode() for n in range(3)]
    assert [conflict.address for conflict in merge_code("a.json", *versions).conflicts] == ["deps"]
    versions = [f'{{"a": {n}, "b": {n}}}\n'.encode() for n in range(3)]
    assert [conflict.address for conflict in merge_code("a.json", *versions).conflicts] == ["text"]
