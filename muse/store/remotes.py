"""The copies of a remote's metadata go where the remote goes: `git remote rename` and `git remote remove` know nothing
of `refs/muse-remotes/<remote>/*`, so that what they did is looked up before the next fetch or push.

What was known only from a remote that is removed becomes part of our own refs first.

A remote whose metadata was fetched has its name in its own section (`remote.<name>.museName`, which a rename takes
along) and in `muse.remote`, one value for each. Copies of remotes that are not listed there are nobody's business: a
mirror has such refs of others.
"""

from __future__ import annotations

from collections.abc import Callable

from muse.core.errors import MuseError
from muse.store.intake import beside, local_tips
from muse.store.layout import REMOTES
from muse.store.lineage import RunsGit

_KEYS = r"^(remote\..*\.(url|vcs|musename)|muse\.remote)$"


def follow(repo: RunsGit, let_go: Callable[[str], None], remote: str = "") -> None:
    """Move copies as their remotes were; note `remote`, whose metadata is about to come or go.

    `let_go` takes in what is known only from a remote that is gone and deletes its copies: ops must not be lost with
    them, nor that they are delivered.
    """
    said = repo.git("config", "-z", "--get-regexp", _KEYS, check=False).decode("utf-8", "surrogateescape")
    rows = [entry.partition("\n")[::2] for entry in said.split("\0") if entry]
    listed = [value for key, value in rows if key == "muse.remote"]
    there = {_middle(key) for key, _ in rows if key.endswith((".url", ".vcs"))}
    names = {_middle(key): value for key, value in rows if key.endswith(".musename")}
    for old in dict.fromkeys(listed):
        new = next((name for name, noted in names.items() if noted == old and name in there and name != old), "")
        if new:
            _move(repo, old, new)
        elif old in there and names.get(old) == old:
            continue
        else:
            let_go(old)
        _unlist(repo, old, forget=old in names and old not in there)
        listed = [name for name in listed if name != old]
    renamed = {name for name, noted in names.items() if name in there and noted != name}
    for name in sorted(renamed | ({remote} & there)):
        _note(repo, name, listed=name in listed, named=names.get(name) == name)


def _middle(key: str) -> str:
    """The remote's name in `remote.<name>.<setting>`."""
    return key.partition(".")[2].rpartition(".")[0]


def _move(repo: RunsGit, old: str, new: str) -> None:
    """Every copy under the new name; where there is another one that neither contains, both."""
    held = local_tips(repo, f"{REMOTES}{new}/")
    for name, tip in local_tips(repo, f"{REMOTES}{old}/").items():
        target = f"{REMOTES}{new}/{name[len(REMOTES) + len(old) + 1 :]}"
        there = held.get(target)
        base = tip if there is None else repo.git("merge-base", there, tip, check=False).decode().strip()
        if there is not None and base not in (there, tip):
            target = beside(target, tip)
            there = held.get(target)
        if there is None or (base == there and there != tip):
            repo.git("update-ref", target, tip, there or "")
        repo.git("update-ref", "-d", name, tip)


def _unlist(repo: RunsGit, old: str, *, forget: bool) -> None:
    repo.git("config", "--local", "--fixed-value", "--unset-all", "muse.remote", old, check=False)
    if forget:
        repo.git("config", "--local", "--unset-all", f"remote.{old}.museName", check=False)


def _note(repo: RunsGit, name: str, *, listed: bool, named: bool) -> None:
    """Only of a remote that is in this repository's own configuration, where a rename would find it."""
    if listed and named:
        return
    own = repo.git("config", "--local", "--get-regexp", r"^remote\..*\.(url|vcs)$", check=False)
    if not any(_middle(row.split(" ", 1)[0]) == name for row in own.decode("utf-8", "surrogateescape").splitlines()):
        return
    try:
        if not named:
            repo.git("config", "--local", f"remote.{name}.museName", name)
        if not listed:
            repo.git("config", "--local", "--add", "muse.remote", name)
    except MuseError:
        return  # a configuration that cannot be written is no reason not to fetch


def forget(repo: RunsGit) -> bool:
    """Take all that is noted out of the configuration again; True when there was something.

    The copies stay, and are noted again by the next fetch.
    """
    said = repo.git("config", "--local", "-z", "--name-only", "--get-regexp", _KEYS, check=False)
    keys = [key for key in said.decode("utf-8", "surrogateescape").split("\0") if key]
    ours = [key for key in dict.fromkeys(keys) if key == "muse.remote" or key.endswith(".musename")]
    for key in ours:
        repo.git("config", "--local", "--unset-all", key)
    return bool(ours)
