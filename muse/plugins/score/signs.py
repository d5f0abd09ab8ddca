"""Signs that both sides put at one place of a bar: a tempo of one and a dynamic of the other stand side by side."""

from __future__ import annotations

from collections.abc import Iterator

from muse.core.xml_tree import Node

_ORDER = (
    *("print", "LayoutBreak", "startRepeat", "endRepeat"),
    *("barline", "attributes", "Clef", "KeySig", "TimeSig"),
    *("harmony", "Harmony", "RehearsalMark", "Tempo", "Dynamic", "SystemText", "StaffText", "Fermata", "direction"),
)
"""Elements that take no time, in the order in which they are put before a note."""


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
