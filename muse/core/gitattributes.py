"""What the user's own attributes say of a path: Git's answer without the lines that `muse install` wrote.

Our lines are in `info/attributes` as a rule, which outranks every other file. So Git is asked in a view of the
repository where they are left out: a Git directory of links, and where our lines are in a tracked file, a work tree
that holds the attribute files only. Git answers, so patterns, macros and folders mean what they mean to Git.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator

from muse.core.gitconfig import started
from muse.core.platform.files import scratch

BEGIN = "# >>> muse install; `muse uninstall` takes these lines out"
END = "# <<< muse install"
LEFT_TO_US = ("unspecified", "muse")
"""Values of the attribute `merge` with which a path is ours to merge."""
_MOST = 100 << 20  # bytes; Git leaves out larger ones
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
Said = dict[str, dict[str, str]]
"""path -> attribute -> value."""


def without_ours(data: bytes) -> bytes:
    """An attributes file without our block."""
    kept, at = [], 0
    while (start := _line(data, BEGIN.encode(), at)) >= 0:
        kept.append(data[at:start])
        stop = _line(data, END.encode(), start)
        at = data.find(b"\n", stop) + 1 if stop >= 0 else 0
        if not at:
            return b"".join(kept)
    return b"".join([*kept, data[at:]]) if kept else data


def _line(data: bytes, word: bytes, at: int) -> int:
    """Where a line begins with a word, from the beginning of a line on; -1 for nowhere. The file may be of 100 MB, of
    which a list of lines would be ten times as much."""
    if data.startswith(word, at):
        return at
    found = data.find(b"\n" + word, at)
    return found + 1 if found >= 0 else -1


def begin(
    names: list[str],
    root: str | None,
    git_dir: str,
    user_file: str | None = None,
    keep: Callable[[str], bool] | None = None,
) -> Callable[[], Said]:
    """Start asking Git about `names` (paths from the top); the function that is returned waits for the answer.

    `root` is the work tree, None for a bare repository; `user_file` the value of `core.attributesFile` as configured.
    `keep` says which attribute files count, for who wants to know which of them spoke. Where Git cannot be asked,
    nothing is said of a path.
    """
    folder = os.path.join(scratch(), f"muse-attributes-{os.getpid()}-{os.urandom(6).hex()}")
    view = _View(folder, root, git_dir, keep)
    try:
        view.make(names)
        finish = view.ask(names, user_file, True)
    except OSError:
        view.remove()
        return dict

    def answer() -> Said:
        try:
            said = _parsed(finish())
            return said or _parsed(view.ask(names, user_file, False)())  # a split index is more than one file
        finally:
            view.remove()

    return answer


class _View:
    """A repository like the one at `git_dir`, without our lines; below `folder`, which is made and removed."""

    def __init__(self, folder: str, root: str | None, git_dir: str, keep: Callable[[str], bool] | None) -> None:
        self.folder, self.root, self.git_dir, self.keep = folder, root, os.path.abspath(git_dir), keep
        self.common = _common(self.git_dir)
        self.tree = os.path.abspath(root) if root is not None else os.path.join(folder, "tree")

    def make(self, names: list[str]) -> None:
        """Write it."""
        inner = os.path.join(self.folder, "git")
        os.makedirs(os.path.join(inner, "info"), 0o700)
        for name in ("config", "objects", "refs"):
            os.symlink(os.path.join(self.common, name), os.path.join(inner, name))
        _write(os.path.join(inner, "HEAD"), b"ref: refs/heads/main\n")
        if self.keep is None or self.keep("info/attributes"):
            own = without_ours(_read(os.path.join(self.common, "info", "attributes")))
            _write(os.path.join(inner, "info", "attributes"), own)
        if self.root is None:
            os.mkdir(self.tree)
        elif self.keep is not None or BEGIN.encode() in self._tracked(self.root, ".gitattributes"):
            self.tree = os.path.join(self.folder, "tree")
            for name in _files_for(names):
                self._copy(self.root, name)

    def _copy(self, root: str, name: str) -> None:
        data = without_ours(self._tracked(root, name))
        if self.keep is not None and not self.keep(name):
            data = b"".join(line for line in data.splitlines(True) if line.lstrip().startswith(b"[attr]"))
        target = os.path.join(self.tree, name)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        _write(target, data)

    @staticmethod
    def _tracked(root: str, name: str) -> bytes:
        return _read(os.path.join(root, name), tracked=True)

    def ask(self, names: list[str], user_file: str | None, index: bool) -> Callable[[], bytes]:
        """Start the question."""
        env = {key: value for key, value in os.environ.items() if key not in ("GIT_COMMON_DIR", "GIT_PREFIX")}
        known = env.get("GIT_INDEX_FILE") or os.path.join(self.git_dir, "index")
        env.update(
            GIT_DIR=os.path.join(self.folder, "git"),
            GIT_WORK_TREE=self.tree,
            GIT_INDEX_FILE=known if index and self.root is not None else os.path.join(self.folder, "none"),
        )
        if self.keep is not None and not self.keep("user"):
            user_file = os.devnull
            env["GIT_ATTR_NOSYSTEM"] = "1"
        named = ["-c", f"core.attributesFile={user_file}"] if user_file else []
        argv = ["git", "-C", self.tree, *named, "check-attr", "-z", "merge", "filter", "--", *names]
        return started(argv, env)

    def remove(self) -> None:
        """Take it away again; what is linked to stays."""
        for folder, folders, files in os.walk(self.folder, topdown=False):
            for name in files:
                os.unlink(os.path.join(folder, name))
            for name in folders:
                path = os.path.join(folder, name)
                (os.unlink if os.path.islink(path) else os.rmdir)(path)
        if os.path.isdir(self.folder):
            os.rmdir(self.folder)


def _files_for(names: list[str]) -> list[str]:
    """The `.gitattributes` files that can speak of these paths, outermost first."""
    found: dict[str, None] = {}
    for name in names:
        parts = name.split("/")[:-1]
        for depth in range(len(parts) + 1):
            found["/".join([*parts[:depth], ".gitattributes"])] = None
    return list(found)


def speaker(name: str, root: str | None, git_dir: str, user_file: str | None) -> str:
    """Which file gives a path its attribute `merge`: the first of those in force that says anything by itself."""
    nearest = list(reversed(_files_for([name]))) if root is not None else []
    for file in ["info/attributes", *nearest, "user"]:
        said = begin([name], root, git_dir, user_file, lambda asked, file=file: asked == file)()  # type: ignore[misc]
        if said.get(name, {}).get("merge", "unspecified") != "unspecified":
            return "core.attributesFile" if file == "user" else file
    return ""


def _parsed(listing: bytes) -> Said:
    fields = iter(os.fsdecode(listing).split("\0"))
    said: Said = {}
    for name, attribute, value in _threes(fields):
        said.setdefault(name, {})[attribute] = value
    return said


def _threes(fields: Iterator[str]) -> Iterator[tuple[str, str, str]]:
    yield from zip(fields, fields, fields)


def _common(git_dir: str) -> str:
    named = _read(os.path.join(git_dir, "commondir")).rstrip(b"\r\n")
    return os.path.normpath(os.path.join(git_dir, os.fsdecode(named))) if named else git_dir


def _read(path: str, *, tracked: bool = False) -> bytes:
    """A file's bytes, b"" where there is none; a `tracked` one as Git reads it: no link, no more than 100 MB."""
    try:
        fd = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | (_NO_LINK if tracked else 0))
        with open(fd, "rb", buffering=0) as file:
            found = os.fstat(fd)
            return file.read() if stat.S_ISREG(found.st_mode) and found.st_size <= _MOST else b""
    except OSError:
        return b""


def _write(path: str, data: bytes) -> None:
    with open(path, "wb", buffering=0) as file:
        file.write(data)
