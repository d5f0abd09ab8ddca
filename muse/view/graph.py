"""The history as Git draws it, with one line for each commit that says what it changed.

Git draws the graph; a commit's second line carries a mark that is replaced by the sentence, so that the drawing to the
left of it stays Git's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

MARK = "\x01"
FORMAT = f"--format=tformat:%C(auto)%h%d%C(reset) %s%n{MARK}%T %P"
_COLOR = re.compile(r"\x1b\[[0-9;]*m")

Say = Callable[[str, list[str]], str]  # tree, parents -> one line, or ""


def graph_lines(drawn: Iterable[str], say: Say) -> Iterator[str]:
    """The lines of `git log --graph FORMAT` with each mark replaced; a line left without a drawing is dropped."""
    for line in drawn:
        prefix, found, rest = line.partition(MARK)
        if not found:
            yield line.rstrip()
            continue
        tree, *parents = _COLOR.sub("", rest).split()
        said = say(tree, parents)
        if said:
            yield f"{prefix}  {said}"
        elif re.search(r"[\\/_]", _COLOR.sub("", prefix)):
            yield prefix.rstrip()
