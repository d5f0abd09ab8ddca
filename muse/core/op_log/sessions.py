"""Sessions and the folders they are in; `muse.core.paths.encode_name` gives a name its folder."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from muse.core.git_host import host
from muse.core.paths import StrPath, git_dir, op_log_dir
from muse.core.paths import encode_name as encode_name
from muse.core.types import load_json_file


def decode_name(text: str) -> str | None:
    """The name a folder stands for; None when it is a hash (the folder has a `name` file then) or none of ours."""
    try:
        raw = re.sub(rb"%([0-9A-F]{2})", lambda found: bytes.fromhex(found[1].decode()), text.encode())
        name = "" if text == "%" else raw.decode("utf-8", "surrogatepass")
    except ValueError:
        return None
    return name if encode_name(name) == text else None


def list_sessions(repo_root: StrPath) -> list[str]:
    """The names of all sessions that have a log here, sorted."""
    found = []
    folder = op_log_dir(repo_root)
    if not folder.is_dir():
        return []
    for path in folder.iterdir():
        if not path.is_dir():
            continue
        name = decode_name(path.name)
        if name is None:
            name = load_json_file(path / "name")
        if isinstance(name, str) and encode_name(name) == path.name:
            found.append(name)
    return sorted(found)


@lru_cache(64)
def writer_of(root: Path) -> str:
    """The clone's writer id, `local` outside of Git."""
    if git_dir(root) is None:
        return "local"
    return host().writer(root)
