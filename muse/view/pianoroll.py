"""Piano rolls and controller lanes as SVG: one panel per version, one path per track and kind of note.

Kinds are told apart by outline and pattern as well as by colour (Okabe and Ito's palette). Horizontal unit: 24 to the
quarter note; each pitch is a row of `ROW` units.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from muse.view.score import UNIT, Lane, Note, Score

ROW = 6
LANE_HEIGHT = 48
LABEL = 18

KINDS = {
    "same": "unchanged",
    "goes": "removed or changed later",
    "gone": "no longer here",
    "new": "new",
    "ours": "by ours",
    "theirs": "by theirs",
    "both": "by both, alike",
    "lost": "not in the result",
    "made": "by the merge alone",
}
_BLACK = frozenset({1, 3, 6, 8, 10})


def kind_of(have: int, side: int, sides: int) -> str | None:
    """How a note is drawn in a panel; None when it is not. Bits: version n has it."""
    here, base = have >> side & 1, have & 1
    if have == (1 << sides) - 1:
        return "same"
    if sides == 2:
        return ("goes" if side == 0 else "new") if here else ("gone" if side == 1 else None)
    ours, theirs = have >> 1 & 1, have >> 2 & 1
    if side == 0:
        return ("same" if ours and theirs else "goes") if here else None
    if not here:
        return "gone" if base else ("lost" if side == 3 else None)
    if base:
        return "same"
    if side < 3:
        return "ours" if side == 1 else "theirs"
    return "both" if ours and theirs else "ours" if ours else "theirs" if theirs else "made"


def defs() -> str:
    """The patterns, once per page."""
    stripes = '<path d="M-1 5L5-1M1 7L7 1" class="hatch"/>'
    dots = '<circle cx="2" cy="2" r="1.1" class="dot"/><circle cx="5" cy="5" r="1.1" class="dot"/>'
    rows = {
        "ours": ("var(--ours)", stripes),
        "theirs": ("var(--theirs)", dots),
        "both": ("var(--both)", '<path d="M0 3H6M3 0V6" class="hatch"/>'),
        "new": ("var(--ours)", stripes),
        "made": ("var(--clash)", '<path d="M0 3H6" class="hatch"/>'),
    }
    made = "".join(
        f'<pattern id="p-{name}" width="6" height="6" patternUnits="userSpaceOnUse">'
        f'<rect width="6" height="6" fill="{color}"/>{marks}</pattern>'
        for name, (color, marks) in rows.items()
    )
    return f'<svg width="0" height="0" aria-hidden="true" class="defs"><defs>{made}</defs></svg>'


def panels(score: Score, ident: str) -> Iterator[tuple[str, str]]:
    """(version's name, its roll as SVG) for every version; what all have is drawn once and referred to."""
    low, high = score.pitches
    width, height = max(1.0, score.width), (high - low + 1) * ROW
    shared = f"{ident}-same"
    for side, name in enumerate(score.sides):
        label = escape(f"{name}: {sum(note.have >> side & 1 for note in score.notes)} notes")
        parts = [
            f'<svg class="roll" role="img" aria-label="{label}" data-side="{side}" viewBox="0 0 {_n(width)} {height}" '
            f'preserveAspectRatio="none" style="--w:{_n(width)};--h:{height}">'
        ]
        if side == 0:
            parts.append(f'<g id="{shared}">{_grid(score, low, high, width)}{_shared_notes(score, high)}</g>')
        else:
            parts.append(f'<use href="#{shared}"/>')
        parts += [_notes(kind, track, found, high) for (kind, track), found in sorted(_by_kind(score, side).items())]
        parts.append(_marks(score, high, height))
        parts.append('<line class="playhead" y1="0" y2="100%" x1="-1" x2="-1"/></svg>')
        yield name, "".join(parts)


def ruler(score: Score) -> str:
    """Bar numbers, tempo, metre, keys and markers above the panels; a sign that not every version has is marked."""
    step = max(1, len(score.bars) // 400)
    rows = [f'<i style="--x:{_n(x)}">{bar}</i>' for x, bar in score.bars[::step]]
    at: dict[float, list[tuple[str, int]]] = {}
    for x, text, have in score.signs[:400]:
        at.setdefault(x, []).append((text, have))
    for x, found in at.items():
        told = [
            text
            if have == score.everywhere
            else f"{text} ({', '.join(name for side, name in enumerate(score.sides) if have >> side & 1)})"
            for text, have in found
        ]
        changed = "" if all(have == score.everywhere for _, have in found) else ' class="differs"'
        rows.append(f'<b style="--x:{_n(x)}"{changed}>{escape(", ".join(told))}</b>')
    return f'<div class="ruler" aria-hidden="true" style="--w:{_n(max(1.0, score.width))}">{"".join(rows)}</div>'


def lane(score: Score, drawn: Lane) -> str:
    """One lane: a stepped curve per version that differs from the one before it."""
    width = max(1.0, score.width)
    curves = []
    told: list[tuple[tuple[float, int], ...]] = []
    for side, name in enumerate(score.sides):
        points = tuple(drawn.points.get(side, ()))
        if points in told or not points:
            continue
        told.append(points)
        curves.append(f'<path class="curve {escape(name)}" d="{_curve(points, drawn, width)}"/>')
    return (
        f'<svg class="lane" role="img" aria-label="{escape(drawn.name)}" viewBox="0 0 {_n(width)} {LANE_HEIGHT}" '
        f'preserveAspectRatio="none" style="--w:{_n(width)};--h:{LANE_HEIGHT}">{"".join(curves)}</svg>'
    )


def _curve(points: Sequence[tuple[float, int]], drawn: Lane, width: float) -> str:
    span = drawn.high - drawn.low
    out = []
    for index, (x, value) in enumerate(points):
        y = round((drawn.high - value) / span * (LANE_HEIGHT - 2) + 1, 1)
        out.append(f"M{_n(x)} {_n(y)}" if index == 0 else f"H{_n(x)}V{_n(y)}")
    return "".join(out) + f"H{_n(width)}"


def _grid(score: Score, low: int, high: int, width: float) -> str:
    keys = "".join(
        f"M0 {(high - pitch) * ROW}h{_n(width)}v{ROW}H0z" for pitch in range(low, high + 1) if pitch % 12 in _BLACK
    )
    octaves = "".join(f"M0 {(high - pitch + 1) * ROW}h{_n(width)}" for pitch in range(low, high + 1) if pitch % 12 == 0)
    bars = "".join(f"M{_n(x)} 0V{(high - low + 1) * ROW}" for x, _ in score.bars)
    return f'<path class="keys" d="{keys}"/><path class="octaves" d="{octaves}"/><path class="bars" d="{bars}"/>'


def _shared_notes(score: Score, high: int) -> str:
    found: dict[int, list[Note]] = {}
    for note in score.notes:
        if note.have == score.everywhere:
            found.setdefault(note.track, []).append(note)
    return "".join(_notes("same", track, notes, high) for track, notes in sorted(found.items()))


def _by_kind(score: Score, side: int) -> dict[tuple[str, int], list[Note]]:
    found: dict[tuple[str, int], list[Note]] = {}
    for note in score.notes:
        if note.have != score.everywhere:
            kind = kind_of(note.have, side, len(score.sides))
            if kind is not None:
                found.setdefault((kind, note.track), []).append(note)
    return found


def _notes(kind: str, track: int, notes: list[Note], high: int) -> str:
    shapes = "".join(
        f"M{_n(note.x)} {(high - note.pitch) * ROW + 1}h{_n(note.width)}v{ROW - 2}h{_n(-note.width)}z" for note in notes
    )
    return f'<path class="n {kind}" data-track="{track}" data-count="{len(notes)}" d="{shapes}"/>'


def _marks(score: Score, high: int, height: int) -> str:
    out = []
    for mark in score.marks:
        if mark.pitch is None:
            shape = f"M{_n(mark.x)} 0V{height}"
        else:
            y = (high - mark.pitch) * ROW
            shape = f"M{_n(mark.x - 4)} {y - 3}h{UNIT}v{ROW + 6}h-{UNIT}z"
        out.append(f'<path class="mark" data-conflict="{mark.index}" d="{shape}"/>')
    return "".join(out)


def _n(value: float) -> str:
    """A number as short as SVG allows."""
    return f"{value:.2f}".rstrip("0").rstrip(".")
