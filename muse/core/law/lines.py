"""Rules 8 and 9: what can be asked of lines alone, of any text and in any domain."""

from __future__ import annotations

import re
from collections.abc import Sequence

from muse.core.late import regex

Sides = tuple[bytes, bytes, bytes]


def mixes_ends(base: bytes, ours: bytes, theirs: bytes, result: bytes) -> bool:
    """Rule 9: two kinds of line end where each side has one."""
    return not any(_mixed(side) for side in (ours, theirs)) and _mixed(result)


def line_breach(base: bytes, ours: bytes, theirs: bytes, result: bytes) -> str:
    """What in the result breaks rules 8 and 9, in words; "" for nothing."""
    if mixes_ends(base, ours, theirs, result):
        return "two kinds of line end"
    late = out_of_order(base, ours, theirs, result)
    return f"has to come first: {late.decode('utf-8', 'replace')[:60]}" if late else ""


def _mixed(data: bytes) -> bool:
    return 0 < data.count(b"\r\n") < data.count(b"\n")


_FIRST: Sequence[tuple[re.Pattern[bytes], re.Pattern[bytes]]] = (
    # what has to come first, and what may stand before it
    (regex(rb"#!.*"), regex(rb"$^")),
    (regex(rb"from __future__ import"), regex(rb"\s*(#.*|[rRbBuU]{0,2}(\"|').*|from __future__.*)?$")),
    (regex(rb"<\?xml\b"), regex(rb"$^")),
)


def out_of_order(base: bytes, ours: bytes, theirs: bytes, result: bytes) -> bytes:
    """Rule 8: a line that has to come first, and in the result alone does not; b"" for none."""
    for first, before in _FIRST:
        if first.search(result) is None:
            continue
        late = [_late(data, first, before) for data in (result, ours, theirs)]
        if late[0] and not late[1] and not late[2]:
            return late[0]
    return b""


def _late(data: bytes, first: re.Pattern[bytes], before: re.Pattern[bytes]) -> bytes:
    """The line that has to come first, where a line stands before it that may not."""
    quoted = b""
    passed = False
    for line in data.splitlines():
        if first.match(line):
            return line if passed else b""
        if quoted:
            quoted = b"" if quoted in line else quoted
            continue
        found = re.match(rb"\s*[rRbBuU]{0,2}(\"\"\"|''')", line)
        if found is not None:
            quoted = b"" if line.count(found.group(1)) > 1 else found.group(1)
        elif not before.match(line):
            passed = True
    return b""
