"""The MIDI domain's schema, from the table of dimensions."""

from __future__ import annotations

from muse.core.schema import CRDTDimensionSpec, DimensionSpec, DomainSchema, ElementSchema, SequenceSchema, SetSchema
from muse.plugins.midi.dimensions import DIMENSIONS


def schema(version: str) -> DomainSchema:
    """The declaration; `version` is Muse's."""
    return DomainSchema(
        domain="midi",
        description="Standard MIDI files: notes, controllers, tempo and structure, merged note by note.",
        dimensions=[
            DimensionSpec(name=name, description=text, schema=_element(name), independent_merge=independent)
            for name, text, independent, _ in DIMENSIONS
        ],
        top_level=SetSchema(kind="set", element_type="midi_file", identity="by_content"),
        merge_mode="three_way",
        schema_version=version,
    )


def _element(name: str) -> ElementSchema:
    if name == "notes":
        return SequenceSchema(
            kind="sequence", element_type="note", identity="by_content", diff_algorithm="lcs", alphabet=None
        )
    return SetSchema(kind="set", element_type=name, identity="by_id")


def crdt_schema() -> list[CRDTDimensionSpec]:
    """Notes and opaque events are a set that observes removals; everything with one value is a register."""
    return [
        CRDTDimensionSpec(
            name=name,
            description=text,
            crdt_type="or_set" if name == "notes" else "lww_register",
            independent_merge=independent,
        )
        for name, text, independent, _ in DIMENSIONS
    ]
