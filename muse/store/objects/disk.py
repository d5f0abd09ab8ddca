"""dulwich's object store on disk, as a repository that others use at the same time needs it.

dulwich makes the objects, their names, the loose files, the packs and the indices. What is different here:

- a temporary file has a name that Git knows and clears away (`tmp_obj_`, `tmp_pack_`, `tmp_idx_`). dulwich's own
  `<name>.lock` would stay after a crash, be an error to `git fsck`, and keep the next writer from the object for ever;
- folders are synced too, once per batch: a new file that has no name after a power cut is lost;
- what is here already, loose, packed or in an alternate, is given a fresh time instead of being written again, so that
  a `git gc` beside us leaves it alone until a ref names it;
- a pack is not read back object by object, which takes five times as long as writing it: what was compressed is what
  was hashed.
"""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from typing import IO, TYPE_CHECKING, TypeVar

from dulwich.errors import ChecksumMismatch
from dulwich.file import GitFile, SharedPerm, adjust_shared_perm
from dulwich.object_format import get_object_format
from dulwich.object_store import DiskObjectStore
from dulwich.objects import ObjectID, RawObjectID, ShaFile, hex_to_filename
from dulwich.pack import Pack, UnpackedObject, write_pack_data, write_pack_index

from muse.core import sharing
from muse.core.io import fsync_dir
from muse.core.platform.durable import sync_file
from muse.store.objects import collecting
from muse.store.objects.kept import keep, let_go, sweep

if TYPE_CHECKING:
    from muse.store.objects.needs import Basics

Made = TypeVar("Made")
LOOSE_LIMIT = 100  # objects; more become a pack
_TRIES = 20
_LEVEL = 1  # zlib's; Git's own repacking does better than any level
_MODE = 0o444
_UNREADABLE = (OSError, ValueError, AssertionError, ChecksumMismatch)
"""What dulwich raises at the index of a pack that is damaged, or gone since we looked."""


class DiskStore(DiskObjectStore):
    """The objects of a repository; what `add_objects` was given is on the medium when it returns."""

    def __init__(self, repo: Basics) -> None:
        others = repo.env.get("GIT_ALTERNATE_OBJECT_DIRECTORIES", "")
        super().__init__(
            os.fspath(repo.objects_dir),
            loose_compression_level=_LEVEL,
            pack_compression_level=_LEVEL,
            fsync_object_files=True,
            shared_perm=_shared(repo.config("core.sharedrepository")),
            object_format=get_object_format(repo.object_format),
            alternates=[path for path in others.split(os.pathsep) if path],
        )
        self._unsynced: set[str] = set()
        self._common_dir = repo.common_dir
        self._kept: list[str] = []
        self._swept = False
        weakref.finalize(self, _let_go, self._kept)

    # Writing -----------------------------------------------------------------------------------------------------

    def add_objects(
        self, objects: Sequence[tuple[ShaFile, str | None]], progress: Callable[[str], None] | None = None
    ) -> Pack | None:
        """Store objects durably: a few as loose files, many as one pack, which is returned."""
        named = {ObjectID(each.get_id(self.object_format)): each for each, _ in objects}
        if not self._swept:
            self._swept = True
            sweep(os.fspath(self.pack_dir))
        try:
            if named and collecting.under_way(self._common_dir):
                return _patiently(lambda: self._add_as_pack(named, kept=True))
            new = self._not_here(named)
            if len(new) > LOOSE_LIMIT:
                return _patiently(lambda: self._add_as_pack(new))
            for name, each in new.items():
                _patiently(partial(self._add_loose, name, each))
            return None
        finally:
            folders, self._unsynced = self._unsynced, set()
            for folder in folders:
                with suppress(FileNotFoundError):  # what was in it is in a pack of `git gc`
                    fsync_dir(folder)

    def add_object(self, obj: ShaFile) -> None:
        """Store one object durably."""
        self.add_objects([(obj, None)])

    def _add_loose(self, name: ObjectID, obj: ShaFile) -> None:
        target = self._get_shafile_path(name)
        folder = os.path.dirname(target)
        if not os.path.isdir(folder):
            self._make_folder(folder)
        with self._placed(target, "tmp_obj_") as file:
            file.write(obj.as_legacy_object(compression_level=self.loose_compression_level))

    def _add_as_pack(self, objects: dict[ObjectID, ShaFile], *, kept: bool = False) -> Pack:
        """One pack beside the others. Git sees a pack once its index is there; one that is `kept`, as long as this
        process lives, no `git gc` takes away before a ref names what is in it."""
        folder = os.fspath(self.pack_dir)
        self._make_folder(folder)
        temp = os.path.join(folder, _temporary("tmp_pack_"))
        try:
            with self._open(temp) as file:
                entries, checksum = write_pack_data(
                    file.write,
                    _records(objects),
                    self.object_format,
                    num_records=len(objects),
                    compression_level=self.pack_compression_level,
                )
            base = os.path.join(folder, f"pack-{checksum.hex()}")
            if kept:
                self._kept.append(keep(base))
            os.replace(temp, f"{base}.pack")
        except BaseException:
            _unlink(temp)
            raise
        rows = sorted((name, offset, crc) for name, (offset, crc) in entries.items())
        with self._placed(f"{base}.idx", "tmp_idx_") as file:
            write_pack_index(file, rows, checksum, version=2)
        return Pack(base, object_format=self.object_format)

    def _make_folder(self, folder: str) -> None:
        try:
            os.mkdir(folder)
        except FileExistsError:
            return
        adjust_shared_perm(folder, self.shared_perm)
        self._unsynced.add(os.fspath(self.path))

    @contextmanager
    def _placed(self, target: str, prefix: str) -> Iterator[IO[bytes]]:
        """A file that is complete and on the medium before it has its name."""
        folder = os.path.dirname(target)
        temp = os.path.join(folder, _temporary(prefix))
        try:
            with self._open(temp) as file:
                yield file
            os.replace(temp, target)
        except BaseException:
            _unlink(temp)
            raise
        self._unsynced.add(folder)

    @contextmanager
    def _open(self, temp: str) -> Iterator[IO[bytes]]:
        """dulwich's file of Git's modes; it is synced by us, which knows what that means on each system."""
        file = GitFile(temp, "wb", mask=_MODE, fsync=False, shared_perm=self.shared_perm)
        try:
            yield file
            file.flush()
            if self.fsync_object_files:
                sync_file(file.fileno())
            file.close()
        except BaseException:
            for _ in range(2):  # what is buffered cannot be written to a full disk: the first try says so once more
                with suppress(OSError):
                    file.abort()
            raise

    # What is here already ----------------------------------------------------------------------------------------

    def _not_here(self, objects: dict[ObjectID, ShaFile]) -> dict[ObjectID, ShaFile]:
        """The objects that are nowhere; the files that hold the others have been given a fresh time.

        Where that cannot be done, in somebody else's files, the object is written once more.
        """
        stores = [self, *(store for store in self.alternates if isinstance(store, DiskObjectStore))]
        try:
            for store in stores:
                store._update_pack_cache()
            return {
                name: each
                for name, each in objects.items()
                if not any(_touched(path) for store in stores for path in _files_with(store, name))
            }
        finally:  # a pack held open is a pack that `git gc` cannot give back
            for store in stores:
                store.close()
            self._alternates = None


def _let_go(kept: list[str]) -> None:
    for path in filter(None, kept):
        let_go(path)


def _patiently(write: Callable[[], Made]) -> Made:
    """Once more where `git gc --prune=now` takes empty folders and temporary files away under our hands."""
    for _ in range(_TRIES - 1):
        with suppress(FileNotFoundError):
            return write()
    return write()


def _files_with(store: DiskObjectStore, name: ObjectID) -> Iterator[str]:
    """The files of a store that hold an object: its own, and packs."""
    yield hex_to_filename(os.fspath(store.path), name)
    for pack in list(store._iter_cached_packs()):
        try:
            pack.index.object_offset(name)
        except KeyError:
            continue
        except _UNREADABLE:
            continue
        yield f"{os.fspath(pack._basename)}.pack"


def _touched(path: str) -> bool:
    """False as well for the empty file that a power cut leaves of an object: it is to be written again."""
    try:
        if not os.stat(path).st_size:
            return False
        os.utime(path)
    except OSError:
        return False
    return True


def _records(objects: dict[ObjectID, ShaFile]) -> Iterator[UnpackedObject]:
    """What `write_pack_data` takes, under the names of this repository's format."""
    for name, each in objects.items():
        sha = RawObjectID(bytes.fromhex(name.decode("ascii")))
        yield UnpackedObject(each.type_num, delta_base=None, crc32=None, decomp_chunks=each.as_raw_chunks(), sha=sha)


def _shared(value: str | None) -> SharedPerm | None:
    """`core.sharedRepository` as dulwich has it; its own reader lies behind a long import."""
    bits = sharing.bits(value)
    return SharedPerm(abs(bits), replace=bits < 0) if bits else None


def _temporary(prefix: str) -> str:
    return f"{prefix}{os.getpid()}_{os.urandom(6).hex()}"


def _unlink(path: str) -> None:
    for name in (path, f"{path}.lock"):
        try:
            os.unlink(name)
        except OSError:
            pass
