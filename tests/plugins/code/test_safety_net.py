"""Merges that random edits of real files once made come out clean and wrong: each is a conflict, or whole."""

from __future__ import annotations

import pytest

from muse.core.options import MergeOptions, using
from muse.domain import FileMerge
from muse.plugins.code.plugin import CodePlugin
from muse.plugins.code.syntax.tokens import keeps_every_edit, keeps_side

ROWS = [b"const Is%s = 0\n" % name for name in (b"Aix", b"Bsd", b"Hurd", b"Linux", b"Zos")]


def merge(path: str, base: bytes, ours: bytes, theirs: bytes) -> FileMerge:
    with using(MergeOptions(conflict_style="diff3", notes=False)):
        return CodePlugin().merge_file(path, base, ours, theirs)


def test_a_function_that_both_sides_moved_is_not_there_twice() -> None:
    help_, run, setup, show = (
        b"static int %s(void)\n{\n\tstruct child %s_cmd = INIT;\n\n\t%s_cmd.git = 1;\n\treturn run_%s(&%s_cmd);\n}\n\n"
        % ((name,) * 5)
        for name in (b"help", b"run", b"setup", b"show")
    )
    base, ours, theirs = help_ + run + setup + show, run + help_ + setup + show, run + setup + show + help_
    merged = merge("tool.c", base, ours, theirs)
    assert merged.conflicts or (merged.content or b"").count(b"static int help(void)") == 1
    assert not keeps_every_edit(base, ours, theirs, run + help_ + setup + show + help_)


def test_a_line_moved_here_and_deleted_there_does_not_stay_in_a_clean_merge() -> None:
    base = b"".join(ROWS)
    ours, theirs = b"".join([*ROWS[1:3], ROWS[0], *ROWS[3:]]), b"".join(ROWS[1:])
    assert not keeps_every_edit(base, ours, theirs, ours)
    assert keeps_every_edit(base, ours, theirs, theirs)


def test_a_line_that_everybody_has_is_on_both_sides_of_a_conflict() -> None:
    base, ours, theirs = b"".join(ROWS), b"".join(ROWS) + b"mine\n", ROWS[1] + ROWS[0] + b"".join(ROWS[2:])
    assert keeps_side(base, ours, theirs, ours)
    assert not keeps_side(base, ours, theirs, ours.replace(ROWS[0], b""))


def test_a_file_that_one_side_broke_is_not_merged_by_its_tree() -> None:
    """The open bracket makes one array of all that follows; what moved above it must not end up behind."""
    tail = b'authors = [\n    "A. Walker",\n    "B. Mapper",\n]\nbuild = "build.rs"\nautolib = false\n'
    base = b'[package]\nedition = "2021"\nname = "shelf"\nversion = "1.0.0"\n' + tail
    ours = base.replace(b"authors = [", b"editors = [\nauthors = [")
    theirs = base.replace(b'name = "shelf"\nversion = "1.0.0"\n', b'version = "1.0.0"\nname = "shelf"\n')
    content = merge("Cargo.toml", base, ours, theirs).content or b""
    assert max(content.index(b'name = "shelf"'), content.index(b"editors")) < content.index(b"authors")
    assert tail in content


def test_a_closing_bracket_is_no_key_that_stands_twice() -> None:
    base = b"module a\n\nrequire (\n\tb v1\n)\n\nrequire (\n\tc v1\n)\n"
    ours, theirs = base.replace(b")\n\nrequire (\n\tc", b")\n\n\tc"), base.replace(b"require (\n\tb", b"use (\n\tb")
    merged = merge("go.mod", base, ours, theirs)
    assert not merged.conflicts
    assert merged.content == ours.replace(b"require", b"use")


def test_an_indented_header_still_opens_its_own_section() -> None:
    base = b"module a\n\nrequire (\n\tb v1\n\tc v1\n)\n\nrequire (\n\td v1\n)\n"
    ours = base.replace(b"\tc v1", b"\tbb v1\n\tc v1")
    theirs = base.replace(b"require (\n\tb v1\n", b"  require (\n\tb v1\n// note\n")
    merged = merge("go.mod", base, ours, theirs)
    first, _ = (merged.content or b"").split(b"\n)\n\n", 1)
    assert b"bb v1" in first


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (b"    a = 1\n    end()", b"    alpha(a, b)\n    c = 10\n    d = 1\n    end()"),
        (b"    return a\n    end()", b"    if a:\n        return b\n    x(a)\n    end()"),
        (b"    go(a)\n    end()", b"    if b:\n        go(a)\n    end()"),
        (b"    end(a)", b"    end(b, other(a, 2))"),
        (b"    end(1)", b"    end(2, 1)"),
    ],
)
@pytest.mark.parametrize("path", ["a.py", "a.rb"])
def test_an_edit_that_the_other_side_holds_by_chance_is_not_dropped(path: str, ours: bytes, theirs: bytes) -> None:
    base = b"def f(a, b):\n    start()\n    end()\n"
    merged = merge(path, base, base.replace(b"    end()", ours), base.replace(b"    end()", theirs))
    assert len(merged.conflicts) == 1


def test_an_edit_that_begins_the_other_sides_is_in_it() -> None:
    base = b"def f(a, b):\n    start()\n    end()\n"
    ours, theirs = base.replace(b"end()", b"end(a)"), base.replace(b"end()", b"end(a, b)")
    assert merge("a.py", base, ours, theirs).content == theirs
    ours = base.replace(b"    end", b"    go(a)\n    end")
    theirs = ours.replace(b"    end", b"    go(b)\n    end")
    assert merge("a.py", base, ours, theirs).content == theirs


def test_two_formattings_of_one_line_are_one_answer_whichever_side_is_ours() -> None:
    base = b"var a = []int{\n\t0x21, 0x22,\n\t0x29, 0x2a, 0x2b,\n\t0x31, 0x32,\n}\n"
    split = base.replace(b"0x29, ", b"0x29,\n\t    ")
    deeper = base.replace(b"\t0x29", b"\t\t0x29")
    merged, mirrored = merge("a.go", base, split, deeper), merge("a.go", base, deeper, split)
    assert merged.content == mirrored.content
    assert len(merged.conflicts) == len(mirrored.conflicts)
