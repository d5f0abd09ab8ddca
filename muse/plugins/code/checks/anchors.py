"""Names in a text that mean one place in it: anchors of YAML, links and footnotes of Markdown, keys of TOML."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from muse.core.late import regex
from muse.plugins.code.languages.table import Language

_MARK = regex(rb"(?:^|[\s\[{,])([&*])([\w.-]+)(?=[\s,\]}]|$)")
_LABEL = regex(rb"^ {0,3}\[([^\]\n]+)\]:[ \t]*(\S[^\n]*)", re.M)
_FENCED = regex(rb"^ {0,3}(```+|~~~+)[^\n]*\n.*?^ {0,3}\1", re.M | re.S)
_MOST_TOML = 300_000


def broken_anchor(language: Language | None, sides: tuple[bytes, bytes, bytes], merged: bytes) -> str:
    """What in the result a name stands for nothing in, or for two things, and in no version; "" for nothing."""
    faults_of = _FAULTS.get(language.name) if language is not None else None
    if faults_of is None:
        return ""
    new = faults_of(merged)
    if new:
        base, ours, theirs = (faults_of(side) for side in sides)
        new = new - base - ours - theirs
    return min(new, default="")


def _anchors(data: bytes) -> set[str]:
    """YAML: what `*name` stands for has to be above it, and named once."""
    known: set[bytes] = set()
    found: set[str] = set()
    for mark, name in _MARK.findall(data) if b"&" in data or b"*" in data else ():
        word = name.decode("utf-8", "replace")
        if mark == b"*" and name not in known:
            found.add(f"*{word} stands for nothing above it")
        elif mark == b"&" and name in known:
            found.add(f"&{word} is named twice")
        if mark == b"&":
            known.add(name)
    return found


def _labels(data: bytes) -> set[str]:
    """Markdown: `[name]: ...` is there once, or says the same."""
    known: dict[bytes, bytes] = {}
    found: set[str] = set()
    for label, text in _LABEL.findall(_FENCED.sub(b"", data)) if b"]:" in data else ():
        if known.setdefault(b" ".join(label.lower().split()), text) != text:
            found.add(f"[{label.decode('utf-8', 'replace')}] is defined twice")
    return found


def _unread(data: bytes) -> set[str]:
    """TOML: a table and a key of one name, however spelled."""
    from muse.core import toml

    if len(data) > _MOST_TOML:
        return set()
    try:
        toml.loads(data.decode("utf-8", "replace"))
    except ValueError:
        return {"does not load any more"}
    return set()


_FAULTS: Mapping[str, Callable[[bytes], set[str]]] = {
    "yaml": _anchors, "markdown": _labels, "toml": _unread,
}  # fmt: skip
