"""What tests of the law share: a file with two places, and what has to come of a merge."""

from __future__ import annotations

from muse.plugins.code.merge.file import merge_code

Sides = tuple[bytes, bytes, bytes]


def sides_of(file: str, one: str, other: str) -> Sides:
    """Base, ours and theirs of a file: one side puts something at ONE, the other at TWO."""
    texts = (("", ""), (one, ""), ("", other))
    base, ours, theirs = (file.replace("ONE", a).replace("TWO", b).encode() for a, b in texts)
    return base, ours, theirs


def both_stay(path: str, file: str, one: str, other: str) -> None:
    """Both are in the result, each at its place, whoever merges."""
    base, ours, theirs = sides_of(file, one, other)
    for sides in ((ours, theirs), (theirs, ours)):
        merged = merge_code(path, base, *sides)
        assert not merged.conflicts
        assert merged.content == file.replace("ONE", one).replace("TWO", other).encode()


def both_ways(path: str, base: str, ours: str, theirs: str) -> list[bytes | None]:
    """What comes of a merge, both ways round; None for a conflict."""
    assert base not in (ours, theirs)
    sides = [ours.encode(), theirs.encode()]
    made = [merge_code(path, base.encode(), *order) for order in (sides, sides[::-1])]
    return [None if each.conflicts else each.content for each in made]
