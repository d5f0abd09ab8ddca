"""What a merge and a look at the live state come to; `muse.domain` hands these out under its own name.

They are dataclasses to whoever asks (`dataclasses.fields`, `replace`, `asdict`), written out so that a merge driver,
which makes one per file, need not import `dataclasses`: that takes longer than most merges.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from muse.domain import ConflictRecord, DomainOp, StateDelta, StateSnapshot, StructuredDelta


class _Fields:
    """`__dataclass_fields__`, made when somebody looks."""

    def __get__(self, instance: object, owner: type[_Result]) -> dict[str, Any]:
        import dataclasses

        names = [(name, Any, dataclasses.field(default=default)) for name, default in owner._defaults]
        made: Any = dataclasses.make_dataclass(owner.__name__, names)
        return {field.name: field for field in dataclasses.fields(made)}


class _Result:
    """Fields, equality and a repr as a dataclass has them."""

    _defaults: tuple[tuple[str, Any], ...] = ()
    __dataclass_fields__ = _Fields()
    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name, _ in self._defaults)

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={getattr(self, name)!r}" for name, _ in self._defaults)
        return f"{type(self).__name__}({fields})"


class MergeResult(_Result):
    """The outcome of a merge: the merged snapshot, and the paths (sorted) that a person has to settle.

    `applied_strategies`: path -> strategy a rule or the plugin applied. `dimension_reports`: path -> dimension ->
    verdict. `op_log`: the operations that lead from the base to the result where the plugin knows them.
    `conflict_records` says what is in dispute inside the paths; `notes`: path -> lines worth telling a person (what was
    resolved beyond Git's text merge, warnings).
    """

    _defaults = tuple(
        (name, None)
        for name in (
            "merged",
            "conflicts",
            "applied_strategies",
            "dimension_reports",
            "op_log",
            "conflict_records",
            "notes",
        )
    )

    def __init__(
        self,
        merged: StateSnapshot,
        conflicts: list[str] | None = None,
        applied_strategies: dict[str, str] | None = None,
        dimension_reports: dict[str, dict[str, str]] | None = None,
        op_log: list[DomainOp] | None = None,
        conflict_records: list[ConflictRecord] | None = None,
        notes: dict[str, list[str]] | None = None,
    ) -> None:
        self.merged = merged
        self.conflicts: list[str] = [] if conflicts is None else conflicts
        self.applied_strategies: dict[str, str] = {} if applied_strategies is None else applied_strategies
        self.dimension_reports: dict[str, dict[str, str]] = {} if dimension_reports is None else dimension_reports
        self.op_log: list[DomainOp] = [] if op_log is None else op_log
        self.conflict_records: list[ConflictRecord] = [] if conflict_records is None else conflict_records
        self.notes: dict[str, list[str]] = {} if notes is None else notes

    @property
    def is_clean(self) -> bool:
        """True when nothing is left to settle."""
        return not self.conflicts


class DriftReport(_Result):
    """How the live state differs from the committed one."""

    _defaults = (("has_drift", None), ("summary", ""), ("delta", None))

    def __init__(self, has_drift: bool, summary: str = "", delta: StateDelta | None = None) -> None:
        nothing: StructuredDelta = {"domain": "", "ops": [], "summary": "working tree clean"}
        self.has_drift = has_drift
        self.summary = summary
        self.delta: StateDelta = nothing if delta is None else delta
