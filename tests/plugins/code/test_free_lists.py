"""Lists inside of declarations whose order means nothing, and those that only look like one."""

from __future__ import annotations

import pytest

from muse.core.options import MergeOptions
from muse.engine.merge.one_file import merge_one
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
}  # fmt: skip
CONFLICT = {
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
