"""Two answers to one question are a conflict, even where one of them, as text, has the other in it."""

from __future__ import annotations

import pytest

from muse.plugins.code.merge.file import merge_code
from muse.plugins.code.merge.tokens import containing_side

_SWITCH = "switch (x) {\ncase 1:\n  a();\n  break;\ncase 2:\n  b();\n  break;\n}\n"


@pytest.mark.parametrize(
    ("base", "ours", "theirs"),
    [
        ("timeout = 10", "timeout = 20", "timeout = 20 * 60"),
        ('s = "hello world"', 's = "hello there world"', 's = "hello there big world"'),
        ('s = "hello world"', 's = "goodbye world"', 's = "goodbye cruel world"'),
        ("if a:", "if a and b:", "if a and b or c:"),
        ("return x", "return f(y)", "return f(y, z)"),
        ("return x", "return y", "return y if z else w"),
        ("r = f()", "r = g()", "r = g().h()"),
        ("x = a", "x = a + 1", "x = a + 1 * 2"),
        ("f(a)", "f(a, b)", "f(a, b=1)"),
        ("f(a)", "f(a, g(c))", "f(a, g(c, d))"),
        ("f(a, b * 2)", "f(a, b)", "f(a)"),
        ("if not a and b:", "if a and b:", "if b:"),
        ('v = ">=1.0"', 'v = ">=2.0"', 'v = ">=2.0,<3"'),
        ("x = 0", "x = a", "x = a\n  .map(f)"),
        ('s = "x"', 's = "a  b"', 's = "a b"'),
        ('s = "a b"', 's = "a  b"', 's = "a   b"'),
    ],
)
@pytest.mark.parametrize("indented", [False, True])
def test_a_word_that_both_replaced_is_not_held_by_a_longer_answer(
    base: str, ours: str, theirs: str, indented: bool
) -> None:
    one, two, three = (f"{side}\n".encode() for side in (base, ours, theirs))
    assert containing_side(one, two, three, indented=indented) is None
    assert containing_side(one, three, two, indented=indented) is None


@pytest.mark.parametrize(
    ("path", "base", "ours", "theirs"),
    [
        ("a.py", "f()\nb(1, 2)\nc()\n", "f()\n# b(1, 2)\nc()\n", "f()\nb(1, 3)\nc()\n"),
        ("a.js", "f();\nb(1, 2);\nc();\n", "f();\n// b(1, 2);\nc();\n", "f();\nb(1, 3);\nc();\n"),
        ("a.py", "if a:\n    b()\n    c()\n", "if a:\n    b()\nc()\n", "if a:\n    b()\n    c()\n    d()\n"),
        (
            "a.py",
            "def f():\n\tif a:\n\t\tb()\n",
            "def f():\n    if a:\n        b()\n",
            "def f():\n\tif a:\n\t\tb()\n\t\tc()\n",
        ),
        ("a.yaml", "a: 1\nz: 2\n", "a: 1\nb:\nz: 2\n", "a: 1\nb:\n  c: 1\nz: 2\n"),
        ("a.py", 's = """\na b\n"""\n', 's = """\na  b\n"""\n', 's = """\na   b\n"""\n'),
        ("a.js", "s = `\na b\n`\n", "s = `\na  b\n`\n", "s = `\na   b\n`\n"),
        ("a.json", '{\n "k": "v"\n}\n', '{\n "k": "a  b"\n}\n', '{\n "k": "a b"\n}\n'),
        *(
            (
                path,
                _SWITCH,
                _SWITCH.replace("  a();\n  break;\n", "  a();\n"),
                _SWITCH.replace("case 2:", "case 3:\n  c();\n  break;\ncase 2:"),
            )
            for path in ("a.c", "a.js", "a.java")
        ),
    ],
    ids=[
        "comment",
        "comment-js",
        "dedent-add",
        "tabs-add",
        "empty-key",
        "docstring",
        "template",
        "json",
        "falls-c",
        "falls-js",
        "falls-java",
    ],
)
def test_what_only_looks_apart_conflicts_both_ways_round(path: str, base: str, ours: str, theirs: str) -> None:
    for mine, its in ((ours, theirs), (theirs, ours)):
        merged = merge_code(path, base.encode(), mine.encode(), its.encode())
        assert merged.conflicts and b"<<<<<<<" in (merged.content or b"")


@pytest.mark.parametrize(
    ("path", "base", "ours", "theirs", "wanted"),
    [
        ("a.md", "one\ntwo\n", "one  \ntwo\n", "one\ntwo three\n", "one  \ntwo three\n"),
        (
            "a.sh",
            "cat <<E\none\ntwo\nE\n",
            "cat <<E\none\n  two\nE\n",
            "cat <<E\none\ntwo x\nE\n",
            "cat <<E\none\n  two x\nE\n",
        ),
        ("a.js", "f(a,b);\n", "f( a, b );\n", "g(a,b);\n", "g( a, b );\n"),
    ],
)
def test_white_space_of_one_side_stays_beside_words_of_the_other(
    path: str, base: str, ours: str, theirs: str, wanted: str
) -> None:
    for mine, its in ((ours, theirs), (theirs, ours)):
        assert merge_code(path, base.encode(), mine.encode(), its.encode()).content == wanted.encode()


@pytest.mark.parametrize(
    ("path", "base", "ours", "theirs", "wanted"),
    [
        (
            "a.json",
            '{"a":{"x":1},"b":{"x":1}}\n',
            '{"a":{"x":2},"b":{"x":1}}\n',
            '{"b":{"x":1},"a":{"x":1}}\n',
            '{"b":{"x":1},"a":{"x":2}}\n',
        ),
        (
            "a.json",
            '{"a":{"x":1},"b":{"x":1}}\n',
            '{"a":{"x":1},"b":{"x":2}}\n',
            '{"b":{"x":1},"a":{"x":1}}\n',
            '{"b":{"x":2},"a":{"x":1}}\n',
        ),
        ("a.py", "f(a=1, b=1)\n", "f(a=2, b=1)\n", "f(b=1, a=1)\n", "f(b=1, a=2)\n"),
        ("a.txt", "a=1, b=1\n", "a=2, b=1\n", "b=1, a=1\n", "b=1, a=2\n"),
    ],
)
def test_an_edit_follows_its_name_when_names_trade_places(
    path: str, base: str, ours: str, theirs: str, wanted: str
) -> None:
    for mine, its in ((ours, theirs), (theirs, ours)):
        merged = merge_code(path, base.encode(), mine.encode(), its.encode())
        assert merged.conflicts or merged.content == wanted.encode()
