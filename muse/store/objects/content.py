"""Content by SHA-256 digest over Git blobs.

`put` writes a blob; which blob has which digest stands in the digest index, a disposable cache. Whatever the index has
lost is found again by looking at the repository's own blobs, and everything read is checked against its digest.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from muse.core.errors import MuseError
from muse.core.types import blob_digest
from muse.store.objects.database import ObjectWriter, object_id
from muse.store.objects.digests import DigestIndex

if TYPE_CHECKING:
    from pathlib import Path

    from muse.store.objects.needs import WithObjects

_PATIENCE = 0.1  # seconds in which a batch, which may ask a hundred thousand times, does not look for new objects again


class BlobContent:
    """The content store of a repository."""

    def __init__(self, repo: WithObjects) -> None:
        self._repo = repo
        self.index = DigestIndex(repo.common_dir / "muse" / "digests.sqlite")
        self._batch: ObjectWriter | None = None
        self._taken: dict[str, str] = {}  # digest -> blob of what this process wrote
        self._searched: object = None
        self._looked = 0.0

    def get(self, digest: str) -> bytes:
        """The bytes of a digest; KeyError when no blob here has it."""
        found = self._known(digest)
        if found is None and self._search():
            found = self._known(digest)
        if found is None:
            raise KeyError(digest)
        return found

    def has(self, digest: str) -> bool:
        """True when `get` would answer."""
        try:
            self.get(digest)
        except KeyError:
            return False
        return True

    def put(self, data: bytes) -> str:
        """Keep bytes as a blob; durable when this returns, or when the `batch` it is part of ends."""
        digest = blob_digest(data)
        if self._batch is not None:
            self._taken[digest] = self._batch.blob(data)
        else:
            with self._repo.writer() as writer:
                self._taken[digest] = writer.blob(data)
            self.index.add([(self._taken[digest], digest)])
        return digest

    @contextmanager
    def batch(self) -> Iterator[None]:
        """Everything put inside the block is written together, as one pack when it is much."""
        if self._batch is not None:
            yield
            return
        before = dict(self._taken)
        try:
            with self._repo.writer() as self._batch:
                yield
        except BaseException:
            self._taken = before
            raise
        finally:
            self._batch = None
        self.index.add([(blob, digest) for digest, blob in self._taken.items() if digest not in before])

    def flush(self) -> None:
        """Write what the batch at hand has so far, for Git to read."""
        if self._batch is not None:
            self._batch.flush()

    def blob_id(self, digest: str) -> str:
        """The id of a blob with this digest, which is in the repository or in the batch at hand; else KeyError."""
        if digest in self._taken:
            return self._taken[digest]
        self.get(digest)
        blob = self.index.blob(digest)
        if blob is None:
            raise KeyError(digest)
        return blob

    def digests(self, blobs: Iterable[str]) -> dict[str, str]:
        """Blob id -> digest. Blobs never seen before are read, once; so the cost is that of what is new."""
        wanted = set(blobs)
        known = self.index.digests(wanted)
        new = []
        for blob, data in self._repo.objects.blobs(sorted(wanted - known.keys())):
            known[blob] = blob_digest(data)
            if self._is_itself(blob, data):
                new.append((blob, known[blob]))
        self.index.add(new)
        return known

    def know(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Tell the index of (blob id, digest) pairs the caller has verified."""
        self.index.add(list(pairs))

    def close(self) -> None:
        """Let go of the index's file."""
        self.index.close()

    def _known(self, digest: str) -> bytes | None:
        blob = self._taken.get(digest) or self.index.blob(digest)
        if blob is None:
            return None
        data = self._batch.pending(blob) if self._batch is not None else None
        try:
            data = self._repo.objects.blob(blob) if data is None else data
        except KeyError:
            data = None  # written, never named by a ref, and taken by `git gc`
        if data is None or blob_digest(data) != digest:
            self.index.forget(blob)
            self._taken.pop(digest, None)
            return None
        return data

    def _is_itself(self, blob: str, data: bytes) -> bool:
        """False for what `git replace` put in a blob's place: that may be gone tomorrow, so nothing is remembered."""
        return object_id(self._repo.object_format, "blob", data) == blob

    def _search(self) -> bool:
        """Take up every blob of the repository that the index does not know; False when none came since last time."""
        now = time.monotonic()
        if self._batch is not None and now < self._looked + _PATIENCE:
            return False
        self._looked = now
        state = _state(self._repo.objects_dir)
        if state == self._searched:
            return False
        self._searched = state
        listing = self._repo.git(
            "cat-file", "--batch-all-objects", "--unordered", "--batch-check=%(objecttype) %(objectname)"
        )
        blobs = {line[5:].decode() for line in listing.splitlines() if line.startswith(b"blob ")}
        found = []
        for blob in sorted(blobs - self.index.digests(blobs).keys()):
            try:
                data = self._repo.objects.blob(blob)
            except (KeyError, MuseError):
                continue  # one unreadable blob must not hide the others
            if self._is_itself(blob, data):
                found.append((blob, blob_digest(data)))
        self.index.add(found)
        return True


def _state(objects: Path) -> object:
    """What changes whenever an object file or a pack comes."""
    state = []
    for name in ("pack", *(f"{number:02x}" for number in range(256))):
        try:
            state.append(os.stat(objects / name).st_mtime_ns)
        except OSError:
            state.append(0)
    return state
