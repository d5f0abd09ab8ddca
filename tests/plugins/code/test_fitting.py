"""Definitions and keys put in, taken out and replaced by ops: the file is as a person would have written it."""

from __future__ import annotations

import random
import re
import subprocess
import sys
from typing import Any

import pytest

from muse.core.errors import MuseError
from muse.plugins.code.plugin import CodePlugin

PYTHON = '''"""Doc."""

X = 1


class A:
    """A."""

    n = 1

    def one(self):
        return 1


class B:
    pass


def f():
    return 2


if __name__ == "__main__":
    f()
'''
SCRIPT = """import a from "a";

const x = 1;

class A {
  one() {
    return 1;
  }
}

export function f() {
  return 2;
}

export { x };
"""
GO = "package main\n\ntype A struct{}\n\nfunc (a A) One() int {\n\treturn 1\n}\n"
PAGE = "# Title\n\nText.\n\n## One\n\none\n\n## Two\n\ntwo\n"


def edited(path: str, text: str, *ops: tuple[Any, ...]) -> str:
    """The file after ops (kind, address, content), each applied alone."""
    file = CodePlugin().open_file(path, text.encode())
    for kind, address, *content in ops:
        op: Any = {"op": kind, "address": f"{path}::{address}"}
        file.apply([{**op, "content": content[0]} if content else op])
    return file.data().decode()


PLACES = [
    # A method written at the margin, one cut out of a file, and one with a string whose lines must not move.
    ("a.py", PYTHON, [("insert", "A.two", "def two(self):\n    return 2\n")],
     "        return 1\n\n\nclass B", "        return 1\n\n    def two(self):\n        return 2\n\n\nclass B"),
    ("a.py", PYTHON, [("insert", "A.two", "\n    def two(self):\n        return 2\n\n\n")],
     "        return 1\n\n\nclass B", "        return 1\n\n    def two(self):\n        return 2\n\n\nclass B"),
    ("a.py", PYTHON, [("insert", "A.two", "@property\ndef two(self):\n    return '''\nraw\n  '''")],
     "        return 1\n\n\nclass B",
     "        return 1\n\n    @property\n    def two(self):\n        return '''\nraw\n  '''\n\n\nclass B"),
    ("a.py", PYTHON,
     [("insert", "B.one", "def one(self):\n    return 1")], "    pass", "    def one(self):\n        return 1"),
    ("a.py", PYTHON, [("delete", "A.one")], "\n    def one(self):\n        return 1\n", ""),
    ("a.py", PYTHON, [("delete", "f")], "def f():\n    return 2\n\n\n", ""),
    ("a.py", PYTHON,
     [("insert", "g", "def g():\n  return 3\n")], "return 2\n", "return 2\n\n\ndef g():\n    return 3\n"),
    ("a.py", PYTHON, [("replace", "A.one", "def one(self):\n    return 7\n\n")], "return 1", "return 7"),
    ("a.py", PYTHON, [("insert", "import::import os", "import os")], '"""Doc."""\n', '"""Doc."""\n\nimport os\n'),
    ("a.py", PYTHON, [("insert", "B.one", "def one(self): ..."), ("delete", "B.one")], "", ""),
    ("a.py", "def f(): ...\n", [("insert", "import::import os", "import os")], "def f", "import os\n\n\ndef f"),
    ("a.js", SCRIPT, [("insert", "A.two", "two() {\n    return `\n  raw`;\n}")],
     "return 1;\n  }\n", "return 1;\n  }\n\n  two() {\n    return `\n  raw`;\n  }\n"),
    ("a.js", SCRIPT, [("insert", "g", "export function g() {\n\treturn 3;\n}\n")],
     "return 2;\n}\n", "return 2;\n}\n\nexport function g() {\n  return 3;\n}\n"),
    ("a.js", SCRIPT, [("delete", "A.one")], "{\n  one() {\n    return 1;\n  }\n}", "{}"),
    ("a.js", SCRIPT, [("delete", "A.one"), ("insert", "A.one", "one() {\n  return 1;\n}")], "", ""),
    ("a.js", SCRIPT, [("delete", "f")], "export function f() {\n  return 2;\n}\n\n", ""),
    ("a.js", SCRIPT, [("insert", 'import::import b from "b";', 'import b from "b";')],
     '"a";\n', '"a";\nimport b from "b";\n'),
    ("a.go", GO, [("insert", "Two", "func (a A) Two() int {\n    return 2\n}")],
     "return 1\n}\n", "return 1\n}\n\nfunc (a A) Two() int {\n\treturn 2\n}\n"),
    ("a.go", GO, [("insert", 'import::import "os"', 'import "os"')], "main\n", 'main\n\nimport "os"\n'),
    ("a.go", GO, [("delete", "One")], "\nfunc (a A) One() int {\n\treturn 1\n}\n", ""),
    ("a.md", PAGE, [("insert", "Three", "## Three\n\nthree")], "two\n", "two\n\n## Three\n\nthree\n"),
    ("a.md", PAGE, [("delete", "One")], "## One\n\none\n\n", ""),
    ("a.md", PAGE, [("replace", "One", "## One\n\nmore")], "one\n", "more\n"),
    ("a.md", PAGE, [("delete", "Two")], "\n## Two\n\ntwo\n", ""),
    ("a.json", '{\n  "a": 1,\n  "b": {}\n}\n', [("insert", "b.c", [1, 2]), ("insert", "d", {"e": {"f": 1}})],
     "{}\n", '{\n    "c": [1, 2]\n  },\n  "d": {\n    "e": {\n      "f": 1\n    }\n  }\n'),
    ("a.json", '{\n  "a": 1,\n  "b": 2\n}\n', [("delete", "b")], ",\n  \"b\": 2", ""),
    ("a.json", '{\n  "a": 1, // one\n  // two\n  "b": 2, // too\n}\n', [("delete", "a")], '  "a": 1, // one\n', ""),
    ("a.json", '{\n  "a": 1, // one\n  "b": 2,\n}\n', [("delete", "b")], '  "b": 2,\n', ""),
    ("a.yaml", "a: 1\n\nb:\n  c: 1\n\nd: 2\n", [("delete", "b")], "b:\n  c: 1\n\n", ""),
    ("a.yaml", "a: 1\n\nb:\n  c: 1\n\nd: 2\n", [("delete", "b.c")], "b:\n  c: 1\n", "b: {}\n"),
    ("a.yaml", "a: 1\n\nb:\n  c: 1\n\nd: 2\n", [("insert", "b.e", {"f": [1, "x y"]})],
     "c: 1\n", "c: 1\n  e:\n    f:\n      - 1\n      - x y\n"),
    ("a.yaml", "a: 1\n\nb:\n  c: 1\n\nd: 2\n", [("insert", "e", 3)], "d: 2\n", "d: 2\n\ne: 3\n"),
    ("a.yaml", "a:\nb: 1\n", [("insert", "a.c", 1)], "a:\n", "a:\n  c: 1\n"),
    ("a.toml", 'a = 1\n\n[b]\nc = 1\n\n[d]\ne = 1\n', [("insert", "b.x", 2)], "c = 1\n", "c = 1\nx = 2\n"),
    ("a.toml", 'a = 1\n\n[b]\nc = 1\n\n[d]\ne = 1\n', [("delete", "b")], "[b]\nc = 1\n\n", ""),
    ("a.toml", 'a = 1\n\n[b]\nc = 1\n\n[d]\ne = 1\n', [("insert", "f", {"g": 1, "h": "x"})],
     "e = 1\n", 'e = 1\n\n[f]\ng = 1\nh = "x"\n'),
]  # fmt: skip


@pytest.mark.parametrize("path, text, ops, old, new", PLACES)
def test_as_a_person_would_write_it(path: str, text: str, ops: list[Any], old: str, new: str) -> None:
    assert text.count(old) == 1 or not old
    assert edited(path, text, *ops) == text.replace(old, new)
    crlf = edited(path, text.replace("\n", "\r\n"), *ops)
    assert crlf == text.replace(old, new).replace("\n", "\r\n")


@pytest.mark.parametrize(
    "path, text, op, why",
    [
        ("a.py", PYTHON, ("insert", "k", "def k(:"), "parsed"),
        ("a.py", PYTHON, ("replace", "f", "def f(]:\n    return 2"), "parsed"),
        ("a.py", PYTHON, ("insert", "k", "def other(): ..."), "defines no k"),
        ("a.py", PYTHON, ("insert", "Nope.k", "def k(): ..."), "no Nope"),
        ("a.py", PYTHON, ("insert", "f", "def f():\n    return 3"), "twice"),
        ("a.py", PYTHON, ("replace", "f", "class A: ..."), "twice"),
        ("a.js", SCRIPT, ("replace", "f", "export function f() { /* "), "parsed"),
        ("a.go", GO, ("insert", "A.Two", "func Two() {}"), "put into"),
    ],
)
def test_what_would_harm_the_rest_is_refused(path: str, text: str, op: tuple[Any, ...], why: str) -> None:
    file = CodePlugin().open_file(path, text.encode())
    with pytest.raises(MuseError, match=why):
        kind, address, content = op
        file.apply([{"op": kind, "address": f"{path}::{address}", "content": content}])  # type: ignore[list-item]
    assert file.data() == text.encode()


def test_what_was_there_already_is_no_second_one() -> None:
    assert edited("a.py", PYTHON, ("insert", "f", "def f():\n    return 2\n")) == PYTHON


def test_hundreds_of_edits_leave_a_formatted_file() -> None:
    """Methods and functions come and go, at the margin and cut out, with and without newlines at an end."""
    for seed in range(3):
        file, dice = CodePlugin().open_file("a.py", PYTHON.encode()), random.Random(seed)
        there: set[str] = set()
        for number in range(200):
            scope = dice.choice(["", "A.", "B."])
            name = f"{scope}m{number}"
            if there and dice.random() < 0.5:
                kind, name = dice.choice(["delete", "replace"]), dice.choice(sorted(there))
                scope = name.rpartition(".")[0]
            else:
                kind = "insert"
            lead = "    " * (bool(scope) and dice.random() < 0.5)
            head = f"{lead}@staticmethod\n" * (bool(scope) and dice.random() < 0.3)
            text = f"{head}{lead}def {name.rpartition('.')[2]}():\n{lead}    return {number}" + "\n" * dice.randrange(4)
            op: Any = {"op": kind, "address": f"a.py::{name}"}
            file.apply([op if kind == "delete" else {**op, "content": text}])
            (there.discard if kind == "delete" else there.add)(name)
        data = file.data()
        assert not re.search(rb"\n\n\n\n", data)
        ruff = [sys.executable, "-m", "ruff", "format", "--isolated", "--stdin-filename", "a.py", "-"]
        assert subprocess.run(ruff, input=data, capture_output=True, check=True).stdout == data


@pytest.mark.parametrize("path, text, new", [
    ("a.js", SCRIPT, "function {0}() {{\n  return 1;\n}}\n"), ("a.go", GO, "func {0}() {{\n\treturn\n}}\n"),
    ("a.md", PAGE, "## {0}\n\ntext\n"),
])  # fmt: skip
def test_what_came_and_went_leaves_nothing(path: str, text: str, new: str) -> None:
    names = [f"New{number}" for number in range(60)]
    gone = list(names)
    random.Random(1).shuffle(gone)
    inserts = [("insert", name, new.format(name)) for name in names]
    full = edited(path, text, *inserts)
    assert not re.search(r"\n\n\n", full) and all(new.format(name) in full for name in names)
    assert edited(path, text, *inserts, *(("delete", name) for name in gone)) == text


def test_the_same_definition_again_changes_nothing_and_another_one_is_refused() -> None:
    """Blanks inside a string are content: such a definition is another one, not the same again."""
    there = edited("a.py", PYTHON, ("insert", "A.two", 'def two(self):\n    return "a  b"\n'))
    for again in ('def two(self):\n    return "a  b"\n', '    def two(self):\n        return "a  b"\n\n\n'):
        assert edited("a.py", there, ("insert", "A.two", again)) == there
    with pytest.raises(MuseError, match="twice"):
        edited("a.py", there, ("insert", "A.two", 'def two(self):\n    return "a b"\n'))


JAVA = """class A {
    /**
     * Says.
     */
    int f() {
        return 1;
    }

    class B {
        B() {
        }
    }
}
"""
MIXED = """int a(void) {
  return 1;
}

int b(void) {
    if (1) {
        return 1;
    }
    return 2;
}
"""
TYPES = """package a

// T is one.
type T struct {
\tx int
}

type (
\tA int
\t// B is two.
\tB string
)
"""
STATIC = "class A:\n    @staticmethod\n    def f(a):\n        return a\n"
LISTS = "# T\n\n## One\n\n- a\n\n    code\n\n## Two\n\n- a\n  - b\n"
OBJECT = "module.exports = {\n  f() {\n    return 1;\n  },\n};\n"
KINDS = [
    # a comment that goes on with a star is no step of indentation
    ("a.java", JAVA, ("A.f", "/**\n * Says.\n */\nint f() {\n    return 2;\n}"), "return 1", "return 2"),
    # what stands in its own unit of indentation stays in that
    ("a.c", MIXED, ("a", "int a(void) {\n  return 3;\n}"), "return 1;\n}\n\nint b", "return 3;\n}\n\nint b"),
    # a type of Go is its comment, its keyword and its body
    ("a.go", TYPES, ("T", "// T is one.\ntype T struct {\n    y int\n}"), "\tx int", "\ty int"),
    ("a.go", TYPES, ("A", "A uint"), "A int", "A uint"),
    # only the first line lost its place, and it is a decorator
    ("a.py", STATIC, ("A.f", "@staticmethod\n    def f(a):\n        return 1"), "return a", "return 1"),
    # deeper lines of a text mean something else
    ("a.md", LISTS, ("Two", "## Two\n\n- a\n  - c"), "  - b", "  - c"),
]  # fmt: skip


@pytest.mark.parametrize("path, text, op, old, new", KINDS)
def test_what_is_replaced_stays_as_it_is_written(path: str, text: str, op: tuple[str, str], old: str, new: str) -> None:
    assert text.count(old) == 1
    assert edited(path, text, ("replace", *op)) == text.replace(old, new)
    there = {each.address: each.content for each in CodePlugin().elements(path, text.encode())}
    same = there[f"{path}::{op[0]}"].replace("\n", "\r\n")
    assert edited(path, text, ("replace", op[0], f"\n\n{same}\n")) == text


def test_a_type_of_go_goes_with_its_keyword_and_comment() -> None:
    assert edited("a.go", TYPES, ("delete", "T")) == TYPES.replace("// T is one.\ntype T struct {\n\tx int\n}\n\n", "")
    assert edited("a.go", TYPES, ("delete", "B")) == TYPES.replace("\t// B is two.\n\tB string\n", "")


def test_a_new_function_goes_behind_an_object_not_into_it() -> None:
    assert edited("a.js", OBJECT, ("insert", "g", "function g() {}")) == OBJECT + "\nfunction g() {}\n"


def test_a_text_that_defines_something_else_is_told_what() -> None:
    with pytest.raises(MuseError, match="defines no k, but other"):
        edited("a.py", PYTHON, ("insert", "k", "def other(): ..."))


def test_a_constructor_has_the_name_of_its_class() -> None:
    plugin = CodePlugin()
    with pytest.raises(MuseError, match=r"rename A\.B"):
        plugin.rename("a.java", JAVA.encode(), "a.java::A.B.B", "C")
    renamed = plugin.patch_file("a.java", JAVA.encode(), plugin.rename("a.java", JAVA.encode(), "a.java::A.B", "C"))
    assert renamed.decode() == JAVA.replace("B", "C")


def test_a_function_goes_with_its_comma_on_a_line_of_several() -> None:
    text = "const o = {a() { return 1; }, b() { return 2; }, c() {}};\n"
    for name, gone in (("a", "a() { return 1; }, "), ("b", "b() { return 2; }, "), ("c", ", c() {}")):
        assert edited("a.js", text, ("delete", name)) == text.replace(gone, "")


def test_a_new_method_goes_to_the_methods_of_a_type_not_to_those_of_a_trait() -> None:
    text = (
        "struct A {\n    x: i32,\n}\n\nimpl Clone for A {\n    fn clone(&self) -> A {\n        A { x: 1 }\n    }\n}\n"
    )
    new = "    fn f(&self) {}\n"
    with pytest.raises(MuseError):
        edited("a.rs", text, ("insert", "A.f", new))
    text += "\nimpl A {\n    fn g(&self) {}\n}\n"
    assert edited("a.rs", text, ("insert", "A.f", new)) == text.replace("g(&self) {}\n", "g(&self) {}\n\n" + new)


def test_a_rename_leaves_what_others_call_by_that_name() -> None:
    plugin = CodePlugin()

    def renamed(path: str, text: str, name: str, to: str) -> str:
        ops = plugin.rename(path, text.encode(), f"{path}::{name}", to)
        return plugin.patch_file(path, text.encode(), ops).decode()

    text = "package a\n\ntype Mutex struct {\n\tmu   sync.Mutex\n\tnext *Mutex\n}\n\n"
    text += "func f() T {\n\treturn T{f: x.f, g: f()}\n}\n"
    assert renamed("a.go", text, "Mutex", "M") == text.replace("type Mutex", "type M").replace("*Mutex", "*M")
    assert renamed("a.go", text, "f", "h") == text.replace("func f", "func h").replace("g: f()", "g: h()")
    text = "def f(a):\n    return x.f + g(f=1, h=f)\n"
    assert renamed("a.py", text, "f", "k") == "def k(a):\n    return x.f + g(f=1, h=k)\n"
