"""Who we are among the clones: one random writer id per clone, never shared by two.

It is kept with the machine's id and the repository's path; when these no longer match, the directory was copied, and
a copy takes a new id. The new writer begins where the old one stopped.
"""

from __future__ import annotations

import hashlib
import json
import os
from typing import TYPE_CHECKING, Any, TypedDict

from muse.core.errors import MuseError
from muse.core.io import write_bytes_atomic
from muse.core.sharing import locked
from muse.core.types import canonical_json

if TYPE_CHECKING:
    from muse.store.repository import Repository


class _Record(TypedDict):
    id: str
    machine: str
    path: str
    previous: list[str]


def writer_id(repo: Repository) -> str:
    """This clone's writer id; made on first use."""
    found = _read(repo)
    if found is not None and _is_ours(repo, found):
        return found["id"]
    with locked(f"{_file(repo)}.lock"):
        found = _read(repo)  # another process may have been quicker
        if found is not None and _is_ours(repo, found):
            return found["id"]
        return _renew(repo, found)


def known_writer(repo: Repository) -> str | None:
    """This clone's writer id if it has one already; looking makes none."""
    found = _read(repo)
    return found["id"] if found is not None and _is_ours(repo, found) else None


def previous_writers(repo: Repository) -> list[str]:
    """The ids this clone wrote under before, oldest first."""
    found = _read(repo)
    return list(found["previous"]) if found is not None else []


def rotate(repo: Repository, current: str) -> str:
    """Take a new id in place of `current`; when another process did so already, the id it took."""
    with locked(f"{_file(repo)}.lock"):
        found = _read(repo)
        if found is not None and found["id"] != current:
            return found["id"]
        return _renew(repo, found)


def _renew(repo: Repository, old: _Record | None) -> str:
    previous = [*old["previous"], old["id"]] if old is not None else []
    record = _Record(id=os.urandom(10).hex(), machine=_machine(), path=_place(repo), previous=previous[-100:])
    try:
        write_bytes_atomic(_file(repo), canonical_json(record) + b"\n")
    except OSError as error:
        raise MuseError(f"cannot write {_file(repo)}: {error.strerror}") from None
    return record["id"]


def _file(repo: Repository) -> str:
    return os.fspath(repo.common_dir / "muse" / "writer.json")


def _place(repo: Repository) -> str:
    return os.path.realpath(repo.common_dir)


def _is_ours(repo: Repository, record: _Record) -> bool:
    return record["machine"] == _machine() and record["path"] == _place(repo)


def _read(repo: Repository) -> _Record | None:
    try:
        with open(_file(repo), "rb") as file:
            value: Any = json.loads(file.read(1 << 16))
        record = _Record(
            id=value["id"], machine=value["machine"], path=value["path"], previous=list(value.get("previous", []))
        )
    except (OSError, ValueError, KeyError, TypeError, RecursionError, AttributeError):
        return None
    ids = [record["id"], *record["previous"]]
    return record if all(isinstance(name, str) and _is_id(name) for name in ids) else None


def _is_id(name: str) -> bool:
    return len(name) == 20 and all(c in "0123456789abcdef" for c in name)


def _machine() -> str:
    """A hash that differs between machines and is the same on every start of one."""
    for path in ("/etc/machine-id", "/var/lib/dbus/machine-id"):
        try:
            with open(path, "rb") as file:
                found = file.read(256).strip()
        except OSError:
            continue
        if found:
            break
    else:
        import platform
        import uuid

        found = f"{platform.node()} {uuid.getnode():x}".encode()
    return hashlib.sha256(b"muse " + found).hexdigest()
