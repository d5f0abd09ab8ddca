"""Piano rolls as SVG: one panel per version, one path per track and kind of note.

Kinds are told apart by outline and pattern as well as by colour (Okabe and Ito's palette). Horizontal unit: 24 to the
quarter note; each pitch is a row of `ROW` units.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from muse.core.errors import MuseError
from muse.core.terminal import one_line
from muse.view.score import UNIT, Note, Score, read_score

if TYPE_CHECKING:
    from muse.engine.resolve.compare import Compared

ROW = 6
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
        label = _text(f"{name}: {sum(note.have >> side & 1 for note in score.notes)} notes")
        parts = [
            f'<svg class="roll" role="img" aria-label="{label}" data-side="{side}" viewBox="0 0 {_n(width)} {height}" '
            f'preserveAspectRatio="none" style="--w:{_n(width)};--h:{height}">'
        ]
        if side == 0:
            parts.append(f'<g id="{shared}">{_grid(score, low, high, width)}{_shared_notes(score, high)}</g>')
        else:
            parts.append(f'<use href="#{shared}"/>')
        lacks = "".join(f"M{_n(start)} 0H{_n(stop)}V{height}H{_n(start)}z" for start, stop in score.gaps.get(side, ()))
        if lacks:
            parts.append(f'<path class="gap" d="{lacks}"/>')
        parts += [_notes(kind, track, found, high) for (kind, track), found in sorted(_by_kind(score, side).items())]
        parts.append(_marks(score, high, height))
        parts.append('<line class="playhead" y1="0" y2="100%" x1="-1" x2="-1"/></svg>')
        yield name, "".join(parts)


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


_NO_XML = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def _text(words: str) -> str:
    """Words as XML can hold them: one control character, and a browser shows an error in place of the picture."""
    return escape(_NO_XML.sub("\ufffd", one_line(words)))


def _n(value: float) -> str:
    """A number as short as SVG allows."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def picture(each: Compared, plugin: Any) -> str:
    """The piano rolls of one file as an SVG of its own, for a README or a review; MuseError when it is no music."""
    score = read_score(each.path, each.sides, each.conflicts, plugin)
    if score is None:
        raise MuseError(
            f"{each.path} cannot be drawn: no version of it can be read as music", hint="leave --svg out for a page"
        )
    low, high = score.pitches
    one = (high - low + 1) * ROW
    width = max(1.0, score.width)
    bars = [(1000 * x / width, bar) for x, bar in score.bars[:: max(1, len(score.bars) // 32)] if x < width]
    parts = [f'<text x="{x + 3:.0f}" y="13" class="bar">{bar}</text>' for x, bar in bars]
    y = 18
    for name, svg in panels(score, "s"):
        y += LABEL
        parts.append(f'<text x="4" y="{y - 5}" class="label">{_text(name)}</text>')
        placed = f'<svg class="roll" x="0" y="{y}" width="1000" height="{one}"'
        parts.append(svg.replace('<svg class="roll"', placed, 1))
        y += one
    drawn = "".join(parts)
    x = 4
    for kind, words in KINDS.items():
        if f'class="n {kind}"' in drawn:
            parts.append(
                f'<rect class="n {kind}" x="{x}" y="{y + 9}" width="22" height="8"/>'
                f'<text x="{x + 28}" y="{y + 17}" class="bar">{escape(words)}</text>'
            )
            x += 44 + 6 * len(words)
    if score.gaps:
        parts.append(f'<rect class="gap" x="{x}" y="{y + 9}" width="22" height="8"/>')
        parts.append(f'<text x="{x + 28}" y="{y + 17}" class="bar">bars it has not</text>')
    y += 26
    style = (
        f"{_style()}svg{{background:var(--paper)}}.roll{{width:1000px;height:{one}px}}"
        ".bar{font:11px sans-serif;fill:var(--ink)}"
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1000 {y}" width="1000" height="{y}">'
        f"<title>{_text(each.path)}</title><style>{escape(style)}</style>{defs()}{''.join(parts)}</svg>\n"
    )


def _style() -> str:
    return (Path(__file__).parent / "templates" / "svg.css").read_text(encoding="utf-8")
