"""The wire form of an RGA: its elements as plain JSON, and how hostile ones are refused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal, NotRequired, TypedDict, cast

from muse.core.crdts._rga_core import Core, Level
from muse.core.crdts._rga_order import Anchor, Content
from muse.core.errors import FormatError

Mode = Literal["classic", "fugue"]
Side = Literal["left", "right"]
_SIDES: dict[bool, tuple[Side | None, ...]] = {True: ("left", "right"), False: (None,)}


class RGAVariant(TypedDict):
    """What else was inserted under an id; `side` as in `RGAElement`."""

    value: str
    parent_id: str | None
    side: NotRequired[Side]


class RGAElement(TypedDict):
    """One element, tombstones included.

    `side` is there in Fugue mode, and only there: whether the element hangs before its parent (left) or after it
    (right). `others` is there only when one id was given to different insertions: the ones that lost.
    """

    id: str
    value: str
    deleted: bool
    parent_id: str | None
    side: NotRequired[Side]
    others: NotRequired[list[RGAVariant]]


def spelled(element_id: str, found: list[Content], dead: bool, fugue: bool) -> RGAElement:
    """The wire form of an id with its contents, the one that counts first."""
    value, anchor = found[0]
    before = isinstance(anchor, tuple)
    parent = cast("str | None", anchor[0] if before else anchor)  # type: ignore[index]
    wire: RGAElement = {"id": element_id, "value": value, "deleted": dead, "parent_id": parent}
    if fugue:
        wire["side"] = "left" if before else "right"
    if len(found) > 1:
        wire["others"] = [placed(*content, fugue) for content in found[1:]]
    return wire


def placed(value: str, anchor: Anchor, fugue: bool) -> RGAVariant:
    """The wire form of one content."""
    if isinstance(anchor, tuple):
        return {"value": value, "parent_id": anchor[0], "side": "left"}
    return {"value": value, "parent_id": anchor, "side": "right"} if fugue else {"value": value, "parent_id": anchor}


def decoded(elements: Iterable[RGAElement], mode: Mode | None) -> Level:
    """The version that elements stand for, in the mode given or their own; FormatError when they stand for none."""
    if isinstance(elements, (str, bytes, Mapping)) or not isinstance(elements, Iterable):
        raise FormatError("a sequence is a list of elements")
    core = Core(mode == "fugue")
    for element in elements:
        element_id, deleted, found, fugue = _checked(element)
        if fugue is not core.fugue:
            if mode is not None or core.ids:
                raise FormatError(f"classic elements have no side, those of Fugue have one: {element!r:.200}")
            core = Core(fugue)
        for value, anchor in found:
            core.ids.append(element_id)
            core.values.append(value)
            core.anchors.append(anchor)
        if deleted:
            core.add_deletions([element_id])
    return core.grown()


def _checked(element: Any) -> tuple[str, bool, list[Content], bool]:
    """Id, whether it is deleted, contents, and whether it is of Fugue; FormatError when it is no element."""
    try:
        element_id, deleted, others = element["id"], element.get("deleted", False), element.get("others", ())
        parts = [(one["value"], one.get("parent_id"), one.get("side")) for one in (element, *others)]
    except (KeyError, TypeError, AttributeError, IndexError):
        raise FormatError(f"an element has id, value, deleted and parent_id: {element!r:.200}") from None
    if type(element_id) is not str or type(deleted) is not bool or not isinstance(others, (list, tuple)):
        raise FormatError(f"an id is text, deleted is true or false: {element!r:.200}")
    fugue = parts[0][2] is not None
    found: list[Content] = []
    for value, parent, side in parts:
        if type(value) is not str or not (parent is None or type(parent) is str):
            raise FormatError(f"ids and values are text: {element!r:.200}")
        if side not in _SIDES[fugue] or (side == "left" and parent is None):
            raise FormatError(f"an element hangs left or right of its parent, of the head right only: {element!r:.200}")
        found.append((value, cast("Anchor", (parent,) if side == "left" else parent)))
    return element_id, deleted, found, fugue
