"""Numbers in a row: a difference of at most `epsilon` is no change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from muse.core.ops import replaced
from muse.core.types import content_hash
from muse.domain import DomainOp, ReplaceOp, StructuredDelta

if TYPE_CHECKING:
    from muse.core.schema import TensorSchema


def diff(
    schema: TensorSchema, base: Sequence[float], target: Sequence[float], *, domain: str, address: str = ""
) -> StructuredDelta:
    """Replaces at `address`: one per element (sparse), per run of changed neighbours (block), or one for all (full).

    `position` is the first index of what is replaced, None for the whole row. Rows of different lengths are replaced
    as a whole in every mode.
    """
    if len(base) != len(target):
        op = _replace(address, None, base, target)
        return StructuredDelta(domain=domain, ops=[op], summary=f"1 modified (length {len(base)} to {len(target)})")
    epsilon = schema["epsilon"]
    changed = [at for at, (old, new) in enumerate(zip(base, target)) if _differ(old, new, epsilon)]
    if not changed:
        return StructuredDelta(domain=domain, ops=[], summary="no changes")
    ops: list[DomainOp] = []
    if schema["diff_mode"] == "full":
        ops.append(_replace(address, None, base, target))
    else:
        for start, end in _runs(changed, whole=schema["diff_mode"] == "block"):
            ops.append(_replace(address, start, base[start:end], target[start:end]))
    return StructuredDelta(domain=domain, ops=ops, summary=f"{len(changed)} modified")


def _differ(old: float, new: float, epsilon: float) -> bool:
    if old == new or (old != old and new != new):
        return False
    return not abs(old - new) <= epsilon  # so that a change to or from NaN is one


def _runs(changed: list[int], *, whole: bool) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    for at in changed:
        if whole and runs and runs[-1][1] == at:
            runs[-1] = (runs[-1][0], at + 1)
        else:
            runs.append((at, at + 1))
    return runs


def _replace(address: str, position: int | None, old: Sequence[float], new: Sequence[float]) -> ReplaceOp:
    before, after = (content_hash([repr(value) for value in values]) for values in (old, new))
    return replaced(address, (before, after), (_words(old), _words(new)), position)


def _words(values: Sequence[float]) -> str:
    shown = ", ".join(f"{value:.6g}" for value in values[:4])
    return f"[{shown}]" if len(values) <= 4 else f"[{shown}, ... {len(values)} values]"
