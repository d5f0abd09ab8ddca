"""Commits as Git's log streams them, with the delta from a commit's first parent."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
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
FORMAT = "--format=tformat:" + "%x1f".join(_FIELDS)
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
        yield _commit(row.decode("utf-8", "surrogateescape"))


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
        yield _commit(head.decode("utf-8", "surrogateescape")), change


def _rows(repo: Repository, *words: str) -> Iterator[bytes]:
    process = streamed(repo, "log", "-z", FORMAT, "--no-color", "--encoding=UTF-8", *words)
    assert process.stdout is not None
    finished = False
    try:
        yield from records(process.stdout)
        finished = True
    finally:
        process.stdout.close()
        code = process.wait()
    if finished and code:
        raise MuseError("git log failed", code)


def _commit(row: str) -> Commit:
    name, tree, parents, who, mail, date, when, who2, mail2, date2, refs, message = row.split("\x1f", len(_FIELDS) - 1)
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
