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
from muse.plugins.midi.file.dimensions import DIMENSIONS


def schema(version: str) -> DomainSchema:
    """The declaration; `version` is Muse's."""
    return DomainSchema(
        domain="midi",
        description="Standard MIDI files: notes, controllers, tempo and structure, merged note by note.",
        dimensions=[
            DimensionSpec(name=name, description=text, schema=_element(name), independent_merge=independent)
            for name, text, independent, _ in DIMENSIONS
        ],
        top_level=SetSchema(kind="set", element_type="audio_file", identity="by_content"),
        merge_mode="three_way",
        schema_version=version,
    )


_LISTS = frozenset({"program_change", "tempo_map", "time_signatures", "key_signatures", "markers"})


def _element(name: str) -> ElementSchema:
    """What a dimension is made of: notes and lists of events, curves of numbers over time, the tree of tracks."""
    if name == "track_structure":
        return TreeSchema(kind="tree", node_type="track_node", diff_algorithm="zhang_shasha")
    if name == "notes" or name in _LISTS:
        element = "note_event" if name == "notes" else f"{name}_event"
        return SequenceSchema(
            kind="sequence", element_type=element, identity="by_content", diff_algorithm="lcs", alphabet=None
        )
    return TensorSchema(kind="tensor", dtype="float32", rank=1, epsilon=0.0, diff_mode="sparse")


def crdt_schema() -> list[CRDTDimensionSpec]:
    """Notes and opaque events are a set that observes removals; values written at once are all kept, one is heard."""
    return [
        CRDTDimensionSpec(
            name=name,
            description=text,
            crdt_type="or_set" if name == "notes" else "aw_map",
            independent_merge=independent,
        )
        for name, text, independent, _ in DIMENSIONS
    ]
