"""The MIDI domain's schema, from the table of dimensions."""

from __future__ import annotations

from muse.core.schema import (
    CRDTDimensionSpec,
    DimensionSpec,
    DomainSchema,
    ElementSchema,
    SequenceSchema,
    SetSchema,
    TensorSchema,
    TreeSchema,
)
from muse.plugins.midi.file.dimensions import CURVE, DIMENSIONS, NOTES, TREE, Dimension


def schema(version: str) -> DomainSchema:
    """The declaration; `version` is Muse's."""
    return DomainSchema(
        domain="midi",
        description="Standard MIDI files: notes, controllers, tempo and structure, merged note by note.",
        dimensions=[
            DimensionSpec(name=row.name, description=row.holds, schema=_element(row), independent_merge=row.independent)
            for row in DIMENSIONS
        ],
        top_level=SetSchema(kind="set", element_type="audio_file", identity="by_content"),
        merge_mode="three_way",
        schema_version=version,
    )


def _element(row: Dimension) -> ElementSchema:
    """What a dimension is made of: notes and lists of events, curves of numbers over time, the tree of tracks."""
    if row.made_of == TREE:
        return TreeSchema(kind="tree", node_type="track_node", diff_algorithm="zhang_shasha")
    if row.made_of != CURVE:
        element = "note_event" if row.made_of == NOTES else f"{row.name}_event"
        return SequenceSchema(
            kind="sequence", element_type=element, identity="by_content", diff_algorithm="lcs", alphabet=None
        )
    return TensorSchema(kind="tensor", dtype="float32", rank=1, epsilon=0.0, diff_mode="sparse")


def crdt_schema() -> list[CRDTDimensionSpec]:
    """Notes and opaque events are a set that observes removals; values written at once are all kept, one is heard."""
    return [
        CRDTDimensionSpec(
            name=row.name,
            description=row.holds,
            crdt_type="or_set" if row.made_of == NOTES else "aw_map",
            independent_merge=row.independent,
        )
        for row in DIMENSIONS
    ]
