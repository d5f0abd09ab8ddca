"""The join of two CRDT snapshots; pure. Which merge a path takes is decided in `muse.engine.merge`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from muse._version import __version__
from muse.domain import CRDTPlugin, CRDTSnapshotManifest, MergeResult

if TYPE_CHECKING:
    from collections.abc import Mapping

    from muse.domain import MuseDomainPlugin


def crdt_join_snapshots(
    plugin: MuseDomainPlugin,
    a_snapshot: Mapping[str, str],
    b_snapshot: Mapping[str, str],
    a_vclock: Mapping[str, int],
    b_vclock: Mapping[str, int],
    a_crdt_state: Mapping[str, str],
    b_crdt_state: Mapping[str, str],
    domain: str,
) -> MergeResult:
    """Join two snapshots given as files (path -> digest), clock and state (path -> digest); never a conflict.

    TypeError when the plugin is no CRDTPlugin. State bytes are reached through the bound content store.
    """
    if not isinstance(plugin, CRDTPlugin):
        raise TypeError(f"{type(plugin).__name__} cannot join: it does not implement CRDTPlugin")

    def manifest(files: Mapping[str, str], clock: Mapping[str, int], state: Mapping[str, str]) -> CRDTSnapshotManifest:
        return CRDTSnapshotManifest(
            files=dict(files), domain=domain, vclock=dict(clock), crdt_state=dict(state), schema_version=__version__
        )

    joined = plugin.join(manifest(a_snapshot, a_vclock, a_crdt_state), manifest(b_snapshot, b_vclock, b_crdt_state))
    return MergeResult(merged=plugin.from_crdt_state(joined))
