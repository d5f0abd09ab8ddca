"""Where bytes come from: the only way a plugin or the op log reaches content.

A door or the engine binds a store (`with using(store):`); outside of one, the repository's own store is asked for
(`muse.core.git_host`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from muse.core.errors import ContentMissingError, MuseError
from muse.core.git_host import host
from muse.core.types import blob_digest

if TYPE_CHECKING:
    from pathlib import Path


@runtime_checkable
class ContentStore(Protocol):
    """Bytes by digest (`sha256:<hex>` of the bytes)."""

    def get(self, digest: str) -> bytes:
        """The bytes of a digest; KeyError when they are not here."""
        ...

    def put(self, data: bytes) -> str:
        """Keep bytes and return their digest; durable before it returns where the store is durable at all."""
        ...

    def has(self, digest: str) -> bool:
        """True when `get` would answer."""
        ...


class MemoryContent:
    """A content store in memory, optionally in front of another one that it only reads."""

    def __init__(self, blobs: dict[str, bytes] | None = None, *, behind: ContentStore | None = None) -> None:
        self.blobs: dict[str, bytes] = {} if blobs is None else blobs
        self.behind = behind

    def get(self, digest: str) -> bytes:
        found = self.blobs.get(digest)
        if found is not None:
            return found
        if self.behind is None:
            raise KeyError(digest)
        return self.behind.get(digest)

    def put(self, data: bytes) -> str:
        digest = blob_digest(data)
        self.blobs[digest] = bytes(data)
        return digest

    def has(self, digest: str) -> bool:
        return digest in self.blobs or (self.behind is not None and self.behind.has(digest))


_bound: ContextVar[ContentStore | None] = ContextVar("muse_content", default=None)


@contextmanager
def using(store: ContentStore) -> Iterator[ContentStore]:
    """Bind `store` for the code inside the `with` block (per thread and task)."""
    token = _bound.set(store)
    try:
        yield store
    finally:
        _bound.reset(token)


def bound() -> ContentStore | None:
    """The bound store, or None."""
    return _bound.get()


def current(repo_root: Path | None = None) -> ContentStore:
    """The bound store, else the repository's own, else MuseError."""
    store = _bound.get()
    if store is not None:
        return store
    if repo_root is not None:
        return host().content(repo_root)
    raise MuseError("no content store is bound", hint="wrap the call in `with muse.core.content.using(store):`")


def fetch(store: ContentStore, digest: str) -> bytes:
    """`store.get` with a message for a person instead of a KeyError."""
    try:
        return store.get(digest)
    except KeyError:
        raise ContentMissingError(f"content {digest} is in no store at hand") from None
