"""What a merge and a look at the live state come to; `muse.domain` hands these out under its own name."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from muse.domain import ConflictRecord, DomainOp, StateDelta, StateSnapshot, StructuredDelta


@dataclass
class MergeResult:
    """The outcome of a merge: the merged snapshot, and the paths (sorted) that a person has to settle.

    `applied_strategies`: path -> strategy a rule or the plugin applied. `dimension_reports`: path -> dimension ->
    verdict. `op_log`: the operations that lead from the base to the result where the plugin knows them.
    `conflict_records` says what is in dispute inside the paths; `notes`: path -> lines worth telling a person (what was
    resolved beyond Git's text merge, warnings).
    """

    merged: StateSnapshot
    conflicts: list[str] = field(default_factory=list)
    applied_strategies: dict[str, str] = field(default_factory=dict)
    dimension_reports: dict[str, dict[str, str]] = field(default_factory=dict)
    op_log: list[DomainOp] = field(default_factory=list)
    conflict_records: list[ConflictRecord] = field(default_factory=list)
    notes: dict[str, list[str]] = field(default_factory=dict)

    @property
    def is_clean(self) -> bool:
        """True when nothing is left to settle."""
        return not self.conflicts


def _no_delta() -> StructuredDelta:
    return {"domain": "", "ops": [], "summary": "working tree clean"}


@dataclass
class DriftReport:
    """How the live state differs from the committed one."""

    has_drift: bool
    summary: str = ""
    delta: StateDelta = field(default_factory=_no_delta)
