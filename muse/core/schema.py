"""What a domain's state is made of: element schemas, dimensions, and the domain's declaration."""

from __future__ import annotations

from typing import Any, Literal, TypedDict, Union


class SequenceSchema(TypedDict):
    """An ordered list; diffed by longest common subsequence."""

    kind: Literal["sequence"]
    element_type: str
    identity: Literal["by_id", "by_position", "by_content"]
    diff_algorithm: Literal["lcs", "myers", "patience"]
    alphabet: list[str] | None


class TreeSchema(TypedDict):
    """A labelled ordered tree; children are matched by id."""

    kind: Literal["tree"]
    node_type: str
    diff_algorithm: Literal["zhang_shasha", "gumtree"]


class TensorSchema(TypedDict):
    """Numbers in a grid; a difference of at most `epsilon` is no change."""

    kind: Literal["tensor"]
    dtype: Literal["float32", "float64", "int8", "int16", "int32", "int64"]
    rank: int
    epsilon: float
    diff_mode: Literal["sparse", "block", "full"]


class SetSchema(TypedDict):
    """An unordered collection of distinct elements."""

    kind: Literal["set"]
    element_type: str
    identity: Literal["by_content", "by_id"]


class MapSchema(TypedDict):
    """Keys to values, the values having a schema of their own."""

    kind: Literal["map"]
    key_type: str
    value_schema: ElementSchema
    identity: Literal["by_key"]


ElementSchema = Union[SequenceSchema, TreeSchema, TensorSchema, SetSchema, MapSchema]


class DimensionSpec(TypedDict):
    """One named aspect of the state; `independent_merge` False means a conflict here holds up the whole file."""

    name: str
    description: str
    schema: ElementSchema
    independent_merge: bool


CRDTPrimitive = Literal["lww_register", "or_set", "rga", "aw_map", "g_counter"]


class CRDTDimensionSpec(TypedDict):
    """One dimension of a domain that merges by join, and the CRDT that carries it."""

    name: str
    description: str
    crdt_type: CRDTPrimitive
    independent_merge: bool


class DomainSchema(TypedDict):
    """A domain's whole declaration; `schema_version` is the version of Muse (or of the plugin) that wrote it."""

    domain: str
    description: str
    dimensions: list[DimensionSpec]
    top_level: ElementSchema
    merge_mode: Literal["three_way", "crdt"]
    schema_version: str


def domain_name(plugin: Any) -> str:
    """What a plugin's domain is called: by the plugin's `name`, which is optional, else by its schema."""
    return str(getattr(plugin, "name", None) or plugin.schema()["domain"])
