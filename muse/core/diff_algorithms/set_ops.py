"""Sets: what went and what came."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from muse.core.diff_algorithms.summary import summarise
from muse.core.ops import deleted, inserted
from muse.domain import DomainOp, StructuredDelta

if TYPE_CHECKING:
    from muse.core.schema import SetSchema


def diff(
    schema: SetSchema, base: Iterable[str], target: Iterable[str], *, domain: str, address: str = ""
) -> StructuredDelta:
    """Removals, then additions, each sorted, all at `address` and without a position.

    End the address of a set with `/` (or leave it empty): so the merge knows that different contents there are
    different elements, not two versions of one thing.
    """
    noun = schema.get("element_type", "element")
    old, new = frozenset(base), frozenset(target)
    removed, added = sorted(old - new), sorted(new - old)
    ops: list[DomainOp] = [deleted(address, item, f"{noun} {item[:19]}") for item in removed]
    ops += [inserted(address, item, f"{noun} {item[:19]}") for item in added]
    return StructuredDelta(domain=domain, ops=ops, summary=summarise(ops, noun))
