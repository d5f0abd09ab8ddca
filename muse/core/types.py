"""Ids and small values that everything hashes or prints the same way."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import os


def canonical_json(value: Any) -> bytes:
    """Canonical JSON: sorted keys, compact, UTF-8; ValueError on NaN and infinity."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def content_hash(value: Any) -> str:
    """`sha256:<hex>` of the canonical JSON of `value`."""
    return blob_digest(canonical_json(value))


def blob_digest(data: bytes) -> str:
    """`sha256:<hex>` of raw bytes: what a manifest says of a file, and the key of a content store."""
    import hashlib  # it loads OpenSSL, which is a good part of the start-up of a command that hashes nothing

    return "sha256:" + hashlib.sha256(data).hexdigest()


def load_json_file(path: str | os.PathLike[str]) -> Any:
    """The JSON value in a file, or None when it is absent, unreadable or not JSON."""
    try:
        with open(path, "rb") as file:
            return json.loads(file.read())
    except (OSError, ValueError, RecursionError):
        return None


def now_utc_iso() -> str:
    """The wall clock as ISO 8601 in UTC with microseconds, such as 2026-01-31T09:30:00.000001+00:00."""
    from datetime import UTC, datetime

    return datetime.now(UTC).isoformat(timespec="microseconds")
