"""One Git repository: where its parts are, what its revisions are, and the git command run in it.

Git itself is asked where a repository is, so GIT_DIR, GIT_WORK_TREE, ceilings, `core.worktree` and `safe.directory`
mean here what they mean to Git.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from muse.core import sharing
from muse.core.errors import LateError, MuseError, NotARepositoryError, hint_for_git
from muse.core.paths import StrPath
from muse.store import durability

if TYPE_CHECKING:
    from muse.domain import SnapshotManifest
    from muse.store.objects.content import BlobContent
    from muse.store.objects.database import ObjectReader, ObjectWriter
    from muse.store.objects.disk import DiskStore
    from muse.store.objects.treediff import TreeDiffs

_PROBE = [
    "rev-parse",
    "--path-format=absolute",
    "--is-bare-repository",
    "--git-dir",
    "--git-common-dir",
    "--show-object-format",
    "--show-toplevel",
]
_READING = frozenset({"cat-file", "diff-tree", "for-each-ref", "log", "ls-tree", "merge-base", "rev-list", "rev-parse"})
_TRIES = 5
# What `git rev-parse --local-env-vars` names: these belong to the repository of whoever started us.
LOCAL_ENV = (
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_COMMON_DIR",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_PREFIX",
    "GIT_INTERNAL_SUPER_PREFIX",
    "GIT_SHALLOW_FILE",
    "GIT_GRAFT_FILE",
    "GIT_NAMESPACE",
)
EMPTY_TREE = {
    "sha1": "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
    "sha256": "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321",
}


class Repository:
    """A repository opened at `root`: the top of a work tree, or a bare repository.

    `Repository(root)` means exactly that place, whatever GIT_DIR says; `Repository.discover()` looks as Git looks.
    """

    def __init__(self, root: StrPath) -> None:
        try:
            self._open(root, {name: value for name, value in os.environ.items() if name not in LOCAL_ENV})
        except NotARepositoryError:
            if "GIT_DIR" not in os.environ:
                raise
            self._open(root, dict(os.environ))  # a work tree that only GIT_DIR and GIT_WORK_TREE know of
        asked = os.path.realpath(root)
        if asked not in (os.path.realpath(self.root), os.path.realpath(self.git_dir)):
            raise NotARepositoryError(f"{root} is not the top of a repository; {self.root} is")

    @classmethod
    def discover(cls, start: StrPath = ".") -> Repository:
        """The repository Git would use in the folder `start`; NotARepositoryError when there is none."""
        self = cls.__new__(cls)
        self._open(start, dict(os.environ))
        return self

    def _open(self, start: StrPath, env: dict[str, str]) -> None:
        done = _run(["git", *_PROBE], start, env)
        lines = os.fsdecode(done.stdout).split("\n")
        if len(lines) < 5 or lines[0] not in ("true", "false"):
            raise _not_a_repository(start, done.stderr)
        self.bare: bool = lines[0] == "true"
        self.git_dir = Path(lines[1])
        self.common_dir = Path(lines[2])
        self.object_format: str = lines[3]
        top = lines[4] or (str(self.git_dir.parent) if not self.bare and self.git_dir.name == ".git" else "")
        self.work_tree: Path | None = Path(top) if top and not self.bare else None
        self.root: Path = self.work_tree or self.git_dir
        if any(name in env for name in ("GIT_DIR", "GIT_WORK_TREE")) or (not self.bare and not lines[4]):
            env["GIT_DIR"] = str(self.git_dir)
            if self.work_tree is not None:
                env["GIT_WORK_TREE"] = str(self.work_tree)
        objects = env.get("GIT_OBJECT_DIRECTORY")
        self.objects_dir = Path(start, objects).absolute() if objects else self.common_dir / "objects"
        if objects:
            env["GIT_OBJECT_DIRECTORY"] = str(self.objects_dir)
        self.env: dict[str, str] = env
        self._config: dict[str, str] | None = None
        self.opened = time.time()
        self.objects_unsettled = False  # see `durability`

    def __repr__(self) -> str:
        return f"Repository({str(self.root)!r})"

    # The git command ---------------------------------------------------------------------------------------------

    def git(
        self,
        *args: StrPath,
        input: bytes | None = None,
        check: bool = True,
        env: Mapping[str, str] | None = None,
        seconds: float | None = None,
    ) -> bytes:
        """Run git here and return its standard output; MuseError with Git's message when it fails.

        With `check=False` a failure returns what was printed all the same. LateError after so many seconds. What only
        reads and fails while packs come and go is asked again: `git gc` takes them away from under who reads.
        """
        for _ in range(_TRIES if check and args[0] in _READING else 1):
            packs = self.packs_changed_at()
            done = self.run(*args, input=input, env=env, seconds=seconds)
            if done.returncode == 0 or packs == self.packs_changed_at():
                break
        if check and done.returncode:
            raise git_error(done.stderr, f"git {os.fspath(args[0])} failed ({done.returncode})")
        return done.stdout

    def packs_changed_at(self) -> int:
        """What changes whenever a pack comes or goes; 0 where there is no folder of them."""
        try:
            return os.stat(os.path.join(self.objects_dir, "pack")).st_mtime_ns
        except OSError:
            return 0

    def run(
        self,
        *args: StrPath,
        input: bytes | None = None,
        env: Mapping[str, str] | None = None,
        seconds: float | None = None,
    ) -> subprocess.CompletedProcess[bytes]:
        """Run git here; the exit code, standard output and standard error are the caller's to judge."""
        if args and args[0] == "config":
            self._config = None
        command = ["git", *durability.words(self, args), *(os.fspath(arg) for arg in args)]
        done = _run(command, self.root, {**self.env, **env} if env else self.env, input, seconds)
        if done.returncode == 0:
            durability.settle(self, args)
        return done

    def settings(self) -> Mapping[str, str]:
        """Every Git setting here, by its canonical name; the last value counts, a valueless key is "true"."""
        known = self._config  # another thread may forget it at any moment
        if known is not None:
            return known
        settings = {}
        for entry in self.git("config", "--list", "-z").split(b"\0"):
            name, found, value = os.fsdecode(entry).partition("\n")
            settings[name] = value if found else "true"
        self._config = settings
        sharing.remember(self.common_dir, settings.get("core.sharedrepository"))
        return settings

    def config(self, key: str, default: str | None = None) -> str | None:
        """The value of a Git setting; section and key in any case."""
        section, _, rest = key.partition(".")
        middle, dot, last = rest.rpartition(".")
        return self.settings().get(f"{section.lower()}.{middle}{dot}{last.lower()}", default)

    def config_bool(self, key: str, default: bool) -> bool:
        """A Git setting as a boolean, by Git's spellings; anything else counts as `default`."""
        word = (self.config(key) or "").strip().lower()
        if self.config(key) == "" or word in ("false", "no", "off", "0"):
            return False
        return True if word in ("true", "yes", "on", "1") else default

    # Revisions ---------------------------------------------------------------------------------------------------

    @property
    def empty_tree(self) -> str:
        """The id of the tree without entries."""
        return EMPTY_TREE[self.object_format]

    @property
    def zero(self) -> str:
        """The id that stands for "no object" on Git's command lines."""
        return "0" * (40 if self.object_format == "sha1" else 64)

    def resolve(self, rev: str) -> str:
        """The full id of the commit a revision names; MuseError when there is none."""
        return self._verify(rev, "commit")

    def tree_of(self, rev: str) -> str:
        """The id of the tree of a commit, tag or tree."""
        return self._verify(rev, "tree")

    def _verify(self, rev: str, kind: str) -> str:
        found = self.objects.resolve(f"{rev}^{{{kind}}}")
        if found is None:
            hint = "this branch has no commit yet" if rev in ("HEAD", "@") else "`git log --all` lists what there is"
            raise MuseError(f"unknown revision: {rev}", hint=hint)
        return found

    def is_ancestor(self, old: str, new: str) -> bool | None:
        """True when commit `old` is `new` or in its history; None when Git cannot tell, as one of them is not here."""
        code = self.run("merge-base", "--is-ancestor", "--end-of-options", old, new).returncode
        return code == 0 if code in (0, 1) else None

    def head(self) -> str | None:
        """The commit HEAD is at, or None on an unborn branch."""
        return self.objects.resolve("HEAD^{commit}")

    def branch(self) -> str | None:
        """The full name of the ref HEAD stands on (it may be unborn), or None when HEAD is detached."""
        done = self.run("symbolic-ref", "-q", "HEAD")
        return os.fsdecode(done.stdout).strip() or None

    # Objects -----------------------------------------------------------------------------------------------------

    @cached_property
    def objects(self) -> ObjectReader:
        """Objects by id."""
        from muse.store.objects.database import ObjectReader

        return ObjectReader(self)

    @cached_property
    def tree_diffs(self) -> TreeDiffs:
        """What leads from one tree to another, asked many times."""
        from muse.store.objects.treediff import TreeDiffs

        return TreeDiffs(self)

    @cached_property
    def manifests(self) -> dict[str, SnapshotManifest]:
        """The manifests `muse.store.objects.snapshots` remembers, by tree."""
        return {}

    @cached_property
    def memo(self) -> dict[str, Any]:
        """What other parts of the store remember for this repository, by a name of theirs."""
        return {}

    @cached_property
    def disk(self) -> DiskStore:
        """Where objects are written."""
        from muse.store.objects.disk import DiskStore

        return DiskStore(self)

    def expect_writing(self) -> None:
        """Load what writing objects takes while git is waited for; for commands that will certainly write."""
        import threading

        threading.Thread(target=self._load_writing, daemon=True).start()

    def _load_writing(self) -> None:
        with suppress(MuseError, OSError):  # whoever writes meets it again, and says it
            import muse.store.objects.disk  # noqa: F401

            self.settings()

    def writer(self) -> ObjectWriter:
        """A new batch of objects, stored together when it is flushed or its `with` block ends."""
        from muse.store.objects.database import ObjectWriter

        return ObjectWriter(self)

    @cached_property
    def content(self) -> BlobContent:
        """Bytes by digest."""
        from muse.store.objects.content import BlobContent

        return BlobContent(self)

    def close(self) -> None:
        """Let go of child processes and open files now; everything opens again when it is needed."""
        for name in ("objects", "content", "disk", "tree_diffs"):
            part = self.__dict__.pop(name, None)
            if part is not None:
                part.close()
        self.memo.clear()

    def manifest(self, rev_or_tree: str) -> SnapshotManifest:
        """The snapshot of a commit or tree."""
        from muse.store.objects.snapshots import manifest

        return manifest(self, self.tree_of(rev_or_tree))


def _run(
    command: list[str],
    where: StrPath,
    env: Mapping[str, str],
    input: bytes | None = None,
    seconds: float | None = None,
) -> subprocess.CompletedProcess[bytes]:
    pipe, source = subprocess.PIPE, subprocess.DEVNULL if input is None else subprocess.PIPE
    try:
        process = subprocess.Popen(command, cwd=where, env=env, stdin=source, stdout=pipe, stderr=pipe)
    except FileNotFoundError:
        if os.path.isdir(where):
            raise MuseError("git is not installed, or not on PATH", hint="install Git 2.34 or newer") from None
        raise NotARepositoryError(f"no such folder: {where}") from None
    except OSError as error:
        raise MuseError(f"cannot run git in {where}: {error.strerror}") from None
    with process:
        try:
            out, err = process.communicate(input, timeout=seconds)
        except subprocess.TimeoutExpired:
            process.terminate()
            raise LateError(seconds or 0) from None
        except BaseException:  # `subprocess.run` would kill it, and git could not take its locks away
            process.terminate()
            raise
    return subprocess.CompletedProcess(command, process.returncode, out, err)


def git_error(stderr: bytes, otherwise: str, prefix: str = "") -> MuseError:
    """What git complained about as our error, with a hint where the cause is known."""
    said = stderr.decode("utf-8", "replace")
    return MuseError(prefix + (_message(stderr) or otherwise), hint=hint_for_git(said))


def _message(stderr: bytes) -> str:
    """Git's own complaint without the word "fatal:", hints and advice left out."""
    lines = [line for line in stderr.decode("utf-8", "replace").splitlines() if line.strip()]
    for prefix in ("fatal: ", "error: "):
        for line in lines:
            if line.startswith(prefix):
                return line[len(prefix) :]
    return lines[-1] if lines else ""


def _not_a_repository(start: StrPath, stderr: bytes) -> MuseError:
    message = _message(stderr)
    if message.startswith("not a git repository") or not message:
        return NotARepositoryError(
            f"{message or 'not a git repository'}: {os.path.abspath(start)}",
            hint="make one with `muse init`, or go into one with `cd`",
        )
    lines = [line.strip() for line in stderr.decode("utf-8", "replace").splitlines()]
    return NotARepositoryError(message, hint=next((line for line in lines if line.startswith("git config ")), ""))
