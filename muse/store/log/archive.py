"""Archiving sessions' logs: what is safely in Git need not be kept in a file beside it as well.

First the live file is closed as a segment, then its ops are committed, then what Git has of them is read back. What has
passed gets a recipe: which lines of which of our ref's segments, in which order, make up the very same bytes, and their
SHA-256. Giving up the local copy is a step of its own, to be asked for, and makes the whole proof anew.
"""

from __future__ import annotations

import base64
import json
import os
import tempfile
from collections.abc import Iterator
from functools import lru_cache
from hashlib import blake2b, sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from muse.core.errors import MuseError
from muse.core.io import fsync_dir, write_text_atomic
from muse.core.op_log import OpLog, is_told, list_sessions, named_content
from muse.core.op_log.entries import intact
from muse.core.op_log.segments import Segment, restored
from muse.core.platform.durable import sync_file
from muse.store.layout import session_path
from muse.store.log import checkpoints
from muse.store.meta.union import Problem, Union
from muse.store.meta.writer_refs import commit_files, own_tip

if TYPE_CHECKING:
    from muse.store.repository import Repository

LEAST = 1 << 20
"""Bytes; a smaller live file is left as it is."""


class Archived(NamedTuple):
    """A session's segments whose ops were found in Git, and those of them whose local copy was given up."""

    session: str
    segments: list[Segment]
    given_up: list[Segment]


def archive_all(repo: Repository, *, least: int = LEAST, prune: bool = False) -> Iterator[Archived | MuseError]:
    """Archive every session here whose live file has `least` bytes; what went wrong comes instead of its session."""
    for session in list_sessions(repo.root):
        log = OpLog(repo.root, session)
        try:
            if not checkpoints.is_foreign(repo, log.read_checkpoint()):
                yield archive(repo, log, least=least, prune=prune)
        except MuseError as error:
            yield MuseError(f"session {session!r:.80} is kept as it is: {error}", hint=error.hint)
        except OSError as error:
            yield MuseError(f"session {session!r:.80} is kept as it is: {error.strerror}")
        finally:
            log.close()


def archive(repo: Repository, log: OpLog, *, least: int = LEAST, prune: bool = False) -> Archived:
    """Close the live file if it has `least` bytes, and archive every closed segment that is not.

    With `prune`, give up the local copies of all that can be put together from Git. MuseError, and nothing given up,
    when some op is not in a segment of our own ref, or what is there does not give the same bytes.
    """
    log.close_segment(least)
    done = Archived(log.session_id(), [], [])
    here = [segment for segment in log.segments() if segment.stem and os.path.exists(segment.local)]
    todo = [segment for segment in here if prune or not os.path.exists(segment.recipe)]
    if not todo:
        return done
    checkpoints.save(repo, log)
    wanted = {_name(line[:-1]) for segment in todo for line in _lines(segment)}
    places = _adopted(repo, log, wanted)
    for segment in todo:
        recipe = _recipe(segment, places)
        fresh = not os.path.exists(segment.recipe)
        write_text_atomic(segment.recipe, json.dumps(recipe, separators=(",", ":")) + "\n")
        with tempfile.TemporaryFile() as back:
            if not restored(Path(repo.root), segment, back):
                os.unlink(segment.recipe)
                raise MuseError("what Git has of it does not read back as what was written", hint="git fsck --full")
        if fresh:
            done.segments.append(segment)
        if prune:
            _sync(repo, recipe["blobs"])
            os.unlink(segment.local)
            fsync_dir(os.path.dirname(segment.local))
            done.given_up.append(segment)
    return done


def restore(root: Path, recipe: dict[str, Any]) -> Iterator[bytes]:
    """What a recipe says, read from the repository; KeyError when Git has it no more."""
    from muse.store.repository import Repository

    repo = Repository(root)

    @lru_cache(None)
    def lines_of(number: int) -> list[bytes]:
        return repo.objects.blob(recipe["blobs"][number], checkpoints.MAX_SEGMENT).split(b"\n")

    try:
        for item in recipe["lines"]:
            if isinstance(item, str):
                yield base64.b64decode(item)
                continue
            number, first, count = item
            found = lines_of(number)[first : first + count]
            if len(found) != count:
                raise KeyError(recipe["blobs"][number])
            yield b"\n".join(found) + b"\n"
    finally:
        repo.close()


def problems(repo: Repository) -> Iterator[Problem]:
    """Segments that were given up here and cannot be put together from Git."""
    for session in list_sessions(repo.root):
        for segment in OpLog(repo.root, session).segments():
            where = f"{os.path.basename(segment.stem)}.jsonl"
            if segment.stem and os.path.exists(segment.local):
                continue
            with tempfile.TemporaryFile() as back:
                if not restored(Path(repo.root), segment, back):
                    yield Problem(f"session {session!r:.80}", where, "its ops are gone, here and from Git")


class _Places(NamedTuple):
    """Blobs of segments, and where in them a line is: (index of the blob, line)."""

    blobs: list[str]
    of: dict[bytes, tuple[int, int]]


def _adopted(repo: Repository, log: OpLog, wanted: set[bytes]) -> _Places:
    """Where our own ref has the lines; segments that only other writers have committed become part of it first."""
    places = _places(repo, log, wanted)
    missing = wanted - places.of.keys()
    if not missing:
        return places
    union, files = Union(repo), {}
    digests: set[str] = set()
    for entry in union.below("log", session_path(log.session_id())):
        data = union.read(entry, checkpoints.MAX_SEGMENT) if entry.path.endswith(".jsonl") else None
        lines = [] if data is None else [line for line in data.split(b"\n") if _name(line) in missing and intact(line)]
        if lines:
            files[entry.path] = entry.blob
        for line in lines:
            digests |= named_content(json.loads(line)["domain_op"])
    if files:
        commit_files(repo, "log", {**files, **checkpoints.contents(repo, digests)}, f"adopt {len(files)} segment(s)")
    return _places(repo, log, wanted)


def _places(repo: Repository, log: OpLog, wanted: set[bytes]) -> _Places:
    """Read from the tip of our ref itself, not from any index of ours."""
    from muse.store.repository import Repository

    tip = own_tip(repo, "log")
    found = _Places([], {})
    if tip is None:
        return found
    rows = repo.git("ls-tree", "-r", "-z", "--full-tree", tip, "--", session_path(log.session_id()))
    fresh = Repository(repo.root)
    try:
        for row in filter(None, rows.split(b"\0")):
            meta, _, path = row.partition(b"\t")
            if not path.endswith(b".jsonl"):
                continue
            blob = meta.split(b" ")[2].decode()
            names = [_name(line) for line in fresh.objects.blob(blob, checkpoints.MAX_SEGMENT).split(b"\n")]
            if wanted.isdisjoint(names):
                continue
            for number, name in enumerate(names):
                if name in wanted:
                    found.of.setdefault(name, (len(found.blobs), number))
            found.blobs.append(blob)
    except KeyError as error:
        raise MuseError(f"object {error.args[0]} of our own ref is not here", hint="git fsck --full") from None
    finally:
        fresh.close()
    return found


def _recipe(segment: Segment, places: _Places) -> dict[str, Any]:
    """How to put a segment together. A damaged line is in the recipe itself, and so is an op that others tell of its
    writer, which is in nobody's ref under that name; any other one that is not in Git is a MuseError."""
    lines: list[Any] = []
    digest, size = sha256(), 0
    for line in _lines(segment):
        digest.update(line)
        size += len(line)
        place = places.of.get(_name(line[:-1])) if line.endswith(b"\n") else None
        if place is None:
            if intact(line.rstrip(b"\n")) and not is_told(json.loads(line)):
                raise MuseError("an op of it is in no segment of our own ref", hint="muse verify")
            lines.append(base64.b64encode(line).decode())
        elif lines and isinstance(lines[-1], list) and [place[0], place[1]] == [lines[-1][0], sum(lines[-1][1:])]:
            lines[-1][2] += 1
        else:
            lines.append([*place, 1])
    if size != segment.last - segment.first:
        raise MuseError("a closed segment of it is not as long as its name says", hint=segment.local)
    return {"size": size, "sha256": digest.hexdigest(), "blobs": places.blobs, "lines": lines}


def _lines(segment: Segment) -> Iterator[bytes]:
    with open(segment.local, "rb") as file:
        yield from file


def _name(line: bytes) -> bytes:
    return blake2b(line, digest_size=16).digest()


def _sync(repo: Repository, blobs: list[str]) -> None:
    """Make blobs durable, whoever wrote them: git itself does not wait for the disk when it fetches a few objects."""
    loose = [repo.objects_dir / blob[:2] / blob[2:] for blob in blobs]
    packs = [path for path in (repo.objects_dir / "pack").glob("pack-*") if path.suffix in (".pack", ".idx")]
    files = [path for path in (*loose, *packs) if path.exists()]
    for path in files:
        fd = os.open(path, os.O_RDONLY)
        try:
            sync_file(fd)
        finally:
            os.close(fd)
    for folder in {path.parent for path in files} | {repo.objects_dir}:
        fsync_dir(folder)
