"""Live's sends: of each track one for each return track, in their order.

Where one side adds return tracks and the other one tracks, a new track has no send to a return track that it never
met. It gets one as Live gives it to a track: turned all the way down.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from muse.core.xml_tree import Node, pieces, written
from muse.plugins.daw.formats import LIVE
from muse.plugins.daw.tree import numbers_in

List = tuple[object, Node]
"""Whose sends these are, and the element that holds them."""
PRE = "pre"
SILENT = 0.001  # a send turned down further cannot be heard; Live writes 0.0003
_NUMBER = re.compile(rb"(?<=<Pointee Id=\")\d+|(?<=Target Id=\")\d+")
_NAMED = re.compile(rb"<PointeeId Value=\"(\d+)\"")
_ID = re.compile(rb"(?<=\sId=\")[^\"]*")
_LEVEL = re.compile(rb"(?<=<Manual Value=\")[^\"]*")
_LOWEST = re.compile(rb"<MidiControllerRange>\s*<Min Value=\"([^\"]*)\"")


def tracks(root: Node) -> list[Node]:
    """All tracks of a set, return tracks too."""
    found = root.path("LiveSet", "Tracks")
    return [] if found is None else found.children


def name_of(track: Node) -> tuple[str, str]:
    """By what a track is known."""
    return track.tag, track.get("Id")


def returns(root: Node) -> list[str]:
    """The ids of the return tracks."""
    return [track.get("Id") for track in tracks(root) if track.tag == "ReturnTrack"]


def send_lists(root: Node) -> Iterator[List]:
    """Of each track what it sends to each return track, and which sends come before the fader."""
    for track in tracks(root):
        sends = track.path("DeviceChain", "Mixer", "Sends")
        if sends is not None:
            yield name_of(track), sends
    pre = root.path("LiveSet", "SendsPre")
    if pre is not None:
        yield PRE, pre


def is_silent(send: bytes) -> bool:
    """True for a send that is turned down."""
    return _level(send) <= SILENT


def completed(sides: Sequence[Node], result: bytes) -> bytes:
    """The merged set with the sends that neither side could make; as it was where they cannot be told."""
    old, *new = [returns(side) for side in sides]
    if not any(set(side) - set(old) for side in new) or any([to for to in side if to in old] != old for side in new):
        return result
    root = LIVE.parse(result)
    filling = _Filling(sides, root)
    data, end = [], 0
    for whose, node in send_lists(root):
        if len(node.children) == len(filling.returns[3]):
            continue
        more = filling.filled(whose, node)
        if more is None and whose == PRE:
            continue  # a side leaves flags out
        if more is None:
            return result
        data += [result[end : node.start], more]
        end = node.end
    return b"".join([*data, result[end:]])


class _Filling:
    """Base, ours, theirs and the result: whose sends are known, and the next numbers."""

    def __init__(self, sides: Sequence[Node], root: Node) -> None:
        self.returns = [returns(side) for side in (*sides, root)]
        self.lists = [dict(send_lists(side)) for side in sides]
        space = LIVE.spaces[0]
        self.named = {name for side in sides for name in _NAMED.findall(side.data)}
        self.free = 1 + max(numbers_in(space.ids.findall(side.data)) for side in (*sides, root))

    def filled(self, whose: object, node: Node) -> bytes | None:
        """A list with a send for each return track; None where it cannot be told what is missing."""
        own = self._own(whose, node)
        if own is None or (whose == PRE and not own.keys() >= set(self.returns[3])):
            return None
        gap = pieces(node)[-1][0] if node.children else b""
        rows: list[bytes] = []
        free = 1 + numbers_in([child.get("Id").encode() for child in node.children])
        taken: set[str] = set()
        targets: set[bytes] = set()
        for to in self.returns[3]:
            send = own.get(to)
            known = None if send is None else send.get("Id")
            raw = self._silent(to) if send is None else send.raw
            if raw is None or (again := targets.intersection(_NUMBER.findall(raw))) & self.named:
                return None
            raw = _NUMBER.sub(self._next, raw) if again else raw
            if known is None or known in taken:
                raw, known, free = _ID.sub(b"%d" % free, raw, count=1), str(free), free + 1
            taken.add(known)
            targets.update(_NUMBER.findall(raw))
            rows.append(raw)
        return written(node, [(gap, raw) for raw in rows])

    def _own(self, whose: object, node: Node) -> dict[str, Node] | None:
        """The sends there are, by return track. Those of both sides to return tracks of their own may look alike."""
        holders = [side for side in (1, 2) if whose in self.lists[side]]
        if whose in self.lists[0]:
            known = dict(zip(self.returns[0], node.children))
            for side in holders:
                there = zip(self.returns[side], self.lists[side][whose].children)
                known.update({to: send for to, send in there if to not in self.returns[0]})
            return known
        if len(holders) != 1 or len(node.children) != len(self.returns[holders[0]]):
            return None
        return dict(zip(self.returns[holders[0]], node.children))

    def _silent(self, to: str) -> bytes | None:
        """A send to a return track that is turned down, made after one that its side has."""
        side = next(side for side in (1, 2) if to in self.returns[side])
        at = self.returns[side].index(to)
        there = [node.children[at] for whose, node in self.lists[side].items()
                 if whose != PRE and len(node.children) > at]  # fmt: skip
        if not there:
            return None
        lowest = min(there, key=lambda send: _level(send.raw)).raw
        bound = _LOWEST.search(lowest)
        made = lowest if bound is None else _LEVEL.sub(bound[1], lowest, count=1)
        return _NUMBER.sub(self._next, made) if is_silent(made) else None

    def _next(self, _: re.Match[bytes]) -> bytes:
        self.free += 1
        return b"%d" % (self.free - 1)


def _level(send: bytes) -> float:
    found = _LEVEL.search(send)
    try:
        return float(found[0]) if found is not None else 1.0
    except ValueError:
        return 1.0
