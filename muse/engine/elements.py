"""What in a file an op can name: listed, and found by its address."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from muse.core.errors import MuseError
from muse.core.platform.files import as_git_has_it
from muse.core.schema import domain_name
from muse.core.terminal import command
from muse.core.types import content_hash
from muse.domain import Element, PluginFor

if TYPE_CHECKING:
    from muse.store.repository import Repository

_LARGEST = 32 << 20  # bytes of a file that is taken apart


def listed(plugin: Any, path: str, data: bytes) -> list[Element] | None:
    """A file's elements; None when its domain names none. MuseError for a file that cannot be read."""
    elements = getattr(plugin, "elements", None)
    found: list[Element] | None = None if elements is None else elements(path, data)
    return found


def find(elements: Sequence[Element], address: str) -> Element | None:
    """The element of an address, or the part of one: `.../velocity` of a note."""
    outer, _, name = address.rpartition("/")
    for element in elements:
        if element.address == address:
            return element
        if element.address == outer and isinstance(element.content, dict) and name in element.content:
            value = element.content[name]
            return Element(address, "attribute", f"{name} {value}", value, content_hash(value))
    return None


def read_file(repo: Repository, path: str, rev: str | None) -> bytes:
    """A file's bytes in a revision, or in the work tree; MuseError when it is not there or leads out of it."""
    from muse.core.filedomain import inside, read_entry

    if rev is not None:
        try:
            return repo.objects.blob(f"{repo.resolve(rev)}:{path}", _LARGEST)
        except KeyError:
            hint = command("git", "ls-tree", "-r", "--name-only", rev)
            raise MuseError(f"there is no {path} in {rev}", hint=hint) from None
    if repo.work_tree is None:
        raise MuseError("this repository has no work tree", hint="name a revision: --rev HEAD")
    try:
        target = inside(repo.work_tree, path)
        if target.is_symlink() or not target.is_file():
            raise MuseError(f"there is no file {path}", hint="git ls-files")
        if target.stat().st_size > _LARGEST:
            raise MuseError(f"{path} has more than {_LARGEST} bytes, and is not read")
        return read_entry(target)
    except OSError as error:
        raise MuseError(f"{path}: {error.strerror}") from None


def of_file(repo: Repository, path: str, data: bytes, plugin_for: PluginFor) -> list[Element]:
    """The elements of a file; MuseError when its domain names none."""
    plugin = plugin_for(path)
    try:
        found = listed(plugin, path, data)
    except MuseError as error:
        raise MuseError(f"{path}: {error}", hint=error.hint) from None
    if found is None:
        raise MuseError(
            f"{path} is of domain {domain_name(plugin)}, which names nothing inside a file",
            hint="an op can replace the file as a whole; muse domains",
        )
    return found


def full_address(repo: Repository, below: str, address: str) -> str:
    """An address as typed in the folder `below` of the work tree, with its path from the top."""
    path, mark, inside = address.partition("::")
    return f"{full_path(repo, below, path)}{mark}{inside}" if path.strip() else address


def full_path(repo: Repository, below: str, path: str) -> str:
    """A path as typed in the folder `below` of the work tree, from the top; MuseError when it leads out."""
    if os.path.isabs(path):
        path = os.path.relpath(os.path.realpath(path), os.path.realpath(repo.root))
    else:
        path = os.path.normpath(os.path.join(below, path))
    if path.split(os.sep)[0] == "..":
        raise MuseError(f"{path}: outside of the repository {repo.root}")
    return as_git_has_it(path.replace(os.sep, "/"))
