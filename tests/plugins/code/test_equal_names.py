"""Keys and messages that stand many times: told as they are, in a time that grows with the file."""

from __future__ import annotations

import time

import pytest

from muse.plugins.code.keys.values import read, same
from muse.plugins.code.plugin import CodePlugin

NAMES = 20_000


def test_keys_that_stand_twice_are_equal_only_to_the_same() -> None:
    values = [
        read("json", text.encode(), None)
        for text in (
            '{"a": 1, "a": 2}',
            '{"a": 1, "a": "2"}',
            '{"a": 1, "a": 2, "a": 3}',
            '{"a": 1, "a": "2, 3"}',
            '{"a": {"b": 1, "b": 2}, "a": 3}',
            '{"a": {"b": "<4:1, 2>"}, "a": 3}',
            '{"a": 2}',
        )
    ]
    assert [[same(one, other) for other in values].index(True) for one in values] == list(range(len(values)))
    assert same(read("json", b'{"a": 1, "a": 2}', None), values[0])


def test_keys_that_stand_twice_within_each_other_take_no_room() -> None:
    """Each was written down with what was in it escaped once more: twice as long with each level."""
    text = b"1"
    for _ in range(60):
        text = b'{"a": "\'", "a": %b}' % text
    assert len(repr(read("json", text, None))) < 10_000


@pytest.mark.parametrize(
    ("path", "line"), [("a.json", '"a":1,'), ("a.po", 'msgid "a"\nmsgstr "b"\n\n'), ("a.ini", "a = 1\n")]
)
def test_names_that_stand_very_often(path: str, line: str) -> None:
    sides = [line * NAMES + last for last in ("", line.replace("a", "c", 1))]
    if path == "a.json":
        sides = ["{" + side[:-1] + "}" for side in sides]
    elif path == "a.ini":
        sides = ["[s]\n" + side for side in sides]
    begun = time.process_time()
    ops = CodePlugin().diff_file(path, *(side.encode() for side in sides))
    assert ops and time.process_time() - begun < 5  # it was minutes, and gigabytes
