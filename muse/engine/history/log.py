"""Commits as Git's log streams them, with the delta from a commit's first parent."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from muse.core.errors import MuseError
from muse.domain import PluginFor
from muse.engine.git import records, streamed
from muse.engine.history.changes import Change, parse_raw
from muse.engine.history.diff import delta_between
from muse.engine.worktree.commit import tree_of_commit

if TYPE_CHECKING:
    from muse.domain import StructuredDelta
    from muse.engine.history.words import Words
    from muse.store.repository import Repository

_FIELDS = ("%H", "%T", "%P", "%an", "%ae", "%aI", "%ad", "%cn", "%ce", "%cI", "%D", "%B")
_MARK, _END = os.urandom(8).hex(), os.urandom(8).hex()  # before each field and behind all; nobody's text can know them
_FORMAT = f"--format=tformat:{_MARK}{_MARK.join(_FIELDS)}{_END}"
MOST = 50  # changed paths of one commit told from scratch; a stored delta may have more


class Commit(NamedTuple):
    """One commit; dates as ISO 8601, `when` as the user likes dates, `refs` the names that point at it."""

    id: str
    tree: str
    parents: tuple[str, ...]
    author: str
    author_email: str
    author_date: str
    when: str
    committer: str
    committer_email: str
    committer_date: str
    refs: tuple[str, ...]
    message: str


def commits(repo: Repository, words: Sequence[str]) -> Iterator[Commit]:
    """What `git log WORDS` walks, as it walks; Git's complaint goes to stderr, its exit code into the MuseError."""
    for row in _rows(repo, *words):
        yield _commit(row)


def touching(repo: Repository, path: str, words: Sequence[str]) -> Iterator[tuple[Commit, Change]]:
    """The commits that changed a file, through its renames, each with what it did to it against its first parent.

    As `git log --follow`: merges are left out, what they bring is told where it was made.
    """
    flags = ("--raw", "-M", "--no-abbrev", "--no-ext-diff", "--no-relative", "--follow")
    rows = _rows(repo, *flags, *words, "--", f":(top,literal){path}")
    head = b""
    for row in rows:
        if not row.startswith(b"\n:"):
            head = row
            continue
        change = next(parse_raw(itertools.chain([row[1:]], rows)))
        yield _commit(head), change


def _rows(repo: Repository, *words: str) -> Iterator[bytes]:
    process = streamed(repo, "log", "-z", _FORMAT, "--no-color", "--encoding=UTF-8", *words)
    assert process.stdout is not None
    finished = False
    try:
        yield from _whole(records(process.stdout))
        finished = True
    finally:
        process.stdout.close()
        code = process.wait()
    if finished and code:
        raise MuseError("git log failed", code)


def _whole(rows: Iterable[bytes]) -> Iterator[bytes]:
    """Put commits together again: a message that Git has out of another encoding may hold the byte that ends a row."""
    mark, end, held = _MARK.encode(), _END.encode(), list[bytes]()
    for row in rows:
        held.append(row)
        if not held[0].startswith(mark) or row.endswith(end):
            yield b"\0".join(held)
            held = []


def _commit(row: bytes) -> Commit:
    fields = row.decode("utf-8", "surrogateescape").removesuffix(_END).split(_MARK)[1:]
    name, tree, parents, who, mail, date, when, who2, mail2, date2, refs, message = fields
    names = tuple(ref for ref in refs.split(", ") if ref)
    return Commit(
        name, tree, tuple(parents.split()), who, mail, date, when, who2, mail2, date2, names, message.strip("\n")
    )


def delta_of(
    repo: Repository,
    tree: str,
    parents: Sequence[str],
    plugin_for: PluginFor,
    *,
    domain: str,
    most: int = MOST,
    words: Words | None = None,
) -> StructuredDelta:
    """What a commit changed against its first parent, or against nothing when it has none."""
    base = tree_of_commit(repo, parents[0]) if parents else repo.empty_tree
    return delta_between(repo, base, tree, plugin_for, domain=domain, most=most, words=words)
