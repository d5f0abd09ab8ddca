"""Names that are none of the language's: items that name themselves, packages, rows, labels, keys of a text."""

from __future__ import annotations

import pytest

from muse.core.markers import conflicts_of
from muse.core.textchunks import text_chunks
from muse.plugins.code.merge.file import merge_code

# A file with two places, ONE and TWO; what one side puts at the first and the other at the second.
TWICE = [
    ("w.yml", "steps:\nONE  - name: a\n    run: a\n  - name: b\n    run: b\nTWO", "  - name: n\n    run: x\n",
     "  - name: n\n    run: y\n"),
    ("c.yml", "environment:\nONE  - A=1\n  - B=2\nTWO", "  - N=1\n", "  - N=2\n"),
    ("a.json", '[\nONE  {"id": 1, "x": "a"},\n  {"id": 2, "x": "b"},\nTWO  {"id": 3, "x": "c"}\n]\n',
     '  {"id": 4, "x": "d"},\n', '  {"id": 4, "x": "e"},\n'),
    ("a.ts", 'const routes = [\nONE  { path: "/", to: A },\n  { path: "/b", to: B },\nTWO];\n',
     '  { path: "/n", to: C },\n', '  { path: "/n", to: D },\n'),
    ("pom.xml", "<p>\n  <properties>\nONE    <x>1</x>\n    <y>2</y>\nTWO  </properties>\n</p>\n", "    <n>1</n>\n",
     "    <n>2</n>\n"),
    ("pyproject.toml", '[project]\ndependencies = [\nONE  "a>=1",\n  "b>=1",\nTWO]\n', '  "n>=1",\n', '  "N[x]>=2",\n'),
    ("setup.py", 'setup(\n    install_requires=[\nONE        "a>=1",\n        "b>=1",\nTWO    ],\n)\n',
     '        "n_n>=1",\n', '        "n-n==2",\n'),
    ("a.toml", "[tool.ruff]\nONEline = 1\n\n[tool.mypy]\nstrict = true\nTWO", 'lint.select = ["E"]\n',
     '\n[tool.ruff.lint]\nselect = ["F"]\n'),
    ("Cargo.toml", '[dependencies]\nONEa = "1"\nb = "1"\nTWO', 'n = "1"\n', '\n[dependencies.n]\nversion = "2"\n'),
    ("Cargo.toml", '[package]\nname = "p"\nONE\n[[bin]]\nname = "a"\npath = "a.rs"\nTWO',
     '\n[[bin]]\nname = "n"\npath = "x"\n', '\n[[bin]]\nname = "n"\npath = "y"\n'),
    ("build.gradle.kts", 'dependencies {\nONE    api("a:b:1")\n    api("c:d:1")\nTWO}\n', '    api("n:n:1")\n',
     '    api("n:n:2")\n'),
    ("a.md", "# T\n\n| N | V |\n|---|---|\nONE| a | 1 |\n| b | 2 |\nTWO\nText.\n", "| n | 8 |\n", "| n | 9 |\n"),
    ("a.md", "# T\n\nONE[x]: http://x\n[y]: http://y\nTWO", "[n]: http://1\n", "[N]: http://2\n"),
    ("a.md", "# T\n\nOne.\nONE\nTwo.\nTWO", "\n[^1]: One.\n", "\n[^1]: Two.\n"),
    ("a.sh", "cat > x <<EOF\na=1\nONEb=2\nc=3\nTWOEOF\n", "n=1\n", "n=2\n"),
    ("a.yml", "text: |\n  a=1\nONE  b=2\n  c=3\nTWOlast: x\n", "  n=1\n", "  n=2\n"),
    ("a.py", "TEXT = '''\na=1\nONEb=2\nc=3\nTWO'''\n", "n=1\n", "n=2\n"),
    ("a.py", "class A:\n    def __init__(self):\n        a()\nONE        b()\n        c()\nTWO", "        self.n = 1\n",
     "        self.n = 2\n"),
    ("a.js", "class A {\n  constructor() {\n    a();\nONE    b();\n    c();\nTWO  }\n}\n", "    this.n = 1;\n",
     "    this.n = 2;\n"),
    ("A.java", "class A {\n    A() {\n        a();\nONE        b();\n        c();\nTWO    }\n}\n",
     "        this.n = 1;\n", "        this.n = 2;\n"),
    ("a.kt", "class A {\n    fun a() = 1\n\nONE    fun b() = 2\n\n    fun c() = 3\n\nTWO}\n", "    fun n() = 9\n\n",
     "    fun n() = when {\n\n"),
    ("a.md", "# T\n\nOne.\nONE\n## A\n\n|a|b|\n|-|-|\n|c|d|\n|||\n\n|e|f|\n|-|-|\n|g|h|\n|||\n\n## B\n\nTwo.\nTWO",
     "\n## N\n\nx\n", "\n## N\n\ny\n"),
    ("a.php", "<?php\nclass A\n{\n    function a($x)\n    {\n        return $x =;\n    }\nONE\n    function b($x)\n"
     "    {\n    }\nTWO}\n",
     "\n    function n(#[S] $x): bool\n    {\n        return 1;\n    }\n",
     "\n    function n(#[S] $x): bool\n    {\n        return 2;\n    }\n"),
    ("a.kt", "@A(B::class)\n@D\nclass C\nONE\n@A(E::class)\nclass F {\n  fun f() = 1\n}\nTWO",
     "\ninterface N {\n  val b: Int\n}\n", "\nobject N {\n  val c = 1\n}\n"),
]  # fmt: skip
APART = [
    ("w.yml", "steps:\nONE  - name: a\n    run: a\n  - name: a\n    run: b\nTWO", "  - name: n\n    run: x\n",
     "  - name: n\n    run: y\n"),
    ("w.yml", "steps:\nONE  - uses: a\n  - uses: b\nTWO", "  - uses: n\n    with: 1\n", "  - uses: n\n    with: 2\n"),
    ("a.xml", "<p>\n  <list>\nONE    <x>1</x>\n    <x>2</x>\nTWO  </list>\n</p>\n", "    <n>1</n>\n", "    <n>2</n>\n"),
    ("pyproject.toml", '[project]\ndependencies = [\nONE  "a>=1",\n  "b>=1",\nTWO]\n', '  "n>=1",\n', '  "n-x>=2",\n'),
    ("a.toml", '[[package]]\nname = "a"\nversion = "1"\nONE\n[[package]]\nname = "b"\nversion = "1"\nTWO',
     '\n[[package]]\nname = "n"\nversion = "1"\n', '\n[[package]]\nname = "n"\nversion = "2"\n'),
    ("a.toml", '[[x]]\nname = "a"\nONE\n[[x]]\nname = "a"\nTWO', '\n[[x]]\nname = "n"\n',
     '\n[[x]]\nname = "n"\ny = 2\n'),
    ("a.md", "# T\n\nONE[x]: http://x\n[y]: http://y\nTWO", "[n]: http://1\n", "[m]: http://1\n"),
    ("a.sh", "cat > x <<EOF\na=1\nONEecho b\nif c\nfi\nTWOEOF\n", "n=1\n", "n=2\n"),
    ("a.c", "int f(void)\n{\n    a(;\nONE    b();\n}\n\nint g(void)\n{\nTWO    c();\n    d();\n}\n",
     "    struct s *p;\n", "    struct s *p;\n    e(p);\n"),
    ("a.py", "class A:\n    def go(self):\n        a()\nONE        b()\n        c()\nTWO", "        self.n = 1\n",
     "        self.n = 2\n"),
]  # fmt: skip


def _sides(file: str, one: str, other: str) -> tuple[bytes, bytes, bytes]:
    texts = (("", ""), (one, ""), ("", other))
    base, ours, theirs = (file.replace("ONE", a).replace("TWO", b).encode() for a, b in texts)
    assert not conflicts_of(text_chunks(base, ours, theirs) or [])
    return base, ours, theirs


@pytest.mark.parametrize(("path", "file", "one", "other"), TWICE)
def test_what_both_put_in_under_one_name_is_a_conflict(path: str, file: str, one: str, other: str) -> None:
    base, ours, theirs = _sides(file, one, other)
    for sides in ((ours, theirs), (theirs, ours)):
        assert merge_code(path, base, *sides).conflicts


@pytest.mark.parametrize(("path", "file", "one", "other"), APART)
def test_where_names_tell_nothing_apart_both_stay(path: str, file: str, one: str, other: str) -> None:
    base, ours, theirs = _sides(file, one, other)
    for sides in ((ours, theirs), (theirs, ours)):
        merged = merge_code(path, base, *sides)
        assert not merged.conflicts and merged.content == file.replace("ONE", one).replace("TWO", other).encode()


def test_a_row_and_a_column_of_one_table() -> None:
    base = "# T\n\n| N | V |\n|---|---|\n| a | 1 |\n| b | 2 |\n"
    ours, theirs = base + "| c | 3 |\n", base.replace(" |\n", " | x |\n").replace("---|\n", "---|---|\n")
    for sides in ((ours, theirs), (theirs, ours)):
        assert merge_code("a.md", base.encode(), *(side.encode() for side in sides)).conflicts
