"""Lists inside of declarations whose order means nothing, and those that only look like one."""

from __future__ import annotations

import pytest

from muse.core.options import MergeOptions
from muse.engine.merge.one_file import merge_one
from muse.plugins.code.merge.file import merge_code
from muse.plugins.registry import plugin_for_path

BOTH = {
    "interfaces": ("A.java", "class A implements B{} {{\n}}\n", "", ", C", ", D", ", C, D"),
    "annotation": (
        "A.java", "class A {{\n    @J(v = 1{})\n    int a;\n}}\n",
        "", ", b = 2", ", c = 3", ", b = 2, c = 3",
    ),
    "modifiers": (
        "a.kt", "class A {{\n    override{} fun d() {{\n    }}\n}}\n",
        "", " final", " protected", " final protected",
    ),
    "prerequisites": ("Makefile", "all: a{}\n\techo\n", "", " b", " c", " b c"),
    "destructuring": ("a.ts", "const {{ a{} }} = f();\n", "", ", b", ", c: d", ", b, c: d"),
    "keywords": ("pyproject.toml", '[project]\nkeywords = ["a"{}]\n', "", ', "b"', ', "c"', ', "b", "c"'),
    "exports": ("a.py", '__all__ = [\n    "a",\n{}]\n', "", '    "b",\n', '    "c",\n', '    "b",\n    "c",\n'),
    "fields": (
        "a.go", "package a\n\nvar x = T{{\n\tA: f(1),\n{}}}\n",
        "", "\tB: g(2),\n", "\tC: h(3),\n", "\tB: g(2),\n\tC: h(3),\n",
    ),
    "one emptied": ("a.js", "let a = {{{}}};\n", " foo: 1 ", "", " foo: 1, bar: 2 ", " bar: 2 "),
    "one emptied, by line": (
        "a.rs", "const A: B = B {{\n{}}};\n",
        "    foo: 1\n", "", "    foo: 1,\n    bar: 2,\n", "    bar: 2,\n",
    ),
    "one import beside one that goes": (
        "a.go", 'import (\n\t"bytes"\n{}\t"os"\n)\n',
        '\t"io"\n', '\t"net/http"\n', '\t"net/http"\n\t"io"\n', '\t"net/http"\n',
    ),
    "annotations of one method": (
        "A.java", "class A {{\n{}    public void f();\n}}\n",
        "", "    @Override\n", '    @Named("f")\n', '    @Override\n    @Named("f")\n',
    ),
    "a function above one that gets an attribute": (
        "a.rs", "mod tests {{\n{}    pub fn run() {{}}\n}}\n",
        "", "    pub fn one() {}\n\n    #[cfg(unix)]\n", "    pub fn two() {}\n\n",
        "    pub fn one() {}\n\n    pub fn two() {}\n\n    #[cfg(unix)]\n",
    ),
    "derived by path": (
        "a.rs", "#[derive(Debug{})]\nstruct A;\n",
        "", ", my::Trait", ", their::Other", ", my::Trait, their::Other",
    ),
    "authors": (
        "pyproject.toml", '[project]\nauthors = [\n    {{ name = "A" }},\n{}]\n',
        "", '    { name = "B" },\n', '    { name = "C" },\n', '    { name = "B" },\n    { name = "C" },\n',
    ),
    "files a tool looks at": (
        "pyproject.toml", '[tool.check]\nfiles = [\n    "z.py",\n    "a.py",\n{}]\n',
        "", '    "b.py",\n', '    "c.py",\n', '    "b.py",\n    "c.py",\n',
    ),
    "links": (
        "a.md", "# T\n\n[a]: /a\n{}\nText of [a].\n",
        "", "[b]: /b\n", "[c]: /c\n", "[b]: /b\n[c]: /c\n",
    ),
    "keyword arguments of a call without": ("a.py", "def f():\n    g({})\n", "", "a=1", "b=2", "a=1, b=2"),
    "parameters given by name": (
        "a.py", "def f(a, *{}):\n    pass\n",
        ", b=1", ", b=1, c: int = 2", ", b=1, d: int = 3", ", b=1, c: int = 2, d: int = 3",
    ),
    "parameters given by name, Dart": (
        "a.dart", "class A {{\n  A({{required this.x{}}});\n}}\n",
        "", ", this.y", ", required this.z", ", this.y, required this.z",
    ),
    "keyword parameters": ("a.rb", "def f(a, b: 1{})\nend\n", "", ", c: 2", ", d: 3", ", c: 2, d: 3"),
    "supertypes": ("a.kt", "class A : B(){} {{\n}}\n", "", ", C", ", D", ", C, D"),
    "attributes of a class": (
        "a.py", "class A:\n    a = 1\n{}",
        "", "    b = f(2)\n", "    c = f(3)\n", "    b = f(2)\n    c = f(3)\n",
    ),
    "attributes of a class, with what they are": (
        "a.py", 'class A:\n    a = 1\n    """A."""\n{}',
        "", '\n    d = 2\n    """D."""\n', '\n    c = 3\n    """C."""\n',
        '\n    d = 2\n    """D."""\n\n    c = 3\n    """C."""\n',
    ),
    "names with values": (
        "a.ts", "f();\n{}g();\n",
        "", "const b = 1;\n", "const a = h();\n", "const b = 1;\nconst a = h();\n",
    ),
    "modules used": (
        "a.f90", "program a\n{}  implicit none\nend program a\n",
        "", "  use b\n  use c\n", "  use c\n  use b\n", "  use b\n  use c\n",
    ),
    "one at two places": (
        "a.nix", "{{\n{}}}:\n\n{{ }}\n",
        "  pkgs,\n  options,\n", "  lib,\n  pkgs,\n  options,\n", "  pkgs,\n  options,\n  lib,\n",
        "  lib,\n  pkgs,\n  options,\n",
    ),
    "laid out anew, with a name more": (
        "a.py", "{}\n",
        "from a import (\n    b,\n    d,\n)", "from a import (\n    b,\n    c,\n    d,\n)", "from a import b, d",
        "from a import b, c, d",
    ),
    "parameters laid out anew, one with another type": (
        "a.rs", "fn f({}) -> R {{\n    todo!();\n}}\n",
        "a: &A, b: &B", "\n    a: &A,\n    b: &B,\n", "a: &A, b: Option<&B>", "\n    a: &A,\n    b: Option<&B>,\n",
    ),
    "a parameter, and what is thrown": (
        "A.java", "class A {{\n    int f({} {{\n        return a;\n    }}\n}}\n",
        "int a, int b)", "int a, int b) throws E", "int a, int b, int c)", "int a, int b, int c) throws E",
    ),
    "cases of a method that gets an annotation": (
        "A.java", "class A {{\n{}    }}\n}}\n",
        "    int f() {\n        switch (a) {\n            case 1:\n                return 1;\n        }\n",
        "    @B\n    int f() {\n        switch (a) {\n            case 1:\n                return 1;\n"
        "            case 2:\n                return 2;\n        }\n",
        "    int f() {\n        switch (a) {\n            case 1:\n                return 1;\n"
        "            case 3:\n                return 3;\n        }\n",
        "    @B\n    int f() {\n        switch (a) {\n            case 1:\n                return 1;\n"
        "            case 2:\n                return 2;\n            case 3:\n                return 3;\n        }\n",
    ),
    "words kept sorted": (
        "a.json", '{{\n  "a": [\n    "b",\n    "c",\n{}    "e",\n    "f"\n  ]\n}}\n',
        "", '    "d",\n', '    "cc",\n', '    "cc",\n    "d",\n',
    ),
    "words kept sorted, YAML": (
        "a.yml", "a:\n  - b\n  - c\n{}  - e\n  - f\n", "", "  - d\n", "  - cc\n", "  - cc\n  - d\n",
    ),
    "words kept sorted, Haskell": (
        "a.hs", "a = [ B\n    , C\n{}    , E\n    , F\n    ]\n",
        "", "    , D\n", "    , CC\n", "    , CC\n    , D\n",
    ),
    "retracted": (
        "go.mod", "module m\n\nretract (\n\tv1.0.0\n{})\n",
        "", "\tv1.0.1\n", "\tv1.0.2\n", "\tv1.0.1\n\tv1.0.2\n",
    ),
    "ignored": ("go.mod", "module m\n\nignore (\n\tstatic\n{})\n", "", "\ta/b\n", "\t./c\n", "\ta/b\n\t./c\n"),
    "tools": ("go.mod", "module m\n\ntool (\n\tx.y/z\n{})\n", "", "\tx.y/a\n", "\tx.y/b\n", "\tx.y/a\n\tx.y/b\n"),
}  # fmt: skip
CONFLICT = {
    "parameters": ("a.py", "def f(a{}):\n    pass\n", "", ", b=1", ", c=2", ""),
    "parameters of a function without": ("a.ts", "function f({}) {{\n  g();\n}}\n", "", "a", "b", ""),
    "what is called first": ("a.ts", "f();\n{}g();\n", "", "const a = h();\n", "const b = i();\n", ""),
    "fields of a class": ("a.py", "class A:\n    a: int = 1\n{}", "", "    b: int = 2\n", "    c: int = 3\n", ""),
    "a value of the other's": ("a.py", "a = 1\n{}f()\n", "", "b = c\n", "c = 2\n", ""),
    "members that are counted": (
        "a.py",
        "class A(E):\n    a = auto()\n{}",
        "",
        "    b = auto()\n",
        "    c = auto()\n",
        "",
    ),
    "one definition, twice": (
        "A.java",
        "class A {{\n{}}}\n",
        "",
        "    int b(int x) {\n        return x;\n    }\n",
        "    int b(int x) {\n        return x + 1;\n    }\n\n    int c;\n",
        "",
    ),
    "words in an order of their own": (
        "a.json",
        '{{\n  "a": [\n    "c",\n    "b",\n{}    "e",\n    "f"\n  ]\n}}\n',
        "",
        '    "d",\n',
        '    "cc",\n',
        "",
    ),
    "numbers": ("a.json", '{{\n  "a": [\n    1,\n    2,\n    3,\n    5{}\n  ]\n}}\n', "", ",\n    6", ",\n    7", ""),
    "arguments that happen to be sorted": ("a.py", "f(a, b, c, d{})\n", "", ", e", ", g", ""),
    "first arguments": ("a.py", "f({})\n", "", "a", "b", ""),
    "visibility": ("A.java", "class A {{\n    {}static int a;\n}}\n", "", "public ", "protected ", ""),
    "other arrays": ("pyproject.toml", '[tool.foo]\nrequires = ["a"{}]\n', "", ', "b"', ', "c"', ""),
    "filters of a tool": (
        "pyproject.toml",
        '[tool.test]\nfilterwarnings = [\n    "error",\n    "always::A",\n{}]\n',
        "",
        '    "ignore::B",\n',
        '    "ignore::C",\n',
        "",
    ),
    "other lists": ("a.py", 'steps = [\n    "a",\n{}]\n', "", '    "b",\n', '    "c",\n', ""),
}


def merged(case: tuple[str, ...]) -> tuple[bytes, int, str]:
    path, frame, *sides, wanted = case
    versions = [frame.format(side).encode() for side in sides]
    done = merge_one(plugin_for_path(path), path, *versions, MergeOptions(notes=False))
    return done.content or b"", len(done.conflicts), frame.format(wanted)


@pytest.mark.parametrize("name", BOTH)
def test_what_both_put_in_stands_side_by_side(name: str) -> None:
    content, conflicts, wanted = merged(BOTH[name])
    assert (content.decode(), conflicts) == (wanted, 0)


@pytest.mark.parametrize("name", CONFLICT)
def test_order_or_choice_has_a_meaning(name: str) -> None:
    content, conflicts, _ = merged(CONFLICT[name])
    assert conflicts == 1 and b"<<<<<<<" in content


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(
    ("kept", "free"), [("[project]\nkeywords", True), ("[tool.shelf]\nargs", False)], ids=["a set", "in order"]
)
def test_what_both_sides_put_into_a_list_of_toml_is_never_there_twice(kept: str, free: bool, turned: bool) -> None:
    """By tokens, each put it in at another place: behind what the other took out, and before what it put in."""
    base, ours, theirs = (f"{kept} = [ {items} ]\n".encode() for items in ('"a"', '"a", "b"', '"b", "c"'))
    result = merge_code("x.toml", base, *((theirs, ours) if turned else (ours, theirs)))
    if free:
        assert (result.content, result.conflicts) == (f'{kept} = [ "b", "c" ]\n'.encode(), [])
    else:
        assert result.conflicts or (result.content or b"").count(b'"b"') == 1
