"""What changed inside a file as nested rows, and changed lines with their surroundings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from muse.core.diff_algorithms.lcs import common_pairs
from muse.core.terminal import escaped
from muse.view.text import one_line

if TYPE_CHECKING:
    from muse.domain import DomainOp

_MOST = 400
_CONTEXT = 3
_WHOLE = 4000


def changes(ops: Sequence[DomainOp], parent: str) -> list[dict[str, Any]]:
    """The operations as nested rows: op, name, said; `old` and `new` of a replacement, `inside` of a container."""
    rows = [_row(op, parent) for op in ops[:_MOST]]
    if len(ops) > _MOST:
        rows.append({"op": "more", "name": "", "said": "", "more": len(ops) - _MOST})
    return rows


def _row(op: DomainOp, parent: str) -> dict[str, Any]:
    row: dict[str, Any] = {"op": op["op"], "name": _inside(op["address"], parent), "said": ""}
    if op["op"] == "patch":
        row.update(said=one_line(op["child_summary"]), inside=changes(op["child_ops"], op["address"]))
    elif op["op"] == "replace":
        row.update(old=one_line(op["old_summary"]), new=one_line(op["new_summary"]))
    elif op["op"] == "move":
        row.update(said=f"from {op['from_position']} to {op['to_position']}")
    else:
        row.update(said=one_line(op["content_summary"]))
    return row


def _inside(address: str, parent: str) -> str:
    for joint in ("::", "/", "."):
        address = address.removeprefix(parent + joint)
    return one_line(address)


def lines(old: str, new: str) -> list[list[str]]:
    """Changed lines with three around them: [kind, text], kind one of add, del, same and hunk; [] when none changed.

    What would turn the order of letters or hide some is shown as on a terminal: a line is read as it will be run.
    """
    rows = list(_hunks(_lines(old), _lines(new)))
    more = [["hunk", f"{len(rows) - _MOST} more lines"]] if len(rows) > _MOST else []
    return [[kind, escaped(text)] for kind, text in rows[:_MOST]] + more


def whole(text: str) -> list[list[str]]:
    """A text as it is, in the rows of `lines`; of a very long one the beginning."""
    rows = _lines(text)
    more = [["hunk", f"{len(rows) - _WHOLE} more lines"]] if len(rows) > _WHOLE else []
    return [["same", escaped(row)] for row in rows[:_WHOLE]] + more


def _lines(text: str) -> list[str]:
    """Lines as a compiler counts them: no other letter ends one."""
    return [row.removesuffix("\r") for row in text.removesuffix("\n").split("\n")] if text else []


def _hunks(old: list[str], new: list[str]) -> Iterator[tuple[str, str]]:
    rows: list[tuple[str, str]] = []
    at_old = at_new = 0
    for x, y in [*common_pairs(old, new), (len(old), len(new))]:
        rows.extend(("del", text) for text in old[at_old:x])
        rows.extend(("add", text) for text in new[at_new:y])
        if x < len(old):
            rows.append(("same", old[x]))
        at_old, at_new = x + 1, y + 1
    near = [False] * len(rows)
    for index, row in enumerate(rows):
        if row[0] != "same":
            for around in range(max(0, index - _CONTEXT), min(len(rows), index + _CONTEXT + 1)):
                near[around] = True
    hidden = False
    for row, wanted in zip(rows, near):
        if wanted:
            if hidden:
                yield "hunk", "\u22ef"
            yield row
        hidden = not wanted
