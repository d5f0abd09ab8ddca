"""What of a remote's metadata is fetched, and where it is kept: bad refs are found by halves and left out, refs move
forward only, and a state that contradicts ours is kept beside it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from muse.core.errors import MuseError
from muse.store.layout import OWN, REMOTES
from muse.store.lineage import RunsGit, contained

MAX_FILE = 512 << 20  # bytes a fetch of metadata may write into one file, a pack above all; `muse.metadataLimit`
ROOM = 1 << 18  # bytes below which a disk counts as full
MAX_TRIES = 64  # fetches to find out which of many refs are bad
AT_ONCE = 500  # refs that Git is told by name, for each of which it goes through all there are; of more, it gets ids


class NoSpaceError(MuseError):
    """The disk filled up while metadata came in."""


class Wanted:
    """One step of a fetch: the remote's ref, its tip there, and where it goes."""

    __slots__ = ("source", "target", "tip")

    def __init__(self, source: str, tip: str, target: str) -> None:
        self.source, self.tip, self.target = source, tip, target


def local_tips(repo: RunsGit, prefix: str) -> dict[str, str]:
    """Ref name -> id below a prefix."""
    lines = repo.git("for-each-ref", "--format=%(objectname) %(refname)", prefix)
    return {name: tip for tip, _, name in (line.partition(" ") for line in text_lines(lines))}


def move_refs(repo: RunsGit, moves: Mapping[str, tuple[str, str]], *, check: bool = False) -> None:
    """Have refs name something else: (new, old), "" for new to delete, for old to ask nothing. All of them or none."""
    if moves:
        rows = [
            f"update {name}\0{new}\0{old}\0" if new else f"delete {name}\0{old}\0" for name, (new, old) in moves.items()
        ]
        repo.git("update-ref", "--stdin", "-z", input="".join(rows).encode("utf-8", "surrogateescape"), check=check)


class Intake:
    """Fetches of their own, refs moved forward only; what is bad is found by halves and left out, the rest taken."""

    def __init__(self, repo: RunsGit, remote: str, where: str) -> None:
        self._repo, self._remote, self._where = repo, remote, where
        self._program: Sequence[str] = ()
        self._left = MAX_TRIES
        self._limit = 0
        self._packs = ""
        self.beside: list[str] = []
        self.bad: list[str] = []
        self.too_large = False

    @property
    def why(self) -> str:
        """What is wrong with the bad ones, as far as one can tell."""
        return f"damaged or larger than {self._limit >> 20} MiB" if self.too_large else "damaged"

    def take(self, part: Sequence[Wanted]) -> None:
        """Fetch these; MuseError when the remote is not to be reached."""
        self._left -= 1
        try:
            if len(part) > AT_ONCE:
                self._take_by_id(part)
            else:
                self._fetch([f"{item.source}:{item.target}" for item in part])
            return
        except NoSpaceError:
            raise
        except MuseError as error:
            missing = self._settle(part) if len(part) <= AT_ONCE else part
            if not missing:
                return
            if self._left <= 0 or (not self.bad and not self._is_there()):
                raise MuseError("the metadata could not be fetched; branches are not concerned") from error
        if len(part) == 1:
            self.bad += [item.source for item in missing]
            return
        middle = (len(missing) + 1) // 2
        for half in (missing[:middle], missing[middle:]):
            if half:
                self.take(half)

    def _take_by_id(self, part: Sequence[Wanted]) -> None:
        """All objects first, which Git finds complete, then all refs in one move of our own; MuseError, and no ref."""
        self._fetch(list(dict.fromkeys(item.tip for item in part)))
        here = local_tips(self._repo, f"{REMOTES}{self._remote}/")
        met = [(item, old) for item in part if (old := here.get(item.target)) not in (None, item.tip)]
        inside = contained(self._repo, [pair for item, old in met for pair in ((item.tip, old), (old, item.tip))])
        moves = {item.target: (item.tip, "0" * len(item.tip)) for item in part if item.target not in here}
        moves |= {item.target: (item.tip, old) for item, old in met if (item.tip, old) in inside}
        apart = [item for item, old in met if not {(item.tip, old), (old, item.tip)} & inside]
        move_refs(self._repo, moves | {beside(item.target, item.tip): (item.tip, "") for item in apart}, check=True)
        self.beside += [item.target for item in apart]

    def _fetch(self, specs: Sequence[str]) -> None:
        if not self._limit:
            told = git_line(self._repo, "config", "--type=int", "--get", "muse.metadataLimit")
            self._limit = int(told) if told.isdecimal() and int(told) else MAX_FILE
            self._program = program_of(self._repo, self._remote, "upload-pack")
        before = self._unfinished()
        try:
            with _files_at_most(self._limit):
                self._repo.git(
                    "-c", "fetch.fsckObjects=true", "-c", "fetch.showForcedUpdates=true",
                    "-c", "fetch.writeCommitGraph=false", "fetch", "-q", "--no-tags", "--no-prune",
                    "--no-recurse-submodules", "--no-write-fetch-head", "--no-auto-gc", "--refmap=", "--stdin",
                    *self._program, self._where, input=as_lines(specs),
                )  # fmt: skip
        except MuseError:
            self._sweep(before)
            raise

    def _sweep(self, before: set[str]) -> None:
        """Delete the pack that Git gave up and left: at the very limit, or on a disk it filled, where refs must fit.

        NoSpaceError in that second case. Packs of other processes are not touched while there is room.
        """
        left = self._unfinished() - before
        full = any(_is_full(path) for path in left)
        for path in left:
            if full or _size(path) == self._limit:
                self.too_large |= not full
                os.unlink(path)
        if full:
            raise NoSpaceError("no space is left for the metadata; branches are not concerned")

    def _unfinished(self) -> set[str]:
        """Packs that are being received, by anybody."""
        if not self._packs:
            self._packs = git_line(self._repo, "rev-parse", "--git-path", "objects/pack")
        names = os.listdir(self._packs) if os.path.isdir(self._packs) else ()
        return {os.path.join(self._packs, name) for name in names if name.startswith("tmp_pack_")}

    def _is_there(self) -> bool:
        """True when the remote answers at all; asked before its refs are called bad."""
        try:
            self._repo.git("ls-remote", *self._program, self._where, f"{OWN}nothing")
        except MuseError:
            return False
        return True

    def _settle(self, part: Sequence[Wanted]) -> list[Wanted]:
        """After a refusal: an older state is left out, a contradicting one kept beside ours. Returns what is missing.

        The objects of refs that would not move forward are here; when one is not, the fetch failed for another reason.
        """
        here = local_tips(self._repo, f"{REMOTES}{self._remote}/")
        left = [item for item in part if here.get(item.target) != item.tip]
        commits = self._commits({item.tip for item in left})
        missing = [item for item in left if item.target not in here or item.tip not in commits]
        kept = [item for item in left if item.target in here and item.tip in commits]
        older = contained(self._repo, [(here[item.target], item.tip) for item in kept])
        apart = [item for item in kept if (here[item.target], item.tip) not in older]
        if apart:
            self._fetch([f"+{item.source}:{beside(item.target, item.tip)}" for item in apart])
            self.beside += [item.target for item in apart]
        return missing

    def _commits(self, names: set[str]) -> set[str]:
        """Those that are commits, and here."""
        asked = as_lines(sorted(names))
        said = text_lines(self._repo.git("cat-file", "--batch-check", input=asked, check=False)) if names else []
        return {line.split(" ")[0] for line in said if line.split(" ")[1:2] == ["commit"]}


def _size(path: str) -> int:
    try:
        return os.path.getsize(path)
    except OSError:
        return 0


def _is_full(path: str) -> bool:
    import shutil

    return shutil.disk_usage(os.path.dirname(path)).free < ROOM


@contextmanager
def _files_at_most(size: int) -> Iterator[None]:
    """No file above that size from what runs meanwhile: an over-large answer ends as on a full disk, without one."""
    try:
        import resource
    except ImportError:
        yield  # no such limit on this system
        return
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    room = [limit for limit in before if limit != resource.RLIM_INFINITY]
    resource.setrlimit(resource.RLIMIT_FSIZE, (min([size, *room]), before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def program_of(repo: RunsGit, remote: str, service: str) -> list[str]:
    """The server program a remote is configured to have, as an option for a command that is given its address."""
    told = git_line(repo, "config", "--get", f"remote.{remote}.{service.replace('-', '')}")
    return [f"--{service}={told}"] if told else []


def git_line(repo: RunsGit, *args: str) -> str:
    return repo.git(*args, check=False).decode("utf-8", "replace").strip()


def beside(target: str, tip: str) -> str:
    """Where a second state of a writer is kept."""
    return f"{target}.{tip[:12]}"


def as_lines(words: Iterable[str]) -> bytes:
    return "".join(f"{word}\n" for word in words).encode("utf-8", "surrogateescape")


def text_lines(data: bytes) -> list[str]:
    """Lines as Git ends them: a name may have a letter that ends a line elsewhere."""
    return [line for line in data.decode("utf-8", "surrogateescape").split("\n") if line]
