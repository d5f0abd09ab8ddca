"""The paths that ops name: the folders above them, and what no commit or no disk can hold."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from typing import Any

from muse.core.errors import MuseError
from muse.core.paths import StrPath
from muse.core.platform.files import as_git_has_it
from muse.store.layout import path_bytes
from muse.store.objects.trees import check_path

_LONGEST_NAME = 255
_LONGEST_PATH = 3000  # bytes below the work tree; a system's PATH_MAX counts the folders above it too


def folders_of(path: str) -> list[str]:
    """The folders a file is in, the nearest first."""
    return [path[:at] for at in range(len(path) - 1, 0, -1) if path[at] == "/"]


def as_git_names_files(op: Mapping[str, Any]) -> Any:
    """A copy of an op whose files are named as Git names them; what is inside of a file keeps its own spelling."""
    named = dict(op)
    for field in ("address", "from_address", "to"):
        if isinstance(said := named.get(field), str):
            path, mark, inside = said.partition("::")
            within = field == "to" and "::" in str(op.get("address"))  # the new name of a definition, not of a file
            named[field] = said if within else f"{as_git_has_it(path)}{mark}{inside}"
    return named


def may_be_in_submodule(root: StrPath, path: str) -> bool:
    """True where Git's list of submodules is there, or a repository in the way to the path: cheap, for every op."""
    names = [".gitmodules", *(f"{name}/.git" for name in (path, *folders_of(path)))]
    return any(os.path.lexists(os.path.join(root, name)) for name in names)


def refuse_in_submodule(path: str, submodules: Collection[str]) -> None:
    """MuseError for a file that a submodule is, or is above: it would take the submodule out of the commit."""
    for name in (path, *folders_of(path)) if submodules else ():
        if name in submodules:
            raise MuseError(f"{name!r:.200} is a submodule; what is in it is committed in its own repository")


def refuse_path(path: str) -> None:
    """MuseError for a path that no commit can hold, or no disk."""
    raw = check_path(path_bytes(path))
    if len(raw) > _LONGEST_PATH or max(map(len, raw.split(b"/"))) > _LONGEST_NAME:
        raise MuseError(f"no disk takes a name that long ({len(raw)} bytes)")
    if raw.split(b"/")[0].lower() == b".muse":
        raise MuseError("what is in .muse belongs to this clone and is never committed")
