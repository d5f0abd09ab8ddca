"""Signed log refs (`muse.signLog`): signed and judged by Git, with the keys and programs its configuration names.

A tip's signature speaks for its tree, and with it for all that its writer has said. A signed commit names its ref in
its last line, so that nobody can show what one writer signed as another writer's word.
"""

from __future__ import annotations

import os
import re
import zlib
from typing import TYPE_CHECKING, Literal, NamedTuple

from muse.core.errors import DamageError, FormatError, MuseError
from muse.store.layout import own_ref
from muse.store.writer import known_writer, previous_writers

if TYPE_CHECKING:
    from collections.abc import Collection

    from muse.store.repository import Repository

SETTING = "muse.signLog"
MAX_COMMIT = 1 << 20  # bytes of a commit whose signature is looked at
WHO = {"GIT_AUTHOR_NAME": "Muse", "GIT_AUTHOR_EMAIL": "muse@localhost"}
Mode = Literal["", "sign", "require"]
_MODES: dict[str, Mode] = {
    **dict.fromkeys(("", "false", "no", "off", "0"), ""),
    **dict.fromkeys(("true", "yes", "on", "1"), "sign"),
    "require": "require",
}
_NAMED = re.compile(rb"^Muse-Ref: (\S+)\n\Z", re.M)
_BAD = {"B": "its signature is bad", "R": "it is signed with a key that was revoked"}
_TRUSTED_BY = ("gpg.format", "gpg.program", "gpg.mintrustlevel", "gpg.ssh.allowedsignersfile", "gpg.ssh.revocationfile",
               "gpg.ssh.program", "gpg.openpgp.program", "gpg.x509.program")  # fmt: skip


class Signature(NamedTuple):
    """What Git says of a commit's signature: its letter (`%G?`, "" for none) and who made it."""

    letter: str
    signer: str


def mode(repo: Repository) -> Mode:
    """What `muse.signLog` asks for; MuseError for a word it does not have."""
    said = (repo.config(SETTING) or "").strip().lower()
    if said not in _MODES:
        raise MuseError(f"{SETTING} is {said!r:.40}; it is true, false or require", hint="git config muse.signLog true")
    return _MODES[said]


def commit(repo: Repository, tree: str, parents: list[str], message: str, name: str) -> str:
    """A signed commit for our ref `name` (`log/<writer>`); the objects it names must be stored.

    MuseError with Git's words when it cannot be signed.
    """
    flags = [word for parent in parents for word in ("-p", parent)]
    text = f"{message}\n\nMuse-Ref: {name}\n".encode("utf-8", "replace")
    done = repo.run("commit-tree", "-S", *flags, tree, input=text, env=WHO)
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines() or ["git commit-tree failed"]
        why = said[0].removeprefix("error: ").removeprefix("fatal: ")
        raise MuseError(
            f"the log cannot be signed: {why}", hint="git config user.signingKey KEY; or git config muse.signLog false"
        )
    return done.stdout.decode().strip()


def is_signed(repo: Repository, tip: str) -> bool:
    """True when the commit has a signature, whatever it is worth."""
    return _signed_text(repo, tip) is not None


def why_not(repo: Repository, ref: str, tip: str, ours: Collection[str] | None = None) -> str:
    """Why a log ref of another writer is left out; "" when it is not. `ours` are this clone's writers, if known.

    One with a bad signature or the signature of another ref never counts; under `require` only one that Git verifies.
    """
    wanted = mode(repo) == "require"
    if _is_our_word(repo, ref, tip, writers(repo) if ours is None else ours):
        return ""
    try:
        text = _signed_text(repo, tip)
    except (FormatError, DamageError, KeyError) as error:
        return f"its commit cannot be read: {error}"
    if text is None:
        return f"it is not signed, and {SETTING} requires it" if wanted else ""
    told = _NAMED.search(text)
    if told is not None and told[1].decode("ascii", "replace") != _name(ref):
        return f"it is signed as {told[1].decode('ascii', 'replace')[:80]}"
    letter = of(repo, tip).letter
    if letter in _BAD:
        return _BAD[letter]
    if not wanted:
        return ""
    if told is None:
        return "its signature does not say which ref it is for"
    good = repo.run("verify-commit", tip).returncode == 0
    return "" if good else f"Git does not verify its signature, and {SETTING} requires it"


def of(repo: Repository, tip: str) -> Signature:
    """What Git says of a commit's signature."""
    said = repo.git("log", "-1", "--no-show-signature", "--format=%G?%n%GS", tip, "--", check=False)
    letter, _, signer = said.decode("utf-8", "replace").strip().partition("\n")
    return Signature("" if letter == "N" else letter, signer.strip())


def trust(repo: Repository) -> int:
    """A number that changes (31 bits) when other signatures count than before."""
    words = [mode(repo), *(repo.config(key) or "" for key in _TRUSTED_BY)]
    home = os.environ.get("GNUPGHOME") or os.path.expanduser("~/.gnupg")
    files = [repo.config("gpg.ssh.allowedsignersfile") or "", repo.config("gpg.ssh.revocationfile") or ""]
    for path in (*map(os.path.expanduser, files), os.path.join(home, "pubring.kbx"), os.path.join(home, "trustdb.gpg")):
        try:
            found = os.stat(os.path.join(repo.root, path)) if path else None
        except OSError:
            found = None
        words.append("" if found is None else f"{found.st_mtime_ns} {found.st_size}")
    return zlib.crc32("\0".join(words).encode("utf-8", "surrogateescape")) >> 1


def _name(ref: str) -> str:
    """`log/<writer>` of a ref; one that stands apart (`<writer>.<id>`) is that writer's as well."""
    kind, writer = ref.rsplit("/", 2)[1:]
    return f"{kind}/{writer.partition('.')[0]}"


def writers(repo: Repository) -> frozenset[str]:
    """The ids under which this clone has written."""
    return frozenset([*filter(None, [known_writer(repo)]), *previous_writers(repo)])


def _is_our_word(repo: Repository, ref: str, tip: str, ours: Collection[str]) -> bool:
    """True for a ref of this clone, and for a remote's copy of what it holds."""
    writer = _name(ref).partition("/")[2]
    if writer not in ours:
        return False
    own = own_ref("log", writer)
    return ref == own or bool(repo.is_ancestor(tip, own))


def _signed_text(repo: Repository, tip: str) -> bytes | None:
    """A commit's message, or None when it has no signature."""
    kind, data = repo.objects.read(tip, MAX_COMMIT)
    if kind != "commit":
        _, data = repo.objects.read(f"{tip}^{{commit}}", MAX_COMMIT)
    head, _, message = data.partition(b"\n\n")
    return message if re.search(rb"^gpgsig(?:-sha256)? ", head, re.M) else None
