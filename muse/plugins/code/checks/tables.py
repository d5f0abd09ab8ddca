"""Tables of Markdown: a row has as many cells as the others."""

from __future__ import annotations

from itertools import groupby

from muse.core.late import regex

_BAR = regex(rb"(?<!\\)\|")


def evens_tables(base: bytes, ours: bytes, theirs: bytes, merged: bytes) -> bool:
    """True when the result has no more uneven tables than any of the versions."""
    return _uneven(merged) <= max(map(_uneven, (base, ours, theirs)))


def _uneven(data: bytes) -> int:
    """How many runs of rows have rows of different length."""
    rows = (line.strip() for line in data.splitlines())
    runs = (list(run) for barred, run in groupby(rows, key=lambda row: row.startswith(b"|")) if barred)
    return sum(len({len(_BAR.findall(row)) for row in run}) > 1 for run in runs)
