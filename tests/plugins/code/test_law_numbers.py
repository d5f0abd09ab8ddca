"""Rule 6: one number for two members of an enumeration; settings that happen to have one value are none."""

from __future__ import annotations

import pytest

from muse.core.markers import conflicts_of
from muse.core.textchunks import text_chunks
from muse.plugins.code.merge.file import merge_code


def _constants(head: str, line: str, tail: str, numbers: tuple[str, str]) -> str:
    """A file of constants, two of them numbered in a row."""
    lines = [line.replace("N", name).replace("V", value) for name, value in
             (("PORT", "80"), ("ERR_A", numbers[0]), ("ERR_B", numbers[1]), ("HOST", "7"), ("OTHER", "5"))]  # fmt: skip
    return head + "".join([*lines[:3], "ONE", lines[3], "TWO", lines[4]]) + tail


# A file with two places, ONE and TWO; what one side puts at the first and the other at the second.
NUMBERED = [
    ("a.py", "class A(Enum):\n    X = 1\nONE    Y = 3\nTWO    Z = 2\n", "    O = 4\n", "    T = 4\n"),
    ("a.py", "class A(str, enum.StrEnum):\n    X = 'x'\nONE    Y = 'y'\nTWO    Z = 'z'\n", "    O = 'w'\n",
     "    T = 'w'\n"),
    ("a.py", "class A:\n    X = 1\nONE    Y = 2\nTWO    Z = 3\n", "    O = 4\n", "    T = 4\n"),
    ("a.ts", "enum A {\n  X = 1,\nONE  Y = 3,\nTWO  Z = 2,\n}\n", "  O = 4,\n", "  T = 4,\n"),
    ("a.ts", 'enum A {\n  X = "x",\nONE  Y = "y",\nTWO  Z = "z",\n}\n', '  O = "w",\n', '  T = "w",\n'),
    ("a.js", "const A = {\n  X: 1,\nONE  Y: 2,\nTWO  Z: 3,\n};\n", "  O: 4,\n", "  T: 4,\n"),
    ("a.c", "enum a {\n  X = 1,\nONE  Y = 3,\nTWO  Z = 2,\n};\n", "  O = 4,\n", "  T = 4,\n"),
    ("a.cpp", "enum class A {\n  X = 1,\nONE  Y = 3,\nTWO  Z = 2,\n};\n", "  O = 4,\n", "  T = 4,\n"),
    ("a.rs", "enum A {\n    X = 1,\nONE    Y = 3,\nTWO    Z = 2,\n}\n", "    O = 4,\n", "    T = 4,\n"),
    ("a.cs", "enum A {\n    X = 1,\nONE    Y = 3,\nTWO    Z = 2,\n}\n", "    O = 4,\n", "    T = 4,\n"),
    ("a.php", "<?php\nenum A: int {\n    case X = 1;\nONE    case Y = 3;\nTWO    case Z = 2;\n}\n", "    case O = 4;\n",
     "    case T = 4;\n"),
    ("a.swift", "enum A: Int {\n    case x = 1\nONE    case y = 3\nTWO    case z = 2\n}\n", "    case o = 4\n",
     "    case t = 4\n"),
    ("A.java", "enum A {\n    X(1),\nONE    Y(2),\nTWO    Z(3);\n    A(int n) {}\n}\n", "    O(4),\n", "    T(4),\n"),
    ("a.kt", "enum class A(val n: Int) {\n    X(1),\nONE    Y(2),\nTWO    Z(3)\n}\n", "    O(4),\n", "    T(4),\n"),
    ("a.dart", "enum A {\n  x(1),\nONE  y(2),\nTWO  z(3);\n\n  const A(this.n);\n}\n", "  o(4),\n", "  t(4),\n"),
    ("a.go", "package a\n\nconst (\n\tX = 1\nONE\tY = 2\nTWO\tZ = 3\n)\n", "\tO = 4\n", "\tT = 4\n"),
    ("a.rb", "X = 1\nONEY = 2\nTWOZ = 3\n", "O = 4\n", "T = 4\n"),
]  # fmt: skip
# Constants among others: how one is written, and what stands around them.
CONSTANTS = [
    ("a.h", "", "#define N V\n", ""), ("a.c", "", "static const int N = V;\n", ""),
    ("a.cpp", "", "constexpr int N = V;\n", ""), ("A.java", "class A {\n", "    static final int N = V;\n", "}\n"),
    ("a.cs", "class A {\n", "    public const int N = V;\n", "}\n"), ("a.go", "package a\n\n", "const N = V\n", ""),
    ("a.rs", "", "pub const N: u32 = V;\n", ""), ("a.py", "", "N = V\n", ""), ("a.rb", "", "N = V\n", ""),
    ("a.js", "", "const N = V;\n", ""), ("a.ts", "", "export const N = V;\n", ""),
    ("a.php", "<?php\nclass A {\n", "    const N = V;\n", "}\n"), ("a.kt", "", "const val N = V\n", ""),
    ("a.swift", "", "let N = V\n", ""), ("a.scala", "object A {\n", "  val N = V\n", "}\n"),
    ("a.lua", "", "local N = V\n", ""), ("a.sh", "", "readonly N=V\n", ""),
]  # fmt: skip
NUMBERED += [
    ("A.java", "class A {\n    Log LOG = log();\n    double AT_A = 60;\nONE    double AT_B = 50;\n"
     "    double AT_C = 40;\nTWO    double AT_D = 30;\n}\n", "    double AT_O = 61;\n", "    double AT_T = 61;\n"),
]  # fmt: skip
NUMBERED += [
    (path, _constants(head, line, tail, first), line.replace("N", "ERR_O").replace("V", last),
     line.replace("N", "ERR_T").replace("V", last))
    for path, head, line, tail in CONSTANTS
    for first, last in ((("1", "2"), "3"), (("0x10", "0x20"), "0x30"), (("1 << 0", "1 << 1"), "1 << 2"))
    if not ("<<" in last and path in ("a.kt", "a.sh"))
]  # fmt: skip
SETTINGS = [
    ("a.h", "#define A_PORT 80\n#define A_SIZE 90\n#define B_SIZE 9\nONEint f(void);\nTWOint g(void);\n",
     "#define A_TIME 30\n", "#define A_TRIES 30\n"),
    ("a.json", '{\n  "port": 80,\nONE  "host": "x",\n  "a": "b",\nTWO  "c": "d"\n}\n', '  "timeout": 30,\n',
     '  "retries": 30,\n'),
    ("a.yml", "port: 80\nONEhost: x\na: b\nTWOc: d\n", "timeout: 30\n", "retries: 30\n"),
    ("a.toml", 'port = 80\nONEhost = "x"\na = "b"\nTWOc = "d"\n', "timeout = 30\n", "retries = 30\n"),
    ("a.py", 'PORT = 80\nONEHOST = "x"\nf()\nTWOg()\n', "TIMEOUT = 30\n", "RETRIES = 30\n"),
    ("a.js", 'const port = 80;\nONEconst host = "x";\nf();\nTWOg();\n', "const timeout = 30;\n",
     "const retries = 30;\n"),
    ("a.go", 'package a\n\nvar port = 80\nONEvar host = "x"\n\nfunc f() {}\n\nTWOfunc g() {}\n', "var timeout = 30\n",
     "var retries = 30\n"),
    ("a.rs", 'const PORT: u32 = 80;\nONEconst HOST: &str = "x";\nfn f() {}\nTWOfn g() {}\n',
     "const TIMEOUT: u32 = 30;\n", "const RETRIES: u32 = 30;\n"),
    ("A.java", "enum A {\n    X(30, 1),\nONE    Y(20, 1),\nTWO    Z(10, 1);\n}\n", "    O(5, 1),\n", "    T(5, 1),\n"),
]  # fmt: skip


def _sides(file: str, one: str, other: str) -> tuple[bytes, bytes, bytes]:
    texts = (("", ""), (one, ""), ("", other))
    base, ours, theirs = (file.replace("ONE", a).replace("TWO", b).encode() for a, b in texts)
    assert not conflicts_of(text_chunks(base, ours, theirs) or [])
    return base, ours, theirs


@pytest.mark.parametrize(("path", "file", "one", "other"), NUMBERED)
def test_two_members_have_two_numbers(path: str, file: str, one: str, other: str) -> None:
    base, ours, theirs = _sides(file, one, other)
    for sides in ((ours, theirs), (theirs, ours)):
        merged = merge_code(path, base, *sides)
        assert [record.detail for record in merged.conflicts] and b"one number for two" in (merged.content or b"")


@pytest.mark.parametrize(("path", "file", "one", "other"), SETTINGS)
def test_two_settings_may_have_one_value(path: str, file: str, one: str, other: str) -> None:
    base, ours, theirs = _sides(file, one, other)
    for sides in ((ours, theirs), (theirs, ours)):
        merged = merge_code(path, base, *sides)
        assert not merged.conflicts and merged.content == file.replace("ONE", one).replace("TWO", other).encode()
