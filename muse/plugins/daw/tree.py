"""Two versions of a project side by side: what is equal, what is which, and what a place is called."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby

from muse.core.sequences import edits
from muse.core.xml_tree import Node
from muse.plugins.daw.formats import Format, Key

WRAPPERS = re.compile(
    "(?:Ableton|LiveSet|Project|REAPER_PROJECT|Tracks|DeviceChain|Devices|Manual|Value|MainSequencer|Sample|Events|"
    "Envelopes|AutomationEnvelopes|ArrangerAutomation|ClipTimeable|Structure|Arrangement|Lanes|Clips|Parameters|"
    "Channel|FXCHAIN|TAKEFX|ClipSlotList|ClipSlot|data|Notes|KeyTracks|Scenes|Locators|Mixer|Transport|MainTrack|"
    r"MasterTrack)\Z"
)
"""Elements that say nothing to a person: they hold others."""
_BLANK = re.compile(rb">\s+<")
_LINES = re.compile(rb"[ \t\r]*\n[ \t]*")


_views: dict[str, re.Pattern[bytes]] = {}


def _view(form: Format) -> re.Pattern[bytes]:
    if form.name not in _views:
        words = "|".join(sorted(form.view)).encode()
        _views[form.name] = re.compile(
            rb"^[ \t]*(?:%s)(?: [^\r\n]*)?\r?\n" % words
            if form.name == "Reaper"
            else rb"<(%s)(?:\s[^>]*)?(?:(?<=/)>|(?<!/)>.*?</\1>)" % words,
            re.DOTALL | re.MULTILINE,
        )
    return _views[form.name]


def plain(form: Format, raw: bytes) -> bytes:
    """Bytes without what programs save about windows and about themselves, and without blanks between elements."""
    raw = form.noise.sub(b"", _view(form).sub(b"", raw))
    return _LINES.sub(b"\n", raw).strip() if form.name == "Reaper" else _BLANK.sub(b"><", raw)


def same(form: Format, one: Node, two: Node) -> bool:
    """True where two elements say the same about the music."""
    a, b = one.raw, two.raw
    return a == b or (one.tag == two.tag and plain(form, a) == plain(form, b))


def small(node: Node) -> bool:
    """True for what is compared whole at once; larger elements are looked into where their bytes differ."""
    return node.end - node.start < 4_096 or not node.children


def key_of(form: Format, parent: str, node: Node) -> Key | None:
    """By what an element is known among its neighbours, or None: then it is known by its place."""
    if parent in form.entries_in:
        return (form.entries_in[parent], node.get("Id"))
    if node.tag in form.keys:
        found = form.keys[node.tag](node)
        return (node.tag, found) if found or node.tag == "SOURCE" else None
    return None


def keyed(form: Format, parent: Node, nodes: Sequence[Node]) -> list[Key]:
    """The key of each child, counted where it is there more often; without one, the tag's number among its kind."""
    seen: Counter[Key] = Counter()
    found: list[Key] = []
    for node in nodes:
        key = key_of(form, parent.tag, node) or (node.tag,)
        seen[key] += 1
        found.append((*key, str(seen[key])) if seen[key] > 1 else key)
    return found


def matched(form: Format, old: Node, new: Node) -> dict[int, int]:
    """Which child of `old` is which of `new`."""
    kids = old.children, new.children
    keys = keyed(form, old, kids[0]), keyed(form, new, kids[1])
    counts = [Counter(node.tag for node in side) for side in kids]
    places = {key: at for at, key in enumerate(keys[1])}
    found: dict[int, int] = {}
    loose: list[str] = []
    for at, node in enumerate(kids[0]):
        if key_of(form, old.tag, node) is not None or counts[0][node.tag] == counts[1][node.tag]:
            place = places.get(keys[0][at])
            if place is not None:
                found[at] = place
        elif node.tag not in loose:
            loose.append(node.tag)
    for tag in loose:
        found.update(_aligned(form, kids, tag))
    return found


def _aligned(form: Format, kids: tuple[list[Node], list[Node]], tag: str) -> Iterator[tuple[int, int]]:
    """Elements without keys, of which one side has more: equal ones in order, then those between them."""
    places = [[at for at, node in enumerate(side) if node.tag == tag] for side in kids]
    texts = [[plain(form, side[at].raw) for at in found] for side, found in zip(kids, places)]
    a = b = 0
    for edit in [*edits(texts[0], texts[1]), None]:
        stop = (len(places[0]), len(places[1])) if edit is None else (edit.a0, edit.b0)
        yield from zip(places[0][a : stop[0]], places[1][b : stop[1]])
        if edit is not None:
            if edit.a1 - edit.a0 == edit.b1 - edit.b0:
                yield from zip(places[0][edit.a0 : edit.a1], places[1][edit.b0 : edit.b1])
            a, b = edit.a1, edit.b1


def address_of(at: str, key: Key) -> str:
    """The address of a child: `MidiTrack:12/Volume`; elements that only hold others are left out."""
    part = ":".join(word.replace("/", "_") for word in key).lstrip(":")
    if WRAPPERS.match(part):
        return at
    return f"{at}/{part}" if at else part


def at_odds(form: Format, nodes: tuple[Node, Node, Node]) -> bool:
    """True where two edits of a clip come to a third clip that nobody meant, although no value is in dispute: moved by
    as much as it was made longer, or changed in its first take, where there is another one now. So with signatures, and
    with the take that is chosen."""
    if nodes[0].tag == "ITEM":
        chosen = [
            [value_at(form, node, ("GUID", "1")) for node in each.children if _CHOSEN.match(node.raw)] for each in nodes
        ]
        if chosen[0] not in chosen[1:] and chosen[1] != chosen[2]:
            return True
        takes = [[child.raw for child in node.children if child.tag not in _ITEM] for node in nodes]
        first = [value_at(form, node, ("GUID", "1")) for node in nodes]
        return len(set(first)) > 1 and takes[0] not in takes[1:] and takes[1] != takes[2]
    if nodes[0].tag in _SIGNATURES:
        bars = [[value_at(form, node, (step,)) for step in _SIGNATURES[node.tag]] for node in nodes]
        return bars[0] not in bars[1:] and bars[1] != bars[2]
    if any(_turned(form, nodes, *ends) for ends in _ENDS.get(nodes[0].tag, ())):
        return True
    if nodes[0].tag not in ("MidiClip", "AudioClip"):
        return False
    ends = [[value_at(form, node, (tag, "@Value")) for tag in ("CurrentStart", "CurrentEnd")] for node in nodes]
    by_chance = any(mine == other != was for was, mine, other in zip(*ends))
    return by_chance and ends[1] != ends[2]


def _turned(form: Format, nodes: tuple[Node, Node, Node], start: tuple[str, ...], end: tuple[str, ...]) -> bool:
    """True where a start of one side would stand behind an end of the other one."""
    both: list[float] = []
    for path in (start, end):
        was, mine, other = (value_at(form, node, path) for node in nodes)
        try:
            both.append(float(other if mine == was else mine))
        except ValueError:
            return False
    sides = [[value_at(form, node, path) for path in (start, end)] for node in nodes]
    return both[0] >= both[1] and sides[0] not in sides[1:] and sides[1] != sides[2]


_LOOP = (("Loop", "LoopStart", "@Value"), ("Loop", "LoopEnd", "@Value"))
_ENDS = {
    **dict.fromkeys(("MidiClip", "AudioClip"), ((("CurrentStart", "@Value"), ("CurrentEnd", "@Value")), _LOOP)),
    "Clip": ((("@loopStart",), ("@loopEnd",)), (("@playStart",), ("@playStop",))),
}
"""Where a clip, and what is heard of it in turns, begins and ends."""
_SIGNATURES = {"TimeSignature": ("@numerator", "@denominator"), "TEMPO": ("2", "3")}
"""Beats of a bar and what a beat is: one value, 3/4 of one side and 6/8 of the other are not 3/8."""
_CHOSEN = re.compile(rb"TAKE\b[^\r\n]* SEL\b")
_ITEM = {
    *("POSITION", "SNAPOFFS", "LENGTH", "LOOP", "ALLTAKES", "FADEIN", "FADEOUT", "FADEFLAG", "MUTE", "SEL", "IGUID"),
    *("IID", "LOCK", "GROUP", "BEAT", "LANE"),
}
"""What a Reaper clip says itself; everything else is about one of its takes."""


def word_of(form: Format, parent: str, node: Node) -> str:
    """What a person calls such an element (`track`, `clip`, `device`), or nothing."""
    return form.entries_in.get(parent) or form.entries.get(node.tag, "")


def value_at(form: Format, node: Node, path: tuple[str, ...]) -> str:
    """The value at a path of tags; the last step is `@Attribute`, or the number of a word of a line."""
    for step in path:
        if step[:1] == "@":
            return node.get(step[1:])
        if step.isdigit():
            words = fields(form, node.data[node.start : node.inner])
            return unquoted(words[int(step) - 1][1]) if len(words) >= int(step) else ""
        below = node.children[0] if step == "*" and node.children else node.child(step)
        if below is None:
            return ""
        node = below
    return ""


def unquoted(value: bytes) -> str:
    """A field as text."""
    text = value.decode("utf-8", "replace")
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'`" else text


def fields(form: Format, start: bytes) -> list[tuple[str, bytes, int, int]]:
    """(name, value, from, to) of each attribute of a start tag, or of each word of a line, counted from 1."""
    found = []
    for number, match in enumerate(form.fields.finditer(start), 1):
        group = form.fields.groups
        name = str(number) if group == 1 else match[1].decode("utf-8", "replace")
        found.append((name, match[group], match.start(group), match.end(group)))
    return found


def numbers_in(texts: Sequence[bytes]) -> int:
    """The largest id in some documents, 0 where ids are no numbers."""
    return max((int(text) for text, _ in groupby(sorted(texts)) if text.isdigit() and len(text) < 12), default=0)
