"""Git objects in and out, for SHA-1 and SHA-256 repositories alike.

Reading goes through one `git cat-file --batch` that stays open (alternates, partial clones and new packs are Git's
business), in bulk through `fast` where that can open the repository. Writing collects objects, which dulwich makes and
stores (`disk`); they are durable when `flush` returns.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import threading
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import IO, TYPE_CHECKING, NamedTuple, TypeVar

from muse.core.errors import ContentMissingError, DamageError, FormatError, MuseError

if TYPE_CHECKING:
    from types import TracebackType

    from muse.store.objects.needs import Basics, WithDisk

Answer = TypeVar("Answer")

_HEX = frozenset("0123456789abcdef")
_SKIP_LIMIT = 16 << 20  # bytes; ending the git process is quicker than reading past more
MEMORY_LIMIT = 64 << 20  # bytes held before they are written out as a pack
_NEAR = 1 << 16  # bytes of the largest object that is read ahead
_NEAR_ALL = 32 << 20  # bytes of all of them


Author = tuple[bytes, int, int]
"""`Name <email>`, seconds since 1970, and the zone as seconds east of Greenwich."""


class TreeEntry(NamedTuple):
    """One row of a tree: mode (such as 0o100644), name without a slash, hex id."""

    mode: int
    name: bytes
    id: str


FILE, EXECUTABLE, SYMLINK, FOLDER, SUBMODULE = 0o100644, 0o100755, 0o120000, 0o040000, 0o160000


def object_id(object_format: str, kind: str, data: bytes) -> str:
    """The hex id Git gives an object of `kind` (blob, tree, commit, tag)."""
    digest = hashlib.new(object_format, b"%s %d\0" % (kind.encode(), len(data)), usedforsecurity=False)
    digest.update(data)
    return digest.hexdigest()


def parse_tree(data: bytes, id_size: int) -> list[TreeEntry]:
    """The rows of a tree object; DamageError when the bytes are no tree. `id_size` is 20 or 32."""
    rows, at = [], 0
    while at < len(data):
        space, nul = data.find(b" ", at), data.find(b"\0", at)
        end = nul + 1 + id_size
        if not at < space < nul or end > len(data):
            raise DamageError("a tree object is damaged", hint="git fsck --full")
        try:
            rows.append(TreeEntry(int(data[at:space], 8), data[space + 1 : nul], data[nul + 1 : end].hex()))
        except ValueError:
            raise DamageError("a tree object is damaged", hint="git fsck --full") from None
        at = end
    return rows


class ObjectReader:
    """Objects of a repository by id; safe to share between threads."""

    def __init__(self, repo: Basics) -> None:
        self._repo = repo
        self._id_size = 20 if repo.object_format == "sha1" else 32
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._pid = self._packs = 0
        self._near: dict[str, tuple[str, bytes]] = {}  # what was read ahead, by id
        self._named: dict[str, str] = {}  # ids of what was asked ahead

    def ahead(self, names: Iterable[str]) -> dict[str, str]:
        """Read small objects in one go and hold them until `forget_ahead`, for whoever is going to ask for each; name
        -> id of what is here.

        A question and its answer take two changes of process; many at once take next to none. What is large, lost or
        too much in all is left to be asked for by itself.
        """
        wanted = [name for name in dict.fromkeys(names) if "\n" not in name]
        asked = os.fsencode("".join(f"{name}\n" for name in wanted))
        said = self._repo.run("cat-file", "--batch-check", input=asked).stdout.split(b"\n") if wanted else []
        left, found, fresh = _NEAR_ALL - sum(len(data) for _, data in self._near.values()), {}, {}
        for name, words in zip(wanted, map(bytes.split, said)):
            if len(words) == 3 and words[2].isdigit():
                found[name] = words[0].decode()
                if found[name] not in self._near and int(words[2]) <= min(_NEAR, left):
                    left -= int(words[2]) * (found[name] not in fresh)
                    fresh[found[name]] = words[0] + b"\n"
        if len(said) == len(wanted) + 1:  # else git died on the way, and what was said belongs to whom is not known
            self._take(self._repo.run("cat-file", "--batch", input=b"".join(fresh.values())).stdout if fresh else b"")
            self._named.update((name, oid) for name, oid in found.items() if oid in self._near)
        return found

    def _take(self, answer: bytes) -> None:
        at = 0
        while (end := answer.find(b"\n", at)) >= 0:
            words, at = answer[at:end].split(), end + 1
            if len(words) == 3:  # else it is lost
                data, at = answer[at : at + int(words[2])], at + int(words[2]) + 1
                if at <= len(answer):
                    self._near[words[0].decode()] = words[1].decode(), data

    def tree_ahead(self, name: str) -> list[TreeEntry]:
        """The rows of a tree that was read ahead; none of any other, or of a damaged one."""
        kind, data = self._near.get(name, ("", b""))
        with suppress(DamageError):
            return parse_tree(data, self._id_size) if kind == "tree" else []
        return []

    def forget_ahead(self) -> None:
        """Hold nothing more of what was read ahead."""
        self._near, self._named = {}, {}

    def read(self, name: str, limit: int | None = None) -> tuple[str, bytes]:
        """Kind and bytes of an object, named by id or as `<rev>:<path>`; KeyError when it is not there.

        FormatError when it has more than `limit` bytes; they are not read then.
        """
        near = self._near.get(self._named.get(name, name))
        if near is not None and (limit is None or len(near[1]) <= limit):
            return near

        def body(kind: str, size: int, sink: IO[bytes]) -> tuple[str, bytes]:
            if limit is not None and size > limit:
                self.close()
                raise FormatError(f"the object {name} has {size} bytes, more than {limit}")
            data = sink.read(size)
            if len(data) != size or len(sink.read(1)) != 1:  # a slice of it would be as large once more
                raise EOFError
            return kind, data

        return self._ask(name, lambda _, kind, size, sink: body(kind, size, sink))

    def resolve(self, name: str) -> str | None:
        """The id of the object a name stands for, such as `HEAD^{tree}`; None when there is none.

        This asks the process that is open anyway, so it costs next to nothing.
        """

        if name in self._named:
            return self._named[name]

        def skip(found: str, size: int, sink: IO[bytes]) -> str:
            if size > _SKIP_LIMIT:
                self.close()
            elif len(sink.read(size + 1)) != size + 1:
                raise EOFError
            return found

        try:
            return self._ask(name, lambda found, _, size, sink: skip(found, size, sink))
        except (KeyError, DamageError):
            return None

    def blob(self, name: str, limit: int | None = None) -> bytes:
        """The bytes of a blob; KeyError when it is not there or no blob."""
        kind, data = self.read(name, limit)
        if kind != "blob":
            raise KeyError(name)
        return data

    def tree(self, name: str, limit: int | None = None) -> list[TreeEntry]:
        """The rows of a tree; KeyError when it is not there or no tree."""
        kind, data = self.read(name, limit)
        if kind != "tree":
            raise KeyError(name)
        return parse_tree(data, self._id_size)

    def blobs(self, ids: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        """(id, bytes) of many blobs, in the order given; ContentMissingError at the first that is not there."""
        from muse.store.objects import fast

        if len(ids) > 1:
            self._prefetch(ids)
        quick = fast.opened(self._repo) if len(ids) >= fast.WORTH else None
        for name in ids:
            data = quick.blob(name) if quick is not None else None
            if data is None:
                try:
                    data = self.blob(name)
                except KeyError:
                    raise ContentMissingError(f"blob {name} is not in this repository", hint="git fsck") from None
            yield name, data

    def _prefetch(self, ids: Sequence[str]) -> None:
        """In a partial clone, fetch what is missing in one go; what that does not bring is fetched one by one."""
        settings = self._repo.settings()
        remotes = [key[7:-9] for key in settings if key.startswith("remote.") and key.endswith(".promisor")]
        if not remotes:
            return
        here = self._repo.git("cat-file", "--batch-all-objects", "--unordered", "--batch-check=%(objectname)").split()
        missing = set(ids).difference(name.decode() for name in here)
        if missing:
            flags = ["--no-tags", "--no-write-fetch-head", "--recurse-submodules=no", "--filter=blob:none", "--stdin"]
            script = "".join(f"{name}\n" for name in sorted(missing)).encode()
            self._repo.run("-c", "fetch.negotiationAlgorithm=noop", "fetch", "-q", *flags, remotes[0], input=script)

    def close(self) -> None:
        """End the git process behind this reader; the next read starts a new one."""
        process, self._process = self._process, None
        if process is not None:
            end(process)

    def _ask(self, name: str, answer: Callable[[str, str, int, IO[bytes]], Answer]) -> Answer:
        """What `answer` makes of the object; asked once more, of a new process, when the old one has died."""
        with self._lock:
            for _ in range(2):
                try:
                    return answer(*self._header(name))
                except (KeyError, FormatError):
                    raise  # what git said was read to its end, or the process was ended
                except (OSError, EOFError):
                    self.close()
                except BaseException:
                    self.close()  # interrupted half way: the rest would be taken for the answer to the next question
                    raise
        raise DamageError(f"git cannot read the object {name}", hint="git fsck --full")

    def _header(self, name: str) -> tuple[str, str, int, IO[bytes]]:
        """Id, kind and size of an object, and the stream its bytes and a newline are to be read from."""
        if "\n" in name:
            raise KeyError(name)
        if self._process is not None and self._pid != os.getpid():
            self._process = None  # a fork's copy: its answers would be our parent's
        packs = self._repo.packs_changed_at()
        if self._process is not None and packs != self._packs:
            self.close()  # it would go on finding what was in a pack that `git gc` has taken away
        if self._process is None:
            self._pid, self._packs = os.getpid(), packs
            self._process = asked(self._repo, self, "cat-file", "--batch")
        source, sink = self._process.stdin, self._process.stdout
        assert source is not None and sink is not None
        source.write(os.fsencode(name) + b"\n")
        source.flush()
        header = sink.readline()
        if not header:
            raise EOFError
        words = header.split()
        if len(words) != 3 or words[-1] == b"missing" or not words[2].isdigit():
            raise KeyError(name)
        found = words[0].decode()
        if len(name) == 2 * self._id_size and found != name and set(name) <= _HEX:
            raise EOFError  # the answer to another question
        return found, words[1].decode(), int(words[2]), sink


def asked(repo: Basics, owner: object, *words: str) -> subprocess.Popen[bytes]:
    """A git that answers line by line, and ends when its owner is no more."""
    process = subprocess.Popen(
        ["git", *words],
        cwd=repo.root,
        env=repo.env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    weakref.finalize(owner, end, process)
    return process


def end(process: subprocess.Popen[bytes]) -> None:
    """Close a child's pipes, at which it ends, and wait for it."""
    for stream in (process.stdout, process.stdin):
        try:
            if stream is not None:
                stream.close()
        except OSError:
            pass  # it died before it read our last line
    process.wait()


class ObjectWriter:
    """Objects made in one go. Ids are known at once; the objects are in the repository after `flush`.

    As a `with` block it flushes at the end, and stores nothing when the block fails.
    """

    def __init__(self, repo: WithDisk) -> None:
        self._repo = repo
        self._pending: dict[str, tuple[str, bytes]] = {}
        self._size = 0

    def __enter__(self) -> ObjectWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.flush()
        else:
            self._pending.clear()

    def add(self, kind: str, data: bytes) -> str:
        """Take an object and return its id."""
        name = object_id(self._repo.object_format, kind, data)
        if name not in self._pending:
            if self._size + len(data) > MEMORY_LIMIT:
                self.flush()
            self._pending[name] = (kind, data)
            self._size += len(data)
        return name

    def blob(self, data: bytes) -> str:
        """Take a blob."""
        return self.add("blob", data)

    def tree(self, entries: Iterable[TreeEntry]) -> str:
        """Take a tree."""
        from dulwich.objects import ObjectID, Tree

        tree = Tree()
        for mode, name, target in entries:
            tree.add(name, mode, ObjectID(target.encode("ascii")))
        return self.add("tree", tree.as_raw_string())

    def commit(
        self,
        tree: str,
        parents: Sequence[str],
        author: Author,
        committer: Author,
        message: bytes,
        encoding: str = "utf-8",
    ) -> str:
        """Take a commit; `message` is in `encoding` already."""
        from dulwich.objects import Commit, ObjectID

        made = Commit()
        made.tree = ObjectID(tree.encode("ascii"))
        made.parents = [ObjectID(parent.encode("ascii")) for parent in parents]
        made.author, made.author_time, made.author_timezone = author
        made.committer, made.commit_time, made.commit_timezone = committer
        if encoding.lower().replace("-", "") != "utf8":
            made.encoding = encoding.encode("ascii")
        made.message = message
        return self.add("commit", made.as_raw_string())

    def pending(self, name: str) -> bytes | None:
        """The bytes of an object taken since the last flush."""
        found = self._pending.get(name)
        return None if found is None else found[1]

    def flush(self) -> None:
        """Store everything taken so far, durably; MuseError when the disk is full or may not be written."""
        if not self._pending:
            return
        from dulwich.object_format import get_object_format
        from dulwich.objects import ShaFile

        form = get_object_format(self._repo.object_format)
        numbers = {"commit": 1, "tree": 2, "blob": 3, "tag": 4}
        objects = [
            ShaFile.from_raw_string(numbers[kind], data, object_format=form) for kind, data in self._pending.values()
        ]
        try:
            self._repo.disk.add_objects([(each, None) for each in objects])
        except OSError as error:
            hint = f"nothing was changed; look at {self._repo.objects_dir}"
            raise MuseError(f"cannot write objects: {error.strerror or error}", hint=hint) from None
        self._pending.clear()
        self._size = 0
