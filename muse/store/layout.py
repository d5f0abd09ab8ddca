"""What a Muse repository looks like inside Git, on one screen (`docs/format.md` shows a sample of each file).

    refs/muse/log/<writer>    op-log checkpoints of all sessions; nothing else has them
        format                                         the bytes `muse 2`
        <session>/name                                 the session's name in full
        <session>/<instance>/<aa>/<first>-<last>.jsonl a segment of ops, immutable
        <session>/checkpoint.json                      how far each instance is checkpointed
        content/<aa>/<hex>                             bytes the ops name, by SHA-256

    refs/muse/meta/<writer>   what can mostly be derived again
        format                                         the bytes `muse 1`
        deltas/<aa>/<base-tree>-<tree>.json            the structured delta between two trees
        provenance/<aa>/<base-tree>-<tree>/<id>.json   where a change came from; a set
        crdt/<aa>/<tree>/state.json                    vector clock and digests of a tree's CRDT state
        crdt/<aa>/<tree>/<hex of the path's SHA-256>   the state of one path

    refs/muse-remotes/<remote>/{log,meta}/<writer>     what other clones wrote, as last fetched

Each ref holds a cumulative tree: its tip alone is the whole state. Only its writer moves it, and only forward.
"""

from __future__ import annotations

import hashlib
import re
from functools import cache
from typing import Literal

from muse.core.paths import encode_name
from muse.core.paths import path_bytes as path_bytes
from muse.core.paths import path_text as path_text

Kind = Literal["log", "meta"]

FORMATS: dict[str, tuple[bytes, ...]] = {"log": (b"muse 1\n", b"muse 2\n"), "meta": (b"muse 1\n",)}
"""What each kind's `format` may say, to be read; the last one is written. In format 2 of the log, checkpoints tell
deliveries: who knows format 1 only would take delivered ops for pending ones."""

OWN = "refs/muse/"
REMOTES = "refs/muse-remotes/"

_HEX = "[0-9a-f]{40}(?:[0-9a-f]{24})?"
_NAME = "[a-z0-9_%A-F-]{1,100}"
_ENTRIES = {
    "log": rf"format|(?!content/){_NAME}/(?:name|checkpoint\.json|{_NAME}/[0-9a-f]{{2}}/[0-9]{{10}}-[0-9]{{10}}\.jsonl)"
    r"|content/[0-9a-f]{2}/[0-9a-f]{64}",
    "meta": rf"format|deltas/[0-9a-f]{{2}}/{_HEX}-{_HEX}\.json"
    rf"|provenance/[0-9a-f]{{2}}/{_HEX}-{_HEX}/[0-9a-f]{{64}}\.json"
    rf"|crdt/[0-9a-f]{{2}}/{_HEX}/(?:state\.json|[0-9a-f]{{64}})",
}


def own_ref(kind: Kind, writer: str) -> str:
    """The ref that only `writer` moves."""
    return f"{OWN}{kind}/{writer}"


def owner(ref: str) -> tuple[str, str] | None:
    """(kind, writer) of a ref of either namespace; None when it is none of ours."""
    if not ref.startswith((OWN, REMOTES)) or not ref.isascii():
        return None
    parts = ref.split("/")
    if len(parts) < (4 if ref.startswith(OWN) else 5) or parts[-2] not in ("log", "meta"):
        return None
    return parts[-2], parts[-1]


def is_entry(kind: str, path: str) -> bool:
    """True when a file of that path belongs into a tree of that kind."""
    return _entry(kind).fullmatch(path) is not None


@cache
def _entry(kind: str) -> re.Pattern[str]:
    return re.compile(_ENTRIES[kind])


def delta_path(base_tree: str, tree: str) -> str:
    """Where the delta between two trees is."""
    return f"deltas/{tree[:2]}/{base_tree}-{tree}.json"


def provenance_path(base_tree: str, tree: str, name: str = "") -> str:
    """Where a record of a change's origin is, or the folder of all of them."""
    folder = f"provenance/{tree[:2]}/{base_tree}-{tree}/"
    return f"{folder}{name}.json" if name else folder


def crdt_path(tree: str, path: str | None = None) -> str:
    """Where the CRDT state of one path of a tree is, or the tree's `state.json`."""
    name = "state.json" if path is None else hashlib.sha256(path_bytes(path)).hexdigest()
    return f"crdt/{tree[:2]}/{tree}/{name}"


def session_path(session: str, name: str = "") -> str:
    """A file of a session, such as `name` or `checkpoint.json`; without one, its folder. Any text is a session name."""
    return f"{_row_name(session, 'content', 'format')}/{name}"


def _row_name(text: str, *taken: str) -> str:
    """`encode_name` of any text, never a name the layout uses itself."""
    name = encode_name(text)
    return f"%{ord(name[0]):02X}{name[1:]}" if name in taken else name


def segment_path(session: str, instance: str, first: int, last: int, data: bytes) -> str:
    """Where the segment with the ops `first` to `last` of an instance is; `data` is the segment."""
    shard = hashlib.sha256(data).hexdigest()[:2]
    return session_path(session, f"{_row_name(instance, 'name')}/{shard}/{first:010d}-{last:010d}.jsonl")


def content_path(digest: str) -> str:
    """Where bytes that ops name are, by their digest `sha256:<hex>`."""
    name = digest.removeprefix("sha256:")
    return f"content/{name[:2]}/{name}"
