"""What changed between two scores as operations, and such operations applied again."""

from __future__ import annotations

from muse.core.address import inside
from muse.core.errors import FormatError, MuseError
from muse.core.ops import deleted, inserted
from muse.core.types import content_hash
from muse.domain import DomainOp, ReplaceOp
from muse.plugins.score import words
from muse.plugins.score.columns import match
from muse.plugins.score.outline import Score, key_of
from muse.plugins.score.xmltree import Node, parse, rewritten


def differences(path: str, old: Score, new: Score) -> tuple[list[DomainOp], str] | None:
    """Operations at `path::PART/measure:N` (N counts in the new score; in the old one for what is gone)."""
    if [part.id for part in old.parts] != [part.id for part in new.parts]:
        return None
    found = match(old.columns, new.columns)
    ops: list[DomainOp] = []
    cut = [column.bar for column, place in zip(old.columns, found.place) if place is None and column.bar]
    added = [new.columns[j].bar for js in found.added.values() for j in js if new.columns[j].bar]
    ops += [deleted(f"{path}::measure:{bar}", "", f"bar {bar}", bar - 1) for bar in cut]
    ops += [inserted(f"{path}::measure:{bar}", "", f"bar {bar}", bar - 1) for bar in added]
    changed = 0
    for column, place in zip(old.columns, found.place):
        if place is None or not column.bar or new.columns[place].key == column.key:
            continue
        for at, part in enumerate(new.parts):
            was, now = column.cells[at], new.columns[place].cells[at]
            if was is None or now is None or key_of(was.raw, measure=True) == key_of(now.raw, measure=True):
                continue
            changed += 1
            bar = new.columns[place].bar
            text = now.raw.decode("utf-8", "replace")
            ops.append(
                ReplaceOp(
                    op="replace",
                    address=f"{path}::{part.id}/measure:{bar}",
                    position=bar - 1,
                    old_content_id=content_hash(was.raw.decode("utf-8", "replace")),
                    new_content_id=content_hash(text),
                    old_summary=f"{part.name}, bar {column.bar}",
                    new_summary=f"{part.name}, bar {bar}: {words.changes(new, was, now)}",
                    content=text,
                )
            )
    return ops, _summary(added, cut, changed)


def _summary(added: list[int], cut: list[int], changed: int) -> str:
    texts = [
        f"{len(bars)} bar{'s' * (len(bars) != 1)} {verb} at bar {bars[0]}"
        for bars, verb in ((added, "inserted"), (cut, "cut"))
        if bars
    ]
    if changed:
        texts.append(f"{changed} measure{'s' * (changed != 1)} changed")
    return ", ".join(texts) or "titles, parts or layout changed"


def patched(path: str, data: bytes, child_ops: list[DomainOp]) -> bytes:
    """A score with measures replaced; MuseError for anything else, or for a measure that is not there."""
    for op in child_ops:
        text = op.get("content")
        if op["op"] != "replace" or not isinstance(text, str):
            raise MuseError(f"cannot replay {op['op']} of {op['address']}: a score takes whole measures only")
        data = _replaced(data, inside(path, op["address"]), text.encode())
    return data


def _replaced(data: bytes, address: str, measure: bytes) -> bytes:
    score = Score(data)
    try:
        node = parse(measure)
    except FormatError as error:
        raise MuseError(f"{address}: {error}") from None
    part_id, _, number = address.rpartition("/measure:")
    at = next((at for at, part in enumerate(score.parts) if part.id == part_id), None)
    columns = [column for column in score.columns if column.bar and str(column.bar) == number]
    if at is None or not columns or node.tag != score.measure_tag:
        raise MuseError(f"there is no measure {address}")
    target = columns[0].cells[at]

    def change(found: Node) -> bytes | None:
        if found is target:
            return measure
        return None if found.tag in ("Score", "part", "Staff") else found.raw

    result = data[: score.root.start] + rewritten(score.root, change) + data[score.root.end :]
    Score(result)
    return result
