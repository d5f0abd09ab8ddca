"""Conflict records: what a merge left to a person, kept beside the index of the worktree it happened in.

`<git dir>/muse/conflicts/<name>.json`, one file per path; docs/conflicts.md shows one. A record is a convenience, never
the truth: the index's stages are. It names the digests of the three inputs, so that one that no longer belongs to the
path's stages is recognised and dropped, and the merge can be run again from the stages at any time.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, TypedDict

from muse.core.types import blob_digest, load_json_file

if TYPE_CHECKING:
    from muse.core.options import MergeOptions
    from muse.core.paths import StrPath
    from muse.domain import FileMerge

    Sides = tuple[bytes | None, bytes | None, bytes | None]  # base, ours, theirs

FORMAT = 1
_PLAIN = frozenset(b"abcdefghijklmnopqrstuvwxyz0123456789_-.")
_LONGEST = 200


class Record(TypedDict):
    """One path's record. `inputs`: side -> digest or None (no such file); `written`: digest of what the merge left on
    disk; `picks`: address -> side, what `muse resolve` has settled so far; `conflicts`: ConflictRecord objects;
    `joined`: those of values that a join keeps without showing them."""

    format: int
    path: str
    inputs: dict[str, str | None]
    written: str | None
    labels: dict[str, str]
    marker_size: int
    style: str
    picks: dict[str, str]
    conflicts: list[dict[str, Any]]
    joined: list[dict[str, Any]]
    notes: list[str]


def name_of(path: str) -> str:
    """The record's file name: safe on case-insensitive disks, at most 205 bytes."""
    raw = os.fsencode(path)
    name = "".join(chr(byte) if byte in _PLAIN else f"%{byte:02X}" for byte in raw)
    if name.startswith("."):
        name = "%2E" + name[1:]
    return (blob_digest(raw)[7:] if len(name) > _LONGEST else name) + ".json"


def file_of(git_dir: StrPath, path: str) -> str:
    """Where the record of a path is kept."""
    return os.path.join(git_dir, "muse", "conflicts", name_of(path))


def make(path: str, merged: FileMerge, sides: Sides, how: MergeOptions) -> Record:
    """The record of a merge of (base, ours, theirs)."""
    digests = [None if side is None else blob_digest(side) for side in sides]
    return Record(
        format=FORMAT,
        path=path,
        inputs=dict(zip(("base", "ours", "theirs"), digests)),
        written=None if merged.content is None else blob_digest(merged.content),
        labels={"base": how.base_label, "ours": how.ours_label, "theirs": how.theirs_label},
        marker_size=how.marker_size,
        style=how.conflict_style,
        picks=dict(how.picks),
        conflicts=[record.to_dict() for record in merged.conflicts],
        joined=[record.to_dict() for record in merged.joined],
        notes=list(merged.notes),
    )


def encode(record: Record) -> bytes:
    """The bytes of a record file. ASCII, because a path that is not UTF-8 has no other JSON."""
    import json

    return json.dumps(record, sort_keys=True, indent=1).encode() + b"\n"


def save(
    git_dir: StrPath,
    path: str,
    merged: FileMerge,
    *,
    sides: Sides,
    how: MergeOptions,
) -> None:
    """Keep the record of a path; with nothing to settle and nothing unseen, drop it."""
    if not merged.conflicts and not merged.joined:
        clear(git_dir, path)
        return
    from muse.core.io import write_bytes_atomic

    write_bytes_atomic(file_of(git_dir, path), encode(make(path, merged, sides, how)), durable=False)
    _drop(_coming(git_dir, path))


def announce(git_dir: StrPath, path: str, content: bytes) -> None:
    """Note what is about to be written to the path: whoever is killed before it is in record or index leaves a file
    that nobody edited."""
    from muse.core.io import write_bytes_atomic

    write_bytes_atomic(_coming(git_dir, path), blob_digest(content).encode(), durable=False)


def announced(git_dir: StrPath, path: str) -> str:
    """The digest of what somebody began to write to the path and did not come to note; "" for nothing."""
    try:
        with open(_coming(git_dir, path), "rb") as file:
            return file.read(100).decode("ascii", "replace")
    except OSError:
        return ""


def _coming(git_dir: StrPath, path: str) -> str:
    return file_of(git_dir, path).removesuffix(".json") + ".coming"


def _drop(file: str) -> None:
    try:
        os.unlink(file)
    except FileNotFoundError:
        pass


def load(git_dir: StrPath, path: str) -> Record | None:
    """The record of a path; None when there is none, or none that this version can read."""
    record = _valid(load_json_file(file_of(git_dir, path)))
    return record if record is not None and record["path"] == path else None


def load_all(git_dir: StrPath) -> list[Record]:
    """Every readable record, sorted by path, stale ones included."""
    folder = os.path.join(git_dir, "muse", "conflicts")
    try:
        names = sorted(name for name in os.listdir(folder) if name.endswith(".json"))
    except FileNotFoundError:
        return []
    records = [_valid(load_json_file(os.path.join(folder, name))) for name in names]
    return sorted((record for record in records if record is not None), key=lambda record: record["path"])


def clear_older(git_dir: StrPath, than: float) -> None:
    """Drop what was kept before that time (seconds since the epoch): an earlier merge's, given up since."""
    folder = os.path.join(git_dir, "muse", "conflicts")
    try:
        with os.scandir(folder) as entries:
            kept = [entry for entry in entries if entry.name.endswith((".json", ".coming"))]
            old = [entry.path for entry in kept if entry.stat().st_mtime < than]
        for path in old:
            os.unlink(path)
    except OSError:
        pass  # there are none, or somebody else was faster


def clear(git_dir: StrPath, path: str) -> None:
    """Drop the record of a path, if there is one; last what the rest is found by, should one be killed on the way."""
    for file in (_coming(git_dir, path), file_of(git_dir, path)):
        _drop(file)


def _valid(value: Any) -> Record | None:
    """The value as a record, when every field has its type."""
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        return None
    value.setdefault("joined", [])
    kinds = {
        "path": str,
        "inputs": dict,
        "labels": dict,
        "marker_size": int,
        "style": str,
        "picks": dict,
        "conflicts": list,
        "joined": list,
        "notes": list,
    }
    if not all(isinstance(value.get(key), kind) for key, kind in kinds.items()):
        return None
    if not all(isinstance(entry, dict) for entry in (*value["conflicts"], *value["joined"])):
        return None
    return value  # type: ignore[return-value]
