"""`expect`: an op says what it saw, and is refused when that is not what there is."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from muse.core.types import blob_digest
from muse.engine.elements import find
from muse.engine.session.complete import Refused

if TYPE_CHECKING:
    from muse.engine.session.live_view import LiveView

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_SHOWN = 1 << 16


def refuse_unexpected(view: LiveView, path: str, address: str, expected: Any) -> None:
    """Refused unless what `address` names is what was expected: text, a JSON value, a digest, or None for nothing.

    It names the file `path` when it is that, else something in it.
    Of an object only the fields that are given count. White space around a text does not.
    """
    there, now, digests = _inside(view, path, address) if address != path else _file(view, path)
    if not there:
        if expected is not None:
            raise Refused("absent", f"there is no {address:.200}", hint=where_to_look(view, address))
        return
    if expected is None:
        raise Refused("exists", f"{address:.200} is there already", now=_short(now))
    if isinstance(expected, str) and _DIGEST.fullmatch(expected):
        as_expected = expected in digests
    else:
        as_expected = _same(expected, now)
    if not as_expected:
        raise Refused("expect", f"{address:.200} is not as you saw it", now=_short(now))


def _file(view: LiveView, path: str) -> tuple[bool, Any, set[str]]:
    data = view.data(path)
    if data is None:
        return False, None, set()
    return True, data.decode("utf-8", "backslashreplace"), {blob_digest(data)}


def _inside(view: LiveView, path: str, address: str) -> tuple[bool, Any, set[str]]:
    if view.digest(path) is None:
        return False, None, set()
    elements = view.elements(path)
    if elements is None:
        raise Refused("unfit", f"{path:.200} is of a domain that names nothing inside a file", hint="muse domains")
    found = find(elements, address)
    if found is None:
        return False, None, set()
    value = found.content
    text = blob_digest(value.encode("utf-8", "surrogateescape")) if isinstance(value, str) else ""
    return True, value, {found.content_id, text}


def _same(expected: Any, now: Any) -> bool:
    if isinstance(expected, str) and isinstance(now, str):
        return expected.strip() == now.strip()
    if isinstance(expected, dict) and isinstance(now, dict):
        return all(name in now and _same(value, now[name]) for name, value in expected.items())
    return json.dumps(expected, sort_keys=True) == json.dumps(now, sort_keys=True)


def _short(value: Any) -> Any:
    """What is handed back, unless it is so long that nobody asked for it."""
    return value if len(json.dumps(value)) <= _SHOWN else None


def where_to_look(view: LiveView, address: str) -> str:
    """What to type to see what there is."""
    import shlex

    path, name = address.partition("::")[0], view.log.session_id()
    if view.digest(path) is None:
        return "git ls-files; or insert the file"
    return f"muse symbols --session {shlex.quote(name)} {shlex.quote(path)}"


__all__ = ["refuse_unexpected", "where_to_look"]
