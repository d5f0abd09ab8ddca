"""A `.muse/` folder of the public implementation of Muse, read only; nothing in it is believed unchecked.

`HEAD` ("ref: refs/heads/main" or "commit: ID"), `refs/heads/...` (an id each), `commits/ID.json`, `snapshots/ID.json`
(path -> id of content), `objects/ID[:2]/ID[2:]` (content; an id is its SHA-256), `tags/REPO/*.json` and
`releases/REPO/*.json`.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

from muse.core.errors import DamageError, MuseError
from muse.core.io import read_regular

_ID = re.compile(r"[0-9a-f]{64}")
_MOST_JSON = 64 << 20
_MOST_CONTENT = 1 << 30
_MOST_REF = 1024


class Made(NamedTuple):
    """A commit: `when` in seconds since 1970, `zone` such as +0100; `agent` is "" or "ID (MODEL)"."""

    id: str
    parents: tuple[str, ...]
    snapshot: str
    message: str
    author: str
    agent: str
    when: int
    zone: str


class Label(NamedTuple):
    """A tag, or a release with its text."""

    name: str
    commit: str
    when: int
    zone: str
    text: str = ""


class Source:
    """One repository of the public Muse."""

    def __init__(self, folder: str) -> None:
        """MuseError when the folder has none."""
        self.folder = os.path.join(folder, ".muse")
        if not (os.path.isdir(os.path.join(self.folder, "commits")) and os.path.isdir(self._path("refs", "heads"))):
            raise MuseError(
                f"{folder} is no repository of the public Muse: it has no .muse/ with commits and refs",
                hint="muse import FOLDER, where FOLDER has .muse/ in it",
            )

    def head(self) -> str:
        """The branch that is checked out; "" for none."""
        text = self._read(_MOST_REF, "HEAD").decode("utf-8", "replace").strip()
        return text.removeprefix("ref: refs/heads/") if text.startswith("ref: refs/heads/") else ""

    def branches(self) -> dict[str, str]:
        """Branch -> id of its commit. A branch without a commit is not there yet."""
        top = self._path("refs", "heads")
        found = {}
        for folder, folders, names in os.walk(top):
            folders.sort()
            for name in sorted(names):
                path = os.path.join(folder, name)
                text = self._read(_MOST_REF, os.path.relpath(path, self.folder)).decode("utf-8", "replace").strip()
                if text:
                    found[os.path.relpath(path, top).replace(os.sep, "/")] = _checked_id(text, "a branch")
        return found

    def commit(self, name: str) -> Made:
        """DamageError when it is missing or no commit."""
        found = self._json("commits", f"{name}.json")
        parents = [found.get(key) for key in ("parent_commit_id", "parent2_commit_id")]
        when, zone = _time(_text(found, "committed_at"))
        agent, model = _text(found, "agent_id"), _text(found, "model_id")
        return Made(
            _checked_id(found.get("commit_id"), "a commit", name),
            tuple(_checked_id(each, "a parent") for each in parents if each),
            _checked_id(found.get("snapshot_id"), "a snapshot"),
            _text(found, "message"),
            _text(found, "author"),
            f"{agent} ({model})" if agent and model else agent or model,
            when,
            zone,
        )

    def files(self, snapshot: str) -> dict[str, str]:
        """Path -> id of content; DamageError when it is missing or no snapshot."""
        found = self._json("snapshots", f"{snapshot}.json").get("manifest")
        if not isinstance(found, dict):
            raise DamageError(f"snapshot {snapshot[:12]} has no files in it")
        return {path: _checked_id(name, "content") for path, name in found.items()}

    def content(self, name: str) -> bytes:
        """DamageError when it is missing or something else."""
        data = self._read(_MOST_CONTENT, "objects", name[:2], name[2:])
        if hashlib.sha256(data).hexdigest() != name:
            raise DamageError(f"content {name[:12]} is damaged: its SHA-256 is another")
        return data

    def tags(self) -> list[Label]:
        """In the order in which they were made."""
        rows = (
            Label(_text(row, "tag"), _checked_id(row.get("commit_id"), "a tag"), *_time(_text(row, "created_at")))
            for row in self._rows("tags")
        )
        return sorted(rows, key=lambda each: (each.when, each.name, each.commit))

    def releases(self) -> list[Label]:
        """Those that are no drafts."""
        return [
            Label(
                _text(row, "tag"),
                _checked_id(row.get("commit_id"), "a release"),
                *_time(_text(row, "created_at")),
                "\n\n".join(part for part in (_text(row, "title"), _text(row, "body")) if part) or _text(row, "tag"),
            )
            for row in self._rows("releases")
            if not row.get("is_draft")
        ]

    def _rows(self, kind: str) -> Iterator[dict[str, Any]]:
        for folder, folders, names in os.walk(self._path(kind)):
            folders.sort()
            for name in sorted(names):
                if name.endswith(".json"):
                    yield self._json(os.path.relpath(os.path.join(folder, name), self.folder))

    def _json(self, *parts: str) -> dict[str, Any]:
        try:
            found = json.loads(self._read(_MOST_JSON, *parts))
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            raise DamageError(f".muse/{'/'.join(parts)} is damaged: it is no JSON object")
        return found

    def _read(self, most: int, *parts: str) -> bytes:
        path = self._path(*parts)
        try:
            data = read_regular(path, most + 1, within=self.folder)
        except OSError as error:
            raise DamageError(f".muse/{'/'.join(parts)} cannot be read: {error.strerror or error}") from None
        if len(data) > most:
            raise MuseError(f".muse/{'/'.join(parts)} is larger than {most} bytes")
        return data

    def _path(self, *parts: str) -> str:
        return os.path.join(self.folder, *parts)


def _checked_id(found: object, what: str, wanted: str = "") -> str:
    if not isinstance(found, str) or not _ID.fullmatch(found) or (wanted and found != wanted):
        raise DamageError(f"{found!r:.80} is not the id of {what}")
    return found


def _text(row: dict[str, Any], key: str) -> str:
    found = row.get(key)
    return found if isinstance(found, str) else ""


def _time(text: str) -> tuple[int, str]:
    """ISO 8601 as whole seconds since 1970, 0 for anything earlier, and the zone as Git writes it."""
    try:
        found = datetime.fromisoformat(text)
        seconds = int((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError):
        raise DamageError(f"{text!r:.80} is no time") from None
    offset = found.utcoffset()
    minutes = 0 if offset is None else int(offset.total_seconds()) // 60
    return max(seconds, 0), f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}{abs(minutes) % 60:02}"
