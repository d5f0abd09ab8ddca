"""Rule 6 in tables and lists that no name leads to: two keys that both sides put in are not given one number."""

from __future__ import annotations

import pytest

from muse.core.markers import conflicts_of
from muse.core.textchunks import text_chunks
from muse.plugins.code.merge.file import merge_code

_JS = [("a.b = {\n", "};\n"), ("f({\n", "});\n"), ("const A = Object.freeze({\n", "});\n"),
       ("function f() {\n  return {\n", "  };\n}\n"), ("const A = f({\n  a: {\n", "  },\n});\n")]  # fmt: skip
_PHP = [("return [\n", "];\n"), ("$a->b = array(\n", ");\n"), ("class A {\n    const X = [\n", "    ];\n}\n")]
_RUBY = [("enum status: {\n", "}\n"), ("class A < B\n  enum :status, {\n", "  }\nend\n"), ("A = {\n", "}.freeze\n"),
         ("def f\n  {\n", "  }\nend\n")]  # fmt: skip
_PYTHON = [("f({\n", "})\n"), ("def f():\n    return {\n", "    }\n"), ("A = Enum('A', {\n", "})\n")]
# A path, what stands around, and how a name is given its number.
TABLES = [
    ("a.lua", "a.b = {\n", "  K = V,\n", "}\n"), ("a.lua", "local t = {\n", "  K = V,\n", "}\n"),
    ("a.lua", 'return f({\n', '  ["K"] = V,\n', "})\n"),
    ("a.lua", "local t = {\n  a = {\n", "    K = V,\n", "  }\n}\n"),
    ("a.ps1", "$x = @{\n", "    K = V\n", "}\n"), ("a.ps1", "$x.y = [ordered]@{\n", "    'K' = V\n", "}\n"),
    ("a.psm1", "function f {\n  g @{\n", "    K = V\n", "  }\n}\n"),
    *[(path, head, "    K: V,\n", tail) for path in ("a.js", "a.ts") for head, tail in _JS],
    ("a.js", "const A = new Map([\n", "  ['K', V],\n", "]);\n"),
    *[("a.py", head, '    "K": V,\n', tail) for head, tail in _PYTHON],
    ("a.py", "A = dict(\n", "    K=V,\n", ")\n"), ("a.py", "A = (\n", '    (V, "K"),\n', ")\n"),
    *[("a.rb", head, "    K: V,\n", tail) for head, tail in _RUBY],
    *[("a.rb", head, "    :K => V,\n", tail) for head, tail in _RUBY],
    *[("a.php", "<?php\n" + head, "    'K' => V,\n", tail) for head, tail in _PHP],
    *[("a.php", "<?php\n" + head, "    A::K => V,\n", tail) for head, tail in _PHP],
    ("a.go", "package a\n\nfunc f() {\n\tg(map[string]int{\n", '\t\t"K": V,\n', "\t})\n}\n"),
    ("a.go", "package a\n\nvar m = []T{\n", '\t{"K", V},\n', "}\n"),
    ("a.rs", "static M: Map = phf_map! {\n", '    "K" => V,\n', "};\n"),
    ("a.rs", "const M: &[(&str, u32)] = &[\n", '    ("K", V),\n', "];\n"),
    ("a.rs", "fn f(x: A) -> u32 {\n    match x {\n", "        A::K => V,\n", "    }\n}\n"),
    ("a.kt", "val m = mapOf(\n", '    "K" to V,\n', ")\n"), ("a.swift", "let m = [\n", '    "K": V,\n', "]\n"),
    ("a.dart", "void f() {\n  g({\n", "    'K': V,\n", "  });\n}\n"),
    ("a.scala", "object A {\n  val m = Map(\n", '    "K" -> V,\n', '    "z" -> 99\n  )\n}\n'),
    ("A.java", "class A {\n    Map m = Map.ofEntries(\n", '        entry("K", V),\n', '        entry("z", 99));\n}\n'),
    ("A.java", "class A {\n    Map m = Map.of(\n", '        "K", V,\n', '        "z", 99);\n}\n'),
    ("a.cs", "class A {\n    D m = new D {\n", '        ["K"] = V,\n', "    };\n}\n"),
    ("a.cs", "class A {\n    D m = new D {\n", '        { "K", V },\n', "    };\n}\n"),
    ("a.c", "static const struct e t[] = {\n", '    { "K", V },\n', "};\n"),
    ("a.c", "static const int t[] = {\n", "    [K] = V,\n", "};\n"),
    ("a.cpp", "const std::map<A, B> t = {\n", '    {"K", V},\n', "};\n"),
    ("a.jl", "@enum A begin\n", "    K = V\n", "end\n"), ("a.jl", "const M = Dict(\n", '    "K" => V,\n', ")\n"),
    ("a.ex", "defmodule A do\n  @m [\n", "    K: V,\n", "    z: 99\n  ]\nend\n"),
    ("a.hs", "m = [\n", '    ("K", V),\n', '    ("z", 99)\n  ]\n'), ("a.ml", "let m = [\n", '  ("K", V);\n', "]\n"),
    ("a.nix", "{ pkgs, ... }: {\n  a.b = {\n", "    K = V;\n", "  };\n}\n"),
    ("a.tf", "locals {\n  m = {\n", "    K = V\n", "  }\n}\n"), ("a.gleam", "", "pub const K = V\n", ""),
    ("a.zig", "pub const A = enum(u8) {\n", "    K = V,\n", "};\n"),
    ("a.zig", "const m = .{\n", "    .K = V,\n", "};\n"), ("a.sh", "declare -A m=(\n", "  [K]=V\n", ")\n"),
    ("BUILD", 'f(\n    m = {\n', '        "K": V,\n', "    },\n)\n"), ("a.erl", "", "-define(K, V).\n", ""),
    ("a.yml", "a:\n  - b:\n", "      K: V\n", ""), ("a.ini", "[a]\n", "K = V\n", ""), (".env", "", "K=V\n", ""),
    ("a.json", '{\n  "a": [\n    {\n', '      "K": V,\n', '      "z": 99\n    }\n  ]\n}\n'),
]  # fmt: skip


def _sides(table: tuple[str, str, str, str], numbers: tuple[int, ...], new: tuple[int, int]) -> tuple[bytes, ...]:
    _, head, line, tail = table
    named = zip(("alpha", "beta", "gamma", "omega", "theta"), (*numbers, *new), strict=True)
    first, second, third, one, other = (line.replace("K", name).replace("V", str(number)) for name, number in named)
    lists = [(first, a, second, b, third) for a, b in (("", ""), (one, ""), ("", other), (one, other))]
    made = tuple((head + "".join(rows) + tail).encode() for rows in lists)
    assert not conflicts_of(text_chunks(*made[:3]) or [])
    return made


@pytest.mark.parametrize("table", TABLES)
def test_two_keys_have_two_numbers(table: tuple[str, str, str, str]) -> None:
    base, ours, theirs, _ = _sides(table, (1, 2, 3), (4, 4))
    for sides in ((ours, theirs), (theirs, ours)):
        merged = merge_code(table[0], base, *sides)
        assert merged.conflicts and b"omega" in (merged.content or b"") and b"theta" in (merged.content or b"")


@pytest.mark.parametrize("numbers", [(30, 7, 9), (1, 1, 2)])
@pytest.mark.parametrize("table", TABLES)
def test_numbers_that_tell_nothing_apart_may_be_equal(
    table: tuple[str, str, str, str], numbers: tuple[int, ...]
) -> None:
    base, ours, theirs, both = _sides(table, numbers, (4, 4))
    for sides in ((ours, theirs), (theirs, ours)):
        merged = merge_code(table[0], base, *sides)
        assert not merged.conflicts and merged.content == both


@pytest.mark.parametrize("table", TABLES)
def test_two_numbers_are_both_there(table: tuple[str, str, str, str]) -> None:
    base, ours, theirs, both = _sides(table, (1, 2, 3), (4, 5))
    for sides in ((ours, theirs), (theirs, ours)):
        merged = merge_code(table[0], base, *sides)
        assert not merged.conflicts and merged.content == both
