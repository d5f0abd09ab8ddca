"""What changed inside a file as a tree of HTML, and changed lines with their surroundings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import TYPE_CHECKING

from muse.core.diff_algorithms.lcs import common_pairs
from muse.view.text import SIGNS, one_line

if TYPE_CHECKING:
    from muse.domain import DomainOp

_WORDS = {"insert": "added", "delete": "removed", "replace": "changed", "move": "moved", "patch": "changed inside"}
_MOST = 400
_CONTEXT = 3


def tree(ops: Sequence[DomainOp], parent: str) -> str:
    """The operations as nested lists; containers fold."""
    rows = [_row(op, parent) for op in ops[:_MOST]]
    if len(ops) > _MOST:
        rows.append(f'<li class="more">{len(ops) - _MOST} more</li>')
    return f'<ul class="tree">{"".join(rows)}</ul>' if rows else ""


def _row(op: DomainOp, parent: str) -> str:
    kind = op["op"]
    sign = f'<span class="sign" title="{_WORDS[kind]}">{SIGNS[kind]}</span>'
    name = f"<code>{escape(_inside(op['address'], parent))}</code>"
    if op["op"] == "patch":
        said = f'{sign}{name} <span class="said">{escape(one_line(op["child_summary"]))}</span>'
        return (
            f'<li class="{kind}"><details open><summary>{said}</summary>'
            f"{tree(op['child_ops'], op['address'])}</details></li>"
        )
    if op["op"] == "replace":
        said = (
            f'<span class="old">{escape(one_line(op["old_summary"]))}</span> <span class="arrow">\u2192</span> '
            f'<span class="new">{escape(one_line(op["new_summary"]))}</span>'
        )
    elif op["op"] == "move":
        said = f"from {op['from_position']} to {op['to_position']}"
    else:
        said = escape(one_line(op["content_summary"]))
    return f'<li class="{kind}">{sign}{name} <span class="said">{said}</span></li>'


def _inside(address: str, parent: str) -> str:
    for joint in ("::", "/", "."):
        address = address.removeprefix(parent + joint)
    return one_line(address)


def lines(old: str, new: str) -> str:
    """Changed lines with three around them, as Git shows them; "" when nothing changed."""
    rows = list(_hunks(old.splitlines(), new.splitlines()))
    if not rows:
        return ""
    shown = "".join(f'<span class="{kind}">{sign}{escape(text)}\n</span>' for kind, sign, text in rows[:_MOST])
    more = f'<span class="hunk">{len(rows) - _MOST} more lines\n</span>' if len(rows) > _MOST else ""
    return f'<pre class="lines">{shown}{more}</pre>'


def _hunks(old: list[str], new: list[str]) -> Iterator[tuple[str, str, str]]:
    rows: list[tuple[str, str, str]] = []
    at_old = at_new = 0
    for x, y in [*common_pairs(old, new), (len(old), len(new))]:
        rows.extend(("del", "-", text) for text in old[at_old:x])
        rows.extend(("add", "+", text) for text in new[at_new:y])
        if x < len(old):
            rows.append(("same", " ", old[x]))
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
                yield "hunk", "", "\u22ef"
            yield row
        hidden = not wanted
