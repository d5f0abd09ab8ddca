"""What changed between two scores as operations, and such operations applied again."""

from __future__ import annotations

from muse.core.address import inside
from muse.core.errors import FormatError, MuseError
from muse.core.ops import deleted, inserted
from muse.core.types import content_hash, plural
from muse.core.xml_tree import Node, parse, rewritten
from muse.domain import DomainOp, ReplaceOp
from muse.plugins.score import words
from muse.plugins.score.columns import match
from muse.plugins.score.outline import Score, key_of


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
    changed: list[words.Measure] = []
    for column, place in zip(old.columns, found.place):
        if place is None or not column.bar or new.columns[place].key == column.key:
            continue
        for at, part in enumerate(new.parts):
            was, now = column.cells[at], new.columns[place].cells[at]
            if was is None or now is None or key_of(was.raw, measure=True) == key_of(now.raw, measure=True):
                continue
            bar = new.columns[place].bar
            told = (old, was), (new, now)
            changed.append(words.Measure(part.name, bar, words.compared(*told)))
            text = now.raw.decode("utf-8", "replace")
            ops.append(
                ReplaceOp(
                    op="replace",
                    address=f"{path}::{part.id}/measure:{bar}",
                    position=bar - 1,
                    old_content_id=content_hash(was.raw.decode("utf-8", "replace")),
                    new_content_id=content_hash(text),
                    old_summary=f"{part.name}, bar {column.bar}",
                    new_summary=f"{part.name}, bar {bar}: {words.changes(*told)}",
                    content=text,
                )
            )
    return ops, _summary(old, new, (added, cut), changed)


def _summary(old: Score, new: Score, structure: tuple[list[int], list[int]], changed: list[words.Measure]) -> str:
    texts = [text for bars, verb in zip(structure, ("inserted", "cut")) for text in _runs(bars, verb)]
    if changed:
        changed.sort(key=lambda measure: [part.name for part in new.parts].index(measure.part))
        texts.append(words.summary(changed))
    texts += words.header_changes(old, new)
    return ", ".join(texts) or "style or layout changed"


def _runs(bars: list[int], verb: str) -> list[str]:
    """`2 bars inserted at bar 9`, `bars 13-16 cut`: one text for each run of bars."""
    runs: list[list[int]] = []
    for bar in sorted(bars):
        if runs and bar == runs[-1][1] + 1:
            runs[-1][1] = bar
        else:
            runs.append([bar, bar])
    if verb == "inserted":
        return [f"{plural(last - first + 1, 'bar')} inserted at bar {first}" for first, last in runs]
    return [f"bar {first} cut" if first == last else f"bars {first}-{last} cut" for first, last in runs]


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
