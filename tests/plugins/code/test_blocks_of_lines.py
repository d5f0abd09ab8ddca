"""Files that are read as blocks of lines: where a block ends, and how long that takes."""

from __future__ import annotations

import time

import pytest

from muse.plugins.code.languages import load
from muse.plugins.code.syntax.keyed_lines import line_spans


def names(row: str, data: bytes) -> list[tuple[str, bytes]]:
    """Each block with its name, and how it ends."""
    language = load(row)
    assert language is not None
    return [
        (key[-1] if key else "", data[:stop].rpartition(b"\n")[2]) for _, stop, _, key in line_spans(language, data)
    ]


def test_a_comment_that_ends_with_a_full_stop_ends_no_function() -> None:
    data = b'f(X) ->\n    %% One.\n    a(X), % Two.\n    b(X).\n\ng("a,b", {X, Y}, $,) -> X.\n\nh() -> 1.\n'
    ends = [("f/1", b"    b(X)."), ("g/3", b'g("a,b", {X, Y}, $,) -> X.'), ("h/0", b"h() -> 1.")]
    assert names("erlang", data) == ends


def test_a_function_that_nothing_ends_goes_on_to_the_end() -> None:
    assert names("erlang", b"f(X) ->\n    a(X)\n") == [("f/1", b"    a(X)")]


@pytest.mark.parametrize(
    ("row", "line"), [("lisp", b"; a comment\n"), ("erlang", b"% a comment\n"), ("erlang", b"-spec a\n")]
)
def test_many_lines_that_belong_to_nothing_take_no_square(row: str, line: bytes) -> None:
    began = time.process_time()
    assert [name for name, _ in names(row, line * 20_000 + b"\nx\n")] == [""]
    assert time.process_time() - began < 5
