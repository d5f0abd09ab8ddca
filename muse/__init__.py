"""Muse on Git: version control that understands what it stores."""

from __future__ import annotations

from muse._version import __version__ as __version__
from muse.core import git_host

TYPE_CHECKING = False  # as in git_host
if TYPE_CHECKING:
    from muse.core.git_host import GitHost


def _store() -> GitHost:
    from muse.store.host import HOST

    return HOST


git_host.provide(_store)
