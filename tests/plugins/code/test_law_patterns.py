"""Names that a declaration takes out of a value: `const { a, b: c } = d` binds a and c."""

from __future__ import annotations

import pytest

from muse.core.markers import conflicts_of
from muse.core.textchunks import text_chunks
from muse.plugins.code.merge.file import merge_code

FILE = 'ONEconst a = require("a");\n\nfunction f() {\n}\nTWO\nfunction g() {\nTHREE  h();\n  i();\n  j();\nFOUR}\n'
TWICE = [
    ('const { x } = require("q");\n', 'const { x } = require("p");\n'),
    ("const z = 5;\n", 'const { x, y: z } = require("p");\n'),
    ("const [k, x = 3] = q;\n", "function x() {}\n"),
    ('import { x } from "q";\n', "const { y, ...x } = f();\n"),
    ("const { a: { x } } = q;\n", "class x {}\n"),
    ('import { x } from "q";\n', "const [x] = f();\n"),
    ("function x() {}\n", "let [x = 1, ...y] = f();\n"),
]


def file(one: str = "", two: str = "", three: str = "", four: str = "") -> bytes:
    return FILE.replace("ONE", one).replace("TWO", two).replace("THREE", three).replace("FOUR", four).encode()


@pytest.mark.parametrize("path", ["a.js", "a.ts", "a.jsx", "a.tsx"])
@pytest.mark.parametrize(("one", "two"), TWICE)
def test_a_name_taken_out_of_a_value_is_bound_once(path: str, one: str, two: str) -> None:
    assert not conflicts_of(text_chunks(file(), file(one), file(two=two)) or [])
    for sides in ((file(one), file(two=two)), (file(two=two), file(one))):
        assert merge_code(path, file(), *sides).conflicts


@pytest.mark.parametrize("path", ["a.js", "a.ts"])
def test_a_name_taken_out_twice_in_a_block(path: str) -> None:
    mine, other = file(three="  const { x } = q;\n"), file(four="  const { x } = r;\n")
    for sides in ((mine, other), (other, mine)):
        assert merge_code(path, file(), *sides).conflicts


@pytest.mark.parametrize("path", ["a.js", "a.ts"])
def test_patterns_that_bind_different_names_stay_clean(path: str) -> None:
    one, two, three = "const { x, y: z } = q;\n", "const { y, x: w } = r;\n", "  const { x } = t;\n"
    mine, other = file(one), file(two=two, three=three)
    for sides in ((mine, other), (other, mine)):
        merged = merge_code(path, file(), *sides)
        assert not merged.conflicts and merged.content == file(one, two, three)


def test_a_local_of_lua_is_bound_once() -> None:
    base = 'local a = require("a")\nONE\nfunction f()\n  return 1\nend\n\nTWOfunction g()\n  return 2\nend\n'
    texts = [("", ""), ('local x = require("p")\n', ""), ("", 'local x = require("q")\n\n')]
    was, mine, other = (base.replace("ONE", one).replace("TWO", two).encode() for one, two in texts)
    for sides in ((mine, other), (other, mine)):
        assert merge_code("a.lua", was, *sides).conflicts
