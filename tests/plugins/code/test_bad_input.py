"""Input nobody would write: Git's answer or better, in bounded time, and nothing lost."""

from __future__ import annotations

import pytest

from muse.core.markers import parse
from muse.core.options import MergeOptions, using
from muse.core.textmerge import merge_text
from muse.domain import FileMerge
from muse.plugins.code.plugin import CodePlugin
from tests.plugins.code.test_merge import BASE

HOW = MergeOptions(conflict_style="diff3", notes=False)


def merge(path: str, base: bytes | None, ours: bytes, theirs: bytes) -> FileMerge:
    with using(HOW):
        return CodePlugin().merge_file(path, base, ours, theirs)


def test_crlf_bom_and_a_missing_final_newline_are_kept() -> None:
    base = b"\xef\xbb\xbf" + BASE.replace(b"\n", b"\r\n").rstrip()
    ours = base.replace(b"words = text.split()", b"words = text.split(1)")
    theirs = base.replace(b"return words", b"return words[1:]")
    assert merge("a.py", base, ours, theirs).content == ours.replace(b"return words", b"return words[1:]")


def test_conflicts_in_crlf_files_have_crlf_markers() -> None:
    base = BASE.replace(b"\n", b"\r\n")
    merged = merge("a.py", base, base.replace(b"return data", b"return 1"), base.replace(b"return data", b"return 2"))
    content = merged.content or b""
    assert merged.conflicts
    assert content.count(b"\n") == content.count(b"\r\n")


def test_latin_1_survives() -> None:
    base = BASE + b"# caf\xe9\n"
    ours, theirs = base.replace(b"split()", b"split(1)"), base.replace(b"return words", b"return words[\xe9]")
    assert merge("a.py", base, ours, theirs).content == ours.replace(b"return words", b"return words[\xe9]")


@pytest.mark.parametrize("data", ["x = 1\n".encode("utf-16"), b"a\0b\n"])
def test_nul_bytes_are_binary(data: bytes) -> None:
    merged = merge("a.py", data, data + b"ours", data + b"theirs")
    assert merged.content == data + b"ours"
    assert merged.conflicts


@pytest.mark.parametrize(
    ("path", "broken"),
    [("a.py", b"def f(:\n  )))\n"), ("a.c", b"#if X\nint f() {\n#else\nint g() {\n#endif\n}\n"), ("a.json", b'{"a": ')],
)
def test_syntax_errors_cost_understanding_only(path: str, broken: bytes) -> None:
    base = broken + b"one\n\n\n\ntwo\n"
    ours, theirs = base.replace(b"one", b"1"), base.replace(b"two", b"2")
    assert merge(path, base, ours, theirs).content == broken + b"1\n\n\n\n2\n"
    conflict = merge(path, base, ours, base.replace(b"one", b"3"))
    assert conflict.conflicts
    assert b"3\n>>>>>>>" in (conflict.content or b"")


@pytest.mark.parametrize("path", ["a.py", "a.json", "a.js", "a.c", "a.xml"])
def test_ten_thousand_levels_of_nesting(path: str) -> None:
    deep = b"(" * 10_000 + b"x" + b")" * 10_000 if path != "a.json" else b"[" * 10_000 + b"]" * 10_000
    base = b"one\n" + deep + b"\ntwo\n"
    merged = merge(path, base, base.replace(b"one", b"1"), base.replace(b"one", b"3"))
    assert merged.conflicts
    assert deep in (merged.content or b"")


def test_one_very_long_line_and_very_many_lines() -> None:
    for base in (b"x = [" + b"1, " * 400_000 + b"]\n", b"x = 1\n" * 20_000):
        ours, theirs = base[:-2] + b"2\n", base[:-2] + b"3\n"
        merged = merge("a.py", base, ours, theirs)
        assert merged.conflicts
        assert b"2\n" in (merged.content or b"")


def test_a_deadline_that_has_passed_gives_gits_answer() -> None:
    ours, theirs = BASE.replace(b"import sys", b"import io"), BASE.replace(b"import sys", b"import re")
    with using(MergeOptions(deadline=0.0, notes=False)) as how:
        merged = CodePlugin().merge_file("a.py", BASE, ours, theirs)
        text = merge_text(BASE, ours, theirs, how)
    assert text is not None
    assert merged.content == text[0]


def test_both_added_the_file() -> None:
    merged = merge("a.py", None, b"import os\n", b"import os\nimport re\n")
    assert merged.conflicts or b"import re" in (merged.content or b"")


@pytest.mark.parametrize("text", [b"<<<<<<< a\n", b"=======\n", b"<<<<<<< a\n1\n||||||| b\n2\n>>>>>>> c\n"])
def test_markers_that_do_not_pair_are_not_read(text: bytes) -> None:
    assert parse(text) is None


def test_a_title_of_equal_signs_in_a_merge_is_content() -> None:
    base = b"Title\n=======\n\ntext\n"
    merged = merge("a.md", base, base.replace(b"text", b"one"), base.replace(b"text", b"two"))
    assert (merged.content or b"").startswith(b"Title\n=======\n\n<<<<<<<")
