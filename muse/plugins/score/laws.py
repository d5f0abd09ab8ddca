"""The law over a whole merged score."""

from __future__ import annotations

from muse.core.errors import FormatError
from muse.plugins.score.columns import Step
from muse.plugins.score.outline import Column, Context, Score, key_of

SIDES = ("base", "ours", "theirs")


class Unmergeable(Exception):
    """The scores as wholes cannot be put together; the message says why, for a person."""


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


def check(scores: dict[str, Score], result: bytes, order: list[Step], asked: bool) -> None:
    """The law over the whole: readable, every measure in its own time, no line without its other end."""
    try:
        score = Score(result, keyed=False)
    except FormatError as error:
        raise Unmergeable(f"the merged score could not be read ({error})") from None
    if len(score.columns) != len(order):
        raise Unmergeable("the merged score has not the measures it should have")
    contexts = {name: found.contexts() for name, found in scores.items()}
    for step, now in zip(order, score.contexts()):
        if step.from_all is None:
            fits = now == contexts[step.side][step.at]
        else:
            found = [contexts[name][at] for name, at in zip(SIDES, step.from_all)]
            columns = [scores[name].columns[at] for name, at in zip(SIDES, step.from_all)]
            fits = all(map(_fits, now, zip(*found), zip(*_changed(columns))))
        if not fits and not asked:
            raise Unmergeable(
                "one side changed the time signature, divisions or transposition that the other side's measures follow"
            )
    loose = {name: found.loose_ends() for name, found in scores.items()}
    most = max(loose["ours"], loose["theirs"], loose["ours"] + loose["theirs"] - loose["base"])
    if not asked and score.loose_ends() > most:
        raise Unmergeable("a tie, slur or other line would lose its other end")
