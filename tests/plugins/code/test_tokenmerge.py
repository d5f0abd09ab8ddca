"""Merges of a few lines by token: what is one edit, what are two, and when one side has the other's."""

from __future__ import annotations

import pytest

from muse.plugins.code.merge.file import merge_code
from muse.plugins.code.merge.tokens import containing_side, merge_tokens


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "wanted"),
    [
        (b"f(a, b)\n", b"f(x, b)\n", b"f(a, y)\n", b"f(x, y)\n"),  # two arguments
        (b"n = f(a)\n", b"m = f(a)\n", b"n = g(a)\n", b"m = g(a)\n"),  # the target and the value
        (b"a(x) && b(x)\n", b"a(y) && b(x)\n", b"a(x) && b(z)\n", b"a(y) && b(z)\n"),  # two conditions
        (b"p = a.b || 1\n", b"p = c(a) || 1\n", b"p = a.b || 2\n", b"p = c(a) || 2\n"),
        (b"a && b\n", b"a || b\n", b"a && c\n", None),  # what joins them is one of them
        (b"a && b\n", b"a && b || c\n", b"d && a && b\n", None),  # which binds what, neither side saw
        (b"a and b\n", b"a and b or c\n", b"d and a and b\n", None),
        (b"x = read(p).strip()\n", b"x = read(q).strip()\n", b"x = read(p).split()\n", None),  # one chain
        (b"x = f.read()\n", b"x = f.read().strip()\n", b"x = f.readlines()\n", None),
        (b"ns::f(a)\n", b"other::f(a)\n", b"ns::g(a)\n", None),
        (b"a b\n", b"a x b\n", b"a y b\n", None),
        (b"f(@N int a)\n", b"f(@N int b, @N int a)\n", b"f(int b, @N int a)\n", None),  # may stand at one place
    ],
)
@pytest.mark.parametrize("indented", [False, True])
def test_edits_with_nothing_but_signs_between_them_meet(
    base: bytes, ours: bytes, theirs: bytes, wanted: bytes | None, indented: bool
) -> None:
    assert merge_tokens(base, ours, theirs, indented=indented) == wanted
    assert merge_tokens(base, theirs, ours, indented=indented) == wanted


def test_lines_that_no_two_sides_edited_are_not_woven_by_token() -> None:
    base = b"vendor: Old = None,\n"
    ours = b"vendor: New = None,\nkey: New = None,\ncommand: New = None,\n"
    theirs = b"vendor: Old = None,\nkey: Old = None,\ncommand: New = None,\n"
    assert merge_tokens(base, ours, theirs, indented=True) is None
    assert merge_tokens(base, theirs, ours, indented=True) is None


def test_new_formatting_never_stands_against_new_content() -> None:
    base, ours = b"f(alpha, beta);\n", b"f(\n    alpha,\n    beta\n);\n"
    theirs = b"f(alpha, gamma);\n"
    assert merge_tokens(base, ours, theirs, indented=False) == b"f(\n    alpha, gamma\n);\n"


def test_indentation_is_content_where_it_has_a_meaning() -> None:
    base, ours, theirs = b"a()\n", b"    a()\n", b"b()\na()\n"
    assert merge_tokens(base, ours, theirs, indented=True) is None


def test_a_comment_keeps_the_line_end_that_closes_it() -> None:
    base, ours, theirs = b"{\n  x();\n}\n", b"{ x(); }\n", b"{ // why\n  x();\n}\n"
    assert merge_tokens(base, ours, theirs, indented=False) == b"{ // why\n  x(); }\n"


@pytest.mark.parametrize(
    ("base", "small", "large"),
    [
        (b"", b"a = 1\n", b"a = 1\nb = 2\n"),
        (b"x\n", b"y\n", b"y\nz\n"),
        (b"f(a)\n", b"f(a, b)\n", b"f(a, b, c)\n"),
        (b"x\ny\nz\n", b"x\nz\n", b"z\n"),
        (b"f(a,b)\n", b"f(a, b)\n", b"f(a,c)\n"),
    ],
)
def test_the_side_that_holds_the_other_change_is_the_answer(base: bytes, small: bytes, large: bytes) -> None:
    assert containing_side(base, small, large, indented=False) == large
    assert containing_side(base, large, small, indented=False) == large


@pytest.mark.parametrize(
    ("base", "ours", "theirs"),
    [
        (b"x\n", b"", b"y\n"),  # a deletion against an edit
        (b"f(a, b)\n", b"f(a)\n", b"f(a, c)\n"),
        (b"x\n", b"y\n", b"z\n"),
        (b"", b"a\nb\n", b"b\na\n"),
    ],
)
def test_neither_side_holds_the_other(base: bytes, ours: bytes, theirs: bytes) -> None:
    assert containing_side(base, ours, theirs, indented=False) is None
    assert containing_side(base, theirs, ours, indented=False) is None


def test_a_line_one_side_indented_stays_so_behind_what_the_other_put_before_it() -> None:
    base, ours, theirs = b"a = f(b)\nc = g(d)\n", b"a = f(b)\n    c = g(d)\n", b"a = f(b)\n# why\nc = g(d, e)\n"
    wanted = b"a = f(b)\n# why\n    c = g(d, e)\n"
    assert merge_tokens(base, ours, theirs, indented=False) == wanted
    assert merge_tokens(base, theirs, ours, indented=False) == wanted


@pytest.mark.parametrize(
    "comment", [b"  // g(b, c);\n", b"  // f(b, c);\n", b"  try {\n   // f(b, c);\n", b"  /* f(b, c); */\n"]
)
def test_an_edit_is_not_put_into_a_line_made_a_comment(comment: bytes) -> None:
    base, edited = b"  a();\n  f(b, c);\n  z();\n", b"  a();\n  f(b, d);\n  z();\n"
    closed = base.replace(b"  f(b, c);\n", comment)
    assert merge_tokens(base, closed, edited, indented=False) is None
    assert merge_tokens(base, edited, closed, indented=False) is None


def test_a_comment_that_ends_before_the_edit_is_none_of_it() -> None:
    base, ours, theirs = b"f(b, c);\n", b"/* why */ f(b, c);\n", b"f(b, d);\n"
    assert merge_tokens(base, ours, theirs, indented=False) == b"/* why */ f(b, d);\n"


def test_words_of_a_line_that_new_lines_stand_before_and_behind_are_not_edited_there() -> None:
    """`core` was a key; between the other side's new lines it is the value of another one."""
    base, ours = b'"core": {\n', b'"core 2": {\n'
    theirs = b'"all": {\n  "name": "core",\n  "url": 1\n},\n"any": {\n  "new": 3,\n'
    assert merge_tokens(base, ours, theirs, indented=False) is None
    assert merge_tokens(base, theirs, ours, indented=False) is None


@pytest.mark.parametrize(
    ("path", "base", "one", "other"),
    [
        ("A.java", "static void f() {", "public static void f() {", "static public void f() {"),
        ("a.ts", "static f() {", "async static f() {", "static async f() {"),
        ("a.kt", "open fun f() {", "override open fun f() {", "open override fun f() {"),
    ],
)
@pytest.mark.parametrize("swapped", [False, True])
def test_a_modifier_that_both_put_in_does_not_stand_twice(path, base, one, other, swapped):
    was, ours, theirs = (
        f"class A {{\n    {head}\n        {body}\n    }}\n}}\n".encode()
        for head, body in ((base, "g();"), (one, "h();"), (other, "g();"))
    )
    found = merge_code(path, was, *((theirs, ours) if swapped else (ours, theirs)))
    assert b"h();" in found.content
    for line in found.content.splitlines():
        words = line.split(b"(")[0].split()
        assert len(words) == len(set(words)), found.content


@pytest.mark.parametrize(
    ("path", "base", "one", "other", "clash"),
    [
        ("a.py", "t = t.expandtabs(self.size)", "t = t.expandtabs(self.size or 4)",
         't = t.replace("x", " " * self.size)', True),
        ("a.c", "x = f(n);", "x = f(n + 1);", "x = f(2 * n);", True),
        ("a.ts", "return value;", "return value ?? 0;", "return !value;", True),
        ("a.py", "if ready:", "if ready or late:", "if not ready:", True),
        ("a.c", "x = f(n, m);", "x = f(n, m + 1);", "x = f(2 * n, m);", False),
        ("a.py", "x = f(a, size=n)", "x = f(a, size=n + 1)", "x = f(2 * a, size=n)", False),
        ("a.py", "x = f(n)", "x = f(n, 1)", "x = f(2 * n)", False),
    ],
)  # fmt: skip
def test_two_operators_beside_one_word_are_a_conflict(path: str, base: str, one: str, other: str, clash: bool) -> None:
    """Which of them binds the word neither side saw."""
    for sides in ((one, other), (other, one)):
        made = merge_code(path, *(f"{line}\n".encode() for line in (base, *sides)))
        assert bool(made.conflicts) == clash
