"""A name that one side took out of where it is bound, or gave another, and that the other side used once more.

Git's text merge sees edits apart, and one put together by token takes both: `result` became `amount` on every line
there was, and a new line still says `result`. A name is looked for where it counts: what a function binds in that
function; what hangs on `self` or `this`, and the members of a class or an enum, with that word or the class's name
before them; what the file binds wherever it stands alone. What a file or a class no longer binds may have moved to
another file, so that there a line has to show the name it got.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from muse.core.late import regex
from muse.core.sequences import Edit, edits
from muse.plugins.code.languages.table import OWN_FILE, Language
from muse.plugins.code.syntax.bindings import binds, is_key
from muse.plugins.code.syntax.parsing import parse, text_of
from muse.plugins.code.syntax.symbols import name_of

if TYPE_CHECKING:
    from tree_sitter import Node

Sides = tuple[bytes, bytes, bytes]
_MOST_PLACES = 2000
_DEEPEST = 300  # nodes within each other
_CODE = frozenset({"function", "method", "constructor", "procedure", "subroutine", "destructor"})
_CLASS = frozenset({"class", "interface", "record", "object", "trait", "mixin", "impl", "companion", "module"})
_MEMBER_ALONE = frozenset({"cpp", "csharp", "dart", "java", "kotlin", "scala", "swift"})
"""Languages in which a member of the class needs no word before it."""
_OWN = frozenset({b"self", b"this", b"cls", b"$this", b"Self", b"@"})
_BEFORE = regex(rb"([\w$]*)\s*(?:\.|->|::|\?\.)\s*$|(@{1,2})$")
_TEXT = regex("string|comment|text|content|char")
_NO_NAMES = frozenset(
    b"return yield await not and or in if elif while else case when assert raise throw del print echo typeof delete "
    b"new goto unless until puts do then from is instanceof import as of extends implements".split()
)
_PERHAPS = rb"(\w+)[ \t]+[*&]?%b\b|%b\s*(?:=(?![=~])|:=|<-|->)|[|(,]\s*%b\s*\|"


class _Place(NamedTuple):
    """Where a name stands: the definitions around it, outermost first, as (kind, name); what stands before it, a dot
    between; whether it is bound there; and where."""

    around: tuple[tuple[str, str], ...]
    before: bytes | None
    binds: bool
    start: int


def is_used(
    language: Language, sides: Sides, side: int, merged: bytes, word: bytes, until: float | None, *, own: bool
) -> bool:
    """True when a place that binds the word in the base has none of it on the side, and a use of it in the merge."""
    before = _places(language, sides[0], word, until)
    bound: dict[tuple[tuple[str, str], ...] | None, _Place] = {}
    for place in before:
        if place.binds and own == (place.before is not None):
            bound.setdefault(_scope(place), place)
    if not bound:
        return False
    now = _places(language, merged, word, until)
    left = _places(language, sides[side], word, until)
    for scope, first in bound.items():
        if scope is None or any(_counts(place, scope, language, own=own) for place in left):
            continue
        uses = [place for place in now if _counts(place, scope, language, own=own)]
        if not uses or any(place.binds or _may_bind(merged, word, place.start) for place in uses):
            continue
        if any(place.binds and place.before is None and _encloses(place, scope) for place in now):
            continue
        alone = _is_code(scope) or (not scope and _of_this_file(language, sides[0], first.start, merged))
        if alone or renamed(sides[0], sides[side], word, first.start):
            return True
    return False


def _scope(place: _Place) -> tuple[tuple[str, str], ...] | None:
    """Where what is bound at a place counts; None where that is not known."""
    around = place.around
    if place.before is not None:
        while around and around[-1][0] not in _CLASS:
            around = around[:-1]
        return around or None
    if around and around[-1][0] not in _CODE | _CLASS | {"enum", "namespace", "module"}:
        return None
    return around


def _is_code(scope: tuple[tuple[str, str], ...]) -> bool:
    return bool(scope) and scope[-1][0] in _CODE


def _of_this_file(language: Language, data: bytes, start: int, merged: bytes) -> bool:
    """True where what a file binds by itself, at a place in it, can come from no other file."""
    if language.name in ("c", "cpp", "objc"):
        return data[data.rfind(b"\n", 0, start) + 1 : start].startswith(b"static ")
    return language.name in OWN_FILE and b"import *" not in merged


def _counts(place: _Place, scope: tuple[tuple[str, str], ...], language: Language, *, own: bool) -> bool:
    """True for a place where the name is the one that is bound in a scope."""
    inside = place.around[: len(scope)] == scope
    if own:
        return inside and place.before in _OWN
    kind, name = scope[-1] if scope else ("", "")
    if kind == "enum":
        alone = place.before is None and (inside or language.name in ("c", "cpp"))
        return alone or place.before in (name.encode(), b"Self")
    if kind in _CLASS:
        alone = place.before is None and (len(place.around) == len(scope) or language.name in _MEMBER_ALONE)
        return place.before == name.encode() or (inside and (alone or place.before in _OWN))
    return inside and place.before is None


def _encloses(place: _Place, scope: tuple[tuple[str, str], ...]) -> bool:
    """True for what is bound in something around a scope."""
    return len(place.around) < len(scope) and scope[: len(place.around)] == place.around


def _may_bind(data: bytes, word: bytes, start: int) -> bool:
    """True where the line reads as if it bound the word, in a way no grammar's field tells."""
    low = data.rfind(b"\n", 0, start) + 1
    high = data.find(b"\n", start)
    line = data[low : high if high >= 0 else len(data)]
    perhaps = re.compile(_PERHAPS.replace(b"%b", re.escape(word)))
    return any(found[1] is None or found[1] not in _NO_NAMES for found in perhaps.finditer(line))


def _places(language: Language, data: bytes, word: bytes, until: float | None) -> list[_Place]:
    """Every place where the word stands as a name, and not in a comment, in a text or as a key."""
    tree = parse(language, data, until) if word in data else None
    if tree is None:
        return []
    found: list[_Place] = []
    for use in re.finditer(rb"(?<![\w$])\$?%b(?![\w$])" % re.escape(word), data):
        start = use.end() - len(word)
        node = tree.root_node.descendant_for_byte_range(start, use.end())
        if node is None or node.child_count or not node.is_named or _TEXT.search(node.type):
            continue
        if data[node.start_byte : node.end_byte].lstrip(b"@$") != word or is_key(node, data):
            continue
        ahead = data[max(0, node.start_byte - 80) : start]
        lead = _BEFORE.search(ahead) if language.name == "dart" or not ahead.rstrip().endswith(b"..") else None
        before = (lead[1] if lead[1] is not None else lead[2][:1]) if lead is not None else None
        found.append(_Place(_around(language, node, data), before, binds(node), start))
        if len(found) > _MOST_PLACES:
            break
    return found


def _around(language: Language, node: Node, data: bytes) -> tuple[tuple[str, str], ...]:
    """The definitions around a node; one's own name stands outside of it."""
    found: list[tuple[str, str]] = []
    own = text_of(node, data).decode("utf-8", "replace")
    inner, at = node, node.parent
    for _ in range(_DEEPEST):
        if at is None:
            break
        kind = language.definitions.get(at.type)
        if kind is not None and not (inner is node and name_of(language, at, data) == own):
            found.append((kind, name_of(language, at, data)))
        inner, at = at, at.parent
    return tuple(reversed(found))


def renamed(before: bytes, after: bytes, word: bytes, start: int) -> bool:
    """True when the line that binds a word in the base says the same with another word in its place."""
    was, now, changed = _changed(before, after)
    row = before.count(b"\n", 0, start)
    begin = start - (before.rfind(b"\n", 0, start) + 1)
    for edit in changed:
        if edit.a0 <= row < edit.a1:
            said = _same_but(was[row], begin, begin + len(word))
            return any(said.match(line) for line in now[edit.b0 : edit.b1])
    return False


@lru_cache(2)
def _changed(before: bytes, after: bytes) -> tuple[list[bytes], list[bytes], list[Edit]]:
    """Two versions by line, and how the one became the other."""
    was, now = before.split(b"\n"), after.split(b"\n")
    return was, now, edits(was, now)


def _same_but(line: bytes, begin: int, end: int) -> re.Pattern[bytes]:
    """Lines that say what a line says with another name in place of some of it."""
    head, tail = (re.escape(part.strip()) for part in (line[:begin], line[end:]))
    name = rb"[\w-]*\w"
    return re.compile(rb"\s*%b\s*%b\s*%b\s*$" % (head, name, tail))
