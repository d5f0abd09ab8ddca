"""References that say what they are: a variable of a style sheet, a link by name, a script, a stage.

A side that takes out or renames what is referred to knows its own references; one that the other side puts in meanwhile
refers to nothing.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from muse.core.late import regex
from muse.plugins.code.checks.old_names import renamed
from muse.plugins.code.checks.uses import lines_exchanged
from muse.plugins.code.languages.table import Language
from muse.plugins.code.syntax.window import LARGE

Sides = tuple[bytes, bytes, bytes]
_MOST_NAMES = 200


class _Form(NamedTuple):
    """How something is named, and how lines refer to it, the name in the first group of each. With `item` that
    group of `names` is a block, in which this finds each name. `shared`: another file may name it too, so that only a
    line that has another name in its place tells that it is gone."""

    names: re.Pattern[bytes]
    refers: re.Pattern[bytes]
    item: re.Pattern[bytes] | None = None
    shared: bool = False


_NAMED_BLOCK = rb"(?:volumes|networks|secrets|configs):[ \t]*\n((?:[ \t][^\n]*\n|\n)+)"
_HEADING = regex(rb"^#{1,6}[ \t]+([^\n]+)", re.M)
_ANCHOR = regex(rb"\]\(#([^()\s]+)\)")
_FORMS: dict[str, tuple[_Form, ...]] = {
    "": (  # a style sheet before it is compiled, and what else writes like one
        _Form(regex(rb"^[ \t]*\$([\w-]+)[ \t]*:", re.M), regex(rb"\$([\w-]+)"), shared=True),
        _Form(regex(rb"^[ \t]*@([\w-]+)[ \t]*:", re.M), regex(rb"@([\w-]+)(?![\w-])(?![ \t]*:)"), shared=True),
        _Form(regex(rb"@mixin[ \t]+([\w-]+)"), regex(rb"@include[ \t]+([\w-]+)"), shared=True),
        _Form(regex(rb"^[ \t]*%([\w-]+)[ \t]*[,{]", re.M), regex(rb"@extend[ \t]+%([\w-]+)"), shared=True),
    ),
    "markdown": (_Form(regex(rb"^ {0,3}\[([^\]\n]+)\]:", re.M), regex(rb"\]\[([^\]\n]+)\]")),),
    "rst": (
        _Form(regex(rb"^[ \t]*\.\. _([^:\n`]+):", re.M), regex(rb"(?<![\w`-])([\w-]+)_(?![\w_])")),
        _Form(regex(rb"^[ \t]*\.\. _([^:\n`]+):", re.M), regex(rb"(?<![:`\w])`([^`<\n]+)`_(?!\w)")),
    ),
    "json": (
        _Form(
            regex(rb"^[ \t]*\"([\w:.-]+)\"[ \t]*:", re.M),
            regex(rb"\b(?:npm run|npm run-script|pnpm run|pnpm|yarn run|yarn|bun run)[ \t]+([\w:.-]+)"),
        ),
    ),
    "yaml": (
        _Form(
            regex(rb"^stages:[ \t]*\n((?:[ \t]*(?:-|#)[^\n]*\n)+)", re.M),
            regex(rb"^[ \t]+stage:[ \t]*[\"']?([\w.-]+)", re.M),
            regex(rb"^[ \t]*-[ \t]+[\"']?([\w.-]+)", re.M),
        ),
        _Form(regex(rb"^[ \t]+(?:-[ \t]+)?id:[ \t]*[\"']?([\w-]+)", re.M), regex(rb"\bsteps\.([\w-]+)\.")),
        _Form(
            regex(rb"^" + _NAMED_BLOCK, re.M),
            regex(rb"^[ \t]+-[ \t]+[\"']?([\w.-]+)(?=:|[\"']?[ \t]*$)", re.M),
            regex(rb"^(?: {2}| {4}|\t)([\w.-]+):", re.M),
        ),
    ),
    "cmake": (_Form(regex(rb"^[ \t]*(?:set|option)[ \t]*\([ \t]*(\w+)", re.M), regex(rb"\$\{(\w+)\}"), shared=True),),
    "component": (
        _Form(
            regex(rb"^[ \t]*(?:const|let|var|(?:async )?function)[ \t]+(\w+)", re.M),
            regex(rb"\{\{[ \t]*(\w+)"),
            shared=True,
        ),
        _Form(regex(rb"\b(\w+)[ \t]*[:(]"), regex(rb"\bthis\.(\w+)"), shared=True),
    ),
    "html": (
        _Form(regex(rb"\bid=[\"']([^\"'\s{]+)[\"']"), regex(rb"\bhref=[\"']#([^\"'\s]+)[\"']")),
        _Form(regex(rb"\bid=[\"']([^\"'\s{]+)[\"']"), regex(rb"\b(?:for|aria-\w+)=[\"']([^\"'\s{]+)[\"']")),
    ),
    "powershell": (
        _Form(
            regex(rb"^[ \t]*function[ \t]+([A-Za-z]+-[\w-]+)", re.M | re.I),
            regex(rb"(?<![\w$-])([A-Za-z]+-[\w-]+)"),
            shared=True,
        ),
    ),
}  # fmt: skip


def refers_to_what_is_gone(language: Language | None, sides: Sides, merged: bytes) -> dict[str, int]:
    """Names of the base that one side (1, 2) has no more, and to which a line that the other put in refers."""
    known = "" if language is None else language.name
    if known not in _FORMS or max(map(len, sides)) > LARGE:
        return {}
    found: dict[str, int] = {}
    for side, _, new, _ in lines_exchanged(sides):
        for form in _FORMS[known]:
            asked = set(form.refers.findall(new))
            gone = asked & _named(form, sides[0]) if asked else set()
            if gone:
                gone -= {*form.refers.findall(sides[side]), *_named(form, sides[side]), *_named(form, merged)}
            for name in sorted(gone)[:_MOST_NAMES]:
                if not form.shared or _is_renamed(form, sides, side, name):
                    found[name.decode("utf-8", "replace")] = side
        if known == "markdown" and (asked := set(_ANCHOR.findall(new))):
            gone = (asked & _anchors(sides[0])) - _anchors(sides[side]) - set(_ANCHOR.findall(sides[side]))
            found |= {name.decode("utf-8", "replace"): side for name in sorted(gone - _anchors(merged))}
    return found


def _named(form: _Form, data: bytes) -> set[bytes]:
    held = form.names.findall(data)
    return set(held) if form.item is None else {name for block in held for name in form.item.findall(block)}


def _is_renamed(form: _Form, sides: Sides, side: int, name: bytes) -> bool:
    at = next((found.start(1) for found in form.names.finditer(sides[0]) if found[1] == name), None)
    return at is not None and renamed(sides[0], sides[side], name, at)


def _anchors(data: bytes) -> set[bytes]:
    """What headings and elements of a page of Markdown can be linked by."""
    headings = [heading.strip(b" \t\r#").lower() for heading in _HEADING.findall(data)]
    told = {re.sub(rb"[^\w\- ]", b"", heading).replace(b" ", b"-") for heading in headings}
    return told | set(re.findall(rb"\b(?:id|name)=[\"']([^\"'\s]+)", data)) | set(re.findall(rb"\{#([\w-]+)\}", data))
