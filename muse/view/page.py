"""One self-contained HTML page of a commit, a range or a merge in progress. It loads nothing.

What there is to see goes into it as JSON (`docs/schemas.json`, `page`); the script that draws it is built from `web/`
and stands beside this file in `templates/`. Without a script the page still says what changed, in words.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from muse._version import __version__
from muse.core.errors import MuseError
from muse.core.progress import counted
from muse.core.terminal import escaped
from muse.core.types import plural
from muse.domain import PlayedPlugin
from muse.engine.history.diff import plugin_or_none
from muse.view import decisions, sound
from muse.view.dag import lanes
from muse.view.score import Score, read_score
from muse.view.text import brief, one_line, sentence
from muse.view.tree import changes, lines, whole

if TYPE_CHECKING:
    from muse.domain import ConflictRecord
    from muse.engine.history.log import Commit
    from muse.engine.resolve.compare import Compared

_TEMPLATES = Path(__file__).parent / "templates"
_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'{}; script-src {}; img-src data:; base-uri 'none'; form-action 'none'"
)
_BESIDE = "'self' file:"
_SAVING = "; connect-src 'self'"
_MOST_TEXT = 1 << 20
_MOST_LISTED = 1 << 24  # of a project's listing a few hundred lines are shown, and cheap to find
_NAME, _LONG = 80, 400


@dataclass
class Page:
    """What the page is about, and what goes on it.

    In a site: `links` (name, address) to other pages, `addresses` of commits' pages, `said` of what commits changed.
    """

    title: str
    about: list[tuple[str, str]] = field(default_factory=list)
    message: str = ""
    commits: list[Commit] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)
    links: list[tuple[str, str]] = field(default_factory=list)
    addresses: dict[str, str] = field(default_factory=dict)
    said: dict[str, str] = field(default_factory=dict)


def build(
    page: Page,
    files: Iterable[Compared],
    plugin_for: Any,
    *,
    choices: bool = False,
    heard: bool = True,
    written: bool = True,
) -> str:
    """The whole page; with `choices`, one on which conflicts are chosen and saved to the address it came from."""
    return html(contents(page, files, plugin_for, choices=choices), heard=heard, written=written)


def html(data: dict[str, Any], assets: str = "", heard: bool = True, written: bool = True) -> str:
    """The page of what `contents` gave; with `assets`, script, style and sounds are loaded from that folder beside it.

    Without `heard` it carries no sampled instruments, and plays with oscillators; without `written` it carries no
    engraver, and shows no staff.
    """
    names = [name for name in scripts(data) if written or name != "staff.js"]
    own = [] if assets else [template(name) for name in names]
    policy = _POLICY.format(f" {_BESIDE}", _BESIDE) if assets else _POLICY.format("", " ".join(map(_hash, own)))
    style = f'<link rel="stylesheet" href="{assets}page.css">' if assets else f"<style>{template('page.css')}</style>"
    load = '<script src="{}{}"></script>'
    return "".join(
        [
            '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}{_SAVING if data["choices"] else ""}">',
            '<meta name="viewport" content="width=device-width,initial-scale=1">',
            '<meta name="color-scheme" content="light dark">',
            f'<meta name="generator" content="muse {__version__}"><title>{escape(data["title"])}</title>',
            f"{style}</head><body>",
            f'<div id="page"></div><noscript>{_in_words(data)}</noscript>',
            f'<script type="application/json" id="data">{_json(data)}</script>',
            _sounds(data, assets) if heard else "",
            *(load.format(assets, name) for name in names if assets),
            *(f"<script>{script}</script>" for script in own),
            "</body></html>\n",
        ]
    )


def _hash(script: str) -> str:
    """What lets a browser run this script and no other, whatever else should ever stand in the page."""
    return f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'"


def _sounds(data: dict[str, Any], assets: str) -> str:
    """The instruments of the page's pieces; parsed and decoded when something is played."""
    pieces = [each["music"] for each in data["files"] if each["music"] is not None]
    if not pieces:
        return ""
    if assets:
        return f'<meta name="muse-sounds" content="{assets}sounds.js">'
    programs, drums = (set().union(*found) for found in zip(*map(sound.played, pieces), strict=True))
    return f'<script type="application/json" id="sounds">{_json(sound.cut(programs, drums))}</script>'


def scripts(data: dict[str, Any]) -> list[str]:
    """The scripts that a page needs, in the order they run."""
    code = any(each["texts"] or any(row["texts"] for row in each["conflicts"]) for each in data["files"])
    staff = any(_is_written_down(each["music"]) for each in data["files"])
    return [*(["syntax.js"] if code else []), *(["staff.js"] if staff else []), "page.js"]


def _is_written_down(music: dict[str, Any] | None) -> bool:
    """True for a piece with a note that changed, or in one version only: its bars are shown on a staff."""
    everywhere = (1 << len(music["sides"])) - 1 if music is not None else 0
    return music is not None and (everywhere == 1 or any(note[6] != everywhere for note in music["notes"]))


def contents(page: Page, files: Iterable[Compared], plugin_for: Any, *, choices: bool = False) -> dict[str, Any]:
    """What the page shows, as JSON."""
    shown = set(page.shown)
    placed = lanes([(commit.id, commit.parents) for commit in page.commits])
    return {
        "title": brief(one_line(page.title), _LONG),
        "about": [[one_line(name), brief(one_line(value), _LONG)] for name, value in page.about],
        "message": "\n".join(map(escaped, page.message.split("\n"))),
        "links": [[one_line(name), address] for name, address in page.links],
        "choices": choices,
        "version": __version__,
        "files": [_file(each, f"f{number}", plugin_for) for number, each in enumerate(counted(files, "drawing"))],
        "commits": [
            {
                "id": commit.id[:8],
                "subject": one_line(commit.message.partition("\n")[0][:90]),
                "author": one_line(commit.author),
                "date": one_line(commit.author_date[:10]),
                "refs": [one_line(ref) for ref in commit.refs],
                "here": commit.id in shown,
                "column": column,
                "edges": [list(edge) for edge in edges],
                "address": page.addresses.get(commit.id, ""),
                "said": one_line(page.said.get(commit.id, "")),
            }
            for commit, (column, edges) in zip(page.commits, placed)
        ],
    }


def _file(each: Compared, ident: str, plugin_for: Any) -> dict[str, Any]:
    plugin = plugin_or_none(plugin_for, each.path)
    score = read_score(each.path, each.sides, each.conflicts, plugin)
    inside = each.op["child_ops"] if each.op is not None and each.op["op"] == "patch" else []
    return {
        "id": ident,
        "path": one_line(each.path),
        "said": brief(one_line(sentence(each.op)), 10 * _LONG) if each.op is not None else "",
        "note": one_line("; ".join(filter(None, (each.note, _trouble(score, each, plugin))))),
        "conflicts": decisions.conflicts(each),
        "groups": _groups(each, score),
        "music": _music(score) if score is not None else None,
        "texts": list(_texts(each, plugin)) if score is None or (score.written and len(each.sides) > 1) else [],
        "changes": changes(inside, each.path),
    }


def _read(plugin: Any, path: str, data: bytes | None) -> bool:
    """True for a file that its domain can read, music in it or not."""
    with suppress(MuseError, ValueError):
        return bool(data) and bool(plugin.listing(data, path))
    return False


def _groups(each: Compared, score: Score | None) -> list[dict[str, Any]]:
    if score is None:
        return decisions.groups(each.conflicts, disputes=each.disputes)
    return decisions.groups(
        each.conflicts, score.tracks, {mark.index: mark.track for mark in score.marks if mark.track is not None}
    )


def _trouble(score: Score | None, each: Compared, plugin: Any) -> str:
    """What a reader of the page should know of a piece that is damaged, empty or no music at all."""
    if score is not None and score.damaged:
        return f"damaged ({', '.join(score.damaged)}): what can be read is shown"
    if score is not None or each.unread:
        return ""
    if not isinstance(plugin, PlayedPlugin) or any(_read(plugin, each.path, data) for data in each.sides.values()):
        data = next(iter(each.sides.values()), None) if len(each.sides) == 1 else None
        unshown = data and _listing(plugin, data, each.path) is None
        return f"{plural(len(data or b''), 'byte')} that cannot be shown as text" if unshown else ""
    return "no music in it that can be read" if any(each.sides.values()) else "the file is empty"


def music_of(
    path: str, sides: Mapping[str, bytes | None], conflicts: Sequence[ConflictRecord], plugin: Any
) -> dict[str, Any] | None:
    """The piece in several versions as the page takes it; None when none of them can be read."""
    score = read_score(path, sides, conflicts, plugin)
    return None if score is None else _music(score)


def changed_lines(path: str, base: bytes | None, result: bytes | None, plugin: Any) -> list[list[str]] | None:
    """What a result changes line by line, as the page shows it; None where there are no lines."""
    return _between(_listing(plugin, base, path), _listing(plugin, result, path))


def _music(score: Score) -> dict[str, Any]:
    """The piece; a note is [track, channel, pitch, x, width, velocity, have], see `muse.view.score`."""

    def points(by_side: dict[int, list[tuple[float, int]]]) -> dict[str, list[list[float]]]:
        return {str(side): [[_short(x), value] for x, value in found] for side, found in by_side.items()}

    return {
        "sides": score.sides,
        "width": _short(score.width),
        "tracks": [
            {"name": brief(one_line(name), _NAME), **part._asdict()}
            for name, part in zip(score.tracks, score.parts, strict=True)
        ],
        "bars": [[_short(x), number, _short(beat)] for x, number, beat in score.measures],
        "tempo": points(score.tempo),
        "signs": [[_short(x), brief(one_line(text), _NAME), have] for x, text, have in score.signs[:400]],
        "notes": [[n.track, n.channel, n.pitch, _short(n.x), _short(n.width), n.velocity, n.have] for n in score.notes],
        "lanes": [
            {"name": lane.name, "track": lane.track, "low": lane.low, "high": lane.high, "points": points(lane.points)}
            for lane in score.lanes
        ],
        "marks": [[mark.index, _short(mark.x), mark.pitch] for mark in score.marks],
        "controls": {
            str(side): [[_short(x), status, a, b] for x, status, a, b in found]
            for side, found in score.controls.items()
        },
        "flats": score.flats,
        "gaps": {
            str(side): [[_short(start), _short(stop)] for start, stop in found] for side, found in score.gaps.items()
        },
    }


def _texts(each: Compared, plugin: Any) -> Iterator[dict[str, Any]]:
    """What changed line by line, in the domain's listing where it has one."""
    names = list(each.sides)
    texts = {name: _listing(plugin, data, each.path) for name, data in each.sides.items()}
    if len(names) == 1 and texts[names[0]]:
        yield {"from": "", "to": names[0], "lines": whole(texts[names[0]] or "")}
    for name in names[1:] if any(each.sides.values()) else []:
        yield {"from": names[0], "to": name, "lines": _between(texts[names[0]], texts[name])}


def _between(old: str | None, new: str | None) -> list[list[str]] | None:
    return None if old is None or new is None else lines(old, new)


def _listing(plugin: Any, data: bytes | None, path: str) -> str | None:
    if data is None:
        return ""
    text, most = data, _MOST_TEXT
    if getattr(plugin, "name", "") not in ("files", "code", "") or isinstance(plugin, PlayedPlugin):
        with suppress(MuseError, ValueError):
            text, most = str(plugin.listing(data, path)).encode(), _MOST_LISTED
    return None if len(text) > most or b"\0" in text[:8000] else text.decode("utf-8", "replace")


def _in_words(data: dict[str, Any]) -> str:
    """The page for who runs no script."""
    about = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in data["about"])
    parts = [f"<h1>{escape(data['title'])}</h1><dl>{about}</dl><pre>{escape(data['message'])}</pre>"]
    for each in data["files"]:
        rows = "".join(
            f"<li>{escape(row['address'] or 'the whole file')}: ours {escape(row['ours'])}; "
            f"theirs {escape(row['theirs'])}; <code>{escape(row['hint'])}</code></li>"
            for row in each["conflicts"]
        )
        parts.append(f"<h2>{escape(each['path'])}</h2><p>{escape(each['said'])}</p><ul>{rows}</ul>")
    pages = [*data["links"], *((row["subject"], row["address"]) for row in data["commits"] if row["address"])]
    links = "".join(f'<li><a href="{escape(to)}">{escape(name)}</a></li>' for name, to in pages)
    return "".join(parts) + f"<ul>{links}</ul>"


def _json(value: Any) -> str:
    """JSON that cannot end the script element it stands in."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=True).replace("<", "\\u003c")


def _short(value: float) -> float | int:
    return int(value) if value == int(value) else value


def template(name: str) -> str:
    """One of the files that go into pages."""
    return (_TEMPLATES / name).read_text(encoding="utf-8")
