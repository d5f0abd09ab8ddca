"""The kinds of clean and wrong merges that the law began with, each in every language it exists in, both ways round.

Git is clean in all of them (the two places are apart), so each row is a merge in which only the law can tell.
"""

from __future__ import annotations

import pytest

from muse.core.markers import conflicts_of
from muse.core.textchunks import text_chunks
from muse.plugins.code.merge.file import merge_code
from tests.plugins.code.law_kit import sides_of

TOP = {  # the top of a file, with two places
    "py": "import os\nONE\n\ndef a():\n    return 1\n\n\ndef b():\n    return 2\n\n\nTWO",
    "js": 'import os from "os";\nONE\nfunction a() {\n  return 1;\n}\n\nfunction b() {\n  return 2;\n}\n\nTWO',
    "ts": 'import os from "os";\nONE\nfunction a() {\n  return 1;\n}\n\nfunction b() {\n  return 2;\n}\n\nTWO',
    "go": "package p\n\nONE\nfunc a() int {\n\treturn 1\n}\n\nfunc b() int {\n\treturn 2\n}\n\nTWO",
    "java": "package p;\n\nONE\nclass A {\n    int a;\n}\n\nclass B {\n    int b;\n}\n\nTWO",
    "rs": "ONE\nfn a() -> i32 {\n    1\n}\n\nfn b() -> i32 {\n    2\n}\n\nTWO",
    "c": "ONE\nint a(void)\n{\n\treturn 1;\n}\n\nint b(void)\n{\n\treturn 2;\n}\n\nTWO",
    "cpp": "ONE\nint a()\n{\n  return 1;\n}\n\nint b()\n{\n  return 2;\n}\n\nTWO",
    "cs": "ONE\nclass A\n{\n    int a;\n}\n\nclass B\n{\n    int b;\n}\n\nTWO",
    "php": "<?php\n\nONE\nfunction a()\n{\n    return 1;\n}\n\nfunction b()\n{\n    return 2;\n}\n\nTWO",
    "kt": "package p\n\nONE\nfun a() = 1\n\nfun b() = 2\n\nTWO",
    "rb": "ONE\ndef a\n  1\nend\n\ndef b\n  2\nend\n\nTWO",
    "swift": "ONE\nfunc a() -> Int {\n    1\n}\n\nfunc b() -> Int {\n    2\n}\n\nTWO",
    "scala": "package p\n\nONE\nobject A {\n  val a = 1\n}\n\nobject B {\n  val b = 2\n}\n\nTWO",
}
IN = {  # the inside of a class
    "py": "class A:\nONE    def a(self):\n        return 1\n\n    def b(self):\n        return 2\n\nTWO",
    "js": "class A {\nONE  a() {\n    return 1;\n  }\n\n  b() {\n    return 2;\n  }\n\nTWO}\n",
    "ts": "class A {\nONE  a() {\n    return 1;\n  }\n\n  b() {\n    return 2;\n  }\n\nTWO}\n",
    "java": "class A {\nONE    int a() {\n        return 1;\n    }\n\n    int b() {\n"
    "        return 2;\n    }\n\nTWO}\n",
    "cs": "class A\n{\nONE    int A1()\n    {\n        return 1;\n    }\n\n    int B1()\n    {\n"
    "        return 2;\n    }\n\n"
    "TWO}\n",
    "cpp": "class A {\nONE  int a() {\n    return 1;\n  }\n\n  int b() {\n    return 2;\n  }\n\nTWO};\n",
    "php": "<?php\nclass A\n{\nONE    function a()\n    {\n        return 1;\n    }\n\n    function b()\n    {\n"
    "        return 2;\n    }\n\nTWO}\n",
    "kt": "class A {\nONE    fun a() = 1\n\n    fun b() = 2\n\nTWO}\n",
    "rb": "class A\nONE  def a\n    1\n  end\n\n  def b\n    2\n  end\n\nTWOend\n",
    "rs": "impl A {\nONE    fn a(&self) -> i32 {\n        1\n    }\n\n    fn b(&self) -> i32 {\n"
    "        2\n    }\n\nTWO}\n",
    "swift": "class A {\nONE    func a() -> Int {\n        1\n    }\n\n    func b() -> Int {\n"
    "        2\n    }\n\nTWO}\n",
    "scala": "class A {\nONE  def a = 1\n\n  def b = 2\n\nTWO}\n",
    "go": "package p\n\ntype A struct {\nONE\ta int\n\tb int\n\n\tc int\nTWO}\n",
    "c": "struct a {\nONE\tint a;\n\tint b;\n\n\tint c;\nTWO};\n",
}

BY_IMPORTS = [
    ("py", TOP, "from x import dup\n", "from y import dup\n"),
    ("py", TOP, "import x as dup\n", "from y import dup\n"),
    ("py", TOP, "from x import dup\n", "def dup():\n    return 3\n"),
    ("js", TOP, 'import { dup } from "x";\n', 'import dup from "y";\n'),
    ("js", TOP, 'import { x as dup } from "x";\n', "const dup = 1;\n"),
    ("ts", TOP, 'import { dup } from "x";\n', 'import { dup } from "y";\n'),
    ("ts", TOP, 'import type { dup } from "x";\n', "interface dup {\n  a: 1;\n}\n"),
    ("go", TOP, 'import "x/dup"\n', 'import dup "y/z"\n'),
    ("java", TOP, "import x.Dup;\n", "import y.Dup;\n"),
    ("rs", TOP, "use x::Dup;\n", "use y::{Dup, Other};\n"),
    ("rs", TOP, "use x::Dup;\n", "struct Dup;\n"),
    ("cs", TOP, "using Dup = X.A;\n", "using Dup = Y.A;\n"),
    ("php", TOP, "use X\\Dup;\n", "use Y\\Dup;\n"),
    (
        "kt",
        "package p\n\nimport a.A\nONEimport b.B\nimport c.C\nTWO\nfun a() = 1\n",
        "import x.Dup\n",
        "import y.Dup\n",
    ),
    ("scala", TOP, "import x.Dup\n", "import y.Dup\n"),
]
ONE_LIST = [
    ("py", "from x import (\n    a,\nONE    b,\n    c,\nTWO    d,\n)\n", "    dup,\n", "    other as dup,\n"),
    ("js", 'import {\n  a,\nONE  b,\n  c,\nTWO  d,\n} from "x";\n', "  dup,\n", "  other as dup,\n"),
    ("ts", 'import {\n  a,\nONE  b,\n  c,\nTWO  d,\n} from "x";\n', "  dup,\n", "  type dup,\n"),
    ("rs", "use x::{\n    a,\nONE    b,\n    c,\nTWO    d,\n};\n", "    dup,\n", "    other as dup,\n"),
    ("go", 'package p\n\nimport (\n\t"a"\nONE\t"b"\n\t"c"\nTWO\t"d"\n)\n', '\t"x/dup"\n', '\tdup "y"\n'),
    ("php", "<?php\nuse X\\{\n    A,\nONE    B,\n    C,\nTWO    D\n};\n", "    Dup,\n", "    Other as Dup,\n"),
]
TWO_KINDS = [
    ("ts", TOP, "interface Dup {\n  a: 1;\n}\n", "type Dup = { a: 2 };\n"),
    ("ts", TOP, "class Dup {}\n", "enum Dup {\n  A,\n}\n"),
    ("ts", TOP, "const dup = 1;\n", "function dup() {\n  return 2;\n}\n"),
    ("ts", IN, "  dup = 1;\n\n", "  dup() {\n    return 2;\n  }\n\n"),
    ("js", TOP, "class Dup {}\n", "function Dup() {}\n"),
    ("js", IN, "  dup = 1;\n\n", "  dup() {\n    return 2;\n  }\n\n"),
    ("py", TOP, "class dup:\n    pass\n", "def dup():\n    return 2\n"),
    ("py", IN, "    dup = 1\n\n", "    def dup(self):\n        return 2\n\n"),
    ("rs", TOP, "struct Dup;\n", "enum Dup {\n    A,\n}\n"),
    ("rs", TOP, "struct Dup;\n", "trait Dup {}\n"),
    ("rs", TOP, "type Dup = i32;\n", "union Dup {\n    a: i32,\n}\n"),
    ("go", TOP, "type Dup struct {\n\ta int\n}\n", "func Dup() int {\n\treturn 2\n}\n"),
    ("go", TOP, "type Dup interface {\n\ta() int\n}\n", "var Dup = 2\n"),
    ("java", TOP, "interface Dup {}\n", "class Dup {}\n"),
    ("java", TOP, "enum Dup { A }\n", "record Dup(int a) {}\n"),
    ("cs", TOP, "interface Dup { }\n", "struct Dup { }\n"),
    ("cs", IN, "    int Dup;\n\n", "    int Dup()\n    {\n        return 2;\n    }\n\n"),
    ("cpp", TOP, "struct Dup {\n  int a;\n};\n", "enum Dup { A };\n"),
    ("c", TOP, "struct dup {\n\tint a;\n};\n", "union dup {\n\tint a;\n};\n"),
    ("php", TOP, "interface Dup\n{\n}\n", "class Dup\n{\n}\n"),
    ("php", TOP, "trait Dup\n{\n}\n", "enum Dup\n{\n}\n"),
    ("kt", TOP, "interface Dup\n", "class Dup(val a: Int)\n"),
    ("kt", TOP, "object Dup\n", "enum class Dup { A }\n"),
    ("swift", TOP, "struct Dup {}\n", "enum Dup {\n    case a\n}\n"),
    ("swift", TOP, "protocol Dup {}\n", "class Dup {}\n"),
    ("scala", TOP, "class Dup(a: Int)\n", "trait Dup\n"),
    ("rb", TOP, "class Dup\n  A = 1\nend\n", "module Dup\n  B = 2\nend\n"),
]
NO_OVERLOADS = [
    ("ts", TOP, "function dup(a: string) {\n  return a;\n}\n", "function dup(a: number) {\n  return a + 1;\n}\n"),
    ("ts", IN, "  dup(a: string) {\n    return a;\n  }\n\n", "  dup(a: number) {\n    return a + 1;\n  }\n\n"),
    ("js", TOP, "function dup(a) {\n  return a;\n}\n", "function dup(a, b) {\n  return b;\n}\n"),
    ("js", IN, "  dup(a) {\n    return a;\n  }\n\n", "  dup(a, b) {\n    return b;\n  }\n\n"),
    ("py", TOP, "def dup(a):\n    return a\n", "def dup(a, b):\n    return b\n"),
    ("py", IN, "    def dup(self):\n        return 1\n\n", "    def dup(self, b):\n        return b\n\n"),
    ("go", TOP, "func dup(a int) int {\n\treturn a\n}\n", "func dup(a string) string {\n\treturn a\n}\n"),
    ("rs", TOP, "fn dup(a: i32) -> i32 {\n    a\n}\n", "fn dup(a: u8) -> u8 {\n    a\n}\n"),
    ("c", TOP, "int dup(int a)\n{\n\treturn a;\n}\n", "long dup(long a)\n{\n\treturn a;\n}\n"),
    ("php", IN, "    function dup($a)\n    {\n        return $a;\n    }\n\n",
     "    function dup($a, $b)\n    {\n        return $b;\n    }\n\n"),
    ("rb", IN, "  def dup(a)\n    a\n  end\n\n", "  def dup(a, b)\n    b\n  end\n\n"),
]  # fmt: skip
SPELLED = [
    ("java", IN, "    int dup(String a) {\n        return 3;\n    }\n\n",
     "    int dup(final @NonNull String b) {\n        return 4;\n    }\n\n"),
    ("cs", IN, "    int Dup(string a)\n    {\n        return 3;\n    }\n\n",
     "    int Dup(string? b)\n    {\n        return 4;\n    }\n\n"),
    ("cpp", TOP, "int dup(int a)\n{\n  return a;\n}\n", "int dup(int b)\n{\n  return b + 1;\n}\n"),
    ("cpp", IN, "  int dup(const T &a) {\n    return 3;\n  }\n\n", "  int dup(const T& b) {\n    return 4;\n  }\n\n"),
    ("kt", IN, "    fun dup(a: String) = 3\n\n", "    fun dup(b: String) = 4\n\n"),
    ("swift", IN, "    func dup(_ a: Int) -> Int {\n        a\n    }\n\n",
     "    func dup(_ b: Int) -> Int {\n        b + 1\n    }\n\n"),
    ("scala", IN, "  def dup(a: Int) = a\n\n", "  def dup(b: Int) = b + 1\n\n"),
    ("java", "@interface A {\nONE    int a();\n\n    int b();\n\n    int c();\nTWO}\n", "    String dup();\n\n",
     '    String dup() default "";\n'),
]  # fmt: skip
TWO_PLACES = [
    ("py", TOP, "DUP = 1\n", "DUP = 2\n"), ("py", IN, "    dup = 1\n\n", "    dup: int = 2\n\n"),
    ("js", TOP, "const dup = 1;\n", "let dup = 2;\n"), ("js", IN, "  dup = 1;\n\n", "  dup = 2;\n\n"),
    ("ts", TOP, "export const dup = 1;\n", "const dup: number = 2;\n"),
    ("ts", IN, "  private dup = 1;\n\n", "  readonly dup: number = 2;\n\n"),
    ("go", TOP, "const dup = 1\n", "var dup = 2\n"), ("go", IN, "\tdup int\n", "\tdup string\n"),
    ("java", IN, "    int dup = 1;\n\n", "    private String dup;\n\n"),
    ("rs", TOP, "const DUP: i32 = 1;\n", "static DUP: u8 = 2;\n"),
    ("rs", "struct A {\nONE    a: i32,\n    b: i32,\n    c: i32,\nTWO}\n", "    dup: i32,\n", "    pub dup: u8,\n"),
    ("c", TOP, "#define DUP 1\n", "#define DUP 2\n"), ("c", TOP, "static int dup = 1;\n", "static long dup = 2;\n"),
    ("c", IN, "\tint dup;\n", "\tlong dup;\n"), ("cpp", TOP, "constexpr int dup = 1;\n", "const long dup = 2;\n"),
    ("cpp", IN, "  int dup = 1;\n\n", "  long dup;\n\n"), ("cs", IN, "    int dup = 1;\n\n", "    string dup;\n\n"),
    ("cs", IN, "    int Dup { get; set; }\n\n", "    string Dup => x;\n\n"),
    ("php", IN, "    const DUP = 1;\n\n", "    private const DUP = 2;\n\n"),
    ("php", IN, "    private $dup;\n\n", "    public int $dup = 2;\n\n"),
    ("kt", TOP, "const val DUP = 1\n", "val DUP = 2\n"), ("kt", IN, "    val dup = 1\n\n", "    var dup = 2\n\n"),
    ("rb", IN, "  DUP = 1\n\n", "  DUP = 2\n\n"), ("swift", IN, "    let dup = 1\n\n", "    var dup: Int?\n\n"),
    ("scala", IN, "  val dup = 1\n\n", "  var dup = 2\n\n"),
    ("py", "D = {\n    'a': 1,\nONE    'b': 2,\n    'c': 3,\nTWO}\n", "    'dup': 1,\n", '    "dup": 2,\n'),
    ("xml", "<r>\n  <x name=\"a\"/>\nONE  <x name=\"b\"/>\n  <x name=\"c\"/>\nTWO</r>\n", '  <x name="dup" v="1"/>\n',
     '  <x name="dup" v="2"/>\n'),
    ("json", '{\n  "a": 1,\nONE  "b": 2,\n  "c": 3,\nTWO  "d": 4\n}\n', '  "dup": 1,\n', '  "dup": 2,\n'),
    ("toml", "a = 1\nONEb = 2\nc = 3\nTWO", "dup = 1\n", "dup = 2\n"),
    ("yaml", "a: 1\nONEb: 2\nc: 3\nTWO", "dup: 1\n", "dup:\n  x: 2\n"),
    ("ini", "[s]\na = 1\nONEb = 2\nc = 3\nTWO", "dup = 1\n", "dup = 2\n"),
    ("css", ":root {\n  --a: 1;\nONE  --b: 2;\n  --c: 3;\nTWO}\n", "  --dup: 1;\n", "  --dup: 2;\n"),
    ("Makefile", "a:\n\tx a\n\nONEb:\n\tx b\n\nc:\n\tx c\n\nTWO", "dup:\n\tx 1\n\n", "dup: a\n\tx 2\n\n"),
    ("requirements.txt", "a==1\nONEb==1\nc==1\nTWO", "du_p==1\n", "Du-P[x]>=2\n"),
    ("java", "enum E {\n    A,\nONE    B,\n    C,\nTWO    D\n}\n", "    DUP,\n", "    DUP(1),\n"),
    ("ts", "enum E {\n  A,\nONE  B,\n  C,\nTWO  D,\n}\n", "  DUP,\n", "  DUP = 2,\n"),
    ("rs", "enum E {\n    A,\nONE    B,\n    C,\nTWO    D,\n}\n", "    DUP,\n", "    DUP(i32),\n"),
    ("cs", "enum E\n{\n    A,\nONE    B,\n    C,\nTWO    D\n}\n", "    DUP,\n", "    DUP = 2,\n"),
    ("c", "enum e {\n\tA,\nONE\tB,\n\tC,\nTWO\tD\n};\n", "\tDUP,\n", "\tDUP = 9,\n"),
    ("php", "<?php\nenum E\n{\n    case A;\nONE    case B;\n    case C;\nTWO}\n", "    case DUP;\n",
     "    case DUP = 2;\n"),
    ("kt", "enum class E {\n    A,\nONE    B,\n    C,\nTWO    D\n}\n", "    DUP,\n", "    DUP { },\n"),
    ("swift", "enum E {\n    case a\nONE    case b\n    case c\nTWO}\n", "    case dup\n", "    case dup(Int)\n"),
    ("py", "class E(Enum):\n    A = 1\nONE    B = 2\n    C = 3\nTWO", "    DUP = 4\n", "    DUP = 5\n"),
    ("md", "# T\n\n## A\n\na\n\nONE## B\n\nb\n\n## C\n\nc\n\nTWO", "## Dup\n\none\n\n", "## Dup\n\ntwo\n\n"),
    ("yaml", "s:\n  a:\n    x: 1\nONE  b:\n    x: 2\n  c:\n    x: 3\nTWO", "  dup:\n    x: 4\n", "  dup:\n    x: 5\n"),
]  # fmt: skip
KINDS = {
    "bound by imports": BY_IMPORTS, "in one import list": ONE_LIST, "two kinds": TWO_KINDS,
    "taken for overloads": NO_OVERLOADS, "parameters spelled otherwise": SPELLED, "at two places": TWO_PLACES,
}  # fmt: skip
ROWS = [
    (f"{kind}, {row[0]} {number}", row[0], row[1] if isinstance(row[1], str) else row[1][row[0]], row[2], row[3])
    for kind, rows in KINDS.items()
    for number, row in enumerate(rows)
]  # fmt: skip


@pytest.mark.parametrize(("path", "file", "one", "other"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_a_name_is_bound_once(path: str, file: str, one: str, other: str) -> None:
    named = path if path in ("Makefile", "requirements.txt") else f"A.{path}"
    base, ours, theirs = sides_of(file, one, other)
    assert not conflicts_of(text_chunks(base, ours, theirs) or []), "Git has to be clean here"
    for sides in ((ours, theirs), (theirs, ours)):
        assert merge_code(named, base, *sides).conflicts


COPIES = {
    "a.py": ("def one():\n    a = 1\n    b = 2\n    c = 3\n    return a\n", "def two():\n    a = 1\n"
    "    b = 2\n    c = 3\n"
             "    return a\n"),
    "a.js": ("function one() {\n  a();\n  b();\n  c();\n}\n", "function two() {\n  a();\n  b();\n  c();\n}\n"),
    "a.go": ("func one() {\n\ta()\n\tb()\n\tc()\n}\n", "func two() {\n\ta()\n\tb()\n\tc()\n}\n"),
    "A.java": ("class One {\n    int a;\n    int b;\n    int c;\n}\n", "class Two {\n    int a;\n"
    "    int b;\n    int c;\n}\n"),
    "a.rs": ("fn one() {\n    a();\n    b();\n    c();\n}\n", "fn two() {\n    a();\n    b();\n    c();\n}\n"),
    "a.c": ("int one(void)\n{\n\ta();\n\tb();\n\tc();\n}\n", "int two(void)\n{\n\ta();\n\tb();\n\tc();\n}\n"),
    "a.yaml": ("one:\n  a: 1\n  b: 2\n  c: 3\n", "two:\n  a: 1\n  b: 2\n  c: 3\n"),
    "a.toml": ("[one]\na = 1\nb = 2\nc = 3\n", "[two]\na = 1\nb = 2\nc = 3\n"),
    "a.ini": ("[one]\na = 1\nb = 2\nc = 3\n", "[two]\na = 1\nb = 2\nc = 3\n"),
    "a.md": ("## One\n\na\n\nb\n\nc\n", "## Two\n\na\n\nb\n\nc\n"),
}  # fmt: skip
EDITS = {"a.py": "    b = 2\n", "a.js": "  b();\n", "a.go": "\tb()\n", "A.java": "    int b;\n", "a.rs": "    b();\n",
         "a.c": "\tb();\n", "a.yaml": "  b: 2\n", "a.toml": "b = 2\n", "a.ini": "b = 2\n", "a.md": "b\n"}  # fmt: skip


@pytest.mark.parametrize("path", COPIES)
def test_an_edit_stays_in_the_copy_it_was_made_in(path: str) -> None:
    """One side puts another copy of an entry above it, the other edits the one there was."""
    old, copy = COPIES[path]
    head = "package p\n\n" if path == "a.go" else ""
    base = head + old + "\n"
    copied, edited = (
        head + copy + "\n" + old + "\n",
        base.replace(EDITS[path], EDITS[path] + EDITS[path].replace("b", "n")),
    )
    right = head + copy + "\n" + old.replace(EDITS[path], EDITS[path] + EDITS[path].replace("b", "n")) + "\n"
    for sides in ((copied, edited), (edited, copied)):
        merged = merge_code(path, base.encode(), *(side.encode() for side in sides))
        assert merged.conflicts or merged.content == right.encode()


COMMENTED = {
    "a.py": ("x = 1\n", "# x = 2\nx = 1\n", "x = 2\n"), "a.js": ("x = 1;\n", "// x = 2;\nx = 1;\n", "x = 2;\n"),
    "a.go": ("var x = 1\n", "// var x = 2\nvar x = 1\n", "var x = 2\n"),
    "a.c": ("int x = 1;\n", "/* int x = 2; */\nint x = 1;\n", "int x = 2;\n"),
    "a.rb": ("x = 1\n", "# x = 2\nx = 1\n", "x = 2\n"), "a.yaml": ("x: 1\n", "# x: 2\nx: 1\n", "x: 2\n"),
    "a.toml": ("x = 1\n", "# x = 2\nx = 1\n", "x = 2\n"), "a.rs": ("const X: u8 = 1;\n",
    "// const X: u8 = 2;\nconst X: u8 = 1;\n", "const X: u8 = 2;\n"),
}  # fmt: skip


@pytest.mark.parametrize("path", COMMENTED)
def test_a_value_in_a_comment_of_the_other_side_is_not_the_value(path: str) -> None:
    base, noted, edited = COMMENTED[path]
    for sides in ((noted, edited), (edited, noted)):
        merged = merge_code(path, base.encode(), *(side.encode() for side in sides))
        right = noted.removesuffix(base) + edited
        assert merged.conflicts or merged.content == right.encode()


@pytest.mark.parametrize(
    ("path", "x", "y"),
    [("a.py", "x()\n", "y()\n"), ("a.js", "x();\n", "y();\n"), ("a.go", "\tx()\n", "\ty()\n"), ("a.sh", "x\n", "y\n"),
     ("a.c", "\tx();\n", "\ty();\n"), ("a.rb", "x\n", "y\n"), ("a.rs", "    x();\n", "    y();\n")],
)  # fmt: skip
def test_what_one_side_puts_before_a_line_that_the_other_replaced_by_it(path: str, x: str, y: str) -> None:
    """`X; Y` before a line, against `X` in its place: never both X."""
    head = {"a.go": "package p\n\nfunc f() {\n", "a.c": "int f(void)\n{\n", "a.rs": "fn f() {\n"}.get(path, "")
    foot = "}\n" if head else ""
    old = x.replace("x", "old")
    base = head + x.replace("x", "before") + old + x.replace("x", "after") + foot
    put_in, replaced = base.replace(old, x + y + old), base.replace(old, x)
    for sides in ((put_in, replaced), (replaced, put_in)):
        merged = merge_code(path, base.encode(), *(side.encode() for side in sides))
        assert merged.conflicts or (merged.content or b"").count(x.encode()) == 1


FIRST = [
    ("a.py", "import a\n\n\ndef f():\n    return 1\n", "from __future__ import annotations\n", "import n\n"),
    ("a.sh", "a\nb\n\nc\n", "#!/bin/sh\n", "n\n"),
    ("a.xml", "<r>\n  <a/>\n</r>\n", '<?xml version="1.0"?>\n', "<!-- n -->\n"),
]


@pytest.mark.parametrize(("path", "base", "first", "other"), FIRST)
def test_what_has_to_come_first_does(path: str, base: str, first: str, other: str) -> None:
    for sides in ((first + base, other + base), (other + base, first + base)):
        merged = merge_code(path, base.encode(), *(side.encode() for side in sides))
        assert merged.conflicts or (merged.content or b"").startswith(first.encode())


@pytest.mark.parametrize("short", ["margin: 1px;", "font: x;", "border: 1px;"])
def test_a_shorthand_does_not_take_back_what_the_other_side_says(short: str) -> None:
    word = short.split(":")[0]
    base = ".a {\n  color: red;\n  top: 1px;\n  left: 1px;\n}\n"
    later = base.replace("  top", f"  {word}-top: 2px;\n  top")
    for one, two in ((later, base.replace("}", f"  {short}\n}}")),):
        for sides in ((one, two), (two, one)):
            assert merge_code("a.css", base.encode(), *(side.encode() for side in sides)).conflicts


@pytest.mark.parametrize("path", ["a.py", "a.json", "a.yaml", "a.md", "a.c", "a.unknown"])
def test_one_kind_of_line_end_where_each_side_had_one(path: str) -> None:
    base = b"a: 1\nb: 2\nc: 3\nd: 4\n"
    ours, theirs = base.replace(b"\n", b"\r\n"), base.replace(b"c: 3\n", b"c: 3\nn: 5\n")
    for sides in ((ours, theirs), (theirs, ours)):
        merged = merge_code(path, base, *sides)
        made = merged.content or b""
        assert merged.conflicts or made.count(b"\r\n") in (0, made.count(b"\n"))
