"""The law (`muse.core.law`) asked about a merged source file.

What reads outlines is imported where one is read: most of Git's clean text needs none.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from muse.core.late import regex
from muse.core.law.look import NOTHING, edits_copied, look, one_of_several, reorders
from muse.plugins.code.checks.twice import bound_twice_by
from muse.plugins.code.languages.table import Language
from muse.plugins.code.syntax.parsing import available, count_errors, parse, parses_as_well, stumbles
from muse.plugins.code.syntax.window import shortened

if TYPE_CHECKING:
    from tree_sitter import Node

    from muse.core.law.check import Breach
    from muse.core.law.entries import Entry

    Outlines = tuple[Entry, Entry, Entry]

Sides = tuple[bytes, bytes, bytes]


def outlines_of(language: Language | None, sides: Sides, until: float) -> Outlines | None:
    """The three versions as entries; None where a parser is missing, late, or stumbles over one more than another."""
    if language is None or not _even(language, sides, until):
        return None
    return _outlines(language, sides, until)


def _even(language: Language, sides: Sides, until: float) -> bool:
    """True when the parser stumbles over one version as often as over another."""
    return bool(language.lines) or len({_errors(language, data, until) for data in sides}) == 1


def _outlines(language: Language, sides: Sides, until: float) -> Outlines | None:
    if not (language.lines or available(language)):
        return None
    from muse.plugins.code.syntax.entries import outline

    found = [outline(language, data, until) for data in sides]
    base, ours, theirs = found
    return None if base is None or ours is None or theirs is None else (base, ours, theirs)


def breaches(
    language: Language | None, sides: Sides, merged: bytes, until: float, *, pieced: bool = True
) -> list[Breach]:
    """What in `merged` breaks rules 1 to 7. Where the parser stumbles over one version more than over another, entries
    cannot be told apart for sure, but a name that is there more often than in any version still can."""
    outlines = _outlines(language, sides, until) if language is not None else None
    if outlines is None or language is None:
        return []
    from muse.core.law.check import broken
    from muse.plugins.code.syntax.entries import outline

    result = outline(language, merged, until)
    found = [] if result is None else broken(*outlines, result, pieced=pieced)
    return found if not found or _even(language, sides, until) else [one for one in found if one.rule in (5, 6)]


def reads_and_keeps(language: Language | None, sides: Sides, merged: bytes, until: float) -> bool:
    """True when what was put together parses as well as the sides and breaks no rule; False also when there was no time
    to look. Of a large file only what can make a difference is looked into."""
    if unsure(language, sides, merged, until, pieced=True):
        return False
    if language is None:
        return True
    sides, merged = _shortened(language, sides, merged, until)
    if available(language) and not parses_as_well(language, merged, sides, until):
        return False
    return not breaches(language, sides, merged, until) and time.monotonic() <= until


def _shortened(language: Language, sides: Sides, merged: bytes, until: float) -> tuple[Sides, bytes]:
    base, ours, theirs, result = shortened(language, (*sides, merged), until)
    return (base, ours, theirs), result


def text_breaches(language: Language | None, sides: Sides, merged: bytes, until: float) -> list[Breach]:
    """The same for Git's clean text: without a parser where the changed lines tell that nothing can be wrong, and only
    names, numbers and order where they tell that every edit is in its place."""
    seen = look(*sides, merged) if language is not None else NOTHING
    if language is None or not (any(seen) or language.overrides is not None):
        return []
    parts, made = _shortened(language, sides, merged, until)
    found = breaches(language, parts, made, until, pieced=False)
    if found and made is not merged:  # what is told is told with its place in the file
        found = breaches(language, sides, merged, until, pieced=False)
    if seen.astray or (seen.places and not all(one.edited for one in found)):
        return found
    return [] if language.name == "plain" else [one for one in found if one.twice or one.rule == 8]


def unsure(language: Language | None, sides: Sides, merged: bytes, until: float, *, pieced: bool = False) -> str:
    """What may be wrong with Git's clean text, or one `pieced` together, where entries cannot be told apart: one side
    moved lines, an edit of the other may stand beside the wrong ones, and the parser stumbles over a version; ""
    for nothing."""
    if language is None:
        return ""
    twice = bound_twice_by(_DEFINED_IN.get(language.name, _DEFINED), sides, merged)
    seen = look(*sides, merged)
    astray = seen.places if pieced else seen.astray
    ordered = not any(reorders(sides[0], side) for side in sides[1:])
    if astray and ordered and _has_code(language) and _either(one_of_several, sides):
        return "one of several equal lines moved by one side, edited by the other"
    moved = astray and (not ordered or _either(edits_copied, sides))
    if not (moved or twice) or not available(language):
        return ""
    shortened = _shortened(language, sides, merged, until)[0]
    if _even(language, shortened, until) and not (twice and any(_stumbles(language, side, until) for side in sides)):
        return ""
    return f"{twice}: defined by both" if twice else "moved by one side, edited by the other, and one does not parse"


def _either(what: Callable[[bytes, bytes, bytes], bool], sides: Sides) -> bool:
    base, ours, theirs = sides
    return what(base, ours, theirs) or what(base, theirs, ours)


_DEFINED = regex(
    rb"([ \t]*)(?:[\w@]+ )*?(?:fun|def|class|func|fn|function|interface|struct|enum|trait|object|module)"
    rb" +((?:\w+\.)?[\w$]+)([ \t]*(?:(?:[(<]|(?:extends|implements|private|internal|where)\b)[^{=:]*)?)(?=[{=:]|$)"
)
_DEFINED_IN = {
    "markdown": regex(rb"( {0,3}#{1,6}) +(\S.*?)([ #]*)$"),
    "matlab": regex(rb"([ \t]*)function\b(?:[^=%(]*=)? *([\w.]+)([ \t]*(?:\([^%]*)?)"),
}


def _errors(language: Language, data: bytes, until: float) -> int:
    """How often the parser stumbles where entries stand; -1 without a tree. What it makes of the inside of a function
    matters to nobody: that is compared as text."""
    tree = parse(language, data, until)
    if tree is None:
        return -1
    count = sum(node.type in language.misread for node in tree.root_node.children) if language.misread else 0
    stack = [tree.root_node]
    while stack:
        node = stack.pop()
        if node.is_error or node.is_missing:
            count += stumbles(language, node)
        elif node.has_error and not _is_code(language, node):
            stack.extend(node.children)
    return count


def _stumbles(language: Language, data: bytes, until: float) -> bool:
    """True where the parser stumbles anywhere: it may have taken what follows for something else."""
    tree = parse(language, data, until)
    return (
        tree is None
        or count_errors(language, tree.root_node) > 0
        or any(at.type in language.misread for at in tree.root_node.children)
    )


def _has_code(language: Language) -> bool:
    """True for a language with definitions that hold statements."""
    from muse.plugins.code.syntax.identity import CODE

    return not CODE.isdisjoint(language.definitions.values())


def _is_code(language: Language, node: Node) -> bool:
    """True for a definition that holds statements, from its first to its last sign."""
    from muse.plugins.code.syntax.identity import CODE

    if language.definitions.get(node.type) not in CODE:
        return False
    body = node.child_by_field_name("body") or next((at for at in node.children if at.type == "function_body"), None)
    last = body.children[-1] if body is not None and body.children else None
    return last is not None and not last.is_missing and not last.is_error
