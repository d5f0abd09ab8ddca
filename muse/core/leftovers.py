"""What a killed process of ours has left, in a Git directory and in the folder for temporary files, taken away by the
next one: each name says whose it is."""

from __future__ import annotations

import os
import time

_OURS = {"": ("index.muse-", "muse-files-"), "muse": ("ahead-",)}  # folder of the Git directory -> how names begin
_PASSING = ("muse-merge-", "muse-strategy-", "muse-attributes-", "muse-objects-", "muse-import-", "muse-bundle-")
OLD = 86_400.0  # seconds: a process that cannot be seen from here, as one in a container, may still run


def sweep(git_dir: str | os.PathLike[str]) -> list[str]:
    """Remove what belongs to processes that are gone; the names that were removed."""
    removed = []
    for folder, beginnings in _OURS.items():
        top = os.path.join(git_dir, folder)
        try:
            names = [name for name in os.listdir(top) if name.startswith(beginnings)]
        except OSError:
            continue
        removed += [name for name in names if _is_left(name) and _remove(os.path.join(top, name))]
    return removed


def passing(kind: str) -> str:
    """How the name of a temporary folder of this process begins, for `tempfile`; `kind` is "merge" and the like."""
    assert f"muse-{kind}-" in _PASSING
    return f"muse-{kind}-{os.getpid()}-"


def sweep_temporary() -> list[str]:
    """Remove folders that killed processes of this user left among the temporary files a day ago or more.

    Links are not followed, and what belongs to somebody else is left.
    """
    import tempfile

    me = os.geteuid() if hasattr(os, "geteuid") else None
    removed = []
    try:
        with os.scandir(tempfile.gettempdir()) as entries:
            found = [entry for entry in entries if entry.name.startswith(_PASSING) and _is_left(entry.name)]
    except OSError:
        return []
    for entry in found:
        try:
            is_ours = entry.is_dir(follow_symlinks=False) and me in (None, entry.stat(follow_symlinks=False).st_uid)
            old = time.time() - entry.stat(follow_symlinks=False).st_mtime > OLD
        except OSError:
            continue
        if is_ours and old and _remove(entry.path):
            removed.append(entry.name)
    return removed


def _is_left(name: str) -> bool:
    """True when the process whose id comes after the name's beginning does not run."""
    beginning = next(text for group in (*_OURS.values(), _PASSING) for text in group if name.startswith(text))
    pid = name[len(beginning) :].replace(".", "-").split("-")[0]
    return pid.isdigit() and is_gone(int(pid))


def is_gone(pid: int) -> bool:
    """True when no process has this id; False where that cannot be known: Windows has no signal 0, and takes it for a
    Ctrl-C."""
    if not hasattr(os, "getuid"):
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):
        return False
    return False


def _remove(path: str) -> bool:
    import shutil

    try:
        os.unlink(path)
    except (IsADirectoryError, PermissionError):
        shutil.rmtree(path, ignore_errors=True)
    except OSError:
        return False
    return not os.path.lexists(path)
