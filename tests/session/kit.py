"""What the tests of sessions share: ops, the pipe that takes them, and pieces that can be compared by ear."""

from __future__ import annotations

import base64
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import mido

from muse.core.op_log import OpLog
from muse.core.types import blob_digest
from muse.engine.session import commit as session
from muse.engine.session.replay import replay
from muse.plugins.registry import plugin_for_path
from muse.store.repository import Repository

PIECE = Path(__file__).parents[2] / "fixtures" / "midi" / "menuet.mid"
CODE = b"def first():\n    return 1\n\n\ndef second():\n    return 2\n\n\ndef third():\n    return 3\n"


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def added(path: str, data: bytes) -> dict[str, Any]:
    return {
        "op": "insert",
        "address": path,
        "position": None,
        "content_id": blob_digest(data),
        "content_summary": f"added {path}",
        "content_b64": b64(data),
    }


def changed(path: str, old: bytes, new: bytes) -> dict[str, Any]:
    return {
        "op": "replace",
        "address": path,
        "position": None,
        "old_content_id": blob_digest(old),
        "new_content_id": blob_digest(new),
        "old_summary": "",
        "new_summary": "",
        "content_b64": b64(new),
    }


def removed(path: str, old: bytes) -> dict[str, Any]:
    return {"op": "delete", "address": path, "position": None, "content_id": blob_digest(old), "content_summary": ""}


def append(root: Path, name: str, *ops: Any, args: tuple[str, ...] = (), raw: bytes | None = None) -> list[Any]:
    lines = raw if raw is not None else b"".join(json.dumps(op).encode() + b"\n" for op in ops)
    command = [sys.executable, "-m", "muse.cli", "session", "append", name, *args]
    done = subprocess.run(command, cwd=root, input=lines, capture_output=True)
    assert done.stderr == b"", done.stderr.decode()
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == any("error" in answer for answer in answers)
    return answers


def commit(root: Path) -> session.SessionCommit:
    repo = Repository(root)
    return session.commit(repo, OpLog(root, "jam"), plugin_for_path, message="jam", domain="files", partial=True)


def replayed(root: Path, base: str) -> dict[str, str]:
    """The files a replay of all ops onto a commit gives."""
    repo = Repository(root)
    entries = OpLog(root, "jam").replay([]).entries
    return replay(entries, repo.manifest(base)["files"], repo.content, plugin_for_path).files


def transposed(data: bytes, track: int, by: int) -> bytes:

    piece = mido.MidiFile(file=io.BytesIO(data))
    for message in piece.tracks[track]:
        if message.type in ("note_on", "note_off"):
            message.note += by
    out = io.BytesIO()
    piece.save(file=out)
    return out.getvalue()


def note_up(data: bytes, which: int) -> bytes:
    """The piece with the velocity of one note of its own changed."""

    piece = mido.MidiFile(file=io.BytesIO(data))
    notes = [message for track in piece.tracks for message in track if message.type == "note_on" and message.velocity]
    notes[which * 5].velocity = 1 + which
    out = io.BytesIO()
    piece.save(file=out)
    return out.getvalue()


def heard(data: bytes) -> list[list[str]]:

    return [[str(message) for message in track] for track in mido.MidiFile(file=io.BytesIO(data)).tracks]
