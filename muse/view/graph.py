"""The history as Git draws it, with one line for each commit that says what it changed.

Git draws the graph; a mark tells where its drawing ends and a commit's subject, or its trees, begin. The second line is
replaced by the sentence. So the drawing and its colours stay Git's, and no subject is taken for them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from muse.core.terminal import repainted

MARK = "\x01"
FORMAT = f"--format=tformat:%C(auto)%h%d%C(reset) {MARK}s%s%n{MARK}t%T %P"
_COLOR = re.compile(r"\x1b\[[0-9;]*m")

Say = Callable[[str, list[str]], str]  # tree, parents -> one line, or ""


def graph_lines(drawn: Iterable[str], say: Say) -> Iterator[str]:
    """The lines of `git log --graph FORMAT` with each mark replaced; a line left without a drawing is dropped."""
    for line in drawn:
        prefix, _, rest = line.partition(MARK)
        prefix = repainted(prefix)
        if rest[:1] != "t":
            yield f"{prefix}{rest[1:]}".rstrip()
            continue
        tree, *parents = _COLOR.sub("", rest[1:]).split()
        said = say(tree, parents)
        if said:
            yield f"{prefix}  {said}"
        elif re.search(r"[\\/_]", _COLOR.sub("", line.partition(MARK)[0])):
            yield prefix.rstrip()
