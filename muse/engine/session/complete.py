"""What agents leave out of an op is filled in here: digests, positions, summaries. Nothing they said is changed."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from muse.core.errors import MuseError
from muse.core.filedomain import summarise
from muse.core.op_log.canonical import canonical
from muse.core.types import blob_digest

KINDS = ("insert", "replace", "delete", "move", "patch", "rename")


class Refused(MuseError):
    """An op that is not taken; `code` is the word of `docs/agents.md` for why, `now` what there is instead."""

    def __init__(self, code: str, message: str, *, now: Any = None, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.code = code
        self.now = now


def completed(op: Any, domain: str) -> Any:
    """The op with every field its kind has; digests of what was there before are "" where nobody knows them."""
    kind, address = op.get("op"), op.get("address")
    if kind not in KINDS:
        raise Refused("malformed", f"unknown kind of op {kind!r:.80}; one of {', '.join(KINDS)}")
    if not isinstance(address, str):
        raise Refused(
            "malformed", "an op has an address, which is text", hint="muse symbols FILE lists those of a file"
        )
    if "::" not in address and op.get("mode", "") not in ("", "100755" if kind == "insert" else ""):
        raise Refused("malformed", 'the mode of a new file is "100755" (it may be executed), or is left out')
    tail = address.rpartition("::")[2]
    if kind == "insert":
        given = {"content_id": _digest(op, address), "content_summary": f"added {tail}", "position": None}
    elif kind == "replace":
        given = {"new_content_id": _digest(op, address), "old_content_id": "", "position": None}
        given |= {"old_summary": tail, "new_summary": f"changed {tail}"}
    elif kind == "delete":
        given = {"content_id": "", "content_summary": f"removed {tail}", "position": None}
    elif kind == "patch":
        return _patch(op, address, domain)
    else:
        given = {"content_id": ""}
    missing = {name: value for name, value in given.items() if op.get(name, "") == ""}
    return {**op, **missing} if missing else op


def _patch(op: Any, address: str, domain: str) -> Any:
    children = op.get("child_ops")
    if not isinstance(children, list) or not all(isinstance(child, dict) for child in children):
        raise Refused("malformed", f"child_ops of the patch of {address:.200} is no list of ops")
    inside = [completed(child, domain) for child in children]
    given = {"child_domain": domain, "child_summary": summarise(inside)}
    return {**given, **op, "child_ops": inside}


def _digest(op: Any, address: str) -> str:
    """The digest of what an op brings; "" when it brings nothing."""
    given = op.get("content_id" if op["op"] == "insert" else "new_content_id", "")
    if given != "":
        return str(given)
    if "content_b64" in op:
        try:
            return blob_digest(base64.b64decode(op["content_b64"], validate=True))
        except (binascii.Error, TypeError, ValueError):
            raise Refused("content", f"content_b64 of {address:.200} is not base64") from None
    found = op.get("content")
    if isinstance(found, str):
        return blob_digest(found.encode("utf-8", "surrogatepass"))
    if "content" not in op:
        return ""
    if "::" not in address:
        raise Refused("content", f"the content of the file {address:.200} is text, or bytes in content_b64")
    return blob_digest(canonical(found))


__all__ = ["KINDS", "Refused", "completed"]
