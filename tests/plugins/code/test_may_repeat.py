"""The cheap look for repeated definitions: it must notice every one, and leave ordinary edits alone."""

from __future__ import annotations

import pytest

from muse.plugins.code.checks.duplicates import may_repeat
from muse.plugins.code.languages import language_of

BASE = b"def a():\n    total = 1\n    return total\n\n\ndef b():\n    total = 2\n    return total\n"


@pytest.mark.parametrize(
    ("ours", "theirs", "asked"),
    [
        (BASE.replace(b"= 1", b"= 10"), BASE.replace(b"= 2", b"= 20"), False),  # two edits of assignments
        (BASE + b"def new():\n    pass\n", b"def new():\n    return 1\n" + BASE, True),
        (BASE.replace(b"= 1", b"= 10"), BASE + b"total = 3\n", False),  # only one side has a new one
        (BASE + b"setup(name='x')\nlimit = 1\n", b"limit = 2\n" + BASE, True),
        (BASE, BASE.replace(b"= 2", b"= 20"), False),
    ],
)
def test_only_what_both_sides_newly_name_is_looked_at(ours, theirs, asked):
    language = language_of("x.py")
    assert language is not None and may_repeat(language, BASE, ours, theirs) is asked


def test_in_data_every_edited_key_counts():
    language = language_of("x.json")
    base = b'{\n  "a": 1,\n  "b": 2\n}\n'
    assert language is not None
    assert may_repeat(language, base, base.replace(b"1", b"3"), base.replace(b'"b": 2', b'"a": 4'))
