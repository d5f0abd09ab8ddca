"""WCAG 2.2 AA of the page, as a real Chromium sees it: contrast in both themes, names, focus, what a reader is told.

Colours are those that the browser computed, names those of its accessibility tree; nothing of the page's own is asked.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.browser

# Every piece of text that is in sight, with its colour and the first background below it that is not transparent.
TEXTS = """
    const seen = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (const details of document.querySelectorAll('details')) details.open = true;
    for (const chip of document.querySelectorAll('.chip')) chip.style.opacity = getComputedStyle(chip).opacity;
    while (walker.nextNode()) {
        const node = walker.currentNode, at = node.parentElement, style = getComputedStyle(at);
        if (!node.data.trim() || !at.checkVisibility() || at.closest('svg,script,option,:disabled')) continue;
        let below = at;
        const clear = e => getComputedStyle(e).backgroundColor === 'rgba(0, 0, 0, 0)';
        while (below && clear(below)) below = below.parentElement;
        let opacity = 1;
        for (let e = at; e; e = e.parentElement) opacity *= +getComputedStyle(e).opacity;
        seen.push([node.data.trim().slice(0, 30), style.color, below ? getComputedStyle(below).backgroundColor
            : getComputedStyle(document.documentElement).backgroundColor, parseFloat(style.fontSize),
            +style.fontWeight, opacity]);
    }
    return seen;"""

ROLES = {"button", "checkbox", "radio", "combobox", "link", "textbox", "application", "DisclosureTriangle"}


def rgb(colour: str) -> list[float]:
    """`rgb(1, 2, 3)` or `#010203`."""
    if colour.startswith("#"):
        digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
        return [int(digits[at : at + 2], 16) for at in (0, 2, 4)]
    return [float(part) for part in colour[colour.index("(") + 1 : -1].split(",")[:3]]


def contrast(one: str, other: str) -> float:
    """As WCAG defines it: 1 to 21."""

    def light(colour: str) -> float:
        parts = [part / 255 for part in rgb(colour)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((light(one), light(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_the_measure_itself() -> None:
    assert contrast("rgb(0, 0, 0)", "#fff") == pytest.approx(21)
    assert contrast("#767676", "rgb(255, 255, 255)") == pytest.approx(4.54, abs=0.01), "the known limit of grey"


@pytest.fixture
def choosing(page: str) -> str:
    """The page of a conflict in music and one in code, with the choices of the merge tool."""
    return page.replace('"choices":false', '"choices":true')


def test_text_and_signs_stand_out_in_both_themes(choosing: str, open_page: Callable[..., Any]) -> None:
    backgrounds = []
    for dark in (False, True):
        browser = open_page(choosing, dark=dark)
        found = browser.run(TEXTS)
        assert len(found) > 60
        poor = [
            (text, round(contrast(ink, paper), 2), ink, paper)
            for text, ink, paper, size, weight, opacity in found
            if contrast(ink, paper) < (3 if size >= 24 or (size >= 18.66 and weight >= 700) else 4.5) or opacity < 0.9
        ]
        assert poor == []
        backgrounds.append(found[0][2])
        signs = browser.run(
            "const style = getComputedStyle(document.documentElement), get = n => style.getPropertyValue('--' + n);"
            "return ['paper', 'ours', 'theirs', 'both', 'clash', 'ink', 'soft', 'on-key', 'key'].map(get)"
        )
        paper, *rest, on_key, key = signs
        assert all(contrast(sign, paper) >= 3 for sign in rest), signs
        assert contrast(on_key, key) >= 4.5
        edges = browser.run(
            "const probe = document.createElement('i'); document.body.append(probe);"
            "const found = []; const view = muse.views[0], canvas = document.querySelector('.notes');"
            "for (const note of view.music.notes) {"
            "  if (note[6] !== 15 || note[0] !== view.shown.lead) continue;"
            "  const x = note[3] * view.shown.zoom - view.shown.left, y = view.roll.y(note[2], view.shown);"
            "  if (x < 8 || y < 8 || y > view.shown.height - 20 || x > 600) continue;"
            "  const p = canvas.getContext('2d').getImageData(Math.round(x), Math.round(y + view.shown.row / 2), 1, 1);"
            "  found.push(`rgb(${p.data[0]}, ${p.data[1]}, ${p.data[2]})`);"
            "}; return found;"
        )
        assert len(edges) > 2 and all(contrast(edge, paper) >= 3 for edge in edges), "a note's edge, however soft it is"
    assert backgrounds[0] != backgrounds[1]


def tree(browser: Any) -> list[dict[str, Any]]:
    """The accessibility tree: role, name and focusable of what is not ignored."""
    found = browser.cdp("Accessibility.getFullAXTree")["nodes"]
    return [
        {
            "role": node["role"]["value"],
            "name": node.get("name", {}).get("value", ""),
            "id": node["nodeId"],
            "parent": node.get("parentId"),
            "children": node.get("childIds", []),
        }
        for node in found
        if not node["ignored"]
    ]


def test_everything_has_a_name_and_changes_are_a_list(choosing: str, open_page: Callable[..., Any]) -> None:
    browser = open_page(choosing)
    nodes = tree(browser)
    nameless = [node["role"] for node in nodes if node["role"] in ROLES and not node["name"].strip()]
    assert nameless == []
    assert {"heading", "main", "toolbar", "list", "status", "combobox"} <= {node["role"] for node in nodes}
    (changes,) = [node for node in nodes if node["role"] == "list" and node["name"] == "changes"]
    by_parent: dict[Any, list[dict[str, Any]]] = {}
    for node in nodes:
        by_parent.setdefault(node["parent"], []).append(node)
    items = by_parent[changes["id"]]
    assert [item["role"] for item in items] == ["listitem"] * 3
    told = [child["name"] for item in items for child in by_parent[item["id"]] if child["role"] == "button"]
    assert told == [
        "Bass, volume, channel 2, bar 1: added by theirs",
        "Drums <b>, bars 1-2: theirs added 6 notes",
        "Melody, bars 1-3: ours changed 2 notes, theirs changed 1 note",
    ]
    assert any(node["role"] == "image" and "notes, 3 changes" in node["name"] for node in nodes), "what the roll shows"
    assert browser.run("return document.documentElement.lang") == "en"
    ids = browser.run("return [...document.querySelectorAll('[id]')].map(e => e.id)")
    assert len(ids) == len(set(ids))


ORDER = [
    ".tab",
    ".play",
    ".pace",
    ".track .name",
    ".stage",
    ".chip .keep",
    ".phrases button",
    ".decisions .goto",
    ".save",
]


def test_focus_goes_from_top_to_bottom_is_seen_and_is_never_caught(
    choosing: str, open_page: Callable[..., Any]
) -> None:
    browser = open_page(choosing)
    every = browser.run(
        "const all = [...document.querySelectorAll('button,a[href],input,select,summary,[tabindex=\"0\"]')];"
        "return all.filter(e => e.checkVisibility() && !e.disabled).length"
    )
    state = (
        f"const e = document.activeElement, style = getComputedStyle(e), box = e.getBoundingClientRect(); return "
        f"[{ORDER}.findIndex(s => e.matches(s)), parseFloat(style.outlineWidth), style.outlineStyle,"
        " e === document.body, box.bottom > 0 && box.top < innerHeight]"
    )
    reached = []
    for _ in range(every + 2):
        browser.press("Tab")
        found, width, kind, out, in_sight = browser.run(state)
        if out:
            break
        assert width >= 2 and kind != "none", "where the focus is can be seen"
        assert in_sight
        if found >= 0 and found not in reached:
            reached.append(found)
    else:
        pytest.fail("Tab never leaves the page")
    assert reached == sorted(reached) and len(reached) == len(ORDER), [ORDER[at] for at in reached]
    small = browser.run(
        "return [...document.querySelectorAll('button,summary,select')].filter(e => e.checkVisibility()).map(e =>"
        " [e.className || e.textContent, e.getBoundingClientRect().height, e.getBoundingClientRect().width])"
        ".filter(([, tall, wide]) => tall < 24 || wide < 24)"
    )
    assert small == [], "targets are 24 pixels and more"
