"""The history graph as SVG: newest on top, one row per commit, first parents straight down."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from muse.engine.history.log import Commit

_ROW, _COLUMN, _DOT = 26, 16, 5


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


def graph(commits: Sequence[Commit], shown: Sequence[str] = ()) -> str:
    """The commits with subjects and names; those in `shown` are the ones the page is about."""
    placed = lanes([(commit.id, commit.parents) for commit in commits])
    wide = (max((column for column, _ in placed), default=0) + 1) * _COLUMN + 12
    height = len(commits) * _ROW + 6
    lines, dots = [], []
    for row, (commit, (column, edges)) in enumerate(zip(commits, placed)):
        x, y = column * _COLUMN + 12, row * _ROW + 14
        for to_row, to_column in edges:
            to_x = to_column * _COLUMN + 12
            to_y = height if to_row < 0 else to_row * _ROW + 14
            bend = to_y - _ROW if to_x < x else y + _ROW
            path = (
                f"M{x} {y}V{to_y}"
                if x == to_x
                else f"M{x} {y}L{to_x} {bend}V{to_y}"
                if to_x > x
                else f"M{x} {y}V{bend}L{to_x} {to_y}"
            )
            lines.append(f'<path class="edge c{max(column, to_column) % 6}" d="{path}"/>')
        here = " here" if commit.id in shown else ""
        merge = " merge" if len(commit.parents) > 1 else ""
        dots.append(f'<circle class="commit c{column % 6}{here}{merge}" cx="{x}" cy="{y}" r="{_DOT}"/>')
        names = "".join(f' <tspan class="ref">{escape(ref)}</tspan>' for ref in commit.refs)
        subject = escape(commit.message.partition("\n")[0][:90])
        dots.append(
            f'<text x="{wide}" y="{y + 4}" class="subject{here}"><tspan class="id">{commit.id[:8]}</tspan>'
            f'{names} {subject} <tspan class="who">{escape(commit.author)}</tspan></text>'
        )
    return (
        f'<svg class="graph" role="img" aria-label="history of {len(commits)} commits" width="{wide + 760}" '
        f'height="{height}">{"".join(lines)}{"".join(dots)}</svg>'
    )
