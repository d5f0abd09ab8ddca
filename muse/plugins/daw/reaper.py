"""A Reaper project (`.rpp`) as a tree of spans: a block is an element, a line is one without children.

`<TRACK {GUID}` opens a block and `>` ends it. Some things are lines and blocks in a row, known by the first of them: an
effect, what a track receives and the envelopes of that, a take behind the first one. Each becomes one element without a
line of its own. What a plug-in keeps (base 64) stays one piece.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from muse.core.errors import FormatError
from muse.core.xml_tree import MOST_DEPTH, MOST_NODES, Node

_LINE = re.compile(rb"[ \t]*([^\r\n]+)")
_WORD = re.compile(rb"[A-Z][A-Z0-9_]*\Z")
_WHOLE = re.compile(rb"(?:VST|AU|DX|JS|CLAP|LV2|NOTES|VIDEO_EFFECT|EXTENSIONS|PROJBAY|JS_PINMAP|X|[A-Z0-9_]+_CFG)\Z")
_CHAIN = {"BYPASS": ("EFFECT", re.compile(""))}
_ROWS = {
    **dict.fromkeys(("FXCHAIN", "FXCHAIN_REC", "TAKEFX", "MASTERFXLIST", "CONTAINER"), _CHAIN),
    "TRACK": {
        "AUXRECV": ("RECEIVE", re.compile(r"AUX[A-Z]+ENV2?\Z")),
        "HWOUT": ("OUTPUT", re.compile(r"HW[A-Z]+ENV2?\Z")),
    },
    "ITEM": {"TAKE": ("TAKE_PARTS", re.compile(""))},
}
"""In which block a line of which name begins an element of which name, and what stands in it behind that line."""
_LINK = re.compile(rb"PLINK (\S+) (\d+)(\S*[^\r\n]*)")
_RECEIVE = re.compile(rb"^([ \t]*AUXRECV )(\d+|\{[^}\r\n]*\})(?= )", re.MULTILINE)
_TRACK = re.compile(rb"^[ \t]*<TRACK (\{[^}\r\n]*\})", re.MULTILINE)


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
    """A block is read: what a plug-in keeps has no parts, lines of one thing get an element around them."""
    if _WHOLE.match(node.tag.encode()):
        node.children.clear()
    elif node.tag in _ROWS:
        rows, more = _ROWS[node.tag], None
        kids = node.children[:]
        node.children.clear()
        for kid in kids:
            if kid.tag in rows:
                tag, more = rows[kid.tag]
                node.children.append(_row(tag, kid))
            elif more is not None and more.match(kid.tag):
                node.children[-1].children.append(kid)
                node.children[-1].tail = node.children[-1].end = kid.end
            else:
                node.children.append(kid)
                more = None


def _row(tag: str, first: Node) -> Node:
    row = Node(first.data, tag, first.start, first.start)
    row.tail = row.end = first.end
    row.children.append(first)
    return row


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


def without_ids(root: Node) -> list[Node]:
    """The tracks that say no id: what one says is known by its place alone."""
    return [track for track in root.all("TRACK") if b"{" not in track.data[track.start : track.inner]]


def links(root: Node) -> Iterator[tuple[bytes, ...]]:
    """Each parameter that follows another effect: its effect, what it says, and the effect that its number means."""
    for node in root.children:
        effects = [each for each in node.children if each.tag == "EFFECT"]
        names = [each.data[each.start : each.end].rpartition(b"FXID ")[2][:38] for each in effects]
        for name, effect in zip(names, effects):
            for found in _LINK.finditer(effect.raw) if not _nested(effect) else ():
                at = int(found[2])
                yield name, found[1], found[3], names[at] if 0 <= at < len(names) else found[2]
        if node.children and b"PLINK" in node.raw:
            yield from links(node)


def _nested(effect: Node) -> bool:
    return any(child.tag == "CONTAINER" for child in effect.children)


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
