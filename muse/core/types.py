"""Ids and small values that everything hashes or prints the same way."""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import os


def canonical_json(value: Any) -> bytes:
    """Canonical JSON: sorted keys, compact, UTF-8; ValueError on NaN and infinity."""
    import json  # most merges need none

    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def content_hash(value: Any) -> str:
    """`sha256:<hex>` of the canonical JSON of `value`."""
    return blob_digest(canonical_json(value))


def blob_digest(data: bytes) -> str:
    """`sha256:<hex>` of raw bytes: what a manifest says of a file, and the key of a content store."""
    digest: str = _sha256(len(data))(data).hexdigest()
    return "sha256:" + digest


def edit_name(actor: str, *digests: str) -> str:
    """An actor's name for one edit, from the digests of what was edited and of what became of it.

    Equal edits of equal states have equal names on every replica; two different ones never share a name, and so never
    a dot of a CRDT, even when one actor makes them side by side.
    """
    return f"{actor}.{blob_digest(' '.join(digests).encode())[7:23]}"


def plural(count: int, word: str) -> str:
    """`1 op`, `2 ops`."""
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def _sha256(size: int) -> Any:
    """SHA-256 for so many bytes: `hashlib` loads OpenSSL, which takes as long as hashing a megabyte without it."""
    if size < 1 << 20 and "hashlib" not in sys.modules:
        for name in ("_sha256", "_sha2"):  # the interpreter's own, until 3.11 and since 3.12
            try:
                return importlib.import_module(name).sha256
            except (ImportError, AttributeError):
                continue
    import hashlib

    return hashlib.sha256


def load_json_file(path: str | os.PathLike[str]) -> Any:
    """The JSON value in a file, or None when it is absent, unreadable or not JSON."""
    import json

    try:
        with open(path, "rb") as file:
            return json.loads(file.read())
    except (OSError, ValueError, RecursionError):
        return None


def now_utc_iso() -> str:
    """The wall clock as ISO 8601 in UTC with microseconds, such as 2026-01-31T09:30:00.000001+00:00."""
    from datetime import UTC, datetime

    return datetime.now(UTC).isoformat(timespec="microseconds")
