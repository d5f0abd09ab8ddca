"""The one exception tree. Doors turn any MuseError into one line on stderr and its exit code.

    MuseError (128)               anything a user can be told in one line
    ├── UsageError (129)          the command line or an argument is wrong
    ├── NotARepositoryError (128) no Git repository here
    ├── ContentMissingError (128) bytes of a digest are nowhere to be found
    ├── FormatError (128)         bytes that cannot be what they claim; carries an offset where known
    ├── DamageError (128)         stored Muse data contradicts itself; names the command that mends it
    ├── LateError (128)           a program was ended because it took longer than it may
    ├── RefMovedError (1)         a compare-and-swap lost; the caller may retry
    └── ConflictError (1)         a merge stopped at conflicts

`MuseCLIError` is MuseError under the name plugin authors know.
"""

from __future__ import annotations

import errno


class ExitCode:
    """Git's own exit codes, which every door uses. Plain numbers: importing enum costs a start of the helper 3 ms."""

    OK = 0
    CONFLICT = 1
    FATAL = 128
    USAGE = 129
    INTERRUPTED = 130


class MuseError(Exception):
    """An error with a message for a person, an exit code, and a hint that says what to type next."""

    exit_code: int = ExitCode.FATAL

    def __init__(self, message: str, exit_code: int | None = None, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint
        if exit_code is not None:
            self.exit_code = exit_code


MuseCLIError = MuseError


class UsageError(MuseError):
    """The command line or an argument is wrong."""

    exit_code = ExitCode.USAGE


class NotARepositoryError(MuseError):
    """No Git repository at or above the place we looked."""


class ContentMissingError(MuseError):
    """The bytes of a digest are in no store we can reach."""


class FormatError(MuseError, ValueError):
    """Bytes that cannot be what they claim to be; `offset` is in bytes from the start, or None."""

    def __init__(self, message: str, offset: int | None = None) -> None:
        super().__init__(message if offset is None else f"{message} (at byte {offset})")
        self.offset = offset


class DamageError(MuseError):
    """Stored Muse data contradicts itself."""


class LateError(MuseError):
    """A program was ended because it took longer than it may."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"it took longer than {seconds:g} seconds")


class RefMovedError(MuseError):
    """A ref moved between our reading and our writing it."""

    exit_code = ExitCode.CONFLICT


class ConflictError(MuseError):
    """A merge stopped at conflicts that a person has to settle."""

    exit_code = ExitCode.CONFLICT


_HINTS = {
    errno.EACCES: "you may not write there (`ls -ld` shows who may); or work in a clone of your own: muse clone",
    errno.EPERM: "you may not do that there; or work in a clone of your own: muse clone",
    errno.EROFS: "that disk is read-only; work in a clone on another one: muse clone",
    errno.ENOSPC: "make room on that disk (`df -h`), then run the same command again",
    errno.EDQUOT: "make room below your quota, then run the same command again",
    errno.EMFILE: "more open files are needed: ulimit -n 4096",
}
_GITS = (
    ("Permission denied", errno.EACCES),
    ("insufficient permission", errno.EACCES),
    ("Read-only file system", errno.EROFS),
    ("No space left on device", errno.ENOSPC),
)


def hint_for(number: int | None) -> str:
    """What to do about an error of the operating system; "" when that is not for us to know."""
    return _HINTS.get(number or 0, "")


def hint_for_git(said: str) -> str:
    """The same for what git wrote on its stderr."""
    return next((_HINTS[number] for words, number in _GITS if words in said), "")
