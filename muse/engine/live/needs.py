"""The content a line needs and does not carry, by digest: what goes before it, and what is asked for after it came."""

from __future__ import annotations

import json
import re
from typing import Any

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_HINT = b'content_id":"sha256:'


def needed(line: bytes) -> set[str]:
    """Digests of new content that an op names and does not carry; none of a line that is no op."""
    if _HINT not in line:
        return set()
    try:
        op = json.loads(line)["domain_op"]
        return _of(op)
    except (KeyError, TypeError, ValueError, RecursionError, AttributeError):
        return set()


def _of(op: Any) -> set[str]:
    """As `needed`, of one op: a patch needs its whole result only where a child does not carry its own."""
    if op["op"] == "patch":
        below: set[str] = set().union(*(_of(child) for child in op.get("child_ops", ())))
        return below | _named(op, "new_content_id") if below or not op.get("child_ops") else set()
    if op["op"] not in ("insert", "replace") or "content" in op or "content_b64" in op:
        return set()
    return _named(op, "content_id" if op["op"] == "insert" else "new_content_id")


def _named(op: Any, name: str) -> set[str]:
    found = op.get(name)
    return {found} if isinstance(found, str) and _DIGEST.fullmatch(found) else set()


__all__ = ["needed"]
