"""What a killed process of ours has left in a Git directory, taken away by the next one: each name says whose it is."""

from __future__ import annotations

import os

_OURS = {"": ("index.muse-", "muse-files-"), "muse": ("ahead-",)}  # folder of the Git directory -> how names begin


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


def _is_left(name: str) -> bool:
    """True when the process whose id comes after the name's beginning does not run."""
    beginning = next(text for group in _OURS.values() for text in group if name.startswith(text))
    pid = name[len(beginning) :].replace(".", "-").split("-")[0]
    return pid.isdigit() and is_gone(int(pid))


def is_gone(pid: int) -> bool:
    """True when no process has this id; False where that cannot be known."""
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
