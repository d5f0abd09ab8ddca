"""Refs under `refs/muse*` whose objects are lost: set aside, so that they cost a cache and never the clone.

A ref that names a missing object stops `git fetch`, `git gc` and `git push` of everything. No ref may name such an
object, whatever its name, so what is set aside is written down in `<git>/muse/broken-refs` and the ref goes back to the
newest whole state that is here: a remote's copy of it, or nothing. The next fetch or write brings the rest. Damaged
loose objects are moved to `<git>/muse/broken-objects`, or nothing could bring them.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from muse.core.errors import DamageError, RefMovedError
from muse.core.io import write_bytes_atomic
from muse.core.terminal import tell
from muse.core.types import now_utc_iso
from muse.store import refs
from muse.store.layout import OWN, REMOTES, Kind, owner
from muse.store.meta import writer_refs
from muse.store.meta.union import forget
from muse.store.objects import loose

if TYPE_CHECKING:
    from muse.store.repository import Repository

LIST = "broken-refs"


class SetAside(NamedTuple):
    """A ref that named lost objects, where it was, and where it is now ("" when it is gone)."""

    ref: str
    tip: str
    now: str


def broken(repo: Repository, *, quick: bool = False, bad: Collection[str] | None = None) -> dict[str, str]:
    """The refs of ours from which an object is missing or damaged, name -> id.

    A quick look at loose objects reads their first bytes only; `bad` are those that are known to be damaged.
    """
    tips = refs.read_many(repo, OWN, REMOTES)
    if not tips:
        return {}
    bad = loose.damaged(repo, quick=quick) if bad is None else bad
    hurt = _hurt(repo, list(dict.fromkeys(tips.values())), bad)
    return {name: tip for name, tip in tips.items() if tip in hurt}


def _hurt(repo: Repository, tips: list[str], bad: Collection[str]) -> set[str]:
    """The tips that are not whole, found by halves: of thousands of refs mostly one is hurt."""
    if not tips or (_whole(repo, *tips) and not _reaches(repo, tips, bad)):
        return set()
    if len(tips) == 1:
        return set(tips)
    middle = len(tips) // 2
    return _hurt(repo, tips[:middle], bad) | _hurt(repo, tips[middle:], bad)


def set_aside(repo: Repository, *, quick: bool = False) -> list[SetAside]:
    """Move every broken ref back to what is whole, after writing down where it was.

    Damaged loose objects are kept out of Git's sight first: what a pack or a remote has of them is whole.
    """
    loose.move_aside(repo, loose.damaged(repo, quick=quick))
    repo.objects.close()
    found = broken(repo, quick=quick)
    if not found:
        return []
    whole = {name: tip for name, tip in refs.read_many(repo, OWN, REMOTES).items() if name not in found}
    done = [SetAside(name, tip, _instead(name, whole)) for name, tip in found.items()]
    path = os.path.join(repo.common_dir, "muse", LIST)
    try:
        with open(path, "rb") as file:
            before = file.read()
    except FileNotFoundError:
        before = b""
    rows = [f"{now_utc_iso()} {each.ref} {each.tip} -> {each.now or 'nothing'}\n" for each in done]
    write_bytes_atomic(path, before + os.fsencode("".join(rows)))
    for each in list(done):
        try:
            refs.update(repo, each.ref, each.now or None, each.tip, message="muse: objects are lost")
        except RefMovedError:
            done.remove(each)  # somebody wrote to it meanwhile
    repo.memo.pop("union", None)
    forget(repo, found)
    return done


def mend(repo: Repository, *, quick: bool = False) -> bool:
    """`set_aside` where something is broken, with one line for each ref; True when there was something."""
    if not broken(repo, quick=quick):
        return False
    for each in set_aside(repo, quick=quick):
        tell(f"muse: {each.ref} named lost objects and is set aside; `muse verify` lists what is left")
    return True


def commit_files(repo: Repository, kind: Kind, files: Mapping[str, bytes | str], message: str) -> str:
    """`writer_refs.commit_files`; where our ref names what is lost, that is set aside first."""
    try:
        return writer_refs.commit_files(repo, kind, files, message)
    except DamageError:
        if not mend(repo, quick=True):
            raise
    return writer_refs.commit_files(repo, kind, files, message)


def _instead(name: str, whole: dict[str, str]) -> str:
    """For a ref of this clone, a remote's copy of it; what came from a remote is fetched anew."""
    if not name.startswith(OWN):
        return ""
    return next((tip for copy, tip in whole.items() if copy.startswith(REMOTES) and owner(copy) == owner(name)), "")


def _whole(repo: Repository, *tips: str) -> bool:
    """True when everything that the tips reach is here; what a partial clone left out counts as here."""
    promised = any(key.startswith("remote.") and key.endswith(".promisor") for key in repo.settings())
    flags = ["--exclude-promisor-objects"] * promised
    names = "".join(f"{tip}\n" for tip in tips).encode()
    return repo.run("rev-list", "--objects", "--quiet", *flags, "--stdin", input=names).returncode == 0


def _reaches(repo: Repository, tips: Sequence[str], names: Collection[str]) -> bool:
    if not names:
        return False
    listed = repo.run("rev-list", "--objects", "--stdin", input="".join(f"{tip}\n" for tip in tips).encode()).stdout
    return any(os.fsdecode(line.partition(b" ")[0]) in names for line in listed.split(b"\n"))
