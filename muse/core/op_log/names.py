"""Folder names back to session names; `muse.core.paths.encode_name` goes the other way."""

from __future__ import annotations

import re

from muse.core.paths import encode_name as encode_name


def decode_name(text: str) -> str | None:
    """The name a folder stands for; None when it is a hash (the folder has a `name` file then) or none of ours."""
    try:
        raw = re.sub(rb"%([0-9A-F]{2})", lambda found: bytes.fromhex(found[1].decode()), text.encode())
        name = "" if text == "%" else raw.decode("utf-8", "surrogatepass")
    except ValueError:
        return None
    return name if encode_name(name) == text else None
