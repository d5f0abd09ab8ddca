"""Nodes that are no definitions, name themselves and may stand in any order among their kind.

Two of them that both sides put in at one place stand side by side: tests, documents of a stream, dependencies, rows of
a table, cases of a switch that end, arms of a match, re-exports, definitions of links.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from muse.core.late import regex
from muse.plugins.code.languages.table import Language
from muse.plugins.code.syntax.identity import identity_of
from muse.plugins.code.syntax.parsing import text_of

if TYPE_CHECKING:
    from tree_sitter import Node

Key = tuple[str, ...]
_TESTS = regex(r"(?:it|test|describe|context|specify|suite|bench)\b")
_DRAWN = regex(
    rb"^<(?:svg|x?html|body|article|chapter|book)\b|/2000/svg|/1999/xhtml|/2006/xaml|docbook\.org|/apk/res/android"
)
"""The first tag of pictures, pages and dialogs: what stands later there is on top, or below."""
_ENDS = frozenset({"return_statement", "break_statement", "throw_statement", "continue_statement", "throw_expression"})


def free_key(language: Language, node: Node, data: bytes) -> Key | None:
    """("free", what it is, its name); None for one that has no name, or whose place has a meaning."""
    name = _NAMES[language.freely[node.type]](language, node, data)
    return None if name is None else ("free", node.type, name)


def is_sought(language: Language, node: Node, data: bytes) -> bool:
    """True for a list of plain values that stands under a name of which the table knows that order means nothing."""
    if any(child.type not in _PLAIN for child in node.named_children):
        return False
    names: list[str] = []
    at = node.parent
    while at is not None and len(names) < 20:
        named = _NAME_OF.get(at.type)
        key = at.child_by_field_name(named) if named else None
        if key is None and at.type in _NAMED_BY_FIRST and at.named_children:
            key = at.named_children[0]
        if key is not None:
            names.insert(0, _words(key, data).strip("\"'"))
        at = at.parent
    return re.search(language.sought[node.type], ".".join(names)) is not None


_PLAIN = frozenset({"string", "comment", "identifier", "line_comment", "scoped_identifier", "inline_table"})
_NAME_OF = {"assignment": "left", "augmented_assignment": "left"}
_NAMED_BY_FIRST = frozenset({"pair", "table", "table_array_element", "attribute"})


def _test(language: Language, node: Node, data: bytes) -> str | None:
    """A test that a call describes."""
    found = identity_of(language, node, data, values=False, inside="")
    return found.name if found is not None and found.kind == "call" and _TESTS.match(found.name) else None


def _element(language: Language, node: Node, data: bytes) -> str | None:
    """An element with a name beside its tag, where the order of elements is not what is drawn or read."""
    found = identity_of(language, node, data, values=True, inside="")
    if found is None or "#" not in found.name:
        return None
    top = node
    while node.parent is not None:
        if node.type == "content" and any(each.type == "CharData" and _words(each, data) for each in node.children):
            return None  # it stands in a text
        if node.type == "element":
            top = node
        node = node.parent
    return None if not top.children or _DRAWN.search(text_of(top.children[0], data)) else found.name


def _document(language: Language, node: Node, data: bytes) -> str | None:
    """A document that says what it is and is called."""
    found = identity_of(language, node, data, values=True, inside="")
    return found.name if found is not None and "/" in found.name else None


def _row(_: Language, node: Node, data: bytes) -> str | None:
    """A row of a table, by its first cell."""
    cells = node.named_children
    name = _words(cells[0], data) if len(cells) > 1 else ""
    return name if any(map(str.isalpha, name)) else None  # rows that are counted have an order


def _case(language: Language, node: Node, data: bytes) -> str | None:
    """A case of a switch that does not go on with the next one, nor the one before with it."""
    value = node.child_by_field_name("value") or node.named_children[0]
    before = node.prev_named_sibling
    while before is not None and before.type in language.comments:
        before = before.prev_named_sibling
    ends = _ends(node) and (before is None or before.type not in language.freely or _ends(before))
    return _words(value, data) if ends else None


def _ends(node: Node) -> bool:
    while node.named_children and node.type not in _ENDS:
        node = node.named_children[-1]
        while "comment" in node.type and node.prev_named_sibling is not None:
            node = node.prev_named_sibling
        if node.type not in _ENDS and not node.type.endswith(("block", "statement_list", "compound_statement")):
            return False
    return node.type in _ENDS


def _export(_: Language, node: Node, data: bytes) -> str | None:
    """What another module exports, exported again."""
    return _words(node, data) if node.child_by_field_name("source") is not None else None


def _link(_: Language, node: Node, data: bytes) -> str:
    """What a link is called that a text uses by its label."""
    return _words(node.named_children[0], data)


def _arm(language: Language, node: Node, data: bytes) -> str | None:
    """An arm of a match that asks for one value or one shape, and for nothing else; where nothing is matched, an arm
    asks whatever it likes (`when` of Kotlin without a subject)."""
    around = node.parent
    if around is not None and around.type == "when_expression" and around.named_children[0].type != "when_subject":
        return None
    pattern = node.child_by_field_name("pattern") or node.child_by_field_name("condition")
    pattern = pattern or next((child for child in node.named_children if child.type not in language.comments), None)
    if (
        pattern is None
        or len(node.children_by_field_name("condition")) > 1
        or any(child.type in _GUARDS for at in (node, pattern, *_matches(node)) for child in at.children)
    ):
        return None
    text = _words(pattern, data)
    return text if _ONE.fullmatch(text) else None


def _matches(node: Node) -> list[Node]:
    """What follows the pattern in Haskell, with guards or without."""
    return [child for child in node.children if child.type == "match"]


_GUARDS = frozenset({"if", "guard", "guards", "when", "|", "where", "when_clause", "pattern_guard"})
_ONE = regex(r"(?:[\w.:]*\b[A-Z]\w*(?: ?[({].*[)}]|(?: [^<>=+&|!*/%-]+))?|\"[^\"]*\"|'[^']*'|-?\d+)")
_CONSTANT = regex(r"[A-Z][A-Z\d_]+")


def heads_of(names: Iterable[str]) -> set[str]:
    """The values or shapes that arms ask for, without what is inside of them and what they belong to; "" for any value
    that is written down, and for any name that may stand for one."""
    heads = {name if name[:1] in "\"'" else re.split(r"[.:]", re.split(r"[({ ]", name)[0])[-1] for name in names}
    return heads | {""} if any(map(_CONSTANT.fullmatch, heads)) else heads


def literals_of(names: Iterable[str]) -> set[str]:
    """{""} where one of the arms asks for a value that is written down."""
    return {"" for name in names if name[:1] in "\"'-" or name[:1].isdigit()}


def _keyword(_: Language, node: Node, data: bytes) -> str | None:
    """A parameter that is given by its name alone: what stands behind `*` in Python."""
    before = node.prev_named_sibling
    while before is not None and before.type not in _STARS:
        before = before.prev_named_sibling
    return None if before is None else re.split(r"[:=]", _words(node, data))[0].strip()


_STARS = frozenset({"keyword_separator", "list_splat_pattern"})


def _words(node: Node, data: bytes) -> str:
    return " ".join(text_of(node, data).decode("utf-8", "replace").split())


_NAMES: dict[str, Callable[[Language, Node, bytes], str | None]] = {
    "test": _test, "element": _element, "document": _document, "row": _row, "case": _case, "export": _export,
    "link": _link, "keyword": _keyword, "arm": _arm,
}  # fmt: skip
