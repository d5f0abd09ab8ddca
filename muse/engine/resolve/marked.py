"""A file with conflict markers, whoever made them, merged again with what Muse knows of its kind.

The two sides are read back from the markers. What both come from is the version that the index holds of an unmerged
path, else the one a person names, else what the markers show (`diff3`, `zdiff3`). What was settled by hand is the same
on both sides, and stays.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, NamedTuple

from muse.core import markers
from muse.core.errors import MuseError
from muse.core.options import MergeOptions
from muse.core.terminal import command
from muse.engine.merge.one_file import how_from, merge_one, settings

if TYPE_CHECKING:
    from typing import Any

    from muse.core.options import ConflictStyle
    from muse.domain import FileMerge
    from muse.store.repository import Repository

_RUN = re.compile(rb"^(<{3,200})(?: |\r?$)", re.M)
_NOTE = re.compile(r" \([^()]*(?:\([^()]*\)[^()]*)*\)$")


class Solved(NamedTuple):
    """What came out, and how many conflicts the file had before."""

    merged: FileMerge
    before: int


def solve(name: str, data: bytes, plugin: Any, repo: Repository | None, base: bytes | None = None) -> Solved | None:
    """Merge the sides of a marked file again; None for a file without markers.

    `name` is the path in the repository, if it is in one. MuseError where markers do not pair, or nothing tells what
    both sides come from.
    """
    found = _read(name, data)
    if found is None:
        return None
    ours, theirs = (_side(found, side) for side in ("ours", "theirs"))
    if base is None:
        staged = _staged(repo, name) if repo is not None else None
        if staged is None and not found.shows_base:
            raise MuseError(
                f"{name}: the markers do not show what both sides come from",
                hint=f"{command('git', 'checkout', '--conflict=diff3', '--', name)}   or name it: --base FILE",
            )
        base = _side(found, "base") if staged is None else staged
    merged = merge_one(plugin, name, base or None, ours, theirs, _how(found, repo))
    return Solved(merged, len(markers.conflicts_of(found.chunks)))


def _read(name: str, data: bytes) -> markers.Marked | None:
    """The file read back, with markers of the length it has; None when it has none."""
    sizes = list(dict.fromkeys(len(run[1]) for run in _RUN.finditer(data)))
    for size in sorted(sizes, key=lambda length: (length != 7, length))[:5]:
        found = markers.read(data, size)
        if found is not None and markers.conflicts_of(found.chunks):
            return found
    if 7 in sizes:
        raise MuseError(f"{name}: the conflict markers do not pair", hint=command("git", "checkout", "-m", "--", name))
    return None


def _side(found: markers.Marked, side: str) -> bytes:
    return b"".join(
        markers.settled(chunk, side) if isinstance(chunk, markers.Conflict) else chunk for chunk in found.chunks
    )


def _staged(repo: Repository, path: str) -> bytes | None:
    """What the index holds as the base of an unmerged path, as a checkout writes it; b"" for a path both added, None
    for one that is not unmerged."""
    listing = repo.git("ls-files", "--unmerged", "-z", "--full-name", ":/")
    entries = (entry.partition(b"\t") for entry in listing.split(b"\0"))
    stages = {meta.split()[2]: meta.split()[1] for meta, _, named in entries if named == os.fsencode(path)}
    if not stages:
        return None
    oid = stages.get(b"1")
    return b"" if oid is None else repo.git("cat-file", "--filters", f"--path={path}", oid.decode())


def _how(found: markers.Marked, repo: Repository | None) -> MergeOptions:
    """The file's own labels and style, and what the repository is set to."""
    how = MergeOptions() if repo is None else how_from(settings(repo), repo.work_tree)[0]
    ours, base, theirs = found.labels
    style: ConflictStyle = "merge" if not found.shows_base else "zdiff3" if how.conflict_style == "zdiff3" else "diff3"
    return how._replace(
        ours_label=_NOTE.sub("", ours) or "ours",
        base_label=base or "base",
        theirs_label=theirs or "theirs",
        marker_size=found.size,
        conflict_style=style,
    )


def place_of(file: os.PathLike[str]) -> tuple[Repository | None, str]:
    """The repository a file is in and its path there; None and its name outside of one."""
    from muse.store.repository import Repository

    whole = os.path.realpath(file)
    try:
        repo = Repository.discover(os.path.dirname(whole))
    except MuseError:
        return None, os.path.basename(whole)
    root = os.path.realpath(repo.work_tree) if repo.work_tree is not None else ""
    if not root or not whole.startswith(os.path.join(root, "")):
        return None, os.path.basename(whole)
    return repo, os.path.relpath(whole, root).replace(os.sep, "/")
