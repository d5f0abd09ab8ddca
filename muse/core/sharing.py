"""`core.sharedRepository`: what is written below a Git directory can be used by those whom that setting names.

Git asks this of every file it makes there, and so do we: a log, a cache or a folder that only its first user may write
stops everybody else. Files of the work tree are nobody's concern, neither Git's nor ours.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager

from muse.core.errors import MuseError
from muse.core.gitconfig import parse, started
from muse.core.paths import common_dir_text, is_git_dir
from muse.core.platform.files import OPEN
from muse.core.platform.locks import lock

TYPE_CHECKING = False  # every start of a driver that keeps a record runs this file
if TYPE_CHECKING:
    from muse.core.paths import StrPath

_GROUP, _EVERYBODY = 0o660, 0o664
_WORDS = {
    **dict.fromkeys(("umask", "false", "no", "off", "0", ""), 0),
    **dict.fromkeys(("group", "true", "yes", "on", "1"), _GROUP),
    **dict.fromkeys(("all", "world", "everybody", "2"), _EVERYBODY),
}
_ASK = ("config", "-z", "--get-regexp", r"^core\.sharedrepository$")
_known: dict[str, int] = {}


def bits(value: str | None) -> int:
    """The setting as permission bits to add; below zero they are all the bits there are to be; 0 leaves the umask."""
    if value is None:
        return 0
    if value.lower() in _WORDS:
        return _WORDS[value.lower()]
    try:
        mode = int(value, 8)
    except ValueError:
        return 0
    return -(mode & 0o666) if mode & 0o600 == 0o600 else 0


def remember(git_dir: StrPath, value: str | None) -> None:
    """Spare this process the question: the setting's value is known here."""
    _known[os.path.realpath(common_dir_text(git_dir))] = bits(value)


def share(path: StrPath) -> None:
    """Give a file or a folder that we have just made below a Git directory the permissions of the setting.

    Somebody else's is left as it is, and so is everything outside of a Git directory.
    """
    found = os.stat(path)
    if not hasattr(os, "geteuid") or found.st_uid != os.geteuid():
        return
    mode = stat.S_IMODE(found.st_mode)
    wanted = _wanted(mode, stat.S_ISDIR(found.st_mode), _asked(os.path.dirname(os.path.abspath(path))))
    if wanted != mode:
        os.chmod(path, wanted)


def make_folders(path: StrPath) -> None:
    """A folder and those it is in, as far as they are missing; those below a Git directory are shared."""
    missing = []
    at = os.path.abspath(path)
    while not os.path.isdir(at):
        missing.append(at)
        at = os.path.dirname(at)
    for each in reversed(missing):
        try:
            os.mkdir(each)
        except FileExistsError:  # somebody was quicker, or it is a file
            if not os.path.isdir(each):
                raise
        else:
            share(each)


def open_or_make(path: StrPath, flags: int = os.O_RDWR) -> int:
    """A descriptor of a file that is made, and shared, where there is none; so are the folders it is in."""
    flags |= OPEN
    try:
        return os.open(path, flags)
    except FileNotFoundError:
        make_folders(os.path.dirname(os.path.abspath(path)))
    fd = os.open(path, flags | os.O_CREAT, 0o666)
    try:
        share(path)
    except BaseException:
        os.close(fd)
        raise
    return fd


@contextmanager
def locked(path: StrPath, *, wait: bool = True) -> Iterator[bool]:
    """The lock of a file (`open_or_make`), held meanwhile; MuseError when it cannot be made.

    Without `wait`, False when somebody else has it.
    """
    try:
        fd = open_or_make(path)
    except OSError as error:
        raise MuseError(f"cannot write {os.fspath(path)}: {error.strerror}") from None
    try:
        yield lock(fd, wait=wait)
    finally:
        os.close(fd)


def _wanted(mode: int, folder: bool, shared: int) -> int:
    """Git's own rule: who may read a folder may enter it, and what is made in it belongs to its group."""
    if not shared:
        return mode
    more = abs(shared)
    if not mode & stat.S_IWUSR:
        more &= ~0o222
    if mode & stat.S_IXUSR:
        more |= (more & 0o444) >> 2
    wanted = (mode & ~0o777) | more if shared < 0 else mode | more
    if folder:
        wanted |= (wanted & 0o444) >> 2 | (stat.S_ISGID if wanted & 0o060 else 0)
    return wanted


def _asked(folder: str) -> int:
    """The bits of the Git directory that a folder is in; 0 where it is in none."""
    while not is_git_dir(folder):
        if os.path.lexists(os.path.join(folder, ".git")) or os.path.dirname(folder) == folder:
            return 0
        folder = os.path.dirname(folder)
    key = os.path.realpath(common_dir_text(folder))
    if key not in _known:
        try:
            said = started(
                ["git", f"--git-dir={folder}", "config", "-z", "--get-regexp", r"^core\.sharedrepository$"]
            )()
        except OSError:
            return 0
        _known[key] = bits(parse(said).get("core.sharedrepository"))
    return _known[key]
