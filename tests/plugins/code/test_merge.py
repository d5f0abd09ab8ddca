"""One-file merges of code: what is merged beyond Git, and what has to stay a conflict."""

from __future__ import annotations

import re

import pytest

from muse.core.options import MergeOptions, using
from muse.domain import FileMerge
from muse.plugins.code.plugin import CodePlugin

BASE = b"""import os
import sys


def load(path):
    data = open(path).read()
    return data


class Parser:
    def parse(self, text):
        words = text.split()
        return words
"""


def merge(ours: bytes, theirs: bytes, base: bytes | None = BASE, path: str = "api.py", **how: object) -> FileMerge:
    with using(MergeOptions(**how)):  # type: ignore[arg-type]
        return CodePlugin().merge_file(path, base, ours, theirs)


def test_a_clean_text_merge_is_gits_answer() -> None:
    merged = merge(BASE.replace(b"import os", b"import io"), BASE.replace(b"words\n", b"words[:5]\n"))
    assert merged.content == BASE.replace(b"import os", b"import io").replace(b"words\n", b"words[:5]\n")
    assert not merged.conflicts


def test_edits_of_neighbouring_lines_merge() -> None:
    ours = BASE.replace(b"words = text.split()", b"words = text.split(',')")
    theirs = BASE.replace(b"return words", b"return sorted(words)")
    merged = merge(ours, theirs)
    assert merged.content == ours.replace(b"return words", b"return sorted(words)")
    assert not merged.conflicts
    assert merged.notes


def test_edits_of_one_line_merge_by_token() -> None:
    ours = BASE.replace(b"open(path).read()", b"open(path).read(100)")
    theirs = BASE.replace(b"data = open(path)", b"content = open(path)").replace(b"return data", b"return content")
    merged = merge(ours, theirs)
    assert b"    content = open(path).read(100)\n    return content\n" in (merged.content or b"")
    assert not merged.conflicts


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (b"def load(path, mode):", b"def load(path, size):"),
        (b"def load(path, *, mode):", b"def load(file):"),
    ],
)
def test_insertions_whose_order_matters_conflict(ours: bytes, theirs: bytes) -> None:
    merged = merge(BASE.replace(b"def load(path):", ours), BASE.replace(b"def load(path):", theirs))
    assert [record.address for record in merged.conflicts] == ["load"]
    content = merged.content or b""
    assert re.search(rb"^<<<<<<< ours \(function load: [^\n]+\)\n" + re.escape(ours), content, re.M)
    assert theirs + b"\n>>>>>>> theirs\n" in content


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_a_comment_at_the_end_of_a_block_keeps_its_line_ending(ending: str) -> None:
    base = "def a():\n    y = 0\n    return 1\n\n\ndef b():\n    return 2\n"
    one = "\n\ndef one():\n    return 5\n"
    two = "\n\ndef two():\n    return 6\n"
    sides = [base, base.replace("return 1", "return 10") + one, base.replace("return 1", "return 1\n    # end") + two]
    both = base.replace("return 1", "return 10\n    # end") + one + two
    was, ours, theirs, wanted = (text.replace("\n", ending).encode() for text in [*sides, both])
    merged = merge(ours, theirs, base=was)
    assert (merged.content, merged.conflicts) == (wanted, [])


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_definitions_added_above_the_first_merge_with_a_byte_order_mark_too(mark: bytes) -> None:
    base = b"type T0 struct {\n\tA int\n}\n\ntype T2 struct {\n\tB int\n}\n"
    ours = b"func F() int {\n\treturn 29\n}\n\n" + base
    theirs = b"func G() int {\n\treturn 67\n}\n\n" + base.replace(b"A int", b"A int64")
    for one, other in ((ours, theirs), (theirs, ours)):
        merged = merge(mark + one, mark + other, base=mark + base, path="a.go")
        assert not merged.conflicts
        content = merged.content or b""
        assert content.startswith(mark + b"func ") and content.count(b"\xef\xbb\xbf") == bool(mark)
        assert all(content.count(part) == 1 for part in (b"func F", b"func G", b"A int64", b"B int"))


def test_markers_start_a_line_though_a_lone_carriage_return_stands_before_them() -> None:
    base = b"def a():\r    return 1\r"
    merged = merge(base.replace(b"1", b"2"), base.replace(b"1", b"3"), base=base)
    assert merged.conflicts
    lines = (merged.content or b"").split(b"\n")
    assert [line[:1] for line in lines] == [b"<", b"d", b"=", b"d", b">", b""]


def test_a_conflict_outside_of_any_symbol_has_a_note_without_a_name() -> None:
    merged = merge(b"", BASE.replace(b"os", b"re"))
    assert (merged.content or b"").startswith(b"<<<<<<< ours (deleted here, changed there)\n")


def test_statements_inserted_at_one_place_conflict() -> None:
    merged = merge(
        BASE.replace(b"    return data\n", b"    one()\n    return data\n"),
        BASE.replace(b"    return data\n", b"    two()\n    return data\n"),
    )
    assert len(merged.conflicts) == 1
    assert merged.conflicts[0].address == "load"


def test_deletion_against_edit_is_a_conflict() -> None:
    start, end = BASE.index(b"def load"), BASE.index(b"class Parser")
    merged = merge(BASE[:start] + BASE[end:], BASE.replace(b"open(path).read()", b"open(path, 'rb').read()"))
    assert len(merged.conflicts) == 1
    assert b"'rb'" in (merged.content or b"")


@pytest.mark.parametrize("choice", ["ours", "theirs", "base"])
def test_a_pick_settles_the_conflict_by_its_address(choice: str) -> None:
    sides = {"ours": b"return data[1:]", "theirs": b"return data[2:]", "base": b"return data"}
    merged = merge(
        BASE.replace(b"return data", sides["ours"]),
        BASE.replace(b"return data", sides["theirs"]),
        picks={"load": choice},
    )
    assert merged.content == BASE.replace(b"return data", sides[choice])
    assert not merged.conflicts


@pytest.mark.parametrize("style", ["merge", "diff3", "zdiff3"])
def test_conflict_styles_sizes_and_labels(style: str) -> None:
    merged = merge(
        BASE.replace(b"return data", b"return data[1:]"),
        BASE.replace(b"return data", b"return data[2:]"),
        conflict_style=style,
        marker_size=9,
        ours_label="HEAD",
        theirs_label="topic",
        notes=False,
    )
    middle = b"" if style == "merge" else b"||||||||| base\n    return data\n"
    expected = b"<<<<<<<<< HEAD\n    return data[1:]\n" + middle + b"=========\n    return data[2:]\n>>>>>>>>> topic\n"
    assert merged.content == BASE.replace(b"    return data\n", expected)


def test_inputs_with_markers_go_to_gits_merge() -> None:
    marked = BASE.replace(b"    return data\n", b"<<<<<<< a\n    return 1\n=======\n    return 2\n>>>>>>> b\n")
    merged = merge(marked, BASE.replace(b"import sys", b"import io"))
    assert merged.content == marked.replace(b"import sys", b"import io")


def test_binary_is_a_conflict_as_a_whole() -> None:
    merged = merge(b"\0ours", b"\0theirs", b"\0base")
    assert merged.content == b"\0ours"
    assert [record.conflict_type for record in merged.conflicts] == ["file_level"]


def test_two_definitions_that_neither_side_had_conflict() -> None:
    ours = BASE.replace(b"def load(", b"def save(path):\n    return 1\n\n\ndef load(")
    theirs = BASE + b"\n\ndef save(path):\n    return 2\n"
    merged = merge(ours, theirs)
    assert merged.conflicts
    assert b"return 1" in (merged.content or b"")
    assert b"return 2" in (merged.content or b"")


@pytest.mark.parametrize("mark", [b"@overload\n", b"@size.setter\n"])
def test_lawful_repetitions_stay_clean(mark: bytes) -> None:
    ours = BASE.replace(b"def load(", mark + b"def size(path):\n    return 1\n\n\ndef load(")
    theirs = BASE + b"\n\n" + mark + b"def size(path):\n    return 2\n"
    assert not merge(ours, theirs).conflicts


def test_rename_on_one_side_and_edit_of_the_body_on_the_other() -> None:
    ours = BASE.replace(b"def load(path):\n    data = open", b"def read(path):\n    data = open")
    theirs = BASE.replace(b"open(path).read()", b"open(path, 'rb').read()")
    merged = merge(ours, theirs)
    assert merged.content == theirs.replace(b"def load", b"def read")
    assert not merged.conflicts


def test_functions_added_by_both_stand_side_by_side() -> None:
    one, two = b"\n\ndef one():\n    return 1\n", b"\n\ndef two():\n    return 2\n"
    merged = merge(BASE + one, BASE + two)
    assert merged.content == BASE + one + two
    assert not merged.conflicts


def test_prototypes_added_by_both_stand_side_by_side_also_before_a_comment_that_ends_the_guard() -> None:
    base = b"#ifndef A_H\n#define A_H\nint first(void);\n\nvoid last(int x);\n#endif /* A_H */\n"
    ours = base.replace(b"first(void);\n", b"first(void);\nchar *mine(int a);\n")
    theirs = base.replace(b"first(void);\n", b"first(void);\nvoid its(char *p);\n")
    merged = merge(ours, theirs, base, "a.h")
    assert not merged.conflicts
    assert b"int first(void);\nchar *mine(int a);\nvoid its(char *p);\n" in (merged.content or b"")


def test_macros_added_by_both_conflict_because_they_may_have_taken_one_number() -> None:
    base = b"#define FIRST (1 << 1)\n\nint f(void);\n"
    ours = base.replace(b"(1 << 1)\n", b"(1 << 1)\n#define MINE (1 << 2)\n")
    theirs = base.replace(b"(1 << 1)\n", b"(1 << 1)\n#define ITS (1 << 2)\n")
    assert merge(ours, theirs, base, "a.h").conflicts


def test_imports_added_by_both_merge_sorted() -> None:
    merged = merge(
        BASE.replace(b"import sys\n", b"import re\nimport sys\n"),
        BASE.replace(b"import sys\n", b"import pathlib\nimport sys\n"),
    )
    assert merged.content == BASE.replace(b"import sys\n", b"import pathlib\nimport re\nimport sys\n")
    assert not merged.conflicts
