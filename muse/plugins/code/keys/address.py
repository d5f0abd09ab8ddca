"""Addresses of keys: the names from the top joined by dots, odd ones quoted as in JSON: `scripts."build:all"`."""

from __future__ import annotations

import json
import re

from muse.core.errors import MuseError

Path = tuple[str, ...]
_PLAIN = re.compile(r"[^\s.\"'/\[\]{}:#,]+")
_SEGMENT = re.compile(r'"(?:[^"\\]|\\.)*"|[^."]+')


def address_of(path: Path) -> str:
    """The names joined by dots, quoted where they are no plain words."""
    return ".".join(name if _PLAIN.fullmatch(name) else json.dumps(name, ensure_ascii=False) for name in path)


def path_of(address: str) -> Path:
    """The names an address is made of; MuseError when it is none."""
    names: list[str] = []
    at = 0
    while at < len(address):
        found = _SEGMENT.match(address, at)
        if found is None or address[found.end() : found.end() + 1] not in ("", "."):
            raise MuseError(f"{address:.200} is no address of a key; write names joined by dots: server.port")
        at = found.end() + 1
        text = found[0]
        try:
            names.append(str(json.loads(text)) if text[0] == '"' else text)
        except ValueError:
            raise MuseError(f"{text:.80} is no name") from None
    if not names or address.endswith("."):
        raise MuseError(f"{address:.200!r} is no address of a key; write names joined by dots: server.port")
    return tuple(names)


__all__ = ["Path", "address_of", "path_of"]
