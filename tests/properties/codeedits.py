"""Random edits of a source file, as people make them, and what a merge of two such versions must not do to them.

A file is a list of (key, line): a line of the base keeps its key, a changed or new one gets another. What a side writes
holds a word that stands nowhere else, so that it can be counted in a merge.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from random import Random

from muse.core.markers import Chunk, Conflict, parse, settled
from muse.plugins.code.languages.table import Language
from muse.plugins.code.syntax.symbols import symbols_of

WORD = re.compile(rb"[A-Za-z]\w{2,}")
OURS, THEIRS = "Mine", "Other"
Lines = list[tuple[object, bytes]]


class Side:
    """One version of a file while somebody edits it."""

    def __init__(self, base: bytes, label: str, rng: Random, language: Language | None) -> None:
        self.lines: Lines = list(enumerate(base.splitlines(True)))
        self.label, self.rng, self.language = label, rng, language
        self.count = 0

    @property
    def data(self) -> bytes:
        return b"".join(line for _, line in self.lines)

    def word(self) -> bytes:
        """A word that stands nowhere else."""
        self.count += 1
        return f"{self.label}{self.count}".encode()

    def edit(self, times: int, about: int) -> Side:
        """`times` edits within a few lines of line `about` of the base."""
        for _ in range(times):
            near = [at for at, (key, _) in enumerate(self.lines) if isinstance(key, int) and abs(key - about) <= 6]
            if self.lines:
                self.rng.choice(EDITS)(self, self.rng.choice(near or [0]))
        rest = self.lines[:-1]
        self.lines[:-1] = [(key, line if line.endswith(b"\n") else line + b"\n") for key, line in rest]
        return self

    def reworded(self, line: bytes) -> bytes:
        """The line with one of its words replaced."""
        found = list(WORD.finditer(line))
        if not found:
            return line
        at = self.rng.choice(found)
        return line[: at.start()] + self.word() + line[at.end() :]

    def put(self, at: int, *lines: bytes) -> None:
        """Insert lines of one's own."""
        self.count += 1
        self.lines[at:at] = [((self.label, self.count, n), line) for n, line in enumerate(lines)]

    def definition(self, at: int) -> tuple[int, int, bytes] | None:
        """First line, line after the last, and name of a definition near a line; None in a file without any."""
        if self.language is None or not self.language.definitions:
            return None
        starts = {0: 0}
        for number, (_, line) in enumerate(self.lines):
            starts[max(starts) + len(line)] = number + 1
        spans = []
        for symbol in symbols_of(self.language, self.data) or []:
            end = self.data.find(b"\n", symbol.end) + 1
            if symbol.start in starts and end in starts:
                spans.append((starts[symbol.start], starts[end], symbol.name.encode()))
        return min(spans, key=lambda span: (abs(span[0] - at), span[1]), default=None)


def reword(side: Side, at: int) -> None:
    line = side.reworded(side.lines[at][1])
    if line != side.lines[at][1]:
        side.lines[at] = ((side.label, side.count), line)


def add_line(side: Side, at: int) -> None:
    line = side.reworded(side.lines[at][1])
    if line != side.lines[at][1]:
        side.put(at + side.rng.randint(0, 1), line)


def drop(side: Side, at: int) -> None:
    del side.lines[at : at + side.rng.choice([1, 1, 3])]


def repeat(side: Side, at: int) -> None:
    side.put(at, side.lines[at][1])


def move(side: Side, at: int) -> None:
    block = side.lines[at : at + 3]
    del side.lines[at : at + 3]
    to = max(0, at + side.rng.randint(-9, 9))
    side.lines[to:to] = block


def indent(side: Side, at: int) -> None:
    side.count += 1
    side.lines[at] = ((side.label, side.count), b"    " + side.lines[at][1])


def comment(side: Side, at: int) -> None:
    before, after = side.language.comment_line if side.language is not None else (b"", b"")
    if before:
        side.put(at, before + b" " + side.word() + after + b"\n")


def rename(side: Side, at: int) -> None:
    found = side.definition(at)
    if found is not None:
        name, new = re.compile(rb"\b" + re.escape(found[2]) + rb"\b"), side.word()
        side.lines = [
            ((side.label, new, key) if name.search(line) else key, name.sub(new, line)) for key, line in side.lines
        ]


def add_definition(side: Side, at: int) -> None:
    found = side.definition(at)
    if found is not None:
        start, stop, name = found
        new = side.word()
        copy = [re.sub(rb"\b" + re.escape(name) + rb"\b", new, line) for _, line in side.lines[start:stop]]
        side.put(side.rng.choice([start, stop]), *copy)


def drop_definition(side: Side, at: int) -> None:
    found = side.definition(at)
    if found is not None:
        del side.lines[found[0] : found[1]]


EDITS: list[Callable[[Side, int], None]] = [
    reword,
    reword,
    reword,
    add_line,
    add_line,
    drop,
    repeat,
    move,
    indent,
    comment,
    rename,
    add_definition,
    add_definition,
    drop_definition,
]


def words_of(label: str, data: bytes) -> Counter[bytes]:
    """How often each word of a side's own stands there."""
    return Counter(re.findall(rb"%s\d+" % label.encode(), data))


def untouched(base: bytes, ours: Side, theirs: Side) -> list[bytes]:
    """The stretches of the base that both sides have as they were, without blank lines at their ends."""
    mine, other = ({key: place for place, (key, _) in enumerate(side.lines)} for side in (ours, theirs))
    runs: list[list[bytes]] = []
    last = None
    for key, line in enumerate(base.splitlines(True)):
        if key not in mine or key not in other:
            last = None
            continue
        if last is None or mine[key] != mine[last] + 1 or other[key] != other[last] + 1:
            runs.append([])
        runs[-1].append(line)
        last = key
    return [run for run in (b"".join(lines).strip(b"\r\n") for lines in runs) if WORD.search(run)]


def taking(merged: bytes, side: str) -> bytes:
    """A file with diff3 markers when all of its conflicts are settled as `side`."""
    return b"".join(settled(chunk, side) if isinstance(chunk, Conflict) else chunk for chunk in parse(merged) or [])


def disputes(merged: bytes) -> Counter[tuple[bytes, frozenset[bytes]]]:
    """The conflicts in a file with diff3 markers, no matter which side is ours."""
    chunks: list[Chunk] = parse(merged) or []
    return Counter((c.base, frozenset((c.ours, c.theirs))) for c in chunks if isinstance(c, Conflict))
