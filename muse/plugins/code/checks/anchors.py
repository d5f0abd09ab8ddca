"""YAML's anchors: what `*name` stands for has to be above it, once, as it is in each side."""

from __future__ import annotations

import re

from muse.plugins.code.languages.table import Language

_MARK = re.compile(rb"(?:^|[\s\[{,])([&*])([\w.-]+)(?=[\s,\]}]|$)")


def broken_anchor(language: Language | None, sides: tuple[bytes, bytes, bytes], merged: bytes) -> str:
    """What in the result an anchor is missing for, or is named twice, and in neither side; "" for nothing."""
    if language is None or language.name != "yaml" or b"&" not in b"".join(sides):
        return ""
    base, ours, theirs = (_faults(side) for side in sides)
    new = sorted(_faults(merged) - base - ours - theirs)
    return new[0] if new else ""


def _faults(data: bytes) -> set[str]:
    known: set[bytes] = set()
    found: set[str] = set()
    for mark, name in _MARK.findall(data):
        word = name.decode("utf-8", "replace")
        if mark == b"*" and name not in known:
            found.add(f"*{word} stands for nothing above it")
        elif mark == b"&" and name in known:
            found.add(f"&{word} is named twice")
        if mark == b"&":
            known.add(name)
    return found
