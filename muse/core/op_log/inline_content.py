"""The bytes an op needs when it is replayed: in the op itself, or by digest in the content store."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any

from muse.core.content import ContentStore
from muse.core.errors import FormatError
from muse.core.types import blob_digest

INLINE = 64 << 10
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_NAMES = ("content_id", "old_content_id", "new_content_id")


def named_content(op: Any) -> set[str]:
    """Every digest an op or its children name."""
    found: set[str] = set()
    stack = [op]
    while stack:
        at = stack.pop()
        found.update(at[name] for name in _NAMES if isinstance(at.get(name), str) and _DIGEST.fullmatch(at[name]))
        stack.extend(children(at))
    return found


def children(op: Any) -> list[Any]:
    """The ops in a patch; what is none is left out, because an op may come from anybody."""
    found = op.get("child_ops")
    return [child for child in found if isinstance(child, dict)] if isinstance(found, list) else []


def missing_content(op: Any, store: ContentStore) -> list[str]:
    """Addresses of an op and its children whose new content is neither in the op nor in the store."""
    missing = []
    stack = [op]
    while stack:
        at = stack.pop()
        wanted = at.get("new_content_id" if at.get("op") in ("replace", "patch") else "content_id")
        whole = at is op and _is_file(at)  # a child speaks of something inside a file, in whatever JSON its domain has
        carried = "content_b64" in at or ("content" in at and (isinstance(at["content"], str) or not whole))
        if at.get("op") == "patch":
            if not isinstance(wanted, str) or not store.has(wanted):
                stack.extend(children(at))
        elif (
            at.get("op") in ("insert", "replace")
            and not carried
            and not (isinstance(wanted, str) and store.has(wanted))
        ):
            missing.append(str(at.get("address")))
    return sorted(missing)


def stored_content(op: Any) -> str | None:
    """The digest of the new content that an op names and does not carry; None when there is none."""
    if "content" in op or "content_b64" in op or op.get("op") not in ("insert", "replace", "patch"):
        return None
    found = op.get("content_id" if op["op"] == "insert" else "new_content_id")
    return found if isinstance(found, str) and _DIGEST.fullmatch(found) else None


def _is_file(op: Any) -> bool:
    """True for an op on a whole file, whose content is that file's bytes and no other JSON."""
    return "::" not in str(op.get("address"))


def take_content(op: Any, store: ContentStore) -> Any:
    """The op with large `content_b64` moved into the store; FormatError when the bytes are not what their id says.

    The store is durable when this returns, so the op may be acknowledged.
    """
    if not isinstance(op, dict) or op.get("op") not in ("insert", "replace"):
        return op
    name, encoded = "content_b64", op.get("content_b64")
    if encoded is None:
        name, encoded = "content", op.get("content")
        if not isinstance(encoded, str) or not _is_file(op):
            return op
    wanted = op.get("new_content_id" if op["op"] == "replace" else "content_id")
    try:
        data = encoded.encode() if name == "content" else base64.b64decode(encoded, validate=True)
    except (binascii.Error, TypeError, ValueError):
        raise FormatError(f"{name} is not {'text' if name == 'content' else 'base64'}") from None
    if (found := blob_digest(data)) != wanted:
        raise FormatError(f"{name} hashes to {found}, which is not {wanted!r:.80}")
    if len(data) <= INLINE:
        return op
    store.put(data)
    return {key: value for key, value in op.items() if key != name}
