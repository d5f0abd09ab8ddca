"""A bundle behind `muse::`: unpacked into a repository of its own for as long as we run, and served from there."""

from __future__ import annotations

import os
import shutil
import tempfile

from git_remote_muse.run import git
from muse.core import leftovers
from muse.core.errors import MuseError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from git_remote_muse.url import Place


def unpacked(place: Place, service: str, env: Mapping[str, str]) -> str:
    """The repository that has what the bundle has; made once. What the bundle builds on is looked for in ours.

    MuseError for a push, and Git's own words for a bundle that is damaged or builds on what is not here.
    """
    if service != "git-upload-pack":
        raise MuseError(f"'{place.path}' is a bundle, which takes no push", hint="git bundle create FILE --all")
    if not place.opened:
        place.opened = tempfile.mkdtemp(prefix=leftovers.passing("bundle"))
        _fill(place.opened, os.path.abspath(place.path), env)
    return place.opened


def close(place: Place) -> None:
    """Take the repository away again."""
    shutil.rmtree(place.opened, ignore_errors=True)


def _fill(folder: str, bundle: str, env: Mapping[str, str]) -> None:
    ours = git("rev-parse", "--git-path", "objects") if os.environ.get("GIT_DIR") else b""
    git("init", "-q", "--bare", f"--object-format={_object_format(bundle)}", folder, env=env)
    if ours:
        with open(os.path.join(folder, "objects", "info", "alternates"), "wb") as file:
            file.write(os.path.abspath(ours.rstrip(b"\n")) + b"\n")
    env = {**env, "GIT_DIR": folder}
    git("fetch", "-q", "--update-head-ok", "--no-write-fetch-head", bundle, "+refs/*:refs/*", env=env)
    rows = git("bundle", "list-heads", bundle, env=env).decode("utf-8", "surrogateescape").split("\n")
    tips = {name: tip for tip, _, name in (row.partition(" ") for row in rows)}
    if "HEAD" not in tips:
        return
    named = [name for name, tip in tips.items() if name.startswith("refs/heads/") and tip == tips["HEAD"]]
    if named:  # a bundle does not say which branch HEAD is on
        usual = [name for name in ("refs/heads/main", "refs/heads/master") if name in named]
        git("symbolic-ref", "HEAD", (usual or named)[0], env=env)
    else:
        git("update-ref", "--no-deref", "HEAD", tips["HEAD"], env=env)


def _object_format(bundle: str) -> str:
    with open(bundle, "rb") as file:
        lines = file.read(4096).split(b"\n")
    words = [line.removeprefix(b"@object-format=") for line in lines if line.startswith(b"@object-format=")]
    return "sha256" if words[:1] == [b"sha256"] else "sha1"
