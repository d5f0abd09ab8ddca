"""Three-way cases by hand: what stands in base, ours and theirs, and what may come of it; nothing of it: a question."""

from __future__ import annotations

import re
from typing import NamedTuple

from muse.core import options
from muse.domain import FileMerge
from muse.plugins.daw.plugin import DawPlugin


class Case(NamedTuple):
    """One case; `wanted` are the results that are right, all questions where there is none."""

    name: str
    base: bytes
    ours: bytes
    theirs: bytes
    wanted: tuple[bytes, ...]


def case(name: str, base: bytes, ours: bytes, theirs: bytes, *wanted: bytes) -> Case:
    """A case."""
    return Case(name, base, ours, theirs, wanted)


def merge(base: bytes, ours: bytes, theirs: bytes, picks: dict[str, options.Choice] | None = None) -> FileMerge:
    """The merge of three documents, whichever program's."""
    with options.using(options.current()._replace(picks=picks or {})):
        return DawPlugin().merge_file("song", base, ours, theirs)


def judged(each: Case, swapped: bool) -> None:
    """The result is one of those wanted, or a question where none is; both ways round."""
    ours, theirs = (each.theirs, each.ours) if swapped else (each.ours, each.theirs)
    assert len({plain(each.base), plain(ours), plain(theirs)}) == 3
    merged = merge(each.base, ours, theirs)
    told = [*merged.notes, *(record.to_dict() for record in merged.conflicts)]
    if not each.wanted:
        assert merged.conflicts, "two edits that nobody can put together for sure are asked about"
        if merged.conflicts[0].address == "":
            assert merged.content == ours, "about a project as a whole, which stays what it was"
        return
    assert not merged.conflicts, told
    assert plain(merged.content or b"") in [plain(each) for each in each.wanted]


def plain(document: bytes) -> bytes:
    """A document without blanks between elements, and without the next free number."""
    document = re.sub(rb'<NextPointeeId Value="\d+" />', b"", document)
    return re.sub(rb">\s+<", b"><", re.sub(rb"\s+", b" ", document)).strip()
