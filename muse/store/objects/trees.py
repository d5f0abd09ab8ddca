"""Trees made from trees: only the folders on the way to a change are read and written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from muse.core.errors import MuseError
from muse.store.objects.database import FOLDER, TreeEntry

if TYPE_CHECKING:
    from muse.store.objects.database import ObjectWriter
    from muse.store.objects.needs import WithObjects

Change = tuple[int, str] | None
"""(mode, hex id) of what a path becomes; None takes it away."""

# Code points HFS+ does not see in a name, so that `.g\u200cit` is `.git` there.
_UNSEEN = "[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]"


def edit(repo: WithObjects, writer: ObjectWriter, tree: str | None, changes: Mapping[bytes, Change]) -> str:
    """The id of `tree` (None: the empty one) with the changes made; new trees go to `writer`.

    What becomes a folder may have been a file and the other way round. Folders that become empty vanish. MuseError for
    a path Git does not allow, and for one that would be a file and a folder at once.
    """
    nested: dict[bytes, Any] = {}
    for path, change in sorted(changes.items(), key=lambda item: (item[1] is not None, item[0])):
        *folders, name = check_path(path).split(b"/")
        here = nested
        for folder in folders:
            if here.get(folder) is None:
                here[folder] = {}
            here = here[folder]
            if not isinstance(here, dict):
                raise MuseError(f"{path.decode('utf-8', 'replace')!r} lies below a file")
        here[name] = change
    return _edit(repo, writer, tree, nested) or writer.tree([])


def _edit(repo: WithObjects, writer: ObjectWriter, tree: str | None, changes: Mapping[bytes, Any]) -> str | None:
    rows = {row.name: row for row in (repo.objects.tree(tree) if tree is not None else [])}
    for name, change in changes.items():
        old = rows.get(name)
        if isinstance(change, dict):
            below = _edit(repo, writer, old.id if old is not None and old.mode == FOLDER else None, change)
            change = None if below is None else (FOLDER, below)
            if change is None and old is not None and old.mode != FOLDER:
                continue  # nothing was added below it, so the file stays
        if change is None:
            rows.pop(name, None)
        else:
            mode, new = change
            rows[name] = TreeEntry(mode, name, new)
    return writer.tree(rows.values()) if rows else None


def check_path(path: bytes) -> bytes:
    """The path itself; MuseError when Git forbids it, on any system it may be checked out on."""
    if b"\0" in path or any(_forbidden(part) for part in path.split(b"/")):
        raise MuseError(f"Git does not allow the path {path.decode('utf-8', 'replace')!r}")
    return path


def _forbidden(part: bytes) -> bool:
    if part in (b"", b".", b".."):
        return True
    word = re.sub(_UNSEEN, "", part.decode("utf-8", "surrogateescape")).lower()
    return any(piece.split(":")[0].rstrip(" .") in (".git", "git~1") for piece in word.split("\\"))
