"""Refs of ours that name lost commits, found beside a conversation: they must not cost a fetch."""

from __future__ import annotations

import os

from git_remote_muse.protocol import Watch
from git_remote_muse.run import spawn
from muse.core.errors import MuseError
from muse.core.terminal import tell

TYPE_CHECKING = False  # what only names types would cost each start
if TYPE_CHECKING:
    from git_remote_muse.protocol import Idle


def look_at_refs(watch: Watch) -> Idle:
    """Look, beside the conversation, whether a commit is lost that a ref of ours names; what to do before a fetch.

    Git looks at every ref once it has got its objects, and fails at such a one.
    """
    if watch.receive or not os.environ.get("GIT_DIR"):
        return None
    look = spawn(
        ("git", "for-each-ref", "--format=%(objecttype)", "refs/muse/", "refs/muse-remotes/"),
        stdin=None,
        stdout=None,
        quiet=True,
    )

    def asked() -> None:
        if look.wait():
            _mend()

    return asked


def _mend() -> None:
    from muse.store.meta import broken
    from muse.store.repository import Repository

    try:
        broken.mend(Repository.discover("."), quick=True)
    except (MuseError, OSError) as error:
        tell(f"muse: {error}")
