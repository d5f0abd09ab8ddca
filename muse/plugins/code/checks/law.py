"""The law (`muse.core.law`) asked about a merged source file."""

from __future__ import annotations

from muse.core.law.check import Breach, broken
from muse.core.law.entries import Entry
from muse.core.law.look import NOTHING, look
from muse.plugins.code.languages.table import Language
from muse.plugins.code.syntax.entries import outline
from muse.plugins.code.syntax.parsing import available, count_errors, parse

Sides = tuple[bytes, bytes, bytes]


Outlines = tuple[Entry, Entry, Entry]


def outlines_of(language: Language | None, sides: Sides, until: float) -> Outlines | None:
    """The three versions as entries; None where a parser is missing, late, or stumbles over one more than another."""
    if language is None or not (language.lines or available(language)):
        return None
    if not language.lines and len({_errors(language, data, until) for data in sides}) != 1:
        return None
    found = [outline(language, data, until) for data in sides]
    base, ours, theirs = found
    return None if base is None or ours is None or theirs is None else (base, ours, theirs)


def breaches(
    language: Language | None, sides: Sides, merged: bytes, until: float, *, pieced: bool = True
) -> list[Breach]:
    """What in `merged` breaks rules 1 to 7; nothing where the parser cannot tell."""
    outlines = outlines_of(language, sides, until)
    if outlines is None or language is None:
        return []
    result = outline(language, merged, until)
    return [] if result is None else broken(*outlines, result, pieced=pieced)


def text_breaches(language: Language | None, sides: Sides, merged: bytes, until: float) -> list[Breach]:
    """The same for Git's clean text: without a parser where the changed lines tell that nothing can be wrong, and only
    names and numbers where they tell that every edit is in its place."""
    seen = look(*sides, merged) if language is not None else NOTHING
    if not any(seen):
        return []
    found = breaches(language, sides, merged, until, pieced=False)
    return found if seen.places else [one for one in found if one.twice]


def _errors(language: Language, data: bytes, until: float) -> int:
    tree = parse(language, data, until)
    return -1 if tree is None else count_errors(tree.root_node)
