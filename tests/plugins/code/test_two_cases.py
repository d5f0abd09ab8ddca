"""One case, attribute or key put in by both sides, each at a place of its own: clean for lines, and wrong."""

from __future__ import annotations

import re

import pytest

from muse.plugins.code.merge.file import merge_code

# a file with the places ONE and TWO, what one side puts at the first and the other at the second, and what is no clash
CASES = [
    ("A.java", "class A {\n  int f(int x) {\n    switch (x) {\nONE      case 1: return 1;\n"
     "      case 2: return 2;\n      case 3: return 3;\nTWO    }\n    return 0;\n  }\n}\n",
     "      case 9: return 8;\n", "      case 9: return 7;\n", "      case 10: return 7;\n"),
    ("A.java", "class A {\n  int f(int x) {\n    return switch (x) {\nONE      case 1 -> 1;\n"
     "      case 2 -> 2;\n      case 3 -> 3;\nTWO    };\n  }\n}\n", "      case B b -> 8;\n",
     "      case B b -> 7;\n", "      case B b when b.y() -> 7;\n"),
    ("a.go", "package a\n\nfunc f(x int) {\n\tswitch x {\nONE\tcase 1:\n\t\ta()\n\tcase 2:\n\t\tb()\n\tcase 3:\n"
     "\t\tc()\nTWO\t}\n}\n", "\tcase 9:\n\t\tone()\n", "\tcase 9:\n\t\ttwo()\n", "\tcase 8:\n\t\ttwo()\n"),
    ("a.go", "package a\n\nfunc f(x any) {\n\tswitch x.(type) {\nONE\tcase int:\n\t\ta()\n\tcase bool:\n"
     "\t\tb()\n\tcase error:\n\t\tc()\nTWO\t}\n}\n", "\tcase string:\n\t\tone()\n", "\tcase string:\n\t\ttwo()\n",
     "\tcase rune:\n\t\ttwo()\n"),
    ("a.kt", 'fun f(x: Int) = when (x) {\nONE    1 -> "a"\n    2 -> "b"\n    3 -> "c"\n    4 -> "d"\n'
     'TWO    else -> ""\n}\n', '    9 -> "x"\n', '    9 -> "y"\n', '    8 -> "y"\n'),
    ("a.swift", "switch x {\nONEcase .a:\n  a()\ncase .b:\n  b()\ncase .c:\n  c()\nTWOdefault:\n  d()\n}\n",
     "case .n:\n  one()\n", "case .n:\n  two()\n", "case .n where big:\n  two()\n"),
    ("a.cs", "class A {\n  int F(int x) {\n    switch (x) {\nONE      case 1: return 1;\n"
     "      case 2: return 2;\n      case 3: return 3;\nTWO    }\n    return 0;\n  }\n}\n",
     "      case 9: return 8;\n", "      case 9: return 7;\n", "      case 8: return 7;\n"),
    ("a.cs", "class A {\n  int F(int x) => x switch {\nONE    1 => 1,\n    2 => 2,\n    3 => 3,\n    4 => 4,\n"
     "TWO    _ => 0,\n  };\n}\n", "    9 => 8,\n", "    9 => 7,\n", "    9 when big => 7,\n"),
    ("a.rs", "fn f(x: i32) -> i32 {\n    match x {\nONE        1 => 1,\n        2 => 2,\n        3 => 3,\n"
     "        4 => 4,\nTWO        _ => 0,\n    }\n}\n", "        9 => 8,\n", "        9 => 7,\n",
     "        9 if big => 7,\n"),
    ("a.py", "match x:\nONE    case 1:\n        a()\n    case 2:\n        b()\n    case 3:\n        c()\n"
     "TWO    case _:\n        d()\n", "    case 9:\n        one()\n", "    case 9:\n        two()\n",
     "    case 9 if big:\n        two()\n"),
    ("a.rb", "case x\nONEwhen 1\n  a\nwhen 2\n  b\nwhen 3\n  c\nTWOelse\n  d\nend\n", "when 9\n  one\n", "when 9\n"
     "  two\n", "when 8\n  two\n"),
    ("a.scala", "def f(x: Int) = x match {\nONE  case 1 => a\n  case 2 => b\n  case 3 => c\n  case 4 => d\n"
     "TWO  case _ => e\n}\n", "  case 9 => one\n", "  case 9 => two\n", "  case 9 if big => two\n"),
    ("a.sh", "case $x in\nONE  a) a ;;\n  b) b ;;\n  c) c ;;\n  d) d ;;\nTWO  *) e ;;\nesac\n", "  n) one ;;\n",
     "  n) two ;;\n", "  m) two ;;\n"),
    ("a.php", "<?php\n$x = match($y) {\nONE    1 => 1,\n    2 => 2,\n    3 => 3,\n    4 => 4,\n"
     "TWO    default => 0,\n};\n", "    9 => 8,\n", "    9 => 7,\n", "    8 => 7,\n"),
    ("a.jsx", "const A = () => (\n  <F\nONE    a={1}\n    b={2}\n    c={3}\n    d={4}\nTWO  />\n);\n",
     "    n={1}\n", "    n={2}\n", "    m={2}\n"),
    ("a.tsx", "const A = () => (\n  <F\nONE    a={1}\n    b={2}\n    c={3}\n    d={4}\nTWO  />\n);\n",
     "    n={1}\n", "    n={2}\n", "    m={2}\n"),
    ("a.html", '<input\nONE  a="1"\n  b="2"\n  c="3"\n  d="4"\nTWO>\n', '  n="1"\n', '  n="2"\n', '  m="2"\n'),
    ("a.kt", "class A {\nONE    fun a() {\n        x()\n    }\n\n    fun b() {\n        y()\n    }\nTWO}\n",
     "    companion object {\n        val q = 1\n    }\n\n", "\n    companion object {\n        val r = 2\n"
     "    }\n", "\n    companion object Other {\n        val r = 2\n    }\n"),
    ("Info.plist", "<plist>\n<dict>\nONE\t<key>a</key>\n\t<string>a</string>\n\t<key>b</key>\n"
     "\t<string>b</string>\n\t<key>c</key>\n\t<string>c</string>\nTWO</dict>\n</plist>\n", "\t<key>n</key>\n"
     "\t<string>1</string>\n", "\t<key>n</key>\n\t<string>2</string>\n", "\t<key>m</key>\n\t<string>2</string>\n"),
]  # fmt: skip
NAMES = [f"{number}-{case[0]}" for number, case in enumerate(CASES)]


@pytest.mark.parametrize(("path", "text", "one", "other", "apart"), CASES, ids=NAMES)
def test_one_thing_at_two_places_is_a_conflict(path: str, text: str, one: str, other: str, apart: str) -> None:
    def merged(*two: tuple[str, str]) -> list[bytes | None]:
        base, *sides = (text.replace("ONE", a).replace("TWO", b).encode() for a, b in (("", ""), *two))
        made = [merge_code(path, base, *order) for order in (sides, sides[::-1])]
        return [None if each.conflicts else each.content for each in made]

    assert merged((one, ""), ("", other)) == [None, None]
    assert merged((one, ""), ("", apart)) == [text.replace("ONE", one).replace("TWO", apart).encode()] * 2


def test_a_value_goes_with_its_key_in_a_property_list() -> None:
    """One side moves an entry, the other edits its value, which stands elsewhere in the result."""
    pairs = [f"\t<key>{key}</key>\n\t<string>{key}</string>\n" for key in "abcdef"]
    edited = [*pairs[:1], pairs[1].replace("string>b", "string>B"), *pairs[2:]]
    head, tail = "<plist>\n<dict>\n", "</dict>\n</plist>\n"
    file = lambda rows: f"{head}{''.join(rows)}{tail}".encode()  # noqa: E731
    moved = file([pairs[0], *pairs[2:], pairs[1]])
    for sides in ((moved, file(edited)), (file(edited), moved)):
        made = merge_code("Info.plist", file(pairs), *sides)
        assert made.conflicts or made.content == file([pairs[0], *pairs[2:], edited[1]])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("$n: 1;\n", "$n: 2;\n"),
        ("@n: 1;\n", "@n: 2;\n"),
        ("@mixin n {\n  a: b;\n}\n", "@mixin n($x) {\n  a: $x;\n}\n"),
    ],
)
def test_the_style_of_a_component_names_something_once(one: str, other: str) -> None:
    """No parser reads it; its lines do. What has another name stands beside."""
    rows = "".join(f".{name} {{\n  color: red;\n}}\n\n" for name in "abcdef")

    def file(first: str, last: str) -> bytes:
        return f'<template>\n<p/>\n</template>\n\n<style lang="scss">\n{first}{rows}{last}</style>\n'.encode()

    apart = re.sub(r"\bn\b", "m", other)
    for path in ("A.vue", "A.svelte"):
        clash, fine = ((file(one, ""), file("", text)) for text in (other, apart))
        for sides in (clash, clash[::-1]):
            assert merge_code(path, file("", ""), *sides).conflicts
        for sides in (fine, fine[::-1]):
            made = merge_code(path, file("", ""), *sides)
            assert made.content == file(one, apart) and not made.conflicts


def test_methods_of_a_component_are_named() -> None:
    """A method of one name put into a component by both, at two places; and of two names."""
    text = "<template>\n  <p>isn't `it</p>\n</template>\n\n<script>\nexport default {\n  methods: {\n%s    a() {\n" \
        "    },\n    b() {\n    },\n    c() {\n    },\n%s  },\n};\n</script>\n"  # fmt: skip
    one, other = "    n() {\n      one();\n    },\n", "    n() {\n      two();\n    },\n"
    base = (text % ("", "")).encode()
    for path in ("A.vue", "A.svelte"):
        sides = (text % (one, "")).encode(), (text % ("", other)).encode()
        assert merge_code(path, base, *sides).conflicts and merge_code(path, base, *sides[::-1]).conflicts
        fine = (text % ("", other.replace("n()", "m()"))).encode()
        made = merge_code(path, base, sides[0], fine)
        assert made.content == (text % (one, other.replace("n()", "m()"))).encode() and not made.conflicts
