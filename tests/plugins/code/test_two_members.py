"""One member, parameter, pattern or call put in by both sides, each at a place of its own: clean for lines, wrong."""

from __future__ import annotations

import pytest

from muse.plugins.code.merge.file import merge_code

# a file with the places ONE and TWO, what one side puts at the first and the other at the second, and what is no clash
CASES = [
    ("parameter of a class", "a.kt", "data class A(\nONE    val a: Int,\n    val b: Int,\n    val c: Int,\nTWO"
     "    val d: Int,\n)\n", "    val n: Int,\n", "    val n: String,\n", "    val m: String,\n"),
    ("type of a when", "a.kt", "fun f(x: Any): Int = when (x) {\nONE    is A -> 1\n    is B -> 2\n    is C -> 3\n"
     "TWO    else -> 4\n}\n", "    is N -> 8\n", "    is N -> 9\n", "    is M -> 9\n"),
    ("property of a protocol", "a.swift", "protocol P {\nONE    var a: Int { get }\n    func b()\n"
     "    var c: Int { get }\nTWO}\n", "    var n: Int { get }\n", "    var n: String { get }\n",
     "    var m: String { get }\n"),
    ("property of a constructor", "a.php", "<?php\nclass A {\n    public function __construct(\nONE"
     "        private A $a,\n        private B $b,\n        private C $c,\nTWO    ) {\n    }\n}\n",
     "        private N $n,\n", "        private readonly M $n,\n", "        private readonly M $m,\n"),
    ("parameter of a case class", "a.scala", "case class A(\nONE  a: Int,\n  b: Int,\n  c: Int,\nTWO  d: Int\n)\n",
     "  n: Int,\n", "  n: String,\n", "  m: String,\n"),
    ("case of an enum", "a.scala", "enum E:\nONE  case A\n  case B\n  case C\nTWO  case D\n", "  case N\n",
     "  case N(x: Int)\n", "  case M(x: Int)\n"),
    ("named parameter", "a.dart", "class A {\n  const A({\nONE    required this.a,\n    required this.b,\n"
     "    required this.c,\nTWO  });\n}\n", "    required this.n,\n", "    this.n = 1,\n", "    this.m = 1,\n"),
    ("case of a switch", "a.dart", "int f(int x) {\n  switch (x) {\nONE    case 1:\n      return 1;\n    case 2:\n"
     "      return 2;\n    case 3:\n      return 3;\nTWO    default:\n      return 0;\n  }\n}\n",
     "    case 9:\n      return 8;\n", "    case 9:\n      return 7;\n", "    case 10:\n      return 7;\n"),
    ("condition", "a.py", "def f(x):\n    if x == 0:\n        return 0\nONE    elif x == 1:\n        return 1\n"
     "    elif x == 2:\n        return 2\nTWO    else:\n        return 3\n", "    elif x == 9:\n        return 8\n",
     "    elif x == 9:\n        return 7\n", "    elif x == 8:\n        return 7\n"),
    ("exception", "a.py", "def f():\n    try:\n        g()\nONE    except A:\n        a()\n    except B:\n        b()\n"
     "    except C:\n        c()\nTWO    finally:\n        d()\n", "    except N:\n        one()\n",
     "    except N:\n        two()\n", "    except M:\n        two()\n"),
    ("decorator", "a.py", "ONE@a\n@b\n@c\nTWOdef f():\n    pass\n", "@n(1)\n", "@n(1)\n", "@n(2)\n"),
    ("decorator", "a.ts", "ONE@A()\n@B()\n@C()\nTWOclass K {\n  a = 1;\n}\n", "@N({ x: 1 })\n", "@N({ x: 1 })\n",
     "@N({ x: 2 })\n"),
    ("annotation", "A.java", 'ONE@A\n@B("x")\n@C\nTWOclass K {\n    int a;\n}\n', '@N("1")\n', '@N("2")\n',
     '@M("2")\n'),
    ("parameter", "a.ps1", "param(\nONE  [string]$A,\n  [string]$B,\n  [string]$C,\nTWO  [string]$D\n)\n",
     "  [string]$N,\n", "  [int]$N,\n", "  [int]$M,\n"),
    ("case of a switch", "a.ps1", 'switch ($x) {\nONE  "a" { a }\n  "b" { b }\n  "c" { c }\nTWO  default { d }\n}\n',
     '  "n" { one }\n', '  "n" { two }\n', '  "m" { two }\n'),
    ("field", "a.jl", "struct A\nONE    a::Int\n    b::Int\n    c::Int\nTWOend\n", "    n::Int\n", "    n::String\n",
     "    m::String\n"),
    ("prong of a switch", "a.zig", "fn f(x: E) u32 {\n    return switch (x) {\nONE        .a => 1,\n        .b => 2,\n"
     "        .c => 3,\nTWO        else => 0,\n    };\n}\n", "        .n => 8,\n", "        .n => 9,\n",
     "        .m => 9,\n"),
    ("field that is set", "a.zig", "fn f() S {\n    return .{\nONE        .a = 1,\n        .b = 2,\n        .c = 3,\n"
     "TWO    };\n}\n", "        .n = 1,\n", "        .n = 2,\n", "        .m = 2,\n"),
    ("case of a match", "a.ml", "let f x = match x with\n  | Z -> 0\nONE  | A -> 1\n  | B -> 2\n  | C -> 3\n"
     "TWO  | D -> 4\n", "  | N -> 8\n", "  | N -> 9\n", "  | N when big -> 9\n"),
    ("alternative", "A.hs", "module A where\n\nf x = case x of\nONE  A -> 1\n  B -> 2\n  C -> 3\nTWO  _ -> 0\n",
     "  N -> 8\n", "  N -> 9\n", "  M -> 9\n"),
    ("clause of a case", "a.ex", "defmodule A do\n  def f(x) do\n    case x do\nONE      :a -> 1\n      :b -> 2\n"
     "      :c -> 3\nTWO      _ -> 0\n    end\n  end\nend\n", "      :n -> 8\n", "      :n -> 9\n",
     "      :n when big -> 9\n"),
    ("label", "a.c", "int f(void)\n{\n\tint x;\nONEa:\n\ta();\nb:\n\tb();\nc:\n\tc();\nTWO\treturn 0;\n}\n",
     "n:\n\tone();\n", "n:\n\ttwo();\n", "m:\n\ttwo();\n"),
    ("member that is set", "a.cpp", "A::A()\n    : z(0),\nONE      a(1),\n      b(2),\n      c(3),\nTWO      d(4) {}\n",
     "      n(1),\n", "      n(2),\n", "      m(2),\n"),
    ("name of a use", "a.rs", "use a::{\nONE    b,\n    c::D,\n    e,\nTWO    f,\n};\n", "    n::N,\n", "    o::N,\n",
     "    o::M,\n"),
    ("label of an image", "Dockerfile", 'FROM a\nONELABEL a="1"\nLABEL b="2"\nLABEL c="3"\nTWORUN x\n',
     'LABEL n="1"\n', 'LABEL n="2"\n', 'LABEL m="2"\n'),
    ("document", "a.yaml", "ONEkind: A\nmetadata:\n  name: a\n---\nkind: B\nmetadata:\n  name: b\n---\nkind: C\n"
     "metadata:\n  name: c\nTWO", "kind: N\nmetadata:\n  name: n\nspec: 1\n---\n",
     "---\nkind: N\nmetadata:\n  name: n\nspec: 2\n", "---\nkind: N\nmetadata:\n  name: m\nspec: 2\n"),
    ("alert", "a.yaml", "rules:\nONE  - alert: A\n    expr: a\n  - alert: B\n    expr: b\n  - alert: C\n    expr: c\n"
     "TWO", "  - alert: N\n    expr: one\n", "  - alert: N\n    expr: two\n", "  - alert: M\n    expr: two\n"),
    ("gem", "Gemfile", 'source "x"\nONEgem "a", "1"\ngem "b", "1"\ngem "c", "1"\nTWO', 'gem "n", "1"\n',
     'gem "n", "2"\n', 'gem "m", "2"\n'),
    ("value of a test", "a_spec.rb", "describe A do\nONE  let(:a) { 1 }\n  let(:b) { 2 }\n  let(:c) { 3 }\nTWOend\n",
     "  let(:n) { 1 }\n", "  let(:n) { 2 }\n", "  let(:m) { 2 }\n"),
    ("test", "a.test.js", 'describe("x", () => {\nONE  it("a", () => {\n    a();\n  });\n\n  it("b", () => {\n'
     "    b();\n  });\nTWO});\n", '  it("n", () => {\n    one();\n  });\n\n',
     '\n  it("n", () => {\n    two();\n  });\n', '\n  it("m", () => {\n    two();\n  });\n'),
    ("option", "a.cmake", 'include(X)\nONEcmake_dependent_option(A "a" ON\n    "X" OFF)\n'
     'cmake_dependent_option(B "b" ON\n    "X" OFF)\nTWO', 'cmake_dependent_option(N "n" ON\n    "X" OFF)\n',
     'cmake_dependent_option(N "n" ON\n    "Y" OFF)\n', 'cmake_dependent_option(M "n" ON\n    "Y" OFF)\n'),
]  # fmt: skip
NAMES = [f"{case[0]}-{case[1]}" for case in CASES]


@pytest.mark.parametrize(("what", "path", "text", "one", "other", "apart"), CASES, ids=NAMES)
def test_one_name_at_two_places_is_a_conflict(
    what: str, path: str, text: str, one: str, other: str, apart: str
) -> None:
    def merged(*two: tuple[str, str]) -> list[bytes | None]:
        base, *sides = (text.replace("ONE", a).replace("TWO", b).encode() for a, b in (("", ""), *two))
        made = [merge_code(path, base, *order) for order in (sides, sides[::-1])]
        return [None if each.conflicts else each.content for each in made]

    assert merged((one, ""), ("", other)) == [None, None], what
    assert merged((one, ""), ("", apart)) == [text.replace("ONE", one).replace("TWO", apart).encode()] * 2


RUNS = [
    (
        "CMakeLists.txt",
        "option(NEW on)\nif(NEW)\n    find_package(Java)\n    add(x)\nendif()\n",
        "option({0})\nif({0})\n    add({0})\nendif()\n",
    ),
    ("a.py", "NEW = 4\nregister(NEW)\nlog(NEW)\n", "{0} = len('{0}')\nregister({0})\n"),
    ("a.ts", "type New = string | null;\nexpect<New>(x);\nuse({{}} as New);\n", "const {0} = f('{0}');\ng({0});\n"),
    ("a.sh", "new() {{\n  echo new\n}}\nnew 1\nnew 2\n", "{0}() {{\n  echo {0}\n}}\n{0} 7\n"),
]


@pytest.mark.parametrize("turned", [False, True], ids=["", "turned"])
@pytest.mark.parametrize(("path", "run", "around"), RUNS)
def test_what_comes_with_a_name_put_in_twice_stays_with_it(path: str, run: str, around: str, turned: bool) -> None:
    """Both put the same lines in, each at a place of its own: the name is kept once, and so is what came with it."""
    new = run.replace("{{", "{").replace("}}", "}")
    parts = [around.format(name) for name in ("aa", "bb", "cc", "dd")]
    base = "\n".join(parts).encode()
    ours, theirs = ("\n".join([*parts[:at], new, *parts[at:]]).encode() for at in (1, 3))
    result = merge_code(path, base, *((theirs, ours) if turned else (ours, theirs)))
    assert result.conflicts or result.content in (ours, theirs), (result.content or b"").decode()
