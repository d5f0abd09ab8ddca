"""What a repository is called by all its clones: the SHA-256 of the first commits of its history."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from muse.core.errors import MuseError
from muse.core.op_log import OpLog
from muse.core.terminal import command
from muse.store.log import checkpoints

if TYPE_CHECKING:
    from muse.store.repository import Repository

KEY = "muse.repositoryId"
_ID = re.compile(r"[0-9a-f]{64}")


def repository_id(repo: Repository, log: OpLog) -> str:
    """The id that was kept, else the one that follows from history, kept from now on.

    A shallow clone has no first commits and takes those its session was started with. MuseError where nothing says.
    """
    kept = repo.config(KEY)
    if kept:
        if not _ID.fullmatch(kept):
            raise MuseError(
                f"{KEY} is {kept!r:.80}, not 64 hexadecimal digits", hint=command("git", "config", "--unset", KEY)
            )
        return kept
    first = checkpoints.roots(repo) or _of_session(repo, log)
    if not first:
        raise MuseError(
            "which repository this is cannot be told: its history has no first commit here",
            hint=f"commit something, git fetch --unshallow, or set {KEY} to what another clone has",
        )
    made = hashlib.sha256(b"\n".join(sorted(root.encode() for root in first))).hexdigest()
    repo.git("config", KEY, made)
    return made


def _of_session(repo: Repository, log: OpLog) -> list[str]:
    """The first commits of the history a session was started in, as any clone tells it."""
    own = log.read_checkpoint()
    told = [*([] if own is None else [own]), *checkpoints.checkpoints(repo, log.session_id())]
    return next((found for made in told if (found := made.get("roots"))), [])


__all__ = ["KEY", "repository_id"]
