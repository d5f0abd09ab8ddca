"""Which paths differ between two trees, or in the work tree: Git's own `diff --raw` finds them, renames too."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from muse.core.errors import MuseError
from muse.engine.git import records, streamed
from muse.store.objects.treediff import FLAGS

if TYPE_CHECKING:
    from muse.store.repository import Repository

SUBMODULE = "160000"
_FLAGS = ("--raw", "-z", "--no-abbrev", "--no-ext-diff", "--no-color", "--no-relative", "--ignore-submodules=dirty")
ABSENT = "000000"


class Change(NamedTuple):
    """One changed path. `status` is Git's letter (A D M T R C U); an id of zeros means "as in the work tree"."""

    status: str
    path: bytes
    old_path: bytes
    old_mode: str
    new_mode: str
    old_id: str
    new_id: str


def changes(repo: Repository, *args: str, renames: bool = True) -> Iterator[Change]:
    """What `git diff ARGS` compares, in the folder the user stands in (`["A", "B", "--", "path"]`).

    Streams; MuseError with Git's complaint already on stderr when Git refuses the arguments.
    """
    process = streamed(repo, "diff", *_FLAGS, "-M" if renames else "--no-renames", *args)
    assert process.stdout is not None
    try:
        yield from parse_raw(records(process.stdout))
    finally:
        process.stdout.close()
        code = process.wait()
    if code > 1:
        raise MuseError("git cannot compare these", code)


def between(repo: Repository, old: str, new: str) -> list[Change]:
    """What leads from one tree to another, with renames."""
    asked = repo.memo["tree diffs"] = repo.memo.get("tree diffs", 0) + 1
    edits = _edits(repo, old, new) if asked <= _FIRST else None
    if edits is not None:
        return edits
    output = repo.tree_diffs.raw(old, new)
    if output is None:  # it may know a better complaint
        output = repo.git("diff-tree", *FLAGS, old, new)
    return list(parse_raw(iter(output.split(b"\0"))))


_FIRST = 2  # tree diffs of a process; from then on a git that stays open is cheaper
_FILES = frozenset({0o100644, 0o100755})
_FOLDER = 0o040000
_MOST_FOLDERS = 50  # beyond, Git is quicker


def _edits(repo: Repository, old: str, new: str) -> list[Change] | None:
    """`between` of two trees with the same names in which only files' contents differ, as most commits do.

    Told from the trees themselves, which is cheaper than a process; None when there is more to it, such as an added
    file, of which only Git knows whether it was renamed.
    """
    found: list[Change] = []
    stack = [(b"", old, new)]
    for _ in range(_MOST_FOLDERS):
        if not stack:
            return sorted(found, key=lambda change: change.path)
        path, left, right = stack.pop()
        try:
            before, after = repo.objects.tree(left), repo.objects.tree(right)
        except (KeyError, MuseError):
            return None
        if [entry.name for entry in before] != [entry.name for entry in after]:
            return None
        inner = []
        for a, b in zip(before, after):
            if a == b:
                continue
            if a.mode == b.mode == _FOLDER:
                inner.append((path + a.name + b"/", a.id, b.id))
            elif a.mode in _FILES and b.mode in _FILES:
                name = path + a.name
                found.append(Change("M", name, name, f"{a.mode:o}", f"{b.mode:o}", a.id, b.id))
            else:
                return None
        stack += inner
    return None


def parse_raw(fields: Iterator[bytes]) -> Iterator[Change]:
    """The records of Git's `--raw -z` format."""
    for info in fields:
        if not info.startswith(b":") or info.startswith(b"::"):
            continue
        old_mode, new_mode, old_id, new_id, status = info[1:].decode().split()
        old_path = next(fields)
        path = next(fields) if status[0] in "RC" else old_path
        yield Change(status[0], path, old_path, old_mode, new_mode, old_id, new_id)


def path_text(path: bytes) -> str:
    """A path as manifests and deltas spell it."""
    from muse.store.layout import path_text as spelled

    return spelled(path)
