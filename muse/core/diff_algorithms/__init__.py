"""Differences by schema: a domain declares what its state is made of, and gets the matching algorithm.

`diff_by_schema` chooses by the schema's kind; `snapshot_diff` compares two manifests file by file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypedDict, Union, cast

from muse.core.diff_algorithms import lcs, numerical, set_ops, tree_edit
from muse.core.diff_algorithms.summary import summarise
from muse.core.diff_algorithms.tree_edit import TreeNode
from muse.core.ops import deleted, inserted, replaced
from muse.domain import DomainOp, SnapshotManifest, StructuredDelta

if TYPE_CHECKING:
    from muse.core.schema import DomainSchema, ElementSchema


class SequenceInput(TypedDict):
    """Content ids in order."""

    kind: Literal["sequence"]
    items: list[str]


class SetInput(TypedDict):
    """Content ids without order."""

    kind: Literal["set"]
    items: frozenset[str]


class TensorInput(TypedDict):
    """Numbers in row order."""

    kind: Literal["tensor"]
    values: list[float]


class MapInput(TypedDict):
    """Key -> content id."""

    kind: Literal["map"]
    entries: dict[str, str]


class TreeInput(TypedDict):
    """A tree by its root."""

    kind: Literal["tree"]
    root: TreeNode


DiffInput = Union[SequenceInput, SetInput, TensorInput, MapInput, TreeInput]


def diff_by_schema(
    schema: ElementSchema, base: DiffInput, target: DiffInput, *, domain: str, address: str = ""
) -> StructuredDelta:
    """What leads from `base` to `target`; TypeError when the inputs are not of the schema's kind."""
    kind = schema["kind"]
    row = _KINDS.get(kind)
    if row is None:
        raise TypeError(f"unknown schema kind {kind!r}")
    name, field, algorithm = row
    for given in (base, target):
        if given["kind"] != kind:
            raise TypeError(f"{kind} schema requires {name}, not an input of kind {given['kind']!r}")
    old, new = cast(dict[str, Any], base)[field], cast(dict[str, Any], target)[field]
    delta: StructuredDelta = algorithm(schema, old, new, domain=domain, address=address)
    return delta


def snapshot_diff(domain_schema: DomainSchema, base: SnapshotManifest, target: SnapshotManifest) -> StructuredDelta:
    """File-level operations between two manifests, sorted by path."""
    return _map_diff("file", base["files"], target["files"], domain=domain_schema["domain"], prefix="")


def _diff_map(
    schema: Any, base: dict[str, str], target: dict[str, str], *, domain: str, address: str = ""
) -> StructuredDelta:
    return _map_diff(schema["key_type"], base, target, domain=domain, prefix=f"{address}/" if address else "")


def _map_diff(noun: str, base: dict[str, str], target: dict[str, str], *, domain: str, prefix: str) -> StructuredDelta:
    ops: list[DomainOp] = []
    for key in sorted(base.keys() | target.keys()):
        address = prefix + key
        old, new = base.get(key), target.get(key)
        if old == new:
            continue
        if old is None and new is not None:
            ops.append(inserted(address, new, f"added {noun} {key}"))
        elif new is None and old is not None:
            ops.append(deleted(address, old, f"removed {noun} {key}"))
        elif old is not None and new is not None:
            ops.append(replaced(address, (old, new), (f"{noun} {key}", f"changed {noun} {key}")))
    return StructuredDelta(domain=domain, ops=ops, summary=summarise(ops))


_KINDS: dict[str, tuple[str, str, Any]] = {
    "sequence": ("SequenceInput", "items", lcs.diff),
    "set": ("SetInput", "items", set_ops.diff),
    "tensor": ("TensorInput", "values", numerical.diff),
    "map": ("MapInput", "entries", _diff_map),
    "tree": ("TreeInput", "root", tree_edit.diff),
}

__all__ = [
    "DiffInput",
    "MapInput",
    "SequenceInput",
    "SetInput",
    "TensorInput",
    "TreeInput",
    "TreeNode",
    "diff_by_schema",
    "snapshot_diff",
]
