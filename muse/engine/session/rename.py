"""`rename`: an op of agents that is written down as the ops every replay knows.

A file: one patch with `from_address`. A definition, key or track: what its domain makes of it (`rename` of the plugin).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from muse.core.errors import MuseError
from muse.core.schema import domain_name
from muse.engine.elements import find
from muse.engine.session.complete import Refused
from muse.engine.session.expect import where_to_look

if TYPE_CHECKING:
    from muse.engine.session.live_view import LiveView


def renamed(view: LiveView, op: Any) -> Any:
    """The op to record for `{"op": "rename", "address": ..., "to": ...}`."""
    address, to = op["address"], op.get("to")
    if not isinstance(to, str) or not to:
        raise Refused("malformed", 'a rename says what the new name is: {"op": "rename", "address": ..., "to": ...}')
    path, inside, _ = address.partition("::")
    digest = view.digest(path)
    if digest is None:
        raise Refused("absent", f"there is no file {path:.200}", hint=where_to_look(view, path))
    return _inside(view, path, address, to) if inside else _file(view, path, to, digest)


def _file(view: LiveView, path: str, to: str, digest: str) -> Any:
    if "::" in to:
        raise Refused("malformed", f"{to!r:.200} is no name of a file")
    if view.digest(to) is not None:
        raise Refused("exists", f"{to:.200} is there already", hint="delete it first, or choose another name")
    return {
        "op": "patch",
        "address": to,
        "from_address": path,
        "child_ops": [],
        "child_domain": getattr(view.plugin_for(to), "name", "files"),
        "child_summary": f"renamed from {path}",
        "old_content_id": digest,
        "new_content_id": digest,
    }


def _inside(view: LiveView, path: str, address: str, to: str) -> Any:
    plugin = view.plugin_for(path)
    rename = getattr(plugin, "rename", None)
    if rename is None:
        raise Refused("unfit", f"domain {domain_name(plugin)} cannot rename what is inside {path:.200}")
    if find(view.elements(path) or [], address) is None:
        raise Refused("absent", f"there is no {address:.200}", hint=where_to_look(view, address))
    try:
        ops = rename(path, view.data(path), address, to.removeprefix(f"{path}::"))
    except MuseError as problem:
        raise Refused("unfit", str(problem), hint=problem.hint) from None
    if len(ops) == 1:
        return ops[0]
    return {
        "op": "patch",
        "address": path,
        "child_ops": ops,
        "child_domain": getattr(plugin, "name", "files"),
        "child_summary": f"{address.partition('::')[2]} renamed {to}",
    }


__all__ = ["renamed"]
