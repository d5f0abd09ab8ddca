"""The history graph: newest on top, one row per commit, first parents straight down."""

from __future__ import annotations

from collections.abc import Sequence


def lanes(commits: Sequence[tuple[str, tuple[str, ...]]]) -> list[tuple[int, list[tuple[int, int]]]]:
    """For each (commit, parents) in order: its column, and its edges (row of the parent, column there or its own).

    A parent that is not listed has the row -1.
    """
    rows = {name: row for row, (name, _) in enumerate(commits)}
    waiting: list[str | None] = []
    columns: list[int] = []
    for name, parents in commits:
        column = waiting.index(name) if name in waiting else _free(waiting)
        waiting = [None if held == name else held for held in waiting]
        for number, parent in enumerate(parents):
            if parent in waiting:
                continue
            at = column if number == 0 else _free(waiting, column)
            waiting.extend([None] * (at + 1 - len(waiting)))
            waiting[at] = parent
        waiting.extend([None] * (column + 1 - len(waiting)))
        columns.append(column)
    return [
        (
            columns[row],
            [(rows[parent], columns[rows[parent]]) if parent in rows else (-1, columns[row]) for parent in parents],
        )
        for row, (_, parents) in enumerate(commits)
    ]


def _free(waiting: list[str | None], taken: int = -1) -> int:
    for at, held in enumerate(waiting):
        if held is None and at != taken:
            return at
    return max(len(waiting), taken + 1)
