"""Which pull request it is about: by hand, or as the forge's CI says it in the environment."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from muse.core.errors import MuseError
from muse.core.io import read_regular

_MAX_EVENT = 10_000_000


class Thread(NamedTuple):
    """Where a comment on it goes: the kind of forge, its API's address, the project, the number."""

    forge: str
    api: str
    project: str
    number: str


class Pull(NamedTuple):
    """`head` wants to go into the branch `base`. `head` is a branch of the remote, or a full ref (`refs/pull/7/head`)
    where it is somebody else's; only a branch can be pushed to. `thread` is None when nobody asked for a comment."""

    base: str
    head: str
    thread: Thread | None = None

    @property
    def is_branch(self) -> bool:
        """True when `head` is a branch of the remote."""
        return not self.head.startswith("refs/")

    @property
    def beside(self) -> str:
        """The branch for a merge that cannot go to `head` itself."""
        return "muse/merge/" + (self.head if self.is_branch else self.head.removeprefix("refs/").replace("/", "-"))


def from_environment(env: Mapping[str, str]) -> Pull | None:
    """The pull request a CI job of GitHub, Gitea, Forgejo or GitLab was started for; None when it says of none.

    MuseError when what it says cannot be read.
    """
    if env.get("CI_MERGE_REQUEST_IID"):
        return _gitlab(env)
    if env.get("GITHUB_EVENT_PATH"):
        return _github(env)
    return None


def _gitlab(env: Mapping[str, str]) -> Pull:
    number = env["CI_MERGE_REQUEST_IID"]
    own = env.get("CI_MERGE_REQUEST_SOURCE_PROJECT_ID") == env.get("CI_MERGE_REQUEST_PROJECT_ID")
    head = env.get("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", "") if own else f"refs/merge-requests/{number}/head"
    thread = Thread("gitlab", env.get("CI_API_V4_URL", ""), env.get("CI_MERGE_REQUEST_PROJECT_ID", ""), number)
    return _checked(Pull(env.get("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", ""), head, thread))


def _github(env: Mapping[str, str]) -> Pull | None:
    """Gitea and Forgejo name everything as GitHub does."""
    try:
        event: Any = json.loads(read_regular(env["GITHUB_EVENT_PATH"], _MAX_EVENT))
        asked = event.get("pull_request")
        if asked is None:
            return None
        number = str(int(asked["number"]))
        own = (
            asked["head"]["repo"] is not None
            and asked["head"]["repo"]["full_name"] == asked["base"]["repo"]["full_name"]
        )
        head = str(asked["head"]["ref"]) if own else f"refs/pull/{number}/head"
        base = str(asked["base"]["ref"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise MuseError(f"GITHUB_EVENT_PATH: this is no event of a pull request: {type(error).__name__}") from None
    forge = "gitea" if env.get("GITEA_ACTIONS") or env.get("FORGEJO_ACTIONS") else "github"
    thread = Thread(forge, env.get("GITHUB_API_URL", ""), env.get("GITHUB_REPOSITORY", ""), number)
    return _checked(Pull(base, head, thread))


def _checked(pull: Pull) -> Pull:
    if not pull.base or not pull.head or pull.thread is None or not (pull.thread.api and pull.thread.project):
        raise MuseError("the environment of this job does not say which branches it is about: use --base and --head")
    return pull
