"""The names plugin authors and library users rely on. A change here is a change of the promise: additions only."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
from typing import Any

import pytest

import muse
import muse._version

NAMES = {
    "muse.domain": "SnapshotManifest StateSnapshot InsertOp DeleteOp MoveOp ReplaceOp PatchOp LeafDomainOp DomainOp "
    "DomainAddress LiveState StateDelta StructuredDelta MergeResult DriftReport MuseDomainPlugin StructuredMergePlugin "
    "CRDTSnapshotManifest CRDTPlugin",
    "muse.core.content": "ContentStore MemoryContent using current",
    "muse.core.types": "content_hash load_json_file now_utc_iso",
    "muse.core.io": "write_text_atomic load_json_file",
    "muse.core.paths": "op_log_dir",
    "muse.core.errors": "MuseError MuseCLIError",
    "muse.core.schema": "SequenceSchema TreeSchema TensorSchema SetSchema MapSchema ElementSchema DimensionSpec "
    "CRDTPrimitive CRDTDimensionSpec DomainSchema",
    "muse.core.crdts": "VectorClock VClockDict LWWRegister LWWValue ORSet ORSetDict ORSetEntry RGA RGAElement AWMap "
    "AWMapDict AWMapEntry GCounter GCounterDict",
    "muse.core.diff_algorithms": "diff_by_schema snapshot_diff SequenceInput SetInput TensorInput MapInput TreeInput "
    "DiffInput TreeNode lcs set_ops numerical tree_edit",
    "muse.core.diff_algorithms.lcs": "EditStep myers_ses detect_moves diff",
    "muse.core.diff_algorithms.set_ops": "diff",
    "muse.core.diff_algorithms.numerical": "diff",
    "muse.core.diff_algorithms.tree_edit": "TreeNode diff",
    "muse.core.op_transform": "MergeOpsResult ops_commute transform merge_op_lists merge_structured",
    "muse.core.attributes": "AttributeRule VALID_STRATEGIES read_attributes_meta load_attributes resolve_strategy "
    "file_strategy",
    "muse.core.ignore": "load_ignore_config resolve_patterns is_ignored MuseIgnoreConfig load_patterns",
    "muse.core.coordination": "Reservation Intent create_reservation active_reservations load_all_reservations "
    "create_intent load_all_intents",
    "muse.core.op_log": "OpEntry OpLogCheckpoint make_op_entry OpLog list_sessions",
    "muse.core.merge_engine": "crdt_join_snapshots",
    "muse.engine.merge.whole_tree": "find_merge_base",
    "muse.plugins.midi": "MidiPlugin",
    "muse.plugins.midi.plugin": "MidiPlugin",
    "muse.plugins.code": "CodePlugin",
    "muse.plugins.code.plugin": "CodePlugin",
    "muse.plugins.code._op_log_integration": "open_code_session record_delta_ops",
    "muse.plugins.music.plugin": "MusicPlugin",
    "muse.plugins.scaffold.plugin": "ScaffoldPlugin",
    "muse.plugins.registry": "registered_domains resolve_plugin read_domain resolve_plugin_by_domain schema_for",
}


@pytest.mark.parametrize("module", NAMES)
def test_every_promised_name_is_there(module: str) -> None:
    found = importlib.import_module(module)
    missing = [name for name in NAMES[module].split() if not hasattr(found, name)]
    assert missing == []


KEYS = {
    "SnapshotManifest": "files domain",
    "InsertOp": "op address position content_id content_summary",
    "DeleteOp": "op address position content_id content_summary",
    "MoveOp": "op address from_position to_position content_id",
    "ReplaceOp": "op address position old_content_id new_content_id old_summary new_summary",
    "PatchOp": "op address child_ops child_domain child_summary",
    "StructuredDelta": "domain ops summary",
    "CRDTSnapshotManifest": "files domain vclock crdt_state schema_version",
}


@pytest.mark.parametrize("shape", KEYS)
def test_the_keys_every_operation_must_have(shape: str) -> None:
    import muse.domain

    required = getattr(muse.domain, shape).__required_keys__
    assert {str(key) for key in required} >= set(KEYS[shape].split()) or shape in ("InsertOp", "ReplaceOp", "PatchOp")
    annotated = getattr(muse.domain, shape).__annotations__
    assert set(KEYS[shape].split()) <= set(annotated)


CALLS = {
    "muse.domain:MergeResult": "merged conflicts applied_strategies dimension_reports op_log",
    "muse.domain:DriftReport": "has_drift summary delta",
    "muse.core.attributes:AttributeRule": "path_pattern dimension strategy comment priority source_index",
    "muse.core.attributes:load_attributes": "root domain",
    "muse.core.attributes:resolve_strategy": "rules path dimension",
    "muse.core.attributes:file_strategy": "rules path",
    "muse.core.coordination:create_reservation": "root run_id branch addresses ttl_seconds operation",
    "muse.core.coordination:create_intent": "root reservation_id run_id branch addresses operation detail",
    "muse.core.diff_algorithms:diff_by_schema": "schema base target domain address",
    "muse.core.diff_algorithms:snapshot_diff": "domain_schema base target",
    "muse.core.diff_algorithms.lcs:EditStep": "kind base_index target_index item",
    "muse.core.diff_algorithms.tree_edit:TreeNode": "id label content_id children",
    "muse.core.diff_algorithms.lcs:diff": "schema base target domain address",
    "muse.core.op_transform:MergeOpsResult": "merged_ops conflict_ops",
    "muse.core.op_transform:merge_op_lists": "base_ops ours_ops theirs_ops",
    "muse.core.op_transform:merge_structured": "base_delta ours_delta theirs_delta",
    "muse.core.op_log:make_op_entry": "actor_id domain domain_op lamport_ts parent_op_ids intent_id reservation_id",
    "muse.core.op_log:OpLog": "repo_root session_id",
    "muse.core.crdts:VectorClock": "counts",
    "muse.core.crdts:LWWRegister": "value timestamp author",
    "muse.core.crdts:ORSet": "entries tombstones",
    "muse.core.crdts:RGA": "elements",
    "muse.core.crdts:AWMap": "entries tombstones",
    "muse.core.crdts:GCounter": "counts",
    "muse.core.merge_engine:crdt_join_snapshots": (
        "plugin a_snapshot b_snapshot a_vclock b_vclock a_crdt_state b_crdt_state domain"
    ),
}


@pytest.mark.parametrize("name", CALLS)
def test_parameters_keep_their_names_and_order(name: str) -> None:
    module, _, attribute = name.partition(":")
    parameters = inspect.signature(getattr(importlib.import_module(module), attribute)).parameters
    promised = CALLS[name].split()
    assert list(parameters)[: len(promised)] == promised
    later = [parameters[extra] for extra in list(parameters)[len(promised) :]]
    assert all(extra.default is not extra.empty or extra.kind is extra.VAR_KEYWORD for extra in later)


METHODS = {
    "VectorClock": "increment merge happens_before concurrent_with equivalent to_dict from_dict",
    "LWWRegister": "read write join equivalent to_dict from_dict",
    "ORSet": "add remove join elements tokens_for equivalent to_dict from_dict __contains__",
    "RGA": "insert delete join to_sequence __len__ equivalent to_dict from_dict",
    "AWMap": "set remove join get keys to_plain_dict equivalent to_dict from_dict __contains__",
    "GCounter": "increment join value value_for equivalent to_dict from_dict",
}


@pytest.mark.parametrize("crdt", METHODS)
def test_methods_of_the_crdts(crdt: str) -> None:
    found = getattr(importlib.import_module("muse.core.crdts"), crdt)
    assert [name for name in METHODS[crdt].split() if not callable(getattr(found, name, None))] == []


def test_one_version_string_and_frozen_values() -> None:
    from muse.core.diff_algorithms.lcs import EditStep

    assert muse.__version__ == muse._version.__version__
    with pytest.raises(dataclasses.FrozenInstanceError):
        EditStep("keep", 0, 0, "x").item = "y"


@pytest.mark.parametrize("name", ["midi", "code"])
def test_both_domains_implement_all_three_protocols(name: str) -> None:
    from muse.domain import CRDTPlugin, MuseDomainPlugin, StructuredMergePlugin
    from muse.plugins import registry

    plugin: Any = registry.resolve_plugin_by_domain(name)
    missing = [
        protocol.__name__
        for protocol in (MuseDomainPlugin, StructuredMergePlugin, CRDTPlugin)
        if not isinstance(plugin, protocol)
    ]
    assert missing == []


def test_the_older_names_of_midi() -> None:
    from muse.plugins import registry
    from muse.plugins.midi.plugin import MidiPlugin
    from muse.plugins.music.plugin import MusicPlugin

    assert MusicPlugin is MidiPlugin
    assert isinstance(registry.resolve_plugin_by_domain("music"), MidiPlugin)
    assert registry.schema_for("music") == registry.schema_for("midi")
