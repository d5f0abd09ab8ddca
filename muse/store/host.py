"""The core's questions about Git, answered: see `muse.core.git_host`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from muse.store import writer
from muse.store.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from muse.core.content import ContentStore


class StoreHost:
    """`muse.core.git_host.GitHost` over `Repository`."""

    def content(self, root: Path) -> ContentStore:
        """See the protocol."""
        return Repository(root).content

    def writer(self, root: Path) -> str:
        """See the protocol."""
        return writer.writer_id(Repository(root))

    def archived(self, root: Path, recipe: dict[str, Any]) -> Iterator[bytes]:
        """See the protocol."""
        from muse.store.log import archive  # most logs have no archived segment, and it reads half the store

        return archive.restore(root, recipe)


HOST = StoreHost()
