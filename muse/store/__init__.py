"""Muse in Git objects: the only room, with the remote helper, that knows a Git library."""

from __future__ import annotations

from typing import TYPE_CHECKING

from muse.core import content as _content

if TYPE_CHECKING:
    from pathlib import Path


def _open(root: Path) -> _content.ContentStore:
    from muse.store.repository import Repository

    return Repository(root).content


_content.register_opener(_open)
