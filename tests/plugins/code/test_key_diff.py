"""What changed in files of keys and values, told by key."""

from __future__ import annotations

import json

import pytest

from muse.plugins.code.languages import language_of
from muse.plugins.code.languages.table import VALUED
from muse.plugins.code.patch import patched
from muse.plugins.code.plugin import CodePlugin
from muse.plugins.code.show import values

PLUGIN = CodePlugin()
PACKAGE = b"""{
  "name": "tool",
  "version": "1.0.0",
  "private": true,
  "scripts": {
    "build:all": "make"
  },
  "keywords": ["midi", "git"],
  "dependencies": {
    "left": "^1.2.0",
    "right": "^2.0.0"
  }
}
"""
CI = b"""on: push  # when
jobs:
  test:
    runs-on: ubuntu-20.04
    steps:
      - uses: actions/checkout@v2
      - name: build
        run: make
      - name: test
        run: make test
"""
POM = b"""<project xmlns="http://maven.apache.org/POM/4.0.0">
  <version>1.0</version>
  <dependencies>
    <dependency><groupId>a</groupId><artifactId>x</artifactId><version>1</version></dependency>
    <dependency><groupId>a</groupId><artifactId>y</artifactId><version>2</version></dependency>
  </dependencies>
</project>
"""
PO = b"""msgid ""
msgstr ""
"POT-Creation-Date: 2024-01-01\\n"
"Language: de\\n"

#: a.c:1
msgid "one"
msgstr "eins"
"""
LOCK = b"".join(
    b'[[package]]\nname = "crate%d"\nversion = "1.0.%d"\ndependencies = [\n "crate%d",\n]\n\n' % (n, n, n + 1)
    for n in range(60)
)


@pytest.mark.parametrize(
    ("path", "old", "change", "words"),
    [
        ("package.json", PACKAGE, (b"^1.2.0", b"^1.3.0"), "dependencies.left: ^1.2.0 -> ^1.3.0"),
        ("package.json", PACKAGE, (b': "make"', b': "make all"'), 'scripts."build:all": make -> make all'),
        ("package.json", PACKAGE, (b',\n    "right": "^2.0.0"', b""), "dependencies.right removed (^2.0.0)"),
        ("package.json", PACKAGE, (b"true", b'"true"'), 'private: true -> "true"'),
        ("package.json", PACKAGE, (b'"git"', b'"git", "code"'), "keywords[code] added"),
        ("package.json", PACKAGE, (b'"midi", "git"', b'"git", "midi"'), "keywords reordered"),
        ("package.json", PACKAGE, (b'["midi", "git"]', b'[ "midi", "git" ]'), "layout or comments changed"),
        ("package.json", PACKAGE, (b'{\n    "build:all": "make"\n  }', b"null"), "scripts changed"),
        ("ci.yml", CI, (b"20.04", b"22.04"), "jobs.test.runs-on: ubuntu-20.04 -> ubuntu-22.04"),
        ("ci.yml", CI, (b"run: make\n", b"run: make -j\n"), "jobs.test.steps[1].run: make -> make -j"),
        ("ci.yml", CI, (b"# when", b"# then"), "layout or comments changed"),
        ("pom.xml", POM, (b"<version>2", b"<version>3"), "project.dependencies.dependency[y].version: 2 -> 3"),
        ("pom.xml", POM, (b"<version>1.0", b"<version>1.1"), "project.version: 1.0 -> 1.1"),
        ("a.ini", b"[core]\nbare = no\n[user]\nname = a\n", (b"= no", b"= yes"), "core.bare: no -> yes"),
        ("a.properties", b"a.b=1\nc=2\n", (b"=1", b"=3"), '"a.b": 1 -> 3'),
        ("requirements.txt", b"flask==2.0\nclick>=8\n", (b"==2.0", b"==2.1"), "flask: ==2.0 -> ==2.1"),
        ("go.mod", b"module m\n\nrequire (\n\tx.org/a v1.2.0\n)\n", (b"v1.2.0", b"v1.3.0"),
         'require."x.org/a": v1.2.0 -> v1.3.0'),
        ("Cargo.lock", LOCK, (b'"1.0.30"', b'"1.1.0"'), "package[crate30].version: 1.0.30 -> 1.1.0"),
        ("de.po", PO, (b'"eins"', b'"Eins"'), "one: eins -> Eins"),
        ("de.po", PO, (b"2024-01-01", b"2024-02-01"), "POT-Creation-Date: 2024-01-01 -> 2024-02-01"),
        ("de.po", PO, (b"a.c:1", b"a.c:2"), "layout or comments changed"),
        ("pyproject.toml", b'[project]\ndependencies = ["a>=1"]\n', (b"a>=1", b"a>=2"),
         "project.dependencies[a>=1] removed, project.dependencies[a>=2] added"),
    ],
)  # fmt: skip
def test_a_change_is_told_by_its_key(path: str, old: bytes, change: tuple[bytes, bytes], words: str) -> None:
    assert old.count(change[0]) == 1
    new = old.replace(*change)
    found = PLUGIN.diff_file(path, old, new)
    assert found is not None
    ops, summary = found
    assert summary == words
    assert patched(path, language_of(path), old, ops) == new, "the operations are the change"


def test_operations_are_on_keys_where_they_give_the_text() -> None:
    found = PLUGIN.diff_file("package.json", PACKAGE, PACKAGE.replace(b"1.2.0", b"1.3.0"))
    assert found is not None
    ((op,), _) = found
    assert (op["op"], op["address"]) == ("replace", "package.json::dependencies.left")
    assert op["op"] == "replace" and op["content"] == "^1.3.0"
    found = PLUGIN.diff_file("package.json", PACKAGE, PACKAGE.replace(b'"make"', b'"make"  '))
    assert found is not None and [op["address"] for op in found[0]] == ["package.json::text"]


def test_many_changes_are_counted_and_all_are_told_in_the_operation() -> None:
    old = json.dumps({f"k{n}": n for n in range(9)}, indent=1).encode()
    new = json.dumps({f"k{n}": n + 1 for n in range(9)}).encode()
    found = PLUGIN.diff_file("a.json", old, new)
    assert found is not None
    ((op,), summary) = found
    assert summary == "k0: 0 -> 1, k1: 1 -> 2, k2: 2 -> 3, 6 more"
    assert op["op"] == "replace" and op["new_summary"].endswith("k7: 7 -> 8; k8: 8 -> 9")


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("a.json", b"{", b'{"a": 1}'),
        ("a.xml", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', b"<a/>"),
        ("a.xml", b"<a>", b"<a/>"),
        ("a.yml", b"a: 1\n---\na: 2\n", b"a: 1\n---\na: 3\n"),
        ("a.json", b"[" * 100_000, b"[" * 100_001),
        ("a.toml", b"a = 1\na = 2\n", b"a = 1\n"),
        ("a.yml", b"a: [\n", b"a: 1\n"),
        ("a.json", b"\xff\xfe", b"{}"),
    ],
)
def test_what_cannot_be_read_by_key_is_told_as_text(path: str, old: bytes, new: bytes) -> None:
    found = PLUGIN.diff_file(path, old, new)
    assert found is None or [op["address"] for op in found[0]] == [f"{path}::text"]


def test_of_a_large_file_only_the_changed_part_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    from muse.plugins.code.keys import values

    sizes: list[int] = []
    read = values.read

    def counting(name: str, data: bytes, *more: object) -> object:
        sizes.append(len(data))
        return read(name, data, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(values, "read", counting)
    old = LOCK + LOCK.replace(b"crate", b"other") * 30
    assert len(old) > 100_000
    found = PLUGIN.diff_file("Cargo.lock", old, old.replace(b'"1.0.30"', b'"1.1.0"', 1))
    assert found is not None and found[1] == "package[crate30].version: 1.0.30 -> 1.1.0"
    assert max(sizes) < 1_000
    deep = b"top: 1\npackages:\n" + b"".join(
        b"\n  /a@%d:\n    engines:\n      node: '>=%d'\n" % (n, n) for n in range(3000)
    )
    found = PLUGIN.diff_file("pnpm-lock.yaml", deep, deep.replace(b">=77'", b">=78'"))
    assert found is not None and found[1] == 'packages."/a@77".engines.node: >=77 -> >=78'
    assert max(sizes) < 1_000


def test_small_values_that_are_the_same_by_chance_did_not_move() -> None:
    from muse.engine.history.diff import note_moves

    delta = []
    for path, old, new in (("a.json", b'{"x": true}', b"{}"), ("b.json", b"{}", b'{"y": true}')):
        from muse.core.content import MemoryContent, using
        from muse.domain import SnapshotManifest

        store = MemoryContent()
        with using(store):
            sides = [SnapshotManifest(files={path: store.put(data)}, domain="code") for data in (old, new)]
            delta += PLUGIN.diff(*sides)["ops"]
    note_moves(delta)
    assert [op["child_summary"] for op in delta if op["op"] == "patch"] == ["x removed (true)", "y added (true)"]


def test_lines_without_a_key_are_told_too() -> None:
    old = b"-r base.txt\nflask==2.0\n"
    found = PLUGIN.diff_file("requirements.txt", old, old.replace(b"base", b"core").replace(b"2.0", b"2.1"))
    assert found is not None
    assert found[1] == "-r: base.txt -> core.txt, flask: ==2.0 -> ==2.1"
    found = PLUGIN.diff_file("a.ini", b"[a]\nflag\nb = 1\n", b"[a]\nno flag\nb = 1\n")
    assert found is not None and found[1] == 'a.flag removed, a."no flag" added'


def test_the_languages_told_by_key_are_those_that_can_be_read() -> None:
    assert values._KINDS.keys() == VALUED
