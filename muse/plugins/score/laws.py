"""The law over a whole merged score."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product

from muse.core.errors import FormatError
from muse.core.late import regex
from muse.plugins.score.columns import Matching, Region, Step
from muse.plugins.score.lines import Asked, named, unkept
from muse.plugins.score.outline import CONTEXT, Column, Context, Score, key_of
from muse.plugins.score.values import whole

SIDES = ("base", "ours", "theirs")
_TEMPO = regex(rb"<per-minute\b|\btempo\s*=|<tempo>")


class Unmergeable(Exception):
    """The scores as wholes cannot be put together; the message says why, for a person."""


def check(
    scores: dict[str, Score], result: bytes, order: list[Step], matchings: Mapping[str, Matching], asked: Asked
) -> None:
    """The law over the whole: readable, every measure in its own time, every line with both of its ends.

    What was `asked` about is what somebody wants it to be.
    """
    try:
        score = Score(result, keyed=False)
    except FormatError as error:
        raise Unmergeable(f"the merged score could not be read ({error})") from None
    if len(score.columns) != len(order):
        raise Unmergeable("the merged score has not the measures it should have")
    names = named(scores, matchings)
    contexts = {name: found.contexts() for name, found in scores.items()}
    if not _is_any_asked(scores, names, asked):
        _check_times(scores, score, order, contexts)
    _check_tempos(scores, order, contexts)
    torn = unkept(scores, score, order, names, asked)
    if torn:
        raise Unmergeable(f"{torn} would lose its other end, or get another one's")


def _check_times(
    scores: dict[str, Score], result: Score, order: list[Step], contexts: dict[str, list[tuple[Context, ...]]]
) -> None:
    for step, now in zip(order, result.contexts()):
        if step.from_all is None:
            fits = now == contexts[step.side][step.at]
        else:
            found = [contexts[name][at] for name, at in zip(SIDES, step.from_all)]
            columns = [scores[name].columns[at] for name, at in zip(SIDES, step.from_all)]
            fits = all(map(_fits, now, zip(*found), zip(*_changed(columns))))
        if not fits:
            raise Unmergeable(
                "one side changed the time signature, divisions or transposition that the other side's measures follow"
            )


def _check_tempos(scores: dict[str, Score], order: list[Step], contexts: dict[str, list[tuple[Context, ...]]]) -> None:
    """A tempo holds for all parts, so two at one time are one question, also where they stand in two parts."""
    for step in order:
        if step.from_all is None:
            continue
        columns = [scores[name].columns[at] for name, at in zip(SIDES, step.from_all)]
        if columns[0].key in (columns[1].key, columns[2].key) or columns[1].key == columns[2].key:
            continue
        base, ours, theirs = (
            set(_tempos(scores[name], column, contexts[name][at]))
            for name, column, at in zip(SIDES, columns, step.from_all)
        )
        for mine, other in product(ours - base, theirs - base):
            if mine[0] != other[0] and mine[1:3] == other[1:3] and mine[3] != other[3]:
                raise Unmergeable(f"both sides changed the tempo in bar {columns[0].bar}, in two parts")


def _tempos(score: Score, column: Column, now: tuple[Context, ...]) -> Iterator[tuple[int, float, str, object]]:
    """What says how fast a measure goes: number of the part, quarters from the start, what says it, value."""
    for part, cell in enumerate(column.cells):
        if cell is None or not _TEMPO.search(cell.data, cell.start, cell.end):
            continue
        unit = 0.25 if score.muse_score else max(1, whole(now[part][0]))
        for fact in score.facts(cell):
            path, said = str(fact[-2]), fact[-1]
            if path.endswith(("/per-minute", "/beat-unit", "/tempo")):
                yield part, float(fact[1]) / unit, path, said  # type: ignore[arg-type]
            elif path.endswith("/sound") and "tempo" in dict(said[1]):  # type: ignore[index]
                yield part, float(fact[1]) / unit, path, dict(said[1])["tempo"]  # type: ignore[arg-type,index]


def _is_any_asked(scores: dict[str, Score], names: Mapping[str, Sequence[object]], asked: Asked) -> bool:
    """True where somebody was asked about measures that have a time signature, divisions or a transposition."""
    return bool(asked) and any(
        (part, name) in asked and cell is not None and CONTEXT.search(cell.data, cell.start, cell.end)
        for side, score in scores.items()
        for name, column in zip(names[side], score.columns)
        for part, cell in enumerate(column.cells)
    )


def asked(base: Score, matchings: Mapping[str, Matching], regions: list[Region], cells: set[tuple[str, int]]) -> Asked:
    """What was asked about, answered or not: regions in all parts, and cells by the id of the part and the bar."""
    at = {column.bar: number for number, column in enumerate(base.columns)}
    found: Asked = set()
    for number, part in enumerate(base.parts):
        found.update((number, at[bar]) for name, bar in cells if name == part.id)
        for lo, hi in regions:
            found.update((number, name) for name in range(lo, hi))
            for matching in matchings.values():
                new = ((gap, len(js)) for gap, js in matching.added.items() if lo <= gap <= hi)
                found.update((number, (gap, each)) for gap, count in new for each in range(count))
    return found


def _changed(columns: list[Column]) -> list[list[bool]]:
    """For each side, in which parts its measure is another one than the base's."""
    found = []
    for side in columns[1:]:
        if side.key == columns[0].key:
            found.append([False] * len(side.cells))
            continue
        keys = [
            [b"" if cell is None else key_of(cell.raw, measure=True) for cell in one.cells]
            for one in (columns[0], side)
        ]
        found.append([was != now for was, now in zip(*keys)])
    return found


def _fits(now: Context, found: tuple[Context, ...], changed: tuple[bool, ...]) -> bool:
    """True where a part's measure stands under what each side that edited it wrote it for."""
    return now in found and all(now == context for context, edited in zip(found[1:], changed) if edited)
