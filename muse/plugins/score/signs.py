"""What belongs together: signs that stand side by side, one side's tempo and the other's dynamic; values in parts."""

from __future__ import annotations

from collections.abc import Iterator

from muse.core.xml_tree import Node
from muse.plugins.score.values import value

_ORDER = (
    *("print", "LayoutBreak", "startRepeat", "endRepeat"),
    *("barline", "attributes", "Clef", "KeySig", "TimeSig"),
    *("harmony", "Harmony", "RehearsalMark", "Tempo", "Dynamic", "SystemText", "StaffText", "Fermata", "direction"),
)
"""Elements that take no time, in the order in which they are put before a note."""


_ONE = {
    **dict.fromkeys(
        ("pitch", "unpitched", "rest", "time-modification", "key", "time", "clef", "transpose", "metronome")
    ),
    **dict.fromkeys(("KeySig", "TimeSig", "Clef", "accidental", "LayoutBreak")),
    "harmony": ("root", "numeral", "function", "kind", "inversion", "bass", "degree"),
    "Harmony": ("root", "base", "name", "extension"),
    "harmonyInfo": (),
    "note": ("duration", "type", "dot", "time-modification", "grace"),
    "Chord": ("durationType", "dots", "duration"),
    "Rest": ("durationType", "dots", "duration"),
    "Note": ("pitch", "tpc", "tpc2"),
    "Tuplet": ("normalNotes", "actualNotes", "baseNote", "baseDots"),
    "Dynamic": ("subtype", "velocity"),
    "Tempo": ("tempo", "text"),
}
"""Elements of which several make one value, and which of them; all where none is named."""


class Clash(Exception):
    """Two sides changed one thing differently; the message names it."""


def side_by_side(signs: list[tuple[str, int, Node]]) -> list[tuple[str, int]]:
    """What both sides put at one place, each with its side and number, in an order that is the same both ways round.

    Clash where they are no signs, or two of one kind.
    """
    kinds: dict[str, set[str]] = {}
    for side, _, node in signs:
        found = set(_kinds(node))
        if not found:
            raise Clash(node.tag)
        kinds.setdefault(side, set()).update(found)
    if len(kinds) > 1 and set.intersection(*kinds.values()):
        raise Clash(signs[0][2].tag)
    ordered = sorted(signs, key=lambda sign: (_ORDER.index(sign[2].tag), min(_kinds(sign[2]))))
    return [(side, number) for side, number, _ in ordered]


def _kinds(node: Node) -> Iterator[str]:
    """What a sign is about: `key`, `dynamics`, `sound tempo`; nothing for what is no sign."""
    if node.tag == "direction":
        yield from (kind.tag for holder in node.all("direction-type") for kind in holder.children)
        yield from (f"sound {name}" for sound in node.all("sound") for name in sound.attributes())
    elif node.tag == "attributes":
        yield from (child.tag for child in node.children)
    elif node.tag == "barline":
        yield f"barline {node.get('location', 'right')}"
    elif node.tag in _ORDER:
        yield node.tag


def torn(nodes: tuple[Node, Node, Node]) -> bool:
    """True where both sides made another value of what several elements say together, a pitch, say: A5 of one and B4 of
    the other would be B5."""
    if nodes[0].tag not in _ONE:
        return False
    some = _ONE[nodes[0].tag]
    base, ours, theirs = (
        [
            (child.tag, [value(leaf) for _, leaf in child.leaves()])
            for child in node.children
            if not some or child.tag in some
        ]
        for node in nodes
    )
    return base not in (ours, theirs) and ours != theirs
