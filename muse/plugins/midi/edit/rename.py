"""A track under another name, as ops."""

from __future__ import annotations

from muse.core.errors import MuseError
from muse.core.ops import inserted, replaced
from muse.core.types import content_hash
from muse.domain import DomainOp
from muse.plugins.midi.file.codec import parse
from muse.plugins.midi.show.elements import elements

_NAME = "ff03"


def rename(path: str, data: bytes, address: str, to: str) -> list[DomainOp]:
    """The op that gives a track the name `to`; MuseError for anything else, which has no name."""
    head, _, rest = address.removeprefix(f"{path}::").partition("/")
    if rest or not head.startswith("track:") or not head[6:].isdecimal() or int(head[6:]) >= len(parse(data).tracks):
        raise MuseError(
            f"{address} has no name; only tracks do", hint="a note is moved by replacing its pitch or onset"
        )
    body = _NAME + to.encode().hex()
    for element in elements(path, data):
        inside = element.address.startswith(f"{path}::{head}/track_structure:")
        if inside and element.content and element.content[0][1].startswith(_NAME):
            events = [[element.content[0][0], body], *element.content[1:]]
            return [
                replaced(
                    element.address,
                    (element.content_id, content_hash(events)),
                    (element.summary, f"renamed {to}"),
                    content=events,
                )
            ]
    events = [[0, body]]
    return [inserted(f"{path}::{head}/track_structure:1:1:0:3", content_hash(events), f"named {to}", content=events)]
