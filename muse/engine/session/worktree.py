"""A session's files in work tree and index: looked at, put in place whole, unstaged when nothing came of it."""

from __future__ import annotations

import errno
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from muse.core.errors import MuseError
from muse.core.filedomain import inside
from muse.engine.session.op_paths import folders_of
from muse.engine.session.replay import Replayed
from muse.store.objects.database import object_id

if TYPE_CHECKING:
    from muse.store.repository import Repository

_MANY = 8  # files; fewer are asked for one by one


def live(repo: Repository, path: str) -> str | None:
    """The digest of a file on disk as Git would store it, its content kept; None when it is not there."""
    assert repo.work_tree is not None
    target = inside(repo.work_tree, path)
    if target.is_symlink():
        return repo.content.put(os.fsencode(os.readlink(target)))
    if not target.is_file():
        return None
    data = target.read_bytes()
    stored = repo.git("hash-object", "--path", path, "--stdin", input=data).decode().strip()
    if stored == object_id(repo.object_format, "blob", data):
        return repo.content.put(data)
    blob = repo.git("hash-object", "-w", "--path", path, "--stdin", input=data).decode().strip()  # line ends, filters
    return repo.content.digests([blob])[blob]


def lives(repo: Repository, paths: Collection[str]) -> dict[str, str | None]:
    """`live` of many files: one process tells of all of them which are in Git already, and only the others are put."""
    from muse.store.layout import path_bytes

    assert repo.work_tree is not None
    named = {path: path_bytes(path) for path in paths}
    plain = [path for path, raw in named.items() if _is_one_line(raw) and _is_file(repo, path)]
    if len(plain) < _MANY:
        return {path: live(repo, path) for path in paths}
    asked = b"".join(named[path] + b"\n" for path in plain)
    said = repo.run("hash-object", "--stdin-paths", input=asked).stdout.decode().split()
    blobs = dict(zip(plain, said))  # of fewer where one went away meanwhile: the rest is asked one by one
    here = _here(repo, set(blobs.values()))
    digests = repo.content.digests(here)
    return {path: digests[blobs[path]] if blobs.get(path) in here else live(repo, path) for path in paths}


def _is_one_line(name: bytes) -> bool:
    """True for a name that Git takes from a line as it is."""
    return b"\n" not in name and name[-1:] != b"\r" and name[:1] != b'"'


def _is_file(repo: Repository, path: str) -> bool:
    assert repo.work_tree is not None
    target = inside(repo.work_tree, path)
    return target.is_file() and not target.is_symlink()


def _here(repo: Repository, blobs: Collection[str]) -> set[str]:
    """Those of the blobs that the repository has."""
    rows = repo.run("cat-file", "--batch-check", input="".join(f"{blob}\n" for blob in blobs).encode()).stdout
    return {row.split(" ")[0] for row in rows.decode().splitlines() if row.split(" ")[1:2] == ["blob"]}


def refuse_obstacles(repo: Repository, done: Replayed) -> None:
    """MuseError where Git would sweep away what lies in the place of a file or of its folder: nobody recorded that."""
    assert repo.work_tree is not None
    going = {os.fspath(inside(repo.work_tree, path)) for path in done.touched if path not in done.files}
    for path in sorted(done.touched & done.files.keys()):
        target = inside(repo.work_tree, path)
        above = [repo.work_tree / folder for folder in target.relative_to(repo.work_tree).parents][:-1]
        precious = {os.fspath(folder) for folder in above if folder.exists() and not folder.is_dir()} - going
        if target.is_dir() and not target.is_symlink():
            precious |= {
                os.path.join(at, name)
                for at, folders, files in os.walk(target)
                for name in (*files, *(name for name in folders if os.path.islink(os.path.join(at, name))))
            } - going
        elif target.exists() and not target.is_file():
            precious.add(os.fspath(target))
        if precious:
            raise MuseError(
                f"{min(precious)} is in the way of {path}, which the session made",
                hint="move it elsewhere, then commit the session again",
            )


@contextmanager
def staged(repo: Repository, paths: Sequence[str]) -> Iterator[None]:
    """For a body that stages paths and commits them: when it commits nothing, their index entries are as before."""
    from muse.store.layout import path_bytes

    old = repo.head()
    names = set(map(path_bytes, paths))
    listing = repo.git("ls-files", "-s", "-z").split(b"\0") if names else []
    before = [row for row in listing if row.partition(b"\t")[2] in names]
    try:
        yield
    finally:
        if names and repo.head() == old:
            gone = [b"0 %b\t%b" % (repo.zero.encode(), name) for name in names]
            repo.run("update-index", "-z", "--index-info", input=b"".join(row + b"\0" for row in gone + before))
            repo.run("update-index", "-q", "--refresh")


def put(
    repo: Repository,
    tree: str,
    paths: Sequence[str],
    done: Replayed,
    seen: Mapping[str, str | None],
    away: Collection[str] = (),
) -> None:
    """Bring index and work tree of these paths to what the tree has; refused when a file is not as it was `seen`.

    Those `away` were not on disk.
    """
    from muse.store.layout import path_bytes

    assert repo.work_tree is not None
    refuse_obstacles(repo, done)
    for path, now in lives(repo, [path for path in paths if path in seen]).items():
        if now != (None if path in away else seen[path]):
            raise MuseError(f"{path} was changed while its session was being committed", hint="run it again")
    listed: dict[bytes, list[bytes]] = {}
    for row in repo.git("ls-tree", "-r", "-z", "--full-tree", tree).split(b"\0"):
        head, _, name = row.partition(b"\t")
        listed[name] = head.split(b" ")
    rows, there = [], []
    for path in paths:
        raw = path_bytes(path)
        mode, _, blob = listed.get(raw, [b"0", b"", repo.zero.encode()])
        rows.append(b"%b %b\t%b\0" % (mode, blob, raw))
        if seen.get(path, "") == done.files.get(path):
            continue
        if raw in listed:
            there.append(raw)
        elif seen.get(path) is not None:
            (repo.work_tree / os.fsdecode(raw)).unlink(missing_ok=True)
    if rows:
        repo.git("update-index", "-z", "--index-info", input=b"".join(rows))
        _write(repo, there)
        repo.git("update-index", "-q", "--refresh", check=False)


def follow_hooks(repo: Repository, planned: str, made: str) -> str:
    """After a commit that a hook or filter made another one: its files in the index too; a line that names them."""
    rows, names = [], []
    fields = repo.git("diff-tree", "-r", "-z", "--no-renames", "--raw", planned, made).split(b"\0")
    for head, path in zip(fields[0::2], fields[1::2]):
        _, mode, _, blob, _ = head[1:].split(b" ")
        rows.append(b"%b %b\t%b\0" % (mode, blob, path))
        names.append(os.fsdecode(path))
    kept_off = {row[2:] for row in repo.git("ls-files", "-t", "-z").split(b"\0") if row.startswith(b"S ")}
    repo.git("update-index", "-z", "--index-info", input=b"".join(rows))
    again = b"".join(name + b"\0" for name in map(os.fsencode, names) if name in kept_off)
    repo.git("update-index", "--skip-worktree", "-z", "--stdin", input=again)  # by a sparse checkout
    repo.git("update-index", "-q", "--refresh", check=False)
    few = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    return f"a hook or filter had a hand in {few}; what was committed counts as delivered"


def _write(repo: Repository, names: Sequence[bytes]) -> None:
    """Write files as the index has them, each in one rename: half of one would look like an edit of somebody's."""
    import shutil
    import tempfile

    from muse.store.layout import path_text

    top = repo.work_tree
    assert top is not None
    near = repo.git_dir if os.stat(repo.git_dir).st_dev == os.stat(top).st_dev else top
    with tempfile.TemporaryDirectory(prefix=f"muse-files-{os.getpid()}-", dir=near) as folder:
        repo.git("checkout-index", "-q", "-z", "--stdin", f"--prefix={folder}/", input=b"\0".join(names))
        for name in map(os.fsdecode, names):
            target = os.fspath(inside(top, path_text(os.fsencode(name))))  # one just written may be a link now
            os.makedirs(os.path.dirname(target), exist_ok=True)
            if os.path.isdir(target) and not os.path.islink(target):
                for at, _, _ in os.walk(target, topdown=False):
                    os.rmdir(at)  # only empty ones are left: `refuse_obstacles`
            try:
                os.replace(os.path.join(folder, name), target)
            except OSError as error:
                if error.errno != errno.EXDEV:
                    raise
                beside = f"{target}.{os.path.basename(folder)}"  # another disk is mounted there
                shutil.copy2(os.path.join(folder, name), beside, follow_symlinks=False)
                os.replace(beside, target)


def without_displaced(changed: list[str], new: set[str]) -> list[str]:
    """The paths but for files that made room for a folder, or their folder for a file: Git takes those out itself."""
    folders = {folder for path in new for folder in folders_of(path)}
    return [path for path in changed if path in new or (path not in folders and new.isdisjoint(folders_of(path)))]


def native(path: str) -> str:
    """A path for git's command line."""
    from muse.store.layout import path_bytes

    return os.fsdecode(path_bytes(path))
