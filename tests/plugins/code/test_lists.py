"""A list of names or texts into which both sides put the same one, each at a place of its own: never there twice."""

from __future__ import annotations

import pytest

from muse.plugins.code.merge.file import merge_code

FRAMES = [
    ("a.json", '{{"x": [{}]}}\n'),
    ("a.yaml", "x: [{}]\n"),
    ("a.toml", "x = [{}]\n"),
    ("a.py", "__all__ = [{}]\n"),
    ("a.py", "X = {{{}}}\n"),
    ("a.py", "X = ({})\n"),
    ("a.js", "const x = [{}];\n"),
    ("a.ts", "const x = [{}];\n"),
    ("a.go", "package p\n\nvar x = []string{{{}}}\n"),
    ("a.rs", "const X: &[&str] = &[{}];\n"),
    ("a.rb", "X = [{}]\n"),
    ("A.java", "class A {{\n  String[] x = {{{}}};\n}}\n"),
    ("A.java", "class A {{\n  List<String> x = List.of({});\n}}\n"),
    ("a.c", "char *x[] = {{{}}};\n"),
    ("a.cs", "class A {{\n  string[] x = {{{}}};\n}}\n"),
    ("a.php", "<?php\n$x = [{}];\n"),
    ("a.swift", "let x = [{}]\n"),
    ("a.lua", "x = {{{}}}\n"),
    ("a.kt", "val x = listOf({})\n"),
    ("a.scala", "val x = Seq({})\n"),
    ("a.dart", "var x = [{}];\n"),
]
SIDES = [("a", "a n", "n z"), ("a b c d", "a b n c d", "n a b c d"), ("a b c d", "a b c d n", "n a b c d")]


def inline(words: str) -> str:
    return ", ".join(f'"{word}"' for word in words.split())


def in_lines(words: str) -> str:
    return "\n" + ",\n".join(f'    "{word}"' for word in words.split()) + "\n"


@pytest.mark.parametrize("turned", [False, True], ids=["", "turned"])
@pytest.mark.parametrize("layout", [inline, in_lines])
@pytest.mark.parametrize(("path", "frame"), FRAMES)
def test_what_both_put_into_a_list_is_there_once(path: str, frame: str, layout, turned: bool) -> None:  # type: ignore[no-untyped-def]
    for words in SIDES:
        base, ours, theirs = (frame.format(layout(each)).encode() for each in words)
        result = merge_code(path, base, *((theirs, ours) if turned else (ours, theirs)))
        assert result.conflicts or (result.content or b"").count(b'"n"') == 1, result.content


def test_numbers_options_and_places_come_as_often_as_they_like() -> None:
    lines = "x = [\n{}    'a',\n    'b',\n    'c',\n    'd',\n{}]\n"
    for frame, before, after in (
        ("x = [{}0, 1, 2, 3{}]\n", "7, ", ", 7"),
        (lines, "    '--flag',\n", "    '--flag',\n"),
        (lines.replace("[", "(").replace("]", ")"), "    n,\n", "    n,\n"),
    ):
        base, ours, theirs = (frame.format(*each).encode() for each in (("", ""), (before, ""), ("", after)))
        for sides in ((ours, theirs), (theirs, ours)):
            result = merge_code("a.py", base, *sides)
            assert (result.content, result.conflicts) == (frame.format(before, after).encode(), [])


@pytest.mark.parametrize("turned", [False, True], ids=["", "turned"])
@pytest.mark.parametrize(("path", "frame"), [("a.tf", "x = [{}]\n"), ("a.unknown", "x: {}\n"), ("a.py", "f({})\n")])
def test_on_one_line_nothing_needs_to_be_known_of_the_language(path: str, frame: str, turned: bool) -> None:
    for words in SIDES:
        base, ours, theirs = (frame.format(inline(each)).encode() for each in words)
        result = merge_code(path, base, *((theirs, ours) if turned else (ours, theirs)))
        assert result.conflicts or (result.content or b"").count(b'"n"') == 1, result.content
