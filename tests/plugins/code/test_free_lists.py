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
    "retracted": (
        "go.mod", "module m\n\nretract (\n\tv1.0.0\n{})\n",
        "", "\tv1.0.1\n", "\tv1.0.2\n", "\tv1.0.1\n\tv1.0.2\n",
    ),
    "ignored": ("go.mod", "module m\n\nignore (\n\tstatic\n{})\n", "", "\ta/b\n", "\t./c\n", "\ta/b\n\t./c\n"),
    "tools": ("go.mod", "module m\n\ntool (\n\tx.y/z\n{})\n", "", "\tx.y/a\n", "\tx.y/b\n", "\tx.y/a\n\tx.y/b\n"),
}  # fmt: skip
CONFLICT = {
    "first arguments": ("a.py", "f({})\n", "", "a", "b", ""),
    "visibility": ("A.java", "class A {{\n    {}static int a;\n}}\n", "", "public ", "protected ", ""),
    "other arrays": ("pyproject.toml", '[tool.foo]\nrequires = ["a"{}]\n', "", ', "b"', ', "c"', ""),
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
