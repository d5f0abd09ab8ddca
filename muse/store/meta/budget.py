"""What may be read of one peer's refs: counts, bytes and time, charged for what is refused and what is met again, too.

Counts and bytes say what is left out for good; time says what is left for a command that has more of it.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping

from muse.core.errors import MuseError
from muse.store.layout import REMOTES

MAX_ENTRIES = 2_000_000  # per peer, as are the next five
MAX_REFUSED = 5_000  # entries that do not belong into a tree of ours
MAX_REPEATED = 10_000  # entries of trees that were met before: a small object may stand in a million places
MAX_LOST = 100  # objects that are not here
MAX_BYTES = 256 << 20  # of tree objects
MAX_READ = 1 << 30  # bytes of files, in one look
MAX_TREE = 16 << 20  # bytes of one tree object
MAX_WORDS = 24 << 20  # bytes of large files that only lend words, for as long as a repository is open
LARGE = 64 << 10  # bytes from which on a file counts as large: what takes time is to take it apart
QUICK = 1.0  # seconds for one peer, where words are only shown
PATIENT = 30.0  # the same where what is left out is missed
_FILE = 4096  # bytes; no file is charged for less
_SMALL = 4  # entries of a tree that honest writers have in many places: one provenance for many commits

clock = time.monotonic

_LIMITS = {
    "entries": (MAX_ENTRIES, "entries"),
    "refused": (MAX_REFUSED, "entries that do not belong there"),
    "repeated": (MAX_REPEATED, "copies of one folder"),
    "lost": (MAX_LOST, "objects that are not here"),
    "bytes": (MAX_BYTES, "bytes of folders"),
    "read": (MAX_READ, "bytes of files"),  # told by `file`
}


class TooMuch(MuseError):
    """A peer asks for more than is worth reading."""


class TooSlow(MuseError):
    """A peer asks for more than there is time for now."""


class Budget:
    """What is left for one peer; `seconds` None for no bound but the counts."""

    def __init__(self, seconds: float | None) -> None:
        self.left = {kind: limit for kind, (limit, _) in _LIMITS.items()}
        self.met: set[str] = set()
        self._ends = None if seconds is None else clock() + seconds

    def charge(self, kind: str, count: int = 1) -> None:
        """Take `count` off; TooMuch when nothing is left, TooSlow when the time is over."""
        self.left[kind] -= count
        if self.left[kind] < 0:
            raise TooMuch(f"it holds too many {_LIMITS[kind][1]}, and is left out as a whole")
        if self.is_over():
            raise TooSlow("it takes long to read, and is left out until `muse verify` has read it")

    def is_over(self) -> bool:
        """True when there is no more time."""
        return self._ends is not None and clock() > self._ends

    def file(self, size: int) -> None:
        """Charge for a file that is read, which takes time however small it is. What is our own is read whole."""
        self.left["read"] -= max(size, _FILE)
        if self._ends is not None and self.left["read"] < 0:
            raise TooMuch(f"its peer's files have more than {MAX_READ >> 20} MiB in all")

    def tree(self, name: str, entries: int, size: int) -> None:
        """Charge for a tree object that is read; more when it was met in another place already."""
        self.charge("bytes", size)
        self.charge("entries", entries + 1)
        if name in self.met and entries > _SMALL:
            self.charge("repeated", entries)
        self.met.add(name)


class Peers:
    """Whose budget a ref is charged to: this clone's own, a remote's, or one for all others together.

    Whoever may name refs, as the server of a mirror may, must not get a budget for each name.
    """

    def __init__(self, remotes: Iterable[str], writers: Iterable[str], seconds: float) -> None:
        self._remotes, self._writers, self._seconds = frozenset(remotes), frozenset(writers), seconds
        self._budgets: dict[str, Budget] = {}

    def budget(self, ref: str) -> Budget:
        """What is left for the peer that a ref belongs to."""
        name = self._name(ref)
        if name not in self._budgets:
            self._budgets[name] = Budget(None if name == "" else self._seconds)
        return self._budgets[name]

    def most(self, ref: str, limit: int, spent: Mapping[str, int]) -> int:
        """How large a file may be that only lends words, after so much that its peer had read; what is ours, any."""
        name = self._name(ref)
        return min(limit, LARGE) if name and spent.get(name, 0) > MAX_WORDS else limit

    def took(self, ref: str, size: int, spent: dict[str, int]) -> None:
        """Note down that such a file was read."""
        if size > LARGE:
            name = self._name(ref)
            spent[name] = spent.get(name, 0) + size

    def _name(self, ref: str) -> str:
        folder, _, writer = ref.rpartition("/")
        if not ref.startswith(REMOTES):
            return "" if writer in self._writers else "/"
        remote = folder.removeprefix(REMOTES).rpartition("/")[0]
        return remote if remote in self._remotes else "/"
