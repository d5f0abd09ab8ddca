"""Saves to disk become ops of a session, and, where that is wanted, its ops become files: for editors and DAWs.

Files are looked at by their times and sizes every so often. That needs no library and works alike on every system and
on shares that send no events; Git lists what is not ignored. A file is read once it has been left alone for a while, or
at once where the system tells that its writer has closed it (`saves`).
What a file was when it last agreed with what is known of it is its base: a save is the change from there, so that a
save made before somebody else's op was seen is merged with it. A file that differs from its base is never written over.
What Git writes is no save: while another branch is checked out or a merge or rebase waits, nothing is taken or written,
and what a commit or checkout changed is the new base.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from muse.core import content
from muse.core.errors import MuseError
from muse.core.filedomain import inside
from muse.core.io import write_bytes_atomic
from muse.core.op_log import OpLog
from muse.core.paths import path_bytes, path_text
from muse.domain import PluginFor, SnapshotManifest
from muse.engine.session import under_way, worktree
from muse.engine.session.checked_out import CheckedOut
from muse.engine.session.delivery import home
from muse.engine.session.live_view import LiveView
from muse.engine.session.modes import on_disk
from muse.engine.session.op_paths import refuse_path
from muse.engine.session.saves import Saves

if TYPE_CHECKING:
    from muse.store.repository import Repository

Stat = tuple[int, int, int]
_GIT_AT_WORK = {
    "MERGE_HEAD": "a merge is in progress",
    "CHERRY_PICK_HEAD": "a cherry-pick is in progress",
    "REVERT_HEAD": "a revert is in progress",
    "rebase-merge": "a rebase is in progress",
    "rebase-apply": "a rebase is in progress",
}
_SOON = 0.01  # seconds between two looks at the session
_STALE = 10.0  # seconds after which a lock is told


class Event(NamedTuple):
    """What happened to a path: `saved` (now an op), `applied` (now on disk), `kept` (both changed; disk stays).

    Or `paused`, where instead of the path it says why, and `resumed`.
    """

    what: str
    path: str


class Watch:
    """One work tree and one session. `step` looks once."""

    def __init__(
        self,
        repo: Repository,
        log: OpLog,
        plugin_for: PluginFor,
        actor: str,
        paths: Sequence[str] = (),
        *,
        apply: bool = False,
        quiet: float = 0.3,
    ) -> None:
        if repo.work_tree is None:
            raise MuseError("this repository has no work tree to watch")
        self.repo = repo
        self.root = repo.work_tree
        self.log = log
        self.plugin_for = plugin_for
        self.actor = actor
        self.paths = list(paths)
        self.apply = apply
        self.quiet = quiet
        self.view = LiveView(repo, log, plugin_for)
        self._stats: dict[str, Stat | None] = {}
        self._since: dict[str, float] = {}
        self._base: dict[str, str | None] = {}
        self._told: set[str] = set()
        self._index: Stat = (0, 0, 0)
        self._conflicts: list[str] = []
        home(repo, log)
        self._checked_out = CheckedOut(repo)
        self._head, self._at_home = self._checked_out.commit(), self._checked_out.state()
        self._begin()
        self.paused = ""

    def _begin(self) -> None:
        """Bases: what the last commit has, or the session where the disk has that; an untracked file as it is."""
        self.view.refresh()
        head = {} if self.repo.head() is None else self.repo.manifest("HEAD")["files"]
        for path in {*self._listed(), *(path for path in head if self._wanted(path))}:
            self._stats[path] = self._stat(path)
        for path, disk in worktree.lives(self.repo, self._stats).items():
            if disk == self.view.digest(path) or path not in head:
                self._base[path] = disk
            else:
                self._base[path] = head[path]
                if disk != head[path]:
                    self._since[path] = 0.0

    def step(self, now: float | None = None) -> Iterator[Event]:
        """Look at the disk, then at the session."""
        now = time.monotonic() if now is None else now
        if (why := self._git_at_work()) is not None:
            if why and not self.paused:
                yield Event("paused", why)
            self.paused = why or self.paused
            return
        if self.paused:
            self.paused = ""
            yield Event("resumed", "")
        self._follow()
        for path in sorted({*self._listed(), *self._stats}):
            stat = self._stat(path)
            if stat != self._stats.get(path):
                self._stats[path], self._since[path] = stat, now
        for path, since in list(self._since.items()):
            if now - since >= self.quiet:
                del self._since[path]
                if self._save(path):
                    yield Event("saved", path)
        if self.apply:
            yield from self._apply()

    def closed(self, paths: Sequence[str]) -> Iterator[Event]:
        """Record what files became whose writer is done. An empty one may be about to be written: it is left alone."""
        if not paths or self.paused or self._git_at_work() is not None:
            return
        self._follow()
        for path in paths:
            stat = self._stat(path)
            if stat is None or (stat == self._stats.get(path) and path not in self._since):
                continue
            if path not in self._stats and (not self._wanted(path) or path not in self._listed(path)):
                continue
            self._stats[path], self._since[path] = stat, time.monotonic()
            if stat[1]:
                del self._since[path]
                if self._save(path):
                    yield Event("saved", path)

    def arrived(self) -> Iterator[Event]:
        """Write what has come into the session since the last look; costs one `stat` while that is nothing."""
        if self.log.end() != self.view.end and not self.paused and self._git_at_work() is None:
            self._follow()
            yield from self._apply()

    # Git -----------------------------------------------------------------------------------------------------------

    def _git_at_work(self) -> str | None:
        """Why the files on disk are not the session's business just now; "" for a moment only, None when they are."""
        for name, why in _GIT_AT_WORK.items():
            if os.path.lexists(self.repo.git_dir / name):
                return why
        lock = self.repo.git_dir / "index.lock"
        try:
            age = time.time() - lock.stat().st_mtime
            return f"{lock} is there: another git is running, or one crashed and it can be removed" * (age > _STALE)
        except OSError:
            pass
        if names := self._unmerged():
            return f"a conflict in {names[0]} is to be settled"
        if self._checked_out.state() != self._at_home:
            try:
                home(self.repo, self.log)
            except MuseError as error:
                return str(error)
            self._at_home = self._checked_out.state()
        return None

    def _unmerged(self) -> list[str]:
        """Paths in conflict, though no merge is in progress; Git is asked when the index has changed."""
        try:
            found = (self.repo.git_dir / "index").stat()
            state = found.st_ino, found.st_mtime_ns, found.st_size
        except OSError:
            return []
        if state != self._index:
            self._index, self._conflicts = state, under_way.unmerged(self.repo)
        return self._conflicts

    def _follow(self) -> None:
        """What a commit, checkout or pull changed is the new base of the files that are as it has them."""
        head = self._checked_out.commit()
        if head == self._head:
            return
        was, now = ({} if not each else self.repo.manifest(each)["files"] for each in (self._head, head))
        self._head = head
        changed = [path for path in was.keys() | now.keys() if was.get(path) != now.get(path) and self._wanted(path)]
        stats = {path: self._stat(path) for path in changed}
        for path, disk in worktree.lives(self.repo, changed).items():
            if disk == now.get(path):
                self._base[path], self._stats[path] = disk, stats[path]
                self._since.pop(path, None)

    # Disk to session ---------------------------------------------------------------------------------------------

    def _save(self, path: str) -> bool:
        """Record what a file became since its base; False when that is nothing."""
        try:
            refuse_path(path)
        except MuseError:
            return False
        disk, base = worktree.live(self.repo, path), self._base.get(path)
        if disk == base:
            return False
        self._record(path, base, disk)
        self._base[path] = disk
        return True

    def _record(self, path: str, base: str | None, disk: str | None) -> None:
        from muse.store.log import checkpoints

        plugin = self.plugin_for(path)
        name = getattr(plugin, "name", "files")
        sides = [
            SnapshotManifest(files={} if digest is None else {path: digest}, domain=name) for digest in (base, disk)
        ]
        checkpoints.pin(self.repo, filter(None, (base, disk)))
        with content.using(self.repo.content):
            ops: list[Any] = plugin.diff(*sides)["ops"]
        if base is None:
            ops = [{**op, **on_disk(self.repo, path)} for op in ops]
        self.log.record(self.actor, name, ops)

    # Session to disk ---------------------------------------------------------------------------------------------

    def _apply(self) -> Iterator[Event]:
        self.view.refresh()
        files = self.view.files()
        for path in sorted({*files, *self._base}):
            wanted = files.get(path)
            if not self._wanted(path) or wanted == self._base.get(path):
                continue
            if path in self._since or worktree.live(self.repo, path) != self._base.get(path):
                if path not in self._told:
                    self._told.add(path)
                    yield Event("kept", path)
                continue
            if path not in self._base and path not in files:
                continue
            self._write(path, wanted)
            self._told.discard(path)
            yield Event("applied", path)

    def _write(self, path: str, digest: str | None) -> None:
        """Make the file what the session has, in one rename; the file is as its base says."""
        refuse_path(path)
        target = inside(self.root, path)
        if target.is_symlink() or (target.exists() and not target.is_file()):
            raise MuseError(f"{path} is no regular file on disk", hint="move it elsewhere, then watch again")
        if digest is None:
            target.unlink(missing_ok=True)
        else:
            blob = self.repo.content.blob_id(digest)
            data = self.repo.git("cat-file", "--filters", f"--path={worktree.native(path)}", blob)
            if self._stat(path) != self._stats.get(path):
                return  # saved this very moment: the next look sees it
            write_bytes_atomic(target, data)
        self._base[path] = worktree.live(self.repo, path)
        self._stats[path] = self._stat(path)

    # Looking -----------------------------------------------------------------------------------------------------

    def known(self) -> Collection[str]:
        """Every path that was looked at."""
        return self._stats.keys()

    def _listed(self, *paths: str) -> list[str]:
        """Files that Git tracks or would add, within these paths or those asked for."""
        words = [f":(top,literal){worktree.native(path)}" for path in paths or self.paths]
        listed = self.repo.git("ls-files", "-z", "-c", "-o", "--exclude-standard", "--", *words)
        return [path_text(row) for row in set(listed.split(b"\0")) if row and not row.endswith(b"/")]

    def _wanted(self, path: str) -> bool:
        return not self.paths or any(path == each or path.startswith(f"{each}/") or each == "." for each in self.paths)

    def _stat(self, path: str) -> Stat | None:
        try:
            found = os.lstat(os.path.join(self.root, os.fsdecode(path_bytes(path))))
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino


def watch(
    watching: Watch, tell: Callable[[Event], Any], *, interval: float, once: bool = False, hurry: bool = False
) -> None:
    """Look until interrupted, or, `once`, until nothing on disk waits any more.

    With `hurry` a file is not left alone first where the system tells that its writer is done.
    """
    saves = Saves(watching.root)
    while True:
        for event in watching.step(time.monotonic() + watching.quiet if once else None):
            tell(event)
        if once and watching.paused:
            raise MuseError(watching.paused)
        if once:
            return
        if hurry:
            saves.beside(watching.known())
        _pause(watching, saves, tell, time.monotonic() + interval)


def _pause(watching: Watch, saves: Saves, tell: Callable[[Event], Any], until: float) -> None:
    """Wait for the next look; what others do meanwhile is written as it comes, what is saved is recorded."""
    while (left := until - time.monotonic()) > 0:
        for event in watching.arrived() if watching.apply else ():
            tell(event)
        for event in watching.closed(saves.wait(min(left, _SOON) if watching.apply else left)):
            tell(event)


__all__ = ["Event", "Watch", "watch"]
