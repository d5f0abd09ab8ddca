"""The two refs this clone writes: files committed into their cumulative trees, and the rule about copies of ours.

`refs/muse/log/<writer>` and `refs/muse/meta/<writer>` are moved by this clone alone, and only forward. Reading is
`muse.store.meta.union`.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from muse.core.errors import DamageError, FormatError, MuseError, RefMovedError
from muse.store import refs
from muse.store.layout import FORMATS, OWN, REMOTES, Kind, is_entry, own_ref
from muse.store.meta import signatures
from muse.store.objects import collecting
from muse.store.objects.commits import parse
from muse.store.objects.database import FILE
from muse.store.objects.trees import Change, edit
from muse.store.writer import known_writer, previous_writers, rotate, writer_id

if TYPE_CHECKING:
    from muse.store.objects.database import ObjectWriter
    from muse.store.repository import Repository

_TRIES = 30
_PATIENT = 5  # tries beside a `git gc`
_WHO = b"Muse <muse@localhost>"
KINDS: tuple[Kind, ...] = ("log", "meta")


def commit_files(repo: Repository, kind: Kind, files: Mapping[str, bytes | str], message: str) -> str:
    """Commit files into our ref of that kind; they are durable when this returns. The tip is returned.

    A value is the file's bytes, or the id of a blob the repository has. Other processes of this clone may do the same
    at once. Nothing is committed when the tree has it all already. DamageError when a file that never changes
    (a segment of ops, content, provenance) is there with other bytes.
    """
    for path in files:
        if not is_entry(kind, path):
            raise MuseError(f"no file {path} belongs into {OWN}{kind}")
    for attempt in range(_TRIES):
        me, tip = settle(repo, kind)
        ref = own_ref(kind, me)
        before = _clearing(repo)
        try:
            new = _commit(repo, kind, ref, tip, files, message)
            if new == tip or _clearing(repo) == before == (False, before[1]) or _is_whole(repo, new, tip):
                return new
            refs.update(repo, ref, tip, new, message="muse: git gc took what it names")
        except KeyError as error:
            raise DamageError(f"{ref} names a lost object: {error}", hint="muse verify --repair") from None
        except RefMovedError:
            pass
        except DamageError:
            raise
        except MuseError:  # of Git, which finds that what was written is gone
            if attempt > _PATIENT or _clearing(repo) == before == (False, before[1]):
                raise
        refs.pause(0.01 * min(attempt + 1, 10))
    raise MuseError(f"{ref} keeps moving: other processes write to it without a pause", hint="try again")


def _clearing(repo: Repository) -> tuple[bool, float]:
    """Whether a `git gc` is under way, and when packs last changed: what no ref named meanwhile it may have taken."""
    try:
        packs = os.stat(repo.objects_dir / "pack").st_mtime
    except OSError:
        packs = 0.0
    return collecting.under_way(repo.common_dir), packs


def _is_whole(repo: Repository, new: str, tip: str | None) -> bool:
    """True when everything that a commit has more than the one before is here."""
    flags = ["--not", tip] if tip is not None else []
    return repo.run("rev-list", "--objects", "--quiet", new, *flags).returncode == 0


def _commit(
    repo: Repository, kind: Kind, ref: str, tip: str | None, files: Mapping[str, bytes | str], message: str
) -> str:
    base = parse(tip, repo.objects.read(tip)[1]).tree if tip is not None else None
    with repo.writer() as writer:
        changes: dict[bytes, Change] = {
            path.encode(): (FILE, data if isinstance(data, str) else writer.blob(data)) for path, data in files.items()
        }
        if base is not None:
            repo.objects.tree(base)  # KeyError where it is lost
            refuse_newer(repo, kind, base, ref)
            _refuse_rewriting(repo, base, changes)
        changes[b"format"] = (FILE, writer.blob(FORMATS[kind][-1]))  # an older one is converted by the first write
        tree = edit(repo, writer, base, changes)
        if tip is not None and tree == base:
            return tip
        new = seal(repo, writer, ref, tree, [] if tip is None else [tip], message)
    refs.update(repo, ref, new, tip, message=f"muse: {message}")
    repo.memo.pop("union", None)
    return new


def seal(repo: Repository, writer: ObjectWriter, ref: str, tree: str, parents: list[str], message: str) -> str:
    """The commit that our ref is to hold next; signed where `muse.signLog` asks for it."""
    if ref.startswith(f"{OWN}log/") and signatures.mode(repo):
        writer.flush()
        return signatures.commit(repo, tree, parents, message, ref[len(OWN) :])
    return take_commit(writer, tree, parents, message)


def take_commit(writer: ObjectWriter, tree: str, parents: list[str], message: str) -> str:
    """A commit of ours; it says nothing about the person, who may have set no identity."""
    who = (_WHO, int(time.time()), 0)
    return writer.commit(tree, parents, who, who, f"{message}\n".encode())


def is_ours(repo: Repository, kind: str, tree: str) -> bool:
    """True when the tree says that it has a format this version reads."""
    try:
        return repo.objects.blob(f"{tree}:format", 100) in FORMATS[kind]
    except (KeyError, FormatError):
        return False


def refuse_newer(repo: Repository, kind: Kind, tree: str, ref: str) -> None:
    """MuseError for a tree of ours that this version must not write to."""
    if not is_ours(repo, kind, tree):
        raise MuseError(f"{ref} was written by a newer version of Muse", hint="upgrade: pipx upgrade muse-on-git")


def _refuse_rewriting(repo: Repository, base: str, changes: Mapping[bytes, Change]) -> None:
    for raw, change in changes.items():
        path = raw.decode()
        if change is None or not (path.endswith(".jsonl") or path.startswith(("content/", "provenance/"))):
            continue
        if repo.objects.resolve(f"{base}:{path}") not in (None, change[1]):
            raise DamageError(f"{path} is already stored with other content", hint="muse doctor")


def own_tip(repo: Repository, kind: Kind) -> str | None:
    """Where our ref of that kind is, or None when this clone has written none."""
    me = known_writer(repo)
    return None if me is None else refs.read(repo, own_ref(kind, me))


def settle(repo: Repository, kind: Kind) -> tuple[str, str | None]:
    """Our writer id and the tip of our ref, after looking whether it is still ours alone.

    Nobody but us moves it, so a remote's copy that is ahead of or beside it, as last fetched, means that this clone was
    copied or restored from a backup. Then we take a new id. A new id goes on from where the old one was: its ref is
    renamed, so the old tip is the first parent of what comes.
    """
    me = writer_id(repo)
    ours, copies = _states(repo, kind, me)
    if any(_is_news(repo, tip, ours) for tip in copies):
        me = rotate(repo, me)
        ours = refs.read(repo, own_ref(kind, me))
    return me, _go_on(repo, kind, me) if ours is None else ours


def _is_news(repo: Repository, copy: str, ours: str | None) -> bool:
    """True when a copy of our ref has what we do not; one that is no commit is nobody's."""
    if copy == ours or repo.objects.resolve(f"{copy}^{{commit}}") is None:
        return False
    known = ours is not None and repo.is_ancestor(copy, ours)
    if known is None:
        raise MuseError(f"the history of {ours} cannot be read", hint="git fsck --full")
    return not known


def check_own(repo: Repository) -> bool:
    """`settle` for both refs, before they are pushed; True when we had to take a new writer id.

    What was written before `muse.signLog` was set is signed now.
    """
    before = known_writer(repo)
    if before is None and not previous_writers(repo):
        return False
    for kind in KINDS:
        me, tip = settle(repo, kind)
        if kind == "log" and tip is not None and signatures.mode(repo) and not signatures.is_signed(repo, tip):
            _on_top(repo, own_ref(kind, me), tip, "signed from here on")
    return known_writer(repo) != before


def _on_top(repo: Repository, ref: str, tip: str, message: str) -> None:
    """The same tree once more in our ref, signed or unsigned as the settings are now, under its present name."""
    with repo.writer() as writer:
        new = seal(repo, writer, ref, repo.tree_of(tip), [tip], message)
    try:
        refs.update(repo, ref, new, tip, message=f"muse: {message}")
    except RefMovedError:
        pass  # another process of this clone wrote to it, by the same settings


def _states(repo: Repository, kind: Kind, writer: str) -> tuple[str | None, list[str]]:
    """Our own tip of a writer's ref, and the tips remotes have of it; one that stands apart has a suffix."""
    own = own_ref(kind, writer)
    found = refs.read_many(repo, own, f"{REMOTES}**/{kind}/{writer}", f"{REMOTES}**/{kind}/{writer}.*")
    ours = found.pop(own, None)
    return ours, list(dict.fromkeys(found.values()))


def _go_on(repo: Repository, kind: Kind, me: str) -> str | None:
    """Give a new id the ref of the one before; its tip, or None when there was none."""
    for name in reversed(previous_writers(repo)):
        ours, copies = _states(repo, kind, name)
        tip = ours or next(iter(copies), None)
        if tip is None:
            continue
        moves = [(own_ref(kind, me), tip, None), *([(own_ref(kind, name), None, ours)] if ours is not None else [])]
        try:
            refs.update_many(repo, moves, message="muse: a new writer id")
        except RefMovedError:
            return refs.read(repo, own_ref(kind, me))  # another process of this clone did it
        if kind == "log" and signatures.is_signed(repo, tip):  # for the ref it was in
            _on_top(repo, own_ref(kind, me), tip, "a new writer id")
            return refs.read(repo, own_ref(kind, me))
        return tip
    return None
