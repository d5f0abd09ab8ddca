"""Closed segments of a log: the front of it, in files that nobody appends to any more.

They are `archive/<first>-<last>-<time>.jsonl`. The names count bytes from the beginning of the whole log, so an offset
means the same before and after; `<time>` is the largest Lamport time up to there. The live file begins where the last
one ends: the rename that closes a file is also what moves that place. A `.json` beside it says how to put the very same
bytes together from what Git has; with that the `.jsonl` may be given up.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import IO, NamedTuple

from muse.core.git_host import host
from muse.core.types import load_json_file

FOLDER = "archive"
_NAME = re.compile(r"([0-9]{12,18})-([0-9]{12,18})-([0-9]{1,16})\.json(?:l)?")
_FILLER = 1 << 16


class Segment(NamedTuple):
    """The bytes `first` to `last` of a log; `stem` is the path of its files without suffix, "" when all are gone."""

    first: int
    last: int
    lamport: int
    stem: str

    @property
    def local(self) -> str:
        """The file with its lines."""
        return f"{self.stem}.jsonl"

    @property
    def recipe(self) -> str:
        """The file that says where its lines are in Git."""
        return f"{self.stem}.json"


def stem_of(folder: Path, first: int, last: int, lamport: int) -> str:
    """The path of a segment's files without their suffix."""
    return os.fspath(folder / FOLDER / f"{first:012d}-{last:012d}-{lamport}")


def closed(folder: Path) -> tuple[Segment, ...]:
    """The closed segments of a log in their order; one without a stem stands for a gap between them."""
    try:
        names = os.listdir(folder / FOLDER)
    except FileNotFoundError:
        return ()
    found: list[Segment] = []
    at = 0
    matches = {match.groups() for match in map(_NAME.fullmatch, names) if match}
    for first, last, lamport in sorted((tuple(map(int, numbers)) for numbers in matches), key=_longest_first):
        if first < at or last <= first:
            continue  # no name of ours
        if first > at:
            found.append(Segment(at, first, 0, ""))
        found.append(Segment(first, last, lamport, stem_of(folder, first, last, lamport)))
        at = last
    return tuple(found)


def _longest_first(numbers: tuple[int, ...]) -> tuple[int, int]:
    return numbers[0], -numbers[1]


def restored(root: Path, segment: Segment, into: IO[bytes]) -> bool:
    """Write a segment as Git has it; False when there is nothing to go by, or what comes is not what it was."""
    recipe = load_json_file(segment.recipe) if segment.stem else None
    if not isinstance(recipe, dict) or recipe.get("size") != segment.last - segment.first:
        return False
    digest = sha256()
    try:
        for part in host().archived(root, recipe):
            digest.update(part)
            into.write(part)
    except (KeyError, IndexError, TypeError, ValueError):
        return False  # Git has it no more, or the recipe is none of ours
    into.flush()
    return digest.hexdigest() == recipe.get("sha256")


def filler(size: int) -> Iterator[bytes]:
    """Lines in the place of bytes that are gone, so that what follows keeps its offset; see `is_filler`."""
    while size > 0:
        part = min(size, _FILLER)
        yield b"#" * (part - 1) + b"\n"
        size -= part


def is_filler(line: bytes) -> bool:
    """True for a line that stands for lost bytes: their loss is told once, not line by line."""
    return not line.strip(b"#")
