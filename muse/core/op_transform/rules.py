"""When two edits, made apart from one base, leave each other alone.

What an edit touches is its *place*: its address, except that an unordered element of a container (`tags/`, position
None) is a place of its own by content. At one place the table below decides; apart from that an edit of a whole thing
(delete, replace, patch, the insert of something new) meets every edit inside that thing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Union

from muse.core.address import ancestors, is_container
from muse.core.types import canonical_json
from muse.domain import DomainOp

Place = Union[str, tuple[str, str]]

NEVER, AT_POSITION, INSIDE, ALWAYS = "never", "at position", "inside", "always"
_MEETING = {
    ("delete", "delete"): NEVER,  # both wanted it gone
    ("insert", "insert"): AT_POSITION,
    ("move", "move"): AT_POSITION,
    ("delete", "move"): AT_POSITION,
    ("patch", "patch"): INSIDE,
}


def meeting(a: str, b: str) -> str:
    """How edits of these kinds at one place are to be compared; kinds we do not know always conflict."""
    return _MEETING.get((a, b) if a <= b else (b, a), ALWAYS)


def places(op: Any) -> tuple[Place, ...]:
    """What an edit touches: one place, or the old and the new one for a renaming patch."""
    address = op["address"]
    if op["op"] == "patch":
        origin = op.get("from_address", address)
        return (address,) if origin == address else (address, origin)
    if op["op"] in ("insert", "delete") and is_container(address) and op.get("position") is None:
        return ((address, op.get("content_id")),)
    return (address,)


def above(place: Place) -> Iterator[str]:
    """The addresses of everything that holds a place."""
    if isinstance(place, str):
        yield from ancestors(place)
    else:
        yield from ancestors(place[0])
        if place[0]:
            yield place[0].rstrip("/")


def whole(op: Any) -> tuple[str, ...]:
    """The addresses an edit changes as a whole, so that edits inside them cannot pass unseen; () if only in parts."""
    kind = op["op"]
    if kind == "move" or (kind in ("insert", "delete") and is_container(op["address"])):
        return ()
    if kind == "insert" and op.get("position") is not None:
        return ()
    return tuple(place.rstrip("/") for place in places(op) if isinstance(place, str) and place)


def covers(outer: str, inner: str) -> bool:
    """True when an edit of kind `outer` of a whole thing conflicts with one of kind `inner` inside it.

    A deletion inside what the other side deleted, or replaced by something of another kind, agrees with it.
    """
    return not (inner == "delete" and outer in ("delete", "insert"))


def collide(a: Any, b: Any) -> bool:
    """For two edits at one place whose kinds meet AT_POSITION: True when the positions say it is one element or gap."""
    if a["op"] == b["op"] == "insert":
        if a["position"] is None or b["position"] is None:
            return substance(a) != substance(b)
        return bool(a["position"] == b["position"])
    at = [op.get("from_position" if op["op"] == "move" else "position") for op in (a, b)]
    return None in at or at[0] == at[1]


def substance(op: Any) -> tuple[Any, ...]:
    """The content an insert or replace brings, for comparison."""
    carried = op.get("content")
    return (
        op.get("new_content_id", op.get("content_id", "")),
        carried if carried is None or isinstance(carried, str) else canonical_json(carried),
        op.get("content_b64"),
    )


def op_key(op: Any) -> tuple[Any, ...]:
    """Equal for two edits exactly when they are the same edit; summaries do not count, a patch's children do."""
    kind, address = op["op"], op["address"]
    if kind == "patch":
        ids = (op.get("from_address", address), op.get("old_content_id", ""), op.get("new_content_id", ""))
        return (kind, address, op["child_domain"], *ids, tuple(op_key(child) for child in op["child_ops"]))
    if kind == "move":
        return (kind, address, str(op["from_position"]), str(op["to_position"]), op["content_id"])
    if kind == "insert":
        return (kind, address, str(op["position"]), *substance(op))
    if kind == "delete":
        return (kind, address, str(op["position"]), op["content_id"])
    if kind == "replace":
        return (kind, address, str(op["position"]), op["old_content_id"], *substance(op))
    return (kind, address, canonical_json(op))


def same_container(a: DomainOp, b: DomainOp) -> bool:
    """True for two patches whose children can be compared: one container, under one name, read by one domain."""
    x, y = container_key(a), container_key(b)
    return x == y or (x[:2] == y[:2] and None in (x[2], y[2]))


def container_key(patch: Any) -> tuple[Any, ...]:
    """What two patches must share to be compared: places, how they say what changed, and the children's domain.

    A patch that says the content changed and not how is compared with nothing but itself.
    """
    if not patch["child_ops"] and patch.get("old_content_id") != patch.get("new_content_id"):
        return (places(patch), op_key(patch), "")
    return (places(patch), (), patch["child_domain"] if patch["child_ops"] else None)
