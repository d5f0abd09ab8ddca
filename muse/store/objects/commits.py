"""Muse commits are Git commits: with Git's identity, encoding and signing rules, written by dulwich, and read back."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from muse.core.errors import DamageError, MuseError

if TYPE_CHECKING:
    from muse.store.objects.needs import WithCommits

_PLAIN = re.compile(r"\w(?:[\w .@+-]*\w)?")
"""What Git takes as a name or an address as it is."""


class Signature(NamedTuple):
    """Who and when: `when` in seconds since 1970, `zone` as written, such as +0100."""

    name: str
    email: str
    when: int
    zone: str


class Commit(NamedTuple):
    """A commit object's content."""

    id: str
    tree: str
    parents: tuple[str, ...]
    author: Signature
    committer: Signature
    message: str


def write(
    repo: WithCommits,
    tree: str,
    parents: Sequence[str],
    message: str,
    *,
    author: Signature | None = None,
    sign: bool | None = None,
) -> str:
    """Write a commit and return its id; no ref moves.

    The committer is who Git's configuration and environment say, and MuseError carries Git's message when they say
    nobody. `sign` None means as `commit.gpgSign` says.
    """
    encoding = repo.config("i18n.commitencoding", "utf-8") or "utf-8"
    try:
        data = message.encode(encoding)
    except (LookupError, UnicodeEncodeError):
        raise MuseError(f"the message cannot be written in {encoding}", hint="git config i18n.commitEncoding") from None
    if repo.config_bool("commit.gpgsign", False) if sign is None else sign:
        return _signed(repo, tree, parents, data, author)
    who = [_who(repo, "GIT_AUTHOR_IDENT") if author is None else author, _who(repo, "GIT_COMMITTER_IDENT")]
    made_by, committed_by = (
        (f"{each.name} <{each.email}>".encode(encoding), each.when, _seconds(each.zone)) for each in who
    )
    with repo.writer() as writer:
        return writer.commit(tree, parents, made_by, committed_by, data, encoding)


def _signed(repo: WithCommits, tree: str, parents: Sequence[str], message: bytes, author: Signature | None) -> str:
    """Signing is Git's: it knows the user's keys and programs."""
    env = {}
    if author is not None:
        env = {
            "GIT_AUTHOR_NAME": author.name,
            "GIT_AUTHOR_EMAIL": author.email,
            "GIT_AUTHOR_DATE": f"@{author.when} {author.zone}",
        }
    flags = [word for parent in parents for word in ("-p", parent)]
    return repo.git("commit-tree", "-S", *flags, tree, input=message, env=env).decode().strip()


def _who(repo: WithCommits, name: str) -> Signature:
    """What Git would write as author or committer; MuseError with Git's message when that is nobody.

    Git is asked wherever there is more to know than a plain name and address in the environment or the settings.
    """
    role = name.split("_")[1]
    found = [
        os.environ.get(f"GIT_{role}_{part}")
        or repo.config(f"{role.lower()}.{part.lower()}")
        or repo.config(f"user.{part.lower()}")
        or ""
        for part in ("NAME", "EMAIL")
    ]
    if f"GIT_{role}_DATE" not in os.environ and all(_PLAIN.fullmatch(each) for each in found):
        now = time.time()
        return Signature(found[0], found[1], int(now), time.strftime("%z", time.localtime(now)))
    return _signature(repo.git("var", name).decode("utf-8", "surrogateescape"))


def _seconds(zone: str) -> int:
    """`+0130` as seconds east of Greenwich."""
    sign = -1 if zone.startswith("-") else 1
    return sign * (int(zone[1:3]) * 3600 + int(zone[3:5]) * 60)


def read(repo: WithCommits, rev: str) -> Commit:
    """The commit a revision names; MuseError when there is none."""
    name = repo.resolve(rev)
    _, data = repo.objects.read(name)
    return parse(name, data)


def parse(name: str, data: bytes) -> Commit:
    """A commit object's content; its text decoded as its encoding header says, UTF-8 without one."""
    head, _, body = data.partition(b"\n\n")
    fields: dict[bytes, list[bytes]] = {}
    for line in head.split(b"\n"):
        key, space, value = line.partition(b" ")
        if space and key:
            fields.setdefault(key, []).append(value)
    encoding = fields.get(b"encoding", [b"utf-8"])[0].decode("ascii", "replace")
    try:
        tree = fields[b"tree"][0].decode("ascii")
        parents = tuple(parent.decode("ascii") for parent in fields.get(b"parent", []))
        author = _signature(_text(fields[b"author"][0], encoding))
        committer = _signature(_text(fields[b"committer"][0], encoding))
    except (KeyError, ValueError):
        raise DamageError(f"the commit {name} is damaged", hint="git fsck --full") from None
    return Commit(name, tree, parents, author, committer, _text(body, encoding))


def _text(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except (LookupError, UnicodeDecodeError):
        return data.decode("utf-8", "replace")


def _signature(text: str) -> Signature:
    who, _, rest = text.rpartition(">")
    name, _, email = who.partition("<")
    when, _, zone = rest.strip().partition(" ")
    return Signature(name.strip(), email, int(when or 0), zone or "+0000")
