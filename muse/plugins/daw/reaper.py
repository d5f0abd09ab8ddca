"""A Reaper project (`.rpp`) as a tree of spans: a block is an element, a line is one without children.

`<TRACK {GUID}` opens a block and `>` ends it. An effect is several lines in a row, from `BYPASS` on; these become one
element `EFFECT` without a line of its own. What a plug-in keeps (base 64) stays one piece.
"""

from __future__ import annotations

import re

from muse.core.errors import FormatError
from muse.core.xml_tree import MOST_DEPTH, MOST_NODES, Node

_LINE = re.compile(rb"[ \t]*([^\r\n]+)")
_WORD = re.compile(rb"[A-Z][A-Z0-9_]*\Z")
_WHOLE = re.compile(rb"(?:VST|AU|DX|JS|CLAP|LV2|NOTES|VIDEO_EFFECT|EXTENSIONS|PROJBAY|JS_PINMAP|X|[A-Z0-9_]+_CFG)\Z")
_CHAINS = ("FXCHAIN", "FXCHAIN_REC", "TAKEFX", "MASTERFXLIST")
_RECEIVE = re.compile(rb"^([ \t]*AUXRECV )(\d+|\{[^}\r\n]*\})(?= )", re.MULTILINE)
_TRACK = re.compile(rb"^  <TRACK (\{[^}\r\n]*\})", re.MULTILINE)


def parse(data: bytes) -> Node:
    """The project's block; FormatError for what is none, or not whole."""
    if not data.lstrip().startswith(b"<REAPER_PROJECT"):
        raise FormatError("not a Reaper project")
    top = Node(data, "", 0, 0)
    open_nodes, count, at = [top], 0, 0
    while len(top.children) == 0 or len(open_nodes) > 1:
        found = _LINE.search(data, at)
        if found is None:
            raise FormatError("a Reaper project that ends before its last >")
        at, count = found.end(), count + 1
        line = found[1].rstrip()
        if line == b">":
            node = open_nodes.pop()
            node.tail, node.end = found.start(1), found.start(1) + 1
            _closed(node)
            continue
        if count > MOST_NODES or len(open_nodes) > MOST_DEPTH:
            raise FormatError("more lines, or deeper blocks, than any project has")
        node = Node(data, _name(line), found.start(1), found.start(1) + len(line))
        open_nodes[-1].children.append(node)
        if line[:1] == b"<" and not (line.endswith(b">") and line.count(b"<") == line.count(b">")):
            open_nodes.append(node)
    return top.children[0]


def _name(line: bytes) -> str:
    word = line.lstrip(b"<").split(b" ", 1)[0]
    return word.decode("ascii") if _WORD.match(word) else "data"


def _closed(node: Node) -> None:
    """A block is read: what a plug-in keeps has no parts, the lines of an effect have one element around them."""
    if _WHOLE.match(node.tag.encode()):
        node.children.clear()
    elif node.tag in _CHAINS:
        kids = node.children[:]
        node.children.clear()
        for kid in kids:
            if kid.tag == "BYPASS":
                node.children.append(_effect(kid))
            elif node.children and node.children[-1].tag == "EFFECT":
                node.children[-1].children.append(kid)
                node.children[-1].tail = node.children[-1].end = kid.end
            else:
                node.children.append(kid)


def _effect(first: Node) -> Node:
    effect = Node(first.data, "EFFECT", first.start, first.start)
    effect.tail = effect.end = first.end
    effect.children.append(first)
    return effect


def receives_by_name(data: bytes) -> bytes:
    """`AUXRECV 3` counts tracks; between versions with other tracks only the track's own id means the same."""
    tracks = _TRACK.findall(data)

    def named(found: re.Match[bytes]) -> bytes:
        at = int(found[2]) if found[2].isdigit() else len(tracks)
        return found[1] + (tracks[at] if at < len(tracks) else found[2])

    return _RECEIVE.sub(named, data)


def receives_by_number(data: bytes) -> bytes:
    """The way back; FormatError where a track that is received from is gone."""
    tracks = {name: at for at, name in enumerate(_TRACK.findall(data))}

    def numbered(found: re.Match[bytes]) -> bytes:
        if found[2] not in tracks and not found[2].isdigit():
            raise FormatError("one side deleted a track that another one receives from")
        return found[1] + str(tracks.get(found[2], found[2].decode())).encode()

    return _RECEIVE.sub(numbered, data)


def folders(root: Node) -> dict[bytes, bytes]:
    """Which folder track each track lies in (b"" for none), from the running sum of `ISBUS`."""
    found: dict[bytes, bytes] = {}
    inside: list[bytes] = []
    for track in root.all("TRACK"):
        name = track.data[track.start : track.inner]
        found[name] = inside[-1] if inside else b""
        words = next((line.raw.split() for line in track.children if line.tag == "ISBUS"), [])
        kind, step = (int(word) if word.lstrip(b"-").isdigit() else 0 for word in (*words[1:3], b"0", b"0")[:2])
        if kind == 1:
            inside.append(name)
        elif step < 0:
            del inside[max(0, len(inside) + step) :]
    return found
