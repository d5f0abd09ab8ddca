"""Metadata over the wire: `refs/muse/*` of a remote in, our own out, beside the branches and never through them.

What comes from a remote lands in `refs/muse-remotes/<remote>/*`, in a fetch of its own without depth, filter or prune.
What goes out are the refs this clone writes. Only the writer moves them and only forward, so no lock is needed on any
server, and a refused metadata push never concerns the branches.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from muse.core.errors import MuseError

OURS = "refs/muse/"
THEIRS = "refs/muse-remotes/"


class RunsGit(Protocol):
    """All that is needed of a repository here, so that the remote helper need not open one."""

    def git(self, *args: str, check: bool = True, env: Mapping[str, str] | None = None) -> bytes: ...


def fetch_metadata(repo: RunsGit, remote: str, url: str | None = None, *, env: Mapping[str, str] | None = None) -> int:
    """Bring `refs/muse/*` of the remote into `refs/muse-remotes/<remote>/*`; returns how many of those moved.

    MuseError when the remote could not be read.
    """
    before = tips(repo, f"{THEIRS}{remote}/")
    repo.git(
        "-c", "fetch.fsckObjects=true",
        "fetch", "-q", "--no-tags", "--no-prune", "--no-recurse-submodules", "--no-write-fetch-head", "--no-auto-gc",
        "--refmap=", url or remote, f"{OURS}*:{THEIRS}{remote}/*",
        env=env,
    )  # fmt: skip
    after = tips(repo, f"{THEIRS}{remote}/")
    return sum(before.get(name) != tip for name, tip in after.items())


def push_metadata(repo: RunsGit, remote: str, url: str | None = None, *, env: Mapping[str, str] | None = None) -> int:
    """Push our own `refs/muse/*` where the remote, as last seen, does not have them; returns how many were sent.

    MuseError when the remote declined them; the branches have gone through before and stay.
    """
    known = tips(repo, f"{THEIRS}{remote}/")
    due = {
        name: tip for name, tip in tips(repo, OURS).items() if known.get(f"{THEIRS}{remote}/{name[len(OURS) :]}") != tip
    }
    if not due:
        return 0
    try:
        repo.git(
            "push", "-q", "--no-verify", "--no-follow-tags", "--no-signed", "--recurse-submodules=no",
            url or remote, *(f"{tip}:{name}" for name, tip in due.items()),
            env=env,
        )  # fmt: skip
    except MuseError as error:
        raise MuseError(
            f"{remote} did not take the metadata ({', '.join(sorted(due))}); the branches are not concerned",
            hint="see docs/hosting.md; `muse sync` tries again",
        ) from error
    for name, tip in due.items():
        repo.git("update-ref", f"{THEIRS}{remote}/{name[len(OURS) :]}", tip)
    return len(due)


def tips(repo: RunsGit, prefix: str) -> dict[str, str]:
    """Ref name -> id below a prefix."""
    lines = repo.git("for-each-ref", "--format=%(objectname) %(refname)", prefix).decode("utf-8", "surrogateescape")
    return {name: tip for tip, _, name in (line.partition(" ") for line in lines.splitlines())}
