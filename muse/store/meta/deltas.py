"""Structured deltas between two trees, and where changes came from: a cache that travels with the repository.

What is loaded may have been written by anybody. It is good for showing, never for deciding a merge: that is always
computed from the trees themselves.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from muse.core.errors import FormatError
from muse.core.types import canonical_json, content_hash
from muse.store.layout import delta_path, provenance_path

if TYPE_CHECKING:
    from muse.domain import StructuredDelta
    from muse.store.repository import Repository

MAX_DELTA = 16 << 20  # bytes
MAX_PROVENANCE = 64 << 10
MAX_DEPTH = 32  # patches inside patches

_INT = (int, type(None))
_OPS: dict[str, dict[str, Any]] = {
    "insert": {"position": _INT, "content_id": str, "content_summary": str},
    "delete": {"position": _INT, "content_id": str, "content_summary": str},
    "move": {"from_position": int, "to_position": int, "content_id": str},
    "replace": {
        "position": _INT,
        "old_content_id": str,
        "new_content_id": str,
        "old_summary": str,
        "new_summary": str,
    },
    "patch": {"child_ops": list, "child_domain": str, "child_summary": str},
}


def save(
    repo: Repository,
    base_tree: str,
    tree: str,
    delta: StructuredDelta,
    provenance: Mapping[str, Any] | None = None,
    *,
    plugins: Mapping[str, str] | None = None,
) -> bool:
    """Keep the delta that leads from one tree to another; False when there is nothing to keep.

    Equal trees have none, and one over 16 MiB is not worth carrying about. `provenance` is any small JSON object; those
    of one change form a set. `plugins` says which domain had which version when the delta was made.
    """
    if base_tree == tree:
        return False
    files: dict[str, bytes] = {}
    body = canonical_json({"format": 1, "delta": delta, "plugins": dict(plugins or {})})
    if len(body) <= MAX_DELTA:
        files[delta_path(base_tree, tree)] = body
    if provenance:
        name = content_hash(dict(provenance)).removeprefix("sha256:")
        files[provenance_path(base_tree, tree, name)] = canonical_json(dict(provenance))
    if files:
        from muse.store.meta.broken import commit_files

        commit_files(repo, "meta", files, f"delta {base_tree[:12]} to {tree[:12]}")
    return bool(files)


def load(
    repo: Repository,
    base_tree: str,
    tree: str,
    *,
    plugins: Mapping[str, str] | None = None,
    refuse: Callable[[StructuredDelta], str] = lambda _: "",
) -> StructuredDelta | None:
    """The delta somebody kept, or None: then the caller computes it.

    None as well when clones differ about it; where they had one version of each plugin, that is reported. With
    `plugins`, only a delta made by these versions counts. `refuse` says why a delta is to be left out, or "".
    """
    from muse.store.meta.union import recent

    union = recent(repo)
    found: dict[bytes, tuple[StructuredDelta, dict[str, str]]] = {}
    entries = union.find("meta", delta_path(base_tree, tree))
    for entry in entries:
        data = union.read(entry, MAX_DELTA)
        if data is None:
            continue
        try:
            delta, versions = decode(data)
        except FormatError as error:
            union.note(entry, str(error))
            continue
        why = refuse(delta)
        if why:
            union.note(entry, why)
            continue
        if plugins is None or versions == dict(plugins):
            found[canonical_json(delta)] = (delta, versions)
    if len(found) == 1:
        return next(iter(found.values()))[0]
    makers = {canonical_json(versions) for _, versions in found.values()}
    if len(makers) < len(found):
        union.note(entries[0], "clones contradict each other about this delta")
    return None


def provenance(repo: Repository, base_tree: str, tree: str) -> list[dict[str, Any]]:
    """All that is said about where a change came from, in a fixed order."""
    from muse.store.meta.union import recent

    union, found = recent(repo), []
    for entry in union.below("meta", provenance_path(base_tree, tree)):
        data = union.read(entry, MAX_PROVENANCE)
        if data is None:
            continue
        value = provenance_of(entry.path, data)
        if value is None:
            union.note(entry, "it is not what its name says")
        else:
            found.append(value)
    return found


def provenance_of(path: str, data: bytes) -> dict[str, Any] | None:
    """A provenance record, or None when it is not what its path says."""
    value = _json(data)
    name = path.rsplit("/", 1)[1].removesuffix(".json")
    return value if isinstance(value, dict) and _hashes_to(value, name) else None


def check_delta(value: Any) -> StructuredDelta:
    """The value itself when it has the shape of a delta; FormatError names what is wrong."""
    if not isinstance(value, dict) or not all(isinstance(value.get(key), str) for key in ("domain", "summary")):
        raise FormatError("a delta needs a domain and a summary")
    stack = [(value.get("ops"), 0)]
    while stack:
        ops, depth = stack.pop()
        if not isinstance(ops, list) or depth > MAX_DEPTH:
            raise FormatError("the operations of a delta are no list, or nested too deeply")
        for op in ops:
            _check_op(op)
            if op["op"] == "patch":
                stack.append((op["child_ops"], depth + 1))
    return {"domain": value["domain"], "ops": value["ops"], "summary": value["summary"]}


def _check_op(op: Any) -> None:
    shape = _OPS.get(op["op"]) if isinstance(op, dict) and isinstance(op.get("op"), str) else None
    if shape is None or not isinstance(op.get("address"), str):
        raise FormatError("an operation of no known kind")
    for key, kind in shape.items():
        if key not in op or not isinstance(op[key], kind) or isinstance(op[key], bool):
            raise FormatError(f"an operation {op['op']} without a proper {key}")


def decode(data: bytes) -> tuple[StructuredDelta, dict[str, str]]:
    """A stored delta, and which plugins made it; FormatError when it is none."""
    value = _json(data)
    if not isinstance(value, dict) or value.get("format") != 1:
        raise FormatError("it is no delta of format 1")
    versions = value.get("plugins", {})
    if not isinstance(versions, dict) or not all(isinstance(version, str) for version in versions.values()):
        raise FormatError("it does not say which plugins made it")
    return check_delta(value.get("delta")), versions


def _json(data: bytes) -> Any:
    try:
        return json.loads(data, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None


def _refuse(word: str) -> None:
    raise ValueError(word)


def _hashes_to(value: dict[str, Any], name: str) -> bool:
    try:
        return content_hash(value) == f"sha256:{name}"
    except (ValueError, RecursionError):
        return False
