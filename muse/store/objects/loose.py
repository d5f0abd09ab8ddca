"""Loose objects that are damaged, as a power cut or a bad disk leaves them.

Git takes such a file for the object: it writes no new one, fetches none, and `git gc` fails. Moved aside it is a lost
object, which a fetch or the next write brings back. Only bytes that were read are evidence: a file that cannot be
opened or read now (rights, too many open files, memory, a disk that answers with errors) says nothing of itself.
"""

from __future__ import annotations

import hashlib
import os
import zlib
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from muse.core.sharing import make_folders

if TYPE_CHECKING:
    from muse.store.objects.needs import Basics

ASIDE = "broken-objects"
_CHUNK = 1 << 16
_HEAD = 1024  # bytes of a file that a quick look reads; the codes before the first byte may take 300 of them


def damaged(repo: Basics, *, quick: bool = False) -> set[str]:
    """Ids of the loose objects whose bytes are not what their names say; a quick look sees whether they begin well."""
    return {name for name, path in _files(repo) if not (_begins(path) if quick else _is(path, name))}


def move_aside(repo: Basics, names: Collection[str]) -> None:
    """Keep damaged files in `<git>/muse/broken-objects`, where nobody takes them for objects."""
    if not names:
        return
    folder = os.path.join(repo.common_dir, "muse", ASIDE)
    make_folders(folder)
    for name in names:
        try:
            os.replace(os.path.join(repo.objects_dir, name[:2], name[2:]), os.path.join(folder, name))
        except FileNotFoundError:
            pass  # another process was quicker


def _files(repo: Basics) -> Iterator[tuple[str, str]]:
    """Id and path of every loose object."""
    size = hashlib.new(repo.object_format).digest_size * 2 - 2
    for shard in sorted(os.listdir(repo.objects_dir)):
        if len(shard) != 2 or not _is_hex(shard):
            continue
        try:
            names = os.listdir(os.path.join(repo.objects_dir, shard))
        except OSError:
            continue  # `git gc` packed what was in it meanwhile, or it says nothing of itself
        for name in names:
            if len(name) == size and _is_hex(name):
                yield shard + name, os.path.join(repo.objects_dir, shard, name)


def _is_hex(text: str) -> bool:
    return not set(text) - set("0123456789abcdef")


def _begins(path: str) -> bool:
    """True when a file begins like an object, is gone again or cannot be read."""
    try:
        with open(path, "rb") as file:
            head = zlib.decompressobj().decompress(file.read(_HEAD), 16)
    except OSError:
        return True
    except zlib.error:
        return False
    return head.split(b" ", 1)[0] in (b"blob", b"tree", b"commit", b"tag")


def _is(path: str, name: str) -> bool:
    """True when a file is the object of that name, whole, is gone again or cannot be read."""
    made = hashlib.new("sha1" if len(name) == 40 else "sha256", usedforsecurity=False)
    unpacked = zlib.decompressobj()
    try:
        with open(path, "rb") as file:
            while part := file.read(_CHUNK):
                while part:
                    made.update(unpacked.decompress(part, _CHUNK))
                    part = unpacked.unconsumed_tail
    except OSError:
        return True
    except zlib.error:
        return False
    return unpacked.eof and made.hexdigest() == name
