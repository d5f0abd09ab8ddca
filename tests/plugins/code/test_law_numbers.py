"""Rule 6: one number for two members of an enumeration; settings that happen to have one value are none."""

from __future__ import annotations

import pytest

from muse.core.markers import conflicts_of
from muse.core.textchunks import text_chunks
from muse.plugins.code.merge.file import merge_code

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
    ("a.go", "package a\n\nconst (\n\tX = 1\nONE\tY = 2\nTWO\tZ = 3\n)\n", "\tO = 4\n", "\tT = 4\n"),
    ("a.rb", "X = 1\nONEY = 2\nTWOZ = 3\n", "O = 4\n", "T = 4\n"),
]  # fmt: skip
SETTINGS = [
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
