"""One self-contained HTML page: pictures of a commit, a range or a merge in progress. It loads nothing."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from muse._version import __version__
from muse.core.errors import MuseError
from muse.core.progress import counted
from muse.view import dag, pianoroll
from muse.view.score import Score, read_score
from muse.view.text import one_line, sentence
from muse.view.tree import lines, tree

if TYPE_CHECKING:
    from muse.domain import ConflictRecord
    from muse.engine.history.log import Commit
    from muse.engine.resolve.compare import Compared

_TEMPLATES = Path(__file__).parent / "templates"
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"
_SAVING = "; connect-src 'self'"
_MOST_TEXT = 1 << 20


@dataclass
class Page:
    """What the page is about, and what goes on it."""

    title: str
    about: list[tuple[str, str]] = field(default_factory=list)
    message: str = ""
    commits: list[Commit] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)


def build(page: Page, files: Iterable[Compared], plugin_for: Any, *, choices: bool = False) -> str:
    """The whole page; with `choices`, one on which conflicts are chosen and saved to the address it came from."""
    sections, contents, data = [], [], []
    for number, each in enumerate(counted(files, "drawing")):
        ident = f"f{number}"
        html, told = _section(each, ident, plugin_for, choices)
        sections.append(html)
        if told is not None:
            data.append(told)
        open_ones = f" <em>{len(each.conflicts)} to settle</em>" if each.conflicts else ""
        contents.append(f'<li><a href="#{ident}">{escape(one_line(each.path))}</a>{open_ones}</li>')
    about = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in page.about)
    history = dag.graph(page.commits, page.shown) if page.commits else ""
    return "".join(
        [
            '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}{_SAVING if choices else ""}">',
            '<meta name="viewport" content="width=device-width,initial-scale=1">',
            '<meta name="color-scheme" content="light dark">',
            f'<meta name="generator" content="muse {__version__}"><title>{escape(page.title)}</title>',
            f"<style>{_template('page.css')}</style></head><body>{pianoroll.defs()}",
            f'<header><h1>{escape(page.title)}</h1><dl class="about">{about}</dl>',
            f'<pre class="message">{escape(page.message)}</pre>' if page.message else "",
            _legend(),
            f'<nav aria-label="files"><ul>{"".join(contents)}</ul></nav></header><main>',
            f'<section class="history"><h2>History</h2><div class="wide">{history}</div></section>' if history else "",
            "".join(sections) or '<p class="nothing">Nothing changed.</p>',
            '</main><footer><p id="status" role="status" aria-live="polite"></p></footer>',
            f'<script type="application/json" id="data">{_json(data)}</script>',
            f"<script>{_template('page.js')}</script></body></html>\n",
        ]
    )


def picture(each: Compared) -> str:
    """The piano rolls of one file as an SVG of its own, for a README or a review; MuseError when it is no music."""
    score = read_score(each.sides, each.conflicts)
    if score is None:
        raise MuseError(f"{each.path} cannot be drawn: it is no MIDI file", hint="leave --svg out for a page")
    low, high = score.pitches
    one = (high - low + 1) * pianoroll.ROW
    width = max(1.0, score.width)
    bars = [(1000 * x / width, bar) for x, bar in score.bars[:: max(1, len(score.bars) // 32)] if x < width]
    parts = [f'<text x="{x + 3:.0f}" y="13" class="bar">{bar}</text>' for x, bar in bars]
    y = 18
    for name, svg in pianoroll.panels(score, "s"):
        y += pianoroll.LABEL
        parts.append(f'<text x="4" y="{y - 5}" class="label">{escape(name)}</text>')
        placed = f'<svg class="roll" x="0" y="{y}" width="1000" height="{one}"'
        parts.append(svg.replace('<svg class="roll"', placed, 1))
        y += one
    drawn = "".join(parts)
    x = 4
    for kind, words in pianoroll.KINDS.items():
        if f'class="n {kind}"' in drawn:
            parts.append(
                f'<rect class="n {kind}" x="{x}" y="{y + 9}" width="22" height="8"/>'
                f'<text x="{x + 28}" y="{y + 17}" class="bar">{escape(words)}</text>'
            )
            x += 44 + 6 * len(words)
    y += 26
    style = (
        f"{_template('page.css')}svg{{background:var(--paper)}}.roll{{width:1000px;height:{one}px}}"
        ".bar{font:11px sans-serif;fill:var(--ink)}"
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1000 {y}" width="1000" height="{y}">'
        f"<title>{escape(each.path)}</title><style>{escape(style)}</style>{pianoroll.defs()}{''.join(parts)}</svg>\n"
    )


def _section(each: Compared, ident: str, plugin_for: Any, choices: bool) -> tuple[str, dict[str, Any] | None]:
    plugin = _plugin(plugin_for, each.path)
    score = read_score(each.sides, each.conflicts) if getattr(plugin, "name", "") == "midi" else None
    said = sentence(each.op) if each.op is not None else ""
    parts = [
        f'<section class="file" id="{ident}" aria-labelledby="{ident}-h">',
        f'<h2 id="{ident}-h">{escape(one_line(each.path))}</h2>',
        f'<p class="said">{escape(said)}</p>' if said else "",
        f'<p class="note">{escape(each.note)}</p>' if each.note else "",
        _conflicts(each.conflicts, ident, choices),
    ]
    data = None
    if score is not None:
        parts.append(_music(score, ident))
        data = _data(score, ident)
    elif any(each.sides.values()):
        parts.append(_text(each, plugin))
    if each.op is not None and each.op["op"] == "patch" and each.op["child_ops"]:
        inside = tree(each.op["child_ops"], each.path)
        parts.append(f'<details class="changes" open><summary>What changed</summary>{inside}</details>')
    return "".join([*parts, "</section>"]), data


def _music(score: Score, ident: str) -> str:
    rolls = "".join(
        f'<figure class="panel" data-side="{side}"><figcaption><button type="button" class="play" data-side="{side}" '
        f'aria-label="play {escape(name)}">\u25b6 {escape(name)}</button></figcaption>'
        f'<div class="stage">{svg}</div></figure>'
        for side, (name, svg) in enumerate(pianoroll.panels(score, ident))
    )
    names = "".join(f'<option value="{index}">{escape(name)}</option>' for index, name in enumerate(score.tracks))
    lanes = "".join(
        f'<figure class="panel lanes"><figcaption>{escape(lane.name)}<br>'
        f"<small>{escape(score.tracks[lane.track])}</small></figcaption>"
        f'<div class="stage">{pianoroll.lane(score, lane)}</div></figure>'
        for lane in score.lanes
    )
    return (
        f'<div class="tools"><label>Track <select class="track"><option value="">all</option>{names}</select></label>'
        '<button type="button" class="zoom" data-by="0.5" aria-label="narrower">\u2212</button>'
        '<button type="button" class="zoom" data-by="2" aria-label="wider">+</button>'
        '<button type="button" class="step" data-by="-1">\u2190 change</button>'
        '<button type="button" class="step" data-by="1">change \u2192</button>'
        '<button type="button" class="stop">\u25a0 stop</button></div>'
        f'<div class="score" tabindex="0" role="group" aria-label="piano rolls" data-file="{ident}">'
        f'<div class="panel top"><span></span><div class="stage">{pianoroll.ruler(score)}</div></div>'
        f"{rolls}{lanes}</div>"
    )


def _text(each: Compared, plugin: Any) -> str:
    """What changed line by line, in the domain's listing where it has one."""
    names = list(each.sides)
    texts = {name: _listing(plugin, data, each.path) for name, data in each.sides.items()}
    shown = []
    for name in names[1:]:
        old, new = texts[names[0]], texts[name]
        if old is None or new is None:
            shown.append(f"<p>{escape(name)}: binary</p>")
            continue
        changed = lines(old, new)
        if changed:
            title = f"{escape(names[0])} \u2192 {escape(name)}"
            shown.append(f"<details open><summary>{title}</summary>{changed}</details>")
    return f'<div class="texts">{"".join(shown)}</div>'


def _listing(plugin: Any, data: bytes | None, path: str) -> str | None:
    if data is None:
        return ""
    if len(data) > _MOST_TEXT or b"\0" in data[:8000]:
        return None
    if getattr(plugin, "name", "") in ("files", "code", ""):
        return data.decode("utf-8", "replace")
    try:
        return str(plugin.listing(data, path))
    except (MuseError, ValueError):
        return data.decode("utf-8", "replace")


def _conflicts(records: Sequence[ConflictRecord], ident: str, choices: bool) -> str:
    rows = []
    for index, record in enumerate(records):
        sides = "".join(
            f"<dt>{side}</dt><dd>{escape(one_line(getattr(record, side + '_summary')))}</dd>"
            for side in ("base", "ours", "theirs")
            if getattr(record, side + "_summary")
        )
        where = record.address or "the whole file"
        rows.append(
            f'<li><button type="button" class="goto" data-file="{ident}" data-conflict="{index}">'
            f"{escape(one_line(where))}</button> "
            f'<span class="kind">{escape(record.conflict_type.replace("_", " "))}</span>'
            f"<dl>{sides}</dl>"
            + (_choice(record, f"{ident}-{index}") if choices else f'<code class="hint">{escape(record.hint)}</code>')
            + "</li>"
        )
    if not rows:
        return ""
    save = '<p><button type="button" class="save">Save</button> <span class="saved" role="status"></span></p>'
    return f'<ol class="conflicts" aria-label="to settle">{"".join(rows)}</ol>{save if choices else ""}'


def _choice(record: ConflictRecord, name: str) -> str:
    """Three buttons of which one is chosen; o, t and b choose by keyboard."""
    rows = "".join(
        f'<label><input type="radio" name="{name}" value="{side}"> {side}</label>'
        for side in ("ours", "theirs", "base")
    )
    return f'<fieldset class="choice" data-address="{escape(record.address)}"><legend>keep</legend>{rows}</fieldset>'


def _data(score: Score, ident: str) -> dict[str, Any]:
    """What the script needs to play and to tell of notes: [track, channel, pitch, x, width, velocity, have]."""
    return {
        "id": ident,
        "sides": score.sides,
        "width": score.width,
        "low": score.pitches[0],
        "high": score.pitches[1],
        "tracks": score.tracks,
        "bars": [[_short(x), bar] for x, bar in score.bars],
        "tempo": {str(side): [[_short(x), micros] for x, micros in points] for side, points in score.tempo.items()},
        "notes": [[n.track, n.channel, n.pitch, _short(n.x), _short(n.width), n.velocity, n.have] for n in score.notes],
        "marks": [[mark.index, _short(mark.x), mark.pitch] for mark in score.marks],
    }


def _legend() -> str:
    rows = "".join(
        f'<li><svg width="26" height="12" aria-hidden="true"><path class="n {kind}" d="M1 1h24v10h-24z"/></svg>'
        f"{escape(words)}</li>"
        for kind, words in pianoroll.KINDS.items()
    )
    keys = ("space play or stop", "1 2 3 4 choose a version", "n p next or previous change", "+ - zoom", "? this list")
    return (
        f'<details class="legend"><summary>Legend and keys</summary><ul>{rows}</ul>'
        f"<p>{escape('; '.join(keys))}</p></details>"
    )


def _json(value: Any) -> str:
    """JSON that cannot end the script element it stands in."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=True).replace("<", "\\u003c")


def _short(value: float) -> float | int:
    return int(value) if value == int(value) else value


def _plugin(plugin_for: Any, path: str) -> Any:
    try:
        return plugin_for(path)
    except MuseError:
        return None


def _template(name: str) -> str:
    return (_TEMPLATES / name).read_text(encoding="utf-8")
