"""Read everything all clones wrote, and say what is not what it claims to be. Nothing is changed."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from muse.core.errors import FormatError, MuseError
from muse.core.op_log.checkpoints import is_checkpoint
from muse.core.op_log.entries import check_line
from muse.core.progress import counted
from muse.core.types import blob_digest
from muse.store import refs
from muse.store.layout import OWN, REMOTES, owner, segment_path, session_path
from muse.store.lineage import contained
from muse.store.log import archive
from muse.store.meta import crdt_state, deltas
from muse.store.meta.union import Entry, Problem, Union

if TYPE_CHECKING:
    from muse.store.repository import Repository

MAX_SEGMENT = 64 << 20  # bytes
MAX_CONTENT = 1 << 30
DIGESTS = "digest index"


def problems(repo: Repository, *, deep: bool = False) -> list[Problem]:
    """What is wrong with what all clones wrote: left-out entries, and states of one writer that contradict.

    With `deep` every file is read, and checked as far as one can without its plugin.
    """
    union = Union(repo, again=True)
    found = union.problems
    if deep:
        found += contents(repo, union)
        found += digests(repo)
        found += archive.problems(repo)
    states: dict[tuple[str, str], dict[str, str]] = {}
    for ref, tip in refs.read_many(repo, OWN, REMOTES).items():
        key = owner(ref)
        if key is not None:
            states.setdefault((key[0], key[1].partition(".")[0]), {}).setdefault(tip, ref)
    several = {key: _commits(repo, tips) for key, tips in sorted(states.items()) if len(tips) > 1}
    several = {key: tips for key, tips in several.items() if len(tips) > 1}
    inside = contained(repo, [pair for tips in several.values() if len(tips) == 2 for pair in _both_ways(tips)])
    for (kind, name), names in several.items():
        tips = states[kind, name]
        if len(names) == 2:
            heads = [] if inside.intersection(_both_ways(names)) else names
        else:
            heads = os.fsdecode(repo.git("merge-base", "--independent", *names)).split()
        for head in heads[1:]:
            found.append(Problem(tips[head], "", f"{kind} of writer {name} went another way than {tips[heads[0]]}"))
    return found


def _commits(repo: Repository, tips: Iterable[str]) -> list[str]:
    return [tip for tip in tips if repo.objects.resolve(f"{tip}^{{commit}}") is not None]


def _both_ways(tips: list[str]) -> list[tuple[str, str]]:
    return [(tips[0], tips[1]), (tips[1], tips[0])]


def digests(repo: Repository) -> Iterator[Problem]:
    """Blobs whose bytes have not the digest that the local index says."""
    for blob, digest in counted(repo.content.index.rows(), "checking digests"):
        try:
            data = repo.objects.blob(blob, MAX_CONTENT)
        except (KeyError, FormatError):
            continue  # `git gc` took what no ref names; the index is a cache
        if blob_digest(data) != digest:
            yield Problem(DIGESTS, blob, f"its digest is not {digest[7:19]}")


def forget_digest(repo: Repository, blob: str) -> None:
    """Let the index be asked again what a blob's digest is."""
    repo.content.index.forget(blob)


def contents(repo: Repository, union: Union) -> Iterator[Problem]:
    """What is wrong inside the files of the union, file by file; each distinct file is read once."""
    for kind in ("log", "meta"):
        former: Entry | None = None
        for entry in counted(union.below(kind, ""), "checking"):
            check, limit = _check_of(entry.path)
            try:
                check(entry.path, repo.objects.blob(entry.blob, limit))
            except KeyError:
                yield Problem(entry.ref, entry.path, f"its blob {entry.blob} is not here")
            except MuseError as error:
                yield Problem(entry.ref, entry.path, str(error))
            if former is not None and former.path == entry.path and not _may_differ(entry.path):
                yield Problem(entry.ref, entry.path, f"it differs from that of {former.ref}")
            former = entry


def _may_differ(path: str) -> bool:
    """Checkpoints and CRDT states are each writer's own word; deltas come from any version of a plugin."""
    return path.startswith(("crdt/", "deltas/")) or path.endswith("/checkpoint.json")


def _check_of(path: str) -> tuple[Callable[[str, bytes], None], int]:
    for known, check, limit in _CHECKS:
        if known(path):
            return check, limit
    return _anything, crdt_state.MAX_STATE


def _anything(path: str, data: bytes) -> None:
    """The format file was looked at already; a CRDT state is its plugin's business."""


def _name(path: str, data: bytes) -> None:
    try:
        name = data.decode("utf-8", "surrogatepass")
    except ValueError:
        raise FormatError("it is no text") from None
    if session_path(name, "name") != path:
        raise FormatError("it is not the name of its folder")


def _segment(path: str, data: bytes) -> None:
    _, instance, shard, name = path.split("/")
    first, last = (int(number) for number in name.removesuffix(".jsonl").split("-"))
    if hashlib.sha256(data).hexdigest()[:2] != shard:
        raise FormatError("it is not what its folder says")
    rows = [check_line(line) for line in data.split(b"\n") if line]
    told = [row["sequence"] - at for at, row in enumerate(rows)]  # all are `first` when none is missing
    folders = {segment_path("", row["instance"], 0, 0, b"").split("/")[1] for row in rows}
    if folders != {instance} or len(rows) != last - first + 1 or set(told) != {first}:
        raise FormatError("its ops are not those its name says")


def _checkpoint(path: str, data: bytes) -> None:
    value = _json(data)
    if not is_checkpoint(value) or session_path(value["session_id"], "checkpoint.json") != path:
        raise FormatError("it is no checkpoint of its session")


def _content(path: str, data: bytes) -> None:
    if f"content/{hashlib.sha256(data).hexdigest()}" != path[:8] + path[11:]:
        raise FormatError("it is not what its name says")


def _delta(path: str, data: bytes) -> None:
    deltas.decode(data)


def _provenance(path: str, data: bytes) -> None:
    if deltas.provenance_of(path, data) is None:
        raise FormatError("it is not what its name says")


def _state(path: str, data: bytes) -> None:
    crdt_state.decode(data)


def _json(data: bytes) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None


_CHECKS: list[tuple[Callable[[str], bool], Callable[[str, bytes], None], int]] = [
    (lambda path: path.endswith("/name"), _name, 1 << 20),
    (lambda path: path.endswith(".jsonl"), _segment, MAX_SEGMENT),
    (lambda path: path.endswith("/checkpoint.json"), _checkpoint, crdt_state.MAX_HEAD),
    (lambda path: path.startswith("content/"), _content, MAX_CONTENT),
    (lambda path: path.startswith("deltas/"), _delta, deltas.MAX_DELTA),
    (lambda path: path.startswith("provenance/"), _provenance, deltas.MAX_PROVENANCE),
    (lambda path: path.endswith("/state.json"), _state, crdt_state.MAX_HEAD),
]
