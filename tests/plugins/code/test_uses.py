"""A name that one side took out, and that the other side used once more: what is put together never uses it."""

from __future__ import annotations

import time

import pytest

from muse.core.markers import Conflict, conflicts_of, parse
from muse.core.options import MergeOptions, using
from muse.plugins.code.checks.uses import uses_old_name, uses_what_is_gone
from muse.plugins.code.languages import language_of
from muse.plugins.code.merge.file import merge_code
from muse.plugins.code.syntax import entries
from muse.plugins.code.syntax.window import LARGE

PYTHON = b"""from clock import (
    now,
    sleep,
    tick,
)


def one():
    sleep()
    return now()


def two():
    return tick()
"""
C = b"""static int get_pane(int id)
{
    int next = id + 1;
    return next;
}

int first(void)
{
    return get_pane(1);
}

int last(void)
{
    return 2;
}
"""


def edited(data: bytes, *pairs: tuple[bytes, bytes]) -> bytes:
    for old, new in pairs:
        assert old in data
        data = data.replace(old, new)
    return data


USED = edited(PYTHON, (b"    now,\n", b"    later,\n    now,\n"), (b"return tick()", b"sleep()\n    return tick()"))
TAKEN_OUT = edited(PYTHON, (b"    sleep,\n", b"    pause,\n"), (b"    sleep()\n", b"    pause()\n"))
CALLED = edited(C, (b"return 2;", b"return get_pane(2);"), (b"return next;", b"return next + 1;"))
RENAMED = edited(C, (b"get_pane", b"find_pane"), (b"int next =", b"long next ="))


@pytest.mark.parametrize(
    ("path", "base", "ours", "theirs"), [("a.py", PYTHON, USED, TAKEN_OUT), ("a.c", C, CALLED, RENAMED)]
)
def test_a_merge_beyond_git_does_not_use_what_is_gone(path: str, base: bytes, ours: bytes, theirs: bytes) -> None:
    for one, other in ((ours, theirs), (theirs, ours)):
        assert merge_code(path, base, one, other).conflicts


def test_gits_clean_text_conflicts_where_the_new_use_is() -> None:
    with using(MergeOptions(conflict_style="diff3")):
        merged = merge_code("a.py", PYTHON, USED, TAKEN_OUT)
    (conflict,) = conflicts_of(parse(merged.content or b"") or [])
    assert isinstance(conflict, Conflict)
    assert (conflict.ours, conflict.theirs) == (b"    sleep()\n", b"")
    assert b"uses sleep, which is gone" in (merged.content or b"")
    assert b"    later,\n    now,\n    pause,\n" in (merged.content or b"")


def test_a_word_in_a_text_is_no_use() -> None:
    text = edited(PYTHON, (b"return tick()", b"return tick('sleep')"))
    merged = merge_code("a.py", PYTHON, text, TAKEN_OUT)
    assert not merged.conflicts
    assert merged.content == edited(TAKEN_OUT, (b"return tick()", b"return tick('sleep')"))


def test_what_is_gone() -> None:
    python, c = language_of("a.py"), language_of("a.c")
    used = edited(TAKEN_OUT, (b"return tick()", b"sleep()\n    return tick()"))
    for sides in ((USED, TAKEN_OUT), (TAKEN_OUT, USED)):
        assert set(uses_what_is_gone(python, (PYTHON, *sides), used)) == {"sleep"}
    called = edited(RENAMED, (b"return 2;", b"return get_pane(2);"))
    assert uses_what_is_gone(c, (C, CALLED, RENAMED), called) == {"get_pane": 2}
    assert uses_what_is_gone(c, (C, CALLED, RENAMED), called, imports=True) == {"get_pane": 2}
    moved = C[C.index(b"int first") :].replace(b"get_pane(1)", b"1")
    called = edited(moved, (b"return 2;", b"return get_pane(2);"))
    assert uses_what_is_gone(c, (C, CALLED, moved), called, imports=True) == {}  # it may be in another file now
    assert uses_what_is_gone(None, (C, CALLED, RENAMED), called) == {}


def test_what_is_bound_again_or_never_was_is_not_gone() -> None:
    python = language_of("a.py")
    bound = edited(
        TAKEN_OUT, (b"def two", b"def sleep():\n    pass\n\n\ndef two"), (b"return tick", b"sleep()\n    return tick")
    )
    assert uses_what_is_gone(python, (PYTHON, bound, TAKEN_OUT), bound) == {}
    plain = b"def one():\n    word = 1\n    return word\n"
    gone, added = plain.replace(b"word", b"text"), plain + b"# a word\n"
    assert uses_what_is_gone(python, (plain, added, gone), gone + b"# a word\n") == {}


def test_a_large_file_is_not_taken_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three whole trees of megabytes are more than a merge may take."""
    blocks = [b"def f%d(a):\n    return a\n\n\n" % n for n in range(12_000)]
    sides = (b"".join(blocks), b"".join(blocks[:100] + blocks[900:]), b"".join([*blocks, b"f%d(1)\n" % 500]))
    assert len(sides[0]) > LARGE
    monkeypatch.setattr(entries, "outline", lambda *_, **__: pytest.fail("it was taken apart"))
    assert uses_what_is_gone(language_of("a.py"), sides, sides[1] + b"f500(1)\n") == {}


def test_one_long_line_and_many_new_names_take_no_time() -> None:
    line = b"f(a=>a.b," + b"x|y=>{z for(x of y)}," * 5000 + b"1);\n"
    other = b"".join(b"let name%d = a%d;\n" % (n, n) for n in range(1500))
    base = line + other + b"// end\n"
    sides = base, line.replace(b"a", b"q") + other.replace(b"name", b"n") + b"// end\n", base + line + other
    began = time.process_time()
    uses_old_name(language_of("a.js"), sides, sides[1] + line + other, time.monotonic() + 5)
    assert time.process_time() - began < 8


def test_a_word_that_there_is_no_time_to_look_into_counts() -> None:
    base = b"def f(items):\n    a(items)\n    b()\n    c()\n    d(1)\n"
    ours = base.replace(b"items", b"lines")
    merged = ours.replace(b"d(1)", b"d([items for items in e()])")
    sides = base, ours, base.replace(b"d(1)", b"d([items for items in e()])")
    language = language_of("a.py")
    assert uses_old_name(language, sides, merged, time.monotonic() + 60) == {}
    assert uses_old_name(language, sides, merged, time.monotonic() - 1) == {"items": 1}
