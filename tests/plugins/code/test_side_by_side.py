"""What both sides put in at one place and what names itself stands side by side, where order carries no meaning."""

from __future__ import annotations

import pytest

from muse.plugins.code.merge.file import merge_code

# A file with one place, and what each side puts in there.
BOTH = [
    ("pom.xml", "<all>\n  <dep>\n    <artifactId>a</artifactId>\n  </dep>\nHERE</all>\n",
     "  <dep>\n    <artifactId>b</artifactId>\n  </dep>\n", "  <dep>\n    <artifactId>c</artifactId>\n  </dep>\n"),
    ("a.csproj", '<P>\n  <I>\n    <R Include="A" />\nHERE    <R Include="Z" />\n  </I>\n</P>\n',
     '    <R Include="B" />\n', '    <R Include="C" />\n'),
    ("a.yml", "kind: A\nname: a\n---\nkind: B\nname: b\nHERE", "---\nkind: C\nname: c\n", "---\nkind: D\nname: d\n"),
    ("a.md", "# T\n\n| m | n |\n|---|---|\n| a | 1 |\nHERE", "| b | 2 |\n", "| c | 3 |\n"),
    ("a.js", "describe('a', () => {\n  it('one', () => {\n    f(1);\n  });\nHERE});\n",
     "\n  it('two', () => {\n    f(2);\n  });\n", "\n  it('three', () => {\n    f(3);\n  });\n"),
    ("a.ts", "export * from './a';\nexport * from './b';\nHERE", "export * from './c';\n", "export * from './d';\n"),
    ("a.ts", "function f() {\n  switch (a) {\n    case 1: {\n      return 1;\n    }\nHERE    default:\n"
     "      return 0;\n  }\n}\n", "    case 2: {\n      log(2);\n      return 5;\n    }\n",
     "    case 3: {\n      log(3);\n      return 5;\n    }\n"),
    ("a.php", "<?php\nswitch ($a) {\n    case 1:\n        break;\nHERE    default:\n        f();\n}\n",
     "    case 2:\n        g();\n        break;\n", "    case 3:\n        h();\n        return;\n"),
    ("A.java", "class A {\n    int f() {\n        switch (a) {\n            case 1:\n                return 1;\nHERE"
     "            default:\n                return 0;\n        }\n    }\n}\n",
     "            case 2:\n                return 2;\n", "            case 3:\n                return 3;\n"),
    ("a.c", "int f(void)\n{\n\tswitch (a) {\n\tcase 1:\n\t\treturn 1;\nHERE\tdefault:\n\t\treturn 0;\n\t}\n}\n",
     "\tcase 2:\n\t\treturn 2;\n", "\tcase 3:\n\t\treturn 3;\n"),
    ("a.rs", "fn f(a: A) {\n    match a {\n        A::B => 1,\nHERE        _ => 0,\n    }\n}\n",
     "        A::C(x) => x,\n", "        A::D { y } => y,\n"),
    ("a.scala", "object A {\n  def f(a: Any) = a match {\n    case B => 1\nHERE    case _ => 0\n  }\n}\n",
     "    case C(x) => x\n", '    case "d" => 3\n'),
    ("a.kt", "fun f(a: A) = when (a) {\n    B -> 1\nHERE    else -> 0\n}\n", "    C -> 2\n", "    A.D -> 3\n"),
    ("a.hs", 'f a = case a of\n  "b" -> 1\nHERE  _ -> 0\n', '  "c" -> 2\n', '  "d" -> 3\n'),
    ("a.erl", "-module(a).\n\na(X) -> X.\nHERE", "\nf(X, {Y, Z}) -> X.\n", "\nf(Y) -> Y.\n"),
    ("a.gleam", "import a\nHERE\npub fn f() {\n  1\n}\n", "import x/b as c\n", "import y/b\n"),
    ("a.cs", "class A\r\n{\r\n    int a;\r\nHERE}\r\n", "    int b;\r\n", "    int c;\r\n"),
    ("uv.lock", 'version = 1\n\n[[package]]\nname = "a"\nHERE', '\n[[package]]\nname = "b"\n',
     '\n[[package]]\nname = "c"\n'),
]  # fmt: skip


@pytest.mark.parametrize(("path", "file", "one", "other"), BOTH, ids=[row[0] for row in BOTH])
def test_both_stand_side_by_side(path: str, file: str, one: str, other: str) -> None:
    base, ours, theirs = (file.replace("HERE", text).encode() for text in ("", one, other))
    right = {file.replace("HERE", text).encode() for text in (one + other, other + one)}
    for sides in ((ours, theirs), (theirs, ours)):
        merged = merge_code(path, base, *sides)
        assert not merged.conflicts
        assert merged.content in right


NOT = [
    # a case that goes on with the next one, or into which the one before goes on; one case twice; rows that are counted
    ("a.ts", "switch (a) {\n  case 1:\n    return 1;\nHERE  default:\n    f();\n}\n", "  case 2:\n    g();\n",
     "  case 3:\n    h();\n    break;\n"),
    ("a.ts", "switch (a) {\n  case 1:\n    g();\nHERE  default:\n    f();\n}\n", "  case 2:\n    g();\n    break;\n",
     "  case 3:\n    h();\n    break;\n"),
    ("a.ts", "switch (a) {\n  case 1:\n    return 1;\nHERE  default:\n    f();\n}\n", "  case 2:\n    return 2;\n",
     "  case 2:\n    return 3;\n"),
    ("a.rs", "fn f(a: A) {\n    match a {\n        A::B => 1,\nHERE        _ => 0,\n    }\n}\n",
     "        A::C(1) => 2,\n", "        A::C(x) => x,\n"),
    ("a.rs", "fn f(a: A) {\n    match a {\n        A::B => 1,\nHERE        _ => 0,\n    }\n}\n",
     "        A::C if b => 2,\n", "        A::D => 3,\n"),
    ("a.kt", "fun f(a: A) = when (a) {\n    B -> 1\nHERE    else -> 0\n}\n", "    C, D -> 2\n", "    D -> 3\n"),
    ("a.kt", "fun f(a: Int) = when {\n    a > 9 -> 1\nHERE    else -> 0\n}\n", "    READY -> 2\n", "    LATE -> 3\n"),
    ("a.kt", "class A : BHERE {\n}\n", ", C()", ", D()"),
    ("a.rs", "fn f(a: A) {\n    match a {\n        A::B => 1,\nHERE        _ => 0,\n    }\n}\n",
     "        A::C(1) => 2,\n", "        Self::C(x) => x,\n"),
    ("a.rs", "fn f(a: A) {\n    match a {\n        A::B => 1,\nHERE        _ => 0,\n    }\n}\n",
     "        LIMIT => 2,\n", "        5 => 3,\n"),
    ("a.hs", "f a = case a of\n  Nothing -> 1\nHERE  _ -> 0\n", "  Just x | x > 1 -> 2\n", "  Foo y -> 3\n"),
    ("a.scala", "object A {\n  def f(a: Any) = a match {\n    case B => 1\nHERE    case _ => 0\n  }\n}\n",
     "    case m.C(x) => x\n", "    case C(3) => 3\n"),
    ("a.erl", "-module(a).\n\na(X) -> X.\nHERE", "\nf(X, {Y, Z}) -> X.\n", "\nf(\"a,b\", <<Y, Z>>) -> Y.\n"),
    ("a.clj", "(ns a)\n\n(def a 1)\nHERE", "\n(defmulti f :x)\n", "\n(defn f [y] y)\n"),
    ("a.gleam", "import a\nHERE\npub fn f() {\n  1\n}\n", "import x/b\n", "import y/b\n"),
    ("a.hs", 'f a = case a of\n  "b" -> 1\nHERE  _ -> 0\n', '  "c" -> 2\n', "  c -> 3\n"),
    ("a.md", "# T\n\n| m | n |\n|---|---|\n| 1 | a |\nHERE", "| 2 | b |\n", "| 2 | c |\n"),
    ("a.md", "# T\n\n| m | n |\n|---|---|\n| a | 1 |\nHERE", "| b | 2 |\n", "| b | 3 |\n"),
    ("a.js", "f();\nHERE", "setUp('two', () => {\n  f(2);\n});\n", "setUp('three', () => {\n  f(3);\n});\n"),
    ("a.xml", "<all>\n  <a/>\nHERE</all>\n", "  <b>1</b>\n", "  <b>2</b>\n"),
    ("a.xml", '<all>\n  <a id="a"/>\nHERE</all>\n', '  <a id="b">1</a>\n', '  <a id="b">2</a>\n'),
    ("a.yml", "kind: A\nname: a\n---\nkind: B\nname: b\nHERE", "---\nkind: C\nname: c\n",
     "---\nkind: C\nname: c\nx: 1\n"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "file", "one", "other"), NOT)
def test_what_has_an_order_or_one_name_stays_a_conflict(path: str, file: str, one: str, other: str) -> None:
    base, ours, theirs = (file.replace("HERE", text).encode() for text in ("", one, other))
    for sides in ((ours, theirs), (theirs, ours)):
        assert merge_code(path, base, *sides).conflicts


def test_an_import_beside_an_import_and_a_constant() -> None:
    base = "import os\nimport json\nHERE\n\ndef run():\n    return 1\n"
    one, other = "import logging\n", 'from decimal import Decimal\n\nRATE = Decimal("0.1")\n'
    sides = [base.replace("HERE", text).encode() for text in (one, other)]
    for ours, theirs in (sides, sides[::-1]):
        merged = merge_code("a.py", base.replace("HERE", "").encode(), ours, theirs)
        assert not merged.conflicts
        assert merged.content == base.replace("HERE", one + other).encode()


def test_items_under_one_new_heading_stand_under_it() -> None:
    base = "# Changelog\n\n## [Unreleased]\n\nHERE## [1.0.0]\n\n- First.\n"
    one, other = "### Fixed\n\n- A crash.\n\n", "### Fixed\n\n- A column.\n\n"
    sides = [base.replace("HERE", text).encode() for text in (one, other)]
    for (ours, theirs), items in ((sides, "- A crash.\n- A column."), (sides[::-1], "- A column.\n- A crash.")):
        merged = merge_code("CHANGELOG.md", base.replace("HERE", "").encode(), ours, theirs)
        assert not merged.conflicts
        assert merged.content == base.replace("HERE", f"### Fixed\n\n{items}\n\n").encode()


def test_one_import_at_two_places_is_there_once() -> None:
    base = b'package a\n\nimport (\n\t"bytes"\n\t"fmt"\n\t"io"\n\t"os"\n)\n'
    ours, theirs = (base.replace(at, b'\t"errors"\n' + at) for at in (b'\t"fmt"', b'\t"os"'))
    for sides in ((ours, theirs), (theirs, ours)):
        merged = merge_code("a.go", base, *sides)
        assert not merged.conflicts
        assert merged.content in (ours, theirs)


def test_an_edit_of_a_case_goes_where_the_case_goes() -> None:
    def file(*cases: tuple[int, str]) -> bytes:
        inner = "".join(f"    case {case}:\n      log(a);\n      f({what});\n      break;\n" for case, what in cases)
        return f"function f() {{\n  switch (a) {{\n{inner}  }}\n}}\n".encode()

    base, moved = file((1, "x"), (2, "x"), (3, "x")), file((3, "x"), (1, "x"), (2, "x"))
    edited = file((1, "x"), (2, "x"), (3, "y"))
    for sides in ((moved, edited), (edited, moved)):
        merged = merge_code("a.ts", base, *sides)
        assert merged.conflicts or merged.content == file((3, "y"), (1, "x"), (2, "x"))
